//! `init`: a commented spec to begin with. What is not given is found out, or asked for on a terminal.

use std::io::{self, IsTerminal};

use super::import::{connect, write_new};
use super::{CommandError, Status, fleet};
use crate::aws;
use crate::cli::{Global, InitArgs};
use crate::genesys::{self, Configuration};
use crate::render::diagnostics;
use crate::render::output::Output;
use crate::render::style::{BOLD, DIM, WARNING, paint};
use crate::spec::{self, EmptyEnvironment, GenesysCloud, Severity};

const TEMPLATE: &str = include_str!("../../examples/genesys.toml");

pub async fn run(global: &Global, args: &InitArgs, output: &Output) -> Result<Status, CommandError> {
    let file = fleet::one_file(global, "`init`")?;
    if file.exists() {
        let source = io::ErrorKind::AlreadyExists.into();
        return Err(CommandError::Write { path: file.clone(), source });
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
        return Err(CommandError::InitMissing(asker.missing));
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
        return Err(CommandError::InitInvalid(count));
    }
    write_new(&file, &text)?;
    output.message(&format!("{name} is written. Look at it, then: genesys-iam plan\n"));
    Ok(Status::Done)
}

struct Asker<'a> {
    output: &'a Output,
    /// Flags that would have helped, where there is nobody to ask.
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
        io::stdin().read_line(&mut answer)?;
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

/// To choose from; that it cannot be had keeps nobody from naming one.
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
