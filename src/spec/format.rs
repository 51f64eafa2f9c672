//! One way to write a spec: changes spacing, not content. Comments and order stay.

use super::load::is_another_toml;
use toml_edit::{Array, Decor, DocumentMut, InlineTable, Item, RawString, Table, TomlError, Value};

/// The text in its canonical form. Formatting it again changes nothing.
///
/// # Errors
///
/// When it is not TOML, or TOML of another kind.
pub fn format(text: &str) -> Result<String, FormatError> {
    let mut document: DocumentMut = text.parse()?;
    // A spec that is about to be written may have nothing yet.
    if !document.is_empty() && is_another_toml(text) {
        return Err(FormatError::NotSpec);
    }
    table(document.as_table_mut(), true);
    let trailing = lines(document.trailing().as_str().unwrap_or_default());
    document.set_trailing(trailing.join("\n"));
    let mut text = document.to_string();
    // Exactly one newline at the end, and none at the beginning.
    text.truncate(text.trim_end().len());
    text.push('\n');
    Ok(text.trim_start_matches('\n').to_owned())
}

#[derive(Debug, thiserror::Error)]
pub enum FormatError {
    #[error(transparent)]
    NotToml(#[from] TomlError),
    #[error("it has none of a spec's tables")]
    NotSpec,
}

fn table(table: &mut Table, is_root: bool) {
    if !is_root && !table.is_implicit() {
        let mut before = lines(table.decor().prefix().and_then(RawString::as_str).unwrap_or_default());
        // A blank line before each header; comments at the end of the previous table stay there.
        if !before.iter().any(String::is_empty) {
            before.insert(0, String::new());
        }
        table.decor_mut().set_prefix(joined(&before));
        let suffix = trailing_comment(table.decor());
        table.decor_mut().set_suffix(suffix);
    }
    for (mut key, item) in table.iter_mut() {
        match item {
            Item::Value(one) => {
                let decor = key.leaf_decor_mut();
                let prefix = lines(decor.prefix().and_then(RawString::as_str).unwrap_or_default());
                decor.set_prefix(joined(&prefix));
                decor.set_suffix(" ");
                let suffix = trailing_comment(one.decor());
                value(one);
                *one.decor_mut() = Decor::new(" ", suffix);
            }
            Item::Table(inner) => self::table(inner, false),
            Item::ArrayOfTables(tables) => tables.iter_mut().for_each(|inner| self::table(inner, false)),
            Item::None => {}
        }
    }
}

/// The lines of a decoration: comments without indentation, with at most one blank line in a row.
fn lines(text: &str) -> Vec<String> {
    let mut kept: Vec<String> = Vec::new();
    let all: Vec<&str> = text.split('\n').map(str::trim).collect();
    // The text after the last newline is the indentation of the next item.
    for line in &all[..all.len().saturating_sub(1)] {
        if !line.is_empty() || kept.last().is_none_or(|last| !last.is_empty()) {
            kept.push((*line).to_owned());
        }
    }
    if let Some(last) = all.last().filter(|last| last.starts_with('#')) {
        kept.push((*last).to_owned());
    }
    kept
}

fn joined(lines: &[String]) -> String {
    lines.iter().map(|line| format!("{line}\n")).collect()
}

/// A comment at the end of a line stays where it is: it may be aligned with others.
fn trailing_comment(decor: &Decor) -> String {
    let text = decor.suffix().and_then(RawString::as_str).unwrap_or_default();
    match text.trim() {
        "" => String::new(),
        comment => {
            let spaces = text.len() - text.trim_start().len();
            format!("{}{comment}", " ".repeat(spaces.max(1)))
        }
    }
}

fn value(value: &mut Value) {
    match value {
        Value::Array(items) => array(items),
        Value::InlineTable(inner) => inline(inner),
        _ => {}
    }
}

fn inline(inner: &mut InlineTable) {
    for (mut key, one) in inner.iter_mut() {
        key.leaf_decor_mut().set_prefix(" ");
        key.leaf_decor_mut().set_suffix(" ");
        value(one);
        *one.decor_mut() = Decor::new(" ", "");
    }
    // A space before the closing brace.
    if let Some((_, last)) = inner.iter_mut().last() {
        last.decor_mut().set_suffix(" ");
    }
}

/// On one line as before, or one item per line; an array with comments inside is left alone.
fn array(items: &mut Array) {
    let text = items.to_string();
    if items.iter().any(|item| has_comment(item.decor()))
        || items.trailing().as_str().is_some_and(|t| t.contains('#'))
    {
        return;
    }
    let is_long = text.trim().contains('\n');
    let count = items.len();
    for (index, item) in items.iter_mut().enumerate() {
        value(item);
        let prefix = match (is_long, index) {
            (true, _) => "\n    ",
            (false, 0) => "",
            (false, _) => " ",
        };
        *item.decor_mut() = Decor::new(prefix, "");
    }
    items.set_trailing_comma(is_long && count > 0);
    items.set_trailing(if is_long && count > 0 { "\n" } else { "" });
}

fn has_comment(decor: &Decor) -> bool {
    let of =
        |part: Option<&RawString>| part.and_then(RawString::as_str).is_some_and(|text| text.contains('#'));
    of(decor.prefix()) || of(decor.suffix())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spacing_has_one_form_and_comments_stay() {
        let ugly = "# top\n\n\n\n[aws]   # where\nregion=\"us-east-1\"\n   account_id   =  \"111122223333\"      # a guard\n# profile = 1\n\n\n# who\n[genesys]\n\
                    account_id='765628985471'\nexternal_id={env=\"X\"}\n[[role]]\nname=\"R\"\nfunctions=[ \"a\",\"b\" ,]\n[[role]]\n  name = \"S\"\nfunctions = [\n\"c\"\n  , \"d\"]\n# end\n\n";
        let pretty = "# top\n\n[aws]   # where\nregion = \"us-east-1\"\naccount_id = \"111122223333\"      # a guard\n# profile = 1\n\n# who\n[genesys]\n\
                      account_id = '765628985471'\nexternal_id = { env = \"X\" }\n\n[[role]]\nname = \"R\"\nfunctions = [\"a\", \"b\"]\n\n[[role]]\nname = \"S\"\nfunctions = [\n    \"c\",\n    \"d\",\n]\n# end\n";
        assert_eq!(format(ugly).unwrap(), pretty);
        assert_eq!(format(pretty).unwrap(), pretty);
    }

    #[test]
    fn the_example_is_in_form() {
        let example = include_str!("../../examples/genesys.toml");
        assert_eq!(format(example).unwrap(), example);
    }

    #[test]
    fn what_has_comments_inside_is_left_alone() {
        let text = "[[role]]\nfunctions = [\n  \"a\", # first\n  # second\n  \"b\"\n]\n";
        assert_eq!(format(text).unwrap(), text);
    }
}
