//! Plans of several specs in one file: `plan --out` and `apply FILE` for a folder.

use std::fs;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use crate::support::http_stub;
use crate::support::python::faults_by_schema;
use crate::support::served::serve;
use crate::support::world::{ACCOUNT, ID, OTHER_ID, fleet_text};
use crate::support::{Project, Run, Server, resealed};
use serde_json::Value;

const OTHER_ACCOUNT: &str = "444455556666";

fn spec(name: &str, account: &str, id: &str) -> String {
    fleet_text(2, id).replace("\"test\"", &format!("{name:?}")).replace(ACCOUNT, account)
}

/// `specs/a.toml` and `specs/b.toml`, one account each.
fn two_specs() -> Project {
    let project = Project::empty();
    fs::create_dir(project.path("specs")).unwrap();
    for (name, account) in [("a", ACCOUNT), ("b", OTHER_ACCOUNT)] {
        fs::write(project.path(&format!("specs/{name}.toml")), spec(name, account, ID)).unwrap();
    }
    project
}

fn all(project: &Project, args: &[&str]) -> Run {
    project.sandbox(&[&["--file", "specs"], args].concat())
}

fn json(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}", run.transcript()))
}

#[test]
fn plans_of_several_specs_are_one_file_that_is_applied_as_a_whole_and_once() {
    let project = two_specs();
    let plan = all(&project, &["plan", "--out", "plan.json"]);
    plan.expect(0).says("genesys-iam --sandbox --file specs apply plan.json");
    let text = fs::read_to_string(project.path("plan.json")).unwrap();
    let schema = include_str!("../../docs/saved-plan.schema.json");
    all(&project, &["--file", "specs/a.toml", "plan", "--role", "R0", "--out", "one.json"]).expect(0);
    assert_eq!(faults_by_schema(schema, &[&text]), [None]);
    let apply = all(&project, &["apply", "plan.json"]);
    apply.expect(0).says("── specs/a.toml ──").says("[specs/b.toml] done   CreateRole role `R1`");
    apply.says_not("error:").says("Applied. 6 changes made");
    // One by one.
    let at = |what: &str| apply.stderr.find(what).unwrap();
    assert!(at("[specs/a.toml] done   AttachRolePolicy") < at("[specs/b.toml] done   CreatePolicy"));
    all(&project, &["plan", "--detailed-exitcode"]).expect(0);
    all(&project, &["apply", "plan.json"])
        .expect(3)
        .says("specs/a.toml: nothing is left to do")
        .says("Nothing is left to do: the live state matches the spec");
    // Even if one of the specs had nothing to do in the first place.
    fs::write(project.path("specs/b.toml"), spec("b", OTHER_ACCOUNT, OTHER_ID)).unwrap();
    all(&project, &["plan", "--out", "plan.json"]).expect(0);
    all(&project, &["apply", "plan.json", "--no-check"]).expect(0);
    all(&project, &["apply", "plan.json"])
        .expect(3)
        .says("specs/a.toml: no changes, as planned")
        .says("Nothing is left to do: the live state matches the spec")
        .says_not("help:");
}

#[test]
fn one_spec_that_is_no_longer_as_it_was_keeps_all_from_being_applied() {
    let project = two_specs();
    all(&project, &["apply", "--yes", "--no-check"]).expect(0);
    for (name, account) in [("a", ACCOUNT), ("b", OTHER_ACCOUNT)] {
        fs::write(project.path(&format!("specs/{name}.toml")), spec(name, account, OTHER_ID)).unwrap();
    }
    all(&project, &["plan", "--out", "plan.json"]).expect(0).says("2 specs: 4 to change");
    let path = project.path(".genesys-iam/sandbox.json");
    let path = if path.exists() { path } else { project.path("specs/.genesys-iam/sandbox.json") };
    let mut state: Value = serde_json::from_str(&fs::read_to_string(&path).unwrap()).unwrap();
    state["accounts"][OTHER_ACCOUNT]["roles"]["R1"]["description"] = "by hand".into();
    fs::write(&path, state.to_string()).unwrap();
    let refused = all(&project, &["apply", "plan.json", "--json"]);
    refused.expect(3).says("the saved plan is out of date; nothing was changed");
    refused.says("specs/a.toml: 2 changes left, as planned").says("`description` of role `R1` was");
    let report = json(&refused);
    assert_eq!(report["specs"][0]["apply"]["outcome"], "not_begun");
    assert_eq!(report["specs"][1]["apply"]["outcome"], "refused");
    assert_eq!(report["exit_status"], 3);
    all(&project, &["plan", "--account", ACCOUNT]).expect(0).says("2 to change");
    // The spec's own changes and other specs count too.
    state["accounts"][OTHER_ACCOUNT]["roles"]["R1"]["description"] = "Genesys Cloud".into();
    fs::write(project.path("specs/c.toml"), spec("c", "777788889999", ID)).unwrap();
    all(&project, &["apply", "plan.json"]).expect(3).says("`specs/c.toml` is not in the plan");
    fs::remove_file(project.path("specs/c.toml")).unwrap();
    fs::remove_file(project.path("specs/b.toml")).unwrap();
    all(&project, &["apply", "plan.json"])
        .expect(3)
        .says("the plan is also for `specs/b.toml`, which is not given here");
    all(&project, &["plan", "--account", ACCOUNT]).expect(0).says("2 to change");
}

