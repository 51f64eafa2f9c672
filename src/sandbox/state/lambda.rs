//! Lambda's part of the state.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::arn::FunctionArn;

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

/// What scenarios made of a function, so that it can be taken back.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct PlantedFunction {
    pub before: Option<StoredFunction>,
    pub after: Option<StoredFunction>,
    /// What of it was taken away: the function itself, aliases and versions.
    pub missing: BTreeSet<FunctionArn>,
}

impl PlantedFunction {
    /// The function without what scenarios made of it; what somebody else has changed since stays.
    pub(crate) fn taken_back(&self, now: Option<&StoredFunction>) -> Option<StoredFunction> {
        match (&self.before, &self.after, now) {
            (Some(before), Some(after), Some(now)) => Some(restored(before, after, now)),
            (before, None, None) => before.clone(),
            // Made again, or deleted, by somebody else.
            (_, _, now) => now.cloned(),
        }
    }
}

fn restored(before: &StoredFunction, after: &StoredFunction, now: &StoredFunction) -> StoredFunction {
    fn one<T: Clone + PartialEq>(before: &T, after: &T, now: &T) -> T {
        if now == after { before.clone() } else { now.clone() }
    }
    let names: BTreeSet<&String> = now.members.keys().chain(before.members.keys()).collect();
    let member = |name: &String| {
        let value = one(&before.members.get(name), &after.members.get(name), &now.members.get(name));
        Some((name.clone(), value?.clone()))
    };
    StoredFunction {
        state: one(&before.state, &after.state, &now.state),
        reason: one(&before.reason, &after.reason, &now.reason),
        versions: one(&before.versions, &after.versions, &now.versions),
        aliases: one(&before.aliases, &after.aliases, &now.aliases),
        policies: one(&before.policies, &after.policies, &now.policies),
        reserved_concurrency: one(
            &before.reserved_concurrency,
            &after.reserved_concurrency,
            &now.reserved_concurrency,
        ),
        is_changed: now.is_changed,
        members: names.into_iter().filter_map(member).collect(),
        answer: one(&before.answer, &after.answer, &now.answer),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_somebody_else_changed_since_stays() {
        let before = StoredFunction::active();
        let mut after = before.clone();
        "Failed".clone_into(&mut after.state);
        after.members.insert("StateReasonCode".to_owned(), "DisabledKMSKey".into());
        after.reserved_concurrency = Some(0);
        let mut now = after.clone();
        now.members.insert("Timeout".to_owned(), 17.into());
        now.reserved_concurrency = Some(5);
        let planted = PlantedFunction {
            before: Some(before.clone()),
            after: Some(after.clone()),
            missing: BTreeSet::new(),
        };
        assert_eq!(planted.taken_back(Some(&after)), Some(before.clone()));
        let back = planted.taken_back(Some(&now)).unwrap();
        assert_eq!((back.state.as_str(), back.reserved_concurrency), ("Active", Some(5)));
        assert_eq!(back.members.keys().collect::<Vec<_>>(), ["Timeout"]);
        assert_eq!(planted.taken_back(None), None);
        let gone = PlantedFunction { after: None, ..planted };
        assert_eq!(gone.taken_back(None), Some(before));
        assert_eq!(gone.taken_back(Some(&now)), Some(now));
    }
}
