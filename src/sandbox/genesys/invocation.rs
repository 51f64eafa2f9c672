//! The chain a data action goes through in the sandbox's AWS.

use http::{Method, Request, Response};
use serde_json::{Value, json};

use super::api::ReceivedCall;
use crate::arn::FunctionArn;
use crate::sandbox::aws;
use crate::sandbox::state::genesys::StoredOrganization;

/// The chain a data action goes through: the credential's role is assumed from Genesys's account with the
/// organization's ID, then the function is invoked with the session's credentials. No function ever runs: it answers what
/// the action's contract names, unless a scenario says otherwise.
pub(crate) fn test(call: &mut ReceivedCall<'_>, action: &Value) -> Value {
    let input = call.body.clone();
    let mut operations = Vec::new();
    let mut step = |name: &str, outcome: &Result<Value, String>| {
        let number = operations.len() + 1;
        operations.push(match outcome {
            Ok(result) => json!({ "step": number, "name": name, "success": true, "result": result }),
            Err(why) => json!({ "step": number, "name": name, "success": false,
                                "error": { "message": why, "code": "bad.request", "status": 400 } }),
        });
    };
    let result = (|| {
        let integration = action["integrationId"].as_str().unwrap_or_default();
        let role = role_of(call.organization(), integration);
        step("Resolve the integration's credential", &role.clone().map(Value::from));
        let session = assume(call, &role?);
        step("Assume the role", &session.as_ref().map(|_| json!("assumed")).map_err(Clone::clone));
        let function =
            action["config"]["request"]["requestUrlTemplate"].as_str().unwrap_or_default().to_owned();
        let invoked = invoke(call, &session?, &function, &input);
        step("Invoke the function", &invoked);
        let schema = &action["contract"]["output"]["successSchema"];
        invoked.map(|answer| if has_own_answer(call, &function) { answer } else { example_of(schema) })
    })();
    match result {
        Ok(value) => json!({ "operations": operations, "success": true, "finalResult": value }),
        Err(why) => json!({
            "operations": operations, "success": false,
            "error": { "message": why, "code": "bad.request", "status": 400 },
        }),
    }
}

fn has_own_answer(call: &ReceivedCall<'_>, function: &str) -> bool {
    let function = function.parse::<FunctionArn>().ok();
    let stored = function.and_then(|arn| call.state.functions.get(&arn.unqualified()));
    stored.is_some_and(|function| function.answer.is_some())
}

/// A value that fits a contract's schema.
fn example_of(schema: &Value) -> Value {
    match schema["type"].as_str() {
        Some("string") => "".into(),
        Some("integer" | "number") => 0.into(),
        Some("boolean") => false.into(),
        Some("array") => json!([]),
        _ => {
            let members = schema["properties"].as_object().into_iter().flatten();
            members.map(|(name, schema)| (name.clone(), example_of(schema))).collect()
        }
    }
}

fn role_of(organization: &StoredOrganization, integration: &str) -> Result<String, String> {
    let state = organization.integrations.get(integration).map(|one| &one["intendedState"]);
    if state.is_none_or(|state| *state != "ENABLED") {
        return Err("the integration is not enabled".to_owned());
    }
    let credentials =
        organization.configurations.get(integration).and_then(|one| one["credentials"].as_object());
    let id = credentials.and_then(|kinds| kinds.values().next()).and_then(|one| one["id"].as_str());
    let credential = id.and_then(|id| organization.credentials.get(id));
    let arn = credential.and_then(|one| one["credentialFields"]["ARN"].as_str());
    arn.map(str::to_owned).ok_or_else(|| "the integration has no credential with a role's ARN".to_owned())
}

struct LambdaSession {
    key: String,
    token: String,
}

fn assume(call: &mut ReceivedCall<'_>, role: &str) -> Result<LambdaSession, String> {
    let organization = call.organization();
    let account = organization.account.clone().ok_or("the organization has no AWS account")?;
    let form: String = form_urlencoded::Serializer::new(String::new())
        .extend_pairs([
            ("Action", "AssumeRole"),
            ("Version", "2011-06-15"),
            ("RoleArn", role),
            ("RoleSessionName", "genesys-cloud"),
            ("ExternalId", &organization.id),
        ])
        .finish();
    let response = ask_aws(call, &signed("sts", account.as_str(), None, "/", form.into_bytes()));
    let text = String::from_utf8_lossy(response.body()).into_owned();
    let field = |name: &str| {
        let after = text.split_once(&format!("<{name}>"))?.1;
        Some(after.split_once('<')?.0.to_owned())
    };
    if !response.status().is_success() {
        let message = field("Message").unwrap_or_default();
        return Err(format!("{}: {message} (sts:AssumeRole on {role})", field("Code").unwrap_or_default()));
    }
    match (field("AccessKeyId"), field("SessionToken")) {
        (Some(key), Some(token)) => Ok(LambdaSession { key, token }),
        _ => Err("STS gave no session".to_owned()),
    }
}

fn invoke(call: &mut ReceivedCall<'_>, session: &LambdaSession, function: &str, input: &Value) -> Invoked {
    let encoded: String =
        percent_encoding::utf8_percent_encode(function, percent_encoding::NON_ALPHANUMERIC).to_string();
    let path = format!("{}{encoded}/invocations", aws::lambda::PATH);
    let region = function.parse::<FunctionArn>().map(|arn| arn.region().to_owned()).unwrap_or_default();
    let mut request =
        signed("lambda", &session.key, Some(&session.token), &path, input.to_string().into_bytes());
    let scope = format!("{}/20260101/{region}/lambda/aws4_request", session.key);
    if let Ok(value) = http::HeaderValue::from_str(&authorization(&scope)) {
        request.headers_mut().insert("authorization", value);
    }
    let response = ask_aws(call, &request);
    let body: Value = serde_json::from_slice(response.body()).unwrap_or(Value::Null);
    if response.status().is_success() {
        return Ok(body);
    }
    let code =
        response.headers().get("x-amzn-errortype").and_then(|code| code.to_str().ok()).unwrap_or_default();
    let message = body["Message"].as_str().or(body["message"].as_str()).unwrap_or_default();
    Err(format!("{code}: {message} (HTTP {})", response.status().as_u16()))
}

type Invoked = Result<Value, String>;

fn ask_aws(call: &mut ReceivedCall<'_>, request: &Request<Vec<u8>>) -> Response<Vec<u8>> {
    aws::answer(call.state, call.defaults, request, call.now, "")
}

fn authorization(scope: &str) -> String {
    format!("AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=sandbox")
}

fn signed(service: &str, key: &str, token: Option<&str>, path: &str, body: Vec<u8>) -> Request<Vec<u8>> {
    let scope = format!("{key}/20260101/us-east-1/{service}/aws4_request");
    let mut request = Request::new(body);
    *request.method_mut() = Method::POST;
    if let Ok(uri) = path.parse() {
        *request.uri_mut() = uri;
    }
    let headers = request.headers_mut();
    for (name, value) in
        [("authorization", Some(authorization(&scope))), ("x-amz-security-token", token.map(str::to_owned))]
    {
        if let Some(value) = value.and_then(|value| http::HeaderValue::from_str(&value).ok()) {
            headers.insert(name, value);
        }
    }
    request
}
