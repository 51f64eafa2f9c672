//! Each picture as SVG twice, for wide and narrow pages; the style sheet shows one.

use super::super::writer::Html;
use super::access::{self, AccessDrawing};
use super::{across, down, shapes};
use crate::view::{AccessView, LinkProof, Mark, Picture};

/// A picture's title, and what it shows in sentences.
struct Caption<'a> {
    title: &'a str,
    sentences: &'a str,
    /// Unique among those of its kind in the page.
    number: usize,
    part: &'static str,
}

/// The path of an invocation.
pub(in crate::render::html) fn figure(html: &mut Html<'_>, picture: &Picture, number: usize, title: &str) {
    let caption = Caption { title, sentences: &picture.sentences(), number, part: "way-" };
    both(
        html,
        &caption,
        (across::WIDTH, |html: &mut Html<'_>| across::draw(html, picture)),
        (down::WIDTH, |html: &mut Html<'_>| down::draw(html, picture)),
    );
}

/// Who can assume a role, and what it can then do.
pub(in crate::render::html) fn access_figure(
    html: &mut Html<'_>,
    role: &str,
    access: &AccessView,
    number: usize,
) {
    let drawn = AccessDrawing { role, who: &access.assume, what: &access.permissions };
    let mut said = Vec::new();
    for (title, lines) in [("Who can assume the role", drawn.who), ("What the role can do", drawn.what)] {
        for line in lines {
            said.push(format!("{title}, {}: {}.", access::word(line), line.sentence));
        }
    }
    let title = format!("Who can assume role {role}, and what it can do");
    let caption = Caption { title: &title, sentences: &said.join(" "), number, part: "access-" };
    both(
        html,
        &caption,
        (access::WIDTH, |html: &mut Html<'_>| access::across(html, &drawn)),
        (access::NARROW, |html: &mut Html<'_>| access::down(html, &drawn)),
    );
}

fn both(
    html: &mut Html<'_>,
    caption: &Caption<'_>,
    (wide, across): (i32, impl Fn(&mut Html<'_>) -> i32),
    (narrow, down): (i32, impl Fn(&mut Html<'_>) -> i32),
) {
    html.raw("<figure>");
    svg(html, caption, ("across", "wide-title-", "wide-text-"), wide, across);
    svg(html, caption, ("down", "narrow-title-", "narrow-text-"), narrow, down);
    html.raw("</figure>\n");
}

fn svg(
    html: &mut Html<'_>,
    caption: &Caption<'_>,
    (class, title_id, text_id): (&'static str, &'static str, &'static str),
    width: i32,
    draw: impl Fn(&mut Html<'_>) -> i32,
) {
    let Caption { title, sentences, number, part } = *caption;
    let mut drawn = Html::new(html.mask());
    let height = draw(&mut drawn);
    html.raw("<svg role=\"img\"").attribute("class", class);
    html.raw(" aria-labelledby=\"").raw(part).raw(title_id).count(number).raw("\" aria-describedby=\"");
    html.raw(part).raw(text_id).count(number).raw("\"").view_box(width, height).raw(">");
    html.raw("<title id=\"").raw(part).raw(title_id).count(number).raw("\">").text(title).raw("</title>");
    html.raw("<desc id=\"").raw(part).raw(text_id).count(number).raw("\">").text(sentences).raw("</desc>");
    html.append(drawn).raw("</svg>\n");
}

/// What the signs and lines mean.
pub(in crate::render::html) fn legend(html: &mut Html<'_>) {
    key(html, &LinkProof::ALL);
}

/// The same for a plan.
pub(in crate::render::html) fn planned_legend(html: &mut Html<'_>) {
    key(html, &Mark::ALL.map(LinkProof::Planned));
}

fn key(html: &mut Html<'_>, proofs: &[LinkProof]) {
    html.raw("<ul class=\"legend\">");
    for proof in proofs.iter().copied() {
        html.raw("<li class=\"").raw(shapes::class(proof)).raw("\">");
        html.raw("<svg viewBox=\"0 0 44 22\" width=\"44\" height=\"22\" aria-hidden=\"true\">");
        shapes::line(html, proof, &[(0, 11), (44, 11)]);
        shapes::badge(html, proof, (22, 11));
        html.raw("</svg> ").text(proof.word()).raw("</li>");
    }
    html.raw("</ul>\n");
}
