//! All that the sandbox knows, as it is kept in the state file.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

use super::error::Refusal;
use super::genesys::Organization;
use super::managed::{self, AwsManaged};
use super::{GenesysSeed, IntegrationSeed, Seed};
use crate::arn::{AccountId, Arn};
use crate::policy::Document;

/// Of the state file's layout.
pub(super) const VERSION: u64 = 1;

/// Seconds since 1970: IAM's own dates have no fractions.
pub(super) type Seconds = i64;

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub version: u64,
    /// What all IDs are made from.
    pub counter: u64,
    pub accounts: BTreeMap<AccountId, Account>,
    /// By unqualified ARN.
    pub functions: BTreeMap<Arn, Function>,
    /// By access key ID.
    pub identities: BTreeMap<String, Identity>,
    /// By access key ID.
    pub sessions: BTreeMap<String, Session>,
    #[serde(default)]
    pub organization: Organization,
    #[serde(skip)]
    pub partition: String,
}

#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub roles: BTreeMap<String, Role>,
    pub policies: BTreeMap<String, Policy>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Role {
    pub name: String,
    pub path: String,
    pub id: String,
    pub created: Seconds,
    #[serde(flatten)]
    pub trust: Trust,
    pub description: Option<String>,
    pub max_session_duration: u32,
    pub boundary: Option<String>,
    pub tags: Vec<Tag>,
    /// ARNs.
    pub attached: BTreeSet<String>,
    /// Name to document.
    pub inline: BTreeMap<String, String>,
}

