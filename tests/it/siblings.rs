//! Several roles, and several specs, create their integrations in one organization at the same time: what one creates
//! is not a foreign change to the others, whatever the order of the answers.

use std::collections::BTreeSet;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::Project;
use crate::support::args;
use crate::support::served::serve;
use crate::support::wire::Wire;
use crate::support::world::{ACCOUNT, ID, World, connect, fleet_text, virtual_time};
use genesys_iam::apply::Interrupt;
use genesys_iam::commands::loading::seed;
use genesys_iam::commands::session::Session;
use genesys_iam::commands::{CommandError, Status, apply};
use genesys_iam::genesys::{Client, HttpAnswer, HttpTransport, TransportError};
use genesys_iam::render::output::Output;
use genesys_iam::sandbox::{GenesysKind, GenesysQuirks, Sandbox};
use genesys_iam::spec::{self, EmptyEnvironment, Spec};
use jiff::Timestamp;

const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

/// A spec with this many roles, each with an integration and a data action.
fn text(roles: usize) -> String {
    let mut text = String::new();
    for (n, role) in fleet_text(roles, ID).split_inclusive("tags = { team = \"t\" }\n").enumerate() {
        text.push_str(role);
        if role.contains("functions") {
            let action = "input = { n = \"string\" }\noutput = {}";
            write!(
                text,
                "[role.integration]\nname = \"I{n}\"\n[[role.data_action]]\nname = \"A{n}\"\n{action}\n"
            )
            .unwrap();
        }
    }
    text
}

