//! What `policy` prints: differences and evaluations.

use std::fmt::Write;

use serde_json::{Value, json};

use super::field;
use super::style::{BOLD, CREATE, DIM, ERROR, HELP, REMOVE, WARNING, paint};
use crate::plan::Diff;
use crate::policy::lint::{Lint, LintHit, LintSeverity};
use crate::policy::{Decision, Document, Evaluation, StatementOutcome, StatementTrace};

/// The unified diff of two canonical forms.
pub fn difference(document: &Diff<Document>) -> String {
    format!("{}\n{}", paint(BOLD, "They do not mean the same."), field::difference(document))
}

/// What is wrong with a document, each with its consequence and remedy.
pub fn findings(path: &str, findings: &[LintHit]) -> String {
    if findings.is_empty() {
        return format!("{path}: {}\n", paint(CREATE, "nothing found"));
    }
    let mut out = String::new();
    for LintHit { lint, statement, message } in findings {
        let Lint { name, severity, consequence, remedy, .. } = lint;
        let severity = match severity {
            LintSeverity::Error => paint(ERROR, "error"),
            LintSeverity::Warning => paint(WARNING, "warning"),
        };
        let place = statement.map(|number| format!(", statement {number}")).unwrap_or_default();
        let _ = writeln!(out, "{severity}[{name}] {path}{place}: {message}");
        let _ = writeln!(out, "  {consequence}");
        let _ = writeln!(out, "  {} {remedy}", paint(HELP, "help:"));
    }
    out
}

/// The same for machines.
pub fn findings_json(path: &str, findings: &[LintHit]) -> Value {
    let one = |finding: &LintHit| {
        let LintHit { lint, statement, message } = finding;
        let Lint { name, severity, consequence, remedy, .. } = lint;
        json!({
            "lint": name,
            "severity": match severity {
                LintSeverity::Error => "error",
                LintSeverity::Warning => "warning",
            },
            "statement": statement,
            "message": message,
            "consequence": consequence,
            "remedy": remedy,
        })
    };
    json!({ "file": path, "findings": findings.iter().map(one).collect::<Vec<_>>() })
}

/// The decision, its reason, and a line for each statement.
pub fn text(evaluation: &Evaluation) -> String {
    let Evaluation { decision, reason, statements } = evaluation;
    let (style, word) = match decision {
        Decision::Allowed => (CREATE, "Allowed"),
        Decision::ExplicitDeny => (REMOVE, "Denied (explicitly)"),
        Decision::ImplicitDeny => (REMOVE, "Denied (implicitly)"),
        Decision::Undecided => (WARNING, "Undecided"),
    };
    let mut out = format!("{}: {reason}\n", paint(style, word));
    for trace in statements {
        let StatementTrace { document, number, sid, outcome, reason } = trace;
        let sid = sid.as_ref().map(|sid| format!(" ({sid})")).unwrap_or_default();
        let line = format!("  {document} statement {number}{sid} {}: {reason}", outcome_in_words(*outcome));
        let _ = writeln!(out, "{}", paint(DIM, &line));
    }
    out
}

fn outcome_in_words(outcome: StatementOutcome) -> &'static str {
    match outcome {
        StatementOutcome::Allows => "allows",
        StatementOutcome::Denies => "denies",
        StatementOutcome::DoesNotMatch => "does not match",
        StatementOutcome::Undecided => "is undecided",
    }
}

/// `{"decision": …, "reason": …, "statements": […]}`
pub fn json(evaluation: &Evaluation) -> String {
    let Evaluation { decision, reason, statements } = evaluation;
    let decision = match decision {
        Decision::Allowed => "allowed",
        Decision::ExplicitDeny => "explicit_deny",
        Decision::ImplicitDeny => "implicit_deny",
        Decision::Undecided => "undecided",
    };
    let statements: Vec<_> = statements
        .iter()
        .map(|StatementTrace { document, number, sid, outcome, reason }| {
            let outcome = match outcome {
                StatementOutcome::Allows => "allows",
                StatementOutcome::Denies => "denies",
                StatementOutcome::DoesNotMatch => "does_not_match",
                StatementOutcome::Undecided => "undecided",
            };
            json!({ "document": document, "statement": number, "sid": sid, "outcome": outcome, "reason": reason })
        })
        .collect();
    let value = json!({ "decision": decision, "reason": reason, "statements": statements });
    format!("{value:#}\n")
}
