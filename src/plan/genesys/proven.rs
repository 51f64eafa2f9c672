//! Which data actions are worth a test after a plan: those for which it changes something between flow and function.

use super::change::GenesysChange;
use crate::model::{DesiredAction, DesiredIntegration};
use crate::plan::change::Change;
use crate::plan::iam::IamChange;

/// The names of those that have a test.
pub(super) fn proven(changes: &[Change], wanted: &DesiredIntegration) -> Vec<String> {
    let is_all = changes.iter().any(is_on_the_way_of_all);
    let is_made = |action: &DesiredAction| changes.iter().any(|change| makes(change, action));
    let tested = wanted.actions.iter().filter(|action| wanted.enabled && action.test_input.is_some());
    let proven = tested.filter(|action| is_all || is_made(action));
    proven.map(|action| action.state.content.name.clone()).collect()
}

fn makes(change: &Change, action: &DesiredAction) -> bool {
    match change {
        Change::Genesys(
            GenesysChange::PostIntegrationsActions { action: made, .. }
            | GenesysChange::PatchIntegrationsAction { after: made, .. },
        ) => made.content.name == action.state.content.name,
        _ => false,
    }
}

/// Whether every data action of the role may work otherwise after it: not after a new description, tag or note.
fn is_on_the_way_of_all(change: &Change) -> bool {
    match change {
        Change::Iam(change) => !matches!(
            change,
            IamChange::UpdateRole { .. }
                | IamChange::TagRole { .. }
                | IamChange::TagPolicy { .. }
                | IamChange::DeletePolicyVersion { .. }
        ),
        Change::Genesys(change) => match change {
            GenesysChange::PostIntegrationsCredentials { .. }
            | GenesysChange::PutIntegrationsCredential { .. }
            | GenesysChange::PostIntegrations { .. }
            | GenesysChange::PatchIntegration { .. } => true,
            GenesysChange::PutIntegrationConfigCurrent { credential_before, credential_after, .. } => {
                credential_before.as_ref() != Some(credential_after)
            }
            _ => false,
        },
    }
}
