//! Which external IDs a document accepts from a caller: the evaluator is asked about one ID of every kind that the
//! document tells apart, so "no other" is a proof. It says what it cannot prove.

use std::ops::ControlFlow;

use super::document::{Conditions, Document, OneOrMany, Scalar, Statement, VERSION_2012};
use super::evaluate::{Decision, Evaluation, Policies, evaluate};
use super::key::{EXTERNAL_ID, ID_CHARACTERS, LONGEST_ID, SHORTEST_ID, is_presentable_id};
use super::language::{Language, Texts, Walk, visit_kinds};
use super::operator::{Comparison, Operator};
use super::pattern::{self, Unresolved};
use super::request::{Context, ContextValue, Request};
use crate::arn::AccountId;

/// How a document treats the external IDs a caller may present.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedIds {
    /// The result without an external ID.
    pub without: Decision,
    /// One of each kind that is allowed, or not known to be denied, allowed ones first. At most [`ENOUGH`].
    pub found: Vec<AcceptedId>,
    /// Why there may be others.
    pub unsearched: Option<String>,
}

/// An external ID that gets the caller in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AcceptedId {
    pub id: String,
    pub decision: Decision,
    pub reason: String,
}

impl AcceptedIds {
    /// Whether some ID gets the caller in, or is not ruled out.
    pub fn any(&self) -> bool {
        !self.found.is_empty() || self.unsearched.is_some()
    }
}

/// This many kinds of admitted IDs are enough to report.
const ENOUGH: usize = 16;

/// The external IDs, other than `right`, with which a resource policy allows a request. The external ID in the
/// request's context is ignored.
pub fn accepted_ids(document: &Document, request: &Request, right: Option<&str>) -> AcceptedIds {
    let questions = Questions::of(document, &request.context);
    let judge = |document: &Document, id: Option<&str>| {
        let context = match id {
            Some(id) => request.context.clone().with(EXTERNAL_ID, &[id]),
            None => request.context.clone().without(EXTERNAL_ID),
        };
        // This key replaces the original's conditions that are not searched.
        let request = Request { context: context.unknown(UNSEARCHED), ..request.clone() };
        let policies =
            Policies { resource: Some(("the policy".to_owned(), document)), ..Policies::default() };
        evaluate(&policies, &request)
    };
    let Questions { mut languages, outside, samples } = questions;
    // IDs known by name are kinds of their own.
    let (mut itself, mut named) = (Language::default(), Language::default());
    itself.add_literal(right.unwrap_or_default());
    samples.iter().for_each(|sample| named.add_literal(sample));
    languages.extend([itself, named]);
    let mut found: Vec<AcceptedId> = Vec::new();
    let mut add = |id: &str, Evaluation { decision, reason, statements: _ }: Evaluation| {
        if is_open(decision) && !found.iter().any(|known| known.id == id) {
            found.push(AcceptedId { id: id.to_owned(), decision, reason });
        }
        found.len() < ENOUGH
    };
    for sample in samples.iter().filter(|sample| Some(sample.as_str()) != right) {
        add(sample, judge(document, Some(sample)));
    }
    let texts = Texts { alphabet: ID_CHARACTERS, shortest: SHORTEST_ID, longest: LONGEST_ID };
    let mut open_outside = None;
    let walk = visit_kinds(&languages, texts, |id| {
        if Some(id) == right {
            return ControlFlow::Continue(());
        }
        let goes_on = match &outside {
            None => add(id, judge(document, Some(id))),
            Some(without_them) => {
                let rest = judge(without_them, Some(id));
                let whole = judge(document, Some(id));
                if is_open(rest.decision) && !is_open(whole.decision) {
                    // Another of its kind may get in.
                    open_outside.get_or_insert(rest.reason);
                }
                add(id, whole)
            }
        };
        if goes_on { ControlFlow::Continue(()) } else { ControlFlow::Break(()) }
    });
    found.sort_by_key(|one| one.decision != Decision::Allowed);
    let unsearched = match walk {
        Walk::TooLarge => {
            Some("the conditions on sts:ExternalId are too many to try every kind of ID".to_owned())
        }
        Walk::Complete | Walk::Stopped => open_outside,
    };
    AcceptedIds { without: judge(document, None).decision, found, unsearched }
}

