//! No open door across both services: in no state between two writes can Genesys Cloud, with its own external ID, make
//! a data action invoke what it could not invoke before and cannot invoke afterwards.
//!
//! The judge knows nothing about plans: it copies everything after each write, and has each data action in the copy run
//! Genesys Cloud's own test, which really assumes the role and invokes the function.

use std::collections::BTreeSet;
use std::sync::Arc;

use genesys_iam::apply::Interrupt;
use genesys_iam::commands::loading::seed;
use genesys_iam::commands::session::Session;
use genesys_iam::commands::{Status, apply};
use genesys_iam::genesys::{Client, HttpAnswer, HttpTransport};
use genesys_iam::render::output::Output;
use genesys_iam::sandbox::{GenesysKind, Sandbox};
use genesys_iam::spec::{self, EmptyEnvironment, Spec};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

use crate::support::args;
use crate::support::wire::Wire;
use crate::support::world::{ID, World, connect, spec_text, virtual_time};

const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);
const FUNCTIONS: [&str; 3] = ["f", "g", "h"];

fn function(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:111122223333:function:{name}")
}

/// What a spec says about one role.
#[derive(Debug, Clone)]
struct Side {
    functions: Vec<&'static str>,
    enabled: bool,
    /// Name, index of the role's function, and what the contract says.
    actions: Vec<(&'static str, usize, bool)>,
}

/// A manual change in between.
#[derive(Debug, Clone)]
struct Drift {
    state: Option<&'static str>,
    credential: Option<&'static str>,
    /// For each action in turn.
    targets: Vec<Option<&'static str>>,
}

#[derive(Debug, Clone)]
struct Scenario {
    before: [Side; 2],
    drift: [Drift; 2],
    after: [Side; 2],
    prune: bool,
}

fn side() -> impl Strategy<Value = Side> {
    let actions = prop::collection::vec((0..3_usize, any::<bool>()), 3);
    (
        subsequence(FUNCTIONS.to_vec(), 1..=3),
        prop::bool::weighted(0.8),
        actions,
        subsequence(vec!["X", "Y", "Z"], 1..=3),
    )
        .prop_map(|(functions, enabled, targets, names)| {
            let actions =
                names.into_iter().zip(targets).map(|(name, (at, odd))| (name, at % functions.len(), odd));
            Side { actions: actions.collect(), functions, enabled }
        })
}

fn drift() -> impl Strategy<Value = Drift> {
    let target = prop::option::of(select(FUNCTIONS.to_vec()));
    (
        prop::option::of(select(vec!["ENABLED", "DISABLED"])),
        prop::option::of(select(vec!["R0", "R1", "other"])),
        prop::collection::vec(target, 3),
    )
        .prop_map(|(state, credential, targets)| Drift { state, credential, targets })
}

fn scenario() -> impl Strategy<Value = Scenario> {
    ([side(), side()], [drift(), drift()], [side(), side()], any::<bool>())
        .prop_map(|(before, drift, after, prune)| Scenario { before, drift, after, prune })
}

fn spec_of(sides: &[Side; 2]) -> Spec {
    let mut text = String::new();
    for (n, side) in sides.iter().enumerate() {
        let Side { functions, enabled, actions } = side;
        if n == 0 {
            text.push_str(&spec_text("R0", functions, ID, "adopt = true"));
        } else {
            text.push_str(&format!("[[role]]\nname = \"R{n}\"\nadopt = true\nfunctions = {functions:?}\n"));
        }
        let state = if *enabled { "ENABLED" } else { "DISABLED" };
        text.push_str(&format!(
            "[role.integration]\nname = \"I{n}\"\nadopt = true\nintended_state = {state:?}\n"
        ));
        for (name, target, odd) in actions {
            let output = if *odd { "{ a = \"string\" }" } else { "{}" };
            text.push_str(&format!(
                "[[role.data_action]]\nname = {name:?}\nfunction = {:?}\ninput = {{}}\noutput = {output}\nreplace = true\n",
                functions[*target]
            ));
        }
    }
    let (spec, faults) = spec::parse(&text, "test", &EmptyEnvironment);
    spec.unwrap_or_else(|| panic!("{faults:?}\n{text}"))
}

/// Genesys Cloud on the wire; keeps a copy after each write, in sequence with IAM's.
struct Transport(Arc<World>);

impl HttpTransport for Transport {
    fn carry(&self, request: http::Request<Vec<u8>>) -> HttpAnswer<'_> {
        let mut sandbox = self.0.sandbox.lock().unwrap();
        let answer = sandbox.handle(&request, NOW);
        if request.method() != http::Method::GET && request.uri().path() != "/oauth/token" {
            self.0.states.lock().unwrap().push(sandbox.copy());
        }
        Box::pin(std::future::ready(Ok(answer)))
    }
}

