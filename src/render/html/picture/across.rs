//! The picture on a wide page: left to right, with outsiders at the top.

use super::super::writer::Html;
use super::shapes::{
    Anchor, BOLD_CHAR, LINE, NAME_CHAR, arrow, badge, box_class, line, line_count, lines, rect, said_of, see,
    station, station_height, text, trunk, width_of, words, words_class, words_height,
};
use crate::view::{FunctionStop, Link, LinkProof, Outsiders, Picture, STATIONS};

/// Width of a box, between boxes of one side, inside a side's border, and between the sides.
const BOX: i32 = 112;
/// A function's box is wider: what is known of one of several is written in it.
const FUNCTION_BOX: i32 = 140;
const GAP: i32 = 42;
const PAD: i32 = 16;
const BETWEEN: i32 = 156;
/// Integration, data action and credential stand beside Genesys Cloud; role, policy and function in the account.
const GENESYS: i32 = 2 * PAD + 4 * BOX + 3 * GAP;
const SIDE: i32 = 2 * PAD + 2 * BOX + FUNCTION_BOX + 2 * GAP;
pub(super) const WIDTH: i32 = GENESYS + BETWEEN + SIDE;
const AWS: i32 = GENESYS + BETWEEN;

/// Stations by number.
const CREDENTIAL: i32 = 3;
const ROLE: i32 = 4;
const POLICY: i32 = 5;
const FUNCTION: i32 = 6;

/// Characters of a name in a box; of words under a link, and between the sides.
const NAME: usize = ((BOX - 20) / NAME_CHAR) as usize + 1;
const UNDER: usize = 20;
const IN_BETWEEN: usize = 20;
/// Characters of a name, and of words, inside a function's box.
const FUNCTION_NAME: usize = ((FUNCTION_BOX - 20) / NAME_CHAR) as usize + 1;
const INSIDE: usize = ((FUNCTION_BOX - 20) / BOLD_CHAR) as usize;

/// Functions with their own box; further ones share one.
const FUNCTIONS: usize = 8;
const CHIP: i32 = 28;
/// From the border of a side to its boxes: room for the door.
const DOOR: i32 = 92;

/// The left edge of a station.
fn left(index: i32) -> i32 {
    if index < ROLE { PAD + index * (BOX + GAP) } else { AWS + PAD + (index - ROLE) * (BOX + GAP) }
}

