//! The outcome of a plan, change by change, for Markdown and JSON: docs/apply.schema.json describes the JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use super::check::CheckView;
use crate::explain::Status;
use crate::plan::{Change, ChangeKind, Plan};

/// Layout version: increases when readers of an older one would break.
const FORMAT_VERSION: u64 = 1;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ChangeOutcome {
    Done,
    /// Not made.
    Failed,
    /// The answer was lost, and the live state could not be read.
    NotKnown,
    /// Something else failed, was refused or was interrupted first.
    NotBegun,
}

#[derive(Debug, Clone, Serialize)]
pub struct AppliedChange {
    pub role: String,
    pub operation: &'static str,
    pub subject: String,
    pub effect: &'static str,
    pub outcome: ChangeOutcome,
    /// Why it failed.
    pub error: Option<String>,
    /// Whether a saved plan, if one was given, has it.
    pub is_reviewed: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum RunOutcome {
    Done,
    NothingToDo,
    Refused,
    Failed,
    Interrupted,
    /// With several specs: an earlier one failed or was interrupted.
    NotBegun,
}

#[derive(Debug, Clone, Serialize)]
pub struct ErrorView {
    pub message: String,
    pub help: Option<String>,
    pub exit_status: i32,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize)]
pub struct ChangeCounts {
    pub planned: usize,
    pub done: usize,
    pub failed: usize,
    pub not_known: usize,
    pub not_begun: usize,
}

#[derive(Debug, Clone, Serialize)]
pub struct ApplyView {
    pub format: &'static str,
    pub format_version: u64,
    pub tool_version: &'static str,
    pub spec: String,
    pub account_id: String,
    pub region: String,
    pub outcome: RunOutcome,
    pub summary: ChangeCounts,
    pub access_is_wider: bool,
    pub changes: Vec<AppliedChange>,
    /// Whether the live state was seen to show every change; `None` if there was nothing to read.
    pub read_back: Option<bool>,
    /// Why Genesys Cloud's side was neither read nor changed, although the spec has one.
    pub left_in_genesys_cloud: Option<String>,
    /// What the spec made and no longer names, and a destruction left: `role X`.
    pub left_over: Vec<String>,
    pub check: Option<CheckView>,
    pub error: Option<ErrorView>,
    pub exit_status: i32,
}

impl ApplyView {
    /// Before anything but the spec is known; `format` is `genesys-iam apply` or `genesys-iam destroy`.
    pub fn new(format: &'static str, spec: &str, account_id: &str, region: &str) -> Self {
        Self {
            format,
            format_version: FORMAT_VERSION,
            tool_version: env!("CARGO_PKG_VERSION"),
            spec: spec.to_owned(),
            account_id: account_id.to_owned(),
            region: region.to_owned(),
            outcome: RunOutcome::NotBegun,
            summary: ChangeCounts::default(),
            access_is_wider: false,
            changes: Vec::new(),
            read_back: None,
            left_in_genesys_cloud: None,
            left_over: Vec::new(),
            check: None,
            error: None,
            exit_status: Status::Done as i32,
        }
    }

    /// The changes that will be made.
    pub fn set_plan(&mut self, plan: &Plan) {
        self.access_is_wider = plan.is_wider();
        self.set_outcomes(plan, Vec::new());
    }

    /// The outcome of the plan's changes; those not named were not started.
    pub fn set_outcomes(&mut self, plan: &Plan, outcomes: Vec<(&Change, ChangeOutcome, Option<String>)>) {
        // By call and subject: there may be tens of thousands.
        let mut by_subject: BTreeMap<(&str, String), Vec<usize>> = BTreeMap::new();
        for (at, (change, ..)) in outcomes.iter().enumerate() {
            by_subject.entry((change.operation(), change.subject())).or_default().push(at);
        }
        let mut outcomes: Vec<_> = outcomes.into_iter().map(Some).collect();
        let changes = plan.roles.iter().flat_map(|role| role.changes.iter().map(|one| (&role.role, one)));
        let changes = changes.map(|(role, change)| {
            let places = by_subject.get(&(change.operation(), change.subject()));
            let is_same = |at: &&usize| outcomes[**at].as_ref().is_some_and(|(known, ..)| *known == change);
            let place = places.and_then(|places| places.iter().find(is_same)).copied();
            let known = place.and_then(|at| outcomes[at].take());
            let (outcome, error) =
                known.map_or((ChangeOutcome::NotBegun, None), |(_, outcome, error)| (outcome, error));
            AppliedChange {
                role: role.clone(),
                operation: change.operation(),
                subject: change.subject(),
                effect: match change.kind() {
                    ChangeKind::Create => "create",
                    ChangeKind::Change => "change",
                    ChangeKind::Remove => "remove",
                },
                outcome,
                error,
                is_reviewed: true,
            }
        });
        self.changes = changes.collect();
        let count = |outcome| self.changes.iter().filter(|change| change.outcome == outcome).count();
        self.summary = ChangeCounts {
            planned: self.changes.len(),
            done: count(ChangeOutcome::Done),
            failed: count(ChangeOutcome::Failed),
            not_known: count(ChangeOutcome::NotKnown),
            not_begun: count(ChangeOutcome::NotBegun),
        };
    }

    /// `reviewed`: those that a saved plan has, as `operation subject`.
    pub fn set_reviewed(&mut self, reviewed: &[String]) {
        let mut reviewed: Vec<&String> = reviewed.iter().collect();
        for change in &mut self.changes {
            let line = format!("{} {}", change.operation, change.subject);
            let at = reviewed.iter().position(|one| **one == line);
            change.is_reviewed = at.map(|at| reviewed.swap_remove(at)).is_some();
        }
    }

    /// How it ended.
    pub fn end(&mut self, status: Status, error: Option<ErrorView>) {
        let ChangeCounts { planned, not_begun, .. } = self.summary;
        self.outcome = match (&error, status) {
            (Some(_), Status::Refused) if planned == not_begun => RunOutcome::Refused,
            (Some(_), _) => RunOutcome::Failed,
            (None, Status::Interrupted) => RunOutcome::Interrupted,
            (None, _) if planned == 0 => RunOutcome::NothingToDo,
            (None, _) => RunOutcome::Done,
        };
        self.error = error;
        self.exit_status = status as i32;
    }

    /// `3 changes made`, `1 of 3 changes made`
    pub fn in_words(&self) -> String {
        let ChangeCounts { planned, done, failed: _, not_known, not_begun } = self.summary;
        let unknown = if not_known > 0 { format!(", and perhaps {not_known} more") } else { String::new() };
        let changes = super::plural(planned, "change");
        match (planned, done) {
            (0, _) if matches!(self.outcome, RunOutcome::Refused | RunOutcome::Failed) => {
                "nothing was changed".to_owned()
            }
            (0, _) => "nothing to do".to_owned(),
            _ if not_begun == planned => format!("{changes} not begun"),
            (_, 0) if not_known > 0 => format!("perhaps {not_known} of {changes} made"),
            (_, 0) => format!("none of {changes} made"),
            _ if planned == done => format!("{changes} made"),
            _ => format!("{done} of {changes} made{unknown}"),
        }
    }
}
