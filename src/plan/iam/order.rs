//! The order in which a role's documents change, so no door is open on the way.
//!
//! One rule covers the trust policy, the role's own policy, all others and the boundary together: no write allows
//! anything that was refused just before it, unless the finished plan allows it. Orders with the fewest writes are
//! searched first, going through documents that allow less if necessary; [`super::proof`] proves each step. If no order
//! can be proved, an inline policy that denies everything goes first and is removed last.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};

use super::change::IamChange;
use super::closed::{free_name, is_closed};
use super::proof::{Case, ProvenSide, cases};
use crate::model::LiveRole;
use crate::plan::change::Diff;
use crate::policy::Document;
use crate::policy::document::Effect;
use crate::policy::quota::ATTACHED_POLICIES;
use crate::policy::template::{closed_trust, deny_policy};

/// A document that may come between the old and the new one, and the changes that lead there.
pub(super) struct Between {
    pub(super) document: Document,
    pub(super) to: Vec<IamChange>,
    pub(super) onward: Vec<IamChange>,
    /// Nobody can do anything while it is in force.
    pub(super) is_shut: bool,
}

/// One document that is replaced, directly or via another.
#[derive(Default)]
pub(super) struct Replacement {
    pub(super) before: Option<Document>,
    pub(super) after: Option<Document>,
    pub(super) direct: Vec<IamChange>,
    /// In order of preference.
    pub(super) between: Vec<Between>,
}

impl Replacement {
    fn is_needed(&self) -> bool {
        !self.direct.is_empty()
    }
}

/// What limits a role.
#[derive(Debug, Clone, Copy)]
pub(super) enum BoundaryEffect<'a> {
    None,
    /// The spec's own policy.
    Own,
    /// Another one, which may say anything if unread.
    Document(Option<&'a Document>),
}

/// Everything about one role that must change and affects access.
pub(super) struct Task<'a> {
    pub(super) role: &'a LiveRole,
    pub(super) trust: Replacement,
    /// The spec's own policy, if it stays or is new.
    pub(super) own: Replacement,
    pub(super) is_attached: bool,
    pub(super) attach: Option<IamChange>,
    /// The policies to remove, with their documents.
    pub(super) removals: Vec<(IamChange, Document)>,
    /// The policies that stay besides the spec's own.
    pub(super) kept: Vec<&'a Document>,
    pub(super) boundary: Option<IamChange>,
    /// Before and after.
    pub(super) bounds: [BoundaryEffect<'a>; 2],
    /// Writes made before the role gets its policy that affect no access.
    pub(super) neutral: Vec<IamChange>,
    pub(super) tags: Option<IamChange>,
    /// The role will be removed.
    pub(super) is_removal: bool,
}

/// Changes in order.
pub(super) struct Ordered {
    pub(super) changes: Vec<IamChange>,
    /// After how many of them a role that was usable is not.
    pub(super) shut: usize,
    /// After how many others it lacks what it could do before and can do in the end.
    pub(super) interrupted: usize,
}

/// How far a role has got.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct Position {
    /// 0: before; 1: after; 2 and up: an intermediate document.
    trust: usize,
    own: usize,
    /// Those that only allow are removed together.
    allowing_gone: bool,
    denying_gone: u32,
    boundary: bool,
    attached: bool,
    tagged: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Step {
    Allowing,
    Boundary,
    Trust(usize),
    Own(usize),
    Denying(usize),
    Attach,
    Tags,
}

/// The cost of a write.
const WRITE: usize = 100;
/// A period in which nobody can use the role costs as much as two writes.
const SHUT: usize = 2 * WRITE;
/// A write after which the role lacks what it could do before and can do in the end: decides between equally many.
const INTERRUPTED: usize = 2;

