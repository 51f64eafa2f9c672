//! `permissions`: the least-privilege IAM policy for exactly these specs. Offline.

use std::collections::{BTreeMap, BTreeSet};

use clap::Args;

use super::fleet::{NothingSelected, selected};
use super::options::{Global, Select};
use super::report::report_json;
use super::specs::SpecsError;
use super::{CommandError, Status, loading, specs};
use crate::arn::AccountId;
use crate::explain::Explain;
use crate::model::{DesiredRole, DesiredState, resolve};
use crate::permissions::{
    CommandKind, GenesysPermission, Permission, genesys_permissions, genesys_together, import_permissions,
    permissions, prune_permissions, size, together, viewing_permissions,
};
use crate::policy::quota;
use crate::render;
use crate::render::output::Output;
use crate::render::style::{WARNING, paint};
use crate::spec::{Boundary, Spec};
use crate::view::few;

#[derive(Debug, Args)]
pub struct PermissionsArgs {
    /// For this command, or for several that one identity runs, separated by commas; apply includes plan and the check at its
    /// end, drift is plan and check
    #[arg(long = "for", value_name = "COMMAND,…", value_delimiter = ',', default_value = "apply")]
    pub purposes: Vec<PermissionsFor>,
    /// Also what `--prune` needs to remove the role of this name, which no spec has any longer (repeatable)
    #[arg(long, value_name = "NAME")]
    pub pruned: Vec<String>,
    /// An IAM policy document, Terraform's data source for one, or a report with Genesys Cloud's permissions too (as --json)
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
    Drift,
    Import,
}

impl PermissionsFor {
    fn commands(self) -> &'static [CommandKind] {
        match self {
            Self::Plan => &[CommandKind::Plan],
            Self::Apply => &[CommandKind::Apply],
            Self::Destroy => &[CommandKind::Destroy],
            Self::Check => &[CommandKind::Check],
            Self::Drift => &[CommandKind::Plan, CommandKind::Check],
            // It is about an account, not about a spec.
            Self::Import => &[],
        }
    }

    fn word(self) -> &'static str {
        match self {
            Self::Plan => "plan",
            Self::Apply => "apply",
            Self::Destroy => "destroy",
            Self::Check => "check",
            Self::Drift => "drift",
            Self::Import => "import",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum PermissionsFormat {
    Json,
    Terraform,
    Report,
}

pub fn run(global: &Global, args: &PermissionsArgs, output: &Output) -> Result<Status, CommandError> {
    let is_import = args.purposes.contains(&PermissionsFor::Import);
    let mut loaded = Vec::new();
    let named = match specs::named(global, output) {
        // Before there is a spec, for whatever account the caller is in.
        Err(error)
            if args.purposes == [PermissionsFor::Import]
                && matches!(error.find(), Some(SpecsError::NoSpec)) =>
        {
            return print(args, ("*", &import_permissions("aws", "*")), &viewing_permissions(), output);
        }
        named => named?,
    };
    for source in named {
        loaded.push(Ok(loading::load_offline(&source, global, output)?));
    }
    if let Some(nothing) = NothingSelected::of(loaded.iter(), &args.select) {
        return Err(nothing.into());
    }
    // With credentials of its own, the organization is read even where no role has an integration.
    let names_client = loaded.iter().flatten().any(|spec: &Spec| spec.genesys.credentials.is_some());
    let specs = loaded.into_iter().flatten().filter_map(|spec| selected(spec, &args.select));
    let desired = of_one_account(specs.map(|spec| resolve(&spec, &BTreeMap::new())))?;
    let commands: BTreeSet<CommandKind> =
        args.purposes.iter().flat_map(|purpose| purpose.commands()).copied().collect();
    let partition = desired.roles.first().map_or("aws", |role| role.role.arn.partition.as_str());
    let account = desired.account_id.as_str();
    let import = is_import.then(|| import_permissions(partition, account));
    let writes = commands.iter().any(|command| matches!(command, CommandKind::Apply | CommandKind::Destroy));
    let pruned = (!args.pruned.is_empty()).then(|| prune_permissions(&desired, &args.pruned, writes));
    let of_commands = commands.iter().map(|command| permissions(&desired, *command));
    let grants = together(of_commands.chain(import).chain(pruned));
    if commands.contains(&CommandKind::Apply)
        && let Some(names) = without_boundary(&desired)
    {
        output.message(&format!(
            "{} {names} without a `permissions_boundary`, which others have: whoever gets this policy can create such a role without one, and give it any permission\n",
            paint(WARNING, "warning:")
        ));
    }
    let of_import = is_import.then(viewing_permissions);
    let kind = if writes { CommandKind::Destroy } else { CommandKind::Plan };
    let of_prune = (!args.pruned.is_empty()).then(|| genesys_permissions(&desired, kind));
    let of_genesys = genesys_together(
        commands
            .iter()
            .map(|command| match genesys_permissions(&desired, *command) {
                none if none.is_empty() && names_client && *command != CommandKind::Destroy => {
                    viewing_permissions()
                }
                needed => needed,
            })
            .chain(of_import)
            .chain(of_prune),
    );
    print(args, (account, &grants), &of_genesys, output)
}

/// The roles that need no boundary where others do: the demand does not hold for them.
fn without_boundary(desired: &DesiredState) -> Option<String> {
    let is_bounded = |role: &&DesiredRole| matches!(role.boundary, Boundary::Policy(_));
    let (bounded, free): (Vec<&DesiredRole>, Vec<&DesiredRole>) = desired.roles.iter().partition(is_bounded);
    if bounded.is_empty() || free.is_empty() {
        return None;
    }
    let names: Vec<String> = free.iter().map(|role| format!("`{}`", role.role.name)).collect();
    let (role, is) = if names.len() == 1 { ("role", "is") } else { ("roles", "are") };
    Some(format!("{role} {} {is}", few(&names)))
}

/// Prints what is needed in an account, and in Genesys Cloud.
fn print(
    args: &PermissionsArgs,
    (account, grants): (&str, &[Permission]),
    of_genesys: &[GenesysPermission],
    output: &Output,
) -> Result<Status, CommandError> {
    let mut words: Vec<&str> = Vec::new();
    for word in args.purposes.iter().map(|purpose| purpose.word()) {
        if !words.contains(&word) {
            words.push(word);
        }
    }
    let policies = render::permissions::policies(grants);
    if policies.len() > 1 {
        output.message(&too_long(grants, policies.len(), args.format));
    }
    if !of_genesys.is_empty() && args.format != PermissionsFormat::Report {
        output.message(&format!("{}\n", render::permissions::genesys(of_genesys)));
    }
    output.result(&match args.format {
        PermissionsFormat::Json => render::permissions::json(&policies),
        PermissionsFormat::Terraform => {
            let of_account = if account == "*" { String::new() } else { format!("_{account}") };
            let name = format!("genesys_iam_{}{of_account}", words.join("_"));
            render::permissions::terraform(&name, &policies)
        }
        PermissionsFormat::Report => {
            let mut members = render::permissions::report(&policies, of_genesys);
            members["for"] = words.into();
            members["account_id"] = account.into();
            report_json("genesys-iam permissions", &members, Status::Done, output)?;
            return Ok(Status::Done);
        }
    })?;
    Ok(Status::Done)
}

/// Says that the permissions take several policies, and what to do with them.
fn too_long(grants: &[Permission], policies: usize, format: PermissionsFormat) -> String {
    let size = size(&render::permissions::json(&[grants.to_vec()]));
    let printed = match format {
        PermissionsFormat::Json | PermissionsFormat::Report => format!("an array of {policies} policies"),
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
