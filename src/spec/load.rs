//! Reading a spec from disk.

use std::io;
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::environment::Environment;
use super::model::Spec;
use super::parse::parse;
use crate::explain::{Explain, Status};

/// The spec that is read where no other is named.
pub const DEFAULT_FILE: &str = "genesys.toml";

/// A spec with its source, for messages.
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
    folder: &'a Path,
}

impl Environment for SystemEnvironment<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn file(&self, path: &str) -> io::Result<String> {
        std::fs::read_to_string(self.folder.join(path))
    }
}

/// Reads and validates a spec.
///
/// # Errors
///
/// When the file cannot be read, or with every fault that it has.
pub fn load(path: &Path) -> Result<Loaded, LoadError> {
    let source =
        std::fs::read_to_string(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    load_text(path, source)
}

/// The same for a text that stands for this file.
///
/// # Errors
///
/// With every fault that it has.
pub fn load_text(path: &Path, source: String) -> Result<Loaded, LoadError> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let folder = path.parent().unwrap_or(Path::new("."));
    match parse(&source, &stem, &SystemEnvironment { folder }) {
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
