//! What IAM will refuse, as far as it was looked up.

use std::collections::{BTreeMap, BTreeSet};

use super::desired::DesiredState;
use crate::arn::Arn;
use crate::policy::Document;

/// What an account has under names a spec wants, in another case or, for policies, under another path.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Namesakes {
    pub roles: BTreeSet<Arn>,
    pub policies: BTreeSet<Arn>,
}

/// The names of a spec's roles and policies. IAM's are unique regardless of case.
#[derive(Debug)]
pub struct WantedNames {
    roles: BTreeSet<String>,
    policies: BTreeSet<String>,
}

impl WantedNames {
    pub fn of(desired: &DesiredState) -> Self {
        Self {
            roles: desired.roles.iter().map(|role| role.role.name.to_ascii_lowercase()).collect(),
            policies: desired.roles.iter().map(|role| role.policy.name.to_ascii_lowercase()).collect(),
        }
    }

    pub fn role(name: &str) -> Self {
        Self { roles: [name.to_ascii_lowercase()].into(), policies: BTreeSet::new() }
    }

    pub fn policy(name: &str) -> Self {
        Self { roles: BTreeSet::new(), policies: [name.to_ascii_lowercase()].into() }
    }

    pub fn has_role(&self, name: &str) -> bool {
        self.roles.contains(&name.to_ascii_lowercase())
    }

    pub fn has_policy(&self, name: &str) -> bool {
        self.policies.contains(&name.to_ascii_lowercase())
    }
}

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Foresight {
    /// Looked up if a role or policy will be created.
    pub names: Namesakes,
    /// As named in IAM's account summary.
    pub summary: BTreeMap<String, i32>,
    /// Principals and boundaries that do not exist, with existing ones whose ARN is nearly the same.
    pub missing: BTreeMap<Arn, Option<Arn>>,
    /// The instance profiles that contain a role, by role.
    pub instance_profiles: BTreeMap<String, Vec<String>>,
    /// The trust policies of the account's roles that may assume one of the spec's: its verifiers, and those it accepts.
    pub trusts: BTreeMap<Arn, RoleTrust>,
    /// What is unknown, and why.
    pub unknown: Vec<String>,
}

/// Whom the trust policy of another role of the account admits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RoleTrust {
    Read(Document),
    NotRead,
}
