//! `plan`: what apply would change.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;

use super::fleet::{self, Fleet, Members, Outcomes};
use super::options::{Global, ReportFormat, Scope, Select, WideningGuard};
use super::page;
use super::refusal::{PlanError, refusal, warn_of_unused};
use super::report::{provenance, report};
use super::reports::Reports;
use super::session::{LookUp, Observed, Session};
use super::{CommandError, Status};
use crate::arn::AccountId;
use crate::explain::Explain;
use crate::genesys::GenesysError;
use crate::model::{DesiredRole, Foresight, Invocation, LookForOrphans, OwnOrganization};
use crate::plan::{KeptStranger, Notice, Plan, block_without_room, note_left_over_adopts};
use crate::render;
use crate::render::output::Output;
use crate::render::style::{ERROR, HELP, WARNING, paint};
use crate::saved::{Options, PlanOrigin, SavedError, SavedFile, SavedFleet, SavedPlan, SavedSpec};
use crate::spec::Spec;
use crate::text::{one_line, shell_word};
use crate::view::{PLANS_FORMAT, PlanView, few, of_doubtful_functions, of_strays};

#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Exit with 2 when there are changes, or something else is not as the specs say
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Also write the plan to this file, for `apply FILE`, unless it is refused; it holds no secret
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How to print the plan
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// As text, print a line for each role, without its changes
    #[arg(long)]
    pub summary: bool,
    #[command(flatten)]
    pub planning: Planning,
}

/// What a plan is made of, what keeps it from being carried out, and where it is reported: of `plan` and `apply` alike.
#[derive(Debug, Args)]
pub struct Planning {
    #[command(flatten)]
    pub reports: Reports,
    #[command(flatten)]
    pub scope: Scope,
    #[command(flatten)]
    pub guard: WideningGuard,
    #[command(flatten)]
    pub select: Select,
}

pub async fn run(global: &Global, args: &PlanArgs, output: &Output) -> Result<Status, CommandError> {
    page::refuse_on_a_terminal(args.format, output)?;
    args.planning.reports.check(global, args.out.as_deref())?;
    args.out.as_deref().map_or(Ok(()), SavedFile::check)?;
    match Fleet::open(global, &args.planning.select, output).await? {
        Fleet::One(session) => run_in(*session, args, output).await,
        Fleet::Many(members) => run_many(members, args, output).await,
    }
}

