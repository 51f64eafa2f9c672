//! `init`: a commented spec to start with. Missing values are looked up, or asked for on a terminal.

mod answers;
mod flags;

use std::fmt;
use std::io::{self, IsTerminal};
use std::path::{Path, PathBuf};

use clap::Args;

use super::connections::genesys_without_spec;
use super::files::write_new;
use super::import::{connect, environment_region};
use super::options::Global;
use super::prompt::PromptError;
use super::scenario::joined;
use super::specs::{SpecSource, SpecsError};
use super::{CommandError, Status, connections};
use crate::aws::{self, Clients};
use crate::explain::Explain;
use crate::render::diagnostics;
use crate::render::output::Output;
use crate::render::style::{BOLD, HELP, WARNING, paint};
use crate::spec::{
    self, DEFAULT_FILE, Diagnostic, EmptyEnvironment, GenesysCloud, Severity, is_guid, is_placeholder,
};
use crate::text::{one_line, plural};
use answers::{ActionFields, Answers};
use flags::ActionFlags;

#[derive(Debug, Args)]
pub struct InitArgs {
    /// AWS region of the functions
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// AWS account; default: that of the credentials
    #[arg(long, value_name = "ID")]
    pub account_id: Option<String>,
    /// Genesys Cloud organization ID; default: that of the organization whose credentials are in the environment
    #[arg(long, value_name = "ID")]
    pub external_id: Option<String>,
    /// Genesys's AWS account
    #[arg(long, value_name = "ID", default_value = "765628985471")]
    pub genesys_account_id: String,
    /// Name of the role [default: GenesysDataActionRole]
    #[arg(long, value_name = "NAME")]
    pub role: Option<String>,
    /// A function: name, name:alias, name:version or ARN (repeatable)
    #[arg(long = "function", value_name = "FUNCTION")]
    pub functions: Vec<String>,
    /// Name of the integration in Genesys Cloud; without it, Genesys Cloud's side is written as comments
    #[arg(long, value_name = "NAME")]
    pub integration: Option<String>,
    #[command(flatten)]
    pub actions: ActionFlags,
}

