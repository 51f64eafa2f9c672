//! The path of an invocation through both services: what it passes, by name.

use serde_json::Value;

use super::configured::may_be_meant;
use super::facts::{ActionFacts, CredentialArn, Facts, GenesysSide};
use crate::arn::{AccountId, FunctionArn};
use crate::spec::ActionContent;

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
    /// What each of them calls.
    pub calls: Vec<ActionCall>,
    pub policy: String,
    /// In spec order.
    pub functions: Vec<FunctionArn>,
}

/// A data action and its function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionCall {
    pub action: String,
    /// A name, or what is in its place.
    pub function: String,
    /// The names in its contract, as the spec has it: what it takes, and what it returns.
    pub contract: Option<[Vec<String>; 2]>,
}

/// The names that a contract's schema has.
pub fn member_names(schema: &Value) -> Vec<String> {
    schema["properties"].as_object().into_iter().flatten().map(|(name, _)| name.clone()).collect()
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
    let shown = if pointing.is_empty() { own } else { pointing };
    let wanted = || desired.integration.iter().flat_map(|integration| &integration.actions);
    let call = |action: &str, target: &str| {
        let of_spec = wanted().find(|one| one.state.content.name == action);
        ActionCall {
            action: action.to_owned(),
            function: target.parse().map_or_else(|_| target.to_owned(), |arn: FunctionArn| arn.label()),
            contract: of_spec.map(|one| {
                let ActionContent { input_schema, success_schema, .. } = &one.state.content;
                [member_names(input_schema), member_names(success_schema)]
            }),
        }
    };
    let mut calls: Vec<ActionCall> = shown.iter().map(|action| call(&action.name, &action.target)).collect();
    let mut actions = names(shown);
    if actions.is_empty() {
        actions = wanted().map(|action| action.state.content.name.clone()).collect();
        calls = wanted().map(|action| call(&action.state.content.name, &action.state.target)).collect();
    }
    InvocationPath {
        account_id: desired.role.arn.account.clone(),
        genesys_account_id: desired.genesys_account_id.clone(),
        organization,
        integrations,
        actions,
        calls,
        policy: desired.policy.name.clone(),
        functions: desired.functions.clone(),
    }
}
