//! Calls that `check` makes just for the answer.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sdk_iam::types::{
    ContextEntry, ContextKeyTypeEnum, EvaluationResult, PolicyEvaluationDecisionType, Statement,
};
use aws_sdk_lambda::types::InvocationType;

use super::client::Clients;
use super::error::AwsError;
use super::lambda::subject;
use super::pages::items;
use crate::arn::{Arn, FunctionArn};
use crate::check::Simulated;

/// A session of a role.
#[derive(Clone)]
pub struct Assumed {
    pub credentials: Credentials,
    /// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`
    pub session: String,
}

/// Omits the credentials.
impl fmt::Debug for Assumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assumed").field("session", &self.session).finish_non_exhaustive()
    }
}

/// Assumes a role for 15 minutes, the shortest possible session. A denial is an error with
/// [`AwsError::is_access_denied`].
///
/// # Errors
/// If the caller may not assume the role, or STS does not answer.
pub async fn assume_role(
    clients: &Clients,
    role: &Arn,
    external_id: Option<&str>,
    session_name: &str,
) -> Result<Assumed, AwsError> {
    const OPERATION: &str = "sts:AssumeRole";
    const SHORTEST_SESSION: i32 = 900;
    let subject = || format!("role `{}`", role.name());
    let answer = clients
        .sts
        .assume_role()
        .role_arn(role.to_string())
        .role_session_name(session_name)
        .set_external_id(external_id.map(str::to_owned))
        .duration_seconds(SHORTEST_SESSION)
        .send()
        .await
        .map_err(|error| AwsError::from_sdk(OPERATION, subject(), error))?;
    let session =
        answer.credentials.ok_or_else(|| AwsError::incomplete(OPERATION, subject(), "credentials"))?;
    let expiry = SystemTime::try_from(session.expiration).ok();
    let token = Some(session.session_token);
    Ok(Assumed {
        credentials: Credentials::new(
            session.access_key_id,
            session.secret_access_key,
            token,
            expiry,
            "AssumeRole",
        ),
        session: answer.assumed_role_user.map(|user| user.arn).unwrap_or_default(),
    })
}

/// Asks Lambda whether the caller may invoke exactly this ARN, without running the function.
///
/// # Errors
/// If the caller may not, the function does not exist, or Lambda does not answer.
pub async fn invoke_dry_run(clients: &Clients, function: &FunctionArn) -> Result<(), AwsError> {
    // The ARN is sent as is: the permission must be for the one that Genesys Cloud invokes.
    clients
        .lambda_in(function.region())
        .invoke()
        .function_name(function.to_string())
        .invocation_type(InvocationType::DryRun)
        .send()
        .await
        .map_err(|error| AwsError::from_sdk("lambda:Invoke", subject(function), error))?;
    Ok(())
}

/// Asks AWS's policy simulator whether the role's policies let it invoke the functions. It evaluates neither trust
/// policies nor functions' own policies, and only knows the condition keys it is given.
///
/// # Errors
/// If the caller may not ask, or IAM does not answer.
pub async fn simulate(
    clients: &Clients,
    role: &Arn,
    functions: &[FunctionArn],
) -> Result<BTreeMap<FunctionArn, Simulated>, AwsError> {
    // What a call to a function contains depends on its region and account.
    let mut places: BTreeMap<(&str, &str), Vec<&FunctionArn>> = BTreeMap::new();
    for function in functions {
        let arn = function.as_arn();
        places.entry((&arn.region, &arn.account)).or_default().push(function);
    }
    let calls = places.into_iter().map(|(place, functions)| simulate_in(clients, role, place, functions));
    let found = futures_util::future::try_join_all(calls).await?;
    Ok(found.into_iter().flatten().collect())
}

async fn simulate_in(
    clients: &Clients,
    role: &Arn,
    (region, account): (&str, &str),
    functions: Vec<&FunctionArn>,
) -> Result<BTreeMap<FunctionArn, Simulated>, AwsError> {
    const OPERATION: &str = "iam:SimulatePrincipalPolicy";
    let subject = format!("role `{}`", role.name());
    let pages = clients
        .iam
        .simulate_principal_policy()
        .policy_source_arn(role.to_string())
        .action_names("lambda:InvokeFunction")
        .set_resource_arns(Some(functions.iter().map(ToString::to_string).collect()))
        .set_context_entries(Some(context_of_session(role, region, account)))
        .into_paginator()
        .send();
    let results: Vec<EvaluationResult> = items(pages, |page| page.evaluation_results.unwrap_or_default())
        .await
        .map_err(|error| AwsError::from_sdk(OPERATION, subject.as_str(), error))?;
    Ok(results.iter().flat_map(of_each_function).collect())
}

/// The condition keys that a session of the role sends to Lambda, if known beforehand.
fn context_of_session(role: &Arn, region: &str, account: &str) -> Vec<ContextEntry> {
    let entry = |key: &str, value: &str, kind: ContextKeyTypeEnum| {
        ContextEntry::builder().context_key_name(key).context_key_values(value).context_key_type(kind).build()
    };
    let text = |key, value| entry(key, value, ContextKeyTypeEnum::String);
    let boolean = |key, value| entry(key, value, ContextKeyTypeEnum::Boolean);
    vec![
        text("aws:RequestedRegion", region),
        text("aws:PrincipalAccount", &role.account),
        text("aws:PrincipalArn", &role.to_string()),
        text("aws:ResourceAccount", account),
        boolean("aws:SecureTransport", "true"),
        boolean("aws:PrincipalIsAWSService", "false"),
        boolean("aws:ViaAWSService", "false"),
    ]
}

/// Each result is about an action: for several resources it has a name template, the strictest decision, and a separate
/// result for each. Only the former includes the organization's part.
fn of_each_function(result: &EvaluationResult) -> Vec<(FunctionArn, Simulated)> {
    let denied_by_organization =
        result.organizations_decision_detail.as_ref().is_some_and(|detail| !detail.allowed_by_organizations);
    let simulated =
        |decision: &PolicyEvaluationDecisionType, missing: &[String], matched: &[Statement]| Simulated {
            allowed: *decision == PolicyEvaluationDecisionType::Allowed,
            decision: decision.as_str().to_owned(),
            denied_by_organization,
            missing_keys: missing.iter().cloned().collect(),
            matched: matched.iter().filter_map(|one| one.source_policy_id.clone()).collect(),
        };
    let of_resources: Vec<_> = result
        .resource_specific_results()
        .iter()
        .filter_map(|one| {
            let missing = if one.missing_context_values().is_empty() {
                result.missing_context_values()
            } else {
                one.missing_context_values()
            };
            let function = one.eval_resource_name.parse().ok()?;
            Some((function, simulated(&one.eval_resource_decision, missing, one.matched_statements())))
        })
        .collect();
    if !of_resources.is_empty() {
        return of_resources;
    }
    // Before 2026 there was a result per resource, with none nested in it.
    let function = result.eval_resource_name.as_deref().and_then(|name| name.parse().ok());
    let own = |function| {
        let (missing, matched) = (result.missing_context_values(), result.matched_statements());
        (function, simulated(&result.eval_decision, missing, matched))
    };
    function.map(own).into_iter().collect()
}
