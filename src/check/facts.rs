//! The evidence before it is judged: plain data, independent of who read it.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::returned::Returned;
use super::uses::Recorded;
use crate::arn::{Arn, FunctionArn};
use crate::model::{DesiredRole, GuardsReading, Invocation, Live, RoleTrust};
use crate::plan::{Acceptable, Consent, HowToAccept, digests_in_use, genesys};
use crate::policy::Document;
use crate::spec::is_guid;
use crate::text::one_line;

/// Everything about one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub live: Live,
    pub desired: DesiredRole,
    /// In spec order.
    pub functions: Vec<FunctionFacts>,
    /// Own policies of functions whose aliases or versions the spec names: they say who may change the function.
    pub whole_functions: Vec<(FunctionArn, OwnPolicy)>,
    /// Of each function.
    pub qualified_policies: Vec<QualifiedPolicies>,
    /// What AWS's policy simulator says about each function. `None`: not asked, or the caller may not.
    pub simulated: Option<BTreeMap<FunctionArn, Simulated>>,
    pub genesys: GenesysSide,
    pub connection: ConnectionFacts,
    pub probes: Option<Probes>,
    /// Data action tests that Genesys Cloud ran.
    pub tests: Vec<ActionTest>,
    pub apply: ApplyOutlook,
    pub basis: Basis,
    pub guards: GuardsReading,
    /// How to type another command with the same spec.
    pub invocation: Invocation,
    /// What AWS recorded of the role's use. `None`: not asked.
    pub recorded: Option<Recorded>,
    /// The AWS region of the organization in Genesys Cloud, if known.
    pub organization_region: Option<String>,
    /// The trust policies of the account's roles that the role trusts: the verifier, and those that the spec accepts.
    pub trusts: BTreeMap<Arn, RoleTrust>,
    /// When all of it was read: a session made from then on is what the check is about.
    pub now: Option<Timestamp>,
}

/// Genesys Cloud's side compared with the spec.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub enum ConnectionFacts {
    /// The spec does not mention it.
    #[default]
    NotAsked,
    /// Why not.
    NotRead(String),
    Read {
        /// What would make it match the spec.
        changes: Vec<genesys::GenesysChange>,
        blockers: Vec<genesys::GenesysBlocker>,
        /// What Genesys Cloud does not show.
        hidden: Vec<String>,
        /// Data actions that seem to be renamed: the live name, and the spec's.
        renamed: Vec<(String, String)>,
    },
}

/// Where the desired state comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Basis {
    Spec,
    /// No spec: the organization as far as it was asked, and what is live.
    Found {
        is_organization_asked: bool,
    },
}

impl Basis {
    /// How the external ID of the desired state is referred to.
    pub(crate) fn external_id(self) -> &'static str {
        match self {
            Self::Spec => "the spec's external ID",
            Self::Found { is_organization_asked: true } => "the organization's ID",
            Self::Found { is_organization_asked: false } => "an external ID",
        }
    }

    /// `the spec has`
    pub(crate) fn has(self) -> &'static str {
        match self {
            Self::Spec => "the spec has",
            Self::Found { is_organization_asked: true } => "the organization's ID is",
            Self::Found { is_organization_asked: false } => "expected was",
        }
    }
}

/// Something could not be read: why, and what to do about it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unknown {
    pub why: String,
    pub help: String,
}

/// What `apply` would do for the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ApplyOutlook {
    /// It makes the role match the spec.
    Works,
    /// It needs `--adopt` to take over what this spec did not create.
    NeedsAdopt,
    Blocked {
        why: String,
        remedy: String,
        /// Whether it then still needs `--adopt`.
        needs_adopt: bool,
    },
}

/// What the Lambda API says about a function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionState {
    Exists(FunctionSettings),
    Missing,
    /// The caller may not ask.
    Unknown(String),
}

