//! One line in the log for each attempt of an API call: never bodies, headers or secrets.

use std::time::Instant;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::context::{
    BeforeTransmitInterceptorContextRef, FinalizerInterceptorContextRef,
};
use aws_smithy_runtime_api::client::interceptors::{Intercept, dyn_dispatch_hint};
use aws_smithy_runtime_api::client::orchestrator::Metadata;
use aws_smithy_runtime_api::client::retries::RequestAttempts;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::{ConfigBag, Storable, StoreReplace};
use aws_types::request_id::RequestId;

/// Logs API calls at debug level, target `genesys_iam::aws`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ApiLog;

#[derive(Debug)]
struct Started(Instant);

impl Storable for Started {
    type Storer = StoreReplace<Self>;
}

#[dyn_dispatch_hint]
impl Intercept for ApiLog {
    fn name(&self) -> &'static str {
        "ApiLog"
    }

    fn read_before_attempt(
        &self,
        _context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        cfg.interceptor_state().store_put(Started(Instant::now()));
        Ok(())
    }

    fn read_after_attempt(
        &self,
        context: &FinalizerInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        cfg: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let (service, operation) = cfg
            .load::<Metadata>()
            .map(|call| (call.service().to_ascii_lowercase(), call.name().to_owned()))
            .unwrap_or_default();
        let ms = cfg.load::<Started>().map_or(0, |started| started.0.elapsed().as_millis());
        let attempt = cfg.load::<RequestAttempts>().map_or(1, RequestAttempts::attempts);
        match context.response() {
            Some(response) => tracing::debug!(
                target: "genesys_iam::aws",
                "{service}:{operation} {status} in {ms} ms, request {request}{again}",
                status = response.status().as_u16(),
                request = response.request_id().unwrap_or("without ID"),
                again = again(attempt),
            ),
            None => tracing::debug!(
                target: "genesys_iam::aws",
                "{service}:{operation} no answer after {ms} ms{again}",
                again = again(attempt),
            ),
        }
        Ok(())
    }
}

fn again(attempt: u32) -> String {
    if attempt > 1 { format!(" (attempt {attempt})") } else { String::new() }
}
