//! Diagnoses as text and as Markdown.

use std::fmt::Write;

use super::check::{listed, sign_of};
use super::escape::Escape;
use super::style::{BOLD, DIM, ERROR, REMOVE, WARNING, paint};
use crate::text::{lines, one_line};
use crate::view::{CandidatesView, DiagnoseView, DiagnosedView, ErrorTextView, KnownView, StepView, WayView};

pub fn text(view: &DiagnoseView) -> String {
    let DiagnoseView {
        role,
        account_id,
        region,
        known,
        error,
        verdict,
        causes,
        unknown,
        notices,
        ruled_out,
        next,
        again,
        ..
    } = view;
    let mut out = String::new();
    let sign = sign_of(verdict);
    let _ = writeln!(out, "{sign} {}: {}", paint(BOLD, &one_line(role)), one_line(&verdict.headline));
    let place = format!("AWS account {}, region {}", one_line(account_id), one_line(region));
    let _ = writeln!(out, "  {}", paint(DIM, &place));
    for KnownView { what, value, from } in known {
        let _ = writeln!(
            out,
            "  {what:<18} {}  {}",
            one_line(value),
            paint(DIM, &format!("({})", one_line(from)))
        );
    }
    if let Some(error) = error {
        let _ = writeln!(out, "\n{} {}", paint(BOLD, "The error says:"), one_line(&error.says));
        if !error.is_explained {
            let _ = writeln!(out, "  {}", paint(WARNING, "nothing that was found explains it"));
        }
    }
    for index in 0..causes.len() {
        cause_text(&mut out, index, causes, error.as_ref());
    }
    if !unknown.is_empty() {
        let _ = writeln!(out, "\n{}", paint(BOLD, "Not known:"));
        for one in unknown {
            let _ = writeln!(out, "  {} {}", paint(WARNING, "?"), one_line(&one.what));
            let _ = writeln!(out, "    {}", paint(DIM, &format!("seen: {}", one_line(&one.seen))));
            let _ = writeln!(out, "    so: {}", one_line(&one.help));
            if !one.ways.is_empty() {
                let _ = writeln!(
                    out,
                    "   If Genesys Cloud is refused, this may be why. To fix it, any one of these:"
                );
                ways_text(&mut out, &one.ways);
            }
        }
    }
    if !notices.is_empty() {
        let _ = writeln!(out, "\n{}", paint(BOLD, "Worth knowing:"));
        notices.iter().for_each(|text| {
            let _ = writeln!(out, "  - {}", one_line(text));
        });
    }
    if !next.is_empty() {
        let _ = writeln!(out, "\n{}", paint(BOLD, "Next:"));
        next.iter().for_each(|text| {
            let _ = writeln!(out, "  - {}", one_line(text));
        });
    }
    out.push('\n');
    if !ruled_out.is_empty() {
        let shown = listed(ruled_out, 140);
        let all = if shown.contains(" more") { " (`--format markdown` lists them all)" } else { "" };
        let _ = writeln!(out, "{}", paint(DIM, &format!("checked and in order: {shown}{all}")));
    }
    if !causes.is_empty() {
        let _ = writeln!(out, "{}", paint(DIM, &format!("when something was changed: {}", one_line(again))));
    }
    out
}

/// The first line, for a run whose result is a file.
pub fn headline(view: &DiagnoseView) -> String {
    let DiagnoseView { role, verdict, .. } = view;
    format!("{} {}: {}\n", sign_of(verdict), paint(BOLD, &one_line(role)), one_line(&verdict.headline))
}

/// The number of an earlier cause that the same removes.
fn same_ways(causes: &[DiagnosedView], index: usize) -> Option<usize> {
    let ways = &causes.get(index)?.ways;
    let earlier = causes.iter().take(index).position(|earlier| earlier.ways == *ways);
    earlier.map(|earlier| earlier + 1).filter(|_| ways.iter().any(WayView::is_more_than_words))
}

