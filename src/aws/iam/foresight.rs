//! Looks up what IAM would refuse, for a plan that creates or deletes something.

use std::collections::BTreeSet;

use futures_util::future::try_join_all;

use super::names::{policies_named, roles_named};
use crate::arn::Arn;
use crate::aws::client::Clients;
use crate::aws::error::AwsError;
use crate::model::{DesiredState, Foresight, LiveState, Namesakes, RoleTrust, WantedNames};
use crate::plan::iam::IamChange;
use crate::plan::{Change, Plan, RolePlan, accepted_roles, needs_attachment_quota};
use crate::policy::Document;

/// # Errors
/// If IAM does not answer. A refused look-up is reported in [`Foresight::unknown`].
pub async fn foresee(
    clients: &Clients,
    plan: &Plan,
    desired: &DesiredState,
    live: &LiveState,
) -> Result<Foresight, AwsError> {
    let changes: Vec<&IamChange> = plan
        .changes()
        .filter_map(|change| match change {
            Change::Iam(change) => Some(change),
            Change::Genesys(_) => None,
        })
        .collect();
    let creates = changes.iter().any(|c| matches!(c, IamChange::CreateRole(_) | IamChange::CreatePolicy(_)));
    let adds_versions = changes.iter().any(|change| matches!(change, IamChange::CreatePolicyVersion { .. }));
    let trusts = changes
        .iter()
        .any(|c| matches!(c, IamChange::CreateRole(_) | IamChange::UpdateAssumeRolePolicy { .. }));
    // A role's own policy is created first; another role's may be created too late.
    let boundaries: BTreeSet<&Arn> = plan.roles.iter().flat_map(needed_boundaries).collect();
    let widens = plan.is_wider();
    let verifiers = desired
        .roles
        .iter()
        .filter_map(|role| role.verifier.clone())
        .filter(|arn| (trusts || widens) && arn.account == desired.account_id.as_str());
    let accepted = desired.roles.iter().flat_map(|role| {
        let live = live.roles.get(&role.role.name).and_then(|live| live.role.as_ref());
        live.map(|live| accepted_roles(live, role)).unwrap_or_default()
    });
    let principals: BTreeSet<Arn> = verifiers.chain(accepted.map(|(arn, _)| arn)).collect();
    let deleted: Vec<&String> = changes
        .iter()
        .filter_map(|change| match change {
            IamChange::DeleteRole { role, .. } => Some(role),
            _ => None,
        })
        .collect();
    let (names, missing_boundaries, found_principals, profiles) = futures_util::try_join!(
        async {
            match creates {
                true => Box::pin(names_and_room(clients, desired, live.namesakes.as_ref())).await,
                // Only how much is allowed.
                false if adds_versions || needs_attachment_quota(plan, live) => {
                    Box::pin(names_and_room(clients, desired, Some(&Namesakes::default()))).await
                }
                false => Ok(Foresight::default()),
            }
        },
        try_join_all(boundaries.into_iter().map(|arn| Box::pin(missing_policy(clients, arn)))),
        try_join_all(principals.iter().map(|arn| Box::pin(principal(clients, arn)))),
        try_join_all(deleted.into_iter().map(|role| Box::pin(instance_profiles(clients, role)))),
    )?;
    let mut found = names;
    let mut missing = missing_boundaries;
    for (arn, principal) in found_principals {
        match principal {
            Looked::Up(Existing { missing: is_missing, trust }) => {
                found.trusts.extend(trust.map(|trust| (arn, trust)));
                missing.push(Looked::Up(is_missing));
            }
            Looked::Refused(why) => {
                found.trusts.insert(arn, RoleTrust::NotRead);
                missing.push(Looked::Refused(why));
            }
        }
    }
    for missing in missing {
        match missing {
            Looked::Up(Some((arn, nearly))) => {
                found.missing.insert(arn, nearly);
            }
            Looked::Up(None) => {}
            Looked::Refused(why) => found.unknown.push(why),
        }
    }
    for profiles in profiles {
        match profiles {
            Looked::Up((role, names)) => {
                found.instance_profiles.insert(role, names);
            }
            Looked::Refused(why) => found.unknown.push(why),
        }
    }
    Ok(found)
}

/// The boundaries that a role gets and its changes do not create.
fn needed_boundaries(role: &RolePlan) -> impl Iterator<Item = &Arn> {
    let iam = || {
        role.changes.iter().filter_map(|change| match change {
            Change::Iam(change) => Some(change),
            Change::Genesys(_) => None,
        })
    };
    let boundaries = iam().filter_map(|change| match change {
        IamChange::CreateRole(role) => role.permissions_boundary.as_ref(),
        IamChange::PutRolePermissionsBoundary { after, .. } => Some(after),
        _ => None,
    });
    boundaries.filter(move |arn| {
        !iam().any(|change| matches!(change, IamChange::CreatePolicy(policy) if policy.arn == **arn))
    })
}

/// The result of a look-up that may be refused.
pub(super) enum Looked<T> {
    Up(T),
    Refused(String),
}

fn looked<T>(what: &str, answer: Result<T, AwsError>) -> Result<Looked<Option<T>>, AwsError> {
    match answer {
        Ok(answer) => Ok(Looked::Up(Some(answer))),
        Err(error) if error.is_not_found() => Ok(Looked::Up(None)),
        // An AWS emulator may not have the call.
        Err(error) if error.is_access_denied() || error.code() == Some("InvalidAction") => {
            Ok(Looked::Refused(format!("{what} is not known: {}", error.brief())))
        }
        Err(error) => Err(error),
    }
}

