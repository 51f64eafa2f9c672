//! Every cause of a failing data action, planted alone and in pairs: the diagnosis names exactly those causes.

use aws_credential_types::provider::SharedCredentialsProvider;
use std::collections::BTreeSet;
use std::sync::{Arc, Mutex};

use crate::support::args;
use crate::support::world::{ACCOUNT, GENESYS, ID, OTHER_ID, seed_with_integrations, spec_of, virtual_time};
use genesys_iam::apply::Interrupt;
use genesys_iam::arn::FunctionArn;
use genesys_iam::aws::{self, Clients, Transport};
use genesys_iam::check::Sign;
use genesys_iam::commands::loading::seed;
use genesys_iam::commands::session::Session;
use genesys_iam::commands::{Status, apply, check, diagnose};
use genesys_iam::genesys::Client;
use genesys_iam::policy::Document;
use genesys_iam::render::output::Output;
use genesys_iam::sandbox::{self, GenesysKind, Sandbox, Scenario};
use genesys_iam::spec::Spec;
use serde_json::{Value, json};

const ROLE: &str = "R";
const POLICY: &str = "arn:aws:iam::111122223333:policy/GenesysLambdaInvokePolicy_R";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:f";

fn spec() -> Spec {
    spec_of(ROLE, &["f"], ID, "")
}

async fn clients(sandbox: &Arc<Mutex<Sandbox>>) -> Clients {
    let http_client = sandbox::http_client(Arc::clone(sandbox));
    let credentials = SharedCredentialsProvider::new(sandbox::credentials(&ACCOUNT.parse().unwrap()));
    aws::connect(&spec().aws, Transport::InProcess { http_client, credentials }).await.unwrap()
}

async fn session(sandbox: &Arc<Mutex<Sandbox>>) -> Session {
    let genesys = Client::of_stand_in("sandbox", sandbox::genesys_transport(Arc::clone(sandbox)));
    Session::new(spec(), clients(sandbox).await, Some(genesys))
}

/// A sandbox in which everything is correct.
async fn sound() -> Sandbox {
    let sandbox = Arc::new(Mutex::new(Sandbox::new(&seed_with_integrations(&spec()))));
    let args = args::apply("--yes --no-check --wait 0");
    let output = Output::capture();
    apply::run_in(session(&sandbox).await, &args, &Interrupt::default(), &output).await.unwrap();
    sandbox.lock().unwrap().copy()
}