fn cause_text(out: &mut String, index: usize, causes: &[DiagnosedView], error: Option<&ErrorTextView>) {
    let Some(DiagnosedView { cause: word, what, consequence, explains_error, ways }) = causes.get(index)
    else {
        return;
    };
    let number = index + 1;
    let explains = match (error.map(|error| error.is_clear), explains_error) {
        (Some(true), true) => ", explains the error",
        (Some(false), true) => ", may be the cause",
        (Some(_), false) => ", does not explain the error",
        (None, _) => "",
    };
    let _ = writeln!(
        out,
        "\n{} {} {}",
        paint(ERROR, &format!("{number}.")),
        paint(REMOVE, &one_line(what)),
        paint(DIM, &format!("({word}{explains})"))
    );
    let _ = writeln!(out, "   {}", paint(DIM, &format!("so: {}", one_line(consequence))));
    if let Some(first) = same_ways(causes, index) {
        let _ = writeln!(out, "   To fix it: as for {first}");
        return;
    }
    let title = if ways.len() > 1 { "To fix it, any one of these:" } else { "To fix it:" };
    let _ = writeln!(out, "   {title}");
    ways_text(out, ways);
}

fn ways_text(out: &mut String, ways: &[WayView]) {
    for way in ways {
        let _ = writeln!(out, "   {}", paint(BOLD, way.title()));
        for step in &way.steps {
            match step {
                StepView::Do(text) => {
                    let _ = writeln!(out, "     {}", one_line(text));
                }
                // Not indented in the middle: it is copied as is.
                StepView::Run(command) => {
                    let _ = writeln!(out, "     $ {}", lines(command));
                }
                StepView::Paste(document) => {
                    for line in lines(document).lines() {
                        let _ = writeln!(out, "       {line}");
                    }
                }
            }
        }
    }
}

pub fn candidates_text(view: &CandidatesView) -> String {
    let CandidatesView { account_id, roles, integrations, hint, left_out, .. } = view;
    let mut out = String::new();
    if roles.is_empty() {
        let _ = writeln!(out, "No role of AWS account {account_id} looks like Genesys Cloud's.");
    } else {
        let _ = writeln!(
            out,
            "{}",
            paint(
                BOLD,
                &format!(
                    "Not diagnosed yet. Roles of AWS account {account_id} that look like Genesys Cloud's:"
                )
            )
        );
    }
    for role in roles {
        let _ =
            writeln!(out, "  {}  {}", paint(BOLD, &one_line(&role.role)), paint(DIM, &one_line(&role.why)));
        if !role.integrations.is_empty() {
            let names: Vec<String> =
                role.integrations.iter().map(|name| format!("\"{}\"", one_line(name))).collect();
            let _ = writeln!(out, "    used by the integration {}", names.join(" and "));
        }
        let _ = writeln!(out, "    $ {}", lines(&role.next));
    }
    if !integrations.is_empty() {
        let _ = writeln!(out, "\n{}", paint(BOLD, "Integrations that use none of its roles:"));
    }
    for one in integrations {
        let _ = writeln!(out, "  {}  {}", paint(BOLD, &one_line(&one.name)), paint(DIM, &one_line(&one.why)));
    }
    if let Some(hint) = hint {
        let _ = writeln!(out, "\n{}", one_line(&crate::text::sentence_case(hint)));
    }
    if let Some(left_out) = left_out {
        let _ = writeln!(out, "\n{}", paint(DIM, left_out));
    }
    out
}

