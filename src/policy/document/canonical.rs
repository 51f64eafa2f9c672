//! The form in which documents are compared and shown, and when two documents are equivalent.

use std::collections::{BTreeMap, BTreeSet};

use sha2::{Digest as _, Sha256};

use super::super::key::EXTERNAL_ID;
use super::super::operator::is_known_operator;
use super::model::{
    ActionElement, Conditions, Document, Effect, OneOrMany, PrincipalElement, Principals, ResourceElement,
    Scalar, Statement, VERSION_2008,
};
use super::spelling::Spelling;
use crate::arn::AccountId;

impl Document {
    /// The canonical form for people, with two spaces of indentation: actions and keys have their capitals.
    pub fn to_pretty(&self) -> String {
        self.to_pretty_spelled(&Spelling::of(&[self]))
    }

    /// The same in a given spelling: documents with one spelling differ only where their canonical forms do.
    pub fn to_pretty_spelled(&self, spelling: &Spelling) -> String {
        let mut canonical = self.canonical();
        spelling.respell(&mut canonical);
        let mut out = String::new();
        canonical.to_node().write_pretty(&mut out, 0);
        out.push('\n');
        out
    }

    /// The canonical form: lists sorted and deduplicated, one-element lists as single values, principals' account IDs
    /// as root ARNs, empty elements removed, actions and known condition keys in one case. Documents with equal
    /// canonical forms mean the same; anything not understood is kept as is, so it differs.
    #[must_use]
    pub fn canonical(&self) -> Self {
        let Self { version, id, statements, unknown } = self;
        let mut keyed: Vec<(String, Statement)> = statements
            .as_slice()
            .iter()
            .map(Statement::canonical)
            .map(|statement| (statement.to_json(), statement))
            .collect();
        keyed.sort_by(|(a, _), (b, _)| a.cmp(b));
        keyed.dedup_by(|(a, _), (b, _)| a == b);
        Self {
            version: Some(version.clone().unwrap_or_else(|| VERSION_2008.to_owned())),
            id: id.clone().filter(|id| !id.is_empty()),
            statements: OneOrMany::Many(keyed.into_iter().map(|(_, statement)| statement).collect()).into(),
            unknown: unknown.clone(),
        }
    }
}

impl Document {
    /// One of its statements plus all the document's denials: everything that affects what the statement allows.
    #[must_use]
    pub fn with_denials(&self, statement: &Statement) -> Self {
        let denials = self.statements.as_slice().iter().filter(|other| other.effect == Effect::Deny);
        let statements: Vec<Statement> = denials.chain([statement]).cloned().collect();
        Self { statements: OneOrMany::Many(statements).into(), ..self.clone() }
    }

    /// Without `Id` and `Sid`, which nobody's access depends on.
    fn without_names(&self) -> Self {
        let unnamed = |statement: &Statement| Statement { sid: None, ..statement.clone() };
        let statements: Vec<Statement> = self.statements.as_slice().iter().map(unnamed).collect();
        Self { id: None, statements: OneOrMany::Many(statements).into(), ..self.clone() }
    }

    /// `sha256:…` of the canonical form: identical for equivalent documents.
    pub fn digest(&self) -> String {
        let digest = Sha256::digest(self.canonical().to_json());
        digest.iter().fold("sha256:".to_owned(), |mut text, byte| {
            text.push_str(&format!("{byte:02x}"));
            text
        })
    }
}

impl Statement {
    fn canonical(&self) -> Self {
        let Self { sid, effect, principal, action, resource, condition, unknown } = self;
        Self {
            sid: sid.clone().filter(|sid| !sid.is_empty()),
            effect: *effect,
            principal: principal.as_ref().map(|element| match element {
                PrincipalElement::Principal(principals) => {
                    PrincipalElement::Principal(principals.canonical())
                }
                PrincipalElement::NotPrincipal(principals) => {
                    PrincipalElement::NotPrincipal(principals.canonical())
                }
            }),
            action: action.as_ref().map(|element| match element {
                ActionElement::Action(actions) => ActionElement::Action(canonical_actions(actions)),
                ActionElement::NotAction(actions) => ActionElement::NotAction(canonical_actions(actions)),
            }),
            resource: resource.as_ref().map(|element| match element {
                ResourceElement::Resource(values) => ResourceElement::Resource(values.sorted()),
                ResourceElement::NotResource(values) => ResourceElement::NotResource(values.sorted()),
            }),
            condition: condition
                .as_ref()
                .map(canonical_conditions)
                .filter(|conditions| !conditions.0.is_empty()),
            unknown: unknown.clone(),
        }
    }
}

