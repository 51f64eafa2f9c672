//! Lambda's protocol: JSON, with the exception's name in a header.

use http::{HeaderValue, Response, StatusCode};
use serde_json::{Value, json};

use crate::sandbox::aws::refusal::Refusal;

/// An action's response.
pub(crate) struct Reply {
    pub(super) status: u16,
    pub(super) body: Vec<u8>,
    pub(super) headers: Vec<(&'static str, String)>,
}

impl Reply {
    pub(super) fn json(value: &Value) -> Self {
        Self { status: 200, body: value.to_string().into_bytes(), headers: Vec::new() }
    }

    pub(super) fn created(value: &Value) -> Self {
        Self { status: 201, ..Self::json(value) }
    }

    pub(super) fn empty() -> Self {
        Self { status: 204, body: Vec::new(), headers: Vec::new() }
    }
}

/// A reply from another service that uses Lambda's protocol.
pub(crate) fn json(value: Value) -> Reply {
    Reply::json(&value)
}

/// Writes a reply or a refusal in Lambda's protocol.
pub(crate) fn respond(outcome: Result<Reply, Refusal>) -> Response<Vec<u8>> {
    let (status, body, headers) = match outcome {
        Ok(Reply { status, body, headers }) => (status, body, headers),
        Err(Refusal { status, code, message, reason }) => {
            let code = match code {
                "InvalidClientTokenId" => "UnrecognizedClientException",
                "MissingAuthenticationToken" => "MissingAuthenticationTokenException",
                "ExpiredToken" => "ExpiredTokenException",
                "ServiceFailure" => "ServiceException",
                code => code,
            };
            // As recorded: which of the two applies depends on the exception.
            let member = match code {
                "InvalidParameterValueException" | "TooManyRequestsException" => "message",
                _ => "Message",
            };
            let kind = if status < 500 { "User" } else { "Service" };
            let mut body = json!({ "Type": kind, member: message });
            if let Some(reason) = reason {
                body["Reason"] = reason.into();
            }
            (status, body.to_string().into_bytes(), vec![("x-amzn-errortype", code.to_owned())])
        }
    };
    let mut response = Response::new(body);
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    let all = response.headers_mut();
    all.insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    for (name, value) in headers {
        if let Ok(value) = HeaderValue::from_str(&value) {
            all.insert(name, value);
        }
    }
    response
}
