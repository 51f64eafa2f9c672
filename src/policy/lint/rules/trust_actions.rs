//! More ways to get a session than AssumeRole.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::actions::ASSUME;
use crate::policy::document::ActionElement;
use crate::policy::grammar::{Purpose, SESSION_ACTIONS};
use crate::policy::wildcard_matches;

pub(super) static LINT: Lint = Lint {
    name: "trust-actions-too-broad",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "The trust policy allows other calls than sts:AssumeRole, of which a role for Genesys Cloud has no use.",
    remedy: "Allow sts:AssumeRole, and sts:TagSession or sts:SetSourceIdentity by name where they are needed.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        let reaches = |is_reached: &dyn Fn(&str) -> bool| {
            let others = ASSUME.iter().filter(|action| **action != "sts:AssumeRole");
            let principals = subject.probe.principals(statement);
            others.copied().filter(|action| is_reached(action)).any(|action| {
                let id = |id: Option<&str>| {
                    principals.iter().any(|who| subject.probe.admits_by(statement, who, action, id))
                };
                id(None)
                    || super::external_ids::demanded(statement).any(|(_, value)| id(Some(&value.to_string())))
            })
        };
        match &statement.action {
            Some(ActionElement::NotAction(_)) if reaches(&|_| true) => {
                hits.add(number, "NotAction allows every other action");
            }
            Some(ActionElement::Action(actions)) => {
                let is_plain = |action: &String| {
                    let other = SESSION_ACTIONS.iter().filter(|known| **known != "sts:AssumeRole");
                    !action.contains(['*', '?'])
                        && !other.into_iter().any(|known| known.eq_ignore_ascii_case(action))
                };
                for action in actions.as_slice().iter().filter(|action| !is_plain(action)) {
                    let pattern = action.to_ascii_lowercase();
                    if reaches(&|known| wildcard_matches(&pattern, &known.to_ascii_lowercase())) {
                        hits.add(number, format!("`{action}`"));
                    }
                }
            }
            _ => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn another_call_that_hands_out_sessions_is_found() {
        let condition = r#","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}"#;
        for action in ["sts:AssumeRoot", "sts:AssumeRoleWithSAML", "sts:assumeRoleWithWebIdentity"] {
            let statement = TRUST.replace("sts:AssumeRole", action).replace(condition, "");
            let found = trust(&format!("{TRUST},{statement}"));
            assert!(found.contains(&"trust-actions-too-broad"), "{action}: {found:?}");
        }
    }

    #[test]
    fn patterns_and_not_action_are_found() {
        for action in ["sts:*", "sts:Assume*", "STS:TAG*"] {
            assert!(
                trust(&TRUST.replace("sts:AssumeRole", action)).contains(&"trust-actions-too-broad"),
                "{action}"
            );
        }
        let not = TRUST.replace(r#""Action":"sts:AssumeRole""#, r#""NotAction":"sts:TagSession""#);
        assert_eq!(trust(&not), ["trust-actions-too-broad"]);
        let tags = TRUST.replace(r#""sts:AssumeRole""#, r#"["sts:AssumeRole","sts:TagSession"]"#);
        assert_eq!(trust(&tags), Vec::<&str>::new());
    }
}
