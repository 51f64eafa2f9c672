//! Both sides in one plan: IAM first when creating, Genesys Cloud first when removing.

use std::collections::BTreeSet;

use super::change::{GenesysChange, Handle};
use super::destroy::{destroy_role, prune};
use super::diff::{SpecScope, diff_role, find, orphans};
use super::model::{GenesysBlocker, GenesysNotice, Side};
use super::proven::proven;
use crate::arn::Arn;
use crate::model::{
    DesiredIntegration, DesiredRole, DesiredState, LiveAction, LiveCredential, LiveIntegration,
    LiveOrganization, LiveState, OrganizationReading, Orphans,
};
use crate::plan::change::Change;
use crate::plan::model::{Blocker, Notice, Plan, RolePlan};
use crate::spec::Namer;

/// Adds the required Genesys Cloud changes to a plan for IAM.
pub(crate) fn add(plan: &mut Plan, live: &LiveState, desired: &DesiredState) {
    let LiveState { roles, orphans: pruned, organization: reading, .. } = live;
    let Some(organization) = read_or_noted(plan, reading, desired) else { return };
    let scope = SpecScope {
        spec: &desired.spec,
        account: &desired.account_id,
        elsewhere: &desired.elsewhere,
        prune: matches!(pruned, Orphans::Read(_)),
        even_if_used: desired.even_if_used,
    };
    for (role, integration) in with_integration(desired) {
        let others: Vec<&str> = with_integration(desired)
            .filter(|(other, _)| other.role.name != role.role.name)
            .map(|(_, other)| other.name.as_str())
            .collect();
        let live = roles.get(&role.role.name).and_then(|live| live.role.as_ref());
        let mut side = diff_role(organization, integration, (role, live), scope, &others);
        if let Ok(Some(live)) = find(organization, integration, scope, &others) {
            shut_meanwhile(plan, live, integration, &mut side);
        }
        side.blockers.extend(other_organization(organization, role, integration));
        let planned = of(plan, &role.role.name);
        merge(planned, side);
        let actions = proven(&planned.changes, integration);
        if !actions.is_empty() {
            planned.notices.push(Notice::Genesys(GenesysNotice::Proof { actions }));
        }
    }
    // Part of a spec implies nothing about what is missing from it.
    if !desired.is_part {
        take_orphans_away(plan, organization, desired, scope);
    }
}

/// Set if the role of an integration is not for the organization that has the integration.
fn other_organization(
    organization: &LiveOrganization,
    role: &DesiredRole,
    integration: &DesiredIntegration,
) -> Option<GenesysBlocker> {
    let external_id = &role.external_id;
    (external_id.expose() != organization.id).then(|| GenesysBlocker::OtherOrganization {
        integration: integration.name.clone(),
        organization: organization.name.clone(),
        // Both are organization IDs: where one is masked, so is the other.
        ids: (!external_id.is_masked()).then(|| [external_id.expose().to_owned(), organization.id.clone()]),
    })
}

/// Disables an integration while its credential switches from another role that changes in the same run: the
/// integration's data actions must not reach what that role gains, even for a moment.
fn shut_meanwhile(plan: &Plan, live: &LiveIntegration, wanted: &DesiredIntegration, side: &mut Side) {
    let former = live.credential.as_ref().and_then(LiveCredential::role).filter(|role| *role != wanted.role);
    // One of another account may have the same name.
    let former = former.filter(|role| role.account == wanted.role.account);
    let Some(former) = former.filter(|_| live.intended_state == "ENABLED" && wanted.enabled) else { return };
    // One that is pruned stays as it is until then.
    let is_changed = plan.roles.iter().any(|other| {
        other.role == former.name()
            && !other.notices.contains(&Notice::RemovedFromSpec)
            && other.changes.iter().any(|change| matches!(change, Change::Iam(_)))
    });
    if !is_changed {
        return;
    }
    let switch = |name: &str, enabled| GenesysChange::PatchIntegration {
        integration: Handle::Id(live.id.clone()),
        name: name.to_owned(),
        enabled,
    };
    side.first.insert(0, switch(&live.name, false));
    side.last.push(switch(&wanted.name, true));
    let (integration, former) = (wanted.name.clone(), former.name().to_owned());
    side.notices.push(GenesysNotice::OffMeanwhile { integration, former });
}

/// What was read; if nothing could be, each role with an integration gets a notice with the reason.
fn read_or_noted<'a>(
    plan: &mut Plan,
    reading: &'a OrganizationReading,
    desired: &DesiredState,
) -> Option<&'a LiveOrganization> {
    match reading {
        OrganizationReading::Read(organization) => Some(organization),
        OrganizationReading::NotRead(why) => {
            for role in desired.roles.iter().filter(|role| role.integration.is_some()) {
                let notice = GenesysNotice::NotRead { why: why.clone() };
                of(plan, &role.role.name).notices.push(Notice::Genesys(notice));
            }
            None
        }
        OrganizationReading::NotAsked => None,
    }
}

