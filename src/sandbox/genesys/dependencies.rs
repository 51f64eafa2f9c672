//! Dependency tracking: which flows use a data action.

use http::Method;
use serde_json::{Value, json};

use super::api::{ApiOutcome, ApiRefusal, ReceivedCall};

/// `rest` is the path after `architect/dependencytracking/`.
pub(crate) fn handle(call: &mut ReceivedCall<'_>, rest: &[&str]) -> ApiOutcome {
    match (call.method, rest) {
        (&Method::GET, ["consumingresources"]) => consumers(call),
        _ => Err(call.unknown()),
    }
}

fn consumers(call: &mut ReceivedCall<'_>) -> ApiOutcome {
    call.require("architect:dependencyTracking:view")?;
    let id = call.parameter("id").unwrap_or_default().to_owned();
    let has_version = call.parameter("version").is_some();
    let refuses = call.organization().quirks.refuses_flow_version;
    if refuses && has_version {
        return Err(ApiRefusal::bad_request("version", "There is no such version"));
    }
    if !refuses && !has_version {
        return Err(ApiRefusal::bad_request("version", "Query parameter 'version' is missing or empty"));
    }
    let kind = call.parameter("objectType").unwrap_or_default().to_owned();
    let organization = call.organization();
    let is_secure = organization.actions.get(&id).is_some_and(|action| action["secure"] == true);
    let asked = if is_secure { "SECUREACTION" } else { "DATAACTION" };
    let flows = organization.flows.get(&id).into_iter().flatten().filter(|_| kind == asked);
    // One entry per version of a flow.
    let all: Vec<Value> = flows
        .flat_map(|name| {
            ["1", "2"].map(
                |version| json!({ "id": name, "name": name, "version": version, "type": "INBOUNDCALLFLOW" }),
            )
        })
        .collect();
    call.page(all)
}
