//! What an organization forbids, what is recorded of a role's use, and changes that are not visible at once.

use std::time::Duration;

use super::*;

const SOON: &str = "2026-03-01T12:00:01Z";

fn play(sandbox: &mut Sandbox, text: &str) {
    let seed = seed();
    let scenario = Scenario::parse(text, &seed).unwrap_or_else(|error| panic!("{error}: {text}"));
    sandbox.play(&scenario, &seed, now()).unwrap();
}

/// A sandbox with a role that Genesys Cloud can use, and one built-in scenario.
fn with(name: &str) -> Sandbox {
    let mut sandbox = furnished();
    let text = Scenario::built_in(name)
        .unwrap()
        .replace("{{genesys}}", GENESYS)
        .replace("{{external_id}}", EXTERNAL_ID);
    play(&mut sandbox, &text);
    sandbox
}

fn assume(sandbox: &mut Sandbox, key: &str) -> Answered {
    let params = [("RoleArn", ROLE_ARN), ("RoleSessionName", "probe"), ("ExternalId", EXTERNAL_ID)];
    send_as(sandbox, key, "sts", "AssumeRole", &params)
}

fn invoke(sandbox: &mut Sandbox, session: &Answered, kind: &str) -> (u16, String) {
    let request = Request::post("/2015-03-31/functions/f/invocations")
        .header("authorization", authorization(session.one("AccessKeyId"), "us-east-1", "lambda"))
        .header("x-amz-security-token", session.one("SessionToken"))
        .header("x-amz-invocation-type", kind)
        .body(Vec::new())
        .unwrap();
    let response = sandbox.handle(&request, SOON.parse().unwrap());
    (response.status().as_u16(), String::from_utf8(response.into_body()).unwrap())
}

const SESSION: &str = "User: arn:aws:sts::111122223333:assumed-role/R/probe is not authorized to perform: \
                       lambda:InvokeFunction on resource: arn:aws:lambda:us-east-1:111122223333:function:f";

#[test]
fn a_service_control_policy_binds_the_sessions_of_a_member_and_not_outsiders() {
    for (name, why) in [
        ("scp-deny", "with an explicit deny in a service control policy"),
        ("scp-missing-allow", "because no service control policy allows the lambda:InvokeFunction action"),
    ] {
        let mut sandbox = with(name);
        let session = assume(&mut sandbox, GENESYS);
        assert_eq!(session.status, 200, "{name}: the outside caller is none of its");
        let (status, body) = invoke(&mut sandbox, &session, "DryRun");
        assert_eq!((status, body.contains(&format!("{SESSION} {why}"))), (403, true), "{body}");
    }
    let mut sandbox = with("scp-region-fence");
    let session = assume(&mut sandbox, GENESYS);
    assert_eq!(invoke(&mut sandbox, &session, "DryRun").0, 204, "the region is among those allowed");
    // The management account is exempt.
    let mut sandbox = with("scp-deny");
    let mut text = Scenario::built_in("scp-deny").unwrap().to_owned();
    text = text.replace(
        "[[organization.scp]]",
        "[organization]\nis_management_account = true\n\n[[organization.scp]]",
    );
    play(&mut sandbox, &text);
    let session = assume(&mut sandbox, GENESYS);
    assert_eq!(invoke(&mut sandbox, &session, "DryRun").0, 204);
}

#[test]
fn a_resource_control_policy_refuses_outsiders_unless_the_role_is_exempt() {
    let mut sandbox = with("rcp-identity-perimeter");
    let message = "User: arn:aws:iam::765628985471:user/sandbox is not authorized to perform: sts:AssumeRole on \
                   resource: arn:aws:iam::111122223333:role/R with an explicit deny in a resource control policy";
    assert_eq!(assume(&mut sandbox, GENESYS).error(), (403, "AccessDenied", message));
    let tag = [("Tags.member.1.Key", "dp:exclude:identity"), ("Tags.member.1.Value", "true")];
    done(&mut sandbox, "TagRole", &[("RoleName", "R"), tag[0], tag[1]]);
    assert_eq!(assume(&mut sandbox, GENESYS).status, 200, "by the role's tag");
    let listed = Scenario::built_in("rcp-identity-perimeter")
        .unwrap()
        .replace("\"{{account}}\"", &format!("[\"{GENESYS}\"]"));
    let mut sandbox = furnished();
    play(&mut sandbox, &listed);
    assert_eq!(assume(&mut sandbox, GENESYS).status, 200, "by the list of accounts");
}

