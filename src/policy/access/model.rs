//! What documents grant: the grants and restrictions in their statements.

use std::collections::BTreeSet;

use super::super::document::{
    ActionElement, Document, Effect, OneOrMany, PrincipalElement, Principals, ResourceElement, Spelling,
    Statement, VERSION_2012,
};
use super::effect::{InEffect, Narrowed};
use super::extent::{Extent, PatternKind};
use super::grant::{Grant, Rest};
use super::words::{AccountName, conditions, principal_in_words};
use crate::arn::Arn;

/// What is granted. A `Deny` is a restriction: losing one is a gain.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Access {
    /// Who may assume the role.
    pub assume: BTreeSet<Box<Grant>>,
    /// What the role may do.
    pub permissions: BTreeSet<Box<Grant>>,
    /// What the role may not do.
    pub restrictions: BTreeSet<Box<Grant>>,
    /// Who may not assume the role. Does not end existing sessions.
    pub refusals: BTreeSet<Box<Grant>>,
}

impl Access {
    /// Who may assume the role under this trust policy.
    pub fn of_trust(document: &Document, role: &Arn, name: AccountName) -> Self {
        let mut access = Self::default();
        access.add_trust(document, role, name);
        access
    }

    /// What a role with this policy may do.
    pub fn of_permissions(document: &Document) -> Self {
        let mut access = Self::default();
        access.add_permissions(document);
        access
    }

    /// Adds what a trust policy says.
    pub fn add_trust(&mut self, document: &Document, role: &Arn, name: AccountName) {
        let spelling = Spelling::of(&[document]);
        let document = document.canonical();
        for statement in document.statements.as_slice() {
            let actions = actions(statement, &spelling);
            let by = match actions.as_slice() {
                [(action, _)] if action == "sts:AssumeRole" => String::new(),
                actions => format!(
                    " by {}",
                    actions.iter().map(|(text, _)| text.as_str()).collect::<Vec<_>>().join(", ")
                ),
            };
            let on = match &statement.resource {
                // IAM rejects it, and its meaning is unknown.
                Some(_) => resources(statement).iter().map(|(text, _)| format!(" on {text}")).collect(),
                None => String::new(),
            };
            let rest_of = Statement { principal: None, action: None, ..statement.clone() };
            let (rest, in_words) = rest(&rest_of, &document);
            let is_plain = by.is_empty() && (rest.json.is_empty() || rest.only_external_id().is_some());
            for (who, subject) in principals(statement, name) {
                let narrowed = Narrowed::new(statement, &subject, &document, role, is_plain);
                let effect = narrowed.effect(name);
                let id = match in_words.as_str() {
                    "" if statement.effect == Effect::Deny || effect == InEffect::Nobody => "",
                    "" if narrowed.needs_no_id() => ", without an external ID",
                    "" => ", with an external ID that no Deny refuses",
                    conditions => conditions,
                };
                let sentence = format!("{who}{by}{on}{id}{}", effect.words());
                let object = match actions.as_slice() {
                    [(_, extent)] => extent.clone(),
                    several => Extent::OneOf(several.iter().map(|(_, extent)| extent.clone()).collect()),
                };
                let rest = rest.clone();
                match statement.effect {
                    Effect::Allow => {
                        let grant = Grant::boxed(&sentence, subject, object, rest);
                        self.assume.insert(grant.admitting(effect != InEffect::Nobody))
                    }
                    Effect::Deny => {
                        let sentence = format!("not assumable for {sentence}");
                        self.refusals.insert(Grant::boxed(&sentence, subject, object, rest))
                    }
                };
            }
        }
        self.assume.extend(unknown_elements(&document));
    }

