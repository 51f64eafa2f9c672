//! The forms of a function's name, and its policy.

use http::Method;

use super::*;

fn call(
    sandbox: &mut Sandbox,
    key: &str,
    method: Method,
    region: &str,
    path: &str,
    kind: &str,
) -> (u16, String, String) {
    let request = Request::builder()
        .method(method)
        .uri(format!("/2015-03-31/functions/{path}"))
        .header("authorization", authorization(key, region, "lambda"))
        .header("x-amz-invocation-type", kind)
        .body(Vec::new())
        .unwrap();
    let response = sandbox.handle(&request, now());
    let error = header(response.headers(), "x-amzn-errortype").to_owned();
    (response.status().as_u16(), error, String::from_utf8(response.into_body()).unwrap())
}

fn get(sandbox: &mut Sandbox, path: &str) -> (u16, String, serde_json::Value) {
    let (status, error, body) = call(sandbox, ACCOUNT, Method::GET, "us-east-1", path, "");
    (status, error, serde_json::from_str(&body).unwrap())
}

#[test]
fn every_form_of_a_name_leads_to_the_function() {
    let mut sandbox = furnished();
    let live = format!("{FUNCTION}:live");
    for (name, arn) in [
        ("f", FUNCTION),
        ("function%3Af", FUNCTION),
        ("111122223333%3Afunction%3Af", FUNCTION),
        ("111122223333:f", FUNCTION),
        ("arn%3Aaws%3Alambda%3Aus-east-1%3A111122223333%3Afunction%3Af", FUNCTION),
        ("f:live", &live),
        ("f%3Alive", &live),
        ("111122223333:function:f:live", &live),
        ("arn%3Aaws%3Alambda%3Aus-east-1%3A111122223333%3Afunction%3Af%3Alive", &live),
    ] {
        let (status, _, body) = get(&mut sandbox, &format!("{name}/configuration"));
        assert_eq!((status, body["FunctionArn"].as_str()), (200, Some(arn)), "{name}");
        assert_eq!(body["State"], "Active");
        let (_, _, body) = get(&mut sandbox, name);
        assert_eq!(body["Configuration"]["FunctionArn"], arn, "{name}");
    }
    let (_, _, body) = get(&mut sandbox, "f/configuration?Qualifier=live");
    assert_eq!((body["FunctionArn"].as_str(), body["Version"].as_str()), (Some(live.as_str()), Some("1")));
    let (_, _, body) = get(&mut sandbox, "f/configuration?Qualifier=%24LATEST");
    assert_eq!(body["FunctionArn"], format!("{FUNCTION}:$LATEST"));
}

#[test]
fn what_is_not_there_is_not_found() {
    let mut sandbox = furnished();
    for (path, arn) in [
        ("none/configuration", FUNCTION.replace("function:f", "function:none")),
        ("f/configuration?Qualifier=none", format!("{FUNCTION}:none")),
        ("f/configuration?Qualifier=7", format!("{FUNCTION}:7")),
    ] {
        let (status, error, body) = get(&mut sandbox, path);
        assert_eq!((status, error.as_str()), (404, "ResourceNotFoundException"));
        assert_eq!(body["Message"], format!("Function not found: {arn}"));
    }
    let (status, _, body) = call(&mut sandbox, ACCOUNT, Method::GET, "eu-west-1", "f/configuration", "");
    assert_eq!(status, 404, "{body}");
    for path in ["a%20b", "f%00", "arn:aws:s3:::x", "f:a:b:c", "%FF", "f/teapot", "f:live?Qualifier=other"] {
        let (status, ..) = get(&mut sandbox, path);
        assert!((400..500).contains(&status), "{path}");
    }
}

#[test]
fn functions_can_be_changed_for_a_test() {
    let mut sandbox = furnished();
    let arn: FunctionArn = FUNCTION.parse().unwrap();
    sandbox.set_function_state(&arn, "Pending", Some("The function is being created."));
    assert_eq!(get(&mut sandbox, "f/configuration").2["StateReason"], "The function is being created.");
    let invoke = |sandbox: &mut Sandbox, kind| {
        call(sandbox, ACCOUNT, Method::POST, "us-east-1", "f/invocations", kind)
    };
    assert_eq!(invoke(&mut sandbox, "RequestResponse").1, "ResourceConflictException");
    sandbox.set_function_state(&arn, "Active", None);
    assert_eq!(invoke(&mut sandbox, "RequestResponse"), (200, String::new(), "{}".to_owned()));
    assert_eq!(invoke(&mut sandbox, "DryRun"), (204, String::new(), String::new()));
    assert_eq!(invoke(&mut sandbox, "Event").0, 202);
    assert_eq!(invoke(&mut sandbox, "Tea").0, 400);
    sandbox.remove_function(&format!("{FUNCTION}:live").parse().unwrap());
    assert_eq!(get(&mut sandbox, "f:live").0, 404);
    sandbox.add_function(&format!("{FUNCTION}:12").parse().unwrap());
    assert_eq!(get(&mut sandbox, "f:12").0, 200);
    assert_eq!(get(&mut sandbox, "f/versions").2["Versions"].as_array().unwrap().len(), 3);
    sandbox.remove_function(&arn);
    assert_eq!(get(&mut sandbox, "f").0, 404);
}

#[test]
fn a_functions_policy_lets_another_account_in_and_keeps_its_own_out() {
    let mut sandbox = furnished();
    let arn: FunctionArn = FUNCTION.parse().unwrap();
    let path = "arn%3Aaws%3Alambda%3Aus-east-1%3A111122223333%3Afunction%3Af/invocations";
    let invoke = |sandbox: &mut Sandbox, key| call(sandbox, key, Method::POST, "us-east-1", path, "DryRun");
    let (status, error, body) = invoke(&mut sandbox, GENESYS);
    assert_eq!((status, error.as_str()), (403, "AccessDeniedException"));
    assert!(
        body.contains("because no resource-based policy allows the lambda:InvokeFunction action"),
        "{body}"
    );
    let policy = |effect: &str, account: &str| {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"{effect}","Principal":{{"AWS":"arn:aws:iam::{account}:root"}},"Action":"lambda:InvokeFunction","Resource":"{FUNCTION}"}}}}"#
        );
        Document::parse(&text).unwrap()
    };
    sandbox.set_function_policy(&arn, Some(&policy("Allow", GENESYS)));
    assert_eq!(invoke(&mut sandbox, GENESYS).0, 204);
    assert_eq!(get(&mut sandbox, "f/policy").0, 200);
    sandbox.set_function_policy(&arn, Some(&policy("Deny", ACCOUNT)));
    let (status, _, body) = invoke(&mut sandbox, ACCOUNT);
    assert_eq!(status, 403);
    assert!(body.contains("with an explicit deny in a resource-based policy"), "{body}");
    sandbox.set_function_policy(&arn, None);
    assert_eq!(invoke(&mut sandbox, ACCOUNT).0, 204);
    assert_eq!(get(&mut sandbox, "f/policy").1, "ResourceNotFoundException");
}
