//! `permissions`: the least-privilege IAM policy for this very spec. Offline.

use std::collections::BTreeMap;

use clap::Args;

use super::options::Global;
use super::{CommandError, Status, loading, specs};
use crate::model::resolve;
use crate::permissions::{CommandKind, genesys_permissions, permissions, size};
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
    let spec = loading::load_offline(&specs::one(global, "`permissions`", output)?, global, output)?;
    let purpose = match args.purpose {
        PermissionsFor::Plan => CommandKind::Plan,
        PermissionsFor::Check => CommandKind::Check,
        PermissionsFor::Apply => CommandKind::Apply,
        PermissionsFor::Destroy => CommandKind::Destroy,
    };
    let desired = resolve(&spec, &BTreeMap::new());
    let grants = permissions(&desired, purpose);
    let json = render::permissions::json(&grants);
    let size = size(&json);
    if size > quota::MANAGED_POLICY {
        output.message(&format!(
            "{} {size} characters: a customer managed policy takes {}. Make several of its statements, or an inline \
             policy (10,240 for a role)\n",
            paint(WARNING, "warning:"),
            quota::MANAGED_POLICY
        ));
    }
    let of_genesys = genesys_permissions(&desired, purpose);
    if !of_genesys.is_empty() {
        output.message(&format!("{}\n", render::permissions::genesys(&of_genesys)));
    }
    output.result(&match args.format {
        PermissionsFormat::Json => json,
        PermissionsFormat::Terraform => render::permissions::terraform(&grants),
    })?;
    Ok(Status::Done)
}
