//! Keeps masked values out of all output.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};

use super::escape::Escape;
use super::places;
use crate::check::near_misses;
use crate::policy::document::Scalar;
use crate::policy::{Document, EXTERNAL_ID};
use crate::secrets;
use crate::spec::{ExternalId, is_guid};
use crate::text::{color, one_line};

/// What stands for the spec's own external ID, and for any other, where they are masked.
pub const MASKED_ID: &str = "(masked external ID)";
pub const ANOTHER_ID: &str = "(masked: another external ID)";

/// Replaces every masked value in a text. The single place for all output: anything that does not pass through here is
/// not printed.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a value containing another is replaced whole.
    replacements: Vec<(String, &'static str)>,
    /// Values chosen by others, who may have picked a word of the report: masked where an external ID can occur.
    in_place: Vec<(String, &'static str)>,
    /// How a spec refers to its masked external IDs, in TOML.
    references: Vec<(String, String)>,
    /// What a replacement can start with.
    first: BTreeSet<u8>,
    /// How many of the secrets that the process remembers have a replacement.
    remembered: usize,
}

const SECRET: &str = "(secret)";

/// The report's own words, accounts and keys contain none of these: a value chosen by a spec, an account or a caller
/// and masked in every text cannot be one of them.
pub(crate) fn is_distinctive(value: &str) -> bool {
    if is_guid(value) {
        return true;
    }
    // A pattern reveals the ID that it was made from.
    let is_of_an_id = |c: char| c.is_ascii_alphanumeric() || "_+=,.@/-*?".contains(c);
    value.chars().filter(|c| !matches!(c, '*' | '?')).count() >= WORD
        && value.chars().all(is_of_an_id)
        && value.bytes().any(|b| b.is_ascii_digit())
        && value.bytes().any(|b| b.is_ascii_alphabetic())
        && !has_account(value)
}

fn has_account(value: &str) -> bool {
    !is_guid(value) && value.split(|c: char| !c.is_ascii_digit()).any(|digits| digits.len() >= 12)
}

impl Redactor {
    /// Masks the external ID, if it should be masked.
    pub fn add_external_id(&mut self, external_id: &ExternalId) {
        if external_id.is_masked() {
            if let Some(reference) = external_id.origin().reference() {
                self.references.push((external_id.expose().to_owned(), reference));
            }
            match hides_a_report(external_id.expose()) {
                true => self.add_chosen_by_others(external_id.expose(), MASKED_ID),
                false => self.add(external_id.expose(), MASKED_ID),
            }
            // The check tries wrong ones that reveal as much as the right one.
            for near in near_misses(external_id.expose()) {
                match has_account(&near) {
                    true => self.add_chosen_by_others(&near, "(masked: a wrong external ID)"),
                    false => self.add(&near, "(masked: a wrong external ID)"),
                }
            }
        }
    }

    /// Masks an external ID that is in no spec, in a text to be pasted elsewhere.
    pub fn add_found_external_id(&mut self, external_id: &str) {
        self.add_chosen_by_others(external_id, MASKED_ID);
        for near in near_misses(external_id) {
            self.add_chosen_by_others(&near, "(masked: a wrong external ID)");
        }
    }

    /// A spec's text in which each masked external ID is taken from where the spec at hand has it.
    pub fn with_references(&self, text: &str) -> String {
        self.references.iter().fold(text.to_owned(), |text, (id, reference)| {
            text.replace(&toml_edit::Value::from(id.as_str()).to_string(), reference)
        })
    }

    /// Masks something that no one should see.
    pub fn add_secret(&mut self, secret: &str) {
        if secret == secrets::MADE_UP {
            return;
        }
        self.add_forms(secret, SECRET, |secret| {
            [forms(secret), escaped_forms(secret), base64_forms(secret)].concat()
        });
    }

    /// Whether the process holds secrets not masked yet.
    pub fn is_behind(&self) -> bool {
        !secrets::since(self.remembered).is_empty()
    }

    /// Masks every secret that the process holds.
    pub fn catch_up(&mut self) {
        for secret in secrets::since(self.remembered) {
            self.add_secret(&secret);
            self.remembered += 1;
        }
    }

    /// Masks the external IDs of a live trust policy: if the spec's is masked, so is an earlier one.
    pub fn add_live_external_ids(&mut self, document: &Document) {
        for statement in document.statements.as_slice() {
            for (_, values) in statement.conditions().on(EXTERNAL_ID).filter(|(name, _)| *name != "Null") {
                for value in values {
                    let text = match value {
                        Scalar::String(text) => text.clone(),
                        Scalar::Number(_) => value.to_string(),
                        Scalar::Bool(_) => continue,
                    };
                    // A pattern of only wildcards reveals nothing, and a reviewer must see it.
                    if !text.chars().all(|c| matches!(c, '*' | '?')) {
                        self.add_other_external_id(&text);
                    }
                }
            }
        }
    }

    /// Masks an external ID that someone presented. The spec's own is masked already.
    pub fn add_other_external_id(&mut self, id: &str) {
        self.add_chosen_by_others(id, ANOTHER_ID);
    }

    /// In every text, only what cannot be anything else.
    fn add_chosen_by_others(&mut self, value: &str, placeholder: &'static str) {
        if is_distinctive(value) {
            self.add(value, placeholder);
        } else if value.trim().chars().count() >= 2 {
            let known = |form: &String| self.in_place.iter().any(|(known, _)| known == form);
            let new: Vec<_> = forms(value).into_iter().filter(|form| !known(form)).collect();
            self.in_place.extend(new.into_iter().map(|form| (form, placeholder)));
            longest_first(&mut self.in_place);
        }
    }

    fn add(&mut self, value: &str, placeholder: &'static str) {
        self.add_forms(value, placeholder, forms);
    }

    fn add_forms(&mut self, value: &str, placeholder: &'static str, forms: impl Fn(&str) -> Vec<String>) {
        // IAM's have at least two characters; masking one would make every text a riddle.
        if value.trim().chars().count() < 2 {
            return;
        }
        for form in forms(value) {
            if !self.replacements.iter().any(|(known, _)| *known == form) {
                self.first.extend(form.bytes().next());
                self.replacements.push((form, placeholder));
            }
        }
        longest_first(&mut self.replacements);
    }

    /// An external ID in a condition.
    pub fn apply_to_external_id(&self, value: &str) -> String {
        let masked = self.apply(value);
        let found = self.in_place.iter().find(|(known, _)| masked == value && known == value);
        found.map_or(masked, |(_, placeholder)| (*placeholder).to_owned())
    }

    /// A text whose external IDs were masked one by one before escaping, or are intended: a page, a spec.
    pub fn without_secrets(&self, text: &str) -> String {
        self.replaced(text, true)
    }

    /// Colours neither hide a value nor end a word: values are searched in the text without them.
    pub fn apply(&self, text: &str) -> String {
        self.replaced(text, false)
    }

    fn replaced(&self, text: &str, is_of_secrets: bool) -> String {
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
        let in_place = |text: &str| self.in_place.iter().find(|(known, _)| text.starts_with(known.as_str()));
        let mut places = Vec::new();
        if !self.in_place.is_empty() && !is_of_secrets {
            places = places::external_ids(&plain, &|text| in_place(text).map(|(known, _)| known.len()));
        }
        let mut at = 0;
        while let Some(c) = plain[at..].chars().next() {
            while let Some((_, code)) = colors.next_if(|(place, _)| *place <= at) {
                out.push_str(code);
            }
            let (before, rest) = plain.split_at(at);
            let can_begin = rest.bytes().next().is_some_and(|byte| self.first.contains(&byte));
            let mut known = self.replacements.iter().filter(|_| can_begin);
            let found = known.find(|(value, placeholder)| {
                (!is_of_secrets || *placeholder == SECRET)
                    && rest
                        .strip_prefix(value.as_str())
                        .is_some_and(|after| value.len() >= WORD || is_word(before, after))
            });
            let found = match places.iter().any(|place| place.start == at) {
                true => in_place(rest).into_iter().chain(found).max_by_key(|(value, _)| value.len()),
                false => found,
            };
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

/// Values in a pipeline's environment that a spec's author can find and a report needs: `root`, `true`, an account.
fn hides_a_report(value: &str) -> bool {
    let is_plain = value.len() < WORD && value.bytes().all(|b| b.is_ascii_alphabetic());
    is_plain || has_account(value)
}

/// A value as in comments and pages.
fn escaped_forms(value: &str) -> Vec<String> {
    let escape = Escape { mask: &|text| text.to_owned() };
    let entities = value.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let quoted = entities.replace('"', "&quot;");
    let all = quoted.replace('\'', "&#39;");
    let mut forms = vec![escape.text(value), escape.html(value), escape.fenced(value), escape.label(value)];
    forms.extend([entities, quoted, all]);
    forms
}

/// A value inside any base64 text: what precedes it shifts it by up to two bytes.
fn base64_forms(value: &str) -> Vec<String> {
    if value.len() < WORD {
        return Vec::new();
    }
    let of = |shift: usize| {
        let bytes = [&[0; 3][..shift], value.as_bytes()].concat();
        let certain = bytes.len() / 3 * 4;
        let from = if shift == 0 { 0 } else { shift + 1 };
        [STANDARD.encode(&bytes), URL_SAFE.encode(&bytes)]
            .map(|text| text.get(from..certain).unwrap_or_default().to_owned())
    };
    (0..3).flat_map(of).filter(|form| form.len() >= WORD).collect()
}

/// A value as in texts, documents, sentences, URLs and JSON.
fn forms(value: &str) -> Vec<String> {
    let json = |text: &str| {
        let quoted = serde_json::Value::from(text).to_string();
        quoted.strip_prefix('"').and_then(|text| text.strip_suffix('"')).unwrap_or(&quoted).to_owned()
    };
    let encoded = [NON_ALPHANUMERIC, RESERVED].map(|set| utf8_percent_encode(value, set).to_string());
    let lower = encoded.clone().map(|text| lower_case_escapes(&text));
    let plain = [value.to_owned(), json(value)];
    // Sentences make invisible characters visible, and may be written into JSON again.
    let shown = plain.clone().map(|text| one_line(&text).into_owned());
    let again = [plain.clone(), shown.clone()].concat().into_iter().map(|text| json(&text));
    let mut forms = Vec::new();
    for form in plain.into_iter().chain(shown.clone()).chain(again).chain(encoded).chain(lower) {
        if !forms.contains(&form) {
            forms.push(form);
        }
    }
    forms
}

fn longest_first(forms: &mut [(String, &'static str)]) {
    forms.sort_by(|(a, _), (b, _)| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
}

/// A shorter value is only replaced as a whole word: it may be part of any other.
const WORD: usize = 8;

fn is_word(before: &str, after: &str) -> bool {
    let bounds = |c: Option<char>| !c.is_some_and(char::is_alphanumeric);
    bounds(before.chars().next_back()) && bounds(after.chars().next())
}

/// What RFC 3986 percent-encodes, as does IAM in the documents it returns.
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

    const REPORT: &str = "access widened: YES\n+ AWS account 222222222222 may assume it, with the right external ID  <- WIDER\n\
        \x1b[31m- unknown\x1b[0m: no other external ID is accepted; everybody is refused\n\
        arn:aws:iam::222222222222:role/genesys \"Action\": \"sts:AssumeRole\", \"access_is_wider\": true";

    /// What is not distinctive, in the report or not, and pieces of the report.
    fn hostile() -> impl Strategy<Value = String> {
        let piece = (0..REPORT.len(), 1..30usize).prop_filter_map("a piece", |(from, length)| {
            REPORT.get(from..(from + length).min(REPORT.len())).map(str::to_owned)
        });
        prop_oneof![
            piece,
            prop::sample::select(REPORT.split([' ', '\n', '"', ':']).map(str::to_owned).collect::<Vec<_>>())
        ]
    }

    proptest! {
        #[test]
        fn whatever_others_chose_a_report_says_what_it_says(ids in prop::collection::vec(hostile(), 1..6)) {
            let mut redactor = Redactor::default();
            for id in &ids {
                redactor.add_other_external_id(id);
                redactor.add_found_external_id(id);
            }
            prop_assert_eq!(redactor.apply(REPORT), REPORT);
        }
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
    fn what_others_chose_is_masked_where_an_external_id_stands_and_nowhere_else() {
        let mut redactor = Redactor::default();
        for id in [
            "unknown",
            "is",
            "WIDER",
            "accepted",
            "222222222222",
            "S3cret\"Old",
            "arn:aws:iam::222222222222:root",
        ] {
            redactor.add_other_external_id(id);
        }
        let m = "(masked: another external ID)";
        for (text, masked) in [
            (
                "+ AWS account 222222222222 may assume it, with external ID unknown or 222222222222.  <- WIDER",
                format!("+ AWS account 222222222222 may assume it, with external ID {m} or {m}.  <- WIDER"),
            ),
            (
                "if StringLike sts:ExternalId is WIDER or x* and it is unknown",
                format!("if StringLike sts:ExternalId is {m} or x* and it is unknown"),
            ),
            ("another external ID is accepted", "another external ID is accepted".to_owned()),
            ("it demands \"is\" or \"S3cret\"Old\"", format!("it demands \"{m}\" or \"{m}\"")),
            (
                "- \"AWS\": \"222222222222\"\n+   \"STS:externalid\": [\n-     \"is\",\n+     \"unknown\"\n  ]\n  \"is\"",
                format!(
                    "- \"AWS\": \"222222222222\"\n+   \"STS:externalid\": [\n-     \"{m}\",\n+     \"{m}\"\n  ]\n  \"is\""
                ),
            ),
            (
                "@@ -3,7 +3,7 @@\n    \"unknown\",\n-   \"is\"\n+   \"arn:aws:iam::222222222222:root\"\n  \"WIDER\": \"is\"",
                format!(
                    "@@ -3,7 +3,7 @@\n    \"{m}\",\n-   \"{m}\"\n+   \"arn:aws:iam::222222222222:root\"\n  \"WIDER\": \"is\""
                ),
            ),
            (
                "{\\\"sts:ExternalId\\\":\\\"S3cret\\\\\\\"Old\\\"}",
                format!("{{\\\"sts:ExternalId\\\":\\\"{m}\\\"}}"),
            ),
            ("%22sts%3AExternalId%22%3A%22WIDER%22", format!("%22sts%3AExternalId%22%3A%22{m}%22")),
        ] {
            assert_eq!(redactor.apply(text), masked);
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
        assert_eq!(
            redactor.apply(r#"old-id "sts:ExternalId": ["*", "old-id", 12345678], "Null": "old-id""#),
            format!(r#"old-id "sts:ExternalId": ["*", "{another}", {another}], "Null": "old-id""#)
        );
    }
}
