//! What the sandbox remembers.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};

use crate::arn::{AccountId, Arn};

/// Raised when the format changes: an older file is refused, not guessed at.
pub(super) const FORMAT: u32 = 1;

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct State {
    pub format: u32,
    pub partition: String,
    /// Where identifiers come from, so that they are the same in every run.
    pub counter: u64,
    pub accounts: BTreeMap<AccountId, Account>,
    /// By unqualified ARN.
    pub functions: BTreeMap<Arn, Function>,
    /// By access key ID.
    pub sessions: BTreeMap<String, Session>,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Account {
    pub roles: BTreeMap<String, Role>,
    pub policies: BTreeMap<Arn, Policy>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Role {
    pub arn: Arn,
    pub id: String,
    pub path: String,
    pub created: String,
    pub description: String,
    pub max_session_duration: u32,
    pub trust: String,
    /// The unique IDs of the roles that the trust policy names, by ARN, as they were when it was written.
    pub trusted: BTreeMap<Arn, String>,
    pub boundary: Option<Arn>,
    pub tags: BTreeMap<String, String>,
    pub attached: BTreeSet<Arn>,
    pub inline: BTreeMap<String, String>,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Policy {
    pub id: String,
    pub path: String,
    pub created: String,
    pub updated: String,
    pub description: String,
    pub tags: BTreeMap<String, String>,
    /// Oldest first.
    pub versions: Vec<Version>,
    pub default_version: u32,
    pub last_version: u32,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Version {
    pub number: u32,
    pub document: String,
    pub created: String,
}

/// A Lambda function with its aliases and versions.
#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Function {
    pub qualifiers: BTreeSet<String>,
    pub state: Option<String>,
    /// The function's own resource policy.
    pub policy: Option<String>,
}

/// A session of a role, as `AssumeRole` made it.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Session {
    pub account: AccountId,
    pub role: String,
    pub role_id: String,
    pub name: String,
    pub token: String,
    /// Seconds since 1970.
    pub expires: i64,
    pub policy: Option<String>,
}

impl State {
    pub(super) fn new(partition: &str) -> Self {
        Self {
            format: FORMAT,
            partition: partition.to_owned(),
            counter: 0,
            accounts: BTreeMap::new(),
            functions: BTreeMap::new(),
            sessions: BTreeMap::new(),
        }
    }

    /// A unique ID with one of IAM's prefixes.
    pub(super) fn id(&mut self, prefix: &str) -> String {
        self.counter += 1;
        format!("{prefix}SANDBOX{:010}", self.counter)
    }

    /// Adds a function, or an alias or version of one.
    pub(super) fn add_function(&mut self, arn: &Arn) {
        let (unqualified, qualifier) = split_qualifier(arn);
        let function = self.functions.entry(unqualified).or_default();
        function.qualifiers.extend(qualifier);
    }

    pub(super) fn account(&mut self, account: &AccountId) -> &mut Account {
        self.accounts.entry(account.clone()).or_default()
    }

    pub(super) fn role(&self, account: &AccountId, name: &str) -> Option<&Role> {
        self.accounts.get(account)?.roles.get(name)
    }

    /// The document of a policy's default version; the few of AWS's own that the sandbox knows, too.
    pub(super) fn policy_document(&self, arn: &Arn) -> Option<String> {
        if arn.account == "aws" {
            return aws_managed(arn);
        }
        let account: AccountId = arn.account.parse().ok()?;
        let policy = self.accounts.get(&account)?.policies.get(arn)?;
        policy.default().map(|version| version.document.clone())
    }

    pub(super) fn roles_with(&self, account: &AccountId, policy: &Arn) -> Vec<(&String, &Role)> {
        let roles = self.accounts.get(account).map(|account| &account.roles);
        roles.into_iter().flatten().filter(|(_, role)| role.attached.contains(policy)).collect()
    }
}

impl Policy {
    pub(super) fn default(&self) -> Option<&Version> {
        self.versions.iter().find(|version| version.number == self.default_version)
    }
}

/// `function:NAME:QUALIFIER` to the function and its alias or version.
pub(super) fn split_qualifier(arn: &Arn) -> (Arn, Option<String>) {
    let mut parts = arn.resource.splitn(3, ':');
    let (kind, name, qualifier) = (parts.next(), parts.next(), parts.next());
    let resource = format!("{}:{}", kind.unwrap_or_default(), name.unwrap_or_default());
    (Arn { resource, ..arn.clone() }, qualifier.map(str::to_owned))
}

/// A few of AWS's own policies, shortened to what matters here.
fn aws_managed(arn: &Arn) -> Option<String> {
    let action = match arn.resource.as_str() {
        "policy/AdministratorAccess" => "*",
        "policy/AWSLambda_FullAccess" => "lambda:*",
        "policy/service-role/AWSLambdaRole" => "lambda:InvokeFunction",
        "policy/service-role/AWSLambdaBasicExecutionRole" => "logs:*",
        "policy/AmazonS3ReadOnlyAccess" => "s3:Get*",
        _ => return None,
    };
    Some(format!(
        r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Action":"{action}","Resource":"*"}}]}}"#
    ))
}
