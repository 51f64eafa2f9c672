//! The policy language: `cargo bench --bench policy`.

#![allow(clippy::expect_used, clippy::panic, clippy::unwrap_used, unreachable_pub)]

use divan::{Bencher, black_box};
use genesys_iam::policy::{Context, Document, Policies, Principal, Request, equivalent, evaluate};

fn main() {
    divan::main();
}

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::765628985471:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90"}}}]}"#;

#[divan::bench]
fn parse_and_canonicalise_a_trust_policy() -> Document {
    Document::parse(black_box(TRUST)).unwrap().canonical()
}

#[divan::bench]
fn evaluate_a_trust_policy(bencher: Bencher) {
    let document = Document::parse(TRUST).unwrap();
    let request = Request {
        principal: Principal::Aws("arn:aws:iam::765628985471:root".to_owned()),
        action: "sts:AssumeRole".to_owned(),
        resource: "arn:aws:iam::111122223333:role/r".to_owned(),
        context: Context::complete().with("sts:ExternalId", &["2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90"]),
    };
    bencher.bench(|| {
        let resource = Some(("trust policy".to_owned(), black_box(&document)));
        evaluate(&Policies { resource, ..Policies::default() }, &request)
    });
}

const STATEMENTS: [usize; 5] = [25, 50, 100, 200, 400];

/// A document of that many statements, and the same with its statements reversed.
fn documents(statements: usize) -> [Document; 2] {
    let mut texts: Vec<String> = (0..statements)
        .map(|n| {
            format!(r#"{{"Effect":"Allow","Action":["lambda:InvokeFunction","s3:Get{n}"],"Resource":"arn:aws:lambda:us-east-1:111122223333:function:f{n}","Condition":{{"StringEquals":{{"aws:PrincipalTag/n":"{n}"}}}}}}"#)
        })
        .collect();
    let document = |texts: &[String]| {
        Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, texts.join(","))).unwrap()
    };
    let straight = document(&texts);
    texts.reverse();
    [straight, document(&texts)]
}

#[divan::bench(args = STATEMENTS)]
fn equivalence(bencher: Bencher, statements: usize) {
    let [a, b] = documents(statements);
    bencher.bench(|| assert!(equivalent(black_box(&a), black_box(&b))));
}

#[divan::bench(args = STATEMENTS)]
fn evaluation_of_many_statements(bencher: Bencher, statements: usize) {
    let [document, _] = documents(statements);
    let request = Request {
        principal: Principal::Aws("arn:aws:iam::111122223333:user/u".to_owned()),
        action: "lambda:InvokeFunction".to_owned(),
        resource: "arn:aws:lambda:us-east-1:111122223333:function:none".to_owned(),
        context: Context::complete(),
    };
    bencher.bench(|| {
        let identity = vec![("policy".to_owned(), black_box(&document))];
        evaluate(&Policies { identity, ..Policies::default() }, &request)
    });
}
