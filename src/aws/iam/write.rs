//! Carrying out changes: one change, one API call.

use aws_sdk_iam::types::Tag;
use aws_smithy_types::error::operation::BuildError;

use crate::aws::client::Clients;
use crate::aws::error::{AwsError, AwsErrorKind};
use crate::model::{ManagedPolicy, Role, Tags};
use crate::plan::Diff;
use crate::plan::iam::{IamChange, TagChanges};

/// Makes a change's call, once.
///
/// # Errors
/// If IAM does not make the change. [`AwsError::may_have_been_done`] says whether it may still have been made.
pub async fn write(clients: &Clients, change: &IamChange) -> Result<(), AwsError> {
    let iam = &clients.iam;
    let operation = format!("iam:{}", change.operation());
    let failed = |kind| AwsError::new(&operation, change.subject(), kind);
    // The answers say nothing new: the result is read after the last change.
    macro_rules! send {
        ($request:expr) => {
            $request
                .send()
                .await
                .map(drop)
                .map_err(|error| AwsError::from_sdk(&operation, change.subject(), error))
        };
    }
    match change {
        IamChange::CreatePolicy(ManagedPolicy { arn: _, name, path, description, document, tags }) => {
            let tags = tag_list(tags).map_err(|error| failed(AwsErrorKind::Construction(error.into())))?;
            send!(
                iam.create_policy()
                    .policy_name(name)
                    .path(path)
                    .set_description(unless_empty(description))
                    .policy_document(document.to_json())
                    .set_tags(tags)
            )
        }
        IamChange::CreateRole(Role {
            arn: _,
            name,
            path,
            description,
            max_session_duration,
            assume_role_policy,
            permissions_boundary,
            tags,
        }) => {
            let tags = tag_list(tags).map_err(|error| failed(AwsErrorKind::Construction(error.into())))?;
            send!(
                iam.create_role()
                    .role_name(name)
                    .path(path)
                    .set_description(unless_empty(description))
                    .max_session_duration(*max_session_duration)
                    .assume_role_policy_document(assume_role_policy.to_json())
                    .set_permissions_boundary(permissions_boundary.as_ref().map(ToString::to_string))
                    .set_tags(tags)
            )
        }
        IamChange::AttachRolePolicy { role, policy } => {
            send!(iam.attach_role_policy().role_name(role).policy_arn(policy.to_string()))
        }
        IamChange::UpdateAssumeRolePolicy { role, document: Diff { before: _, after } } => {
            send!(iam.update_assume_role_policy().role_name(role).policy_document(after.to_json()))
        }
        IamChange::UpdateRole { role, description, max_session_duration } => send!(
            iam.update_role()
                .role_name(role)
                // Sent even if empty: that removes a description.
                .description(&description.after)
                .max_session_duration(max_session_duration.after)
        ),
        IamChange::CreatePolicyVersion { policy, document: Diff { before: _, after } } => send!(
            iam.create_policy_version()
                .policy_arn(policy.to_string())
                .policy_document(after.to_json())
                .set_as_default(true)
        ),
        IamChange::SetDefaultPolicyVersion { policy, version, document: _ } => {
            send!(iam.set_default_policy_version().policy_arn(policy.to_string()).version_id(&version.after))
        }
        IamChange::DeletePolicyVersion { policy, version } => {
            send!(iam.delete_policy_version().policy_arn(policy.to_string()).version_id(version))
        }
        IamChange::PutRolePermissionsBoundary { role, before: _, after } => {
            send!(iam.put_role_permissions_boundary().role_name(role).permissions_boundary(after.to_string()))
        }
        IamChange::DeleteRolePermissionsBoundary { role, before: _ } => {
            send!(iam.delete_role_permissions_boundary().role_name(role))
        }
        IamChange::TagRole { role, tags } => {
            let tags = tag_list(&tags_to_set(tags))
                .map_err(|error| failed(AwsErrorKind::Construction(error.into())))?;
            send!(iam.tag_role().role_name(role).set_tags(tags))
        }
        IamChange::TagPolicy { policy, tags } => {
            let tags = tag_list(&tags_to_set(tags))
                .map_err(|error| failed(AwsErrorKind::Construction(error.into())))?;
            send!(iam.tag_policy().policy_arn(policy.to_string()).set_tags(tags))
        }
        IamChange::DetachRolePolicy { role, policy, .. } => {
            send!(iam.detach_role_policy().role_name(role).policy_arn(policy.to_string()))
        }
        IamChange::PutRolePolicy { role, name, document } => {
            send!(iam.put_role_policy().role_name(role).policy_name(name).policy_document(document.to_json()))
        }
        IamChange::DeleteRolePolicy { role, name, document: _ } => {
            send!(iam.delete_role_policy().role_name(role).policy_name(name))
        }
        IamChange::DeleteRole { role, arn: _ } => send!(iam.delete_role().role_name(role)),
        IamChange::DeletePolicy { policy, document: _ } => {
            send!(iam.delete_policy().policy_arn(policy.to_string()))
        }
    }
}

/// At creation, IAM does not treat an empty description as none.
fn unless_empty(text: &str) -> Option<String> {
    (!text.is_empty()).then(|| text.to_owned())
}

fn tag_list(tags: &Tags) -> Result<Option<Vec<Tag>>, BuildError> {
    let tags: Result<Vec<_>, _> =
        tags.iter().map(|(key, value)| Tag::builder().key(key).value(value).build()).collect();
    Ok(Some(tags?).filter(|tags| !tags.is_empty()))
}

fn tags_to_set(tags: &TagChanges) -> Tags {
    tags.iter().map(|(key, change)| (key.clone(), change.after.clone())).collect()
}
