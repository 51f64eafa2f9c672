//! Every secret that this process has held: all output is checked for them, whichever part of the program read them.

use std::sync::{Arc, PoisonError, RwLock};

static HELD: RwLock<Vec<Arc<str>>> = RwLock::new(Vec::new());

/// A shorter secret protects nothing, and may be part of any word.
const SHORTEST: usize = 8;

/// The sandbox's own, which is printed for a shell: masked, its lines could not be pasted.
pub const MADE_UP: &str = "made-up-secret";

/// From now on, output masks this secret.
pub fn remember(secret: &str) {
    if secret.trim().len() < SHORTEST {
        return;
    }
    let is_known = |held: &[Arc<str>]| held.iter().any(|known| **known == *secret);
    if is_known(&HELD.read().unwrap_or_else(PoisonError::into_inner)) {
        return;
    }
    let mut held = HELD.write().unwrap_or_else(PoisonError::into_inner);
    if !is_known(&held) {
        held.push(secret.into());
    }
}

/// The secrets that were added after the first `known` ones.
pub fn since(known: usize) -> Vec<Arc<str>> {
    let held = HELD.read().unwrap_or_else(PoisonError::into_inner);
    held.get(known..).unwrap_or_default().to_vec()
}