fn run(world: &Arc<World>, spec: &Spec, prune: bool) -> (bool, String) {
    virtual_time().block_on(async {
        let wire = Wire::new(Arc::clone(world) as _, None);
        let clients = connect(spec, &wire).await;
        let client = Client::of_stand_in("sandbox", Box::new(Transport(Arc::clone(world))));
        let session = Session::new(spec.clone(), clients, Some(client));
        let output = Output::capture();
        let prune = if prune { "--prune" } else { "" };
        let args = args::apply(&format!("--yes --no-check --wait 20 {prune}"));
        let ended = apply::run_in(session, &args, &Interrupt::default(), &output).await;
        (matches!(ended, Ok(Status::Done)), format!("{ended:?}\n{}", output.captured()))
    })
}

fn call(sandbox: &mut Sandbox, method: &str, path: &str, token: &str, body: &str) -> Value {
    let request = http::Request::builder().method(method).uri(path).header("authorization", token);
    let request = request.body(body.as_bytes().to_vec()).unwrap();
    serde_json::from_slice(sandbox.handle(&request, NOW).body()).unwrap()
}

/// Which data action, by integration and name, invokes which function.
fn possible(state: &Sandbox) -> BTreeSet<(String, String, String)> {
    let mut copy = state.copy();
    let token =
        call(&mut copy, "POST", "/oauth/token", "Basic aWQ6c2VjcmV0", "grant_type=client_credentials");
    let token = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let path = "/api/v2/integrations/actions?includeConfig=true&pageSize=100";
    let actions = call(&mut copy, "GET", path, &token, "");
    let mut found = BTreeSet::new();
    for action in actions["entities"].as_array().unwrap() {
        let id = action["id"].as_str().unwrap();
        if !id.starts_with("custom") {
            continue;
        }
        let tested =
            call(&mut copy, "POST", &format!("/api/v2/integrations/actions/{id}/test"), &token, "{}");
        if tested["success"] == true {
            let text = |value: &Value| value.as_str().unwrap().to_owned();
            let target = text(&action["config"]["request"]["requestUrlTemplate"]);
            found.insert((text(&action["integrationId"]), text(&action["name"]), target));
        }
    }
    found
}

fn drift_by_hand(sandbox: &mut Sandbox, drift: &[Drift; 2]) {
    let mut turn = 0;
    let mut credentials = 0;
    let mut integrations = 0;
    sandbox.edit_genesys(|kind, value| match kind {
        GenesysKind::Integration => {
            if let Some(state) = drift[integrations % 2].state {
                value["intendedState"] = state.into();
                value["reportedState"] =
                    json!({ "code": if state == "ENABLED" { "ACTIVE" } else { "INACTIVE" } });
            }
            integrations += 1;
        }
        GenesysKind::Credential => {
            if let Some(role) = drift[credentials % 2].credential {
                value["credentialFields"]["ARN"] = format!("arn:aws:iam::111122223333:role/{role}").into();
            }
            credentials += 1;
        }
        GenesysKind::Action => {
            if let Some(target) = drift[turn % 2].targets[turn % 3] {
                value["config"]["request"]["requestUrlTemplate"] = function(target).into();
            }
            turn += 1;
        }
    });
}

