//! `[organization]`: what the AWS organization of the account forbids, as far as somebody says it.

use crate::policy::Document;
use crate::policy::guardrail::{GuardrailLevel, Guardrails};

/// What a spec says of it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationSpec {
    /// The documents that are named. `None`: none are.
    pub policies: Option<OrganizationPolicies>,
    /// Whether AWS Organizations is asked for them.
    pub read: bool,
}

/// The policies of an organization that bear on one account.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct OrganizationPolicies {
    /// Service control policies: at each level one must allow.
    pub scp: Vec<ScpLevel>,
    /// Resource control policies, of all levels together.
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
    /// Its name, or the file that it is in.
    pub name: String,
    pub document: Document,
}

impl OrganizationPolicies {
    /// As the policy language takes them.
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
