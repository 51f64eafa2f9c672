//! The live state: a role with everything it can do, and the policy named by the spec.

use std::collections::BTreeMap;
use std::error::Error;
use std::time::Duration;

use aws_sdk_iam::types as iam;
use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::DateTime;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use futures_util::future::try_join_all;
use jiff::Timestamp;

use crate::arn::{AccountId, Arn};
use crate::aws::client::Clients;
use crate::aws::error::{AwsError, AwsErrorKind};
use crate::aws::pages::items;
use crate::backoff::Backoff;
use crate::model::{
    AttachedPolicy, DesiredRole, LastUse, Live, LivePolicy, LiveRole, ManagedPolicy, PolicyVersion, Role,
    RoleRecord, Tags,
};
use crate::policy::template::invoke_policy;
use crate::policy::{Document, equivalent};
use crate::spec::Boundary;

/// Reads a role and its policy. Everything that does not depend on another answer is requested concurrently: two round
/// trips for the spec's own policy, three if other policies are attached. Contradictory answers, as IAM gives them just
/// after a change, are requested again.
///
/// # Errors
/// If IAM does not answer, or documents cannot be read. What does not exist is not an error.
pub async fn live(clients: &Clients, desired: &DesiredRole) -> Result<Live, AwsError> {
    with_wanted_boundary(
        clients,
        desired,
        live_of(clients, &desired.role, Some(&desired.policy), Prefetch::Nothing).await?,
    )
    .await
}

/// The boundary wanted by the spec, if a live role has another, which it will replace.
pub(super) fn other_boundary<'a>(desired: &'a DesiredRole, live: &LiveRole) -> Option<&'a Arn> {
    match &desired.boundary {
        Boundary::Policy(wanted)
            if live.role.permissions_boundary.as_ref() != Some(wanted) && *wanted != desired.policy.arn =>
        {
            Some(wanted)
        }
        _ => None,
    }
}

async fn with_wanted_boundary(
    clients: &Clients,
    desired: &DesiredRole,
    live: Live,
) -> Result<Live, AwsError> {
    let Some(wanted) = live.role.as_ref().and_then(|role| other_boundary(desired, role)) else {
        return Ok(live);
    };
    match Box::pin(policy(clients, wanted)).await {
        Ok((document, _)) => Ok(Live { wanted_boundary: Some(document), ..live }),
        Err(error) if error.is_not_found() => Ok(live),
        Err(error) => Err(error),
    }
}

/// As [`live`], in one round trip if the policy was never changed: its first version is requested before it is known
/// which one is in force.
///
/// # Errors
/// As [`live`].
pub(super) async fn live_at_once(clients: &Clients, desired: &DesiredRole) -> Result<Live, AwsError> {
    let live = live_of(clients, &desired.role, Some(&desired.policy), Prefetch::FirstVersion).await?;
    with_wanted_boundary(clients, desired, live).await
}

/// What to prefetch. A wrong guess costs one wasted call.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Prefetch {
    Nothing,
    /// The policy's first version is in force.
    FirstVersion,
}

/// A role of this name with everything it can do, whatever its path.
///
/// # Errors
/// As [`live`].
pub async fn role(
    clients: &Clients,
    partition: &str,
    account: &AccountId,
    name: &str,
) -> Result<Option<LiveRole>, AwsError> {
    // Fields that IAM omits get the defaults of a new role.
    let role = Role {
        arn: Arn::role(partition, account, "/", name),
        name: name.to_owned(),
        path: "/".to_owned(),
        description: String::new(),
        max_session_duration: 3600,
        assume_role_policy: invoke_policy(&[]),
        permissions_boundary: None,
        tags: Tags::new(),
    };
    Ok(live_of(clients, &role, None, Prefetch::Nothing).await?.role)
}

/// A role, and a policy if one was requested.
pub(super) async fn live_of(
    clients: &Clients,
    role: &Role,
    policy: Option<&ManagedPolicy>,
    prefetch: Prefetch,
) -> Result<Live, AwsError> {
    let mut pauses = Backoff::within(CONTRADICTIONS).pauses();
    loop {
        match live_once(clients, role, policy, prefetch).await {
            Err(error) if matches!(*error.kind, AwsErrorKind::Contradiction(_)) => match pauses.next(None) {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            },
            answer => return answer,
        }
    }
}

