//! Commands that contain live names, quoted for a POSIX shell.

use std::borrow::Cow;

use super::model::{FixStep, run, say};
use crate::spec::DEFAULT_FILE;

/// What precedes every command's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shell {
    /// `genesys-iam --sandbox`
    pub program: String,
    /// Shared by `diagnose` and the AWS CLI.
    pub profile: Option<String>,
    pub spec: SpecFile,
}

/// Where the spec of the role as it should be is, or will be.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecFile {
    /// There is one that says so: its name, and the options that name it.
    Here { name: String, options: String },
    /// There is one that has the role otherwise: what to write in it.
    Otherwise { name: String, options: String, lines: Vec<String> },
    /// A name that is free.
    New(String),
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

    /// Writes the spec of the role as it should be, with one more line for the role, and applies it.
    pub(super) fn apply(&self, role: &str, more: &str) -> Vec<FixStep> {
        let (program, profile) = (&self.program, self.profile.as_deref());
        let file = match &self.spec {
            SpecFile::New(file) => file,
            SpecFile::Here { name, options } => {
                let add = say(format!("{name} has the role: add the line {more} to it, then"));
                let apply = run(format!("{program} apply{options}"));
                return if more.is_empty() { vec![apply] } else { vec![add, apply] };
            }
            // A second spec for the same role would take it away from this one.
            SpecFile::Otherwise { name, options, lines } => {
                let lines: Vec<&str> =
                    lines.iter().map(String::as_str).chain([more]).filter(|one| !one.is_empty()).collect();
                return vec![
                    say(format!("{name} has the role otherwise; write there:")),
                    FixStep::Paste(lines.join("\n")),
                    run(format!("{program} apply{options}")),
                ];
            }
        };
        let options = if file == DEFAULT_FILE { String::new() } else { format!(" --file {}", quote(file)) };
        let profile = profile.map(|name| format!(" --profile {}", quote(name))).unwrap_or_default();
        let with = if more.is_empty() { String::new() } else { format!(" --with {}", quote(more)) };
        vec![
            run(format!("{program} diagnose {}{profile} --out {}{with}", quote(role), quote(file))),
            run(format!("{program} apply --adopt{options}")),
        ]
    }
}

fn join(words: &[&str]) -> String {
    words.iter().map(|word| quote(word)).collect::<Vec<_>>().join(" ")
}

/// A text that a shell could never pass on is shown as it is.
pub(super) fn quote(text: &str) -> Cow<'_, str> {
    shlex::try_quote(text).unwrap_or(Cow::Borrowed(text))
}
