//! `validate`: the specs, offline.

use std::path::PathBuf;

use clap::Args;

use super::options::Global;
use super::report::report;
use super::specs::{self, SpecSource};
use super::{CommandError, Status, fleet, session};
use crate::render::output::Output;
use crate::render::style::{GOOD, paint};

#[derive(Debug, Args)]
pub struct ValidateArgs {
    /// These specs, and those of these folders; otherwise as `--file` says
    #[arg(value_name = "FILE")]
    pub paths: Vec<PathBuf>,
}

pub fn run(global: &Global, args: &ValidateArgs, output: &Output) -> Result<Status, CommandError> {
    let files = specs::given(&args.paths, global, output)?;
    if let [file] = files.as_slice() {
        return one(file, output);
    }
    let mut statuses = Vec::new();
    for file in &files {
        statuses.push(one(file, output).unwrap_or_else(|error| {
            report(&error, output);
            error.status()
        }));
    }
    Ok(fleet::worst(statuses))
}

fn one(file: &SpecSource, output: &Output) -> Result<Status, CommandError> {
    let spec = session::load(file, output)?;
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
