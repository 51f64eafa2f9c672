//! The path of an invocation through both services: what it passes, by name.

use super::configured::may_be_meant;
use super::facts::{ActionFacts, CredentialArn, Facts, GenesysSide};
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
    /// Their data actions that point at one of the functions; all of them, if none does.
    pub actions: Vec<String>,
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
        GenesysSide::NotAsked | GenesysSide::Rejected(..) | GenesysSide::Unreadable(_) => {
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
    let left: Vec<_> = seen.iter().filter(|one| may_be_meant(one, facts)).collect();
    if let ([], [one]) = (integrations.as_slice(), left.as_slice()) {
        integrations.push(one.name.clone());
    }
    let own: Vec<&ActionFacts> =
        seen.iter().filter(|one| integrations.contains(&one.name)).flat_map(|one| &one.actions).collect();
    let points = |action: &&&ActionFacts| {
        desired.functions.iter().any(|function| function.to_string() == action.target)
    };
    let names = |actions: Vec<&ActionFacts>| -> Vec<String> {
        actions.into_iter().map(|action| action.name.clone()).collect()
    };
    let pointing: Vec<&ActionFacts> = own.iter().filter(points).copied().collect();
    let mut actions = names(if pointing.is_empty() { own } else { pointing });
    if actions.is_empty() {
        let wanted = desired.integration.iter().flat_map(|integration| &integration.actions);
        actions = wanted.map(|action| action.state.content.name.clone()).collect();
    }
    InvocationPath {
        account_id: desired.role.arn.account.clone(),
        genesys_account_id: desired.genesys_account_id.clone(),
        organization,
        integrations,
        actions,
        policy: desired.policy.name.clone(),
        functions: desired.functions.clone(),
    }
}
