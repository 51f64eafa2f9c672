//! Plans and check reports as JSON, for machines: docs/plan-json.md and docs/check-json.md describe them.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::genesys;
use super::plan::{blocker_text, notice_text, widening_text};
use crate::arn::Arn;
use crate::model::{
    DesiredRole, DesiredState, Live, LivePolicy, LiveRole, LiveState, ManagedPolicy, Orphans, Role,
};
use crate::plan::iam::{self, TagChanges};
use crate::plan::{Change, ChangeKind, Diff, Gain, Plan, RolePlan};
use crate::policy::Document;
use crate::policy::access::{AccessDiff, AccessLine, AccessSign};
use crate::spec::{Boundary, ExtraPermissions};
use crate::view::CheckView;

/// Of the layout: it grows when a reader of an older one would go wrong.
pub const FORMAT_VERSION: u64 = 1;

/// What a plan calls itself.
pub const PLAN_FORMAT: &str = "genesys-iam plan";

/// The plan. Texts are not masked yet.
pub fn plan(plan: &Plan) -> Value {
    let Plan { spec, account_id, region, indirections, roles, orphans, orphans_unknown } = plan;
    let count = |kind| plan.changes().filter(|change| change.kind() == kind).count();
    json!({
        "format": PLAN_FORMAT,
        "format_version": FORMAT_VERSION,
        "tool_version": env!("CARGO_PKG_VERSION"),
        "spec": spec,
        "account_id": account_id.as_str(),
        "region": region,
        "indirections": indirections,
        "summary": {
            "create": count(ChangeKind::Create),
            "change": count(ChangeKind::Change),
            "remove": count(ChangeKind::Remove),
            "access_is_wider": plan.is_wider(),
            "gains": gains(&plan.gains()),
            "foreign_permissions": plan.foreign().into_iter().map(|(role, policies)| json!({ "role": role, "policies": policies })).collect::<Vec<_>>(),
            "blocked": plan.is_blocked(),
        },
        "roles": roles.iter().map(role_plan).collect::<Vec<_>>(),
        "taken_out": orphans,
        "taken_out_unknown": orphans_unknown,
    })
}

/// A check report. Texts are not masked yet.
pub fn check(report: &CheckView) -> Value {
    // A view has strings, numbers, lists and maps with string keys only: nothing that JSON cannot hold.
    serde_json::to_value(report).unwrap_or(Value::Null)
}

/// Who gains, by kind.
fn gains(gains: &[Gain]) -> Vec<Value> {
    gains.iter().map(|gain| json!({ "party": gain.party.word(), "who": gain.who })).collect()
}

fn role_plan(plan: &RolePlan) -> Value {
    let RolePlan { role, changes, blockers, notices, access, connections, widenings } = plan;
    let mut access = access_diff(access);
    access["is_wider"] = json!(plan.is_wider());
    access["elsewhere"] = widenings
        .iter()
        .map(|widening| json!({ "sign": "gained", "sentence": widening_text(widening), "is_wider": true }))
        .collect();
    json!({
        "role": role,
        "changes": changes.iter().map(change).collect::<Vec<_>>(),
        "access": access,
        "connections": connections.iter().map(genesys::connection_json).collect::<Vec<_>>(),
        "notices": notices.iter().map(|notice| plain(&notice_text(notice, role))).collect::<Vec<_>>(),
        "blockers": blockers.iter().map(|blocker| plain(&blocker_text(blocker))).collect::<Vec<_>>(),
    })
}

/// A text of several indented lines as one line.
fn plain(text: &str) -> String {
    text.lines().map(str::trim).collect::<Vec<_>>().join("; ")
}

fn access_diff(access: &AccessDiff) -> Value {
    let list = |sentences: Vec<AccessLine<'_>>| -> Vec<Value> {
        let sign = |sign| match sign {
            AccessSign::Gained => "gained",
            AccessSign::Lost => "lost",
            AccessSign::Kept => "kept",
        };
        sentences
            .into_iter()
            .map(|line| json!({ "sign": sign(line.sign), "sentence": line.sentence, "is_wider": line.is_wider }))
            .collect()
    };
    json!({
        "is_wider": access.is_wider(),
        "assume": list(access.assume()),
        "permissions": list(access.permissions()),
        "restrictions": list(access.restrictions()),
    })
}

fn change(change: &Change) -> Value {
    let (before, after) = match change {
        Change::Iam(change) => iam_change(change),
        Change::Genesys(change) => genesys::change_json(change),
    };
    let effect = match change.kind() {
        ChangeKind::Create => "create",
        ChangeKind::Change => "change",
        ChangeKind::Remove => "remove",
    };
    json!({
        "operation": change.operation(),
        "subject": change.subject(),
        "effect": effect,
        "before": before,
        "after": after,
    })
}

