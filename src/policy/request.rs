//! A request: who, what, on what, and in which context.

use std::collections::BTreeMap;

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
    /// Unknown. If the outcome depends on it, the result is undecided.
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

    #[must_use]
    pub fn unknown(mut self, key: &str) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), ContextValue::Unknown);
        self
    }

    /// The keys, in lower case, that are known to have a value.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        let has_value =
            |value: &ContextValue| matches!(value, ContextValue::Values(values) if !values.is_empty());
        self.keys.iter().filter(move |(_, value)| has_value(value)).map(|(key, _)| key.as_str())
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
