//! Lambda: whether a function exists, and whether the caller may invoke it. No function ever runs.

use http::{HeaderValue, Method, Response, StatusCode};
use percent_encoding::percent_decode_str;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::function_name::{self, NamedFunction};
use super::refusal::Refusal;
use crate::arn::{Arn, FunctionArn};
use crate::policy::document::{OneOrMany, Statement};
use crate::sandbox::ids::{mix, uuid};
use crate::sandbox::state::document::parse;
use crate::sandbox::state::lambda::StoredFunction;

pub(crate) const PATH: &str = "/2015-03-31/functions/";
/// Later API versions for concurrency: to read it, and to change it.
const CONCURRENCY_PATHS: [&str; 2] = ["/2019-09-30/functions/", "/2017-10-31/functions/"];

const NO_POLICY: &str = "The resource you requested does not exist.";

/// The parts of a Lambda request that are not in [`Call`].
pub(crate) struct InvocationTarget<'a> {
    pub method: &'a Method,
    pub path: &'a str,
    pub query: &'a str,
    pub region: &'a str,
    pub invocation_type: &'a str,
    pub body: &'a [u8],
}

/// An action's response.
pub(crate) struct Reply {
    status: u16,
    body: Vec<u8>,
    headers: Vec<(&'static str, String)>,
}

impl Reply {
    fn json(value: &Value) -> Self {
        Self { status: 200, body: value.to_string().into_bytes(), headers: Vec::new() }
    }
}

pub(crate) fn handle(call: &mut Call<'_>, target: &InvocationTarget<'_>) -> Result<Reply, Refusal> {
    let mut concurrency = CONCURRENCY_PATHS.iter().filter_map(|path| target.path.strip_prefix(path));
    let concurrency = concurrency.find(|rest| rest.ends_with("/concurrency"));
    let rest = concurrency.or_else(|| target.path.strip_prefix(PATH)).unwrap_or_default();
    let mut parts = rest.split('/');
    let name = decode(parts.next().unwrap_or_default());
    let operation: Vec<&str> = parts.collect();
    let action = match (target.method, operation.as_slice()) {
        (&Method::GET, []) if name.is_empty() => return list(call, target.region),
        (&Method::GET, []) => "GetFunction",
        (&Method::GET, ["concurrency"]) => "GetFunctionConcurrency",
        (&Method::GET, ["configuration"]) => "GetFunctionConfiguration",
        (&Method::DELETE, ["concurrency"]) => "DeleteFunctionConcurrency",
        (&Method::PUT, ["configuration"]) => "UpdateFunctionConfiguration",
        (&Method::PUT, ["code"]) => "UpdateFunctionCode",
        (&Method::POST, ["versions"]) => "PublishVersion",
        (&Method::GET, ["policy"]) => "GetPolicy",
        (&Method::DELETE, ["policy", _]) => "RemovePermission",
        (&Method::GET, ["aliases"]) => "ListAliases",
        (&Method::GET, ["versions"]) => "ListVersionsByFunction",
        (&Method::POST, ["invocations"]) => "InvokeFunction",
        _ => {
            return Err(Refusal::new(
                404,
                "UnknownOperationException",
                "The sandbox does not have this operation",
            ));
        }
    };
    let given = form_urlencoded::parse(target.query.as_bytes())
        .find(|(key, _)| key == "Qualifier")
        .map(|(_, value)| value.into_owned());
    let (partition, account) = (&call.state.partition, &call.caller.account);
    let named = function_name::parse(&name, given, partition, account, target.region)?;
    let arn = named.arn();
    let function = call.state.functions.get(&named.function);
    let policy = function
        .and_then(|function| function.policies.get(named.qualifier.as_deref().unwrap_or_default()))
        .map(|text| parse(text))
        .transpose()?;
    // Permission is checked first: without it, a caller does not learn whether the function exists.
    let context = call.context().with("aws:ResourceAccount", &[&named.function.as_arn().account]);
    call.caller
        .authorise(&format!("lambda:{action}"), &arn.to_string(), context, policy.as_ref())
        .map_err(|refusal| Refusal { code: "AccessDeniedException", ..refusal })?;

    let not_found = || {
        let message = match (action, &named.qualifier) {
            ("GetPolicy", _) => NO_POLICY.to_owned(),
            // Only this action names the version that would have run.
            ("InvokeFunction", None) => format!("Function not found: {arn}:$LATEST"),
            _ => format!("Function not found: {arn}"),
        };
        Refusal::new(404, "ResourceNotFoundException", message)
    };
    let function = function.ok_or_else(not_found)?;
    let version = match named.qualifier.as_deref() {
        None => "$LATEST",
        Some(qualifier) => version(function, qualifier).ok_or_else(not_found)?,
    };
    match action {
        "UpdateFunctionConfiguration" | "UpdateFunctionCode" | "PublishVersion" => {
            change(call, &named, action, target.body)
        }
        "DeleteFunctionConcurrency" | "RemovePermission" => {
            let qualifier = named.qualifier.clone().unwrap_or_default();
            if let Some(function) = call.state.functions.get_mut(&named.function) {
                match operation.as_slice() {
                    ["policy", sid] => remove_permission(function, &qualifier, &decode(sid))?,
                    _ => function.reserved_concurrency = None,
                }
            }
            Ok(Reply { status: 204, body: Vec::new(), headers: Vec::new() })
        }
        "InvokeFunction" => {
            let answer = invoke(function, version, target.invocation_type);
            // This call fails, and the next one finds it awake.
            if target.invocation_type != "DryRun"
                && let Some(idle) = call.state.functions.get_mut(&named.function)
                && idle.state == "Inactive"
            {
                idle.state = "Active".to_owned();
                idle.members.retain(|member, _| !member.starts_with("State"));
            }
            answer
        }
        "GetFunctionConfiguration" => Ok(Reply::json(&configuration(&arn, function, version))),
        "GetFunction" => {
            let mut answer = json!({
                "Configuration": configuration(&arn, function, version),
                "Code": { "RepositoryType": "S3", "Location": "https://sandbox.invalid/code.zip" },
            });
            if function.reserved_concurrency.is_some() {
                answer["Concurrency"] = concurrency_of(function);
            }
            Ok(Reply::json(&answer))
        }
        "GetFunctionConcurrency" => Ok(Reply::json(&concurrency_of(function))),
        "GetPolicy" => {
            let text = function.policies.get(named.qualifier.as_deref().unwrap_or_default());
            let text = text.ok_or_else(|| Refusal::new(404, "ResourceNotFoundException", NO_POLICY))?;
            Ok(Reply::json(&json!({ "Policy": text, "RevisionId": revision(arn.as_arn()) })))
        }
        "ListAliases" => {
            let aliases: Vec<Value> = function
                .aliases
                .iter()
                .map(|(name, version)| {
                    let arn =
                        NamedFunction { function: named.function.clone(), qualifier: Some(name.clone()) }
                            .arn();
                    json!({ "AliasArn": arn, "Name": name, "FunctionVersion": version, "Description": "",
                            "RevisionId": revision(arn.as_arn()) })
                })
                .collect();
            Ok(Reply::json(&json!({ "Aliases": aliases })))
        }
        _ => {
            let published = function.versions.iter().map(u64::to_string);
            let versions: Vec<Value> = std::iter::once("$LATEST".to_owned())
                .chain(published)
                .map(|version| {
                    let arn =
                        NamedFunction { function: named.function.clone(), qualifier: Some(version.clone()) }
                            .arn();
                    configuration(&arn, function, &version)
                })
                .collect();
            Ok(Reply::json(&json!({ "Versions": versions })))
        }
    }
}

/// Deploys a function again, or publishes a version of it.
fn change(call: &mut Call<'_>, named: &NamedFunction, action: &str, body: &[u8]) -> Result<Reply, Refusal> {
    let asked: Map<String, Value> = match body {
        [] => Map::new(),
        body => {
            let invalid =
                |_| Refusal::new(400, "InvalidRequestContentException", "Could not parse request body");
            serde_json::from_slice(body).map_err(invalid)?
        }
    };
    let keys = call.state.kms_keys.clone();
    let Some(function) = call.state.functions.get_mut(&named.function) else {
        return Err(Refusal::new(404, "ResourceNotFoundException", "Function not found"));
    };
    if action == "PublishVersion" {
        let number = function.versions.last().copied().unwrap_or_default() + 1;
        function.versions.insert(number);
        let version = number.to_string();
        let arn = NamedFunction { function: named.function.clone(), qualifier: Some(version.clone()) }.arn();
        return Ok(Reply { status: 201, ..Reply::json(&configuration(&arn, function, &version)) });
    }
    if action == "UpdateFunctionConfiguration" {
        function.members.extend(asked.into_iter().filter(|(_, value)| !value.is_null()));
    }
    let key = function.members.get("KMSKeyArn").and_then(Value::as_str).unwrap_or_default();
    if keys.get(key) == Some(&false) {
        let message = "Lambda was unable to configure access to your environment variables because the KMS key is \
                       disabled. Please check your KMS key settings.";
        return Err(Refusal::new(400, "InvalidParameterValueException", message));
    }
    // An update sets the function up again.
    function.members.retain(|member, _| !member.starts_with("State") && !member.starts_with("LastUpdate"));
    if function.state != "ActiveNonInvocable" {
        function.state = "Active".to_owned();
        function.reason = None;
    }
    Ok(Reply::json(&configuration(&named.arn(), function, "$LATEST")))
}

/// Removes a statement from a function's own policy; without its last statement the policy is gone.
fn remove_permission(function: &mut StoredFunction, qualifier: &str, sid: &str) -> Result<(), Refusal> {
    let not_found = |message: String| Refusal::new(404, "ResourceNotFoundException", message);
    let text = function.policies.get(qualifier).ok_or_else(|| not_found(NO_POLICY.to_owned()))?;
    let mut document = parse(text)?;
    let all = document.statements.as_slice();
    let kept: Vec<Statement> =
        all.iter().filter(|statement| statement.sid.as_deref() != Some(sid)).cloned().collect();
    if kept.len() == all.len() {
        return Err(not_found(format!("Statement {sid} is not found in resource policy.")));
    }
    if kept.is_empty() {
        function.policies.remove(qualifier);
    } else {
        document.statements = OneOrMany::Many(kept).into();
        function.policies.insert(qualifier.to_owned(), document.to_json());
    }
    Ok(())
}

/// Empty if none is reserved.
fn concurrency_of(function: &StoredFunction) -> Value {
    match function.reserved_concurrency {
        Some(number) => json!({ "ReservedConcurrentExecutions": number }),
        None => json!({}),
    }
}

/// ListFunctions: those in the caller's account and region.
fn list(call: &Call<'_>, region: &str) -> Result<Reply, Refusal> {
    call.caller
        .authorise("lambda:ListFunctions", "*", call.context(), None)
        .map_err(|refusal| Refusal { code: "AccessDeniedException", ..refusal })?;
    let is_here =
        |arn: &FunctionArn| arn.as_arn().account == call.caller.account.as_str() && arn.region() == region;
    let functions = call.state.functions.iter().filter(|(arn, _)| is_here(arn));
    let functions: Vec<Value> =
        functions.map(|(arn, function)| configuration(arn, function, "$LATEST")).collect();
    Ok(Reply::json(&json!({ "Functions": functions })))
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}

/// The version a qualifier refers to.
fn version<'a>(function: &'a StoredFunction, qualifier: &'a str) -> Option<&'a str> {
    if qualifier == "$LATEST" {
        return Some(qualifier);
    }
    match qualifier.parse::<u64>() {
        Ok(number) => function.versions.contains(&number).then_some(qualifier),
        Err(_) => function.aliases.get(qualifier).map(String::as_str),
    }
}

fn configuration(arn: &FunctionArn, function: &StoredFunction, version: &str) -> Value {
    let iam = arn.as_arn();
    let StoredFunction { reason, .. } = function;
    let runtime = format!("arn:{}:lambda:{}::runtime:sandbox", iam.partition, iam.region);
    let mut members = Map::new();
    let mut set = |key: &str, value: Value| members.insert(key.to_owned(), value);
    set("FunctionName", arn.name().into());
    set("FunctionArn", arn.to_string().into());
    set("Runtime", "python3.13".into());
    set(
        "Role",
        format!("arn:{}:iam::{}:role/service-role/{}", iam.partition, iam.account, arn.name()).into(),
    );
    set("Handler", "index.handler".into());
    set("CodeSize", 256.into());
    set("Description", "A function of the sandbox".into());
    set("Timeout", 3.into());
    set("MemorySize", 128.into());
    set("LastModified", "2026-01-01T00:00:00.000+0000".into());
    set("CodeSha256", "c2FuZGJveA==".into());
    set("Version", version.into());
    set("TracingConfig", json!({ "Mode": "PassThrough" }));
    set("RevisionId", revision(iam).into());
    if let Some(reason) = reason {
        set("StateReason", reason.as_str().into());
    }
    set("LastUpdateStatus", "Successful".into());
    set("PackageType", "Zip".into());
    set("Architectures", json!(["x86_64"]));
    set("EphemeralStorage", json!({ "Size": 512 }));
    set("SnapStart", json!({ "ApplyOn": "None", "OptimizationStatus": "Off" }));
    set("LoggingConfig", json!({ "LogFormat": "Text", "LogGroup": format!("/aws/lambda/{}", arn.name()) }));
    set("RuntimeVersionConfig", json!({ "RuntimeVersionArn": runtime }));
    for (member, value) in &function.members {
        set(member, value.clone());
    }
    set("State", state_of(function, version).into());
    Value::Object(members)
}

/// A published version runs where the function itself cannot.
fn state_of<'f>(function: &'f StoredFunction, version: &str) -> &'f str {
    match function.state.as_str() {
        "ActiveNonInvocable" if version != "$LATEST" => "Active",
        state => state,
    }
}

