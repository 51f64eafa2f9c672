//! Data actions that work, and what a plan or an import means for them.

use std::fs;

use serde_json::Value;

use crate::support::{BOTH_ENDS, EXAMPLE, Project, ROLE};

const FUNCTION: &str = "my-genesys-trigger-function";
const ACTION: &str = "[[role.data_action]]";

/// The example of both ends, applied in the sandbox.
fn applied() -> Project {
    let project = Project::new(&BOTH_ENDS.replacen("[aws]", "name = \"both\"\n[aws]", 1));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project
}

fn name_of_the_action() -> &'static str {
    let table = BOTH_ENDS.split_once(ACTION).unwrap().1;
    table.split_once("name = \"").unwrap().1.split('"').next().unwrap()
}

#[test]
fn a_plan_that_ends_what_a_live_data_action_calls_says_so_first() {
    let project = applied();
    let without = BOTH_ENDS.replacen("[aws]", "name = \"both\"\n[aws]", 1);
    let without = without.split_once(ACTION).unwrap().0.to_owned();
    // The action stays, its function goes.
    fs::write(project.path("other.toml"), without.replace(FUNCTION, "another")).unwrap();
    let says = format!(
        "data action \"{}\" calls arn:aws:lambda:us-east-1:111122223333:function:{FUNCTION}, which role `{ROLE}` may no longer \
         invoke: it will fail with 403",
        name_of_the_action()
    );
    let other = |args: &[&str]| project.sandbox(&[&["--file", "other.toml"], args].concat());
    let plan = other(&["plan"]);
    plan.expect(0).says(&says);
    let second = plan.stdout.lines().nth(1).unwrap();
    assert!(second.starts_with("caution: data action"), "{}", plan.stdout);
    other(&["plan", "--format", "markdown"]).expect(0).says("> [!CAUTION]\n> Data action");
    let json: Value = serde_json::from_str(&other(&["plan", "--format", "json"]).stdout).unwrap();
    assert_eq!(json["cautions"][0]["text"], says.as_str(), "{json:#}");
    // Nothing is cut off where the function stays, where the action goes too, or where it is pointed elsewhere.
    fs::write(project.path("stays.toml"), &without).unwrap();
    project.sandbox(&["--file", "stays.toml", "plan"]).expect(0).says_not("may no longer");
    other(&["plan", "--prune"]).expect(0).says("DeleteIntegrationsAction").says_not("may no longer");
    project
        .write_spec(&BOTH_ENDS.replacen("[aws]", "name = \"both\"\n[aws]", 1).replace(FUNCTION, "another"));
    project.sandbox(&["plan"]).expect(0).says("PatchIntegrationsAction").says_not("may no longer");
    // A role that goes takes everything along that is called through it.
    fs::write(project.path("none.toml"), without.split_once("[role.integration]").unwrap().0).unwrap();
    let destroy =
        |more: &[&str]| project.sandbox(&[&["--file", "none.toml", "destroy", "--yes"], more].concat());
    destroy(&[])
        .expect(3)
        .says(&format!("blocked: role `{ROLE}` would be deleted, and data action \""))
        .says("\" of the integration \"AWS Lambda orders\", which the spec does not have, calls through it");
    // The integration is left.
    destroy(&["--even-if-used"])
        .expect(3)
        .says("\" of the integration \"AWS Lambda orders\", which the spec does not have, calls ")
        .says(&format!(", which role `{ROLE}` may no longer invoke: it will fail with 403"));
}

