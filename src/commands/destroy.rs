//! `destroy`: remove what the spec manages.

use clap::Args;

use super::apply::NOTHING;
use super::apply::waits;
use super::carry_out::{Age, Carried, carry_out};
use super::fleet::{self, Fleet};
use super::options::{Global, ReportFormat, Select, Wait, without_page};
use super::page;
use super::prompt::{PromptError, ask, interrupted, interrupts};
use super::record::{Record, finish_all};
use super::refusal::PlanError;
use super::report::report;
use super::reports::Reports;
use super::session::{LookUp, Observed, Session};
use super::{CommandError, Status};
use crate::apply::{Apply, Interrupt, PlanKind, Recheck, ReplacementTests};
use crate::explain::Explain;
use crate::genesys::Siblings;
use crate::model::{LookForOrphans, Marker, OrganizationReading, Orphans};
use crate::plan::genesys::GenesysChange;
use crate::plan::{Change, Plan, Reads, destroy};
use crate::render;
use crate::render::output::Output;
use crate::render::style::{BOLD, GOOD, WARNING, paint};
use crate::spec::Namer;
use crate::text::one_line;
use crate::view::{PlanView, few, of_cut_off, plural};

#[derive(Debug, Args)]
pub struct DestroyArgs {
    /// Do not ask for confirmation
    #[arg(short, long)]
    pub yes: bool,
    /// Also delete data actions that flows use, or may use, roles that other integrations use, and roles whose data actions could not be read
    #[arg(long)]
    pub even_if_used: bool,
    /// How to print what was done; json and markdown ask nothing, so they need --yes
    #[arg(long, value_name = "FORMAT", default_value = "text", value_parser = without_page(None))]
    pub format: ReportFormat,
    #[command(flatten)]
    pub reports: Reports,
    #[command(flatten)]
    pub wait: Wait,
    #[command(flatten)]
    pub select: Select,
}

const NAME: &str = "genesys-iam destroy";
const AGAIN: &str = "what the spec made there stays until `genesys-iam destroy` runs with them";

pub async fn run(global: &Global, args: &DestroyArgs, output: &Output) -> Result<Status, CommandError> {
    page::refuse("destroy", args.format, &args.reports)?;
    if args.format != ReportFormat::Text && !args.yes {
        return Err(NotAsked.into());
    }
    args.reports.check(global, None)?;
    let interrupt = interrupts(output);
    let fleet = interrupt.or_interrupted(Fleet::open(global, &args.select, output)).await;
    let Some(fleet) = fleet else { return Ok(interrupted(NOTHING, output)) };
    let members = match fleet? {
        Fleet::One(session) => return run_in(*session, args, &interrupt, output).await,
        Fleet::Many(members) => members,
    };
    // One by one: each is a separate decision.
    let (mut statuses, mut done, mut failed) = (Vec::new(), Vec::new(), Vec::new());
    let mut is_over = false;
    for (file, session) in members {
        let session = match session {
            Ok(session) => session,
            Err(error) => {
                report(&error, &output.for_spec(&file.display()));
                statuses.push(error.status());
                failed.push((file, error));
                continue;
            }
        };
        let mut record = Record::new(NAME, &session.spec, args.format, output);
        if is_over {
            done.push((file, record, None));
            continue;
        }
        record.text(&fleet::heading(&file))?;
        let ended = Box::pin(one(session, args, &mut record, interrupt.as_ref(), output)).await;
        if let Err(error) = &ended {
            report(error, output);
        }
        let status = ended.as_ref().map_or_else(CommandError::status, |status| *status);
        statuses.push(status);
        is_over = status == Status::Interrupted;
        if !is_over {
            record.text("\n")?;
        }
        done.push((file, record, Some(ended)));
    }
    let name = ("genesys-iam destroys", "destroy");
    finish_all(name, done, &failed, fleet::worst(statuses), (args.format, &args.reports), output)
}

