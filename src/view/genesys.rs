//! What a plan says about Genesys Cloud's side: words, fields below a change, and values for machines.

use std::collections::BTreeMap;

use serde_json::{Map, Value, json};

use super::parts::{Field, Remark, field, text_diff, value_diff};
use super::words::few;
use crate::arn::Arn;
use crate::model::{
    ActionState, DesiredIntegration, FieldDiff, LiveIntegration, LiveOrganization, OrganizationReading, Usage,
};
use crate::plan::Owner;
use crate::plan::genesys::{
    Connection, GenesysBlocker, GenesysChange, GenesysNotice, HalfWay, Handle, Holder,
};
use crate::spec::{Namer, is_secret_header, is_secret_value};
use crate::text::{one_line, shell_word};

/// What another spec names stays, whoever made it.
pub(super) fn named_elsewhere(what: &str, by: &Namer) -> Remark {
    let (by, remedy) = match by {
        Namer::Run(file) => (one_line(file).into_owned(), None),
        Namer::Beside { file, own } => {
            let [own, other] = [own, file].map(|file| shell_word(file));
            let remedy = format!(
                "to move it to that spec, work on both at once: `genesys-iam apply --adopt --file {own} --file {other}`"
            );
            (format!("{}, in the same folder,", one_line(file)), Some(remedy))
        }
        Namer::LeftOut => {
            let what = one_line(what);
            return Remark::new(format!("{what} is named by a role that is left out of this plan: it stays"));
        }
    };
    let what = one_line(what);
    let remark = Remark::new(format!(
        "{what} is no longer in this spec, but {by} names it: it is left to that spec, and `--prune` does not remove it"
    ));
    Remark { remedy, ..remark }
}

/// A member of a data action, as it may be shown.
fn shown(member: &str, value: &Value) -> Value {
    match (member, value) {
        ("headers", Value::Object(headers)) => {
            let is_secret = |name: &str, value: &Value| {
                is_secret_header(name) || value.as_str().is_some_and(is_secret_value)
            };
            let masked = headers.iter().map(|(name, value)| {
                (name.clone(), if is_secret(name, value) { "(masked)".into() } else { value.clone() })
            });
            Value::Object(masked.collect())
        }
        ("input_schema" | "success_schema", schema) => shown_schema(schema),
        _ => value.clone(),
    }
}

const NOT_SHOWN: &str = "(not shown: not of a JSON schema)";

/// A schema may be any JSON file of the repository: only what a schema consists of is shown.
fn shown_schema(schema: &Value) -> Value {
    let Value::Object(members) = schema else {
        return if schema.is_boolean() { schema.clone() } else { NOT_SHOWN.into() };
    };
    let each = |value: &Value| match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, inner)| (name.clone(), shown_schema(inner)))
            .collect::<Map<_, _>>()
            .into(),
        _ => Value::from(NOT_SHOWN),
    };
    let known = members.iter().map(|(key, value)| {
        let value = match key.as_str() {
            "properties" | "patternProperties" | "definitions" => each(value),
            "items" | "additionalProperties" | "additionalItems" | "not" => match value {
                Value::Array(items) => items.iter().map(shown_schema).collect(),
                one => shown_schema(one),
            },
            "allOf" | "anyOf" | "oneOf" => match value {
                Value::Array(items) => items.iter().map(shown_schema).collect(),
                _ => NOT_SHOWN.into(),
            },
            "type" | "title" | "description" | "$schema" | "id" | "$id" | "required" | "enum" | "const"
            | "default" | "format" | "pattern" | "minimum" | "maximum" | "exclusiveMinimum"
            | "exclusiveMaximum" | "minLength" | "maxLength" | "minItems" | "maxItems" | "uniqueItems"
            | "minProperties" | "maxProperties" | "multipleOf" | "examples" | "readOnly" | "nullable" => {
                value.clone()
            }
            _ => NOT_SHOWN.into(),
        };
        (key.clone(), value)
    });
    Value::Object(known.collect())
}

fn handle_text(handle: &Handle, what: &str) -> String {
    match handle {
        Handle::Id(id) => id.clone(),
        Handle::Made => format!("(the {what} made above)"),
    }
}

/// `` `a` and `b` ``
fn in_backquotes(members: &[&str]) -> String {
    members.iter().map(|member| format!("`{member}`")).collect::<Vec<_>>().join(" and ")
}

