//! Properties of the policy language that hold for every document.

use std::collections::BTreeMap;

use genesys_iam::policy::document::{
    ActionElement, Conditions, Effect, OneOrMany, PrincipalElement, Principals, ResourceElement, Scalar,
    Statement,
};
use genesys_iam::policy::{
    Context, ContextValue, Decision, Document, Policies, Principal, Request, equivalent, evaluate,
};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use proptest::prelude::*;
use proptest::sample::select;
use serde_json::Value;

/// Few values, so that documents often overlap with each other and the requests.
fn one_or_many<T: Clone + std::fmt::Debug + 'static>(values: Vec<T>) -> impl Strategy<Value = OneOrMany<T>> {
    let one = select(values.clone()).prop_map(OneOrMany::One);
    let many = prop::collection::vec(select(values), 1..4).prop_map(OneOrMany::Many);
    prop_oneof![one, many]
}

fn strings(values: &[&str]) -> Vec<String> {
    values.iter().map(|value| (*value).to_owned()).collect()
}

const ACCOUNTS: [&str; 11] = [
    "111122223333",
    "arn:aws:iam::111122223333:root",
    "765628985471",
    "arn:aws:iam::765628985471:root",
    "arn:aws:iam::765628985471:role/caller",
    "arn:aws:iam::765628985471:role/path/Caller",
    "arn:aws:sts::765628985471:assumed-role/caller/session",
    "arn:aws-us-gov:iam::111122223333:root",
    "arn:aws:iam::111122223333:user/*",
    "AROAEXAMPLEEXAMPLE123",
    "*",
];

fn principals() -> impl Strategy<Value = Principals> {
    let aws = one_or_many(strings(&ACCOUNTS)).prop_map(|values| BTreeMap::from([("AWS".to_owned(), values)]));
    let service =
        Just(BTreeMap::from([("Service".to_owned(), OneOrMany::One("lambda.amazonaws.com".to_owned()))]));
    prop_oneof![Just(Principals::Any), prop_oneof![4 => aws, 1 => service].prop_map(Principals::ByKind)]
}

fn scalars() -> Vec<Scalar> {
    let mut scalars: Vec<Scalar> = ["a", "A", "a*", "true", "1", "${sts:ExternalId}"]
        .map(|text| Scalar::String(text.to_owned()))
        .to_vec();
    scalars.extend([Scalar::Bool(true), Scalar::Number(1.into())]);
    scalars
}

fn condition() -> impl Strategy<Value = BTreeMap<String, BTreeMap<String, OneOrMany<Scalar>>>> {
    let operators = strings(&[
        "StringEquals",
        "StringNotEquals",
        "StringLike",
        "StringEqualsIfExists",
        "StringEqualsIgnoreCase",
        "ForAnyValue:StringEquals",
        "ForAllValues:StringEquals",
        "Bool",
        "NumericLessThan",
        "Null",
        "StringEqual",
    ]);
    let keys = strings(&["sts:ExternalId", "STS:externalid", "aws:PrincipalTag/Team", "aws:SecureTransport"]);
    let block = prop::collection::btree_map(select(keys), one_or_many(scalars()), 0..3);
    prop::collection::btree_map(select(operators), block, 0..3)
}

