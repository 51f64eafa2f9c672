//! Carrying a plan out: each change reported, and what was made read back.

use std::time::Duration;

use super::CommandError;
use super::session::Session;
use crate::apply::{Apply, ApplyReport, ChangeFailure, Progress};
use crate::aws::{AwsError, AwsErrorKind};
use crate::explain::{Explain, Status};
use crate::genesys::GenesysError;
use crate::model::{DesiredState, LiveState, LookForOrphans};
use crate::permissions::CommandKind;
use crate::plan::{Change, Plan, Service, diff};
use crate::render::output::Output;
use crate::render::style::{DIM, ERROR, GOOD, HELP, WARNING, paint};
use crate::text::one_line;

/// How far a plan was carried out, when nothing failed.
pub(super) enum Carried<T> {
    All(T),
    /// What is left was reported.
    Interrupted,
}

/// Carries a plan out and reports each change: how many were made.
pub(super) async fn carry_out(
    run: &Apply<'_>,
    session: &Session,
    plan: &Plan,
    command: &'static str,
    output: &Output,
) -> Result<Carried<usize>, CommandError> {
    let report = run.run(plan, |event| progress(output, &event)).await;
    if !report.failed.is_empty() || report.interrupted {
        return Box::pin(unfinished(report, session, plan, command, output)).await;
    }
    Ok(Carried::All(report.applied.len()))
}

fn line(change: &Change) -> String {
    format!("{} {}", change.operation(), one_line(&change.subject()))
}

fn progress(output: &Output, event: &Progress<'_>) {
    let text = match event {
        Progress::Done(change) => format!("{} {}\n", paint(GOOD, "done  "), line(change)),
        Progress::Failed(change) => format!("{} {}\n", paint(ERROR, "failed"), line(change)),
        Progress::Retrying { change, reason, delay } => {
            format!("{} {}: {reason}, next try in {}\n", paint(DIM, "waits "), line(change), seconds(*delay))
        }
    };
    match event {
        Progress::Failed(_) => output.message(&text),
        _ => output.note(&text),
    }
}

fn seconds(pause: Duration) -> String {
    format!("{:.1} s", pause.as_secs_f32())
}

/// Reports what is done, what is not, and why. Without an error it was interrupted.
async fn unfinished<T>(
    report: ApplyReport,
    session: &Session,
    plan: &Plan,
    command: &'static str,
    output: &Output,
) -> Result<Carried<T>, CommandError> {
    let ApplyReport { applied, failed, skipped, interrupted } = report;
    let total = plan.changes().count();
    for (change, failure) in &failed {
        let may_have_been_done = match failure {
            ChangeFailure::Aws(error) => error.may_have_been_done(),
            ChangeFailure::Genesys(error) => error.may_have_been_done(),
            ChangeFailure::Changed => false,
        };
        if may_have_been_done {
            let unsure = unsure(change, session, output).await;
            output.message(&format!("{} {unsure}\n", paint(WARNING, "unsure")));
        }
    }
    output.message(&left(&skipped));
    if let Some(error) = failed.iter().find_map(|(_, failure)| match failure {
        ChangeFailure::Aws(error) if error.is_access_denied() => Some(error),
        _ => None,
    }) {
        let kind = if command == "destroy" { CommandKind::Destroy } else { CommandKind::Apply };
        session.list_permissions(error, kind, output);
    }
    let incomplete = ApplyError::Incomplete { command, applied: applied.len(), total };
    let mut errors = failed.into_iter().map(|(change, failure)| match failure {
        ChangeFailure::Aws(error) => CommandError::from(error),
        ChangeFailure::Genesys(error) => CommandError::from(error),
        ChangeFailure::Changed => ApplyError::ChangedMeanwhile { change: line(&change) }.into(),
    });
    let Some(first) = errors.next() else {
        if !interrupted {
            return Err(incomplete.into());
        }
        let again = format!("`{} {command}` continues where it stopped", session.invocation);
        output.message(&format!(
            "{} {incomplete}: interrupted\n{} {again}\n",
            paint(ERROR, "error:"),
            paint(HELP, "help:")
        ));
        return Ok(Carried::Interrupted);
    };
    output.message(&format!("{} {incomplete}\n", paint(ERROR, "error:")));
    for error in errors {
        output.message(&format!("{} {error}\n", paint(ERROR, "error:")));
    }
    Err(first)
}

