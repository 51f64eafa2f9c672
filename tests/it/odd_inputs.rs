//! Misplaced files and words: each error names the true cause, and its advice works.

use std::fs;

use crate::support::{EXAMPLE, Project, Run, resealed};

/// One file of each kind that this program reads or writes, and some unknown ones.
fn with_files() -> Project {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.sandbox(&["plan", "--out", "saved.json"]).expect(0);
    for (name, args) in [
        ("printed.json", &["plan", "--json"][..]),
        ("report.json", &["check", "--json"]),
        ("page.html", &["plan", "--format", "html"]),
        ("schema.json", &["schema"]),
        ("policy.json", &["permissions"]),
    ] {
        fs::write(project.path(name), project.sandbox(args).stdout).unwrap();
    }
    fs::copy(project.path(".genesys-iam/sandbox.json"), project.path("state.json")).unwrap();
    let utf16: Vec<u8> =
        [0xfeff].into_iter().chain(EXAMPLE.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    for (name, bytes) in [
        ("utf16.toml", &utf16[..]),
        ("binary.toml", b"\x7fELF\0\0\0"),
        ("latin1.toml", b"# \xe9t\xe9\n"),
        ("empty.toml", b"\n"),
        ("bare.json", br#"{"format": "genesys-iam plan"}"#),
        ("cut.json", b"{\"plan\": {"),
    ] {
        fs::write(project.path(name), bytes).unwrap();
    }
    fs::create_dir(project.path("specs")).unwrap();
    fs::write(project.path("specs/one.toml"), EXAMPLE).unwrap();
    project
}

const KINDS: [(&str, &str); 13] = [
    ("printed.json", "is a report of `plan`, not "),
    ("report.json", "is a report of `check`, not "),
    ("page.html", "is HTML or XML, not "),
    ("schema.json", "is a JSON Schema, not "),
    ("policy.json", "is a policy document, not "),
    ("state.json", "is the state of a sandbox, not "),
    ("utf16.toml", "it is UTF-16 text"),
    ("binary.toml", "is a binary file, not "),
    ("latin1.toml", "it is not text in UTF-8"),
    ("empty.toml", "is empty, not "),
    ("bare.json", "is JSON of another kind, not "),
    ("cut.json", "is JSON that is broken or cut off, not "),
    ("none", "No such file"),
];

#[test]
fn a_file_in_the_place_of_another_is_named_for_what_it_is() {
    let project = with_files();
    for (file, says) in KINDS.into_iter().chain([("saved.json", "is a saved plan, not a spec")]) {
        for command in ["validate", "plan", "check"] {
            project
                .sandbox(&["--file", file, command])
                .expect(1)
                .says(says)
                .says("\nhelp: ")
                .says_not(" --> ");
        }
        let run = project.sandbox(&["--scenario", file, "plan"]);
        if file == "none" {
            run.expect(64);
        } else if !matches!(file, "bare.json") {
            run.expect(1).says(says.trim_end_matches("a spec")).says("\nhelp: ");
        }
        if file != "empty.toml" {
            project.run(&["fmt", file]).expect(1).says(says).says("\nhelp: ");
        }
    }
    for (file, says) in KINDS
        .into_iter()
        .chain([("genesys.toml", "is a spec, not a saved plan"), ("specs", "Is a directory")])
    {
        project.sandbox(&["apply", file]).expect(1).says(says).says("\nhelp: ");
    }
    project.sandbox(&["apply", "saved.json"]).expect(0);
    for file in ["saved.json", "report.json", "state.json", "schema.json"] {
        project
            .run(&["policy", "lint", file])
            .expect(1)
            .says("is not a policy document: this is ")
            .says("help:");
    }
}

#[test]
fn what_an_error_says_to_type_works() {
    let project = with_files();
    for (args, next) in [
        (&["apply", "genesys.toml", "--yes"][..], "genesys-iam --sandbox apply --file genesys.toml"),
        (&["--file", "saved.json", "plan"], "genesys-iam --sandbox apply saved.json"),
        (&["apply", "report.json"], "genesys-iam --sandbox plan --out FILE"),
        (
            &["-f", "specs/one.toml", "apply", "report.json"],
            "genesys-iam --sandbox --file specs/one.toml plan --out FILE",
        ),
        (&["plan", "saved.json"], "genesys-iam --sandbox apply saved.json"),
        (&["--file", "policy.json", "plan"], "genesys-iam --sandbox policy lint policy.json"),
    ] {
        let run = project.sandbox(args);
        run.says(next);
        assert_ne!(run.status, 0, "{}", run.transcript());
        let words = next.replace("FILE", "new.json");
        let words: Vec<&str> = words.split(' ').skip(2).collect();
        let again =
            project.sandbox(&[&words[..], if words[0] == "apply" { &["--yes"] } else { &[] }].concat());
        assert_ne!((again.status, again.status), (1, 64), "{}", again.transcript());
        let _ = fs::remove_file(project.path("new.json"));
    }
}

#[test]
fn a_plan_is_carried_out_only_where_it_was_made() {
    let project = Project::example();
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0);
    project
        .run(&["apply", "plan.json"])
        .expect(3)
        .says("made in the sandbox")
        .says("`genesys-iam --sandbox apply plan.json`")
        .says_not("credentials");
    let text = fs::read_to_string(project.path("plan.json")).unwrap();
    let outside = text.replacen("\"in_sandbox\": true", "\"in_sandbox\": false", 1);
    fs::write(project.path("outside.json"), resealed(&outside)).unwrap();
    project
        .sandbox(&["apply", "outside.json"])
        .expect(3)
        .says("made for AWS itself")
        .says("help: leave out `--sandbox`");
    // A file of an earlier version does not say, and editors on Windows begin a file with a mark.
    let mut earlier: serde_json::Value = serde_json::from_str(&text).unwrap();
    for member in ["in_sandbox", "digest", "made", "shown"] {
        earlier.as_object_mut().unwrap().remove(member).unwrap();
    }
    let earlier = format!("\u{feff}{}", format!("{earlier:#}").replace('\n', "\r\n"));
    fs::write(project.path("earlier.json"), earlier).unwrap();
    project.sandbox(&["apply", "earlier.json", "--no-check"]).expect(0).says("3 changes made");
}

#[test]
fn a_name_that_selects_nothing_lists_those_that_are() {
    let project = Project::example();
    for command in ["plan", "apply", "check", "destroy", "permissions"] {
        project
            .sandbox(&[command, "--role", "GenesysDataActionRole", "--role", "Nope"])
            .expect(64)
            .says("there is no role `Nope` in the spec")
            .says("the only role is `GenesysDataActionRole`");
        project
            .sandbox(&[command, "--account", "999999999999"])
            .expect(64)
            .says("no spec is of the AWS account 999999999999")
            .says("`111122223333`");
    }
}

#[test]
fn a_report_replaces_no_spec_and_nothing_is_done_where_it_cannot_be_written() {
    let project = with_files();
    fs::remove_dir_all(project.path(".genesys-iam")).unwrap();
    for file in ["genesys.toml", "saved.json", "state.json"] {
        let before = fs::read(project.path(file)).unwrap();
        for command in [&["plan"][..], &["check"], &["apply", "--yes"], &["destroy", "--yes"]] {
            let report = format!("markdown={file}");
            project
                .sandbox(&[command, &["--report", &report]].concat())
                .expect(64)
                .says("the report would overwrite ")
                .says("help:");
        }
        assert_eq!(fs::read(project.path(file)).unwrap(), before);
    }
    project
        .sandbox(&["apply", "--yes", "--report", "json=none/report.json"])
        .expect(1)
        .says("cannot write the report");
    assert!(!project.path(".genesys-iam").exists());
    // An earlier report is.
    project.sandbox(&["check", "--report", "json=report.json"]).expect(4);
}

#[test]
fn words_of_other_tools_get_a_tip() {
    let project = with_files();
    for (args, tip) in [
        (
            &["plan", "-f", "genesys.toml", "specs/one.toml"][..],
            "tip: each spec is named with `--file`: `--file specs/one.toml`",
        ),
        (&["destroy", "specs"], "`--file specs`"),
        (&["plan", "saved.json"], "`genesys-iam apply saved.json` carries it out"),
        (&["apply", "saved.json", "saved.json"], "`apply` takes one saved plan"),
        (&["plan", "--profile", "x"], "AWS_PROFILE"),
        (&["apply", "--auto-approve"], "`--yes` asks nothing"),
        (&["plan", "--refuse-wider", "strangers"], "its value follows `=`: `--refuse-wider=strangers`"),
        (&["lint", "genesys.toml"], "`validate` finds mistakes in specs"),
        (&["diff"], "`plan` shows what would change"),
        (&["drift"], "`plan` says what differs from the spec"),
        (&["plan", "-f", "a", "b"], "`--file` takes one value, and may be repeated: `--file b`"),
        (&["test"], "`check --invoke ACTION`"),
        (&["invoke", "Get order"], "`check --invoke ACTION`"),
        (&["sandbox", "plan"], "`genesys-iam --sandbox plan`"),
        (&["--sandbox", "reset"], "`genesys-iam sandbox reset`"),
        (&["check", "GenesysDataActionRole"], "`--role GenesysDataActionRole`"),
        (&["init", "--org-id", "x"], "the organization's ID is `--external-id`"),
    ] {
        project.run(args).expect(64).says(tip).says_not("similar");
    }
    let nowhere = Run::of(project.command(&["plan"]).env("AWS_PROFILE", "nope"));
    nowhere.expect(1).says("there is no AWS profile `nope`").says("it is named by `AWS_PROFILE`");
}

#[test]
fn what_lists_something_prints_json_too() {
    let project = Project::example();
    let json = |args: &[&str]| -> serde_json::Value {
        serde_json::from_str(&project.run(&[args, &["--json"]].concat()).expect(0).stdout).unwrap()
    };
    let scenarios = json(&["sandbox", "scenarios"]);
    let names: Vec<&str> =
        scenarios["scenarios"].as_array().unwrap().iter().map(|one| one["name"].as_str().unwrap()).collect();
    let text = project.run(&["sandbox", "scenarios"]).stdout;
    assert_eq!(names, text.lines().map(|line| line.split(' ').next().unwrap()).collect::<Vec<_>>());
    assert_eq!(json(&["version"])["tool_version"], env!("CARGO_PKG_VERSION"));
    for command in [&["fmt"][..], &["init"], &["completions", "bash"], &["man", "m"], &["sandbox", "reset"]] {
        let name = command[..if command[0] == "sandbox" { 2 } else { 1 }].join(" ");
        project
            .run(&[command, &["--json"]].concat())
            .expect(64)
            .says(&format!("`{name}` has no report to print as JSON"));
    }
}

#[test]
fn json_beside_another_format_is_wrong_usage() {
    let project = Project::example();
    for format in ["text", "markdown", "html"] {
        for words in [["--json", "check", "--format", format], ["check", "--format", format, "--json"]] {
            project.run(&words).expect(64).says(&format!("`--format {format}` does not"));
        }
    }
    let run = project.run(&["--sandbox", "plan", "--json", "--format", "json"]);
    assert!(run.stdout.starts_with('{'), "{}", run.transcript());
}
