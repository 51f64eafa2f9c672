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

/// The ID of an OAuth client.
const CLIENT: &str = "sandbox";

/// The client that the sandbox's organization of these credentials knows.
pub fn client_id(credentials: Option<&str>) -> String {
    credentials.map_or_else(|| CLIENT.to_owned(), |name| format!("{CLIENT}-{name}"))
}

/// Which organization of a spec's own credentials a request is for: by its client, or by its token.
pub(crate) fn organization_of(state: &State, authorization: &str) -> Option<String> {
    let others = &state.other_organizations;
    let known = match authorization.strip_prefix("Bearer ") {
        Some(token) => others.iter().find(|(_, one)| one.tokens.contains_key(token)),
        None => {
            let (id, _) = client(authorization)?;
            others.get_key_value(id.strip_prefix(CLIENT)?.strip_prefix('-')?)
        }
    };
    known.map(|(name, _)| name.clone())
}

/// ID and secret.
fn client(authorization: &str) -> Option<(String, String)> {
    let encoded = authorization.strip_prefix("Basic ")?;
    let text = String::from_utf8(base64::engine::general_purpose::STANDARD.decode(encoded).ok()?).ok()?;
    let (id, secret) = text.split_once(':').unwrap_or((&text, ""));
    Some((id.to_owned(), secret.to_owned()))
}

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
    let (id, secret) = client(basic).ok_or_else(|| invalid("client not found or invalid client"))?;
    let organization = &state.organization;
    let is_known = match organization.clients.get(&id) {
        Some(known) => *known == secret,
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