fn is_open(decision: Decision) -> bool {
    matches!(decision, Decision::Allowed | Decision::Undecided)
}

/// A condition key that no request has, replacing what is not searched.
const UNSEARCHED: &str = "genesys-iam:unsearched";

/// How a document tests the external ID.
struct Questions {
    languages: Vec<Language>,
    /// The document with all conditions that are not about patterns undecided.
    outside: Option<Document>,
    /// IDs that conditions name, and some that may meet conditions not about patterns.
    samples: Vec<String>,
}

impl Questions {
    fn of(document: &Document, context: &Context) -> Self {
        let context = context.clone().unknown(EXTERNAL_ID);
        let version = document.effective_version();
        let (mut languages, mut samples, mut is_whole) = (Vec::new(), Vec::new(), true);
        let mut statements = document.statements.as_slice().to_vec();
        for statement in &mut statements {
            let Some(conditions) = &mut statement.condition else { continue };
            let mut outside: Vec<(String, String)> = Vec::new();
            for (operator, key, values) in conditions.iter() {
                if key.eq_ignore_ascii_case(EXTERNAL_ID) && operator != "Null" {
                    samples.extend(values.iter().map(ToString::to_string));
                }
                match languages_of(operator, key, values, version, &context) {
                    Some(more) => languages.extend(more),
                    None => {
                        outside.push((operator.to_owned(), key.to_owned()));
                    }
                }
            }
            is_whole &= outside.is_empty();
            outside.iter().for_each(|(operator, key)| leave_open(conditions, operator, key));
        }
        if !is_whole {
            // A number, a truth value, an address, Base64.
            samples.extend(["0", "true", "10.0.0.1", "YWFh"].map(str::to_owned));
        }
        samples.retain(|sample| is_presentable_id(sample));
        samples.sort();
        samples.dedup();
        let outside = Document { statements: OneOrMany::Many(statements).into(), ..document.clone() };
        Self { languages, outside: (!is_whole).then_some(outside), samples }
    }
}

/// Replaces a condition with a key that no request has.
fn leave_open(conditions: &mut Conditions, operator: &str, key: &str) {
    if let Some(keys) = conditions.0.get_mut(operator)
        && let Some(values) = keys.remove(key)
    {
        keys.insert(UNSEARCHED.to_owned(), values);
    }
}

/// What a condition distinguishes about an external ID that is present; `None` if that is not a matter of patterns.
fn languages_of(
    operator: &str,
    key: &str,
    values: &[Scalar],
    version: &str,
    context: &Context,
) -> Option<Vec<Language>> {
    let values: Vec<String> = values.iter().map(ToString::to_string).collect();
    if !key.eq_ignore_ascii_case(EXTERNAL_ID) {
        return languages_elsewhere(operator, key, &values, version, context);
    }
    let Some(Operator::Compare { comparison, .. }) = Operator::parse(operator) else {
        // Whether there is one at all, or something nobody can decide.
        return Some(Vec::new());
    };
    let mut language = Language::default();
    let mut shape = Language::default();
    for value in &values {
        let pieces = match pattern::expand(value, version, context, &super::budget::Budget::new()) {
            Ok(pieces) => pieces,
            Err(Unresolved::Unknown(key)) if key.eq_ignore_ascii_case(EXTERNAL_ID) => {
                // It equals itself; anything else is not regular.
                let is_alone = value.len() == VARIABLE.len() + 1;
                if is_alone && comparison != Comparison::Arn { continue } else { return None }
            }
            // The same for every ID.
            Err(_) => continue,
        };
        match comparison {
            Comparison::StringEquals => language.add_literal(&pattern::literal(&pieces)),
            Comparison::StringEqualsIgnoreCase => {
                language.add_literal_in_any_case(&pattern::literal(&pieces))
            }
            Comparison::StringLike => language.add_glob(&pieces),
            Comparison::Arn => {
                language.add_arn(&pieces);
                // Without six components it is not an ARN.
                shape.add_glob(&pattern::wildcards("*:*:*:*:*:*"));
            }
            Comparison::Bool => {
                language.add_literal_in_any_case(&pattern::literal(&pieces));
                shape.add_literal_in_any_case("true");
                shape.add_literal_in_any_case("false");
            }
            Comparison::Numeric(_) | Comparison::Date(_) | Comparison::Binary | Comparison::IpAddress => {
                return None;
            }
        }
    }
    Some(vec![language, shape])
}

