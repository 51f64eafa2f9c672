//! Brings one role, with its policy, to the desired state.

use std::collections::BTreeMap;

use super::change::{IamChange, TagChange, TagChanges};
use super::order::{Between, BoundaryEffect, Ordered, Replacement, Task, order, shut_trust};
use super::ownership::check_ownership;
use super::versions::{diff_document, via};
use super::wider::widenings;
use crate::arn::{Arn, FunctionArn};
use crate::model::{AttachedPolicy, DesiredRole, DesiredState, Live, LiveRole, Tags};
use crate::plan::accept::{Acceptable, Consent, ForeignPolicy, foreign_policies, with_accepted};
use crate::plan::change::{Change, Diff};
use crate::plan::model::{Blocker, BoundaryLimits, Notice, RolePlan};
use crate::policy::access::{Access, AccessDiff, grants};
use crate::policy::template::{deny_policy, invoke_policy, trust_policy};
use crate::policy::{Decision, Document, TrustPolicy, equivalent, only_revokes};
use crate::spec::{self, AccountTrust, ExtraPermissions, genesys_account_name};

/// Brings one role to the desired state.
pub fn diff_role(live: &Live, desired: &DesiredRole, all: &DesiredState) -> RolePlan {
    let mut plan = RolePlan::empty(&desired.role.name);
    let desired = &*with_accepted(live.role.as_ref(), desired);
    match &desired.genesys_account {
        AccountTrust::Known => {}
        AccountTrust::Confirmed { reason } => {
            let (account, reason) = (desired.genesys_account_id.clone(), reason.clone());
            plan.notices.push(Notice::ConfirmedAccount { account, reason });
        }
        AccountTrust::Unknown { why, help } => {
            plan.blockers.push(Blocker::UnknownAccount { why: why.clone(), help: help.clone() });
        }
    }
    check_ownership(live, desired, all, &mut plan);

    let mut neutral: Vec<IamChange> = Vec::new();
    if let Some(policy) = &live.policy {
        let tags = diff_tags(&policy.policy.tags, &desired.policy.tags);
        if !tags.is_empty() {
            neutral.push(IamChange::TagPolicy { policy: desired.policy.arn.clone(), tags });
        }
    } else {
        neutral.push(IamChange::CreatePolicy(desired.policy.clone()));
    }
    let attach =
        IamChange::AttachRolePolicy { role: desired.role.name.clone(), policy: desired.policy.arn.clone() };
    let changes = match &live.role {
        Some(role) => {
            let task = task(role, live, desired, neutral, attach, &mut plan);
            let Ordered { changes, shut, interrupted } = order(task);
            if shut > 0 {
                plan.notices.push(Notice::ShutMeanwhile { writes: shut });
            }
            if interrupted > 0 {
                plan.notices.push(Notice::InterruptedMeanwhile { writes: interrupted });
            }
            changes
        }
        // Attach last: a half-built role must not be able to invoke.
        None => {
            let document = live.policy.as_ref().map(|policy| diff_document(policy, desired));
            let created = IamChange::CreateRole(desired.role.clone());
            document.into_iter().flatten().chain(neutral).chain([created, attach]).collect()
        }
    };
    plan.changes = own_boundary_first(changes).into_iter().map(Change::Iam).collect();
    // Each is large, and most roles of a fleet have one.
    plan.changes.shrink_to_fit();
    plan.widenings = widenings(live, desired);
    // Without a change nobody gains or loses anything.
    if !plan.changes.is_empty() {
        plan.access = AccessDiff { before: access_before(live), after: access_after(live, desired) };
    }
    if let Some(role) = &live.role
        && !plan.access.shut_out().is_empty()
        && shuts_someone_out(role, desired)
    {
        plan.notices.push(Notice::OlderSessions { seconds: role.role.max_session_duration });
    }
    plan
}

/// A policy that the role gets as its boundary exists before: unattached, it does nothing.
fn own_boundary_first(mut changes: Vec<IamChange>) -> Vec<IamChange> {
    let created = changes.iter().position(|change| {
        let IamChange::CreatePolicy(policy) = change else { return false };
        let bounds = |other: &IamChange| {
            matches!(other, IamChange::PutRolePermissionsBoundary { after, .. } if *after == policy.arn)
        };
        changes.iter().any(bounds)
    });
    if let Some(at) = created {
        changes[..=at].rotate_right(1);
    }
    changes
}

