//! An external ID that nobody can present.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::external_ids::unusable;
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "external-id-unusable",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "STS takes no such external ID, so that nobody can present it.",
    remedy: "Use the organization ID, which Genesys Cloud shows: letters, digits and -, no blanks, no placeholder.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        for (operator, id) in unusable(statement) {
            hits.add(number, format!("{operator} sts:ExternalId \"{id}\""));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn what_nobody_can_present_is_found() {
        for id in ["x1 ", "<YOUR_GENESYS_ORG_ID>", "*", "x", "a b", "{{org}}"] {
            assert_eq!(trust(&TRUST.replace("x1", id)), ["external-id-unusable"], "{id}");
        }
        for id in ["a+=,.@:/-_B9", "11"] {
            assert_eq!(trust(&TRUST.replace("x1", id)), Vec::<&str>::new(), "{id}");
        }
    }
}