const VARIABLE: &str = "${sts:externalid";

/// The same for a condition on another key, which may compare it with the external ID.
fn languages_elsewhere(
    operator: &str,
    key: &str,
    values: &[String],
    version: &str,
    context: &Context,
) -> Option<Vec<Language>> {
    let refers = |value: &&String| version == VERSION_2012 && value.to_ascii_lowercase().contains(VARIABLE);
    let mut values = values.iter().filter(refers).peekable();
    let present = match context.get(key) {
        _ if values.peek().is_none() => return Some(Vec::new()),
        ContextValue::Values(present) => present,
        // The outcome is the same for every ID it is compared with.
        ContextValue::Absent | ContextValue::Unknown | ContextValue::Like(_) => return Some(Vec::new()),
    };
    let Some(Operator::Compare { comparison, .. }) = Operator::parse(operator) else {
        return Some(Vec::new());
    };
    let [present] = present.as_slice() else { return None };
    let mut language = Language::default();
    match comparison {
        _ if values.any(|value| value.len() != VARIABLE.len() + 1) => return None,
        Comparison::StringEquals | Comparison::StringLike => language.add_literal(present),
        Comparison::StringEqualsIgnoreCase => language.add_literal_in_any_case(present),
        _ => return None,
    }
    Some(vec![language])
}

/// One account of every kind that a document tells apart, as principals or by conditions on the caller. `None` if there
/// are too many.
pub fn caller_accounts(document: &Document, context: &Context) -> Option<Vec<AccountId>> {
    let mut languages = Vec::new();
    for account in document.to_json().split(|c: char| !c.is_ascii_digit()).filter(|run| run.len() == 12) {
        let mut one = Language::default();
        one.add_literal(account);
        languages.push(one);
    }
    for statement in document.statements.as_slice() {
        languages.extend(account_languages(statement, document.effective_version(), context));
    }
    let mut accounts = Vec::new();
    let texts = Texts { alphabet: "4567890123", shortest: 12, longest: 12 };
    let walk = visit_kinds(&languages, texts, |account| {
        accounts.extend(account.parse().ok());
        ControlFlow::Continue(())
    });
    (walk == Walk::Complete).then_some(accounts)
}

