//! Any error that ends a command.

use std::error::Error;
use std::fmt;

use crate::explain::{Explain, Status};

/// Why a command failed: an error from one area of the program.
pub struct CommandError(Box<dyn Explain + Send + Sync>);

impl<E: Explain + Send + Sync + 'static> From<E> for CommandError {
    fn from(error: E) -> Self {
        Self(Box::new(error))
    }
}

impl CommandError {
    pub fn help(&self) -> Option<String> {
        self.0.help()
    }

    pub fn status(&self) -> Status {
        self.0.status()
    }

    /// The area's own error, if it has that type.
    pub fn find<E: Error + 'static>(&self) -> Option<&E> {
        let error: &(dyn Error + 'static) = &*self.0;
        error.downcast_ref()
    }

    /// The message and its causes, one per line, for a report.
    pub fn with_causes(&self) -> String {
        anstream::adapter::strip_str(&self.painted()).to_string()
    }

    /// The same in colour, for a terminal.
    pub fn painted(&self) -> String {
        let mut text = self.to_string();
        let mut cause = if self.0.shows_causes() { self.0.source() } else { None };
        while let Some(source) = cause {
            text.push_str(&format!("\n  caused by: {source}"));
            cause = source.source();
        }
        text
    }
}

impl fmt::Display for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for CommandError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}
