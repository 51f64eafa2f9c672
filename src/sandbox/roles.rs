//! IAM: roles, and what is attached to them.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::auth::{Caller, authorize, trust_in_force};
use super::policies;
use super::query::{Fault, Form, Page, Xml};
use super::state::{Role, State};
use super::validate;
use crate::arn::{AccountId, Arn};
use crate::policy::Document;

pub(super) const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

const ATTACHMENT_LIMIT: usize = 10;
const TAG_LIMIT: usize = 50;
const SESSION_SECONDS: std::ops::RangeInclusive<u32> = 3600..=43200;

/// RFC 3986: everything but the unreserved characters.
const ENCODED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// A document as IAM sends it.
pub(super) fn document(text: &str) -> String {
    utf8_percent_encode(text, ENCODED).to_string()
}

/// One call of IAM.
pub(super) struct Call<'a> {
    pub state: &'a mut State,
    pub caller: &'a Caller,
    pub account: &'a AccountId,
    pub form: &'a Form,
    pub now: Timestamp,
    pub page_limit: Option<usize>,
}

impl Call<'_> {
    pub(super) fn authorize(&self, action: &str, resource: &Arn) -> Result<(), Fault> {
        self.authorize_text(action, &resource.to_string())
    }

    pub(super) fn authorize_text(&self, action: &str, resource: &str) -> Result<(), Fault> {
        authorize(self.state, self.caller, action, resource, self.now)
    }

    pub(super) fn time(&self) -> String {
        Timestamp::from_second(self.now.as_second()).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
    }

    /// The role that the call is about. IAM finds roles by their exact name.
    fn role(&self, action: &str) -> Result<(String, Role), Fault> {
        let name = self.form.name("RoleName", 64)?;
        let role = self.state.role(self.account, name);
        let unknown = || Arn::role(&self.state.partition, self.account, "/", name);
        self.authorize(action, &role.map_or_else(unknown, |role| role.arn.clone()))?;
        match role {
            Some(role) => Ok((name.to_owned(), role.clone())),
            None => {
                let message = format!("The role with name {name} cannot be found.");
                Err(Fault::new("NoSuchEntity", message))
            }
        }
    }

    fn store(&mut self, name: String, role: Role) {
        self.state.account(self.account).roles.insert(name, role);
    }
}

pub(super) fn handle(call: &mut Call<'_>, action: &str) -> Result<Xml, Fault> {
    match action {
        "CreateRole" => create(call),
        "GetRole" => get(call),
        "ListRoles" => list(call),
        "UpdateRole" => update(call),
        "UpdateAssumeRolePolicy" => update_trust(call),
        "DeleteRole" => delete(call),
        "TagRole" => tag(call),
        "UntagRole" => untag(call),
        "ListRoleTags" => list_tags(call),
        "PutRolePermissionsBoundary" => put_boundary(call),
        "DeleteRolePermissionsBoundary" => delete_boundary(call),
        "AttachRolePolicy" => attach(call),
        "DetachRolePolicy" => detach(call),
        "ListAttachedRolePolicies" => list_attached(call),
        "PutRolePolicy" => put_inline(call),
        "GetRolePolicy" => get_inline(call),
        "DeleteRolePolicy" => delete_inline(call),
        "ListRolePolicies" => list_inline(call),
        "ListInstanceProfilesForRole" => list_instance_profiles(call),
        "CreatePolicy" => policies::create(call),
        "GetPolicy" => policies::get(call),
        "ListPolicies" => policies::list(call),
        "DeletePolicy" => policies::delete(call),
        "CreatePolicyVersion" => policies::create_version(call),
        "GetPolicyVersion" => policies::get_version(call),
        "ListPolicyVersions" => policies::list_versions(call),
        "SetDefaultPolicyVersion" => policies::set_default_version(call),
        "DeletePolicyVersion" => policies::delete_version(call),
        "TagPolicy" => policies::tag(call),
        "UntagPolicy" => policies::untag(call),
        "ListPolicyTags" => policies::list_tags(call),
        "ListEntitiesForPolicy" => policies::list_entities(call),
        _ => Err(Fault::new(
            "InvalidAction",
            format!("Could not find operation {action} for version 2010-05-08"),
        )),
    }
}

