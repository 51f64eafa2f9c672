//! Clients for AWS and the organization: over the network, or in the sandbox.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_credential_types::provider::SharedCredentialsProvider;

use super::CommandError;
use super::loading::{load, open_sandbox, seed};
use super::options::{Global, SandboxOptions};
use super::prompt::{PromptError, ask};
use super::scenario;
use super::specs::{self, SpecSource, SpecsError, Use};
use crate::apply::Interrupt;
use crate::arn::AccountId;
use crate::aws::{self, AwsError, Clients, Transport};
use crate::check::Unknown;
use crate::explain::{Explain, Status};
use crate::genesys::{self, Configuration, GenesysError, GenesysErrorKind};
use crate::model::resolve;
use crate::render::output::Output;
use crate::render::style::{HELP, WARNING, paint};
use crate::sandbox::{self, Sandbox, Seed};
use crate::spec::{Aws, EndpointError, GenesysCloud, Spec, given_endpoint, given_genesys_endpoint};

/// Whether the spec's roles are created in the sandbox before a scenario is planted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ByHand {
    Never,
    /// Nothing exists yet that could break.
    IfUntouched,
}

/// What the sessions of one command share.
#[derive(Default)]
pub struct Connections {
    /// The ARNs of the roles of every spec of the run.
    pub(super) roles: Arc<BTreeSet<String>>,
    sandbox: Option<Arc<Mutex<Sandbox>>>,
    /// Keyed by what the specs say about AWS: equal specs share limiters, credentials and connections.
    clients: Vec<(Aws, Clients)>,
}

impl Connections {
    pub(super) async fn clients(&mut self, aws: &Aws, output: &Output) -> Result<Clients, AwsError> {
        if let Some((_, clients)) = self.clients.iter().find(|(known, _)| known == aws) {
            return Ok(clients.clone());
        }
        let transport = match self.clients.first() {
            Some((_, clients)) => Transport::Shared(clients.http_client()),
            None => Transport::Network,
        };
        let clients = match aws::connect(aws, transport).await {
            Err(error) if error.mfa_serial().is_some() => {
                let code = mfa_code(error, output).await?;
                aws::connect_with_mfa(aws, Transport::Network, Some(&code)).await?
            }
            clients => clients?,
        };
        let output = output.clone();
        clients.on_throttle(
            &(Arc::new(move |service: &str| {
                let note = paint(WARNING, "note:");
                output.message(&format!("{note} AWS is throttling {service}; slowing down to its rate\n"));
            }) as aws::OnThrottle),
        );
        self.clients.push((aws.clone(), clients.clone()));
        Ok(clients)
    }

    /// The sandbox, with what the spec needs.
    pub(super) fn sandbox(
        &mut self,
        source: &SpecSource,
        spec: &Spec,
        options: &SandboxOptions,
        by_hand: ByHand,
        output: &Output,
    ) -> Result<Arc<Mutex<Sandbox>>, CommandError> {
        let seed = seed(spec);
        if let Some(sandbox) = &self.sandbox {
            let mut known = sandbox.lock().unwrap_or_else(PoisonError::into_inner);
            known.seed(&seed);
            scenario::configure(&mut known, options, &seed, output)?;
            return Ok(Arc::clone(sandbox));
        }
        note_of_sandbox(&source.state_file(), output);
        let mut sandbox = open_sandbox(source, &seed)?;
        if by_hand == ByHand::IfUntouched {
            make_by_hand(&mut sandbox, spec, output);
        }
        scenario::announce(&sandbox, options, output);
        scenario::configure(&mut sandbox, options, &seed, output)?;
        let sandbox = Arc::new(Mutex::new(sandbox));
        self.sandbox = Some(Arc::clone(&sandbox));
        Ok(sandbox)
    }
}

fn note_of_sandbox(state: &Path, output: &Output) {
    output.note(&format!(
        "{} in the sandbox: an embedded stand-in for AWS and Genesys Cloud, state in {}\n",
        paint(WARNING, "note:"),
        crate::text::path(state)
    ));
}

