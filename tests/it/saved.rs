//! Saved plans: `plan --out` and `apply PLAN`.

use std::fs;

use crate::support::{
    BOTH_ENDS, EXAMPLE, FUNCTIONS, LITERAL_ID, MASKED_ID, Project, by_hand, example_with, resealed,
};
use insta::assert_snapshot;

#[test]
fn a_saved_plan_is_applied_without_asking_and_only_once() {
    let project = Project::example();
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0).says("genesys-iam --sandbox apply plan.json");
    project.sandbox(&["apply", "plan.json", "--no-check"]).expect(0).says("3 changes made");
    let twice = project.sandbox(&["apply", "plan.json"]);
    assert_snapshot!(twice.transcript());
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn what_changed_since_a_plan_was_saved_is_named_and_nothing_is_done() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let spec = example_with(FUNCTIONS, "functions = [\"my-genesys-trigger-function:live\"]");
    let project_of = |spec: &str| {
        project.write_spec(spec);
        &project
    };
    // The sandbox contains what its earlier specs named.
    fs::remove_dir_all(project.path(".genesys-iam")).unwrap();
    project_of(&spec).sandbox(&["plan"]).expect(0);
    project_of(EXAMPLE).sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project_of(&spec).sandbox(&["plan", "--out", "plan.json"]).expect(0).says("1 to change");
    by_hand(&project, |role| {
        let trust = role["trust"].as_str().unwrap().replace("765628985471", "691338073777");
        role["trust"] = trust.into();
        role["description"] = "by hand".into();
        role["inline"]["more"] =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#.into();
        role["attached"] = serde_json::json!([]);
    });
    let refused = project.sandbox(&["apply", "plan.json"]);
    refused.expect(3);
    assert_snapshot!(refused.transcript());
    // A diff is coloured on a terminal only.
    for format in ["json", "markdown"] {
        let report = project.sandbox(&["apply", "plan.json", "--format", format]);
        let text = &report.expect(3).stdout;
        assert!(
            text.contains("691338073777") && !text.contains(['\u{1b}']) && !text.contains("u001b"),
            "{text}"
        );
        assert!(!text.contains("othing to do"), "{text}");
    }
    // The spec's own changes are also named.
    project.write_spec(&spec.replace("[defaults]", "[defaults]\nmax_session_duration = 7200"));
    project
        .sandbox(&["apply", "plan.json"])
        .expect(3)
        .says("the spec was changed since: `max_session_duration` of the role of `GenesysDataActionRole` was 3600, now it is 7200");
}

/// Not all of an integration, in one line.
#[test]
fn of_genesys_clouds_side_the_spec_is_said_to_differ_member_by_member() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0);
    let edited = BOTH_ENDS
        .replace("name = \"AWS Lambda orders\"", "name = \"AWS Lambda orders\"\nnotes = \"Ask first\"")
        .replace("test_input = ", "timeout_seconds = 10\ntest_input = ");
    project.write_spec(&format!(
        "{edited}\n[[role.data_action]]\nname = \"Cancel\"\ninput = {{}}\noutput = {{}}\n"
    ));
    let refused = project.sandbox(&["apply", "plan.json"]);
    let role = "role `GenesysDataActionRole`";
    refused
        .expect(3)
        .says(&format!("since: it now has the data action \"Cancel\" of {role}\n"))
        .says(&format!("since: `timeout_seconds` of the data action \"Get order status\" of {role} was 60, now it is 10\n"))
        .says(&format!("since: `notes` of the integration of {role} was \"\", now it is \"Ask first\"\n"))
        .says_not("rawRequest")
        .says_not("other flows");
    project.write_spec(EXAMPLE);
    project
        .sandbox(&["apply", "plan.json"])
        .expect(3)
        .says(&format!("since: it no longer has the integration of {role}\n"));
}

/// What a plan depends on beside spec and roles: nobody edited anything.
#[test]
fn a_function_that_is_gone_since_is_said_to_be_and_the_file_not_to_be_edited() {
    let project = Project::example();
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0);
    let path = project.path(".genesys-iam/sandbox.json");
    let mut state: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let function = "arn:aws:lambda:us-east-1:111122223333:function:my-genesys-trigger-function";
    state["functions"].as_object_mut().unwrap().remove(function).unwrap();
    state["missing_functions"] = serde_json::json!([function]);
    fs::write(&path, state.to_string()).unwrap();
    project
        .sandbox(&["apply", "plan.json"])
        .expect(3)
        .says("role `GenesysDataActionRole` is blocked now: Lambda has no function `my-genesys-trigger-function`")
        .says("make a new plan")
        .says_not("edited");
}

