//! `validate`: the specs, offline.

use std::path::PathBuf;

use clap::Args;
use serde_json::json;

use super::names::Names;
use super::options::Global;
use super::report::report_json;
use super::specs::{self, SpecSource};
use super::{CommandError, Status, fleet, loading};
use crate::arn::AccountId;
use crate::render::diagnostics;
use crate::render::output::Output;
use crate::render::style::{ERROR, GOOD, paint};
use crate::spec::{LoadError, Loaded};

#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// These specs, and those of these folders; otherwise as `--file` says
    #[arg(value_name = "FILE")]
    pub paths: Vec<PathBuf>,
}

pub fn run(global: &Global, args: &ValidateArgs, output: &Output) -> Result<Status, CommandError> {
    let sources = specs::given(&args.paths, global, output)?;
    if global.json {
        return as_json(&sources, global, output);
    }
    let mut names = Names::default();
    fleet::one_by_one(&sources, output, |source| one(source, &mut names, global, output))
}

fn as_json(sources: &[SpecSource], global: &Global, output: &Output) -> Result<Status, CommandError> {
    let mut status = Status::Done;
    let (mut specs, mut names) = (Vec::new(), Names::default());
    for source in sources {
        let name = source.to_string();
        let loaded = source.load(loading::offline(global)).and_then(|loaded| {
            names.add(source, &loaded.spec)?;
            Ok(loaded)
        });
        specs.push(match loaded {
            Ok(Loaded { spec, source, warnings }) => {
                if spec.is_blocked() {
                    status = fleet::worst([status, Status::Error]);
                }
                let roles: Vec<&str> = spec.roles.iter().map(|role| role.name.as_str()).collect();
                json!({
                    "file": name,
                    "valid": true,
                    "blocked": spec.is_blocked(),
                    "account_id": spec.aws.account_id.as_str(),
                    "region": spec.aws.region,
                    "roles": roles,
                    "lines": diagnostics::role_lines(&spec.roles, &source),
                    "diagnostics": diagnostics::json(&warnings, &source),
                })
            }
            Err(error) => {
                status = fleet::worst([status, error.status()]);
                match error.find() {
                    Some(LoadError::Invalid { text, diagnostics, .. }) => json!({
                        "file": name,
                        "valid": false,
                        "account_id": account_of(text),
                        "diagnostics": diagnostics::json(diagnostics, text),
                    }),
                    _ => json!({
                        "file": name,
                        "valid": false,
                        "error": { "message": error.with_causes(), "help": error.help() },
                    }),
                }
            }
        });
    }
    report_json("genesys-iam validation", &json!({ "specs": specs }), status, output)?;
    Ok(status)
}

fn one(
    file: &SpecSource,
    names: &mut Names,
    global: &Global,
    output: &Output,
) -> Result<Status, CommandError> {
    let spec = loading::load_offline(file, global, output)?;
    names.add(file, &spec)?;
    if spec.is_blocked() {
        output.message(&format!("{} {}: it can be planned, not applied\n", paint(ERROR, "Blocked."), file));
        return Ok(Status::Error);
    }
    let roles = match spec.roles.len() {
        1 => "1 role".to_owned(),
        n => format!("{n} roles"),
    };
    output.result(&format!(
        "{} {}: {roles}, AWS account {}\n",
        paint(GOOD, "Valid."),
        file,
        spec.aws.account_id
    ))?;
    Ok(Status::Done)
}

/// The account that a faulty spec is about, if that much can be read of it.
fn account_of(text: &str) -> Option<String> {
    let spec: toml::Table = text.parse().ok()?;
    let id = spec.get("aws")?.get("account_id")?.as_str()?;
    id.parse::<AccountId>().is_ok().then(|| id.to_owned())
}
