//! Carries a plan out: the changes of a role one after the other, several roles at a time; the first failure stops all.

use std::cell::RefCell;
use std::future::Future;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use futures_util::stream::{self, StreamExt as _};
use tokio::sync::Notify;

use crate::arn::Arn;
use crate::aws::{self, AwsError, Clients, Recent};
use crate::backoff::Backoff;
use crate::plan::{Blocker, Change, Effect, Notice, Plan, RolePlan, destroy_role, diff_role, prune_role};
use crate::state::DesiredState;

/// What became of each change.
#[derive(Debug)]
pub struct ApplyReport {
    pub applied: Vec<Change>,
    /// Several only where several roles were worked on at the same time.
    pub failed: Vec<(Change, Failure)>,
    /// Not begun, because of a failure or an interruption.
    pub skipped: Vec<Change>,
    pub interrupted: bool,
}

/// Why a change was not made.
#[derive(Debug)]
pub enum Failure {
    Aws(AwsError),
    /// What it was to change is no longer what the plan saw.
    Changed,
}

/// What is told while a plan is carried out.
pub enum Progress<'a> {
    Done(&'a Change),
    Failed(&'a Change),
    /// Before the next try.
    Waits(&'a Change, &'static str, Duration),
}

/// For what a plan was made: that says what must still hold before each of its changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purpose {
    Converge,
    Destroy,
}

/// Asks to end as soon as the call in flight is finished.
#[derive(Debug, Default)]
pub struct Interrupt {
    set: AtomicBool,
    writing: AtomicBool,
    wake: Notify,
}

impl Interrupt {
    /// Whether it was set before.
    pub fn set(&self) -> bool {
        let before = self.set.swap(true, Ordering::Relaxed);
        self.wake.notify_waiters();
        before
    }

    pub fn is_set(&self) -> bool {
        self.set.load(Ordering::Relaxed)
    }

    /// Whether a plan is being carried out, so that a call may be in flight.
    pub fn is_writing(&self) -> bool {
        self.writing.load(Ordering::Relaxed)
    }

    /// What the work comes to, or `None` when it is interrupted: then it is dropped where it is.
    pub async fn unless_set<T>(&self, work: impl Future<Output = T>) -> Option<T> {
        let woken = self.wake.notified();
        if self.is_set() {
            return None;
        }
        tokio::select! {
            biased;
            () = woken => None,
            done = work => Some(done),
        }
    }

    /// A pause that an interruption breaks off.
    pub async fn pause(&self, pause: Duration) -> ControlFlow<()> {
        match self.unless_set(tokio::time::sleep(pause)).await {
            Some(()) => ControlFlow::Continue(()),
            None => ControlFlow::Break(()),
        }
    }
}

pub struct Apply<'a> {
    pub clients: &'a Clients,
    pub waits: Backoff,
    pub interrupt: &'a Interrupt,
    /// Reads again before each change what it is to change, and makes it only if the plan still asks for it: for plans
    /// that are not carried out at once.
    pub guard: Option<(Purpose, &'a DesiredState)>,
}

/// Roles that are written to at the same time: what is in flight when something fails is to be little.
const AT_A_TIME: usize = 32;

/// What the roles that are worked on have in common.
struct Run<'a, P> {
    apply: &'a Apply<'a>,
    report: RefCell<ApplyReport>,
    progress: RefCell<P>,
}

impl<P: FnMut(Progress<'_>)> Run<'_, P> {
    async fn role(&self, role: &RolePlan) {
        let tell = |event: Progress<'_>| (self.progress.borrow_mut())(event);
        let mut recent = Recent::default();
        for change in &role.changes {
            let interrupted = self.apply.interrupt.is_set();
            if interrupted || !self.report.borrow().failed.is_empty() {
                let mut report = self.report.borrow_mut();
                report.interrupted |= interrupted;
                report.skipped.push(change.clone());
                continue;
            }
            let made = self.apply.make(role, change, recent, tell).await;
            let mut report = self.report.borrow_mut();
            match made {
                Ok(()) => {
                    tell(Progress::Done(change));
                    recent.created |= change.effect() == Effect::Create;
                    recent.removed |= change.effect() == Effect::Remove;
                    report.applied.push(change.clone());
                }
                Err(failure) => {
                    tell(Progress::Failed(change));
                    report.failed.push((change.clone(), failure));
                }
            }
        }
    }
}

impl Apply<'_> {
    /// Carries out every change: those of a role in order, and roles that were taken out of the spec before the others.
    pub async fn run(&self, plan: &Plan, progress: impl FnMut(Progress<'_>)) -> ApplyReport {
        let report =
            ApplyReport { applied: Vec::new(), failed: Vec::new(), skipped: Vec::new(), interrupted: false };
        let run = Run { apply: self, report: RefCell::new(report), progress: RefCell::new(progress) };
        self.interrupt.writing.store(true, Ordering::Relaxed);
        let (first, then): (Vec<_>, Vec<_>) =
            plan.roles.iter().partition(|role| role.notices.contains(&Notice::TakenOut));
        for roles in [first, then] {
            stream::iter(roles).for_each_concurrent(AT_A_TIME, |role| run.role(role)).await;
        }
        self.interrupt.writing.store(false, Ordering::Relaxed);
        run.report.into_inner()
    }

    async fn make(
        &self,
        role: &RolePlan,
        change: &Change,
        recent: Recent,
        mut progress: impl FnMut(Progress<'_>),
    ) -> Result<(), Failure> {
        if !self.still_wanted(role, change).await.map_err(Failure::Aws)? {
            return Err(Failure::Changed);
        }
        let waiting = async |reason, pause| {
            progress(Progress::Waits(change, reason, pause));
            self.interrupt.pause(pause).await
        };
        aws::execute(self.clients, change, recent, self.waits, waiting).await.map_err(Failure::Aws)
    }

    /// Whether a plan that was made now would have this very change in it.
    async fn still_wanted(&self, role: &RolePlan, change: &Change) -> Result<bool, AwsError> {
        let Some((purpose, desired)) = self.guard else { return Ok(true) };
        let now = match desired.roles.iter().find(|desired| desired.role.name == role.role) {
            Some(wanted) => {
                let live = aws::live(self.clients, wanted).await?;
                match purpose {
                    Purpose::Converge => diff_role(&live, wanted, desired),
                    Purpose::Destroy => destroy_role(&live, wanted, &desired.spec),
                }
            }
            None => {
                let removed = role.changes.iter().filter_map(Change::removed_policy).cloned();
                let removed: Vec<Arn> = removed.collect();
                let live = aws::orphan(self.clients, &role.role, &removed, desired).await?;
                prune_role(&role.role, &live)
            }
        };
        // How often a policy is attached is known late, and IAM guards it itself.
        let blocks = |blocker: &Blocker| !matches!(blocker, Blocker::PolicyInUse { .. });
        Ok(!now.blockers.iter().any(blocks) && now.changes.contains(change))
    }
}
