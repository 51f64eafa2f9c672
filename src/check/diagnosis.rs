//! The shortest true explanation: causes from failed claims, and what is ruled out by claims that hold.

use super::cause::Cause;
use super::claim::{Claim, Failure, Finding, Outcome};
use super::topic::Topic;

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Diagnosis {
    pub findings: Vec<Finding>,
    /// What was checked and is right, in sentences.
    pub ruled_out: Vec<&'static str>,
}

impl Diagnosis {
    pub fn has(&self, cause: Cause) -> bool {
        self.findings.iter().any(|finding| finding.cause == cause)
    }
}

/// Every failed claim has a cause here: its own, or that of another claim that explains it.
pub fn diagnose(claims: &[Claim]) -> Diagnosis {
    let mut diagnosis = Diagnosis::default();
    let failures = || claims.iter().filter_map(Claim::failure);
    // Causes that explain others come before those they may explain.
    let (plain, derived): (Vec<&Failure>, Vec<&Failure>) =
        failures().partition(|failure| failure.explained_by.is_empty());
    let mut independent = None;
    for Failure { finding, explained_by } in plain.into_iter().chain(derived) {
        let count = diagnosis.findings.len();
        let independent = if explained_by.is_empty() { count } else { *independent.get_or_insert(count) };
        // What keeps nobody out explains no refusal, and one refused call explains no other.
        let explains = |(at, known): (usize, &Finding)| {
            explained_by.contains(&known.cause)
                && (known.harm.keeps_genesys_out || !finding.harm.keeps_genesys_out)
                && (at < independent || known.cause != finding.cause)
        };
        let is_explained = diagnosis.findings.iter().enumerate().any(explains);
        if is_explained {
            continue;
        }
        // Said twice about the same thing: the later one knows more.
        let is_same = |known: &&mut Finding| (known.cause, &known.what) == (finding.cause, &finding.what);
        match diagnosis.findings.iter_mut().find(is_same) {
            Some(known) => *known = finding.clone(),
            None => diagnosis.findings.push(finding.clone()),
        }
    }
    // In the order of events: the role first, then the function, then Genesys Cloud's side.
    diagnosis.findings.sort_by_key(|finding| finding.cause);
    diagnosis.ruled_out = Topic::ALL
        .iter()
        .filter(|topic| is_ruled_out(claims, **topic))
        // Under the spec's external ID, which is not the organization's.
        .filter(|topic| {
            !diagnosis.has(Cause::Organization) || !matches!(topic, Topic::Admission | Topic::NobodyElse)
        })
        .map(|topic| topic.sentence())
        .collect();
    diagnosis
}

/// A topic is ruled out if everything read about it holds and no call contradicts it. A call that proves nothing does
/// not weaken what was read.
fn is_ruled_out(claims: &[Claim], topic: Topic) -> bool {
    let own = || claims.iter().filter(|claim| claim.topic == topic);
    let read = || own().filter(|claim| claim.level.is_read());
    read().next().is_some()
        && read().all(|claim| claim.outcome == Outcome::Holds)
        && own().all(|claim| claim.failure().is_none())
}
