//! What every error provides: its message, what to do next, and the exit status.

use std::error::Error;
use std::process::ExitCode;

/// The exit statuses, documented in docs/exit-status.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Status {
    Done = 0,
    Error = 1,
    Changes = 2,
    Refused = 3,
    Fault = 4,
    Undecided = 5,
    Usage = 64,
    Interrupted = 130,
}

impl Status {
    pub const ALL: [Self; 8] = [
        Self::Done,
        Self::Error,
        Self::Changes,
        Self::Refused,
        Self::Fault,
        Self::Undecided,
        Self::Usage,
        Self::Interrupted,
    ];

    /// As in docs/exit-status.md and the manual pages.
    pub const fn meaning(self) -> &'static str {
        match self {
            Self::Done => {
                "done; nothing to change; `check`: no fault, even where not everything is known (`--require` asks for more)"
            }
            Self::Error => "error",
            Self::Changes => {
                "`plan --detailed-exitcode`: there are changes, or permissions that the spec neither makes nor accepts, \
                 or something stays that no spec has any longer, or Genesys Cloud's side was not read; `fmt --check`: not formatted; `import --all \
                 --unmanaged`: there are roles that no spec has made; `policy compare`: the documents differ"
            }
            Self::Refused => {
                "refused by a guard (also `plan`, after showing everything): wrong AWS account, something that this spec \
                 did not make, a saved plan that is out of date, access widened under `--refuse-wider`, not confirmed"
            }
            Self::Fault => {
                "`check`, also after `apply`, and `diagnose` without `--out`: a fault was found, or what replaces a data action fails its test; `policy evaluate`: denied; `policy lint`: an error"
            }
            Self::Undecided => {
                "`check --require`: the level was not reached, or something is unknown; `apply --test`: no data action could be tested; `diagnose --error`: there is no cause, and nothing explains it; `policy evaluate`: undecided"
            }
            Self::Usage => "wrong usage",
            Self::Interrupted => "interrupted",
        }
    }
}

impl From<Status> for ExitCode {
    fn from(status: Status) -> Self {
        Self::from(status as u8)
    }
}

/// An error that can end a command. Only `shows_causes` has a default, so that every new error decides.
pub trait Explain: Error {
    /// What to do next, in one line.
    fn help(&self) -> Option<String>;

    fn status(&self) -> Status;

    /// Whether its sources are printed below it; `false` if the message includes them.
    fn shows_causes(&self) -> bool {
        true
    }
}
