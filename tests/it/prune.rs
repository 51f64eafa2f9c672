//! `--prune`: roles and policies removed from the spec.

use crate::support::{BOTH_ENDS, EXAMPLE, Project, ROLE, Run};
use insta::assert_snapshot;

#[test]
fn a_role_taken_out_of_the_spec_is_found_by_its_tag_and_pruned_when_asked() {
    let named = format!("name = \"contact-centre\"\n{EXAMPLE}");
    let project = Project::new(&named);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&named.replacen(&format!("\"{ROLE}\""), "\"Renamed\"", 1));
    let plan = project.sandbox(&["plan"]);
    plan.says("caution: role `GenesysDataActionRole` is no longer in the spec (`contact-centre`) and stays")
        .says("3 to create");
    let pruned = project.sandbox(&["plan", "--prune", "--out", "plan.json"]);
    assert_snapshot!(pruned.transcript());
    let not_repeated = project.sandbox(&["apply", "plan.json", "--no-check"]);
    not_repeated
        .expect(3)
        .says("made with `--prune`, and that is not given here")
        .says("apply PLAN.json --prune`");
    project.sandbox(&["apply", "plan.json", "--prune", "--no-check"]).expect(0).says("6 changes made");
    project.sandbox(&["plan", "--detailed-exitcode", "--prune"]).expect(0).says_not(ROLE);
}

#[test]
fn a_policy_with_a_name_of_its_own_is_pruned_with_its_role() {
    let with_name = format!("name = \"contact-centre\"\n{EXAMPLE}policy_name = \"Own\"\n");
    let project = Project::new(&with_name);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&with_name.replacen(ROLE, "Renamed", 1).replace("\"Own\"", "\"Another\""));
    project.sandbox(&["plan", "--prune", "--out", "plan.json"]).expect(0).says("DeletePolicy policy `Own`");
    project.sandbox(&["apply", "plan.json", "--prune", "--no-check"]).expect(0).says("6 changes made");
    // Policies cannot be renamed.
    project.write_spec(&with_name.replacen(ROLE, "Renamed", 1).replace("\"Own\"", "\"Third\""));
    project
        .sandbox(&["apply", "--yes"])
        .expect(3)
        .says("a policy cannot be renamed")
        .says("policy_name = \"Another\"");
}

#[test]
fn pruning_needs_a_name_that_no_other_file_has_by_chance() {
    let project = Project::example();
    project.sandbox(&["apply", "--prune", "--yes"]).expect(3).says("set `name` in the spec").says("name = ");
    // This spec must not prune another spec's roles.
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&format!("name = \"another\"\n{}", EXAMPLE.replace(ROLE, "Another")));
    project.sandbox(&["plan", "--prune"]).expect(0).says("3 to create").says_not("to remove").says_not(ROLE);
}

fn state(project: &Project, folder: &str) -> serde_json::Value {
    let path = project.path(&format!("{folder}.genesys-iam/sandbox.json"));
    serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
}

/// Saved or not, a plan does the same.
fn apply(project: &Project, is_saved: bool, specs: &[&str], flags: &[&str]) -> Run {
    if !is_saved {
        return project.sandbox(&[specs, &["apply", "--yes"], flags].concat());
    }
    project.sandbox(&[specs, &["plan", "--out", "plan.json"], flags].concat()).expect(0);
    project.sandbox(&[specs, &["apply", "plan.json"], flags].concat())
}

