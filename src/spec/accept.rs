//! What a team knows and wants, although the spec does not make it.

use std::ops::Range;

/// One thing that is accepted as it is, with the reason that every plan and report shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptSpec {
    pub what: AcceptedThing,
    /// `sha256:…` of the document that was accepted; `None`: not written yet, and nothing is accepted.
    pub digest: Option<String>,
    pub reason: String,
    pub span: Range<usize>,
    /// Of the file, counted from 1.
    pub line: usize,
}

/// What an accept names: one thing, never a pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AcceptedThing {
    /// A managed policy of the role: its name or ARN.
    Policy(String),
    /// An inline policy of the role.
    InlinePolicy(String),
    /// The `Sid` of a statement in a function's own policy.
    FunctionPolicySid(String),
    /// Someone whom the trust policy, or a function's own policy, names; an account as its root ARN.
    Principal(String),
}

impl AcceptedThing {
    /// In the spec.
    pub fn key(&self) -> &'static str {
        match self {
            Self::Policy(_) => "policy",
            Self::InlinePolicy(_) => "inline_policy",
            Self::FunctionPolicySid(_) => "function_policy_sid",
            Self::Principal(_) => "principal",
        }
    }

    pub fn value(&self) -> &str {
        match self {
            Self::Policy(value)
            | Self::InlinePolicy(value)
            | Self::FunctionPolicySid(value)
            | Self::Principal(value) => value,
        }
    }
}
