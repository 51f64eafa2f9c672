//! Which account is looked at, and how both services are reached.

use super::args::DiagnoseArgs;
use super::error::DiagnoseError;
use super::folder::FolderSpec;
use crate::arn::{AccountId, Arn, global_region, partition_of_region};
use crate::aws::Clients;
use crate::check::Unknown;
use crate::commands::connections::GenesysAccess;
use crate::commands::import::{connect, environment_region};
use crate::commands::options::Global;
use crate::commands::since::Since;
use crate::commands::{CommandError, connections};
use crate::genesys;
use crate::model::Invocation;
use crate::render::output::Output;
use crate::spec::Aws;

/// The account, and how to reach both services.
pub struct Place {
    pub clients: Clients,
    pub account: AccountId,
    pub genesys: Option<genesys::Client>,
    /// What is wrong with the settings for it.
    pub genesys_trouble: Option<Unknown>,
    pub in_sandbox: bool,
    pub region: String,
    /// Whether someone chose it; otherwise the functions' region decides.
    pub is_region_chosen: bool,
    /// The spec in this folder, if it is about this account.
    pub declared: Option<FolderSpec>,
    /// How far back to look up who used the role; `None`: as far as known.
    pub since: Option<Since>,
    /// Whether a spec will be written: then the data actions are read in full.
    pub writes_spec: bool,
    /// What to type before a command's name.
    pub invocation: Invocation,
}

impl Place {
    pub(super) fn partition(&self) -> &'static str {
        partition_of_region(&self.region)
    }
}

pub(super) async fn place(
    global: &Global,
    args: &DiagnoseArgs,
    named: Option<&str>,
    output: &Output,
) -> Result<Place, CommandError> {
    let invocation = output.invocation().on(None);
    if global.sandbox {
        if args.profile.is_some() {
            return Err(DiagnoseError::ProfileInSandbox.into());
        }
        let (clients, genesys, aws) = connections::in_sandbox(global, args.region.as_deref(), output).await?;
        let Aws { region, account_id: account, .. } = aws;
        return Ok(Place {
            clients,
            is_region_chosen: true,
            declared: FolderSpec::find(global, &account),
            account,
            genesys: Some(genesys),
            genesys_trouble: None,
            in_sandbox: true,
            region,
            since: args.since,
            writes_spec: args.out.is_some(),
            invocation,
        });
    }
    let partition = named.and_then(|named| named.parse::<Arn>().ok()).map(|arn| arn.partition);
    let known = args.region.clone().or_else(environment_region);
    let region = match (known, partition) {
        (Some(region), _) => region,
        (None, Some(partition)) => global_region(&partition).to_owned(),
        (None, None) => global_region("aws").to_owned(),
    };
    let is_region_chosen = args.region.is_some() || environment_region().is_some();
    let (clients, account) = connect(global, &region, args.profile.clone(), output).await?;
    let declared = FolderSpec::find(global, &account);
    let like = declared.as_ref().map(FolderSpec::cloud).unwrap_or_default();
    let GenesysAccess { client: genesys, trouble: genesys_trouble } =
        connections::genesys_without_spec(global, args.profile.as_deref(), like, output).await?;
    Ok(Place {
        clients,
        is_region_chosen,
        declared,
        account,
        genesys,
        genesys_trouble,
        in_sandbox: false,
        region,
        since: args.since,
        writes_spec: args.out.is_some(),
        invocation,
    })
}
