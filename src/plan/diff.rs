//! Live state against desired state.

use std::collections::BTreeMap;

use super::access::{Access, AccessDiff, grants};
use super::change::{Change, Diff, TagDiff};
use crate::arn::{AccountId, Arn};
use crate::policy::{Document, equivalent};
use crate::spec::{Boundary, ExtraPermissions, MANAGED_BY_KEY, MANAGED_BY_VALUE, SPEC_KEY};
use crate::state::{DesiredRole, DesiredState, Live, LivePolicy, LiveRole, LiveState, PolicyVersion, Tags};

/// IAM keeps at most this many versions of a managed policy.
const VERSION_LIMIT: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub spec: String,
    pub account_id: AccountId,
    pub region: String,
    /// In the order of the spec.
    pub roles: Vec<RolePlan>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolePlan {
    pub role: String,
    /// In the order in which they are to be carried out.
    pub changes: Vec<Change>,
    pub blockers: Vec<Blocker>,
    pub notices: Vec<Notice>,
    pub access: AccessDiff,
}

/// Why the changes of a role may not be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocker {
    /// It exists, and this spec did not make it.
    NotManaged { what: Owned, by: Owner },
    /// The path of a role cannot be changed.
    RolePath { role: String, live: String, desired: String },
    /// A policy of the same name under another path is attached to the role.
    PolicyPath { policy: String, live: Arn, desired: Arn },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owned {
    Role(String),
    Policy(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// No tag of this tool.
    Unknown,
    /// The tag names another spec.
    Spec(String),
}

/// Something a reviewer must know that this plan does not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    ExtraAttached {
        policy: Arn,
        grants: Vec<String>,
    },
    ExtraInline {
        name: String,
        grants: Vec<String>,
    },
    /// A boundary that the spec does not mention.
    Boundary {
        arn: Arn,
    },
    /// Taken over by `adopt`.
    Adopted {
        what: Owned,
        by: Owner,
    },
    /// The policy is also attached elsewhere: changing it changes that too.
    SharedPolicy {
        policy: String,
        others: i32,
    },
}

impl Plan {
    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.roles.iter().flat_map(|role| &role.changes)
    }

    pub fn blockers(&self) -> impl Iterator<Item = &Blocker> {
        self.roles.iter().flat_map(|role| &role.blockers)
    }

    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    pub fn is_wider(&self) -> bool {
        self.roles.iter().any(|role| role.access.is_wider())
    }
}

/// What would make `live` into `desired`. Pure: no I/O, no clock, no randomness.
pub fn diff(live: &LiveState, desired: &DesiredState) -> Plan {
    let absent = Live::default();
    let roles = desired
        .roles
        .iter()
        .map(|role| diff_role(live.roles.get(&role.role.name).unwrap_or(&absent), role, &desired.spec))
        .collect();
    Plan {
        spec: desired.spec.clone(),
        account_id: desired.account_id.clone(),
        region: desired.region.clone(),
        roles,
    }
}

fn diff_role(live: &Live, desired: &DesiredRole, spec: &str) -> RolePlan {
    let mut plan = RolePlan {
        role: desired.role.name.clone(),
        changes: Vec::new(),
        blockers: Vec::new(),
        notices: Vec::new(),
        access: AccessDiff::default(),
    };
    check_ownership(live, desired, spec, &mut plan);

    // Narrow first: what goes, goes before anything is granted.
    let extras = live.role.as_ref().map(|role| extras(role, desired, &mut plan)).unwrap_or_default();
    plan.changes.extend(extras);
    let boundary = live.role.as_ref().and_then(|role| diff_boundary(role, desired, &mut plan));
    let trust = live.role.as_ref().and_then(|role| diff_trust(role, desired));
    let document = live.policy.as_ref().map(|policy| diff_document(policy, desired)).unwrap_or_default();

    let widens = matches!(
        boundary,
        Some(Change::DeleteRolePermissionsBoundary { .. })
            | Some(Change::PutRolePermissionsBoundary { boundary: Diff { before: Some(_), .. }, .. })
    );
    let (boundary_first, boundary_last) = if widens { (None, boundary) } else { (boundary, None) };
    plan.changes.extend(boundary_first);
    // A trust policy that shuts somebody out goes before new permissions, one that only lets in after them.
    if trust.as_ref().is_some_and(removes_a_principal) {
        plan.changes.extend(trust);
        plan.changes.extend(document);
    } else {
        plan.changes.extend(document);
        plan.changes.extend(trust);
    }
    plan.changes.extend(boundary_last);

    if let Some(policy) = &live.policy {
        let tags = diff_tags(&policy.policy.tags, &desired.policy.tags);
        if !tags.is_empty() {
            plan.changes.push(Change::TagPolicy { policy: desired.policy.arn.clone(), tags });
        }
    } else {
        plan.changes.push(Change::CreatePolicy(desired.policy.clone()));
    }
    match &live.role {
        Some(role) => plan.changes.extend(diff_attributes(role, desired)),
        None => plan.changes.push(Change::CreateRole(desired.role.clone())),
    }
    // Attach last: a half-built role must not be able to invoke.
    if !live.role.as_ref().is_some_and(|role| role.attached.contains_key(&desired.policy.arn)) {
        plan.changes.push(Change::AttachRolePolicy {
            role: desired.role.name.clone(),
            policy: desired.policy.arn.clone(),
        });
    }
    plan.access = AccessDiff { before: access_before(live), after: access_after(live, desired) };
    plan
}