pub async fn run(global: &Global, args: &InitArgs, output: &Output) -> Result<Status, CommandError> {
    let file = target(global)?;
    if file.exists() {
        return Err(InitError::Exists(file).into());
    }
    let mut asker = Asker {
        output,
        answers: Answers::new(args.role.as_deref().unwrap_or(DEFAULT_ROLE), &args.genesys_account_id, &file),
        action: 0,
        missing: Vec::new(),
        wrong: Vec::new(),
        has_asked: false,
    };
    if let Some(role) = &args.role {
        asker.ask(&ROLE, Some(role), None)?;
    }
    asker.ask(&GENESYS_ACCOUNT, Some(&args.genesys_account_id), None)?;
    if let Some((action, flag)) = args.actions.forgotten() {
        return Err(InitError::NoContract { action: action.to_owned(), flag }.into());
    }
    let region = environment_region();
    asker.ask(&REGION, args.region.as_deref(), region)?;
    let both = Offers::read(global, args, &asker, output).await?;
    asker.ask(&ACCOUNT, args.account_id.as_deref(), both.account.clone())?;
    if let Some(id) = args.external_id.as_deref().filter(|id| !is_guid(id) && !is_placeholder(id)) {
        return Err(InitError::NoGuid(id.to_owned()).into());
    }
    asker.ask(&EXTERNAL_ID, args.external_id.as_deref(), both.organization)?;
    // Functions of another account would be the wrong ones.
    let is_own = both.account.as_ref() == Some(&asker.answers.account);
    let known = match &both.clients {
        Some(clients) if is_own && asker.is_asking() && args.functions.is_empty() => {
            list_functions(clients, output).await
        }
        _ => None,
    };
    if let Some(several) = args.functions.iter().find(|name| name.trim().contains([' ', ','])) {
        return Err(InitError::SeveralFunctions(several.clone()).into());
    }
    let functions = (!args.functions.is_empty()).then(|| args.functions.join(","));
    asker.ask(&FUNCTIONS, functions.as_deref(), None)?;
    // If flags give everything that is needed, nothing is asked.
    if asker.has_asked && args.role.is_none() {
        asker.ask(&ROLE, None, Some(DEFAULT_ROLE.to_owned()))?;
    }
    if asker.has_asked || args.integration.is_some() {
        asker.ask(&INTEGRATION, args.integration.as_deref(), None)?;
    }
    if !asker.answers.integration.is_empty() {
        let names = (!args.actions.names.is_empty()).then(|| args.actions.names.join("\n"));
        asker.ask(&DATA_ACTIONS, names.as_deref(), None)?;
    }
    // Genesys Cloud cannot change a contract: it is asked for even if flags give everything else.
    asker.answers.contracts = vec![ActionFields::default(); asker.answers.data_actions().count()];
    for action in 0..asker.answers.contracts.len() {
        asker.action = action;
        let [input, output] = args.actions.contract(action);
        asker.ask(&INPUT, input, None)?;
        asker.ask(&OUTPUT, output, None)?;
    }
    if let Some(known) = known {
        warn_of_unknown(&asker.answers, &known, output);
    }
    if !asker.wrong.is_empty() {
        return Err(InitError::Answers(asker.wrong).into());
    }
    if !asker.missing.is_empty() {
        return Err(InitError::Missing(asker.missing).into());
    }
    let text = asker.answers.text();
    let (valid, diagnostics) = spec::parse(&text, "genesys", &EmptyEnvironment);
    let name = crate::text::path(&file);
    if !diagnostics.is_empty() {
        output.message(&diagnostics::render(&diagnostics, &name, &text));
    }
    if valid.is_none() {
        return Err(InitError::Invalid(errors(&diagnostics).count()).into());
    }
    write_new(&file, &text, output)?;
    let spec = SpecSource::File(file).option().map(|option| format!(" {option}")).unwrap_or_default();
    let sandbox = if global.sandbox { " --sandbox" } else { "" };
    let without_aws = if global.sandbox {
        String::new()
    } else {
        format!(" (without an AWS account: genesys-iam --sandbox{spec} plan)")
    };
    output.note(&format!(
        "{name} is written. Look at it, then: genesys-iam{sandbox}{spec} plan{without_aws}\n"
    ));
    let unused: Vec<String> = asker
        .answers
        .functions_without_action()
        .map(|function| format!("`{}`", one_line(function)))
        .collect();
    if !asker.answers.data_actions.is_empty() && !unused.is_empty() {
        output.note(&format!(
            "{} no data action invokes {} yet: write a [[role.data_action]] for each\n",
            paint(WARNING, "note:"),
            joined(&unused)
        ));
    }
    Ok(Status::Done)
}

/// The file to write: the one named, otherwise in this folder, whatever is above it.
fn target(global: &Global) -> Result<PathBuf, SpecsError> {
    match global.files.as_slice() {
        [] => Ok(DEFAULT_FILE.into()),
        [file] if file != Path::new("-") && !file.is_dir() => Ok(file.clone()),
        _ => Err(SpecsError::OneSpec("`init`")),
    }
}

/// What the two services offer, if there are credentials.
#[derive(Default)]
struct Offers {
    clients: Option<Clients>,
    account: Option<String>,
    organization: Option<String>,
}

impl Offers {
    async fn read(
        global: &Global,
        args: &InitArgs,
        asker: &Asker<'_>,
        output: &Output,
    ) -> Result<Self, CommandError> {
        let region = &asker.answers.region;
        if global.sandbox {
            let (clients, genesys, aws) = connections::in_sandbox(global, Some(region), output).await?;
            let organization = genesys.organization().await.ok().map(|organization| organization.id);
            return Ok(Self {
                clients: Some(clients),
                account: Some(aws.account_id.to_string()),
                organization,
            });
        }
        // Only if something must be looked up there.
        let needs_aws = args.account_id.is_none() || (args.functions.is_empty() && asker.is_asking());
        let aws = if needs_aws && !region.is_empty() {
            connect(global, region, None, output).await.ok()
        } else {
            None
        };
        let organization = match args.external_id {
            Some(_) => None,
            None => organization(global, output).await?,
        };
        let (clients, account) = aws.unzip();
        Ok(Self { clients, account: account.map(|account| account.to_string()), organization })
    }
}