/// The report as JSON.
async fn report(sandbox: &Arc<Mutex<Sandbox>>, options: &str) -> (Status, Value) {
    let output = Output::capture();
    let args = args::check(&format!("--format json {options}"));
    let status = check::run_in(&session(sandbox).await, &args, &output).await.unwrap();
    let text = output.captured();
    // Messages come before and after it.
    let from = text.find("{\n").unwrap();
    let json = text[from..].split_once("\n}").map(|(json, _)| format!("{json}\n}}")).unwrap();
    (status, serde_json::from_str(&json).unwrap())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Planted {
    RoleMissing,
    TrustedAccount,
    ExternalId,
    RoleOpen,
    FunctionMissing,
    FunctionFailed,
    FunctionNotInvocable,
    ConcurrencyZero,
    TenantIsolation,
    Stranger,
    AnotherCustomer,
    PolicyMissing,
    PolicyNotAttached,
    PolicyForAnotherFunction,
    PolicyForAnAlias,
    DenyInline,
    DenyOfTheFunction,
    Boundary,
    ExtraPermissions,
    Organization,
    GenesysCredentials,
    IntegrationDisabled,
    IntegrationInError,
    OtherRoleInTheCredential,
    ActionPointsAtAnAlias,
    OrganizationRefusesTheRole,
    OrganizationRefusesTheInvocation,
    OrganizationAllowsNothing,
    AnalyzerOfAnOpenRole,
    KeyDisabled,
}

use Planted::*;

/// Found by `diagnose` in what the credentials may read of the AWS organization, of Access Analyzer and of the functions.
const BEYOND_THE_ROLE: [Planted; 5] = [
    OrganizationRefusesTheRole,
    OrganizationRefusesTheInvocation,
    OrganizationAllowsNothing,
    AnalyzerOfAnOpenRole,
    KeyDisabled,
];

const ALL: [Planted; 25] = [
    RoleMissing,
    TrustedAccount,
    ExternalId,
    RoleOpen,
    FunctionMissing,
    FunctionFailed,
    FunctionNotInvocable,
    ConcurrencyZero,
    TenantIsolation,
    Stranger,
    AnotherCustomer,
    PolicyMissing,
    PolicyNotAttached,
    PolicyForAnotherFunction,
    PolicyForAnAlias,
    DenyInline,
    DenyOfTheFunction,
    Boundary,
    ExtraPermissions,
    Organization,
    GenesysCredentials,
    IntegrationDisabled,
    IntegrationInError,
    OtherRoleInTheCredential,
    ActionPointsAtAnAlias,
];

impl Planted {
    /// What the diagnosis must call it.
    fn word(self) -> &'static str {
        match self {
            RoleMissing => "role-missing",
            TrustedAccount => "trusted-account",
            ExternalId => "external-id",
            RoleOpen => "role-open",
            FunctionMissing => "function-missing",
            FunctionFailed | FunctionNotInvocable => "function-not-ready",
            ConcurrencyZero => "function-throttled",
            TenantIsolation => "tenant-isolation",
            Stranger | AnotherCustomer => "stranger",
            PolicyMissing => "policy-missing",
            PolicyNotAttached => "policy-not-attached",
            PolicyForAnotherFunction | PolicyForAnAlias => "policy-does-not-cover",
            DenyInline | DenyOfTheFunction | Boundary => "denied",
            ExtraPermissions => "extra-permissions",
            Organization => "organization",
            GenesysCredentials => "genesys-credentials",
            IntegrationDisabled | IntegrationInError => "integration",
            OtherRoleInTheCredential => "integration-credential",
            ActionPointsAtAnAlias => "data-action",
            OrganizationRefusesTheRole | OrganizationRefusesTheInvocation | OrganizationAllowsNothing => {
                "organization-guard"
            }
            AnalyzerOfAnOpenRole => "role-open",
            KeyDisabled => "function-not-ready",
        }
    }

    /// Causes that cannot be seen, or cannot exist, beside it.
    fn hides(self, other: Self) -> bool {
        let on_genesys_side = [
            Organization,
            IntegrationDisabled,
            IntegrationInError,
            OtherRoleInTheCredential,
            ActionPointsAtAnAlias,
        ];
        let of_the_policy = [PolicyNotAttached, PolicyForAnotherFunction, PolicyForAnAlias];
        match self {
            RoleMissing => [
                TrustedAccount,
                ExternalId,
                RoleOpen,
                PolicyMissing,
                PolicyNotAttached,
                PolicyForAnotherFunction,
                PolicyForAnAlias,
                DenyInline,
                DenyOfTheFunction,
                Boundary,
                ExtraPermissions,
                // Nobody used a role that does not exist.
                Stranger,
                AnotherCustomer,
                // Its target is compared with the role's policies.
                ActionPointsAtAnAlias,
            ]
            .contains(&other),
            // Anyone gets in, including Genesys Cloud.
            RoleOpen => [TrustedAccount, ExternalId].contains(&other),
            AnalyzerOfAnOpenRole => [RoleMissing, RoleOpen, TrustedAccount, ExternalId].contains(&other),
            // Without a role there is nobody to refuse.
            OrganizationRefusesTheRole | OrganizationRefusesTheInvocation | OrganizationAllowsNothing => {
                other == RoleMissing || BEYOND_THE_ROLE[..3].contains(&other)
            }
            KeyDisabled => [FunctionMissing, FunctionFailed, FunctionNotInvocable].contains(&other),
            FunctionMissing => {
                [FunctionFailed, FunctionNotInvocable, ConcurrencyZero, TenantIsolation, DenyOfTheFunction]
                    .contains(&other)
            }
            FunctionFailed => other == FunctionNotInvocable,
            PolicyMissing => of_the_policy.contains(&other),
            PolicyForAnotherFunction => other == PolicyForAnAlias,
            // Then the data action points at what the policy covers.
            PolicyForAnAlias => other == ActionPointsAtAnAlias,
            GenesysCredentials => on_genesys_side.contains(&other),
            IntegrationDisabled => other == IntegrationInError,
            _ => false,
        }
    }
}

