//! What must change, as data: `diff` and `destroy` are pure, and their result can be shown, saved or applied.

mod accept;
mod change;
mod gain;
pub mod genesys;
pub mod iam;
mod model;
mod outsiders;
mod party;
mod reading;
mod stray;
mod taken_out;
mod tenant;
#[cfg(test)]
pub mod testing;
mod verifier;

pub use accept::{
    Acceptable, Consent, ForeignPolicy, FunctionPolicy, accepted_roles, digests_in_use, foreign_policies,
    function_parties, note_accepts, role_of, trust_parties, without_accepted,
};
pub use change::{Change, ChangeKind, Diff, Service};
pub use gain::Denial;
pub use iam::{
    GuardExemption, GuardFinding, GuardedCall, GuardedRole, block_what_iam_refuses, block_without_room,
    destroy_role, diff_role, guard_findings, is_granted_already, left_to_another, needs_attachment_quota,
    prune_role,
};
pub use model::{
    Blocker, BoundaryLimits, HowToAccept, InvocationWay, Notice, Owned, Owner, Plan, RolePlan, TenantDoubt,
    Widening,
};
pub use party::{Gain, KeptStranger, Party};
pub use reading::{CALLS_PER_ROLE, LISTINGS, Reads};
pub use stray::{Stray, StrayIntegration};
pub use verifier::{note_open_accepts, role_strangers, widen_by_verifiers};

use crate::model::{DesiredRole, DesiredState, Live, LiveState, OrganizationReading, Orphans};

/// The changes that turn `live` into `desired`. Pure: no I/O, no clock, no randomness.
pub fn diff(live: &LiveState, desired: &DesiredState) -> Plan {
    let absent = Live::default();
    let mut plan = Plan::empty(desired, &live.orphans);
    plan.strays = stray::strays(live, desired);
    plan.stray_integrations = stray::stray_integrations(live, desired);
    plan.missing_credentials = live.own_organization.missing_choice().cloned();
    let of = |role: &DesiredRole| live.roles.get(&role.role.name).unwrap_or(&absent);
    plan.roles.extend(desired.roles.iter().map(|role| diff_role(of(role), role, desired)));
    match &live.orphans {
        Orphans::Read(orphans) => {
            plan.roles.extend(orphans.iter().map(|(name, live)| prune_role(name, live, desired)));
        }
        Orphans::Named(orphans) => {
            plan.roles.extend(orphans.keys().filter_map(|name| left_to_another(name, desired)));
        }
        Orphans::Unknown(_) => {}
    }
    for role in &mut plan.roles {
        iam::widen_by_tags(role, live.documents());
    }
    let admitted = tenant::Admitted::default();
    for role in &desired.roles {
        let planned = plan.roles.iter_mut().rfind(|planned| planned.role == role.role.name);
        if let Some(planned) = planned {
            planned.functions = iam::functions_changed(planned, of(role), role);
            iam::note_guards(planned, of(role), role, &live.guards);
            tenant::widen_by_tenant(planned, role, desired, live, &admitted);
        }
    }
    genesys::add(&mut plan, live, desired);
    genesys::note_cut_off(&mut plan, live, desired);
    note_ways(&mut plan, desired);
    plan
}

/// The plan that removes all of the spec's roles and policies. It includes everything removed, even what others
/// attached to a role or added inline.
pub fn destroy(live: &LiveState, desired: &DesiredState) -> Plan {
    let absent = Live::default();
    let state = live;
    let mut plan = Plan::empty(desired, &live.orphans);
    let organization = &live.organization;
    let live = |role: &DesiredRole| live.roles.get(&role.role.name).unwrap_or(&absent);
    plan.roles.extend(desired.roles.iter().map(|role| destroy_role(live(role), role, desired)));
    genesys::add_destroy(&mut plan, organization, desired);
    genesys::note_cut_off(&mut plan, state, desired);
    note_ways(&mut plan, desired);
    plan
}

/// Notes each `adopt = true` of the spec that has done its work, where no option says the same.
pub fn note_left_over_adopts(plan: &mut Plan, live: &LiveState, desired: &DesiredState) {
    for role in desired.roles.iter() {
        let Some(planned) = plan.roles.iter_mut().find(|planned| planned.role == role.role.name) else {
            continue;
        };
        let is_here = live.roles.get(&role.role.name).is_some_and(|live| live.role.is_some());
        let adopts = |notice: &Notice| {
            matches!(notice, Notice::Adopted { .. } | Notice::Genesys(genesys::GenesysNotice::Adopted { .. }))
        };
        if !is_here || planned.notices.iter().any(adopts) {
            continue;
        }
        let is_read = matches!(live.organization, OrganizationReading::Read(_));
        let integration = is_read && role.integration.as_ref().is_some_and(|integration| integration.adopt);
        let place = match (role.adopt, integration) {
            (true, true) => "of the role and in [role.integration]",
            (true, false) => "of the role",
            (false, true) => "in [role.integration]",
            (false, false) => continue,
        };
        planned.notices.push(Notice::LeftOverAdopt { place });
    }
}

fn note_ways(plan: &mut Plan, desired: &DesiredState) {
    for role in &desired.roles {
        if let Some(planned) = plan.roles.iter_mut().rfind(|planned| planned.role == role.role.name) {
            planned.way = Some(InvocationWay::of(role));
        }
    }
}
