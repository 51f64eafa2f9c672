//! The one sentence this tool exists for: can Genesys Cloud, and nobody else, invoke the functions?

use std::collections::BTreeSet;

use super::cause::Cause;
use super::claim::{Claim, Failure, Outcome};
use super::diagnosis::Diagnosis;
use super::level::Level;
use super::questions::name_of;
use super::topic::Topic;
use crate::arn::FunctionArn;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Sign {
    Broken,
    /// No fault, but not everything is known.
    Unknown,
    Good,
}

impl Sign {
    /// As in JSON.
    pub fn word(self) -> &'static str {
        match self {
            Self::Broken => "broken",
            Self::Unknown => "unknown",
            Self::Good => "good",
        }
    }

    /// For people.
    pub fn symbol(self) -> &'static str {
        match self {
            Self::Broken => "✗",
            Self::Unknown => "?",
            Self::Good => "✓",
        }
    }
}

/// Derived only from the causes and the claims.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verdict {
    pub sign: Sign,
    /// `None`: unknown.
    pub genesys_can_invoke: Option<bool>,
    /// Who else gets in, as far as seen.
    pub others: Vec<String>,
    /// Who gets in because the spec accepts it.
    pub accepted_others: Vec<String>,
    /// Who gets in as Genesys Cloud only because the spec says so.
    pub in_its_place: Option<String>,
    /// What else the role may do: `s3:GetObject on *`.
    pub does_more: Vec<String>,
    /// Whether it may do more, as accepted by the spec.
    pub does_more_as_accepted: bool,
    /// Who else was seen to get in, whether or not they still can.
    pub got_in: Vec<String>,
    /// Whether `others` is known to be complete.
    pub others_known: bool,
    /// How many functions' own policies were read and admit nobody else.
    pub closed_functions: usize,
    /// Those of the account whom the functions' own policies let in without the role.
    pub insiders: Vec<String>,
    /// Without a spec: who of the account is admitted with the external ID, as a verifier is.
    pub verifier_found: Option<String>,
    /// The spec wants the integration off: it can invoke once it is on.
    pub is_switched_off: bool,
    /// What keeps the answer unknown.
    pub unknown: Option<String>,
    /// What to do about the unknown.
    pub to_do: Option<String>,
    /// Whether Genesys Cloud's side could not be read: then nothing shows that an integration uses the role.
    pub is_genesys_unread: bool,
    /// What the documents leave open although every real call succeeded.
    pub left_open: Option<String>,
    /// The strongest proven level.
    pub proof: Option<Level>,
    /// The functions that Genesys Cloud itself invoked, where there are others that it did not.
    pub only_invoked: Vec<String>,
}

/// What must hold for Genesys Cloud to invoke.
const NEEDED: &[Topic] =
    &[Topic::Role, Topic::Admission, Topic::Functions, Topic::Invocation, Topic::Organization];

