//! Genesys Cloud's side of an imported role: its integration and data actions, as tables of the spec.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write;

use serde_json::{Value, json};

use super::role::short_name;
use super::text::quoted;
use crate::arn::{Arn, FunctionArn};
use crate::model::{ActionState, LiveAction, LiveIntegration, LiveOrganization, Marker};
use crate::spec::{
    ActionContent, DEFAULT_TIMEOUT, RAW_REQUEST, RAW_RESULT, is_secret_header, is_secret_value,
};
use crate::text::one_line;

/// The tables for one role.
#[derive(Default)]
pub(super) struct IntegrationTables {
    /// `[role.integration]`
    pub(super) integration: String,
    pub(super) actions: Vec<ActionTable>,
}

/// `[[role.data_action]]`
pub(super) struct ActionTable {
    pub(super) name: String,
    pub(super) text: String,
    /// The file that the table names, with its path as in the spec, and its contents.
    pub(super) file: Option<(String, String)>,
    /// What to review in it.
    pub(super) notice: Option<String>,
}

/// The files for data actions, in a folder whose path is as in the spec.
pub(super) struct ActionFolder<'a> {
    path: &'a str,
    taken: BTreeSet<String>,
}

impl<'a> ActionFolder<'a> {
    pub(super) fn new(path: &'a str) -> Self {
        Self { path, taken: BTreeSet::new() }
    }

    /// A path that no other action has, even where names ignore case.
    fn path_for(&mut self, action: &LiveAction) -> String {
        let letters = |text: &str| -> String {
            let plain =
                text.chars().map(|c| if c.is_ascii_alphanumeric() { c.to_ascii_lowercase() } else { '-' });
            let plain: String = plain.take(LONGEST_STEM).collect();
            plain.split('-').filter(|part| !part.is_empty()).collect::<Vec<_>>().join("-")
        };
        let stem = Some(letters(&action.name)).filter(|stem| !stem.is_empty());
        let stem = stem.or_else(|| Some(letters(&action.id)).filter(|stem| !stem.is_empty()));
        // A file without a stem is hidden, and no spec may name it.
        let stem = stem.unwrap_or_else(|| "action".to_owned());
        let mut name = stem.clone();
        for number in 2.. {
            if self.taken.insert(name.clone()) {
                break;
            }
            name = format!("{stem}-{number}");
        }
        let joint = if self.path.is_empty() { "" } else { "/" };
        format!("{}{joint}{name}.custom.json", self.path)
    }
}

/// Characters of an action's name used in its file name.
const LONGEST_STEM: usize = 80;

/// The tables of the integration that uses a role; empty if none or several do.
pub(super) fn tables(
    organization: &LiveOrganization,
    role: &Arn,
    (functions, region): (&[FunctionArn], &str),
    mut folder: Option<&mut ActionFolder<'_>>,
    limits: &mut Vec<String>,
) -> Option<IntegrationTables> {
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
            return None;
        }
        several => {
            let named = several.iter().map(|one| format!("\"{}\" ({})", one_line(&one.name), one.id));
            limits.push(format!(
                "role `{name}`: several integrations use it, and a spec has one for a role: {}. None is in the spec, and all stay as \
                 they are. To manage one, write its `name` into [role.integration], with `adopt = true`; to manage another too, \
                 give it a [[role]] of its own",
                named.collect::<Vec<_>>().join(", ")
            ));
            return None;
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
    let mut actions: Vec<ActionTable> = Vec::new();
    for action in &live.actions {
        if actions.iter().any(|other| other.name == action.name) {
            limits.push(left_out(
                action,
                "a spec has one data action of a name, and another of this name is in it",
            ));
            continue;
        }
        match data_action(action, live, (functions, region), folder.as_deref_mut()) {
            Ok(table) => actions.push(table),
            Err(why) => limits.push(left_out(action, &why)),
        }
    }
    Some(IntegrationTables { integration: text, actions })
}

pub(super) fn left_out(action: &LiveAction, why: &str) -> String {
    format!("data action \"{}\" ({}) is left out: {why}", action.name, action.id)
}

