//! A plan in a file: bound to the spec and to the live state that it was made from, and without a secret.
//!
//! The file is a witness, not an order: `apply` makes the plan again and carries it out only if spec, live state and plan
//! are what the file says. So an edited file can make nothing happen.

use std::fs;
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use crate::explain::{Explain, Status};
use crate::model::{DesiredState, LiveState, OrganizationReading};
use crate::plan::{Diff, Plan};
use crate::policy::Document;
use crate::render::field::difference;
use crate::render::json;
use crate::render::output::Output;
use crate::spec::{ExternalId, is_guid, read_bounded};
use crate::view::{self, FORMAT_VERSION, PLAN_FORMAT, PlanView};

/// Bytes of a saved plan.
const LARGEST_PLAN: u64 = 64 * 1024 * 1024;

/// What a plan was made with.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Options {
    pub adopt: bool,
    pub prune: bool,
    /// Of the roles of the spec only those whose names fit one of these; all where there is none.
    pub roles: Vec<String>,
}

/// A saved plan. Texts are masked.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct SavedPlan {
    /// As `render::json` has it.
    pub plan: Value,
    pub options: Options,
    /// The API of the organization, where its side is planned too.
    pub genesys_cloud: Option<String>,
    /// SHA-256 of what the spec wants, unmasked.
    pub spec_digest: String,
    /// SHA-256 of the live state, masked.
    pub live_digest: String,
    /// What the spec wants of each role.
    pub desired: Value,
    /// What was there.
    pub live: Value,
}

#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    #[error("cannot read the plan `{path}`", path = .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write the plan `{path}`", path = .path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("`{path}` is no saved plan", path = .path.display())]
    Broken { path: PathBuf, source: serde_json::Error },
    #[error("`{path}` is a plan that was printed with `--format json`, which cannot be applied", path = .path.display())]
    Printed { path: PathBuf },
    #[error("`{path}` has the format version {found}, this genesys-iam knows {known}", path = .path.display(), known = FORMAT_VERSION)]
    Version { path: PathBuf, found: Value },
    #[error("`{path}` was edited: it does not fit its own digest", path = .path.display())]
    Edited { path: PathBuf },
    #[error("the plan was made with {}, and that is not given here", .0.join(" and "))]
    NotRepeated(Vec<&'static str>),
    #[error("the plan is for the roles {}, and `--role` says otherwise", .0.join(", "))]
    OtherRoles(Vec<String>),
    #[error("`{path}` is there, and is no saved plan: it is not written over", path = .path.display())]
    InTheWay { path: PathBuf },
    #[error(
        "the external ID of role `{role}` is masked and no GUID, so that the plan's digests could give it away"
    )]
    WeakExternalId { role: String },
}

impl SavedPlan {
    /// # Errors
    ///
    /// [`SavedError::WeakExternalId`] for a masked external ID that could be guessed from a digest.
    pub fn new(
        plan: &Plan,
        desired: &DesiredState,
        live: &LiveState,
        genesys_api: Option<&str>,
        options: Options,
        output: &Output,
    ) -> Result<Self, SavedError> {
        // The 122 random bits of a GUID are given away by no digest.
        let weak = |id: &ExternalId| id.is_masked() && !is_guid(id.expose());
        if let Some(role) = desired.roles.iter().find(|role| weak(&role.external_id)) {
            return Err(SavedError::WeakExternalId { role: role.role.name.clone() });
        }
        let wanted = view::desired(desired);
        let is_planned = live.organization != OrganizationReading::NotAsked;
        let live = output.masked_json(&view::live(live));
        Ok(Self {
            plan: output.masked_json(&json::plan(&PlanView::new(plan))),
            options,
            genesys_cloud: genesys_api
                .filter(|_| is_planned)
                .and_then(|api| output.masked_json(&api.into()).as_str().map(str::to_owned)),
            spec_digest: digest(&wanted),
            live_digest: digest(&live),
            desired: output.masked_json(&wanted),
            live,
        })
    }

