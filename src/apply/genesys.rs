//! One change in Genesys Cloud, with the IDs returned by the role's earlier changes.

use std::collections::{BTreeMap, BTreeSet};

use crate::backoff::Backoff;
use crate::genesys::{Client, Siblings, Waiting, WriteError, Writer};
use crate::plan::genesys::{ActionRef, GenesysChange, Handle};

/// What this run has made for one role.
#[derive(Debug, Default)]
pub(super) struct Made {
    credential: Option<String>,
    integration: Option<String>,
    /// By name.
    actions: BTreeMap<String, String>,
}

impl Made {
    fn integration(&self, handle: &Handle) -> Result<String, WriteError> {
        known(handle, self.integration.as_ref())
    }

    fn credential(&self, handle: &Handle) -> Result<String, WriteError> {
        known(handle, self.credential.as_ref())
    }
}

impl Made {
    /// The ID of the action that replaced the one a change deletes.
    pub(super) fn replacement<'a>(&'a self, change: &'a GenesysChange) -> Option<(&'a str, &'a str)> {
        let GenesysChange::DeleteIntegrationsAction { name, replaced_by: Some(by), .. } = change else {
            return None;
        };
        let id = match by {
            ActionRef::Id(id) => id,
            ActionRef::Made(name) => self.actions.get(name)?,
        };
        Some((id, name))
    }
}

/// A wrongly ordered plan would ask for something that does not exist yet.
fn known(handle: &Handle, made: Option<&String>) -> Result<String, WriteError> {
    match handle {
        Handle::Id(id) => Ok(id.clone()),
        Handle::Made => made.cloned().ok_or(WriteError::Changed),
    }
}

/// Carries a change out, within `waits`.
///
/// # Errors
/// If Genesys Cloud does not make the change, or something changed since the plan.
pub(super) async fn execute(
    (client, siblings): (&Client, &Siblings),
    change: &GenesysChange,
    made: &mut Made,
    waits: Backoff,
    waiting: impl Waiting,
) -> Result<(), WriteError> {
    let mut writer = Writer { client, siblings, waits, waiting };
    match change {
        GenesysChange::PostIntegrationsCredentials { name, arn, before } => {
            made.credential = Some(writer.post_credential(name, arn, before).await?);
        }
        GenesysChange::PutIntegrationsCredential { id, name, arn } => {
            let arn = arn.after.as_deref().unwrap_or_default();
            writer.put_credential(id, &name.after, arn).await?;
        }
        GenesysChange::PostIntegrations { name } => {
            made.integration = Some(writer.post_integration(name, &BTreeSet::new()).await?);
        }
        GenesysChange::PutIntegrationConfigCurrent {
            integration,
            name,
            notes_before,
            notes_after,
            credential_before,
            credential_after,
        } => {
            let id = made.integration(integration)?;
            let notes = notes_after.render(|name| made.actions.get(name).cloned());
            let before = credential_before.as_ref().map(|handle| made.credential(handle)).transpose()?;
            let after = made.credential(credential_after)?;
            writer
                .put_configuration(
                    &id,
                    (&name.before, &name.after),
                    (notes_before, &notes),
                    (before.as_deref(), Some(&after)),
                )
                .await?;
        }
        GenesysChange::PatchIntegration { integration, name: _, enabled } => {
            writer.patch_integration(&made.integration(integration)?, *enabled).await?;
        }
        GenesysChange::PostIntegrationsActions { integration, action, before } => {
            let id = made.integration(integration)?;
            let is_fresh = *integration == Handle::Made;
            let action_id = writer.post_action(&id, action, before, is_fresh).await?;
            made.actions.insert(action.content.name.clone(), action_id);
        }
        GenesysChange::PatchIntegrationsAction { before, after, differences: _ } => {
            writer.patch_action(before, after).await?;
        }
        GenesysChange::DeleteIntegrationsAction { id, .. } => writer.delete_action(id).await?,
        GenesysChange::DeleteIntegration { id, .. } => writer.delete_integration(id).await?,
        GenesysChange::DeleteIntegrationsCredential { id, name: _ } => writer.delete_credential(id).await?,
    }
    Ok(())
}