    /// Adds what a policy of the role allows and denies.
    pub fn add_permissions(&mut self, document: &Document) {
        let spelling = Spelling::of(&[document]);
        let document = document.canonical();
        for statement in document.statements.as_slice() {
            let rest_of = Statement { action: None, resource: None, ..statement.clone() };
            let (rest, in_words) = rest(&rest_of, &document);
            let resources = resources(statement);
            for (action, subject) in actions(statement, &spelling) {
                for (resource, object) in &resources {
                    let sentence = format!("{action} on {resource}{in_words}");
                    let (subject, object, rest) = (subject.clone(), object.clone(), rest.clone());
                    match statement.effect {
                        Effect::Allow => {
                            self.permissions.insert(Grant::boxed(&sentence, subject, object, rest))
                        }
                        Effect::Deny => {
                            let sentence = format!("denied {sentence}");
                            self.restrictions.insert(Grant::boxed(&sentence, subject, object, rest))
                        }
                    };
                }
            }
        }
        self.permissions.extend(unknown_elements(&document));
    }

    pub fn add_boundary(&mut self, boundary: &Arn) {
        let sentence = format!("bounded by {boundary}");
        let [subject, object] = [(); 2].map(|()| Extent::Exactly(boundary.to_string()));
        self.restrictions.insert(Grant::boxed(&sentence, subject, object, Rest::default()));
    }
}

/// What a document may allow through an element that IAM's grammar does not have.
fn unknown_elements(document: &Document) -> Option<Box<Grant>> {
    let element = document.unknown.keys().next()?;
    let sentence = format!("whatever the element `{element}` means, which IAM's grammar does not have");
    let [subject, object] = [(); 2].map(|()| Extent::Exactly(document.to_json()));
    Some(Grant::boxed(&sentence, subject, object, Rest::default()))
}

/// What a statement says besides subject and object, as data and in words.
fn rest(statement: &Statement, document: &Document) -> (Rest, String) {
    let mut words = conditions(statement);
    for element in statement.unknown.keys() {
        words.push_str(&format!(", with the element `{element}`, which IAM's grammar does not have"));
    }
    let Statement { sid: _, effect: _, principal, action, resource, condition, unknown } = statement;
    let nothing = principal.is_none()
        && action.is_none()
        && resource.is_none()
        && condition.is_none()
        && unknown.is_empty();
    let mut json =
        if nothing { String::new() } else { Statement { sid: None, ..statement.clone() }.to_json() };
    // What variables mean depends on the version.
    let text = document.to_json();
    if text.contains("${") && document.effective_version() != VERSION_2012 {
        json.push_str(document.effective_version());
        words.push_str(", with `${…}` taken literally");
    }
    let is_all = principal.is_none() && action.is_none() && resource.is_none() && unknown.is_empty();
    (
        Rest {
            json,
            is_conditions: is_all && condition.is_some(),
            version: document.effective_version().to_owned(),
        },
        words,
    )
}

/// `lambda:InvokeFunction on arn:…`, one entry for each grant in a document; denials are left out.
pub fn grants(document: &Document) -> Vec<String> {
    let sentences = Access::of_permissions(document).permissions;
    sentences.iter().map(|grant| grant.sentence().to_owned()).collect()
}

fn principals(statement: &Statement, name: AccountName) -> Vec<(String, Extent)> {
    let one = |text: String, extent: Extent| vec![(text, extent)];
    let (element, negated) = match &statement.principal {
        Some(PrincipalElement::Principal(element)) => (element, false),
        Some(PrincipalElement::NotPrincipal(element)) => (element, true),
        None => return one("(no principal)".to_owned(), Extent::Exactly(String::new())),
    };
    let named: Vec<(String, Extent)> = match element {
        Principals::Any if !negated => return one("anyone".to_owned(), Extent::Everything),
        Principals::Any => one("anyone".to_owned(), Extent::Everything),
        Principals::ByKind(kinds) => kinds
            .iter()
            .flat_map(|(kind, values)| values.as_slice().iter().map(move |value| (kind, value)))
            .map(|(kind, value)| {
                (principal_in_words(kind, value, name), Extent::Exactly(format!("{kind} {value}")))
            })
            .collect(),
    };
    if negated {
        let names: Vec<String> = named.into_iter().map(|(who, _)| who).collect();
        let extent = Extent::Exactly(statement.to_json());
        return one(format!("everyone but {}", names.join(", ")), extent);
    }
    named
}