#[test]
fn a_use_of_the_role_is_seen_where_aws_shows_it() {
    let mut sandbox = furnished();
    let role = [("RoleName", "R")];
    assert_eq!(done(&mut sandbox, "GetRole", &role).one("RoleLastUsed"), "");
    assert_eq!(assume(&mut sandbox, "999999999999").status, 403, "what is refused leaves no event");
    let session = assume(&mut sandbox, GENESYS);
    assert_eq!(done(&mut sandbox, "GetRole", &role).one("RoleLastUsed"), "", "assuming is not using");
    assert_eq!(invoke(&mut sandbox, &session, "DryRun").0, 204);
    let used = "<LastUsedDate>2026-03-01T12:00:01Z</LastUsedDate><Region>us-east-1</Region>";
    assert_eq!(done(&mut sandbox, "GetRole", &role).one("RoleLastUsed"), used);
    assert_eq!(done(&mut sandbox, "GetAccountAuthorizationDetails", &[]).one("RoleLastUsed"), used);
    let job = done(&mut sandbox, "GenerateServiceLastAccessedDetails", &[("Arn", ROLE_ARN)]);
    let details = done(&mut sandbox, "GetServiceLastAccessedDetails", &[("JobId", job.one("JobId"))]);
    assert_eq!((details.one("JobStatus"), details.one("ServiceNamespace")), ("COMPLETED", "lambda"));
    assert_eq!(details.one("LastAuthenticated"), "2026-03-01T12:00:01Z");

    let look = |sandbox: &mut Sandbox, key: &str, body: &str| -> serde_json::Value {
        let request = Request::post("/")
            .header("authorization", authorization(key, "us-east-1", "cloudtrail"))
            .header("x-amz-target", "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents")
            .body(body.as_bytes().to_vec())
            .unwrap();
        serde_json::from_slice(sandbox.handle(&request, now()).body()).unwrap()
    };
    let by_role = format!(
        r#"{{"LookupAttributes":[{{"AttributeKey":"ResourceName","AttributeValue":"{ROLE_ARN}"}}]}}"#
    );
    let found = look(&mut sandbox, ACCOUNT, &by_role);
    let events = found["Events"].as_array().unwrap();
    assert_eq!(events.len(), 2, "the use, and before it the making of the role: {found}");
    let event: serde_json::Value =
        serde_json::from_str(events[0]["CloudTrailEvent"].as_str().unwrap()).unwrap();
    assert_eq!(event["userIdentity"]["accountId"], GENESYS);
    assert_eq!(event["requestParameters"]["externalId"], EXTERNAL_ID);
    assert!(!found.to_string().contains(session.one("SessionToken")), "{found}");
    assert_eq!(
        look(&mut sandbox, "222222222222", "{}")["Events"],
        serde_json::json!([]),
        "not of others' roles"
    );
    let two = r#"{"LookupAttributes":[{"AttributeKey":"a","AttributeValue":"b"},{"AttributeKey":"c","AttributeValue":"d"}]}"#;
    assert_eq!(look(&mut sandbox, ACCOUNT, two)["__type"], "InvalidLookupAttributesException");
}

