//! The sandbox as the SDK's HTTP client: no sockets, no TLS.

use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use jiff::Timestamp;

use super::Sandbox;

/// Plugs a sandbox into the SDK.
pub fn http_client(sandbox: Arc<Mutex<Sandbox>>) -> SharedHttpClient {
    SharedHttpClient::new(Connector { sandbox })
}

#[derive(Clone)]
struct Connector {
    sandbox: Arc<Mutex<Sandbox>>,
}

impl fmt::Debug for Connector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Connector")
    }
}

impl HttpClient for Connector {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        HttpConnectorFuture::ready(self.answer(request))
    }
}

impl Connector {
    fn answer(&self, request: HttpRequest) -> Result<HttpResponse, ConnectorError> {
        let request = request.try_into_http1x().map_err(|error| ConnectorError::user(error.into()))?;
        let request = request.map(|body| body.bytes().map(<[u8]>::to_vec).unwrap_or_default());
        let mut sandbox = self.sandbox.lock().unwrap_or_else(PoisonError::into_inner);
        let response = sandbox.handle(&request, Timestamp::now());
        HttpResponse::try_from(response.map(SdkBody::from))
            .map_err(|error| ConnectorError::other(error.into(), None))
    }
}