#[test]
fn whose_data_action_a_plan_cuts_off_is_said_also_where_the_spec_has_no_integration() {
    let project = applied();
    let state = project.path(".genesys-iam/sandbox.json");
    let change = |change: &dyn Fn(&mut Value)| {
        let mut value: Value = serde_json::from_str(&fs::read_to_string(&state).unwrap()).unwrap();
        change(&mut value["organization"]);
        fs::write(&state, value.to_string()).unwrap();
    };
    // As if somebody had made it: neither notes nor the credential's name lead to the spec.
    change(&|organization| {
        for part in ["integrations", "configurations"] {
            organization[part].as_object_mut().unwrap().values_mut().for_each(|one| one["notes"] = "".into());
        }
        organization["credentials"]
            .as_object_mut()
            .unwrap()
            .values_mut()
            .for_each(|one| one["name"] = "AWS".into());
    });
    let without = BOTH_ENDS.replacen("[aws]", "name = \"both\"\n[aws]", 1);
    let without = without.split_once("[role.integration]").unwrap().0;
    project.write_spec(&without.replace(FUNCTION, "another"));
    let action = name_of_the_action();
    let what = format!(
        "data action \"{action}\" of the integration \"AWS Lambda orders\", which the spec does not have, calls "
    );
    project.sandbox(&["plan"]).expect(0).says(&what).says("may no longer invoke: it will fail with 403");
    // So with a role that goes, and one that gets another name.
    project.write_spec(&without.replace(ROLE, "Another"));
    project.sandbox(&["plan", "--prune"]).expect(3).says("DeleteRole").says("calls through it");
    project.sandbox(&["plan", "--prune", "--even-if-used"]).expect(0).says("DeleteRole").says(&what);
    project.write_spec(without);
    project.sandbox(&["plan"]).expect(0).says_not("may no longer");
    project.sandbox(&["destroy"]).expect(3).says("calls through it");
    // Genesys Cloud may not show what a credential holds.
    change(&|organization| {
        let credentials = organization["credentials"].as_object_mut().unwrap();
        credentials
            .values_mut()
            .for_each(|one| drop(one.as_object_mut().unwrap().remove("credentialFields")));
    });
    project.write_spec(&without.replace(FUNCTION, "another"));
    project
        .sandbox(&["plan"])
        .expect(0)
        .says(&format!("data action \"{action}\" of the integration \"AWS Lambda orders\" calls "))
        .says("it will fail with 403 if the integration uses this role, which Genesys Cloud does not show");
}

#[test]
fn a_run_that_ends_half_way_says_which_data_action_fails_until_it_goes_on() {
    let project = applied();
    let state = project.path(".genesys-iam/sandbox.json");
    let mut value: Value = serde_json::from_str(&fs::read_to_string(&state).unwrap()).unwrap();
    value["organization"]["denied_permissions"] = serde_json::json!(["integrations:integration:edit"]);
    fs::write(&state, value.to_string()).unwrap();
    let moved = BOTH_ENDS.replacen("[aws]", "name = \"both\"\n[aws]", 1).replace(ROLE, "Another");
    let another_function = moved.replace(FUNCTION, "another");
    project.write_spec(&another_function);
    let run = project.sandbox(&["apply", "--yes", "--no-check"]);
    run.expect(1).says("done   PatchIntegrationsAction").says("failed PutIntegrationsCredential");
    run.says(&format!(
        "data action \"{}\" calls arn:aws:lambda:us-east-1:111122223333:function:another already, and its integration still uses \
         `arn:aws:iam::111122223333:role/{ROLE}`: until the rest is made it fails, unless that role may invoke this function",
        name_of_the_action()
    ));
    // It goes on.
    value = serde_json::from_str(&fs::read_to_string(&state).unwrap()).unwrap();
    value["organization"]["denied_permissions"] = serde_json::json!([]);
    fs::write(&state, value.to_string()).unwrap();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0).says_not("already, and its integration");
}

