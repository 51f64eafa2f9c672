//! Live state of many roles in a handful of calls.
//!
//! GetAccountAuthorizationDetails returns everything except roles' descriptions and session durations, which ListRoles
//! returns, and policies' tags, which the Resource Groups Tagging API returns. All are called concurrently. Anything
//! missing or inconsistent is read again role by role.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_iam::types::{EntityType, ManagedPolicyDetail, RoleDetail};
use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::orphans::{MadeRole, made};
use super::read;
use crate::arn::Arn;
use crate::aws::client::Clients;
use crate::aws::error::{AwsError, AwsErrorKind};
use crate::model::{
    AttachedPolicy, DesiredRole, DesiredState, Live, LivePolicy, LiveRole, ManagedPolicy, Namesakes,
    PolicyVersion, Role, Tags, WantedNames,
};
use crate::plan::diff_role;
use crate::policy::{Document, equivalent};
use crate::spec::Boundary;

/// IAM's maximum page size.
const PAGE: i32 = 1000;
/// The maximum number of ARNs in one call.
const ARNS: usize = 100;
/// Tags can also be read one by one, so the bulk call gets only a few seconds.
const PATIENCE: Duration = Duration::from_secs(3);
const DETAILS: &str = "iam:GetAccountAuthorizationDetails";

/// Whether the state being read was written a moment ago.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Freshness {
    Settled,
    /// Indexes do not have it yet.
    JustWritten,
}

/// Concurrent requests for single roles and policies: each holds memory and a connection.
const AT_A_TIME: usize = 128;

/// What was found about a spec's roles.
pub(super) struct RolesFound {
    pub roles: BTreeMap<String, Live>,
    /// All roles that specs made, each with its spec.
    pub tagged: BTreeMap<String, MadeRole>,
    pub namesakes: Namesakes,
}

/// Reads all roles of the spec with their policies; `None` if a listing exceeds its page limit.
///
/// # Errors
/// If IAM does not answer, or documents of these roles cannot be read.
pub(super) async fn read(
    clients: &Clients,
    desired: &DesiredState,
    pages: usize,
    freshness: Freshness,
) -> Result<Option<RolesFound>, AwsError> {
    let wanted: BTreeSet<&str> = desired.roles.iter().map(|role| role.role.name.as_str()).collect();
    let policies: BTreeMap<Arn, &DesiredRole> =
        desired.roles.iter().map(|role| (role.policy.arn.clone(), role)).collect();
    let own_tags = async {
        match freshness {
            Freshness::Settled => Ok(indexed_tags(clients, policies.keys()).await),
            // They exist, but the index does not have them yet.
            Freshness::JustWritten => exact_tags(clients, policies.keys()).await,
        }
    };
    let names = WantedNames::of(desired);
    let (roles, attributes, details, tags) = futures_util::join!(
        roles(clients, &wanted, &names, pages),
        attributes(clients, &wanted, pages),
        details(clients, &policies, &names, pages),
        own_tags,
    );
    let (Some(roles), Some(attributes), Some((details, policies))) = (roles?, attributes?, details?) else {
        return Ok(None);
    };
    let RolesListed { found, tagged, namesakes } = roles;
    let namesakes = Namesakes { roles: namesakes, policies };
    let mut account = Listings { roles: found, attributes, details, tags: tags? };
    let others = account.others(clients, desired).await?;
    let mut roles = Vec::with_capacity(desired.roles.len());
    let mut incomplete = Vec::new();
    for role in &desired.roles {
        match account.take(role, &others)? {
            // The index may lag behind: before anything is written, IAM confirms who owns the policy.
            Some(Listed::All(live))
                if freshness == Freshness::JustWritten
                    || live.policy.is_none()
                    || diff_role(&live, role, desired).changes.is_empty() =>
            {
                roles.push((role.role.name.clone(), *live));
            }
            Some(Listed::All(live) | Listed::ButTags(live)) => incomplete.push((role, Some(live))),
            None => incomplete.push((role, None)),
        }
    }
    let completed = stream::iter(incomplete).map(|(role, live)| async move {
        let live = match live {
            Some(mut live) => {
                set_tags(&mut live, &read::policy_tags(clients, &role.policy.arn).await?);
                *live
            }
            // Boxed: rarely reached, and the futures are large.
            None => Box::pin(read::live(clients, role)).await?,
        };
        Ok::<_, AwsError>((role.role.name.clone(), live))
    });
    let completed: Vec<_> = completed.buffer_unordered(AT_A_TIME).try_collect().await?;
    roles.extend(completed);
    let roles = roles.into_iter().collect();
    Ok(Some(RolesFound { roles, tagged, namesakes }))
}

