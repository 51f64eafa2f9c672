//! A report on one role: its causes with what to do, and all claims folded.

use super::page::Tone;
use super::picture::class;
use super::remark::{lines, remark_list};
use super::writer::Html;
use crate::check::Level;
use crate::render::check::level_title;
use crate::view::{
    AcceptedView, CauseView, CheckView, LineView, LinkProof, OutcomeWord, RoleView, sentence_case,
};

/// How deep a part is nested in its page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Depth {
    /// Directly below the title.
    Page,
    /// In the section of one of several roles.
    Section,
}

impl Depth {
    pub(super) fn heading(self) -> (&'static str, &'static str) {
        match self {
            Self::Page => ("<h2>", "</h2>"),
            Self::Section => ("<h3>", "</h3>"),
        }
    }

    fn below(self) -> (&'static str, &'static str) {
        match self {
            Self::Page => ("<h3 class=\"level\">", "</h3>"),
            Self::Section => ("<h4 class=\"level\">", "</h4>"),
        }
    }
}

/// A role, with its spec file if there are several.
pub(super) type RoleRow<'a> = (Option<&'a str>, &'a CheckView, &'a RoleView);

pub(super) fn picture_title(role: &RoleView) -> String {
    format!("The way from Genesys Cloud through role {} to the functions", role.role)
}

/// What AWS recorded, and what is worth knowing although nothing is wrong.
pub(super) fn known(html: &mut Html<'_>, role: &RoleView) {
    if let Some(observation) = &role.observation {
        html.raw("<p class=\"ruled\"><b>Observed:</b> ").prose(observation).raw("</p>\n");
    }
    for notice in &role.notices {
        html.raw("<p class=\"note\"><b>Notice:</b> ").prose(notice).raw("</p>\n");
    }
}

/// What the data actions invoke, for whoever sees no spec.
pub(super) fn calls(html: &mut Html<'_>, role: &RoleView) {
    if role.calls.is_empty() {
        return;
    }
    html.raw("<div class=\"ruled\"><b>Data actions:</b>\n<ul class=\"calls\">");
    for call in &role.calls {
        html.raw("<li>").prose(call).raw("</li>\n");
    }
    html.raw("</ul></div>\n");
}

/// Each cause with its number, consequence and remedy; then what the spec accepts.
pub(super) fn causes(html: &mut Html<'_>, role: &RoleView, depth: Depth, number: usize) {
    let RoleView { diagnosis, ruled_out, accepted, warnings, .. } = role;
    if !diagnosis.is_empty() {
        part(html, depth, |html| faults(html, diagnosis, ruled_out, depth, number));
    }
    if !(accepted.is_empty() && warnings.is_empty()) {
        part(html, depth, |html| {
            let (start, end) = depth.heading();
            html.raw(start).raw("What the spec accepts").raw(end).raw("\n<ul class=\"access\">");
            for AcceptedView { what, reason, lets_in } in accepted {
                html.raw("<li class=\"accepted\">").raw(ACCEPTED).raw("<span>").prose(what);
                if !lets_in.is_empty() {
                    html.raw(", which admits ").prose(&lets_in.join(" and "));
                }
                html.raw(": ").prose(reason).raw("</span></li>\n");
            }
            html.raw("</ul>\n");
            remark_list(html, "note", "Warning", warnings);
        });
    }
}

/// A card of its own, or a part of a role's card.
fn part(html: &mut Html<'_>, depth: Depth, write: impl FnOnce(&mut Html<'_>)) {
    if depth == Depth::Page {
        html.raw("<section class=\"card\">\n");
    }
    write(html);
    if depth == Depth::Page {
        html.raw("</section>\n");
    }
}

const ACCEPTED: &str = r##"<svg viewBox="-11 -11 22 22" aria-hidden="true"><use href="#b-accepted"/></svg>"##;

