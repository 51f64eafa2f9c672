//! Uses under an external ID that the trust policy itself required until it was corrected.

use super::facts::Facts;
use super::questions::{genesys, may_assume};
use super::uses::{EventHistory, RoleUse, WrittenTrust};
use crate::model::LiveRole;
use crate::policy::{Decision, Document, Principal};

/// An external ID that no trust policy requires.
const NOBODYS: &str = "an external ID of nobody";

/// Whether the trust policy then in force, per CloudTrail, required exactly the ID of a use by Genesys Cloud's account,
/// and today's policy refuses it. If what the policy said is unknown: no. Nor if the spec's ID was in force beside it, or earlier:
/// then nothing was corrected, but somebody let another organization in.
pub(super) fn was_demanded(used: &RoleUse, history: &EventHistory, facts: &Facts) -> bool {
    let (Some(role), Some(id)) = (&facts.live.role, &used.external_id) else { return false };
    let id = id.expose();
    let genesys = Principal::Aws(genesys(&facts.desired).to_string());
    let latest = |written: &&WrittenTrust| written.at;
    let before = history.written.iter().filter(|written| written.at < used.at).max_by_key(latest);
    // Events are timed in seconds: within the same one, either policy may have been in force.
    let by_then = history.written.iter().filter(|written| written.at == used.at);
    let documents = by_then.chain(before).filter_map(|written| written.document.as_ref());
    let right = facts.desired.external_id.expose();
    let was_right = || {
        let admitted = |written: &WrittenTrust| match &written.document {
            Some(document) => admits(&with(role, document), &genesys, Some(right)),
            None => true,
        };
        let had_it = |earlier: &RoleUse| {
            earlier.at < used.at && earlier.external_id.as_ref().is_some_and(|id| id.expose() == right)
        };
        // The newest corrected it, perhaps in the second of the use; any other was there before.
        let newest =
            history.written.iter().enumerate().max_by_key(|(_, written)| written.at).map(|(at, _)| at);
        let others = history.written.iter().enumerate().filter(|(at, _)| Some(*at) != newest);
        others
            .map(|(_, written)| written)
            .any(|written| written.at.as_second() <= used.at.as_second() && admitted(written))
            || history.uses.iter().any(had_it)
    };
    !admits(role, &genesys, Some(id))
        && !was_right()
        && documents.map(|document| with(role, document)).any(|former| {
            may_assume(&former, &genesys, Some(id)).decision == Decision::Allowed
                && !admits(&former, &genesys, Some(NOBODYS))
                && !admits(&former, &genesys, None)
        })
}

/// Undecided may mean admitted.
fn admits(role: &LiveRole, genesys: &Principal, id: Option<&str>) -> bool {
    matches!(may_assume(role, genesys, id).decision, Decision::Allowed | Decision::Undecided)
}

fn with(role: &LiveRole, document: &Document) -> LiveRole {
    let mut role = role.clone();
    role.role.assume_role_policy = document.clone();
    role
}
