//! The state file: locked against other processes, replaced as a whole, readable only by its owner.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, Read as _};
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use serde_json::Value;

use super::error::SandboxError;
use super::state::{State, VERSION};
use crate::files::{self, Overwrite};

#[derive(Debug)]
pub(super) struct StateFile {
    path: PathBuf,
    /// Held as long as it is open. A separate file, since each write replaces the state file. `None`: released.
    lock: Option<File>,
}

/// Differs after the file was replaced. `None`: it does not exist.
pub(super) type Stamp = Option<(SystemTime, u64)>;

/// A sandbox with 10,000 roles needs a tenth of it.
const MAX_SIZE: u64 = 256 << 20;

/// How long to wait for another process to end.
const PATIENCE: Duration = Duration::from_millis(if cfg!(test) { 100 } else { 2000 });
const PAUSE: Duration = Duration::from_millis(50);

impl StateFile {
    pub(crate) fn lock(path: &Path) -> Result<Self, SandboxError> {
        let unwritable = |source| SandboxError::Write { path: path.to_owned(), source };
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty())
            && !directory.exists()
        {
            files::create_folder(directory).map_err(unwritable)?;
            // The state contains trust policies with external IDs, which must not be committed by mistake.
            files::write(&directory.join(".gitignore"), b"*\n", Overwrite::File).map_err(unwritable)?;
        }
        // Opening it would create the target of a link.
        let lock_path = beside(path, "lock");
        files::check(&lock_path, Overwrite::File).map_err(unwritable)?;
        let open = || private().write(true).create(true).truncate(false).open(&lock_path);
        let mut lock = open().map_err(unwritable)?;
        let mut waited = Duration::ZERO;
        loop {
            match lock.try_lock() {
                Ok(()) if lock_path.exists() => {
                    return Ok(Self { path: path.to_owned(), lock: Some(lock) });
                }
                // Whoever had it has deleted it.
                Ok(()) => lock = open().map_err(unwritable)?,
                Err(TryLockError::WouldBlock) if waited < PATIENCE => {
                    std::thread::sleep(PAUSE);
                    waited += PAUSE;
                }
                Err(TryLockError::WouldBlock) => return Err(SandboxError::InUse { path: path.to_owned() }),
                Err(TryLockError::Error(source)) => return Err(unwritable(source)),
            }
        }
    }

    /// Lets other processes use the file.
    pub(crate) fn release(&mut self) -> Stamp {
        let stamp = self.stamp();
        self.lock = None;
        stamp
    }

    /// Takes the file back.
    pub(crate) fn acquire(&mut self) -> Result<(), SandboxError> {
        if self.lock.is_none() {
            *self = Self::lock(&self.path)?;
        }
        Ok(())
    }

    /// Whether another process has replaced the file.
    pub(crate) fn is_newer_than(&self, stamp: Stamp) -> bool {
        self.stamp() != stamp
    }

    fn stamp(&self) -> Stamp {
        let found = fs::metadata(&self.path).ok()?;
        Some((found.modified().ok()?, found.len()))
    }

    pub(crate) fn read(&self) -> Result<Option<State>, SandboxError> {
        Self::peek(&self.path)
    }

    /// Reads a state that another process may be using: it is replaced as a whole.
    pub(crate) fn peek(path: &Path) -> Result<Option<State>, SandboxError> {
        let unreadable = |source| SandboxError::Read { path: path.to_owned(), source };
        // A FIFO or device would never end; opening a FIFO would wait for a writer.
        match fs::metadata(path) {
            Ok(found) if !found.is_file() => {
                return Err(unreadable(io::Error::new(
                    io::ErrorKind::InvalidInput,
                    "it is not a regular file",
                )));
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
            Ok(_) | Err(_) => {}
        }
        let mut text = Vec::new();
        let file = File::open(path).map_err(unreadable)?;
        file.take(MAX_SIZE + 1).read_to_end(&mut text).map_err(unreadable)?;
        if text.len() as u64 > MAX_SIZE {
            let message = format!("it is larger than {} MiB", MAX_SIZE >> 20);
            return Err(unreadable(io::Error::new(io::ErrorKind::FileTooLarge, message)));
        }
        let broken = |source| SandboxError::Broken { path: path.to_owned(), source };
        let value: Value = serde_json::from_slice(&text).map_err(broken)?;
        // Version first: another layout would fail with an error that says nothing.
        if let Some(found) = value.get("version").and_then(Value::as_u64)
            && found != VERSION
        {
            return Err(SandboxError::Version { path: path.to_owned(), found, known: VERSION });
        }
        serde_json::from_value(value).map(Some).map_err(broken)
    }

    /// Deletes the state, then its lock file.
    pub(crate) fn delete(self) -> Result<(), SandboxError> {
        let unwritable = |source| SandboxError::Write { path: self.path.clone(), source };
        fs::remove_file(&self.path).map_err(unwritable)?;
        fs::remove_file(beside(&self.path, "lock")).map_err(unwritable)
    }

    pub(crate) fn write(&self, state: &State) -> Result<(), SandboxError> {
        let unwritable = |source| SandboxError::Write { path: self.path.clone(), source };
        let mut text = serde_json::to_vec_pretty(state).map_err(|error| unwritable(error.into()))?;
        text.push(b'\n');
        files::write(&self.path, &text, Overwrite::PrivateFile).map_err(unwritable)
    }
}

/// `state.json.lock`
fn beside(path: &Path, extension: &str) -> PathBuf {
    let mut name = path.file_name().unwrap_or_default().to_owned();
    name.push(".");
    name.push(extension);
    path.with_file_name(name)
}

#[cfg(unix)]
fn private() -> OpenOptions {
    use std::os::unix::fs::OpenOptionsExt as _;
    let mut options = OpenOptions::new();
    options.mode(0o600);
    options
}

#[cfg(not(unix))]
fn private() -> OpenOptions {
    OpenOptions::new()
}
