//! A valid spec.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::Range;

use super::integration::{DataActionSpec, IntegrationSpec};
use crate::arn::{AccountId, Arn, FunctionArn};

/// The tag that marks what this tool manages.
pub const MANAGED_BY_KEY: &str = "managed-by";
pub const MANAGED_BY_VALUE: &str = "genesys-iam";
/// The tag that names the spec by which it is managed.
pub const SPEC_KEY: &str = "genesys-iam:spec";

/// A valid spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Goes into the tag that says which spec manages a role.
    pub name: String,
    /// Whether the file says its name. Another file in another place may have the same stem.
    pub is_named: bool,
    pub aws: Aws,
    pub genesys: GenesysCloud,
    /// Of `[check]`: somebody of the user's own whom the roles trust too, so that the check can assume them.
    pub verifier: Option<Arn>,
    pub roles: Vec<RoleSpec>,
    /// Of the file too, but not selected.
    pub excluded: Vec<RoleSpec>,
}

/// Where the organization's API is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GenesysCloud {
    /// The AWS region's name.
    pub region: Option<String>,
    /// In place of the region's own hosts, for API and tokens alike.
    pub endpoint_url: Option<String>,
}

/// Where, and with which credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aws {
    pub region: String,
    /// The guard: no other account is ever touched.
    pub account_id: AccountId,
    /// Follows from the region.
    pub partition: String,
    pub profile: Option<String>,
    pub assume_role: Option<AssumeRole>,
    pub endpoint_url: Option<String>,
}

/// A role to assume before anything else, from a hub account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AssumeRole {
    pub role_arn: Arn,
    pub external_id: Option<ExternalId>,
    pub session_name: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleSpec {
    pub name: String,
    pub path: String,
    pub description: Option<String>,
    /// Seconds.
    pub max_session_duration: i32,
    pub permissions_boundary: Boundary,
    pub tags: BTreeMap<String, String>,
    pub policy_name: String,
    pub policy_path: String,
    pub genesys_account_id: AccountId,
    pub external_id: ExternalId,
    pub functions: Vec<FunctionRef>,
    /// Where Genesys Cloud's side is this spec's too.
    pub integration: Option<IntegrationSpec>,
    pub data_actions: Vec<DataActionSpec>,
    pub adopt: bool,
    /// `destroy` leaves it alone.
    pub prevent_destroy: bool,
    pub extra_permissions: ExtraPermissions,
    /// Of the role's table, in bytes of the source.
    pub span: Range<usize>,
}

/// What to do about permissions of the role that the spec does not name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtraPermissions {
    Report,
    Remove,
}

/// A boundary narrows what a role can do: one that the spec does not mention is left in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Boundary {
    Unmentioned,
    None,
    Policy(Arn),
}

/// A function as written, and the exact ARN that is meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionRef {
    pub written: String,
    pub arn: FunctionArn,
    pub span: Range<usize>,
}

/// An external ID. One that comes from the environment or a file is masked wherever it would be printed.
#[derive(Clone, PartialEq, Eq)]
pub struct ExternalId {
    value: String,
    masked: bool,
}

impl ExternalId {
    pub(super) fn literal(value: String) -> Self {
        Self { value, masked: false }
    }

    pub(super) fn secret(value: String) -> Self {
        Self { value, masked: true }
    }

    pub fn expose(&self) -> &str {
        &self.value
    }

    pub fn is_masked(&self) -> bool {
        self.masked
    }
}

impl fmt::Debug for ExternalId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.masked { "(masked)" } else { &self.value })
    }
}

/// The name of a role's policy where the spec does not give another.
pub fn default_policy_name(role: &str) -> String {
    format!("GenesysLambdaInvokePolicy_{role}")
}
