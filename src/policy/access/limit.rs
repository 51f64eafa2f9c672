//! What a permissions boundary and denials leave of what a role's policies allow.

use std::collections::BTreeSet;

use super::super::document::{Document, Spelling};
use super::grant::Grant;
use super::model::Access;

/// Everything that limits a role's policies.
#[derive(Debug)]
pub struct Limits {
    /// `None`: there is no boundary.
    boundary: Option<BTreeSet<Box<Grant>>>,
    denials: BTreeSet<Box<Grant>>,
    spelling: Spelling,
}

/// More parts of one grant than anybody would read.
const MOST: usize = 64;

impl Limits {
    /// `documents` are the role's policies.
    pub fn of(boundary: Option<&Document>, documents: &[&Document]) -> Self {
        let all: Vec<&Document> = boundary.into_iter().chain(documents.iter().copied()).collect();
        let mut access = Access::default();
        all.iter().for_each(|document| access.add_permissions(document));
        let boundary = boundary.map(|document| Access::of_permissions(document).permissions);
        Self { boundary, denials: access.restrictions, spelling: Spelling::of(&all) }
    }

    /// `the permissions boundary and a Deny`; `None`: nothing limits the role.
    pub fn words(&self) -> Option<&'static str> {
        match (&self.boundary, self.denials.is_empty()) {
            (Some(_), true) => Some("the permissions boundary"),
            (Some(_), false) => Some("the permissions boundary and a Deny"),
            (None, false) => Some("a Deny"),
            (None, true) => None,
        }
    }

    /// The parts of a grant that are left. Too much when in doubt.
    pub fn leave(&self, grant: &Grant) -> BTreeSet<Box<Grant>> {
        let whole = || BTreeSet::from([Box::new(grant.clone())]);
        let mut parts: BTreeSet<Box<Grant>> = match &self.boundary {
            None => whole(),
            Some(allowed) => allowed.iter().filter_map(|other| self.both(grant, other)).collect(),
        };
        for denial in self.denials.iter().filter(|denial| denial.is_unconditional()) {
            parts = parts.iter().flat_map(|part| self.without(part, denial)).collect();
            if parts.len() > MOST {
                return whole();
            }
        }
        parts
    }

    fn both(&self, grant: &Grant, other: &Grant) -> Option<Box<Grant>> {
        let subject = grant.subject.and(&other.subject)?;
        let object = grant.object.and(&other.object)?;
        Some(grant.narrowed(subject, object, other, &self.spelling))
    }

    /// What a Deny leaves: what it spares of the actions, and what it spares of the resources.
    fn without(&self, part: &Grant, denial: &Grant) -> BTreeSet<Box<Grant>> {
        let spared = (denial.subject.spared_of(&part.subject), denial.object.spared_of(&part.object));
        let (Some(actions), Some(resources)) = spared else {
            return BTreeSet::from([Box::new(part.clone())]);
        };
        let actions = actions.into_iter().map(|subject| (subject, part.object.clone()));
        let resources = resources.into_iter().map(|object| (part.subject.clone(), object));
        actions
            .chain(resources)
            .map(|(subject, object)| part.narrowed(subject, object, part, &self.spelling))
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::policy::{Context, Decision, Policies, Principal, Request, evaluate};

    fn document(statements: &str) -> Document {
        Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap()
    }

    fn left(policy: &str, boundary: Option<&str>) -> Vec<String> {
        let (policy, boundary) = (document(policy), boundary.map(document));
        let limits = Limits::of(boundary.as_ref(), &[&policy]);
        let grants = Access::of_permissions(&policy).permissions;
        grants.iter().flat_map(|grant| limits.leave(grant)).map(|part| part.sentence().to_owned()).collect()
    }

    const ALL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;

    #[test]
    fn a_boundary_and_denials_leave_what_they_spare() {
        let invoke = r#"{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:f"}"#;
        assert_eq!(left(ALL, Some(invoke)), ["lambda:InvokeFunction on arn:f"]);
        let s3 = r#"{"Effect":"Allow","Action":"s3:GetObject","Resource":"*"}"#;
        assert_eq!(left(s3, Some(invoke)), Vec::<String>::new());
        let read = r#"{"Effect":"Allow","Action":"s3:Get*","Resource":"arn:b"}"#;
        assert_eq!(left(s3, Some(read)), ["s3:GetObject on arn:b"]);
        assert_eq!(left(s3, Some(ALL)), ["s3:GetObject on *"]);
        assert_eq!(left(ALL, Some(r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#)), Vec::<String>::new());
        let but = r#"{"Effect":"Deny","NotAction":"lambda:InvokeFunction","Resource":"*"}"#;
        assert_eq!(left(&format!("{ALL},{but}"), None), ["lambda:InvokeFunction on *"]);
        let fence = format!(r#"{but},{{"Effect":"Deny","Action":"*","NotResource":"arn:f"}}"#);
        assert_eq!(left(&format!("{ALL},{fence}"), None), ["lambda:InvokeFunction on arn:f"]);
        // A part of it, or only now and then.
        for deny in [
            r#"{"Effect":"Deny","Action":"iam:*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"Bool":{"aws:SecureTransport":"false"}}}"#,
        ] {
            assert_eq!(left(&format!("{ALL},{deny}"), None), ["* on *"], "{deny}");
        }
    }

    fn some_statement() -> impl Strategy<Value = String> {
        let texts = |all: &[&'static str]| prop::sample::select(all.to_vec());
        (
            texts(&["Allow", "Allow", "Deny"]),
            texts(&["Action", "Action", "NotAction"]),
            prop::collection::vec(texts(&["*", "a:*", "a:x*", "a:xy", "b:z", "?:xy", "a:*y"]), 1..3),
            texts(&["Resource", "Resource", "NotResource"]),
            prop::collection::vec(
                texts(&["*", "arn:*", "arn:f", "arn:g*", "arn:g:h", "${aws:username}"]),
                1..3,
            ),
            texts(&["", "", r#","Condition":{"Bool":{"aws:SecureTransport":"true"}}"#]),
        )
            .prop_map(|(effect, action, actions, resource, resources, condition)| {
                let (actions, resources) = (serde_json::json!(actions), serde_json::json!(resources));
                format!(r#"{{"Effect":"{effect}","{action}":{actions},"{resource}":{resources}{condition}}}"#)
            })
    }

    proptest! {
        #![proptest_config(ProptestConfig { cases: 512, failure_persistence: None, ..ProptestConfig::default() })]

        /// Nothing that IAM would allow is left out.
        #[test]
        fn what_the_evaluator_allows_is_in_what_is_left(
            policy in prop::collection::vec(some_statement(), 1..4), boundary in prop::collection::vec(some_statement(), 1..3), bounded: bool,
        ) {
            let (policy, boundary) = (document(&policy.join(",")), document(&boundary.join(",")));
            let boundary = Some(&boundary).filter(|_| bounded);
            let limits = Limits::of(boundary, &[&policy]);
            let left: BTreeSet<Box<Grant>> =
                Access::of_permissions(&policy).permissions.iter().flat_map(|grant| limits.leave(grant)).collect();
            for action in ["a:xy", "a:xz", "a:q", "b:z", "c:xy"] {
                for resource in ["arn:f", "arn:g", "arn:g:h", "other", "me"] {
                    let request = Request {
                        principal: Principal::Aws("arn:aws:sts::111122223333:assumed-role/r/s".to_owned()),
                        action: action.to_owned(),
                        resource: resource.to_owned(),
                        context: Context::complete().with("aws:username", &["me"]).with("aws:SecureTransport", &["true"]),
                    };
                    let policies = Policies {
                        identity: vec![("it".to_owned(), &policy)],
                        boundary: boundary.map(|document| ("boundary".to_owned(), document)),
                        ..Policies::default()
                    };
                    if evaluate(&policies, &request).decision == Decision::Allowed {
                        let is_in = left.iter().any(|part| part.may_allow(action, resource));
                        prop_assert!(is_in, "{action} {resource}: {} within {:?}", policy.to_json(), boundary.map(Document::to_json));
                    }
                }
            }
        }
    }
}
