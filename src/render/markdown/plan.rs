//! A plan as a comment.

use std::collections::BTreeMap;
use std::fmt::Write;

use super::common::{LIMIT, origin, paste};
use super::picture;
use crate::plan::ChangeKind;
use crate::policy::access::AccessSign;
use crate::render::escape::Escape;
use crate::render::field::field_lines;
use crate::render::places::masked_lines;
use crate::view::{
    AccessLineView, AccessView, Alike, Caution, ChangeView, PlanSummary, PlanView, Provenance, Remark,
    RolePlanView, alike, beside_gains, few, functions, gainers, not_as_specified, plural, sentence_case,
};

/// A plan: one line that says it all, who gains and loses what, a picture, and each change folded.
///
/// `beyond`: what no plan looks at.
pub fn plan(plan: &PlanView, beyond: &str, provenance: &Provenance, mask: &dyn Fn(&str) -> String) -> String {
    let esc = Escape { mask };
    let mut out = plan_within(&esc, plan, provenance, LIMIT - beyond.len() - 10);
    if plan.has_no_changes() {
        let _ = writeln!(out, "{}\n", esc.text(beyond));
    }
    out
}

/// The plans of several specs, by file, or why there is none: first a line for each.
pub fn plans(
    plans: &[(String, Result<&PlanView, String>)],
    beyond: &str,
    provenance: &Provenance,
    mask: &dyn Fn(&str) -> String,
) -> String {
    let esc = &Escape { mask };
    let made = || plans.iter().filter_map(|(_, plan)| plan.as_ref().ok()).copied();
    let failed = plans.len() - made().count();
    let all = PlanSummary::of_all(made().map(|plan| &plan.summary));
    let specs = plural(plans.len(), "spec");
    // Nothing is known about what was not read.
    let mut out = match (failed, plans.len() - failed) {
        (0, _) => format!("{specs}: {}", summary(esc, &all)),
        (failed, 0) => format!("{specs}: **{failed} FAILED**"),
        (failed, read) => {
            format!("{specs}: **{failed} FAILED**; of the {read} that could be read: {}", summary(esc, &all))
        }
    };
    out.push_str("\n\n");
    out.push_str(&cautions(esc, made()));
    out.push_str(&origin(esc, provenance, &[]));
    out.push_str("| spec | plan |\n|---|---|\n");
    let mut plans: Vec<_> = plans.iter().collect();
    plans.sort_by_key(|(_, plan)| weight(plan));
    for (file, plan) in &plans {
        let text = match plan {
            Ok(plan) => summary(esc, &plan.summary),
            // One with very many errors leaves room for the others.
            Err(error) => {
                format!("**FAILED** {}", esc.one_line(&error.chars().take(500).collect::<String>()))
            }
        };
        let _ = writeln!(out, "| {} | {text} |", esc.code(file));
    }
    if made().any(PlanView::has_no_changes) {
        let _ = writeln!(out, "\n{}", esc.text(beyond));
    }
    let mut left = made().filter(|plan| !plan.is_quiet()).count();
    let mut cut = 0;
    for (file, plan) in plans {
        let Ok(plan) = plan else { continue };
        if plan.is_quiet() {
            continue;
        }
        let heading = format!("\n## {}\n\n", esc.code(file));
        let room = LIMIT.saturating_sub(out.len()) / left;
        left -= 1;
        let text = plan_within(esc, plan, &Provenance::default(), room.saturating_sub(heading.len()));
        if heading.len() + text.len() <= room {
            out.push_str(&heading);
            out.push_str(&text);
        } else {
            cut += 1;
        }
    }
    if cut > 0 {
        let specs = plural(cut, "spec");
        let _ = writeln!(
            out,
            "\n**The roles and changes of {specs} are not shown: it is too long for a comment.** `genesys-iam plan` prints all of it, and `genesys-iam show FILE` all of a plan that was kept."
        );
    }
    truncated(&out)
}

/// This many reasons for being blocked come before anything else.
const BLOCKERS: usize = 3;

/// What a reviewer must look at first.
fn weight(plan: &Result<&PlanView, String>) -> u8 {
    let Ok(plan) = plan else { return 0 };
    let summary = &plan.summary;
    match () {
        () if summary.blocked => 1,
        () if summary.gains.iter().any(|gain| !gain.party.is_known()) => 2,
        () if summary.access_is_wider => 3,
        () if !plan.is_quiet() => 4,
        () => 5,
    }
}

