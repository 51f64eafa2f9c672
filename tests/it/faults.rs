//! Faults at every call of every kind of run, and what must never happen along the way: an open door, or a report that
//! does not say what was done.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::io::Write as _;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use crate::support::args;
use crate::support::wire::{Call, Endpoint, Fault, Wire};
use crate::support::world::{
    ACCOUNT, GENESYS, ID, OTHER_ID, World, clean, connect, connect_with, spec_of, spec_text, virtual_time,
};
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_sdk_iam::types::Tag;
use genesys_iam::apply::Interrupt;
use genesys_iam::arn::FunctionArn;
use genesys_iam::aws::{self, Clients};
use genesys_iam::check::{may_assume, may_invoke};
use genesys_iam::commands::loading::seed;
use genesys_iam::commands::session::Session;
use genesys_iam::commands::{self, CommandError, Status, apply, destroy};
use genesys_iam::model::resolve;
use genesys_iam::model::{Live, LiveRole, LiveState};
use genesys_iam::plan::{Reads, diff};
use genesys_iam::policy::{Decision, Principal};
use genesys_iam::render::output::Output;
use genesys_iam::sandbox::{self, Sandbox};
use genesys_iam::spec::Spec;

const FUNCTIONS: [&str; 3] = ["one", "two", "three"];

fn spec() -> Spec {
    spec_of("R", &["one"], ID, "")
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Run {
    Apply,
    Prune,
    Destroy,
}

/// The live state before, the desired state, and how to get there.
struct Scenario {
    name: &'static str,
    before: Sandbox,
    old: Spec,
    wanted: Spec,
    run: Run,
}

struct Outcome {
    result: Result<Status, CommandError>,
    said: String,
    calls: Vec<Call>,
}

async fn run(world: &Arc<World>, scenario: &Scenario, fault: Option<(usize, Fault)>) -> Outcome {
    let wire = Wire::new(Arc::clone(world) as _, fault);
    let clients = connect(&scenario.wanted, &wire).await;
    let session = Session::new(scenario.wanted.clone(), clients, None);
    let output = Output::capture();
    let interrupt = Interrupt::default();
    let result = if scenario.run == Run::Destroy {
        destroy::run_in(session, &args::destroy("--yes --wait 20"), &interrupt, &output).await
    } else {
        let prune = if scenario.run == Run::Prune { "--prune" } else { "" };
        let args = args::apply(&format!("--yes --no-check --wait 20 {prune}"));
        apply::run_in(session, &args, &interrupt, &output).await
    };
    Outcome { result, said: output.captured(), calls: wire.calls() }
}

/// Whether nothing is left to do, as seen by a client without faults.
async fn is_converged(world: &Arc<World>, scenario: &Scenario) -> bool {
    let clients = clean(world, &scenario.wanted).await;
    let desired = resolve(&scenario.wanted, &BTreeMap::new());
    let mut live = LiveState::default();
    for role in &desired.roles {
        live.roles.insert(role.role.name.clone(), aws::live(&clients, role).await.unwrap());
    }
    match scenario.run {
        Run::Destroy => live.roles.values().all(|live| *live == Live::default()),
        Run::Apply => diff(&live, &desired).is_empty(),
        Run::Prune => {
            let mut left = aws::roles_tagged(&clients).await.unwrap();
            left.retain(|name, spec| spec == "test" && !live.roles.contains_key(name));
            left.is_empty() && diff(&live, &desired).is_empty()
        }
    }
}

/// Who can do what through which role, now.
type Exposure = BTreeSet<(String, String, String)>;

async fn exposure(sandbox: Sandbox, scenario: &Scenario) -> Exposure {
    let world = World::new(sandbox);
    let clients = clean(&world, &scenario.wanted).await;
    let mut found = BTreeSet::new();
    for spec in [&scenario.old, &scenario.wanted] {
        for role in resolve(spec, &BTreeMap::new()).roles {
            if let Some(live) = aws::live(&clients, &role).await.unwrap().role {
                let name = &role.role.name;
                for who in admitted(&live) {
                    found.insert((name.clone(), who.clone(), "assume".to_owned()));
                    for what in invocable(&live) {
                        found.insert((name.clone(), who.clone(), what));
                    }
                }
            }
        }
    }
    found
}

fn admitted(role: &LiveRole) -> Vec<String> {
    let account = |id: &str| Principal::Aws(format!("arn:aws:iam::{id}:root"));
    let who = [
        ("genesys", account(GENESYS)),
        ("stranger", account("999988887777")),
        ("anonymous", Principal::Anonymous),
        ("service", Principal::Service("lambda.amazonaws.com".to_owned())),
    ];
    let ids = [Some(ID), Some(OTHER_ID), Some("wrong-id"), None];
    let mut admitted = Vec::new();
    for (name, principal) in &who {
        for id in ids {
            let decision = may_assume(role, principal, id).decision;
            if matches!(decision, Decision::Allowed | Decision::Undecided) {
                admitted.push(format!("{name} with {id:?}"));
            }
        }
    }
    admitted
}

fn invocable(role: &LiveRole) -> Vec<String> {
    let mut found = Vec::new();
    for name in FUNCTIONS.iter().chain(&["another"]) {
        let arn: FunctionArn = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}").parse().unwrap();
        if matches!(may_invoke(role, &arn, None, None).decision, Decision::Allowed | Decision::Undecided) {
            found.push((*name).to_owned());
        }
    }
    found
}