fn iam_change(change: &iam::IamChange) -> (Value, Value) {
    let documents = |documents: &Diff<Document>| {
        let of = |one: &Document| json!({ "document": document(one) });
        (of(&documents.before), of(&documents.after))
    };
    match change {
        iam::IamChange::CreatePolicy(wanted) => (Value::Null, policy(wanted)),
        iam::IamChange::CreateRole(wanted) => (Value::Null, role(wanted)),
        iam::IamChange::AttachRolePolicy { role: _, policy } => {
            (Value::Null, json!({ "policy_arn": policy.to_string() }))
        }
        iam::IamChange::UpdateAssumeRolePolicy { role: _, document: Diff { before, after } } => {
            let of = |one: &Document| json!({ "assume_role_policy": document(one) });
            (of(before), of(after))
        }
        iam::IamChange::UpdateRole { role: _, description, max_session_duration } => {
            let of =
                |text: &str, seconds: i32| json!({ "description": text, "max_session_duration": seconds });
            (
                of(&description.before, max_session_duration.before),
                of(&description.after, max_session_duration.after),
            )
        }
        iam::IamChange::CreatePolicyVersion { policy: _, document } => documents(document),
        iam::IamChange::SetDefaultPolicyVersion { policy: _, version, document } => {
            let (mut before, mut after) = documents(document);
            before["default_version_id"] = version.before.as_str().into();
            after["default_version_id"] = version.after.as_str().into();
            (before, after)
        }
        iam::IamChange::DeletePolicyVersion { policy: _, version } => {
            (json!({ "version_id": version }), Value::Null)
        }
        iam::IamChange::PutRolePermissionsBoundary { role: _, before, after } => {
            let of = |one: Option<&Arn>| json!({ "permissions_boundary": one.map(Arn::to_string) });
            (of(before.as_ref()), of(Some(after)))
        }
        iam::IamChange::DeleteRolePermissionsBoundary { role: _, before } => {
            (json!({ "permissions_boundary": before.to_string() }), json!({ "permissions_boundary": null }))
        }
        iam::IamChange::TagRole { role: _, tags } | iam::IamChange::TagPolicy { policy: _, tags } => {
            tag_diff(tags)
        }
        iam::IamChange::DetachRolePolicy { role: _, policy, document: one } => {
            (json!({ "policy_arn": policy.to_string(), "document": document(one) }), Value::Null)
        }
        iam::IamChange::PutRolePolicy { role: _, name, document: one } => {
            (Value::Null, json!({ "name": name, "document": document(one) }))
        }
        iam::IamChange::DeleteRolePolicy { role: _, name, document: one } => {
            (json!({ "name": name, "document": document(one) }), Value::Null)
        }
        iam::IamChange::DeleteRole { role: _, arn } => (json!({ "arn": arn.to_string() }), Value::Null),
        iam::IamChange::DeletePolicy { policy, document: one } => {
            (json!({ "arn": policy.to_string(), "document": document(one) }), Value::Null)
        }
    }
}

fn tag_diff(tags: &TagChanges) -> (Value, Value) {
    let before: Map<String, Value> = tags
        .iter()
        .map(|(key, tag)| (tag.former_key.as_ref().unwrap_or(key).clone(), json!(tag.before)))
        .collect();
    let after: Map<String, Value> = tags.iter().map(|(key, tag)| (key.clone(), json!(tag.after))).collect();
    (json!({ "tags": before }), json!({ "tags": after }))
}

/// In canonical form, as JSON and not as text.
fn document(document: &Document) -> Value {
    let text = document.canonical().to_json();
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

fn role(role: &Role) -> Value {
    let Role {
        arn,
        name: _,
        path,
        description,
        max_session_duration,
        assume_role_policy,
        permissions_boundary,
        tags,
    } = role;
    json!({
        "arn": arn.to_string(),
        "path": path,
        "description": description,
        "max_session_duration": max_session_duration,
        "assume_role_policy": document(assume_role_policy),
        "permissions_boundary": permissions_boundary.as_ref().map(Arn::to_string),
        "tags": tags,
    })
}

fn policy(policy: &ManagedPolicy) -> Value {
    let ManagedPolicy { arn, name: _, path, description, document: one, tags } = policy;
    json!({
        "arn": arn.to_string(),
        "path": path,
        "description": description,
        "document": document(one),
        "tags": tags,
    })
}

/// What is wanted of each role, by name.
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

/// What is there of each role, by name, with those that were taken out of the spec.
pub fn live(live: &LiveState) -> Value {
    let LiveState { roles, orphans, organization } = live;
    let named = |roles: &BTreeMap<String, Live>| -> Map<String, Value> {
        roles.iter().map(|(name, live)| (name.clone(), live_of(live))).collect()
    };
    let taken_out = match orphans {
        Orphans::Unknown(_) => Value::Null,
        Orphans::Named(names) => json!(names),
        Orphans::Read(roles) => Value::Object(named(roles)),
    };
    json!({ "roles": named(roles), "taken_out": taken_out, "organization": genesys::live(organization) })
}

fn live_of(live: &Live) -> Value {
    let Live { role: live_role, policy: live_policy } = live;
    let role = live_role.as_ref().map(|LiveRole { role: one, attached, inline, boundary }| {
        let attached: Map<String, Value> =
            attached.iter().map(|(arn, policy)| (arn.to_string(), document(&policy.document))).collect();
        let inline: Map<String, Value> =
            inline.iter().map(|(name, one)| (name.clone(), document(one))).collect();
        let mut value = role(one);
        value["attached_policies"] = Value::Object(attached);
        value["inline_policies"] = Value::Object(inline);
        value["permissions_boundary_document"] = boundary.as_ref().map_or(Value::Null, document);
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
