//! Carrying out a plan: shows each change as it is made, looks up what failed, and reads everything back.

use std::collections::BTreeSet;
use std::time::Duration;

use super::session::{Observed, Session};
use super::{CommandError, prompt};
use crate::apply::{Apply, ApplyReport, ChangeFailure, Interrupt, Phase, PlanKind, Progress, Recheck};
use crate::aws::{AwsError, AwsErrorKind, Freshness};
use crate::backoff::Backoff;
use crate::explain::{Explain, Status};
use crate::genesys::{GenesysError, Siblings};
use crate::model::{DesiredState, LiveState, LookForOrphans, OrganizationReading};
use crate::permissions::CommandKind;
use crate::plan::genesys::half_way;
use crate::plan::{Change, Owner, Plan, Service, destroy, diff};
use crate::render::output::Output;
use crate::render::style::{DIM, ERROR, GOOD, HELP, WARNING, paint};
use crate::text::one_line;
use crate::view::{ChangeOutcome, half_way_text};

/// The outcome of a plan.
pub(super) struct Attempt<'p> {
    /// Outcomes of its changes; those not listed were not started.
    pub outcomes: Vec<(&'p Change, ChangeOutcome, Option<String>)>,
    /// Whether the live state showed every change; `None` if there was nothing to read.
    pub read_back: Option<bool>,
    pub ended: Result<Carried, CommandError>,
}

/// How far a plan was carried out, if nothing failed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Carried {
    All,
    /// What remains was reported.
    Interrupted,
}

impl Attempt<'_> {
    /// For a plan without changes.
    pub(super) fn nothing() -> Self {
        Self { outcomes: Vec::new(), read_back: None, ended: Ok(Carried::All) }
    }
}

/// Where a plan comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Age {
    /// Just made.
    Fresh,
    /// Waited for the user's answer.
    Confirmed,
    Saved,
}

/// What all specs of a run are carried out with.
#[derive(Clone, Copy)]
pub(super) struct Circumstances<'a> {
    pub age: Age,
    pub waits: Backoff,
    pub interrupt: &'a Interrupt,
    /// What the run makes in Genesys Cloud.
    pub siblings: &'a Siblings,
}

impl Circumstances<'_> {
    fn run<'r>(&'r self, session: &'r Session, observed: &'r Observed) -> Apply<'r> {
        let Observed { desired, live, replaced: tests, .. } = observed;
        let Self { age, waits, interrupt, siblings } = *self;
        let kind = PlanKind::Converge;
        let recheck = (age != Age::Fresh).then_some(Recheck { kind, desired, live });
        let (clients, genesys) = (&session.clients, session.genesys.as_ref());
        Apply { clients, genesys, siblings, waits, interrupt, recheck, tests }
    }

    /// Carries out the part of a plan that is about the spec's own roles.
    pub(super) async fn build<'p>(
        &self,
        session: &Session,
        plan: &'p Plan,
        observed: &Observed,
        output: &Output,
    ) -> ApplyReport<'p> {
        let run = self.run(session, observed);
        run.run(plan, Phase::Build, ApplyReport::default(), |event| progress(output, &event)).await
    }
}

