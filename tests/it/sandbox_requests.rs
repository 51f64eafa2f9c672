//! Random requests to the sandbox: every answer is readable for a client and never an internal error.

use genesys_iam::sandbox::{GenesysSeed, IntegrationSeed, Sandbox, Seed};
use http::{Method, Request, Response};
use jiff::Timestamp;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::RngSeed;

const ACCOUNT: &str = "111122223333";
const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

const ACTIONS: &[&str] = &[
    "AddRoleToInstanceProfile",
    "AssumeRole",
    "AttachRolePolicy",
    "CreateInstanceProfile",
    "CreatePolicy",
    "CreatePolicyVersion",
    "CreateRole",
    "DeleteInstanceProfile",
    "DeletePolicy",
    "DeletePolicyVersion",
    "DeleteRole",
    "DeleteRolePermissionsBoundary",
    "DeleteRolePolicy",
    "DetachRolePolicy",
    "GenerateServiceLastAccessedDetails",
    "GetAccountAuthorizationDetails",
    "GetAccountSummary",
    "GetCallerIdentity",
    "GetInstanceProfile",
    "GetPolicy",
    "GetPolicyVersion",
    "GetRole",
    "GetRolePolicy",
    "GetServiceLastAccessedDetails",
    "GetUser",
    "ListAttachedRolePolicies",
    "ListEntitiesForPolicy",
    "ListInstanceProfiles",
    "ListInstanceProfilesForRole",
    "ListPolicies",
    "ListPolicyTags",
    "ListPolicyVersions",
    "ListRolePolicies",
    "ListRoleTags",
    "ListRoles",
    "PutRolePermissionsBoundary",
    "PutRolePolicy",
    "RemoveRoleFromInstanceProfile",
    "SetDefaultPolicyVersion",
    "SimulatePrincipalPolicy",
    "TagPolicy",
    "TagRole",
    "UntagPolicy",
    "UntagRole",
    "UpdateAssumeRolePolicy",
    "UpdateRole",
    "UpdateRoleDescription",
    "",
    "No</Such>&Action\u{1}",
];

const PARAMETERS: &[&str] = &[
    "ActionNames.member.1",
    "Arn",
    "AssumeRolePolicyDocument",
    "ContextEntries.member.1.ContextKeyName",
    "ContextEntries.member.1.ContextKeyType",
    "ContextEntries.member.1.ContextKeyValues.member.1",
    "Description",
    "DurationSeconds",
    "EntityFilter",
    "ExternalId",
    "Filter.member.1",
    "InstanceProfileName",
    "JobId",
    "Marker",
    "MaxItems",
    "MaxSessionDuration",
    "OnlyAttached",
    "Path",
    "PathPrefix",
    "PermissionsBoundary",
    "Policy",
    "PolicyArn",
    "PolicyArns.member.1.arn",
    "PolicyDocument",
    "PolicyName",
    "PolicySourceArn",
    "PolicyUsageFilter",
    "ResourceArns.member.1",
    "RoleArn",
    "RoleName",
    "RoleSessionName",
    "Scope",
    "SetAsDefault",
    "TagKeys.member.1",
    "Tags.member.1.Key",
    "Tags.member.1.Value",
    "Tags.member.18446744073709551616.Key",
    "UserName",
    "VersionId",
];

const VALUES: &[&str] = &[
    "",
    "R",
    "r",
    "/",
    "/p/",
    "true",
    "0",
    "1",
    "-1",
    "99999999999999999999",
    "3600",
    "v1",
    "v4294967296",
    "All",
    "Role",
    "a\u{1}\u{fffe}</x>&#0;\"\r\n",
    "arn:aws:iam::111122223333:role/R",
    "arn:aws:iam::111122223333:policy/R",
    "arn:aws:iam::aws:policy/ReadOnlyAccess",
    "arn:aws:lambda:us-east-1:111122223333:function:f",
    "arn:::::",
    "lambda:InvokeFunction",
    r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#,
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"a:*","Resource":"arn:aws:s3:::\u0001${x","Condition":{"Null":{"a:b":"maybe"}}}]}"#,
    r#"{"Statement":null}"#,
    "[[[[",
    "{}",
];

