//! Connecting: credentials, region, endpoint, timeouts.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use aws_config::identity::IdentityCache;
use aws_config::profile::ProfileFileCredentialsProvider;
use aws_config::retry::RetryConfig;
use aws_config::stalled_stream_protection::StalledStreamProtectionConfig;
use aws_config::sts::AssumeRoleProvider;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::Credentials;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_sdk_iam::config::retry::{RetryPartition, TokenBucket};
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;
use aws_smithy_runtime_api::client::interceptors::context::InterceptorContext;
use aws_smithy_runtime_api::client::retries::classifiers::{
    ClassifyRetry, RetryAction, RetryClassifierPriority,
};
use aws_smithy_types::retry::ErrorKind;

use super::error::{AwsError, AwsErrorKind, retry_after};
use super::limit::{ATTEMPT_TIMEOUT, Limiter, Told, is_given_up};
use super::log::ApiLog;
use super::network::network_client;
use crate::arn::partition_of_region;
use crate::spec::{AssumeRole, Aws};

const APP_NAME: &str = "genesys-iam";
const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);

/// What carries the requests.
pub enum Transport {
    /// HTTPS to AWS, or to the endpoint of the spec, the profile or the environment.
    Network,
    /// The same, through the connections of other clients.
    Shared(SharedHttpClient),
    /// A stand-in within this process. Profile, role and endpoint of the spec do not apply, neither does the environment.
    InProcess { http_client: SharedHttpClient, credentials: Credentials },
}

/// SDK clients of one identity in one region.
#[derive(Clone)]
pub struct Clients {
    pub iam: aws_sdk_iam::Client,
    pub lambda: aws_sdk_lambda::Client,
    pub sts: aws_sdk_sts::Client,
    /// In the region where IAM's resources are.
    pub tagging: aws_sdk_resourcegroupstagging::Client,
    pub region: String,
    limiters: [Arc<Limiter>; 4],
    sdk: SdkConfig,
}

/// Sets up clients as the spec says. Credentials are only looked for at the first call.
///
/// # Errors
/// When the role that the spec wants assumed cannot be set up.
pub async fn connect(aws: &Aws, transport: Transport) -> Result<Clients, AwsError> {
    let region = Region::new(aws.region.clone());
    let app_name = AppName::new(APP_NAME)
        .map_err(|error| AwsError::new("AWS configuration", "", AwsErrorKind::Construction(error.into())))?;
    let timeouts = TimeoutConfig::builder()
        .connect_timeout(CONNECT_TIMEOUT)
        .operation_attempt_timeout(ATTEMPT_TIMEOUT)
        .build();
    let sdk = match transport {
        Transport::InProcess { http_client, credentials } => SdkConfig::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(region)
            .app_name(app_name)
            .http_client(http_client)
            .credentials_provider(SharedCredentialsProvider::new(credentials))
            .identity_cache(IdentityCache::lazy().build())
            .retry_config(RetryConfig::standard())
            .timeout_config(timeouts)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .build(),
        Transport::Network | Transport::Shared(_) => {
            let http_client = match transport {
                Transport::Shared(http_client) => http_client,
                _ => network_client(),
            };
            // With a region given, the metadata service is only asked for credentials, and last.
            let mut loader = aws_config::defaults(BehaviorVersion::latest())
                .region(region)
                .app_name(app_name)
                .http_client(http_client)
                .timeout_config(timeouts);
            if let Some(profile) = &aws.profile {
                // A profile that is named wins over keys in the environment, as in the AWS CLI.
                loader = loader.profile_name(profile).credentials_provider(of_profile(profile));
            }
            if let Some(url) = &aws.endpoint_url {
                loader = loader.endpoint_url(url);
            }
            let base = loader.load().await;
            match &aws.assume_role {
                Some(role) => assuming(&base, role).await,
                None => base,
            }
        }
    };
    Ok(Clients::from_sdk(sdk, aws.region.clone()))
}

/// The number of attempts bounds the retries. The SDK's own quota beside it is shared by the whole process: many reads
/// at once under throttling would use it up, and from then on the first fault would be final.
fn quota() -> RetryPartition {
    RetryPartition::custom(APP_NAME).token_bucket(TokenBucket::unlimited()).build()
}

/// The SDK knows AWS's own header only; servers in front of it send the standard one.
#[derive(Debug)]
struct RetryAfter;

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

fn of_profile(profile: &str) -> ProfileFileCredentialsProvider {
    ProfileFileCredentialsProvider::builder().profile_name(profile).build()
}

