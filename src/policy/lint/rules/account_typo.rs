//! An account that differs from a known one by a digit or two.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::principals::account_principals;
use crate::policy::grammar::Purpose;

pub static LINT: Lint = Lint {
    name: "account-typo",
    aliases: &["account-misprint"],
    severity: LintSeverity::Error,
    consequence: "The account differs from a known one by a digit or two: a stranger is trusted and Genesys Cloud is not.",
    remedy: "Correct the account ID.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        for found in account_principals(subject, statement) {
            if found.known(subject).is_none()
                && let Some(known) = found.near(subject)
            {
                hits.add(number, format!("{}: {} is {}", found.account, known.name, known.id));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust, unbound};

    #[test]
    fn a_digit_off_is_found() {
        let typo = TRUST.replace("765628985471", "765628985472");
        assert_eq!(trust(&typo), ["trust-other-account", "account-typo"]);
        assert_eq!(unbound(&typo, &[]), ["account-typo"]);
    }
}
