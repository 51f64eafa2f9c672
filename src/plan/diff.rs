//! Live state against desired state.

use std::collections::{BTreeMap, BTreeSet};

use super::access::{Access, AccessDiff, grants};
use super::change::{self, Diff};
use super::destroy::prune_role;
use super::iam::{Change, TagChange, TagChanges};
use crate::arn::{AccountId, Arn};
use crate::policy::document::Effect;
use crate::policy::template::{deny_policy, invoke_policy};
use crate::policy::{Context, Decision, Document, Policies, Principal, Request, equivalent, evaluate};
use crate::spec::{Boundary, ExtraPermissions, MANAGED_BY_KEY, MANAGED_BY_VALUE, SPEC_KEY};
use crate::state::{
    DesiredRole, DesiredState, Live, LivePolicy, LiveRole, LiveState, Orphans, PolicyVersion, Tags, is_of,
};

/// IAM keeps at most this many versions of a managed policy.
const VERSION_LIMIT: usize = 5;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub spec: String,
    pub account_id: AccountId,
    pub region: String,
    /// In the order of the spec; those that are no longer in it first.
    pub roles: Vec<RolePlan>,
    /// Roles that bear the tag of the spec, are not in it, and stay.
    pub orphans: BTreeSet<String>,
    /// Why it is not known whether there are any.
    pub orphans_unknown: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolePlan {
    pub role: String,
    /// In the order in which they are to be carried out.
    pub changes: Vec<change::Change>,
    pub blockers: Vec<Blocker>,
    pub notices: Vec<Notice>,
    /// Empty where nothing changes.
    pub access: AccessDiff,
}

/// Why the changes of a role may not be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocker {
    /// It exists, and this spec did not make it.
    NotManaged { what: Owned, by: Owner },
    /// It is to be destroyed, and this spec did not make it.
    NotOurs { what: Owned, by: Owner },
    /// A policy that this spec made under another name is attached to the role.
    PolicyName { live: Arn, desired: String },
    /// The path of a role cannot be changed.
    RolePath { role: String, live: String, desired: String },
    /// Others use the policy that is to be destroyed.
    PolicyInUse { policy: String, others: i32 },
    /// The spec guards the role against being destroyed.
    PreventDestroy { role: String },
    /// A policy of the same name under another path is attached to the role.
    PolicyPath { policy: String, live: Arn, desired: Arn },
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owned {
    Role(String),
    Policy(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// No tag of this tool.
    Unknown,
    /// The tag names another spec.
    Spec(String),
}

/// Something a reviewer must know that this plan does not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    ExtraAttached {
        policy: Arn,
        grants: Vec<String>,
    },
    ExtraInline {
        name: String,
        grants: Vec<String>,
    },
    /// A boundary that the spec does not mention.
    Boundary {
        arn: Arn,
    },
    /// Taken over by `adopt`.
    Adopted {
        what: Owned,
        by: Owner,
    },
    /// It bears the tag of the spec, which no longer has it.
    TakenOut,
    /// The policy is also attached elsewhere: changing it changes that too.
    SharedPolicy {
        policy: String,
        others: i32,
    },
}

impl Plan {
    pub(super) fn empty(desired: &DesiredState, orphans: &Orphans) -> Self {
        Self {
            spec: desired.spec.clone(),
            account_id: desired.account_id.clone(),
            region: desired.region.clone(),
            roles: Vec::new(),
            orphans: match orphans {
                Orphans::Named(names) => names.clone(),
                Orphans::Unknown(_) | Orphans::Read(_) => BTreeSet::new(),
            },
            orphans_unknown: match orphans {
                Orphans::Unknown(why) => Some(why.clone()),
                Orphans::Named(_) | Orphans::Read(_) => None,
            },
        }
    }

    pub fn changes(&self) -> impl Iterator<Item = &change::Change> {
        self.roles.iter().flat_map(|role| &role.changes)
    }

    pub fn blockers(&self) -> impl Iterator<Item = &Blocker> {
        self.roles.iter().flat_map(|role| &role.blockers)
    }

    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    pub fn is_wider(&self) -> bool {
        self.roles.iter().any(|role| role.access.is_wider())
    }
}

