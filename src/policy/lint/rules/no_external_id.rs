//! No external ID is required.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::external_ids::{accepts_any, accepts_none_from_genesys, has_optional_demand};
use crate::policy::grammar::Purpose;
use crate::policy::key::EXTERNAL_ID;

pub(super) static LINT: Lint = Lint {
    name: "trust-without-external-id",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "Any customer of Genesys Cloud could have the role assumed for them (the confused deputy).",
    remedy: "Add the condition StringEquals sts:ExternalId with the organization ID.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        let is_mentioned = statement.conditions().on(EXTERNAL_ID).next().is_some();
        let is_told_elsewhere =
            has_optional_demand(statement) || (is_mentioned && accepts_any(subject, statement));
        if accepts_none_from_genesys(subject, statement) && !is_told_elsewhere {
            hits.add(number, "Genesys Cloud is admitted without an external ID");
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust, unbound};

    #[test]
    fn a_statement_that_asks_for_no_external_id_is_found() {
        let condition = r#","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}"#;
        assert_eq!(trust(&TRUST.replace(condition, "")), ["trust-without-external-id"]);
        assert_eq!(
            trust(&TRUST.replace("sts:ExternalId", "aws:SourceAccount")),
            ["trust-without-external-id"]
        );
        assert_eq!(trust(&TRUST.replace("sts:ExternalId", "STS:externalID")), Vec::<&str>::new());
        let second = format!("{TRUST},{}", TRUST.replace(condition, ""));
        assert_eq!(trust(&second), ["trust-without-external-id"]);
        // Another account is not one of Genesys Cloud's customers: who gets in is another finding.
        let other = TRUST.replace(condition, "").replace("765628985471", "444455556666");
        assert_eq!(unbound(&format!("{TRUST},{other}"), &[]), ["unknown-genesys-account"]);
        assert_eq!(unbound(&format!("{TRUST},{other}"), &["444455556666"]), Vec::<&str>::new());
        // Denying callers without one works like a requirement, except that other IDs pass.
        let deny = r#"{"Effect":"Deny","Principal":"*","Action":"sts:*","Condition":{"StringNotEquals":{"sts:ExternalId":"x1"}}}"#;
        assert_eq!(trust(&format!("{},{deny}", TRUST.replace(condition, ""))), Vec::<&str>::new());
    }
}