/// What a statement tests about the caller's account, or the account in the caller's ARN.
fn account_languages(statement: &Statement, version: &str, context: &Context) -> Vec<Language> {
    let conditions = statement.conditions();
    let of_account = conditions.on("aws:PrincipalAccount").flat_map(|(_, values)| values);
    let of_arn = conditions.on("aws:PrincipalArn").flat_map(|(_, values)| values);
    let in_arn = of_arn.filter_map(|arn| arn.to_string().split(':').nth(4).map(str::to_owned));
    let patterns = of_account.map(ToString::to_string).chain(in_arn);
    let mut languages = Vec::new();
    for value in patterns {
        if let Ok(pieces) = pattern::expand(&value, version, context, &super::budget::Budget::new()) {
            let mut language = Language::default();
            language.add_glob(&pieces);
            languages.push(language);
        }
    }
    languages
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::Principal;

    fn document(statements: &str) -> Document {
        Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap()
    }

    fn request() -> Request {
        Request {
            principal: Principal::Aws("arn:aws:iam::765628985471:root".to_owned()),
            action: "sts:AssumeRole".to_owned(),
            resource: "arn:aws:iam::111122223333:role/r".to_owned(),
            context: Context::partial().with("aws:PrincipalAccount", &["765628985471"]),
        }
    }

    fn decide(document: &Document, id: Option<&str>) -> Decision {
        let request = request();
        let context = match id {
            Some(id) => request.context.with(EXTERNAL_ID, &[id]),
            None => request.context.without(EXTERNAL_ID),
        };
        let policies = Policies { resource: Some(("it".to_owned(), document)), ..Policies::default() };
        evaluate(&policies, &Request { context, ..request }).decision
    }

    const ALLOW: &str = r#"{"Effect":"Allow","Principal":{"AWS":"765628985471"},"Action":"sts:AssumeRole"}"#;

    fn with(statement: &str, condition: &str) -> String {
        statement.replace(r#""Action""#, &format!(r#""Condition":{condition},"Action""#))
    }

    fn deny(condition: &str) -> String {
        with(r#"{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}"#, condition)
    }

    /// Those that get in besides `right-one`.
    fn others(statements: &str) -> Vec<String> {
        let document = document(statements);
        let accepted = accepted_ids(&document, &request(), Some("right-one"));
        for one in &accepted.found {
            assert_eq!(decide(&document, Some(&one.id)), one.decision, "{statements}");
        }
        assert_eq!(accepted.unsearched, None, "{statements}");
        accepted.found.into_iter().filter(|one| one.decision == Decision::Allowed).map(|one| one.id).collect()
    }

    #[test]
    fn an_id_that_a_denial_spares_is_found() {
        for (conditions, id) in [
            (vec![r#"{"StringNotEquals":{"sts:ExternalId":["right-one","other-org"]}}"#], "other-org"),
            (vec![r#"{"StringNotLike":{"sts:ExternalId":["right-one","*-vendor"]}}"#], "-vendor"),
            (vec![r#"{"StringNotLike":{"sts:ExternalId":["right-one","??"]}}"#], "xx"),
            (
                vec![
                    r#"{"StringNotEquals":{"sts:ExternalId":"right-one"},"StringNotLike":{"sts:ExternalId":"zz*"}}"#,
                ],
                "zz",
            ),
            (
                vec![
                    r#"{"ForAnyValue:StringNotLike":{"sts:ExternalId":["right-one","q*"]}}"#,
                    r#"{"Null":{"sts:ExternalId":"true"}}"#,
                ],
                "qx",
            ),
            (vec![r#"{"ForAllValues:StringNotLike":{"sts:ExternalId":["right-one","q*"]}}"#], "qx"),
            (
                vec![r#"{"StringNotEquals":{"sts:ExternalId":["right-one","${aws:PrincipalAccount}"]}}"#],
                "765628985471",
            ),
            (
                vec![
                    r#"{"StringNotLike":{"sts:ExternalId":["right-one","b*b*b"]}}"#,
                    r#"{"StringLike":{"sts:ExternalId":["bbb","babab"]}}"#,
                ],
                "bxbb",
            ),
            (vec![r#"{"StringNotEqualsIgnoreCase":{"sts:ExternalId":"right-one"}}"#], "right-onE"),
            (
                vec![
                    r#"{"ArnNotLike":{"sts:ExternalId":"arn:aws:*:*:*:*"},"StringNotEquals":{"sts:ExternalId":"right-one"}}"#,
                ],
                "arn:aws::::",
            ),
        ] {
            let denials: Vec<String> = conditions.iter().map(|one| deny(one)).collect();
            let found = others(&format!("{ALLOW},{}", denials.join(",")));
            assert!(found.contains(&id.to_owned()), "{conditions:?}: {found:?}");
        }
    }

    #[test]
    fn an_id_that_a_second_statement_admits_is_found() {
        let good = with(ALLOW, r#"{"StringEquals":{"sts:ExternalId":"right-one"}}"#);
        for (condition, expected) in [
            (r#"{"StringEquals":{"sts:ExternalId":"${aws:PrincipalAccount}"}}"#, "765628985471"),
            (
                r#"{"StringLike":{"sts:ExternalId":"a*z"},"ForAnyValue:StringLike":{"sts:ExternalId":"*q*"},"StringNotEquals":{"sts:ExternalId":["aqz","aaqz","aqaz"]}}"#,
                "axqz",
            ),
            (r#"{"StringLike":{"sts:ExternalId":"a*"},"StringNotLike":{"sts:ExternalId":"a?"}}"#, "axx"),
            (r#"{"Bool":{"sts:ExternalId":"true"}}"#, "true"),
            (r#"{"NumericEquals":{"sts:ExternalId":"42"}}"#, "42"),
        ] {
            let document = document(&format!("{good},{}", with(ALLOW, condition)));
            let accepted = accepted_ids(&document, &request(), Some("right-one"));
            assert_eq!(accepted.found.first().map(|one| one.id.as_str()), Some(expected), "{condition}");
            assert_eq!(accepted.found[0].decision, Decision::Allowed, "{condition}");
        }
        assert_eq!(others(&good), Vec::<String>::new());
    }

    #[test]
    fn what_is_not_a_matter_of_patterns_is_not_ruled_out() {
        for condition in [
            r#"{"NumericLessThan":{"sts:ExternalId":"-7"}}"#,
            r#"{"DateLessThan":{"sts:ExternalId":"2020-01-01T00:00:00Z"}}"#,
            r#"{"IpAddress":{"sts:ExternalId":"10.0.0.0/8"}}"#,
            r#"{"StringLike":{"sts:ExternalId":"a${sts:ExternalId}"}}"#,
            r#"{"StringEquals":{"aws:username":"${sts:ExternalId}"}}"#,
            r#"{"StringEquals":{"aws:PrincipalAccount":"${sts:ExternalId}"}}"#,
        ] {
            let document = document(&with(ALLOW, condition));
            assert!(accepted_ids(&document, &request(), Some("right-one")).any(), "{condition}");
        }
        // Alongside a required ID they open nothing.
        let both =
            r#"{"NumericLessThan":{"sts:ExternalId":"-7"},"StringEquals":{"sts:ExternalId":"right-one"}}"#;
        assert_eq!(others(&with(ALLOW, both)), Vec::<String>::new());
    }

    #[test]
    fn too_many_kinds_of_ids_are_not_taken_for_none() {
        let denials: Vec<String> = (b'a'..=b'z')
            .map(|c| {
                deny(&format!(
                    r#"{{"StringNotLike":{{"sts:ExternalId":["right-one","*{}*"]}}}}"#,
                    char::from(c)
                ))
            })
            .collect();
        let document = document(&format!("{ALLOW},{}", denials.join(",")));
        assert!(accepted_ids(&document, &request(), Some("right-one")).any());
    }

    #[test]
    fn accounts_of_every_kind_are_tried() {
        let document = document(&with(
            ALLOW,
            r#"{"StringLike":{"aws:PrincipalAccount":"12*"},"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::??????????99:*"}}"#,
        ));
        let accounts = caller_accounts(&document, &Context::partial()).unwrap();
        let has = |fits: &dyn Fn(&str) -> bool| accounts.iter().any(|account| fits(account.as_str()));
        assert!(has(&|account| account == "765628985471"));
        assert!(has(&|account| account.starts_with("12") && account.ends_with("99")));
        assert!(has(&|account| account.starts_with("12") && !account.ends_with("99")));
        assert!(has(&|account| !account.starts_with("12") && account.ends_with("99")));
        assert!(has(&|account| !account.starts_with("12")
            && !account.ends_with("99")
            && account != "765628985471"));
    }

    const OPERATORS: [&str; 18] = [
        "StringEquals",
        "StringNotEquals",
        "StringEqualsIgnoreCase",
        "StringNotEqualsIgnoreCase",
        "StringLike",
        "StringNotLike",
        "StringEqualsIfExists",
        "StringNotLikeIfExists",
        "ForAnyValue:StringLike",
        "ForAllValues:StringLike",
        "ForAnyValue:StringNotEquals",
        "ForAllValues:StringNotLike",
        "ArnLike",
        "ArnNotLike",
        "Bool",
        "NumericEquals",
        "BinaryEquals",
        "IpAddress",
    ];

    fn some_condition() -> impl Strategy<Value = String> {
        let value = prop_oneof![
            8 => "[abA1:?*]{1,4}",
            1 => Just("${sts:ExternalId}".to_owned()),
            1 => Just("${aws:PrincipalAccount}".to_owned()),
            1 => Just("a${aws:username}".to_owned()),
            1 => Just("*:*:*:*:*:*".to_owned()),
            1 => Just("true".to_owned()),
        ];
        let compare = (
            prop::sample::select(&OPERATORS[..]).prop_map(str::to_owned),
            prop::collection::vec(value, 1..3),
        )
            .prop_map(|(operator, values)| (operator, serde_json::json!(values)));
        let null = any::<bool>().prop_map(|value| ("Null".to_owned(), serde_json::json!(value.to_string())));
        prop::collection::vec(prop_oneof![6 => compare, 1 => null], 0..3).prop_map(|entries| {
            let of = |(operator, values): (String, serde_json::Value)| {
                (operator, serde_json::json!({ "sts:ExternalId": values }))
            };
            serde_json::Value::Object(entries.into_iter().map(of).collect()).to_string()
        })
    }

    fn some_document() -> impl Strategy<Value = Document> {
        prop::collection::vec((any::<bool>(), some_condition()), 1..4).prop_map(|statements| {
            let of = |(denies, condition): &(bool, String)| {
                if *denies { deny(condition) } else { with(ALLOW, condition) }
            };
            document(&statements.iter().map(of).collect::<Vec<_>>().join(","))
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        /// If the search finds nobody, no short ID gets in; and the evaluator confirms what it finds.
        #[test]
        fn brute_force_finds_no_id_that_the_search_does_not(document in some_document()) {
            let right = "ab";
            let accepted = accepted_ids(&document, &request(), Some(right));
            for one in &accepted.found {
                prop_assert_eq!(decide(&document, Some(&one.id)), one.decision);
                prop_assert_ne!(&one.id, right);
            }
            prop_assert_eq!(accepted.without, decide(&document, None));
            let alphabet = ["a", "b", "A", "1", ":", "x"];
            let mut texts = vec![String::new()];
            let mut all: Vec<String> = ["765628985471", "true", "TRUE", "10.0.0.1", "a:b:::", "YWFh"].map(str::to_owned).into();
            for _ in 0..3 {
                texts = texts.iter().flat_map(|text| alphabet.map(|c| format!("{text}{c}"))).collect();
                all.extend(texts.iter().filter(|text| text.len() > 1).cloned());
            }
            let decisions: Vec<Decision> = all.iter().filter(|id| *id != right).map(|id| decide(&document, Some(id))).collect();
            if decisions.contains(&Decision::Allowed) {
                // Of numbers, dates and the like one is tried of each: it may be undecided where another is allowed.
                let is_of_patterns = Questions::of(&document, &request().context).outside.is_none();
                let is_found = accepted.found.iter().any(|one| one.decision == Decision::Allowed);
                let finds = is_found || accepted.unsearched.is_some() || !is_of_patterns && accepted.any();
                prop_assert!(finds, "{}", document.to_json());
            }
            prop_assert!(accepted.any() || !decisions.contains(&Decision::Undecided), "{}", document.to_json());
        }
    }
}
