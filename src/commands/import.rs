//! `import`: a spec for existing roles.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use clap::Args;
use serde_json::json;

use super::connections::{GenesysAccess, SessionError};
use super::files::{FileError, write_new};
use super::loading::{load_offline, mask_ids_of_specs, with_ids_from_variables};
use super::options::Global;
use super::report::report_json;
use super::specs::{SpecSource, spec_name_for};
use super::{CommandError, Status, connections, specs};
use crate::arn::{AccountId, partition_of_region};
use crate::aws::{self, Clients};
use crate::explain::Explain;
use crate::files::{self, Overwrite};
use crate::genesys::Details;
use crate::import::{Imported, SpecHead, import, looks_like_genesys, trusts_genesys};
use crate::model::{Tags, is_managed};
use crate::render::output::Output;
use crate::render::style::{WARNING, paint};
use crate::spec::{Aws, DEFAULT_FILE, ExternalId, GenesysCloud, SPEC_KEY, default_spec_name, given_endpoint};
use crate::text::{plural, shell_word};

#[derive(Debug, Args)]
pub struct ImportArgs {
    /// These roles, by name or ARN
    #[arg(value_name = "ROLE")]
    pub roles: Vec<String>,
    /// Every role of the account that trusts one of Genesys's accounts
    #[arg(long, conflicts_with = "roles")]
    pub all: bool,
    /// Only roles that no spec has made; exits with 2 if there are any
    #[arg(long, requires = "all")]
    pub unmanaged: bool,
    /// Write the spec to this file, which must not exist
    #[arg(long, value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Write each data action to a file of its own in this folder, as the UI exports it, instead of into the spec
    #[arg(long, value_name = "DIR")]
    pub actions_dir: Option<PathBuf>,
    /// AWS region, if the functions do not name it; it also decides the partition
    #[arg(long, value_name = "REGION")]
    pub region: Option<String>,
    /// AWS profile
    #[arg(long, value_name = "PROFILE")]
    pub profile: Option<String>,
}

/// Any region can reach IAM; the functions name their own.
const REGION: &str = "us-east-1";

