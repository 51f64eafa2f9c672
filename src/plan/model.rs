//! A plan, as data.

use std::collections::BTreeMap;

use super::change::Change;
use super::genesys;
use super::iam::GuardFinding;
use super::party::KeptStranger;
use super::stray::{Stray, StrayIntegration};
use super::taken_out::left_inside;
use crate::arn::{AccountId, Arn, FunctionArn};
use crate::model::{DesiredRole, DesiredState, Orphans, OwnOrganization};
use crate::policy::access::AccessDiff;
use crate::spec::Namer;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Plan {
    pub spec: String,
    pub account_id: AccountId,
    pub region: String,
    /// What the spec takes from elsewhere, in words.
    pub indirections: Vec<String>,
    /// In spec order; roles no longer in it come last.
    pub roles: Vec<RolePlan>,
    /// Roles of the spec that are not in the plan.
    pub left_out: Vec<String>,
    /// Roles that have the spec's tag, are not in it, and stay, with those from outside the account who stay inside.
    pub orphans: BTreeMap<String, Vec<KeptStranger>>,
    /// Why it is unknown whether there are any.
    pub orphans_unknown: Option<String>,
    /// Roles whose spec is gone. What other specs of the account made is not what this plan stands on, so no saved plan
    /// is bound to it.
    pub strays: Vec<Stray>,
    /// Integrations whose spec is gone.
    pub stray_integrations: Vec<StrayIntegration>,
    /// The variables that `[genesys] credentials` names and nobody set.
    pub missing_credentials: Option<[String; 2]>,
}

/// What a permissions boundary allows at most. `None`: it was not read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct BoundaryLimits {
    pub arn: Arn,
    pub grants: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RolePlan {
    pub role: String,
    /// In the order in which they will be made.
    pub changes: Vec<Change>,
    pub blockers: Vec<Blocker>,
    pub notices: Vec<Notice>,
    /// Empty if nothing changes.
    pub access: AccessDiff,
    /// What Genesys Cloud can do afterwards; empty if nothing changes on its side.
    pub connections: Vec<genesys::Connection>,
    /// Everything else that allows someone more.
    pub widenings: Vec<Widening>,
    /// What an invocation passes, by the spec; `None` for a role that is no longer in it.
    pub way: Option<InvocationWay>,
    /// Empty if nothing changes.
    pub functions: FunctionsChanged,
}

/// The functions that a role may no longer invoke, and those that it newly may.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FunctionsChanged {
    pub lost: Vec<FunctionArn>,
    pub gained: Vec<FunctionArn>,
}

/// What an invocation passes on its way to the functions, by name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvocationWay {
    pub genesys_account_id: AccountId,
    /// With the names of its data actions, if the spec has one.
    pub integration: Option<(String, Vec<String>)>,
    pub policy: String,
    pub functions: Vec<FunctionArn>,
}

impl InvocationWay {
    pub fn of(desired: &DesiredRole) -> Self {
        let DesiredRole { policy, functions, genesys_account_id, integration, .. } = desired;
        let integration = integration.as_ref().map(|integration| {
            let names = integration.actions.iter().map(|action| action.state.content.name.clone());
            (integration.name.clone(), names.collect())
        });
        Self {
            genesys_account_id: genesys_account_id.clone(),
            integration,
            policy: policy.name.clone(),
            functions: functions.clone(),
        }
    }
}

/// What allows someone more without showing in the role's own documents.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Widening {
    /// A policy allows more, and is also attached elsewhere or is someone's permissions boundary.
    Policy {
        policy: String,
        others: i32,
        bounds: i32,
        /// What it now allows, and what it no longer denies.
        gained: Vec<String>,
        no_longer: Vec<String>,
    },
    /// A policy in force has a condition on a tag that changes.
    Tag { what: Owned, key: String },
    /// No document that was read has a condition on a changed tag of the role; those elsewhere were not read.
    TagElsewhere { key: String },
    /// Sessions may last longer, in seconds.
    Session { before: i32, after: i32 },
    /// The external ID that Genesys Cloud must present may be another customer's.
    Tenant { external_id: String, doubt: TenantDoubt },
    /// Others can become the verifier, and through it use the role; none: its trust policy was not read.
    Verifier { arn: Arn, admits: Vec<String> },
}

/// Why the Genesys Cloud organization that gains may be someone else's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TenantDoubt {
    /// The credentials' organization has a different ID.
    NotTheOrganization { id: String },
    /// The role currently admits another ID, if exactly one, and nothing says who owns the new one.
    Replaced { former: Option<String>, organization: OwnOrganization },
    /// The role currently admits none, and nothing says who owns this one.
    NotShown { organization: OwnOrganization },
    /// The role currently admits another Genesys account: another platform.
    OtherAccount,
}

