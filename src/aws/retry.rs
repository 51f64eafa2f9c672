//! Waiting for what passes by itself: IAM is eventually consistent, and throttles.

use std::time::Duration;

use super::error::AwsError;
use crate::plan::{Change, Effect};

/// How long to wait for IAM, beyond the retries of the SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// Before the second try; doubles from then on.
    pub first: Duration,
    /// The longest pause between two tries, unless AWS asks for a longer one.
    pub longest: Duration,
    /// All pauses for one thing together.
    pub limit: Duration,
}

impl Waits {
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
    /// The next pause, and at least what AWS asks for; `None` when that is more than what is left.
    pub fn next(&mut self, asked: Option<Duration>) -> Option<Duration> {
        // At least half of it: two who wait for the same do not meet again.
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

/// What this run has done to the same role before, as far as it explains an error that passes by itself.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recent {
    pub created: bool,
    pub removed: bool,
}

/// Why an error is worth another try of this change; everything else fails at once.
pub(super) fn passes_by_itself(change: &Change, recent: Recent, error: &AwsError) -> Option<&'static str> {
    if error.is_throttled() {
        return Some("AWS is throttling");
    }
    match error.code()? {
        // An account's root is known or will never be.
        "MalformedPolicyDocument"
            if error.message()?.contains("Invalid principal in policy")
                && !error.message()?.contains(":root") =>
        {
            Some("the principal is not known to IAM yet")
        }
        // What is to be removed and is gone was looked for already.
        "NoSuchEntity" if change.effect() == Effect::Remove => {
            Some("IAM says that it is not there, and shows it")
        }
        "NoSuchEntity" if may_be_invisible(change, recent) => Some("it is not visible in IAM yet"),
        "EntityAlreadyExists" => Some("IAM says that it exists, and does not show it yet"),
        "ConcurrentModification" => Some("another change is under way"),
        "DeleteConflict" if recent.removed => Some("IAM does not know yet that it is detached"),
        "ServiceFailure" | "InternalFailure" | "ServiceUnavailable" => Some("a fault on AWS's side"),
        _ => None,
    }
}

/// An attachment needs two that may have been made a moment ago, also by a run that was cut off.
fn may_be_invisible(change: &Change, recent: Recent) -> bool {
    match change {
        Change::AttachRolePolicy { .. } => true,
        Change::CreateRole(_) | Change::CreatePolicy(_) => false,
        _ => recent.created,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::aws::AwsErrorKind;

    fn error(code: &str, message: &str) -> AwsError {
        let kind = AwsErrorKind::Service {
            code: code.to_owned(),
            message: message.to_owned(),
            status: 400,
            request_id: None,
            retry_after: None,
        };
        AwsError::new("iam:AttachRolePolicy", "role `x`", kind)
    }

    fn policy() -> crate::arn::Arn {
        "arn:aws:iam::111122223333:policy/p".parse().unwrap()
    }

    #[test]
    fn pauses_grow_with_jitter_and_stay_within_the_limit() {
        let mut pauses = Waits::within(Duration::from_secs(60)).pauses();
        let seen: Vec<Duration> = std::iter::from_fn(|| pauses.next(None)).collect();
        assert!(seen.iter().sum::<Duration>() <= Duration::from_secs(60));
        assert!(seen.iter().all(|pause| *pause <= Duration::from_secs(8)), "{seen:?}");
        assert!((Duration::from_millis(250)..=Duration::from_millis(500)).contains(&seen[0]));
        assert!((8..=20).contains(&seen.len()), "{seen:?}");
        assert_eq!(Waits::within(Duration::ZERO).pauses().next(None), None);
    }

    #[test]
    fn what_aws_asks_for_is_waited_for_or_nothing() {
        let asked = Some(Duration::from_secs(20));
        let mut pauses = Waits::within(Duration::from_secs(30)).pauses();
        assert_eq!(pauses.next(asked), asked);
        assert_eq!(pauses.next(asked), None);
    }

    #[test]
    fn only_what_passes_by_itself_is_worth_another_try() {
        let attach = Change::AttachRolePolicy { role: "x".to_owned(), policy: policy() };
        let tag = Change::TagPolicy { policy: policy(), tags: Default::default() };
        let remove = Change::DeletePolicyVersion { policy: policy(), version: "v1".to_owned() };
        let (nothing, created) = (Recent::default(), Recent { created: true, removed: false });
        let removed = Recent { created: false, removed: true };
        let account = "Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:root\"";
        let role = "Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/r\"";
        for (change, recent, code, message, passes) in [
            (&attach, nothing, "NoSuchEntity", "", true),
            (&tag, nothing, "NoSuchEntity", "", false),
            (&tag, created, "NoSuchEntity", "", true),
            (&remove, nothing, "NoSuchEntity", "", true),
            (&remove, nothing, "DeleteConflict", "", false),
            (&remove, removed, "DeleteConflict", "", true),
            (&attach, nothing, "Throttling", "", true),
            (&attach, nothing, "ServiceFailure", "", true),
            (&attach, nothing, "ConcurrentModification", "", true),
            (&attach, nothing, "MalformedPolicyDocument", "Syntax errors in policy.", false),
            (&attach, nothing, "MalformedPolicyDocument", account, false),
            (&attach, nothing, "MalformedPolicyDocument", role, true),
            (&attach, nothing, "AccessDenied", "", false),
            (&attach, nothing, "LimitExceeded", "", false),
        ] {
            let reason = passes_by_itself(change, recent, &error(code, message));
            assert_eq!(reason.is_some(), passes, "{code} {message} {recent:?}");
        }
    }
}