/// A change made by hand.
#[derive(Debug, Clone, Copy)]
enum Drift {
    TrustOpened,
    TrustEmptied,
    PolicyWidened,
    PolicyNarrowed,
    /// With versions up to the limit, none of which matches.
    VersionLimit,
    /// The wanted version exists, but another is in force.
    OtherDefault,
    Detached,
    Attributes,
    Tags,
    Boundary,
    Rogue,
    RogueDeny,
    RoleGone,
    PolicyGone,
}

const ANYTHING: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
const DENY: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:*:*:function:another"}}"#;
const NOTHING: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:ListAllMyBuckets","Resource":"*"}}"#;
const NOBODY: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}}"#;
const OPEN: &str =
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#;

async fn drift(clients: &Clients, role: &str, drift: Drift) {
    let iam = &clients.iam;
    let arn = |name: &str| format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
    let own = arn(&format!("GenesysLambdaInvokePolicy_{role}"));
    let version = async |text: &str| {
        let request = iam.create_policy_version().policy_arn(&own).policy_document(text);
        request.set_as_default(true).send().await.unwrap();
    };
    let policy = async |name: &str, text: &str| {
        iam.create_policy().policy_name(name).policy_document(text).send().await.unwrap();
    };
    match drift {
        Drift::TrustOpened | Drift::TrustEmptied => {
            let text = if matches!(drift, Drift::TrustOpened) { OPEN } else { NOBODY };
            iam.update_assume_role_policy().role_name(role).policy_document(text).send().await.unwrap();
        }
        Drift::PolicyWidened | Drift::OtherDefault => version(ANYTHING).await,
        Drift::PolicyNarrowed => version(NOTHING).await,
        Drift::VersionLimit => {
            iam.delete_policy_version().policy_arn(&own).version_id("v1").send().await.unwrap_err();
            for n in 0..4 {
                version(&ANYTHING.replace("\"*\"}", &format!("\"arn:aws:s3:::{n}\"}}"))).await;
            }
            iam.delete_policy_version().policy_arn(&own).version_id("v1").send().await.unwrap();
            version(ANYTHING).await;
        }
        Drift::Detached => {
            iam.detach_role_policy().role_name(role).policy_arn(&own).send().await.unwrap();
        }
        Drift::Attributes => {
            iam.update_role()
                .role_name(role)
                .description("by hand")
                .max_session_duration(7200)
                .send()
                .await
                .unwrap();
        }
        Drift::Tags => {
            let tag = || Tag::builder().key("team").value("another").build().unwrap();
            iam.tag_role().role_name(role).tags(tag()).send().await.unwrap();
            iam.tag_policy().policy_arn(&own).tags(tag()).send().await.unwrap();
        }
        Drift::Boundary => {
            policy("old-boundary", NOTHING).await;
            policy("new-boundary", ANYTHING).await;
            let request = iam.put_role_permissions_boundary().role_name(role);
            request.permissions_boundary(arn("old-boundary")).send().await.unwrap();
        }
        Drift::Rogue | Drift::RogueDeny => {
            policy("rogue", ANYTHING).await;
            iam.attach_role_policy().role_name(role).policy_arn(arn("rogue")).send().await.unwrap();
            let text = if matches!(drift, Drift::Rogue) { ANYTHING } else { DENY };
            let request = iam.put_role_policy().role_name(role).policy_name("a-rogue");
            request.policy_document(text).send().await.unwrap();
        }
        Drift::RoleGone | Drift::PolicyGone => {
            iam.detach_role_policy().role_name(role).policy_arn(&own).send().await.unwrap();
            if matches!(drift, Drift::RoleGone) {
                iam.delete_role().role_name(role).send().await.unwrap();
            } else {
                iam.delete_policy().policy_arn(&own).send().await.unwrap();
            }
        }
    }
}

/// What `old` creates, with drifts, before it becomes `wanted`.
async fn scenario(
    name: &'static str,
    old: Option<Spec>,
    drifts: &[Drift],
    wanted: Spec,
    kind: Run,
) -> Scenario {
    let all = spec_of("R", &FUNCTIONS, ID, "");
    let world = World::new(Sandbox::new(&seed(&all)));
    let made = old.clone().unwrap_or_else(|| wanted.clone());
    if let Some(old) = old {
        let first =
            Scenario { name, before: world.copy(), old: old.clone(), wanted: old.clone(), run: Run::Apply };
        let outcome = run(&world, &first, None).await;
        assert!(outcome.result.is_ok(), "{name}: {}", outcome.said);
        let clients = clean(&world, &old).await;
        for &one in drifts {
            drift(&clients, &old.roles[0].name, one).await;
        }
    }
    let before = world.copy();
    Scenario { name, before, old: made, wanted, run: kind }
}