/// Plans for several specs: one grouped report, and one file.
async fn run_many(members: Members, args: &PlanArgs, output: &Output) -> Result<Status, CommandError> {
    let options = options(&args.planning.scope, &args.planning.select);
    let reading = fleet::reading(&members);
    let inner = output.inner();
    let made = fleet::for_each_spec(members, async |session| make(session, &options, &inner).await);
    let mut made = output.waiting_for(|| reading.text(), made).await;
    settle_across_specs(made.iter_mut().filter_map(|(_, made)| {
        let (plan, observed) = &mut made.as_mut().ok()?.1;
        Some((plan, &*observed))
    }));
    let outcome = fleet::worst(made.iter().map(|(_, made)| match made {
        Ok((_, (plan, observed))) => status(plan, observed, args),
        Err(error) => error.status(),
    }));
    let plans: Vec<(String, Result<PlanView, &CommandError>)> = made
        .iter()
        .map(|(file, made)| {
            let view = |(session, made): &(Session, MadePlan)| view_of(session, made);
            (file.display(), made.as_ref().map(view))
        })
        .collect();
    let beyond = beyond(&output.invocation().command("check"));
    let page = |format| match format {
        ReportFormat::Json => {
            let plans = plans.iter().map(|(file, plan)| {
                (file.as_str(), plan.as_ref().map(render::json::plan).map_err(|error| *error))
            });
            let value = fleet::json(PLANS_FORMAT, "plan", plans.collect(), outcome);
            format!("{:#}\n", output.masked_json(&value))
        }
        ReportFormat::Html => {
            let in_sandbox =
                made.iter().any(|(_, made)| made.as_ref().is_ok_and(|(session, _)| session.in_sandbox));
            let made: Vec<(Option<&str>, &PlanView)> = plans
                .iter()
                .filter_map(|(file, plan)| Some((Some(file.as_str()), plan.as_ref().ok()?)))
                .collect();
            let failed: Vec<String> =
                plans.iter().filter(|(_, plan)| plan.is_err()).map(|(file, _)| file.clone()).collect();
            let (provenance, time) = (provenance(), page::time());
            render::html::plans(&made, &failed, in_sandbox, &provenance, time, &output.masker())
        }
        ReportFormat::Markdown => {
            let plans: Vec<(String, Result<&PlanView, String>)> = plans
                .iter()
                .map(|(file, plan)| (file.clone(), plan.as_ref().map_err(|error| error.with_causes())))
                .collect();
            render::markdown::plans(&plans, &beyond, &provenance(), &output.masker())
        }
        ReportFormat::Text => texts(&plans, &beyond, args.summary, output),
    };
    match args.format {
        ReportFormat::Text => {
            show_all(&made, view_of, args.summary, output)?;
            if plans.iter().filter_map(|(_, plan)| plan.as_ref().ok()).any(PlanView::has_no_changes) {
                output.result(&format!("{beyond}\n"))?;
            }
        }
        format => {
            report_errors(&made, output);
            page::print(format, &page(format), output)?;
        }
    }
    args.planning.reports.write(output, page)?;
    for (file, made) in &made {
        if let Ok((_, (_, Observed { genesys_unread: Some(error), .. }))) = made {
            output.message(&format!("{file}:\n"));
            report_unread(error, output);
        }
    }
    let plans = made.iter().filter_map(|(_, made)| Some(&made.as_ref().ok()?.1.0));
    warn_of_unused(&args.planning.guard, plans, output);
    let refused = |(_, made): &(_, Result<(Session, MadePlan), CommandError>)| {
        let (_, (plan, _)) = made.as_ref().ok()?;
        Some(refusal(plan, &args.planning.guard)?.of_one(plan))
    };
    if let Some(refusal) = made.iter().find_map(refused) {
        warn_of_earlier(args, output);
        // Of a spec that could not be read, more is said by its error.
        if refusal.status() != outcome {
            report(&refusal.into(), output);
            return Ok(outcome);
        }
        return Err(refusal.into());
    }
    if let Some(path) = &args.out {
        let Some(saved) = saved_fleet(&made, &options, args, output)? else { return Ok(outcome) };
        SavedFile::Several(saved).write(path)?;
        say_what_is_next(path, &output.invocation(), output);
    }
    Ok(outcome)
}

/// A plan with what it was made from.
pub(super) type MadePlan = (Plan, Observed);

/// The plan, with what a reviewer should know about the organization.
pub(super) fn view_of(session: &Session, made @ (plan, _): &MadePlan) -> PlanView {
    other_organization(session, made).iter().fold(PlanView::new(plan), PlanView::with_caution)
}

/// Whether both sides were planned.
fn is_whole((_, observed): &MadePlan) -> bool {
    observed.genesys_unread.is_none()
}

/// What a plan does not cover.
pub(super) fn beyond(check: &str) -> String {
    format!(
        "A plan compares what the spec makes: `{check}` says who can get in and whether the functions run."
    )
}

/// Reports the specs without a plan, and why.
fn report_errors<T>(made: &Outcomes<T>, output: &Output) {
    for (file, made) in made {
        if let Err(error) = made {
            report(error, &output.for_spec(&file.display()));
        }
    }
}

/// All plans, or nothing if one is missing.
fn saved_fleet(
    made: &Outcomes<MadePlan>,
    options: &Options,
    args: &PlanArgs,
    output: &Output,
) -> Result<Option<SavedFleet>, CommandError> {
    let mut specs = Vec::new();
    let mut without = Vec::new();
    for (file, made) in made {
        match made.as_ref().ok().filter(|(_, made)| is_whole(made)) {
            Some((session, made)) => {
                specs.push(SavedSpec { file: file.display(), saved: saved(session, made, options, output)? });
            }
            None => without.push(file.display()),
        }
    }
    if without.is_empty() {
        return Ok(Some(SavedFleet::new(&args.planning.select.accounts, specs)));
    }
    let (have, them) = if without.len() == 1 { ("has", "it") } else { ("have", "them") };
    output.message(&format!(
        "{} {} {have} no whole plan, so none is kept\n{} fix {them}, or plan the others: `--account` and `--file` choose specs, `--except` leaves \
         roles out\n",
        paint(ERROR, "error:"),
        one_line(&few(&without)),
        paint(HELP, "help:")
    ));
    warn_of_earlier(args, output);
    Ok(None)
}