/// Deterministic per ARN.
fn revision(arn: &Arn) -> String {
    uuid(arn.to_string().bytes().fold(7, |hash, byte| mix(hash ^ u64::from(byte))))
}

fn invoke(function: &StoredFunction, version: &str, invocation_type: &str) -> Result<Reply, Refusal> {
    match invocation_type {
        "DryRun" => Ok(Reply { status: 204, body: Vec::new(), headers: Vec::new() }),
        "" | "RequestResponse" | "Event" => {
            let state = state_of(function, version);
            if state != "Active" {
                // An idle function is already being woken.
                let state = if state == "Inactive" { "Pending" } else { state };
                return Err(Refusal::new(
                    409,
                    "ResourceConflictException",
                    format!(
                        "The operation cannot be performed at this time. The function is currently in the following \
                         state: {state}"
                    ),
                ));
            }
            if function
                .members
                .get("TenancyConfig")
                .is_some_and(|one| one["TenantIsolationMode"] == "PER_TENANT")
            {
                return Err(Refusal::new(
                    400,
                    "InvalidParameterValueException",
                    "The invoked function is enabled with tenancy configuration. Add a valid tenant ID in your request \
                     and try again.",
                ));
            }
            if function.reserved_concurrency == Some(0) {
                return Err(Refusal::new(429, "TooManyRequestsException", "Rate Exceeded.")
                    .with_reason("ReservedFunctionConcurrentInvocationLimitExceeded"));
            }
            if invocation_type == "Event" {
                return Ok(Reply { status: 202, body: Vec::new(), headers: Vec::new() });
            }
            let headers = vec![("x-amz-executed-version", version.to_owned())];
            Ok(Reply { status: 200, body: b"{}".to_vec(), headers })
        }
        other => Err(Refusal::new(
            400,
            "ValidationException",
            format!(
                "1 validation error detected: Value '{other}' at 'invocationType' failed to satisfy constraint: Member \
                 must satisfy enum value set: [Event, RequestResponse, DryRun]"
            ),
        )),
    }
}

