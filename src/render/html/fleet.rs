//! Several roles: a table, faults first, and a section for each. Roles without faults show when selected.

use super::page::Tone;
use super::picture;
use super::role::{Depth, RoleRow, calls, causes, claims, known, picture_title};
use super::writer::Html;
use crate::view::sentence_case;

pub(super) fn roles(html: &mut Html<'_>, rows: &[RoleRow<'_>]) {
    let has_files = rows.iter().any(|(file, _, _)| file.is_some());
    html.raw("<section class=\"card\" id=\"roles\">\n<h2>Roles</h2>\n<table class=\"roles\"><thead><tr>");
    html.raw("<th scope=\"col\">State</th><th scope=\"col\">Role</th>");
    if has_files {
        html.raw("<th scope=\"col\">Spec</th>");
    }
    html.raw("<th scope=\"col\">Verdict</th></tr></thead><tbody>\n");
    for (number, (file, _, role)) in (1..).zip(rows) {
        let tone = Tone::of_sign(role.verdict.sign);
        html.raw("<tr class=\"").raw(tone.class()).raw("\"><td class=\"sign\">").raw(tone.badge());
        html.raw(word(tone)).raw("</td><th scope=\"row\"><a").id("href", "#role-", number).raw(">");
        html.text(&role.role).raw("</a></th>");
        if has_files {
            html.raw("<td class=\"file\">").text(file.unwrap_or_default()).raw("</td>");
        }
        html.raw("<td class=\"says\">").prose(&role.verdict.headline).raw("</td></tr>\n");
    }
    html.raw("</tbody></table>\n");
    picture::legend(html);
    html.raw("</section>\n");
    for (number, (file, report, role)) in (1..).zip(rows) {
        let tone = Tone::of_sign(role.verdict.sign);
        html.raw("<section class=\"card role ").raw(tone.class()).raw("\"").id("id", "role-", number);
        html.raw("><header><span class=\"sign\">").raw(tone.badge()).raw(word(tone)).raw("</span><h2>");
        html.text(&role.role).raw("</h2>");
        if let Some(file) = file {
            html.raw("<span class=\"file\">").text(file).raw("</span>");
        }
        html.raw("<a href=\"#roles\">All roles</a></header>\n<p class=\"headline\">");
        html.prose(&sentence_case(&role.verdict.headline)).raw("</p>\n");
        if tone != Tone::Broken {
            html.raw("<p class=\"proof\">").prose(&role.verdict.proof_in_words).raw("</p>\n");
        }
        picture::figure(html, &role.picture, number, &picture_title(role));
        calls(html, role);
        known(html, role);
        causes(html, role, Depth::Section, number);
        claims(html, report, role, Depth::Section);
        html.raw("</section>\n");
    }
}

fn word(tone: Tone) -> &'static str {
    match tone {
        Tone::Good => "fine",
        Tone::Open => "not known",
        Tone::Broken => "broken",
        Tone::Changes => "changes",
    }
}
