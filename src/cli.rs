//! The command line.

use std::path::PathBuf;

use clap::error::ErrorKind;
use clap::parser::ValueSource;
use clap::{ArgMatches, CommandFactory as _, FromArgMatches as _, Parser, Subcommand};

use crate::commands::apply::{ApplyArgs, NOTHING};
use crate::commands::check::CheckArgs;
use crate::commands::destroy::DestroyArgs;
use crate::commands::diagnose::DiagnoseArgs;
use crate::commands::fmt::FmtArgs;
use crate::commands::import::ImportArgs;
use crate::commands::init::InitArgs;
use crate::commands::options::{Global, ReportFormat, SandboxOptions};
use crate::commands::permissions::{PermissionsArgs, PermissionsFormat};
use crate::commands::plan::PlanArgs;
use crate::commands::policy::{EvaluateFormat, PolicyCommand};
use crate::commands::prompt::end_when_interrupted;
use crate::commands::sandbox::SandboxCommand;
use crate::commands::scenario::ScenarioArgError;
use crate::commands::show::ShowArgs;
use crate::commands::validate::ValidateArgs;
use crate::commands::{
    self, CommandError, Status, apply, check, destroy, diagnose, fmt, import, init, permissions, plan,
    policy, shell, show, validate,
};
use crate::explain::Explain;
use crate::model::Invocation;
use crate::render::output::Output;

/// Connect Genesys Cloud to AWS Lambda from one checked-in file, and prove that it works
#[derive(Debug, Parser)]
#[command(
    name = "genesys-iam",
    version,
    propagate_version = false,
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
    /// Show a saved plan again, without credentials and without any call
    #[command(after_long_help = "\
Examples:
  genesys-iam show plan.json
  genesys-iam show plan.json --format html > plan.html
")]
    Show(ShowArgs),
    /// Apply the spec, then check the result
    #[command(after_long_help = "\
Examples:
  genesys-iam apply                         look, answer yes, see it applied and checked
  genesys-iam apply plan.json               exactly what was reviewed
  genesys-iam apply --yes --refuse-wider    unattended: repair and narrow, but admit no one
")]
    Apply(ApplyArgs),
    /// Check that Genesys Cloud, and no one else, can invoke the functions
    #[command(after_long_help = "\
Examples:
  genesys-iam check                                            why does the data action fail?
  genesys-iam check --require evaluated                        in a pipeline
  genesys-iam check --invoke greet --input '{\"name\": \"Ann\"}'  end to end; runs the function
  genesys-iam diagnose --format markdown > ticket.md           for a ticket (masked)

With GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET and GENESYSCLOUD_REGION set it looks at Genesys \
Cloud's side too.
")]
    Check(CheckArgs),
    /// Remove all that the spec made, in AWS and in Genesys Cloud
    #[command(after_long_help = "\
Examples:
  genesys-iam destroy          look, type each role's name
  genesys-iam destroy --yes    unattended
")]
    Destroy(DestroyArgs),
    /// Find mistakes in specs, without any AWS call
    #[command(after_long_help = "\
Examples:
  genesys-iam validate
  genesys-iam validate specs more/genesys.toml   folders and files
")]
    Validate(ValidateArgs),
    /// Format the spec; comments and order stay
    #[command(after_long_help = "\
Examples:
  genesys-iam fmt
  genesys-iam fmt --check specs    in a pipeline: 2 when a spec is not formatted
")]
    Fmt(FmtArgs),
    /// Write a commented spec to begin with, from a few answers or flags
    #[command(after_long_help = "\
Examples:
  genesys-iam init                          asks for what is not given
  genesys-iam init --function greet-caller
")]
    Init(InitArgs),
    /// Print a spec for roles that exist
    #[command(after_long_help = "\
Examples:
  genesys-iam import GenesysDataActionRole            print a spec for this role
  genesys-iam import --all --out genesys.toml         every role that trusts Genesys Cloud
")]
    Import(ImportArgs),
    /// Find out why a data action fails, without a spec; changes nothing
    #[command(after_long_help = "\
Examples:
  genesys-iam diagnose                           the role that looks like Genesys Cloud's
  genesys-iam diagnose GenesysDataActionRole     what is wrong with this one, and how to fix it
  genesys-iam diagnose --error \"User: … is not authorized to perform: sts:AssumeRole on resource: arn:aws:iam::…\"
  genesys-iam diagnose GenesysDataActionRole --format markdown > ticket.md      masked
")]
    Diagnose(DiagnoseArgs),
    /// Print the least-privilege IAM policy that a command needs for this spec, without any AWS call
    #[command(after_long_help = "\