#[test]
fn of_a_plan_that_was_cut_off_the_next_run_says_what_is_left() {
    let project = two_specs();
    all(&project, &["plan", "--out", "plan.json"]).expect(0);
    // As if the run had been killed after the first role of the first spec.
    all(&project, &["apply", "--account", ACCOUNT, "--role", "R0", "--yes", "--no-check"]).expect(0);
    all(&project, &["apply", "plan.json"])
        .expect(3)
        .says("role `R0` was created since")
        .says(
            "3 changes of the plan made already; left: CreatePolicy policy `GenesysLambdaInvokePolicy_R1`, ",
        )
        .says("specs/b.toml: 6 changes left, as planned")
        .says("make a new plan");
}

#[test]
fn a_saved_plan_is_for_the_specs_and_the_selection_that_it_was_made_with() {
    let project = two_specs();
    all(&project, &["plan", "--account", OTHER_ACCOUNT, "--role", "R1", "--out", "plan.json"]).expect(0);
    all(&project, &["apply", "plan.json", "--account", ACCOUNT]).expect(3).says("`--account` says otherwise");
    all(&project, &["apply", "plan.json", "--role", "R0"]).expect(3).says("the plan is for the roles R1");
    project
        .sandbox(&["--file", "specs/a.toml", "--file", "specs/b.toml", "apply", "plan.json", "--no-check"])
        .expect(0)
        .says("Applied. 3 changes made")
        .says_not("── specs/a.toml");
    // A plan for one spec cannot be applied to several.
    project.sandbox(&["--file", "specs/a.toml", "plan", "--out", "one.json"]).expect(0);
    all(&project, &["apply", "one.json"]).expect(64).says("the plan is for one spec");
    project
        .sandbox(&["--file", "specs/a.toml", "apply", "plan.json"])
        .expect(3)
        .says("the plan is for other specs")
        .says("`genesys-iam --sandbox apply PLAN.json --file specs/b.toml`");
}

#[test]
fn no_plan_is_kept_where_one_spec_has_none_and_an_edited_one_is_refused() {
    let project = two_specs();
    fs::write(project.path("specs/broken.toml"), "nothing = 1\n").unwrap();
    all(&project, &["plan", "--out", "plan.json"])
        .expect(1)
        .says("specs/broken.toml has no whole plan, so none is kept");
    assert!(!project.path("plan.json").exists());
    fs::remove_file(project.path("specs/broken.toml")).unwrap();
    all(&project, &["plan", "--out", "plan.json"]).expect(0);
    let text = fs::read_to_string(project.path("plan.json")).unwrap();
    let mut fewer: Value = serde_json::from_str(&text).unwrap();
    fewer["specs"].as_array_mut().unwrap().pop();
    // The same spec twice, even under another spelling of its path.
    let twice = |name: &str| {
        let mut twice: Value = serde_json::from_str(&text).unwrap();
        let mut first = twice["specs"][0].clone();
        first["file"] = name.into();
        twice["specs"].as_array_mut().unwrap().push(first);
        twice.to_string()
    };
    for (edited, status, says) in [
        (twice("specs/a.toml"), 3, "was edited"),
        (twice("specs/./a.toml"), 3, "was edited"),
        (fewer.to_string(), 3, "`specs/b.toml` is not in the plan"),
        (text.replacen("\"policy\": null", "\"policy\": 1", 1), 3, "was edited"),
        (text.replacen("\"CreateRole\"", "\"DeleteRole\"", 1), 3, "the file was edited"),
        (text.replacen("\"adopt\": false", "\"adopt\": true", 1), 3, "was edited"),
        (text.replacen("\"format_version\": 1", "\"format_version\": 2", 1), 1, "format version 2"),
    ] {
        assert_ne!(edited, text);
        fs::write(project.path("edited.json"), resealed(&edited)).unwrap();
        all(&project, &["apply", "edited.json"]).expect(status).says(says).says("help:");
    }
    let printed = all(&project, &["plan", "--json"]);
    fs::write(project.path("printed.json"), &printed.expect(0).stdout).unwrap();
    all(&project, &["apply", "printed.json"]).expect(1).says("is a report of `plan`, not a saved plan");
    all(&project, &["plan", "--refuse-wider", "--out", "plan.json"]).expect(3);
    all(&project, &["apply", "plan.json", "--refuse-wider"])
        .expect(3)
        .says("a saved plan is carried out as a whole or not at all");
    all(&project, &["plan"]).expect(0).says("2 specs: 12 to create");
}

