//! One identity's SDK clients.

use std::fmt;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;

use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::credentials::with_provider;
use super::limit::{Limiter, OnThrottle};
use super::log::ApiLog;
use super::network::network_client;
use super::profile::Profiles;
use super::retry_after::{RetryAfter, quota};
use super::signed::{self, Paces, SignedCall};
use crate::arn::{global_region, partition_of_region};
use crate::aws::error::AwsError;

pub(super) const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// SDK clients of one identity in one region.
#[derive(Clone)]
pub struct Clients {
    pub iam: aws_sdk_iam::Client,
    pub lambda: aws_sdk_lambda::Client,
    pub sts: aws_sdk_sts::Client,
    /// In the region that holds IAM's resources.
    pub tagging: aws_sdk_resourcegroupstagging::Client,
    pub region: String,
    /// Roles read so far in the current read.
    pub(crate) roles_read: Arc<AtomicUsize>,
    limiters: [Arc<Limiter>; 4],
    paces: Paces,
    sdk: SdkConfig,
}

impl Clients {
    /// The endpoint for all services, if one was given.
    pub fn endpoint(&self) -> Option<&str> {
        self.sdk.endpoint_url()
    }

    pub(super) fn from_sdk(sdk: SdkConfig, region: String) -> Self {
        let attempts = sdk.retry_config().map_or(3, RetryConfig::max_attempts);
        // Waiting in the queue is not part of an attempt: the limiter itself bounds it.
        let timeouts = TimeoutConfig::builder().connect_timeout(CONNECT_TIMEOUT).build();
        // Nor is it a stalled stream.
        let stalled = StalledStreamProtectionConfig::disabled();
        let sdk = sdk.into_builder().timeout_config(timeouts).stalled_stream_protection(stalled).build();
        let limiters = ["IAM", "Lambda", "STS", "tagging"].map(|service| Limiter::new(service, attempts));
        let [iam_limiter, lambda_limiter, sts_limiter, tagging_limiter] = &limiters;
        let mut iam = aws_sdk_iam::config::Builder::from(&sdk)
            .interceptor(ApiLog)
            .retry_classifier(RetryAfter)
            .retry_partition(quota());
        let mut sts = aws_sdk_sts::config::Builder::from(&sdk)
            .interceptor(ApiLog)
            .retry_classifier(RetryAfter)
            .retry_partition(quota());
        // In that region the tagging API knows IAM's resources. Its answers exist elsewhere too, so it is not retried.
        let mut tagging = aws_sdk_resourcegroupstagging::config::Builder::from(&sdk)
            .interceptor(ApiLog)
            .region(Region::new(global_region(partition_of_region(&region))))
            .retry_config(RetryConfig::disabled());
        if let Some(http_client) = sdk.http_client() {
            tagging = tagging.http_client(tagging_limiter.wrap(http_client.clone()));
            iam = iam.http_client(iam_limiter.wrap(http_client.clone()));
            sts = sts.http_client(sts_limiter.wrap(http_client));
        }
        Self {
            iam: aws_sdk_iam::Client::from_conf(iam.build()),
            lambda: lambda(&sdk, lambda_limiter, None),
            sts: aws_sdk_sts::Client::from_conf(sts.build()),
            tagging: aws_sdk_resourcegroupstagging::Client::from_conf(tagging.build()),
            region,
            roles_read: Arc::default(),
            limiters,
            paces: Paces::default(),
            sdk,
        }
    }

    /// The transport of their requests, for use by other clients.
    pub fn http_client(&self) -> SharedHttpClient {
        self.sdk.http_client().unwrap_or_else(|| network_client(None))
    }

    /// Calls back when a service is first seen throttling.
    pub fn on_throttle(&self, callback: &OnThrottle) {
        self.limiters.iter().for_each(|limiter| limiter.on_throttle(Arc::clone(callback)));
    }

    /// Requests per second to IAM, once it is known to throttle.
    pub fn throttled_to(&self) -> Option<f64> {
        let [iam, ..] = &self.limiters;
        iam.rate()
    }

    /// A Lambda client for a region: a function need not be in the spec's region.
    pub fn lambda_in(&self, region: &str) -> aws_sdk_lambda::Client {
        if region == self.region {
            return self.lambda.clone();
        }
        let [_, limiter, ..] = &self.limiters;
        lambda(&self.sdk, limiter, Some(region))
    }

    /// A call to a service without an SDK crate in this program.
    ///
    /// # Errors
    /// As every call to AWS.
    pub async fn signed(&self, call: SignedCall<'_>) -> Result<serde_json::Value, AwsError> {
        // Boxed: the SDK's orchestrator makes the future large.
        Box::pin(signed::send(&self.sdk, &self.paces, call)).await
    }

    /// The same transport and region with a profile's credentials.
    ///
    /// # Errors
    /// If the profile does not exist, or asks for an MFA code and there is none.
    pub async fn with_profile(&self, profile: &str, mfa_code: Option<&str>) -> Result<Self, AwsError> {
        let profiles = Profiles::load(Some(profile)).await?;
        let sdk = match profiles.provider(&self.sdk, mfa_code)? {
            Some(provider) => with_provider(&self.sdk, provider),
            None => self.sdk.clone(),
        };
        Ok(Self::from_sdk(sdk, self.region.clone()))
    }

    /// The same transport and region with other credentials, such as a session's.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        let sdk = with_provider(&self.sdk, SharedCredentialsProvider::new(credentials));
        Self::from_sdk(sdk, self.region.clone())
    }
}

fn lambda(sdk: &SdkConfig, limiter: &Arc<Limiter>, region: Option<&str>) -> aws_sdk_lambda::Client {
    let mut config = aws_sdk_lambda::config::Builder::from(sdk)
        .interceptor(ApiLog)
        .retry_classifier(RetryAfter)
        .retry_partition(quota());
    if let Some(http_client) = sdk.http_client() {
        config = config.http_client(limiter.wrap(http_client));
    }
    if let Some(region) = region {
        config = config.region(Region::new(region.to_owned()));
    }
    aws_sdk_lambda::Client::from_conf(config.build())
}

/// Without the SDK's configuration, which holds credentials.
impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("region", &self.region).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use crate::aws::testing::answering;

    #[tokio::test]
    async fn clients_print_no_credentials() {
        let printed = format!("{:?}", answering(200, &[], "").await);
        assert_eq!(printed, r#"Clients { region: "us-east-1", .. }"#);
    }
}
