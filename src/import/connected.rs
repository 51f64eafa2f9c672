//! The integration and data actions of a role without a spec.

use std::collections::BTreeSet;

use super::genesys::{IntegrationTables, tables};
use crate::arn::{Arn, FunctionArn};
use crate::model::{LiveAction, LiveCredential, LiveIntegration, LiveOrganization};
use crate::text::one_line;

/// The tables of the integration that uses the role, or of the only one there is, as it should be: enabled, with the
/// role's ARN. Anything that would make the spec invalid is left out, and stays unchanged in Genesys Cloud.
pub(super) fn connected(
    organization: &LiveOrganization,
    role: &Arn,
    (functions, region): (&[FunctionArn], &str),
    missing: &BTreeSet<FunctionArn>,
    is_spec: impl Fn(&str) -> bool,
    left_out: &mut Vec<String>,
) -> String {
    let holder = |one: &&LiveIntegration| {
        one.credential.as_ref().and_then(LiveCredential::role).as_ref() == Some(role)
    };
    let holders: Vec<&LiveIntegration> = organization.integrations.iter().filter(holder).collect();
    let meant = match (holders.as_slice(), organization.integrations.as_slice()) {
        ([one], _) => *one,
        // A hidden credential may hold this role.
        ([], [one]) if one.credential.as_ref().is_none_or(|credential| credential.arn.is_some()) => one,
        (_, []) => return String::new(),
        (_, several) => {
            let names: Vec<String> =
                several.iter().map(|one| format!("\"{}\"", one_line(&one.name))).collect();
            left_out.push(format!(
                "Genesys Cloud's side is left out: which integration is meant is not known ({}); write [role.integration] with its `name`",
                names.join(", ")
            ));
            return String::new();
        }
    };
    let credential = meant.credential.clone().unwrap_or_else(|| LiveCredential {
        id: String::new(),
        name: String::new(),
        arn: None,
        is_gone: false,
    });
    let mut actions = meant.actions.clone();
    if let [only] = functions {
        actions.iter_mut().for_each(|action| retarget(action, only, missing, left_out));
    }
    let meant = LiveIntegration {
        actions,
        intended_state: "ENABLED".to_owned(),
        credential: Some(LiveCredential { arn: Some(role.to_string()), is_gone: false, ..credential }),
        ..meant.clone()
    };
    let others = organization.integrations.iter().filter(|one| one.id != meant.id).cloned();
    let organization =
        LiveOrganization { integrations: others.chain([meant.clone()]).collect(), ..organization.clone() };
    let found = tables(&organization, role, (functions, region), None, left_out);
    let Some(IntegrationTables { integration, actions }) = found else { return String::new() };
    if !is_spec(&integration) {
        left_out.push(format!("integration \"{}\" is left out: no spec can have it as it is", meant.name));
        return String::new();
    }
    let mut text = integration;
    for action in actions {
        let with_it = format!("{text}{}", action.text);
        if is_spec(&with_it) {
            text = with_it;
            left_out.extend(action.notice);
        } else {
            left_out
                .push(format!("data action \"{}\" is left out: no spec can have it as it is", action.name));
        }
    }
    text
}

/// A data action of a function that does not exist invokes the one that does.
fn retarget(
    action: &mut LiveAction,
    to: &FunctionArn,
    missing: &BTreeSet<FunctionArn>,
    left_out: &mut Vec<String>,
) {
    let Some(state) = &mut action.state else { return };
    let is_missing = state.target.parse().is_ok_and(|target| missing.contains(&target));
    if !is_missing || state.target == to.to_string() {
        return;
    }
    left_out.push(format!(
        "data action \"{}\" points at {}, which Lambda does not have: with this spec it invokes {to}",
        action.name, state.target
    ));
    state.target = to.to_string();
    action.target = to.to_string();
}
