//! The whole state, and look-ups in it.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use super::cloudtrail::{AssumeRoleEvent, MAX_EVENTS, TrustEvent};
use super::document::BrokenDocument;
use super::genesys::StoredOrganization;
use super::iam::{Account, Policy, Seconds, StoredRole};
use super::lambda::{PlantedFunction, StoredFunction};
use super::managed::{self, AwsManaged};
use super::organizations::AwsOrganization;
use super::sts::{Identity, StsSession, administrator, administrator_id};
use crate::arn::{AccountId, Arn, FunctionArn};
use crate::sandbox::ids;
use crate::sandbox::seed::{GenesysSeed, IntegrationSeed, Seed};

/// The version of the state file's layout.
pub(crate) const VERSION: u64 = 1;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct State {
    pub version: u64,
    /// The source of all IDs.
    pub counter: u64,
    pub accounts: BTreeMap<AccountId, Account>,
    /// By unqualified ARN.
    pub functions: BTreeMap<FunctionArn, StoredFunction>,
    /// By access key ID.
    pub identities: BTreeMap<String, Identity>,
    /// By access key ID.
    pub sessions: BTreeMap<String, StsSession>,
    #[serde(default)]
    pub organization: StoredOrganization,
    /// Those of specs with `[genesys] credentials`, by its name.
    #[serde(default)]
    pub other_organizations: BTreeMap<String, StoredOrganization>,
    /// Job ID to the role it is about.
    #[serde(default)]
    pub last_accessed_jobs: BTreeMap<String, Arn>,
    /// AWS Organizations; not Genesys Cloud's organization.
    #[serde(default)]
    pub aws_organization: Option<AwsOrganization>,
    /// CloudTrail's event history, oldest first.
    #[serde(default)]
    pub events: Vec<AssumeRoleEvent>,
    /// From the same history: trust policies that were written, oldest first.
    #[serde(default)]
    pub trust_events: Vec<TrustEvent>,
    /// Functions a scenario removed, whatever a spec names.
    #[serde(default)]
    pub missing_functions: BTreeSet<FunctionArn>,
    /// What scenarios made of functions, by unqualified ARN.
    #[serde(default)]
    pub planted_functions: BTreeMap<FunctionArn, PlantedFunction>,
    /// Customer managed KMS keys by ARN, and whether they are enabled.
    #[serde(default)]
    pub kms_keys: BTreeMap<String, bool>,
    /// The names of the planted scenarios, in order.
    #[serde(default)]
    pub planted: Vec<String>,
    /// Accounts that have an access analyzer.
    #[serde(default)]
    pub analyzers: BTreeSet<AccountId>,
    /// The built-in demonstration spec began it, and no other spec has used it since.
    #[serde(default)]
    pub is_demonstration: bool,
    #[serde(skip)]
    pub partition: String,
}

impl State {
    pub(crate) fn new(partition: &str) -> Self {
        Self {
            version: VERSION,
            counter: 0,
            accounts: BTreeMap::new(),
            functions: BTreeMap::new(),
            identities: BTreeMap::new(),
            sessions: BTreeMap::new(),
            organization: StoredOrganization::default(),
            other_organizations: BTreeMap::new(),
            last_accessed_jobs: BTreeMap::new(),
            aws_organization: None,
            events: Vec::new(),
            trust_events: Vec::new(),
            missing_functions: BTreeSet::new(),
            planted_functions: BTreeMap::new(),
            kms_keys: BTreeMap::new(),
            planted: Vec::new(),
            analyzers: BTreeSet::new(),
            is_demonstration: false,
            partition: partition.to_owned(),
        }
    }

    /// Adds what is in the seed but does not exist yet; returns the aliases that functions got which were there already.
    pub(crate) fn seed(&mut self, seed: &Seed) -> Vec<FunctionArn> {
        let Seed { account, partition: _, region: _, functions, genesys } = seed;
        self.account_mut(account);
        let known: BTreeSet<FunctionArn> = self.functions.keys().cloned().collect();
        let mut invented = Vec::new();
        for arn in functions {
            let is_known = known.contains(&arn.unqualified());
            let qualifier =
                arn.qualifier().map(|qualifier| qualifier.as_str().to_owned()).unwrap_or_default();
            // Only publishing makes a version, as in AWS.
            let is_version = is_known && qualifier.parse::<u64>().is_ok();
            if is_version || self.missing_functions.contains(arn) {
                continue;
            }
            let is_alias = is_known && !qualifier.is_empty() && qualifier != "$LATEST";
            if is_alias
                && self
                    .functions
                    .get(&arn.unqualified())
                    .is_some_and(|one| !one.aliases.contains_key(&qualifier))
            {
                invented.push(arn.clone());
            }
            self.add_function(arn);
        }
        let Some(GenesysSeed { credentials, organization_id, account, integrations }) = genesys else {
            return invented;
        };
        self.in_organization(credentials.as_deref(), |state| {
            let organization = &mut state.organization;
            // It keeps its ID, like a real one: a spec that names another is wrong.
            if organization.id.is_empty() {
                organization.id.clone_from(organization_id);
            }
            organization.account = Some(account.clone());
            for IntegrationSeed { name, role, functions } in integrations {
                organization.add_integration(name, role, functions);
            }
        });
        invented
    }

    /// Acts with the organization of these credentials as the only one.
    pub(crate) fn in_organization<R>(
        &mut self,
        credentials: Option<&str>,
        act: impl FnOnce(&mut Self) -> R,
    ) -> R {
        self.swap_organization(credentials);
        let done = act(self);
        self.swap_organization(credentials);
        done
    }

