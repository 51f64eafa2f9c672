//! Files that a command reads or writes for the user.

use std::fs;
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};

use crate::explain::{Explain, Status};
use crate::files::{Overwrite, write};
use crate::render::output::Output;
use crate::spec::read_bounded;

#[derive(Debug, thiserror::Error)]
pub(crate) enum FileError {
    #[error("cannot read `{path}`", path = crate::text::path(.path))]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write `{path}`", path = crate::text::path(.path))]
    Write { path: PathBuf, source: io::Error },
}

impl Explain for FileError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Read { source, .. } => match source.kind() {
                io::ErrorKind::NotFound => "check the name of the file",
                io::ErrorKind::PermissionDenied => "check the permissions of the file and of its folder",
                io::ErrorKind::IsADirectory => "name a file, not a folder",
                io::ErrorKind::InvalidInput => "name a text file in UTF-8, of at most 16 MiB",
                _ => "check the file",
            },
            Self::Write { source, .. } => match source.kind() {
                io::ErrorKind::AlreadyExists => "name a file that does not exist yet: nothing is overwritten",
                io::ErrorKind::NotFound => "make the folder first, or name a file in another",
                _ => "name a file that does not exist yet, in a folder that you can write to",
            },
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        Status::Error
    }
}

/// Maximum bytes of a document, a request or a spec to be formatted.
const LARGEST_FILE: u64 = 16 * 1024 * 1024;

pub(super) fn read(path: &Path) -> Result<String, FileError> {
    let file = fs::File::open(path);
    let text = file.and_then(|file| read_bounded(file, LARGEST_FILE));
    text.map_err(|source| FileError::Read { path: path.to_owned(), source })
}

pub(super) fn read_bytes(path: &Path) -> Result<Vec<u8>, FileError> {
    let failed = |source| FileError::Read { path: path.to_owned(), source };
    let mut bytes = Vec::new();
    let file = fs::File::open(path).map_err(failed)?;
    file.take(LARGEST_FILE + 1).read_to_end(&mut bytes).map_err(failed)?;
    if bytes.len() as u64 > LARGEST_FILE {
        let why = format!("it has more than {LARGEST_FILE} bytes");
        return Err(failed(io::Error::new(io::ErrorKind::InvalidInput, why)));
    }
    Ok(bytes)
}

/// Never overwrites a file.
pub(super) fn write_new(path: &Path, text: &str, output: &Output) -> Result<(), FileError> {
    let failed = |source| FileError::Write { path: path.to_owned(), source };
    write(path, output.without_secrets(text).as_bytes(), Overwrite::Never).map_err(failed)
}
