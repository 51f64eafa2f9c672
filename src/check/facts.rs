//! What the check was told, before it is judged.

use std::collections::BTreeMap;

use crate::arn::FunctionArn;
use crate::aws::Simulated;
use crate::model::{DesiredRole, Live};
use crate::policy::Document;

/// What is known of a function from the Lambda API.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum FunctionState {
    /// `Active`, `Pending`, `Inactive`, `Failed`, with AWS's reason; the timeout in seconds.
    Exists {
        state: Option<String>,
        reason: Option<String>,
        timeout: Option<i32>,
    },
    Missing,
    /// The caller may not ask.
    Unknown(String),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionFacts {
    pub arn: FunctionArn,
    pub state: FunctionState,
    /// The function's own policy, or why it is not known.
    pub policy: Result<Option<Document>, String>,
}

/// Everything about one role on the AWS side.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Facts {
    pub live: Live,
    pub desired: DesiredRole,
    /// In the order of the spec.
    pub functions: Vec<FunctionFacts>,
    /// What AWS's policy simulator says of each function. `None`: nobody asked, or the caller may not.
    pub simulated: Option<BTreeMap<FunctionArn, Simulated>>,
}