/// What would make `live` into `desired`. Pure: no I/O, no clock, no randomness.
pub fn diff(live: &LiveState, desired: &DesiredState) -> Plan {
    let absent = Live::default();
    let mut plan = Plan::empty(desired, &live.orphans);
    if let Orphans::Read(orphans) = &live.orphans {
        plan.roles.extend(orphans.iter().map(|(name, live)| prune_role(name, live)));
    }
    let live = |role: &DesiredRole| live.roles.get(&role.role.name).unwrap_or(&absent);
    plan.roles.extend(desired.roles.iter().map(|role| diff_role(live(role), role, desired)));
    plan
}

/// What would make one role as desired.
pub fn diff_role(live: &Live, desired: &DesiredRole, all: &DesiredState) -> RolePlan {
    let mut plan = RolePlan {
        role: desired.role.name.clone(),
        changes: Vec::new(),
        blockers: Vec::new(),
        notices: Vec::new(),
        access: AccessDiff::default(),
    };
    check_ownership(live, desired, all, &mut plan);

    let mut changes: Vec<Change> = Vec::new();
    // Narrow first: what goes, goes before anything is granted.
    let extras = live.role.as_ref().map(|role| extras(role, desired, &mut plan)).unwrap_or_default();
    // With a Deny goes a restriction too: not before what it may restrict.
    let (restricting, extras): (Vec<_>, Vec<_>) = extras.into_iter().partition(takes_a_deny);
    changes.extend(extras);
    let boundary = live.role.as_ref().and_then(|role| diff_boundary(role, desired, &mut plan));
    let trust = live.role.as_ref().and_then(|role| diff_trust(role, desired));
    let document = live.policy.as_ref().map(|policy| diff_document(policy, desired)).unwrap_or_default();

    let boundary_order = boundary.as_ref().map(|change| boundary_order(change, live, desired));
    if boundary_order == Some(Order::First) {
        changes.extend(boundary.clone());
    }
    match trust {
        Some(trust) if !document.is_empty() || !restricting.is_empty() => {
            if let Some([narrowed, last]) = in_two_steps(live, desired) {
                changes.extend(narrowed);
                changes.push(trust);
                changes.extend(last);
                changes.extend(restricting);
            } else if trust_first(live, desired) {
                changes.push(trust);
                changes.extend(document);
                changes.extend(restricting);
            } else {
                changes.extend(document);
                changes.extend(restricting);
                changes.push(trust);
            }
        }
        // With one of them alone there is no order.
        trust => {
            changes.extend(trust);
            changes.extend(document);
            changes.extend(restricting);
        }
    }
    if boundary_order == Some(Order::Last) {
        changes.extend(boundary);
    }

    if let Some(policy) = &live.policy {
        let tags = diff_tags(&policy.policy.tags, &desired.policy.tags);
        if !tags.is_empty() {
            changes.push(Change::TagPolicy { policy: desired.policy.arn.clone(), tags });
        }
    } else {
        changes.push(Change::CreatePolicy(desired.policy.clone()));
    }
    match &live.role {
        Some(role) => changes.extend(diff_attributes(role, desired)),
        None => changes.push(Change::CreateRole(desired.role.clone())),
    }
    // Attach last: a half-built role must not be able to invoke.
    if !live.role.as_ref().is_some_and(|role| role.attached.contains_key(&desired.policy.arn)) {
        changes.push(Change::AttachRolePolicy {
            role: desired.role.name.clone(),
            policy: desired.policy.arn.clone(),
        });
    }
    plan.changes = changes.into_iter().map(change::Change::Iam).collect();
    // Without a change nobody gains or loses anything.
    if !plan.changes.is_empty() {
        plan.access = AccessDiff { before: access_before(live), after: access_after(live, desired) };
    }
    plan
}

/// The role and the policy that this spec did not make, and who did.
pub(super) fn foreign(live: &Live, spec: &str) -> impl Iterator<Item = (Owned, Owner)> {
    let role = live.role.as_ref().map(|role| (Owned::Role(role.role.name.clone()), &role.role.tags));
    let policy =
        live.policy.as_ref().map(|policy| (Owned::Policy(policy.policy.name.clone()), &policy.policy.tags));
    role.into_iter().chain(policy).filter_map(move |(what, tags)| Some((what, foreign_owner(tags, spec)?)))
}

