//! The whole life of a role on whatever endpoint the environment names: a real AWS account if one is named, and the
//! stand-ins in every run. Afterwards nothing of it is left, and a table shows what was observed.
//!
//!     GENESYS_IAM_ACCEPTANCE=111122223333 GENESYS_IAM_ACCEPTANCE_FUNCTION=my-function AWS_PROFILE=… AWS_REGION=… \
//!         cargo test --test it -- --nocapture acceptance::an_account
//!
//! docs/acceptance.md says what each surprise would change.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::io::Write as _;
use std::time::{Duration, Instant};

use aws_config::{BehaviorVersion, Region, SdkConfig};
use aws_sdk_iam::Client;
use aws_sdk_iam::types::{EntityType, PolicyScopeType, Tag};
use aws_smithy_types::error::metadata::ProvideErrorMetadata;

use crate::support::python::{boto3, ministack, moto};
use crate::support::{Project, Run, Server, served};

const GENESYS: &str = "765628985471";

/// Where the role lives.
struct Place {
    name: &'static str,
    project: Project,
    /// Of a stand-in; AWS has its own.
    endpoint: Option<String>,
    account: String,
    region: String,
    function: String,
    /// What a stand-in cannot do.
    lacks: &'static [&'static str],
    _server: Option<Server>,
}

/// A role with a random name, removed at the end whatever happens.
struct Life {
    place: Place,
    role: String,
    iam: Client,
    sdk: SdkConfig,
    runtime: tokio::runtime::Runtime,
    /// Observations, in order.
    seen: Vec<(String, String)>,
    /// Milliseconds per call.
    latencies: BTreeMap<String, Vec<u64>>,
}

impl Life {
    fn begin(place: Place) -> Self {
        let role = format!("GenesysIamAcceptance-{:08x}", fastrand::u32(..));
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let sdk = runtime.block_on(async {
            let mut loader = aws_config::defaults(BehaviorVersion::latest());
            loader = loader.region(Region::new(place.region.clone()));
            if let Some(endpoint) = &place.endpoint {
                let keys = aws_credential_types::Credentials::new(&place.account, "test", None, None, "test");
                loader = loader.endpoint_url(endpoint).credentials_provider(keys);
            }
            loader.load().await
        });
        let iam = Client::new(&sdk);
        Self { place, role, iam, sdk, runtime, seen: Vec::new(), latencies: BTreeMap::new() }
    }

    fn policy_arn(&self) -> String {
        format!("arn:aws:iam::{}:policy/GenesysLambdaInvokePolicy_{}", self.place.account, self.role)
    }

    fn write_spec(&self, external_id: &str, more: &str) {
        let Place { account, region, function, project, .. } = &self.place;
        let (check, role) = match more.split_once("---") {
            Some((check, role)) => (check, role),
            None => ("", more),
        };
        project.write_spec(&format!(
            "name = \"acceptance\"\n[aws]\nregion = \"{region}\"\naccount_id = \"{account}\"\n[genesys]\n\
             account_id = \"{GENESYS}\"\nexternal_id = \"{external_id}\"\n{check}\n[[role]]\nname = \"{}\"\n\
             functions = [\"{function}\"]\ndescription = \"An acceptance run\"\n\
             tags = {{ purpose = \"acceptance\" }}\n{role}\n",
            self.role
        ));
    }

    fn observe(&mut self, what: &str, observed: impl Into<String>) {
        self.seen.push((what.to_owned(), observed.into()));
    }

    /// Runs a command and logs its calls.
    #[track_caller]
    fn run(&mut self, args: &[&str], status: i32) -> Run {
        let run = self.place.project.run(&[&["-v"], args].concat());
        let transcript = run.transcript();
        assert_eq!(run.status, status, "{} {args:?}: {transcript}", self.place.name);
        // `iam:GetRole 200 in 12 ms, request …`
        for line in run.stderr.lines() {
            let Some((before, after)) = line.split_once(" in ") else { continue };
            let call = before.split_whitespace().rev().nth(1).unwrap_or_default();
            let ms = after.split_once(" ms, request").and_then(|(ms, _)| ms.parse().ok());
            if let Some(ms) = ms.filter(|_| call.contains(':')) {
                self.latencies.entry(call.to_owned()).or_default().push(ms);
            }
        }
        run
    }

