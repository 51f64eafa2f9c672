//! `import`: a spec for roles that exist.

use std::collections::BTreeSet;
use std::path::Path;

use super::{CommandError, Status};
use crate::arn::{AccountId, partition_of_region};
use crate::aws::{self, Clients, Transport};
use crate::cli::ImportArgs;
use crate::import::{Imported, import, looks_like_genesys, trusts_genesys};
use crate::render::output::Output;
use crate::render::style::{WARNING, paint};
use crate::spec::Aws;

/// Any region does to reach IAM; the functions say their own.
const REGION: &str = "us-east-1";

pub async fn run(args: &ImportArgs, output: &Output) -> Result<Status, CommandError> {
    let region = args.region.clone().unwrap_or_else(|| REGION.to_owned());
    let (clients, account) = connect(&region, args.profile.clone()).await?;
    let partition = partition_of_region(&region);
    // A role may be named by its ARN too.
    let name = |named: &String| named.rsplit('/').next().unwrap_or(named).to_owned();
    let mut names: BTreeSet<String> = args.roles.iter().map(name).collect();
    if args.all {
        let (trusting, others) = aws::roles_trusting(&clients, trusts_genesys, looks_like_genesys).await?;
        for role in &others {
            output.message(&format!(
                "{} role `{role}` is not taken: it trusts anyone, or an account that tutorials call Genesys's. \
                 `genesys-iam import {role}` takes it\n",
                paint(WARNING, "notice:")
            ));
        }
        if trusting.is_empty() {
            return Err(CommandError::NobodyTrustsGenesys(account));
        }
        names = trusting;
    }
    if names.is_empty() {
        return Err(CommandError::NothingToImport);
    }
    let mut roles = Vec::new();
    for name in &names {
        let role = aws::role(&clients, partition, &account, name).await?;
        roles.push(
            role.ok_or_else(|| CommandError::NoSuchRole { role: name.clone(), account: account.clone() })?,
        );
    }
    let stem = args.out.as_deref().and_then(Path::file_stem).map(|stem| stem.to_string_lossy().into_owned());
    let Imported { text, limits, is_spec } =
        import(stem.as_deref().unwrap_or("genesys"), &account, &region, &roles);
    match &args.out {
        Some(path) => {
            write_new(path, &text)?;
            output.message(&format!("{} roles are in {}\n", roles.len(), path.display()));
        }
        None => output.result(&text)?,
    }
    for limit in limits {
        output.message(&format!("{} {limit}\n", paint(WARNING, "notice:")));
    }
    if is_spec { Ok(Status::Done) } else { Err(CommandError::ImportIncomplete) }
}

/// Clients for the account of the caller's credentials, whichever it is.
pub(super) async fn connect(
    region: &str,
    profile: Option<String>,
) -> Result<(Clients, AccountId), CommandError> {
    // The account is what is asked for; nothing is held against it here.
    let nobody: AccountId = "000000000000".parse().map_err(|_| CommandError::NothingToImport)?;
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

/// Never over something that is there.
pub(super) fn write_new(path: &Path, text: &str) -> Result<(), CommandError> {
    use std::io::Write as _;
    let mut file = std::fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .open(path)
        .map_err(|source| CommandError::Write { path: path.to_owned(), source })?;
    file.write_all(text.as_bytes()).map_err(|source| CommandError::Write { path: path.to_owned(), source })
}
