//! Commands that contain live names, quoted for a POSIX shell.

use std::borrow::Cow;

/// What precedes every command's own words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shell {
    /// `genesys-iam --sandbox`
    pub program: String,
    /// Shared by `diagnose` and the AWS CLI.
    pub profile: Option<String>,
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
    pub(super) fn apply(&self, role: &str, more: &str) -> Vec<String> {
        let (program, profile) = (&self.program, self.profile.as_deref());
        let profile = profile.map(|name| format!(" --profile {}", quote(name))).unwrap_or_default();
        let with = if more.is_empty() { String::new() } else { format!(" --with {}", quote(more)) };
        vec![
            format!("{program} diagnose {}{profile} --out genesys.toml{with}", quote(role)),
            format!("{program} apply --adopt"),
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
