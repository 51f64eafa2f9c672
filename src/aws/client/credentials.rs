//! Credentials of a role that the spec wants assumed.

use aws_config::SdkConfig;
use aws_config::identity::IdentityCache;
use aws_config::sts::AssumeRoleProvider;
use aws_credential_types::provider::SharedCredentialsProvider;

use crate::spec::AssumeRole;

pub(super) const APP_NAME: &str = "genesys-iam";

pub(super) async fn with_assumed_role(base: &SdkConfig, role: &AssumeRole) -> SdkConfig {
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
    // A cache of its own, so that sessions never mix.
    let cache = IdentityCache::lazy().build();
    sdk.clone().into_builder().credentials_provider(provider).identity_cache(cache).build()
}
