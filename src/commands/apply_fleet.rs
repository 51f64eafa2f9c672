//! `apply` for several specs: all plans first, then all at the same time, or one by one for a saved plan; removals last.

use futures_util::future::join_all;

use super::apply::{AWS_ONLY, ApplyError, ApplyRun, NOTHING, UNCHECKED, confirm, waits};
use super::carry_out::{Age, Attempt, Carried, Circumstances, applied, finish};
use super::fleet::{self, Members, Outcomes};
use super::options::ReportFormat;
use super::prompt::interrupted;
use super::record::{Record, finish_all};
use super::refusal::may_be_carried_out;
use super::report::report;
use super::session::{Observed, Session};
use super::specs::SpecSource;
use super::{CommandError, Status, plan};
use crate::apply::{ApplyReport, ReplacementTests};
use crate::plan::Plan;
use crate::render::output::Output;
use crate::render::style::{ERROR, GOOD, HELP, WARNING, paint};
use crate::saved::{Misfit, Options, SavedError, SavedFleet};
use crate::text::one_line;
use crate::view::{CheckView, plural};

/// One of several specs.
struct Job<'a> {
    file: SpecSource,
    session: Session,
    plan: Plan,
    observed: Observed,
    record: Record<'a>,
    /// The result, once it has ended.
    ended: Option<Result<Status, CommandError>>,
}

/// One whose turn has come.
struct Underway<'j, 'a> {
    file: &'j SpecSource,
    session: &'j Session,
    plan: &'j Plan,
    observed: &'j mut Observed,
    record: &'j mut Record<'a>,
    ended: &'j mut Option<Result<Status, CommandError>>,
    built: ApplyReport<'j>,
    output: Output,
}

impl<'j, 'a> Underway<'j, 'a> {
    fn of(job: &'j mut Job<'a>, makes_proofs: bool, output: &Output) -> Self {
        let Job { file, session, plan, observed, record, ended } = job;
        if makes_proofs {
            observed.replaced = ReplacementTests::of(&observed.desired);
        }
        let output = output.for_spec(&file.display());
        Self { file, session, plan, observed, record, ended, built: ApplyReport::default(), output }
    }

    /// Carries out what the spec names.
    async fn build(mut self, circumstances: Circumstances<'_>) -> Self {
        let Self { session, plan, observed, output, .. } = &self;
        self.built = circumstances.build(session, plan, observed, output).await;
        self
    }

    /// Carries out the rest, and reads back.
    async fn finish(mut self, may_remove: bool, circumstances: Circumstances<'_>) -> Self {
        let built = std::mem::take(&mut self.built);
        let Self { session, plan, observed, record, ended, output, .. } = &mut self;
        let attempt = match plan.is_empty() {
            true => Attempt::nothing(),
            false => finish(session, plan, observed, (built, may_remove), circumstances, output).await,
        };
        **ended = Some(record.made(plan, attempt).map(|carried| match carried {
            Carried::All => Status::Done,
            Carried::Interrupted => Status::Interrupted,
        }));
        self
    }
}

/// How a spec ended, and whether the next one may begin.
struct Settled {
    status: Status,
    goes_on: bool,
}

impl Settled {
    fn stops(status: Status) -> Self {
        Self { status, goes_on: false }
    }
}

