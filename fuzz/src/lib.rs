//! The product's pure modules, from their sources: without the AWS SDK a build takes a minute, not ten.

#[path = "../../src/arn.rs"]
pub mod arn;
#[path = "../../src/explain.rs"]
pub mod explain;
#[path = "../../src/policy/mod.rs"]
pub mod policy;
#[path = "../../src/text.rs"]
pub mod text;
#[path = "../../src/spec/mod.rs"]
pub mod spec;

use policy::{Context, Decision, Document, Policies, Principal, Request, evaluate};

/// Requests that differ in everything that a statement can ask for.
pub fn requests() -> Vec<Request> {
    let principals = [
        Principal::Aws("arn:aws:iam::765628985471:root".to_owned()),
        Principal::Aws("arn:aws:sts::111122223333:assumed-role/r/s".to_owned()),
        Principal::Aws("arn:aws-us-gov:iam::111122223333:user/u".to_owned()),
        Principal::Service("lambda.amazonaws.com".to_owned()),
        Principal::Anonymous,
    ];
    let contexts = [
        Context::complete(),
        Context::partial(),
        Context::complete().with("sts:ExternalId", &["x"]).with("aws:username", &["u"]),
    ];
    let calls = [
        ("sts:AssumeRole", "arn:aws:iam::111122223333:role/r"),
        ("lambda:InvokeFunction", "arn:aws:lambda:us-east-1:111122223333:function:f:live"),
    ];
    let mut requests = Vec::new();
    for principal in &principals {
        for context in &contexts {
            for (action, resource) in calls {
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

/// What the document says as a resource's policy, and as an identity's.
pub fn decide(document: &Document, request: &Request) -> [Decision; 2] {
    let named = || ("it".to_owned(), document);
    let of_resource = Policies { resource: Some(named()), ..Policies::default() };
    let of_identity = Policies { identity: vec![named()], ..Policies::default() };
    [evaluate(&of_resource, request).decision, evaluate(&of_identity, request).decision]
}
