//! `fmt`: one way to write a spec.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::files::{self, FileError};
use super::options::Global;
use super::{CommandError, Status, fleet};
use crate::explain::Explain;
use crate::render::output::Output;
use crate::spec;

#[derive(Debug, Clone, Copy, Args)]
pub struct FmtArgs {
    /// Do not write; exit with 2 if the file is not formatted
    #[arg(long)]
    pub check: bool,
}

pub fn run(global: &Global, args: FmtArgs, output: &Output) -> Result<Status, CommandError> {
    let mut statuses = Vec::new();
    for file in fleet::files(global)? {
        statuses.push(one(&file, args, output)?);
    }
    Ok(fleet::worst(statuses))
}

fn one(path: &Path, args: FmtArgs, output: &Output) -> Result<Status, CommandError> {
    let text = files::read(path)?;
    let formatted = spec::format(&text).map_err(|source| NotToml {
        path: path.to_owned(),
        // Its first line says what and where.
        why: source.to_string().lines().collect::<Vec<_>>().join("\n  "),
    })?;
    if formatted == text {
        return Ok(Status::Done);
    }
    let name = path.display();
    if args.check {
        output.message(&format!("{name} is not formatted; run `genesys-iam fmt`\n"));
        return Ok(Status::Changes);
    }
    replace(path, &formatted).map_err(|source| FileError::Write { path: path.to_owned(), source })?;
    output.message(&format!("{name} is formatted\n"));
    Ok(Status::Done)
}

/// As a whole or not at all, with the permissions that it has.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    // Where a link leads.
    let path = &fs::canonicalize(path)?;
    let permissions = fs::metadata(path)?.permissions();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}

#[derive(Debug, thiserror::Error)]
#[error("`{path}` is not TOML: {why}", path = .path.display())]
pub struct NotToml {
    path: PathBuf,
    why: String,
}

impl Explain for NotToml {
    fn help(&self) -> Option<String> {
        Some("`genesys-iam validate` shows the place".to_owned())
    }

    fn status(&self) -> Status {
        Status::Error
    }
}
