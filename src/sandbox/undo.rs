//! Takes back what a scenario put into other people's hands: those of the AWS organization's administrator, of whoever
//! deploys the functions, and of Genesys Cloud's administrator.

use std::collections::BTreeMap;

use super::embedded::Sandbox;
use super::error::SandboxError;
use super::scenario::{FunctionChange, PlantedOrganization, Scenario};
use super::seed::Seed;
use super::setup::GenesysKind;
use super::state::State;
use crate::arn::FunctionArn;

impl Sandbox {
    /// Undoes it all; returns what was undone, one phrase each. Roles and policies of the account stay as they are.
    ///
    /// # Errors
    ///
    /// If the state cannot be saved.
    pub fn undo(&mut self, seed: &Seed) -> Result<Vec<String>, SandboxError> {
        let mut done = Vec::new();
        if self.state.aws_organization.take().is_some() {
            done.push("the AWS organization and its policies".to_owned());
        }
        self.state.kms_keys.values_mut().for_each(|is_enabled| *is_enabled = true);
        done.extend(restore_functions(&mut self.state, seed));
        done.extend(self.in_organization(seed, |sandbox| sandbox.restore_genesys(seed)));
        if !done.is_empty() {
            let is_left = |name: &String| {
                let text = Scenario::built_in(name);
                text.and_then(|text| Scenario::parse(text, seed).ok())
                    .is_none_or(|scenario| is_about_roles(&scenario))
            };
            self.state.planted.retain(is_left);
            self.save()?;
        }
        Ok(done)
    }

    fn restore_genesys(&mut self, seed: &Seed) -> Vec<String> {
        let mut done = Vec::new();
        let organization = &mut self.state.organization;
        if !organization.clients.is_empty() || !organization.denied_permissions.is_empty() {
            organization.clients.clear();
            organization.denied_permissions.clear();
            done.push("what the OAuth client may do".to_owned());
        }
        if !organization.flows.is_empty() {
            organization.flows.clear();
            done.push("no flow uses the data actions any more".to_owned());
        }
        if let Some(genesys) = &seed.genesys
            && organization.id != genesys.organization_id
        {
            organization.id.clone_from(&genesys.organization_id);
            done.push("the organization's ID".to_owned());
        }
        let functions: Vec<String> = seed.functions.iter().map(ToString::to_string).collect();
        self.edit_genesys(|kind, value| match kind {
            GenesysKind::Integration => {
                if value["intendedState"] == "DISABLED" {
                    value["intendedState"] = "ENABLED".into();
                    done.push("the integration is enabled".to_owned());
                }
            }
            GenesysKind::Action => {
                let target = &mut value["config"]["request"]["requestUrlTemplate"];
                if let [only] = functions.as_slice()
                    && *target != only.as_str()
                {
                    *target = only.as_str().into();
                    done.push(format!("the data action points at {only}"));
                }
            }
            GenesysKind::Credential => {}
        });
        done
    }
}

fn restore_functions(state: &mut State, seed: &Seed) -> Vec<String> {
    let is_own = |arn: &FunctionArn| arn.as_arn().account == seed.account.as_str();
    let all = std::mem::take(&mut state.planted_functions);
    let (own, others): (BTreeMap<_, _>, BTreeMap<_, _>) = all.into_iter().partition(|(arn, _)| is_own(arn));
    state.planted_functions = others;
    let mut done = Vec::new();
    for (arn, planted) in own {
        let now = state.functions.get(&arn).cloned();
        let restored = planted.taken_back(now.as_ref());
        let is_there_again = planted.missing.iter().any(|missing| state.missing_functions.remove(missing));
        if restored == now && !is_there_again {
            continue;
        }
        done.push(format!("the function {}", arn.label()));
        if let Some(function) = restored {
            state.functions.insert(arn, function);
        }
        planted.missing.iter().for_each(|missing| state.add_function(missing));
    }
    done
}

/// Whether `sandbox undo` has anything to take back of the scenario with this name.
pub fn is_undone(name: &str) -> bool {
    let scenario = Scenario::built_in(name).and_then(|text| Scenario::read(text).ok());
    // It does not know what a file planted.
    let Some(Scenario { function, organization, kms_keys, genesys, .. }) = scenario else { return true };
    let is_function = |change: &FunctionChange| {
        let FunctionChange { missing, configuration, reserved_concurrency, policy, answer } = change;
        let is_changed = reserved_concurrency.is_some() || policy.is_some() || answer.is_some();
        *missing || !configuration.is_empty() || is_changed
    };
    let PlantedOrganization {
        organization_id,
        intended_state,
        role_arn: _,
        function_arn,
        only_client,
        denied_permissions,
        flows,
    } = &genesys;
    let changed = [organization_id, intended_state, function_arn, only_client];
    organization.is_some()
        || !kms_keys.is_empty()
        || function.values().any(is_function)
        || changed.iter().any(|value| value.is_some())
        || !denied_permissions.is_empty()
        || !flows.is_empty()
}

/// What the account's owner fixes.
fn is_about_roles(scenario: &Scenario) -> bool {
    let Scenario { role, policy, assumed, .. } = scenario;
    !role.is_empty() || !policy.is_empty() || !assumed.is_empty()
}
