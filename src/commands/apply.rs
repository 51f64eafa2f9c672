//! `apply`: make it so, see that it is so, then check.

use std::collections::BTreeSet;
use std::path::PathBuf;
use std::time::Duration;

use futures_util::future::join_all;

use clap::Args;

use super::carry_out::{ApplyError, Carried, carry_out, read_back};
use super::check::SpecTest;
use super::fleet::{self, Fleet, Members};
use super::options::{Global, Scope, Select, Wait, WideningGuard};
use super::plan::PlanError;
use super::prompt::{PromptError, ask, interrupted, interrupts};
use super::report::report;
use super::session::{Observed, Session};
use super::specs::SpecsError;
use super::{CommandError, Status, check, plan};
use crate::apply::{Apply, Interrupt, PlanKind};
use crate::backoff::Backoff;
use crate::explain::Explain;
use crate::model::OrganizationReading;
use crate::plan::{Plan, Service};
use crate::render;
use crate::render::output::Output;
use crate::render::style::{BOLD, ERROR, GOOD, WARNING, paint};
use crate::saved::SavedPlan;
use crate::view::{PlanSummary, PlanView, gainers};

#[derive(Debug, Args)]
pub struct ApplyArgs {
    /// Apply exactly this saved plan without confirmation; fails if anything has changed since
    #[arg(value_name = "PLAN.json")]
    pub plan: Option<PathBuf>,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
    /// Leave out the check at the end
    #[arg(long)]
    pub no_check: bool,
    /// Test each data action with `test_input` that this run made or changed, which REALLY RUNS the function; without
    /// it only where you are asked
    #[arg(long, conflicts_with_all = ["no_test", "no_check"])]
    pub test: bool,
    /// Make no test of data actions
    #[arg(long)]
    pub no_test: bool,
    /// Leave Genesys Cloud's side alone
    #[arg(long)]
    pub aws_only: bool,
    #[command(flatten)]
    pub scope: Scope,
    #[command(flatten)]
    pub guard: WideningGuard,
    #[command(flatten)]
    pub wait: Wait,
    #[command(flatten)]
    pub select: Select,
}

pub async fn run(global: &Global, args: &ApplyArgs, output: &Output) -> Result<Status, CommandError> {
    let fleet = Fleet::open(global, &args.select, output).await?;
    let interrupt = interrupts(output);
    match fleet {
        Fleet::One(session) => run_in(*session, args, &interrupt, output).await,
        Fleet::Many(members) => run_many(members, args, &interrupt, output).await,
    }
}

/// For one spec, in a session that is given.
pub async fn run_in(
    mut session: Session,
    args: &ApplyArgs,
    interrupt: &Interrupt,
    output: &Output,
) -> Result<Status, CommandError> {
    let ApplyArgs { plan: saved, yes, no_check, test, no_test, aws_only, scope, select, guard, wait } = args;
    if *aws_only {
        session.leave_genesys_alone();
    }
    let saved = saved.as_deref().map(SavedPlan::read).transpose()?;
    let options = match &saved {
        Some(saved) => saved.options(&plan::options(*scope, select))?,
        None => plan::options(*scope, select),
    };
    if saved.is_some() {
        fleet::select_roles(&mut session.spec, &options.roles);
    }
    let made = interrupt.or_interrupted(Box::pin(plan::make(&mut session, &options, output))).await;
    let Some(made) = made else { return Ok(interrupted(NOTHING, output)) };
    let (plan, mut observed) = made?;
    if let Some(saved) = &saved {
        let api = session.genesys.as_ref().map(crate::genesys::Client::api);
        let now = SavedPlan::new(&plan, &observed.desired, &observed.live, api, options, output)?;
        let differences = saved.differences(&now);
        if !differences.is_empty() {
            let nothing_left = plan.is_empty() && saved.has_changes();
            return Err(ApplyError::Outdated { differences, nothing_left }.into());
        }
    }
    output.result(&render::plan::text(&PlanView::new(&plan)))?;
    may_be_carried_out(&plan, *guard)?;
    if !plan.is_empty() {
        let asks = saved.is_none() && !yes;
        if asks && confirm("Make these changes?", &[&plan], interrupt, output).await?.is_none() {
            return Ok(interrupted(NOTHING, output));
        }
        let is_old = asks || saved.is_some();
        let work = converge(&session, &plan, &mut observed, is_old, waits(*wait), interrupt, output);
        match Box::pin(work).await? {
            Carried::All(applied) => output.result(&applied)?,
            Carried::Interrupted => return Ok(Status::Interrupted),
        }
    }
    let left = left_in_genesys(&observed, output);
    if *no_check {
        return Ok(left);
    }
    let wants_proof = *test || (saved.is_none() && !yes && !no_test);
    let tests = if wants_proof { tests(&plan, &observed) } else { Vec::new() };
    output.result("\n")?;
    match interrupt.or_interrupted(Box::pin(check::after_apply(&session, &observed, tests, output))).await {
        Some(status) => Ok(fleet::worst([status?, left])),
        None => Ok(interrupted(UNCHECKED, output)),
    }
}

