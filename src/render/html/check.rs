//! Check reports as pages: the verdict, then each role's picture, causes and claims.

use super::fleet;
use super::page::{self, Tone, fact};
use super::picture;
use super::role::{Depth, RoleRow, calls, causes, claims, known, picture_title};
use super::writer::Html;
use crate::view::{BEYOND_A_CHECK, CheckView, Provenance, Summary, VerdictView, few, plural, sentence_case};

/// The reports of one spec, or of several by file, as a page; `failed` have none.
pub fn checks(
    reports: &[(Option<&str>, &CheckView)],
    failed: &[String],
    provenance: &Provenance,
    time: jiff::Timestamp,
    mask: &dyn Fn(&str) -> String,
) -> String {
    let mut rows: Vec<RoleRow<'_>> = reports
        .iter()
        .flat_map(|(file, report)| report.roles.iter().map(move |role| (*file, *report, role)))
        .collect();
    // Faults first.
    rows.sort_by_key(|(_, _, role)| Tone::of_sign(role.verdict.sign));
    let summary = reports.iter().map(|(_, report)| report.summary).fold(Summary::default(), Summary::plus);
    let tone = match rows.first() {
        _ if !failed.is_empty() => Tone::Broken,
        Some((_, _, role)) => Tone::of_sign(role.verdict.sign),
        None => Tone::Open,
    };
    let badge = match reports.iter().any(|(_, report)| report.in_sandbox) {
        true => Some(page::SANDBOX.to_owned()),
        false => reports.iter().find_map(|(_, report)| report.not_of_aws()),
    };
    let title = match rows.as_slice() {
        [(_, _, role)] => format!("{} · check · genesys-iam", role.role),
        _ => format!("{} · check · genesys-iam", plural(rows.len(), "role")),
    };
    page::page(&title, tone, mask, |html| {
        page::top(html, "check", badge.as_deref());
        html.raw("<main>\n");
        verdict(html, &rows, summary, failed, tone);
        facts(html, reports, provenance, time);
        notes(html, reports, failed);
        match rows.as_slice() {
            [(_, report, role)] => {
                html.raw("<section class=\"card whole\">\n<h2>From Genesys Cloud to the function</h2>\n");
                picture::figure(html, &role.picture, 1, &picture_title(role));
                picture::legend(html);
                calls(html, role);
                known(html, role);
                html.raw("</section>\n");
                causes(html, role, Depth::Page, 1);
                html.raw("<section class=\"card\">\n");
                claims(html, report, role, Depth::Page);
                html.raw("</section>\n");
            }
            rows => fleet::roles(html, rows),
        }
        html.raw("</main>\n");
        page::footer(html);
    })
}

fn verdict(html: &mut Html<'_>, rows: &[RoleRow<'_>], summary: Summary, failed: &[String], tone: Tone) {
    html.raw("<section class=\"verdict ").raw(tone.class()).raw("\">").raw(tone.badge()).raw("<div>");
    if let [(_, _, role)] = rows {
        html.raw("<div class=\"role-name\">").text(&role.role).raw("</div>");
    }
    html.raw("<h1>");
    let Summary { roles, broken, unknown, .. } = summary;
    match rows {
        [(_, _, role)] => html.prose(&sentence_case(&role.verdict.headline)),
        _ => html.text(&match (broken, unknown) {
            (0, 0) if failed.is_empty() => format!("No fault in {}", plural(roles, "role")),
            (0, 0) => format!("No fault in {}, but not every spec was checked", plural(roles, "role")),
            (0, open) => format!("No fault in {}; {open} not fully known", plural(roles, "role")),
            (1, _) => format!("1 of {roles} roles is broken"),
            (broken, _) => format!("{broken} of {roles} roles are broken"),
        }),
    };
    html.raw("</h1></div>\n<p>");
    match rows {
        [(_, _, role)] => {
            let verdict = &role.verdict;
            match (&verdict.unknown, tone) {
                (Some(unknown), Tone::Open) => {
                    html.raw("Not known: ").prose(unknown).raw(".");
                    to_do(html, verdict);
                }
                (_, Tone::Broken) => {
                    let each = if summary.causes > 1 { ", each" } else { "," };
                    html.text(&format!("{} below{each} with what to do.", plural(summary.causes, "cause")));
                }
                _ => {
                    html.prose(&verdict.proof_in_words);
                    to_do(html, verdict);
                }
            }
        }
        _ => {
            html.text(&counts(summary));
        }
    }
    html.raw("</p></section>\n");
}

/// What to do about the unknown.
fn to_do(html: &mut Html<'_>, verdict: &VerdictView) {
    if let Some(to_do) = &verdict.to_do {
        html.raw(" To do: ").prose(to_do).raw(".");
    }
}

/// `2 causes; 140 claims hold, 1 accepted, 2 not provable from here`
fn counts(summary: Summary) -> String {
    let Summary { causes, pass, accepted, not_provable, .. } = summary;
    let causes = if causes > 0 { format!("{}. ", plural(causes, "cause")) } else { String::new() };
    let accepted = if accepted > 0 { format!(", {accepted} accepted") } else { String::new() };
    format!("{causes}{pass} claims hold{accepted}, {not_provable} not provable from here.")
}

fn facts(
    html: &mut Html<'_>,
    reports: &[(Option<&str>, &CheckView)],
    provenance: &Provenance,
    time: jiff::Timestamp,
) {
    let all = |of: &dyn Fn(&CheckView) -> String| {
        let mut found: Vec<String> =
            reports.iter().map(|(_, report)| of(report)).filter(|text| !text.is_empty()).collect();
        found.sort();
        found.dedup();
        few(&found)
    };
    html.raw("<dl class=\"facts\">\n");
    fact(html, "AWS account", &all(&|report| report.account_id.clone()));
    fact(html, "Region", &all(&|report| report.region.clone()));
    fact(html, "Organization", &all(&|report| report.organization.clone().unwrap_or_default()));
    fact(html, "Spec", &provenance.file.clone().unwrap_or_else(|| all(&|report| report.spec.clone())));
    page::origin(html, provenance, time);
    html.raw("</dl>\n");
}

fn notes(html: &mut Html<'_>, reports: &[(Option<&str>, &CheckView)], failed: &[String]) {
    if !failed.is_empty() {
        html.raw("<p class=\"note fails\"><b>Not checked, an error came first:</b> ")
            .text(&few(failed))
            .raw("</p>\n");
    }
    let mut notes: Vec<&String> = reports.iter().filter_map(|(_, report)| report.left_out.as_ref()).collect();
    notes.dedup();
    for note in notes.into_iter().map(String::as_str).chain([BEYOND_A_CHECK]) {
        html.raw("<p class=\"note\">").prose(note).raw("</p>\n");
    }
}
