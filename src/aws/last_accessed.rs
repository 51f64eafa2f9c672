//! IAM's record of the services that a role's sessions called.

use std::time::Duration;

use aws_sdk_iam::types::JobStatusType;

use super::client::Clients;
use super::error::{AwsError, AwsErrorKind};
use super::iam::last_use;
use crate::arn::Arn;
use crate::model::LastUse;

/// Delay before each further poll of the job, in milliseconds.
const PAUSES: [u64; 5] = [300, 600, 1200, 2400, 4800];

/// When Lambda was last called in a session of the role, allowed or not. `None`: not in the record's 400 days, or not
/// shown yet.
///
/// # Errors
/// If the caller may not ask, or IAM does not answer in time.
pub async fn lambda_last_accessed(clients: &Clients, role: &Arn) -> Result<Option<LastUse>, AwsError> {
    const GENERATE: &str = "iam:GenerateServiceLastAccessedDetails";
    const GET: &str = "iam:GetServiceLastAccessedDetails";
    let subject = || format!("role `{}`", role.name());
    let job = clients
        .iam
        .generate_service_last_accessed_details()
        .arn(role.to_string())
        .send()
        .await
        .map_err(|error| AwsError::from_sdk(GENERATE, subject(), error))?
        .job_id
        .ok_or_else(|| AwsError::incomplete(GENERATE, subject(), "job"))?;
    let mut pauses = PAUSES.iter();
    let mut marker: Option<String> = None;
    loop {
        let page = clients
            .iam
            .get_service_last_accessed_details()
            .job_id(&job)
            .set_marker(marker.clone())
            .send()
            .await
            .map_err(|error| AwsError::from_sdk(GET, subject(), error))?;
        let failed = |detail: &str| {
            let detail = detail.to_owned();
            AwsError::new(GET, subject(), AwsErrorKind::Response { status: None, detail, source: None })
        };
        match page.job_status {
            JobStatusType::Completed => {}
            JobStatusType::Failed => return Err(failed("IAM could not make the record")),
            _ => {
                let pause = pauses.next().ok_or_else(|| failed("IAM did not make the record in time"))?;
                tokio::time::sleep(Duration::from_millis(*pause)).await;
                continue;
            }
        }
        if let Some(lambda) = page.services_last_accessed.iter().find(|one| one.service_namespace == "lambda")
        {
            let region = lambda.last_authenticated_region.clone().unwrap_or_default();
            return Ok(lambda.last_authenticated.as_ref().and_then(|at| last_use(at, region)));
        }
        match page.marker.filter(|_| page.is_truncated) {
            Some(next) => marker = Some(next),
            None => return Ok(None),
        }
    }
}