async fn scenarios() -> Vec<Scenario> {
    let tagged = |more: &str| spec_of("R", &["one"], ID, &format!("tags = {{ team = \"ours\" }}\n{more}"));
    let boundary = |name: &str| format!("permissions_boundary = \"arn:aws:iam::{ACCOUNT}:policy/{name}\"");
    let remove = "extra_permissions = \"remove\"";
    let drifted = async |name, drifts: &[Drift], wanted: Spec| {
        scenario(name, Some(tagged("")), drifts, wanted, Run::Apply).await
    };
    vec![
        scenario("from nothing", None, &[], spec(), Run::Apply).await,
        drifted("trust opened to anyone", &[Drift::TrustOpened], tagged("")).await,
        drifted("nobody trusted", &[Drift::TrustEmptied], tagged("")).await,
        drifted("policy widened", &[Drift::PolicyWidened], tagged("")).await,
        drifted("policy narrowed", &[Drift::PolicyNarrowed], tagged("")).await,
        drifted("version limit", &[Drift::VersionLimit], tagged("")).await,
        drifted("another version in force", &[Drift::OtherDefault], tagged("")).await,
        drifted("detached", &[Drift::Detached], tagged("")).await,
        drifted("description and duration", &[Drift::Attributes], tagged("")).await,
        drifted("tags", &[Drift::Tags], tagged("")).await,
        drifted("boundary taken away", &[Drift::Boundary], tagged("permissions_boundary = \"none\"")).await,
        drifted(
            "boundary taken away and policy wide",
            &[Drift::Boundary, Drift::PolicyWidened],
            tagged("permissions_boundary = \"none\""),
        )
        .await,
        drifted("boundary replaced", &[Drift::Boundary], tagged(&boundary("new-boundary"))).await,
        drifted("rogue permissions removed", &[Drift::Rogue], tagged(remove)).await,
        drifted("rogue permissions and a Deny removed", &[Drift::RogueDeny], tagged(remove)).await,
        drifted("role gone", &[Drift::RoleGone], tagged("")).await,
        drifted("policy gone", &[Drift::PolicyGone], tagged("")).await,
        drifted(
            "stranger trusted and policy empty",
            &[Drift::TrustOpened, Drift::PolicyNarrowed],
            tagged(""),
        )
        .await,
        drifted("nobody trusted and policy wide", &[Drift::TrustEmptied, Drift::PolicyWidened], tagged(""))
            .await,
        drifted(
            "everything at once",
            &[
                Drift::TrustOpened,
                Drift::VersionLimit,
                Drift::Attributes,
                Drift::Tags,
                Drift::Boundary,
                Drift::RogueDeny,
                Drift::Detached,
            ],
            tagged(&format!("{remove}\n{}", boundary("new-boundary"))),
        )
        .await,
        scenario("external ID rotated", Some(spec_of("R", &["one"], OTHER_ID, "")), &[], spec(), Run::Apply)
            .await,
        scenario("functions grown", Some(spec()), &[], spec_of("R", &FUNCTIONS, ID, ""), Run::Apply).await,
        scenario("functions shrunk", Some(spec_of("R", &FUNCTIONS, ID, "")), &[], spec(), Run::Apply).await,
        scenario(
            "functions exchanged and ID rotated",
            Some(spec_of("R", &["one", "two"], OTHER_ID, "")),
            &[],
            spec_of("R", &["two", "three"], ID, ""),
            Run::Apply,
        )
        .await,
        scenario("destroyed", Some(spec()), &[Drift::OtherDefault, Drift::RogueDeny], spec(), Run::Destroy)
            .await,
        scenario(
            "renamed, the old one pruned",
            Some(spec_of("Old", &["one"], ID, "")),
            &[],
            spec(),
            Run::Prune,
        )
        .await,
    ]
}

fn faults() -> Vec<Fault> {
    let mut faults: Vec<Fault> = [
        ("Throttling", 400, 1),
        ("Throttling", 400, 7),
        ("ServiceFailure", 500, 1),
        ("ServiceFailure", 500, 7),
        ("ConcurrentModification", 409, 2),
        ("MalformedPolicyDocument", 400, 2),
        ("DeleteConflict", 409, 2),
        ("NoSuchEntity", 404, 1),
        ("EntityAlreadyExists", 409, 1),
        ("LimitExceeded", 409, 1),
        ("AccessDenied", 403, 1),
        ("ExpiredToken", 403, 1),
        ("InvalidInput", 400, 1),
        ("Throttling", 400, usize::MAX),
        ("AccessDenied", 403, usize::MAX),
    ]
    .into_iter()
    .map(|(code, status, calls)| Fault::Error { code, status, calls })
    .collect();
    faults.extend([Fault::Busy { seconds: 2, calls: 1 }, Fault::Busy { seconds: 20, calls: 4 }]);
    for calls in [1, usize::MAX] {
        faults.extend([
            Fault::Lost { calls },
            Fault::AnswerLost { calls },
            Fault::Silence { calls },
            Fault::Garbled { calls },
        ]);
    }
    faults.extend([Fault::Stale { reads: 1 }, Fault::Stale { reads: 9 }, Fault::Stale { reads: 40 }]);
    faults
}

