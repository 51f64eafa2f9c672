//! Commands that contain live names, quoted for a POSIX shell.

use std::borrow::Cow;

use super::model::{FixStep, run, say};
use crate::arn::FunctionArn;
use crate::spec::{DEFAULT_FILE, SPEC_KEY};

/// What precedes every command's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shell {
    /// `genesys-iam --sandbox`
    pub program: String,
    /// Shared by `diagnose` and the AWS CLI.
    pub profile: Option<String>,
    pub spec: SpecFile,
    /// There is nobody else to ask.
    pub in_sandbox: bool,
}

/// Where the spec of the role as it should be is, or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecFile {
    /// There is one that says so.
    Here(SpecTable),
    /// There is one that has the role otherwise: what to write in its table, and in that of Genesys Cloud.
    Otherwise { table: SpecTable, role: Vec<String>, genesys: Vec<String> },
    /// A name that is free, and the spec that made the role, if its tags name one.
    New { file: String, made_by: Option<String> },
}

/// The table of a role in a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecTable {
    pub file: String,
    /// What `apply` needs to find it, and to take over what it did not make: ` --adopt --file other.toml`
    pub options: String,
    /// Counted from 1.
    pub line: usize,
    /// The spec switches its integration off.
    pub is_switched_off: bool,
    /// The spec has [`REMOVE`] for it already.
    pub removes_extra: bool,
    /// The names of its data actions.
    pub data_actions: Vec<String>,
}

/// The line with which `apply` takes off the role what the spec does not name.
pub(super) const REMOVE: &str = "extra_permissions = \"remove\"";

/// What the spec says beyond the role as it should be.
#[derive(Debug, Clone, Copy)]
pub(super) enum SpecEdit<'a> {
    Nothing,
    /// A line more for the role.
    Line(&'a str),
    /// Another function in place of one.
    Function {
        old: &'a FunctionArn,
        new: &'a str,
    },
}

impl Shell {
    /// What to type after a change.
    pub fn again(&self, role: &str) -> String {
        let profile = self.profile.as_deref().map(|name| format!(" --profile {}", quote(name)));
        format!("{} diagnose {}{}", self.program, quote(role), profile.unwrap_or_default())
    }

    /// `aws iam …`
    pub(super) fn aws(&self, words: &[&str]) -> String {
        let mut command = format!("aws {}", join(words));
        if let Some(profile) = &self.profile {
            command.push_str(&format!(" --profile {}", quote(profile)));
        }
        command
    }

    /// Whether the spec at hand has a data action of this name, so that `apply` corrects it.
    pub(super) fn has_action(&self, name: &str) -> bool {
        match &self.spec {
            SpecFile::Here(table) | SpecFile::Otherwise { table, .. } => {
                table.data_actions.iter().any(|known| known == name)
            }
            SpecFile::New { .. } => false,
        }
    }

    /// Where to switch the role's integration on, if the spec switches it off.
    pub(super) fn switch_on(&self, role: &str) -> Option<FixStep> {
        match &self.spec {
            SpecFile::Here(table) | SpecFile::Otherwise { table, .. } if table.is_switched_off => {
                Some(say(format!(
                    "{} switches it off: in [role.integration] of `{role}`, `intended_state = \"ENABLED\"` in place of \"DISABLED\"",
                    table.file
                )))
            }
            _ => None,
        }
    }

    /// Somebody else has to do it, or to agree: what to send them.
    pub(super) fn letter(&self, who: &str, text: impl Into<String>) -> Vec<FixStep> {
        let first = match self.in_sandbox {
            true => format!(
                "{who} would get this text; in the sandbox that is you, and what is printed below works:"
            ),
            false => format!("send this to {who}:"),
        };
        vec![say(first), FixStep::Paste(text.into())]
    }

    /// Writes the spec of the role as it should be, edited, and applies it.
    pub(super) fn apply(&self, role: &str, edit: SpecEdit<'_>) -> Vec<FixStep> {
        let program = &self.program;
        let (table, own, genesys) = match &self.spec {
            SpecFile::New { file, made_by } => return self.written(role, file, made_by.as_deref(), edit),
            SpecFile::Here(table) => (table, &[][..], &[][..]),
            // A second spec for the same role would take it away from this one.
            SpecFile::Otherwise { table, role, genesys } => (table, role.as_slice(), genesys.as_slice()),
        };
        let SpecTable { file, options, line, data_actions: _, is_switched_off: _, removes_extra } = table;
        let mut steps = Vec::new();
        if !genesys.is_empty() {
            steps.push(say(format!(
                "in {file}, correct this in the table [genesys], or in [role.genesys] of `{role}`:"
            )));
            steps.push(FixStep::Paste(genesys.join("\n")));
        }
        let more = match edit {
            SpecEdit::Line(REMOVE) if *removes_extra => None,
            SpecEdit::Line(line) => Some(line),
            SpecEdit::Nothing | SpecEdit::Function { .. } => None,
        };
        let lines: Vec<&str> = own.iter().map(String::as_str).chain(more).collect();
        if !lines.is_empty() {
            steps.push(say(format!(
                "in {file}, line {line}, [[role]] `{role}`: below its name, in place of a line with the same key:"
            )));
            steps.push(FixStep::Paste(lines.join("\n")));
        }
        if let SpecEdit::Function { old, new } = edit {
            steps.push(say(format!(
                "in {file}, line {line}, [[role]] `{role}`: {new} in place of {} in `functions`, and in `function` of its data actions",
                old.label()
            )));
        }
        steps.push(run(format!("{program} apply{options}")));
        steps
    }

    fn written(&self, role: &str, file: &str, made_by: Option<&str>, edit: SpecEdit<'_>) -> Vec<FixStep> {
        let program = &self.program;
        let profile =
            self.profile.as_deref().map(|name| format!(" --profile {}", quote(name))).unwrap_or_default();
        let with = match edit {
            SpecEdit::Nothing => String::new(),
            SpecEdit::Line(line) => format!(" --with {}", quote(line)),
            SpecEdit::Function { old, new } => {
                format!(" --function {}", quote(&format!("{}={new}", old.label())))
            }
        };
        let options = if file == DEFAULT_FILE { String::new() } else { format!(" --file {}", quote(file)) };
        let mut steps = Vec::new();
        if let Some(spec) = made_by {
            steps.push(say(format!(
                "a spec named `{spec}` made this role (its tag {SPEC_KEY} says so): if you can find that file, work with it; otherwise this writes another one of that name:"
            )));
        }
        steps.push(run(format!("{program} diagnose {}{profile} --out {}{with}", quote(role), quote(file))));
        // What it writes says `adopt = true`.
        steps.push(run(format!("{program} apply{options}")));
        steps
    }
}

fn join(words: &[&str]) -> String {
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// A text that a shell could never pass on is shown as it is.
pub(super) fn quote(text: &str) -> Cow<'_, str> {
    shlex::try_quote(text).unwrap_or(Cow::Borrowed(text))
}
