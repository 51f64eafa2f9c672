//! The path of an invocation through both services: what it passes, by name.

use super::facts::{CredentialArn, Facts, GenesysSide};
use crate::arn::{AccountId, FunctionArn};

/// From Genesys Cloud to the functions; the report has the role's name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvocationPath {
    pub account_id: String,
    /// The account that the spec trusts.
    pub genesys_account_id: AccountId,
    /// The name of the organization that was asked.
    pub organization: Option<String>,
    /// Those that the spec names, or whose credential holds the role.
    pub integrations: Vec<String>,
    pub policy: String,
    /// In spec order.
    pub functions: Vec<FunctionArn>,
}

pub(crate) fn path(facts: &Facts) -> InvocationPath {
    let desired = &facts.desired;
    let role = CredentialArn::Shown(desired.role.arn.to_string());
    let (organization, seen) = match &facts.genesys {
        GenesysSide::Read(genesys) => {
            (Some(genesys.organization_name.clone()), genesys.integrations.as_deref().unwrap_or_default())
        }
        GenesysSide::NotAsked | GenesysSide::Rejected(_) | GenesysSide::Unreadable(_) => {
            (None, [].as_slice())
        }
    };
    let mut integrations: Vec<String> =
        desired.integration.iter().map(|integration| integration.name.clone()).collect();
    for integration in seen.iter().filter(|one| one.credential == role) {
        if !integrations.contains(&integration.name) {
            integrations.push(integration.name.clone());
        }
    }
    // With only one, it is clear which is meant.
    let left: Vec<_> = seen.iter().filter(|one| !one.is_of_a_known_role).collect();
    if let ([], [one]) = (integrations.as_slice(), left.as_slice()) {
        integrations.push(one.name.clone());
    }
    InvocationPath {
        account_id: desired.role.arn.account.clone(),
        genesys_account_id: desired.genesys_account_id.clone(),
        organization,
        integrations,
        policy: desired.policy.name.clone(),
        functions: desired.functions.clone(),
    }
}