fn in_quotes(text: &str) -> String {
    one_line(&Value::from(text).to_string()).into_owned()
}

/// Below the line that names a change.
pub(super) fn change_fields(out: &mut Vec<Field>, change: &GenesysChange) {
    match change {
        GenesysChange::PostIntegrationsCredentials { name: _, arn, before: _ } => field(out, "ARN", arn),
        GenesysChange::PutIntegrationsCredential { id, name, arn: _ } => {
            field(out, "id", id);
            value_diff(out, "name", &in_quotes(&name.before), &in_quotes(&name.after));
            let arn = |arn: &Option<String>| arn.clone().unwrap_or_else(|| "(not shown)".to_owned());
            let [before, after] = [arn(&arn_of(change).0), arn(&arn_of(change).1)];
            value_diff(out, "ARN", &one_line(&before), &after);
        }
        GenesysChange::PostIntegrations { name: _ } => field(out, "type", "aws-lambda-data-actions"),
        GenesysChange::PutIntegrationConfigCurrent {
            integration: _,
            name,
            notes_before,
            notes_after,
            credential_before,
            credential_after,
        } => {
            value_diff(out, "name", &in_quotes(&name.before), &in_quotes(&name.after));
            let after = notes_after.render(|name| Some(format!("(the ID of \"{name}\")")));
            value_diff(out, "notes", &in_quotes(notes_before), &in_quotes(&after));
            let before = credential_before
                .as_ref()
                .map_or("none".to_owned(), |handle| handle_text(handle, "credential"));
            value_diff(out, "credential", &before, &handle_text(credential_after, "credential"));
        }
        GenesysChange::PatchIntegration { integration: _, name: _, enabled } => {
            let [before, after] = if *enabled { ["DISABLED", "ENABLED"] } else { ["ENABLED", "DISABLED"] };
            value_diff(out, "intended_state", before, after);
        }
        GenesysChange::PostIntegrationsActions { integration: _, action, before: _ } => {
            if action.content.is_without_contract() {
                field(
                    out,
                    "note",
                    "takes nothing and returns nothing, which can never be changed once it is published",
                );
            }
            for (member, value) in action.members().iter().filter(|(member, _)| *member != "name") {
                field(out, member, &value_text(&shown(member, value)));
            }
        }
        GenesysChange::PatchIntegrationsAction { before, after: _, differences } => {
            field(out, "id", &before.id);
            for diff in differences {
                member_diff(
                    out,
                    diff.member,
                    &shown(diff.member, &diff.before),
                    &shown(diff.member, &diff.after),
                );
            }
        }
        GenesysChange::DeleteIntegrationsAction { id, name: _, owner: _, replaced_by: _ }
        | GenesysChange::DeleteIntegrationsCredential { id, name: _ } => field(out, "id", id),
        GenesysChange::DeleteIntegration { id, name: _, spec: _, actions } => {
            field(out, "id", id);
            field(out, "data actions", &actions.to_string());
        }
    }
}

fn arn_of(change: &GenesysChange) -> (Option<String>, Option<String>) {
    match change {
        GenesysChange::PutIntegrationsCredential { arn, .. } => (arn.before.clone(), arn.after.clone()),
        _ => (None, None),
    }
}

fn value_text(value: &Value) -> String {
    match value {
        Value::String(text) => in_quotes(text),
        other => other.to_string(),
    }
}

/// Long texts line by line, others in one line.
fn member_diff(out: &mut Vec<Field>, member: &str, before: &Value, after: &Value) {
    match (before, after) {
        (Value::String(old), Value::String(new))
            if old.trim_end().contains('\n') || new.trim_end().contains('\n') =>
        {
            let lines = text_diff(old, new);
            out.push(Field::Lines { title: Some(member.to_owned()), lines });
        }
        _ => value_diff(out, member, &value_text(before), &value_text(after)),
    }
}

/// What Genesys Cloud will be able to do.
pub(super) fn connection_text(connection: &Connection) -> String {
    let Connection { action, function, role, is_enabled } = connection;
    let off = if *is_enabled { "" } else { ", once the integration is enabled" };
    format!("data action {} invokes {function} through role `{}`{off}", in_quotes(action), one_line(role))
}

