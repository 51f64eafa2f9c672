//! What tests and scenarios change in a sandbox, besides calling its services.

use jiff::Timestamp;

use super::embedded::Sandbox;
use super::state::genesys::StoredOrganization;
use super::state::iam::{Policy, StoredRole, StoredVersion};
use super::state::quirks::GenesysQuirks;
use super::state::sts::Identity;
use super::state::trust::StoredTrust;
use crate::arn::{AccountId, Arn, FunctionArn};
use crate::model::DesiredRole;
use crate::policy::Document;

impl Sandbox {
    /// Adds a caller by access key ID; without policies it is an administrator.
    pub fn add_identity(&mut self, access_key_id: &str, arn: &str, policies: Option<Vec<Document>>) {
        // A name that is not an ARN cannot call anything, so there is nothing to add.
        let Ok(arn) = arn.parse::<Arn>() else { return };
        let policies = policies.map(|documents| documents.iter().map(Document::to_json).collect());
        let id = self.state.new_id("AIDA");
        self.state.identities.insert(access_key_id.to_owned(), Identity { arn, id, policies });
    }

    /// Whether an account has no roles and no scenario was planted.
    pub fn is_untouched(&self, account: &AccountId) -> bool {
        self.state.planted.is_empty()
            && self.state.account(account).is_none_or(|known| known.roles.is_empty())
    }

    /// The names of the planted scenarios, in order.
    pub fn planted(&self) -> &[String] {
        &self.state.planted
    }

    /// The management account of the AWS organization, if there is one.
    pub fn management_account(&self) -> Option<AccountId> {
        self.state.aws_organization.as_ref().map(|organization| organization.management_account.clone())
    }

    /// Creates roles with their policies and integrations as if by hand: nothing says that a spec created them.
    pub fn make_by_hand(&mut self, account: &AccountId, credentials: Option<&str>, roles: &[DesiredRole]) {
        let now = Timestamp::now().as_second();
        for desired in roles {
            let DesiredRole { role, policy, functions, integration, .. } = desired;
            let made = Policy {
                name: policy.name.clone(),
                path: policy.path.clone(),
                id: self.state.new_id("ANPA"),
                created: now,
                updated: now,
                description: None,
                tags: Vec::new(),
                versions: [(1, StoredVersion { text: policy.document.to_json(), created: now })].into(),
                default_version: 1,
                last_version: 1,
            };
            let trust = role.assume_role_policy.to_json();
            let id = self.state.new_id("AROA");
            self.state.add_trust_event(role.arn.clone(), &trust, now, true);
            let known = self.state.account_mut(account);
            known.policies.insert(policy.name.clone(), made);
            let trust = StoredTrust { text: trust, ids: Default::default() };
            let made = StoredRole {
                attached: [policy.arn.to_string()].into(),
                ..StoredRole::new(&role.name, &role.path, id, now, trust)
            };
            known.roles.insert(role.name.clone(), made);
            let name = integration.as_ref().map_or("AWS Lambda", |integration| integration.name.as_str());
            self.state.in_organization(credentials, |state| {
                state.organization.add_integration(name, &role.arn, functions);
            });
        }
    }

    /// Limits listing pages to `items` items, whatever the request asks for.
    pub fn set_page_limit(&mut self, items: usize) {
        self.defaults.page_limit = items;
    }

    /// Creates a function, with the alias or version named in its ARN.
    pub fn add_function(&mut self, arn: &FunctionArn) {
        self.state.add_function(arn);
    }

    /// Removes a function, or the alias or version named in its ARN.
    pub fn remove_function(&mut self, arn: &FunctionArn) {
        let function = arn.unqualified();
        let Some(qualifier) = arn.qualifier() else {
            self.state.functions.remove(&function);
            return;
        };
        if let Some(function) = self.state.functions.get_mut(&function) {
            function.aliases.remove(qualifier.as_str());
            if let Ok(version) = qualifier.as_str().parse() {
                function.versions.remove(&version);
            }
        }
    }

    /// Sets a function's state (`Active`, `Pending`, `Inactive`, `Failed`) and its reason.
    pub fn set_function_state(&mut self, arn: &FunctionArn, state: &str, reason: Option<&str>) {
        if let Some(function) = self.state.functions.get_mut(&arn.unqualified()) {
            function.state = state.to_owned();
            function.reason = reason.map(str::to_owned);
        }
    }

    /// Accepts only this OAuth client.
    pub fn set_genesys_client(&mut self, id: &str, secret: &str) {
        self.state.organization.clients = [(id.to_owned(), secret.to_owned())].into();
    }

    /// Removes a permission from the organization's OAuth clients.
    pub fn remove_genesys_permission(&mut self, permission: &str) {
        self.state.organization.denied_permissions.insert(permission.to_owned());
    }

    /// Expires all tokens.
    pub fn expire_genesys_tokens(&mut self) {
        self.state.organization.tokens.clear();
    }

    /// Sets the organization's ID.
    pub fn set_organization_id(&mut self, id: &str) {
        self.state.organization.id = id.to_owned();
    }

    /// Sets how the organization behaves where the real one's behavior is unknown.
    pub fn set_genesys_quirks(&mut self, quirks: GenesysQuirks) {
        self.state.organization.quirks = quirks;
    }

    /// Records that flows use a data action, by its ID.
    pub fn set_flows(&mut self, action: &str, flows: &[&str]) {
        let flows = flows.iter().map(|name| (*name).to_owned()).collect();
        self.state.organization.flows.insert(action.to_owned(), flows);
    }

    /// How many integrations, credentials and data actions exist.
    pub fn genesys_counts(&self) -> (usize, usize, usize) {
        let StoredOrganization { integrations, credentials, actions, .. } = &self.state.organization;
        (integrations.len(), credentials.len(), actions.len())
    }

    /// Changes each integration, its configuration, credential or data actions, in the API's own form.
    pub fn edit_genesys(&mut self, mut edit: impl FnMut(GenesysKind, &mut serde_json::Value)) {
        let StoredOrganization { integrations, credentials, actions, .. } = &mut self.state.organization;
        for (kind, all) in [
            (GenesysKind::Integration, integrations),
            (GenesysKind::Credential, credentials),
            (GenesysKind::Action, actions),
        ] {
            all.values_mut().for_each(|value| edit(kind, value));
            // Fields set to null are gone.
            all.retain(|_, value| !value.is_null());
        }
    }

    /// Sets the resource policy of a function, alias or version.
    pub fn set_function_policy(&mut self, arn: &FunctionArn, policy: Option<&Document>) {
        let qualifier = arn.qualifier().map(ToString::to_string).unwrap_or_default();
        if let Some(function) = self.state.functions.get_mut(&arn.unqualified()) {
            match policy {
                Some(document) => function.policies.insert(qualifier, document.to_json()),
                None => function.policies.remove(&qualifier),
            };
        }
    }
}

/// What [`Sandbox::edit_genesys`] changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenesysKind {
    Integration,
    Credential,
    Action,
}