/// The part of a plan that is kept.
pub(super) fn saved(
    session: &Session,
    made @ (plan, observed): &MadePlan,
    options: &Options,
    output: &Output,
) -> Result<SavedPlan, SavedError> {
    let api = session.genesys.as_ref().map(crate::genesys::Client::api);
    let place = (session.in_sandbox, api);
    let (of_strays, left_over) = of_strays(plan);
    let origin = PlanOrigin {
        time: page::time().strftime("%Y-%m-%dT%H:%M:%SZ").to_string(),
        from: provenance().with_file(&session.file),
        cautions: of_strays
            .into_iter()
            .chain(of_doubtful_functions(plan))
            .chain(other_organization(session, made))
            .collect(),
        left_over,
    };
    SavedPlan::new(plan, &observed.desired, &observed.live, place, options.clone(), origin, output)
}

/// A refused plan is not kept, and a file from an earlier run is not this plan.
fn warn_of_earlier(args: &PlanArgs, output: &Output) {
    if let Some(path) = args.out.as_deref().filter(|path| path.exists()) {
        output.message(&format!(
            "{} {} is from an earlier run; this plan was not kept\n",
            paint(WARNING, "warning:"),
            path.display()
        ));
    }
}

fn say_what_is_next(path: &Path, invocation: &Invocation, output: &Output) {
    let file = shell_word(&path.to_string_lossy());
    let flags = invocation.flags("apply", "", false);
    let role = match invocation.writes_as_another() {
        true => " (with `--assume-role` of one that may apply)",
        false => "",
    };
    let next = format!("To carry out just this: {} apply {file}{flags}{role}", invocation.writer());
    output.note(&format!("The plan is in {}. {next}\n", crate::text::path(path)));
}

/// As text, with its commands ready to type.
pub(super) fn text(plan: &PlanView, is_short: bool, output: &Output) -> String {
    output.remedy(&if is_short { render::plan::summary(plan) } else { render::plan::text(plan) })
}

/// One of several.
fn text_of_several(plan: &PlanView, is_short: bool, output: &Output) -> String {
    render::plan::unchanged(plan).unwrap_or_else(|| text(plan, is_short, output))
}

/// The plans as text, each under a heading.
pub(super) fn texts(
    plans: &[(String, Result<PlanView, &CommandError>)],
    beyond: &str,
    is_short: bool,
    output: &Output,
) -> String {
    let mut out = String::new();
    for (file, plan) in plans {
        out.push_str(&fleet::heading(file));
        out.push_str(&match plan {
            Ok(plan) => text_of_several(plan, is_short, output),
            Err(error) => error.with_causes(),
        });
        out.push('\n');
    }
    let failed = plans.iter().filter(|(_, plan)| plan.is_err()).count();
    let plans: Vec<&PlanView> = plans.iter().filter_map(|(_, plan)| plan.as_ref().ok()).collect();
    out.push_str(&format!("{}\n", render::plan::summary_of_all(&plans, failed)));
    if plans.iter().any(|plan| plan.has_no_changes()) {
        out.push_str(&format!("{beyond}\n"));
    }
    out
}

/// The plans as text, each under a heading, and a line that counts them all.
pub(super) fn show_all<T>(
    made: &Outcomes<T>,
    plan: impl Fn(&Session, &T) -> PlanView,
    is_short: bool,
    output: &Output,
) -> Result<(), CommandError> {
    let mut failed = 0;
    let mut views = Vec::new();
    for (file, made) in made {
        output.result(&fleet::heading(file))?;
        match made {
            Ok((session, made)) => {
                let view = plan(session, made);
                output.result(&format!("{}\n", text_of_several(&view, is_short, output)))?;
                views.push(view);
            }
            Err(error) => {
                failed += 1;
                report(error, &output.for_spec(&file.display()));
                output.result("\n")?;
            }
        }
    }
    let plans: Vec<&PlanView> = views.iter().collect();
    output.result(&format!("{}\n", render::plan::summary_of_all(&plans, failed)))?;
    Ok(())
}

