//! Terminal prompts that can be interrupted with Ctrl-C.

use std::io::{self, IsTerminal};
use std::pin::pin;
use std::sync::Arc;
use std::task::{Context, Waker};
use std::time::Duration;

use crate::apply::Interrupt;
use crate::explain::{Explain, Status};
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
                output.message("interrupted: finishing the current call, starting no new ones\n");
            }
        }
    });
    interrupt
}

/// For commands that only read: Ctrl-C ends the process, wherever it is, with a line that says so. On a thread of its
/// own, since reading standard input or judging a large account leaves the runtime no time.
pub fn end_when_interrupted(what: &'static str, output: &Output) {
    let output = output.clone();
    let (listens, listening) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let Ok(runtime) = tokio::runtime::Builder::new_current_thread().enable_io().build() else { return };
        let pressed = runtime.block_on(async {
            let mut pressed = pin!(tokio::signal::ctrl_c());
            // It listens from the first poll on.
            let _ = pressed.as_mut().poll(&mut Context::from_waker(Waker::noop()));
            let _ = listens.send(());
            pressed.await
        });
        if pressed.is_err() {
            return;
        }
        // Whoever reads the output may have stopped, and then the line waits behind it.
        let (done, printed) = std::sync::mpsc::channel();
        std::thread::spawn(move || {
            interrupted(what, &output);
            let _ = done.send(());
        });
        let _ = printed.recv_timeout(LAST_WORDS);
        std::process::exit(Status::Interrupted as i32);
    });
    // Fails if there can be no such thread: then Ctrl-C ends the process without a word.
    let _ = listening.recv();
}

/// How long the process waits for its last line to be printed.
const LAST_WORDS: Duration = Duration::from_millis(500);

/// Says where it was interrupted.
pub fn interrupted(what: &str, output: &Output) -> Status {
    output.message(&format!("\n{} interrupted: {what}\n", paint(ERROR, "error:")));
    Status::Interrupted
}

/// The answer to a question; `None` when interrupted.
///
/// # Errors
///
/// [`PromptError::NoTerminal`] if standard input is not a terminal.
pub async fn ask(
    question: &str,
    interrupt: &Interrupt,
    output: &Output,
) -> Result<Option<String>, PromptError> {
    if !io::stdin().is_terminal() {
        return Err(PromptError::NoTerminal);
    }
    // So that Ctrl-C is listened for before somebody can press it.
    tokio::task::yield_now().await;
    output.message(question);
    // The thread may never end, so the runtime does not wait for it.
    let line = tokio::task::spawn_blocking(|| {
        let mut line = String::new();
        let read = io::stdin().read_line(&mut line)?;
        // Ctrl-D.
        Ok(if read == 0 { None } else { Some(line.trim().to_owned()) })
    });
    let Some(line) = interrupt.or_interrupted(line).await else { return Ok(None) };
    match line.map_err(io::Error::from).flatten().map_err(PromptError::Read)? {
        Some(line) => Ok(Some(line)),
        None => {
            output.message("\n");
            Err(PromptError::Ended)
        }
    }
}

#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    #[error("not confirmed, nothing was changed")]
    NotConfirmed {
        /// What confirms it.
        wanted: String,
    },
    #[error("nobody can be asked here, since standard input is not a terminal; nothing was changed")]
    NoTerminal,
    #[error("no answer, nothing was changed")]
    Ended,
    #[error("cannot read the answer")]
    Read(#[source] io::Error),
}

impl Explain for PromptError {
    fn help(&self) -> Option<String> {
        match self {
            Self::NotConfirmed { wanted } => {
                Some(format!("only `{wanted}`, typed in full, confirms it; `--yes` asks nothing"))
            }
            Self::Ended => None,
            Self::NoTerminal => Some(
                "if the plan above is what you want, run the same command again with `--yes` after it"
                    .to_owned(),
            ),
            Self::Read(_) => Some("pass `--yes`, or the flags, in place of answers".to_owned()),
        }
    }

    fn status(&self) -> Status {
        match self {
            Self::NotConfirmed { .. } | Self::Ended | Self::NoTerminal => Status::Refused,
            Self::Read(_) => Status::Error,
        }
    }
}
