//! What blocks a change that IAM refuses, so that waiting would not help.

use std::collections::BTreeSet;

use super::foresight::{Looked, missing_principal};
use super::names::{policies_named, roles_named};
use super::read;
use crate::arn::Arn;
use crate::aws::client::Clients;
use crate::aws::error::AwsError;
use crate::aws::pages::items;
use crate::model::WantedNames;
use crate::plan::iam::IamChange;

/// Why an error of this change will not pass; `None` if it may pass, or that cannot be looked up. `earlier` are this
/// run's previous changes: IAM may still show what they removed.
pub async fn obstacle(
    clients: &Clients,
    change: &IamChange,
    earlier: &[&IamChange],
    error: &AwsError,
) -> Option<String> {
    match (error.code()?, change) {
        ("EntityAlreadyExists", IamChange::CreateRole(role)) => {
            let named = roles_named(clients, &WantedNames::role(&role.name)).await.ok()?;
            taken(named.into_iter().find(|arn| arn.name() != role.name)?)
        }
        ("EntityAlreadyExists", IamChange::CreatePolicy(policy)) => {
            let named = policies_named(clients, &WantedNames::policy(&policy.name)).await.ok()?;
            taken(named.into_iter().find(|arn| *arn != policy.arn)?)
        }
        ("DeleteConflict", IamChange::DeletePolicy { policy, document: _ }) => {
            in_the_way(users_of(clients, policy, earlier).await.ok()?)
        }
        ("DeleteConflict", IamChange::DeleteRole { role, arn: _ }) => {
            in_the_way(belongings(clients, role, earlier).await.ok()?)
        }
        ("MalformedPolicyDocument", IamChange::CreateRole(role)) => {
            no_principal(clients, error.message()?, &role.arn).await
        }
        _ => None,
    }
}

fn taken(by: Arn) -> Option<String> {
    Some(format!("`{by}` has the name: IAM's names ignore case and path"))
}

fn in_the_way(things: Vec<String>) -> Option<String> {
    (!things.is_empty()).then(|| format!("in the way: {}", things.join(", ")))
}

/// Who has a policy attached or as a boundary, and its non-default versions.
async fn users_of(clients: &Clients, policy: &Arn, earlier: &[&IamChange]) -> Result<Vec<String>, AwsError> {
    const OPERATION: &str = "iam:ListEntitiesForPolicy";
    let detached: BTreeSet<&str> = earlier
        .iter()
        .filter_map(|change| match change {
            IamChange::DetachRolePolicy { role, policy: other, .. } if other == policy => Some(role.as_str()),
            _ => None,
        })
        .collect();
    let pages = clients.iam.list_entities_for_policy().policy_arn(policy.to_string()).into_paginator().send();
    let named = |kind: &str, name: Option<String>| Some(format!("{kind} `{}`", name?));
    let found = items(pages, |page| {
        let roles = page.policy_roles.unwrap_or_default().into_iter().map(|role| role.role_name);
        let roles = roles.filter(|name| !name.as_deref().is_some_and(|name| detached.contains(name)));
        let users = page.policy_users.unwrap_or_default().into_iter().map(|user| user.user_name);
        let groups = page.policy_groups.unwrap_or_default().into_iter().map(|group| group.group_name);
        let roles = roles.filter_map(|name| named("role", name));
        let users = users.filter_map(|name| named("user", name));
        roles.chain(users).chain(groups.filter_map(|name| named("group", name))).collect()
    });
    let mut found = found
        .await
        .map_err(|error| AwsError::from_sdk(OPERATION, format!("policy `{}`", policy.name()), error))?;
    let versions = read::version_ids(clients, policy).await?.unwrap_or_default();
    let is_deleted = |id: &str| {
        let deletes = |change: &&&IamChange| matches!(change, IamChange::DeletePolicyVersion { version, .. } if version == id);
        earlier.iter().any(|change| deletes(&change))
    };
    let left = versions.into_iter().filter(|version| !version.is_default && !is_deleted(&version.id));
    found.extend(left.map(|version| format!("its version {}", version.id)));
    Ok(found)
}

/// What a role still has, though this run did not make it.
async fn belongings(clients: &Clients, role: &str, earlier: &[&IamChange]) -> Result<Vec<String>, AwsError> {
    let attached = read::attached_policies(clients, role).await?.unwrap_or_default();
    let inline = read::inline_names(clients, role).await?.unwrap_or_default();
    let is_detached = |arn: &Arn| {
        earlier
            .iter()
            .any(|change| matches!(change, IamChange::DetachRolePolicy { policy, .. } if policy == arn))
    };
    let is_deleted = |inline: &str| {
        earlier
            .iter()
            .any(|change| matches!(change, IamChange::DeleteRolePolicy { name, .. } if name == inline))
    };
    let attached = attached.into_keys().filter(|arn| !is_detached(arn)).map(|arn| format!("policy `{arn}`"));
    let inline =
        inline.into_iter().filter(|name| !is_deleted(name)).map(|name| format!("inline policy `{name}`"));
    let profiles = match super::foresight::instance_profiles(clients, role).await? {
        Looked::Up((_, profiles)) => profiles,
        Looked::Refused(_) => Vec::new(),
    };
    let profiles = profiles.into_iter().map(|name| format!("instance profile `{name}`"));
    Ok(attached.chain(inline).chain(profiles).collect())
}

/// `Invalid principal in policy: "AWS":"ARN"`
fn principal_in(message: &str) -> Option<Arn> {
    let (_, rest) = message.split_once("Invalid principal in policy: \"AWS\":\"")?;
    rest.split_once('"')?.0.parse().ok()
}

/// Another account's principals cannot be looked up.
async fn no_principal(clients: &Clients, message: &str, own: &Arn) -> Option<String> {
    let principal = principal_in(message).filter(|principal| principal.account == own.account)?;
    match missing_principal(clients, &principal).await.ok()? {
        Looked::Up(Some((_, Some(nearly)))) => Some(format!("its ARN is `{nearly}`")),
        Looked::Up(Some((_, None))) => Some(format!("IAM has no `{principal}`")),
        Looked::Up(None) | Looked::Refused(_) => None,
    }
}
