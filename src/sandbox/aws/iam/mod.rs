//! IAM: its actions, and the permission each needs.

mod account;
mod answers;
mod instance_profile;
mod last_accessed;
mod policy;
mod role;
mod role_policy;
mod simulate;
mod tag;
mod user;

use super::call::{Call, unknown_action, with_request_tags};
use super::query::QueryAnswer;
use super::refusal::Refusal;
use crate::arn::Arn;
use crate::policy::Context;
use crate::sandbox::state::iam::Tag;

pub(crate) const NAMESPACE: &str = "https://iam.amazonaws.com/doc/2010-05-08/";

pub(crate) fn handle(call: &mut Call<'_>, action: &str) -> Result<QueryAnswer, Refusal> {
    let run = match action {
        "CreateRole" => role::create,
        "GetRole" => role::get,
        "ListRoles" => role::list,
        "UpdateRole" => role::update,
        "UpdateRoleDescription" => role::update_description,
        "UpdateAssumeRolePolicy" => role::update_trust,
        "DeleteRole" => role::delete,
        "PutRolePermissionsBoundary" => role::put_boundary,
        "DeleteRolePermissionsBoundary" => role::delete_boundary,
        "ListInstanceProfilesForRole" => instance_profile::list_for_role,
        "ListInstanceProfiles" => instance_profile::list,
        "CreateInstanceProfile" => instance_profile::create,
        "GetInstanceProfile" => instance_profile::get,
        "AddRoleToInstanceProfile" => instance_profile::add_role,
        "RemoveRoleFromInstanceProfile" => instance_profile::remove_role,
        "DeleteInstanceProfile" => instance_profile::delete,
        "GetUser" => user::get,
        "TagRole" => tag::tag_role,
        "UntagRole" => tag::untag_role,
        "ListRoleTags" => tag::list_role_tags,
        "AttachRolePolicy" => role_policy::attach,
        "DetachRolePolicy" => role_policy::detach,
        "ListAttachedRolePolicies" => role_policy::list_attached,
        "PutRolePolicy" => role_policy::put_inline,
        "GetRolePolicy" => role_policy::get_inline,
        "ListRolePolicies" => role_policy::list_inline,
        "DeleteRolePolicy" => role_policy::delete_inline,
        "CreatePolicy" => policy::create,
        "GetPolicy" => policy::get,
        "ListPolicies" => policy::list,
        "DeletePolicy" => policy::delete,
        "CreatePolicyVersion" => policy::create_version,
        "GetPolicyVersion" => policy::get_version,
        "ListPolicyVersions" => policy::list_versions,
        "SetDefaultPolicyVersion" => policy::set_default_version,
        "DeletePolicyVersion" => policy::delete_version,
        "ListEntitiesForPolicy" => policy::list_entities,
        "TagPolicy" => tag::tag_policy,
        "UntagPolicy" => tag::untag_policy,
        "ListPolicyTags" => tag::list_policy_tags,
        "GetAccountAuthorizationDetails" => account::authorization_details,
        "GetAccountSummary" => account::summary,
        "SimulatePrincipalPolicy" => simulate::simulate,
        "GenerateServiceLastAccessedDetails" => last_accessed::generate,
        "GetServiceLastAccessedDetails" => last_accessed::get,
        _ => return Err(unknown_action(action, "2010-05-08")),
    };
    authorise(call, action)?;
    refuse_protected(call, action)?;
    run(call)
}

/// Refuses changes to a service-linked role.
fn refuse_protected(call: &Call<'_>, action: &str) -> Result<(), Refusal> {
    const CHANGES: [&str; 8] = [
        "DeleteRole",
        "UpdateAssumeRolePolicy",
        "AttachRolePolicy",
        "DetachRolePolicy",
        "PutRolePolicy",
        "DeleteRolePolicy",
        "PutRolePermissionsBoundary",
        "DeleteRolePermissionsBoundary",
    ];
    let role = call.params.get("RoleName").and_then(|name| call.state.role(&call.caller.account, name));
    match role {
        Some(role) if CHANGES.contains(&action) && role.is_service_linked() => Err(Refusal::new(
            400,
            "UnmodifiableEntity",
            format!(
                "Cannot perform the operation on the protected role '{}' - this role is only modifiable by AWS",
                role.name
            ),
        )),
        _ => Ok(()),
    }
}