Examples:
  genesys-iam permissions --for plan
  genesys-iam permissions --for plan,check           one identity for both
  genesys-iam permissions --for apply --format terraform
")]
    Permissions(PermissionsArgs),
    /// Lint, compare and evaluate policy documents from anywhere
    #[command(subcommand)]
    Policy(PolicyCommand),
    /// Print the JSON Schema of the spec, for editors, or of what a command prints as JSON
    #[command(after_long_help = "\
Examples:
  genesys-iam schema > genesys.schema.json
  genesys-iam schema plan    of `plan --json`
")]
    Schema {
        /// Of what
        #[arg(value_name = "NAME", default_value = "spec", value_parser = shell::schema_names())]
        name: String,
    },
    /// Print completions for a shell
    #[command(after_long_help = "\
Examples:
  genesys-iam completions bash > ~/.local/share/bash-completion/completions/genesys-iam
")]
    Completions {
        /// The shell
        shell: clap_complete::Shell,
    },
    /// Write manual pages
    #[command(after_long_help = "\
Examples:
  genesys-iam man ~/.local/share/man/man1
")]
    Man {
        /// The folder to write them to
        #[arg(value_name = "FOLDER")]
        folder: PathBuf,
    },
    /// Print the version, with the commit and its date
    Version,
    /// Run the embedded stand-in for AWS and Genesys Cloud
    #[command(subcommand)]
    Sandbox(SandboxCommand),
}

impl Cli {
    /// Reads the arguments of this process.
    ///
    /// # Errors
    ///
    /// Wrong usage, and requests for help.
    pub fn from_arguments() -> Result<Self, clap::Error> {
        let mut usage = Self::command();
        let matches = usage.try_get_matches_from_mut(std::env::args_os())?;
        if let Some(format) = format_beside_json(&matches) {
            let message =
                format!("`--json` prints JSON, and `--format {format}` does not: leave out one of them");
            return Err(usage.error(ErrorKind::ArgumentConflict, message));
        }
        Self::from_arg_matches(&matches).map_err(|error| error.format(&mut usage))
    }

    /// What other commands must repeat to work on the same specs, with the same guards.
    pub fn invocation(&self) -> Invocation {
        let flags = match &self.command {
            Command::Plan(args) => commands::repeat::of_planning(&args.planning),
            Command::Apply(args) => commands::repeat::of_apply(&args.planning, args.aws_only),
            Command::Check(args) => commands::repeat::of_selection(&args.select),
            Command::Destroy(args) => commands::repeat::of_selection(&args.select),
            _ => Vec::new(),
        };
        let writes = matches!(self.command, Command::Apply(_) | Command::Destroy(_));
        self.global.invocation().of_command(flags, writes)
    }

    /// Runs the command.
    ///
    /// # Errors
    ///
    /// Whatever kept it from succeeding, with its exit status and what to do next.
    pub fn run(self, output: &Output) -> Result<Status, CommandError> {
        let Self { global, mut command } = self;
        if global.json {
            command.print_json()?;
        }
        let global = &global;
        global.mask_passwords(output);
        if let Some(folder) = &global.directory {
            std::env::set_current_dir(folder)
                .map_err(|source| FolderError { folder: folder.clone(), source })?;
        }
        let SandboxOptions { scenario, consistency } = &global.sandbox_options;
        let is_sandbox = global.sandbox || matches!(command, Command::Sandbox(SandboxCommand::Serve(_)));
        if !is_sandbox && (scenario.is_some() || consistency.is_some()) {
            return Err(ScenarioArgError::NotInSandbox.into());
        }
        if global.assume_role.is_some() && is_sandbox {
            output.note("note: the sandbox has no role to assume: `--assume-role` is not used\n");
        }
        if let Some(what) = command.when_interrupted() {
            end_when_interrupted(what, output);
        }
        match &command {
            // No runtime, credentials or TLS roots before they are needed.
            Command::Validate(args) => validate::run(global, args, output),
            Command::Fmt(args) => fmt::run(global, args, output),
            Command::Init(args) => block_on(init::run(global, args, output)),
            Command::Import(args) => block_on(import::run(global, args, output)),
            Command::Diagnose(args) => block_on(diagnose::run(global, args, output)),
            Command::Completions { shell } => shell::completions(*shell, output),
            Command::Man { folder } => shell::man(Self::command(), folder, output),
            Command::Schema { name } => shell::schema(name, output),
            Command::Show(args) => show::run(global, args, output),
            Command::Version => shell::version(global.json, output),
            Command::Permissions(args) => permissions::run(global, args, output),
            Command::Policy(command) => policy::run(global, command, output),
            Command::Plan(args) => block_on(plan::run(global, args, output)),
            Command::Apply(args) => block_on(apply::run(global, args, output)),
            Command::Destroy(args) => block_on(destroy::run(global, args, output)),
            Command::Check(args) => block_on(check::run(global, args, output)),
            Command::Sandbox(SandboxCommand::Serve(args)) => {
                block_on(commands::sandbox::serve(global, args, output))
            }
            Command::Sandbox(SandboxCommand::Scenarios) => commands::sandbox::scenarios(global.json, output),
            Command::Sandbox(SandboxCommand::Undo) => commands::sandbox::undo(global, output),
            Command::Sandbox(SandboxCommand::Reset) => commands::sandbox::reset(global, output),
        }
    }
}

