//! Trust policies as IAM stores them: a deleted principal is shown as its unique ID.

use std::collections::BTreeMap;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use super::document::{BrokenDocument, parse};
use crate::arn::Arn;
use crate::policy::Document;
use crate::policy::document::{OneOrMany, PrincipalElement, Principals};

/// A trust policy, with the unique ID that each named role or user had when it was written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct StoredTrust {
    #[serde(rename = "trust")]
    pub text: String,
    /// ARN to unique ID.
    #[serde(rename = "trusted")]
    pub ids: BTreeMap<String, String>,
}

impl StoredTrust {
    /// The document as IAM returns and enforces it: ARNs of existing roles and users, and unique IDs of deleted ones,
    /// even if another was later created under the same name.
    pub(crate) fn current(
        &self,
        unique_id: impl Fn(&Arn) -> Option<String>,
    ) -> Result<String, BrokenDocument> {
        let Self { text, ids } = self;
        let deleted = |arn: &str| {
            let id = ids.get(arn)?;
            let parsed: Arn = arn.parse().ok()?;
            (unique_id(&parsed).as_ref() != Some(id)).then(|| id.clone())
        };
        if ids.keys().all(|arn| deleted(arn).is_none()) {
            return Ok(text.clone());
        }
        let mut document = parse(text)?;
        map_principals(&mut document, &deleted);
        Ok(document.to_json())
    }
}

/// Replaces principals of kind `AWS` for which `other` has another value.
pub(crate) fn map_principals(document: &mut Document, other: &dyn Fn(&str) -> Option<String>) {
    let map = |value: &mut String| {
        if let Some(other) = other(value) {
            *value = other;
        }
    };
    let statements = match Arc::make_mut(&mut document.statements) {
        OneOrMany::One(statement) => std::slice::from_mut(statement),
        OneOrMany::Many(statements) => statements.as_mut_slice(),
    };
    for statement in statements {
        let (Some(PrincipalElement::Principal(principals))
        | Some(PrincipalElement::NotPrincipal(principals))) = &mut statement.principal
        else {
            continue;
        };
        let Principals::ByKind(kinds) = principals else { continue };
        match kinds.get_mut("AWS") {
            Some(OneOrMany::One(value)) => map(value),
            Some(OneOrMany::Many(values)) => values.iter_mut().for_each(map),
            None => {}
        }
    }
}
