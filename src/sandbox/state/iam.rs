//! IAM's part of the state: an account's roles and policies.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::trust::StoredTrust;

/// Seconds since 1970: IAM's own dates have no fractions.
pub(crate) type Seconds = i64;

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Account {
    pub roles: BTreeMap<String, StoredRole>,
    pub policies: BTreeMap<String, Policy>,
    #[serde(default)]
    pub instance_profiles: BTreeMap<String, InstanceProfile>,
    #[serde(default)]
    pub quotas: Quotas,
}

/// How many roles, policies and versions of policies an account can have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Quotas {
    pub roles: usize,
    pub policies: usize,
    #[serde(default = "default_versions")]
    pub versions: usize,
}

fn default_versions() -> usize {
    10_000
}

/// IAM's defaults.
impl Default for Quotas {
    fn default() -> Self {
        Self { roles: 1000, policies: 1500, versions: default_versions() }
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct InstanceProfile {
    pub name: String,
    pub path: String,
    pub id: String,
    pub created: Seconds,
    /// IAM allows at most one.
    pub role: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredRole {
    pub name: String,
    pub path: String,
    pub id: String,
    pub created: Seconds,
    #[serde(flatten)]
    pub trust: StoredTrust,
    pub description: Option<String>,
    pub max_session_duration: u32,
    pub boundary: Option<String>,
    pub tags: Vec<Tag>,
    /// ARNs.
    pub attached: BTreeSet<String>,
    /// Name to document.
    pub inline: BTreeMap<String, String>,
    #[serde(default)]
    pub last_used: Option<LastUsed>,
}

/// When and where a session of the role last made a request.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct LastUsed {
    pub date: Seconds,
    pub region: String,
}

impl StoredRole {
    /// A role with IAM's defaults and no permissions.
    pub(crate) fn new(name: &str, path: &str, id: String, created: Seconds, trust: StoredTrust) -> Self {
        Self {
            name: name.to_owned(),
            path: path.to_owned(),
            id,
            created,
            trust,
            description: None,
            max_session_duration: 3600,
            boundary: None,
            tags: Vec::new(),
            attached: BTreeSet::new(),
            inline: BTreeMap::new(),
            last_used: None,
        }
    }

    /// A role that only AWS itself can change or delete.
    pub(crate) fn is_service_linked(&self) -> bool {
        self.path.starts_with("/aws-service-role/")
    }
}

impl Account {
    /// How many versions its policies have.
    pub(crate) fn versions(&self) -> usize {
        self.policies.values().map(|policy| policy.versions.len()).sum()
    }

    /// The instance profiles that contain a role.
    pub(crate) fn profiles_of<'a>(&'a self, role: &'a str) -> impl Iterator<Item = &'a InstanceProfile> {
        self.instance_profiles.values().filter(move |profile| profile.role.as_deref() == Some(role))
    }
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
    /// By number; numbers are never reused.
    pub versions: BTreeMap<u32, StoredVersion>,
    pub default_version: u32,
    pub last_version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredVersion {
    pub text: String,
    pub created: Seconds,
}

/// `2026-01-31T12:00:00Z`
pub(crate) fn date(seconds: Seconds) -> String {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}