#[derive(Default)]
struct Tally {
    cases: usize,
    survived: usize,
    reported: usize,
}

/// What a scenario may expose, and what each observed state exposes.
struct Doors {
    allowed: Exposure,
    seen: HashMap<String, Exposure>,
}

impl Doors {
    async fn check(&mut self, world: &World, scenario: &Scenario, case: &str) {
        let states = std::mem::take(&mut *world.states.lock().unwrap());
        for state in states {
            let key = state.fingerprint();
            if !self.seen.contains_key(&key) {
                let exposed = exposure(state, scenario).await;
                self.seen.insert(key.clone(), exposed);
            }
            let open: Vec<_> = self.seen[&key].difference(&self.allowed).collect();
            assert!(open.is_empty(), "{case}: on the way an open door: {open:?}");
        }
    }
}

async fn walk(scenario: &Scenario) -> Tally {
    // Without a fault: how many calls are made, and what may be exposed.
    let world = World::new(scenario.before.copy());
    let outcome = run(&world, scenario, None).await;
    assert!(matches!(outcome.result, Ok(Status::Done)), "{}: {}", scenario.name, outcome.said);
    assert!(is_converged(&world, scenario).await, "{}: {}", scenario.name, outcome.said);
    let after = world.copy();
    let mut allowed = exposure(scenario.before.copy(), scenario).await;
    allowed.extend(exposure(after, scenario).await);
    let mut doors = Doors { allowed, seen: HashMap::new() };
    doors.check(&world, scenario, scenario.name).await;

    let mut tally = Tally::default();
    for number in 0..outcome.calls.len() {
        let is_write = outcome.calls[number].is_write();
        for fault in faults().into_iter().filter(|fault| is_write || fault.is_for_reads()) {
            let case =
                format!("{}, call {number} ({}): {fault:?}", scenario.name, outcome.calls[number].operation);
            tally.cases += 1;
            let world = World::new(scenario.before.copy());
            let faulty = run(&world, scenario, Some((number, fault))).await;
            doors.check(&world, scenario, &case).await;
            if let Ok(status) = &faulty.result {
                assert_eq!(*status, Status::Done, "{case}: {}", faulty.said);
                assert!(is_converged(&world, scenario).await, "{case}: {}", faulty.said);
                tally.survived += 1;
                continue;
            }
            assert!(!fault.passes(is_write), "{case}: it passes by itself: {}", faulty.said);
            check_report(&faulty, &case);
            tally.reported += 1;
            let again = run(&world, scenario, None).await;
            assert!(matches!(again.result, Ok(Status::Done)), "{case}, again: {}", again.said);
            assert!(is_converged(&world, scenario).await, "{case}, again: {}", again.said);
            doors.check(&world, scenario, &case).await;
        }
    }
    tally
}

/// Each write that was carried out is reported as done or unsure, and nothing else is.
fn check_report(outcome: &Outcome, case: &str) {
    let Outcome { result, said, calls } = outcome;
    let error = result.as_ref().err().unwrap();
    let lines = |word: &str| -> Vec<&str> {
        let lines = said.lines().filter_map(|line| line.strip_prefix(word));
        lines.map(|line| line.split_whitespace().next().unwrap()).collect()
    };
    let (done, failed, unsure) = (lines("done  "), lines("failed"), lines("unsure"));
    let carried_out: Vec<&str> = calls
        .iter()
        .filter(|call| call.is_write() && call.carried_out)
        .map(|call| call.operation.as_str())
        .collect();
    // A call whose answer was lost is repeated, and may then be carried out twice.
    for operation in &carried_out {
        assert!(
            done.contains(operation) || failed.contains(operation),
            "{case}: {operation} was carried out, and nothing is said of it:\n{said}{error}"
        );
    }
    for operation in &done {
        assert!(carried_out.contains(operation), "{case}: {operation} is said to be done:\n{said}");
    }
    for operation in
        failed.iter().filter(|operation| carried_out.contains(operation) && !done.contains(operation))
    {
        assert!(
            !unsure.is_empty(),
            "{case}: {operation} failed and was carried out, and nothing says so:\n{said}{error}"
        );
    }
    if !failed.is_empty() {
        let signs = ["  + ", "  ~ ", "  - "];
        let is_change = |line: &&str| {
            let rest = signs.iter().find_map(|sign| line.strip_prefix(sign)).unwrap_or_default();
            rest.starts_with(char::is_uppercase)
        };
        let planned = said.lines().filter(is_change).count();
        // Many changes are counted on one line.
        let counted = |line: &str| {
            let (number, rest) = line.split_once(' ')?;
            rest.starts_with("changes:").then(|| number.parse::<usize>().unwrap())
        };
        let left: usize = said
            .lines()
            .filter_map(|line| line.strip_prefix("not yet "))
            .map(|line| counted(line).unwrap_or(1))
            .sum();
        assert_eq!(
            done.len() + failed.len() + left,
            planned,
            "{case}: not everything is reported:\n{said}{error}"
        );
    }
    assert!(!error.to_string().is_empty() && error.status() != Status::Done, "{case}");
    assert!(error.help().is_some() || !failed.is_empty(), "{case}: no next step: {error}");
}