/// Its height.
pub(super) fn draw(html: &mut Html<'_>, picture: &Picture) -> i32 {
    let Picture { genesys_side, aws_side, stations, links, functions, others, more, elsewhere, end_to_end } =
        picture;
    let chips = others.as_ref().map(chips).unwrap_or_default();
    let side = CHIP * i32::try_from(chips.len()).unwrap_or(1) + 16;
    let top = side + DOOR;
    let single = if let [one] = functions.as_slice() { Some(one) } else { None };
    let height = stations
        .iter()
        .map(|station| station_height(html, station, NAME))
        .chain(single.iter().map(|stop| station_height(html, &stop.station, FUNCTION_NAME)))
        .max()
        .unwrap_or(0)
        .max(66)
        + if elsewhere.is_empty() { 0 } else { LINE };
    let middle = top + height / 2;
    let words_at = top + height + 26;
    let rest: Vec<(&FunctionStop, i32, i32)> =
        if single.is_some() { Vec::new() } else { stacked(html, functions, top) };
    let below = links.iter().chain(single.map(|stop| &stop.link)).map(|link| words_height(html, link, UNDER));
    let genesys_bottom = words_at + below.max().unwrap_or(0) + 4;
    // The lowest point of anything.
    let mut bottom = genesys_bottom;
    if more.is_some() {
        bottom += CHIP + 34;
    }
    bottom = bottom.max(rest.last().map_or(0, |(_, y, tall)| y + tall + 18));
    if functions.len() > FUNCTIONS {
        bottom += 26;
    }
    rect(html, "side genesys", (0, side), GENESYS, genesys_bottom - side);
    lines(html, "title", Anchor::Start, (PAD, side + 26), genesys_side, (66, 1));
    rect(html, "side aws", (AWS, side), SIDE, bottom - side);
    lines(html, "title", Anchor::End, (AWS + SIDE - PAD, side + 26), aws_side, (40, 1));
    for (index, link) in (0..).zip(links) {
        let (from, to) = (left(index) + BOX, left(index + 1));
        arrow(html, link.proof, &[(from, middle), (to, middle)]);
        badge(html, link.proof, ((from + to) / 2 - 4, middle));
        let columns = if index == CREDENTIAL { IN_BETWEEN } else { UNDER };
        words(html, link, Anchor::Middle, ((from + to) / 2, words_at), columns);
        if index == CREDENTIAL {
            text(html, "call", Anchor::Middle, ((from + to) / 2, middle - 20), "sts:AssumeRole");
        }
    }
    for (index, one) in (0..).zip(STATIONS.into_iter().zip(stations)) {
        station(html, one, (left(index), top), (BOX, height), NAME);
    }
    if !elsewhere.is_empty() {
        let at = (left(ROLE) + 11, top + height - 10);
        text(html, words_class(LinkProof::Fails), Anchor::Start, at, &see(elsewhere));
    }
    if let Some(others) = others {
        door(html, others, &chips, side, top);
    }
    if let Some(link) = more {
        anything_else(html, link, top + height, genesys_bottom + 8);
    }
    match single {
        Some(FunctionStop { link, station: function, others, end_to_end: _ }) => {
            let (from, to) = (left(POLICY) + BOX, left(FUNCTION));
            arrow(html, link.proof, &[(from, middle), (to, middle)]);
            badge(html, link.proof, ((from + to) / 2 - 4, middle));
            words(html, link, Anchor::Middle, ((from + to) / 2, words_at), UNDER);
            station(html, ("function", function), (to, top), (FUNCTION_BOX, height), FUNCTION_NAME);
            if let Some(others) = others {
                let below = from_below(html, others, top + height, bottom);
                return end(html, end_to_end.as_ref(), genesys_bottom, below);
            }
        }
        None => {
            let bus = left(POLICY) + BOX + 14;
            let ends = rest.iter().map(|(_, y, tall)| y + tall / 2).chain([middle]);
            let (first, last) = (ends.clone().min().unwrap_or(middle), ends.max().unwrap_or(middle));
            trunk(html, &[(left(POLICY) + BOX, middle), (bus, middle)]);
            trunk(html, &[(bus, first), (bus, last)]);
            for (stop, y, tall) in &rest {
                let at = y + tall / 2;
                arrow(html, stop.link.proof, &[(bus, at), (left(FUNCTION), at)]);
                badge(html, stop.link.proof, (bus + 15, at));
                function(html, stop, *y, *tall);
            }
            if let Some(more) = functions.len().checked_sub(FUNCTIONS).filter(|more| *more > 0) {
                let at = (left(FUNCTION), bottom - 16);
                text(html, "basis", Anchor::Start, at, &format!("and {more} more"));
            }
        }
    }
    end(html, end_to_end.as_ref(), genesys_bottom, bottom)
}

/// Outsiders, one per line.
fn chips(others: &Outsiders) -> Vec<String> {
    const FEW: usize = 4;
    if others.names.is_empty() {
        return vec!["anyone else".to_owned()];
    }
    let mut chips: Vec<String> = others.names.iter().take(FEW).cloned().collect();
    if others.names.len() > FEW {
        chips.push(format!("and {} more", others.names.len() - FEW));
    }
    chips
}

/// The role's door: outsiders, and whether they get in.
fn door(html: &mut Html<'_>, others: &Outsiders, chips: &[String], side: i32, top: i32) {
    let Outsiders { names, link } = others;
    let x = left(ROLE) + BOX / 2;
    let mut y = 0;
    for who in chips {
        chip(html, link.proof, (chip_left(x, chip_width(html, who)), y), who, WIDTH - 1);
        y += CHIP;
    }
    let from = y - 4;
    if names.is_empty() && link.proof != LinkProof::Fails {
        // A path that ends before it arrives.
        let bar = top - 12;
        line(html, link.proof, &[(x, from), (x, bar)]);
        line(html, link.proof, &[(x - 22, bar), (x + 22, bar)]);
    } else {
        arrow(html, link.proof, &[(x, from), (x, top)]);
    }
    badge(html, link.proof, (x, side + 50));
    words(html, link, Anchor::Start, (x + 20, side + 48), 40);
}

fn chip_width(html: &Html<'_>, who: &str) -> i32 {
    width_of(html, who) * 8 / 7 + 24
}

/// Where a chip above the door at `x` starts: a long one extends to the left instead of leaving the picture.
fn chip_left(x: i32, width: i32) -> i32 {
    (x - 26).min(WIDTH - 1 - width).max(0)
}