#[test]
fn an_analyzer_finds_whom_the_trust_policies_admit() {
    let mut sandbox = furnished();
    let ask =
        |sandbox: &mut Sandbox, request: http::request::Builder, body: String| -> (u16, serde_json::Value) {
            let authorization = authorization(ACCOUNT, "us-east-1", "access-analyzer");
            let request = request.header("authorization", authorization).body(body.into_bytes()).unwrap();
            let response = sandbox.handle(&request, now());
            (response.status().as_u16(), serde_json::from_slice(response.body()).unwrap())
        };
    let analyzers =
        |sandbox: &mut Sandbox| ask(sandbox, Request::get("/analyzer?type=ACCOUNT"), String::new()).1;
    assert_eq!(analyzers(&mut sandbox)["analyzers"], serde_json::json!([]));
    play(&mut sandbox, "access_analyzer = true");
    let analyzer = analyzers(&mut sandbox)["analyzers"][0]["arn"].as_str().unwrap().to_owned();
    let body = format!(r#"{{"analyzerArn":"{analyzer}","filter":{{"resource":{{"eq":["{ROLE_ARN}"]}}}}}}"#);
    let (status, found) = ask(&mut sandbox, Request::post("/finding"), body.clone());
    assert_eq!((status, found["findings"].as_array().map(Vec::len)), (200, Some(1)), "{found}");
    let finding = &found["findings"][0];
    assert_eq!(finding["principal"]["AWS"], GENESYS);
    assert_eq!(finding["condition"]["sts:ExternalId"], EXTERNAL_ID);
    let open = r#"{"role":{"*":{"trust":{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}}}}"#;
    play(&mut sandbox, open);
    let (_, found) = ask(&mut sandbox, Request::post("/finding"), body);
    assert_eq!(found["findings"][0]["isPublic"], true, "{found}");
    assert_eq!(ask(&mut sandbox, Request::post("/finding"), "{}".to_owned()).0, 404);
}

#[test]
fn each_service_throttles_in_its_own_words() {
    let mut sandbox = furnished();
    let mut throttle = |service: &str, path: &str| {
        let request = Request::post(path)
            .header("authorization", authorization(ACCOUNT, "us-east-1", service))
            .body(Vec::new())
            .unwrap();
        let response = sandbox.throttle::<Vec<u8>>(&request);
        let kind = header(response.headers(), "x-amzn-errortype").to_owned();
        (response.status().as_u16(), kind, String::from_utf8(response.into_body()).unwrap())
    };
    let (status, kind, body) = throttle("lambda", "/2015-03-31/functions/f/invocations");
    assert_eq!((status, kind.as_str()), (429, "TooManyRequestsException"));
    let body: serde_json::Value = serde_json::from_str(&body).unwrap();
    let wanted = serde_json::json!({ "Type": "User", "message": "Rate exceeded", "Reason": "CallerRateLimitExceeded" });
    assert_eq!(body, wanted);
    let (status, _, body) = throttle("iam", "/");
    assert_eq!(
        (status, body.contains("<Code>Throttling</Code><Message>Rate exceeded</Message>")),
        (400, true)
    );
    let (status, _, body) = throttle("cloudtrail", "/");
    assert_eq!((status, body.contains("ThrottlingException")), (400, true));
    let (status, _, body) = throttle("none", "/api/v2/integrations");
    assert_eq!((status, body.contains("too.many.requests")), (429, true));
}

#[test]
fn a_change_is_seen_only_after_the_delay() {
    let mut sandbox = furnished();
    sandbox.set_consistency_delay(Duration::from_secs(5));
    let at = |sandbox: &mut Sandbox, seconds: i64, service: &str, action: &str, params: &[(&str, &str)]| {
        let key = if service == "sts" { GENESYS } else { ACCOUNT };
        let request = Request::post("/")
            .header("authorization", authorization(key, "us-east-1", service))
            .body(form(action, params).into_bytes())
            .unwrap();
        Answered::of(sandbox.handle(&request, now() + jiff::SignedDuration::from_secs(seconds)))
    };
    let role = [("RoleName", "S"), ("AssumeRolePolicyDocument", TRUST)];
    let assume = [
        ("RoleArn", "arn:aws:iam::111122223333:role/S"),
        ("RoleSessionName", "probe"),
        ("ExternalId", EXTERNAL_ID),
    ];
    assert_eq!(at(&mut sandbox, 0, "iam", "CreateRole", &role).status, 200);
    for seconds in [0, 4] {
        assert_eq!(at(&mut sandbox, seconds, "iam", "GetRole", &role[..1]).status, 404);
        assert_eq!(at(&mut sandbox, seconds, "sts", "AssumeRole", &assume).status, 403);
    }
    // A write sees the current state.
    assert_eq!(at(&mut sandbox, 4, "iam", "CreateRole", &role).error().1, "EntityAlreadyExists");
    assert_eq!(at(&mut sandbox, 5, "iam", "GetRole", &role[..1]).status, 200);
    let session = at(&mut sandbox, 5, "sts", "AssumeRole", &assume);
    assert_eq!(session.status, 200);
    // Once deleted, it still admits its callers for a while: a revocation takes time.
    assert_eq!(at(&mut sandbox, 6, "iam", "DeleteRole", &role[..1]).status, 200);
    assert_eq!(at(&mut sandbox, 7, "iam", "GetRole", &role[..1]).status, 200);
    assert_eq!(at(&mut sandbox, 11, "iam", "GetRole", &role[..1]).status, 404);
}
