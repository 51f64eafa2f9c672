//! Options that several commands have.

use std::path::PathBuf;

use clap::builder::{PossibleValuesParser, TypedValueParser};
use clap::{Args, ValueEnum};
use clap_complete::ArgValueCompleter;

use super::complete::{role_names, scenarios};
use crate::arn::{AccountId, Arn};
use crate::model::Invocation;
use crate::policy::wildcard_matches;
use crate::render::output::Output;
use crate::secrets;
use crate::spec::{AssumeRole, Aws};
use crate::text::{password, shell_word};

/// As AWS_ENDPOINT_URL for AWS.
pub const GENESYS_ENDPOINT: &str = "GENESYSCLOUD_ENDPOINT_URL";

#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of all commands")]
pub struct Global {
    /// Read the spec from this file, from the specs of this folder, or with - from standard input; repeatable. Without it:
    /// GENESYS_IAM_FILE, or genesys.toml in this folder or above it
    #[arg(short, long = "file", global = true, value_name = "FILE")]
    pub files: Vec<PathBuf>,
    /// Change to this folder first
    #[arg(short = 'C', long, global = true, value_name = "DIR")]
    pub directory: Option<PathBuf>,
    /// Use the embedded stand-in for AWS and Genesys Cloud; its state is kept in .genesys-iam/sandbox.json beside the spec
    #[arg(long, global = true)]
    pub sandbox: bool,
    /// Send AWS's requests to this server; a spec can only name this machine
    #[arg(long, global = true, value_name = "URL")]
    pub aws_endpoint_url: Option<String>,
    /// Send Genesys Cloud's requests to this server [env: GENESYSCLOUD_ENDPOINT_URL]; one that only a spec names
    /// gets no OAuth client
    #[arg(long, global = true, value_name = "URL")]
    pub genesys_endpoint_url: Option<String>,
    /// Assume the role of this name in each spec's account, whatever `[aws] assume_role` says
    #[arg(long, global = true, value_name = "NAME", env = "GENESYS_IAM_ASSUME_ROLE", value_parser = role_to_assume)]
    pub assume_role: Option<RoleToAssume>,
    /// Let specs read this environment variable although its name does not say that it holds an external ID; `check` may present
    /// its value to the role's AWS account when it makes probes (repeatable)
    #[arg(long, global = true, value_name = "NAME")]
    pub allow_env: Vec<String>,
    /// How to read the live state: whichever way takes fewer calls, role by role, or in bulk
    #[arg(long, global = true, value_name = "WAY", default_value = "auto", env = "GENESYS_IAM_READS")]
    pub reads: ReadsArg,
    /// Print JSON, as --format json does
    #[arg(long, global = true)]
    pub json: bool,
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", env = "GENESYS_IAM_COLOR")]
    pub color: ColorWhen,
    /// No notes on standard error, only results, warnings and errors; `check` then prints only what is wrong or not known
    #[arg(short, long, global = true)]
    pub quiet: bool,
    /// Log each API call to standard error, with -vv also what is read and how; RUST_LOG is honoured
    #[arg(short, long, global = true, action = clap::ArgAction::Count)]
    pub verbose: u8,
    // The heading of these would be that of whatever follows.
    #[command(flatten)]
    pub sandbox_options: SandboxOptions,
}

/// A role by name, with its path: the account is each spec's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleToAssume(String);

impl RoleToAssume {
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The spec's settings with this role in place of its own; what its author wrote beside the role stays.
    #[must_use]
    pub fn instead_of(&self, aws: Aws) -> Aws {
        let (path, name) =
            self.0.rsplit_once('/').map_or(("/", self.0.as_str()), |(path, name)| (path, name));
        let path = format!("/{}/", path.trim_matches('/')).replace("//", "/");
        let role_arn = Arn::role(&aws.partition, &aws.account_id, &path, name);
        let (external_id, session_name) =
            aws.assume_role.map(|role| (role.external_id, role.session_name)).unwrap_or_default();
        Aws { assume_role: Some(AssumeRole { role_arn, external_id, session_name }), ..aws }
    }
}

