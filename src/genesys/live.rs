//! Everything in the organization that a plan compares with the spec.

use std::collections::{BTreeMap, BTreeSet};

use futures_util::future::{join_all, try_join_all};
use serde_json::Value;

use super::client::{Client, in_time};
use super::error::GenesysError;
use super::read::{TYPE, VIEW, VIEW_ACTIONS, segment};
use super::wire::{Action, Integration, Named, Organization};
use crate::model::{
    ActionState, DesiredIntegration, LiveAction, LiveCredential, LiveIntegration, LiveOrganization, Marker,
    Usage,
};
use crate::spec::{ActionContent, DEFAULT_TIMEOUT};

const VIEW_FLOWS: &str = "architect:dependencyTracking:view";
/// An empty `notes` comes back as this if Genesys Cloud's own store shows through.
const EMPTY: &str = "node_dynamodb_empty_string";
/// Maximum number of flows listed by name.
const FLOWS: usize = 100;

/// The key of the credential in an integration's configuration, in any case.
pub(super) fn is_credential_key(key: &str) -> bool {
    key.eq_ignore_ascii_case("amazonWebServicesARN")
}

pub(super) fn text(value: &Value) -> String {
    value.as_str().filter(|text| *text != EMPTY).unwrap_or_default().to_owned()
}

/// Which actions are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Details {
    /// Among the actions that these ask for.
    Wanted,
    /// Among all actions in these integrations, for `import`.
    All,
}

/// Reads the Lambda integrations, and the wanted actions in full.
///
/// # Errors
/// If Genesys Cloud does not answer: unknown state cannot be compared.
pub async fn live(
    client: &Client,
    wanted: &[&DesiredIntegration],
    details: Details,
) -> Result<LiveOrganization, GenesysError> {
    in_time(client, read(client, wanted, details)).await
}

async fn read(
    client: &Client,
    wanted: &[&DesiredIntegration],
    details: Details,
) -> Result<LiveOrganization, GenesysError> {
    // The first error ends it: without a token, each would request one again.
    let drafts = async { if wanted.is_empty() { Ok(Vec::new()) } else { client.drafts().await } };
    let (organization, integrations, actions, drafts) =
        futures_util::try_join!(client.organization(), client.integrations(), client.actions(), drafts)?;
    let read = integrations.iter().map(|integration| async {
        let own: Vec<&Action> =
            actions.iter().filter(|action| action.integration_id == integration.id).collect();
        let wanted_here = |action: &Action| {
            details == Details::All || wanted.iter().any(|wanted| is_wanted(wanted, integration, action))
        };
        // For the others the credential's name is enough, if the configuration has it.
        let in_full = |credential: &str| {
            let is_meant = |wanted: &&DesiredIntegration| {
                is_named(wanted, &integration.id, &integration.name) || wanted.credential_name() == credential
            };
            details == Details::All || wanted.iter().any(is_meant)
        };
        let (head, actions) = futures_util::join!(
            client.configuration(integration, in_full),
            try_join_all(own.into_iter().map(|action| async {
                if wanted_here(action) { client.action_in_full(&action.id).await } else { Ok(brief(action)) }
            }))
        );
        let (name, notes, credential) = head?;
        Ok::<_, GenesysError>(LiveIntegration {
            id: integration.id.clone(),
            name,
            notes,
            intended_state: integration.intended_state.clone(),
            reported_state: integration
                .reported_state
                .as_ref()
                .map(|state| state.code.clone())
                .unwrap_or_default(),
            detail: integration.detail(),
            credential,
            actions: actions?,
            drafts: drafts
                .iter()
                .filter(|draft| draft.integration_id == integration.id)
                .map(|draft| (draft.id.clone(), draft.name.clone()))
                .collect(),
        })
    });
    let integrations = try_join_all(read).await?;
    let uses = |id: &str| {
        let own = |one: &&LiveIntegration| one.credential.as_ref().is_some_and(|own| own.id == id);
        integrations.iter().filter(own).count()
    };
    let needs_credential = |wanted: &&&DesiredIntegration| {
        let has_own = |one: &LiveIntegration| {
            one.credential.as_ref().is_some_and(|own| !own.is_gone && uses(&own.id) == 1)
        };
        !integrations.iter().any(|one| is_named(wanted, &one.id, &one.name) && has_own(one))
    };
    let names: BTreeSet<String> =
        wanted.iter().filter(needs_credential).map(|wanted| wanted.credential_name()).collect();
    let credentials =
        if names.is_empty() { BTreeMap::new() } else { client.credentials_named(&names).await? };
    let Organization { id, name } = organization;
    Ok(LiveOrganization { id, name, integrations, credentials, usage: BTreeMap::new() })
}

fn is_named(wanted: &DesiredIntegration, id: &str, name: &str) -> bool {
    match &wanted.id {
        Some(wanted) => wanted == id,
        None => wanted.name == name,
    }
}

