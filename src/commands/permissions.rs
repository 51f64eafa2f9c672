//! `permissions`: the least-privilege IAM policy for exactly these specs. Offline.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::fleet::{NothingSelected, selected};
use super::options::{Global, Select};
use super::specs::SpecsError;
use super::{CommandError, Status, loading, specs};
use crate::arn::AccountId;
use crate::explain::Explain;
use crate::model::{DesiredState, resolve};
use crate::permissions::{CommandKind, Permission, genesys_permissions, permissions, size};
use crate::policy::quota;
use crate::render;
use crate::render::output::Output;
use crate::render::style::{WARNING, paint};

#[derive(Debug, Args)]
pub struct PermissionsArgs {
    /// For this command; apply includes plan and the check at its end
    #[arg(long = "for", value_name = "COMMAND", default_value = "apply")]
    pub purpose: PermissionsFor,
    /// An IAM policy document, or Terraform's data source for one
    #[arg(long, value_name = "FORMAT", default_value = "json")]
    pub format: PermissionsFormat,
    #[command(flatten)]
    pub select: Select,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PermissionsFor {
    Plan,
    Apply,
    Destroy,
    Check,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PermissionsFormat {
    Json,
    Terraform,
}

pub fn run(global: &Global, args: &PermissionsArgs, output: &Output) -> Result<Status, CommandError> {
    let mut loaded = Vec::new();
    for source in specs::named(global, output)? {
        loaded.push(Ok(loading::load_offline(&source, global, output)?));
    }
    if let Some(nothing) = NothingSelected::of(loaded.iter(), &args.select) {
        return Err(nothing.into());
    }
    let specs = loaded.into_iter().flatten().filter_map(|spec| selected(spec, &args.select));
    let desired = of_one_account(specs.map(|spec| resolve(&spec, &BTreeMap::new())))?;
    let (purpose, command) = match args.purpose {
        PermissionsFor::Plan => (CommandKind::Plan, "plan"),
        PermissionsFor::Check => (CommandKind::Check, "check"),
        PermissionsFor::Apply => (CommandKind::Apply, "apply"),
        PermissionsFor::Destroy => (CommandKind::Destroy, "destroy"),
    };
    let grants = permissions(&desired, purpose);
    let policies = render::permissions::policies(&grants);
    if policies.len() > 1 {
        output.message(&too_long(&grants, policies.len(), args.format));
    }
    let of_genesys = genesys_permissions(&desired, purpose);
    if !of_genesys.is_empty() {
        output.message(&format!("{}\n", render::permissions::genesys(&of_genesys)));
    }
    output.result(&match args.format {
        PermissionsFormat::Json => render::permissions::json(&policies),
        PermissionsFormat::Terraform => {
            let name = format!("genesys_iam_{}_{}", command, desired.account_id);
            render::permissions::terraform(&name, &policies)
        }
    })?;
    Ok(Status::Done)
}

/// Says that the permissions take several policies, and what to do with them.
fn too_long(grants: &[Permission], policies: usize, format: PermissionsFormat) -> String {
    let size = size(&render::permissions::json(&[grants.to_vec()]));
    let printed = match format {
        PermissionsFormat::Json => format!("an array of {policies} policies"),
        PermissionsFormat::Terraform => format!("{policies} data sources"),
    };
    let more_than_attach = match policies {
        0..=quota::ATTACHED_POLICIES => "",
        _ => {
            ". That is more than a role takes unless its quota is raised: select fewer roles (`--role`), one identity for each"
        }
    };
    format!(
        "{} {size} characters, and a customer managed policy takes {}: this is {printed} that fit. Create and attach them \
         all{more_than_attach}\n",
        paint(WARNING, "warning:"),
        quota::MANAGED_POLICY
    )
}

/// Merges what all specs want: a policy belongs to one account.
fn of_one_account(mut states: impl Iterator<Item = DesiredState>) -> Result<DesiredState, CommandError> {
    let Some(mut all) = states.next() else { return Err(SpecsError::NoSpec.into()) };
    let mut others = BTreeSet::new();
    for DesiredState { account_id, reads_organization, roles, excluded, .. } in states {
        if account_id != all.account_id {
            others.insert(account_id);
        }
        all.roles.extend(roles);
        all.excluded.extend(excluded);
        all.reads_organization |= reads_organization;
    }
    if others.is_empty() {
        return Ok(all);
    }
    others.insert(all.account_id);
    Err(SeveralAccounts(others).into())
}

#[derive(Debug, thiserror::Error)]
#[error("the specs are of {} AWS accounts, and a policy is for one", .0.len())]
struct SeveralAccounts(BTreeSet<AccountId>);

impl Explain for SeveralAccounts {
    fn help(&self) -> Option<String> {
        let options: Vec<String> = self.0.iter().map(|account| format!("`--account {account}`")).collect();
        Some(format!("choose one: {}", options.join(", ")))
    }

    fn status(&self) -> Status {
        Status::Usage
    }
}