#[test]
fn whatever_fails_at_whatever_call_is_survived_or_reported_and_mended_by_the_next_run() {
    let began = Instant::now();
    // Futures in unoptimized code are large.
    let thread = || std::thread::Builder::new().stack_size(64 << 20);
    let scenarios = std::thread::scope(|scope| {
        thread().spawn_scoped(scope, || virtual_time().block_on(scenarios())).unwrap().join().unwrap()
    });
    let scenarios = Mutex::new(scenarios);
    let count = scenarios.lock().unwrap().len();
    let (total, failures) = (Mutex::new(Tally::default()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            let work = || {
                loop {
                    let Some(scenario) = scenarios.lock().unwrap().pop() else { break };
                    // The others continue.
                    let walked = catch_unwind(AssertUnwindSafe(|| virtual_time().block_on(walk(&scenario))));
                    let Ok(tally) = walked else {
                        failures.lock().unwrap().push(scenario.name);
                        continue;
                    };
                    let mut total = total.lock().unwrap();
                    total.cases += tally.cases;
                    total.survived += tally.survived;
                    total.reported += tally.reported;
                }
            };
            thread().spawn_scoped(scope, work).unwrap();
        }
    });
    let Tally { cases, survived, reported } = total.into_inner().unwrap();
    // Not through the macros: their output is hidden for passing tests.
    let _ = writeln!(
        std::io::stderr(),
        "faults: {count} scenarios, {cases} cases: {survived} survived, {reported} reported and fixed by the next \
         run, 0 open doors, in {:.1} s",
        began.elapsed().as_secs_f32()
    );
    assert_eq!(failures.into_inner().unwrap(), [""; 0]);
    assert!(cases > 1000);
}

/// A sandbox in which someone else makes a call right after the first write.
struct Meddled {
    world: Arc<World>,
    call: &'static [(&'static str, &'static str)],
    done: std::sync::atomic::AtomicBool,
}

impl Endpoint for Meddled {
    fn answer(&self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        self.world.answer(request)
    }

    fn written(&self) {
        if !self.done.swap(true, std::sync::atomic::Ordering::Relaxed) {
            let query = form_urlencoded::Serializer::new(String::new()).extend_pairs(self.call).finish();
            let request = http::Request::post("/")
                .header(
                    "authorization",
                    format!(
                        "AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/us-east-1/iam/aws4_request, SignedHeaders=host, \
                         Signature=0"
                    ),
                )
                .body(query.into_bytes())
                .unwrap();
            assert!(self.world.answer(&request).status().is_success());
        }
    }
}

/// Saves a plan and carries it out while someone meddles; returns the output.
async fn meddle(
    scenario: &Scenario,
    call: &'static [(&'static str, &'static str)],
) -> (Result<Status, CommandError>, String) {
    let folder = tempfile::tempdir().unwrap();
    let plan = folder.path().join("plan.json");
    let output = Output::capture();
    let world = World::new(scenario.before.copy());
    let wire = Wire::new(Arc::new(Meddled { world, call, done: Default::default() }), None);
    let wanted = &scenario.wanted;
    let session = async || Session::new(wanted.clone(), connect(wanted, &wire).await, None);
    let plan = plan.display();
    let prune = if scenario.run == Run::Prune { "--prune" } else { "" };
    let args = args::plan(&format!("--out {plan} {prune}"));
    commands::plan::run_in(session().await, &args, &output).await.unwrap();
    let args = args::apply(&format!("{plan} --no-check --wait 0 {prune}"));
    let result = apply::run_in(session().await, &args, &Interrupt::default(), &output).await;
    let said = output.captured();
    (result, said)
}

#[test]
fn what_somebody_changes_between_two_writes_of_a_saved_plan_is_not_written_over() {
    virtual_time().block_on(async {
        let old = spec_of("R", &["one", "two"], OTHER_ID, "");
        let opened = scenario("trust opened", Some(old), &[], spec(), Run::Apply).await;
        let open = &[("Action", "UpdateAssumeRolePolicy"), ("RoleName", "R"), ("PolicyDocument", OPEN)];
        let former = spec_of("Old", &["one"], ID, "");
        let given_away = scenario("tag taken away", Some(former), &[], spec(), Run::Prune).await;
        let untag = &[("Action", "UntagRole"), ("RoleName", "Old"), ("TagKeys.member.1", "managed-by")];
        for (scenario, call, done, failed, why) in [
            (
                &opened,
                &open[..],
                "CreatePolicyVersion",
                "UpdateAssumeRolePolicy",
                "changed after the plan was made",
            ),
            (
                &given_away,
                &untag[..],
                "AttachRolePolicy",
                "DetachRolePolicy",
                "this spec does not own it by now",
            ),
        ] {
            let (result, said) = meddle(scenario, call).await;
            let error = result.unwrap_err();
            assert_eq!(error.status(), Status::Refused, "{said}");
            let said = said + &error.to_string();
            for text in [&format!("done   {done}"), &format!("failed {failed}"), why] {
                assert!(said.contains(text), "no {text:?} in {said}");
            }
        }
        // A plan carried out at once reads, right before it deletes anything, whose it is by now.
        let adopt = &[
            ("Action", "TagRole"),
            ("RoleName", "Old"),
            ("Tags.member.1.Key", "genesys-iam:spec"),
            ("Tags.member.1.Value", "other"),
        ];
        let wire = Wire::new(
            Arc::new(Meddled {
                world: World::new(given_away.before.copy()),
                call: adopt,
                done: Default::default(),
            }),
            None,
        );
        let session = Session::new(given_away.wanted.clone(), connect(&given_away.wanted, &wire).await, None);
        let (output, args) = (Output::capture(), args::apply("--yes --prune --no-check --wait 0"));
        let error = apply::run_in(session, &args, &Interrupt::default(), &output).await.unwrap_err();
        let said = output.captured() + &error.to_string();
        assert_eq!(error.status(), Status::Refused, "{said}");
        assert!(said.contains("done   AttachRolePolicy policy `GenesysLambdaInvokePolicy_R`"), "{said}");
        assert!(said.contains("the spec `other` owns it by now"), "{said}");
        assert!(wire.calls().iter().all(|call| !call.operation.contains("Delete")), "{said}");
        // Without a meddler a plan that prunes goes through.
        let (result, said) = meddle(&given_away, &[("Action", "ListRoles")]).await;
        assert!(matches!(result, Ok(Status::Done)), "{said}");
    });
}

