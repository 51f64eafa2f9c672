//! `[organization]`: what the account's AWS organization forbids, if the spec says.

use crate::policy::Document;
use crate::policy::guardrail::{GuardrailLevel, Guardrails};

/// What a spec says about it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationSpec {
    /// The named documents; `None` if there are none.
    pub policies: Option<OrganizationPolicies>,
    /// Whether to ask AWS Organizations for them.
    pub read: bool,
}

/// The organization policies that affect one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationPolicies {
    /// Service control policies: at each level one must allow.
    pub scp: Vec<ScpLevel>,
    /// Resource control policies of all levels together.
    pub rcp: Vec<OrganizationPolicy>,
}

/// The root, an organizational unit, or the account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScpLevel {
    pub name: String,
    pub policies: Vec<OrganizationPolicy>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OrganizationPolicy {
    /// Its name, or the file it is in.
    pub name: String,
    pub document: Document,
}

impl OrganizationPolicies {
    /// In the form that the policy language takes.
    pub fn guardrails(&self) -> Guardrails<'_> {
        let scp = self
            .scp
            .iter()
            .map(|level| GuardrailLevel { name: level.name.clone(), policies: named(&level.policies) });
        Guardrails { scp: scp.collect(), rcp: named(&self.rcp) }
    }
}

fn named(policies: &[OrganizationPolicy]) -> Vec<(String, &Document)> {
    policies.iter().map(|policy| (policy.name.clone(), &policy.document)).collect()
}