fn usage_text(usage: &Usage) -> String {
    match usage {
        Usage::Flows(flows) if flows.is_empty() => {
            "no flow is known to use it (scripts and other clients are not seen)".to_owned()
        }
        Usage::Flows(flows) => {
            let names: Vec<String> = flows.iter().map(|flow| in_quotes(flow)).collect();
            let flow = if names.len() == 1 { "flow" } else { "flows" };
            format!("used by the {flow} {}", names.join(", "))
        }
        Usage::Unknown(why) => format!("which flows use it is not known: {}", one_line(why)),
    }
}

fn owner_text(by: &Owner) -> String {
    match by {
        Owner::Unknown => "made by someone else".to_owned(),
        Owner::TagMissing => super::words::tag_missing(),
        Owner::Spec(spec) => format!("managed by another spec, `{}`", one_line(spec)),
    }
}

/// ` (the contract would gain input `id` (string))`
fn fields_in_words(fields: &[FieldDiff]) -> String {
    let side = |member: &str| if member == "input_schema" { "input" } else { "output" };
    let field = |FieldDiff { member, name, before, after }: &FieldDiff| {
        let what = format!("{} `{}`", side(member), one_line(name));
        match (before, after) {
            (None, Some(kind)) => format!("gain {what} ({})", one_line(kind)),
            (Some(before), Some(after)) => {
                format!("change {what} from {} to {}", one_line(before), one_line(after))
            }
            _ => format!("lose {what}"),
        }
    };
    match fields {
        [] => String::new(),
        fields => format!(
            " (the contract would {})",
            super::words::few(&fields.iter().map(field).collect::<Vec<_>>())
        ),
    }
}

fn list(names: &[String]) -> String {
    names.iter().map(|name| in_quotes(name)).collect::<Vec<_>>().join(", ")
}

