//! Pictures that GitHub and GitLab draw: the same as on a page.

use std::fmt::Write;

use crate::policy::access::AccessSign;
use crate::render::escape::Escape;
use crate::view::{FunctionStop, Link, LinkProof, Outsiders, Picture, RolePlanView, Station, few};

/// Functions with their own box.
const FUNCTIONS: usize = 8;

/// The path from Genesys Cloud to the functions, with what is known about each link in words.
pub(super) fn way(esc: &Escape<'_>, picture: &Picture) -> String {
    let Picture {
        genesys_side,
        aws_side,
        stations,
        links,
        functions,
        others,
        more,
        elsewhere: _,
        end_to_end,
    } = picture;
    let mut out = String::from("\n```mermaid\nflowchart TB\n");
    let label = |text: &str| esc.label(text);
    let boxed = |id: &str, station: &Station| {
        let dots = if station.is_known { "" } else { ":::missing" };
        format!("    {id}[\"{}<br/>{}\"]{dots}\n", station.kind, label(&station.name))
    };
    for (id, title, range) in [("genesys", genesys_side, 0..3), ("aws", aws_side, 3..5)] {
        let _ = writeln!(out, "  subgraph {id}[\"{}\"]", label(title));
        for (index, station) in stations.iter().enumerate().filter(|(index, _)| range.contains(index)) {
            out.push_str(&boxed(&format!("s{index}"), station));
        }
        if id == "aws" {
            for (index, stop) in functions.iter().take(FUNCTIONS).enumerate() {
                out.push_str(&boxed(&format!("f{index}"), &stop.station));
            }
            if functions.len() > FUNCTIONS {
                let _ = writeln!(out, "    rest[\"and {} more functions\"]", functions.len() - FUNCTIONS);
            }
        }
        out.push_str("  end\n");
    }
    let mut drawn = Drawn::default();
    for (index, link) in links.iter().enumerate() {
        drawn.add(esc, (&format!("s{index}"), &format!("s{}", index + 1)), link, arrow(link.proof));
    }
    for (index, FunctionStop { link, others, .. }) in functions.iter().take(FUNCTIONS).enumerate() {
        let function = format!("f{index}");
        drawn.add(esc, ("s4", &function), link, arrow(link.proof));
        if let Some(Outsiders { names, link }) = others {
            let _ = writeln!(out, "  x{index}([\"{}\"])", label(&few(names)));
            drawn.add(esc, (&format!("x{index}"), &function), link, arrow(link.proof));
        }
    }
    if functions.len() > FUNCTIONS {
        let _ = writeln!(drawn.lines, "  s4 --> rest");
        drawn.count += 1;
    }
    let Outsiders { names, link } = others;
    let who = if names.is_empty() { "anyone else".to_owned() } else { few(names) };
    let _ = writeln!(out, "  others([\"{}\"])", label(&who));
    // Their path ends at the door.
    let ends = names.is_empty() && link.proof != LinkProof::Fails;
    drawn.add(esc, ("others", "s3"), link, if ends { "--x" } else { arrow(link.proof) });
    if let Some(link) = more {
        out.push_str("  more([\"something else\"])\n");
        drawn.add(esc, ("s3", "more"), link, arrow(link.proof));
    }
    if end_to_end.proof != LinkProof::NotRead {
        let link = Link { words: format!("end to end: {}", end_to_end.words), ..end_to_end.clone() };
        drawn.add(esc, ("s0", "f0"), &link, arrow(link.proof));
    }
    out.push_str(&drawn.lines);
    out.push_str(&drawn.styles);
    out.push_str("  classDef missing stroke-dasharray: 4 4\n```\n");
    out
}

/// Links, and the colour of each by its number.
#[derive(Default)]
struct Drawn {
    lines: String,
    styles: String,
    count: usize,
}

impl Drawn {
    fn add(&mut self, esc: &Escape<'_>, (from, to): (&str, &str), link: &Link, arrow: &str) {
        let words = esc.label(&link.sentence());
        let _ = writeln!(self.lines, "  {from} {arrow}|\"{} {words}\"| {to}", sign(link.proof));
        let _ = writeln!(self.styles, "  linkStyle {} stroke:{}", self.count, color(link.proof));
        self.count += 1;
    }
}

/// Visible on light and dark.
fn color(proof: LinkProof) -> &'static str {
    match proof {
        LinkProof::Called | LinkProof::Read => "#2da44e",
        LinkProof::Accepted | LinkProof::Unknown => "#bf8700",
        LinkProof::NotRead => "#8c959f",
        LinkProof::Fails => "#e5534b",
    }
}

/// Thick if a call was made, dotted if nothing is known.
fn arrow(proof: LinkProof) -> &'static str {
    match proof {
        LinkProof::Called => "==>",
        LinkProof::Read | LinkProof::Accepted | LinkProof::Fails => "-->",
        LinkProof::NotRead | LinkProof::Unknown => "-.->",
    }
}

fn sign(proof: LinkProof) -> &'static str {
    match proof {
        LinkProof::Called | LinkProof::Read | LinkProof::Accepted => "✓",
        LinkProof::NotRead => "–",
        LinkProof::Unknown => "?",
        LinkProof::Fails => "✗",
    }
}

/// Who reaches what through the role. Gains have a thick line, losses a dotted one.
pub(super) fn access(esc: &Escape<'_>, plan: &RolePlanView) -> String {
    let arrow = |sign| match sign {
        AccessSign::Gained => "== gained ==>",
        AccessSign::Lost => "-. lost .->",
        AccessSign::Kept => "-->",
    };
    let mut out = String::from("\n```mermaid\nflowchart LR\n");
    let _ = writeln!(out, "  role([\"role {}\"])", esc.label(&plan.role));
    for (number, line) in plan.access.assume.iter().enumerate() {
        let _ = writeln!(out, "  who{number}[\"{}\"] {} role", esc.label(&line.sentence), arrow(line.sign));
    }
    for (number, line) in plan.access.permissions.iter().enumerate() {
        let _ = writeln!(out, "  role {} what{number}[\"{}\"]", arrow(line.sign), esc.label(&line.sentence));
    }
    out.push_str("```\n");
    out
}
