//! What a plan says about Genesys Cloud's side, besides its changes.

use std::collections::BTreeSet;

use super::change::GenesysChange;
use crate::model::{FieldDiff, Usage};
use crate::plan::model::Owner;
use crate::spec::Namer;

/// The changes one role needs.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Side {
    /// Before any change in IAM: removals.
    pub first: Vec<GenesysChange>,
    /// Once IAM is as desired.
    pub last: Vec<GenesysChange>,
    pub blockers: Vec<GenesysBlocker>,
    pub notices: Vec<GenesysNotice>,
    /// What Genesys Cloud can do once the plan is applied; empty if nothing changes.
    pub connections: Vec<Connection>,
}

/// A data action, the function it invokes and the role it uses.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Connection {
    pub action: String,
    pub function: String,
    pub role: String,
    pub is_enabled: bool,
}

/// Why a role's changes may not be applied.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GenesysBlocker {
    /// The integration exists, and this spec did not create it.
    NotManaged { name: String, id: String, by: Owner },
    /// It would be destroyed, and this spec did not create it.
    NotOurs { name: String, id: String, by: Owner },
    /// The role demands another organization's ID: the integration could not assume it.
    OtherOrganization {
        integration: String,
        /// The name of the organization that has the integration.
        organization: String,
        /// The spec's external ID and the organization's ID, where the spec's may be shown.
        ids: Option<[String; 2]>,
    },
    /// Several have this name.
    Several { what: &'static str, name: String, ids: BTreeSet<String> },
    /// None has this ID.
    NoSuchId { what: &'static str, id: String },
    /// The difference cannot be changed in a published action.
    NeedsReplacement {
        action: String,
        id: String,
        members: Vec<&'static str>,
        fields: Box<[FieldDiff]>,
        /// What else differs, and waits for it.
        also: Vec<&'static str>,
        usage: Box<Usage>,
    },
    /// It would be deleted, perhaps after another has taken its place, but flows use it.
    UsedByFlows {
        action: String,
        id: String,
        usage: Usage,
        is_replaced: bool,
        /// What differs in the contract, where another is to take its place.
        fields: Vec<FieldDiff>,
    },
    /// The role would be deleted, and a data action of an integration that is not the spec's calls through it.
    RoleInUse { role: String, integration: String, action: String, is_taken_out: bool },
    /// A role that was taken out of a spec with integrations would be deleted, and nobody looked who uses it.
    UsersUnknown { role: String },
    /// It would be destroyed with the integration, but is not this spec's.
    ForeignActions {
        integration: String,
        names: Vec<String>,
        /// Never published: the name and the ID of each.
        drafts: Vec<(String, String)>,
    },
}

/// Something a reviewer must know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GenesysNotice {
    /// Taken over by `adopt`.
    Adopted { name: String, by: Owner },
    /// Started by an earlier run.
    Unfinished { name: String },
    /// One exists without notes, credential or actions: perhaps from an interrupted run.
    EmptyIntegration { name: String, id: String },
    /// In the integration, but neither in the spec nor owned by it.
    ForeignActions { names: Vec<String> },
    /// In the integration, unpublished: publishing it changes the action it is named after.
    Drafts { names: Vec<String> },
    /// This spec created it and no longer has it; it stays.
    ActionTakenOut { name: String, id: String },
    /// An action this spec created is gone from it, and a new one invokes the same function.
    MaybeRenamed { was: String, name: String },
    /// No data action of the integration has the former name that the spec gives a new one.
    NoFormer { was: String, name: String },
    /// This spec created it and no longer has it; it stays.
    IntegrationTakenOut { name: String, id: String },
    /// This spec made it and no longer has it, and someone else names it: it stays.
    NamedElsewhere { what: String, by: Namer },
    /// A data action stops with its integration, which is switched off.
    Stops { id: String, action: String, usage: Box<Usage> },
    /// What goes leaves the credential that it used: others use it, or its name is none that this tool gives.
    CredentialStays { id: String, name: String, is_shared: bool },
    /// Flows use what is changed, or may use it.
    Flows { action: String, usage: Usage, is_only_renamed: bool },
    /// Titles and descriptions of a contract cannot be changed without a new action.
    Annotations { action: String },
    /// Genesys Cloud does not show it.
    NotShown { what: String },
    /// The function really runs at the end, if the proof is run.
    Proof { actions: Vec<String> },
    /// It replaces another one: flows must be pointed at it.
    Replaced { action: String, id: String, usage: Usage, has_test: bool },
    /// What these keys of its table asked for is done.
    LeftOver { action: String, was: bool, replace: bool },
    /// Genesys Cloud will assume this role instead of the other.
    Repointed { integration: String, before: String, after: String },
    /// It is disabled until everything is as desired: its credential's former role changes too.
    OffMeanwhile { integration: String, former: String },
    /// It works, and will not any more: the role may no longer invoke its function.
    CutOff { id: String, action: String, function: String, role: String, holder: Holder, usage: Box<Usage> },
    /// Genesys Cloud's side was not read.
    NotRead { why: String },
    /// The role is deleted, and the spec says nothing about Genesys Cloud, which was not read.
    UsersUnknown { role: String },
}

/// Whose data action a plan cuts off.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Holder {
    /// One of the spec's integrations.
    Spec,
    /// Another integration, by name.
    Other(String),
    /// An integration whose role Genesys Cloud does not show, by name.
    Unknown(String),
}
