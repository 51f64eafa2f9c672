//! Options that several commands have.

use std::path::PathBuf;

use clap::Args;
use clap_complete::ArgValueCompleter;

use super::complete::role_names;
use crate::arn::AccountId;
use crate::spec::DEFAULT_FILE;

#[derive(Debug, Args)]
#[command(next_help_heading = "Options of all commands")]
pub struct Global {
    /// Read the spec from this file, or those of this folder; may be given several times
    #[arg(short, long = "file", global = true, value_name = "FILE", default_value = DEFAULT_FILE)]
    pub files: Vec<PathBuf>,
    /// Use the embedded stand-in for AWS; its state is kept in .genesys-iam/sandbox.json
    #[arg(long, global = true)]
    pub sandbox: bool,
    /// How to read the live state: whichever way takes fewer calls, role by role, or in bulk
    #[arg(long, global = true, value_name = "WAY", default_value = "auto")]
    pub reads: ReadsArg,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub color: ColorWhen,
    /// Log each API call to standard error (-vv for more; RUST_LOG is honoured)
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReadsArg {
    Auto,
    Single,
    Bulk,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ColorWhen {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum ReportFormat {
    Text,
    Json,
    Markdown,
}

/// What to leave out of the specs.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Selection")]
pub struct Select {
    /// Only roles with this name (`*` and `?` are wildcards; repeatable)
    #[arg(long = "role", value_name = "NAME", add = ArgValueCompleter::new(role_names))]
    pub roles: Vec<String>,
    /// Only specs of this AWS account (repeatable)
    #[arg(long = "account", value_name = "ID")]
    pub accounts: Vec<AccountId>,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Scope {
    /// Take over roles and policies that this spec did not make
    #[arg(long)]
    pub adopt: bool,
    /// Remove roles that have the tag of this spec and are no longer in it
    #[arg(long, conflicts_with = "roles")]
    pub prune: bool,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct WideningGuard {
    /// Exit with 3, nothing done, when the plan widens access: for pipelines that may repair and narrow unattended
    #[arg(long)]
    pub refuse_wider: bool,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Wait {
    /// Maximum time to wait for IAM to become consistent and stop throttling
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u64,
}
