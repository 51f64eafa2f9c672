//! Reading a spec from disk.

use std::io;
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::environment::Environment;
use super::files::{Files, read_bounded};
use super::model::Spec;
use super::parse::parse;
use crate::explain::{Explain, Status};
use crate::text::without_passwords;

/// The spec that is read where no other is named.
pub const DEFAULT_FILE: &str = "genesys.toml";
/// Bytes of a spec.
const LIMIT: u64 = 16 * 1024 * 1024;

/// A spec with its source, for messages: the passwords of URLs are masked in it.
#[derive(Debug)]
pub struct Loaded {
    pub spec: Spec,
    pub source: String,
    pub warnings: Vec<Diagnostic>,
}

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("cannot read the spec `{path}`", path = .path.display())]
    Read { path: PathBuf, source: io::Error },
    #[error("the spec `{path}` has faults", path = .path.display())]
    Invalid { path: PathBuf, text: String, diagnostics: Vec<Diagnostic> },
}

/// The process's environment and the file system.
struct SystemEnvironment<'a> {
    files: Files,
    allowed: &'a [String],
}

impl Environment for SystemEnvironment<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn is_allowed(&self, name: &str) -> bool {
        self.allowed.iter().any(|allowed| allowed == name)
    }

    fn file(&self, path: &str, limit: u64) -> io::Result<String> {
        self.files.read(path, limit)
    }
}

/// Reads and validates a spec, which may also read the `allowed` variables.
///
/// # Errors
///
/// When the file cannot be read, or with every fault that it has.
pub fn load(path: &Path, allowed: &[String]) -> Result<Loaded, LoadError> {
    let source = std::fs::File::open(path)
        .and_then(|file| read_bounded(file, LIMIT))
        .map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    load_text(path, source, allowed)
}

/// The same for a text that stands for this file.
///
/// # Errors
///
/// With every fault that it has.
pub fn load_text(path: &Path, source: String, allowed: &[String]) -> Result<Loaded, LoadError> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let result = parse(&source, &stem, &SystemEnvironment { files: Files::of(path), allowed });
    // Of the same length, so that places stay.
    let source = without_passwords(&source).into_owned();
    match result {
        (Some(spec), warnings) => Ok(Loaded { spec, source, warnings }),
        (None, diagnostics) => Err(LoadError::Invalid { path: path.to_owned(), text: source, diagnostics }),
    }
}

impl Explain for LoadError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Read { .. } => {
                Some("`--file` names another spec; examples/genesys.toml is one to begin with".to_owned())
            }
            // Each fault has its own.
            Self::Invalid { .. } => None,
        }
    }

    fn status(&self) -> Status {
        Status::Error
    }
}
