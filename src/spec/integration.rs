//! What a role's table says about Genesys Cloud: its integration and data actions.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Value};

use crate::arn::FunctionArn;

/// What Genesys Cloud itself uses without a template: the event is the input, the result the output.
pub const RAW_REQUEST: &str = "${input.rawRequest}";
pub const RAW_RESULT: &str = "${rawResult}";
/// Seconds, for a data action without its own timeout.
pub const DEFAULT_TIMEOUT: u32 = 60;

/// `[role.integration]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationSpec {
    pub name: String,
    /// Which one, if several share the name.
    pub id: Option<String>,
    /// Without this tool's own line.
    pub notes: String,
    pub enabled: bool,
    pub adopt: bool,
    pub span: Range<usize>,
}

/// `[[role.data_action]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataActionSpec {
    /// Which one, if several share the name.
    pub id: Option<String>,
    /// Its previous name: it is renamed in place.
    pub was: Option<String>,
    /// As written in the spec; Lambda may know it by a more exact ARN.
    pub function: FunctionArn,
    pub content: ActionContent,
    /// The input for the proof; without it nothing is proven.
    pub test_input: Option<Map<String, Value>>,
    /// Files that parts of it come from, as named in the spec.
    pub files: Vec<String>,
    /// Whether a new action may replace it if it cannot be changed.
    pub replace: bool,
    pub span: Range<usize>,
}

/// Words in the name of a header whose value may be secret.
const SECRET: [&str; 8] = ["auth", "token", "key", "secret", "password", "credential", "cookie", "session"];

/// Whether the value of a header with this name may be secret.
pub fn is_secret_header(name: &str) -> bool {
    let name = name.to_lowercase();
    SECRET.iter().any(|word| name.contains(word))
}

/// Whether the value of a header looks like a secret, whatever the header's name: a long word of letters and digits.
pub fn is_secret_value(value: &str) -> bool {
    const PREFIXES: [&str; 6] = ["Bearer ", "Basic ", "sk_", "ghp_", "AKIA", "eyJ"];
    let is_long = |word: &str| {
        word.len() >= 16
            && word.bytes().any(|b| b.is_ascii_digit())
            && word.bytes().any(|b| b.is_ascii_alphabetic())
            && word.bytes().all(|b| b.is_ascii_alphanumeric() || b"_-+/=.~".contains(&b))
    };
    let begins =
        |prefix: &str| value.get(..prefix.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(prefix));
    PREFIXES.iter().any(|prefix| begins(prefix)) || value.split([' ', ';', ',', ':', '"']).any(is_long)
}

/// Why an input does not fit a contract: sentences, each with what to do. `what` is what to call the input.
pub fn unfit_input(what: &str, input: &Map<String, Value>, schema: &Value) -> Vec<(String, String)> {
    let known: Vec<&str> = schema["properties"]
        .as_object()
        .into_iter()
        .flat_map(|known| known.keys().map(String::as_str))
        .collect();
    let mut faults = Vec::new();
    for (name, given) in input {
        let Some(property) = schema["properties"].get(name) else {
            let alike = known
                .iter()
                .find(|known| strsim::damerau_levenshtein(&known.to_lowercase(), &name.to_lowercase()) < 3);
            let help = match (alike, known.as_slice()) {
                (Some(alike), _) => format!("did you mean `{alike}`?"),
                (None, []) => "the contract has none".to_owned(),
                (None, known) => format!("the contract has {}", known.join(", ")),
            };
            faults.push((format!("{what} has `{name}`, which the input contract does not have"), help));
            continue;
        };
        let fits = match property["type"].as_str() {
            Some("string") => given.is_string(),
            Some("integer") => given.is_i64() || given.is_u64(),
            Some("number") => given.is_number(),
            Some("boolean") => given.is_boolean(),
            _ => true,
        };
        if !fits {
            let message =
                format!("`{name}` of {what} is {given}, which is not of the type {}", property["type"]);
            faults.push((message, format!("the input contract gives `{name}` that type")));
        }
    }
    for name in schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str) {
        if !input.contains_key(name) {
            let message = format!("{what} does not have `{name}`, which the contract requires");
            faults.push((message, format!("add `{name}`")));
        }
    }
    faults
}

/// Everything about a data action except its integration and function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionContent {
    pub name: String,
    pub category: String,
    pub secure: bool,
    pub timeout_seconds: u32,
    pub request_template: String,
    pub headers: BTreeMap<String, String>,
    pub success_template: String,
    pub translation_map: BTreeMap<String, String>,
    pub translation_map_defaults: BTreeMap<String, String>,
    pub input_schema: Value,
    pub success_schema: Value,
}

impl ActionContent {
    /// Whether it takes nothing and returns nothing.
    pub fn is_without_contract(&self) -> bool {
        has_no_members(&self.input_schema) && has_no_members(&self.success_schema)
    }
}

/// Whether a schema has `properties`, and none in it.
pub(super) fn has_no_members(schema: &Value) -> bool {
    schema["properties"].as_object().is_some_and(Map::is_empty)
}
