//! The binary as a user meets it: whole outputs and exit statuses, in the sandbox.

use std::fs;

use crate::support::{EXAMPLE, POLICY_ARN, Project, ROLE, Run, Server};
use insta::assert_snapshot;

/// Changes one line of the example.
fn example_with(from: &str, to: &str) -> String {
    assert!(EXAMPLE.contains(from), "the example has no {from:?}");
    EXAMPLE.replacen(from, to, 1)
}

const LITERAL_ID: &str = "external_id = \"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"";
const MASKED_ID: &str = "external_id = { env = \"GENESYS_EXTERNAL_ID\" }";
const FUNCTIONS: &str = "functions = [\"my-genesys-trigger-function\"]";

#[test]
fn a_plan_after_apply_is_empty() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes"]).expect(0);
    let plan = project.sandbox(&["plan", "--detailed-exitcode"]);
    assert_snapshot!(plan.transcript(), @r"
    exit status 0
    --- stdout
    AWS account 111122223333, region us-east-1

    role GenesysDataActionRole
      no changes

    No changes. Live state is what the spec says.
    --- stderr
    ");
    project.sandbox(&["apply"]).expect(0).says("No changes.");
}

#[test]
fn a_plan_from_nothing_shows_every_change_and_who_gains_access() {
    let plan = Project::example().sandbox(&["plan", "--detailed-exitcode"]);
    assert_snapshot!(plan.transcript());
}

#[test]
fn apply_from_nothing_makes_the_changes_and_checks_them() {
    let apply = Project::example().sandbox(&["apply", "--yes"]);
    assert_snapshot!(apply.transcript());
}

#[test]
fn apply_without_a_terminal_wants_yes_and_changes_nothing() {
    let project = Project::example();
    project.sandbox(&["apply"]).expect(3).says("no terminal").says("--yes");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2).says("3 to create");
}

#[test]
fn check_before_apply_says_that_there_is_no_role() {
    let check = Project::example().sandbox(&["check"]);
    assert_snapshot!(check.transcript());
}

#[test]
fn no_check_leaves_the_check_out() {
    Project::example()
        .sandbox(&["apply", "--yes", "--no-check"])
        .expect(0)
        .says("Applied.")
        .says_not("Check:");
}

#[test]
fn the_output_is_the_same_in_colour_but_for_the_colour() {
    let project = Project::example();
    let plain = project.sandbox(&["plan"]);
    let colour = project.sandbox(&["plan", "--color", "always"]);
    assert!(!plain.stdout.contains('\x1b'));
    assert!(colour.stdout.contains('\x1b'));
    assert_eq!(anstream::adapter::strip_str(&colour.stdout).to_string(), plain.stdout);
    let forced = Run::of(project.command(&["--sandbox", "plan"]).env("CLICOLOR_FORCE", "1"));
    assert!(forced.stdout.contains('\x1b'));
}

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
fn a_missing_function_is_named_with_its_region_and_kind() {
    let project = Project::example();
    // The sandbox keeps the functions that it was made with; a typo comes later, over the served sandbox.
    let server = serve(&project);
    let spec = example_with(
        FUNCTIONS,
        "functions = [\"gone\", \"my-genesys-trigger-function:live\", \"my-genesys-trigger-function:7\"]",
    );
    let other = Project::new(&spec).aws(&server.endpoint, "111122223333", "x");
    assert_snapshot!(other.run(&["plan"]).transcript());
}

fn serve(project: &Project) -> Server {
    Server::start(
        project.command(&["sandbox", "serve", "--listen", "127.0.0.1:0"]).stderr(std::process::Stdio::null()),
    )
}

#[test]
fn another_account_is_refused_and_nothing_of_it_is_shown() {
    let project = Project::example();
    let server = serve(&project);
    let other = Project::example().aws(&server.endpoint, "999988887777", "x");
    let plan = other.run(&["plan"]).transcript();
    for args in [&["apply", "--yes"][..], &["check"]] {
        assert_eq!(other.run(args).transcript(), plan);
    }
    assert_snapshot!(plan);
}

#[test]
fn every_fault_of_a_spec_is_reported_at_once_with_its_place() {
    let project = Project::new(include_str!("../spec/many_faults.toml"));
    assert_snapshot!(project.run(&["validate"]).transcript());
}

#[test]
fn an_unknown_account_is_a_warning_that_names_the_known_ones() {
    let project = Project::new(&example_with("\"765628985471\"", "\"691338073777\""));
    assert_snapshot!(project.run(&["validate"]).transcript());
}

#[test]
fn a_spec_that_is_not_there_is_said_to_be() {
    let project = Project::example();
    assert_snapshot!(project.run(&["--file", "other.toml", "plan"]).transcript());
}

#[test]
fn wrong_usage_exits_with_64_and_help_with_0() {
    let project = Project::example();
    project.run(&["plan", "--nonsense"]).expect(64);
    project.run(&[]).expect(64);
    project.run(&["--version"]).expect(0).says("genesys-iam 0.1.0");
    assert_snapshot!(project.run(&["--help"]).transcript());
}

#[test]
fn several_roles_in_one_file_work() {
    let spec = format!(
        "{EXAMPLE}\n[[role]]\nname = \"Second\"\npath = \"/genesys/\"\nfunctions = [\"other:live\", \
         \"arn:aws:lambda:us-east-1:111122223333:function:third\"]\nmax_session_duration = 7200\n"
    );
    let project = Project::new(&spec);
    project.sandbox(&["apply", "--yes"]).expect(0).says("6 changes made");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0).says("role Second");
}