fn is_wanted(wanted: &DesiredIntegration, integration: &Integration, action: &Action) -> bool {
    let named = wanted.actions.iter().any(|one| match &one.id {
        Some(id) => *id == action.id,
        None => one.state.content.name == action.name || one.was.as_ref() == Some(&action.name),
    });
    // A renamed integration still has its actions.
    named && (is_named(wanted, &integration.id, &integration.name) || wanted.id.is_none())
}

fn brief(action: &Action) -> LiveAction {
    LiveAction {
        id: action.id.clone(),
        name: action.name.clone(),
        target: action.target().to_owned(),
        version: action.version,
        secure: action.secure,
        state: None,
        unknown: BTreeSet::new(),
    }
}

impl Client {
    /// An integration's name and notes from its configuration, and its credential.
    async fn configuration(
        &self,
        integration: &Integration,
        in_full: impl Fn(&str) -> bool,
    ) -> Result<(String, String, Option<LiveCredential>), GenesysError> {
        let configuration = self.read_configuration(&integration.id).await?;
        let credential = configuration["credentials"]
            .as_object()
            .into_iter()
            .flatten()
            .find(|(key, _)| is_credential_key(key))
            .map(|(_, credential)| (text(&credential["id"]), text(&credential["name"])));
        let credential = match credential.filter(|(id, _)| !id.is_empty()) {
            Some((id, name)) if !name.is_empty() && !in_full(&name) => {
                Some(LiveCredential { id, name, arn: None, is_gone: false })
            }
            Some((id, _)) => Some(self.credential(&id).await?),
            None => None,
        };
        let name = text(&configuration["name"]);
        let name = if name.is_empty() { integration.name.clone() } else { name };
        Ok((name, text(&configuration["notes"]), credential))
    }

    /// The configuration to send: a PUT must contain all of it.
    pub(super) async fn read_configuration(&self, integration: &str) -> Result<Value, GenesysError> {
        let step = "reading an integration's configuration";
        let path = format!("/api/v2/integrations/{}/config/current", segment(step, integration)?);
        self.get(step, &path, VIEW).await
    }

