//! `check`: whether Genesys Cloud, and nobody else, can invoke the functions.

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use clap::Args;

use super::fleet::{self, Fleet, Members};
use super::options::{Global, ReportFormat, Select};
use super::session::{LookUp, Observed, Session, SessionError};
use super::specs::SpecsError;
use super::{CommandError, Status};
use crate::aws;
use crate::check::configured::{configured, not_configured};
use crate::check::diagnosis::{Cause, Finding, diagnose};
use crate::check::evaluated::evaluated;
use crate::check::facts::Facts;
use crate::check::invoked::invoked;
use crate::check::probed::probed;
use crate::check::{CheckReport, Level, Line, Outcome, RoleReport};
use crate::explain::Explain;
use crate::genesys::{self, Action, GenesysError, GenesysFacts, TestResult};
use crate::model::{DesiredRole, Live, LookForOrphans};
use crate::render;
use crate::render::output::Output;
use crate::render::style::{WARNING, paint};
use crate::spec::read_bounded;

#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub proofs: Proofs,
    /// Exit with 5 unless every role is proven on this level
    #[arg(long, value_name = "LEVEL")]
    pub require: Option<RequiredLevel>,
    /// How to print the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    #[command(flatten)]
    pub select: Select,
}

/// What is proven beyond the live documents.
#[derive(Debug, Clone, Default, Args)]
pub struct Proofs {
    /// Let Genesys Cloud test this data action (ID or name), which REALLY RUNS the function; repeatable
    #[arg(long, value_name = "ACTION")]
    pub invoke: Vec<String>,
    /// The input of the tested data actions: a JSON object, or @FILE; without it {}
    #[arg(long, value_name = "JSON", requires = "invoke")]
    pub input: Option<String>,
    /// Make the probes with the credentials of this AWS profile: one that the trust policy admits can prove more
    #[arg(long, value_name = "PROFILE")]
    pub probe_profile: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, clap::ValueEnum)]
pub enum RequiredLevel {
    /// By the live documents
    Evaluated,
    /// By real calls: the role assumed, each invocation permitted
    Assumed,
    /// By Genesys Cloud itself, with --invoke
    EndToEnd,
}

/// Roles that are checked at the same time.
const AT_A_TIME: usize = 32;
/// Seen in CloudTrail.
const SESSION_NAME: &str = "genesys-iam-check";

pub async fn run(global: &Global, args: &CheckArgs, output: &Output) -> Result<Status, CommandError> {
    match Fleet::open(global, &args.select, output).await? {
        Fleet::One(session) => run_in(&session, args, output).await,
        Fleet::Many(members) => run_many(members, args, output).await,
    }
}

/// For one spec, in a session that is given.
pub async fn run_in(session: &Session, args: &CheckArgs, output: &Output) -> Result<Status, CommandError> {
    let observed = observe(session, args, output).await?;
    report(session, &observed, args, output).await
}

async fn observe(session: &Session, args: &CheckArgs, output: &Output) -> Result<Observed, CommandError> {
    if !args.proofs.invoke.is_empty() && session.genesys.is_none() {
        return Err(SessionError::NoGenesysCredentials.into());
    }
    session.observe(LookForOrphans::No, LookUp::New, output).await
}

/// For several specs: one report, grouped.
async fn run_many(members: Members, args: &CheckArgs, output: &Output) -> Result<Status, CommandError> {
    if !args.proofs.invoke.is_empty() {
        return Err(SpecsError::OneSpec("`--invoke`").into());
    }
    let (what, inner) = (format!("checking {} specs", members.len()), output.inner());
    let made = fleet::for_each_spec(members, async |session| {
        let observed = observe(session, args, &inner).await?;
        make(session, &observed, &args.proofs, &inner).await
    });
    let made = output.waiting(&what, made).await;
    let outcome = fleet::worst(made.iter().map(|(_, made)| match made {
        Ok((_, report)) => status(report, args),
        Err(error) => error.status(),
    }));
    if args.format == ReportFormat::Json {
        let files: Vec<String> = made.iter().map(|(file, _)| file.display().to_string()).collect();
        let reports = files
            .iter()
            .zip(&made)
            .map(|(file, (_, made))| {
                (file.as_str(), made.as_ref().map(|(_, report)| render::json::check(report)))
            })
            .collect();
        let value = fleet::json("genesys-iam checks", "report", reports, outcome);
        output.result(&format!("{:#}\n", output.masked_json(&value)))?;
        return Ok(outcome);
    }
    for (file, made) in &made {
        let is_markdown = args.format == ReportFormat::Markdown;
        output.result(&if is_markdown {
            format!("## `{}`\n\n", file.display())
        } else {
            fleet::heading(file)
        })?;
        match made {
            Ok((_, report)) => {
                show(report, args.format, output)?;
                warn_if_level_not_reached(report, args, output);
            }
            Err(error) => super::report(error, output),
        }
        output.result("\n")?;
    }
    Ok(outcome)
}

