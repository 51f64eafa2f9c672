//! Check reports as a comment.

use std::fmt::Write;

use super::common::{LIMIT, origin, paste};
use super::picture;
use crate::check::Sign;
use crate::render::escape::Escape;
use crate::view::{
    AcceptedView, BEYOND_A_CHECK, CauseView, CheckView, FEW_ROLES, OutcomeWord, Provenance, RoleView,
    SharedCause, Summary, few, plural, sentence_case, shared_causes,
};

/// Check reports: faults first, then a line per role, and everything else folded, as far as it fits.
pub fn checks(
    reports: &[(Option<&str>, &CheckView)],
    failed: &[String],
    provenance: &Provenance,
    mask: &dyn Fn(&str) -> String,
) -> String {
    checks_within(LIMIT, reports, failed, provenance, mask)
}

/// The same in this many bytes, if they are enough for the verdicts.
pub(super) fn checks_within(
    room: usize,
    reports: &[(Option<&str>, &CheckView)],
    failed: &[String],
    provenance: &Provenance,
    mask: &dyn Fn(&str) -> String,
) -> String {
    let esc = &Escape { mask };
    let mut rows: Vec<(Option<&str>, &RoleView)> =
        reports.iter().flat_map(|(file, report)| report.roles.iter().map(|role| (*file, role))).collect();
    rows.sort_by_key(|(_, role)| role.verdict.sign);
    let summary = reports.iter().map(|(_, report)| report.summary).fold(Summary::default(), Summary::plus);
    let place = match reports {
        [(_, report)] => vec![
            format!("AWS account {}", esc.code(&report.account_id)),
            format!("region {}", esc.code(&report.region)),
        ],
        _ => Vec::new(),
    };
    let mut out = check_headline(esc, &rows, summary, failed, &origin(esc, provenance, &place));
    let mut notes: Vec<&String> = reports.iter().filter_map(|(_, report)| report.left_out.as_ref()).collect();
    notes.dedup();
    let mut stand_ins: Vec<String> = reports.iter().filter_map(|(_, report)| report.not_of_aws()).collect();
    stand_ins.dedup();
    for note in stand_ins.iter().chain(notes) {
        let _ = writeln!(out, "{}.\n", esc.text(note));
    }
    // The verdict of every role before any causes, and those before the observations.
    let mut cut = Vec::new();
    let mut add = |out: &mut String, name: &str, part: &str| {
        if out.len() + part.len() <= room {
            out.push_str(part);
        } else if !cut.iter().any(|known| known == name) {
            cut.push(name.to_owned());
        }
    };
    if rows.len() > 1 {
        out.push_str("| | role | verdict |\n|---|---|---|\n");
        for (file, role) in &rows {
            let file = file.map(|file| format!(" ({})", esc.code(file))).unwrap_or_default();
            let line = format!(
                "| {} | {}{file} | {} |\n",
                role.verdict.sign.symbol(),
                esc.code(&role.role),
                esc.text(&role.verdict.headline)
            );
            if out.len() + line.len() > room / 2 {
                out.push_str("| … | | |\n");
                break;
            }
            out.push_str(&line);
        }
        out.push('\n');
    }
    let roles: Vec<&RoleView> = rows.iter().map(|(_, role)| *role).collect();
    let mut shared = if roles.len() > FEW_ROLES { shared_causes(&roles) } else { Vec::new() };
    shared.retain(|group| group.roles.len() > 1);
    for group in &shared {
        add(&mut out, "what several roles share", &shared_cause(esc, group));
    }
    if !shared.is_empty() {
        out.push('\n');
    }
    for role in roles {
        add(&mut out, &role.role, &role_causes(esc, role, rows.len() > 1, &shared));
    }
    for (_, role) in &rows {
        add(&mut out, &role.role, &role_picture(esc, role, rows.len() > 1));
    }
    for (_, role) in &rows {
        add(&mut out, &role.role, &role_lines(esc, role));
    }
    let _ = writeln!(out, "{}", esc.text(BEYOND_A_CHECK));
    if !cut.is_empty() {
        let _ = writeln!(
            out,
            "\n**The report is too long for a comment: parts of {} are not shown.** `genesys-iam check --all` shows them.",
            esc.text(&few(&cut))
        );
    }
    out
}

