//! Where values come from that are kept out of the file.

use std::io;

/// Where values that are kept out of the file come from.
pub trait Environment {
    fn variable(&self, name: &str) -> Option<String>;
    /// Relative paths are relative to the spec's folder.
    ///
    /// # Errors
    ///
    /// Whatever kept the file from being read.
    fn file(&self, path: &str) -> io::Result<String>;
}

/// Neither variables nor files: for a text that takes nothing from elsewhere.
#[derive(Debug, Clone, Copy)]
pub struct EmptyEnvironment;

impl Environment for EmptyEnvironment {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn file(&self, _: &str) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}