/// Whether the new trust policy refuses someone who may hold a session, whatever its statements say.
fn shuts_someone_out(role: &LiveRole, desired: &DesiredRole) -> bool {
    let before = TrustPolicy { role: &role.role.arn, document: &role.role.assume_role_policy };
    let after = TrustPolicy { document: &desired.role.assume_role_policy, ..before };
    before.admits_more_than(&after, desired.external_id.expose())
}

/// The changes an existing role needs.
fn task<'a>(
    role: &'a LiveRole,
    live: &'a Live,
    desired: &'a DesiredRole,
    mut neutral: Vec<IamChange>,
    attach: IamChange,
    plan: &mut RolePlan,
) -> Task<'a> {
    let removals = extras(role, desired, plan);
    let boundary = diff_boundary(role, desired, live.wanted_boundary.as_ref(), plan);
    let is_attached = role.attached.contains_key(&desired.policy.arn);
    let (attributes, tags) = diff_attributes(role, desired);
    neutral.extend(attributes);
    let live_boundary = role.role.permissions_boundary.as_ref();
    let wanted_boundary = match &desired.boundary {
        spec::Boundary::Unmentioned => live_boundary,
        spec::Boundary::None => None,
        spec::Boundary::Policy(arn) => Some(arn),
    };
    let bound = |arn: Option<&Arn>| match arn {
        None => BoundaryEffect::None,
        Some(arn) if *arn == desired.policy.arn => BoundaryEffect::Own,
        Some(arn) if Some(arn) == live_boundary => BoundaryEffect::Document(role.boundary.as_ref()),
        Some(_) => BoundaryEffect::Document(live.wanted_boundary.as_ref()),
    };
    Task {
        role,
        trust: diff_trust(role, desired),
        own: diff_own(role, live, desired, is_attached),
        is_attached,
        attach: (!is_attached).then_some(attach),
        removals,
        kept: kept(role, desired),
        boundary,
        bounds: [bound(live_boundary), bound(wanted_boundary)],
        neutral,
        tags,
        is_removal: false,
    }
}

fn diff_own(role: &LiveRole, live: &Live, desired: &DesiredRole, is_attached: bool) -> Replacement {
    let after = &desired.policy.document;
    let Some(policy) = &live.policy else {
        return Replacement {
            before: Some(after.clone()),
            after: Some(after.clone()),
            ..Replacement::default()
        };
    };
    let before = &policy.policy.document;
    let direct = diff_document(policy, desired);
    let mut between = Vec::new();
    if !direct.is_empty() && is_attached {
        let functions = desired
            .functions
            .iter()
            .filter(|function| role.decision_by(before, function) == Decision::Allowed);
        let common: Vec<FunctionArn> = functions.cloned().collect();
        if !common.is_empty() && common.len() < desired.functions.len() {
            between.push(via(policy, desired, invoke_policy(&common), false));
        }
        between.push(via(policy, desired, deny_policy(), true));
    }
    Replacement { before: Some(before.clone()), after: Some(after.clone()), direct, between }
}

/// Whatever else the role can do: reported, or removed if the spec says so and does not accept it.
fn extras(role: &LiveRole, desired: &DesiredRole, plan: &mut RolePlan) -> Vec<(IamChange, Document)> {
    let mut changes = Vec::new();
    let name = &desired.role.name;
    for (acceptable, foreign) in foreign_policies(role, desired) {
        let document = match foreign {
            ForeignPolicy::Attached(_, policy) => &policy.document,
            ForeignPolicy::Inline(_, document) => document,
        };
        // It ends sessions of before: whoever takes it off brings them back.
        if only_revokes(document) {
            continue;
        }
        if !stays(&acceptable, desired) {
            let change = match foreign {
                ForeignPolicy::Attached(arn, policy) => detach(name, arn, policy, true),
                ForeignPolicy::Inline(inline, document) => delete_inline(name, inline, document),
            };
            changes.push((change, document.clone()));
            continue;
        }
        let denies = denied(document, role, desired);
        let is_accepted = matches!(acceptable.consent(&desired.accepts), Consent::Given(_));
        if !denies.is_empty() && (is_accepted || !acceptable.gains.is_empty()) {
            plan.notices
                .push(Notice::ForeignDeny { policy: acceptable.what.clone(), functions: denies.clone() });
        }
        // A blocker says what becomes of one that the spec made under another name.
        let is_former = plan.blockers.iter().any(|blocker| match (blocker, foreign) {
            (Blocker::PolicyName { live, .. }, ForeignPolicy::Attached(arn, _)) => live == arn,
            _ => false,
        });
        if !is_accepted && !is_former {
            let accept = acceptable.how_to_accept(acceptable.consent(&desired.accepts));
            let grants = grants(document);
            plan.notices.push(match foreign {
                ForeignPolicy::Attached(arn, _) => {
                    Notice::ExtraAttached { policy: arn.clone(), grants, denies, accept }
                }
                ForeignPolicy::Inline(name, _) => {
                    Notice::ExtraInline { name: name.to_owned(), grants, denies, accept }
                }
            });
        }
    }
    changes
}

