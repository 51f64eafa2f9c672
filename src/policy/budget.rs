//! How much work one evaluation may take.

use std::cell::Cell;

/// Comparison steps that one evaluation may take. Documents within IAM's limits stay far below; anything over is
/// undecided, so hostile input costs no more than a moment.
const STEPS: u64 = 20_000_000;

pub(super) struct Budget(Cell<u64>);

impl Budget {
    pub(super) const EXHAUSTED: &str = "the policy is too complex to evaluate (comparison budget exceeded)";

    pub(super) fn new() -> Self {
        Self(Cell::new(STEPS))
    }

    pub(super) fn is_exhausted(&self) -> bool {
        self.0.get() == 0
    }

    /// `None` once the budget is used up.
    pub(super) fn spend(&self, steps: usize) -> Option<()> {
        let left = self.0.get().checked_sub(steps as u64);
        self.0.set(left.unwrap_or(0));
        left.map(|_| ())
    }
}
