//! Shared by the comments of plans and checks.

use crate::render::escape::Escape;
use crate::view::Provenance;

/// GitHub takes 65,536 characters; a comment may have something before and after it.
pub(super) const LIMIT: usize = 60_000;

/// How many characters of a commit are shown.
const COMMIT: usize = 12;

/// ``spec `genesys.toml` · commit `0123456789ab` · [run 4711](https://…)``, with the given parts between; or nothing.
pub(super) fn origin(esc: &Escape<'_>, provenance: &Provenance, between: &[String]) -> String {
    let Provenance { file, commit, run } = provenance;
    let mut parts: Vec<String> = file.iter().map(|file| format!("spec {}", esc.code(file))).collect();
    parts.extend(between.iter().cloned());
    parts.extend(
        commit
            .iter()
            .map(|commit| format!("commit {}", esc.code(&commit.chars().take(COMMIT).collect::<String>()))),
    );
    parts.extend(run.iter().map(|run| match run.link() {
        Some(url) => format!("[{}]({url})", esc.text(&run.name)),
        None => esc.text(&run.name),
    }));
    if parts.is_empty() { String::new() } else { format!("{}\n\n", parts.join(" · ")) }
}

/// A line above a report.
pub fn note(text: &str, mask: &dyn Fn(&str) -> String) -> String {
    format!("> {}", Escape { mask }.text(text))
}

/// Lines to write into the spec verbatim; indented to stay in their list item.
pub(super) fn paste(esc: &Escape<'_>, lines: &[String], indent: usize) -> String {
    if lines.is_empty() {
        return String::new();
    }
    let at = " ".repeat(indent);
    let lines: String = lines.iter().map(|line| format!("{at}{}\n", esc.fenced(line))).collect();
    format!("\n{at}```toml\n{lines}{at}```\n\n")
}
