//! Credentials of a role that the spec wants to assume.

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::Credentials;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

use crate::secrets;
use crate::spec::AssumeRole;

pub(super) const APP_NAME: &str = "genesys-iam";

pub(super) async fn with_assumed_role(base: &SdkConfig, role: &AssumeRole) -> SdkConfig {
    let base = &match base.credentials_provider() {
        Some(provider) => with_provider(base, provider),
        None => base.clone(),
    };
    let AssumeRole { role_arn, external_id, session_name } = role;
    let mut provider = AssumeRoleProvider::builder(role_arn.to_string())
        .session_name(session_name.as_deref().unwrap_or(APP_NAME))
        .configure(base);
    if let Some(id) = external_id {
        provider = provider.external_id(id.expose());
    }
    with_provider(base, SharedCredentialsProvider::new(provider.build().await))
}

pub(super) fn with_provider(sdk: &SdkConfig, provider: SharedCredentialsProvider) -> SdkConfig {
    let provider = SharedCredentialsProvider::new(Remembered(provider));
    // A separate cache, so that sessions never mix.
    let cache = IdentityCache::lazy().build();
    sdk.clone().into_builder().credentials_provider(provider).identity_cache(cache).build()
}

/// Never prints the credentials in use.
pub(super) fn remember(credentials: &Credentials) {
    secrets::remember(credentials.secret_access_key());
    credentials.session_token().into_iter().for_each(secrets::remember);
}

/// Credentials that are never printed.
#[derive(Debug)]
struct Remembered(SharedCredentialsProvider);

impl ProvideCredentials for Remembered {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let credentials = self.0.provide_credentials().await?;
            remember(&credentials);
            Ok(credentials)
        })
    }
}
