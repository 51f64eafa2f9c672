//! What a role may do: attached managed policies and inline ones.

use super::answers::{encoded, listing, path_prefix, truncation};
use crate::policy::quota;
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::documents::{self, DocumentKind};
use crate::sandbox::aws::query::QueryAnswer;
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::state::document::parse;

pub(crate) fn attach(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    let arn = call.params.policy_arn("PolicyArn")?;
    let account = &call.caller.account;
    let attachable = call.state.attachable(account, arn);
    let role = call.role_mut(name)?;
    if !attachable {
        return Err(Refusal::no_such_entity(format!("Policy {arn} does not exist or is not attachable.")));
    }
    if !role.attached.contains(arn) && role.attached.len() >= quota::ATTACHED_POLICIES {
        return Err(Refusal::limit(format!(
            "Cannot exceed quota for PoliciesPerRole: {}",
            quota::ATTACHED_POLICIES
        )));
    }
    // Attaching a policy twice is not an error.
    role.attached.insert(arn.to_owned());
    Ok(QueryAnswer::Done)
}

pub(crate) fn detach(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    let arn = call.params.policy_arn("PolicyArn")?;
    if call.role_mut(name)?.attached.remove(arn) {
        return Ok(QueryAnswer::Done);
    }
    Err(Refusal::no_such_entity(format!("Policy {arn} was not found.")))
}

pub(crate) fn list_attached(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let page = call.page()?;
    let role = call.role(call.params.role_name()?)?;
    let prefix = format!("policy{}", path_prefix(call.params)?);
    let within =
        |arn: &&String| arn.parse::<crate::arn::Arn>().is_ok_and(|arn| arn.resource.starts_with(&prefix));
    let items = role.attached.iter().filter(within).map(|arn| (arn.clone(), arn));
    Ok(listing("AttachedPolicies", page.cut(items), |xml, arn| {
        xml.text("PolicyName", name_of(arn));
        xml.text("PolicyArn", arn);
    }))
}

pub(crate) fn put_inline(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    let policy = call.params.policy_name()?;
    let text = call.params.document("PolicyDocument")?;
    let role = call.role_mut(name)?;
    let document = documents::check(text, DocumentKind::Inline)?;
    let mut size = document.size();
    for (other, text) in &role.inline {
        if other != policy {
            size += parse(text)?.size();
        }
    }
    if size > quota::INLINE_POLICIES {
        return Err(Refusal::limit(format!(
            "Maximum policy size of {} bytes exceeded for role {name}",
            quota::INLINE_POLICIES
        )));
    }
    role.inline.insert(policy.to_owned(), text.to_owned());
    Ok(QueryAnswer::Done)
}

pub(crate) fn get_inline(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    let policy = call.params.policy_name()?;
    let role = call.role(name)?;
    let text = role.inline.get(policy).ok_or_else(|| no_such_policy(policy))?;
    Ok(QueryAnswer::of(|xml| {
        xml.text("RoleName", name);
        xml.text("PolicyName", policy);
        xml.text("PolicyDocument", encoded(text));
    }))
}

pub(crate) fn list_inline(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let page = call.page()?;
    let role = call.role(call.params.role_name()?)?;
    let (names, marker) = page.cut(role.inline.keys().map(|name| (name.clone(), name)));
    Ok(QueryAnswer::of(|xml| {
        // Its members are plain text.
        xml.element("PolicyNames", |xml| names.iter().for_each(|name| xml.text("member", name)));
        truncation(xml, marker.as_deref());
    }))
}

pub(crate) fn delete_inline(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    let policy = call.params.policy_name()?;
    let role = call.role_mut(name)?;
    role.inline.remove(policy).map(|_| QueryAnswer::Done).ok_or_else(|| no_such_policy(policy))
}

fn no_such_policy(name: &str) -> Refusal {
    Refusal::no_such_entity(format!("The role policy with name {name} cannot be found."))
}

pub(crate) fn name_of(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap_or(arn)
}