/// Whether a policy that is not from the spec stays.
fn stays(acceptable: &Acceptable, desired: &DesiredRole) -> bool {
    desired.extra_permissions == ExtraPermissions::Report
        || matches!(acceptable.consent(&desired.accepts), Consent::Given(_))
}

/// The documents of policies that stay and are not from the spec.
fn kept<'a>(role: &'a LiveRole, desired: &'a DesiredRole) -> Vec<&'a Document> {
    foreign_policies(role, desired)
        .map(|(acceptable, foreign)| match foreign {
            ForeignPolicy::Attached(_, policy) => (acceptable, &policy.document),
            ForeignPolicy::Inline(_, document) => (acceptable, document),
        })
        .filter(|(acceptable, document)| only_revokes(document) || stays(acceptable, desired))
        .map(|(_, document)| document)
        .collect()
}

/// The functions that a policy definitely denies the role.
fn denied(document: &Document, role: &LiveRole, desired: &DesiredRole) -> Vec<String> {
    let functions = desired.functions.iter();
    let denied = functions.filter(|function| role.decision_by(document, function) == Decision::ExplicitDeny);
    denied.map(FunctionArn::label).collect()
}

/// The functions that the boundary definitely denies the role.
fn bounded(role: &LiveRole, desired: &DesiredRole) -> Vec<String> {
    let Some(boundary) = &role.boundary else { return Vec::new() };
    let is_blocked = |function: &&FunctionArn| {
        matches!(role.decision_by(boundary, function), Decision::ImplicitDeny | Decision::ExplicitDeny)
    };
    desired.functions.iter().filter(is_blocked).map(FunctionArn::label).collect()
}

pub(super) fn detach(role: &str, arn: &Arn, policy: &AttachedPolicy, is_foreign: bool) -> IamChange {
    IamChange::DetachRolePolicy {
        role: role.to_owned(),
        policy: arn.clone(),
        document: policy.document.clone(),
        is_foreign,
    }
}

pub(super) fn delete_inline(role: &str, name: &str, document: &Document) -> IamChange {
    IamChange::DeleteRolePolicy { role: role.to_owned(), name: name.to_owned(), document: document.clone() }
}

/// `wanted`: the document of the boundary that the spec names.
fn diff_boundary(
    role: &LiveRole,
    desired: &DesiredRole,
    wanted: Option<&Document>,
    plan: &mut RolePlan,
) -> Option<IamChange> {
    let live = role.role.permissions_boundary.clone();
    let name = desired.role.name.clone();
    let limits = |arn: &Arn, document: Option<&Document>| BoundaryLimits {
        arn: arn.clone(),
        grants: document.map(grants),
    };
    if let (spec::Boundary::Policy(_) | spec::Boundary::None, Some(before)) = (&desired.boundary, &live) {
        let after = match &desired.boundary {
            spec::Boundary::Policy(after) => Some(after),
            spec::Boundary::None | spec::Boundary::Unmentioned => None,
        };
        if after != Some(before) {
            plan.notices.push(Notice::BoundaryChange {
                before: limits(before, role.boundary.as_ref()),
                after: after.map(|after| limits(after, wanted)),
            });
        }
    }
    match (&desired.boundary, live) {
        (spec::Boundary::Unmentioned, live) => {
            let blocks = bounded(role, desired);
            plan.notices.extend(live.map(|arn| Notice::Boundary { arn, is_mentioned: false, blocks }));
            None
        }
        (spec::Boundary::None, None) => None,
        (spec::Boundary::None, Some(before)) => {
            Some(IamChange::DeleteRolePermissionsBoundary { role: name, before })
        }
        (spec::Boundary::Policy(wanted), live) if live.as_ref() == Some(wanted) => {
            let blocks = bounded(role, desired);
            if !blocks.is_empty() {
                plan.notices.push(Notice::Boundary { arn: wanted.clone(), is_mentioned: true, blocks });
            }
            None
        }
        (spec::Boundary::Policy(wanted), live) => {
            Some(IamChange::PutRolePermissionsBoundary { role: name, before: live, after: wanted.clone() })
        }
    }
}

