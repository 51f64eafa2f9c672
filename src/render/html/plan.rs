//! Plans: what to do, who gains, and each change folded.

use super::page::{self, Tone, fact};
use super::picture::{access_class, access_figure, access_word, figure, planned_legend};
use super::remark::{remark_list, remark_text};
use super::writer::Html;
use crate::plan::ChangeKind;
use crate::policy::access::AccessSign;
use crate::render::places::masked_lines;
use crate::view::{
    AccessLineView, Caution, ChangeView, DiffLine, Field, LineKind, PlanSummary, PlanView, Provenance,
    RolePlanView, beside_gains, few, gainers, not_as_specified, plural, sentence_case,
};

/// A role, with its spec file if there are several.
type PlannedRow<'a> = (Option<&'a str>, &'a RolePlanView);

/// The plans of one spec, or of several by file, as a page; `failed` have none.
pub fn plans(
    plans: &[(Option<&str>, &PlanView)],
    failed: &[String],
    in_sandbox: bool,
    provenance: &Provenance,
    time: jiff::Timestamp,
    mask: &dyn Fn(&str) -> String,
) -> String {
    let summary = PlanSummary::of_all(plans.iter().map(|(_, plan)| &plan.summary));
    let tone = tone(&summary, failed);
    let mut rows: Vec<PlannedRow<'_>> =
        plans.iter().flat_map(|(file, plan)| plan.roles.iter().map(move |role| (*file, role))).collect();
    // Blocked or widened before the rest, and changed before unchanged.
    rows.sort_by_key(|(_, role)| (role.blockers.is_empty(), !role.access.is_wider, role.is_quiet()));
    let what = match rows.as_slice() {
        [(_, role)] => role.role.clone(),
        rows => plural(rows.len(), "role"),
    };
    page::page(&format!("{what} · plan · genesys-iam"), tone, mask, |html| {
        page::top(html, "plan", in_sandbox.then_some(page::SANDBOX));
        html.raw("<main>\n");
        headline(html, &rows, &summary, tone);
        facts(html, plans, provenance, time);
        remarks(html, plans, failed, &summary);
        match rows.as_slice() {
            [(_, role)] if role.is_quiet() => {}
            [(_, role)] => {
                html.raw("<section class=\"card whole\">\n<h2>From Genesys Cloud to the function</h2>\n");
                access(html, role, 1);
                html.raw("</section>\n<section class=\"card\">\n");
                changes(html, role, ("<h2>", "</h2>"));
                html.raw("</section>\n");
            }
            rows => {
                table(html, rows);
                for (number, (file, role)) in (1..).zip(rows).filter(|(_, (_, role))| !role.is_quiet()) {
                    section(html, *file, role, number);
                }
            }
        }
        html.raw("</main>\n");
        page::footer(html);
    })
}

fn tone(summary: &PlanSummary, failed: &[String]) -> Tone {
    if summary.blocked || summary.names_strangers() || !failed.is_empty() {
        Tone::Broken
    } else if summary.changes() > 0 {
        Tone::Changes
    } else if not_as_specified([summary]).is_none() && summary.genesys_not_read.is_none() {
        Tone::Good
    } else {
        Tone::Open
    }
}

fn headline(html: &mut Html<'_>, rows: &[PlannedRow<'_>], summary: &PlanSummary, tone: Tone) {
    html.raw("<section class=\"verdict ").raw(tone.class()).raw("\">").raw(tone.badge()).raw("<div>");
    if let [(_, role)] = rows {
        html.raw("<div class=\"role-name\">").text(&role.role).raw("</div>");
    }
    let counts: Vec<String> =
        summary.counts().into_iter().map(|(_, count, what)| format!("{count} {what}")).collect();
    let counts = match counts.is_empty() {
        true if tone == Tone::Open => "Nothing to change".to_owned(),
        true => "No changes".to_owned(),
        false => counts.join(", "),
    };
    html.raw("<h1>").text(&counts);
    if summary.blocked {
        html.raw("; blocked");
    }
    html.raw("</h1></div>\n<p>");
    match gainers([summary]) {
        Some(who) => html.prose(&format!("Access is widened for {who}.")),
        None if summary.genesys_not_read.is_some() => html.text("Genesys Cloud's side was not read."),
        None if tone == Tone::Open => html.text("Live state is not what the spec says: see below."),
        None if summary.changes() == 0 && !summary.blocked => html.raw(
            "Live state is what the spec says. A plan compares what the spec makes: <code>genesys-iam check</code> says who \
             can get in and whether the functions run.",
        ),
        None if !summary.unknown_tags.is_empty() => html.raw("Whether access is widened is not known."),
        None => html.raw("Access is not widened."),
    };
    for text in beside_gains(summary) {
        html.prose(&format!(" {}.", sentence_case(&text)));
    }
    html.raw("</p></section>\n");
}

