//! Several external IDs are accepted.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use std::collections::BTreeSet;

use super::super::probe::is_plain_id;
use super::external_ids::{accepted, listed};
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "external-id-several",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "Each external ID is another organization of Genesys Cloud, and each of them may use the role.",
    remedy: "Keep one external ID per role.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        let named: BTreeSet<String> = listed(subject)
            .filter(|(_, value)| is_plain_id(value))
            .map(|(_, value)| value.to_string())
            .collect();
        let accepted = accepted(subject, statement).intersection(&named).count();
        if accepted > 1 {
            hits.add(number, format!("{accepted} external IDs"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn more_than_one_is_found() {
        assert_eq!(trust(&TRUST.replace("\"x1\"", "[\"x1\",\"x2\"]")), ["external-id-several"]);
        assert_eq!(trust(&TRUST.replace("\"x1\"", "[\"x1\"]")), Vec::<&str>::new());
        assert_eq!(trust(&TRUST.replace("\"x1\"", "[\"x1\",\"x1\"]")), Vec::<&str>::new());
        // A denial that exempts two is just as bad.
        let open = TRUST.replace(r#","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}"#, "");
        let deny = r#"{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{"StringNotEquals":{"sts:ExternalId":["x1","x2"]}}}"#;
        assert_eq!(trust(&format!("{open},{deny}")), ["external-id-several"]);
    }
}
