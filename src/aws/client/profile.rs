//! The applicable AWS profile: the roles that it assumes, its MFA device, its certificate authorities.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::fs::File;
use std::io;

use aws_config::SdkConfig;
use aws_config::environment::EnvironmentVariableCredentialsProvider;
use aws_config::profile::{ProfileFileCredentialsProvider, ProfileSet, load};
use aws_config::provider_config::ProviderConfig;
use aws_credential_types::Credentials;
use aws_credential_types::provider::error::CredentialsError;
use aws_credential_types::provider::{ProvideCredentials, SharedCredentialsProvider, future};
use aws_smithy_types::error::metadata::ProvideErrorMetadata as _;
use aws_types::os_shim_internal::{Env, Fs};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::credentials::{APP_NAME, remember, with_provider};
use crate::aws::error::{AwsError, AwsErrorKind};
use crate::aws::error_text::in_one_line;
use crate::secrets;
use crate::spec::read_bounded;

/// Bytes of a certificate file.
const LARGEST_BUNDLE: u64 = 4 * 1024 * 1024;
/// Bytes of a web identity token; STS takes up to 20,000.
const LARGEST_TOKEN: u64 = 64 * 1024;
const CA_BUNDLE: &str = "AWS_CA_BUNDLE";
const KEY_ID: &str = "AWS_ACCESS_KEY_ID";
const SECRET_KEY: &str = "AWS_SECRET_ACCESS_KEY";
const TOKEN_FILE: &str = "AWS_WEB_IDENTITY_TOKEN_FILE";
const ROLE_ARN: &str = "AWS_ROLE_ARN";

fn is_set(name: &str) -> bool {
    std::env::var_os(name).is_some_and(|value| !value.is_empty())
}

/// This machine's profiles, and which one applies.
#[derive(Debug)]
pub(super) struct Profiles {
    sections: ProfileSet,
    /// The one that provides credentials; none if the environment has keys.
    selected: Option<String>,
    /// The role for the environment's token, if neither keys nor a profile take precedence.
    web_identity: Option<TokenRole>,
}

/// A role obtained in exchange for a workload's own token.
#[derive(Debug, Clone)]
struct TokenRole {
    role_arn: String,
    session_name: String,
    token_file: String,
}

impl TokenRole {
    fn of_environment() -> Option<Self> {
        let variable = |name| std::env::var(name).ok().filter(|value: &String| !value.is_empty());
        Some(Self {
            token_file: variable(TOKEN_FILE)?,
            role_arn: variable(ROLE_ARN)?,
            session_name: variable("AWS_ROLE_SESSION_NAME").unwrap_or_else(|| APP_NAME.to_owned()),
        })
    }
}

impl Profiles {
    /// `named` takes precedence over the environment, as in the AWS CLI.
    pub(super) async fn load(named: Option<&str>) -> Result<Self, AwsError> {
        let name = named.map(|name| Cow::Owned(name.to_owned()));
        let sections = load(&Fs::real(), &Env::real(), &Default::default(), name).await.map_err(|error| {
            // The file and the line, never their content.
            configuration(
                format!("the AWS profiles cannot be read: {}", in_one_line(&error)),
                "correct that line".to_owned(),
            )
        })?;
        let has_keys = is_set(KEY_ID);
        let has_secret = is_set(SECRET_KEY) || is_set("SECRET_ACCESS_KEY");
        if named.is_none() && has_keys && !has_secret {
            return Err(missing_half(SECRET_KEY, KEY_ID));
        }
        let applies = named.is_some() || !has_keys;
        let selected = sections.selected_profile().to_owned();
        let exists = sections.get_profile(&selected).is_some();
        let by_variable = std::env::var_os("AWS_PROFILE").is_some_and(|profile| !profile.is_empty());
        if applies && !exists && (named.is_some() || by_variable) {
            return Err(no_such_profile(&selected));
        }
        if applies && !exists {
            if has_secret {
                return Err(missing_half(KEY_ID, SECRET_KEY));
            }
            if is_set(TOKEN_FILE) && !is_set(ROLE_ARN) {
                return Err(missing_half(ROLE_ARN, TOKEN_FILE));
            }
        }
        let selected = Some(selected).filter(|_| applies && exists);
        let web_identity = TokenRole::of_environment().filter(|_| selected.is_none() && !has_keys);
        Ok(Self { sections, selected, web_identity })
    }

