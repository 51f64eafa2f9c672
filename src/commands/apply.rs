//! `apply`: carry out the plan, verify the result, then check.

use std::path::PathBuf;
use std::time::Duration;

use clap::Args;

use super::carry_out::{Age, Carried, Circumstances, applied, finish};
use super::check::SpecTest;
use super::fleet::{self, Fleet, NothingSelected};
use super::options::{Global, ReportFormat, Select, Wait, without_page};
use super::page;
use super::plan::Planning;
use super::prompt::{PromptError, ask, interrupted, interrupts};
use super::record::Record;
use super::refusal::may_be_carried_out;
use super::session::{Observed, Session};
use super::specs::SpecSource;
use super::{CommandError, Status, check, plan, repeat};
use crate::apply::{Interrupt, ReplacementTests};
use crate::backoff::Backoff;
use crate::check::member_names;
use crate::explain::Explain;
use crate::genesys::Siblings;
use crate::model::OrganizationReading;
use crate::plan::genesys::{GenesysChange, GenesysNotice};
use crate::plan::{Change, Notice, Plan};
use crate::render::output::Output;
use crate::render::style::{BOLD, WARNING, paint};
use crate::saved::{Misfit, Options, SavedError, SavedFile, SavedFleet, SavedPlan};
use crate::text::one_line;
use crate::view::{CheckView, PlanSummary, beside_gains, few, gainers, plural, sentence_case};

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// Apply exactly this saved plan without confirmation; fails if anything has changed since
    #[arg(value_name = "PLAN.json")]
    pub plan: Option<PathBuf>,
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
    /// Skip the check at the end
    #[arg(long)]
    pub no_check: bool,
    /// Test each data action that has `test_input`, which REALLY RUNS the function; without it, where you are asked, only
    /// those for which this run changed something between flow and function, as the plan says
    #[arg(long, conflicts_with_all = ["no_test", "no_check"])]
    pub test: bool,
    /// Show what tested data actions answered, which may be personal data: on standard error, in no report, and not in CI
    #[arg(long, conflicts_with_all = ["no_test", "no_check"])]
    pub show_answer: bool,
    /// Do not test data actions
    #[arg(long)]
    pub no_test: bool,
    /// Leave Genesys Cloud's side alone
    #[arg(long)]
    pub aws_only: bool,
    /// How to print what was done; json and markdown ask nothing, so they need --yes or a saved plan
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = without_page(None))]
    pub format: ReportFormat,
    #[command(flatten)]
    pub wait: Wait,
    #[command(flatten)]
    pub planning: Planning,
}

/// The command line, with the saved plan it names.
pub(super) struct ApplyRun<'a> {
    pub(super) args: &'a ApplyArgs,
    pub(super) interrupt: &'a Interrupt,
    pub(super) siblings: Siblings,
    pub(super) output: &'a Output,
}

pub async fn run(global: &Global, args: &ApplyArgs, output: &Output) -> Result<Status, CommandError> {
    let interrupt = interrupts(output);
    let run = ApplyRun { args, interrupt: &interrupt, siblings: Siblings::default(), output };
    page::refuse("apply", args.format, &args.planning.reports)?;
    run.asks_what_can_be_answered()?;
    check::may_show_answer(args.show_answer, args.format)?;
    args.planning.reports.check(global, args.plan.as_deref())?;
    let saved = args.plan.as_deref().map(SavedFile::read).transpose()?;
    if let (Some(path), Some(saved)) = (&args.plan, &saved) {
        saved.is_for(global.sandbox, path)?;
    }
    // The file selects, too: what plans again must do the same.
    let bound = saved.as_ref().map(SavedFile::selection).unwrap_or_default();
    let bound = Select { roles: bound.0.to_vec(), except: bound.1.to_vec(), accounts: Vec::new() };
    output.repeat(repeat::of_selection(&bound));
    let given = plan::options(&args.planning.scope, &args.planning.select);
    if let Some(file @ SavedFile::Several(saved)) = &saved {
        let Options { roles, except, .. } = file.options(&given)?;
        let select = Select { roles, except, accounts: accounts(saved, &args.planning.select)? };
        let opened = interrupt.or_interrupted(fleet::open_all(global, &select, output)).await;
        let Some(opened) = opened else { return Ok(interrupted(NOTHING, output)) };
        let members = opened.map_err(|error| {
            // The plan's roles: none of them is in these specs.
            let others = error.find::<NothingSelected>().and_then(|_| saved.other_specs(&files(global)));
            others.map_or(error, CommandError::from)
        })?;
        return run.many(members, Some(saved)).await;
    }
    let fleet = interrupt.or_interrupted(Fleet::open(global, &args.planning.select, output)).await;
    let Some(fleet) = fleet else { return Ok(interrupted(NOTHING, output)) };
    match fleet? {
        Fleet::One(session) => run_in(*session, args, &interrupt, output).await,
        Fleet::Many(_) if saved.is_some() => Err(SavedError::OneSpec.into()),
        Fleet::Many(members) => run.many(members, None).await,
    }
}

