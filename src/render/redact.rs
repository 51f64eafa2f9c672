//! Keeps masked values out of everything that is printed.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use crate::check::near_misses;
use crate::policy::document::Scalar;
use crate::policy::{Document, EXTERNAL_ID};
use crate::spec::ExternalId;
use crate::text::{color, one_line};

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
            // The check tries wrong ones that reveal as much as the right one.
            for near in near_misses(external_id.expose()) {
                self.add(&near, "(masked: a wrong external ID)");
            }
        }
    }

    /// Masks an external ID that no spec has, in a text that is pasted elsewhere.
    pub fn add_found_external_id(&mut self, external_id: &str) {
        self.add(external_id, "(masked external ID)");
        for near in near_misses(external_id) {
            self.add(&near, "(masked: a wrong external ID)");
        }
    }

    /// Masks something that no one should see.
    pub fn add_secret(&mut self, secret: &str) {
        self.add(secret, "(secret)");
    }

    /// Masks the external IDs of a live trust policy: where the spec's is masked, an earlier one is too.
    pub fn add_live_external_ids(&mut self, document: &Document) {
        for statement in document.statements.as_slice() {
            for (_, values) in statement.conditions().on(EXTERNAL_ID).filter(|(name, _)| *name != "Null") {
                for value in values {
                    let text = match value {
                        Scalar::String(text) => text.clone(),
                        Scalar::Number(_) => value.to_string(),
                        Scalar::Bool(_) => continue,
                    };
                    // A pattern of wildcards alone gives nothing away, and a reviewer must see it.
                    if !text.chars().all(|c| matches!(c, '*' | '?')) {
                        self.add_other_external_id(&text);
                    }
                }
            }
        }
    }

    /// Masks an external ID that someone presented. The spec's own has its mask already.
    pub fn add_other_external_id(&mut self, id: &str) {
        self.add(id, "(masked: another external ID)");
    }

    fn add(&mut self, value: &str, placeholder: &'static str) {
        // IAM's own have two characters at least; one would make a riddle of every text.
        if value.trim().chars().count() < 2 {
            return;
        }
        let escaped = serde_json::Value::from(value).to_string();
        let encoded = [NON_ALPHANUMERIC, RESERVED].map(|set| utf8_percent_encode(value, set).to_string());
        let lower = encoded.clone().map(|text| lower_case_escapes(&text));
        let json =
            escaped.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&escaped).to_owned();
        let plain = [value.to_owned(), json];
        // Sentences show what cannot be seen, and may be written into JSON once more.
        let shown = plain.clone().map(|text| one_line(&text).into_owned());
        let again = [plain.clone(), shown.clone()].concat().into_iter().map(|text| {
            let quoted = serde_json::Value::from(text).to_string();
            quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&quoted).to_owned()
        });
        for form in plain.into_iter().chain(shown).chain(again).chain(encoded).chain(lower) {
            if !self.replacements.iter().any(|(known, _)| *known == form) {
                self.replacements.push((form, placeholder));
            }
        }
        self.replacements.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
    }

    /// Colours neither hide a value nor end a word: values are looked for in the text without them.
    pub fn apply(&self, text: &str) -> String {
        let mut plain = String::with_capacity(text.len());
        let mut colors = Vec::new();
        let mut rest = text;
        while let Some(c) = rest.chars().next() {
            let length = color(rest).map_or(c.len_utf8(), |code| {
                colors.push((plain.len(), code));
                code.len()
            });
            let (piece, after) = rest.split_at(length);
            plain.push_str(if color(rest).is_some() { "" } else { piece });
            rest = after;
        }
        let mut out = String::with_capacity(text.len());
        let mut colors = colors.into_iter().peekable();
        let mut at = 0;
        while let Some(c) = plain[at..].chars().next() {
            while let Some((_, code)) = colors.next_if(|(place, _)| *place <= at) {
                out.push_str(code);
            }
            let (before, rest) = plain.split_at(at);
            let found = self.replacements.iter().find(|(value, _)| {
                rest.strip_prefix(value.as_str())
                    .is_some_and(|after| value.len() >= WORD || is_word(before, after))
            });
            match found {
                Some((value, placeholder)) => {
                    out.push_str(placeholder);
                    at += value.len();
                }
                None => {
                    out.push(c);
                    at += c.len_utf8();
                }
            }
        }
        out.extend(colors.map(|(_, code)| code));
        out
    }
}

