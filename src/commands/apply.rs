//! `apply`: make it so, see that it is so, then check.

use std::io::{self, IsTerminal};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use super::session::{Observed, Session};
use super::{CommandError, Status, check, plan};
use crate::apply::{ApplyReport, Progress, apply};
use crate::cli::{ApplyArgs, Global};
use crate::plan::{Change, Plan};
use crate::render;
use crate::render::output::Output;
use crate::render::style::{BOLD, ERROR, GOOD, WARNING, paint};

/// How often, and after what pauses, IAM is read again until it shows what was written.
const READ_BACK_PAUSES: [u64; 6] = [1, 2, 4, 8, 8, 8];

pub async fn run(global: &Global, args: &ApplyArgs, output: &Output) -> Result<Status, CommandError> {
    let mut session = Session::open(global, output).await?;
    plan::adopt(&mut session.spec, args.adopt);
    let mut observed = session.observe(output).await?;
    let plan = observed.plan(output)?;
    output.result(&render::plan::text(&plan))?;
    if plan.blockers().next().is_some() {
        return Err(CommandError::Blocked);
    }
    if !plan.is_empty() {
        if !args.yes {
            confirm(plan.is_wider(), output)?;
        }
        let applied = match carry_out(&session, &plan, "apply", output).await? {
            Ok(applied) => applied,
            Err(interrupted) => return Ok(interrupted),
        };
        observed = read_back(&session, output).await?;
        let made = if applied == 1 { "1 change".to_owned() } else { format!("{applied} changes") };
        output
            .result(&format!("{} {made} made; IAM shows what the spec says.\n", paint(GOOD, "Applied.")))?;
    }
    if args.no_check {
        return Ok(Status::Done);
    }
    output.result("\n")?;
    check::report(&session, &observed, None, output).await
}

/// Carries a plan out and tells of each change: how many were made, or the status of an interruption.
pub(super) async fn carry_out(
    session: &Session,
    plan: &Plan,
    command: &'static str,
    output: &Output,
) -> Result<Result<usize, Status>, CommandError> {
    let report = apply(&session.clients, plan, &interrupts(), |event| progress(output, &event)).await;
    if report.failed.is_some() || report.interrupted {
        return unfinished(report, plan.changes().count(), command, output).map(Err);
    }
    Ok(Ok(report.applied.len()))
}

fn confirm(wider: bool, output: &Output) -> Result<(), CommandError> {
    if !io::stdin().is_terminal() {
        return Err(CommandError::NoTerminal);
    }
    let access = if wider { " Access is widened." } else { "" };
    output.message(&format!("\n{}{access} Only `yes` is accepted: ", paint(BOLD, "Make these changes?")));
    let mut answer = String::new();
    io::stdin().read_line(&mut answer)?;
    if answer.trim() == "yes" { Ok(()) } else { Err(CommandError::NotConfirmed) }
}

/// Set by Ctrl-C; the second one ends the process at once.
fn interrupts() -> Arc<AtomicBool> {
    let flag = Arc::new(AtomicBool::new(false));
    let set = Arc::clone(&flag);
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if set.swap(true, Ordering::Relaxed) {
                std::process::exit(Status::Interrupted as i32);
            }
        }
    });
    flag
}

fn progress(output: &Output, event: &Progress<'_>) {
    let line = |change: &Change| format!("{} {}", change.operation(), change.subject());
    match event {
        Progress::Begins(_) => {}
        Progress::Done(change) => output.message(&format!("{} {}\n", paint(GOOD, "done  "), line(change))),
        Progress::Failed(change) => output.message(&format!("{} {}\n", paint(ERROR, "failed"), line(change))),
    }
}

/// Says what is done, what is not, and why.
fn unfinished(
    report: ApplyReport,
    total: usize,
    command: &'static str,
    output: &Output,
) -> Result<Status, CommandError> {
    let ApplyReport { applied, failed, skipped, interrupted } = report;
    for change in &skipped {
        let line = format!("{} {}", change.operation(), change.subject());
        output.message(&format!("{} {line}\n", paint(WARNING, "not yet")));
    }
    let incomplete = CommandError::Incomplete { command, applied: applied.len(), total };
    match failed {
        Some((_, error)) => {
            output.message(&format!("{} {incomplete}\n", paint(ERROR, "error:")));
            Err(error.into())
        }
        None if interrupted => {
            output.message(&format!("{} {incomplete}: interrupted\n", paint(ERROR, "error:")));
            Ok(Status::Interrupted)
        }
        None => Err(incomplete),
    }
}

/// Reads until IAM, which is eventually consistent, shows what was written.
async fn read_back(session: &Session, output: &Output) -> Result<Observed, CommandError> {
    let mut pauses = READ_BACK_PAUSES.iter();
    loop {
        let observed = session.observe(output).await?;
        let left = observed.plan(output)?.changes().count();
        if left == 0 {
            return Ok(observed);
        }
        let Some(pause) = pauses.next() else { return Err(CommandError::NotConverged(left)) };
        output.message(&format!("waiting {pause} s for IAM to show what was written\n"));
        tokio::time::sleep(Duration::from_secs(*pause)).await;
    }
}
