//! Masked external IDs, and that nothing printed contains them.

use crate::support::{EXAMPLE, LITERAL_ID, MASKED_ID, Project, ROLE, Run, by_hand, example_with};
use std::fs;

#[test]
fn a_masked_external_id_appears_nowhere() {
    let id = "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234";
    let old = "0a1b2c3d-aaaa-4bbb-8ccc-ddddeeeeffff";
    let project = Project::new(&example_with(LITERAL_ID, MASKED_ID)).env("GENESYS_EXTERNAL_ID", old);
    project.sandbox(&["apply", "--yes"]).expect(0).says_not(old).says("(masked external ID)");
    // The rotation shows a change without showing either value, or a near miss of the new one.
    let project = project.env("GENESYS_EXTERNAL_ID", id);
    for args in
        [&["plan", "-vv"][..], &["check", "-vv"], &["apply", "--yes", "-vv"], &["check", "-vv"], &["plan"]]
    {
        let run = Run::of(project.command(&[&["--sandbox"], args].concat()).env("RUST_LOG", "trace"));
        for secret in [id, old, &id[..id.len() - 1], &id.to_uppercase()] {
            run.says_not(secret);
        }
    }
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn a_rotated_masked_id_is_shown_as_another_value() {
    let project = Project::new(&example_with(LITERAL_ID, MASKED_ID))
        .env("GENESYS_EXTERNAL_ID", "first-organization-id");
    project.sandbox(&["apply", "--yes"]).expect(0);
    let plan = project.env("GENESYS_EXTERNAL_ID", "second-organization-id").sandbox(&["plan"]);
    plan.says("\"(masked: another external ID)\"").says("\"(masked external ID)\"").expect(0);
}

#[test]
fn where_an_external_id_is_masked_so_are_those_of_what_is_pruned() {
    let id = "0b1c2d3e-0b6c-4a8e-9d51-7f0e3c2b1a90";
    let named = |text: &str| format!("name = \"contact-centre\"\n{text}");
    let project = Project::new(&named(&EXAMPLE.replace("2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90", id)));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| {
        role["inline"]["more"] = serde_json::json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
            "Action": "sts:AssumeRole", "Resource": "*", "Condition": {"StringEquals": {"sts:ExternalId": "inline-id-1"}}}})
        .to_string()
        .into();
    });
    project.write_spec(&named(&example_with(LITERAL_ID, MASKED_ID).replacen(ROLE, "Renamed", 1)));
    let project = project.env("GENESYS_EXTERNAL_ID", "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234");
    for args in [&["plan", "--prune"][..], &["plan", "--prune", "--format", "json", "--out", "plan.json"]] {
        project
            .sandbox(args)
            .expect(0)
            .says("(masked: another external ID)")
            .says_not(id)
            .says_not("inline-id-1");
    }
    let saved = fs::read_to_string(project.path("plan.json")).unwrap();
    assert!(!saved.contains(id) && !saved.contains("inline-id-1"));
}
