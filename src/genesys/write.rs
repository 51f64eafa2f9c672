//! One function for each changing call. None of them makes a second object, whatever happens to an answer.

use std::collections::BTreeSet;
use std::future::{Future, Ready, ready};
use std::ops::ControlFlow;
use std::time::Duration;

use http::Method;
use serde_json::{Value, json};

use super::client::{ApiCall, Client};
use super::error::{GenesysError, GenesysErrorKind};
use super::live::is_credential_key;
use super::read::{TYPE, segment};
use super::siblings::Siblings;
use crate::backoff::Backoff;
use crate::model::{ActionState, LiveAction};

const ADD: &str = "integrations:integration:add";
const EDIT: &str = "integrations:integration:edit";
const DELETE: &str = "integrations:integration:delete";
const ADD_ACTION: &str = "integrations:action:add";
const EDIT_ACTION: &str = "integrations:action:edit";
const DELETE_ACTION: &str = "integrations:action:delete";

const CREDENTIAL_TYPE: &str = "amazonWebServicesARN";
/// The credential's key in an integration's configuration, if it has none yet.
const CREDENTIAL_KEY: &str = "AmazonWebServicesARN";
/// Look-ups after a lost answer: a new object may be listed with a delay.
const LOOKS: usize = 3;
/// How often an outdated version is read again.
const STALE: usize = 6;

/// Why a call was not made.
#[derive(Debug)]
pub enum WriteError {
    Genesys(GenesysError),
    /// What it would change has changed since the plan.
    Changed,
}

impl From<GenesysError> for WriteError {
    fn from(error: GenesysError) -> Self {
        Self::Genesys(error)
    }
}

type Written<T> = Result<T, WriteError>;
/// IDs.
type MadeIds = Result<BTreeSet<String>, GenesysError>;

/// For objects that keep their name: there is nothing else to find.
fn nothing() -> Ready<MadeIds> {
    ready(Ok(BTreeSet::new()))
}