fn trust(account: &str, id: &str, open: bool) -> String {
    let mut statements = vec![json!({
        "Effect": "Allow", "Principal": { "AWS": format!("arn:aws:iam::{account}:root") }, "Action": "sts:AssumeRole",
        "Condition": { "StringEquals": { "sts:ExternalId": id } },
    })];
    if open {
        statements.push(json!({ "Effect": "Allow", "Principal": "*", "Action": "sts:AssumeRole" }));
    }
    json!({ "Version": "2012-10-17", "Statement": statements }).to_string()
}

fn allow(action: &str, resource: &str) -> String {
    json!({ "Version": "2012-10-17", "Statement": { "Effect": "Allow", "Action": action, "Resource": resource } }).to_string()
}

async fn plant(sandbox: &Arc<Mutex<Sandbox>>, causes: &[Planted]) {
    let iam = clients(sandbox).await.iam;
    let has = |cause| causes.contains(&cause);
    if has(TrustedAccount) || has(ExternalId) || has(RoleOpen) || has(AnalyzerOfAnOpenRole) {
        let account = if has(TrustedAccount) { "691338073777" } else { GENESYS };
        let document = trust(
            account,
            if has(ExternalId) { OTHER_ID } else { ID },
            has(RoleOpen) || has(AnalyzerOfAnOpenRole),
        );
        iam.update_assume_role_policy().role_name(ROLE).policy_document(document).send().await.unwrap();
    }
    if has(PolicyForAnotherFunction) || has(PolicyForAnAlias) {
        let resource =
            if has(PolicyForAnAlias) { format!("{FUNCTION}:live") } else { FUNCTION.replace(":f", ":g") };
        let document = allow("lambda:InvokeFunction", &resource);
        let request = iam.create_policy_version().policy_arn(POLICY).policy_document(document);
        request.set_as_default(true).send().await.unwrap();
        iam.delete_policy_version().policy_arn(POLICY).version_id("v1").send().await.unwrap();
    }
    if has(DenyInline) {
        let document = allow("lambda:InvokeFunction", FUNCTION).replace("Allow", "Deny");
        iam.put_role_policy()
            .role_name(ROLE)
            .policy_name("deny")
            .policy_document(document)
            .send()
            .await
            .unwrap();
    }
    if has(ExtraPermissions) || has(Boundary) {
        let document = allow("s3:*", "*");
        iam.create_policy().policy_name("s3").policy_document(document).send().await.unwrap();
        let arn = format!("arn:aws:iam::{ACCOUNT}:policy/s3");
        if has(ExtraPermissions) {
            iam.attach_role_policy().role_name(ROLE).policy_arn(&arn).send().await.unwrap();
        }
        if has(Boundary) {
            iam.put_role_permissions_boundary()
                .role_name(ROLE)
                .permissions_boundary(&arn)
                .send()
                .await
                .unwrap();
        }
    }
    if has(PolicyNotAttached) || has(PolicyMissing) || has(RoleMissing) {
        iam.detach_role_policy().role_name(ROLE).policy_arn(POLICY).send().await.unwrap();
    }
    if has(PolicyMissing) {
        iam.delete_policy().policy_arn(POLICY).send().await.unwrap();
    }
    if has(RoleMissing) {
        iam.delete_role().role_name(ROLE).send().await.unwrap();
    }
    let mut sandbox = sandbox.lock().unwrap();
    let function: FunctionArn = FUNCTION.parse().unwrap();
    if has(DenyOfTheFunction) {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Principal":"*","Action":"lambda:InvokeFunction","Resource":"{FUNCTION}"}}}}"#
        );
        sandbox.set_function_policy(&function, Some(&Document::parse(&text).unwrap()));
    }
    if has(FunctionFailed) {
        sandbox.set_function_state(&function, "Failed", Some("the image is gone"));
    }
    let seed = seed(&spec());
    let mut play = |text: &str| {
        let scenario = Scenario::parse(text, &seed).unwrap();
        sandbox.play_now(&scenario, &seed).unwrap();
    };
    for (cause, name) in [
        (ConcurrencyZero, "concurrency-zero"),
        (TenantIsolation, "tenant-isolation"),
        (Stranger, "stranger"),
        (AnotherCustomer, "another-customer"),
    ] {
        if has(cause) {
            play(Scenario::built_in(name).unwrap());
        }
    }
    if has(KeyDisabled) {
        play(Scenario::built_in("function-failed").unwrap());
    }
    if has(AnalyzerOfAnOpenRole) {
        play("access_analyzer = true");
    }
    // The credentials may read the organization's policies: no call is needed to see what they refuse.
    for (cause, name) in [
        (OrganizationRefusesTheRole, "rcp-identity-perimeter"),
        (OrganizationRefusesTheInvocation, "scp-deny"),
    ] {
        if has(cause) {
            let text = Scenario::built_in(name).unwrap();
            let organization = "[organization]\nis_delegated_administrator = true\n";
            play(&match text.contains("[organization]\n") {
                true => text.replacen("[organization]\n", organization, 1),
                false => {
                    text.replacen("[[organization.scp]]", &format!("{organization}[[organization.scp]]"), 1)
                }
            });
        }
    }
    if has(OrganizationAllowsNothing) {
        play(
            r#"{"organization": {"is_delegated_administrator": true, "scp": [{"level": "ou", "policies": {"NoLambda": {
                "Version": "2012-10-17", "Statement": {"Effect": "Allow", "NotAction": "lambda:InvokeFunction", "Resource": "*"}}}}]}}"#,
        );
    }
    if has(FunctionNotInvocable) {
        play("function.\"*\".configuration = { State = \"ActiveNonInvocable\" }");
    }
    if has(FunctionMissing) {
        sandbox.remove_function(&function);
    }
    if has(Organization) {
        sandbox.set_organization_id(THIRD_ID);
    }
    if has(GenesysCredentials) {
        sandbox.set_genesys_client("id", "another secret");
    }
    sandbox.edit_genesys(|kind, value| match kind {
        GenesysKind::Integration => {
            if has(IntegrationDisabled) {
                value["intendedState"] = "DISABLED".into();
                value["reportedState"]["code"] = "INACTIVE".into();
            }
            if has(IntegrationInError) {
                value["reportedState"] = json!({ "code": "ERROR", "detail": { "message": "no credential" } });
            }
        }
        GenesysKind::Credential if has(OtherRoleInTheCredential) => {
            value["credentialFields"]["ARN"] = "arn:aws:iam::111122223333:role/Other".into();
        }
        GenesysKind::Action if has(ActionPointsAtAnAlias) => {
            value["config"]["request"]["requestUrlTemplate"] = format!("{FUNCTION}:live").into();
        }
        _ => {}
    });
}

