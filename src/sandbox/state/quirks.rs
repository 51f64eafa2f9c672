//! Unknown behavior of the real Genesys Cloud: each has a switch, and the tests run both ways.

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

/// Ways the real one may differ.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct GenesysQuirks {
    pub arn: ArnShown,
    /// POST of an integration does not keep the name.
    pub drops_name: bool,
    /// A stale version is a 400 with a sentence instead of a 409.
    pub stale_is_400: bool,
    /// This many reads of an integration show ACTIVATING.
    pub activating: u32,
    /// Enabling ends in ERROR with this message.
    pub error: Option<String>,
    /// Empty notes come back as the literal from the server's own store.
    pub empty_notes_literal: bool,
    /// Listing filters are ignored, as on an older server.
    pub ignores_filters: bool,
    /// Deleting an action used by flows is refused.
    pub refuses_used: bool,
    /// Enabling without a credential is refused.
    pub needs_credential: bool,
    /// Templates are in the response too.
    pub inline_templates: bool,
    /// A new integration refuses its first action this many times.
    pub fresh_refusals: u32,
    /// Fields that PATCH omits are cleared instead of kept.
    pub clears_omitted: bool,
    /// Dependency tracking refuses a request with a version.
    pub refuses_flow_version: bool,
    /// A configuration's credential key is case-sensitive.
    pub exact_credential_key: bool,
    /// Requests allowed per token and minute; 0 refuses none.
    pub requests_per_minute: u32,
    /// Schemas come back with fields nobody wrote.
    pub fills_schemas: bool,
}
