//! `init`: a commented spec to begin with. What is not given is found out, or asked for on a terminal.

use std::io::{self, IsTerminal};

use clap::Args;

use super::files::{FileError, write_new};
use super::import::connect;
use super::options::Global;
use super::prompt::PromptError;
use super::{CommandError, Status, fleet};
use crate::aws;
use crate::explain::Explain;
use crate::genesys::{self, Configuration};
use crate::render::diagnostics;
use crate::render::output::Output;
use crate::render::style::{BOLD, DIM, WARNING, paint};
use crate::spec::{self, EmptyEnvironment, GenesysCloud, Severity};
use crate::text::plural;

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

const TEMPLATE: &str = include_str!("../../examples/genesys.toml");

pub async fn run(global: &Global, args: &InitArgs, output: &Output) -> Result<Status, CommandError> {
    let file = fleet::one_file(global, "`init`")?;
    if file.exists() {
        let source = io::ErrorKind::AlreadyExists.into();
        return Err(FileError::Write { path: file.clone(), source }.into());
    }
    let mut asker = Asker { output, missing: Vec::new() };
    let region = args.region.clone().or_else(|| std::env::var("AWS_REGION").ok());
    let region = asker.ask("AWS region of the functions", region, "--region")?;
    // Only where something has to be found out there.
    let needs_aws = args.account_id.is_none() || (args.functions.is_empty() && io::stdin().is_terminal());
    let aws = if needs_aws && !region.is_empty() { connect(&region, None).await.ok() } else { None };
    let account = args.account_id.clone().or_else(|| aws.as_ref().map(|(_, account)| account.to_string()));
    let account = asker.ask("AWS account", account, "--account-id")?;
    let organization = match args.external_id.clone() {
        Some(id) => Some(id),
        None => organization().await?,
    };
    let external_id = asker.ask("Genesys Cloud organization ID", organization, "--external-id")?;
    let role = args.role.clone();
    let functions = if args.functions.is_empty() {
        if let Some((clients, _)) = &aws {
            list_functions(clients, output).await;
        }
        let answer = asker.ask("Functions, separated by spaces (name or name:alias)", None, "--function")?;
        answer.split([' ', ',']).filter(|name| !name.is_empty()).map(str::to_owned).collect()
    } else {
        args.functions.clone()
    };
    if !asker.missing.is_empty() {
        return Err(InitError::Missing(asker.missing).into());
    }
    let text = fill(&[
        // It is a path of the repository's.
        ("#:schema ../docs/genesys.schema.json\n\n", String::new()),
        ("region = \"us-east-1\"", format!("region = {}", quoted(&region))),
        ("account_id = \"111122223333\"", format!("account_id = {}", quoted(&account))),
        ("account_id = \"765628985471\"", format!("account_id = {}", quoted(&args.genesys_account_id))),
        (
            "external_id = \"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"",
            format!("external_id = {}", quoted(&external_id)),
        ),
        ("tags = { team = \"contact-centre\" }", "# tags = { team = \"contact-centre\" }".to_owned()),
        ("name = \"GenesysDataActionRole\"", format!("name = {}", quoted(&role))),
        ("GenesysLambdaInvokePolicy_GenesysDataActionRole", spec::default_policy_name(&role)),
        (
            "functions = [\"my-genesys-trigger-function\"]",
            format!(
                "functions = [{}]",
                functions.iter().map(|name| quoted(name)).collect::<Vec<_>>().join(", ")
            ),
        ),
    ]);
    let (valid, faults) = spec::parse(&text, "genesys", &EmptyEnvironment);
    let name = file.display().to_string();
    if !faults.is_empty() {
        output.message(&diagnostics::render(&faults, &name, &text));
    }
    if valid.is_none() {
        let count = faults.iter().filter(|fault| fault.severity == Severity::Error).count();
        return Err(InitError::Invalid(count).into());
    }
    write_new(&file, &text)?;
    output.message(&format!("{name} is written. Look at it, then: genesys-iam plan\n"));
    Ok(Status::Done)
}

struct Asker<'a> {
    output: &'a Output,
    /// Flags that are missing, where there is no terminal to ask on.
    missing: Vec<&'static str>,
}

impl Asker<'_> {
    /// What is known; on a terminal it is shown, and can be replaced.
    fn ask(&mut self, what: &str, known: Option<String>, flag: &'static str) -> Result<String, CommandError> {
        if !io::stdin().is_terminal() {
            if known.is_none() {
                self.missing.push(flag);
            }
            return Ok(known.unwrap_or_default());
        }
        let default = known.as_deref().map(|known| format!(" [{known}]")).unwrap_or_default();
        self.output.message(&format!("{}{default}: ", paint(BOLD, what)));
        let mut answer = String::new();
        io::stdin().read_line(&mut answer).map_err(PromptError::Read)?;
        let answer = answer.trim();
        match known {
            Some(known) if answer.is_empty() => Ok(known),
            _ => Ok(answer.to_owned()),
        }
    }
}

/// The organization's own ID, where there are credentials for it.
async fn organization() -> Result<Option<String>, CommandError> {
    let variable = |name: &str| std::env::var(name).ok();
    let Some(configuration) = Configuration::from_environment(&GenesysCloud::default(), variable)? else {
        return Ok(None);
    };
    let Ok(https) = genesys::Https::new() else { return Ok(None) };
    let client = genesys::Client::new(configuration, Box::new(https));
    Ok(Some(client.organization().await?.id))
}

/// Lists the functions to choose from. Not being allowed to list them is not an error.
async fn list_functions(clients: &aws::Clients, output: &Output) {
    match aws::function_names(clients).await {
        Ok(names) if names.is_empty() => output.message("There are no functions in this region.\n"),
        Ok(names) => {
            output.message(&format!("{}\n", paint(DIM, "Functions of this region:")));
            names.iter().for_each(|name| output.message(&format!("  {name}\n")));
        }
        Err(error) => {
            output.message(&format!(
                "{} the functions cannot be listed: {}\n",
                paint(WARNING, "note:"),
                error.brief()
            ));
        }
    }
}

fn fill(replacements: &[(&str, String)]) -> String {
    replacements.iter().fold(TEMPLATE.to_owned(), |text, (from, to)| text.replacen(from, to, 1))
}

fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("not a terminal, so these cannot be asked for: {}", .0.join(", "))]
    Missing(Vec<&'static str>),
    #[error("the answers make a spec with {}; nothing was written", plural(*.0, "fault"))]
    Invalid(usize),
}

impl Explain for InitError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Missing(_) => "give these flags",
            Self::Invalid(_) => "correct what is shown above",
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        Status::Error
    }
}