/// For a ticket.
pub fn markdown(view: &DiagnoseView, mask: &dyn Fn(&str) -> String) -> String {
    let esc = &Escape { mask };
    let DiagnoseView {
        role,
        account_id,
        region,
        known,
        error,
        verdict,
        causes,
        unknown,
        notices,
        ruled_out,
        next,
        again,
        ..
    } = view;
    let sign = verdict.sign.symbol();
    let mut out = format!("**diagnose: {sign} {}** {}\n\n", esc.code(role), esc.text(&verdict.headline));
    let _ = writeln!(out, "AWS account {}, region {}\n", esc.code(account_id), esc.code(region));
    out.push_str("| | | from |\n|---|---|---|\n");
    for KnownView { what, value, from } in known {
        // What follows these words is masked even if it is a word of the report.
        let whole = (esc.mask)(&format!("{what} \"{value}\""));
        let value = whole.strip_prefix(what).and_then(|rest| rest.strip_prefix(" \"")?.strip_suffix('"'));
        let _ = writeln!(out, "| {what} | {} | {} |", esc.code(value.unwrap_or(&whole)), esc.text(from));
    }
    out.push('\n');
    if let Some(error) = error {
        let unexplained = if error.is_explained { "" } else { " **Nothing that was found explains it.**" };
        let _ = writeln!(out, "The error says: {}.{unexplained}\n", esc.text(&error.says));
    }
    for (index, cause) in causes.iter().enumerate() {
        let DiagnosedView { cause: word, what, consequence, ways, .. } = cause;
        let _ = writeln!(
            out,
            "### {}. {} (`{word}`)\n\nSo: {}.\n",
            index + 1,
            esc.text(what),
            esc.text(consequence)
        );
        match same_ways(causes, index) {
            Some(first) => {
                let _ = writeln!(out, "To fix it: as for {first}.\n");
            }
            None => ways.iter().for_each(|way| way_markdown(&mut out, esc, way)),
        }
    }
    if !unknown.is_empty() {
        out.push_str("Not known:\n\n");
        for one in unknown {
            let _ =
                writeln!(out, "- {}: {}. {}", esc.text(&one.what), esc.text(&one.seen), esc.text(&one.help));
            if !one.ways.is_empty() {
                out.push_str(
                    "\nIf Genesys Cloud is refused, this may be why. To fix it, any one of these:\n\n",
                );
                one.ways.iter().for_each(|way| way_markdown(&mut out, esc, way));
            }
        }
        out.push('\n');
    }
    for text in notices.iter().chain(next) {
        let _ = writeln!(out, "- {}", esc.text(text));
    }
    if !(notices.is_empty() && next.is_empty()) {
        out.push('\n');
    }
    if !ruled_out.is_empty() {
        let _ = writeln!(out, "Checked and in order: {}.\n", esc.text(&ruled_out.join("; ")));
    }
    let _ = writeln!(out, "When something was changed: {}", esc.code(again));
    out
}

fn way_markdown(out: &mut String, esc: &Escape<'_>, way: &WayView) {
    let _ = writeln!(out, "{}:\n", crate::view::sentence_case(way.title()));
    let mut fence = "";
    for step in &way.steps {
        let (wanted, text) = match step {
            StepView::Do(text) => ("", text),
            StepView::Run(text) => ("sh", text),
            StepView::Paste(text) if text.starts_with('{') => ("json", text),
            StepView::Paste(text) => ("text", text),
        };
        if wanted != fence && !fence.is_empty() {
            out.push_str("```\n\n");
        }
        if wanted != fence && !wanted.is_empty() {
            let _ = writeln!(out, "```{wanted}");
        }
        fence = wanted;
        if wanted.is_empty() {
            let _ = writeln!(out, "- {}", esc.text(text));
            if text.ends_with(':') {
                out.push('\n');
            }
        } else {
            for line in text.lines() {
                let _ = writeln!(out, "{}", esc.fenced(line));
            }
        }
    }
    out.push_str(if fence.is_empty() { "\n" } else { "```\n\n" });
}

pub fn candidates_markdown(view: &CandidatesView, mask: &dyn Fn(&str) -> String) -> String {
    let esc = &Escape { mask };
    let CandidatesView { account_id, roles, integrations, hint, left_out, .. } = view;
    let mut out = format!("**diagnose: AWS account {}**\n\n", esc.code(account_id));
    out.push_str("| role | looks like Genesys Cloud's | integrations |\n|---|---|---|\n");
    for role in roles {
        let names: Vec<String> = role.integrations.iter().map(|name| esc.code(name)).collect();
        let _ =
            writeln!(out, "| {} | {} | {} |", esc.code(&role.role), esc.text(&role.why), names.join(", "));
    }
    if !integrations.is_empty() {
        out.push_str("\n| integration without a role of the account | |\n|---|---|\n");
        for one in integrations {
            let _ = writeln!(out, "| {} | {} |", esc.code(&one.name), esc.text(&one.why));
        }
    }
    if let Some(hint) = hint {
        let _ = writeln!(out, "\n{}.", esc.text(&crate::text::sentence_case(hint)));
    }
    if let Some(left_out) = left_out {
        let _ = writeln!(out, "\n{}.", esc.text(left_out));
    }
    out
}
