//! Services without an SDK crate in this program: requests signed, retried, paced and logged like the SDK's own.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use aws_config::{BehaviorVersion, SdkConfig};
use aws_runtime::auth::SigV4OperationSigningConfig;
use aws_runtime::auth::sigv4::{SCHEME_ID, SigV4AuthScheme};
use aws_runtime::retries::classifiers::AwsErrorCodeClassifier;
use aws_smithy_runtime::client::orchestrator::operation::Operation;
use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::auth::AuthSchemeOptionResolverParams;
use aws_smithy_runtime_api::client::auth::static_resolver::StaticAuthSchemeOptionResolver;
use aws_smithy_runtime_api::client::identity::SharedIdentityResolver;
use aws_smithy_runtime_api::client::orchestrator::{
    HttpRequest, HttpResponse, OrchestratorError, SensitiveOutput,
};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
use aws_smithy_runtime_api::client::runtime_plugin::StaticRuntimePlugin;
use aws_smithy_types::body::SdkBody;
use aws_smithy_types::config_bag::Layer;
use aws_smithy_types::error::metadata::{ErrorMetadata, ProvideErrorMetadata};
use aws_smithy_types::retry::RetryConfig;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SigningName;
use aws_types::region::{Region, SigningRegion};
use aws_types::service_config::ServiceConfigKey;
use serde_json::Value;

use super::limit::Limiter;
use super::log::ApiLog;
use super::network::network_client;
use super::retry_after::{RetryAfter, quota};
use crate::arn::partition_of_region;
use crate::aws::error::AwsError;

/// A service by its names.
#[derive(Debug, Clone, Copy)]
pub struct SignedService {
    /// In its permissions, endpoint and signature: `cloudtrail`.
    pub name: &'static str,
    /// In `AWS_ENDPOINT_URL_…`: `CloudTrail`.
    pub id: &'static str,
    /// Requests per second in a region, if AWS documents a limit; otherwise it is discovered.
    pub rate: Option<f64>,
}

/// One request with a JSON answer.
#[derive(Debug, Clone)]
pub struct SignedCall<'a> {
    pub service: SignedService,
    pub region: &'a str,
    /// As in permissions: `cloudtrail:LookupEvents`.
    pub operation: &'static str,
    /// Its subject, for errors.
    pub subject: String,
    pub payload: Payload,
}

