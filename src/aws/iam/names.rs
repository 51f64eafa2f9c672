//! Names already in use: IAM's are unique regardless of case, and a policy's regardless of path.

use std::collections::BTreeSet;

use aws_sdk_iam::types::PolicyScopeType;

use crate::arn::Arn;
use crate::aws::client::Clients;
use crate::aws::error::AwsError;
use crate::aws::pages::items;
use crate::model::WantedNames;

/// IAM's maximum page size.
const PAGE: i32 = 1000;

/// The account's roles with one of these names.
///
/// # Errors
/// If IAM cannot list all of them.
pub(super) async fn roles_named(clients: &Clients, wanted: &WantedNames) -> Result<BTreeSet<Arn>, AwsError> {
    let pages = clients.iam.list_roles().max_items(PAGE).into_paginator().send();
    let roles = items(pages, |page| page.roles)
        .await
        .map_err(|error| AwsError::from_sdk("iam:ListRoles", "", error))?;
    let named = roles.into_iter().filter(|role| wanted.has_role(&role.role_name));
    Ok(named.filter_map(|role| role.arn.parse().ok()).collect())
}

/// The customer managed policies of the account with one of these names.
///
/// # Errors
/// If IAM cannot list all of them.
pub(super) async fn policies_named(
    clients: &Clients,
    wanted: &WantedNames,
) -> Result<BTreeSet<Arn>, AwsError> {
    let request = clients.iam.list_policies().scope(PolicyScopeType::Local).max_items(PAGE);
    let policies = items(request.into_paginator().send(), |page| page.policies.unwrap_or_default())
        .await
        .map_err(|error| AwsError::from_sdk("iam:ListPolicies", "", error))?;
    let arns = policies.into_iter().filter_map(|policy| policy.arn?.parse::<Arn>().ok());
    Ok(arns.filter(|arn| wanted.has_policy(arn.name())).collect())
}
