//! Plans and check reports as JSON, for machines: docs/plan-json.md and docs/check-json.md describe them.

use serde::Serialize;
use serde_json::Value;

use crate::view::{ApplyView, CandidatesView, CheckView, DiagnoseView, PlanView};

/// The plan. Texts are not masked yet.
pub fn plan(plan: &PlanView) -> Value {
    value(plan)
}

/// A check report. Texts are not masked yet.
pub fn check(report: &CheckView) -> Value {
    value(report)
}

/// The outcome of a plan. Texts are not masked yet.
pub fn apply(view: &ApplyView) -> Value {
    value(view)
}

/// A diagnosis. Texts are not masked yet.
pub fn diagnose(view: &DiagnoseView) -> Value {
    value(view)
}

/// Roles that look like Genesys Cloud's. Texts are not masked yet.
pub fn candidates(view: &CandidatesView) -> Value {
    value(view)
}

/// A view only has strings, numbers, lists and maps with string keys: nothing that JSON cannot hold.
fn value(view: &impl Serialize) -> Value {
    serde_json::to_value(view).unwrap_or(Value::Null)
}
