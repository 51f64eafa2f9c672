//! Genesys Cloud's side, in the form the product compares.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Map, Value};

use crate::arn::Arn;
use crate::spec::ActionContent;

/// What the spec wants from the organization for one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredIntegration {
    pub name: String,
    pub id: Option<String>,
    /// Without the marker.
    pub notes: String,
    pub enabled: bool,
    pub adopt: bool,
    /// The role whose ARN the credential holds.
    pub role: Arn,
    pub actions: Vec<DesiredAction>,
}

impl DesiredIntegration {
    /// Carries the ARN, which Genesys Cloud may not show, and identifies the owner.
    pub fn credential_name(&self) -> String {
        credential_name(&self.role.to_string())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredAction {
    pub id: Option<String>,
    pub was: Option<String>,
    pub state: ActionState,
    pub test_input: Option<Map<String, Value>>,
    pub replace: bool,
}

/// Everything in a data action except its ID and integration.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionState {
    /// The function's ARN.
    pub target: String,
    pub content: ActionContent,
}

/// Whether Genesys Cloud's side is known.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub enum OrganizationReading {
    /// The spec does not mention it.
    #[default]
    NotAsked,
    /// Why not.
    NotRead(String),
    Read(LiveOrganization),
}

/// What was read of the organization.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LiveOrganization {
    pub id: String,
    pub name: String,
    /// Those for Lambda data actions.
    pub integrations: Vec<LiveIntegration>,
    /// Credentials by name, for roles without one in their integration; their IDs.
    pub credentials: BTreeMap<String, BTreeSet<String>>,
    /// By the action's ID; only those requested.
    pub usage: BTreeMap<String, Usage>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveIntegration {
    pub id: String,
    pub name: String,
    /// With the marker.
    pub notes: String,
    /// `ENABLED`, `DISABLED`, …
    pub intended_state: String,
    /// `ACTIVE`, `ACTIVATING`, `INACTIVE`, `DEACTIVATING`, `ERROR`; empty if unknown.
    pub reported_state: String,
    /// What Genesys Cloud says about the state.
    pub detail: String,
    pub credential: Option<LiveCredential>,
    pub actions: Vec<LiveAction>,
    /// Names of never-published drafts, by action ID. Also empty if Genesys Cloud does not list them.
    pub drafts: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveCredential {
    pub id: String,
    pub name: String,
    /// Set if Genesys Cloud shows it.
    pub arn: Option<String>,
    /// It was deleted, but the integration still names it.
    pub is_gone: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveAction {
    pub id: String,
    pub name: String,
    pub target: String,
    pub version: i64,
    pub secure: bool,
    /// Read only for actions of the spec.
    pub state: Option<ActionState>,
    /// State fields that Genesys Cloud does not show.
    pub unknown: BTreeSet<&'static str>,
}

/// What uses a data action.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Usage {
    /// Names of flows. None proves nothing: scripts and other clients are not visible.
    Flows(BTreeSet<String>),
    /// Why it is unknown.
    Unknown(String),
}

impl Usage {
    /// Whether a flow uses it, as far as is known. Yes when in doubt.
    pub fn may_be(&self) -> bool {
        !matches!(self, Self::Flows(flows) if flows.is_empty())
    }
}

impl LiveOrganization {
    /// How many integrations use a credential.
    pub fn users_of(&self, credential: &str) -> usize {
        let uses = |one: &&LiveIntegration| one.credential.as_ref().is_some_and(|own| own.id == credential);
        self.integrations.iter().filter(uses).count()
    }
}

/// Suffix of this tool's credential names.
const SUFFIX: &str = " (genesys-iam)";

pub(super) fn credential_name(role: &str) -> String {
    format!("{role}{SUFFIX}")
}

/// The ARN in the name of one of this tool's credentials.
pub fn arn_in_name(name: &str) -> Option<Arn> {
    name.strip_suffix(SUFFIX)?.parse().ok()
}

impl LiveCredential {
    /// The role it holds, as far as Genesys Cloud shows: the field, or else the name.
    pub fn role(&self) -> Option<Arn> {
        match &self.arn {
            Some(arn) => arn.parse().ok(),
            None => arn_in_name(&self.name),
        }
    }
}

const MARKER: &str = "managed-by: genesys-iam, spec ";
const ACTIONS: &str = "; actions";

/// The line in an integration's notes that identifies its owner.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Marker {
    pub spec: String,
    /// IDs of the data actions owned by the spec.
    pub actions: BTreeSet<String>,
}

