//! What `diagnose` found out about one role.

use super::error_text::{ErrorReading, Stage};
use super::in_turn::in_turn;
use super::model::{FixStep, Means, Remedy, run, say};
use super::remedy::{Shell, Surroundings, remedy};
use crate::arn::{AccountId, Arn, FunctionArn};
use crate::check::{
    AskedOrganization, Cause, CredentialArn, Facts, Finding, GenesysSide, RoleReport, Sign, judge,
};
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
    pub around: Surroundings,
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

    /// How to remove each cause, in this order.
    pub fn remedies(&self, findings: &[Finding], shell: &Shell) -> Vec<Remedy> {
        in_turn(findings, &self.facts, |finding, facts| self.remedy(finding, facts, shell))
    }

    /// A role that is gone may never have been meant: the credential can name another.
    fn remedy(&self, finding: &Finding, facts: &Facts, shell: &Shell) -> Remedy {
        let fix = remedy(finding, facts, &self.around, shell);
        let (Cause::RoleMissing | Cause::IntegrationCredential, None) =
            (finding.cause, &self.facts.live.role)
        else {
            return fix;
        };
        let (mut steps, mut is_used) = (Vec::new(), false);
        for other in &self.instead {
            let used = self.users(other);
            is_used |= !used.is_empty();
            steps.push(match used.as_slice() {
                [] => say(format!(
                    "{} trusts Genesys Cloud and may invoke functions: if it was meant, no new role is needed",
                    other.name()
                )),
                names => say(format!(
                    "{} exists, trusts Genesys Cloud, and the integration {} uses it: if it was meant, nothing has to be made. Diagnose that one:",
                    other.name(),
                    names.join(" and ")
                )),
            });
            if used.is_empty() {
                steps.push(say(
                    "Genesys Cloud: Admin > Integrations > the integration > Configuration > Credentials > Configure: Role ARN",
                ));
                steps.push(FixStep::Paste(other.to_string()));
                steps.push(say("or let this tool write it, as this shows:"));
            }
            steps.push(run(shell.again(other.name())));
        }
        let first = Remedy::default().with(Means::Credential, steps);
        // An integration that works must not be pointed at a role that does not exist.
        if finding.cause == Cause::IntegrationCredential && is_used {
            return first;
        }
        if finding.cause == Cause::IntegrationCredential || first.ways.is_empty() {
            return fix;
        }
        // Nor by the spec that this tool would write.
        let rest = fix.ways.into_iter().filter(|way| !(is_used && way.by == Means::Tool));
        Remedy { ways: first.ways.into_iter().chain(rest).collect() }
    }

    /// The integrations whose credential holds a role.
    fn users(&self, role: &Arn) -> Vec<String> {
        let GenesysSide::Read(genesys) = &self.facts.genesys else { return Vec::new() };
        let held = CredentialArn::Shown(role.to_string());
        let all = genesys.integrations.as_deref().unwrap_or_default().iter();
        all.filter(|one| one.credential == held).map(|one| format!("\"{}\"", one.name)).collect()
    }

    /// If the text is about a function that is none of the role's: the commonest mistake, and no document shows it.
    pub fn other_function(&self) -> Option<String> {
        let error = self.error.as_ref()?;
        if !matches!(error.stage, Stage::Invoke | Stage::Find) {
            return None;
        }
        let named = error.function.as_ref()?;
        let is_it = |own: &FunctionArn| {
            let is_latest = named.qualifier().is_some_and(|qualifier| qualifier.as_str() == "$LATEST");
            own == named || is_latest && *own == named.unqualified()
        };
        let own: Vec<&FunctionArn> = self.facts.functions.iter().map(|one| &one.arn).collect();
        if own.is_empty() || own.iter().any(|own| is_it(own)) {
            return None;
        }
        let alike = own.iter().any(|own| own.unqualified() == named.unqualified());
        let names: Vec<String> = own.iter().map(|own| own.to_string()).collect();
        Some(format!(
            "the text is about {named}, which is none of the functions that this role is for ({}){}: correct the function in the data action \
             (Genesys Cloud: Admin > Integrations > Actions), or add that one to `functions` in the spec and apply it",
            names.join(", "),
            if alike { "; an alias or version is another ARN" } else { "" }
        ))
    }

    /// What the account refuses now, if the text blames a kind of policy that no longer does.
    pub fn outdated(&self) -> Option<String> {
        let error = self.error.as_ref()?;
        let role = self.facts.live.role.as_ref()?;
        let now = match error.policy? {
            "permissions boundary" if role.boundary.is_none() => "the role has no permissions boundary now",
            "permissions boundary" => "the role's permissions boundary allows it now",
            "identity-based policy" => "the role's policies allow it now",
            "resource-based policy" => "the function's own policy denies the role nothing now",
            "role trust policy" | "trust policy" => "the trust policy admits Genesys Cloud now",
            _ => return None,
        };
        Some(format!(
            "{now}: is the text older than a change? Run the data action's test again, and give its new text to --error"
        ))
    }

    /// Whether a cause explains the failure; without an error text, any cause does.
    pub fn explains(&self, cause: Cause) -> bool {
        self.error.as_ref().is_none_or(|error| error.is_explained_by(cause))
    }
}
