//! Removes everything of the spec from the organization. Pure.

use super::change::{GenesysChange, Handle};
use super::diff::{Ownership, SpecScope, find, find_action, half_replaced, ownership, take_away};
use super::model::{GenesysBlocker, GenesysNotice, Side};
use crate::model::{DesiredIntegration, LiveAction, LiveIntegration, LiveOrganization, Marker, arn_in_name};

/// Removes a role's integration.
pub(super) fn destroy_role(
    organization: &LiveOrganization,
    wanted: &DesiredIntegration,
    scope: SpecScope<'_>,
) -> Side {
    let mut side = Side::default();
    let live = match find(organization, wanted, scope, &[]) {
        Ok(live) => live,
        Err(GenesysBlocker::NoSuchId { .. }) => None,
        Err(blocker) => {
            side.blockers.push(blocker);
            return side;
        }
    };
    let Some(live) = live else {
        // A credential left by an interrupted run.
        for id in organization.credentials.get(&wanted.credential_name()).into_iter().flatten() {
            if organization.users_of(id) == 0 {
                let name = wanted.credential_name();
                side.first.push(GenesysChange::DeleteIntegrationsCredential { id: id.clone(), name });
            }
        }
        return side;
    };
    let marker = Marker::split(&live.notes).1;
    let named =
        wanted.actions.iter().flat_map(|action| match find_action(organization, &live.actions, action) {
            Ok(found) => found.into_iter().collect::<Vec<_>>(),
            // Of several of one name, none is known to be the spec's, unless one was to take the other's place.
            Err(_) => {
                let pair = half_replaced(&live.actions, action, marker.as_ref());
                pair.into_iter().flat_map(|(new, old)| [new, old]).collect()
            }
        });
    let named: Vec<&str> = named.map(|action| action.id.as_str()).collect();
    take_integration_away(organization, live, scope, &named)
}

/// Removes an integration of the spec.
pub(super) fn prune(organization: &LiveOrganization, live: &LiveIntegration, scope: SpecScope<'_>) -> Side {
    take_integration_away(organization, live, scope, &[])
}

/// Removes an integration with its actions and credential; `named` are the IDs of the spec's actions.
fn take_integration_away(
    organization: &LiveOrganization,
    live: &LiveIntegration,
    scope: SpecScope<'_>,
    named: &[&str],
) -> Side {
    let mut side = Side::default();
    let (marker, spec) = match ownership(live, scope) {
        Ownership::Ours(marker) => (marker, Some(scope.spec.to_owned())),
        Ownership::Unfinished => (Marker { spec: scope.spec.to_owned(), actions: Default::default() }, None),
        Ownership::Foreign(by) => {
            let (name, id) = (live.name.clone(), live.id.clone());
            side.blockers.push(GenesysBlocker::NotOurs { name, id, by });
            return side;
        }
    };
    let is_ours =
        |action: &&LiveAction| marker.actions.contains(&action.id) || named.contains(&action.id.as_str());
    let (own, foreign): (Vec<&LiveAction>, Vec<&LiveAction>) = live.actions.iter().partition(is_ours);
    // A draft that was never published is not an action yet.
    let is_published = |id: &&String| live.actions.iter().any(|action| action.id == **id);
    let drafts = live.drafts.iter().filter(|(id, _)| !is_published(id));
    let drafts: Vec<(String, String)> = drafts.map(|(id, name)| (name.clone(), id.clone())).collect();
    let names: Vec<String> = foreign.iter().map(|action| action.name.clone()).collect();
    if !names.is_empty() || !drafts.is_empty() {
        side.blockers.push(GenesysBlocker::ForeignActions { integration: live.name.clone(), names, drafts });
    }
    if live.intended_state == "ENABLED" {
        side.first.push(GenesysChange::PatchIntegration {
            integration: Handle::Id(live.id.clone()),
            name: live.name.clone(),
            enabled: false,
        });
    }
    let mut deletes = Vec::new();
    for action in own {
        take_away(organization, action, &live.id, scope, (&mut deletes, &mut side));
    }
    side.first.extend(deletes);
    side.first.push(GenesysChange::DeleteIntegration {
        id: live.id.clone(),
        name: live.name.clone(),
        spec,
        actions: live.actions.len(),
    });
    // One with another name existed before, and one used by others stays.
    if let Some(credential) = live.credential.as_ref().filter(|credential| !credential.is_gone) {
        let (id, name) = (credential.id.clone(), credential.name.clone());
        let is_shared = organization.users_of(&credential.id) > 1;
        if arn_in_name(&credential.name).is_some() && !is_shared {
            side.first.push(GenesysChange::DeleteIntegrationsCredential { id, name });
        } else {
            side.notices.push(GenesysNotice::CredentialStays { id, name, is_shared });
        }
    }
    side
}
