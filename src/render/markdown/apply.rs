//! The outcome of plans, for the summary of a pipeline step.

use std::fmt::Write as _;

use super::check::checks_within;
use super::common::{LIMIT, origin};
use crate::render::escape::Escape;
use crate::view::{AppliedChange, ApplyView, ChangeOutcome, Provenance, RunOutcome};

/// By file if there are several, with those that could not even be planned: what remains comes first.
pub fn applied(
    views: &[(Option<&str>, &ApplyView)],
    failed: &[(String, String)],
    provenance: &Provenance,
    mask: &dyn Fn(&str) -> String,
) -> String {
    let esc = &Escape { mask };
    let mut views = views.to_vec();
    views.sort_by_key(|(_, view)| weight(view));
    let mut out = origin(esc, provenance, &[]);
    if views.len() + failed.len() > 1 {
        out.push_str("| | spec | |\n|---|---|---|\n");
        for (file, error) in failed {
            if out.len() > LIMIT / 4 {
                out.push_str("| … | | |\n");
                break;
            }
            let error: String = error.chars().take(500).collect();
            let _ = writeln!(out, "| ✗ | {} | **FAILED** {} |", esc.code(file), esc.one_line(&error));
        }
        for (file, view) in &views {
            if out.len() > LIMIT / 2 {
                out.push_str("| … | | |\n");
                break;
            }
            let checked = view
                .check
                .as_ref()
                .map_or("", |check| if check.has_fault { "; check: **FAULT**" } else { "; check: ✓" });
            let name = esc.code(file.unwrap_or(&view.spec));
            let _ = writeln!(out, "| {} | {name} | {}{checked} |", sign(view), view.in_words());
        }
        out.push('\n');
    }
    let checks: Vec<_> =
        views.iter().filter_map(|(file, view)| Some((*file, view.check.as_ref()?))).collect();
    // The check is what remains to be read once the changes are made.
    let room = if checks.is_empty() { LIMIT } else { LIMIT / 3 * 2 };
    let mut cut = 0;
    for (file, view) in &views {
        let part = section(esc, *file, view);
        if out.len() + part.len() > room {
            cut += 1;
        } else {
            out.push_str(&part);
        }
    }
    if !checks.is_empty() {
        let room = LIMIT.saturating_sub(out.len());
        out.push_str(&checks_within(room, &checks, &[], &Provenance::default(), mask));
    }
    if cut > 0 {
        let _ = writeln!(
            out,
            "**{} left out: the report is too long. The log has it.**",
            crate::view::plural(cut, "part")
        );
    }
    out
}

/// What to look at first.
fn weight(view: &ApplyView) -> u8 {
    match view.outcome {
        RunOutcome::Failed => 0,
        RunOutcome::Interrupted => 1,
        RunOutcome::Refused => 2,
        RunOutcome::NotBegun => 3,
        RunOutcome::Done if view.check.as_ref().is_some_and(|check| check.has_fault) => 4,
        RunOutcome::Done => 5,
        RunOutcome::NothingToDo => 6,
    }
}

fn sign(view: &ApplyView) -> &'static str {
    match view.outcome {
        RunOutcome::Failed | RunOutcome::Refused => "✗",
        RunOutcome::Interrupted | RunOutcome::NotBegun => "…",
        RunOutcome::Done | RunOutcome::NothingToDo => "✓",
    }
}

fn section(esc: &Escape<'_>, file: Option<&str>, view: &ApplyView) -> String {
    let ApplyView { account_id, region, changes, error, left_in_genesys_cloud, left_over, .. } = view;
    let mut out = String::new();
    if changes.is_empty() && error.is_none() && left_in_genesys_cloud.is_none() && left_over.is_empty() {
        if file.is_none() {
            let _ = writeln!(out, "**{}**\n", sentence(view));
        }
        return out;
    }
    if let Some(file) = file {
        let _ = writeln!(out, "### {}\n", esc.code(file));
    }
    let _ = writeln!(
        out,
        "**{}** · AWS account {}, region {}\n",
        sentence(view),
        esc.code(account_id),
        esc.code(region)
    );
    if let Some(error) = error {
        let _ = writeln!(out, "```text\n{}\n```\n", esc.fenced_lines(&error.message));
        if let Some(help) = &error.help {
            let _ = writeln!(out, "To do: {}.\n", esc.text(help));
        }
    }
    if let Some(why) = left_in_genesys_cloud {
        let _ = writeln!(
            out,
            "**Not yet:** Genesys Cloud's side was neither read nor changed: {}.\n",
            esc.text(why)
        );
    }
    if !left_over.is_empty() {
        let left: Vec<String> = left_over.iter().map(|one| esc.text(one).to_string()).collect();
        let _ = writeln!(out, "**Left**, made by this spec and no longer in it: {}.\n", left.join(", "));
    }
    if !changes.is_empty() {
        out.push_str("| | role | change |\n|---|---|---|\n");
    }
    for AppliedChange { role, operation, subject, outcome, is_reviewed, .. } in changes {
        let outcome = match outcome {
            ChangeOutcome::Done => "done",
            ChangeOutcome::Failed => "**FAILED**",
            ChangeOutcome::NotKnown => "**not known**",
            ChangeOutcome::NotBegun => "not yet",
        };
        let new = if *is_reviewed { "" } else { " (**not in the reviewed plan**)" };
        let _ = writeln!(out, "| {outcome} | {} | {operation} {}{new} |", esc.code(role), esc.text(subject));
    }
    out.push('\n');
    out
}

fn sentence(view: &ApplyView) -> String {
    let words = crate::view::sentence_case(&view.in_words());
    match view.outcome {
        RunOutcome::Refused => format!("REFUSED: {words}"),
        RunOutcome::Failed => format!("FAILED: {words}"),
        RunOutcome::Interrupted => format!("INTERRUPTED: {words}"),
        RunOutcome::Done | RunOutcome::NothingToDo | RunOutcome::NotBegun => words,
    }
}