/// A role that works and can be broken, unless there is one already.
pub(super) fn make_by_hand(sandbox: &mut Sandbox, spec: &Spec, output: &Output) {
    if !sandbox.is_untouched(&spec.aws.account_id) {
        return;
    }
    let desired = resolve(spec, &Default::default());
    sandbox.make_by_hand(&spec.aws.account_id, spec.genesys.credentials.as_deref(), &desired.roles);
    let names: Vec<&str> = desired.roles.iter().map(|role| role.role.name.as_str()).collect();
    output.note(&format!(
        "{} the scenario is planted on {}, which works, with its policy and an integration\n",
        paint(WARNING, "note:"),
        scenario::joined(&names)
    ));
}

/// Clients with a profile's credentials over the same transport; asks for the code of its MFA device.
pub(super) async fn with_profile(
    clients: &Clients,
    profile: &str,
    output: &Output,
) -> Result<Clients, AwsError> {
    match clients.with_profile(profile, None).await {
        Err(error) if error.mfa_serial().is_some() => {
            let code = mfa_code(error, output).await?;
            clients.with_profile(profile, Some(&code)).await
        }
        clients => clients,
    }
}

/// The code from the MFA device that an error names; the error again, if nobody answers.
async fn mfa_code(error: AwsError, output: &Output) -> Result<String, AwsError> {
    let question = format!("MFA code of {}: ", error.mfa_serial().unwrap_or_default());
    loop {
        let code = match ask(&question, &Interrupt::default(), output).await {
            Ok(Some(code)) => code,
            Err(PromptError::NoTerminal) => return Err(error),
            Ok(None) | Err(_) => return Err(error.unanswered()),
        };
        if code.len() == 6 && code.bytes().all(|byte| byte.is_ascii_digit()) {
            return Ok(code);
        }
        output.message("not valid: a code has six digits\n");
    }
}

/// Clients for an account administrator and the organization, in the sandbox.
pub(super) async fn sandbox_clients(
    sandbox: Arc<Mutex<Sandbox>>,
    aws: &Aws,
    cloud: &GenesysCloud,
) -> Result<(Clients, genesys::Client), AwsError> {
    let client = sandbox::client_id(cloud.credentials.as_deref());
    let genesys = genesys::Client::of_stand_in(&client, sandbox::genesys_transport(Arc::clone(&sandbox)));
    let transport = Transport::InProcess {
        http_client: sandbox::http_client(sandbox),
        credentials: SharedCredentialsProvider::new(sandbox::credentials(&aws.account_id)),
    };
    Ok((aws::connect(aws, transport).await?, genesys))
}

/// Clients without their own spec: the sandbox's, which starts with the current spec or the built-in one, or is taken as
/// it is found. With the account and region they are for.
pub(super) async fn in_sandbox(
    global: &Global,
    region: Option<&str>,
    output: &Output,
) -> Result<(Clients, genesys::Client, Aws), CommandError> {
    let options = &global.sandbox_options;
    // Its notes are about a spec, which these commands do not read.
    let source = match specs::named_or_state(global, &Output::capture()) {
        Ok(Use::State(state)) => {
            note_of_sandbox(&state, output);
            let (mut sandbox, seed) = found_sandbox(&state)?;
            scenario::announce(&sandbox, options, output);
            scenario::configure(&mut sandbox, options, &seed, output)?;
            let aws = aws_of(&seed, region);
            let cloud = GenesysCloud {
                credentials: seed.genesys.and_then(|genesys| genesys.credentials),
                ..GenesysCloud::default()
            };
            let (clients, genesys) = sandbox_clients(Arc::new(Mutex::new(sandbox)), &aws, &cloud).await?;
            return Ok((clients, genesys, aws));
        }
        Ok(Use::Specs(mut sources)) => sources.pop(),
        Err(_) => None,
    };
    let source = source.unwrap_or(SpecSource::Demonstration);
    let spec = load(&source, global, output)?;
    let by_hand = match (&source, &options.scenario) {
        (SpecSource::Demonstration, Some(_)) => ByHand::IfUntouched,
        _ => ByHand::Never,
    };
    let sandbox = Connections::default().sandbox(&source, &spec, options, by_hand, output)?;
    let mut aws = spec.aws.clone();
    if let Some(region) = region {
        aws.region = region.to_owned();
    }
    let (clients, genesys) = sandbox_clients(sandbox, &aws, &spec.genesys).await?;
    Ok((clients, genesys, aws))
}