fn create(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let form = call.form;
    let name = form.name("RoleName", 64)?;
    let path = form.path()?;
    let arn = Arn::role(&call.state.partition, call.account, path, name);
    call.authorize("iam:CreateRole", &arn)?;
    let trust = form.required("AssumeRolePolicyDocument")?.to_owned();
    let named = validate::trust(&trust, call.state)?;
    let description = description(form)?;
    let max_session_duration = duration(form)?;
    let tags = form.tags()?;
    tag_quota(tags.len())?;
    let boundary = form.get("PermissionsBoundary").map(|_| boundary(call)).transpose()?;
    let account = call.state.account(call.account);
    if account.roles.keys().any(|known| known.eq_ignore_ascii_case(name)) {
        let message = format!("Role with name {name} already exists.");
        return Err(Fault::new("EntityAlreadyExists", message));
    }
    let role = Role {
        arn,
        id: call.state.id("AROA"),
        path: path.to_owned(),
        created: call.time(),
        description,
        max_session_duration,
        trusted: ids(call.state, named),
        trust,
        boundary,
        tags,
        attached: BTreeSet::new(),
        inline: BTreeMap::new(),
    };
    call.store(name.to_owned(), role);
    let mut xml = Xml::default();
    write(&mut xml, call, name);
    Ok(xml)
}

/// A principal is stored by its unique ID.
fn ids(state: &State, named: Vec<Arn>) -> BTreeMap<Arn, String> {
    let id = |arn: &Arn| state.role(&arn.account.parse().ok()?, arn.name()).map(|role| role.id.clone());
    named.into_iter().filter_map(|arn| id(&arn).map(|id| (arn, id))).collect()
}

fn description(form: &Form) -> Result<String, Fault> {
    let text = form.get("Description").unwrap_or_default();
    let allowed = |c: char| matches!(c, '\t' | '\n' | '\r' | ' '..='~' | '\u{a1}'..='\u{ff}');
    if text.chars().count() <= 1000 && text.chars().all(allowed) {
        return Ok(text.to_owned());
    }
    Err(Fault::validation("The specified value for description is invalid."))
}

fn duration(form: &Form) -> Result<u32, Fault> {
    let seconds = form.number("MaxSessionDuration")?.unwrap_or(3600);
    if SESSION_SECONDS.contains(&seconds) {
        return Ok(seconds);
    }
    Err(Fault::validation(format!(
        "1 validation error detected: Value '{seconds}' at 'maxSessionDuration' failed to satisfy constraint: Member \
         must have value between 3600 and 43200"
    )))
}

fn tag_quota(tags: usize) -> Result<(), Fault> {
    if tags <= TAG_LIMIT {
        return Ok(());
    }
    Err(Fault::new("LimitExceeded", format!("Cannot exceed quota for TagsPerRole: {TAG_LIMIT}")))
}

fn boundary(call: &Call<'_>) -> Result<Arn, Fault> {
    let arn = call.form.arn("PermissionsBoundary")?;
    if call.state.policy_document(&arn).is_some() {
        return Ok(arn);
    }
    Err(Fault::new("NoSuchEntity", format!("Scope ARN: {arn} does not exist or is not attachable.")))
}

/// Tag keys ignore case: a new value replaces one that is written otherwise.
pub(super) fn merged(
    live: &BTreeMap<String, String>,
    new: BTreeMap<String, String>,
) -> BTreeMap<String, String> {
    let mut tags = live.clone();
    for (key, value) in new {
        tags.retain(|known, _| !known.eq_ignore_ascii_case(&key));
        tags.insert(key, value);
    }
    tags
}

/// A role with everything that `GetRole` has.
fn write(xml: &mut Xml, call: &Call<'_>, name: &str) {
    let Some(role) = call.state.role(call.account, name) else { return };
    xml.nest("Role", |xml| {
        fields(xml, call, name, role);
        if let Some(boundary) = &role.boundary {
            xml.nest("PermissionsBoundary", |xml| {
                xml.text("PermissionsBoundaryType", "Policy");
                xml.text("PermissionsBoundaryArn", &boundary.to_string());
            });
        }
        xml.tags(&role.tags);
        xml.nest("RoleLastUsed", |_| {});
    });
}

