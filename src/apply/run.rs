//! Carries a plan out: a role's changes in sequence, except independent ones, and several roles concurrently; the first
//! failure stops everything.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::ops::{ControlFlow, Range};
use std::time::Duration;

use futures_util::future::join_all;
use futures_util::stream::{self, StreamExt as _};

use super::interrupt::Interrupt;
use super::recheck::Recheck;
use super::{genesys, iam, owner};
use crate::aws::{AwsError, Clients};
use crate::backoff::Backoff;
use crate::genesys::{self as genesys_cloud, GenesysError, Siblings, TestResult, WriteError};
use crate::model::DesiredState;
use crate::plan::genesys::GenesysChange;
use crate::plan::iam::IamChange;
use crate::plan::{Change, Owner, Plan, RolePlan};

/// The outcome of each change.
#[derive(Debug, Default)]
pub struct ApplyReport<'p> {
    pub applied: Vec<&'p Change>,
    /// Several only if several roles were processed concurrently.
    pub failed: Vec<(&'p Change, ChangeFailure)>,
    /// Not started, because of a failure or an interruption.
    pub skipped: Vec<&'p Change>,
    pub interrupted: bool,
}

/// Why a change was not made.
#[derive(Debug)]
pub enum ChangeFailure {
    Aws(AwsError),
    Genesys(GenesysError),
    /// What it would change has changed since the plan.
    Changed,
    /// What it would delete is someone else's by now.
    NotOurs(Owner),
    /// A replacement data action failed its test: the old one stays. Says why.
    Untested(String),
    /// IAM does not show the role that an integration would assume in place of another.
    RoleNotShown,
    /// What it would change could not be read, so nothing was sent.
    Unread(Box<ChangeFailure>),
}

impl From<WriteError> for ChangeFailure {
    fn from(error: WriteError) -> Self {
        match error {
            WriteError::Genesys(error) => Self::Genesys(error),
            WriteError::Changed => Self::Changed,
        }
    }
}

/// What is reported while a plan is carried out.
pub enum Progress<'a> {
    Done(&'a Change),
    Failed(&'a Change),
    /// Its turn had come, but what it changes could not be read.
    Unread {
        change: &'a Change,
        operation: Option<&'a str>,
    },
    /// Before the next try.
    Retrying {
        change: &'a Change,
        reason: &'static str,
        delay: Duration,
    },
}

/// Data action tests to run before what they replace is deleted: their inputs, by role and name.
#[derive(Debug, Default)]
pub struct ReplacementTests {
    pub inputs: BTreeMap<(String, String), String>,
    /// Those that passed, by data action ID.
    pub passed: RefCell<BTreeMap<String, TestResult>>,
}

impl ReplacementTests {
    /// Those of data actions with a `test_input`.
    pub fn of(desired: &DesiredState) -> Self {
        let mut inputs = BTreeMap::new();
        for role in &desired.roles {
            for action in role.integration.iter().flat_map(|integration| &integration.actions) {
                let Some(input) = &action.test_input else { continue };
                let key = (role.role.name.clone(), action.state.content.name.clone());
                inputs.insert(key, serde_json::Value::Object(input.clone()).to_string());
            }
        }
        Self { inputs, passed: RefCell::default() }
    }
}

pub struct Apply<'a> {
    pub clients: &'a Clients,
    /// For changes in Genesys Cloud.
    pub genesys: Option<&'a genesys_cloud::Client>,
    /// What this run makes there, for this spec and others.
    pub siblings: &'a Siblings,
    pub waits: Backoff,
    pub interrupt: &'a Interrupt,
    /// Rereads the subject of each change before making it, and makes it only if the plan still calls for it: for plans
    /// not carried out at once. Whose a thing is, is read before every deletion.
    pub recheck: Option<Recheck<'a>>,
    pub tests: &'a ReplacementTests,
}

/// Roles written to concurrently: few, so that little is in flight when something fails.
const AT_A_TIME: usize = 32;

/// Which of a plan's roles.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Phase {
    /// Those of the spec.
    Build,
    /// Those no longer in it: only once what takes their place works.
    Remove,
}

/// Shared by the roles being processed.
struct Run<'a, 'p, P> {
    apply: &'a Apply<'a>,
    spec: &'a str,
    report: RefCell<ApplyReport<'p>>,
    progress: RefCell<P>,
}

impl<'p> ApplyReport<'p> {
    /// Whether everything so far was made.
    pub fn is_clean(&self) -> bool {
        self.failed.is_empty() && !self.interrupted && self.skipped.is_empty()
    }

