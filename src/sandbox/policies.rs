//! IAM: customer managed policies and their versions.

use std::collections::BTreeMap;

use super::query::{Fault, Form, Page, Xml};
use super::roles::{Call, document};
use super::state::{Policy, State, Version};
use super::validate;
use crate::arn::{AccountId, Arn};

const VERSION_LIMIT: usize = 5;
const TAG_LIMIT: usize = 50;

pub(super) fn create(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let form = call.form;
    let name = form.name("PolicyName", 128)?;
    let path = form.path()?;
    let arn = Arn::policy(&call.state.partition, call.account, path, name);
    call.authorize("iam:CreatePolicy", &arn)?;
    let text = form.required("PolicyDocument")?;
    validate::managed(text)?;
    let tags = form.tags()?;
    tag_quota(tags.len())?;
    let account = call.state.account(call.account);
    if account.policies.keys().any(|known| known.name().eq_ignore_ascii_case(name)) {
        let message = format!("A policy called {name} already exists. Duplicate names are not allowed.");
        return Err(Fault::new("EntityAlreadyExists", message));
    }
    let id = call.state.id("ANPA");
    let created = call.time();
    let policy = Policy {
        id,
        path: path.to_owned(),
        created: created.clone(),
        updated: created.clone(),
        description: form.get("Description").unwrap_or_default().to_owned(),
        tags,
        versions: vec![Version { number: 1, document: text.to_owned(), created }],
        default_version: 1,
        last_version: 1,
    };
    let mut xml = Xml::default();
    write(&mut xml, call.state, call.account, &arn, &policy, "Policy");
    call.state.account(call.account).policies.insert(arn, policy);
    Ok(xml)
}

fn tag_quota(tags: usize) -> Result<(), Fault> {
    if tags <= TAG_LIMIT {
        return Ok(());
    }
    Err(Fault::new("LimitExceeded", format!("Cannot exceed quota for TagsPerPolicy: {TAG_LIMIT}")))
}

/// The policy that the call is about.
fn find(call: &Call<'_>, action: &str) -> Result<(Arn, Policy), Fault> {
    let arn = call.form.arn("PolicyArn")?;
    call.authorize(action, &arn)?;
    let found = call.state.accounts.get(call.account).and_then(|account| account.policies.get(&arn));
    match found {
        Some(policy) => Ok((arn, policy.clone())),
        None => {
            aws_managed(call.state, &arn).map(|policy| (arn.clone(), policy)).ok_or_else(|| no_such(&arn))
        }
    }
}

/// AWS's own policies, as far as the sandbox knows them: they can be read.
fn aws_managed(state: &State, arn: &Arn) -> Option<Policy> {
    if arn.account != "aws" {
        return None;
    }
    let created = "2015-02-06T18:40:58Z".to_owned();
    Some(Policy {
        id: format!("ANPAAWS{}", arn.name().to_uppercase()),
        path: "/".to_owned(),
        created: created.clone(),
        updated: created.clone(),
        description: String::new(),
        tags: BTreeMap::new(),
        versions: vec![Version { number: 1, document: state.policy_document(arn)?, created }],
        default_version: 1,
        last_version: 1,
    })
}

fn own<'s>(call: &'s mut Call<'_>, arn: &Arn) -> Result<&'s mut Policy, Fault> {
    if arn.account == "aws" {
        let message = format!("User: {} is not authorized to change {arn}", call.caller.arn);
        return Err(Fault::new("AccessDenied", message));
    }
    call.state.account(call.account).policies.get_mut(arn).ok_or_else(|| no_such(arn))
}

fn no_such(arn: &Arn) -> Fault {
    Fault::new("NoSuchEntity", format!("Policy {arn} does not exist or is not attachable."))
}

pub(super) fn get(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (arn, policy) = find(call, "iam:GetPolicy")?;
    let mut xml = Xml::default();
    write(&mut xml, call.state, call.account, &arn, &policy, "Policy");
    Ok(xml)
}

pub(super) fn list(call: &mut Call<'_>) -> Result<Xml, Fault> {
    call.authorize_text("iam:ListPolicies", "*")?;
    let policies = call.state.accounts.get(call.account).map(|account| account.policies.clone());
    let policies: Vec<(Arn, Policy)> = policies.unwrap_or_default().into_iter().collect();
    let page = Page::of(&policies, call.form, call.page_limit)?;
    let mut xml = Xml::default();
    page.write(&mut xml, "Policies", |xml, (arn, policy)| fields(xml, call.state, call.account, arn, policy));
    Ok(xml)
}

fn write(xml: &mut Xml, state: &State, account: &AccountId, arn: &Arn, policy: &Policy, element: &str) {
    xml.nest(element, |xml| {
        fields(xml, state, account, arn, policy);
        xml.tags(&policy.tags);
    });
}

fn fields(xml: &mut Xml, state: &State, account: &AccountId, arn: &Arn, policy: &Policy) {
    xml.text("PolicyName", arn.name());
    xml.text("PolicyId", &policy.id);
    xml.text("Arn", &arn.to_string());
    xml.text("Path", &policy.path);
    xml.text("DefaultVersionId", &format!("v{}", policy.default_version));
    xml.text("AttachmentCount", &state.roles_with(account, arn).len().to_string());
    xml.text("PermissionsBoundaryUsageCount", "0");
    xml.text("IsAttachable", "true");
    if !policy.description.is_empty() {
        xml.text("Description", &policy.description);
    }
    xml.text("CreateDate", &policy.created);
    xml.text("UpdateDate", &policy.updated);
}

