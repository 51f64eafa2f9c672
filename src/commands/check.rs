//! `check`: whether Genesys Cloud, and nobody else, can invoke the functions.

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use clap::Args;
use clap::builder::{PossibleValue, PossibleValuesParser, TypedValueParser};
use clap_complete::ArgValueCompleter;

use super::complete::data_action_names;
use super::connections::{GenesysAccess, with_profile};
use super::fleet::{self, Fleet, Members};
use super::options::{Global, ReportFormat, Select};
use super::page;
use super::report::provenance;
use super::reports::Reports;
use super::session::{LookUp, Observed, Session};
use super::since::{LookBack, Since};
use super::specs::SpecsError;
use super::{CommandError, Status, evidence};
use crate::arn::Arn;
use crate::check::{
    AskedOrganization, CheckReport, Facts, GenesysSide, Level, RoleReport, judge, member_names,
};
use crate::explain::Explain;
use crate::genesys::{self, Action, ActionContract, GenesysError, TestResult};
use crate::model::{LookForOrphans, OrganizationReading};
use crate::plan::{Plan, diff};
use crate::render;
use crate::render::check::Show;
use crate::render::output::Output;
use crate::render::style::{WARNING, paint};
use crate::spec::{is_of_this_machine, read_bounded, unfit_input};
use crate::text::{near_miss, one_line, shell_word};
use crate::view::{CheckView, few, sentence_case};

#[derive(Debug, Args)]
pub struct CheckArgs {
    #[command(flatten)]
    pub proofs: Proofs,
    /// Exit with 5 unless every role is proven at this level
    #[arg(long, value_name = "LEVEL", value_parser = levels())]
    pub require: Option<Level>,
    /// How to print the report
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub format: ReportFormat,
    #[command(flatten)]
    pub reports: Reports,
    /// Show every claim with what was seen, not just what is wrong
    #[arg(long)]
    pub all: bool,
    #[command(flatten)]
    pub select: Select,
}

/// What is proven beyond the live documents.
#[derive(Debug, Clone, Default, Args)]
pub struct Proofs {
    /// Let Genesys Cloud test this data action (ID or name), which REALLY RUNS the function; repeatable
    #[arg(long, value_name = "ACTION", add = ArgValueCompleter::new(data_action_names))]
    pub invoke: Vec<String>,
    /// The input of the tested data actions: a JSON object, or @FILE; default: their `test_input`
    #[arg(long, value_name = "JSON", requires = "invoke")]
    pub input: Option<String>,
    /// See who used the roles since then (30m, 2h, 7d, 2026-11-01, 2026-11-01T12:00:00Z): by itself for up to five roles of one spec, 90 days back
    #[arg(long, value_name = "TIME", value_parser = Since::given)]
    pub since: Option<Since>,
    /// As it follows from the command line and the number of roles.
    #[arg(skip)]
    pub look_back: Option<LookBack>,
    /// Show what the data action answered, which may be personal data: on standard error, in no report, and not in CI
    #[arg(long, requires = "invoke")]
    pub show_answer: bool,
    /// Tests of the spec's own data actions, at the end of `apply`.
    #[arg(skip)]
    pub tests: Vec<SpecTest>,
    /// Make the probes with the credentials of this AWS profile: one that the trust policy admits can prove more
    #[arg(long, value_name = "PROFILE")]
    pub probe_profile: Option<String>,
}

/// A data action of the spec with its `test_input`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SpecTest {
    pub id: String,
    pub input: String,
    /// The names in its output contract.
    pub outputs: Vec<String>,
    /// IAM may not know its role everywhere yet.
    pub role_is_new: bool,
}

/// Pauses before repeating a data action's test because its role is new.
const NEW_ROLE_PAUSES: [u64; 3] = [5, 10, 20];

/// Parses a level by name.
fn levels() -> impl TypedValueParser<Value = Level> {
    let values =
        Level::ALL.iter().map(|level| PossibleValue::new(level.word()).help(sentence_case(level.sentence())));
    PossibleValuesParser::new(values).try_map(|word| {
        Level::ALL.iter().copied().find(|level| level.word() == word).ok_or("there is no such level")
    })
}

/// Up to this many roles, their use is looked up by default: CloudTrail is slow.
const LOOK_BACK_AT: usize = 5;

