//! CloudTrail's event history: who assumed a role, and what its trust policy said at the time.

use serde::{Deserialize, Serialize};

use super::iam::Seconds;
use crate::arn::{AccountId, Arn};

/// A successful AssumeRole, in the history of the role's account. Refused ones from other accounts are not logged
/// there.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct AssumeRoleEvent {
    pub id: String,
    pub time: Seconds,
    pub region: String,
    pub role: Arn,
    pub session_name: String,
    pub external_id: Option<String>,
    pub caller_account: AccountId,
    pub caller_id: String,
    pub source_ip: String,
    pub user_agent: String,
}

/// CreateRole or UpdateAssumeRolePolicy.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct TrustEvent {
    pub id: String,
    pub time: Seconds,
    pub role: Arn,
    /// The trust policy as it was sent.
    pub document: String,
    /// The event created the role.
    pub is_creation: bool,
}

/// More than a demonstration needs; the state file is rewritten in full each time.
pub(crate) const MAX_EVENTS: usize = 200;
