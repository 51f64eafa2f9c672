//! Who can call: identities that were added, sessions of roles, and an administrator for each account.

use serde::{Deserialize, Serialize};

use super::iam::{Seconds, Tag};
use crate::arn::{AccountId, Arn};

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Identity {
    pub arn: Arn,
    pub id: String,
    /// `None`: an administrator.
    pub policies: Option<Vec<String>>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct StsSession {
    pub account: AccountId,
    pub role: String,
    /// A role that was recreated under the same name is another one.
    pub role_id: String,
    pub name: String,
    pub token: String,
    pub expires: Seconds,
    /// Session policies; none: the role's permissions as they are.
    pub policies: Vec<String>,
    pub tags: Vec<Tag>,
    /// Keys of the tags that sessions assumed from this one inherit.
    #[serde(default)]
    pub transitive: Vec<String>,
}

/// The administrator that every account has from the start.
pub(crate) fn administrator(partition: &str, account: &AccountId) -> Arn {
    Arn {
        partition: partition.to_owned(),
        service: "iam".to_owned(),
        region: String::new(),
        account: account.to_string(),
        resource: "user/sandbox".to_owned(),
    }
}

pub(crate) fn administrator_id(account: &AccountId) -> String {
    format!("AIDASANDBOX{account}")
}
