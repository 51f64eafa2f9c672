//! Whether Genesys Cloud, and nobody else, can invoke the functions: evidence by kind, never collapsed into one "OK".

pub mod evaluated;
pub mod probed;

/// How a thing was found out, from the weakest to the strongest.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Live documents, evaluated offline by IAM's rules.
    Evaluated,
    /// Real calls that must be refused.
    Refused,
    /// Real calls that must succeed: the role assumed, the function invoked with `DryRun`.
    Assumed,
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
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CheckReport {
    pub roles: Vec<RoleReport>,
}

impl CheckReport {
    pub fn lines(&self) -> impl Iterator<Item = &Line> {
        self.roles.iter().flat_map(|role| &role.lines)
    }

    pub fn has_fault(&self) -> bool {
        self.lines().any(|line| line.outcome == Outcome::Fail)
    }
}
