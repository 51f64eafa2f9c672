//! A pattern for external IDs.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::super::probe::sample;
use super::external_ids::{accepted, accepts, demanded, listed, plain_operator};
use crate::policy::grammar::Purpose;
use crate::policy::wildcard_matches;

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
            continue;
        }
        // A denial may exempt what matches a pattern.
        let is_named = |id: &str| listed(subject).any(|(_, value)| value.to_string() == id);
        let ids = accepted(subject, statement);
        let others: Vec<&String> = ids.iter().filter(|id| !is_named(id)).collect();
        let spares = listed(subject).find(|(operator, value)| {
            let value = value.to_string();
            plain_operator(operator).ends_with("Like")
                && value.contains(['*', '?'])
                && others.iter().any(|id| wildcard_matches(&value, id))
        });
        if let Some((operator, value)) = spares {
            hits.add(number, format!("{operator} sts:ExternalId admits what matches \"{value}\""));
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
        let open = TRUST.replace(r#","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}"#, "");
        for pattern in ["*-vendor", "??", "org-*"] {
            let deny = format!(
                r#"{{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{{"StringNotLike":{{"sts:ExternalId":["x1","{pattern}"]}}}}}}"#
            );
            assert_eq!(trust(&format!("{open},{deny}")), ["external-id-wildcard"], "{pattern}");
        }
    }
}
