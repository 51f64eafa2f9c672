//! A check report as text for people.

use std::fmt::Write;

use super::style::{BOLD, DIM, ERROR, GOOD, REMOVE, WARNING, paint};
use crate::check::diagnosis::{Diagnosis, Finding};
use crate::check::{CheckReport, Level, Line, Outcome, RoleReport};
use crate::text::one_line;

/// All lines by role and level, and a closing line that counts.
pub fn text(report: &CheckReport) -> String {
    let mut out = String::new();
    for RoleReport { role, prober, lines, diagnosis } in &report.roles {
        let _ = writeln!(out, "{}", paint(BOLD, &format!("role {role}")));
        for level in Level::ALL {
            let lines: Vec<&Line> = lines.iter().filter(|line| line.level == level).collect();
            if lines.is_empty() {
                continue;
            }
            let _ = writeln!(
                out,
                "  {}",
                paint(DIM, &level_title(level, prober, report.organization.as_deref()))
            );
            for line in lines {
                line_text(&mut out, line);
            }
        }
        diagnosis_text(&mut out, diagnosis);
        out.push('\n');
    }
    let _ = writeln!(out, "{}", summary(report));
    out
}

/// Only where something is wrong: then each fault once, and what is not the reason.
fn diagnosis_text(out: &mut String, Diagnosis { findings, ruled_out }: &Diagnosis) {
    if findings.is_empty() {
        return;
    }
    let _ = writeln!(out, "  {}", paint(BOLD, "diagnosis"));
    for (number, Finding { cause: _, what, consequence, remedy }) in findings.iter().enumerate() {
        let [what, consequence, remedy] = [what, consequence, remedy].map(|text| one_line(text));
        let _ = writeln!(out, "    {} {}", paint(ERROR, &format!("{}.", number + 1)), paint(REMOVE, &what));
        let _ = writeln!(out, "       {}", paint(DIM, &format!("so: {consequence}")));
        let _ = writeln!(out, "       {}", paint(DIM, &format!("do: {remedy}")));
    }
    if !ruled_out.is_empty() {
        let _ =
            writeln!(out, "    {}", paint(DIM, &format!("ruled out: {}", one_line(&ruled_out.join("; ")))));
    }
}

fn level_title(level: Level, prober: &str, organization: Option<&str>) -> String {
    match level {
        Level::Configured => {
            format!(
                "configured: what Genesys Cloud shows of the organization \"{}\"",
                one_line(organization.unwrap_or_default())
            )
        }
        Level::EndToEnd => "end to end: Genesys Cloud's own test of the data action".to_owned(),
        Level::Evaluated => "evaluated: the live documents, by IAM's rules".to_owned(),
        Level::Refused => format!("probed, must be refused: real calls as {prober}"),
        Level::Assumed => format!("probed, must succeed: real calls as {prober}"),
    }
}

fn line_text(out: &mut String, line: &Line) {
    let Line { level: _, claim, outcome, seen, meaning } = line;
    let [claim, seen, meaning] = [claim, seen, meaning].map(|text| one_line(text));
    let (sign, style) = match outcome {
        Outcome::Pass => ("ok   ", GOOD),
        Outcome::Fail => ("FAULT", ERROR),
        Outcome::NotProvable => ("?    ", WARNING),
    };
    let claim = if *outcome == Outcome::Fail { paint(REMOVE, &claim) } else { claim.into_owned() };
    let _ = writeln!(out, "    {} {claim}", paint(style, sign));
    let arrow = if *outcome == Outcome::Fail { "do:" } else { "so:" };
    for (title, text) in [("seen:", seen), (arrow, meaning)].into_iter().filter(|(_, text)| !text.is_empty())
    {
        let _ = writeln!(out, "          {}", paint(DIM, &format!("{title} {text}")));
    }
}

/// `12 hold, 1 fault, 3 not provable from here.`
pub fn summary(report: &CheckReport) -> String {
    let count = |outcome| report.lines().filter(|line| line.outcome == outcome).count();
    let faults = count(Outcome::Fail);
    let faults_text = match faults {
        0 => paint(GOOD, "no fault"),
        1 => paint(ERROR, "1 fault"),
        n => paint(ERROR, &format!("{n} faults")),
    };
    format!(
        "{} {} hold, {faults_text}, {} not provable from here. {}",
        paint(BOLD, "Check:"),
        count(Outcome::Pass),
        count(Outcome::NotProvable),
        reached(report)
    )
}

/// The strongest kind of evidence that was had for every role.
fn reached(report: &CheckReport) -> &'static str {
    if report.has_fault() {
        "Genesys Cloud may not be able to invoke, or somebody else may: see the diagnosis."
    } else if report.reaches(Level::EndToEnd) {
        "Proven end to end: Genesys Cloud itself invoked the function."
    } else if report.reaches(Level::Assumed) {
        "Proven by real calls: the role was assumed and each function's invocation permitted."
    } else if report.reaches(Level::Evaluated) {
        "Proven by evaluation of the live documents; not by a call as Genesys Cloud."
    } else {
        "Not everything could be evaluated."
    }
}
