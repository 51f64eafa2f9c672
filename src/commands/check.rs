//! `check`: whether Genesys Cloud, and nobody else, can invoke the functions.

use super::session::{Observed, Session};
use super::{CommandError, Status};
use crate::arn::Arn;
use crate::aws;
use crate::check::evaluated::{FunctionState, evaluated};
use crate::check::probed::probed;
use crate::check::{CheckReport, RoleReport};
use crate::cli::Global;
use crate::render;
use crate::render::output::Output;
use crate::state::{DesiredRole, Live};

/// Seen in CloudTrail.
const SESSION_NAME: &str = "genesys-iam-check";

pub async fn run(global: &Global, output: &Output) -> Result<Status, CommandError> {
    let session = Session::open(global, output).await?;
    let observed = session.observe(output).await?;
    report(&session, &observed, output).await
}

/// Makes the report from a reading, and shows it.
pub async fn report(session: &Session, observed: &Observed, output: &Output) -> Result<Status, CommandError> {
    let absent = Live::default();
    let mut report = CheckReport { caller: observed.caller.arn.clone(), roles: Vec::new() };
    for desired in &observed.desired.roles {
        let live = observed.live.roles.get(&desired.role.name).unwrap_or(&absent);
        let functions = functions_of(observed, desired);
        let mut lines = evaluated(live, desired, &functions);
        if let Some(role) = &live.role {
            let (clients, caller) = match session.as_genesys(&desired.genesys_account_id) {
                Some(genesys) => {
                    let caller = aws::caller(&genesys).await?.arn;
                    report.caller = format!("Genesys Cloud, played by the sandbox ({caller})");
                    (genesys, caller)
                }
                None => (session.clients.clone(), observed.caller.arn.clone()),
            };
            lines.extend(probed(&clients, &caller, role, desired, SESSION_NAME).await);
        }
        report.roles.push(RoleReport { role: desired.role.name.clone(), lines });
    }
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
