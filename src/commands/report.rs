//! How an error is printed.

use serde_json::{Value, json};

use super::{CommandError, Status};
use crate::render::diagnostics;
use crate::render::output::{Output, OutputError};
use crate::render::style::{ERROR, HELP, paint};
use crate::spec::{Diagnostic, LoadError, Severity};
use crate::text::plural;
use crate::view::{FORMAT_VERSION, Provenance};

/// Prints one error: what was being done, the cause, and what to do next on a separate line.
pub fn report(error: &CommandError, output: &Output) {
    if let Some(LoadError::Invalid { path, text, diagnostics }) = error.find() {
        output.message(&diagnostics::render(diagnostics, &crate::text::path(path), text));
        let counts = counts(diagnostics);
        output.message(&format!("{} {counts} in {}\n", paint(ERROR, "error:"), crate::text::path(path)));
        return;
    }
    let mut text = format!("{} {}\n", paint(ERROR, "error:"), error.painted());
    if let Some(help) = error.help() {
        text.push_str(&format!("{} {}\n", paint(HELP, "help:"), output.remedy(&help)));
    }
    output.message(&text);
}

/// The commit and the run that a comment comes from.
pub(super) fn provenance() -> Provenance {
    Provenance::from_environment(|name| std::env::var(name).ok())
}

/// A JSON report: what every report has, then its own members.
pub(super) fn report_json(
    format: &str,
    members: &Value,
    status: Status,
    output: &Output,
) -> Result<(), OutputError> {
    let mut report = json!({
        "format": format,
        "format_version": FORMAT_VERSION,
        "tool_version": env!("CARGO_PKG_VERSION"),
    });
    for (name, value) in members.as_object().into_iter().flatten() {
        report[name] = value.clone();
    }
    report["exit_status"] = (status as i32).into();
    output.result(&format!("{:#}\n", output.masked_json(&report)))
}

/// "2 faults and 1 warning".
fn counts(diagnostics: &[Diagnostic]) -> String {
    let warnings = diagnostics.iter().filter(|one| one.severity == Severity::Warning).count();
    let faults = plural(diagnostics.len() - warnings, "fault");
    if warnings == 0 { faults } else { format!("{faults} and {}", plural(warnings, "warning")) }
}
