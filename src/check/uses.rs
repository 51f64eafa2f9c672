//! What AWS recorded of a role's use: plain data, independent of who read it.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;

use crate::arn::AccountId;
use crate::model::LastUse;
use crate::policy::Document;

/// What was looked up about one role; none of it needs a call as Genesys Cloud.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Recorded {
    /// Explicitly requested: then what was not seen is reported too.
    pub is_asked: bool,
    pub history: EventHistory,
    /// When Lambda was last called in a session of the role, allowed or not, or why that is unknown.
    pub lambda: Result<Option<LastUse>, String>,
    /// Who outside the account may assume the role, according to Access Analyzer; or why that is unknown. `None`: no
    /// analyzer exists.
    pub analyzer: Result<Option<AnalyzerFindings>, String>,
}

impl Recorded {
    /// IDs that somebody presented, or that a finding names.
    pub fn external_ids(&self) -> impl Iterator<Item = &PresentedId> {
        let used = self.history.uses.iter().filter_map(|used| used.external_id.as_ref());
        let findings = self.analyzer.iter().flatten().flat_map(|analyzer| &analyzer.found);
        used.chain(findings.filter_map(|one| one.external_id.as_ref()))
    }
}

/// CloudTrail's event history about a role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EventHistory {
    pub now: Timestamp,
    /// Nothing older was requested.
    pub since: Timestamp,
    /// By region, in the order they were asked.
    pub regions: Vec<(String, RegionReading)>,
    /// Newest first.
    pub uses: Vec<RoleUse>,
    /// The trust policies that were written, unordered.
    pub written: Vec<WrittenTrust>,
    /// Events that could not be parsed.
    pub unreadable: usize,
}

/// CreateRole or UpdateAssumeRolePolicy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WrittenTrust {
    pub at: Timestamp,
    /// `None`: the event does not show it, or not as a policy.
    pub document: Option<Document>,
}

/// How far back the events of one region were read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RegionReading {
    Whole,
    /// The newest events, back to the oldest of these; there are more.
    Until {
        oldest: Timestamp,
        events: usize,
        /// Why no more were read; `None`: these are enough.
        stopped_by: Option<String>,
    },
    /// Why not.
    NotRead(String),
}

/// Seconds: no role's session may last longer (STS API reference). What a role allows now it need not have allowed before.
pub const LONGEST_SESSION: i32 = 43_200;

/// Somebody got a session of the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleUse {
    /// The event's.
    pub id: String,
    pub at: Timestamp,
    pub region: String,
    pub by: SessionUser,
    pub external_id: Option<PresentedId>,
    pub session: Option<String>,
    /// How long it asked to last, in seconds.
    pub duration: Option<i32>,
    /// The address or service that made the call.
    pub source: Option<String>,
}

/// Who got a session, as far as the role's account can see.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SessionUser {
    /// Someone of another account.
    Account(AccountId),
    /// An identity with its ARN: a user, a role behind a session, the account's root.
    Identity { account: AccountId, arn: String },
    /// `lambda.amazonaws.com`
    Service(String),
    /// A user of an identity provider, or of an unknown kind.
    Other(String),
}

/// An external ID that somebody presented. As secret as the spec's own.
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

/// Omits the ID.
impl fmt::Debug for PresentedId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PresentedId")
    }
}

/// What the account's analyzers say about the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnalyzerFindings {
    pub found: Vec<ExternalAccess>,
    /// Why there may be more.
    pub unread: Option<String>,
}

/// A finding of Access Analyzer: someone outside the account may assume the role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ExternalAccess {
    /// By kind: `AWS` and an account ID or ARN, `Federated` and a provider.
    pub principal: BTreeMap<String, String>,
    /// The external ID that the trust policy requires of them.
    pub external_id: Option<PresentedId>,
    pub analyzed: Option<Timestamp>,
    /// Somebody has archived it: the access is still there.
    pub is_archived: bool,
}
