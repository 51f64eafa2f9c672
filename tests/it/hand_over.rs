//! An integration in use goes over to another role: its data actions work all the time, although IAM shows what was made
//! only later.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use crate::support::args;
use crate::support::wire::{Endpoint, Wire};
use crate::support::world::{ID, connect, spec_of, virtual_time};
use genesys_iam::apply::Interrupt;
use genesys_iam::commands::loading::seed;
use genesys_iam::commands::session::Session;
use genesys_iam::commands::{Status, apply};
use genesys_iam::genesys::{Client, Details, HttpAnswer, HttpTransport, live};
use genesys_iam::render::output::Output;
use genesys_iam::sandbox::Sandbox;
use genesys_iam::spec::Spec;
use jiff::Timestamp;
use tokio::time::Instant;

/// A sandbox whose clock is the runtime's.
struct Clocked {
    sandbox: Mutex<Sandbox>,
    start: Instant,
}

impl Clocked {
    fn handle(&self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        let now = Timestamp::constant(1_790_000_000, 0) + self.start.elapsed();
        self.sandbox.lock().unwrap().handle(request, now)
    }
}

impl Endpoint for Clocked {
    fn answer(&self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        self.handle(request)
    }

    fn written(&self) {}
}

struct Transport(Arc<Clocked>);

impl HttpTransport for Transport {
    fn carry(&self, request: http::Request<Vec<u8>>) -> HttpAnswer<'_> {
        Box::pin(std::future::ready(Ok(self.0.handle(&request))))
    }
}

async fn run(world: &Arc<Clocked>, spec: &Spec, options: &str) -> (Status, String) {
    let wire = Wire::new(Arc::clone(world) as _, None);
    let client = Client::of_stand_in("sandbox", Box::new(Transport(Arc::clone(world))));
    let session = Session::new(spec.clone(), connect(spec, &wire).await, Some(client));
    let output = Output::capture();
    let args = args::apply(&format!("--yes --no-check {options}"));
    let result = apply::run_in(session, &args, &Interrupt::default(), &output).await;
    match result {
        Ok(status) => (status, output.captured()),
        Err(error) => (error.status(), format!("{}{error}", output.captured())),
    }
}

const INTEGRATION: &str = "[role.integration]\nname = \"Orders\"\n\
    [[role.data_action]]\nname = \"A\"\ninput = { n = \"string\" }\noutput = {}\n";

/// Outcome and words of the run that has the data action invoke this function, and when it failed, in milliseconds.
fn handed_over(options: &str, function: &str) -> (Status, String, Vec<u128>) {
    virtual_time().block_on(async {
        let before = spec_of("Old", &["one"], ID, INTEGRATION);
        let sandbox = Sandbox::new(&seed(&spec_of("Old", &["one", "two"], ID, "")));
        let world = Arc::new(Clocked { sandbox: Mutex::new(sandbox), start: Instant::now() });
        let (status, said) = run(&world, &before, "").await;
        assert_eq!(status, Status::Done, "{said}");
        let caller = Client::of_stand_in("sandbox", Box::new(Transport(Arc::clone(&world))));
        let organization = live(&caller, &[], Details::All).await.unwrap();
        let actions = organization.integrations.iter().flat_map(|integration| &integration.actions);
        let action = actions.map(|action| action.id.clone()).next_back().unwrap();
        world.sandbox.lock().unwrap().set_consistency_delay(Duration::from_secs(8));
        let started = Instant::now();
        let failed = Mutex::new(Vec::new());
        let calls = async {
            loop {
                let result = caller.test(&action, r#"{"n":"1"}"#).await.unwrap();
                if !result.success {
                    failed.lock().unwrap().push(started.elapsed().as_millis());
                }
                tokio::time::sleep(Duration::from_millis(250)).await;
            }
        };
        let after = spec_of("New", &[function], ID, INTEGRATION);
        let options = format!("--prune {options}");
        let apply = run(&world, &after, &options);
        let (status, said) = tokio::select! {
            outcome = apply => outcome,
            () = calls => unreachable!(),
        };
        // What is shown later may still fail.
        for _ in 0..40 {
            if !caller.test(&action, r#"{"n":"1"}"#).await.unwrap().success {
                failed.lock().unwrap().push(started.elapsed().as_millis());
            }
            tokio::time::sleep(Duration::from_millis(250)).await;
        }
        (status, said, failed.into_inner().unwrap())
    })
}

#[test]
fn a_renamed_role_takes_over_without_a_call_that_fails() {
    let (status, said, failed) = handed_over("--wait 60", "one");
    assert_eq!((status, failed), (Status::Done, Vec::new()), "{said}");
    assert!(said.contains("IAM does not show the role's changes yet"), "{said}");
}

/// The data action is redirected right before, not before the role is made.
#[test]
fn a_renamed_role_with_another_function_takes_over_without_a_call_that_fails() {
    let (status, said, failed) = handed_over("--wait 60", "two");
    assert_eq!((status, failed), (Status::Done, Vec::new()), "{said}");
    let (status, said, failed) = handed_over("--wait 3", "two");
    assert_eq!((status, failed), (Status::Error, Vec::new()), "{said}");
}

#[test]
fn what_iam_does_not_show_in_time_is_not_used_and_nothing_is_removed() {
    let (status, said, failed) = handed_over("--wait 3", "one");
    assert_eq!((status, failed), (Status::Error, Vec::new()), "{said}");
    assert!(said.contains("not made, because IAM does not show yet"), "{said}");
    assert!(said.contains("DeleteRole role `Old`"), "it is left to do: {said}");
}
