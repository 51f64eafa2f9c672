//! The functions' settings: does Lambda run them for a data action?

use super::super::cause::Cause;
use super::super::claim::{Claim, Finding, Harm};
use super::super::facts::{Facts, FunctionFacts, FunctionSettings, FunctionState, StateReason};
use super::super::questions::{Readiness, name_of, readiness};
use super::super::topic::Topic;
use super::question::ask;
use crate::arn::FunctionArn;

const KEPT_OUT: Harm =
    Harm { keeps_genesys_out: true, lets_in: Vec::new(), adds: Vec::new(), incident: None };

/// Whether each function exists, is ready, and accepts invocations the way a data action makes them.
pub(crate) fn ready(facts: &Facts) -> Vec<Claim> {
    let region = facts.organization_region.as_deref();
    facts
        .functions
        .iter()
        .flat_map(|function| {
            let is_there = function.state != FunctionState::Missing;
            let ready = one_ready(function, region);
            [Some(ready), tenancy(function), is_there.then(|| concurrency(function))]
        })
        .flatten()
        .collect()
}

fn one_ready(function: &FunctionFacts, organization_region: Option<&str>) -> Claim {
    let FunctionFacts { arn, state, .. } = function;
    let name = name_of(arn);
    let question = ask(
        Topic::Functions,
        format!("{name} exists and is ready"),
        match state {
            FunctionState::Missing => format!("{name} does not exist"),
            _ => format!("{name} is not ready"),
        },
        match state {
            FunctionState::Unknown(_) => format!("whether {name} exists is unknown"),
            _ => format!("{name} is not ready yet"),
        },
    )
    .about(arn);
    match state {
        FunctionState::Missing => {
            let finding = Finding {
                cause: Cause::FunctionMissing,
                what: format!("Lambda in {} has no {name}", arn.region()),
                consequence: "the data action fails with 403, or 404 (ResourceNotFoundException)".to_owned(),
                remedy: "deploy it, or correct `functions` in the spec".to_owned(),
                harm: KEPT_OUT,
            };
            let seen = format!("Lambda in {} has no such function, alias or version", arn.region());
            question.fails(seen, finding, &[])
        }
        FunctionState::Unknown(why) => {
            question.not_provable(why.clone(), "permit `lambda:GetFunctionConfiguration` to see it")
        }
        FunctionState::Exists(settings) => {
            let claim = match readiness(settings.state.as_deref()) {
                Readiness::Ready => question.holds(format!("the Lambda API knows {arn}")),
                // An inactive function wakes at the next invocation, and that one fails.
                Readiness::NotYet => question.not_provable(
                    format!("its state is {}", in_words(settings)),
                    if settings.state.as_deref() == Some("Inactive") {
                        format!(
                            "invoke it once (`aws lambda invoke --region {} --function-name {} /dev/null`): that call fails and wakes it; \
                             then check again",
                            arn.region(),
                            arn.unqualified().name()
                        )
                    } else {
                        "wait until it is Active, then run `check` again".to_owned()
                    },
                ),
                Readiness::Never => {
                    let seen = format!("its state is {}", in_words(settings));
                    question.fails(seen, not_ready(&name, settings), &[])
                }
            };
            notices(arn, settings, organization_region).into_iter().fold(claim, Claim::with_notice)
        }
    }
}

/// `Failed (DisabledKMSKey): Lambda can't decrypt …`
fn in_words(settings: &FunctionSettings) -> String {
    let state = settings.state.as_deref().unwrap_or("Active");
    format!("{state}{}", because(&settings.state_reason))
}

fn because(reason: &StateReason) -> String {
    let StateReason { code, text } = reason;
    let code = code.as_ref().map(|code| format!(" ({code})")).unwrap_or_default();
    let text = text.as_ref().map(|text| format!(": {}", text.trim_end_matches('.'))).unwrap_or_default();
    format!("{code}{text}")
}

