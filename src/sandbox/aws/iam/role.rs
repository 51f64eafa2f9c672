//! Roles themselves: trust, description, duration, boundary.

use super::answers::{encoded, listing, path_prefix, write_boundary, write_last_used, write_tags};
use crate::arn::AccountId;
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::documents;
use crate::sandbox::aws::query::{QueryAnswer, Xml};
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::aws::validate::is_role_path;
use crate::sandbox::state::State;
use crate::sandbox::state::iam::{Account, StoredRole, date};

/// How a response shows a role.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Shown {
    Created,
    Whole,
    Listed,
}

pub(crate) fn create(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let params = call.params;
    let name = params.role_name()?;
    let path = params.path("Path", is_role_path)?;
    let text = params.document("AssumeRolePolicyDocument")?;
    let description = params.description()?;
    let max_session_duration = params.max_session_duration()?.unwrap_or(3600);
    let tags = params.tags(true)?;
    let boundary = boundary(call)?;
    let account = &call.caller.account;
    let taken = |account: &Account| account.roles.keys().any(|other| other.eq_ignore_ascii_case(name));
    if call.state.account(account).is_some_and(taken) {
        return Err(Refusal::exists(format!("Role with name {name} already exists.")));
    }
    let account_now = call.state.account(account);
    let quota = account_now.map(|account| account.quotas).unwrap_or_default().roles;
    if account_now.is_some_and(|account| account.roles.len() >= quota) {
        return Err(Refusal::limit(format!("Cannot exceed quota for RolesPerAccount: {quota}")));
    }
    let trust = documents::trust(call.state, text)?;
    let id = call.state.new_id("AROA");
    let role = StoredRole {
        description: description.map(str::to_owned),
        max_session_duration,
        boundary,
        tags,
        ..StoredRole::new(name, path, id, call.now.as_second(), trust)
    };
    let state = &*call.state;
    let answer = QueryAnswer::of(|xml| {
        // The trust policy is returned as it was sent; later, a bare account ID is shown as the account's root.
        xml.element("Role", |xml| write(xml, state, account, &role, text, Shown::Created));
    });
    let arn = call.state.role_arn(account, &role);
    call.state.account_mut(account).roles.insert(name.to_owned(), role);
    call.state.add_trust_event(arn, text, call.now.as_second(), true);
    Ok(answer)
}

pub(crate) fn get(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    show(call, name)
}

fn show(call: &Call<'_>, name: &str) -> Result<QueryAnswer, Refusal> {
    let account = &call.caller.account;
    let role = call.role(name)?;
    let trust = call.state.trust_of(role)?;
    Ok(QueryAnswer::of(|xml| {
        xml.element("Role", |xml| write(xml, call.state, account, role, &trust, Shown::Whole));
    }))
}

fn write(xml: &mut Xml, state: &State, account: &AccountId, role: &StoredRole, trust: &str, shown: Shown) {
    let StoredRole {
        name,
        path,
        id,
        created,
        trust: _,
        description,
        max_session_duration,
        boundary,
        tags,
        attached: _,
        inline: _,
        last_used,
    } = role;
    xml.text("Path", path);
    xml.text("RoleName", name);
    xml.text("RoleId", id);
    xml.text("Arn", state.role_arn(account, role));
    xml.text("CreateDate", date(*created));
    xml.text("AssumeRolePolicyDocument", encoded(trust));
    xml.optional("Description", description.as_ref());
    if shown != Shown::Created {
        xml.text("MaxSessionDuration", max_session_duration);
    }
    if shown != Shown::Listed {
        write_boundary(xml, boundary.as_deref());
        if !tags.is_empty() {
            write_tags(xml, tags);
        }
    }
    if shown == Shown::Whole {
        write_last_used(xml, last_used.as_ref());
    }
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let page = call.page()?;
    let prefix = path_prefix(call.params)?;
    let account = &call.caller.account;
    let state = &*call.state;
    let roles = state.account(account).into_iter().flat_map(|account| account.roles.values());
    let mut all = Vec::new();
    for role in roles.filter(|role| role.path.starts_with(prefix)) {
        all.push((role.name.clone(), (role, state.trust_of(role)?)));
    }
    Ok(listing("Roles", page.cut(all), |xml, (role, trust)| {
        write(xml, state, account, role, &trust, Shown::Listed);
    }))
}

pub(crate) fn update(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let params = call.params;
    let name = params.role_name()?;
    let description = params.description()?;
    // "If you do not specify a value for this setting, the default value of one hour is applied" (API reference).
    let duration = params.max_session_duration()?.unwrap_or(3600);
    let role = call.role_mut(name)?;
    role.max_session_duration = duration;
    if let Some(description) = description {
        role.description = Some(description.to_owned()).filter(|text| !text.is_empty());
    }
    Ok(QueryAnswer::of(|_| ()))
}

pub(crate) fn update_description(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    call.params.required("Description")?;
    let description = call.params.description()?.map(str::to_owned);
    call.role_mut(name)?.description = description.filter(|text| !text.is_empty());
    show(call, name)
}

pub(crate) fn update_trust(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    let text = call.params.document("PolicyDocument")?;
    let arn = call.state.role_arn(&call.caller.account, call.role(name)?);
    let trust = documents::trust(call.state, text)?;
    call.role_mut(name)?.trust = trust;
    call.state.add_trust_event(arn, text, call.now.as_second(), false);
    Ok(QueryAnswer::Done)
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    let account = &call.caller.account;
    let role = call.role(name)?;
    if call.state.account(account).is_some_and(|account| account.profiles_of(name).next().is_some()) {
        return Err(Refusal::delete_conflict(
            "Cannot delete entity, must remove roles from instance profile first.",
        ));
    }
    if !role.attached.is_empty() {
        return Err(Refusal::delete_conflict("Cannot delete entity, must detach all policies first."));
    }
    if !role.inline.is_empty() {
        return Err(Refusal::delete_conflict("Cannot delete entity, must delete policies first."));
    }
    call.state.account_mut(account).roles.remove(name);
    Ok(QueryAnswer::Done)
}

/// The boundary named in a request; it must exist.
fn boundary(call: &Call<'_>) -> Result<Option<String>, Refusal> {
    if call.params.get("PermissionsBoundary").is_none() {
        return Ok(None);
    }
    let arn = call.params.policy_arn("PermissionsBoundary")?;
    if !call.state.attachable(&call.caller.account, arn) {
        return Err(Refusal::no_such_entity(format!(
            "Scope ARN: {arn} does not exist or is not attachable."
        )));
    }
    Ok(Some(arn.to_owned()))
}

pub(crate) fn put_boundary(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    call.params.required("PermissionsBoundary")?;
    call.role(name)?;
    let boundary = boundary(call)?;
    call.role_mut(name)?.boundary = boundary;
    Ok(QueryAnswer::Done)
}

pub(crate) fn delete_boundary(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.role_name()?;
    call.role_mut(name)?.boundary = None;
    Ok(QueryAnswer::Done)
}
