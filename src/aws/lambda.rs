//! Lambda functions: whether they exist, and under which ARN.

use aws_sdk_lambda::types::FunctionConfiguration;

use super::client::Clients;
use super::error::{AwsError, AwsErrorKind};
use super::pages::items;
use crate::arn::FunctionArn;
use crate::check::{CodePackage, FunctionSettings, StateReason};
use crate::policy::Document;

/// A function, or an alias or version of one, as Lambda knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// As returned: qualified if a qualifier was requested.
    pub arn: FunctionArn,
    pub settings: FunctionSettings,
}

/// Looks a function up, with its alias or version if the ARN names one, in the ARN's region. `None`: it does not exist.
///
/// # Errors
/// If Lambda does not say whether it exists.
pub async fn function(clients: &Clients, function: &FunctionArn) -> Result<Option<Function>, AwsError> {
    const OPERATION: &str = "lambda:GetFunctionConfiguration";
    let subject = subject(function);
    let answer = clients
        .lambda_in(function.region())
        .get_function_configuration()
        .function_name(function.unqualified().to_string())
        .set_qualifier(function.qualifier().map(ToString::to_string))
        .send()
        .await
        .map_err(|error| AwsError::from_sdk(OPERATION, subject.as_str(), error));
    let answer = match answer {
        Ok(answer) => answer,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    let arn = answer
        .function_arn
        .and_then(|arn| arn.parse().ok())
        .ok_or_else(|| AwsError::incomplete(OPERATION, subject, "function ARN"))?;
    let settings = FunctionSettings {
        state: answer.state.map(|state| state.as_str().to_owned()),
        state_reason: StateReason {
            code: answer.state_reason_code.map(|code| code.as_str().to_owned()),
            text: answer.state_reason,
        },
        last_update: answer.last_update_status.map(|status| status.as_str().to_owned()),
        last_update_reason: StateReason {
            code: answer.last_update_status_reason_code.map(|code| code.as_str().to_owned()),
            text: answer.last_update_status_reason,
        },
        timeout: answer.timeout,
        kms_key: answer.kms_key_arn.filter(|arn| !arn.is_empty()),
        execution_role: answer.role,
        package: answer
            .runtime
            .map(|runtime| runtime.as_str().to_owned())
            .zip(answer.handler)
            .map(|(runtime, handler)| Box::new(CodePackage { runtime, handler })),
        // Any other, still unknown mode isolates tenants too.
        isolates_tenants: answer.tenancy_config.is_some(),
        is_durable: answer.durable_config.is_some(),
        has_capacity_provider: answer.capacity_provider_config.is_some(),
    };
    Ok(Some(Function { arn, settings }))
}

/// The concurrency reserved for a function, whatever its alias or version. `None`: it has no limit of its own.
///
/// # Errors
/// If Lambda does not answer.
pub async fn reserved_concurrency(
    clients: &Clients,
    function: &FunctionArn,
) -> Result<Option<i32>, AwsError> {
    let answer = clients
        .lambda_in(function.region())
        .get_function_concurrency()
        .function_name(function.unqualified().to_string())
        .send()
        .await
        .map_err(|error| AwsError::from_sdk("lambda:GetFunctionConcurrency", subject(function), error))?;
    Ok(answer.reserved_concurrent_executions)
}

/// The names of the functions in a region.
///
/// # Errors
/// If Lambda does not list them.
pub async fn function_names(clients: &Clients, region: &str) -> Result<Vec<String>, AwsError> {
    let pages = clients.lambda_in(region).list_functions().into_paginator().send();
    let functions: Vec<FunctionConfiguration> = items(pages, |page| page.functions.unwrap_or_default())
        .await
        .map_err(|error| AwsError::from_sdk("lambda:ListFunctions", "", error))?;
    Ok(functions.into_iter().filter_map(|function| function.function_name).collect())
}

/// The policy of a function itself, or of its alias or version. `None`: it has none.
///
/// # Errors
/// If Lambda does not answer, or the document cannot be read.
pub async fn function_policy(
    clients: &Clients,
    function: &FunctionArn,
) -> Result<Option<Document>, AwsError> {
    const OPERATION: &str = "lambda:GetPolicy";
    let subject = subject(function);
    let answer = clients
        .lambda_in(function.region())
        .get_policy()
        .function_name(function.unqualified().to_string())
        .set_qualifier(function.qualifier().map(ToString::to_string))
        .send()
        .await
        .map_err(|error| AwsError::from_sdk(OPERATION, subject.as_str(), error));
    let text = match answer {
        Ok(answer) => answer.policy.ok_or_else(|| AwsError::incomplete(OPERATION, &subject, "policy"))?,
        Err(error) if error.is_not_found() => return Ok(None),
        Err(error) => return Err(error),
    };
    let document = Document::parse(&text)
        .map_err(|error| AwsError::new(OPERATION, subject, AwsErrorKind::Document(error)))?;
    Ok(Some(document))
}

/// A function's aliases, then its published versions, newest first. Empty also if it does not exist.
///
/// # Errors
/// If Lambda does not list them.
pub async fn function_qualifiers(
    clients: &Clients,
    function: &FunctionArn,
) -> Result<Vec<FunctionArn>, AwsError> {
    let lambda = clients.lambda_in(function.region());
    let name = function.unqualified().to_string();
    let aliases = lambda.list_aliases().function_name(&name).into_paginator().send();
    let versions = lambda.list_versions_by_function().function_name(&name).into_paginator().send();
    let (aliases, versions) = futures_util::join!(
        items(aliases, |page| page.aliases.unwrap_or_default()),
        items(versions, |page| {
            // Only the numbers: the rest of a configuration is large, and may hold secrets.
            let numbers = page.versions.unwrap_or_default().into_iter();
            numbers.filter_map(|one| one.version?.parse::<u64>().ok()).collect()
        }),
    );
    let subject = subject(function);
    let aliases = aliases.map_err(|error| AwsError::from_sdk("lambda:ListAliases", subject.as_str(), error));
    let versions = versions
        .map_err(|error| AwsError::from_sdk("lambda:ListVersionsByFunction", subject.as_str(), error));
    let mut versions = if_it_exists(versions)?;
    versions.sort_unstable_by(|one, other| other.cmp(one));
    let aliases = if_it_exists(aliases)?.into_iter().filter_map(|alias| alias.name);
    let qualifiers: Vec<String> = aliases.chain(versions.iter().map(u64::to_string)).collect();
    Ok(qualifiers.iter().map(|qualifier| function.with_qualifier(qualifier)).collect())
}

fn if_it_exists<T>(found: Result<Vec<T>, AwsError>) -> Result<Vec<T>, AwsError> {
    match found {
        Err(error) if error.is_not_found() => Ok(Vec::new()),
        found => found,
    }
}

/// ``function `NAME[:QUALIFIER]` in REGION``
pub(super) fn subject(function: &FunctionArn) -> String {
    format!("function `{}` in {}", function.label(), function.region())
}