#[test]
fn a_reading_that_fails_before_a_write_is_not_called_a_failed_write() {
    virtual_time().block_on(async {
        let nothing = scenario("from nothing", None, &[], spec(), Run::Apply).await;
        let saved_and_applied = async |fault: Option<(usize, Fault)>| {
            let folder = tempfile::tempdir().unwrap();
            let plan = folder.path().join("plan.json").display().to_string();
            let world = World::new(nothing.before.copy());
            let (clean, wire) =
                (Wire::new(Arc::clone(&world) as _, None), Wire::new(Arc::clone(&world) as _, fault));
            let session = async |wire: &Wire| {
                Session::new(nothing.wanted.clone(), connect(&nothing.wanted, wire).await, None)
            };
            let output = Output::capture();
            let args = args::plan(&format!("--out {plan}"));
            commands::plan::run_in(session(&clean).await, &args, &output).await.unwrap();
            let args = args::apply(&format!("{plan} --no-check --wait 0"));
            let _ = apply::run_in(session(&wire).await, &args, &Interrupt::default(), &output).await;
            (output.captured(), wire.calls())
        };
        let (_, calls) = saved_and_applied(None).await;
        let before = calls.iter().position(Call::is_write).unwrap() - 1;
        let denied = Fault::Error { code: "AccessDenied", status: 403, calls: 1 };
        let (said, _) = saved_and_applied(Some((before, denied))).await;
        let read = &calls[before].operation;
        assert!(said.contains(&format!("failed {read}, before CreatePolicy")), "{said}");
        assert!(!said.contains("failed CreatePolicy"), "{said}");
        // Nothing was sent, so nothing is unsure.
        let (said, _) = saved_and_applied(Some((before, Fault::Lost { calls: 1000 }))).await;
        assert!(said.contains(&format!("failed {read}, before CreatePolicy")), "{said}");
        assert!(!said.contains("unsure"), "{said}");
    });
}

/// Credentials of one account for a number of calls, and then of another.
#[derive(Debug)]
struct Renewed {
    left: Mutex<usize>,
}

impl ProvideCredentials for Renewed {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        let mut left = self.left.lock().unwrap();
        let account = if *left > 0 { ACCOUNT } else { "999988887777" };
        *left = left.saturating_sub(1);
        let given = sandbox::credentials(&account.parse().unwrap());
        // So soon that they are requested again for every call.
        let expiry = SystemTime::now() + Duration::from_secs(1);
        let credentials = Credentials::new(
            given.access_key_id(),
            given.secret_access_key(),
            given.session_token().map(str::to_owned),
            Some(expiry),
            "test",
        );
        future::ProvideCredentials::ready(Ok(credentials))
    }
}

/// Records requests made with the other account's credentials, except those that ask whose they are.
struct Watched {
    world: Arc<World>,
    strayed: Mutex<Vec<String>>,
}

impl Endpoint for Watched {
    fn answer(&self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        let signed = request.headers().get("authorization").and_then(|value| value.to_str().ok());
        let body = String::from_utf8_lossy(request.body());
        if signed.is_some_and(|value| value.contains("999988887777/")) && !body.contains("GetCallerIdentity")
        {
            self.strayed.lock().unwrap().push(body.into_owned());
        }
        self.world.answer(request)
    }

    fn written(&self) {
        self.world.written();
    }
}

