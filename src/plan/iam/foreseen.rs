//! What IAM would refuse: known before anything is written, so it blocks the role.

use std::collections::{BTreeMap, BTreeSet};

use super::change::IamChange;
use crate::arn::Arn;
use crate::model::{DesiredState, Foresight, Live, LiveState};
use crate::plan::change::Change;
use crate::plan::model::{Blocker, Owned, Plan, RolePlan};
use crate::policy::quota;

/// Blocks the roles for which IAM would refuse a change.
pub fn block_what_iam_refuses(
    plan: &mut Plan,
    desired: &DesiredState,
    live: &LiveState,
    foresight: &Foresight,
) {
    block_without_room(&mut [(plan, foresight)]);
    let absent = Live::default();
    for role in plan.roles.iter_mut().filter(|role| !role.changes.is_empty()) {
        let mut blockers = Vec::new();
        let is_at_another_path = role.blockers.iter().any(|one| matches!(one, Blocker::PolicyPath { .. }));
        for change in &role.changes {
            let Change::Iam(change) = change else { continue };
            match change {
                IamChange::CreateRole(wanted) => {
                    let taken = same_name(&wanted.arn, foresight.names.roles.iter());
                    let what = || Owned::Role(wanted.name.clone());
                    blockers
                        .extend(taken.map(|live| Blocker::NameTaken { what: what(), live: live.clone() }));
                    blockers.extend(
                        wanted.permissions_boundary.as_ref().and_then(|arn| no_boundary(foresight, arn)),
                    );
                    blockers.extend(no_principal(role, desired, foresight));
                }
                IamChange::CreatePolicy(wanted) => {
                    let taken = same_name(&wanted.arn, foresight.names.policies.iter());
                    let taken = taken.filter(|_| !is_at_another_path);
                    let what = || Owned::Policy(wanted.name.clone());
                    blockers
                        .extend(taken.map(|live| Blocker::NameTaken { what: what(), live: live.clone() }));
                }
                IamChange::UpdateAssumeRolePolicy { .. } => {
                    blockers.extend(no_principal(role, desired, foresight))
                }
                IamChange::PutRolePermissionsBoundary { after, .. } => {
                    blockers.extend(no_boundary(foresight, after))
                }
                IamChange::DeleteRole { role, .. } => {
                    let profiles =
                        foresight.instance_profiles.get(role).filter(|profiles| !profiles.is_empty());
                    blockers.extend(profiles.map(|profiles| Blocker::InInstanceProfile {
                        role: role.clone(),
                        profiles: profiles.clone(),
                    }));
                }
                _ => {}
            }
        }
        blockers.extend(too_much(role, live.roles.get(&role.role).unwrap_or(&absent), foresight));
        blockers.dedup();
        role.blockers.extend(blockers);
    }
}

/// A quota of the account.
struct Quota {
    /// As IAM's account summary names what is used; the limit's name ends in `Quota`.
    key: &'static str,
    what: &'static str,
    /// How many more one role's changes need.
    needs: fn(&RolePlan) -> usize,
}

static QUOTAS: [Quota; 3] = [
    Quota {
        key: "Roles",
        what: "roles",
        needs: |role| count(role, |change| matches!(change, IamChange::CreateRole(_))),
    },
    Quota {
        key: "Policies",
        what: "customer managed policies",
        needs: |role| count(role, |change| matches!(change, IamChange::CreatePolicy(_))),
    },
    Quota {
        key: "PolicyVersionsInUse",
        what: "versions of policies",
        needs: |role| {
            let is_new = |change: &IamChange| {
                matches!(change, IamChange::CreatePolicy(_) | IamChange::CreatePolicyVersion { .. })
            };
            // A role's old versions are deleted before its new one is made.
            let is_freed = |change: &IamChange| matches!(change, IamChange::DeletePolicyVersion { .. });
            count(role, is_new).saturating_sub(count(role, is_freed))
        },
    },
];

fn count(role: &RolePlan, is: impl Fn(&IamChange) -> bool) -> usize {
    role.changes.iter().filter(|change| matches!(change, Change::Iam(change) if is(change))).count()
}

/// Blocks the roles of one account's plans for which there is no room, all plans taken together.
pub fn block_without_room(plans: &mut [(&mut Plan, &Foresight)]) {
    for Quota { key, what, needs } in &QUOTAS {
        let more = plans.iter().flat_map(|(plan, _)| &plan.roles).map(needs).sum();
        for (plan, foresight) in &mut *plans {
            let Some(blocker) = no_room(foresight, key, what, more) else { continue };
            for role in plan.roles.iter_mut().filter(|role| needs(role) > 0) {
                let is_known =
                    |one: &Blocker| matches!(one, Blocker::Quota { what: other, .. } if other == what);
                role.blockers.retain(|one| !is_known(one));
                role.blockers.push(blocker.clone());
            }
        }
    }
}

/// Per role or per policy.
const MOST_TAGS: usize = 50;

/// A role's peak usage while its changes are made.
#[derive(Default)]
struct Peak {
    attached: usize,
    /// Characters of all inline policies.
    inline: usize,
    role_tags: usize,
    policy_tags: usize,
}