impl Marker {
    /// The text without the marker, and the marker.
    pub fn split(notes: &str) -> (String, Option<Self>) {
        let notes = notes.replace("\r\n", "\n");
        let mut marker = None;
        let mut rest = Vec::new();
        for line in notes.lines() {
            match line.trim().strip_prefix(MARKER) {
                Some(found) => {
                    let (spec, actions) = found.split_once(ACTIONS).unwrap_or((found, ""));
                    let actions = actions.split([' ', ',']).filter(|id| !id.is_empty());
                    marker = Some(Self {
                        spec: spec.trim().to_owned(),
                        actions: actions.map(str::to_owned).collect(),
                    });
                }
                None => rest.push(line),
            }
        }
        (rest.join("\n").trim_end().to_owned(), marker)
    }

    /// The notes with the marker as their last line.
    pub fn join(&self, notes: &str) -> String {
        let Self { spec, actions } = self;
        let mut line = format!("{MARKER}{spec}");
        if !actions.is_empty() {
            line.push_str(ACTIONS);
            actions.iter().for_each(|id| line.push_str(&format!(" {id}")));
        }
        if notes.is_empty() { line } else { format!("{notes}\n{line}") }
    }
}

/// A data action field that differs from what is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct MemberDiff {
    /// The spec's name for it.
    pub member: &'static str,
    pub before: Value,
    pub after: Value,
}

impl MemberDiff {
    /// Whether Genesys Cloud can change it in a published action.
    pub fn needs_replacement(&self) -> bool {
        matches!(self.member, "input_schema" | "success_schema" | "secure")
    }
}

/// A field of a contract that only one side has, or that has another type.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldDiff {
    /// `input_schema` or `success_schema`.
    pub member: &'static str,
    pub name: String,
    /// Their types; `None`: there is no such field.
    pub before: Option<String>,
    pub after: Option<String>,
}

impl MemberDiff {
    /// The fields that differ, if it is a contract's schema.
    pub fn fields(&self) -> Vec<FieldDiff> {
        let types = |schema: &Value| -> BTreeMap<String, String> {
            let properties = schema["properties"].as_object().into_iter().flatten();
            let word = |property: &Value| match &property["type"] {
                Value::String(word) => word.clone(),
                other => other.to_string(),
            };
            properties.map(|(name, property)| (name.clone(), word(property))).collect()
        };
        let (before, after) = (types(&self.before), types(&self.after));
        let names: BTreeSet<&String> = before.keys().chain(after.keys()).collect();
        let differing = names.into_iter().filter(|name| before.get(*name) != after.get(*name));
        let field = |name: &String| FieldDiff {
            member: self.member,
            name: name.clone(),
            before: before.get(name).cloned(),
            after: after.get(name).cloned(),
        };
        differing.map(field).collect()
    }
}

impl ActionState {
    /// Differences in meaning, by field; order, line ends and what Genesys Cloud fills in by itself do not count.
    pub fn differences(&self, wanted: &Self) -> Vec<MemberDiff> {
        let (own, other) = (self.members(), wanted.members());
        own.into_iter()
            .zip(other)
            .filter(|((member, before), (_, after))| !means_the_same(member, before, after))
            .map(|((member, before), (_, after))| MemberDiff { member, before, after })
            .collect()
    }

    /// Schema annotations that differ: they mean nothing, and cannot be changed.
    pub fn has_other_annotations(&self, wanted: &Self) -> bool {
        let same = |a: &Value, b: &Value| {
            means_the_same("input_schema", a, b) && without_nulls(a) != without_nulls(b)
        };
        let (a, b) = (&self.content, &wanted.content);
        (same(&a.input_schema, &b.input_schema)
            && annotations(&a.input_schema) != annotations(&b.input_schema))
            || (same(&a.success_schema, &b.success_schema)
                && annotations(&a.success_schema) != annotations(&b.success_schema))
    }

    /// Every field under the spec's name for it.
    pub fn members(&self) -> Vec<(&'static str, Value)> {
        let Self { target, content } = self;
        let ActionContent {
            name,
            category,
            secure,
            timeout_seconds,
            request_template,
            headers,
            success_template,
            translation_map,
            translation_map_defaults,
            input_schema,
            success_schema,
        } = content;
        let map = |map: &BTreeMap<String, String>| {
            Value::Object(map.iter().map(|(key, value)| (key.clone(), value.as_str().into())).collect())
        };
        vec![
            ("name", name.as_str().into()),
            ("category", category.as_str().into()),
            ("function", target.as_str().into()),
            ("timeout_seconds", (*timeout_seconds).into()),
            ("request_template", request_template.as_str().into()),
            ("headers", map(headers)),
            ("success_template", success_template.as_str().into()),
            ("translation_map", map(translation_map)),
            ("translation_map_defaults", map(translation_map_defaults)),
            ("input_schema", input_schema.clone()),
            ("success_schema", success_schema.clone()),
            ("secure", (*secure).into()),
        ]
    }
}

