//! Data actions.

use http::Method;
use serde_json::{Map, Value, json};

use super::api::{ApiAnswer, ApiOutcome, ApiRefusal, ReceivedCall};
use super::invocation;

const VIEW: &str = "integrations:action:view";
/// Genesys Cloud's own, which cannot be created, changed or deleted.
const STATIC: &str = "static_-_sandbox";

/// `rest` is the path after `integrations/actions/`.
pub(crate) fn handle(call: &mut ReceivedCall<'_>, rest: &[&str]) -> ApiOutcome {
    match (call.method, rest) {
        (&Method::GET, []) => list(call),
        (&Method::POST, []) => create(call),
        (&Method::GET, ["drafts"]) => drafts(call),
        (&Method::POST, ["drafts"]) => create_draft(call),
        (&Method::POST, [id, "draft"]) => draft_of(call, id),
        (&Method::DELETE, [id, "draft"]) => delete_draft(call, id),
        (&Method::GET, [id]) => get(call, id),
        (&Method::PATCH, [id]) => patch(call, id),
        (&Method::DELETE, [id]) => delete(call, id),
        (&Method::GET, [id, "templates", file]) => template(call, id, file),
        (&Method::GET, [id, "schemas", file]) => schema(call, id, file),
        (&Method::POST, [id, "test"]) => test(call, id),
        _ => Err(call.unknown()),
    }
}

fn missing(id: &str) -> ApiRefusal {
    ApiRefusal::new(404, "not.found", format!("Action with id {id} was not found"))
        .detail("ACTION.PROCESSING", None)
}

fn list(call: &mut ReceivedCall<'_>) -> ApiOutcome {
    call.require(VIEW)?;
    let with_config = call.has("includeConfig", "true");
    let filters = !call.organization().quirks.ignores_filters;
    let category = call.parameter("category").filter(|_| filters).map(str::to_owned);
    let name = call.parameter("name").filter(|_| filters).map(str::to_lowercase);
    let fits = |action: &&Value| {
        category.as_ref().is_none_or(|category| action["category"] == category.as_str())
            && name.as_ref().is_none_or(|name| {
                action["name"].as_str().unwrap_or_default().to_lowercase().contains(name.as_str())
            })
    };
    let inline = call.organization().quirks.inline_templates;
    let built_in = json!({ "id": STATIC, "name": "Built in", "integrationId": "static", "category": "Sandbox",
                           "secure": false, "version": 1 });
    let mut all: Vec<Value> = call
        .organization()
        .actions
        .values()
        .filter(fits)
        .map(|action| shown(action, with_config, false, inline))
        .collect();
    if category.is_none() && name.is_none() {
        all.push(built_in);
    }
    call.page(all)
}

fn drafts(call: &mut ReceivedCall<'_>) -> ApiOutcome {
    call.require(VIEW)?;
    let all = call.organization().drafts.values().cloned().collect();
    call.page(all)
}

/// An action that is not published yet.
fn create_draft(call: &mut ReceivedCall<'_>) -> ApiOutcome {
    call.require("integrations:action:add")?;
    let mut draft = call.body.clone();
    let id = format!("custom_-_{}", call.organization().new_id());
    draft["id"] = id.as_str().into();
    draft["version"] = 1.into();
    call.organization().drafts.insert(id, draft.clone());
    Ok(ApiAnswer::json(201, draft))
}

/// Opens a draft of a published action; it has its own version counter.
fn draft_of(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require("integrations:action:edit")?;
    let mut draft = call.organization().actions.get(id).cloned().ok_or_else(|| missing(id))?;
    draft["version"] = 1.into();
    call.organization().drafts.insert(id.to_owned(), draft.clone());
    Ok(draft.into())
}

