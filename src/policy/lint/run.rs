//! Runs every rule on a document.

use super::super::document::Document;
use super::super::grammar::Purpose;
use super::expected::Expected;
use super::model::{Hits, LintHit, Subject};
use super::probe::Probe;
use super::rules::LINTS;

/// Mistakes in a trust policy.
pub fn lint_trust(document: &Document, expected: &Expected<'_>) -> Vec<LintHit> {
    lint(document, Purpose::Trust, expected)
}

/// Mistakes in a policy that says what the role may do.
pub fn lint_permissions(document: &Document, expected: &Expected<'_>) -> Vec<LintHit> {
    lint(document, Purpose::Identity, expected)
}

/// Mistakes in a function's own policy.
pub fn lint_function(document: &Document, expected: &Expected<'_>) -> Vec<LintHit> {
    lint(document, Purpose::Resource, expected)
}

/// By statement, then in catalogue order.
fn lint(document: &Document, purpose: Purpose, expected: &Expected<'_>) -> Vec<LintHit> {
    let subject = Subject { document, purpose, expected, probe: Probe::new(document, expected) };
    let mut found = Vec::new();
    for lint in LINTS {
        let mut hits = Hits::of(lint);
        (lint.check)(&subject, &mut hits);
        found.extend(hits.into_found());
    }
    found.sort_by_key(|hit| hit.statement);
    found
}