const PATHS: &[&str] = &[
    "/2015-03-31/functions/f",
    "/2015-03-31/functions/f/configuration",
    "/2015-03-31/functions/f/policy",
    "/2015-03-31/functions/f/policy/s",
    "/2015-03-31/functions/f/aliases",
    "/2015-03-31/functions/f/versions",
    "/2015-03-31/functions/f/invocations",
    "/2015-03-31/functions/%ff%00/invocations",
    "/2015-03-31/functions/",
    "/2019-09-30/functions/f/concurrency",
    "/2017-10-31/functions/f/concurrency",
    "/analyzer",
    "/finding",
    "/findingv2/x",
    "/",
    "/oauth/token",
    "/api/v2/organizations/me",
    "/api/v2/integrations",
    "/api/v2/integrations/INTEGRATION",
    "/api/v2/integrations/INTEGRATION/config/current",
    "/api/v2/integrations/types",
    "/api/v2/integrations/credentials",
    "/api/v2/integrations/credentials/x",
    "/api/v2/integrations/actions",
    "/api/v2/integrations/actions/drafts",
    "/api/v2/integrations/actions/ACTION",
    "/api/v2/integrations/actions/ACTION/test",
    "/api/v2/integrations/actions/ACTION/templates/y",
    "/api/v2/architect/dependencytracking/consumingresources",
    "/api/v2/%00/\u{e9}",
];

const QUERIES: &[&str] = &[
    "",
    "?Qualifier=live",
    "?Qualifier=%00",
    "?MaxItems=-1&Marker=%3C",
    "?pageSize=0&pageNumber=0",
    "?pageSize=99999999999999999999&after=x",
    "?pageNumber=18446744073709551615&pageSize=18446744073709551615",
    "?%&=&",
];

const BODIES: &[&str] = &[
    "",
    "{}",
    "[]",
    "null",
    "\"\\u0000\"",
    "{\"a\":",
    "\u{1}",
    r#"{"name":"x","integrationType":{"id":"aws-lambda-data-actions"}}"#,
    r#"{"name":"","type":{"name":"amazonWebServicesARN"},"credentialFields":{"ARN":1}}"#,
    r#"{"name":"x","type":{"name":"amazonWebServicesARN"},"credentialFields":{"ARN":"arn:aws:iam::111122223333:role/R"}}"#,
    r#"{"name":"x","category":"x","integrationId":"INTEGRATION","contract":{"input":null,"output":[]},"config":{"request":[],"response":0}}"#,
    r#"{"name":"x","category":"x","integrationId":"INTEGRATION","contract":{"input":{"inputSchema":{"type":"object"}},"output":[]},"config":{"request":{},"response":0}}"#,
    r#"{"version":1,"name":[],"config":{"request":{},"response":"x","timeoutSeconds":{}}}"#,
    r#"{"version":1,"name":0,"notes":[],"credentials":{"AmazonWebServicesARN":0},"properties":[],"advanced":0}"#,
    r#"{"version":-1,"intendedState":"ENABLED","credentials":[]}"#,
    r#"{"MaxResults":-1,"NextToken":"<"}"#,
    r#"{"ResourceTypeFilters":["iam:policy"],"TagFilters":[{"Key":1}],"ResourcesPerPage":1e400}"#,
    r#"{"LookupAttributes":[{"AttributeKey":"EventName","AttributeValue":null}],"StartTime":-1e300,"EndTime":1e300}"#,
    "grant_type=client_credentials",
];

