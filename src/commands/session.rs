//! What plan, apply and check have in common: the spec, the clients, and one reading of the live state.

use aws_credential_types::provider::SharedCredentialsProvider;
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};

use futures_util::future::{join_all, try_join_all};

use super::CommandError;
use super::options::{Global, ReadsArg, SandboxOptions};
use super::prompt::ask;
use super::reading::Reading;
use super::scenario;
use super::specs::{self, SpecSource, quoted};
use crate::apply::Interrupt;
use crate::arn::{AccountId, FunctionArn};
use crate::aws::{self, AwsError, AwsErrorKind, Caller, Clients, Transport};
use crate::check::{FunctionFacts, FunctionState};
use crate::explain::{Explain, Status};
use crate::genesys::{self, Configuration, Details, GenesysError, GenesysErrorKind, Secret};
use crate::model::resolve;
use crate::model::{
    DesiredIntegration, DesiredRole, DesiredState, Live, LiveAction, LiveState, LookForOrphans,
    OrganizationReading, Orphans,
};
use crate::permissions::{CommandKind, required_actions};
use crate::plan::genesys::touched_actions;
use crate::plan::{Blocker, Plan, Reads, block_what_iam_refuses, diff};
use crate::policy::equivalent;
use crate::render::diagnostics;
use crate::render::output::Output;
use crate::render::style::{HELP, WARNING, paint};
use crate::sandbox::{self, GenesysSeed, Sandbox, Seed};
use crate::spec::{
    Aws, EndpointError, FunctionRef, GenesysCloud, LoadOptions, Loaded, RoleSpec, Spec, given_endpoint,
    given_genesys_endpoint,
};
use crate::text::plural;

/// Where the sandbox keeps its state, beside the spec.
const SANDBOX_STATE: &str = ".genesys-iam/sandbox.json";

/// The state of the sandbox of these specs, of which this is the first.
pub fn state_file(source: Option<&SpecSource>) -> PathBuf {
    source.map_or(Path::new(""), SpecSource::folder).join(SANDBOX_STATE)
}

pub struct Session {
    pub spec: Spec,
    pub clients: Clients,
    pub in_sandbox: bool,
    /// Of the organization, where credentials are given.
    pub genesys: Option<genesys::Client>,
    pub reads: Reads,
    /// What to type for another command with the same spec.
    pub invocation: String,
}

/// Which functions are looked up in Lambda.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum LookUp {
    /// To destroy, or where it is done later.
    None,
    /// To plan: where roles are read in bulk, only those of a role whose policy does not allow just them already.
    New,
}

/// One reading of everything.
pub struct Observed {
    pub caller: Caller,
    /// Of those that were looked up.
    pub functions: BTreeMap<FunctionArn, FunctionState>,
    pub live: LiveState,
    pub desired: DesiredState,
}

/// Reads a spec, prints its warnings and masks what is to be masked.
pub fn load(from: &SpecSource, global: &Global, output: &Output) -> Result<Spec, CommandError> {
    load_with(from, LoadOptions { is_offline: false, ..offline(global) }, output)
}

/// The same for a command that only looks at it: it needs no secret.
pub fn load_offline(from: &SpecSource, global: &Global, output: &Output) -> Result<Spec, CommandError> {
    load_with(from, offline(global), output)
}

pub(super) fn offline(global: &Global) -> LoadOptions<'_> {
    LoadOptions { allowed: &global.allow_env, is_offline: true }
}

fn load_with(from: &SpecSource, options: LoadOptions<'_>, output: &Output) -> Result<Spec, CommandError> {
    let Loaded { spec, source, warnings } = from.load(options)?;
    output.mask(|redactor| spec.roles.iter().for_each(|role| redactor.add_external_id(&role.external_id)));
    if let Some(external_id) = spec.aws.assume_role.as_ref().and_then(|role| role.external_id.as_ref()) {
        output.mask(|redactor| redactor.add_external_id(external_id));
    }
    if !warnings.is_empty() {
        output.message(&diagnostics::render(&warnings, &from.to_string(), &source));
    }
    Ok(spec)
}

const NO_CREDENTIALS: &str = "the environment has no credentials of the organization (GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET)";

const PROGRAM: &str = "genesys-iam";

