//! The command line.

use std::net::SocketAddr;
use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};
use clap_complete::ArgValueCompleter;

use crate::arn::AccountId;
use crate::complete::role_names;
use crate::spec::DEFAULT_FILE;

/// Connect Genesys Cloud to AWS Lambda: keep the IAM role as a checked-in file
#[derive(Debug, Parser)]
#[command(
    name = "genesys-iam",
    version,
    propagate_version = false,
    disable_help_subcommand = true,
    after_help = "\
Exit status:
  0  done, nothing to change         4   check found a fault
  1  error                           5   undecided, or --require not met
  2  changes (--detailed-exitcode)   64  wrong usage
  3  refused by a guard              130 interrupted

Try it without an AWS account:
  genesys-iam --sandbox apply
"
)]
pub struct Cli {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

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

#[derive(Debug, Subcommand)]
pub enum Command {
    /// Show what apply would change
    #[command(after_long_help = "\
Examples:
  genesys-iam plan                                    look
  genesys-iam plan --detailed-exitcode                in a pipeline: 2 when something would change
  genesys-iam plan --out plan.json                    to be reviewed, then: genesys-iam apply plan.json
  genesys-iam plan --format markdown > comment.md     for a pull request
")]
    Plan(PlanArgs),
    /// Make the live state what the spec says, then check it
    #[command(after_long_help = "\
Examples:
  genesys-iam apply                         look, say yes, see it done and checked
  genesys-iam apply plan.json               just what was reviewed
  genesys-iam apply --yes --refuse-wider    unattended: repair and narrow, but let nobody in
")]
    Apply(ApplyArgs),
    /// Tell whether Genesys Cloud, and nobody else, can invoke the functions
    #[command(after_long_help = "\
Examples:
  genesys-iam check                                            why does the data action fail?
  genesys-iam check --require evaluated                        in a pipeline
  genesys-iam check --invoke greet --input '{\"name\": \"Ann\"}'  end to end; runs the function

With GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET and GENESYSCLOUD_REGION set it looks at Genesys
Cloud's side too.
")]
    Check(CheckArgs),
    /// Remove the roles and policies of the spec, and whatever is attached to the roles
    Destroy(DestroyArgs),
    /// Look for mistakes in the spec, without any AWS call
    Validate,
    /// Format the spec; comments and order stay
    Fmt(FmtArgs),
    /// Write a commented spec to begin with, from a few answers or flags
    Init(InitArgs),
    /// Print a spec for roles that exist
    Import(ImportArgs),
    /// Print the least-privilege IAM policy that a command needs for this spec, without any AWS call
    Permissions(PermissionsArgs),
    /// Look into policy documents of any origin
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Print the JSON Schema of the spec, for editors
    Schema,
    /// Print completions for a shell
    Completions { shell: clap_complete::Shell },
    /// Write manual pages
    Man {
        /// Into this folder
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Run the embedded stand-in for AWS
    #[command(subcommand)]
    Sandbox(SandboxCommand),
}

#[derive(Debug, Subcommand)]
pub enum PolicyCommand {
    /// Look for mistakes that IAM may take: exit 0 without errors, 4 with
    Lint {
        /// What the documents are; without it, one that names principals is a trust policy
        #[arg(long, value_name = "KIND")]
        kind: Option<LintKind>,
        #[arg(value_name = "FILE.json", required = true)]
        files: Vec<PathBuf>,
    },
    /// Tell whether two documents mean the same: exit 0, or 2 with the difference of their canonical forms
    Compare {
        #[arg(value_name = "A.json")]
        a: PathBuf,
        #[arg(value_name = "B.json")]
        b: PathBuf,
    },
    /// Tell whether a request is allowed, and why: exit 0 allowed, 4 denied, 5 undecided
    Evaluate(EvaluateArgs),
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum LintKind {
    Trust,
    Permissions,
}

#[derive(Debug, Args)]
pub struct EvaluateArgs {
    /// The request: principal, action, resource and context (complete: a key that is not there is absent)
    #[arg(long, value_name = "REQUEST.json")]
    pub request: PathBuf,
    /// An identity policy of the principal; may be given several times
    #[arg(long, value_name = "FILE")]
    pub identity: Vec<PathBuf>,
    /// The principal's permissions boundary
    #[arg(long, value_name = "FILE")]
    pub boundary: Option<PathBuf>,
    /// The session policy
    #[arg(long, value_name = "FILE")]
    pub session: Option<PathBuf>,
    /// A role's trust policy, or another policy of the resource; without --identity, what it itself says
    #[arg(long, value_name = "FILE")]
    pub trust: Option<PathBuf>,
    /// How to print the decision and the trace
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: EvaluateFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum EvaluateFormat {
    Text,
    Json,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct FmtArgs {
    /// Change nothing; exit with 2 when it is not in form
    #[arg(long)]
    pub check: bool,
}

#[derive(Debug, Args)]
pub struct InitArgs {
    /// AWS region of the functions
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// AWS account; without it that of the credentials
    #[arg(long, value_name = "ID")]
    pub account_id: Option<String>,
    /// Genesys Cloud organization ID; without it that of the organization whose credentials are in the environment
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// Genesys's AWS account
    #[arg(long, value_name = "ID", default_value = "765628985471")]
    pub genesys_account_id: String,
    /// Name of the role
    #[arg(long, value_name = "NAME", default_value = "GenesysDataActionRole")]
    pub role: String,
    /// A function: name, name:alias, name:version or ARN; may be given several times
    #[arg(long = "function", value_name = "FUNCTION")]
    pub functions: Vec<String>,
}

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// These roles, by name or ARN
    #[arg(value_name = "ROLE")]
    pub roles: Vec<String>,
    /// Every role of the account that trusts an account of Genesys's
    #[arg(long, conflicts_with = "roles")]
    pub all: bool,
    /// Write the spec to this file, which must not exist
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// AWS region, where the functions do not say it; it also decides the partition
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// AWS profile
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
}

#[derive(Debug, Args)]
pub struct PermissionsArgs {
    /// For this command; apply includes plan and the check at its end
    #[arg(long = "for", value_name = "COMMAND", default_value = "apply")]
    pub purpose: PermissionsFor,
    /// An IAM policy document, or Terraform's data source for one
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub format: PermissionsFormat,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PermissionsFor {
    Plan,
    Apply,
    Destroy,
    Check,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PermissionsFormat {
    Json,
    Terraform,
}

#[derive(Debug, Args)]
pub struct PlanArgs {
    /// Exit with 2 when there are changes
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// Also write the plan to this file, for `apply FILE`, unless it is refused; it holds no secret
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// How to print the plan
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    #[command(flatten)]
    pub select: Select,
    #[command(flatten)]
    pub scope: Scope,
    #[command(flatten)]
    pub guard: Guard,
}

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// Carry out just this saved plan, without asking; refused when anything differs from what it was made from
    #[arg(value_name = "PLAN.json", conflicts_with_all = ["adopt", "prune", "roles"])]
    pub plan: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Leave out the check at the end
    #[arg(long)]
    pub no_check: bool,
    #[command(flatten)]
    pub select: Select,
    #[command(flatten)]
    pub scope: Scope,
    #[command(flatten)]
    pub guard: Guard,
    #[command(flatten)]
    pub wait: Wait,
}

#[derive(Debug, Args)]
pub struct DestroyArgs {
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    #[command(flatten)]
    pub select: Select,
    #[command(flatten)]
    pub wait: Wait,
}

#[derive(Debug, Args)]
pub struct CheckArgs {
    /// Let Genesys Cloud test this data action (ID or name), which REALLY RUNS the function; may be given several times
    #[arg(long, value_name = "ACTION")]
    pub invoke: Vec<String>,
    /// The input of the tested data actions: a JSON object, or @FILE
    #[arg(long, value_name = "JSON", default_value = "{}", requires = "invoke")]
    pub input: String,
    /// Exit with 5 unless every role is proven on this level
    #[arg(long, value_name = "LEVEL")]
    pub require: Option<RequiredLevel>,
    /// How to print the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    /// Make the probes with the credentials of this AWS profile: one that the trust policy lets in can prove more
    #[arg(long, value_name = "PROFILE")]
    pub probe_profile: Option<String>,
    #[command(flatten)]
    pub select: Select,
}

impl Default for CheckArgs {
    /// As without options.
    fn default() -> Self {
        Self {
            invoke: Vec::new(),
            input: "{}".to_owned(),
            require: None,
            format: ReportFormat::Text,
            probe_profile: None,
            select: Select::default(),
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RequiredLevel {
    /// By the live documents
    Evaluated,
    /// By real calls: the role assumed, each invocation permitted
    Assumed,
    /// By Genesys Cloud itself, with --invoke
    EndToEnd,
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
    /// Only roles of this name; * and ? stand for other characters; may be given several times
    #[arg(long = "role", value_name = "NAME", add = ArgValueCompleter::new(role_names))]
    pub roles: Vec<String>,
    /// Only specs of this AWS account; may be given several times
    #[arg(long = "account", value_name = "ID")]
    pub accounts: Vec<AccountId>,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Scope {
    /// Take over roles and policies that this spec did not make
    #[arg(long)]
    pub adopt: bool,
    /// Remove roles that bear the tag of this spec and are no longer in it
    #[arg(long, conflicts_with = "roles")]
    pub prune: bool,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Guard {
    /// Exit with 3, nothing done, when the plan widens access: for pipelines that may repair and narrow unattended
    #[arg(long)]
    pub refuse_wider: bool,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Wait {
    /// Wait at most this long for IAM to take note of what was written, and to stop throttling
    #[arg(long, value_name = "SECONDS", default_value_t = 60)]
    pub wait: u64,
}

#[derive(Debug, Subcommand)]
pub enum SandboxCommand {
    /// Serve IAM, STS and Lambda over HTTP on a loopback address, for any AWS client
    Serve(ServeArgs),
}

#[derive(Debug, Args)]
pub struct ServeArgs {
    /// Listen here; port 0 picks a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:4599")]
    pub listen: SocketAddr,
    /// Delay every answer by this many milliseconds
    #[arg(long, value_name = "MS", default_value_t = 0)]
    pub latency: u64,
    /// Refuse what goes beyond so many requests a second, as AWS does
    #[arg(long, value_name = "PER_SECOND")]
    pub rate: Option<f64>,
    /// With --rate, let so many requests through at once
    #[arg(long, value_name = "REQUESTS", default_value_t = 50.0, requires = "rate")]
    pub burst: f64,
    /// Keep the state in memory only, and begin with nothing but what the spec names
    #[arg(long)]
    pub in_memory: bool,
}
