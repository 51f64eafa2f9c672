//! Data actions that work and will be refused: a plan that takes a function from a role says whose calls end.

use std::collections::{BTreeMap, BTreeSet};

use super::change::{GenesysChange, Handle};
use super::diff::usage_of;
use super::model::{GenesysBlocker, GenesysNotice, Holder};
use crate::arn::Arn;
use crate::model::{
    DesiredState, Live, LiveAction, LiveCredential, LiveIntegration, LiveOrganization, LiveState, Marker,
    OrganizationReading, Orphans,
};
use crate::plan::change::Change;
use crate::plan::iam::{IamChange, Permissions};
use crate::plan::model::{Blocker, Notice, Plan, RolePlan};
use crate::spec::Namer;

/// Notes each live data action whose role may invoke its function now, and may not once the plan is carried out.
pub(in crate::plan) fn note_cut_off(plan: &mut Plan, live: &LiveState, desired: &DesiredState) {
    if live.organization == OrganizationReading::NotAsked {
        note_unknown_users(plan, desired);
    }
    let OrganizationReading::Read(organization) = &live.organization else { return };
    let mut noted: Vec<Noted> = Vec::new();
    for integration in &organization.integrations {
        // Another spec of the run takes it over, and its plan says what becomes of it.
        let is_own = desired.roles.iter().filter_map(|role| role.integration.as_ref());
        let is_own = is_own.into_iter().any(|wanted| wanted.name == integration.name);
        let named = desired.elsewhere.names_integration(&organization.id, &integration.id, &integration.name);
        if !is_own && matches!(named, Some(Namer::Run(_))) {
            continue;
        }
        let Some(credential) = &integration.credential else { continue };
        let holder = || if is_own { Holder::Spec } else { Holder::Other(integration.name.clone()) };
        let Some(before) = credential.role() else {
            if is_untold(credential) {
                noted.extend(perhaps_cut_off(plan, live, (organization, integration)));
            }
            continue;
        };
        let Some(role) = live_role(live, &before) else { continue };
        let after = role_after(plan, integration, desired).unwrap_or_else(|| before.clone());
        let Some(planned) = plan.roles.iter().find(|planned| planned.role == after.name()) else { continue };
        if after == before && !planned.changes.iter().any(|change| matches!(change, Change::Iam(_))) {
            continue;
        }
        // Its path cannot be changed: nothing happens to it.
        if planned.blockers.iter().any(|blocker| matches!(blocker, Blocker::RolePath { .. })) {
            continue;
        }
        let left = Permissions::after(planned, &live_role(live, &after).cloned().unwrap_or_default());
        let has = Permissions::of(role);
        for action in &integration.actions {
            let Some(target) = target_after(plan, integration, action) else { continue };
            if has.allow(&before, &action.target) && !left.allow(&after, target) {
                let call = LostCall { action, function: target, role: after.name() };
                noted.push(Noted::of(&planned.role, organization, integration, call, holder()));
            }
        }
    }
    for Noted { planned, notice, spec } in noted {
        let Some(planned) = plan.roles.iter_mut().find(|one| one.role == planned) else { continue };
        let is_deleted = deletes_role(planned);
        match &notice {
            // Nobody who reviews the spec sees that somebody else depends on the role.
            GenesysNotice::CutOff { action, role, holder: Holder::Other(integration), .. }
                if is_deleted && !desired.even_if_used =>
            {
                let is_taken_out = spec.as_ref() == Some(&desired.spec);
                let (role, integration, action) = (role.clone(), integration.clone(), action.clone());
                let blocker = GenesysBlocker::RoleInUse { role, integration, action, is_taken_out };
                planned.blockers.push(Blocker::Genesys(blocker));
            }
            _ => planned.notices.push(Notice::Genesys(notice)),
        }
    }
}

/// What a data action calls, and through which role.
struct LostCall<'a> {
    action: &'a LiveAction,
    function: &'a str,
    role: &'a str,
}

/// A call that will be refused.
struct Noted {
    /// The role whose plan says so.
    planned: String,
    notice: GenesysNotice,
    /// The spec that made the integration, by its notes.
    spec: Option<String>,
}