fn invocation(source: &SpecSource, global: &Global) -> String {
    let mut words = vec![PROGRAM.to_owned()];
    if let Some(folder) = &global.directory {
        words.push(format!("-C {}", quoted(&folder.to_string_lossy())));
    }
    if global.sandbox {
        words.push("--sandbox".to_owned());
    }
    let options = [
        ("--aws-endpoint-url", &global.aws_endpoint_url),
        ("--genesys-endpoint-url", &global.genesys_endpoint_url),
    ];
    for (option, value) in options {
        words.extend(value.iter().map(|value| format!("{option} {}", quoted(value))));
    }
    words.extend(global.allow_env.iter().map(|name| format!("--allow-env {}", quoted(name))));
    words.extend(source.option());
    words.join(" ")
}

/// What the sessions of one command share.
#[derive(Default)]
pub struct Connections {
    sandbox: Option<Arc<Mutex<Sandbox>>>,
    /// By what the specs say of AWS: their limiters, credentials and connections are the same.
    clients: Vec<(Aws, Clients)>,
}

impl Connections {
    async fn clients(&mut self, aws: &Aws, output: &Output) -> Result<Clients, AwsError> {
        if let Some((_, clients)) = self.clients.iter().find(|(known, _)| known == aws) {
            return Ok(clients.clone());
        }
        let transport = match self.clients.first() {
            Some((_, clients)) => Transport::Shared(clients.http_client()),
            None => Transport::Network,
        };
        let clients = match aws::connect(aws, transport).await {
            Err(error) if error.mfa_serial().is_some() => {
                let question = format!("MFA code of {}: ", error.mfa_serial().unwrap_or_default());
                match ask(&question, &Interrupt::default(), output).await {
                    Ok(Some(code)) => aws::connect_with_mfa(aws, Transport::Network, Some(&code)).await?,
                    Ok(None) | Err(_) => return Err(error),
                }
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
        output: &Output,
    ) -> Result<Arc<Mutex<Sandbox>>, CommandError> {
        let seed = seed(spec);
        if let Some(sandbox) = &self.sandbox {
            let mut known = sandbox.lock().unwrap_or_else(PoisonError::into_inner);
            known.seed(&seed);
            scenario::configure(&mut known, options, &seed)?;
            return Ok(Arc::clone(sandbox));
        }
        let state = state_file(Some(source));
        output.note(&format!(
            "{} in the sandbox: an embedded stand-in for AWS, state in {}\n",
            paint(WARNING, "note:"),
            state.display()
        ));
        let mut sandbox = Sandbox::open(&state, &seed)?;
        scenario::configure(&mut sandbox, options, &seed)?;
        let sandbox = Arc::new(Mutex::new(sandbox));
        self.sandbox = Some(Arc::clone(&sandbox));
        Ok(sandbox)
    }
}

/// Clients of an administrator of the account, and of the organization, in the sandbox.
async fn sandbox_clients(
    sandbox: Arc<Mutex<Sandbox>>,
    aws: &Aws,
) -> Result<(Clients, genesys::Client), AwsError> {
    let configuration = Configuration {
        client_id: "sandbox".to_owned(),
        client_secret: Secret::new("sandbox".to_owned()),
        access_token: None,
        api: String::new(),
        login: String::new(),
    };
    let genesys = genesys::Client::new(configuration, sandbox::genesys_transport(Arc::clone(&sandbox)));
    let transport = Transport::InProcess {
        http_client: sandbox::http_client(sandbox),
        credentials: SharedCredentialsProvider::new(sandbox::credentials(&aws.account_id)),
    };
    Ok((aws::connect(aws, transport).await?, genesys))
}

/// Clients without a spec of their own: the sandbox's, which then begins with the spec at hand or the built-in one.
pub(super) async fn in_sandbox(
    global: &Global,
    region: Option<&str>,
    output: &Output,
) -> Result<(Clients, genesys::Client, Spec), CommandError> {
    let source = specs::named(global, output).ok().and_then(|mut sources| sources.pop());
    let source = source.unwrap_or(SpecSource::Demonstration);
    let spec = load(&source, global, output)?;
    let sandbox = Connections::default().sandbox(&source, &spec, &global.sandbox_options, output)?;
    let mut aws = spec.aws.clone();
    if let Some(region) = region {
        aws.region = region.to_owned();
    }
    let (clients, genesys) = sandbox_clients(sandbox, &aws).await?;
    Ok((clients, genesys, spec))
}

impl Session {
    pub async fn open(
        source: &SpecSource,
        spec: Spec,
        global: &Global,
        connections: &mut Connections,
        output: &Output,
    ) -> Result<Self, CommandError> {
        let invocation = invocation(source, global);
        let reads = match global.reads {
            ReadsArg::Auto => Reads::Auto,
            ReadsArg::Single => Reads::Single,
            ReadsArg::Bulk => Reads::Bulk,
        };
        if !global.sandbox {
            let (aws, cloud) = with_endpoints(&spec, global)?;
            let clients = connections.clients(&aws, output).await?;
            let genesys = genesys_client(aws.profile.as_deref(), &cloud, output).await;
            return Ok(Self { spec, clients, in_sandbox: false, genesys, reads, invocation });
        }
        let sandbox = connections.sandbox(source, &spec, &global.sandbox_options, output)?;
        let (clients, genesys) = sandbox_clients(sandbox, &spec.aws).await?;
        Ok(Self { spec, clients, in_sandbox: true, genesys: Some(genesys), reads, invocation })
    }

    /// A session with clients of its own.
    pub fn new(spec: Spec, clients: Clients, genesys: Option<genesys::Client>) -> Self {
        Self { spec, clients, in_sandbox: false, genesys, reads: Reads::Auto, invocation: PROGRAM.to_owned() }
    }

    /// Reads the caller, the functions and the live state, all at the same time.
    pub async fn observe(
        &self,
        orphans: LookForOrphans,
        look_up: LookUp,
        output: &Output,
    ) -> Result<Observed, CommandError> {
        let Self { spec, clients, .. } = self;
        // Only `check` looks for none: to it what cannot be read is not provable.
        let is_check = orphans == LookForOrphans::No;
        // Of a part of the spec nothing follows about what is not in it.
        let orphans = if spec.excluded.is_empty() { orphans } else { LookForOrphans::No };
        // The account is in the spec, so all ARNs are known beforehand.
        let expected = resolve(spec, &BTreeMap::new());
        let in_bulk = self.reads.pages(expected.roles.len()).is_some();
        let all: Vec<&FunctionArn> = match look_up {
            LookUp::New if !in_bulk => expected.roles.iter().flat_map(|role| &role.functions).collect(),
            _ => Vec::new(),
        };
        tracing::trace!(
            target: "genesys_iam::session",
            "spec `{}`: {} {}, {} looked up",
            spec.name,
            plural(expected.roles.len(), "role"),
            if in_bulk { "in bulk" } else { "one by one" },
            plural(all.len(), "function")
        );
        let reads = async {
            // Boxed: each is large, and together they are more than a thread's stack takes.
            futures_util::join!(
                aws::caller(clients),
                self.functions(all),
                Box::pin(self.live(&expected, orphans, output)),
                Box::pin(self.organization(&expected, orphans))
            )
        };
        let reading = Reading::of(std::iter::once((spec, clients)));
        let (caller, functions, live, organization) = output.waiting_for(|| reading.text(), reads).await;
        if let Err(error) = &caller {
            self.name_profile(error, output);
        }
        let caller = caller?;
        if caller.account != spec.aws.account_id {
            return Err(SessionError::WrongAccount {
                live: caller.account,
                wanted: spec.aws.account_id.clone(),
            }
            .into());
        }
        if let Err(error) = &live {
            self.list_permissions(error, CommandKind::Plan, output);
        }
        let (mut functions, mut exact) = functions?;
        let mut live = live?;
        live.organization = match organization {
            Err(error) if is_check => OrganizationReading::NotRead(error.brief()),
            organization => organization?,
        };
        if look_up == LookUp::New && in_bulk {
            let new = expected.roles.iter().filter(|role| !is_allowed_already(role, &live));
            (functions, exact) = self.functions(new.flat_map(|role| &role.functions).collect()).await?;
        }
        let desired = resolve(spec, &exact);
        let plan = diff(&live, &desired);
        Box::pin(self.read_usage(&mut live, &plan)).await;
        Ok(Observed { caller, functions, live, desired })
    }

    /// Works on AWS's side only, as if the spec said nothing of Genesys Cloud.
    pub fn leave_genesys_alone(&mut self) {
        self.genesys = None;
        for role in &mut self.spec.roles {
            role.integration = None;
            role.data_actions.clear();
        }
    }

    /// Genesys Cloud's side, where the spec says something of it or may have said so before.
    ///
    /// # Errors
    ///
    /// Whatever keeps Genesys Cloud from answering what the spec needs.
    pub async fn organization(
        &self,
        desired: &DesiredState,
        orphans: LookForOrphans,
    ) -> Result<OrganizationReading, GenesysError> {
        let wanted: Vec<&DesiredIntegration> =
            desired.roles.iter().filter_map(|role| role.integration.as_ref()).collect();
        let Some(client) = &self.genesys else {
            return Ok(match wanted.as_slice() {
                [] => OrganizationReading::NotAsked,
                _ => OrganizationReading::NotRead(NO_CREDENTIALS.to_owned()),
            });
        };
        if wanted.is_empty() && orphans == LookForOrphans::No {
            return Ok(OrganizationReading::NotAsked);
        }
        match genesys::live(client, &wanted, Details::Wanted).await {
            Ok(organization) => Ok(OrganizationReading::Read(organization)),
            // Only what an earlier spec may have left was looked for.
            Err(_) if wanted.is_empty() => Ok(OrganizationReading::NotAsked),
            Err(error) => Err(error),
        }
    }

    /// Asks which flows use the actions that a plan changes or deletes.
    pub async fn read_usage(&self, live: &mut LiveState, plan: &Plan) {
        let (Some(client), OrganizationReading::Read(organization)) = (&self.genesys, &mut live.organization)
        else {
            return;
        };
        let touched = touched_actions(plan);
        let actions = organization.integrations.iter().flat_map(|one| &one.actions);
        let actions: Vec<&LiveAction> = actions.filter(|action| touched.contains(&action.id)).collect();
        let usage = client.usage(&actions).await;
        organization.usage.extend(usage);
    }

    /// All that a command needs, where AWS reports the first that is missing.
    pub(super) fn list_permissions(&self, error: &AwsError, command: CommandKind, output: &Output) {
        if !error.is_access_denied() {
            return;
        }
        let word = match command {
            CommandKind::Plan => "plan",
            CommandKind::Check => "check",
            CommandKind::Apply => "apply",
            CommandKind::Destroy => "destroy",
        };
        let desired = resolve(&self.spec, &BTreeMap::new());
        let actions: Vec<&str> = required_actions(&desired, command).into_iter().collect();
        output.message(&format!(
            "{} for this spec `{word}` needs {}; `{} permissions --for {word}` prints the policy\n",
            paint(WARNING, "note:"),
            actions.join(", "),
            self.invocation
        ));
    }

    /// Blocks what IAM would refuse, where something is created or deleted.
    ///
    /// # Errors
    ///
    /// Whatever keeps IAM from answering.
    pub async fn look_ahead(
        &self,
        plan: &mut Plan,
        desired: &DesiredState,
        output: &Output,
    ) -> Result<(), AwsError> {
        // Boxed: the futures of listings are large.
        let foresight = Box::pin(aws::foresee(&self.clients, plan, desired)).await?;
        for unknown in &foresight.unknown {
            output.message(&format!("{} {unknown}\n", paint(WARNING, "warning:")));
        }
        block_what_iam_refuses(plan, desired, &foresight);
        Ok(())
    }

    /// The SDK reports that credentials are missing, but not for which profile.
    fn name_profile(&self, error: &AwsError, output: &Output) {
        let written = self.spec.aws.profile.clone().map(|name| (name, "`[aws] profile` in the spec"));
        let profile = written.or_else(|| Some((std::env::var("AWS_PROFILE").ok()?, "AWS_PROFILE")));
        if let (AwsErrorKind::Credentials(_), Some((name, source))) = (error.kind.as_ref(), profile) {
            output.message(&format!("{} the profile is `{name}`, from {source}\n", paint(WARNING, "note:")));
        }
    }

    /// The roles of the spec with their policies, and those that were taken out of it.
    pub async fn live(
        &self,
        desired: &DesiredState,
        orphans: LookForOrphans,
        output: &Output,
    ) -> Result<LiveState, AwsError> {
        let live = aws::survey(&self.clients, desired, orphans, self.reads).await?;
        let taken_out = match &live.orphans {
            Orphans::Read(roles) => Some(roles.values()),
            Orphans::Named(_) | Orphans::Unknown(_) => None,
        };
        mask(live.roles.values().chain(taken_out.into_iter().flatten()), desired, output);
        Ok(live)
    }

    /// Each function's state, and the exact ARNs that the Lambda API answered.
    async fn functions(
        &self,
        mut wanted: Vec<&FunctionArn>,
    ) -> Result<(BTreeMap<FunctionArn, FunctionState>, BTreeMap<FunctionArn, FunctionArn>), AwsError> {
        wanted.sort_unstable();
        wanted.dedup();
        let answers = join_all(wanted.iter().map(|arn| aws::function(&self.clients, arn))).await;
        let mut states = BTreeMap::new();
        let mut exact = BTreeMap::new();
        for (arn, answer) in wanted.into_iter().zip(answers) {
            let state = match answer {
                Ok(Some(function)) => {
                    exact.insert(arn.clone(), function.arn);
                    FunctionState::Exists {
                        state: function.state,
                        reason: function.state_reason,
                        timeout: function.timeout,
                    }
                }
                Ok(None) => FunctionState::Missing,
                // The ARN is known without the API: only the function's existence stays unknown.
                Err(error) if error.is_access_denied() => FunctionState::Unknown(error.brief()),
                Err(error) => return Err(error),
            };
            states.insert(exact.get(arn).unwrap_or(arn).clone(), state);
        }
        Ok((states, exact))
    }

    /// The functions of a role, with their own policies.
    pub async fn function_facts(
        &self,
        observed: &Observed,
        desired: &DesiredRole,
    ) -> Result<Vec<FunctionFacts>, AwsError> {
        let not_yet = desired.functions.iter().filter(|arn| !observed.functions.contains_key(arn)).collect();
        let (later, _) = self.functions(not_yet).await?;
        let later = &later;
        let facts = desired.functions.iter().map(|arn| async move {
            let missing = FunctionState::Unknown("not looked up".to_owned());
            let state = observed.functions.get(arn).or_else(|| later.get(arn)).cloned().unwrap_or(missing);
            let policy = match state {
                FunctionState::Missing => Ok(None),
                _ => match aws::function_policy(&self.clients, arn).await {
                    Ok(policy) => Ok(policy),
                    Err(error) if error.is_access_denied() => Err(error.brief()),
                    Err(error) => return Err(error),
                },
            };
            Ok(FunctionFacts { arn: arn.clone(), state, policy })
        });
        try_join_all(facts).await
    }

    /// In the sandbox, clients that play Genesys Cloud: an identity of its own account.
    pub fn as_genesys(&self, account: &AccountId) -> Option<Clients> {
        self.in_sandbox.then(|| self.clients.with_credentials(sandbox::credentials(account)))
    }
}

/// Whether the live policy means what is wanted: then each function was looked up when it was put there.
fn is_allowed_already(role: &DesiredRole, live: &LiveState) -> bool {
    let policy = live.roles.get(&role.role.name).and_then(|live| live.policy.as_ref());
    policy.is_some_and(|policy| equivalent(&policy.policy.document, &role.policy.document))
}

/// Where the spec's external ID is masked, so are those that are in any live document.
fn mask<'a>(live: impl Iterator<Item = &'a Live>, desired: &DesiredState, output: &Output) {
    if !desired.roles.iter().any(|role| role.external_id.is_masked()) {
        return;
    }
    output.mask(|redactor| {
        live.flat_map(Live::documents).for_each(|document| redactor.add_live_external_ids(document));
    });
}

impl Observed {
    /// What would change. A role whose functions are not all there is blocked, and no other.
    pub fn plan(&self, spec: &Spec, output: &Output) -> Plan {
        for (arn, state) in &self.functions {
            if let FunctionState::Unknown(why) = state {
                output.message(&format!(
                    "{} whether `{arn}` exists is not known: {why}\n",
                    paint(WARNING, "warning:")
                ));
            }
        }
        let mut plan = diff(&self.live, &self.desired);
        for role in &spec.roles {
            let is_missing =
                |function: &&FunctionRef| self.functions.get(&function.arn) == Some(&FunctionState::Missing);
            let missing = role.functions.iter().filter(is_missing);
            let blockers = missing
                .map(|f| Blocker::MissingFunction { function: f.arn.clone(), line: f.line })
                .collect::<Vec<_>>();
            if let Some(plan) = plan.roles.iter_mut().find(|plan| plan.role == role.name) {
                plan.blockers.extend(blockers);
            }
        }
        plan
    }
}

/// What the spec says of both sides, with the endpoints of the command line in place of its own.
fn with_endpoints(spec: &Spec, global: &Global) -> Result<(Aws, GenesysCloud), SessionError> {
    let (mut aws, mut cloud) = (spec.aws.clone(), spec.genesys.clone());
    let wrong = |flag, error| SessionError::Endpoint { flag, error };
    if let Some(url) = &global.aws_endpoint_url {
        given_endpoint(url).map_err(|error| wrong("--aws-endpoint-url", error))?;
        aws.endpoint_url = Some(url.clone());
    }
    if let Some(url) = &global.genesys_endpoint_url {
        given_genesys_endpoint(url).map_err(|error| wrong("--genesys-endpoint-url", error))?;
        cloud.endpoint_url = Some(url.clone());
    }
    Ok((aws, cloud))
}

/// The same where there is no spec, as for `import`.
pub(super) async fn genesys_without_spec(
    global: &Global,
    profile: Option<&str>,
    output: &Output,
) -> Result<Option<genesys::Client>, SessionError> {
    let mut cloud = GenesysCloud::default();
    if let Some(url) = &global.genesys_endpoint_url {
        let flag = "--genesys-endpoint-url";
        given_genesys_endpoint(url).map_err(|error| SessionError::Endpoint { flag, error })?;
        cloud.endpoint_url = Some(url.clone());
    }
    Ok(genesys_client(profile, &cloud, output).await)
}

/// The client of the organization's API, where the environment has its credentials. What is wrong with them keeps nobody
/// from working on the AWS side.
async fn genesys_client(
    profile: Option<&str>,
    cloud: &GenesysCloud,
    output: &Output,
) -> Option<genesys::Client> {
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
        Ok::<_, GenesysError>(Some(genesys::Client::new(configuration, Box::new(https))))
    };
    client.await.unwrap_or_else(|error| {
        let (warning, help) = (paint(WARNING, "warning:"), paint(HELP, "help:"));
        output.message(&format!("{warning} {error}; its side is left out\n{help} {}\n", error.help()));
        None
    })
}