pub(super) fn notice_remark(notice: &GenesysNotice) -> Remark {
    Remark::new(match notice {
        GenesysNotice::Adopted { name, by } => {
            format!("integration {} is adopted: it was {}", in_quotes(name), owner_text(by))
        }
        GenesysNotice::Unfinished { name } => format!(
            "integration {} exists and is empty, as a run that was interrupted leaves it: it is finished",
            in_quotes(name)
        ),
        GenesysNotice::EmptyIntegration { name, id } => format!(
            "integration {} ({}) exists and is empty; if an interrupted run left it, delete it or say `id`",
            in_quotes(name),
            one_line(id)
        ),
        GenesysNotice::ForeignActions { names } => format!(
            "the integration has data actions that this spec did not make; they stay: {}",
            list(names)
        ),
        GenesysNotice::Drafts { names } => format!(
            "the integration has unpublished drafts of data actions: {}; they stay, and publishing one overwrites the \
             action of its name, if there is one",
            list(names)
        ),
        GenesysNotice::ActionTakenOut { name, id } => format!(
            "this spec made the data action {} ({}) and no longer has it: it stays as it is (write it into the spec to manage it again), unless you ask for its removal with `--prune`",
            in_quotes(name),
            one_line(id)
        ),
        GenesysNotice::MaybeRenamed { was, name } => format!(
            "data action {1} is new, and {0} of the same function is no longer in the spec. Is it renamed? Then write `was = {0}` \
             in its table: it keeps its ID, which flows use; only `--prune` would delete it",
            in_quotes(was),
            in_quotes(name)
        ),
        GenesysNotice::NoFormer { was, name } => format!(
            "data action {} is new: `was = {}` names none that the integration has",
            in_quotes(name),
            in_quotes(was)
        ),
        GenesysNotice::IntegrationTakenOut { name, id } => format!(
            "this spec made the integration {} ({}) and no longer has it: it stays as it is, unless you ask for its removal with `--prune`",
            in_quotes(name),
            one_line(id)
        ),
        GenesysNotice::NamedElsewhere { what, by } => return named_elsewhere(what, by),
        GenesysNotice::Stops { id: _, action, usage } => format!(
            "data action {} stops, since its integration is switched off: {}",
            in_quotes(action),
            usage_text(usage)
        ),
        GenesysNotice::Flows { action, usage, is_only_renamed } => {
            let keeps = match is_only_renamed {
                true => {
                    "; it keeps its ID, by which published flows call it; Archy's YAML has its category and name"
                }
                false => "",
            };
            format!("data action {}: {}{keeps}", in_quotes(action), usage_text(usage))
        }
        GenesysNotice::Annotations { action } => format!(
            "titles or descriptions in the contract of data action {} differ; they cannot be changed without a new action",
            in_quotes(action)
        ),
        GenesysNotice::NotShown { what } => {
            format!("Genesys Cloud does not show {}: it is taken to be as the spec says", one_line(what))
        }
        GenesysNotice::Proof { actions } => {
            let actions: Vec<String> = actions.iter().map(|name| in_quotes(name)).collect();
            let (action, functions) = match actions.len() {
                1 => ("action", "runs the function"),
                _ => ("actions", "runs the functions"),
            };
            format!(
                "the proof with `test_input` of data {action} {} really {functions}; it is made where `apply` asks, or with `--test`",
                few(&actions)
            )
        }
        GenesysNotice::Replaced { action, id, usage, has_test: false } => format!(
            "data action {} is replaced: {} is deleted last, and without a test of the new one, which has no `test_input`; {}. \
             Flows keep the old ID: point them at the new action and publish them",
            in_quotes(action),
            one_line(id),
            usage_text(usage)
        ),
        GenesysNotice::Replaced { action, id, usage, has_test: true } => format!(
            "data action {} is replaced: {} is deleted last, after the new one has passed its test with `test_input`, or unproven where \
             no test is made (`--yes` or a saved plan without `--test`); {}. Flows keep the old ID: point them at the new action and publish them",
            in_quotes(action),
            one_line(id),
            usage_text(usage)
        ),
        GenesysNotice::LeftOver { action, was, replace } => {
            let keys = match (was, replace) {
                (true, true) => "`was` and `replace = true` are",
                (true, false) => "`was` is",
                _ => "`replace = true` is",
            };
            let or = match replace {
                true => ", or the next change of the contract replaces the data action again, with a new ID",
                false => "",
            };
            let them = if *was && *replace { "them" } else { "it" };
            format!("data action {}: {keys} no longer needed: remove {them}{or}", in_quotes(action))
        }
        GenesysNotice::CredentialStays { id, name, is_shared } => {
            let why = match is_shared {
                true => "another integration uses it".to_owned(),
                false => format!(
                    "its name is none that this tool gives; if nobody needs it, delete it: DELETE /api/v2/integrations/credentials/{}",
                    one_line(id)
                ),
            };
            format!("credential {} stays: {why}", in_quotes(name))
        }
        GenesysNotice::Repointed { integration, before, after } => {
            let account = |arn: &str| arn.parse::<Arn>().ok().map(|arn| arn.account);
            let stays = match (account(before), account(after)) {
                (Some(former), Some(account)) if former != account => format!(
                    "; a data action whose function moves with it fails for the moment between the two changes; the role in AWS account {former} \
                     stays as open as before, and no plan of this spec looks there"
                ),
                _ => String::new(),
            };
            format!(
                "integration {}: once IAM shows it, Genesys Cloud will assume {after} in place of {}{stays}",
                in_quotes(integration),
                one_line(before)
            )
        }
        GenesysNotice::OffMeanwhile { integration, former } => format!(
            "integration {} is switched off until everything is as wanted: role `{}`, which it used until now, changes too",
            in_quotes(integration),
            one_line(former)
        ),
        GenesysNotice::CutOff { id: _, action, function, role, holder, usage } => {
            let flows = match usage.as_ref() {
                Usage::Flows(flows) if !flows.is_empty() => format!("; {}", usage_text(usage)),
                Usage::Flows(_) | Usage::Unknown(_) => String::new(),
            };
            let (of, condition) = match holder {
                Holder::Spec => (String::new(), ""),
                Holder::Other(integration) => (
                    format!(" of the integration {}, which the spec does not have,", in_quotes(integration)),
                    "",
                ),
                Holder::Unknown(integration) => (
                    format!(" of the integration {}", in_quotes(integration)),
                    " if the integration uses this role, which Genesys Cloud does not show",
                ),
            };
            format!(
                "data action {}{of} calls {}, which role `{}` may no longer invoke: it will fail with 403{condition}{flows}",
                in_quotes(action),
                one_line(function),
                one_line(role)
            )
        }
        GenesysNotice::UsersUnknown { role } => format!(
            "role `{}` is deleted, and whether an integration of Genesys Cloud uses it is not known: there are no credentials of the \
             organization, or they do not show it",
            one_line(role)
        ),
        GenesysNotice::NotRead { why } => format!("Genesys Cloud's side was not read: {}", one_line(why)),
    })
}

