//! Stopping between two calls.

use std::future::Future;
use std::ops::ControlFlow;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::sync::Notify;

/// Asks to end as soon as the call in flight is finished.
#[derive(Debug, Default)]
pub struct Interrupt {
    set: AtomicBool,
    writing: AtomicBool,
    wake: Notify,
}

impl Interrupt {
    /// Whether it was already set.
    pub fn set(&self) -> bool {
        let before = self.set.swap(true, Ordering::Relaxed);
        self.wake.notify_waiters();
        before
    }

    pub fn is_set(&self) -> bool {
        self.set.load(Ordering::Relaxed)
    }

    /// Whether a plan is being carried out, so a call may be in flight.
    pub fn is_writing(&self) -> bool {
        self.writing.load(Ordering::Relaxed)
    }

    pub(super) fn set_writing(&self, writing: bool) {
        self.writing.store(writing, Ordering::Relaxed);
    }

    /// The work's result, or `None` if it is interrupted: then it is dropped where it is.
    pub async fn or_interrupted<T>(&self, work: impl Future<Output = T>) -> Option<T> {
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

    /// An interruptible pause.
    pub async fn pause(&self, pause: Duration) -> ControlFlow<()> {
        match self.or_interrupted(tokio::time::sleep(pause)).await {
            Some(()) => ControlFlow::Continue(()),
            None => ControlFlow::Break(()),
        }
    }
}
