//! The cost of each way to read the live state, in calls.

/// How the live state is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reads {
    /// Whichever takes fewer calls, as far as can be known beforehand.
    #[default]
    Auto,
    /// Six calls per role, all roles concurrently.
    Single,
    /// One call per page of the account's roles and policies, plus one per 100 roles of the spec.
    Bulk,
}

/// For an ordinary role: GetRole, ListAttachedRolePolicies, ListRolePolicies, GetPolicy, ListPolicyVersions,
/// GetPolicyVersion.
pub const CALLS_PER_ROLE: usize = 6;
/// The listings in a bulk read: roles, roles again for what the first omits, policies.
pub const LISTINGS: usize = 3;
/// How full pages are, and how long AWS takes for them, is unknown, so bulk must be far better on paper.
const MARGIN: usize = 8;

/// More than any account has: an endpoint could return pages forever.
const MOST_PAGES: usize = 300;

impl Reads {
    /// The maximum pages per listing of the account, if a bulk read is tried.
    pub fn pages(self, roles: usize) -> Option<usize> {
        let single = CALLS_PER_ROLE * roles;
        match self {
            Self::Single => None,
            Self::Bulk => Some(MOST_PAGES),
            Self::Auto => (single > MARGIN * (LISTINGS + roles.div_ceil(100))).then_some(single / LISTINGS),
        }
    }
}