fn faults(
    html: &mut Html<'_>,
    diagnosis: &[CauseView],
    ruled_out: &[&'static str],
    depth: Depth,
    number: usize,
) {
    let (start, end) = depth.heading();
    html.raw(start).raw("What is wrong, and what to do").raw(end).raw("\n<ol class=\"causes\">\n");
    for (index, CauseView { cause, what, consequence, remedy, accept, .. }) in diagnosis.iter().enumerate() {
        html.raw("<li id=\"role-").count(number).raw("-cause-").count(index + 1).raw("\">");
        html.raw("<span class=\"no\">")
            .count(index + 1)
            .raw("</span><p class=\"what\">")
            .prose(what)
            .raw("</p>");
        html.raw("<span class=\"tag\">").text(cause).raw("</span>");
        html.raw("<dl><dt>So</dt><dd>").prose(&sentence_case(consequence)).raw("</dd>");
        html.raw("<dt>Do</dt><dd class=\"do\">").prose(&sentence_case(remedy)).raw("</dd>");
        if !accept.is_empty() {
            html.raw("<dt>Or</dt><dd>Accept it, in the spec:");
            self::lines(html, accept);
            html.raw("</dd>");
        }
        html.raw("</dl></li>\n");
    }
    html.raw("</ol>\n");
    if !ruled_out.is_empty() {
        html.raw("<p class=\"ruled\">Checked and in order: ").text(&ruled_out.join("; ")).raw(".</p>\n");
    }
}

/// Every claim by level, folded.
pub(super) fn claims(html: &mut Html<'_>, report: &CheckView, role: &RoleView, depth: Depth) {
    let RoleView { lines, prober, .. } = role;
    let (start, end) = depth.heading();
    html.raw("<details><summary>").raw(start).text(&format!("All {} claims", lines.len())).raw(end);
    let count = |outcome| lines.iter().filter(|line| line.outcome == outcome).count();
    let counted: Vec<String> = [
        (OutcomeWord::Pass, "hold"),
        (OutcomeWord::Accepted, "accepted"),
        (OutcomeWord::Fault, "fail"),
        (OutcomeWord::NotProvable, "not provable from here"),
    ]
    .into_iter()
    .filter(|(outcome, _)| count(*outcome) > 0)
    .map(|(outcome, word)| format!("{} {word}", count(outcome)))
    .collect();
    html.raw("<span class=\"counts\">").text(&counted.join(", ")).raw("</span></summary>\n");
    for level in Level::ALL {
        let of_level: Vec<&LineView> = lines.iter().filter(|line| line.level == level.word()).collect();
        if of_level.is_empty() {
            continue;
        }
        let (start, end) = depth.below();
        let title = level_title(*level, prober, report.organization.as_deref());
        html.raw(start).text(&sentence_case(&title)).raw(end).raw("\n<ul class=\"claims\">\n");
        of_level.into_iter().for_each(|line| claim(html, line));
        html.raw("</ul>\n");
    }
    html.raw("</details>\n");
}

fn claim(html: &mut Html<'_>, line: &LineView) {
    let LineView { claim, outcome, seen, meaning, .. } = line;
    let (proof, word, because) = match outcome {
        OutcomeWord::Pass => (LinkProof::Read, "holds", "So: "),
        OutcomeWord::Accepted => (LinkProof::Accepted, "accepted", "Because: "),
        OutcomeWord::Fault => (LinkProof::Fails, "fails", "Do: "),
        OutcomeWord::NotProvable => (LinkProof::Unknown, "not known", "So: "),
    };
    html.raw("<li class=\"").raw(class(proof)).raw("\">").raw(match proof {
        LinkProof::Read => r##"<svg viewBox="-11 -11 22 22" aria-hidden="true"><use href="#b-read"/></svg>"##,
        LinkProof::Accepted => ACCEPTED,
        LinkProof::Fails => Tone::Broken.badge(),
        LinkProof::Called | LinkProof::NotRead | LinkProof::Unknown | LinkProof::Planned(_) => {
            Tone::Open.badge()
        }
    });
    html.raw("<span class=\"out\">")
        .raw(word)
        .raw("</span><span>")
        .prose(&sentence_case(claim))
        .raw("</span>");
    if !seen.is_empty() {
        html.raw("<span class=\"seen\">Seen: ").prose(seen).raw("</span>");
    }
    if !meaning.is_empty() {
        html.raw("<span class=\"so\">").raw(because).prose(meaning).raw("</span>");
    }
    html.raw("</li>\n");
}
