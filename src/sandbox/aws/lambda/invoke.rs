//! Invoking a function: none ever runs.

use serde_json::Value;

use super::reply::Reply;
use super::settings::state_of;
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::state::lambda::StoredFunction;

pub(super) fn invoke(
    function: &StoredFunction,
    version: &str,
    invocation_type: &str,
) -> Result<Reply, Refusal> {
    match invocation_type {
        "DryRun" => Ok(Reply::empty()),
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
            let answer = function.answer.as_ref().map_or_else(|| "{}".to_owned(), Value::to_string);
            Ok(Reply { status: 200, body: answer.into_bytes(), headers })
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
