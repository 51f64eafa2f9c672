//! The state's policy documents, already validated when written.

use crate::policy::Document;

/// A stored document that does not parse: someone edited the state file.
#[derive(Debug, thiserror::Error)]
#[error("a document of the sandbox's state is broken: {0}")]
pub(crate) struct BrokenDocument(String);

pub(crate) fn parse(text: &str) -> Result<Document, BrokenDocument> {
    Document::parse(text).map_err(|error| BrokenDocument(error.to_string()))
}
