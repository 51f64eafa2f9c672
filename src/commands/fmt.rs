//! `fmt`: one way to write a spec.

use std::io::Read as _;
use std::path::{Path, PathBuf};

use clap::Args;

use super::files::FileError;
use super::options::Global;
use super::specs::{self, SpecSource};
use super::{CommandError, Status, fleet};
use crate::explain::Explain;
use crate::files::{self, Overwrite};
use crate::render::output::Output;
use crate::spec;
use crate::text::shell_word;

#[derive(Debug, Args)]
pub struct FmtArgs {
    /// These specs, and those of these folders; otherwise as `--file` says
    #[arg(value_name = "FILE")]
    pub paths: Vec<PathBuf>,
    /// Do not write; exit with 2 if the file is not formatted
    #[arg(long)]
    pub check: bool,
}

pub fn run(global: &Global, args: &FmtArgs, output: &Output) -> Result<Status, CommandError> {
    let sources = specs::given(&args.paths, global, output)?;
    fleet::one_by_one(&sources, output, |source| match source {
        SpecSource::File(path) | SpecSource::Found(path) => one(path, args, output),
        SpecSource::Stdin => from_stdin(args, output),
        SpecSource::Demonstration => Ok(Status::Done),
    })
}

fn one(path: &Path, args: &FmtArgs, output: &Output) -> Result<Status, CommandError> {
    // Follows a link only as far as every other command does.
    let text = spec::read_spec(path).map_err(|source| FileError::Read { path: path.to_owned(), source })?;
    let formatted = formatted(path, &text)?;
    if formatted == text {
        return Ok(Status::Done);
    }
    let name = crate::text::path(path);
    if args.check {
        let command = format!("`genesys-iam fmt {}`", shell_word(&path.to_string_lossy()));
        output.message(&format!("{name} is not formatted; run {}\n", output.remedy(&command)));
        return Ok(Status::Changes);
    }
    let failed = |source| FileError::Write { path: path.to_owned(), source };
    let real = path.canonicalize().map_err(failed)?;
    files::write(&real, formatted.as_bytes(), Overwrite::File).map_err(failed)?;
    output.note(&format!("{name} is formatted\n"));
    Ok(Status::Done)
}

fn formatted(path: &Path, text: &str) -> Result<String, CommandError> {
    // A file that is about to be written may be empty.
    if !text.trim().is_empty() {
        spec::refuse_other_kinds(path, text)?;
    }
    let path = path.to_owned();
    Ok(spec::format(text).map_err(|error| match error {
        // Its first line says what and where.
        spec::FormatError::NotToml(error) => {
            let why = error.to_string().lines().collect::<Vec<_>>().join("\n  ");
            FmtError::NotToml { path, why }
        }
        spec::FormatError::NotSpec => FmtError::NotSpec(path),
    })?)
}

/// As a filter, for editors.
fn from_stdin(args: &FmtArgs, output: &Output) -> Result<Status, CommandError> {
    let name = Path::new("standard input");
    let mut text = String::new();
    let read = std::io::stdin().lock().read_to_string(&mut text);
    read.map_err(|source| FileError::Read { path: name.to_owned(), source })?;
    let formatted = formatted(name, &text)?;
    if args.check {
        return Ok(if formatted == text { Status::Done } else { Status::Changes });
    }
    output.result(&formatted)?;
    Ok(Status::Done)
}

#[derive(Debug, thiserror::Error)]
pub enum FmtError {
    #[error("`{path}` is not TOML: {why}", path = crate::text::path(.path))]
    NotToml { path: PathBuf, why: String },
    #[error("`{path}` is TOML, but not a spec: it has none of [aws], [genesys], [defaults] and [[role]]", path = crate::text::path(.0))]
    NotSpec(PathBuf),
}

impl Explain for FmtError {
    fn help(&self) -> Option<String> {
        Some(match self {
            Self::NotToml { path, .. } => {
                let path = shell_word(&path.to_string_lossy());
                format!("`genesys-iam validate {path}` shows all faults at once")
            }
            Self::NotSpec(_) => "it is left as it is; name a spec".to_owned(),
        })
    }

    fn status(&self) -> Status {
        Status::Error
    }
}
