//! Rechecking before a change: a plan that waited for confirmation, or in a file, may be old.

use std::collections::BTreeSet;

use crate::arn::Arn;
use crate::aws::{self, AwsError, Clients};
use crate::genesys::{self, Details, GenesysError, Siblings};
use crate::model::{DesiredState, LiveState, OrganizationReading};
use crate::plan::genesys::GenesysChange;
use crate::plan::{
    Blocker, Change, ChangeKind, Plan, RolePlan, destroy, destroy_role, diff, diff_role, iam, prune_role,
};

/// Why the plan was made; decides what to re-check before each change.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanKind {
    Converge,
    Destroy,
}

/// What an old plan is compared with: made from the same spec and, but for what is read again, the same live state.
#[derive(Debug, Clone, Copy)]
pub struct Recheck<'a> {
    pub kind: PlanKind,
    pub desired: &'a DesiredState,
    pub live: &'a LiveState,
}

impl Recheck<'_> {
    /// For each of these changes, whether a plan made now would contain exactly that change, or it finds what it should
    /// replace.
    ///
    /// # Errors
    /// If IAM does not answer.
    pub(super) async fn are_still_wanted(
        &self,
        clients: &Clients,
        role: &RolePlan,
        changes: &[Change],
    ) -> Result<Vec<bool>, AwsError> {
        let Self { kind, desired, live: _ } = *self;
        let (live, now) = match desired.roles.iter().find(|desired| desired.role.name == role.role) {
            Some(wanted) => {
                let live = aws::live(clients, wanted).await?;
                let now = match kind {
                    PlanKind::Converge => diff_role(&live, wanted, desired),
                    PlanKind::Destroy => destroy_role(&live, wanted, desired),
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
        let blocks = |blocker: &Blocker| {
            !matches!(blocker, Blocker::PolicyInUse { .. } | Blocker::PolicyBounds { .. })
        };
        let fits = |change: &Change| match change {
            Change::Iam(iam) => iam.finds_what_it_replaces(&live),
            Change::Genesys(_) => false,
        };
        let is_blocked = now.blockers.iter().any(blocks);
        Ok(changes
            .iter()
            .map(|change| !is_blocked && (now.changes.contains(change) || fits(change)))
            .collect())
    }

    /// The roles for which a plan made now would have other changes in Genesys Cloud.
    ///
    /// # Errors
    /// If Genesys Cloud does not answer.
    pub(super) async fn outdated_in_genesys<'p>(
        &self,
        (client, siblings): (&genesys::Client, &Siblings),
        plan: &'p Plan,
    ) -> Result<BTreeSet<&'p str>, GenesysError> {
        let Self { kind, desired, live: planned } = *self;
        let wanted: Vec<_> = desired.roles.iter().filter_map(|role| role.integration.as_ref()).collect();
        let mut organization = genesys::live(client, &wanted, Details::Wanted).await?;
        // What this run makes elsewhere.
        organization.integrations.retain(|one| !siblings.has_made(&one.id));
        let live = LiveState { organization: OrganizationReading::Read(organization), ..planned.clone() };
        let now = match kind {
            PlanKind::Converge => diff(&live, desired),
            PlanKind::Destroy => destroy(&live, desired),
        };
        let of = |plan: &Plan, name: &str| -> Vec<Change> {
            let role = plan.roles.iter().find(|role| role.role == name);
            role.into_iter().flat_map(|role| &role.changes).cloned().filter_map(in_genesys).collect()
        };
        let is_outdated = |role: &&RolePlan| {
            let (now, planned) = (of(&now, &role.role), of(plan, &role.role));
            let is_known = now.iter().all(|change| planned.contains(change));
            // Deleting what is gone by now is harmless.
            let gone = planned.iter().filter(|change| !now.contains(change));
            !is_known || !gone.map(Change::kind).all(|kind| kind == ChangeKind::Remove)
        };
        Ok(plan.roles.iter().filter(is_outdated).map(|role| role.role.as_str()).collect())
    }
}

/// A change in Genesys Cloud, without its version: a new version alone is not a reason to stop.
fn in_genesys(change: Change) -> Option<Change> {
    let Change::Genesys(mut change) = change else { return None };
    if let GenesysChange::PatchIntegrationsAction { before, .. } = &mut change {
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