/// The proofs, including how far back to look up who used the roles.
fn looking_back(args: &CheckArgs, roles: usize, is_fleet: bool) -> Proofs {
    let is_asked = args.proofs.since.is_some() || args.require == Some(Level::Observed);
    let by_itself = !is_fleet && roles <= LOOK_BACK_AT;
    let since = args.proofs.since.unwrap_or_default();
    let look_back = (is_asked || by_itself).then_some(LookBack { since, is_asked });
    Proofs { look_back, ..args.proofs.clone() }
}

/// Roles that are checked at the same time.
const AT_A_TIME: usize = 32;

pub async fn run(global: &Global, args: &CheckArgs, output: &Output) -> Result<Status, CommandError> {
    page::refuse_on_a_terminal(args.format, output)?;
    args.reports.check(global, None)?;
    may_show_answer(args.proofs.show_answer, args.format)?;
    match Fleet::open(global, &args.select, output).await? {
        Fleet::One(session) => run_in(&session, args, output).await,
        Fleet::Many(members) => run_many(members, args, output).await,
    }
}

/// For one spec, in a given session.
pub async fn run_in(session: &Session, args: &CheckArgs, output: &Output) -> Result<Status, CommandError> {
    let observed = Box::pin(observe(session, args, output)).await?;
    Box::pin(report(session, &observed, args, output)).await
}

async fn observe(session: &Session, args: &CheckArgs, output: &Output) -> Result<Observed, CommandError> {
    if !args.proofs.invoke.is_empty() && session.genesys.is_none() {
        let variables = session.spec.genesys.client_variables();
        return Err(GenesysAccess::missing(session.genesys_trouble.as_ref(), variables).into());
    }
    session.observe(LookForOrphans::No, LookUp::New, output).await
}

/// For several specs: one report.
async fn run_many(members: Members, args: &CheckArgs, output: &Output) -> Result<Status, CommandError> {
    if !args.proofs.invoke.is_empty() {
        return Err(SpecsError::OneSpec("`--invoke`").into());
    }
    let (what, inner) = (format!("checking {} specs", members.len()), output.inner());
    let made = fleet::for_each_spec(members, async |session| {
        let observed = observe(session, args, &inner).await?;
        let proofs = looking_back(args, observed.desired.roles.len(), true);
        make(session, &observed, &proofs, &inner).await
    });
    let made = output.waiting(&what, made).await;
    let outcome = fleet::worst(made.iter().map(|(_, made)| match made {
        Ok((_, report)) => status(report, args),
        Err(error) => error.status(),
    }));
    let views: Vec<(String, Result<CheckView, &CommandError>)> = made
        .iter()
        .map(|(file, made)| {
            (file.display().to_string(), made.as_ref().map(|(_, report)| CheckView::new(report)))
        })
        .collect();
    let mut failed = Vec::new();
    let mut reports: Vec<(Option<&str>, &CheckView)> = Vec::new();
    for (file, view) in &views {
        match view {
            Ok(view) => reports.push((Some(file), view)),
            Err(error) => {
                failed.push(file.clone());
                super::report(error, &output.for_spec(file));
            }
        }
    }
    let page = |format| match format {
        ReportFormat::Json => {
            let reports = views.iter().map(|(file, view)| {
                (file.as_str(), view.as_ref().map(render::json::check).map_err(|error| *error))
            });
            let value = fleet::json("genesys-iam checks", "report", reports.collect(), outcome);
            format!("{:#}\n", output.masked_json(&value))
        }
        ReportFormat::Markdown => {
            render::markdown::checks(&reports, &failed, &provenance(), &output.masker())
        }
        ReportFormat::Html => {
            render::html::checks(&reports, &failed, &provenance(), page::time(), &output.masker())
        }
        ReportFormat::Text => render::check::text(&reports, &failed, show_of(args.all, output)),
    };
    page::print(args.format, &page(args.format), output)?;
    args.reports.write(output, page)?;
    for (file, made) in &made {
        if let Ok((_, report)) = made {
            warn_if_level_not_reached(report, args, &output.for_spec(&file.display()));
        }
    }
    Ok(outcome)
}

/// Makes and shows the report for a reading.
async fn report(
    session: &Session,
    observed: &Observed,
    args: &CheckArgs,
    output: &Output,
) -> Result<Status, CommandError> {
    let proofs = looking_back(args, observed.desired.roles.len(), false);
    let report = make(session, observed, &proofs, output).await?;
    show(&report, session, args, output)?;
    warn_if_level_not_reached(&report, args, output);
    Ok(status(&report, args))
}

