//! Who can assume a role and what it can then do, as changed by a plan.

use super::super::writer::Html;
use super::shapes::{Anchor, LINE, Point, TRUNK, arrow, badge, line, line_count, lines, rect, text, trunk};
use crate::policy::access::AccessSign;
use crate::view::AccessLineView;

/// A role between those who can assume it and what it can do.
pub(super) struct AccessDrawing<'a> {
    pub(super) role: &'a str,
    pub(super) who: &'a [AccessLineView],
    pub(super) what: &'a [AccessLineView],
}

pub(super) const WIDTH: i32 = 1224;
pub(super) const NARROW: i32 = 360;
const BOX: i32 = 424;
const ROLE: i32 = 160;
const SIDE: i32 = (WIDTH - 2 * BOX - ROLE) / 2;
const COLUMNS: usize = 56;
const NARROW_COLUMNS: usize = 40;
const MOST: usize = 5;
const APART: i32 = 14;

/// `gained`, `gained: wider`
pub(in crate::render::html) fn word(line: &AccessLineView) -> &'static str {
    match (line.sign, line.is_wider) {
        // What was there before covers it.
        (AccessSign::Gained, false) => "added, not wider",
        (AccessSign::Lost, false) => "lost",
        (AccessSign::Kept, false) => "stays",
        (AccessSign::Gained, true) => "gained: access is wider",
        (AccessSign::Lost, true) => "this limit goes: access is wider",
        (AccessSign::Kept, true) => "stays: access is wider",
    }
}

pub(in crate::render::html) fn class(line: &AccessLineView) -> &'static str {
    match (line.sign, line.is_wider) {
        (_, true) => "words wider",
        (AccessSign::Gained, _) => "words gained",
        (AccessSign::Lost, _) => "words lost",
        (AccessSign::Kept, _) => "words kept",
    }
}

fn tall(html: &Html<'_>, line: &AccessLineView, columns: usize) -> i32 {
    30 + LINE * line_count(html, &line.sentence, columns, MOST)
}

fn all_tall(html: &Html<'_>, lines: &[AccessLineView], columns: usize) -> i32 {
    lines.iter().map(|line| tall(html, line, columns) + APART).sum::<i32>() - APART
}

/// Someone who can assume the role, or something it can do.
fn part(html: &mut Html<'_>, of: &AccessLineView, (x, y): Point, width: i32, columns: usize) -> i32 {
    let tall = tall(html, of, columns);
    let class_of_box = if of.sign == AccessSign::Lost { "box missing" } else { "box" };
    rect(html, class_of_box, (x, y), width, tall);
    text(html, class(of), Anchor::Start, (x + 12, y + 20), word(of));
    lines(html, "sentence", Anchor::Start, (x + 12, y + 38), &of.sentence, (columns, MOST));
    tall
}

/// Its height.
pub(super) fn across(html: &mut Html<'_>, access: &AccessDrawing<'_>) -> i32 {
    let AccessDrawing { role, who, what } = access;
    let [left, right] = [who, what].map(|lines| all_tall(html, lines, COLUMNS));
    let role_tall = 40 + LINE * line_count(html, role, 19, MOST);
    let height = left.max(right).max(role_tall);
    let (from, middle) = (BOX + SIDE, height / 2);
    let mut ends = Vec::new();
    let mut y = (height - left) / 2;
    for of in *who {
        let tall = part(html, of, (0, y), BOX, COLUMNS);
        let at = y + tall / 2;
        line(html, of, &[(BOX, at), (from - 30, at)]);
        badge(html, of, (BOX + 28, at));
        ends.push(at);
        y += tall + APART;
    }
    if !ends.is_empty() {
        join(html, from - 30, &ends, middle);
        arrow(html, TRUNK, &[(from - 30, middle), (from, middle)]);
    }
    ends.clear();
    y = (height - right) / 2;
    let bus = from + ROLE + 26;
    for of in *what {
        let tall = part(html, of, (WIDTH - BOX, y), BOX, COLUMNS);
        let at = y + tall / 2;
        arrow(html, of, &[(bus, at), (WIDTH - BOX, at)]);
        badge(html, of, (bus + 28, at));
        ends.push(at);
        y += tall + APART;
    }
    if !ends.is_empty() {
        trunk(html, &[(from + ROLE, middle), (bus, middle)]);
        join(html, bus, &ends, middle);
    }
    let top = middle - role_tall / 2;
    rect(html, "box", (from, top), ROLE, role_tall);
    text(html, "kind", Anchor::Start, (from + 11, top + 20), "role");
    lines(html, "name", Anchor::Start, (from + 11, top + 39), role, (18, MOST));
    height + 4
}

fn join(html: &mut Html<'_>, x: i32, ends: &[i32], middle: i32) {
    let all = ends.iter().copied().chain([middle]);
    let (first, last) = (all.clone().min().unwrap_or(middle), all.max().unwrap_or(middle));
    trunk(html, &[(x, first), (x, last)]);
}

/// Its height on a narrow page.
pub(super) fn down(html: &mut Html<'_>, access: &AccessDrawing<'_>) -> i32 {
    const WAY: i32 = 12;
    const LEFT: i32 = 52;
    let AccessDrawing { role, who, what } = access;
    let mut y = 0;
    let mut first = None;
    for of in *who {
        let tall = part(html, of, (LEFT, y), NARROW - LEFT, NARROW_COLUMNS);
        let at = y + tall / 2;
        line(html, of, &[(LEFT, at), (WAY, at)]);
        badge(html, of, (WAY + 20, at));
        first = first.or(Some(at));
        y += tall + APART;
    }
    if let Some(first) = first {
        trunk(html, &[(WAY, first), (WAY, y + 2)]);
        arrow(html, TRUNK, &[(WAY, y + 2), (WAY, y + 14)]);
        y += 14;
    }
    let tall = 40 + LINE * line_count(html, role, 40, MOST);
    rect(html, "box", (0, y), NARROW, tall);
    text(html, "kind", Anchor::Start, (11, y + 20), "role");
    lines(html, "name", Anchor::Start, (11, y + 39), role, (40, MOST));
    y += tall;
    let from = y;
    let mut last = None;
    for of in *what {
        y += APART;
        let tall = part(html, of, (LEFT, y), NARROW - LEFT, NARROW_COLUMNS);
        let at = y + tall / 2;
        arrow(html, of, &[(WAY, at), (LEFT, at)]);
        badge(html, of, (WAY + 18, at));
        last = Some(at);
        y += tall;
    }
    if let Some(last) = last {
        trunk(html, &[(WAY, from), (WAY, last)]);
    }
    y + 4
}
