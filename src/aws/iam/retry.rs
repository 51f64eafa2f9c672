//! Waiting out temporary errors: IAM is eventually consistent, and throttles.

use crate::aws::error::AwsError;
use crate::plan::ChangeKind;
use crate::plan::iam::IamChange;

/// What this run did to the same role before, if it explains a temporary error.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Recent {
    pub created: bool,
    pub removed: bool,
}

/// Why an error is worth another try of this change; everything else fails at once.
pub fn passes_by_itself(change: &IamChange, recent: Recent, error: &AwsError) -> Option<&'static str> {
    if error.is_throttled() {
        return Some("AWS is throttling");
    }
    match error.code()? {
        // An account's root is known or never will be.
        "MalformedPolicyDocument"
            if error.message()?.contains("Invalid principal in policy")
                && !error.message()?.contains(":root") =>
        {
            Some("the principal is not known to IAM yet")
        }
        // Something to remove that no longer exists was already looked for.
        "NoSuchEntity" if change.kind() == ChangeKind::Remove => {
            Some("IAM says that it is not there, and shows it")
        }
        "NoSuchEntity" if may_be_invisible(change, recent) => Some("it is not visible in IAM yet"),
        "EntityAlreadyExists" => Some("IAM says that it exists, and does not show it yet"),
        "ConcurrentModification" => Some("another change is under way"),
        // What this run did not remove stays in the way.
        "DeleteConflict"
            if recent.removed
                && !["instance profile", "boundary"]
                    .iter()
                    .any(|word| error.message().is_some_and(|m| m.contains(word))) =>
        {
            Some("IAM does not know yet that it is detached")
        }
        "ServiceFailure" | "InternalFailure" | "ServiceUnavailable" => Some("a fault on AWS's side"),
        _ => None,
    }
}

/// An attachment needs two objects that may be new, even from an aborted run.
fn may_be_invisible(change: &IamChange, recent: Recent) -> bool {
    match change {
        IamChange::AttachRolePolicy { .. } => true,
        IamChange::CreateRole(_) | IamChange::CreatePolicy(_) => false,
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
    fn only_what_passes_by_itself_is_worth_another_try() {
        let attach = IamChange::AttachRolePolicy { role: "x".to_owned(), policy: policy() };
        let tag = IamChange::TagPolicy { policy: policy(), tags: Default::default() };
        let remove = IamChange::DeletePolicyVersion { policy: policy(), version: "v1".to_owned() };
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
            (&remove, removed, "DeleteConflict", "must remove roles from instance profile first.", false),
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
