//! Managed policies and their versions.

use std::collections::BTreeMap;

use super::answers::{encoded, listing, path_prefix, truncation, write_tags};
use crate::arn::{AccountId, Arn};
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::documents;
use crate::sandbox::aws::query::{QueryAnswer, Xml};
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::aws::validate::is_policy_path;
use crate::sandbox::state::State;
use crate::sandbox::state::iam::{Policy, Seconds, StoredRole, StoredVersion, Tag, date};
use crate::sandbox::state::managed::{self, AwsManaged};

/// IAM's quota.
const MAX_VERSIONS: usize = 5;

/// When AWS created its own policies; the sandbox uses one date for all.
const AWS_DATE: Seconds = 1_423_180_800;

pub(crate) fn create(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let params = call.params;
    let name = params.policy_name()?;
    let path = params.path("Path", is_policy_path)?;
    let text = params.document("PolicyDocument")?;
    let description = params.policy_description()?;
    let tags = params.tags(false)?;
    let account = &call.caller.account;
    if call
        .state
        .account(account)
        .is_some_and(|account| account.policies.keys().any(|p| p.eq_ignore_ascii_case(name)))
    {
        return Err(Refusal::exists(format!(
            "A policy called {name} already exists. Duplicate names are not allowed."
        )));
    }
    let account_now = call.state.account(account);
    let quota = account_now.map(|account| account.quotas).unwrap_or_default().policies;
    if account_now.is_some_and(|account| account.policies.len() >= quota) {
        return Err(Refusal::limit(format!("Cannot exceed quota for PoliciesPerAccount: {quota}")));
    }
    refuse_version_over_quota(call)?;
    documents::managed(text)?;
    let now = call.now.as_second();
    let policy = Policy {
        name: name.to_owned(),
        path: path.to_owned(),
        id: call.state.new_id("ANPA"),
        created: now,
        updated: now,
        description: description.filter(|text| !text.is_empty()).map(str::to_owned),
        tags,
        versions: BTreeMap::from([(1, StoredVersion { text: text.to_owned(), created: now })]),
        default_version: 1,
        last_version: 1,
    };
    let arn = call.state.policy_arn(account, &policy).to_string();
    call.state.account_mut(account).policies.insert(name.to_owned(), policy);
    let policy = find(call, &arn)?;
    // Its description is not in this response.
    Ok(QueryAnswer::of(|xml| {
        xml.element("Policy", |xml| {
            write(xml, call, &policy);
            if !call.params.indices("Tags").is_empty()
                && let AnyPolicy::Customer(policy) = policy
            {
                write_tags(xml, &policy.tags);
            }
        });
    }))
}

pub(crate) fn get(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let arn = call.params.policy_arn("PolicyArn")?;
    show(call, arn)
}

fn show(call: &Call<'_>, arn: &str) -> Result<QueryAnswer, Refusal> {
    let policy = find(call, arn).map_err(|refusal| {
        let own = arn.parse::<Arn>().is_ok_and(|arn| arn.account == call.caller.account.as_str());
        // GetPolicy has its own message for a policy in the caller's account.
        if own { not_attachable(arn) } else { refusal }
    })?;
    Ok(QueryAnswer::of(|xml| {
        xml.element("Policy", |xml| {
            write(xml, call, &policy);
            if let AnyPolicy::Customer(policy) = policy {
                xml.optional("Description", policy.description.as_ref());
                write_tags(xml, &policy.tags);
            }
        });
    }))
}

/// A managed policy, regardless of owner.
#[derive(Clone, Copy)]
enum AnyPolicy<'a> {
    Customer(&'a Policy),
    Aws(&'static AwsManaged),
}

fn find<'a>(call: &'a Call<'_>, arn: &str) -> Result<AnyPolicy<'a>, Refusal> {
    let state = &*call.state;
    if let Some(policy) = state.aws_managed(arn) {
        return Ok(AnyPolicy::Aws(policy));
    }
    match state.policy_of_arn(arn) {
        Some((account, policy)) if account == call.caller.account => Ok(AnyPolicy::Customer(policy)),
        _ => Err(not_found(arn)),
    }
}

/// A policy that the caller can change: neither AWS's own nor another account's.
fn find_mut<'a>(call: &'a mut Call<'_>, arn: &str) -> Result<&'a mut Policy, Refusal> {
    match find(call, arn)? {
        AnyPolicy::Aws(_) => {
            Err(Refusal::access_denied(format!("{arn} is managed by AWS and cannot be changed")))
        }
        AnyPolicy::Customer(_) => call.state.policy_of_arn_mut(arn).ok_or_else(|| not_found(arn)),
    }
}

fn not_attachable(arn: &str) -> Refusal {
    Refusal::no_such_entity(format!("Policy {arn} does not exist or is not attachable."))
}

fn not_found(arn: &str) -> Refusal {
    Refusal::no_such_entity(format!("Policy {arn} was not found."))
}

/// The account's roles that have the policy attached, and those that have it as boundary.
pub(crate) fn users<'a>(
    state: &'a State,
    account: &AccountId,
    arn: &str,
) -> (Vec<&'a StoredRole>, Vec<&'a StoredRole>) {
    let roles = || state.account(account).into_iter().flat_map(|account| account.roles.values());
    (
        roles().filter(|role| role.attached.contains(arn)).collect(),
        roles().filter(|role| role.boundary.as_deref() == Some(arn)).collect(),
    )
}

