//! Brings Genesys Cloud's side to the desired state. Pure.

use std::collections::BTreeSet;

use super::change::{ActionOwner, ActionRef, GenesysChange, Handle, NotesState};
use super::doors::Before;
use super::model::{Connection, GenesysBlocker, GenesysNotice, Side};
use crate::arn::{AccountId, Arn};
use crate::model::{
    ActionState, DesiredAction, DesiredIntegration, DesiredRole, LiveAction, LiveCredential, LiveIntegration,
    LiveOrganization, LiveRole, Marker, MemberDiff, Usage, arn_in_name,
};
use crate::plan::change::Diff;
use crate::plan::model::Owner;
use crate::spec::Elsewhere;

/// Who owns the spec's integrations, and what may be removed.
#[derive(Debug, Clone, Copy)]
pub(super) struct SpecScope<'a> {
    pub(super) spec: &'a str,
    pub(super) account: &'a AccountId,
    /// What the other specs of the run name.
    pub(super) elsewhere: &'a Elsewhere,
    pub(super) prune: bool,
    /// Also data actions that flows use, or may use.
    pub(super) even_if_used: bool,
}

/// Who made an integration.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ownership {
    Ours(Marker),
    /// Has our name but is empty: from an interrupted run, or someone just started.
    Unfinished,
    Foreign(Owner),
}

pub(super) fn ownership(live: &LiveIntegration, scope: SpecScope<'_>) -> Ownership {
    let (text, marker) = Marker::split(&live.notes);
    match marker {
        // Two accounts may have specs with the same name.
        Some(marker) if marker.spec == scope.spec && !is_elsewhere(live, scope.account) => {
            Ownership::Ours(marker)
        }
        Some(marker) => Ownership::Foreign(Owner::Spec(marker.spec)),
        None if text.is_empty() && live.credential.is_none() && live.actions.is_empty() => {
            Ownership::Unfinished
        }
        None => Ownership::Foreign(Owner::Unknown),
    }
}

/// Whether the credential's name, which only this tool assigns, refers to another account.
fn is_elsewhere(live: &LiveIntegration, account: &AccountId) -> bool {
    let named = live.credential.as_ref().and_then(|credential| arn_in_name(&credential.name));
    named.is_some_and(|arn| arn.account != account.as_str())
}

pub(super) fn usage_of(organization: &LiveOrganization, action: &str) -> Usage {
    let unknown = || Usage::Unknown("nobody asked".to_owned());
    organization.usage.get(action).cloned().unwrap_or_else(unknown)
}

/// The matching integration, if there is exactly one.
pub(super) fn find<'o>(
    organization: &'o LiveOrganization,
    wanted: &DesiredIntegration,
    scope: SpecScope<'_>,
    others: &[&str],
) -> Result<Option<&'o LiveIntegration>, GenesysBlocker> {
    let all = &organization.integrations;
    if let Some(id) = &wanted.id {
        let found = all.iter().find(|one| one.id == *id);
        return match found {
            Some(found) => Ok(Some(found)),
            None => Err(GenesysBlocker::NoSuchId { what: "integration", id: id.clone() }),
        };
    }
    let named: Vec<&LiveIntegration> = all.iter().filter(|one| one.name == wanted.name).collect();
    match named.as_slice() {
        [one] => Ok(Some(one)),
        [] => {
            // Ours under another name: the spec renames it.
            let is_renamed = |one: &&LiveIntegration| {
                matches!(ownership(one, scope), Ownership::Ours(_))
                    && !others.contains(&one.name.as_str())
                    && one.credential.as_ref().and_then(LiveCredential::role).as_ref() == Some(&wanted.role)
            };
            let mut renamed = all.iter().filter(is_renamed);
            match (renamed.next(), renamed.next()) {
                (Some(one), None) => Ok(Some(one)),
                _ => Ok(None),
            }
        }
        several => Err(GenesysBlocker::Several {
            what: "integration",
            name: wanted.name.clone(),
            ids: several.iter().map(|one| one.id.clone()).collect(),
        }),
    }
}

