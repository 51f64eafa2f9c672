//! What has changed since a plan was saved, in sentences.

use serde_json::Value;

use super::plan::SavedPlan;
use crate::plan::Diff;
use crate::policy::Document;
use crate::render::field::difference;
use crate::render::redact::{ANOTHER_ID, MASKED_ID};

const EDITED: &str = "the file was edited: what it says is not what it was made from";

/// How a saved plan differs from one made now.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misfit {
    /// In sentences; empty if the plan may be carried out.
    pub differences: Vec<String>,
    /// The reviewed changes that still have to be made, in words.
    pub left: Vec<String>,
    /// Those of them that would be made otherwise than reviewed.
    pub altered: Vec<String>,
    /// The reviewed changes that are not needed any longer: made, as far as the live state shows, unless the spec is another.
    pub gone: Vec<String>,
    /// Changes that nobody has reviewed.
    pub new: Vec<String>,
    /// Whether the spec asks for the same as when the plan was made.
    pub is_same_spec: bool,
    /// Whether nothing at all is left to do.
    pub is_done: bool,
}

/// The same with one mask for every masked ID: under another spec, another of them is the spec's own.
fn alike(live: &Value) -> Value {
    let text = live.to_string().replace(ANOTHER_ID, MASKED_ID);
    serde_json::from_str(&text).unwrap_or_else(|_| live.clone())
}

impl SavedPlan {
    /// What no longer fits, and how much of the plan has been carried out.
    pub fn compare(&self, now: &Self) -> Misfit {
        let is_done = self.has_changes() && !now.has_changes();
        let differences = self.differences(now);
        let is_same_spec = self.spec_digest == now.spec_digest;
        let ReviewedChanges { left, altered, gone, new } = match differences.iter().any(|one| one == EDITED) {
            // What somebody wrote into the file was neither made nor reviewed.
            true => ReviewedChanges {
                left: now.changes().into_iter().map(|(line, _)| line).collect(),
                ..ReviewedChanges::default()
            },
            false => ReviewedChanges::of(self.changes(), now.changes()),
        };
        Misfit { differences, left, altered, gone, new, is_same_spec, is_done }
    }

    /// What has changed since the plan was saved, in sentences; empty if the plan may be carried out.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let Self {
            plan,
            options: _,
            in_sandbox: _,
            genesys_cloud,
            spec_digest,
            live_digest,
            desired,
            live,
            made: _,
            shown,
        } = self;
        let mut found = Vec::new();
        for (key, what) in [("spec", "spec"), ("account_id", "AWS account"), ("region", "region")] {
            if plan[key] != now.plan[key] {
                found.push(format!("the plan is for the {what} {}, this is {}", plan[key], now.plan[key]));
            }
        }
        if *genesys_cloud != now.genesys_cloud {
            let [then, this] = [genesys_cloud, &now.genesys_cloud].map(|api| match api.as_deref() {
                Some("") => Some("the sandbox's own address"),
                api => api,
            });
            found.push(match (then, this) {
                (Some(then), Some(this)) => format!("the plan is for Genesys Cloud at {then}, this is {this}"),
                (None, _) => "the plan was made without credentials of Genesys Cloud, and this run has them: whoever plans needs them, too, or \
                              the next plan is refused as well"
                    .to_owned(),
                (Some(_), None) => "the plan was made with credentials of Genesys Cloud, and this run has none".to_owned(),
            });
        }
        // If the spec is a different one, everything differs.
        if !found.is_empty() {
            return found;
        }
        let elsewhere = |plan: &Value| match plan["indirections"].as_array() {
            Some(found) if !found.is_empty() => {
                found.iter().filter_map(Value::as_str).collect::<Vec<_>>().join(", ")
            }
            _ => "nothing".to_owned(),
        };
        let [then, this] = [plan, &now.plan].map(elsewhere);
        if then != this {
            found.push(format!("the spec took from elsewhere: {then}; now it takes: {this}"));
        }
        if *spec_digest != now.spec_digest {
            let before = found.len();
            compare_members(desired, &now.desired, &mut |role, before, after| {
                wanted_differences(role, before, after, &mut found);
            });
            if found.len() == before {
                let is_masked = desired.to_string().contains(MASKED_ID);
                found.push(if is_masked {
                    "the spec was changed since: a masked external ID is another".to_owned()
                } else {
                    "the spec was changed since, or the file was edited: `spec_digest` is another".to_owned()
                });
            }
        }
        if *live_digest != now.live_digest {
            let is_same_spec = *spec_digest == now.spec_digest;
            let [before, after] =
                [live, &now.live].map(|live| if is_same_spec { live.clone() } else { alike(live) });
            for part in ["roles", "taken_out"] {
                compare_members(&before[part], &after[part], &mut |role, before, after| {
                    live_differences(role, before, after, &mut found);
                });
            }
            organization_differences(&live["organization"], &now.live["organization"], &mut found);
            let may_look = "(iam:GetAccountAuthorizationDetails): allow it to both or to neither, or the next plan is refused too";
            match (live["taken_out"].is_null(), now.live["taken_out"].is_null()) {
                (false, true) => found.push(format!(
                    "whether roles were taken out of the spec was known to the plan, and this identity may not look {may_look}"
                )),
                (true, false) => found.push(format!(
                    "whether roles were taken out of the spec was not known to the plan, and this identity may look {may_look}"
                )),
                _ if live["taken_out"] != now.live["taken_out"] && !live["taken_out"].is_object() => {
                    found.push("other roles have the tag of this spec without being in it".to_owned());
                }
                _ => {}
            }
        }
        let [mut then, mut this] = [plan.clone(), now.plan.clone()];
        let versions = [&mut then, &mut this].map(|plan| plan["tool_version"].take());
        if found.is_empty() {
            said_differences(&then, &this, &mut found);
        }
        // What a reviewer was shown is the plan, too.
        let is_shown = shown.is_none() || *shown == now.shown;
        if found.is_empty() && (then != this || *desired != now.desired || !is_shown) {
            let [old, new] = versions;
            found.push(if old == new {
                EDITED.to_owned()
            } else {
                format!("genesys-iam {old}, which made the plan, says it otherwise than {new}")
            });
        }
        found
    }
}

