//! AWS Organizations: its member accounts, and what their organization forbids.

use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use crate::arn::AccountId;

/// All members have the same policies: one chain from the root down.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AwsOrganization {
    /// `o-…`
    pub id: String,
    /// Its own identities and resources are exempt from all policies.
    pub management_account: AccountId,
    pub members: BTreeSet<AccountId>,
    /// Service control policies, level by level: one must allow at each.
    pub scps: Vec<OrganizationLevel>,
    /// The account may read the organization's policies.
    #[serde(default)]
    pub is_delegated: bool,
    /// Resource control policies, from all levels together.
    pub rcps: Vec<GuardPolicy>,
}

/// The root, an organizational unit, or the account.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OrganizationLevel {
    pub name: String,
    pub policies: Vec<GuardPolicy>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct GuardPolicy {
    /// `p-…`
    pub id: String,
    pub name: String,
    pub text: String,
}

impl AwsOrganization {
    pub(crate) fn has(&self, account: &AccountId) -> bool {
        self.members.contains(account) || self.management_account == *account
    }

    /// Whether the organization's policies restrict an account.
    pub(crate) fn restricts(&self, account: &AccountId) -> bool {
        self.members.contains(account) && self.management_account != *account
    }
}
