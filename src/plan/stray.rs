//! Roles whose spec is gone: no file of the run has it, so no plan is about them, and no prune removes them. Pure.

use super::party::KeptStranger;
use super::taken_out::Inside;
use crate::model::{DesiredState, LiveState, spec_of};
use crate::spec::Namer;

/// The roles that a spec made which is in no file of the run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stray {
    /// The name of the spec.
    pub spec: String,
    /// None of them, if all are named by a file that no plan of the run is about.
    pub roles: Vec<String>,
    /// Those from outside the account who may assume one of them, or one that such a file names.
    pub inside: Vec<KeptStranger>,
    /// A file of the run with a spec of the same account.
    pub beside: String,
    /// Files of specs that could not be read: it may be in one of them.
    pub unread: Vec<String>,
}

/// Those of the account. A role that another spec of the run names is not a stray: that spec's plan says what becomes of it.
pub(super) fn strays(live: &LiveState, desired: &DesiredState) -> Vec<Stray> {
    let DesiredState { account_id, elsewhere, .. } = desired;
    let unread: Vec<String> = elsewhere.unread().iter().map(|unread| unread.file.clone()).collect();
    let former = |spec: &str| {
        let made = desired.roles.iter().filter_map(|role| live.roles.get(&role.role.name)?.role.as_ref());
        made.into_iter().any(|made| spec_of(&made.role.tags) == Some(spec))
    };
    let inside = Inside::of(desired);
    let stray = |spec: &String| {
        let mut stray = Stray {
            spec: spec.clone(),
            roles: Vec::new(),
            inside: Vec::new(),
            beside: elsewhere.own().to_owned(),
            unread: unread.clone(),
        };
        for (name, trust) in &live.of_other_specs[spec] {
            let named = elsewhere.names_role(account_id, name);
            match named {
                None => stray.roles.push(name.clone()),
                // It can be of the same pull request, and nothing plans it.
                Some(Namer::Beside { .. }) => {}
                Some(Namer::Run(_) | Namer::LeftOut) => continue,
            }
            stray.inside.extend(inside.role(name, trust.as_ref()));
        }
        stray
    };
    let is_ours = |spec: &&String| {
        !elsewhere.is_kept_elsewhere(spec) && (!elsewhere.knows_spec(account_id, spec) || former(spec))
    };
    let found = live.of_other_specs.keys().filter(is_ours).map(stray);
    found.filter(|stray| !stray.roles.is_empty() || !stray.inside.is_empty()).collect()
}
