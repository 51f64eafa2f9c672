//! The role may do more than invoke functions.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::super::probe::sample;
use super::actions::INVOKE;
use crate::policy::document::ActionElement;
use crate::policy::grammar::{Purpose, action_fault};
use crate::policy::wildcard_matches;
use crate::text::near_miss;

pub(super) static LINT: Lint = Lint {
    name: "actions-too-broad",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "The role may do more than invoke functions.",
    remedy: "Allow lambda:InvokeFunction only.",
    check,
};

/// Those actions that a pattern may reach.
const OTHERS: [&str; 12] = [
    "lambda:InvokeFunctionUrl",
    "lambda:InvokeAsync",
    "lambda:GetFunction",
    "lambda:UpdateFunctionCode",
    "lambda:CreateFunction",
    "lambda:DeleteFunction",
    "lambda:AddPermission",
    "iam:CreateUser",
    "iam:PassRole",
    "s3:GetObject",
    "sts:AssumeRole",
    "ec2:RunInstances",
];

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Identity) {
        match &statement.action {
            Some(ActionElement::Action(actions)) => {
                for action in actions.as_slice() {
                    if reached(action).iter().any(|reached| subject.probe.may(statement, reached)) {
                        hits.add(number, format!("`{action}`"));
                    }
                }
            }
            Some(ActionElement::NotAction(_))
                if OTHERS.iter().any(|action| subject.probe.may(statement, action)) =>
            {
                hits.add(number, "NotAction allows every other action");
            }
            _ => {}
        }
    }
}

/// Actions other than invoking that an action element may match.
fn reached(action: &str) -> Vec<String> {
    let is_pattern = action.contains(['*', '?']);
    let is_invoke = INVOKE.iter().any(|known| known.eq_ignore_ascii_case(action));
    // Malformed or misspelt actions have their own lints.
    if action_fault(action).is_some() || (!is_pattern && (is_invoke || near_miss(action, &INVOKE).is_some()))
    {
        return Vec::new();
    }
    let pattern = action.to_ascii_lowercase();
    let matching = OTHERS.iter().filter(|known| wildcard_matches(&pattern, &known.to_ascii_lowercase()));
    let mut reached: Vec<String> = matching.map(|action| (*action).to_owned()).collect();
    let sample = if action == "*" { "x:x".to_owned() } else { sample(action) };
    if !sample.eq_ignore_ascii_case("lambda:InvokeFunction") {
        reached.push(sample);
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{INVOKES, permissions};

    #[test]
    fn what_is_more_than_to_invoke_is_found() {
        for action in [
            "*",
            "lambda:*",
            "lambda:InvokeFunction*",
            "lambda:InvokeFunctio?",
            "lambda:InvokeAsyn*",
            "s3:GetObject",
        ] {
            let found = permissions(&INVOKES.replace("lambda:InvokeFunction", action));
            assert!(found.contains(&"actions-too-broad"), "{action}: {found:?}");
        }
        assert_eq!(
            permissions(&INVOKES.replace("lambda:InvokeFunction", "LAMBDA:invokefunction")),
            Vec::<&str>::new()
        );
        let not = INVOKES.replace(r#""Action":"lambda:InvokeFunction""#, r#""NotAction":"iam:*""#);
        assert_eq!(permissions(&not), ["actions-too-broad"]);
    }

    #[test]
    fn what_a_deny_takes_away_is_not_said_to_be_allowed() {
        let wide = INVOKES.replace("lambda:InvokeFunction", "lambda:*");
        let deny = r#"{"Effect":"Deny","NotAction":"lambda:InvokeFunction","Resource":"*"}"#;
        assert_eq!(permissions(&format!("{wide},{deny}")), Vec::<&str>::new());
    }
}