impl Principals {
    fn canonical(&self) -> Self {
        let Self::ByKind(kinds) = self else { return Self::Any };
        let everyone = |values: &OneOrMany<String>| {
            !values.as_slice().is_empty() && values.as_slice().iter().all(|value| value == "*")
        };
        if kinds.len() == 1 && kinds.get("AWS").is_some_and(everyone) {
            return Self::Any;
        }
        let kinds = kinds.iter().map(|(kind, values)| {
            let values: Vec<String> = values
                .as_slice()
                .iter()
                .map(|value| match value.parse::<AccountId>() {
                    // A bare ID has the document's own partition, usually `aws`; elsewhere the two forms differ, which
                    // costs only a needless update.
                    Ok(account) if kind == "AWS" => format!("arn:aws:iam::{account}:root"),
                    _ => value.clone(),
                })
                .collect();
            (kind.clone(), OneOrMany::Many(values).sorted())
        });
        Self::ByKind(kinds.collect())
    }
}

impl<T: Ord + Clone> OneOrMany<T> {
    /// Sorted and deduplicated; a single element becomes a lone value. An empty list stays a list.
    fn sorted(&self) -> Self {
        let set: BTreeSet<&T> = self.as_slice().iter().collect();
        let mut values: Vec<T> = set.into_iter().cloned().collect();
        match values.pop() {
            Some(only) if values.is_empty() => Self::One(only),
            last => {
                values.extend(last);
                Self::Many(values)
            }
        }
    }
}

/// Actions ignore case: this product's own are shown as AWS writes them, others in lower case.
fn canonical_actions(actions: &OneOrMany<String>) -> OneOrMany<String> {
    let canonical = |action: &String| {
        let known = ["sts:AssumeRole", "sts:TagSession", "sts:SetSourceIdentity", "lambda:InvokeFunction"];
        match known.iter().find(|known| known.eq_ignore_ascii_case(action)) {
            Some(known) => (*known).to_owned(),
            None => action.to_ascii_lowercase(),
        }
    };
    OneOrMany::Many(actions.as_slice().iter().map(canonical).collect()).sorted()
}

/// Keys ignore case, values do not. Keys of one operator that differ only in case are left alone: how IAM treats them
/// is not documented, and merging could lose a condition.
fn canonical_conditions(conditions: &Conditions) -> Conditions {
    let operators = conditions
        .0
        .iter()
        // An unknown operator is kept even when empty: its meaning is unknown.
        .filter(|(operator, keys)| !keys.is_empty() || !is_known_operator(operator))
        .map(|(operator, keys)| {
            let lower: BTreeSet<String> = keys.keys().map(|key| key.to_ascii_lowercase()).collect();
            let distinct = lower.len() == keys.len();
            let keys = keys.iter().map(|(key, values)| {
                let key = if distinct { canonical_key(key) } else { key.clone() };
                (key, canonical_values(values))
            });
            (operator.clone(), keys.collect())
        });
    Conditions(operators.collect())
}

/// Integers and booleans become text, which means the same. How IAM writes a fraction is unknown, so it stays a number.
fn canonical_values(values: &OneOrMany<Scalar>) -> OneOrMany<Scalar> {
    let is_fraction =
        |value: &Scalar| matches!(value, Scalar::Number(number) if !number.is_i64() && !number.is_u64());
    let mut sorted: BTreeMap<(bool, String), Scalar> = BTreeMap::new();
    for value in values.as_slice() {
        let canonical = if is_fraction(value) { value.clone() } else { Scalar::String(value.to_string()) };
        sorted.insert((is_fraction(value), value.to_string()), canonical);
    }
    let mut values: Vec<Scalar> = sorted.into_values().collect();
    match values.pop() {
        Some(only) if values.is_empty() => OneOrMany::One(only),
        last => {
            values.extend(last);
            OneOrMany::Many(values)
        }
    }
}

/// The tag key after the slash in `aws:PrincipalTag/Team` ignores case too.
fn canonical_key(key: &str) -> String {
    if key.eq_ignore_ascii_case(EXTERNAL_ID) { EXTERNAL_ID.to_owned() } else { key.to_ascii_lowercase() }
}

