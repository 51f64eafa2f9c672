//! IAM calls, under IAM's own names.

use std::collections::BTreeMap;

use super::closed::is_closed;
use crate::arn::Arn;
use crate::model::{Live, ManagedPolicy, Role};
use crate::plan::change::{ChangeKind, Diff};
use crate::policy::Document;

/// The tags to set, by key.
pub type TagChanges = BTreeMap<String, TagChange>;

/// A tag to set: a plan never removes one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TagChange {
    /// The key's current spelling, if different: a role's tag keys ignore case.
    pub former_key: Option<String>,
    pub before: Option<String>,
    pub after: String,
}

/// One change, one API call.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum IamChange {
    CreatePolicy(ManagedPolicy),
    CreateRole(Role),
    AttachRolePolicy {
        role: String,
        policy: Arn,
    },
    UpdateAssumeRolePolicy {
        role: String,
        document: Diff<Document>,
    },
    /// `UpdateRole` sets both; one of them may be unchanged.
    UpdateRole {
        role: String,
        description: Diff<String>,
        max_session_duration: Diff<i32>,
    },
    /// Using `SetAsDefault`.
    CreatePolicyVersion {
        policy: Arn,
        document: Diff<Document>,
    },
    SetDefaultPolicyVersion {
        policy: Arn,
        version: Diff<String>,
        document: Diff<Document>,
    },
    DeletePolicyVersion {
        policy: Arn,
        version: String,
    },
    PutRolePermissionsBoundary {
        role: String,
        before: Option<Arn>,
        after: Arn,
    },
    DeleteRolePermissionsBoundary {
        role: String,
        before: Arn,
    },
    TagRole {
        role: String,
        tags: TagChanges,
    },
    TagPolicy {
        policy: Arn,
        tags: TagChanges,
    },
    DetachRolePolicy {
        role: String,
        policy: Arn,
        document: Document,
        /// Neither made by this spec nor named in it.
        is_foreign: bool,
    },
    PutRolePolicy {
        role: String,
        name: String,
        document: Document,
    },
    /// Not made by this spec, unless it is the one that denies everything for a while.
    DeleteRolePolicy {
        role: String,
        name: String,
        document: Document,
    },
    DeleteRole {
        role: String,
        arn: Arn,
    },
    /// With its default version.
    DeletePolicy {
        policy: Arn,
        document: Document,
    },
}