/// What fails until a run that ended early goes on.
pub fn half_way_text(half_way: &HalfWay) -> String {
    match half_way {
        HalfWay::Off { integration } => {
            format!(
                "the integration {} is disabled until the rest is made: its data actions fail",
                in_quotes(integration)
            )
        }
        HalfWay::Ahead { action, function, role } => {
            let role = role
                .as_ref()
                .map_or_else(|| "its former role".to_owned(), |role| format!("`{}`", one_line(role)));
            format!(
                "data action {} calls {} already, and its integration still uses {role}: until the rest is made it fails, unless \
                 that role may invoke this function",
                in_quotes(action),
                one_line(function)
            )
        }
    }
}

/// What is wrong, and how to fix it.
pub(super) fn blocker_remark(blocker: &GenesysBlocker) -> Remark {
    let (what, remedy) = match blocker {
        GenesysBlocker::NotManaged { name, id, by } => (
            format!("integration {} ({}) exists already, {}", in_quotes(name), one_line(id), owner_text(by)),
            "take it over: `--adopt`, or `adopt = true` in [role.integration]; or choose another `name`".to_owned(),
        ),
        GenesysBlocker::NotOurs { name, id, by } => (
            format!("integration {} ({}) is not this spec's: it was {}", in_quotes(name), one_line(id), owner_text(by)),
            "only what has the spec's marker in its notes is removed; take it out of the spec, or remove it by hand"
                .to_owned(),
        ),
        GenesysBlocker::OtherOrganization { integration, organization, ids } => {
            let organization = in_quotes(organization);
            let could_not = format!("integration {} could not assume the role", in_quotes(integration));
            match ids {
                Some([own, id]) => (
                    format!(
                        "external ID `{}` is not the ID of the Genesys Cloud organization {organization} ({}): {could_not}",
                        one_line(own),
                        one_line(id)
                    ),
                    format!(
                        "set `external_id = \"{}\"`, or give the credentials of organization {}",
                        one_line(id),
                        one_line(own)
                    ),
                ),
                None => (
                    format!("the external ID is not the ID of the Genesys Cloud organization {organization}: {could_not}"),
                    "correct the external ID, or give the credentials of the organization that it belongs to".to_owned(),
                ),
            }
        }
        GenesysBlocker::Several { what, name, ids } => (
            format!("{} {what}s have the name {}", ids.len(), in_quotes(name)),
            format!(
                "say which with `id`: {}",
                ids.iter().map(|id| one_line(id)).collect::<Vec<_>>().join(", ")
            ),
        ),
        GenesysBlocker::NoSuchId { what, id } => (
            format!("no {what} has the ID {}", one_line(id)),
            "correct `id`, or leave it out: then the name counts".to_owned(),
        ),
        GenesysBlocker::NeedsReplacement { action, id, members, fields, also, usage } => (
            format!(
                "data action {} ({}): {} cannot be changed in a published action{}{}; {}",
                in_quotes(action),
                one_line(id),
                in_backquotes(members),
                fields_in_words(fields),
                match also.as_slice() {
                    [] => String::new(),
                    [one] => format!(", and the change to `{one}` waits with it"),
                    several => format!(", and the changes to {} wait with it", in_backquotes(several)),
                },
                usage_text(usage)
            ),
            "to keep flows working, add a second [[role.data_action]] under another name, point the flows at it, then take this one out \
             of the spec and run `apply --prune`; `replace = true` makes a new one, with a new ID, and deletes this one in the same run (if flows \
             use it, only with `--even-if-used`)"
                .to_owned(),
        ),
        GenesysBlocker::UsedByFlows { action, id, usage, is_replaced: false, fields: _ } => (
            format!("data action {} ({}) would be deleted; {}", in_quotes(action), one_line(id), usage_text(usage)),
            "point the flows at another action first; `--even-if-used` deletes it anyway".to_owned(),
        ),
        GenesysBlocker::UsedByFlows { action, id, usage, is_replaced: true, fields } => (
            format!(
                "data action {} ({}) would be deleted, once another has taken its place{}; {}",
                in_quotes(action),
                one_line(id),
                fields_in_words(fields),
                usage_text(usage)
            ),
            "to keep flows working, give the new contract to a second [[role.data_action]] under another name and leave this one as it \
             was, without `replace`; point the flows at the new one, then take this one out of the spec and run `apply --prune`; \
             `--even-if-used` replaces it anyway, and the flows fail until they use the new one"
                .to_owned(),
        ),
        GenesysBlocker::UsersUnknown { role } => (
            format!(
                "role `{}` would be deleted, and whether an integration of Genesys Cloud uses it is not known: there are no credentials of \
                 the organization, or they do not show it",
                one_line(role)
            ),
            "give the credentials of the organization; `--even-if-used` deletes it anyway".to_owned(),
        ),
        GenesysBlocker::RoleInUse { role, integration, action, is_taken_out } => (
            format!(
                "role `{}` would be deleted, and data action {} of the integration {}, which the spec does not have, calls through it",
                one_line(role),
                in_quotes(action),
                in_quotes(integration)
            ),
            match is_taken_out {
                true => "this spec made that integration: put its tables back into the spec, so that it goes with the role, or remove it first \
                         with `apply --prune`"
                    .to_owned(),
                false => "give that integration another role first; `--even-if-used` deletes this one anyway, and the data action fails \
                          with 403"
                    .to_owned(),
            },
        ),
        GenesysBlocker::ForeignActions { integration, names, drafts } => {
            let (titles, ids): (Vec<String>, Vec<String>) = drafts.iter().cloned().unzip();
            let has = match (names.as_slice(), titles.as_slice()) {
                (_, []) => format!("data actions that this spec did not make: {}", list(names)),
                ([], _) => format!("drafts of data actions that nobody has published: {}", list(&titles)),
                _ => format!(
                    "data actions that this spec did not make: {}; and drafts of some that nobody has published: {}",
                    list(names),
                    list(&titles)
                ),
            };
            let how = match ids.as_slice() {
                [] => String::new(),
                ids => format!(
                    "; a draft is under Admin > Integrations > Actions, or DELETE /api/v2/integrations/actions/ID/draft ({})",
                    ids.iter().map(|id| one_line(id)).collect::<Vec<_>>().join(", ")
                ),
            };
            (
                format!("integration {} has {has}", in_quotes(integration)),
                format!("they would go with it: export what is needed, and delete them by hand first{how}"),
            )
        }
    };
    Remark::new(what).with_remedy(remedy)
}