#[test]
fn no_prefix_of_the_writes_opens_a_door_that_neither_end_has() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(24);
    let mut runner = TestRunner::new(Config { cases, failure_persistence: None, ..Config::default() });
    let found = runner.run(&scenario(), |scenario| {
        let mut seed = seed(&spec_of(&scenario.before));
        seed.functions = FUNCTIONS.iter().map(|name| function(name).parse().unwrap()).collect();
        let world = World::new(Sandbox::new(&seed));
        let (is_done, said) = run(&world, &spec_of(&scenario.before), false);
        prop_assert!(is_done, "{said}");
        drift_by_hand(&mut world.sandbox.lock().unwrap(), &scenario.drift);
        world.states.lock().unwrap().clear();
        let before = possible(&world.copy());
        let (is_done, said) = run(&world, &spec_of(&scenario.after), scenario.prune);
        prop_assert!(is_done, "{said}");
        let after = possible(&world.copy());
        let states = world.states.lock().unwrap();
        for (writes, state) in states.iter().enumerate() {
            let now = possible(state);
            let opened: Vec<_> =
                now.iter().filter(|one| !before.contains(*one) && !after.contains(*one)).collect();
            prop_assert!(opened.is_empty(), "after {} writes: {opened:?}\n{said}", writes + 1);
        }
        Ok(())
    });
    if let Err(error) = found {
        panic!("{error}");
    }
}

/// As [`Transport`], where someone else adopts every integration as soon as anything is written.
struct Adopted(Transport);

impl HttpTransport for Adopted {
    fn carry(&self, request: http::Request<Vec<u8>>) -> HttpAnswer<'_> {
        let is_write = request.method() != http::Method::GET && request.uri().path() != "/oauth/token";
        let answer = self.0.carry(request);
        if is_write {
            adopt(&mut self.0.0.sandbox.lock().unwrap());
        }
        answer
    }
}

fn adopt(sandbox: &mut Sandbox) {
    let basic = "Basic aWQ6c2VjcmV0";
    let token = call(sandbox, "POST", "/oauth/token", basic, "grant_type=client_credentials");
    let token = format!("Bearer {}", token["access_token"].as_str().unwrap());
    let all = call(sandbox, "GET", "/api/v2/integrations?pageSize=100", &token, "");
    for integration in all["entities"].as_array().unwrap() {
        let path = format!("/api/v2/integrations/{}/config/current", integration["id"].as_str().unwrap());
        let text = call(sandbox, "GET", &path, &token, "").to_string();
        let text = text.replace("genesys-iam, spec test", "genesys-iam, spec other");
        call(sandbox, "PUT", &path, &token, &text);
    }
}

#[test]
fn an_integration_that_someone_adopts_while_a_plan_is_carried_out_is_not_deleted() {
    let with = |integration: &str| {
        let text = spec_text("R", &["f"], ID, integration);
        spec::parse(&text, "test", &EmptyEnvironment).0.unwrap()
    };
    let before = with(
        "[role.integration]\nname = \"I\"\n[[role.data_action]]\nname = \"A\"\ninput = {}\noutput = {}\n",
    );
    let world = World::new(Sandbox::new(&seed(&before)));
    let (is_done, said) = run(&world, &before, false);
    assert!(is_done, "{said}");
    let said = virtual_time().block_on(async {
        let gone = with("");
        let clients = connect(&gone, &Wire::new(Arc::clone(&world) as _, None)).await;
        let client = Client::of_stand_in("id", Box::new(Adopted(Transport(Arc::clone(&world)))));
        let (session, output) = (Session::new(gone, clients, Some(client)), Output::capture());
        let args = args::apply("--yes --no-check --wait 0 --prune");
        let error = apply::run_in(session, &args, &Interrupt::default(), &output).await.unwrap_err();
        assert_eq!(error.status(), Status::Refused);
        output.captured() + &error.to_string()
    });
    assert!(said.contains("done   PatchIntegration integration \"I\""), "{said}");
    assert!(said.contains("the spec `other` owns it by now"), "{said}");
    assert!(!said.contains("done   Delete"), "{said}");
}
