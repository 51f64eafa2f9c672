//! Reads of the whole account.

use std::collections::BTreeMap;

use super::answers::{encoded, truncation, write_boundary, write_tags};
use super::role_policy::name_of;
use crate::policy::quota;
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::query::{Answer, Xml};
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::state::iam::{Policy, Role, date};

/// An item of GetAccountAuthorizationDetails.
enum Detail<'a> {
    Role(&'a Role, String),
    Policy(&'a Policy),
}

pub(crate) fn authorization_details(call: &mut Call<'_>) -> Result<Answer, Refusal> {
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
                items.push((format!("1/{name}"), Detail::Role(role, state.trust_of(role)?)));
            }
        }
        if wanted("LocalManagedPolicy") {
            items.extend(
                account.policies.iter().map(|(name, policy)| (format!("2/{name}"), Detail::Policy(policy))),
            );
        }
    }
    let counts = counts(call);
    let (items, marker) = page.cut(items);
    let (roles, policies): (Vec<_>, Vec<_>) =
        items.into_iter().partition(|item| matches!(item, Detail::Role(..)));
    Ok(Answer::of(|xml| {
        xml.element("UserDetailList", |_| ());
        xml.element("GroupDetailList", |_| ());
        xml.list("RoleDetailList", roles, |xml, item| write(xml, call, &item, &counts));
        xml.list("Policies", policies, |xml, item| write(xml, call, &item, &counts));
        truncation(xml, marker.as_deref());
    }))
}

/// How often each policy is attached to a role, and bounds one.
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

fn write(xml: &mut Xml, call: &Call<'_>, item: &Detail<'_>, counts: &Counts) {
    match item {
        Detail::Role(role, trust) => write_role(xml, call, role, trust),
        Detail::Policy(policy) => write_policy(xml, call, policy, counts),
    }
}

/// Description and maximum session duration are missing, as on AWS.
fn write_role(xml: &mut Xml, call: &Call<'_>, role: &Role, trust: &str) {
    let Role { name, path, id, created, boundary, tags, attached, inline, .. } = role;
    xml.text("Path", path);
    xml.text("RoleName", name);
    xml.text("RoleId", id);
    xml.text("Arn", call.state.role_arn(&call.caller.account, role));
    xml.text("CreateDate", date(*created));
    xml.text("AssumeRolePolicyDocument", encoded(trust));
    xml.element("InstanceProfileList", |_| ());
    xml.list("RolePolicyList", inline, |xml, (name, text)| {
        xml.text("PolicyName", name);
        xml.text("PolicyDocument", encoded(text));
    });
    xml.list("AttachedManagedPolicies", attached, |xml, arn| {
        xml.text("PolicyName", name_of(arn));
        xml.text("PolicyArn", arn);
    });
    write_boundary(xml, boundary.as_deref());
    write_tags(xml, tags);
    xml.element("RoleLastUsed", |_| ());
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

/// What is there, and IAM's default quotas.
pub(crate) fn summary(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let account = call.state.account(&call.caller.account);
    let (roles, policies, versions) = account.map_or((0, 0, 0), |account| {
        let versions = account.policies.values().map(|policy| policy.versions.len()).sum();
        (account.roles.len(), account.policies.len(), versions)
    });
    let entries = BTreeMap::from([
        ("AssumeRolePolicySizeQuota", quota::TRUST_POLICY),
        ("AttachedPoliciesPerRoleQuota", 10),
        ("Groups", 0),
        ("GroupsQuota", 300),
        ("InstanceProfiles", 0),
        ("InstanceProfilesQuota", 1000),
        ("Policies", policies),
        ("PoliciesQuota", 1500),
        ("PolicySizeQuota", quota::MANAGED_POLICY),
        ("PolicyVersionsInUse", versions),
        ("PolicyVersionsInUseQuota", 10_000),
        ("RolePolicySizeQuota", quota::INLINE_POLICIES),
        ("Roles", roles),
        ("RolesQuota", 1000),
        ("Users", 0),
        ("UsersQuota", 5000),
        ("VersionsPerPolicyQuota", 5),
    ]);
    Ok(Answer::of(|xml| {
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
