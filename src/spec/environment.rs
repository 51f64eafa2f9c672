//! Where values come from that are kept out of the file.

use std::io;

use jiff::civil::Date;

/// Environment variables and files that a spec may name.
pub trait Environment {
    fn variable(&self, name: &str) -> Option<String>;
    /// Whether the person at the keyboard explicitly allows this variable, although it may hold credentials.
    fn is_allowed(&self, name: &str) -> bool;
    /// Whether values are only inspected, not used: then an unset variable is just a warning.
    fn is_offline(&self) -> bool {
        false
    }
    /// Today, in UTC. `None`: what ends on some day is taken as it is written.
    fn today(&self) -> Option<Date> {
        None
    }
    /// Reads a file of at most `limit` bytes. Relative paths are relative to the spec's folder.
    ///
    /// # Errors
    ///
    /// When the spec may not name it, or it cannot be read.
    fn file(&self, path: &str, limit: u64) -> io::Result<String>;
}

/// Neither variables nor files: for a text that takes nothing from outside.
#[derive(Debug, Clone, Copy)]
pub struct EmptyEnvironment;

impl Environment for EmptyEnvironment {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn is_allowed(&self, _: &str) -> bool {
        false
    }

    fn file(&self, _: &str, _: u64) -> io::Result<String> {
        Err(io::ErrorKind::NotFound.into())
    }
}