fn statement() -> impl Strategy<Value = Statement> {
    let principal = prop_oneof![
        4 => principals().prop_map(PrincipalElement::Principal),
        1 => principals().prop_map(PrincipalElement::NotPrincipal),
    ];
    let actions =
        || one_or_many(strings(&["sts:AssumeRole", "STS:assumerole", "sts:*", "lambda:InvokeFunction", "*"]));
    let action = prop_oneof![
        4 => actions().prop_map(ActionElement::Action),
        1 => actions().prop_map(ActionElement::NotAction),
    ];
    let resources = || one_or_many(strings(&["arn:f", "arn:F", "arn:*", "*"]));
    let resource = prop_oneof![
        4 => resources().prop_map(ResourceElement::Resource),
        1 => resources().prop_map(ResourceElement::NotResource),
    ];
    let sid = prop::option::of(select(strings(&["", "Sid"])));
    let effect = prop_oneof![3 => Just(Effect::Allow), 1 => Just(Effect::Deny)];
    let unknown = prop_oneof![
        9 => Just(BTreeMap::new()),
        1 => Just(BTreeMap::from([("Extra".to_owned(), Value::Bool(true))])),
    ];
    (sid, effect, principal, action, prop::option::of(resource), prop::option::of(condition()), unknown)
        .prop_map(|(sid, effect, principal, action, resource, condition, unknown)| Statement {
            sid,
            effect,
            principal: Some(principal),
            action: Some(action),
            resource,
            condition: condition.map(Conditions),
            unknown,
        })
}

fn document() -> impl Strategy<Value = Document> {
    let version = prop::option::of(select(strings(&["2008-10-17", "2012-10-17", "2012-10-18"])));
    let statements = prop_oneof![
        statement().prop_map(OneOrMany::One),
        prop::collection::vec(statement(), 0..4).prop_map(OneOrMany::Many),
    ];
    (version, statements).prop_map(|(version, statements)| Document {
        version,
        id: None,
        statements: statements.into(),
        unknown: BTreeMap::new(),
    })
}

/// A document with the same meaning by the rules: other order, single values as lists, repeated values.
fn rewritten(document: &Document, seed: u64) -> Document {
    let mut bits = seed;
    let mut flip = move || {
        bits = bits.rotate_left(7).wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(1);
        bits & 1 == 1
    };
    fn list<T: Clone>(values: &OneOrMany<T>, flip: &mut impl FnMut() -> bool) -> OneOrMany<T> {
        let mut values = values.as_slice().to_vec();
        if flip() {
            values.reverse();
        }
        if flip() && !values.is_empty() {
            values.push(values[0].clone());
        }
        match values.as_slice() {
            [only] if flip() => OneOrMany::One(only.clone()),
            _ => OneOrMany::Many(values),
        }
    }
    let mut other = document.clone();
    other.version = other.version.or_else(|| flip().then(|| "2008-10-17".to_owned()));
    let statements: Vec<Statement> = document
        .statements
        .as_slice()
        .iter()
        .map(|statement| {
            let mut statement = statement.clone();
            if statement.sid.as_deref() == Some("") && flip() {
                statement.sid = None;
            }
            statement.action = statement.action.map(|element| match element {
                ActionElement::Action(values) => ActionElement::Action(list(&values, &mut flip)),
                ActionElement::NotAction(values) => ActionElement::NotAction(list(&values, &mut flip)),
            });
            statement.resource = statement.resource.map(|element| match element {
                ResourceElement::Resource(values) => ResourceElement::Resource(list(&values, &mut flip)),
                ResourceElement::NotResource(values) => {
                    ResourceElement::NotResource(list(&values, &mut flip))
                }
            });
            if let Some(PrincipalElement::Principal(Principals::ByKind(kinds))) = &mut statement.principal {
                kinds.values_mut().for_each(|values| *values = list(values, &mut flip));
            }
            for keys in statement.condition.iter_mut().flat_map(|conditions| conditions.0.values_mut()) {
                keys.values_mut().for_each(|values| *values = list(values, &mut flip));
            }
            statement
        })
        .collect();
    other.statements = list(&OneOrMany::Many(statements), &mut flip).into();
    other
}

