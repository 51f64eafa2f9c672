//! Lambda's part of the state.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StoredFunction {
    /// `Active`, `Pending`, `Inactive` or `Failed`.
    pub state: String,
    pub reason: Option<String>,
    /// Published versions; `$LATEST` always exists.
    pub versions: BTreeSet<u64>,
    /// Name to version.
    pub aliases: BTreeMap<String, String>,
    /// Qualifier (empty for the function itself) to document.
    pub policies: BTreeMap<String, String>,
    /// 0: every invocation is throttled.
    #[serde(default)]
    pub reserved_concurrency: Option<u32>,
    /// Whether it was updated since a version of it was published.
    #[serde(default)]
    pub is_changed: bool,
    /// Configuration fields that differ from the defaults, such as `StateReasonCode`.
    #[serde(default)]
    pub members: BTreeMap<String, Value>,
    /// What it answers, where a scenario says so.
    #[serde(default)]
    pub answer: Option<Value>,
}

impl StoredFunction {
    pub(crate) fn active() -> Self {
        Self {
            state: "Active".to_owned(),
            reason: None,
            versions: BTreeSet::new(),
            aliases: BTreeMap::new(),
            policies: BTreeMap::new(),
            reserved_concurrency: None,
            is_changed: false,
            members: BTreeMap::new(),
            answer: None,
        }
    }

    /// Creates a version or an alias; an alias points to version 1.
    pub(crate) fn publish(&mut self, qualifier: &str) {
        match qualifier.parse() {
            _ if qualifier == "$LATEST" => {}
            Ok(version) => {
                self.versions.insert(version);
            }
            Err(_) => {
                self.versions.insert(1);
                self.aliases.entry(qualifier.to_owned()).or_insert_with(|| "1".to_owned());
            }
        }
    }
}