#[test]
fn another_partition_works() {
    let spec = example_with("\"us-east-1\"", "\"us-gov-west-1\"").replace("765628985471", "325654371633");
    let project = Project::new(&spec);
    let plan = project.sandbox(&["plan"]);
    plan.expect(0).says("arn:aws-us-gov:iam::325654371633:root").says_not("arn:aws:");
    project.sandbox(&["apply", "--yes"]).expect(0);
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn a_broken_state_file_is_named_with_the_remedy() {
    let project = Project::example();
    project.sandbox(&["plan"]).expect(0);
    fs::write(project.path(".genesys-iam/sandbox.json"), "{").unwrap();
    project.sandbox(&["plan"]).expect(1).says(".genesys-iam/sandbox.json").says("delete the file");
}

#[test]
fn the_log_has_one_line_a_call_with_request_id_and_no_secret() {
    let project = Project::example();
    let run = project.run(&["--sandbox", "check", "-v"]);
    let lines: Vec<&str> = run.stderr.lines().filter(|line| line.contains("iam:GetRole")).collect();
    assert_eq!(lines.len(), 1, "{}", run.transcript());
    assert!(lines[0].contains(" ms, request "), "{lines:?}");
    project.sandbox(&["apply", "--yes"]).expect(0);
    let run = Run::of(project.command(&["--sandbox", "check", "-vv"]).env("RUST_LOG", "trace"));
    for secret in ["sandbox-session-token", "Authorization", "X-Amz-Security-Token"] {
        run.says_not(secret);
    }
}

#[test]
fn a_closed_pipe_is_no_error() {
    let project = Project::example();
    let mut child = project
        .command(&["--sandbox", "plan"])
        .stdout(std::process::Stdio::piped())
        .stderr(std::process::Stdio::piped())
        .spawn()
        .unwrap();
    drop(child.stdout.take());
    let run = Run::from(child.wait_with_output().unwrap());
    run.expect(0).says_not("error").says_not("panicked");
}

#[test]
fn the_sandbox_is_served_on_loopback_only() {
    let project = Project::example();
    project.run(&["sandbox", "serve", "--listen", "0.0.0.0:0"]).expect(64).says("loopback");
}

#[test]
fn nothing_reaches_the_network_when_no_one_listens() {
    let project =
        Project::example().aws("http://127.0.0.1:9", "111122223333", "x").env("AWS_MAX_ATTEMPTS", "1");
    let run = project.run(&["plan"]);
    run.expect(1).says("error: sts:GetCallerIdentity").says("help: ").says_not(ROLE).says_not(POLICY_ARN);
}

#[test]
fn the_readme_shows_what_a_plan_really_prints() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let path = project.path(".genesys-iam/sandbox.json");
    let mut state: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    let trust = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"691338073777"},"Action":"sts:AssumeRole"}}"#;
    state["accounts"]["111122223333"]["roles"][ROLE]["trust"] = trust.into();
    fs::write(&path, state.to_string()).unwrap();
    let plan = project.sandbox(&["plan"]);
    plan.expect(0);
    let readme = include_str!("../../README.md");
    assert!(readme.contains(&plan.stdout), "{}", plan.transcript());
    let check = project.sandbox(&["check"]);
    check.expect(4).says("FAULT nobody else is named").says("it also lets in AWS account 691338073777");
    let diagnosis = &check.stdout[check.stdout.find("  diagnosis").unwrap()..];
    assert!(readme.contains(diagnosis), "{diagnosis}");
    project.sandbox(&["apply", "--yes"]).expect(0).says("no fault");
    let proof = project.sandbox(&["check", "--invoke", "my-genesys-trigger-function"]);
    let end = &proof.stdout[proof.stdout.find("  end to end").unwrap()..];
    assert!(readme.contains(end), "{end}");
}

#[test]
fn the_readme_and_the_example_hold_the_same_spec() {
    let readme = include_str!("../../README.md");
    let plain = |text: &str| -> Vec<String> {
        let lines = text.lines().map(|line| line.split('#').next().unwrap().trim().to_owned());
        lines.filter(|line| !line.is_empty()).collect()
    };
    let toml = readme.split("```toml\n").nth(1).unwrap().split("```").next().unwrap();
    let example = plain(EXAMPLE);
    for line in plain(toml) {
        assert!(example.contains(&line), "the example has no {line:?}");
    }
}

/// Runs the command on a terminal that Python provides, and answers its question.
#[cfg(unix)]
fn on_a_terminal(project: &Project, args: &[&str], answer: &str) -> Run {
    let script = "
import os, pty, sys
pid, terminal = pty.fork()
if pid == 0:
    os.execv(sys.argv[2], sys.argv[2:])
shown = b''
while True:
    try:
        part = os.read(terminal, 4096)
    except OSError:
        break
    if not part:
        break
    shown += part
    if shown.endswith((b'accepted: ', b']: ', b'confirm: ')):
        os.write(terminal, sys.argv[1].encode() + (b'' if sys.argv[1] == '\\x03' else b'\\n'))
sys.stdout.buffer.write(shown.replace(b'\\r\\n', b'\\n'))
sys.exit(os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]))
";
    let binary = project.command(args);
    let mut command = std::process::Command::new("python3");
    command.args(["-c", script, answer]).arg(binary.get_program()).args(binary.get_args());
    command.current_dir(project.path("")).env("NO_COLOR", "1");
    Run::of(&mut command)
}

