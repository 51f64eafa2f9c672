//! Everyone may assume the role.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use crate::policy::document::{PrincipalElement, Principals};
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "trust-open-to-everyone",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "Whoever learns the role's ARN may try to assume it, from any account.",
    remedy: "Name Genesys's account as the principal.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        let message = match &statement.principal {
            Some(PrincipalElement::Principal(Principals::Any)) => "the principal is \"*\"",
            Some(PrincipalElement::NotPrincipal(_)) => "NotPrincipal with Allow admits everyone else",
            Some(PrincipalElement::Principal(_))
                if statement.principals().any(|(kind, value)| (kind, value) == ("AWS", "*")) =>
            {
                "the principal is \"*\""
            }
            _ => continue,
        };
        if subject.probe.admits_a_stranger(statement) || subject.probe.everybody(statement).1 {
            hits.add(number, message);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    const GENESYS: &str = r#"{"AWS":"arn:aws:iam::765628985471:root"}"#;

    #[test]
    fn a_role_that_everyone_may_assume_is_found() {
        for open in ["\"*\"", r#"{"AWS":"*"}"#, r#"{"AWS":["765628985471","*"]}"#] {
            assert_eq!(trust(&TRUST.replace(GENESYS, open)), ["trust-open-to-everyone"], "{open}");
        }
        assert_eq!(trust(&TRUST.replace(GENESYS, r#"{"AWS":"765628985471"}"#)), Vec::<&str>::new());
    }

    #[test]
    fn everyone_is_found_whatever_the_call_is() {
        let condition = r#","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}"#;
        for action in ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML", "sts:*Identity"] {
            for open in ["\"*\"", r#"{"AWS":"*"}"#] {
                let second =
                    TRUST.replace(GENESYS, open).replace("sts:AssumeRole", action).replace(condition, "");
                let found = trust(&format!("{TRUST},{second}"));
                assert!(found.contains(&"trust-open-to-everyone"), "{action}: {found:?}");
            }
        }
        let tags = TRUST.replace(GENESYS, "\"*\"").replace("sts:AssumeRole", "sts:TagSession");
        assert_eq!(trust(&format!("{TRUST},{tags}")), Vec::<&str>::new());
    }

    #[test]
    fn a_condition_or_a_deny_that_shuts_strangers_out_is_seen() {
        let anyone = TRUST.replace(GENESYS, "\"*\"");
        let account = r#""StringEquals":{"aws:PrincipalAccount":"765628985471","#;
        assert_eq!(trust(&anyone.replace(r#""StringEquals":{"#, account)), Vec::<&str>::new());
        let deny = r#"{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"StringNotEquals":{"aws:PrincipalAccount":"765628985471"}}}"#;
        assert_eq!(trust(&format!("{anyone},{deny}")), Vec::<&str>::new());
    }
}