fn errors(diagnostics: &[Diagnostic]) -> impl Iterator<Item = &Diagnostic> {
    diagnostics.iter().filter(|diagnostic| diagnostic.severity == Severity::Error)
}

struct Prompt {
    what: &'static str,
    /// Where to find the answer.
    place: &'static str,
    flag: &'static str,
    /// Where the answer goes; of data actions, the number of the one it is about.
    answer: fn(&mut Answers, usize) -> &mut String,
    /// Whether it may be left empty.
    is_optional: bool,
}

/// The example's.
const DEFAULT_ROLE: &str = "GenesysDataActionRole";
const ROLE: Prompt = Prompt {
    what: "Role",
    place: "the name of a new role, or of one to take over",
    flag: "--role",
    answer: |answers, _| &mut answers.role,
    is_optional: false,
};
const GENESYS_ACCOUNT: Prompt = Prompt {
    what: "Genesys's AWS account",
    place: "Genesys's documentation",
    flag: "--genesys-account-id",
    answer: |answers, _| &mut answers.genesys_account,
    is_optional: false,
};
const REGION: Prompt = Prompt {
    what: "AWS region of the functions",
    place: "AWS console: at the top right, such as us-east-1",
    flag: "--region",
    answer: |answers, _| &mut answers.region,
    is_optional: false,
};
const ACCOUNT: Prompt = Prompt {
    what: "AWS account",
    place: "AWS console: at the top right, below your name; 12 digits",
    flag: "--account-id",
    answer: |answers, _| &mut answers.account,
    is_optional: false,
};
const EXTERNAL_ID: Prompt = Prompt {
    what: "Genesys Cloud organization ID",
    place: "Genesys Cloud: Admin > Organization Settings > Advanced",
    flag: "--external-id",
    answer: |answers, _| &mut answers.external_id,
    is_optional: false,
};
const FUNCTIONS: Prompt = Prompt {
    what: "Functions, separated by commas",
    place: "AWS console: Lambda > Functions; name, name:alias or ARN",
    flag: "--function",
    answer: |answers, _| &mut answers.functions,
    is_optional: false,
};
const INTEGRATION: Prompt = Prompt {
    what: "Integration (none: leave Genesys Cloud alone)",
    place: "Genesys Cloud: Admin > Integrations; the name of a new one, or of one to take over",
    flag: "--integration",
    answer: |answers, _| &mut answers.integration,
    is_optional: true,
};
const DATA_ACTIONS: Prompt = Prompt {
    what: "Data actions, separated by commas (none: only the integration)",
    place: "Genesys Cloud: Admin > Integrations > Actions; the name of one for each function, in the functions' order",
    flag: "--data-action",
    answer: |answers, _| &mut answers.data_actions,
    is_optional: true,
};

const INPUT: Prompt = Prompt {
    what: "What it takes, such as OrderNumber=string, separated by commas (none: nothing)",
    place: "The contract of data action {}: it cannot be changed once it is published; types: string (the same as none), integer, number, boolean",
    flag: "--input",
    answer: |answers, action| &mut answers.contracts[action].input,
    is_optional: true,
};
const OUTPUT: Prompt = Prompt {
    what: "What it returns, such as status=string, separated by commas (none: nothing)",
    place: "",
    flag: "--output",
    answer: |answers, action| &mut answers.contracts[action].output,
    is_optional: true,
};

struct Asker<'a> {
    output: &'a Output,
    answers: Answers,
    /// Missing flags, when nobody can be asked on a terminal.
    missing: Vec<&'static str>,
    wrong: Vec<WrongAnswer>,
    /// Which data action a question is about.
    action: usize,
    has_asked: bool,
}

