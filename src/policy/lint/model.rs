//! Lints, what they find, and what they are given.

use std::fmt;

use super::super::document::{Document, Effect, Statement};
use super::super::grammar::Purpose;
use super::probe::Probe;
use super::rules::LINTS;
use crate::arn::{AccountId, Arn, FunctionArn};

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Severity {
    Error,
    Warning,
}

/// A kind of mistake.
pub struct Lint {
    pub name: &'static str,
    /// Names that it had before.
    pub aliases: &'static [&'static str],
    pub severity: Severity,
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

/// What a document is held against. Of a document of any origin nothing need be known.
#[derive(Debug, Clone, Copy, Default)]
pub struct Expected<'a> {
    /// The account that is to be trusted.
    pub trusted: Option<&'a AccountId>,
    /// Somebody of the user's own who is trusted too.
    pub verifier: Option<&'a Arn>,
    /// The functions that are to be invoked, by exact ARN.
    pub functions: &'a [FunctionArn],
    /// Accounts that may be trusted.
    pub known_accounts: &'a [NamedAccount<'a>],
    /// The user's own accounts, as far as they are known.
    pub own_accounts: &'a [AccountId],
}

/// An account, which belongs to a partition, and what it is called.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NamedAccount<'a> {
    pub partition: &'a str,
    pub id: &'a str,
    pub name: &'a str,
}

/// What the rules look at.
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

    /// Those that allow, of a document for this purpose.
    pub(super) fn allows(&self, purpose: Purpose) -> impl Iterator<Item = (usize, &'a Statement)> + use<'a> {
        let fits = self.purpose == purpose;
        self.statements().filter(move |(_, statement)| fits && statement.effect == Effect::Allow)
    }
}

/// What one lint finds.
pub(super) struct Hits {
    lint: &'static Lint,
    found: Vec<LintHit>,
}

impl Hits {
    pub(super) fn add(&mut self, statement: usize, message: impl Into<String>) {
        self.found.push(LintHit { lint: self.lint, statement: Some(statement), message: message.into() });
    }

    pub(super) fn add_whole(&mut self, message: impl Into<String>) {
        self.found.push(LintHit { lint: self.lint, statement: None, message: message.into() });
    }
}

/// Mistakes of a trust policy.
pub fn lint_trust(document: &Document, expected: &Expected<'_>) -> Vec<LintHit> {
    lint(document, Purpose::Trust, expected)
}

/// Mistakes of a policy that says what the role may do.
pub fn lint_permissions(document: &Document, expected: &Expected<'_>) -> Vec<LintHit> {
    lint(document, Purpose::Identity, expected)
}

/// By statement, and within one in the order of the catalogue.
fn lint(document: &Document, purpose: Purpose, expected: &Expected<'_>) -> Vec<LintHit> {
    let subject = Subject { document, purpose, expected, probe: Probe::new(document, expected) };
    let mut found = Vec::new();
    for lint in LINTS {
        let mut hits = Hits { lint, found: Vec::new() };
        (lint.check)(&subject, &mut hits);
        found.extend(hits.found);
    }
    found.sort_by_key(|hit| hit.statement);
    found
}
