//! What can go wrong before anything is known about the role.

use std::io;
use std::path::PathBuf;

use crate::arn::{AccountId, Arn};
use crate::commands::Status;
use crate::explain::Explain;

#[derive(Debug, thiserror::Error)]
pub enum DiagnoseError {
    #[error("`--profile` names credentials of AWS, and the sandbox has none")]
    ProfileInSandbox,
    #[error("`{0}` is not the name or the ARN of a role")]
    NotARole(String),
    #[error("`{role}` is in another account than the credentials, which belong to AWS account {account}")]
    OtherAccount { role: String, account: AccountId },
    #[error("AWS account {} has no role `{}`{}", role.account, role.name(), what.map(|what| format!(": that is {what}")).unwrap_or_default())]
    NoSuchRole {
        role: Box<Arn>,
        /// What has this name instead.
        what: Option<&'static str>,
        /// Roles that may be meant.
        meant: Vec<String>,
    },
    #[error("`--out` writes the spec of one role, and none is named")]
    OutNeedsRole,
    #[error("`--out` writes a spec, with the external ID in clear: it takes no `--format`")]
    OutIsNoReport,
    #[error("`--out` writes a spec, and `{}` is not the name of one", crate::text::path(.0))]
    OutIsNoSpec(PathBuf),
    #[error("cannot write `{}`: the file exists", crate::text::path(.0))]
    OutExists(PathBuf),
    #[error("`{option}` makes no spec: {why}")]
    With { option: String, why: String },
    #[error("no spec can have this role: {0}")]
    NoSpec(String),
    #[error("`--error -` reads the text from standard input, which is a terminal")]
    ErrorFromTerminal,
    #[error("cannot read the text from standard input")]
    Stdin(#[source] io::Error),
}

impl Explain for DiagnoseError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::NoSuchRole { role, what: _, meant } => {
                let first = match meant.as_slice() {
                    [] => "`genesys-iam diagnose` alone lists the roles that look like Genesys Cloud's"
                        .to_owned(),
                    [one] => format!("did you mean `{one}`?"),
                    several => format!("did you mean one of `{}`?", several.join("`, `")),
                };
                return Some(format!(
                    "{first}{} To diagnose that there is no such role, give its ARN: {role}",
                    if meant.is_empty() { "." } else { "" }
                ));
            }
            Self::OutIsNoReport | Self::OutIsNoSpec(_) => {
                "for a ticket, with masked IDs: `genesys-iam diagnose ROLE --format markdown > ticket.md`; for a spec: `--out NAME.toml`"
            }
            Self::OutExists(_) => "choose another name: a spec that exists is never overwritten",
            Self::ProfileInSandbox => "leave out `--profile` or `--sandbox`",
            Self::NotARole(_) => {
                "`genesys-iam diagnose` alone lists the roles that look like Genesys Cloud's"
            }
            Self::OtherAccount { .. } => "choose credentials of that account: `--profile`, or AWS_PROFILE",
            Self::OutNeedsRole => "name the role: `genesys-iam diagnose ROLE --out FILE`",
            Self::With { .. } => {
                "`--with` takes a line of the role's table, such as `extra_permissions = \"remove\"`; `--function` takes OLD=NEW"
            }
            Self::ErrorFromTerminal => "give it a file: `genesys-iam diagnose --error - < FILE`",
            Self::Stdin(_) => "give the text itself: `--error \"TEXT\"`",
            Self::NoSpec(_) => {
                "`--region` must be a region of the role's partition; otherwise please report this"
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::ProfileInSandbox
            | Self::NotARole(_)
            | Self::NoSuchRole { .. }
            | Self::OutNeedsRole
            | Self::OutIsNoReport
            | Self::OutIsNoSpec(_)
            | Self::ErrorFromTerminal
            | Self::With { .. } => Status::Usage,
            Self::OtherAccount { .. } => Status::Refused,
            Self::NoSpec(_) | Self::Stdin(_) | Self::OutExists(_) => Status::Error,
        }
    }
}
