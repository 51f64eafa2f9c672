//! What is left of specs that are gone: no file of the run has them, so no plan is about it, and no prune removes it. Pure.

use super::party::KeptStranger;
use super::taken_out::Inside;
use crate::arn::{AccountId, Arn};
use crate::model::{DesiredState, LiveCredential, LiveState, Marker, OrganizationReading, spec_of};
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

/// An integration that a spec made which is in no file of the run, in whatever account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StrayIntegration {
    pub id: String,
    pub name: String,
    /// The name of the spec.
    pub spec: String,
    /// The role that its credential holds, as far as is known.
    pub role: Option<Arn>,
    /// A file of the run.
    pub beside: String,
    /// Files of specs that could not be read: it may be in one of them.
    pub unread: Vec<String>,
}

/// Those of the organization.
pub(super) fn stray_integrations(live: &LiveState, desired: &DesiredState) -> Vec<StrayIntegration> {
    let OrganizationReading::Read(organization) = &live.organization else { return Vec::new() };
    let DesiredState { spec: own, account_id, elsewhere, is_part, .. } = desired;
    if *is_part {
        return Vec::new();
    }
    let wanted = || desired.roles.iter().filter_map(|role| role.integration.as_ref());
    let found = organization.integrations.iter().filter_map(|live| {
        let spec = Marker::split(&live.notes).1?.spec;
        let role = live.credential.as_ref().and_then(LiveCredential::role);
        let account = match &role {
            Some(role) => role.account.parse::<AccountId>().ok()?,
            None => account_id.clone(),
        };
        let is_named = elsewhere.names_integration(&organization.id, &live.id, &live.name).is_some()
            || wanted().any(|one| one.id.as_ref().map_or(one.name == live.name, |id| *id == live.id));
        let is_own = spec == *own && account == *account_id;
        if is_named || is_own || elsewhere.is_kept_elsewhere(&spec) || elsewhere.knows_spec(&account, &spec) {
            return None;
        }
        let unread = elsewhere.unread().iter().map(|unread| unread.file.clone()).collect();
        let (id, name, beside) = (live.id.clone(), live.name.clone(), elsewhere.own().to_owned());
        Some(StrayIntegration { id, name, spec, role, beside, unread })
    });
    found.collect()
}