#[test]
fn a_saved_plan_holds_no_masked_external_id_and_is_bound_to_it() {
    let id = "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234";
    let project = Project::new(&example_with(LITERAL_ID, MASKED_ID)).env("GENESYS_EXTERNAL_ID", id);
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0);
    let text = fs::read_to_string(project.path("plan.json")).unwrap();
    assert!(!text.contains(id) && text.contains("(masked external ID)"));
    let project = project.env("GENESYS_EXTERNAL_ID", "0b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234");
    project.sandbox(&["apply", "plan.json"]).expect(3).says("a masked external ID is another");
    // Values that could be guessed from a digest are not digested.
    let project = project.env("GENESYS_EXTERNAL_ID", "short-one");
    project.sandbox(&["plan", "--out", "weak.json"]).expect(3).says("could give it away").says("help:");
    assert!(!project.path("weak.json").exists());
}

#[test]
fn a_file_that_is_no_plan_or_was_edited_makes_nothing_happen() {
    let project = Project::example();
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0);
    let text = fs::read_to_string(project.path("plan.json")).unwrap();
    for (name, edited, status, says) in [
        ("live", text.replacen("\"policy\": null", "\"policy\": 1", 1), 3, "was edited"),
        ("changes", text.replacen("\"CreateRole\"", "\"DeleteRole\"", 1), 3, "the file was edited"),
        (
            "digest",
            text.replacen("\"spec_digest\": \"", "\"spec_digest\": \"0", 1),
            3,
            "`spec_digest` is another",
        ),
        (
            "address",
            text.replacen("\"genesys_cloud\": \"", "\"genesys_cloud\": \"https://other.example", 1),
            3,
            "at https://other.example, this is the sandbox's own address",
        ),
        ("summary", text.replacen("\"create\": 3", "\"create\": 1", 1), 3, "the file was edited"),
        (
            "desired",
            text.replacen("\"prevent_destroy\": false", "\"prevent_destroy\": true", 1),
            3,
            "the file was edited",
        ),
        (
            "tool",
            text.replacen("\"create\": 3", "\"create\": 1", 1).replacen("\"0.", "\"9.", 1),
            3,
            "says it otherwise",
        ),
        (
            "format",
            text.replacen("genesys-iam plan", "another plan", 1),
            1,
            "the saved plan `edited.json` is broken",
        ),
        (
            "version",
            text.replacen("\"format_version\": 1", "\"format_version\": 2", 1),
            1,
            "format version 2",
        ),
        ("json", "{".to_owned(), 1, "not a saved plan"),
        ("other", "{\"a\": 1}".to_owned(), 1, "not a saved plan"),
        ("more", text.replacen('{', "{\"more\": 1,", 1), 1, "is broken"),
    ] {
        assert_ne!(edited, text, "{name}");
        fs::write(project.path("edited.json"), resealed(&edited)).unwrap();
        let refused = project.sandbox(&["apply", "edited.json"]);
        refused
            .expect(status)
            .says(says)
            .says("help:")
            .says_not("made already")
            .says_not("masked external ID");
    }
    project.sandbox(&["apply", "none.json"]).expect(1).says("cannot read the plan `none.json`");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2).says("3 to create");
    // For another account.
    project.write_spec(&EXAMPLE.replace("111122223333", "444455556666"));
    let other = project.sandbox(&["apply", "plan.json"]);
    other.expect(3).says("the plan is for the AWS account").says_not("since").says_not("Nothing is left");
}

#[test]
fn a_plan_is_not_written_over_another_file_and_the_hint_can_be_pasted() {
    let project = Project::example();
    fs::write(project.path("my spec.toml"), EXAMPLE).unwrap();
    project.sandbox(&["plan", "--out", "genesys.toml"]).expect(3).says("is not a saved plan").says("help:");
    assert_eq!(fs::read_to_string(project.path("genesys.toml")).unwrap(), EXAMPLE);
    let plan = project.sandbox(&["--file", "my spec.toml", "plan", "--out", "a plan.json"]);
    plan.expect(0).says("genesys-iam --sandbox --file 'my spec.toml' apply 'a plan.json'");
    // An earlier plan is.
    project.sandbox(&["plan", "--out", "a plan.json"]).expect(0);
}

#[cfg(unix)]
#[test]
fn a_plan_follows_no_link_and_keeps_the_files_mode() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    let project = Project::example();
    fs::write(project.path("real.json"), "").unwrap();
    fs::set_permissions(project.path("real.json"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("real.json", project.path("link.json")).unwrap();
    project.sandbox(&["plan", "--out", "link.json"]).expect(1).says("it is a link").says_not("Plan:");
    assert_eq!(fs::metadata(project.path("real.json")).unwrap().len(), 0);
    project.sandbox(&["plan", "--out", "real.json"]).expect(0);
    let real = fs::symlink_metadata(project.path("real.json")).unwrap();
    assert!(real.mode() & 0o777 == 0o600 && real.len() > 0);
}

#[test]
fn a_plan_that_is_refused_is_not_kept() {
    let project = Project::example();
    let refused = ["plan", "--refuse-wider", "--out", "plan.json"];
    project.sandbox(&refused).expect(3).says_not("The plan is in").says_not("earlier run");
    assert!(!project.path("plan.json").exists());
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0);
    project.sandbox(&refused).expect(3).says("plan.json is from an earlier run; this plan was not kept");
}