/// The check at the end of `apply`.
pub(super) async fn after_apply(
    session: &Session,
    observed: &Observed,
    tests: Vec<SpecTest>,
    show_answer: bool,
    output: &Output,
) -> Result<CheckReport, CommandError> {
    make(session, observed, &Proofs { tests, show_answer, ..Proofs::default() }, output).await
}

/// A report of one spec as text.
pub(super) fn text(view: &CheckView, output: &Output) -> String {
    let show = Show { uncounted: true, ..show_of(false, output) };
    render::check::text(&[(None, view)], &[], show)
}

/// Probes run as Genesys Cloud in the sandbox, with the profile if there is one, and otherwise as the caller.
async fn make(
    session: &Session,
    observed: &Observed,
    proofs: &Proofs,
    output: &Output,
) -> Result<CheckReport, CommandError> {
    let asking = evidence::of_genesys(
        session.genesys.as_ref(),
        session.genesys_trouble.as_ref(),
        &session.known_roles,
    );
    let mut genesys = output.waiting("asking Genesys Cloud", asking).await;
    evidence::find_held_roles(session, observed, &mut genesys).await;
    // The plan tells which remedies work.
    let mut plan = diff(&observed.live, &observed.desired);
    session.look_ahead_quietly(&mut plan, observed).await;
    let facts = facts_of(session, observed, &plan, proofs, &genesys, output).await?;
    let roles: Vec<RoleReport> = facts.iter().map(judge).collect();
    let has_commands =
        |role: &&RoleReport| role.diagnosis.findings.iter().any(|finding| finding.remedy.contains("`aws "));
    if let Some(role) = roles.iter().find(has_commands).filter(|_| session.in_sandbox) {
        output.note(&format!(
            "note: the `aws` commands would go to AWS itself; `{} diagnose {}` has the steps for the sandbox\n",
            session.invocation,
            shell_word(&role.role)
        ));
    }
    Ok(CheckReport {
        spec: observed.desired.spec.clone(),
        account_id: observed.desired.account_id.clone(),
        region: observed.desired.region.clone(),
        in_sandbox: session.in_sandbox,
        stand_in: session.clients.endpoint().filter(|url| is_of_this_machine(url)).map(str::to_owned),
        organization: match genesys {
            GenesysSide::NotAsked => AskedOrganization::No(session.spec.genesys.client_variables()),
            GenesysSide::Rejected(..) | GenesysSide::Unreadable(_) => AskedOrganization::Unknown,
            GenesysSide::Read(genesys) => AskedOrganization::Named(genesys.organization_name),
        },
        roles,
    })
}

/// The evidence about each role, with the requested tests of data actions.
pub(super) async fn facts_of(
    session: &Session,
    observed: &Observed,
    plan: &Plan,
    proofs: &Proofs,
    genesys: &GenesysSide,
    output: &Output,
) -> Result<Vec<Facts>, CommandError> {
    let input = input(proofs.input.as_deref())?;
    if session.in_sandbox && proofs.probe_profile.is_some() {
        return Err(InputError::ProfileInSandbox.into());
    }
    // Once for all roles: an MFA code works once.
    let as_profile = match &proofs.probe_profile {
        Some(profile) => Some(with_profile(&session.clients, profile, output).await?),
        None => None,
    };
    let gather = observed.desired.roles.iter().map(|desired| {
        let plan = plan.roles.iter().find(|role| role.role == desired.role.name);
        let as_profile = as_profile.as_ref();
        evidence::of_role(session, observed, desired, genesys, plan, as_profile, proofs.look_back)
    });
    // Boxed: for a thousand roles the futures alone would be large.
    let gather = stream::iter(gather.map(Box::pin)).buffered(AT_A_TIME).try_collect();
    let mut facts: Vec<Facts> = output.waiting("checking the roles", gather).await?;
    evidence::mask(&facts, output);
    // A client that is refused is a cause, and tests nothing.
    let is_refused = matches!(genesys, GenesysSide::Rejected(..));
    if let Some(client) = session.genesys.as_ref().filter(|_| !is_refused) {
        let named = proofs.invoke.iter().map(|named| SpecTest {
            id: named.clone(),
            input: input.clone(),
            outputs: Vec::new(),
            role_is_new: false,
        });
        // All of them first: whatever is wrong with one, no function has run yet.
        let mut tests = Vec::new();
        for test in proofs.tests.iter().cloned().chain(named) {
            let action = match client.action(&test.id).await {
                Err(error) => {
                    return Err(match not_applied(session, observed, &test.id) {
                        Some(error) => error.into(),
                        None => error.into(),
                    });
                }
                Ok(action) => action,
            };
            let test = match proofs.invoke.contains(&test.id) {
                true => {
                    let given = (proofs.input.is_some(), proofs.invoke.len() > 1);
                    as_asked(session, client, &action, test, given).await?
                }
                false => test,
            };
            tests.push((action, test));
        }
        for (action, test) in tests {
            if proofs.invoke.contains(&test.id) {
                let (note, input) = (paint(WARNING, "note:"), one_line(&test.input));
                output.note(&format!("{note} sending {input} to \"{}\"\n", one_line(&action.name)));
            }
            let passed = observed.replaced.passed.borrow().get(&action.id).cloned();
            let result = match passed {
                Some(result) => result,
                None => Box::pin(prove(client, &action, &test, output)).await?,
            };
            let test = evidence::of_test(&action, &result, &test.outputs);
            if proofs.show_answer {
                show_answer(&action, &result, output);
            }
            // It belongs to the role that its integration assumes, or whose function it points at; otherwise to all roles.
            let points = |facts: &Facts| evidence::points_at(&facts.desired, &action);
            let is_known = facts.iter().any(points);
            if !is_known {
                warn_of_target(&action, output);
            }
            let assumed = assumed_for(&observed.live.organization, &action);
            let assumes = |facts: &Facts| assumed.as_ref() == Some(&facts.desired.role.arn);
            let is_assumed = facts.iter().any(assumes);
            let is_its = |facts: &&mut Facts| match is_assumed {
                true => assumes(facts),
                false => points(facts) || !is_known,
            };
            for facts in facts.iter_mut().filter(is_its) {
                facts.tests.push(test.clone());
            }
        }
    }
    Ok(facts)
}