/// Function settings from Lambda that affect its invocation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct FunctionSettings {
    /// `Active`, `Pending`, `Inactive`, `Failed`, …
    pub state: Option<String>,
    pub state_reason: StateReason,
    /// `Successful`, `InProgress`, `Failed`
    pub last_update: Option<String>,
    pub last_update_reason: StateReason,
    /// Seconds.
    pub timeout: Option<i32>,
    /// The customer managed key of its environment variables.
    pub kms_key: Option<String>,
    /// The role that its code runs with.
    pub execution_role: Option<String>,
    /// None for a container image.
    pub package: Option<Box<CodePackage>>,
    /// Every invocation must carry a tenant ID.
    pub isolates_tenants: bool,
    pub is_durable: bool,
    /// It runs on instances of the account (Lambda Managed Instances).
    pub has_capacity_provider: bool,
}

/// How a function's code is run.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CodePackage {
    /// `python3.13`
    pub runtime: String,
    /// `index.handler`
    pub handler: String,
}

/// Why a function or its last update is in its state.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct StateReason {
    /// `DisabledKMSKey`
    pub code: Option<String>,
    /// In AWS's words.
    pub text: Option<String>,
}

#[cfg(test)]
impl StateReason {
    /// The API model's words as of 2026.
    pub(crate) const CODES: [&str; 27] = [
        "CapacityProviderScalingLimitExceeded",
        "DisabledKMSKey",
        "DisallowedByVpcEncryptionControl",
        "EC2RequestLimitExceeded",
        "EFSIOError",
        "EFSMountConnectivityError",
        "EFSMountFailure",
        "EFSMountTimeout",
        "EniLimitExceeded",
        "FunctionError",
        "FunctionError.InitTimeout",
        "FunctionError.RuntimeInitError",
        "ImageAccessDenied",
        "ImageDeleted",
        "InsufficientCapacity",
        "InsufficientRolePermissions",
        "InvalidImage",
        "InvalidRuntime",
        "InvalidSecurityGroup",
        "InvalidStateKMSKey",
        "InvalidSubnet",
        "InvalidZipFileException",
        "KMSKeyAccessDenied",
        "KMSKeyNotFound",
        "ServiceQuotaExceededException",
        "SubnetOutOfIPAddresses",
        "VcpuLimitExceeded",
    ];
}

/// A function's own policy, or why it is unknown. `None`: it has none.
pub type OwnPolicy = Result<Option<Document>, String>;

/// The policies of a function's aliases and versions that the spec does not name: each lets others run the function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct QualifiedPolicies {
    /// Without a qualifier.
    pub function: FunctionArn,
    pub policies: Vec<(FunctionArn, OwnPolicy)>,
    /// Why there may be more.
    pub unread: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionFacts {
    pub arn: FunctionArn,
    pub state: FunctionState,
    /// Concurrency reserved for the function, or why that is unknown. `None`: it has no limit of its own.
    pub reserved_concurrency: Result<Option<i32>, String>,
    pub policy: OwnPolicy,
}

/// What AWS's own policy simulator says about one function.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Simulated {
    pub allowed: bool,
    /// `allowed`, `implicitDeny` or `explicitDeny`.
    pub decision: String,
    /// In the simulation, a service control policy does not allow it.
    pub denied_by_organization: bool,
    /// Condition keys that the policies use and the simulation did not have.
    pub missing_keys: BTreeSet<String>,
    /// The policies whose statements decided, named as AWS names them.
    pub matched: BTreeSet<String>,
}

/// AWS's answer to a call made just for that answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Answer {
    Done,
    /// AccessDenied, in AWS's words.
    Denied(String),
    NotFound(String),
    /// Neither of them: in one line.
    Failed(String),
}

/// Real calls for one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Probes {
    /// The ARN of the caller.
    pub caller: String,
    /// What the report calls the caller.
    pub prober: String,
    pub with_wrong_id: Answer,
    pub without_id: Answer,
    pub with_right_id: Answer,
    /// `lambda:Invoke` with `DryRun` in the role's session; empty if the role was not assumed.
    pub invocations: BTreeMap<FunctionArn, Answer>,
}