/// The same for the roles of a plan: those that admit someone whom few others admit come before the rest.
fn sort_by_weight(roles: &mut [&RolePlanView]) {
    let entry = |role: &RolePlanView| {
        let lines = role.access.assume.iter().chain(&role.access.elsewhere).filter(|line| line.is_wider);
        lines.map(|line| line.sentence.clone()).collect::<Vec<_>>()
    };
    let mut counts: BTreeMap<Vec<String>, usize> = BTreeMap::new();
    roles.iter().for_each(|role| *counts.entry(entry(role)).or_default() += 1);
    roles.sort_by_cached_key(|role| {
        (role.blockers.is_empty(), !role.access.is_wider, counts.get(&entry(role)).copied())
    });
}

/// What a reviewer must read before anything else.
fn cautions<'a>(esc: &Escape<'_>, plans: impl Iterator<Item = &'a PlanView> + Clone) -> String {
    let in_sentences = |Remark { what, details, remedy, paste }: &Remark| {
        let parts = [what].into_iter().chain(details).chain(remedy.as_ref()).chain(paste);
        parts.map(|part| format!("{}.", esc.text(&sentence_case(part)))).collect::<Vec<_>>().join(" ")
    };
    let mut said: Vec<String> = Vec::new();
    for Caution { blocks, remark } in plans.clone().flat_map(|plan| &plan.cautions) {
        let text = format!("{}{}", if *blocks { "**BLOCKED** " } else { "" }, in_sentences(remark));
        if !said.contains(&text) {
            said.push(text);
        }
    }
    // Why nothing is applied: the first few; each role has its own.
    let roles = plans.flat_map(|plan| &plan.roles).filter(|role| !role.blockers.is_empty());
    let mut more = 0;
    let mut blocked = 0;
    for role in roles {
        for blocker in &role.blockers {
            let why = in_sentences(blocker);
            if said.contains(&format!("**BLOCKED** {why}")) {
                continue;
            }
            if blocked == BLOCKERS {
                more += 1;
                continue;
            }
            blocked += 1;
            said.push(format!("**BLOCKED** {}: {why}", esc.code(&role.role)));
        }
    }
    if more > 0 {
        let times = if more == 1 { "once" } else { &format!("{more} times") };
        said.push(format!("**BLOCKED** {times} more: see below."));
    }
    if said.is_empty() {
        return String::new();
    }
    format!("> [!CAUTION]\n> {}\n\n", said.join("\n>\n> "))
}

/// Cut at a line; only with hundreds of specs.
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

/// A plan within this many characters, as far as its first lines allow.
fn plan_within(esc: &Escape<'_>, plan: &PlanView, provenance: &Provenance, limit: usize) -> String {
    let PlanView {
        format: _,
        format_version: _,
        tool_version: _,
        spec,
        account_id,
        region,
        indirections,
        summary: _,
        cautions: _,
        roles,
        orphans: _,
        orphans_unknown,
    } = plan;
    let mut out = String::new();
    let _ = writeln!(out, "{}\n", summary(esc, &plan.summary));
    out.push_str(&cautions(esc, std::iter::once(plan)));
    let place = [
        format!("AWS account {}", esc.code(account_id)),
        format!("region {}", esc.code(region)),
        format!("spec name {}", esc.code(spec)),
    ];
    out.push_str(&origin(esc, provenance, &place));
    for indirection in indirections {
        let _ = writeln!(out, "- from elsewhere: {}", esc.text(indirection));
    }
    if !indirections.is_empty() {
        out.push('\n');
    }
    out.push_str(&widened(esc, plan, limit / 3));
    let (unchanged, mut others): (Vec<&RolePlanView>, Vec<&RolePlanView>) =
        roles.iter().partition(|role| role.is_quiet());
    sort_by_weight(&mut others);
    // As in the headline: a repair for Genesys Cloud does not shout.
    let loud = plan.summary.names_strangers() || plan.summary.gains.is_empty();
    if !others.is_empty() {
        let _ = writeln!(out, "| role | create | change | remove | access widened |\n|---|---|---|---|---|");
        for role in others {
            if out.len() > limit / 2 {
                let _ = writeln!(out, "| … | | | | |");
                break;
            }
            let wider = match (role.blockers.is_empty(), role.access.is_wider) {
                (false, _) => "**BLOCKED**",
                (true, true) if loud => "**YES**",
                (true, true) => "yes",
                (true, false) => "no",
            };
            let _ = writeln!(
                out,
                "| {} | {} | {} | {} | {wider} |",
                esc.code(&role.role),
                role.count(ChangeKind::Create),
                role.count(ChangeKind::Change),
                role.count(ChangeKind::Remove)
            );
        }
        out.push('\n');
    }
    match unchanged.len() {
        0 => {}
        1 => out.push_str("1 role has no changes.\n\n"),
        n => out.push_str(&format!("{n} roles have no changes.\n\n")),
    }
    if let Some(why) = orphans_unknown {
        let _ = writeln!(out, "> whether roles were taken out of the spec is not known: {}\n", esc.text(why));
    }
    // Blocked or widened before the rest, and the short form of every role before the long form of any.
    let mut by_weight: Vec<&RolePlanView> = roles.iter().collect();
    sort_by_weight(&mut by_weight);
    let groups = alike(by_weight);
    let mut parts: Vec<String> =
        groups.iter().map(|group| access(esc, group.first) + &same_for(esc, group)).collect();
    parts.extend(groups.iter().map(|group| changes(esc, group.first)));
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
            "**{cut} parts of this plan are not shown: it is too long for a comment.** `genesys-iam plan` prints all of it, and `genesys-iam show FILE` all of a plan that was kept."
        );
    }
    out
}