    /// The seconds that a repair took; the plan must be empty afterwards.
    #[track_caller]
    fn repairs(&mut self, drift: &str, operation: &str) {
        self.run(&["plan", "--detailed-exitcode"], 2).says(operation);
        let began = Instant::now();
        self.run(&["apply", "--yes", "--no-check"], 0).says(&format!("done   {operation}"));
        self.observe(&format!("repaired: {drift}"), format!("{:.1} s", began.elapsed().as_secs_f32()));
        self.run(&["plan", "--detailed-exitcode"], 0);
    }

    /// The error of a call that must fail.
    fn refused<T: std::fmt::Debug, E: ProvideErrorMetadata + std::fmt::Debug, R: std::fmt::Debug>(
        &mut self,
        what: &str,
        answer: Result<T, aws_smithy_runtime_api::client::result::SdkError<E, R>>,
    ) {
        let text = match &answer {
            Ok(_) => "is not refused".to_owned(),
            Err(error) => {
                let meta = error.as_service_error().map(ProvideErrorMetadata::meta);
                let code = meta.and_then(|meta| meta.code()).unwrap_or("no answer");
                format!("{code}: {}", meta.and_then(|meta| meta.message()).unwrap_or_default())
            }
        };
        self.observe(&format!("refusal: {what}"), text);
    }

    fn table(&self) -> String {
        let mut text = format!("\n### Acceptance on {}\n\n| what | observed |\n|---|---|\n", self.place.name);
        for (call, times) in &self.latencies {
            let mut sorted = times.clone();
            sorted.sort_unstable();
            let (median, longest) = (sorted[sorted.len() / 2], sorted[sorted.len() - 1]);
            let _ = writeln!(
                text,
                "| {call} | {} calls, median {median} ms, longest {longest} ms |",
                times.len()
            );
        }
        for (what, observed) in &self.seen {
            let _ = writeln!(text, "| {what} | {} |", observed.replace('|', "\\|").replace('\n', " "));
        }
        // The account must stay private.
        text.replace(&self.place.account, "ACCOUNT")
    }
}

impl Drop for Life {
    fn drop(&mut self) {
        let gone = self.place.project.run(&["destroy", "--yes"]);
        if gone.status != 0 && !std::thread::panicking() {
            panic!("{} is left over: {}", self.role, gone.transcript());
        }
    }
}

fn allow(action: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
    )
}

fn trust(principal: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"sts:AssumeRole","Principal":{{"AWS":"{principal}"}}}}]}}"#
    )
}

fn random_id() -> String {
    let mut digits: String = (0..32).map(|_| char::from_digit(fastrand::u32(0..16), 16).unwrap()).collect();
    for at in [8, 13, 18, 23] {
        digits.insert(at, '-');
    }
    digits
}

fn live(place: Place) {
    let id = random_id();
    let mut life = Life::begin(place);
    life.write_spec(&id, "");
    life.run(&["plan", "--detailed-exitcode"], 2).says("3 to create");
    let began = Instant::now();
    life.run(&["apply", "--yes", "--no-check"], 0);
    life.observe("first apply", format!("{:.1} s", began.elapsed().as_secs_f32()));
    life.run(&["plan", "--detailed-exitcode"], 0).says("No changes.");
    look(&mut life);
    drift(&mut life);

    // Rotation, as a saved plan.
    let next = random_id();
    life.write_spec(&next, "");
    life.run(&["plan", "--out", "plan.json"], 0);
    life.run(&["apply", "plan.json", "--no-check"], 0).says("done   UpdateAssumeRolePolicy");
    life.run(&["apply", "plan.json", "--no-check"], 3).says("out of date");
    life.run(&["plan", "--detailed-exitcode"], 0);

    check(&mut life, &next);
    refusals(&mut life);
    life.run(&["destroy", "--yes"], 0);
    let began = Instant::now();
    let gone = loop {
        let (iam, role) = (life.iam.clone(), life.role.clone());
        if life.runtime.block_on(async { iam.get_role().role_name(role).send().await }).is_err() {
            break true;
        }
        if began.elapsed() > Duration::from_secs(30) {
            break false;
        }
        std::thread::sleep(Duration::from_millis(500));
    };
    assert!(gone, "the role is still there");
    life.observe("role gone after destroy", format!("{:.1} s", began.elapsed().as_secs_f32()));
    // Not through the macros: their output is hidden for passing tests.
    let _ = writeln!(std::io::stderr(), "{}", life.table());
}

