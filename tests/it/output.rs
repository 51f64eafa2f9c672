//! What all commands share: usage, colours, the log, pipes.

use std::fs;

use crate::support::python::fits_schema;
use crate::support::{Project, Run};
use insta::assert_snapshot;

#[test]
fn wrong_usage_exits_with_64_and_help_with_0() {
    let project = Project::example();
    project.run(&["plan", "--nonsense"]).expect(64);
    project.run(&[]).expect(64);
    project.run(&["--version"]).expect(0).says(concat!("genesys-iam ", env!("CARGO_PKG_VERSION")));
    assert_snapshot!(project.run(&["--help"]).transcript());
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
fn what_is_reported_is_printed_as_json_too() {
    let project = Project::example();
    let json = |args: &[&str], status: i32| -> serde_json::Value {
        let run = project.sandbox(&[&["--json"], args].concat());
        let value: serde_json::Value = serde_json::from_str(&run.expect(status).stdout).unwrap();
        assert!(value["exit_status"].is_null() || value["exit_status"] == status, "{value:#}");
        value
    };
    fs::write(project.path("bad.toml"), "[aws]\nregion = \"us-east-1\"\nacount_id = \"1\"\n").unwrap();
    let value = json(&["validate", "genesys.toml", "bad.toml", "none.toml"], 1);
    assert_eq!(value["specs"][0]["roles"], serde_json::json!(["GenesysDataActionRole"]), "{value:#}");
    let misspelt = value["specs"][1]["diagnostics"].as_array().unwrap().iter().find(|one| one["line"] == 3);
    assert_eq!(misspelt.unwrap()["column"], 1, "{value:#}");
    assert!(value["specs"][2]["error"]["message"].as_str().unwrap().contains("none.toml"), "{value:#}");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    assert_eq!(json(&["import", "--all"], 0)["is_complete"], true);
    assert_eq!(json(&["plan"], 0)["roles"][0]["changes"], serde_json::json!([]));
    json(&["check"], 0);
    let open = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole"}}"#;
    fs::write(project.path("open.json"), open).unwrap();
    let request = r#"{"principal":{"AWS":"arn:aws:iam::111122223333:root"},"action":"sts:AssumeRole","resource":"arn:aws:iam::111122223333:role/x"}"#;
    fs::write(project.path("request.json"), request).unwrap();
    assert_eq!(json(&["policy", "lint", "open.json"], 4)["files"][0]["findings"][0]["severity"], "error");
    for (schema, args) in [
        (
            include_str!("../../docs/validation.schema.json"),
            &["validate", "genesys.toml", "bad.toml", "none.toml"][..],
        ),
        (include_str!("../../docs/lint.schema.json"), &["policy", "lint", "open.json"]),
        (include_str!("../../docs/permissions.schema.json"), &["permissions"]),
        (
            include_str!("../../docs/evaluate.schema.json"),
            &["policy", "evaluate", "--request", "request.json", "--trust", "open.json"],
        ),
        (include_str!("../../docs/import.schema.json"), &["import", "--all"]),
        (include_str!("../../docs/scenarios.schema.json"), &["sandbox", "scenarios"]),
        (include_str!("../../docs/version.schema.json"), &["version"]),
        (include_str!("../../docs/comparison.schema.json"), &["policy", "compare", "open.json", "open.json"]),
    ] {
        let printed = project.sandbox(&[&["--json"], args].concat()).stdout;
        let broken = printed.replacen("\"exit_status\"", "\"exit\"", 1);
        let broken = broken.replacen("\"decision\"", "\"verdict\"", 1).replacen("\"Version\"", "\"V\"", 1);
        assert_eq!(fits_schema(schema, &[&printed, &broken]), [true, false], "{args:?}");
    }
    project.run(&["--json", "fmt"]).expect(64).says("has no report").says("help:");
}

#[cfg(unix)]
#[test]
fn a_report_overwrites_neither_spec_nor_plan_nor_what_a_link_leads_to_and_nothing_is_done_before() {
    use std::os::unix::fs::symlink;
    let project = Project::example();
    let other = tempfile::tempdir().unwrap();
    fs::write(other.path().join("secret"), "old").unwrap();
    symlink(other.path().join("secret"), project.path("link.json")).unwrap();
    symlink(other.path(), project.path("folder")).unwrap();
    fs::create_dir(project.path("real")).unwrap();
    fs::write(project.path("hard.json"), "old").unwrap();
    fs::hard_link(project.path("hard.json"), project.path("report.json")).unwrap();
    for (reports, status, why) in [
        (&["json=genesys.toml"][..], 64, "overwrite the spec"),
        (&["json=./real/../genesys.toml"], 64, "overwrite the spec"),
        (&["json=a.json", "markdown=real/../a.json"], 64, "overwrite another report"),
        (&["json=link.json"], 1, "it is a link"),
        (&["json=folder/secret"], 1, "folder` is a link"),
        (&["json=folder/new"], 1, "folder` is a link"),
        (&["json=real"], 1, "is a directory"),
        (&["json=none/report.json"], 1, "No such file or directory"),
    ] {
        let options = reports.iter().flat_map(|report| ["--report", report]);
        for command in [&["apply", "--yes", "--no-check"][..], &["plan"], &["check"], &["destroy", "--yes"]] {
            let ran = project.sandbox(&command.iter().copied().chain(options.clone()).collect::<Vec<_>>());
            ran.expect(status).says(why).says_not("created").says_not("Plan:");
            assert!(ran.stdout.is_empty(), "{command:?} {reports:?} {}", ran.stdout);
        }
    }
    let clash = project.sandbox(&["plan", "--out", "plan.json", "--report", "json=plan.json"]);
    clash.expect(64).says("overwrite the saved plan");
    assert!(!project.path(".genesys-iam").exists());
    assert_eq!(fs::read_dir(other.path()).unwrap().count(), 1);
    assert_eq!(fs::read_to_string(other.path().join("secret")).unwrap(), "old");
    // The name is replaced, not the file that has it as a hard link.
    project.sandbox(&["plan", "--report", "json=report.json"]).expect(0);
    assert_eq!(fs::read_to_string(project.path("hard.json")).unwrap(), "old");
    assert!(fs::read_to_string(project.path("report.json")).unwrap().starts_with('{'));
    project.sandbox(&["plan", "--report", "json=/dev/null", "--report", "json=b.json"]).expect(0);
}