/// Carries out the rest of a plan and reads back the result; `built` is what is done already. What is removed stays, unless
/// `may_remove`.
pub(super) async fn finish<'p>(
    session: &Session,
    plan: &'p Plan,
    observed: &mut Observed,
    (mut built, may_remove): (ApplyReport<'p>, bool),
    circumstances: Circumstances<'_>,
    output: &Output,
) -> Attempt<'p> {
    let Circumstances { age, interrupt, .. } = circumstances;
    let run = circumstances.run(session, observed);
    if may_remove {
        built = run.run(plan, Phase::Remove, built, |event| progress(output, &event)).await;
    } else {
        let done = built.is_clean();
        built.skip(plan, Phase::Remove);
        if done && !built.is_clean() {
            output.message(&format!(
                "{} nothing is removed before every spec of the run is as wanted\n",
                paint(WARNING, "note:")
            ));
        }
    }
    let mut attempt = Box::pin(ended(built, session, plan, ("apply", age), output)).await;
    if !matches!(attempt.ended, Ok(Carried::All)) {
        return attempt;
    }
    let names: BTreeSet<&str> =
        plan.roles.iter().filter(|role| !role.changes.is_empty()).map(|role| role.role.as_str()).collect();
    let changed = observed.desired.only(|role| names.contains(role.role.name.as_str()));
    let read = interrupt.or_interrupted(Box::pin(read_back(&run, session, &changed, output))).await;
    attempt.read_back = Some(matches!(read, Some(Ok(_))));
    match read {
        None => {
            prompt::interrupted("every change was made, but was not read back", output);
            attempt.ended = Ok(Carried::Interrupted);
        }
        Some(Err(error)) => attempt.ended = Err(error),
        Some(Ok(live)) => {
            observed.live.roles.extend(live.roles);
            if live.organization != OrganizationReading::NotAsked {
                observed.live.organization = live.organization;
            }
        }
    }
    attempt
}

/// `Applied. 3 changes made; IAM shows what the spec says.`
pub(super) fn applied(plan: &Plan) -> String {
    let made = crate::text::plural(plan.changes().count(), "change");
    format!("{} {made} made; {} what the spec says.\n", paint(GOOD, "Applied."), services(plan))
}

/// Carries out a plan and reports each change.
pub(super) async fn carry_out<'p>(
    run: &Apply<'_>,
    session: &Session,
    plan: &'p Plan,
    command: (&'static str, Age),
    output: &Output,
) -> Attempt<'p> {
    let mut report = ApplyReport::default();
    for phase in [Phase::Build, Phase::Remove] {
        report = run.run(plan, phase, report, |event| progress(output, &event)).await;
    }
    ended(report, session, plan, command, output).await
}

async fn ended<'p>(
    report: ApplyReport<'p>,
    session: &Session,
    plan: &'p Plan,
    command: (&'static str, Age),
    output: &Output,
) -> Attempt<'p> {
    if !report.is_clean() {
        return Box::pin(unfinished(report, session, plan, command, output)).await;
    }
    let outcomes = report.applied.into_iter().map(|change| (change, ChangeOutcome::Done, None)).collect();
    Attempt { outcomes, read_back: None, ended: Ok(Carried::All) }
}

fn line(change: &Change) -> String {
    format!("{} {}", change.operation(), one_line(&change.subject()))
}

fn progress(output: &Output, event: &Progress<'_>) {
    let text = match event {
        Progress::Done(change) => format!("{} {}\n", paint(GOOD, "done  "), line(change)),
        Progress::Unread { change, operation } => {
            let read =
                operation.map_or("reading it", |operation| operation.rsplit(':').next().unwrap_or(operation));
            format!("{} {read}, before {}\n", paint(ERROR, "failed"), line(change))
        }
        Progress::Failed(change) => format!("{} {}\n", paint(ERROR, "failed"), line(change)),
        Progress::Retrying { change, reason, delay } => {
            format!("{} {}: {reason}, next try in {}\n", paint(DIM, "waits "), line(change), seconds(*delay))
        }
    };
    match event {
        Progress::Failed(_) | Progress::Unread { .. } => output.message(&text),
        _ => output.note(&text),
    }
}

fn seconds(pause: Duration) -> String {
    format!("{:.1} s", pause.as_secs_f32())
}