/// What one role needs. `others` are the integrations of the spec's other roles; `role` is the role, desired and live.
pub(super) fn diff_role(
    organization: &LiveOrganization,
    wanted: &DesiredIntegration,
    role: (&DesiredRole, Option<&LiveRole>),
    scope: SpecScope<'_>,
    others: &[&str],
) -> Side {
    let mut side = Side::default();
    let live = match find(organization, wanted, scope, others) {
        Ok(live) => live,
        Err(blocker) => {
            side.blockers.push(blocker);
            return side;
        }
    };
    let (marker, is_adopted) = live.map_or((None, false), |live| own(live, wanted, scope, &mut side));
    // What has just changed hands is not deleted in the same run.
    let scope = SpecScope { prune: scope.prune && !is_adopted, ..scope };
    let handle = live.map_or(Handle::Made, |live| Handle::Id(live.id.clone()));
    let credential = credential(organization, live, wanted, &mut side);
    if live.is_none() {
        let name = wanted.name.clone();
        side.last.push(GenesysChange::PostIntegrations { name });
        let empty =
            organization.integrations.iter().filter(|one| ownership(one, scope) == Ownership::Unfinished);
        side.notices.extend(
            empty.map(|one| GenesysNotice::EmptyIntegration { name: one.name.clone(), id: one.id.clone() }),
        );
    }
    let is_enabled = live.is_some_and(|live| live.intended_state == "ENABLED");
    if is_enabled && !wanted.enabled {
        side.notices.extend(live.iter().flat_map(|live| &live.actions).map(|one| {
            let usage = usage_of(organization, &one.id).into();
            GenesysNotice::Stops { id: one.id.clone(), action: one.name.clone(), usage }
        }));
        let name = live.map_or(&wanted.name, |live| &live.name).clone();
        side.first.push(GenesysChange::PatchIntegration {
            integration: handle.clone(),
            name,
            enabled: false,
        });
    }
    let place = ActionPlace { organization, live, before: Before::new(role.0, role.1, live) };
    let planned = actions(&place, marker.as_ref(), &handle, wanted, scope, &mut side);
    let notes = |actions: BTreeSet<ActionRef>| NotesState {
        text: wanted.notes.clone(),
        spec: scope.spec.to_owned(),
        actions,
    };
    // IDs known already, so an interrupted run leaves no action without an owner.
    let is_known = |action: &&ActionRef| matches!(action, ActionRef::Id(_));
    let known: BTreeSet<ActionRef> =
        planned.owned.iter().filter(is_known).chain(&planned.leaving).cloned().collect();
    let first = notes(known);
    let last = notes(planned.owned);
    let before = live.map(|live| live.notes.clone()).unwrap_or_default();
    let name_before = live.map_or(&wanted.name, |live| &live.name).clone();
    let credential_before =
        live.and_then(|live| live.credential.as_ref()).map(|credential| Handle::Id(credential.id.clone()));
    let is_configured = live.is_some_and(|live| live.name == wanted.name)
        && credential_before.as_ref() == Some(&credential)
        && before.trim_end() == first.render(|_| None);
    let configure =
        |name: Diff<String>, notes_before: String, notes_after: &NotesState, credential_before| {
            GenesysChange::PutIntegrationConfigCurrent {
                integration: handle.clone(),
                name,
                notes_before,
                notes_after: notes_after.clone(),
                credential_before,
                credential_after: credential.clone(),
            }
        };
    if !is_configured {
        let name = Diff { before: name_before, after: wanted.name.clone() };
        side.last.push(configure(name, before, &first, credential_before));
    }
    if !is_enabled && wanted.enabled {
        let name = wanted.name.clone();
        side.last.push(GenesysChange::PatchIntegration { integration: handle.clone(), name, enabled: true });
    }
    side.last.extend(planned.changes);
    // The old one after the new one: flows have something to use until then.
    side.last.extend(planned.deletes_last);
    if first != last {
        let name = Diff { before: wanted.name.clone(), after: wanted.name.clone() };
        side.last.push(configure(name, first.render(|_| None), &last, Some(credential.clone())));
    }
    side.first.splice(0..0, planned.deletes_first);
    let former = live.and_then(|live| live.credential.as_ref()).and_then(LiveCredential::role);
    let is_taken_over = former.is_some_and(|former| former != wanted.role);
    match side.last.iter().position(GenesysChange::hands_over) {
        // What the role gains is out of reach until then, and until then the data action works.
        Some(at) if is_taken_over => drop(side.last.splice(at..at, planned.moves_first)),
        _ => side.first.extend(planned.moves_first),
    }
    if !side.first.is_empty() || !side.last.is_empty() {
        side.connections = connections(wanted, role.0, live, &side);
    }
    side
}

