//! Pictures that GitHub and GitLab draw: the same as on a page.

use std::fmt::Write;

use crate::render::escape::Escape;
use crate::view::{
    FunctionStop, Link, LinkProof, Mark, OF_GENESYS, Outsiders, Picture, STATIONS, Station, few,
};

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
    let boxed = |id: &str, kind: &str, station: &Station| {
        let (mark, class) = match station.mark {
            None | Some(Mark::Same) if station.is_known => (String::new(), ""),
            None | Some(Mark::Same) => (String::new(), ":::missing"),
            Some(mark) => (format!("<br/>{} {}", mark.sign(), mark.word()), box_class(mark)),
        };
        format!("    {id}[\"{kind}<br/>{}{mark}\"]{class}\n", label(&station.name))
    };
    let is_plan = stations.iter().any(|station| station.mark.is_some());
    for (id, title, range) in
        [("genesys", genesys_side, 0..OF_GENESYS), ("aws", aws_side, OF_GENESYS..STATIONS.len())]
    {
        let _ = writeln!(out, "  subgraph {id}[\"{}\"]", label(title));
        for (index, station) in stations.iter().enumerate().filter(|(index, _)| range.contains(index)) {
            out.push_str(&boxed(&format!("s{index}"), STATIONS[index], station));
        }
        if id == "aws" {
            for (index, stop) in functions.iter().take(FUNCTIONS).enumerate() {
                out.push_str(&boxed(&format!("f{index}"), "function", &stop.station));
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
        drawn.add(esc, (POLICY, &function), link, arrow(link.proof));
        if let Some(Outsiders { names, link }) = others {
            let _ = writeln!(out, "  x{index}([\"{}\"])", label(&few(names)));
            drawn.add(esc, (&format!("x{index}"), &function), link, arrow(link.proof));
        }
    }
    if functions.len() > FUNCTIONS {
        let _ = writeln!(drawn.lines, "  {POLICY} --> rest");
        drawn.count += 1;
    }
    if let Some(Outsiders { names, link }) = others {
        let who = if names.is_empty() { "anyone else".to_owned() } else { few(names) };
        let _ = writeln!(out, "  others([\"{}\"])", label(&who));
        // Their path ends at the door.
        let ends = names.is_empty() && link.proof != LinkProof::Fails;
        drawn.add(esc, ("others", ROLE), link, if ends { "--x" } else { arrow(link.proof) });
    }
    if let Some(link) = more {
        out.push_str("  more([\"something else\"])\n");
        drawn.add(esc, (ROLE, "more"), link, arrow(link.proof));
    }
    if let Some(end_to_end) = end_to_end.as_ref().filter(|link| link.proof != LinkProof::NotRead) {
        let link = Link { words: format!("end to end: {}", end_to_end.words), ..end_to_end.clone() };
        let tried = functions.iter().take(FUNCTIONS).enumerate();
        let tried = tried.filter_map(|(index, stop)| Some((index, stop.end_to_end?)));
        let mut tried: Vec<(usize, LinkProof)> = tried.collect();
        // The data action points at a function that the spec does not have.
        if tried.is_empty() && functions.len() == 1 {
            tried.push((0, link.proof));
        }
        for (index, proof) in tried {
            let words = match proof {
                LinkProof::Called => "end to end: Genesys Cloud itself invoked it".to_owned(),
                _ => link.words.clone(),
            };
            let link = Link { proof, words, ..link.clone() };
            drawn.add(esc, ("s0", &format!("f{index}")), &link, arrow(proof));
        }
    }
    out.push_str(&drawn.lines);
    out.push_str(&drawn.styles);
    out.push_str("  classDef missing stroke-dasharray: 4 4\n");
    if is_plan {
        for mark in Mark::ALL.into_iter().filter(|mark| *mark != Mark::Same) {
            let dashed = if mark == Mark::Gone { ",stroke-dasharray: 4 4" } else { "" };
            let color = color(LinkProof::Planned(mark));
            let _ = writeln!(out, "  classDef {} stroke:{color},stroke-width:2px{dashed}", class_name(mark));
        }
    }
    out.push_str("```\n");
    out
}

/// The role, and its policy.
const ROLE: &str = "s4";
const POLICY: &str = "s5";

fn class_name(mark: Mark) -> &'static str {
    box_class(mark).trim_start_matches(':')
}

fn box_class(mark: Mark) -> &'static str {
    match mark {
        Mark::New => ":::added",
        Mark::Changed => ":::changed",
        Mark::Gone => ":::removed",
        Mark::Same => "",
    }
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
        LinkProof::Called | LinkProof::Read | LinkProof::Planned(Mark::New) => "#2da44e",
        LinkProof::Accepted | LinkProof::Unknown | LinkProof::Planned(Mark::Changed) => "#bf8700",
        LinkProof::NotRead | LinkProof::Planned(Mark::Same) => "#8c959f",
        LinkProof::Fails | LinkProof::Planned(Mark::Gone) => "#e5534b",
    }
}

/// Thick if a call was made, dotted if nothing is known.
fn arrow(proof: LinkProof) -> &'static str {
    match proof {
        LinkProof::Called | LinkProof::Planned(Mark::New | Mark::Changed) => "==>",
        LinkProof::Read | LinkProof::Accepted | LinkProof::Planned(Mark::Same) | LinkProof::Fails => "-->",
        LinkProof::NotRead | LinkProof::Unknown | LinkProof::Planned(Mark::Gone) => "-.->",
    }
}

fn sign(proof: LinkProof) -> &'static str {
    match proof {
        LinkProof::Called | LinkProof::Read | LinkProof::Accepted => "✓",
        LinkProof::NotRead => "–",
        LinkProof::Unknown => "?",
        LinkProof::Planned(mark) => mark.sign(),
        LinkProof::Fails => "✗",
    }
}
