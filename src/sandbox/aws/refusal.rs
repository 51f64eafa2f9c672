//! What a call can be refused with.

use std::fmt;

use crate::sandbox::state::document::BrokenDocument;

/// A refusal, in AWS's own terms: each service writes it in its own protocol.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub status: u16,
    pub code: &'static str,
    pub message: String,
    /// Lambda's further word for why it throttles.
    pub reason: Option<&'static str>,
}

impl Refusal {
    pub fn new(status: u16, code: &'static str, message: impl fmt::Display) -> Self {
        Self { status, code, message: message.to_string(), reason: None }
    }

    pub fn with_reason(self, reason: &'static str) -> Self {
        Self { reason: Some(reason), ..self }
    }

    pub fn validation(message: impl fmt::Display) -> Self {
        Self::new(400, "ValidationError", message)
    }

    pub fn invalid_input(message: impl fmt::Display) -> Self {
        Self::new(400, "InvalidInput", message)
    }

    pub fn malformed(message: impl fmt::Display) -> Self {
        Self::new(400, "MalformedPolicyDocument", message)
    }

    pub fn no_such_entity(message: impl fmt::Display) -> Self {
        Self::new(404, "NoSuchEntity", message)
    }

    pub fn exists(message: impl fmt::Display) -> Self {
        Self::new(409, "EntityAlreadyExists", message)
    }

    pub fn limit(message: impl fmt::Display) -> Self {
        Self::new(409, "LimitExceeded", message)
    }

    pub fn delete_conflict(message: impl fmt::Display) -> Self {
        Self::new(409, "DeleteConflict", message)
    }

    pub fn access_denied(message: impl fmt::Display) -> Self {
        Self::new(403, "AccessDenied", message)
    }

    /// The sandbox itself failed: its state cannot be written, or was altered by hand.
    pub fn failure(message: impl fmt::Display) -> Self {
        Self::new(500, "ServiceFailure", message)
    }
}

impl From<BrokenDocument> for Refusal {
    fn from(error: BrokenDocument) -> Self {
        Self::failure(error)
    }
}