fn check_headline(
    esc: &Escape<'_>,
    rows: &[(Option<&str>, &RoleView)],
    summary: Summary,
    failed: &[String],
    origin: &str,
) -> String {
    let Summary { roles, broken, unknown, causes, pass, accepted, not_provable, .. } = summary;
    let mut out = String::new();
    let verdict = match (rows, broken) {
        ([(_, role)], _) => {
            format!(
                "**check: {} {}** {}",
                role.verdict.sign.symbol(),
                esc.code(&role.role),
                esc.text(&role.verdict.headline)
            )
        }
        (_, 0) if unknown > 0 => {
            format!("**check: ? {unknown} of {} not fully known**", plural(roles, "role"))
        }
        (_, 0) => format!("**check: ✓ no fault in {}**", plural(roles, "role")),
        (_, n) => {
            let names: Vec<&str> = rows.iter().take(n).map(|(_, role)| role.role.as_str()).collect();
            format!(
                "**check: ✗ {n} of {} {} broken:** {}",
                plural(roles, "role"),
                if n == 1 { "is" } else { "are" },
                esc.text(&few(&names))
            )
        }
    };
    let _ = writeln!(out, "{verdict}\n");
    out.push_str(&first_of_all(esc, rows));
    if !failed.is_empty() {
        let _ = writeln!(out, "**{} failed:** {}\n", plural(failed.len(), "spec"), esc.text(&few(failed)));
    }
    out.push_str(origin);
    let proof = match rows {
        [(_, role)] if role.verdict.sign != Sign::Broken => format!(" · {}", role.verdict.proof_in_words),
        _ => String::new(),
    };
    let accepted = if accepted > 0 { format!(" · {accepted} accepted") } else { String::new() };
    let _ = writeln!(
        out,
        "{} · {pass} claims hold{accepted} · {not_provable} not provable from here{proof}\n",
        plural(causes, "cause")
    );
    out
}

/// Who gets in but should not, otherwise the worst fault, and what to do about it.
fn first_of_all(esc: &Escape<'_>, rows: &[(Option<&str>, &RoleView)]) -> String {
    let causes = rows.iter().flat_map(|(_, role)| role.diagnosis.iter().map(move |cause| (role, cause)));
    let worst = causes.clone().find(|(_, cause)| cause.lets_in).or_else(|| causes.clone().next());
    let Some((role, cause)) = worst else { return not_known(esc, rows) };
    let of = if rows.len() > 1 { format!("{}: ", esc.code(&role.role)) } else { String::new() };
    let remedy = format!("To do: {of}{}.", esc.text(&cause.remedy));
    let each_once = |of: fn(&RoleView) -> &Vec<String>| -> Vec<&String> {
        let mut names = Vec::new();
        for name in rows.iter().flat_map(|(_, role)| of(role)) {
            if !names.contains(&name) {
                names.push(name);
            }
        }
        names
    };
    let (others, got_in) = (each_once(|role| &role.verdict.others), each_once(|role| &role.verdict.got_in));
    let who: Vec<String> = [(others, "can get in"), (got_in, "got in")]
        .into_iter()
        .filter(|(names, _)| !names.is_empty())
        .map(|(names, does)| format!("{} {does}", few(&names)))
        .collect();
    match who.is_empty() {
        true => format!("> [!WARNING]\n> {of}{}. {remedy}\n\n", esc.text(&cause.what)),
        false => format!("> [!CAUTION]\n> {}. {remedy}\n\n", esc.text(&sentence_case(&who.join("; ")))),
    }
}

/// What keeps the answer unknown, and what to do about it.
fn not_known(esc: &Escape<'_>, rows: &[(Option<&str>, &RoleView)]) -> String {
    let Some((role, to_do)) =
        rows.iter().find_map(|(_, role)| role.verdict.to_do.as_ref().map(|to_do| (role, to_do)))
    else {
        return String::new();
    };
    let of = if rows.len() > 1 { format!("{}: ", esc.code(&role.role)) } else { String::new() };
    let unknown = role.verdict.unknown.as_ref().map(|unknown| format!("Not known: {}. ", esc.text(unknown)));
    format!("> [!NOTE]\n> {of}{}To do: {}.\n\n", unknown.unwrap_or_default(), esc.text(to_do))
}

