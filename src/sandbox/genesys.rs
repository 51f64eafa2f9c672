//! Genesys Cloud: an organization with Lambda integrations and data actions, whose test really assumes the role and
//! invokes the function in the sandbox's AWS.

use std::collections::{BTreeMap, BTreeSet};

use http::{Method, Request, Response, StatusCode};
use jiff::Timestamp;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value, json};

use super::{Sandbox, uuid};
use crate::arn::{AccountId, Arn};

pub(super) const TYPE: &str = "aws-lambda-data-actions";
/// Of a token, in seconds.
const LIFETIME: i64 = 86_400;

/// What the organization has.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Organization {
    pub id: String,
    /// The AWS account from which it assumes roles.
    pub account: Option<AccountId>,
    /// OAuth clients: ID to secret. Without any, every ID and secret is taken.
    pub clients: BTreeMap<String, String>,
    /// Token to the second in which it expires.
    pub tokens: BTreeMap<String, i64>,
    /// Permissions that its clients lack.
    pub lacks: BTreeSet<String>,
    /// In the API's own form, by ID.
    pub integrations: BTreeMap<String, Value>,
    pub configurations: BTreeMap<String, Value>,
    pub credentials: BTreeMap<String, Value>,
    pub actions: BTreeMap<String, Value>,
}

/// A refusal in Genesys Cloud's terms.
struct Refusal {
    status: u16,
    code: &'static str,
    message: String,
}

type Outcome = Result<Value, Refusal>;

fn refuse(status: u16, code: &'static str, message: impl Into<String>) -> Refusal {
    Refusal { status, code, message: message.into() }
}

fn missing(what: &str) -> Refusal {
    refuse(404, "not.found", format!("{what} was not found"))
}

/// Whether a request is for Genesys Cloud.
pub(super) fn is_for(path: &str) -> bool {
    path == "/oauth/token" || path.starts_with("/api/v2/")
}

