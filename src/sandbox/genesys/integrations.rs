//! Integrations and their configuration.

use http::Method;
use serde_json::{Value, json};

use super::api::{ApiOutcome, ApiRefusal, ReceivedCall};
use crate::sandbox::state::genesys::{INTEGRATION_TYPE, StoredOrganization};

const VIEW: &str = "integrations:integration:view";
const EDIT: &str = "integrations:integration:edit";
const CREDENTIAL_KEY: &str = "AmazonWebServicesARN";

/// `rest` is the path after `integrations/`.
pub(crate) fn handle(call: &mut ReceivedCall<'_>, rest: &[&str]) -> ApiOutcome {
    match (call.method, rest) {
        (&Method::GET, []) => list(call),
        (&Method::POST, []) => create(call),
        (&Method::GET, ["types", INTEGRATION_TYPE]) => kind(call),
        (&Method::GET, [id]) => get(call, id),
        (&Method::PATCH, [id]) => set_intended_state(call, id),
        (&Method::DELETE, [id]) => delete(call, id),
        (&Method::GET, [id, "config", "current"]) => configuration(call, id),
        (&Method::PUT, [id, "config", "current"]) => put_configuration(call, id),
        _ => Err(call.unknown()),
    }
}

fn missing() -> ApiRefusal {
    ApiRefusal::new(404, "not.found", "Integration not found")
}

fn list(call: &mut ReceivedCall<'_>) -> ApiOutcome {
    call.require(VIEW)?;
    let organization = &call.state.organization;
    let filters = !organization.quirks.ignores_filters;
    let wanted = |name: &str| call.parameter(name).filter(|_| filters);
    let (kind, credential) = (wanted("integrationType"), wanted("credentialId"));
    let uses = |id: &str, credential: &str| {
        let credentials = organization.configurations.get(id).and_then(|one| one["credentials"].as_object());
        credentials.is_some_and(|all| all.values().any(|one| one["id"] == credential))
    };
    let fits = |(id, one): &(&String, &Value)| {
        kind.is_none_or(|kind| one["integrationType"]["id"] == kind)
            && credential.is_none_or(|credential| uses(id, credential))
    };
    let all = organization.integrations.iter().filter(fits).map(|(_, one)| one.clone()).collect();
    call.page(all)
}

fn create(call: &mut ReceivedCall<'_>) -> ApiOutcome {
    call.require("integrations:integration:add")?;
    if call.body["integrationType"]["id"] != INTEGRATION_TYPE {
        return Err(ApiRefusal::bad_request(
            "integrationType",
            "The sandbox has integrations for Lambda data actions only",
        ));
    }
    let organization = &mut call.state.organization;
    let name = call.body["name"].as_str().filter(|_| !organization.quirks.drops_name);
    let name = name.unwrap_or("AWS Lambda Data Actions").to_owned();
    let id = organization.new_id();
    let integration = json!({
        "id": id, "name": name, "integrationType": { "id": INTEGRATION_TYPE }, "intendedState": "DISABLED",
        "reportedState": { "code": "INACTIVE", "effective": "Inactive" },
        "selfUri": format!("/api/v2/integrations/{id}"),
    });
    let configuration = json!({ "id": id, "name": name, "version": 1, "properties": {}, "advanced": {},
                                "notes": "", "credentials": {} });
    organization.integrations.insert(id.clone(), integration.clone());
    organization.refusals.insert(id.clone(), organization.quirks.fresh_refusals);
    organization.configurations.insert(id, configuration);
    Ok(integration.into())
}

fn kind(call: &mut ReceivedCall<'_>) -> ApiOutcome {
    call.require(VIEW)?;
    Ok(json!({
        "id": INTEGRATION_TYPE, "name": "AWS Lambda Data Actions",
        "credentials": { CREDENTIAL_KEY: { "required": true, "title": "AWS Role ARN",
                                           "credentialTypes": ["amazonWebServicesARN"] } },
    })
    .into())
}

fn get(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require(VIEW)?;
    let organization = call.organization();
    let integration = organization.integrations.get(id).cloned().ok_or_else(missing)?;
    settle(organization, id);
    Ok(integration.into())
}

