//! Permanent obstacles are reported at once, with what is in the way: time is virtual.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use crate::support::args;
use crate::support::wire::{Endpoint, Wire};
use crate::support::world::{ACCOUNT, ID, World, clean, connect, spec_of, spec_text, virtual_time};
use genesys_iam::apply::Interrupt;
use genesys_iam::commands::session::Session;
use genesys_iam::commands::{apply, destroy, loading::seed};
use genesys_iam::render::output::Output;
use genesys_iam::sandbox::Sandbox;
use genesys_iam::spec::{self, EmptyEnvironment, Spec};
use tokio::time::Instant;

type Call = &'static [(&'static str, &'static str)];

/// A sandbox in which someone else makes calls just before one of ours.
struct Meddled {
    world: Arc<World>,
    before: &'static str,
    calls: &'static [Call],
    done: AtomicBool,
}

impl Endpoint for Meddled {
    fn answer(&self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        let body = String::from_utf8_lossy(request.body());
        let action = format!("Action={}&", self.before);
        if body.contains(&action) && !self.done.swap(true, Ordering::Relaxed) {
            self.calls.iter().for_each(|call| send(&self.world, call));
        }
        self.world.answer(request)
    }
}

fn send(world: &World, call: Call) {
    let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(call).finish();
    let signed = format!(
        "AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, Signature=0"
    );
    let request = http::Request::post("/").header("authorization", signed).body(query.into_bytes()).unwrap();
    let answer = world.answer(&request);
    assert!(answer.status().is_success(), "{}", String::from_utf8_lossy(answer.body()));
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;
const ALLOW: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
const POLICY: &str = "arn:aws:iam::111122223333:policy/GenesysLambdaInvokePolicy_R";

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Apply,
    Destroy,
}

/// Runs it for up to a minute while someone meddles: returns the output, its causes, and the seconds it took.
async fn run(run: Run, spec: &Spec, before: &'static str, calls: &'static [Call]) -> (String, u64) {
    let world = World::new(Sandbox::new(&seed(spec)));
    send(&world, &[("Action", "CreateRole"), ("RoleName", "Other"), ("AssumeRolePolicyDocument", TRUST)]);
    let (interrupt, output) = (Interrupt::default(), Output::capture());
    let apply_args = args::apply("--yes --no-check --wait 60");
    if run == Run::Destroy {
        let session = Session::new(spec.clone(), clean(&world, spec).await, None);
        Box::pin(apply::run_in(session, &apply_args, &interrupt, &Output::capture())).await.unwrap();
    }
    let meddled = Meddled { world, before, calls, done: AtomicBool::new(false) };
    let clients = connect(spec, &Wire::new(Arc::new(meddled), None)).await;
    let session = Session::new(spec.clone(), clients, None);
    let began = Instant::now();
    let result = match run {
        Run::Apply => Box::pin(apply::run_in(session, &apply_args, &interrupt, &output)).await,
        Run::Destroy => {
            let args = args::destroy("--yes --wait 60");
            Box::pin(destroy::run_in(session, &args, &interrupt, &output)).await
        }
    };
    let error = result.expect_err("it fails");
    (
        format!("{}{}\n{}", output.captured(), error.with_causes(), error.help().unwrap()),
        began.elapsed().as_secs(),
    )
}

#[test]
fn what_is_in_the_way_for_good_is_named_at_once() {
    let cases: &[(Run, &'static str, &'static [Call], &str)] = &[
        (
            Run::Apply,
            "CreateRole",
            &[&[("Action", "CreateRole"), ("RoleName", "r"), ("AssumeRolePolicyDocument", TRUST)]],
            ":role/r` has the name: IAM's names ignore case and path",
        ),
        (
            Run::Apply,
            "CreateRole",
            &[&[("Action", "CreateRole"), ("RoleName", "R"), ("AssumeRolePolicyDocument", TRUST)]],
            "what has the name is not as this plan would make it",
        ),
        (
            Run::Apply,
            "CreatePolicy",
            &[&[
                ("Action", "CreatePolicy"),
                ("PolicyName", "genesyslambdainvokepolicy_R"),
                ("Path", "/x/"),
                ("PolicyDocument", ALLOW),
            ]],
            ":policy/x/genesyslambdainvokepolicy_R` has the name",
        ),
        (
            Run::Destroy,
            "DeletePolicy",
            &[&[("Action", "AttachRolePolicy"), ("RoleName", "Other"), ("PolicyArn", POLICY)]],
            "in the way: role `Other`",
        ),
        (
            Run::Destroy,
            "DeletePolicy",
            &[&[
                ("Action", "PutRolePermissionsBoundary"),
                ("RoleName", "Other"),
                ("PermissionsBoundary", POLICY),
            ]],
            "in the way: role `Other`",
        ),
        (
            Run::Destroy,
            "DeletePolicy",
            &[&[("Action", "CreatePolicyVersion"), ("PolicyArn", POLICY), ("PolicyDocument", ALLOW)]],
            "in the way: its version v2",
        ),
        (
            Run::Destroy,
            "DeleteRole",
            &[
                &[("Action", "CreateInstanceProfile"), ("InstanceProfileName", "web")],
                &[("Action", "AddRoleToInstanceProfile"), ("InstanceProfileName", "web"), ("RoleName", "R")],
            ],
            "in the way: instance profile `web`",
        ),
        (
            Run::Destroy,
            "DeleteRole",
            &[
                &[
                    ("Action", "PutRolePolicy"),
                    ("RoleName", "R"),
                    ("PolicyName", "late"),
                    ("PolicyDocument", ALLOW),
                ],
                &[
                    ("Action", "AttachRolePolicy"),
                    ("RoleName", "R"),
                    ("PolicyArn", "arn:aws:iam::aws:policy/ReadOnlyAccess"),
                ],
            ],
            "in the way: policy `arn:aws:iam::aws:policy/ReadOnlyAccess`, inline policy `late`",
        ),
    ];
    virtual_time().block_on(async {
        let spec = spec_of("R", &["f"], ID, "");
        for (kind, before, calls, words) in cases {
            let (said, seconds) = run(*kind, &spec, before, calls).await;
            assert!(said.contains(&format!("failed {before}")), "{before}: {said}");
            assert!(said.contains(words), "{before}: no {words:?} in {said}");
            assert!(seconds == 0 && !said.contains("waits"), "{before}: after {seconds} s: {said}");
        }
    });
}

#[test]
fn a_verifier_that_was_deleted_since_the_plan_is_named_at_once() {
    virtual_time().block_on(async {
        let verifier = format!("arn:aws:iam::{ACCOUNT}:role/Other");
        let text = format!("{}\n[check]\nverifier = \"{verifier}\"\n", spec_text("R", &["f"], ID, ""));
        let (spec, faults) = spec::parse(&text, "test", &EmptyEnvironment);
        let spec = spec.unwrap_or_else(|| panic!("{faults:?}"));
        let delete: &[Call] = &[&[("Action", "DeleteRole"), ("RoleName", "Other")]];
        let (said, seconds) = run(Run::Apply, &spec, "CreateRole", delete).await;
        assert!(said.contains(&format!("IAM has no `{verifier}`")), "{said}");
        assert_eq!(seconds, 0, "{said}");
    });
}
