//! Live state of many roles in a handful of calls.
//!
//! GetAccountAuthorizationDetails returns everything but the description and the session duration of roles, which ListRoles
//! returns, and the tags of policies, which the Resource Groups Tagging API returns. All are asked at the same time. What is
//! missing or inconsistent is read again role by role.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use aws_sdk_iam::types::{EntityType, ManagedPolicyDetail, RoleDetail};
use futures_util::future::{join_all, try_join_all};

use super::read;
use crate::arn::Arn;
use crate::aws::client::Clients;
use crate::aws::error::{AwsError, AwsErrorKind};
use crate::model::{
    AttachedPolicy, DesiredRole, DesiredState, Live, LivePolicy, LiveRole, ManagedPolicy, PolicyVersion,
    Role, Tags, is_of,
};
use crate::plan::diff_role;
use crate::policy::{Document, equivalent};

/// The most that IAM puts on a page.
const PAGE: i32 = 1000;
/// The most that can be asked for by ARN in one call.
const ARNS: usize = 100;
/// Tags can also be read one by one, so the bulk call gets only a few seconds.
const PATIENCE: Duration = Duration::from_secs(3);
const DETAILS: &str = "iam:GetAccountAuthorizationDetails";

/// What was found of the roles of a spec.
pub(super) struct RolesFound {
    pub roles: BTreeMap<String, Live>,
    /// The names of all roles that bear the spec's tag.
    pub tagged: BTreeSet<String>,
}

/// Reads all roles of the spec with their policies; `None` when a listing has more pages than it may have.
///
/// # Errors
/// Whatever keeps IAM from answering, and documents of these roles that cannot be read.
pub(super) async fn read(
    clients: &Clients,
    desired: &DesiredState,
    pages: usize,
) -> Result<Option<RolesFound>, AwsError> {
    let wanted: BTreeSet<&str> = desired.roles.iter().map(|role| role.role.name.as_str()).collect();
    let policies: BTreeMap<Arn, &DesiredRole> =
        desired.roles.iter().map(|role| (role.policy.arn.clone(), role)).collect();
    let (roles, attributes, details, tags) = futures_util::join!(
        roles(clients, &wanted, &desired.spec, pages),
        attributes(clients, &wanted, pages),
        details(clients, &policies, pages),
        tags(clients, policies.keys()),
    );
    let (Some((roles, tagged)), Some(attributes), Some(details)) = (roles?, attributes?, details?) else {
        return Ok(None);
    };
    let account = Listings { roles, attributes, details };
    let others = account.others(clients, desired).await?;
    let lives = desired.roles.iter().map(|role| async {
        let live = match account.live(role, &others, &tags)? {
            Some(Listed::All(mut live)) => {
                // The index may lag behind: before anything is written, IAM says whose the policy is.
                if live.policy.is_some() && !diff_role(&live, role, desired).changes.is_empty() {
                    let tags = Box::pin(read::policy_tags(clients, &role.policy.arn)).await?;
                    set_tags(&mut live, &tags);
                }
                *live
            }
            Some(Listed::ButTags(mut live)) => {
                // Boxed, as below: of a thousand roles few come here, and the futures are large.
                let tags = Box::pin(read::policy_tags(clients, &role.policy.arn)).await?;
                set_tags(&mut live, &tags);
                *live
            }
            None => Box::pin(read::live(clients, role)).await?,
        };
        Ok::<_, AwsError>((role.role.name.clone(), live))
    });
    let roles = try_join_all(lives).await?.into_iter().collect();
    Ok(Some(RolesFound { roles, tagged }))
}

