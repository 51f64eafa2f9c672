//! Lines below a change, a notice or a blocker.

use std::fmt::Write;

use super::style::{CREATE, DIM, REMOVE, paint};

pub(super) const INDENT: &str = "      ";

pub(super) fn field(out: &mut String, name: &str, value: &str) {
    let _ = writeln!(out, "{INDENT}{} {value}", paint(DIM, &format!("{name}:")));
}

pub(super) fn value_diff(out: &mut String, name: &str, before: &str, after: &str) {
    if before != after {
        let text = format!("{} → {}", paint(REMOVE, before), paint(CREATE, after));
        field(out, name, &text);
    }
}

pub(super) fn indented(line: &str) -> String {
    format!("{INDENT}{line}")
}
