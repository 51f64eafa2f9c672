//! `--format html`: pages as seen by a browser, a validator and an accessibility checker.

use crate::support::browser::{faults_of_comments, faults_of_pages};
use crate::support::terminal::on_a_terminal;
use crate::support::{BOTH_ENDS, EXAMPLE, Project};

/// The scenarios that look least alike.
const SCENARIOS: [&str; 4] = ["role-missing", "open-role", "function-public", "other-arn"];

fn page_of(project: &Project, args: &[&str]) -> String {
    project.sandbox(&[args, &["--format", "html"]].concat()).stdout
}

/// A fleet: a folder of specs, one with open roles, and one spec that cannot be read.
fn fleet() -> Project {
    let project = Project::empty();
    for team in ["billing", "orders", "support"] {
        let spec = BOTH_ENDS
            .replace("GenesysDataActionRole", &format!("Genesys-{team}-role-with-a-name-of-some-length"))
            .replace("AWS Lambda orders", &format!("AWS Lambda {team}"))
            .replace("Get order status", &format!("Get {team} status"));
        std::fs::create_dir_all(project.path(&format!("specs/{team}"))).unwrap();
        std::fs::write(project.path(&format!("specs/{team}.toml")), format!("name = \"{team}\"\n{spec}"))
            .unwrap();
    }
    project.sandbox(&["-f", "specs", "apply", "--yes", "--no-check"]).expect(0);
    project
}

#[test]
fn pages_of_checks_are_sound_in_a_browser() {
    let applied = Project::new(BOTH_ENDS);
    applied.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let mut pages = vec![("good".to_owned(), page_of(&applied, &["check", "--invoke", "Get order status"]))];
    for scenario in SCENARIOS {
        let project = Project::new(BOTH_ENDS);
        project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
        pages.push((scenario.to_owned(), page_of(&project, &["--scenario", scenario, "check"])));
    }
    let many = EXAMPLE.replacen(
        "functions = [\"my-genesys-trigger-function\"]",
        "functions = [\"a\", \"b:live\", \"customer-lookup-in-a-function-with-a-long-name:42\", \"d\", \"e\", \"f\", \"g\", \"h\", \"i\", \"j\"]",
        1,
    );
    let project = Project::new(&many);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    pages.push(("functions".to_owned(), page_of(&project, &["check"])));
    pages.push(("fleet".to_owned(), page_of(&fleet(), &["-f", "specs", "--scenario", "open-role", "check"])));
    let pages: Vec<(&str, &str)> = pages.iter().map(|(name, page)| (name.as_str(), page.as_str())).collect();
    for (name, page) in &pages {
        assert!(page.starts_with("<!DOCTYPE html>"), "{name}: {page}");
    }
    if let Some(faults) = faults_of_pages(&pages) {
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

#[test]
fn pages_of_plans_are_sound_in_a_browser() {
    let project = Project::new(BOTH_ENDS);
    let new = page_of(&project, &["plan"]);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let none = page_of(&project, &["plan"]);
    project.write_spec(&BOTH_ENDS.replace("my-genesys-trigger-function", "another-function:live"));
    let changed = page_of(&project, &["--scenario", "open-role", "plan"]);
    let several = page_of(&fleet(), &["-f", "specs", "--scenario", "role-missing", "plan"]);
    let pages =
        [("plan-new", &new), ("plan-none", &none), ("plan-changed", &changed), ("plan-several", &several)]
            .map(|(name, page)| (name, page.as_str()));
    if let Some(faults) = faults_of_pages(&pages) {
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

#[test]
fn comments_and_their_pictures_render() {
    let project = Project::new(BOTH_ENDS);
    let comment = |args: &[&str]| project.sandbox(&[args, &["--format", "markdown"]].concat()).stdout;
    let plan = comment(&["plan"]);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let good = comment(&["check", "--invoke", "Get order status"]);
    let open = comment(&["--scenario", "open-role", "check"]);
    let missing = comment(&["--scenario", "role-missing", "check"]);
    let specs = fleet();
    let several = specs.sandbox(&["-f", "specs", "check", "--format", "markdown"]).stdout;
    // What names may contain in IAM and in Genesys Cloud.
    let hostile = Project::new(
        &BOTH_ENDS
            .replace("GenesysDataActionRole", "a+b=c,d.e@f-g_h")
            .replace("AWS Lambda orders", "end \\\"]; style x #35; <b> `%%{init}%%"),
    );
    let hostile = hostile.sandbox(&["check", "--format", "markdown"]).stdout;
    let comments = [
        ("plan", &plan),
        ("good", &good),
        ("open", &open),
        ("missing", &missing),
        ("several", &several),
        ("hostile", &hostile),
    ]
    .map(|(name, comment)| (name, comment.as_str()));
    for (name, comment) in &comments {
        assert!(comment.contains("```mermaid"), "{name}: {comment}");
    }
    if let Some(faults) = faults_of_comments(&comments) {
        assert!(faults.is_empty(), "{}", faults.join("\n"));
    }
}

#[test]
fn a_page_says_what_the_report_says_and_that_it_is_the_sandbox() {
    let project =
        Project::new(BOTH_ENDS).env("SOURCE_DATE_EPOCH", "1790000000").env("GITHUB_SHA", "0123456789abcdef");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let run = project.sandbox(&["--scenario", "wrong-external-id", "check", "--format", "html"]);
    run.expect(4);
    for words in [
        "<title>✗ GenesysDataActionRole",
        "Sandbox: nothing here is about a real account",
        "The trust policy demands the external ID",
        "<dt>AWS account</dt><dd>111122223333</dd>",
        "<dt>Commit</dt><dd>0123456789ab</dd>",
        "<time datetime=\"2026-09-21T14:13:20Z\">21 September 2026, 14:13 UTC</time>",
        "role GenesysDataActionRole to policy GenesysLambdaInvokePolicy_GenesysDataActionRole: attached",
    ] {
        run.says(words);
    }
}

#[test]
fn a_page_is_refused_on_a_terminal_before_anything_is_asked_for() {
    let project = Project::new(BOTH_ENDS);
    let run = on_a_terminal(&project, &["--sandbox", "check", "--format", "html"], "");
    run.expect(64).says("redirect it to a file").says_not("<html");
    for args in
        [&["apply", "--yes", "--format", "html"][..], &["destroy", "--yes", "--report", "html=r.html"]]
    {
        project.sandbox(args).expect(64).says("check --format html");
    }
}

#[test]
fn a_page_in_a_file_is_the_page_that_is_printed() {
    let project = Project::new(BOTH_ENDS).env("SOURCE_DATE_EPOCH", "1790000000");
    for command in ["plan", "check"] {
        let page = page_of(&project, &[command]);
        project.sandbox(&[command, "--report", "html=report.html"]);
        assert!(std::fs::read_to_string(project.path("report.html")).unwrap() == page, "{command}");
    }
}