/// For several specs: all plans first, one question, then all of them at the same time.
async fn run_many(
    members: Members,
    args: &ApplyArgs,
    interrupt: &Interrupt,
    output: &Output,
) -> Result<Status, CommandError> {
    let ApplyArgs { plan: saved, yes, no_check, test, no_test, aws_only, scope, select, guard, wait } = args;
    if saved.is_some() {
        return Err(SpecsError::OneSpec("a saved plan").into());
    }
    let options = plan::options(*scope, select);
    let reading = fleet::reading(&members);
    let inner = output.inner();
    let make = fleet::for_each_spec(members, async |session| {
        if *aws_only {
            session.leave_genesys_alone();
        }
        plan::make(session, &options, &inner).await
    });
    let Some(made) = interrupt.or_interrupted(output.waiting_for(|| reading.text(), make)).await else {
        return Ok(interrupted(NOTHING, output));
    };
    plan::show_all(&made, |(plan, _)| plan, output)?;
    let mut statuses = Vec::new();
    let mut ready = Vec::new();
    for (file, made) in made {
        let (session, (plan, observed)) = match made {
            Ok(made) => made,
            Err(error) => {
                statuses.push(error.status());
                continue;
            }
        };
        match may_be_carried_out(&plan, *guard) {
            Ok(()) => ready.push((file, session, plan, observed)),
            Err(error) => {
                output.message(&format!("{} {}: {error}\n", paint(ERROR, "error:"), file.display()));
                statuses.push(error.status());
            }
        }
    }
    let changed: Vec<&Plan> =
        ready.iter().map(|(_, _, plan, _)| plan).filter(|plan| !plan.is_empty()).collect();
    if !changed.is_empty() && !yes {
        let specs = if changed.len() == 1 { "1 spec".to_owned() } else { format!("{} specs", changed.len()) };
        if confirm(&format!("Make these changes for {specs}?"), &changed, interrupt, output).await?.is_none()
        {
            return Ok(interrupted(NOTHING, output));
        }
    }
    let waits = waits(*wait);
    let work = ready.into_iter().map(|(file, session, plan, mut observed)| async move {
        let output = output.for_spec(&file.display().to_string());
        let ended = if plan.is_empty() {
            Ok(Carried::All(String::new()))
        } else {
            converge(&session, &plan, &mut observed, !yes, waits, interrupt, &output).await
        };
        (file, session, plan, observed, ended)
    });
    for (file, session, plan, observed, ended) in join_all(work).await {
        let applied = match ended {
            Ok(Carried::All(applied)) => applied,
            Ok(Carried::Interrupted) => {
                statuses.push(Status::Interrupted);
                continue;
            }
            Err(error) => {
                output.result(&fleet::heading(&file))?;
                report(&error, output);
                statuses.push(error.status());
                continue;
            }
        };
        output.result(&format!("{}{applied}", fleet::heading(&file)))?;
        statuses.push(left_in_genesys(&observed, output));
        if *no_check {
            continue;
        }
        let wants_proof = *test || (!yes && !no_test);
        let tests = if wants_proof { tests(&plan, &observed) } else { Vec::new() };
        let check = Box::pin(check::after_apply(&session, &observed, tests, output));
        let Some(status) = interrupt.or_interrupted(check).await else {
            return Ok(interrupted(UNCHECKED, output));
        };
        statuses.push(status.unwrap_or_else(|error| {
            report(&error, output);
            error.status()
        }));
        output.result("\n")?;
    }
    Ok(fleet::worst(statuses))
}

