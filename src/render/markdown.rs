//! Reports for comments in pull requests.

use std::fmt::Write;

use super::escape::Escape;
use super::genesys;
use super::plan::{blocker_text, change_text, notice_text, unknown_accounts, widening_text};
use crate::plan::{Change, ChangeKind, Notice, Plan, RolePlan};
use crate::policy::access::{AccessLine, AccessSign};
use crate::view::{
    CauseView, CheckView, OutcomeWord, RoleView, Summary, few, foreign, gainers, plural, sentence_case,
};

/// GitHub takes 65,536 characters; a comment may have something before and after it.
const LIMIT: usize = 60_000;

/// A plan: one line that says it all, who gains and loses what, a picture, and each change folded.
pub fn plan(plan: &Plan, mask: &dyn Fn(&str) -> String) -> String {
    plan_within(&Escape { mask }, plan, LIMIT)
}

/// The plans of several specs, by file, or why there is none: first a line for each.
pub fn plans(plans: &[(String, Result<&Plan, String>)], mask: &dyn Fn(&str) -> String) -> String {
    let esc = &Escape { mask };
    let mut out = String::from("| spec | plan |\n|---|---|\n");
    for (file, plan) in plans {
        let text = match plan {
            Ok(plan) => summary(esc, plan),
            Err(error) => format!("**FAILED** {}", esc.one_line(error)),
        };
        let _ = writeln!(out, "| {} | {text} |", esc.code(file));
    }
    let mut left = plans.iter().filter(|(_, plan)| plan.as_ref().is_ok_and(|plan| !is_dull(plan))).count();
    for (file, plan) in plans {
        let Ok(plan) = plan else { continue };
        if is_dull(plan) {
            continue;
        }
        let heading = format!("\n## {}\n\n", esc.code(file));
        let room = LIMIT.saturating_sub(out.len()) / left;
        left -= 1;
        let text = plan_within(esc, plan, room.saturating_sub(heading.len()));
        if heading.len() + text.len() <= room {
            out.push_str(&heading);
            out.push_str(&text);
        }
    }
    truncated(&out)
}

/// Whether the line about it says all there is to say.
fn is_dull(plan: &Plan) -> bool {
    plan.is_empty()
        && !plan.is_blocked()
        && plan.orphans.is_empty()
        && plan.roles.iter().all(|role| role.notices.is_empty())
}

/// What a reviewer has to read before anything else.
fn caution(esc: &Escape<'_>, plan: &Plan) -> String {
    let mut said: Vec<String> = unknown_accounts(plan)
        .iter()
        .map(|(why, help)| format!("{}. {}.", esc.text(why), esc.text(help)))
        .collect();
    if plan.lets_strangers_in()
        && let Some(who) = gainers(&[plan])
    {
        said.push(format!("This plan widens access for {}.", esc.text(&who)));
    }
    for role in &plan.roles {
        for notice in &role.notices {
            if let Notice::ConfirmedAccount { .. } = notice {
                let text = format!("{}.", esc.one_line(&notice_text(notice, &role.role)));
                if !said.contains(&text) {
                    said.push(text);
                }
            }
        }
    }
    if said.is_empty() {
        return String::new();
    }
    format!("> [!CAUTION]\n> {}\n\n", said.join("\n>\n> "))
}

/// Cut at a line; only where there are hundreds of specs.
fn truncated(text: &str) -> String {
    if text.len() <= LIMIT {
        return text.to_owned();
    }
    let mut end = LIMIT;
    while !text.is_char_boundary(end) {
        end -= 1;
    }
    let end = text[..end].rfind('\n').unwrap_or(0);
    format!("{}\n\n**The rest is not shown: it is too long for a comment.**\n", &text[..end])
}