#[test]
fn credentials_that_become_another_accounts_stop_everything_before_the_next_write() {
    virtual_time().block_on(async {
        let mut stopped = 0;
        for calls in 10..24 {
            let world = World::new(Sandbox::new(&seed(&spec())));
            let watched = Arc::new(Watched { world: Arc::clone(&world), strayed: Mutex::default() });
            let wire = Wire::new(Arc::clone(&watched) as _, None);
            let renewed = SharedCredentialsProvider::new(Renewed { left: Mutex::new(calls) });
            let session = Session::new(spec(), connect_with(&spec(), &wire, renewed).await, None);
            let args = args::apply("--yes --no-check --wait 0");
            let output = Output::capture();
            let result = apply::run_in(session, &args, &Interrupt::default(), &output).await;
            assert_eq!(*watched.strayed.lock().unwrap(), Vec::<String>::new(), "{calls}");
            if let Err(error) = result {
                let text = error.with_causes();
                assert!(text.contains("renewed as those of the account 999988887777"), "{calls}: {text}");
                stopped += usize::from(!world.states.lock().unwrap().is_empty());
            }
        }
        assert!(stopped > 0, "no run had begun to write");
    });
}

/// The tagging API claims that everything belongs to this spec.
struct LaggingIndex {
    world: Arc<World>,
    policy: String,
}

impl Endpoint for LaggingIndex {
    fn answer(&self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
        if !target.is_some_and(|target| target.ends_with("GetResources")) {
            return self.world.answer(request);
        }
        let body = format!(
            r#"{{"PaginationToken":"","ResourceTagMappingList":[{{"ResourceARN":"{}","Tags":[
                {{"Key":"managed-by","Value":"genesys-iam"}},{{"Key":"genesys-iam:spec","Value":"test"}}]}}]}}"#,
            self.policy
        );
        http::Response::builder()
            .header("content-type", "application/x-amz-json-1.1")
            .body(body.into_bytes())
            .unwrap()
    }

    fn written(&self) {
        self.world.written();
    }
}

#[test]
fn whose_a_policy_is_comes_from_iam_before_it_is_written_not_from_an_index_that_lags() {
    virtual_time().block_on(async {
        let world = World::new(Sandbox::new(&seed(&spec_of("R", &["one", "two"], ID, ""))));
        let clients = clean(&world, &spec()).await;
        let args = args::apply("--yes --no-check --wait 0");
        let session = Session::new(spec(), clients.clone(), None);
        apply::run_in(session, &args, &Interrupt::default(), &Output::capture()).await.unwrap();
        let policy = format!("arn:aws:iam::{ACCOUNT}:policy/GenesysLambdaInvokePolicy_R");
        let tag = Tag::builder().key("genesys-iam:spec").value("another").build().unwrap();
        clients.iam.tag_policy().policy_arn(&policy).tags(tag).send().await.unwrap();
        let written = world.states.lock().unwrap().len();
        for reads in [Reads::Single, Reads::Bulk] {
            let wanted = spec_of("R", &["one", "two"], ID, "");
            let index = LaggingIndex { world: Arc::clone(&world), policy: policy.clone() };
            let clients = connect(&wanted, &Wire::new(Arc::new(index), None)).await;
            let session = Session { reads, ..Session::new(wanted, clients, None) };
            let result = apply::run_in(session, &args, &Interrupt::default(), &Output::capture()).await;
            assert_eq!(result.unwrap_err().status(), Status::Refused, "{reads:?}");
        }
        assert_eq!(world.states.lock().unwrap().len(), written, "nothing was written");
    });
}

#[test]
fn an_interruption_before_the_first_write_leaves_everything_as_it_was() {
    virtual_time().block_on(async {
        let world = World::new(Sandbox::new(&seed(&spec())));
        let interrupt = Interrupt::default();
        interrupt.set();
        let output = Output::capture();
        let session = async || Session::new(spec(), clean(&world, &spec()).await, None);
        let args = args::apply("--yes --no-check --wait 0");
        let applied = apply::run_in(session().await, &args, &interrupt, &output).await;
        let args = args::destroy("--yes --wait 0");
        let destroyed = destroy::run_in(session().await, &args, &interrupt, &output).await;
        assert!(matches!((applied, destroyed), (Ok(Status::Interrupted), Ok(Status::Interrupted))));
        assert_eq!(output.captured().matches("interrupted: nothing was changed").count(), 2);
        assert!(world.states.lock().unwrap().is_empty());
    });
}

/// The binary against a sandbox that stops at a write, before or after carrying it out.
#[cfg(unix)]
mod process {
    use std::process::{Command, Stdio};
    use std::sync::mpsc::{Receiver, Sender, channel};
    use std::time::Duration;

    use super::*;
    use crate::support::Project;
    use crate::support::http_stub::{Request, serve};

    #[derive(Debug, Clone, Copy, PartialEq, Eq)]
    enum Moment {
        Before,
        After,
    }

    /// Where to stop: at which write, and whether before or after it.
    struct Stop {
        write: usize,
        moment: Moment,
        reached: Sender<()>,
        /// If its sender is dropped, there will be no answer.
        go_on: Receiver<()>,
    }

    const REMOVE: &str = "extra_permissions = \"remove\"";

    struct Served {
        project: Project,
        stop: Arc<Mutex<Option<Stop>>>,
    }

