//! Several external IDs are accepted.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use std::collections::BTreeSet;

use super::super::probe::is_plain_id;
use super::external_ids::{accepts, demanded};
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "external-id-several",
    aliases: &[],
    severity: LintSeverity::Warning,
    consequence: "Several organizations may use the role.",
    remedy: "Keep one external ID per role.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        let ids: BTreeSet<String> = demanded(statement)
            .filter(|(_, value)| is_plain_id(value))
            .map(|(_, value)| value.to_string())
            .collect();
        let accepted =
            ids.iter().filter(|id| !id.is_empty() && accepts(subject, statement, Some(id))).count();
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
    }
}
