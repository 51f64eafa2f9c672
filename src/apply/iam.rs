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

/// Waits until IAM shows what these changes of a role have made, as far as that decides who may use it: within `waits`,
/// and not at all if that is nothing. `false`: it does not show it yet.
///
/// # Errors
/// If IAM does not answer.
pub(super) async fn until_shown(
    clients: &Clients,
    changes: &[Change],
    waits: Backoff,
    mut waiting: impl AsyncFnMut(&'static str, Duration) -> ControlFlow<()>,
) -> Result<bool, AwsError> {
    let decides = |change: &&IamChange| {
        matches!(
            change,
            IamChange::CreateRole(_)
                | IamChange::UpdateAssumeRolePolicy { .. }
                | IamChange::CreatePolicy(_)
                | IamChange::CreatePolicyVersion { .. }
                | IamChange::AttachRolePolicy { .. }
        )
    };
    let made = changes.iter().filter_map(|change| match change {
        Change::Iam(change) => Some(change),
        Change::Genesys(_) => None,
    });
    let mut pauses = waits.pauses();
    for change in made.filter(decides).filter(|_| !waits.limit.is_zero()) {
        loop {
            match is_made(clients, change).await {
                Ok(Some(true)) => break,
                Ok(_) => {}
                Err(error) if error.is_not_found() => {}
                Err(error) => return Err(error),
            }
            let Some(pause) = pauses.next(None) else { return Ok(false) };
            if waiting("IAM does not show the role's changes yet", pause).await.is_break() {
                return Ok(false);
            }
        }
    }
    Ok(true)
}