/// What the role listing has about a spec.
struct RolesListed {
    found: BTreeMap<String, RoleDetail>,
    /// Those that specs made, each with its spec.
    tagged: BTreeMap<String, MadeRole>,
    /// Those whose names differ from a wanted one only in case.
    namesakes: BTreeSet<Arn>,
}

async fn roles(
    clients: &Clients,
    wanted: &BTreeSet<&str>,
    names: &WantedNames,
    pages: usize,
) -> Result<Option<RolesListed>, AwsError> {
    let request = clients.iam.get_account_authorization_details().filter(EntityType::Role).max_items(PAGE);
    let mut stream = request.into_paginator().send();
    let (mut found, mut tagged, mut namesakes) = (BTreeMap::new(), BTreeMap::new(), BTreeSet::new());
    let mut seen = 0;
    while let Some(page) = stream.next().await {
        let page = page.map_err(|error| AwsError::from_sdk(DETAILS, "", error))?;
        for role in page.role_detail_list.unwrap_or_default() {
            let Some(name) = role.role_name.clone() else { continue };
            if let Some(made) = made(&role) {
                tagged.insert(name.clone(), made);
            }
            if wanted.contains(name.as_str()) {
                found.insert(name, role);
            } else if names.has_role(&name) {
                namesakes.extend(role.arn.and_then(|arn| arn.parse().ok()));
            }
        }
        seen += 1;
        if seen >= pages && page.is_truncated {
            return Ok(None);
        }
    }
    Ok(Some(RolesListed { found, tagged, namesakes }))
}

/// Description and maximum session duration, in seconds.
async fn attributes(
    clients: &Clients,
    wanted: &BTreeSet<&str>,
    pages: usize,
) -> Result<Option<BTreeMap<String, (String, Option<i32>)>>, AwsError> {
    let mut stream = clients.iam.list_roles().max_items(PAGE).into_paginator().send();
    let mut found = BTreeMap::new();
    let mut seen = 0;
    while let Some(page) = stream.next().await {
        let page = page.map_err(|error| AwsError::from_sdk("iam:ListRoles", "", error))?;
        for role in page.roles {
            if wanted.contains(role.role_name.as_str()) {
                let attributes = (role.description.unwrap_or_default(), role.max_session_duration);
                found.insert(role.role_name, attributes);
            }
        }
        seen += 1;
        if seen >= pages && page.is_truncated {
            return Ok(None);
        }
    }
    Ok(Some(found))
}

/// A customer managed policy, if it can matter.
enum ListedPolicy {
    /// One of the spec's.
    Wanted(Box<LivePolicy>),
    /// One of the spec's with an incomplete description.
    Odd,
    /// The document of another policy's default version, as returned.
    Other(String),
}

/// The policies, and those whose names differ from a wanted one only in case or path.
async fn details(
    clients: &Clients,
    wanted: &BTreeMap<Arn, &DesiredRole>,
    names: &WantedNames,
    pages: usize,
) -> Result<Option<(BTreeMap<Arn, ListedPolicy>, BTreeSet<Arn>)>, AwsError> {
    let request = clients
        .iam
        .get_account_authorization_details()
        .filter(EntityType::LocalManagedPolicy)
        .max_items(PAGE);
    let mut stream = request.into_paginator().send();
    let (mut found, mut namesakes) = (BTreeMap::new(), BTreeSet::new());
    let mut seen = 0;
    while let Some(page) = stream.next().await {
        let page = page.map_err(|error| AwsError::from_sdk(DETAILS, "", error))?;
        for policy in page.policies.unwrap_or_default() {
            let Some(arn) = policy.arn.as_deref().and_then(|arn| arn.parse::<Arn>().ok()) else { continue };
            let detail = match wanted.get(&arn) {
                Some(role) => live_policy(policy, role)?
                    .map_or(ListedPolicy::Odd, |live| ListedPolicy::Wanted(live.into())),
                None => {
                    if names.has_policy(arn.name()) {
                        namesakes.insert(arn.clone());
                    }
                    let Some(text) = default_document(&policy) else { continue };
                    ListedPolicy::Other(text.to_owned())
                }
            };
            found.insert(arn, detail);
        }
        seen += 1;
        if seen >= pages && page.is_truncated {
            return Ok(None);
        }
    }
    Ok(Some((found, namesakes)))
}

