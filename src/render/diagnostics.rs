//! Faults of a spec, each with its place in the source.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use serde_json::{Value, json};

use crate::spec::{Diagnostic, Severity};

/// All of them, in colour; what is printed without colour is stripped on the way out.
pub fn render(diagnostics: &[Diagnostic], path: &str, source: &str) -> String {
    let renderer = Renderer::styled();
    let mut out = String::new();
    for diagnostic in diagnostics {
        let Diagnostic { severity, lint, span, message, label, help } = diagnostic;
        let level = match severity {
            Severity::Error => Level::ERROR,
            Severity::Warning => Level::WARNING,
        };
        let end = source[span.start.min(source.len())..].find('\n').map_or(source.len(), |n| span.start + n);
        // A table's place is its first line: the rest would bury the message.
        let place = span.start.min(source.len())..span.end.min(end).max(span.start.min(source.len()));
        let snippet = Snippet::source(source)
            .path(path)
            .annotation(AnnotationKind::Primary.span(place).label(label.as_str()));
        let title = level.primary_title(message.as_str());
        let title = match lint {
            Some(lint) => title.id(*lint),
            None => title,
        };
        let mut group = Group::with_title(title).element(snippet);
        if let Some(help) = help {
            group = group.element(Level::HELP.message(help.as_str()));
        }
        out.push_str(&renderer.render(&[group]));
        out.push_str("\n\n");
    }
    out
}

/// All of them, for machines.
pub fn json(diagnostics: &[Diagnostic], source: &str) -> Value {
    let one = |diagnostic: &Diagnostic| {
        let Diagnostic { severity, lint, span, message, label, help } = diagnostic;
        let before = &source[..source.floor_char_boundary(span.start)];
        let line_start = before.rfind('\n').map_or(0, |at| at + 1);
        json!({
            "severity": match severity {
                Severity::Error => "error",
                Severity::Warning => "warning",
            },
            "lint": lint,
            "line": before.matches('\n').count() + 1,
            "column": before[line_start..].chars().count() + 1,
            "message": message,
            "label": label,
            "help": help,
        })
    };
    diagnostics.iter().map(one).collect()
}