    fn get(&self, profile: &str, key: &str) -> Option<&str> {
        self.sections.get_profile(profile)?.get(key)
    }

    /// Whether the credentials involve assuming a role: with another profile's, or with a token.
    pub(super) fn assumes_role(&self) -> bool {
        let of_profile = |profile: &String| self.is_role(profile) || self.token_role(profile).is_some();
        self.web_identity.is_some() || self.selected.as_ref().is_some_and(of_profile)
    }

    /// Whether a workload's token, which is all that its role asks for, is exchanged for the credentials.
    pub(super) fn exchanges_token(&self) -> bool {
        let mut next = self.selected.as_deref();
        let mut passed = BTreeSet::new();
        while let Some(profile) = next.filter(|profile| passed.insert(*profile)) {
            if self.token_role(profile).is_some() {
                return true;
            }
            next = self.get(profile, "source_profile");
        }
        self.web_identity.is_some()
    }

    fn token_role(&self, profile: &str) -> Option<TokenRole> {
        let get = |key| self.get(profile, key).map(str::to_owned);
        Some(TokenRole {
            token_file: get("web_identity_token_file")?,
            role_arn: get("role_arn")?,
            session_name: get("role_session_name").unwrap_or_else(|| APP_NAME.to_owned()),
        })
    }

    fn is_role(&self, profile: &str) -> bool {
        self.get(profile, "role_arn").is_some() && self.get(profile, "web_identity_token_file").is_none()
    }

    /// The certificate authorities from the environment or the profile, in PEM.
    pub(super) fn ca_bundle(&self) -> Result<Option<Vec<u8>>, AwsError> {
        let variable = std::env::var(CA_BUNDLE).ok().filter(|path| !path.is_empty());
        let of_profile = || self.get(self.sections.selected_profile(), "ca_bundle").map(str::to_owned);
        let (path, source) = match variable {
            Some(path) => (path, CA_BUNDLE),
            None => match of_profile() {
                Some(path) => (path, "`ca_bundle` of the profile"),
                None => return Ok(None),
            },
        };
        let bundle = File::open(&path).and_then(|file| read_bounded(file, LARGEST_BUNDLE)).and_then(checked);
        bundle.map(|bundle| Some(bundle.into_bytes())).map_err(|error| {
            configuration(
                format!("the certificate authorities in `{path}`, from {source}, cannot be used: {error}"),
                "name a file of certificates in PEM form".to_owned(),
            )
        })
    }

    /// The credentials provider of the applicable profile; `code` comes from its MFA device.
    pub(super) fn provider(
        &self,
        sdk: &SdkConfig,
        code: Option<&str>,
    ) -> Result<Option<SharedCredentialsProvider>, AwsError> {
        let Some(profile) = &self.selected else {
            return Ok(self.web_identity.clone().map(|role| exchanged(role, sdk)));
        };
        self.of_profile(profile, sdk, code, &mut Vec::new()).map(Some)
    }