impl<'a> ApplyRun<'a> {
    /// For several specs: all plans first, one question, then all at the same time. For a saved plan: all must still
    /// match what was saved, and are carried out one by one until one fails.
    pub(super) async fn many(
        &self,
        members: Members,
        saved: Option<&SavedFleet>,
    ) -> Result<Status, CommandError> {
        let Self { args, interrupt, siblings: _, output } = self;
        if let Some(saved) = saved {
            let files: Vec<String> = members.iter().map(|(file, _)| file.display()).collect();
            if let Some(others) = saved.other_specs(&files) {
                return Err(others.into());
            }
        }
        let options = match saved.and_then(|saved| saved.specs.first()) {
            Some(spec) => spec.saved.options(&plan::options(&args.planning.scope, &args.planning.select))?,
            None => plan::options(&args.planning.scope, &args.planning.select),
        };
        let reading = fleet::reading(&members);
        let inner = output.inner();
        let make = fleet::for_each_spec(members, async |session| {
            if args.aws_only {
                session.leave_genesys_alone();
            }
            plan::make_whole(session, &options, &inner).await
        });
        let Some(mut made) = interrupt.or_interrupted(output.waiting_for(|| reading.text(), make)).await
        else {
            return Ok(interrupted(NOTHING, output));
        };
        plan::settle_across_specs(made.iter_mut().filter_map(|(_, made)| {
            let (plan, observed) = &mut made.as_mut().ok()?.1;
            Some((plan, &*observed))
        }));
        let misfits = match saved {
            Some(saved) => self.misfits(saved, &made, &options)?,
            None => Vec::new(),
        };
        if args.format == ReportFormat::Text && misfits.is_empty() {
            plan::show_all(&made, plan::view_of, false, output)?;
        }
        let mut failed = Vec::new();
        let mut jobs = Vec::new();
        for (file, made) in made {
            match made {
                Ok((session, (plan, observed))) => {
                    let mut record = Record::new("genesys-iam apply", &session.spec, args.format, output);
                    record.view.set_plan(&plan);
                    let misfit = misfits.iter().find(|(known, _)| known.as_deref() == Some(&file.display()));
                    if let Some((_, misfit)) = misfit {
                        record.view.set_reviewed(&misfit.left);
                    }
                    let refusal = match misfit {
                        Some((_, misfit)) if misfit.differences.is_empty() => None,
                        Some((_, misfit)) => Some(ApplyError::Outdated(vec![(None, misfit.clone())]).into()),
                        None => may_be_carried_out(&plan, &args.planning.guard).err().map(|error| {
                            let error = error.of_one(&plan);
                            output.message(&format!("{} {file}: {error}\n", paint(ERROR, "error:")));
                            error.into()
                        }),
                    };
                    let ended = refusal.map(Err);
                    jobs.push(Job { file, session, plan, observed, record, ended });
                }
                Err(error) => {
                    if args.format != ReportFormat::Text || !misfits.is_empty() {
                        report(&error, &output.for_spec(&file.display()));
                    }
                    failed.push((file, error));
                }
            }
        }
        let is_whole = failed.is_empty() && jobs.iter().all(|job| job.ended.is_none());
        let status = if saved.is_some() && !is_whole {
            match misfits.is_empty() {
                true => output.message(&format!(
                    "{} {NOTHING}: a saved plan is carried out as a whole or not at all\n",
                    paint(ERROR, "error:")
                )),
                false => report(&ApplyError::Outdated(misfits).into(), output),
            }
            let statuses = failed.iter().map(|(_, error)| error.status());
            let refused = jobs.iter().filter_map(|job| job.ended.as_ref()?.as_ref().err());
            fleet::worst(statuses.chain(refused.map(CommandError::status)))
        } else {
            let changed: Vec<&Plan> = jobs
                .iter()
                .filter(|job| job.ended.is_none() && !job.plan.is_empty())
                .map(|job| &job.plan)
                .collect();
            if !changed.is_empty() && !args.yes && saved.is_none() {
                let place =
                    if jobs.iter().any(|job| job.session.in_sandbox) { " in the sandbox" } else { "" };
                let question = format!("Make these changes for {}{place}?", plural(changed.len(), "spec"));
                if confirm(&question, &changed, interrupt, output).await?.is_none() {
                    return Ok(interrupted(NOTHING, output));
                }
            }
            let checked = match saved {
                Some(_) => self.one_by_one(&mut jobs).await?,
                None => self.all_at_once(&mut jobs, failed.is_empty()).await?,
            };
            self.sum_up(&jobs, &failed, saved.is_some());
            let statuses = failed.iter().map(|(_, error)| error.status());
            fleet::worst(statuses.chain([checked]))
        };
        let members = jobs.into_iter().map(|job| (job.file, job.record, job.ended)).collect();
        let name = ("genesys-iam applies", "apply");
        finish_all(name, members, &failed, status, (args.format, &args.planning.reports), output)
    }