/// The roles that are wanted, and the names of those that bear the spec's tag.
pub(super) async fn roles(
    clients: &Clients,
    wanted: &BTreeSet<&str>,
    spec: &str,
    pages: usize,
) -> Result<Option<(BTreeMap<String, RoleDetail>, BTreeSet<String>)>, AwsError> {
    let request = clients.iam.get_account_authorization_details().filter(EntityType::Role).max_items(PAGE);
    let mut stream = request.into_paginator().send();
    let (mut found, mut tagged) = (BTreeMap::new(), BTreeSet::new());
    let mut seen = 0;
    while let Some(page) = stream.next().await {
        let page = page.map_err(|error| AwsError::from_sdk(DETAILS, "", error))?;
        for role in page.role_detail_list.unwrap_or_default() {
            let Some(name) = role.role_name.clone() else { continue };
            if is_of(spec, &read::tags(role.tags.clone())) {
                tagged.insert(name.clone());
            }
            if wanted.contains(name.as_str()) {
                found.insert(name, role);
            }
        }
        seen += 1;
        if seen >= pages && page.is_truncated {
            return Ok(None);
        }
    }
    Ok(Some((found, tagged)))
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

/// A customer managed policy, as far as it can matter.
enum ListedPolicy {
    /// One of the spec's.
    Wanted(Box<LivePolicy>),
    /// One of the spec's whose description is incomplete.
    Odd,
    /// The document of another one's default version, as it was answered.
    Other(String),
}

async fn details(
    clients: &Clients,
    wanted: &BTreeMap<Arn, &DesiredRole>,
    pages: usize,
) -> Result<Option<BTreeMap<Arn, ListedPolicy>>, AwsError> {
    let request = clients
        .iam
        .get_account_authorization_details()
        .filter(EntityType::LocalManagedPolicy)
        .max_items(PAGE);
    let mut stream = request.into_paginator().send();
    let mut found = BTreeMap::new();
    let mut seen = 0;
    while let Some(page) = stream.next().await {
        let page = page.map_err(|error| AwsError::from_sdk(DETAILS, "", error))?;
        for policy in page.policies.unwrap_or_default() {
            let Some(arn) = policy.arn.as_deref().and_then(|arn| arn.parse::<Arn>().ok()) else { continue };
            let detail = match wanted.get(&arn) {
                Some(role) => live_policy(policy, role)?
                    .map_or(ListedPolicy::Odd, |live| ListedPolicy::Wanted(live.into())),
                None => match default_document(&policy) {
                    Some(text) => ListedPolicy::Other(text.to_owned()),
                    None => continue,
                },
            };
            found.insert(arn, detail);
        }
        seen += 1;
        if seen >= pages && page.is_truncated {
            return Ok(None);
        }
    }
    Ok(Some(found))
}

fn default_document(policy: &ManagedPolicyDetail) -> Option<&str> {
    let versions = policy.policy_version_list.as_deref()?;
    versions.iter().find(|version| version.is_default_version)?.document.as_deref()
}

/// The spec's policy without its tags; `None` where something is missing.
fn live_policy(policy: ManagedPolicyDetail, desired: &DesiredRole) -> Result<Option<LivePolicy>, AwsError> {
    let Some(document) =
        default_document(&policy).map(|text| parse(&desired.policy.arn, text)).transpose()?
    else {
        return Ok(None);
    };
    // As in single reads, the other versions matter only where this one is not what is wanted.
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

/// The tags of policies, as far as the Resource Groups Tagging API knows them. Its index may lag, and it may be
/// unavailable, so a missing entry means nothing.
async fn tags(clients: &Clients, policies: impl Iterator<Item = &Arn>) -> BTreeMap<Arn, Tags> {
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

/// What the listings of the account say of the spec's roles and policies.
struct Listings {
    roles: BTreeMap<String, RoleDetail>,
    attributes: BTreeMap<String, (String, Option<i32>)>,
    details: BTreeMap<Arn, ListedPolicy>,
}

/// A role of the spec, as far as the listings have it.
enum Listed {
    All(Box<Live>),
    ButTags(Box<Live>),
}

impl Listings {
    /// Documents and tags of the policies that are attached to these roles or bound them, and are not the role's own.
    async fn others(
        &self,
        clients: &Clients,
        desired: &DesiredState,
    ) -> Result<BTreeMap<Arn, (Document, Tags)>, AwsError> {
        let mut arns = BTreeSet::new();
        for role in &desired.roles {
            let Some(detail) = self.roles.get(&role.role.name) else { continue };
            arns.extend(
                attached(detail).into_iter().map(|(arn, _)| arn).filter(|arn| *arn != role.policy.arn),
            );
            arns.extend(boundary(detail));
        }
        let told: Vec<&Arn> = arns.iter().filter(|arn| self.document_of(arn).is_some()).collect();
        let tags = if told.is_empty() { BTreeMap::new() } else { tags(clients, told.into_iter()).await };
        let read = arns.into_iter().map(|arn| async {
            let policy = match (self.document_of(&arn), tags.get(&arn)) {
                (Some(document), tags) => {
                    let tags = match tags {
                        Some(tags) => tags.clone(),
                        None => read::policy_tags(clients, &arn).await?,
                    };
                    (document?, tags)
                }
                (None, _) => read::policy(clients, &arn).await?,
            };
            Ok::<_, AwsError>((arn, policy))
        });
        Ok(try_join_all(read).await?.into_iter().collect())
    }

    fn document_of(&self, arn: &Arn) -> Option<Result<Document, AwsError>> {
        match self.details.get(arn)? {
            ListedPolicy::Wanted(live) => Some(Ok(live.policy.document.clone())),
            ListedPolicy::Other(text) => Some(parse(arn, text)),
            ListedPolicy::Odd => None,
        }
    }

    /// `None` when the answers do not fit each other, as just after a change.
    fn live(
        &self,
        desired: &DesiredRole,
        others: &BTreeMap<Arn, (Document, Tags)>,
        tags: &BTreeMap<Arn, Tags>,
    ) -> Result<Option<Listed>, AwsError> {
        let name = &desired.role.name;
        let policy = match self.details.get(&desired.policy.arn) {
            None => None,
            Some(ListedPolicy::Wanted(live)) => Some(live.as_ref().clone()),
            Some(_) => return Ok(None),
        };
        let role = match (self.roles.get(name), self.attributes.get(name)) {
            (None, None) => None,
            (Some(detail), Some(attributes)) => {
                let Some(role) = live_role(detail, attributes, desired, policy.as_ref(), others)? else {
                    return Ok(None);
                };
                Some(role)
            }
            _ => return Ok(None),
        };
        let mut live = Box::new(Live { role, policy });
        if live.policy.is_none() {
            return Ok(Some(Listed::All(live)));
        }
        let told = tags.get(&desired.policy.arn);
        // What would be a difference is asked for again where it is authoritative.
        let fits = |tags: &&Tags| desired.policy.tags.iter().all(|(key, value)| tags.get(key) == Some(value));
        Ok(Some(match told.filter(fits) {
            Some(tags) => {
                set_tags(&mut live, tags);
                Listed::All(live)
            }
            None => Listed::ButTags(live),
        }))
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
    detail: &RoleDetail,
    (description, max_session_duration): &(String, Option<i32>),
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
    // A role that was just made may for a while have its unique ID, `AROA…`, in place of its ARN.
    let Ok(arn) = arn.parse() else { return Ok(None) };
    let mut policies = BTreeMap::new();
    for (arn, name) in attached(detail) {
        let (document, tags) = match (own, others.get(&arn)) {
            (Some(own), _) if own.policy.arn == arn => (own.policy.document.clone(), Tags::new()),
            (_, Some(other)) => other.clone(),
            _ => return Ok(None),
        };
        let name = name.unwrap_or(arn.name()).to_owned();
        policies.insert(arn, AttachedPolicy { name, document, tags });
    }
    let mut inline = BTreeMap::new();
    for policy in detail.role_policy_list.as_deref().unwrap_or_default() {
        let (Some(name), Some(text)) = (&policy.policy_name, &policy.policy_document) else {
            return Ok(None);
        };
        inline.insert(name.clone(), of_role(text, &format!("inline policy `{name}`"))?);
    }
    let permissions_boundary = boundary(detail);
    let boundary = permissions_boundary.as_ref().and_then(|arn| others.get(arn));
    if permissions_boundary.is_some() != boundary.is_some() {
        return Ok(None);
    }
    Ok(Some(LiveRole {
        role: Role {
            arn,
            name: name.clone(),
            path: path.clone(),
            description: description.clone(),
            max_session_duration: max_session_duration.unwrap_or(desired.role.max_session_duration),
            assume_role_policy: of_role(trust, "the trust policy")?,
            permissions_boundary,
            tags: read::tags(detail.tags.clone()),
        },
        attached: policies,
        inline,
        boundary: boundary.map(|(document, _)| document.clone()),
    }))
}