/// Reports what is done, what is not, and why. Without an error, it was interrupted.
async fn unfinished<'p>(
    report: ApplyReport<'p>,
    session: &Session,
    plan: &Plan,
    (command, age): (&'static str, Age),
    output: &Output,
) -> Attempt<'p> {
    let ApplyReport { applied, failed, skipped, interrupted } = report;
    let mut outcomes: Vec<_> =
        applied.into_iter().map(|change| (change, ChangeOutcome::Done, None)).collect();
    let mut errors = Vec::new();
    let mut denied = None;
    for (change, failure) in failed {
        let may_have_been_done = match &failure {
            ChangeFailure::Aws(error) => error.may_have_been_done(),
            ChangeFailure::Genesys(error) => error.may_have_been_done(),
            ChangeFailure::Changed
            | ChangeFailure::NotOurs(_)
            | ChangeFailure::Untested(_)
            | ChangeFailure::RoleNotShown
            | ChangeFailure::Unread(_) => false,
        };
        let failure = match failure {
            ChangeFailure::Unread(failure) => *failure,
            failure => failure,
        };
        let mut outcome = ChangeOutcome::Failed;
        if may_have_been_done {
            let (found, unsure) = unsure(change, command, session, output).await;
            output.message(&format!("{} {unsure}\n", paint(WARNING, "unsure")));
            outcome = found;
        }
        let error = match failure {
            ChangeFailure::Aws(error) => {
                if error.is_access_denied() && denied.is_none() {
                    let kind = if command == "destroy" { CommandKind::Destroy } else { CommandKind::Apply };
                    denied = Some((errors.len(), kind));
                }
                CommandError::from(error)
            }
            ChangeFailure::Genesys(error) => CommandError::from(error),
            ChangeFailure::Changed => {
                let is_saved = age == Age::Saved;
                AttemptError::ChangedMeanwhile { change: line(change), command, is_saved }.into()
            }
            ChangeFailure::NotOurs(owner) => {
                let owner = match owner {
                    Owner::Spec(spec) => format!("the spec `{}` owns it", one_line(&spec)),
                    Owner::TagMissing | Owner::Unknown => "this spec does not own it".to_owned(),
                };
                AttemptError::NotOurs { change: line(change), owner, command }.into()
            }
            ChangeFailure::Untested(why) => {
                AttemptError::ReplacementFails { change: line(change), why }.into()
            }
            ChangeFailure::RoleNotShown | ChangeFailure::Unread(_) => {
                AttemptError::RoleNotShown { change: line(change) }.into()
            }
        };
        let why = (outcome != ChangeOutcome::Done).then(|| error.with_causes());
        outcomes.push((change, outcome, why));
        errors.push(error);
    }
    output.message(&left(&skipped));
    let count = |wanted| outcomes.iter().filter(|(_, outcome, _)| *outcome == wanted).count();
    let (applied, unknown) = (count(ChangeOutcome::Done), count(ChangeOutcome::NotKnown));
    let incomplete = AttemptError::Incomplete { command, applied, unknown, total: plan.changes().count() };
    let is_done = |change: &Change| {
        let done = outcomes.iter().filter(|(_, outcome, _)| *outcome == ChangeOutcome::Done);
        done.into_iter().any(|(done, ..)| std::ptr::eq(*done, change))
    };
    for one in half_way(plan, is_done) {
        output.message(&format!("{} {}\n", paint(WARNING, "warning:"), half_way_text(&one)));
    }
    if let Some((at, kind)) = denied
        && let Some(error) = errors[at].find::<AwsError>()
    {
        session.list_permissions(error, kind, output);
    }
    let ended = |ended| Attempt { outcomes, read_back: None, ended };
    let mut errors = errors.into_iter();
    let Some(first) = errors.next() else {
        if !interrupted {
            return ended(Err(incomplete.into()));
        }
        let again = format!("`{}` continues where it stopped", session.invocation.command(command));
        output.message(&format!(
            "{} {incomplete}: interrupted\n{} {again}\n",
            paint(ERROR, "error:"),
            paint(HELP, "help:")
        ));
        return ended(Ok(Carried::Interrupted));
    };
    output.message(&format!("{} {incomplete}\n", paint(ERROR, "error:")));
    for error in errors {
        output.message(&format!("{} {error}\n", paint(ERROR, "error:")));
    }
    ended(Err(first))
}

/// How many changes are named one by one; beyond that they are counted.
const NAMED: usize = 6;