    /// # Errors
    ///
    /// When the file cannot be read or understood, or does not fit itself.
    pub fn read(path: &Path) -> Result<Self, SavedError> {
        let path = path.to_owned();
        let text = match fs::File::open(&path).and_then(|file| read_bounded(file, LARGEST_PLAN)) {
            Ok(text) => text,
            Err(source) => return Err(SavedError::Read { path, source }),
        };
        let value: Value = match serde_json::from_str(&text) {
            Ok(value) => value,
            Err(source) => return Err(SavedError::Broken { path, source }),
        };
        if value.pointer("/plan/format").and_then(Value::as_str) != Some(PLAN_FORMAT) {
            if value.get("format").and_then(Value::as_str) == Some(PLAN_FORMAT) {
                return Err(SavedError::Printed { path });
            }
            let source = serde::de::Error::custom(format!("its format is not {:?}", PLAN_FORMAT));
            return Err(SavedError::Broken { path, source });
        }
        // The version first: another layout would be an error that says nothing.
        if let Some(found) = value.pointer("/plan/format_version")
            && found.as_u64() != Some(FORMAT_VERSION)
        {
            return Err(SavedError::Version { path, found: found.clone() });
        }
        let saved: Self = match serde_json::from_value(value) {
            Ok(saved) => saved,
            Err(source) => return Err(SavedError::Broken { path, source }),
        };
        if digest(&saved.live) != saved.live_digest {
            return Err(SavedError::Edited { path });
        }
        Ok(saved)
    }

    /// What the plan is carried out with. What takes over or removes must be said again: the file may come from anywhere.
    ///
    /// # Errors
    ///
    /// [`SavedError::NotRepeated`] and [`SavedError::OtherRoles`] where `given` is not what the plan was made with.
    pub fn options(&self, given: &Options) -> Result<Options, SavedError> {
        let Options { adopt, prune, roles } = &self.options;
        let flags = [(*adopt && !given.adopt, "`--adopt`"), (*prune && !given.prune, "`--prune`")];
        let missing: Vec<&str> = flags.into_iter().filter(|(is, _)| *is).map(|(_, flag)| flag).collect();
        if !missing.is_empty() {
            return Err(SavedError::NotRepeated(missing));
        }
        if !given.roles.is_empty() && given.roles != *roles {
            let all = if roles.is_empty() { vec!["of the whole spec".to_owned()] } else { roles.clone() };
            return Err(SavedError::OtherRoles(all));
        }
        Ok(self.options.clone())
    }

    /// Whether there was anything to be done.
    pub fn has_changes(&self) -> bool {
        let roles = self.plan["roles"].as_array();
        roles.into_iter().flatten().any(|role| role["changes"] != Value::Array(Vec::new()))
    }

    /// Writes the file as a whole or not at all; what is no file, such as a pipe, is written to as it is.
    ///
    /// # Errors
    ///
    /// When it cannot be written, and when something else than a saved plan is in its place.
    pub fn write(&self, path: &Path) -> Result<(), SavedError> {
        let failed = |source| SavedError::Write { path: path.to_owned(), source };
        let mut text = serde_json::to_vec_pretty(self).map_err(|error| failed(error.into()))?;
        text.push(b'\n');
        // Where a link leads.
        let target = fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
        let there = fs::metadata(&target).ok();
        let is_special = there.as_ref().is_some_and(|metadata| !metadata.is_file());
        if there.as_ref().is_some_and(|metadata| metadata.is_file() && metadata.len() > 0)
            && let Err(SavedError::Broken { .. } | SavedError::Printed { .. }) = Self::read(&target)
        {
            return Err(SavedError::InTheWay { path: path.to_owned() });
        }
        let write = || {
            if is_special {
                return fs::OpenOptions::new().write(true).open(&target)?.write_all(&text);
            }
            let folder = target.parent().filter(|folder| !folder.as_os_str().is_empty());
            let mut builder = tempfile::Builder::new();
            builder.prefix(".genesys-iam-plan");
            // It is there to be read by others, unless somebody said otherwise.
            #[cfg(unix)]
            builder.permissions(
                there.map_or(std::os::unix::fs::PermissionsExt::from_mode(0o644), |file| file.permissions()),
            );
            let mut file = builder.tempfile_in(folder.unwrap_or(Path::new(".")))?;
            file.write_all(&text)?;
            file.persist(&target).map(drop).map_err(|error| error.error)
        };
        write().map_err(failed)
    }

