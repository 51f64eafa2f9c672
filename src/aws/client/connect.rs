//! Connecting: credentials, region, endpoint, timeouts.

use std::fmt;

use aws_config::identity::IdentityCache;
use aws_config::retry::RetryConfig;
use aws_config::timeout::TimeoutConfig;
use aws_config::{AppName, BehaviorVersion, Region, SdkConfig};
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_smithy_async::rt::sleep::{SharedAsyncSleep, TokioSleep};
use aws_smithy_async::time::{SharedTimeSource, SystemTimeSource};
use aws_smithy_runtime_api::client::http::SharedHttpClient;

use super::bound::bound_to;
use super::clients::{CONNECT_TIMEOUT, Clients};
use super::credentials::{APP_NAME, with_assumed_role, with_provider};
use super::limit::ATTEMPT_TIMEOUT;
use super::network::network_client;
use super::profile::Profiles;
use crate::aws::error::{AwsError, AwsErrorKind};
use crate::spec::Aws;

/// The transport of requests.
pub enum Transport {
    /// HTTPS to AWS, or to the endpoint from the spec, the profile or the environment.
    Network,
    /// The same, over the connections of other clients.
    Shared(SharedHttpClient),
    /// An in-process fake. The spec's profile, role and endpoint and the environment do not apply.
    InProcess { http_client: SharedHttpClient, credentials: SharedCredentialsProvider },
}

/// The certificate authorities from the environment or the applicable profile, in PEM.
///
/// # Errors
/// If the profile does not exist, or they cannot be read.
pub async fn ca_bundle(profile: Option<&str>) -> Result<Option<Vec<u8>>, AwsError> {
    Profiles::load(profile).await?.ca_bundle()
}

/// Whether the credentials that apply are had for a workload's token.
///
/// # Errors
/// If the profile does not exist.
pub async fn exchanges_token(profile: Option<&str>) -> Result<bool, AwsError> {
    Ok(Profiles::load(profile).await?.exchanges_token())
}

/// Sets up clients according to the spec. Credentials are only looked up at the first call.
///
/// # Errors
/// If the profile does not exist, or one asks for an MFA code.
pub async fn connect(aws: &Aws, transport: Transport) -> Result<Clients, AwsError> {
    connect_with_mfa(aws, transport, None).await
}

/// The same, with a code from the MFA device that the profile names.
///
/// # Errors
/// As [`connect`].
pub async fn connect_with_mfa(
    aws: &Aws,
    transport: Transport,
    code: Option<&str>,
) -> Result<Clients, AwsError> {
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
            .credentials_provider(credentials)
            .identity_cache(IdentityCache::lazy().build())
            .retry_config(RetryConfig::standard())
            .timeout_config(timeouts)
            .sleep_impl(SharedAsyncSleep::new(TokioSleep::new()))
            .time_source(SharedTimeSource::new(SystemTimeSource::new()))
            .build(),
        Transport::Network | Transport::Shared(_) => {
            let profiles = Profiles::load(aws.profile.as_deref()).await?;
            let http_client = match transport {
                Transport::Shared(http_client) => http_client,
                _ => network_client(profiles.ca_bundle()?),
            };
            // With a given region, the metadata service is only asked for credentials, and last.
            let mut loader = aws_config::defaults(BehaviorVersion::latest())
                .region(region)
                .app_name(app_name)
                .http_client(http_client)
                .timeout_config(timeouts);
            if let Some(profile) = &aws.profile {
                loader = loader.profile_name(profile);
            }
            if let Some(url) = &aws.endpoint_url {
                loader = loader.endpoint_url(url);
            }
            let base = loader.load().await;
            // A named profile takes precedence over keys in the environment, as in the AWS CLI.
            let base = match profiles.provider(&base, code)? {
                Some(provider) if aws.profile.is_some() || profiles.assumes_role() => {
                    with_provider(&base, provider)
                }
                _ => base,
            };
            match &aws.assume_role {
                Some(role) => with_assumed_role(&base, role).await,
                None => base,
            }
        }
    };
    Ok(Clients::from_sdk(bound_to(&aws.account_id, sdk), aws.region.clone()))
}

/// Omits the credentials.
impl fmt::Debug for Transport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Network => "Network",
            Self::Shared(_) => "Shared",
            Self::InProcess { .. } => "InProcess",
        })
    }
}
