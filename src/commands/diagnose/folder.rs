//! The spec in this folder: what it says about a role, and how it is named in commands.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use crate::arn::{AccountId, FunctionArn};
use crate::commands::options::Global;
use crate::commands::page;
use crate::diagnose::{RoleCase, SpecFile, SpecTable};
use crate::spec::{
    DEFAULT_FILE, ExtraPermissions, GenesysCloud, LoadOptions, Loaded, RoleSpec, SPEC_KEY, load,
};
use crate::text::shell_word;

/// A spec that can be read and is about the account at hand.
#[derive(Debug)]
pub struct FolderSpec {
    path: PathBuf,
    /// ` --file other.toml`
    options: String,
    loaded: Loaded,
}

impl FolderSpec {
    pub(super) fn find(global: &Global, account: &AccountId) -> Option<Self> {
        let (path, options) = match global.files.as_slice() {
            [one] => (one.clone(), format!(" --file {}", shell_word(&one.to_string_lossy()))),
            _ => (PathBuf::from(DEFAULT_FILE), String::new()),
        };
        let loaded =
            load(&path, LoadOptions { allowed: &global.allow_env, is_offline: false, today: page::today() })
                .ok()?;
        (loaded.spec.aws.account_id == *account).then_some(Self { path, options, loaded })
    }

    pub(super) fn role(&self, name: &str) -> Option<&RoleSpec> {
        self.loaded.spec.roles.iter().find(|role| role.name == name)
    }

    pub(super) fn roles(&self) -> &[RoleSpec] {
        &self.loaded.spec.roles
    }

    /// Which organization it is about.
    pub(super) fn cloud(&self) -> GenesysCloud {
        self.loaded.spec.genesys.clone()
    }

    pub(super) fn region(&self) -> &str {
        &self.loaded.spec.aws.region
    }

    /// Its role's table; `None` for a role that it does not have.
    fn table(&self, case: &RoleCase) -> Option<SpecFile> {
        let wanted = &case.facts.desired;
        let role = self.role(&wanted.role.name)?;
        let live = &case.facts.live;
        // What the spec made itself needs no `--adopt`.
        let is_own = |tags: &crate::model::Tags| tags.get(SPEC_KEY) == Some(&self.loaded.spec.name);
        let owns_role = live.role.as_ref().is_none_or(|role| is_own(&role.role.tags));
        let owns_policy = live.policy.as_ref().is_none_or(|policy| is_own(&policy.policy.tags));
        let adopt = if role.adopt || owns_role && owns_policy { "" } else { " --adopt" };
        let source = self.loaded.source.get(..role.span.start).unwrap_or_default();
        let table = SpecTable {
            file: crate::text::path(&self.path),
            options: format!("{adopt}{}", self.options),
            line: source.matches('\n').count() + 1,
            removes_extra: role.extra_permissions == ExtraPermissions::Remove,
            is_switched_off: role.integration.as_ref().is_some_and(|integration| !integration.enabled),
            data_actions: role.data_actions.iter().map(|action| action.content.name.clone()).collect(),
        };
        let functions: BTreeSet<&FunctionArn> = role.functions.iter().map(|one| &one.arn).collect();
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let line = |is_same: bool, key: &str, value: String| (!is_same).then(|| format!("{key} = {value}"));
        let (id, account) = (wanted.external_id.expose(), &wanted.genesys_account_id);
        let genesys: Vec<String> = [
            line(role.external_id.expose() == id, "external_id", quoted(id)),
            line(role.genesys_account_id == *account, "account_id", quoted(account.as_str())),
        ]
        .into_iter()
        .flatten()
        .collect();
        let list: Vec<String> = wanted.functions.iter().map(|arn| quoted(&arn.to_string())).collect();
        let has_all = wanted.functions.iter().all(|function| functions.contains(function));
        let own: Vec<String> =
            line(has_all, "functions", format!("[{}]", list.join(", "))).into_iter().collect();
        Some(match (own.as_slice(), genesys.as_slice()) {
            ([], []) => SpecFile::Here(table),
            _ => SpecFile::Otherwise { table, role: own, genesys },
        })
    }
}

/// The spec in this folder if it has the role; else a name for a new one.
pub(super) fn spec_file(folder: Option<&FolderSpec>, out: Option<&Path>, case: &RoleCase) -> SpecFile {
    let made_by = case.facts.live.role.as_ref().and_then(|role| role.role.tags.get(SPEC_KEY)).cloned();
    if let Some(out) = out {
        return SpecFile::New { file: out.to_string_lossy().into_owned(), made_by };
    }
    if let Some(known) = folder.and_then(|folder| folder.table(case)) {
        return known;
    }
    let role = &case.facts.desired.role.name;
    let names = [DEFAULT_FILE.to_owned(), format!("{role}.toml")].into_iter();
    let mut names = names.chain((2..).map(|number| format!("{role}-{number}.toml")));
    let file = names.find(|name| !Path::new(name).exists()).unwrap_or_default();
    SpecFile::New { file, made_by }
}