/// How long answers may contradict each other before it is an error.
const CONTRADICTIONS: Duration = Duration::from_secs(10);

fn contradiction(operation: &str, subject: &str, text: &str) -> AwsError {
    AwsError::new(operation, subject, AwsErrorKind::Contradiction(text.to_owned()))
}

async fn live_once(
    clients: &Clients,
    role: &Role,
    policy: Option<&ManagedPolicy>,
    prefetch: Prefetch,
) -> Result<Live, AwsError> {
    let own = async {
        match policy {
            Some(policy) => live_policy(clients, policy, prefetch).await,
            None => Ok(None),
        }
    };
    let (found, policy) = tokio::try_join!(live_role(clients, role, policy.map(|policy| &policy.arn)), own)?;
    let Some(FoundRole { mut role, own_attached }) = found else {
        return Ok(Live { policy, ..Live::default() });
    };
    if let Some(name) = own_attached {
        let Some(own) = &policy else {
            let subject = format!("policy `{name}`");
            let text = "it is attached to the role, yet there is no such policy";
            return Err(contradiction("iam:GetPolicy", &subject, text));
        };
        let ManagedPolicy { arn, document, tags, .. } = own.policy.clone();
        role.attached.insert(arn, Box::new(AttachedPolicy { name, document, tags }));
    }
    Ok(Live { role: Some(role), policy, wanted_boundary: None })
}

/// A role without the attachment of the spec's own policy, which is filled in later.
struct FoundRole {
    role: LiveRole,
    /// The name of the spec's own policy, if it is attached.
    own_attached: Option<String>,
}

async fn live_role(
    clients: &Clients,
    desired: &Role,
    own: Option<&Arn>,
) -> Result<Option<FoundRole>, AwsError> {
    let name = &desired.name;
    let attached = async {
        let Some(attached) = attached_policies(clients, name).await? else { return Ok(None) };
        let others = attached.iter().filter(|(arn, _)| Some(*arn) != own).map(|(arn, name)| async move {
            let (document, tags) = policy(clients, arn).await?;
            Ok((arn.clone(), Box::new(AttachedPolicy { name: name.clone(), document, tags })))
        });
        let others: BTreeMap<_, _> = try_join_all(others).await?.into_iter().collect();
        Ok(Some((others, own.and_then(|own| attached.get(own).cloned()))))
    };
    let answers =
        tokio::try_join!(role_and_boundary(clients, desired), attached, inline_policies(clients, name))?;
    match answers {
        (Some((role, boundary, record)), Some((attached, own_attached)), Some(inline)) => {
            let role = LiveRole { role, attached, inline, boundary, record };
            Ok(Some(FoundRole { role, own_attached }))
        }
        (None, None, None) => Ok(None),
        _ => {
            let text = "IAM says that there is such a role, and that there is none";
            Err(contradiction("iam:GetRole", &format!("role `{name}`"), text))
        }
    }
}

pub(super) async fn role_and_boundary(
    clients: &Clients,
    desired: &Role,
) -> Result<Option<(Role, Option<Document>, RoleRecord)>, AwsError> {
    const OPERATION: &str = "iam:GetRole";
    let subject = format!("role `{}`", desired.name);
    let answer = clients.iam.get_role().role_name(&desired.name).send().await;
    let Some(answer) = existing(OPERATION, &subject, answer)? else { return Ok(None) };
    let role = answer.role.ok_or_else(|| AwsError::incomplete(OPERATION, &subject, "role"))?;
    // A new role may temporarily have its unique ID, `AROA…`, instead of its ARN.
    let arn = role.arn.parse().unwrap_or_else(|_| Arn {
        resource: format!("role{}{}", role.path, role.role_name),
        ..desired.arn.clone()
    });
    let trust = role
        .assume_role_policy_document
        .ok_or_else(|| AwsError::incomplete(OPERATION, &subject, "trust policy"))?;
    let assume_role_policy =
        document(OPERATION, || format!("the trust policy of role `{}`", role.role_name), &trust)?;
    let permissions_boundary = match role.permissions_boundary.and_then(|b| b.permissions_boundary_arn) {
        Some(arn) => Some(parse_arn(OPERATION, &subject, &arn)?),
        None => None,
    };
    let boundary = match &permissions_boundary {
        Some(arn) => Some(policy(clients, arn).await?.0),
        None => None,
    };
    let record = record(Some(&role.create_date), role.role_last_used.as_ref());
    let role = Role {
        arn,
        name: role.role_name,
        path: role.path,
        description: role.description.unwrap_or_default(),
        max_session_duration: role.max_session_duration.unwrap_or(desired.max_session_duration),
        assume_role_policy,
        permissions_boundary,
        tags: tags(role.tags),
    };
    Ok(Some((role, boundary, record)))
}

