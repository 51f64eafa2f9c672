//! Genesys Cloud's part of the state: what an organization has.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};

use super::quirks::GenesysQuirks;
use crate::arn::{AccountId, Arn, FunctionArn};
use crate::sandbox::ids::{digest, uuid};

/// The integration type for Lambda data actions.
pub(crate) const INTEGRATION_TYPE: &str = "aws-lambda-data-actions";

/// The organization's contents.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredOrganization {
    pub id: String,
    /// The AWS account from which it assumes roles.
    pub account: Option<AccountId>,
    /// OAuth clients: ID to secret. If empty, every ID and secret is accepted.
    pub clients: BTreeMap<String, String>,
    /// Token to its expiry second.
    pub tokens: BTreeMap<String, i64>,
    /// Permissions its clients do not have.
    #[serde(alias = "lacks")]
    pub denied_permissions: BTreeSet<String>,
    /// In the API's own form, by ID.
    pub integrations: BTreeMap<String, Value>,
    pub configurations: BTreeMap<String, Value>,
    pub credentials: BTreeMap<String, Value>,
    pub actions: BTreeMap<String, Value>,
    /// Drafts of data actions, by the action's ID; a never-published draft has no action.
    #[serde(default)]
    pub drafts: BTreeMap<String, Value>,
    /// Names of the flows that use an action, by its ID.
    #[serde(default)]
    pub flows: BTreeMap<String, BTreeSet<String>>,
    /// Remaining reads that show ACTIVATING, and remaining refusals of first actions, by integration.
    #[serde(default)]
    pub activating: BTreeMap<String, u32>,
    #[serde(default)]
    pub refusals: BTreeMap<String, u32>,
    #[serde(default)]
    pub quirks: GenesysQuirks,
    /// The source of IDs.
    #[serde(default)]
    pub made: u64,
}

impl StoredOrganization {
    /// An ID that was never used.
    pub(crate) fn new_id(&mut self) -> String {
        self.made += 1;
        uuid(digest(&format!("{} {}", self.id, self.made)))
    }

    /// Removes what sandboxes up to 0.1.0 planted by themselves, if unchanged: an organization now starts empty.
    pub(crate) fn drop_planted(&mut self) {
        let planted: Vec<(String, String)> = self
            .integrations
            .iter()
            .filter_map(|(id, integration)| {
                let name = integration["name"].as_str().filter(|name| name.starts_with("Lambda through "))?;
                let configuration = self.configurations.get(id)?;
                let credential = configuration["credentials"]["amazonWebServicesARN"]["id"].as_str()?;
                let role = self.credentials.get(credential)?["credentialFields"]["ARN"].as_str()?;
                let is_untouched = *id == uuid(digest(&format!("{name} {role}")))
                    && credential == uuid(digest(&format!("{name} {role} credential")))
                    && configuration["version"] == 1
                    && configuration["notes"] == "";
                is_untouched.then(|| (id.clone(), credential.to_owned()))
            })
            .collect();
        for (integration, credential) in planted {
            self.integrations.remove(&integration);
            self.configurations.remove(&integration);
            self.credentials.remove(&credential);
            self.actions.retain(|_, action| action["integrationId"] != integration.as_str());
        }
    }

    /// Adds an enabled integration that uses the role, with a data action per function. Existing objects are left
    /// alone.
    pub(crate) fn add_integration(&mut self, name: &str, role: &Arn, functions: &[FunctionArn]) {
        // Two accounts may have a role with the same name.
        let id = uuid(digest(&format!("{name} {role}")));
        let credential = uuid(digest(&format!("{name} {role} credential")));
        if !self.integrations.contains_key(&id) {
            self.add_bare_integration(name, role, &id, &credential);
        }
        for function in functions {
            let action = format!("custom_-_{}", uuid(digest(&format!("{name} {function}"))));
            let title = function.label().replace(':', " ");
            self.actions.entry(action.clone()).or_insert_with(|| {
                json!({
                    "id": action, "name": title, "integrationId": id, "category": name, "version": 1, "secure": false,
                    "config": {
                        "timeoutSeconds": 20,
                        "request": { "requestUrlTemplate": function.to_string(), "requestType": "POST",
                                     "requestTemplate": "${input.rawRequest}", "headers": {} },
                        "response": { "translationMap": {}, "translationMapDefaults": {},
                                      "successTemplate": "${rawResult}" },
                    },
                    "contract": { "input": { "inputSchema": { "type": "object", "properties": {} } },
                                  "output": { "successSchema": { "type": "object", "properties": {} } } },
                })
            });
        }
    }

    fn add_bare_integration(&mut self, name: &str, role: &Arn, id: &str, credential: &str) {
        self.integrations.insert(
            id.to_owned(),
            json!({
                "id": id, "name": name, "integrationType": { "id": INTEGRATION_TYPE },
                "intendedState": "ENABLED",
                "reportedState": { "code": "ACTIVE", "effective": "Active", "detail": { "message": "" } },
                "selfUri": format!("/api/v2/integrations/{id}"),
            }),
        );
        self.credentials.insert(
            credential.to_owned(),
            json!({
                "id": credential, "name": format!("{name} role"), "type": { "name": "amazonWebServicesARN" },
                "credentialFields": { "ARN": role.to_string() },
            }),
        );
        self.configurations.insert(
            id.to_owned(),
            json!({
                "id": id, "name": name, "version": 1, "properties": {}, "advanced": {}, "notes": "",
                "credentials": { "amazonWebServicesARN": { "id": credential, "name": format!("{name} role"),
                                 "type": { "name": "amazonWebServicesARN" } } },
            }),
        );
    }
}