/// The spec's data actions, and others of the integration that stay and reach a function of the role.
fn connections(
    wanted: &DesiredIntegration,
    role: &DesiredRole,
    live: Option<&LiveIntegration>,
    side: &Side,
) -> Vec<Connection> {
    let connection = |action: &str, function: &str| Connection {
        action: action.to_owned(),
        function: function.to_owned(),
        role: wanted.role.name().to_owned(),
        is_enabled: wanted.enabled,
    };
    let named = wanted.actions.iter().map(|action| &action.state);
    let touched: BTreeSet<&str> =
        side.first.iter().chain(&side.last).filter_map(GenesysChange::touched_action).collect();
    let stays = |one: &&LiveAction| {
        !touched.contains(one.id.as_str())
            && !named.clone().any(|state| state.content.name == one.name)
            && role.functions.iter().any(|function| function.to_string() == one.target.trim())
    };
    let staying = live.into_iter().flat_map(|live| &live.actions).filter(stays);
    let own = named.clone().map(|state| connection(&state.content.name, &state.target));
    own.chain(staying.map(|one| connection(&one.name, one.target.trim()))).collect()
}

/// The marker of an integration that is or will be ours, and whether it is adopted: the data actions that its notes list then go
/// with it.
fn own(
    live: &LiveIntegration,
    wanted: &DesiredIntegration,
    scope: SpecScope<'_>,
    side: &mut Side,
) -> (Option<Marker>, bool) {
    match ownership(live, scope) {
        Ownership::Ours(marker) => return (Some(marker), false),
        Ownership::Unfinished => side.notices.push(GenesysNotice::Unfinished { name: live.name.clone() }),
        Ownership::Foreign(by) if wanted.adopt => {
            side.notices.push(GenesysNotice::Adopted { name: live.name.clone(), by });
            let marker = Marker::split(&live.notes).1;
            return (marker.map(|marker| Marker { spec: scope.spec.to_owned(), ..marker }), true);
        }
        Ownership::Foreign(by) => side.blockers.push(GenesysBlocker::NotManaged {
            name: live.name.clone(),
            id: live.id.clone(),
            by,
        }),
    }
    (None, false)
}