/// A cause shared by several roles, once.
fn shared_cause(esc: &Escape<'_>, group: &SharedCause<'_>) -> String {
    let SharedCause { cause, roles, what, consequence, remedy, .. } = group;
    let names: Vec<String> = roles.iter().map(|role| esc.code(role)).collect();
    let mut out = format!(
        "- **FAULT** {}: {} ({}): {}\n",
        plural(roles.len(), "role"),
        esc.text(what),
        cause.cause,
        names.join(", ")
    );
    so_and_do(esc, &mut out, consequence, remedy, &cause.accept);
    out
}

fn so_and_do(esc: &Escape<'_>, out: &mut String, consequence: &str, remedy: &str, accept: &[String]) {
    let _ = writeln!(out, "  - so: {}", esc.text(consequence));
    let _ = writeln!(out, "  - do: {}", esc.text(remedy));
    if !accept.is_empty() {
        let _ = writeln!(out, "  - to accept it, in the spec:");
        out.push_str(&paste(esc, accept, 4));
    }
}

/// What is wrong with one role, except what it shares with others.
fn role_causes(esc: &Escape<'_>, report: &RoleView, has_heading: bool, shared: &[SharedCause<'_>]) -> String {
    let mut out = String::new();
    let is_shared = |cause: &&CauseView| shared.iter().any(|group| group.has(cause));
    let own: Vec<&CauseView> = report.diagnosis.iter().filter(|cause| !is_shared(cause)).collect();
    let is_empty = own.is_empty() && report.accepted.is_empty() && report.warnings.is_empty();
    if is_empty && report.notices.is_empty() && report.observation.is_none() {
        return out;
    }
    if has_heading {
        let _ = writeln!(out, "### {}\n", esc.code(&report.role));
    }
    for CauseView { cause, what, consequence, remedy, accept, .. } in own {
        let _ = writeln!(out, "- **FAULT** {} ({cause})", esc.text(what));
        so_and_do(esc, &mut out, consequence, remedy, accept);
    }
    for AcceptedView { what, reason, lets_in } in &report.accepted {
        let who = if lets_in.is_empty() {
            String::new()
        } else {
            format!(", which admits {}", lets_in.join(" and "))
        };
        let _ = writeln!(
            out,
            "- accepted: {}; the reason: \"{}\"",
            esc.text(&format!("{what}{who}")),
            esc.text(reason)
        );
    }
    for warning in &report.warnings {
        let _ = writeln!(out, "- **warning** {}", esc.text(&warning.in_one_line()));
    }
    if let Some(observation) = &report.observation {
        let _ = writeln!(out, "- observed: {}", esc.text(observation));
    }
    for notice in &report.notices {
        let _ = writeln!(out, "- note: {}", esc.text(notice));
    }
    if !report.ruled_out.is_empty() && !report.diagnosis.is_empty() {
        let _ = writeln!(out, "\nChecked and in order: {}.", esc.text(&report.ruled_out.join("; ")));
    }
    out.push('\n');
    out
}

/// How an invocation reaches the functions, or fails to: folded if there are several roles.
fn role_picture(esc: &Escape<'_>, report: &RoleView, is_folded: bool) -> String {
    let drawn = picture::way(esc, &report.picture);
    if !is_folded {
        return format!("{drawn}\n");
    }
    format!("<details><summary>The picture of {}</summary>\n{drawn}\n</details>\n\n", esc.html(&report.role))
}

fn role_lines(esc: &Escape<'_>, report: &RoleView) -> String {
    let mut out = String::new();
    let RoleView { role, prober, lines, .. } = report;
    let _ =
        writeln!(out, "<details><summary>All {} claims about {}</summary>\n", lines.len(), esc.html(role));
    let _ = writeln!(out, "| level | outcome | claim | seen |\n|---|---|---|---|");
    for line in lines {
        let outcome = match line.outcome {
            OutcomeWord::Pass => "ok",
            OutcomeWord::Accepted => "accepted",
            OutcomeWord::Fault => "**FAULT**",
            OutcomeWord::NotProvable => "?",
        };
        let _ = writeln!(
            out,
            "| {} | {outcome} | {} | {} |",
            line.level,
            esc.text(&line.claim),
            esc.text(&line.seen)
        );
    }
    if !prober.is_empty() {
        let _ = writeln!(out, "\nProbes were made as {}.", esc.code(prober));
    }
    let _ = writeln!(out, "\n</details>\n");
    out
}
