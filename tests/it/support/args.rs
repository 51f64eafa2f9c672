//! Options as a user types them, with the defaults of the command line.

use clap::Parser as _;
use genesys_iam::cli::{Cli, Command};
use genesys_iam::commands::apply::ApplyArgs;
use genesys_iam::commands::check::CheckArgs;
use genesys_iam::commands::destroy::DestroyArgs;
use genesys_iam::commands::plan::PlanArgs;

fn command(line: &str) -> Command {
    let words = ["genesys-iam"].into_iter().chain(line.split_whitespace());
    Cli::try_parse_from(words).unwrap_or_else(|error| panic!("{error}")).command
}

pub fn plan(options: &str) -> PlanArgs {
    let Command::Plan(args) = command(&format!("plan {options}")) else { unreachable!() };
    args
}

pub fn apply(options: &str) -> ApplyArgs {
    let Command::Apply(args) = command(&format!("apply {options}")) else { unreachable!() };
    args
}

pub fn check(options: &str) -> CheckArgs {
    let Command::Check(args) = command(&format!("check {options}")) else { unreachable!() };
    args
}

pub fn destroy(options: &str) -> DestroyArgs {
    let Command::Destroy(args) = command(&format!("destroy {options}")) else { unreachable!() };
    args
}