fn requests() -> Vec<Request> {
    let principals = [
        Principal::Aws("arn:aws:iam::765628985471:root".to_owned()),
        Principal::Aws("arn:aws:sts::765628985471:assumed-role/caller/session".to_owned()),
        Principal::Aws("arn:aws:iam::111122223333:user/u".to_owned()),
        Principal::Aws("arn:aws:iam::444455556666:root".to_owned()),
        Principal::Aws("arn:aws-us-gov:iam::111122223333:role/caller".to_owned()),
        Principal::Aws("111122223333".to_owned()),
        Principal::Service("lambda.amazonaws.com".to_owned()),
        Principal::Anonymous,
    ];
    let contexts = [
        Context::complete(),
        Context::partial(),
        Context::complete().with("sts:ExternalId", &["a"]),
        Context::complete().with("sts:ExternalId", &["A"]).with("aws:PrincipalTag/team", &["a", "b"]),
        Context::complete().with("sts:ExternalId", &[]).with("aws:SecureTransport", &["true"]),
        Context::complete().with("sts:ExternalId", &["1"]).with("aws:PrincipalTag/Team", &["0"]),
    ];
    let mut requests = Vec::new();
    for principal in &principals {
        for context in &contexts {
            for (action, resource) in [
                ("sts:AssumeRole", "arn:aws:iam::111122223333:role/r"),
                ("sts:AssumeRole", "arn:f"),
                ("lambda:InvokeFunction", "arn:F"),
            ] {
                requests.push(Request {
                    principal: principal.clone(),
                    action: action.to_owned(),
                    resource: resource.to_owned(),
                    context: context.clone(),
                });
            }
        }
    }
    requests
}

/// The decision with the document as a resource policy.
fn decide(document: &Document, request: &Request) -> Decision {
    let policies = Policies { resource: Some(("it".to_owned(), document)), ..Policies::default() };
    evaluate(&policies, request).decision
}

/// The document with one more statement.
fn with(document: &Document, statement: &Statement) -> Document {
    let mut statements = document.statements.as_slice().to_vec();
    statements.push(statement.clone());
    Document { statements: OneOrMany::Many(statements).into(), ..document.clone() }
}

/// The values that an unknown key may have.
fn possible_values() -> [ContextValue; 8] {
    let values = |values: &[&str]| ContextValue::Values(strings(values));
    [
        ContextValue::Absent,
        values(&[]),
        values(&[""]),
        values(&["a"]),
        values(&["A"]),
        values(&["true"]),
        values(&["1"]),
        values(&["a", "b"]),
    ]
}

