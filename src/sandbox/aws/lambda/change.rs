//! Changes of a function that exists.

use jiff::Timestamp;
use serde_json::{Map, Value};

use super::reply::Reply;
use super::settings::{concurrency_of, configuration};
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::function_name::NamedFunction;
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::state::lambda::StoredFunction;

/// Deploys a function again, or publishes a version of it.
pub(super) fn function(
    call: &mut Call<'_>,
    named: &NamedFunction,
    action: &str,
    asked: &Map<String, Value>,
) -> Result<Reply, Refusal> {
    let now = call.now;
    let keys = call.state.kms_keys.clone();
    let function = stored(call, named)?;
    if action == "PublishVersion" {
        // The same code and settings are published once.
        let number = match function.versions.last() {
            Some(last) if !function.is_changed => *last,
            last => last.copied().unwrap_or_default() + 1,
        };
        function.versions.insert(number);
        function.is_changed = false;
        let version = number.to_string();
        let arn = NamedFunction { function: named.function.clone(), qualifier: Some(version.clone()) }.arn();
        return Ok(Reply::created(&configuration(&arn, function, &version)));
    }
    if action == "UpdateFunctionConfiguration" {
        let given = asked.iter().filter(|(_, value)| !value.is_null());
        function.members.extend(given.map(|(member, value)| (member.clone(), value.clone())));
    }
    let key = function.members.get("KMSKeyArn").and_then(Value::as_str).unwrap_or_default();
    if keys.get(key) == Some(&false) {
        let message = "Lambda was unable to configure access to your environment variables because the KMS key is \
                       disabled. Please check your KMS key settings.";
        return Err(Refusal::new(400, "InvalidParameterValueException", message));
    }
    function.is_changed = true;
    // An update sets the function up again.
    function.members.retain(|member, _| !member.starts_with("State") && !member.starts_with("LastUpdate"));
    function.members.insert("LastModified".to_owned(), timestamp(now).into());
    if function.state != "ActiveNonInvocable" {
        function.state = "Active".to_owned();
        function.reason = None;
    }
    Ok(Reply::json(&configuration(&named.arn(), function, "$LATEST")))
}

/// Reserves concurrency, or without a number frees it.
pub(super) fn concurrency(
    call: &mut Call<'_>,
    named: &NamedFunction,
    asked: &Map<String, Value>,
) -> Result<Reply, Refusal> {
    let function = stored(call, named)?;
    let number = asked.get("ReservedConcurrentExecutions").and_then(Value::as_u64);
    function.reserved_concurrency = number.and_then(|number| u32::try_from(number).ok());
    match number {
        Some(_) => Ok(Reply::json(&concurrency_of(function))),
        None => Ok(Reply::empty()),
    }
}

pub(super) fn stored<'c>(
    call: &'c mut Call<'_>,
    named: &NamedFunction,
) -> Result<&'c mut StoredFunction, Refusal> {
    let gone =
        || Refusal::new(404, "ResourceNotFoundException", format!("Function not found: {}", named.arn()));
    call.state.functions.get_mut(&named.function).ok_or_else(gone)
}

/// `2026-01-01T00:00:00.000+0000`
pub(super) fn timestamp(now: Timestamp) -> String {
    now.strftime("%Y-%m-%dT%H:%M:%S.000+0000").to_string()
}