/// # Errors
///
/// When it cannot be the name of a role, with or without its path.
fn role_to_assume(text: &str) -> Result<RoleToAssume, String> {
    let is_name = |c: char| c.is_ascii_alphanumeric() || "_+=,.@-".contains(c);
    if text.starts_with("arn:") {
        let name = text.split_once(":role/").map_or("NAME", |(_, name)| name);
        return Err(format!("give the role's name only, `{name}`: the account is each spec's own"));
    }
    let parts: Vec<&str> = text.trim_start_matches('/').split('/').collect();
    if parts.iter().all(|part| !part.is_empty() && part.chars().all(is_name)) && text.len() <= 512 {
        Ok(RoleToAssume(text.to_owned()))
    } else {
        Err("it is the name of a role, with its path if it has one, such as `ci/genesys-iam-plan`".to_owned())
    }
}

impl Global {
    /// Where Genesys Cloud's requests go, if not to Genesys Cloud: the option or the environment says so.
    pub fn genesys_endpoint(&self) -> Option<String> {
        let given = || std::env::var(GENESYS_ENDPOINT).ok().filter(|url| !url.is_empty());
        self.genesys_endpoint_url.clone().or_else(given)
    }

    /// What another command must repeat to work on the same specs.
    pub fn invocation(&self) -> Invocation {
        let mut words = Vec::new();
        if let Some(folder) = &self.directory {
            words.push(format!("-C {}", shell_word(&folder.to_string_lossy())));
        }
        if self.sandbox {
            words.push("--sandbox".to_owned());
        }
        let options = [
            ("--aws-endpoint-url", &self.aws_endpoint_url),
            ("--genesys-endpoint-url", &self.genesys_endpoint_url),
        ];
        for (option, value) in options {
            words.extend(value.iter().map(|value| format!("{option} {}", shell_word(value))));
        }
        let assume_role =
            self.assume_role.as_ref().map(|role| format!("--assume-role {}", shell_word(role.as_str())));
        words.extend(assume_role.clone());
        words.extend(self.allow_env.iter().map(|name| format!("--allow-env {}", shell_word(name))));
        let specs = self.files.iter().map(|file| format!("--file {}", shell_word(&file.to_string_lossy())));
        Invocation::new(words, assume_role, specs.collect())
    }

    /// Passwords of endpoints and proxies, even if these are too broken to be recognized as URLs.
    pub fn mask_passwords(&self, output: &Output) {
        let is_url = |name: &str| {
            let name = name.to_ascii_uppercase();
            name.starts_with("AWS_ENDPOINT_URL") || name == GENESYS_ENDPOINT || name.ends_with("_PROXY")
        };
        let environment = std::env::vars_os().filter_map(|(name, value)| {
            is_url(&name.to_string_lossy()).then(|| value.to_string_lossy().into_owned())
        });
        let given = self.aws_endpoint_url.iter().chain(&self.genesys_endpoint_url).cloned();
        let passwords: Vec<String> =
            environment.chain(given).filter_map(|url| password(&url).map(str::to_owned)).collect();
        output.mask(|redactor| passwords.iter().for_each(|password| redactor.add_secret(password)));
        for (name, value) in std::env::vars_os() {
            if holds_a_secret(&name.to_string_lossy()) {
                secrets::remember(&value.to_string_lossy());
            }
        }
    }
}

/// Whether the value of a variable is a secret, rather than its location or a name.
fn holds_a_secret(name: &str) -> bool {
    let name = name.to_ascii_uppercase();
    ["SECRET", "TOKEN", "PASSWORD"].iter().any(|word| name.contains(word))
        && !["_FILE", "_PATH", "_DIR", "_URI", "_URL", "_NAME", "_ID"].iter().any(|end| name.ends_with(end))
}

/// How the sandbox behaves, embedded or served.
#[derive(Debug, Clone, Args)]
#[command(next_help_heading = "Options of the sandbox")]
pub struct SandboxOptions {
    /// Plant a scenario, by its name (`genesys-iam sandbox scenarios`) or from a TOML or JSON file
    #[arg(long, global = true, value_name = "NAME|FILE", add = ArgValueCompleter::new(scenarios))]
    pub scenario: Option<String>,
    /// Show changes only after this many seconds, as IAM does
    #[arg(long, global = true, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=600))]
    pub consistency: Option<u64>,
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
    /// For people
    Text,
    /// For machines
    Json,
    /// For comments in pull requests; like the others it shows an external ID that the spec has as text (`diagnose --format markdown`
    /// masks every one, for tickets)
    Markdown,
    /// A page with a picture, for a file: `--format html > report.html`
    Html,
}