/// For one spec, in a given session.
pub async fn run_in(
    session: Session,
    args: &ApplyArgs,
    interrupt: &Interrupt,
    output: &Output,
) -> Result<Status, CommandError> {
    let run = ApplyRun { args, interrupt, siblings: Siblings::default(), output };
    run.asks_what_can_be_answered()?;
    let saved = match args.plan.as_deref().map(SavedFile::read).transpose()? {
        None => None,
        Some(SavedFile::One(saved)) => Some(*saved),
        Some(SavedFile::Several(saved)) => match saved.other_specs(&[]) {
            Some(others) => return Err(others.into()),
            None => None,
        },
    };
    let mut record = Record::new("genesys-iam apply", &session.spec, args.format, output);
    let ended = Box::pin(run.one(session, saved, &mut record)).await;
    record.finish(ended, &args.planning.reports)
}

/// The specs on the command line.
fn files(global: &Global) -> Vec<String> {
    let named = super::specs::named(global, &Output::default().quiet(true)).unwrap_or_default();
    named.iter().map(SpecSource::display).collect()
}

/// The accounts covered by a saved plan.
fn accounts(saved: &SavedFleet, given: &Select) -> Result<Vec<crate::arn::AccountId>, SavedError> {
    let wanted: Vec<_> = saved.accounts.iter().filter_map(|account| account.parse().ok()).collect();
    if !given.accounts.is_empty() && given.accounts != wanted {
        return Err(SavedError::OtherAccounts(saved.accounts.clone()));
    }
    Ok(wanted)
}