/// Before and after, for machines.
pub(super) fn change_json(change: &GenesysChange) -> (Value, Value) {
    match change {
        GenesysChange::PostIntegrationsCredentials { name, arn, before: _ } => {
            (Value::Null, json!({ "name": name, "arn": arn }))
        }
        GenesysChange::PutIntegrationsCredential { id, name, arn } => (
            json!({ "id": id, "name": name.before, "arn": arn.before }),
            json!({ "id": id, "name": name.after, "arn": arn.after }),
        ),
        GenesysChange::PostIntegrations { name } => {
            (Value::Null, json!({ "name": name, "type": "aws-lambda-data-actions" }))
        }
        GenesysChange::PutIntegrationConfigCurrent {
            integration,
            name,
            notes_before,
            notes_after,
            credential_before,
            credential_after,
        } => {
            let id = handle_json(integration);
            let after = notes_after.render(|name| Some(format!("(the ID of \"{name}\")")));
            (
                json!({ "id": id, "name": name.before, "notes": notes_before,
                        "credential": credential_before.as_ref().map(handle_json) }),
                json!({ "id": id, "name": name.after, "notes": after,
                        "credential": handle_json(credential_after) }),
            )
        }
        GenesysChange::PatchIntegration { integration, name: _, enabled } => {
            let of = |enabled: bool| {
                json!({ "id": handle_json(integration),
                        "intended_state": if enabled { "ENABLED" } else { "DISABLED" } })
            };
            (of(!enabled), of(*enabled))
        }
        GenesysChange::PostIntegrationsActions { integration, action, before: _ } => {
            let mut value = action_json(action);
            value["integration"] = handle_json(integration);
            (Value::Null, value)
        }
        GenesysChange::PatchIntegrationsAction { before, after: _, differences } => {
            let mut sides = [json!({ "id": before.id }), json!({ "id": before.id })];
            for diff in differences {
                sides[0][diff.member] = shown(diff.member, &diff.before);
                sides[1][diff.member] = shown(diff.member, &diff.after);
            }
            sides.into()
        }
        GenesysChange::DeleteIntegrationsAction { id, name, owner: _, replaced_by: _ }
        | GenesysChange::DeleteIntegration { id, name, spec: _, actions: _ }
        | GenesysChange::DeleteIntegrationsCredential { id, name } => {
            (json!({ "id": id, "name": name }), Value::Null)
        }
    }
}

