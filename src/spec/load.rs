//! Reading a spec from disk.

use std::io;
use std::path::{Path, PathBuf};

use jiff::civil::Date;
use toml::de::DeTable;

use super::diagnostic::Diagnostic;
use super::environment::Environment;
use super::files::{Files, read_spec};
use super::model::Spec;
use super::parse::parse;
use crate::explain::{Explain, Status};
use crate::file_kind::FileKind;
use crate::text::{shell_word, without_passwords};

/// The spec that is read if no other is named.
pub const DEFAULT_FILE: &str = "genesys.toml";

/// A spec with its source for messages; passwords in URLs are masked in the source.
#[derive(Debug)]
pub struct Loaded {
    pub spec: Spec,
    pub source: String,
    pub warnings: Vec<Diagnostic>,
}

#[derive(Debug, thiserror::Error)]
pub enum LoadError {
    #[error("cannot read the spec `{path}`", path = crate::text::path(.path))]
    Read { path: PathBuf, source: io::Error },
    #[error("`{path}` is {kind}, not a spec", path = crate::text::path(.path))]
    NotSpec { path: PathBuf, kind: FileKind },
    #[error("the spec `{path}` has faults", path = crate::text::path(.path))]
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
    /// The spec is only inspected: an unset variable is just a warning.
    pub is_offline: bool,
    /// In UTC.
    pub today: Date,
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

    fn today(&self) -> Option<Date> {
        Some(self.options.today)
    }

    fn file(&self, path: &str, limit: u64) -> io::Result<String> {
        self.files.read(path, limit)
    }
}

/// Reads and validates a spec.
///
/// # Errors
///
/// When the file cannot be read or is invalid, with all its faults.
pub fn load(path: &Path, options: LoadOptions<'_>) -> Result<Loaded, LoadError> {
    let source = read_spec(path).map_err(|source| LoadError::Read { path: path.to_owned(), source })?;
    check(path, source, Files::of(path), options)
}

/// The same for a text without a folder: it cannot name relative files.
///
/// # Errors
///
/// When it is invalid, with all its faults.
pub fn load_text(source: String, options: LoadOptions<'_>) -> Result<Loaded, LoadError> {
    check(Path::new(DEFAULT_FILE), source, Files::without_folder(), options)
}

fn check(path: &Path, source: String, files: Files, options: LoadOptions<'_>) -> Result<Loaded, LoadError> {
    refuse_other_kinds(path, &source)?;
    let stem = path.file_stem().map(|stem| stem.to_string_lossy().into_owned()).unwrap_or_default();
    let result = parse(&source, &stem, &SystemEnvironment { files, options });
    // Of the same length, so that positions stay valid.
    let source = without_passwords(&source).into_owned();
    match result {
        (Some(spec), warnings) => Ok(Loaded { spec, source, warnings }),
        (None, diagnostics) => Err(LoadError::Invalid { path: path.to_owned(), text: source, diagnostics }),
    }
}

/// Names the real kind of a file that is not TOML; the parser would only point at its first character.
///
/// # Errors
///
/// [`LoadError::NotSpec`].
pub fn refuse_other_kinds(path: &Path, source: &str) -> Result<(), LoadError> {
    match FileKind::of(source.as_bytes()) {
        FileKind::Spec | FileKind::OtherText => Ok(()),
        kind => Err(LoadError::NotSpec { path: path.to_owned(), kind }),
    }
}

/// Whether a text is TOML of some other program: it has none of a spec's main tables, and one that is being written may have
/// any one of them.
pub fn is_another_toml(source: &str) -> bool {
    let has = |table: &DeTable<'_>, key: &str| table.iter().any(|(name, _)| name.get_ref() == key);
    let is_other =
        |table: &DeTable<'_>| !["aws", "role", "genesys", "defaults"].iter().any(|key| has(table, key));
    // A scenario of the sandbox has roles and an organization, too.
    let is_scenario = |table: &DeTable<'_>| has(table, "about") && !has(table, "aws");
    DeTable::parse(source).is_ok_and(|root| is_other(root.get_ref()) || is_scenario(root.get_ref()))
}

impl Explain for LoadError {
    fn help(&self) -> Option<String> {
        match self {
            Self::Read { source, .. } => {
                let help = match source.kind() {
                    io::ErrorKind::NotFound => {
                        "check the name; `genesys-iam init` writes a spec to begin with"
                    }
                    io::ErrorKind::PermissionDenied => "check the permissions of the file and of its folder",
                    io::ErrorKind::InvalidInput => {
                        "is this the file that you mean? A spec is TOML in UTF-8, of at most 16 MiB"
                    }
                    _ => "is this the file that you mean? A spec is a file of TOML",
                };
                Some(help.to_owned())
            }
            Self::NotSpec { path, kind } => {
                let path = shell_word(&path.to_string_lossy());
                Some(match kind {
                    FileKind::SavedPlan => format!("to carry it out: `genesys-iam apply {path}`"),
                    FileKind::PolicyDocument => {
                        format!("to look for mistakes in it: `genesys-iam policy lint {path}`")
                    }
                    FileKind::Empty => {
                        "`genesys-iam init --file OTHER.toml` writes a spec to begin with".to_owned()
                    }
                    FileKind::Utf16 => {
                        "save it as UTF-8; what has an option `--out FILE` writes that".to_owned()
                    }
                    _ => "name a spec, a file of TOML, such as `--file genesys.toml`".to_owned(),
                })
            }
            // Each fault has its own help.
            Self::Invalid { .. } => None,
        }
    }

    fn status(&self) -> Status {
        Status::Error
    }
}