/// Who gains what, over all roles: nothing is more important. Who gets in is said by sentence, the rarest first, and is
/// not cut.
fn widened(esc: &Escape<'_>, plan: &PlanView, limit: usize) -> String {
    let mut entry: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    let mut inside: BTreeMap<String, Vec<&str>> = BTreeMap::new();
    for role in &plan.roles {
        let AccessView { is_wider: _, assume, permissions, restrictions, elsewhere } = &role.access;
        for (found, sections) in
            [(&mut entry, [assume, elsewhere]), (&mut inside, [permissions, restrictions])]
        {
            for AccessLineView { sign, sentence, .. } in
                sections.into_iter().flatten().filter(|line| line.is_wider)
            {
                let sign = if *sign == AccessSign::Lost { "no longer " } else { "" };
                found.entry(format!("{sign}{}", esc.fenced(sentence))).or_default().push(&role.role);
            }
        }
    }
    // With one role, its own section says it.
    if plan.roles.len() < 2 || entry.is_empty() && inside.is_empty() {
        return String::new();
    }
    let line = |(sentence, roles): (String, Vec<&str>)| {
        let who = match roles.len() {
            ..=NAMED => roles.iter().map(|role| esc.fenced(role)).collect::<Vec<_>>().join(", "),
            count => format!("{count} roles"),
        };
        format!("! {who}: {sentence}\n")
    };
    let by_rarity = |found: BTreeMap<String, Vec<&str>>| {
        let mut found: Vec<_> = found.into_iter().collect();
        found.sort_by_key(|(_, roles)| roles.len());
        found.into_iter().map(line).collect::<Vec<String>>()
    };
    let (entry, inside) = (by_rarity(entry), by_rarity(inside));
    let mut out = "Access that is widened:\n\n```diff\n".to_owned();
    for (lines, limit) in [(entry, 2 * limit), (inside, limit)] {
        for (number, line) in lines.iter().enumerate() {
            if out.len() + line.len() > limit {
                let _ = writeln!(out, "! and {} more", lines.len() - number);
                break;
            }
            out.push_str(line);
        }
    }
    out.push_str("```\n\n");
    out
}

/// This many roles are named.
const NAMED: usize = 3;