fn handle_json(handle: &Handle) -> Value {
    match handle {
        Handle::Id(id) => id.as_str().into(),
        Handle::Made => Value::Null,
    }
}

fn action_json(action: &ActionState) -> Value {
    let members = action.members().into_iter();
    Value::Object(members.map(|(member, value)| (member.to_owned(), shown(member, &value))).collect())
}

/// What the spec wants in the organization for one role.
pub(super) fn desired(integration: Option<&DesiredIntegration>) -> Value {
    let Some(DesiredIntegration { name, id, notes, enabled, adopt, role, actions }) = integration else {
        return Value::Null;
    };
    let actions: Map<String, Value> = actions
        .iter()
        .map(|action| {
            let mut value = action_json(&action.state);
            value["id"] = json!(action.id);
            value["was"] = json!(action.was);
            value["replace"] = action.replace.into();
            (action.state.content.name.clone(), value)
        })
        .collect();
    json!({ "name": name, "id": id, "notes": notes, "enabled": enabled, "adopt": adopt,
            "role": role.to_string(), "actions": actions })
}

/// What was there, by integration.
pub(super) fn live(reading: &OrganizationReading) -> Value {
    let OrganizationReading::Read(organization) = reading else { return Value::Null };
    let LiveOrganization { id: _, name: _, integrations, credentials: _, usage } = organization;
    let integrations: BTreeMap<&str, Value> = integrations
        .iter()
        .map(|one| {
            let LiveIntegration {
                id,
                name,
                notes,
                intended_state,
                reported_state: _,
                detail: _,
                credential,
                actions,
                drafts: _,
            } = one;
            let credential = credential.as_ref().map(
                |credential| json!({ "id": credential.id, "name": credential.name, "arn": credential.arn }),
            );
            let actions: Map<String, Value> = actions
                .iter()
                .map(|action| {
                    let state = action.state.as_ref().map(action_json);
                    (action.id.clone(), json!({ "name": action.name, "state": state }))
                })
                .collect();
            let value = json!({ "name": name, "notes": notes, "intended_state": intended_state,
                                "credential": credential, "actions": actions });
            (id.as_str(), value)
        })
        .collect();
    let usage: BTreeMap<&str, Value> = usage
        .iter()
        .map(|(id, usage)| {
            let value = match usage {
                Usage::Flows(flows) => json!(flows),
                Usage::Unknown(_) => Value::Null,
            };
            (id.as_str(), value)
        })
        .collect();
    json!({ "integrations": integrations, "flows": usage })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn headers_that_look_like_secrets_are_masked_whatever_their_name() {
        let headers = json!({
            "X-Foo": "sk_live_51Habcdefghijklmnop",
            "Api-Key": "short",
            "Trace": "Bearer x",
            "Content-Type": "application/json; charset=utf-8",
            "Order": "${input.OrderNumber}",
        });
        assert_eq!(
            shown("headers", &headers),
            json!({
                "X-Foo": "(masked)",
                "Api-Key": "(masked)",
                "Trace": "(masked)",
                "Content-Type": "application/json; charset=utf-8",
                "Order": "${input.OrderNumber}",
            })
        );
    }

    #[test]
    fn of_a_schema_only_what_a_schema_consists_of_is_shown() {
        let good = json!({
            "$schema": "x", "type": "object", "required": ["password"], "additionalProperties": false,
            "properties": { "password": { "type": "string" }, "list": { "type": "array", "items": { "type": "string" } } },
        });
        assert_eq!(shown("success_schema", &good), good);
        let any = json!({
            "type": "object", "password": "hunter2-value", "properties": { "a": "hunter2-value", "b": { "c": ["hunter2-value"] } },
            "items": [{ "d": "hunter2-value" }], "anyOf": "hunter2-value", "definitions": "hunter2-value",
        });
        for member in ["input_schema", "success_schema"] {
            let text = shown(member, &any).to_string();
            assert!(!text.contains("hunter2") && text.contains("password"), "{text}");
        }
    }
}
