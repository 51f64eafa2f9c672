//! The contract of a data action: the input and output schemas that Genesys Cloud accepts.

use std::collections::BTreeSet;

use serde_json::{Map, Value, json};

/// Genesys Cloud's own limit.
const DEPTH: usize = 50;
const RESERVED: [&str; 3] = ["orgId", "integrationId", "rawRequest"];
const TYPES: [&str; 7] = ["string", "integer", "number", "boolean", "null", "object", "array"];
/// Those that are worth naming for an input's property.
const NAMED_TYPES: [&str; 4] = ["string", "integer", "number", "boolean"];

/// The schema of a flat object, given its names and types.
pub(super) fn from_short(types: &[(String, String)]) -> Value {
    let properties: Map<String, Value> =
        types.iter().map(|(name, kind)| (name.clone(), json!({ "type": kind }))).collect();
    json!({ "type": "object", "properties": properties })
}

/// What is wrong with an input schema, in words; empty if Genesys Cloud accepts it.
pub(super) fn input_faults(schema: &Value) -> Vec<String> {
    let mut faults = common_faults(schema, &NAMED_TYPES);
    if schema["type"] != "object" {
        faults.push("is not of type \"object\"".to_owned());
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if !is_input_name(name) {
            faults.push(format!("has the property `{name}`: a letter, then letters, digits, `_` and `-`"));
        }
        if RESERVED.contains(&name.as_str()) {
            faults.push(format!("has the property `{name}`, which Genesys Cloud itself uses"));
        }
        let kinds: Vec<&Value> = match &property["type"] {
            Value::Array(kinds) => kinds.iter().collect(),
            one => vec![one],
        };
        for kind in kinds {
            match kind.as_str() {
                Some("object" | "array") => {
                    let kind = kind.as_str().unwrap_or_default();
                    faults.push(format!("is not flat: the property `{name}` is of type {kind:?}"));
                }
                Some(kind) if TYPES.contains(&kind) => {}
                Some(kind) => faults.push(no_such_type(name, kind, &NAMED_TYPES)),
                None => faults.push(format!("gives the property `{name}` an unknown type, {kind}")),
            }
        }
    }
    // Faults of any schema also apply to an input.
    let mut seen = BTreeSet::new();
    faults.retain(|fault| seen.insert(fault.clone()));
    faults
}

/// The same for an output.
pub(super) fn output_faults(schema: &Value) -> Vec<String> {
    let mut faults = common_faults(schema, &TYPES);
    match schema["type"].as_str() {
        Some("object") => {}
        Some("array") if schema["items"].is_object() => {}
        Some("array") => faults.push("is an array without `items`".to_owned()),
        _ => faults.push("is neither of type \"object\" nor \"array\"".to_owned()),
    }
    nested_arrays(schema, false, &mut faults);
    faults
}

fn is_input_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_alphabetic())
        && name.chars().all(|c| c.is_ascii_alphanumeric() || "_-".contains(c))
}

fn common_faults(schema: &Value, named: &[&str]) -> Vec<String> {
    if !schema.is_object() {
        return vec!["is not a JSON object".to_owned()];
    }
    let mut faults = Vec::new();
    if has_reference(schema) {
        faults.push("has a `$ref`, which Genesys Cloud does not follow".to_owned());
    }
    if depth(schema) > DEPTH {
        faults.push(format!("is nested deeper than {DEPTH} levels"));
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if schema["properties"].get(name).is_none() {
            faults.push(format!("requires `{name}`, which is none of its properties"));
        }
    }
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        if let Some(kind) = property["type"].as_str().filter(|kind| !TYPES.contains(kind)) {
            faults.push(no_such_type(name, kind, named));
        }
    }
    faults.sort();
    faults.dedup();
    faults
}

