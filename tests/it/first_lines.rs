//! What the first lines of a plan, and of its comment, say to a reviewer.

use crate::support::{BOTH_ENDS, EXAMPLE, Project, example_with};

fn applied(spec: &str) -> Project {
    let project = Project::new(spec);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project
}

/// The first five lines.
fn head(text: &str) -> String {
    text.lines().take(5).collect::<Vec<_>>().join("\n")
}

const BEYOND: &str = "`genesys-iam --sandbox check` says who can get in and whether the functions run.";

#[test]
fn a_plan_without_changes_says_what_it_does_not_look_at_and_others_do_not() {
    let project = applied(EXAMPLE);
    project.sandbox(&["plan"]).expect(0).says("No changes.").says(BEYOND);
    project.sandbox(&["plan", "--format", "markdown"]).expect(0).says(BEYOND);
    // A check follows.
    project.sandbox(&["apply", "--yes"]).expect(0).says("No changes.").says_not("says who can get in");
    let fresh = Project::new(EXAMPLE);
    fresh.sandbox(&["plan"]).expect(0).says_not("says who can get in");
    fresh.sandbox(&["plan", "--format", "markdown"]).says_not("says who can get in");
}

#[test]
fn why_a_plan_is_blocked_is_in_the_first_lines_of_its_comment() {
    let project = Project::new(EXAMPLE);
    let plan = project.sandbox(&["--scenario", "function-missing", "plan", "--format", "markdown"]);
    let head = head(&plan.expect(3).stdout);
    let why = "**BLOCKED** `GenesysDataActionRole`: Lambda has no function `my-genesys-trigger-function`";
    assert!(head.contains(why), "{head}");
    assert!(head.contains("Deploy it, or correct `functions` in the spec"), "{head}");
    let unknown = Project::new(&example_with("765628985471", "999988887777"));
    let plan = unknown.sandbox(&["plan", "--format", "markdown"]);
    let head = self::head(&plan.expect(3).stdout);
    assert_eq!(head.matches("**BLOCKED** ").count(), 1, "{head}");
}

#[test]
fn a_side_that_could_not_be_read_is_said_first_in_every_form_and_the_other_is_planned() {
    for (scenario, why) in
        [("rejected-client", "401"), ("missing-permission", "integrations:integration:view")]
    {
        let project = applied(BOTH_ENDS);
        let plan = |options: &[&str]| {
            let run = project.sandbox(&[&["--scenario", scenario, "plan"], options].concat());
            run.expect(1).says("error: Genesys Cloud").says("help:");
            run.stdout
        };
        let text = plan(&[]);
        assert!(
            text.contains("Nothing to change on AWS's side. Genesys Cloud's side was not read"),
            "{text}"
        );
        assert!(!text.contains("Live state is what the spec says"), "{text}");
        let comment = plan(&["--format", "markdown"]);
        let first = comment.lines().next().unwrap();
        assert!(first.contains("**Genesys Cloud's side was not read**") && first.contains(why), "{comment}");
        let json: serde_json::Value = serde_json::from_str(&plan(&["--format", "json"])).unwrap();
        assert!(json["summary"]["genesys_not_read"].as_str().unwrap().contains(why), "{json:#}");
        assert_eq!(json["exit_status"], 1);
        let page = plan(&["--format", "html"]);
        assert!(page.contains("side was not read") && page.contains(why), "{page}");
        // AWS's side is planned, but half a plan is not saved.
        project
            .sandbox(&["--scenario", "policy-missing", "plan", "--out", "plan.json"])
            .expect(1)
            .says("CreatePolicy");
        assert!(!project.path("plan.json").exists());
        // Check's advice works.
        project
            .sandbox(&["check"])
            .expect(4)
            .says("run `genesys-iam --sandbox apply --aws-only`: it creates and attaches the policy");
        project.sandbox(&["apply", "--yes", "--no-check"]).expect(1).says_not("done ");
        project.sandbox(&["apply", "--aws-only", "--yes", "--no-check"]).expect(0).says("2 changes made");
    }
}

