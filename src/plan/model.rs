//! A plan, as data.

use std::collections::BTreeSet;

use super::change::Change;
use super::genesys;
use super::iam::GuardFinding;
use crate::arn::{AccountId, Arn, FunctionArn};
use crate::model::{DesiredState, Orphans};
use crate::policy::access::AccessDiff;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub spec: String,
    pub account_id: AccountId,
    pub region: String,
    /// What the spec takes from elsewhere, in words.
    pub indirections: Vec<String>,
    /// In the order of the spec; those that are no longer in it first.
    pub roles: Vec<RolePlan>,
    /// Roles with the tag of the spec, are not in it, and stay.
    pub orphans: BTreeSet<String>,
    /// Why it is not known whether there are any.
    pub orphans_unknown: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolePlan {
    pub role: String,
    /// In the order in which they will be made.
    pub changes: Vec<Change>,
    pub blockers: Vec<Blocker>,
    pub notices: Vec<Notice>,
    /// Empty where nothing changes.
    pub access: AccessDiff,
    /// What Genesys Cloud can do afterwards; empty where nothing changes on its side.
    pub connections: Vec<genesys::Connection>,
    /// Whatever else lets somebody do more.
    pub widenings: Vec<Widening>,
}

/// What lets somebody do more, though the role's own documents do not show it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Widening {
    /// A policy allows more that is attached to others too, or is somebody's permissions boundary.
    Policy {
        policy: String,
        others: i32,
        bounds: i32,
        /// What it allows now, and what it no longer denies.
        gained: Vec<String>,
        no_longer: Vec<String>,
    },
    /// A policy in force has a condition on a tag that changes.
    Tag { what: Owned, key: String },
    /// No document that was read has a condition on a tag of the role that changes; those elsewhere were not read.
    TagElsewhere { key: String },
    /// Sessions may last longer, in seconds.
    Session { before: i32, after: i32 },
    /// The external ID that Genesys Cloud has to present may be another customer's.
    Tenant { external_id: String, doubt: TenantDoubt },
}

/// Why the Genesys Cloud organization that gains may be somebody else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantDoubt {
    /// The organization that the credentials belong to has another ID.
    NotTheOrganization { id: String },
    /// The role admits another ID now, where just one, and nothing says whose the new one is.
    NotKnown { former: Option<String> },
    /// The role admits another of Genesys's accounts now: another platform.
    OtherAccount,
}

impl RolePlan {
    /// Without changes.
    pub fn empty(role: &str) -> Self {
        Self {
            role: role.to_owned(),
            changes: Vec::new(),
            blockers: Vec::new(),
            notices: Vec::new(),
            access: AccessDiff::default(),
            connections: Vec::new(),
            widenings: Vec::new(),
        }
    }

    /// Whether anyone can do more afterwards, as far as is known. When in doubt, yes.
    pub fn is_wider(&self) -> bool {
        self.access.is_wider() || !self.widenings.is_empty()
    }
}

