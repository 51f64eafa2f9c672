//! Lambda: whether a function exists, and whether the caller may invoke it. No function ever runs.

mod change;
mod create;
mod invoke;
mod permission;
mod reply;
mod request;
mod settings;

use http::Method;
use percent_encoding::percent_decode_str;
use serde_json::{Value, json};

use super::call::Call;
use super::function_name::{self, NamedFunction};
use super::refusal::Refusal;
use crate::sandbox::state::document::parse;
use invoke::invoke;
pub(crate) use reply::{Reply, json, respond};
pub(crate) use request::InvocationTarget;
use request::{NO_POLICY, members};
use settings::{concurrency_of, configuration, list, revision, version};

pub(crate) const PATH: &str = "/2015-03-31/functions/";
/// Later API versions for concurrency: to read it, and to change it.
const CONCURRENCY_PATHS: [&str; 2] = ["/2019-09-30/functions/", "/2017-10-31/functions/"];

/// Where the code of a function can be fetched.
pub(crate) const CODE_PATH: &str = "/_sandbox/code.zip";

/// A package whose Python handler answers `{}`.
pub(crate) const CODE: &[u8] = include_bytes!("code.zip");

pub(crate) fn handle(call: &mut Call<'_>, target: &InvocationTarget<'_>) -> Result<Reply, Refusal> {
    let mut concurrency = CONCURRENCY_PATHS.iter().filter_map(|path| target.path.strip_prefix(path));
    let concurrency = concurrency.find(|rest| rest.ends_with("/concurrency"));
    let rest = concurrency.or_else(|| target.path.strip_prefix(PATH)).unwrap_or_default();
    let mut parts = rest.split('/');
    let name = decode(parts.next().unwrap_or_default());
    let operation: Vec<&str> = parts.collect();
    let action = match (target.method, operation.as_slice()) {
        (&Method::GET, []) if name.is_empty() => return list(call, target.region),
        (&Method::POST, []) if name.is_empty() => return create::function(call, target),
        (&Method::DELETE, []) => "DeleteFunction",
        (&Method::GET, []) => "GetFunction",
        (&Method::GET, ["concurrency"]) => "GetFunctionConcurrency",
        (&Method::GET, ["configuration"]) => "GetFunctionConfiguration",
        (&Method::DELETE, ["concurrency"]) => "DeleteFunctionConcurrency",
        (&Method::PUT, ["concurrency"]) => "PutFunctionConcurrency",
        (&Method::PUT, ["configuration"]) => "UpdateFunctionConfiguration",
        (&Method::PUT, ["code"]) => "UpdateFunctionCode",
        (&Method::POST, ["versions"]) => "PublishVersion",
        (&Method::GET, ["policy"]) => "GetPolicy",
        (&Method::POST, ["policy"]) => "AddPermission",
        (&Method::DELETE, ["policy", _]) => "RemovePermission",
        (&Method::GET, ["aliases"]) => "ListAliases",
        (&Method::POST, ["aliases"]) => "CreateAlias",
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
            change::function(call, &named, action, &members(target.body)?)
        }
        "PutFunctionConcurrency" | "DeleteFunctionConcurrency" => {
            change::concurrency(call, &named, &members(target.body)?)
        }
        "DeleteFunction" => Ok(create::delete(call, &named)),
        "CreateAlias" => create::alias(call, &named, &members(target.body)?),
        "AddPermission" => permission::add(call, &named, &members(target.body)?),
        "RemovePermission" => permission::remove(call, &named, &decode(operation.last().unwrap_or(&""))),
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
                "Code": { "RepositoryType": "S3", "Location": code_location(target.host) },
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

/// Where the server has the code of every function.
fn code_location(host: &str) -> String {
    match host {
        "" => "https://sandbox.invalid/code.zip".to_owned(),
        host => format!("http://{host}{CODE_PATH}"),
    }
}

fn decode(text: &str) -> String {
    percent_decode_str(text).decode_utf8_lossy().into_owned()
}