/// A function that Lambda cannot run in its current state.
pub(crate) fn not_ready(name: &str, settings: &FunctionSettings) -> Finding {
    Finding {
        cause: Cause::FunctionNotReady,
        what: format!("The {name} is {}", in_words(settings)),
        consequence: "every invocation fails".to_owned(),
        remedy: remedy(settings.state.as_deref().unwrap_or_default(), settings.state_reason.code.as_deref()),
        harm: KEPT_OUT,
    }
}

/// By Lambda's own reason code. The words come from its API model.
fn by_code(code: Option<&str>) -> &'static str {
    match code.unwrap_or_default() {
        "DisabledKMSKey" | "InvalidStateKMSKey" => {
            "enable the KMS key of the function (or cancel its deletion), then update the function"
        }
        "KMSKeyAccessDenied" => {
            "let the function's execution role use its KMS key (kms:Decrypt), then update the function"
        }
        "KMSKeyNotFound" => "give the function a KMS key that exists",
        "ImageDeleted" => "push the function's container image again, or deploy it with another one",
        "ImageAccessDenied" => {
            "let Lambda pull the container image (policy of the ECR repository), then deploy the function again"
        }
        "InvalidImage" => "deploy the function with a container image that Lambda can run",
        "InvalidRuntime" => "deploy the function with a runtime that Lambda supports",
        "InvalidZipFileException" => "deploy the function with a code package that is whole",
        "SubnetOutOfIPAddresses" => "free IP addresses in the function's subnets, or give it further subnets",
        "InvalidSubnet" | "InvalidSecurityGroup" => {
            "correct the function's VPC settings: a subnet or security group that they name does not exist"
        }
        "DisallowedByVpcEncryptionControl" => {
            "allow Lambda in the VPC's encryption controls, or give the function another VPC"
        }
        "EniLimitExceeded" => "raise the account's quota of network interfaces for Lambda in VPCs",
        "EFSIOError" | "EFSMountConnectivityError" | "EFSMountFailure" | "EFSMountTimeout" => {
            "make the function's EFS file system reachable from its subnets, then update the function"
        }
        "InsufficientRolePermissions" => {
            "give the function's execution role what its settings need (in a VPC: ec2:CreateNetworkInterface), then \
             update the function"
        }
        "VcpuLimitExceeded"
        | "CapacityProviderScalingLimitExceeded"
        | "InsufficientCapacity"
        | "EC2RequestLimitExceeded"
        | "ServiceQuotaExceededException" => "raise the quota or the capacity that AWS names, then try again",
        code if code.starts_with("FunctionError") => {
            "the code fails while it starts: read the function's log, then deploy code that starts"
        }
        _ => "",
    }
}

/// By the reason code, otherwise by the state.
fn remedy(state: &str, code: Option<&str>) -> String {
    match by_code(code) {
        "" => {}
        remedy => return remedy.to_owned(),
    }
    match state {
        "Failed" => "fix and deploy the function".to_owned(),
        "Pending" => "wait until Lambda has created it, then run `check` again".to_owned(),
        "Inactive" => {
            "Lambda wakes it at the first invocation, which fails: wait until it is Active, then try again"
                .to_owned()
        }
        "Deleting" => "it is being deleted: deploy it again, or take it out of `functions`".to_owned(),
        "ActiveNonInvocable" => {
            "publish a version of it, and name that (or an alias of it) in `functions` and in the data action"
                .to_owned()
        }
        state => format!("bring the function out of the state {state}, then run `check` again"),
    }
}

