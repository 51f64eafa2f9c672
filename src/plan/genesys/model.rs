//! What a plan says of Genesys Cloud's side, besides its changes.

use std::collections::BTreeSet;

use super::change::GenesysChange;
use crate::model::Usage;
use crate::plan::model::Owner;

/// What has to change for one role.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// Before anything changes in IAM: what takes away.
    pub first: Vec<GenesysChange>,
    /// After IAM is as wanted.
    pub last: Vec<GenesysChange>,
    pub blockers: Vec<GenesysBlocker>,
    pub notices: Vec<GenesysNotice>,
    /// What Genesys Cloud is able to do once the plan is carried out; empty where nothing changes.
    pub connections: Vec<Connection>,
}

/// A data action, the function that it invokes and the role through which.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub action: String,
    pub function: String,
    pub role: String,
    pub is_enabled: bool,
}

/// Why the changes of a role may not be carried out.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GenesysBlocker {
    /// The integration exists, and this spec did not make it.
    NotManaged { name: String, id: String, by: Owner },
    /// It would be destroyed, and this spec did not make it.
    NotOurs { name: String, id: String, by: Owner },
    /// Several have the name.
    Several { what: &'static str, name: String, ids: BTreeSet<String> },
    /// There is none of this ID.
    NoSuchId { what: &'static str, id: String },
    /// What differs cannot be changed in a published action.
    NeedsReplacement { action: String, id: String, members: Vec<&'static str>, usage: Usage },
    /// It would be deleted, and flows use it.
    UsedByFlows { action: String, id: String, usage: Usage },
    /// It would be destroyed with the integration, and is not this spec's.
    ForeignActions { integration: String, names: Vec<String> },
}

/// Something a reviewer must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GenesysNotice {
    /// It is taken over by `adopt`.
    Adopted { name: String, by: Owner },
    /// An earlier run began it.
    Unfinished { name: String },
    /// There is one without notes, credential and actions: perhaps a run that was broken off made it.
    EmptyIntegration { name: String, id: String },
    /// In the integration, not in the spec, and not this spec's.
    ForeignActions { names: Vec<String> },
    /// In the integration, and not published: publishing one changes the action of its name.
    Drafts { names: Vec<String> },
    /// This spec made it and no longer has it; it stays.
    ActionTakenOut { name: String, id: String },
    /// One that this spec made is gone from it, and a new one invokes the same function.
    MaybeRenamed { was: String, name: String },
    /// This spec made it and no longer has it; it stays.
    IntegrationTakenOut { name: String, id: String },
    /// Flows use what is changed, or it is not known whether they do.
    Flows { action: String, usage: Usage },
    /// Titles and descriptions of a contract cannot be changed without a new action.
    Annotations { action: String },
    /// Genesys Cloud does not show it.
    NotShown { what: String },
    /// The function is really run at the end, if the proof is made.
    Proof { action: String },
    /// It takes the place of another one: flows have to be pointed at it.
    Replaced { action: String, id: String, usage: Usage },
    /// Genesys Cloud will assume this role in place of the other.
    Repointed { integration: String, before: String, after: String },
    /// It is switched off until everything is as wanted: its credential's former role changes too.
    OffMeanwhile { integration: String, former: String },
    /// Genesys Cloud's side was not read.
    NotRead { why: String },
}
