//! Reads that cover the whole account.

use std::collections::BTreeMap;

use super::answers::{encoded, truncation, write_boundary, write_last_used, write_tags};
use super::instance_profile;
use super::role_policy::name_of;
use crate::policy::quota;
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::query::{QueryAnswer, Xml};
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::state::iam::{InstanceProfile, Policy, StoredRole, date};

/// An item in GetAccountAuthorizationDetails.
enum AuthorizationDetail<'a> {
    Role(&'a StoredRole, String, Vec<(&'a InstanceProfile, String)>),
    Policy(&'a Policy),
}

pub(crate) fn authorization_details(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let page = call.page()?;
    let filter = call.params.list("Filter");
    const KINDS: [&str; 5] = ["User", "Role", "Group", "LocalManagedPolicy", "AWSManagedPolicy"];
    if let Some(kind) = filter.iter().find(|kind| !KINDS.contains(kind)) {
        return Err(Refusal::validation(format!(
            "1 validation error detected: Value '[{kind}]' at 'filter' failed to satisfy constraint: Member must \
             satisfy constraint: [Member must satisfy enum value set: [{}]]",
            KINDS.join(", ")
        )));
    }
    let wanted = |kind: &str| filter.is_empty() || filter.contains(&kind);
    let state = &*call.state;
    let account_id = &call.caller.account;
    let mut items = Vec::new();
    if let Some(account) = state.account(account_id) {
        if wanted("Role") {
            for (name, role) in &account.roles {
                let trust = state.trust_of(role)?;
                let profiles = account.profiles_of(name).map(|profile| (profile, trust.clone())).collect();
                items.push((format!("1/{name}"), AuthorizationDetail::Role(role, trust, profiles)));
            }
        }
        if wanted("LocalManagedPolicy") {
            items.extend(
                account
                    .policies
                    .iter()
                    .map(|(name, policy)| (format!("2/{name}"), AuthorizationDetail::Policy(policy))),
            );
        }
    }
    let counts = counts(call);
    let (items, marker) = page.cut(items);
    let (roles, policies): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| matches!(item, AuthorizationDetail::Role(..)));
    Ok(QueryAnswer::of(|xml| {
        xml.element("UserDetailList", |_| ());
        xml.element("GroupDetailList", |_| ());
        xml.list("RoleDetailList", roles, |xml, item| write(xml, call, &item, &counts));
        xml.list("Policies", policies, |xml, item| write(xml, call, &item, &counts));
        truncation(xml, marker.as_deref());
    }))
}

/// How many roles each policy is attached to, and how many it bounds.
type Counts = BTreeMap<String, (usize, usize)>;

fn counts(call: &Call<'_>) -> Counts {
    let mut counts = Counts::new();
    let account = call.state.account(&call.caller.account);
    for role in account.into_iter().flat_map(|account| account.roles.values()) {
        for arn in &role.attached {
            counts.entry(arn.clone()).or_default().0 += 1;
        }
        if let Some(arn) = &role.boundary {
            counts.entry(arn.clone()).or_default().1 += 1;
        }
    }
    counts
}

fn write(xml: &mut Xml, call: &Call<'_>, item: &AuthorizationDetail<'_>, counts: &Counts) {
    match item {
        AuthorizationDetail::Role(role, trust, profiles) => write_role(xml, call, role, trust, profiles),
        AuthorizationDetail::Policy(policy) => write_policy(xml, call, policy, counts),
    }
}

