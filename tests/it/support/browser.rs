//! Pages in headless Chromium, through Node; if a tool is missing on the machine, it is named and the test skipped.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::sync::OnceLock;

use serde_json::{Value, json};

use super::packages;

const PACKAGES: [&str; 5] = [
    "playwright-core@1.65.1",
    "axe-core@4.14.1",
    "html-validate@10.17.0",
    "mermaid@11.17.2",
    "marked@18.2.1",
];

/// A folder with the packages, and the browser.
struct Tools {
    folder: PathBuf,
    chromium: &'static str,
}

fn tools() -> Option<&'static Tools> {
    static TOOLS: OnceLock<Option<Tools>> = OnceLock::new();
    TOOLS.get_or_init(find).as_ref()
}

fn find() -> Option<Tools> {
    let works = |program: &&str| {
        let mut command = Command::new(program);
        command.arg("--version").stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
        command.status().is_ok_and(|status| status.success())
    };
    let Some(chromium) = ["chromium", "chromium-browser", "google-chrome"].into_iter().find(works) else {
        let _ = writeln!(std::io::stderr(), "skipped: Chromium is missing");
        return None;
    };
    Some(Tools { folder: packages::node("browser", &PACKAGES)?, chromium })
}

/// Runs a script of this folder with an input, and returns its answer. `None`: a tool is missing.
fn script(name: &str, input: Value) -> Option<Value> {
    let Tools { folder, chromium } = tools()?;
    // Node looks for packages beside the script.
    let source = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/support").join(name);
    let script = tempfile::Builder::new().suffix(".mjs").tempfile_in(folder).unwrap();
    fs::copy(source, script.path()).unwrap();
    let mut command = Command::new("node");
    command.arg(script.path()).env("CHROMIUM", chromium).current_dir(folder);
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(input.to_string().as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{name} failed");
    Some(serde_json::from_slice(&output.stdout).unwrap())
}

/// Faults that a browser, a validator and an accessibility checker find in pages; empty if none. With PAGES_OUT,
/// screenshots are saved in that folder.
pub fn faults_of_pages(pages: &[(&str, &str)]) -> Option<Vec<String>> {
    let pages: Vec<Value> = pages.iter().map(|(name, html)| json!({"name": name, "html": html})).collect();
    let faults = script("pages.mjs", json!({"pages": pages, "out": std::env::var("PAGES_OUT").ok()}))?;
    Some(serde_json::from_value(faults).unwrap())
}

/// The same for comments: whether they render, including their Mermaid pictures.
pub fn faults_of_comments(comments: &[(&str, &str)]) -> Option<Vec<String>> {
    let comments: Vec<Value> =
        comments.iter().map(|(name, markdown)| json!({"name": name, "markdown": markdown})).collect();
    let faults =
        script("comments.mjs", json!({"comments": comments, "out": std::env::var("PAGES_OUT").ok()}))?;
    Some(serde_json::from_value(faults).unwrap())
}