/// Like [`run`], in a given session.
pub async fn run_in(
    session: Session,
    args: &DestroyArgs,
    interrupt: &Interrupt,
    output: &Output,
) -> Result<Status, CommandError> {
    let mut record = Record::new(NAME, &session.spec, args.format, output);
    let ended = Box::pin(one(session, args, &mut record, interrupt, output)).await;
    record.finish(ended, &args.reports)
}

async fn one(
    session: Session,
    args: &DestroyArgs,
    record: &mut Record<'_>,
    interrupt: &Interrupt,
    output: &Output,
) -> Result<Status, CommandError> {
    // Role by role: before anything is removed, IAM itself says who owns a policy.
    let mut session = Session { reads: Reads::Single, ..session };
    session.spec.even_if_used = args.even_if_used;
    let observed = interrupt
        .or_interrupted(Box::pin(session.observe(LookForOrphans::Named, LookUp::None, output)))
        .await;
    let Some(observed) = observed else { return Ok(interrupted(NOTHING, output)) };
    let mut observed = observed?;
    let plan = destroy(&observed.live, &observed.desired);
    Box::pin(session.read_usage(&mut observed.live, &plan)).await;
    let mut plan = destroy(&observed.live, &observed.desired);
    Box::pin(session.look_ahead(&mut plan, &observed, output)).await?;
    record.view.set_plan(&plan);
    record.view.left_over = left(&plan, &observed);
    let left = left_in_words(&record.view.left_over, &plan);
    if plan.is_empty() && !plan.is_blocked() {
        let nothing = if matches!(observed.live.organization, OrganizationReading::NotRead(_)) {
            "Nothing that the spec names exists in AWS."
        } else if left.is_empty() {
            "Nothing from this spec exists."
        } else {
            "Nothing that the spec names exists."
        };
        record.text(&format!("{} {nothing}\n{left}", paint(GOOD, "No changes.")))?;
        return Ok(status_of(record, &observed));
    }
    record.text(&render::plan::text(&PlanView::new(&plan)))?;
    if plan.is_blocked() {
        return Err(PlanError::Blocked.into());
    }
    if let (OrganizationReading::NotRead(why), false) = (&observed.live.organization, args.even_if_used) {
        return Err(DestroyError::FlowsNotKnown(why.clone()).into());
    }
    if !args.yes && confirm(&plan, interrupt, output).await?.is_none() {
        return Ok(interrupted(NOTHING, output));
    }
    let (kind, desired, live) = (PlanKind::Destroy, &observed.desired, &observed.live);
    let recheck = (!args.yes).then_some(Recheck { kind, desired, live });
    let (tests, siblings) = (ReplacementTests::default(), Siblings::default());
    let run = Apply {
        clients: &session.clients,
        genesys: session.genesys.as_ref(),
        siblings: &siblings,
        waits: waits(args.wait),
        interrupt,
        recheck,
        tests: &tests,
    };
    let attempt = Box::pin(carry_out(&run, &session, &plan, ("destroy", Age::Confirmed), output)).await;
    match record.made(&plan, attempt)? {
        Carried::All => {
            let made = plan.changes().count();
            let untouched = match &observed.live.organization {
                OrganizationReading::Read(_) => "functions, OAuth client and spec",
                OrganizationReading::NotRead(_) => "functions, Genesys Cloud's side and spec",
                OrganizationReading::NotAsked => {
                    "functions, spec, and Genesys Cloud, where the spec names no integration"
                }
            };
            record.text(&format!(
                "{} {made} changes made. Not touched: {untouched}.\n{left}{}",
                paint(GOOD, "Destroyed."),
                cut_off_in_words(&plan)
            ))?;
            Ok(status_of(record, &observed))
        }
        Carried::Interrupted => Ok(Status::Interrupted),
    }
}

/// What is left of the spec is not destroyed.
fn status_of(record: &mut Record<'_>, observed: &Observed) -> Status {
    let left = if record.view.left_over.is_empty() { Status::Done } else { Status::Refused };
    fleet::worst([record.left_in_genesys(observed, AGAIN), left])
}

#[derive(Debug, thiserror::Error)]
pub enum DestroyError {
    /// Without its role no data action works.
    #[error(
        "whether flows use the data actions is not known, since Genesys Cloud's side was not read ({}): nothing was changed",
        one_line(.0)
    )]
    FlowsNotKnown(String),
}

