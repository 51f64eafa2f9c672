//! The sandbox, judged by AWS's real answers: statuses, codes, messages and members, transcribed from recordings of AWS
//! or, if there are none, from its API reference. Each step of a case is a call to the sandbox.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::support::wire::{Endpoint, Wire};
use crate::support::world::{connect, spec_of, virtual_time};
use genesys_iam::aws::AwsError;
use genesys_iam::sandbox::{Sandbox, Scenario, Seed};
use http::{Method, Request, Response};
use jiff::Timestamp;
use serde::Deserialize;
use serde_json::Value;

const ACCOUNT: &str = "111122223333";
const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    name: String,
    source: String,
    /// A scenario that is planted first.
    #[serde(default)]
    given: Value,
    /// The caller's access key; by default an administrator's.
    #[serde(default, rename = "as")]
    caller: Option<String>,
    steps: Vec<Step>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Step {
    call: String,
    #[serde(default)]
    params: BTreeMap<String, String>,
    #[serde(default)]
    function: String,
    qualifier: Option<String>,
    #[serde(rename = "type")]
    invocation: Option<String>,
    status: u16,
    code: Option<String>,
    message: Option<String>,
    /// The exact members of elements; `A/member` is the first item of the list `A`, "" is the answer itself.
    #[serde(default)]
    members: BTreeMap<String, Vec<String>>,
    /// Values of members, wherever they are.
    #[serde(default, rename = "is")]
    values: BTreeMap<String, Value>,
    /// The session in the answer is used for the following steps.
    then: Option<String>,
}

struct Caller {
    key: String,
    token: Option<String>,
}

impl Caller {
    fn send(&self, sandbox: &mut Sandbox, step: &Step) -> Response<Vec<u8>> {
        let (service, action) = step.call.split_once(':').unwrap();
        let request = Request::builder().header(
            "authorization",
            format!(
                "AWS4-HMAC-SHA256 Credential={}/20260101/us-east-1/{service}/aws4_request, SignedHeaders=host, Signature=0",
                self.key
            ),
        );
        let request = match &self.token {
            Some(token) => request.header("x-amz-security-token", token),
            None => request,
        };
        if service == "lambda" {
            return sandbox.handle(&lambda(request, action, step), NOW);
        }
        let body = form_urlencoded::Serializer::new(String::new())
            .append_pair("Action", action)
            .extend_pairs(&step.params)
            .finish();
        sandbox.handle(&request.method(Method::POST).uri("/").body(body.into_bytes()).unwrap(), NOW)
    }
}

fn lambda(request: http::request::Builder, action: &str, step: &Step) -> Request<Vec<u8>> {
    let name: String = form_urlencoded::byte_serialize(step.function.as_bytes()).collect();
    let (version, method, rest) = match action {
        "GetFunction" => ("2015-03-31", Method::GET, ""),
        "GetFunctionConfiguration" => ("2015-03-31", Method::GET, "/configuration"),
        "GetPolicy" => ("2015-03-31", Method::GET, "/policy"),
        "GetFunctionConcurrency" => ("2019-09-30", Method::GET, "/concurrency"),
        "Invoke" => ("2015-03-31", Method::POST, "/invocations"),
        other => panic!("{other}"),
    };
    let query = step.qualifier.as_ref().map_or_else(String::new, |qualifier| {
        form_urlencoded::Serializer::new("?".to_owned()).append_pair("Qualifier", qualifier).finish()
    });
    request
        .method(method)
        .uri(format!("/{version}/functions/{name}{rest}{query}"))
        .header("x-amz-invocation-type", step.invocation.as_deref().unwrap_or("RequestResponse"))
        .body(Vec::new())
        .unwrap()
}

/// An answer as a tree of XML elements or JSON members.
#[derive(Debug, Default, Clone)]
struct Node {
    name: String,
    text: String,
    children: Vec<Self>,
}

impl Node {
    fn read(response: &Response<Vec<u8>>) -> Self {
        let body = String::from_utf8(response.body().clone()).unwrap();
        match body.trim_start().chars().next() {
            None => Self::default(),
            Some('{') => Self::of_json("", &serde_json::from_str(&body).unwrap()),
            Some(_) => Self::of_xml(&body),
        }
    }

