//! An account that Genesys does not name.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::principals::{account_principals, names_genesys};
use crate::policy::grammar::Purpose;

pub static LINT: Lint = Lint {
    name: "unknown-genesys-account",
    aliases: &[],
    severity: LintSeverity::Warning,
    consequence: "Another account gets in beside Genesys Cloud's: whoever owns it can assume the role and invoke the functions. (Where the document names no account of Genesys's, it is an error: `trust-other-account`.)",
    remedy: "Remove it: 765628985471 (Genesys Cloud) and 325654371633 (Genesys Cloud FedRAMP) are Genesys's accounts. `--account ID` says that it is your own.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        for found in account_principals(subject, statement) {
            let is_known = found.known(subject).is_some() || found.near(subject).is_some();
            let is_said = subject.expected.trusted.is_none() && !names_genesys(subject);
            if !is_known && !is_said && !found.is_own(subject) && !subject.expected.known_accounts.is_empty()
            {
                hits.add(
                    number,
                    format!("AWS account {} gets in, and Genesys names no such account", found.account),
                );
            }
        }
    }
}