/// If a data action that is not found is one of the spec that was never made, or seems to be meant for one.
fn not_applied(session: &Session, observed: &Observed, name: &str) -> Option<InputError> {
    let OrganizationReading::Read(organization) = &observed.live.organization else { return None };
    let live: Vec<&str> = organization
        .integrations
        .iter()
        .flat_map(|one| &one.actions)
        .map(|action| action.name.as_str())
        .collect();
    let of_spec = session.spec.roles.iter().flat_map(|role| &role.data_actions);
    let waiting: Vec<&str> =
        of_spec.map(|action| action.content.name.as_str()).filter(|name| !live.contains(name)).collect();
    let action = name.to_owned();
    if live.contains(&name) || waiting.is_empty() {
        return None;
    }
    if waiting.contains(&name) {
        return Some(InputError::NotApplied { action });
    }
    let meant = near_miss(name, &waiting);
    // Of those that are there, Genesys Cloud's answer names the one that is meant.
    if meant.is_none() && !live.is_empty() {
        return None;
    }
    let waiting = meant.map_or(waiting, |meant| vec![meant]);
    let waiting = waiting.iter().map(|name| format!("\"{}\"", one_line(name))).collect();
    Some(InputError::OtherNotApplied { action, waiting })
}

/// A test requested on the command line: without `--input` it uses the spec's `test_input`, and the input must fit the
/// contract. Genesys Cloud may drop what does not, and would then prove less than was meant.
async fn as_asked(
    session: &Session,
    client: &genesys::Client,
    action: &Action,
    mut test: SpecTest,
    (is_given, is_one_of_several): (bool, bool),
) -> Result<SpecTest, CommandError> {
    let of_spec = session.spec.roles.iter().flat_map(|role| &role.data_actions);
    let named: Vec<_> = of_spec.filter(|one| one.content.name == action.name).collect();
    // Somebody may have pointed the action elsewhere; the function only tells actions of one name apart.
    let is_one = named.len() == 1;
    let of_spec = named.into_iter().filter(|one| is_one || one.function.to_string() == action.target());
    let mut what = "`--input`";
    if let (false, [input]) =
        (is_given, of_spec.filter_map(|one| one.test_input.as_ref()).collect::<Vec<_>>().as_slice())
    {
        test.input = serde_json::Value::Object((*input).clone()).to_string();
        what = "`test_input`";
    }
    let ActionContract { input: contract, output: returns } = client.contract(&action.id).await?;
    test.outputs = returns.as_ref().map(member_names).unwrap_or_default();
    // Sent without input, "Cancel order" would cancel something.
    if let (false, "`--input`", Some(contract)) = (is_given, what, &contract) {
        let names = member_names(contract);
        if !names.is_empty() {
            let members = names.iter().map(|name| format!("`{}`", one_line(name))).collect();
            let example = example_of(contract);
            return Err(InputError::NoInput { action: action.name.clone(), members, example }.into());
        }
    }
    if let (Some(contract), Ok(input)) = (contract, serde_json::from_str(&test.input))
        && let Some((message, help)) =
            unfit_input(&format!("{what} for \"{}\"", one_line(&action.name)), &input, &contract)
                .into_iter()
                .next()
    {
        let help = match is_given && is_one_of_several {
            true => format!("{help}; for several data actions, give each its `test_input` in the spec"),
            false => help,
        };
        return Err(InputError::Contract { message, help }.into());
    }
    Ok(test)
}

