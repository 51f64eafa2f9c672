//! Growing pauses with jitter and a limit, for transient conditions.

use std::time::Duration;

/// How long to wait for a transient condition.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Backoff {
    /// Before the second try; doubles from then on.
    pub first: Duration,
    /// The longest pause between two tries, unless the server asks for more.
    pub longest: Duration,
    /// The sum of all pauses for one condition.
    pub limit: Duration,
}

impl Backoff {
    pub fn within(limit: Duration) -> Self {
        Self { first: Duration::from_millis(500), longest: Duration::from_secs(8), limit }
    }

    pub fn pauses(self) -> Pauses {
        Pauses { next: self.first.min(self.longest), longest: self.longest, left: self.limit }
    }
}

/// Pauses that grow, with jitter; their sum stays within the limit.
#[derive(Debug)]
pub struct Pauses {
    next: Duration,
    longest: Duration,
    left: Duration,
}

impl Pauses {
    /// The next pause, at least as long as the server asks; `None` if that exceeds the time left.
    pub fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        // At least half of it, with jitter: clients waiting for the same thing do not collide.
        let jittered = self.next.mul_f64(0.5 + fastrand::f64() / 2.0).min(self.left);
        let pause = jittered.max(asked.unwrap_or_default());
        if pause.is_zero() || pause > self.left {
            return None;
        }
        self.left -= pause;
        self.next = (self.next * 2).min(self.longest);
        Some(pause)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pauses_grow_with_jitter_and_stay_within_the_limit() {
        let mut pauses = Backoff::within(Duration::from_secs(60)).pauses();
        let seen: Vec<Duration> = std::iter::from_fn(|| pauses.next(None)).collect();
        assert!(seen.iter().sum::<Duration>() <= Duration::from_secs(60));
        assert!(seen.iter().all(|pause| *pause <= Duration::from_secs(8)), "{seen:?}");
        assert!((Duration::from_millis(250)..=Duration::from_millis(500)).contains(&seen[0]));
        assert!((8..=20).contains(&seen.len()), "{seen:?}");
        assert_eq!(Backoff::within(Duration::ZERO).pauses().next(None), None);
    }

    #[test]
    fn what_aws_asks_for_is_waited_for_or_nothing() {
        let asked = Some(Duration::from_secs(20));
        let mut pauses = Backoff::within(Duration::from_secs(30)).pauses();
        assert_eq!(pauses.next(asked), asked);
        assert_eq!(pauses.next(asked), None);
    }
}