fn fields(xml: &mut Xml, call: &Call<'_>, name: &str, role: &Role) {
    xml.text("Path", &role.path);
    xml.text("RoleName", name);
    xml.text("RoleId", &role.id);
    xml.text("Arn", &role.arn.to_string());
    xml.text("CreateDate", &role.created);
    let trust = trust_in_force(call.state, call.account, name).map(|(_, trust)| trust);
    xml.text("AssumeRolePolicyDocument", &document(&root_arns(trust.unwrap_or_default(), call.state)));
    if !role.description.is_empty() {
        xml.text("Description", &role.description);
    }
    xml.text("MaxSessionDuration", &role.max_session_duration.to_string());
}

/// IAM returns an account ID as its root ARN.
fn root_arns(trust: String, state: &State) -> String {
    let Ok(document) = Document::parse(&trust) else { return trust };
    let mut text = trust;
    for statement in document.statements.as_slice() {
        use crate::policy::document::{PrincipalElement, Principals};
        let Some(PrincipalElement::Principal(Principals::ByKind(kinds))) = &statement.principal else {
            continue;
        };
        for value in kinds.get("AWS").into_iter().flat_map(|values| values.as_slice()) {
            if let Ok(account) = value.parse::<AccountId>() {
                let root = Arn::account_root(&state.partition, &account);
                text = text.replace(&format!("\"{account}\""), &format!("\"{root}\""));
            }
        }
    }
    text
}

fn get(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (name, _) = call.role("iam:GetRole")?;
    let mut xml = Xml::default();
    write(&mut xml, call, &name);
    Ok(xml)
}

fn list(call: &mut Call<'_>) -> Result<Xml, Fault> {
    call.authorize_text("iam:ListRoles", "*")?;
    let prefix = call.form.get("PathPrefix").unwrap_or("/");
    let account = call.state.accounts.get(call.account).cloned().unwrap_or_default();
    let roles: Vec<(String, Role)> =
        account.roles.into_iter().filter(|(_, role)| role.path.starts_with(prefix)).collect();
    let page = Page::of(&roles, call.form, call.page_limit)?;
    let mut xml = Xml::default();
    page.write(&mut xml, "Roles", |xml, (name, role)| fields(xml, call, name, role));
    Ok(xml)
}

fn update(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (name, mut role) = call.role("iam:UpdateRole")?;
    if call.form.get("Description").is_some() {
        role.description = description(call.form)?;
    }
    role.max_session_duration = duration(call.form)?;
    call.store(name, role);
    Ok(Xml::default())
}

fn update_trust(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (name, mut role) = call.role("iam:UpdateAssumeRolePolicy")?;
    let trust = call.form.required("PolicyDocument")?;
    let named = validate::trust(trust, call.state)?;
    trust.clone_into(&mut role.trust);
    role.trusted = ids(call.state, named);
    call.store(name, role);
    Ok(Xml::default())
}

fn delete(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (name, role) = call.role("iam:DeleteRole")?;
    if !role.attached.is_empty() {
        let message = "Cannot delete entity, must detach all policies first.";
        return Err(Fault::new("DeleteConflict", message));
    }
    if !role.inline.is_empty() {
        let message = "Cannot delete entity, must delete policies first.";
        return Err(Fault::new("DeleteConflict", message));
    }
    call.state.account(call.account).roles.remove(&name);
    Ok(Xml::default())
}

fn tag(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (name, mut role) = call.role("iam:TagRole")?;
    role.tags = merged(&role.tags, call.form.tags()?);
    tag_quota(role.tags.len())?;
    call.store(name, role);
    Ok(Xml::default())
}

fn untag(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (name, mut role) = call.role("iam:UntagRole")?;
    let keys = call.form.tag_keys();
    role.tags.retain(|key, _| !keys.contains(&key.as_str()));
    call.store(name, role);
    Ok(Xml::default())
}

fn list_tags(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (_, role) = call.role("iam:ListRoleTags")?;
    let mut xml = Xml::default();
    xml.tags(&role.tags);
    xml.text("IsTruncated", "false");
    Ok(xml)
}

fn put_boundary(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (name, mut role) = call.role("iam:PutRolePermissionsBoundary")?;
    role.boundary = Some(boundary(call)?);
    call.store(name, role);
    Ok(Xml::default())
}