    /// Leaves out what has its turn now.
    pub fn skip(&mut self, plan: &'p Plan, phase: Phase) {
        self.skipped.extend(roles(plan, phase).flat_map(|role| &role.changes));
    }
}

fn roles(plan: &Plan, phase: Phase) -> impl Iterator<Item = &RolePlan> {
    plan.roles.iter().filter(move |role| role.is_removal() == (phase == Phase::Remove))
}

impl<'p, P: FnMut(Progress<'_>)> Run<'_, 'p, P> {
    /// Carries out a role's changes up to an index; `begun` are those already started.
    async fn role(&self, role: &'p RolePlan, made_ids: &mut genesys::Made, mut begun: usize, end: usize) {
        while begun < end {
            let places = begun..begun + at_once(&role.changes[begun..]);
            begun = places.end;
            let interrupted = self.apply.interrupt.is_set();
            if interrupted || !self.report.borrow().failed.is_empty() {
                let mut report = self.report.borrow_mut();
                report.interrupted |= interrupted;
                let known = report.failed.iter().map(|(change, _)| *change);
                let known: Vec<&Change> = known.collect();
                let is_new = |change: &&Change| !known.iter().any(|known| std::ptr::eq(*known, *change));
                report.skipped.extend(role.changes[places].iter().filter(is_new));
                continue;
            }
            let outdated = match self.apply.outdated(role, places.clone()).await {
                Ok(outdated) => outdated,
                Err(failure) => {
                    self.unread(&role.changes[places.start], failure);
                    self.report.borrow_mut().skipped.extend(&role.changes[places.start + 1..begun]);
                    continue;
                }
            };
            match self.apply.foreign_now(role, places.clone(), self.spec).await {
                Ok(None) => {}
                foreign => {
                    let change = &role.changes[places.start];
                    match foreign {
                        Err(failure) => self.unread(change, failure),
                        Ok(owner) => {
                            self.failed(change, owner.map_or(ChangeFailure::Changed, ChangeFailure::NotOurs))
                        }
                    }
                    self.report.borrow_mut().skipped.extend(&role.changes[places.start + 1..begun]);
                    continue;
                }
            }
            if !outdated.is_empty() {
                for at in places {
                    let change = &role.changes[at];
                    match outdated.contains(&at) {
                        true => self.failed(change, ChangeFailure::Changed),
                        false => self.report.borrow_mut().skipped.push(change),
                    }
                }
                continue;
            }
            match (places.start, places.len()) {
                (at, 1) => self.make(role, at, made_ids).await,
                _ => {
                    // Several only in IAM, which needs no IDs.
                    let makes = places.map(|at| async move {
                        self.make(role, at, &mut genesys::Made::default()).await;
                    });
                    join_all(makes).await;
                }
            }
        }
    }

    async fn make(&self, role: &'p RolePlan, at: usize, made_ids: &mut genesys::Made) {
        let change = &role.changes[at];
        match self.apply.make(role, at, made_ids, |event| self.notify(event)).await {
            Ok(()) => {
                self.notify(Progress::Done(change));
                self.report.borrow_mut().applied.push(change);
            }
            Err(failure) => self.failed(change, failure),
        }
    }

    fn unread(&self, change: &'p Change, failure: ChangeFailure) {
        let operation = match &failure {
            ChangeFailure::Aws(error) => Some(error.operation.as_str()),
            _ => None,
        };
        self.notify(Progress::Unread { change, operation });
        self.report.borrow_mut().failed.push((change, ChangeFailure::Unread(failure.into())));
    }

    fn failed(&self, change: &'p Change, failure: ChangeFailure) {
        self.notify(Progress::Failed(change));
        self.report.borrow_mut().failed.push((change, failure));
    }

    fn notify(&self, event: Progress<'_>) {
        (self.progress.borrow_mut())(event);
    }
}

/// How many of a role's changes, from the first on, remove something in Genesys Cloud, or repoint a data action.
fn leading(role: &RolePlan) -> usize {
    let is_leading = |change: &&Change| match change {
        Change::Iam(_) => false,
        Change::Genesys(change) => match change {
            GenesysChange::PatchIntegration { enabled, .. } => !enabled,
            GenesysChange::DeleteIntegrationsAction { replaced_by, .. } => replaced_by.is_none(),
            GenesysChange::PatchIntegrationsAction { .. }
            | GenesysChange::DeleteIntegration { .. }
            | GenesysChange::DeleteIntegrationsCredential { .. } => true,
            GenesysChange::PostIntegrationsCredentials { .. }
            | GenesysChange::PutIntegrationsCredential { .. }
            | GenesysChange::PostIntegrations { .. }
            | GenesysChange::PutIntegrationConfigCurrent { .. }
            | GenesysChange::PostIntegrationsActions { .. } => false,
        },
    };
    role.changes.iter().take_while(is_leading).count()
}

