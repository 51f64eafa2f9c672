//! OAuth client credentials.

use base64::Engine as _;
use http::Method;
use jiff::Timestamp;
use serde_json::json;

use super::api::{ApiOutcome, ApiRefusal};
use crate::sandbox::state::State;
use crate::sandbox::state::genesys::StoredOrganization;

/// Lifetime of a token, in seconds.
const LIFETIME: i64 = 86_400;

/// A token for a client's ID and secret.
pub(crate) fn token(
    state: &mut State,
    method: &Method,
    basic: &str,
    body: &[u8],
    now: Timestamp,
) -> ApiOutcome {
    let invalid = |message: &str| ApiRefusal::new(401, "invalid_client", message);
    if *method != Method::POST {
        return Err(ApiRefusal::new(405, "method.not.allowed", "POST it"));
    }
    let grants =
        form_urlencoded::parse(body).any(|(key, value)| key == "grant_type" && value == "client_credentials");
    if !grants {
        return Err(ApiRefusal::new(
            400,
            "invalid_client",
            "client credentials are the only grant of the sandbox",
        ));
    }
    let decoded = basic
        .strip_prefix("Basic ")
        .and_then(|text| base64::engine::general_purpose::STANDARD.decode(text).ok())
        .and_then(|bytes| String::from_utf8(bytes).ok())
        .ok_or_else(|| invalid("client not found or invalid client"))?;
    let (id, secret) = decoded.split_once(':').unwrap_or((&decoded, ""));
    let organization = &state.organization;
    let is_known = match organization.clients.get(id) {
        Some(known) => known == secret,
        None => organization.clients.is_empty() && !id.is_empty() && !secret.is_empty(),
    };
    if !is_known {
        return Err(invalid("client not found or invalid client"));
    }
    let token = state.new_id("sandbox-genesys-");
    state.organization.tokens.retain(|_, until| *until > now.as_second());
    state.organization.tokens.insert(token.clone(), now.as_second() + LIFETIME);
    Ok(json!({ "access_token": token, "token_type": "bearer", "expires_in": LIFETIME }).into())
}

/// Whether a token is valid.
pub(crate) fn is_valid(organization: &StoredOrganization, token: &str, now: Timestamp) -> bool {
    organization.tokens.get(token).is_some_and(|until| *until > now.as_second())
}
