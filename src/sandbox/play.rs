//! Plants a scenario in a sandbox.

use std::collections::BTreeSet;

use jiff::Timestamp;
use serde_json::Value;

use super::embedded::Sandbox;
use super::error::SandboxError;
use super::ids::{digest, uuid};
use super::scenario::{
    FunctionChange, LevelChange, OrganizationChange, PlantedOrganization, PlantedSession, PolicyChange,
    QuotaChange, RoleChange, Scenario, ScenarioError,
};
use super::seed::Seed;
use super::setup::GenesysKind;
use super::state::State;
use super::state::cloudtrail::{AssumeRoleEvent, TrustEvent};
use super::state::iam::{InstanceProfile, LastUsed, Policy, Quotas, Seconds, StoredRole, StoredVersion, Tag};
use super::state::lambda::PlantedFunction;
use super::state::organizations::{AwsOrganization, GuardPolicy, OrganizationLevel};
use super::state::trust::StoredTrust;
use crate::arn::{AccountId, Arn, FunctionArn};

/// The account of an organization that a scenario does not name.
const MANAGEMENT: &str = "999988887777";

impl Sandbox {
    /// Plants a scenario as of now, and records its name. Returns whether it is now in the state: not if it found
    /// nothing to change.
    ///
    /// # Errors
    ///
    /// See [`Sandbox::play`].
    pub fn plant(&mut self, name: &str, scenario: &Scenario, seed: &Seed) -> Result<bool, SandboxError> {
        let before = self.state.clone();
        self.play_now(scenario, seed)?;
        let is_new = !before.planted.iter().any(|known| known == name);
        if is_new && self.state == before {
            return Ok(false);
        }
        self.state.planted.retain(|known| known != name);
        self.state.planted.push(name.to_owned());
        self.save()?;
        Ok(true)
    }

    /// Plants a scenario as of now.
    ///
    /// # Errors
    ///
    /// See [`Sandbox::play`].
    pub fn play_now(&mut self, scenario: &Scenario, seed: &Seed) -> Result<(), SandboxError> {
        self.play(scenario, seed, Timestamp::now())
    }

    /// Plants a scenario for a spec's account; playing it again changes nothing more.
    ///
    /// # Errors
    ///
    /// If a value in the scenario is invalid, or the state cannot be saved.
    pub fn play(&mut self, scenario: &Scenario, seed: &Seed, now: Timestamp) -> Result<(), SandboxError> {
        let Scenario {
            about: _,
            quotas,
            role,
            policy,
            function,
            service_linked_role,
            organization,
            assumed,
            kms_keys,
            access_analyzer,
            genesys,
        } = scenario;
        let now = now.as_second();
        let account = &seed.account;
        let state = &mut self.state;
        if let Some(quotas) = quotas {
            let QuotaChange { roles, policies, versions } = *quotas;
            let versions = versions.unwrap_or(Quotas::default().versions);
            state.account_mut(account).quotas = Quotas { roles, policies, versions };
        }
        for name in service_linked_role {
            add_service_linked_role(state, account, name, now);
        }
        for (name, change) in role {
            let roles = matching(state, account, name);
            roles.iter().for_each(|role| change_role(state, account, role.name(), change, now));
        }
        for (name, change) in policy {
            change_policies(state, account, name, change);
        }
        for (name, change) in function {
            functions_named(state, seed, name).iter().for_each(|arn| change_function(state, arn, change));
        }
        if let Some(change) = organization {
            state.aws_organization = Some(organization_of(account, change)?);
        }
        for call in assumed {
            add_events(state, seed, call, now)?;
        }
        state.kms_keys.extend(kms_keys.clone());
        if *access_analyzer {
            state.analyzers.insert(account.clone());
        }
        self.in_organization(seed, |sandbox| sandbox.change_genesys(genesys));
        self.save()
    }

    /// Acts with the organization of the spec as the only one. `act` must not save.
    pub(super) fn in_organization<R>(&mut self, seed: &Seed, act: impl FnOnce(&mut Self) -> R) -> R {
        let credentials = seed.genesys.as_ref().and_then(|genesys| genesys.credentials.as_deref());
        self.state.swap_organization(credentials);
        let done = act(self);
        self.state.swap_organization(credentials);
        done
    }

