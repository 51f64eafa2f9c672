//! Instance profiles: a role in one cannot be deleted.

use super::answers::{encoded, listing, path_prefix};
use crate::arn::AccountId;
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::query::{QueryAnswer, Xml};
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::aws::validate::is_role_path;
use crate::sandbox::state::State;
use crate::sandbox::state::iam::{InstanceProfile, date};

pub(crate) fn create(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.instance_profile_name()?;
    let path = call.params.path("Path", is_role_path)?;
    let account = &call.caller.account;
    let is_taken = call.state.account(account).is_some_and(|account| {
        account.instance_profiles.keys().any(|other| other.eq_ignore_ascii_case(name))
    });
    if is_taken {
        return Err(Refusal::exists(format!("Instance Profile {name} already exists.")));
    }
    let profile = InstanceProfile {
        name: name.to_owned(),
        path: path.to_owned(),
        id: call.state.new_id("AIPA"),
        created: call.now.as_second(),
        role: None,
    };
    call.state.account_mut(account).instance_profiles.insert(name.to_owned(), profile);
    get(call)
}

fn no_such_profile(name: &str) -> Refusal {
    Refusal::no_such_entity(format!("Instance Profile {name} cannot be found."))
}

fn find<'a>(call: &'a Call<'_>, name: &str) -> Result<&'a InstanceProfile, Refusal> {
    let account = call.state.account(&call.caller.account);
    account.and_then(|account| account.instance_profiles.get(name)).ok_or_else(|| no_such_profile(name))
}

fn find_mut<'a>(call: &'a mut Call<'_>, name: &str) -> Result<&'a mut InstanceProfile, Refusal> {
    let account = call.state.account_mut(&call.caller.account);
    account.instance_profiles.get_mut(name).ok_or_else(|| no_such_profile(name))
}

pub(crate) fn get(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let profile = find(call, call.params.instance_profile_name()?)?;
    let trust = trust_of(call, profile)?;
    Ok(QueryAnswer::of(|xml| {
        xml.element("InstanceProfile", |xml| write(xml, call.state, &call.caller.account, profile, &trust));
    }))
}

/// The trust policy of the role in a profile.
fn trust_of(call: &Call<'_>, profile: &InstanceProfile) -> Result<String, Refusal> {
    match profile.role.as_ref().and_then(|role| call.state.role(&call.caller.account, role)) {
        Some(role) => Ok(call.state.trust_of(role)?),
        None => Ok(String::new()),
    }
}

pub(crate) fn write(
    xml: &mut Xml,
    state: &State,
    account: &AccountId,
    profile: &InstanceProfile,
    trust: &str,
) {
    let InstanceProfile { name, path, id, created, role } = profile;
    let partition = &state.partition;
    xml.text("Path", path);
    xml.text("InstanceProfileName", name);
    xml.text("InstanceProfileId", id);
    xml.text("Arn", format!("arn:{partition}:iam::{account}:instance-profile{path}{name}"));
    xml.text("CreateDate", date(*created));
    let role = role.as_ref().and_then(|role| state.role(account, role));
    xml.list("Roles", role, |xml, role| {
        xml.text("Path", &role.path);
        xml.text("RoleName", &role.name);
        xml.text("RoleId", &role.id);
        xml.text("Arn", state.role_arn(account, role));
        xml.text("CreateDate", date(role.created));
        xml.text("AssumeRolePolicyDocument", encoded(trust));
    });
}

pub(crate) fn add_role(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.instance_profile_name()?;
    let role = call.params.role_name()?;
    find(call, name)?;
    call.role(role)?;
    let profile = find_mut(call, name)?;
    if profile.role.is_some() {
        return Err(Refusal::limit("Cannot exceed quota for InstanceSessionsPerInstanceProfile: 1"));
    }
    profile.role = Some(role.to_owned());
    Ok(QueryAnswer::Done)
}

pub(crate) fn remove_role(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.instance_profile_name()?;
    let role = call.params.role_name()?;
    let profile = find_mut(call, name)?;
    if profile.role.as_deref() != Some(role) {
        return Err(Refusal::no_such_entity(format!(
            "The role with name {role} is not associated with the instance profile {name}."
        )));
    }
    profile.role = None;
    Ok(QueryAnswer::Done)
}

pub(crate) fn delete(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let name = call.params.instance_profile_name()?;
    if find(call, name)?.role.is_some() {
        return Err(Refusal::delete_conflict(
            "Cannot delete entity, must remove roles from instance profile first.",
        ));
    }
    call.state.account_mut(&call.caller.account).instance_profiles.remove(name);
    Ok(QueryAnswer::Done)
}

fn page(call: &Call<'_>, wanted: impl Fn(&InstanceProfile) -> bool) -> Result<QueryAnswer, Refusal> {
    let account = call.state.account(&call.caller.account);
    let mut items = Vec::new();
    for profile in account.into_iter().flat_map(|account| account.instance_profiles.values()) {
        if wanted(profile) {
            items.push((profile.name.clone(), (profile, trust_of(call, profile)?)));
        }
    }
    Ok(listing("InstanceProfiles", call.page()?.cut(items), |xml, (profile, trust)| {
        write(xml, call.state, &call.caller.account, profile, &trust);
    }))
}

pub(crate) fn list(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let prefix = path_prefix(call.params)?;
    page(call, |profile| profile.path.starts_with(prefix))
}

pub(crate) fn list_for_role(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let role = call.params.role_name()?;
    call.role(role)?;
    page(call, |profile| profile.role.as_deref() == Some(role))
}
