//! What a grant reaches: patterns that may cover one another. One covers another only where the evaluator definitely
//! allows by the first everything it may allow by the second.

use super::super::document::Spelling;
use super::super::grammar::{action_fault, resource_fault};
use super::super::pattern::{contains, is_disjoint};
use crate::arn::{AccountId, Arn};

#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Extent {
    Everything,
    /// With `*` and `?`.
    Pattern(PatternKind, String),
    /// Covers only itself.
    Exactly(String),
    /// Everything except what these match.
    AllBut(PatternKind, Vec<String>),
    OneOf(Vec<Extent>),
}

/// What a pattern is matched with; decides how case and colons are treated.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum PatternKind {
    Action,
    Resource,
}

impl PatternKind {
    pub(super) fn word(self) -> &'static str {
        match self {
            Self::Action => "action",
            Self::Resource => "resource",
        }
    }

    /// Whether everything that may match `narrow` definitely matches `wide`.
    fn covers(self, wide: &str, narrow: &str) -> bool {
        match self {
            Self::Action if action_fault(wide).is_some() => false,
            Self::Action => contains(&wide.to_ascii_lowercase(), &narrow.to_ascii_lowercase(), false),
            Self::Resource if resource_fault(wide).is_some() => false,
            Self::Resource => contains(wide, narrow, true),
        }
    }

    /// Whether no text can match both.
    fn is_disjoint(self, a: &str, b: &str) -> bool {
        match self {
            Self::Action if action_fault(a).is_some() => false,
            Self::Action => is_disjoint(&a.to_ascii_lowercase(), &b.to_ascii_lowercase()),
            Self::Resource if resource_fault(a).is_some() => false,
            Self::Resource => is_disjoint(a, b),
        }
    }
}

impl Extent {
    pub(super) fn of_pattern(kind: PatternKind, pattern: &str) -> Self {
        if pattern == "*" { Self::Everything } else { Self::Pattern(kind, pattern.to_owned()) }
    }

    pub(super) fn covers(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::Everything, _) => true,
            (_, Self::OneOf(parts)) => parts.iter().all(|part| self.covers(part)),
            (Self::OneOf(parts), _) => parts.iter().any(|part| part.covers(other)),
            (Self::Pattern(kind, wide), Self::Pattern(_, narrow)) => {
                self == other || kind.covers(wide, narrow)
            }
            (Self::AllBut(kind, excluded), Self::Pattern(_, narrow)) => {
                excluded.iter().all(|pattern| kind.is_disjoint(pattern, narrow))
            }
            (Self::AllBut(kind, few), Self::AllBut(_, many)) => few
                .iter()
                .all(|pattern| many.iter().any(|other| other == pattern || kind.covers(other, pattern))),
            _ => self == other,
        }
    }

    /// What is in both; `None`: nothing. This one whole when in doubt.
    pub(super) fn and(&self, other: &Self) -> Option<Self> {
        if other.covers(self) {
            Some(self.clone())
        } else if self.covers(other) {
            Some(other.clone())
        } else {
            (!self.is_disjoint(other)).then(|| self.clone())
        }
    }

    /// What a Deny of this leaves of `other`; `None`: not known.
    pub(super) fn spared_of(&self, other: &Self) -> Option<Vec<Self>> {
        match self {
            _ if self.covers(other) => Some(Vec::new()),
            Self::AllBut(kind, spared) => {
                Some(spared.iter().filter_map(|one| other.and(&Self::of_pattern(*kind, one))).collect())
            }
            _ => None,
        }
    }

    /// As in a sentence.
    pub(super) fn words(&self, spelling: &Spelling) -> String {
        let list =
            |all: &[String]| all.iter().map(|one| spelling.written(one)).collect::<Vec<_>>().join(", ");
        match self {
            Self::Everything => "*".to_owned(),
            Self::Pattern(_, text) | Self::Exactly(text) => spelling.written(text),
            Self::AllBut(kind, excepted) => format!("every {} but {}", kind.word(), list(excepted)),
            Self::OneOf(parts) => {
                parts.iter().map(|part| part.words(spelling)).collect::<Vec<_>>().join(", ")
            }
        }
    }

    /// Whether a text may be in it. Yes when in doubt.
    #[cfg(test)]
    pub(super) fn may_hold(&self, text: &str) -> bool {
        match self {
            Self::Pattern(kind, pattern) => !kind.is_disjoint(pattern, text),
            Self::AllBut(kind, excepted) => !excepted.iter().any(|pattern| kind.covers(pattern, text)),
            Self::Everything | Self::Exactly(_) => true,
            Self::OneOf(parts) => parts.iter().any(|part| part.may_hold(text)),
        }
    }

    /// Whether nothing is in both. No when in doubt.
    pub(super) fn is_disjoint(&self, other: &Self) -> bool {
        match (self, other) {
            (Self::AllBut(kind, excepted), Self::Pattern(_, pattern))
            | (Self::Pattern(_, pattern), Self::AllBut(kind, excepted)) => {
                excepted.iter().any(|one| one == pattern || kind.covers(one, pattern))
            }
            (Self::OneOf(parts), other) | (other, Self::OneOf(parts)) => {
                parts.iter().all(|part| part.is_disjoint(other))
            }
            (Self::Pattern(kind, a), Self::Pattern(_, b)) => kind.is_disjoint(a, b),
            (Self::Exactly(a), Self::Exactly(b)) => match (account(a), account(b)) {
                (Some(a), Some(b)) => a != b,
                _ => false,
            },
            _ => false,
        }
    }
}

/// The account of a principal `AWS …`.
pub(super) fn account(principal: &str) -> Option<AccountId> {
    let value = principal.strip_prefix("AWS ")?;
    value.parse().ok().or_else(|| value.parse::<Arn>().ok()?.account.parse().ok())
}
