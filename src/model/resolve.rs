//! From the spec to the desired state: the only place where ARNs and tags are created.

use std::collections::BTreeMap;

use super::desired::{DesiredRole, DesiredState};
use super::genesys::{ActionState, DesiredAction, DesiredIntegration};
use super::iam::{ManagedPolicy, Role, Tags};
use crate::arn::{Arn, FunctionArn};
use crate::policy::template::{invoke_policy, trust_policy};
use crate::spec::{Boundary, DataActionSpec, MANAGED_BY_KEY, MANAGED_BY_VALUE, RoleSpec, SPEC_KEY, Spec};

/// The desired state; `functions` maps the spec's ARNs to the exact ones returned by the Lambda API. An ARN not in the
/// map is used as is.
pub fn resolve(spec: &Spec, functions: &BTreeMap<FunctionArn, FunctionArn>) -> DesiredState {
    DesiredState {
        spec: spec.name.clone(),
        account_id: spec.aws.account_id.clone(),
        region: spec.aws.region.clone(),
        indirections: spec.indirections(),
        reads_organization: spec.organization.read,
        roles: spec.roles.iter().map(|role| resolve_role(spec, role, functions)).collect(),
        excluded: spec.excluded.iter().map(|role| (policy_arn(spec, role), role.name.clone())).collect(),
        is_part: spec.is_part,
        elsewhere: spec.elsewhere.clone(),
        even_if_used: spec.even_if_used,
    }
}

fn policy_arn(spec: &Spec, role: &RoleSpec) -> Arn {
    Arn::policy(&spec.aws.partition, &spec.aws.account_id, &role.policy_path, &role.policy_name)
}

fn resolve_role(spec: &Spec, role: &RoleSpec, functions: &BTreeMap<FunctionArn, FunctionArn>) -> DesiredRole {
    let partition = spec.aws.partition.as_str();
    let account = &spec.aws.account_id;
    let own = [(MANAGED_BY_KEY, MANAGED_BY_VALUE), (SPEC_KEY, spec.name.as_str())];
    let mut tags: Tags = own.map(|(key, value)| (key.to_owned(), value.to_owned())).into();
    tags.extend(role.tags.clone());

    let exact = |arn: &FunctionArn| functions.get(arn).unwrap_or(arn).clone();
    let functions: Vec<FunctionArn> = role.functions.iter().map(|function| exact(&function.arn)).collect();
    let role_arn = Arn::role(partition, account, &role.path, &role.name);
    let action = |action: &DataActionSpec| DesiredAction {
        id: action.id.clone(),
        was: action.was.clone(),
        state: ActionState { target: exact(&action.function).to_string(), content: action.content.clone() },
        test_input: action.test_input.clone(),
        replace: action.replace,
    };
    let integration = role.integration.as_ref().map(|integration| DesiredIntegration {
        name: integration.name.clone(),
        id: integration.id.clone(),
        notes: integration.notes.clone(),
        enabled: integration.enabled,
        adopt: integration.adopt,
        role: role_arn.clone(),
        actions: role.data_actions.iter().map(action).collect(),
    });
    let genesys = Arn::account_root(partition, &role.genesys_account_id);
    let trusted: Vec<&Arn> = std::iter::once(&genesys).chain(&spec.verifier).collect();
    DesiredRole {
        role: Role {
            arn: role_arn,
            name: role.name.clone(),
            path: role.path.clone(),
            description: role.description.clone().unwrap_or_default(),
            max_session_duration: role.max_session_duration,
            assume_role_policy: trust_policy(&trusted, role.external_id.expose()),
            permissions_boundary: match &role.permissions_boundary {
                Boundary::Policy(arn) => Some(arn.clone()),
                Boundary::None | Boundary::Unmentioned => None,
            },
            tags: tags.clone(),
        },
        policy: ManagedPolicy {
            arn: policy_arn(spec, role),
            name: role.policy_name.clone(),
            path: role.policy_path.clone(),
            description: String::new(),
            document: invoke_policy(&functions),
            tags,
        },
        functions,
        genesys_account_id: role.genesys_account_id.clone(),
        genesys_account: role.genesys_account.clone(),
        external_id: role.external_id.clone(),
        verifier: spec.verifier.clone(),
        boundary: role.permissions_boundary.clone(),
        adopt: role.adopt,
        prevent_destroy: role.prevent_destroy,
        extra_permissions: role.extra_permissions,
        accepts: role.accepts.clone(),
        integration,
    }
}
