//! Whether Genesys Cloud, and nobody else, can invoke the functions: evidence by kind, never collapsed into one "OK".

pub mod configured;
pub mod diagnosis;
pub mod evaluated;
pub mod facts;
pub mod invoked;
pub mod probed;

use diagnosis::Diagnosis;

use crate::arn::AccountId;

/// How a thing was found out, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Live documents, evaluated offline by IAM's rules.
    Evaluated,
    /// Genesys Cloud's configuration, as its API shows it.
    Configured,
    /// Real calls that must be refused.
    Refused,
    /// Real calls that must succeed: the role assumed, the function invoked with `DryRun`.
    Assumed,
    /// Genesys Cloud itself invoked the function.
    EndToEnd,
}

impl Level {
    pub const ALL: [Self; 5] =
        [Self::Evaluated, Self::Configured, Self::Refused, Self::Assumed, Self::EndToEnd];

    /// Stable, for machines.
    pub fn word(self) -> &'static str {
        match self {
            Self::Evaluated => "evaluated",
            Self::Configured => "configured",
            Self::Refused => "refused",
            Self::Assumed => "assumed",
            Self::EndToEnd => "end-to-end",
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// Seen, as it must be.
    Pass,
    /// Seen, and wrong.
    Fail,
    /// Cannot be told from here; neither a fault nor a proof.
    NotProvable,
}

/// One question with what was seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Line {
    pub level: Level,
    /// `Genesys Cloud with the right external ID may assume the role`
    pub claim: String,
    pub outcome: Outcome,
    /// What was seen.
    pub seen: String,
    /// For a fault, what to do; otherwise what the observation proves, or why it proves little.
    pub meaning: String,
}

/// The lines of one role.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RoleReport {
    pub role: String,
    /// As whom the probes were made.
    pub prober: String,
    pub lines: Vec<Line>,
    pub diagnosis: Diagnosis,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    pub spec: String,
    pub account_id: AccountId,
    pub region: String,
    /// The organization that was asked; `None`: no credentials for Genesys Cloud are given.
    pub organization: Option<String>,
    pub roles: Vec<RoleReport>,
}

impl RoleReport {
    /// Whether everything that was looked at on this level is as it must be, and something was.
    fn holds(&self, level: Level) -> bool {
        let mut lines = self.lines.iter().filter(|line| line.level == level).peekable();
        lines.peek().is_some() && lines.all(|line| line.outcome == Outcome::Pass)
    }
}

impl CheckReport {
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.roles.iter().flat_map(|role| &role.lines)
    }

    /// Whether a level of proof is reached for every role: without a fault, and with all that the weaker ones ask for.
    pub fn reaches(&self, level: Level) -> bool {
        let holds = |level| self.roles.iter().all(|role| role.holds(level));
        !self.has_fault()
            && match level {
                Level::Evaluated | Level::Configured | Level::Refused => holds(level),
                Level::Assumed => holds(Level::Evaluated) && holds(Level::Assumed),
                Level::EndToEnd => holds(Level::EndToEnd),
            }
    }

    pub fn has_fault(&self) -> bool {
        self.lines().any(|line| line.outcome == Outcome::Fail)
    }
}
