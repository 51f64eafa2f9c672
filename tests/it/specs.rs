//! Which spec a command works on: named, found, from standard input, or the built-in one.

use std::fs;
use std::io::Write as _;
use std::process::Stdio;

use crate::support::{EXAMPLE, LITERAL_ID, MASKED_ID, Project, Run, example_with};

#[test]
fn in_an_empty_folder_every_command_says_what_to_do_next() {
    let empty = Project::empty();
    for args in
        [&["plan"][..], &["apply"], &["check"], &["destroy"], &["validate"], &["fmt"], &["permissions"]]
    {
        let run = empty.run(args);
        run.expect(1).says("there is no genesys.toml in this folder or above it");
        run.says("genesys-iam init").says("genesys-iam import").says("--sandbox");
    }
}

#[test]
fn the_sandbox_has_a_spec_to_show_where_there_is_none() {
    let empty = Project::empty();
    let plan = empty.run(&["--sandbox", "plan"]);
    plan.expect(0).says("using the built-in demonstration spec").says("to create");
    empty.run(&["--sandbox", "apply", "--yes"]).expect(0).says("no fault");
    empty.run(&["--sandbox", "plan", "--detailed-exitcode"]).expect(0);
    empty.run(&["--sandbox", "destroy", "--yes"]).expect(0);
    assert!(!empty.path("genesys.toml").exists());
}

#[test]
fn the_spec_is_found_above_as_far_as_the_repository_or_the_home_folder() {
    let project = Project::example();
    fs::create_dir_all(project.path("a/b")).unwrap();
    let below =
        |folder: &str, args: &[&str]| Run::of(project.command(args).current_dir(project.path(folder)));
    // The project is the home folder.
    let found = project.path("genesys.toml").canonicalize().unwrap();
    below("a/b", &["--sandbox", "apply", "--yes"])
        .expect(0)
        .says(&format!("the spec is {}", found.display()));
    assert!(project.path(".genesys-iam/sandbox.json").exists());
    assert!(!project.path("a/b/.genesys-iam").exists());
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
    // A repository ends the search.
    fs::create_dir(project.path("a/.git")).unwrap();
    below("a/b", &["validate"]).expect(1).says("there is no genesys.toml");
    // Of two, the nearer one.
    fs::write(project.path("a/genesys.toml"), EXAMPLE.replace("111122223333", "444455556666")).unwrap();
    below("a/b", &["validate"]).expect(0).says("444455556666");
    Run::of(project.command(&["validate"]).current_dir(project.path("a/b")).env("HOME", "/nonexistent"))
        .expect(0);
}

#[cfg(unix)]
#[test]
fn a_spec_above_that_another_user_can_have_written_is_not_used_unasked() {
    use std::os::unix::fs::PermissionsExt as _;
    let project = Project::example();
    fs::create_dir(project.path("below")).unwrap();
    let below = |args: &[&str]| Run::of(project.command(args).current_dir(project.path("below")));
    let mode = |name: &str, mode: u32| {
        fs::set_permissions(project.path(name), fs::Permissions::from_mode(mode)).unwrap();
    };
    mode("genesys.toml", 0o666);
    below(&["validate"]).expect(3).says("could have been written by another user").says("--file");
    mode("genesys.toml", 0o644);
    mode("", 0o777);
    below(&["validate"]).expect(3).says("could have been written by another user");
    below(&["validate", "../genesys.toml"]).expect(0);
    mode("", 0o755);
    below(&["validate"]).expect(0);
}

#[test]
fn a_folder_a_variable_and_standard_input_name_the_spec_too() {
    let project = Project::empty();
    fs::create_dir(project.path("specs")).unwrap();
    fs::write(project.path("specs/genesys.toml"), EXAMPLE).unwrap();
    fs::write(project.path("other.toml"), EXAMPLE.replace("111122223333", "444455556666")).unwrap();
    project.run(&["-C", "specs", "validate"]).expect(0).says("Valid. genesys.toml");
    let plan = project.run(&["-C", "specs", "--sandbox", "plan", "--out", "plan.json"]);
    plan.expect(0).says("genesys-iam -C specs --sandbox apply plan.json");
    assert!(project.path("specs/plan.json").exists() && project.path("specs/.genesys-iam").exists());
    project
        .run(&["-C", "none", "validate"])
        .expect(1)
        .says("cannot change to the folder `none`")
        .says("help:");
    let variable = project.env("GENESYS_IAM_FILE", "other.toml");
    variable.run(&["validate"]).expect(0).says("444455556666");
    variable.run(&["validate", "specs"]).expect(0).says("111122223333");
    variable.run(&["-f", "specs", "validate"]).expect(0).says("111122223333");
    let mut child = variable.command(&["-f", "-", "validate"]);
    let mut child =
        child.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(EXAMPLE.as_bytes()).unwrap();
    Run::from(child.wait_with_output().unwrap()).expect(0).says("Valid. standard input").says("111122223333");
}