/// What keeps the role and the policy from being changed, or is to be known before they are.
fn check_ownership(live: &Live, desired: &DesiredRole, all: &DesiredState, plan: &mut RolePlan) {
    for (what, by) in foreign(live, &all.spec) {
        if desired.adopt {
            plan.notices.push(Notice::Adopted { what, by });
        } else {
            plan.blockers.push(Blocker::NotManaged { what, by });
        }
    }
    if let Some(role) = &live.role {
        if role.role.path != desired.role.path {
            plan.blockers.push(Blocker::RolePath {
                role: role.role.name.clone(),
                live: role.role.path.clone(),
                desired: desired.role.path.clone(),
            });
        }
        let namesake = role.attached.keys().find(|arn| {
            **arn != desired.policy.arn
                && arn.account == desired.policy.arn.account
                && arn.name().eq_ignore_ascii_case(&desired.policy.name)
        });
        if let Some(arn) = namesake {
            plan.blockers.push(Blocker::PolicyPath {
                policy: desired.policy.name.clone(),
                live: arn.clone(),
                desired: desired.policy.arn.clone(),
            });
        }
        let is_wanted =
            |arn: &Arn| all.excluded.contains(arn) || all.roles.iter().any(|role| role.policy.arn == *arn);
        let former = role.attached.iter().filter(|(arn, policy)| {
            **arn != desired.policy.arn
                && Some(*arn) != namesake
                && is_of(&all.spec, &policy.tags)
                && !is_wanted(arn)
        });
        plan.blockers.extend(
            former.map(|(arn, _)| Blocker::PolicyName {
                live: arn.clone(),
                desired: desired.policy.name.clone(),
            }),
        );
    }
    if let Some(LivePolicy { attachment_count, .. }) = live.policy {
        let own = live.role.as_ref().is_some_and(|role| role.attached.contains_key(&desired.policy.arn));
        let others = attachment_count - i32::from(own);
        if others > 0 {
            plan.notices.push(Notice::SharedPolicy { policy: desired.policy.name.clone(), others });
        }
    }
}

/// Who else manages what bears these tags; `None` when it is this spec.
fn foreign_owner(tags: &Tags, spec: &str) -> Option<Owner> {
    if is_of(spec, tags) {
        return None;
    }
    let is_managed = tags.get(MANAGED_BY_KEY).is_some_and(|value| value == MANAGED_BY_VALUE);
    let owner = tags.get(SPEC_KEY).filter(|_| is_managed);
    Some(owner.map_or(Owner::Unknown, |owner| Owner::Spec(owner.clone())))
}

/// Whatever else the role can do: reported, or removed where the spec says so.
fn extras(role: &LiveRole, desired: &DesiredRole, plan: &mut RolePlan) -> Vec<Change> {
    let mut changes = Vec::new();
    let name = &desired.role.name;
    for (arn, policy) in role.attached.iter().filter(|(arn, _)| **arn != desired.policy.arn) {
        match desired.extra_permissions {
            ExtraPermissions::Report => plan
                .notices
                .push(Notice::ExtraAttached { policy: arn.clone(), grants: grants(&policy.document) }),
            ExtraPermissions::Remove => changes.push(Change::DetachRolePolicy {
                role: name.clone(),
                policy: arn.clone(),
                document: policy.document.clone(),
            }),
        }
    }
    for (inline, document) in &role.inline {
        match desired.extra_permissions {
            ExtraPermissions::Report => {
                plan.notices.push(Notice::ExtraInline { name: inline.clone(), grants: grants(document) })
            }
            ExtraPermissions::Remove => changes.push(Change::DeleteRolePolicy {
                role: name.clone(),
                name: inline.clone(),
                document: document.clone(),
            }),
        }
    }
    changes
}

fn diff_boundary(role: &LiveRole, desired: &DesiredRole, plan: &mut RolePlan) -> Option<Change> {
    let live = role.role.permissions_boundary.clone();
    let name = desired.role.name.clone();
    match (&desired.boundary, live) {
        (Boundary::Unmentioned, live) => {
            plan.notices.extend(live.map(|arn| Notice::Boundary { arn }));
            None
        }
        (Boundary::None, None) => None,
        (Boundary::None, Some(before)) => Some(Change::DeleteRolePermissionsBoundary { role: name, before }),
        (Boundary::Policy(wanted), live) if live.as_ref() == Some(wanted) => None,
        (Boundary::Policy(wanted), live) => {
            Some(Change::PutRolePermissionsBoundary { role: name, before: live, after: wanted.clone() })
        }
    }
}

