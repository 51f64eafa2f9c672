//! The picture on a narrow page: top to bottom, with outsiders on the right.

use super::super::writer::Html;
use super::shapes::{
    Anchor, LINE, arrow, badge, box_class, line, line_count, lines, rect, said_of, see, station,
    station_height, text, trunk, words, words_class,
};
use crate::view::{FunctionStop, Link, LinkProof, OF_GENESYS, Outsiders, Picture, STATIONS};

pub(super) const WIDTH: i32 = 360;
const PAD: i32 = 14;
const BOX: i32 = WIDTH - 2 * PAD;
/// Where the path runs, and where outsiders come in.
const WAY: i32 = PAD + 30;
const OUTSIDE: i32 = 300;
const GAP: i32 = 62;
const TITLE: i32 = 38;

const NAME: usize = 40;
const BESIDE: usize = 38;
/// Next to outsiders.
const HALF: usize = 16;
const DOOR: usize = 30;
/// Inside a function's box.
const INSIDE: usize = 36;
const FUNCTIONS: usize = 8;

/// Its height.
pub(super) fn draw(html: &mut Html<'_>, picture: &Picture) -> i32 {
    let Picture { genesys_side, aws_side, stations, links, functions, others, more, elsewhere, end_to_end } =
        picture;
    let [.., entry, attached] = links;
    let [.., role, policy] = stations;
    let tall = |html: &Html<'_>, one| station_height(html, one, NAME);
    let of_genesys = || STATIONS.into_iter().zip(stations).take(OF_GENESYS);

    let boxes: i32 = of_genesys().map(|(_, one)| tall(html, one) + GAP).sum();
    let side = TITLE + boxes - GAP + PAD;
    rect(html, "side genesys", (0, 0), WIDTH, side);
    lines(html, "title", Anchor::Start, (PAD, 25), genesys_side, (48, 1));
    let mut y = TITLE;
    for (index, (kind, one)) in of_genesys().enumerate() {
        if let Some(link) = index.checked_sub(1).and_then(|before| links.get(before)) {
            step(html, link, y, y + GAP, BESIDE);
            y += GAP;
        }
        let size = (BOX, tall(html, one));
        station(html, (kind, one), (PAD, y), size, NAME);
        y += size.1;
    }
    let out = y;
    y += PAD;

    // Between the sides: Genesys Cloud on the left, anyone else on the right.
    let (chip_end, between) = others.as_ref().map_or((y, 0), |others| chip(html, others, y + 16));
    let aws = y + between.max(104);
    let top = aws + 92;
    let inside = height_inside(html, picture);
    rect(html, "side aws", (0, aws), WIDTH, top + inside + PAD - aws);
    lines(html, "title", Anchor::Start, (WAY + 16, aws + 25), aws_side, (32, 1));
    arrow(html, entry.proof, &[(WAY, out), (WAY, top)]);
    badge(html, entry.proof, (WAY, (y + aws) / 2));
    let count = i32::try_from(html.plain(&entry.words).lines(HALF, 3).len()).unwrap_or(1);
    words(html, entry, Anchor::Start, (WAY + 20, (y + aws) / 2 + 4 - LINE * (count - 1) / 2 - 4), HALF);
    if let Some(others) = others {
        door(html, others, chip_end, aws, top);
    }

    y = top;
    let size = (BOX, tall(html, role));
    station(html, ("role", role), (PAD, y), size, NAME);
    if !elsewhere.is_empty() {
        let at = (PAD + BOX - 11, y + 20);
        text(html, words_class(LinkProof::Fails), Anchor::End, at, &see(elsewhere));
    }
    y += size.1;
    let gap = GAP + if more.is_some() { 40 } else { 0 };
    step(html, attached, y, y + gap, if more.is_some() { HALF } else { BESIDE });
    if let Some(link) = more {
        anything_else(html, link, y);
    }
    y += gap;
    let size = (BOX, tall(html, policy));
    station(html, ("policy", policy), (PAD, y), size, NAME);
    y += size.1;
    y = match functions.as_slice() {
        [FunctionStop { link, station: function, .. }] => {
            step(html, link, y, y + GAP, BESIDE);
            let size = (BOX, tall(html, function));
            station(html, ("function", function), (PAD, y + GAP), size, NAME);
            y + GAP + size.1
        }
        several => list(html, several, y),
    };
    y += PAD;
    if let [FunctionStop { others: Some(others), .. }] = functions.as_slice() {
        let Outsiders { names, link } = others;
        arrow(html, link.proof, &[(OUTSIDE, y + 44), (OUTSIDE, y - PAD)]);
        badge(html, link.proof, (OUTSIDE, y + 18));
        words(html, link, Anchor::End, (OUTSIDE - 18, y + 22), DOOR);
        y += 44;
        y += LINE * lines(html, "who", Anchor::End, (WIDTH - PAD, y + 18), &names.join(", "), (44, 2)) + 12;
    }
    let Some(end_to_end) = end_to_end else { return y };
    let words = format!("End to end: {}", end_to_end.words);
    badge(html, end_to_end.proof, (WAY, y + 26));
    let count = super::shapes::words(
        html,
        &Link { words, ..end_to_end.clone() },
        Anchor::Start,
        (WAY + 20, y + 30),
        BESIDE,
    );
    y + 30 + LINE * count
}

