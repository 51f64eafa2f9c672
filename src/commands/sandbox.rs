//! `sandbox serve`: the AWS stand-in on a loopback address; its scenarios and its end.

use std::collections::BTreeSet;
use std::io;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use clap::{Args, Subcommand};
use serde_json::json;
use tokio::net::TcpListener;

use super::connections::{found_sandbox, make_by_hand};
use super::options::{GENESYS_ENDPOINT, Global};
use super::report::report_json;
use super::scenario::{announce, configure, joined};
use super::specs::{SpecSource, SpecsError, Use};
use super::{CommandError, Status, loading, specs};
use crate::arn::AccountId;
use crate::explain::Explain;
use crate::render::output::Output;
use crate::sandbox::{
    BUILT_IN, GenesysSeed, Rate, Sandbox, Seed, ServeOptions, client_id, serve as serve_http,
};
use crate::secrets::MADE_UP;

#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Serve the sandbox over HTTP on a loopback address: for any AWS client (IAM, STS, Lambda, KMS, CloudTrail,
    /// Organizations, Access Analyzer, tagging) and Genesys Cloud's
    Serve(ServeArgs),
    /// List the scenarios that `--scenario` knows by name
    Scenarios,
    /// Take back what a scenario did to other people's things: the AWS organization, the functions, Genesys Cloud
    Undo,
    /// Delete the sandbox's state
    Reset,
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Listen here; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4599")]
    pub listen: SocketAddr,
    /// Delay every answer by this many milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency: u64,
    /// Throttle requests above this rate, as AWS does
    #[arg(long, value_name = "PER_SECOND")]
    pub rate: Option<f64>,
    /// With --rate, let so many requests through at once
    #[arg(long, value_name = "REQUESTS", default_value_t = 50.0, requires = "rate")]
    pub burst: f64,
    /// Keep the state in memory only, and start with only what the spec names
    #[arg(long)]
    pub in_memory: bool,
}

pub async fn serve(global: &Global, args: &ServeArgs, output: &Output) -> Result<Status, CommandError> {
    let ServeArgs { listen, latency, rate, burst, in_memory } = *args;
    // Where there is no spec, the built-in one, as for every command in the sandbox.
    let global = &Global { sandbox: true, ..global.clone() };
    if !listen.ip().is_loopback() {
        return Err(ServeError::NotLoopback(listen).into());
    }
    let Served { mut sandbox, state, first, others } = served(global, in_memory, output)?;
    sandbox.share()?;
    let listener =
        TcpListener::bind(listen).await.map_err(|source| ServeError::Listen { address: listen, source })?;
    let address = listener.local_addr().map_err(|source| ServeError::Listen { address: listen, source })?;
    let Seed { account, region, .. } = &first;
    output.result(&format!(
        "export AWS_ENDPOINT_URL=http://{address}\n\
         export AWS_ACCESS_KEY_ID={account}\n\
         export AWS_SECRET_ACCESS_KEY={MADE_UP}\n\
         export AWS_REGION={region} AWS_DEFAULT_REGION={region}\n\
         export {GENESYS_ENDPOINT}=http://{address}\n{}",
        oauth_clients(&[std::slice::from_ref(&first), others.as_slice()].concat())
    ))?;
    let others: BTreeSet<&AccountId> =
        others.iter().map(|seed| &seed.account).filter(|one| *one != account).collect();
    if !others.is_empty() {
        let others: Vec<&str> = others.into_iter().map(AccountId::as_str).collect();
        output
            .note(&format!("note: for the other specs, set AWS_ACCESS_KEY_ID to {}\n", others.join(" or ")));
    }
    if let Some(management) = sandbox.management_account().filter(|one| one != account) {
        output.note(&format!(
            "note: {account} is in an AWS organization: AWS_ACCESS_KEY_ID={management} in front of an `aws` command plays its \
             administrator\n"
        ));
    }
    output.note(&format!(
        "note: AWS_ACCESS_KEY_ID={account}, a 12-digit account ID, is an administrator of that account\n"
    ));
    let serves = match &state {
        Some(state) => format!("The sandbox is listening and serves {}", crate::text::path(state)),
        None => "The sandbox is listening; its state is in memory only".to_owned(),
    };
    if sandbox.planted().is_empty() {
        output.note(&format!("{serves}; Ctrl-C ends it.\n"));
    } else {
        output.note(&format!(
            "{serves}; Ctrl-C ends it. What only others can fix (the AWS organization's administrator, whoever \
             deploys the functions, Genesys Cloud's console), `genesys-iam sandbox undo` fixes.\n",
        ));
    }
    let shutdown = async {
        // Without a handler for Ctrl-C the signal itself ends the process.
        let _ = tokio::signal::ctrl_c().await;
    };
    let options = ServeOptions {
        latency: Duration::from_millis(latency),
        rate: rate.map(|per_second| Rate { per_second, burst }),
    };
    serve_http(listener, Arc::new(Mutex::new(sandbox)), options, shutdown)
        .await
        .map_err(|source| ServeError::Listen { address, source })?;
    Ok(Status::Done)
}

/// An `export` line for each organization.
fn oauth_clients(seeds: &[Seed]) -> String {
    let of =
        |seed: &Seed| seed.genesys.as_ref().and_then(|GenesysSeed { credentials, .. }| credentials.clone());
    let credentials: BTreeSet<Option<String>> = seeds.iter().map(of).collect();
    let line = |credentials: Option<String>| {
        let suffix = credentials.as_ref().map(|name| format!("_{name}")).unwrap_or_default();
        format!(
            "export GENESYSCLOUD_OAUTHCLIENT_ID{suffix}={} GENESYSCLOUD_OAUTHCLIENT_SECRET{suffix}={MADE_UP}\n",
            client_id(credentials.as_deref())
        )
    };
    credentials.into_iter().map(line).collect()
}