fn get(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require(VIEW)?;
    let (config, contract) = (call.has("includeConfig", "true"), call.has("expand", "contract"));
    let quirks = call.organization().quirks.clone();
    let action = call.organization().actions.get(id).ok_or_else(|| missing(id))?;
    let mut answer = shown(action, config, contract, quirks.inline_templates);
    if quirks.fills_schemas && contract {
        for half in ["/contract/input/inputSchema", "/contract/output/successSchema"] {
            if let Some(schema) = answer.pointer_mut(half).filter(|schema| schema.is_object()) {
                schema["$schema"] = "http://json-schema.org/draft-04/schema#".into();
                schema["additionalProperties"] = true.into();
                if schema["required"].is_null() {
                    schema["required"] = json!([]);
                }
            }
        }
    }
    Ok(answer.into())
}

/// What is invalid about an action's name, category or configuration.
fn checked(body: &Value) -> Result<(), ApiRefusal> {
    for member in ["name", "category"] {
        let length = body[member].as_str().map_or(0, |text| text.chars().count());
        if !(1..=256).contains(&length) {
            return Err(ApiRefusal::bad_request(member, "size must be between 1 and 256"));
        }
    }
    if !body["config"]["request"].is_object() {
        return Err(ApiRefusal::bad_request("config", "must not be null"));
    }
    if !matches!(body["config"]["response"], Value::Null | Value::Object(_)) {
        return Err(ApiRefusal::bad_request("config.response", "must be an object"));
    }
    let timeout = body["config"]["timeoutSeconds"].as_i64();
    if timeout.is_some_and(|seconds| !(1..=60).contains(&seconds)) {
        return Err(ApiRefusal::bad_request("timeoutSeconds", "must be between 1 and 60"));
    }
    Ok(())
}

fn create(call: &mut ReceivedCall<'_>) -> ApiOutcome {
    call.require("integrations:action:add")?;
    let body = call.body.clone();
    let organization = call.organization();
    let integration = body["integrationId"].as_str().unwrap_or_default().to_owned();
    if !organization.integrations.contains_key(&integration) {
        return Err(ApiRefusal::bad_request("integrationId", "There is no such integration"));
    }
    if let Some(left) = organization.refusals.get_mut(&integration).filter(|left| **left > 0) {
        *left -= 1;
        return Err(ApiRefusal::new(400, "bad.request", "Bad Request"));
    }
    checked(&body)?;
    let input = &body["contract"]["input"]["inputSchema"];
    if input["type"] != "object" {
        return Err(ApiRefusal::bad_request("contract.input", "inputSchema must be of type object"));
    }
    let nested = |property: &Value| matches!(property["type"].as_str(), Some("object" | "array"));
    if input["properties"].as_object().is_some_and(|all| all.values().any(nested)) {
        return Err(ApiRefusal::bad_request("contract.input", "inputSchema must be flat"));
    }
    let id = format!("custom_-_{}", organization.new_id());
    let mut action = json!({
        "name": body["name"], "category": body["category"], "integrationId": integration,
        "secure": body["secure"].as_bool().unwrap_or(false), "config": body["config"],
        "contract": {
            "input": { "inputSchema": input },
            "output": { "successSchema": body["contract"]["output"]["successSchema"] },
        },
    });
    action["id"] = id.as_str().into();
    action["version"] = 1.into();
    action["selfUri"] = format!("/api/v2/integrations/actions/{id}").into();
    for (half, member, default) in [
        ("request", "requestTemplate", "${input.rawRequest}"),
        ("response", "successTemplate", "${rawResult}"),
    ] {
        if action["config"][half][member].is_null() {
            action["config"][half][member] = default.into();
        }
    }
    organization.actions.insert(id, action.clone());
    let answer = shown(&action, true, true, organization.quirks.inline_templates);
    Ok(ApiAnswer::json(201, answer))
}