fn facts(
    html: &mut Html<'_>,
    plans: &[(Option<&str>, &PlanView)],
    provenance: &Provenance,
    time: jiff::Timestamp,
) {
    let all = |of: &dyn Fn(&PlanView) -> String| {
        let mut found: Vec<String> = plans.iter().map(|(_, plan)| of(plan)).collect();
        found.sort();
        found.dedup();
        few(&found)
    };
    html.raw("<dl class=\"facts\">\n");
    fact(html, "AWS account", &all(&|plan| plan.account_id.clone()));
    fact(html, "Region", &all(&|plan| plan.region.clone()));
    fact(html, "Spec", &provenance.file.clone().unwrap_or_else(|| all(&|plan| plan.spec.clone())));
    let indirections: Vec<String> = plans.iter().flat_map(|(_, plan)| plan.indirections.clone()).collect();
    fact(html, "From elsewhere", &few(&indirections));
    page::origin(html, provenance, time);
    html.raw("</dl>\n");
}

/// What a reviewer must read before anything else.
fn remarks(
    html: &mut Html<'_>,
    plans: &[(Option<&str>, &PlanView)],
    failed: &[String],
    summary: &PlanSummary,
) {
    if !failed.is_empty() {
        html.raw("<p class=\"note fails\"><b>No plan, an error came first:</b> ")
            .text(&few(failed))
            .raw("</p>\n");
    }
    for (_, plan) in plans {
        for Caution { blocks, remark } in &plan.cautions {
            html.raw("<div class=\"note fails\"><b>")
                .raw(if *blocks { "Blocked" } else { "Caution" })
                .raw(":</b> ");
            remark_text(html, remark);
            html.raw("</div>\n");
        }
    }
    if let Some(foreign) = not_as_specified([summary]) {
        html.raw("<p class=\"note\">").prose(&sentence_case(&foreign)).raw("</p>\n");
    }
    if !summary.accepts.is_empty() {
        html.raw("<p class=\"note\">The spec accepts ").prose(&few(&summary.accepts)).raw(".</p>\n");
    }
    for (_, plan) in plans {
        if let Some(why) = &plan.orphans_unknown {
            html.raw("<p class=\"note\">Whether roles were taken out of the spec is not known: ");
            html.prose(why).raw("</p>\n");
        }
    }
}

fn word(role: &RolePlanView) -> (Tone, &'static str) {
    match role {
        role if !role.blockers.is_empty() => (Tone::Broken, "blocked"),
        role if !role.changes.is_empty() => (Tone::Changes, "changes"),
        role if !role.notices.is_empty() => (Tone::Open, "notice"),
        _ => (Tone::Good, "no changes"),
    }
}

fn table(html: &mut Html<'_>, rows: &[PlannedRow<'_>]) {
    let has_files = rows.iter().any(|(file, _)| file.is_some());
    html.raw("<section class=\"card\" id=\"roles\">\n<h2>Roles</h2>\n<table class=\"roles\"><thead><tr>");
    html.raw("<th scope=\"col\">State</th><th scope=\"col\">Role</th>");
    if has_files {
        html.raw("<th scope=\"col\">Spec</th>");
    }
    html.raw("<th scope=\"col\">Changes</th></tr></thead><tbody>\n");
    for (number, (file, role)) in (1..).zip(rows) {
        let (tone, state) = word(role);
        html.raw("<tr class=\"").raw(tone.class()).raw("\"><td class=\"sign\">").raw(tone.badge()).raw(state);
        html.raw("</td><th scope=\"row\">");
        if role.is_quiet() {
            html.text(&role.role);
        } else {
            html.raw("<a").id("href", "#role-", number).raw(">").text(&role.role).raw("</a>");
        }
        html.raw("</th>");
        if has_files {
            html.raw("<td class=\"file\">").text(file.unwrap_or_default()).raw("</td>");
        }
        let counts: Vec<String> = [
            (ChangeKind::Create, "to create"),
            (ChangeKind::Change, "to change"),
            (ChangeKind::Remove, "to remove"),
        ]
        .into_iter()
        .filter(|(kind, _)| role.count(*kind) > 0)
        .map(|(kind, what)| format!("{} {what}", role.count(kind)))
        .collect();
        html.raw("<td class=\"says\">").text(&counts.join(", "));
        if role.access.is_wider {
            html.raw(if counts.is_empty() { "" } else { "; " }).raw("<b class=\"wide\">access is wider</b>");
        }
        html.raw("</td></tr>\n");
    }
    html.raw("</tbody></table>\n</section>\n");
}

