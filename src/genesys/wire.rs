//! The parts of the API's responses that we read. Unread members may be missing or new.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// `GET /api/v2/organizations/me`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Organization {
    pub id: String,
    #[serde(default)]
    pub name: String,
}

/// One page of a listing.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct EntityPage<T> {
    #[serde(default = "Vec::new")]
    pub entities: Vec<T>,
    /// Of the next page; absent on the last.
    pub next_uri: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Integration {
    pub id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub integration_type: Named,
    /// `ENABLED`, `DISABLED`, `DELETED`
    #[serde(default)]
    pub intended_state: String,
    pub reported_state: Option<ReportedState>,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Deserialize)]
pub struct Named {
    #[serde(default)]
    pub id: String,
    #[serde(default)]
    pub name: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct ReportedState {
    /// `ACTIVE`, `ACTIVATING`, `INACTIVE`, `DEACTIVATING`, `ERROR`
    #[serde(default)]
    pub code: String,
    pub detail: Option<Detail>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub struct Detail {
    #[serde(default)]
    pub message: String,
}

/// `GET /api/v2/integrations/{id}/config/current`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
pub(super) struct IntegrationConfiguration {
    /// By credential kind, in varying case.
    #[serde(default)]
    pub credentials: BTreeMap<String, Named>,
}

/// `GET /api/v2/integrations/credentials/{id}`
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Credential {
    #[serde(default)]
    pub credential_fields: Option<BTreeMap<String, Option<String>>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Action {
    pub id: String,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub integration_id: String,
    #[serde(default)]
    pub version: i64,
    #[serde(default)]
    pub secure: bool,
    #[serde(default)]
    pub config: Option<ActionConfig>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionConfig {
    /// 1–60
    pub timeout_seconds: Option<u32>,
    pub request: Option<ActionRequest>,
}

#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ActionRequest {
    /// The function's ARN, for an AWS Lambda data action.
    pub request_url_template: Option<String>,
}

impl Integration {
    /// What Genesys Cloud says about the state.
    pub fn detail(&self) -> String {
        let detail = self.reported_state.as_ref().and_then(|state| state.detail.as_ref());
        detail.map(|detail| detail.message.clone()).unwrap_or_default()
    }
}

impl Action {
    /// The function's ARN as written.
    pub fn target(&self) -> &str {
        let request = self.config.as_ref().and_then(|config| config.request.as_ref());
        request.and_then(|request| request.request_url_template.as_deref()).unwrap_or_default().trim()
    }

    pub fn timeout_seconds(&self) -> Option<u32> {
        self.config.as_ref().and_then(|config| config.timeout_seconds)
    }
}

/// `POST /api/v2/integrations/actions/{id}/test`
#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct TestResult {
    #[serde(default)]
    pub operations: Vec<Operation>,
    #[serde(default)]
    pub error: Value,
    #[serde(default)]
    pub final_result: Value,
    #[serde(default)]
    pub success: bool,
}

impl TestResult {
    /// The failed step, with Genesys Cloud's words.
    pub fn why_it_failed(&self) -> String {
        let failed = self.operations.iter().find(|operation| !operation.success);
        let (step, error) =
            failed.map_or(("the test", &self.error), |operation| (operation.name.as_str(), &operation.error));
        let error = if error.is_null() { &self.error } else { error };
        let words = serde_json::from_value::<ErrorBody>(error.clone()).map(|body| body.words());
        let words = words.ok().filter(|words| !words.is_empty());
        format!(
            "{step}: {}",
            words.unwrap_or_else(|| error.as_str().map_or_else(|| error.to_string(), str::to_owned))
        )
    }

    /// Whether it definitely failed before the function ran: when assuming the role.
    pub fn is_refused_before_the_function(&self) -> bool {
        let failed = self.operations.iter().find(|operation| !operation.success);
        let error = failed.map_or(&self.error, |operation| &operation.error);
        let words = error.to_string().to_lowercase();
        let is_refusal = ["assumerole", "assume role"].iter().any(|word| words.contains(word));
        let may_have_run =
            ["remote_endpoint", "timed out", "timeout"].iter().any(|word| words.contains(word));
        !self.success && is_refusal && !may_have_run
    }
}

#[derive(Debug, Clone, PartialEq, Deserialize, Serialize)]
pub struct Operation {
    #[serde(default)]
    pub step: i64,
    #[serde(default)]
    pub name: String,
    #[serde(default)]
    pub success: bool,
    #[serde(default)]
    pub result: Value,
    #[serde(default)]
    pub error: Value,
}

/// Both shapes of an error body, and that of the token endpoint.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ErrorBody {
    pub message: Option<String>,
    pub message_with_params: Option<String>,
    pub code: Option<String>,
    pub context_id: Option<String>,
    pub error_code: Option<String>,
    pub user_message: Option<String>,
    pub correlation_id: Option<String>,
    pub error: Option<String>,
    pub description: Option<String>,
    pub error_description: Option<String>,
    pub details: Vec<ErrorDetail>,
    pub errors: Vec<ErrorBody>,
    pub limit: Option<Limit>,
}

/// Which member of a request is wrong.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub(super) struct ErrorDetail {
    pub error_code: Option<String>,
    pub field_name: Option<String>,
    pub entity_name: Option<String>,
}

/// An exhausted limit of the organization.
#[derive(Debug, Default, Deserialize)]
#[serde(default)]
pub(super) struct Limit {
    pub key: Option<String>,
    pub namespace: Option<String>,
}

impl ErrorBody {
    /// Code, message and the ID that lets support find the request.
    pub(crate) fn words(&self) -> String {
        let Self {
            message,
            message_with_params: _,
            code,
            context_id,
            error_code,
            user_message,
            correlation_id,
            error,
            description,
            error_description,
            details,
            errors,
            limit,
        } = self;
        let first = |options: &[&Option<String>]| options.iter().find_map(|option| (*option).clone());
        let code = first(&[code, error_code, error]);
        let message = first(&[message, user_message, description, error_description]);
        let id = first(&[context_id, correlation_id]);
        let mut words: Vec<String> = [code, message].into_iter().flatten().collect();
        words.dedup();
        let mut text = words.join(": ");
        for ErrorDetail { error_code, field_name, entity_name } in details {
            let field = field_name.as_ref().map(|name| format!("field `{name}`"));
            let said: Vec<String> =
                [field, error_code.clone(), entity_name.clone()].into_iter().flatten().collect();
            if !said.is_empty() {
                text.push_str(&format!("; {}", said.join(" ")));
            }
        }
        // The reason is there if the message is only "Bad Request".
        for error in errors {
            text.push_str(&format!("; {}", error.words()));
        }
        if let Some(Limit { key, namespace }) = limit {
            let of = |text: &Option<String>| text.clone().unwrap_or_default();
            text.push_str(&format!("; limit {} of {}", of(key), of(namespace)));
        }
        if let Some(id) = id {
            text.push_str(&format!(" (context {id})"));
        }
        text
    }
}
