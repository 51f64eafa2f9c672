//! A wire with faults: an HTTP client for the SDK, in front of a sandbox or any other client.

use std::collections::HashMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;

/// What goes wrong, from a certain call on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An error from AWS; the call is not carried out.
    Error { code: &'static str, status: u16, calls: usize },
    /// An answer not from AWS, with a `Retry-After` header.
    Busy { seconds: u32, calls: usize },
    /// The connection breaks before the call is carried out.
    Lost { calls: usize },
    /// The call is carried out, but the connection breaks before its answer arrives.
    AnswerLost { calls: usize },
    /// The call is carried out, but no answer ever arrives.
    Silence { calls: usize },
    /// The call is carried out, but an intermediary answers with its own page.
    Garbled { calls: usize },
    /// After the call, the next reads return the state before it.
    Stale { reads: usize },
}

impl Fault {
    /// Whether to try it with reads: an extra error makes no difference there, and nothing is carried out.
    pub fn is_for_reads(self) -> bool {
        match self {
            Self::Error { code, calls, .. } => match code {
                "Throttling" => calls > 1,
                "AccessDenied" | "NoSuchEntity" | "ServiceFailure" => calls == 1,
                _ => false,
            },
            Self::Busy { calls, .. } => calls == 1,
            Self::Lost { .. } | Self::Garbled { .. } => true,
            Self::Silence { calls } => calls == 1,
            Self::AnswerLost { .. } | Self::Stale { .. } => false,
        }
    }

    /// Whether the tool promises to recover by itself, given time.
    pub fn passes(self, is_write: bool) -> bool {
        match self {
            Self::Error { code, calls, .. } => match code {
                "Throttling" | "ServiceFailure" => calls == 1 || (is_write && calls < 10),
                "ConcurrentModification" => is_write,
                _ => false,
            },
            Self::Busy { calls, .. } => calls == 1,
            Self::Lost { calls } | Self::AnswerLost { calls } | Self::Silence { calls } => calls == 1,
            Self::Garbled { .. } => false,
            Self::Stale { reads } => reads < 10,
        }
    }

    fn calls(self) -> usize {
        match self {
            Self::Error { calls, .. }
            | Self::Busy { calls, .. }
            | Self::Lost { calls }
            | Self::AnswerLost { calls }
            | Self::Silence { calls }
            | Self::Garbled { calls } => calls,
            Self::Stale { .. } => 1,
        }
    }
}

/// A call that got through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Call {
    /// `CreateRole`; the path for Lambda.
    pub operation: String,
    /// Whether it was carried out and answered successfully.
    pub carried_out: bool,
}

impl Call {
    pub fn is_write(&self) -> bool {
        is_write(&self.operation)
    }
}

fn is_write(operation: &str) -> bool {
    !(operation.starts_with("Get") || operation.starts_with("List") || operation.starts_with('/'))
}

/// What answers if nothing goes wrong.
pub trait Endpoint: Send + Sync + 'static {
    fn answer(&self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>>;
    /// Called after each write that was carried out.
    fn written(&self) {}
}

#[derive(Clone)]
pub struct Wire {
    endpoint: Arc<dyn Endpoint>,
    /// Before each answer.
    delay: Duration,
    state: Arc<Mutex<State>>,
}

#[derive(Default)]
struct State {
    calls: Vec<Call>,
    fault: Option<(usize, Fault)>,
    /// The last answer to each read.
    answers: HashMap<Vec<u8>, http::Response<Vec<u8>>>,
    /// How many more reads are answered from there.
    stale: usize,
}

impl std::fmt::Debug for Wire {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Wire")
    }
}

impl Wire {
    /// With a fault at the call with this number, counted from 0.
    pub fn new(endpoint: Arc<dyn Endpoint>, fault: Option<(usize, Fault)>) -> Self {
        Self {
            endpoint,
            delay: Duration::ZERO,
            state: Arc::new(Mutex::new(State { fault, ..State::default() })),
        }
    }

    /// Without faults, with a pause before each answer: in virtual time it counts round trips.
    pub fn slow(endpoint: Arc<dyn Endpoint>, delay: Duration) -> Self {
        Self { delay, ..Self::new(endpoint, None) }
    }

