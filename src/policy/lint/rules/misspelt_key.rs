//! A condition key that is nearly a known one.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use crate::policy::key::KEYS;
use crate::text::near_miss;

pub(super) static LINT: Lint = Lint {
    name: "misspelt-key",
    aliases: &[],
    severity: LintSeverity::Error,
    consequence: "No request has such a condition key: the condition never holds, or always.",
    remedy: "Use the key that is meant; its case does not matter.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.statements() {
        for (_, key, _) in statement.conditions().iter() {
            let is_known = KEYS.iter().any(|known| known.eq_ignore_ascii_case(key));
            if !is_known && let Some(meant) = near_miss(key, &KEYS) {
                hits.add(number, format!("`{key}`: did you mean `{meant}`?"));
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    use super::*;

    #[test]
    fn a_misspelt_key_is_found_and_a_right_one_is_not() {
        assert_eq!(
            trust(&TRUST.replace("sts:ExternalId", "sts:ExternalIds")),
            ["misspelt-key", "trust-without-external-id"]
        );
        for key in KEYS.iter().copied().chain(["aws:PrincipalTag/sts:ExternalIdx", "aws:RequestTag/a"]) {
            let condition =
                format!(r#""StringEquals":{{"sts:ExternalId":"x1"}},"StringLike":{{"{key}":"y"}}"#);
            let text = TRUST.replace(r#""StringEquals":{"sts:ExternalId":"x1"}"#, &condition);
            assert!(!trust(&text).contains(&"misspelt-key"), "{key}");
        }
    }
}
