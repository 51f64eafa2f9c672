//! How a command ends.

use std::io;
use std::path::PathBuf;
use std::process::ExitCode;

use crate::arn::{AccountId, Arn};
use crate::aws::AwsError;
use crate::genesys::GenesysError;
use crate::policy::ParseError;
use crate::sandbox::SandboxError;
use crate::saved::SavedError;
use crate::spec::LoadError;

/// The exit status of a command that did what it was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Done = 0,
    Error = 1,
    Changes = 2,
    Refused = 3,
    Fault = 4,
    Undecided = 5,
    Usage = 64,
    Interrupted = 130,
}

impl Status {
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::Error,
        Self::Changes,
        Self::Refused,
        Self::Fault,
        Self::Undecided,
        Self::Usage,
        Self::Interrupted,
    ];
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// Why a command could not do what it was asked.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    #[error(transparent)]
    Spec(#[from] LoadError),
    #[error(transparent)]
    Aws(#[from] AwsError),
    #[error(transparent)]
    Genesys(#[from] GenesysError),
    #[error("{0}")]
    Input(String),
    #[error("there are no credentials for Genesys Cloud")]
    NoGenesysCredentials,
    #[error(transparent)]
    Sandbox(#[from] SandboxError),
    #[error(
        "the credentials belong to AWS account {live}, the spec is for {wanted}: nothing is shown, nothing was changed"
    )]
    WrongAccount { live: AccountId, wanted: AccountId },
    #[error("{}", missing(.0))]
    MissingFunctions(Vec<Arn>),
    #[error("the plan is blocked, nothing was changed")]
    Blocked,
    #[error("the plan widens access, and `--refuse-wider` is given: nothing was changed")]
    Wider,
    #[error("not confirmed, nothing was changed")]
    NotConfirmed,
    #[error("there is no terminal to ask on, nothing was changed")]
    NoTerminal,
    #[error("{command} ended early: {applied} of {total} changes were made")]
    Incomplete { command: &'static str, applied: usize, total: usize },
    #[error("every change was made, but IAM does not show yet: {0}")]
    NotConverged(String),
    #[error("{change}: what it was to change is no longer what the plan saw")]
    ChangedMeanwhile { change: String },
    #[error("{}", outdated(.differences, *.nothing_left))]
    Outdated { differences: Vec<String>, nothing_left: bool },
    #[error(
        "the spec does not say its name: what another file called `{0}` made could not be told from its own"
    )]
    PruneUnnamed(String),
    #[error(transparent)]
    Saved(#[from] SavedError),
    #[error("cannot write to standard output")]
    Output(#[from] io::Error),
    #[error("cannot read `{path}`", path = .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("`{path}` is no policy document: {source}", path = .path.display())]
    Policy { path: PathBuf, source: ParseError },
    #[error("`{path}` is no request: {source}", path = .path.display())]
    Request { path: PathBuf, source: serde_json::Error },
    #[error("`{path}` is not TOML: {why}", path = .path.display())]
    NotToml { path: PathBuf, why: String },
    #[error("cannot write `{path}`", path = .path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("{0} takes one spec, and several are given")]
    OneSpec(&'static str),
    #[error("there is no spec in `{path}`: no file ends in .toml", path = .0.display())]
    EmptyFolder(PathBuf),
    #[error("nothing is selected: no role of these specs fits `--role` and `--account`")]
    NothingSelected,
    #[error("no role is named")]
    NothingToImport,
    #[error("no role of AWS account {0} trusts an account of Genesys's")]
    NobodyTrustsGenesys(AccountId),
    #[error("what is written is no spec yet: something has to be filled in, or no role can be had by one")]
    ImportIncomplete,
    #[error("AWS account {account} has no role `{role}`")]
    NoSuchRole { role: String, account: AccountId },
    #[error("there is no terminal to ask on, and this is not known: {}", .0.join(", "))]
    InitMissing(Vec<&'static str>),
    #[error("what was given makes a spec with {}, nothing was written", if *.0 == 1 { "1 fault".to_owned() } else { format!("{} faults", .0) })]
    InitInvalid(usize),
    #[error("cannot listen on {address}")]
    Listen { address: std::net::SocketAddr, source: io::Error },
    #[error("the sandbox listens on loopback addresses only, {0} is none")]
    NotLoopback(std::net::SocketAddr),
    #[error("cannot start the runtime")]
    Runtime(#[source] io::Error),
}

fn outdated(differences: &[String], nothing_left: bool) -> String {
    let mut text = "the plan no longer fits, nothing was changed".to_owned();
    for difference in differences {
        let lines: Vec<&str> = difference.lines().collect();
        text.push_str(&format!("\n  {}", lines.join("\n  ")));
    }
    if nothing_left {
        text.push_str("\n  Nothing is left to do: live state is what the spec says. The plan may have been applied already.");
    }
    text
}

fn missing(functions: &[Arn]) -> String {
    let lines = functions.iter().map(|function| {
        let name = function.resource.trim_start_matches("function:");
        let (kind, name) = match name.split_once(':') {
            Some((function, qualifier)) if qualifier.bytes().all(|b| b.is_ascii_digit()) => {
                ("version", format!("`{qualifier}` of function `{function}`"))
            }
            Some((function, qualifier)) => ("alias", format!("`{qualifier}` of function `{function}`")),
            None => ("function", format!("`{name}`")),
        };
        format!("Lambda has no {kind} {name} in {}", function.region)
    });
    lines.collect::<Vec<_>>().join("\n       ")
}

impl CommandError {
    pub fn status(&self) -> Status {
        match self {
            Self::WrongAccount { .. }
            | Self::Blocked
            | Self::Wider
            | Self::NotConfirmed
            | Self::NoTerminal
            | Self::Outdated { .. }
            | Self::ChangedMeanwhile { .. }
            | Self::PruneUnnamed(_)
            | Self::Saved(
                SavedError::Edited { .. } | SavedError::InTheWay { .. } | SavedError::WeakExternalId { .. },
            ) => Status::Refused,
            Self::NotLoopback(_) | Self::Input(_) | Self::OneSpec(_) | Self::NothingSelected => Status::Usage,
            _ => Status::Error,
        }
    }

    /// What to do next.
    pub fn help(&self) -> Option<String> {
        let help = match self {
            Self::Aws(error) => return error.help(),
            Self::Genesys(error) => return Some(error.help()),
            Self::NoGenesysCredentials => {
                "set GENESYSCLOUD_OAUTHCLIENT_ID, GENESYSCLOUD_OAUTHCLIENT_SECRET and GENESYSCLOUD_REGION (or `[genesys] region`)"
            }
            Self::OneSpec(_) => "give it one `--file` at a time",
            Self::EmptyFolder(_) => "give a file, or a folder of specs",
            Self::NothingSelected => "names are taken with their case; * and ? stand for other characters",
            Self::Input(_) => "`--input` takes JSON, such as {\"customerId\": \"42\"}, or @FILE",
            Self::Spec(LoadError::Read { .. }) => {
                "`--file` names another spec; examples/genesys.toml is one to begin with"
            }
            Self::WrongAccount { .. } => {
                "choose other credentials (`[aws] profile`, AWS_PROFILE), or correct `[aws] account_id`"
            }
            Self::MissingFunctions(_) => "deploy what is missing, or correct `functions` in the spec",
            Self::Request { .. } => {
                "it looks like {\"principal\": {\"AWS\": \"arn:…\"}, \"action\": \"sts:AssumeRole\", \"resource\": \"arn:…\", \
                 \"context\": {\"sts:ExternalId\": [\"…\"]}}"
            }
            Self::Blocked => "each `blocked:` line of the plan says what can be done",
            Self::Wider => {
                "each line marked WIDER says who may do what; let a person look, and apply it without `--refuse-wider`"
            }
            Self::NoTerminal => "look at the plan, then pass `--yes`",
            Self::Incomplete { .. } => "mend the cause and run it again: it does what is left",
            Self::Outdated { nothing_left: true, .. } => return None,
            Self::Outdated { .. }
            | Self::ChangedMeanwhile { .. }
            | Self::Saved(SavedError::Edited { .. }) => {
                "look at what changed, then make a new plan: `genesys-iam plan --out FILE`"
            }
            Self::Saved(SavedError::Read { .. } | SavedError::Broken { .. } | SavedError::Version { .. }) => {
                "`genesys-iam plan --out FILE` makes a plan that can be applied"
            }
            Self::PruneUnnamed(_) => {
                "write `name = \"…\"` at the top of the spec, one that no other spec of the account has"
            }
            Self::Saved(SavedError::InTheWay { .. }) => "give `--out` another file",
            Self::Saved(SavedError::Write { .. }) => {
                "give `--out` a file in a folder that can be written to and has room; nothing else was changed"
            }
            Self::Saved(SavedError::WeakExternalId { .. }) => {
                "write the external ID into the spec, or apply without a saved plan"
            }
            Self::NotConverged(_) => "IAM may need a moment: run `genesys-iam plan` to see what is left",
            Self::NotToml { .. } => "`genesys-iam validate` shows the place",
            Self::Write { .. } => "give a file that is not there yet, in a folder that can be written to",
            Self::NobodyTrustsGenesys(_) => "name the roles that you mean, or begin with `genesys-iam init`",
            Self::ImportIncomplete => {
                "the comments in it and the notices above say what; `genesys-iam validate` tells when it is"
            }
            Self::NothingToImport => {
                "name roles, or give `--all` for every role that trusts an account of Genesys's"
            }
            Self::NoSuchRole { .. } => {
                "names are taken with their case; `genesys-iam import --all` finds those that trust Genesys"
            }
            Self::InitMissing(_) => "give these flags",
            Self::InitInvalid(_) => "correct what is shown above",
            Self::Listen { .. } => "choose another address with `--listen`; port 0 picks a free one",
            Self::NotLoopback(_) => "use 127.0.0.1 or [::1]: the sandbox does not verify signatures",
            _ => return None,
        };
        Some(help.to_owned())
    }
}