/// Like [`add`], for removing everything.
pub(crate) fn add_destroy(plan: &mut Plan, reading: &OrganizationReading, desired: &DesiredState) {
    let Some(organization) = read_or_noted(plan, reading, desired) else { return };
    let DesiredState { spec, account_id: account, elsewhere, even_if_used, .. } = desired;
    let scope = SpecScope { spec, account, elsewhere, prune: false, even_if_used: *even_if_used };
    for (role, integration) in with_integration(desired) {
        let role_plan = of(plan, &role.role.name);
        // A role that stays keeps its integration.
        if role.prevent_destroy {
            continue;
        }
        merge(role_plan, destroy_role(organization, integration, scope));
    }
}

fn with_integration(desired: &DesiredState) -> impl Iterator<Item = (&DesiredRole, &DesiredIntegration)> {
    desired.roles.iter().filter_map(|role| Some((role, role.integration.as_ref()?)))
}

fn take_orphans_away(
    plan: &mut Plan,
    organization: &LiveOrganization,
    desired: &DesiredState,
    scope: SpecScope<'_>,
) {
    let elsewhere = &desired.elsewhere;
    let claimed: BTreeSet<String> = with_integration(desired)
        .filter_map(|(_, integration)| find(organization, integration, scope, &[]).ok().flatten())
        .map(|live| live.id.clone())
        .collect();
    let is_left_out = |role: &Arn| desired.excluded.values().any(|name| name == role.name());
    for (live, role) in orphans(organization, &claimed, scope) {
        let named = elsewhere.names_integration(&organization.id, &live.id, &live.name);
        // It belongs to a role that is left out, maybe under its former name.
        if named == Some(Namer::LeftOut) || role.as_ref().is_some_and(is_left_out) {
            continue;
        }
        // The role to show it under: its own, if that still exists.
        let name = role.map_or_else(|| live.name.clone(), |role| role.name().to_owned());
        let role_plan = of(plan, &name);
        let names = |action: &LiveAction| elsewhere.names_action(&action.id);
        if let Some(by) = named.or_else(|| live.actions.iter().find_map(names)) {
            let what = format!("integration \"{}\"", live.name);
            role_plan.notices.push(Notice::Genesys(GenesysNotice::NamedElsewhere { what, by }));
        } else if scope.prune {
            merge(role_plan, prune(organization, live, scope));
        } else {
            let notice = GenesysNotice::IntegrationTakenOut { name: live.name.clone(), id: live.id.clone() };
            role_plan.notices.push(Notice::Genesys(notice));
        }
    }
}

/// A role's plan; a new one if IAM has nothing to change.
fn of<'p>(plan: &'p mut Plan, role: &str) -> &'p mut RolePlan {
    let at = match plan.roles.iter().position(|one| one.role == role) {
        Some(at) => at,
        None => {
            plan.roles.push(RolePlan::empty(role));
            plan.roles.len() - 1
        }
    };
    &mut plan.roles[at]
}

fn merge(role: &mut RolePlan, side: Side) {
    let Side { first, last, blockers, notices, connections } = side;
    let first = first.into_iter().map(Change::Genesys);
    role.changes.splice(0..0, first);
    role.changes.extend(last.into_iter().map(Change::Genesys));
    role.blockers.extend(blockers.into_iter().map(Blocker::Genesys));
    role.notices.extend(notices.into_iter().map(Notice::Genesys));
    role.connections = connections;
}

/// Actions that flows may use and that a plan changes, deletes or is blocked by.
pub fn touched_actions(plan: &Plan) -> BTreeSet<String> {
    let changed = plan.changes().filter_map(|change| match change {
        Change::Genesys(change) => GenesysChange::touched_action(change),
        Change::Iam(_) => None,
    });
    let blocked = plan.blockers().filter_map(|blocker| match blocker {
        Blocker::Genesys(
            GenesysBlocker::NeedsReplacement { id, .. } | GenesysBlocker::UsedByFlows { id, .. },
        ) => Some(id.as_str()),
        _ => None,
    });
    let notices = plan.roles.iter().flat_map(|role| &role.notices);
    let cut_off = notices.filter_map(|notice| match notice {
        Notice::Genesys(GenesysNotice::CutOff { id, .. } | GenesysNotice::Stops { id, .. }) => {
            Some(id.as_str())
        }
        _ => None,
    });
    changed.chain(blocked).chain(cut_off).map(str::to_owned).collect()
}