/// A reply from another service that uses Lambda's protocol.
pub(crate) fn json(value: Value) -> Reply {
    Reply::json(&value)
}

/// Writes a reply or a refusal in Lambda's protocol.
pub(crate) fn respond(outcome: Result<Reply, Refusal>) -> Response<Vec<u8>> {
    let (status, body, headers) = match outcome {
        Ok(Reply { status, body, headers }) => (status, body, headers),
        Err(Refusal { status, code, message, reason }) => {
            let code = match code {
                "InvalidClientTokenId" => "UnrecognizedClientException",
                "MissingAuthenticationToken" => "MissingAuthenticationTokenException",
                "ExpiredToken" => "ExpiredTokenException",
                "ServiceFailure" => "ServiceException",
                code => code,
            };
            // As recorded: which of the two applies depends on the exception.
            let member = match code {
                "InvalidParameterValueException" | "TooManyRequestsException" => "message",
                _ => "Message",
            };
            let kind = if status < 500 { "User" } else { "Service" };
            let mut body = json!({ "Type": kind, member: message });
            if let Some(reason) = reason {
                body["Reason"] = reason.into();
            }
            (status, body.to_string().into_bytes(), vec![("x-amzn-errortype", code.to_owned())])
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let all = response.headers_mut();
    all.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            all.insert(name, value);
        }
    }
    response
}
