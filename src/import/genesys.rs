//! Genesys Cloud's side of an imported role: its integration and its data actions, as tables of the spec.

use std::collections::BTreeMap;
use std::fmt::Write;

use serde_json::Value;

use super::text::quoted;
use crate::arn::{Arn, FunctionArn};
use crate::model::{ActionState, LiveAction, LiveIntegration, LiveOrganization, Marker};
use crate::spec::{DEFAULT_TIMEOUT, RAW_REQUEST, RAW_RESULT};

/// The tables of the integration that uses a role; nothing where none or several do.
pub(super) fn tables(
    organization: &LiveOrganization,
    role: &Arn,
    functions: &[FunctionArn],
    limits: &mut Vec<String>,
) -> String {
    let name = role.name();
    let uses = |one: &&LiveIntegration| {
        one.credential.as_ref().and_then(crate::model::LiveCredential::role).as_ref() == Some(role)
    };
    let own: Vec<&LiveIntegration> = organization.integrations.iter().filter(uses).collect();
    let live = match own.as_slice() {
        [one] => one,
        [] => {
            let hidden = organization
                .integrations
                .iter()
                .any(|one| one.credential.as_ref().is_some_and(|credential| credential.role().is_none()));
            if hidden {
                limits.push(format!(
                    "role `{name}`: whether an integration uses it is not known: Genesys Cloud does not show every credential's ARN"
                ));
            }
            return String::new();
        }
        several => {
            let ids: Vec<&str> = several.iter().map(|one| one.id.as_str()).collect();
            limits.push(format!(
                "role `{name}`: several integrations use it, and a spec has one for a role: {}",
                ids.join(", ")
            ));
            return String::new();
        }
    };
    let mut text = format!("\n[role.integration]\nname = {}\n", quoted(&live.name));
    if organization.integrations.iter().filter(|one| one.name == live.name).count() > 1 {
        let _ = writeln!(text, "id = {}", quoted(&live.id));
    }
    let (notes, _) = Marker::split(&live.notes);
    if !notes.is_empty() {
        let _ = writeln!(text, "notes = {}", quoted(&notes));
    }
    if live.intended_state != "ENABLED" {
        text.push_str("intended_state = \"DISABLED\"\n");
    }
    text.push_str("adopt = true\n");
    for action in &live.actions {
        text.push_str(&data_action(action, live, functions, limits));
    }
    text
}

/// One data action; as nothing where a spec cannot have it.
fn data_action(
    action: &LiveAction,
    integration: &LiveIntegration,
    functions: &[FunctionArn],
    limits: &mut Vec<String>,
) -> String {
    let left_out = |why: &str| format!("data action \"{}\" is left out: {why}", action.name);
    let Some(ActionState { target, content }) = &action.state else {
        limits.push(left_out("it could not be read"));
        return String::new();
    };
    let function = functions.iter().find(|function| function.to_string() == target.trim());
    let Some(function) = function else {
        limits.push(left_out(&format!("it points at {target}, which the role's policy does not name")));
        return String::new();
    };
    if !action.unknown.is_empty() {
        let members: Vec<&str> = action.unknown.iter().copied().collect();
        limits.push(left_out(&format!("Genesys Cloud does not show its {}", members.join(" and "))));
        return String::new();
    }
    let mut text = format!("\n[[role.data_action]]\nname = {}\n", quoted(&content.name));
    let mut line = |key: &str, value: String| text.push_str(&format!("{key} = {value}\n"));
    if integration.actions.iter().filter(|other| other.name == action.name).count() > 1 {
        line("id", quoted(&action.id));
    }
    if functions.len() > 1 {
        line("function", quoted(&function.to_string()));
    }
    if content.category != integration.name {
        line("category", quoted(&content.category));
    }
    match short(&content.input_schema) {
        Some(types) => line("input", types),
        None => line("input_schema", quoted(&content.input_schema.to_string())),
    }
    match short(&content.success_schema) {
        Some(types) => line("output", types),
        None => line("success_schema", quoted(&content.success_schema.to_string())),
    }
    if content.secure {
        line("secure", "true".to_owned());
    }
    if content.timeout_seconds != DEFAULT_TIMEOUT {
        line("timeout_seconds", content.timeout_seconds.to_string());
    }
    if content.request_template.trim_end() != RAW_REQUEST {
        line("request_template", quoted(&content.request_template));
    }
    if content.success_template.trim_end() != RAW_RESULT {
        line("success_template", quoted(&content.success_template));
    }
    for (key, map) in [
        ("headers", &content.headers),
        ("translation_map", &content.translation_map),
        ("translation_map_defaults", &content.translation_map_defaults),
    ] {
        if !map.is_empty() {
            line(key, inline_table(map));
        }
    }
    if !content.headers.is_empty() {
        limits.push(format!(
            "data action \"{}\": its headers are in the spec as they are; look whether one of them is a secret",
            action.name
        ));
    }
    text
}

/// The short form, where the schema says nothing more.
fn short(schema: &Value) -> Option<String> {
    let members = schema.as_object()?;
    if !members.keys().all(|key| key == "type" || key == "properties") || schema["type"] != "object" {
        return None;
    }
    let mut types = BTreeMap::new();
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        let property = property.as_object().filter(|members| members.len() == 1)?;
        types.insert(name.clone(), property.get("type")?.as_str()?.to_owned());
    }
    Some(if types.is_empty() { "{}".to_owned() } else { inline_table(&types) })
}

fn inline_table(map: &BTreeMap<String, String>) -> String {
    let is_bare =
        |key: &str| !key.is_empty() && key.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let entries = map.iter().map(|(key, value)| {
        let key = if is_bare(key) { key.clone() } else { quoted(key) };
        format!("{key} = {}", quoted(value))
    });
    format!("{{ {} }}", entries.collect::<Vec<_>>().join(", "))
}