impl RolePlan {
    /// A plan without changes.
    pub fn empty(role: &str) -> Self {
        Self {
            role: role.to_owned(),
            changes: Vec::new(),
            blockers: Vec::new(),
            notices: Vec::new(),
            access: AccessDiff::default(),
            connections: Vec::new(),
            widenings: Vec::new(),
            way: None,
            functions: FunctionsChanged::default(),
        }
    }

    /// Whether it is no longer in the spec: its changes come after those of all others.
    pub fn is_removal(&self) -> bool {
        self.way.is_none()
    }

    /// Whether anyone can do more afterwards, as far as is known. Yes when in doubt.
    pub fn is_wider(&self) -> bool {
        self.access.is_wider() || !self.widenings.is_empty()
    }
}

/// Why a role's changes may not be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Blocker {
    /// The spec trusts an account not known to be Genesys's, and does not say why.
    UnknownAccount {
        why: String,
        help: String,
    },
    /// It exists, and this spec did not create it.
    NotManaged {
        what: Owned,
        by: Owner,
    },
    /// It would be destroyed, and this spec did not create it.
    NotOurs {
        what: Owned,
        by: Owner,
    },
    /// A policy that this spec created under another name is attached to the role.
    PolicyName {
        live: Arn,
        desired: String,
    },
    /// A role's path cannot be changed.
    RolePath {
        role: String,
        live: String,
        desired: String,
    },
    /// Others use the policy that would be destroyed.
    PolicyInUse {
        policy: Arn,
        others: i32,
    },
    /// The policy that would be destroyed is someone's permissions boundary.
    PolicyBounds {
        policy: Arn,
        count: i32,
    },
    /// The plan would delete it, and the spec still names it.
    StillNamed {
        what: Owned,
        key: &'static str,
    },
    /// The spec names a function, version or alias that does not exist.
    MissingFunction {
        function: FunctionArn,
        line: usize,
    },
    /// IAM's names ignore case and path: another object has it.
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
    /// IAM does not delete a role that is in one.
    InInstanceProfile {
        role: String,
        profiles: Vec<String>,
    },
    /// The account's quota is exhausted.
    Quota {
        what: &'static str,
        used: i32,
        limit: i32,
        /// How many the plan creates.
        more: usize,
    },
    /// The role's or policy's own quota is exhausted.
    OverQuota {
        of: Owned,
        what: &'static str,
        needs: usize,
        limit: usize,
    },
    /// A service-linked role, or another that only AWS can change.
    MadeByAws {
        role: String,
    },
    /// The spec protects the role from destruction.
    PreventDestroy {
        role: String,
    },
    /// A policy with the same name under another path is attached to the role.
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
    /// It has this tool's tags, but not the one that names the spec.
    TagMissing,
    /// The tag names another spec.
    Spec(String),
}

/// The spec's lines that accept something as it is live.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct HowToAccept {
    pub lines: Vec<String>,
    /// The spec accepts an earlier state of it.
    pub is_outdated: bool,
}