/// The request, in the service's protocol.
#[derive(Debug, Clone)]
pub enum Payload {
    /// AWS JSON 1.1: `target` is the `X-Amz-Target` header.
    Target { target: &'static str, body: Value },
    /// REST.
    Rest { method: &'static str, path: String, body: Option<Value> },
}

/// By service and region.
type Limiters = BTreeMap<(&'static str, String), Arc<Limiter>>;

/// The pace of each service in each region.
#[derive(Clone, Default)]
pub(super) struct Paces(Arc<Mutex<Limiters>>);

impl Paces {
    fn limiter(&self, service: SignedService, region: &str, attempts: u32) -> Arc<Limiter> {
        let mut known = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let limiter = known
            .entry((service.name, region.to_owned()))
            .or_insert_with(|| Limiter::paced(service.name, attempts, service.rate));
        Arc::clone(limiter)
    }
}

/// Makes a call.
///
/// # Errors
/// As every call to AWS.
pub(super) async fn send(sdk: &SdkConfig, paces: &Paces, call: SignedCall<'_>) -> Result<Value, AwsError> {
    let SignedCall { service, region, operation, subject, payload } = call;
    let retry = sdk.retry_config().cloned().unwrap_or_else(RetryConfig::standard);
    let limiter = paces.limiter(service, region, retry.max_attempts());
    let http_client = limiter.wrap(sdk.http_client().unwrap_or_else(|| network_client(None)));
    let mut builder = Operation::builder()
        .service_name(service.name)
        .operation_name(operation.split_once(':').map_or(operation, |(_, name)| name))
        .behavior_version(BehaviorVersion::latest())
        .endpoint_url(&endpoint(sdk, service, region))
        .http_client(http_client)
        .interceptor(ApiLog)
        .retry_classifier(RetryAfter)
        .retry_classifier(AwsErrorCodeClassifier::<Refused>::default())
        .standard_retry(&retry)
        .timeout_config(sdk.timeout_config().cloned().unwrap_or_else(TimeoutConfig::disabled))
        .runtime_plugin(signing(sdk, service, region));
    if let Some(stalled) = sdk.stalled_stream_protection() {
        builder = builder.stalled_stream_protection(stalled);
    }
    if let Some(sleep) = sdk.sleep_impl() {
        builder = builder.sleep_impl(sleep);
    }
    if let Some(time) = sdk.time_source() {
        builder = builder.time_source(time);
    }
    let operation_of = builder
        .serializer(move |(): ()| request(&payload))
        .deserializer(|response: &HttpResponse| answer(response))
        .build();
    operation_of.invoke(()).await.map_err(|error| AwsError::from_sdk(operation, subject, error))
}

/// Who signs, and for what.
fn signing(sdk: &SdkConfig, service: SignedService, region: &str) -> StaticRuntimePlugin {
    let mut config = Layer::new("signing");
    config.store_put(AuthSchemeOptionResolverParams::new(()));
    config.store_put(SigV4OperationSigningConfig {
        region: Some(SigningRegion::from(Region::new(region.to_owned()))),
        name: Some(SigningName::from_static(service.name)),
        ..SigV4OperationSigningConfig::default()
    });
    config.store_put(quota());
    // A CloudTrail event contains a session's token: answers are not logged.
    config.store_put(SensitiveOutput);
    let mut components = RuntimeComponentsBuilder::new("signing")
        .with_auth_scheme(SigV4AuthScheme::new())
        .with_auth_scheme_option_resolver(Some(StaticAuthSchemeOptionResolver::new(vec![SCHEME_ID])))
        .with_identity_cache(sdk.identity_cache());
    if let Some(credentials) = sdk.credentials_provider() {
        components = components.with_identity_resolver(SCHEME_ID, SharedIdentityResolver::new(credentials));
    }
    StaticRuntimePlugin::new().with_config(config.freeze()).with_runtime_components(components)
}

fn request(payload: &Payload) -> Result<HttpRequest, BoxError> {
    let (method, path, body, kind) = match payload {
        Payload::Target { body, .. } => ("POST", "/", Some(body), "application/x-amz-json-1.1"),
        Payload::Rest { method, path, body } => (*method, path.as_str(), body.as_ref(), "application/json"),
    };
    let body = body.map(Value::to_string);
    let mut request = http::Request::builder()
        .method(method)
        .uri(path)
        .header("user-agent", concat!("genesys-iam/", env!("CARGO_PKG_VERSION")));
    if let Payload::Target { target, .. } = payload {
        request = request.header("x-amz-target", *target);
    }
    if let Some(body) = &body {
        request = request.header("content-type", kind).header("content-length", body.len());
    }
    let request = request.body(body.map_or_else(SdkBody::empty, SdkBody::from))?;
    Ok(HttpRequest::try_from(request)?)
}

fn answer(response: &HttpResponse) -> Result<Value, OrchestratorError<Refused>> {
    let body = response.body().bytes().unwrap_or_default();
    let value = serde_json::from_slice::<Value>(body);
    if response.status().is_success() {
        return value.map_err(|error| OrchestratorError::response(error.into()));
    }
    let value = value.unwrap_or_default();
    let member = |names: [&str; 3]| names.into_iter().find_map(|name| value[name].as_str());
    let code = response.headers().get("x-amzn-errortype").or_else(|| member(["__type", "code", "Code"]));
    let mut meta = ErrorMetadata::builder();
    if let Some(code) = code {
        // `com.amazonaws.service#Code:http://…`
        let code = code.rsplit('#').next().unwrap_or(code);
        meta = meta.code(code.split(':').next().unwrap_or(code));
    }
    if let Some(message) = member(["message", "Message", "errorMessage"]) {
        meta = meta.message(message);
    }
    if let Some(id) = response.headers().get("x-amzn-requestid") {
        meta = meta.custom("aws_request_id", id);
    }
    Err(OrchestratorError::operation(Refused { meta: meta.build() }))
}

/// Where the service is: at the given endpoint, or AWS's own.
fn endpoint(sdk: &SdkConfig, service: SignedService, region: &str) -> String {
    let given = sdk.endpoint_url().map(str::to_owned);
    let of_service = || {
        let key = ServiceConfigKey::builder()
            .service_id(service.id)
            .env("AWS_ENDPOINT_URL")
            .profile("endpoint_url")
            .build()
            .ok()?;
        sdk.service_config()?.load_config(key)
    };
    // As in the SDK: the spec or the command line takes precedence.
    let given =
        if sdk.get_origin("endpoint_url").is_client_config() { given } else { of_service().or(given) };
    given.unwrap_or_else(|| {
        let fips = if sdk.use_fips() == Some(true) { "-fips" } else { "" };
        let suffix = match partition_of_region(region) {
            "aws-cn" => "amazonaws.com.cn",
            "aws-eusc" => "amazonaws.eu",
            "aws-iso" => "c2s.ic.gov",
            "aws-iso-b" => "sc2s.sgov.gov",
            "aws-iso-e" => "cloud.adc-e.uk",
            "aws-iso-f" => "csp.hci.ic.gov",
            _ => "amazonaws.com",
        };
        format!("https://{}{fips}.{region}.{suffix}", service.name)
    })
}

/// An error answer.
#[derive(Debug)]
struct Refused {
    meta: ErrorMetadata,
}

impl ProvideErrorMetadata for Refused {
    fn meta(&self) -> &ErrorMetadata {
        &self.meta
    }
}

impl fmt::Display for Refused {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", self.meta)
    }
}

impl std::error::Error for Refused {}

impl fmt::Debug for Paces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Paces")
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::aws::testing::answering;

    const TRAIL: SignedService = SignedService { name: "cloudtrail", id: "CloudTrail", rate: None };

    fn call() -> SignedCall<'static> {
        let target = "X.LookupEvents";
        SignedCall {
            service: TRAIL,
            region: "eu-central-1",
            operation: "cloudtrail:LookupEvents",
            subject: String::new(),
            payload: Payload::Target { target, body: json!({}) },
        }
    }