/// A spec of a served sandbox whose IAM refuses to create one role while `is_refused` is set.
fn refusing(names: [&str; 3]) -> (Project, Server, Arc<AtomicBool>) {
    let project = Project::empty();
    fs::create_dir(project.path("specs")).unwrap();
    for name in names {
        let text = spec(name, ACCOUNT, ID).replace("\"R", &format!("\"{name}R"));
        fs::write(project.path(&format!("specs/{name}.toml")), text).unwrap();
    }
    let server = serve(&project, &["--file", "specs"]);
    let endpoint = server.endpoint.clone();
    let is_refused = Arc::new(AtomicBool::new(false));
    let flag = Arc::clone(&is_refused);
    let front = http_stub::serve(move |request| {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        if flag.load(Relaxed) && body.contains("Action=CreateRole") && body.contains("RoleName=bR1") {
            return Some(http_stub::aws_error(
                403,
                "AccessDenied",
                "not authorized to perform: iam:CreateRole",
            ));
        }
        Some(http_stub::forwarded(&endpoint, request))
    });
    (project.aws(&front, ACCOUNT, "x"), server, is_refused)
}

#[test]
fn a_saved_plan_that_fails_half_way_says_for_each_spec_how_far_it_came() {
    let (project, _server, is_refused) = refusing(["a", "b", "c"]);
    let run = |args: &[&str]| project.run(&[&["--file", "specs"], args].concat());
    run(&["plan", "--out", "plan.json"]).expect(0);
    is_refused.store(true, Relaxed);
    let apply = run(&["apply", "plan.json", "--no-check", "--report", "json=report.json"]);
    apply
        .expect(1)
        .says("error: the plan was carried out for 1 of 3 specs")
        .says("  done    specs/a.toml: 6 changes made\n")
        .says("  not yet specs/c.toml: 6 changes not begun\n")
        .says("make a new plan of what is left")
        .says("iam:CreateRole");
    assert!(apply.stderr.contains("  failed  specs/b.toml: "), "{}", apply.stderr);
    let text = fs::read_to_string(project.path("report.json")).unwrap();
    assert_eq!(faults_by_schema(include_str!("../../docs/fleet.schema.json"), &[&text]), [None]);
    let report: Value = serde_json::from_str(&text).unwrap();
    let outcomes = ["done", "failed", "not_begun"];
    for (spec, outcome) in report["specs"].as_array().unwrap().iter().zip(outcomes) {
        assert_eq!(spec["apply"]["outcome"], outcome, "{text}");
    }
    let failed = &report["specs"][1]["apply"];
    let change = failed["changes"].as_array().unwrap().iter().find(|one| one["outcome"] == "failed").unwrap();
    assert_eq!((&change["operation"], &change["role"]), (&"CreateRole".into(), &"bR1".into()));
    assert!(change["error"].as_str().unwrap().contains("AccessDenied"), "{change}");
    // The next run of the same file reports what is left, and writes nothing.
    is_refused.store(false, Relaxed);
    run(&["apply", "plan.json"])
        .expect(3)
        .says("specs/a.toml: nothing is left to do")
        .says("changes of the plan made already; left: ")
        .says("CreateRole role `bR1` and AttachRolePolicy")
        .says("specs/c.toml: 6 changes left, as planned");
    run(&["plan", "--out", "plan.json"]).expect(0);
    run(&["apply", "plan.json", "--no-check"]).expect(0);
    run(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn apply_and_destroy_report_as_json_what_was_done_also_when_it_fails_half_way() {
    let (project, _server, is_refused) = refusing(["a", "b", "c"]);
    let of =
        |name: &str, args: &[&str]| project.run(&[&["--file", &format!("specs/{name}.toml")], args].concat());
    let mut texts = Vec::new();
    let mut run = |name: &str, args: &[&str], status: i32| {
        let run = of(name, args);
        run.expect(status);
        texts.push(run.stdout.clone());
        json(&run)
    };
    let first = run("a", &["apply", "--yes", "--json"], 0);
    assert_eq!((&first["outcome"], &first["read_back"]), (&"done".into(), &true.into()));
    assert_eq!(first["summary"]["done"], 6);
    assert_eq!(first["check"]["format"], "genesys-iam check");
    assert_eq!(run("a", &["apply", "--yes", "--json"], 0)["outcome"], "nothing_to_do");
    is_refused.store(true, Relaxed);
    let failed = run("b", &["apply", "--yes", "--json"], 1);
    assert_eq!((&failed["outcome"], &failed["exit_status"]), (&"failed".into(), &1.into()));
    assert!(failed["error"]["message"].as_str().unwrap().contains("AccessDenied"), "{failed}");
    assert_eq!(failed["check"], Value::Null);
    assert_eq!(run("c", &["apply", "--yes", "--refuse-wider", "--json"], 3)["outcome"], "refused");
    assert_eq!(run("a", &["destroy", "--yes", "--json"], 0)["outcome"], "done");
    assert_eq!(run("a", &["destroy", "--yes", "--json"], 0)["outcome"], "nothing_to_do");
    let schema = include_str!("../../docs/apply.schema.json");
    let broken = texts[0].replace("\"done\"", "\"made\"");
    let texts: Vec<&str> = texts.iter().map(String::as_str).chain([broken.as_str()]).collect();
    let faults = faults_by_schema(schema, &texts);
    assert!(
        faults.iter().rev().skip(1).all(Option::is_none) && faults.last().unwrap().is_some(),
        "{faults:?}"
    );
    // When a report is requested, nobody is there to answer questions.
    of("c", &["apply", "--json"]).expect(64).says("ask nothing").says("--yes");
    of("c", &["destroy", "--json"]).expect(64).says("ask nothing").says("--yes");
}

#[test]
fn what_is_printed_for_several_specs_fits_its_schema() {
    let project = two_specs();
    let mut texts = Vec::new();
    for args in [
        &["plan", "--json"][..],
        &["apply", "--yes", "--json"],
        &["check", "--json"],
        &["destroy", "--yes", "--json"],
    ] {
        texts.push(all(&project, args).expect(0).stdout.clone());
        fs::write(project.path("broken.toml"), "nothing = 1\n").unwrap();
        let run = all(&project, &[&["--file", "broken.toml"], args].concat());
        texts.push(run.expect(1).says("unknown key `nothing`").stdout.clone());
    }
    let texts: Vec<&str> = texts.iter().map(String::as_str).collect();
    let faults = faults_by_schema(include_str!("../../docs/fleet.schema.json"), &texts);
    assert!(faults.iter().all(Option::is_none), "{faults:?}");
}

/// Nothing of it was to be done, and yet it was not carried out.
#[test]
fn a_spec_that_a_guard_refuses_is_not_counted_as_carried_out() {
    let project = two_specs();
    let path = project.path("specs/a.toml");
    let text = fs::read_to_string(&path).unwrap();
    let theirs = "\"999988887777\"\naccount_reason = \"theirs\"";
    fs::write(&path, text.replacen("\"765628985471\"", theirs, 1)).unwrap();
    all(&project, &["apply", "--yes", "--no-check"]).expect(0);
    let refused = all(&project, &["apply", "--yes", "--no-check", "--refuse-wider"]);
    refused
        .expect(3)
        .says("the plan was carried out for 1 of 2 specs")
        .says("refused specs/a.toml: nothing was changed")
        .says("have someone review it, and say so where the guard is");
}

#[test]
fn a_saved_plan_checks_each_spec_before_the_next_one_begins() {
    let project = two_specs();
    let plan = || all(&project, &["plan", "--out", "plan.json"]).expect(0).stdout.clone();
    plan();
    all(&project, &["apply", "plan.json"]).expect(0);
    // A fault of a role that was changed keeps the next spec from being touched.
    all(&project, &["destroy", "--yes"]).expect(0);
    plan();
    let first = ["--file", "specs/a.toml", "--scenario", "function-failed", "plan"];
    project.sandbox(&first).expect(0);
    let stopped = all(&project, &["apply", "plan.json"]);
    stopped
        .expect(4)
        .says("the plan was carried out for 1 of 2 specs")
        .says("specs/a.toml: 6 changes made; its check found a fault")
        .says("not yet specs/b.toml: 6 changes not begun")
        .says("help: fix the fault that the check found")
        .says_not("[specs/b.toml] done");
    // One that nothing was changed of keeps nothing back.
    plan();
    all(&project, &["apply", "plan.json"]).expect(4).says("[specs/b.toml] done   CreateRole");
}