fn chip(html: &mut Html<'_>, proof: LinkProof, (x, y): (i32, i32), who: &str, most: i32) {
    let width = chip_width(html, who).min(most);
    let class = if proof == LinkProof::Fails { "chip fails" } else { "chip" };
    rect(html, class, (x, y), width, CHIP - 4);
    let columns = usize::try_from((width - 20) / 8).unwrap_or(1);
    lines(html, "who", Anchor::Start, (x + 12, y + 16), who, (columns, 1));
}

/// What else the role may do, below it.
fn anything_else(html: &mut Html<'_>, link: &Link, from: i32, to: i32) {
    let x = left(ROLE) + BOX / 2;
    arrow(html, link.proof, &[(x, from), (x, to)]);
    badge(html, link.proof, (x, to - 26));
    let what = "something else";
    let beside = x - 26 + chip_width(html, what) + 12;
    chip(html, link.proof, (x - 26, to), what, SIDE);
    let said = Link { words: format!("the role {}", link.words), ..link.clone() };
    words(html, &said, Anchor::Start, (beside, to + 9), 40);
}

/// Those who reach the function without the role come from below; returns where that ends.
fn from_below(html: &mut Html<'_>, others: &Outsiders, box_end: i32, bottom: i32) -> i32 {
    let Outsiders { names, link } = others;
    let (x, y) = (left(FUNCTION) + FUNCTION_BOX - 26, bottom + 20);
    arrow(html, link.proof, &[(x, y), (x, box_end)]);
    badge(html, link.proof, (x, bottom - 22));
    let who = names.join(", ");
    let width = chip_width(html, &who).min(SIDE);
    chip(html, link.proof, (WIDTH - width, y), &who, SIDE);
    words(html, link, Anchor::End, (WIDTH - width - 12, y + 10), 60);
    y + CHIP + 6
}

/// Functions stacked vertically: where each starts, and its height.
fn stacked<'p>(
    html: &Html<'_>,
    functions: &'p [FunctionStop],
    top: i32,
) -> Vec<(&'p FunctionStop, i32, i32)> {
    let mut y = top;
    let mut placed = Vec::new();
    for stop in functions.iter().take(FUNCTIONS) {
        let name = line_count(html, &stop.station.name, FUNCTION_NAME, 2);
        let said: i32 = said_of(stop).iter().map(|(_, text)| line_count(html, text, INSIDE, 2)).sum();
        let tall = 12 + LINE * (name + said) + 8;
        placed.push((stop, y, tall));
        y += tall + 12;
    }
    placed
}

fn function(html: &mut Html<'_>, stop: &FunctionStop, y: i32, tall: i32) {
    let x = left(FUNCTION);
    rect(html, box_class(&stop.station), (x, y), FUNCTION_BOX, tall);
    let mut at = y + 22;
    at += LINE * lines(html, "name", Anchor::Start, (x + 11, at), &stop.station.name, (FUNCTION_NAME, 2));
    for (class, text) in said_of(stop) {
        at += LINE * lines(html, class, Anchor::Start, (x + 11, at), &text, (INSIDE, 2));
    }
}

/// Whether Genesys Cloud itself came through, below everything.
fn end(html: &mut Html<'_>, link: Option<&Link>, genesys_bottom: i32, bottom: i32) -> i32 {
    let Some(link) = link else { return bottom + 4 };
    let y = bottom + 30;
    let (from, to) = (left(0) + BOX / 2, left(FUNCTION) + FUNCTION_BOX / 2);
    let said = format!("End to end: {}", link.sentence());
    let half = width_of(html, &said) / 2 + 22;
    let middle = WIDTH / 2;
    line(html, link.proof, &[(from, genesys_bottom + 10), (from, y), (middle - half, y)]);
    arrow(html, link.proof, &[(middle + half, y), (to, y), (to, y - 22)]);
    badge(html, link.proof, (middle - half + 14, y));
    text(html, words_class(link.proof), Anchor::Middle, (middle + 10, y + 4), &said);
    y + 22
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_chip_over_the_door_ends_within_the_picture() {
        let door = left(ROLE) + BOX / 2;
        for width in (40..WIDTH).step_by(10) {
            let from = chip_left(door, width);
            assert!(from >= 0 && from + width < WIDTH && from < door && from + width > door - 26, "{width}");
        }
        assert_eq!(chip_left(door, 120), door - 26);
    }
}