fn check_ownership(live: &Live, desired: &DesiredRole, spec: &str, plan: &mut RolePlan) {
    let role = live.role.as_ref().map(|role| (Owned::Role(role.role.name.clone()), &role.role.tags));
    let policy =
        live.policy.as_ref().map(|policy| (Owned::Policy(policy.policy.name.clone()), &policy.policy.tags));
    for (what, tags) in role.into_iter().chain(policy) {
        let Some(by) = foreign_owner(tags, spec) else { continue };
        if desired.adopt {
            plan.notices.push(Notice::Adopted { what, by });
        } else {
            plan.blockers.push(Blocker::NotManaged { what, by });
        }
    }
    if let Some(role) = &live.role {
        if role.role.path != desired.role.path {
            plan.blockers.push(Blocker::RolePath {
                role: role.role.name.clone(),
                live: role.role.path.clone(),
                desired: desired.role.path.clone(),
            });
        }
        let namesake = role.attached.keys().find(|arn| {
            **arn != desired.policy.arn
                && arn.account == desired.policy.arn.account
                && arn.name().eq_ignore_ascii_case(&desired.policy.name)
        });
        if let Some(arn) = namesake {
            plan.blockers.push(Blocker::PolicyPath {
                policy: desired.policy.name.clone(),
                live: arn.clone(),
                desired: desired.policy.arn.clone(),
            });
        }
    }
    if let Some(LivePolicy { attachment_count, .. }) = live.policy {
        let own = live.role.as_ref().is_some_and(|role| role.attached.contains_key(&desired.policy.arn));
        let others = attachment_count - i32::from(own);
        if others > 0 {
            plan.notices.push(Notice::SharedPolicy { policy: desired.policy.name.clone(), others });
        }
    }
}

/// Who else manages what bears these tags; `None` when it is this spec.
fn foreign_owner(tags: &Tags, spec: &str) -> Option<Owner> {
    if tags.get(MANAGED_BY_KEY).map(String::as_str) != Some(MANAGED_BY_VALUE) {
        return Some(Owner::Unknown);
    }
    match tags.get(SPEC_KEY) {
        Some(owner) if owner == spec => None,
        Some(owner) => Some(Owner::Spec(owner.clone())),
        None => Some(Owner::Unknown),
    }
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
        (Boundary::Policy(wanted), live) => Some(Change::PutRolePermissionsBoundary {
            role: name,
            boundary: Diff { before: live, after: Some(wanted.clone()) },
        }),
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

fn removes_a_principal(trust: &Change) -> bool {
    let Change::UpdateAssumeRolePolicy { document: Diff { before, after }, .. } = trust else { return false };
    let [mut old, mut new] = [Access::default(), Access::default()];
    old.add_trust(before);
    new.add_trust(after);
    !old.assume.is_subset(&new.assume)
}

fn diff_document(live: &LivePolicy, desired: &DesiredRole) -> Vec<Change> {
    let policy = desired.policy.arn.clone();
    let document = Diff { before: live.policy.document.clone(), after: desired.policy.document.clone() };
    if equivalent(&document.before, &document.after) {
        return Vec::new();
    }
    let default = live.versions.iter().find(|version| version.is_default);
    let fits = |version: &&PolicyVersion| {
        !version.is_default && version.document.as_ref().is_some_and(|d| equivalent(d, &document.after))
    };
    if let (Some(default), Some(version)) = (default, live.versions.iter().find(fits)) {
        let version = Diff { before: default.id.clone(), after: version.id.clone() };
        return vec![Change::SetDefaultPolicyVersion { policy, version, document }];
    }
    let mut changes = Vec::new();
    if live.versions.len() >= VERSION_LIMIT {
        // The oldest: the one in force stays, and so does the newest beside it.
        let oldest = live.versions.iter().filter(|version| !version.is_default).min_by_key(|v| v.number());
        changes.extend(
            oldest.map(|v| Change::DeletePolicyVersion { policy: policy.clone(), version: v.id.clone() }),
        );
    }
    changes.push(Change::CreatePolicyVersion { policy, document });
    changes
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
fn diff_tags(live: &Tags, desired: &Tags) -> TagDiff {
    desired
        .iter()
        .filter(|(key, value)| live.get(*key) != Some(value))
        .map(|(key, value)| {
            (key.clone(), Diff { before: live.get(key).cloned(), after: Some(value.clone()) })
        })
        .collect::<BTreeMap<_, _>>()
}

fn access_before(live: &Live) -> Access {
    let mut access = Access::default();
    if let Some(role) = &live.role {
        access.add_trust(&role.role.assume_role_policy);
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
    access.add_trust(&desired.role.assume_role_policy);
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