impl Peak {
    fn of(plan: &RolePlan, live: &Live) -> Self {
        let role = live.role.as_ref();
        let mut attached: BTreeSet<&Arn> = role.iter().flat_map(|role| role.attached.keys()).collect();
        let inline = role.iter().flat_map(|role| &role.inline);
        let mut inline: BTreeMap<&str, usize> =
            inline.map(|(name, document)| (name.as_str(), document.size())).collect();
        // A role's tag keys ignore case, a policy's do not.
        let role_tags = role.iter().flat_map(|role| role.role.tags.keys());
        let mut role_tags: BTreeSet<String> = role_tags.map(|key| key.to_lowercase()).collect();
        let policy_tags = live.policy.iter().flat_map(|policy| policy.policy.tags.keys());
        let mut policy_tags: BTreeSet<String> = policy_tags.cloned().collect();
        let mut peak = Self::default();
        for change in &plan.changes {
            let Change::Iam(change) = change else { continue };
            match change {
                IamChange::AttachRolePolicy { role: _, policy } => {
                    attached.insert(policy);
                    peak.attached = peak.attached.max(attached.len());
                }
                IamChange::DetachRolePolicy { role: _, policy, .. } => {
                    attached.remove(policy);
                }
                IamChange::PutRolePolicy { role: _, name, document } => {
                    inline.insert(name, document.size());
                    peak.inline = peak.inline.max(inline.values().sum());
                }
                IamChange::DeleteRolePolicy { role: _, name, document: _ } => {
                    inline.remove(name.as_str());
                }
                IamChange::TagRole { role: _, tags } => {
                    role_tags.extend(tags.keys().map(|key| key.to_lowercase()));
                    peak.role_tags = role_tags.len();
                }
                IamChange::TagPolicy { policy: _, tags } => {
                    policy_tags.extend(tags.keys().cloned());
                    peak.policy_tags = policy_tags.len();
                }
                _ => {}
            }
        }
        peak
    }
}

/// Whether a role will have more attached policies than every account allows; then the account's quota decides.
pub fn needs_attachment_quota(plan: &Plan, live: &LiveState) -> bool {
    let peak = |role: &RolePlan| Some(Peak::of(role, live.roles.get(&role.role)?).attached);
    let changed = plan.roles.iter().filter(|role| !role.changes.is_empty());
    changed.filter_map(peak).any(|attached| attached > quota::ATTACHED_POLICIES)
}

/// The single-role quotas that its changes would exceed.
fn too_much(plan: &RolePlan, live: &Live, foresight: &Foresight) -> Vec<Blocker> {
    let Peak { attached, inline, role_tags, policy_tags } = Peak::of(plan, live);
    let quota = |key| foresight.summary.get(key).and_then(|limit| usize::try_from(*limit).ok());
    let role = || Owned::Role(plan.role.clone());
    let policy = || Owned::Policy(live.policy.iter().map(|policy| policy.policy.name.clone()).collect());
    let over = |of: Owned, what, needs: usize, limit: usize| {
        (needs > limit).then_some(Blocker::OverQuota { of, what, needs, limit })
    };
    let attachments = quota("AttachedPoliciesPerRoleQuota")
        .and_then(|limit| over(role(), "attached policies", attached, limit));
    let inline_limit = quota("RolePolicySizeQuota").unwrap_or(quota::INLINE_POLICIES);
    attachments
        .into_iter()
        .chain(over(role(), "characters of inline policies", inline, inline_limit))
        .chain(over(role(), "tags", role_tags, MOST_TAGS))
        .chain(over(policy(), "tags", policy_tags, MOST_TAGS))
        .collect()
}

/// Names are unique within an account, regardless of case and path.
fn same_name<'a>(wanted: &Arn, mut live: impl Iterator<Item = &'a Arn>) -> Option<&'a Arn> {
    live.find(|live| *live != wanted && live.name().eq_ignore_ascii_case(wanted.name()))
}

fn no_room(foresight: &Foresight, key: &str, what: &'static str, more: usize) -> Option<Blocker> {
    let used = *foresight.summary.get(key)?;
    let limit = *foresight.summary.get(&format!("{key}Quota"))?;
    let left = usize::try_from(limit.saturating_sub(used)).unwrap_or(0);
    (more > left).then_some(Blocker::Quota { what, used, limit, more })
}

fn no_boundary(foresight: &Foresight, arn: &Arn) -> Option<Blocker> {
    foresight.missing.contains_key(arn).then(|| Blocker::NoBoundary { arn: arn.clone() })
}

fn no_principal(role: &RolePlan, desired: &DesiredState, foresight: &Foresight) -> Option<Blocker> {
    // Of thousands of roles, only a few are looked up.
    if foresight.missing.is_empty() {
        return None;
    }
    let role = desired.roles.iter().find(|desired| desired.role.name == role.role)?;
    let verifier = role.verifier.as_ref()?;
    let nearly = foresight.missing.get(verifier)?;
    Some(Blocker::NoPrincipal { arn: verifier.clone(), nearly: nearly.clone() })
}
