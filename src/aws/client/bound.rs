//! Credentials bound to one account.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use aws_config::SdkConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};

use super::credentials::with_provider;
use crate::arn::AccountId;

/// Credentials may be renewed midway, even as another account's: no request is sent with those. The first ones belong
/// to the account that every command confirms before it writes.
pub(super) fn bound_to(account: &AccountId, sdk: SdkConfig) -> SdkConfig {
    let Some(inner) = sdk.credentials_provider() else { return sdk };
    let bound = BodyBound { inner, account: account.clone(), sdk: sdk.clone(), known: Mutex::default() };
    with_provider(&sdk, SharedCredentialsProvider::new(bound))
}

#[derive(Debug)]
struct BodyBound {
    inner: SharedCredentialsProvider,
    account: AccountId,
    sdk: SdkConfig,
    /// Access key IDs.
    known: Mutex<BTreeSet<String>>,
}

impl BodyBound {
    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let credentials = self.inner.provide_credentials().await?;
        let id = credentials.access_key_id();
        let is_known = {
            let mut known = self.known.lock().unwrap_or_else(PoisonError::into_inner);
            let is_first = known.is_empty();
            if is_first {
                known.insert(id.to_owned());
            }
            is_first || known.contains(id)
        };
        if is_known {
            return Ok(credentials);
        }
        let sdk = with_provider(&self.sdk, SharedCredentialsProvider::new(credentials.clone()));
        let answer = aws_sdk_sts::Client::new(&sdk).get_caller_identity().send().await;
        match answer.map_err(CredentialsError::provider_error)?.account {
            Some(account) if account == self.account.as_str() => {
                self.known.lock().unwrap_or_else(PoisonError::into_inner).insert(id.to_owned());
                Ok(credentials)
            }
            account => Err(CredentialsError::provider_error(OtherAccount {
                account: account.unwrap_or_else(|| "unknown".to_owned()),
                wanted: self.account.clone(),
            })),
        }
    }
}

impl ProvideCredentials for BodyBound {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

#[derive(Debug, thiserror::Error)]
#[error("the credentials were renewed as those of the account {account}, and the spec is for {wanted}")]
pub(in crate::aws) struct OtherAccount {
    account: String,
    wanted: AccountId,
}