impl Asker<'_> {
    fn is_asking(&self) -> bool {
        io::stdin().is_terminal()
    }

    /// Takes the given value; otherwise asks until the answer is valid, offering what was found.
    fn ask(
        &mut self,
        question: &Prompt,
        given: Option<&str>,
        found: Option<String>,
    ) -> Result<(), CommandError> {
        let Prompt { what, place, flag, answer, is_optional } = question;
        let at = self.action;
        if let Some(given) = given {
            let given = unmistakable(question, given);
            // What is wrong may be what is missing.
            match self.fault(question, &given).filter(|_| self.missing.is_empty()) {
                Some(why) => self.wrong.push(WrongAnswer { flag, given: given.replace('\n', ", "), why }),
                None => *answer(&mut self.answers, at) = given,
            }
            return Ok(());
        }
        if !self.is_asking() {
            match found {
                Some(found) => *answer(&mut self.answers, at) = found,
                None if *is_optional => {}
                None => self.missing.push(flag),
            }
            return Ok(());
        }
        self.has_asked = true;
        let name = self.answers.data_actions().nth(at).unwrap_or_default();
        if !place.is_empty() {
            self.output.message(&format!("{}\n", place.replace("{}", &format!("\"{}\"", one_line(name)))));
        }
        let offered = found.as_deref().map(|found| format!(" [{found}]")).unwrap_or_default();
        loop {
            self.output.message(&format!("{}{offered}: ", paint(BOLD, what)));
            let mut line = String::new();
            if io::stdin().read_line(&mut line).map_err(PromptError::Read)? == 0 {
                self.output.message("\n");
                return Err(PromptError::Ended.into());
            }
            let line = line.trim();
            let given = if line.is_empty() {
                found.clone().unwrap_or_default()
            } else {
                unmistakable(question, &separated(question, line))
            };
            let why = match self.fault(question, &given) {
                _ if given.is_empty() && !is_optional => "an answer is needed".to_owned(),
                _ if *flag == EXTERNAL_ID.flag && !is_guid(&given) => {
                    format!("an organization's ID is a GUID; find it in {place}")
                }
                Some(why) => why,
                None => {
                    *answer(&mut self.answers, at) = given;
                    return Ok(());
                }
            };
            self.output.message(&format!("{} {why}\n", paint(WARNING, "not valid:")));
        }
    }

    /// What is wrong with an answer.
    fn fault(&self, question: &Prompt, given: &str) -> Option<String> {
        let mut answers = self.answers.clone();
        *(question.answer)(&mut answers, self.action) = given.to_owned();
        let (_, diagnostics) = spec::parse(&answers.text(), "genesys", &EmptyEnvironment);
        let first = errors(&diagnostics).next()?;
        // Quotes are TOML's.
        let help = first
            .help
            .as_deref()
            .map(|help| format!("; {}", help.replace(", in quotes", "")))
            .unwrap_or_default();
        // The question names it already.
        let message = match first.message.split_once("`: ") {
            Some((key, rest)) if key.starts_with('`') && !key[1..].contains('`') => rest,
            _ => &first.message,
        };
        Some(format!("{message}{help}"))
    }
}

/// An answer with each of its names on a line, where it has several.
fn separated(question: &Prompt, line: &str) -> String {
    let has_several = [DATA_ACTIONS.flag, INPUT.flag, OUTPUT.flag].contains(&question.flag);
    if has_several { line.replace(',', "\n") } else { line.to_owned() }
}

/// An answer as it must be written, where there is no doubt: an account without dashes and quotes, a GUID in Genesys Cloud's lower case.
fn unmistakable(question: &Prompt, given: &str) -> String {
    let digits: String = given.chars().filter(|c| !matches!(c, '-' | ' ' | '"')).collect();
    let is_account = digits.len() == 12 && digits.bytes().all(|byte| byte.is_ascii_digit());
    match question.flag {
        flag if flag == ACCOUNT.flag && is_account => digits,
        flag if flag == EXTERNAL_ID.flag && is_guid(given) => given.to_ascii_lowercase(),
        _ => given.to_owned(),
    }
}