fn place(clients: Clients, genesys: Option<Client>) -> diagnose::Place {
    diagnose::Place {
        clients,
        account: ACCOUNT.parse().unwrap(),
        genesys,
        genesys_trouble: None,
        in_sandbox: false,
        region: "us-east-1".to_owned(),
        is_region_chosen: true,
        declared: None,
        since: None,
        writes_spec: false,
        invocation: Default::default(),
    }
}

/// The causes that `diagnose` names without a spec.
async fn found(before: &Sandbox, causes: &[Planted]) -> BTreeSet<String> {
    let sandbox = Arc::new(Mutex::new(before.copy()));
    plant(&sandbox, causes).await;
    let Session { clients, genesys, .. } = session(&sandbox).await;
    // By its ARN: one that is missing is meant to be.
    let role = format!("arn:aws:iam::{ACCOUNT}:role/{ROLE}");
    let case =
        diagnose::examine(place(clients, genesys), None, &role, None, &Output::capture()).await.unwrap();
    case.report().diagnosis.findings.iter().map(|finding| finding.cause.word().to_owned()).collect()
}

/// The organization's, if neither the spec nor the role has it.
const THIRD_ID: &str = "0c1d2e3f-0b6c-4a8e-9d51-7f0e3c2b1a90";

/// Pairs that look like one mistake, or like another, without a spec: nobody can say what was meant.
fn is_ambiguous(first: Planted, second: Planted) -> bool {
    let is = |a: Planted, b: Planted| (first, second) == (a, b) || (first, second) == (b, a);
    let points_elsewhere = [PolicyForAnotherFunction, PolicyForAnAlias, PolicyMissing];
    points_elsewhere.iter().any(|policy| {
        // Then nothing names the existing function.
        is(*policy, ActionPointsAtAnAlias)
            || *policy != PolicyMissing && (is(*policy, FunctionMissing) || is(*policy, GenesysCredentials))
    })
        // The role demands the organization's ID again, or its ID is all that is known.
        || is(ExternalId, Organization)
        || is(ExternalId, GenesysCredentials)
        || is(RoleOpen, Organization)
        || is(AnalyzerOfAnOpenRole, Organization)
        || is(RoleMissing, Organization)
}

