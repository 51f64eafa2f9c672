//! Building blocks of pictures. The style sheet sets colours; a class says what a thing means.

use super::super::writer::{Html, Plain};
use crate::policy::access::AccessSign;
use crate::view::{AccessLineView, FunctionStop, Link, LinkProof, Mark, Outsiders, Station};

/// For a line of words, and for a name.
pub(super) const LINE: i32 = 16;
/// Maximum character width: for names, which are monospaced, and for words.
pub(super) const NAME_CHAR: i32 = 8;
pub(super) const WORD_CHAR: i32 = 7;
/// Of words that say what is so.
pub(super) const BOLD_CHAR: i32 = 8;

pub(super) type Point = (i32, i32);

/// Where text starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Anchor {
    Start,
    Middle,
    End,
}

impl Anchor {
    fn name(self) -> &'static str {
        match self {
            Self::Start => "start",
            Self::Middle => "middle",
            Self::End => "end",
        }
    }
}

/// The class that gives a link and its parts their colour and line.
pub(in crate::render::html) fn class(proof: LinkProof) -> &'static str {
    match proof {
        LinkProof::Called => "called",
        LinkProof::Read => "read",
        LinkProof::Accepted => "accepted",
        LinkProof::NotRead => "unread",
        LinkProof::Unknown => "unknown",
        LinkProof::Planned(mark) => mark_class(mark),
        LinkProof::Fails => "fails",
    }
}

fn mark_class(mark: Mark) -> &'static str {
    match mark {
        Mark::New => "new",
        Mark::Changed => "changed",
        Mark::Gone => "gone",
        Mark::Same => "same",
    }
}

/// How a link is drawn: its line's class, and the sign on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Ink {
    class: &'static str,
    badge: &'static str,
}

/// For a line shared by several links.
pub(super) const TRUNK: Ink = Ink { class: "trunk", badge: "" };

impl From<LinkProof> for Ink {
    fn from(proof: LinkProof) -> Self {
        let badge = match proof {
            LinkProof::Called => "#b-called",
            LinkProof::Read => "#b-read",
            LinkProof::Accepted => "#b-accepted",
            LinkProof::NotRead => "#b-unread",
            LinkProof::Unknown => "#b-unknown",
            LinkProof::Planned(Mark::New) => "#b-new",
            LinkProof::Planned(Mark::Changed) => "#b-changed",
            LinkProof::Planned(Mark::Gone) => "#b-gone",
            LinkProof::Planned(Mark::Same) => "#b-same",
            LinkProof::Fails => "#b-fails",
        };
        Self { class: class(proof), badge }
    }
}

impl From<&AccessLineView> for Ink {
    fn from(line: &AccessLineView) -> Self {
        match (line.sign, line.is_wider) {
            (AccessSign::Gained, false) => Self { class: "gained", badge: "#b-gained" },
            (AccessSign::Lost, false) => Self { class: "lost", badge: "#b-lost" },
            (AccessSign::Kept, false) => Self { class: "kept", badge: "#b-kept" },
            (AccessSign::Lost, true) => Self { class: "wider lost", badge: "#b-wider-lost" },
            (AccessSign::Gained | AccessSign::Kept, true) => Self { class: "wider", badge: "#b-wider" },
        }
    }
}

