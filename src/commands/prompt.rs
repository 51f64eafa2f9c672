//! Asking on a terminal, such that Ctrl-C is heard meanwhile.

use std::io::{self, IsTerminal};
use std::sync::Arc;

use super::{CommandError, Status};
use crate::apply::Interrupt;
use crate::render::output::Output;
use crate::render::style::{ERROR, paint};

/// Set by Ctrl-C; the second one ends the process at once.
pub fn interrupts(output: &Output) -> Arc<Interrupt> {
    let interrupt = Arc::new(Interrupt::default());
    let (set, output) = (Arc::clone(&interrupt), output.clone());
    tokio::spawn(async move {
        while tokio::signal::ctrl_c().await.is_ok() {
            if set.set() {
                std::process::exit(Status::Interrupted as i32);
            }
            if set.is_writing() {
                output.message("interrupted: the call in flight is finished, no other is begun\n");
            }
        }
    });
    interrupt
}

/// Says where it was interrupted.
pub fn interrupted(what: &str, output: &Output) -> Status {
    output.message(&format!("\n{} interrupted: {what}\n", paint(ERROR, "error:")));
    Status::Interrupted
}

/// The answer to a question; `None` when it is interrupted.
///
/// # Errors
///
/// [`CommandError::NoTerminal`] where there is nobody to ask.
pub async fn ask(
    question: &str,
    interrupt: &Interrupt,
    output: &Output,
) -> Result<Option<String>, CommandError> {
    if !io::stdin().is_terminal() {
        return Err(CommandError::NoTerminal);
    }
    output.message(question);
    // The thread may never end: the runtime does not wait for it.
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        io::stdin().read_line(&mut line).map(|_| line.trim().to_owned())
    });
    match interrupt.or_interrupted(line).await {
        Some(line) => Ok(Some(line.map_err(io::Error::from)??)),
        None => Ok(None),
    }
}
