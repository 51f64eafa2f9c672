//! Reports for comments in pull requests.

use std::fmt::Write;

use crate::check::diagnosis::Finding;
use crate::check::{CheckReport, Level, Outcome, RoleReport};

/// A check report: one line that says it all, the diagnosis, and everything else folded.
pub fn check(report: &CheckReport) -> String {
    let count = |outcome| report.lines().filter(|line| line.outcome == outcome).count();
    let mut out = String::new();
    let verdict = match count(Outcome::Fail) {
        0 => "**check: no fault**".to_owned(),
        1 => "**check: 1 FAULT**".to_owned(),
        n => format!("**check: {n} FAULTS**"),
    };
    let strongest = Level::ALL.into_iter().rev().find(|level| report.reaches(*level));
    let proof = strongest.map_or("nothing proven", Level::word);
    let _ = writeln!(
        out,
        "{verdict} · {} hold · {} not provable · proof: {proof}\n",
        count(Outcome::Pass),
        count(Outcome::NotProvable)
    );
    for role in &report.roles {
        role_markdown(&mut out, role);
    }
    out
}

fn role_markdown(out: &mut String, report: &RoleReport) {
    let RoleReport { role, prober, lines, diagnosis } = report;
    let _ = writeln!(out, "### {}\n", code(role));
    for Finding { cause, what, consequence, remedy } in &diagnosis.findings {
        let _ = writeln!(out, "- **FAULT** {} ({})", escaped(what), cause.word());
        let _ = writeln!(out, "  - so: {}", escaped(consequence));
        let _ = writeln!(out, "  - do: {}", escaped(remedy));
    }
    if !diagnosis.findings.is_empty() {
        let _ = writeln!(out, "\nRuled out: {}.\n", escaped(&diagnosis.ruled_out.join("; ")));
    }
    let _ = writeln!(out, "<details><summary>All {} observations</summary>\n", lines.len());
    let _ = writeln!(out, "| level | outcome | claim | seen |\n|---|---|---|---|");
    for line in lines {
        let outcome = match line.outcome {
            Outcome::Pass => "ok",
            Outcome::Fail => "**FAULT**",
            Outcome::NotProvable => "?",
        };
        let _ = writeln!(
            out,
            "| {} | {outcome} | {} | {} |",
            line.level.word(),
            escaped(&line.claim),
            escaped(&line.seen)
        );
    }
    if !prober.is_empty() {
        let _ = writeln!(out, "\nProbes were made as {}.", code(prober));
    }
    let _ = writeln!(out, "\n</details>\n");
}

/// Text that can neither break out of its place nor mention anybody. What stands between backticks stays code.
fn escaped(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    let mut in_code = false;
    for c in text.chars() {
        match c {
            '`' => {
                in_code = !in_code;
                out.push(c);
            }
            '\n' | '\r' => out.push(' '),
            // A table's cell ends at it, also in code.
            '|' => out.push_str("\\|"),
            c if in_code => out.push(c),
            '<' => out.push_str("&lt;"),
            '>' => out.push_str("&gt;"),
            '&' => out.push_str("&amp;"),
            '@' => out.push_str("&#64;"),
            '*' | '_' | '[' | ']' | '\\' | '#' => {
                out.push('\\');
                out.push(c);
            }
            c => out.push(c),
        }
    }
    if in_code {
        // One that is not closed would take what follows with it.
        out.push('`');
    }
    out
}

fn code(text: &str) -> String {
    format!("`{}`", text.replace(['`', '\n'], " "))
}
