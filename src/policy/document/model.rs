//! The grammar of policy documents.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use serde_json::Value;

/// A policy document: trust, identity, boundary, session or resource policy.
///
/// Kept as written (a lone value stays a lone value), so a round trip is lossless; [`Document::canonical`] gives the
/// form in which documents are compared and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// `None`: IAM treats it as `2008-10-17`.
    pub version: Option<String>,
    pub id: Option<String>,
    /// Shared: a fleet's live state, desired state and plan repeat the same documents many times.
    pub statements: Arc<OneOrMany<Statement>>,
    /// Elements that are not in IAM's grammar: kept, shown, and never assumed harmless.
    pub unknown: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub sid: Option<String>,
    pub effect: Effect,
    pub principal: Option<PrincipalElement>,
    pub action: Option<ActionElement>,
    pub resource: Option<ResourceElement>,
    pub condition: Option<Conditions>,
    pub unknown: BTreeMap<String, Value>,
}

/// Operator to key to values; operator and key as written.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Conditions(pub BTreeMap<String, BTreeMap<String, OneOrMany<Scalar>>>);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    Allow,
    Deny,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PrincipalElement {
    Principal(Principals),
    NotPrincipal(Principals),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principals {
    /// `"*"`
    Any,
    /// Kind (`AWS`, `Service`, `Federated`, `CanonicalUser`, or one unknown to the grammar) to values.
    ByKind(BTreeMap<String, OneOrMany<String>>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ActionElement {
    Action(OneOrMany<String>),
    NotAction(OneOrMany<String>),
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ResourceElement {
    Resource(OneOrMany<String>),
    NotResource(OneOrMany<String>),
}

/// A value, or a list of values: IAM treats a lone value and a one-element list as the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OneOrMany<T> {
    One(T),
    Many(Vec<T>),
}

impl<T> OneOrMany<T> {
    pub fn as_slice(&self) -> &[T] {
        match self {
            Self::One(value) => std::slice::from_ref(value),
            Self::Many(values) => values,
        }
    }
}

/// A condition value. `true` and `"true"` mean the same, `1` and `"1"` too.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Scalar {
    String(String),
    Number(serde_json::Number),
    Bool(bool),
}
/// The version IAM assumes if none is given.
pub const VERSION_2008: &str = "2008-10-17";
pub const VERSION_2012: &str = "2012-10-17";
impl fmt::Display for Scalar {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::String(text) => f.write_str(text),
            Self::Number(number) => number.fmt(f),
            Self::Bool(value) => value.fmt(f),
        }
    }
}
impl Document {
    /// The version whose rules apply to the document.
    pub fn effective_version(&self) -> &str {
        self.version.as_deref().unwrap_or(VERSION_2008)
    }
}

static NO_CONDITIONS: Conditions = Conditions(BTreeMap::new());

impl Statement {
    pub fn allows(&self) -> bool {
        self.effect == Effect::Allow
    }

    /// Empty if the statement has no `Condition`.
    pub fn conditions(&self) -> &Conditions {
        self.condition.as_ref().unwrap_or(&NO_CONDITIONS)
    }

    /// Kind and value of each principal that a `Principal` element names by kind.
    pub fn principals(&self) -> impl Iterator<Item = (&str, &str)> {
        let kinds = match &self.principal {
            Some(PrincipalElement::Principal(Principals::ByKind(kinds))) => Some(kinds),
            _ => None,
        };
        kinds.into_iter().flatten().flat_map(|(kind, values)| {
            values.as_slice().iter().map(move |value| (kind.as_str(), value.as_str()))
        })
    }

    /// The values of `Action` or `NotAction`.
    pub fn action_values(&self) -> &[String] {
        match &self.action {
            Some(ActionElement::Action(values) | ActionElement::NotAction(values)) => values.as_slice(),
            None => &[],
        }
    }

    /// The values of `Resource` or `NotResource`.
    pub fn resource_values(&self) -> &[String] {
        match &self.resource {
            Some(ResourceElement::Resource(values) | ResourceElement::NotResource(values)) => {
                values.as_slice()
            }
            None => &[],
        }
    }
}

impl Conditions {
    /// A single operator with a single key and value.
    pub fn one(operator: &str, key: &str, value: &str) -> Self {
        let values = OneOrMany::One(Scalar::String(value.to_owned()));
        Self(BTreeMap::from([(operator.to_owned(), BTreeMap::from([(key.to_owned(), values)]))]))
    }

    /// Operator, key and values of each entry.
    pub fn iter(&self) -> impl Iterator<Item = (&str, &str, &[Scalar])> {
        self.0.iter().flat_map(|(operator, keys)| {
            keys.iter().map(move |(key, values)| (operator.as_str(), key.as_str(), values.as_slice()))
        })
    }

    /// What the conditions say about one key (case-insensitive): operators and values.
    pub fn on<'a>(&'a self, key: &'a str) -> impl Iterator<Item = (&'a str, &'a [Scalar])> {
        self.iter()
            .filter(move |(_, written, _)| written.eq_ignore_ascii_case(key))
            .map(|(operator, _, values)| (operator, values))
    }
}
