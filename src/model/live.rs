//! What was read.

use std::collections::BTreeMap;

use super::foresight::Namesakes;
use super::genesys::OrganizationReading;
use super::guards::GuardsReading;
use super::iam::Live;
use super::own_organization::OwnOrganization;
use crate::policy::Document;

/// What was read of one role of the spec and its policy.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct LiveState {
    /// By role name; one entry for each requested role.
    pub roles: BTreeMap<String, Live>,
    pub orphans: Orphans,
    /// The roles of the account that other specs made, by spec and name, each with its trust policy unless that cannot be read;
    /// none where nobody looked.
    pub of_other_specs: BTreeMap<String, BTreeMap<String, Option<Document>>>,
    /// Set if the account's listings were read anyway.
    pub namesakes: Option<Namesakes>,
    pub organization: OrganizationReading,
    pub own_organization: OwnOrganization,
    /// Whoever answers for AWS was named by the spec: its roles vouch for nothing.
    pub is_of_spec_endpoint: bool,
    /// What the AWS organization forbids.
    pub guards: GuardsReading,
}

impl LiveState {
    /// Every document that was read.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        let removed = match &self.orphans {
            Orphans::Read(roles) => Some(roles),
            Orphans::Named(_) | Orphans::Unknown(_) => None,
        };
        self.roles.values().chain(removed.into_iter().flat_map(BTreeMap::values)).flat_map(Live::documents)
    }
}

/// Roles that have the spec's tag but were taken out of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Orphans {
    /// Nobody looked, or nobody may look: why.
    Unknown(String),
    /// They stay: by name, with the trust policy, unless it cannot be read.
    Named(BTreeMap<String, Option<Document>>),
    /// They will be removed.
    Read(BTreeMap<String, Live>),
}

/// Whether to look for roles taken out of the spec.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookForOrphans {
    No,
    /// Their names, and whom they admit.
    Named,
    /// All of them, in order to remove them.
    Read,
}

impl Default for Orphans {
    fn default() -> Self {
        Self::Named(BTreeMap::new())
    }
}