impl ApplyRun<'_> {
    fn asks_what_can_be_answered(&self) -> Result<(), ApplyError> {
        let ApplyArgs { plan, yes, format, .. } = self.args;
        if *format == ReportFormat::Text || *yes || plan.is_some() {
            Ok(())
        } else {
            Err(ApplyError::NotAsked)
        }
    }

    pub(super) fn makes_proofs(&self) -> bool {
        let ApplyArgs { plan, yes, test, no_test, .. } = self.args;
        *test || (plan.is_none() && !yes && !no_test)
    }

    /// Without a yes or `--test` nothing is tested, whatever the spec contains.
    fn note_what_is_not_proven(&self, plan: &Plan) {
        if self.makes_proofs() && !self.args.no_check {
            return;
        }
        let changes = plan.roles.iter().flat_map(|role| &role.changes);
        let is_replacement = |change: &Change| {
            matches!(
                change,
                Change::Genesys(GenesysChange::DeleteIntegrationsAction { replaced_by: Some(_), .. })
            )
        };
        let is_of_a_proof = |notice: &Notice| matches!(notice, Notice::Genesys(GenesysNotice::Proof { .. }));
        let (note, test) = (paint(WARNING, "note:"), "`--test` makes the test");
        if changes.clone().any(is_replacement) {
            self.output.note(&format!(
                "{note} what replaces a data action is not tested before the old one is deleted; {test}\n"
            ));
        } else if !self.args.no_test && plan.roles.iter().flat_map(|role| &role.notices).any(is_of_a_proof) {
            self.output.note(&format!("{note} `test_input` is not used; {test}\n"));
        }
    }

    async fn one(
        &self,
        mut session: Session,
        saved: Option<SavedPlan>,
        record: &mut Record<'_>,
    ) -> Result<Status, CommandError> {
        let Self { args, interrupt, siblings, output } = self;
        if args.aws_only {
            session.leave_genesys_alone();
        }
        let given = plan::options(&args.planning.scope, &args.planning.select);
        let options = match &saved {
            Some(saved) => saved.options(&given)?,
            None => given,
        };
        if saved.is_some() {
            let Options { roles, except, .. } = options.clone();
            let select = Select { roles, except, accounts: Vec::new() };
            fleet::select_roles(&mut session.spec, &select);
        }
        let made = interrupt.or_interrupted(Box::pin(plan::make_whole(&mut session, &options, output))).await;
        let Some(made) = made else { return Ok(interrupted(NOTHING, output)) };
        let made = made?;
        record.view.set_plan(&made.0);
        if let Some(saved) = &saved {
            let now = plan::saved(&session, &made, &options, output)?;
            let misfit = saved.compare(&now);
            record.view.set_reviewed(&misfit.left);
            if !misfit.differences.is_empty() {
                return Err(ApplyError::Outdated(vec![(None, misfit)]).into());
            }
        }
        record.text(&plan::text(&plan::view_of(&session, &made), false, output))?;
        let (plan, mut observed) = made;
        may_be_carried_out(&plan, &args.planning.guard)?;
        if !plan.is_empty() {
            let asks = saved.is_none() && !args.yes;
            let place = if session.in_sandbox { " in the sandbox" } else { "" };
            let question = format!("Make these changes{place}?");
            if asks && confirm(&question, &[&plan], interrupt, output).await?.is_none() {
                return Ok(interrupted(NOTHING, output));
            }
            let age = match (&saved, asks) {
                (Some(_), _) => Age::Saved,
                (None, true) => Age::Confirmed,
                (None, false) => Age::Fresh,
            };
            if self.makes_proofs() && !args.no_check {
                observed.replaced = ReplacementTests::of(&observed.desired);
            }
            self.note_what_is_not_proven(&plan);
            let circumstances = Circumstances { age, waits: waits(args.wait), interrupt, siblings };
            let built = Box::pin(circumstances.build(&session, &plan, &observed, output)).await;
            let work = finish(&session, &plan, &mut observed, (built, true), circumstances, output);
            match record.made(&plan, Box::pin(work).await)? {
                Carried::All => record.text(&applied(&plan))?,
                Carried::Interrupted => return Ok(Status::Interrupted),
            }
        }
        let left = record.left_in_genesys(&observed, AWS_ONLY);
        if args.no_check {
            return Ok(left);
        }
        record.text("\n")?;
        match self.check(&session, &plan, &observed, record).await {
            Some(status) => Ok(fleet::worst([status?, left])),
            None => Ok(interrupted(UNCHECKED, output)),
        }
    }

    /// The check at the end; `None` when interrupted.
    pub(super) async fn check(
        &self,
        session: &Session,
        plan: &Plan,
        observed: &Observed,
        record: &mut Record<'_>,
    ) -> Option<Result<Status, CommandError>> {
        let mut tests = if self.makes_proofs() { tests(plan, observed, self.args.test) } else { Vec::new() };
        // At the prompt, what was just made is expected to be tried.
        let makes_actions = plan.changes().any(|change| change.operation() == "PostIntegrationsActions");
        if self.args.test || self.makes_proofs() && makes_actions {
            for what in untested(observed, &tests) {
                self.output.note(&format!("{} {what}\n", paint(WARNING, "note:")));
            }
        }
        let tests_nothing = self.args.test && tests.is_empty();
        if tests_nothing {
            let label = paint(WARNING, "warning:");
            self.output.message(&format!("{label} `--test` tested nothing: no function was run\n"));
        }
        if !self.args.test {
            tests.retain(|test| is_proven(plan, test));
        }
        let tests = tests.into_iter().map(|test| test.test).collect();
        let is_older = |notice: &Notice| matches!(notice, Notice::OlderSessions { .. });
        if plan.roles.iter().flat_map(|role| &role.notices).any(is_older) {
            let note = "who had got in before was not looked up: `genesys-iam check` says whom AWS recorded";
            self.output.note(&format!("{} {}\n", paint(WARNING, "note:"), self.output.remedy(note)));
        }
        let made = Box::pin(check::after_apply(session, observed, tests, self.args.show_answer, self.output));
        let made = self.interrupt.or_interrupted(made).await?;
        Some(made.and_then(|report| {
            let view = CheckView::new(&report);
            record.text(&check::text(&view, self.output))?;
            record.view.check = Some(view);
            Ok(match (report.has_fault(), tests_nothing && has_actions(observed)) {
                (true, _) => Status::Fault,
                // A proof was asked for, and there is none.
                (false, true) => Status::Undecided,
                (false, false) => Status::Done,
            })
        }))
    }
}

/// A data action's test, and whose it is.
struct RunnableTest {
    role: String,
    action: String,
    test: SpecTest,
}

