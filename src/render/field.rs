//! Lines below a change, a notice or a blocker.

use std::ops::Range;

use anstyle::Style;

use super::style::{CREATE, DIM, HUNK, REMOVE, paint};
use crate::plan::Diff;
use crate::policy::Document;
use crate::view::{DiffLine, Field, LineKind, Remark, document_diff};

pub(super) const INDENT: &str = "      ";

/// A field in lines, without indentation.
pub(super) fn field_lines(field: &Field) -> Vec<String> {
    let title = |name: &str| paint(DIM, &format!("{name}:"));
    match field {
        Field::Value { name, value } => vec![format!("{} {value}", title(name))],
        Field::Changed { name, before, after } => {
            vec![format!("{} {} → {}", title(name), paint(REMOVE, before), paint(CREATE, after))]
        }
        Field::Lines { title: name, lines } => {
            name.iter().map(|name| title(name)).chain(diff_lines(lines)).collect()
        }
    }
}

/// The diff of two documents, indented.
pub fn difference(document: &Diff<Document>) -> String {
    diff_lines(&document_diff(document)).iter().map(|line| format!("{INDENT}{line}\n")).collect()
}

/// `+ …`, `- …`, `  …`, `@@ …`; in a line that replaces another, the words that differ are highlighted.
fn diff_lines(lines: &[DiffLine]) -> Vec<String> {
    let mut out = Vec::new();
    let mut rest = lines;
    while let [first, ..] = rest {
        let run = |lines: &[DiffLine], kind| lines.iter().take_while(|line| line.kind == kind).count();
        let removed = run(rest, LineKind::Removed);
        let added = run(&rest[removed..], LineKind::Added);
        if removed == 0 || added == 0 {
            out.push(diff_line(first, None));
            rest = &rest[1..];
            continue;
        }
        let (old, new) = rest[..removed + added].split_at(removed);
        let marks: Vec<_> = old.iter().zip(new).map(|(old, new)| differing(&old.text, &new.text)).collect();
        let mark = |at: usize| marks.get(at).and_then(Option::as_ref);
        out.extend(old.iter().enumerate().map(|(at, line)| diff_line(line, mark(at).map(|(old, _)| old))));
        out.extend(new.iter().enumerate().map(|(at, line)| diff_line(line, mark(at).map(|(_, new)| new))));
        rest = &rest[removed + added..];
    }
    out
}

fn diff_line(line: &DiffLine, differs: Option<&Range<usize>>) -> String {
    let DiffLine { kind, text } = line;
    let (sign, style): (&str, Option<Style>) = match kind {
        LineKind::Added => ("+ ", Some(CREATE)),
        LineKind::Removed => ("- ", Some(REMOVE)),
        LineKind::Kept => ("  ", None),
        LineKind::Hunk => ("", Some(HUNK)),
    };
    match (style, differs) {
        (None, _) => format!("{sign}{text}"),
        (Some(style), None) => paint(style, &format!("{sign}{text}")),
        (Some(style), Some(differs)) => {
            let [before, within, after] =
                [&text[..differs.start], &text[differs.clone()], &text[differs.end..]];
            let [before, after] =
                [format!("{sign}{before}"), after.to_owned()].map(|part| paint(style, &part));
            format!("{before}{}{after}", paint(style.bold().underline(), within))
        }
    }
}

/// The words in the middle that differ between two lines; `None` if they have little in common.
fn differing(old: &str, new: &str) -> Option<(Range<usize>, Range<usize>)> {
    if old == new {
        return None;
    }
    let [old_words, new_words] = [words(old), words(new)];
    let same = |(one, other): &(&&str, &&str)| one == other;
    let start = old_words.iter().zip(&new_words).take_while(same).count();
    let [old_left, new_left] = [&old_words[start..], &new_words[start..]];
    let end = old_left.iter().rev().zip(new_left.iter().rev()).take_while(same).count();
    let length = |words: &[&str]| words.iter().map(|word| word.len()).sum::<usize>();
    let (before, after) = (length(&old_words[..start]), length(&old_left[old_left.len() - end..]));
    let has_much_in_common =
        old_words[..start].iter().chain(&old_left[old_left.len() - end..]).any(|word| word.trim().len() > 1);
    has_much_in_common.then(|| (before..old.len() - after, before..new.len() - after))
}

/// Runs of letters, digits and other characters of names; every other character by itself.
fn words(text: &str) -> Vec<&str> {
    let is_word = |c: char| c.is_alphanumeric() || "_-".contains(c);
    let mut words = Vec::new();
    let mut rest = text;
    while let Some(first) = rest.chars().next() {
        let end =
            if is_word(first) { rest.find(|c| !is_word(c)).unwrap_or(rest.len()) } else { first.len_utf8() };
        let (word, left) = rest.split_at(end);
        words.push(word);
        rest = left;
    }
    words
}

/// What to know on the first line, what to do on the last.
pub(super) fn remark_lines(remark: &Remark) -> String {
    let Remark { what, details, remedy, paste } = remark;
    let mut lines = vec![what.clone()];
    lines.extend(details.iter().map(|detail| format!("{INDENT}  {detail}")));
    lines.extend(remedy.iter().map(|remedy| format!("{INDENT}{remedy}")));
    lines.extend(paste.iter().map(|line| format!("{INDENT}  {line}")));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn in_a_line_that_replaces_another_the_words_that_differ_stand_out() {
        let marked =
            |old: &str, new: &str| differing(old, new).map(|(a, b)| (old[a].to_owned(), new[b].to_owned()));
        let pair = |old: &str, new: &str| Some((old.to_owned(), new.to_owned()));
        assert_eq!(
            marked(
                "  \"AWS\": \"arn:aws:iam::691338073777:root\"",
                "  \"AWS\": \"arn:aws:iam::765628985471:root\""
            ),
            pair("691338073777", "765628985471")
        );
        assert_eq!(marked("\"Action\": \"é\"", "\"Action\": \"éa\","), pair("é\"", "éa\","));
        assert_eq!(marked("\"a\": 1", "\"a\": 1"), None);
        assert_eq!(marked("{", "}"), None);
    }

    #[test]
    fn a_coloured_difference_says_the_same_as_a_plain_one() {
        let line = |kind, text: &str| DiffLine { kind, text: text.to_owned() };
        let lines = [
            line(LineKind::Hunk, "@@ -1 +1 @@"),
            line(LineKind::Removed, "\"Effect\": \"Deny\""),
            line(LineKind::Removed, "gone"),
            line(LineKind::Added, "\"Effect\": \"Allow\""),
            line(LineKind::Kept, "}"),
            line(LineKind::Added, "new"),
        ];
        let coloured = diff_lines(&lines).join("\n");
        assert_eq!(
            anstream::adapter::strip_str(&coloured).to_string(),
            "@@ -1 +1 @@\n- \"Effect\": \"Deny\"\n- gone\n+ \"Effect\": \"Allow\"\n  }\n+ new"
        );
        let emphasis = paint(REMOVE.bold().underline(), "Deny");
        assert!(coloured.contains(&emphasis), "{coloured:?}");
    }
}
