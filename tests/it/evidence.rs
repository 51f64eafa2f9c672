//! What AWS's records say when they are partial, late, refused or throttled: never that nobody else gets in.

use std::sync::{Arc, Mutex};

use http::{Request, Response};
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::support::args;
use crate::support::wire::{Endpoint, Wire};
use crate::support::world::{GENESYS, ID, connect, spec_of, virtual_time};
use genesys_iam::apply::Interrupt;
use genesys_iam::commands::loading::seed;
use genesys_iam::commands::session::Session;
use genesys_iam::commands::{Status, apply, check};
use genesys_iam::render::output::Output;
use genesys_iam::sandbox::{Sandbox, Scenario};
use genesys_iam::spec::Spec;

type Script = Box<dyn Fn(&str, &str, usize) -> Option<Response<Vec<u8>>> + Send + Sync>;

/// A sandbox in front of which some calls get other answers: by operation (or path), body, and how often it was asked.
struct Scripted {
    sandbox: Mutex<Sandbox>,
    asked: Mutex<std::collections::BTreeMap<String, usize>>,
    script: Script,
}

impl Endpoint for Scripted {
    fn answer(&self, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
        let operation = match (target, body.split('&').find_map(|pair| pair.strip_prefix("Action="))) {
            (Some(target), _) => target.rsplit('.').next().unwrap().to_owned(),
            (None, Some(action)) => action.to_owned(),
            (None, None) => request.uri().path().to_owned(),
        };
        let count = {
            let mut asked = self.asked.lock().unwrap();
            let count = asked.entry(operation.clone()).or_default();
            *count += 1;
            *count
        };
        let scripted = (self.script)(&operation, &body, count);
        scripted.unwrap_or_else(|| self.sandbox.lock().unwrap().handle(request, Timestamp::now()))
    }
}

fn spec() -> Spec {
    spec_of("R", &["f"], ID, "")
}

const ROLE: &str = "arn:aws:iam::111122223333:role/R";

async fn used() -> Sandbox {
    let mut sandbox = Sandbox::new(&seed(&spec()));
    let endpoint = Arc::new(Scripted {
        sandbox: Mutex::new(sandbox.copy()),
        asked: Mutex::default(),
        script: Box::new(|_, _, _| None),
    });
    let clients = connect(&spec(), &Wire::new(Arc::clone(&endpoint) as _, None)).await;
    let session = Session::new(spec(), clients, None);
    let args = args::apply("--yes --no-check --wait 0");
    apply::run_in(session, &args, &Interrupt::default(), &Output::capture()).await.unwrap();
    sandbox = endpoint.sandbox.lock().unwrap().copy();
    let seed = seed(&spec());
    let text = Scenario::built_in("used").unwrap();
    sandbox.play_now(&Scenario::parse(text, &seed).unwrap(), &seed).unwrap();
    sandbox
}

/// The report of `check --all` with these answers.
async fn checked(
    before: &Sandbox,
    script: impl Fn(&str, &str, usize) -> Option<Response<Vec<u8>>> + Send + Sync + 'static,
) -> (Status, String) {
    let endpoint = Arc::new(Scripted {
        sandbox: Mutex::new(before.copy()),
        asked: Mutex::default(),
        script: Box::new(script),
    });
    let clients = connect(&spec(), &Wire::new(endpoint as _, None)).await;
    let output = Output::capture();
    let status =
        check::run_in(&Session::new(spec(), clients, None), &args::check("--all"), &output).await.unwrap();
    (status, output.captured())
}

fn ok(body: &Value) -> Option<Response<Vec<u8>>> {
    Some(
        Response::builder()
            .status(200)
            .header("content-type", "application/json")
            .body(body.to_string().into_bytes())
            .unwrap(),
    )
}

fn refused(status: u16, code: &str) -> Option<Response<Vec<u8>>> {
    let body = json!({ "__type": code, "message": "planted" });
    let response = Response::builder().status(status).header("x-amzn-errortype", code);
    Some(response.body(body.to_string().into_bytes()).unwrap())
}

