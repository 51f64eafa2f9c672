//! Lambda, as far as a data action needs it: does the function exist, and may it be invoked.

use http::{Method, Response, StatusCode};
use jiff::Timestamp;
use percent_encoding::percent_decode_str;
use serde_json::json;

use super::auth::{Caller, Scope, denied, is_allowed};
use super::query::Fault;
use super::state::{State, split_qualifier};
use crate::arn::Arn;
use crate::policy::Document;

/// Whether the path is one of Lambda's.
pub(super) fn is_lambda(path: &str) -> bool {
    path.starts_with("/2015-03-31/functions/")
}

pub(super) fn handle(
    state: &State,
    caller: &Caller,
    scope: &Scope,
    request: &http::Request<Vec<u8>>,
    now: Timestamp,
) -> Result<Response<Vec<u8>>, Fault> {
    let path = request.uri().path().trim_start_matches("/2015-03-31/functions/");
    let mut parts = path.splitn(2, '/');
    let name = percent_decode_str(parts.next().unwrap_or_default()).decode_utf8_lossy().into_owned();
    let query = request.uri().query().unwrap_or_default();
    let qualifier = form_urlencoded::parse(query.as_bytes())
        .find(|(key, _)| key == "Qualifier")
        .map(|(_, value)| value.into_owned());
    let arn = function_arn(state, caller, scope, &name, qualifier)?;
    match (request.method(), parts.next()) {
        (&Method::GET, Some("configuration")) => {
            permitted(state, caller, "lambda:GetFunctionConfiguration", &arn, now)?;
            Ok(answer(StatusCode::OK, &configuration(state, &arn, scope)?))
        }
        (&Method::GET, None) => {
            permitted(state, caller, "lambda:GetFunction", &arn, now)?;
            let configuration = configuration(state, &arn, scope)?;
            Ok(answer(StatusCode::OK, &json!({ "Configuration": configuration, "Tags": {} })))
        }
        (&Method::POST, Some("invocations")) => {
            permitted(state, caller, "lambda:InvokeFunction", &arn, now)?;
            configuration(state, &arn, scope)?;
            let kind = request.headers().get("X-Amz-Invocation-Type").and_then(|value| value.to_str().ok());
            match kind {
                Some("DryRun") => Ok(empty(StatusCode::NO_CONTENT)),
                Some("Event") => Ok(empty(StatusCode::ACCEPTED)),
                _ => Ok(answer(StatusCode::OK, &json!({ "sandbox": arn.to_string() }))),
            }
        }
        _ => {
            Err(Fault::new("InvalidRequestContentException", "The sandbox does not know this call of Lambda"))
        }
    }
}

fn permitted(state: &State, caller: &Caller, action: &str, arn: &Arn, now: Timestamp) -> Result<(), Fault> {
    let (function, _) = split_qualifier(arn);
    let policy = state.functions.get(&function).and_then(|function| function.policy.as_deref());
    let policy = policy.and_then(|text| Document::parse(text).ok());
    if is_allowed(state, caller, action, &arn.to_string(), policy.as_ref(), None, now)? {
        return Ok(());
    }
    Err(denied("AccessDeniedException", caller, action, &arn.to_string()))
}

/// A name, `name:qualifier`, a partial ARN or a full one.
fn function_arn(
    state: &State,
    caller: &Caller,
    scope: &Scope,
    name: &str,
    qualifier: Option<String>,
) -> Result<Arn, Fault> {
    let account = caller.account.as_str();
    let full = match name.split(':').collect::<Vec<_>>().as_slice() {
        ["arn", ..] => name.to_owned(),
        [account, "function", rest @ ..] => {
            format!("arn:{}:lambda:{}:{account}:function:{}", state.partition, scope.region, rest.join(":"))
        }
        _ => format!("arn:{}:lambda:{}:{account}:function:{name}", state.partition, scope.region),
    };
    let arn: Arn = full.parse().map_err(|_| {
        Fault::new("InvalidParameterValueException", format!("{name} is not a valid function name"))
    })?;
    match (split_qualifier(&arn), qualifier) {
        ((_, None), Some(qualifier)) => Ok(Arn { resource: format!("{}:{qualifier}", arn.resource), ..arn }),
        ((_, Some(one)), Some(other)) if one != other => Err(Fault::new(
            "InvalidParameterValueException",
            "The derived qualifier from the function name does not match the specified qualifier.",
        )),
        _ => Ok(arn),
    }
}

fn configuration(state: &State, arn: &Arn, scope: &Scope) -> Result<serde_json::Value, Fault> {
    let (unqualified, qualifier) = split_qualifier(arn);
    let missing = || Fault::new("ResourceNotFoundException", format!("Function not found: {arn}"));
    let function = state.functions.get(&unqualified).ok_or_else(missing)?;
    // A function is seen in its own region only.
    if arn.region != scope.region {
        return Err(missing());
    }
    let known = |qualifier: &String| qualifier == "$LATEST" || function.qualifiers.contains(qualifier);
    if !qualifier.as_ref().is_none_or(known) {
        return Err(missing());
    }
    let is_version = |text: &&String| text.bytes().all(|b| b.is_ascii_digit());
    Ok(json!({
        "FunctionName": unqualified.resource.trim_start_matches("function:"),
        "FunctionArn": arn.to_string(),
        "Runtime": "provided.al2023",
        "Role": format!("arn:{}:iam::{}:role/sandbox-function", arn.partition, arn.account),
        "Handler": "bootstrap",
        "Timeout": 3,
        "MemorySize": 128,
        "Version": qualifier.as_ref().filter(is_version).map_or("$LATEST", |version| version.as_str()),
        "State": function.state.as_deref().unwrap_or("Active"),
        "LastUpdateStatus": "Successful",
        "PackageType": "Zip",
    }))
}

fn answer(status: StatusCode, body: &serde_json::Value) -> Response<Vec<u8>> {
    let mut response = Response::new(body.to_string().into_bytes());
    *response.status_mut() = status;
    response
}

fn empty(status: StatusCode) -> Response<Vec<u8>> {
    let mut response = Response::new(Vec::new());
    *response.status_mut() = status;
    response
}
