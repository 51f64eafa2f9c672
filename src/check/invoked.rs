//! Evidence from the data action's own test: Genesys Cloud really assumed the role and invoked the function. Pure.

use serde_json::Value;

use super::diagnosis::{Cause, Diagnosis, Finding};
use super::{Level, Line, Outcome};
use crate::genesys::{Action, TestResult};

/// The line about a test, and what a failure adds to the diagnosis.
pub fn invoked(action: &Action, result: &TestResult, diagnosis: &mut Diagnosis) -> Line {
    let name = &action.name;
    let claim = format!("Genesys Cloud invokes {} through the data action \"{name}\"", action.target());
    let steps: Vec<String> = result
        .operations
        .iter()
        .map(|operation| {
            let outcome = if operation.success { "ok".to_owned() } else { words(&operation.error) };
            format!("{}: {outcome}", operation.name)
        })
        .collect();
    let seen = if steps.is_empty() { "the test names no steps".to_owned() } else { steps.join("; ") };
    let failed = result.operations.iter().find(|operation| !operation.success);
    if result.success && failed.is_none() {
        let meaning = "the only end-to-end proof; the function was really run".to_owned();
        return Line { level: Level::EndToEnd, claim, outcome: Outcome::Pass, seen, meaning };
    }
    let (step, why) = match failed {
        Some(operation) => (operation.name.as_str(), words(&operation.error)),
        None => ("the test", words(&result.error)),
    };
    let meaning = if diagnosis.findings.is_empty() {
        let finding = explain(name, step, &why);
        let remedy = finding.remedy.clone();
        diagnosis.findings.push(finding);
        remedy
    } else {
        "the diagnosis says why".to_owned()
    };
    Line { level: Level::EndToEnd, claim, outcome: Outcome::Fail, seen, meaning }
}

/// Where nothing else was found, Genesys Cloud's own words are all there is.
fn explain(name: &str, step: &str, why: &str) -> Finding {
    let lower = why.to_lowercase();
    let remedy = if lower.contains("assumerole") || lower.contains("assume role") {
        "the documents let Genesys Cloud in: compare the integration's credential and the organization's ID with the \
         spec; a role made seconds ago needs a moment"
    } else if lower.contains("timeout") || lower.contains("timed out") {
        "let the function answer within the data action's timeout, or raise that (at most 60 s)"
    } else if lower.contains("accessdenied") || lower.contains("not authorized") {
        "something outside the role's own policies denies it: a policy of the organization in AWS, or of the function"
    } else {
        "the function's own log and the data action's contract say more: look at both"
    };
    Finding {
        cause: Cause::Invocation,
        what: format!("The data action \"{name}\" failed at \"{step}\": {why}"),
        consequence: "a flow that uses it takes its failure path".to_owned(),
        remedy: remedy.to_owned(),
    }
}

/// The message of an error, or the error as it is.
fn words(error: &Value) -> String {
    match error {
        Value::Object(members) => {
            let text = |key: &str| members.get(key).and_then(Value::as_str).filter(|text| !text.is_empty());
            text("message")
                .or(text("userMessage"))
                .or(text("code"))
                .map_or_else(|| error.to_string(), str::to_owned)
        }
        Value::String(text) => text.clone(),
        Value::Null => "no reason given".to_owned(),
        other => other.to_string(),
    }
}
