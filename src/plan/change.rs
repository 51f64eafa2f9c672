//! One change, one API call, whichever service it goes to.

use super::{genesys, iam};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff<T> {
    pub before: T,
    pub after: T,
}

/// A change, whole and concrete: nothing is left to decide while it is carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "most changes are IAM's, the larger")]
pub enum Change {
    Iam(iam::IamChange),
    Genesys(genesys::GenesysChange),
}

/// Whose API a change calls.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Service {
    Iam,
    Genesys,
}

/// What a change does to its subject, for counts and signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeKind {
    Create,
    Change,
    Remove,
}

impl From<iam::IamChange> for Change {
    fn from(change: iam::IamChange) -> Self {
        Self::Iam(change)
    }
}

impl Change {
    /// The API's name of the call.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Iam(change) => change.operation(),
            Self::Genesys(change) => change.operation(),
        }
    }

    /// What the call is about: `role X`, `policy Y`, `policy Y of role X`.
    pub fn subject(&self) -> String {
        match self {
            Self::Iam(change) => change.subject(),
            Self::Genesys(change) => change.subject(),
        }
    }

    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::Iam(change) => change.kind(),
            Self::Genesys(change) => change.kind(),
        }
    }

    pub fn service(&self) -> Service {
        match self {
            Self::Iam(_) => Service::Iam,
            Self::Genesys(_) => Service::Genesys,
        }
    }

    /// Whether both are the same call about the same thing.
    pub fn same_subject(&self, other: &Self) -> bool {
        self.operation() == other.operation() && self.subject() == other.subject()
    }
}