/// A value shorter than this is replaced only where it stands as a word: it may be a part of any other.
const WORD: usize = 8;

fn is_word(before: &str, after: &str) -> bool {
    let bounds = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    bounds(before.chars().next_back()) && bounds(after.chars().next())
}

/// What RFC 3986 percent-encodes, and IAM in the documents that it answers.
const RESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'_').remove(b'.').remove(b'~');

fn lower_case_escapes(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut escape = 0;
    for c in text.chars() {
        escape = if c == '%' { 3 } else { escape };
        out.push(if escape > 0 { c.to_ascii_lowercase() } else { c });
        escape = usize::saturating_sub(escape, 1);
    }
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn a_value_is_replaced_in_every_form_it_is_written_in() {
        let mut redactor = Redactor::default();
        redactor.add("a+b/c", "(masked)");
        assert_eq!(redactor.apply("x a+b/c y a%2Bb%2Fc z"), "x (masked) y (masked) z");
        redactor.add("org-1+x", "(2)");
        assert_eq!(redactor.apply("org%2D1%2Bx org-1%2Bx org-1%2bx"), "(2) (2) (2)");
    }

    #[test]
    fn a_value_that_contains_another_is_replaced_whole() {
        let mut redactor = Redactor::default();
        redactor.add("secret", "(1)");
        redactor.add("secret-2", "(2)");
        assert_eq!(redactor.apply("secret-2 secret"), "(2) (1)");
    }

    #[test]
    fn a_short_value_is_replaced_only_as_a_word() {
        let mut redactor = Redactor::default();
        redactor.add("role", "(masked)");
        redactor.add("x", "(masked)");
        assert_eq!(redactor.apply("roles role x"), "roles (masked) x");
    }

    fn id() -> impl Strategy<Value = String> {
        "[a-cA-C0-1]{0,3}([:/,.@=_+-][a-c0-1]{1,4}){0,3}"
            .prop_filter("IDs have two characters", |id| id.len() > 1)
    }

    proptest! {
        #[test]
        fn no_masked_id_is_in_a_coloured_difference(shared in "[a-c]{0,4}[:/,.@=-]?", ids in [id(), id()]) {
            let ids = ids.map(|id| format!("{shared}{id}"));
            prop_assume!(ids[0] != ids[1]);
            let [before, after] = ids.clone().map(|id| {
                let text = format!(
                    r#"{{"Statement":{{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole",
                       "Condition":{{"StringEquals":{{"sts:ExternalId":"{id}"}}}}}}}}"#
                );
                Document::parse(&text).unwrap()
            });
            let difference = crate::render::field::difference(&crate::plan::Diff { before: before.clone(), after });
            let mut redactor = Redactor::default();
            redactor.add(&ids[1], "(masked external ID)");
            redactor.add_live_external_ids(&before);
            let bare = |text: &str| anstream::adapter::strip_str(text).to_string();
            let coloured = bare(&redactor.apply(&difference));
            prop_assert_eq!(&coloured, &redactor.apply(&bare(&difference)));
            for id in &ids {
                prop_assert!(!coloured.contains(&format!("\"{id}\"")), "{}", coloured);
            }
        }
    }

    #[test]
    fn the_external_ids_of_a_live_trust_policy_are_masked_but_not_a_bare_wildcard() {
        let document = Document::parse(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole",
               "Condition":{"StringLike":{"STS:externalid":["*","old-id",12345678]},
               "Null":{"sts:ExternalId":"false"}}}}"#,
        )
        .unwrap();
        let mut redactor = Redactor::default();
        redactor.add_live_external_ids(&document);
        let another = "(masked: another external ID)";
        assert_eq!(redactor.apply("* false old-id 12345678"), format!("* false {another} {another}"));
    }
}