/// The credential the integration should have, and the changes that make it hold the role.
fn credential(
    organization: &LiveOrganization,
    live: Option<&LiveIntegration>,
    wanted: &DesiredIntegration,
    side: &mut Side,
) -> Handle {
    let (name, arn) = (wanted.credential_name(), wanted.role.to_string());
    let own = live.and_then(|live| live.credential.as_ref());
    // One that another integration also uses is not ours to change.
    let own = own.filter(|own| !own.is_gone && organization.users_of(&own.id) <= 1);
    if let Some(own) = own {
        let holds_it = match &own.arn {
            Some(live) => *live == arn,
            None => own.name == name,
        };
        if own.arn.is_none() && holds_it {
            let what = format!("the role's ARN in the credential \"{}\"", own.name);
            side.notices.push(GenesysNotice::NotShown { what });
        }
        if !holds_it || own.name != name {
            if let (Some(before), Some(live)) = (own.role(), live)
                && before != wanted.role
            {
                side.notices.push(GenesysNotice::Repointed {
                    integration: live.name.clone(),
                    before: before.to_string(),
                    after: arn.clone(),
                });
            }
            side.last.push(GenesysChange::PutIntegrationsCredential {
                id: own.id.clone(),
                name: Diff { before: own.name.clone(), after: name },
                arn: Diff { before: own.arn.clone(), after: Some(arn) },
            });
        }
        return Handle::Id(own.id.clone());
    }
    // One created by a run before it was interrupted.
    let spare = organization.credentials.get(&name).into_iter().flatten();
    let mut spare = spare.filter(|id| organization.users_of(id) == 0);
    if let Some(id) = spare.next() {
        // Its content is unknown until it is sent.
        side.last.push(GenesysChange::PutIntegrationsCredential {
            id: id.clone(),
            name: Diff { before: name.clone(), after: name },
            arn: Diff { before: None, after: Some(arn) },
        });
        return Handle::Id(id.clone());
    }
    let before = organization.credentials.get(&name).cloned().unwrap_or_default();
    side.last.push(GenesysChange::PostIntegrationsCredentials { name, arn, before });
    Handle::Made
}

/// The data actions' part of a plan.
#[derive(Default)]
struct Planned {
    /// Before any change in IAM, or to the credential if that holds another role until then.
    moves_first: Vec<GenesysChange>,
    changes: Vec<GenesysChange>,
    deletes_first: Vec<GenesysChange>,
    deletes_last: Vec<GenesysChange>,
    owned: BTreeSet<ActionRef>,
    /// Ours until deleted.
    leaving: BTreeSet<ActionRef>,
}

/// Which integration holds the data actions.
struct ActionPlace<'a> {
    organization: &'a LiveOrganization,
    live: Option<&'a LiveIntegration>,
    before: Before<'a>,
}