    fn change_genesys(&mut self, change: &PlantedOrganization) {
        let PlantedOrganization {
            organization_id,
            intended_state,
            role_arn,
            function_arn,
            only_client,
            denied_permissions,
            flows,
        } = change;
        if let Some(id) = organization_id {
            self.set_organization_id(id);
        }
        if let Some(id) = only_client {
            self.set_genesys_client(id, "a secret that nobody has");
        }
        for permission in denied_permissions {
            self.remove_genesys_permission(permission);
        }
        if !flows.is_empty() {
            let actions: Vec<String> = self.state.organization.actions.keys().cloned().collect();
            let names: Vec<&str> = flows.iter().map(String::as_str).collect();
            actions.iter().for_each(|action| self.set_flows(action, &names));
        }
        self.edit_genesys(|kind, value| match kind {
            GenesysKind::Integration => {
                if let Some(state) = intended_state {
                    value["intendedState"] = state.as_str().into();
                }
            }
            GenesysKind::Credential => {
                if let Some(arn) = role_arn {
                    value["credentialFields"]["ARN"] = arn.as_str().into();
                }
            }
            GenesysKind::Action => {
                if let Some(arn) = function_arn {
                    value["config"]["request"]["requestUrlTemplate"] = arn.as_str().into();
                }
            }
        });
    }
}

fn add_service_linked_role(state: &mut State, account: &AccountId, name: &str, now: Seconds) {
    if state.role(account, name).is_some() {
        return;
    }
    let service = name.strip_prefix("AWSServiceRoleFor").unwrap_or(name).to_ascii_lowercase();
    let trust = format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"Service":"{service}.amazonaws.com"}},"Action":"sts:AssumeRole"}}]}}"#
    );
    let path = format!("/aws-service-role/{service}.amazonaws.com/");
    let trust = StoredTrust { text: trust, ids: Default::default() };
    let role = StoredRole::new(name, &path, state.new_id("AROA"), now, trust);
    state.account_mut(account).roles.insert(name.to_owned(), role);
}

fn change_role(state: &mut State, account: &AccountId, name: &str, change: &RoleChange, now: Seconds) {
    let RoleChange { missing, trust, inline, boundary, detach, tags, last_used, instance_profile } = change;
    if *missing {
        state.account_mut(account).roles.remove(name);
        return;
    }
    let boundary = boundary.as_ref().map(|document| add_boundary(state, account, name, document, now));
    if let Some(profile) = instance_profile
        && !state.account_mut(account).instance_profiles.contains_key(profile)
    {
        let profile = InstanceProfile {
            name: profile.clone(),
            path: "/".to_owned(),
            id: state.new_id("AIPA"),
            created: now,
            role: Some(name.to_owned()),
        };
        state.account_mut(account).instance_profiles.insert(profile.name.clone(), profile);
    }
    if let Some(text) = trust.as_ref().map(ToString::to_string)
        && let Some(role) = state.role(account, name)
        && role.trust.text != text
    {
        let arn = state.role_arn(account, role);
        state.add_trust_event(arn, &text, now, false);
    }
    let Some(role) = state.role_mut(account, name) else { return };
    if let Some(document) = trust {
        role.trust = StoredTrust { text: document.to_string(), ids: Default::default() };
    }
    for (policy, document) in inline {
        role.inline.insert(policy.clone(), document.to_string());
    }
    if let Some(arn) = boundary {
        role.boundary = Some(arn);
    }
    if *detach {
        role.attached.clear();
    }
    for (key, value) in tags {
        role.tags.retain(|tag| !tag.key.eq_ignore_ascii_case(key));
        role.tags.push(Tag { key: key.clone(), value: value.clone() });
    }
    if let Some(used) = last_used {
        let date = now - 60 * i64::from(used.minutes_ago);
        role.last_used = Some(LastUsed { date, region: used.region.clone() });
    }
}

