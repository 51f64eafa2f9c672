//! The standard `Retry-After` header, and answers that must not be retried.

use aws_sdk_iam::config::retry::{RetryPartition, TokenBucket};
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};
use aws_smithy_types::retry::ErrorKind;

use super::credentials::APP_NAME;
use super::limit::is_given_up;
use crate::aws::error::retry_after;

/// The SDK only knows AWS's own header; servers in front of it send the standard one.
#[derive(Debug)]
pub(super) struct RetryAfter;

impl ClassifyRetry for RetryAfter {
    fn classify_retry(&self, context: &InterceptorContext) -> RetryAction {
        if context.response().is_some_and(is_given_up) {
            return RetryAction::RetryForbidden;
        }
        let status = context.response().map_or(0, |response| response.status().as_u16());
        match context.response().and_then(retry_after) {
            Some(wait) if matches!(status, 429 | 503) => {
                RetryAction::retryable_error_with_explicit_delay(ErrorKind::ThrottlingError, wait)
            }
            _ => RetryAction::NoActionIndicated,
        }
    }

    fn name(&self) -> &'static str {
        "Retry-After"
    }

    fn priority(&self) -> RetryClassifierPriority {
        RetryClassifierPriority::run_after(RetryClassifierPriority::transient_error_classifier())
    }
}

/// The number of attempts bounds the retries. The SDK's own quota is shared by the whole process: many concurrent reads
/// under throttling would use it up, and then the first fault would be final.
pub(super) fn quota() -> RetryPartition {
    RetryPartition::custom(APP_NAME).token_bucket(TokenBucket::unlimited()).build()
}