#[cfg(unix)]
#[test]
fn on_a_terminal_only_yes_is_taken_for_yes() {
    let project = Project::example();
    for answer in ["", "y", "YES", "no"] {
        let run = on_a_terminal(&project, &["--sandbox", "apply"], answer);
        run.expect(3)
            .says("Make these changes? Access is widened.")
            .says("not confirmed, nothing was changed");
    }
    // Ctrl-C.
    let interrupted = on_a_terminal(&project, &["--sandbox", "apply"], "\x03");
    interrupted.expect(130).says("interrupted: nothing was changed");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2);
    on_a_terminal(&project, &["--sandbox", "apply"], "yes").expect(0).says("Applied. 3 changes made");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
    on_a_terminal(&project, &["--sandbox", "destroy"], "\x03").expect(130).says("nothing was changed");
    on_a_terminal(&project, &["--sandbox", "destroy"], "yes").expect(3).says("not confirmed");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
    on_a_terminal(&project, &["--sandbox", "destroy"], ROLE).expect(0).says("Destroyed. 3 changes made");
}

#[test]
fn a_function_in_another_region_is_found_there() {
    let spec =
        example_with(FUNCTIONS, "functions = [\"arn:aws:lambda:eu-west-1:111122223333:function:far:live\"]");
    let project = Project::new(&spec);
    project.sandbox(&["apply", "--yes"]).expect(0).says("function `far:live` exists").says("no fault");
}

#[test]
fn a_spec_that_begins_with_a_comment_only_says_what_is_missing() {
    let project = Project::new("# nothing yet\n");
    project.run(&["validate"]).expect(1).says("`aws` is missing").says("`role` is missing").says("2 faults");
}

#[test]
fn a_description_is_set_changed_and_cleared() {
    let line = "description = \"Lets Genesys Cloud data actions invoke Lambda\"";
    let project = Project::example();
    for description in ["&@90ë'{«¡Çø}\\t\\\"", "another", ""] {
        project.write_spec(&example_with(line, &format!("description = \"{description}\"")));
        project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
        project.sandbox(&["plan", "--detailed-exitcode"]).expect(0).says("No changes.");
    }
}

/// Changes the sandbox's state behind the tool's back.
fn by_hand(project: &Project, change: impl FnOnce(&mut serde_json::Value)) {
    let path = project.path(".genesys-iam/sandbox.json");
    let mut state: serde_json::Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    change(&mut state["accounts"]["111122223333"]["roles"][ROLE]);
    fs::write(&path, state.to_string()).unwrap();
}

#[test]
fn a_saved_plan_is_applied_without_asking_and_only_once() {
    let project = Project::example();
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0).says("genesys-iam --sandbox apply plan.json");
    project.sandbox(&["apply", "plan.json", "--no-check"]).expect(0).says("3 changes made");
    let twice = project.sandbox(&["apply", "plan.json"]);
    assert_snapshot!(twice.transcript());
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
    project.sandbox(&["apply", "plan.json", "--prune"]).expect(64);
    project.sandbox(&["apply", "plan.json", "--adopt"]).expect(64);
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
    // The sandbox has what the specs that it saw have.
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
    // The spec's own changes are named too.
    project.write_spec(&spec.replace("[defaults]", "[defaults]\nmax_session_duration = 7200"));
    project
        .sandbox(&["apply", "plan.json"])
        .expect(3)
        .says("the spec was changed since: `max_session_duration` of the role of `GenesysDataActionRole` was 3600, now it is 7200");
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
    // What could be guessed from a digest is not digested.
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
        ("format", text.replacen("genesys-iam plan", "another plan", 1), 1, "is no saved plan"),
        (
            "version",
            text.replacen("\"format_version\": 1", "\"format_version\": 2", 1),
            1,
            "format version 2",
        ),
        ("json", "{".to_owned(), 1, "is no saved plan"),
        ("other", "{\"a\": 1}".to_owned(), 1, "is no saved plan"),
        ("more", text.replacen('{', "{\"more\": 1,", 1), 1, "is no saved plan"),
    ] {
        assert_ne!(edited, text, "{name}");
        fs::write(project.path("edited.json"), edited).unwrap();
        project.sandbox(&["apply", "edited.json"]).expect(status).says(says).says("help:");
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
    project.sandbox(&["plan", "--out", "genesys.toml"]).expect(3).says("is no saved plan").says("help:");
    assert_eq!(fs::read_to_string(project.path("genesys.toml")).unwrap(), EXAMPLE);
    let plan = project.sandbox(&["--file", "my spec.toml", "plan", "--out", "a plan.json"]);
    plan.expect(0).says("genesys-iam --sandbox --file 'my spec.toml' apply 'a plan.json'");
    // An earlier plan is.
    project.sandbox(&["plan", "--out", "a plan.json"]).expect(0);
}

#[cfg(unix)]
#[test]
fn a_plan_follows_a_link_and_keeps_the_files_mode() {
    use std::os::unix::fs::{MetadataExt as _, PermissionsExt as _, symlink};
    let project = Project::example();
    fs::write(project.path("real.json"), "").unwrap();
    fs::set_permissions(project.path("real.json"), fs::Permissions::from_mode(0o600)).unwrap();
    symlink("real.json", project.path("link.json")).unwrap();
    project.sandbox(&["plan", "--out", "link.json"]).expect(0);
    let real = fs::symlink_metadata(project.path("real.json")).unwrap();
    assert_eq!(real.mode() & 0o777, 0o600);
    assert!(real.len() > 0 && fs::symlink_metadata(project.path("link.json")).unwrap().is_symlink());
}

