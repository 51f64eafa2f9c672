//! Someone other than Genesys Cloud may assume the role.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::super::probe::principal;
use super::principals::{AccountPrincipal, account_principals, names_everyone, names_genesys};
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "trust-other-account",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "Someone other than Genesys Cloud may assume the role and invoke the functions. (Another account beside Genesys's is a warning where no spec says whom to trust: `unknown-genesys-account`.)",
    remedy: "Remove the principal, or give it a role of its own. `--account ID` says that an account is your own.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        for (kind, value) in statement.principals() {
            let is_other = match kind {
                "AWS" => false,
                "Service" | "Federated" => subject.probe.admits_somehow(statement, &principal(kind, value)),
                _ => true,
            };
            if is_other {
                hits.add(number, format!("{kind} `{value}`"));
            }
        }
        if names_everyone(statement) {
            let (accounts, anyone) = subject.probe.everybody(statement);
            let named = accounts.iter().filter_map(|account| AccountPrincipal::parse(account));
            let others = named.filter(|found| {
                found.known(subject).is_none() && !found.is_trusted(subject) && !found.is_own(subject)
            });
            for found in others.filter(|_| !anyone) {
                hits.add(number, format!("anyone in AWS account {}, whom a condition leaves", found.account));
            }
        }
        for found in account_principals(subject, statement) {
            let value = found.value;
            match subject.expected.trusted {
                _ if !found.is_account() => {
                    hits.add(number, format!("`{value}`: an account ID has 12 digits"))
                }
                Some(trusted) if !found.is_trusted(subject) => {
                    hits.add(number, format!("`{value}`, the spec trusts {trusted}"));
                }
                Some(_) => {}
                // Without a spec, your own account alongside Genesys's is a warning.
                None => {
                    let is_known = found.known(subject).is_some() || found.near(subject).is_some();
                    let is_excused = names_genesys(subject) || found.is_own(subject);
                    if !is_known && !is_excused && !subject.expected.known_accounts.is_empty() {
                        hits.add(
                            number,
                            format!("`{value}`, and the document names no account of Genesys's"),
                        );
                    }
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust, unbound};

    #[test]
    fn another_account_is_found() {
        let other = TRUST.replace("765628985471", "444455556666");
        assert_eq!(trust(&other), ["trust-other-account", "unknown-genesys-account"]);
        assert_eq!(unbound(&other, &[]), ["trust-other-account"]);
        // Alongside Genesys's, or if the user says so, it is a warning.
        let both = TRUST.replace("\"arn:aws:iam::765628985471:root\"", "[\"765628985471\",\"444455556666\"]");
        assert_eq!(unbound(&both, &[]), ["unknown-genesys-account"]);
        assert_eq!(unbound(&other, &["444455556666"]), Vec::<&str>::new());
    }

    #[test]
    fn a_service_and_an_account_of_eleven_digits_are_found() {
        let service = TRUST
            .replace("\"AWS\":\"arn:aws:iam::765628985471:root\"", "\"Service\":\"lambda.amazonaws.com\"");
        assert_eq!(trust(&service), ["trust-other-account"]);
        for eleven in ["arn:aws:iam::76562898547:root", "76562898547"] {
            let typo = TRUST.replace("arn:aws:iam::765628985471:root", eleven);
            assert_eq!(trust(&typo), ["refused-by-iam", "trust-other-account", "account-typo"], "{eleven}");
        }
    }

    /// Whoever the evaluator says may come in is found, however it is written.
    #[test]
    fn accounts_that_the_conditions_of_a_statement_for_everyone_leave_are_found() {
        let everyone = TRUST.replace(r#"{"AWS":"arn:aws:iam::765628985471:root"}"#, "\"*\"");
        let with = |condition: &str| {
            everyone.replace(r#""StringEquals":{"#, &format!(r#"{condition},"StringEquals":{{"#))
        };
        let both = r#""ForAnyValue:StringEquals":{"aws:PrincipalAccount":["765628985471","999988887777"]}"#;
        assert_eq!(unbound(&with(both), &[]), ["trust-other-account"]);
        assert_eq!(unbound(&with(both), &["999988887777"]), Vec::<&str>::new());
        let only = r#""ArnLike":{"aws:PrincipalArn":"arn:aws:iam::765628985471:*"}"#;
        assert_eq!(unbound(&with(only), &[]), Vec::<&str>::new());
        for other in
            ["aws:PrincipalAccount\":\"999988887777", "aws:PrincipalArn\":\"arn:aws:iam::999988887777:role/*"]
        {
            let found = unbound(&with(&format!(r#""StringLike":{{"{other}"}}"#)), &[]);
            assert!(found.contains(&"trust-other-account"), "{other}: {found:?}");
            assert!(!found.contains(&"trust-never-applies"), "{other}: {found:?}");
        }
        for pattern in ["7656289854??", "7*", "*"] {
            let condition = format!(r#""StringLike":{{"aws:PrincipalAccount":"{pattern}"}}"#);
            assert_eq!(unbound(&with(&condition), &[]), ["trust-open-to-everyone"], "{pattern}");
        }
    }

    #[test]
    fn a_condition_on_mfa_keeps_no_stranger_out() {
        let other = TRUST.replace("765628985471", "999988887777");
        for mfa in [
            r#""Bool":{"aws:MultiFactorAuthPresent":"true"}"#,
            r#""NumericLessThan":{"aws:MultiFactorAuthAge":"3600"}"#,
        ] {
            let other = other.replace(r#""StringEquals":{"#, &format!(r#"{mfa},"StringEquals":{{"#));
            assert!(unbound(&other, &[]).contains(&"trust-other-account"), "{mfa}");
            let both = format!("{TRUST},{other}");
            assert!(unbound(&both, &[]).contains(&"unknown-genesys-account"), "{mfa}");
        }
    }

    #[test]
    fn an_account_that_a_condition_shuts_out_is_not_said_to_get_in() {
        let other = TRUST.replace("765628985471", "444455556666");
        let only =
            other.replace(r#""StringEquals":{"#, r#""StringEquals":{"aws:PrincipalAccount":"765628985471","#);
        assert_eq!(unbound(&only, &[]), Vec::<&str>::new());
    }
}