    /// What is no longer as it was when the plan was saved, in sentences; nothing when the plan may be carried out.
    pub fn differences(&self, now: &Self) -> Vec<String> {
        let Self { plan, options: _, genesys_cloud, spec_digest, live_digest, desired, live } = self;
        let mut found = Vec::new();
        for (key, what) in [("spec", "spec"), ("account_id", "AWS account"), ("region", "region")] {
            if plan[key] != now.plan[key] {
                found.push(format!("the plan is for the {what} {}, this is {}", plan[key], now.plan[key]));
            }
        }
        if *genesys_cloud != now.genesys_cloud {
            let [then, this] = [genesys_cloud, &now.genesys_cloud]
                .map(|api| api.as_deref().unwrap_or("nowhere: there are no credentials for it"));
            found.push(format!("the plan is for Genesys Cloud at {then}, this is {this}"));
        }
        // Of another spec everything differs.
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
                found.push("the spec was changed since: a masked external ID is another".to_owned());
            }
        }
        if *live_digest != now.live_digest {
            for part in ["roles", "taken_out"] {
                compare_members(&live[part], &now.live[part], &mut |role, before, after| {
                    live_differences(role, before, after, &mut found);
                });
            }
            organization_differences(&live["organization"], &now.live["organization"], &mut found);
            if live["taken_out"] != now.live["taken_out"] && !live["taken_out"].is_object() {
                found.push("other roles bear the tag of this spec without being in it".to_owned());
            }
        }
        let [mut then, mut this] = [plan.clone(), now.plan.clone()];
        let versions = [&mut then, &mut this].map(|plan| plan["tool_version"].take());
        if found.is_empty() && (then != this || *desired != now.desired) {
            let [old, new] = versions;
            found.push(if old == new {
                "the file was edited: what it says is not what it was made from".to_owned()
            } else {
                format!("genesys-iam {old}, which made the plan, says it otherwise than {new}")
            });
        }
        found
    }
}

fn digest(value: &Value) -> String {
    let digest = Sha256::digest(value.to_string());
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    format!("sha256:{hex}")
}

/// Calls back for each member that differs; a missing one is null.
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
    if before.is_null() || after.is_null() {
        let what = if before.is_null() { "now has" } else { "no longer has" };
        found.push(format!("the spec was changed since: it {what} role `{role}`"));
        return;
    }
    let mut differs = |what: String, before: &Value, after: &Value| {
        found.push(change_in_words(&format!("the spec was changed since: {what}"), before, after));
    };
    for part in ["role", "policy"] {
        compare_members(&before[part], &after[part], &mut |key, old, new| {
            differs(format!("`{key}` of the {part} of `{role}`"), old, new);
        });
    }
    compare_members(before, after, &mut |key, old, new| {
        if !matches!(key, "role" | "policy") {
            differs(format!("`{key}` of role `{role}`"), old, new);
        }
    });
}

/// What is no longer as it was in Genesys Cloud.
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
    compare_members(&before["flows"], &after["flows"], &mut |id, _, _| {
        found.push(format!("other flows use the data action {id} since"));
    });
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

impl Explain for SavedError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Edited { .. } => {
                "look at what changed, then make a new plan: `genesys-iam plan --out FILE`"
            }
            Self::Read { .. } | Self::Broken { .. } | Self::Printed { .. } | Self::Version { .. } => {
                "`genesys-iam plan --out FILE` makes a plan that can be applied"
            }
            // A file says what was reviewed, and no file allows what the command line does not.
            Self::NotRepeated(_) => {
                "if this is what was reviewed, repeat it after the file: `genesys-iam apply PLAN.json --adopt --prune`"
            }
            Self::OtherRoles(_) => "leave `--role` out: the plan says for which roles it is",
            Self::InTheWay { .. } => "give `--out` another file",
            Self::Write { .. } => {
                "give `--out` a file in a folder that can be written to and has room; nothing else was changed"
            }
            Self::WeakExternalId { .. } => {
                "write the external ID into the spec, or apply without a saved plan"
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::Edited { .. }
            | Self::InTheWay { .. }
            | Self::NotRepeated(_)
            | Self::OtherRoles(_)
            | Self::WeakExternalId { .. } => Status::Refused,
            Self::Read { .. }
            | Self::Write { .. }
            | Self::Broken { .. }
            | Self::Printed { .. }
            | Self::Version { .. } => Status::Error,
        }
    }
}