pub(super) fn order(task: Task<'_>) -> Ordered {
    let (allowing, denying): (Vec<_>, Vec<_>) =
        task.removals.iter().partition(|(_, document)| !denies(document));
    let is_closed_now = task.role.inline.iter().any(|(name, document)| is_closed(name, document));
    let search = Search::new(&task, allowing, denying);
    let start = search.start();
    let path = if is_closed_now && !task.is_removal {
        None
    } else if search.needs_proof() {
        search.best(start).map(|found| found.1)
    } else {
        search.default_path(start)
    };
    let is_proved = path.is_some();
    let mut path = match path {
        Some(path) => path,
        None => search.default_path(start).unwrap_or_default(),
    };
    if !is_proved
        && task.is_removal
        && let Some(shut) = search.shut_trust()
    {
        path.insert(0, Step::Trust(shut));
    }
    let mut changes = Vec::new();
    let mut shut = 0;
    let mut interrupted = 0;
    let mut state = start;
    let was_shut = search.is_shut(start);
    let mut neutral = task.neutral.clone();
    neutral.extend(task.tags.clone().filter(|_| !search.tags_matter));
    for step in path {
        let before = changes.len();
        if step == Step::Attach {
            changes.append(&mut neutral);
        }
        changes.extend(search.changes(state, step));
        // Only the last write of a step changes anything.
        let same = changes.len() - before - 1;
        let next = search.after(state, step);
        for (state, writes) in [(state, same), (next, 1)] {
            if search.is_shut(state) {
                shut += writes;
            } else if search.is_interrupted(state) {
                interrupted += writes;
            }
        }
        state = next;
    }
    changes.append(&mut neutral);
    if was_shut || task.is_removal {
        shut = 0;
    }
    if !is_proved && !is_closed_now {
        let name = free_name(task.role);
        let role = task.role.role.name.clone();
        let document = deny_policy();
        let put =
            IamChange::PutRolePolicy { role: role.clone(), name: name.clone(), document: document.clone() };
        let delete = IamChange::DeleteRolePolicy { role, name, document };
        shut = if was_shut || task.is_removal { 0 } else { changes.len() + 1 };
        interrupted = 0;
        changes.insert(0, put);
        // When everything is removed, before the policies and the role itself.
        changes.push(delete);
    }
    for (name, document) in task.role.inline.iter().filter(|(name, document)| is_closed(name, document)) {
        // In a removal it is already among the removals.
        if !task.is_removal {
            changes.push(IamChange::DeleteRolePolicy {
                role: task.role.role.name.clone(),
                name: name.clone(),
                document: document.clone(),
            });
        }
    }
    Ordered { changes, shut, interrupted }
}

/// Whether a document denies something.
pub(super) fn denies(document: &Document) -> bool {
    document.statements.as_slice().iter().any(|statement| statement.effect == Effect::Deny)
}

/// The way via a trust policy that admits nobody.
pub(super) fn shut_trust(role: &str, before: &Document, after: Option<&Document>) -> Between {
    let change = |before: &Document, after: &Document| IamChange::UpdateAssumeRolePolicy {
        role: role.to_owned(),
        document: Diff { before: before.clone(), after: after.clone() },
    };
    let shut = closed_trust();
    Between {
        to: vec![change(before, &shut)],
        onward: after.iter().map(|after| change(&shut, after)).collect(),
        document: shut,
        is_shut: true,
    }
}

/// The documents in force in one state, as bits.
#[derive(Debug, Clone, Copy)]
struct InForce {
    trust: u64,
    identity: u64,
    boundary: Option<u64>,
    phase: usize,
}

/// What allows a request besides the role's policies.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Route {
    /// Nothing.
    Identity,
    /// The resource's own policy names the role.
    Role,
    /// The resource's own policy names the session.
    Session,
}

/// The cost of a way, and its steps.
type Path = (usize, Vec<Step>);

struct Search<'a> {
    task: &'a Task<'a>,
    allowing: Vec<&'a (IamChange, Document)>,
    denying: Vec<&'a (IamChange, Document)>,
    tags_matter: bool,
    /// `None`: too much to search.
    trust_cases: Option<Vec<Case>>,
    permission_cases: Option<Vec<Case>>,
    /// Where each kind begins in the list of documents.
    at: Places,
    memo: RefCell<BTreeMap<Position, Option<Path>>>,
}

struct Places {
    own: Vec<Option<usize>>,
    allowing: Vec<usize>,
    denying: Vec<usize>,
    kept: Vec<usize>,
    boundary: [Option<BoundaryDocument>; 2],
}

/// The index of a boundary's document.
#[derive(Debug, Clone, Copy)]
enum BoundaryDocument {
    Document(usize),
    /// The spec's own policy at that point.
    Own,
}