#[test]
fn without_a_spec_each_cause_alone_and_in_pairs_is_named_and_nothing_else() {
    virtual_time().block_on(async {
        let before = sound().await;
        assert_eq!(found(&before, &[]).await, BTreeSet::new());
        // The organization's claim is compared with the role's.
        let word = |cause: &Planted| match cause {
            Organization => "external-id".to_owned(),
            cause => cause.word().to_owned(),
        };
        for first in ALL {
            for second in ALL {
                if second < first || first.hides(second) || second.hides(first) || is_ambiguous(first, second)
                {
                    continue;
                }
                let causes = if first == second { vec![first] } else { vec![first, second] };
                let expected: BTreeSet<String> = causes.iter().map(word).collect();
                assert_eq!(found(&before, &causes).await, expected, "{causes:?}");
            }
        }
    });
}

#[test]
fn guards_analyzers_and_keys_beside_every_other_cause_are_both_named_and_nothing_else() {
    virtual_time().block_on(async {
        let before = sound().await;
        let word = |cause: &Planted| match cause {
            Organization => "external-id".to_owned(),
            cause => cause.word().to_owned(),
        };
        for first in BEYOND_THE_ROLE {
            for second in BEYOND_THE_ROLE.into_iter().chain(ALL) {
                if first.hides(second) || second.hides(first) || is_ambiguous(first, second) {
                    continue;
                }
                let causes = if first == second { vec![first] } else { vec![first, second] };
                let expected: BTreeSet<String> = causes.iter().map(word).collect();
                assert_eq!(found(&before, &causes).await, expected, "{causes:?}");
            }
        }
    });
}

async fn diagnosed(before: &Sandbox, causes: &[Planted]) -> (Status, BTreeSet<String>, Value) {
    let sandbox = Arc::new(Mutex::new(before.copy()));
    plant(&sandbox, causes).await;
    let (status, json) = report(&sandbox, "").await;
    let findings = json["roles"][0]["diagnosis"].as_array().unwrap();
    let words = findings.iter().map(|finding| finding["cause"].as_str().unwrap().to_owned()).collect();
    (status, words, json)
}

#[test]
fn each_cause_planted_alone_and_in_pairs_is_named_and_nothing_else() {
    virtual_time().block_on(async {
        let before = sound().await;
        let (status, words, json) = diagnosed(&before, &[]).await;
        assert_eq!((status, words.len()), (Status::Done, 0), "{json:#}");
        for first in ALL {
            for second in ALL {
                if second < first || first.hides(second) || second.hides(first) {
                    continue;
                }
                let causes = if first == second { vec![first] } else { vec![first, second] };
                let expected: BTreeSet<String> = causes.iter().map(|cause| cause.word().to_owned()).collect();
                let (status, words, json) = diagnosed(&before, &causes).await;
                assert_eq!(words, expected, "{causes:?}: {json:#}");
                assert_eq!(status, Status::Fault, "{causes:?}");
                for finding in json["roles"][0]["diagnosis"].as_array().unwrap() {
                    for member in ["what", "consequence", "remedy"] {
                        assert_ne!(finding[member], "", "{causes:?}: {finding}");
                    }
                }
            }
        }
    });
}