/// An input of this contract: what it demands, or all it has.
fn example_of(schema: &serde_json::Value) -> String {
    let required: Vec<&str> =
        schema["required"].as_array().into_iter().flatten().filter_map(serde_json::Value::as_str).collect();
    let properties = schema["properties"].as_object().into_iter().flatten();
    let members = properties.filter(|(name, _)| required.is_empty() || required.contains(&name.as_str()));
    let members = members.map(|(name, property)| {
        let value = match property["type"].as_str() {
            Some("integer" | "number") => 42.into(),
            Some("boolean") => true.into(),
            Some("array") => serde_json::json!([]),
            Some("object") => serde_json::json!({}),
            _ => "42".into(),
        };
        (name.clone(), value)
    });
    serde_json::Value::Object(members.collect()).to_string()
}

/// This many characters of an answer: more nobody reads on a terminal.
const LONGEST_ANSWER: usize = 4000;

/// Beside the report, so that none of its formats ever holds it: an answer may be a customer's data.
fn show_answer(action: &Action, result: &TestResult, output: &Output) {
    let answer = result.final_result.to_string();
    let shown: String = answer.chars().take(LONGEST_ANSWER).collect();
    let more = if shown.len() < answer.len() { " …" } else { "" };
    output.message(&format!(
        "{} \"{}\" answered {}{more}\n",
        paint(WARNING, "note:"),
        one_line(&action.name),
        one_line(&shown)
    ));
}

/// Tests a data action; repeats only while its new role is refused, so that the function runs once.
async fn prove(
    client: &genesys::Client,
    action: &Action,
    test: &SpecTest,
    output: &Output,
) -> Result<TestResult, GenesysError> {
    let what = format!("Genesys Cloud tests \"{}\"", action.name);
    let mut pauses = NEW_ROLE_PAUSES.iter().filter(|_| test.role_is_new);
    loop {
        let result = output.waiting(&what, client.test(&action.id, &test.input)).await?;
        let Some(pause) = pauses.next().filter(|_| result.is_refused_before_the_function()) else {
            return Ok(result);
        };
        output.message(&format!(
            "{} the role is new, and was refused: the test is made again in {pause} s\n",
            paint(WARNING, "waits ")
        ));
        tokio::time::sleep(std::time::Duration::from_secs(*pause)).await;
    }
}

/// The role in the credential of a data action's integration.
fn assumed_for(organization: &OrganizationReading, action: &Action) -> Option<Arn> {
    let OrganizationReading::Read(organization) = organization else { return None };
    let integration = organization.integrations.iter().find(|one| one.id == action.integration_id)?;
    integration.credential.as_ref()?.role()
}

fn warn_of_target(action: &Action, output: &Output) {
    output.message(&format!(
        "{} the data action `{}` points at {}, which is not a function of the spec\n",
        paint(WARNING, "warning:"),
        action.name,
        action.target()
    ));
}

fn show_of(all: bool, output: &Output) -> Show {
    // A shell's `COLUMNS`, where exported, counts as it does for `--help`.
    let is_narrow = output.is_on_a_terminal() || std::env::var_os("COLUMNS").is_some();
    Show { all, quiet: output.is_quiet(), whole: !is_narrow, uncounted: false }
}