/// Like [`run`], in a given session.
pub async fn run_in(mut session: Session, args: &PlanArgs, output: &Output) -> Result<Status, CommandError> {
    let options = options(&args.planning.scope, &args.planning.select);
    let made = make(&mut session, &options, output).await?;
    let view = view_of(&session, &made);
    let (plan, observed) = &made;
    let status = status(plan, observed, args);
    let beyond = beyond(&session.invocation.command("check"));
    let page = |format| match format {
        ReportFormat::Text if view.has_no_changes() => {
            format!("{}{beyond}\n", text(&view, args.summary, output))
        }
        ReportFormat::Text => text(&view, args.summary, output),
        ReportFormat::Json => {
            let mut value = render::json::plan(&view);
            value["exit_status"] = (status as i32).into();
            format!("{:#}\n", output.masked_json(&value))
        }
        ReportFormat::Markdown => {
            let provenance = provenance().with_file(&session.file);
            render::markdown::plan(&view, &beyond, &provenance, &output.masker())
        }
        ReportFormat::Html => {
            let (provenance, time) = (provenance().with_file(&session.file), page::time());
            let (plans, mask) = ([(None, &view)], output.masker());
            render::html::plans(&plans, &[], session.in_sandbox, &provenance, time, &mask)
        }
    };
    page::print(args.format, &page(args.format), output)?;
    args.planning.reports.write(output, page)?;
    warn_of_unused(&args.planning.guard, std::iter::once(plan), output);
    if let Some(refusal) = refusal(plan, &args.planning.guard) {
        if let Some(error) = &observed.genesys_unread {
            report_unread(error, output);
        }
        warn_of_earlier(args, output);
        return Err(refusal.into());
    }
    if let Some(error) = made.1.genesys_unread {
        return Err(error.into());
    }
    if let Some(path) = &args.out {
        let saved = saved(&session, &made, &options, output)?;
        SavedFile::One(Box::new(saved)).write(path)?;
        say_what_is_next(path, &session.invocation, output);
    }
    Ok(status)
}

/// Prints it like an error, though another one decides how the command ends.
fn report_unread(error: &GenesysError, output: &Output) {
    let (error_word, help) = (paint(ERROR, "error:"), paint(HELP, "help:"));
    output.message(&format!("{error_word} {error}\n{help} {}\n", error.help()));
}

fn status(plan: &Plan, observed: &Observed, args: &PlanArgs) -> Status {
    if let Some(refusal) = refusal(plan, &args.planning.guard) {
        refusal.status()
    } else if observed.genesys_unread.is_some() {
        Status::Error
    } else if args.detailed_exitcode
        && (!plan.is_empty()
            || plan.leaves_something()
            || plan.has_foreign_policies()
            || plan.lacks_genesys())
    {
        Status::Changes
    } else {
        Status::Done
    }
}

pub(super) fn options(scope: &Scope, select: &Select) -> Options {
    let Scope { adopt, prune, even_if_used, other_specs } = scope.clone();
    let Select { roles, except, .. } = select.clone();
    Options { adopt, prune, even_if_used, roles, except, other_specs }
}

/// The same, but an unread side is an error.
pub(super) async fn make_whole(
    session: &mut Session,
    options: &Options,
    output: &Output,
) -> Result<(Plan, Observed), CommandError> {
    let (plan, mut observed) = make(session, options, output).await?;
    match observed.genesys_unread.take() {
        Some(error) => Err(error.into()),
        None => Ok((plan, observed)),
    }
}

/// Reads everything and makes the plan.
async fn make(
    session: &mut Session,
    Options { adopt, prune, even_if_used, other_specs, .. }: &Options,
    output: &Output,
) -> Result<(Plan, Observed), CommandError> {
    session.spec.elsewhere.set_others(other_specs);
    if *prune && !session.spec.is_named {
        return Err(PlanError::PruneUnnamed(session.spec.name.clone()).into());
    }
    if let (true, Some(unread)) = (*prune, session.spec.elsewhere.unread().first()) {
        return Err(PlanError::PruneUnread(unread.clone()).into());
    }
    self::adopt(&mut session.spec, *adopt);
    session.spec.even_if_used = *even_if_used;
    let orphans = if *prune { LookForOrphans::Read } else { LookForOrphans::Named };
    let mut observed = Box::pin(session.observe(orphans, LookUp::New, output)).await?;
    observed.function_policies = Box::pin(session.accepted_policies(&observed.desired)).await?;
    let mut plan = observed.plan(&session.spec);
    if !*adopt {
        note_left_over_adopts(&mut plan, &observed.live, &observed.desired);
    }
    Box::pin(session.look_ahead(&mut plan, &observed, output)).await?;
    Ok((plan, observed))
}