fn default_document(policy: &ManagedPolicyDetail) -> Option<&str> {
    let versions = policy.policy_version_list.as_deref()?;
    versions.iter().find(|version| version.is_default_version)?.document.as_deref()
}

/// The spec's policy without its tags; `None` if something is missing.
fn live_policy(policy: ManagedPolicyDetail, desired: &DesiredRole) -> Result<Option<LivePolicy>, AwsError> {
    let Some(document) =
        default_document(&policy).map(|text| parse(&desired.policy.arn, text)).transpose()?
    else {
        return Ok(None);
    };
    // As in single reads, other versions matter only if this one is not the wanted one.
    let all = !equivalent(&document, &desired.policy.document);
    let mut versions = Vec::new();
    for version in policy.policy_version_list.unwrap_or_default() {
        let Some(id) = version.version_id else { return Ok(None) };
        let document = match version.document.filter(|_| all) {
            Some(text) => Some(parse(&desired.policy.arn, &text)?),
            None if all => return Ok(None),
            None => None,
        };
        versions.push(PolicyVersion { id, is_default: version.is_default_version, document });
    }
    versions.sort_by_key(|version| std::cmp::Reverse(version.number()));
    let ManagedPolicy { arn, name, path, description, .. } = desired.policy.clone();
    let name = policy.policy_name.unwrap_or(name);
    let path = policy.path.unwrap_or(path);
    let live = ManagedPolicy { arn, name, path, description, document, tags: Tags::new() };
    let attachment_count = policy.attachment_count.unwrap_or_default();
    let boundary_count = policy.permissions_boundary_usage_count.unwrap_or_default();
    Ok(Some(LivePolicy { policy: live, versions, attachment_count, boundary_count }))
}

fn parse(arn: &Arn, text: &str) -> Result<Document, AwsError> {
    let subject = || format!("policy `{}`", arn.name());
    Document::parse_encoded(text)
        .map_err(|error| AwsError::new(DETAILS, subject(), AwsErrorKind::Document(error)))
}

/// Policies' tags, as known to the Resource Groups Tagging API. Its index may lag, and it may be unavailable, so a
/// missing entry means nothing.
async fn indexed_tags(clients: &Clients, policies: impl Iterator<Item = &Arn>) -> BTreeMap<Arn, Tags> {
    let arns: Vec<String> = policies.map(Arn::to_string).collect();
    let answers = join_all(arns.chunks(ARNS).map(|chunk| async move {
        let request = clients.tagging.get_resources().set_resource_arn_list(Some(chunk.to_vec()));
        tokio::time::timeout(PATIENCE, request.send()).await.ok()?.ok()
    }));
    let mut found = BTreeMap::new();
    for answer in answers.await.into_iter().flatten() {
        for resource in answer.resource_tag_mapping_list.unwrap_or_default() {
            let Some(arn) = resource.resource_arn.and_then(|arn| arn.parse().ok()) else { continue };
            let tags = resource.tags.unwrap_or_default();
            found.insert(arn, tags.into_iter().map(|tag| (tag.key, tag.value)).collect());
        }
    }
    found
}

/// Policies' tags from IAM; omits policies that it does not show yet.
///
/// # Errors
/// If IAM does not answer.
async fn exact_tags(
    clients: &Clients,
    policies: impl Iterator<Item = &Arn>,
) -> Result<BTreeMap<Arn, Tags>, AwsError> {
    let read = stream::iter(policies).map(|arn| async move {
        match read::policy_tags(clients, arn).await {
            Ok(tags) => Ok(Some((arn.clone(), tags))),
            Err(error) if error.is_not_found() => Ok(None),
            Err(error) => Err(error),
        }
    });
    let read: Vec<_> = read.buffer_unordered(AT_A_TIME).try_collect().await?;
    Ok(read.into_iter().flatten().collect())
}

/// What the account's listings say about the spec's roles and policies.
struct Listings {
    roles: BTreeMap<String, RoleDetail>,
    attributes: BTreeMap<String, (String, Option<i32>)>,
    details: BTreeMap<Arn, ListedPolicy>,
    /// For the spec's own policies.
    tags: BTreeMap<Arn, Tags>,
}