/// A trust policy, with the unique ID of each role or user that it named when it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Trust {
    #[serde(rename = "trust")]
    pub text: String,
    /// ARN to unique ID.
    #[serde(rename = "trusted")]
    pub ids: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Tag {
    pub key: String,
    pub value: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    pub name: String,
    pub path: String,
    pub id: String,
    pub created: Seconds,
    pub updated: Seconds,
    pub description: Option<String>,
    pub tags: Vec<Tag>,
    /// By number; a number is never used again.
    pub versions: BTreeMap<u32, PolicyVersion>,
    pub default_version: u32,
    pub last_version: u32,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PolicyVersion {
    pub text: String,
    pub created: Seconds,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Function {
    /// `Active`, `Pending`, `Inactive` or `Failed`.
    pub state: String,
    pub reason: Option<String>,
    /// Published versions; `$LATEST` is always there.
    pub versions: BTreeSet<u64>,
    /// Name to version.
    pub aliases: BTreeMap<String, String>,
    /// Qualifier (empty for the function itself) to document.
    pub policies: BTreeMap<String, String>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Identity {
    pub arn: Arn,
    pub id: String,
    /// `None`: an administrator.
    pub policies: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Session {
    pub account: AccountId,
    pub role: String,
    /// A role made anew under the same name is another one.
    pub role_id: String,
    pub name: String,
    pub token: String,
    pub expires: Seconds,
    /// Session policies; none: the role's permissions as they are.
    pub policies: Vec<String>,
    pub tags: Vec<Tag>,
}

impl State {
    pub fn new(partition: &str) -> Self {
        Self {
            version: VERSION,
            counter: 0,
            accounts: BTreeMap::new(),
            functions: BTreeMap::new(),
            identities: BTreeMap::new(),
            sessions: BTreeMap::new(),
            organization: Organization::default(),
            partition: partition.to_owned(),
        }
    }

    /// Adds what of the seed is not there yet.
    pub fn plant(&mut self, seed: &Seed) {
        let Seed { account, partition: _, region: _, functions, genesys } = seed;
        self.account_mut(account);
        functions.iter().for_each(|arn| self.add_function(arn));
        let Some(GenesysSeed { organization_id, account, integrations }) = genesys else { return };
        self.organization.id.clone_from(organization_id);
        self.organization.account = Some(account.clone());
        for IntegrationSeed { name, role, functions } in integrations {
            self.organization.add_integration(name, role, functions);
        }
    }

    /// Makes a function exist, with the alias or version that its ARN names.
    pub fn add_function(&mut self, arn: &Arn) {
        let (function, qualifier) = split_function(arn);
        let function = self.functions.entry(function).or_insert_with(|| Function {
            state: "Active".to_owned(),
            reason: None,
            versions: BTreeSet::new(),
            aliases: BTreeMap::new(),
            policies: BTreeMap::new(),
        });
        match qualifier.as_deref() {
            None | Some("$LATEST") => {}
            Some(qualifier) => match qualifier.parse() {
                Ok(version) => {
                    function.versions.insert(version);
                }
                Err(_) => {
                    function.versions.insert(1);
                    function.aliases.entry(qualifier.to_owned()).or_insert_with(|| "1".to_owned());
                }
            },
        }
    }

    pub fn account(&self, account: &AccountId) -> Option<&Account> {
        self.accounts.get(account)
    }

    pub fn account_mut(&mut self, account: &AccountId) -> &mut Account {
        self.accounts.entry(account.clone()).or_default()
    }

    // AWS does not say whether a lookup ignores case as the uniqueness of names does: here it is exact.
    pub fn role(&self, account: &AccountId, name: &str) -> Result<&Role, Refusal> {
        let role = self.account(account).and_then(|account| account.roles.get(name));
        role.ok_or_else(|| no_such_role(name))
    }

    pub fn role_mut(&mut self, account: &AccountId, name: &str) -> Result<&mut Role, Refusal> {
        let role = self.accounts.get_mut(account).and_then(|account| account.roles.get_mut(name));
        role.ok_or_else(|| no_such_role(name))
    }

    pub fn role_arn(&self, account: &AccountId, role: &Role) -> Arn {
        Arn::role(&self.partition, account, &role.path, &role.name)
    }

    pub fn policy_arn(&self, account: &AccountId, policy: &Policy) -> Arn {
        Arn::policy(&self.partition, account, &policy.path, &policy.name)
    }

    /// The role that an ARN names, path included, in whatever account.
    pub fn role_of_arn(&self, arn: &Arn) -> Option<(AccountId, &Role)> {
        let account: AccountId = arn.account.parse().ok()?;
        let role = self.account(&account)?.roles.get(arn.name())?;
        (self.role_arn(&account, role) == *arn).then_some((account, role))
    }

    /// The customer managed policy that an ARN names, path included.
    pub fn policy_of_arn(&self, arn: &str) -> Option<(AccountId, &Policy)> {
        let arn: Arn = arn.parse().ok()?;
        let account: AccountId = arn.account.parse().ok()?;
        let policy = self.account(&account)?.policies.get(arn.name())?;
        (self.policy_arn(&account, policy) == arn).then_some((account, policy))
    }

    pub fn policy_of_arn_mut(&mut self, arn: &str) -> Option<&mut Policy> {
        let (account, name) =
            self.policy_of_arn(arn).map(|(account, policy)| (account, policy.name.clone()))?;
        self.accounts.get_mut(&account)?.policies.get_mut(&name)
    }

    pub fn aws_managed(&self, arn: &str) -> Option<&'static AwsManaged> {
        managed::find(&self.partition, arn)
    }

    /// The text in force of a managed policy, the customer's or AWS's.
    pub fn managed_text(&self, arn: &str) -> Option<&str> {
        if let Some(policy) = self.aws_managed(arn) {
            return Some(policy.document);
        }
        let (_, policy) = self.policy_of_arn(arn)?;
        policy.versions.get(&policy.default_version).map(|version| version.text.as_str())
    }

    /// Whether a policy can be attached by roles of this account.
    pub fn attachable(&self, account: &AccountId, arn: &str) -> bool {
        self.aws_managed(arn).is_some() || self.policy_of_arn(arn).is_some_and(|(owner, _)| owner == *account)
    }

    /// The unique ID of the role or user that an ARN names.
    pub fn unique_id(&self, arn: &Arn) -> Option<String> {
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

    /// A new unique ID: `AROA…` and 17 characters more.
    pub fn new_id(&mut self, prefix: &str) -> String {
        self.new_id_of_length(prefix, 17)
    }

    pub fn new_id_of_length(&mut self, prefix: &str, length: usize) -> String {
        format!("{prefix}{}", self.random_text(length))
    }

    /// Text that looks random and is the same on every run.
    pub fn random_text(&mut self, length: usize) -> String {
        const ALPHABET: &[u8; 32] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567";
        let mut text = String::with_capacity(length);
        while text.len() < length {
            self.counter = self.counter.wrapping_add(1);
            let mut bits = mix(self.counter);
            for _ in 0..12.min(length - text.len()) {
                text.push(char::from(ALPHABET[(bits & 31) as usize]));
                bits >>= 5;
            }
        }
        text
    }
}

impl Trust {
    /// The document as IAM would return and enforce it: ARNs of roles and users while these exist, the unique ID of
    /// one that is gone, also when another of that name came after it.
    pub fn current(&self, state: &State) -> Result<String, Refusal> {
        let Self { text, ids } = self;
        let gone = |arn: &str| {
            let id = ids.get(arn)?;
            let parsed: Arn = arn.parse().ok()?;
            (state.unique_id(&parsed).as_ref() != Some(id)).then(|| id.clone())
        };
        if ids.keys().all(|arn| gone(arn).is_none()) {
            return Ok(text.clone());
        }
        let mut document = parse(text)?;
        super::documents::map_principals(&mut document, &gone);
        Ok(document.to_json())
    }
}

/// The administrator that every account has without further ado.
pub(super) fn administrator(partition: &str, account: &AccountId) -> Arn {
    Arn {
        partition: partition.to_owned(),
        service: "iam".to_owned(),
        region: String::new(),
        account: account.to_string(),
        resource: "user/sandbox".to_owned(),
    }
}

pub(super) fn administrator_id(account: &AccountId) -> String {
    format!("AIDASANDBOX{account}")
}

/// A function's unqualified ARN, and the qualifier.
pub(super) fn split_function(arn: &Arn) -> (Arn, Option<String>) {
    let mut parts = arn.resource.splitn(3, ':');
    let (kind, name, qualifier) = (parts.next(), parts.next(), parts.next());
    let resource = format!("{}:{}", kind.unwrap_or_default(), name.unwrap_or_default());
    (Arn { resource, ..arn.clone() }, qualifier.map(str::to_owned))
}

/// Parses a document of the state; it was checked when it was written.
pub(super) fn parse(text: &str) -> Result<Document, Refusal> {
    Document::parse(text)
        .map_err(|error| Refusal::failure(format!("a document of the sandbox's state is broken: {error}")))
}

pub(super) fn no_such_role(name: &str) -> Refusal {
    Refusal::no_such_entity(format!("The role with name {name} cannot be found."))
}

/// `2026-01-31T12:00:00Z`
pub(super) fn date(seconds: Seconds) -> String {
    Timestamp::from_second(seconds).unwrap_or(Timestamp::UNIX_EPOCH).to_string()
}

/// The finaliser of splitmix64: neighbouring numbers come out far apart.
pub(super) fn mix(number: u64) -> u64 {
    let mut z = number.wrapping_mul(0x9e37_79b9_7f4a_7c15);
    z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}
