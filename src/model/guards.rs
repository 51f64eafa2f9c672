//! What the AWS organization of an account forbids, as far as it is known.

use crate::spec::OrganizationPolicies;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum GuardsReading {
    /// The spec says nothing of it.
    #[default]
    NotAsked,
    /// Why its policies are not known, and of which organization the account is a member, as far as that is.
    NotRead {
        organization: Option<String>,
        why: String,
    },
    /// No policy of an organization restricts the account: why.
    Unrestricted(&'static str),
    Known(OrganizationPolicies),
}