fn xml_error(code: &str) -> Option<Response<Vec<u8>>> {
    let status = if code == "Throttling" { 400 } else { 403 };
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>planted</Message></Error><RequestId>r</RequestId></ErrorResponse>"
    );
    Some(Response::builder().status(status).body(body.into_bytes()).unwrap())
}

fn analyzer(name: &str, kind: &str) -> Value {
    json!({ "arn": format!("arn:aws:access-analyzer:us-east-1:111122223333:analyzer/{name}"), "name": name, "type": kind,
            "status": "ACTIVE", "createdAt": "2026-01-01T00:00:00Z" })
}

fn finding(account: &str, id: Option<&str>, status: &str) -> Value {
    let condition = id.map_or_else(|| json!({}), |id| json!({ "sts:ExternalId": id }));
    json!({ "id": "f", "principal": { "AWS": account }, "action": ["sts:AssumeRole"], "resource": ROLE, "isPublic": false,
            "condition": condition, "status": status, "analyzedAt": "2026-11-26T00:00:00Z" })
}

const AGREES: &str = "ok       AWS's Access Analyzer agrees about who can assume the role";
const NOT_KNOWN: &str =
    "?        whether AWS's Access Analyzer agrees about who can assume the role is not known";
const DIFFERS: &str = "?        AWS's Access Analyzer does not agree about who can assume the role";

