//! A plan as text for people.

use std::borrow::Cow;
use std::fmt::Write;

use super::field::{INDENT, field_lines, remark_lines};
use super::style::{BOLD, CHANGE, CREATE, DIM, ERROR, GOOD, REMOVE, WARNING, paint};
use crate::plan::ChangeKind;
use crate::policy::access::AccessSign;
use crate::text::one_line;
use crate::view::{
    AccessLineView, AccessView, Alike, Caution, ChangeView, FEW_PLANNED, PlanSummary, PlanView, RolePlanView,
    alike, beside_gains, few, functions, gainers, not_as_specified, plural, sentence_case,
};

/// The whole plan, with access in sentences and a closing line with counts.
pub fn text(plan: &PlanView) -> String {
    within(plan, |out, roles| {
        for group in alike(roles.iter().copied()) {
            out.push('\n');
            role_text(out, group.first);
            same_text(out, &group);
        }
    })
}

fn same_text(out: &mut String, group: &Alike<'_>) {
    let Alike { first: _, others } = group;
    if others.is_empty() {
        return;
    }
    let count = paint(BOLD, &format!("the same for {}", plural(others.len(), "more role")));
    if group.share_functions() {
        let names: Vec<_> = others.iter().map(|role| one_line(&role.role)).collect();
        let _ = writeln!(out, "  {count}, each with its own name: {}", names.join(", "));
        return;
    }
    let _ = writeln!(out, "  {count}, each with its own name and functions:");
    for role in others {
        let functions: Vec<_> = functions(role).into_iter().map(one_line).collect();
        let _ = writeln!(out, "    {}: {}", one_line(&role.role), functions.join(", "));
    }
}

/// Of several plans, what one line says of one with nothing to do and nothing to say.
pub fn unchanged(plan: &PlanView) -> Option<String> {
    let is_quiet = plan.has_no_changes() && plan.is_quiet() && plan.indirections.is_empty();
    let is_whole = plan.orphans_unknown.is_none() && not_as_specified([&plan.summary]).is_none();
    (is_quiet && is_whole).then(|| {
        let place = paint(DIM, &format!("AWS account {}, region {}:", plan.account_id, plan.region));
        format!("{place} {}: {}\n", plural(plan.roles.len(), "role"), paint(GOOD, "no changes"))
    })
}

/// A line for each role, or for several to which the same happens.
pub fn summary(plan: &PlanView) -> String {
    within(plan, |out, roles| {
        if !roles.is_empty() {
            out.push('\n');
        }
        for Alike { first, others } in alike(roles.iter().copied()) {
            let counts: Vec<String> = [ChangeKind::Create, ChangeKind::Change, ChangeKind::Remove]
                .into_iter()
                .filter(|kind| first.count(*kind) > 0)
                .map(|kind| {
                    let (sign, style) = style_of(kind);
                    paint(style, &format!("{sign}{}", first.count(kind)))
                })
                .collect();
            let counts = if counts.is_empty() { "no changes".to_owned() } else { counts.join(" ") };
            let mut names = vec![one_line(&first.role)];
            names.extend(others.iter().map(|role| one_line(&role.role)));
            let who = match others.len() {
                0 => format!("role {}", names.concat()),
                _ => format!("{} alike: {}", plural(names.len(), "role"), few(&names)),
            };
            let _ = write!(out, "{}  {counts}", paint(BOLD, &who));
            if first.access.is_wider {
                let _ = write!(out, "  {}", paint(WARNING, "<- WIDER"));
            }
            out.push('\n');
            for blocker in &first.blockers {
                let what = paint(WARNING, "blocked:");
                let _ = writeln!(out, "  {what} {}", remark_lines(blocker));
            }
        }
    })
}

/// What is said around the roles.
fn within(plan: &PlanView, show: impl FnOnce(&mut String, &[&RolePlanView])) -> String {
    let mut out = String::new();
    let PlanView {
        format: _,
        format_version: _,
        tool_version: _,
        spec: _,
        account_id,
        region,
        indirections,
        summary: _,
        cautions,
        roles,
        orphans: _,
        orphans_unknown,
    } = plan;
    let _ = writeln!(out, "{}", paint(DIM, &format!("AWS account {account_id}, region {region}")));
    for indirection in indirections {
        let _ = writeln!(out, "{}", paint(DIM, &format!("from elsewhere: {}", one_line(indirection))));
    }
    for Caution { blocks, remark } in cautions {
        let word = if *blocks { "blocked:" } else { "caution:" };
        let _ = writeln!(out, "{} {}", paint(ERROR, word), remark_lines(remark));
    }
    let roles = &said_once(roles, cautions);
    // Those with nothing to say take a line each, and of many it is one for all.
    let (quiet, others): (Vec<&RolePlanView>, Vec<&RolePlanView>) =
        roles.iter().partition(|role| role.is_quiet());
    show(&mut out, &others);
    if !quiet.is_empty() {
        out.push('\n');
    }
    let unchanged: Vec<String> = match quiet.len() {
        0..=FEW_PLANNED => quiet.iter().map(|role| format!("role {}", one_line(&role.role))).collect(),
        many => vec![format!("{many} roles")],
    };
    for who in unchanged {
        let _ = writeln!(out, "{}: no changes", paint(BOLD, &who));
    }
    out.push('\n');
    if let Some(why) = orphans_unknown {
        let _ = writeln!(
            out,
            "{} whether roles were taken out of the spec is not known: {why}",
            paint(DIM, "note:")
        );
    }
    let _ = writeln!(out, "{}", summary_text(&plan.summary));
    out
}

