//! How an error is told.

use std::error::Error;

use super::CommandError;
use crate::render::diagnostics;
use crate::render::output::Output;
use crate::render::style::{ERROR, HELP, paint};
use crate::spec::LoadError;

/// One error: what was being done, the cause, and on a line of its own what to do next.
pub fn report(error: &CommandError, output: &Output) {
    if let CommandError::Spec(LoadError::Invalid { path, text, diagnostics }) = error {
        output.message(&diagnostics::render(diagnostics, &path.display().to_string(), text));
        let faults = match diagnostics.len() {
            1 => "1 fault".to_owned(),
            n => format!("{n} faults"),
        };
        output.message(&format!("{} {faults} in {}\n", paint(ERROR, "error:"), path.display()));
        return;
    }
    let mut text = format!("{} {}\n", paint(ERROR, "error:"), with_causes(error));
    if let Some(help) = error.help() {
        text.push_str(&format!("{} {help}\n", paint(HELP, "help:")));
    }
    output.message(&text);
}

/// The error with what caused it, a line each.
pub fn with_causes(error: &CommandError) -> String {
    let mut text = error.to_string();
    // Some say their causes themselves.
    let says_itself = matches!(
        error,
        CommandError::Aws(_)
            | CommandError::Genesys(_)
            | CommandError::Policy { .. }
            | CommandError::Request { .. }
    );
    let mut cause = if says_itself { None } else { error.source() };
    while let Some(source) = cause {
        text.push_str(&format!("\n  caused by: {source}"));
        cause = source.source();
    }
    text
}