/// `**2 to create, 1 to change** · access widened: no`
fn summary(esc: &Escape<'_>, summary: &PlanSummary) -> String {
    let counts: Vec<String> =
        summary.counts().into_iter().map(|(_, count, what)| format!("{count} {what}")).collect();
    let apart = not_as_specified([summary]);
    let counts = match counts.is_empty() {
        // "No changes" would be read as "all is well".
        true if apart.is_some() || summary.genesys_not_read.is_some() => "nothing to change".to_owned(),
        true => "no changes".to_owned(),
        false => counts.join(", "),
    };
    let wider = match gainers([summary]) {
        // A repair for Genesys Cloud does not shout.
        Some(who) if !summary.names_strangers() && !summary.gains.is_empty() => {
            format!("yes, for {}", esc.text(&who))
        }
        Some(who) => format!("**YES**, for {}", esc.text(&who)),
        None if !summary.unknown_tags.is_empty() => "**not known**".to_owned(),
        None => "no".to_owned(),
    };
    let beside: String =
        beside_gains(summary).iter().map(|text| format!(" · **{}**", esc.text(text))).collect();
    let repurposed = match summary.repurposed.as_slice() {
        [] => String::new(),
        repurposed => format!(" · **{}**", esc.text(&few(repurposed))),
    };
    let apart = apart.map(|what| format!(" · **{}**", esc.text(&what))).unwrap_or_default();
    let accepted = match summary.accepts.as_slice() {
        [] => String::new(),
        accepted => format!(" · accepted by the spec: {}", esc.text(&few(accepted))),
    };
    let blocked = if summary.blocked { " · **BLOCKED**" } else { "" };
    let not_read = match &summary.genesys_not_read {
        Some(why) => format!(" · **Genesys Cloud's side was not read**: {}", esc.text(why)),
        None => String::new(),
    };
    format!("**{counts}** · access widened: {wider}{beside}{repurposed}{not_read}{apart}{accepted}{blocked}")
}

/// Who gains and who loses what, with notices and blockers, and a picture.
fn access(esc: &Escape<'_>, plan: &RolePlanView) -> String {
    let RolePlanView { role, changes: _, blockers, notices, access, connections, picture } = plan;
    if plan.is_quiet() {
        return String::new();
    }
    let mut out = format!("### {}\n\n", esc.code(role));
    for blocker in blockers {
        let _ = writeln!(out, "- **BLOCKED** {}", esc.text(&blocker.in_one_line()));
    }
    for notice in notices {
        let plain = Remark { paste: Vec::new(), ..notice.clone() };
        let _ = writeln!(out, "- notice: {}", esc.text(&plain.in_one_line()));
        out.push_str(&paste(esc, &notice.paste, 2));
    }
    for connection in connections {
        let _ = writeln!(out, "- {}", esc.text(&connection.sentence));
    }
    for (title, lines) in access.sections() {
        let _ = writeln!(out, "\n{}:\n\n```diff", sentence_case(title));
        for AccessLineView { sign, sentence, is_wider } in lines {
            // At the end of a long line it would be out of sight.
            let (sign, mark) = match sign {
                AccessSign::Gained => ('+', "WIDER: "),
                AccessSign::Lost => ('-', "WIDER, this limit goes: "),
                AccessSign::Kept => (' ', "WIDER: "),
            };
            let mark = if *is_wider { mark } else { "" };
            let _ = writeln!(out, "{sign} {mark}{}", esc.fenced(sentence));
        }
        out.push_str("```\n");
    }
    if let Some(picture) = picture {
        out.push_str(&picture::way(esc, picture));
    }
    out.push('\n');
    out
}

fn same_for(esc: &Escape<'_>, group: &Alike<'_>) -> String {
    let Alike { first: _, others } = group;
    if others.is_empty() {
        return String::new();
    }
    let is_one = group.share_functions();
    let of_role = |role: &&RolePlanView| match is_one {
        true => esc.code(&role.role),
        false => {
            let functions: Vec<String> = functions(role).into_iter().map(|name| esc.code(name)).collect();
            format!("{} ({})", esc.code(&role.role), functions.join(", "))
        }
    };
    let names: Vec<String> = others.iter().map(of_role).collect();
    let count = plural(others.len(), "more role");
    let own = if is_one { "its own name" } else { "its own name and functions" };
    format!("**The same for {count}**, each with {own}: {}\n\n", names.join(", "))
}

/// Each change of a role, folded.
fn changes(esc: &Escape<'_>, plan: &RolePlanView) -> String {
    let mut out = String::new();
    for ChangeView { operation, subject, fields, .. } in &plan.changes {
        let title = format!("{operation} {subject}");
        let _ = writeln!(out, "<details><summary>{}</summary>\n", esc.html(&title));
        let _ = writeln!(out, "```diff");
        let lines = fields.iter().flat_map(field_lines);
        let lines: Vec<_> = lines.map(|line| anstream::adapter::strip_str(&line).to_string()).collect();
        for line in masked_lines(lines.iter().map(String::as_str), esc.mask) {
            let _ = writeln!(out, "{}", esc.fenced(&line));
        }
        let _ = writeln!(out, "```\n\n</details>\n");
    }
    out
}
