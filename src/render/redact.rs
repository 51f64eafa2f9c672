//! Keeps masked values out of everything that is printed.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};

use crate::check::evaluated::near_misses;
use crate::policy::Document;
use crate::policy::document::Scalar;
use crate::spec::ExternalId;

/// Replaces every masked value in a text. One place for all output: what does not pass through
/// here is not printed.
#[derive(Clone, Default)]
pub struct Redactor {
    /// The longest first, so that a value that contains another is replaced whole.
    replacements: Vec<(String, &'static str)>,
}

impl Redactor {
    /// Masks the external ID, if it is one to be masked.
    pub fn add_external_id(&mut self, external_id: &ExternalId) {
        if external_id.is_masked() {
            self.add(external_id.expose(), "(masked external ID)");
            // The check tries wrong ones that tell as much as the right one.
            for near in near_misses(external_id.expose()) {
                self.add(&near, "(masked: a wrong external ID)");
            }
        }
    }

    /// Masks the external IDs of a live trust policy: where the spec's is masked, an earlier one is too.
    pub fn add_live_external_ids(&mut self, document: &Document) {
        for statement in document.statements.as_slice() {
            let keys = statement.condition.iter().flat_map(|operators| operators.values()).flatten();
            for (_, values) in keys.filter(|(key, _)| key.eq_ignore_ascii_case("sts:ExternalId")) {
                for value in values.as_slice() {
                    // A pattern of wildcards alone gives nothing away, and a reviewer must see it.
                    if let Scalar::String(value) = value
                        && !value.chars().all(|c| matches!(c, '*' | '?'))
                    {
                        self.add(value, "(masked: another external ID)");
                    }
                }
            }
        }
    }

    fn add(&mut self, value: &str, placeholder: &'static str) {
        let encoded = utf8_percent_encode(value, NON_ALPHANUMERIC).to_string();
        let escaped = serde_json::Value::from(value).to_string();
        for form in [value.to_owned(), encoded, escaped.trim_matches('"').to_owned()] {
            if !form.trim().is_empty() && !self.replacements.iter().any(|(known, _)| *known == form) {
                self.replacements.push((form, placeholder));
            }
        }
        self.replacements.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    }

    pub fn apply(&self, text: &str) -> String {
        let mut out = String::with_capacity(text.len());
        let mut rest = text;
        'text: while !rest.is_empty() {
            for (value, placeholder) in &self.replacements {
                if let Some(after) = rest.strip_prefix(value.as_str()) {
                    out.push_str(placeholder);
                    rest = after;
                    continue 'text;
                }
            }
            let mut chars = rest.chars();
            out.extend(chars.next());
            rest = chars.as_str();
        }
        out
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_replaced_in_every_form_it_is_written_in() {
        let mut redactor = Redactor::default();
        redactor.add("a+b/c", "(masked)");
        assert_eq!(redactor.apply("x a+b/c y a%2Bb%2Fc z"), "x (masked) y (masked) z");
    }

    #[test]
    fn a_value_that_contains_another_is_replaced_whole() {
        let mut redactor = Redactor::default();
        redactor.add("secret", "(1)");
        redactor.add("secret-2", "(2)");
        assert_eq!(redactor.apply("secret-2 secret"), "(2) (1)");
    }

    #[test]
    fn the_external_ids_of_a_live_trust_policy_are_masked_but_not_a_bare_wildcard() {
        let document = Document::parse(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole",
               "Condition":{"StringLike":{"STS:externalid":["*","old-id"]}}}}"#,
        )
        .unwrap();
        let mut redactor = Redactor::default();
        redactor.add_live_external_ids(&document);
        assert_eq!(redactor.apply("* old-id"), "* (masked: another external ID)");
    }
}
