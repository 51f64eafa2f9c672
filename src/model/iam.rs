//! Roles and policies, in IAM's terms.

use std::collections::BTreeMap;

use jiff::Timestamp;

use crate::arn::{Arn, FunctionArn};
use crate::policy::{Context, Decision, Document, Policies, Principal, Request, evaluate};

pub type Tags = BTreeMap<String, String>;

/// A role, without its policies.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Role {
    pub arn: Arn,
    pub name: String,
    pub path: String,
    /// Empty: IAM treats none and an empty one as the same.
    pub description: String,
    /// Seconds.
    pub max_session_duration: i32,
    pub assume_role_policy: Document,
    pub permissions_boundary: Option<Arn>,
    pub tags: Tags,
}

/// A customer managed policy with the document of its default version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ManagedPolicy {
    pub arn: Arn,
    pub name: String,
    pub path: String,
    pub description: String,
    pub document: Document,
    pub tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Live {
    pub role: Option<LiveRole>,
    /// The managed policy that the spec names.
    pub policy: Option<LivePolicy>,
    /// The document of the permissions boundary that the spec wants, if the role has another and this one exists.
    pub wanted_boundary: Option<Document>,
}

impl Live {
    /// Every document that was read.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        let role = self
            .role
            .iter()
            .flat_map(|role| role.documents().chain([&role.role.assume_role_policy]).chain(&role.boundary));
        let policy = self.policy.iter().flat_map(|policy| {
            policy
                .versions
                .iter()
                .filter_map(|version| version.document.as_ref())
                .chain([&policy.policy.document])
        });
        role.chain(policy).chain(&self.wanted_boundary)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LiveRole {
    pub role: Role,
    /// All attached managed policies, including the spec's own, by ARN. Boxed: usually there is one, while a map's node
    /// has room for eleven.
    pub attached: BTreeMap<Arn, Box<AttachedPolicy>>,
    /// Inline policies by name.
    pub inline: BTreeMap<String, Document>,
    /// The document of the permissions boundary, if any.
    pub boundary: Option<Document>,
    pub record: RoleRecord,
}

/// IAM's record of a role's history.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RoleRecord {
    pub created: Option<Timestamp>,
    /// When it was last used to call AWS; `None`: not in the 400 days that IAM remembers.
    pub last_used: Option<LastUse>,
}

/// When and in which region something was last used.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LastUse {
    pub at: Timestamp,
    pub region: String,
}

impl LiveRole {
    /// Every document that says what the role may do, attached or inline.
    pub fn documents(&self) -> impl Iterator<Item = &Document> {
        self.attached.values().map(|policy| &policy.document).chain(self.inline.values())
    }

    /// What a document alone decides about the role invoking a function.
    pub fn decision_by(&self, document: &Document, function: &FunctionArn) -> Decision {
        let request = Request {
            principal: Principal::Aws(self.role.arn.to_string()),
            action: "lambda:InvokeFunction".to_owned(),
            resource: function.to_string(),
            context: Context::partial(),
        };
        let identity = vec![("the policy".to_owned(), document)];
        evaluate(&Policies { identity, ..Policies::default() }, &request).decision
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AttachedPolicy {
    pub name: String,
    /// Of the default version.
    pub document: Document,
    /// None for AWS's own policies.
    pub tags: Tags,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LivePolicy {
    pub policy: ManagedPolicy,
    /// Newest first.
    pub versions: Vec<PolicyVersion>,
    /// How many users, groups and roles it is attached to.
    pub attachment_count: i32,
    /// How many users and roles have it as their permissions boundary.
    pub boundary_count: i32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyVersion {
    /// `v1`, `v2`, …
    pub id: String,
    pub is_default: bool,
    /// Only read if the default version is not what is wanted.
    pub document: Option<Document>,
}

impl PolicyVersion {
    /// The number in `v12`, so v9 sorts before v10.
    pub fn number(&self) -> u32 {
        self.id.trim_start_matches('v').parse().unwrap_or(0)
    }
}