/// Of one role, a caution is about that role, and need not be repeated as its notice.
fn said_once<'p>(roles: &'p [RolePlanView], cautions: &[Caution]) -> Cow<'p, [RolePlanView]> {
    let [role] = roles else { return Cow::Borrowed(roles) };
    let mut role = role.clone();
    role.notices.retain(|notice| cautions.iter().all(|caution| caution.remark != *notice));
    Cow::Owned(vec![role])
}

/// `2 to create, 1 to change. Access is widened.`
fn summary_text(summary: &PlanSummary) -> String {
    if summary.changes() == 0 {
        return match not_as_specified([summary]) {
            _ if summary.blocked => paint(WARNING, "No changes, but the plan is blocked: see above."),
            _ if summary.genesys_not_read.is_some() => {
                format!("{} {}", paint(WARNING, "Nothing to change on AWS's side."), not_read(summary))
            }
            // "No changes" would be read as "all is well".
            Some(what) => paint(WARNING, &format!("Nothing to change, but {}.", one_line(&what))),
            None => {
                let text = paint(GOOD, "No changes.");
                format!("{text} Live state is what the spec says{}.{}", accepted(summary), beside(summary))
            }
        };
    }
    let mut text = format!("{} {}", paint(BOLD, "Plan:"), counts(summary));
    add_repurposed(&mut text, summary);
    add_apart(&mut text, summary);
    if !summary.accepts.is_empty() {
        let _ = write!(text, " The spec accepts {}.", few(&summary.accepts));
    }
    if summary.genesys_not_read.is_some() {
        let _ = write!(text, " {}", not_read(summary));
    }
    if summary.blocked {
        let _ = write!(text, " {}", paint(WARNING, "Blocked: see above."));
    }
    text
}

fn not_read(summary: &PlanSummary) -> String {
    let why = one_line(summary.genesys_not_read.as_deref().unwrap_or_default());
    let but = not_as_specified([summary]).filter(|_| summary.changes() == 0);
    let but = but.map(|what| format!(" And {}.", one_line(&what))).unwrap_or_default();
    paint(WARNING, &format!("Genesys Cloud's side was not read: {why}.{but}"))
}

fn accepted(summary: &PlanSummary) -> String {
    match summary.accepts.as_slice() {
        [] => String::new(),
        accepted => format!(", or accepts ({})", few(accepted)),
    }
}

/// `12 specs: 2 to create, 1 to change. Access is widened. 1 spec failed.`
pub fn summary_of_all(plans: &[&PlanView], failed: usize) -> String {
    let summary = PlanSummary::of_all(plans.iter().map(|plan| &plan.summary));
    let title = paint(BOLD, &format!("{}:", plural(plans.len() + failed, "spec")));
    // Nothing is known about what was not read.
    let title = match failed {
        0 => title,
        _ => format!("{title} {} read;", plans.len()),
    };
    let mut text = if plans.is_empty() {
        title.trim_end_matches(';').to_owned() + "."
    } else if summary.changes() == 0 && summary.genesys_not_read.is_some() {
        format!("{title} {}", paint(WARNING, "nothing to change on AWS's side."))
    } else if let (0, Some(what)) = (summary.changes(), not_as_specified([&summary])) {
        format!("{title} {}", paint(WARNING, &format!("nothing to change, but {}.", one_line(&what))))
    } else if summary.changes() == 0 {
        format!("{title} {}", paint(GOOD, "no changes."))
    } else {
        format!("{title} {}", counts(&summary))
    };
    add_repurposed(&mut text, &summary);
    if summary.changes() > 0 || summary.genesys_not_read.is_some() {
        add_apart(&mut text, &summary);
    }
    if let Some(why) = &summary.genesys_not_read {
        let unread = plans.iter().filter(|plan| plan.summary.genesys_not_read.is_some()).count();
        let unread = plural(unread, "spec");
        let not_read = format!("Genesys Cloud's side of {unread} was not read: {}.", one_line(why));
        let _ = write!(text, " {}", paint(WARNING, &not_read));
    }
    let blocked = plans.iter().filter(|plan| plan.summary.blocked).count();
    for (n, what) in [(blocked, "blocked"), (failed, "failed")] {
        if n > 0 {
            let _ = write!(
                text,
                " {}",
                paint(WARNING, &format!("{} {what}: each has its error.", plural(n, "spec")))
            );
        }
    }
    text
}