/// Time advances with each read.
fn settle(organization: &mut StoredOrganization, id: &str) {
    let Some(left) = organization.activating.get_mut(id) else { return };
    *left = left.saturating_sub(1);
    if *left > 0 {
        return;
    }
    organization.activating.remove(id);
    let error = organization.quirks.error.clone();
    if let Some(integration) = organization.integrations.get_mut(id)
        && integration["reportedState"]["code"] == "ACTIVATING"
    {
        integration["reportedState"] = match error {
            None => json!({ "code": "ACTIVE", "effective": "Active", "detail": { "message": "" } }),
            Some(message) => {
                json!({ "code": "ERROR", "effective": "Error", "detail": { "message": message } })
            }
        };
    }
}

fn set_intended_state(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require(EDIT)?;
    let intended = call.body["intendedState"].as_str().unwrap_or_default().to_owned();
    let organization = call.organization();
    let has_credential = role_credential(organization, id).is_some();
    let (activating, needs_credential) =
        (organization.quirks.activating, organization.quirks.needs_credential);
    let integration = organization.integrations.get_mut(id).ok_or_else(missing)?;
    if !matches!(intended.as_str(), "ENABLED" | "DISABLED" | "DELETED") {
        return Err(ApiRefusal::bad_request(
            "intendedState",
            "intendedState is ENABLED, DISABLED or DELETED",
        ));
    }
    if intended == "ENABLED" && needs_credential && !has_credential {
        return Err(ApiRefusal::bad_request("credentials", "The configuration has no credential"));
    }
    integration["intendedState"] = intended.as_str().into();
    if intended == "ENABLED" {
        if integration["reportedState"]["code"] != "ACTIVE" {
            integration["reportedState"] = json!({ "code": "ACTIVATING", "effective": "Activating" });
            organization.activating.insert(id.to_owned(), activating);
        }
    } else {
        integration["reportedState"] = json!({ "code": "INACTIVE", "effective": "Inactive" });
    }
    let answer = integration.clone();
    // If no read is needed it is active from here on, although the answer says otherwise.
    if activating == 0 && intended == "ENABLED" {
        settle(organization, id);
    }
    Ok(answer.into())
}

/// Deletes its actions too, like the real one.
fn delete(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require("integrations:integration:delete")?;
    let organization = call.organization();
    let integration = organization.integrations.remove(id).ok_or_else(missing)?;
    organization.configurations.remove(id);
    organization.actions.retain(|_, action| action["integrationId"] != id);
    organization.drafts.retain(|_, draft| draft["integrationId"] != id);
    Ok(integration.into())
}

fn configuration(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require(VIEW)?;
    let organization = call.organization();
    let literal = organization.quirks.empty_notes_literal;
    let mut current = organization.configurations.get(id).cloned().ok_or_else(missing)?;
    if literal && current["notes"] == "" {
        current["notes"] = "node_dynamodb_empty_string".into();
    }
    Ok(current.into())
}

fn put_configuration(call: &mut ReceivedCall<'_>, id: &str) -> ApiOutcome {
    call.require(EDIT)?;
    let body = call.body.clone();
    let organization = &mut call.state.organization;
    let quirks = organization.quirks.clone();
    let current = organization.configurations.get_mut(id).ok_or_else(missing)?;
    if body["version"] != current["version"] {
        return Err(ApiRefusal::stale(&quirks, &body["version"], &current["version"]));
    }
    for (key, credential) in body["credentials"].as_object().into_iter().flatten() {
        if quirks.exact_credential_key && key != CREDENTIAL_KEY {
            return Err(ApiRefusal::bad_request("credentials", &format!("There is no credential {key}")));
        }
        let named = credential["id"].as_str().unwrap_or_default();
        if !organization.credentials.contains_key(named) {
            return Err(ApiRefusal::bad_request(
                "credentials",
                &format!("There is no credential with ID {named}"),
            ));
        }
    }
    let version = current["version"].as_i64().unwrap_or(1) + 1;
    *current = body;
    current["version"] = version.into();
    current["id"] = id.into();
    let current = current.clone();
    if let (Some(integration), Some(name)) = (organization.integrations.get_mut(id), current["name"].as_str())
    {
        integration["name"] = name.into();
        integration["notes"] = current["notes"].clone();
    }
    Ok(current.into())
}

/// The credential ID in an integration's configuration.
pub(crate) fn role_credential<'o>(
    organization: &'o StoredOrganization,
    integration: &str,
) -> Option<&'o str> {
    let credentials = organization.configurations.get(integration)?["credentials"].as_object()?;
    credentials.values().next()?["id"].as_str()
}
