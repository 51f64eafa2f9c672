//! Everything an organization shows about Lambda data actions.

use std::collections::BTreeSet;

use futures_util::future::join_all;
use http::Method;
use serde_json::Value;

use super::client::{ApiCall, Client, TEST_TIMEOUT, in_time};
use super::error::{GenesysError, GenesysErrorKind};
use super::wire::{Action, Credential, Integration, IntegrationConfiguration, Organization, TestResult};

use crate::text::{near_miss, one_line};

pub(super) const TYPE: &str = "aws-lambda-data-actions";
pub(super) const VIEW: &str = "integrations:integration:view";
pub(super) const VIEW_ACTIONS: &str = "integrations:action:view";
const EXECUTE: &str = "integrations:action:execute";

/// The role of an integration's credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleArn {
    Known(String),
    /// Its credential's ARN is not shown by Genesys Cloud, or may not be read: why.
    Unreadable(String),
    /// It has no credential.
    None,
}

/// A data action's contract, as far as Genesys Cloud shows it.
#[derive(Debug)]
pub struct ActionContract {
    pub input: Option<Value>,
    pub output: Option<Value>,
}

#[derive(Debug)]
pub struct IntegrationReading {
    pub integration: Integration,
    pub role: RoleArn,
    pub actions: Vec<Action>,
}

/// What was requested step by step; a forbidden step does not affect the others.
#[derive(Debug)]
pub struct OrganizationSurvey {
    pub organization: Organization,
    pub integrations: Result<Vec<IntegrationReading>, GenesysError>,
    /// Why the data actions are unknown.
    pub actions_unknown: Option<GenesysError>,
}

/// Reads the organization, its Lambda integrations with their credentials, and their data actions.
///
/// # Errors
///
/// If not even the organization can be read: that needs no permission.
pub async fn gather(client: &Client) -> Result<OrganizationSurvey, GenesysError> {
    in_time(client, gather_all(client)).await
}

async fn gather_all(client: &Client) -> Result<OrganizationSurvey, GenesysError> {
    let organization = client.organization().await?;
    let (integrations, actions) = futures_util::join!(client.integrations(), client.actions());
    let (actions, actions_unknown) = match actions {
        Ok(actions) => (actions, None),
        Err(error) => (Vec::new(), Some(error)),
    };
    let integrations = match integrations {
        Ok(integrations) => integrations,
        Err(error) => {
            return Ok(OrganizationSurvey { organization, integrations: Err(error), actions_unknown });
        }
    };
    let roles = join_all(integrations.iter().map(|integration| client.role_arn(&integration.id))).await;
    let facts = integrations.into_iter().zip(roles).map(|(integration, role)| {
        let own = |action: &&Action| action.integration_id == integration.id;
        let actions = actions.iter().filter(own).cloned().collect();
        IntegrationReading { integration, role, actions }
    });
    Ok(OrganizationSurvey { organization, integrations: Ok(facts.collect()), actions_unknown })
}

/// An ID as part of a path: an API answer must not lead anywhere else.
pub(super) fn segment<'a>(step: &str, id: &'a str) -> Result<&'a str, GenesysError> {
    let is_plain = |c: char| c.is_ascii_alphanumeric() || "-_.".contains(c);
    if !id.is_empty() && id.chars().all(is_plain) && id.chars().any(|c| c != '.') {
        return Ok(id);
    }
    let detail = format!("`{}` is not an ID", one_line(id));
    Err(GenesysError::new(step, GenesysErrorKind::Unreadable { status: 200, detail }))
}

impl Client {
    /// # Errors
    ///
    /// If Genesys Cloud does not answer.
    pub async fn organization(&self) -> Result<Organization, GenesysError> {
        let step = "reading the organization";
        self.get(step, "/api/v2/organizations/me", "none").await
    }

    pub(super) async fn get<T: serde::de::DeserializeOwned>(
        &self,
        step: &str,
        path: &str,
        permission: &'static str,
    ) -> Result<T, GenesysError> {
        self.call(&ApiCall { step, method: Method::GET, path, body: None, permission }).await
    }

    pub(super) async fn integrations(&self) -> Result<Vec<Integration>, GenesysError> {
        let path = format!("/api/v2/integrations?integrationType={TYPE}&pageSize=100");
        let all: Vec<Integration> = self.pages("listing the integrations", &path, VIEW).await?;
        // Servers ignore unknown filters.
        let lambda = |integration: &Integration| integration.integration_type.id == TYPE;
        Ok(all
            .into_iter()
            .filter(|integration| lambda(integration) && integration.intended_state != "DELETED")
            .collect())
    }

    pub(super) async fn actions(&self) -> Result<Vec<Action>, GenesysError> {
        let path = "/api/v2/integrations/actions?includeConfig=true&pageSize=100";
        self.pages("listing the data actions", path, VIEW_ACTIONS).await
    }

    /// Unpublished drafts; none if a server does not list them.
    pub(super) async fn drafts(&self) -> Result<Vec<Action>, GenesysError> {
        let path = "/api/v2/integrations/actions/drafts?pageSize=100";
        match self.pages("listing drafts of data actions", path, VIEW_ACTIONS).await {
            Err(error) if error.status().is_some_and(|status| status < 500) => Ok(Vec::new()),
            other => other,
        }
    }

