//! The two documents that this product writes.

use std::collections::BTreeMap;

use super::document::{
    ActionElement, Conditions, Document, Effect, OneOrMany, PrincipalElement, Principals, ResourceElement,
    Statement, VERSION_2012,
};
use super::key::EXTERNAL_ID;
use crate::arn::{Arn, FunctionArn};

/// Lets these principals assume the role, only with the external ID.
pub fn trust_policy(principals: &[&Arn], external_id: &str) -> Document {
    let principals = match principals {
        [one] => OneOrMany::One(one.to_string()),
        many => OneOrMany::Many(many.iter().map(ToString::to_string).collect()),
    };
    let principal = BTreeMap::from([("AWS".to_owned(), principals)]);
    document(Statement {
        sid: None,
        effect: Effect::Allow,
        principal: Some(PrincipalElement::Principal(Principals::ByKind(principal))),
        action: Some(ActionElement::Action(OneOrMany::One("sts:AssumeRole".to_owned()))),
        resource: None,
        condition: Some(Conditions::one("StringEquals", EXTERNAL_ID, external_id)),
        unknown: BTreeMap::new(),
    })
}

/// Allows `lambda:InvokeFunction` on exactly these ARNs.
pub fn invoke_policy(functions: &[FunctionArn]) -> Document {
    document(Statement {
        sid: None,
        effect: Effect::Allow,
        principal: None,
        action: Some(ActionElement::Action(OneOrMany::One("lambda:InvokeFunction".to_owned()))),
        resource: Some(ResourceElement::Resource(OneOrMany::Many(
            functions.iter().map(ToString::to_string).collect(),
        ))),
        condition: None,
        unknown: BTreeMap::new(),
    })
}

/// Lets nobody assume the role.
pub fn closed_trust() -> Document {
    document(Statement {
        sid: None,
        effect: Effect::Deny,
        principal: Some(PrincipalElement::Principal(Principals::Any)),
        action: Some(ActionElement::Action(OneOrMany::One("sts:AssumeRole".to_owned()))),
        resource: None,
        condition: None,
        unknown: BTreeMap::new(),
    })
}

/// Allows nothing: IAM requires at least one statement.
pub fn deny_policy() -> Document {
    document(Statement {
        sid: None,
        effect: Effect::Deny,
        principal: None,
        action: Some(ActionElement::Action(OneOrMany::One("*".to_owned()))),
        resource: Some(ResourceElement::Resource(OneOrMany::One("*".to_owned()))),
        condition: None,
        unknown: BTreeMap::new(),
    })
}

fn document(statement: Statement) -> Document {
    Document {
        version: Some(VERSION_2012.to_owned()),
        id: None,
        statements: OneOrMany::Many(vec![statement]).into(),
        unknown: BTreeMap::new(),
    }
}