/// The organization's own ID, if there are credentials for it. Without an answer the question remains.
async fn organization(global: &Global, output: &Output) -> Result<Option<String>, CommandError> {
    let Some(client) = genesys_without_spec(global, None, GenesysCloud::default(), output).await?.client
    else {
        return Ok(None);
    };
    match client.organization().await {
        Ok(organization) => Ok(Some(organization.id)),
        Err(error) => {
            let (warning, help) = (paint(WARNING, "warning:"), paint(HELP, "help:"));
            output.message(&format!(
                "{warning} the organization's ID is not known: {error}\n{help} {}\n",
                error.help()
            ));
            Ok(None)
        }
    }
}

/// Lists the functions to choose from. Being denied the list is not an error.
async fn list_functions(clients: &aws::Clients, output: &Output) -> Option<Vec<String>> {
    match aws::function_names(clients, &clients.region).await {
        Ok(names) if names.is_empty() => {
            output.message("There are no functions in this region.\n");
            Some(names)
        }
        Ok(names) => {
            output.message("Functions of this region:\n");
            names.iter().for_each(|name| output.message(&format!("  {name}\n")));
            Some(names)
        }
        Err(error) => {
            output.message(&format!(
                "{} the functions cannot be listed: {}\n",
                paint(WARNING, "note:"),
                error.brief()
            ));
            None
        }
    }
}

/// Warns of functions that do not exist yet: a spec may come before its functions.
fn warn_of_unknown(answers: &Answers, known: &[String], output: &Output) {
    // `plan` looks up ARNs, aliases and versions.
    for name in
        answers.functions().filter(|name| !name.contains(':') && !known.iter().any(|known| known == name))
    {
        output.message(&format!(
            "{} Lambda has no function `{}` in this region yet; until it has, `plan` blocks the role\n",
            paint(WARNING, "note:"),
            one_line(name)
        ));
    }
}

/// A flag with a value that no spec can have.
#[derive(Debug)]
pub struct WrongAnswer {
    flag: &'static str,
    given: String,
    why: String,
}

impl fmt::Display for WrongAnswer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { flag, given, why } = self;
        write!(f, "`{flag} {given}` is not valid: {why}")
    }
}

#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("`{path}` exists already", path = crate::text::path(.0))]
    Exists(PathBuf),
    #[error("`{0}` is not an organization's ID, which is a GUID; nothing was written")]
    NoGuid(String),
    #[error("{}\n  nothing was written", .0.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n  "))]
    Answers(Vec<WrongAnswer>),
    #[error("data action \"{action}\" has no `{flag}`, and another one has; nothing was written", action = one_line(action))]
    NoContract { action: String, flag: &'static str },
    #[error("`{0}` is more than one function; nothing was written")]
    SeveralFunctions(String),
    #[error("not a terminal, so these cannot be asked for: {}", .0.join(", "))]
    Missing(Vec<&'static str>),
    #[error("the answers make a spec with {}; nothing was written", plural(*.0, "fault"))]
    Invalid(usize),
}

impl Explain for InitError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Exists(_) => "`--file OTHER.toml` writes another spec",
            Self::NoGuid(_) => {
                "it is under Admin > Organization Settings > Advanced in Genesys Cloud; another external ID you can write into the \
                 spec afterwards"
            }
            Self::Answers(_) => "`genesys-iam init --help` says what each takes",
            Self::NoContract { flag: "--input", .. } => {
                "give `--input` after each `--data-action` (`--input ''` if it takes nothing), or before the first: then it is for all"
            }
            Self::NoContract { .. } => {
                "give `--output` after each `--data-action` (`--output ''` if it returns nothing), or before the first: then it is for all"
            }
            Self::SeveralFunctions(_) => "give `--function` once for each",
            Self::Missing(_) => "give these flags",
            Self::Invalid(_) => "correct what is shown above",
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::Exists(_) | Self::Invalid(_) => Status::Error,
            Self::NoContract { .. }
            | Self::Answers(_)
            | Self::NoGuid(_)
            | Self::SeveralFunctions(_)
            | Self::Missing(_) => Status::Usage,
        }
    }
}