    pub fn http_client(&self) -> SharedHttpClient {
        SharedHttpClient::new(self.clone())
    }

    pub fn calls(&self) -> Vec<Call> {
        self.state.lock().unwrap().calls.clone()
    }

    /// `None`: there will be no answer.
    fn answer(&self, request: &http::Request<Vec<u8>>) -> Option<Result<http::Response<Vec<u8>>, Broken>> {
        let mut state = self.state.lock().unwrap();
        let operation = operation(request);
        let number = state.calls.len();
        let fault = state
            .fault
            .filter(|(first, fault)| (*first..first.saturating_add(fault.calls())).contains(&number));
        state.calls.push(Call { operation: operation.clone(), carried_out: false });
        let fault = fault.map(|(_, fault)| fault);
        match fault {
            Some(Fault::Error { code, status, .. }) => return Some(Ok(error(request, code, status))),
            Some(Fault::Busy { seconds, .. }) => {
                let mut response = page(503, "<html>busy</html>");
                response.headers_mut().insert("retry-after", seconds.into());
                return Some(Ok(response));
            }
            Some(Fault::Lost { .. }) => return Some(Err(Broken)),
            _ => {}
        }
        let key = request.body().clone();
        let is_write = is_write(&operation);
        if !is_write && state.stale > 0 {
            state.stale -= 1;
            if let Some(old) = state.answers.get(&key) {
                return Some(Ok(old.clone()));
            }
        }
        let response = self.endpoint.answer(request);
        state.calls[number].carried_out = response.status().is_success();
        if is_write && response.status().is_success() {
            self.endpoint.written();
        } else if !is_write {
            state.answers.insert(key, response.clone());
        }
        match fault {
            Some(Fault::AnswerLost { .. }) => Some(Err(Broken)),
            Some(Fault::Silence { .. }) => None,
            Some(Fault::Garbled { .. }) => Some(Ok(page(200, "<html><body>Please log in</body></html>"))),
            Some(Fault::Stale { reads }) => {
                state.stale = reads;
                Some(Ok(response))
            }
            _ => Some(Ok(response)),
        }
    }
}

#[derive(Debug)]
struct Broken;

fn operation(request: &http::Request<Vec<u8>>) -> String {
    let body = String::from_utf8_lossy(request.body());
    let action = body.split('&').find_map(|pair| pair.strip_prefix("Action="));
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    let target = target.and_then(|target| target.rsplit('.').next());
    action.or(target).map_or_else(|| request.uri().path().to_owned(), str::to_owned)
}

fn page(status: u16, body: &str) -> http::Response<Vec<u8>> {
    let response = http::Response::builder().status(status).header("content-type", "text/html");
    response.body(body.as_bytes().to_vec()).unwrap()
}

fn error(request: &http::Request<Vec<u8>>, code: &str, status: u16) -> http::Response<Vec<u8>> {
    let message = match code {
        "MalformedPolicyDocument" => "Invalid principal in policy: \"AWS\":\"arn:aws:iam::1:role/r\"",
        _ => "planted",
    };
    let is_query = operation(request).chars().next().is_some_and(char::is_alphabetic);
    let body = if is_query {
        let message = message.replace('"', "&quot;");
        format!(
            "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
             <RequestId>planted-request</RequestId></ErrorResponse>"
        )
    } else {
        format!("{{\"Message\":\"{message}\"}}")
    };
    http::Response::builder().status(status).header("x-amzn-errortype", code).body(body.into_bytes()).unwrap()
}

impl HttpClient for Wire {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Wire {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let wire = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes().to_vec();
            let request = http::Request::from_parts(parts, body);
            if !wire.delay.is_zero() {
                tokio::time::sleep(wire.delay).await;
            }
            match wire.answer(&request) {
                Some(Ok(response)) => Ok(HttpResponse::try_from(response.map(SdkBody::from)).unwrap()),
                Some(Err(Broken)) => Err(ConnectorError::io("connection reset by peer".into())),
                None => std::future::pending().await,
            }
        })
    }
}