/// The link signs, once for all pictures of a page: filled if a call was made.
pub(in crate::render::html) const BADGES: &str = concat!(
    r##"<g id="b-called" class="badge called"><circle r="10"/><path d="M-4.5 .5l3 3 6-7"/></g>"##,
    r##"<g id="b-read" class="badge read"><circle r="9.25"/><path d="M-4.5 .5l3 3 6-7"/></g>"##,
    r##"<g id="b-accepted" class="badge accepted"><rect x="-9.25" y="-9.25" width="18.5" height="18.5" rx="4"/>"##,
    r##"<path d="M-4.5 .5l3 3 6-7"/></g>"##,
    r##"<g id="b-unread" class="badge unread"><circle r="9.25"/><path d="M-4 0h8"/></g>"##,
    r##"<g id="b-unknown" class="badge unknown"><circle r="9.25"/>"##,
    r##"<path d="M-3-2.2a3 3 0 1 1 4.6 2.6c-1 .6-1.6 1.2-1.6 2.2M0 5v.3"/></g>"##,
    r##"<g id="b-gained" class="badge gained"><circle r="9.25"/><path d="M-4.5 0h9M0-4.5v9"/></g>"##,
    r##"<g id="b-lost" class="badge lost"><circle r="9.25"/><path d="M-4.5 0h9"/></g>"##,
    r##"<g id="b-kept" class="badge kept"><circle r="9.25"/><path d="M-4-2.2h8M-4 2.2h8"/></g>"##,
    r##"<g id="b-wider" class="badge wider"><rect x="-10" y="-10" width="20" height="20" rx="4"/>"##,
    r##"<path d="M-4.5 0h9M0-4.5v9"/></g>"##,
    r##"<g id="b-wider-lost" class="badge wider"><rect x="-10" y="-10" width="20" height="20" rx="4"/>"##,
    r##"<path d="M-4.5 0h9"/></g>"##,
    r##"<g id="b-changes" class="badge changes"><circle r="10"/><path d="M-4.5-2h9M0-6.5v9M-4.5 5.5h9"/></g>"##,
    r##"<g id="b-new" class="badge new"><circle r="10"/><path d="M-4.5 0h9M0-4.5v9"/></g>"##,
    r##"<g id="b-changed" class="badge changed"><circle r="10"/><path d="M-5 1.5c1.5-4 3.5-4 5-1.5s3.5 2.5 5-1.5"/></g>"##,
    r##"<g id="b-gone" class="badge gone"><circle r="10"/><path d="M-4.5 0h9"/></g>"##,
    r##"<g id="b-same" class="badge same"><circle r="9.25"/><path d="M-4-2.2h8M-4 2.2h8"/></g>"##,
    r##"<g id="b-fails" class="badge fails"><circle r="10"/><path d="M-3.8-3.8l7.6 7.6M3.8-3.8l-7.6 7.6"/></g>"##,
);

pub(super) fn badge(html: &mut Html<'_>, ink: impl Into<Ink>, (x, y): Point) {
    html.raw("<use").attribute("href", ink.into().badge).number("x", x).number("y", y).raw("/>");
}

pub(super) fn rect(html: &mut Html<'_>, class: &'static str, (x, y): Point, width: i32, height: i32) {
    html.raw("<rect").attribute("class", class).number("x", x).number("y", y);
    html.number("width", width).number("height", height).number("rx", 8).raw("/>");
}

/// A line through points.
pub(super) fn line(html: &mut Html<'_>, ink: impl Into<Ink>, points: &[Point]) {
    html.raw("<polyline class=\"line ").raw(ink.into().class).raw("\"").points(points).raw("/>");
}

/// A line shared by several links.
pub(super) fn trunk(html: &mut Html<'_>, points: &[Point]) {
    line(html, TRUNK, points);
}

/// An arrow along a line, with its head at the last point.
pub(super) fn arrow(html: &mut Html<'_>, ink: impl Into<Ink>, points: &[Point]) {
    let ink = ink.into();
    let Some((&(x, y), &(from_x, from_y))) =
        points.last().zip(points.len().checked_sub(2).and_then(|at| points.get(at)))
    else {
        return;
    };
    let (along_x, along_y) = ((x - from_x).signum(), (y - from_y).signum());
    let base = (x - 8 * along_x, y - 8 * along_y);
    let mut shaft = points.to_vec();
    if let Some(last) = shaft.last_mut() {
        *last = base;
    }
    line(html, ink, &shaft);
    let sides =
        [(base.0 - 4 * along_y, base.1 - 4 * along_x), (x, y), (base.0 + 4 * along_y, base.1 + 4 * along_x)];
    html.raw("<polygon class=\"head ").raw(ink.class).raw("\"").points(&sides).raw("/>");
}

pub(super) fn text(html: &mut Html<'_>, class: &'static str, anchor: Anchor, at: Point, text: &str) {
    let plain = html.plain(text);
    plain_text(html, class, anchor, at, &plain);
}

fn plain_text(html: &mut Html<'_>, class: &'static str, anchor: Anchor, (x, y): Point, text: &Plain) {
    html.raw("<text").attribute("class", class).number("x", x).number("y", y);
    if anchor != Anchor::Start {
        html.attribute("text-anchor", anchor.name());
    }
    html.raw(">").plain_text(text).raw("</text>");
}

/// Text in lines, and how many there are.
pub(super) fn lines(
    html: &mut Html<'_>,
    class: &'static str,
    anchor: Anchor,
    (x, y): Point,
    text: &str,
    (columns, most): (usize, usize),
) -> i32 {
    let mut at = y;
    for line in html.plain(text).lines(columns, most) {
        plain_text(html, class, anchor, (x, at), &line);
        at += LINE;
    }
    (at - y) / LINE
}

/// How many lines a text needs.
pub(super) fn line_count(html: &Html<'_>, text: &str, columns: usize, most: usize) -> i32 {
    i32::try_from(html.plain(text).lines(columns, most).len()).unwrap_or(1)
}