fn diff_trust(role: &LiveRole, desired: &DesiredRole) -> Option<Change> {
    let before = &role.role.assume_role_policy;
    let after = &desired.role.assume_role_policy;
    (!equivalent(before, after)).then(|| Change::UpdateAssumeRolePolicy {
        role: desired.role.name.clone(),
        document: Diff { before: before.clone(), after: after.clone() },
    })
}

/// Whether a change takes away a document that denies something.
pub(super) fn takes_a_deny(change: &Change) -> bool {
    match change {
        Change::DetachRolePolicy { document, .. } | Change::DeleteRolePolicy { document, .. } => {
            document.statements.as_slice().iter().any(|statement| statement.effect == Effect::Deny)
        }
        _ => false,
    }
}

/// Whether the trust policy is to change before the permissions do, such that on the way nobody can do what he could
/// neither before nor after: not when it only lets in, nor when the permissions only shrink.
fn trust_first(live: &Live, desired: &DesiredRole) -> bool {
    let (Some(role), Some(policy)) = (&live.role, &live.policy) else { return true };
    let lets_in = !is_wider(
        Access::of_trust(&desired.role.assume_role_policy),
        Access::of_trust(&role.role.assume_role_policy),
    );
    let shrinks = !is_wider(
        Access::of_permissions(&policy.policy.document),
        Access::of_permissions(&desired.policy.document),
    );
    !(lets_in || shrinks)
}

/// The changes of the policy around that of the trust policy, when both shut something out and let something in: whoever
/// is let in may not find the old permissions, nor whoever is shut out the new ones. So the policy first becomes what it
/// is both before and after.
fn in_two_steps(live: &Live, desired: &DesiredRole) -> Option<[Vec<Change>; 2]> {
    let (role, policy) = (live.role.as_ref()?, live.policy.as_ref()?);
    let in_force = role.attached.contains_key(&desired.policy.arn);
    let trust = [&role.role.assume_role_policy, &desired.role.assume_role_policy].map(Access::of_trust);
    let documents = [&policy.policy.document, &desired.policy.document];
    let permissions = documents.map(Access::of_permissions);
    let both_ways = |[old, new]: [Access; 2]| is_wider(old.clone(), new.clone()) && is_wider(new, old);
    if !in_force || !both_ways(trust) || !both_ways(permissions) {
        return None;
    }
    let kept: Vec<Arn> =
        desired.functions.iter().filter(|function| allows(documents[0], role, function)).cloned().collect();
    let between = if kept.is_empty() { deny_policy() } else { invoke_policy(&kept) };
    let step = |before: &Document, after: &Document| Change::CreatePolicyVersion {
        policy: desired.policy.arn.clone(),
        document: Diff { before: before.clone(), after: after.clone() },
    };
    let mut first = make_room(policy, desired, 2);
    first.push(step(documents[0], &between));
    Some([first, vec![step(&between, documents[1])]])
}

/// Whether a policy by itself allows the role to invoke a function.
fn allows(document: &Document, role: &LiveRole, function: &Arn) -> bool {
    let request = Request {
        principal: Principal::Aws(role.role.arn.to_string()),
        action: "lambda:InvokeFunction".to_owned(),
        resource: function.to_string(),
        context: Context::partial(),
    };
    let identity = vec![("the policy".to_owned(), document)];
    evaluate(&Policies { identity, ..Policies::default() }, &request).decision == Decision::Allowed
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Order {
    First,
    Last,
}

/// A new boundary narrows and one that goes widens. One that is replaced may do both: it comes before permissions
/// that only grow, and after those that shrink.
fn boundary_order(change: &Change, live: &Live, desired: &DesiredRole) -> Order {
    match (change, &live.policy) {
        (Change::DeleteRolePermissionsBoundary { .. }, _) => Order::Last,
        (Change::PutRolePermissionsBoundary { before: Some(_), .. }, Some(policy)) => {
            let grow = !is_wider(
                Access::of_permissions(&desired.policy.document),
                Access::of_permissions(&policy.policy.document),
            );
            if grow { Order::First } else { Order::Last }
        }
        _ => Order::First,
    }
}

fn is_wider(before: Access, after: Access) -> bool {
    AccessDiff { before, after }.is_wider()
}

fn diff_document(live: &LivePolicy, desired: &DesiredRole) -> Vec<Change> {
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
        return vec![Change::SetDefaultPolicyVersion { policy, version, document }];
    }
    let mut changes = make_room(live, desired, 1);
    changes.push(Change::CreatePolicyVersion { policy, document });
    changes
}

