//! No open door: in no state between two writes can anyone do what was refused before and will be refused after.
//!
//! The judge does not know how the planner proves its orders: it puts its own requests to the policy language.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::LazyLock;

use genesys_iam::arn::Arn;
use genesys_iam::model::{
    AttachedPolicy, DesiredState, Live, LivePolicy, LiveRole, LiveState, ManagedPolicy, PolicyVersion, Role,
    RoleRecord, resolve,
};
use genesys_iam::plan::iam::IamChange;
use genesys_iam::plan::{Change, Notice, RolePlan, destroy, diff};
use genesys_iam::policy::{Context, Decision, Document, Policies, Principal, Request, evaluate};
use genesys_iam::spec::{self, EmptyEnvironment};
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use serde_json::{Value, json};

const ACCOUNT: &str = "111122223333";
const ROLE: &str = "R";
const OLD_ID: &str = "11111111-1111-4111-8111-111111111111";
const NEW_ID: &str = "22222222-2222-4222-8222-222222222222";
const GENESYS: &str = "765628985471";
const VERIFIER: &str = "arn:aws:iam::111122223333:role/verifier";

fn function(name: &str) -> String {
    format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:{name}")
}

fn arn(resource: &str) -> Arn {
    format!("arn:aws:iam::{ACCOUNT}:{resource}").parse().unwrap()
}

/// The planner's input: the current role and the wanted one.
#[derive(Debug, Clone)]
struct Scenario {
    trust: Value,
    own: Value,
    is_attached: bool,
    extras: Vec<(bool, Value)>,
    boundary: Option<Value>,
    wanted_boundary: WantedBoundary,
    other_boundary: Value,
    functions: Vec<&'static str>,
    removes: bool,
    has_verifier: bool,
    versions: u32,
    team: Option<&'static str>,
    is_destroy: bool,
}

#[derive(Debug, Clone, Copy)]
enum WantedBoundary {
    Unmentioned,
    None,
    Other,
    Own,
}

fn actions() -> impl Strategy<Value = Value> {
    let names = [
        "lambda:InvokeFunction",
        "lambda:Invoke*",
        "lambda:*",
        "s3:GetObject",
        "s3:*",
        "*",
        "lambda:GetFunction",
    ];
    prop::collection::vec(select(names.to_vec()), 1..3).prop_map(|names| json!(names))
}

fn resources() -> impl Strategy<Value = Value> {
    let names = ["f", "g", "h", "secret", "orders-*", "*-live", "orders-live", "*"].map(function);
    let mut names = names.to_vec();
    names.extend([
        "*".to_owned(),
        "arn:aws:s3:::bucket/*".to_owned(),
        "arn:aws:lambda:*:*:function:f".to_owned(),
    ]);
    prop::collection::vec(select(names), 1..3).prop_map(|names| json!(names))
}

fn condition() -> impl Strategy<Value = Option<Value>> {
    prop_oneof![
        8 => Just(None),
        1 => Just(Some(json!({ "Bool": { "aws:SecureTransport": "true" } }))),
        1 => Just(Some(json!({ "IpAddress": { "aws:SourceIp": "10.0.0.0/8" } }))),
        1 => Just(Some(json!({ "StringEquals": { "aws:PrincipalTag/team": "blue" } }))),
        1 => Just(Some(json!({ "StringNotEquals": { "aws:PrincipalTag/team": "blue" } }))),
    ]
}

fn permission_statement() -> impl Strategy<Value = Value> {
    let effect = prop_oneof![3 => Just("Allow"), 2 => Just("Deny")];
    (effect, prop::bool::weighted(0.15), actions(), prop::bool::weighted(0.15), resources(), condition())
        .prop_map(|(effect, not_action, actions, not_resource, resources, condition)| {
            let mut statement = json!({ "Effect": effect });
            statement[if not_action { "NotAction" } else { "Action" }] = actions;
            statement[if not_resource { "NotResource" } else { "Resource" }] = resources;
            if let Some(condition) = condition {
                statement["Condition"] = condition;
            }
            statement
        })
}

