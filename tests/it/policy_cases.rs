//! Cases from AWS's documentation, in files: IAM's documented answers, not what the code does.

use std::fmt::Write;
use std::fs;
use std::path::{Path, PathBuf};

use genesys_iam::policy::{
    Context, Decision, Document, Evaluation, Policies, Principal, Request, StatementOutcome, equivalent,
    evaluate,
};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<Case> {
    #[serde(rename = "source")]
    _source: Option<String>,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EvaluationCase {
    name: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "note")]
    _note: Option<String>,
    request: CaseRequest,
    #[serde(default)]
    identity: Vec<Value>,
    boundary: Option<Value>,
    session: Option<Value>,
    trust: Option<Value>,
    expect: String,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct CaseRequest {
    principal: Value,
    action: String,
    resource: String,
    #[serde(default)]
    context: std::collections::BTreeMap<String, Vec<String>>,
    #[serde(default)]
    unknown: Vec<String>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct EquivalenceCase {
    name: String,
    #[serde(rename = "source")]
    _source: String,
    #[serde(rename = "note")]
    _note: Option<String>,
    a: Value,
    b: Value,
    equivalent: bool,
}

fn files(wanted: impl Fn(&str) -> bool) -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/policy");
    let mut files: Vec<PathBuf> = fs::read_dir(folder)
        .unwrap()
        .map(|entry| entry.unwrap().path())
        .filter(|path| wanted(path.file_name().unwrap().to_str().unwrap()))
        .collect();
    files.sort();
    files
}

fn principal(value: &Value) -> Principal {
    if value == "*" {
        return Principal::Anonymous;
    }
    let (kind, name) = value.as_object().unwrap().iter().next().unwrap();
    let name = name.as_str().unwrap().to_owned();
    match kind.as_str() {
        "AWS" => Principal::Aws(name),
        "Service" => Principal::Service(name),
        "Federated" => Principal::Federated(name),
        other => panic!("no such kind of principal: {other}"),
    }
}

/// If a document is not a policy, everything is undecided.
fn judge(case: &EvaluationCase) -> Result<Evaluation, String> {
    let parse = |value: &Value| Document::parse(&value.to_string()).map_err(|error| error.to_string());
    let identity: Vec<Document> = case.identity.iter().map(parse).collect::<Result<_, _>>()?;
    let [boundary, session, trust] =
        [&case.boundary, &case.session, &case.trust].map(|value| value.as_ref().map(parse).transpose());
    let (boundary, session, trust) = (boundary?, session?, trust?);
    let context = case.request.context.iter().fold(Context::complete(), |context, (key, values)| {
        context.with(key, &values.iter().map(String::as_str).collect::<Vec<_>>())
    });
    let context = case.request.unknown.iter().fold(context, |context, key| context.unknown(key));
    let named = |name: &str, document: &'_ Option<Document>| document.as_ref().map(|_| name.to_owned());
    let policies = Policies {
        identity: identity.iter().map(|document| ("the identity policy".to_owned(), document)).collect(),
        boundary: named("the boundary", &boundary).zip(boundary.as_ref()),
        session: named("the session policy", &session).zip(session.as_ref()),
        resource: named("the trust policy", &trust).zip(trust.as_ref()),
    };
    let request = Request {
        principal: principal(&case.request.principal),
        action: case.request.action.clone(),
        resource: case.request.resource.clone(),
        context,
    };
    Ok(evaluate(&policies, &request))
}

fn in_words(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ExplicitDeny => "explicit_deny",
        Decision::ImplicitDeny => "implicit_deny",
        Decision::Undecided => "undecided",
    }
}

#[test]
fn iam_is_documented_to_decide_as_evaluate_does() {
    let mut failures = String::new();
    let mut count = 0;
    for path in files(|name| !name.starts_with("equivalence")) {
        let file: File<EvaluationCase> = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for case in &file.cases {
            count += 1;
            let (got, why) = match judge(case) {
                Ok(evaluation) => {
                    let trace: String = evaluation
                        .statements
                        .iter()
                        .filter(|trace| trace.outcome != StatementOutcome::Allows)
                        .map(|trace| format!("\n      {} {}: {}", trace.document, trace.number, trace.reason))
                        .collect();
                    (in_words(evaluation.decision), evaluation.reason + &trace)
                }
                Err(error) => ("undecided", error),
            };
            if got != case.expect {
                let file = path.file_name().unwrap().to_str().unwrap();
                let _ = writeln!(
                    failures,
                    "{file}: {}\n    expected {}, got {got}: {why}",
                    case.name, case.expect
                );
            }
        }
    }
    assert!(count >= 150, "only {count} cases were found");
    assert!(
        failures.is_empty(),
        "{} of {count} cases fail:\n{failures}",
        failures.matches("expected").count()
    );
}

#[test]
fn documents_are_equivalent_when_they_mean_the_same() {
    let mut failures = String::new();
    let mut count = 0;
    for path in files(|name| name.starts_with("equivalence")) {
        let file: File<EquivalenceCase> = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
        for case in &file.cases {
            count += 1;
            let parse = |value: &Value| Document::parse(&value.to_string());
            let same = match (parse(&case.a), parse(&case.b)) {
                (Ok(a), Ok(b)) => equivalent(&a, &b),
                _ => false,
            };
            if same != case.equivalent {
                let _ = writeln!(failures, "{}: expected {}", case.name, case.equivalent);
            }
        }
    }
    assert!(count >= 60, "only {count} cases were found");
    assert!(failures.is_empty(), "of {count} cases fail:\n{failures}");
}
