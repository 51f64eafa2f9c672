//! `--scenario` and `--consistency`: what a sandbox should show.

use std::io;
use std::path::Path;
use std::time::Duration;

use super::CommandError;
use super::options::SandboxOptions;
use crate::explain::{Explain, Status};
use crate::file_kind::FileKind;
use crate::render::output::Output;
use crate::render::style::{WARNING, paint};
use crate::sandbox::{Sandbox, Scenario, ScenarioError, Seed, is_undone};
use crate::spec::read_bounded;
use crate::text::one_line;

const UNDO: &str = "`genesys-iam sandbox undo` takes back what others would have to fix";

/// Plants the scenario and sets the delay given by the options.
pub fn configure(
    sandbox: &mut Sandbox,
    options: &SandboxOptions,
    seed: &Seed,
    output: &Output,
) -> Result<(), CommandError> {
    let SandboxOptions { scenario, consistency } = options;
    if let Some(name) = scenario {
        let text = match Scenario::built_in(name) {
            Some(text) => text.to_owned(),
            None if Path::new(name).exists() => read_scenario(name)?,
            None => return Err(ScenarioArgError::Unknown(name.clone()).into()),
        };
        let broken = |source| ScenarioArgError::Broken { name: name.clone(), source };
        let scenario = Scenario::parse(&text, seed).map_err(broken)?;
        if sandbox.plant(name, &scenario, seed)? {
            if is_undone(name) {
                output.note(&format!("{} {UNDO} of {}\n", paint(WARNING, "note:"), one_line(name)));
            }
        } else {
            let subjects = scenario.subjects();
            let (about, or) = match subjects.as_slice() {
                [] => (String::new(), ""),
                subjects => (
                    format!(" (it is about {})", joined(subjects)),
                    ", or name in the scenario what the spec names",
                ),
            };
            output.note(&format!(
                "{} {} found nothing to change{about}: run `genesys-iam --sandbox apply` first{or}\n",
                paint(WARNING, "note:"),
                one_line(name)
            ));
        }
    }
    if let Some(seconds) = consistency {
        sandbox.set_consistency_delay(Duration::from_secs(*seconds));
    }
    Ok(())
}

/// Lists the scenarios already in the state: they stay, one on top of another; and the aliases made for the spec.
pub(super) fn announce(sandbox: &Sandbox, options: &SandboxOptions, output: &Output) {
    for alias in sandbox.invented() {
        output.note(&format!(
            "{} the sandbox has made the alias {}, which the spec names; in AWS somebody would have to\n",
            paint(WARNING, "note:"),
            alias.label()
        ));
    }
    let known: Vec<&String> =
        sandbox.planted().iter().filter(|known| options.scenario.as_ref() != Some(known)).collect();
    if known.is_empty() {
        return;
    }
    let (note, others) = (paint(WARNING, "note:"), joined(&known));
    let text = match &options.scenario {
        Some(name) => format!(
            "{note} {} is planted on top of {others}; to see it alone, run `genesys-iam sandbox reset` first\n",
            one_line(name)
        ),
        None => {
            let undo =
                if known.iter().any(|name| is_undone(name)) { format!("{UNDO}, ") } else { String::new() };
            format!(
                "{note} planted in this sandbox, and in force unless it was fixed: {others}; {undo}`genesys-iam sandbox reset` \
                 empties the sandbox\n"
            )
        }
    };
    output.note(&output.remedy(&text));
}

/// `a, b and c`
pub(super) fn joined<T: AsRef<str>>(names: &[T]) -> String {
    let names: Vec<String> = names.iter().map(|name| one_line(name.as_ref()).into_owned()).collect();
    match names.as_slice() {
        [] => String::new(),
        [one] => one.clone(),
        [first @ .., last] => format!("{} and {last}", first.join(", ")),
    }
}

fn read_scenario(path: &str) -> Result<String, ScenarioArgError> {
    let file = std::fs::File::open(path).and_then(|file| read_bounded(file, MAX_SCENARIO));
    let text = file.map_err(|source| ScenarioArgError::Read { path: path.to_owned(), source })?;
    match FileKind::of(text.as_bytes()) {
        FileKind::OtherText | FileKind::OtherJson => Ok(text),
        kind => Err(ScenarioArgError::OtherKind { path: path.to_owned(), kind }),
    }
}

/// Maximum bytes of a scenario.
const MAX_SCENARIO: u64 = 1 << 20;

#[derive(Debug, thiserror::Error)]
pub enum ScenarioArgError {
    #[error("`--scenario` and `--consistency` are options of the sandbox, and this is not the sandbox")]
    NotInSandbox,
    #[error("there is no scenario `{0}`, and no such file")]
    Unknown(String),
    #[error("cannot read the scenario `{path}`")]
    Read { path: String, source: io::Error },
    #[error("`{path}` is {kind}, not a scenario")]
    OtherKind { path: String, kind: FileKind },
    #[error("the scenario `{name}` is broken")]
    Broken { name: String, source: ScenarioError },
}

impl Explain for ScenarioArgError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::NotInSandbox => "add `--sandbox`",
            Self::Unknown(_) => "`genesys-iam sandbox scenarios` lists the names",
            Self::Read { .. } => "name a file of TOML or JSON, in UTF-8 and of at most 1 MiB",
            Self::OtherKind { .. } => {
                "`genesys-iam sandbox scenarios` lists those that have a name; docs/sandbox.md describes the file"
            }
            Self::Broken { .. } => "docs/sandbox.md describes the file",
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::NotInSandbox | Self::Unknown(_) => Status::Usage,
            Self::Read { .. } | Self::OtherKind { .. } | Self::Broken { .. } => Status::Error,
        }
    }
}