/// A plan in so many characters, as far as its first lines let it be.
fn plan_within(esc: &Escape<'_>, plan: &Plan, limit: usize) -> String {
    let mut out = String::new();
    let _ = writeln!(out, "{}\n", summary(esc, plan));
    out.push_str(&caution(esc, plan));
    let _ = writeln!(
        out,
        "AWS account {}, region {}, spec {}\n",
        esc.code(&plan.account_id.to_string()),
        esc.code(&plan.region),
        esc.code(&plan.spec)
    );
    for indirection in &plan.indirections {
        let _ = writeln!(out, "- from elsewhere: {}", esc.text(indirection));
    }
    if !plan.indirections.is_empty() {
        out.push('\n');
    }
    let quiet =
        |role: &&RolePlan| role.changes.is_empty() && role.blockers.is_empty() && role.notices.is_empty();
    let (unchanged, roles): (Vec<&RolePlan>, Vec<&RolePlan>) = plan.roles.iter().partition(quiet);
    if !roles.is_empty() {
        let _ = writeln!(out, "| role | create | change | remove | access widened |\n|---|---|---|---|---|");
        for role in roles {
            if out.len() > limit / 2 {
                let _ = writeln!(out, "| … | | | | |");
                break;
            }
            let count = |kind| role.changes.iter().filter(|change| change.kind() == kind).count();
            let wider = if role.is_wider() { "**YES**" } else { "no" };
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {wider} |",
                esc.code(&role.role),
                count(ChangeKind::Create),
                count(ChangeKind::Change),
                count(ChangeKind::Remove)
            );
        }
        out.push('\n');
    }
    match unchanged.len() {
        0 => {}
        1 => out.push_str("1 role has no changes.\n\n"),
        n => out.push_str(&format!("{n} roles have no changes.\n\n")),
    }
    for name in &plan.orphans {
        let _ = writeln!(
            out,
            "> role {} bears the tag of this spec, which no longer has it; it stays. `--prune` removes it\n",
            esc.code(name)
        );
    }
    if let Some(why) = &plan.orphans_unknown {
        let _ = writeln!(out, "> whether roles were taken out of the spec is not known: {}\n", esc.text(why));
    }
    out.push_str(&widened(esc, plan, limit / 3));
    // What widens or is blocked before what is not, and the short of every role before the long of any.
    let mut by_weight: Vec<&RolePlan> = plan.roles.iter().collect();
    by_weight.sort_by_key(|role| (!role.is_wider(), role.blockers.is_empty()));
    let mut parts: Vec<String> = by_weight.iter().map(|role| access(esc, role)).collect();
    parts.extend(by_weight.iter().map(|role| changes(esc, role)));
    let mut cut = 0;
    for part in parts.iter().filter(|part| !part.is_empty()) {
        if out.len() + part.len() > limit {
            cut += 1;
        } else {
            out.push_str(part);
        }
    }
    if cut > 0 {
        let _ = writeln!(
            out,
            "**{cut} parts of this plan are not shown: it is too long for a comment.** `genesys-iam plan` shows them."
        );
    }
    out
}

/// Who may do what he may not do now, of all roles: nothing is more important.
fn widened(esc: &Escape<'_>, plan: &Plan, limit: usize) -> String {
    let mut lines = Vec::new();
    for role in &plan.roles {
        let sections = [role.access.assume(), role.access.permissions(), role.access.restrictions()];
        for AccessLine { sign, sentence, .. } in sections.concat().into_iter().filter(|line| line.is_wider) {
            let sign = if sign == AccessSign::Lost { "no longer" } else { "" };
            lines.push(
                format!("! {}: {sign} {}\n", esc.fenced(&role.role), esc.fenced(sentence))
                    .replace(":  ", ": "),
            );
        }
    }
    for role in &plan.roles {
        let texts = role.widenings.iter().map(widening_text);
        lines.extend(texts.map(|text| format!("! {}: {}\n", esc.fenced(&role.role), esc.fenced(&text))));
    }
    // Of one role its own section says it.
    if plan.roles.len() < 2 || lines.is_empty() {
        return String::new();
    }
    let mut out = "Access that is widened:\n\n```diff\n".to_owned();
    for (number, line) in lines.iter().enumerate() {
        if out.len() + line.len() > limit {
            let _ = writeln!(out, "! and {} more", lines.len() - number);
            break;
        }
        out.push_str(line);
    }
    out.push_str("```\n\n");
    out
}

/// `**2 to create, 1 to change** · access widened: no`
fn summary(esc: &Escape<'_>, plan: &Plan) -> String {
    let count = |kind| plan.changes().filter(|change| change.kind() == kind).count();
    let counts = [
        (count(ChangeKind::Create), "to create"),
        (count(ChangeKind::Change), "to change"),
        (count(ChangeKind::Remove), "to remove"),
    ];
    let counts: Vec<String> =
        counts.iter().filter(|(n, _)| *n > 0).map(|(n, what)| format!("{n} {what}")).collect();
    let counts = if counts.is_empty() { "no changes".to_owned() } else { counts.join(", ") };
    let wider = match gainers(&[plan]) {
        Some(who) => format!("**YES**, for {}", esc.text(&who)),
        None => "no".to_owned(),
    };
    let foreign =
        foreign(&[plan]).map(|foreign| format!(" · **{}**", esc.text(&foreign))).unwrap_or_default();
    let blocked = if plan.is_blocked() { " · **BLOCKED**" } else { "" };
    format!("**{counts}** · access widened: {wider}{foreign}{blocked}")
}

