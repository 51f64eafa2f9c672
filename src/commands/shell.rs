//! For shells, editors and `man`: completions, pages, the schema of the spec.

use std::path::Path;

use clap::builder::PossibleValuesParser;
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

/// Each by the name of what it describes.
const SCHEMAS: [(&str, &str); 15] = [
    ("spec", include_str!("../../docs/genesys.schema.json")),
    ("plan", include_str!("../../docs/plan.schema.json")),
    ("saved-plan", include_str!("../../docs/saved-plan.schema.json")),
    ("apply", include_str!("../../docs/apply.schema.json")),
    ("check", include_str!("../../docs/check.schema.json")),
    ("diagnose", include_str!("../../docs/diagnose.schema.json")),
    ("fleet", include_str!("../../docs/fleet.schema.json")),
    ("validation", include_str!("../../docs/validation.schema.json")),
    ("import", include_str!("../../docs/import.schema.json")),
    ("lint", include_str!("../../docs/lint.schema.json")),
    ("evaluate", include_str!("../../docs/evaluate.schema.json")),
    ("comparison", include_str!("../../docs/comparison.schema.json")),
    ("permissions", include_str!("../../docs/permissions.schema.json")),
    ("scenarios", include_str!("../../docs/scenarios.schema.json")),
    ("version", include_str!("../../docs/version.schema.json")),
];

/// What `schema` takes.
pub fn schema_names() -> PossibleValuesParser {
    PossibleValuesParser::new(SCHEMAS.map(|(name, _)| name))
}

pub fn schema(name: &str, output: &Output) -> Result<Status, CommandError> {
    let found = SCHEMAS.iter().find(|(known, _)| *known == name);
    output.result(found.map(|(_, schema)| *schema).unwrap_or_default())?;
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