/// What the sandbox begins with: the account and the functions of the spec, and an empty organization.
pub fn seed(spec: &Spec) -> Seed {
    let functions = |role: &RoleSpec| -> Vec<FunctionArn> {
        role.functions.iter().map(|function| function.arn.clone()).collect()
    };
    Seed {
        account: spec.aws.account_id.clone(),
        partition: spec.aws.partition.clone(),
        region: spec.aws.region.clone(),
        functions: spec.roles.iter().flat_map(functions).collect(),
        genesys: spec.roles.first().map(|role| GenesysSeed {
            organization_id: role.external_id.expose().to_owned(),
            account: role.genesys_account_id.clone(),
            integrations: Vec::new(),
        }),
    }
}

#[derive(Debug, thiserror::Error)]
pub enum SessionError {
    #[error(
        "the credentials belong to AWS account {live}, the spec is for {wanted}: nothing is shown, nothing was changed"
    )]
    WrongAccount { live: AccountId, wanted: AccountId },
    #[error("there are no credentials for Genesys Cloud")]
    NoGenesysCredentials,
    #[error("the value of `{flag}` {error}")]
    Endpoint { flag: &'static str, error: EndpointError },
}

impl Explain for SessionError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::WrongAccount { .. } => {
                "choose other credentials (`[aws] profile`, AWS_PROFILE), or correct `[aws] account_id`"
            }
            Self::Endpoint { .. } => "give it a URL like https://host:4566",
            Self::NoGenesysCredentials => {
                "set GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET and GENESYSCLOUD_REGION (or `[genesys] region`)"
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::WrongAccount { .. } => Status::Refused,
            Self::Endpoint { .. } => Status::Usage,
            Self::NoGenesysCredentials => Status::Error,
        }
    }
}
