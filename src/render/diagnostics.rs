//! Errors in a spec, each with its place in the source.

use annotate_snippets::{AnnotationKind, Group, Level, Renderer, Snippet};

use serde_json::{Value, json};

use crate::spec::{Diagnostic, RoleSpec, Severity};

/// Maximum shown: each one scans the whole source.
const MOST: usize = 50;

/// All of them, in colour; colours are stripped on output if unwanted.
pub fn render(diagnostics: &[Diagnostic], path: &str, source: &str) -> String {
    let renderer = Renderer::styled();
    let mut out = String::new();
    for diagnostic in diagnostics.iter().take(MOST) {
        let Diagnostic { severity, lint, span, message, label, help } = diagnostic;
        let level = match severity {
            Severity::Error => Level::ERROR,
            Severity::Blocks => Level::ERROR.with_name("blocks"),
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
    if let Some(more) = diagnostics.len().checked_sub(MOST).filter(|more| *more > 0) {
        out.push_str(&format!("… and {more} more\n\n"));
    }
    out
}

/// Where each line starts.
fn line_starts(source: &str) -> Vec<usize> {
    std::iter::once(0).chain(source.match_indices('\n').map(|(at, _)| at + 1)).collect()
}

/// The line of each role's table, by name, counted from 1.
pub fn role_lines(roles: &[RoleSpec], source: &str) -> Value {
    let starts = line_starts(source);
    let line = |role: &RoleSpec| starts.partition_point(|start| *start <= role.span.start);
    Value::Object(roles.iter().map(|role| (role.name.clone(), line(role).into())).collect())
}

/// All of them, for machines.
pub fn json(diagnostics: &[Diagnostic], source: &str) -> Value {
    let starts = line_starts(source);
    let one = |diagnostic: &Diagnostic| {
        let Diagnostic { severity, lint, span, message, label, help } = diagnostic;
        let at = source.floor_char_boundary(span.start);
        let line = starts.partition_point(|start| *start <= at);
        let line_start = starts[..line].last().copied().unwrap_or_default();
        json!({
            "severity": match severity {
                Severity::Error => "error",
                Severity::Blocks => "blocks",
                Severity::Warning => "warning",
            },
            "lint": lint,
            "line": line,
            "column": source[line_start..at].chars().count() + 1,
            "message": message,
            "label": label,
            "help": help,
        })
    };
    diagnostics.iter().map(one).collect()
}
