//! What a role's table says of Genesys Cloud: its integration and its data actions.

use std::collections::BTreeMap;
use std::ops::Range;

use serde_json::{Map, Value};

use crate::arn::FunctionArn;

/// What Genesys Cloud itself takes where a template is not given: the event is the input, the result the output.
pub const RAW_REQUEST: &str = "${input.rawRequest}";
pub const RAW_RESULT: &str = "${rawResult}";
/// Seconds, where a data action has no timeout of its own.
pub const DEFAULT_TIMEOUT: u32 = 60;

/// `[role.integration]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationSpec {
    pub name: String,
    /// Which one, where several have the name.
    pub id: Option<String>,
    /// Without the line of this tool.
    pub notes: String,
    pub enabled: bool,
    pub adopt: bool,
    pub span: Range<usize>,
}

/// `[[role.data_action]]`
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DataActionSpec {
    /// Which one, where several have the name.
    pub id: Option<String>,
    /// Its name until now: it is renamed in place.
    pub was: Option<String>,
    /// As the spec means it; Lambda may know it by a more exact ARN.
    pub function: FunctionArn,
    pub content: ActionContent,
    /// What the proof sends; without it no proof is made.
    pub test_input: Option<Map<String, Value>>,
    /// Whether a new action may take its place where it cannot be changed.
    pub replace: bool,
    pub span: Range<usize>,
}

/// Everything about a data action but its integration and its function.
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
