//! Lints, their input and their findings.

use std::fmt;

use super::super::document::{ActionElement, Document, Effect, Statement};
use super::super::grammar::Purpose;
use super::expected::Expected;
use super::probe::Probe;

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LintSeverity {
    Error,
    Warning,
}

/// A kind of mistake.
pub struct Lint {
    pub name: &'static str,
    /// Former names.
    pub aliases: &'static [&'static str],
    pub severity: LintSeverity,
    pub consequence: &'static str,
    pub remedy: &'static str,
    pub(super) check: fn(&Subject<'_>, &mut Hits),
}

impl fmt::Debug for Lint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name)
    }
}

impl PartialEq for Lint {
    fn eq(&self, other: &Self) -> bool {
        self.name == other.name
    }
}

impl Eq for Lint {}

/// One mistake in a document.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LintHit {
    pub lint: &'static Lint,
    /// Counted from 1; `None` for the document as a whole.
    pub statement: Option<usize>,
    /// What was found.
    pub message: String,
}

/// Input for the rules.
pub(super) struct Subject<'a> {
    pub(super) document: &'a Document,
    pub(super) purpose: Purpose,
    pub(super) expected: &'a Expected<'a>,
    pub(super) probe: Probe<'a>,
}

impl<'a> Subject<'a> {
    /// The statements, with their numbers.
    pub(super) fn statements(&self) -> impl Iterator<Item = (usize, &'a Statement)> + use<'a> {
        self.document
            .statements
            .as_slice()
            .iter()
            .enumerate()
            .map(|(index, statement)| (index + 1, statement))
    }

    /// Allow statements, if the document has this purpose.
    pub(super) fn allows(&self, purpose: Purpose) -> impl Iterator<Item = (usize, &'a Statement)> + use<'a> {
        let fits = self.purpose == purpose;
        self.statements().filter(move |(_, statement)| fits && statement.effect == Effect::Allow)
    }

    /// Where an identity policy names this action and grants it.
    pub(super) fn add_named_action(&self, wanted: &str, hits: &mut Hits) {
        for (number, statement) in self.allows(Purpose::Identity) {
            let Some(ActionElement::Action(actions)) = &statement.action else { continue };
            for action in actions.as_slice().iter().filter(|action| action.eq_ignore_ascii_case(wanted)) {
                if self.probe.may(statement, wanted) {
                    hits.add(number, format!("`{action}`"));
                }
            }
        }
    }
}

/// The findings of one lint.
pub(super) struct Hits {
    lint: &'static Lint,
    found: Vec<LintHit>,
}

impl Hits {
    pub(super) fn of(lint: &'static Lint) -> Self {
        Self { lint, found: Vec::new() }
    }

    pub(super) fn into_found(self) -> Vec<LintHit> {
        self.found
    }

    pub(super) fn add(&mut self, statement: usize, message: impl Into<String>) {
        self.found.push(LintHit { lint: self.lint, statement: Some(statement), message: message.into() });
    }

    pub(super) fn add_whole(&mut self, message: impl Into<String>) {
        self.found.push(LintHit { lint: self.lint, statement: None, message: message.into() });
    }
}
