//! What can go wrong before anything is known about the role.

use std::io;

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
    #[error("AWS account {} has no role `{}`", role.account, role.name())]
    Misspelt { role: Box<Arn>, near: String },
    #[error("`--out` writes the spec of one role, and none is named")]
    OutNeedsRole,
    #[error("`--with {line}` makes no spec: {why}")]
    With { line: String, why: String },
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
            Self::Misspelt { role, near } => {
                return Some(format!(
                    "did you mean `{near}`? To diagnose that there is no such role, give its ARN: {role}"
                ));
            }
            Self::ProfileInSandbox => "leave out `--profile` or `--sandbox`",
            Self::NotARole(_) => {
                "`genesys-iam diagnose` alone lists the roles that look like Genesys Cloud's"
            }
            Self::OtherAccount { .. } => "choose credentials of that account: `--profile`, or AWS_PROFILE",
            Self::OutNeedsRole => "name the role: `genesys-iam diagnose ROLE --out FILE`",
            Self::With { .. } => {
                "give it a line of the role's table, such as `extra_permissions = \"remove\"`"
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
            | Self::Misspelt { .. }
            | Self::OutNeedsRole
            | Self::ErrorFromTerminal
            | Self::With { .. } => Status::Usage,
            Self::OtherAccount { .. } => Status::Refused,
            Self::NoSpec(_) | Self::Stdin(_) => Status::Error,
        }
    }
}