/// A role of the spec, as far as the listings show it.
enum Listed {
    All(Box<Live>),
    ButTags(Box<Live>),
}

impl Listings {
    /// Documents and tags of the policies attached to these roles or bounding them, other than the roles' own.
    async fn others(
        &self,
        clients: &Clients,
        desired: &DesiredState,
    ) -> Result<BTreeMap<Arn, (Document, Tags)>, AwsError> {
        let (mut arns, mut attached_to_roles) = (BTreeSet::new(), BTreeSet::new());
        let mut wanted_boundaries = BTreeSet::new();
        for role in &desired.roles {
            let Some(detail) = self.roles.get(&role.role.name) else { continue };
            let others =
                attached(detail).into_iter().map(|(arn, _)| arn).filter(|arn| *arn != role.policy.arn);
            attached_to_roles.extend(others);
            let bound = boundary(detail);
            if let Boundary::Policy(wanted) = &role.boundary
                && bound.as_ref() != Some(wanted)
                && *wanted != role.policy.arn
            {
                wanted_boundaries.insert(wanted.clone());
            }
            arns.extend(bound);
        }
        // Tags say whether this spec made an attached policy under another name; nothing else depends on them.
        let wanted: BTreeSet<&Arn> = desired.roles.iter().map(|role| &role.policy.arn).collect();
        let is_own = |arn: &&Arn| {
            arn.account == desired.account_id.as_str()
                && !wanted.contains(arn)
                && !desired.excluded.contains_key(*arn)
                && self.document_of(arn).is_some()
        };
        let with_tags: BTreeSet<Arn> = attached_to_roles.iter().filter(is_own).cloned().collect();
        let tags = match with_tags.is_empty() {
            true => BTreeMap::new(),
            false => indexed_tags(clients, with_tags.iter()).await,
        };
        arns.append(&mut attached_to_roles);
        let is_wanted_only = |arn: &Arn| wanted_boundaries.contains(arn) && !arns.contains(arn);
        let all: BTreeSet<Arn> = arns.iter().chain(&wanted_boundaries).cloned().collect();
        let is_wanted_only = &is_wanted_only;
        let (tags, with_tags) = (&tags, &with_tags);
        let read = stream::iter(all).map(|arn| async move {
            let policy = match (self.document_of(&arn), tags.get(&arn)) {
                (Some(document), Some(tags)) => (document?, tags.clone()),
                (Some(document), None) if with_tags.contains(&arn) => {
                    (document?, read::policy_tags(clients, &arn).await?)
                }
                (Some(document), None) => (document?, Tags::new()),
                (None, _) => match read::policy(clients, &arn).await {
                    Err(error) if error.is_not_found() && is_wanted_only(&arn) => return Ok(None),
                    policy => policy?,
                },
            };
            Ok::<_, AwsError>(Some((arn, policy)))
        });
        let read: Vec<_> = read.buffer_unordered(AT_A_TIME).try_collect().await?;
        Ok(read.into_iter().flatten().collect())
    }

    fn document_of(&self, arn: &Arn) -> Option<Result<Document, AwsError>> {
        match self.details.get(arn)? {
            ListedPolicy::Wanted(live) => Some(Ok(live.policy.document.clone())),
            ListedPolicy::Other(text) => Some(parse(arn, text)),
            ListedPolicy::Odd => None,
        }
    }

    /// Takes over a role's listed data; `None` if the answers contradict each other, as just after a change.
    fn take(
        &mut self,
        desired: &DesiredRole,
        others: &BTreeMap<Arn, (Document, Tags)>,
    ) -> Result<Option<Listed>, AwsError> {
        let name = &desired.role.name;
        // Each belongs to one role only.
        let policy = match self.details.remove(&desired.policy.arn) {
            None => None,
            Some(ListedPolicy::Wanted(mut live)) => {
                share(&mut live.policy.document, &desired.policy.document);
                Some(*live)
            }
            Some(_) => return Ok(None),
        };
        let role = match (self.roles.remove(name), self.attributes.remove(name)) {
            (None, None) => None,
            (Some(detail), Some(attributes)) => {
                let Some(role) = live_role(detail, attributes, desired, policy.as_ref(), others)? else {
                    return Ok(None);
                };
                Some(role)
            }
            _ => return Ok(None),
        };
        let wanted = role.as_ref().and_then(|role| read::other_boundary(desired, role));
        let wanted_boundary = wanted.and_then(|arn| Some(others.get(arn)?.0.clone()));
        let mut live = Box::new(Live { role, policy, wanted_boundary });
        if live.policy.is_none() {
            return Ok(Some(Listed::All(live)));
        }
        // Anything that would be a difference is read again from the authoritative source.
        let fits = |tags: &Tags| desired.policy.tags.iter().all(|(key, value)| tags.get(key) == Some(value));
        Ok(Some(match self.tags.remove(&desired.policy.arn).filter(fits) {
            Some(tags) => {
                set_tags(&mut live, &tags);
                Listed::All(live)
            }
            None => Listed::ButTags(live),
        }))
    }
}