#[test]
fn validate_and_fmt_take_files_and_folders() {
    let project = Project::example();
    fs::create_dir(project.path("specs")).unwrap();
    let squeezed = |account: &str| EXAMPLE.replace("111122223333", account).replace(" = ", "=");
    fs::write(project.path("specs/a.toml"), squeezed("444455556666")).unwrap();
    fs::write(project.path("specs/b.toml"), squeezed("777788889999")).unwrap();
    project.run(&["validate", "genesys.toml", "specs"]).expect(0).says("Valid. specs/b.toml");
    project
        .run(&["fmt", "--check", "specs", "genesys.toml"])
        .expect(2)
        .says("specs/a.toml")
        .says("specs/b.toml");
    project.run(&["fmt", "specs/a.toml", "specs/b.toml"]).expect(0);
    project.run(&["fmt", "--check", "specs"]).expect(0);
    project.run(&["--file", "specs", "validate", "genesys.toml"]).expect(64).says("name them in one way");
}

#[test]
fn quiet_prints_results_and_warnings_only() {
    let project = Project::example();
    let run = project.run(&["-q", "--sandbox", "apply", "--yes"]);
    run.expect(0).says("Applied.").says_not("note:").says_not("done   ");
    project.run(&["-q", "--sandbox", "plan", "--out", "plan.json"]).expect(0).says_not("The plan is in");
    project.run(&["-q", "validate", "none.toml"]).expect(1).says("error:");
}

#[test]
fn the_version_and_the_help_are_commands_too() {
    let empty = Project::empty();
    empty.run(&["version"]).expect(0).says(concat!("genesys-iam ", env!("CARGO_PKG_VERSION"), " ("));
    empty.run(&["help", "plan"]).expect(0).says("Show what apply would change");
}

#[test]
fn what_is_only_looked_at_needs_no_secret() {
    let project = Project::new(&example_with(LITERAL_ID, MASKED_ID));
    for args in [&["validate"][..], &["permissions"], &["fmt", "--check"]] {
        project.run(args).expect(0).says_not("00000000");
    }
    project.run(&["validate"]).says("warning: the environment variable `GENESYS_EXTERNAL_ID` is not set");
    project
        .sandbox(&["plan"])
        .expect(1)
        .says("error: the environment variable `GENESYS_EXTERNAL_ID` is not set");
}

#[test]
fn a_spec_from_standard_input_names_no_relative_file() {
    let project = Project::empty();
    fs::write(project.path("id"), "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234").unwrap();
    let validate = |path: &str| {
        let spec = example_with(LITERAL_ID, &format!("external_id = {{ file = {path:?} }}"));
        let mut command = project.command(&["-f", "-", "validate"]);
        let mut child =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        child.stdin.take().unwrap().write_all(spec.as_bytes()).unwrap();
        Run::from(child.wait_with_output().unwrap())
    };
    validate("id").expect(1).says("relative to what?");
    validate(project.path("id").canonicalize().unwrap().to_str().unwrap()).expect(0);
}

#[test]
fn what_cannot_be_a_spec_is_said_to_be_what_it_is() {
    let project = Project::example();
    project.sandbox(&["plan", "--out", "p.json"]).expect(0);
    project
        .run(&["validate", "-f", "p.json"])
        .expect(1)
        .says("genesys-iam apply p.json")
        .says_not("not TOML");
    fs::write(project.path("other.json"), "{\"a\": 1}").unwrap();
    project
        .run(&["validate", "-f", "other.json"])
        .expect(1)
        .says("is JSON of another kind, not a spec")
        .says_not("apply");
    fs::write(project.path("binary.toml"), [0xff, 0xfe]).unwrap();
    project
        .run(&["validate", "-f", "binary.toml"])
        .expect(1)
        .says("TOML in UTF-8")
        .says_not("check the name");
}

/// Commands that compare the spec with the sandbox, or change it.
const JUDGES: [&[&str]; 5] = [
    &["check"],
    &["plan"],
    &["plan", "--adopt", "--prune", "--out", "plan.json"],
    &["apply", "--adopt", "--yes"],
    &["destroy", "--yes"],
];

fn state(project: &Project) -> String {
    fs::read_to_string(project.path(".genesys-iam/sandbox.json")).unwrap()
}

/// What somebody made, without what reading leaves: sessions, tokens, when a role was last used.
fn made(project: &Project) -> String {
    let mut state: serde_json::Value = serde_json::from_str(&state(project)).unwrap();
    for account in state["accounts"].as_object_mut().unwrap().values_mut() {
        for role in account["roles"].as_object_mut().unwrap().values_mut() {
            role.as_object_mut().unwrap().remove("last_used");
        }
    }
    let organization = &state["organization"];
    let of_genesys =
        ["id", "integrations", "configurations", "credentials", "actions"].map(|key| &organization[key]);
    serde_json::json!([state["accounts"], state["functions"], state["missing_functions"], of_genesys])
        .to_string()
}

