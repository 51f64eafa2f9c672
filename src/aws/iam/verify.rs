//! Whether a change was already made: the answer to a successful call may be lost.

use super::read::{self, Prefetch};
use crate::aws::client::Clients;
use crate::aws::error::AwsError;
use crate::model::{ManagedPolicy, Role, Tags};
use crate::plan::iam::IamChange;
use crate::policy::equivalent;

/// Whether the result of a change exists, exactly as the change would make it. `None`: IAM does not show it, or the
/// change makes nothing that can be found again.
///
/// # Errors
/// If IAM does not answer.
pub async fn is_made(clients: &Clients, change: &IamChange) -> Result<Option<bool>, AwsError> {
    match change {
        IamChange::CreateRole(wanted) => {
            let live = read::role_and_boundary(clients, wanted).await?;
            Ok(live.map(|(live, _, _)| is_role(&live, wanted)))
        }
        IamChange::CreatePolicy(wanted) => {
            let live = read::live_policy(clients, wanted, Prefetch::Nothing).await?;
            Ok(live.map(|live| is_policy(&live.policy, wanted)))
        }
        IamChange::CreatePolicyVersion { policy, document } => {
            let (live, _) = read::policy(clients, policy).await?;
            Ok(Some(equivalent(&live, &document.after)))
        }
        IamChange::UpdateAssumeRolePolicy { role, document } => {
            let live = read::trust(clients, role).await?;
            Ok(live.map(|live| equivalent(&live, &document.after)))
        }
        IamChange::AttachRolePolicy { role, policy, .. } => {
            let attached = read::attached_policies(clients, role).await?;
            Ok(attached.map(|attached| attached.contains_key(policy)))
        }
        _ => Ok(Some(false)),
    }
}

/// Whether what a change removes is gone: just after a change, IAM may report something as missing that still exists.
///
/// # Errors
/// If IAM does not answer.
pub async fn is_gone(clients: &Clients, change: &IamChange) -> Result<bool, AwsError> {
    match change {
        IamChange::DetachRolePolicy { role, policy, .. } => {
            let attached = read::attached_policies(clients, role).await?;
            Ok(attached.is_none_or(|attached| !attached.contains_key(policy)))
        }
        IamChange::DeleteRolePolicy { role, name, document: _ } => {
            let inline = read::inline_policies(clients, role).await?;
            Ok(inline.is_none_or(|inline| !inline.contains_key(name)))
        }
        IamChange::DeleteRole { role, arn: _ } => Ok(read::attached_policies(clients, role).await?.is_none()),
        IamChange::DeletePolicy { policy, document: _ } => {
            Ok(read::version_ids(clients, policy).await?.is_none())
        }
        IamChange::DeletePolicyVersion { policy, version } => {
            let versions = read::version_ids(clients, policy).await?;
            Ok(versions.is_none_or(|versions| !versions.iter().any(|live| live.id == *version)))
        }
        IamChange::DeleteRolePermissionsBoundary { role, before: _ } => {
            Ok(read::boundary(clients, role).await?.is_none())
        }
        _ => Ok(false),
    }
}

fn is_role(live: &Role, wanted: &Role) -> bool {
    let Role {
        arn: _,
        name: _,
        path,
        description,
        max_session_duration,
        assume_role_policy,
        permissions_boundary,
        tags,
    } = wanted;
    live.path == *path
        && live.description == *description
        && live.max_session_duration == *max_session_duration
        && equivalent(&live.assume_role_policy, assume_role_policy)
        && live.permissions_boundary == *permissions_boundary
        && has_tags(&live.tags, tags)
}

fn is_policy(live: &ManagedPolicy, wanted: &ManagedPolicy) -> bool {
    let ManagedPolicy { arn: _, name: _, path, description: _, document, tags } = wanted;
    live.path == *path && equivalent(&live.document, document) && has_tags(&live.tags, tags)
}

/// Including the tags that mark its owner: what someone else made does not count as ours.
fn has_tags(live: &Tags, wanted: &Tags) -> bool {
    wanted.iter().all(|(key, value)| live.get(key) == Some(value))
}
