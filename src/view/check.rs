//! A check report for text, Markdown and JSON: docs/check-json.md describes the JSON.

use serde::{Serialize, Serializer};
use std::collections::{BTreeMap, BTreeSet};

use super::parts::Remark;
use super::picture::{Picture, picture};
use super::remark::{notice_remark, to_accept};
use super::words::few;
use crate::arn::FunctionArn;
use crate::check::{
    Acceptance, ActionCall, AskedOrganization, Cause, CheckReport, Claim, Diagnosis, Finding, Harm, Level,
    Outcome, RoleReport, Sign, Topic, Verdict, is_organization,
};
use crate::text::one_line;

/// What no report shows, for whoever gets one without the documentation.
pub const BEYOND_A_CHECK: &str = "Whoever may change IAM or Lambda in your own account can still let others in; only a later check shows it.";

/// Layout version: increases when readers of an older one would break.
const FORMAT_VERSION: u64 = 2;

#[derive(Debug, Clone, Serialize)]
pub struct CheckView {
    pub format: &'static str,
    pub format_version: u64,
    pub tool_version: &'static str,
    pub spec: String,
    pub account_id: String,
    pub region: String,
    pub in_sandbox: bool,
    /// The endpoint of this machine that was asked instead of AWS.
    pub stand_in: Option<String>,
    /// The name of the organization that was asked.
    pub organization: Option<String>,
    /// What was left out, and how to get it.
    pub left_out: Option<String>,
    pub has_fault: bool,
    pub levels: BTreeMap<&'static str, bool>,
    pub summary: Summary,
    pub roles: Vec<RoleView>,
}

#[derive(Debug, Clone, Copy, Default, Serialize)]
pub struct Summary {
    pub roles: usize,
    pub broken: usize,
    pub unknown: usize,
    /// Causes, over all roles.
    pub causes: usize,
    /// Claims that hold.
    pub pass: usize,
    /// Things the spec accepts.
    pub accepted: usize,
    /// Failed claims: each has one of the causes.
    pub fault: usize,
    pub not_provable: usize,
}

#[derive(Debug, Clone, Serialize)]
pub struct RoleView {
    pub role: String,
    #[serde(skip)]
    pub picture: Picture,
    pub verdict: VerdictView,
    /// Who made the probes; empty: there were none.
    pub prober: String,
    pub lines: Vec<LineView>,
    pub diagnosis: Vec<CauseView>,
    pub ruled_out: Vec<&'static str>,
    /// What the spec accepts.
    pub accepted: Vec<AcceptedView>,
    /// Accepts in the spec that match nothing.
    pub warnings: Vec<Remark>,
    /// Worth knowing although nothing is wrong.
    pub notices: Vec<String>,
    /// What AWS recorded of the role's use; `None`: nobody looked, or nobody may.
    pub observation: Option<String>,
    /// What the data actions invoke, a sentence each.
    #[serde(skip)]
    pub calls: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct AcceptedView {
    pub what: String,
    pub reason: String,
    /// Who gets in through it.
    pub lets_in: Vec<String>,
}

#[derive(Debug, Clone, Serialize)]
pub struct VerdictView {
    /// `good`, `unknown`, `broken`
    #[serde(serialize_with = "sign_word")]
    pub sign: Sign,
    /// `Genesys Cloud can invoke …; the role and the function's own policy let nobody else in`
    pub headline: String,
    /// The same for many roles.
    #[serde(skip)]
    pub of_many: String,
    pub genesys_can_invoke: Option<bool>,
    /// Who else gets in.
    pub others: Vec<String>,
    /// Who else gets in because the spec accepts it.
    pub accepted_others: Vec<String>,
    /// Who else was seen to get in, whether or not they still can.
    pub got_in: Vec<String>,
    /// What else the role may do, even if other things are wrong too.
    pub does_more: Vec<String>,
    /// What keeps the answer unknown.
    pub unknown: Option<String>,
    /// The strongest proven level.
    pub proof: Option<&'static str>,
    pub proof_in_words: String,
    /// These words say that Genesys Cloud itself invoked a function.
    #[serde(skip)]
    pub is_invoked: bool,
    /// The same, of several roles.
    #[serde(skip)]
    pub proof_of_many: String,
    /// What to do about the unknown.
    #[serde(skip)]
    pub to_do: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum OutcomeWord {
    Pass,
    Accepted,
    Fault,
    NotProvable,
}

#[derive(Debug, Clone, Serialize)]
pub struct LineView {
    pub level: &'static str,
    pub topic: &'static str,
    pub claim: String,
    pub outcome: OutcomeWord,
    pub seen: String,
    /// What it proves, what to do, or why it is accepted.
    pub meaning: String,
    /// For a fault: the cause that explains it.
    pub cause: Option<&'static str>,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct CauseView {
    pub cause: &'static str,
    #[serde(skip)]
    pub of_many: String,
    pub what: String,
    pub consequence: String,
    pub remedy: String,
    /// What to write into the spec to accept it, if possible.
    pub accept: Vec<String>,
    /// Whether somebody gets in through it.
    #[serde(skip)]
    pub lets_in: bool,
    /// Whether it keeps Genesys Cloud from a function.
    #[serde(skip)]
    pub breaks: bool,
}

/// Where it was proven.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum ProofPlace {
    Real,
    Sandbox,
    /// An endpoint of this machine.
    StandIn,
}

impl ProofPlace {
    pub(super) fn of(in_sandbox: bool, has_stand_in: bool) -> Self {
        match (in_sandbox, has_stand_in) {
            (true, _) => Self::Sandbox,
            (false, true) => Self::StandIn,
            (false, false) => Self::Real,
        }
    }