async fn assuming(base: &SdkConfig, role: &AssumeRole) -> SdkConfig {
    let AssumeRole { role_arn, external_id, session_name } = role;
    let mut provider = AssumeRoleProvider::builder(role_arn.to_string())
        .session_name(session_name.as_deref().unwrap_or(APP_NAME))
        .configure(base);
    if let Some(id) = external_id {
        provider = provider.external_id(id.expose());
    }
    with_provider(base, SharedCredentialsProvider::new(provider.build().await))
}

fn with_provider(sdk: &SdkConfig, provider: SharedCredentialsProvider) -> SdkConfig {
    // A cache of its own, so that sessions never mix.
    let cache = IdentityCache::lazy().build();
    sdk.clone().into_builder().credentials_provider(provider).identity_cache(cache).build()
}

impl Clients {
    fn from_sdk(sdk: SdkConfig, region: String) -> Self {
        let attempts = sdk.retry_config().map_or(3, RetryConfig::max_attempts);
        // Waiting for its turn is no part of an attempt: the limiter itself bounds those.
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
        // What it tells can be had otherwise: it is not asked twice.
        let mut tagging = aws_sdk_resourcegroupstagging::config::Builder::from(&sdk)
            .interceptor(ApiLog)
            .region(Region::new(home_of(partition_of_region(&region))))
            .retry_config(RetryConfig::disabled());
        if let Some(http_client) = sdk.http_client() {
            tagging = tagging.http_client(tagging_limiter.before(http_client.clone()));
            iam = iam.http_client(iam_limiter.before(http_client.clone()));
            sts = sts.http_client(sts_limiter.before(http_client));
        }
        Self {
            iam: aws_sdk_iam::Client::from_conf(iam.build()),
            lambda: lambda(&sdk, lambda_limiter, None),
            sts: aws_sdk_sts::Client::from_conf(sts.build()),
            tagging: aws_sdk_resourcegroupstagging::Client::from_conf(tagging.build()),
            region,
            limiters,
            sdk,
        }
    }

    /// What carries their requests, for other clients.
    pub fn http_client(&self) -> SharedHttpClient {
        self.sdk.http_client().unwrap_or_else(network_client)
    }

    /// Calls back when a service is first seen to throttle.
    pub fn tell_of_throttling(&self, told: &Told) {
        self.limiters.iter().for_each(|limiter| limiter.tell(Arc::clone(told)));
    }

    /// A Lambda client for a region: a function need not be in the region of the spec.
    pub fn lambda_in(&self, region: &str) -> aws_sdk_lambda::Client {
        if region == self.region {
            return self.lambda.clone();
        }
        let [_, limiter, ..] = &self.limiters;
        lambda(&self.sdk, limiter, Some(region))
    }

    /// The same transport and region under the credentials of a profile.
    #[must_use]
    pub fn with_profile(&self, profile: &str) -> Self {
        let sdk = with_provider(&self.sdk, SharedCredentialsProvider::new(of_profile(profile)));
        Self::from_sdk(sdk, self.region.clone())
    }

    /// The same transport and region under other credentials, as of a session.
    #[must_use]
    pub fn with_credentials(&self, credentials: Credentials) -> Self {
        let sdk = with_provider(&self.sdk, SharedCredentialsProvider::new(credentials));
        Self::from_sdk(sdk, self.region.clone())
    }
}

/// The region in which a partition keeps what IAM has.
fn home_of(partition: &str) -> &'static str {
    match partition {
        "aws-cn" => "cn-north-1",
        "aws-us-gov" => "us-gov-west-1",
        "aws-iso" => "us-iso-east-1",
        "aws-iso-b" => "us-isob-east-1",
        "aws-iso-e" => "eu-isoe-west-1",
        "aws-iso-f" => "us-isof-south-1",
        "aws-eusc" => "eusc-de-east-1",
        _ => "us-east-1",
    }
}

fn lambda(sdk: &SdkConfig, limiter: &Arc<Limiter>, region: Option<&str>) -> aws_sdk_lambda::Client {
    let mut config = aws_sdk_lambda::config::Builder::from(sdk)
        .interceptor(ApiLog)
        .retry_classifier(RetryAfter)
        .retry_partition(quota());
    if let Some(http_client) = sdk.http_client() {
        config = config.http_client(limiter.before(http_client));
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

/// Without the credentials.
impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "Network",
            Self::Shared(_) => "Shared",
            Self::InProcess { .. } => "InProcess",
        })
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
