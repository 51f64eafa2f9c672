//! What Lambda tells about functions.

use serde_json::{Map, Value, json};

use super::reply::Reply;
use crate::arn::{Arn, FunctionArn};
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::ids::{mix, uuid};
use crate::sandbox::state::lambda::StoredFunction;

/// ListFunctions: those in the caller's account and region.
pub(super) fn list(call: &Call<'_>, region: &str) -> Result<Reply, Refusal> {
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

/// Empty if none is reserved.
pub(super) fn concurrency_of(function: &StoredFunction) -> Value {
    match function.reserved_concurrency {
        Some(number) => json!({ "ReservedConcurrentExecutions": number }),
        None => json!({}),
    }
}

/// The version a qualifier refers to.
pub(super) fn version<'a>(function: &'a StoredFunction, qualifier: &'a str) -> Option<&'a str> {
    if qualifier == "$LATEST" {
        return Some(qualifier);
    }
    match qualifier.parse::<u64>() {
        Ok(number) => function.versions.contains(&number).then_some(qualifier),
        Err(_) => function.aliases.get(qualifier).map(String::as_str),
    }
}

pub(super) fn configuration(arn: &FunctionArn, function: &StoredFunction, version: &str) -> Value {
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
pub(super) fn state_of<'f>(function: &'f StoredFunction, version: &str) -> &'f str {
    match function.state.as_str() {
        "ActiveNonInvocable" if version != "$LATEST" => "Active",
        state => state,
    }
}

/// Deterministic per ARN.
pub(super) fn revision(arn: &Arn) -> String {
    uuid(arn.to_string().bytes().fold(7, |hash, byte| mix(hash ^ u64::from(byte))))
}
