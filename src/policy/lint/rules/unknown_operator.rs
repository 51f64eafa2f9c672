//! An operator that IAM's reference does not have.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use crate::policy::operator::{OPERATORS, is_known_operator};
use crate::text::near_miss;

pub(super) static LINT: Lint = Lint {
    name: "unknown-operator",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "The condition's operator is not in IAM's reference: IAM refuses the document.",
    remedy: "Use the operator that is meant.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.statements() {
        for operator in statement.conditions().0.keys().filter(|operator| !is_known_operator(operator)) {
            let meant = OPERATORS
                .iter()
                .copied()
                .find(|known| known.eq_ignore_ascii_case(operator))
                .or_else(|| near_miss(operator, &OPERATORS));
            let meant = meant.map(|meant| format!(": did you mean `{meant}`?"));
            hits.add(number, format!("`{operator}`{}", meant.unwrap_or_default()));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn an_operator_that_iam_does_not_have_is_found() {
        for operator in ["StringEqual", "stringequals"] {
            assert_eq!(
                trust(&TRUST.replace("StringEquals", operator)),
                ["unknown-operator", "external-id-any"],
                "{operator}"
            );
        }
    }
}
