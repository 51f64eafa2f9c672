//! Whose a thing is, read right before it is deleted: a plan, however new, may find that someone else has adopted it.

use crate::aws::{AwsError, Clients, role_tags, tags_of_policy};
use crate::genesys::{self, GenesysError};
use crate::plan::genesys::{ActionOwner, GenesysChange, Handle};
use crate::plan::iam::{IamChange, foreign_owner};
use crate::plan::{Change, Owner, RolePlan};

/// Who else owns what the role's change at `at` deletes. The first change of a deletion is the deletion of its role.
///
/// # Errors
/// If IAM does not answer.
pub(super) async fn in_iam(
    clients: &Clients,
    role: &RolePlan,
    at: usize,
    spec: &str,
) -> Result<Option<Owner>, AwsError> {
    let of_iam = |change: &Change| matches!(change, Change::Iam(_));
    let deleted = |change: &Change| match change {
        Change::Iam(IamChange::DeleteRole { role, .. }) => Some(role.clone()),
        _ => None,
    };
    let is_first = !role.changes[..at].iter().any(of_iam);
    let (change, its_role) = (&role.changes[at], role.changes.iter().find_map(deleted));
    let tags = match (change, its_role) {
        (Change::Iam(IamChange::DeletePolicy { policy, .. }), _) => tags_of_policy(clients, policy).await?,
        (_, Some(name)) if is_first || deleted(change).is_some() => role_tags(clients, &name).await?,
        _ => None,
    };
    // What is gone is nobody's.
    Ok(tags.and_then(|tags| foreign_owner(&tags, spec)))
}

/// The same in Genesys Cloud, by the line in the integration's notes. Switching one off is part of its deletion.
///
/// # Errors
/// If Genesys Cloud does not answer.
pub(super) async fn in_genesys(
    client: &genesys::Client,
    role: &RolePlan,
    change: &GenesysChange,
) -> Result<Option<Owner>, GenesysError> {
    let deleted = |integration: &str| {
        role.changes.iter().find_map(|change| match change {
            Change::Genesys(GenesysChange::DeleteIntegration { id, spec, .. }) if id == integration => {
                Some(spec.clone())
            }
            _ => None,
        })
    };
    let (integration, spec) = match change {
        GenesysChange::DeleteIntegrationsAction { owner: ActionOwner { integration, spec }, .. } => {
            (integration, Some(spec.clone()))
        }
        GenesysChange::DeleteIntegration { id, spec, .. } => (id, spec.clone()),
        GenesysChange::PatchIntegration { integration: Handle::Id(id), enabled: false, .. } => {
            match deleted(id) {
                Some(spec) => (id, spec),
                None => return Ok(None),
            }
        }
        GenesysChange::DeleteIntegrationsCredential { id, name } => {
            let now = client.credential_name(id).await?;
            return Ok(now.filter(|now| now != name).map(|_| Owner::Unknown));
        }
        _ => return Ok(None),
    };
    let now = client.marked_by(integration).await?;
    Ok(now.filter(|now| *now != spec).map(|now| now.map_or(Owner::Unknown, Owner::Spec)))
}
