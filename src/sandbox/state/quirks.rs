//! What is not known of the real Genesys Cloud: each has a switch, and the tests run both ways.

use serde::{Deserialize, Serialize};

/// How `GET` of a credential shows the role's ARN.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ArnShown {
    #[default]
    Shown,
    Absent,
    Masked,
}

/// Ways in which the real one may differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GenesysQuirks {
    pub arn: ArnShown,
    /// POST of an integration does not keep the name.
    pub drops_name: bool,
    /// A stale version is a 400 with a sentence in place of a 409.
    pub stale_is_400: bool,
    /// So many looks at an integration show ACTIVATING.
    pub activating: u32,
    /// Enabling ends in ERROR with this message.
    pub error: Option<String>,
    /// Empty notes come back as the literal of the server's own store.
    pub empty_notes_literal: bool,
    /// Filters of listings are ignored, as an older server does.
    pub ignores_filters: bool,
    /// Deleting an action that flows use is refused.
    pub refuses_used: bool,
    /// Enabling without a credential is refused.
    pub needs_credential: bool,
    /// Templates are in the answer too.
    pub inline_templates: bool,
    /// So many times a new integration refuses its first action.
    pub fresh_refusals: u32,
    /// Members that PATCH leaves out are cleared in place of kept.
    pub clears_omitted: bool,
    /// Dependency tracking refuses a request with a version.
    pub refuses_flow_version: bool,
    /// The key of a credential in a configuration is compared with its case.
    pub exact_credential_key: bool,
    /// So many requests of a token pass in a minute; with 0 none is refused.
    pub requests_per_minute: u32,
    /// Schemas come back with members that nobody wrote.
    pub fills_schemas: bool,
}
