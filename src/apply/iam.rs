//! One change in IAM: made, waited for, and looked up if the answer does not say what happened.

use std::ops::ControlFlow;
use std::time::Duration;

use crate::aws::{AwsError, Clients, Recent, is_gone, is_made, obstacle, passes_by_itself, write};
use crate::backoff::Backoff;
use crate::plan::iam::IamChange;
use crate::plan::{Change, ChangeKind};

/// Carries a change out; `earlier` are this run's previous changes to the same role. Temporary errors, while IAM
/// processes recent writes, are waited out within `waits`: `waiting` makes each pause, and may abort it. If an answer
/// was lost and the call repeated, what it finds done counts as done.
///
/// # Errors
/// If IAM does not make the change. [`AwsError::may_have_been_done`] says whether it may have been made anyway.
pub(super) async fn execute(
    clients: &Clients,
    change: &IamChange,
    earlier: &[Change],
    waits: Backoff,
    mut waiting: impl AsyncFnMut(&'static str, Duration) -> ControlFlow<()>,
) -> Result<(), AwsError> {
    let any = |kind| earlier.iter().any(|change| change.kind() == kind);
    let recent = Recent { created: any(ChangeKind::Create), removed: any(ChangeKind::Remove) };
    let earlier: Vec<&IamChange> = earlier
        .iter()
        .filter_map(|change| match change {
            Change::Iam(change) => Some(change),
            Change::Genesys(_) => None,
        })
        .collect();
    let mut pauses = waits.pauses();
    loop {
        let Err(error) = write(clients, change).await else { return Ok(()) };
        // If it cannot be looked up, the first error says more than the second.
        if error.is_not_found() && change.kind() == ChangeKind::Remove {
            match is_gone(clients, change).await {
                Ok(true) => return Ok(()),
                Ok(false) => {}
                Err(_) => return Err(error),
            }
        }
        if matches!(error.code(), Some("EntityAlreadyExists" | "LimitExceeded")) {
            match is_made(clients, change).await {
                Ok(Some(true)) => return Ok(()),
                Ok(None) => {}
                Ok(Some(false)) if error.code() == Some("EntityAlreadyExists") => {
                    return Err(error.because("what has the name is not as this plan would make it"));
                }
                Ok(Some(false)) | Err(_) => return Err(error),
            }
        }
        // Boxed: rarely reached, and the futures of listings are large.
        if let Some(found) = Box::pin(obstacle(clients, change, &earlier, &error)).await {
            return Err(error.because(&found));
        }
        let Some(reason) = passes_by_itself(change, recent, &error) else { return Err(error) };
        let Some(pause) = pauses.next(error.retry_after()) else { return Err(error) };
        if waiting(reason, pause).await.is_break() {
            return Err(error);
        }
    }
}