/// The changes not started: each one, or counts of each kind if there are many.
fn left(skipped: &[&Change]) -> String {
    let not_yet = paint(WARNING, "not yet");
    if skipped.len() <= NAMED {
        return skipped.iter().map(|change| format!("{not_yet} {}\n", line(change))).collect();
    }
    let mut counts: Vec<(&str, usize)> = Vec::new();
    for change in skipped {
        match counts.iter_mut().find(|(operation, _)| *operation == change.operation()) {
            Some((_, count)) => *count += 1,
            None => counts.push((change.operation(), 1)),
        }
    }
    let counts: Vec<String> =
        counts.into_iter().map(|(operation, count)| format!("{count} {operation}")).collect();
    format!("{not_yet} {} changes: {}\n", skipped.len(), counts.join(", "))
}

/// The response was lost or inconclusive: the live state shows whether the change was made.
async fn unsure(
    change: &Change,
    command: &str,
    session: &Session,
    output: &Output,
) -> (ChangeOutcome, String) {
    let desired = crate::model::resolve(&session.spec, &Default::default());
    let line = line(change);
    let is_left = |live: &LiveState| {
        let plan = if command == "destroy" { destroy(live, &desired) } else { diff(live, &desired) };
        plan.changes().any(|left| left.same_subject(change))
    };
    match both_sides(session, &desired, output).await {
        Ok(live) if is_left(&live) => {
            (ChangeOutcome::Failed, format!("{line} was not made, as far as {} shows", service(change)))
        }
        Ok(_) => (ChangeOutcome::Done, format!("{line} succeeded, although the response was lost")),
        Err(_) => (
            ChangeOutcome::NotKnown,
            output.remedy(&format!("whether this was made: {line}; `genesys-iam plan` will show it")),
        ),
    }
}

/// Reads what was changed until IAM, which is eventually consistent, shows it.
async fn read_back(
    run: &Apply<'_>,
    session: &Session,
    desired: &DesiredState,
    output: &Output,
) -> Result<LiveState, CommandError> {
    let mut pauses = run.waits.pauses();
    loop {
        let (left, failure) = match both_sides(session, desired, output).await {
            Ok(live) => {
                let left: Vec<String> = diff(&live, desired).changes().map(line).collect();
                if left.is_empty() {
                    return Ok(live);
                }
                (left.join(", "), None)
            }
            Err(BothSidesError::Aws(error)) if is_transient(&error) => ("everything".to_owned(), Some(error)),
            Err(BothSidesError::Aws(error)) => return Err(not_read_back(error, output)),
            Err(BothSidesError::Genesys(error)) => return Err(not_read_back(error, output)),
        };
        let Some(pause) = pauses.next(None) else {
            return Err(match failure {
                Some(error) => not_read_back(error, output),
                None => AttemptError::NotConverged(left).into(),
            });
        };
        output.message(&format!(
            "{} for IAM to show {left}, next look in {}\n",
            paint(DIM, "waits "),
            seconds(pause)
        ));
        tokio::time::sleep(pause).await;
    }
}

/// Reads the roles, and Genesys Cloud's side if the spec has one.
async fn both_sides(
    session: &Session,
    desired: &DesiredState,
    output: &Output,
) -> Result<LiveState, BothSidesError> {
    let no = LookForOrphans::No;
    let (live, organization, guards) = futures_util::join!(
        session.live(desired, no, Freshness::JustWritten, output),
        Box::pin(session.organization(desired, no)),
        Box::pin(session.guards())
    );
    Ok(LiveState {
        guards,
        organization: organization.map_err(BothSidesError::Genesys)?,
        ..live.map_err(BothSidesError::Aws)?
    })
}

enum BothSidesError {
    Aws(AwsError),
    Genesys(GenesysError),
}

fn service(change: &Change) -> &'static str {
    match change.service() {
        Service::Iam => "IAM",
        Service::Genesys => "Genesys Cloud",
    }
}

/// The services that showed the changes: `IAM shows`, `IAM and Genesys Cloud show`.
fn services(plan: &Plan) -> &'static str {
    let has = |service| plan.changes().any(|change| change.service() == service);
    match (has(Service::Iam), has(Service::Genesys)) {
        (true, true) => "IAM and Genesys Cloud show",
        (false, true) => "Genesys Cloud shows",
        _ => "IAM shows",
    }
}

