//! Which specs a command works on: those named, the one found, or a built-in one in the sandbox.

use std::collections::BTreeSet;
use std::ffi::OsStr;
use std::fmt;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::CommandError;
use super::files::FileError;
use super::options::Global;
use crate::explain::{Explain, Status};
use crate::render::output::Output;
use crate::render::style::{WARNING, paint};
use crate::sandbox::Sandbox;
use crate::spec::{
    DEFAULT_FILE, LoadError, LoadOptions, Loaded, default_spec_name, load, load_text, read_bounded,
};
use crate::text::shell_word;

/// The spec that the sandbox uses by default.
pub const DEMONSTRATION: &str = include_str!("../../examples/genesys.toml");
/// What it is called in the tags of what it makes.
const DEMONSTRATION_NAME: &str = "genesys";
/// Names a spec if the command line does not.
const FILE_VARIABLE: &str = "GENESYS_IAM_FILE";
/// Stands for standard input.
const STDIN: &str = "-";
/// Maximum bytes of a spec from standard input.
const LIMIT: u64 = 16 * 1024 * 1024;
/// Where the sandbox keeps its state, beside the spec.
const SANDBOX_STATE: &str = ".genesys-iam/sandbox.json";

/// What a new spec is called in the tags of what it makes: as its file. Most files have the default's name. Two specs of an account
/// that both had it as theirs would prune each other's roles; no two specs have one role.
pub fn spec_name_for(file: &Path, role: &str) -> String {
    let stem = file.file_stem().filter(|_| file.file_name() != Some(OsStr::new(DEFAULT_FILE)));
    stem.map_or_else(|| role.to_owned(), |stem| default_spec_name(&stem.to_string_lossy()))
}

/// Where a spec is read from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SpecSource {
    /// Named on the command line, or in this folder.
    File(PathBuf),
    /// In a folder above this one.
    Found(PathBuf),
    Stdin,
    /// Built in.
    Demonstration,
}

impl SpecSource {
    /// Its name in reports.
    pub fn display(&self) -> String {
        self.to_string()
    }

    /// The options that name it in another command, quoted for a shell.
    pub fn option(&self) -> Option<String> {
        match self {
            Self::File(path) if path != Path::new(DEFAULT_FILE) => {
                Some(format!("--file {}", shell_word(&path.to_string_lossy())))
            }
            Self::Stdin => Some(format!("--file {STDIN}")),
            Self::File(_) | Self::Found(_) | Self::Demonstration => None,
        }
    }

    /// Its path, if it is a file.
    pub(super) fn path(&self) -> Option<&Path> {
        match self {
            Self::File(path) | Self::Found(path) => Some(path),
            Self::Stdin | Self::Demonstration => None,
        }
    }

    /// Its folder; empty for the current one.
    pub fn folder(&self) -> &Path {
        match self {
            Self::File(path) | Self::Found(path) => path.parent().unwrap_or(Path::new("")),
            Self::Stdin | Self::Demonstration => Path::new(""),
        }
    }

    /// The sandbox's state file for this spec.
    pub fn state_file(&self) -> PathBuf {
        self.folder().join(SANDBOX_STATE)
    }

    pub(super) fn load(&self, options: LoadOptions<'_>) -> Result<Loaded, CommandError> {
        match self {
            Self::File(path) | Self::Found(path) => Ok(load(path, options)?),
            Self::Stdin => {
                let text = read_bounded(std::io::stdin().lock(), LIMIT)
                    .map_err(|source| LoadError::Read { path: STDIN.into(), source })?;
                load_text(text, options)
                    .map_err(|error| match error {
                        // Standard input has no file.
                        LoadError::Invalid { path: _, text, diagnostics } => {
                            LoadError::Invalid { path: self.to_string().into(), text, diagnostics }
                        }
                        LoadError::NotSpec { path: _, kind } => {
                            LoadError::NotSpec { path: self.to_string().into(), kind }
                        }
                        error => error,
                    })
                    .map_err(CommandError::from)
            }
            Self::Demonstration => Ok(load_text(DEMONSTRATION.to_owned(), options)?),
        }
    }
}

impl fmt::Display for SpecSource {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) | Self::Found(path) => f.write_str(&crate::text::path(path)),
            Self::Stdin => f.write_str("standard input"),
            Self::Demonstration => f.write_str("the demonstration spec"),
        }
    }
}

