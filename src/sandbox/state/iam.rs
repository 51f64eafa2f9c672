//! IAM's part of the state: an account's roles and policies.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::trust::Trust;

/// Seconds since 1970: IAM's own dates have no fractions.
pub(crate) type Seconds = i64;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    pub roles: BTreeMap<String, Role>,
    pub policies: BTreeMap<String, Policy>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Role {
    pub name: String,
    pub path: String,
    pub id: String,
    pub created: Seconds,
    #[serde(flatten)]
    pub trust: Trust,
    pub description: Option<String>,
    pub max_session_duration: u32,
    pub boundary: Option<String>,
    pub tags: Vec<Tag>,
    /// ARNs.
    pub attached: BTreeSet<String>,
    /// Name to document.
    pub inline: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Tag {
    pub key: String,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Policy {
    pub name: String,
    pub path: String,
    pub id: String,
    pub created: Seconds,
    pub updated: Seconds,
    pub description: Option<String>,
    pub tags: Vec<Tag>,
    /// By number; a number is never used again.
    pub versions: BTreeMap<u32, PolicyVersion>,
    pub default_version: u32,
    pub last_version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PolicyVersion {
    pub text: String,
    pub created: Seconds,
}

/// `2026-01-31T12:00:00Z`
pub(crate) fn date(seconds: Seconds) -> String {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}
