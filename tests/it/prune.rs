//! `--prune`: roles and policies removed from the spec.

use crate::support::{EXAMPLE, Project, ROLE};
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
