//! Which remedy belongs to which cause.

use std::collections::BTreeMap;

use super::denials::denied;
use super::function_states::not_ready;
use super::functions::{missing, open, tenants, throttled};
use super::genesys::{credential, credentials, data_action, integration};
use super::model::{Means, Remedy, say};
use super::organization::guard;
use super::permissions::{attached, covered, extra, narrowed};
pub use super::shell::{Shell, SpecFile, SpecTable};
use super::strangers::got_in;
use super::trust::{role, trust};
use crate::check::{Cause, Facts, Finding};

/// What else is known, beside the evidence that is judged.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Surroundings {
    /// Where a function is missing: those that there are, by region.
    pub functions: BTreeMap<String, Vec<String>>,
    /// Actions that the organization's policies refuse to whoever diagnoses.
    pub refused: Vec<String>,
}

/// How to remove a cause found with these facts, each way on its own. Commands use live names, shell-quoted.
pub fn remedy(finding: &Finding, facts: &Facts, around: &Surroundings, shell: &Shell) -> Remedy {
    let own = format!("policy `{}`", facts.desired.policy.name);
    let remedy = match finding.cause {
        Cause::RoleMissing => role(facts, shell),
        Cause::TrustedAccount
        | Cause::ExternalId
        | Cause::TrustPolicy
        | Cause::RoleOpen
        | Cause::Verifier
        | Cause::UnknownAccount
        | Cause::Organization => trust(facts, shell),
        Cause::KnownMistake if finding.what.starts_with("The trust policy") => trust(facts, shell),
        Cause::KnownMistake => narrowed(facts, shell),
        Cause::PolicyMissing | Cause::PolicyNotAttached => attached(facts, shell),
        Cause::PolicyDoesNotCover => covered(facts, shell),
        Cause::Denied => denied(facts, finding, shell),
        Cause::ExtraPermissions => extra(facts, shell, finding.what.contains(&own)),
        Cause::FunctionMissing => missing(facts, finding, &around.functions, shell),
        Cause::FunctionNotReady => not_ready(facts, finding, shell),
        Cause::FunctionThrottled => throttled(facts, finding, shell),
        Cause::TenantIsolation => tenants(facts, finding, shell),
        Cause::Stranger => got_in(facts, finding, shell),
        Cause::FunctionOpen => open(facts, finding, shell),
        Cause::GenesysCredentials => credentials(),
        Cause::Integration => integration(facts, finding, shell),
        Cause::IntegrationCredential => credential(facts, finding, shell),
        Cause::DataAction => data_action(facts, finding, shell),
        Cause::OrganizationGuard => guard(facts, finding, &around.refused, shell),
        // The finding itself says what to do.
        Cause::InsiderOpen | Cause::Invocation | Cause::Probe => Remedy::default(),
    };
    if remedy.ways.is_empty() {
        return Remedy::default().with(Means::Console, vec![say(finding.remedy.clone())]);
    }
    remedy
}
