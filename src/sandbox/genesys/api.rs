//! A request to Genesys Cloud's API as its resources see it, and their refusals.

use http::Method;
use jiff::Timestamp;
use serde_json::{Value, json};

use crate::sandbox::aws::Defaults;
use crate::sandbox::state::State;
use crate::sandbox::state::genesys::StoredOrganization;
use crate::sandbox::state::quirks::GenesysQuirks;

/// A refusal in Genesys Cloud's terms.
pub(crate) struct ApiRefusal {
    pub(crate) status: u16,
    pub(crate) code: &'static str,
    pub(crate) message: String,
    pub(crate) details: Vec<Value>,
    pub(crate) errors: Vec<Value>,
}

pub(crate) type ApiOutcome = Result<ApiAnswer, ApiRefusal>;

/// An answer that is not a refusal.
pub(crate) struct ApiAnswer {
    pub(crate) status: u16,
    pub(crate) body: Body,
}

pub(crate) enum Body {
    Empty,
    Json(Value),
    Text(String),
}

impl ApiAnswer {
    pub(crate) fn json(status: u16, value: Value) -> Self {
        Self { status, body: Body::Json(value) }
    }

    pub(crate) fn text(text: &str) -> Self {
        Self { status: 200, body: Body::Text(text.to_owned()) }
    }

    /// 204
    pub(crate) fn empty() -> Self {
        Self { status: 204, body: Body::Empty }
    }
}

impl From<Value> for ApiAnswer {
    fn from(value: Value) -> Self {
        Self::json(200, value)
    }
}

impl ApiRefusal {
    pub(crate) fn new(status: u16, code: &'static str, message: impl Into<String>) -> Self {
        Self { status, code, message: message.into(), details: Vec::new(), errors: Vec::new() }
    }

    /// The reason accompanies a message that says nothing.
    pub(crate) fn bad_request(field: &str, reason: &str) -> Self {
        let mut refusal = Self::new(400, "bad.request", "Bad Request").detail("invalid.value", Some(field));
        refusal.errors.push(json!({ "message": reason, "code": "invalid.value", "status": 400 }));
        refusal
    }

    pub(crate) fn detail(mut self, code: &str, field: Option<&str>) -> Self {
        self.details.push(match field {
            Some(field) => json!({ "errorCode": code, "fieldName": field }),
            None => json!({ "errorCode": code }),
        });
        self
    }

    /// An outdated version, in one of the two shapes.
    pub(crate) fn stale(quirks: &GenesysQuirks, sent: &Value, current: &Value) -> Self {
        let message = format!("The version {sent} does not match the current version {current}");
        if quirks.stale_is_400 {
            Self::new(400, "bad.request", message)
        } else {
            Self::new(409, "general.conflict", message)
        }
    }
}

/// A request with a valid token.
pub(crate) struct ReceivedCall<'a> {
    pub state: &'a mut State,
    pub defaults: &'a Defaults,
    pub method: &'a Method,
    pub path: &'a str,
    pub query: Vec<(String, String)>,
    pub(crate) body: Value,
    pub now: Timestamp,
}

impl ReceivedCall<'_> {
    pub(crate) fn organization(&mut self) -> &mut StoredOrganization {
        &mut self.state.organization
    }

    /// Refuses a client without the permission.
    pub(crate) fn require(&self, permission: &str) -> Result<(), ApiRefusal> {
        if !self.state.organization.denied_permissions.contains(permission) {
            return Ok(());
        }
        Err(ApiRefusal::new(
            403,
            "missing.any.permissions",
            format!(
                "Unable to perform the requested action. You must have at least one of the following permissions assigned: [{permission}]"
            ),
        ))
    }

    pub(crate) fn parameter(&self, name: &str) -> Option<&str> {
        self.query.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    pub(crate) fn has(&self, name: &str, value: &str) -> bool {
        self.query.iter().any(|(k, v)| k == name && v == value)
    }

    /// The page of a listing that the request asks for.
    pub(crate) fn page(&self, all: Vec<Value>) -> ApiOutcome {
        let number = |name: &str, otherwise: usize| {
            self.parameter(name).and_then(|value| value.parse().ok()).unwrap_or(otherwise)
        };
        let (size, current) = (number("pageSize", 25).clamp(1, 100), number("pageNumber", 1).max(1));
        let pages = all.len().div_ceil(size).max(1);
        let total = all.len();
        let others = self.query.iter().filter(|(key, _)| key != "pageNumber");
        let others: String = form_urlencoded::Serializer::new(String::new()).extend_pairs(others).finish();
        let mut listing = json!({
            "entities": all.into_iter().skip((current - 1).saturating_mul(size)).take(size).collect::<Vec<_>>(),
            "pageSize": size, "pageNumber": current, "total": total, "pageCount": pages,
        });
        if current < pages {
            let joint = if others.is_empty() { "" } else { "&" };
            listing["nextUri"] = format!("{}?{others}{joint}pageNumber={}", self.path, current + 1).into();
        }
        Ok(listing.into())
    }

    pub(crate) fn unknown(&self) -> ApiRefusal {
        ApiRefusal::new(404, "not.found", format!("The sandbox has no {} {}", self.method, self.path))
    }
}
