//! A function in another account or region.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::actions::INVOKE;
use crate::arn::Arn;
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "foreign-resource",
    aliases: &[],
    severity: LintSeverity::Warning,
    consequence: "A function in another account or region than the named ones is granted.",
    remedy: "Correct the ARN.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    let functions = subject.expected.functions;
    for (number, statement) in subject.allows(Purpose::Identity) {
        for value in statement.resource_values().iter().filter(|value| !value.contains(['*', '?'])) {
            let Ok(arn) = value.parse::<Arn>() else { continue };
            let is_near = functions.iter().map(|function| function.as_arn()).any(|function| {
                (&function.partition, &function.region, &function.account)
                    == (&arn.partition, &arn.region, &arn.account)
            });
            let may = || INVOKE.iter().any(|action| subject.probe.may_on(statement, action, value));
            if !functions.is_empty() && !is_near && may() {
                hits.add(number, format!("`{value}`"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{INVOKES, permissions};

    #[test]
    fn a_function_in_another_region_is_found() {
        assert_eq!(
            permissions(&INVOKES.replace("us-east-1", "eu-west-1")),
            ["function-not-covered", "foreign-resource"]
        );
    }
}
