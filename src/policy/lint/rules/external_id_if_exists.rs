//! A missing external ID is accepted.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::external_ids::{accepts_none, is_optional};
use crate::policy::grammar::Purpose;
use crate::policy::key::EXTERNAL_ID;

pub(super) static LINT: Lint = Lint {
    name: "external-id-if-exists",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "A caller that presents no external ID is admitted.",
    remedy: "Use StringEquals without IfExists and ForAllValues.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        let optional = statement.conditions().on(EXTERNAL_ID).find(|(operator, _)| is_optional(operator));
        if let Some((operator, _)) = optional.filter(|_| accepts_none(subject, statement)) {
            hits.add(number, format!("{operator} sts:ExternalId"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn a_demand_that_a_missing_id_meets_is_found() {
        for operator in ["StringEqualsIfExists", "ForAllValues:StringEquals"] {
            assert_eq!(trust(&TRUST.replace("StringEquals", operator)), ["external-id-if-exists"]);
        }
        assert_eq!(trust(&TRUST.replace("StringEquals", "ForAnyValue:StringEquals")), Vec::<&str>::new());
    }
}