/// Stores a live document that equals the wanted one only once.
fn share(live: &mut Document, wanted: &Document) {
    if live == wanted {
        live.clone_from(wanted);
    }
}

fn set_tags(live: &mut Live, tags: &Tags) {
    let Some(policy) = &mut live.policy else { return };
    policy.policy.tags.clone_from(tags);
    if let Some(attached) = live.role.as_mut().and_then(|role| role.attached.get_mut(&policy.policy.arn)) {
        attached.tags.clone_from(tags);
    }
}

fn attached(detail: &RoleDetail) -> Vec<(Arn, Option<&str>)> {
    let policies = detail.attached_managed_policies.as_deref().unwrap_or_default();
    policies
        .iter()
        .filter_map(|policy| {
            Some((policy.policy_arn.as_deref()?.parse().ok()?, policy.policy_name.as_deref()))
        })
        .collect()
}

fn boundary(detail: &RoleDetail) -> Option<Arn> {
    detail.permissions_boundary.as_ref()?.permissions_boundary_arn.as_deref()?.parse().ok()
}

fn live_role(
    detail: RoleDetail,
    (description, max_session_duration): (String, Option<i32>),
    desired: &DesiredRole,
    own: Option<&LivePolicy>,
    others: &BTreeMap<Arn, (Document, Tags)>,
) -> Result<Option<LiveRole>, AwsError> {
    let name = &desired.role.name;
    let of_role = |text: &str, what: &str| {
        let subject = || format!("{what} of role `{name}`");
        Document::parse_encoded(text)
            .map_err(|error| AwsError::new(DETAILS, subject(), AwsErrorKind::Document(error)))
    };
    let (Some(arn), Some(path), Some(trust)) =
        (detail.arn.as_deref(), &detail.path, detail.assume_role_policy_document.as_deref())
    else {
        return Ok(None);
    };
    // A new role may temporarily have its unique ID, `AROA…`, instead of its ARN.
    let Ok(arn) = arn.parse() else { return Ok(None) };
    let mut policies = BTreeMap::new();
    for (arn, name) in attached(&detail) {
        let (document, tags) = match (own, others.get(&arn)) {
            (Some(own), _) if own.policy.arn == arn => (own.policy.document.clone(), Tags::new()),
            (_, Some(other)) => other.clone(),
            _ => return Ok(None),
        };
        let name = name.unwrap_or(arn.name()).to_owned();
        policies.insert(arn, Box::new(AttachedPolicy { name, document, tags }));
    }
    let mut inline = BTreeMap::new();
    for policy in detail.role_policy_list.as_deref().unwrap_or_default() {
        let (Some(name), Some(text)) = (&policy.policy_name, &policy.policy_document) else {
            return Ok(None);
        };
        inline.insert(name.clone(), of_role(text, &format!("inline policy `{name}`"))?);
    }
    let permissions_boundary = boundary(&detail);
    let boundary = permissions_boundary.as_ref().and_then(|arn| others.get(arn));
    if permissions_boundary.is_some() != boundary.is_some() {
        return Ok(None);
    }
    let mut assume_role_policy = of_role(trust, "the trust policy")?;
    share(&mut assume_role_policy, &desired.role.assume_role_policy);
    Ok(Some(LiveRole {
        role: Role {
            arn,
            name: name.clone(),
            path: path.clone(),
            description,
            max_session_duration: max_session_duration.unwrap_or(desired.role.max_session_duration),
            assume_role_policy,
            permissions_boundary,
            tags: read::tags(detail.tags),
        },
        attached: policies,
        inline,
        boundary: boundary.map(|(document, _)| document.clone()),
        record: read::record(detail.create_date.as_ref(), detail.role_last_used.as_ref()),
    }))
}
