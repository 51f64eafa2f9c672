//! What one run makes in Genesys Cloud, for any role of any spec: none of it is a foreign change.

use std::collections::BTreeSet;
use std::sync::{Mutex, MutexGuard, PoisonError};

use tokio::sync::{RwLock, RwLockReadGuard, RwLockWriteGuard};

/// Shared by everything that one run makes concurrently.
#[derive(Debug, Default)]
pub struct Siblings {
    /// Read-locked by each POST in flight; write-locked by code that must know what all of them made.
    under_way: RwLock<()>,
    known: Mutex<Posts>,
}

#[derive(Debug, Default)]
struct Posts {
    made: BTreeSet<String>,
    /// POSTs whose answer was lost, so that their result is unknown.
    lost: usize,
}

impl Siblings {
    /// Held from before a POST until its outcome is recorded.
    pub(super) async fn post(&self) -> RwLockReadGuard<'_, ()> {
        self.under_way.read().await
    }

    /// No POST is in flight while this is held.
    pub(super) async fn settled(&self) -> RwLockWriteGuard<'_, ()> {
        self.under_way.write().await
    }

    pub(super) fn made(&self, id: &str) {
        self.known().made.insert(id.to_owned());
    }

    pub(super) fn lost(&self) {
        self.known().lost += 1;
    }

    /// The result of a POST whose answer was lost.
    pub(super) fn found(&self, id: &str) {
        let mut known = self.known();
        known.made.insert(id.to_owned());
        known.lost -= 1;
    }

    /// Whether an object of unknown origin may come from a POST other than the asking one.
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