    fn in_words(self) -> &'static str {
        match self {
            Self::Real => "",
            Self::Sandbox => " in the sandbox (not in AWS)",
            Self::StandIn => " at an endpoint of this machine (not in AWS)",
        }
    }
}

impl CheckView {
    /// That it is not about AWS itself, for people.
    pub fn not_of_aws(&self) -> Option<String> {
        let url = self.stand_in.as_ref()?;
        Some(format!(
            "Read at {}, an endpoint of this machine: nothing here is about AWS itself",
            one_line(url)
        ))
    }

    pub fn new(report: &CheckReport) -> Self {
        let CheckReport { spec, account_id, region, in_sandbox, stand_in, organization, roles } = report;
        let count = |of: fn(&Outcome) -> bool| report.count(of);
        let with_sign = |sign| roles.iter().filter(|role| role.verdict.sign == sign).count();
        Self {
            format: "genesys-iam check",
            format_version: FORMAT_VERSION,
            tool_version: env!("CARGO_PKG_VERSION"),
            spec: spec.clone(),
            account_id: account_id.to_string(),
            region: region.clone(),
            in_sandbox: *in_sandbox,
            stand_in: stand_in.clone(),
            organization: match organization {
                AskedOrganization::Named(name) => Some(name.clone()),
                AskedOrganization::No(_) | AskedOrganization::Unknown => None,
            },
            left_out: match organization {
                AskedOrganization::No([id, secret]) => Some(format!(
                    "Genesys Cloud was not read: set {id} and {secret}, and GENESYSCLOUD_REGION where the spec has no `[genesys] region`"
                )),
                AskedOrganization::Named(_) | AskedOrganization::Unknown => None,
            },
            has_fault: report.has_fault(),
            levels: Level::ALL.iter().map(|level| (level.word(), report.reaches(*level))).collect(),
            summary: Summary {
                roles: roles.len(),
                broken: with_sign(Sign::Broken),
                unknown: with_sign(Sign::Unknown),
                causes: report.causes(),
                pass: count(|outcome| *outcome == Outcome::Holds),
                accepted: roles.iter().map(|role| role.accepted.len()).sum(),
                fault: count(|outcome| matches!(outcome, Outcome::Fails(_))),
                not_provable: count(|outcome| matches!(outcome, Outcome::NotProvable { .. })),
            },
            roles: roles
                .iter()
                .map(|role| role_view(role, ProofPlace::of(*in_sandbox, stand_in.is_some())))
                .collect(),
        }
    }
}

impl Summary {
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            roles: self.roles + other.roles,
            broken: self.broken + other.broken,
            unknown: self.unknown + other.unknown,
            causes: self.causes + other.causes,
            pass: self.pass + other.pass,
            accepted: self.accepted + other.accepted,
            fault: self.fault + other.fault,
            not_provable: self.not_provable + other.not_provable,
        }
    }
}

pub(super) fn role_view(report: &RoleReport, place: ProofPlace) -> RoleView {
    let RoleReport {
        role,
        functions,
        path,
        prober,
        claims,
        diagnosis,
        accepted,
        notices,
        verdict,
        observation,
    } = report;
    let mut causes: Vec<CauseView> =
        diagnosis.findings.iter().map(|finding| cause_view(finding, claims)).collect();
    // What admits someone comes first: the end of a long report may be cut.
    causes.sort_by_key(|cause| !cause.lets_in);
    RoleView {
        role: role.clone(),
        picture: picture(report),
        verdict: verdict_view(verdict, functions, diagnosis, claims, place),
        prober: prober.clone().unwrap_or_default(),
        lines: claims.iter().map(|claim| line_view(claim, report)).collect(),
        diagnosis: causes,
        ruled_out: diagnosis.ruled_out.clone(),
        accepted: accepted
            .iter()
            .map(|Acceptance { what, reason, lets_in, adds_permissions: _ }| AcceptedView {
                what: what.clone(),
                reason: reason.clone(),
                lets_in: lets_in.clone(),
            })
            .collect(),
        warnings: notices.iter().map(|notice| notice_remark(notice, role)).collect(),
        observation: observation.clone(),
        calls: path.calls.iter().map(call_in_words).collect(),
        notices: report.claim_notices().map(str::to_owned).collect(),
    }
}