    fn of_json(name: &str, value: &Value) -> Self {
        let children = match value {
            Value::Object(members) => {
                members.iter().map(|(name, value)| Self::of_json(name, value)).collect()
            }
            Value::Array(items) => items.iter().map(|item| Self::of_json("member", item)).collect(),
            _ => Vec::new(),
        };
        let text = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
        Self { name: name.to_owned(), text, children }
    }

    /// Parses XML as the sandbox writes it: elements, text, attributes only at the root.
    fn of_xml(body: &str) -> Self {
        let mut stack = vec![Self::default()];
        for part in body.split('<').skip(1) {
            let (tag, text) = part.split_once('>').unwrap();
            if tag.starts_with('/') {
                let done = stack.pop().unwrap();
                stack.last_mut().unwrap().children.push(done);
            } else {
                let name = tag.split(' ').next().unwrap().to_owned();
                stack.push(Self { name, text: unescaped(text), children: Vec::new() });
            }
        }
        assert_eq!(stack.len(), 1, "{body}");
        stack.pop().unwrap()
    }

    fn find(&self, path: &str) -> Option<&Self> {
        if path.is_empty() {
            return Some(self);
        }
        let (first, rest) = path.split_once('/').unwrap_or((path, ""));
        match self.children.iter().find(|child| child.name == first) {
            Some(found) => found.find(rest),
            None => self.children.iter().find_map(|child| child.find(path)),
        }
    }

    fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.children.iter().map(|child| child.name.as_str()).collect();
        names.sort_unstable();
        names
    }
}

fn unescaped(text: &str) -> String {
    text.replace("&lt;", "<").replace("&gt;", ">").replace("&quot;", "\"").replace("&amp;", "&")
}

fn cases() -> Vec<Case> {
    let files = [
        include_str!("../recordings/iam.json"),
        include_str!("../recordings/sts.json"),
        include_str!("../recordings/lambda.json"),
    ];
    files.iter().flat_map(|text| serde_json::from_str::<Vec<Case>>(text).unwrap()).collect()
}

fn seed() -> Seed {
    let function = format!("arn:aws:lambda:us-east-1:{ACCOUNT}:function:f");
    Seed {
        account: ACCOUNT.parse().unwrap(),
        partition: "aws".to_owned(),
        region: "us-east-1".to_owned(),
        functions: vec![function.parse().unwrap(), format!("{function}:live").parse().unwrap()],
        genesys: None,
    }
}

/// The differences between an answer and AWS's.
fn differences(step: &Step, response: &Response<Vec<u8>>) -> Vec<String> {
    let answer = Node::read(response);
    let mut found = Vec::new();
    let mut same = |what: &str, got: String, wanted: String| {
        if got != wanted {
            found.push(format!("{what} is {got}, not {wanted}"));
        }
    };
    same("the status", response.status().as_u16().to_string(), step.status.to_string());
    let header = |name: &str| response.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
    if let Some(code) = &step.code {
        let got = header("x-amzn-errortype").or(answer.find("Code").map(|node| node.text.clone()));
        same("the code", got.unwrap_or_default(), code.clone());
    }
    if let Some(message) = &step.message {
        let got = answer.find("Message").or(answer.find("message")).map(|node| node.text.clone());
        same("the message", got.unwrap_or_default(), message.clone());
    }
    for (path, wanted) in &step.members {
        let mut wanted: Vec<&str> = wanted.iter().map(String::as_str).collect();
        wanted.sort_unstable();
        let got = answer.find(path).map(Node::names);
        same(&format!("members of {path:?}"), format!("{got:?}"), format!("{:?}", Some(wanted)));
    }
    for (name, wanted) in &step.values {
        let got = answer.find(name).map(|node| node.text.clone());
        match wanted {
            // It only has to be present.
            Value::Null => same(name, got.is_some().to_string(), true.to_string()),
            // A document.
            Value::Object(_) => {
                let got = percent_encoding::percent_decode_str(&got.unwrap_or_default())
                    .decode_utf8()
                    .unwrap()
                    .into_owned();
                let got: Value = serde_json::from_str(&got).unwrap_or_default();
                same(name, got.to_string(), wanted.to_string());
            }
            Value::String(wanted) => same(name, got.unwrap_or_default(), wanted.clone()),
            wanted => same(name, got.unwrap_or_default(), wanted.to_string()),
        }
    }
    found
}