/// Description and maximum session duration are missing, as on AWS.
fn write_role(
    xml: &mut Xml,
    call: &Call<'_>,
    role: &StoredRole,
    trust: &str,
    profiles: &[(&InstanceProfile, String)],
) {
    let StoredRole { name, path, id, created, boundary, tags, attached, inline, last_used, .. } = role;
    xml.text("Path", path);
    xml.text("RoleName", name);
    xml.text("RoleId", id);
    xml.text("Arn", call.state.role_arn(&call.caller.account, role));
    xml.text("CreateDate", date(*created));
    xml.text("AssumeRolePolicyDocument", encoded(trust));
    xml.list("InstanceProfileList", profiles, |xml, (profile, trust)| {
        instance_profile::write(xml, call.state, &call.caller.account, profile, trust);
    });
    xml.list("RolePolicyList", inline, |xml, (name, text)| {
        xml.text("PolicyName", name);
        xml.text("PolicyDocument", encoded(text));
    });
    xml.list("AttachedManagedPolicies", attached, |xml, arn| {
        xml.text("PolicyName", name_of(arn));
        xml.text("PolicyArn", arn);
    });
    write_boundary(xml, boundary.as_deref());
    if !tags.is_empty() {
        write_tags(xml, tags);
    }
    write_last_used(xml, last_used.as_ref());
}

/// Tags are missing, as on AWS.
fn write_policy(xml: &mut Xml, call: &Call<'_>, policy: &Policy, counts: &Counts) {
    let Policy {
        name,
        path,
        id,
        created,
        updated,
        description: _,
        tags: _,
        versions,
        default_version,
        last_version: _,
    } = policy;
    let account = &call.caller.account;
    let arn = call.state.policy_arn(account, policy).to_string();
    let (attached, bounded) = counts.get(&arn).copied().unwrap_or_default();
    xml.text("PolicyName", name);
    xml.text("PolicyId", id);
    xml.text("Arn", &arn);
    xml.text("Path", path);
    xml.text("DefaultVersionId", format!("v{default_version}"));
    xml.text("AttachmentCount", attached);
    xml.text("PermissionsBoundaryUsageCount", bounded);
    xml.text("IsAttachable", true);
    xml.text("CreateDate", date(*created));
    xml.text("UpdateDate", date(*updated));
    xml.list("PolicyVersionList", versions.iter().rev(), |xml, (number, version)| {
        xml.text("Document", encoded(&version.text));
        xml.text("VersionId", format!("v{number}"));
        xml.text("IsDefaultVersion", number == default_version);
        xml.text("CreateDate", date(version.created));
    });
}

/// How many of everything exist, and the quotas.
pub(crate) fn summary(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let account = call.state.account(&call.caller.account).cloned().unwrap_or_default();
    let entries = [
        ("AccessKeysPerUserQuota", 2),
        ("AccountAccessKeysPresent", 0),
        ("AccountMFAEnabled", 1),
        ("AccountPasswordPresent", 1),
        ("AccountSigningCertificatesPresent", 0),
        ("AssumeRolePolicySizeQuota", quota::TRUST_POLICY),
        ("AttachedPoliciesPerGroupQuota", 10),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("AttachedPoliciesPerUserQuota", 10),
        ("GlobalEndpointTokenVersion", 2),
        ("GroupPolicySizeQuota", 5120),
        ("Groups", 0),
        ("GroupsPerUserQuota", 10),
        ("GroupsQuota", 300),
        ("InstanceProfiles", account.instance_profiles.len()),
        ("InstanceProfilesQuota", 1000),
        ("MFADevices", 0),
        ("MFADevicesInUse", 0),
        ("Policies", account.policies.len()),
        ("PoliciesQuota", account.quotas.policies),
        ("PolicySizeQuota", quota::MANAGED_POLICY),
        ("PolicyVersionsInUse", account.versions()),
        ("PolicyVersionsInUseQuota", account.quotas.versions),
        ("Providers", 0),
        ("RolePolicySizeQuota", quota::INLINE_POLICIES),
        ("Roles", account.roles.len()),
        ("RolesQuota", account.quotas.roles),
        ("ServerCertificates", 0),
        ("ServerCertificatesQuota", 20),
        ("SigningCertificatesPerUserQuota", 2),
        ("UserPolicySizeQuota", 2048),
        ("Users", 0),
        ("UsersQuota", 5000),
        ("VersionsPerPolicyQuota", 5),
    ];
    Ok(QueryAnswer::of(|xml| {
        xml.element("SummaryMap", |xml| {
            for (key, value) in entries {
                xml.element("entry", |xml| {
                    xml.text("key", key);
                    xml.text("value", value);
                });
            }
        });
    }))
}