/// Pages, and whether the tagging API knows policies.
fn look(life: &mut Life) {
    let (iam, arn, sdk) = (life.iam.clone(), life.policy_arn(), life.sdk.clone());
    let (roles, details, policies) = life.runtime.block_on(async {
        let roles = iam.list_roles().max_items(1000).send().await.unwrap();
        let details = iam.get_account_authorization_details().filter(EntityType::Role).max_items(1000);
        let policies = iam.list_policies().scope(PolicyScopeType::Local).max_items(1000);
        (roles, details.send().await, policies.send().await.unwrap())
    });
    let more = |truncated: bool| if truncated { ", and more" } else { "" };
    life.observe(
        "first page of 1000",
        format!("ListRoles {}{}", roles.roles().len(), more(roles.is_truncated)),
    );
    if let Ok(details) = details {
        let (count, more) = (details.role_detail_list().len(), more(details.is_truncated));
        life.observe("first page of 1000", format!("GetAccountAuthorizationDetails {count}{more}"));
    }
    let count = policies.policies().len();
    life.observe("first page of 1000", format!("ListPolicies {count}{}", more(policies.is_truncated)));
    // In the region where IAM's resources are.
    let config =
        aws_sdk_resourcegroupstagging::config::Builder::from(&sdk).region(Region::new("us-east-1")).build();
    let tagging = aws_sdk_resourcegroupstagging::Client::from_conf(config);
    let (began, patience) = (Instant::now(), if life.place.endpoint.is_some() { 0 } else { 60 });
    let known = loop {
        let request = tagging.get_resources().resource_arn_list(&arn);
        let answer = life.runtime.block_on(async { request.send().await });
        match answer {
            Ok(answer) if !answer.resource_tag_mapping_list().is_empty() => {
                break format!("knows the policy after {:.1} s", began.elapsed().as_secs_f32());
            }
            Ok(_) if began.elapsed().as_secs() < patience => std::thread::sleep(Duration::from_secs(1)),
            Ok(_) => break format!("does not know the policy after {patience} s"),
            Err(error) => break format!("refuses: {}", error.code().unwrap_or("no answer")),
        }
    };
    life.observe("tagging API", known);
}

fn drift(life: &mut Life) {
    let (iam, role, arn) = (life.iam.clone(), life.role.clone(), life.policy_arn());
    let account = life.place.account.clone();
    let tag = || Tag::builder().key("purpose").value("drifted").build().unwrap();
    macro_rules! by_hand {
        ($($request:expr),+) => { life.runtime.block_on(async { $($request.send().await.unwrap();)+ }) };
    }
    // For the account itself: a real AWS account is not opened to everyone.
    let opened = trust(&format!("arn:aws:iam::{account}:root"));
    by_hand!(iam.update_assume_role_policy().role_name(&role).policy_document(opened));
    life.repairs("trust policy", "UpdateAssumeRolePolicy");
    by_hand!(iam.update_role().role_name(&role).description("by hand").max_session_duration(7200));
    life.repairs("description and duration", "UpdateRole");
    by_hand!(iam.tag_role().role_name(&role).tags(tag()));
    life.repairs("tag of the role", "TagRole");
    by_hand!(iam.tag_policy().policy_arn(&arn).tags(tag()));
    life.repairs("tag of the policy", "TagPolicy");
    by_hand!(iam.detach_role_policy().role_name(&role).policy_arn(&arn));
    life.repairs("policy detached", "AttachRolePolicy");
    let has_rollback = !life.place.lacks.contains(&"SetDefaultPolicyVersion");
    let version = |action: &str| {
        iam.create_policy_version().policy_arn(&arn).policy_document(allow(action)).set_as_default(true)
    };
    by_hand!(version("s3:ListAllMyBuckets"));
    if has_rollback {
        life.repairs("another version in force", "SetDefaultPolicyVersion");
    }
    // Up to the limit, and none matches.
    by_hand!(version("s3:GetObject"), version("s3:ListBucket"), version("s3:GetBucketAcl"));
    let sixth = life.runtime.block_on(async { version("s3:GetBucketTagging").send().await });
    life.refused("CreatePolicyVersion beyond the limit", sixth);
    by_hand!(iam.delete_policy_version().policy_arn(&arn).version_id("v1"));
    by_hand!(version("s3:GetBucketTagging"));
    life.repairs("as many versions as there may be", "CreatePolicyVersion");
    by_hand!(
        iam.put_role_policy()
            .role_name(&role)
            .policy_name("extra")
            .policy_document(allow("s3:ListAllMyBuckets"))
    );
    life.run(&["plan", "--detailed-exitcode"], 2).says("inline policy `extra`");
    by_hand!(iam.delete_role_policy().role_name(&role).policy_name("extra"));
    life.run(&["plan", "--detailed-exitcode"], 0);
}