#[test]
fn a_plan_that_is_refused_is_not_kept() {
    let project = Project::example();
    project.sandbox(&["plan", "--refuse-wider", "--out", "plan.json"]).expect(3).says_not("The plan is in");
    assert!(!project.path("plan.json").exists());
}

#[test]
fn permissions_name_just_the_paths_of_the_spec_and_tell_when_they_are_too_long() {
    let odd = format!("{EXAMPLE}\npath = \"/a*/${{b}}/%{{c}}/\"\n");
    let project = Project::new(&odd);
    project
        .run(&["permissions"])
        .expect(0)
        .says("role/a${*}/${$}{b}/%{c}/GenesysDataActionRole")
        .says_not("characters");
    let terraform = project.run(&["permissions", "--format", "terraform"]);
    terraform.expect(0).says("role/a$${*}/$${$}{b}/%%{c}/");
    let mut many = EXAMPLE.to_owned();
    for n in 0..20 {
        many.push_str(&format!("\n[[role]]\nname = \"Role{n}\"\nfunctions = [\"f{n}\"]\n"));
    }
    project.write_spec(&many);
    project.run(&["permissions"]).expect(0).says("a customer managed policy takes 6144");
}

#[cfg(unix)]
#[test]
fn fmt_follows_a_link() {
    let project = Project::example();
    fs::write(project.path("real.toml"), EXAMPLE.replace(" = ", "=")).unwrap();
    std::os::unix::fs::symlink("real.toml", project.path("link.toml")).unwrap();
    project.run(&["--file", "link.toml", "fmt"]).expect(0);
    assert!(fs::symlink_metadata(project.path("link.toml")).unwrap().is_symlink());
    project.run(&["--file", "real.toml", "fmt", "--check"]).expect(0);
}

#[test]
fn a_comment_names_what_widens_before_anything_else_and_keeps_to_its_room() {
    let role = |n: usize, more: &str| format!("\n[[role]]\nname = \"R{n}\"\nfunctions = [\"f{n}\"{more}]\n");
    let head = &EXAMPLE[..EXAMPLE.find("[[role]]").unwrap()];
    let spec = |last: &str, long: bool| {
        let mut text = head.to_owned();
        for n in 0..120 {
            text.push_str(&role(n, if n == 119 { last } else { "" }));
            if long {
                text.push_str(&format!("description = \"{}\"\n", "long ".repeat(150)));
            }
        }
        text
    };
    let project = Project::new(&spec("", false));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&spec(", \"wide\"", true));
    let comment = project.sandbox(&["plan", "--format", "markdown"]);
    comment.expect(0).says("! R119: lambda:InvokeFunction on").says("function:wide").says("are not shown");
    assert!(comment.stdout.len() < 61_000, "{}", comment.stdout.len());
    assert!(comment.stdout.find("function:wide").unwrap() < 30_000);
}

#[test]
fn destroy_takes_nothing_over_in_order_to_remove_it() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| role["tags"] = serde_json::json!([]));
    project.write_spec(&format!("{EXAMPLE}\nadopt = true\n"));
    let refused = project.sandbox(&["destroy", "--yes"]);
    refused.expect(3).says("is not this spec's: it is made by someone else").says_not("--adopt");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2).says("is adopted");
}

#[test]
fn what_live_documents_say_cannot_pass_for_our_own_lines() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| {
        role["inline"]["more"] = serde_json::json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
            "Action": "s3:get\nNo changes.\u{9b}2K\u{202e}", "Resource": "*"}})
        .to_string()
        .into();
    });
    for args in [
        &["plan"][..],
        &["plan", "--format", "json"],
        &["plan", "--format", "markdown"],
        &["check"],
        &["check", "--format", "json"],
        &["check", "--format", "markdown"],
    ] {
        let run = project.sandbox(args);
        run.says("\\u202e").says_not("\nNo changes.\\u").says_not("\u{202e}").says_not("\u{9b}");
        if args.contains(&"json") {
            serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap();
        }
    }
}

#[test]
fn a_role_taken_out_of_the_spec_is_found_by_its_tag_and_pruned_when_asked() {
    let named = format!("name = \"contact-centre\"\n{EXAMPLE}");
    let project = Project::new(&named);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&named.replacen(&format!("\"{ROLE}\""), "\"Renamed\"", 1));
    let plan = project.sandbox(&["plan"]);
    plan.says("role `GenesysDataActionRole` bears the tag of this spec").says("it stays").says("3 to create");
    let pruned = project.sandbox(&["plan", "--prune", "--out", "plan.json"]);
    assert_snapshot!(pruned.transcript());
    project.sandbox(&["apply", "plan.json", "--no-check"]).expect(0).says("6 changes made");
    project.sandbox(&["plan", "--detailed-exitcode", "--prune"]).expect(0).says_not(ROLE);
}