const TARGETS: &[&str] = &[
    "",
    "x",
    "ResourceGroupsTaggingAPI_20170126.GetResources",
    "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
    "CloudTrail_20131101.LookupEvents",
    "AWSOrganizationsV20161128.DescribeOrganization",
    "AWSOrganizationsV20161128.ListParents",
    "AWSOrganizationsV20161128.ListPoliciesForTarget",
    "AWSOrganizationsV20161128.DescribePolicy",
];

#[derive(Debug, Clone)]
struct Sent {
    service: &'static str,
    method: Method,
    path: String,
    target: &'static str,
    body: String,
}

fn value() -> impl Strategy<Value = String> {
    prop_oneof![8 => select(VALUES).prop_map(str::to_owned), 1 => any::<String>()]
}

fn query_call() -> impl Strategy<Value = Sent> {
    let parameters = prop::collection::vec((select(PARAMETERS), value()), 0..8);
    // Most calls name the same things as the others.
    let likely =
        [("RoleName", "R"), ("PolicyName", "R"), ("PolicyArn", "arn:aws:iam::111122223333:policy/R")];
    (select(ACTIONS), parameters, any::<bool>()).prop_map(move |(action, parameters, is_likely)| {
        let mut form = form_urlencoded::Serializer::new(String::new());
        form.append_pair("Action", action).append_pair("Version", "2010-05-08");
        if is_likely {
            form.extend_pairs(likely).append_pair("AssumeRolePolicyDocument", VALUES[22]);
            form.append_pair("PolicyDocument", VALUES[23]);
        }
        form.extend_pairs(parameters);
        let service = if matches!(action, "AssumeRole" | "GetCallerIdentity") { "sts" } else { "iam" };
        Sent { service, method: Method::POST, path: "/".to_owned(), target: "", body: form.finish() }
    })
}

fn other_call() -> impl Strategy<Value = Sent> {
    let services = ["lambda", "tagging", "cloudtrail", "organizations", "access-analyzer", "s3", "genesys"];
    let methods = [Method::GET, Method::POST, Method::PUT, Method::PATCH, Method::DELETE];
    let body = prop_oneof![8 => select(BODIES).prop_map(str::to_owned), 1 => any::<String>()];
    (
        select(services.to_vec()),
        select(methods.to_vec()),
        select(PATHS),
        select(QUERIES),
        select(TARGETS),
        body,
    )
        .prop_map(|(service, method, path, query, target, body)| Sent {
            service,
            method,
            path: format!("{path}{query}"),
            target,
            body,
        })
}

fn sandbox() -> Sandbox {
    let function = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:f");
    let genesys = GenesysSeed {
        credentials: None,
        organization_id: "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90".to_owned(),
        account: "765628985471".parse().unwrap(),
        integrations: vec![IntegrationSeed {
            name: "I".to_owned(),
            role: format!("arn:aws:iam::{ACCOUNT}:role/R").parse().unwrap(),
            functions: vec![function.parse().unwrap()],
        }],
    };
    Sandbox::new(&Seed {
        account: ACCOUNT.parse().unwrap(),
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        functions: vec![function.parse().unwrap(), format!("{function}:live").parse().unwrap()],
        genesys: Some(genesys),
    })
}

/// A token, and the IDs of the integration and its action.
fn known(sandbox: &mut Sandbox) -> [String; 3] {
    let mut ask = |request: http::request::Builder, body: &str| -> serde_json::Value {
        let answer = sandbox.handle(&request.body(body.to_owned()).unwrap(), NOW);
        serde_json::from_slice(answer.body()).unwrap()
    };
    let request = Request::post("/oauth/token").header("authorization", "Basic aWQ6c2VjcmV0");
    let answer = ask(request, "grant_type=client_credentials");
    let token = answer["access_token"].as_str().unwrap().to_owned();
    let mut first = |path| {
        let answer = ask(Request::get(path).header("authorization", format!("Bearer {token}")), "");
        answer["entities"][0]["id"].as_str().unwrap().to_owned()
    };
    let (integration, action) = (first("/api/v2/integrations"), first("/api/v2/integrations/actions"));
    [token, integration, action]
}