fn diff_trust(role: &LiveRole, desired: &DesiredRole) -> Replacement {
    let before = &role.role.assume_role_policy;
    let after = &desired.role.assume_role_policy;
    if equivalent(before, after) {
        return Replacement {
            before: Some(before.clone()),
            after: Some(before.clone()),
            ..Replacement::default()
        };
    }
    let name = &desired.role.name;
    let change = |before: &Document, after: &Document| IamChange::UpdateAssumeRolePolicy {
        role: name.clone(),
        document: Diff { before: before.clone(), after: after.clone() },
    };
    let genesys = Arn::account_root(&desired.role.arn.partition, &desired.genesys_account_id);
    // Only one of the admitted principals: the other may be new, or not exist yet.
    let alone = desired.verifier.iter().flat_map(|verifier| [&genesys, verifier]).map(|principal| {
        let document = trust_policy(&[principal], desired.external_id.expose());
        Between {
            to: vec![change(before, &document)],
            onward: vec![change(&document, after)],
            document,
            is_shut: false,
        }
    });
    let between = alone.chain([shut_trust(name, before, Some(after))]).collect();
    Replacement {
        before: Some(before.clone()),
        after: Some(after.clone()),
        direct: vec![change(before, after)],
        between,
    }
}

/// Changes that affect nobody's access, plus the tags, which may.
fn diff_attributes(role: &LiveRole, desired: &DesiredRole) -> (Option<IamChange>, Option<IamChange>) {
    let live = &role.role;
    let wanted = &desired.role;
    let is_same =
        live.description == wanted.description && live.max_session_duration == wanted.max_session_duration;
    let attributes = (!is_same).then(|| IamChange::UpdateRole {
        role: wanted.name.clone(),
        description: Diff { before: live.description.clone(), after: wanted.description.clone() },
        max_session_duration: Diff { before: live.max_session_duration, after: wanted.max_session_duration },
    });
    let tags = diff_role_tags(&live.tags, &wanted.tags);
    let tags = (!tags.is_empty()).then(|| IamChange::TagRole { role: wanted.name.clone(), tags });
    (attributes, tags)
}

/// Tags not in the spec are left alone.
fn diff_tags(live: &Tags, desired: &Tags) -> TagChanges {
    desired
        .iter()
        .filter(|(key, value)| live.get(*key) != Some(value))
        .map(|(key, value)| {
            let change = TagChange { former_key: None, before: live.get(key).cloned(), after: value.clone() };
            (key.clone(), change)
        })
        .collect::<BTreeMap<_, _>>()
}

/// The same for a role, where a key replaces another that differs only in case.
fn diff_role_tags(live: &Tags, desired: &Tags) -> TagChanges {
    let mut changes = diff_tags(live, desired);
    for (key, change) in changes.iter_mut().filter(|(_, change)| change.before.is_none()) {
        let former = live.iter().find(|(live, _)| live.to_lowercase() == key.to_lowercase());
        if let Some((former, value)) = former {
            change.former_key = Some(former.clone());
            change.before = Some(value.clone());
        }
    }
    changes
}

pub(super) fn access_before(live: &Live) -> Access {
    let mut access = Access::default();
    if let Some(role) = &live.role {
        access.add_trust(&role.role.assume_role_policy, &role.role.arn, genesys_account_name);
        for document in role.documents() {
            access.add_permissions(document);
        }
        if let Some(boundary) = &role.role.permissions_boundary {
            access.add_boundary(boundary);
        }
    }
    access
}

fn access_after(live: &Live, desired: &DesiredRole) -> Access {
    let mut access = Access::default();
    access.add_trust(&desired.role.assume_role_policy, &desired.role.arn, genesys_account_name);
    access.add_permissions(&desired.policy.document);
    let live = live.role.as_ref();
    for document in live.map(|role| kept(role, desired)).unwrap_or_default() {
        access.add_permissions(document);
    }
    let boundary = match &desired.boundary {
        spec::Boundary::Unmentioned => live.and_then(|role| role.role.permissions_boundary.as_ref()),
        spec::Boundary::None => None,
        spec::Boundary::Policy(arn) => Some(arn),
    };
    if let Some(boundary) = boundary {
        access.add_boundary(boundary);
    }
    access
}

#[cfg(test)]
mod tests;