/// What IAM stores about a role: the same in every answer that has it.
pub(super) fn record(created: Option<&DateTime>, last_used: Option<&iam::RoleLastUsed>) -> RoleRecord {
    let last_used = last_used
        .and_then(|used| last_use(used.last_used_date.as_ref()?, used.region.clone().unwrap_or_default()));
    RoleRecord { created: created.and_then(timestamp), last_used }
}

pub(in crate::aws) fn last_use(at: &DateTime, region: String) -> Option<LastUse> {
    Some(LastUse { at: timestamp(at)?, region })
}

fn timestamp(at: &DateTime) -> Option<Timestamp> {
    Timestamp::from_second(at.secs()).ok()
}

/// ARNs and names of the attached managed policies; `None` if the role does not exist.
pub(super) async fn attached_policies(
    clients: &Clients,
    role: &str,
) -> Result<Option<BTreeMap<Arn, String>>, AwsError> {
    const OPERATION: &str = "iam:ListAttachedRolePolicies";
    let subject = format!("role `{role}`");
    let pages = clients.iam.list_attached_role_policies().role_name(role).into_paginator().send();
    let Some(policies) =
        existing(OPERATION, &subject, items(pages, |page| page.attached_policies.unwrap_or_default()).await)?
    else {
        return Ok(None);
    };
    let mut attached = BTreeMap::new();
    for policy in policies {
        let arn = policy.policy_arn.ok_or_else(|| AwsError::incomplete(OPERATION, &subject, "policy ARN"))?;
        let arn = parse_arn(OPERATION, &subject, &arn)?;
        let name = policy.policy_name.unwrap_or_else(|| arn.name().to_owned());
        attached.insert(arn, name);
    }
    Ok(Some(attached))
}

/// The names of the inline policies; `None` if the role does not exist.
pub(super) async fn inline_names(clients: &Clients, role: &str) -> Result<Option<Vec<String>>, AwsError> {
    const OPERATION: &str = "iam:ListRolePolicies";
    let subject = format!("role `{role}`");
    let pages = clients.iam.list_role_policies().role_name(role).into_paginator().send();
    existing(OPERATION, &subject, items(pages, |page| page.policy_names).await)
}

/// The inline policies; `None` if the role does not exist.
pub(super) async fn inline_policies(
    clients: &Clients,
    role: &str,
) -> Result<Option<BTreeMap<String, Document>>, AwsError> {
    let Some(names) = inline_names(clients, role).await? else { return Ok(None) };
    let documents = names.into_iter().map(|name| async move {
        const OPERATION: &str = "iam:GetRolePolicy";
        let subject = || format!("inline policy `{name}` of role `{role}`");
        let answer = clients.iam.get_role_policy().role_name(role).policy_name(&name).send().await;
        let answer = answer.map_err(|error| AwsError::from_sdk(OPERATION, subject(), error))?;
        let document = document(OPERATION, subject, &answer.policy_document)?;
        Ok((name, document))
    });
    Ok(Some(try_join_all(documents).await?.into_iter().collect()))
}

/// The default version's document, and the tags, of a policy that must exist, customer managed or AWS managed.
pub(super) async fn policy(clients: &Clients, policy: &Arn) -> Result<(Document, Tags), AwsError> {
    const OPERATION: &str = "iam:GetPolicy";
    let subject = subject(policy);
    let answer = clients.iam.get_policy().policy_arn(policy.to_string()).send().await;
    let answer = answer.map_err(|error| AwsError::from_sdk(OPERATION, subject.as_str(), error))?;
    let live = answer.policy.ok_or_else(|| AwsError::incomplete(OPERATION, &subject, "policy"))?;
    let version =
        live.default_version_id.ok_or_else(|| AwsError::incomplete(OPERATION, subject, "default version"))?;
    Ok((version_document(clients, policy, &version).await?, tags(live.tags)))
}

