//! Requests as a client sends them, and the SDK's own clients.

use std::sync::{Arc, Mutex};

use http::Request;
use jiff::Timestamp;

use super::*;
use crate::arn::FunctionArn;
use crate::policy::Document;
use http::{HeaderMap, Response};

mod access;
mod actions;
mod lambda;
mod organization;
mod sdk;
mod serve;
mod state_file;

const ACCOUNT: &str = "111122223333";
const GENESYS: &str = "765628985471";
const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:f";
const OTHER: &str = "arn:aws:lambda:us-east-1:111122223333:function:other";
const EXTERNAL_ID: &str = "2f9c1c5e-7d3a-4b57-9d3e-6a1f0c9b8e21";
const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::765628985471:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"2f9c1c5e-7d3a-4b57-9d3e-6a1f0c9b8e21"}}}]}"#;
const INVOKE: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"lambda:InvokeFunction","Resource":"arn:aws:lambda:us-east-1:111122223333:function:f"}]}"#;
const POLICY_ARN: &str = "arn:aws:iam::111122223333:policy/P";
const ROLE_ARN: &str = "arn:aws:iam::111122223333:role/R";

fn seed() -> Seed {
    Seed {
        account: ACCOUNT.parse().unwrap(),
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        functions: vec![FUNCTION.parse().unwrap(), format!("{FUNCTION}:live").parse().unwrap()],
        genesys: None,
    }
}

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn authorization(key: &str, region: &str, service: &str) -> String {
    format!(
        "AWS4-HMAC-SHA256 Credential={key}/20260301/{region}/{service}/aws4_request, SignedHeaders=host, Signature=0"
    )
}

#[derive(Debug)]
struct Answered {
    status: u16,
    body: String,
}

impl Answered {
    fn of(response: Response<Vec<u8>>) -> Self {
        assert!(response.headers().contains_key("x-amzn-requestid"));
        Self { status: response.status().as_u16(), body: String::from_utf8(response.into_body()).unwrap() }
    }

    /// The texts of all elements with that name.
    fn all(&self, name: &str) -> Vec<&str> {
        let open = format!("<{name}>");
        let close = format!("</{name}>");
        self.body.split(&open).skip(1).map(|rest| rest.split(&close).next().unwrap()).collect()
    }

    fn one(&self, name: &str) -> &str {
        self.all(name).first().unwrap_or_else(|| panic!("no {name} in {}", self.body))
    }

    /// The error's status, code and message.
    fn error(&self) -> (u16, &str, &str) {
        assert!(self.status >= 400, "{}", self.body);
        (self.status, self.one("Code"), self.one("Message"))
    }
}

fn form(action: &str, params: &[(&str, &str)]) -> String {
    form_urlencoded::Serializer::new(String::new())
        .append_pair("Action", action)
        .extend_pairs(params)
        .finish()
}

fn send_as(
    sandbox: &mut Sandbox,
    key: &str,
    service: &str,
    action: &str,
    params: &[(&str, &str)],
) -> Answered {
    let request = Request::post("/")
        .header("authorization", authorization(key, "us-east-1", service))
        .body(form(action, params).into_bytes())
        .unwrap();
    Answered::of(sandbox.handle(&request, now()))
}

fn iam(sandbox: &mut Sandbox, action: &str, params: &[(&str, &str)]) -> Answered {
    send_as(sandbox, ACCOUNT, "iam", action, params)
}

fn done(sandbox: &mut Sandbox, action: &str, params: &[(&str, &str)]) -> Answered {
    let answered = iam(sandbox, action, params);
    assert_eq!(answered.status, 200, "{action}: {}", answered.body);
    answered
}

/// A sandbox with the role `R`, the policy `P`, and `P` attached to `R`.
fn furnished() -> Sandbox {
    let mut sandbox = Sandbox::new(&seed());
    done(&mut sandbox, "CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", TRUST)]);
    done(&mut sandbox, "CreatePolicy", &[("PolicyName", "P"), ("PolicyDocument", INVOKE)]);
    done(&mut sandbox, "AttachRolePolicy", &[("RoleName", "R"), ("PolicyArn", POLICY_ARN)]);
    sandbox
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).map(|value| value.to_str().unwrap()).unwrap_or_default()
}