pub(super) fn delete(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (arn, policy) = find(call, "iam:DeletePolicy")?;
    own(call, &arn)?;
    if !call.state.roles_with(call.account, &arn).is_empty() {
        let message = "Cannot delete a policy attached to entities.";
        return Err(Fault::new("DeleteConflict", message));
    }
    if policy.versions.len() > 1 {
        let message = "This policy has more than one version. Before you delete a policy, you must delete the \
                       policy's versions. The default version is deleted with the policy.";
        return Err(Fault::new("DeleteConflict", message));
    }
    call.state.account(call.account).policies.remove(&arn);
    Ok(Xml::default())
}

pub(super) fn create_version(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (arn, _) = find(call, "iam:CreatePolicyVersion")?;
    let text = call.form.required("PolicyDocument")?.to_owned();
    validate::managed(&text)?;
    let as_default = call.form.get("SetAsDefault") == Some("true");
    let time = call.time();
    let policy = own(call, &arn)?;
    if policy.versions.len() >= VERSION_LIMIT {
        let message = format!(
            "A managed policy can have up to {VERSION_LIMIT} versions. Before you create a new version, you must \
             delete an existing version."
        );
        return Err(Fault::new("LimitExceeded", message));
    }
    policy.last_version += 1;
    let number = policy.last_version;
    let version = Version { number, document: text, created: time.clone() };
    policy.versions.push(version.clone());
    policy.updated = time;
    if as_default {
        policy.default_version = number;
    }
    let mut xml = Xml::default();
    xml.nest("PolicyVersion", |xml| version_fields(xml, &version, as_default, false));
    Ok(xml)
}

fn version_fields(xml: &mut Xml, version: &Version, is_default: bool, with_document: bool) {
    if with_document {
        xml.text("Document", &document(&version.document));
    }
    xml.text("VersionId", &format!("v{}", version.number));
    xml.text("IsDefaultVersion", if is_default { "true" } else { "false" });
    xml.text("CreateDate", &version.created);
}

/// `v3` to its version.
fn version<'p>(form: &Form, arn: &Arn, policy: &'p Policy) -> Result<&'p Version, Fault> {
    let id = form.required("VersionId")?;
    let number = id.strip_prefix('v').and_then(|number| number.parse::<u32>().ok());
    policy.versions.iter().find(|version| Some(version.number) == number).ok_or_else(|| {
        let message = format!("Policy {arn} version {id} does not exist or is not attachable.");
        Fault::new("NoSuchEntity", message)
    })
}

pub(super) fn get_version(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (arn, policy) = find(call, "iam:GetPolicyVersion")?;
    let version = version(call.form, &arn, &policy)?;
    let mut xml = Xml::default();
    xml.nest("PolicyVersion", |xml| {
        version_fields(xml, version, version.number == policy.default_version, true);
    });
    Ok(xml)
}

pub(super) fn list_versions(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (_, mut policy) = find(call, "iam:ListPolicyVersions")?;
    policy.versions.reverse();
    let page = Page::of(&policy.versions, call.form, call.page_limit)?;
    let mut xml = Xml::default();
    page.write(&mut xml, "Versions", |xml, version| {
        version_fields(xml, version, version.number == policy.default_version, false);
    });
    Ok(xml)
}

pub(super) fn set_default_version(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (arn, policy) = find(call, "iam:SetDefaultPolicyVersion")?;
    let number = version(call.form, &arn, &policy)?.number;
    let time = call.time();
    let policy = own(call, &arn)?;
    policy.default_version = number;
    policy.updated = time;
    Ok(Xml::default())
}

pub(super) fn delete_version(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (arn, policy) = find(call, "iam:DeletePolicyVersion")?;
    let number = version(call.form, &arn, &policy)?.number;
    if number == policy.default_version {
        let message = "Cannot delete the default version of a policy.";
        return Err(Fault::new("DeleteConflict", message));
    }
    own(call, &arn)?.versions.retain(|version| version.number != number);
    Ok(Xml::default())
}

pub(super) fn tag(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (arn, _) = find(call, "iam:TagPolicy")?;
    let tags = call.form.tags()?;
    let policy = own(call, &arn)?;
    let merged = super::roles::merged(&policy.tags, tags);
    tag_quota(merged.len())?;
    policy.tags = merged;
    Ok(Xml::default())
}

pub(super) fn untag(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (arn, _) = find(call, "iam:UntagPolicy")?;
    let keys: Vec<String> = call.form.tag_keys().into_iter().map(str::to_owned).collect();
    own(call, &arn)?.tags.retain(|key, _| !keys.contains(key));
    Ok(Xml::default())
}

pub(super) fn list_tags(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (_, policy) = find(call, "iam:ListPolicyTags")?;
    let mut xml = Xml::default();
    xml.tags(&policy.tags);
    xml.text("IsTruncated", "false");
    Ok(xml)
}

pub(super) fn list_entities(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (arn, _) = find(call, "iam:ListEntitiesForPolicy")?;
    let roles = call.state.roles_with(call.account, &arn);
    let roles: Vec<(String, String)> =
        roles.into_iter().map(|(name, role)| (name.clone(), role.id.clone())).collect();
    let page = Page::of(&roles, call.form, call.page_limit)?;
    let mut xml = Xml::default();
    page.write(&mut xml, "PolicyRoles", |xml, (name, id)| {
        xml.text("RoleName", name);
        xml.text("RoleId", id);
    });
    Ok(xml)
}