fn actions(statement: &Statement, spelling: &Spelling) -> Vec<(String, Extent)> {
    let (values, negated) = match &statement.action {
        Some(ActionElement::Action(values)) => (Some(values), false),
        Some(ActionElement::NotAction(values)) => (Some(values), true),
        None => (None, false),
    };
    extents(values, negated, PatternKind::Action, |action| spelling.written(action))
}

fn resources(statement: &Statement) -> Vec<(String, Extent)> {
    let (values, negated) = match &statement.resource {
        Some(ResourceElement::Resource(values)) => (Some(values), false),
        Some(ResourceElement::NotResource(values)) => (Some(values), true),
        None => (None, false),
    };
    extents(values, negated, PatternKind::Resource, str::to_owned)
}

fn extents(
    values: Option<&OneOrMany<String>>,
    negated: bool,
    kind: PatternKind,
    shown: impl Fn(&str) -> String,
) -> Vec<(String, Extent)> {
    let what = kind.word();
    let exactly = |text: String| vec![(text.clone(), Extent::Exactly(text))];
    match values.map(OneOrMany::as_slice) {
        None => exactly(format!("(no {what})")),
        Some([]) => exactly(format!("(an empty list of {what}s)")),
        Some(values) if negated => {
            let names: Vec<String> = values.iter().map(|value| shown(value)).collect();
            vec![(format!("every {what} but {}", names.join(", ")), Extent::AllBut(kind, values.to_vec()))]
        }
        Some(values) => values.iter().map(|value| (shown(value), Extent::of_pattern(kind, value))).collect(),
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::diff::AccessDiff;
    use super::*;
    use crate::policy::{Context, Decision, Policies, Principal, Request, evaluate};

    fn role() -> Arn {
        "arn:aws:iam::111122223333:role/r".parse().unwrap()
    }

    fn add_trust(access: &mut Access, document: &Document) {
        access.add_trust(document, &role(), |_, _| None);
    }

    fn access(trust: &str, permissions: &str) -> Access {
        let mut access = Access::default();
        for (text, add) in
            [(trust, add_trust as fn(&mut Access, &Document)), (permissions, Access::add_permissions)]
        {
            if !text.is_empty() {
                add(&mut access, &Document::parse(&format!("{{\"Statement\":[{text}]}}")).unwrap());
            }
        }
        access
    }

    fn is_wider(before: Access, after: Access) -> bool {
        AccessDiff { before, after }.is_wider()
    }

    const GENESYS: &str = r#"{"Effect":"Allow","Principal":{"AWS":"765628985471"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}}"#;

    #[test]
    fn repairing_what_is_too_wide_widens_nothing() {
        let anyone = r#"{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}"#;
        let before = access(anyone, r#"{"Effect":"Allow","Action":"lambda:*","Resource":"*"}"#);
        let after =
            access(GENESYS, r#"{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:f"}"#);
        assert!(!is_wider(before.clone(), after.clone()));
        assert!(is_wider(after, before));
    }

    #[test]
    fn a_dropped_condition_a_further_function_and_a_lost_deny_widen() {
        let open = GENESYS.replace(r#","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}"#, "");
        assert!(is_wider(access(GENESYS, ""), access(&open, "")));
        assert!(!is_wider(access(&open, ""), access(GENESYS, "")));
        assert!(is_wider(access(GENESYS, ""), access(&GENESYS.replace("x1", "x2"), "")));
        let function = |name: &str| {
            format!(r#"{{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"{name}"}}"#)
        };
        assert!(is_wider(
            access("", &function("f")),
            access("", &format!("{},{}", function("f"), function("g")))
        ));
        let deny = r#"{"Effect":"Deny","Action":"*","Resource":"g"}"#;
        assert!(is_wider(access("", &format!("{},{deny}", function("*"))), access("", &function("*"))));
    }

    #[test]
    fn a_trust_policy_s_lost_deny_widens_for_those_whom_it_may_have_refused_and_for_no_session() {
        let open = GENESYS.replace(r#","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}"#, "");
        let deny = |condition: &str| {
            format!(
                r#"{{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Condition":{{{condition}}}}}"#
            )
        };
        for (condition, widens) in [
            (r#""StringNotEquals":{"sts:ExternalId":["x1","x2"]}"#, false),
            (r#""StringNotEquals":{"sts:ExternalId":"x2"}"#, true),
            (r#""StringNotEquals":{"sts:ExternalId":"x2"},"Bool":{"aws:SecureTransport":"false"}"#, true),
            (r#""StringLike":{"sts:ExternalId":"y*"}"#, false),
            (r#""Null":{"aws:PrincipalOrgID":"true"}"#, true),
        ] {
            let before = access(&format!("{open},{}", deny(condition)), "");
            let diff = AccessDiff { before, after: access(GENESYS, "") };
            assert_eq!((diff.is_wider(), diff.is_wider_inside()), (widens, false), "{condition}");
            let shown = diff.restrictions();
            assert_eq!(shown.iter().map(|line| line.is_wider).collect::<Vec<_>>(), [widens], "{condition}");
        }
        let all = r#"{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole"}"#;
        assert!(is_wider(access(&format!("{GENESYS},{all}"), ""), access(GENESYS, "")));
    }

    #[test]
    fn what_also_lets_the_right_id_in_is_narrowed_to_it() {
        let with = |condition: &str| GENESYS.replace(r#""StringEquals":{"sts:ExternalId":"x1"}"#, condition);
        for wide in [
            r#""StringEquals":{"sts:ExternalId":["x1","x2"]}"#,
            r#""StringLike":{"sts:ExternalId":"x*"}"#,
            r#""StringLike":{"sts:ExternalId":"x1"}"#,
            r#""StringEqualsIfExists":{"sts:ExternalId":"x1"}"#,
            r#""StringEqualsIgnoreCase":{"sts:ExternalId":"X1"}"#,
        ] {
            assert!(!is_wider(access(&with(wide), ""), access(GENESYS, "")), "{wide}");
            let is_same = wide.contains(r#"StringLike":{"sts:ExternalId":"x1""#);
            assert!(is_same || is_wider(access(GENESYS, ""), access(&with(wide), "")), "{wide}");
        }
        for other in [
            r#""StringLike":{"sts:ExternalId":"y*"}"#,
            r#""StringNotEquals":{"sts:ExternalId":"x1"}"#,
            r#""StringEquals":{"sts:ExternalId":["x1","x2"],"aws:PrincipalOrgID":"o"}"#,
            r#""StringLike":{"sts:ExternalId":"${aws:x}"}"#,
        ] {
            assert!(is_wider(access(&with(other), ""), access(GENESYS, "")), "{other}");
        }
        let tagging = GENESYS.replace(r#""sts:AssumeRole""#, r#"["sts:AssumeRole","sts:TagSession"]"#);
        assert!(!is_wider(access(&tagging, ""), access(GENESYS, "")));
        assert!(is_wider(access(GENESYS, ""), access(&tagging, "")));
    }

    #[test]
    fn a_not_action_covers_what_it_does_not_take_out() {
        let except = |what: &str| format!(r#"{{"Effect":"Allow","NotAction":"{what}","Resource":"*"}}"#);
        assert!(is_wider(access("", &except("s3:*")), access("", &except("s3:GetObject"))));
        assert!(!is_wider(access("", &except("s3:*")), access("", &except("s3:*"))));
        let one = |action: &str| format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"f"}}"#);
        assert!(!is_wider(access("", &except("s3:*")), access("", &one("lambda:InvokeFunction"))));
        for action in ["s3:GetObject", "S3:getobject", "*", "s?:x"] {
            assert!(is_wider(access("", &except("s3:*")), access("", &one(action))), "{action}");
        }
    }

    #[test]
    fn a_pattern_covers_another_where_it_certainly_matches_all_of_it() {
        let may = |action: &str, resource: &str| {
            access("", &format!(r#"{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}"#))
        };
        let function = |rest: &str| format!("arn:aws:lambda:us-east-1:111122223333:function:{rest}");
        for (wide, narrow, covered) in [
            ("orders:live", "orders:live", true),
            ("orders?live", "orders:live", false),
            ("ord*ve", "orders:live", false),
            ("ord*ve", "orders-live", true),
            ("orders*", "orders:live", true),
            ("*:live", "orders:live", true),
            ("orders", "orders:live", false),
            ("a?c", "a*c", false),
            ("a*", "a?c*", true),
            ("a*", "${aws:username}", false),
            ("*", "${aws:username}-x", true),
            ("${aws:username}", "f", false),
        ] {
            let [before, after] = [wide, narrow].map(|rest| may("lambda:InvokeFunction", &function(rest)));
            assert_eq!(!is_wider(before, after), covered, "{wide} {narrow}");
        }
        for (wide, narrow, covered) in [
            ("lambda:Invoke*", "lambda:InvokeFunction", true),
            ("lambda:*", "lambda:Invoke*", true),
            ("lambda:I*n", "lambda:InvokeFunction", true),
            ("LAMBDA:invokefunctio?", "lambda:InvokeFunction", true),
            ("lambda:*", "*", false),
            ("l*", "lambda:InvokeFunction", false),
            ("lambda*", "lambda:InvokeFunction", false),
        ] {
            let [before, after] = [wide, narrow].map(|action| may(action, &function("f")));
            assert_eq!(!is_wider(before, after), covered, "{wide} {narrow}");
        }
        for trust in ["sts:*", "sts:Assume*", "sts:AssumeRole*"] {
            let before = access(&GENESYS.replace("sts:AssumeRole", trust), "");
            assert!(!is_wider(before, access(GENESYS, "")), "{trust}");
        }
    }

    #[test]
    fn a_deny_that_gives_way_to_a_wider_one_is_no_gain() {
        let deny =
            |action: &str| access("", &format!(r#"{{"Effect":"Deny","Action":"{action}","Resource":"*"}}"#));
        assert!(!is_wider(deny("s3:GetObject"), deny("s3:*")));
        assert!(is_wider(deny("s3:*"), deny("s3:GetObject")));
    }

    fn some_pattern() -> impl Strategy<Value = String> {
        const PARTS: [&str; 7] = ["f", "g", ":", "*", "?", "live", "${aws:username}"];
        prop::collection::vec(prop::sample::select(&PARTS[..]), 1..5).prop_map(|parts| parts.concat())
    }

    fn allows(grant: &Document, action: &str, resource: &str) -> Decision {
        let policies = Policies { identity: vec![("it".to_owned(), grant)], ..Policies::default() };
        let principal = Principal::Aws("arn:aws:sts::111122223333:assumed-role/r/s".to_owned());
        let context = Context::complete().with("aws:username", &["f:g"]);
        let request =
            Request { principal, action: action.to_owned(), resource: resource.to_owned(), context };
        evaluate(&policies, &request).decision
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 4096, failure_persistence: None, ..ProptestConfig::default() })]

        /// Coverage agrees with the evaluator: never more of anything, and never less of a plain ARN and action.
        #[test]
        fn a_grant_covers_another_just_where_the_evaluator_allows_it(
            wide in some_pattern(), narrow in some_pattern(), text in "[fg:]{1,4}(live)?", not: bool,
        ) {
            const BEFORE: &str = "arn:aws:lambda:us-east-1:111122223333:function:";
            let of = |element: &str, rest: &str| Document::parse(&format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"lambda:InvokeFunction","{element}":"{BEFORE}{rest}"}}}}"#
            )).unwrap();
            let element = if not { "NotResource" } else { "Resource" };
            let (wide, narrow) = (of(element, &wide), of("Resource", &narrow));
            let resource = format!("{BEFORE}{text}");
            let covers = |narrow: &Document| !is_wider(Access::of_permissions(&wide), Access::of_permissions(narrow));
            let [by_wide, by_narrow] = [&wide, &narrow].map(|grant| allows(grant, "lambda:InvokeFunction", &resource));
            if covers(&narrow) && wide.to_json() != narrow.to_json() && by_narrow != Decision::ImplicitDeny {
                prop_assert_eq!(by_wide, Decision::Allowed, "{} {}", wide.to_json(), narrow.to_json());
            }
            let has_variable = wide.to_json().contains("${");
            prop_assert!(has_variable || covers(&of("Resource", &text)) == (by_wide == Decision::Allowed), "{} {}", wide.to_json(), text);
        }

        #[test]
        fn an_action_covers_another_just_where_the_evaluator_allows_it(
            wide in "(l|L)?(ambda|\\*)?:?[iI*?]?(nvoke|\\*)?[F?]?(unction)?[*?]?",
        ) {
            let of = |action: &str| Document::parse(&format!(
                r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#
            )).unwrap();
            let (wide, narrow) = (of(&wide), of("lambda:InvokeFunction"));
            let covers = !is_wider(Access::of_permissions(&wide), Access::of_permissions(&narrow));
            let function = "arn:aws:lambda:us-east-1:111122223333:function:f";
            prop_assert_eq!(covers, allows(&wide, "lambda:InvokeFunction", function) == Decision::Allowed);
        }
    }

    /// Different statements may read alike: the comparison uses the statement.
    #[test]
    fn statements_that_differ_are_never_taken_for_the_same() {
        let trust = |more: &str| GENESYS.replace(r#""Action""#, &format!("{more},\"Action\""));
        let condition =
            |json: &str| format!(r#"{{"Effect":"Allow","Action":"a:b","Resource":"*","Condition":{json}}}"#);
        for before in [
            GENESYS.replace(r#""sts:ExternalId":"x1""#, r#""sts:ExternalId":"nobody","sts:externalid":"x1""#),
            trust(r#""Resource":"arn:aws:iam::111122223333:role/other""#),
            trust(r#""Only":"me""#),
            GENESYS.replace("765628985471", "arn:aws-cn:iam::765628985471:root"),
        ] {
            assert!(is_wider(access(&before, ""), access(GENESYS, "")), "{before}");
        }
        for (before, after) in [
            (r#"{"StringEquals":{"aws:t":"a or b"}}"#, r#"{"StringEquals":{"aws:t":["a","b"]}}"#),
            (
                r#"{"StringNotEquals":{"aws:a":"x","aws:b":"y"}}"#,
                r#"{"StringNotEquals":{"aws:a":"x and StringNotEquals aws:b is y"}}"#,
            ),
        ] {
            assert!(is_wider(access("", &condition(before)), access("", &condition(after))), "{before}");
        }
        let plain = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        assert!(is_wider(access("", &plain.replace('}', r#","Only":1}"#)), access("", plain)));
        let deny = plain.replace("Allow", "Deny");
        assert!(is_wider(access("", &deny), access("", &deny.replace('}', r#","Foo":1}"#))));
        let service = GENESYS.replace(r#"{"AWS":"765628985471"}"#, r#"{"Service":"*"}"#);
        let anyone = GENESYS.replace(r#"{"AWS":"765628985471"}"#, r#""*""#);
        assert!(is_wider(access(&service, ""), access(&anyone, "")));
    }

    #[test]
    fn what_variables_mean_depends_on_the_version() {
        let of = |version: &str| {
            let text = format!(
                r#"{{"Version":"{version}","Statement":{{"Effect":"Allow","Action":"s3:*","Resource":"a/${{aws:username}}"}}}}"#
            );
            Access::of_permissions(&Document::parse(&text).unwrap())
        };
        assert!(is_wider(of("2008-10-17"), of("2012-10-17")));
        assert!(!is_wider(of("2012-10-17"), of("2012-10-17")));
    }

    #[test]
    fn an_unknown_element_of_a_document_grants_what_nobody_knows() {
        let text = r#"{"Version":"2012-10-17","Statement":[],"statement":[]}"#;
        let document = Document::parse(text).unwrap();
        assert_eq!(grants(&document).len(), 1);
        assert!(is_wider(Access::default(), Access::of_trust(&document, &role(), |_, _| None)));
    }
}
