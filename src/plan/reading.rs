//! What a way of reading the live state costs, in calls.

/// How the live state is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Reads {
    /// Whichever takes fewer calls, as far as that is known beforehand.
    #[default]
    Auto,
    /// Six calls per role, all roles at the same time.
    Single,
    /// As many calls as the account has pages of roles and policies, and one for each 100 roles of the spec.
    Bulk,
}

/// For one role without anything unusual: GetRole, ListAttachedRolePolicies, ListRolePolicies, GetPolicy, ListPolicyVersions,
/// GetPolicyVersion.
pub const CALLS_PER_ROLE: usize = 6;
/// The listings that bulk reading consists of: roles, roles again for what is missing in the first, policies.
pub const LISTINGS: usize = 3;
/// How full pages are, and how long AWS takes for them, is not known: so bulk must be far better on paper.
const MARGIN: usize = 8;

/// More than any account has: an endpoint could answer pages without end.
const MOST_PAGES: usize = 300;

impl Reads {
    /// How many pages each listing of the account may have, if bulk reading is tried.
    pub fn pages(self, roles: usize) -> Option<usize> {
        let single = CALLS_PER_ROLE * roles;
        match self {
            Self::Single => None,
            Self::Bulk => Some(MOST_PAGES),
            Self::Auto => (single > MARGIN * (LISTINGS + roles.div_ceil(100))).then_some(single / LISTINGS),
        }
    }
}
