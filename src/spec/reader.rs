//! Reads TOML with positions, and collects all faults rather than stopping at the first.

use std::collections::BTreeSet;
use std::ops::Range;

use serde_json::{Map, Value as Json};
use toml::de::{DeTable, DeValue};

use super::diagnostic::{Diagnostic, Severity};
use crate::policy::lint::Lint;

/// Keys that people name after their contents.
const RENAMED: [(&str, &str); 3] =
    [("organization_id", "external_id"), ("org_id", "external_id"), ("account", "account_id")];

/// Collects faults.
#[derive(Default)]
pub(super) struct Diagnostics {
    pub(super) list: Vec<Diagnostic>,
}

impl Diagnostics {
    pub(super) fn error(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Error, None, span, message.into(), label.into(), help.into());
    }

    pub(super) fn warning(
        &mut self,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Warning, None, span, message.into(), label.into(), help.into());
    }

    /// Reports a lint of policy documents that keeps the spec from being applied.
    pub(super) fn blocks(
        &mut self,
        lint: &'static Lint,
        span: Range<usize>,
        message: impl Into<String>,
        label: impl Into<String>,
        help: impl Into<String>,
    ) {
        self.add(Severity::Blocks, Some(lint.name), span, message.into(), label.into(), help.into());
    }

    fn add(
        &mut self,
        severity: Severity,
        lint: Option<&'static str>,
        span: Range<usize>,
        message: String,
        label: String,
        help: String,
    ) {
        let help = Some(help).filter(|help| !help.is_empty());
        self.list.push(Diagnostic { severity, lint, span, message, label, help });
    }
}

/// A value with its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Spanned<T> {
    pub(super) value: T,
    pub(super) span: Range<usize>,
}

type Value<'a> = toml::Spanned<DeValue<'a>>;

/// A table that tracks which keys were read: the rest are unknown.
pub(super) struct Table<'a> {
    /// As a user would name it: `[aws]`.
    name: &'static str,
    pub(super) span: Range<usize>,
    entries: &'a DeTable<'a>,
    asked: BTreeSet<&'static str>,
    missing: Vec<MissingKey>,
}

/// A required key, under either of its names. It is reported with the unknown keys: one of them may be its misspelling.
pub(super) struct MissingKey {
    pub(super) keys: Vec<&'static str>,
    pub(super) span: Range<usize>,
    pub(super) message: String,
    pub(super) label: String,
    /// What to do about it.
    pub(super) help: String,
}

impl<'a> Table<'a> {
    pub(super) fn new(name: &'static str, span: Range<usize>, entries: &'a DeTable<'a>) -> Self {
        Self { name, span, entries, asked: BTreeSet::new(), missing: Vec::new() }
    }

    pub(super) fn value(&mut self, key: &'static str) -> Option<&'a Value<'a>> {
        self.asked.insert(key);
        self.entries.get(key)
    }

    pub(super) fn string(
        &mut self,
        key: &'static str,
        diagnostics: &mut Diagnostics,
    ) -> Option<Spanned<String>> {
        string(self.value(key)?, key, diagnostics)
    }