fn delete_boundary(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (name, mut role) = call.role("iam:DeleteRolePermissionsBoundary")?;
    if role.boundary.take().is_none() {
        let message = format!("The role with name {name} does not have a permissions boundary.");
        return Err(Fault::new("NoSuchEntity", message));
    }
    call.store(name, role);
    Ok(Xml::default())
}

fn attach(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (name, mut role) = call.role("iam:AttachRolePolicy")?;
    let arn = call.form.arn("PolicyArn")?;
    if call.state.policy_document(&arn).is_none() {
        let message = format!("Policy {arn} does not exist or is not attachable.");
        return Err(Fault::new("NoSuchEntity", message));
    }
    if !role.attached.contains(&arn) && role.attached.len() >= ATTACHMENT_LIMIT {
        let message = format!("Cannot exceed quota for PoliciesPerRole: {ATTACHMENT_LIMIT}");
        return Err(Fault::new("LimitExceeded", message));
    }
    role.attached.insert(arn);
    call.store(name, role);
    Ok(Xml::default())
}

fn detach(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (name, mut role) = call.role("iam:DetachRolePolicy")?;
    let arn = call.form.arn("PolicyArn")?;
    if !role.attached.remove(&arn) {
        return Err(Fault::new("NoSuchEntity", format!("Policy {arn} was not found.")));
    }
    call.store(name, role);
    Ok(Xml::default())
}

fn list_attached(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (_, role) = call.role("iam:ListAttachedRolePolicies")?;
    let attached: Vec<Arn> = role.attached.into_iter().collect();
    let page = Page::of(&attached, call.form, call.page_limit)?;
    let mut xml = Xml::default();
    page.write(&mut xml, "AttachedPolicies", |xml, arn| {
        xml.text("PolicyName", arn.name());
        xml.text("PolicyArn", &arn.to_string());
    });
    Ok(xml)
}

fn put_inline(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (name, mut role) = call.role("iam:PutRolePolicy")?;
    let policy = call.form.name("PolicyName", 128)?.to_owned();
    let text = call.form.required("PolicyDocument")?.to_owned();
    let others = role.inline.iter().filter(|(name, _)| **name != policy);
    let others =
        others.filter_map(|(_, text)| Document::parse(text).ok()).map(|document| document.size()).sum();
    validate::inline(&text, others)?;
    role.inline.insert(policy, text);
    call.store(name, role);
    Ok(Xml::default())
}

fn no_inline(policy: &str) -> Fault {
    Fault::new("NoSuchEntity", format!("The role policy with name {policy} cannot be found."))
}

fn get_inline(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (name, role) = call.role("iam:GetRolePolicy")?;
    let policy = call.form.name("PolicyName", 128)?;
    let text = role.inline.get(policy).ok_or_else(|| no_inline(policy))?;
    let mut xml = Xml::default();
    xml.text("RoleName", &name);
    xml.text("PolicyName", policy);
    xml.text("PolicyDocument", &document(text));
    Ok(xml)
}

fn delete_inline(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (name, mut role) = call.role("iam:DeleteRolePolicy")?;
    let policy = call.form.name("PolicyName", 128)?;
    role.inline.remove(policy).ok_or_else(|| no_inline(policy))?;
    call.store(name, role);
    Ok(Xml::default())
}

fn list_inline(call: &mut Call<'_>) -> Result<Xml, Fault> {
    let (_, role) = call.role("iam:ListRolePolicies")?;
    let names: Vec<String> = role.inline.into_keys().collect();
    let page = Page::of(&names, call.form, call.page_limit)?;
    let mut xml = Xml::default();
    // Names are plain members here.
    xml.nest("PolicyNames", |xml| page.items.iter().for_each(|name| xml.text("member", name)));
    xml.text("IsTruncated", if page.next.is_some() { "true" } else { "false" });
    if let Some(next) = page.next {
        xml.text("Marker", &next.to_string());
    }
    Ok(xml)
}

fn list_instance_profiles(call: &mut Call<'_>) -> Result<Xml, Fault> {
    call.role("iam:ListInstanceProfilesForRole")?;
    let mut xml = Xml::default();
    xml.nest("InstanceProfiles", |_| {});
    xml.text("IsTruncated", "false");
    Ok(xml)
}