/// Why the changes of a role may not be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocker {
    /// The spec trusts an account that is not known to be Genesys's, and does not say why.
    UnknownAccount {
        why: String,
        help: String,
    },
    /// It exists, and this spec did not make it.
    NotManaged {
        what: Owned,
        by: Owner,
    },
    /// It would be destroyed, and this spec did not make it.
    NotOurs {
        what: Owned,
        by: Owner,
    },
    /// A policy that this spec made under another name is attached to the role.
    PolicyName {
        live: Arn,
        desired: String,
    },
    /// The path of a role cannot be changed.
    RolePath {
        role: String,
        live: String,
        desired: String,
    },
    /// Others use the policy that would be destroyed.
    PolicyInUse {
        policy: String,
        others: i32,
    },
    /// The policy that would be destroyed is someone's permissions boundary.
    PolicyBounds {
        policy: String,
        count: i32,
    },
    /// The spec names a function, version or alias that does not exist.
    MissingFunction {
        function: FunctionArn,
        line: usize,
    },
    /// IAM's names ignore case and path: another has it.
    NameTaken {
        what: Owned,
        live: Arn,
    },
    /// The verifier does not exist, or not under this ARN.
    NoPrincipal {
        arn: Arn,
        nearly: Option<Arn>,
    },
    NoBoundary {
        arn: Arn,
    },
    /// IAM deletes no role that is in one.
    InInstanceProfile {
        role: String,
        profiles: Vec<String>,
    },
    /// The account has no room.
    Quota {
        what: &'static str,
        used: i32,
        limit: i32,
        /// As many the plan makes.
        more: usize,
    },
    /// The role or policy itself has no room.
    OverQuota {
        of: Owned,
        what: &'static str,
        needs: usize,
        limit: usize,
    },
    /// A service-linked role, or another that only AWS changes.
    MadeByAws {
        role: String,
    },
    /// The spec guards the role against being destroyed.
    PreventDestroy {
        role: String,
    },
    /// A policy of the same name under another path is attached to the role.
    PolicyPath {
        policy: String,
        live: Arn,
        desired: Arn,
    },
    /// On Genesys Cloud's side.
    Genesys(genesys::GenesysBlocker),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owned {
    Role(String),
    Policy(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Owner {
    /// No tag of this tool.
    Unknown,
    /// This tool's, but the tag that names the spec is missing.
    TagMissing,
    /// The tag names another spec.
    Spec(String),
}

/// The lines of the spec that accept something as it is live.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HowToAccept {
    pub lines: Vec<String>,
    /// The spec accepts it as it was.
    pub is_outdated: bool,
}

/// Something a reviewer must know that this plan does not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The spec says why it trusts an account that is not known to be Genesys's.
    ConfirmedAccount {
        account: AccountId,
        reason: String,
    },
    ExtraAttached {
        policy: Arn,
        grants: Vec<String>,
        /// The functions whose invocation it denies.
        denies: Vec<String>,
        accept: HowToAccept,
    },
    ExtraInline {
        name: String,
        grants: Vec<String>,
        denies: Vec<String>,
        accept: HowToAccept,
    },
    /// It is not the spec's, and the spec accepts it.
    Accepted {
        what: String,
        gains: Vec<String>,
        reason: String,
        /// Whether somebody gets in by it.
        lets_in: bool,
    },
    /// The spec accepts another document than the one that is live, or does not say which.
    AcceptOutdated {
        what: String,
        gains: Vec<String>,
        accept: HowToAccept,
    },
    /// The spec accepts something that is not there.
    AcceptsNothing {
        what: String,
        line: usize,
    },
    /// What the spec accepts could not be looked at.
    AcceptUnknown {
        what: String,
        why: String,
    },
    /// A policy that this spec did not make, and that does more than deny, denies what the role is for.
    ForeignDeny {
        /// ``inline policy `deny` ``
        policy: String,
        functions: Vec<String>,
    },
    /// A policy of the AWS organization will refuse one of Genesys Cloud's calls.
    Guarded {
        finding: GuardFinding,
        /// The tag whose old value exempted the role.
        shut_by: Option<String>,
    },
    /// A tag is overwritten that may exempt the role from a policy of the AWS organization.
    ExemptionTag {
        key: String,
    },
    /// A boundary that the spec does not mention, or that keeps the role from what it is for.
    Boundary {
        arn: Arn,
        is_mentioned: bool,
        /// The functions that it does not allow.
        blocks: Vec<String>,
    },
    /// Taken over by `adopt`.
    Adopted {
        what: Owned,
        by: Owner,
    },
    /// It has the spec's tag but is no longer in it.
    RemovedFromSpec,
    /// No order of the changes is safe but one in which nobody can use the role for a while.
    ShutMeanwhile {
        writes: usize,
    },
    /// The trust policy shuts somebody out who may hold a session of the role, for as many seconds as those last.
    OlderSessions {
        seconds: i32,
    },
    /// The policy is also attached elsewhere: changing it changes that too.
    SharedPolicy {
        policy: String,
        others: i32,
    },
    /// About Genesys Cloud's side.
    Genesys(genesys::GenesysNotice),
}

impl Plan {
    pub(super) fn empty(desired: &DesiredState, orphans: &Orphans) -> Self {
        Self {
            spec: desired.spec.clone(),
            account_id: desired.account_id.clone(),
            region: desired.region.clone(),
            indirections: desired.indirections.clone(),
            roles: Vec::new(),
            orphans: match orphans {
                Orphans::Named(names) => names.clone(),
                Orphans::Unknown(_) | Orphans::Read(_) => BTreeSet::new(),
            },
            orphans_unknown: match orphans {
                Orphans::Unknown(why) => Some(why.clone()),
                Orphans::Named(_) | Orphans::Read(_) => None,
            },
        }
    }

    pub fn changes(&self) -> impl Iterator<Item = &Change> {
        self.roles.iter().flat_map(|role| &role.changes)
    }

    pub fn blockers(&self) -> impl Iterator<Item = &Blocker> {
        self.roles.iter().flat_map(|role| &role.blockers)
    }

    /// Whether anything may not be carried out.
    pub fn is_blocked(&self) -> bool {
        self.blockers().next().is_some()
    }

    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    pub fn is_wider(&self) -> bool {
        self.roles.iter().any(RolePlan::is_wider)
    }
}