/// Makes the report from a reading, and shows it.
async fn report(
    session: &Session,
    observed: &Observed,
    args: &CheckArgs,
    output: &Output,
) -> Result<Status, CommandError> {
    let report = make(session, observed, &args.proofs, output).await?;
    show(&report, args.format, output)?;
    warn_if_level_not_reached(&report, args, output);
    Ok(status(&report, args))
}

/// The check at the end of `apply`: its report, and the status that follows from it.
pub(super) async fn after_apply(
    session: &Session,
    observed: &Observed,
    output: &Output,
) -> Result<Status, CommandError> {
    let report = make(session, observed, &Proofs::default(), output).await?;
    show(&report, ReportFormat::Text, output)?;
    Ok(if report.has_fault() { Status::Fault } else { Status::Done })
}

/// The probes are made as Genesys Cloud in the sandbox, with the profile where one is given, and otherwise as the caller.
async fn make(
    session: &Session,
    observed: &Observed,
    proofs: &Proofs,
    output: &Output,
) -> Result<CheckReport, CommandError> {
    let input = input(proofs.input.as_deref())?;
    let organization = match &session.genesys {
        Some(client) => Some(output.waiting("asking Genesys Cloud", genesys::gather(client)).await),
        None => None,
    };
    let reports = observed
        .desired
        .roles
        .iter()
        .map(|desired| role_report(session, observed, desired, proofs, organization.as_ref()));
    // Boxed: of a thousand roles the futures alone would be large.
    let reports = stream::iter(reports.map(Box::pin)).buffered(AT_A_TIME).try_collect();
    let mut roles: Vec<RoleReport> = output.waiting("checking the roles", reports).await?;
    if let Some(client) = &session.genesys {
        for named in &proofs.invoke {
            let action = client.action(named).await?;
            let what = format!("Genesys Cloud tests \"{}\"", action.name);
            let result = output.waiting(&what, client.test(&action.id, &input)).await?;
            add_invocation(&mut roles, observed, &action, &result, output);
        }
    }
    Ok(CheckReport {
        spec: observed.desired.spec.clone(),
        account_id: observed.desired.account_id.clone(),
        region: observed.desired.region.clone(),
        organization: organization.and_then(Result::ok).map(|facts| facts.organization.name),
        roles,
    })
}

fn show(report: &CheckReport, format: ReportFormat, output: &Output) -> Result<(), CommandError> {
    let text = match format {
        ReportFormat::Text => render::check::text(report),
        ReportFormat::Json => {
            let value = output.masked_json(&render::json::check(report));
            format!("{value:#}\n")
        }
        ReportFormat::Markdown => render::markdown::check(report),
    };
    output.result(&text)?;
    Ok(())
}

/// The level that is asked for and not reached.
fn lacking(report: &CheckReport, args: &CheckArgs) -> Option<Level> {
    let required = args.require.map(|required| match required {
        RequiredLevel::Evaluated => Level::Evaluated,
        RequiredLevel::Assumed => Level::Assumed,
        RequiredLevel::EndToEnd => Level::EndToEnd,
    });
    required.filter(|level| !report.reaches(*level))
}

fn status(report: &CheckReport, args: &CheckArgs) -> Status {
    match lacking(report, args) {
        _ if report.has_fault() => Status::Fault,
        Some(_) => Status::Undecided,
        None => Status::Done,
    }
}

fn warn_if_level_not_reached(report: &CheckReport, args: &CheckArgs, output: &Output) {
    if let Some(level) = lacking(report, args).filter(|_| !report.has_fault()) {
        let level = level.word();
        output.message(&format!(
            "{} the required level `{level}` was not reached\n",
            paint(WARNING, "undecided:")
        ));
    }
}

/// Bytes: Lambda accepts 6 MB.
const LARGEST_INPUT: u64 = 8 * 1024 * 1024;

/// The input of a data action's test: JSON, or a file that contains it.
fn input(text: Option<&str>) -> Result<String, InputError> {
    let Some(text) = text else { return Ok("{}".to_owned()) };
    let text = match text.strip_prefix('@') {
        Some(path) => std::fs::File::open(path)
            .and_then(|file| read_bounded(file, LARGEST_INPUT))
            .map_err(|source| InputError::Read { path: path.to_owned(), source })?,
        None => text.to_owned(),
    };
    match serde_json::from_str::<serde_json::Value>(&text) {
        Ok(value) if value.is_object() => Ok(value.to_string()),
        Ok(_) => Err(InputError::NotAnObject),
        Err(error) => Err(InputError::NotJson(error)),
    }
}

