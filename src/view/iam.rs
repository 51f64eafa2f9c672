//! What a plan says about IAM's side: fields below a change, and values for machines.

use serde_json::{Map, Value, json};

use super::parts::{Field, LineKind, document_diff, document_lines, field, value_diff};
use crate::arn::Arn;
use crate::model::{ManagedPolicy, Role, Tags};
use crate::plan::Diff;
use crate::plan::iam::{IamChange, TagChange, TagChanges};
use crate::policy::Document;
use crate::text::one_line;

/// Below the line that names a change.
pub(super) fn change_fields(out: &mut Vec<Field>, change: &IamChange) {
    match change {
        IamChange::CreateRole(role) => create_role_text(out, role),
        IamChange::CreatePolicy(ManagedPolicy { arn, name: _, path: _, description: _, document, tags }) => {
            field(out, "arn", &arn.to_string());
            tag_lines(out, tags);
            document_lines(out, "document", document, LineKind::Added);
        }
        IamChange::AttachRolePolicy { role: _, policy } => field(out, "policy_arn", &policy.to_string()),
        IamChange::UpdateAssumeRolePolicy { role: _, document } => out.push(documents(document)),
        IamChange::UpdateRole { role: _, description, max_session_duration } => {
            value_diff(out, "description", &quoted(&description.before), &quoted(&description.after));
            let seconds = |n: i32| format!("{n} s");
            value_diff(
                out,
                "max_session_duration",
                &seconds(max_session_duration.before),
                &seconds(max_session_duration.after),
            );
        }
        IamChange::CreatePolicyVersion { policy: _, document } => out.push(documents(document)),
        IamChange::SetDefaultPolicyVersion { policy: _, version, document } => {
            value_diff(out, "default_version_id", &version.before, &version.after);
            out.push(documents(document));
        }
        IamChange::DeletePolicyVersion { policy: _, version } => {
            field(out, "version_id", version);
        }
        IamChange::PutRolePermissionsBoundary { role: _, before, after } => {
            let before = before.as_ref().map_or("none".to_owned(), Arn::to_string);
            value_diff(out, "permissions_boundary", &before, &after.to_string());
        }
        IamChange::DeleteRolePermissionsBoundary { role: _, before } => {
            value_diff(out, "permissions_boundary", &before.to_string(), "none");
        }
        IamChange::TagRole { role: _, tags } | IamChange::TagPolicy { policy: _, tags } => {
            tag_diff(out, tags)
        }
        IamChange::DetachRolePolicy { role: _, policy, document, .. } => {
            // AWS's own are no one's to clean up.
            let stays = if policy.account == "aws" { "" } else { "; the policy itself stays in the account" };
            note_foreign(out, change, stays);
            field(out, "policy_arn", &policy.to_string());
            document_lines(out, "allowed by it", document, LineKind::Removed);
        }
        IamChange::DeleteRole { role: _, arn } => field(out, "arn", &arn.to_string()),
        IamChange::DeletePolicy { policy, document } => {
            field(out, "arn", &policy.to_string());
            document_lines(out, "document", document, LineKind::Removed);
        }
        IamChange::PutRolePolicy { role: _, name: _, document } => {
            document_lines(out, "document", document, LineKind::Added);
        }
        IamChange::DeleteRolePolicy { role: _, name: _, document } => {
            note_foreign(out, change, "");
            document_lines(out, "document", document, LineKind::Removed);
        }
    }
}

fn note_foreign(out: &mut Vec<Field>, change: &IamChange, more: &str) {
    if change.is_of_others() {
        field(out, "note", &format!("not made by this spec{more}"));
    }
}