impl<'a> Search<'a> {
    fn new(
        task: &'a Task<'a>,
        allowing: Vec<&'a (IamChange, Document)>,
        denying: Vec<&'a (IamChange, Document)>,
    ) -> Self {
        let keys = match &task.tags {
            Some(IamChange::TagRole { tags, .. }) => {
                tags.keys().map(|key| key.to_ascii_lowercase()).collect()
            }
            _ => BTreeSet::new(),
        };
        let mut documents: Vec<Option<&Document>> = Vec::new();
        let mut add = |document: Option<&'a Document>| {
            documents.push(document);
            documents.len() - 1
        };
        let own = [task.own.before.as_ref(), task.own.after.as_ref()]
            .into_iter()
            .chain(task.own.between.iter().map(|between| Some(&between.document)))
            .map(|document| document.map(|document| add(Some(document))))
            .collect();
        let at = Places {
            own,
            allowing: allowing.iter().map(|(_, document)| add(Some(document))).collect(),
            denying: denying.iter().map(|(_, document)| add(Some(document))).collect(),
            kept: task.kept.iter().map(|document| add(Some(document))).collect(),
            boundary: task.bounds.each_ref().map(|boundary| match boundary {
                BoundaryEffect::None => None,
                BoundaryEffect::Own => Some(BoundaryDocument::Own),
                BoundaryEffect::Document(document) => Some(BoundaryDocument::Document(add(*document))),
            }),
        };
        let trust: Vec<Option<&Document>> = [task.trust.before.as_ref(), task.trust.after.as_ref()]
            .into_iter()
            .map(|document| document.or(task.trust.before.as_ref()))
            .chain(task.trust.between.iter().map(|between| Some(&between.document)))
            .collect();
        let is_tag = |document: &&Document| {
            let text = document.to_json().to_ascii_lowercase();
            keys.iter().any(|key| text.contains(&format!("tag/{key}")))
        };
        // An unread document may have any condition.
        let is_tag = |document: &Option<&Document>| document.as_ref().map_or(!keys.is_empty(), is_tag);
        // Usually no tag changes, so no document is serialized.
        let tags_matter = !keys.is_empty() && documents.iter().chain(&trust).any(is_tag);
        let mut search = Self {
            task,
            allowing,
            denying,
            tags_matter,
            trust_cases: None,
            permission_cases: None,
            at,
            memo: RefCell::default(),
        };
        if search.needs_proof() && search.denying.len() <= 6 {
            search.trust_cases = cases(&trust, ProvenSide::Trust, &keys);
            search.permission_cases = cases(&documents, ProvenSide::Permissions, &keys);
        }
        search
    }

    /// A single step leads only to the end, unless a removal drops denials: the role still exists for a while.
    fn needs_proof(&self) -> bool {
        let least = if self.task.is_removal && !self.denying.is_empty() { 0 } else { 1 };
        self.left(self.start()) > least
    }

    fn start(&self) -> Position {
        Position {
            trust: 0,
            own: 0,
            allowing_gone: self.allowing.is_empty(),
            denying_gone: 0,
            boundary: false,
            attached: self.task.is_attached,
            tagged: false,
        }
    }

    fn all_denying(&self) -> u32 {
        (0..self.denying.len()).fold(0, |all, at| all | 1_u32.wrapping_shl(u32::try_from(at).unwrap_or(0)))
    }

    /// The steps that the rest definitely takes.
    fn left(&self, state: Position) -> usize {
        usize::from(self.task.trust.is_needed() && state.trust != 1)
            + usize::from(self.task.own.is_needed() && state.own != 1)
            + usize::from(!state.allowing_gone)
            + (self.denying.len() - state.denying_gone.count_ones() as usize)
            + usize::from(self.task.boundary.is_some() && !state.boundary)
            + usize::from(self.task.attach.is_some() && !state.attached)
            + usize::from(self.tags_matter && !state.tagged)
    }

    /// The possible next steps, in default order.
    fn steps(&self, state: Position) -> Vec<Step> {
        let Task { trust, own, boundary, attach, .. } = self.task;
        let mut steps = Vec::new();
        if !state.allowing_gone {
            steps.push(Step::Allowing);
        }
        if boundary.is_some() && !state.boundary {
            steps.push(Step::Boundary);
        }
        if trust.is_needed() && state.trust != 1 {
            steps.push(Step::Trust(1));
        }
        if own.is_needed() && state.own != 1 {
            steps.push(Step::Own(1));
        }
        steps.extend(
            (0..self.denying.len()).filter(|at| state.denying_gone >> at & 1 == 0).map(Step::Denying),
        );
        if attach.is_some() && !state.attached && (self.has_room() || self.is_detached(state)) {
            steps.push(Step::Attach);
        }
        if self.tags_matter && !state.tagged {
            steps.push(Step::Tags);
        }
        if state.own == 0 && state.attached {
            steps.extend((0..own.between.len()).map(|at| Step::Own(at + 2)));
        }
        if state.trust == 0 {
            steps.extend((0..trust.between.len()).map(|at| Step::Trust(at + 2)));
        }
        steps
    }

    /// Whether one more managed policy can be attached before any is detached.
    fn has_room(&self) -> bool {
        self.task.role.attached.len() < ATTACHED_POLICIES
    }

    /// Whether every policy to be removed is.
    fn is_detached(&self, state: Position) -> bool {
        state.allowing_gone && state.denying_gone == self.all_denying()
    }

    /// Every required step, in the usual order.
    fn default_path(&self, start: Position) -> Option<Vec<Step>> {
        let mut path = Vec::new();
        let mut state = start;
        while self.left(state) > 0 {
            let step = *self.steps(state).first()?;
            path.push(step);
            state = self.after(state, step);
        }
        Some(path)
    }

    /// The way out of this state with the fewest writes, each of them proved.
    fn best(&self, state: Position) -> Option<Path> {
        if self.left(state) == 0 {
            return Some((0, Vec::new()));
        }
        if let Some(known) = self.memo.borrow().get(&state) {
            return known.clone();
        }
        let mut best: Option<Path> = None;
        for step in self.steps(state) {
            let next = self.after(state, step);
            let cost = self.cost(state, step);
            if best.as_ref().is_some_and(|(least, _)| *least <= cost) || !self.is_safe(state, next) {
                continue;
            }
            let Some((rest, path)) = self.best(next) else { continue };
            if best.as_ref().is_none_or(|(least, _)| cost + rest < *least) {
                best = Some((cost + rest, std::iter::once(step).chain(path).collect()));
            }
        }
        self.memo.borrow_mut().insert(state, best.clone());
        best
    }

    fn cost(&self, state: Position, step: Step) -> usize {
        let detour = match step {
            Step::Own(at) if at > 1 => {
                1 + SHUT * usize::from(self.own_between(at).is_some_and(|b| b.is_shut))
            }
            Step::Trust(at) if at > 1 => {
                1 + SHUT * usize::from(self.trust_between(at).is_some_and(|b| b.is_shut))
            }
            _ => 0,
        };
        let is_interrupted = self.is_interrupted(self.after(state, step));
        WRITE * self.changes(state, step).len() + detour + INTERRUPTED * usize::from(is_interrupted)
    }

    fn own_between(&self, at: usize) -> Option<&Between> {
        self.task.own.between.get(at.checked_sub(2)?)
    }

    fn trust_between(&self, at: usize) -> Option<&Between> {
        self.task.trust.between.get(at.checked_sub(2)?)
    }

    fn shut_trust(&self) -> Option<usize> {
        self.task.trust.between.iter().position(|between| between.is_shut).map(|at| at + 2)
    }

    fn is_shut(&self, state: Position) -> bool {
        self.trust_between(state.trust).is_some_and(|between| between.is_shut)
            || state.attached && self.own_between(state.own).is_some_and(|between| between.is_shut)
    }

    /// Whether something is refused here that was allowed at the start and will be in the end.
    fn is_interrupted(&self, state: Position) -> bool {
        let (Some(trust), Some(permissions), Some(goal)) =
            (&self.trust_cases, &self.permission_cases, self.goal())
        else {
            return false;
        };
        let [start, now] = [self.start(), state].map(|state| self.in_force(state));
        let is_lost = |is: &dyn Fn(InForce) -> bool| is(start) && is(goal) && !is(now);
        trust.iter().any(|case| is_lost(&|state| is_admitted(case, state)))
            || permissions.iter().any(|case| is_lost(&|state| is_allowed(case, Route::Identity, state)))
    }

    fn after(&self, state: Position, step: Step) -> Position {
        match step {
            Step::Allowing => Position { allowing_gone: true, ..state },
            Step::Boundary => Position { boundary: true, ..state },
            Step::Trust(at) => Position { trust: at, ..state },
            Step::Own(at) => Position { own: at, ..state },
            Step::Denying(at) => Position { denying_gone: state.denying_gone | 1 << at, ..state },
            Step::Attach => Position { attached: true, ..state },
            Step::Tags => Position { tagged: true, ..state },
        }
    }

    fn changes(&self, state: Position, step: Step) -> Vec<IamChange> {
        let Task { trust, own, boundary, attach, tags, .. } = self.task;
        let one = |(change, _): &(IamChange, Document)| change.clone();
        let onward = |between: Option<&Between>, direct: &[IamChange]| {
            between.map_or_else(|| direct.to_vec(), |between| between.onward.clone())
        };
        match step {
            Step::Allowing => self.allowing.iter().map(|removal| one(removal)).collect(),
            Step::Boundary => boundary.iter().cloned().collect(),
            Step::Trust(1) => onward(self.trust_between(state.trust), &trust.direct),
            Step::Trust(at) => self.trust_between(at).map(|between| between.to.clone()).unwrap_or_default(),
            Step::Own(1) => onward(self.own_between(state.own), &own.direct),
            Step::Own(at) => self.own_between(at).map(|between| between.to.clone()).unwrap_or_default(),
            Step::Denying(at) => self.denying.get(at).map(|removal| one(removal)).into_iter().collect(),
            Step::Attach => attach.iter().cloned().collect(),
            Step::Tags => tags.iter().cloned().collect(),
        }
    }

    fn in_force(&self, state: Position) -> InForce {
        let bit = |at: &usize| 1_u64 << at;
        let mut identity = self.at.kept.iter().map(bit).sum::<u64>();
        let own = self.at.own.get(state.own).copied().flatten().map_or(0, |at| bit(&at));
        if state.attached {
            identity |= own;
        }
        if !state.allowing_gone {
            identity |= self.at.allowing.iter().map(bit).sum::<u64>();
        }
        let left = self.at.denying.iter().enumerate().filter(|(at, _)| state.denying_gone >> at & 1 == 0);
        identity |= left.map(|(_, at)| bit(at)).sum::<u64>();
        InForce {
            trust: 1 << state.trust,
            identity,
            boundary: self.at.boundary[usize::from(state.boundary)].map(|bound| match bound {
                BoundaryDocument::Document(at) => bit(&at),
                BoundaryDocument::Own => own,
            }),
            phase: usize::from(state.tagged),
        }
    }

    /// The final state; none if the role is removed.
    fn goal(&self) -> Option<InForce> {
        let goal = Position {
            trust: usize::from(self.task.trust.is_needed()),
            own: usize::from(self.task.own.is_needed()),
            allowing_gone: true,
            denying_gone: self.all_denying(),
            boundary: self.task.boundary.is_some(),
            attached: self.task.attach.is_some() || self.task.is_attached,
            tagged: self.tags_matter,
        };
        (!self.task.is_removal).then(|| self.in_force(goal))
    }

    /// Whether the second state allows nothing that the first refuses and the end will refuse.
    fn is_safe(&self, from: Position, to: Position) -> bool {
        let (Some(trust), Some(permissions)) = (&self.trust_cases, &self.permission_cases) else {
            return false;
        };
        let [from, to] = [from, to].map(|state| self.in_force(state));
        let goal = self.goal();
        // Allowed before, after, and in the end.
        type Allowed = [bool; 3];
        let three = |is: &dyn Fn(InForce) -> bool| -> Allowed { [is(from), is(to), goal.is_some_and(is)] };
        let admitted: BTreeSet<Allowed> =
            trust.iter().map(|case| three(&|state| is_admitted(case, state))).collect();
        let allowed: BTreeSet<(Allowed, bool)> = permissions
            .iter()
            .flat_map(|case| [Route::Identity, Route::Role, Route::Session].map(|route| (case, route)))
            .map(|(case, route)| (three(&|state| is_allowed(case, route, state)), route == Route::Identity))
            .collect();
        allowed.iter().all(|(may, is_own)| {
            // Anyone with a session no longer needs the trust policy.
            let holder = is_own.then_some([true, true, goal.is_some()]);
            admitted.iter().copied().chain(holder).all(|is_in| {
                let can = |at: usize| may[at] && is_in[at];
                !can(1) || can(0) || can(2)
            })
        })
    }
}

fn is_admitted(case: &Case, state: InForce) -> bool {
    let found = case[state.phase];
    found.allows & state.trust != 0 && found.denies & state.trust == 0
}

fn is_allowed(case: &Case, route: Route, state: InForce) -> bool {
    let found = case[state.phase];
    let bounds = state.boundary.unwrap_or(0);
    if found.denies & (state.identity | bounds) != 0 {
        return false;
    }
    let is_granted = route != Route::Identity || found.allows & state.identity != 0;
    let is_bounded = route == Route::Session || state.boundary.is_none_or(|bit| found.allows & bit != 0);
    is_granted && is_bounded
}
