//! The document of the spec's own policy, and the versions it is stored in.

use super::change::IamChange;
use super::order::Between;
use crate::model::{DesiredRole, LivePolicy, PolicyVersion};
use crate::plan::change::Diff;
use crate::policy::{Document, equivalent};

/// IAM keeps at most this many versions of a managed policy.
const VERSION_LIMIT: usize = 5;

pub(super) fn diff_document(live: &LivePolicy, desired: &DesiredRole) -> Vec<IamChange> {
    let policy = desired.policy.arn.clone();
    let document = Diff { before: live.policy.document.clone(), after: desired.policy.document.clone() };
    if equivalent(&document.before, &document.after) {
        return Vec::new();
    }
    let default = live.versions.iter().find(|version| version.is_default);
    let fits = |version: &&PolicyVersion| {
        !version.is_default && version.document.as_ref().is_some_and(|d| equivalent(d, &document.after))
    };
    if let (Some(default), Some(version)) = (default, live.versions.iter().find(fits)) {
        let version = Diff { before: default.id.clone(), after: version.id.clone() };
        return vec![IamChange::SetDefaultPolicyVersion { policy, version, document }];
    }
    let mut changes = prune_versions(live, desired, 1);
    changes.push(IamChange::CreatePolicyVersion { policy, document });
    changes
}

/// The way via another document.
pub(super) fn via(live: &LivePolicy, desired: &DesiredRole, document: Document, is_shut: bool) -> Between {
    let step = |before: &Document, after: &Document| IamChange::CreatePolicyVersion {
        policy: desired.policy.arn.clone(),
        document: Diff { before: before.clone(), after: after.clone() },
    };
    let mut to = prune_versions(live, desired, 2);
    to.push(step(&live.policy.document, &document));
    Between { onward: vec![step(&document, &desired.policy.document)], to, document, is_shut }
}

/// Removes versions to make room for this many more, oldest first: the one in force stays, and so does the newest of
/// the others, which was in force last.
fn prune_versions(live: &LivePolicy, desired: &DesiredRole, more: usize) -> Vec<IamChange> {
    let mut others: Vec<&PolicyVersion> =
        live.versions.iter().filter(|version| !version.is_default).collect();
    others.sort_by_key(|version| version.number());
    let surplus = (live.versions.len() + more).saturating_sub(VERSION_LIMIT);
    let delete = |version: &&PolicyVersion| IamChange::DeletePolicyVersion {
        policy: desired.policy.arn.clone(),
        version: version.id.clone(),
    };
    others.iter().take(surplus).map(delete).collect()
}