/// The specs named by the options that all commands share.
///
/// # Errors
///
/// When none is named and none is found, or a folder cannot be read or has no spec.
pub fn named(global: &Global, output: &Output) -> Result<Vec<SpecSource>, CommandError> {
    if !global.files.is_empty() {
        return listed(&global.files);
    }
    match std::env::var_os(FILE_VARIABLE).filter(|file| !file.is_empty()) {
        Some(file) => listed(&[file.into()]),
        None => Ok(vec![found(global, output)?]),
    }
}

/// What the sandbox is used for.
pub enum Use {
    Specs(Vec<SpecSource>),
    /// There is no spec, and the built-in one did not make this state: it is used as it is found.
    State(PathBuf),
}

/// The specs of a command that can use the sandbox without one, too.
///
/// # Errors
///
/// As [`named`].
pub fn named_or_state(global: &Global, output: &Output) -> Result<Use, CommandError> {
    match named(global, output) {
        Ok(sources) => Ok(Use::Specs(sources)),
        Err(error) => match error.find() {
            Some(SpecsError::StateOfOthers(state)) => Ok(Use::State(state.clone())),
            _ => Err(error),
        },
    }
}

/// The specs in a command's own arguments, or else in the options.
///
/// # Errors
///
/// As [`named`], or when both are given.
pub fn given(
    arguments: &[PathBuf],
    global: &Global,
    output: &Output,
) -> Result<Vec<SpecSource>, CommandError> {
    if arguments.is_empty() {
        named(global, output)
    } else if !global.files.is_empty() {
        Err(SpecsError::NamedTwice.into())
    } else {
        listed(arguments)
    }
}

/// The spec of a command that takes exactly one.
///
/// # Errors
///
/// As [`named`], or when several are given.
pub fn one(global: &Global, what: &'static str, output: &Output) -> Result<SpecSource, CommandError> {
    let mut sources = named(global, output)?;
    match (sources.pop(), sources.is_empty()) {
        (Some(source), true) => Ok(source),
        _ => Err(SpecsError::OneSpec(what).into()),
    }
}

/// The files, and the specs in any folders among them.
fn listed(files: &[PathBuf]) -> Result<Vec<SpecSource>, CommandError> {
    let mut sources = Vec::new();
    for named in files {
        if named == Path::new(STDIN) {
            sources.push(SpecSource::Stdin);
            continue;
        }
        if !named.is_dir() {
            sources.push(SpecSource::File(named.clone()));
            continue;
        }
        let found = toml_files(named).map_err(|source| FileError::Read { path: named.clone(), source })?;
        if found.is_empty() {
            return Err(SpecsError::EmptyFolder(named.clone()).into());
        }
        sources.extend(found.into_iter().map(SpecSource::File));
    }
    let mut seen = BTreeSet::new();
    sources.retain(|source| match source {
        SpecSource::File(file) => seen.insert(file.canonicalize().unwrap_or_else(|_| file.clone())),
        _ => seen.insert(STDIN.into()),
    });
    Ok(sources)
}

