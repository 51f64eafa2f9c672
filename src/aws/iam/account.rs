//! An account's roles and managed policies, to find those that nobody named.

use aws_sdk_iam::types::{EntityType, ManagedPolicyDetail, RoleDetail};

use crate::arn::Arn;
use crate::aws::client::Clients;
use crate::aws::error::AwsError;
use crate::aws::pages::{PAGES, no_end};
use crate::policy::Document;

/// IAM's maximum page size.
const PAGE: i32 = 1000;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AccountListing {
    pub roles: Vec<ListedRole>,
    /// The account's own, with the document in force.
    pub policies: Vec<(Arn, Document)>,
}

/// A role with readable documents; nothing is known about unreadable ones.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ListedRole {
    pub arn: Arn,
    pub trust: Document,
    pub inline: Vec<Document>,
    /// Includes AWS's own.
    pub attached: Vec<Arn>,
}

/// One call per 1000 roles and policies, more if IAM sends short pages.
///
/// # Errors
/// If IAM cannot list all of them.
pub async fn account_listing(clients: &Clients) -> Result<AccountListing, AwsError> {
    const OPERATION: &str = "iam:GetAccountAuthorizationDetails";
    let request = clients
        .iam
        .get_account_authorization_details()
        .filter(EntityType::Role)
        .filter(EntityType::LocalManagedPolicy)
        .max_items(PAGE);
    let mut pages = request.into_paginator().send();
    let mut listing = AccountListing::default();
    let mut seen = 0;
    while let Some(page) = pages.next().await {
        seen += 1;
        let page = if seen > PAGES { Err(no_end()) } else { page };
        let page = page.map_err(|error| AwsError::from_sdk(OPERATION, "", error))?;
        listing.roles.extend(page.role_detail_list.unwrap_or_default().into_iter().filter_map(role));
        listing.policies.extend(page.policies.unwrap_or_default().into_iter().filter_map(policy));
    }
    Ok(listing)
}

fn role(detail: RoleDetail) -> Option<ListedRole> {
    let document = |text: Option<String>| Document::parse_encoded(&text?).ok();
    let inline = detail.role_policy_list.unwrap_or_default().into_iter();
    let attached = detail.attached_managed_policies.unwrap_or_default().into_iter();
    Some(ListedRole {
        arn: detail.arn?.parse().ok()?,
        trust: document(detail.assume_role_policy_document)?,
        inline: inline.filter_map(|policy| document(policy.policy_document)).collect(),
        attached: attached.filter_map(|policy| policy.policy_arn?.parse().ok()).collect(),
    })
}

fn policy(detail: ManagedPolicyDetail) -> Option<(Arn, Document)> {
    let versions = detail.policy_version_list.unwrap_or_default();
    let version = versions.into_iter().find(|version| version.is_default_version)?;
    Some((detail.arn?.parse().ok()?, Document::parse_encoded(&version.document?).ok()?))
}