/// Waits until the verifier can assume the role, and records what `check` says.
fn check(life: &mut Life, id: &str) {
    let sts = aws_sdk_sts::Client::new(&life.sdk);
    let caller = life.runtime.block_on(async { sts.get_caller_identity().send().await.unwrap() });
    let caller = caller.arn.unwrap_or_default();
    // A session's principal is its role.
    let verifier = match caller.split_once(":assumed-role/") {
        Some((_, rest)) => {
            let name = rest.split('/').next().unwrap_or_default().to_owned();
            let iam = life.iam.clone();
            let role = life.runtime.block_on(async { iam.get_role().role_name(name).send().await.unwrap() });
            role.role.map(|role| role.arn).unwrap_or_default()
        }
        None if caller.contains(":iam:") && caller.contains(":user/") => caller,
        None => {
            life.observe(
                "check with a verifier",
                format!("not made: the caller is no role or user of IAM: {caller}"),
            );
            let run = life.place.project.run(&["check"]);
            assert!(matches!(run.status, 0 | 4), "{}", run.transcript());
            life.observe("check", format!("exit status {}", run.status));
            return;
        }
    };
    life.write_spec(id, &format!("[check]\nverifier = \"{verifier}\"\n---"));
    let plan = life.place.project.run(&["plan"]);
    if plan.status == 3 {
        // A stand-in may not know its own caller.
        life.observe("check with a verifier", format!("blocked: {verifier} is not known"));
        life.write_spec(id, "");
        return;
    }
    life.run(&["apply", "--yes", "--no-check"], 0);
    let role = format!("arn:aws:iam::{}:role/{}", life.place.account, life.role);
    let began = Instant::now();
    let assumed = loop {
        let request = sts.assume_role().role_arn(&role).role_session_name("acceptance").external_id(id);
        match life.runtime.block_on(async { request.send().await }) {
            Ok(_) => break format!("{:.1} s", began.elapsed().as_secs_f32()),
            Err(error) if began.elapsed().as_secs() >= 60 => {
                break format!("not within 60 s: {}", error.message().unwrap_or_default());
            }
            Err(_) => std::thread::sleep(Duration::from_millis(500)),
        }
    };
    life.observe("new trust policy in force after", assumed);
    let wrong = sts.assume_role().role_arn(&role).role_session_name("acceptance").external_id("wrong-id");
    let wrong = life.runtime.block_on(async { wrong.send().await });
    life.refused("AssumeRole with a wrong external ID", wrong.map(|_| ()));
    let run = life.place.project.run(&["check", "--all"]);
    // A stand-in that enforces nothing is open, which is a fault.
    assert!(matches!(run.status, 0 | 4), "{}", run.transcript());
    let verdict = run.stdout.lines().next().unwrap_or_default().to_owned();
    life.observe("check with a verifier", format!("exit status {}: {verdict}", run.status));
    life.write_spec(id, "");
    life.run(&["apply", "--yes", "--no-check"], 0);
}