/// Removes versions until there is room for as many more: the oldest, so that the one in force stays, and the newest
/// beside it, which was in force last.
fn make_room(live: &LivePolicy, desired: &DesiredRole, more: usize) -> Vec<Change> {
    let mut others: Vec<&PolicyVersion> =
        live.versions.iter().filter(|version| !version.is_default).collect();
    others.sort_by_key(|version| version.number());
    let surplus = (live.versions.len() + more).saturating_sub(VERSION_LIMIT);
    let delete = |version: &&PolicyVersion| Change::DeletePolicyVersion {
        policy: desired.policy.arn.clone(),
        version: version.id.clone(),
    };
    others.iter().take(surplus).map(delete).collect()
}

fn diff_attributes(role: &LiveRole, desired: &DesiredRole) -> Vec<Change> {
    let live = &role.role;
    let wanted = &desired.role;
    let mut changes = Vec::new();
    if live.description != wanted.description || live.max_session_duration != wanted.max_session_duration {
        changes.push(Change::UpdateRole {
            role: wanted.name.clone(),
            description: Diff { before: live.description.clone(), after: wanted.description.clone() },
            max_session_duration: Diff {
                before: live.max_session_duration,
                after: wanted.max_session_duration,
            },
        });
    }
    let tags = diff_tags(&live.tags, &wanted.tags);
    if !tags.is_empty() {
        changes.push(Change::TagRole { role: wanted.name.clone(), tags });
    }
    changes
}

/// Tags that the spec does not name are left alone.
fn diff_tags(live: &Tags, desired: &Tags) -> TagChanges {
    desired
        .iter()
        .filter(|(key, value)| live.get(*key) != Some(value))
        .map(|(key, value)| (key.clone(), TagChange { before: live.get(key).cloned(), after: value.clone() }))
        .collect::<BTreeMap<_, _>>()
}