/// An answer may be half old and half new, and a failed request may be repeated.
fn is_transient(error: &AwsError) -> bool {
    matches!(*error.kind, AwsErrorKind::Contradiction(_))
        || error.is_not_found()
        || error.is_throttled()
        || error.may_have_been_done()
}

fn not_read_back(error: impl Into<CommandError>, output: &Output) -> CommandError {
    output
        .message(&format!("{} every change was made, but could not be read back\n", paint(ERROR, "error:")));
    error.into()
}

/// `, and perhaps 2 more`
fn perhaps(unknown: usize) -> String {
    if unknown == 0 { String::new() } else { format!(", and perhaps {unknown} more") }
}

/// Why a plan was not fully carried out.
#[derive(Debug, thiserror::Error)]
pub(super) enum AttemptError {
    #[error("{command} ended early: {applied} of {total} changes were made{}", perhaps(*.unknown))]
    Incomplete { command: &'static str, applied: usize, unknown: usize, total: usize },
    #[error("every change was made, but IAM does not show yet: {0}")]
    NotConverged(String),
    #[error("{change}: the resource changed after the plan was made")]
    ChangedMeanwhile { change: String, command: &'static str, is_saved: bool },
    #[error("{change}: not made, because {owner} by now")]
    NotOurs { change: String, owner: String, command: &'static str },
    #[error("{change}: not made, because the data action that takes its place fails its test\n  {why}")]
    ReplacementFails { change: String, why: String },
    #[error("{change}: not made, because IAM does not show yet that Genesys Cloud may assume the role")]
    RoleNotShown { change: String },
}

impl Explain for AttemptError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Incomplete { .. } => "fix the cause and run it again; it continues where it stopped",
            Self::NotConverged(_) => "IAM may need a moment: run `genesys-iam plan` to see what is left",
            Self::ChangedMeanwhile { is_saved: true, .. } => {
                "look at what changed, then make a new plan: `genesys-iam plan --out FILE`"
            }
            Self::NotOurs { command, .. } => {
                return Some(format!(
                    "look at who took it over; `genesys-iam {command}` then makes its plan anew"
                ));
            }
            Self::ChangedMeanwhile { command, .. } => {
                return Some(format!("run it again: `genesys-iam {command}` makes its plan anew"));
            }
            Self::ReplacementFails { .. } => {
                "flows still have the old one: make the new one work, then run it again with `--test`, which tests it before the old one is deleted"
            }
            Self::RoleNotShown { .. } => {
                "the integration still assumes the former role, so flows go on; run it again in a minute (`--wait SECONDS` waits longer)"
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::Incomplete { .. }
            | Self::NotConverged(_)
            | Self::RoleNotShown { .. }
            | Self::ChangedMeanwhile { is_saved: false, .. } => Status::Error,
            Self::ChangedMeanwhile { is_saved: true, .. } | Self::NotOurs { .. } => Status::Refused,
            Self::ReplacementFails { .. } => Status::Fault,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::model::resolve;
    use crate::spec::{self, EmptyEnvironment};

    #[test]
    fn what_is_left_is_named_or_where_it_is_much_counted() {
        let changes = |roles: usize| -> Vec<Change> {
            let mut text = include_str!("../../examples/genesys.toml").to_owned();
            for n in 1..roles {
                text.push_str(&format!("\n[[role]]\nname = \"R{n}\"\nfunctions = [\"f{n}\"]\n"));
            }
            let spec = spec::parse(&text, "genesys", &EmptyEnvironment).0.unwrap();
            diff(&LiveState::default(), &resolve(&spec, &Default::default())).changes().cloned().collect()
        };
        let plain = |roles| {
            anstream::adapter::strip_str(&left(&changes(roles).iter().collect::<Vec<_>>())).to_string()
        };
        let few = plain(1);
        assert_eq!(few.lines().count(), 3, "{few}");
        assert!(few.contains("not yet AttachRolePolicy policy `GenesysLambda"), "{few}");
        assert_eq!(plain(44), "not yet 132 changes: 44 CreatePolicy, 44 CreateRole, 44 AttachRolePolicy\n");
    }
}
