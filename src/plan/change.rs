//! One change, one API call, to any of the services.

use super::{genesys, iam};

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Diff<T> {
    pub before: T,
    pub after: T,
}

/// A change, complete and concrete: nothing is left to decide when it is applied.
#[derive(Debug, Clone, PartialEq, Eq)]
#[expect(clippy::large_enum_variant, reason = "most changes are IAM's, the larger")]
pub enum Change {
    Iam(iam::IamChange),
    Genesys(genesys::GenesysChange),
}

/// The service whose API a change calls.
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
    /// The call's API name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::Iam(change) => change.operation(),
            Self::Genesys(change) => change.operation(),
        }
    }

    /// The subject of the call: `role X`, `policy Y`, `policy Y of role X`.
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
