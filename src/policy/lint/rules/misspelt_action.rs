//! An action that is nearly a known one.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::actions::{ASSUME, INVOKE};
use crate::policy::grammar::Purpose;
use crate::text::near_miss;

pub(super) static LINT: Lint = Lint {
    name: "misspelt-action",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "IAM accepts an action that does not exist, and it allows nothing.",
    remedy: "Use the action that is meant.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    let known: &[&str] = if subject.purpose == Purpose::Trust { &ASSUME } else { &INVOKE };
    for (number, statement) in subject.statements() {
        for action in statement.action_values() {
            let is_known = known.iter().any(|known| known.eq_ignore_ascii_case(action));
            if !is_known
                && !action.contains(['*', '?'])
                && let Some(meant) = near_miss(action, known)
            {
                hits.add(number, format!("`{action}`: did you mean `{meant}`?"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{INVOKES, TRUST, permissions, trust};

    use super::*;

    #[test]
    fn a_misspelt_action_is_found_and_a_right_one_is_not() {
        assert_eq!(trust(&TRUST.replace("sts:AssumeRole", "sts:AsumeRole")), ["misspelt-action"]);
        assert_eq!(trust(&TRUST.replace("sts:AssumeRole", "STS:assumerole")), Vec::<&str>::new());
        for action in ASSUME {
            assert!(
                !trust(&TRUST.replace("sts:AssumeRole", action)).contains(&"misspelt-action"),
                "{action}"
            );
        }
        assert_eq!(
            permissions(&INVOKES.replace("lambda:InvokeFunction", "lambda:InvokeFunctions")),
            ["function-not-covered", "misspelt-action"]
        );
    }
}