fn permissions() -> impl Strategy<Value = Value> {
    prop::collection::vec(permission_statement(), 1..4)
        .prop_map(|statements| json!({ "Version": "2012-10-17", "Statement": statements }))
}

/// Often exactly what the product would write.
fn own() -> impl Strategy<Value = Value> {
    let functions = prop::collection::vec(select(vec!["f", "g", "h", "secret"]).prop_map(function), 1..4);
    let written = functions.prop_map(|functions| {
        let statement =
            json!({ "Effect": "Allow", "Action": "lambda:InvokeFunction", "Resource": functions });
        json!({ "Version": "2012-10-17", "Statement": [statement] })
    });
    prop_oneof![2 => written, 3 => permissions()]
}

fn trust() -> impl Strategy<Value = Value> {
    let principals = vec![
        json!({ "AWS": format!("arn:aws:iam::{GENESYS}:root") }),
        json!({ "AWS": VERIFIER }),
        json!({ "AWS": [format!("arn:aws:iam::{GENESYS}:root"), VERIFIER] }),
        json!({ "AWS": "arn:aws:iam::999999999999:role/stranger" }),
        json!({ "AWS": "999999999999" }),
        json!({ "AWS": "*" }),
        json!("*"),
    ];
    let conditions = vec![
        json!(null),
        json!({ "StringEquals": { "sts:ExternalId": OLD_ID } }),
        json!({ "StringEquals": { "sts:ExternalId": NEW_ID } }),
        json!({ "StringEquals": { "sts:ExternalId": [OLD_ID, NEW_ID] } }),
        json!({ "StringLike": { "sts:ExternalId": "1*" } }),
        json!({ "StringNotEquals": { "sts:ExternalId": OLD_ID } }),
        json!({ "StringEquals": { "sts:ExternalId": OLD_ID }, "Bool": { "aws:SecureTransport": "true" } }),
    ];
    let effect = prop_oneof![5 => Just("Allow"), 1 => Just("Deny")];
    let statement =
        (effect, select(principals), select(conditions)).prop_map(|(effect, principal, condition)| {
            let mut statement =
                json!({ "Effect": effect, "Principal": principal, "Action": "sts:AssumeRole" });
            if !condition.is_null() {
                statement["Condition"] = condition;
            }
            statement
        });
    prop::collection::vec(statement, 1..3)
        .prop_map(|statements| json!({ "Version": "2012-10-17", "Statement": statements }))
}

fn scenario() -> impl Strategy<Value = Scenario> {
    let documents = (
        trust(),
        own(),
        prop::collection::vec((any::<bool>(), permissions()), 0..3),
        prop::option::of(permissions()),
        permissions(),
    );
    let wanted = select(vec![
        WantedBoundary::Unmentioned,
        WantedBoundary::Unmentioned,
        WantedBoundary::None,
        WantedBoundary::Other,
        WantedBoundary::Other,
        WantedBoundary::Own,
    ]);
    let functions = select(vec![vec!["f"], vec!["f", "g"], vec!["g", "h"], vec!["f", "orders-live"]]);
    let flags = (
        prop::bool::weighted(0.9),
        any::<bool>(),
        any::<bool>(),
        1..6_u32,
        prop::option::of(select(vec!["blue", "red"])),
        prop::bool::weighted(0.15),
    );
    (documents, wanted, functions, flags).prop_map(
        |((trust, own, extras, boundary, other_boundary), wanted_boundary, functions, flags)| {
            let (is_attached, removes, has_verifier, versions, team, is_destroy) = flags;
            Scenario {
                trust,
                own,
                is_attached,
                extras,
                boundary,
                wanted_boundary,
                other_boundary,
                functions,
                removes,
                has_verifier,
                versions,
                team,
                is_destroy,
            }
        },
    )
}