/// Who gains and who loses what, with notices and blockers, and a picture.
fn access(esc: &Escape<'_>, plan: &RolePlan) -> String {
    let RolePlan { role, changes, blockers, notices, access, connections, widenings } = plan;
    if changes.is_empty() && blockers.is_empty() && notices.is_empty() {
        return String::new();
    }
    let mut out = format!("### {}\n\n", esc.code(role));
    for blocker in blockers {
        let _ = writeln!(out, "- **BLOCKED** {}", esc.one_line(&blocker_text(blocker)));
    }
    for notice in notices {
        let _ = writeln!(out, "- notice: {}", esc.one_line(&notice_text(notice, role)));
    }
    for connection in connections {
        let _ = writeln!(out, "- {}", esc.one_line(&genesys::connection_text(connection)));
    }
    let sections = [
        ("Who can assume the role", access.assume()),
        ("What the role can do", access.permissions()),
        ("What restricts it", access.restrictions()),
    ];
    for (title, lines) in sections {
        if changes.is_empty() || lines.is_empty() {
            continue;
        }
        let _ = writeln!(out, "\n{title}:\n\n```diff");
        for AccessLine { sign, sentence, is_wider } in lines {
            let sign = match sign {
                AccessSign::Gained => '+',
                AccessSign::Lost => '-',
                AccessSign::Kept => ' ',
            };
            let mark = if is_wider { "  <- WIDER" } else { "" };
            let _ = writeln!(out, "{sign} {}{mark}", esc.fenced(sentence));
        }
        out.push_str("```\n");
    }
    if !widenings.is_empty() {
        let _ = writeln!(out, "\nWhat else is widened:\n\n```diff");
        for widening in widenings {
            let _ = writeln!(out, "+ {}  <- WIDER", esc.fenced(&widening_text(widening)));
        }
        out.push_str("```\n");
    }
    if !changes.is_empty() {
        out.push_str(&picture(esc, plan));
    }
    out.push('\n');
    out
}

/// Who reaches what through the role, as a picture that GitHub and GitLab draw. What is gained has a thick line,
/// what is lost a dotted one.
fn picture(esc: &Escape<'_>, plan: &RolePlan) -> String {
    let arrow = |sign| match sign {
        AccessSign::Gained => "== gained ==>",
        AccessSign::Lost => "-. lost .->",
        AccessSign::Kept => "-->",
    };
    let mut out = String::from("\n```mermaid\nflowchart LR\n");
    let _ = writeln!(out, "  role([\"role {}\"])", esc.label(&plan.role));
    for (number, line) in plan.access.assume().iter().enumerate() {
        let _ = writeln!(out, "  who{number}[\"{}\"] {} role", esc.label(line.sentence), arrow(line.sign));
    }
    for (number, line) in plan.access.permissions().iter().enumerate() {
        let _ = writeln!(out, "  role {} what{number}[\"{}\"]", arrow(line.sign), esc.label(line.sentence));
    }
    out.push_str("```\n");
    out
}

/// Each change of a role, folded.
fn changes(esc: &Escape<'_>, plan: &RolePlan) -> String {
    let mut out = String::new();
    for change in &plan.changes {
        let mut text = String::new();
        change_text(&mut text, change);
        let text = anstream::adapter::strip_str(&text).to_string();
        let title = format!("{} {}", change.operation(), Change::subject(change));
        let _ = writeln!(out, "<details><summary>{}</summary>\n", esc.html(&title));
        let _ = writeln!(out, "```diff");
        // The first line is the title.
        for line in text.lines().skip(1) {
            let _ = writeln!(out, "{}", esc.fenced(line.strip_prefix("      ").unwrap_or(line)));
        }
        let _ = writeln!(out, "```\n\n</details>\n");
    }
    out
}