/// The tags of a customer managed policy that must exist.
pub(super) async fn policy_tags(clients: &Clients, policy: &Arn) -> Result<Tags, AwsError> {
    const OPERATION: &str = "iam:ListPolicyTags";
    let subject = subject(policy);
    let pages = clients.iam.list_policy_tags().policy_arn(policy.to_string()).into_paginator().send();
    let found: Vec<iam::Tag> = items(pages, |page| page.tags)
        .await
        .map_err(|error| AwsError::from_sdk(OPERATION, subject.as_str(), error))?;
    Ok(tags(Some(found)))
}

async fn version_document(clients: &Clients, policy: &Arn, version: &str) -> Result<Document, AwsError> {
    const OPERATION: &str = "iam:GetPolicyVersion";
    let subject = || format!("version {version} of {}", subject(policy));
    let request = clients.iam.get_policy_version().policy_arn(policy.to_string()).version_id(version);
    let answer = request.send().await.map_err(|error| AwsError::from_sdk(OPERATION, subject(), error))?;
    let text = answer
        .policy_version
        .and_then(|version| version.document)
        .ok_or_else(|| AwsError::incomplete(OPERATION, subject(), "document"))?;
    document(OPERATION, subject, &text)
}

pub(super) async fn live_policy(
    clients: &Clients,
    desired: &ManagedPolicy,
    prefetch: Prefetch,
) -> Result<Option<LivePolicy>, AwsError> {
    const OPERATION: &str = "iam:GetPolicy";
    let subject = subject(&desired.arn);
    let policy = async {
        let answer = clients.iam.get_policy().policy_arn(desired.arn.to_string()).send().await;
        existing(OPERATION, &subject, answer)
    };
    let (answer, versions) = tokio::try_join!(policy, versions(clients, desired, prefetch))?;
    let (answer, (versions, document)) = match (answer, versions) {
        (Some(answer), Some(versions)) => (answer, versions),
        (None, None) => return Ok(None),
        _ => {
            let text = "IAM says that there is such a policy, and that there is none";
            return Err(contradiction(OPERATION, &subject, text));
        }
    };
    let policy = answer.policy.ok_or_else(|| AwsError::incomplete(OPERATION, &subject, "policy"))?;
    Ok(Some(LivePolicy {
        policy: ManagedPolicy {
            arn: desired.arn.clone(),
            name: policy.policy_name.unwrap_or_else(|| desired.name.clone()),
            path: policy.path.unwrap_or_else(|| desired.path.clone()),
            // It cannot be changed, so its content makes no difference.
            description: desired.description.clone(),
            document,
            tags: tags(policy.tags),
        },
        versions,
        attachment_count: policy.attachment_count.unwrap_or_default(),
        boundary_count: policy.permissions_boundary_usage_count.unwrap_or_default(),
    }))
}

/// The versions without documents, newest first; `None` if the policy does not exist.
pub(super) async fn version_ids(
    clients: &Clients,
    policy: &Arn,
) -> Result<Option<Vec<PolicyVersion>>, AwsError> {
    const OPERATION: &str = LIST_VERSIONS;
    let subject = subject(policy);
    let pages = clients.iam.list_policy_versions().policy_arn(policy.to_string()).into_paginator().send();
    let listed: Option<Vec<iam::PolicyVersion>> =
        existing(OPERATION, &subject, items(pages, |page| page.versions.unwrap_or_default()).await)?;
    let Some(listed) = listed else { return Ok(None) };
    let mut versions = Vec::new();
    for version in listed {
        let id = version.version_id.ok_or_else(|| AwsError::incomplete(OPERATION, &subject, "version ID"))?;
        versions.push(PolicyVersion { id, is_default: version.is_default_version, document: None });
    }
    versions.sort_by_key(|version| std::cmp::Reverse(version.number()));
    Ok(Some(versions))
}

const LIST_VERSIONS: &str = "iam:ListPolicyVersions";

