//! A request: who, what, on what, and in which context.

use std::collections::BTreeMap;

use crate::arn::Arn;

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The ARN of an account root, user, role, assumed-role session or federated user.
    /// `account_root` means "some identity in that account whose own policies allow everything".
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
    /// One value, known only to match one of these patterns with `*`.
    Like(Vec<String>),
    /// Unknown. If the outcome depends on it, the result is undecided.
    Unknown,
}

/// Condition keys (case-insensitive) and what is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, ContextValue>,
    rest: ContextValue,
}

impl Context {
    /// Every key not set is absent.
    pub fn complete() -> Self {
        Self { keys: BTreeMap::new(), rest: ContextValue::Absent }
    }

    /// Every key not set is unknown.
    pub fn partial() -> Self {
        Self { keys: BTreeMap::new(), rest: ContextValue::Unknown }
    }

    #[must_use]
    pub fn with(mut self, key: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|&v| v.to_owned()).collect();
        self.keys.insert(key.to_ascii_lowercase(), ContextValue::Values(values));
        self
    }

    /// One value, known only to match a pattern with `*`.
    #[must_use]
    pub fn like(mut self, key: &str, pattern: String) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), ContextValue::Like(vec![pattern]));
        self
    }

    /// Adds what AWS sets on every request of this caller, unless already set (IAM User Guide,
    /// `reference_policies_condition-keys`, "Properties of the principal"). An account's root represents someone in
    /// that account.
    #[must_use]
    pub fn of_caller(mut self, caller: &Principal) -> Self {
        let mut set = |key: &str, value: ContextValue| {
            self.keys.entry(key.to_ascii_lowercase()).or_insert(value);
        };
        let one = |value: &str| ContextValue::Values(vec![value.to_owned()]);
        match caller {
            Principal::Aws(text) => {
                let arn = match text.parse::<Arn>() {
                    Ok(arn) => arn,
                    Err(_) => match text.parse() {
                        Ok(account) => Arn::account_root("aws", &account),
                        Err(_) => return self,
                    },
                };
                let Arn { partition, account, resource, .. } = &arn;
                set("aws:PrincipalAccount", one(account));
                set("aws:PrincipalIsAWSService", one("false"));
                match resource.split_once('/') {
                    None => {
                        let of = |service: &str| format!("arn:{partition}:{service}::{account}:*");
                        set("aws:PrincipalArn", ContextValue::Like(vec![of("iam"), of("sts")]));
                    }
                    // A session's ARN omits its role's path, which this key includes.
                    Some(("assumed-role", rest)) => {
                        let role = rest.split('/').next().unwrap_or_default();
                        let path = format!("arn:{partition}:iam::{account}:role/*{role}");
                        set("aws:PrincipalArn", ContextValue::Like(vec![path]));
                        set("aws:PrincipalType", one("AssumedRole"));
                    }
                    Some((kind, _)) => {
                        set("aws:PrincipalArn", one(&arn.to_string()));
                        match kind {
                            "role" => set("aws:PrincipalType", one("AssumedRole")),
                            "user" => set("aws:PrincipalType", one("User")),
                            "federated-user" => set("aws:PrincipalType", one("FederatedUser")),
                            _ => {}
                        }
                    }
                }
            }
            Principal::Service(_) => set("aws:PrincipalIsAWSService", one("true")),
            Principal::Anonymous => {
                set("aws:PrincipalAccount", one("anonymous"));
                set("aws:PrincipalType", one("Anonymous"));
                set("aws:PrincipalIsAWSService", one("false"));
                for key in ["aws:PrincipalArn", "aws:PrincipalOrgID", "aws:PrincipalOrgPaths"] {
                    set(key, ContextValue::Absent);
                }
            }
            Principal::Federated(_) => {}
        }
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

    /// The keys, in lower case, known to have a value.
    pub fn known(&self) -> impl Iterator<Item = &str> {
        let has_value = |value: &ContextValue| match value {
            ContextValue::Values(values) => !values.is_empty(),
            ContextValue::Like(_) => true,
            ContextValue::Absent | ContextValue::Unknown => false,
        };
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
