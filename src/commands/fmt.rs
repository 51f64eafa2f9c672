//! `fmt`: one way to write a spec.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::{CommandError, Status, fleet};
use crate::cli::{FmtArgs, Global};
use crate::render::output::Output;
use crate::spec;

pub fn run(global: &Global, args: FmtArgs, output: &Output) -> Result<Status, CommandError> {
    let mut statuses = Vec::new();
    for file in fleet::files(global)? {
        statuses.push(one(&file, args, output)?);
    }
    Ok(fleet::worst(statuses))
}

fn one(path: &Path, args: FmtArgs, output: &Output) -> Result<Status, CommandError> {
    let text =
        fs::read_to_string(path).map_err(|source| CommandError::Read { path: path.to_owned(), source })?;
    let formatted = spec::format(&text).map_err(|source| CommandError::NotToml {
        path: path.to_owned(),
        // Its first line says what and where.
        why: source.to_string().lines().collect::<Vec<_>>().join("\n  "),
    })?;
    if formatted == text {
        return Ok(Status::Done);
    }
    let name = path.display();
    if args.check {
        output.message(&format!("{name} is not in form: genesys-iam fmt\n"));
        return Ok(Status::Changes);
    }
    replace(path, &formatted).map_err(|source| CommandError::Write { path: path.to_owned(), source })?;
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
