//! What allows someone more, beyond what the role's own documents show.

use super::change::{IamChange, TagChanges};
use crate::model::{DesiredRole, Live};
use crate::plan::change::Change;
use crate::plan::model::{Owned, RolePlan, Widening};
use crate::policy::access::{Access, AccessDiff, AccessLine, AccessSign};
use crate::policy::{Document, equivalent};
use crate::spec::{MANAGED_BY_KEY, SPEC_KEY};

/// The spec's policy applies wherever it is attached, and limits everyone it bounds.
pub(super) fn widenings(live: &Live, desired: &DesiredRole) -> Vec<Widening> {
    let mut found = Vec::new();
    if let Some(policy) = &live.policy
        && !equivalent(&policy.policy.document, &desired.policy.document)
    {
        let arn = &desired.policy.arn;
        let role = live.role.as_ref();
        let own = role.is_some_and(|role| role.attached.contains_key(arn));
        let others = (policy.attachment_count - i32::from(own)).max(0);
        let is_own_boundary = role.is_some_and(|role| role.role.permissions_boundary.as_ref() == Some(arn));
        let bounds = policy.boundary_count.max(i32::from(is_own_boundary));
        let access = AccessDiff {
            before: Access::of_permissions(&policy.policy.document),
            after: Access::of_permissions(&desired.policy.document),
        };
        if (others > 0 || bounds > 0) && access.is_wider() {
            let sentences = |lines: Vec<AccessLine<'_>>, sign: AccessSign| {
                let lines = lines.into_iter().filter(|line| line.is_wider && line.sign == sign);
                lines.map(|line| line.sentence.to_owned()).collect()
            };
            found.push(Widening::Policy {
                policy: desired.policy.name.clone(),
                others,
                bounds,
                gained: sentences(access.permissions(), AccessSign::Gained),
                no_longer: sentences(access.restrictions(), AccessSign::Lost),
            });
        }
    }
    if let Some(role) = &live.role {
        let [before, after] = [role.role.max_session_duration, desired.role.max_session_duration];
        if after > before {
            found.push(Widening::Session { before, after });
        }
    }
    found
}

/// Adds the tags a plan changes that a condition in force refers to, in any of these documents (possibly another
/// role's) or elsewhere.
pub(in crate::plan) fn widen_by_tags<'a>(plan: &mut RolePlan, documents: impl Iterator<Item = &'a Document>) {
    let changed: Vec<(Owned, Vec<&String>)> = plan
        .changes
        .iter()
        .filter_map(|change| match change {
            Change::Iam(IamChange::TagRole { role, tags }) => {
                Some((Owned::Role(role.clone()), changed_keys(tags)))
            }
            Change::Iam(IamChange::TagPolicy { policy, tags }) => {
                Some((Owned::Policy(policy.name().to_owned()), changed_keys(tags)))
            }
            _ => None,
        })
        .collect();
    if changed.is_empty() {
        return;
    }
    let texts: Vec<String> = documents
        .map(|document| document.to_json().to_ascii_lowercase())
        .filter(|text| text.contains("tag/"))
        .collect();
    let mut found = Vec::new();
    for (what, keys) in changed {
        // A policy makes no requests.
        let kinds: &[&str] = match what {
            Owned::Role(_) => &["principaltag/", "resourcetag/"],
            Owned::Policy(_) => &["resourcetag/"],
        };
        for key in keys {
            if texts.iter().any(|text| is_about(text, kinds, &key.to_ascii_lowercase())) {
                found.push(Widening::Tag { what: what.clone(), key: key.clone() });
            } else if matches!(what, Owned::Role(_)) && !is_own(key) {
                // Another role's trust policy, or an organization's, may refer to it.
                found.push(Widening::TagElsewhere { key: key.clone() });
            }
        }
    }
    plan.widenings.extend(found);
}

/// The tags whose value changes: conditions ignore a key's case.
fn changed_keys(tags: &TagChanges) -> Vec<&String> {
    tags.iter()
        .filter(|(_, change)| change.before.as_ref() != Some(&change.after))
        .map(|(key, _)| key)
        .collect()
}

/// Whether a tag belongs to this tool.
fn is_own(key: &str) -> bool {
    [MANAGED_BY_KEY, SPEC_KEY].iter().any(|own| own.eq_ignore_ascii_case(key))
}

/// Whether a document, in lower case, has a condition or variable on this tag.
fn is_about(text: &str, kinds: &[&str], key: &str) -> bool {
    // As it appears within JSON.
    let quoted = serde_json::Value::from(key).to_string();
    let key = quoted.trim_matches('"');
    kinds.iter().any(|kind| {
        text.match_indices(&format!("{kind}{key}"))
            .any(|(at, found)| text[at + found.len()..].starts_with(['"', '}', ',', ' ']))
    })
}