/// One data action, or why a spec cannot describe it.
fn data_action(
    action: &LiveAction,
    integration: &LiveIntegration,
    (functions, region): (&[FunctionArn], &str),
    folder: Option<&mut ActionFolder<'_>>,
) -> Result<ActionTable, String> {
    let Some(ActionState { target, content }) = &action.state else {
        return Err("it could not be read".to_owned());
    };
    let function = functions.iter().find(|function| function.to_string() == target.trim());
    let Some(function) = function else {
        return Err(format!("it points at {target}, which the role may not invoke"));
    };
    if !action.unknown.is_empty() {
        let members: Vec<&str> = action.unknown.iter().copied().collect();
        return Err(format!("Genesys Cloud does not show its {}", members.join(" and ")));
    }
    let is_secret = |(name, value): &(&String, &String)| is_secret_header(name) || is_secret_value(value);
    if let Some((header, _)) = content.headers.iter().find(is_secret) {
        return Err(format!("its header `{header}` may be a secret, which a spec would hold in clear"));
    }
    let mut text = format!("\n[[role.data_action]]\nname = {}\n", quoted(&content.name));
    let mut line = |key: &str, value: String| text.push_str(&format!("{key} = {value}\n"));
    if integration.actions.iter().filter(|other| other.name == action.name).count() > 1 {
        line("id", quoted(&action.id));
    }
    if functions.len() > 1 {
        line("function", quoted(&short_name(function, region)));
    }
    if content.category != integration.name {
        line("category", quoted(&content.category));
    }
    if content.timeout_seconds != DEFAULT_TIMEOUT {
        // The UI's files do not include it.
        line("timeout_seconds", content.timeout_seconds.to_string());
    }
    let file = match folder {
        Some(folder) => {
            let path = folder.path_for(action);
            line("file", quoted(&path));
            Some((path, exported(target, content)))
        }
        None => {
            in_keys(content, line);
            None
        }
    };
    let notice = (!content.headers.is_empty()).then(|| {
        let place = file.as_ref().map_or("the spec", |(path, _)| path.as_str());
        format!(
            "data action \"{}\": its headers are in {place} as they are; look whether one of them is a secret",
            action.name
        )
    });
    Ok(ActionTable { name: action.name.clone(), text, file, notice })
}

/// What the UI would export.
fn exported(target: &str, content: &ActionContent) -> String {
    let file = json!({
        "name": content.name,
        "integrationType": "aws-lambda-data-actions",
        "actionType": "custom",
        "config": {
            "request": {
                "requestUrlTemplate": target,
                "requestType": "POST",
                "headers": content.headers,
                "requestTemplate": content.request_template,
            },
            "response": {
                "translationMap": content.translation_map,
                "translationMapDefaults": content.translation_map_defaults,
                "successTemplate": content.success_template,
            },
        },
        "contract": {
            "input": { "inputSchema": content.input_schema },
            "output": { "successSchema": content.success_schema },
        },
        "secure": content.secure,
    });
    format!("{file:#}\n")
}

/// The rest of a data action, key by key.
fn in_keys(content: &ActionContent, mut line: impl FnMut(&str, String)) {
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
}

/// The short form, if the schema says nothing more.
fn short(schema: &Value) -> Option<String> {
    let members = schema.as_object()?;
    let says_more = |(key, value): (&String, &Value)| match key.as_str() {
        "type" | "properties" | "$schema" => false,
        "additionalProperties" => *value != true,
        "required" => value.as_array().is_none_or(|names| !names.is_empty()),
        _ => true,
    };
    if schema["type"] != "object" || members.iter().any(says_more) {
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

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_action_has_a_hidden_file_or_that_of_another() {
        let mut folder = ActionFolder::new("actions");
        let mut action = |name: &str, id: &str| {
            folder.path_for(&LiveAction {
                id: id.to_owned(),
                name: name.to_owned(),
                target: String::new(),
                version: 1,
                secure: false,
                state: None,
                unknown: BTreeSet::new(),
            })
        };
        let files = [("注文", "___"), ("..", "."), ("/../x", "1"), ("X", "2"), ("注", "A-1")]
            .map(|(name, id)| action(name, id));
        let names = ["action", "action-2", "x", "x-2", "a-1"];
        assert_eq!(files.to_vec(), names.map(|name| format!("actions/{name}.custom.json")));
    }
}