/// Whether two documents mean the same, by canonical form and whatever their `Id` and `Sid` are: linear in size except for sorting. When in doubt they
/// differ: a false "equal" hides an open door, a false "different" costs one needless update.
///
/// ```
/// use genesys_iam::policy::{Document, equivalent};
/// let list = Document::parse(r#"{"Statement":[{"Effect":"Allow","Action":["s3:Get*"],"Resource":["*"]}]}"#)?;
/// let lone = Document::parse(r#"{"Statement":{"Effect":"Allow","Action":"S3:get*","Resource":"*"}}"#)?;
/// assert!(equivalent(&list, &lone));
/// # Ok::<(), genesys_iam::policy::ParseError>(())
/// ```
pub fn equivalent(a: &Document, b: &Document) -> bool {
    a == b || a.without_names().canonical() == b.without_names().canonical()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn same(a: &str, b: &str) -> bool {
        let [a, b] = [a, b].map(|text| Document::parse(text).unwrap());
        assert_eq!(equivalent(&a, &b), equivalent(&b, &a));
        equivalent(&a, &b)
    }

    fn statement(rest: &str) -> String {
        format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow",{rest}}}}}"#)
    }

    #[test]
    fn an_account_id_is_its_root_arn() {
        assert!(same(
            &statement(r#""Principal":{"AWS":"765628985471"}"#),
            &statement(r#""Principal":{"AWS":["arn:aws:iam::765628985471:root"]}"#)
        ));
        assert!(!same(
            &statement(r#""Principal":{"AWS":"765628985471"}"#),
            &statement(r#""Principal":{"AWS":"arn:aws-us-gov:iam::765628985471:root"}"#)
        ));
    }

    #[test]
    fn two_different_principals_differ() {
        assert!(!same(&statement(r#""Principal":"*""#), &statement(r#""Principal":{"AWS":"765628985471"}"#)));
        assert!(same(&statement(r#""Principal":"*""#), &statement(r#""Principal":{"AWS":["*"]}"#)));
        assert!(!same(&statement(r#""Principal":"*""#), &statement(r#""Principal":{"Service":"*"}"#)));
    }

    #[test]
    fn a_missing_version_is_the_old_one() {
        let with = |version: &str| format!(r#"{{{version}"Statement":[]}}"#);
        assert!(same(&with(""), &with(r#""Version":"2008-10-17","#)));
        assert!(!same(&with(""), &with(r#""Version":"2012-10-17","#)));
    }

    #[test]
    fn values_keep_their_case_and_keys_do_not() {
        let id = |key: &str, value: &str| {
            statement(&format!(r#""Condition":{{"StringEquals":{{"{key}":"{value}"}}}}"#))
        };
        assert!(same(&id("sts:ExternalId", "a"), &id("STS:externalid", "a")));
        assert!(!same(&id("sts:ExternalId", "a"), &id("sts:ExternalId", "A")));
    }

    #[test]
    fn a_name_alone_is_no_difference() {
        let plain = statement(r#""Action":"a:b""#);
        let named = statement(r#""Action":"a:b","Sid":"Anything""#);
        assert!(same(&plain, &named));
        assert!(same(&plain, &plain.replacen('{', r#"{"Id":"x","#, 1)));
        assert!(!same(&plain, &statement(r#""Action":"a:c","Sid":"Anything""#)));
    }

    #[test]
    fn keys_that_differ_in_case_only_are_not_merged() {
        let both = statement(r#""Condition":{"StringEquals":{"sts:ExternalId":"a","sts:externalid":"b"}}"#);
        let one = statement(r#""Condition":{"StringEquals":{"sts:ExternalId":["a","b"]}}"#);
        assert!(!same(&both, &one));
    }

    #[test]
    fn an_empty_operator_is_none_but_an_empty_list_is_something() {
        assert!(same(
            &statement(r#""Condition":{"StringEquals":{}},"Sid":"""#),
            &statement(r#""Action":[]"#)
                .replace(r#","Action":[]"#, "")
                .replace(r#""Action":[]"#, r#""Sid":"""#)
        ));
        assert!(!same(&statement(r#""Condition":{"StringEquals":{"a":[]}}"#), &statement(r#""Sid":"""#)));
    }
}