/// Pauses, says why, and may abort the work.
pub trait Waiting: AsyncFnMut(&'static str, Duration) -> ControlFlow<()> {}
impl<T: AsyncFnMut(&'static str, Duration) -> ControlFlow<()>> Waiting for T {}

/// One writer for a run's calls.
pub struct Writer<'a, W> {
    pub client: &'a Client,
    pub siblings: &'a Siblings,
    pub waits: Backoff,
    pub waiting: W,
}

impl<W: Waiting> Writer<'_, W> {
    async fn pause(&mut self, reason: &'static str, pause: Duration, error: GenesysError) -> Written<()> {
        match (self.waiting)(reason, pause).await {
            ControlFlow::Continue(()) => Ok(()),
            ControlFlow::Break(()) => Err(error.into()),
        }
    }

    async fn send(
        &self,
        step: &str,
        method: Method,
        path: &str,
        body: Option<Value>,
        permission: &'static str,
    ) -> Result<Value, GenesysError> {
        let body = body.map(|body| body.to_string());
        self.client.call_or_empty(&ApiCall { step, method, path, body, permission }).await
    }

    /// POSTs once, if nobody else made one of that name since the plan. If the answer is lost and exactly one is new,
    /// that is the one that was made.
    async fn create<N, A>(
        &mut self,
        step: &'static str,
        (path, permission): (&str, &'static str),
        body: Value,
        before: &BTreeSet<String>,
        looks: (impl Fn() -> N, impl Fn() -> A),
    ) -> Written<String>
    where
        N: Future<Output = MadeIds>,
        A: Future<Output = MadeIds>,
    {
        let (named, any) = looks;
        let siblings = self.siblings;
        let is_new = |id: &String| !before.contains(id) && !siblings.has_made(id);
        let mut under_way = siblings.post().await;
        if named().await?.iter().any(is_new) {
            // It may belong to a sibling whose answer is still in flight.
            drop(under_way);
            let settled = siblings.settled().await;
            if named().await?.iter().any(is_new) {
                return Err(WriteError::Changed);
            }
            drop(settled);
            under_way = siblings.post().await;
        }
        let error = match self.send(step, Method::POST, path, Some(body), permission).await {
            Ok(made) => match made["id"].as_str() {
                Some(id) => {
                    siblings.made(id);
                    return Ok(id.to_owned());
                }
                None => GenesysError::new(
                    step,
                    GenesysErrorKind::Unreadable { status: 200, detail: "it has no ID".to_owned() },
                ),
            },
            Err(error) => error,
        };
        if !error.may_have_been_done() {
            return Err(error.into());
        }
        siblings.lost();
        drop(under_way);
        let mut pauses = self.waits.pauses();
        for _ in 0..LOOKS {
            let settled = siblings.settled().await;
            let mut new: Vec<String> = named().await?.into_iter().filter(is_new).collect();
            // Without its name it may also come from another POST whose answer was lost.
            if new.is_empty() && !siblings.others_are_lost() {
                new = any().await?.into_iter().filter(is_new).collect();
            }
            drop(settled);
            match new.as_slice() {
                [id] => {
                    siblings.found(id);
                    return Ok(id.clone());
                }
                [] => {}
                _ => return Err(WriteError::Changed),
            }
            let Some(pause) = pauses.next(None) else { break };
            if (self.waiting)("the answer was lost; looking whether it was made", pause).await.is_break() {
                break;
            }
        }
        Err(error.into())
    }

    pub async fn post_credential(
        &mut self,
        name: &str,
        arn: &str,
        before: &BTreeSet<String>,
    ) -> Written<String> {
        let client = self.client;
        let names: BTreeSet<String> = [name.to_owned()].into();
        let named =
            || async { Ok(client.credentials_named(&names).await?.into_values().flatten().collect()) };
        let call = ("/api/v2/integrations/credentials", ADD);
        self.create("making a credential", call, credential(name, arn), before, (named, nothing)).await
    }

    /// Sends the whole object again, so it may be repeated.
    pub async fn put_credential(&mut self, id: &str, name: &str, arn: &str) -> Written<()> {
        let step = "changing a credential";
        let path = format!("/api/v2/integrations/credentials/{}", segment(step, id)?);
        let mut body = credential(name, arn);
        body["id"] = id.into();
        self.repeat(step, Method::PUT, &path, Some(body), EDIT).await.map(drop)
    }

    pub async fn post_integration(&mut self, name: &str, before: &BTreeSet<String>) -> Written<String> {
        let step = "making an integration";
        let client = self.client;
        // A server that does not keep the name gives the new one another: it is new anyway.
        let all = client.integration_ids().await?;
        let named = || client.integrations_named(name);
        let any = || async { Ok(client.integration_ids().await?.difference(&all).cloned().collect()) };
        let body = json!({ "name": name, "integrationType": { "id": TYPE } });
        self.create(step, ("/api/v2/integrations", ADD), body, before, (named, any)).await
    }

    /// Changes name, notes and credential; everything else stays as it is.
    pub async fn put_configuration(
        &mut self,
        id: &str,
        name: (&str, &str),
        notes: (&str, &str),
        credential: (Option<&str>, Option<&str>),
    ) -> Written<()> {
        let step = "configuring an integration";
        let path = format!("/api/v2/integrations/{}/config/current", segment(step, id)?);
        let mut pauses = self.waits.pauses();
        for attempt in 0.. {
            let live = self.client.read_configuration(id).await?;
            let now = (
                super::live::text(&live["name"]),
                super::live::text(&live["notes"]).replace("\r\n", "\n").trim_end().to_owned(),
                credential_of(&live).map(|(_, id)| id),
            );
            let is = |name: &str, notes: &str, credential: Option<&str>| {
                now.0 == name && now.1 == notes.trim_end() && now.2.as_deref() == credential
            };
            if is(name.1, notes.1, credential.1) {
                return Ok(());
            }
            // POST may not keep a name: an integration not configured yet may have any.
            let is_fresh = now.1.is_empty() && now.2.is_none();
            let was_fresh = credential.0.is_none() && notes.0.is_empty();
            let is_as_planned = is(name.0, notes.0, credential.0) || (is_fresh && was_fresh);
            if !is_as_planned {
                return Err(WriteError::Changed);
            }
            let body = self.configuration(&live, name.1, notes.1, credential.1).await?;
            let Err(error) = self.send(step, Method::PUT, &path, Some(body), EDIT).await else {
                return Ok(());
            };
            if attempt >= STALE || !(error.is_stale_version() || error.may_have_been_done()) {
                return Err(error.into());
            }
            let Some(pause) = pauses.next(None) else { return Err(error.into()) };
            self.pause("it was changed in between, or the answer was lost", pause, error).await?;
        }
        Ok(())
    }

    async fn configuration(
        &self,
        live: &Value,
        name: &str,
        notes: &str,
        credential: Option<&str>,
    ) -> Result<Value, GenesysError> {
        let mut credentials = live["credentials"].as_object().cloned().unwrap_or_default();
        let key = match credential_of(live) {
            Some((key, _)) => key,
            None => self.client.credential_key().await,
        };
        match credential {
            Some(id) => drop(credentials.insert(key, json!({ "id": id }))),
            None => drop(credentials.remove(&key)),
        }
        // For foreign ones only the ID is used.
        for value in credentials.values_mut() {
            *value = json!({ "id": value["id"] });
        }
        let or_empty = |member: &Value| if member.is_object() { member.clone() } else { json!({}) };
        Ok(json!({
            "name": name, "notes": notes, "version": live["version"], "credentials": credentials,
            "properties": or_empty(&live["properties"]), "advanced": or_empty(&live["advanced"]),
        }))
    }

    pub async fn patch_integration(&mut self, id: &str, enabled: bool) -> Written<()> {
        let step = if enabled { "enabling an integration" } else { "disabling an integration" };
        let path = format!("/api/v2/integrations/{}", segment(step, id)?);
        let intended = if enabled { "ENABLED" } else { "DISABLED" };
        let body = json!({ "intendedState": intended });
        self.repeat(step, Method::PATCH, &path, Some(body), EDIT).await?;
        if enabled { self.wait_until_active(id).await } else { Ok(()) }
    }

    /// Waits for ACTIVE; ERROR ends it at once, and anything still pending at the end is left to the check.
    async fn wait_until_active(&mut self, id: &str) -> Written<()> {
        let step = "waiting for an integration to become active";
        let mut pauses = self.waits.pauses();
        loop {
            let integration = self.client.integration(id).await?;
            let code =
                integration.reported_state.as_ref().map(|state| state.code.as_str()).unwrap_or_default();
            match code {
                "ERROR" => {
                    return Err(GenesysError::new(step, GenesysErrorKind::State(integration.detail())).into());
                }
                // A state that is not reported is not waited for.
                "ACTIVE" | "" => return Ok(()),
                _ => {}
            }
            let Some(pause) = pauses.next(None) else { return Ok(()) };
            if (self.waiting)("Genesys Cloud is activating it", pause).await.is_break() {
                return Ok(());
            }
        }
    }

    /// `is_fresh`: the integration was made in this run, and Genesys Cloud may not know it everywhere yet.
    pub async fn post_action(
        &mut self,
        integration: &str,
        action: &ActionState,
        before: &BTreeSet<String>,
        is_fresh: bool,
    ) -> Written<String> {
        let client = self.client;
        let name = action.content.name.as_str();
        let named = || client.actions_named(integration, name);
        let mut body = json!({
            "name": name, "category": action.content.category, "integrationId": integration,
            "secure": action.content.secure, "config": config(action),
        });
        body["contract"] = json!({
            "input": { "inputSchema": action.content.input_schema },
            "output": { "successSchema": action.content.success_schema },
        });
        let mut pauses = self.waits.pauses();
        for attempt in 0.. {
            let body = body.clone();
            let step = "making a data action";
            let call = ("/api/v2/integrations/actions", ADD_ACTION);
            let made = self.create(step, call, body, before, (&named, nothing)).await;
            match made {
                Err(WriteError::Genesys(error))
                    if is_fresh && attempt < 3 && error.status() == Some(400) && !error.names_a_field() =>
                {
                    let Some(pause) = pauses.next(None) else { return Err(error.into()) };
                    self.pause("the integration is new", pause, error).await?;
                }
                other => return other,
            }
        }
        Err(WriteError::Changed)
    }

    pub async fn patch_action(&mut self, before: &LiveAction, after: &ActionState) -> Written<()> {
        let step = "changing a data action";
        let path = format!("/api/v2/integrations/actions/{}", segment(step, &before.id)?);
        let mut version = before.version;
        let mut pauses = self.waits.pauses();
        for attempt in 0.. {
            let body = json!({
                "name": after.content.name, "category": after.content.category,
                "config": config(after), "version": version,
            });
            let Err(error) = self.send(step, Method::PATCH, &path, Some(body), EDIT_ACTION).await else {
                return Ok(());
            };
            if attempt >= STALE || !(error.is_stale_version() || error.may_have_been_done()) {
                return Err(error.into());
            }
            let Some(pause) = pauses.next(None) else { return Err(error.into()) };
            self.pause("it was changed in between, or the answer was lost", pause, error).await?;
            let live = self.client.action_in_full(&before.id).await?;
            let Some(now) = &live.state else { return Err(WriteError::Changed) };
            if now.differences(after).iter().all(|diff| live.unknown.contains(diff.member))
                && live.unknown.is_empty()
            {
                return Ok(());
            }
            if before.state.as_ref().is_some_and(|before| !now.differences(before).is_empty()) {
                return Err(WriteError::Changed);
            }
            version = live.version;
        }
        Ok(())
    }

    pub async fn delete_action(&mut self, id: &str) -> Written<()> {
        let step = "deleting a data action";
        let path = format!("/api/v2/integrations/actions/{}", segment(step, id)?);
        self.delete(step, &path, DELETE_ACTION).await
    }

    pub async fn delete_integration(&mut self, id: &str) -> Written<()> {
        let step = "deleting an integration";
        let path = format!("/api/v2/integrations/{}", segment(step, id)?);
        self.delete(step, &path, DELETE).await
    }

    pub async fn delete_credential(&mut self, id: &str) -> Written<()> {
        let step = "deleting a credential";
        let path = format!("/api/v2/integrations/credentials/{}", segment(step, id)?);
        self.delete(step, &path, DELETE).await
    }

    /// What is gone counts as deleted, whoever did it.
    async fn delete(&mut self, step: &'static str, path: &str, permission: &'static str) -> Written<()> {
        match self.repeat(step, Method::DELETE, path, None, permission).await {
            Err(WriteError::Genesys(error)) if error.status() == Some(404) => Ok(()),
            done => done.map(drop),
        }
    }

    /// Sends an idempotent request until it is answered.
    async fn repeat(
        &mut self,
        step: &'static str,
        method: Method,
        path: &str,
        body: Option<Value>,
        permission: &'static str,
    ) -> Written<Value> {
        let mut pauses = self.waits.pauses();
        for attempt in 0.. {
            match self.send(step, method.clone(), path, body.clone(), permission).await {
                Ok(answer) => return Ok(answer),
                Err(error) if attempt < STALE && (error.may_have_been_done() || error.is_stale_version()) => {
                    let Some(pause) = pauses.next(None) else { return Err(error.into()) };
                    self.pause("the answer was lost", pause, error).await?;
                }
                Err(error) => return Err(error.into()),
            }
        }
        Err(WriteError::Changed)
    }
}

fn credential(name: &str, arn: &str) -> Value {
    json!({ "name": name, "type": { "name": CREDENTIAL_TYPE }, "credentialFields": { "ARN": arn } })
}

/// A configuration's credential key and ID.
fn credential_of(configuration: &Value) -> Option<(String, String)> {
    let credentials = configuration["credentials"].as_object()?;
    let (key, credential) = credentials.iter().find(|(key, _)| is_credential_key(key))?;
    Some((key.clone(), credential["id"].as_str()?.to_owned()))
}

/// Everything spelled out: omitted members may be kept or cleared.
fn config(action: &ActionState) -> Value {
    let content = &action.content;
    json!({
        "request": {
            "requestUrlTemplate": action.target, "requestType": "POST",
            "requestTemplate": content.request_template, "headers": content.headers,
        },
        "response": {
            "translationMap": content.translation_map,
            "translationMapDefaults": content.translation_map_defaults,
            "successTemplate": content.success_template,
        },
        "timeoutSeconds": content.timeout_seconds,
    })
}

impl Client {
    async fn integration_ids(&self) -> Result<BTreeSet<String>, GenesysError> {
        Ok(self.integrations().await?.into_iter().map(|integration| integration.id).collect())
    }

    async fn actions_named(&self, integration: &str, name: &str) -> Result<BTreeSet<String>, GenesysError> {
        let fits = |action: &super::wire::Action| action.integration_id == integration && action.name == name;
        Ok(self.actions().await?.into_iter().filter(fits).map(|action| action.id).collect())
    }

    /// The credential's key in a configuration, as the integration type spells it.
    async fn credential_key(&self) -> String {
        let step = "reading the integration type";
        let path = format!("/api/v2/integrations/types/{TYPE}");
        let kind: Result<Value, GenesysError> = self.get(step, &path, super::read::VIEW).await;
        let kinds = kind.ok().and_then(|kind| kind["credentials"].as_object().cloned()).unwrap_or_default();
        kinds
            .into_iter()
            .map(|(key, _)| key)
            .find(|key| is_credential_key(key))
            .unwrap_or_else(|| CREDENTIAL_KEY.to_owned())
    }
}
