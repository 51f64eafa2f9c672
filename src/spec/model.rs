//! A valid spec.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use super::accept::AcceptSpec;
use super::elsewhere::Elsewhere;
use super::external_id::{ExternalId, Origin};
use super::integration::{DataActionSpec, IntegrationSpec};
use super::organization::OrganizationSpec;
use crate::arn::{AccountId, Arn, FunctionArn};

/// The tag that marks what this tool manages.
pub const MANAGED_BY_KEY: &str = "managed-by";
pub const MANAGED_BY_VALUE: &str = "genesys-iam";
/// The tag that names the managing spec.
pub const SPEC_KEY: &str = "genesys-iam:spec";

/// A valid spec.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Spec {
    /// Goes into the tag that says which spec manages a role.
    pub name: String,
    /// Whether the file states its name. Another file elsewhere may have the same stem.
    pub is_named: bool,
    pub aws: Aws,
    pub genesys: GenesysCloud,
    /// From `[check]`: the user's own principal that the roles also trust, so that the check can assume them.
    pub verifier: Option<Arn>,
    /// From `[organization]`: what the AWS organization forbids.
    pub organization: OrganizationSpec,
    pub roles: Vec<RoleSpec>,
    /// In the file but not selected.
    pub excluded: Vec<RoleSpec>,
    /// Only some roles are asked for by name: nothing follows from what is not among them.
    pub is_part: bool,
    /// What the other specs of the run name.
    pub elsewhere: Elsewhere,
    /// `--even-if-used`: data actions that flows use, or may use, are deleted and replaced too.
    pub even_if_used: bool,
}

impl Spec {
    /// The ARNs of all its roles, selected or not.
    pub fn role_arns(&self) -> impl Iterator<Item = String> {
        let arn =
            |role: &RoleSpec| Arn::role(&self.aws.partition, &self.aws.account_id, &role.path, &role.name);
        self.roles.iter().chain(&self.excluded).map(move |role| arn(role).to_string())
    }

    /// What it takes from elsewhere, which a reviewer cannot see in the file.
    pub fn indirections(&self) -> Vec<String> {
        let Aws { profile, assume_role, endpoint_url, .. } = &self.aws;
        let mut found = Vec::new();
        found.extend(profile.iter().map(|profile| format!("AWS credentials from the profile `{profile}`")));
        if let Some(AssumeRole { role_arn, external_id, .. }) = assume_role {
            let with = match external_id.as_ref().map(ExternalId::origin) {
                None | Some(Origin::Literal) => String::new(),
                Some(origin) => format!(", with an external ID from {origin}"),
            };
            found.push(format!("AWS credentials by assuming `{role_arn}`{with}"));
        }
        found.extend(endpoint_url.iter().map(|url| format!("AWS at {url}")));
        found.extend(self.genesys.endpoint_url.iter().map(|url| format!("Genesys Cloud at {url}")));
        if let Some(suffix) = &self.genesys.credentials {
            found.push(format!(
                "Genesys Cloud credentials from the environment variables that end in `_{suffix}`"
            ));
        }
        let origins: BTreeSet<&Origin> = self.roles.iter().map(|role| role.external_id.origin()).collect();
        let origins = origins.into_iter().filter(|origin| **origin != Origin::Literal);
        found.extend(origins.map(|origin| format!("external ID from {origin}")));
        let files = self.roles.iter().flat_map(|role| &role.data_actions).flat_map(|action| &action.files);
        let files: BTreeSet<&String> = files.collect();
        found.extend(files.into_iter().map(|file| format!("data action from the file `{file}`")));
        found
    }

    /// Whether anything keeps it from being applied.
    pub fn is_blocked(&self) -> bool {
        self.roles.iter().any(|role| matches!(role.genesys_account, AccountTrust::Unknown { .. }))
    }
}

/// Where to find the organization's API.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GenesysCloud {
    /// Name of the AWS region.
    pub region: Option<String>,
    /// Replaces the region's own hosts, for both API and tokens.
    pub endpoint_url: Option<String>,
    /// The suffix of the variables that hold ID and secret, if a fleet has several organizations.
    pub credentials: Option<String>,
}

impl GenesysCloud {
    /// The name that this spec uses for a variable.
    pub fn variable(&self, name: &str) -> String {
        match &self.credentials {
            Some(suffix) => format!("{name}_{suffix}"),
            None => name.to_owned(),
        }
    }

    /// The variables that hold the OAuth client's ID and secret.
    pub fn client_variables(&self) -> [String; 2] {
        ["GENESYSCLOUD_OAUTHCLIENT_ID", "GENESYSCLOUD_OAUTHCLIENT_SECRET"].map(|name| self.variable(name))
    }
}

/// Where, and with which credentials.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Aws {
    pub region: String,
    /// The guard: no other account is ever touched.
    pub account_id: AccountId,
    /// Derived from the region.
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
    pub genesys_account: AccountTrust,
    pub external_id: ExternalId,
    pub functions: Vec<FunctionRef>,
    /// Set if the spec also manages Genesys Cloud's side.
    pub integration: Option<IntegrationSpec>,
    pub data_actions: Vec<DataActionSpec>,
    pub adopt: bool,
    /// `destroy` leaves it alone.
    pub prevent_destroy: bool,
    pub extra_permissions: ExtraPermissions,
    /// What the spec does not create but accepts.
    pub accepts: Vec<AcceptSpec>,
    /// Byte range of the role's table in the source.
    pub span: Range<usize>,
}

/// Whether the trusted account is known to belong to Genesys.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccountTrust {
    /// Genesys's own sources name it for this partition.
    Known,
    /// They do not, but the spec says why it is trusted.
    Confirmed { reason: String },
    /// They do not: nothing may be applied.
    Unknown { why: String, help: String },
}

/// What to do about permissions of the role that the spec does not list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ExtraPermissions {
    Report,
    Remove,
}

/// A boundary limits a role: one that the spec does not mention is left in place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Boundary {
    Unmentioned,
    None,
    Policy(Arn),
}

/// A function as written, and the exact ARN it means.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionRef {
    pub written: String,
    pub arn: FunctionArn,
    pub span: Range<usize>,
    /// Line in the file, counted from 1.
    pub line: usize,
}

/// The name of a role's policy unless the spec sets another.
pub fn default_policy_name(role: &str) -> String {
    format!("GenesysLambdaInvokePolicy_{role}")
}
