//! Lambda functions: whether they exist, and under which ARN.

use aws_sdk_lambda::types::FunctionConfiguration;

use super::client::Clients;
use super::error::{AwsError, AwsErrorKind};
use crate::arn::Arn;
use crate::policy::Document;

/// A function, or an alias or version of one, as Lambda knows it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Function {
    /// As returned: qualified when a qualifier was asked for.
    pub arn: Arn,
    /// `Active`, `Pending`, `Inactive`, `Failed`
    pub state: Option<String>,
    pub state_reason: Option<String>,
    /// `Successful`, `InProgress`, `Failed`
    pub last_update_status: Option<String>,
    pub last_update_status_reason: Option<String>,
    /// Seconds.
    pub timeout: Option<i32>,
}

/// Looks a function up, with its alias or version if the ARN names one, in the ARN's region. `None`: there is none.
///
/// # Errors
/// Whatever keeps Lambda from saying whether it exists.
pub async fn function(clients: &Clients, function: &Arn) -> Result<Option<Function>, AwsError> {
    const OPERATION: &str = "lambda:GetFunctionConfiguration";
    let (unqualified, qualifier) = split_qualifier(function);
    let subject = subject(function);
    let answer = clients
        .lambda_in(&function.region)
        .get_function_configuration()
        .function_name(unqualified.to_string())
        .set_qualifier(qualifier)
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
    Ok(Some(Function {
        arn,
        state: answer.state.map(|state| state.as_str().to_owned()),
        state_reason: answer.state_reason,
        last_update_status: answer.last_update_status.map(|status| status.as_str().to_owned()),
        last_update_status_reason: answer.last_update_status_reason,
        timeout: answer.timeout,
    }))
}

/// The names of the functions in the clients' region.
///
/// # Errors
/// Whatever keeps Lambda from listing them.
pub async fn function_names(clients: &Clients) -> Result<Vec<String>, AwsError> {
    let functions: Vec<FunctionConfiguration> = clients
        .lambda
        .list_functions()
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .map_err(|error| AwsError::from_sdk("lambda:ListFunctions", "", error))?;
    Ok(functions.into_iter().filter_map(|function| function.function_name).collect())
}

/// The policy of a function itself, or of its alias or version. `None`: it has none.
///
/// # Errors
/// Whatever keeps Lambda from answering, and a document that cannot be read.
pub async fn function_policy(clients: &Clients, function: &Arn) -> Result<Option<Document>, AwsError> {
    const OPERATION: &str = "lambda:GetPolicy";
    let (unqualified, qualifier) = split_qualifier(function);
    let subject = subject(function);
    let answer = clients
        .lambda_in(&function.region)
        .get_policy()
        .function_name(unqualified.to_string())
        .set_qualifier(qualifier)
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

/// ``function `NAME[:QUALIFIER]` in REGION``
pub(super) fn subject(function: &Arn) -> String {
    let name = function.resource.strip_prefix("function:").unwrap_or(&function.resource);
    format!("function `{name}` in {}", function.region)
}

/// `…:function:NAME:QUALIFIER` as `…:function:NAME` and the qualifier.
fn split_qualifier(function: &Arn) -> (Arn, Option<String>) {
    let mut unqualified = function.clone();
    let qualifier = match function.resource.splitn(3, ':').collect::<Vec<_>>()[..] {
        [kind, name, qualifier] => {
            unqualified.resource = format!("{kind}:{name}");
            Some(qualifier.to_owned())
        }
        _ => None,
    };
    (unqualified, qualifier)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alias_is_asked_for_apart_from_the_name() {
        let arn: Arn = "arn:aws:lambda:us-east-1:111122223333:function:f:live".parse().unwrap();
        let (unqualified, qualifier) = split_qualifier(&arn);
        assert_eq!(unqualified.to_string(), "arn:aws:lambda:us-east-1:111122223333:function:f");
        assert_eq!(qualifier.as_deref(), Some("live"));
        assert_eq!(split_qualifier(&unqualified), (unqualified.clone(), None));
        assert_eq!(subject(&arn), "function `f:live` in us-east-1");
    }
}