    /// How each spec differs from its saved plan; empty if none does.
    fn misfits(
        &self,
        saved: &SavedFleet,
        made: &Outcomes<(Plan, Observed)>,
        options: &Options,
    ) -> Result<Vec<(Option<String>, Misfit)>, SavedError> {
        let mut misfits = Vec::new();
        for (file, made) in made {
            let Ok((session, made)) = made else { continue };
            let now = plan::saved(session, made, options, self.output)?;
            let known = saved.of(&file.display());
            misfits.extend(known.map(|known| (Some(file.display()), known.compare(&now))));
        }
        if misfits.iter().all(|(_, misfit)| misfit.differences.is_empty()) {
            misfits.clear();
        }
        Ok(misfits)
    }

    /// First whatever the specs name, then, if all of it was made, what is removed: one spec may name what another does
    /// not any longer. `has_all`: no spec of the run is without a plan.
    async fn all_at_once(&self, jobs: &mut [Job<'a>], has_all: bool) -> Result<Status, CommandError> {
        let circumstances = self.circumstances(if self.args.yes { Age::Fresh } else { Age::Confirmed });
        let mut statuses = Vec::new();
        let mut open = Vec::new();
        for job in jobs {
            match &job.ended {
                None => open.push(Underway::of(job, self.tests_replacements(), self.output)),
                // Refusals were already reported with their plan.
                Some(ended) => statuses.extend(ended.as_ref().err().map(CommandError::status)),
            }
        }
        let built = join_all(open.into_iter().map(|job| job.build(circumstances))).await;
        let may_remove = has_all && statuses.is_empty() && built.iter().all(|job| job.built.is_clean());
        for job in join_all(built.into_iter().map(|job| job.finish(may_remove, circumstances))).await {
            let Settled { status, goes_on: _ } = self.settle(job).await?;
            statuses.push(status);
            if status == Status::Interrupted {
                break;
            }
        }
        Ok(fleet::worst(statuses))
    }

    /// A saved plan: each spec is read back and checked before the next one begins, and the first that fails is the last.
    /// Only specs that something is removed of wait for all others to be made.
    async fn one_by_one(&self, jobs: &mut [Job<'a>]) -> Result<Status, CommandError> {
        let circumstances = self.circumstances(Age::Saved);
        let (mut statuses, mut removing, mut goes_on) = (Vec::new(), Vec::new(), true);
        for job in jobs.iter_mut().filter(|job| job.ended.is_none()) {
            let job = Underway::of(job, self.tests_replacements(), self.output).build(circumstances).await;
            if job.built.is_clean() && removes(job.plan) {
                removing.push(job);
                continue;
            }
            let settled = self.settle(job.finish(true, circumstances).await).await?;
            statuses.push(settled.status);
            goes_on = settled.goes_on;
            if !goes_on {
                break;
            }
        }
        for job in removing {
            let settled = self.settle(job.finish(goes_on, circumstances).await).await?;
            statuses.push(settled.status);
            goes_on &= settled.goes_on;
        }
        Ok(fleet::worst(statuses))
    }

    fn circumstances(&self, age: Age) -> Circumstances<'_> {
        let waits = waits(self.args.wait);
        Circumstances { age, waits, interrupt: self.interrupt, siblings: &self.siblings }
    }

    fn tests_replacements(&self) -> bool {
        self.makes_proofs() && !self.args.no_check
    }

    /// Reports how a spec ended, and checks it if it was carried out.
    async fn settle(&self, job: Underway<'_, 'a>) -> Result<Settled, CommandError> {
        let Underway { file, session, plan, observed, record, ended, .. } = job;
        match ended {
            Some(Ok(Status::Interrupted)) => return Ok(Settled::stops(Status::Interrupted)),
            Some(Err(error)) => {
                record.text(&fleet::heading(file))?;
                report(error, &self.output.for_spec(&file.display()));
                return Ok(Settled::stops(error.status()));
            }
            Some(Ok(_)) | None => {}
        }
        let made = if plan.is_empty() { String::new() } else { applied(plan) };
        record.text(&format!("{}{made}", fleet::heading(file)))?;
        let mut status = record.left_in_genesys(observed, AWS_ONLY);
        let mut goes_on = true;
        if !self.args.no_check {
            match self.check(session, plan, observed, record).await {
                None => {
                    *ended = Some(Ok(Status::Interrupted));
                    return Ok(Settled::stops(interrupted(UNCHECKED, self.output)));
                }
                Some(Ok(checked)) => {
                    status = fleet::worst([status, checked]);
                    goes_on = !record.view.check.as_ref().is_some_and(|check| has_fault_of(plan, check));
                }
                Some(Err(error)) => {
                    report(&error, &self.output.for_spec(&file.display()));
                    let status = error.status();
                    *ended = Some(Err(error));
                    return Ok(Settled::stops(status));
                }
            }
            record.text("\n")?;
        }
        *ended = Some(Ok(status));
        Ok(Settled { status, goes_on })
    }

    /// If not everything was carried out: how far each spec got, and what to do next.
    fn sum_up(&self, jobs: &[Job<'a>], failed: &[(SpecSource, CommandError)], is_saved: bool) {
        let is_made = |job: &Job<'_>| {
            let is_refused = |error: &CommandError| error.status() == Status::Refused;
            let begun = job.ended.as_ref().is_some_and(|ended| !ended.as_ref().is_err_and(is_refused));
            begun && job.record.view.summary.done == job.record.view.summary.planned
        };
        let done = jobs.iter().filter(|job| is_made(job)).count();
        let all = jobs.len() + failed.len();
        if done == all {
            return;
        }
        let mut text = format!(
            "{} the plan was carried out for {done} of {}\n",
            paint(ERROR, "error:"),
            plural(all, "spec")
        );
        for job in jobs {
            let (word, style) = match &job.ended {
                None => ("not yet", WARNING),
                Some(Ok(_)) if is_made(job) => ("done   ", GOOD),
                Some(Ok(_)) => ("stopped", WARNING),
                Some(Err(error)) if error.status() == Status::Refused => ("refused", ERROR),
                Some(Err(_)) => ("failed ", ERROR),
            };
            let words = match &job.ended {
                Some(Err(_)) if is_made(job) => {
                    format!("{}, and not read back or checked", job.record.view.in_words())
                }
                Some(Err(_)) if job.record.view.summary.planned == 0 => NOTHING.to_owned(),
                Some(Ok(Status::Fault)) => format!("{}; its check found a fault", job.record.view.in_words()),
                _ => job.record.view.in_words(),
            };
            text.push_str(&format!("  {} {}: {words}\n", paint(style, word), one_line(&job.file.display())));
        }
        for (file, _) in failed {
            let file = one_line(&file.display()).into_owned();
            text.push_str(&format!("  {} {file}: it has no plan\n", paint(ERROR, "failed ")));
        }
        let next = match is_saved {
            true => "make a new plan of what is left: `genesys-iam plan --out FILE`",
            false => "run it again: `genesys-iam apply` does what is left",
        };
        // Nothing is broken where a guard refused: somebody has to decide.
        let (mut first, mut has_failed, mut has_fault) = (Vec::new(), !failed.is_empty(), false);
        for job in jobs {
            match &job.ended {
                Some(Err(error)) if error.status() == Status::Refused => first.extend(error.help()),
                Some(Err(_)) => has_failed = true,
                Some(Ok(Status::Fault)) => has_fault = true,
                Some(Ok(_)) | None => {}
            }
        }
        first.dedup();
        first.extend(has_failed.then(|| "fix what failed".to_owned()));
        first.extend(has_fault.then(|| "fix the fault that the check found".to_owned()));
        first.push(format!("then {next}"));
        for help in first {
            text.push_str(&format!("{} {}\n", paint(HELP, "help:"), self.output.remedy(&help)));
        }
        self.output.message(&text);
    }
}

/// Whether something goes once everything else is made.
fn removes(plan: &Plan) -> bool {
    plan.roles.iter().any(|role| role.is_removal() && !role.changes.is_empty())
}

/// Whether a role that was changed has a fault: one that another role has had for long keeps nothing back.
fn has_fault_of(plan: &Plan, check: &CheckView) -> bool {
    let changed = plan.roles.iter().filter(|role| !role.changes.is_empty());
    let faulty = |name: &str| check.roles.iter().any(|role| role.role == name && !role.diagnosis.is_empty());
    changed.into_iter().any(|role| faulty(&role.role))
}