#[test]
fn a_plan_that_was_printed_is_named_as_such() {
    let project = Project::example();
    let printed = project.sandbox(&["plan", "--json"]);
    fs::write(project.path("printed.json"), &printed.expect(0).stdout).unwrap();
    let run = project.sandbox(&["apply", "printed.json"]);
    run.expect(1).says("is a report of `plan`, not a saved plan").says("plan --out FILE");
}

#[test]
fn a_blocked_plan_is_shown_exits_with_3_and_is_not_kept() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| role["tags"] = serde_json::json!([]));
    let run = project.sandbox(&["plan", "--out", "plan.json", "--detailed-exitcode"]);
    run.expect(3).says("blocked:").says("the plan is blocked").says_not("The plan is in");
    assert!(!project.path("plan.json").exists());
    let json = project.sandbox(&["plan", "--json"]);
    json.expect(3).says("\"exit_status\": 3");
    project
        .sandbox(&["plan", "--adopt", "--out", "plan.json"])
        .expect(0)
        .says("genesys-iam --sandbox apply plan.json --adopt");
    // The file alone takes nothing over, and it cannot be applied to other roles.
    project.sandbox(&["apply", "plan.json"]).expect(3).says("made with `--adopt`").says("repeat it");
    project.sandbox(&["apply", "plan.json", "--adopt", "--role", "Gen*"]).expect(3).says("of the whole spec");
    project.sandbox(&["apply", "plan.json", "--adopt", "--no-check"]).expect(0).says("Applied.");
}

#[test]
fn a_stale_plan_says_what_nobody_has_reviewed_and_how_to_plan_again_with_the_same_guards() {
    let project = Project::example();
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0);
    let second = "\n[[role]]\nname = \"Second\"\nfunctions = [\"my-genesys-trigger-function\"]\n";
    let stale = |spec: &str, more: &[&str]| {
        project.write_spec(spec);
        project.sandbox(&[&["apply", "plan.json", "--refuse-wider=limits"], more].concat())
    };
    let added = stale(&format!("{EXAMPLE}{second}"), &[]);
    added
        .expect(3)
        .says("  not in the reviewed plan: CreateRole role `Second`\n")
        .says_not("not as in")
        .says("`genesys-iam --sandbox plan --refuse-wider=limits --out FILE`");
    let report = stale(&format!("{EXAMPLE}{second}"), &["--format", "markdown"]);
    report
        .says("| not yet | `Second` | CreateRole role `Second` (**not in the reviewed plan**) |")
        .says("| not yet | `GenesysDataActionRole` | CreateRole role `GenesysDataActionRole` |");
    stale(&example_with("\"GenesysDataActionRole\"", "\"Other\""), &[])
        .says("  no longer in the plan: CreateRole role `GenesysDataActionRole`\n")
        .says("  not in the reviewed plan: CreateRole role `Other`\n");
    stale(&example_with(FUNCTIONS, "functions = [\"my-genesys-trigger-function:live\"]"), &[])
        .says("  not as in the reviewed plan: CreatePolicy policy `GenesysLambdaInvokePolicy_");
    // What the file says of the selection is repeated, too.
    project.write_spec(&format!("{EXAMPLE}{second}"));
    project.sandbox(&["plan", "--except", "Second", "--out", "plan.json"]).expect(0);
    stale(&format!("{}{second}", example_with("us-east-1", "us-east-2")), &[])
        .expect(3)
        .says("plan --refuse-wider=limits --except Second --out FILE`");
}

#[test]
fn a_plan_of_another_spec_is_not_called_applied_and_a_masked_id_makes_no_change_of_iam() {
    let [old, new] = ["6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234", "0b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234"];
    let project = Project::new(&example_with(LITERAL_ID, MASKED_ID)).env("GENESYS_EXTERNAL_ID", old);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let project = project.env("GENESYS_EXTERNAL_ID", new);
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0);
    let project = project.env("GENESYS_EXTERNAL_ID", old);
    project
        .sandbox(&["apply", "plan.json"])
        .expect(3)
        .says("a masked external ID is another")
        .says(
            "the live state matches the spec as it is now, which is not the one that the plan was made from",
        )
        .says_not("was changed since: the trust")
        .says_not("trust policy of")
        .says_not("applied already");
}
