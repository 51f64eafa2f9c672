//! `fmt`: one way to write a spec.

use std::fs;
use std::io::Write as _;
use std::path::Path;

use super::{CommandError, Status};
use crate::cli::{FmtArgs, Global};
use crate::render::output::Output;
use crate::spec;

pub fn run(global: &Global, args: FmtArgs, output: &Output) -> Result<Status, CommandError> {
    let path = &global.file;
    let text =
        fs::read_to_string(path).map_err(|source| CommandError::Read { path: path.clone(), source })?;
    let formatted = spec::format(&text).map_err(|source| CommandError::NotToml {
        path: path.clone(),
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
    replace(path, &formatted).map_err(|source| CommandError::Write { path: path.clone(), source })?;
    output.message(&format!("{name} is formatted\n"));
    Ok(Status::Done)
}

/// As a whole or not at all, with the permissions that it has.
fn replace(path: &Path, text: &str) -> std::io::Result<()> {
    let permissions = fs::metadata(path)?.permissions();
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = tempfile::NamedTempFile::new_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().set_permissions(permissions)?;
    file.persist(path).map(drop).map_err(|error| error.error)
}
