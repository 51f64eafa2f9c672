//! What would make one role, with its policy, as desired.

use std::collections::BTreeMap;

use super::change::{Change, TagChange, TagChanges};
use super::order::{Order, boundary_order, removes_deny, trust_first, via_common_permissions};
use super::ownership::check_ownership;
use super::versions::diff_document;
use crate::model::{DesiredRole, DesiredState, Live, LiveRole, Tags};
use crate::plan::change::{Change as PlanChange, Diff};
use crate::plan::model::{Notice, RolePlan};
use crate::policy::access::{Access, AccessDiff, grants};
use crate::policy::{Document, equivalent};
use crate::spec::{Boundary, ExtraPermissions, genesys_account_name};

/// What would make one role as desired.
pub fn diff_role(live: &Live, desired: &DesiredRole, all: &DesiredState) -> RolePlan {
    let mut plan = RolePlan {
        role: desired.role.name.clone(),
        changes: Vec::new(),
        blockers: Vec::new(),
        notices: Vec::new(),
        access: AccessDiff::default(),
    };
    check_ownership(live, desired, all, &mut plan);

    let mut changes: Vec<Change> = Vec::new();
    // Narrow first: what goes, goes before anything is granted.
    let extras = live.role.as_ref().map(|role| extras(role, desired, &mut plan)).unwrap_or_default();
    // With a Deny goes a restriction too: not before what it may restrict.
    let (restricting, extras): (Vec<_>, Vec<_>) = extras.into_iter().partition(removes_deny);
    changes.extend(extras);
    let boundary = live.role.as_ref().and_then(|role| diff_boundary(role, desired, &mut plan));
    let trust = live.role.as_ref().and_then(|role| diff_trust(role, desired));
    let document = live.policy.as_ref().map(|policy| diff_document(policy, desired)).unwrap_or_default();

    let boundary_order = boundary.as_ref().map(|change| boundary_order(change, live, desired));
    if boundary_order == Some(Order::First) {
        changes.extend(boundary.clone());
    }
    match trust {
        Some(trust) if !document.is_empty() || !restricting.is_empty() => {
            if let Some([narrowed, last]) = via_common_permissions(live, desired) {
                changes.extend(narrowed);
                changes.push(trust);
                changes.extend(last);
                changes.extend(restricting);
            } else if trust_first(live, desired) {
                changes.push(trust);
                changes.extend(document);
                changes.extend(restricting);
            } else {
                changes.extend(document);
                changes.extend(restricting);
                changes.push(trust);
            }
        }
        // With one of them alone there is no order.
        trust => {
            changes.extend(trust);
            changes.extend(document);
            changes.extend(restricting);
        }
    }
    if boundary_order == Some(Order::Last) {
        changes.extend(boundary);
    }

    if let Some(policy) = &live.policy {
        let tags = diff_tags(&policy.policy.tags, &desired.policy.tags);
        if !tags.is_empty() {
            changes.push(Change::TagPolicy { policy: desired.policy.arn.clone(), tags });
        }
    } else {
        changes.push(Change::CreatePolicy(desired.policy.clone()));
    }
    match &live.role {
        Some(role) => changes.extend(diff_attributes(role, desired)),
        None => changes.push(Change::CreateRole(desired.role.clone())),
    }
    // Attach last: a half-built role must not be able to invoke.
    if !live.role.as_ref().is_some_and(|role| role.attached.contains_key(&desired.policy.arn)) {
        changes.push(Change::AttachRolePolicy {
            role: desired.role.name.clone(),
            policy: desired.policy.arn.clone(),
        });
    }
    plan.changes = changes.into_iter().map(PlanChange::Iam).collect();
    // Without a change nobody gains or loses anything.
    if !plan.changes.is_empty() {
        plan.access = AccessDiff { before: access_before(live), after: access_after(live, desired) };
    }
    plan
}

