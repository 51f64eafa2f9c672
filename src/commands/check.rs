//! `check`: whether Genesys Cloud, and nobody else, can invoke the functions.

use super::session::{LookForOrphans, Observed, Session};
use super::{CommandError, Status};
use crate::arn::Arn;
use crate::aws;
use crate::check::evaluated::{FunctionState, evaluated};
use crate::check::probed::probed;
use crate::check::{CheckReport, RoleReport};
use crate::cli::{CheckArgs, Global};
use crate::render;
use crate::render::output::Output;
use crate::state::{DesiredRole, Live};

/// Seen in CloudTrail.
const SESSION_NAME: &str = "genesys-iam-check";

pub async fn run(global: &Global, args: &CheckArgs, output: &Output) -> Result<Status, CommandError> {
    let CheckArgs { probe_profile } = args;
    let session = Session::open(global, output).await?;
    let observed = session.observe(LookForOrphans::No, output).await?;
    report(&session, &observed, probe_profile.as_deref(), output).await
}

/// Makes the report from a reading, and shows it. The probes are made as Genesys Cloud in the sandbox, with the
/// profile where one is given, and otherwise as the caller.
pub async fn report(
    session: &Session,
    observed: &Observed,
    probe_profile: Option<&str>,
    output: &Output,
) -> Result<Status, CommandError> {
    let absent = Live::default();
    let mut roles = Vec::new();
    for desired in &observed.desired.roles {
        let live = observed.live.roles.get(&desired.role.name).unwrap_or(&absent);
        let mut lines = evaluated(live, desired, &functions_of(observed, desired));
        let mut prober = None;
        if let Some(role) = &live.role {
            let (clients, caller) = match (session.as_genesys(&desired.genesys_account_id), probe_profile) {
                (Some(genesys), _) => {
                    let caller = aws::caller(&genesys).await?.arn;
                    prober = Some(format!("Genesys Cloud, played by the sandbox ({caller})"));
                    (genesys, caller)
                }
                (None, Some(profile)) => {
                    let clients = session.clients.with_profile(profile);
                    let caller = aws::caller(&clients).await?.arn;
                    (clients, caller)
                }
                (None, None) => (session.clients.clone(), observed.caller.arn.clone()),
            };
            lines.extend(probed(&clients, &caller, role, desired, SESSION_NAME).await);
            prober.get_or_insert(caller);
        }
        roles.push(RoleReport { role: desired.role.name.clone(), prober: prober.unwrap_or_default(), lines });
    }
    let report = CheckReport { roles };
    output.result(&render::check::text(&report))?;
    Ok(if report.has_fault() { Status::Fault } else { Status::Done })
}

fn functions_of(observed: &Observed, desired: &DesiredRole) -> Vec<(Arn, FunctionState)> {
    desired
        .functions
        .iter()
        .filter_map(|arn| observed.functions.get(arn).map(|state| (arn.clone(), state.clone())))
        .collect()
}