/// A link between two boxes, one above the other.
fn step(html: &mut Html<'_>, link: &Link, from: i32, to: i32, columns: usize) {
    arrow(html, link.proof, &[(WAY, from), (WAY, to)]);
    let middle = (from + to) / 2 - 2;
    badge(html, link.proof, (WAY, middle));
    let is_one = link.basis.is_empty() && link.causes.is_empty();
    words(html, link, Anchor::Start, (WAY + 20, middle + if is_one { 5 } else { -3 }), columns);
}

/// Outsiders, in a box on the right: where it ends, and how much room it took.
fn chip(html: &mut Html<'_>, others: &Outsiders, y: i32) -> (i32, i32) {
    const FEW: usize = 3;
    const COLUMNS: usize = 20;
    /// An organization's ID is whole.
    const LINES: usize = 5;
    /// Between two of them.
    const APART: i32 = 7;
    let Outsiders { names, link } = others;
    let mut who: Vec<String> = names.iter().take(FEW).cloned().collect();
    if names.is_empty() {
        who.push("anyone else".to_owned());
    } else if names.len() > FEW {
        who.push(format!("and {} more", names.len() - FEW));
    }
    let count: i32 = who.iter().map(|who| line_count(html, who, COLUMNS, LINES)).sum();
    let gaps = i32::try_from(who.len()).unwrap_or(1) - 1;
    let tall = 12 + LINE * count + APART * gaps;
    let x = WIDTH - 158;
    rect(html, if link.proof == LinkProof::Fails { "chip fails" } else { "chip" }, (x, y), 158, tall);
    let mut at = y + 19;
    for who in &who {
        at += LINE * lines(html, "who", Anchor::Start, (x + 12, at), who, (COLUMNS, LINES)) + APART;
    }
    (y + tall, tall + 32)
}

fn door(html: &mut Html<'_>, others: &Outsiders, from: i32, aws: i32, top: i32) {
    let Outsiders { names, link } = others;
    if names.is_empty() && link.proof != LinkProof::Fails {
        let bar = top - 12;
        line(html, link.proof, &[(OUTSIDE, from), (OUTSIDE, bar)]);
        line(html, link.proof, &[(OUTSIDE - 22, bar), (OUTSIDE + 22, bar)]);
    } else {
        arrow(html, link.proof, &[(OUTSIDE, from), (OUTSIDE, top)]);
    }
    badge(html, link.proof, (OUTSIDE, aws + 54));
    words(html, link, Anchor::End, (OUTSIDE - 18, aws + 50), DOOR);
}

/// What else the role may do, to its right.
fn anything_else(html: &mut Html<'_>, link: &Link, y: i32) {
    let (x, to) = (WIDTH - PAD - 130, y + 60);
    arrow(html, link.proof, &[(OUTSIDE, y), (OUTSIDE, to)]);
    badge(html, link.proof, (OUTSIDE, y + 24));
    rect(html, if link.proof == LinkProof::Fails { "chip fails" } else { "chip" }, (x, to), 130, 28);
    text(html, "who", Anchor::Start, (x + 12, to + 19), "something else");
    words(html, link, Anchor::End, (OUTSIDE - 18, y + 20), HALF);
}

/// Functions stacked vertically; returns where the last one ends.
fn list(html: &mut Html<'_>, functions: &[FunctionStop], from: i32) -> i32 {
    let mut y = from + 24;
    let x = WAY + 44;
    let last = functions.iter().take(FUNCTIONS).fold((y, y), |(y, _), stop| {
        let tall = function_height(html, stop);
        (y + tall + 10, y + tall / 2)
    });
    trunk(html, &[(WAY, from), (WAY, last.1)]);
    for stop in functions.iter().take(FUNCTIONS) {
        let tall = function_height(html, stop);
        let at = y + tall / 2;
        arrow(html, stop.link.proof, &[(WAY, at), (x, at)]);
        badge(html, stop.link.proof, (WAY + 18, at));
        rect(html, box_class(&stop.station), (x, y), WIDTH - PAD - x, tall);
        let mut at = y + 22;
        at += LINE * lines(html, "name", Anchor::Start, (x + 11, at), &stop.station.name, (30, 3));
        for (class, text) in said_of(stop) {
            at += LINE * lines(html, class, Anchor::Start, (x + 11, at), &text, (INSIDE, 2));
        }
        y += tall + 10;
    }
    if functions.len() > FUNCTIONS {
        text(html, "basis", Anchor::Start, (x, y + 14), &format!("and {} more", functions.len() - FUNCTIONS));
        y += 24;
    }
    y - 10
}

fn function_height(html: &Html<'_>, stop: &FunctionStop) -> i32 {
    let said: i32 = said_of(stop).iter().map(|(_, text)| line_count(html, text, INSIDE, 2)).sum();
    18 + LINE * (line_count(html, &stop.station.name, 30, 3) + said)
}

/// From the top of the role to the end of the last function.
fn height_inside(html: &Html<'_>, picture: &Picture) -> i32 {
    let Picture { stations, functions, more, .. } = picture;
    let [.., role, policy] = stations;
    let gap = GAP + if more.is_some() { 40 } else { 0 };
    let before = station_height(html, role, NAME) + gap + station_height(html, policy, NAME);
    let after = match functions.as_slice() {
        [stop] => GAP + station_height(html, &stop.station, NAME),
        several => {
            let shown = several.iter().take(FUNCTIONS);
            let boxes: i32 = shown.map(|stop| function_height(html, stop) + 10).sum();
            14 + boxes + if several.len() > FUNCTIONS { 24 } else { 0 }
        }
    };
    before + after
}
