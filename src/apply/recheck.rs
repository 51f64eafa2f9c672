//! Looking again before a change: a plan that waited for an answer, or in a file, may be old.

use super::PlanKind;
use crate::arn::Arn;
use crate::aws::{self, AwsError, Clients};
use crate::model::DesiredState;
use crate::plan::{Blocker, Change, RolePlan, destroy_role, diff_role, iam, prune_role};

/// Whether a plan that was made now would have this very change in it, or it finds what it is to replace.
///
/// # Errors
/// Whatever keeps IAM from answering.
pub(super) async fn is_still_wanted(
    clients: &Clients,
    kind: PlanKind,
    desired: &DesiredState,
    role: &RolePlan,
    change: &Change,
) -> Result<bool, AwsError> {
    let (live, now) = match desired.roles.iter().find(|desired| desired.role.name == role.role) {
        Some(wanted) => {
            let live = aws::live(clients, wanted).await?;
            let now = match kind {
                PlanKind::Converge => diff_role(&live, wanted, desired),
                PlanKind::Destroy => destroy_role(&live, wanted, &desired.spec),
            };
            (live, now)
        }
        None => {
            let deleted: Vec<Arn> = role.changes.iter().filter_map(deleted_policy).cloned().collect();
            let live = aws::orphan(clients, &role.role, &deleted, desired).await?;
            let now = prune_role(&role.role, &live);
            (live, now)
        }
    };
    // How often a policy is attached is known late, and IAM guards it itself.
    let blocks = |blocker: &Blocker| !matches!(blocker, Blocker::PolicyInUse { .. });
    let fits = match change {
        Change::Iam(iam) => iam.finds_what_it_replaces(&live),
    };
    Ok(!now.blockers.iter().any(blocks) && (now.changes.contains(change) || fits))
}

fn deleted_policy(change: &Change) -> Option<&Arn> {
    match change {
        Change::Iam(iam::Change::DeletePolicy { policy, document: _ }) => Some(policy),
        Change::Iam(_) => None,
    }
}
