//! Deviations that a team knows about and wants, although the spec does not create them.

use std::ops::Range;

/// One accepted deviation, with the reason that every plan and report shows.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptSpec {
    pub what: AcceptedThing,
    /// `sha256:…` of the accepted document; `None`: not written yet, so nothing is accepted.
    pub digest: Option<String>,
    pub reason: String,
    pub span: Range<usize>,
    /// Line in the file, counted from 1.
    pub line: usize,
}

/// What an accept names: exactly one thing, never a pattern.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum AcceptedThing {
    /// A managed policy of the role: its name or ARN.
    Policy(String),
    /// An inline policy of the role.
    InlinePolicy(String),
    /// The `Sid` of a statement in a function's own policy.
    FunctionPolicySid(String),
    /// A principal named by the trust policy or a function's own policy; an account as its root ARN.
    Principal(String),
}

impl AcceptedThing {
    /// The key in the spec.
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