/// What is known about Genesys Cloud's side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GenesysSide {
    /// No credentials were given.
    NotAsked,
    /// It rejects the credentials.
    Rejected(RejectedCredentials, Unknown),
    Unreadable(Unknown),
    Read(GenesysFacts),
}

/// What Genesys Cloud rejects.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum RejectedCredentials {
    /// An OAuth client's ID and secret.
    Client,
    /// An access token, from the environment or just issued.
    Token,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GenesysFacts {
    pub organization_id: String,
    pub organization_name: String,
    pub integrations: Result<Vec<IntegrationFacts>, Unknown>,
    /// Why the data actions are unknown.
    pub actions_unknown: Option<Unknown>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct IntegrationFacts {
    pub name: String,
    /// `ENABLED`, `DISABLED`
    pub intended_state: String,
    /// `ACTIVE`, `ACTIVATING`, `INACTIVE`, `ERROR`, …
    pub reported_state: String,
    pub detail: String,
    pub credential: CredentialArn,
    /// Whether its credential holds another role of one of the run's specs; without a spec, another one through which it works.
    pub is_of_a_known_role: bool,
    /// Whether it holds another role of the account, which exists, or may.
    pub is_of_an_existing_role: bool,
    pub actions: Vec<ActionFacts>,
}

impl IntegrationFacts {
    /// Whether one of its data actions calls one of these functions, whichever alias or version.
    pub fn calls_any(&self, functions: &[FunctionArn]) -> bool {
        let targets = self.actions.iter().filter_map(|action| action.target.parse::<FunctionArn>().ok());
        targets.into_iter().any(|target| functions.iter().any(|own| own.is_same_function(&target)))
    }
}

/// The role in an integration's credential.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum CredentialArn {
    Shown(String),
    /// Genesys Cloud does not show it, or it may not be read: why.
    Unreadable(String),
    /// There is no credential.
    None,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionFacts {
    pub name: String,
    /// The request URL template as written: a function's ARN, or text with variables.
    pub target: String,
    pub timeout_seconds: Option<u32>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActionTest {
    pub action: ActionFacts,
    pub success: bool,
    pub steps: Vec<TestStep>,
    /// `None` if it failed.
    pub returned: Option<Returned>,
    /// Genesys Cloud's words if it names no failed step.
    pub error: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TestStep {
    pub name: String,
    /// `None`: it succeeded.
    pub error: Option<String>,
}

impl Facts {
    /// The functions' own policies, which decide who may run or change them.
    pub(super) fn own_policies(&self) -> impl Iterator<Item = (&FunctionArn, &OwnPolicy)> {
        let known = self.functions.iter().filter(|function| function.state != FunctionState::Missing);
        let whole = self.whole_functions.iter().map(|(arn, policy)| (arn, policy));
        // Most aliases and versions have none.
        let qualified = self.qualified_policies.iter().flat_map(|one| &one.policies);
        let qualified = qualified.filter(|(_, policy)| !matches!(policy, Ok(None)));
        let qualified = qualified.map(|(arn, policy)| (arn, policy));
        known.map(|function| (&function.arn, &function.policy)).chain(whole).chain(qualified)
    }

    /// What the spec says about something of the trust policy or of a function's own policy.
    pub(crate) fn consent(&self, acceptable: &Acceptable) -> Consent<'_> {
        let read =
            self.own_policies().filter_map(|(arn, policy)| Some((arn, policy.as_ref().ok()?.as_ref()?)));
        let in_use = digests_in_use(self.live.role.as_ref(), &self.desired, read);
        acceptable.consent_beside(&self.desired.accepts, &in_use)
    }

    /// What to write to accept something as it is, if there is a spec.
    pub(crate) fn how_to_accept(&self, acceptable: &Acceptable) -> HowToAccept {
        match self.basis {
            Basis::Spec => acceptable.how_to_accept(self.consent(acceptable)),
            Basis::Found { .. } => HowToAccept::default(),
        }
    }

    /// A text with commands ready to type: `` `check --invoke` `` with the program and options of this run.
    pub(super) fn typed(&self, text: &str) -> String {
        const COMMANDS: [&str; 5] = ["apply", "check", "diagnose", "permissions", "plan"];
        let mut out = String::with_capacity(text.len());
        for (index, part) in text.split('`').enumerate() {
            if index > 0 {
                out.push('`');
            }
            let command = part.strip_prefix("genesys-iam ").unwrap_or(part);
            let is_command = COMMANDS.contains(&command.split(' ').next().unwrap_or_default());
            if index % 2 == 1 && is_command {
                out.push_str(&self.invocation.command(command));
            } else {
                out.push_str(part);
            }
        }
        out
    }

    /// Set if Genesys Cloud was asked.
    pub(crate) fn organization_id(&self) -> Option<&str> {
        match &self.genesys {
            GenesysSide::Read(genesys) => Some(&genesys.organization_id),
            GenesysSide::NotAsked | GenesysSide::Rejected(..) | GenesysSide::Unreadable(_) => None,
        }
    }

    /// Describes whoever has the role assumed under this external ID. Both are organization IDs: if the spec's is
    /// masked, so are others.
    pub(crate) fn bearer_of(&self, external_id: &str) -> String {
        let is_id = is_guid(external_id);
        let own = self.desired.external_id.expose();
        match self.desired.external_id.is_masked() {
            // That is no other organization: Genesys Cloud's IDs are in lower case.
            _ if external_id != own && external_id.eq_ignore_ascii_case(own) => {
                "whoever brings the external ID in other case".to_owned()
            }
            true => ANOTHER_ORGANIZATION.to_owned(),
            false if is_id => format!("{THE_ORGANIZATION} {external_id}"),
            false if external_id.contains(['*', '?']) => {
                format!("whoever brings an external ID that matches \"{}\"", one_line(external_id))
            }
            false => format!("whoever brings the external ID \"{}\"", one_line(external_id)),
        }
    }

    /// The action that makes `apply` do something, as it works in this state.
    pub fn by_apply(&self, does: &str) -> String {
        let is_read = !matches!(self.connection, ConnectionFacts::NotRead(_));
        let aws_only = if is_read { "" } else { " --aws-only" };
        let command = |options: &str| {
            let own = format!("apply{options}{aws_only}");
            format!("`{} {own}{}`", self.invocation.writer(), self.invocation.flags("apply", &own, true))
        };
        if let Basis::Found { .. } = self.basis {
            let role = shlex::try_quote(&self.desired.role.name).unwrap_or(Cow::Borrowed("ROLE"));
            return format!(
                "run `{} diagnose {role} --out genesys.toml`, then {}: {does}",
                self.invocation,
                command(" --adopt")
            );
        }
        match &self.apply {
            ApplyOutlook::Works => format!("run {}: {does}", command("")),
            ApplyOutlook::NeedsAdopt => {
                format!(
                    "run {}: it takes over what this spec did not make, and {}",
                    command(" --adopt"),
                    after_it(does)
                )
            }
            ApplyOutlook::Blocked { why, remedy, needs_adopt } => {
                let options = if *needs_adopt { " --adopt" } else { "" };
                let ends = [" (", "; ", ": "].into_iter().filter_map(|mark| why.find(mark)).min();
                let why = &why[..ends.unwrap_or(why.len())];
                format!("first what blocks `apply` ({why}): {remedy}; then run {}", command(options))
            }
        }
    }
}

/// `it makes the role` → `makes the role`
fn after_it(does: &str) -> &str {
    does.strip_prefix("it ").unwrap_or(does)
}

const THE_ORGANIZATION: &str = "the Genesys Cloud organization";
const ANOTHER_ORGANIZATION: &str = "another Genesys Cloud organization";

/// Whether `who` is described as an organization of Genesys Cloud.
pub(crate) fn is_organization(who: &str) -> bool {
    who.starts_with(THE_ORGANIZATION) || who.starts_with(ANOTHER_ORGANIZATION)
}