fn add_repurposed(text: &mut String, summary: &PlanSummary) {
    if !summary.repurposed.is_empty() {
        let what = sentence_case(&few(&summary.repurposed));
        let _ = write!(text, " {}", paint(WARNING, &format!("{what}.")));
    }
}

fn add_apart(text: &mut String, summary: &PlanSummary) {
    if let Some(what) = not_as_specified([summary]) {
        let _ = write!(text, " {}", paint(WARNING, &format!("{}.", sentence_case(&one_line(&what)))));
    }
}

fn counts(summary: &PlanSummary) -> String {
    let counts: Vec<String> = summary
        .counts()
        .into_iter()
        .map(|(kind, count, what)| format!("{} {what}", paint(style_of(kind).1, &count.to_string())))
        .collect();
    let access = match gainers([summary]) {
        Some(who) => {
            let style = if summary.names_strangers() { ERROR } else { WARNING };
            paint(style, &format!("Access is widened for {who}."))
        }
        None if !summary.unknown_tags.is_empty() => paint(WARNING, "Whether access is widened is not known."),
        None => "Access is not widened.".to_owned(),
    };
    format!("{}. {access}{}", counts.join(", "), beside(summary))
}

/// ` Loses access: AWS account 999988887777.`
fn beside(summary: &PlanSummary) -> String {
    let sentences = beside_gains(summary).into_iter();
    sentences.map(|text| format!(" {}", paint(WARNING, &format!("{}.", sentence_case(&text))))).collect()
}

fn role_text(out: &mut String, plan: &RolePlanView) {
    let RolePlanView { role, changes, access, connections, notices, blockers, picture: _ } = plan;
    let _ = writeln!(out, "{}", paint(BOLD, &format!("role {}", one_line(role))));
    for change in changes {
        change_text(out, change);
    }
    if changes.is_empty() {
        let _ = writeln!(out, "  no changes");
    }
    access_text(out, access);
    if !connections.is_empty() {
        let _ = writeln!(out, "  {}", paint(DIM, "what Genesys Cloud can do"));
    }
    for connection in connections {
        let _ = writeln!(out, "    {}", connection.sentence);
    }
    for (word, remark) in
        notices.iter().map(|one| ("notice:", one)).chain(blockers.iter().map(|one| ("blocked:", one)))
    {
        let _ = writeln!(out, "  {} {}", paint(WARNING, word), remark_lines(remark));
    }
}

fn access_text(out: &mut String, access: &AccessView) {
    for (title, lines) in access.sections() {
        let _ = writeln!(out, "  {}", paint(DIM, title));
        for AccessLineView { sign, sentence, is_wider } in lines {
            let line = match sign {
                AccessSign::Gained => paint(CREATE, &format!("+ {sentence}")),
                AccessSign::Lost => paint(REMOVE, &format!("- {sentence}")),
                AccessSign::Kept => format!("  {sentence}"),
            };
            // Also without colour.
            let mark = match sign {
                _ if !is_wider => String::new(),
                // Of something that goes, the word alone reads the wrong way round.
                AccessSign::Lost => format!("  {}", paint(WARNING, "<- WIDER: this limit goes")),
                AccessSign::Gained | AccessSign::Kept => format!("  {}", paint(WARNING, "<- WIDER")),
            };
            let _ = writeln!(out, "    {line}{mark}");
        }
    }
}

fn style_of(kind: ChangeKind) -> (&'static str, anstyle::Style) {
    match kind {
        ChangeKind::Create => ("+", CREATE),
        ChangeKind::Change => ("~", CHANGE),
        ChangeKind::Remove => ("-", REMOVE),
    }
}

fn change_text(out: &mut String, change: &ChangeView) {
    let ChangeView { operation, subject, kind, fields, .. } = change;
    let (sign, style) = style_of(*kind);
    let _ = writeln!(out, "  {} {} {}", paint(style, sign), paint(BOLD, operation), one_line(subject));
    for line in fields.iter().flat_map(field_lines) {
        let _ = writeln!(out, "{INDENT}{line}");
    }
}
