//! What a spec asks for.

use std::borrow::Cow;
use std::collections::BTreeMap;

use super::genesys::DesiredIntegration;
use super::iam::{ManagedPolicy, Role};
use crate::arn::{AccountId, Arn, FunctionArn};
use crate::spec::{AcceptSpec, AccountTrust, Boundary, Elsewhere, ExternalId, ExtraPermissions};

/// What a spec asks for, resolved to exact ARNs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredState {
    /// The name of the spec, for the tag.
    pub spec: String,
    pub account_id: AccountId,
    pub region: String,
    /// What the spec takes from elsewhere, in words: `external ID from the environment variable X`.
    pub indirections: Vec<String>,
    /// Whether to ask AWS Organizations what it forbids.
    pub reads_organization: bool,
    pub roles: Vec<DesiredRole>,
    /// The policies of the spec's roles that are not selected, and these.
    pub excluded: BTreeMap<Arn, String>,
    /// Whether nothing follows from what is missing.
    pub is_part: bool,
    /// What other specs name.
    pub elsewhere: Elsewhere,
    /// Whether data actions that flows use, or may use, may be deleted.
    pub even_if_used: bool,
}

impl DesiredState {
    /// The same, limited to some of the roles.
    #[must_use]
    pub fn only(&self, keep: impl Fn(&DesiredRole) -> bool) -> Cow<'_, Self> {
        if self.roles.iter().all(&keep) {
            return Cow::Borrowed(self);
        }
        let (roles, others): (Vec<_>, Vec<_>) = self.roles.iter().partition(|role| keep(role));
        let mut excluded = self.excluded.clone();
        excluded.extend(others.into_iter().map(|role| (role.policy.arn.clone(), role.role.name.clone())));
        Cow::Owned(Self {
            roles: roles.into_iter().cloned().collect(),
            excluded,
            is_part: true,
            elsewhere: self.elsewhere.clone(),
            spec: self.spec.clone(),
            account_id: self.account_id.clone(),
            region: self.region.clone(),
            indirections: self.indirections.clone(),
            reads_organization: self.reads_organization,
            even_if_used: self.even_if_used,
        })
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DesiredRole {
    /// `permissions_boundary` is what the role is created with; `boundary` is what a live role should have.
    pub role: Role,
    pub policy: ManagedPolicy,
    /// Exactly what Genesys Cloud should invoke.
    pub functions: Vec<FunctionArn>,
    pub genesys_account_id: AccountId,
    pub genesys_account: AccountTrust,
    pub external_id: ExternalId,
    /// Trusted in addition to Genesys Cloud, with the same external ID, so the check can assume the role.
    pub verifier: Option<Arn>,
    pub boundary: Boundary,
    pub adopt: bool,
    /// Exempt from `destroy`.
    pub prevent_destroy: bool,
    pub extra_permissions: ExtraPermissions,
    /// What is not from the spec but is wanted.
    pub accepts: Vec<AcceptSpec>,
    /// Set if the spec also manages Genesys Cloud's side.
    pub integration: Option<DesiredIntegration>,
}