/// Whether the first of these changes begins a hand-over: what is redirected right before it has to work right after it.
fn begins_hand_over(changes: &[Change]) -> bool {
    let is_redirected =
        |change: &&Change| matches!(change, Change::Genesys(GenesysChange::PatchIntegrationsAction { .. }));
    match changes.iter().find(|change| !is_redirected(change)) {
        Some(Change::Genesys(change)) => change.hands_over(),
        _ => false,
    }
}

/// Whether it takes a policy off the role.
fn takes_away(change: &Change) -> bool {
    matches!(change, Change::Iam(IamChange::DetachRolePolicy { .. } | IamChange::DeleteRolePolicy { .. }))
}

/// Whether it allows the role something.
fn gives(change: &Change) -> bool {
    matches!(
        change,
        Change::Iam(
            IamChange::CreatePolicy(_)
                | IamChange::CreatePolicyVersion { .. }
                | IamChange::AttachRolePolicy { .. }
        )
    )
}

/// AWS: "changes that you make might not be immediately visible everywhere" (IAM User Guide, eventual consistency). The first
/// calls with a new role are refused for some seconds, although IAM shows it.
const NEW_ROLE: Duration = Duration::from_secs(15);

/// How many of these changes, from the first on, are made concurrently.
fn at_once(changes: &[Change]) -> usize {
    match changes {
        [Change::Iam(first), Change::Iam(second), ..] if second.goes_beside(first) => 2,
        _ => 1,
    }
}

