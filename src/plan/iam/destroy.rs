//! Removes a role with its policy, in IAM's order.

use super::change::IamChange;
use super::order::{BoundaryEffect, Replacement, Task, order, shut_trust};
use super::ownership::{former_policies, not_ours, policy_name};
use super::role::{access_before, delete_inline, detach};
use crate::arn::Arn;
use crate::model::{DesiredRole, DesiredState, Live};
use crate::plan::change::Change;
use crate::plan::model::{Blocker, Notice, Owned, RolePlan};
use crate::policy::access::{Access, AccessDiff};

/// Removes one role of the spec.
pub fn destroy_role(live: &Live, desired: &DesiredRole, all: &DesiredState) -> RolePlan {
    let name = &desired.role.name;
    let mut plan = removal(name, live, Some(&desired.policy.arn));
    // Adopting is for keeping things: nothing is taken over just to remove it.
    plan.blockers.extend(not_ours(live, &all.spec).map(|(what, by)| Blocker::NotOurs { what, by }));
    // Nothing would find it any longer.
    let former = live.role.iter().flat_map(|role| former_policies(role, desired, all));
    plan.blockers.extend(former.map(|arn| policy_name(arn, desired)));
    if desired.prevent_destroy && (live.role.is_some() || live.policy.is_some()) {
        plan.blockers.push(Blocker::PreventDestroy { role: name.clone() });
    }
    plan
}

/// Removes a role that has the spec's tag but was taken out of the spec.
pub fn prune_role(name: &str, live: &Live, desired: &DesiredState) -> RolePlan {
    if let Some(left) = left_to_another(name, desired) {
        return left;
    }
    let policy = live.policy.as_ref().map(|policy| &policy.policy);
    let kept =
        policy.and_then(|policy| Some((policy.name.clone(), desired.elsewhere.names_policy(&policy.arn)?)));
    let own = policy.map(|policy| &policy.arn);
    let mut plan = match &kept {
        Some(_) => removal(name, &Live { policy: None, ..live.clone() }, own),
        None => removal(name, live, own),
    };
    plan.notices.push(Notice::RemovedFromSpec);
    plan.notices.extend(kept.map(|(policy, by)| Notice::NamedElsewhere { what: Owned::Policy(policy), by }));
    let named = plan.changes.iter().filter_map(|change| match change {
        Change::Iam(change) => still_named(change, desired),
        Change::Genesys(_) => None,
    });
    plan.blockers.extend(named.collect::<Vec<_>>());
    plan
}

/// A role taken out of the spec that another spec names: not one of its changes is made.
pub fn left_to_another(name: &str, desired: &DesiredState) -> Option<RolePlan> {
    let by = desired.elsewhere.names_role(&desired.account_id, name)?;
    let mut plan = RolePlan::empty(name);
    plan.notices.push(Notice::NamedElsewhere { what: Owned::Role(name.to_owned()), by });
    Some(plan)
}

/// What a removal would delete, though a role that stays needs it.
fn still_named(change: &IamChange, desired: &DesiredState) -> Option<Blocker> {
    let any = |is: &dyn Fn(&DesiredRole) -> bool| desired.roles.iter().any(is);
    let (what, key) = match change {
        IamChange::DeleteRole { role, arn } if any(&|other| other.verifier.as_ref() == Some(arn)) => {
            (Owned::Role(role.clone()), "[check] verifier")
        }
        IamChange::DeletePolicy { policy, .. }
            if any(&|other| other.role.permissions_boundary.as_ref() == Some(policy)) =>
        {
            (Owned::Policy(policy.name().to_owned()), "permissions_boundary")
        }
        _ => return None,
    };
    Some(Blocker::StillNamed { what, key })
}

/// `own`: the policy that the spec made for the role.
fn removal(name: &str, live: &Live, own: Option<&Arn>) -> RolePlan {
    let name = name.to_owned();
    let mut plan = RolePlan {
        access: AccessDiff { before: access_before(live), after: Access::default() },
        ..RolePlan::empty(&name)
    };
    // A restriction that goes with its role admits nobody.
    plan.access.before.restrictions.clear();
    plan.access.before.refusals.clear();
    let mut changes: Vec<IamChange> = Vec::new();
    if let Some(role) = &live.role {
        let attached = role
            .attached
            .iter()
            .map(|(arn, policy)| (detach(&name, arn, policy, own != Some(arn)), policy.document.clone()));
        let inline = role
            .inline
            .iter()
            .map(|(inline, document)| (delete_inline(&name, inline, document), document.clone()));
        let trust = &role.role.assume_role_policy;
        let bound = match role.role.permissions_boundary {
            Some(_) => BoundaryEffect::Document(role.boundary.as_ref()),
            None => BoundaryEffect::None,
        };
        changes = order(Task {
            role,
            trust: Replacement {
                before: Some(trust.clone()),
                between: vec![shut_trust(&name, trust, None)],
                ..Replacement::default()
            },
            own: Replacement::default(),
            is_attached: false,
            attach: None,
            removals: attached.chain(inline).collect(),
            kept: Vec::new(),
            boundary: None,
            bounds: [bound; 2],
            neutral: Vec::new(),
            tags: None,
            is_removal: true,
        })
        .changes;
    }
    if let Some(policy) = &live.policy {
        let arn = &policy.policy.arn;
        let own = live.role.as_ref().is_some_and(|role| role.attached.contains_key(arn));
        let others = policy.attachment_count - i32::from(own);
        if others > 0 {
            plan.blockers.push(Blocker::PolicyInUse { policy: arn.clone(), others });
        }
        // The role's own goes with it, but after the policy.
        if policy.boundary_count > 0 {
            plan.blockers.push(Blocker::PolicyBounds { policy: arn.clone(), count: policy.boundary_count });
        }
        for version in policy.versions.iter().filter(|version| !version.is_default) {
            changes.push(IamChange::DeletePolicyVersion { policy: arn.clone(), version: version.id.clone() });
        }
        let document = policy.policy.document.clone();
        changes.push(IamChange::DeletePolicy { policy: arn.clone(), document });
    }
    // Delete the role last, so an interrupted run can find it again by its tag.
    if let Some(role) = &live.role {
        changes.push(IamChange::DeleteRole { role: name, arn: role.role.arn.clone() });
    }
    plan.changes = changes.into_iter().map(Change::Iam).collect();
    plan
}
