//! Any external ID is accepted, although the key is mentioned.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::external_ids::{accepted, accepts_any, accepts_none, demanded, listed, plain_operator};
use crate::policy::grammar::Purpose;
use crate::policy::key::EXTERNAL_ID;
use crate::policy::wildcard_matches;

pub(super) static LINT: Lint = Lint {
    name: "external-id-any",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "Whatever external ID a caller brings may be accepted.",
    remedy: "Use StringEquals sts:ExternalId with the organization ID as plain text.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        let operator = statement.conditions().on(EXTERNAL_ID).next().map(|(operator, _)| operator);
        let has_wildcard = demanded(statement).any(|(operator, value)| {
            plain_operator(operator) == "StringLike" && value.to_string().contains(['*', '?'])
        });
        if has_wildcard {
            continue;
        }
        if !accepts_any(subject, statement) {
            // As with `${aws:PrincipalAccount}`.
            let is_named = |id: &String| {
                listed(subject).map(|(_, value)| value.to_string()).any(|value| {
                    value.eq_ignore_ascii_case(id)
                        || value.contains(['*', '?']) && wildcard_matches(&value, id)
                })
            };
            if let Some(id) = accepted(subject, statement).into_iter().find(|id| !is_named(id)) {
                hits.add(number, format!("it accepts the ID \"{id}\", which it does not name"));
            }
            continue;
        }
        match operator {
            Some(operator) => {
                hits.add(number, format!("{operator} sts:ExternalId accepts IDs that it does not name"))
            }
            None if !accepts_none(subject, statement) => {
                hits.add(number, "no condition names the external ID")
            }
            None => {}
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    const CONDITION: &str = r#""StringEquals":{"sts:ExternalId":"x1"}"#;

    #[test]
    fn what_accepts_any_external_id_is_found() {
        for any in [
            r#""StringEquals":{"sts:ExternalId":"${aws:PrincipalAccount}"}"#,
            r#""StringEquals":{"sts:ExternalId":"${sts:ExternalId}"}"#,
            r#""StringEquals":{"sts:ExternalId":"${aws:PrincipalTag/x}"}"#,
            r#""StringLike":{"sts:ExternalId":"${sts:ExternalId}"}"#,
            r#""StringEquals":{"sts:ExternalId":""}"#,
            r#""StringNotEquals":{"sts:ExternalId":"x1"}"#,
            r#""Null":{"sts:ExternalId":"false"}"#,
        ] {
            assert_eq!(trust(&TRUST.replace(CONDITION, any)), ["external-id-any"], "{any}");
        }
        let empty = trust(&TRUST.replace("\"x1\"", "[]"));
        assert!(empty.contains(&"external-id-any"), "{empty:?}");
    }

    #[test]
    fn one_demand_beside_another_is_enough() {
        let both = r#""StringEquals":{"sts:ExternalId":"x1"},"StringLike":{"sts:ExternalId":"*"}"#;
        assert_eq!(trust(&TRUST.replace(CONDITION, both)), Vec::<&str>::new());
        let guarded =
            r#""ForAllValues:StringEquals":{"sts:ExternalId":"x1"},"Null":{"sts:ExternalId":"false"}"#;
        assert_eq!(trust(&TRUST.replace(CONDITION, guarded)), Vec::<&str>::new());
    }
}