impl Organization {
    /// An integration that uses the role, enabled, with a data action for each function.
    /// What is there already stays as it is.
    pub fn add_integration(&mut self, name: &str, role: &Arn, functions: &[Arn]) {
        // Two accounts may have a role of the same name.
        let id = uuid(digest(&format!("{name} {role}")));
        let credential = uuid(digest(&format!("{name} {role} credential")));
        if !self.integrations.contains_key(&id) {
            self.add_bare_integration(name, role, &id, &credential);
        }
        for function in functions {
            let action = format!("custom_-_{}", uuid(digest(&format!("{name} {function}"))));
            let title = function.resource.trim_start_matches("function:").replace(':', " ");
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
                "id": id, "name": name, "integrationType": { "id": TYPE },
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

    fn require(&self, permission: &str) -> Result<(), Refusal> {
        if !self.lacks.contains(permission) {
            return Ok(());
        }
        Err(refuse(
            403,
            "missing.any.permissions",
            format!(
                "Unable to perform the requested action. You must have at least one of the following permissions assigned: [{permission}]"
            ),
        ))
    }
}

fn digest(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| super::state::mix(hash ^ u64::from(byte)))
}

pub(super) fn handle(
    sandbox: &mut Sandbox,
    request: &Request<impl AsRef<[u8]>>,
    now: Timestamp,
    request_id: &str,
) -> Response<Vec<u8>> {
    let outcome = answer(sandbox, request, now);
    let (status, body) = match outcome {
        Ok(value) => (200, value),
        Err(Refusal { status, code: "invalid_client", message }) => (
            status,
            json!({ "error": "invalid_client", "description": message, "error_description": message }),
        ),
        Err(Refusal { status, code, message }) => (
            status,
            json!({ "message": message, "code": code, "status": status, "contextId": request_id, "details": [],
                    "errors": [] }),
        ),
    };
    let mut response = Response::new(body.to_string().into_bytes());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    headers.insert("content-type", http::HeaderValue::from_static("application/json"));
    headers.insert("inin-ratelimit-allowed", 300.into());
    if let Ok(id) = http::HeaderValue::from_str(request_id) {
        headers.insert("inin-correlation-id", id);
    }
    response
}

fn answer(sandbox: &mut Sandbox, request: &Request<impl AsRef<[u8]>>, now: Timestamp) -> Outcome {
    let path = request.uri().path().to_owned();
    let header =
        |name: &str| request.headers().get(name).and_then(|value| value.to_str().ok()).unwrap_or_default();
    if path == "/oauth/token" {
        return token(sandbox, request.method(), header("authorization"), request.body().as_ref(), now);
    }
    let bearer = header("authorization").strip_prefix("Bearer ").unwrap_or_default();
    let organization = &sandbox.state.organization;
    if organization.tokens.get(bearer).is_none_or(|until| *until <= now.as_second()) {
        return Err(refuse(401, "bad.credentials", "Invalid login credentials."));
    }
    let query: Vec<(String, String)> =
        form_urlencoded::parse(request.uri().query().unwrap_or_default().as_bytes()).into_owned().collect();
    let body: Value = match request.body().as_ref() {
        [] => Value::Null,
        text => serde_json::from_slice(text).map_err(|_| {
            refuse(
                400,
                "bad.request",
                "The request could not be understood by the server due to malformed syntax.",
            )
        })?,
    };
    let parts: Vec<&str> = path.trim_start_matches("/api/v2/").split('/').collect();
    let view = "integrations:integration:view";
    let organization = &mut sandbox.state.organization;
    match (request.method(), parts.as_slice()) {
        (&Method::GET, ["organizations", "me"]) => Ok(json!({
            "id": organization.id, "name": "Sandbox", "thirdPartyOrgName": "sandbox", "state": "active",
            "domain": "sandbox", "defaultLanguage": "en-us", "version": 1,
        })),
        (&Method::GET, ["integrations"]) => {
            organization.require(view)?;
            let wanted =
                query.iter().find(|(key, _)| key == "integrationType").map(|(_, value)| value.as_str());
            let fits = |one: &&Value| wanted.is_none_or(|wanted| one["integrationType"]["id"] == wanted);
            let all = organization.integrations.values().filter(fits).cloned().collect();
            page(all, "/api/v2/integrations", &query)
        }
        (&Method::POST, ["integrations"]) => {
            organization.require("integrations:integration:add")?;
            if body["integrationType"]["id"] != TYPE {
                return Err(refuse(
                    400,
                    "bad.request",
                    "The sandbox has integrations for Lambda data actions only",
                ));
            }
            let number = organization.integrations.len();
            let id = uuid(digest(&format!("integration {number}")));
            let name = body["name"].as_str().unwrap_or("AWS Lambda Data Actions").to_owned();
            let integration = json!({
                "id": id, "name": name, "integrationType": { "id": TYPE }, "intendedState": "DISABLED",
                "reportedState": { "code": "INACTIVE", "effective": "Inactive" },
            });
            let configuration = json!({ "id": id, "name": name, "version": 1, "properties": {}, "advanced": {},
                                        "notes": "", "credentials": {} });
            organization.integrations.insert(id.clone(), integration.clone());
            organization.configurations.insert(id, configuration);
            Ok(integration)
        }
        (&Method::GET, ["integrations", "actions"]) => {
            organization.require("integrations:action:view")?;
            let with_config = query.iter().any(|(key, value)| key == "includeConfig" && value == "true");
            let all = organization.actions.values().map(|action| shown(action, with_config, false)).collect();
            page(all, "/api/v2/integrations/actions", &query)
        }
        (&Method::GET, ["integrations", "actions", id]) => {
            organization.require("integrations:action:view")?;
            let action = organization.actions.get(*id).ok_or_else(|| missing("The data action"))?;
            let has = |key: &str, value: &str| query.iter().any(|(k, v)| k == key && v == value);
            Ok(shown(action, has("includeConfig", "true"), has("expand", "contract")))
        }
        (&Method::POST, ["integrations", "actions"]) => {
            organization.require("integrations:action:add")?;
            let id = format!("custom_-_{}", uuid(digest(&body.to_string())));
            let mut action = body;
            action["id"] = id.as_str().into();
            action["version"] = 1.into();
            organization.actions.insert(id, action.clone());
            Ok(action)
        }
        (&Method::POST, ["integrations", "actions", id, "test"]) => {
            organization.require("integrations:action:execute")?;
            let action = organization.actions.get(*id).cloned().ok_or_else(|| missing("The data action"))?;
            Ok(test(sandbox, &action, &body, now))
        }
        (&Method::POST, ["integrations", "credentials"]) => {
            organization.require("integrations:integration:add")?;
            let id = uuid(digest(&format!("credential {}", body)));
            let mut credential = body;
            credential["id"] = id.as_str().into();
            organization.credentials.insert(id, credential.clone());
            Ok(credential)
        }
        (&Method::GET, ["integrations", "credentials", id]) => {
            organization.require(view)?;
            organization.credentials.get(*id).cloned().ok_or_else(|| missing("The credential"))
        }
        (&Method::PUT, ["integrations", "credentials", id]) => {
            organization.require("integrations:integration:edit")?;
            let credential =
                organization.credentials.get_mut(*id).ok_or_else(|| missing("The credential"))?;
            credential["credentialFields"] = body["credentialFields"].clone();
            Ok(credential.clone())
        }
        (&Method::GET, ["integrations", id]) => {
            organization.require(view)?;
            organization.integrations.get(*id).cloned().ok_or_else(|| missing("The integration"))
        }
        (&Method::PATCH, ["integrations", id]) => {
            organization.require("integrations:integration:edit")?;
            let integration =
                organization.integrations.get_mut(*id).ok_or_else(|| missing("The integration"))?;
            let intended = body["intendedState"].as_str().unwrap_or_default().to_owned();
            if !matches!(intended.as_str(), "ENABLED" | "DISABLED" | "DELETED") {
                return Err(refuse(400, "bad.request", "intendedState is ENABLED, DISABLED or DELETED"));
            }
            let code = if intended == "ENABLED" { "ACTIVE" } else { "INACTIVE" };
            integration["intendedState"] = intended.into();
            integration["reportedState"]["code"] = code.into();
            Ok(integration.clone())
        }
        (&Method::GET, ["integrations", id, "config", "current"]) => {
            organization.require(view)?;
            organization.configurations.get(*id).cloned().ok_or_else(|| missing("The integration"))
        }
        (&Method::PUT, ["integrations", id, "config", "current"]) => {
            organization.require("integrations:integration:edit")?;
            let current =
                organization.configurations.get_mut(*id).ok_or_else(|| missing("The integration"))?;
            if body["version"] != current["version"] {
                return Err(refuse(409, "conflict", "The version does not match the current version"));
            }
            let version = current["version"].as_i64().unwrap_or(1) + 1;
            *current = body;
            current["version"] = version.into();
            Ok(current.clone())
        }
        _ => Err(refuse(404, "not.found", format!("The sandbox has no {} {path}", request.method()))),
    }
}

fn token(sandbox: &mut Sandbox, method: &Method, basic: &str, body: &[u8], now: Timestamp) -> Outcome {
    use base64::Engine as _;
    let invalid = |message: &str| refuse(401, "invalid_client", message);
    if *method != Method::POST {
        return Err(refuse(405, "method.not.allowed", "POST it"));
    }
    let grants =
        form_urlencoded::parse(body).any(|(key, value)| key == "grant_type" && value == "client_credentials");
    if !grants {
        return Err(refuse(400, "invalid_client", "client credentials are the only grant of the sandbox"));
    }
    let decoded = basic
        .strip_prefix("Basic ")
        .and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| invalid("client not found or invalid client"))?;
    let (id, secret) = decoded.split_once(':').unwrap_or((&decoded, ""));
    let organization = &sandbox.state.organization;
    let is_known = match organization.clients.get(id) {
        Some(known) => known == secret,
        None => organization.clients.is_empty() && !id.is_empty() && !secret.is_empty(),
    };
    if !is_known {
        return Err(invalid("client not found or invalid client"));
    }
    let token = sandbox.state.new_id("sandbox-genesys-");
    sandbox.state.organization.tokens.retain(|_, until| *until > now.as_second());
    sandbox.state.organization.tokens.insert(token.clone(), now.as_second() + LIFETIME);
    Ok(json!({ "access_token": token, "token_type": "bearer", "expires_in": LIFETIME }))
}

