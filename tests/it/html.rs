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

/// What each station of a plan's picture says, from its description for screen readers.
fn way_of(page: &str) -> String {
    let at = page.find("way-wide-text-1\">").expect("a picture");
    page[at..].split("</desc>").next().unwrap().to_owned()
}

#[test]
fn a_plan_draws_the_whole_way_with_what_is_new_changed_and_gone() {
    let project = Project::new(BOTH_ENDS);
    let new = way_of(&page_of(&project, &["plan"]));
    for words in [
        "Genesys Cloud AWS account 765628985471 to integration AWS Lambda orders (new): new.",
        "to data action Get order status (new): new.",
        "to credential holds the role&#39;s ARN (new): new.",
        "to role GenesysDataActionRole (new): new.",
        "to policy GenesysLambdaInvokePolicy_GenesysDataActionRole (new): new, attached.",
        "to function my-genesys-trigger-function: new, may be invoked.",
    ] {
        assert!(new.contains(words), "{words}: {new}");
    }
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    // Nothing changes: no picture.
    assert!(!page_of(&project, &["plan"]).contains("way-wide-text-1"));
    project.write_spec(&BOTH_ENDS.replace("my-genesys-trigger-function", "another-function"));
    let comment = project.sandbox(&["--scenario", "open-role", "plan", "--format", "markdown"]).stdout;
    let page = page_of(&project, &["plan"]);
    let changed = way_of(&page);
    for words in [
        "integration AWS Lambda orders (stays)",
        "data action Get order status (changed)",
        "role GenesysDataActionRole (changed): changed, its trust policy.",
        "(changed) to function another-function: new, may be invoked.",
        "to function my-genesys-trigger-function: gone, no longer invoked.",
    ] {
        assert!(changed.contains(words), "{words}: {changed}");
    }
    for words in
        ["box changed", "href=\"#b-changed\"", "href=\"#b-new\"", "href=\"#b-gone\"", ">changed</text>"]
    {
        assert!(page.contains(words), "{words}");
    }
    for words in [
        "data action<br/>Get order status<br/>~ changed\"]:::changed",
        "function<br/>another-function",
        "|\"+ new, may be invoked\"|",
        "|\"− gone, no longer invoked\"|",
    ] {
        assert!(comment.contains(words), "{words}: {comment}");
    }
    // An open door is drawn in a plan that opens one.
    let open = Project::example();
    open.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let verifier = "[check]\nverifier = \"arn:aws:iam::111122223333:user/dev\"\n\n[[role]]";
    open.write_spec(&EXAMPLE.replacen("[[role]]", verifier, 1));
    let opened = way_of(&page_of(&open, &["plan"]));
    assert!(opened.contains("to the role: gains access."), "{opened}");
    assert!(opened.contains("integration not in this spec: not in this spec."), "{opened}");
}

#[test]
fn a_check_draws_the_data_action_between_integration_and_credential() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let page = way_of(&page_of(&project, &["check"]));
    for words in [
        "integration AWS Lambda orders to data action Get order status: points at the function, as Genesys Cloud shows it.",
        "data action Get order status to credential holds a role&#39;s ARN: holds the role&#39;s ARN",
    ] {
        assert!(page.contains(words), "{words}: {page}");
    }
    let comment = project.sandbox(&["check", "--format", "markdown"]).stdout;
    assert!(comment.contains("data action<br/>Get order status"), "{comment}");
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
    for command in ["apply", "destroy"] {
        let page = project.sandbox(&[command, "--yes", "--format", "html"]);
        page.expect(64).says("[possible values: text, json, markdown]");
        project
            .sandbox(&[command, "--yes", "--report", "html=r.html"])
            .expect(64)
            .says("check --format html");
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