    pub(super) fn boolean(&mut self, key: &'static str, diagnostics: &mut Diagnostics) -> Option<bool> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Boolean(value) => Some(*value),
            _ => wrong_type(value, key, "true or false", diagnostics),
        }
    }

    pub(super) fn integer(
        &mut self,
        key: &'static str,
        diagnostics: &mut Diagnostics,
    ) -> Option<Spanned<i64>> {
        let value = self.value(key)?;
        let DeValue::Integer(integer) = value.get_ref() else {
            return wrong_type(value, key, "a whole number", diagnostics);
        };
        match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => Some(Spanned { value: number, span: value.span() }),
            Err(_) => wrong_type(value, key, "a whole number of 64 bits", diagnostics),
        }
    }

    pub(super) fn table(
        &mut self,
        key: &'static str,
        name: &'static str,
        diagnostics: &mut Diagnostics,
    ) -> Option<Self> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Table(entries) => Some(Self::new(name, value.span(), entries)),
            _ => wrong_type(value, key, "a table", diagnostics),
        }
    }

    pub(super) fn array(
        &mut self,
        key: &'static str,
        what: &str,
        diagnostics: &mut Diagnostics,
    ) -> Option<Spanned<&'a [Value<'a>]>> {
        let value = self.value(key)?;
        match value.get_ref() {
            DeValue::Array(values) => Some(Spanned { value: values.as_ref(), span: value.span() }),
            DeValue::String(text) if what == "a list of strings" => {
                let help = format!("write `{key} = [{text:?}]`");
                diagnostics.error(value.span(), format!("`{key}` must be {what}"), "this is a string", help);
                None
            }
            _ => wrong_type(value, key, what, diagnostics),
        }
    }

    /// Keys with string values, for tags.
    pub(super) fn strings_by_key(
        &mut self,
        key: &'static str,
        diagnostics: &mut Diagnostics,
    ) -> Option<Vec<(Spanned<String>, Spanned<String>)>> {
        let value = self.value(key)?;
        let DeValue::Table(entries) = value.get_ref() else {
            return wrong_type(value, key, "a table of strings", diagnostics);
        };
        let mut read = Vec::new();
        for (name, value) in entries {
            let place = Spanned { value: name.get_ref().to_string(), span: name.span() };
            read.extend(string(value, name.get_ref(), diagnostics).map(|value| (place, value)));
        }
        Some(read)
    }

    /// A required key: see [`MissingKey`].
    pub(super) fn required<T>(&mut self, value: Option<T>, key: &'static str, example: &str) -> Option<T> {
        // A value that is present but wrong has already been reported.
        if value.is_none() && !self.entries.contains_key(key) {
            let help = if example.starts_with("[[") {
                format!("add {example}")
            } else {
                format!("add `{key} = {example}`")
            };
            let name = self.name;
            self.is_missing(MissingKey {
                keys: vec![key],
                span: self.span.clone(),
                message: format!("`{key}` is missing in {name}"),
                label: format!("{name} begins here"),
                help,
            });
        }
        value
    }

    pub(super) fn is_missing(&mut self, missing: MissingKey) {
        self.missing.push(missing);
    }

    /// The position of the table's header, its first line.
    pub(super) fn head(&self) -> Range<usize> {
        self.span.clone()
    }

    /// Reports every key that was never read, with the nearest known one, and every missing key. Returns the keys that
    /// unknown ones look like.
    pub(super) fn deny_unknown_keys(self, diagnostics: &mut Diagnostics) -> BTreeSet<&'static str> {
        self.deny_unknown_keys_but(&[], diagnostics)
    }

    /// The same; `renamed` maps other tools' names to ours.
    pub(super) fn deny_unknown_keys_but(
        self,
        renamed: &[(&str, &'static str)],
        diagnostics: &mut Diagnostics,
    ) -> BTreeSet<&'static str> {
        let Self { name, span: _, entries, asked, missing } = self;
        let mut misspelt = BTreeSet::new();
        for (key, _) in entries {
            let written: &str = key.get_ref();
            if asked.contains(written) {
                continue;
            }
            // A much longer key is not a misspelling.
            let short: String = written.chars().take(LONGEST_KEY).collect::<String>().to_lowercase();
            let nearest = asked
                .iter()
                .map(|known| (strsim::damerau_levenshtein(&short, known), *known))
                .min()
                .filter(|(distance, known)| *distance <= known.len().max(3) / 3 + 1)
                .map(|(_, known)| known);
            let renamed =
                renamed.iter().chain(&RENAMED).find(|(other, _)| *other == written).map(|(_, own)| *own);
            let renamed = renamed.filter(|own| asked.contains(own));
            let help = match renamed.or(nearest) {
                Some(known) => {
                    // Not what was meant if that key is present too.
                    if !entries.contains_key(known) {
                        misspelt.insert(known);
                    }
                    format!("did you mean `{known}`?")
                }
                None => {
                    let known: Vec<&str> = asked.iter().copied().collect();
                    format!("{name} accepts only {}", known.join(", "))
                }
            };
            diagnostics.error(key.span(), format!("unknown key `{written}` in {name}"), "not known", help);
        }
        for MissingKey { keys, span, message, label, help } in missing {
            if !keys.iter().any(|key| misspelt.contains(key)) {
                diagnostics.error(span, message, label, help);
            }
        }
        misspelt
    }
}

/// Characters of a key that are compared with known ones.
const LONGEST_KEY: usize = 40;

pub(super) fn string(value: &Value<'_>, key: &str, diagnostics: &mut Diagnostics) -> Option<Spanned<String>> {
    match value.get_ref() {
        DeValue::String(text) => Some(Spanned { value: text.to_string(), span: value.span() }),
        _ => wrong_type(value, key, "a string", diagnostics),
    }
}

/// The same in JSON; a date becomes a string.
pub(super) fn json_of(value: &Value<'_>) -> Json {
    match value.get_ref() {
        DeValue::String(text) => text.as_ref().into(),
        DeValue::Integer(integer) => match i64::from_str_radix(integer.as_str(), integer.radix()) {
            Ok(number) => number.into(),
            Err(_) => integer.as_str().into(),
        },
        DeValue::Float(float) => float.as_str().parse::<f64>().map_or(Json::Null, Json::from),
        DeValue::Boolean(value) => (*value).into(),
        DeValue::Datetime(date) => date.to_string().into(),
        DeValue::Array(items) => items.iter().map(json_of).collect(),
        DeValue::Table(entries) => entries
            .iter()
            .map(|(key, value)| (key.get_ref().to_string(), json_of(value)))
            .collect::<Map<String, Json>>()
            .into(),
    }
}

pub(super) fn wrong_type<T>(
    value: &Value<'_>,
    key: &str,
    wanted: &str,
    diagnostics: &mut Diagnostics,
) -> Option<T> {
    let found = match value.get_ref() {
        DeValue::String(_) => "a string",
        DeValue::Integer(_) => "a number",
        DeValue::Float(_) => "a decimal number",
        DeValue::Boolean(_) => "true or false",
        DeValue::Datetime(_) => "a date",
        DeValue::Array(_) => "a list",
        DeValue::Table(_) => "a table",
    };
    let help = if wanted == "a string" { "put it in quotes" } else { "" };
    diagnostics.error(value.span(), format!("`{key}` must be {wanted}"), format!("this is {found}"), help);
    None
}