async fn role_report(
    session: &Session,
    observed: &Observed,
    desired: &DesiredRole,
    proofs: &Proofs,
    organization: Option<&Result<GenesysFacts, GenesysError>>,
) -> Result<RoleReport, CommandError> {
    let live = observed.live.roles.get(&desired.role.name).cloned().unwrap_or_default();
    let facts = facts(session, observed, desired, live).await?;
    let mut lines = evaluated(&facts);
    let mut diagnosis = diagnose(&facts);
    match organization {
        Some(Ok(organization)) => lines.extend(configured(organization, &facts, &mut diagnosis)),
        Some(Err(error)) => lines.extend(not_configured(error, &mut diagnosis)),
        None => {}
    }
    let mut prober = String::new();
    if let Some(role) = &facts.live.role {
        let (clients, caller, name) = prober_of(session, observed, desired, proofs).await?;
        let probes = probed(&clients, &caller, role, desired, SESSION_NAME).await;
        // What the documents explain is said already.
        if diagnosis.findings.is_empty() {
            diagnosis
                .findings
                .extend(probes.iter().filter(|line| line.outcome == Outcome::Fail).map(contradiction));
        }
        lines.extend(probes);
        prober = name;
    }
    Ok(RoleReport { role: desired.role.name.clone(), prober, lines, diagnosis })
}

async fn facts(
    session: &Session,
    observed: &Observed,
    desired: &DesiredRole,
    live: Live,
) -> Result<Facts, CommandError> {
    let simulate = async {
        if live.role.is_none() || desired.functions.is_empty() {
            return None;
        }
        // A second opinion, for those who may have it where there is one.
        aws::simulate(&session.clients, &desired.role.arn, &desired.functions).await.ok()
    };
    let (functions, simulated) = futures_util::join!(session.function_facts(observed, desired), simulate);
    Ok(Facts { functions: functions?, simulated, live, desired: desired.clone() })
}

/// Whose calls the probes are: the clients, the ARN, and how the report calls them.
async fn prober_of(
    session: &Session,
    observed: &Observed,
    desired: &DesiredRole,
    proofs: &Proofs,
) -> Result<(aws::Clients, String, String), CommandError> {
    match (session.as_genesys(&desired.genesys_account_id), &proofs.probe_profile) {
        (Some(_), Some(_)) => Err(InputError::ProfileInSandbox.into()),
        (Some(genesys), None) => {
            let caller = aws::caller(&genesys).await?.arn;
            let name = format!("Genesys Cloud, played by the sandbox ({caller})");
            Ok((genesys, caller, name))
        }
        (None, Some(profile)) => {
            let clients = session.clients.with_profile(profile);
            let caller = aws::caller(&clients).await?.arn;
            Ok((clients, caller.clone(), caller))
        }
        (None, None) => {
            let caller = observed.caller.arn.clone();
            Ok((session.clients.clone(), caller.clone(), caller))
        }
    }
}

fn contradiction(line: &Line) -> Finding {
    Finding {
        cause: Cause::Probe,
        what: format!("A call contradicts the documents: {}; {}", line.claim, line.seen),
        consequence: "what the documents promise cannot be relied on".to_owned(),
        remedy: line.meaning.clone(),
    }
}

/// A test belongs to the role whose function the data action points at; otherwise to all.
fn add_invocation(
    roles: &mut [RoleReport],
    observed: &Observed,
    action: &Action,
    result: &TestResult,
    output: &Output,
) {
    let points_at =
        |desired: &DesiredRole| desired.functions.iter().any(|arn| arn.to_string() == action.target());
    let is_known = observed.desired.roles.iter().any(points_at);
    if !is_known {
        output.message(&format!(
            "{} the data action `{}` points at {}, which is no function of the spec\n",
            paint(WARNING, "warning:"),
            action.name,
            action.target()
        ));
    }
    for (report, desired) in roles.iter_mut().zip(&observed.desired.roles) {
        if points_at(desired) || !is_known {
            let line = invoked(action, result, &mut report.diagnosis);
            report.lines.push(line);
        }
    }
}

/// What is wrong with the options of a check.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error("cannot read `--input @{path}`")]
    Read { path: String, source: std::io::Error },
    #[error("`--input` is not a JSON object")]
    NotAnObject,
    #[error("`--probe-profile` names credentials of AWS, and the sandbox has none")]
    ProfileInSandbox,
    #[error("`--input` is not JSON")]
    NotJson(#[source] serde_json::Error),
}

impl Explain for InputError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::ProfileInSandbox => "leave out `--probe-profile`: the sandbox plays Genesys Cloud",
            Self::Read { .. } | Self::NotAnObject | Self::NotJson(_) => {
                "`--input` takes JSON, such as {\"customerId\": \"42\"}, or @FILE"
            }
        };
        Some(help.to_owned())
    }

    fn status(&self) -> Status {
        Status::Usage
    }
}