#[test]
fn what_another_spec_of_the_run_names_is_not_pruned_whoever_comes_first() {
    let own = |name: &str, role: &str, more: &str| {
        format!("name = \"{name}\"\n{}{more}", BOTH_ENDS.replace(ROLE, role))
    };
    // Who takes over the role, or what it is for another role.
    let moved = |name: &str| own(name, ROLE, "");
    for (is_saved, taker) in [(false, "0"), (true, "0"), (false, "b"), (true, "b")] {
        let project = Project::empty();
        std::fs::create_dir(project.path("s")).unwrap();
        let write =
            |file: &str, text: &str| std::fs::write(project.path(&format!("s/{file}.toml")), text).unwrap();
        write("a", &moved("a"));
        let specs = &["-f", "s"];
        project.sandbox(&[&specs[..], &["apply", "--yes", "--no-check"]].concat()).expect(0);
        let before = state(&project, "s/");
        write(taker, &moved("b"));
        write("a", &own("a", "Other", "").replace("AWS Lambda orders", "AWS Lambda other"));
        let plan = project.sandbox(&[&specs[..], &["plan"]].concat());
        plan.says(&format!(
            "role `{ROLE}` is no longer in this spec, but s/{taker}.toml names it: it is left"
        ));
        let run = apply(&project, is_saved, specs, &["--adopt", "--prune"]);
        run.expect(0).says_not("Delete");
        let after = state(&project, "s/");
        let role = &after["accounts"]["111122223333"]["roles"][ROLE];
        assert!(role["tags"].to_string().contains(r#"{"key":"genesys-iam:spec","value":"b"}"#), "{role}");
        // The integration and the data action that flows hold are the same.
        for (kind, name) in [("integrations", "AWS Lambda orders"), ("actions", "Get order status")] {
            let ids = |state: &serde_json::Value| -> Vec<String> {
                let all = state["organization"][kind].as_object().unwrap().iter();
                all.filter(|(_, one)| one["name"] == name).map(|(id, _)| id.clone()).collect()
            };
            assert!(ids(&before).iter().all(|id| ids(&after).contains(id)), "{kind}");
            assert!(!ids(&before).is_empty(), "{before}");
        }
        project.sandbox(&[&specs[..], &["plan", "--prune", "--detailed-exitcode"]].concat()).expect(0);
    }
}

#[test]
fn while_a_spec_of_the_run_cannot_be_read_nothing_is_pruned() {
    let project = Project::empty();
    std::fs::create_dir(project.path("s")).unwrap();
    let named = |role: &str| format!("name = \"a\"\n{}", EXAMPLE.replace(ROLE, role));
    std::fs::write(project.path("s/a.toml"), named(ROLE)).unwrap();
    project.sandbox(&["-f", "s", "apply", "--yes", "--no-check"]).expect(0);
    std::fs::write(project.path("s/a.toml"), named("Other")).unwrap();
    std::fs::write(project.path("s/b.toml"), "name = \"b\"\n[aws\n").unwrap();
    let run = project.sandbox(&["-f", "s", "apply", "--yes", "--prune", "--no-check"]);
    run.says("s/b.toml cannot be read").says_not("done");
    assert!(state(&project, "s/")["accounts"]["111122223333"]["roles"][ROLE].is_object());
}

#[test]
fn destroy_says_what_it_leaves_of_what_this_spec_made() {
    let named = format!("name = \"contact-centre\"\n{EXAMPLE}");
    let project = Project::new(&named);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&named.replacen(&format!("\"{ROLE}\""), "\"Renamed\"", 1));
    let run = project.sandbox(&["destroy", "--yes"]);
    run.expect(3)
        .says(&format!("no longer in it, and left: role `{ROLE}`"))
        .says_not("Nothing from this spec exists");
}

#[test]
fn a_renamed_role_takes_over_before_the_old_one_goes() {
    let named = format!("name = \"contact-centre\"\n{BOTH_ENDS}");
    let mut done = Vec::new();
    for is_saved in [false, true] {
        let project = Project::new(&named);
        project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
        project.write_spec(&named.replacen(&format!("\"{ROLE}\""), "\"Renamed\"", 1));
        let run = apply(&project, is_saved, &[], &["--prune"]);
        run.expect(0);
        let lines = run.stderr.lines().filter_map(|line| line.strip_prefix("done   ")?.split(' ').next());
        done.push(lines.map(str::to_owned).collect::<Vec<_>>());
    }
    let order = [
        "CreatePolicy",
        "CreateRole",
        "AttachRolePolicy",
        "PutIntegrationsCredential",
        "DetachRolePolicy",
        "DeletePolicy",
        "DeleteRole",
    ];
    assert_eq!(done, [order, order]);
}