fn create_role_text(out: &mut Vec<Field>, role: &Role) {
    let Role {
        arn,
        name: _,
        path: _,
        description,
        max_session_duration,
        assume_role_policy,
        permissions_boundary,
        tags,
    } = role;
    field(out, "arn", &arn.to_string());
    if !description.is_empty() {
        field(out, "description", &quoted(description));
    }
    field(out, "max_session_duration", &format!("{max_session_duration} s"));
    if let Some(boundary) = permissions_boundary {
        field(out, "permissions_boundary", &boundary.to_string());
    }
    tag_lines(out, tags);
    document_lines(out, "assume_role_policy", assume_role_policy, LineKind::Added);
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

fn tag_lines(out: &mut Vec<Field>, tags: &Tags) {
    let tags: Vec<String> = tags.iter().map(|(key, value)| format!("{key} = {}", quoted(value))).collect();
    field(out, "tags", &tags.join(", "));
}

fn tag_diff(out: &mut Vec<Field>, tags: &TagChanges) {
    for (key, TagChange { former_key, before, after }) in tags {
        let mut before = before.as_deref().map_or("none".to_owned(), quoted);
        if let Some(former) = former_key {
            before = format!("{before} of `{}`, which it replaces", one_line(former));
        }
        value_diff(out, &format!("tag {}", one_line(key)), &before, &quoted(after));
    }
}

fn documents(document: &Diff<Document>) -> Field {
    Field::Lines { title: None, lines: document_diff(document) }
}

/// Before and after, for machines.
pub(super) fn change_json(change: &IamChange) -> (Value, Value) {
    let both = |documents: &Diff<Document>| {
        let of = |one: &Document| json!({ "document": document(one) });
        (of(&documents.before), of(&documents.after))
    };
    match change {
        IamChange::CreatePolicy(wanted) => (Value::Null, policy(wanted)),
        IamChange::CreateRole(wanted) => (Value::Null, role(wanted)),
        IamChange::AttachRolePolicy { role: _, policy } => {
            (Value::Null, json!({ "policy_arn": policy.to_string() }))
        }
        IamChange::UpdateAssumeRolePolicy { role: _, document: Diff { before, after } } => {
            let of = |one: &Document| json!({ "assume_role_policy": document(one) });
            (of(before), of(after))
        }
        IamChange::UpdateRole { role: _, description, max_session_duration } => {
            let of =
                |text: &str, seconds: i32| json!({ "description": text, "max_session_duration": seconds });
            (
                of(&description.before, max_session_duration.before),
                of(&description.after, max_session_duration.after),
            )
        }
        IamChange::CreatePolicyVersion { policy: _, document } => both(document),
        IamChange::SetDefaultPolicyVersion { policy: _, version, document } => {
            let (mut before, mut after) = both(document);
            before["default_version_id"] = version.before.as_str().into();
            after["default_version_id"] = version.after.as_str().into();
            (before, after)
        }
        IamChange::DeletePolicyVersion { policy: _, version } => {
            (json!({ "version_id": version }), Value::Null)
        }
        IamChange::PutRolePermissionsBoundary { role: _, before, after } => {
            let of = |one: Option<&Arn>| json!({ "permissions_boundary": one.map(Arn::to_string) });
            (of(before.as_ref()), of(Some(after)))
        }
        IamChange::DeleteRolePermissionsBoundary { role: _, before } => {
            (json!({ "permissions_boundary": before.to_string() }), json!({ "permissions_boundary": null }))
        }
        IamChange::TagRole { role: _, tags } | IamChange::TagPolicy { policy: _, tags } => tag_json(tags),
        IamChange::DetachRolePolicy { role: _, policy, document: one, .. } => {
            (json!({ "policy_arn": policy.to_string(), "document": document(one) }), Value::Null)
        }
        IamChange::PutRolePolicy { role: _, name, document: one } => {
            (Value::Null, json!({ "name": name, "document": document(one) }))
        }
        IamChange::DeleteRolePolicy { role: _, name, document: one } => {
            (json!({ "name": name, "document": document(one) }), Value::Null)
        }
        IamChange::DeleteRole { role: _, arn } => (json!({ "arn": arn.to_string() }), Value::Null),
        IamChange::DeletePolicy { policy, document: one } => {
            (json!({ "arn": policy.to_string(), "document": document(one) }), Value::Null)
        }
    }
}

fn tag_json(tags: &TagChanges) -> (Value, Value) {
    let before: Map<String, Value> = tags
        .iter()
        .map(|(key, tag)| (tag.former_key.as_ref().unwrap_or(key).clone(), json!(tag.before)))
        .collect();
    let after: Map<String, Value> = tags.iter().map(|(key, tag)| (key.clone(), json!(tag.after))).collect();
    (json!({ "tags": before }), json!({ "tags": after }))
}

/// In canonical form, as JSON instead of text.
pub(super) fn document(document: &Document) -> Value {
    let text = document.canonical().to_json();
    serde_json::from_str(&text).unwrap_or(Value::String(text))
}

pub(super) fn role(role: &Role) -> Value {
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

pub(super) fn policy(policy: &ManagedPolicy) -> Value {
    let ManagedPolicy { arn, name: _, path, description, document: one, tags } = policy;
    json!({
        "arn": arn.to_string(),
        "path": path,
        "description": description,
        "document": document(one),
        "tags": tags,
    })
}
