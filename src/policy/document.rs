//! The grammar of policy documents, and how they are written out.

use std::collections::BTreeMap;

use serde_json::Value;

/// A policy document: trust, identity, boundary, session or resource policy.
///
/// Kept as written (a lone value stays a lone value), so that a round trip is lossless;
/// [`Document::canonical`] brings it to the form in which documents are compared and shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Document {
    /// `None`: IAM takes it as `2008-10-17`.
    pub version: Option<String>,
    pub id: Option<String>,
    pub statements: OneOrMany<Statement>,
    /// Elements that are not in IAM's grammar: kept, shown, and never taken as harmless.
    pub unknown: BTreeMap<String, Value>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Statement {
    pub sid: Option<String>,
    pub effect: Effect,
    pub principal: Option<PrincipalElement>,
    pub action: Option<ActionElement>,
    pub resource: Option<ResourceElement>,
    /// Operator, as written, to key, as written, to values.
    pub condition: Option<BTreeMap<String, BTreeMap<String, OneOrMany<Scalar>>>>,
    pub unknown: BTreeMap<String, Value>,
}

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

/// A value, or a list of values: IAM takes a lone value and a list of one as the same.
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

/// Why a text is no policy document, with where in the document.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{message}")]
pub struct ParseError {
    pub message: String,
}

impl Document {
    /// Reads a document as JSON. Duplicate keys, a wrong shape, or a size over 131,072 bytes are errors.
    pub fn parse(_text: &str) -> Result<Self, ParseError> {
        todo!()
    }

    /// Reads a document as IAM returns it: percent-encoded by RFC 3986 (`+` is not a space);
    /// plain JSON, as some stand-ins return, is read too.
    pub fn parse_encoded(_text: &str) -> Result<Self, ParseError> {
        todo!()
    }

    /// Compact JSON, as it is sent to IAM. Elements in IAM's usual order.
    pub fn to_json(&self) -> String {
        todo!()
    }

    /// The canonical form: what [`crate::policy::equivalent`] compares.
    pub fn canonical(&self) -> Self {
        todo!()
    }

    /// Canonical JSON, two spaces of indentation, for diffs and reports.
    pub fn to_pretty(&self) -> String {
        todo!()
    }

    /// The number of characters that IAM counts against its quotas: white space outside strings is left out.
    pub fn size(&self) -> usize {
        todo!()
    }
}