#[test]
fn the_test_of_a_data_action_succeeds_just_when_nothing_is_wrong_with_the_chain() {
    virtual_time().block_on(async {
        let before = sound().await;
        let invoke = "--invoke f --require end-to-end";
        let breaks = [
            RoleMissing,
            TrustedAccount,
            ExternalId,
            FunctionMissing,
            FunctionFailed,
            FunctionNotInvocable,
            ConcurrencyZero,
            TenantIsolation,
            PolicyMissing,
            PolicyNotAttached,
            PolicyForAnotherFunction,
            DenyInline,
            DenyOfTheFunction,
            Boundary,
            Organization,
            IntegrationDisabled,
            OtherRoleInTheCredential,
            ActionPointsAtAnAlias,
        ];
        for cause in breaks {
            let sandbox = Arc::new(Mutex::new(before.copy()));
            plant(&sandbox, &[cause]).await;
            let (status, json) = report(&sandbox, invoke).await;
            let lines = json["roles"][0]["lines"].as_array().unwrap();
            let line = lines.iter().find(|line| line["level"] == "end-to-end").unwrap();
            assert_eq!(
                (line["outcome"].as_str(), status),
                (Some("fault"), Status::Fault),
                "{cause:?}: {json:#}"
            );
            assert_eq!(json["levels"]["end-to-end"], false, "{cause:?}");
            // The other checks' findings explain it.
            assert_eq!(json["roles"][0]["diagnosis"][0]["cause"], cause.word(), "{cause:?}: {json:#}");
        }
        let sandbox = Arc::new(Mutex::new(before.copy()));
        let (status, json) = report(&sandbox, invoke).await;
        assert_eq!((status, &json["levels"]["end-to-end"]), (Status::Done, &json!(true)), "{json:#}");
    });
}

#[test]
fn a_required_level_that_is_not_reached_exits_with_5() {
    virtual_time().block_on(async {
        let sandbox = Arc::new(Mutex::new(sound().await));
        for (level, status) in [
            ("evaluated", Status::Done),
            // The caller is not Genesys Cloud, and nothing was invoked.
            ("assumed", Status::Undecided),
            ("end-to-end", Status::Undecided),
        ] {
            let (reached, _) = report(&sandbox, &format!("--require {level}")).await;
            assert_eq!(reached, status, "{level}");
        }
    });
}

#[test]
fn what_an_oauth_client_may_not_read_is_not_provable_and_names_the_permission() {
    virtual_time().block_on(async {
        let before = sound().await;
        for permission in ["integrations:integration:view", "integrations:action:view"] {
            let sandbox = Arc::new(Mutex::new(before.copy()));
            sandbox.lock().unwrap().remove_genesys_permission(permission);
            let (status, json) = report(&sandbox, "").await;
            assert_eq!(status, Status::Done, "{json:#}");
            let lines = json["roles"][0]["lines"].as_array().unwrap();
            let unknown: Vec<&Value> = lines
                .iter()
                .filter(|line| line["level"] == "configured" && line["outcome"] == "not_provable")
                .collect();
            assert_eq!(unknown.len(), 1, "{json:#}");
            assert!(unknown[0]["meaning"].as_str().unwrap().contains(permission), "{unknown:?}");
        }
        // The test itself needs one too.
        let sandbox = Arc::new(Mutex::new(before.copy()));
        sandbox.lock().unwrap().remove_genesys_permission("integrations:action:execute");
        let args = args::check("--invoke f");
        let error = check::run_in(&session(&sandbox).await, &args, &Output::capture()).await.unwrap_err();
        assert!(error.help().unwrap().contains("integrations:action:execute"), "{error}");
    });
}

#[test]
fn a_placeholder_in_the_trust_policy_does_not_keep_the_role_from_being_diagnosed() {
    virtual_time().block_on(async {
        let sandbox = Arc::new(Mutex::new(sound().await.copy()));
        let clients = clients(&sandbox).await;
        let request = clients.iam.update_assume_role_policy().role_name(ROLE);
        request.policy_document(trust(GENESYS, "YOUR-ORG-ID", false)).send().await.unwrap();
        let case =
            diagnose::examine(place(clients, None), None, ROLE, None, &Output::capture()).await.unwrap();
        assert_ne!(case.report().verdict.sign, Sign::Good, "{:#?}", case.report().verdict);
    });
}