/// Creates a managed policy as a role's boundary; returns its ARN.
fn add_boundary(
    state: &mut State,
    account: &AccountId,
    role: &str,
    document: &Value,
    now: Seconds,
) -> String {
    let name = format!("boundary-of-{role}");
    let version = StoredVersion { text: document.to_string(), created: now };
    let arn = Arn::policy(&state.partition, account, "/", &name).to_string();
    if let Some(policy) = state.policy_of_arn_mut(&arn) {
        policy.versions.insert(policy.default_version, version);
        return arn;
    }
    let policy = Policy {
        name: name.clone(),
        path: "/".to_owned(),
        id: state.new_id("ANPA"),
        created: now,
        updated: now,
        description: None,
        tags: Vec::new(),
        versions: [(1, version)].into(),
        default_version: 1,
        last_version: 1,
    };
    state.account_mut(account).policies.insert(name, policy);
    arn
}

fn is_boundary(state: &State, account: &AccountId, arn: &str) -> bool {
    let mut roles = state.account(account).into_iter().flat_map(|account| account.roles.values());
    roles.any(|role| role.boundary.as_deref() == Some(arn))
}

fn change_policies(state: &mut State, account: &AccountId, wanted: &str, change: &PolicyChange) {
    let PolicyChange { missing, document } = change;
    let policies = state.account(account).into_iter().flat_map(|account| account.policies.values());
    let names: Vec<(String, String)> = policies
        .filter(|policy| wanted == "*" || policy.name == wanted)
        .map(|policy| (policy.name.clone(), state.policy_arn(account, policy).to_string()))
        // IAM does not let anyone delete a policy in use as a boundary, and a spec's policy is not one.
        .filter(|(_, arn)| wanted != "*" || !is_boundary(state, account, arn))
        .collect();
    let known = state.account_mut(account);
    for (name, arn) in names {
        if *missing {
            known.policies.remove(&name);
            known.roles.values_mut().for_each(|role| {
                role.attached.remove(&arn);
            });
        } else if let (Some(document), Some(policy)) = (document, known.policies.get_mut(&name))
            && let Some(version) = policy.versions.get_mut(&policy.default_version)
        {
            version.text = document.to_string();
        }
    }
}

/// The functions with this name, also of roles that this run leaves out, or an alias or version that no spec need name;
/// `*` is every function of the spec.
fn functions_named(state: &State, seed: &Seed, name: &str) -> BTreeSet<FunctionArn> {
    if name == "*" {
        return seed.functions.iter().cloned().collect();
    }
    let is_own = |arn: &&FunctionArn| arn.as_arn().account == seed.account.as_str();
    let all = || seed.functions.iter().chain(state.functions.keys().filter(is_own));
    let exact: BTreeSet<FunctionArn> = all().filter(|arn| arn.label() == name).cloned().collect();
    let Some((function, qualifier)) = name.split_once(':').filter(|_| exact.is_empty()) else { return exact };
    let of = all().filter(|arn| arn.name() == function);
    of.map(|arn| arn.unqualified().with_qualifier(qualifier)).collect()
}

/// Changes a function, and keeps what it was before the first scenario.
fn change_function(state: &mut State, arn: &FunctionArn, change: &FunctionChange) {
    let name = arn.unqualified();
    let (before, was_missing) = (state.functions.get(&name).cloned(), state.missing_functions.contains(arn));
    make_change(state, arn, change);
    let after = state.functions.get(&name).cloned();
    let is_taken_away = !was_missing && state.missing_functions.contains(arn);
    if before == after && !is_taken_away {
        return;
    }
    let known = state.planted_functions.remove(&name);
    let mut missing = known.as_ref().map(|known| known.missing.clone()).unwrap_or_default();
    missing.extend(is_taken_away.then(|| arn.clone()));
    let before = match known {
        Some(known) => known.taken_back(before.as_ref()),
        None => before,
    };
    state.planted_functions.insert(name, PlantedFunction { before, after, missing });
}