fn shown(action: &Value, config: bool, contract: bool) -> Value {
    let mut shown: Map<String, Value> = action.as_object().cloned().unwrap_or_default();
    if !config {
        shown.remove("config");
    }
    if !contract {
        shown.remove("contract");
    }
    Value::Object(shown)
}

fn page(all: Vec<Value>, path: &str, query: &[(String, String)]) -> Outcome {
    let number = |name: &str, otherwise: usize| {
        query
            .iter()
            .find(|(key, _)| key == name)
            .and_then(|(_, value)| value.parse().ok())
            .unwrap_or(otherwise)
    };
    let (size, current) = (number("pageSize", 25).clamp(1, 100), number("pageNumber", 1).max(1));
    let pages = all.len().div_ceil(size).max(1);
    let total = all.len();
    let others = query.iter().filter(|(key, _)| key != "pageNumber");
    let others: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(others).finish();
    let mut listing = json!({
        "entities": all.into_iter().skip((current - 1) * size).take(size).collect::<Vec<_>>(),
        "pageSize": size, "pageNumber": current, "total": total, "pageCount": pages,
    });
    if current < pages {
        let joint = if others.is_empty() { "" } else { "&" };
        listing["nextUri"] = format!("{path}?{others}{joint}pageNumber={}", current + 1).into();
    }
    Ok(listing)
}