pub(super) fn access_before(live: &Live) -> Access {
    let mut access = Access::default();
    if let Some(role) = &live.role {
        access.add_trust(&role.role.assume_role_policy);
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
    access.add_trust(&desired.role.assume_role_policy);
    access.add_permissions(&desired.policy.document);
    let live = live.role.as_ref();
    if desired.extra_permissions == ExtraPermissions::Report
        && let Some(role) = live
    {
        let others = role.attached.iter().filter(|(arn, _)| **arn != desired.policy.arn);
        let others: Vec<&Document> =
            others.map(|(_, policy)| &policy.document).chain(role.inline.values()).collect();
        for document in others {
            access.add_permissions(document);
        }
    }
    let boundary = match &desired.boundary {
        Boundary::Unmentioned => live.and_then(|role| role.role.permissions_boundary.as_ref()),
        Boundary::None => None,
        Boundary::Policy(arn) => Some(arn),
    };
    if let Some(boundary) = boundary {
        access.add_boundary(boundary);
    }
    access
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{converged, desired, document, version};
    use crate::state::AttachedPolicy;

    fn everything() -> Document {
        document(r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#)
    }

    fn plan(live: Live, desired: &DesiredState) -> RolePlan {
        let roles = [(desired.roles[0].role.name.clone(), live)].into();
        diff(&LiveState { roles, ..LiveState::default() }, desired).roles.remove(0)
    }

    fn operations(plan: &RolePlan) -> Vec<&'static str> {
        plan.changes.iter().map(change::Change::operation).collect()
    }

    fn set_document(live: &mut Live, document: &Document) {
        let policy = &mut live.policy.as_mut().unwrap().policy;
        policy.document = document.clone();
        live.role.as_mut().unwrap().attached.get_mut(&policy.arn).unwrap().document = document.clone();
    }

    #[test]
    fn plan_is_empty_when_live_state_is_what_is_wanted() {
        let plan = plan(converged(), &desired(""));
        assert_eq!((plan.changes, plan.blockers, plan.notices), (vec![], vec![], vec![]));
        assert!(!plan.access.is_wider());
    }

    #[test]
    fn plan_is_empty_when_live_documents_are_only_written_otherwise() {
        let mut live = converged();
        let role = live.role.as_mut().unwrap();
        role.role.assume_role_policy = document(
            r#"{"Statement":{"Condition":{"StringEquals":{"STS:ExternalID":["2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90"]}},
                "Sid":"","Action":["STS:assumeRole"],"Principal":{"AWS":["765628985471"]},"Effect":"Allow"},
                "Version":"2012-10-17"}"#,
        );
        assert_eq!(operations(&plan(live, &desired(""))), Vec::<&str>::new());
    }

    #[test]
    fn everything_is_created_when_nothing_is_there_and_attached_last() {
        let plan = plan(Live::default(), &desired(""));
        assert_eq!(operations(&plan), ["CreatePolicy", "CreateRole", "AttachRolePolicy"]);
        assert!(plan.access.is_wider());
    }

    #[test]
    fn a_stranger_is_shut_out_before_new_permissions_are_given() {
        let mut live = converged();
        live.role.as_mut().unwrap().role.assume_role_policy = document(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#,
        );
        set_document(&mut live, &document(r#"{"Version":"2012-10-17","Statement":[]}"#));
        assert_eq!(operations(&plan(live, &desired(""))), ["UpdateAssumeRolePolicy", "CreatePolicyVersion"]);
    }

    #[test]
    fn where_both_change_both_ways_the_policy_first_becomes_what_is_common() {
        let wanted = desired("");
        let function = wanted.roles[0].functions[0].to_string();
        let mut live = converged();
        let other_id = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"765628985471"},
            "Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"another"}}}}"#;
        live.role.as_mut().unwrap().role.assume_role_policy = document(other_id);
        live.policy.as_mut().unwrap().versions = [5, 4, 3, 2, 1].map(|n| version(n, n == 5)).to_vec();
        let invoke = |functions: &str| {
            document(&format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":{functions}}}}}"#
            ))
        };
        // Nothing in common.
        set_document(&mut live, &invoke(r#""arn:aws:lambda:us-east-1:111122223333:function:old""#));
        let plan_of = |live: &Live| plan(live.clone(), &wanted).changes;
        let between = |changes: &[change::Change]| match changes {
            [
                change::Change::Iam(Change::DeletePolicyVersion { version: first, .. }),
                change::Change::Iam(Change::DeletePolicyVersion { version: second, .. }),
                change::Change::Iam(Change::CreatePolicyVersion { document: to, .. }),
                change::Change::Iam(Change::UpdateAssumeRolePolicy { .. }),
                change::Change::Iam(Change::CreatePolicyVersion { document: from, .. }),
            ] => {
                assert_eq!((first.as_str(), second.as_str()), ("v1", "v2"));
                assert_eq!(to.after, from.before);
                to.after.clone()
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(between(&plan_of(&live)), deny_policy());
        // One function in common, among wanted ones that are not all there.
        let mut more = desired("");
        more.roles[0].functions.push("arn:aws:lambda:us-east-1:111122223333:function:new".parse().unwrap());
        more.roles[0].policy.document = invoke_policy(&more.roles[0].functions);
        set_document(
            &mut live,
            &invoke(&format!(r#"["arn:aws:lambda:us-east-1:111122223333:function:old","{function}"]"#)),
        );
        let kept = between(&plan(live, &more).changes);
        assert_eq!(kept, invoke_policy(&[function.parse().unwrap()]));
    }

    #[test]
    fn permissions_are_narrowed_before_somebody_is_let_in() {
        let mut live = converged();
        live.role.as_mut().unwrap().role.assume_role_policy =
            document(r#"{"Version":"2012-10-17","Statement":[]}"#);
        set_document(&mut live, &everything());
        assert_eq!(operations(&plan(live, &desired(""))), ["CreatePolicyVersion", "UpdateAssumeRolePolicy"]);
    }

    #[test]
    fn narrowing_is_not_called_widening() {
        let mut live = converged();
        set_document(&mut live, &everything());
        let plan = plan(live, &desired(""));
        assert_eq!(operations(&plan), ["CreatePolicyVersion"]);
        assert!(!plan.access.is_wider());
    }

    fn attached(name: &str, tags: Tags) -> AttachedPolicy {
        AttachedPolicy { name: name.to_owned(), document: everything(), tags }
    }

    #[test]
    fn a_policy_that_the_spec_made_under_another_name_blocks() {
        let mut live = converged();
        let tags = live.role.as_ref().unwrap().role.tags.clone();
        let former: Arn = "arn:aws:iam::111122223333:policy/former".parse().unwrap();
        live.role.as_mut().unwrap().attached.insert(former.clone(), attached("former", tags));
        let wanted = desired("extra_permissions = \"remove\"");
        let blockers = plan(live.clone(), &wanted).blockers;
        assert!(
            matches!(blockers.as_slice(), [Blocker::PolicyName { live, .. }] if *live == former),
            "{blockers:?}"
        );
        // That of another role of the spec is only one too many.
        let mut both = wanted.clone();
        both.roles.push(wanted.roles[0].clone());
        both.roles[1].policy.arn = former;
        let plan = diff_role(&live, &both.roles[0], &both);
        assert_eq!((plan.blockers, plan.changes.len()), (vec![], 1));
    }

    #[test]
    fn extra_permissions_are_reported_or_removed_first() {
        let mut live = converged();
        let role = live.role.as_mut().unwrap();
        let rogue: Arn = "arn:aws:iam::111122223333:policy/rogue".parse().unwrap();
        role.attached.insert(rogue.clone(), attached("rogue", Tags::new()));
        role.inline.insert("inline".to_owned(), everything());
        role.role.max_session_duration = 7200;
        let grants = vec!["* on *".to_owned()];
        let report = plan(live.clone(), &desired(""));
        assert_eq!(operations(&report), ["UpdateRole"]);
        let attached = Notice::ExtraAttached { policy: rogue, grants: grants.clone() };
        assert_eq!(report.notices, [attached, Notice::ExtraInline { name: "inline".to_owned(), grants }]);
        let remove = plan(live, &desired("extra_permissions = \"remove\""));
        assert_eq!(operations(&remove), ["DetachRolePolicy", "DeleteRolePolicy", "UpdateRole"]);
        assert_eq!(remove.notices, []);
    }

    #[test]
    fn a_deny_is_removed_after_what_it_restricts() {
        let mut live = converged();
        set_document(&mut live, &everything());
        let deny = document(r#"{"Statement":{"Effect":"Deny","Action":"s3:*","Resource":"*"}}"#);
        let role = live.role.as_mut().unwrap();
        role.inline.insert("a-deny".to_owned(), deny);
        role.inline.insert("b-allow".to_owned(), everything());
        let plan = plan(live, &desired("extra_permissions = \"remove\""));
        assert_eq!(operations(&plan), ["DeleteRolePolicy", "CreatePolicyVersion", "DeleteRolePolicy"]);
        assert!(
            matches!(&plan.changes[2], change::Change::Iam(Change::DeleteRolePolicy { name, .. }) if name == "a-deny")
        );
        assert!(plan.access.is_wider());
    }

    #[test]
    fn a_boundary_is_replaced_before_permissions_that_grow_and_after_those_that_shrink() {
        let mut live = converged();
        live.role.as_mut().unwrap().role.permissions_boundary =
            Some("arn:aws:iam::111122223333:policy/old".parse().unwrap());
        let wanted = desired("permissions_boundary = \"arn:aws:iam::111122223333:policy/new\"");
        let nothing = document(r#"{"Version":"2012-10-17","Statement":[]}"#);
        for (before, order) in [
            (nothing, ["PutRolePermissionsBoundary", "CreatePolicyVersion"]),
            (everything(), ["CreatePolicyVersion", "PutRolePermissionsBoundary"]),
        ] {
            set_document(&mut live, &before);
            assert_eq!(operations(&plan(live.clone(), &wanted)), order);
        }
    }

    #[test]
    fn a_boundary_goes_only_when_the_spec_says_so() {
        let boundary: Arn = "arn:aws:iam::111122223333:policy/boundary".parse().unwrap();
        let mut live = converged();
        live.role.as_mut().unwrap().role.permissions_boundary = Some(boundary.clone());
        let unmentioned = plan(live.clone(), &desired(""));
        assert_eq!(operations(&unmentioned), Vec::<&str>::new());
        assert_eq!(unmentioned.notices, [Notice::Boundary { arn: boundary }]);
        let none = plan(live.clone(), &desired("permissions_boundary = \"none\""));
        assert_eq!(operations(&none), ["DeleteRolePermissionsBoundary"]);
        assert!(none.access.is_wider());
        let same = "permissions_boundary = \"arn:aws:iam::111122223333:policy/boundary\"";
        assert_eq!(operations(&plan(live, &desired(same))), Vec::<&str>::new());
        assert_eq!(operations(&plan(converged(), &desired(same))), ["PutRolePermissionsBoundary"]);
    }

    #[test]
    fn a_version_that_fits_is_made_default_again() {
        let mut live = converged();
        let wanted = live.policy.as_ref().unwrap().policy.document.clone();
        set_document(&mut live, &everything());
        let versions = &mut live.policy.as_mut().unwrap().versions;
        *versions = vec![version(2, true), PolicyVersion { document: Some(wanted), ..version(1, false) }];
        assert_eq!(operations(&plan(live, &desired(""))), ["SetDefaultPolicyVersion"]);
    }

    #[test]
    fn the_oldest_version_not_in_force_makes_room_for_the_sixth() {
        for (default, goes) in [(9, "v2"), (2, "v3")] {
            let mut live = converged();
            set_document(&mut live, &everything());
            let numbers = [10, 9, 4, 3, 2];
            live.policy.as_mut().unwrap().versions = numbers.map(|n| version(n, n == default)).to_vec();
            let plan = plan(live, &desired(""));
            assert_eq!(operations(&plan), ["DeletePolicyVersion", "CreatePolicyVersion"]);
            assert!(
                matches!(&plan.changes[0], change::Change::Iam(Change::DeletePolicyVersion { version, .. }) if version == goes)
            );
        }
    }

    #[test]
    fn what_somebody_else_made_blocks_until_it_is_adopted() {
        let mut live = converged();
        live.role.as_mut().unwrap().role.tags.remove(MANAGED_BY_KEY);
        live.policy.as_mut().unwrap().policy.tags.insert(SPEC_KEY.to_owned(), "other".to_owned());
        let blocked = plan(live.clone(), &desired(""));
        let [role, policy] = blocked.blockers.as_slice() else { panic!("{:?}", blocked.blockers) };
        assert!(matches!(role, Blocker::NotManaged { what: Owned::Role(_), by: Owner::Unknown }));
        assert!(
            matches!(policy, Blocker::NotManaged { what: Owned::Policy(_), by: Owner::Spec(spec) } if spec == "other")
        );
        let adopted = plan(live, &desired("adopt = true"));
        assert_eq!(adopted.blockers, []);
        assert_eq!(operations(&adopted), ["TagPolicy", "TagRole"]);
        assert_eq!(adopted.notices.len(), 2);
    }

    #[test]
    fn a_path_that_differs_blocks() {
        let plan = plan(converged(), &desired("path = \"/other/\""));
        assert!(matches!(plan.blockers.as_slice(), [Blocker::RolePath { .. }]));
    }

    #[test]
    fn tags_that_the_spec_does_not_name_are_left_alone() {
        let mut live = converged();
        let tags = &mut live.role.as_mut().unwrap().role.tags;
        tags.insert("cost".to_owned(), "1".to_owned());
        tags.insert("team".to_owned(), String::new());
        let plan = plan(live, &desired(""));
        let [change::Change::Iam(Change::TagRole { tags, .. })] = plan.changes.as_slice() else {
            panic!("{:?}", plan.changes)
        };
        assert_eq!(tags.keys().collect::<Vec<_>>(), ["team"]);
    }

    #[test]
    fn a_role_that_was_taken_out_stays_until_it_is_pruned() {
        let wanted = desired("");
        let orphans = Orphans::Named(["Old".to_owned()].into());
        let named = diff(&LiveState { orphans, ..LiveState::default() }, &wanted);
        assert_eq!((named.roles.len(), named.orphans.len()), (1, 1));
        let orphans = Orphans::Read([("Old".to_owned(), converged())].into());
        let pruned = diff(&LiveState { orphans, ..LiveState::default() }, &wanted);
        assert_eq!(operations(&pruned.roles[0]), ["DetachRolePolicy", "DeletePolicy", "DeleteRole"]);
        assert_eq!(pruned.roles[0].notices, [Notice::TakenOut]);
    }

    #[test]
    fn a_policy_that_is_attached_elsewhere_is_noticed() {
        let mut live = converged();
        live.policy.as_mut().unwrap().attachment_count = 3;
        let plan = plan(live, &desired(""));
        assert!(matches!(plan.notices.as_slice(), [Notice::SharedPolicy { others: 2, .. }]));
    }
}