    /// The SDK's own provider would send a profile's AssumeRole to AWS whatever the endpoint, and does not support MFA.
    fn of_profile<'a>(
        &'a self,
        profile: &'a str,
        sdk: &SdkConfig,
        code: Option<&str>,
        passed: &mut Vec<&'a str>,
    ) -> Result<SharedCredentialsProvider, AwsError> {
        if self.sections.get_profile(profile).is_none() {
            return Err(no_such_profile(profile));
        }
        if passed.contains(&profile) {
            passed.push(profile);
            return Err(configuration(
                format!("the AWS profiles lead in a circle: {}", passed.join(" → ")),
                "correct `source_profile` in `~/.aws/config`".to_owned(),
            ));
        }
        passed.push(profile);
        if let Some(role) = self.token_role(profile) {
            return Ok(exchanged(role, sdk));
        }
        let get = |key| self.get(profile, key);
        let base = match (get("role_arn"), get("source_profile"), get("credential_source")) {
            (Some(_), Some(source), _) if source == profile => self.keys(profile),
            (Some(_), Some(source), _) => Some(self.of_profile(source, sdk, code, passed)?),
            (Some(_), None, Some("Environment")) => {
                Some(SharedCredentialsProvider::new(EnvironmentVariableCredentialsProvider::new()))
            }
            _ => None,
        };
        let Some((role_arn, base)) = get("role_arn").zip(base).filter(|_| self.is_role(profile)) else {
            return Ok(sdk_provider(profile, sdk));
        };
        let mfa = match (get("mfa_serial"), code) {
            (Some(serial), Some(code)) => Some((serial.to_owned(), code.to_owned())),
            (Some(serial), None) => {
                let kind = AwsErrorKind::Mfa {
                    profile: profile.to_owned(),
                    serial: serial.to_owned(),
                    asked: false,
                };
                return Err(AwsError::new("AWS configuration", "", kind));
            }
            (None, _) => None,
        };
        Ok(SharedCredentialsProvider::new(RoleOfProfile {
            sts: aws_sdk_sts::Client::new(&with_provider(sdk, base)),
            role_arn: role_arn.to_owned(),
            external_id: get("external_id").map(str::to_owned),
            session_name: get("role_session_name").unwrap_or(APP_NAME).to_owned(),
            duration: get("duration_seconds").and_then(|seconds| seconds.parse().ok()),
            mfa,
        }))
    }

    /// Keys written in the profile itself.
    fn keys(&self, profile: &str) -> Option<SharedCredentialsProvider> {
        let get = |key| self.get(profile, key).map(str::to_owned);
        let (id, secret) = get("aws_access_key_id").zip(get("aws_secret_access_key"))?;
        let credentials = Credentials::new(id, secret, get("aws_session_token"), None, "profile");
        remember(&credentials);
        Some(SharedCredentialsProvider::new(credentials))
    }
}

/// Keys, SSO, a program, instance metadata.
fn sdk_provider(profile: &str, sdk: &SdkConfig) -> SharedCredentialsProvider {
    let mut config = ProviderConfig::without_region().with_region(sdk.region().cloned());
    if let Some(http_client) = sdk.http_client() {
        config = config.with_http_client(http_client);
    }
    let provider = ProfileFileCredentialsProvider::builder().profile_name(profile).configure(&config).build();
    SharedCredentialsProvider::new(provider)
}

/// The SDK's own provider would send the token to AWS whatever the endpoint.
fn exchanged(role: TokenRole, sdk: &SdkConfig) -> SharedCredentialsProvider {
    SharedCredentialsProvider::new(WebIdentity { sts: aws_sdk_sts::Client::new(sdk), role })
}

/// A session for a workload's own token, which is reread each time: the workload's platform renews it.
#[derive(Debug)]
struct WebIdentity {
    sts: aws_sdk_sts::Client,
    role: TokenRole,
}

impl WebIdentity {
    async fn credentials(&self) -> Result<Credentials, CredentialsError> {
        let TokenRole { role_arn, session_name, token_file } = &self.role;
        let token =
            File::open(token_file).and_then(|file| read_bounded(file, LARGEST_TOKEN)).map_err(|error| {
                CredentialsError::provider_error(format!(
                    "the token in `{token_file}` cannot be read: {error}"
                ))
            })?;
        secrets::remember(token.trim());
        let request = self.sts.assume_role_with_web_identity().role_arn(role_arn);
        let request = request.role_session_name(session_name).web_identity_token(token.trim());
        let answer = request.send().await.map_err(|error| match (error.code(), error.message()) {
            (Some(code), Some(message)) => CredentialsError::provider_error(format!(
                "the token in `{token_file}` was not taken for `{role_arn}`: {code}: {message}"
            )),
            _ => CredentialsError::provider_error(error),
        })?;
        session(answer.credentials, "AssumeRoleWithWebIdentity")
    }
}

impl ProvideCredentials for WebIdentity {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(self.credentials())
    }
}

/// A session as returned by STS.
fn session(
    session: Option<aws_sdk_sts::types::Credentials>,
    source: &'static str,
) -> Result<Credentials, CredentialsError> {
    let session = session.ok_or_else(|| CredentialsError::provider_error("the answer has no credentials"))?;
    let expiry = session.expiration.try_into().ok();
    let token = Some(session.session_token);
    let credentials =
        Credentials::new(session.access_key_id, session.secret_access_key, token, expiry, source);
    remember(&credentials);
    Ok(credentials)
}

