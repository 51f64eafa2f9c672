//! Reading a spec from disk.

use std::io;
use std::path::{Path, PathBuf};

use super::diagnostic::Diagnostic;
use super::environment::Environment;
use super::files::{Files, read_spec};
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
    options: LoadOptions<'a>,
}

/// What the command line says about reading specs.
#[derive(Debug, Clone, Copy)]
pub struct LoadOptions<'a> {
    /// Variables that a spec may read although they may hold credentials.
    pub allowed: &'a [String],
    /// The spec is only looked at: a variable that is not set is warned of.
    pub is_offline: bool,
}

impl Environment for SystemEnvironment<'_> {
    fn variable(&self, name: &str) -> Option<String> {
        std::env::var(name).ok()
    }

    fn is_allowed(&self, name: &str) -> bool {
        self.options.allowed.iter().any(|allowed| allowed == name)
    }

    fn is_offline(&self) -> bool {
        self.options.is_offline
    }

    fn file(&self, path: &str, limit: u64) -> io::Result<String> {
        self.files.read(path, limit)
    }
}

/// Reads and validates a spec.
///
/// # Errors
///
/// When the file cannot be read, or with every fault that it has.
pub fn load(path: &Path, options: LoadOptions<'_>) -> Result<Loaded, LoadError> {
    let source =
        read_spec(path, LIMIT).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    check(path, source, Files::of(path), options)
}

/// The same for a text without a folder: it names no relative files.
///
/// # Errors
///
/// With every fault that it has.
pub fn load_text(source: String, options: LoadOptions<'_>) -> Result<Loaded, LoadError> {
    check(Path::new(DEFAULT_FILE), source, Files::without_folder(), options)
}

fn check(path: &Path, source: String, files: Files, options: LoadOptions<'_>) -> Result<Loaded, LoadError> {
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let result = parse(&source, &stem, &SystemEnvironment { files, options });
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
                Some("check the name; `genesys-iam init` writes a spec to begin with".to_owned())
            }
            // Each fault has its own.
            Self::Invalid { .. } => None,
        }
    }

    fn status(&self) -> Status {
        Status::Error
    }
}