impl Explain for DestroyError {
    fn help(&self) -> Option<String> {
        Some(
            "set the credentials of the organization; or remove AWS's side anyway, and leave Genesys Cloud's: \
             `genesys-iam destroy --even-if-used`"
                .to_owned(),
        )
    }

    fn status(&self) -> Status {
        Status::Refused
    }
}

/// What this spec made and no longer names: a destruction removes what is in the spec.
fn left(plan: &Plan, Observed { live, desired, .. }: &Observed) -> Vec<String> {
    let mut left = Vec::new();
    if let Orphans::Named(roles) = &live.orphans {
        for name in roles.keys() {
            let role = format!("role `{}`", one_line(name));
            left.extend(match desired.elsewhere.names_role(&desired.account_id, name) {
                None => Some(role),
                // Its tag is still this spec's.
                Some(Namer::Beside { file, .. }) => Some(format!("{role} (which {} names)", one_line(&file))),
                Some(Namer::Run(_) | Namer::LeftOut) => None,
            });
        }
    }
    let is_deleted = |integration: &str| {
        plan.changes().any(|change| {
            matches!(change, Change::Genesys(GenesysChange::DeleteIntegration { id, .. }) if id == integration)
        })
    };
    if let OrganizationReading::Read(organization) = &live.organization {
        let is_own = |notes: &str| Marker::split(notes).1.is_some_and(|marker| marker.spec == plan.spec);
        let own = organization.integrations.iter().filter(|one| is_own(&one.notes) && !is_deleted(&one.id));
        left.extend(own.map(|one| format!("integration \"{}\"", one_line(&one.name))));
    }
    left
}

/// The same in a note, and whether it is all.
fn left_in_words(left: &[String], plan: &Plan) -> String {
    let unknown = plan.orphans_unknown.as_ref().map(|why| {
        format!(
            "{} whether this spec made other roles is not known: {}\n",
            paint(WARNING, "note:"),
            one_line(why)
        )
    });
    let left = match left.is_empty() {
        true => String::new(),
        false => format!(
            "{} made by this spec, no longer in it, and left: {}; write its [[role]] back into this spec (`genesys-iam import ROLE` prints it) and run `destroy`\n",
            paint(WARNING, "note:"),
            few(left)
        ),
    };
    format!("{left}{}", unknown.unwrap_or_default())
}

/// What still points at a role that is gone: the end is what people read.
fn cut_off_in_words(plan: &Plan) -> String {
    of_cut_off(plan).iter().map(|text| format!("{} {text}\n", paint(WARNING, "note:"))).collect()
}

/// Asks for each role's name; `None` when interrupted.
async fn confirm(plan: &Plan, interrupt: &Interrupt, output: &Output) -> Result<Option<()>, CommandError> {
    for role in plan.roles.iter().filter(|role| !role.changes.is_empty()) {
        let name = &role.role;
        let is_of_others = |change: &&Change| matches!(change, Change::Iam(change) if change.is_of_others());
        let others = match role.changes.iter().filter(is_of_others).count() {
            0 => String::new(),
            n => format!(", {n} to what this spec did not make"),
        };
        let question = format!(
            "\n{} {}{others}. Type its name to confirm: ",
            paint(BOLD, &format!("Destroy role {name}?")),
            plural(role.changes.len(), "change")
        );
        match ask(&question, interrupt, output).await? {
            None => return Ok(None),
            Some(answer) if answer == *name => {}
            Some(_) => return Err(PromptError::NotConfirmed { wanted: name.clone() }.into()),
        }
    }
    Ok(Some(()))
}

#[derive(Debug, thiserror::Error)]
#[error("`--json` and `--format` print a report, and ask nothing")]
struct NotAsked;

impl Explain for NotAsked {
    fn help(&self) -> Option<String> {
        Some("look at what would be removed, then pass `--yes`".to_owned())
    }

    fn status(&self) -> Status {
        Status::Usage
    }
}
