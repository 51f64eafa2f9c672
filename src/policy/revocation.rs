//! What ends the sessions that are older than some time, as *Revoke active sessions* in IAM's console does.
//! <https://docs.aws.amazon.com/IAM/latest/UserGuide/id_roles_use_revoke-sessions.html>

use super::document::{Document, Effect, Statement};

pub const ISSUED: &str = "aws:TokenIssueTime";

/// The name that IAM's console gives the inline policy.
pub const REVOCATION: &str = "AWSRevokeOlderSessions";

/// What ends the sessions made before `time`, in RFC 3339, as the console writes it.
pub fn revocation(time: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Deny","Action":["*"],"Resource":["*"],"Condition":{{"DateLessThan":{{"{ISSUED}":"{time}"}}}}}}]}}"#
    )
}

/// Whether a statement denies everything to sessions by when they were made.
pub fn revokes_sessions(statement: &Statement) -> bool {
    let is_any = |values: &[String]| values.iter().any(|value| value == "*");
    statement.effect == Effect::Deny
        && is_any(statement.action_values())
        && is_any(statement.resource_values())
        // Without a condition on the time, it says nothing about the session.
        && statement.conditions().iter().any(|(_, key, _)| key.eq_ignore_ascii_case(ISSUED))
}

/// Whether a document does nothing but end sessions that are older than some time.
pub fn only_revokes(document: &Document) -> bool {
    let is_of_older = |statement: &Statement| {
        let mut conditions = statement.conditions().iter().peekable();
        conditions.peek().is_some()
            && conditions.all(|(operator, key, _)| {
                let operator = operator.to_ascii_lowercase();
                key.eq_ignore_ascii_case(ISSUED)
                    && ["datelessthan", "datelessthanequals"].contains(&operator.as_str())
            })
    };
    let statements = document.statements.as_slice();
    !statements.is_empty() && statements.iter().all(|one| revokes_sessions(one) && is_of_older(one))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_ends_older_sessions_and_nothing_else_is_a_revocation() {
        let is = |effect: &str, action: &str, condition: &str| {
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"{effect}","Action":"{action}","Resource":"*","Condition":{condition}}}]}}"#
            );
            only_revokes(&Document::parse(&text).unwrap())
        };
        let older = r#"{"DateLessThan":{"aws:TokenIssueTime":"2026-01-01T00:00:00Z"}}"#;
        assert!(only_revokes(&Document::parse(&revocation("2026-01-01T00:00:00Z")).unwrap()));
        assert!(is("Deny", "*", older));
        assert!(!is("Allow", "*", older) && !is("Deny", "lambda:*", older) && !is("Deny", "*", "{}"));
        // That would keep Genesys Cloud out from then on.
        let newer = older.replace("LessThan", "GreaterThan");
        let both = older.replace("}}", "},\"Bool\":{\"aws:SecureTransport\":\"false\"}}");
        assert!(!is("Deny", "*", &newer) && !is("Deny", "*", &both));
    }
}