/// Names already in use, and the account's quotas. `known` are the names that the account's listings have already
/// shown.
async fn names_and_room(
    clients: &Clients,
    desired: &DesiredState,
    known: Option<&Namesakes>,
) -> Result<Foresight, AwsError> {
    let wanted = WantedNames::of(desired);
    let (roles, policies, summary) = futures_util::join!(
        async {
            match known {
                Some(known) => Ok(known.roles.clone()),
                None => Box::pin(roles_named(clients, &wanted)).await,
            }
        },
        async {
            match known {
                Some(known) => Ok(known.policies.clone()),
                None => Box::pin(policies_named(clients, &wanted)).await,
            }
        },
        clients.iam.get_account_summary().send()
    );
    let mut found = Foresight::default();
    match looked("whether another role has the name", roles)? {
        Looked::Up(roles) => found.names.roles = roles.unwrap_or_default(),
        Looked::Refused(why) => found.unknown.push(why),
    }
    match looked("whether another policy has the name", policies)? {
        Looked::Up(policies) => found.names.policies = policies.unwrap_or_default(),
        Looked::Refused(why) => found.unknown.push(why),
    }
    let summary = summary.map_err(|error| AwsError::from_sdk("iam:GetAccountSummary", "", error));
    match looked("whether the account has room", summary)? {
        Looked::Up(summary) => {
            let summary = summary.and_then(|summary| summary.summary_map).unwrap_or_default();
            found.summary =
                summary.into_iter().map(|(key, value)| (key.as_str().to_owned(), value)).collect();
        }
        Looked::Refused(why) => found.unknown.push(why),
    }
    Ok(found)
}

pub(super) type Missing = Looked<Option<(Arn, Option<Arn>)>>;

async fn missing_policy(clients: &Clients, arn: &Arn) -> Result<Missing, AwsError> {
    let answer = clients.iam.get_policy().policy_arn(arn.to_string()).send().await;
    let what = format!("whether the boundary `{arn}` exists");
    let failed = |error| AwsError::from_sdk("iam:GetPolicy", format!("policy `{}`", arn.name()), error);
    Ok(match looked(&what, answer.map_err(failed))? {
        Looked::Up(None) => Looked::Up(Some((arn.clone(), None))),
        Looked::Up(Some(_)) => Looked::Up(None),
        Looked::Refused(why) => Looked::Refused(why),
    })
}

pub(super) async fn missing_principal(clients: &Clients, arn: &Arn) -> Result<Missing, AwsError> {
    Ok(match principal(clients, arn).await?.1 {
        Looked::Up(found) => Looked::Up(found.missing),
        Looked::Refused(why) => Looked::Refused(why),
    })
}

/// Whom its own trust policy admits; `None` if it is not a role of the account, or does not exist.
pub async fn role_trust(clients: &Clients, arn: &Arn) -> Option<RoleTrust> {
    if !arn.resource.starts_with("role/") {
        return None;
    }
    match principal(clients, arn).await {
        Ok((_, Looked::Up(found))) => found.trust,
        Ok((_, Looked::Refused(_))) | Err(_) => Some(RoleTrust::NotRead),
    }
}

/// A principal that was looked up.
struct Existing {
    missing: Option<(Arn, Option<Arn>)>,
    /// Of a role.
    trust: Option<RoleTrust>,
}

async fn principal(clients: &Clients, arn: &Arn) -> Result<(Arn, Looked<Existing>), AwsError> {
    let what = format!("whether `{arn}` exists");
    let name = arn.name();
    let mut trust = None;
    let found = if arn.resource.starts_with("role/") {
        let answer = clients.iam.get_role().role_name(name).send().await;
        let failed = |error| AwsError::from_sdk("iam:GetRole", format!("role `{name}`"), error);
        match looked(&what, answer.map_err(failed))? {
            Looked::Refused(why) => return Ok((arn.clone(), Looked::Refused(why))),
            Looked::Up(answer) => answer.and_then(|answer| answer.role).map(|role| {
                let document = role.assume_role_policy_document.as_deref().map(Document::parse_encoded);
                trust = Some(match document {
                    Some(Ok(document)) => RoleTrust::Read(document),
                    Some(Err(_)) | None => RoleTrust::NotRead,
                });
                role.arn
            }),
        }
    } else if arn.resource.starts_with("user/") {
        let answer = clients.iam.get_user().user_name(name).send().await;
        let failed = |error| AwsError::from_sdk("iam:GetUser", format!("user `{name}`"), error);
        match looked(&what, answer.map_err(failed))? {
            Looked::Refused(why) => return Ok((arn.clone(), Looked::Refused(why))),
            Looked::Up(answer) => answer.and_then(|answer| answer.user).map(|user| user.arn),
        }
    } else {
        return Ok((arn.clone(), Looked::Up(Existing { missing: None, trust: None })));
    };
    let missing = match found.and_then(|found| found.parse::<Arn>().ok()) {
        Some(found) if found == *arn => None,
        nearly => Some((arn.clone(), nearly)),
    };
    Ok((arn.clone(), Looked::Up(Existing { missing, trust })))
}

pub(super) async fn instance_profiles(
    clients: &Clients,
    role: &str,
) -> Result<Looked<(String, Vec<String>)>, AwsError> {
    let pages = clients.iam.list_instance_profiles_for_role().role_name(role).into_paginator().items().send();
    let what = format!("whether role `{role}` is in an instance profile");
    let failed =
        |error| AwsError::from_sdk("iam:ListInstanceProfilesForRole", format!("role `{role}`"), error);
    let answer: Result<Vec<_>, _> = pages.try_collect().await.map_err(failed);
    Ok(match looked(&what, answer)? {
        Looked::Up(profiles) => {
            let profiles = profiles.unwrap_or_default();
            let names = profiles.into_iter().map(|profile| profile.instance_profile_name).collect();
            Looked::Up((role.to_owned(), names))
        }
        Looked::Refused(why) => Looked::Refused(why),
    })
}