    /// Puts the organization of these credentials in the place of the usual one; the next swap puts it back.
    pub(crate) fn swap_organization(&mut self, credentials: Option<&str>) {
        if let Some(name) = credentials {
            let other = self.other_organizations.entry(name.to_owned()).or_default();
            std::mem::swap(&mut self.organization, other);
        }
    }

    /// Creates a function, with the alias or version named in its ARN.
    pub(crate) fn add_function(&mut self, arn: &FunctionArn) {
        let function = self.functions.entry(arn.unqualified()).or_insert_with(StoredFunction::active);
        if let Some(qualifier) = arn.qualifier() {
            function.publish(qualifier.as_str());
        }
    }

    pub(crate) fn account(&self, account: &AccountId) -> Option<&Account> {
        self.accounts.get(account)
    }

    pub(crate) fn account_mut(&mut self, account: &AccountId) -> &mut Account {
        self.accounts.entry(account.clone()).or_default()
    }

    // AWS does not document whether look-ups ignore case like the uniqueness check; here they are exact.
    pub(crate) fn role(&self, account: &AccountId, name: &str) -> Option<&StoredRole> {
        self.account(account)?.roles.get(name)
    }

    pub(crate) fn role_mut(&mut self, account: &AccountId, name: &str) -> Option<&mut StoredRole> {
        self.accounts.get_mut(account)?.roles.get_mut(name)
    }

    /// A role's trust policy as IAM returns and enforces it.
    pub(crate) fn trust_of(&self, role: &StoredRole) -> Result<String, BrokenDocument> {
        role.trust.current(|arn| self.unique_id(arn))
    }

    pub(crate) fn role_arn(&self, account: &AccountId, role: &StoredRole) -> Arn {
        Arn::role(&self.partition, account, &role.path, &role.name)
    }

    pub(crate) fn policy_arn(&self, account: &AccountId, policy: &Policy) -> Arn {
        Arn::policy(&self.partition, account, &policy.path, &policy.name)
    }

    /// The role with this ARN, path included, in any account.
    pub(crate) fn role_of_arn(&self, arn: &Arn) -> Option<(AccountId, &StoredRole)> {
        let account: AccountId = arn.account.parse().ok()?;
        let role = self.account(&account)?.roles.get(arn.name())?;
        (self.role_arn(&account, role) == *arn).then_some((account, role))
    }

    /// The customer managed policy with this ARN, path included.
    pub(crate) fn policy_of_arn(&self, arn: &str) -> Option<(AccountId, &Policy)> {
        let arn: Arn = arn.parse().ok()?;
        let account: AccountId = arn.account.parse().ok()?;
        let policy = self.account(&account)?.policies.get(arn.name())?;
        (self.policy_arn(&account, policy) == arn).then_some((account, policy))
    }

    pub(crate) fn policy_of_arn_mut(&mut self, arn: &str) -> Option<&mut Policy> {
        let (account, name) =
            self.policy_of_arn(arn).map(|(account, policy)| (account, policy.name.clone()))?;
        self.accounts.get_mut(&account)?.policies.get_mut(&name)
    }

    pub(crate) fn aws_managed(&self, arn: &str) -> Option<&'static AwsManaged> {
        managed::find(&self.partition, arn)
    }

    /// The document in force of a managed policy, the customer's or AWS's.
    pub(crate) fn managed_text(&self, arn: &str) -> Option<&str> {
        if let Some(policy) = self.aws_managed(arn) {
            return Some(policy.document);
        }
        let (_, policy) = self.policy_of_arn(arn)?;
        policy.versions.get(&policy.default_version).map(|version| version.text.as_str())
    }

    /// Whether roles in this account can attach a policy.
    pub(crate) fn attachable(&self, account: &AccountId, arn: &str) -> bool {
        self.aws_managed(arn).is_some() || self.policy_of_arn(arn).is_some_and(|(owner, _)| owner == *account)
    }

    /// The unique ID of the role or user with this ARN.
    pub(crate) fn unique_id(&self, arn: &Arn) -> Option<String> {
        if let Some((_, role)) = self.role_of_arn(arn) {
            return Some(role.id.clone());
        }
        if let Some(identity) = self.identities.values().find(|identity| identity.arn == *arn) {
            return Some(identity.id.clone());
        }
        // The administrator that every account has.
        let account: AccountId = arn.account.parse().ok()?;
        (*arn == administrator(&self.partition, &account)).then(|| administrator_id(&account))
    }

    /// Adds to CloudTrail's event history, which drops the oldest.
    pub(crate) fn add_event(&mut self, event: AssumeRoleEvent) {
        if self.events.len() >= MAX_EVENTS {
            self.events.remove(0);
        }
        self.events.push(event);
    }

    /// Records that a trust policy was written.
    pub(crate) fn add_trust_event(&mut self, role: Arn, document: &str, time: Seconds, is_creation: bool) {
        if self.trust_events.len() >= MAX_EVENTS {
            self.trust_events.remove(0);
        }
        let id = ids::uuid(ids::digest(&format!("trust {role} {time} {is_creation} {document}")));
        // If planted again, it still happened only once.
        self.trust_events.retain(|event| event.id != id);
        self.trust_events.push(TrustEvent { id, time, role, document: document.to_owned(), is_creation });
    }

    /// A new unique ID: `AROA…` and 17 more characters.
    pub(crate) fn new_id(&mut self, prefix: &str) -> String {
        self.new_id_of_length(prefix, 17)
    }

    pub(crate) fn new_id_of_length(&mut self, prefix: &str, length: usize) -> String {
        format!("{prefix}{}", self.random_text(length))
    }

    /// Text that looks random but is the same on every run.
    pub(crate) fn random_text(&mut self, length: usize) -> String {
        ids::random_text(&mut self.counter, length)
    }
}
