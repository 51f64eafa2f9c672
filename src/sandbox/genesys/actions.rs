//! Data actions.

use http::Method;
use serde_json::{Map, Value};

use super::api::{ApiCall, Outcome, Refusal};
use super::invocation;
use crate::sandbox::ids::{digest, uuid};

/// `rest` is the path after `integrations/actions/`.
pub(crate) fn handle(call: &mut ApiCall<'_>, rest: &[&str]) -> Outcome {
    match (call.method, rest) {
        (&Method::GET, []) => list(call),
        (&Method::POST, []) => create(call),
        (&Method::GET, [id]) => get(call, id),
        (&Method::POST, [id, "test"]) => test(call, id),
        _ => Err(call.unknown()),
    }
}

fn missing() -> Refusal {
    Refusal::not_found("The data action")
}

fn list(call: &mut ApiCall<'_>) -> Outcome {
    call.require("integrations:action:view")?;
    let with_config = call.has("includeConfig", "true");
    let all = call.organization().actions.values().map(|action| shown(action, with_config, false)).collect();
    call.page(all)
}

fn get(call: &mut ApiCall<'_>, id: &str) -> Outcome {
    call.require("integrations:action:view")?;
    let (config, contract) = (call.has("includeConfig", "true"), call.has("expand", "contract"));
    let action = call.organization().actions.get(id).ok_or_else(missing)?;
    Ok(shown(action, config, contract))
}

fn create(call: &mut ApiCall<'_>) -> Outcome {
    call.require("integrations:action:add")?;
    let mut action = call.body.clone();
    let id = format!("custom_-_{}", uuid(digest(&action.to_string())));
    action["id"] = id.as_str().into();
    action["version"] = 1.into();
    call.organization().actions.insert(id, action.clone());
    Ok(action)
}

fn test(call: &mut ApiCall<'_>, id: &str) -> Outcome {
    call.require("integrations:action:execute")?;
    let action = call.organization().actions.get(id).cloned().ok_or_else(missing)?;
    Ok(invocation::test(call, &action))
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