/// Changes that are named one by one; more are counted.
const NAMED: usize = 6;

/// What was not begun: each change, or of many how many of each kind.
fn left(skipped: &[Change]) -> String {
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

/// The response was lost or says nothing: the live state shows whether the change was made.
async fn unsure(change: &Change, session: &Session, output: &Output) -> String {
    let desired = crate::model::resolve(&session.spec, &Default::default());
    let line = line(change);
    match both_sides(session, &desired, output).await {
        Ok(live) if diff(&live, &desired).changes().any(|left| left.same_subject(change)) => {
            format!("{line} was not made, as far as {} shows", service(change))
        }
        Ok(_) => format!("{line} succeeded, although the response was lost"),
        Err(_) => format!("whether {line} was made is not known: `genesys-iam plan` will show it"),
    }
}

/// Reads what was changed until IAM, which is eventually consistent, shows it.
pub(super) async fn read_back(
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
                None => ApplyError::NotConverged(left).into(),
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

/// Reads the roles, and Genesys Cloud's side where the spec has one.
async fn both_sides(
    session: &Session,
    desired: &DesiredState,
    output: &Output,
) -> Result<LiveState, BothSidesError> {
    let no = LookForOrphans::No;
    let (live, organization) =
        futures_util::join!(session.live(desired, no, output), Box::pin(session.organization(desired, no)));
    Ok(LiveState {
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

/// Half of an answer may be old and half new, and what failed on the way may be asked again.
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

/// Why a plan was not carried out as a whole.
#[derive(Debug, thiserror::Error)]
pub enum ApplyError {
    #[error("{command} ended early: {applied} of {total} changes were made")]
    Incomplete { command: &'static str, applied: usize, total: usize },
    #[error("every change was made, but IAM does not show yet: {0}")]
    NotConverged(String),
    #[error("{change}: the resource changed after the plan was made")]
    ChangedMeanwhile { change: String },
    #[error("{}", outdated(.differences, *.nothing_left))]
    Outdated { differences: Vec<String>, nothing_left: bool },
}

impl Explain for ApplyError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Incomplete { .. } => "fix the cause and run it again; it continues where it stopped",
            Self::NotConverged(_) => "IAM may need a moment: run `genesys-iam plan` to see what is left",
            Self::Outdated { nothing_left: true, .. } => return None,
            Self::Outdated { nothing_left: false, .. } | Self::ChangedMeanwhile { .. } => {
                "look at what changed, then make a new plan: `genesys-iam plan --out FILE`"
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::Incomplete { .. } | Self::NotConverged(_) => Status::Error,
            Self::ChangedMeanwhile { .. } | Self::Outdated { .. } => Status::Refused,
        }
    }
}

fn outdated(differences: &[String], nothing_left: bool) -> String {
    let mut text = "the saved plan is out of date; nothing was changed".to_owned();
    for difference in differences {
        let lines: Vec<&str> = difference.lines().collect();
        text.push_str(&format!("\n  {}", lines.join("\n  ")));
    }
    if nothing_left {
        text.push_str(
            "\n  Nothing is left to do: the live state matches the spec. The plan may have been applied already.",
        );
    }
    text
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
        let plain = |roles| anstream::adapter::strip_str(&left(&changes(roles))).to_string();
        let few = plain(1);
        assert_eq!(few.lines().count(), 3, "{few}");
        assert!(few.contains("not yet AttachRolePolicy policy `GenesysLambda"), "{few}");
        assert_eq!(plain(44), "not yet 132 changes: 44 CreatePolicy, 44 CreateRole, 44 AttachRolePolicy\n");
    }
}
