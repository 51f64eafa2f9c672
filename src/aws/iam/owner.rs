//! Whose a role or policy is at this moment.

use super::read;
use crate::arn::Arn;
use crate::aws::client::Clients;
use crate::aws::error::AwsError;
use crate::model::Tags;

/// The tags of a role; `None` if it does not exist.
///
/// # Errors
/// If IAM does not answer.
pub async fn role_tags(clients: &Clients, role: &str) -> Result<Option<Tags>, AwsError> {
    const OPERATION: &str = "iam:GetRole";
    let subject = format!("role `{role}`");
    let answer = clients.iam.get_role().role_name(role).send().await;
    let answer = read::existing(OPERATION, &subject, answer)?;
    Ok(answer.map(|answer| read::tags(answer.role.and_then(|role| role.tags))))
}

/// The tags of a customer managed policy; `None` if it does not exist.
///
/// # Errors
/// If IAM does not answer.
pub async fn tags_of_policy(clients: &Clients, policy: &Arn) -> Result<Option<Tags>, AwsError> {
    const OPERATION: &str = "iam:GetPolicy";
    let subject = format!("policy `{}`", policy.name());
    let answer = clients.iam.get_policy().policy_arn(policy.to_string()).send().await;
    let answer = read::existing(OPERATION, &subject, answer)?;
    Ok(answer.map(|answer| read::tags(answer.policy.and_then(|policy| policy.tags))))
}
