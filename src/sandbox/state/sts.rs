//! Who can call: added identities, role sessions, and an administrator per account.

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
    /// A role recreated under the same name is a different one.
    pub role_id: String,
    pub name: String,
    pub token: String,
    pub expires: Seconds,
    /// When it was made; of sessions of earlier versions not known.
    #[serde(default)]
    pub issued: Option<Seconds>,
    /// Session policies; if empty, the role's permissions apply unchanged.
    pub policies: Vec<String>,
    pub tags: Vec<Tag>,
    /// Tag keys inherited by sessions assumed from this one.
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