impl IamChange {
    /// The call's API name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::CreatePolicy(_) => "CreatePolicy",
            Self::CreateRole(_) => "CreateRole",
            Self::AttachRolePolicy { .. } => "AttachRolePolicy",
            Self::UpdateAssumeRolePolicy { .. } => "UpdateAssumeRolePolicy",
            Self::UpdateRole { .. } => "UpdateRole",
            Self::CreatePolicyVersion { .. } => "CreatePolicyVersion",
            Self::SetDefaultPolicyVersion { .. } => "SetDefaultPolicyVersion",
            Self::DeletePolicyVersion { .. } => "DeletePolicyVersion",
            Self::PutRolePermissionsBoundary { .. } => "PutRolePermissionsBoundary",
            Self::DeleteRolePermissionsBoundary { .. } => "DeleteRolePermissionsBoundary",
            Self::TagRole { .. } => "TagRole",
            Self::TagPolicy { .. } => "TagPolicy",
            Self::DetachRolePolicy { .. } => "DetachRolePolicy",
            Self::PutRolePolicy { .. } => "PutRolePolicy",
            Self::DeleteRolePolicy { .. } => "DeleteRolePolicy",
            Self::DeleteRole { .. } => "DeleteRole",
            Self::DeletePolicy { .. } => "DeletePolicy",
        }
    }

    /// Whether it can run concurrently with `before`, the previous change: neither needs the other.
    pub fn goes_beside(&self, before: &Self) -> bool {
        match (before, self) {
            (Self::CreatePolicy(policy), Self::CreateRole(role)) => {
                role.permissions_boundary.as_ref() != Some(&policy.arn)
            }
            _ => false,
        }
    }

    /// Whether a change made along the way still finds what the plan saw; a plan made now may take another way.
    pub fn finds_what_it_replaces(&self, live: &Live) -> bool {
        let role = live.role.as_ref();
        match self {
            Self::UpdateAssumeRolePolicy { role: _, document } => {
                role.is_some_and(|role| role.role.assume_role_policy == document.before)
            }
            Self::CreatePolicyVersion { policy: _, document } => {
                live.policy.as_ref().is_some_and(|policy| policy.policy.document == document.before)
            }
            Self::DeletePolicyVersion { policy: _, version } => live.policy.as_ref().is_some_and(|policy| {
                policy.versions.iter().any(|live| live.id == *version && !live.is_default)
            }),
            Self::PutRolePolicy { role: _, name, document: _ } => {
                role.is_some_and(|role| !role.inline.contains_key(name))
            }
            Self::DeleteRolePolicy { role: _, name, document } => {
                is_closed(name, document) && role.is_some_and(|role| role.inline.get(name) == Some(document))
            }
            _ => false,
        }
    }

    /// Whether it deletes or detaches what this spec did not make.
    pub fn is_of_others(&self) -> bool {
        match self {
            Self::DetachRolePolicy { is_foreign, .. } => *is_foreign,
            Self::DeleteRolePolicy { name, document, .. } => !is_closed(name, document),
            _ => false,
        }
    }

    /// The subject of the call: `role X`, `policy Y`, `policy Y of role X`.
    pub fn subject(&self) -> String {
        match self {
            Self::CreatePolicy(ManagedPolicy { name, .. }) => format!("policy `{name}`"),
            Self::CreateRole(Role { name, .. }) => format!("role `{name}`"),
            Self::AttachRolePolicy { role, policy } | Self::DetachRolePolicy { role, policy, .. } => {
                format!("policy `{}` of role `{role}`", policy.name())
            }
            Self::PutRolePolicy { role, name, .. } | Self::DeleteRolePolicy { role, name, .. } => {
                format!("inline policy `{name}` of role `{role}`")
            }
            Self::UpdateAssumeRolePolicy { role, .. }
            | Self::UpdateRole { role, .. }
            | Self::PutRolePermissionsBoundary { role, .. }
            | Self::DeleteRolePermissionsBoundary { role, .. }
            | Self::TagRole { role, .. }
            | Self::DeleteRole { role, .. } => format!("role `{role}`"),
            Self::CreatePolicyVersion { policy, .. }
            | Self::TagPolicy { policy, .. }
            | Self::DeletePolicy { policy, .. } => format!("policy `{}`", policy.name()),
            Self::SetDefaultPolicyVersion { policy, version, .. } => {
                format!("version {} of policy `{}`", version.after, policy.name())
            }
            Self::DeletePolicyVersion { policy, version } => {
                format!("version {version} of policy `{}`", policy.name())
            }
        }
    }

    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::CreatePolicy(_)
            | Self::CreateRole(_)
            | Self::AttachRolePolicy { .. }
            | Self::PutRolePolicy { .. } => ChangeKind::Create,
            Self::UpdateAssumeRolePolicy { .. }
            | Self::UpdateRole { .. }
            | Self::CreatePolicyVersion { .. }
            | Self::SetDefaultPolicyVersion { .. }
            | Self::PutRolePermissionsBoundary { .. }
            | Self::TagRole { .. }
            | Self::TagPolicy { .. } => ChangeKind::Change,
            Self::DeletePolicyVersion { .. }
            | Self::DeleteRolePermissionsBoundary { .. }
            | Self::DetachRolePolicy { .. }
            | Self::DeleteRolePolicy { .. }
            | Self::DeleteRole { .. }
            | Self::DeletePolicy { .. } => ChangeKind::Remove,
        }
    }
}
