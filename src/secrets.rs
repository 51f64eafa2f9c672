//! Every secret that this process has held: whoever prints looks for them, whichever part of the program they came by.

use std::sync::{Arc, PoisonError, RwLock};

static HELD: RwLock<Vec<Arc<str>>> = RwLock::new(Vec::new());

/// What is shorter protects nothing, and may be a part of any word.
const SHORTEST: usize = 8;

/// From now on it is printed nowhere.
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

/// Those that came after the first so many.
pub fn since(known: usize) -> Vec<Arc<str>> {
    let held = HELD.read().unwrap_or_else(PoisonError::into_inner);
    held.get(known..).unwrap_or_default().to_vec()
}