/// Every action needs the permission of its own name; creating with tags also needs the tagging permission.
fn authorise(call: &Call<'_>, action: &str) -> Result<(), Refusal> {
    let resource = resource(call, action);
    let mut context = context(call, action);
    let check = |action: &str, context: Context| {
        call.caller.authorise(&format!("iam:{action}"), &resource, context, None).map_err(|refusal| {
            let message = refusal.message.replace(&resource, &shown_resource(call, action, &resource));
            Refusal { message, ..refusal }
        })
    };
    if let ("CreateRole" | "CreatePolicy", false) = (action, call.params.indices("Tags").is_empty()) {
        check(&action.replace("Create", "Tag"), context.clone())?;
    }
    if action == "CreateRole"
        && let Some(boundary) = call.params.get("PermissionsBoundary")
    {
        context = context.with("iam:PermissionsBoundary", &[boundary]);
    }
    check(action, context)
}

/// The resource as shown in a refusal: not an ARN if a role does not exist, or for all policies.
fn shown_resource(call: &Call<'_>, action: &str, resource: &str) -> String {
    let role = call.params.get("RoleName").filter(|_| action != "CreateRole");
    match role {
        _ if action == "ListPolicies" => {
            format!("policy path {}", call.params.get("PathPrefix").unwrap_or("/"))
        }
        Some(name) if call.state.role(&call.caller.account, name).is_none() => format!("role {name}"),
        _ => resource.to_owned(),
    }
}

/// The ARN that an action needs permission on.
fn resource(call: &Call<'_>, action: &str) -> String {
    let Call { state, params, caller, .. } = call;
    let (partition, account) = (&state.partition, &caller.account);
    let given = |name: &str| params.get(name).unwrap_or_default();
    match action {
        "CreateRole" => {
            Arn::role(partition, account, params.get("Path").unwrap_or("/"), given("RoleName")).to_string()
        }
        "CreatePolicy" => {
            Arn::policy(partition, account, params.get("Path").unwrap_or("/"), given("PolicyName"))
                .to_string()
        }
        "ListRoles" => Arn::role(partition, account, params.get("PathPrefix").unwrap_or("/"), "").to_string(),
        "ListPolicies" => {
            Arn::policy(partition, account, params.get("PathPrefix").unwrap_or("/"), "").to_string()
        }
        "GetAccountAuthorizationDetails" | "GetAccountSummary" | "GetServiceLastAccessedDetails" => {
            "*".to_owned()
        }
        "SimulatePrincipalPolicy" => given("PolicySourceArn").to_owned(),
        "GenerateServiceLastAccessedDetails" => given("Arn").to_owned(),
        "GetUser" => match params.get("UserName") {
            Some(name) => format!("arn:{partition}:iam::{account}:user/{name}"),
            None => caller.arn.clone(),
        },
        "ListInstanceProfiles" => format!("arn:{partition}:iam::{account}:instance-profile/"),
        _ if action.ends_with("InstanceProfile") => {
            let name = given("InstanceProfileName");
            let known = state.account(account).and_then(|account| account.instance_profiles.get(name));
            let path =
                known.map_or_else(|| params.get("Path").unwrap_or("/"), |profile| profile.path.as_str());
            format!("arn:{partition}:iam::{account}:instance-profile{path}{name}")
        }
        _ if action.contains("Role") => match state.role(account, given("RoleName")) {
            Some(role) => state.role_arn(account, role).to_string(),
            None => Arn::role(partition, account, "/", given("RoleName")).to_string(),
        },
        _ => given("PolicyArn").to_owned(),
    }
}

/// The condition keys AWS sets for the action.
fn context(call: &Call<'_>, action: &str) -> Context {
    let Call { state, params, caller, .. } = call;
    let mut context = call.context();
    let mut resource_tags: &[Tag] = &[];
    if let Some(arn) = params.get("PolicyArn") {
        if action.ends_with("RolePolicy") {
            context = context.with("iam:PolicyARN", &[arn]);
        } else if let Some((_, policy)) = state.policy_of_arn(arn) {
            resource_tags = &policy.tags;
        }
    }
    if let Some(name) = params.get("RoleName").filter(|_| action != "CreateRole")
        && let Some(role) = state.role(&caller.account, name)
    {
        resource_tags = &role.tags;
        let boundary = match action {
            "PutRolePermissionsBoundary" => params.get("PermissionsBoundary"),
            _ => role.boundary.as_deref(),
        };
        if let Some(boundary) = boundary {
            context = context.with("iam:PermissionsBoundary", &[boundary]);
        }
    }
    for Tag { key, value } in resource_tags {
        context = context
            .with(&format!("aws:ResourceTag/{key}"), &[value])
            .with(&format!("iam:ResourceTag/{key}"), &[value]);
    }
    // The action itself refuses invalid tags.
    let tags = params.tags(false).unwrap_or_default();
    if tags.is_empty() {
        let keys = params.list("TagKeys");
        return if keys.is_empty() { context } else { context.with("aws:TagKeys", &keys) };
    }
    with_request_tags(context, &tags)
}