struct Served {
    sandbox: Sandbox,
    /// As an absolute path: what it serves is seen in another terminal, in another folder.
    state: Option<PathBuf>,
    /// Of all specs. The shell is for the first one's account.
    first: Seed,
    others: Vec<Seed>,
}

fn served(global: &Global, in_memory: bool, output: &Output) -> Result<Served, CommandError> {
    let options = &global.sandbox_options;
    let absolute = |state: PathBuf| std::path::absolute(&state).unwrap_or(state);
    let sources = match specs::named_or_state(global, output)? {
        Use::Specs(sources) => sources,
        Use::State(_) if in_memory => vec![SpecSource::Demonstration],
        Use::State(state) => {
            let (mut sandbox, seed) = found_sandbox(&state)?;
            announce(&sandbox, options, output);
            configure(&mut sandbox, options, &seed, output)?;
            return Ok(Served { sandbox, state: Some(absolute(state)), first: seed, others: Vec::new() });
        }
    };
    let mut loaded = Vec::new();
    for source in &sources {
        loaded.push(loading::load(source, global, output)?);
    }
    let (Some(source), Some((spec, others))) = (sources.first(), loaded.split_first()) else {
        return Err(SpecsError::NoSpec.into());
    };
    let seed = loading::seed(spec);
    let mut sandbox = if in_memory { Sandbox::new(&seed) } else { loading::open_sandbox(source, &seed)? };
    if options.scenario.is_some() && sources == [SpecSource::Demonstration] {
        make_by_hand(&mut sandbox, spec, output);
    }
    announce(&sandbox, options, output);
    configure(&mut sandbox, options, &seed, output)?;
    let others: Vec<Seed> = others.iter().map(loading::seed).collect();
    for seed in &others {
        sandbox.seed(seed);
        configure(&mut sandbox, options, seed, output)?;
    }
    let state = (!in_memory).then(|| absolute(source.state_file()));
    Ok(Served { sandbox, state, first: seed, others })
}

pub fn scenarios(as_json: bool, output: &Output) -> Result<Status, CommandError> {
    if as_json {
        let scenarios = BUILT_IN.iter().map(|(name, text)| json!({ "name": name, "about": about(text) }));
        let members = json!({ "scenarios": scenarios.collect::<Vec<_>>() });
        report_json("genesys-iam scenarios", &members, Status::Done, output)?;
        return Ok(Status::Done);
    }
    let width = BUILT_IN.iter().map(|(name, _)| name.len()).max().unwrap_or_default();
    let line = |(name, text): &(&str, &str)| format!("{name:width$}  {}\n", about(text));
    output.result(&BUILT_IN.iter().map(line).collect::<String>())?;
    Ok(Status::Done)
}

/// The line of a scenario that says what it demonstrates.
fn about(text: &str) -> &str {
    let line = text.lines().next().unwrap_or_default();
    line.strip_prefix("about = \"").and_then(|rest| rest.strip_suffix('"')).unwrap_or_default()
}

pub fn undo(global: &Global, output: &Output) -> Result<Status, CommandError> {
    let global = &Global { sandbox: true, ..global.clone() };
    let (mut sandbox, seed) = match specs::named_or_state(global, output)? {
        Use::State(state) => found_sandbox(&state)?,
        Use::Specs(sources) => {
            let Some(source) = sources.first() else { return Err(SpecsError::NoSpec.into()) };
            // Its warnings are not what this is about.
            let seed = loading::seed(&loading::load(source, global, &Output::capture())?);
            (loading::open_sandbox(source, &seed)?, seed)
        }
    };
    let done = sandbox.undo(&seed)?;
    output.message(&match done.as_slice() {
        [] => "Nothing to undo: roles and policies are yours to fix, `genesys-iam --sandbox diagnose` shows how.\n".to_owned(),
        done => format!("Undone: {}.\n", joined(done)),
    });
    Ok(Status::Done)
}

pub fn reset(global: &Global, output: &Output) -> Result<Status, CommandError> {
    let sources = specs::named(global, output).unwrap_or_default();
    let state = sources.first().unwrap_or(&SpecSource::Demonstration).state_file();
    let said = match Sandbox::reset(&state)?.as_deref() {
        None => "The sandbox has no state here.\n".to_owned(),
        Some([]) => format!("The sandbox is empty again: {} was deleted.\n", crate::text::path(&state)),
        Some(planted) => format!(
            "The sandbox is empty again: {} was deleted, and what {} had planted with it.\n",
            crate::text::path(&state),
            joined(planted)
        ),
    };
    output.message(&said);
    Ok(Status::Done)
}

#[derive(Debug, thiserror::Error)]
pub enum ServeError {
    #[error("cannot listen on {address}")]
    Listen { address: SocketAddr, source: io::Error },
    #[error("the sandbox listens only on loopback addresses, and {0} is not one")]
    NotLoopback(SocketAddr),
}

impl Explain for ServeError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Listen { .. } => {
                "`--listen 127.0.0.1:0` picks a free port: `genesys-iam sandbox serve --listen 127.0.0.1:0`"
            }
            Self::NotLoopback(_) => "use 127.0.0.1 or [::1]: the sandbox does not verify signatures",
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::Listen { .. } => Status::Error,
            Self::NotLoopback(_) => Status::Usage,
        }
    }
}
