//! A diagnosis for text, Markdown and JSON: docs/diagnose-json.md describes the JSON.

use serde::Serialize;

use super::check::{LineView, OutcomeWord, ProofPlace, RoleView, VerdictView, role_view};
use crate::check::{
    Answer, AskedOrganization, Cause, CredentialArn, Facts, Finding, FunctionState, GenesysSide, Harm, Level,
    Topic,
};
use crate::diagnose::{
    FixStep, Means, Remedy, RoleCase, Shell, Stage, Surroundings, Way, perhaps_denied, remedy,
    suspected_trust,
};
use crate::import::{FunctionSource, IdSource};
use crate::model::GuardsReading;

/// Layout version: increases when readers of an older one would break.
const FORMAT_VERSION: u64 = 1;

#[derive(Debug, Clone, Serialize)]
pub struct DiagnoseView {
    pub format: &'static str,
    pub format_version: u64,
    pub tool_version: &'static str,
    pub role: String,
    pub account_id: String,
    pub region: String,
    pub in_sandbox: bool,
    /// What was found out, each with its source.
    pub known: Vec<KnownView>,
    /// What the text passed with `--error` says.
    pub error: Option<ErrorTextView>,
    pub verdict: VerdictView,
    /// Causes that explain the error first.
    pub causes: Vec<DiagnosedView>,
    /// What could not be found out.
    pub unknown: Vec<UnknownView>,
    /// Worth knowing although nothing is wrong.
    pub notices: Vec<String>,
    pub ruled_out: Vec<&'static str>,
    /// What to do if no cause was found, or none that explains the error.
    pub next: Vec<String>,
    /// What to type after a change.
    pub again: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct KnownView {
    pub what: &'static str,
    pub value: String,
    pub from: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct ErrorTextView {
    pub says: String,
    /// Whether one of the causes explains it.
    pub is_explained: bool,
    /// Whether it says what failed; otherwise the causes are candidates.
    #[serde(skip)]
    pub is_clear: bool,
}

#[derive(Debug, Clone, Serialize)]
pub struct DiagnosedView {
    pub cause: &'static str,
    pub what: String,
    pub consequence: String,
    pub explains_error: bool,
    pub ways: Vec<WayView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct WayView {
    /// `tool`, `console`, `cli`, `credential`, `administrator`, `owner`
    pub by: &'static str,
    pub steps: Vec<StepView>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum StepView {
    Do(String),
    Run(String),
    Paste(String),
}

#[derive(Debug, Clone, Serialize)]
pub struct UnknownView {
    pub what: String,
    pub seen: String,
    pub help: String,
    /// If it is this that refuses Genesys Cloud.
    pub ways: Vec<WayView>,
}

impl DiagnoseView {
    /// `is_masked`: the text is for others, and has no external ID.
    pub fn new(case: &RoleCase, shell: &Shell, is_masked: bool) -> Self {
        // What is not known must not be written to AWS either.
        let is_unknown = case.wanted.external_id == IdSource::Unknown;
        let hidden = Some(case.facts.desired.external_id.expose()).filter(|_| is_masked || is_unknown);
        let report = case.report();
        let RoleView { role, verdict, lines, ruled_out, notices, .. } =
            role_view(&report, ProofPlace::of(case.in_sandbox, false));
        let mut findings = report.diagnosis.findings;
        // The reasons for the failure first, then what only lets others in.
        findings.sort_by_key(|finding| (!case.explains(finding.cause), is_only_open(finding)));
        let remedies = case.remedies(&findings, shell);
        let causes: Vec<DiagnosedView> = findings
            .iter()
            .zip(remedies)
            .map(|(finding, remedy)| DiagnosedView {
                cause: finding.cause.word(),
                what: finding.what.clone(),
                consequence: consequence(finding),
                explains_error: case.explains(finding.cause),
                ways: ways(remedy, hidden),
            })
            .collect();
        let is_open = |line: &LineView| line.outcome == OutcomeWord::NotProvable;
        // Not a cause: the function may be ready soon.
        let is_starting = case.error.as_ref().is_some_and(|error| error.stage == Stage::Start)
            && lines.iter().any(|line| is_open(line) && line.topic == Topic::Functions.word());
        // A Deny that may apply, and an error that it would explain.
        let is_suspected = case.error.as_ref().is_some_and(|error| {
            lines.iter().any(|line| is_open(line) && is_evaluated(line) && error.is_about(line.topic))
        });
        let other = case.other_function();
        let is_explained =
            is_starting || is_suspected || other.is_some() || causes.iter().any(|cause| cause.explains_error);
        let error = case.error.as_ref().map(|error| ErrorTextView {
            says: error.sentence(),
            is_explained,
            is_clear: error.is_clear(),
        });
        let again = shell.again(&role);
        let next = next(case, (is_explained, other), &lines, &causes);
        // A refused call has decided it; a cause names the data action that points elsewhere.
        let is_decided = |topic: &str| {
            lines
                .iter()
                .any(|line| line.topic == topic && line.outcome == OutcomeWord::Fault && !is_evaluated(line))
                || (topic == Topic::DataActions.word()
                    && causes.iter().any(|cause| cause.cause == Cause::DataAction.word()))
        };
        let unknown = lines
            .iter()
            .filter(|line| is_open(line) && is_worth(line.topic, line.level) && !is_decided(line.topic))
            .map(|line| UnknownView {
                what: line.claim.clone(),
                seen: line.seen.clone(),
                help: as_diagnosed(&line.meaning, shell, &again),
                ways: ways(suspected(line, &case.facts, shell), hidden),
            })
            .collect();
        Self {
            format: "genesys-iam diagnose",
            format_version: FORMAT_VERSION,
            tool_version: env!("CARGO_PKG_VERSION"),
            known: known(case, &lines),
            account_id: case.account.to_string(),
            region: case.region.clone(),
            in_sandbox: case.in_sandbox,
            next,
            again,
            role,
            error,
            verdict,
            causes,
            unknown,
            notices,
            ruled_out: ruled_out.into_iter().map(|topic| without_spec(topic, case)).collect(),
        }
    }
}

impl WayView {
    /// Whether there is something to run or to paste.
    pub fn is_more_than_words(&self) -> bool {
        self.steps.iter().any(|step| !matches!(step, StepView::Do(_)))
    }
}

impl DiagnosedView {
    /// Whether the spec of the role as it should be removes it.
    pub fn is_fixed_by_tool(&self) -> bool {
        self.ways.iter().any(|way| way.by == Means::Tool.word())
    }

    /// Whether this tool, the AWS CLI or the organization's administrator, whom anyone can play there, fix it.
    fn can_be_fixed_in_sandbox(&self) -> bool {
        let is_possible =
            |way: &WayView| [Means::Administrator.word(), Means::Credential.word()].contains(&way.by);
        self.is_fixed_by_tool() || self.has_commands() || self.ways.iter().any(is_possible)
    }

    /// Whether there are commands of the AWS CLI that fix it.
    fn has_commands(&self) -> bool {
        let mut steps = self.ways.iter().flat_map(|way| &way.steps);
        steps.any(|step| matches!(step, StepView::Run(command) if command.starts_with("aws ")))
    }
}

fn is_evaluated(line: &LineView) -> bool {
    line.level == Level::Evaluated.word()
}

/// Removes what may refuse Genesys Cloud: a Deny of the trust policy, a policy of the organization.
fn suspected(line: &LineView, facts: &Facts, shell: &Shell) -> Remedy {
    let is_about = |topic: Topic| line.topic == topic.word() && is_evaluated(line);
    if is_about(Topic::Admission) && line.seen.contains("Deny") {
        suspected_trust(facts, shell)
    } else if is_about(Topic::Invocation) && line.seen.contains("Deny") {
        perhaps_denied(facts, shell)
    } else if is_about(Topic::Invocation) && line.claim.contains("the organization's SCPs") {
        let finding = Finding {
            cause: Cause::OrganizationGuard,
            what: line.claim.clone(),
            consequence: String::new(),
            remedy: String::new(),
            harm: Harm::default(),
        };
        remedy(&finding, facts, &Surroundings::default(), shell)
    } else {
        Remedy::default()
    }
}

/// What admits others is an incidental finding, never the reason for a failure.
fn is_only_open(finding: &Finding) -> bool {
    let is_open = matches!(
        finding.cause,
        Cause::RoleOpen
            | Cause::InsiderOpen
            | Cause::FunctionOpen
            | Cause::ExtraPermissions
            | Cause::Stranger
    );
    is_open && !finding.harm.keeps_genesys_out
}

fn consequence(finding: &Finding) -> String {
    match is_only_open(finding) {
        true => format!("{}. This is not why a data action fails; fix it anyway", finding.consequence),
        false => finding.consequence.clone(),
    }
}

/// `check` has no spec yet: the diagnosis is made again, and the data action's own test is Genesys Cloud's.
fn as_diagnosed(help: &str, shell: &Shell, again: &str) -> String {
    let forms = ["check".to_owned(), format!("{} check", shell.program)];
    forms.iter().fold(help.to_owned(), |help, check| {
        help.replace(&format!("run `{check}` again"), &format!("run `{again}` again"))
            .replace(&format!("`{check} --invoke`"), "the data action's test in Genesys Cloud")
    })
}

fn without_spec(topic: &'static str, case: &RoleCase) -> &'static str {
    match (topic == Topic::ExternalId.sentence(), &case.facts.genesys) {
        (true, GenesysSide::Read(_)) => "the trust policy demands the organization's external ID",
        (true, _) => "the trust policy demands an external ID",
        (false, _) => topic,
    }
}

/// Everyone knows that a call from here proves nothing unless Genesys Cloud's account makes it.
fn is_worth(topic: &str, level: &str) -> bool {
    !matches!(
        (topic, level),
        ("admission" | "nobody-else", "assumed" | "refused") | ("organization-guards", _)
    )
}

/// `hidden`: the external ID that they must not contain. A masked one in a command would be written to AWS.
fn ways(remedy: Remedy, hidden: Option<&str>) -> Vec<WayView> {
    let step = |step| match step {
        FixStep::Do(text) => StepView::Do(text),
        FixStep::Run(text) | FixStep::Change(text, _) => StepView::Run(without(&text, hidden, IN_COMMAND)),
        FixStep::Paste(text) => StepView::Paste(without(&text, hidden, IN_DOCUMENT)),
    };
    let has_it = |step: &FixStep| match step {
        FixStep::Run(text) | FixStep::Change(text, _) | FixStep::Paste(text) => {
            hidden.is_some_and(|id| text.contains(id))
        }
        FixStep::Do(_) => false,
    };
    let way = |way: Way| {
        let first = way.steps.iter().any(has_it).then(|| StepView::Do(SET_ID.to_owned()));
        WayView {
            by: way.by.word(),
            steps: first.into_iter().chain(way.steps.into_iter().map(step)).collect(),
        }
    };
    remedy.ways.into_iter().map(way).collect()
}

/// The external ID is masked where a text is for others, or not known: whoever follows it brings it.
const SET_ID: &str = "EXTERNAL_ID below is the ID of your organization, which is not shown here (Genesys Cloud: Admin > \
                      Organization Settings > Advanced): set that variable, or put the ID in its place";
/// Ends the single quotes around a document, and stops the shell if the variable is not set.
const IN_COMMAND: &str = "'\"${EXTERNAL_ID:?}\"'";
const IN_DOCUMENT: &str = "EXTERNAL_ID";

fn without(text: &str, hidden: Option<&str>, instead: &str) -> String {
    hidden.filter(|id| !id.is_empty()).map_or_else(|| text.to_owned(), |id| text.replace(id, instead))
}

/// Account, ID, functions and integration, and how each was found out.
fn known(case: &RoleCase, lines: &[LineView]) -> Vec<KnownView> {
    let desired = &case.facts.desired;
    let view = |what, value: String, from: &str| KnownView { what, value, from: from.to_owned() };
    let organization = match &case.organization {
        AskedOrganization::Named(name) => format!("the organization \"{name}\""),
        AskedOrganization::No(_) | AskedOrganization::Unknown => "the organization".to_owned(),
    };
    let mut known = vec![view(
        "role",
        desired.role.arn.to_string(),
        if case.facts.live.role.is_some() { "IAM" } else { "IAM does not have it" },
    )];
    known.push(view("Genesys's account", desired.genesys_account_id.to_string(), "Genesys's public list"));
    known.push(match case.wanted.external_id {
        IdSource::Organization => view("external ID", desired.external_id.expose().to_owned(), &organization),
        IdSource::TrustPolicy => view(
            "external ID",
            desired.external_id.expose().to_owned(),
            "the trust policy; Genesys Cloud was not asked",
        ),
        IdSource::Spec => view(
            "external ID",
            desired.external_id.expose().to_owned(),
            "the spec in this folder; Genesys Cloud was not asked",
        ),
        IdSource::Unknown => view("external ID", "not known".to_owned(), "Genesys Cloud was not asked"),
    });
    if case.wanted.functions.is_empty() {
        known.push(view("function", "not known".to_owned(), "no policy and no data action names one"));
    }
    for (function, source) in &case.wanted.functions {
        let state =
            case.facts.functions.iter().find(|facts| facts.arn == *function).map(|facts| &facts.state);
        let missing = if state == Some(&FunctionState::Missing) { "; Lambda does not have it" } else { "" };
        let from = match source {
            FunctionSource::DataAction => "a data action",
            FunctionSource::Policy => "its policy",
            FunctionSource::Both => "its policy and a data action",
            FunctionSource::Spec => "the spec in this folder",
        };
        known.push(view("function", function.to_string(), &format!("{from}{missing}")));
    }
    if let GenesysSide::Read(genesys) = &case.facts.genesys {
        let role = CredentialArn::Shown(desired.role.arn.to_string());
        for one in genesys.integrations.as_deref().unwrap_or_default() {
            let from = match &one.credential {
                credential if *credential == role => "its credential holds the role".to_owned(),
                CredentialArn::Shown(other) if one.is_of_a_known_role => {
                    format!("of another role, which works: {other}")
                }
                CredentialArn::Shown(other) => format!("its credential holds {other}"),
                CredentialArn::Unreadable(_) => "its credential is not shown".to_owned(),
                CredentialArn::None => "it has no credential".to_owned(),
            };
            let what = if one.credential == role || !matches!(one.credential, CredentialArn::Shown(_)) {
                "integration"
            } else {
                "other integration"
            };
            known.push(view(what, one.name.clone(), &from));
        }
    }
    let is_fault = lines.iter().any(|line| {
        line.topic == Topic::Admission.word()
            && line.level == Level::Assumed.word()
            && line.outcome == OutcomeWord::Fault
    });
    if let Some(probes) = &case.facts.probes {
        let answer = match &probes.with_right_id {
            Answer::Done => "admitted",
            // A ✓ beside a refusal frightens.
            Answer::Denied(_) if !is_fault => "refused, as it should be: it is not Genesys Cloud",
            Answer::Denied(_) => "it was refused",
            Answer::NotFound(_) | Answer::Failed(_) => "the call failed",
        };
        known.push(view("tried as", probes.prober.clone(), answer));
    }
    known
}

/// If the causes do not explain what somebody saw.
fn next(
    case: &RoleCase,
    (is_explained, other): (bool, Option<String>),
    lines: &[LineView],
    causes: &[DiagnosedView],
) -> Vec<String> {
    let mut next = Vec::new();
    let holds = |topic: Topic, level: Option<Level>| {
        lines.iter().any(|line| {
            line.topic == topic.word()
                && line.outcome == OutcomeWord::Pass
                && level.is_none_or(|level| line.level == level.word())
        })
    };
    let was_let_in = holds(Topic::Admission, Some(Level::Assumed)) && holds(Topic::Credential, None);
    match &case.error {
        _ if other.is_some() => next.extend(other),
        Some(_) if is_explained => {}
        Some(error) if error.stage == Stage::Assume && was_let_in => next.push(format!(
            "Genesys Cloud was let in just now, and the integration's credential is right: the error is older, or is about another \
             role or organization. Compare the role that it names with {}, and try again",
            case.facts.desired.role.arn
        )),
        Some(error) => next.push(case.outdated().unwrap_or_else(|| error.otherwise().to_owned())),
        None if case.report().verdict.genesys_can_invoke == Some(true) && case.report().is_broken() => {
            let findings = &case.report().diagnosis.findings;
            let nothing = match findings.iter().any(|finding| finding.cause == Cause::DataAction) {
                true => "nothing else",
                false => "nothing that was found",
            };
            next.push(format!(
                "{nothing} keeps Genesys Cloud out: if the data action fails, give the text that you see, `--error \"…\"`"
            ));
        }
        None if case.report().is_broken() => {}
        None => {
            next.push(
                "if it fails all the same, give the text that you see: `--error \"…\"` says which call was refused".to_owned(),
            );
        }
    }
    if !is_explained || !case.report().is_broken() {
        let is_member = lines.iter().any(|line| line.seen.contains("service control policy"));
        next.extend(suspicion(&case.facts.guards, is_member));
    }
    if case.in_sandbox && causes.iter().any(DiagnosedView::has_commands) {
        next.push(
            "the `aws` commands would go to AWS itself: for the sandbox, start `genesys-iam sandbox serve` in another \
             terminal, in this folder, and paste the `export` lines that it prints here first"
                .to_owned(),
        );
    }
    let is_waiting = lines
        .iter()
        .any(|line| line.topic == Topic::Functions.word() && line.outcome == OutcomeWord::NotProvable);
    if case.in_sandbox && (is_waiting || !causes.iter().all(DiagnosedView::can_be_fixed_in_sandbox)) {
        next.push(
            "what only others can do, whoever deploys the function or administers Genesys Cloud: `genesys-iam sandbox undo` does it for \
             them in the sandbox"
                .to_owned(),
        );
    }
    if let AskedOrganization::No([id, secret]) = &case.organization {
        next.push(format!(
            "Genesys Cloud was not asked: with {id}, {secret} and \
             GENESYSCLOUD_REGION set, its integrations, data actions and organization ID are compared too"
        ));
    }
    next
}

/// What the account's documents cannot show. Without the documents it stays a suspicion.
fn suspicion(guards: &GuardsReading, is_member: bool) -> Option<String> {
    let of = match guards {
        GuardsReading::Known(_) | GuardsReading::Unrestricted(_) => return None,
        GuardsReading::NotRead { organization: Some(id), .. } => {
            format!("the account is in the organization {id}")
        }
        GuardsReading::NotAsked | GuardsReading::NotRead { organization: None, .. } if is_member => {
            "the account is in an AWS organization, whose policy refused a call above".to_owned()
        }
        GuardsReading::NotAsked | GuardsReading::NotRead { organization: None, .. } => {
            "if the account is in an AWS organization".to_owned()
        }
    };
    Some(format!(
        "{of}: a resource control policy (RCP) may refuse Genesys Cloud at sts:AssumeRole, a service control policy (SCP) the \
         role at lambda:InvokeFunction, whatever this account says. Ask whoever administers it for those that bear on this \
         account; `[organization]` in a spec has them evaluated"
    ))
}

/// Without a role: what looks like Genesys Cloud's, on both sides.
#[derive(Debug, Clone, Serialize)]
pub struct CandidatesView {
    pub format: &'static str,
    pub format_version: u64,
    pub tool_version: &'static str,
    pub account_id: String,
    pub roles: Vec<CandidateView>,
    /// Integrations whose credential holds none of the account's roles.
    pub integrations: Vec<LooseView>,
    /// What to do next, if none can be chosen.
    pub hint: Option<String>,
    pub left_out: Option<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct CandidateView {
    pub role: String,
    pub arn: String,
    /// Why it looks like one.
    pub why: String,
    /// The names of integrations that hold its ARN.
    pub integrations: Vec<String>,
    /// What to type next.
    pub next: String,
}

#[derive(Debug, Clone, Serialize)]
pub struct LooseView {
    pub name: String,
    pub why: String,
}

impl CandidatesView {
    pub fn new(
        account: &crate::arn::AccountId,
        roles: Vec<CandidateView>,
        integrations: Vec<LooseView>,
        hint: Option<String>,
        left_out: Option<String>,
    ) -> Self {
        Self {
            format: "genesys-iam diagnose",
            format_version: FORMAT_VERSION,
            tool_version: env!("CARGO_PKG_VERSION"),
            account_id: account.to_string(),
            roles,
            integrations,
            hint,
            left_out,
        }
    }
}

impl WayView {
    /// `with this tool`
    pub fn title(&self) -> &'static str {
        match self.by {
            by if by == Means::Tool.word() => "with this tool",
            by if by == Means::Cli.word() => "with the AWS CLI",
            by if by == Means::Credential.word() => "with a role that exists",
            by if by == Means::Administrator.word() => "by whoever administers your AWS organization",
            by if by == Means::Owner.word() => "by whoever it belongs to",
            // Some of it is a question for somebody else.
            _ if self.steps.iter().any(|step| matches!(step, StepView::Do(text) if text.contains(" > "))) => {
                "in the console"
            }
            _ => "by hand",
        }
    }
}
