//! `apply` for several specs: all plans first, then all at the same time, or one by one for a saved plan; removals last.

use futures_util::future::join_all;

use super::apply::{AWS_ONLY, ApplyError, ApplyRun, NOTHING, UNCHECKED, confirm, waits};
use super::carry_out::{Age, Attempt, Carried, Circumstances, applied, finish};
use super::fleet::{self, Members, Outcomes};
use super::options::ReportFormat;
use super::prompt::interrupted;
use super::record::{Record, finish_all};
use super::refusal::{PlanError, may_be_carried_out};
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
use crate::view::{PlanView, plural};

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
    session: &'j Session,
    plan: &'j Plan,
    observed: &'j mut Observed,
    record: &'j mut Record<'a>,
    ended: &'j mut Option<Result<Status, CommandError>>,
    built: ApplyReport<'j>,
    output: Output,
}

impl Underway<'_, '_> {
    /// Carries out what the spec names.
    async fn build(mut self, circumstances: Circumstances<'_>) -> Self {
        let Self { session, plan, observed, output, .. } = &self;
        self.built = circumstances.build(session, plan, observed, output).await;
        self
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
            plan::show_all(&made, |(plan, _)| PlanView::new(plan), false, output)?;
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
            self.carry_out(&mut jobs, saved.is_some()).await;
            let checked = self.check_all(&mut jobs).await?;
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
            let Ok((session, (plan, observed))) = made else { continue };
            let now = plan::saved(session, (plan, None), observed, options, self.output)?;
            let known = saved.of(&file.display());
            misfits.extend(known.map(|known| (Some(file.display()), known.compare(&now))));
        }
        if misfits.iter().all(|(_, misfit)| misfit.differences.is_empty()) {
            misfits.clear();
        }
        Ok(misfits)
    }

    /// First whatever the specs name, then, if all of it was made, what is removed: one spec may name what another does
    /// not any longer. A saved plan's specs have their turn one by one, until one fails; others all at the same time.
    async fn carry_out(&self, jobs: &mut [Job<'a>], one_by_one: bool) {
        let age = match (one_by_one, self.args.yes) {
            (true, _) => Age::Saved,
            (false, true) => Age::Fresh,
            (false, false) => Age::Confirmed,
        };
        let (interrupt, siblings, waits) = (self.interrupt, &self.siblings, waits(self.args.wait));
        let circumstances = Circumstances { age, waits, interrupt, siblings };
        let makes_proofs = self.makes_proofs() && !self.args.no_check;
        let open = jobs.iter_mut().filter(|job| job.ended.is_none());
        let open = open.map(|Job { file, session, plan, observed, record, ended }| {
            if makes_proofs {
                observed.replaced = ReplacementTests::of(&observed.desired);
            }
            let output = self.output.for_spec(&file.display());
            Underway { session, plan, observed, record, ended, built: ApplyReport::default(), output }
        });
        let mut started = Vec::new();
        if one_by_one {
            for job in open {
                started.push(job.build(circumstances).await);
                if !started.iter().all(|job| job.built.is_clean()) {
                    break;
                }
            }
        } else {
            started = join_all(open.map(|job| job.build(circumstances))).await;
        }
        let may_remove = started.iter().all(|job| job.built.is_clean());
        join_all(started.into_iter().map(async |job| {
            let Underway { session, plan, observed, record, ended, built, output } = job;
            let attempt = match plan.is_empty() {
                true => Attempt::nothing(),
                false => finish(session, plan, observed, (built, may_remove), circumstances, &output).await,
            };
            *ended = Some(record.made(plan, attempt).map(|carried| match carried {
                Carried::All => Status::Done,
                Carried::Interrupted => Status::Interrupted,
            }));
        }))
        .await;
    }

    /// The outcome of each, and the check of those that were carried out.
    async fn check_all(&self, jobs: &mut [Job<'a>]) -> Result<Status, CommandError> {
        let mut statuses = Vec::new();
        for Job { file, session, plan, observed, record, ended } in jobs {
            match ended {
                None => continue,
                Some(Ok(Status::Interrupted)) => {
                    statuses.push(Status::Interrupted);
                    continue;
                }
                // Refusals were already reported with their plan.
                Some(Err(error)) if error.find::<PlanError>().is_some() => {
                    statuses.push(error.status());
                    continue;
                }
                Some(Err(error)) => {
                    record.text(&fleet::heading(&*file))?;
                    report(error, &self.output.for_spec(&file.display()));
                    statuses.push(error.status());
                    continue;
                }
                Some(Ok(_)) => {}
            }
            let made = if plan.is_empty() { String::new() } else { applied(plan) };
            record.text(&format!("{}{made}", fleet::heading(&*file)))?;
            let mut status = record.left_in_genesys(observed, AWS_ONLY);
            if !self.args.no_check {
                match self.check(session, plan, observed, record).await {
                    None => {
                        statuses.push(interrupted(UNCHECKED, self.output));
                        *ended = Some(Ok(Status::Interrupted));
                        break;
                    }
                    Some(Ok(checked)) => status = fleet::worst([status, checked]),
                    Some(Err(error)) => {
                        report(&error, &self.output.for_spec(&file.display()));
                        statuses.push(error.status());
                        *ended = Some(Err(error));
                        continue;
                    }
                }
                record.text("\n")?;
            }
            statuses.push(status);
            *ended = Some(Ok(status));
        }
        Ok(fleet::worst(statuses))
    }

    /// If not everything was carried out: how far each spec got, and what to do next.
    fn sum_up(&self, jobs: &[Job<'a>], failed: &[(SpecSource, CommandError)], is_saved: bool) {
        let is_done = |job: &Job<'_>| {
            let all = job.record.view.summary.done == job.record.view.summary.planned;
            all && !matches!(job.ended, Some(Err(_)))
        };
        let done = jobs.iter().filter(|job| is_done(job) && job.ended.is_some()).count();
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
                Some(_) if is_done(job) => ("done   ", GOOD),
                Some(Ok(_)) => ("stopped", WARNING),
                Some(Err(error)) if error.status() == Status::Refused => ("refused", ERROR),
                Some(Err(_)) => ("failed ", ERROR),
            };
            let words = match &job.ended {
                Some(Err(_)) if job.record.view.summary.planned == 0 => NOTHING.to_owned(),
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
        let (mut first, mut is_broken) = (Vec::new(), !failed.is_empty());
        for job in jobs {
            match &job.ended {
                Some(Err(error)) if error.status() == Status::Refused => first.extend(error.help()),
                Some(Err(_)) => is_broken = true,
                Some(Ok(_)) | None => {}
            }
        }
        first.dedup();
        first.extend(is_broken.then(|| "fix the cause of what failed".to_owned()));
        first.push(format!("then {next}"));
        for help in first {
            text.push_str(&format!("{} {}\n", paint(HELP, "help:"), self.output.remedy(&help)));
        }
        self.output.message(&text);
    }
}