    async fn role_arn(&self, integration: &str) -> RoleArn {
        let step = "reading an integration's configuration";
        let configuration = async {
            let path = format!("/api/v2/integrations/{}/config/current", segment(step, integration)?);
            self.get::<IntegrationConfiguration>(step, &path, VIEW).await
        };
        let configuration = match configuration.await {
            Ok(configuration) => configuration,
            Err(error) => return RoleArn::Unreadable(error.brief()),
        };
        let credential = configuration
            .credentials
            .iter()
            .find(|(kind, _)| kind.eq_ignore_ascii_case("amazonWebServicesARN"))
            .map(|(_, credential)| &credential.id);
        let Some(id) = credential else { return RoleArn::None };
        let step = "reading an integration's credential";
        let credential = async {
            let path = format!("/api/v2/integrations/credentials/{}", segment(step, id)?);
            self.get::<Credential>(step, &path, VIEW).await
        };
        let credential = match credential.await {
            Ok(credential) => credential,
            Err(error) => return RoleArn::Unreadable(error.brief()),
        };
        let fields = credential.credential_fields.unwrap_or_default();
        let arn = fields
            .into_iter()
            .find(|(key, _)| key.eq_ignore_ascii_case("ARN") || key.eq_ignore_ascii_case("roleArn"))
            .and_then(|(_, value)| value);
        match arn {
            Some(arn) if arn.starts_with("arn:") => RoleArn::Known(arn),
            _ => RoleArn::Unreadable(
                "Genesys Cloud does not show the ARN that the credential holds".to_owned(),
            ),
        }
    }

    /// The data action with this ID, or with this name if it is unique.
    ///
    /// # Errors
    ///
    /// If there is none or more than one, or Genesys Cloud does not answer.
    pub async fn action(&self, named: &str) -> Result<Action, GenesysError> {
        let (mut actions, others): (Vec<Action>, Vec<Action>) =
            self.actions().await?.into_iter().partition(|action| action.id == named || action.name == named);
        let others: Vec<String> = others.into_iter().map(|action| action.name).collect();
        // An ID takes precedence over a name.
        actions.sort_by_key(|action| action.id == named);
        let found = actions.pop();
        match found {
            Some(action) if actions.is_empty() || action.id == named => Ok(action),
            Some(_) => {
                let what = format!("{} data actions are called `{named}`: give the ID", actions.len() + 1);
                Err(GenesysError::new("looking for the data action", GenesysErrorKind::NotFound(what)))
            }
            None => {
                let what =
                    format!("no data action has the ID or the name `{named}`{}", instead(named, &others));
                Err(GenesysError::new("looking for the data action", GenesysErrorKind::NotFound(what)))
            }
        }
    }

    /// A data action's contract.
    ///
    /// # Errors
    ///
    /// If Genesys Cloud does not answer.
    pub async fn contract(&self, action: &str) -> Result<ActionContract, GenesysError> {
        let step = "reading a data action";
        let path =
            format!("/api/v2/integrations/actions/{}?expand=contract&flatten=false", segment(step, action)?);
        let action: Value = self.get(step, &path, VIEW_ACTIONS).await?;
        let schema = |schema: &Value| schema.is_object().then(|| schema.clone());
        Ok(ActionContract {
            input: schema(&action["contract"]["input"]["inputSchema"]),
            output: schema(&action["contract"]["output"]["successSchema"]),
        })
    }

    /// Runs the data action's own test, which really invokes the function. It is never sent twice.
    ///
    /// # Errors
    ///
    /// If the test could not be made; a failed test is a result.
    pub async fn test(&self, action: &str, input: &str) -> Result<TestResult, GenesysError> {
        let step = "testing the data action";
        let path = format!("/api/v2/integrations/actions/{}/test", segment(step, action)?);
        let body = Some(input.to_owned());
        let call = ApiCall { step, method: Method::POST, path: &path, body, permission: EXECUTE };
        self.call_within(&call, TEST_TIMEOUT).await
    }
}

/// How many data actions are named one by one.
const NAMED: usize = 6;

/// What there is: the one that is meant, or otherwise a few of them.
fn instead(named: &str, others: &[String]) -> String {
    let names: BTreeSet<&str> = others.iter().map(String::as_str).collect();
    let quoted = |name: &&str| format!("\"{}\"", one_line(name));
    let known: Vec<&str> = names.iter().copied().collect();
    let alike = known.iter().find(|name| name.to_lowercase() == named.to_lowercase()).copied();
    if let Some(alike) = alike.or_else(|| near_miss(named, &known)) {
        return format!("; did you mean {}?", quoted(&alike));
    }
    let some: Vec<String> = known.iter().take(NAMED).map(quoted).collect();
    let more = known.len() - some.len();
    match (some.is_empty(), more) {
        (true, _) => "; there is none".to_owned(),
        (false, 0) => format!("; there are {}", some.join(", ")),
        (false, more) => format!("; there are {} and {more} more", some.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_id_leads_to_no_other_path() {
        for id in ["custom_-_2f9c1c5e-0b6c", "a.b", "1"] {
            assert_eq!(segment("step", id).unwrap(), id);
        }
        for id in ["", "..", ".", "a/b", "%2e%2e", "a?b", "a\nb", "ä"] {
            assert!(segment("step", id).is_err(), "{id:?}");
        }
    }
}