fn actions(
    place: &ActionPlace<'_>,
    marker: Option<&Marker>,
    integration: &Handle,
    wanted: &DesiredIntegration,
    scope: SpecScope<'_>,
    side: &mut Side,
) -> Planned {
    let ActionPlace { organization, live, before } = place;
    let mut planned = Planned::default();
    let mut claimed: BTreeSet<&str> = BTreeSet::new();
    let own: &[LiveAction] = live.map_or(&[], |live| &live.actions);
    // By then the notes name this spec.
    let owner = || ActionOwner {
        integration: live.map(|live| live.id.clone()).unwrap_or_default(),
        spec: scope.spec.to_owned(),
    };
    // If it did not work before, pointing it elsewhere first loses nothing.
    let must_move_first = |found: &LiveAction, wanted: &ActionState| {
        found.target != wanted.target.trim()
            && !found.target.is_empty()
            && !before.could_invoke(&found.target)
    };
    for action in &wanted.actions {
        let found = match find_action(organization, own, action) {
            Ok(found) => found,
            Err(GenesysBlocker::Several { .. }) if half_replaced(own, action, marker).is_some() => {
                half_replaced(own, action, marker).map(|(new, old)| {
                    let usage = usage_of(organization, &old.id);
                    if !is_blocked(old, &usage, scope, Some(&[]), side) {
                        side.notices.push(GenesysNotice::Replaced {
                            action: old.name.clone(),
                            id: old.id.clone(),
                            usage,
                            has_test: action.test_input.is_some(),
                        });
                    }
                    claimed.insert(&old.id);
                    planned.leaving.insert(ActionRef::Id(old.id.clone()));
                    let by = ActionRef::Id(new.id.clone());
                    planned.deletes_last.push(replaced(old, owner(), by));
                    new
                })
            }
            Err(blocker) => {
                if let GenesysBlocker::Several { ids, .. } = &blocker {
                    claimed.extend(own.iter().filter(|one| ids.contains(&one.id)).map(|one| one.id.as_str()));
                }
                side.blockers.push(blocker);
                continue;
            }
        };
        let name = &action.state.content.name;
        let post = |before: BTreeSet<String>| GenesysChange::PostIntegrationsActions {
            integration: integration.clone(),
            action: Box::new(action.state.clone()),
            before,
        };
        let Some(found) = found else {
            if let (Some(was), Some(_)) = (&action.was, live) {
                side.notices.push(GenesysNotice::NoFormer { was: was.clone(), name: name.clone() });
            }
            planned.changes.push(post(BTreeSet::new()));
            planned.owned.insert(ActionRef::Made(name.clone()));
            continue;
        };
        claimed.insert(&found.id);
        let Some(state) = &found.state else {
            side.notices.push(GenesysNotice::NotShown { what: format!("the data action \"{name}\"") });
            planned.owned.insert(ActionRef::Id(found.id.clone()));
            continue;
        };
        for member in &found.unknown {
            side.notices
                .push(GenesysNotice::NotShown { what: format!("`{member}` of the data action \"{name}\"") });
        }
        let mut differences = state.differences(&action.state);
        differences.retain(|diff| !found.unknown.contains(diff.member));
        let (fixed, mutable): (Vec<_>, Vec<_>) =
            differences.into_iter().partition(|diff| diff.needs_replacement());
        if !fixed.is_empty() {
            let usage = usage_of(organization, &found.id);
            if !action.replace {
                side.blockers.push(GenesysBlocker::NeedsReplacement {
                    action: name.clone(),
                    id: found.id.clone(),
                    members: fixed.iter().map(|diff| diff.member).collect(),
                    fields: fixed.iter().flat_map(MemberDiff::fields).collect(),
                    also: mutable.iter().map(|diff| diff.member).collect(),
                    usage: usage.into(),
                });
                planned.owned.insert(ActionRef::Id(found.id.clone()));
                continue;
            }
            if is_blocked(found, &usage, scope, Some(&fixed), side) {
                planned.owned.insert(ActionRef::Id(found.id.clone()));
                continue;
            }
            side.notices.push(GenesysNotice::Replaced {
                action: name.clone(),
                id: found.id.clone(),
                usage,
                has_test: action.test_input.is_some(),
            });
            let same: BTreeSet<String> =
                own.iter().filter(|one| one.name == *name).map(|one| one.id.clone()).collect();
            planned.changes.push(post(same));
            planned.owned.insert(ActionRef::Made(name.clone()));
            planned.leaving.insert(ActionRef::Id(found.id.clone()));
            planned.deletes_last.push(replaced(found, owner(), ActionRef::Made(name.clone())));
            if must_move_first(found, &action.state) {
                let moved =
                    ActionState { target: action.state.target.clone(), content: state.content.clone() };
                let differences = state.differences(&moved);
                planned.moves_first.push(patch(found, &moved, differences));
            }
            continue;
        }
        let was = action.was.is_some() && found.name == *name;
        let replace = action.replace && planned.deletes_last.iter().all(|change| !deletes(change, name));
        if was || replace {
            side.notices.push(GenesysNotice::LeftOver { action: name.clone(), was, replace });
        }
        planned.owned.insert(ActionRef::Id(found.id.clone()));
        if !mutable.is_empty() {
            let changes = if must_move_first(found, &action.state) {
                &mut planned.moves_first
            } else {
                &mut planned.changes
            };
            let is_only_renamed = mutable.iter().all(|diff| matches!(diff.member, "name" | "category"));
            changes.push(patch(found, &action.state, mutable));
            side.notices.push(GenesysNotice::Flows {
                action: name.clone(),
                usage: usage_of(organization, &found.id),
                is_only_renamed,
            });
        } else if state.has_other_annotations(&action.state) {
            side.notices.push(GenesysNotice::Annotations { action: name.clone() });
        }
    }
    let rest: Vec<&LiveAction> = own.iter().filter(|one| !claimed.contains(one.id.as_str())).collect();
    let ours = |one: &LiveAction| marker.is_some_and(|marker| marker.actions.contains(&one.id));
    let ours_left = rest.iter().filter(|one| ours(one)).count();
    let mut foreign = Vec::new();
    for one in rest {
        if !ours(one) {
            foreign.push(one.name.clone());
            continue;
        }
        if let Some(by) = scope.elsewhere.names_action(&one.id) {
            let what = format!("data action \"{}\"", one.name);
            side.notices.push(GenesysNotice::NamedElsewhere { what, by });
            planned.owned.insert(ActionRef::Id(one.id.clone()));
            continue;
        }
        let is_made = |wanted: &&DesiredAction| {
            planned.owned.contains(&ActionRef::Made(wanted.state.content.name.clone()))
        };
        // Where one is gone and one is new, somebody may also have pointed it elsewhere.
        let is_only = ours_left == 1 && wanted.actions.iter().filter(is_made).count() == 1;
        let is_new = |wanted: &&DesiredAction| {
            (is_only || wanted.state.target.trim() == one.target.trim()) && is_made(wanted)
        };
        if let Some(new) = wanted.actions.iter().find(is_new) {
            let (was, name) = (one.name.clone(), new.state.content.name.clone());
            side.notices.push(GenesysNotice::MaybeRenamed { was, name });
        }
        if !scope.prune {
            let (name, id) = (one.name.clone(), one.id.clone());
            side.notices.push(GenesysNotice::ActionTakenOut { name, id });
            planned.owned.insert(ActionRef::Id(one.id.clone()));
            continue;
        }
        if let Some(live) = live {
            take_away(organization, one, &live.id, scope, (&mut planned.deletes_first, side));
        }
    }
    if !foreign.is_empty() {
        side.notices.push(GenesysNotice::ForeignActions { names: foreign });
    }
    let drafts = live.map(|live| live.drafts.values().cloned().collect::<Vec<_>>()).unwrap_or_default();
    if !drafts.is_empty() {
        side.notices.push(GenesysNotice::Drafts { names: drafts });
    }
    planned
}