/// The reviewed changes beside those of now.
#[derive(Default)]
struct ReviewedChanges {
    left: Vec<String>,
    altered: Vec<String>,
    gone: Vec<String>,
    new: Vec<String>,
}

impl ReviewedChanges {
    fn of(reviewed: Vec<(String, &Value)>, now: Vec<(String, &Value)>) -> Self {
        let mut compared = Self::default();
        let mut now: Vec<Option<(String, &Value)>> = now.into_iter().map(Some).collect();
        for (line, change) in reviewed {
            let at = |is: &dyn Fn(&Value) -> bool| {
                now.iter()
                    .position(|one| one.as_ref().is_some_and(|(other, value)| *other == line && is(value)))
            };
            let same = at(&|other| other == change);
            match same.or_else(|| at(&|_| true)) {
                None => compared.gone.push(line),
                Some(at) => {
                    now[at] = None;
                    compared.altered.extend(same.is_none().then(|| line.clone()));
                    compared.left.push(line);
                }
            }
        }
        compared.new = now.into_iter().flatten().map(|(line, _)| line).collect();
        compared
    }
}

/// Calls `differs` for each member that differs; a missing one is null.
fn compare_members(before: &Value, after: &Value, differs: &mut dyn FnMut(&str, &Value, &Value)) {
    let none = serde_json::Map::new();
    let [before, after] = [before, after].map(|value| value.as_object().unwrap_or(&none));
    let mut keys: Vec<&String> = before.keys().chain(after.keys()).collect();
    keys.sort_unstable();
    keys.dedup();
    for key in keys {
        let [old, new] = [before, after].map(|members| members.get(key).unwrap_or(&Value::Null));
        if old != new {
            differs(key, old, new);
        }
    }
}

fn wanted_differences(role: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    let name = format!("role `{role}`");
    let Some((before, after)) = of_spec(&name, before, after, found) else { return };
    for part in ["role", "policy"] {
        members_of_spec(&format!("the {part} of `{role}`"), &before[part], &after[part], &[], found);
    }
    let [old, new] = [before, after].map(|wanted| &wanted["integration"]);
    let integration = format!("the integration of {name}");
    if let Some((old, new)) = of_spec(&integration, old, new, found) {
        members_of_spec(&integration, old, new, &["actions"], found);
        compare_members(&old["actions"], &new["actions"], &mut |action, old, new| {
            let action = format!("the data action \"{action}\" of {name}");
            if let Some((old, new)) = of_spec(&action, old, new, found) {
                members_of_spec(&action, old, new, &[], found);
            }
        });
    }
    members_of_spec(&name, before, after, &["role", "policy", "integration"], found);
}

/// Both, if the spec had it and has it; otherwise says which.
fn of_spec<'v>(
    what: &str,
    before: &'v Value,
    after: &'v Value,
    found: &mut Vec<String>,
) -> Option<(&'v Value, &'v Value)> {
    let has = match (before.is_null(), after.is_null()) {
        (false, false) => return Some((before, after)),
        (true, true) => return None,
        (true, false) => "now has",
        (false, true) => "no longer has",
    };
    found.push(format!("the spec was changed since: it {has} {what}"));
    None
}

/// Each member that the spec has otherwise, without those that are told apart.
fn members_of_spec(what: &str, before: &Value, after: &Value, apart: &[&str], found: &mut Vec<String>) {
    compare_members(before, after, &mut |key, old, new| {
        if !apart.contains(&key) {
            let words = change_in_words(&format!("`{key}` of {what}"), old, new);
            found.push(format!(
                "the spec was changed since: {}",
                words.replacen(" was changed since:", ":", 1)
            ));
        }
    });
}

