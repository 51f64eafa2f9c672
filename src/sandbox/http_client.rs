//! The sandbox as the SDK's HTTP client: no TLS, no sockets.

use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_async::time::SharedTimeSource;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::BodyExt as _;
use jiff::Timestamp;

use super::embedded::Sandbox;
use crate::genesys::{HttpAnswer, HttpTransport};

/// An HTTP client for the SDK's `.http_client(…)`, answered by the sandbox.
pub fn http_client(sandbox: Arc<Mutex<Sandbox>>) -> SharedHttpClient {
    SharedHttpClient::new(InProcess { sandbox, time: None })
}

/// A transport for the Genesys Cloud API client, answered by the sandbox.
pub fn genesys_transport(sandbox: Arc<Mutex<Sandbox>>) -> Box<dyn HttpTransport> {
    Box::new(GenesysEndpoint(sandbox))
}

struct GenesysEndpoint(Arc<Mutex<Sandbox>>);

impl HttpTransport for GenesysEndpoint {
    fn carry(&self, request: http::Request<Vec<u8>>) -> HttpAnswer<'_> {
        let mut sandbox = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let response = sandbox.handle(&request, Timestamp::now());
        Box::pin(std::future::ready(Ok(response)))
    }
}

#[derive(Debug, Clone)]
struct InProcess {
    sandbox: Arc<Mutex<Sandbox>>,
    /// The SDK's own, which a test may have replaced.
    time: Option<SharedTimeSource>,
}

impl HttpClient for InProcess {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(Self { sandbox: Arc::clone(&self.sandbox), time: components.time_source() })
    }
}

impl HttpConnector for InProcess {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { sandbox, time } = self.clone();
        HttpConnectorFuture::new(async move {
            let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
            let (parts, body) = request.into_parts();
            let body = body.collect().await.map_err(ConnectorError::user)?.to_bytes();
            let request = http::Request::from_parts(parts, body);
            let now =
                time.and_then(|time| Timestamp::try_from(time.now()).ok()).unwrap_or_else(Timestamp::now);
            let response = {
                // A poisoned lock means a panic elsewhere; the state changes as a whole or not at all.
                let mut sandbox = sandbox.lock().unwrap_or_else(PoisonError::into_inner);
                sandbox.handle(&request, now)
            };
            HttpResponse::try_from(response.map(SdkBody::from))
                .map_err(|error| ConnectorError::user(error.into()))
        })
    }
}
