//! What an account's AWS organization forbids, as far as it is known.

use crate::spec::OrganizationPolicies;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum GuardsReading {
    /// The spec does not mention it.
    #[default]
    NotAsked,
    /// Why its policies are unknown, and the account's organization, if known.
    NotRead {
        organization: Option<String>,
        why: String,
    },
    /// No organization policy restricts the account, and why.
    Unrestricted(&'static str),
    Known(OrganizationPolicies),
}
