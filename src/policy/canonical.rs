//! The canonical form of a document: one spelling for all documents that mean the same.

use std::collections::{BTreeMap, BTreeSet};

use super::document::{
    ActionElement, Document, OneOrMany, PrincipalElement, Principals, ResourceElement, Scalar, Statement,
};
use super::names::{canonical_action, canonical_key, is_account_id};

type Condition = BTreeMap<String, BTreeMap<String, OneOrMany<Scalar>>>;

pub(super) fn canonical(document: &Document) -> Document {
    let Document { version, id, statements, unknown } = document;
    // Sorted by their JSON: deterministic, and injective because every part is canonical already.
    let statements: BTreeMap<String, Statement> = statements
        .as_slice()
        .iter()
        .map(|statement| {
            let statement = canonical_statement(statement);
            (super::document::statement_json(&statement), statement)
        })
        .collect();
    Document {
        version: Some(version.clone().unwrap_or_else(|| "2008-10-17".to_owned())),
        id: not_empty(id.as_ref()),
        statements: OneOrMany::Many(statements.into_values().collect()),
        unknown: unknown.clone(),
    }
}

fn not_empty(text: Option<&String>) -> Option<String> {
    text.filter(|text| !text.is_empty()).cloned()
}

fn canonical_statement(statement: &Statement) -> Statement {
    let Statement { sid, effect, principal, action, resource, condition, unknown } = statement;
    Statement {
        sid: not_empty(sid.as_ref()),
        effect: *effect,
        principal: principal.as_ref().map(|element| match element {
            PrincipalElement::Principal(principals) => {
                PrincipalElement::Principal(unify_any(canonical_principals(principals)))
            }
            // Of `NotPrincipal` IAM does not say that "*" and {"AWS": "*"} are the same.
            PrincipalElement::NotPrincipal(principals) => {
                PrincipalElement::NotPrincipal(canonical_principals(principals))
            }
        }),
        action: action.as_ref().map(|element| match element {
            ActionElement::Action(list) => ActionElement::Action(sorted(list, |a| canonical_action(a))),
            ActionElement::NotAction(list) => ActionElement::NotAction(sorted(list, |a| canonical_action(a))),
        }),
        resource: resource.as_ref().map(|element| match element {
            ResourceElement::Resource(list) => ResourceElement::Resource(sorted(list, String::clone)),
            ResourceElement::NotResource(list) => ResourceElement::NotResource(sorted(list, String::clone)),
        }),
        condition: condition.as_ref().map(canonical_condition).filter(|condition| !condition.is_empty()),
        unknown: unknown.clone(),
    }
}

fn canonical_principals(principals: &Principals) -> Principals {
    match principals {
        Principals::Any => Principals::Any,
        Principals::ByKind(kinds) => Principals::ByKind(
            kinds
                .iter()
                .map(|(kind, values)| {
                    let values = if kind == "AWS" {
                        sorted(values, |value| canonical_aws_principal(value))
                    } else {
                        sorted(values, String::clone)
                    };
                    (kind.clone(), values)
                })
                .collect(),
        ),
    }
}

fn unify_any(principals: Principals) -> Principals {
    match &principals {
        Principals::ByKind(kinds)
            if kinds.len() == 1 && kinds.get("AWS").is_some_and(|values| values.as_slice() == ["*"]) =>
        {
            Principals::Any
        }
        _ => principals,
    }
}

/// An account ID is its root ARN. A bare ID does not say which partition it is in, so it is taken to be in
/// `aws`: in another partition the two forms differ, which costs an update and hides nothing.
pub(super) fn canonical_aws_principal(value: &str) -> String {
    if is_account_id(value) { format!("arn:aws:iam::{value}:root") } else { value.to_owned() }
}

fn canonical_condition(condition: &Condition) -> Condition {
    condition
        .iter()
        .filter(|(_, keys)| !keys.is_empty())
        .map(|(operator, keys)| (operator.clone(), canonical_keys(keys)))
        .collect()
}

fn canonical_keys(keys: &BTreeMap<String, OneOrMany<Scalar>>) -> BTreeMap<String, OneOrMany<Scalar>> {
    let values = |list: &OneOrMany<Scalar>| match sorted(list, |value| scalar_text(value).into_owned()) {
        OneOrMany::One(text) => OneOrMany::One(Scalar::String(text)),
        OneOrMany::Many(texts) => OneOrMany::Many(texts.into_iter().map(Scalar::String).collect()),
    };
    let folded: BTreeMap<_, _> = keys.iter().map(|(key, list)| (canonical_key(key), values(list))).collect();
    if folded.len() == keys.len() {
        return folded;
    }
    // Keys that differ in case only: what IAM makes of them is not documented, and merging could lose one.
    keys.iter().map(|(key, list)| (key.clone(), values(list))).collect()
}

/// `true` and `"true"` mean the same.
pub(super) fn scalar_text(value: &Scalar) -> std::borrow::Cow<'_, str> {
    match value {
        Scalar::String(text) => text.as_str().into(),
        Scalar::Number(number) => number.to_string().into(),
        Scalar::Bool(true) => "true".into(),
        Scalar::Bool(false) => "false".into(),
    }
}

fn sorted<T, U: Ord>(list: &OneOrMany<T>, canonical: impl Fn(&T) -> U) -> OneOrMany<U> {
    let set: BTreeSet<U> = list.as_slice().iter().map(canonical).collect();
    let mut values: Vec<U> = set.into_iter().collect();
    match (values.len(), values.pop()) {
        (1, Some(value)) => OneOrMany::One(value),
        (_, last) => {
            values.extend(last);
            OneOrMany::Many(values)
        }
    }
}