/// A name, the analyzers, their findings, the report's line, and what was seen.
type AnalyzerCase = (&'static str, Vec<Value>, Vec<Value>, &'static str, &'static str);

#[test]
fn an_analyzer_agrees_only_if_all_that_it_finds_was_read_and_is_genesys_cloud() {
    let genesys = |status: &str| finding(GENESYS, Some(ID), status);
    let stranger = |status: &str| finding("999988887777", None, status);
    let cases: Vec<AnalyzerCase> = vec![
        ("an account's", vec![analyzer("a", "ACCOUNT")], vec![genesys("ACTIVE")], AGREES, "and nobody else"),
        (
            "an organization's",
            vec![analyzer("a", "ORGANIZATION")],
            vec![genesys("ACTIVE")],
            AGREES,
            "and nobody else",
        ),
        ("archived", vec![analyzer("a", "ACCOUNT")], vec![genesys("ARCHIVED")], AGREES, "and nobody else"),
        (
            "an archived stranger",
            vec![analyzer("a", "ACCOUNT")],
            vec![genesys("ACTIVE"), stranger("ARCHIVED")],
            DIFFERS,
            "AWS account 999988887777 (its finding is archived)",
        ),
        (
            "a resolved stranger",
            vec![analyzer("a", "ACCOUNT")],
            vec![genesys("ACTIVE"), stranger("RESOLVED")],
            AGREES,
            "and nobody else",
        ),
        ("nothing found", vec![analyzer("a", "ACCOUNT")], vec![], DIFFERS, "not even Genesys Cloud"),
        (
            "another ID",
            vec![analyzer("a", "ACCOUNT")],
            vec![finding(GENESYS, Some("other"), "ACTIVE")],
            DIFFERS,
            "with the external ID \"other\"",
        ),
    ];
    virtual_time().block_on(async {
        let before = used().await;
        for (name, analyzers, findings, line, seen) in cases {
            let (status, text) = checked(&before, move |operation, _, _| match operation {
                "/analyzer" => ok(&json!({ "analyzers": analyzers })),
                "/finding" => ok(&json!({ "findings": findings })),
                _ => None,
            })
            .await;
            assert!(text.contains(line) && text.contains(seen), "{name}: {text}");
            assert_eq!(status, Status::Done, "{name}");
        }
        // Others are for unused access: nobody judges.
        let (_, text) = checked(&before, |operation, _, _| match operation {
            "/analyzer" => ok(&json!({ "analyzers": [analyzer("u", "ACCOUNT_UNUSED_ACCESS")] })),
            _ => None,
        })
        .await;
        assert!(!text.contains("Access Analyzer"), "{text}");
    });
}

#[test]
fn what_an_analyzer_was_not_asked_is_not_known_and_a_stranger_of_another_one_still_is() {
    type Answer = fn(&str, &str, usize) -> Option<Response<Vec<u8>>>;
    let cases: [(&str, Answer, &str, &str); 7] = [
        (
            "denied",
            |operation, _, _| (operation == "/analyzer").then(|| refused(403, "AccessDeniedException"))?,
            NOT_KNOWN,
            "permit `access-analyzer:ListAnalyzers`",
        ),
        (
            "throttled",
            |operation, _, _| (operation == "/analyzer").then(|| refused(429, "ThrottlingException"))?,
            NOT_KNOWN,
            "run `genesys-iam check` again later",
        ),
        (
            "a region without it",
            |operation, _, _| {
                (operation == "/analyzer").then(|| refused(404, "UnknownOperationException"))?
            },
            NOT_KNOWN,
            "run `genesys-iam check` again later",
        ),
        (
            "a second page of analyzers",
            |operation, _, count| match (operation, count) {
                ("/analyzer", 1) => {
                    ok(&json!({ "analyzers": [analyzer("u", "ACCOUNT_UNUSED_ACCESS")], "nextToken": "a/b=" }))
                }
                ("/analyzer", _) => ok(&json!({ "analyzers": [analyzer("a", "ACCOUNT")] })),
                ("/finding", _) => ok(&json!({ "findings": [finding(GENESYS, Some(ID), "ACTIVE")] })),
                _ => None,
            },
            AGREES,
            "and nobody else",
        ),
        (
            "one of two denied",
            |operation, body, _| match operation {
                "/analyzer" => {
                    ok(&json!({ "analyzers": [analyzer("a", "ACCOUNT"), analyzer("o", "ORGANIZATION")] }))
                }
                "/finding" if body.contains("analyzer/o") => refused(403, "AccessDeniedException"),
                "/finding" => ok(&json!({ "findings": [finding(GENESYS, Some(ID), "ACTIVE")] })),
                _ => None,
            },
            NOT_KNOWN,
            "not all of its findings were read",
        ),
        (
            "one of two denied, the other finds someone",
            |operation, body, _| match operation {
                "/analyzer" => {
                    ok(&json!({ "analyzers": [analyzer("o", "ORGANIZATION"), analyzer("a", "ACCOUNT")] }))
                }
                "/finding" if body.contains("analyzer/o") => refused(403, "AccessDeniedException"),
                "/finding" => ok(&json!({ "findings": [finding("999988887777", None, "ACTIVE")] })),
                _ => None,
            },
            DIFFERS,
            "it finds AWS account 999988887777",
        ),
        (
            "more pages than are read",
            |operation, _, _| match operation {
                "/finding" => {
                    ok(&json!({ "findings": [finding(GENESYS, Some(ID), "ACTIVE")], "nextToken": "more" }))
                }
                _ => None,
            },
            NOT_KNOWN,
            "more than 5 pages",
        ),
    ];
    virtual_time().block_on(async {
        let before = used().await;
        for (name, script, line, seen) in cases {
            let (status, text) = checked(&before, script).await;
            assert!(text.contains(line) && text.contains(seen), "{name}: {text}");
            assert!(line == AGREES || !text.contains(AGREES), "{name}: {text}");
            assert_eq!(status, Status::Done, "{name}");
        }
    });
}

/// The answer to GetServiceLastAccessedDetails, with this status of the job.
fn job(status: &str) -> Option<Response<Vec<u8>>> {
    let body = format!(
        "<GetServiceLastAccessedDetailsResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><GetServiceLastAccessedDetailsResult>\
         <JobStatus>{status}</JobStatus><JobCreationDate>2026-11-26T00:00:00Z</JobCreationDate><ServicesLastAccessed/>\
         </GetServiceLastAccessedDetailsResult></GetServiceLastAccessedDetailsResponse>"
    );
    Some(Response::builder().status(200).body(body.into_bytes()).unwrap())
}

#[test]
fn a_job_for_services_last_accessed_is_waited_for_and_its_failure_proves_nothing() {
    const GET: &str = "GetServiceLastAccessedDetails";
    const GENERATE: &str = "GenerateServiceLastAccessedDetails";
    const REACHED: &str = "ok       sessions of the role have reached Lambda";
    const UNKNOWN: &str = "?        whether sessions of the role have reached Lambda is not known";
    type Answer = fn(&str, &str, usize) -> Option<Response<Vec<u8>>>;
    let cases: [(&str, Answer, &str, &str); 7] = [
        ("at once", |_, _, _| None, REACHED, "attempts count"),
        (
            "after a while",
            |operation, _, count| (operation == GET && count <= 4).then(|| job("IN_PROGRESS"))?,
            REACHED,
            "attempts count",
        ),
        (
            "never",
            |operation, _, _| (operation == GET).then(|| job("IN_PROGRESS"))?,
            UNKNOWN,
            "did not make the record in time",
        ),
        (
            "failed",
            |operation, _, _| (operation == GET).then(|| job("FAILED"))?,
            UNKNOWN,
            "could not make the record",
        ),
        (
            "denied",
            |operation, _, _| (operation == GENERATE).then(|| xml_error("AccessDenied"))?,
            UNKNOWN,
            "permit `iam:GenerateServiceLastAccessedDetails`",
        ),
        (
            "throttled for a while",
            |operation, _, count| (operation == GENERATE && count <= 2).then(|| xml_error("Throttling"))?,
            REACHED,
            "attempts count",
        ),
        (
            "throttled",
            |operation, _, _| (operation == GENERATE).then(|| xml_error("Throttling"))?,
            UNKNOWN,
            "run `genesys-iam check` again later",
        ),
    ];
    virtual_time().block_on(async {
        let before = used().await;
        for (name, script, line, seen) in cases {
            let (status, text) = checked(&before, script).await;
            assert!(text.contains(line) && text.contains(seen), "{name}: {text}");
            assert_eq!(status, Status::Done, "{name}");
        }
    });
}

/// A page of fifty old events of others than the role's users, and a token for the next.
fn page(count: usize) -> Option<Response<Vec<u8>>> {
    let at = Timestamp::now().as_second() - 3600 * i64::try_from(count).unwrap();
    let event = json!({ "eventSource": "iam.amazonaws.com", "eventName": "GetRole", "eventTime": "2026-11-26T00:00:00Z" }).to_string();
    let events: Vec<Value> = (0..50).map(|_| json!({ "EventTime": at, "CloudTrailEvent": event })).collect();
    ok(&json!({ "Events": events, "NextToken": format!("t{count}") }))
}

#[test]
fn an_event_history_without_an_end_or_an_answer_says_how_far_it_was_read() {
    const LOOK_UP: &str = "LookupEvents";
    const NOBODY: &str = "nobody else was seen to assume the role";
    type Answer = fn(&str, &str, usize) -> Option<Response<Vec<u8>>>;
    let cases: [(&str, Answer, &str, bool); 5] = [
        (
            "without an end",
            |operation, _, count| (operation == LOOK_UP).then(|| page(count))?,
            "the newest 500 events of us-east-1, back to",
            true,
        ),
        (
            "throttled after three pages",
            |operation, _, count| match (operation, count) {
                (LOOK_UP, 1..=3) => page(count),
                (LOOK_UP, _) => refused(400, "ThrottlingException"),
                _ => None,
            },
            "the newest 50 events of us-east-1, back to",
            false,
        ),
        (
            "throttled for a while",
            |operation, _, count| {
                (operation == LOOK_UP && count <= 2).then(|| refused(400, "ThrottlingException"))?
            },
            "Genesys Cloud last assumed this role 2 hours ago",
            true,
        ),
        (
            "throttled",
            |operation, _, _| (operation == LOOK_UP).then(|| refused(400, "ThrottlingException"))?,
            "CloudTrail's event history was not read: ",
            false,
        ),
        (
            "denied",
            |operation, _, _| (operation == LOOK_UP).then(|| refused(400, "AccessDeniedException"))?,
            "permit `cloudtrail:LookupEvents`",
            false,
        ),
    ];
    virtual_time().block_on(async {
        let before = used().await;
        for (name, script, seen, is_read) in cases {
            let (status, text) = checked(&before, script).await;
            assert!(text.contains(seen), "{name}: {text}");
            assert_eq!(text.contains(NOBODY), is_read, "{name}: {text}");
            // Only what was read is claimed.
            assert!(is_read || !text.contains("no other account was seen"), "{name}: {text}");
            assert_eq!(status, Status::Done, "{name}");
        }
    });
}