#[test]
fn what_only_denies_is_called_what_it_is_in_every_form() {
    let project = applied(EXAMPLE);
    let denies = "inline policy `deny`, not from this spec, denies lambda:InvokeFunction on `my-genesys-trigger-function`";
    let plan = |options: &[&str]| {
        project.sandbox(&[&["--scenario", "explicit-deny", "plan"], options].concat()).stdout
    };
    let text = plan(&[]);
    assert_eq!(text.matches(denies).count(), 2, "{text}");
    let comment = plan(&["--format", "markdown"]);
    assert!(comment.lines().next().unwrap().contains(denies), "{comment}");
    let json: serde_json::Value = serde_json::from_str(&plan(&["--json"])).unwrap();
    let denial = &json["summary"]["foreign_denials"][0];
    assert_eq!(denial["policy"], "inline policy `deny`");
    assert_eq!(denial["functions"][0], "my-genesys-trigger-function");
    assert_eq!(json["summary"]["foreign_permissions"].as_array().unwrap().len(), 0);
    for form in [text, comment, plan(&["--format", "html"])] {
        assert!(
            !form.contains("it grants") && !form.contains("permissions that the spec does not make"),
            "{form}"
        );
    }
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2);
    let bounded = applied(EXAMPLE);
    let blocks =
        "does not allow lambda:InvokeFunction on `my-genesys-trigger-function`: Genesys Cloud is refused";
    let plan = bounded.sandbox(&["--scenario", "boundary", "plan", "--format", "markdown"]);
    assert!(plan.expect(0).stdout.lines().next().unwrap().contains(blocks), "{}", plan.stdout);
    bounded.sandbox(&["plan"]).expect(0).says(&format!("it stays, and {blocks}"));
}

#[test]
fn another_organization_than_the_specs_is_in_the_first_lines_of_a_comment() {
    let project = applied(EXAMPLE);
    let plan = project.sandbox(&["--scenario", "other-organization", "plan", "--format", "markdown"]);
    let head = head(&plan.expect(0).stdout);
    assert!(head.contains("Role `GenesysDataActionRole` admits the external ID"), "{head}");
    assert!(
        head.contains("is not your Genesys Cloud organization's")
            && head.contains("Genesys Cloud is refused"),
        "{head}"
    );
    // It stays like this until the spec is corrected.
    project
        .sandbox(&["check"])
        .expect(4)
        .says("set `external_id = \"0b1c2d3e-0000-4000-8000-000000000000\"`");
    project.write_spec(
        &EXAMPLE.replace("2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90", "0b1c2d3e-0000-4000-8000-000000000000"),
    );
    project.sandbox(&["apply", "--yes"]).expect(0);
    project.sandbox(&["check"]).expect(0).says("✓");
}

#[test]
fn a_role_that_may_do_more_is_said_to_whatever_else_is_wrong() {
    let project = applied(EXAMPLE);
    let run = project.sandbox(&["--scenario", "other-arn", "check"]);
    let first = run.expect(4).stdout.lines().next().unwrap().to_owned();
    assert!(first.contains("Genesys Cloud cannot invoke"), "{first}");
    assert!(first.contains("; the role may do more: lambda:InvokeFunction on arn:aws:lambda:"), "{first}");
    let project = applied(EXAMPLE);
    project
        .sandbox(&["--scenario", "extra-permissions", "check"])
        .expect(4)
        .says("the role may do more: s3:GetObject on arn:aws:s3:::reports/*");
    let project = applied(EXAMPLE);
    let all = r#"{"role": {"*": {"inline": {"all": {"Version": "2012-10-17", "Statement":
        {"Effect": "Allow", "Action": "*", "Resource": "*"}}}}}}"#;
    std::fs::write(project.path("all.json"), all).unwrap();
    project.sandbox(&["--scenario", "all.json", "check"]).expect(4).says("the role may do EVERYTHING");
}

#[test]
fn names_of_other_peoples_things_are_printed_as_they_are() {
    let names = ["aWS lambda Orders", "gET Order x9", "geneSYS-Role_X", "my-GENESYS-trigger_function"];
    let spec = BOTH_ENDS
        .replace("AWS Lambda orders", names[0])
        .replace("Get order status", names[1])
        .replace("GenesysDataActionRole", names[2])
        .replace("my-genesys-trigger-function", names[3]);
    for scenario in [
        "integration-disabled",
        "other-role",
        "other-function",
        "missing-permission",
        "wrong-account",
        "extra-permissions",
        "function-public",
        "stranger",
    ] {
        let project = applied(&spec);
        for command in [
            &["check", "--all"][..],
            &["check", "--format", "markdown"],
            &["check", "--format", "html"],
            &["check", "--json"],
            &["plan"],
            &["plan", "--format", "markdown"],
            &["plan", "--format", "html"],
            &["diagnose", names[2]],
        ] {
            let run = project.sandbox(&[&["--scenario", scenario], command].concat());
            let all = format!("{}{}", run.stdout, run.stderr);
            let lower = all.to_ascii_lowercase();
            for name in names {
                for (at, _) in lower.match_indices(&name.to_ascii_lowercase()) {
                    let found = &all[at..at + name.len()];
                    assert_eq!(found, name, "{scenario}: {command:?}: {all}");
                }
            }
        }
    }
}
