//! Credentials: of Lambda integrations, the ARN of a role.

use http::Method;

use super::api::{ApiCall, Outcome, Refusal};
use crate::sandbox::ids::{digest, uuid};

/// `rest` is the path after `integrations/credentials/`.
pub(crate) fn handle(call: &mut ApiCall<'_>, rest: &[&str]) -> Outcome {
    match (call.method, rest) {
        (&Method::POST, []) => create(call),
        (&Method::GET, [id]) => get(call, id),
        (&Method::PUT, [id]) => put(call, id),
        _ => Err(call.unknown()),
    }
}

fn missing() -> Refusal {
    Refusal::not_found("The credential")
}

fn create(call: &mut ApiCall<'_>) -> Outcome {
    call.require("integrations:integration:add")?;
    let mut credential = call.body.clone();
    let id = uuid(digest(&format!("credential {credential}")));
    credential["id"] = id.as_str().into();
    call.organization().credentials.insert(id, credential.clone());
    Ok(credential)
}

fn get(call: &mut ApiCall<'_>, id: &str) -> Outcome {
    call.require("integrations:integration:view")?;
    call.organization().credentials.get(id).cloned().ok_or_else(missing)
}

fn put(call: &mut ApiCall<'_>, id: &str) -> Outcome {
    call.require("integrations:integration:edit")?;
    let fields = call.body["credentialFields"].clone();
    let credential = call.organization().credentials.get_mut(id).ok_or_else(missing)?;
    credential["credentialFields"] = fields;
    Ok(credential.clone())
}