/// The proofs that follow from a plan: of data actions on whose way something was made or changed.
fn tests(plan: &Plan, observed: &Observed) -> Vec<SpecTest> {
    let OrganizationReading::Read(organization) = &observed.live.organization else { return Vec::new() };
    let mut tests = Vec::new();
    for desired in &observed.desired.roles {
        let Some(integration) = desired.integration.as_ref().filter(|integration| integration.enabled) else {
            continue;
        };
        let role = plan.roles.iter().find(|plan| plan.role == desired.role.name);
        let Some(role) = role.filter(|role| !role.changes.is_empty()) else { continue };
        let role_is_new = role.changes.iter().any(|change| change.operation() == "CreateRole");
        let live = organization.integrations.iter().find(|live| match &integration.id {
            Some(id) => live.id == *id,
            None => live.name == integration.name,
        });
        for action in &integration.actions {
            let Some(input) = &action.test_input else { continue };
            let found = live.iter().flat_map(|live| &live.actions).find(|live| match &action.id {
                Some(id) => live.id == *id,
                None => live.name == action.state.content.name,
            });
            tests.extend(found.map(|found| SpecTest {
                id: found.id.clone(),
                input: serde_json::Value::Object(input.clone()).to_string(),
                role_is_new,
            }));
        }
    }
    tests
}

/// Without credentials of the organization only AWS's side was made.
fn left_in_genesys(observed: &Observed, output: &Output) -> Status {
    let OrganizationReading::NotRead(why) = &observed.live.organization else { return Status::Done };
    output.message(&format!(
        "{} Genesys Cloud's side was neither read nor changed: {why}; `--aws-only` leaves it alone\n",
        paint(WARNING, "not yet")
    ));
    Status::Refused
}

const NOTHING: &str = "nothing was changed";
const UNCHECKED: &str = "the check at the end was not made";

fn may_be_carried_out(plan: &Plan, guard: WideningGuard) -> Result<(), PlanError> {
    plan::refusal(plan, guard).map_or(Ok(()), Err)
}

/// Carries a plan out and reads back what it made: a line about it.
async fn converge(
    session: &Session,
    plan: &Plan,
    observed: &mut Observed,
    is_old: bool,
    waits: Backoff,
    interrupt: &Interrupt,
    output: &Output,
) -> Result<Carried<String>, CommandError> {
    // Time has passed since the plan was made.
    let recheck = is_old.then_some((PlanKind::Converge, &observed.desired));
    let run =
        Apply { clients: &session.clients, genesys: session.genesys.as_ref(), waits, interrupt, recheck };
    let applied = match carry_out(&run, session, plan, "apply", output).await? {
        Carried::All(applied) => applied,
        Carried::Interrupted => return Ok(Carried::Interrupted),
    };
    let names: BTreeSet<&str> =
        plan.roles.iter().filter(|role| !role.changes.is_empty()).map(|role| role.role.as_str()).collect();
    let changed = observed.desired.only(|role| names.contains(role.role.name.as_str()));
    let read = interrupt.or_interrupted(Box::pin(read_back(&run, session, &changed, output))).await;
    let Some(live) = read else {
        interrupted("every change was made, but was not read back", output);
        return Ok(Carried::Interrupted);
    };
    let live = live?;
    observed.live.roles.extend(live.roles);
    if live.organization != OrganizationReading::NotAsked {
        observed.live.organization = live.organization;
    }
    let made = if applied == 1 { "1 change".to_owned() } else { format!("{applied} changes") };
    Ok(Carried::All(format!(
        "{} {made} made; {} what the spec says.\n",
        paint(GOOD, "Applied."),
        services(plan)
    )))
}

pub(super) fn waits(Wait { wait }: Wait) -> Backoff {
    Backoff::within(Duration::from_secs(wait))
}

/// Whether the answer is yes; `None` when interrupted.
async fn confirm(
    question: &str,
    plans: &[&Plan],
    interrupt: &Interrupt,
    output: &Output,
) -> Result<Option<()>, CommandError> {
    let summaries: Vec<PlanSummary> = plans.iter().map(|plan| PlanSummary::new(plan)).collect();
    let access = match gainers(&summaries) {
        Some(who) => format!(" Access is widened for {who}."),
        None => String::new(),
    };
    let question = format!("\n{}{access} Only `yes` is accepted: ", paint(BOLD, question));
    match ask(&question, interrupt, output).await?.as_deref() {
        None => Ok(None),
        Some("yes") => Ok(Some(())),
        Some(_) => Err(PromptError::NotConfirmed.into()),
    }
}

/// Who was seen to show what was made: `IAM shows`, `IAM and Genesys Cloud show`.
fn services(plan: &Plan) -> &'static str {
    let has = |service| plan.changes().any(|change| change.service() == service);
    match (has(Service::Iam), has(Service::Genesys)) {
        (true, true) => "IAM and Genesys Cloud show",
        (false, true) => "Genesys Cloud shows",
        _ => "IAM shows",
    }
}
