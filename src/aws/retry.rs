//! Waiting until what was just written is visible everywhere in IAM.

use std::time::Duration;

use super::error::AwsError;
use crate::plan::{Change, Effect};

/// How long to wait for IAM, beyond the retries of the SDK.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Waits {
    /// Before the second try; doubles from then on.
    pub first: Duration,
    /// The longest pause between two tries.
    pub longest: Duration,
    /// All pauses together.
    pub limit: Duration,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            first: Duration::from_millis(500),
            longest: Duration::from_secs(4),
            limit: Duration::from_secs(30),
        }
    }
}

impl Waits {
    /// The pauses between tries: they grow, and their sum stays within the limit.
    fn pauses(self) -> impl Iterator<Item = Duration> {
        let mut next = self.first.min(self.longest);
        let mut left = self.limit;
        std::iter::from_fn(move || {
            let pause = next.min(left);
            left -= pause;
            next = (next * 2).min(self.longest);
            (!pause.is_zero()).then_some(pause)
        })
    }
}

/// Makes a change again as long as the error is one that passes by itself.
pub(super) async fn until_settled<Once>(
    change: &Change,
    waits: Waits,
    mut once: impl FnMut() -> Once,
) -> Result<(), AwsError>
where
    Once: Future<Output = Result<(), AwsError>>,
{
    let mut pauses = waits.pauses();
    loop {
        let error = match once().await {
            Ok(()) => return Ok(()),
            Err(error) => error,
        };
        let Some(reason) = passes_by_itself(change, &error) else { return Err(error) };
        let Some(pause) = pauses.next() else { return Err(error) };
        tracing::info!(
            target: "genesys_iam::aws",
            "{} on {}: {reason}, next try in {} s",
            error.operation, error.subject, pause.as_secs_f32(),
        );
        tokio::time::sleep(pause).await;
    }
}

/// Why an error is worth another try of this change.
fn passes_by_itself(change: &Change, error: &AwsError) -> Option<&'static str> {
    match error.code()? {
        "MalformedPolicyDocument" if error.message()?.contains("Invalid principal in policy") => {
            Some("waiting until the principal is known to IAM")
        }
        // What is to be removed and is not there will not come.
        "NoSuchEntity" if change.effect() != Effect::Remove => Some("waiting until it is visible in IAM"),
        "ConcurrentModification" => Some("waiting for another change to end"),
        "DeleteConflict" => Some("waiting until IAM knows that it is detached"),
        _ => None,
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
        };
        AwsError::new("iam:AttachRolePolicy", "role `x`", kind)
    }

    fn attach() -> Change {
        let policy = "arn:aws:iam::111122223333:policy/p".parse().unwrap();
        Change::AttachRolePolicy { role: "x".to_owned(), policy }
    }

    const SHORT: Waits = Waits {
        first: Duration::from_millis(1),
        longest: Duration::from_millis(2),
        limit: Duration::from_millis(5),
    };

    /// How often a change is tried that fails with these errors, one after the other, and then succeeds.
    fn tries(change: &Change, mut errors: Vec<AwsError>) -> (usize, Result<(), AwsError>) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let mut tries = 0;
        errors.reverse();
        let result = runtime.block_on(until_settled(change, SHORT, || {
            tries += 1;
            std::future::ready(errors.pop().map_or(Ok(()), Err))
        }));
        (tries, result)
    }

    #[test]
    fn pauses_double_up_to_the_longest_and_stay_within_the_limit() {
        let pauses: Vec<_> = Waits::default().pauses().map(|pause| pause.as_millis()).collect();
        assert_eq!(pauses, [500, 1000, 2000, 4000, 4000, 4000, 4000, 4000, 4000, 2500]);
    }

    #[test]
    fn what_is_not_yet_visible_is_tried_again() {
        let (tries, result) =
            tries(&attach(), vec![error("NoSuchEntity", ""), error("ConcurrentModification", "")]);
        assert_eq!((tries, result.is_ok()), (3, true));
    }

    #[test]
    fn it_ends_with_the_error_when_the_limit_is_reached() {
        let errors = (0..100).map(|_| error("NoSuchEntity", "")).collect();
        let (tries, result) = tries(&attach(), errors);
        assert_eq!(
            (tries, result.unwrap_err().code().map(str::to_owned)),
            (4, Some("NoSuchEntity".to_owned()))
        );
    }

    #[test]
    fn what_will_not_pass_is_not_tried_again() {
        for (code, message) in [
            ("AccessDenied", ""),
            ("EntityAlreadyExists", ""),
            ("LimitExceeded", ""),
            ("MalformedPolicyDocument", "Syntax errors in policy."),
        ] {
            let (tries, result) = tries(&attach(), vec![error(code, message)]);
            assert_eq!((tries, result.is_err()), (1, true), "{code}");
        }
        let policy = "arn:aws:iam::111122223333:policy/p".parse().unwrap();
        let removal = Change::DeletePolicyVersion { policy, version: "v1".to_owned() };
        assert_eq!(tries(&removal, vec![error("NoSuchEntity", "")]).0, 1);
    }
}
