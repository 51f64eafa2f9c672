//! An external ID matched without case, or with probably the wrong case.

use super::super::model::{Hits, Lint, LintSeverity, Subject};
use super::external_ids::{accepts, demanded, plain_operator};
use crate::policy::grammar::Purpose;

pub(super) static LINT: Lint = Lint {
    name: "external-id-case",
    aliases: &[],
    severity: LintSeverity::Warning,
    consequence: "External IDs are compared with their case, and Genesys Cloud's organization IDs are in lower case.",
    remedy: "Use StringEquals with the organization ID in lower case.",
    check,
};

fn check(subject: &Subject<'_>, hits: &mut Hits) {
    for (number, statement) in subject.allows(Purpose::Trust) {
        for (operator, value) in demanded(statement) {
            let id = value.to_string();
            let other: String = id.chars().map(swap_case).collect();
            if plain_operator(operator) == "StringEqualsIgnoreCase"
                && other != id
                && accepts(subject, statement, Some(&other))
            {
                hits.add(number, format!("{operator} accepts the ID in any case"));
            } else if is_guid(&id) && id.contains(|c: char| c.is_ascii_uppercase()) {
                hits.add(number, "an organization ID in upper case");
            }
        }
    }
}

fn swap_case(c: char) -> char {
    if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() }
}

fn is_guid(text: &str) -> bool {
    let parts: Vec<&str> = text.split('-').collect();
    let lengths: Vec<usize> = parts.iter().map(|part| part.len()).collect();
    lengths == [8, 4, 4, 4, 12] && parts.concat().bytes().all(|b| b.is_ascii_hexdigit())
}

#[cfg(test)]
mod tests {
    use super::super::super::tests::{TRUST, trust};

    #[test]
    fn an_id_in_any_case_and_one_in_upper_case_are_found() {
        assert_eq!(trust(&TRUST.replace("StringEquals", "StringEqualsIgnoreCase")), ["external-id-case"]);
        let guid = "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90";
        assert_eq!(trust(&TRUST.replace("x1", guid)), Vec::<&str>::new());
        assert_eq!(trust(&TRUST.replace("x1", &guid.to_ascii_uppercase())), ["external-id-case"]);
    }
}