/// AWS's own error messages.
fn refusals(life: &mut Life) {
    let (iam, role, arn) = (life.iam.clone(), life.role.clone(), life.policy_arn());
    let trusted = trust(&format!("arn:aws:iam::{}:root", life.place.account));
    macro_rules! refused {
        ($what:expr, $request:expr) => {{
            let answer = life.runtime.block_on(async { $request.send().await });
            life.refused($what, answer.map(|_| ()));
        }};
    }
    refused!("GetRole of a missing role", iam.get_role().role_name(format!("{role}-missing")));
    refused!("CreateRole again", iam.create_role().role_name(&role).assume_role_policy_document(&trusted));
    refused!("GetRole in another case", iam.get_role().role_name(role.to_uppercase()));
    refused!(
        "CreateRole in another case",
        iam.create_role().role_name(role.to_uppercase()).assume_role_policy_document(&trusted)
    );
    // A stand-in that allows its creation must not keep it.
    let _ = life.runtime.block_on(async { iam.delete_role().role_name(role.to_uppercase()).send().await });
    if !life.place.lacks.contains(&"NoSuchEntity") {
        refused!(
            "AttachRolePolicy of a missing policy",
            iam.attach_role_policy().role_name(&role).policy_arn(format!("{arn}-missing"))
        );
    }
    refused!(
        "UpdateAssumeRolePolicy with a principal that is not there",
        iam.update_assume_role_policy()
            .role_name(&role)
            .policy_document(trust(&format!("arn:aws:iam::{}:role/{role}-missing", life.place.account)))
    );
    if !life.place.lacks.contains(&"DeleteConflict") {
        refused!("DeletePolicy that is attached", iam.delete_policy().policy_arn(&arn));
        refused!("DeleteRole with a policy", iam.delete_role().role_name(&role));
    }
    life.run(&["apply", "--yes", "--no-check"], 0);
}

#[test]
fn the_sandbox() {
    let function = "my-genesys-trigger-function";
    let project = Project::example();
    let server = served::serve(&project, &[]);
    let project = project.aws(&server.endpoint, "111122223333", "test");
    live(Place {
        name: "the sandbox",
        endpoint: Some(server.endpoint.clone()),
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        function: function.to_owned(),
        lacks: &[],
        project,
        _server: Some(server),
    });
}

const MAKE_FUNCTION: &str = "
role = iam.create_role(RoleName='function', AssumeRolePolicyDocument=trust('*'))['Role']['Arn']
awslambda.create_function(FunctionName=FUNCTION, Runtime='python3.12', Role=role, Handler='f.handler',
                          Code={'ZipFile': archive()})
while awslambda.get_function_configuration(FunctionName=FUNCTION).get('State') == 'Pending': pass
";

fn stand_in(name: &'static str, lacks: &'static [&'static str], start: fn(&std::path::Path) -> Server) {
    let project = Project::example();
    let home = project.path("");
    let server = start(&home);
    boto3(&home, &server.endpoint, "111122223333", "test", MAKE_FUNCTION).expect(0);
    let project = project.aws(&server.endpoint, "111122223333", "test");
    live(Place {
        name,
        endpoint: Some(server.endpoint.clone()),
        account: "111122223333".to_owned(),
        region: "us-east-1".to_owned(),
        function: "my-genesys-trigger-function".to_owned(),
        lacks,
        project,
        _server: Some(server),
    });
}

#[test]
fn moto_5() {
    stand_in("moto", &["DeleteConflict"], moto);
}

#[test]
fn ministack_1() {
    stand_in("ministack", &["SetDefaultPolicyVersion", "NoSuchEntity", "DeleteConflict"], ministack);
}

#[test]
fn an_account() {
    let variable = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let Some(account) = variable("GENESYS_IAM_ACCEPTANCE") else {
        let _ = writeln!(std::io::stderr(), "GENESYS_IAM_ACCEPTANCE names no account: not run");
        return;
    };
    let function = variable("GENESYS_IAM_ACCEPTANCE_FUNCTION").expect("the name of a function that exists");
    let region = variable("AWS_REGION").or_else(|| variable("AWS_DEFAULT_REGION")).expect("AWS_REGION");
    // The credentials of the user who runs it, which other tests keep out.
    let mut project = Project::empty();
    for (name, value) in std::env::vars().filter(|(name, _)| name == "HOME" || name.starts_with("AWS_")) {
        project = project.env(&name, &value);
    }
    live(Place {
        name: "AWS",
        endpoint: None,
        account,
        region,
        function,
        lacks: &[],
        project,
        _server: None,
    });
}