/// ``"Get order" invokes function `orders`; it takes `id` and returns `status` ``
fn call_in_words(call: &ActionCall) -> String {
    let ActionCall { action, function, contract } = call;
    let names = |names: &[String]| match names {
        [] => "nothing".to_owned(),
        names => names.iter().map(|name| format!("`{}`", one_line(name))).collect::<Vec<_>>().join(", "),
    };
    let contract = contract
        .as_ref()
        .map(|[takes, returns]| format!("; it takes {} and returns {}", names(takes), names(returns)));
    format!("\"{}\" invokes `{}`{}", one_line(action), one_line(function), contract.unwrap_or_default())
}

const THE_ROLE: &str = "the role";

/// The functions that failed claims of this kind are about, if not all of the role's are.
fn some_functions(claims: &[Claim], is_one: impl Fn(&Claim) -> bool) -> Option<String> {
    let of = |claims: &mut dyn Iterator<Item = &Claim>| -> BTreeSet<Option<String>> {
        claims.map(|claim| claim.function.as_ref().map(FunctionArn::label)).collect()
    };
    let all = of(&mut claims.iter().filter(|claim| claim.topic == Topic::Functions));
    let some = of(&mut claims.iter().filter(|claim| claim.failure().is_some() && is_one(claim)));
    let is_part = some.len() < all.len() && some.is_subset(&all);
    let names: Option<Vec<String>> = some.into_iter().map(|name| Some(format!("`{}`", name?))).collect();
    names.filter(|names| is_part && !names.is_empty()).map(|names| few(&names))
}

