//! Rechecking before a change: a plan that waited for confirmation, or in a file, may be old.

use crate::arn::Arn;
use crate::aws::{self, AwsError, Clients};
use crate::genesys::{self, Details, GenesysError, Siblings};
use crate::model::{DesiredState, LiveState, OrganizationReading};
use crate::plan::genesys::GenesysChange;
use crate::plan::{Blocker, Change, RolePlan, destroy, destroy_role, diff, diff_role, iam, prune_role};

/// Why the plan was made; decides what to re-check before each change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanKind {
    Converge,
    Destroy,
}

/// For each of these changes, whether a plan made now would contain exactly that change, or it finds what it should
/// replace.
///
/// # Errors
/// If IAM does not answer.
pub(super) async fn are_still_wanted(
    clients: &Clients,
    kind: PlanKind,
    desired: &DesiredState,
    role: &RolePlan,
    changes: &[Change],
) -> Result<Vec<bool>, AwsError> {
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
            let now = prune_role(&role.role, &live, desired);
            (live, now)
        }
    };
    // A policy's attachment count is known late, and IAM guards it itself.
    let blocks =
        |blocker: &Blocker| !matches!(blocker, Blocker::PolicyInUse { .. } | Blocker::PolicyBounds { .. });
    let fits = |change: &Change| match change {
        Change::Iam(iam) => iam.finds_what_it_replaces(&live),
        Change::Genesys(_) => false,
    };
    let is_blocked = now.blockers.iter().any(blocks);
    Ok(changes.iter().map(|change| !is_blocked && (now.changes.contains(change) || fits(change))).collect())
}

/// Whether no earlier change is in Genesys Cloud.
pub(super) fn is_first_genesys_change(role: &RolePlan, at: usize) -> bool {
    !role.changes[..at].iter().any(|change| matches!(change, Change::Genesys(_)))
}

/// Whether a plan made now would have the same changes in Genesys Cloud for this role.
///
/// # Errors
/// If Genesys Cloud does not answer.
pub(super) async fn is_organization_as_planned(
    (client, siblings): (&genesys::Client, &Siblings),
    kind: PlanKind,
    desired: &DesiredState,
    role: &RolePlan,
) -> Result<bool, GenesysError> {
    let only = desired.only(|one| one.role.name == role.role);
    let wanted: Vec<_> = only.roles.iter().filter_map(|role| role.integration.as_ref()).collect();
    // What was removed from the spec is named by its ID, and deleting it twice is harmless.
    if wanted.is_empty() {
        return Ok(true);
    }
    let mut organization = genesys::live(client, &wanted, Details::Wanted).await?;
    // So far this run has made nothing for this role.
    organization.integrations.retain(|one| !siblings.has_made(&one.id));
    let live = LiveState { organization: OrganizationReading::Read(organization), ..LiveState::default() };
    let now = match kind {
        PlanKind::Converge => diff(&live, &only),
        PlanKind::Destroy => destroy(&live, &only, true),
    };
    let now: Vec<Change> =
        now.roles.into_iter().flat_map(|role| role.changes).filter_map(in_genesys).collect();
    let planned: Vec<Change> = role.changes.iter().cloned().filter_map(in_genesys).collect();
    let is_delete = |change: &Change| change.operation() == "DeleteIntegrationsAction";
    // IAM's side was not read here, and it decides which action is repointed first.
    let deleted = |all: &[Change], id: &str| {
        all.iter().any(|change| matches!(change, Change::Genesys(GenesysChange::DeleteIntegrationsAction { id: gone, .. }) if gone == id))
    };
    let without_moves = |all: Vec<Change>| -> Vec<Change> {
        let kept: Vec<bool> = all
            .iter()
            .map(|change| match change {
                Change::Genesys(GenesysChange::PatchIntegrationsAction { before, .. }) => {
                    !deleted(&all, &before.id)
                }
                _ => true,
            })
            .collect();
        all.into_iter().zip(kept).filter(|(_, kept)| *kept).map(|(change, _)| change).collect()
    };
    let (now, planned) = (without_moves(now), without_moves(planned));
    let is_same = now.len() == planned.len() && now.iter().all(|change| planned.contains(change));
    Ok(is_same || (planned.iter().any(is_delete) && now.iter().all(|change| planned.contains(change))))
}

/// A change in Genesys Cloud, without its version: a new version alone is not a reason to stop.
fn in_genesys(change: Change) -> Option<Change> {
    let Change::Genesys(mut change) = change else { return None };
    if let crate::plan::genesys::GenesysChange::PatchIntegrationsAction { before, .. } = &mut change {
        before.version = 0;
    }
    Some(Change::Genesys(change))
}

fn deleted_policy(change: &Change) -> Option<&Arn> {
    match change {
        Change::Iam(iam::IamChange::DeletePolicy { policy, document: _ }) => Some(policy),
        Change::Iam(_) | Change::Genesys(_) => None,
    }
}
