//! What IAM is going to refuse, as far as it was looked up.

use std::collections::{BTreeMap, BTreeSet};

use crate::arn::Arn;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Foresight {
    /// Every role of the account, where one is to be created.
    pub roles: BTreeSet<Arn>,
    /// Every customer managed policy of the account, where one is to be created.
    pub policies: BTreeSet<Arn>,
    /// As IAM's account summary names them.
    pub summary: BTreeMap<String, i32>,
    /// Principals and boundaries that do not exist, with what exists under nearly the same ARN.
    pub missing: BTreeMap<Arn, Option<Arn>>,
    /// The instance profiles that a role is in, by role.
    pub instance_profiles: BTreeMap<String, Vec<String>>,
    /// What is not known, and why.
    pub unknown: Vec<String>,
}
