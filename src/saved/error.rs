//! Why a plan cannot be saved, read, or carried out as saved.

use std::io;
use std::path::PathBuf;

use serde_json::Value;

use crate::explain::{Explain, Status};
use crate::file_kind::FileKind;
use crate::text::shell_word;
use crate::view::FORMAT_VERSION;

#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    #[error("cannot read the plan `{path}`", path = crate::text::path(.path))]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write the plan `{path}`", path = crate::text::path(.path))]
    Write { path: PathBuf, source: io::Error },
    #[error("`{path}` is {kind}, not a saved plan", path = crate::text::path(.path))]
    NotAPlan { path: PathBuf, kind: FileKind },
    #[error("the saved plan `{path}` is broken", path = crate::text::path(.path))]
    Broken { path: PathBuf, source: serde_json::Error },
    #[error("`{path}` was made in the sandbox, and `--sandbox` is not given", path = crate::text::path(.path))]
    MadeInSandbox { path: PathBuf },
    #[error("`{path}` was made for AWS itself, and this is the sandbox", path = crate::text::path(.path))]
    MadeOutside { path: PathBuf },
    #[error("`{path}` has the format version {found}, this genesys-iam knows {known}", path = crate::text::path(.path), known = FORMAT_VERSION)]
    Version { path: PathBuf, found: Value },
    #[error("`{path}` was edited: it does not fit its own digest", path = crate::text::path(.path))]
    Edited { path: PathBuf },
    #[error("`{path}` was made by an earlier genesys-iam, which kept nothing to show", path = crate::text::path(.path))]
    Old { path: PathBuf },
    #[error("the plan was made with {}, and that is not given here", .0.join(" and "))]
    NotRepeated(Vec<&'static str>),
    #[error("the plan is for the roles {}, and `--role` says otherwise", .0.join(", "))]
    OtherRoles(Vec<String>),
    #[error("the plan leaves out the roles {}, and `--except` says otherwise", .0.join(", "))]
    OtherExcept(Vec<String>),
    #[error("the plan is for the specs of the accounts {}, and `--account` says otherwise", .0.join(", "))]
    OtherAccounts(Vec<String>),
    /// `files`: those that the plan is for.
    #[error("the plan is for other specs; nothing was changed\n  {}", .differences.join("\n  "))]
    OtherSpecs { differences: Vec<String>, files: Vec<String> },
    #[error("the plan is for one spec, and several are given")]
    OneSpec,
    #[error("`{path}` exists and is not a saved plan: it is not overwritten", path = crate::text::path(.path))]
    InTheWay { path: PathBuf },
    #[error(
        "the external ID of role `{role}` is masked and not a GUID: the plan's digests could give it away"
    )]
    WeakExternalId { role: String },
}

impl Explain for SavedError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Edited { .. } => {
                "look at what changed, then make a new plan: `genesys-iam plan --out FILE`"
            }
            Self::NotAPlan { path, kind: FileKind::Spec } => {
                let path = shell_word(&path.to_string_lossy());
                return Some(format!("to apply this spec: `genesys-iam apply --file {path}`"));
            }
            Self::NotAPlan { kind: FileKind::Report("plan"), .. } => {
                "`plan --json` is for programs; `genesys-iam plan --out FILE` makes a plan that can be applied"
            }
            Self::Read { source, .. } if source.kind() == io::ErrorKind::IsADirectory => {
                "name a saved plan; specs are named with `--file`: `genesys-iam apply --file FOLDER`"
            }
            Self::Read { .. }
            | Self::NotAPlan { .. }
            | Self::Broken { .. }
            | Self::Version { .. }
            | Self::Old { .. } => "`genesys-iam plan --out FILE` makes a plan that can be applied",
            Self::MadeInSandbox { path } => {
                let path = shell_word(&path.to_string_lossy());
                return Some(format!(
                    "to carry it out in the sandbox: `genesys-iam --sandbox apply {path}`; for AWS itself make a plan without `--sandbox`"
                ));
            }
            Self::MadeOutside { .. } => {
                "leave out `--sandbox`, or make a plan of the sandbox: `genesys-iam --sandbox plan --out FILE`"
            }
            // A file records what was reviewed; it cannot permit what the command line does not.
            Self::NotRepeated(flags) => {
                let flags: Vec<&str> = flags.iter().map(|flag| flag.trim_matches('`')).collect();
                return Some(format!(
                    "if this is what was reviewed, repeat it after the file: `genesys-iam apply PLAN.json {}`",
                    flags.join(" ")
                ));
            }
            Self::OtherAccounts(_) => "leave `--account` out: the plan says for which accounts it is",
            Self::OtherSpecs { files, .. } => {
                let files: Vec<String> =
                    files.iter().map(|file| format!("--file {}", shell_word(file))).collect();
                return Some(format!(
                    "name the specs that the plan was made for, or their folder: `genesys-iam apply PLAN.json {}`",
                    files.join(" ")
                ));
            }
            Self::OneSpec => "name its spec: `--file SPEC`",
            Self::OtherRoles(_) => "leave `--role` out: the plan says for which roles it is",
            Self::OtherExcept(_) => "leave `--except` out: the plan says for which roles it is",
            Self::InTheWay { .. } => "give `--out` another file",
            Self::Write { .. } => {
                "give `--out` a file in a folder that can be written to and has room; nothing else was changed"
            }
            Self::WeakExternalId { .. } => {
                "write the external ID into the spec, or apply without a saved plan"
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::Edited { .. }
            | Self::InTheWay { .. }
            | Self::NotRepeated(_)
            | Self::OtherRoles(_)
            | Self::OtherExcept(_)
            | Self::OtherAccounts(_)
            | Self::OtherSpecs { .. }
            | Self::MadeInSandbox { .. }
            | Self::MadeOutside { .. }
            | Self::WeakExternalId { .. } => Status::Refused,
            Self::OneSpec => Status::Usage,
            Self::Read { .. }
            | Self::Write { .. }
            | Self::NotAPlan { .. }
            | Self::Broken { .. }
            | Self::Version { .. }
            | Self::Old { .. } => Status::Error,
        }
    }
}