/// Deletes an action that has been replaced.
fn replaced(old: &LiveAction, owner: ActionOwner, by: ActionRef) -> GenesysChange {
    let (id, name) = (old.id.clone(), old.name.clone());
    GenesysChange::DeleteIntegrationsAction { id, name, owner, replaced_by: Some(by) }
}

fn patch(found: &LiveAction, after: &ActionState, differences: Vec<MemberDiff>) -> GenesysChange {
    GenesysChange::PatchIntegrationsAction {
        before: Box::new(found.clone()),
        after: Box::new(after.clone()),
        differences,
    }
}

/// Whether an action must stay because flows use it, or may use it: noted, then. `replaced`: in what another differs that is
/// to take its place.
fn is_blocked(
    action: &LiveAction,
    usage: &Usage,
    scope: SpecScope<'_>,
    replaced: Option<&[MemberDiff]>,
    side: &mut Side,
) -> bool {
    let is_blocked = usage.may_be() && !scope.even_if_used;
    if is_blocked {
        let (id, action, usage) = (action.id.clone(), action.name.clone(), usage.clone());
        let fields = replaced.unwrap_or_default().iter().flat_map(MemberDiff::fields).collect();
        let is_replaced = replaced.is_some();
        side.blockers.push(GenesysBlocker::UsedByFlows { action, id, usage, is_replaced, fields });
    }
    is_blocked
}