/// Changes the published action directly; contract, secrecy and integration stay.
fn patch(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require("integrations:action:edit")?;
    let body = call.body.clone();
    let quirks = call.organization().quirks.clone();
    let action = call.organization().actions.get_mut(id).ok_or_else(|| missing(id))?;
    if body["version"] != action["version"] {
        return Err(ApiRefusal::stale(&quirks, &body["version"], &action["version"]));
    }
    let mut changed = action.clone();
    for member in ["name", "category"] {
        if !body[member].is_null() {
            changed[member] = body[member].clone();
        }
    }
    if body["config"].is_object() {
        let mut config = body["config"].clone();
        let old = &action["config"];
        if !quirks.clears_omitted && config["timeoutSeconds"].is_null() && !old["timeoutSeconds"].is_null() {
            config["timeoutSeconds"] = old["timeoutSeconds"].clone();
        }
        changed["config"] = config;
    }
    checked(&changed)?;
    changed["version"] = (action["version"].as_i64().unwrap_or(1) + 1).into();
    *action = changed;
    let answer = shown(action, true, true, quirks.inline_templates);
    Ok(answer.into())
}

fn delete(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require("integrations:action:delete")?;
    let organization = call.organization();
    let is_used = organization.flows.get(id).is_some_and(|flows| !flows.is_empty());
    if is_used && organization.quirks.refuses_used && organization.actions.contains_key(id) {
        return Err(ApiRefusal::new(409, "conflict", "The action is used by published flows"));
    }
    organization.actions.remove(id).ok_or_else(|| missing(id))?;
    organization.drafts.remove(id);
    Ok(ApiAnswer::empty())
}

fn delete_draft(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require("integrations:action:delete")?;
    call.organization().drafts.remove(id).ok_or_else(|| missing(id))?;
    Ok(ApiAnswer::empty())
}

fn template(call: &mut ReceivedCall<'_>, id: &str, file: &str) -> ApiOutcome {
    call.require(VIEW)?;
    let action = call.organization().actions.get(id).ok_or_else(|| missing(id))?;
    let text = match file {
        "requesttemplate.vm" => &action["config"]["request"]["requestTemplate"],
        "successtemplate.vm" => &action["config"]["response"]["successTemplate"],
        _ => &Value::Null,
    };
    match text.as_str() {
        Some(text) => Ok(ApiAnswer::text(text)),
        None => Err(missing(id)),
    }
}

fn schema(call: &mut ReceivedCall<'_>, id: &str, file: &str) -> ApiOutcome {
    call.require(VIEW)?;
    let action = call.organization().actions.get(id).ok_or_else(|| missing(id))?;
    let schema = match file {
        "input.json" => &action["contract"]["input"]["inputSchema"],
        "success.json" => &action["contract"]["output"]["successSchema"],
        _ => &Value::Null,
    };
    if schema.is_object() { Ok(schema.clone().into()) } else { Err(missing(id)) }
}

fn test(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require("integrations:action:execute")?;
    let action = call.organization().actions.get(id).cloned().ok_or_else(|| missing(id))?;
    Ok(invocation::test(call, &action).into())
}

/// The API's form: templates and schemas by address, and by value only on request.
fn shown(action: &Value, config: bool, contract: bool, inline: bool) -> Value {
    let mut shown: Map<String, Value> = action.as_object().cloned().unwrap_or_default();
    let id = action["id"].as_str().unwrap_or_default().to_owned();
    if config && !inline {
        for (half, member, file) in [
            ("request", "requestTemplate", "requesttemplate.vm"),
            ("response", "successTemplate", "successtemplate.vm"),
        ] {
            let Some(half) = shown.get_mut("config").and_then(|config| config[half].as_object_mut()) else {
                continue;
            };
            if half.remove(member).is_some() {
                let uri = format!("/api/v2/integrations/actions/{id}/templates/{file}");
                half.insert(format!("{member}Uri"), uri.into());
            }
        }
    }
    if !config {
        shown.remove("config");
    }
    if !contract {
        // The field is still there, with addresses only.
        let uri = |file: &str| format!("/api/v2/integrations/actions/{id}/schemas/{file}");
        shown.insert(
            "contract".to_owned(),
            json!({ "input": { "inputSchemaUri": uri("input.json") },
                    "output": { "successSchemaUri": uri("success.json") } }),
        );
    }
    Value::Object(shown)
}
