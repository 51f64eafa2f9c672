//! Third-party linters judge the files that are not Rust: workflows, scripts, Dockerfiles, the schema, spelling.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::support::packages::on_the_machine;
use crate::support::tools::{actionlint, offered_in_an_editor, python_tools};
use crate::support::{BOTH_ENDS, Project, Run};

fn root() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn files(folder: &str, extension: &str) -> Vec<PathBuf> {
    let entries = fs::read_dir(root().join(folder)).unwrap().map(|entry| entry.unwrap().path());
    entries.filter(|path| path.extension().is_some_and(|it| it == extension)).collect()
}

#[test]
fn actionlint_finds_nothing_in_the_workflows() {
    let mut all = Vec::new();
    for path in files(".github/workflows", "yml") {
        let Some(found) = actionlint(&fs::read_to_string(&path).unwrap()) else { return };
        all.extend(found.into_iter().map(|line| format!("{}:{line}", path.display())));
    }
    // The latest release on npm predates these.
    let newer =
        ["\"attestations\"", "label \"ubuntu-24.04-arm\"", "label \"macos-13\"", "label \"macos-15-intel\""];
    let known = |line: &String| newer.iter().any(|word| line.contains(word));
    let found: Vec<String> = all.into_iter().filter(|line| !known(line)).collect();
    assert!(found.is_empty(), "{found:#?}");
}

#[test]
fn hadolint_finds_nothing_in_the_dockerfiles() {
    let mut hadolint = Command::new(python_tools().join("hadolint"));
    hadolint.args(["Dockerfile", "packaging/Dockerfile"]).current_dir(root());
    let run = Run::of(&mut hadolint);
    assert_eq!(run.expect(0).stdout, "");
}

#[test]
fn typos_finds_nothing_in_the_repository() {
    Run::of(Command::new(python_tools().join("typos")).current_dir(root())).expect(0);
}

/// As in an editor: Even Better TOML runs taplo.
#[test]
fn an_editor_takes_the_example_and_marks_wrong_keys_of_both_ends() {
    let taplo = |spec: &str| {
        let project = Project::new(spec);
        let schema = format!("file://{}/docs/genesys.schema.json", root().display());
        let mut taplo = Command::new(python_tools().join("taplo"));
        taplo.args(["check", "--schema", &schema, "genesys.toml"]).current_dir(project.path(""));
        Run::of(&mut taplo)
    };
    taplo(BOTH_ENDS).expect(0);
    for (right, wrong) in [
        ("account_id = \"111122223333\"", "acount_id = \"111122223333\""),
        ("name = \"AWS Lambda orders\"", "label = \"AWS Lambda orders\""),
        ("test_input = {", "tst_input = {"),
    ] {
        assert!(BOTH_ENDS.contains(right), "the example has no {right}");
        let key = wrong.split(' ').next().unwrap();
        taplo(&BOTH_ENDS.replacen(right, wrong, 1)).expect(1).says(&format!("'{key}' was unexpected"));
    }
}

/// With the setting of the docs, and the server of Even Better TOML.
#[test]
fn an_editor_with_the_setting_of_the_docs_offers_the_keys_of_a_spec() {
    let page = fs::read_to_string(root().join("docs/install.md")).unwrap();
    let snippet = page.split("```json\n").nth(2).unwrap().split("```").next().unwrap();
    let setting: serde_json::Value = serde_json::from_str(snippet).unwrap();
    let associations = setting["evenBetterToml.schema.associations"].as_object().unwrap();
    let schema = format!("file://{}/docs/genesys.schema.json", root().display());
    let here: serde_json::Map<String, serde_json::Value> =
        associations.keys().map(|key| (key.clone(), schema.as_str().into())).collect();
    let offers = |file: &str, text: &str| {
        offered_in_an_editor(file, text, &serde_json::Value::from(here.clone()).to_string())
    };
    let Some(role) = offers("genesys.toml", "[[role]]\n|\n") else { return };
    for key in ["functions", "integration", "integration.name", "data_action", "accept"] {
        assert!(role.iter().any(|label| label == key), "{key}: {role:?}");
    }
    for (file, is_spec) in [
        ("specs/dev.toml", true),
        ("genesys/a.toml", true),
        ("genesys-dev.toml", true),
        ("genesys-iam/Cargo.toml", false),
    ] {
        let aws = offers(file, "[aws]\nregion = \"us-east-1\"\nacc|\n").unwrap();
        assert_eq!(aws.iter().any(|label| label == "account_id"), is_spec, "{file}: {aws:?}");
    }
    let values = offers("genesys.toml", "[[role]]\nextra_permissions = \"|\"\n").unwrap();
    assert!(values.iter().any(|label| label.contains("report")), "{values:?}");
}

#[test]
fn the_entry_for_schemastore_is_about_the_schema_of_the_repository() {
    let entry = fs::read_to_string(root().join("packaging/schemastore.json")).unwrap();
    let entry: serde_json::Value = serde_json::from_str(&entry).unwrap();
    let url = entry["url"].as_str().unwrap();
    let path = url.split_once("/main/").unwrap().1;
    let schema: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(root().join(path)).unwrap()).unwrap();
    assert!(schema["$schema"].is_string() && schema["title"].is_string(), "{path}");
    assert!(entry["fileMatch"].as_array().unwrap().contains(&"genesys.toml".into()));
    // What an editor shows for a key.
    let tables = schema["$defs"].as_object().unwrap().values().chain([&schema]);
    for (key, value) in tables.filter_map(|table| table["properties"].as_object()).flatten() {
        assert!(value["description"].is_string(), "{key} has no description");
    }
}

/// `mandoc` knows the manual page language best.
#[test]
fn mandoc_finds_nothing_in_the_manual_pages() {
    let project = Project::example();
    project.run(&["man", "pages"]).expect(0);
    let mut pages: Vec<PathBuf> =
        fs::read_dir(project.path("pages")).unwrap().map(|entry| entry.unwrap().path()).collect();
    pages.sort();
    for page in &pages {
        let text = fs::read_to_string(page).unwrap();
        for section in ["NAME", "SYNOPSIS", "EXIT STATUS", "ENVIRONMENT", "FILES"] {
            assert!(
                text.contains(&format!(".SH {section}\n")) || text.contains(&format!(".SH \"{section}\"\n")),
                "{}",
                page.display()
            );
        }
    }
    if let Some(mandoc) = on_the_machine("mandoc") {
        let run = Run::of(Command::new(mandoc).args(["-T", "lint", "-W", "warning"]).args(&pages));
        // A build from a checkout has no date.
        let found: Vec<&str> = run.stdout.lines().filter(|line| !line.contains("missing date")).collect();
        assert!(found.is_empty(), "{found:#?}");
    }
    if let Some(man) = on_the_machine("man") {
        for page in &pages {
            let mut man = Command::new(&man);
            let run = Run::of(
                man.args(["--warnings", "--encoding=UTF-8", "--local-file"]).arg(page).env("MANWIDTH", "80"),
            );
            assert_eq!(run.expect(0).stderr, "", "{}", page.display());
        }
    }
}
