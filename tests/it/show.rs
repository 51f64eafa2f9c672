//! `show`: a saved plan again, in every format, from the file alone.

use std::fs;

use crate::support::{BOTH_ENDS, LITERAL_ID, MASKED_ID, Project, example_with, resealed};

/// Neither credentials nor a spec, and not the sandbox's state.
fn elsewhere(project: &Project, plan: &str) -> Project {
    let elsewhere = Project::empty();
    fs::copy(project.path(plan), elsewhere.path("plan.json")).unwrap();
    elsewhere
}

/// The report that standard output has, without the lines around it.
fn same(shown: &str, planned: &str) -> bool {
    planned.lines().all(|line| shown.contains(line))
}

#[test]
fn a_saved_plan_is_shown_as_it_was_without_spec_and_credentials() {
    let project =
        Project::new(BOTH_ENDS).env("SOURCE_DATE_EPOCH", "1790000000").env("GITHUB_SHA", "0123456789abcdef");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&BOTH_ENDS.replace("my-genesys-trigger-function", "another-function"));
    project.sandbox(&["plan", "--adopt", "--out", "plan.json"]).expect(0);
    let elsewhere = elsewhere(&project, "plan.json");
    for format in ["text", "markdown", "html", "json"] {
        let planned = project.sandbox(&["plan", "--adopt", "--format", format]);
        let shown = elsewhere.run(&["show", "plan.json", "--format", format]);
        shown.expect(0);
        assert!(same(&shown.stdout, &planned.stdout), "{format}: {}\n{}", shown.stdout, planned.stdout);
        if format == "text" {
            shown.says("`genesys-iam --sandbox apply plan.json --adopt` compares it");
        }
        if format != "html" {
            shown.says("genesys.toml at commit 0123456789ab, made 2026-09-21T14:13:20Z, in the sandbox");
        }
    }
    elsewhere.run(&["show", "plan.json", "--format", "html"]).says("21 September 2026");
    elsewhere.run(&["show", "plan.json", "--report", "html=page.html"]).expect(0);
    assert!(elsewhere.path("page.html").exists());
    elsewhere.run(&["show", "plan.json", "--report", "html=plan.json"]).expect(64);
    elsewhere.run(&["show", "none.json"]).expect(1).says("cannot read the plan `none.json`").says("help:");
}

#[test]
fn plans_of_several_specs_are_shown_together() {
    let project = Project::empty();
    fs::create_dir(project.path("specs")).unwrap();
    for name in ["a", "b"] {
        let spec =
            BOTH_ENDS.replace("GenesysDataActionRole", &format!("Role-{name}")).replace("orders", name);
        fs::write(project.path(&format!("specs/{name}.toml")), format!("name = \"{name}\"\n{spec}")).unwrap();
    }
    let all = |args: &[&str]| project.sandbox(&[&["-f", "specs"], args].concat());
    all(&["plan", "--out", "plan.json"]).expect(0);
    let elsewhere = elsewhere(&project, "plan.json");
    for format in ["text", "markdown", "html", "json"] {
        let planned = all(&["plan", "--format", format]).stdout;
        let shown = elsewhere.run(&["show", "plan.json", "--format", format]);
        let planned = planned.split("<dl class=\"facts\">").next().unwrap();
        let planned: String = planned.lines().filter(|line| !line.contains("check` says")).collect();
        shown.expect(0).says(if format == "html" { "specs/a.toml" } else { "plan of 2 specs" });
        if format == "text" {
            shown.says("--file specs/a.toml --file specs/b.toml apply ");
        }
        assert!(same(&shown.stdout.lines().collect::<String>(), &planned), "{format}: {}", shown.stdout);
    }
}

#[test]
fn a_masked_external_id_stays_masked_in_a_plan_that_is_shown() {
    let id = "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234";
    let project = Project::new(&example_with(LITERAL_ID, MASKED_ID)).env("GENESYS_EXTERNAL_ID", id);
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0);
    let elsewhere = elsewhere(&project, "plan.json");
    for format in ["text", "markdown", "html", "json"] {
        let shown = elsewhere.run(&["show", "plan.json", "--format", format]);
        shown.expect(0).says_not(id).says_not(&id[..8]).says("masked external ID");
    }
}

#[test]
fn an_edited_plan_is_not_shown_and_apply_refuses_one_with_a_new_digest() {
    let project = Project::example();
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0);
    let text = fs::read_to_string(project.path("plan.json")).unwrap();
    for (from, to) in [
        ("\"CreateRole\"", "\"DeleteRole\""),
        ("\"gained\"", "\"lost\""),
        ("\"create\": 3", "\"create\": 1"),
        ("\"in_sandbox\": true", "\"in_sandbox\": false"),
        ("AttachRolePolicy", "DetachRolePolicy"),
        ("\"digest\"", "\"former_digest\""),
    ] {
        let edited = text.replacen(from, to, 1);
        assert_ne!(edited, text, "{from}");
        fs::write(project.path("edited.json"), &edited).unwrap();
        let status = if from == "\"digest\"" { 1 } else { 3 };
        project
            .run(&["show", "edited.json"])
            .expect(status)
            .says("edited.json")
            .says("help:")
            .says_not("Plan:");
        project.sandbox(&["apply", "edited.json"]).expect(status).says("edited.json").says("help:");
    }
    // A digest can be made anew: what `show` shows is a part of what `apply` compares.
    let shown = text.find("\"shown\"").unwrap();
    let (before, after) = text.split_at(shown);
    let edited =
        resealed(&format!("{before}{}", after.replacen("lambda:InvokeFunction", "lambda:GetFunction", 1)));
    fs::write(project.path("edited.json"), edited).unwrap();
    project.run(&["show", "edited.json"]).expect(0).says("lambda:GetFunction");
    project.sandbox(&["apply", "edited.json"]).expect(3).says("the file was edited");
    // Without what it needs, nothing is shown; an earlier version's file can still be applied.
    let mut old: serde_json::Value = serde_json::from_str(&text).unwrap();
    for member in ["digest", "made", "shown"] {
        old.as_object_mut().unwrap().remove(member);
    }
    fs::write(project.path("old.json"), old.to_string()).unwrap();
    project.run(&["show", "old.json"]).expect(1).says("by an earlier genesys-iam").says("plan --out FILE");
    project.sandbox(&["apply", "old.json", "--no-check"]).expect(0).says("3 changes made");
}
