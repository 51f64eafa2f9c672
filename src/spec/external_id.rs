//! External IDs, and where a spec gets one from.

use std::fmt;

use super::limits::is_guid;

/// Placeholder for a value that is only inspected.
pub(super) const UNSET: &str = "00000000-0000-0000-0000-000000000000";

/// An external ID. If it comes from the environment or a file, it is masked wherever it would be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalId {
    value: String,
    origin: Origin,
    is_presentable: bool,
}

/// Where the spec gets a value from.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Origin {
    Literal,
    Variable(String),
    File(String),
}

impl ExternalId {
    /// `is_allowed`: by its variable's name or by the command line.
    pub(super) fn new(value: String, origin: Origin, is_allowed: bool) -> Self {
        // An organization ID is presentable wherever it comes from.
        let is_presentable = origin == Origin::Literal || is_allowed || is_guid(&value);
        Self { value, origin, is_presentable }
    }

    /// Whether a call may carry it. A spec may be untrusted, and its author may own the account and role: whatever is
    /// presented when a role is assumed ends up in that account's CloudTrail.
    pub fn is_presentable(&self) -> bool {
        self.is_presentable
    }

    pub fn expose(&self) -> &str {
        &self.value
    }

    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    pub fn is_masked(&self) -> bool {
        self.origin != Origin::Literal
    }

    /// It is only inspected, and its variable is not set.
    pub fn is_unset(&self) -> bool {
        self.is_masked() && self.value == UNSET
    }
}

impl Origin {
    /// As a spec writes it: `{ env = "GENESYS_EXTERNAL_ID" }`.
    pub fn reference(&self) -> Option<String> {
        let (key, value) = match self {
            Self::Literal => return None,
            Self::Variable(name) => ("env", name),
            Self::File(path) => ("file", path),
        };
        Some(format!("{{ {key} = {} }}", toml_edit::Value::from(value.as_str())))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Literal => f.write_str("the spec"),
            Self::Variable(name) => write!(f, "the environment variable `{name}`"),
            Self::File(path) => write!(f, "the file `{path}`"),
        }
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_masked() { "(masked)" } else { &self.value })
    }
}