#[test]
fn the_sandbox_answers_as_aws_did() {
    let mut steps = 0;
    let mut found = Vec::new();
    for case in cases() {
        assert!(!case.source.is_empty(), "{}", case.name);
        let seed = seed();
        let mut sandbox = Sandbox::new(&seed);
        sandbox.add_identity("AKIANOBODY", &format!("arn:aws:iam::{ACCOUNT}:user/nobody"), Some(Vec::new()));
        if !case.given.is_null() {
            let scenario = Scenario::parse(&case.given.to_string(), &seed).unwrap();
            sandbox.play(&scenario, &seed, NOW).unwrap();
        }
        let mut caller =
            Caller { key: case.caller.clone().unwrap_or_else(|| ACCOUNT.to_owned()), token: None };
        for step in &case.steps {
            steps += 1;
            let response = caller.send(&mut sandbox, step);
            for difference in differences(step, &response) {
                found.push(format!("{}: {} {:?}: {difference}", case.name, step.call, step.params));
            }
            if step.then.is_some() {
                let answer = Node::read(&response);
                let text = |name: &str| answer.find(name).unwrap().text.clone();
                caller = Caller { key: text("AccessKeyId"), token: Some(text("SessionToken")) };
            }
        }
    }
    assert!(steps >= 120, "{steps} steps");
    assert!(found.is_empty(), "{} of {steps} steps differ:\n{}", found.len(), found.join("\n"));
}

/// An error returned by AWS.
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
struct RecordedError {
    service: String,
    status: u16,
    code: String,
    message: String,
    reason: Option<String>,
}

impl Endpoint for RecordedError {
    fn answer(&self, _: &Request<Vec<u8>>) -> Response<Vec<u8>> {
        let Self { service, status, code, message, reason } = self;
        let response = Response::builder().status(*status).header("x-amzn-requestid", "r-1");
        if service == "lambda" {
            let mut body = serde_json::json!({ "Type": "User", "Message": message });
            if let Some(reason) = reason {
                body["Reason"] = reason.as_str().into();
            }
            return response.header("x-amzn-errortype", code).body(body.to_string().into_bytes()).unwrap();
        }
        let message = message.replace('&', "&amp;").replace('<', "&lt;");
        let body = format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>r-1</RequestId></ErrorResponse>"
        );
        response.body(body.into_bytes()).unwrap()
    }
}

#[test]
fn every_recorded_error_keeps_its_code_and_words_and_means_one_thing() {
    let errors: Vec<RecordedError> = serde_json::from_str(include_str!("../recordings/errors.json")).unwrap();
    assert!(errors.len() > 90, "{}", errors.len());
    virtual_time().block_on(async {
        let spec = spec_of("R", &["f"], "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90", "");
        for recorded in errors {
            let clients = connect(&spec, &Wire::new(Arc::new(recorded.clone()), None)).await;
            let error = match recorded.service.as_str() {
                "iam" => {
                    let answer = clients.iam.get_role().role_name("r").send().await;
                    AwsError::from_sdk("iam:GetRole", "role `r`", answer.unwrap_err())
                }
                "sts" => {
                    let request = clients.sts.assume_role().role_arn("arn:aws:iam::111122223333:role/r");
                    let answer = request.role_session_name("s").send().await;
                    AwsError::from_sdk("sts:AssumeRole", "role `r`", answer.unwrap_err())
                }
                _ => {
                    let answer = clients.lambda.invoke().function_name("f").send().await;
                    AwsError::from_sdk("lambda:Invoke", "function `f`", answer.unwrap_err())
                }
            };
            let RecordedError { code, message, .. } = &recorded;
            assert_eq!(error.code(), Some(code.as_str()), "{recorded:?}");
            assert_eq!(error.message().unwrap_or_default(), message, "{recorded:?}");
            let means = [
                (error.is_not_found(), matches!(code.as_str(), "NoSuchEntity" | "ResourceNotFoundException")),
                (error.is_access_denied(), code == "AccessDeniedException"),
                (error.is_throttled(), code == "TooManyRequestsException"),
                // All of them are refusals: nothing was done.
                (error.may_have_been_done(), false),
            ];
            assert!(means.iter().all(|(is, should)| is == should), "{recorded:?}: {means:?}");
            let text = error.to_string();
            assert!(text.contains(code.as_str()) && error.help().is_some(), "{text}");
            for line in message.lines() {
                assert!(text.contains(line.trim_end()), "no {line:?} in {text}");
            }
        }
    });
}