/// A state that no known spec made, with what is in it.
///
/// # Errors
///
/// If it cannot be used.
pub(super) fn found_sandbox(state: &Path) -> Result<(Sandbox, Seed), CommandError> {
    Ok(Sandbox::open_as_found(state)?.ok_or(SpecsError::NoSpec)?)
}

fn aws_of(seed: &Seed, region: Option<&str>) -> Aws {
    let Seed { account, partition, region: own, .. } = seed;
    Aws {
        region: region.unwrap_or(own).to_owned(),
        account_id: account.clone(),
        partition: partition.clone(),
        profile: None,
        assume_role: None,
        endpoint_url: None,
    }
}

/// The spec's settings for both sides, with endpoints and role from the command line replacing its own.
pub(super) fn with_endpoints(spec: &Spec, global: &Global) -> Result<(Aws, GenesysCloud), SessionError> {
    let (mut aws, mut cloud) = (spec.aws.clone(), spec.genesys.clone());
    if let Some(role) = &global.assume_role {
        aws = role.instead_of(aws);
    }
    let wrong = |flag, error| SessionError::Endpoint { flag, error };
    if let Some(url) = &global.aws_endpoint_url {
        given_endpoint(url).map_err(|error| wrong("--aws-endpoint-url", error))?;
        aws.endpoint_url = Some(url.clone());
    }
    if let Some(url) = &global.genesys_endpoint() {
        given_genesys_endpoint(url).map_err(|error| wrong("--genesys-endpoint-url", error))?;
        cloud.endpoint_url = Some(url.clone());
    }
    Ok((aws, cloud))
}

/// A spec may not name the host that the operator's OAuth client goes to, not even one of this machine: whoever listens
/// there would have its secret, and vouch for any external ID.
///
/// # Errors
///
/// [`SessionError::SecretToSpecEndpoint`] if there is a secret and only the spec names the endpoint.
pub(super) fn may_send_secret(spec: &Spec, global: &Global) -> Result<(), SessionError> {
    let named = spec.genesys.endpoint_url.as_ref().filter(|_| global.genesys_endpoint().is_none());
    let Some(url) = named else { return Ok(()) };
    let variable = |name: &str| std::env::var(name).ok();
    match Configuration::from_environment(&spec.genesys, variable) {
        Ok(Some(_)) => Err(SessionError::SecretToSpecEndpoint { url: url.clone() }),
        // Without a whole client nothing is sent.
        Ok(None) | Err(_) => Ok(()),
    }
}

/// Where AWS's requests go, if only the spec names it.
pub(super) fn aws_endpoint_of_spec<'s>(spec: &'s Spec, global: &Global) -> Option<&'s str> {
    spec.aws.endpoint_url.as_deref().filter(|_| global.aws_endpoint_url.is_none())
}

/// Nor the host that a workload's token goes to: who has it has the role.
///
/// # Errors
///
/// [`SessionError::TokenToSpecEndpoint`] if there is one and only the spec names the endpoint.
pub(super) async fn may_send_token(spec: &Spec, aws: &Aws, global: &Global) -> Result<(), CommandError> {
    match aws_endpoint_of_spec(spec, global) {
        Some(url) if aws::exchanges_token(aws.profile.as_deref()).await? => {
            Err(SessionError::TokenToSpecEndpoint { url: url.to_owned() }.into())
        }
        Some(_) | None => Ok(()),
    }
}

/// The same for what no spec has yet, as for `import`. Another spec may say which organization is meant, and never where to
/// send its secret.
pub(super) async fn genesys_without_spec(
    global: &Global,
    profile: Option<&str>,
    like: GenesysCloud,
    output: &Output,
) -> Result<GenesysAccess, SessionError> {
    let mut cloud = GenesysCloud { endpoint_url: None, ..like };
    if let Some(url) = &global.genesys_endpoint() {
        let flag = "--genesys-endpoint-url";
        given_genesys_endpoint(url).map_err(|error| SessionError::Endpoint { flag, error })?;
        cloud.endpoint_url = Some(url.clone());
    }
    Ok(genesys_access(profile, &cloud, output).await)
}