pub(crate) fn verdict(claims: &[Claim], diagnosis: &Diagnosis, proof: Option<Level>) -> Verdict {
    // A real call decides what the documents leave open, unless it depends on the caller.
    let is_proven = |open: &Claim| {
        let is_its_call = |claim: &&Claim| {
            claim.level.is_call() && claim.topic == open.topic && claim.function == open.function
        };
        let mut calls = claims.iter().filter(is_its_call).peekable();
        !open.depends_on_caller && calls.peek().is_some() && calls.all(Claim::is_good)
    };
    let is_open = |claim: &Claim, topics: &[Topic]| {
        claim.level.is_read()
            && topics.contains(&claim.topic)
            && matches!(claim.outcome, Outcome::NotProvable { .. })
    };
    let open_for_genesys = claims.iter().find(|claim| is_open(claim, NEEDED) && !is_proven(claim));
    // Refused calls are samples: they do not show that everybody else is refused.
    let open_for_others =
        claims.iter().find(|claim| is_open(claim, &[Topic::NobodyElse, Topic::FunctionPolicies]));
    // A refused call says so, whatever explains it.
    let is_refused = |claim: &Claim| {
        claim.level.is_call() && claim.failure().is_some_and(|failure| failure.finding.harm.keeps_genesys_out)
    };
    // What the documents and Genesys Cloud's side say keeps it from nothing that it just did.
    let has_invoked = all_invoked(claims) && !invoked(claims).is_empty();
    let genesys_can_invoke = if claims.iter().any(is_refused) {
        Some(false)
    } else if has_invoked {
        Some(true)
    } else if diagnosis.findings.iter().any(|finding| finding.harm.keeps_genesys_out) {
        Some(false)
    } else if proof == Some(Level::EndToEnd) || open_for_genesys.is_none() {
        Some(true)
    } else {
        None
    };
    let mut others: Vec<String> = Vec::new();
    let mut got_in: Vec<String> = Vec::new();
    for finding in &diagnosis.findings {
        let list = if finding.cause == Cause::Stranger { &mut got_in } else { &mut others };
        add_new(list, &finding.harm.lets_in);
    }
    // The explanation of a failed claim need not say who gets in through it.
    for claim in claims {
        let Some(Failure { finding, explained_by }) = claim.failure() else { continue };
        // A call shows that someone gets in; the documents say who.
        let is_said = claim.level.is_call()
            && diagnosis.findings.iter().any(|known| {
                let explains = known.cause == finding.cause || explained_by.contains(&known.cause);
                explains && !known.harm.lets_in.is_empty()
            });
        if is_said || finding.cause == Cause::Stranger {
            continue;
        }
        add_new(&mut others, &finding.harm.lets_in);
    }
    // Even if another cause explains the claim: applying its fix removes it, but until then it is true.
    let mut does_more: Vec<String> = Vec::new();
    for failure in claims.iter().filter_map(Claim::failure) {
        add_new(&mut does_more, &failure.finding.harm.adds);
    }
    let acceptances = || claims.iter().flat_map(Claim::acceptances);
    let mut accepted_others: Vec<String> = Vec::new();
    acceptances().for_each(|acceptance| add_new(&mut accepted_others, &acceptance.lets_in));
    let confirmed = claims.iter().filter(|claim| claim.topic == Topic::Account);
    let in_its_place =
        confirmed.flat_map(Claim::acceptances).find_map(|acceptance| acceptance.lets_in.first().cloned());
    // Somebody asked for this proof.
    let not_run = claims.iter().find(|claim| claim.level == Level::EndToEnd && claim.is_switched_off);
    let unknown =
        if genesys_can_invoke.is_none() { open_for_genesys } else { None }.or(open_for_others).or(not_run);
    let unread = claims
        .iter()
        .find(|claim| claim.topic == Topic::Genesys && !claim.is_good())
        .filter(|_| proof != Some(Level::EndToEnd));
    let mut calls = claims.iter().filter(|claim| claim.level == Level::Assumed).peekable();
    let calls_succeed = calls.peek().is_some() && calls.all(Claim::is_good);
    let is_undecided = |claim: &&Claim| {
        claim.level == Level::Evaluated && matches!(claim.outcome, Outcome::NotProvable { .. })
    };
    let left_open = claims.iter().find(is_undecided).filter(|_| {
        diagnosis.findings.is_empty() && calls_succeed && proof.is_none_or(|level| level < Level::Assumed)
    });
    let own_policies = || claims.iter().filter(|claim| claim.topic == Topic::FunctionPolicies);
    let closed: BTreeSet<&str> = if own_policies().all(|claim| claim.outcome == Outcome::Holds) {
        own_policies().filter_map(|claim| claim.function.as_ref()).map(FunctionArn::name).collect()
    } else {
        BTreeSet::new()
    };
    let mut insiders: Vec<String> = Vec::new();
    own_policies().for_each(|claim| add_new(&mut insiders, &claim.insiders));
    let mut of_verifier = claims.iter().filter(|claim| claim.topic == Topic::Verifier);
    Verdict {
        verifier_found: of_verifier.find_map(|claim| claim.insiders.first().cloned()),
        is_switched_off: claims.iter().any(|claim| claim.is_switched_off),
        sign: if !diagnosis.findings.is_empty() {
            Sign::Broken
        } else if unknown.is_some() || unread.is_some() {
            Sign::Unknown
        } else {
            Sign::Good
        },
        genesys_can_invoke,
        others,
        accepted_others,
        in_its_place,
        does_more,
        does_more_as_accepted: acceptances().any(|acceptance| acceptance.adds_permissions),
        got_in,
        others_known: open_for_others.is_none(),
        closed_functions: closed.len(),
        insiders,
        unknown: unknown.map(|claim| format!("{} ({})", claim.sentence, claim.seen)),
        to_do: unknown.or(unread).and_then(|claim| match &claim.outcome {
            Outcome::NotProvable { help } => Some(help.clone()),
            Outcome::Holds | Outcome::Accepted(_) | Outcome::Fails(_) => None,
        }),
        is_genesys_unread: unread.is_some(),
        left_open: left_open.map(|claim| claim.sentence.clone()),
        proof,
        only_invoked: if all_invoked(claims) { Vec::new() } else { names_of(&invoked(claims)) },
    }
}

/// The functions that Genesys Cloud itself invoked.
fn invoked(claims: &[Claim]) -> BTreeSet<&FunctionArn> {
    let tests = claims.iter().filter(|claim| claim.level == Level::EndToEnd && claim.is_good());
    tests.filter_map(|claim| claim.function.as_ref()).collect()
}

/// Whether Genesys Cloud itself invoked every function.
pub(crate) fn all_invoked(claims: &[Claim]) -> bool {
    let invoked = invoked(claims);
    let mut needed = claims.iter().filter(|claim| claim.topic == Topic::Functions);
    needed.all(|claim| claim.function.as_ref().is_none_or(|function| invoked.contains(function)))
}

fn names_of(functions: &BTreeSet<&FunctionArn>) -> Vec<String> {
    functions.iter().map(|function| name_of(function)).collect()
}

/// Appends those not yet in the list.
fn add_new(list: &mut Vec<String>, names: &[String]) {
    for name in names {
        if !list.contains(name) {
            list.push(name.clone());
        }
    }
}