pub async fn run(global: &Global, args: &ImportArgs, output: &Output) -> Result<Status, CommandError> {
    let folder = match &args.actions_dir {
        Some(folder) => Some(as_the_spec_names_it(folder, args.out.as_deref())?),
        None => None,
    };
    if args.all {
        let accounts = accounts_of_specs(global)?;
        if accounts.len() > 1 {
            return Err(ImportError::SeveralAccounts { accounts, unmanaged: args.unmanaged }.into());
        }
    }
    let mut region = args.region.clone().or_else(environment_region).unwrap_or_else(|| REGION.to_owned());
    let (cloud, external_id) = organization_of_specs(global)?;
    mask_ids_of_specs(global, output);
    let (clients, account, genesys) = if global.sandbox {
        if args.profile.is_some() {
            return Err(ImportError::ProfileInSandbox.into());
        }
        let (clients, genesys, aws) = connections::in_sandbox(global, args.region.as_deref(), output).await?;
        region = aws.region;
        (clients, aws.account_id, GenesysAccess { client: Some(genesys), trouble: None })
    } else {
        let (clients, account) = connect(global, &region, args.profile.clone(), output).await?;
        let (profile, like) = (args.profile.as_deref(), cloud.clone());
        let genesys = connections::genesys_without_spec(global, profile, like, output).await?;
        (clients, account, genesys)
    };
    let partition = partition_of_region(&region);
    // A role may be named by its ARN too.
    let name = |named: &String| named.rsplit('/').next().unwrap_or(named).to_owned();
    let mut names: BTreeSet<String> = args.roles.iter().map(name).collect();
    let mut not_taken: Vec<String> = Vec::new();
    if args.all {
        let is_meant = |tags: &Tags| !(args.unmanaged && is_managed(tags));
        let (trusting, others) =
            aws::roles_trusting(&clients, trusts_genesys, looks_like_genesys, is_meant).await?;
        for role in &others {
            let take = output.remedy(&format!("`genesys-iam import {}` takes it", shell_word(role)));
            output.note(&format!(
                "{} role `{role}` is not taken: it trusts anyone, or an account that tutorials call Genesys's. {take}\n",
                paint(WARNING, "notice:")
            ));
        }
        if trusting.is_empty() && args.unmanaged {
            return none_unmanaged(global, &account, others, output);
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
    let organization = match &genesys.client {
        None if folder.is_some() => {
            let variables = cloud.client_variables();
            return Err(GenesysAccess::missing(genesys.trouble.as_ref(), variables).into());
        }
        None if cloud.credentials.is_some() => {
            let [id, secret] = cloud.client_variables();
            output.note(&format!(
                "{} Genesys Cloud's side is left out: the environment has no credentials of the organization ({id}, {secret})\n",
                paint(WARNING, "notice:")
            ));
            None
        }
        None => None,
        Some(client) => match crate::genesys::live(client, &[], Details::All).await {
            Ok(organization) => Some(organization),
            Err(error) if folder.is_some() => return Err(error.into()),
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
    let file = args.out.as_deref().unwrap_or(Path::new(DEFAULT_FILE));
    // What a lost spec of this file made stays its own.
    let by_file = default_spec_name(&file.file_stem().unwrap_or_default().to_string_lossy());
    let tag = roles.first().and_then(|role| role.role.tags.get(SPEC_KEY));
    let name = match tag.filter(|tag| roles.iter().all(|role| role.role.tags.get(SPEC_KEY) == Some(tag))) {
        // All that the account has of it: where only some are named, another spec of that name may have the others.
        Some(tag) if *tag == by_file || args.all && !args.unmanaged => tag.clone(),
        _ => spec_name_for(file, names.first().map_or("", String::as_str)),
    };
    let Imported { text, limits, is_spec, commented, files } = import(
        &SpecHead {
            name: &name,
            account: &account,
            region: &region,
            profile: args.profile.as_deref().filter(|_| !global.sandbox),
            cloud: &cloud,
            external_id: external_id.as_ref().map(ExternalId::expose),
        },
        &roles,
        organization.as_ref(),
        folder.as_deref(),
    );
    let text = with_ids_from_variables(text, output);
    let status = match is_spec {
        _ if args.unmanaged => Status::Changes,
        true => Status::Done,
        false => Status::Error,
    };
    let managed = roles.iter().filter(|role| is_managed(&role.role.tags)).count();
    if args.all && managed > 0 {
        output.note(&format!(
            "{} {managed} of {} made by a spec already: `--all --unmanaged` leaves such roles out\n",
            paint(WARNING, "note:"),
            match roles.len() {
                1 => "1 role is".to_owned(),
                all => format!("{all} roles are"),
            }
        ));
    }
    // The files first: without them the spec is not valid.
    write_actions(&files, args, output)?;
    if global.json {
        let members = json!({ "spec": text, "is_complete": is_spec, "not_taken": not_taken, "files": files.keys().collect::<Vec<_>>(), "notices": limits });
        report_json("genesys-iam import", &members, status, output)?;
    }
    match &args.out {
        Some(path) => {
            write_new(path, &text, output)?;
            let mut count = plural(roles.len() - commented, "role");
            if commented > 0 {
                count.push_str(&format!(", and {commented} as comments,"));
            }
            // A sandbox belongs to the folder of its specs.
            let beside = beside_the_sandbox(global, path);
            let moved = match &beside {
                Some(beside) => {
                    format!(", and move it to {}, where this sandbox is", crate::text::path(beside))
                }
                None => String::new(),
            };
            let spec = SpecSource::File(beside.unwrap_or_else(|| path.clone()))
                .option()
                .map(|option| format!(" {option}"))
                .unwrap_or_default();
            let invocation = output.invocation().on(None);
            output.note(&format!(
                "imported {count} into {}. Look at it{moved}, then: {invocation}{spec} plan\n",
                crate::text::path(path)
            ));
        }
        None if global.json => return Ok(status),
        None => output.result(&text)?,
    }
    for limit in limits {
        output.message(&format!("{} {limit}\n", paint(WARNING, "notice:")));
    }
    match is_spec {
        true => Ok(status),
        // There are roles that no spec has made, whatever can be written of them.
        false if args.unmanaged => {
            output.message(&format!("{} {}\n", paint(WARNING, "notice:"), ImportError::Incomplete(None)));
            Ok(Status::Changes)
        }
        false => Err(ImportError::Incomplete(args.out.clone()).into()),
    }
}

/// Where the written spec has to be to be about the sandbox that was read, if it is elsewhere.
fn beside_the_sandbox(global: &Global, path: &Path) -> Option<PathBuf> {
    if !global.sandbox {
        return None;
    }
    let read = specs::named(global, &Output::capture()).ok()?.into_iter().next()?;
    let written = SpecSource::File(path.to_owned());
    let [there, here] = [&read, &written].map(|source| std::path::absolute(source.state_file()).ok());
    (there != here).then(|| read.folder().join(path.file_name().unwrap_or_default()))
}

/// Every role that certainly trusts Genesys has a spec's tag; the others were named above.
fn none_unmanaged(
    global: &Global,
    account: &AccountId,
    others: BTreeSet<String>,
    output: &Output,
) -> Result<Status, CommandError> {
    let status = if others.is_empty() { Status::Done } else { Status::Changes };
    output.note(&format!(
        "no role of AWS account {account} that trusts an account of Genesys's is without the tag of a spec; `genesys-iam plan` of that spec \
         says whether it still has the role\n"
    ));
    if global.json {
        let members =
            json!({ "spec": "", "is_complete": true, "not_taken": others, "files": [], "notices": [] });
        report_json("genesys-iam import", &members, status, output)?;
    }
    Ok(status)
}

/// The path of the data actions' folder as the spec should name it; the spec is written to `out` or into this folder.
fn as_the_spec_names_it(folder: &Path, out: Option<&Path>) -> Result<String, ImportError> {
    let elsewhere = || ImportError::ActionsElsewhere(folder.to_owned());
    let beside = out.and_then(Path::parent).unwrap_or(Path::new(""));
    let beside = std::path::absolute(Path::new(".").join(beside)).map_err(|_| elsewhere())?;
    let folder = std::path::absolute(folder).map_err(|_| elsewhere())?;
    let below = folder.strip_prefix(&beside).map_err(|_| elsewhere())?;
    let parts: Option<Vec<&str>> = below
        .components()
        .map(|part| part.as_os_str().to_str().filter(|part| !part.starts_with('.')))
        .collect();
    Ok(parts.ok_or_else(elsewhere)?.join("/"))
}

/// Writes all of them, or none if one of them exists.
fn write_actions(
    files: &BTreeMap<String, String>,
    args: &ImportArgs,
    output: &Output,
) -> Result<(), FileError> {
    let Some(folder) = args.actions_dir.as_deref().filter(|_| !files.is_empty()) else { return Ok(()) };
    let failed = |path: &Path, source| FileError::Write { path: path.to_owned(), source };
    let path_of = |name: &str| folder.join(name.rsplit('/').next().unwrap_or(name));
    files::create_folder(folder).map_err(|source| failed(folder, source))?;
    for path in files.keys().map(|name| path_of(name)).chain(args.out.clone()) {
        files::check(&path, Overwrite::Never).map_err(|source| failed(&path, source))?;
    }

    for (name, text) in files {
        write_new(&path_of(name), text, output)?;
    }
    output.note(&format!("{} in {}\n", plural(files.len(), "data action"), crate::text::path(folder)));
    Ok(())
}

/// Clients for the account of the caller's credentials, whichever it is.
pub(super) async fn connect(
    global: &Global,
    region: &str,
    profile: Option<String>,
    output: &Output,
) -> Result<(Clients, AccountId), CommandError> {
    // The account is what we are asking for, so nothing is compared with this one.
    let nobody: AccountId = "000000000000".parse().map_err(|_| ImportError::NothingToImport)?;
    if let Some(url) = &global.aws_endpoint_url {
        let flag = "--aws-endpoint-url";
        given_endpoint(url).map_err(|error| SessionError::Endpoint { flag, error })?;
    }
    let aws = Aws {
        region: region.to_owned(),
        account_id: nobody,
        partition: partition_of_region(region).to_owned(),
        profile,
        assume_role: None,
        endpoint_url: global.aws_endpoint_url.clone(),
    };
    let aws = match &global.assume_role {
        Some(role) => role.instead_of(Aws { account_id: account_of_specs(global)?, ..aws }),
        None => aws,
    };
    let clients = connections::Connections::default().clients(&aws, output).await?;
    let account = aws::caller(&clients).await?.account;
    Ok((clients, account))
}

/// The account of the specs that the command line names: a role to assume is named without one.
fn account_of_specs(global: &Global) -> Result<AccountId, CommandError> {
    let mut accounts = accounts_of_specs(global)?;
    match (accounts.pop_first(), accounts.is_empty()) {
        (Some((account, _)), true) => Ok(account),
        _ => Err(ImportError::WhoseRole.into()),
    }
}

/// The organization that all specs of the command line are about, and the external ID of all of their roles.
fn organization_of_specs(global: &Global) -> Result<(GenesysCloud, Option<ExternalId>), CommandError> {
    let mut clouds = Vec::new();
    let mut ids = Vec::new();
    if !global.files.is_empty() {
        for source in specs::named(global, &Output::capture())? {
            let spec = load_offline(&source, global, &Output::capture())?;
            clouds.push(spec.genesys);
            ids.extend(spec.roles.into_iter().map(|role| role.external_id));
        }
    }
    let first = clouds.first().cloned().unwrap_or_default();
    let is_same =
        |cloud: &GenesysCloud| (&cloud.region, &cloud.credentials) == (&first.region, &first.credentials);
    let cloud = if clouds.iter().all(is_same) { first } else { GenesysCloud::default() };
    let is_one = ids.windows(2).all(|pair| pair[0].expose() == pair[1].expose());
    Ok((cloud, ids.pop().filter(|_| is_one)))
}

/// The accounts of the specs that the command line names, each with one of its files.
fn accounts_of_specs(global: &Global) -> Result<BTreeMap<AccountId, String>, CommandError> {
    let mut accounts = BTreeMap::new();
    if !global.files.is_empty() {
        for source in specs::named(global, &Output::capture())? {
            let spec = load_offline(&source, global, &Output::capture())?;
            accounts.entry(spec.aws.account_id).or_insert(source.display());
        }
    }
    Ok(accounts)
}

/// The region from the environment, as AWS's own tools read it.
pub(super) fn environment_region() -> Option<String> {
    let region = |name: &str| std::env::var(name).ok().filter(|region| !region.is_empty());
    region("AWS_REGION").or_else(|| region("AWS_DEFAULT_REGION"))
}

#[derive(Debug, thiserror::Error)]
pub enum ImportError {
    #[error("`--profile` names credentials of AWS, and the sandbox has none")]
    ProfileInSandbox,
    #[error("`--assume-role` names a role without its account, and no spec says which is meant")]
    WhoseRole,
    #[error("the specs are of {} AWS accounts, and `import` looks at one at a time", accounts.len())]
    SeveralAccounts { accounts: BTreeMap<AccountId, String>, unmanaged: bool },
    #[error("no role is named")]
    NothingToImport,
    #[error("no role of AWS account {0} trusts an account of Genesys's")]
    NobodyTrustsGenesys(AccountId),
    #[error("`--actions-dir {folder}` is not below the folder of the spec, or is hidden", folder = crate::text::path(.0))]
    ActionsElsewhere(PathBuf),
    #[error("AWS account {account} has no role `{role}`")]
    NoSuchRole { role: String, account: AccountId },
    #[error("the written spec is incomplete: some values must be filled in, or a role cannot be expressed")]
    Incomplete(Option<PathBuf>),
}

impl Explain for ImportError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::ProfileInSandbox => "leave out `--profile` or `--sandbox`",
            Self::WhoseRole => "name one spec of that account: `--file FILE`",
            Self::SeveralAccounts { accounts, unmanaged } => {
                let all = if *unmanaged { "--all --unmanaged" } else { "--all" };
                let each = accounts.iter().map(|(account, file)| {
                    format!("`genesys-iam import {all} --file {}` ({account})", shell_word(file))
                });
                return Some(format!("one after the other: {}", each.collect::<Vec<_>>().join(", ")));
            }
            Self::ActionsElsewhere(_) => {
                "a spec names files beside and below itself: choose a folder there, such as `--actions-dir actions`"
            }
            Self::NothingToImport => {
                "name roles, or give `--all` for every role that trusts an account of Genesys's"
            }
            Self::NobodyTrustsGenesys(_) => "name the roles that you mean, or begin with `genesys-iam init`",
            Self::NoSuchRole { .. } => {
                "names are case-sensitive; `genesys-iam import --all` finds those that trust Genesys"
            }
            Self::Incomplete(Some(file)) => {
                return Some(format!(
                    "the comments in it and the notices above say what; `genesys-iam validate {}` shows what is left",
                    shell_word(&file.to_string_lossy())
                ));
            }
            Self::Incomplete(None) => {
                "the comments in it and the notices above say what; `--out FILE` writes it to a file, and `genesys-iam validate FILE` shows what is left"
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        match self {
            Self::ProfileInSandbox
            | Self::WhoseRole
            | Self::SeveralAccounts { .. }
            | Self::ActionsElsewhere(_) => Status::Usage,
            Self::NothingToImport
            | Self::NobodyTrustsGenesys(_)
            | Self::NoSuchRole { .. }
            | Self::Incomplete(_) => Status::Error,
        }
    }
}