    fn served(sandbox: Sandbox, spec: &str) -> Served {
        let world = World::new(sandbox);
        let stop: Arc<Mutex<Option<Stop>>> = Arc::default();
        let (armed, writes) = (Arc::clone(&stop), Mutex::new(0));
        let endpoint = serve(move |request: &Request| {
            let body = String::from_utf8_lossy(request.body());
            let action = body.split('&').find_map(|pair| pair.strip_prefix("Action=")).unwrap_or("Get");
            if action.starts_with("Get") || action.starts_with("List") {
                return Some(world.answer(request));
            }
            let number = {
                let mut writes = writes.lock().unwrap();
                *writes += 1;
                *writes - 1
            };
            let taken = armed.lock().unwrap().take_if(|stop| stop.write == number);
            let Some(stop) = taken else { return Some(world.answer(request)) };
            let response = (stop.moment == Moment::After).then(|| world.answer(request));
            stop.reached.send(()).unwrap();
            stop.go_on.recv().ok()?;
            response
        });
        let project = Project::new(spec).aws(&endpoint, ACCOUNT, "sandbox");
        Served { project, stop }
    }

    impl Served {
        /// Arms the next stop; returns a signal that it was reached, and one to continue.
        fn stop_at(&self, write: usize, moment: Moment) -> (Receiver<()>, Sender<()>) {
            let (reached, is_reached) = channel();
            let (let_go, go_on) = channel();
            *self.stop.lock().unwrap() = Some(Stop { write, moment, reached, go_on });
            (is_reached, let_go)
        }
    }

    #[test]
    fn a_process_killed_at_any_write_is_mended_by_the_next_run() {
        let old = spec_text("R", &["one", "two"], OTHER_ID, REMOVE);
        let mut kills = 0;
        for moment in [Moment::Before, Moment::After] {
            for from_nothing in [true, false] {
                for write in 0..10 {
                    let served = served(
                        Sandbox::new(&seed(&spec_of("R", &FUNCTIONS, ID, ""))),
                        &spec_text("R", &["two", "three"], ID, REMOVE),
                    );
                    if !from_nothing {
                        served.project.write_spec(&old);
                        served.project.run(&["apply", "--yes", "--no-check"]).expect(0);
                        served.project.write_spec(&spec_text("R", &["two", "three"], ID, REMOVE));
                    }
                    let offset = if from_nothing { 0 } else { 3 };
                    let (reached, _silence) = served.stop_at(offset + write, moment);
                    let mut child = served
                        .project
                        .command(&["apply", "--yes", "--no-check"])
                        .stdout(Stdio::null())
                        .stderr(Stdio::null())
                        .spawn()
                        .unwrap();
                    // If there are fewer writes, it ends by itself.
                    let stopped = loop {
                        if reached.recv_timeout(Duration::from_millis(5)).is_ok() {
                            break true;
                        }
                        if child.try_wait().unwrap().is_some() {
                            break false;
                        }
                    };
                    if !stopped {
                        assert_eq!(child.wait().unwrap().code(), Some(0));
                        break;
                    }
                    child.kill().unwrap();
                    child.wait().unwrap();
                    kills += 1;
                    served.project.run(&["apply", "--yes", "--no-check"]).expect(0);
                    served.project.run(&["plan", "--detailed-exitcode"]).expect(0).says("No changes.");
                }
            }
        }
        // Three writes from scratch; otherwise trust policy and policy, the latter in two steps.
        assert_eq!(kills, 2 * (3 + 3));
    }

    /// Interrupts an apply at a write that is carried out; returns the output.
    fn interrupted_at(write: usize, served: &Served) -> String {
        let (reached, let_go) = served.stop_at(write, Moment::After);
        let mut child = served
            .project
            .command(&["apply", "--yes"])
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        reached.recv().unwrap();
        assert!(Command::new("kill").args(["-INT", &child.id().to_string()]).status().unwrap().success());
        let mut lines = std::io::BufRead::lines(std::io::BufReader::new(child.stderr.take().unwrap()));
        let mut said = Vec::new();
        while !said.last().is_some_and(|line: &String| line.starts_with("interrupted:")) {
            said.push(lines.next().unwrap().unwrap());
        }
        let_go.send(()).unwrap();
        said.extend(lines.map(Result::unwrap));
        assert_eq!(child.wait().unwrap().code(), Some(130), "{said:?}");
        said.join("\n")
    }

    #[test]
    fn ctrl_c_finishes_the_call_in_flight_and_tells_what_is_left() {
        let sandbox = || Sandbox::new(&seed(&spec_of("R", &FUNCTIONS, ID, "")));
        let first = served(sandbox(), &spec_text("R", &["one"], ID, REMOVE));
        let said = interrupted_at(1, &first);
        for line in ["done   CreatePolicy", "done   CreateRole", "not yet AttachRolePolicy", "2 of 3"] {
            assert!(said.contains(line), "no {line:?} in {said}");
        }
        first.project.run(&["apply", "--yes", "--no-check"]).expect(0).says("1 change made");
        assert!(said.contains("`genesys-iam apply` continues where it stopped"), "{said}");
        // At the last one, only verification is left.
        let said = interrupted_at(2, &served(sandbox(), &spec_text("R", &["one"], ID, REMOVE)));
        for line in ["done   AttachRolePolicy", "interrupted: every change was made"] {
            assert!(said.contains(line), "no {line:?} in {said}");
        }
    }
}