fn with_value(request: &Request, key: &str, value: &ContextValue) -> Request {
    let context = request.context.clone();
    let context = match value {
        ContextValue::Values(values) => {
            context.with(key, &values.iter().map(String::as_str).collect::<Vec<_>>())
        }
        ContextValue::Like(_) => unreachable!("no case has one"),
        ContextValue::Absent => context.without(key),
        ContextValue::Unknown => context.unknown(key),
    };
    Request { context, ..request.clone() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 1024, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_document_is_read_as_it_was_written(document in document()) {
        prop_assert_eq!(&Document::parse(&document.to_json()).unwrap(), &document);
    }

    #[test]
    fn the_canonical_form_is_stable_and_means_the_same(document in document()) {
        let canonical = document.canonical();
        prop_assert_eq!(&canonical.canonical(), &canonical);
        prop_assert!(equivalent(&document, &canonical));
        prop_assert!(equivalent(&document, &Document::parse(&document.to_pretty()).unwrap()));
    }

    #[test]
    fn order_lists_and_duplicates_make_no_difference(document in document(), seed: u64) {
        let other = rewritten(&document, seed);
        prop_assert!(equivalent(&document, &other), "{} {}", document.to_json(), other.to_json());
        prop_assert!(equivalent(&other, &document));
    }

    #[test]
    fn percent_encoding_and_white_space_make_no_difference(document in document()) {
        let encoded = utf8_percent_encode(&document.to_pretty(), NON_ALPHANUMERIC).to_string();
        prop_assert!(equivalent(&document, &Document::parse_encoded(&encoded).unwrap()));
    }

    #[test]
    fn equivalence_is_reflexive_symmetric_and_transitive(a in document(), b in document(), seed: u64) {
        prop_assert!(equivalent(&a, &a));
        prop_assert_eq!(equivalent(&a, &b), equivalent(&b, &a));
        let c = rewritten(&b, seed);
        prop_assert_eq!(equivalent(&a, &b), equivalent(&a, &c));
    }

    /// The one that matters for security: documents that compare equal behave equally.
    #[test]
    fn what_the_evaluator_tells_apart_is_never_called_equal(a in document(), b in document(), seed: u64) {
        for b in [b, rewritten(&a, seed), a.canonical()] {
            if equivalent(&a, &b) {
                for request in requests() {
                    prop_assert_eq!(decide(&a, &request), decide(&b, &request), "{:?} {}", request, a.to_json());
                }
            }
        }
    }

    /// The same for small documents, where many pairs are equal by chance.
    #[test]
    fn small_documents_that_differ_in_one_place_are_told_apart(a in statement(), b in statement()) {
        let lone = |statement: &Statement| Document {
            version: Some("2012-10-17".to_owned()),
            id: None,
            statements: OneOrMany::One(statement.clone()).into(),
            unknown: BTreeMap::new(),
        };
        let mixed = [
            Statement { condition: b.condition.clone(), ..a.clone() },
            Statement { principal: b.principal.clone(), ..a.clone() },
            Statement { action: b.action.clone(), ..a.clone() },
            Statement { resource: b.resource.clone(), ..a.clone() },
            Statement { effect: b.effect, unknown: b.unknown.clone(), ..a.clone() },
        ];
        for other in mixed {
            let (a, b) = (lone(&a), lone(&other));
            if equivalent(&a, &b) {
                for request in requests() {
                    prop_assert_eq!(decide(&a, &request), decide(&b, &request), "{} {}", a.to_json(), b.to_json());
                }
            }
        }
    }

    /// A decision made despite an unknown key holds for every value of the key.
    #[test]
    fn an_unknown_key_leaves_undecided_what_hangs_on_it(
        document in document(),
        picked: [prop::sample::Index; 6],
    ) {
        let requests = requests();
        for request in picked.map(|index| index.get(&requests)) {
            for key in ["sts:ExternalId", "aws:PrincipalTag/Team", "aws:SecureTransport"] {
                let without = decide(&document, &with_value(request, key, &ContextValue::Unknown));
                if without == Decision::Undecided {
                    continue;
                }
                for value in possible_values() {
                    let known = decide(&document, &with_value(request, key, &value));
                    // A Deny that may or may not match can turn out to match, if nothing allows the request anyway.
                    let same = known == without
                        || (without == Decision::ImplicitDeny && known == Decision::ExplicitDeny);
                    prop_assert!(same, "{key} {value:?}: {without:?}, {known:?}\n{}\n{request:?}", document.to_json());
                }
            }
        }
    }

    #[test]
    fn another_deny_allows_nothing_more_and_another_allow_denies_nothing_more(
        document in document(),
        statement in statement(),
        picked: [prop::sample::Index; 24],
    ) {
        let more = with(&document, &statement);
        let requests = requests();
        for request in picked.map(|index| index.get(&requests)) {
            let (before, after) = (decide(&document, request), decide(&more, request));
            match statement.effect {
                Effect::Deny if after == Decision::Allowed => prop_assert_eq!(before, Decision::Allowed),
                Effect::Allow if before == Decision::Allowed => prop_assert_eq!(after, Decision::Allowed),
                _ => {}
            }
            if before == Decision::ExplicitDeny {
                prop_assert_eq!(after, Decision::ExplicitDeny);
            }
        }
    }

    #[test]
    fn no_text_makes_the_reader_panic(text in "[\\[\\]{}:,\"a-zA-Z*0-9 \\\\]{0,80}") {
        let _ = Document::parse(&text);
        let _ = Document::parse_encoded(&text);
    }
}
