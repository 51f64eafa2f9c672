//! One thing checked against the evidence: it holds, fails, or cannot be proven; its sentence follows its outcome.

use super::cause::Cause;
use super::level::Level;
use super::topic::Topic;
use crate::arn::FunctionArn;
use crate::plan::HowToAccept;

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Outcome {
    /// Seen, and as required.
    Holds,
    /// Not as required, but intended: the spec says why.
    Accepted(Vec<Acceptance>),
    /// Seen, and wrong.
    Fails(Failure),
    /// Unknown from here; neither a fault nor a proof. Says what would show it.
    NotProvable { help: String },
}

/// One thing that the spec accepts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptance {
    /// ``policy `AdministratorAccess` ``
    pub what: String,
    pub reason: String,
    /// Who gets in through it.
    pub lets_in: Vec<String>,
    /// Whether someone who assumes the role can do more because of it.
    pub adds_permissions: bool,
}

/// Why a claim fails.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Failure {
    /// What is wrong, if no other cause explains it.
    pub finding: Finding,
    /// If one of these was found, it explains this claim too, which is then not repeated.
    pub explained_by: &'static [Cause],
}

/// One fault.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Finding {
    pub cause: Cause,
    /// `The trust policy trusts AWS account …, not Genesys Cloud`
    pub what: String,
    /// Its consequence.
    pub consequence: String,
    /// An action: a command, or a line of the spec.
    pub remedy: String,
    pub harm: Harm,
}

/// The effect of a fault, for the verdict.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Harm {
    /// Genesys Cloud cannot invoke a function because of it.
    pub keeps_genesys_out: bool,
    /// Who gets in through it: `AWS account 691338073777`.
    pub lets_in: Vec<String>,
    /// What it lets the role do that it should not: `s3:GetObject on *`.
    pub adds: Vec<String>,
    /// It has been done, not only made possible.
    pub incident: Option<Box<Incident>>,
}

/// A stranger's use of the role, as CloudTrail recorded it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Incident {
    /// An AWS region.
    pub region: String,
    pub session: Option<String>,
    /// Today's trust policy would let them in again.
    pub is_still_admitted: bool,
    /// Whether a session that they have may not have ended.
    pub may_be_inside: bool,
    /// What leaves it out once it is settled, and from when on.
    pub looking_later: String,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Claim {
    pub level: Level,
    pub topic: Topic,
    /// Set if it concerns one of the functions.
    pub function: Option<FunctionArn>,
    /// Depends on the outcome.
    pub sentence: String,
    pub outcome: Outcome,
    /// What was seen.
    pub seen: String,
    /// What the observation proves, or why it proves little.
    pub note: String,
    /// For a failed claim: what to write into the spec to accept it, if possible.
    pub accept: HowToAccept,
    /// Worth knowing although nothing is wrong.
    pub notices: Vec<String>,
    /// Those of the function's own account whom its own policy names.
    pub insiders: Vec<String>,
    /// If not provable: whether it depends on the caller, so that a call by this tool proves nothing about Genesys
    /// Cloud's.
    pub depends_on_caller: bool,
    /// The spec wants the integration off.
    pub is_switched_off: bool,
}

/// A question with its three answers, so no sentence can contradict its outcome.
#[derive(Debug, Clone)]
pub struct Question {
    pub level: Level,
    pub topic: Topic,
    pub function: Option<FunctionArn>,
    pub holds: String,
    pub fails: String,
    pub open: String,
}

impl Question {
    pub fn new(
        level: Level,
        topic: Topic,
        holds: impl Into<String>,
        fails: impl Into<String>,
        open: impl Into<String>,
    ) -> Self {
        Self { level, topic, function: None, holds: holds.into(), fails: fails.into(), open: open.into() }
    }

    #[must_use]
    pub fn about(self, function: &FunctionArn) -> Self {
        Self { function: Some(function.clone()), ..self }
    }

    pub fn holds(self, seen: impl Into<String>) -> Claim {
        self.answer(Outcome::Holds, seen.into())
    }

    pub fn accepted(self, seen: impl Into<String>, acceptance: Acceptance) -> Claim {
        self.answer(Outcome::Accepted(vec![acceptance]), seen.into())
    }

    pub fn fails(self, seen: impl Into<String>, finding: Finding, explained_by: &'static [Cause]) -> Claim {
        self.answer(Outcome::Fails(Failure { finding, explained_by }), seen.into())
    }

    pub fn not_provable(self, seen: impl Into<String>, help: impl Into<String>) -> Claim {
        self.answer(Outcome::NotProvable { help: help.into() }, seen.into())
    }

    fn answer(self, outcome: Outcome, seen: String) -> Claim {
        let Self { level, topic, function, holds, fails, open } = self;
        let sentence = match outcome {
            Outcome::Holds => holds,
            Outcome::Accepted(_) | Outcome::Fails(_) => fails,
            Outcome::NotProvable { .. } => open,
        };
        Claim {
            level,
            topic,
            function,
            sentence,
            outcome,
            seen,
            note: String::new(),
            notices: Vec::new(),
            insiders: Vec::new(),
            accept: HowToAccept::default(),
            depends_on_caller: false,
            is_switched_off: false,
        }
    }
}

impl Claim {
    #[must_use]
    pub fn with_note(self, note: impl Into<String>) -> Self {
        Self { note: note.into(), ..self }
    }

    #[must_use]
    pub fn with_accept(self, accept: HowToAccept) -> Self {
        Self { accept, ..self }
    }

    #[must_use]
    pub fn depending_on_caller(self, depends_on_caller: bool) -> Self {
        Self { depends_on_caller, ..self }
    }

    #[must_use]
    pub fn switched_off(self) -> Self {
        Self { is_switched_off: true, ..self }
    }

    pub fn acceptances(&self) -> &[Acceptance] {
        match &self.outcome {
            Outcome::Accepted(acceptances) => acceptances,
            Outcome::Holds | Outcome::Fails(_) | Outcome::NotProvable { .. } => &[],
        }
    }

    /// For every reader of the report, not only those who look at every claim.
    #[must_use]
    pub fn with_notice(mut self, notice: String) -> Self {
        self.notices.push(notice);
        self
    }

    /// Whether it is as required, or as the spec accepts it.
    pub fn is_good(&self) -> bool {
        matches!(self.outcome, Outcome::Holds | Outcome::Accepted(_))
    }

    pub fn failure(&self) -> Option<&Failure> {
        match &self.outcome {
            Outcome::Fails(failure) => Some(failure),
            Outcome::Holds | Outcome::Accepted(_) | Outcome::NotProvable { .. } => None,
        }
    }
}
