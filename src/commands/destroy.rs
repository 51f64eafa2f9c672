//! `destroy`: remove what the spec manages.

use clap::Args;

use super::apply::waits;
use super::carry_out::{Carried, carry_out};
use super::fleet::{self, Fleet};
use super::options::{Global, Select, Wait};
use super::plan::PlanError;
use super::prompt::{PromptError, ask, interrupted, interrupts};
use super::report::report;
use super::session::{LookUp, Session};
use super::{CommandError, Status};
use crate::apply::{Apply, Interrupt, PlanKind};
use crate::model::LookForOrphans;
use crate::plan::{Plan, Reads, destroy};
use crate::render;
use crate::render::output::Output;
use crate::render::style::{BOLD, GOOD, paint};
use crate::view::PlanView;

#[derive(Debug, Args)]
pub struct DestroyArgs {
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Delete data actions too that flows use, or of which that is not known
    #[arg(long)]
    pub even_if_used: bool,
    #[command(flatten)]
    pub wait: Wait,
    #[command(flatten)]
    pub select: Select,
}

pub async fn run(global: &Global, args: &DestroyArgs, output: &Output) -> Result<Status, CommandError> {
    let fleet = Fleet::open(global, &args.select, output).await?;
    let interrupt = interrupts(output);
    let members = match fleet {
        Fleet::One(session) => return run_in(*session, args, &interrupt, output).await,
        Fleet::Many(members) => members,
    };
    // One after the other: each is a decision of its own.
    let mut statuses = Vec::new();
    for (file, session) in members {
        output.result(&fleet::heading(&file))?;
        let ended = match session {
            Ok(session) => run_in(session, args, &interrupt, output).await,
            Err(error) => Err(error),
        };
        let status = ended.unwrap_or_else(|error| {
            report(&error, output);
            error.status()
        });
        statuses.push(status);
        if status == Status::Interrupted {
            break;
        }
        output.result("\n")?;
    }
    Ok(fleet::worst(statuses))
}

/// As [`run`], in a session that is given.
pub async fn run_in(
    session: Session,
    args: &DestroyArgs,
    interrupt: &Interrupt,
    output: &Output,
) -> Result<Status, CommandError> {
    // Role by role: whose a policy is, is asked of IAM itself before anything is removed.
    let session = Session { reads: Reads::Single, ..session };
    let observed = interrupt
        .or_interrupted(Box::pin(session.observe(LookForOrphans::Named, LookUp::None, output)))
        .await;
    let Some(observed) = observed else { return Ok(interrupted(NOTHING, output)) };
    let mut observed = observed?;
    let plan = destroy(&observed.live, &observed.desired, args.even_if_used);
    Box::pin(session.read_usage(&mut observed.live, &plan)).await;
    let mut plan = destroy(&observed.live, &observed.desired, args.even_if_used);
    Box::pin(session.look_ahead(&mut plan, &observed.desired, output)).await?;
    if plan.is_empty() && !plan.is_blocked() {
        output.result(&format!("{} Nothing from this spec exists.\n", paint(GOOD, "No changes.")))?;
        return Ok(Status::Done);
    }
    output.result(&render::plan::text(&PlanView::new(&plan)))?;
    if plan.is_blocked() {
        return Err(PlanError::Blocked.into());
    }
    if !args.yes && confirm(&plan, interrupt, output).await?.is_none() {
        return Ok(interrupted(NOTHING, output));
    }
    let recheck = (!args.yes).then_some((PlanKind::Destroy, &observed.desired));
    let run = Apply {
        clients: &session.clients,
        genesys: session.genesys.as_ref(),
        waits: waits(args.wait),
        interrupt,
        recheck,
    };
    let made = match Box::pin(carry_out(&run, &session, &plan, "destroy", output)).await? {
        Carried::All(made) => made,
        Carried::Interrupted => return Ok(Status::Interrupted),
    };
    output.result(&format!("{} {made} changes made.\n", paint(GOOD, "Destroyed.")))?;
    Ok(Status::Done)
}

const NOTHING: &str = "nothing was changed";

/// Each role's name has to be typed; `None` when interrupted.
async fn confirm(plan: &Plan, interrupt: &Interrupt, output: &Output) -> Result<Option<()>, CommandError> {
    for role in plan.roles.iter().filter(|role| !role.changes.is_empty()) {
        let name = &role.role;
        let question =
            format!("\n{} Type its name to confirm: ", paint(BOLD, &format!("Destroy role {name}?")));
        match ask(&question, interrupt, output).await? {
            None => return Ok(None),
            Some(answer) if answer == *name => {}
            Some(_) => return Err(PromptError::NotConfirmed.into()),
        }
    }
    Ok(Some(()))
}