#[test]
fn a_policy_with_a_name_of_its_own_is_pruned_with_its_role() {
    let with_name = format!("name = \"contact-centre\"\n{EXAMPLE}policy_name = \"Own\"\n");
    let project = Project::new(&with_name);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&with_name.replacen(ROLE, "Renamed", 1).replace("\"Own\"", "\"Another\""));
    project.sandbox(&["plan", "--prune", "--out", "plan.json"]).expect(0).says("DeletePolicy policy `Own`");
    project.sandbox(&["apply", "plan.json", "--no-check"]).expect(0).says("6 changes made");
    // The name of a policy cannot be changed.
    project.write_spec(&with_name.replacen(ROLE, "Renamed", 1).replace("\"Own\"", "\"Third\""));
    project
        .sandbox(&["apply", "--yes"])
        .expect(3)
        .says("a policy cannot be renamed")
        .says("policy_name = \"Another\"");
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

#[test]
fn pruning_needs_a_name_that_no_other_file_has_by_chance() {
    let project = Project::example();
    project.sandbox(&["apply", "--prune", "--yes"]).expect(3).says("does not say its name").says("name = ");
    // The roles of another spec are not this one's to prune.
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&format!("name = \"another\"\n{}", EXAMPLE.replace(ROLE, "Another")));
    project.sandbox(&["plan", "--prune"]).expect(0).says("3 to create").says_not("to remove").says_not(ROLE);
}

#[test]
fn every_cause_and_every_region_is_in_the_docs() {
    use genesys_iam::check::diagnosis::Cause;
    let check = include_str!("../../docs/check.md");
    for cause in Cause::ALL {
        assert!(check.contains(&format!("`{}`", cause.word())), "{cause:?}");
    }
    let genesys = include_str!("../../docs/genesys.md");
    for region in genesys_iam::spec::GENESYS_REGIONS {
        assert!(genesys.contains(&format!("| `{}` | {} |", region.aws_region, region.domain)), "{region:?}");
    }
}