/// Worth knowing about a function that runs.
fn notices(arn: &FunctionArn, settings: &FunctionSettings, organization_region: Option<&str>) -> Vec<String> {
    let name = name_of(arn);
    let mut notices = Vec::new();
    match settings.last_update.as_deref() {
        Some("Failed") => notices.push(format!(
            "the last update of {name} failed{}: invocations run what was there before it{}",
            because(&settings.last_update_reason).trim_end_matches('.'),
            match by_code(settings.last_update_reason.code.as_deref()) {
                "" => String::new(),
                remedy => format!("; to update it, {remedy}"),
            }
        )),
        Some("InProgress") => notices.push(format!(
            "{name} is being updated{}: until then invocations run what was there before",
            because(&settings.last_update_reason).trim_end_matches('.')
        )),
        _ => {}
    }
    let is_unpublished = arn.qualifier().is_none_or(|qualifier| qualifier.as_str() == "$LATEST");
    if is_unpublished && (settings.is_durable || settings.has_capacity_provider) {
        let what =
            if settings.is_durable { "is a durable function" } else { "runs on Lambda Managed Instances" };
        notices.push(format!(
            "{name} {what}, which, by AWS's documentation, needs a published version: if invocations fail, name a \
             version or alias in `functions` and in the data action"
        ));
    }
    if let Some(region) = organization_region.filter(|region| *region != arn.region()) {
        notices.push(format!(
            "{name} is in {}, the organization in {region}: each invocation goes from one region to the other",
            arn.region()
        ));
    }
    notices
}

/// A claim only if it breaks every invocation.
fn tenancy(function: &FunctionFacts) -> Option<Claim> {
    let FunctionState::Exists(FunctionSettings { isolates_tenants: true, .. }) = function.state else {
        return None;
    };
    let name = name_of(&function.arn);
    let question = ask(Topic::Invocable, "", format!("{name} cannot be invoked without a tenant ID"), "")
        .about(&function.arn);
    let finding = Finding {
        cause: Cause::TenantIsolation,
        what: format!("The {name} isolates tenants (TenancyConfig)"),
        consequence: "every invocation must bring a tenant ID, and a data action has no field for one: it fails with 400"
            .to_owned(),
        remedy: "deploy it under another name without tenant isolation, which is fixed when a function is created, and \
                 name that one in `functions` and in the data action"
            .to_owned(),
        harm: KEPT_OUT,
    };
    Some(question.fails("its settings have a TenancyConfig", finding, &[]))
}

fn concurrency(function: &FunctionFacts) -> Claim {
    let FunctionFacts { arn, reserved_concurrency, .. } = function;
    let name = name_of(arn);
    let question = ask(
        Topic::Invocable,
        format!("{name} may run"),
        format!("{name} may not run even once at a time"),
        format!("whether {name} is throttled by a reserved concurrency of 0 is unknown"),
    )
    .about(arn);
    match reserved_concurrency {
        Ok(None) => question.holds("no concurrency of its own limits it"),
        Ok(Some(number)) if *number > 0 => {
            question.holds(format!("{number} executions at a time are reserved for it, and it gets no more"))
        }
        Ok(Some(number)) => {
            let finding = Finding {
                cause: Cause::FunctionThrottled,
                what: format!("The reserved concurrency of {name} is {number}"),
                consequence:
                    "Lambda throttles every invocation (429 TooManyRequestsException): the data action fails"
                        .to_owned(),
                remedy: format!(
                    "if nobody switched it off on purpose, run `aws lambda delete-function-concurrency --region {} --function-name {}`, or \
                     reserve more",
                    arn.region(),
                    arn.unqualified().name()
                ),
                harm: KEPT_OUT,
            };
            question.fails(format!("{number} executions are reserved for it"), finding, &[])
        }
        Err(why) => question.not_provable(why.clone(), "permit `lambda:GetFunctionConcurrency` to see it"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The API model's words as of 2026.
    const STATES: [&str; 5] = ["Failed", "Deactivating", "Deactivated", "ActiveNonInvocable", "Deleting"];

    #[test]
    fn each_reason_has_a_remedy_of_its_own_and_each_state_one_that_fits_it() {
        let general = remedy("Failed", None);
        for code in StateReason::CODES {
            assert_ne!(remedy("Failed", Some(code)), general, "{code}");
        }
        // There is nothing better to say about these.
        for code in ["InternalError", "InvalidConfiguration", "DependencyError", "SomethingNew"] {
            assert_eq!(remedy("Failed", Some(code)), general);
        }
        for state in STATES {
            assert_eq!(readiness(Some(state)), Readiness::Never, "{state}");
            assert_eq!(remedy(state, None).contains("fix and deploy"), state == "Failed", "{state}");
        }
    }
}