/// With credentials for Genesys Cloud: whether the external ID is not the organization's, where no integration shows it.
fn other_organization(session: &Session, (plan, observed): &MadePlan) -> Option<String> {
    let (id, name) = match &observed.live.own_organization {
        OwnOrganization::Read { id, name } => (id, name),
        // Where Genesys Cloud's side could not be planned, that says so.
        OwnOrganization::NotRead(why) if observed.genesys_unread.is_none() => {
            let why = one_line(why);
            return Some(format!("whether the external ID is the organization's is not known: {why}"));
        }
        _ => return None,
    };
    let roles = &observed.desired.roles;
    let others: Vec<&DesiredRole> = roles.iter().filter(|role| role.external_id.expose() != id).collect();
    // Its organization has the ID that the spec had when it was first used; where one role has it, another's is wrong.
    let sandbox = "this sandbox began with another external ID: `genesys-iam sandbox reset` empties it";
    let is_of_another_spec = session.in_sandbox && !others.is_empty() && others.len() == roles.len();
    let is_said = |role: &DesiredRole| {
        let mut planned = plan.roles.iter().filter(|planned| planned.role == role.role.name);
        planned
            .any(|planned| planned.notices.iter().any(|notice| matches!(notice, Notice::KeepsTenant { .. })))
    };
    let named = others.iter().filter(|role| role.integration.is_none() && !is_said(role));
    let named: Vec<String> = named.map(|role| format!("`{}`", role.role.name)).collect();
    if named.is_empty() {
        return is_of_another_spec.then(|| sandbox.to_owned());
    }
    Some(format!(
        "the external ID of {} {} is not the ID of the organization \"{}\": Genesys Cloud will be refused{}",
        if named.len() == 1 { "role" } else { "roles" },
        few(&named),
        one_line(name),
        if is_of_another_spec { format!(" ({sandbox})") } else { String::new() }
    ))
}

/// Blocks what there is no room for in an account that several specs share, and leaves the account's strays to one of them.
pub(super) fn settle_across_specs<'a>(made: impl Iterator<Item = (&'a mut Plan, &'a Observed)>) {
    let made: Vec<(&mut Plan, &Observed)> = made.collect();
    // Whom one of the specs is for belongs there.
    let mut inside: BTreeMap<(&AccountId, String), Vec<KeptStranger>> = BTreeMap::new();
    for (plan, observed) in &made {
        for stray in &plan.strays {
            let known = inside.entry((&observed.desired.account_id, stray.spec.clone()));
            known
                .and_modify(|known| known.retain(|stranger| stray.inside.contains(stranger)))
                .or_insert_with(|| stray.inside.clone());
        }
    }
    let mut accounts: BTreeMap<&AccountId, Vec<(&mut Plan, &Foresight)>> = BTreeMap::new();
    let mut said = BTreeSet::new();
    for (plan, observed) in made {
        // Every spec of an organization sees the same integrations.
        plan.stray_integrations.retain(|stray| said.insert(stray.id.clone()));
        // Every spec of an account sees the same strays.
        plan.strays.retain_mut(|stray| {
            let first = inside.remove(&(&observed.desired.account_id, stray.spec.clone()));
            first.is_some_and(|inside| {
                stray.inside = inside;
                !stray.roles.is_empty() || !stray.inside.is_empty()
            })
        });
        if let Some(foresight) = observed.foresight() {
            accounts.entry(&observed.desired.account_id).or_default().push((plan, foresight));
        }
    }
    accounts.values_mut().for_each(|plans| block_without_room(plans));
}

/// `--adopt` means `adopt = true` for every role and integration.
fn adopt(spec: &mut Spec, adopt: bool) {
    for role in &mut spec.roles {
        role.adopt |= adopt;
        role.integration.iter_mut().for_each(|integration| integration.adopt |= adopt);
    }
}
