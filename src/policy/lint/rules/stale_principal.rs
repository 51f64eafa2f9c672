//! A deleted principal.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "stale-principal",
    aliases: &[],
    severity: LintSeverity::Warning,
    consequence: "The principal was deleted and is no longer admitted, not even when one of that name is made again.",
    remedy: "Remove it, or write the ARN of the new one.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        for (kind, value) in statement.principals() {
            if kind == "AWS" && ["AROA", "AIDA"].iter().any(|prefix| value.starts_with(prefix)) {
                hits.add(number, format!("`{value}`"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn a_unique_id_is_found() {
        assert_eq!(
            trust(&TRUST.replace("arn:aws:iam::765628985471:root", "AROAEXAMPLEID")),
            ["stale-principal"]
        );
    }
}
