//! The only place that writes to standard output and standard error.

use std::io::{self, Write};
use std::sync::{Arc, RwLock};

use super::redact::Redactor;

/// Writes text, masked. Cheap to clone; all clones mask the same values.
#[derive(Clone, Default)]
pub struct Output {
    redactor: Arc<RwLock<Redactor>>,
}

impl Output {
    /// Adds values to be masked from now on.
    pub fn mask(&self, add: impl FnOnce(&mut Redactor)) {
        add(&mut self.redactor.write().unwrap_or_else(std::sync::PoisonError::into_inner));
    }

    /// A result, to standard output.
    pub fn result(&self, text: &str) -> io::Result<()> {
        let mut stdout = anstream::stdout().lock();
        // A reader that has seen enough (`plan | head`) is no error.
        match stdout.write_all(self.masked(text).as_bytes()).and_then(|()| stdout.flush()) {
            Err(error) if error.kind() == io::ErrorKind::BrokenPipe => Ok(()),
            other => other,
        }
    }

    /// Progress, warnings and errors, to standard error; nothing can be done if that fails.
    pub fn message(&self, text: &str) {
        let _ = anstream::stderr().lock().write_all(self.masked(text).as_bytes());
    }

    fn masked(&self, text: &str) -> String {
        self.redactor.read().unwrap_or_else(std::sync::PoisonError::into_inner).apply(text)
    }
}
