//! Calls that `check` makes for the sake of the answer alone.

use std::fmt;
use std::time::SystemTime;

use aws_credential_types::Credentials;
use aws_sdk_lambda::types::InvocationType;

use super::config::Clients;
use super::error::AwsError;
use super::functions::subject;
use crate::arn::Arn;

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
pub async fn invoke_dry_run(clients: &Clients, function: &Arn) -> Result<(), AwsError> {
    // The ARN goes as it is: the permission must be for the one that Genesys Cloud invokes.
    clients
        .lambda_in(&function.region)
        .invoke()
        .function_name(function.to_string())
        .invocation_type(InvocationType::DryRun)
        .send()
        .await
        .map_err(|error| AwsError::from_sdk("lambda:Invoke", subject(function), error))?;
    Ok(())
}
