//! What AWS recorded of a role's use: plain data, whoever read it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use crate::arn::AccountId;
use crate::model::LastUse;
use crate::policy::Document;

/// What was looked up about one role; nothing of it needs a call as Genesys Cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Somebody asked for it: then it is also said what was not seen.
    pub is_asked: bool,
    pub history: EventHistory,
    /// When Lambda was last called in a session of the role, allowed or not, or why that is not known.
    pub lambda: Result<Option<LastUse>, String>,
    /// Who outside the account may assume the role, as Access Analyzer finds; or why that is not known. `None`: there is
    /// no analyzer.
    pub analyzer: Result<Option<Vec<ExternalAccess>>, String>,
}

impl Recorded {
    /// Those that somebody presented, or that a finding names.
    pub fn external_ids(&self) -> impl Iterator<Item = &PresentedId> {
        let used = self.history.uses.iter().filter_map(|used| used.external_id.as_ref());
        let findings = self.analyzer.iter().flatten().flatten();
        used.chain(findings.filter_map(|one| one.external_id.as_ref()))
    }
}

/// CloudTrail's event history about a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHistory {
    pub now: Timestamp,
    /// Nothing older was asked for.
    pub since: Timestamp,
    /// By region, in the order in which they were asked.
    pub regions: Vec<(String, RegionReading)>,
    /// The newest first.
    pub uses: Vec<RoleUse>,
    /// The trust policies that were written, in no order.
    pub written: Vec<WrittenTrust>,
    /// Events that could not be understood.
    pub unreadable: usize,
}

/// CreateRole or UpdateAssumeRolePolicy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenTrust {
    pub at: Timestamp,
    /// `None`: the event does not show it, or not as a policy.
    pub document: Option<Document>,
}

/// How far the events of one region were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionReading {
    Whole,
    /// The newest events, back to the oldest of them; there are more.
    Until {
        oldest: Timestamp,
        events: usize,
        /// Why no more were read; `None`: so many are enough.
        stopped_by: Option<String>,
    },
    /// Why not.
    NotRead(String),
}

/// Somebody got a session of the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleUse {
    /// Of the event.
    pub id: String,
    pub at: Timestamp,
    pub region: String,
    pub by: SessionUser,
    pub external_id: Option<PresentedId>,
    pub session: Option<String>,
    /// The address, or the service, from which the call came.
    pub source: Option<String>,
}

/// Who got a session, as far as the role's account is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionUser {
    /// Someone of another account.
    Account(AccountId),
    /// An identity with its ARN: a user, a role behind a session, the account's root.
    Identity { account: AccountId, arn: String },
    /// `lambda.amazonaws.com`
    Service(String),
    /// A user of an identity provider, or of a kind that is not known.
    Other(String),
}

/// An external ID that somebody presented. It is as secret as the spec's own.
#[derive(Clone, PartialEq, Eq)]
pub struct PresentedId(String);

impl PresentedId {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// Without the ID.
impl fmt::Debug for PresentedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresentedId")
    }
}

/// A finding of Access Analyzer: someone outside the account may assume the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalAccess {
    /// By kind: `AWS` and an account ID or ARN, `Federated` and a provider.
    pub principal: BTreeMap<String, String>,
    /// The external ID that the trust policy demands of them.
    pub external_id: Option<PresentedId>,
    pub analyzed: Option<Timestamp>,
}
