//! `plan`: what apply would change.

use super::session::{LookForOrphans, Observed, Session};
use super::{CommandError, Status};
use crate::cli::{Global, PlanArgs, Scope};
use crate::plan::Plan;
use crate::render;
use crate::render::output::Output;
use crate::saved::{Options, SavedPlan};
use crate::spec::Spec;

pub async fn run(global: &Global, args: &PlanArgs, output: &Output) -> Result<Status, CommandError> {
    let session = Session::open(global, output).await?;
    run_in(session, args, output).await
}

/// As [`run`], in a session that is given.
pub async fn run_in(mut session: Session, args: &PlanArgs, output: &Output) -> Result<Status, CommandError> {
    let options = options(args.scope);
    let (plan, observed) = make(&mut session, options, output).await?;
    output.result(&render::plan::text(&plan))?;
    if let Some(path) = &args.out {
        SavedPlan::new(&plan, &observed.desired, &observed.live, options, output)?.write(path)?;
        let path = path.display();
        output.message(&format!("The plan is in {path}. To carry out just this: genesys-iam apply {path}\n"));
    }
    Ok(if args.detailed_exitcode && !plan.is_empty() { Status::Changes } else { Status::Done })
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
    let observed = session.observe(orphans, output).await?;
    Ok((observed.plan(output)?, observed))
}

/// `--adopt` says for every role what `adopt = true` says for one.
fn adopt(spec: &mut Spec, adopt: bool) {
    spec.roles.iter_mut().for_each(|role| role.adopt |= adopt);
}
