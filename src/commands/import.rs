//! `import`: a spec for roles that exist.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::files::write_new;
use super::options::Global;
use super::report::report_json;
use super::{CommandError, Status, connections};
use crate::arn::{AccountId, partition_of_region};
use crate::aws::{self, Clients, Transport};
use crate::explain::Explain;
use crate::genesys::Details;
use crate::import::{Imported, import, looks_like_genesys, trusts_genesys};
use crate::render::output::Output;
use crate::render::style::{WARNING, paint};
use crate::spec::Aws;
use crate::text::plural;

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// These roles, by name or ARN
    #[arg(value_name = "ROLE")]
    pub roles: Vec<String>,
    /// Every role of the account that trusts an account of Genesys's
    #[arg(long, conflicts_with = "roles")]
    pub all: bool,
    /// Write the spec to this file, which must not exist
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// AWS region, where the functions do not say it; it also decides the partition
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// AWS profile
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
}

/// Any region does to reach IAM; the functions say their own.
const REGION: &str = "us-east-1";

pub async fn run(global: &Global, args: &ImportArgs, output: &Output) -> Result<Status, CommandError> {
    let mut region = args.region.clone().unwrap_or_else(|| REGION.to_owned());
    let (clients, account, genesys) = if global.sandbox {
        if args.profile.is_some() {
            return Err(ImportError::ProfileInSandbox.into());
        }
        let (clients, genesys, spec) =
            connections::in_sandbox(global, args.region.as_deref(), output).await?;
        if args.region.is_none() {
            region = spec.aws.region;
        }
        (clients, spec.aws.account_id, Some(genesys))
    } else {
        let (clients, account) = connect(&region, args.profile.clone()).await?;
        let genesys = connections::genesys_without_spec(global, args.profile.as_deref(), output).await?;
        (clients, account, genesys)
    };
    let partition = partition_of_region(&region);
    // A role may be named by its ARN too.
    let name = |named: &String| named.rsplit('/').next().unwrap_or(named).to_owned();
    let mut names: BTreeSet<String> = args.roles.iter().map(name).collect();
    let mut not_taken: Vec<String> = Vec::new();
    if args.all {
        let (trusting, others) = aws::roles_trusting(&clients, trusts_genesys, looks_like_genesys).await?;
        for role in &others {
            output.note(&format!(
                "{} role `{role}` is not taken: it trusts anyone, or an account that tutorials call Genesys's. \
                 `genesys-iam import {role}` takes it\n",
                paint(WARNING, "notice:")
            ));
        }
        if trusting.is_empty() {
            return Err(ImportError::NobodyTrustsGenesys(account).into());
        }
        names = trusting;
        not_taken = others.into_iter().collect();
    }
    if names.is_empty() {
        return Err(ImportError::NothingToImport.into());
    }
    let mut roles = Vec::new();
    for name in &names {
        let role = aws::role(&clients, partition, &account, name).await?;
        roles.push(
            role.ok_or_else(|| ImportError::NoSuchRole { role: name.clone(), account: account.clone() })?,
        );
    }
    let organization = match &genesys {
        None => None,
        Some(client) => match crate::genesys::live(client, &[], Details::All).await {
            Ok(organization) => Some(organization),
            Err(error) => {
                output.note(&format!(
                    "{} Genesys Cloud's side is left out: {}\n",
                    paint(WARNING, "notice:"),
                    error.brief()
                ));
                None
            }
        },
    };
    let stem = args.out.as_deref().and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    let Imported { text, limits, is_spec } =
        import(stem.as_deref().unwrap_or("genesys"), &account, &region, &roles, organization.as_ref());
    let status = if is_spec { Status::Done } else { Status::Error };
    if global.json {
        let members =
            json!({ "spec": text, "is_complete": is_spec, "not_taken": not_taken, "notices": limits });
        report_json("genesys-iam import", &members, status, output)?;
    }
    match &args.out {
        Some(path) => {
            write_new(path, &text)?;
            let count = plural(roles.len(), "role");
            output.note(&format!("imported {count} into {}\n", path.display()));
        }
        None if global.json => return Ok(status),
        None => output.result(&text)?,
    }
    for limit in limits {
        output.message(&format!("{} {limit}\n", paint(WARNING, "notice:")));
    }
    if is_spec { Ok(Status::Done) } else { Err(ImportError::Incomplete.into()) }
}

/// Clients for the account of the caller's credentials, whichever it is.
pub(super) async fn connect(
    region: &str,
    profile: Option<String>,
) -> Result<(Clients, AccountId), CommandError> {
    // The account is what is asked for; nothing is held against it here.
    let nobody: AccountId = "000000000000".parse().map_err(|_| ImportError::NothingToImport)?;
    let aws = Aws {
        region: region.to_owned(),
        account_id: nobody,
        partition: partition_of_region(region).to_owned(),
        profile,
        assume_role: None,
        endpoint_url: None,
    };
    let clients = aws::connect(&aws, Transport::Network).await?;
    let account = aws::caller(&clients).await?.account;
    Ok((clients, account))
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("`--profile` names credentials of AWS, and the sandbox has none")]
    ProfileInSandbox,
    #[error("no role is named")]
    NothingToImport,
    #[error("no role of AWS account {0} trusts an account of Genesys's")]
    NobodyTrustsGenesys(AccountId),
    #[error("AWS account {account} has no role `{role}`")]
    NoSuchRole { role: String, account: AccountId },
    #[error("the written spec is incomplete: some values must be filled in, or a role cannot be expressed")]
    Incomplete,
}

impl Explain for ImportError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::ProfileInSandbox => "leave out `--profile` or `--sandbox`",
            Self::NothingToImport => {
                "name roles, or give `--all` for every role that trusts an account of Genesys's"
            }
            Self::NobodyTrustsGenesys(_) => "name the roles that you mean, or begin with `genesys-iam init`",
            Self::NoSuchRole { .. } => {
                "names are case-sensitive; `genesys-iam import --all` finds those that trust Genesys"
            }
            Self::Incomplete => {
                "the comments in it and the notices above say what; `genesys-iam validate` shows what is left"
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::ProfileInSandbox => Status::Usage,
            Self::NothingToImport
            | Self::NobodyTrustsGenesys(_)
            | Self::NoSuchRole { .. }
            | Self::Incomplete => Status::Error,
        }
    }
}
