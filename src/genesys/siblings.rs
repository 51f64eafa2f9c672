//! What one run makes in Genesys Cloud, for whichever role of whichever spec: none of it is a foreign change.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Shared by everything that one run makes at the same time.
#[derive(Debug, Default)]
pub struct Siblings {
    /// Read by each POST while it is under way; written by who has to know what all of them made.
    under_way: RwLock<()>,
    known: Mutex<Posts>,
}

#[derive(Debug, Default)]
struct Posts {
    made: BTreeSet<String>,
    /// POSTs whose answer was lost, and of which nobody knows what they made.
    lost: usize,
}

impl Siblings {
    /// Held from before a POST until its outcome is recorded.
    pub(super) async fn post(&self) -> RwLockReadGuard<'_, ()> {
        self.under_way.read().await
    }

    /// No POST is under way while this is held.
    pub(super) async fn settled(&self) -> RwLockWriteGuard<'_, ()> {
        self.under_way.write().await
    }

    pub(super) fn made(&self, id: &str) {
        self.known().made.insert(id.to_owned());
    }

    pub(super) fn lost(&self) {
        self.known().lost += 1;
    }

    /// What a POST made whose answer was lost.
    pub(super) fn found(&self, id: &str) {
        let mut known = self.known();
        known.made.insert(id.to_owned());
        known.lost -= 1;
    }

    /// Whether an object of which nobody knows who made it may be another POST's than the one that asks.
    pub(super) fn others_are_lost(&self) -> bool {
        self.known().lost > 1
    }

    pub fn has_made(&self, id: &str) -> bool {
        self.known().made.contains(id)
    }

    fn known(&self) -> MutexGuard<'_, Posts> {
        self.known.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
