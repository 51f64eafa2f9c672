//! AWS's JSON 1.1 protocol, used by the tagging API and CloudTrail.

use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use super::refusal::Refusal;

/// Writes an action's response or refusal.
pub(crate) fn respond(outcome: Result<Value, Refusal>) -> Response<Vec<u8>> {
    let (status, body) = match outcome {
        Ok(value) => (200, value),
        Err(Refusal { status, code, message, reason: _ }) => {
            let code = if code == "AccessDenied" { "AccessDeniedException" } else { code };
            (status, json!({ "__type": code, "message": message }))
        }
    };
    let mut response = Response::new(body.to_string().into_bytes());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let kind = HeaderValue::from_static("application/x-amz-json-1.1");
    response.headers_mut().insert(http::header::CONTENT_TYPE, kind);
    response
}