fn write(xml: &mut Xml, call: &Call<'_>, policy: &AnyPolicy<'_>) {
    let state = &*call.state;
    let account = &call.caller.account;
    let (name, path, id, arn, version, created, updated) = match policy {
        AnyPolicy::Customer(policy) => {
            let Policy { name, path, id, created, updated, default_version, .. } = policy;
            let arn = state.policy_arn(account, policy).to_string();
            (
                name.as_str(),
                path.as_str(),
                id.as_str(),
                arn,
                format!("v{default_version}"),
                *created,
                *updated,
            )
        }
        AnyPolicy::Aws(policy) => {
            let AwsManaged { path, name, id, version, document: _ } = policy;
            (*name, *path, *id, policy.arn(&state.partition), (*version).to_owned(), AWS_DATE, AWS_DATE)
        }
    };
    let (attached, bounded) = users(state, account, &arn);
    xml.text("PolicyName", name);
    xml.text("PolicyId", id);
    xml.text("Arn", &arn);
    xml.text("Path", path);
    xml.text("DefaultVersionId", version);
    xml.text("AttachmentCount", attached.len());
    xml.text("PermissionsBoundaryUsageCount", bounded.len());
    xml.text("IsAttachable", true);
    xml.text("CreateDate", date(created));
    xml.text("UpdateDate", date(updated));
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let params = call.params;
    let page = call.page()?;
    let prefix = path_prefix(params)?;
    let scope = params.get("Scope").unwrap_or("All");
    if !matches!(scope, "All" | "AWS" | "Local") {
        return Err(Refusal::validation(format!(
            "1 validation error detected: Value '{scope}' at 'scope' failed to satisfy constraint: Member must satisfy \
             enum value set: [All, AWS, Local]"
        )));
    }
    let only_attached = params.boolean("OnlyAttached")?;
    let call = &*call;
    let state = &*call.state;
    let account = &call.caller.account;
    let mut found: BTreeMap<String, AnyPolicy<'_>> = BTreeMap::new();
    if scope != "AWS" {
        for policy in state.account(account).into_iter().flat_map(|account| account.policies.values()) {
            if policy.path.starts_with(prefix) {
                found.insert(state.policy_arn(account, policy).to_string(), AnyPolicy::Customer(policy));
            }
        }
    }
    if scope != "Local" {
        for policy in managed::all().filter(|policy| policy.path.starts_with(prefix)) {
            found.insert(policy.arn(&state.partition), AnyPolicy::Aws(policy));
        }
    }
    if only_attached {
        found.retain(|arn, _| !users(state, account, arn).0.is_empty());
    }
    Ok(listing("Policies", page.cut(found), |xml, policy| write(xml, call, &policy)))
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let arn = call.params.policy_arn("PolicyArn")?;
    let account = &call.caller.account;
    let policy = find_mut(call, arn)?;
    let (name, versions) = (policy.name.clone(), policy.versions.len());
    let (attached, bounded) = users(call.state, account, arn);
    if !attached.is_empty() || !bounded.is_empty() {
        return Err(Refusal::delete_conflict("Cannot delete a policy attached to entities."));
    }
    if versions > 1 {
        return Err(Refusal::delete_conflict(
            "This policy has more than one version. Before you delete a policy, you must delete the policy's versions. \
             The default version is deleted with the policy.",
        ));
    }
    call.state.account_mut(account).policies.remove(&name);
    Ok(QueryAnswer::Done)
}

pub(crate) fn create_version(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let params = call.params;
    let arn = params.policy_arn("PolicyArn")?;
    let text = params.document("PolicyDocument")?;
    let set_as_default = params.boolean("SetAsDefault")?;
    let now = call.now.as_second();
    find_mut(call, arn)?;
    documents::managed(text)?;
    refuse_version_over_quota(call)?;
    let policy = find_mut(call, arn)?;
    if policy.versions.len() >= MAX_VERSIONS {
        return Err(Refusal::limit(
            "A managed policy can have up to 5 versions. Before you create a new version, you must delete an existing \
             version.",
        ));
    }
    policy.last_version = policy.last_version.saturating_add(1);
    let number = policy.last_version;
    policy.versions.insert(number, StoredVersion { text: text.to_owned(), created: now });
    policy.updated = now;
    if set_as_default {
        policy.default_version = number;
    }
    Ok(QueryAnswer::of(|xml| {
        xml.element("PolicyVersion", |xml| {
            xml.text("VersionId", format!("v{number}"));
            xml.text("IsDefaultVersion", set_as_default);
            xml.text("CreateDate", date(now));
        });
    }))
}