    #[tokio::test]
    async fn an_answer_is_json_and_an_error_has_its_code_and_words() {
        let clients = answering(200, &[], r#"{"Events": []}"#).await;
        assert_eq!(clients.signed(call()).await.unwrap(), json!({ "Events": [] }));
        for (header, body) in [
            ("AccessDeniedException:http://internal.amazon.com/", r#"{"message": "no"}"#),
            ("", r#"{"__type": "com.amazonaws.cloudtrail#AccessDeniedException", "Message": "no"}"#),
        ] {
            let headers: Vec<_> =
                [("x-amzn-errortype", header)].into_iter().filter(|(_, v)| !v.is_empty()).collect();
            let error = answering(400, &headers, body).await.signed(call()).await.unwrap_err();
            assert_eq!(error.brief(), "AccessDeniedException: no");
            assert!(error.is_access_denied());
            assert_eq!(error.operation, "cloudtrail:LookupEvents");
        }
    }

    #[tokio::test]
    async fn what_is_not_json_is_an_answer_of_something_else() {
        let error = answering(200, &[], "<html>sessionToken</html>").await.signed(call()).await.unwrap_err();
        assert!(!error.to_string().contains("sessionToken"), "{error}");
        assert!(error.help().unwrap().contains("something other than AWS"), "{error}");
    }

    #[test]
    fn each_partition_has_its_own_endpoints() {
        let sdk = SdkConfig::builder().build();
        for (region, url) in [
            ("us-east-1", "https://cloudtrail.us-east-1.amazonaws.com"),
            ("us-gov-west-1", "https://cloudtrail.us-gov-west-1.amazonaws.com"),
            ("cn-north-1", "https://cloudtrail.cn-north-1.amazonaws.com.cn"),
            ("eusc-de-east-1", "https://cloudtrail.eusc-de-east-1.amazonaws.eu"),
        ] {
            assert_eq!(endpoint(&sdk, TRAIL, region), url);
        }
        let sdk = SdkConfig::builder().endpoint_url("http://127.0.0.1:4566").use_fips(true).build();
        assert_eq!(endpoint(&sdk, TRAIL, "us-east-1"), "http://127.0.0.1:4566");
        let sdk = SdkConfig::builder().use_fips(true).build();
        assert_eq!(endpoint(&sdk, TRAIL, "us-east-1"), "https://cloudtrail-fips.us-east-1.amazonaws.com");
    }
}
