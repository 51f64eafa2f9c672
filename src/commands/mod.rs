//! One file a subcommand: glue only.

pub mod apply;
pub mod check;
pub mod destroy;
mod error;
pub mod fleet;
pub mod fmt;
pub mod import;
pub mod init;
pub mod permissions;
pub mod plan;
pub mod policy;
mod prompt;
mod report;
pub mod sandbox;
pub mod session;
mod shell;
pub mod validate;

pub use error::{CommandError, Status};
pub use report::report;

use crate::cli::{Cli, Command, SandboxCommand};
use crate::render::output::Output;

/// Runs the command.
///
/// # Errors
///
/// Whatever kept it from ending well, with its exit status and what to do next.
pub fn run(cli: &Cli, output: &Output) -> Result<Status, CommandError> {
    let Cli { global, command } = cli;
    match command {
        // No runtime, no credentials, no TLS roots before they are needed.
        Command::Validate => validate::run(global, output),
        Command::Fmt(args) => fmt::run(global, *args, output),
        Command::Init(args) => block_on(init::run(global, args, output)),
        Command::Import(args) => block_on(import::run(args, output)),
        Command::Completions { shell } => shell::completions(*shell, output),
        Command::Man { folder } => shell::man(folder, output),
        Command::Schema => shell::schema(output),
        Command::Permissions(args) => permissions::run(global, args, output),
        Command::Policy(command) => policy::run(command, output),
        Command::Plan(args) => block_on(plan::run(global, args, output)),
        Command::Apply(args) => block_on(apply::run(global, args, output)),
        Command::Destroy(args) => block_on(destroy::run(global, args, output)),
        Command::Check(args) => block_on(check::run(global, args, output)),
        Command::Sandbox(SandboxCommand::Serve(args)) => block_on(sandbox::serve(global, args, output)),
    }
}

fn block_on(command: impl Future<Output = Result<Status, CommandError>>) -> Result<Status, CommandError> {
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(CommandError::Runtime)?;
    let ended = runtime.block_on(command);
    // A prompt may still wait for its answer.
    runtime.shutdown_background();
    ended
}
