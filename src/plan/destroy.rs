//! What it takes to remove everything that a spec manages, in IAM's order.

use super::access::{Access, AccessDiff};
use super::change;
use super::diff::{Blocker, Notice, Plan, RolePlan, access_before, foreign, takes_a_deny};
use super::iam::Change;
use crate::state::{DesiredRole, DesiredState, Live, LiveState};

/// The plan that leaves nothing of the spec's roles and policies. Everything that goes is in it, also what others
/// attached to a role or put inline.
pub fn destroy(live: &LiveState, desired: &DesiredState) -> Plan {
    let absent = Live::default();
    let mut plan = Plan::empty(desired, &live.orphans);
    let live = |role: &DesiredRole| live.roles.get(&role.role.name).unwrap_or(&absent);
    plan.roles.extend(desired.roles.iter().map(|role| destroy_role(live(role), role, &desired.spec)));
    plan
}

/// What removes one role of the spec.
pub fn destroy_role(live: &Live, desired: &DesiredRole, spec: &str) -> RolePlan {
    let name = &desired.role.name;
    let mut plan = removal(name, live);
    // Adopting is for what is to be kept: nothing is taken over in order to remove it.
    plan.blockers.extend(foreign(live, spec).map(|(what, by)| Blocker::NotOurs { what, by }));
    if desired.prevent_destroy && (live.role.is_some() || live.policy.is_some()) {
        plan.blockers.push(Blocker::PreventDestroy { role: name.clone() });
    }
    plan
}

/// What removes a role that bears the tag of the spec, which no longer has it.
pub fn prune_role(name: &str, live: &Live) -> RolePlan {
    let mut plan = removal(name, live);
    plan.notices.push(Notice::TakenOut);
    plan
}

fn removal(name: &str, live: &Live) -> RolePlan {
    let name = name.to_owned();
    let mut plan = RolePlan {
        role: name.clone(),
        changes: Vec::new(),
        blockers: Vec::new(),
        notices: Vec::new(),
        access: AccessDiff { before: access_before(live), after: Access::default() },
    };
    // A restriction that goes with its role lets nobody in.
    plan.access.before.restrictions.clear();
    let mut changes: Vec<Change> = Vec::new();
    if let Some(role) = &live.role {
        for (arn, policy) in &role.attached {
            let document = policy.document.clone();
            changes.push(Change::DetachRolePolicy { role: name.clone(), policy: arn.clone(), document });
        }
        for (inline, document) in &role.inline {
            let document = document.clone();
            changes.push(Change::DeleteRolePolicy { role: name.clone(), name: inline.clone(), document });
        }
        // What denies goes last: until then it may restrict the others.
        changes.sort_by_key(takes_a_deny);
    }
    if let Some(policy) = &live.policy {
        let arn = &policy.policy.arn;
        let own = live.role.as_ref().is_some_and(|role| role.attached.contains_key(arn));
        let others = policy.attachment_count - i32::from(own);
        if others > 0 {
            plan.blockers.push(Blocker::PolicyInUse { policy: policy.policy.name.clone(), others });
        }
        for version in policy.versions.iter().filter(|version| !version.is_default) {
            changes.push(Change::DeletePolicyVersion { policy: arn.clone(), version: version.id.clone() });
        }
        let document = policy.policy.document.clone();
        changes.push(Change::DeletePolicy { policy: arn.clone(), document });
    }
    // The role last: by its tag a run that was cut off is found again.
    if let Some(role) = &live.role {
        changes.push(Change::DeleteRole { role: name, arn: role.role.arn.clone() });
    }
    plan.changes = changes.into_iter().map(change::Change::Iam).collect();
    plan
}