fn document(value: &Value) -> Document {
    Document::parse(&value.to_string()).unwrap()
}

impl Scenario {
    fn desired(&self) -> DesiredState {
        let functions =
            self.functions.iter().map(|name| format!("\"{name}\"")).collect::<Vec<_>>().join(", ");
        let boundary = match self.wanted_boundary {
            WantedBoundary::Unmentioned => String::new(),
            WantedBoundary::None => "permissions_boundary = \"none\"\n".to_owned(),
            WantedBoundary::Other => format!("permissions_boundary = \"{}\"\n", arn("policy/other")),
            WantedBoundary::Own => {
                format!("permissions_boundary = \"{}\"\n", arn("policy/GenesysLambdaInvokePolicy_R"))
            }
        };
        let check =
            if self.has_verifier { format!("[check]\nverifier = \"{VERIFIER}\"\n") } else { String::new() };
        let team = if self.team.is_some() { "tags = { team = \"blue\" }\n" } else { "" };
        let removes = if self.removes { "remove" } else { "report" };
        let source = format!(
            "name = \"doors\"\n[aws]\naccount_id = \"{ACCOUNT}\"\nregion = \"us-east-1\"\n\
             [genesys]\naccount_id = \"{GENESYS}\"\nexternal_id = \"{NEW_ID}\"\n{check}\
             [[role]]\nname = \"{ROLE}\"\nfunctions = [{functions}]\nextra_permissions = \"{removes}\"\n{boundary}{team}"
        );
        let (spec, diagnostics) = spec::parse(&source, "doors", &EmptyEnvironment);
        resolve(&spec.unwrap_or_else(|| panic!("{diagnostics:?}")), &BTreeMap::new())
    }

    fn live(&self, desired: &DesiredState) -> Live {
        let wanted = &desired.roles[0];
        let policy = ManagedPolicy { document: document(&self.own), ..wanted.policy.clone() };
        let mut tags = wanted.role.tags.clone();
        if let Some(team) = self.team {
            tags.insert("team".to_owned(), team.to_owned());
        }
        let tags_of_policy = policy.tags.clone();
        let mut attached = BTreeMap::new();
        let mut inline = BTreeMap::new();
        if self.is_attached {
            let document = policy.document.clone();
            attached.insert(
                policy.arn.clone(),
                Box::new(AttachedPolicy { name: policy.name.clone(), document, tags: tags_of_policy }),
            );
        }
        for (number, (is_inline, extra)) in self.extras.iter().enumerate() {
            let name = format!("extra-{number}");
            if *is_inline {
                inline.insert(name, document(extra));
            } else {
                let extra = Box::new(AttachedPolicy {
                    name: name.clone(),
                    document: document(extra),
                    tags: BTreeMap::new(),
                });
                attached.insert(arn(&format!("policy/{name}")), extra);
            }
        }
        let boundary = self.boundary.as_ref().map(document);
        let role = Role {
            assume_role_policy: document(&self.trust),
            permissions_boundary: boundary.as_ref().map(|_| arn("policy/live-boundary")),
            tags,
            ..wanted.role.clone()
        };
        let version = |number| PolicyVersion {
            id: format!("v{number}"),
            is_default: number == self.versions,
            document: None,
        };
        Live {
            wanted_boundary: None,
            role: Some(LiveRole { role, attached, inline, boundary, record: RoleRecord::default() }),
            policy: Some(LivePolicy {
                policy,
                versions: (1..=self.versions).rev().map(version).collect(),
                attachment_count: i32::from(self.is_attached),
                boundary_count: 0,
            }),
        }
    }

    fn plan(&self, live: &Live, desired: &DesiredState) -> RolePlan {
        let roles = [(ROLE.to_owned(), live.clone())].into();
        let state = LiveState { roles, ..LiveState::default() };
        let plan = if self.is_destroy { destroy(&state, desired) } else { diff(&state, desired) };
        plan.roles.into_iter().next().unwrap()
    }
}

