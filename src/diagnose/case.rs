//! What `diagnose` found out about one role.

use super::error_text::ErrorReading;
use super::model::{FixStep, Means, Remedy, run, say};
use super::remedy::{Shell, remedy};
use crate::arn::{AccountId, Arn};
use crate::check::{AskedOrganization, Cause, Facts, Finding, RoleReport, Sign, judge};
use crate::import::Wanted;

/// Everything about one role without a spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleCase {
    pub account: AccountId,
    pub region: String,
    pub in_sandbox: bool,
    pub organization: AskedOrganization,
    pub wanted: Wanted,
    pub facts: Facts,
    /// For a role that does not exist: others of the account that look right.
    pub instead: Vec<Arn>,
    /// The failure that the user saw.
    pub error: Option<ErrorReading>,
}

impl RoleCase {
    /// The same judgement as `check`, and what the error itself says of the organization's policies.
    pub fn report(&self) -> RoleReport {
        let mut report = judge(&self.facts);
        let known = |finding: &Finding| finding.cause == Cause::OrganizationGuard;
        if let Some(finding) = self.error.as_ref().and_then(ErrorReading::guard)
            && !report.diagnosis.findings.iter().any(known)
        {
            report.diagnosis.findings.push(finding);
            report.verdict.sign = Sign::Broken;
            report.verdict.genesys_can_invoke = Some(false);
        }
        report
    }

    /// How to remove a cause. A role that is gone may never have been meant: the credential can name another.
    pub fn remedy(&self, finding: &Finding, shell: &Shell) -> Remedy {
        let fix = remedy(finding, &self.facts, shell);
        let [other] = self.instead.as_slice() else { return fix };
        if finding.cause != Cause::RoleMissing {
            return fix;
        }
        let steps = vec![
            say(format!(
                "{} trusts Genesys Cloud and may invoke functions: if it was meant, no new role is needed",
                other.name()
            )),
            say(
                "Genesys Cloud: Admin > Integrations > the integration > Configuration > Credentials > Configure: Role ARN",
            ),
            FixStep::Paste(other.to_string()),
            say("or let this tool write it, as this shows:"),
            run(shell.again(other.name())),
        ];
        let first = Remedy::default().with(Means::Credential, steps);
        Remedy { ways: first.ways.into_iter().chain(fix.ways).collect() }
    }

    /// Whether a cause explains the failure; without an error text, any cause does.
    pub fn explains(&self, cause: Cause) -> bool {
        self.error.as_ref().is_none_or(|error| error.is_explained_by(cause))
    }
}
