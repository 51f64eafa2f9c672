//! Roles whose spec is gone: no file of the run has it, so no plan is about them, and no prune removes them. Pure.

use crate::model::{DesiredState, LiveState};

/// The roles that a spec made which is in no file of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// The name of the spec.
    pub spec: String,
    pub roles: Vec<String>,
    /// A file of the run with a spec of the same account.
    pub beside: String,
    /// Files of specs that could not be read: it may be in one of them.
    pub unread: Vec<String>,
}

/// Those of the account. A role that another spec of the run names is not a stray: that spec's plan says what becomes of it.
pub(super) fn strays(live: &LiveState, desired: &DesiredState) -> Vec<Stray> {
    let DesiredState { account_id, elsewhere, .. } = desired;
    let unread: Vec<String> = elsewhere.unread().iter().map(|unread| unread.file.clone()).collect();
    let is_left = |name: &&String| elsewhere.names_role(account_id, name).is_none();
    live.of_other_specs
        .iter()
        .filter(|(spec, _)| !elsewhere.knows_spec(account_id, spec))
        .map(|(spec, roles)| Stray {
            spec: spec.clone(),
            roles: roles.iter().filter(is_left).cloned().collect(),
            beside: elsewhere.own().to_owned(),
            unread: unread.clone(),
        })
        .filter(|stray| !stray.roles.is_empty())
        .collect()
}