/// A role's permissions boundary; none if the role does not exist.
pub(super) async fn boundary(clients: &Clients, role: &str) -> Result<Option<String>, AwsError> {
    const OPERATION: &str = "iam:GetRole";
    let answer = clients.iam.get_role().role_name(role).send().await;
    let answer = existing(OPERATION, &format!("role `{role}`"), answer)?;
    let boundary = answer.and_then(|answer| answer.role).and_then(|role| role.permissions_boundary);
    Ok(boundary.and_then(|boundary| boundary.permissions_boundary_arn))
}

/// A role's trust policy; none if the role does not exist.
pub(super) async fn trust(clients: &Clients, role: &str) -> Result<Option<Document>, AwsError> {
    const OPERATION: &str = "iam:GetRole";
    let answer = clients.iam.get_role().role_name(role).send().await;
    let answer = existing(OPERATION, &format!("role `{role}`"), answer)?;
    let trust = answer.and_then(|answer| answer.role).and_then(|role| role.assume_role_policy_document);
    trust.map(|text| document(OPERATION, || format!("the trust policy of role `{role}`"), &text)).transpose()
}

/// The versions, and the default one's document. The other documents are read only if the default one is not the wanted
/// one: one of them may be.
async fn versions(
    clients: &Clients,
    desired: &ManagedPolicy,
    prefetch: Prefetch,
) -> Result<Option<(Vec<PolicyVersion>, Document)>, AwsError> {
    const FIRST: &str = "v1";
    let policy = &desired.arn;
    let prefetched = async {
        match prefetch {
            Prefetch::FirstVersion => version_document(clients, policy, FIRST).await.ok(),
            Prefetch::Nothing => None,
        }
    };
    let (versions, prefetched) = futures_util::join!(version_ids(clients, policy), prefetched);
    let Some(mut versions) = versions? else { return Ok(None) };
    let default = versions
        .iter()
        .find(|version| version.is_default)
        .ok_or_else(|| AwsError::incomplete(LIST_VERSIONS, subject(policy), "default version"))?;
    let document = match prefetched {
        Some(document) if default.id == FIRST => document,
        _ => version_document(clients, policy, &default.id).await?,
    };
    if !equivalent(&document, &desired.document) {
        let read = versions.iter().map(|version| async {
            if version.is_default {
                Ok(document.clone())
            } else {
                version_document(clients, policy, &version.id).await
            }
        });
        let documents = try_join_all(read).await?;
        for (version, document) in versions.iter_mut().zip(documents) {
            version.document = Some(document);
        }
    }
    Ok(Some((versions, document)))
}

/// Absence is a value.
pub(super) fn existing<T, E>(
    operation: &str,
    subject: &str,
    answer: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Option<T>, AwsError>
where
    E: ProvideErrorMetadata + Error + Send + Sync + 'static,
{
    match answer.map_err(|error| AwsError::from_sdk(operation, subject, error)) {
        Ok(answer) => Ok(Some(answer)),
        Err(error) if error.is_not_found() => Ok(None),
        Err(error) => Err(error),
    }
}

fn document(operation: &str, subject: impl Fn() -> String, text: &str) -> Result<Document, AwsError> {
    Document::parse_encoded(text)
        .map_err(|error| AwsError::new(operation, subject(), AwsErrorKind::Document(error)))
}

fn parse_arn(operation: &str, subject: &str, arn: &str) -> Result<Arn, AwsError> {
    arn.parse().map_err(|error: crate::arn::ArnError| {
        let detail = format!("`{arn}` is not an ARN");
        let source = Some(error.into());
        AwsError::new(operation, subject, AwsErrorKind::Response { status: None, detail, source })
    })
}

/// As a listing has it; `None`: it cannot be read.
pub(super) fn trust_policy(role: &iam::RoleDetail) -> Option<Document> {
    Document::parse_encoded(role.assume_role_policy_document.as_deref()?).ok()
}

pub(super) fn tags(tags: Option<Vec<iam::Tag>>) -> Tags {
    tags.into_iter().flatten().map(|tag| (tag.key, tag.value)).collect()
}

fn subject(policy: &Arn) -> String {
    format!("policy `{}`", policy.name())
}