/// What has changed in Genesys Cloud.
fn organization_differences(before: &Value, after: &Value, found: &mut Vec<String>) {
    if before.is_null() || after.is_null() {
        if before != after {
            let what =
                if before.is_null() { "was not read when the plan was made" } else { "was not read now" };
            found.push(format!("Genesys Cloud's side {what}"));
        }
        return;
    }
    compare_members(&before["integrations"], &after["integrations"], &mut |id, old, new| {
        let name = |value: &Value| value["name"].as_str().unwrap_or(id).to_owned();
        match (old.is_null(), new.is_null()) {
            (true, _) => found.push(format!("integration \"{}\" was created since", name(new))),
            (_, true) => found.push(format!("integration \"{}\" was deleted since", name(old))),
            _ => compare_members(old, new, &mut |key, old_member, new_member| {
                if key != "actions" {
                    let what = format!("`{key}` of integration \"{}\"", name(old));
                    found.push(change_in_words(&what, old_member, new_member));
                    return;
                }
                compare_members(old_member, new_member, &mut |id, old, new| {
                    let name = old["name"].as_str().or(new["name"].as_str()).unwrap_or(id);
                    match (old.is_null(), new.is_null()) {
                        (true, _) => found.push(format!("data action \"{name}\" was created since")),
                        (_, true) => found.push(format!("data action \"{name}\" was deleted since")),
                        _ => found.push(format!("data action \"{name}\" was changed since")),
                    }
                });
            }),
        }
    });
    // Which are looked up goes by what the plan changes.
    compare_members(&before["flows"], &after["flows"], &mut |id, old, new| {
        if !old.is_null() && !new.is_null() {
            found.push(format!("other flows use the data action {id} since"));
        }
    });
}

/// What a plan depends on beside the spec and the live state that it is bound to, such as whether functions exist.
fn said_differences(then: &Value, this: &Value, found: &mut Vec<String>) {
    let none = Vec::new();
    let by_role = |plan: &Value| -> serde_json::Map<String, Value> {
        let roles = plan["roles"].as_array().unwrap_or(&none).iter();
        roles.filter_map(|role| Some((role["role"].as_str()?.to_owned(), role.clone()))).collect()
    };
    compare_members(&by_role(then).into(), &by_role(this).into(), &mut |role, then, this| {
        for (key, new, old) in [
            ("blockers", "is blocked now", "was blocked when the plan was made, and is not now"),
            ("notices", "has another notice now", "has this notice no longer"),
        ] {
            let [then, this] = [then, this].map(|one| one[key].as_array().unwrap_or(&none));
            for (sentences, others, what) in [(this, then, new), (then, this, old)] {
                let told = sentences.iter().filter(|one| !others.contains(one)).filter_map(Value::as_str);
                found.extend(told.map(|sentence| format!("role `{role}` {what}: {sentence}")));
            }
        }
    });
    if !found.is_empty() {
        return;
    }
    // Whom other roles' trust policies admit, and what other policies allow.
    for key in ["gains", "keeps", "losses", "lost_limits", "stays_open", "unknown_tags", "functions_changed"]
    {
        let [then, this] = [then, this].map(|plan| &plan["summary"][key]);
        if then != this {
            found.push(format!(
                "`{key}` of the plan was {then}, now it is {this}: other policies were changed since, or the file was edited"
            ));
        }
    }
}

fn live_differences(role: &str, before: &Value, after: &Value, found: &mut Vec<String>) {
    for (part, name) in
        [("role", format!("role `{role}`")), ("policy", format!("the policy of role `{role}`"))]
    {
        let [old, new] = [&before[part], &after[part]];
        match (old.is_null(), new.is_null()) {
            (true, true) => {}
            (true, false) => found.push(format!("{name} was created since")),
            (false, true) => found.push(format!("{name} was deleted since")),
            (false, false) => compare_members(old, new, &mut |key, old, new| match key {
                "assume_role_policy" => {
                    found.push(change_in_words(&format!("the trust policy of {name}"), old, new))
                }
                "attached_policies" => compare_members(old, new, &mut |arn, old, new| {
                    let what = format!("policy `{arn}`");
                    found.push(match (old.is_null(), new.is_null()) {
                        (true, _) => format!("{what} was attached to {name} since"),
                        (_, true) => format!("{what} was detached from {name} since"),
                        _ => format!("the document of {what} was changed since"),
                    });
                }),
                "inline_policies" => compare_members(old, new, &mut |inline, old, new| {
                    let what = format!("inline policy `{inline}` of {name}");
                    found.push(match (old.is_null(), new.is_null()) {
                        (true, _) => format!("{what} was added since"),
                        (_, true) => format!("{what} was removed since"),
                        _ => format!("{what} was changed since"),
                    });
                }),
                key => {
                    found.push(change_in_words(&format!("`{key}` of {name}"), old, new));
                }
            }),
        }
    }
}

/// `X was "a", now it is "b"`, or a diff for documents.
fn change_in_words(what: &str, before: &Value, after: &Value) -> String {
    let [old, new] = [before, after].map(|value| Document::parse(&value.to_string()));
    if let (Ok(before), Ok(after)) = (old, new) {
        let mut text = format!("{what} was changed since:\n");
        text.push_str(&difference(&Diff { before, after }));
        return text.trim_end().to_owned();
    }
    format!("{what} was {before}, now it is {after}")
}