/// Suggests the type that other languages call by this name. `named`: those that it lists.
fn no_such_type(name: &str, written: &str, named: &[&str]) -> String {
    let fault = format!("gives the property `{name}` an unknown type, {written:?}");
    let kind = written.to_ascii_lowercase();
    let known = match kind.as_str() {
        "text" | "str" | "date" | "datetime" | "uuid" => Some("string"),
        "bool" => Some("boolean"),
        "int" | "long" => Some("integer"),
        "float" | "double" | "decimal" => Some("number"),
        "map" | "dict" => Some("object"),
        "list" => Some("array"),
        kind => named.iter().copied().find(|known| strsim::damerau_levenshtein(known, kind) <= 2),
    };
    match known.filter(|known| named.contains(known)) {
        Some(known) => format!("{fault}: did you mean {known:?}? There are {}", named.join(", ")),
        None => format!("{fault}: there are {}", named.join(", ")),
    }
}

fn nested_arrays(schema: &Value, in_array: bool, faults: &mut Vec<String>) {
    let is_array = schema["type"] == "array";
    if is_array && in_array {
        faults.push("has an array within an array, which Genesys Cloud does not take".to_owned());
        return;
    }
    nested_arrays_of_children(schema, is_array || in_array, faults);
}

fn nested_arrays_of_children(schema: &Value, in_array: bool, faults: &mut Vec<String>) {
    if schema["items"].is_object() {
        nested_arrays(&schema["items"], in_array, faults);
    }
    for property in schema["properties"].as_object().into_iter().flat_map(Map::values) {
        nested_arrays(property, in_array, faults);
    }
}

fn has_reference(value: &Value) -> bool {
    match value {
        Value::Object(members) => members.contains_key("$ref") || members.values().any(has_reference),
        Value::Array(items) => items.iter().any(has_reference),
        _ => false,
    }
}

fn depth(value: &Value) -> usize {
    match value {
        Value::Object(members) => 1 + members.values().map(depth).max().unwrap_or(0),
        Value::Array(items) => 1 + items.iter().map(depth).max().unwrap_or(0),
        _ => 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flat_input_is_taken_and_every_other_shape_is_named() {
        assert!(input_faults(&from_short(&[("Order-Number_1".into(), "string".into())])).is_empty());
        for (schema, fault) in [
            (json!([]), "is not a JSON object"),
            (json!({ "type": "array" }), "is not of type \"object\""),
            (
                json!({ "type": "object", "properties": { "a": { "type": "object" } } }),
                "is not flat: the property `a` is of type \"object\"",
            ),
            (json!({ "type": "object", "properties": { "orgId": { "type": "string" } } }), "itself uses"),
            (json!({ "type": "object", "properties": { "1a": { "type": "string" } } }), "a letter, then"),
            (json!({ "type": "object", "properties": { "a": { "$ref": "#/x" } } }), "has a `$ref`"),
            (
                json!({ "type": "object", "properties": { "a": { "type": "Bool" } } }),
                "an unknown type, \"Bool\": did you mean \"boolean\"?",
            ),
            (
                json!({ "type": "object", "properties": { "a": { "type": "any" } } }),
                "there are string, integer",
            ),
            (json!({ "type": "object", "required": ["b"] }), "requires `b`"),
        ] {
            let faults = input_faults(&schema);
            assert_eq!(
                faults.iter().filter(|found| found.contains(fault)).count(),
                1,
                "{schema}: {faults:?}"
            );
        }
    }

    #[test]
    fn an_output_may_be_an_array_but_of_no_arrays() {
        let of = |items: Value| json!({ "type": "array", "items": items });
        assert!(output_faults(&of(json!({ "type": "object" }))).is_empty());
        assert!(!output_faults(&json!({ "type": "array" })).is_empty());
        assert!(!output_faults(&of(of(json!({ "type": "string" })))).is_empty());
        assert!(!output_faults(&json!({ "type": "string" })).is_empty());
        let mut deep = json!({});
        for _ in 0..60 {
            deep = json!({ "type": "object", "properties": { "a": deep } });
        }
        assert!(output_faults(&deep).iter().any(|fault| fault.contains("50 levels")));
    }
}
