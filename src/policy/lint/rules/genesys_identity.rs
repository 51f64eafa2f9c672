//! A single identity of Genesys's account instead of the account.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::principals::account_principals;
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "trust-genesys-identity",
    aliases: &[],
    severity: LintSeverity::Warning,
    consequence: "Only one identity of Genesys's account is trusted; which ones Genesys Cloud uses is not public, so that it may be refused.",
    remedy: "Name the account: arn:aws:iam::ACCOUNT:root.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        for found in account_principals(subject, statement) {
            if !found.is_whole && (found.known(subject).is_some() || found.is_trusted(subject)) {
                hits.add(number, format!("`{}`", found.value));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn a_role_of_genesys_is_found() {
        assert_eq!(trust(&TRUST.replace(":root", ":role/x")), ["trust-genesys-identity"]);
    }
}
