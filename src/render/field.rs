//! Lines below a change, a notice or a blocker.

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
            name.iter().map(|name| title(name)).chain(lines.iter().map(diff_line)).collect()
        }
    }
}

/// The difference of two documents, indented.
pub fn difference(document: &Diff<Document>) -> String {
    document_diff(document).iter().map(|line| format!("{INDENT}{}\n", diff_line(line))).collect()
}

/// `+ …`, `- …`, `  …`, `@@ …`
fn diff_line(line: &DiffLine) -> String {
    let DiffLine { kind, text } = line;
    let (sign, style): (&str, Option<Style>) = match kind {
        LineKind::Added => ("+ ", Some(CREATE)),
        LineKind::Removed => ("- ", Some(REMOVE)),
        LineKind::Kept => ("  ", None),
        LineKind::Hunk => ("", Some(HUNK)),
    };
    let text = format!("{sign}{text}");
    style.map_or(text.clone(), |style| paint(style, &text))
}

/// What is to be known in the first line, and what can be done in the last.
pub(super) fn remark_lines(remark: &Remark) -> String {
    let Remark { what, details, remedy } = remark;
    let mut lines = vec![what.clone()];
    lines.extend(details.iter().map(|detail| format!("{INDENT}  {detail}")));
    lines.extend(remedy.iter().map(|remedy| format!("{INDENT}{remedy}")));
    lines.join("\n")
}