/// If the account has as many versions of policies as it may.
fn refuse_version_over_quota(call: &Call<'_>) -> Result<(), Refusal> {
    match call.state.account(&call.caller.account) {
        Some(account) if account.versions() >= account.quotas.versions => Err(Refusal::limit(format!(
            "Cannot exceed quota for PolicyVersionsInUse: {}",
            account.quotas.versions
        ))),
        _ => Ok(()),
    }
}

/// The number of the version that the request names, if the policy has it.
fn version(policy: &Policy, arn: &str, id: &str) -> Result<u32, Refusal> {
    let number = id.strip_prefix('v').and_then(|digits| digits.parse().ok());
    number.filter(|number| policy.versions.contains_key(number)).ok_or_else(|| {
        Refusal::no_such_entity(format!("Policy {arn} version {id} does not exist or is not attachable."))
    })
}

pub(crate) fn get_version(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let arn = call.params.policy_arn("PolicyArn")?;
    let id = call.params.version_id()?;
    let (document, default, created) = match find(call, arn)? {
        AnyPolicy::Customer(policy) => {
            let number = version(policy, arn, id)?;
            let StoredVersion { text, created } = &policy.versions[&number];
            (text.as_str(), number == policy.default_version, *created)
        }
        AnyPolicy::Aws(policy) if policy.version == id => (policy.document, true, AWS_DATE),
        AnyPolicy::Aws(_) => {
            return Err(Refusal::no_such_entity(format!(
                "Policy {arn} version {id} does not exist or is not attachable."
            )));
        }
    };
    Ok(QueryAnswer::of(|xml| {
        xml.element("PolicyVersion", |xml| {
            xml.text("Document", encoded(document));
            xml.text("VersionId", id);
            xml.text("IsDefaultVersion", default);
            xml.text("CreateDate", date(created));
        });
    }))
}

pub(crate) fn list_versions(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let page = call.page()?;
    let arn = call.params.policy_arn("PolicyArn")?;
    let versions: Vec<(String, (String, bool, Seconds))> = match find(call, arn)? {
        // Newest first; numbers are padded so keys sort numerically.
        AnyPolicy::Customer(policy) => policy
            .versions
            .iter()
            .rev()
            .map(|(number, version)| {
                let item = (format!("v{number}"), *number == policy.default_version, version.created);
                (format!("{:010}", u32::MAX - number), item)
            })
            .collect(),
        AnyPolicy::Aws(policy) => vec![(String::new(), (policy.version.to_owned(), true, AWS_DATE))],
    };
    Ok(listing("Versions", page.cut(versions), |xml, (id, default, created)| {
        xml.text("VersionId", id);
        xml.text("IsDefaultVersion", default);
        xml.text("CreateDate", date(created));
    }))
}

pub(crate) fn set_default_version(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let arn = call.params.policy_arn("PolicyArn")?;
    let id = call.params.version_id()?;
    let now = call.now.as_second();
    let policy = find_mut(call, arn)?;
    policy.default_version = version(policy, arn, id)?;
    policy.updated = now;
    Ok(QueryAnswer::Done)
}

pub(crate) fn delete_version(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let arn = call.params.policy_arn("PolicyArn")?;
    let id = call.params.version_id()?;
    let now = call.now.as_second();
    let policy = find_mut(call, arn)?;
    let number = version(policy, arn, id)?;
    if number == policy.default_version {
        return Err(Refusal::delete_conflict("Cannot delete the default version of a policy."));
    }
    policy.versions.remove(&number);
    policy.updated = now;
    Ok(QueryAnswer::Done)
}

pub(crate) fn list_entities(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let params = call.params;
    let page = call.page()?;
    let arn = params.policy_arn("PolicyArn")?;
    let prefix = path_prefix(params)?;
    let kinds = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];
    let kind = params.choice("EntityFilter", &kinds)?;
    let usage = params.choice("PolicyUsageFilter", &["PermissionsPolicy", "PermissionsBoundary"])?;
    find(call, arn)?;
    let (attached, bounded) = users(call.state, &call.caller.account, arn);
    let mut roles: BTreeMap<String, &StoredRole> = BTreeMap::new();
    if matches!(kind, None | Some("Role")) {
        let attached = attached.into_iter().filter(|_| usage != Some("PermissionsBoundary"));
        let bounded = bounded.into_iter().filter(|_| usage != Some("PermissionsPolicy"));
        let all = attached.chain(bounded).filter(|role| role.path.starts_with(prefix));
        roles.extend(all.map(|role| (role.name.clone(), role)));
    }
    let (roles, marker) = page.cut(roles);
    Ok(QueryAnswer::of(|xml| {
        xml.element("PolicyGroups", |_| ());
        xml.element("PolicyUsers", |_| ());
        xml.list("PolicyRoles", roles, |xml, StoredRole { name, id, .. }| {
            xml.text("RoleName", name);
            xml.text("RoleId", id);
        });
        truncation(xml, marker.as_deref());
    }))
}

/// The tags of a policy in the caller's own account.
pub(crate) fn tags_mut<'a>(call: &'a mut Call<'_>, arn: &str) -> Result<&'a mut Vec<Tag>, Refusal> {
    find_mut(call, arn).map(|policy| &mut policy.tags)
}
