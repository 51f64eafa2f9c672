//! One client for all services, accounts and regions: connections, TLS and its roots are shared.

use aws_smithy_http_client::proxy::ProxyConfig;
use aws_smithy_http_client::tls::rustls_provider::CryptoMode;
use aws_smithy_http_client::tls::{Provider, TlsContext, TrustStore};
use aws_smithy_http_client::{Builder, ConnectorBuilder};
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;

/// Like the SDK's default, except that TLS and its roots are only loaded for the first request that needs them.
pub(super) fn network_client(ca_bundle: Option<Vec<u8>>) -> SharedHttpClient {
    let context = tls_context(ca_bundle);
    let https = Builder::new().build_with_connector_fn(move |settings, components| {
        let mut connector = ConnectorBuilder::default().tls_provider(Provider::Rustls(CryptoMode::AwsLc));
        if let Some(context) = &context {
            connector.set_tls_context(context.clone());
        }
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build()
    });
    let http = Builder::new().build_with_connector_fn(|settings, components| {
        let mut connector = ConnectorBuilder::default();
        connector.set_connector_settings(settings.cloned());
        connector.set_sleep_impl(components.and_then(|components| components.sleep_impl()));
        connector.set_proxy_config(Some(ProxyConfig::from_env()));
        connector.build_http()
    });
    SharedHttpClient::new(ByScheme { http, https })
}

/// With certificate authorities in addition to the system's.
fn tls_context(ca_bundle: Option<Vec<u8>>) -> Option<TlsContext> {
    let store = TrustStore::default().with_pem_certificate(ca_bundle?);
    TlsContext::builder().with_trust_store(store).build().ok()
}

#[derive(Debug)]
struct ByScheme {
    /// For an endpoint on loopback.
    http: SharedHttpClient,
    https: SharedHttpClient,
}

impl HttpClient for ByScheme {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let Self { http, https } = self;
        SharedHttpConnector::new(Chosen {
            http: http.clone(),
            https: https.clone(),
            settings: settings.clone(),
            components: components.clone(),
        })
    }
}

/// Asks for the connector when there is a request: the SDK does so as soon as a client is created.
#[derive(Debug)]
struct Chosen {
    http: SharedHttpClient,
    https: SharedHttpClient,
    settings: HttpConnectorSettings,
    components: RuntimeComponents,
}

impl HttpConnector for Chosen {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let client = if request.uri().starts_with("http://") { &self.http } else { &self.https };
        client.http_connector(&self.settings, &self.components).call(request)
    }
}