/// Deletes an action, unless flows use it or may use it.
pub(super) fn take_away(
    organization: &LiveOrganization,
    action: &LiveAction,
    integration: &str,
    scope: SpecScope<'_>,
    (changes, side): (&mut Vec<GenesysChange>, &mut Side),
) {
    let usage = usage_of(organization, &action.id);
    if !is_blocked(action, &usage, scope, None, side) {
        side.notices.push(GenesysNotice::Flows {
            action: action.name.clone(),
            usage,
            is_only_renamed: false,
        });
    }
    let (id, name) = (action.id.clone(), action.name.clone());
    let owner = ActionOwner { integration: integration.to_owned(), spec: scope.spec.to_owned() };
    changes.push(GenesysChange::DeleteIntegrationsAction { id, name, owner, replaced_by: None });
}

fn deletes(change: &GenesysChange, action: &str) -> bool {
    matches!(change, GenesysChange::DeleteIntegrationsAction { name, .. } if name == action)
}

/// The new and old action of an interrupted replacement: the old one is in the marker, the new one is as desired.
pub(super) fn half_replaced<'a>(
    own: &'a [LiveAction],
    wanted: &DesiredAction,
    marker: Option<&Marker>,
) -> Option<(&'a LiveAction, &'a LiveAction)> {
    let named: Vec<&LiveAction> = own.iter().filter(|one| one.name == wanted.state.content.name).collect();
    let [one, other] = named.as_slice() else { return None };
    let differs = |action: &LiveAction| {
        let state = action.state.as_ref()?;
        Some(state.differences(&wanted.state).iter().any(MemberDiff::needs_replacement))
    };
    let is_ours = |action: &LiveAction| marker.is_some_and(|marker| marker.actions.contains(&action.id));
    let is_pair = |new: &LiveAction, old: &LiveAction| {
        wanted.replace && differs(new) == Some(false) && differs(old) == Some(true) && is_ours(old)
    };
    if is_pair(one, other) {
        Some((one, other))
    } else if is_pair(other, one) {
        Some((other, one))
    } else {
        None
    }
}

pub(super) fn find_action<'a>(
    organization: &LiveOrganization,
    own: &'a [LiveAction],
    wanted: &DesiredAction,
) -> Result<Option<&'a LiveAction>, GenesysBlocker> {
    let name = &wanted.state.content.name;
    if let Some(id) = &wanted.id {
        if let Some(found) = own.iter().find(|one| one.id == *id) {
            return Ok(Some(found));
        }
        let elsewhere =
            organization.integrations.iter().flat_map(|one| &one.actions).any(|one| one.id == *id);
        return Err(if elsewhere {
            GenesysBlocker::NeedsReplacement {
                action: name.clone(),
                id: id.clone(),
                members: vec!["integration"],
                fields: Box::default(),
                also: Vec::new(),
                usage: usage_of(organization, id).into(),
            }
        } else {
            GenesysBlocker::NoSuchId { what: "data action", id: id.clone() }
        });
    }
    let named = |name: &str| own.iter().filter(|one| one.name == *name).collect::<Vec<_>>();
    let mut found = named(name);
    if found.is_empty()
        && let Some(was) = &wanted.was
    {
        found = named(was);
    }
    match found.as_slice() {
        [] => Ok(None),
        [one] => Ok(Some(one)),
        several => Err(GenesysBlocker::Several {
            what: "data action",
            name: name.clone(),
            ids: several.iter().map(|one| one.id.clone()).collect(),
        }),
    }
}

/// Integrations that this spec created but none of its roles has, by the role their credential names.
pub(super) fn orphans<'o>(
    organization: &'o LiveOrganization,
    claimed: &BTreeSet<String>,
    scope: SpecScope<'_>,
) -> Vec<(&'o LiveIntegration, Option<Arn>)> {
    let is_orphan = |one: &&LiveIntegration| {
        matches!(ownership(one, scope), Ownership::Ours(_)) && !claimed.contains(&one.id)
    };
    let role = |one: &LiveIntegration| one.credential.as_ref().and_then(LiveCredential::role);
    organization.integrations.iter().filter(is_orphan).map(|one| (one, role(one))).collect()
}
