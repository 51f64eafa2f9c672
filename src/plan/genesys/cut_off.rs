//! Data actions that work and will be refused: a plan that takes a function from a role says whose calls end.

use std::collections::BTreeMap;

use super::change::{GenesysChange, Handle};
use super::model::GenesysNotice;
use crate::arn::Arn;
use crate::model::{
    DesiredState, Live, LiveAction, LiveIntegration, LiveState, OrganizationReading, Orphans,
};
use crate::plan::change::Change;
use crate::plan::iam::Permissions;
use crate::plan::model::{Notice, Plan, RolePlan};
use crate::spec::Namer;

/// Notes each live data action whose role may invoke its function now, and may not once the plan is carried out.
pub(in crate::plan) fn note_cut_off(plan: &mut Plan, live: &LiveState, desired: &DesiredState) {
    let OrganizationReading::Read(organization) = &live.organization else { return };
    let mut noted: Vec<(String, GenesysNotice)> = Vec::new();
    for integration in &organization.integrations {
        let Some(before) = integration.credential.as_ref().and_then(|credential| credential.role()) else {
            continue;
        };
        // Another spec of the run takes it over, and its plan says what becomes of it.
        let is_own = desired.roles.iter().filter_map(|role| role.integration.as_ref());
        let is_own = is_own.into_iter().any(|wanted| wanted.name == integration.name);
        let named = desired.elsewhere.names_integration(&integration.id, &integration.name);
        if !is_own && matches!(named, Some(Namer::Run(_))) {
            continue;
        }
        let Some(role) = live_role(live, &before) else { continue };
        let after = role_after(plan, integration, desired).unwrap_or_else(|| before.clone());
        let Some(planned) = plan.roles.iter().find(|planned| planned.role == after.name()) else { continue };
        if after == before && !planned.changes.iter().any(|change| matches!(change, Change::Iam(_))) {
            continue;
        }
        let left = Permissions::after(planned, &live_role(live, &after).cloned().unwrap_or_default());
        let has = Permissions::of(role);
        for action in &integration.actions {
            let Some(target) = target_after(plan, integration, action) else { continue };
            if has.allow(&before, &action.target) && !left.allow(&after, target) {
                let notice = GenesysNotice::CutOff {
                    action: action.name.clone(),
                    function: target.to_owned(),
                    role: after.name().to_owned(),
                };
                noted.push((planned.role.clone(), notice));
            }
        }
    }
    for (name, notice) in noted {
        if let Some(planned) = plan.roles.iter_mut().find(|planned| planned.role == name) {
            planned.notices.push(Notice::Genesys(notice));
        }
    }
}

fn live_role<'a>(live: &'a LiveState, arn: &Arn) -> Option<&'a Live> {
    let removed = match &live.orphans {
        Orphans::Read(roles) => Some(roles),
        Orphans::Named(_) | Orphans::Unknown(_) => None,
    };
    let mut all = live.roles.values().chain(removed.into_iter().flat_map(BTreeMap::values));
    all.find(|one| one.role.as_ref().is_some_and(|role| role.role.arn == *arn))
}

fn of_genesys(plan: &Plan) -> impl Iterator<Item = (&RolePlan, &GenesysChange)> {
    plan.roles.iter().flat_map(|role| {
        role.changes.iter().filter_map(move |change| match change {
            Change::Genesys(change) => Some((role, change)),
            Change::Iam(_) => None,
        })
    })
}

/// The role that the integration's credential holds afterwards, if the plan changes that.
fn role_after(plan: &Plan, integration: &LiveIntegration, desired: &DesiredState) -> Option<Arn> {
    of_genesys(plan).find_map(|(role, change)| match change {
        GenesysChange::PutIntegrationsCredential { id, arn, .. }
            if integration.credential.as_ref().is_some_and(|own| own.id == *id) =>
        {
            arn.after.as_ref()?.parse().ok()
        }
        GenesysChange::PutIntegrationConfigCurrent {
            integration: Handle::Id(id),
            credential_before,
            credential_after,
            ..
        } if *id == integration.id && credential_before.as_ref() != Some(credential_after) => {
            let wanted = desired.roles.iter().find(|wanted| wanted.role.name == role.role)?;
            Some(wanted.role.arn.clone())
        }
        _ => None,
    })
}

/// What a data action calls afterwards; `None` if it is deleted.
fn target_after<'a>(
    plan: &'a Plan,
    integration: &LiveIntegration,
    action: &'a LiveAction,
) -> Option<&'a str> {
    let mut target = action.target.as_str();
    for (_, change) in of_genesys(plan) {
        match change {
            GenesysChange::DeleteIntegrationsAction { id, .. } if *id == action.id => return None,
            GenesysChange::DeleteIntegration { id, .. } if *id == integration.id => return None,
            GenesysChange::PatchIntegrationsAction { before, after, .. } if before.id == action.id => {
                target = &after.target;
            }
            _ => {}
        }
    }
    Some(target)
}
