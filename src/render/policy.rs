//! What `policy` prints: differences and evaluations.

use std::fmt::Write;

use serde_json::{Value, json};

use super::field;
use super::style::{BOLD, CREATE, DIM, ERROR, HELP, REMOVE, WARNING, paint};
use crate::plan::Diff;
use crate::policy::document::{OneOrMany, Statement, VERSION_2008, VERSION_2012};
use crate::policy::lint::{Lint, LintHit, LintSeverity};
use crate::policy::{Decision, Document, Evaluation, StatementOutcome, StatementTrace, equivalent};

/// The unified diff of two canonical forms.
pub fn difference(document: &Diff<Document>) -> String {
    let says = if allow_the_same(&document.before, &document.after) {
        "They allow and deny the same: only IDs or versions differ."
    } else {
        "They are not shown to mean the same."
    };
    format!("{}\n{}", paint(BOLD, says), field::difference(document))
}

/// Whether two documents are equivalent apart from names and Sids, and a version that only matters to variables.
fn allow_the_same(a: &Document, b: &Document) -> bool {
    let has_variables = |document: &Document| document.to_json().contains("${");
    let any_version = !has_variables(a) && !has_variables(b);
    let bare = |document: &Document| {
        let unnamed = |statement: &Statement| Statement { sid: None, ..statement.clone() };
        let is_known = matches!(document.effective_version(), VERSION_2008 | VERSION_2012);
        Document {
            version: if any_version && is_known { None } else { document.version.clone() },
            id: None,
            statements: OneOrMany::Many(document.statements.as_slice().iter().map(unnamed).collect()).into(),
            ..document.clone()
        }
    };
    equivalent(&bare(a), &bare(b))
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

/// The decision, its reason, and a line per statement.
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
        let StatementTrace { document, number, sid, effect: _, outcome, reason } = trace;
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
pub fn json(evaluation: &Evaluation) -> Value {
    let Evaluation { decision, reason, statements } = evaluation;
    let decision = match decision {
        Decision::Allowed => "allowed",
        Decision::ExplicitDeny => "explicit_deny",
        Decision::ImplicitDeny => "implicit_deny",
        Decision::Undecided => "undecided",
    };
    let statements: Vec<_> = statements
        .iter()
        .map(|StatementTrace { document, number, sid, effect: _, outcome, reason }| {
            let outcome = match outcome {
                StatementOutcome::Allows => "allows",
                StatementOutcome::Denies => "denies",
                StatementOutcome::DoesNotMatch => "does_not_match",
                StatementOutcome::Undecided => "undecided",
            };
            json!({ "document": document, "statement": number, "sid": sid, "outcome": outcome, "reason": reason })
        })
        .collect();
    json!({ "decision": decision, "reason": reason, "statements": statements })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn documents_that_differ_in_names_alone_are_not_said_to_mean_something_else() {
        let of = |text: &str| Document::parse(text).unwrap();
        let plain = r#"{"Version":"2012-10-17","Statement":{"Sid":"A","Effect":"Deny","Action":"s3:*","Resource":"*"}}"#;
        for (from, to) in [("\"A\"", "\"B\""), ("2012-10-17", "2008-10-17")] {
            assert!(allow_the_same(&of(plain), &of(&plain.replace(from, to))), "{to}");
        }
        for (from, to) in [("Deny", "Allow"), ("2012-10-17", "2030-10-17"), ("s3:*", "s3:Get*")] {
            assert!(!allow_the_same(&of(plain), &of(&plain.replace(from, to))), "{to}");
        }
        let variable = plain.replace("\"*\"", "\"arn:aws:s3:::b/${aws:username}\"");
        assert!(!allow_the_same(&of(&variable), &of(&variable.replace("2012", "2008"))));
    }
}
