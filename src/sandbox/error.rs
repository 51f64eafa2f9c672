//! What can go wrong with the state file.

use std::io;
use std::path::PathBuf;

use crate::explain::{Explain, Status};

/// Why the sandbox's state cannot be read or kept.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SandboxError {
    #[error("cannot read the sandbox's state file `{}`", crate::text::path(path))]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write the sandbox's state file `{}`", crate::text::path(path))]
    Write { path: PathBuf, source: io::Error },
    #[error("the sandbox's state file `{}` is not one of a sandbox", crate::text::path(path))]
    Broken { path: PathBuf, source: serde_json::Error },
    #[error(
        "the sandbox's state file `{}` has version {found}, this program reads version {known}",
        crate::text::path(path)
    )]
    Version { path: PathBuf, found: u64, known: u64 },
    #[error("the scenario cannot be played")]
    Scenario(#[from] super::scenario::ScenarioError),
    #[error("another process is using the sandbox's state file `{}`", crate::text::path(path))]
    InUse { path: PathBuf },
}

impl Explain for SandboxError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Read { .. } | Self::Write { .. } => {
                "its state is kept in `.genesys-iam` beside the spec: check the permissions of both folders"
            }
            Self::Broken { .. } | Self::Version { .. } => {
                "run `genesys-iam sandbox reset` to start with an empty sandbox"
            }
            Self::Scenario(_) => "docs/sandbox.md describes the file",
            Self::InUse { .. } => {
                "where it is `genesys-iam sandbox serve`, stop it with Ctrl-C in its terminal; otherwise wait for it"
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        Status::Error
    }
}