/// Whatever else the role can do: reported, or removed where the spec says so.
fn extras(role: &LiveRole, desired: &DesiredRole, plan: &mut RolePlan) -> Vec<Change> {
    let mut changes = Vec::new();
    let name = &desired.role.name;
    for (arn, policy) in role.attached.iter().filter(|(arn, _)| **arn != desired.policy.arn) {
        match desired.extra_permissions {
            ExtraPermissions::Report => plan
                .notices
                .push(Notice::ExtraAttached { policy: arn.clone(), grants: grants(&policy.document) }),
            ExtraPermissions::Remove => changes.push(Change::DetachRolePolicy {
                role: name.clone(),
                policy: arn.clone(),
                document: policy.document.clone(),
            }),
        }
    }
    for (inline, document) in &role.inline {
        match desired.extra_permissions {
            ExtraPermissions::Report => {
                plan.notices.push(Notice::ExtraInline { name: inline.clone(), grants: grants(document) })
            }
            ExtraPermissions::Remove => changes.push(Change::DeleteRolePolicy {
                role: name.clone(),
                name: inline.clone(),
                document: document.clone(),
            }),
        }
    }
    changes
}

fn diff_boundary(role: &LiveRole, desired: &DesiredRole, plan: &mut RolePlan) -> Option<Change> {
    let live = role.role.permissions_boundary.clone();
    let name = desired.role.name.clone();
    match (&desired.boundary, live) {
        (Boundary::Unmentioned, live) => {
            plan.notices.extend(live.map(|arn| Notice::Boundary { arn }));
            None
        }
        (Boundary::None, None) => None,
        (Boundary::None, Some(before)) => Some(Change::DeleteRolePermissionsBoundary { role: name, before }),
        (Boundary::Policy(wanted), live) if live.as_ref() == Some(wanted) => None,
        (Boundary::Policy(wanted), live) => {
            Some(Change::PutRolePermissionsBoundary { role: name, before: live, after: wanted.clone() })
        }
    }
}

fn diff_trust(role: &LiveRole, desired: &DesiredRole) -> Option<Change> {
    let before = &role.role.assume_role_policy;
    let after = &desired.role.assume_role_policy;
    (!equivalent(before, after)).then(|| Change::UpdateAssumeRolePolicy {
        role: desired.role.name.clone(),
        document: Diff { before: before.clone(), after: after.clone() },
    })
}

fn diff_attributes(role: &LiveRole, desired: &DesiredRole) -> Vec<Change> {
    let live = &role.role;
    let wanted = &desired.role;
    let mut changes = Vec::new();
    if live.description != wanted.description || live.max_session_duration != wanted.max_session_duration {
        changes.push(Change::UpdateRole {
            role: wanted.name.clone(),
            description: Diff { before: live.description.clone(), after: wanted.description.clone() },
            max_session_duration: Diff {
                before: live.max_session_duration,
                after: wanted.max_session_duration,
            },
        });
    }
    let tags = diff_tags(&live.tags, &wanted.tags);
    if !tags.is_empty() {
        changes.push(Change::TagRole { role: wanted.name.clone(), tags });
    }
    changes
}

/// Tags that the spec does not name are left alone.
fn diff_tags(live: &Tags, desired: &Tags) -> TagChanges {
    desired
        .iter()
        .filter(|(key, value)| live.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), TagChange { before: live.get(key).cloned(), after: value.clone() }))
        .collect::<BTreeMap<_, _>>()
}

pub(super) fn access_before(live: &Live) -> Access {
    let mut access = Access::default();
    if let Some(role) = &live.role {
        access.add_trust(&role.role.assume_role_policy, genesys_account_name);
        for document in role.documents() {
            access.add_permissions(document);
        }
        if let Some(boundary) = &role.role.permissions_boundary {
            access.add_boundary(boundary);
        }
    }
    access
}

fn access_after(live: &Live, desired: &DesiredRole) -> Access {
    let mut access = Access::default();
    access.add_trust(&desired.role.assume_role_policy, genesys_account_name);
    access.add_permissions(&desired.policy.document);
    let live = live.role.as_ref();
    if desired.extra_permissions == ExtraPermissions::Report
        && let Some(role) = live
    {
        let others = role.attached.iter().filter(|(arn, _)| **arn != desired.policy.arn);
        let others: Vec<&Document> =
            others.map(|(_, policy)| &policy.document).chain(role.inline.values()).collect();
        for document in others {
            access.add_permissions(document);
        }
    }
    let boundary = match &desired.boundary {
        Boundary::Unmentioned => live.and_then(|role| role.role.permissions_boundary.as_ref()),
        Boundary::None => None,
        Boundary::Policy(arn) => Some(arn),
    };
    if let Some(boundary) = boundary {
        access.add_boundary(boundary);
    }
    access
}

#[cfg(test)]
mod tests;