fn edited(project: &Project, edit: impl FnOnce(&mut serde_json::Value)) {
    let mut value: serde_json::Value = serde_json::from_str(&state(project)).unwrap();
    edit(&mut value);
    fs::write(project.path(".genesys-iam/sandbox.json"), value.to_string()).unwrap();
}

#[test]
fn the_demonstration_spec_is_neither_applied_to_nor_compared_with_what_it_did_not_make() {
    // What a spec made that is gone; a role made by hand; a demonstration that never made anything itself.
    let spec_gone = Project::new(EXAMPLE);
    spec_gone.sandbox(&["apply", "--yes"]).expect(0);
    fs::remove_file(spec_gone.path("genesys.toml")).unwrap();
    let by_hand = Project::empty();
    by_hand.sandbox(&["--scenario", "wrong-external-id", "diagnose"]).expect(4);
    let by_others = Project::empty();
    by_others.sandbox(&["apply", "--yes"]).expect(0);
    edited(&by_others, |state| {
        for kind in ["roles", "policies"] {
            for made in state["accounts"]["111122223333"][kind].as_object_mut().unwrap().values_mut() {
                made["tags"] = serde_json::json!([]);
            }
        }
    });
    // Older states do not say who made them.
    let old = Project::empty();
    old.sandbox(&["apply", "--yes"]).expect(0);
    edited(&old, |state| {
        state.as_object_mut().unwrap().remove("is_demonstration");
    });
    for (index, project) in [spec_gone, by_hand, by_others, old].iter().enumerate() {
        let before = state(project);
        for command in JUDGES {
            let run = project.sandbox(command);
            run.expect(3)
                .says("the built-in demonstration spec did not make what the sandbox holds")
                .says("`genesys-iam --sandbox diagnose` needs no spec, and with `--out genesys.toml` writes one")
                .says_not("using the built-in");
            assert_eq!(run.stdout, "", "{index}");
            assert!(state(project) == before, "{index} {command:?}: the state changed");
        }
        // Nothing of the demonstration's is added for the others.
        let before = made(project);
        project.sandbox(&["import", "--all"]).says("GenesysDataActionRole");
        assert_eq!(made(project), before, "{index}");
        // What it says works.
        project.sandbox(&["diagnose", "--out", "genesys.toml"]);
        assert!(project.path("genesys.toml").exists(), "{index}");
        project.sandbox(&["apply", "--adopt", "--yes"]).says_not("demonstration");
    }
}

#[test]
fn the_demonstration_goes_on_with_what_it_made_itself() {
    let project = Project::empty();
    for command in [
        &["plan"][..],
        &["apply", "--yes"],
        &["check"],
        &["--scenario", "role-missing", "plan"],
        &["apply", "--yes"],
        &["--scenario", "policy-missing", "plan"],
        &["apply", "--yes"],
        &["destroy", "--yes"],
        &["plan"],
        &["apply", "--yes"],
    ] {
        project.sandbox(command).expect(0).says("using the built-in demonstration spec");
    }
    // Another spec has used the state since.
    fs::write(project.path("genesys.toml"), EXAMPLE.replace("GenesysDataActionRole", "Mine")).unwrap();
    project.sandbox(&["plan"]).expect(0);
    fs::remove_file(project.path("genesys.toml")).unwrap();
    project.sandbox(&["plan"]).expect(3);
    project.sandbox(&["sandbox", "reset"]).expect(0);
    project.sandbox(&["plan"]).expect(0).says("using the built-in demonstration spec");
}

#[test]
fn a_state_without_a_spec_is_looked_at_in_the_account_and_region_that_it_is_of() {
    let spec = EXAMPLE.replace("111122223333", "444455556666").replace("us-east-1", "eu-central-1");
    let project = Project::new(&spec);
    project.sandbox(&["apply", "--yes"]).expect(0);
    project.sandbox(&["--scenario", "function-missing", "check"]).expect(4);
    fs::remove_file(project.path("genesys.toml")).unwrap();
    let before = made(&project);
    project.sandbox(&["diagnose"]).expect(4).says("my-genesys-trigger-function");
    project
        .sandbox(&["import", "--all"])
        .expect(0)
        .says("account_id = \"444455556666\"")
        .says("eu-central-1");
    assert_eq!(made(&project), before, "the missing function is still missing");
    project.sandbox(&["sandbox", "undo"]).expect(0).says("the function my-genesys-trigger-function");
    project.sandbox(&["diagnose"]).expect(0);
}
