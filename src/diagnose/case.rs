//! What `diagnose` found out about one role.

use super::error_text::ErrorReading;
use crate::arn::AccountId;
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

    /// Whether a cause explains the failure; without an error text, any cause does.
    pub fn explains(&self, cause: Cause) -> bool {
        self.error.as_ref().is_none_or(|error| error.is_explained_by(cause))
    }
}