fn make_change(state: &mut State, arn: &FunctionArn, change: &FunctionChange) {
    let FunctionChange { missing, configuration, reserved_concurrency, policy, answer } = change;
    let unqualified = arn.unqualified();
    let qualifier = arn.qualifier().map(|qualifier| qualifier.as_str().to_owned());
    if *missing {
        state.missing_functions.insert(arn.clone());
        match (&qualifier, state.functions.get_mut(&unqualified)) {
            (Some(qualifier), Some(function)) => {
                function.aliases.remove(qualifier);
                function.versions.retain(|version| version.to_string() != *qualifier);
            }
            _ => {
                state.functions.remove(&unqualified);
            }
        }
        return;
    }
    let Some(function) = state.functions.get_mut(&unqualified) else { return };
    if let Some(qualifier) = &qualifier {
        function.publish(qualifier);
    }
    function.members.extend(configuration.clone());
    if let Some(state) = configuration.get("State").and_then(Value::as_str) {
        function.state = state.to_owned();
    }
    if reserved_concurrency.is_some() {
        function.reserved_concurrency = *reserved_concurrency;
    }
    if answer.is_some() {
        function.answer.clone_from(answer);
    }
    if let Some(document) = policy {
        function.policies.insert(qualifier.unwrap_or_default(), document.to_string());
    }
}

fn organization_of(
    account: &AccountId,
    change: &OrganizationChange,
) -> Result<AwsOrganization, ScenarioError> {
    let OrganizationChange { id, is_management_account, is_delegated_administrator, scp, rcp } = change;
    let guard = |name: &str, document: &Value| GuardPolicy {
        id: format!("p-{:08x}", digest(&format!("{name} {document}")) >> 32),
        name: name.to_owned(),
        text: document.to_string(),
    };
    let guards = |policies: &std::collections::BTreeMap<String, Value>| -> Vec<GuardPolicy> {
        policies.iter().map(|(name, document)| guard(name, document)).collect()
    };
    let management = if *is_management_account { account.clone() } else { account_id(MANAGEMENT)? };
    Ok(AwsOrganization {
        id: id.clone().unwrap_or_else(|| "o-sandbox000".to_owned()),
        management_account: management,
        members: BTreeSet::from([account.clone()]),
        scps: scp
            .iter()
            .map(|LevelChange { level, policies }| OrganizationLevel {
                name: level.clone(),
                policies: guards(policies),
            })
            .collect(),
        is_delegated: *is_delegated_administrator,
        rcps: guards(rcp),
    })
}

fn account_id(text: &str) -> Result<AccountId, ScenarioError> {
    text.parse().map_err(|_| ScenarioError::Account(text.to_owned()))
}

fn add_events(
    state: &mut State,
    seed: &Seed,
    call: &PlantedSession,
    now: Seconds,
) -> Result<(), ScenarioError> {
    let PlantedSession { role: wanted, minutes_ago, account, external_id, region, session_name } = call;
    let caller_account = account_id(account)?;
    let roles: Vec<Arn> = matching(state, &seed.account, wanted);
    let session_name = session_name.clone().unwrap_or_else(|| "genesys-cloud".to_owned());
    for role in roles {
        let id = uuid(digest(&format!("{role} {account} {minutes_ago} {session_name} {external_id:?}")));
        // It already existed then.
        if let Some(own) = state.role_mut(&seed.account, role.name()) {
            own.created = own.created.min(now - 60 * i64::from(*minutes_ago) - 24 * 3600);
            let created = own.created;
            let creation = |event: &&mut TrustEvent| event.is_creation && event.role == role;
            state.trust_events.iter_mut().filter(creation).for_each(|event| event.time = created);
        }
        // If played again, it still happened only once.
        state.events.retain(|event| event.id != id);
        state.add_event(AssumeRoleEvent {
            id,
            time: now - 60 * i64::from(*minutes_ago),
            region: region.clone().unwrap_or_else(|| seed.region.clone()),
            role,
            session_name: session_name.clone(),
            external_id: external_id.clone(),
            caller_account: caller_account.clone(),
            caller_id: format!("AROASANDBOX{caller_account}:session"),
            source_ip: "192.0.2.1".to_owned(),
            user_agent: "aws-sdk-java/2".to_owned(),
        });
    }
    state.events.sort_by_key(|event| event.time);
    Ok(())
}

/// The roles with this name, or for `*` all that AWS does not reserve.
fn matching(state: &State, account: &AccountId, name: &str) -> Vec<Arn> {
    let roles = state.account(account).into_iter().flat_map(|account| account.roles.values());
    let fits = |role: &&StoredRole| (name == "*" && !role.is_service_linked()) || role.name == name;
    roles.filter(fits).map(|role| state.role_arn(account, role)).collect()
}