fn section(html: &mut Html<'_>, file: Option<&str>, role: &RolePlanView, number: usize) {
    let (tone, state) = word(role);
    html.raw("<section class=\"card role plan ").raw(tone.class()).raw("\"").id("id", "role-", number);
    html.raw("><header><span class=\"sign\">").raw(tone.badge()).raw(state).raw("</span><h2>");
    html.text(&role.role).raw("</h2>");
    if let Some(file) = file {
        html.raw("<span class=\"file\">").text(file).raw("</span>");
    }
    html.raw("<a href=\"#roles\">All roles</a></header>\n");
    access(html, role, number);
    changes(html, role, ("<h3>", "</h3>"));
    html.raw("</section>\n");
}

/// Who gains and who loses what, and what to know about it.
fn access(html: &mut Html<'_>, role: &RolePlanView, number: usize) {
    let RolePlanView { role: name, access, connections, notices, blockers, picture, .. } = role;
    remark_list(html, "note fails", "Blocked", blockers);
    if let Some(picture) = picture {
        let title = format!("What the plan changes between Genesys Cloud, role {name} and the functions");
        figure(html, picture, number, &title);
        planned_legend(html);
        html.raw("<p class=\"part\"><b>Who can assume the role, and what it can do</b></p>\n");
    }
    if !(access.assume.is_empty() && access.permissions.is_empty()) {
        access_figure(html, name, access, number);
    }
    // The picture has the first two.
    for (title, lines) in
        [("What restricts it", &access.restrictions), ("What else is widened", &access.elsewhere)]
    {
        if lines.is_empty() {
            continue;
        }
        html.raw("<p class=\"part\"><b>").raw(title).raw("</b></p>\n<ul class=\"access\">");
        for line in lines {
            let AccessLineView { sign, sentence, .. } = line;
            html.raw("<li class=\"").raw(access_class(line)).raw("\">");
            html.raw(match sign {
                AccessSign::Gained => {
                    r##"<svg viewBox="-11 -11 22 22" aria-hidden="true"><use href="#b-gained"/></svg>"##
                }
                AccessSign::Lost => {
                    r##"<svg viewBox="-11 -11 22 22" aria-hidden="true"><use href="#b-lost"/></svg>"##
                }
                AccessSign::Kept => {
                    r##"<svg viewBox="-11 -11 22 22" aria-hidden="true"><use href="#b-kept"/></svg>"##
                }
            });
            html.raw("<span><b>").raw(access_word(line)).raw("</b> ").prose(sentence).raw("</span></li>\n");
        }
        html.raw("</ul>\n");
    }
    if !connections.is_empty() {
        html.raw("<p class=\"part\"><b>What Genesys Cloud can do then</b></p>\n<ul>");
        for connection in connections {
            html.raw("<li>").prose(&sentence_case(&connection.sentence)).raw("</li>");
        }
        html.raw("</ul>\n");
    }
    remark_list(html, "note", "Notice", notices);
}

/// Each call, folded.
fn changes(html: &mut Html<'_>, role: &RolePlanView, (start, end): (&'static str, &'static str)) {
    if role.changes.is_empty() {
        return;
    }
    html.raw(start).text(&plural(role.changes.len(), "call")).raw(", in this order").raw(end).raw("\n");
    for ChangeView { operation, subject, kind, fields, .. } in &role.changes {
        let (sign, class) = match kind {
            ChangeKind::Create => ("+", "op create"),
            ChangeKind::Change => ("~", "op alter"),
            ChangeKind::Remove => ("−", "op remove"),
        };
        html.raw("<details class=\"change\"><summary><span class=\"").raw(class).raw("\">").raw(sign);
        html.raw("</span><b>").text(operation).raw("</b> <span class=\"subject\">").prose(subject);
        html.raw("</span></summary>\n<div>");
        fields.iter().for_each(|field| one_field(html, field));
        html.raw("</div></details>\n");
    }
}

fn one_field(html: &mut Html<'_>, field: &Field) {
    match field {
        Field::Value { name, value } => {
            html.raw("<dl><dt>").text(name).raw("</dt><dd>").prose(value).raw("</dd></dl>");
        }
        Field::Changed { name, before, after } => {
            html.raw("<dl><dt>").text(name).raw("</dt><dd><del>").text(before).raw("</del> → <ins>");
            html.text(after).raw("</ins></dd></dl>");
        }
        Field::Lines { title, lines } => {
            if let Some(title) = title {
                html.raw("<p class=\"part\">").text(title).raw("</p>");
            }
            html.raw("<pre>");
            let texts = masked_lines(lines.iter().map(|line| line.text.as_str()), html.mask());
            for (DiffLine { kind, .. }, text) in lines.iter().zip(&texts) {
                let (class, sign) = match kind {
                    LineKind::Added => ("plus", "+ "),
                    LineKind::Removed => ("minus", "- "),
                    LineKind::Kept => ("same", "  "),
                    LineKind::Hunk => ("where", ""),
                };
                html.raw("<span class=\"").raw(class).raw("\">").raw(sign).text(text).raw("</span>");
            }
            html.raw("</pre>");
        }
    }
}
