//! Scenarios: what a demonstration or test changes in a sandbox behind the services' back.

use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;

use super::seed::Seed;

/// What is planted, for a spec's account.
///
/// In a file, TOML or JSON, `{{account}}`, `{{region}}`, `{{genesys}}` and `{{external_id}}` are the spec's own.
#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Scenario {
    /// What it demonstrates, in one line.
    pub about: String,
    pub quotas: Option<QuotaChange>,
    /// By name; `*` is every role in the account.
    pub role: BTreeMap<String, RoleChange>,
    /// The account's managed policies, by name; `*` is every one.
    pub policy: BTreeMap<String, PolicyChange>,
    /// By name, with `:QUALIFIER` to change only that version or alias; `*` is every function of the spec.
    pub function: BTreeMap<String, FunctionChange>,
    /// Roles that only AWS can change.
    pub service_linked_role: Vec<String>,
    /// The account is a member of this organization.
    pub organization: Option<OrganizationChange>,
    /// Successful AssumeRole calls, in CloudTrail's event history.
    pub assumed: Vec<PlantedSession>,
    /// Customer managed KMS keys by ARN, and whether they are enabled.
    pub kms_keys: BTreeMap<String, bool>,
    /// The account has an access analyzer.
    pub access_analyzer: bool,
    pub genesys: PlantedOrganization,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct QuotaChange {
    pub roles: usize,
    pub policies: usize,
    /// All versions of all policies.
    pub versions: Option<usize>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct RoleChange {
    /// It does not exist.
    pub missing: bool,
    pub trust: Option<Value>,
    /// Inline policies, by name.
    pub inline: BTreeMap<String, Value>,
    /// A permissions boundary with this document.
    pub boundary: Option<Value>,
    /// Detaches all managed policies from the role.
    pub detach: bool,
    pub tags: BTreeMap<String, String>,
    pub last_used: Option<LastUsedChange>,
    /// An instance profile that contains the role.
    pub instance_profile: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PolicyChange {
    /// Detached from everything and deleted.
    pub missing: bool,
    /// The document of its default version.
    pub document: Option<Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LastUsedChange {
    pub minutes_ago: u32,
    pub region: String,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct FunctionChange {
    /// The function, or the named alias or version, does not exist.
    pub missing: bool,
    /// Fields of its configuration, such as `State` and `StateReasonCode`.
    pub configuration: BTreeMap<String, Value>,
    pub reserved_concurrency: Option<u32>,
    /// The function's own policy.
    pub policy: Option<Value>,
    /// What it answers.
    pub answer: Option<Value>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct OrganizationChange {
    /// `o-…`
    pub id: Option<String>,
    /// The account itself is the management account, which no policy restricts.
    pub is_management_account: bool,
    /// The account may read the policies, as few accounts of an organization may.
    pub is_delegated_administrator: bool,
    /// Service control policies by level, from the root down.
    pub scp: Vec<LevelChange>,
    /// Resource control policies, by name.
    pub rcp: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LevelChange {
    /// `root`, an organizational unit, or `account`.
    pub level: String,
    /// By name.
    pub policies: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct PlantedSession {
    /// By name; `*` is every role in the account.
    pub role: String,
    pub minutes_ago: u32,
    /// The caller's account.
    pub account: String,
    pub external_id: Option<String>,
    pub region: Option<String>,
    pub session_name: Option<String>,
}

#[derive(Debug, Clone, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PlantedOrganization {
    /// The organization's ID differs from the spec's.
    pub organization_id: Option<String>,
    /// `intendedState` of each integration.
    pub intended_state: Option<String>,
    /// The role's ARN in each integration's credential.
    pub role_arn: Option<String>,
    /// The function's ARN in each data action.
    pub function_arn: Option<String>,
    /// Every OAuth client except this ID is refused.
    pub only_client: Option<String>,
    /// Permissions the OAuth client does not have.
    pub denied_permissions: Vec<String>,
    /// Names of flows that use each data action.
    pub flows: Vec<String>,
}

/// Why a scenario cannot be played.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum ScenarioError {
    #[error("{0}")]
    Syntax(String),
    #[error("`{0}` is not an account ID")]
    Account(String),
}

macro_rules! built_in {
    ($($name:literal),+ $(,)?) => {
        /// Name and text of each built-in scenario.
        pub const BUILT_IN: &[(&str, &str)] = &[$(($name, include_str!(concat!("scenarios/", $name, ".toml")))),+];
    };
}

built_in![
    "role-missing",
    "wrong-external-id",
    "wrong-account",
    "open-role",
    "trust-deny",
    "policy-missing",
    "no-permission",
    "other-arn",
    "extra-permissions",
    "explicit-deny",
    "boundary",
    "boundary-secure-transport",
    "function-missing",
    "function-failed",
    "function-pending",
    "function-inactive",
    "function-not-invocable",
    "last-update-failed",
    "concurrency-zero",
    "tenant-isolation",
    "function-deny",
    "function-public",
    "scp-deny",
    "scp-missing-allow",
    "scp-region-fence",
    "rcp-identity-perimeter",
    "used",
    "stranger",
    "another-customer",
    "integration-disabled",
    "other-role",
    "other-organization",
    "other-function",
    "flow-uses-action",
    "missing-permission",
    "rejected-client",
];

impl Scenario {
    /// What it names, rather than every role, policy or function.
    pub fn subjects(&self) -> Vec<String> {
        let kinds: [(&str, Vec<&String>); 3] = [
            ("role", self.role.keys().collect()),
            ("policy", self.policy.keys().collect()),
            ("function", self.function.keys().collect()),
        ];
        let named = |(kind, names): (&'static str, Vec<&String>)| -> Vec<String> {
            names.into_iter().filter(|name| *name != "*").map(|name| format!("{kind} `{name}`")).collect()
        };
        kinds.into_iter().flat_map(named).collect()
    }

    /// Reads a scenario, TOML or JSON, for a spec's account.
    ///
    /// # Errors
    ///
    /// If it is neither, or has an unknown key.
    pub fn parse(text: &str, seed: &Seed) -> Result<Self, ScenarioError> {
        let (genesys, external_id) = match &seed.genesys {
            Some(genesys) => (genesys.account.as_str(), genesys.organization_id.as_str()),
            None => ("", ""),
        };
        let text = text
            .replace("{{account}}", seed.account.as_str())
            .replace("{{region}}", &seed.region)
            .replace("{{genesys}}", genesys)
            .replace("{{external_id}}", external_id);
        Self::read(&text)
    }

    /// The same with its placeholders as they are.
    pub(super) fn read(text: &str) -> Result<Self, ScenarioError> {
        if text.trim_start().starts_with('{') {
            return serde_json::from_str(text).map_err(|error| ScenarioError::Syntax(error.to_string()));
        }
        toml::from_str(text).map_err(|error| ScenarioError::Syntax(error.to_string()))
    }

    /// The text of a built-in scenario.
    pub fn built_in(name: &str) -> Option<&'static str> {
        BUILT_IN.iter().find(|(known, _)| *known == name).map(|(_, text)| *text)
    }
}