/// Prints the report, and writes the files requested for it.
fn show(
    report: &CheckReport,
    session: &Session,
    args: &CheckArgs,
    output: &Output,
) -> Result<(), CommandError> {
    let view = CheckView::new(report);
    let page = |format| match format {
        ReportFormat::Text => render::check::text(&[(None, &view)], &[], show_of(args.all, output)),
        ReportFormat::Json => format!("{:#}\n", output.masked_json(&render::json::check(&view))),
        ReportFormat::Markdown => {
            let provenance = provenance().with_file(&session.file);
            render::markdown::checks(&[(None, &view)], &[], &provenance, &output.masker())
        }
        ReportFormat::Html => {
            let provenance = provenance().with_file(&session.file);
            render::html::checks(&[(None, &view)], &[], &provenance, page::time(), &output.masker())
        }
    };
    page::print(args.format, &page(args.format), output)?;
    args.reports.write(output, page)?;
    Ok(())
}

/// The requested level, if it was not reached, or what else is unknown.
fn not_reached(report: &CheckReport, args: &CheckArgs) -> Option<Level> {
    args.require.filter(|level| report.unproven(*level).next().is_some())
}

fn status(report: &CheckReport, args: &CheckArgs) -> Status {
    match not_reached(report, args) {
        _ if report.has_fault() => Status::Fault,
        Some(_) => Status::Undecided,
        None => Status::Done,
    }
}

fn warn_if_level_not_reached(report: &CheckReport, args: &CheckArgs, output: &Output) {
    const FEW: usize = 4;
    if let Some(level) = not_reached(report, args).filter(|_| !report.has_fault()) {
        let unproven: Vec<(&str, String)> = report.unproven(level).collect();
        let undecided = paint(WARNING, "undecided:");
        for (role, why) in unproven.iter().take(FEW) {
            let role = one_line(role);
            output.message(&format!("{undecided} role `{role}` is not proven `{}`: {why}\n", level.word()));
        }
        if unproven.len() > FEW {
            output.message(&format!("{undecided} and {} more roles\n", unproven.len() - FEW));
        }
    }
}

/// An answer stays where it is read: no report for machines or pages has it, and no pipeline's log.
pub(super) fn may_show_answer(is_asked: bool, format: ReportFormat) -> Result<(), InputError> {
    let is_set = |name: &str| std::env::var(name).is_ok_and(|value| !value.is_empty() && value != "false");
    match is_asked {
        true if format != ReportFormat::Text => Err(InputError::AnswerNotForAll("the report is not text")),
        true if ["CI", "TF_BUILD"].into_iter().any(is_set) => {
            Err(InputError::AnswerNotForAll("this is a pipeline (CI is set)"))
        }
        _ => Ok(()),
    }
}

/// Maximum bytes: Lambda accepts 6 MB.
const LARGEST_INPUT: u64 = 8 * 1024 * 1024;

/// The input for a data action's test: JSON, or a file that contains it.
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

/// What is wrong with the options of a check.
#[derive(Debug, thiserror::Error)]
pub enum InputError {
    #[error("cannot read `--input @{path}`")]
    Read { path: String, source: std::io::Error },
    #[error("`--input` is not a JSON object")]
    NotAnObject,
    #[error("`--show-answer` is for somebody at a terminal, and {0}")]
    AnswerNotForAll(&'static str),
    #[error("`--probe-profile` names credentials of AWS, and the sandbox has none")]
    ProfileInSandbox,
    #[error("{message}")]
    Contract { message: String, help: String },
    #[error("data action \"{}\" is in the spec, but Genesys Cloud does not have it yet", one_line(action))]
    NotApplied { action: String },
    #[error(
        "no data action is called \"{}\"; the spec has {}, which Genesys Cloud does not have yet",
        one_line(action),
        few(waiting)
    )]
    OtherNotApplied { action: String, waiting: Vec<String> },
    #[error(
        "the contract of \"{}\" has {}, and no input is given: nothing was sent",
        one_line(action),
        few(members)
    )]
    NoInput { action: String, members: Vec<String>, example: String },
    #[error("`--input` is not JSON")]
    NotJson(#[source] serde_json::Error),
}

impl Explain for InputError {
    fn help(&self) -> Option<String> {
        let help = match self {
            Self::Contract { help, .. } => help,
            Self::NotApplied { .. } => "run `genesys-iam apply` first",
            Self::OtherNotApplied { .. } => {
                "run `genesys-iam apply` first, then `check --invoke` with the name in the spec"
            }
            Self::NoInput { example, .. } => {
                return Some(format!(
                    "give `--input`, such as {} (`--input '{{}}'` sends none), or `test_input` in the spec: the function really runs",
                    shell_word(example)
                ));
            }
            Self::AnswerNotForAll(_) => {
                "leave it out: an answer may be a customer's data, and stays in a log or a report; `--all` shows its names and types"
            }
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