/// Something a reviewer must know that this plan does not change.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Notice {
    /// The spec says why it trusts an account not known to be Genesys's.
    ConfirmedAccount {
        account: AccountId,
        reason: String,
    },
    /// A permissions boundary goes, or another takes its place.
    BoundaryChange {
        before: BoundaryLimits,
        after: Option<BoundaryLimits>,
    },
    /// The role admits an external ID that is known not to be the organization's, and the spec keeps it so.
    KeepsTenant {
        external_id: String,
        /// Of the live trust policy.
        digest: String,
    },
    ExtraAttached {
        policy: Arn,
        grants: Vec<String>,
        /// The functions it denies.
        denies: Vec<String>,
        accept: HowToAccept,
    },
    ExtraInline {
        name: String,
        grants: Vec<String>,
        denies: Vec<String>,
        accept: HowToAccept,
    },
    /// It is not from the spec, but the spec accepts it.
    Accepted {
        what: String,
        gains: Vec<String>,
        reason: String,
        /// Whether it gives someone access.
        lets_in: bool,
        /// The accept's digest, if they are not of the spec's account.
        outsiders: Option<String>,
    },
    /// The spec accepts a role of the account whose own trust policy admits these from outside; none: it was not read.
    AcceptedOpen {
        role: Arn,
        admits: Vec<String>,
        /// The accept's digest.
        digest: String,
    },
    /// The spec accepts a document other than the live one, or does not say which.
    AcceptOutdated {
        what: String,
        gains: Vec<String>,
        accept: HowToAccept,
    },
    /// The spec accepts something that does not exist.
    AcceptsNothing {
        what: String,
        line: usize,
        /// The digest, where it would let someone from outside the account stay once somebody adds it by hand.
        outsiders: Option<String>,
    },
    /// The spec accepts a principal whose statement also names somebody who cannot be accepted, such as Genesys Cloud.
    AcceptShares {
        what: String,
        line: usize,
    },
    /// What the spec accepts could not be read.
    AcceptUnknown {
        what: String,
        why: String,
    },
    /// A policy that this spec did not create, and that does more than deny, denies the role its purpose.
    ForeignDeny {
        /// ``inline policy `deny` ``
        policy: String,
        functions: Vec<String>,
    },
    /// An AWS organization policy will refuse one of Genesys Cloud's calls.
    Guarded {
        finding: GuardFinding,
        /// The tag whose old value exempted the role.
        shut_by: Option<String>,
    },
    /// An overwritten tag may exempt the role from an AWS organization policy.
    ExemptionTag {
        key: String,
    },
    /// A boundary that the spec does not mention, or that denies the role its purpose.
    Boundary {
        arn: Arn,
        is_mentioned: bool,
        /// The functions it does not allow.
        blocks: Vec<String>,
    },
    /// A function, version or alias does not exist, and no change of the plan grants it.
    FunctionGone {
        function: FunctionArn,
        line: usize,
    },
    /// The plan grants it, and whether it exists is not known: why.
    FunctionUnknown {
        function: FunctionArn,
        line: usize,
        why: String,
    },
    /// The spec says `adopt = true`, and has nothing to take over any more.
    LeftOverAdopt {
        place: &'static str,
    },
    /// Taken over by `adopt`.
    Adopted {
        what: Owned,
        by: Owner,
    },
    /// It has the spec's tag but was taken out of the spec.
    RemovedFromSpec,
    /// It has the spec's tag and was taken out of it, and someone else names it: it stays.
    NamedElsewhere {
        what: Owned,
        by: Namer,
    },
    /// The only safe order of changes leaves the role unusable for a while.
    ShutMeanwhile {
        writes: usize,
    },
    /// For a while, no proven order of the changes lets the role do all that it could before and can do in the end.
    InterruptedMeanwhile {
        writes: usize,
    },
    /// The trust policy shuts out someone who may hold a session of the role, for as many seconds as sessions last.
    OlderSessions {
        seconds: i32,
    },
    /// The policy is also attached elsewhere: changing it has an effect there too.
    SharedPolicy {
        policy: Arn,
        others: i32,
    },
    /// About Genesys Cloud's side.
    Genesys(genesys::GenesysNotice),
}

impl Notice {
    /// Whether a function exists: it depends on who looks, and on when.
    pub fn is_of_doubtful_function(&self) -> bool {
        matches!(self, Self::FunctionUnknown { .. } | Self::FunctionGone { .. })
    }
}

impl Plan {
    pub(super) fn empty(desired: &DesiredState, orphans: &Orphans) -> Self {
        Self {
            spec: desired.spec.clone(),
            account_id: desired.account_id.clone(),
            region: desired.region.clone(),
            indirections: desired.indirections.clone(),
            roles: Vec::new(),
            left_out: desired.excluded.values().cloned().collect(),
            missing_credentials: None,
            strays: Vec::new(),
            stray_integrations: Vec::new(),
            orphans: left_inside(orphans, desired),
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

    /// Whether anything may not be applied.
    pub fn is_blocked(&self) -> bool {
        self.blockers().next().is_some()
    }

    pub fn is_empty(&self) -> bool {
        self.changes().next().is_none()
    }

    pub fn is_wider(&self) -> bool {
        self.roles.iter().any(RolePlan::is_wider)
    }

    /// Whether anything that this spec made, or that no spec has any longer, stays without being in a spec.
    pub fn leaves_something(&self) -> bool {
        let is_leftover = |notice: &Notice| {
            matches!(
                notice,
                Notice::Genesys(
                    genesys::GenesysNotice::IntegrationTakenOut { .. }
                        | genesys::GenesysNotice::ActionTakenOut { .. }
                )
            )
        };
        !self.orphans.is_empty()
            || !self.strays.is_empty()
            || !self.stray_integrations.is_empty()
            || self.roles.iter().flat_map(|role| &role.notices).any(is_leftover)
    }
}
