//! Many roles: reading them one by one or in bulk must give the same result.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicUsize, Ordering::Relaxed};
use std::sync::{Arc, Mutex};

use crate::support::args;
use crate::support::http_stub::aws_error;
use crate::support::wire::{Endpoint, Wire};
use crate::support::world::{
    ACCOUNT, ID, OTHER_ID, World, clean, connect, fleet_of, fleet_text, spec_text, virtual_time,
};
use crate::support::{EXAMPLE, Project};
use aws_sdk_iam::types::Tag;
use genesys_iam::apply::Interrupt;
use genesys_iam::arn::Arn;
use genesys_iam::aws::{Clients, Freshness, survey};
use genesys_iam::commands::apply;
use genesys_iam::commands::loading::seed;
use genesys_iam::commands::session::Session;
use genesys_iam::model::resolve;
use genesys_iam::model::{DesiredState, LiveState, LookForOrphans};
use genesys_iam::plan::Reads;
use genesys_iam::render::output::Output;
use genesys_iam::sandbox::Sandbox;
use genesys_iam::spec::Spec;
use proptest::prelude::*;
use proptest::sample::{Index, select};
use tokio::time::Instant;

const DOCUMENTS: [&str; 3] = [
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:Get+Object","Resource":"arn:aws:s3:::a%2Fb/*"}}"#,
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Sid":"A","Effect":"Allow","Action":["a:b","c:d"],"Resource":"*"}]}"#,
];
const TRUST: [&str; 2] = [
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#,
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"é \"x\""}}}}"#,
];
const AWS_MANAGED: [&str; 2] =
    ["arn:aws:iam::aws:policy/ReadOnlyAccess", "arn:aws:iam::aws:policy/SecurityAudit"];

/// A change to an account.
#[derive(Debug, Clone)]
enum Mutation {
    Trust(usize),
    Version(usize),
    /// The very first version becomes the default.
    RollBack,
    Inline(String, usize),
    Attach(String),
    OwnPolicyOfAnother(Index),
    Boundary(String),
    Attributes(String, i32),
    TagRole(String, String),
    TagPolicy(String, String),
    UntagPolicy(String),
    Detach,
    DeleteRole,
    DeletePolicy,
    /// An unrelated policy with a path.
    Stray(String, usize),
}

fn mutation() -> impl Strategy<Value = Mutation> {
    let document = 0..DOCUMENTS.len();
    let name = || select(vec!["a", "b", "c"]).prop_map(str::to_owned);
    let key = || select(vec!["team", "managed-by", "genesys-iam:spec", "x"]).prop_map(str::to_owned);
    let value = || select(vec!["", "test", "genesys-iam", "other"]).prop_map(str::to_owned);
    let policy = || {
        let own = ["x", "y"].map(|name| format!("arn:aws:iam::{ACCOUNT}:policy/p/{name}"));
        select(own.into_iter().chain(AWS_MANAGED.map(str::to_owned)).collect::<Vec<_>>())
    };
    prop_oneof![
        (0..TRUST.len()).prop_map(Mutation::Trust),
        document.clone().prop_map(Mutation::Version),
        Just(Mutation::RollBack),
        (name(), document.clone()).prop_map(|(name, document)| Mutation::Inline(name, document)),
        policy().prop_map(Mutation::Attach),
        any::<Index>().prop_map(Mutation::OwnPolicyOfAnother),
        policy().prop_map(Mutation::Boundary),
        (select(vec!["", "by hand"]), select(vec![3600, 7200]))
            .prop_map(|(text, n)| Mutation::Attributes(text.to_owned(), n)),
        (key(), value()).prop_map(|(key, value)| Mutation::TagRole(key, value)),
        (key(), value()).prop_map(|(key, value)| Mutation::TagPolicy(key, value)),
        key().prop_map(Mutation::UntagPolicy),
        Just(Mutation::Detach),
        Just(Mutation::DeleteRole),
        Just(Mutation::DeletePolicy),
        (name(), document).prop_map(|(name, document)| Mutation::Stray(name, document)),
    ]
}

/// Applies it as far as IAM allows.
async fn act(clients: &Clients, desired: &DesiredState, role: &Index, mutation: &Mutation) {
    let iam = &clients.iam;
    let role = &desired.roles[role.index(desired.roles.len())];
    let (name, policy) = (&role.role.name, role.policy.arn.to_string());
    let tag = |key: &str, value: &str| Tag::builder().key(key).value(value).build().unwrap();
    match mutation {
        Mutation::Trust(n) => {
            drop(iam.update_assume_role_policy().role_name(name).policy_document(TRUST[*n]).send().await)
        }
        Mutation::Version(n) => drop(
            iam.create_policy_version()
                .policy_arn(policy)
                .policy_document(DOCUMENTS[*n])
                .set_as_default(*n != 1)
                .send()
                .await,
        ),
        Mutation::RollBack => {
            drop(iam.set_default_policy_version().policy_arn(policy).version_id("v1").send().await)
        }
        Mutation::Inline(inline, n) => drop(
            iam.put_role_policy()
                .role_name(name)
                .policy_name(inline)
                .policy_document(DOCUMENTS[*n])
                .send()
                .await,
        ),
        Mutation::Attach(arn) => drop(iam.attach_role_policy().role_name(name).policy_arn(arn).send().await),
        Mutation::OwnPolicyOfAnother(other) => {
            let other = desired.roles[other.index(desired.roles.len())].policy.arn.to_string();
            drop(iam.attach_role_policy().role_name(name).policy_arn(other).send().await);
        }
        Mutation::Boundary(arn) => {
            drop(iam.put_role_permissions_boundary().role_name(name).permissions_boundary(arn).send().await)
        }
        Mutation::Attributes(text, seconds) => drop(
            iam.update_role().role_name(name).description(text).max_session_duration(*seconds).send().await,
        ),
        Mutation::TagRole(key, value) => {
            drop(iam.tag_role().role_name(name).tags(tag(key, value)).send().await)
        }
        Mutation::TagPolicy(key, value) => {
            drop(iam.tag_policy().policy_arn(policy).tags(tag(key, value)).send().await)
        }
        Mutation::UntagPolicy(key) => drop(iam.untag_policy().policy_arn(policy).tag_keys(key).send().await),
        Mutation::Detach => drop(iam.detach_role_policy().role_name(name).policy_arn(policy).send().await),
        Mutation::DeleteRole => {
            for policy in [policy.as_str(), AWS_MANAGED[0], AWS_MANAGED[1]] {
                drop(iam.detach_role_policy().role_name(name).policy_arn(policy).send().await);
            }
            drop(iam.delete_role().role_name(name).send().await);
        }
        Mutation::DeletePolicy => drop(iam.delete_policy().policy_arn(policy).send().await),
        Mutation::Stray(stray, n) => drop(
            iam.create_policy()
                .policy_name(stray)
                .path("/stray/")
                .policy_document(DOCUMENTS[*n])
                .send()
                .await,
        ),
    }
}

async fn converge(world: &Arc<World>, spec: &Spec) {
    let session = Session::new(spec.clone(), clean(world, spec).await, None);
    let args = args::apply("--yes --no-check --wait 0");
    apply::run_in(session, &args, &Interrupt::default(), &Output::capture()).await.unwrap();
}

/// The reading, and how many calls of each name it took.
async fn read(
    world: &Arc<World>,
    spec: &Spec,
    look: LookForOrphans,
    reads: Reads,
) -> (LiveState, BTreeMap<String, usize>) {
    let wire = Wire::new(Arc::clone(world) as _, None);
    let clients = connect(spec, &wire).await;
    let desired = resolve(spec, &BTreeMap::new());
    let live = survey(&clients, &desired, look, reads, Freshness::Settled).await.unwrap();
    let mut calls = BTreeMap::new();
    for call in wire.calls() {
        *calls.entry(call.operation).or_default() += 1;
    }
    (live, calls)
}

/// Without the tags of attached policies that cannot belong to this spec under another name.
fn comparable(mut live: LiveState, desired: &DesiredState) -> LiveState {
    let is_some_roles = |arn: &Arn| desired.roles.iter().any(|role| role.policy.arn == *arn);
    for (name, one) in &mut live.roles {
        let own = desired.roles.iter().find(|role| role.role.name == *name).map(|role| &role.policy.arn);
        for (arn, policy) in one.role.iter_mut().flat_map(|role| &mut role.attached) {
            if Some(arn) != own && is_some_roles(arn) {
                policy.tags.clear();
            }
        }
    }
    live
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(60) })]

    #[test]
    fn reading_singly_and_in_bulk_come_to_the_same(
        roles in 1..5usize,
        mutations in prop::collection::vec((any::<Index>(), mutation()), 0..14),
        page in prop_oneof![Just(1000), 1..4usize],
    ) {
        virtual_time().block_on(async {
            let spec = fleet_of(roles, OTHER_ID);
            let wanted = fleet_of(roles, ID);
            let world = World::new(Sandbox::new(&seed(&fleet_of(roles + 1, ID))));
            let clients = clean(&world, &spec).await;
            for name in ["x", "y"] {
                let policy = clients.iam.create_policy().policy_name(name).path("/p/");
                policy.policy_document(DOCUMENTS[0]).send().await.unwrap();
            }
            // One more role than is wanted later.
            converge(&world, &fleet_of(roles + 1, OTHER_ID)).await;
            let desired = resolve(&fleet_of(roles + 1, ID), &BTreeMap::new());
            for (role, mutation) in &mutations {
                act(&clients, &desired, role, mutation).await;
            }
            world.sandbox.lock().unwrap().set_page_limit(page);
            for spec in [&spec, &wanted] {
                let (singly, _) = read(&world, spec, LookForOrphans::Read, Reads::Single).await;
                let (mut in_bulk, _) = read(&world, spec, LookForOrphans::Read, Reads::Bulk).await;
                // Extra data in the listings that nothing depends on.
                in_bulk.namesakes = None;
                let desired = resolve(spec, &BTreeMap::new());
                let (singly, in_bulk) = (comparable(singly, &desired), comparable(in_bulk, &desired));
                prop_assert_eq!(&singly.orphans, &in_bulk.orphans);
                for (name, live) in &singly.roles {
                    prop_assert_eq!(live, &in_bulk.roles[name], "{}", name);
                }
                prop_assert_eq!(singly, in_bulk);
            }
            Ok(())
        })?;
    }
}

#[test]
fn what_each_way_costs() {
    virtual_time().block_on(async {
        let spec = fleet_of(120, ID);
        let world = World::new(Sandbox::new(&seed(&spec)));
        converge(&world, &spec).await;
        let (_, bulk) = read(&world, &spec, LookForOrphans::Named, Reads::Auto).await;
        let expected = [("GetAccountAuthorizationDetails", 2), ("GetResources", 2), ("ListRoles", 1)];
        assert_eq!(bulk, expected.map(|(name, count)| (name.to_owned(), count)).into());
        let (_, singly) = read(&world, &spec, LookForOrphans::Named, Reads::Single).await;
        let total: usize = singly.values().sum();
        assert_eq!(total, 6 * 120 + 1, "{singly:?}");
        // An account with so many pages that reading role by role takes fewer calls.
        world.sandbox.lock().unwrap().set_page_limit(1);
        let few = fleet_of(6, ID);
        let (_, given_up) = read(&world, &few, LookForOrphans::Named, Reads::Auto).await;
        assert!(given_up["ListRoles"] <= 12 && given_up["GetPolicy"] == 6, "{given_up:?}");
        let (_, one) = read(&world, &fleet_of(1, ID), LookForOrphans::Named, Reads::Auto).await;
        assert!(!one.contains_key("ListRoles"), "{one:?}");
    });
}

/// Two specs for two accounts in a folder, and a broken one elsewhere.
fn two_specs() -> Project {
    let project = Project::example();
    std::fs::create_dir(project.path("specs")).unwrap();
    for (name, account) in [("dev", "111122223333"), ("prod", "444455556666")] {
        let text = fleet_text(2, ID).replace("\"test\"", &format!("{name:?}")).replace(ACCOUNT, account);
        std::fs::write(project.path(&format!("specs/{name}.toml")), text).unwrap();
    }
    std::fs::write(project.path("broken.toml"), "nothing = 1\n").unwrap();
    project
}

#[test]
fn several_specs_are_planned_applied_checked_and_destroyed_in_one_go() {
    let project = two_specs();
    let all = |args: &[&str]| project.sandbox(&[&["--file", "specs"], args].concat());
    all(&["plan", "--detailed-exitcode"])
        .expect(2)
        .says("── specs/dev.toml ──")
        .says("2 specs: 12 to create.");
    all(&["apply", "--yes"])
        .expect(0)
        .says("[specs/dev.toml] done   CreateRole role `R0`")
        .says("[specs/prod.toml] done   CreateRole role `R1`");
    all(&["plan", "--detailed-exitcode"]).expect(0).says("2 specs: no changes.");
    all(&["check", "--require", "assumed"]).expect(0);
    all(&["validate"]).expect(0).says("specs/dev.toml: 2 roles").says("specs/prod.toml: 2 roles");
    all(&["destroy", "--yes", "--role", "R1"]).expect(0).says_not("DeleteRole role `R0`");
    all(&["plan", "--account", "444455556666"])
        .expect(0)
        .says("3 to create")
        .says("left out by `--account`: specs/dev.toml")
        .says_not("── specs/dev.toml");
    all(&["destroy", "--yes"]).expect(0);
    all(&["plan", "--format", "markdown"]).expect(0).says("| `specs/dev.toml` | **6 to create**");
}

#[test]
fn of_many_roles_in_several_files_each_is_named_with_its_file() {
    let project = two_specs();
    for (name, account) in [("dev", "111122223333"), ("prod", "444455556666")] {
        let text = fleet_text(6, ID).replace("\"test\"", &format!("{name:?}")).replace(ACCOUNT, account);
        std::fs::write(project.path(&format!("specs/{name}.toml")), text).unwrap();
    }
    let all = |args: &[&str]| project.sandbox(&[&["--file", "specs"], args].concat());
    all(&["apply", "--yes", "--no-check"]).expect(0);
    all(&["check"])
        .expect(0)
        .says("12 roles (R0 [specs/dev.toml], R1 [specs/dev.toml], R2 [specs/dev.toml] and 9 more)");
}

#[test]
fn a_spec_that_fails_keeps_no_other_from_being_worked_on() {
    let project = two_specs();
    let all = |args: &[&str]| {
        project.sandbox(
            &[&["--file", "broken.toml", "--file", "specs/dev.toml", "--file", "specs"], args].concat(),
        )
    };
    all(&["plan"])
        .expect(1)
        .says("unknown key `nothing`")
        .says("3 specs: 2 read; 12 to create")
        .says("1 spec failed");
    all(&["apply", "--yes", "--no-check"]).expect(1).says("[specs/prod.toml] done");
    let plan = all(&["plan", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&plan.expect(1).stdout).unwrap();
    assert_eq!(json["exit_status"], 1);
    assert_eq!(json["specs"][0]["error"]["exit_status"], 1);
    assert_eq!(json["specs"][1]["plan"]["summary"]["create"], 0);
    assert_eq!(json["specs"].as_array().unwrap().len(), 3);
    let check = all(&["check", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&check.expect(1).stdout).unwrap();
    assert_eq!(json["specs"][2]["report"]["levels"]["assumed"], true);
}

#[test]
fn what_takes_one_spec_says_so_and_so_does_a_selection_of_nothing() {
    let project = two_specs();
    for args in [&["check", "--invoke", "f0"][..], &["init"]] {
        project
            .sandbox(&[&["--file", "specs"], args].concat())
            .expect(64)
            .says("takes one spec")
            .says("help:");
    }
    project.sandbox(&["plan", "--role", "none*"]).expect(64).says("there is no role `none*`");
    project.sandbox(&["plan", "--account", "1"]).expect(64);
    project.sandbox(&["plan", "--role", "R*", "--prune"]).expect(64);
    std::fs::create_dir(project.path("empty")).unwrap();
    project.sandbox(&["--file", "empty", "validate"]).expect(1).says("`empty` contains no spec");
}

#[test]
fn a_part_of_a_spec_is_planned_saved_and_applied_and_the_rest_is_left_alone() {
    let project = Project::new(&fleet_text(3, ID));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&fleet_text(3, OTHER_ID));
    project.sandbox(&["plan", "--role", "R[12]", "--role", "R?"]).expect(64).says("there is no role `R[12]`");
    let plan = project.sandbox(&["plan", "--role", "R?", "--role", "R1", "--out", "p.json"]);
    plan.expect(0).says("3 to change");
    project
        .sandbox(&["plan", "--role", "R1", "--out", "p.json"])
        .expect(0)
        .says("1 to change")
        .says_not("role R2\n");
    project.sandbox(&["apply", "p.json", "--role", "R2"]).expect(3).says("the plan is for the roles R1");
    project
        .sandbox(&["apply", "p.json", "--no-check"])
        .expect(0)
        .says("done   UpdateAssumeRolePolicy role `R1`")
        .says_not("role `R2`\n");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2).says("2 to change");
    project.sandbox(&["plan", "--detailed-exitcode", "--role", "R1"]).expect(0);
}

/// The sandbox behind a token bucket, like IAM. Time is virtual.
struct Throttled {
    world: Arc<World>,
    bucket: Mutex<(f64, Instant)>,
    refused: AtomicUsize,
}

const RATE: f64 = 20.0;
const BURST: f64 = 50.0;

impl Endpoint for Throttled {
    fn answer(&self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        let mut bucket = self.bucket.lock().unwrap();
        let now = Instant::now();
        bucket.0 = (bucket.0 + RATE * (now - bucket.1).as_secs_f64()).min(BURST);
        bucket.1 = now;
        if bucket.0 < 1.0 {
            self.refused.fetch_add(1, Relaxed);
            return aws_error(400, "Throttling", "Rate exceeded");
        }
        bucket.0 -= 1.0;
        self.world.answer(request)
    }
}

#[test]
fn a_fleet_is_read_singly_through_a_narrow_gate_without_a_failure() {
    virtual_time().block_on(async {
        let spec = fleet_of(60, ID);
        let world = World::new(Sandbox::new(&seed(&spec)));
        converge(&world, &spec).await;
        let bucket = Mutex::new((BURST, Instant::now()));
        let throttled = Arc::new(Throttled { world, bucket, refused: AtomicUsize::new(0) });
        let clients = connect(&spec, &Wire::new(Arc::clone(&throttled) as _, None)).await;
        let desired = resolve(&spec, &BTreeMap::new());
        let began = Instant::now();
        let live = {
            let (no, settled) = (LookForOrphans::No, Freshness::Settled);
            survey(&clients, &desired, no, Reads::Single, settled).await.unwrap()
        };
        assert_eq!(live.roles.len(), 60);
        let bound = (360.0 - BURST) / RATE;
        let seconds = (Instant::now() - began).as_secs_f64();
        let refused = throttled.refused.load(Relaxed);
        assert!(seconds < bound * 1.1 && refused < 31, "{seconds} s of {bound} s, {refused} refusals");
    });
}

#[test]
fn a_role_that_two_specs_of_one_account_have_is_named_before_anything_is_done() {
    let project = Project::new(&spec_text("R", &["f"], ID, ""));
    let other = spec_text("r", &["g"], ID, "").replace("\"test\"", "\"other\"");
    std::fs::write(project.path("other.toml"), &other).unwrap();
    let both = ["--file", "genesys.toml", "--file", "other.toml"];
    for args in [&["validate"][..], &["plan"], &["apply", "--yes"], &["destroy", "--yes"]] {
        let run = project.sandbox(&[&both[..], args].concat());
        run.expect(1)
            .says("role `r` of AWS account 111122223333 is in two specs: genesys.toml and other.toml");
        run.says("help: keep it in one of them");
    }
    // Policies have their own names, and another account has other roles.
    std::fs::write(
        project.path("other.toml"),
        other.replace("name = \"r\"", "name = \"S\"\npolicy_name = \"GenesysLambdaInvokePolicy_R\""),
    )
    .unwrap();
    project
        .run(&[&both[..], &["validate", "--json"]].concat())
        .expect(1)
        .says("policy `GenesysLambdaInvokePolicy_R`");
    std::fs::write(project.path("other.toml"), other.replace(ACCOUNT, "444455556666")).unwrap();
    project.run(&[&both[..], &["validate"]].concat()).expect(0);
    // All of them are named at once.
    let two = spec_text("A", &["f"], ID, "") + "\n[[role]]\nname = \"B\"\nfunctions = [\"g\"]\n";
    std::fs::write(project.path("genesys.toml"), &two).unwrap();
    std::fs::write(project.path("other.toml"), two.replace("\"test\"", "\"other\"")).unwrap();
    project.run(&[&both[..], &["validate"]].concat()).expect(1).says(
        "role `A` of AWS account 111122223333 is in two specs: genesys.toml and other.toml; so is role `B`",
    );
}

#[test]
fn a_spec_that_cannot_be_read_outweighs_one_that_is_blocked_in_every_format() {
    let project = Project::new(&spec_text(
        "R",
        &["f"],
        ID,
        "permissions_boundary = \"arn:aws:iam::111122223333:policy/none\"",
    ));
    let other = spec_text("S", &["g"], ID, "descr = \"x\"").replace("\"test\"", "\"other\"");
    std::fs::write(project.path("other.toml"), other).unwrap();
    let both = ["--file", "genesys.toml", "--file", "other.toml", "plan", "--format"];
    for format in ["text", "markdown", "json", "html"] {
        project
            .sandbox(&[&both[..], &[format]].concat())
            .expect(1)
            .says("the plan is blocked, nothing was changed");
    }
    let json = project.sandbox(&[&both[..], &["json"]].concat()).stdout;
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["exit_status"], 1, "{json:#}");
    let comment = project.sandbox(&[&both[..], &["markdown"]].concat());
    comment.says("2 specs: **1 FAILED**; of the 1 that could be read: ");
}

#[test]
fn an_integration_or_data_action_that_two_specs_have_is_named_before_anything_is_done() {
    let spec = |name: &str, account: &str, id: &str, integration: &str| {
        let tables = format!("[role.integration]\n{integration}\n");
        spec_text(name, &["f"], id, &tables)
            .replace("\"test\"", &format!("\"{name}\""))
            .replace(ACCOUNT, account)
    };
    let project = Project::new(&spec("a", ACCOUNT, ID, "name = \"Orders\""));
    let both = ["--file", "genesys.toml", "--file", "other.toml"];
    let with = |other: &str| std::fs::write(project.path("other.toml"), other).unwrap();
    // An organization is not an account's.
    with(&spec("b", "444455556666", ID, "name = \"orders\""));
    for args in [&["validate"][..], &["validate", "--json"], &["plan"], &["apply", "--yes"]] {
        let run = project.sandbox(&[&both[..], args].concat());
        run.expect(1).says("the integration `orders` is in two specs: genesys.toml and other.toml");
        run.says("an integration has one credential, which holds one role");
    }
    // Another organization has its own.
    let another = "99999999-8888-4777-8666-555555555555";
    with(&spec("b", ACCOUNT, another, "name = \"Orders\""));
    project.run(&[&both[..], &["validate"]].concat()).expect(0);
    // Two of one name may be told apart by their IDs, and one of two names by its ID.
    let of = |name: &str, id: &str| format!("name = \"{name}\"\nid = \"{id}\"");
    let (one, two) = ("11111111-2222-4333-8444-555555555555", "21111111-2222-4333-8444-555555555555");
    std::fs::write(project.path("genesys.toml"), spec("a", ACCOUNT, ID, &of("Orders", one))).unwrap();
    with(&spec("b", ACCOUNT, ID, &of("Orders", two)));
    project.run(&[&both[..], &["validate"]].concat()).expect(0);
    with(&spec("b", ACCOUNT, ID, &of("Others", one)));
    project.run(&[&both[..], &["validate"]].concat()).expect(1).says("integration ID");
    // Of organizations that only the environment tells, those of one variable are one.
    let kept = |spec: String, variable: &str| {
        spec.replace(&format!("external_id = \"{ID}\""), &format!("external_id = {{ env = \"{variable}\" }}"))
    };
    let named = |spec_name: &str, variable| kept(spec(spec_name, ACCOUNT, ID, "name = \"Orders\""), variable);
    std::fs::write(project.path("genesys.toml"), named("a", "GENESYS_EXTERNAL_ID_PROD")).unwrap();
    with(&named("b", "GENESYS_EXTERNAL_ID_TEST"));
    project.run(&[&both[..], &["validate"]].concat()).expect(0);
    with(&named("b", "GENESYS_EXTERNAL_ID_PROD"));
    project
        .run(&[&both[..], &["validate"]].concat())
        .expect(1)
        .says("the integration `Orders` is in two specs");
}

#[test]
fn a_large_plan_shows_once_what_happens_to_many_roles_alike() {
    let tagged = |team: &str, more: &str| {
        let roles: String = (0..14)
            .map(|n| {
                format!(
                    "[[role]]\nname = \"Role-{n}\"\nfunctions = [\"f\"]\n{}\n",
                    if n == 3 { more } else { "" }
                )
            })
            .collect();
        let head =
            EXAMPLE.split("[[role]]").next().unwrap().replace("contact-centre\" }", &format!("{team}\" }}"));
        format!("{head}{roles}")
    };
    let project = Project::new(&tagged("one", ""));
    // New roles differ in nothing but their names.
    let new = project.sandbox(&["plan"]);
    new.expect(0).says("role Role-0\n").says_not("role Role-1\n").says("42 to create");
    new.says("the same for 13 more roles, each with its own name: Role-1, Role-2, Role-3,");
    assert!(new.stdout.lines().count() < 80, "{}", new.stdout);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    // One to which something else happens is shown for itself, and marked as it is.
    project.write_spec(&tagged("two", "max_session_duration = 7200"));
    let changed = project.sandbox(&["plan"]);
    changed.expect(0).says("role Role-0\n").says("role Role-3\n").says_not("role Role-2\n");
    changed
        .says("the same for 12 more roles, each with its own name: Role-1, Role-2, Role-4,")
        .says("7200 s");
    let comment = project.sandbox(&["plan", "--format", "markdown"]);
    comment.expect(0).says("**The same for 12 more roles**").says("### `Role-3`").says_not("### `Role-2`");
    let summary = project.sandbox(&["plan", "--summary"]);
    summary
        .expect(0)
        .says("13 roles alike: Role-0, Role-1, Role-2 and 10 more  ~2  <- WIDER\n")
        .says("role Role-3  ~3  <- WIDER\n");
    summary.says_not("TagRole").says("29 to change");
    // Each with a function of its own: these are named.
    let own = |change: &str| {
        let role = |n| format!("[[role]]\nname = \"Own-{n}\"\nfunctions = [\"f-{n}\"]\n");
        let head = EXAMPLE
            .split("[[role]]")
            .next()
            .unwrap()
            .replace("contact-centre\" }", &format!("{change}\" }}"));
        format!("{head}{}", (0..14).map(role).collect::<String>())
    };
    let project = Project::new(&own("one"));
    let new = project.sandbox(&["plan"]);
    new.expect(0).says("each with its own name and functions:\n    Own-1: f-1\n    Own-2: f-2\n");
    // What stays as it is does not tell them apart.
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&own("two"));
    project.sandbox(&["plan"]).expect(0).says("the same for 13 more roles").says("    Own-13: f-13\n");
    // And what no longer fits a saved plan is a page, not a book.
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0);
    project.write_spec(&own("three"));
    let refused = project.sandbox(&["apply", "plan.json"]);
    refused.expect(3).says("`tags` of the role of `Own-0` was").says("\n  and 16 more differences\n");
    // Nor does what a change repeats as it is, or a function's name within the external ID.
    let described = |seconds: u32| {
        let role = |n: u32| {
            format!(
                "[[role]]\nname = \"Role{n}\"\nfunctions = [\"f{n}\"]\ndescription = \"For team {n}\"\nmax_session_duration = {seconds}\n"
            )
        };
        format!("{}{}", EXAMPLE.split("[[role]]").next().unwrap(), (0..14).map(role).collect::<String>())
    };
    let project = Project::new(&described(3600));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&described(7200));
    project.sandbox(&["plan"]).expect(0).says("the same for 13 more roles").says("    Role9: f9\n");
    let project = Project::new(&tagged("two", ""));
    // Few roles are shown one by one.
    let few = project.sandbox(&["plan", "--role", "Role-1*"]);
    few.expect(0).says("role Role-1\n").says("role Role-13\n").says_not("the same for");
}

#[test]
fn except_leaves_out_roles_and_the_plan_says_which() {
    let spec = format!(
        "name = \"all\"\n{EXAMPLE}\n[[role]]\nname = \"Team07\"\nfunctions = [\"seven\"]\n\n[[role]]\nname = \"Team08\"\nfunctions = [\"eight\"]\n"
    );
    let project = Project::new(&spec);
    let plan = project.sandbox(&["plan", "--except", "Team0*"]);
    plan.expect(0)
        .says("roles `Team07` and `Team08` of the spec are left out of this plan")
        .says("3 to create");
    project
        .sandbox(&["plan", "--except", "Team08", "--json"])
        .expect(0)
        .says("role `Team08` of the spec is left out");
    project
        .sandbox(&["plan", "--except", "Team08", "--format", "markdown"])
        .expect(0)
        .says("`Team08` of the spec is left out");
    // A saved plan is for the same roles, whatever its command line repeats.
    project.sandbox(&["plan", "--except", "Team08", "--out", "plan.json"]).expect(0);
    project
        .sandbox(&["apply", "plan.json", "--except", "Team07"])
        .expect(3)
        .says("`--except` says otherwise");
    project
        .sandbox(&["apply", "plan.json"])
        .expect(0)
        .says("CreateRole role `Team07`")
        .says_not("CreateRole role `Team08`");
    project.sandbox(&["check", "--except", "Team08"]).expect(0);
    project.sandbox(&["check"]).expect(4);
    for wrong in [
        &["--except", "*"][..],
        &["--except", "Team9"],
        &["--role", "Team08", "--except", "Team08"],
        &["--role", "Team07", "--prune"],
    ] {
        project.sandbox(&[&["plan"], wrong].concat()).expect(64);
    }
    project.sandbox(&["plan", "--except", "team08"]).expect(64).says("did you mean `Team08`?");
}