/// A text's approximate width.
pub(super) fn width_of(html: &Html<'_>, text: &str) -> i32 {
    let columns = textwrap::core::display_width(html.plain(text).as_str());
    WORD_CHAR * i32::try_from(columns).unwrap_or(i32::MAX / WORD_CHAR)
}

/// How tall [`words`] are.
pub(super) fn words_height(html: &Html<'_>, link: &Link, columns: usize) -> i32 {
    let below = [link.basis.clone(), see(&link.causes)];
    let below: i32 = below
        .iter()
        .filter(|text| !text.is_empty())
        .map(|text| line_count(html, text, columns, WORD_LINES.1))
        .sum();
    LINE * (line_count(html, &link.words, columns, WORD_LINES.0) + below)
}

/// The most lines of words, and of what is below them.
const WORD_LINES: (usize, usize) = (3, 2);

/// What is known about a link, in words: what, then by what, then which cause. Returns how many lines it took.
pub(super) fn words(html: &mut Html<'_>, link: &Link, anchor: Anchor, (x, y): Point, columns: usize) -> i32 {
    let mut count =
        lines(html, words_class(link.proof), anchor, (x, y), &link.words, (columns, WORD_LINES.0));
    for text in [link.basis.clone(), see(&link.causes)].iter().filter(|text| !text.is_empty()) {
        count += lines(html, "basis", anchor, (x, y + count * LINE), text, (columns, WORD_LINES.1));
    }
    count
}

pub(super) fn words_class(proof: LinkProof) -> &'static str {
    match proof {
        LinkProof::Called => "words called",
        LinkProof::Read => "words read",
        LinkProof::Accepted => "words accepted",
        LinkProof::NotRead => "words unread",
        LinkProof::Unknown => "words unknown",
        LinkProof::Planned(Mark::New) => "words new",
        LinkProof::Planned(Mark::Changed) => "words changed",
        LinkProof::Planned(Mark::Gone) => "words gone",
        LinkProof::Planned(Mark::Same) => "words same",
        LinkProof::Fails => "words fails",
    }
}

/// `see 1 and 2`; empty: no cause.
pub(super) fn see(causes: &[usize]) -> String {
    let numbers: Vec<String> = causes.iter().map(ToString::to_string).collect();
    match numbers.as_slice() {
        [] => String::new(),
        [one] => format!("see cause {one}"),
        several => format!("see causes {}", several.join(", ")),
    }
}

/// A station as a box; a plan's mark is a sign on its corner and a word below its name.
pub(super) fn station(
    html: &mut Html<'_>,
    (kind, station): (&'static str, &Station),
    at: Point,
    size: Point,
    columns: usize,
) {
    let Station { name, mark, .. } = station;
    let (x, y) = at;
    rect(html, box_class(station), at, size.0, size.1);
    text(html, "kind", Anchor::Start, (x + 11, y + 20), kind);
    let count = lines(html, "name", Anchor::Start, (x + 11, y + 39), name, (columns, NAME_LINES));
    if let Some(mark) = mark.filter(|mark| *mark != Mark::Same) {
        let proof = LinkProof::Planned(mark);
        text(html, words_class(proof), Anchor::Start, (x + 11, y + 39 + count * LINE), mark.word());
        badge(html, proof, (x + size.0 - 4, y + 3));
    }
}

pub(super) fn box_class(station: &Station) -> &'static str {
    match station.mark {
        Some(Mark::New) => "box new",
        Some(Mark::Changed) => "box changed",
        Some(Mark::Gone) => "box gone",
        Some(Mark::Same) | None if station.is_known => "box",
        Some(Mark::Same) | None => "box missing",
    }
}

/// A longer name is cut.
pub(super) const NAME_LINES: usize = 5;

pub(super) fn station_height(html: &Html<'_>, station: &Station, columns: usize) -> i32 {
    let mark = station.mark.is_some_and(|mark| mark != Mark::Same);
    38 + LINE * (line_count(html, &station.name, columns, NAME_LINES) + i32::from(mark))
}

/// The words inside a function's box.
pub(super) fn said_of(stop: &FunctionStop) -> Vec<(&'static str, String)> {
    let FunctionStop { link, others, .. } = stop;
    let mut said = vec![
        (words_class(link.proof), link.words.clone()),
        ("basis", link.basis.clone()),
        ("basis", see(&link.causes)),
    ];
    if let Some(Outsiders { link, .. }) = others {
        said.push((words_class(link.proof), link.words.clone()));
        said.push(("basis", see(&link.causes)));
    }
    said.retain(|(_, text)| !text.is_empty());
    said
}
