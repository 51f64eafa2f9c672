//! Who is calling.

use super::clients::Clients;
use crate::arn::AccountId;
use crate::aws::error::AwsError;

/// The identity behind the credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Caller {
    pub account: AccountId,
    /// ARN of a user, the account root, or a session: `arn:aws:sts::ACCOUNT:assumed-role/NAME/SESSION`, without the
    /// role's path.
    pub arn: String,
    /// `AIDA…`, `AROA…:SESSION` or an account ID.
    pub user_id: String,
}

/// Asks STS whose credentials these are. Requires no permission.
///
/// # Errors
/// Without usable credentials, or if STS does not answer.
pub async fn caller(clients: &Clients) -> Result<Caller, AwsError> {
    const OPERATION: &str = "sts:GetCallerIdentity";
    let answer = clients
        .sts
        .get_caller_identity()
        .send()
        .await
        .map_err(|error| AwsError::from_sdk(OPERATION, "", error))?;
    let account = answer
        .account
        .and_then(|account| account.parse().ok())
        .ok_or_else(|| AwsError::incomplete(OPERATION, "", "account ID"))?;
    let arn = answer.arn.ok_or_else(|| AwsError::incomplete(OPERATION, "", "ARN"))?;
    Ok(Caller { account, arn, user_id: answer.user_id.unwrap_or_default() })
}
