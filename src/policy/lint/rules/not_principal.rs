//! NotPrincipal in a trust policy.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use crate::policy::document::PrincipalElement;
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "trust-not-principal",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "AWS has no NotPrincipal in trust policies (IAM User Guide): what it does there, if IAM takes it, nobody says.",
    remedy: "Name the principal in an Allow, and deny others by a condition on aws:PrincipalArn or aws:PrincipalAccount.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    if subject.purpose != Purpose::Trust {
        return;
    }
    for (number, statement) in subject.statements() {
        if matches!(statement.principal, Some(PrincipalElement::NotPrincipal(_))) {
            hits.add(number, "NotPrincipal");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn it_is_found_whatever_its_effect() {
        for effect in ["Allow", "Deny"] {
            let statement = format!(
                r#"{{"Effect":"{effect}","NotPrincipal":{{"AWS":"arn:aws:iam::765628985471:root"}},"Action":"sts:AssumeRole"}}"#
            );
            let found = trust(&format!("{TRUST},{statement}"));
            assert!(found.contains(&"trust-not-principal"), "{found:?}");
        }
        assert_eq!(trust(TRUST), Vec::<&str>::new());
    }
}