/// The tests of every data action that can run: those with `test_input` and, if all are asked for, those that take nothing.
fn tests(plan: &Plan, observed: &Observed, is_asked: bool) -> Vec<RunnableTest> {
    let OrganizationReading::Read(organization) = &observed.live.organization else { return Vec::new() };
    let mut tests = Vec::new();
    for desired in &observed.desired.roles {
        let Some(integration) = desired.integration.as_ref().filter(|integration| integration.enabled) else {
            continue;
        };
        let role_is_new = changes(plan, &desired.role.name).any(|change| change.operation() == "CreateRole");
        let live = organization.integrations.iter().find(|live| match &integration.id {
            Some(id) => live.id == *id,
            None => live.name == integration.name,
        });
        for action in &integration.actions {
            let takes_nothing = || member_names(&action.state.content.input_schema).is_empty();
            let input = match &action.test_input {
                Some(input) => input.clone(),
                None if is_asked && takes_nothing() => serde_json::Map::new(),
                None => continue,
            };
            let found = live.iter().flat_map(|live| &live.actions).find(|live| match &action.id {
                Some(id) => live.id == *id,
                None => live.name == action.state.content.name,
            });
            tests.extend(found.map(|found| RunnableTest {
                role: desired.role.name.clone(),
                action: action.state.content.name.clone(),
                test: SpecTest {
                    id: found.id.clone(),
                    input: serde_json::Value::Object(input).to_string(),
                    outputs: member_names(&action.state.content.success_schema),
                    role_is_new,
                },
            }));
        }
    }
    tests
}

/// Whether the plan said so.
fn is_proven(plan: &Plan, test: &RunnableTest) -> bool {
    let role = plan.roles.iter().filter(|role| role.role == test.role);
    role.flat_map(|role| &role.notices).any(|notice| match notice {
        Notice::Genesys(GenesysNotice::Proof { actions }) => actions.contains(&test.action),
        _ => false,
    })
}

fn changes<'a>(plan: &'a Plan, role: &str) -> impl Iterator<Item = &'a Change> {
    plan.roles.iter().filter(move |plan| plan.role == role).flat_map(|plan| &plan.changes)
}

fn has_actions(observed: &Observed) -> bool {
    let integrations = observed.desired.roles.iter().filter_map(|role| role.integration.as_ref());
    integrations.into_iter().any(|integration| !integration.actions.is_empty())
}

/// What the user asked to test and is not tested.
fn untested(observed: &Observed, tests: &[RunnableTest]) -> Vec<String> {
    let integrations = || {
        let roles = observed.desired.roles.iter();
        roles.filter_map(|role| role.integration.as_ref().map(|integration| (&role.role.name, integration)))
    };
    if !has_actions(observed) {
        let spec = one_line(&observed.desired.spec);
        return vec![format!("nothing is tested: the spec `{spec}` has no data action")];
    }
    let mut untested = Vec::new();
    for (role, integration) in integrations() {
        for action in &integration.actions {
            let name = &action.state.content.name;
            if tests.iter().any(|test| test.role == *role && test.action == *name) {
                continue;
            }
            let why = if action.test_input.is_none() {
                "it has no `test_input`"
            } else if !integration.enabled {
                "the spec switches its integration off"
            } else if !matches!(observed.live.organization, OrganizationReading::Read(_)) {
                "Genesys Cloud's side was not read"
            } else {
                "Genesys Cloud does not have it"
            };
            untested.push(format!("data action \"{}\" is not tested: {why}", one_line(name)));
        }
    }
    untested
}

pub(super) const AWS_ONLY: &str = "`--aws-only` leaves it alone";
pub const NOTHING: &str = "nothing was changed";
pub(super) const UNCHECKED: &str = "the check at the end was not made";

pub(super) fn waits(Wait { wait }: Wait) -> Backoff {
    Backoff::within(Duration::from_secs(wait))
}

/// Whether the user says yes; `None` when interrupted.
pub(super) async fn confirm(
    question: &str,
    plans: &[&Plan],
    interrupt: &Interrupt,
    output: &Output,
) -> Result<Option<()>, CommandError> {
    let summaries: Vec<PlanSummary> = plans.iter().map(|plan| PlanSummary::new(plan)).collect();
    let access = match gainers(&summaries) {
        Some(who) => format!(" Access is widened for {who}."),
        None => String::new(),
    };
    let beside = beside_gains(&PlanSummary::of_all(&summaries));
    let beside: String = beside.iter().map(|text| format!(" {}.", sentence_case(text))).collect();
    let untested = |notice: &Notice| match notice {
        Notice::Genesys(GenesysNotice::Replaced { action, has_test: false, .. }) => {
            Some(format!("\"{}\"", one_line(action)))
        }
        _ => None,
    };
    let notices = plans.iter().flat_map(|plan| &plan.roles).flat_map(|role| &role.notices);
    let untested: Vec<String> = notices.filter_map(untested).collect();
    let untested = match untested.is_empty() {
        true => String::new(),
        false => format!(" The old {} is deleted without a test of the new one.", few(&untested)),
    };
    let question = format!("\n{}{access}{beside}{untested} Only `yes` is accepted: ", paint(BOLD, question));
    match ask(&question, interrupt, output).await?.as_deref() {
        None => Ok(None),
        Some("yes") => Ok(Some(())),
        Some(_) => Err(PromptError::NotConfirmed { wanted: "yes".to_owned() }.into()),
    }
}

