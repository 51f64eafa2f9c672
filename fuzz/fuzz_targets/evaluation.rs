//! No document and no request make the evaluation panic or take long, every statement has its trace, and a decision
//! is backed by one. The input is a principal, an action, a resource, a key and a value, and two documents: a line each.
#![no_main]

use genesys_iam_fuzz::policy::{
    Context, Decision, Document, Policies, Principal, Request, StatementOutcome, evaluate,
};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    let mut lines = text.splitn(7, '\n');
    let mut line = || lines.next().unwrap_or_default();
    let principal = match line() {
        "*" => Principal::Anonymous,
        service if service.ends_with(".com") => Principal::Service(service.to_owned()),
        arn => Principal::Aws(arn.to_owned()),
    };
    let (action, resource) = (line().to_owned(), line().to_owned());
    let (key, value) = (line(), line());
    let context = Context::complete().with(key, &value.split('|').collect::<Vec<_>>());
    let request = Request { principal, action, resource, context: context.unknown("aws:SourceIp") };
    let documents = [line(), line()].map(|text| Document::parse(text).ok());
    let named = |at: usize| documents[at].as_ref().map(|document| (format!("document {at}"), document));
    for policies in [
        Policies { resource: named(0), ..Policies::default() },
        Policies { identity: named(1).into_iter().collect(), resource: named(0), ..Policies::default() },
        Policies { identity: named(0).into_iter().collect(), boundary: named(1), ..Policies::default() },
    ] {
        let evaluation = evaluate(&policies, &request);
        let given = policies.identity.iter().chain(&policies.boundary).chain(&policies.resource);
        let statements: usize = given.map(|(_, document)| document.statements.as_slice().len()).sum();
        assert_eq!(evaluation.statements.len(), statements);
        let some = |outcome| evaluation.statements.iter().any(|trace| trace.outcome == outcome);
        match evaluation.decision {
            Decision::Allowed => {
                assert!(some(StatementOutcome::Allows) && !some(StatementOutcome::Denies));
            }
            Decision::ExplicitDeny => assert!(some(StatementOutcome::Denies)),
            Decision::ImplicitDeny => assert!(!some(StatementOutcome::Denies)),
            Decision::Undecided => assert!(!evaluation.reason.is_empty()),
        }
    }
});
