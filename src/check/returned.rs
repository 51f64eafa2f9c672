//! What a data action's test returned, by its contract: names and types, never values, which may be a customer's.

use serde_json::Value;

use crate::text::{one_line, plural};

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Returned {
    Members {
        /// Those that the contract names, with their types.
        known: Vec<(String, &'static str)>,
        /// Named by the contract, and not returned.
        missing: Vec<String>,
        /// Only counted: a name that no contract has may be a value.
        others: usize,
    },
    /// Not an object: its type.
    Other(&'static str),
}

impl Returned {
    /// `outputs`: the names that the contract has.
    pub fn of(result: &Value, outputs: &[String]) -> Self {
        let Value::Object(members) = result else { return Self::Other(type_of(result)) };
        let is_there = |name: &&String| members.contains_key(*name);
        let (there, missing): (Vec<&String>, Vec<&String>) = outputs.iter().partition(is_there);
        Self::Members {
            others: members.len() - there.len(),
            known: there.into_iter().map(|name| (name.clone(), type_of(&members[name]))).collect(),
            missing: missing.into_iter().cloned().collect(),
        }
    }

    /// What a flow would miss.
    pub(super) fn missed(&self) -> Option<String> {
        match self {
            Self::Other(kind) => Some(format!("it returned a value that is not an object ({kind})")),
            Self::Members { missing, .. } if !missing.is_empty() => {
                let missing: Vec<String> =
                    missing.iter().map(|name| format!("`{}`", one_line(name))).collect();
                Some(format!("its answer lacks {}, which the contract names", missing.join(", ")))
            }
            Self::Members { .. } => None,
        }
    }

    pub(super) fn in_words(&self) -> String {
        let (known, missing, others) = match self {
            Self::Other(kind) => return format!("it returned a value that is not an object ({kind})"),
            Self::Members { known, missing, others } => (known, missing, *others),
        };
        let mut parts: Vec<String> =
            known.iter().map(|(name, kind)| format!("`{}` ({kind})", one_line(name))).collect();
        match others {
            0 => {}
            n => parts.push(format!("{} that the contract does not name", plural(n, "member"))),
        }
        let returned = if parts.is_empty() { "nothing".to_owned() } else { parts.join(", ") };
        let without = match missing.is_empty() {
            true => String::new(),
            false => {
                let missing: Vec<String> =
                    missing.iter().map(|name| format!("`{}`", one_line(name))).collect();
                format!(", without {}, which the contract names", missing.join(", "))
            }
        };
        format!("it returned {returned}{without}")
    }
}

fn type_of(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "boolean",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "list",
        Value::Object(_) => "object",
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_a_flow_would_miss_is_a_notice() {
        let missed = |result: Value| Returned::of(&result, &["status".to_owned()]).missed();
        assert_eq!(missed(json!({ "status": "ok" })), None);
        for without in [json!({}), json!({ "state": 1 })] {
            assert_eq!(missed(without).unwrap(), "its answer lacks `status`, which the contract names");
        }
        assert!(missed(json!("ok")).unwrap().contains("not an object (string)"));
    }

    #[test]
    fn names_and_types_are_said_and_never_a_value_or_a_name_that_the_contract_does_not_have() {
        let said = |value: &Value, outputs: &[&str]| {
            let outputs: Vec<String> = outputs.iter().map(|name| (*name).to_owned()).collect();
            Returned::of(value, &outputs).in_words()
        };
        let answer = json!({ "status": "shipped to Jane Roe", "total": 3, "jane@example.com": true });
        assert_eq!(
            said(&answer, &["status", "total", "when"]),
            "it returned `status` (string), `total` (number), 1 member that the contract does not name, without `when`, which the \
             contract names"
        );
        assert_eq!(said(&json!({}), &[]), "it returned nothing");
        assert_eq!(said(&json!({ "a": [] }), &["a"]), "it returned `a` (list)");
        assert_eq!(said(&json!("Jane Roe"), &["a"]), "it returned a value that is not an object (string)");
    }
}
