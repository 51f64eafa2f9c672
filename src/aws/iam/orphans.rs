//! Roles found among all of the account's: those with a spec's tag, and those that trust Genesys Cloud.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use aws_sdk_iam::types::{EntityType, RoleDetail};
use futures_util::future::try_join_all;

use super::read::{self, Prefetch};
use crate::arn::Arn;
use crate::aws::client::Clients;
use crate::aws::error::AwsError;
use crate::aws::pages::{PAGES, no_end};
use crate::model::{
    DesiredState, Live, LiveRole, LookForOrphans, ManagedPolicy, Orphans, Tags, is_of, spec_of,
};
use crate::policy::Document;
use crate::policy::template::invoke_policy;
use crate::spec::default_policy_name;

/// IAM's maximum page size.
const PAGE: i32 = 1000;

/// The roles that specs made, by name, each with the name of its spec. One call per 1000 roles of the account, more if
/// IAM sends short pages.
///
/// # Errors
/// If IAM cannot list all of them.
pub async fn roles_tagged(clients: &Clients) -> Result<BTreeMap<String, String>, AwsError> {
    Ok(tagged(clients).await?.into_iter().map(|(name, made)| (name, made.spec)).collect())
}

/// A role that a spec made.
pub(super) struct MadeRole {
    spec: String,
    /// Its trust policy, unless it cannot be read.
    trust: Option<Document>,
}

/// `None` if no spec made it.
pub(super) fn made(role: &RoleDetail) -> Option<MadeRole> {
    let tags = read::tags(role.tags.clone());
    spec_of(&tags).map(|spec| MadeRole { spec: spec.to_owned(), trust: read::trust_policy(role) })
}

/// The same, with their trust policies.
async fn tagged(clients: &Clients) -> Result<BTreeMap<String, MadeRole>, AwsError> {
    listed(clients, made).await
}

/// The names of the roles whose trust policy passes a test, and of those that pass another, among the roles whose tags are
/// meant. Makes as many calls as
/// [`roles_tagged`].
///
/// # Errors
/// If IAM cannot list all of them. An unreadable document passes no test.
pub async fn roles_trusting(
    clients: &Clients,
    test: impl Fn(&Document) -> bool,
    other: impl Fn(&Document) -> bool,
    is_meant: impl Fn(&Tags) -> bool,
) -> Result<(BTreeSet<String>, BTreeSet<String>), AwsError> {
    let others = RefCell::new(BTreeSet::new());
    let passing = listed(clients, |role| {
        let document = read::trust_policy(role)?;
        if !is_meant(&read::tags(role.tags.clone())) {
            return None;
        }
        let passes = test(&document);
        if !passes && other(&document) {
            others.borrow_mut().extend(role.role_name.clone());
        }
        passes.then_some(())
    });
    Ok((passing.await?.into_keys().collect(), others.into_inner()))
}

/// What is wanted of the account's roles, by name.
async fn listed<T>(
    clients: &Clients,
    wanted: impl Fn(&RoleDetail) -> Option<T>,
) -> Result<BTreeMap<String, T>, AwsError> {
    const OPERATION: &str = "iam:GetAccountAuthorizationDetails";
    let mut pages = clients
        .iam
        .get_account_authorization_details()
        .filter(EntityType::Role)
        .max_items(PAGE)
        .into_paginator()
        .send();
    let mut found = BTreeMap::new();
    let mut seen = 0;
    while let Some(page) = pages.next().await {
        seen += 1;
        let page = if seen > PAGES { Err(no_end()) } else { page };
        let page = page.map_err(|error| AwsError::from_sdk(OPERATION, "", error))?;
        let roles = page.role_detail_list.unwrap_or_default();
        found.extend(roles.into_iter().filter_map(|role| {
            let wanted = wanted(&role)?;
            Some((role.role_name?, wanted))
        }));
    }
    Ok(found)
}

/// The roles of an account that are not a spec's any longer, and those of other specs, by spec.
pub(super) type Leftovers = (Orphans, BTreeMap<String, BTreeMap<String, Option<Document>>>);

