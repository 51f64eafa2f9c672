//! What statements accept as an external ID, shared by several rules.

use std::collections::BTreeSet;

use super::super::model::Subject;
use super::super::probe::is_plain_id;
use super::principals::is_genesys;
use crate::policy::Principal;
use crate::policy::document::{Scalar, Statement};
use crate::policy::key::{EXTERNAL_ID, is_presentable_id};

/// Whether someone the statement names gets in without an external ID.
pub(super) fn accepts_none(subject: &Subject<'_>, statement: &Statement) -> bool {
    accepts(subject, statement, None)
}

/// Whether Genesys's account gets in without an external ID.
pub(super) fn accepts_none_from_genesys(subject: &Subject<'_>, statement: &Statement) -> bool {
    let principals = subject.probe.principals(statement);
    let mut genesys = principals.iter().filter(|principal| is_genesys(subject, principal));
    genesys.any(|principal| subject.probe.admits(statement, principal, None))
}

/// Whether someone the statement names gets in with an external ID that is not in the document.
pub(super) fn accepts_any(subject: &Subject<'_>, statement: &Statement) -> bool {
    accepts(subject, statement, Some(subject.probe.other_id()))
}

pub(super) fn accepts(subject: &Subject<'_>, statement: &Statement, id: Option<&str>) -> bool {
    let principals = subject.probe.principals(statement);
    principals
        .iter()
        .any(|principal| !is_verifier(subject, principal) && subject.probe.admits(statement, principal, id))
}

/// External IDs, of every kind, with which Genesys's account gets in.
pub(super) fn accepted(subject: &Subject<'_>, statement: &Statement) -> BTreeSet<String> {
    let principals = subject.probe.principals(statement);
    let genesys = principals.iter().filter(|principal| is_genesys(subject, principal));
    genesys.flat_map(|who| subject.probe.accepted(statement, who).found).map(|one| one.id).collect()
}

/// The values that any statement compares the external ID with.
pub(super) fn listed<'a>(subject: &Subject<'a>) -> impl Iterator<Item = (&'a str, &'a Scalar)> {
    let statements = subject.document.statements.as_slice().iter();
    let conditions = statements.flat_map(|statement| statement.conditions().on(EXTERNAL_ID));
    conditions.flat_map(|(operator, values)| values.iter().map(move |value| (operator, value)))
}

fn is_verifier(subject: &Subject<'_>, principal: &Principal) -> bool {
    let verifier = subject.expected.verifier.map(ToString::to_string);
    matches!(principal, Principal::Aws(arn) if Some(arn) == verifier.as_ref())
}

/// Whether the statement has a condition that a missing external ID satisfies.
pub(super) fn has_optional_demand(statement: &Statement) -> bool {
    statement.conditions().on(EXTERNAL_ID).any(|(operator, _)| is_optional(operator))
}

pub(super) fn is_optional(operator: &str) -> bool {
    operator.ends_with("IfExists") || operator.starts_with("ForAllValues:")
}

/// The operator without its set operator and `IfExists`.
pub(super) fn plain_operator(operator: &str) -> &str {
    let operator = operator.trim_start_matches("ForAnyValue:").trim_start_matches("ForAllValues:");
    operator.strip_suffix("IfExists").unwrap_or(operator)
}

/// The values a statement requires of the external ID, with their operators.
pub(super) fn demanded(statement: &Statement) -> impl Iterator<Item = (&str, &Scalar)> {
    let demands = statement.conditions().on(EXTERNAL_ID);
    demands
        .filter(|(operator, _)| {
            matches!(plain_operator(operator), "StringEquals" | "StringEqualsIgnoreCase" | "StringLike")
        })
        .flat_map(|(operator, values)| values.iter().map(move |value| (operator, value)))
}

/// Those of them that nobody can present, with their operators.
pub(super) fn unusable(statement: &Statement) -> impl Iterator<Item = (&str, String)> {
    demanded(statement).filter_map(|(operator, value)| {
        let id = value.to_string();
        let is_pattern = plain_operator(operator) == "StringLike" && !is_plain_id(value);
        let is_unusable = !is_pattern && !id.contains("${") && !id.is_empty() && !is_presentable_id(&id);
        is_unusable.then_some((operator, id))
    })
}
