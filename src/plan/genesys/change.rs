//! One change, one Platform API call, under the API's own name.

use std::collections::BTreeSet;

use crate::model::{ActionState, LiveAction, Marker, MemberDiff};
use crate::plan::change::{ChangeKind, Diff};

/// An existing object, or the one of its kind that an earlier change of the same role creates.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Handle {
    Id(String),
    Made,
}

/// A spec's data action in the marker: by ID, or by the name under which this plan creates it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum ActionRef {
    Id(String),
    Made(String),
}

/// Whose a data action is when it is deleted: the integration's notes name the spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionOwner {
    pub integration: String,
    pub spec: String,
}

/// An integration's notes: the spec's text and the marker.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotesState {
    pub text: String,
    pub spec: String,
    pub actions: BTreeSet<ActionRef>,
}

impl NotesState {
    /// The text; `made` gives the ID of an action created under a name.
    pub fn render(&self, made: impl Fn(&str) -> Option<String>) -> String {
        let ids = self.actions.iter().filter_map(|action| match action {
            ActionRef::Id(id) => Some(id.clone()),
            ActionRef::Made(name) => made(name),
        });
        Marker { spec: self.spec.clone(), actions: ids.collect() }.join(&self.text)
    }
}

/// A change, complete and concrete except for IDs that only Genesys Cloud can assign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GenesysChange {
    PostIntegrationsCredentials {
        name: String,
        arn: String,
        /// IDs of credentials that already have the name.
        before: BTreeSet<String>,
    },
    PutIntegrationsCredential {
        id: String,
        name: Diff<String>,
        /// The old value, if Genesys Cloud shows it.
        arn: Diff<Option<String>>,
    },
    PostIntegrations {
        name: String,
    },
    PutIntegrationConfigCurrent {
        integration: Handle,
        name: Diff<String>,
        /// The old text, including any marker.
        notes_before: String,
        notes_after: NotesState,
        credential_before: Option<Handle>,
        credential_after: Handle,
    },
    PatchIntegration {
        integration: Handle,
        name: String,
        enabled: bool,
    },
    PostIntegrationsActions {
        integration: Handle,
        action: Box<ActionState>,
        /// IDs of the integration's actions that already have the name.
        before: BTreeSet<String>,
    },
    PatchIntegrationsAction {
        before: Box<LiveAction>,
        after: Box<ActionState>,
        differences: Vec<MemberDiff>,
    },
    DeleteIntegrationsAction {
        id: String,
        name: String,
        owner: ActionOwner,
        /// Its replacement.
        replaced_by: Option<ActionRef>,
    },
    DeleteIntegration {
        id: String,
        name: String,
        /// The spec in its notes; `None` if it is unfinished, and they name none.
        spec: Option<String>,
        actions: usize,
    },
    DeleteIntegrationsCredential {
        id: String,
        name: String,
    },
}

impl GenesysChange {
    /// Whether an integration that may be in use assumes another role from this change on.
    pub fn hands_over(&self) -> bool {
        match self {
            Self::PutIntegrationsCredential { arn, .. } => arn.before != arn.after,
            Self::PutIntegrationConfigCurrent {
                integration: Handle::Id(_),
                credential_before: Some(before),
                credential_after,
                ..
            } => before != credential_after,
            _ => false,
        }
    }

    /// The call's API name.
    pub fn operation(&self) -> &'static str {
        match self {
            Self::PostIntegrationsCredentials { .. } => "PostIntegrationsCredentials",
            Self::PutIntegrationsCredential { .. } => "PutIntegrationsCredential",
            Self::PostIntegrations { .. } => "PostIntegrations",
            Self::PutIntegrationConfigCurrent { .. } => "PutIntegrationConfigCurrent",
            Self::PatchIntegration { .. } => "PatchIntegration",
            Self::PostIntegrationsActions { .. } => "PostIntegrationsActions",
            Self::PatchIntegrationsAction { .. } => "PatchIntegrationsAction",
            Self::DeleteIntegrationsAction { .. } => "DeleteIntegrationsAction",
            Self::DeleteIntegration { .. } => "DeleteIntegration",
            Self::DeleteIntegrationsCredential { .. } => "DeleteIntegrationsCredential",
        }
    }

    /// The subject of the call.
    pub fn subject(&self) -> String {
        match self {
            Self::PostIntegrationsCredentials { name, .. }
            | Self::DeleteIntegrationsCredential { name, .. } => format!("credential \"{name}\""),
            Self::PutIntegrationsCredential { name, .. } => format!("credential \"{}\"", name.before),
            Self::PostIntegrations { name } | Self::DeleteIntegration { name, .. } => {
                format!("integration \"{name}\"")
            }
            Self::PutIntegrationConfigCurrent { name, .. } => {
                format!("configuration of integration \"{}\"", name.before)
            }
            Self::PatchIntegration { name, .. } => format!("integration \"{name}\""),
            Self::PostIntegrationsActions { action, .. } => {
                format!("data action \"{}\"", action.content.name)
            }
            Self::PatchIntegrationsAction { before, .. } => format!("data action \"{}\"", before.name),
            Self::DeleteIntegrationsAction { name, .. } => format!("data action \"{name}\""),
        }
    }

    pub fn kind(&self) -> ChangeKind {
        match self {
            Self::PostIntegrationsCredentials { .. }
            | Self::PostIntegrations { .. }
            | Self::PostIntegrationsActions { .. } => ChangeKind::Create,
            Self::PutIntegrationsCredential { .. }
            | Self::PutIntegrationConfigCurrent { .. }
            | Self::PatchIntegration { .. }
            | Self::PatchIntegrationsAction { .. } => ChangeKind::Change,
            Self::DeleteIntegrationsAction { .. }
            | Self::DeleteIntegration { .. }
            | Self::DeleteIntegrationsCredential { .. } => ChangeKind::Remove,
        }
    }

    /// ID, version and secrecy of an action that flows may use and that this changes or deletes.
    pub fn touched_action(&self) -> Option<&str> {
        match self {
            Self::PatchIntegrationsAction { before, .. } => Some(&before.id),
            Self::DeleteIntegrationsAction { id, .. } => Some(id),
            _ => None,
        }
    }
}
