//! The README, the pages and the schemas match the program.

use std::fs;

use crate::support::python::fits_schema;
use crate::support::{EXAMPLE, Project, ROLE, by_hand};

#[test]
fn the_readme_shows_what_a_plan_really_prints() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let path = project.path(".genesys-iam/sandbox.json");
    let mut state: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"691338073777"},"Action":"sts:AssumeRole"}}"#;
    state["accounts"]["111122223333"]["roles"][ROLE]["trust"] = trust.into();
    fs::write(&path, state.to_string()).unwrap();
    let plan = project.sandbox(&["plan"]);
    plan.expect(0);
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&plan.stdout), "{}", plan.transcript());
    let check = project.sandbox(&["check"]);
    check.expect(4).says("FAULT nobody else is named").says("it also lets in AWS account 691338073777");
    let diagnosis = &check.stdout[check.stdout.find("  diagnosis").unwrap()..];
    assert!(readme.contains(diagnosis), "{diagnosis}");
    project.sandbox(&["apply", "--yes"]).expect(0).says("no fault");
    let proof = project.sandbox(&["check", "--invoke", "my-genesys-trigger-function"]);
    let end = &proof.stdout[proof.stdout.find("  end to end").unwrap()..];
    assert!(readme.contains(end), "{end}");
}

#[test]
fn the_readme_and_the_example_hold_the_same_spec() {
    let readme = include_str!("../../README.md");
    let plain = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap().trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    };
    let toml = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let example = plain(EXAMPLE);
    for line in plain(toml) {
        assert!(example.contains(&line), "the example has no {line:?}");
    }
}

/// `UPDATE_DOCS=1 cargo test` writes it anew.
#[test]
fn the_reference_is_what_the_program_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference.md");
    let current = genesys_iam::commands::reference::reference(
        <genesys_iam::cli::Cli as clap::CommandFactory>::command(),
    );
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, &current).unwrap();
    }
    assert!(
        fs::read_to_string(path).unwrap() == current,
        "docs/reference.md is out of date: UPDATE_DOCS=1 cargo test"
    );
}

#[test]
fn the_book_has_every_page_and_every_link_leads_somewhere() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let pages = fs::read_dir(&docs).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pages: Vec<String> = pages.filter(|name| name.ends_with(".md")).collect();
    for page in pages.iter().filter(|page| *page != "SUMMARY.md") {
        assert!(summary.contains(&format!("({page})")), "{page} is not in the summary");
    }
    let texts = pages.iter().map(|page| (docs.clone(), fs::read_to_string(docs.join(page)).unwrap()));
    let readme = (docs.parent().unwrap().to_owned(), include_str!("../../README.md").to_owned());
    for (folder, text) in texts.chain([readme]) {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            if !target.is_empty() && !target.contains("://") && !target.contains(' ') {
                assert!(folder.join(target).exists(), "{link}");
            }
        }
    }
}

#[test]
fn every_exit_status_is_in_the_docs() {
    let page = include_str!("../../docs/exit-status.md");
    for status in genesys_iam::commands::Status::ALL {
        assert!(page.contains(&format!("\n| {} | ", status as i32)), "{status:?}");
    }
}

#[test]
fn every_cause_and_every_region_is_in_the_docs() {
    use genesys_iam::check::diagnosis::Cause;
    let check = include_str!("../../docs/check.md");
    for cause in Cause::ALL {
        assert!(check.contains(&format!("`{}`", cause.word())), "{cause:?}");
    }
    let genesys = include_str!("../../docs/genesys.md");
    for region in genesys_iam::spec::GENESYS_REGIONS {
        assert!(genesys.contains(&format!("| `{}` | {} |", region.aws_region, region.domain)), "{region:?}");
    }
}

#[test]
fn plans_and_reports_fit_their_schemas() {
    let project = Project::example();
    let run = |args: &[&str]| project.sandbox(args).stdout.clone();
    let plans = |run: &dyn Fn(&[&str]) -> String| run(&["plan", "--format", "json"]);
    let first = plans(&run);
    let missing = run(&["check", "--format", "json"]);
    run(&["apply", "--yes", "--no-check"]);
    by_hand(&project, |role| {
        let open = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#;
        role["trust"] = open.into();
        role["description"] = "x".into();
        role["boundary"] = "arn:aws:iam::aws:policy/ReadOnlyAccess".into();
        role["tags"] = serde_json::json!([]);
        role["inline"]["more"] =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#.into();
    });
    let second = plans(&run);
    assert!(second.contains("\"is_wider\": true") || second.contains("\"sign\": \"lost\""), "{second}");
    let faults = run(&["check", "--format", "json"]);
    let fits = |schema: &str, texts: &[&str]| fits_schema(schema, texts);
    let broken = first.replace("\"gained\"", "\"won\"");
    assert_eq!(
        fits(include_str!("../../docs/plan.schema.json"), &[&first, &second, &broken]),
        [true, true, false]
    );
    let broken = faults.replace("\"not_provable\"", "\"unknown\"");
    assert_eq!(
        fits(include_str!("../../docs/check.schema.json"), &[&missing, &faults, &broken]),
        [true, true, false]
    );
}
