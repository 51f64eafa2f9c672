//! Genesys Cloud: an organization with Lambda integrations and data actions; testing one really assumes the role and
//! invokes the function in the sandbox's AWS.

mod actions;
mod api;
mod credentials;
mod dependencies;
mod integrations;
mod invocation;
mod oauth;
mod rate;

use http::{Request, Response, StatusCode};
use jiff::Timestamp;
use serde_json::{Value, json};

pub use self::oauth::client_id;
pub(crate) use self::rate::Rates;

use self::api::{ApiAnswer, ApiOutcome, ApiRefusal, Body, ReceivedCall};
use super::aws::Defaults;
use super::state::State;

/// Whether a request is for Genesys Cloud.
pub(crate) fn is_for(path: &str) -> bool {
    path == "/oauth/token" || path.starts_with("/api/v2/")
}

pub(crate) fn handle(
    state: &mut State,
    rates: &mut Rates,
    defaults: &Defaults,
    request: &Request<impl AsRef<[u8]>>,
    now: Timestamp,
    request_id: &str,
) -> Response<Vec<u8>> {
    let organization = oauth::organization_of(state, authorization(request));
    state.in_organization(organization.as_deref(), |state| {
        if request.uri().path() == "/oauth/token" {
            return respond(answer(state, defaults, request, now), request_id);
        }
        let used = rates.count(bearer(request), state.organization.quirks.requests_per_minute, now);
        let mut response = if used.is_too_much() {
            too_many(used.seconds_left(), request_id)
        } else {
            respond(answer(state, defaults, request, now), request_id)
        };
        used.tell(response.headers_mut());
        response
    })
}

fn authorization<B>(request: &Request<B>) -> &str {
    request.headers().get("authorization").and_then(|value| value.to_str().ok()).unwrap_or_default()
}

fn bearer<B>(request: &Request<B>) -> &str {
    authorization(request).strip_prefix("Bearer ").unwrap_or_default()
}

/// Writes a request's response or refusal.
fn respond(outcome: ApiOutcome, request_id: &str) -> Response<Vec<u8>> {
    let ApiAnswer { status, body } = outcome.unwrap_or_else(|refusal| refused(refusal, request_id));
    let (kind, body) = match body {
        Body::Empty => (None, Vec::new()),
        Body::Json(value) => (Some("application/json"), value.to_string().into_bytes()),
        Body::Text(text) => (Some("text/plain"), text.into_bytes()),
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let headers = response.headers_mut();
    if let Some(kind) = kind {
        headers.insert("content-type", http::HeaderValue::from_static(kind));
    }
    if let Ok(id) = http::HeaderValue::from_str(request_id) {
        headers.insert("inin-correlation-id", id);
    }
    response
}

fn refused(ApiRefusal { status, code, message, details, errors }: ApiRefusal, request_id: &str) -> ApiAnswer {
    let body = if code == "invalid_client" {
        json!({ "error": "invalid_client", "description": message, "error_description": message })
    } else {
        json!({ "message": message, "code": code, "status": status, "contextId": request_id, "details": details,
                "errors": errors })
    };
    ApiAnswer::json(status, body)
}

/// The throttling response.
pub(crate) fn throttle(request_id: &str) -> Response<Vec<u8>> {
    too_many(1, request_id)
}

fn too_many(seconds: i64, request_id: &str) -> Response<Vec<u8>> {
    let message = format!("Rate limit exceeded the maximum. Retry the request in [{seconds}] seconds");
    let mut response = respond(Err(ApiRefusal::new(429, "too.many.requests", message)), request_id);
    response.headers_mut().insert(http::header::RETRY_AFTER, seconds.into());
    response
}

fn answer(
    state: &mut State,
    defaults: &Defaults,
    request: &Request<impl AsRef<[u8]>>,
    now: Timestamp,
) -> ApiOutcome {
    let path = request.uri().path();
    if path == "/oauth/token" {
        let basic = authorization(request);
        return oauth::token(state, request.method(), basic, request.body().as_ref(), now);
    }
    if !oauth::is_valid(&state.organization, bearer(request), now) {
        return Err(ApiRefusal::new(401, "bad.credentials", "Invalid login credentials."));
    }
    let query = request.uri().query().unwrap_or_default();
    let body: Value = match request.body().as_ref() {
        [] => Value::Null,
        // No call accepts anything else.
        text => match serde_json::from_slice(text) {
            Ok(body @ (Value::Null | Value::Object(_))) => body,
            _ => {
                return Err(ApiRefusal::new(
                    400,
                    "bad.request",
                    "The request could not be understood by the server due to malformed syntax.",
                ));
            }
        },
    };
    let mut call = ReceivedCall {
        state,
        defaults,
        method: request.method(),
        path,
        query: form_urlencoded::parse(query.as_bytes()).into_owned().collect(),
        body,
        now,
    };
    let parts: Vec<&str> = path.trim_start_matches("/api/v2/").split('/').collect();
    match parts.as_slice() {
        ["organizations", "me"] if *call.method == http::Method::GET => Ok(json!({
            "id": call.organization().id, "name": "Sandbox", "thirdPartyOrgName": "sandbox", "state": "active",
            "domain": "sandbox", "defaultLanguage": "en-us", "version": 1,
        })
        .into()),
        ["architect", "dependencytracking", rest @ ..] => dependencies::handle(&mut call, rest),
        ["integrations", "actions", rest @ ..] => actions::handle(&mut call, rest),
        ["integrations", "credentials", rest @ ..] => credentials::handle(&mut call, rest),
        ["integrations", rest @ ..] => integrations::handle(&mut call, rest),
        _ => Err(call.unknown()),
    }
}