impl Noted {
    fn of(
        planned: &str,
        organization: &LiveOrganization,
        integration: &LiveIntegration,
        LostCall { action, function, role }: LostCall<'_>,
        holder: Holder,
    ) -> Self {
        let notice = GenesysNotice::CutOff {
            id: action.id.clone(),
            action: action.name.clone(),
            function: function.to_owned(),
            role: role.to_owned(),
            holder,
            usage: usage_of(organization, &action.id).into(),
        };
        let spec = Marker::split(&integration.notes).1.map(|marker| marker.spec);
        Self { planned: planned.to_owned(), notice, spec }
    }
}

/// Of each role that goes, whoever removes it should know that nobody looked who uses it. A spec that has integrations may
/// have had one for it.
fn note_unknown_users(plan: &mut Plan, desired: &DesiredState) {
    let has_integrations = desired.roles.iter().any(|role| role.integration.is_some());
    for planned in plan.roles.iter_mut().filter(|planned| deletes_role(planned)) {
        let role = planned.role.clone();
        let wanted = desired.roles.iter().any(|one| one.role.name == role);
        match has_integrations && !wanted && !desired.even_if_used {
            true => planned.blockers.push(Blocker::Genesys(GenesysBlocker::UsersUnknown { role })),
            false => planned.notices.push(Notice::Genesys(GenesysNotice::UsersUnknown { role })),
        }
    }
}

fn deletes_role(planned: &RolePlan) -> bool {
    planned.changes.iter().any(|change| matches!(change, Change::Iam(IamChange::DeleteRole { .. })))
}

/// Which role it holds, Genesys Cloud does not say.
fn is_untold(credential: &LiveCredential) -> bool {
    !credential.is_gone && credential.role().is_none()
}

/// The data actions of an integration whose role is not known that call what a role can no longer invoke.
fn perhaps_cut_off(
    plan: &Plan,
    live: &LiveState,
    (organization, integration): (&LiveOrganization, &LiveIntegration),
) -> Vec<Noted> {
    let mut noted = Vec::new();
    for (planned, arn, role) in changed(plan, live) {
        let (has, left) = (Permissions::of(role), Permissions::after(planned, role));
        for action in &integration.actions {
            if has.allow(arn, &action.target) && !left.allow(arn, &action.target) {
                let call = LostCall { action, function: &action.target, role: &planned.role };
                let holder = Holder::Unknown(integration.name.clone());
                noted.push(Noted::of(&planned.role, organization, integration, call, holder));
            }
        }
    }
    noted
}

/// The roles there are that the plan changes.
fn changed<'a>(
    plan: &'a Plan,
    live: &'a LiveState,
) -> impl Iterator<Item = (&'a RolePlan, &'a Arn, &'a Live)> {
    let is_changed =
        |planned: &&RolePlan| planned.changes.iter().any(|change| matches!(change, Change::Iam(_)));
    plan.roles.iter().filter(is_changed).filter_map(|planned| {
        let role = live_roles(live).find(|one| is_role(one, |arn| arn.name() == planned.role))?;
        Some((planned, &role.role.as_ref()?.role.arn, role))
    })
}

/// Credentials that may hold a role from which the plan takes what their data actions call: of these it matters what they hold.
pub fn credentials_to_read(plan: &Plan, live: &LiveState) -> BTreeSet<String> {
    let OrganizationReading::Read(organization) = &live.organization else { return BTreeSet::new() };
    let is_meant = |integration: &&LiveIntegration| {
        integration.credential.as_ref().is_some_and(is_untold)
            && !perhaps_cut_off(plan, live, (organization, integration)).is_empty()
    };
    let meant = organization.integrations.iter().filter(is_meant);
    meant.filter_map(|integration| Some(integration.credential.as_ref()?.id.clone())).collect()
}

fn live_role<'a>(live: &'a LiveState, arn: &Arn) -> Option<&'a Live> {
    live_roles(live).find(|one| is_role(one, |own| own == arn))
}

fn is_role(live: &Live, is: impl Fn(&Arn) -> bool) -> bool {
    live.role.as_ref().is_some_and(|role| is(&role.role.arn))
}

/// Those of the spec, and those that are pruned.
fn live_roles(live: &LiveState) -> impl Iterator<Item = &Live> {
    let removed = match &live.orphans {
        Orphans::Read(roles) => Some(roles),
        Orphans::Named(_) | Orphans::Unknown(_) => None,
    };
    live.roles.values().chain(removed.into_iter().flat_map(BTreeMap::values))
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