/// The roles removed from the spec, in one call per 1000 roles of the account.
///
/// # Errors
/// If IAM does not answer. If only their names are wanted, a missing permission is not an error.
pub(crate) async fn find(
    clients: &Clients,
    desired: &DesiredState,
    look: LookForOrphans,
) -> Result<Leftovers, AwsError> {
    if look == LookForOrphans::No {
        return Ok(Leftovers::default());
    }
    match tagged(clients).await {
        Ok(tagged) => of_tagged(clients, desired, look, tagged).await,
        // Removing what cannot be found would be half the job.
        Err(error) if error.is_access_denied() && look == LookForOrphans::Named => {
            Ok((Orphans::Unknown(error.brief()), BTreeMap::new()))
        }
        Err(error) => Err(error),
    }
}

/// As [`find`], given the roles that specs made.
///
/// # Errors
/// As [`find`].
pub(super) async fn of_tagged(
    clients: &Clients,
    desired: &DesiredState,
    look: LookForOrphans,
    tagged: BTreeMap<String, MadeRole>,
) -> Result<Leftovers, AwsError> {
    let own = desired.roles.iter().map(|role| &role.role.name).chain(desired.excluded.values());
    let own: BTreeSet<String> = own.map(|name| name.to_ascii_lowercase()).collect();
    let (mut taken_out, mut others) = (BTreeMap::new(), BTreeMap::<String, BTreeMap<_, _>>::new());
    for (name, MadeRole { spec, trust }) in tagged {
        if own.contains(&name.to_ascii_lowercase()) {
            continue;
        }
        if spec == desired.spec {
            taken_out.insert(name, trust);
        } else {
            others.entry(spec).or_default().insert(name, trust);
        }
    }
    if look != LookForOrphans::Read {
        return Ok((Orphans::Named(taken_out), others));
    }
    let read = taken_out.into_keys().map(|name| async move {
        let live = orphan(clients, &name, &[], desired).await?;
        Ok::<_, AwsError>((name, live))
    });
    Ok((Orphans::Read(try_join_all(read).await?.into_iter().collect()), others))
}

/// A role no longer in the spec, with the policy that this spec made for it, unless the spec still uses that. Nothing
/// if the role does not have the spec's tag. `known` are policies that may be its own.
///
/// # Errors
/// As [`read::live`].
pub async fn orphan(
    clients: &Clients,
    name: &str,
    known: &[Arn],
    desired: &DesiredState,
) -> Result<Live, AwsError> {
    // Any role of the spec provides partition and account, and what is unknown about this one.
    let Some(like) = desired.roles.first() else { return Ok(Live::default()) };
    let mut role = like.role.clone();
    role.arn = Arn { resource: format!("role/{name}"), ..role.arn };
    role.name = name.to_owned();
    let own = |arn: &Arn| arn.account == like.role.arn.account;
    let in_use = |arn: &Arn| {
        desired.roles.iter().any(|role| role.policy.arn == *arn)
            || desired.excluded.contains_key(arn)
            || desired.elsewhere.names_policy(arn).is_some()
    };
    let attached = read::attached_policies(clients, name).await?;
    let mut candidates: Vec<Arn> = attached.unwrap_or_default().into_keys().filter(own).collect();
    // An aborted run may have left it unattached.
    candidates.extend(known.iter().filter(|arn| own(arn)).cloned());
    candidates.extend(like.policy.arn.namesakes(&default_policy_name(name)));
    let mut found = None;
    for arn in candidates.into_iter().filter(|arn| !in_use(arn)) {
        let policy = ManagedPolicy {
            name: arn.name().to_owned(),
            path: String::new(),
            description: String::new(),
            document: invoke_policy(&[]),
            tags: Tags::new(),
            arn,
        };
        if let Some(live) = read::live_policy(clients, &policy, Prefetch::Nothing).await?
            && is_of(&desired.spec, &live.policy.tags)
        {
            found = Some(policy);
            break;
        }
    }
    let live = read::live_of(clients, &role, found.as_ref(), Prefetch::Nothing).await?;
    let is_ours = |role: &LiveRole| is_of(&desired.spec, &role.role.tags);
    // It may have changed owner since it was listed.
    Ok(if live.role.as_ref().is_none_or(is_ours) { live } else { Live::default() })
}
