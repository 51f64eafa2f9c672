//! For shells, editors and `man`: completions, pages, the schema of the spec.

use std::path::Path;

use clap_complete::Shell;
use clap_complete::env::Shells;
use serde_json::json;

use super::files::FileError;
use super::manual::pages;
use super::report::report_json;
use super::{CommandError, Status};
use crate::files::{self, Overwrite};
use crate::render::output::{Output, OutputError};

const NAME: &str = "genesys-iam";

pub fn completions(shell: Shell, output: &Output) -> Result<Status, CommandError> {
    let mut text = Vec::new();
    // The script calls the program, which knows the spec's roles.
    let shells = Shells::builtins();
    if let Some(shell) = shells.completer(&shell.to_string()) {
        shell.write_registration("COMPLETE", NAME, NAME, NAME, &mut text).map_err(OutputError::from)?;
    }
    output.result(&String::from_utf8_lossy(&text))?;
    Ok(Status::Done)
}

/// Writes a page for the tool and one for each command.
pub fn man(program: clap::Command, folder: &Path, output: &Output) -> Result<Status, CommandError> {
    let failed = |source| FileError::Write { path: folder.to_owned(), source };
    files::create_folder(folder).map_err(failed)?;
    for (name, page) in pages(program).map_err(failed)? {
        files::write(&folder.join(name), page.as_bytes(), Overwrite::File).map_err(failed)?;
    }
    output.note(&format!("The pages are in {}; try: man -l {0}/{NAME}.1\n", crate::text::path(folder)));
    Ok(Status::Done)
}

pub fn schema(output: &Output) -> Result<Status, CommandError> {
    output.result(include_str!("../../docs/genesys.schema.json"))?;
    Ok(Status::Done)
}

pub fn version(as_json: bool, output: &Output) -> Result<Status, CommandError> {
    // Releases set both at build time; a build from a checkout belongs to no particular commit.
    let (commit, date) = (option_env!("GENESYS_IAM_COMMIT"), option_env!("GENESYS_IAM_DATE"));
    if as_json {
        let members = json!({ "commit": commit, "date": date });
        report_json("genesys-iam version", &members, Status::Done, output)?;
        return Ok(Status::Done);
    }
    let build = match (commit, date) {
        (Some(commit), Some(date)) => format!("commit {commit}, {date}"),
        _ => "built from source".to_owned(),
    };
    output.result(&format!("{NAME} {} ({build})\n", env!("CARGO_PKG_VERSION")))?;
    Ok(Status::Done)
}
