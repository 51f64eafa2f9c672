//! Calls that `check` makes for the sake of the answer alone.

use std::collections::BTreeMap;
use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sdk_iam::types::{EvaluationResult, PolicyEvaluationDecisionType};
use aws_sdk_lambda::types::InvocationType;

use super::client::Clients;
use super::error::AwsError;
use super::lambda::subject;
use crate::arn::{Arn, FunctionArn};

/// A session of a role.
#[derive(Clone)]
pub struct Assumed {
    pub credentials: Credentials,
    /// `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`
    pub session: String,
}

/// Without the credentials.
impl fmt::Debug for Assumed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Assumed").field("session", &self.session).finish_non_exhaustive()
    }
}

/// Assumes a role for 15 minutes, the shortest session there is. A denial is an error with
/// [`AwsError::is_access_denied`].
///
/// # Errors
/// When the caller may not assume the role, and whenever STS does not answer.
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

/// Asks Lambda whether the caller may invoke this very ARN, without running the function.
///
/// # Errors
/// When the caller may not, when there is no such function, and whenever Lambda does not answer.
pub async fn invoke_dry_run(clients: &Clients, function: &FunctionArn) -> Result<(), AwsError> {
    // The ARN goes as it is: the permission must be for the one that Genesys Cloud invokes.
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

/// What AWS's own policy simulator says of one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    pub allowed: bool,
    /// `allowed`, `implicitDeny` or `explicitDeny`, and whether the organization's policies are the reason.
    pub decision: String,
}

/// Asks AWS's policy simulator whether the role's policies let it invoke the functions. It knows nothing of trust
/// policies, nor of functions' own policies.
///
/// # Errors
/// When the caller may not ask, and whenever IAM does not answer.
pub async fn simulate(
    clients: &Clients,
    role: &Arn,
    functions: &[FunctionArn],
) -> Result<BTreeMap<FunctionArn, Simulated>, AwsError> {
    const OPERATION: &str = "iam:SimulatePrincipalPolicy";
    let subject = format!("role `{}`", role.name());
    let results: Vec<EvaluationResult> = clients
        .iam
        .simulate_principal_policy()
        .policy_source_arn(role.to_string())
        .action_names("lambda:InvokeFunction")
        .set_resource_arns(Some(functions.iter().map(ToString::to_string).collect()))
        .into_paginator()
        .items()
        .send()
        .try_collect()
        .await
        .map_err(|error| AwsError::from_sdk(OPERATION, subject.as_str(), error))?;
    let mut found = BTreeMap::new();
    for result in results {
        let Some(arn) = result.eval_resource_name.as_deref().and_then(|arn| arn.parse().ok()) else {
            continue;
        };
        let by_organization =
            result.organizations_decision_detail.is_some_and(|detail| !detail.allowed_by_organizations);
        let mut decision = result.eval_decision.as_str().to_owned();
        if by_organization {
            decision.push_str(", by the organization's policies");
        }
        let allowed = result.eval_decision == PolicyEvaluationDecisionType::Allowed;
        found.insert(arn, Simulated { allowed, decision });
    }
    Ok(found)
}
