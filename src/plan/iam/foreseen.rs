//! What IAM would refuse: known before anything is written, it blocks the role.

use super::change::IamChange;
use crate::arn::Arn;
use crate::model::{DesiredState, Foresight};
use crate::plan::change::Change;
use crate::plan::model::{Blocker, Owned, Plan, RolePlan};

/// Blocks the roles of which IAM would refuse a change.
pub fn block_what_iam_refuses(plan: &mut Plan, desired: &DesiredState, foresight: &Foresight) {
    let count = |plan: &Plan, is: fn(&IamChange) -> bool| {
        plan.changes().filter(|change| matches!(change, Change::Iam(change) if is(change))).count()
    };
    let new_roles = count(plan, |change| matches!(change, IamChange::CreateRole(_)));
    let new_policies = count(plan, |change| matches!(change, IamChange::CreatePolicy(_)));
    for role in &mut plan.roles {
        let mut blockers = Vec::new();
        for change in &role.changes {
            let Change::Iam(change) = change else { continue };
            match change {
                IamChange::CreateRole(wanted) => {
                    let taken = same_name(&wanted.arn, foresight.roles.iter());
                    let what = || Owned::Role(wanted.name.clone());
                    blockers
                        .extend(taken.map(|live| Blocker::NameTaken { what: what(), live: live.clone() }));
                    blockers.extend(no_room(foresight, "Roles", "roles", new_roles));
                    blockers.extend(
                        wanted.permissions_boundary.as_ref().and_then(|arn| no_boundary(foresight, arn)),
                    );
                    blockers.extend(no_principal(role, desired, foresight));
                }
                IamChange::CreatePolicy(wanted) => {
                    let taken = same_name(&wanted.arn, foresight.policies.iter());
                    let what = || Owned::Policy(wanted.name.clone());
                    blockers
                        .extend(taken.map(|live| Blocker::NameTaken { what: what(), live: live.clone() }));
                    blockers.extend(no_room(
                        foresight,
                        "Policies",
                        "customer managed policies",
                        new_policies,
                    ));
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
        blockers.dedup();
        role.blockers.extend(blockers);
    }
}

/// Names are unique within an account whatever their case and path.
fn same_name<'a>(wanted: &Arn, mut live: impl Iterator<Item = &'a Arn>) -> Option<&'a Arn> {
    live.find(|live| *live != wanted && live.name().eq_ignore_ascii_case(wanted.name()))
}

fn no_room(foresight: &Foresight, key: &str, what: &'static str, more: usize) -> Option<Blocker> {
    let used = *foresight.summary.get(key)?;
    let limit = *foresight.summary.get(&format!("{key}Quota"))?;
    let left = usize::try_from(limit.saturating_sub(used)).unwrap_or(0);
    (more > left).then_some(Blocker::Quota { what, used, limit })
}

fn no_boundary(foresight: &Foresight, arn: &Arn) -> Option<Blocker> {
    foresight.missing.contains_key(arn).then(|| Blocker::NoBoundary { arn: arn.clone() })
}

fn no_principal(role: &RolePlan, desired: &DesiredState, foresight: &Foresight) -> Option<Blocker> {
    let role = desired.roles.iter().find(|desired| desired.role.name == role.role)?;
    let verifier = role.verifier.as_ref()?;
    let nearly = foresight.missing.get(verifier)?;
    Some(Blocker::NoPrincipal { arn: verifier.clone(), nearly: nearly.clone() })
}