/// The formats of commands that make no page, with their own word about comments.
pub fn without_page(markdown: Option<&'static str>) -> impl TypedValueParser<Value = ReportFormat> {
    let formats = ReportFormat::value_variants().iter().filter(|format| **format != ReportFormat::Html);
    let shown = formats.filter_map(|format| {
        let value = format.to_possible_value()?;
        Some(match (format, markdown) {
            (ReportFormat::Markdown, Some(help)) => value.help(help),
            _ => value,
        })
    });
    PossibleValuesParser::new(shown)
        .map(|name| ReportFormat::from_str(&name, true).unwrap_or(ReportFormat::Text))
}

impl Select {
    /// Whether these options leave a role of this name in.
    pub fn has(&self, name: &str) -> bool {
        let fits = |patterns: &[String]| patterns.iter().any(|pattern| wildcard_matches(pattern, name));
        (self.roles.is_empty() || fits(&self.roles)) && !fits(&self.except)
    }
}

/// What to leave out of the specs.
#[derive(Debug, Clone, Default, Args)]
#[command(next_help_heading = "Selection")]
pub struct Select {
    /// Only roles with this name (`*` and `?` are wildcards; repeatable)
    #[arg(long = "role", value_name = "NAME", add = ArgValueCompleter::new(role_names))]
    pub roles: Vec<String>,
    /// All roles but those with this name (`*` and `?` are wildcards; repeatable)
    #[arg(long, value_name = "NAME", add = ArgValueCompleter::new(role_names))]
    pub except: Vec<String>,
    /// Only specs of this AWS account (repeatable)
    #[arg(long = "account", value_name = "ID")]
    pub accounts: Vec<AccountId>,
}

#[derive(Debug, Clone, Args)]
pub struct Scope {
    /// Take over roles and policies that this spec did not make
    #[arg(long)]
    pub adopt: bool,
    /// Remove roles that have the tag of this spec and are no longer in it, unless another spec of the run or of its folder
    /// names them
    #[arg(long, conflicts_with = "roles")]
    pub prune: bool,
    /// Also delete or replace data actions that flows use, or may use, and delete roles that other integrations use
    #[arg(long)]
    pub even_if_used: bool,
    /// What the spec with this name made (roles of the account, integrations) is somebody's, though no file here has it (`*` and `?` are wildcards;
    /// repeatable)
    #[arg(long = "other-spec", value_name = "NAME")]
    pub other_specs: Vec<String>,
}

#[derive(Debug, Clone, Args)]
pub struct WideningGuard {
    /// Exit with 3, nothing done for that spec, when its plan widens access, or only when strangers gain: for unattended pipelines
    #[arg(long, value_name = "WHOSE", num_args = 0..=1, require_equals = true, default_missing_value = "any")]
    pub refuse_wider: Option<Widened>,
    /// With --refuse-wider, let pass that the spec accepts this access from outside the account, keeps it, or leaves it in
    /// a role taken out of it: as the refusal prints it, for one role (repeatable)
    #[arg(long, value_name = "ACCOUNT/ROLE@DIGEST", requires = "refuse_wider")]
    pub allow_accept: Vec<String>,
}

/// Whose access may not be widened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum Widened {
    /// Anyone's
    Any,
    /// That of someone unknown, or everyone's: a repair for Genesys Cloud passes
    Strangers,
    /// The same, and no limit may end: a boundary, a Deny, what policies demand of a tag
    Limits,
}

#[derive(Debug, Clone, Copy, Args)]
pub struct Wait {
    /// Maximum time to wait for IAM to become consistent and stop throttling
    #[arg(long, value_name = "SECONDS", default_value_t = 60, env = "GENESYS_IAM_WAIT")]
    pub wait: u64,
}
