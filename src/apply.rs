//! Carries a plan out: one call after the other, stopping at the first failure.

use std::sync::atomic::{AtomicBool, Ordering};

use crate::aws::{AwsError, Clients, Waits, write};
use crate::plan::{Change, Plan};

/// What became of each change.
#[derive(Debug)]
pub struct ApplyReport {
    pub applied: Vec<Change>,
    pub failed: Option<(Change, AwsError)>,
    /// Not begun, because of a failure or an interruption.
    pub skipped: Vec<Change>,
    pub interrupted: bool,
}

/// What is told while a plan is carried out.
pub enum Progress<'a> {
    Begins(&'a Change),
    Done(&'a Change),
    Failed(&'a Change),
}

/// Carries out every change in order. When `interrupt` is set, the call in flight is finished and no other begun.
pub async fn apply(
    clients: &Clients,
    plan: &Plan,
    interrupt: &AtomicBool,
    mut progress: impl FnMut(Progress<'_>),
) -> ApplyReport {
    let mut report =
        ApplyReport { applied: Vec::new(), failed: None, skipped: Vec::new(), interrupted: false };
    for change in plan.changes().cloned() {
        if report.failed.is_some() || interrupt.load(Ordering::Relaxed) {
            report.interrupted |= report.failed.is_none();
            report.skipped.push(change);
            continue;
        }
        progress(Progress::Begins(&change));
        match write::execute(clients, &change, Waits::default()).await {
            Ok(()) => {
                progress(Progress::Done(&change));
                report.applied.push(change);
            }
            Err(error) => {
                progress(Progress::Failed(&change));
                report.failed = Some((change, error));
            }
        }
    }
    report
}
