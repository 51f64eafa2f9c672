//! `sandbox serve`: the stand-in for AWS on a loopback address.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::net::TcpListener;

use super::{CommandError, Status, fleet, session};
use crate::cli::{Global, ServeArgs};
use crate::render::output::Output;
use crate::sandbox::{Rate, Sandbox, ServeOptions, serve as serve_http};

pub async fn serve(global: &Global, args: &ServeArgs, output: &Output) -> Result<Status, CommandError> {
    let ServeArgs { listen, latency, rate, burst, in_memory } = *args;
    if !listen.ip().is_loopback() {
        return Err(CommandError::NotLoopback(listen));
    }
    let mut specs = Vec::new();
    for file in fleet::files(global)? {
        specs.push(session::load(&file, output)?);
    }
    let Some((spec, others)) = specs.split_first() else { return Err(CommandError::NothingSelected) };
    let seed = session::seed(spec);
    let mut sandbox = if in_memory {
        Sandbox::new(&seed)
    } else {
        Sandbox::open(Path::new(session::SANDBOX_STATE), &seed)?
    };
    others.iter().for_each(|spec| sandbox.seed(&session::seed(spec)));
    let listener =
        TcpListener::bind(listen).await.map_err(|source| CommandError::Listen { address: listen, source })?;
    let address = listener.local_addr()?;
    let account = &spec.aws.account_id;
    let region = &spec.aws.region;
    output.result(&format!(
        "export AWS_ENDPOINT_URL=http://{address}\n\
         export AWS_ACCESS_KEY_ID={account}   # a 12-digit account ID: an administrator of that account\n\
         export AWS_SECRET_ACCESS_KEY=sandbox\n\
         export AWS_REGION={region} AWS_DEFAULT_REGION={region}\n"
    ))?;
    output.message("The sandbox is listening; Ctrl-C ends it.\n");
    let shutdown = async {
        // Without a handler for Ctrl-C the process ends by the signal itself.
        let _ = tokio::signal::ctrl_c().await;
    };
    let options = ServeOptions {
        latency: Duration::from_millis(latency),
        rate: rate.map(|per_second| Rate { per_second, burst }),
    };
    serve_http(listener, Arc::new(Mutex::new(sandbox)), options, shutdown).await?;
    Ok(Status::Done)
}
