//! Who owns a role and policy.

use crate::arn::Arn;
use crate::model::{DesiredRole, DesiredState, Live, LivePolicy, LiveRole, Tags, is_of};
use crate::plan::model::{Blocker, Notice, Owned, Owner, RolePlan};
use crate::spec::{MANAGED_BY_KEY, MANAGED_BY_VALUE, SPEC_KEY, is_path_of_aws};

/// The role and policy that this spec did not create, and who did.
pub(super) fn not_ours(live: &Live, spec: &str) -> impl Iterator<Item = (Owned, Owner)> {
    let role = live.role.as_ref().map(|role| (Owned::Role(role.role.name.clone()), &role.role.tags));
    let policy =
        live.policy.as_ref().map(|policy| (Owned::Policy(policy.policy.name.clone()), &policy.policy.tags));
    role.into_iter().chain(policy).filter_map(move |(what, tags)| Some((what, foreign_owner(tags, spec)?)))
}

/// Policies that this spec made for the role under another name.
pub(super) fn former_policies<'a>(
    role: &'a LiveRole,
    desired: &'a DesiredRole,
    all: &'a DesiredState,
) -> impl Iterator<Item = &'a Arn> {
    let is_wanted =
        |arn: &Arn| all.excluded.contains_key(arn) || all.roles.iter().any(|role| role.policy.arn == *arn);
    let former = role.attached.iter().filter(move |(arn, policy)| {
        **arn != desired.policy.arn && is_of(&all.spec, &policy.tags) && !is_wanted(arn)
    });
    former.map(|(arn, _)| arn)
}

pub(super) fn policy_name(live: &Arn, desired: &DesiredRole) -> Blocker {
    Blocker::PolicyName { live: live.clone(), desired: desired.policy.name.clone() }
}

/// What prevents changes to the role and policy, or should be known first.
pub(super) fn check_ownership(live: &Live, desired: &DesiredRole, all: &DesiredState, plan: &mut RolePlan) {
    let is_aws = live.role.as_ref().is_some_and(|role| is_path_of_aws(&role.role.path));
    if is_aws {
        plan.blockers.push(Blocker::MadeByAws { role: desired.role.name.clone() });
    }
    for (what, by) in not_ours(live, &all.spec) {
        if is_aws && matches!(what, Owned::Role(_)) {
            continue;
        }
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
        let former = former_policies(role, desired, all).filter(|arn| Some(*arn) != namesake);
        plan.blockers.extend(former.map(|arn| policy_name(arn, desired)));
    }
    if let Some(LivePolicy { attachment_count, .. }) = live.policy {
        let own = live.role.as_ref().is_some_and(|role| role.attached.contains_key(&desired.policy.arn));
        let others = attachment_count - i32::from(own);
        if others > 0 {
            plan.notices.push(Notice::SharedPolicy { policy: desired.policy.arn.clone(), others });
        }
    }
}

/// Who else manages an object with these tags; `None` if this spec does.
pub fn foreign_owner(tags: &Tags, spec: &str) -> Option<Owner> {
    if is_of(spec, tags) {
        return None;
    }
    let is_managed = tags.get(MANAGED_BY_KEY).is_some_and(|value| value == MANAGED_BY_VALUE);
    Some(match tags.get(SPEC_KEY) {
        _ if !is_managed => Owner::Unknown,
        Some(owner) => Owner::Spec(owner.clone()),
        None => Owner::TagMissing,
    })
}
