//! A remedy, as steps.

use crate::arn::Arn;
use crate::policy::Document;

/// Each way removes the cause on its own.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Remedy {
    pub ways: Vec<Way>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Way {
    pub by: Means,
    pub steps: Vec<FixStep>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Means {
    Tool,
    Console,
    Cli,
    /// The integration's credential can name another role.
    Credential,
    /// Whoever administers the AWS organization.
    Administrator,
    /// Whoever owns what is in the way: a key, a function, a boundary.
    Owner,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FixStep {
    /// Something a person must do or know.
    Do(String),
    /// A command, quoted for a shell.
    Run(String),
    /// The same, of one that changes what the role may do.
    Change(String, DocumentChange),
    /// A document to paste.
    Paste(String),
}

/// What a command makes of a policy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum DocumentChange {
    /// The default version of a managed policy.
    Policy(Arn, Document),
    /// An inline policy of the role; `None`: deleted.
    Inline(String, Option<Document>),
    /// A managed policy that the role no longer has.
    Detached(Arn),
}

impl DocumentChange {
    /// Whether both are about the same policy.
    pub(super) fn is_beside(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Inline(name, _), Self::Inline(other, _)) => name == other,
            (Self::Policy(arn, _) | Self::Detached(arn), Self::Policy(other, _) | Self::Detached(other)) => {
                arn == other
            }
            _ => false,
        }
    }
}

impl Remedy {
    #[must_use]
    pub fn with(mut self, by: Means, steps: Vec<FixStep>) -> Self {
        if !steps.is_empty() {
            self.ways.push(Way { by, steps });
        }
        self
    }
}

impl Means {
    /// Its name in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Tool => "tool",
            Self::Console => "console",
            Self::Cli => "cli",
            Self::Credential => "credential",
            Self::Administrator => "administrator",
            Self::Owner => "owner",
        }
    }
}

pub(super) fn run(command: String) -> FixStep {
    FixStep::Run(command)
}

pub(super) fn say(text: impl Into<String>) -> FixStep {
    FixStep::Do(text.into())
}