fn means_the_same(member: &str, a: &Value, b: &Value) -> bool {
    match (member, a, b) {
        ("input_schema" | "success_schema", ..) => canonical_schema(a) == canonical_schema(b),
        ("request_template" | "success_template", Value::String(a), Value::String(b)) => {
            canonical_text(a) == canonical_text(b)
        }
        ("function", Value::String(a), Value::String(b)) => a.trim() == b.trim(),
        _ => a == b,
    }
}

fn canonical_text(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.strip_suffix('\n').unwrap_or(&text).to_owned()
}

/// Schema members that do not affect what is valid.
const ANNOTATIONS: [&str; 4] = ["title", "description", "$schema", "id"];

fn annotations(schema: &Value) -> Vec<&Value> {
    ANNOTATIONS.iter().map(|key| &schema[*key]).collect()
}

fn without_nulls(value: &Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .filter(|(_, value)| !value.is_null())
            .map(|(key, value)| (key.clone(), without_nulls(value)))
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(without_nulls).collect(),
        other => other.clone(),
    }
}

/// A schema without its annotations, in a fixed order.
fn canonical_schema(schema: &Value) -> Value {
    let Value::Object(members) = schema else { return schema.clone() };
    let mut canonical = Map::new();
    for (key, value) in members {
        let is_empty = match (key.as_str(), value) {
            (_, Value::Null) => true,
            (key, _) if ANNOTATIONS.contains(&key) => true,
            ("properties" | "additionalProperties", Value::Object(members)) => members.is_empty(),
            ("additionalProperties", Value::Bool(allowed)) => *allowed,
            ("required", Value::Array(items)) => items.is_empty(),
            _ => false,
        };
        if is_empty {
            continue;
        }
        let value = match (key.as_str(), value) {
            ("properties", Value::Object(members)) => members
                .iter()
                .map(|(name, property)| (name.clone(), canonical_schema(property)))
                .collect::<Map<_, _>>()
                .into(),
            ("items" | "additionalProperties", inner) => canonical_schema(inner),
            ("required" | "type", Value::Array(items)) => {
                let mut names: Vec<&str> = items.iter().filter_map(Value::as_str).collect();
                names.sort_unstable();
                names.dedup();
                names.into()
            }
            (_, other) => without_nulls(other),
        };
        canonical.insert(key.clone(), value);
    }
    canonical.into()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn schemas_that_take_the_same_mean_the_same() {
        let same = |a: Value, b: Value| canonical_schema(&a) == canonical_schema(&b);
        let empty = json!({ "type": "object", "properties": {} });
        assert!(same(empty.clone(), json!({ "type": "object" })));
        assert!(same(
            empty.clone(),
            json!({ "type": "object", "title": "x", "$schema": "y", "additionalProperties": true, "required": [],
                    "description": null })
        ));
        assert!(same(
            json!({ "type": "object", "required": ["b", "a"], "properties": { "a": { "type": "string", "title": "A" } } }),
            json!({ "properties": { "a": { "type": "string" } }, "required": ["a", "b"], "type": "object" })
        ));
        assert!(!same(empty.clone(), json!({ "type": "object", "additionalProperties": false })));
        assert!(!same(
            json!({ "properties": { "title": { "type": "string" } } }),
            json!({ "properties": { "title": { "type": "number" } } })
        ));
        // A property may have the name of an annotation.
        assert!(!same(empty, json!({ "type": "object", "properties": { "title": { "type": "string" } } })));
    }

    #[test]
    fn the_marker_survives_notes_around_it() {
        let marker = Marker {
            spec: "a b".to_owned(),
            actions: ["custom_-_2", "custom_-_1"].map(str::to_owned).into(),
        };
        for notes in ["", "Ask the contact centre\nbefore you change it"] {
            let text = marker.join(notes);
            assert_eq!(Marker::split(&text), (notes.to_owned(), Some(marker.clone())));
            assert_eq!(Marker::split(&text.replace('\n', "\r\n")), (notes.to_owned(), Some(marker.clone())));
        }
        assert_eq!(Marker::split("managed-by: someone"), ("managed-by: someone".to_owned(), None));
    }

    #[test]
    fn a_credentials_name_carries_its_role() {
        let arn = "arn:aws:iam::111122223333:role/R";
        assert_eq!(arn_in_name(&credential_name(arn)).unwrap().to_string(), arn);
        assert_eq!(arn_in_name(arn), None);
    }
}