/// The client for the organization's API, if the environment has credentials for it. Bad credentials do not keep anyone
/// from working on the AWS side.
pub(super) async fn genesys_access(
    profile: Option<&str>,
    cloud: &GenesysCloud,
    output: &Output,
) -> GenesysAccess {
    let client = async {
        let variable = |name: &str| std::env::var(name).ok();
        let Some(configuration) = Configuration::from_environment(cloud, variable)? else { return Ok(None) };
        output.mask(|redactor| {
            let secrets = [Some(&configuration.client_secret), configuration.access_token.as_ref()];
            secrets.into_iter().flatten().for_each(|secret| redactor.add_secret(secret.expose()));
        });
        let ca_bundle = aws::ca_bundle(profile).await.unwrap_or_default();
        let https = genesys::Https::new(ca_bundle.as_deref())
            .map_err(|error| GenesysError::new("setting up TLS", GenesysErrorKind::NoAnswer(error)))?;
        let client = genesys::Client::new(configuration, Box::new(https));
        let output = output.clone();
        client.on_pause(Arc::new(move |pause: Duration| {
            let (note, seconds) = (paint(WARNING, "note:"), pause.as_secs() + 1);
            output.message(&format!(
                "{note} all requests that Genesys Cloud allows in a minute were made; going on in {seconds} s\n"
            ));
        }) as genesys::OnPause);
        Ok::<_, GenesysError>(Some(client))
    };
    match client.await {
        Ok(client) => GenesysAccess { client, trouble: None },
        Err(error) => {
            let (warning, help) = (paint(WARNING, "warning:"), paint(HELP, "help:"));
            output.message(&format!("{warning} {error}; its side is left out\n{help} {}\n", error.help()));
            let trouble = Some(Unknown { why: error.brief(), help: error.help() });
            GenesysAccess { client: None, trouble }
        }
    }
}

/// The organization's API, as far as the environment has what it takes.
#[derive(Debug, Default)]
pub(super) struct GenesysAccess {
    /// `None`: nothing is set, or something of it is wrong.
    pub client: Option<genesys::Client>,
    pub trouble: Option<Unknown>,
}

impl GenesysAccess {
    /// Why there is no client.
    pub(super) fn missing(trouble: Option<&Unknown>, variables: [String; 2]) -> SessionError {
        match trouble {
            Some(Unknown { why, help }) => {
                SessionError::GenesysSettings { why: why.clone(), help: help.clone() }
            }
            None => SessionError::NoGenesysCredentials { variables },
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error(
        "the credentials belong to AWS account {live}, the spec is for {wanted}: nothing is shown, nothing was changed"
    )]
    WrongAccount { live: AccountId, wanted: AccountId },
    #[error("there are no credentials for Genesys Cloud")]
    NoGenesysCredentials { variables: [String; 2] },
    #[error("{why}")]
    GenesysSettings { why: String, help: String },
    #[error(
        "the spec sends Genesys Cloud's requests, with the secret of your OAuth client, to {url}: nothing was sent"
    )]
    SecretToSpecEndpoint { url: String },
    #[error(
        "the spec sends AWS's requests, with the token for which AWS gives credentials, to {url}: nothing was sent"
    )]
    TokenToSpecEndpoint { url: String },
    #[error("the value of `{flag}` {error}")]
    Endpoint { flag: &'static str, error: EndpointError },
}

impl Explain for SessionError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::WrongAccount { .. } => {
                "choose other credentials (`[aws] profile`, AWS_PROFILE), or correct `[aws] account_id`"
            }
            Self::GenesysSettings { help, .. } => help,
            Self::Endpoint { .. } => "give it a URL like https://host:4566",
            Self::SecretToSpecEndpoint { url } => {
                return Some(format!("if it may go there, say so: `--genesys-endpoint-url {url}`"));
            }
            Self::TokenToSpecEndpoint { url } => {
                return Some(format!("if it may go there, say so: `--aws-endpoint-url {url}`"));
            }
            Self::NoGenesysCredentials { variables: [id, secret] } => {
                return Some(format!(
                    "set {id} and {secret}, and GENESYSCLOUD_REGION where the spec has no `[genesys] region`"
                ));
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::WrongAccount { .. }
            | Self::SecretToSpecEndpoint { .. }
            | Self::TokenToSpecEndpoint { .. } => Status::Refused,
            Self::Endpoint { .. } => Status::Usage,
            Self::NoGenesysCredentials { .. } | Self::GenesysSettings { .. } => Status::Error,
        }
    }
}