/// Why a plan is not carried out.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    /// Per spec, if there are several.
    #[error("{}", outdated(.0))]
    Outdated(Vec<(Option<String>, Misfit)>),
    #[error("`--json` and `--format` print a report, and ask nothing")]
    NotAsked,
}

impl Explain for ApplyError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Outdated(misfits) if is_done(misfits) => return None,
            Self::Outdated(_) => "look at what changed, then make a new plan: `genesys-iam plan --out FILE`",
            Self::NotAsked => {
                "look at the plan, then pass `--yes`, or save it with `plan --out` and give the file"
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::Outdated(_) => Status::Refused,
            Self::NotAsked => Status::Usage,
        }
    }
}

/// Whether a saved plan is fully carried out.
fn is_done(misfits: &[(Option<String>, Misfit)]) -> bool {
    let has_nothing = |misfit: &Misfit| misfit.differences.is_empty() && misfit.left.is_empty();
    misfits.iter().all(|(_, misfit)| misfit.is_done || has_nothing(misfit))
}

/// Sixty roles have hundreds of them, and the first say what happened.
const DIFFERENCES: usize = 12;

fn outdated(misfits: &[(Option<String>, Misfit)]) -> String {
    let mut text = "the saved plan is out of date; nothing was changed".to_owned();
    for (file, Misfit { differences, left, altered, gone, new, is_same_spec, is_done }) in misfits {
        let indent = match file {
            Some(file) => {
                text.push_str(&format!("\n  {file}:"));
                "    "
            }
            None => "  ",
        };
        if file.is_some() && *is_done && *is_same_spec {
            text.push_str(" nothing is left to do, the live state matches the spec");
            continue;
        }
        if differences.is_empty() {
            text.push_str(&match left.len() {
                0 => " no changes, as planned".to_owned(),
                n => format!(" {} left, as planned", plural(n, "change")),
            });
        }
        for difference in differences.iter().take(DIFFERENCES) {
            for line in difference.lines() {
                text.push_str(&format!("\n{indent}{line}"));
            }
        }
        if let Some(more) = differences.len().checked_sub(DIFFERENCES).filter(|more| *more > 0) {
            text.push_str(&format!("\n{indent}and {}", plural(more, "more difference")));
        }
        if *is_done {
            continue;
        }
        if !gone.is_empty() && *is_same_spec {
            let left = if left.is_empty() { "none of it".to_owned() } else { few(left) };
            let made = plural(gone.len(), "change");
            // With something new to do, it may be somebody else's.
            let how =
                if new.is_empty() { "made already" } else { "no longer needed, whoever made what is there" };
            text.push_str(&format!("\n{indent}{made} of the plan {how}; left: {left}"));
        }
        let listed = [
            ("no longer in the plan", gone.as_slice(), !*is_same_spec),
            ("not as in the reviewed plan", altered.as_slice(), true),
            ("not in the reviewed plan", new.as_slice(), true),
        ];
        for (what, changes, _) in listed.iter().filter(|(_, _, is_said)| *is_said) {
            for change in changes.iter().take(DIFFERENCES) {
                text.push_str(&format!("\n{indent}{what}: {change}"));
            }
            if let Some(more) = changes.len().checked_sub(DIFFERENCES).filter(|more| *more > 0) {
                text.push_str(&format!("\n{indent}{what}: {}", plural(more, "more change")));
            }
        }
    }
    if is_done(misfits) {
        text.push_str(match misfits.iter().all(|(_, misfit)| misfit.is_same_spec) {
            true => "\n  Nothing is left to do: the live state matches the spec. The plan may have been applied already.",
            false => "\n  Nothing is left to do: the live state matches the spec as it is now, which is not the one that the plan was made from.",
        });
    }
    text
}
