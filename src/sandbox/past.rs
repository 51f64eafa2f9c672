//! Eventual consistency: what reads still see from before a change.

use std::collections::VecDeque;
use std::time::Duration;

use jiff::Timestamp;

use super::state::State;

/// Former states, oldest first, each with the time it was replaced.
#[derive(Debug, Default)]
pub(super) struct Past {
    delay: Duration,
    states: VecDeque<(Timestamp, State)>,
}

impl Past {
    pub(crate) fn new(delay: Duration) -> Self {
        Self { delay, states: VecDeque::new() }
    }

    pub(crate) fn is_kept(&self) -> bool {
        !self.delay.is_zero()
    }

    /// Keeps a state that was just replaced.
    pub(crate) fn keep(&mut self, replaced: State, now: Timestamp) {
        self.states.push_back((now, replaced));
    }

    /// The state that reads see; `None`: the current one.
    pub(crate) fn seen(&mut self, now: Timestamp) -> Option<&State> {
        while let Some((replaced, _)) = self.states.front()
            && *replaced + self.delay <= now
        {
            self.states.pop_front();
        }
        self.states.front().map(|(_, state)| state)
    }
}
