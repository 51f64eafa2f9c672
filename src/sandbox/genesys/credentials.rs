//! Credentials; for Lambda integrations, the ARN of a role.

use http::Method;
use serde_json::{Value, json};

use super::api::{ApiAnswer, ApiOutcome, ApiRefusal, ReceivedCall};
use crate::sandbox::state::quirks::ArnShown;

const VIEW: &str = "integrations:integration:view";
const KIND: &str = "amazonWebServicesARN";

/// `rest` is the path after `integrations/credentials/`.
pub(crate) fn handle(call: &mut ReceivedCall<'_>, rest: &[&str]) -> ApiOutcome {
    match (call.method, rest) {
        (&Method::POST, []) => create(call),
        (&Method::GET, []) => list(call),
        (&Method::GET, ["listing"]) => listing(call),
        (&Method::GET, ["types"]) => types(call),
        (&Method::GET, [id]) => get(call, id),
        (&Method::PUT, [id]) => put(call, id),
        (&Method::DELETE, [id]) => delete(call, id),
        _ => Err(call.unknown()),
    }
}

fn missing(id: &str) -> ApiRefusal {
    ApiRefusal::new(404, "not.found", format!("Entity of type [Credential] with ID [{id}] not found "))
}

/// The form in listings and write responses: without the fields.
fn info(credential: &Value) -> Value {
    let mut info = credential.clone();
    if let Some(members) = info.as_object_mut() {
        members.remove("credentialFields");
    }
    info
}

/// What is invalid about a submitted credential.
fn checked(body: &Value) -> Result<Value, ApiRefusal> {
    let kind = body["type"]["name"].as_str().or(body["type"]["id"].as_str()).unwrap_or_default();
    if kind != KIND {
        return Err(ApiRefusal::bad_request(
            "type",
            "The sandbox has credentials of the type amazonWebServicesARN only",
        ));
    }
    if body["credentialFields"]["ARN"].as_str().is_none_or(str::is_empty) {
        return Err(ApiRefusal::bad_request("credentialFields", "ARN is required"));
    }
    Ok(json!({ "name": body["name"], "type": { "id": KIND, "name": KIND },
               "credentialFields": { "ARN": body["credentialFields"]["ARN"] } }))
}

fn create(call: &mut ReceivedCall<'_>) -> ApiOutcome {
    call.require("integrations:integration:add")?;
    let mut credential = checked(&call.body)?;
    let id = call.organization().new_id();
    credential["id"] = id.as_str().into();
    credential["selfUri"] = format!("/api/v2/integrations/credentials/{id}").into();
    call.organization().credentials.insert(id, credential.clone());
    Ok(info(&credential).into())
}

fn list(call: &mut ReceivedCall<'_>) -> ApiOutcome {
    call.require(VIEW)?;
    let all = call.organization().credentials.values().map(info).collect();
    call.page(all)
}

/// Pages by cursor: the last credential's ID.
fn listing(call: &mut ReceivedCall<'_>) -> ApiOutcome {
    call.require(VIEW)?;
    let size = call.parameter("pageSize").and_then(|size| size.parse().ok()).unwrap_or(25usize);
    let size = size.clamp(1, 200).min(call.defaults.page_limit);
    let after = call.parameter("after").unwrap_or_default().to_owned();
    let path = call.path;
    let all = &call.organization().credentials;
    let mut later = all.iter().filter(|(id, _)| after.is_empty() || **id > after);
    let page: Vec<(&String, &Value)> = later.by_ref().take(size).collect();
    let is_last = later.next().is_none();
    let mut answer = json!({
        "entities": page.iter().map(|(_, credential)| info(credential)).collect::<Vec<_>>(), "selfUri": path,
    });
    if let (false, Some((last, _))) = (is_last, page.last()) {
        answer["nextUri"] = format!("{path}?pageSize={size}&after={last}").into();
    }
    Ok(answer.into())
}

fn types(call: &mut ReceivedCall<'_>) -> ApiOutcome {
    call.require(VIEW)?;
    Ok(json!([{ "id": KIND, "name": KIND, "required": ["ARN"], "displayOrder": ["ARN"],
                "properties": { "ARN": { "type": "string" } } }])
    .into())
}

fn get(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require(VIEW)?;
    let shown = call.organization().quirks.arn;
    let mut credential = call.organization().credentials.get(id).cloned().ok_or_else(|| missing(id))?;
    match shown {
        ArnShown::Shown => {}
        ArnShown::Absent => credential["credentialFields"] = json!({}),
        ArnShown::Masked => credential["credentialFields"] = json!({ "ARN": "********" }),
    }
    Ok(credential.into())
}

fn put(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require("integrations:integration:edit")?;
    let mut credential = checked(&call.body)?;
    let live = call.organization().credentials.get_mut(id).ok_or_else(|| missing(id))?;
    credential["id"] = id.into();
    credential["selfUri"] = live["selfUri"].clone();
    *live = credential;
    Ok(info(live).into())
}

fn delete(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require("integrations:integration:delete")?;
    call.organization().credentials.remove(id).ok_or_else(|| missing(id))?;
    Ok(ApiAnswer::empty())
}