/// Why a client cannot read an answer.
fn unreadable(answer: &Response<Vec<u8>>) -> Option<String> {
    let Ok(body) = std::str::from_utf8(answer.body()) else { return Some("not UTF-8".to_owned()) };
    if answer.status() == http::StatusCode::NO_CONTENT {
        return (!body.is_empty()).then(|| "a body where there is none".to_owned());
    }
    match answer.headers().get("content-type").map(|kind| kind.to_str().unwrap()) {
        None => (!body.is_empty()).then(|| "a body without a type".to_owned()),
        Some(kind) if kind.contains("json") => {
            serde_json::from_str::<serde_json::Value>(body).err().map(|error| error.to_string())
        }
        Some(kind) if kind.contains("xml") => not_xml(body),
        Some(_) => None,
    }
}

/// What is wrong with XML that only has elements and text.
fn not_xml(body: &str) -> Option<String> {
    let is_no_xml =
        |c: char| c < ' ' && !matches!(c, '\t' | '\n' | '\r') || matches!(c, '\u{fffe}' | '\u{ffff}');
    if let Some(char) = body.chars().find(|c| is_no_xml(*c)) {
        return Some(format!("the character {char:?}"));
    }
    let mut open: Vec<&str> = Vec::new();
    for part in body.split('<').skip(1) {
        let Some((tag, text)) = part.split_once('>') else {
            return Some(format!("no end of the tag {part}"));
        };
        let name = tag.trim_start_matches('/').split(' ').next().unwrap();
        match tag.chars().next() {
            Some('?') => continue,
            Some('/') if open.pop() != Some(name) => return Some(format!("the end of {name}")),
            Some('/') => {}
            _ => open.push(name),
        }
        if name.is_empty() || !name.chars().all(|c| c.is_ascii_alphanumeric()) {
            return Some(format!("the name {name:?}"));
        }
        let entities = ["lt;", "gt;", "amp;", "quot;", "#xD;"];
        if text.split('&').skip(1).any(|rest| !entities.iter().any(|entity| rest.starts_with(entity))) {
            return Some(format!("an entity of {text:?}"));
        }
    }
    (!open.is_empty()).then(|| format!("{open:?} left open"))
}

proptest! {
    #![proptest_config(ProptestConfig {
        cases: 200,
        failure_persistence: None,
        rng_seed: RngSeed::Fixed(15),
        ..ProptestConfig::default()
    })]

    #[test]
    fn whatever_is_asked_the_sandbox_answers_what_a_client_can_read(
        calls in prop::collection::vec(prop_oneof![3 => query_call(), 1 => other_call()], 1..25),
    ) {
        let mut sandbox = sandbox();
        let [token, integration, action] = known(&mut sandbox);
        for Sent { service, method, path, target, body } in calls {
            let named = |text: &str| text.replace("INTEGRATION", &integration).replace("ACTION", &action);
            let (path, body) = (named(&path), named(&body));
            let authorization = if path.starts_with("/api/") {
                format!("Bearer {token}")
            } else {
                format!("AWS4-HMAC-SHA256 Credential={ACCOUNT}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0")
            };
            let Ok(request) = Request::builder()
                .method(method)
                .uri(path.as_str())
                .header("authorization", authorization)
                .header("x-amz-target", target)
                .body(body.clone().into_bytes())
            else {
                continue;
            };
            let answer = sandbox.handle(&request, NOW);
            let asked = format!("{} {path} {target} {body}", request.method());
            prop_assert!(answer.status().as_u16() < 500, "{}: {}", answer.status(), asked);
            let fault = unreadable(&answer);
            prop_assert!(fault.is_none(), "{:?}: {} answers {}", fault, asked, String::from_utf8_lossy(answer.body()));
        }
    }
}