/// A profile's role, assumed with another profile's credentials.
#[derive(Debug)]
struct RoleOfProfile {
    sts: aws_sdk_sts::Client,
    role_arn: String,
    external_id: Option<String>,
    session_name: String,
    /// Seconds.
    duration: Option<i32>,
    /// The device's serial number and its code, which works once.
    mfa: Option<(String, String)>,
}

impl ProvideCredentials for RoleOfProfile {
    fn provide_credentials<'a>(&'a self) -> future::ProvideCredentials<'a>
    where
        Self: 'a,
    {
        future::ProvideCredentials::new(async {
            let (serial, code) = self.mfa.clone().unzip();
            let answer = self
                .sts
                .assume_role()
                .role_arn(&self.role_arn)
                .role_session_name(&self.session_name)
                .set_external_id(self.external_id.clone())
                .set_duration_seconds(self.duration)
                .set_serial_number(serial)
                .set_token_code(code)
                .send()
                .await
                .map_err(CredentialsError::provider_error)?;
            session(answer.credentials, "AssumeRole")
        })
    }
}

/// Certificates that can be read: TLS itself would hang on others.
fn checked(bundle: String) -> io::Result<String> {
    const BEGIN: &str = "-----BEGIN CERTIFICATE-----";
    let wrong = |why: &str| Err(io::Error::new(io::ErrorKind::InvalidData, why.to_owned()));
    let mut certificates = bundle.split(BEGIN).skip(1).peekable();
    if certificates.peek().is_none() {
        return wrong("it has no certificate");
    }
    for certificate in certificates {
        let body = certificate.split_once("-----END CERTIFICATE-----").map(|(body, _)| body);
        let body: Option<String> = body.map(|body| body.split_whitespace().collect());
        // A sequence with a two-byte length.
        let is_der = |der: Vec<u8>| match der.as_slice() {
            [0x30, 0x82, high, low, rest @ ..] => rest.len() == usize::from(*high) * 256 + usize::from(*low),
            [0x30, 0x81, length, rest @ ..] => rest.len() == usize::from(*length),
            _ => false,
        };
        if !body.and_then(|body| STANDARD.decode(body).ok()).is_some_and(is_der) {
            return wrong("a certificate in it is broken");
        }
    }
    Ok(bundle)
}

fn configuration(what: String, help: String) -> AwsError {
    AwsError::new("AWS configuration", "", AwsErrorKind::Configuration { what, help })
}

/// The SDK would go on to the next source, and blame the last one.
fn missing_half(missing: &str, given: &str) -> AwsError {
    configuration(
        format!("{missing} is not set, and {given} is"),
        format!(
            "set {missing} too, or unset {given} and name a profile: `profile` in the spec or `AWS_PROFILE`"
        ),
    )
}

fn no_such_profile(profile: &str) -> AwsError {
    let unread = ["AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"].into_iter().find_map(|name| {
        let path = std::env::var(name).ok().filter(|path| !path.is_empty())?;
        File::open(&path).is_err().then(|| format!(": `{path}`, from {name}, cannot be opened"))
    });
    configuration(
        format!("there is no AWS profile `{profile}`{}", unread.unwrap_or_default()),
        "it is named by `AWS_PROFILE`, by `profile` in the spec's `[aws]`, or for `import` and `diagnose` by `--profile`; `aws configure list-profiles` lists those that exist"
            .to_owned(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_bundle_of_certificates_is_looked_through_before_tls_sees_it() {
        let pem = |der: &[u8]| {
            format!(
                "# a CA\n-----BEGIN CERTIFICATE-----\n{}\n-----END CERTIFICATE-----\n",
                STANDARD.encode(der)
            )
        };
        let good = pem(&[0x30, 0x81, 3, 1, 2, 3]);
        assert!(checked(good.clone()).is_ok());
        for bad in [
            String::new(),
            "not a certificate".to_owned(),
            format!("{good}{}", pem(&[1, 2, 3])),
            pem(&[0x30, 0x81, 9, 1]),
            good.replace("END", "end"),
        ] {
            assert!(checked(bad.clone()).is_err(), "{bad}");
        }
    }
}