impl Command {
    /// What Ctrl-C leaves behind, for commands that read and do not listen to it themselves.
    fn when_interrupted(&self) -> Option<&'static str> {
        match self {
            Self::Check(args) if !args.proofs.invoke.is_empty() => {
                Some("a data action's test may still be running")
            }
            Self::Plan(_) | Self::Check(_) | Self::Diagnose(_) | Self::Import(_) => Some(NOTHING),
            Self::Init(_) | Self::Fmt(_) => Some("nothing was written"),
            _ => None,
        }
    }

    /// Applies `--json`, if the command has a report.
    fn print_json(&mut self) -> Result<(), NoJson> {
        match self {
            Self::Plan(args) => args.format = ReportFormat::Json,
            Self::Show(args) => args.format = ReportFormat::Json,
            Self::Check(args) => args.format = ReportFormat::Json,
            Self::Apply(args) => args.format = ReportFormat::Json,
            Self::Destroy(args) => args.format = ReportFormat::Json,
            Self::Diagnose(args) => args.format = ReportFormat::Json,
            Self::Permissions(args) => args.format = PermissionsFormat::Report,
            Self::Policy(PolicyCommand::Evaluate(args)) => args.format = EvaluateFormat::Json,
            Self::Policy(PolicyCommand::Lint { .. } | PolicyCommand::Compare { .. })
            | Self::Validate(_)
            | Self::Import(_)
            | Self::Schema { .. }
            | Self::Version
            | Self::Sandbox(SandboxCommand::Scenarios) => {}
            Self::Fmt(_) => return Err(NoJson("fmt")),
            Self::Init(_) => return Err(NoJson("init")),
            Self::Completions { .. } => return Err(NoJson("completions")),
            Self::Man { .. } => return Err(NoJson("man")),
            Self::Sandbox(SandboxCommand::Serve(_)) => return Err(NoJson("sandbox serve")),
            Self::Sandbox(SandboxCommand::Undo) => return Err(NoJson("sandbox undo")),
            Self::Sandbox(SandboxCommand::Reset) => return Err(NoJson("sandbox reset")),
        }
        Ok(())
    }
}

/// The format that was asked for together with `--json`, if it is another.
fn format_beside_json(matches: &ArgMatches) -> Option<String> {
    if let Some((_, inner)) = matches.subcommand() {
        return format_beside_json(inner);
    }
    let is_given = |id: &str| {
        matches.ids().any(|one| one == id) && matches.value_source(id) == Some(ValueSource::CommandLine)
    };
    if !is_given("json") || !is_given("format") {
        return None;
    }
    let format = matches.get_raw("format")?.next_back()?.to_string_lossy().into_owned();
    (format != "json").then_some(format)
}

#[derive(Debug, thiserror::Error)]
#[error("`{0}` has no report to print as JSON")]
struct NoJson(&'static str);

impl Explain for NoJson {
    fn help(&self) -> Option<String> {
        let help = match self.0 {
            "fmt" => "leave out `--json`; `fmt --check` exits with 2 where a file is not formatted",
            _ => "leave out `--json`",
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        Status::Usage
    }
}

fn block_on(command: impl Future<Output = Result<Status, CommandError>>) -> Result<Status, CommandError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().map_err(RuntimeError)?;
    let ended = runtime.block_on(command);
    // A prompt may still be waiting for an answer.
    runtime.shutdown_background();
    ended
}

#[derive(Debug, thiserror::Error)]
#[error("cannot change to the folder `{}`", crate::text::path(folder))]
struct FolderError {
    folder: PathBuf,
    source: std::io::Error,
}

impl Explain for FolderError {
    fn help(&self) -> Option<String> {
        Some("`-C` takes a folder that exists".to_owned())
    }

    fn status(&self) -> Status {
        Status::Error
    }
}

#[derive(Debug, thiserror::Error)]
#[error("cannot start the runtime")]
struct RuntimeError(#[source] std::io::Error);

impl Explain for RuntimeError {
    fn help(&self) -> Option<String> {
        None
    }

    fn status(&self) -> Status {
        Status::Error
    }
}