#[test]
fn a_role_that_goes_unseen_by_genesys_cloud_is_a_caution() {
    let both = format!("name = \"both\"\n{EXAMPLE}\n[[role]]\nname = \"Old\"\nfunctions = [\"old\"]\n");
    let project = Project::new(&both);
    let server = crate::support::served::serve(&project, &[]);
    let project = project.aws(&server.endpoint, "111122223333", "x");
    project.run(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(both.split("\n[[role]]\nname = \"Old\"").next().unwrap());
    project.run(&["plan"]).expect(0).says_not("uses it is not known");
    let caution = "role `Old` is deleted, and whether an integration of Genesys Cloud uses it is not known";
    let plan = project.run(&["plan", "--prune"]);
    plan.expect(0).says(&format!("caution: {caution}"));
    project.run(&["plan", "--prune", "--format", "markdown"]).says("uses it is not known");
    // With the organization's credentials it is.
    let ids = ["GENESYSCLOUD_OAUTHCLIENT_ID", "GENESYSCLOUD_OAUTHCLIENT_SECRET"];
    let project = ids.iter().fold(project, |project, id| project.env(id, "x"));
    project
        .run(&["--genesys-endpoint-url", &server.endpoint, "plan", "--prune"])
        .expect(0)
        .says("DeleteRole")
        .says_not("uses it is not known");
}

#[test]
fn what_becomes_of_flows_is_said_where_a_function_is_taken_from_them() {
    let project = applied();
    project.sandbox(&["--scenario", "flow-uses-action", "check"]).expect(0);
    let spec = fs::read_to_string(project.path("genesys.toml")).unwrap();
    let without = spec.split_once(ACTION).unwrap().0;
    project.write_spec(&without.replace(FUNCTION, "another"));
    project.sandbox(&["plan"]).expect(0).says("it will fail with 403; used by the flow \"Orders");
    // Its own integration, taken out of the spec, goes with the role if its tables are there.
    project.write_spec(without.split_once("[role.integration]").unwrap().0);
    project
        .sandbox(&["destroy", "--yes"])
        .expect(3)
        .says("this spec made that integration: put its tables back into the spec")
        .says("apply --prune");
}

#[test]
fn an_adoption_of_the_role_takes_no_integration_over() {
    let project = applied();
    let other = BOTH_ENDS.replacen("[aws]", "name = \"other\"\n[aws]", 1);
    let adopting = other.replacen("[[role]]", "[[role]]\nadopt = true", 1);
    fs::write(project.path("other.toml"), &adopting).unwrap();
    let plan = |args: &[&str]| project.sandbox(&[&["-f", "other.toml", "plan"], args].concat());
    plan(&[])
        .expect(3)
        .says("integration \"AWS Lambda orders\" (")
        .says("exists already")
        .says("`adopt = true` in [role.integration]");
    plan(&["--adopt"]).expect(0).says("integration \"AWS Lambda orders\" is adopted");
    let both = adopting.replace("[role.integration]", "[role.integration]\nadopt = true");
    fs::write(project.path("other.toml"), both).unwrap();
    plan(&[]).expect(0).says("integration \"AWS Lambda orders\" is adopted").says_not("no longer needed");
    project.sandbox(&["-f", "other.toml", "apply", "--yes", "--no-check"]).expect(0);
    plan(&[]).expect(0).says("`adopt = true` of the role and in [role.integration] is no longer needed");
}

#[test]
fn an_action_that_somebody_pointed_elsewhere_is_tested_with_the_specs_input() {
    let table = "test_input = { OrderNumber = \"42\" }\n";
    let (before, after) = BOTH_ENDS.split_once(ACTION).unwrap();
    let after = after.lines().filter(|line| !line.starts_with("test_input")).collect::<Vec<_>>().join("\n");
    let project = Project::new(&format!("{before}{ACTION}\n{table}{}\n", after.trim_start()));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let invoke = ["--scenario", "other-function", "check", "--invoke", name_of_the_action()];
    project.sandbox(&invoke).says("sending {\"OrderNumber\":\"42\"} to");
}

#[test]
fn an_import_takes_the_functions_that_only_a_wildcard_allows_and_data_actions_call() {
    let project = applied();
    let state = project.path(".genesys-iam/sandbox.json");
    let mut value: Value = serde_json::from_str(&fs::read_to_string(&state).unwrap()).unwrap();
    let policies = value["accounts"]["111122223333"]["policies"].as_object_mut().unwrap();
    for policy in policies.values_mut() {
        let text = policy["versions"]["1"]["text"].as_str().unwrap();
        policy["versions"]["1"]["text"] = text.replace(FUNCTION, "my-*").into();
    }
    fs::write(&state, value.to_string()).unwrap();
    let imported = project.sandbox(&["import", ROLE, "--out", "imported.toml"]);
    imported.says(&format!("the function `{FUNCTION}` is in the spec because data action"));
    let text = fs::read_to_string(project.path("imported.toml")).unwrap();
    assert!(text.contains(&format!("    \"{FUNCTION}\",\n")) && text.contains(ACTION), "{text}");
    project.sandbox(&["--file", "imported.toml", "plan"]).expect(0).says_not("may no longer");
}

#[test]
fn apply_with_a_test_makes_it_where_nothing_changed_and_names_what_it_cannot_test() {
    let project = applied();
    let action = name_of_the_action();
    let again = project.sandbox(&["apply", "--yes", "--test"]);
    again.expect(0).says("Proven end to end").says_not("is not tested");
    project.sandbox(&["apply", "--yes"]).expect(0).says_not("Proven end to end");
    let spec = fs::read_to_string(project.path("genesys.toml")).unwrap();
    let untested: String =
        spec.lines().filter(|line| !line.starts_with("test_input")).map(|line| format!("{line}\n")).collect();
    project.write_spec(&untested);
    let run = project.sandbox(&["apply", "--yes", "--test"]);
    run.expect(5)
        .says(&format!("data action \"{action}\" is not tested: it has no `test_input`"))
        .says("warning: `--test` tested nothing: no function was run");
    let (without, _) = spec.split_once("[role.integration]").unwrap();
    project.write_spec(without);
    project
        .sandbox(&["apply", "--yes", "--test"])
        .says("nothing is tested: the spec `both` has no data action");
}

#[test]
fn what_was_for_one_run_is_called_left_over_in_the_next_plan() {
    let project = applied();
    let spec = fs::read_to_string(project.path("genesys.toml")).unwrap();
    let action = name_of_the_action();
    project.sandbox(&["plan"]).says_not("no longer needed");
    let renamed =
        spec.replace(&format!("name = \"{action}\""), &format!("name = \"New\"\nwas = \"{action}\""));
    project.write_spec(&format!("{renamed}\n"));
    project.sandbox(&["apply", "--yes"]).expect(0).says_not("no longer needed");
    project.sandbox(&["plan"]).expect(0).says("data action \"New\": `was` is no longer needed: remove it");
    let other = renamed.replace("status = \"string\"", "status = \"string\", total = \"number\"");
    project.write_spec(&format!("{other}\nreplace = true\n"));
    project
        .sandbox(&["apply", "--yes", "--test"])
        .expect(0)
        .says("is replaced")
        .says_not("replace = true` is no");
    project
        .sandbox(&["plan"])
        .expect(0)
        .says("`was` and `replace = true` are no longer needed: remove them, or");
}

#[test]
fn what_an_invocation_cannot_find_is_answered_with_what_there_is() {
    let project = applied();
    let action = name_of_the_action();
    let near = project.sandbox(&["check", "--invoke", &format!("{action}s")]);
    near.expect(1).says(&format!("did you mean \"{action}\"?"));
    let far = project.sandbox(&["check", "--invoke", "something else entirely"]);
    far.expect(1).says("; there are \"").says(&format!("\"{action}\""));
}

#[test]
fn a_data_action_taken_out_says_all_that_its_pruning_needs() {
    let project = applied();
    let spec = fs::read_to_string(project.path("genesys.toml")).unwrap();
    project.write_spec(spec.split_once(ACTION).unwrap().0);
    let plan = project.sandbox(&["plan"]);
    plan.says("unless you ask for its removal with `--prune`");
}

#[test]
fn an_integration_that_is_off_only_while_it_is_changed_is_not_called_enabled_or_not_enabled() {
    let project = applied();
    let spec = fs::read_to_string(project.path("genesys.toml")).unwrap();
    // A role of the same name in another account stays as it is.
    project.write_spec(&spec.replace("111122223333", "222233334444"));
    project.sandbox(&["plan", "--adopt"]).says("PutIntegrationsCredential").says_not("is switched off until");
    let former =
        format!("\n[[role]]\nname = \"{ROLE}\"\nfunctions = [\"{FUNCTION}\"]\nmax_session_duration = 7200\n");
    let [was, is] = [ROLE, "Taker"].map(|role| format!("\nname = \"{role}\""));
    assert!(spec.contains(&was), "{spec}");
    project.write_spec(&(spec.replacen(&was, &is, 1) + &former));
    project.sandbox(&["plan"]).says("PatchIntegration ").says("is switched off until");
    let check = project.sandbox(&["check", "--all"]);
    check.says("The credential holds").says_not("which the spec does not want").says_not("is not enabled");
}