/// Check reports: what is wrong first, then a line per role, and everything else folded, as far as there is room.
pub fn checks(
    reports: &[(Option<&str>, &CheckView)],
    failed: &[String],
    mask: &dyn Fn(&str) -> String,
) -> String {
    let esc = &Escape { mask };
    let mut rows: Vec<(Option<&str>, &RoleView)> =
        reports.iter().flat_map(|(file, report)| report.roles.iter().map(|role| (*file, role))).collect();
    rows.sort_by_key(|(_, role)| match role.verdict.sign {
        "broken" => 0,
        "unknown" => 1,
        _ => 2,
    });
    let summary = reports.iter().map(|(_, report)| report.summary).fold(Summary::default(), Summary::plus);
    let mut out = check_headline(esc, &rows, summary, failed);
    let mut notes: Vec<&String> = reports.iter().filter_map(|(_, report)| report.left_out.as_ref()).collect();
    notes.dedup();
    for note in notes {
        let _ = writeln!(out, "{}.\n", esc.text(note));
    }
    // The verdict of every role before the causes of any, and those before the observations.
    let mut cut = Vec::new();
    let mut add = |out: &mut String, name: &str, part: &str| {
        if out.len() + part.len() <= LIMIT {
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
                check_sign(role),
                esc.code(&role.role),
                esc.text(&role.verdict.headline)
            );
            if out.len() + line.len() > LIMIT / 2 {
                out.push_str("| … | | |\n");
                break;
            }
            out.push_str(&line);
        }
        out.push('\n');
    }
    for (_, role) in &rows {
        add(&mut out, &role.role, &role_causes(esc, role, rows.len() > 1));
    }
    for (_, role) in &rows {
        add(&mut out, &role.role, &role_lines(esc, role));
    }
    if !cut.is_empty() {
        let _ = writeln!(
            out,
            "**The report is too long for a comment: parts of {} are not shown.** `genesys-iam check --all` shows them.",
            esc.text(&few(&cut))
        );
    }
    out
}

fn check_sign(role: &RoleView) -> &'static str {
    match role.verdict.sign {
        "broken" => "✗",
        "unknown" => "?",
        _ => "✓",
    }
}

fn check_headline(
    esc: &Escape<'_>,
    rows: &[(Option<&str>, &RoleView)],
    summary: Summary,
    failed: &[String],
) -> String {
    let Summary { roles, broken, unknown, causes, pass, accepted, not_provable, .. } = summary;
    let mut out = String::new();
    let verdict = match (rows, broken) {
        ([(_, role)], _) => {
            format!(
                "**check: {} {}** {}",
                check_sign(role),
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
    let mut others: Vec<String> = Vec::new();
    for who in rows.iter().flat_map(|(_, role)| &role.verdict.others) {
        if !others.contains(who) {
            others.push(who.clone());
        }
    }
    if !others.is_empty() {
        // Where it has one cause, so has the door one remedy.
        let remedy = match rows {
            [(_, role)] if role.diagnosis.len() == 1 => role.diagnosis.first().map(|cause| &cause.remedy),
            _ => None,
        };
        let remedy = remedy.map(|remedy| format!(" To do: {}.", esc.text(remedy))).unwrap_or_default();
        let _ = writeln!(
            out,
            "> [!CAUTION]\n> {} can get in.{remedy}\n",
            esc.text(&sentence_case(&few(&others)))
        );
    }
    if !failed.is_empty() {
        let _ = writeln!(out, "**{} failed:** {}\n", plural(failed.len(), "spec"), esc.text(&few(failed)));
    }
    let proof = match rows {
        [(_, role)] if role.verdict.sign != "broken" => format!(" · {}", role.verdict.proof_in_words),
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

fn role_causes(esc: &Escape<'_>, report: &RoleView, has_heading: bool) -> String {
    let mut out = String::new();
    if report.diagnosis.is_empty() {
        return out;
    }
    if has_heading {
        let _ = writeln!(out, "### {}\n", esc.code(&report.role));
    }
    for CauseView { cause, what, consequence, remedy, .. } in &report.diagnosis {
        let _ = writeln!(out, "- **FAULT** {} ({cause})", esc.text(what));
        let _ = writeln!(out, "  - so: {}", esc.text(consequence));
        let _ = writeln!(out, "  - do: {}", esc.text(remedy));
    }
    if !report.ruled_out.is_empty() {
        let _ = writeln!(out, "\nRuled out: {}.", esc.text(&report.ruled_out.join("; ")));
    }
    out.push('\n');
    out
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

#[cfg(test)]
mod tests;
