//! Three-valued logic: undecided never counts as true.

/// Whether something holds, and why if it does not or is unknown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Truth {
    True,
    False(String),
    Unknown(String),
}

impl Truth {
    pub(super) fn of(holds: bool, why_not: impl FnOnce() -> String) -> Self {
        if holds { Self::True } else { Self::False(why_not()) }
    }

    /// False beats unknown, unknown beats true.
    pub(super) fn and(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::False(_) => self,
            Self::True => other(),
            Self::Unknown(_) => match other() {
                Self::False(why) => Self::False(why),
                Self::True | Self::Unknown(_) => self,
            },
        }
    }

    /// True beats unknown, unknown beats false.
    pub(super) fn or(self, other: impl FnOnce() -> Self) -> Self {
        match self {
            Self::True => self,
            Self::False(_) => other(),
            Self::Unknown(_) => match other() {
                Self::True => Self::True,
                Self::False(_) | Self::Unknown(_) => self,
            },
        }
    }

    pub(super) fn not(self, why_not: impl FnOnce() -> String) -> Self {
        match self {
            Self::True => Self::False(why_not()),
            Self::False(_) => Self::True,
            Self::Unknown(_) => self,
        }
    }

    pub(super) fn any(truths: impl Iterator<Item = Self>, why_not: impl FnOnce() -> String) -> Self {
        let mut result = Self::False(String::new());
        for truth in truths {
            result = result.or(|| truth);
            if result == Self::True {
                break;
            }
        }
        match result {
            Self::False(_) => Self::False(why_not()),
            other => other,
        }
    }

    pub(super) fn all(truths: impl Iterator<Item = Self>) -> Self {
        let mut result = Self::True;
        for truth in truths {
            result = result.and(|| truth);
            if matches!(result, Self::False(_)) {
                break;
            }
        }
        result
    }
}