impl Apply<'_> {
    /// Carries out one phase's changes, each role's in order; after anything that is not made, nothing more.
    pub async fn run<'p>(
        &self,
        plan: &'p Plan,
        phase: Phase,
        report: ApplyReport<'p>,
        progress: impl FnMut(Progress<'_>),
    ) -> ApplyReport<'p> {
        let (report, progress) = (RefCell::new(report), RefCell::new(progress));
        let run = Run { apply: self, spec: &plan.spec, report, progress };
        self.interrupt.set_writing(true);
        if phase == Phase::Build {
            self.look_again(plan, &run).await;
        }
        let mut roles: Vec<(&RolePlan, genesys::Made)> =
            roles(plan, phase).map(|role| (role, genesys::Made::default())).collect();
        // Genesys Cloud's removals come before IAM changes for any role: one role's integration may use another.
        let first = roles.iter_mut().map(|(role, made)| run.role(role, made, 0, leading(role)));
        stream::iter(first).for_each_concurrent(AT_A_TIME, |role| role).await;
        let rest =
            roles.iter_mut().map(|(role, made)| run.role(role, made, leading(role), role.changes.len()));
        stream::iter(rest).for_each_concurrent(AT_A_TIME, |role| role).await;
        self.interrupt.set_writing(false);
        run.report.into_inner()
    }

    /// Reads the organization once more, if the plan is old: from the first change on, they depend on each other.
    async fn look_again<'p>(&self, plan: &'p Plan, run: &Run<'_, 'p, impl FnMut(Progress<'_>)>) {
        let (Some(recheck), Some(client)) = (&self.recheck, self.genesys) else { return };
        let first =
            |role: &'p RolePlan| role.changes.iter().find(|change| matches!(change, Change::Genesys(_)));
        let Some(any) = plan.roles.iter().find_map(first) else { return };
        match Box::pin(recheck.outdated_in_genesys((client, self.siblings), plan)).await {
            Ok(outdated) => {
                let outdated = plan.roles.iter().filter(|role| outdated.contains(role.role.as_str()));
                outdated.filter_map(first).for_each(|change| run.failed(change, ChangeFailure::Changed));
            }
            Err(error) => run.unread(any, ChangeFailure::Genesys(error)),
        }
    }

    /// Who else owns what these changes delete: both are read right before.
    async fn foreign_now(
        &self,
        role: &RolePlan,
        places: Range<usize>,
        spec: &str,
    ) -> Result<Option<Owner>, ChangeFailure> {
        for at in places {
            let foreign = match &role.changes[at] {
                Change::Iam(_) => {
                    owner::in_iam(self.clients, role, at, spec).await.map_err(ChangeFailure::Aws)?
                }
                Change::Genesys(change) => match self.genesys {
                    Some(client) => {
                        owner::in_genesys(client, role, change).await.map_err(ChangeFailure::Genesys)?
                    }
                    None => None,
                },
            };
            if foreign.is_some() {
                return Ok(foreign);
            }
        }
        Ok(None)
    }

    /// Which of the changes at these indexes a plan made now would not have. They start together, and are checked
    /// before the first of them.
    async fn outdated(&self, role: &RolePlan, places: Range<usize>) -> Result<Vec<usize>, ChangeFailure> {
        let Some(recheck) = &self.recheck else { return Ok(Vec::new()) };
        let wanted = match &role.changes[places.start] {
            Change::Iam(_) => {
                let changes = &role.changes[places.clone()];
                recheck.are_still_wanted(self.clients, role, changes).await.map_err(ChangeFailure::Aws)?
            }
            Change::Genesys(_) => Vec::new(),
        };
        Ok(places.zip(wanted).filter(|(_, wanted)| !wanted).map(|(at, _)| at).collect())
    }

    /// Makes one of a role's changes, the one at index `at`.
    async fn make(
        &self,
        role: &RolePlan,
        at: usize,
        made: &mut genesys::Made,
        mut progress: impl FnMut(Progress<'_>),
    ) -> Result<(), ChangeFailure> {
        let change = &role.changes[at];
        let mut waiting = async |reason, pause| {
            progress(Progress::Retrying { change, reason, delay: pause });
            self.interrupt.pause(pause).await
        };
        match change {
            Change::Iam(iam) => {
                let earlier = &role.changes[..at];
                // What goes may be all that lets the role invoke until what comes is there. It goes in any case: it may be what should not be.
                if takes_away(change) && !earlier.last().is_some_and(takes_away) && earlier.iter().any(gives)
                {
                    let shown = iam::until_shown(self.clients, earlier, self.waits, &mut waiting).await;
                    shown.map_err(ChangeFailure::Aws)?;
                }
                iam::execute(self.clients, iam, earlier, self.waits, waiting)
                    .await
                    .map_err(ChangeFailure::Aws)
            }
            Change::Genesys(change) => {
                // A plan only has such changes if the organization was read.
                let Some(client) = self.genesys else { return Err(ChangeFailure::Changed) };
                let is_begun = at > 0 && begins_hand_over(&role.changes[at - 1..]);
                if begins_hand_over(&role.changes[at..]) && !is_begun {
                    self.until_usable(client, &role.changes[..at], &mut waiting).await?;
                }
                if let Some((id, name)) = made.replacement(change) {
                    self.test_replacement(client, &role.role, name, id).await?;
                }
                // Boxed: it is part of every run's future.
                let made =
                    Box::pin(genesys::execute((client, self.siblings), change, made, self.waits, waiting))
                        .await;
                made.map_err(ChangeFailure::from)
            }
        }
    }

    /// Flows call through the integration: the role it assumes next has to be there, with what this run gave it.
    async fn until_usable(
        &self,
        client: &genesys_cloud::Client,
        earlier: &[Change],
        waiting: &mut impl AsyncFnMut(&'static str, Duration) -> ControlFlow<()>,
    ) -> Result<(), ChangeFailure> {
        let shown = iam::until_shown(self.clients, earlier, self.waits, &mut *waiting).await;
        if !shown.map_err(ChangeFailure::Aws)? {
            return Err(ChangeFailure::RoleNotShown);
        }
        let is_new = earlier.iter().any(|change| matches!(change, Change::Iam(IamChange::CreateRole(_))));
        let pause = NEW_ROLE.min(self.waits.limit);
        // A stand-in knows a role as soon as it shows it.
        if is_new && client.is_genesys_clouds_own() && !pause.is_zero() {
            let reason = "AWS refuses a new role for some seconds";
            return match waiting(reason, pause).await {
                ControlFlow::Continue(()) => Ok(()),
                ControlFlow::Break(()) => Err(ChangeFailure::RoleNotShown),
            };
        }
        Ok(())
    }

    /// The new one has to work before the old one goes, if tests are wanted.
    async fn test_replacement(
        &self,
        client: &genesys_cloud::Client,
        role: &str,
        name: &str,
        id: &str,
    ) -> Result<(), ChangeFailure> {
        let Some(input) = self.tests.inputs.get(&(role.to_owned(), name.to_owned())) else { return Ok(()) };
        let result = client.test(id, input).await.map_err(ChangeFailure::Genesys)?;
        if !result.success {
            return Err(ChangeFailure::Untested(result.why_it_failed()));
        }
        self.tests.passed.borrow_mut().insert(id.to_owned(), result);
        Ok(())
    }
}
