//! The reasons a call can be refused.

use std::fmt;

use crate::sandbox::state::document::BrokenDocument;

/// A refusal in AWS's own terms; each service writes it in its own protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    /// Lambda's additional reason for throttling.
    pub reason: Option<&'static str>,
}

impl Refusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl fmt::Display) -> Self {
        Self { status, code, message: message.to_string(), reason: None }
    }

    pub(crate) fn with_reason(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    pub(crate) fn validation(message: impl fmt::Display) -> Self {
        Self::new(400, "ValidationError", message)
    }

    pub(crate) fn invalid_input(message: impl fmt::Display) -> Self {
        Self::new(400, "InvalidInput", message)
    }

    pub(crate) fn malformed(message: impl fmt::Display) -> Self {
        Self::new(400, "MalformedPolicyDocument", message)
    }

    pub(crate) fn no_such_entity(message: impl fmt::Display) -> Self {
        Self::new(404, "NoSuchEntity", message)
    }

    pub(crate) fn exists(message: impl fmt::Display) -> Self {
        Self::new(409, "EntityAlreadyExists", message)
    }

    pub(crate) fn limit(message: impl fmt::Display) -> Self {
        Self::new(409, "LimitExceeded", message)
    }

    pub(crate) fn delete_conflict(message: impl fmt::Display) -> Self {
        Self::new(409, "DeleteConflict", message)
    }

    pub(crate) fn access_denied(message: impl fmt::Display) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    /// The sandbox itself failed: its state cannot be written, or was edited by hand.
    pub(crate) fn failure(message: impl fmt::Display) -> Self {
        Self::new(500, "ServiceFailure", message)
    }
}

impl From<BrokenDocument> for Refusal {
    fn from(error: BrokenDocument) -> Self {
        Self::failure(error)
    }
}
