//! What a check found, role by role.

use super::claim::{Acceptance, Claim, Failure, Outcome};
use super::diagnosis::{Diagnosis, diagnose};
use super::level::Level;
use super::path::InvocationPath;
use super::topic::Topic;
use super::verdict::{Sign, Verdict, all_invoked, verdict};
use crate::arn::AccountId;
use crate::plan::Notice;

/// One role: each part derived from the previous one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleReport {
    pub role: String,
    /// What the verdict calls the functions: `order-status`, `its 3 functions`.
    pub functions: String,
    pub path: InvocationPath,
    /// Who made the probes; `None`: there were none.
    pub prober: Option<String>,
    pub claims: Vec<Claim>,
    pub diagnosis: Diagnosis,
    /// What the spec accepts, each once.
    pub accepted: Vec<Acceptance>,
    /// What else a reader of the spec should know.
    pub notices: Vec<Notice>,
    pub verdict: Verdict,
    /// What AWS recorded of the role's use, in a sentence.
    pub observation: Option<String>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    pub spec: String,
    pub account_id: AccountId,
    pub region: String,
    pub in_sandbox: bool,
    /// The endpoint of this machine that was asked instead of AWS.
    pub stand_in: Option<String>,
    pub organization: AskedOrganization,
    pub roles: Vec<RoleReport>,
}

/// Whether Genesys Cloud was asked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AskedOrganization {
    /// The variables with these names hold no credentials.
    No([String; 2]),
    /// It did not answer.
    Unknown,
    Named(String),
}

impl RoleReport {
    pub fn new(
        role: String,
        functions: String,
        path: InvocationPath,
        prober: Option<String>,
        claims: Vec<Claim>,
    ) -> Self {
        let diagnosis = diagnose(&claims);
        let proof = Level::ALL.iter().copied().rev().find(|level| reaches(&claims, *level));
        let verdict = verdict(&claims, &diagnosis, proof);
        let mut accepted: Vec<Acceptance> = Vec::new();
        for acceptance in claims.iter().flat_map(Claim::acceptances) {
            if !accepted.iter().any(|known| known.what == acceptance.what) {
                accepted.push(acceptance.clone());
            }
        }
        Self {
            role,
            functions,
            path,
            prober,
            claims,
            diagnosis,
            accepted,
            notices: Vec::new(),
            verdict,
            observation: None,
        }
    }

    /// The index of the cause that explains a failure.
    pub fn explaining(&self, failure: &Failure) -> Option<usize> {
        let own = &failure.finding;
        self.diagnosis.findings.iter().position(|finding| {
            (finding.cause, &finding.what) == (own.cause, &own.what)
                || failure.explained_by.contains(&finding.cause)
        })
    }

    /// What keeps it from being proven at a level, if anything.
    pub fn unproven(&self, level: Level) -> Option<String> {
        let Verdict { unknown, is_genesys_unread, .. } = &self.verdict;
        if let Some(unknown) = unknown {
            return Some(unknown.clone());
        }
        if *is_genesys_unread {
            return Some("whether an integration uses it could not be read".to_owned());
        }
        if reaches(&self.claims, level) {
            return None;
        }
        let in_words = |claim: &Claim| format!("{} ({})", claim.sentence, claim.seen);
        let of_level = |claim: &&Claim| claim.level == level && !claim.is_good();
        let needed = match level {
            Level::Assumed => {
                self.claims.iter().find(|claim| claim.level == Level::Evaluated && !claim.is_good())
            }
            _ => None,
        };
        Some(match self.claims.iter().find(of_level).or(needed) {
            Some(claim) => in_words(claim),
            None => match level {
                Level::EndToEnd if !self.verdict.only_invoked.is_empty() => {
                    format!(
                        "only {} was invoked; add `--invoke` for each other one",
                        self.verdict.only_invoked.join(" and ")
                    )
                }
                Level::EndToEnd => "no data action was tested; add `--invoke DATA_ACTION`".to_owned(),
                Level::Observed => "Genesys Cloud was not seen to assume the role".to_owned(),
                Level::Refused | Level::Assumed => "no call was made".to_owned(),
                Level::Evaluated => "nothing could be evaluated".to_owned(),
                Level::Configured => "Genesys Cloud was not asked".to_owned(),
            },
        })
    }

    pub fn is_broken(&self) -> bool {
        self.verdict.sign == Sign::Broken
    }

    /// Worth knowing although nothing is wrong with it.
    pub fn claim_notices(&self) -> impl Iterator<Item = &str> {
        self.claims.iter().flat_map(|claim| &claim.notices).map(String::as_str)
    }
}

/// Whether something was checked at this level, and all of it is as required.
fn holds(claims: &[Claim], level: Level) -> bool {
    let mut claims = claims.iter().filter(|claim| claim.level == level).peekable();
    claims.peek().is_some() && claims.all(Claim::is_good)
}

/// Whether a level of proof is reached: no fault, and everything that the weaker levels require.
fn reaches(claims: &[Claim], level: Level) -> bool {
    claims.iter().all(|claim| claim.failure().is_none())
        && match level {
            Level::Evaluated | Level::Configured | Level::Refused => holds(claims, level),
            Level::EndToEnd => holds(claims, level) && all_invoked(claims),
            // Positive evidence only: what may not be read does not weaken it.
            Level::Observed => claims.iter().any(|claim| claim.topic == Topic::Used && claim.is_good()),
            Level::Assumed => holds(claims, Level::Evaluated) && holds(claims, Level::Assumed),
        }
}

impl CheckReport {
    pub fn claims(&self) -> impl Iterator<Item = &Claim> {
        self.roles.iter().flat_map(|role| &role.claims)
    }

    /// The roles that are not proven at a level, and why.
    pub fn unproven(&self, level: Level) -> impl Iterator<Item = (&str, String)> {
        self.roles.iter().filter_map(move |role| Some((role.role.as_str(), role.unproven(level)?)))
    }

    /// Whether every role reaches a level of proof.
    pub fn reaches(&self, level: Level) -> bool {
        self.roles.iter().all(|role| reaches(&role.claims, level))
    }

    pub fn has_fault(&self) -> bool {
        self.roles.iter().any(RoleReport::is_broken)
    }

    pub fn causes(&self) -> usize {
        self.roles.iter().map(|role| role.diagnosis.findings.len()).sum()
    }

    pub fn count(&self, of: fn(&Outcome) -> bool) -> usize {
        self.claims().filter(|claim| of(&claim.outcome)).count()
    }
}
