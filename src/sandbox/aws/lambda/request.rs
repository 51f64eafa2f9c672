//! What a request for Lambda holds.

use http::Method;
use serde_json::{Map, Value};

use crate::sandbox::aws::refusal::Refusal;

/// The answer where a function has no policy of its own.
pub(super) const NO_POLICY: &str = "The resource you requested does not exist.";

/// The parts of a Lambda request that are not in [`Call`].
pub(crate) struct InvocationTarget<'a> {
    pub method: &'a Method,
    pub path: &'a str,
    pub query: &'a str,
    pub region: &'a str,
    pub invocation_type: &'a str,
    /// Whom the request is sent to; empty within the process.
    pub host: &'a str,
    pub body: &'a [u8],
}

/// The members of a request.
pub(super) fn members(body: &[u8]) -> Result<Map<String, Value>, Refusal> {
    if body.is_empty() {
        return Ok(Map::new());
    }
    serde_json::from_slice(body).map_err(|_| {
        Refusal::new(400, "InvalidRequestContentException", "Could not parse request body into json")
    })
}