/// IAM, as far as a single role is concerned.
fn make(live: &mut Live, change: &Change, scenario: &Scenario) {
    let Change::Iam(change) = change else { panic!("{change:?}") };
    let own_arn = arn("policy/GenesysLambdaInvokePolicy_R");
    match change {
        IamChange::DeleteRole { .. } => {
            let role = live.role.take().unwrap();
            assert!(role.attached.is_empty() && role.inline.is_empty(), "DeleteConflict");
            return;
        }
        IamChange::DeletePolicy { .. } => {
            live.policy = None;
            return;
        }
        _ => {}
    }
    let role = live.role.as_mut().unwrap();
    match change {
        IamChange::UpdateAssumeRolePolicy { document, .. } => {
            assert_eq!(role.role.assume_role_policy, document.before);
            role.role.assume_role_policy = document.after.clone();
        }
        IamChange::CreatePolicyVersion { document, .. } => {
            let policy = live.policy.as_mut().unwrap();
            assert!(policy.versions.len() < 5, "LimitExceeded");
            assert_eq!(policy.policy.document, document.before);
            policy.policy.document = document.after.clone();
            policy.versions.iter_mut().for_each(|version| version.is_default = false);
            let next = policy.versions.iter().map(PolicyVersion::number).max().unwrap() + 1;
            policy
                .versions
                .insert(0, PolicyVersion { id: format!("v{next}"), is_default: true, document: None });
            if let Some(own) = role.attached.get_mut(&own_arn) {
                own.document = document.after.clone();
            }
            if role.role.permissions_boundary.as_ref() == Some(&own_arn) {
                role.boundary = Some(document.after.clone());
            }
        }
        IamChange::DeletePolicyVersion { version, .. } => {
            live.policy.as_mut().unwrap().versions.retain(|live| live.id != *version);
        }
        IamChange::AttachRolePolicy { policy, .. } => {
            let ManagedPolicy { name, document, tags, .. } = live.policy.as_ref().unwrap().policy.clone();
            role.attached.insert(policy.clone(), Box::new(AttachedPolicy { name, document, tags }));
        }
        IamChange::DetachRolePolicy { policy, .. } => assert!(role.attached.remove(policy).is_some()),
        IamChange::DeleteRolePolicy { name, .. } => assert!(role.inline.remove(name).is_some()),
        IamChange::PutRolePolicy { name, document, .. } => {
            assert!(
                role.inline.insert(name.clone(), document.clone()).is_none(),
                "somebody's policy is lost"
            );
        }
        IamChange::PutRolePermissionsBoundary { after, .. } => {
            role.role.permissions_boundary = Some(after.clone());
            role.boundary = Some(if *after == own_arn {
                live.policy.as_ref().unwrap().policy.document.clone()
            } else {
                document(&scenario.other_boundary)
            });
        }
        IamChange::DeleteRolePermissionsBoundary { .. } => {
            role.role.permissions_boundary = None;
            role.boundary = None;
        }
        IamChange::UpdateRole { max_session_duration, .. } => {
            role.role.max_session_duration = max_session_duration.after;
        }
        IamChange::TagRole { tags, .. } => {
            role.role.tags.extend(tags.iter().map(|(key, tag)| (key.clone(), tag.after.clone())));
        }
        other => panic!("{other:?}"),
    }
}

/// Who, with which external ID, over which connection.
fn callers() -> &'static [Caller] {
    static CALLERS: LazyLock<Vec<Caller>> = LazyLock::new(all_callers);
    &CALLERS
}

