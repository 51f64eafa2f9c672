//! Whether a request is allowed, and why, by IAM's evaluation logic.

use std::collections::BTreeMap;

use super::document::Document;

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The ARN of an account root, user, role, assumed-role session or federated user.
    /// `account_root` asks for "some identity of that account which its own policies allow everything".
    Aws(String),
    /// `lambda.amazonaws.com`
    Service(String),
    /// An OIDC or SAML provider.
    Federated(String),
    /// No credentials.
    Anonymous,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextValue {
    /// One value or several; numbers, dates and booleans as strings.
    Values(Vec<String>),
    Absent,
    /// Nothing is known of it: where the outcome hangs on it, it is undecided.
    Unknown,
}

/// Condition keys, without case, to what is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, ContextValue>,
    rest: ContextValue,
}

impl Context {
    /// Every key that is not set is absent.
    pub fn complete() -> Self {
        Self { keys: BTreeMap::new(), rest: ContextValue::Absent }
    }

    /// Every key that is not set is unknown.
    pub fn partial() -> Self {
        Self { keys: BTreeMap::new(), rest: ContextValue::Unknown }
    }

    #[must_use]
    pub fn with(mut self, key: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|&v| v.to_owned()).collect();
        self.keys.insert(key.to_ascii_lowercase(), ContextValue::Values(values));
        self
    }

    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), ContextValue::Absent);
        self
    }

    pub fn get(&self, key: &str) -> &ContextValue {
        self.keys.get(&key.to_ascii_lowercase()).unwrap_or(&self.rest)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub principal: Principal,
    /// `service:Action`
    pub action: String,
    pub resource: String,
    pub context: Context,
}

/// The documents that bear on a request. Each document has a name, for the trace.
#[derive(Debug, Clone, Default)]
pub struct Policies<'a> {
    pub identity: Vec<(String, &'a Document)>,
    pub boundary: Option<(String, &'a Document)>,
    pub session: Option<(String, &'a Document)>,
    /// A trust policy or another policy of the resource.
    pub resource: Option<(String, &'a Document)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    ExplicitDeny,
    ImplicitDeny,
    Undecided,
}

/// What one statement had to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementTrace {
    /// The name of the document, as given in [`Policies`].
    pub document: String,
    /// Counted from 1, as a person would.
    pub number: usize,
    pub sid: Option<String>,
    pub outcome: StatementOutcome,
    /// `condition StringEquals sts:ExternalId is "x", the request has none`
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementOutcome {
    Allows,
    Denies,
    DoesNotMatch,
    Undecided,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    pub decision: Decision,
    /// One sentence.
    pub reason: String,
    pub statements: Vec<StatementTrace>,
}

/// Evaluates a request. With a resource policy and no identity policies the question is what the
/// resource's policy itself says of that principal.
pub fn evaluate(_policies: &Policies<'_>, _request: &Request) -> Evaluation {
    todo!()
}
