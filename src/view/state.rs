//! Desired and live state as values, which a saved plan is bound to.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::genesys;
use super::iam::{document, policy, role};
use crate::model::{DesiredRole, DesiredState, Live, LivePolicy, LiveRole, LiveState, Orphans};
use crate::spec::{Boundary, ExtraPermissions};

/// The desired state of each role, by name.
pub fn desired(desired: &DesiredState) -> Value {
    let roles = desired.roles.iter().map(|wanted| {
        let DesiredRole {
            role: wanted_role,
            policy: wanted_policy,
            functions: _,
            genesys_account_id: _,
            genesys_account: _,
            external_id: _,
            verifier: _,
            boundary,
            adopt,
            prevent_destroy,
            extra_permissions,
            accepts,
            integration,
        } = wanted;
        let value = json!({
            "role": role(wanted_role),
            "policy": policy(wanted_policy),
            "permissions_boundary": match boundary {
                Boundary::Unmentioned => Value::Null,
                Boundary::None => "none".into(),
                Boundary::Policy(arn) => arn.to_string().into(),
            },
            "accepts": accepts.iter().map(|accept| json!({
                accept.what.key(): accept.what.value(),
                "digest": accept.digest,
                "reason": accept.reason,
            })).collect::<Vec<_>>(),
            "integration": genesys::desired(integration.as_ref()),
            "adopt": adopt,
            "prevent_destroy": prevent_destroy,
            "extra_permissions": match extra_permissions {
                ExtraPermissions::Report => "report",
                ExtraPermissions::Remove => "remove",
            },
        });
        (wanted.role.name.clone(), value)
    });
    Value::Object(roles.collect())
}

/// The live state of each role, by name, including those removed from the spec.
pub fn live(live: &LiveState) -> Value {
    let LiveState {
        roles,
        orphans,
        of_other_specs: _,
        namesakes: _,
        organization,
        guards: _,
        own_organization: _,
        is_of_spec_endpoint: _,
    } = live;
    let named = |roles: &BTreeMap<String, Live>| -> Map<String, Value> {
        roles.iter().map(|(name, live)| (name.clone(), live_of(live))).collect()
    };
    let taken_out = match orphans {
        Orphans::Unknown(_) => Value::Null,
        Orphans::Named(roles) => roles.keys().map(String::as_str).collect(),
        Orphans::Read(roles) => Value::Object(named(roles)),
    };
    json!({ "roles": named(roles), "taken_out": taken_out, "organization": genesys::live(organization) })
}

fn live_of(live: &Live) -> Value {
    let Live { role: live_role, policy: live_policy, wanted_boundary } = live;
    let role = live_role.as_ref().map(|LiveRole { role: one, attached, inline, boundary, record: _ }| {
        let attached: Map<String, Value> =
            attached.iter().map(|(arn, policy)| (arn.to_string(), document(&policy.document))).collect();
        let inline: Map<String, Value> =
            inline.iter().map(|(name, one)| (name.clone(), document(one))).collect();
        let mut value = role(one);
        value["attached_policies"] = Value::Object(attached);
        value["inline_policies"] = Value::Object(inline);
        value["permissions_boundary_document"] = boundary.as_ref().map_or(Value::Null, document);
        if let Some(wanted) = wanted_boundary {
            value["wanted_boundary_document"] = document(wanted);
        }
        value
    });
    let policy =
        live_policy.as_ref().map(|LivePolicy { policy: one, versions, attachment_count, boundary_count }| {
            let mut value = policy(one);
            value["versions"] = versions.iter().map(|version| version.id.as_str()).collect();
            let default = versions.iter().find(|version| version.is_default);
            value["default_version_id"] = json!(default.map(|version| &version.id));
            value["attachment_count"] = json!(attachment_count);
            value["boundary_count"] = json!(boundary_count);
            value
        });
    json!({ "role": role, "policy": policy })
}