type Caller = (String, Option<&'static str>, bool);

fn all_callers() -> Vec<Caller> {
    let who = [
        format!("arn:aws:iam::{GENESYS}:role/platform"),
        VERIFIER.to_owned(),
        format!("arn:aws:iam::{ACCOUNT}:user/colleague"),
        "arn:aws:iam::999999999999:role/stranger".to_owned(),
        "arn:aws:iam::999999999999:user/other".to_owned(),
        "arn:aws:iam::888888888888:role/unnamed".to_owned(),
    ];
    let ids = [None, Some(OLD_ID), Some(NEW_ID), Some("1-other"), Some("other")];
    who.iter()
        .flat_map(|who| ids.iter().flat_map(move |id| [true, false].map(|tls| (who.clone(), *id, tls))))
        .collect()
}

/// What, on what, over which connection, from where.
type Deed = (&'static str, String, bool, &'static str);

fn deeds() -> &'static [Deed] {
    static DEEDS: LazyLock<Vec<Deed>> = LazyLock::new(all_deeds);
    &DEEDS
}

fn all_deeds() -> Vec<Deed> {
    let lambda =
        ["f", "g", "h", "secret", "orders-live", "orders-test", "payments-live", "unnamed"].map(function);
    let lambda = lambda.iter().flat_map(|function| {
        ["lambda:InvokeFunction", "lambda:InvokeAsync", "lambda:GetFunction"]
            .map(|action| (action, function.clone()))
    });
    let other = [
        ("s3:GetObject", "arn:aws:s3:::bucket/key".to_owned()),
        ("s3:PutObject", "arn:aws:s3:::bucket/key".to_owned()),
        ("s3:GetObject", "arn:aws:s3:::unnamed/key".to_owned()),
        ("lambda:InvokeFunction", "arn:aws:lambda:eu-west-1:111122223333:function:f".to_owned()),
        ("dynamodb:GetItem", "arn:aws:dynamodb:us-east-1:111122223333:table/t".to_owned()),
    ];
    lambda
        .chain(other)
        .flat_map(|(action, resource)| {
            [(true, "10.1.1.1"), (false, "10.1.1.1"), (true, "192.0.2.1")]
                .map(|(tls, ip)| (action, resource.clone(), tls, ip))
        })
        .collect()
}

/// Who can assume the role, and what they can do then.
type Access = (BTreeSet<usize>, BTreeSet<usize>);

fn access(live: &Live) -> Access {
    access_after(&Live::default(), &Access::default(), live)
}

/// The same, given the access of an earlier state: unchanged parts are not judged again.
fn access_after(earlier: &Live, known: &Access, live: &Live) -> Access {
    let Some(role) = &live.role else { return Access::default() };
    let same = earlier.role.as_ref();
    let is_same_trust = same.is_some_and(|same| same.role.assume_role_policy == role.role.assume_role_policy);
    let is_same_rest = same.is_some_and(|same| {
        (&same.attached, &same.inline, &same.boundary, &same.role.tags)
            == (&role.attached, &role.inline, &role.boundary, &role.role.tags)
    });
    let trust = &role.role.assume_role_policy;
    let is_assumable = |(who, id, tls): &(String, Option<&str>, bool)| {
        let context = Context::complete().with("aws:SecureTransport", &[if *tls { "true" } else { "false" }]);
        let request = Request {
            principal: Principal::Aws(who.clone()),
            action: "sts:AssumeRole".to_owned(),
            resource: role.role.arn.to_string(),
            context: match id {
                Some(id) => context.with("sts:ExternalId", &[id]),
                None => context,
            },
        };
        let resource = Some(("trust".to_owned(), trust));
        evaluate(&Policies { resource, ..Policies::default() }, &request).decision == Decision::Allowed
    };
    let can = |(action, resource, tls, ip): &(&str, String, bool, &str)| {
        let mut context = Context::complete()
            .with("aws:SecureTransport", &[if *tls { "true" } else { "false" }])
            .with("aws:SourceIp", &[ip]);
        for (key, value) in &role.role.tags {
            context = context.with(&format!("aws:PrincipalTag/{key}"), &[value]);
        }
        let request = Request {
            principal: Principal::Aws(format!("arn:aws:sts::{ACCOUNT}:assumed-role/{ROLE}/session")),
            action: (*action).to_owned(),
            resource: resource.clone(),
            context,
        };
        let identity: Vec<(String, &Document)> =
            role.documents().map(|document| ("policy".to_owned(), document)).collect();
        if identity.is_empty() {
            return false;
        }
        let boundary = role.boundary.as_ref().map(|document| ("boundary".to_owned(), document));
        evaluate(&Policies { identity, boundary, ..Policies::default() }, &request).decision
            == Decision::Allowed
    };
    let indexes =
        |flags: Vec<bool>| flags.iter().enumerate().filter(|(_, is)| **is).map(|(at, _)| at).collect();
    let callers: BTreeSet<usize> = match is_same_trust {
        true => known.0.clone(),
        false => indexes(callers().iter().map(is_assumable).collect()),
    };
    let deeds = match is_same_rest {
        true => known.1.clone(),
        false => indexes(deeds().iter().map(can).collect()),
    };
    (callers, deeds)
}