fn verdict_view(
    verdict: &Verdict,
    functions: &str,
    diagnosis: &Diagnosis,
    claims: &[Claim],
    place: ProofPlace,
) -> VerdictView {
    let Verdict {
        sign,
        genesys_can_invoke,
        others,
        got_in,
        accepted_others,
        in_its_place,
        does_more,
        does_more_as_accepted,
        others_known,
        closed_functions,
        insiders,
        verifier_found,
        unknown,
        to_do,
        is_genesys_unread,
        left_open,
        proof,
        only_invoked,
        is_switched_off,
    } = verdict;
    let us = in_its_place.as_deref().unwrap_or("Genesys Cloud");
    let beside: Vec<&String> =
        accepted_others.iter().filter(|who| Some(*who) != in_its_place.as_ref()).collect();
    let keeps_out =
        |claim: &Claim| claim.failure().is_some_and(|failure| failure.finding.harm.keeps_genesys_out);
    let failing = some_functions(claims, keeps_out);
    let open = some_functions(claims, |claim| claim.topic == Topic::FunctionPolicies);
    let headline = |functions: &str, the_role: &str| {
        let which = |some: &Option<String>| match some {
            Some(some) if the_role == THE_ROLE => some.clone(),
            _ => functions.to_owned(),
        };
        let genesys = match genesys_can_invoke {
            Some(true) if *is_genesys_unread && the_role == THE_ROLE => {
                format!(
                    "the role lets Genesys Cloud invoke {functions}; whether an integration uses it could not be read"
                )
            }
            Some(true) if *is_genesys_unread => {
                format!(
                    "{the_role} let Genesys Cloud invoke {functions}; whether integrations use them could not be read"
                )
            }
            Some(true) if *is_switched_off => {
                format!("switched off by the spec; with its integration on, {us} can invoke {functions}")
            }
            Some(true) => format!("{us} can invoke {functions}"),
            Some(false) if others.iter().any(|who| is_organization(who)) => {
                format!("Genesys Cloud cannot invoke {functions} for your organization")
            }
            // It may: its data action names another function.
            Some(false) if only_actions_differ(diagnosis) => {
                format!("{us} does not invoke {}", which(&failing))
            }
            Some(false) => format!("{us} cannot invoke {}", which(&failing)),
            None => format!("it is not known whether {us} can invoke {functions}"),
        };
        let in_words = match (others.as_slice(), beside.as_slice()) {
            ([], _) if !got_in.is_empty() => format!("{} got in", few(got_in)),
            ([], []) if *others_known && verifier_found.is_some() => format!(
                "{} of this account can assume {the_role} too, and nobody else",
                verifier_found.as_deref().unwrap_or_default()
            ),
            ([], []) if *others_known && *genesys_can_invoke == Some(true) => {
                nobody_else(the_role, *closed_functions, insiders)
            }
            ([], []) if *others_known => nobody_else(the_role, 0, &[]),
            ([], _) if !*others_known => "whether anyone else gets in is not known".to_owned(),
            ([], accepted) => {
                let anyone = accepted.iter().any(|who| who.starts_with("anyone"));
                let nobody_else = if anyone { "" } else { ", and nobody else" };
                format!("{} can get in, as the spec accepts{nobody_else}", few(accepted))
            }
            ([one], _) if got_in.is_empty() && one.ends_with(')') && !one.contains("AWS account") => {
                // `anyone (without the role)`
                let (who, how) = one.rsplit_once(" (").unwrap_or((one, ")"));
                match how {
                    "without the role)" => {
                        format!("{who} can invoke {} directly, without the role", which(&open))
                    }
                    how => format!("{who} can get in ({how}"),
                }
            }
            (others, _) if got_in.is_empty() && others.iter().all(|who| is_organization(who)) => {
                format!("{} can assume {the_role}", few(others))
            }
            (others, _) if got_in.is_empty() => format!("{} can get in", few(others)),
            (others, _) => format!("{} can get in, and {} got in", few(others), few(got_in)),
        };
        if let Some(missing) = diagnosis.findings.iter().find(|one| one.cause == Cause::RoleMissing) {
            // A function may be open without it.
            let besides =
                if others.is_empty() && got_in.is_empty() { String::new() } else { format!("; {in_words}") };
            // Without a spec, no functions are named.
            return if functions == "a function" {
                format!("Genesys Cloud cannot use the role: {}{besides}", missing.what.replacen('T', "t", 1))
            } else {
                format!("{genesys}: there is no such role{besides}")
            };
        }
        let more = match does_more.as_slice() {
            [] if *does_more_as_accepted => format!("; {the_role} may do more, as the spec accepts"),
            [] => String::new(),
            // With many roles, each does something else.
            _ if the_role != THE_ROLE => format!("; {the_role} may do more"),
            all if all.iter().any(|grant| grant == "* on *") => format!("; {the_role} may do EVERYTHING"),
            [one] => format!("; {the_role} may do more: {one}"),
            [one, rest @ ..] => format!("; {the_role} may do more: {one}; and {} more", rest.len()),
        };
        // Neither blocks Genesys Cloud nor admits anyone, but is a fault.
        let can = *genesys_can_invoke == Some(true);
        let is_harmless = diagnosis.findings.iter().all(|finding| {
            let Harm { keeps_genesys_out, lets_in, adds, incident: _ } = &finding.harm;
            (can || !keeps_genesys_out) && lets_in.is_empty() && adds.is_empty()
        });
        let but = match diagnosis.findings.len() {
            0 => String::new(),
            _ if !is_harmless || !more.is_empty() => String::new(),
            1 => "; but one thing is wrong".to_owned(),
            n => format!("; but {n} things are wrong"),
        };
        format!("{genesys}; {in_words}{more}{but}")
    };
    let at = place.in_words();
    let proven = |many: bool| match left_open {
        Some(open) => format!("Proven by real calls{at}; only {open}."),
        None if !only_invoked.is_empty() && *sign != Sign::Broken => {
            let rest = match proof {
                Some(Level::Assumed) => "by real calls that ran no function (DryRun)",
                _ => "by the live documents only",
            };
            format!("Proven end to end{at} for {} only; the rest is shown {rest}.", few(only_invoked))
        }
        None => proof_in_words(*proof, *sign, place, many),
    };
    VerdictView {
        sign: *sign,
        headline: headline(functions, THE_ROLE),
        of_many: headline("their functions", "the roles"),
        genesys_can_invoke: *genesys_can_invoke,
        others: others.clone(),
        accepted_others: accepted_others.clone(),
        got_in: got_in.clone(),
        does_more: does_more.clone(),
        unknown: unknown.clone(),
        proof: proof.map(Level::word),
        proof_in_words: proven(of_many_functions(claims)),
        is_invoked: left_open.is_none() && (*proof == Some(Level::EndToEnd) || !only_invoked.is_empty()),
        proof_of_many: proven(true),
        to_do: to_do.clone(),
    }
}