    /// The spec that an integration's notes name, if any; `None` if there is no such integration.
    ///
    /// # Errors
    /// If Genesys Cloud does not answer.
    pub async fn marked_by(&self, integration: &str) -> Result<Option<Option<String>>, GenesysError> {
        match self.read_configuration(integration).await {
            Ok(configuration) => {
                let (_, marker) = Marker::split(&text(&configuration["notes"]));
                Ok(Some(marker.map(|marker| marker.spec)))
            }
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The name of a credential; `None` if there is none with this ID.
    ///
    /// # Errors
    /// If Genesys Cloud does not answer.
    pub async fn credential_name(&self, id: &str) -> Result<Option<String>, GenesysError> {
        let LiveCredential { name, is_gone, .. } = self.credential(id).await?;
        Ok((!is_gone).then_some(name))
    }

    pub(super) async fn credential(&self, id: &str) -> Result<LiveCredential, GenesysError> {
        let step = "reading an integration's credential";
        let path = format!("/api/v2/integrations/credentials/{}", segment(step, id)?);
        let credential: Value = match self.get(step, &path, VIEW).await {
            Err(error) if error.status() == Some(404) => {
                let id = id.to_owned();
                return Ok(LiveCredential { id, name: String::new(), arn: None, is_gone: true });
            }
            credential => credential?,
        };
        let arn = credential["credentialFields"]
            .as_object()
            .into_iter()
            .flatten()
            .find(|(key, _)| key.eq_ignore_ascii_case("ARN"))
            .map(|(_, value)| text(value).trim().to_owned());
        // Missing, empty or masked: not shown.
        let is_role = |arn: &String| {
            arn.parse::<crate::arn::Arn>()
                .is_ok_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/"))
        };
        let name = text(&credential["name"]);
        Ok(LiveCredential { id: id.to_owned(), name, arn: arn.filter(is_role), is_gone: false })
    }

    /// The ARNs that these credentials hold, where Genesys Cloud shows them.
    pub async fn held(&self, credentials: &BTreeSet<String>) -> BTreeMap<String, String> {
        let read = credentials.iter().map(|id| self.credential(id));
        let shown = |read: Result<LiveCredential, GenesysError>| {
            let LiveCredential { id, arn, .. } = read.ok()?;
            Some((id, arn?))
        };
        join_all(read).await.into_iter().filter_map(shown).collect()
    }

    /// IDs of the credentials with one of these names.
    pub(super) async fn credentials_named(
        &self,
        names: &BTreeSet<String>,
    ) -> Result<BTreeMap<String, BTreeSet<String>>, GenesysError> {
        let mut found: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        let step = "listing the credentials";
        let path = "/api/v2/integrations/credentials/listing?pageSize=200";
        let all: Vec<Named> = self.pages(step, path, VIEW).await?;
        for Named { id, name } in all {
            if names.contains(&name) {
                found.entry(name).or_default().insert(id);
            }
        }
        Ok(found)
    }

    /// An action with its contract and its templates.
    pub(super) async fn action_in_full(&self, id: &str) -> Result<LiveAction, GenesysError> {
        let step = "reading a data action";
        let path = format!(
            "/api/v2/integrations/actions/{}?expand=contract&includeConfig=true&flatten=false",
            segment(step, id)?
        );
        let action: Value = self.get(step, &path, VIEW_ACTIONS).await?;
        let (request, response) = (&action["config"]["request"], &action["config"]["response"]);
        let (request_template, success_template) = futures_util::join!(
            self.template(id, request, "requestTemplate", "requesttemplate.vm"),
            self.template(id, response, "successTemplate", "successtemplate.vm")
        );
        let mut unknown = BTreeSet::new();
        let mut known = |member: &'static str, value: Option<String>| {
            if value.is_none() {
                unknown.insert(member);
            }
            value.unwrap_or_default()
        };
        let request_template = known("request_template", request_template?);
        let success_template = known("success_template", success_template?);
        let schema = |half: &str, member: &str| {
            Some(action["contract"][half][member].clone()).filter(|schema| schema.is_object())
        };
        let (input, output) = (schema("input", "inputSchema"), schema("output", "successSchema"));
        for (member, is_known) in [("input_schema", input.is_some()), ("success_schema", output.is_some())] {
            if !is_known {
                unknown.insert(member);
            }
        }
        let timeout = action["config"]["timeoutSeconds"].as_u64().filter(|seconds| *seconds > 0);
        let content = ActionContent {
            name: text(&action["name"]),
            category: text(&action["category"]),
            secure: action["secure"].as_bool().unwrap_or(false),
            timeout_seconds: timeout
                .and_then(|seconds| u32::try_from(seconds).ok())
                .unwrap_or(DEFAULT_TIMEOUT),
            request_template,
            headers: strings(&request["headers"]),
            success_template,
            translation_map: strings(&response["translationMap"]),
            translation_map_defaults: strings(&response["translationMapDefaults"]),
            input_schema: input.unwrap_or(Value::Null),
            success_schema: output.unwrap_or(Value::Null),
        };
        let target = text(&request["requestUrlTemplate"]);
        Ok(LiveAction {
            id: id.to_owned(),
            name: content.name.clone(),
            target: target.trim().to_owned(),
            version: action["version"].as_i64().unwrap_or(0),
            secure: content.secure,
            state: Some(ActionState { target, content }),
            unknown,
        })
    }

    /// A template: inline, or else in a separate text. `None`: unknown.
    async fn template(
        &self,
        action: &str,
        half: &Value,
        member: &str,
        file: &str,
    ) -> Result<Option<String>, GenesysError> {
        if let Some(inline) = half[member].as_str() {
            return Ok(Some(inline.to_owned()));
        }
        let step = "reading a data action's template";
        let path = format!("/api/v2/integrations/actions/{}/templates/{file}", segment(step, action)?);
        match self.get_text(step, &path, VIEW_ACTIONS).await {
            Ok(text) => Ok(Some(text)),
            Err(error) if error.status() == Some(404) => Ok(None),
            Err(error) => Err(error),
        }
    }

    /// The flows that use each of these actions, as far as Genesys Cloud knows.
    pub async fn usage(&self, actions: &[&LiveAction]) -> BTreeMap<String, Usage> {
        let found = join_all(actions.iter().map(|action| async {
            let LiveAction { id, version, secure, .. } = action;
            let usage = match self.consumers(id, Some(*version), *secure).await {
                // Which data action version this refers to is not documented.
                Err(error) if error.status() == Some(400) => self.consumers(id, None, *secure).await,
                other => other,
            };
            let usage = usage.map_or_else(|error| Usage::Unknown(error.brief()), Usage::Flows);
            (id.clone(), usage)
        }));
        found.await.into_iter().collect()
    }

    async fn consumers(
        &self,
        id: &str,
        version: Option<i64>,
        secure: bool,
    ) -> Result<BTreeSet<String>, GenesysError> {
        let step = "asking which flows use a data action";
        let kind = if secure { "SECUREACTION" } else { "DATAACTION" };
        let mut path = format!(
            "/api/v2/architect/dependencytracking/consumingresources?id={}&objectType={kind}&pageSize={FLOWS}",
            segment(step, id)?
        );
        if let Some(version) = version {
            path.push_str(&format!("&version={version}"));
        }
        let all: Vec<Named> = self.pages(step, &path, VIEW_FLOWS).await?;
        // One entry per version of a flow.
        Ok(all.into_iter().map(|flow| if flow.name.is_empty() { flow.id } else { flow.name }).collect())
    }

    pub(super) async fn integration(&self, id: &str) -> Result<Integration, GenesysError> {
        let step = "reading an integration";
        let path = format!("/api/v2/integrations/{}", segment(step, id)?);
        self.get(step, &path, VIEW).await
    }

    /// The Lambda integrations, by name and ID.
    pub(super) async fn integrations_named(&self, name: &str) -> Result<BTreeSet<String>, GenesysError> {
        let all = self.integrations().await?;
        debug_assert!(all.iter().all(|one| one.integration_type.id == TYPE));
        Ok(all.into_iter().filter(|one| one.name == name).map(|one| one.id).collect())
    }
}

fn strings(value: &Value) -> BTreeMap<String, String> {
    let members = value.as_object().into_iter().flatten();
    members.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
}
