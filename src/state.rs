//! What is wanted, and what is there, in IAM's terms.

use std::collections::{BTreeMap, BTreeSet};

use crate::arn::{AccountId, Arn};
use crate::policy::Document;
use crate::spec::{Boundary, ExternalId, ExtraPermissions, MANAGED_BY_KEY, MANAGED_BY_VALUE, SPEC_KEY};

pub type Tags = BTreeMap<String, String>;

/// Whether these tags say that this spec made what bears them.
pub fn is_of(spec: &str, tags: &Tags) -> bool {
    let has = |key: &str, value: &str| tags.get(key).is_some_and(|live| live == value);
    has(MANAGED_BY_KEY, MANAGED_BY_VALUE) && has(SPEC_KEY, spec)
}

/// A role, without what is attached to it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub arn: Arn,
    pub name: String,
    pub path: String,
    /// Empty: IAM takes none and an empty one as the same.
    pub description: String,
    /// Seconds.
    pub max_session_duration: i32,
    pub assume_role_policy: Document,
    pub permissions_boundary: Option<Arn>,
    pub tags: Tags,
}

/// A customer managed policy with the document of its default version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicy {
    pub arn: Arn,
    pub name: String,
    pub path: String,
    pub description: String,
    pub document: Document,
    pub tags: Tags,
}

/// What a spec asks for, resolved to exact ARNs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredState {
    /// The name of the spec, for the tag.
    pub spec: String,
    pub account_id: AccountId,
    pub region: String,
    pub roles: Vec<DesiredRole>,
    /// The policies of the spec's roles that are not worked on.
    pub excluded: BTreeSet<Arn>,
}

impl DesiredState {
    /// The same with some of the roles only.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&DesiredRole) -> bool) -> Self {
        let (roles, others): (Vec<_>, Vec<_>) = self.roles.iter().cloned().partition(|role| keep(role));
        let mut excluded = self.excluded.clone();
        excluded.extend(others.into_iter().map(|role| role.policy.arn));
        Self {
            roles,
            excluded,
            spec: self.spec.clone(),
            account_id: self.account_id.clone(),
            region: self.region.clone(),
        }
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredRole {
    /// `permissions_boundary` is what the role is created with; `boundary` says what is wanted of a live role.
    pub role: Role,
    pub policy: ManagedPolicy,
    /// Exactly what Genesys Cloud is to invoke.
    pub functions: Vec<Arn>,
    pub genesys_account_id: AccountId,
    pub external_id: ExternalId,
    /// Trusted beside Genesys Cloud, with the same external ID, so that the check can assume the role.
    pub verifier: Option<Arn>,
    pub boundary: Boundary,
    pub adopt: bool,
    /// `destroy` leaves it alone.
    pub prevent_destroy: bool,
    pub extra_permissions: ExtraPermissions,
}

/// What was read of one role of the spec and of its policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LiveState {
    /// By role name; an entry for each role that was asked for.
    pub roles: BTreeMap<String, Live>,
    pub orphans: Orphans,
}

/// Roles that bear the tag of the spec, which no longer has them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Orphans {
    /// Nobody looked, or nobody may: why.
    Unknown(String),
    /// They are to stay, so only their names are known.
    Named(BTreeSet<String>),
    /// They are to go.
    Read(BTreeMap<String, Live>),
}

/// Whether to look for roles that were taken out of the spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookForOrphans {
    No,
    /// Only which there are.
    Named,
    /// All of them, to remove them.
    Read,
}

impl Default for Orphans {
    fn default() -> Self {
        Self::Named(BTreeSet::new())
    }
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Live {
    pub role: Option<LiveRole>,
    /// The managed policy that the spec names.
    pub policy: Option<LivePolicy>,
}

impl Live {
    /// Every document that was read.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        let role = self
            .role
            .iter()
            .flat_map(|role| role.documents().chain([&role.role.assume_role_policy]).chain(&role.boundary));
        let policy = self.policy.iter().flat_map(|policy| {
            policy
                .versions
                .iter()
                .filter_map(|version| version.document.as_ref())
                .chain([&policy.policy.document])
        });
        role.chain(policy)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRole {
    pub role: Role,
    /// All attached managed policies, the spec's own among them, by ARN.
    pub attached: BTreeMap<Arn, AttachedPolicy>,
    /// Inline policies by name.
    pub inline: BTreeMap<String, Document>,
    /// The document of the permissions boundary, where there is one.
    pub boundary: Option<Document>,
}

impl LiveRole {
    /// Every document that says what the role may do, attached and inline.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.attached.values().map(|policy| &policy.document).chain(self.inline.values())
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedPolicy {
    pub name: String,
    /// Of the default version.
    pub document: Document,
    /// None for those of AWS.
    pub tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivePolicy {
    pub policy: ManagedPolicy,
    /// Newest first.
    pub versions: Vec<PolicyVersion>,
    /// How many users, groups and roles it is attached to.
    pub attachment_count: i32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// `v1`, `v2`, …
    pub id: String,
    pub is_default: bool,
    /// Only read where the default version is not what is wanted.
    pub document: Option<Document>,
}

impl PolicyVersion {
    /// The number in `v12`, so that v9 comes before v10.
    pub fn number(&self) -> u32 {
        self.id.trim_start_matches('v').parse().unwrap_or(0)
    }
}