fn only_actions_differ(diagnosis: &Diagnosis) -> bool {
    let mut causes = diagnosis.findings.iter().filter(|finding| finding.harm.keeps_genesys_out).peekable();
    causes.peek().is_some() && causes.all(|finding| finding.cause == Cause::DataAction)
}

/// Only the policies that were read: account administrators can do more.
fn nobody_else(the_role: &str, closed_functions: usize, insiders: &[String]) -> String {
    // Naming someone of the account shuts out nobody beside it.
    let nobody = if insiders.is_empty() { "nobody else in" } else { "nobody outside this account in" };
    let all = match closed_functions {
        0 => format!("nobody else can assume {the_role}"),
        _ if the_role != THE_ROLE => {
            format!("{the_role} and their functions' own policies let {nobody}")
        }
        1 => format!("{the_role} and the function's own policy let {nobody}"),
        _ => format!("{the_role} and the functions' own policies let {nobody}"),
    };
    match (closed_functions, insiders) {
        (0, _) | (_, []) => all,
        (_, insiders) => format!("{all}; of it, {} can invoke directly", few(insiders)),
    }
}

fn sign_word<S: Serializer>(sign: &Sign, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(sign.word())
}

fn of_many_functions(claims: &[Claim]) -> bool {
    let functions = claims.iter().filter(|claim| claim.topic == Topic::Functions);
    functions.map(|claim| &claim.function).collect::<BTreeSet<_>>().len() > 1
}

fn proof_in_words(proof: Option<Level>, sign: Sign, place: ProofPlace, many: bool) -> String {
    let at = place.in_words();
    match proof {
        Some(Level::EndToEnd) => {
            let genesys = if place == ProofPlace::Real { "Genesys Cloud itself" } else { "its Genesys Cloud" };
            let functions = if many { "each function" } else { "the function" };
            format!("Proven end to end{at}: {genesys} invoked {functions}.")
        }
        Some(Level::Assumed) if place == ProofPlace::Real => {
            "Proven by real calls: the role was assumed and each invocation permitted; a DryRun does not show that the function runs."
                .to_owned()
        }
        Some(Level::Assumed) => {
            format!("Proven by real calls{at}: role assumed, invocation permitted (DryRun: the function was not run).")
        }
        Some(Level::Observed) => {
            "Shown by the live documents, and by what AWS recorded: Genesys Cloud has assumed the role.".to_owned()
        }
        Some(Level::Evaluated | Level::Configured | Level::Refused) => {
            "Shown by the live documents, not by a call as Genesys Cloud.".to_owned()
        }
        None if sign == Sign::Broken => "No level is proven: there is a fault.".to_owned(),
        None => "Not everything could be evaluated.".to_owned(),
    }
}

fn line_view(claim: &Claim, report: &RoleReport) -> LineView {
    let Claim { level, topic, sentence, outcome, seen, note, .. } = claim;
    let (word, meaning, cause) = match outcome {
        Outcome::Holds => (OutcomeWord::Pass, note.clone(), None),
        Outcome::Accepted(acceptances) => {
            let reasons: Vec<&str> = acceptances.iter().map(|one| one.reason.as_str()).collect();
            (OutcomeWord::Accepted, reasons.join("; "), None)
        }
        Outcome::NotProvable { help } => (OutcomeWord::NotProvable, help.clone(), None),
        Outcome::Fails(failure) => {
            let explaining = report.explaining(failure).and_then(|at| report.diagnosis.findings.get(at));
            let finding = explaining.unwrap_or(&failure.finding);
            (OutcomeWord::Fault, finding.remedy.clone(), Some(finding.cause.word()))
        }
    };
    LineView {
        level: level.word(),
        topic: topic.word(),
        claim: sentence.clone(),
        outcome: word,
        seen: seen.clone(),
        meaning,
        cause,
    }
}

fn cause_view(finding: &Finding, claims: &[Claim]) -> CauseView {
    let Finding { cause, what, consequence, remedy, harm } = finding;
    let is_own = |claim: &&Claim| {
        claim
            .failure()
            .is_some_and(|failure| (failure.finding.cause, &failure.finding.what) == (*cause, what))
    };
    let accept = claims.iter().filter(is_own).find(|claim| !claim.accept.lines.is_empty());
    CauseView {
        cause: cause.word(),
        of_many: super::sentence_case(cause.sentence()),
        what: what.clone(),
        consequence: consequence.clone(),
        remedy: remedy.clone(),
        accept: accept.map(|claim| to_accept(&claim.accept).1).unwrap_or_default(),
        lets_in: !harm.lets_in.is_empty(),
        breaks: harm.keeps_genesys_out,
    }
}
