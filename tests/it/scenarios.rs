//! The sandbox's scenarios: listed, documented, and seen by `check`.

use genesys_iam::commands::session;
use genesys_iam::sandbox::{BUILT_IN, Sandbox, Scenario};
use jiff::Timestamp;

use crate::support::world::{ID, spec_of};
use crate::support::{EXAMPLE, FUNCTIONS, Project, example_with};

const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

const FUNCTION: &str = "my-genesys-trigger-function";

/// A sandbox in which the example was applied.
fn applied(spec: &str) -> Project {
    let project = Project::new(spec);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project
}

#[test]
fn every_built_in_scenario_is_listed_documented_and_makes_the_check_say_so() {
    // What `check --invoke` ends with; 0 where nothing is wrong, or where only what was observed shows it.
    let expected = |name: &str| match name {
        "boundary-secure-transport"
        | "scp-region-fence"
        | "function-inactive"
        | "used"
        | "stranger"
        | "missing-permission"
        | "function-public" => 0,
        _ => 4,
    };
    let list = Project::new(EXAMPLE).run(&["sandbox", "scenarios"]).expect(0).stdout.clone();
    let docs = include_str!("../../docs/sandbox.md");
    for (name, text) in BUILT_IN {
        assert!(list.lines().any(|line| line.starts_with(&format!("{name} "))), "{name} is not listed");
        assert!(docs.contains(&format!("`{name}`")), "docs/sandbox.md does not describe {name}");
        assert!(text.starts_with("about = \""), "{name}");
        let project = applied(EXAMPLE);
        let status = project.sandbox(&["--scenario", name, "check", "--invoke", FUNCTION]).status;
        assert_eq!(status, expected(name), "{name}");
    }
}

#[test]
fn a_scenario_played_twice_is_played_once() {
    let seed = session::seed(&spec_of("R", &["f"], ID, ""));
    for (name, text) in BUILT_IN {
        let mut sandbox = Sandbox::new(&seed);
        let scenario = Scenario::parse(text, &seed).unwrap_or_else(|error| panic!("{name}: {error}"));
        sandbox.play(&scenario, &seed, NOW).unwrap();
        let once = sandbox.fingerprint();
        sandbox.play(&scenario, &seed, NOW).unwrap();
        assert_eq!(once, sandbox.fingerprint(), "{name}");
    }
}

#[test]
fn a_scenario_file_says_what_is_wrong_with_it() {
    let project = Project::new(EXAMPLE);
    std::fs::write(project.path("own.toml"), "[role.\"*\"]\ndetached = true\n").unwrap();
    project
        .sandbox(&["--scenario", "own.toml", "plan"])
        .expect(1)
        .says("the scenario `own.toml` is broken")
        .says("unknown field `detached`");
    std::fs::write(project.path("own.json"), r#"{"function": {"*": {"missing": true}}}"#).unwrap();
    project.sandbox(&["--scenario", "own.json", "check"]).expect(4);
    project.sandbox(&["--scenario", "none", "plan"]).expect(64).says("there is no scenario `none`");
    project.run(&["--scenario", "used", "plan"]).expect(64).says("add `--sandbox`");
    project.run(&["--consistency", "3", "plan"]).expect(64).says("add `--sandbox`");
}

#[test]
fn reset_forgets_everything() {
    let project = applied(EXAMPLE);
    project.run(&["sandbox", "reset"]).expect(0).says("was deleted");
    assert!(!project.path(".genesys-iam/sandbox.json").exists());
    project.run(&["sandbox", "reset"]).expect(0).says("The sandbox has no state here.");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2);
}

#[test]
fn the_simulator_is_read_function_by_function_with_the_keys_of_a_real_call() {
    let two = example_with(FUNCTIONS, "functions = [\"my-genesys-trigger-function\", \"other\"]");
    let project = applied(&two);
    let check = |scenario: &str| project.sandbox(&["--scenario", scenario, "check"]);
    let agrees = |function: &str| format!("ok    AWS's policy simulator agrees about function `{function}`");
    // Healthy roles: AWS gives one result for both functions, and knows only the keys that it is given.
    for scenario in ["used", "boundary-secure-transport", "scp-region-fence"] {
        check(scenario).expect(0).says(&agrees(FUNCTION)).says(&agrees("other"));
        project.sandbox(&["apply", "--yes", "--no-check"]);
    }
    // A denial by the organization can be the simulation's own: it is not a fault of the role by itself.
    let project = applied(&two);
    project
        .sandbox(&["--scenario", "scp-deny", "check"])
        .says("?     AWS's policy simulator agrees about function `other`")
        .says("it says implicitDeny: a service control policy of the organization does not allow it");
    // A key that nobody can know beforehand.
    let project = applied(&two);
    let boundary = r#"{"role": {"*": {"boundary": {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:UserAgent": "*"}}}}}}}"#;
    std::fs::write(project.path("own.json"), boundary).unwrap();
    project
        .sandbox(&["--scenario", "own.json", "check"])
        .says("?     AWS's policy simulator agrees about function `other`");
}