/// The files of TOML in a folder, in the order of their names.
pub(super) fn toml_files(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "toml") {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

/// Whether the specs are a folder's: then there are no others that its user knows of.
pub fn is_a_folder(global: &Global) -> bool {
    let variable = std::env::var_os(FILE_VARIABLE).map(PathBuf::from).filter(|_| global.files.is_empty());
    global.files.iter().chain(&variable).any(|path| path.is_dir())
}

/// The spec in this folder or one above it; in the sandbox, otherwise the built-in one.
///
/// That one is neither applied to a state that it did not make, nor compared with it: what it would find wrong there is
/// nobody's fault, and what it would change is somebody's work.
fn found(global: &Global, output: &Output) -> Result<SpecSource, CommandError> {
    if Path::new(DEFAULT_FILE).exists() {
        return Ok(SpecSource::File(DEFAULT_FILE.into()));
    }
    if let Some(path) = above()? {
        output.note(&format!("{} the spec is {}\n", paint(WARNING, "note:"), crate::text::path(&path)));
        return Ok(SpecSource::Found(path));
    }
    if global.sandbox {
        let state = SpecSource::Demonstration.state_file();
        if !Sandbox::is_for_demonstration(&state, DEMONSTRATION_NAME)? {
            return Err(SpecsError::StateOfOthers(state).into());
        }
        let above =
            unused().map(|path| format!(", and {} is not used unasked", path.display())).unwrap_or_default();
        output.note(&format!(
            "{} there is no {DEFAULT_FILE} here{above}: using the built-in demonstration spec\n",
            paint(WARNING, "note:")
        ));
        return Ok(SpecSource::Demonstration);
    }
    Err(match unused() {
        Some(path) => SpecsError::NotUsed(path).into(),
        None => SpecsError::NoSpec.into(),
    })
}

/// A spec above this folder that this user must not pick up.
fn unused() -> Option<PathBuf> {
    let here = std::env::current_dir().ok()?;
    here.ancestors().skip(1).map(|folder| folder.join(DEFAULT_FILE)).find(|path| path.is_file())
}

/// Searches no further up than the repository's root, or the home folder without a repository.
fn above() -> Result<Option<PathBuf>, SpecsError> {
    let Ok(here) = std::env::current_dir() else { return Ok(None) };
    let home = std::env::home_dir().map(|home| home.canonicalize().unwrap_or(home));
    let repository = here.ancestors().find(|folder| folder.join(".git").exists());
    let Some(last) = repository.or(home.as_deref()).filter(|last| here.starts_with(last)) else {
        return Ok(None);
    };
    for folder in here.ancestors().skip(1).take_while(|folder| folder.starts_with(last)) {
        let path = folder.join(DEFAULT_FILE);
        if path.is_file() {
            return if is_own(folder) && is_own(&path) {
                Ok(Some(path))
            } else {
                Err(SpecsError::NotOwn(path))
            };
        }
    }
    Ok(None)
}

/// Whether only this user can have written it.
#[cfg(unix)]
fn is_own(path: &Path) -> bool {
    use std::os::unix::fs::MetadataExt as _;
    let is_own = |metadata: fs::Metadata| {
        metadata.uid() == rustix::process::geteuid().as_raw() && metadata.mode() & 0o002 == 0
    };
    fs::metadata(path).is_ok_and(is_own)
}

#[cfg(not(unix))]
fn is_own(_: &Path) -> bool {
    true
}

#[derive(Debug, thiserror::Error)]
pub enum SpecsError {
    #[error("there is no {DEFAULT_FILE} in this folder or above it")]
    NoSpec,
    #[error("`{path}` could have been written by another user, so it is not used unasked", path = crate::text::path(.0))]
    NotOwn(PathBuf),
    #[error("there is no {DEFAULT_FILE} here, and `{path}` is outside the repository and the home folder, so it is not used unasked", path = crate::text::path(.0))]
    NotUsed(PathBuf),
    #[error(
        "there is no {DEFAULT_FILE} here, and the built-in demonstration spec did not make what the sandbox holds (`{path}`): \
         nothing was compared, nothing was changed",
        path = crate::text::path(.0)
    )]
    StateOfOthers(PathBuf),
    #[error("`{path}` contains no spec: no file ends in .toml", path = crate::text::path(.0))]
    EmptyFolder(PathBuf),
    #[error("{0} takes one spec, and several are given")]
    OneSpec(&'static str),
    #[error("the specs are named both as arguments and with `--file`")]
    NamedTwice,
}

impl Explain for SpecsError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::NoSpec => {
                "`genesys-iam init` writes one, `genesys-iam import ROLE` makes one from a role that exists, and \
                 `genesys-iam diagnose ROLE` needs none; `--file` names a spec, or a folder of them, that is elsewhere; \
                 `genesys-iam --sandbox plan` shows what it is like, without an AWS account"
            }
            Self::NotOwn(path) | Self::NotUsed(path) => {
                return Some(format!("to use it, name it: `--file {}`", shell_word(&path.to_string_lossy())));
            }
            Self::StateOfOthers(_) => {
                "`genesys-iam --sandbox diagnose` needs no spec, and with `--out genesys.toml` writes one; `--file` names one that \
                 is elsewhere; `genesys-iam sandbox reset` empties the sandbox"
            }
            Self::EmptyFolder(_) => {
                "name a file, or a folder that itself contains specs: the folders in it are not read, name each"
            }
            Self::OneSpec(_) => "give one spec at a time",
            Self::NamedTwice => "name them in one way",
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::NoSpec | Self::NotUsed(_) | Self::EmptyFolder(_) => Status::Error,
            Self::NotOwn(_) | Self::StateOfOthers(_) => Status::Refused,
            Self::OneSpec(_) | Self::NamedTwice => Status::Usage,
        }
    }
}
