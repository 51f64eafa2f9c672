//! When a role last reached a service, according to IAM: a job to request, and its result.

use crate::arn::Arn;
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::query::QueryAnswer;
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::ids::{digest, uuid};
use crate::sandbox::state::iam::{LastUsed, date};

pub(crate) fn generate(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let arn: Arn = call
        .params
        .required("Arn")?
        .parse()
        .map_err(|_| Refusal::validation("Invalid ARN:  Could not be parsed!"))?;
    match call.state.role_of_arn(&arn) {
        Some((account, _)) if account == call.caller.account => {}
        _ => return Err(Refusal::no_such_entity(format!("ARN {arn} not found."))),
    }
    let job = uuid(digest(&format!("last accessed {arn}")));
    call.state.last_accessed_jobs.insert(job.clone(), arn);
    Ok(QueryAnswer::of(|xml| xml.text("JobId", job)))
}

pub(crate) fn get(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let job = call.params.required("JobId")?;
    let arn = call
        .state
        .last_accessed_jobs
        .get(job)
        .ok_or_else(|| Refusal::no_such_entity(format!("Invalid Job Id: {job}")))?;
    let role = call.state.role_of_arn(arn).filter(|(account, _)| *account == call.caller.account);
    let used = role.and_then(|(_, role)| role.last_used.as_ref());
    let now = date(call.now.as_second());
    Ok(QueryAnswer::of(|xml| {
        xml.text("JobStatus", "COMPLETED");
        xml.text("JobType", "SERVICE_LEVEL");
        xml.text("JobCreationDate", &now);
        xml.text("JobCompletionDate", &now);
        xml.list("ServicesLastAccessed", ["lambda"], |xml, namespace| {
            xml.text("ServiceName", "AWS Lambda");
            xml.text("ServiceNamespace", namespace);
            if let Some(LastUsed { date: at, region }) = used {
                xml.text("LastAuthenticated", date(*at));
                xml.text("LastAuthenticatedEntity", arn);
                xml.text("LastAuthenticatedRegion", region);
            }
            xml.text("TotalAuthenticatedEntities", usize::from(used.is_some()));
        });
        xml.text("IsTruncated", false);
    }))
}