/// Something possible between two states for someone who can do it in neither.
fn open_door(before: &Access, between: &Access, after: &Access) -> Option<(usize, usize)> {
    let can = |access: &Access, (caller, deed): (usize, usize)| {
        access.0.contains(&caller) && access.1.contains(&deed)
    };
    between
        .0
        .iter()
        .flat_map(|caller| between.1.iter().map(|deed| (*caller, *deed)))
        .find(|way| !can(before, *way) && !can(after, *way))
}

#[test]
fn no_door_is_open_between_two_writes() {
    let cases = std::env::var("OPEN_DOORS").ok().and_then(|text| text.parse().ok()).unwrap_or(2000);
    let config = Config { cases, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let mut seen: BTreeMap<&str, usize> = BTreeMap::new();
    let seen_in = std::cell::RefCell::new(&mut seen);
    TestRunner::new(config)
        .run(&scenario(), |scenario| {
            let desired = scenario.desired();
            let mut live = scenario.live(&desired);
            let plan = scenario.plan(&live, &desired);
            let before = access(&live);
            let mut states = Vec::new();
            let mut after = before.clone();
            for (at, change) in plan.changes.iter().enumerate() {
                // A plan that waited looks again before each write: it must find its own way correctly.
                if scenario.versions == 4 {
                    let now = scenario.plan(&live, &desired);
                    let Change::Iam(iam) = change else { continue };
                    let fits = now.changes.contains(change) || iam.finds_what_it_replaces(&live);
                    prop_assert!(fits, "{change:?} is not in the plan any more: {now:?}");
                }
                let earlier = live.clone();
                make(&mut live, change, &scenario);
                after = access_after(&earlier, &after, &live);
                states.push((at, after.clone()));
            }
            for (at, between) in &states {
                if let Some((caller, deed)) = open_door(&before, between, &after) {
                    let operations: Vec<_> = plan.changes.iter().map(Change::operation).collect();
                    return Err(TestCaseError::fail(format!(
                        "after write {} of {operations:?}: {:?} can {:?}",
                        at + 1,
                        callers()[caller],
                        deeds()[deed]
                    )));
                }
            }
            prop_assert_eq!(&scenario.plan(&live, &desired).changes, &Vec::<Change>::new());
            let is_shut = |notice: &Notice| matches!(notice, Notice::ShutMeanwhile { .. });
            let kind = if plan.notices.iter().any(is_shut) {
                "shut in the meantime"
            } else if states.len() > 1 {
                "several writes"
            } else {
                "one write"
            };
            *seen_in.borrow_mut().entry(kind).or_default() += 1;
            Ok(())
        })
        .unwrap();
    // The search is only worth something if there is something to find.
    assert!(seen["several writes"] > cases as usize / 4, "{seen:?}");
    assert!(seen["shut in the meantime"] > cases as usize / 50, "{seen:?}");
}

/// Another role with the spec's policy attached or as its boundary.
#[derive(Debug, Clone)]
struct Neighbour {
    is_attached: bool,
    is_bounded: bool,
    extra: Value,
}

impl Neighbour {
    fn live(&self, live: &Live) -> Live {
        let own = live.policy.as_ref().map(|policy| policy.policy.clone());
        let extra = Box::new(AttachedPolicy {
            name: "x".to_owned(),
            document: document(&self.extra),
            tags: BTreeMap::new(),
        });
        let mut attached = BTreeMap::from([(arn("policy/x"), extra)]);
        let mut role = live.role.clone().unwrap();
        role.role.assume_role_policy = document(
            &json!({ "Statement": [{ "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole" }] }),
        );
        role.role.tags.clear();
        role.boundary = None;
        if let Some(ManagedPolicy { arn, name, document, tags, .. }) = own {
            role.boundary = self.is_bounded.then(|| document.clone());
            if self.is_attached {
                attached.insert(arn, Box::new(AttachedPolicy { name, document, tags }));
            }
        }
        role.attached = attached;
        role.inline.clear();
        Live { role: Some(role), ..Live::default() }
    }
}

#[test]
fn whenever_somebody_can_do_more_afterwards_the_plan_said_wider() {
    let config =
        Config { cases: 800, failure_persistence: None, max_shrink_iters: 2000, ..Config::default() };
    let neighbour = (any::<bool>(), any::<bool>(), permissions())
        .prop_map(|(is_attached, is_bounded, extra)| Neighbour { is_attached, is_bounded, extra });
    let sessions = select(vec![3600, 7200]);
    let seen = std::cell::RefCell::new(BTreeMap::<&str, usize>::new());
    TestRunner::new(config)
        .run(&(scenario(), prop::option::of(neighbour), sessions, prop::bool::weighted(0.8)), |drawn| {
            let (scenario, neighbour, session, is_same_trust) = drawn;
            let scenario = Scenario { is_destroy: false, ..scenario };
            let desired = scenario.desired();
            let mut live = scenario.live(&desired);
            let role = &mut live.role.as_mut().unwrap().role;
            role.max_session_duration = session;
            // Otherwise nearly every plan would admit someone.
            if is_same_trust {
                role.assume_role_policy = desired.roles[0].role.assume_role_policy.clone();
            }
            if let (Some(neighbour), Some(policy)) = (&neighbour, &mut live.policy) {
                policy.attachment_count += i32::from(neighbour.is_attached);
                policy.boundary_count += i32::from(neighbour.is_bounded);
            }
            let others = |live: &Live| neighbour.as_ref().map(|neighbour| access(&neighbour.live(live)));
            let plan = scenario.plan(&live, &desired);
            let before =
                (access(&live), others(&live), live.role.as_ref().unwrap().role.max_session_duration);
            plan.changes.iter().for_each(|change| make(&mut live, change, &scenario));
            let after = (access(&live), others(&live), live.role.as_ref().unwrap().role.max_session_duration);
            let gained = open_door(&before.0, &after.0, &before.0);
            let gained_there = match (&before.1, &after.1) {
                (Some(before), Some(after)) => open_door(before, after, before),
                _ => None,
            };
            let is_gained = gained.is_some() || gained_there.is_some() || after.2 > before.2;
            let said = if plan.is_wider() { "wider" } else { "not wider" };
            *seen.borrow_mut().entry(said).or_default() += 1;
            prop_assert!(
                plan.is_wider() || !is_gained,
                "{:?} {:?} {:?}",
                gained.map(|(caller, deed)| (&callers()[caller], &deeds()[deed])),
                gained_there.map(|(_, deed)| &deeds()[deed]),
                plan.changes.iter().map(Change::operation).collect::<Vec<_>>()
            );
            Ok(())
        })
        .unwrap();
    let seen = seen.into_inner();
    assert!(seen["not wider"] > 20, "{seen:?}");
}