/// The chain that a data action goes through: the role of the integration's credential assumed from Genesys's account with the
/// organization's ID, then the function invoked under the session's credentials.
fn test(sandbox: &mut Sandbox, action: &Value, input: &Value, now: Timestamp) -> Value {
    let mut operations = Vec::new();
    let mut step = |name: &str, outcome: &Result<Value, String>| {
        let number = operations.len() + 1;
        operations.push(match outcome {
            Ok(result) => json!({ "step": number, "name": name, "success": true, "result": result }),
            Err(why) => json!({ "step": number, "name": name, "success": false,
                                "error": { "message": why, "code": "bad.request", "status": 400 } }),
        });
    };
    let result = (|| {
        let integration = action["integrationId"].as_str().unwrap_or_default();
        let role = role_of(&sandbox.state.organization, integration);
        step("Resolve the integration's credential", &role.clone().map(Value::from));
        let session = assume(sandbox, &role?, now);
        step("Assume the role", &session.as_ref().map(|_| json!("assumed")).map_err(Clone::clone));
        let function =
            action["config"]["request"]["requestUrlTemplate"].as_str().unwrap_or_default().to_owned();
        let invoked = invoke(sandbox, &session?, &function, input, now);
        step("Invoke the function", &invoked);
        invoked
    })();
    match result {
        Ok(value) => json!({ "operations": operations, "success": true, "finalResult": value }),
        Err(why) => json!({
            "operations": operations, "success": false,
            "error": { "message": why, "code": "bad.request", "status": 400 },
        }),
    }
}

fn role_of(organization: &Organization, integration: &str) -> Result<String, String> {
    let state = organization.integrations.get(integration).map(|one| &one["intendedState"]);
    if state.is_none_or(|state| *state != "ENABLED") {
        return Err("the integration is not enabled".to_owned());
    }
    let credentials =
        organization.configurations.get(integration).and_then(|one| one["credentials"].as_object());
    let id = credentials.and_then(|kinds| kinds.values().next()).and_then(|one| one["id"].as_str());
    let credential = id.and_then(|id| organization.credentials.get(id));
    let arn = credential.and_then(|one| one["credentialFields"]["ARN"].as_str());
    arn.map(str::to_owned).ok_or_else(|| "the integration has no credential with a role's ARN".to_owned())
}

struct Session {
    key: String,
    token: String,
}

fn assume(sandbox: &mut Sandbox, role: &str, now: Timestamp) -> Result<Session, String> {
    let organization = &sandbox.state.organization;
    let account = organization.account.clone().ok_or("the organization has no AWS account")?;
    let form: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("Action", "AssumeRole"),
            ("Version", "2011-06-15"),
            ("RoleArn", role),
            ("RoleSessionName", "genesys-cloud"),
            ("ExternalId", &organization.id),
        ])
        .finish();
    let response = sandbox.handle(&signed("sts", account.as_str(), None, "/", form.into_bytes()), now);
    let text = String::from_utf8_lossy(response.body()).into_owned();
    let field = |name: &str| {
        let after = text.split_once(&format!("<{name}>"))?.1;
        Some(after.split_once('<')?.0.to_owned())
    };
    if !response.status().is_success() {
        let message = field("Message").unwrap_or_default();
        return Err(format!("{}: {message} (sts:AssumeRole on {role})", field("Code").unwrap_or_default()));
    }
    match (field("AccessKeyId"), field("SessionToken")) {
        (Some(key), Some(token)) => Ok(Session { key, token }),
        _ => Err("STS gave no session".to_owned()),
    }
}

fn invoke(
    sandbox: &mut Sandbox,
    session: &Session,
    function: &str,
    input: &Value,
    now: Timestamp,
) -> Invoked {
    let encoded: String =
        percent_encoding::utf8_percent_encode(function, percent_encoding::NON_ALPHANUMERIC).to_string();
    let path = format!("{}{encoded}/invocations", super::lambda::PATH);
    let region = function.split(':').nth(3).unwrap_or_default().to_owned();
    let mut request =
        signed("lambda", &session.key, Some(&session.token), &path, input.to_string().into_bytes());
    let scope = format!("{}/20260101/{region}/lambda/aws4_request", session.key);
    if let Ok(value) = http::HeaderValue::from_str(&authorization(&scope)) {
        request.headers_mut().insert("authorization", value);
    }
    let response = sandbox.handle(&request, now);
    let body: Value = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    if response.status().is_success() {
        return Ok(body);
    }
    let code =
        response.headers().get("x-amzn-errortype").and_then(|code| code.to_str().ok()).unwrap_or_default();
    let message = body["Message"].as_str().or(body["message"].as_str()).unwrap_or_default();
    Err(format!("{code}: {message} (HTTP {})", response.status().as_u16()))
}

type Invoked = Result<Value, String>;

fn authorization(scope: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=sandbox")
}

fn signed(service: &str, key: &str, token: Option<&str>, path: &str, body: Vec<u8>) -> Request<Vec<u8>> {
    let scope = format!("{key}/20260101/us-east-1/{service}/aws4_request");
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    if let Ok(uri) = path.parse() {
        *request.uri_mut() = uri;
    }
    let headers = request.headers_mut();
    for (name, value) in
        [("authorization", Some(authorization(&scope))), ("x-amz-security-token", token.map(str::to_owned))]
    {
        if let Some(value) = value.and_then(|value| http::HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    request
}
