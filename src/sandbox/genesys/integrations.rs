//! Integrations and their configuration.

use http::Method;
use serde_json::{Value, json};

use super::api::{ApiCall, Outcome, Refusal};
use crate::sandbox::ids::{digest, uuid};
use crate::sandbox::state::genesys::INTEGRATION_TYPE;

const VIEW: &str = "integrations:integration:view";
const EDIT: &str = "integrations:integration:edit";

/// `rest` is the path after `integrations/`.
pub(crate) fn handle(call: &mut ApiCall<'_>, rest: &[&str]) -> Outcome {
    match (call.method, rest) {
        (&Method::GET, []) => list(call),
        (&Method::POST, []) => create(call),
        (&Method::GET, [id]) => get(call, id),
        (&Method::PATCH, [id]) => set_intended_state(call, id),
        (&Method::GET, [id, "config", "current"]) => configuration(call, id),
        (&Method::PUT, [id, "config", "current"]) => put_configuration(call, id),
        _ => Err(call.unknown()),
    }
}

fn missing() -> Refusal {
    Refusal::not_found("The integration")
}

fn list(call: &mut ApiCall<'_>) -> Outcome {
    call.require(VIEW)?;
    let wanted = call.parameter("integrationType").map(str::to_owned);
    let fits =
        |one: &&Value| wanted.as_ref().is_none_or(|wanted| one["integrationType"]["id"] == wanted.as_str());
    let all = call.organization().integrations.values().filter(fits).cloned().collect();
    call.page(all)
}

fn create(call: &mut ApiCall<'_>) -> Outcome {
    call.require("integrations:integration:add")?;
    if call.body["integrationType"]["id"] != INTEGRATION_TYPE {
        return Err(Refusal::new(
            400,
            "bad.request",
            "The sandbox has integrations for Lambda data actions only",
        ));
    }
    let name = call.body["name"].as_str().unwrap_or("AWS Lambda Data Actions").to_owned();
    let organization = call.organization();
    let number = organization.integrations.len();
    let id = uuid(digest(&format!("integration {number}")));
    let integration = json!({
        "id": id, "name": name, "integrationType": { "id": INTEGRATION_TYPE }, "intendedState": "DISABLED",
        "reportedState": { "code": "INACTIVE", "effective": "Inactive" },
    });
    let configuration = json!({ "id": id, "name": name, "version": 1, "properties": {}, "advanced": {},
                                "notes": "", "credentials": {} });
    organization.integrations.insert(id.clone(), integration.clone());
    organization.configurations.insert(id, configuration);
    Ok(integration)
}

fn get(call: &mut ApiCall<'_>, id: &str) -> Outcome {
    call.require(VIEW)?;
    call.organization().integrations.get(id).cloned().ok_or_else(missing)
}

fn set_intended_state(call: &mut ApiCall<'_>, id: &str) -> Outcome {
    call.require(EDIT)?;
    let intended = call.body["intendedState"].as_str().unwrap_or_default().to_owned();
    let integration = call.organization().integrations.get_mut(id).ok_or_else(missing)?;
    if !matches!(intended.as_str(), "ENABLED" | "DISABLED" | "DELETED") {
        return Err(Refusal::new(400, "bad.request", "intendedState is ENABLED, DISABLED or DELETED"));
    }
    let code = if intended == "ENABLED" { "ACTIVE" } else { "INACTIVE" };
    integration["intendedState"] = intended.into();
    integration["reportedState"]["code"] = code.into();
    Ok(integration.clone())
}

fn configuration(call: &mut ApiCall<'_>, id: &str) -> Outcome {
    call.require(VIEW)?;
    call.organization().configurations.get(id).cloned().ok_or_else(missing)
}

fn put_configuration(call: &mut ApiCall<'_>, id: &str) -> Outcome {
    call.require(EDIT)?;
    let body = call.body.clone();
    let current = call.organization().configurations.get_mut(id).ok_or_else(missing)?;
    if body["version"] != current["version"] {
        return Err(Refusal::new(409, "conflict", "The version does not match the current version"));
    }
    let version = current["version"].as_i64().unwrap_or(1) + 1;
    *current = body;
    current["version"] = version.into();
    Ok(current.clone())
}