#[test]
fn a_report_for_comments_has_the_verdict_first_and_breaks_out_of_nothing() {
    let project = Project::example();
    let before = project.sandbox(&["check", "--format", "markdown"]);
    before.expect(4);
    assert!(before.stdout.starts_with("**check: "), "{}", before.stdout);
    assert_snapshot!(before.stdout);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| {
        let policy = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::<b>|@team `x"}}"#;
        role["inline"]["more"] = policy.into();
    });
    let hostile = project.sandbox(&["check", "--format", "markdown"]);
    hostile.expect(4).says_not("<b>").says_not("@team").says("&lt;b&gt;\\|&#64;team");
    let json = project.sandbox(&["check", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value["roles"][0]["diagnosis"][0]["cause"], "extra-permissions");
}

#[test]
fn a_verifier_is_trusted_beside_genesys_cloud_and_can_prove_the_role() {
    // The caller itself: the administrator whom the sandbox takes a 12-digit key for.
    let verifier = "arn:aws:iam::111122223333:user/sandbox";
    let section = format!("[check]\nverifier = {verifier:?}\n\n[defaults]");
    let project = Project::new(&EXAMPLE.replacen("[defaults]", &section, 1));
    let server = serve(&project);
    let project = project.aws(&server.endpoint, "111122223333", "x");
    project.run(&["plan"]).expect(0).says(&format!("+ {verifier}, with external ID"));
    project.run(&["apply", "--yes"]).expect(0).says("Proven by real calls");
    project.run(&["check", "--require", "assumed"]).expect(0).says("the verifier");
    // Without it the same caller proves nothing.
    project.write_spec(EXAMPLE);
    project.run(&["apply", "--yes", "--no-check"]).expect(0).says(&format!("- {verifier}, with external ID"));
    project.run(&["check", "--require", "evaluated"]).expect(0);
    project.run(&["check", "--require", "assumed"]).expect(5).says("required and not reached");
    for (bad, says) in [
        ("arn:aws:iam::111122223333:root", "is not the ARN of one role or user"),
        ("arn:aws:iam::999988887777:user/ci", "is in account 999988887777"),
        ("arn:aws:iam::111122223333:role/*", "is not the ARN of one role or user"),
    ] {
        let spec = EXAMPLE.replacen("[defaults]", &format!("[check]\nverifier = {bad:?}\n\n[defaults]"), 1);
        Project::new(&spec).run(&["validate"]).expect(1).says(says);
    }
}

#[test]
fn a_plan_for_comments_says_first_whether_access_is_widened() {
    let project = Project::example();
    let plan = project.sandbox(&["plan", "--format", "markdown"]);
    assert_snapshot!(plan.stdout);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let none = project.sandbox(&["plan", "--format", "markdown"]);
    assert!(none.stdout.starts_with("**no changes** · access widened: no\n"), "{}", none.stdout);
}

#[test]
fn a_plan_too_long_for_a_comment_is_cut_with_everything_that_counts_first() {
    let mut spec = EXAMPLE.to_owned();
    for n in 0..60 {
        spec.push_str(&format!("\n[[role]]\nname = \"role-{n}\"\nfunctions = [\"f{n}\", \"g{n}\"]\n"));
    }
    let plan = Project::new(&spec).sandbox(&["plan", "--format", "markdown"]);
    assert!(plan.stdout.len() < 60_500, "{}", plan.stdout.len());
    assert!(plan.stdout.starts_with("**183 to create** · access widened: **YES**\n"));
    for n in 0..60 {
        assert!(plan.stdout.contains(&format!("| `role-{n}` | 3 | 0 | 0 | **YES** |")), "{n}");
    }
    plan.says("parts of this plan are not shown");
}

#[test]
fn a_plan_as_json_is_what_is_saved_and_tells_the_exit_status() {
    let project = Project::example();
    let plan = project.sandbox(&["plan", "--format", "json", "--detailed-exitcode", "--out", "plan.json"]);
    let mut value: serde_json::Value = serde_json::from_str(&plan.expect(2).stdout).unwrap();
    assert_eq!(value["exit_status"].take(), 2);
    value.as_object_mut().unwrap().remove("exit_status");
    let saved: serde_json::Value =
        serde_json::from_str(&fs::read_to_string(project.path("plan.json")).unwrap()).unwrap();
    assert_eq!(saved["plan"], value);
    assert_eq!(value["roles"][0]["access"]["assume"][0]["is_wider"], true);
}

#[test]
fn refuse_wider_lets_repairs_pass_and_nothing_else() {
    let project = Project::example();
    for command in [&["plan", "--refuse-wider"][..], &["apply", "--yes", "--refuse-wider"]] {
        project.sandbox(command).expect(3).says("widens access").says("<- WIDER").says("help:");
    }
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2).says("3 to create");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    // What was opened by hand is narrowed unattended.
    by_hand(&project, |role| {
        let open = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#;
        role["trust"] = open.into();
    });
    project.sandbox(&["apply", "--yes", "--refuse-wider"]).expect(0).says("1 change made").says_not("WIDER");
    // A further function is not let in.
    project.write_spec(&example_with(FUNCTIONS, "functions = [\"my-genesys-trigger-function\", \"second\"]"));
    project.sandbox(&["apply", "--yes", "--refuse-wider"]).expect(3).says("function:second  <- WIDER");
}

#[test]
fn the_permissions_for_this_very_spec_are_printed_as_json_and_for_terraform() {
    let project = Project::example();
    let plan = project.run(&["permissions", "--for", "plan"]);
    plan.expect(0);
    assert_snapshot!(plan.stdout);
    let terraform = project.run(&["permissions", "--format", "terraform"]);
    terraform.expect(0);
    assert_snapshot!(terraform.stdout);
}

#[test]
fn the_schema_takes_what_the_reader_takes_and_refuses_faults_of_form() {
    let schema = Project::example().run(&["schema"]).expect(0).stdout.clone();
    let full = format!(
        "name = \"n\"\n{}\n[role.genesys]\naccount_id = \"325654371633\"\nexternal_id = {{ env = \"X\" }}\nregion = \"us-east-2\"\n\
         [check]\nverifier = \"arn:aws:iam::111122223333:role/ci\"\n",
        EXAMPLE.replace("# path", "path").replace("# max_", "max_").replace("# extra_", "extra_")
    );
    let good = [EXAMPLE, &full];
    let bad = [
        include_str!("../spec/many_faults.toml").to_owned(),
        example_with("\"765628985471\"", "\"76562898547\""),
        example_with("\"us-east-1\"", "\"US East\""),
        example_with("account_id = \"111122223333\"", "account_id = 111122223333"),
        example_with(FUNCTIONS, "functions = []"),
        example_with(FUNCTIONS, "functions = [\"f*\"]"),
        example_with("[defaults]", "[default]"),
        format!("{EXAMPLE}\nmax_session_duration = 3599\n"),
        format!("{EXAMPLE}\nextra_permissions = \"keep\"\n"),
        format!("{EXAMPLE}\npath = \"no-slash\"\n"),
        format!("{EXAMPLE}\npolicy_name = \"a b\"\n"),
        "[aws]\nregion = \"us-east-1\"\naccount_id = \"111122223333\"\n".to_owned(),
    ];
    let texts: Vec<&str> = good.into_iter().chain(bad.iter().map(String::as_str)).collect();
    let fits = crate::support::python::fits_schema(&schema, &texts);
    for (text, fits) in texts.iter().zip(&fits) {
        let project = Project::new(text).env("X", "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90");
        let read = project.run(&["validate"]).status == 0;
        assert_eq!((*fits, read), (good.contains(text), good.contains(text)), "{text}");
    }
}

#[test]
fn shells_and_man_get_what_they_take() {
    let project = Project::example();
    for (shell, says) in [
        ("bash", "_clap_complete_genesys_iam"),
        ("zsh", "#compdef genesys-iam"),
        ("fish", "complete --keep-order --exclusive --command genesys-iam"),
        ("powershell", "Register-ArgumentCompleter"),
        ("elvish", "edit:completion:arg-completer"),
    ] {
        project.run(&["completions", shell]).expect(0).says(says).says("COMPLETE");
    }
    project.run(&["man", "pages"]).expect(0);
    for page in ["genesys-iam.1", "genesys-iam-plan.1", "genesys-iam-policy-lint.1"] {
        assert!(fs::read_to_string(project.path("pages").join(page)).unwrap().contains(".TH"), "{page}");
    }
}

#[cfg(unix)]
#[test]
fn a_shell_is_offered_commands_options_and_the_roles_of_the_specs() {
    let project = Project::example();
    fs::create_dir(project.path("specs")).unwrap();
    // Also one that has faults.
    fs::write(project.path("specs/other.toml"), "[[role]]\nname = \"Gamma\"\n[[role]]\nname = \"Delta\"\n")
        .unwrap();
    let binary = project.command(&[]);
    let folder = std::path::Path::new(binary.get_program()).parent().unwrap().display().to_string();
    let offered = |words: &str, index: usize| {
        let script = format!(
            "PATH={folder}:$PATH; eval \"$(genesys-iam completions bash)\"; COMP_WORDS=({words}); COMP_CWORD={index}; \
             COMP_TYPE=9; _clap_complete_genesys_iam genesys-iam \"${{COMP_WORDS[$COMP_CWORD]}}\" x; \
             printf '%s\\n' \"${{COMPREPLY[@]}}\""
        );
        let mut bash = std::process::Command::new("bash");
        Run::of(bash.args(["-c", &script]).current_dir(project.path("")))
    };
    offered("genesys-iam pl", 1).expect(0).says("plan");
    offered("genesys-iam plan --refuse", 2).says("--refuse-wider");
    offered("genesys-iam plan --role ''", 3).says(ROLE);
    offered("genesys-iam check -f specs --role D", 5).says("Delta").says_not("Gamma").says_not(ROLE);
}

#[test]
fn init_writes_a_spec_that_validates_and_never_over_another() {
    let empty = Project::new("");
    fs::remove_file(empty.path("genesys.toml")).unwrap();
    let flags = [
        "init",
        "--region",
        "eu-west-1",
        "--account-id",
        "444455556666",
        "--function",
        "a:live",
        "--function",
        "b",
    ];
    // Nobody to ask: what lacks is named.
    empty.run(&flags).expect(1).says("not known: --external-id").says("help:");
    let all = [&flags[..], &["--external-id", "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234"]].concat();
    empty.run(&all).expect(0).says("is written");
    let text = fs::read_to_string(empty.path("genesys.toml")).unwrap();
    for line in [
        "region = \"eu-west-1\"",
        "account_id = \"444455556666\"",
        "functions = [\"a:live\", \"b\"]",
        "# permissions_boundary",
    ] {
        assert!(text.contains(line), "{line}: {text}");
    }
    empty.run(&["validate"]).expect(0).says_not("warning");
    empty.run(&all).expect(1).says("cannot write `genesys.toml`").says("help:");
    let bad = [&flags[..], &["--external-id", "x", "--file", "bad.toml"]].concat();
    empty.run(&bad).expect(1).says("external_id").says("nothing was written");
    assert!(!empty.path("bad.toml").exists());
}

#[cfg(unix)]
#[test]
fn init_asks_on_a_terminal_what_it_was_not_told() {
    let empty = Project::new("");
    fs::remove_file(empty.path("genesys.toml")).unwrap();
    let flags = [
        "init",
        "--account-id",
        "444455556666",
        "--external-id",
        "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234",
        "--region",
        "us-east-1",
        "--function",
        "f",
    ];
    // Enter takes what is shown.
    on_a_terminal(&empty, &flags, "").expect(0).says("AWS account [444455556666]:").says("is written");
    empty.run(&["validate"]).expect(0);
}

#[test]
fn fmt_changes_the_spacing_and_check_only_tells() {
    let project = Project::new(&EXAMPLE.replace(" = ", "="));
    project.run(&["fmt", "--check"]).expect(2).says("is not in form");
    project.run(&["fmt"]).expect(0).says("is formatted");
    // What stands in comments stays.
    let text = fs::read_to_string(project.path("genesys.toml")).unwrap();
    assert!(
        text.contains("region = \"us-east-1\"") && text.contains("# profile=\"contact-centre\""),
        "{text}"
    );
    project.run(&["fmt", "--check"]).expect(0);
    project.run(&["validate"]).expect(0);
    project.write_spec("[aws\n");
    project.run(&["fmt"]).expect(1).says("is not TOML").says("help:");
}

/// A `gh` that keeps what it is asked, and has the comments of a file.
#[cfg(unix)]
fn fake_gh(project: &Project) {
    use std::os::unix::fs::PermissionsExt as _;
    let script = r#"#!/usr/bin/env bash
set -eu
echo "$*" >> "$GH_LOG"
case "$*" in
  *--method*) for word in "$@"; do case $word in body=@*) cp "${word#body=@}" "$GH_BODY";; esac; done ;;
  *--paginate*) cat "$GH_EXISTING" 2>/dev/null || true ;;
esac
"#;
    fs::create_dir_all(project.path("bin")).unwrap();
    fs::write(project.path("bin/gh"), script).unwrap();
    fs::set_permissions(project.path("bin/gh"), fs::Permissions::from_mode(0o755)).unwrap();
}

#[cfg(unix)]
#[test]
fn the_actions_scripts_keep_one_comment_with_the_plan_and_save_it() {
    let project = Project::example();
    let server = serve(&project);
    let project = project.aws(&server.endpoint, "111122223333", "x");
    fake_gh(&project);
    let plan = |more: &[(&str, &str)]| {
        let path = format!("{}:{}", project.path("bin").display(), std::env::var("PATH").unwrap());
        let mut command = std::process::Command::new("bash");
        command.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/ci/plan.sh")).current_dir(project.path(""));
        command.envs([
            ("PATH", path.as_str()),
            ("GENESYS_IAM", env!("CARGO_BIN_EXE_genesys-iam")),
            ("PULL_REQUEST", "7"),
            ("GITHUB_REPOSITORY", "o/r"),
            ("GH_LOG", "gh.log"),
            ("GH_BODY", "body.md"),
            ("GH_EXISTING", "existing"),
            ("AWS_ENDPOINT_URL", &server.endpoint),
            ("AWS_ACCESS_KEY_ID", "111122223333"),
            ("AWS_SECRET_ACCESS_KEY", "x"),
        ]);
        command.envs(more.iter().copied());
        Run::of(&mut command)
    };
    let read = |name: &str| fs::read_to_string(project.path(name)).unwrap();
    plan(&[]).expect(0);
    assert!(read("gh.log").contains("--method POST repos/o/r/issues/7/comments"), "{}", read("gh.log"));
    let body = read("body.md");
    assert!(
        body.starts_with(
            "<!-- genesys-iam plan: genesys.toml -->\n**3 to create** · access widened: **YES**"
        ),
        "{body}"
    );
    project.run(&["apply", "plan.json", "--no-check"]).expect(0).says("3 changes made");
    // The second time the same comment is brought up to date.
    fs::write(project.path("existing"), "4711\n").unwrap();
    plan(&[]).expect(0);
    assert!(read("gh.log").contains("--method PATCH repos/o/r/issues/comments/4711"), "{}", read("gh.log"));
    assert!(read("body.md").contains("**no changes**"), "{}", read("body.md"));
    // What fails is in the comment too, and fails the job.
    project.write_spec(&example_with(FUNCTIONS, "functions = [\"my-genesys-trigger-function\", \"gone\"]"));
    plan(&[]).expect(1);
    assert!(read("body.md").contains("Lambda has no function `gone`"), "{}", read("body.md"));
    project.write_spec("[aws]\n");
    plan(&[]).expect(1);
    assert!(read("body.md").contains("The spec has faults"), "{}", read("body.md"));
}

#[test]
fn the_hooks_and_the_action_name_commands_that_there_are() {
    let project = Project::example();
    let hooks = include_str!("../../.pre-commit-hooks.yaml");
    for line in hooks.lines().filter_map(|line| line.trim().strip_prefix("entry: genesys-iam ")) {
        let args: Vec<&str> = line.split(' ').chain(["genesys.toml"]).collect();
        project.run(&args).expect(0);
    }
    assert!(include_str!("../../action.yml").contains("genesys-iam --file \"$SPEC\" apply \"$PLAN\""));
}

/// `UPDATE_DOCS=1 cargo test` writes it anew.
#[test]
fn the_reference_is_what_the_program_says() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/reference.md");
    let current = genesys_iam::render::reference::reference();
    if std::env::var_os("UPDATE_DOCS").is_some() {
        fs::write(path, &current).unwrap();
    }
    assert!(
        fs::read_to_string(path).unwrap() == current,
        "docs/reference.md is out of date: UPDATE_DOCS=1 cargo test"
    );
}

#[test]
fn the_book_has_every_page_and_every_link_leads_somewhere() {
    let docs = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("docs");
    let summary = fs::read_to_string(docs.join("SUMMARY.md")).unwrap();
    let pages = fs::read_dir(&docs).unwrap().map(|entry| entry.unwrap().file_name().into_string().unwrap());
    let pages: Vec<String> = pages.filter(|name| name.ends_with(".md")).collect();
    for page in pages.iter().filter(|page| *page != "SUMMARY.md") {
        assert!(summary.contains(&format!("({page})")), "{page} is not in the summary");
    }
    let texts = pages.iter().map(|page| (docs.clone(), fs::read_to_string(docs.join(page)).unwrap()));
    let readme = (docs.parent().unwrap().to_owned(), include_str!("../../README.md").to_owned());
    for (folder, text) in texts.chain([readme]) {
        for link in text.split("](").skip(1).filter_map(|rest| rest.split(')').next()) {
            let target = link.split('#').next().unwrap();
            if !target.is_empty() && !target.contains("://") && !target.contains(' ') {
                assert!(folder.join(target).exists(), "{link}");
            }
        }
    }
}

#[test]
fn every_exit_status_is_in_the_docs() {
    let page = include_str!("../../docs/exit-status.md");
    for status in genesys_iam::commands::Status::ALL {
        assert!(page.contains(&format!("\n| {} | ", status as i32)), "{status:?}");
    }
}

#[test]
fn plans_and_reports_fit_their_schemas() {
    let project = Project::example();
    let run = |args: &[&str]| project.sandbox(args).stdout.clone();
    let plans = |run: &dyn Fn(&[&str]) -> String| run(&["plan", "--format", "json"]);
    let first = plans(&run);
    let missing = run(&["check", "--format", "json"]);
    run(&["apply", "--yes", "--no-check"]);
    by_hand(&project, |role| {
        let open = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#;
        role["trust"] = open.into();
        role["description"] = "x".into();
        role["boundary"] = "arn:aws:iam::aws:policy/ReadOnlyAccess".into();
        role["tags"] = serde_json::json!([]);
        role["inline"]["more"] =
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#.into();
    });
    let second = plans(&run);
    assert!(second.contains("\"is_wider\": true") || second.contains("\"sign\": \"lost\""), "{second}");
    let faults = run(&["check", "--format", "json"]);
    let fits = |schema: &str, texts: &[&str]| crate::support::python::fits_schema(schema, texts);
    let broken = first.replace("\"gained\"", "\"won\"");
    assert_eq!(
        fits(include_str!("../../docs/plan.schema.json"), &[&first, &second, &broken]),
        [true, true, false]
    );
    let broken = faults.replace("\"not_provable\"", "\"unknown\"");
    assert_eq!(
        fits(include_str!("../../docs/check.schema.json"), &[&missing, &faults, &broken]),
        [true, true, false]
    );
}