fn spec(roles: usize) -> Spec {
    let (spec, faults) = spec::parse(&text(roles), "test", &EmptyEnvironment);
    spec.unwrap_or_else(|| panic!("{faults:?}"))
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Loss {
    Request,
    Answer,
}

/// Each call takes its own time, there and back; some POSTs of integrations get no answer.
struct Slow {
    world: Arc<World>,
    seed: u64,
    losses: Vec<(usize, Loss)>,
    calls: Mutex<(u64, usize)>,
}

impl Slow {
    fn pause(&self, n: u64) -> Duration {
        let mixed = (n + 1).wrapping_mul(self.seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        Duration::from_millis((mixed >> 40) % 50)
    }
}

impl HttpTransport for Slow {
    fn carry(&self, request: http::Request<Vec<u8>>) -> HttpAnswer<'_> {
        Box::pin(async move {
            let (n, loss) = {
                let mut calls = self.calls.lock().unwrap();
                calls.0 += 1;
                let makes = request.method() == "POST" && request.uri().path() == "/api/v2/integrations";
                calls.1 += usize::from(makes);
                let loss = self.losses.iter().find(|(at, _)| makes && *at == calls.1);
                (calls.0, loss.map(|(_, loss)| *loss))
            };
            tokio::time::sleep(self.pause(2 * n)).await;
            let broken = || TransportError { is_timeout: false, source: "connection reset".into() };
            if loss == Some(Loss::Request) {
                return Err(broken());
            }
            let answer = self.world.sandbox.lock().unwrap().handle(&request, NOW);
            tokio::time::sleep(self.pause(2 * n + 1)).await;
            if loss.is_some() { Err(broken()) } else { Ok(answer) }
        })
    }
}

fn run(
    world: &Arc<World>,
    spec: &Spec,
    seed: u64,
    losses: &[(usize, Loss)],
) -> (Result<Status, CommandError>, String) {
    virtual_time().block_on(async {
        let clients = connect(spec, &Wire::new(Arc::clone(world) as _, None)).await;
        let (world, losses) = (Arc::clone(world), losses.to_vec());
        let transport = Slow { world, seed, losses, calls: Mutex::default() };
        let client = Client::of_stand_in("sandbox", Box::new(transport));
        let session = Session::new(spec.clone(), clients, Some(client));
        let (output, interrupt) = (Output::capture(), Interrupt::default());
        let args = args::apply("--yes --no-check --wait 20");
        let result = Box::pin(apply::run_in(session, &args, &interrupt, &output)).await;
        (result, output.captured())
    })
}

fn world(spec: &Spec, drops_name: bool) -> Arc<World> {
    let mut sandbox = Sandbox::new(&seed(spec));
    sandbox.set_genesys_quirks(GenesysQuirks { drops_name, ..GenesysQuirks::default() });
    World::new(sandbox)
}

/// The names of all integrations, each of which must have its own credential.
fn names(world: &World) -> BTreeSet<String> {
    let (mut names, mut credentials) = (BTreeSet::new(), BTreeSet::new());
    world.sandbox.lock().unwrap().edit_genesys(|kind, value| {
        if kind == GenesysKind::Integration {
            names.insert(value["name"].as_str().unwrap_or_default().to_owned());
        }
        if kind == GenesysKind::Credential {
            assert!(credentials.insert(value["name"].to_string()), "two of {}", value["name"]);
        }
    });
    names
}

#[test]
fn fifteen_roles_make_their_integrations_at_the_same_time() {
    let spec = spec(15);
    for seed in 0..24 {
        let world = world(&spec, seed % 2 == 1);
        let (result, said) = run(&world, &spec, seed, &[]);
        assert!(matches!(result, Ok(Status::Done)), "{seed}: {result:?}\n{said}");
        assert_eq!(world.sandbox.lock().unwrap().genesys_counts(), (15, 15, 15), "{seed}: {said}");
    }
}

#[test]
fn an_answer_that_is_lost_gives_no_role_the_integration_of_another() {
    let spec = spec(5);
    let wanted: BTreeSet<String> = (0..5).map(|n| format!("I{n}")).collect();
    let losses = [Loss::Request, Loss::Answer];
    let pairs = losses.iter().flat_map(|first| losses.iter().map(move |second| (*first, *second)));
    for (first, second) in pairs {
        for seed in 0..8 {
            for drops_name in [false, true] {
                let what = format!("{first:?} {second:?} {seed} drops_name: {drops_name}");
                let world = world(&spec, drops_name);
                let (result, said) = run(&world, &spec, seed, &[(1 + seed as usize % 3, first), (4, second)]);
                // Whatever happened, the next run completes it, and no integration served two roles.
                let (again, then) = run(&world, &spec, seed, &[]);
                let what = format!("{what}\n{result:?}\n{said}\n{again:?}\n{then}");
                assert!(matches!(again, Ok(Status::Done)), "{what}");
                let found = names(&world);
                assert!(found.is_superset(&wanted), "{found:?} {what}");
                let (integrations, ..) = world.sandbox.lock().unwrap().genesys_counts();
                if !drops_name {
                    assert_eq!(integrations, 5, "{what}");
                }
            }
        }
    }
}

#[test]
fn four_specs_make_integrations_in_one_organization_at_the_same_time() {
    let project = Project::new(&text(4));
    let server = serve(&project, &["--latency", "2", "--in-memory"]);
    std::fs::create_dir(project.path("specs")).unwrap();
    for (n, name) in ["a", "b", "c", "d"].into_iter().enumerate() {
        let mut spec = text(4).replace("\"test\"", &format!("{name:?}"));
        for own in 0..4 {
            for kind in ["R", "I", "A"] {
                spec = spec.replace(&format!("\"{kind}{own}\""), &format!("\"{kind}{}\"", n * 4 + own + 100));
            }
        }
        let spec =
            spec.replacen("[genesys]", &format!("[genesys]\nendpoint_url = \"{}\"", server.endpoint), 1);
        std::fs::write(project.path(&format!("specs/{name}.toml")), spec).unwrap();
    }
    let project = project
        .aws(&server.endpoint, ACCOUNT, "x")
        .env("GENESYSCLOUD_OAUTHCLIENT_ID", "id")
        .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "secret")
        .env("GENESYSCLOUD_ENDPOINT_URL", &server.endpoint);
    let all = |args: &[&str]| project.run(&[&["--file", "specs"], args].concat());
    all(&["apply", "--yes", "--no-check"]).expect(0);
    all(&["plan", "--detailed-exitcode"]).expect(0).says("4 specs: no changes.");
}
