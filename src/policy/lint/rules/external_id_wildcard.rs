//! A pattern for external IDs.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::super::probe::sample;
use super::external_ids::{accepts, demanded, plain_operator};
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "external-id-wildcard",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "External IDs other than yours are accepted.",
    remedy: "Use StringEquals with the whole organization ID.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        let is_open = |(operator, value): &(&str, &crate::policy::document::Scalar)| {
            let value = value.to_string();
            plain_operator(operator) == "StringLike"
                && value.contains(['*', '?'])
                && (accepts(subject, statement, Some(&sample(&value)))
                    || accepts(subject, statement, Some(subject.probe.other_id())))
        };
        if let Some((operator, _)) = demanded(statement).find(is_open) {
            hits.add(number, format!("{operator} sts:ExternalId has a wildcard"));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn a_wildcard_is_found() {
        for pattern in ["x*", "?1", "*"] {
            let like = format!(r#""StringLike":{{"sts:ExternalId":"{pattern}"}}"#);
            let wild = TRUST.replace(r#""StringEquals":{"sts:ExternalId":"x1"}"#, &like);
            assert_eq!(trust(&wild), ["external-id-wildcard"], "{pattern}");
            assert_eq!(
                trust(&wild.replace("StringLike", "ForAnyValue:StringLike")),
                ["external-id-wildcard"]
            );
        }
        assert_eq!(trust(&TRUST.replace("StringEquals", "StringLike")), Vec::<&str>::new());
    }
}
