//! `plan`: what apply would change.

use super::session::Session;
use super::{CommandError, Status};
use crate::cli::{Adopt, Global, PlanArgs};
use crate::render;
use crate::render::output::Output;
use crate::spec::Spec;

pub async fn run(global: &Global, args: &PlanArgs, output: &Output) -> Result<Status, CommandError> {
    let mut session = Session::open(global, output).await?;
    adopt(&mut session.spec, args.adopt);
    let plan = session.observe(output).await?.plan(output)?;
    output.result(&render::plan::text(&plan))?;
    Ok(if args.detailed_exitcode && !plan.is_empty() { Status::Changes } else { Status::Done })
}

/// `--adopt` says for every role what `adopt = true` says for one.
pub fn adopt(spec: &mut Spec, Adopt { adopt }: Adopt) {
    spec.roles.iter_mut().for_each(|role| role.adopt |= adopt);
}
