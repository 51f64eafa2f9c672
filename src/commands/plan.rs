//! `plan`: what apply would change.

use super::session::{LookUp, Observed, Session};
use super::{CommandError, Status};
use crate::cli::{Global, PlanArgs, ReportFormat, Scope};
use crate::plan::Plan;
use crate::render;
use crate::render::output::Output;
use crate::render::style::{WARNING, paint};
use crate::saved::{Options, SavedPlan};
use crate::spec::{RoleSpec, Spec};
use crate::state::LookForOrphans;

pub async fn run(global: &Global, args: &PlanArgs, output: &Output) -> Result<Status, CommandError> {
    let session = Session::open(global, output).await?;
    run_in(session, args, output).await
}

/// As [`run`], in a session that is given.
pub async fn run_in(mut session: Session, args: &PlanArgs, output: &Output) -> Result<Status, CommandError> {
    let options = options(args.scope);
    let (plan, observed) = make(&mut session, options, output).await?;
    warn_of_the_organization(&session, output).await;
    let status = status(&plan, args);
    output.result(&match args.format {
        ReportFormat::Text => render::plan::text(&plan),
        ReportFormat::Json => {
            let mut value = render::json::plan(&plan);
            value["exit_status"] = (status as i32).into();
            format!("{:#}\n", output.masked_json(&value))
        }
        ReportFormat::Markdown => render::markdown::plan(&plan),
    })?;
    if let Some(path) = &args.out {
        SavedPlan::new(&plan, &observed.desired, &observed.live, options, output)?.write(path)?;
        let next = match plan.blockers().next() {
            Some(_) => "It is blocked, and cannot be carried out as it is.".to_owned(),
            None => {
                let path = path.to_string_lossy();
                let path = shlex::try_quote(&path).unwrap_or_else(|_| path.clone());
                format!("To carry out just this: {} apply {path}", session.invocation)
            }
        };
        output.message(&format!("The plan is in {}. {next}\n", path.display()));
    }
    if status == Status::Refused {
        return Err(CommandError::Wider);
    }
    Ok(status)
}

fn status(plan: &Plan, args: &PlanArgs) -> Status {
    if args.guard.refuse_wider && plan.is_wider() {
        Status::Refused
    } else if args.detailed_exitcode && !plan.is_empty() {
        Status::Changes
    } else {
        Status::Done
    }
}

pub(super) fn options(Scope { adopt, prune }: Scope) -> Options {
    Options { adopt, prune }
}

/// Reads everything and makes the plan.
pub(super) async fn make(
    session: &mut Session,
    Options { adopt, prune }: Options,
    output: &Output,
) -> Result<(Plan, Observed), CommandError> {
    if prune && !session.spec.is_named {
        return Err(CommandError::PruneUnnamed(session.spec.name.clone()));
    }
    self::adopt(&mut session.spec, adopt);
    let orphans = if prune { LookForOrphans::Read } else { LookForOrphans::Named };
    let observed = session.observe(orphans, LookUp::New, output).await?;
    Ok((observed.plan(output)?, observed))
}

/// With credentials for Genesys Cloud: whether the external ID is the organization's. A plan does not hang on it.
async fn warn_of_the_organization(session: &Session, output: &Output) {
    let Some(client) = &session.genesys else { return };
    let warning = match client.organization().await {
        Err(error) => {
            format!("whether the external ID is the organization's is not known: {}", error.brief())
        }
        Ok(organization) => {
            let is_own = |role: &RoleSpec| role.external_id.expose() == organization.id;
            let others: Vec<String> = session
                .spec
                .roles
                .iter()
                .filter(|role| !is_own(role))
                .map(|role| format!("`{}`", role.name))
                .collect();
            if others.is_empty() {
                return;
            }
            format!(
                "the external ID of role {} is not the ID of the organization \"{}\": Genesys Cloud will be refused",
                others.join(", "),
                organization.name
            )
        }
    };
    output.message(&format!("{} {warning}\n", paint(WARNING, "warning:")));
}

/// `--adopt` says for every role what `adopt = true` says for one.
fn adopt(spec: &mut Spec, adopt: bool) {
    spec.roles.iter_mut().for_each(|role| role.adopt |= adopt);
}
