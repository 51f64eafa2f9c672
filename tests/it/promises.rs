//! What a plan promises: whatever it calls doable is carried out without a refusal by IAM and leaves nothing to do;
//! whatever it blocks leaves the account as it was. Searched over accounts at their limits and specs that collide.

use std::fmt::Write as _;
use std::sync::Arc;

use genesys_iam::apply::Interrupt;
use genesys_iam::commands::loading::seed;
use genesys_iam::commands::session::Session;
use genesys_iam::commands::{CommandError, Status, apply, destroy, plan};
use genesys_iam::plan::Reads;
use genesys_iam::render::output::Output;
use genesys_iam::sandbox::{Sandbox, Scenario, Seed};
use genesys_iam::spec::{self, EmptyEnvironment, Spec};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestCaseError, TestRunner};

use crate::support::args;
use crate::support::wire::Wire;
use crate::support::world::{ACCOUNT, ID, OTHER_ID, World, connect, spec_text, virtual_time};

const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

/// One role of a spec.
#[derive(Debug, Clone)]
struct Wanted {
    name: &'static str,
    lines: Vec<String>,
    functions: &'static [&'static str],
}

/// A manual change. What IAM refuses of it is not made.
#[derive(Debug, Clone)]
enum Drift {
    Attach { role: &'static str, policies: usize },
    Inline { role: &'static str, policies: usize, letters: usize },
    Tags { role: &'static str, keys: usize },
    PolicyTags { policy: &'static str, keys: usize },
    Retag { role: &'static str, key: &'static str },
    Foreign { role: &'static str },
    Versions { policy: &'static str, more: usize },
    OldVersion { policy: &'static str },
    Detach { role: &'static str },
    DeletePolicy { role: &'static str },
    DeleteRole { role: &'static str },
    Trust { role: &'static str },
    Bound { role: &'static str, policy: &'static str },
    Unbound { role: &'static str },
    Share { policy: &'static str, with: &'static str },
    Profile { role: &'static str },
    Role { name: &'static str, path: &'static str },
    Policy { name: &'static str, path: &'static str },
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Command {
    Apply,
    Destroy,
}

#[derive(Debug, Clone)]
struct Case {
    before: Vec<Wanted>,
    drift: Vec<Drift>,
    after: Vec<Wanted>,
    /// How many more roles, policies and versions than now the account may have.
    room: Option<[usize; 3]>,
    verifier: Option<&'static str>,
    id: &'static str,
    options: &'static str,
    command: Command,
    reads: Reads,
}

/// Two names that IAM takes for one.
const ROLES: [&str; 5] = ["Alpha", "ALPHA", "Beta", "beta", "Gamma"];
const POLICIES: [&str; 5] =
    ["GenesysLambdaInvokePolicy_Alpha", "GenesysLambdaInvokePolicy_Beta", "Shared", "shared", "Bound"];
const PATHS: [&str; 3] = ["/", "/a/", "/A/"];

fn line(weight: u32, choices: Vec<String>) -> impl Strategy<Value = Option<String>> {
    prop_oneof![3 => Just(None), weight => select(choices).prop_map(Some)]
}

fn keyed(key: &str, values: &[&str]) -> Vec<String> {
    values.iter().map(|value| format!("{key} = {value:?}")).collect()
}

fn wanted(name: &'static str) -> impl Strategy<Value = Wanted> {
    let own = |name: &str| format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
    let boundaries = [
        own("Bound"),
        own("none"),
        own("Shared"),
        own(&format!("GenesysLambdaInvokePolicy_{name}")),
        own("GenesysLambdaInvokePolicy_Alpha"),
        "arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned(),
    ];
    let boundaries: Vec<&str> = boundaries.iter().map(String::as_str).collect();
    let many = |count: usize| {
        let tags: Vec<String> = (0..count).map(|n| format!("k{n} = \"v\"")).collect();
        format!("tags = {{ {} }}", tags.join(", "))
    };
    let tags = vec![
        "tags = { team = \"a\" }".to_owned(),
        "tags = { Team = \"b\", other = \"c\" }".to_owned(),
        many(47),
        many(48),
    ];
    let functions: &[&[&str]] = &[&["f"], &["g"], &["f", "g"]];
    let lines = (
        line(1, keyed("path", &PATHS)),
        line(1, keyed("policy_path", &PATHS)),
        line(1, keyed("policy_name", &["Shared", "shared", "Bound", "Own"])),
        line(1, keyed("permissions_boundary", &boundaries)),
        line(2, tags),
        line(2, vec!["extra_permissions = \"remove\"".to_owned()]),
        line(3, vec!["adopt = true".to_owned()]),
        line(1, vec!["max_session_duration = 7200".to_owned()]),
        line(1, keyed("description", &["", "text"])),
    );
    (lines, select(functions.to_vec())).prop_map(move |(lines, functions)| {
        let (a, b, c, d, e, f, g, h, i) = lines;
        Wanted { name, lines: [a, b, c, d, e, f, g, h, i].into_iter().flatten().collect(), functions }
    })
}

/// Of each pair of names that are one for IAM, a spec has at most one.
fn roles() -> impl Strategy<Value = Vec<Wanted>> {
    let pick = |names: [&'static str; 2]| prop_oneof![1 => Just(None), 3 => select(names.to_vec()).prop_flat_map(|name| wanted(name).prop_map(Some))];
    (
        select(vec!["Alpha", "Alpha", "Alpha", "ALPHA"]).prop_flat_map(wanted),
        pick(["Beta", "beta"]),
        pick(["Gamma", "Gamma"]),
    )
        .prop_map(|(first, second, third)| [Some(first), second, third].into_iter().flatten().collect())
}

fn drift() -> impl Strategy<Value = Drift> {
    let role = || select(ROLES.to_vec());
    let policy = || select(POLICIES.to_vec());
    let path = || select(PATHS.to_vec());
    prop_oneof![
        (role(), 8..=10_usize).prop_map(|(role, policies)| Drift::Attach { role, policies }),
        (role(), 1..=3_usize, select(vec![20_usize, 3200, 9900, 10050]))
            .prop_map(|(role, policies, letters)| Drift::Inline { role, policies, letters }),
        (role(), 45..=50_usize).prop_map(|(role, keys)| Drift::Tags { role, keys }),
        (policy(), 45..=50_usize).prop_map(|(policy, keys)| Drift::PolicyTags { policy, keys }),
        (role(), select(vec!["TEAM", "Managed-By", "GENESYS-IAM:spec"]))
            .prop_map(|(role, key)| Drift::Retag { role, key }),
        role().prop_map(|role| Drift::Foreign { role }),
        (policy(), 1..=4_usize).prop_map(|(policy, more)| Drift::Versions { policy, more }),
        policy().prop_map(|policy| Drift::OldVersion { policy }),
        role().prop_map(|role| Drift::Detach { role }),
        role().prop_map(|role| Drift::DeletePolicy { role }),
        role().prop_map(|role| Drift::DeleteRole { role }),
        role().prop_map(|role| Drift::Trust { role }),
        (role(), policy()).prop_map(|(role, policy)| Drift::Bound { role, policy }),
        role().prop_map(|role| Drift::Unbound { role }),
        (policy(), role()).prop_map(|(policy, with)| Drift::Share { policy, with }),
        role().prop_map(|role| Drift::Profile { role }),
        (role(), path()).prop_map(|(name, path)| Drift::Role { name, path }),
        (policy(), path()).prop_map(|(name, path)| Drift::Policy { name, path }),
    ]
}

fn case() -> impl Strategy<Value = Case> {
    let room = prop::option::weighted(0.3, [0..4_usize, 0..4_usize, 0..5_usize]);
    let verifier = prop::option::weighted(0.2, select(vec!["role/Gamma", "role/none", "role/a/Verifier"]));
    (
        (roles(), prop::collection::vec(drift(), 0..6), roles()),
        room,
        verifier,
        select(vec![ID, ID, OTHER_ID]),
        select(vec!["", "--prune", "--adopt", "--adopt --prune"]),
        prop_oneof![4 => Just(Command::Apply), 1 => Just(Command::Destroy)],
        select(vec![Reads::Single, Reads::Bulk]),
    )
        .prop_map(|((before, drift, after), room, verifier, id, options, command, reads)| Case {
            before,
            drift,
            after,
            room,
            verifier,
            id,
            options,
            command,
            reads,
        })
}

/// `None` where the spec itself is at fault.
fn spec_of(roles: &[Wanted], id: &str, verifier: Option<&str>) -> Option<Spec> {
    let mut text = String::new();
    for (n, Wanted { name, lines, functions }) in roles.iter().enumerate() {
        let lines = lines.join("\n");
        if n == 0 {
            text.push_str(&spec_text(name, functions, id, &lines));
        } else {
            write!(text, "[[role]]\nname = {name:?}\nfunctions = {functions:?}\n{lines}\n").unwrap();
        }
    }
    if let Some(verifier) = verifier {
        write!(text, "[check]\nverifier = \"arn:aws:iam::{ACCOUNT}:{verifier}\"\n").unwrap();
    }
    spec::parse(&text, "test", &EmptyEnvironment).0
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow",
    "Principal":{"Service":"ec2.amazonaws.com"},"Action":"sts:AssumeRole"}}"#;

fn document(letters: usize) -> String {
    let sid = "x".repeat(letters);
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Sid":"{sid}","Effect":"Allow","Action":"s3:GetObject","Resource":"*"}}}}"#
    )
}

/// The text between two elements' tags, each time.
fn texts<'a>(answer: &'a str, name: &str) -> Vec<&'a str> {
    let (open, close) = (format!("<{name}>"), format!("</{name}>"));
    answer.split(&open).skip(1).map(|rest| rest.split(&close).next().unwrap()).collect()
}

/// The ARN of the account's policy with exactly this name.
fn arn_of(world: &World, name: &str) -> String {
    let (_, listed) = world.by_hand("ListPolicies", &[("Scope", "Local")]);
    let arns = texts(&listed, "Arn");
    let found = arns.into_iter().find(|arn| arn.rsplit('/').next() == Some(name));
    found.map_or_else(|| own_arn(name), str::to_owned)
}

fn own_arn(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:policy/{name}")
}

fn by_hand(world: &World, drift: &Drift) {
    let call = |action: &str, params: &[(&str, &str)]| drop(world.by_hand(action, params));
    let own = |role: &str| arn_of(world, &format!("GenesysLambdaInvokePolicy_{role}"));
    let tag = |action: &str, of: (&str, &str), key: &str| {
        call(action, &[of, ("Tags.member.1.Key", key), ("Tags.member.1.Value", "by hand")]);
    };
    match *drift {
        Drift::Attach { role, policies } => {
            for n in 0..policies {
                let (name, document) = (format!("other{n}"), document(1));
                call("CreatePolicy", &[("PolicyName", &name), ("PolicyDocument", &document)]);
                call("AttachRolePolicy", &[("RoleName", role), ("PolicyArn", &own_arn(&name))]);
            }
        }
        Drift::Inline { role, policies, letters } => {
            for n in 0..policies {
                let (name, document) = (format!("inline{n}"), document(letters));
                let what = [("RoleName", role), ("PolicyName", &name), ("PolicyDocument", &document)];
                call("PutRolePolicy", &what);
            }
        }
        Drift::Tags { role, keys } => {
            (0..keys).for_each(|n| tag("TagRole", ("RoleName", role), &format!("by-hand-{n}")));
        }
        Drift::PolicyTags { policy, keys } => {
            let arn = arn_of(world, policy);
            (0..keys).for_each(|n| tag("TagPolicy", ("PolicyArn", &arn), &format!("by-hand-{n}")));
        }
        Drift::Retag { role, key } => tag("TagRole", ("RoleName", role), key),
        Drift::Foreign { role } => {
            call("UntagRole", &[("RoleName", role), ("TagKeys.member.1", "genesys-iam:spec")]);
        }
        Drift::Versions { policy, more } => {
            let arn = arn_of(world, policy);
            for n in 0..more {
                let (document, is_default) = (document(n), if n % 2 == 0 { "true" } else { "false" });
                let what = [
                    ("PolicyArn", arn.as_str()),
                    ("PolicyDocument", &document),
                    ("SetAsDefault", is_default),
                ];
                call("CreatePolicyVersion", &what);
            }
        }
        Drift::OldVersion { policy } => {
            call("SetDefaultPolicyVersion", &[("PolicyArn", &arn_of(world, policy)), ("VersionId", "v1")]);
        }
        Drift::Detach { role } => {
            call("DetachRolePolicy", &[("RoleName", role), ("PolicyArn", &own(role))]);
        }
        Drift::DeletePolicy { role } => {
            call("DetachRolePolicy", &[("RoleName", role), ("PolicyArn", &own(role))]);
            call("DeletePolicy", &[("PolicyArn", &own(role))]);
        }
        Drift::DeleteRole { role } => {
            call("DetachRolePolicy", &[("RoleName", role), ("PolicyArn", &own(role))]);
            call("DeleteRole", &[("RoleName", role)]);
        }
        Drift::Trust { role } => {
            call("UpdateAssumeRolePolicy", &[("RoleName", role), ("PolicyDocument", TRUST)]);
        }
        Drift::Bound { role, policy } => {
            let arn = arn_of(world, policy);
            call("PutRolePermissionsBoundary", &[("RoleName", role), ("PermissionsBoundary", &arn)]);
        }
        Drift::Unbound { role } => call("DeleteRolePermissionsBoundary", &[("RoleName", role)]),
        Drift::Share { policy, with } => {
            call("AttachRolePolicy", &[("RoleName", with), ("PolicyArn", &arn_of(world, policy))]);
        }
        Drift::Profile { role } => {
            call("CreateInstanceProfile", &[("InstanceProfileName", "profile")]);
            call("AddRoleToInstanceProfile", &[("InstanceProfileName", "profile"), ("RoleName", role)]);
        }
        Drift::Role { name, path } => {
            let what = [("RoleName", name), ("Path", path), ("AssumeRolePolicyDocument", TRUST)];
            call("CreateRole", &what);
        }
        Drift::Policy { name, path } => {
            let document = document(1);
            call("CreatePolicy", &[("PolicyName", name), ("Path", path), ("PolicyDocument", &document)]);
        }
    }
}

/// A quota of what is there now and this much more.
fn limit(world: &World, seed: &Seed, room: [usize; 3]) {
    let (_, summary) = world.by_hand("GetAccountSummary", &[]);
    let used = |key: &str| {
        let entry = summary.split(&format!("<key>{key}</key>")).nth(1).unwrap();
        texts(entry, "value")[0].parse::<usize>().unwrap()
    };
    let [roles, policies, versions] = room;
    let text = format!(
        "quotas = {{ roles = {}, policies = {}, versions = {} }}",
        used("Roles") + roles,
        used("Policies") + policies,
        used("PolicyVersionsInUse") + versions
    );
    let scenario: Scenario = toml::from_str(&text).unwrap();
    world.sandbox.lock().unwrap().play(&scenario, seed, NOW).unwrap();
}

struct Ran {
    ended: Result<Status, CommandError>,
    said: String,
    /// Writes that IAM refused.
    refused: Vec<String>,
    writes: usize,
}

impl Ran {
    fn is_blocked(&self) -> bool {
        self.ended.as_ref().is_err_and(|error| error.status() == Status::Refused)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Do {
    Plan,
    CarryOut,
}

async fn run(world: &Arc<World>, spec: &Spec, case: &Case, what: Do) -> Ran {
    let wire = Wire::new(Arc::clone(world) as _, None);
    let session =
        Session { reads: case.reads, ..Session::new(spec.clone(), connect(spec, &wire).await, None) };
    let (output, interrupt) = (Output::capture(), Interrupt::default());
    let options = case.options;
    let ended = match (what, case.command) {
        (Do::Plan, _) => Box::pin(plan::run_in(session, &args::plan(options), &output)).await,
        (Do::CarryOut, Command::Apply) => {
            let args = args::apply(&format!("--yes --no-check --wait 20 {options}"));
            Box::pin(apply::run_in(session, &args, &interrupt, &output)).await
        }
        (Do::CarryOut, Command::Destroy) => {
            let args = args::destroy("--yes --wait 20");
            Box::pin(destroy::run_in(session, &args, &interrupt, &output)).await
        }
    };
    let writes: Vec<_> = wire.calls().into_iter().filter(|call| call.is_write()).collect();
    let refused = writes.iter().filter(|call| !call.carried_out).map(|call| call.operation.clone()).collect();
    Ran { ended, said: output.captured(), refused, writes: writes.len() }
}

async fn promise(case: &Case) -> Result<&'static str, TestCaseError> {
    let Some(before) = spec_of(&case.before, ID, None) else { return Ok("a faulty spec") };
    let Some(after) = spec_of(&case.after, case.id, case.verifier) else { return Ok("a faulty spec") };
    let seed = seed(&before);
    let world = World::new(Sandbox::new(&seed));
    for (name, path) in [("Bound", "/"), ("Shared", "/")] {
        by_hand(&world, &Drift::Policy { name, path });
    }
    by_hand(&world, &Drift::Role { name: "Verifier", path: "/" });
    let first = Case { command: Command::Apply, options: "--adopt", ..case.clone() };
    Box::pin(run(&world, &before, &first, Do::CarryOut)).await;
    for drift in &case.drift {
        by_hand(&world, drift);
    }
    world.sandbox.lock().unwrap().seed(&genesys_iam::commands::loading::seed(&after));
    if let Some(room) = case.room {
        limit(&world, &seed, room);
    }
    let as_it_was = world.copy().fingerprint();
    let planned = match case.command {
        Command::Apply => Some(Box::pin(run(&world, &after, case, Do::Plan)).await),
        Command::Destroy => None,
    };
    let made = Box::pin(run(&world, &after, case, Do::CarryOut)).await;
    let told = || format!("{:?}\nwrites {}\n{}", made.ended, made.writes, made.said);
    if let Some(planned) = &planned {
        prop_assert_eq!(planned.is_blocked(), made.is_blocked(), "plan: {}\napply: {}", planned.said, told());
    }
    if made.is_blocked() {
        prop_assert_eq!(made.writes, 0, "{}", told());
        prop_assert_eq!(world.copy().fingerprint(), as_it_was, "{}", told());
        return Ok("blocked");
    }
    // A destruction says of what the spec no longer has that it is left.
    let is_done = |run: &Ran| match run.ended {
        Ok(Status::Refused) => {
            matches!(case.command, Command::Destroy) && run.said.contains("no longer in it, and left")
        }
        ref ended => matches!(ended, Ok(Status::Done)),
    };
    prop_assert!(is_done(&made), "{}", told());
    prop_assert!(made.refused.is_empty(), "refused: {:?}\n{}", made.refused, told());
    let again = Box::pin(run(&world, &after, case, Do::CarryOut)).await;
    prop_assert!(is_done(&again), "again: {:?}\n{}\nfirst: {}", again.ended, again.said, told());
    prop_assert_eq!(again.writes, 0, "again: {}\nfirst: {}", again.said, told());
    Ok(if made.writes == 0 { "nothing to do" } else { "carried out" })
}

#[test]
fn what_a_plan_calls_doable_is_done_without_a_refusal_and_what_it_blocks_is_not_begun() {
    // An unoptimized apply within a search takes more than a test's 2 MiB of stack.
    let thread = std::thread::Builder::new().stack_size(16 << 20).spawn(search).unwrap();
    thread.join().unwrap_or_else(|panic| std::panic::resume_unwind(panic));
}

fn search() {
    let cases = std::env::var("PROPTEST_CASES").ok().and_then(|cases| cases.parse().ok()).unwrap_or(128);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 400, ..Config::default() };
    let seen = std::cell::RefCell::new(std::collections::BTreeMap::<&str, u32>::new());
    TestRunner::new(config)
        .run(&case(), |case| {
            let kind = virtual_time().block_on(Box::pin(promise(&case)))?;
            *seen.borrow_mut().entry(kind).or_default() += 1;
            Ok(())
        })
        .unwrap_or_else(|error| panic!("{error}"));
    // The search is only worth something if both happen.
    let seen = seen.into_inner();
    for kind in ["carried out", "blocked"] {
        assert!(seen.get(kind).copied().unwrap_or_default() > cases / 32, "{seen:?}");
    }
}
