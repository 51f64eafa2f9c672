//! The sandbox's scenarios: listed, documented, and detected by `check`.

use std::collections::BTreeMap;

use genesys_iam::commands::loading;
use genesys_iam::model::resolve;
use genesys_iam::sandbox::{BUILT_IN, Sandbox, Scenario, is_undone};
use jiff::Timestamp;

use crate::support::world::{ID, spec_of};
use crate::support::{BOTH_ENDS, EXAMPLE, FUNCTIONS, Project, by_hand, example_with};

const NOW: Timestamp = Timestamp::constant(1_790_000_000, 0);

const FUNCTION: &str = "my-genesys-trigger-function";
const ACTION: &str = "Get order status";

/// A sandbox in which the example was applied.
fn applied(spec: &str) -> Project {
    let project = Project::new(spec);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project
}

const HEAD: &str = "| name | what is planted | the cause that `check --invoke` names |\n|---|---|---|\n";

/// The table of docs/sandbox.md, as the program would write it now.
fn table() -> String {
    let mut table = HEAD.to_owned();
    for (name, text) in BUILT_IN {
        let about = text.strip_prefix("about = \"").unwrap().split_once("\"\n").unwrap().0;
        let check = |spec: &str, options: &[&str]| {
            let run = applied(spec).sandbox(&[&["--scenario", name, "check", "--json"], options].concat());
            serde_json::from_str::<serde_json::Value>(&run.stdout).ok()
        };
        // If Genesys Cloud cannot be read, a spec with its side gets an error instead of a report.
        let report = check(BOTH_ENDS, &["--invoke", ACTION]).or_else(|| check(EXAMPLE, &[])).unwrap();
        let diagnosis = report["roles"][0]["diagnosis"].as_array().unwrap();
        let mut causes: Vec<String> =
            diagnosis.iter().map(|one| format!("`{}`", one["cause"].as_str().unwrap())).collect();
        causes.dedup();
        let causes = if causes.is_empty() { "none".to_owned() } else { causes.join(", ") };
        table.push_str(&format!("| `{name}` | {about} | {causes} |\n"));
    }
    table
}

#[test]
fn the_docs_name_the_cause_that_the_check_names_for_each_scenario() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/sandbox.md");
    let page = std::fs::read_to_string(path).unwrap();
    let (before, rest) = page.split_once(HEAD).unwrap();
    let after = rest.split_once("\n\n").unwrap().1;
    let wanted = format!("{before}{}\n{after}", table());
    if std::env::var_os("UPDATE_DOCS").is_some() {
        std::fs::write(path, wanted).unwrap();
        return;
    }
    assert!(wanted == page, "docs/sandbox.md is out of date: UPDATE_DOCS=1 cargo test\n{}", table());
}

#[test]
fn the_program_lists_its_scenarios() {
    let list = Project::new(EXAMPLE).run(&["sandbox", "scenarios"]).expect(0).stdout.clone();
    assert_eq!(list.lines().count(), BUILT_IN.len());
    for ((name, text), line) in BUILT_IN.iter().zip(list.lines()) {
        let about = line.strip_prefix(name).unwrap().trim();
        assert!(text.starts_with(&format!("about = \"{about}\"\n")), "{line}");
    }
}

#[test]
fn a_scenario_played_twice_is_played_once() {
    let seed = loading::seed(&spec_of("R", &["f"], ID, ""));
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
fn undo_is_offered_for_what_it_takes_back_and_for_nothing_else() {
    let spec = spec_of("R", &["f"], ID, "");
    let seed = loading::seed(&spec);
    for (name, text) in BUILT_IN {
        let mut sandbox = Sandbox::new(&seed);
        sandbox.make_by_hand(&spec.aws.account_id, None, &resolve(&spec, &BTreeMap::new()).roles);
        sandbox.plant(name, &Scenario::parse(text, &seed).unwrap(), &seed).unwrap();
        let undone = sandbox.undo(&seed).unwrap();
        assert_eq!(is_undone(name), !undone.is_empty(), "{name}: {undone:?}");
    }
    let project = applied(BOTH_ENDS);
    let check = project.sandbox(&["--scenario", "rejected-client", "check"]);
    check
        .expect(4)
        .says("note: `genesys-iam sandbox undo` takes back what others would have to fix of rejected-client");
    check
        .says("do: in the sandbox there is no client to correct: `genesys-iam sandbox undo`")
        .says_not("and in \n");
    // The next command names both ways out, the one that keeps the roles first.
    project.sandbox(&["apply", "--yes"]).says(
        "rejected-client; `genesys-iam sandbox undo` takes back what others would have to fix, `genesys-iam sandbox reset`",
    );
    project.sandbox(&["sandbox", "undo"]).expect(0);
    project.sandbox(&["check"]).expect(0).says_not("sandbox undo");
    let own = applied(EXAMPLE).sandbox(&["--scenario", "no-permission", "check"]);
    own.expect(4).says_not("sandbox undo");
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
    std::fs::write(project.path("live.json"), r#"{"function": {"fn:live": {"missing": true}}}"#).unwrap();
    project
        .sandbox(&["--scenario", "live.json", "plan"])
        .says("found nothing to change (it is about function `fn:live`)")
        .says("or name in the scenario what the spec names");
    project.sandbox(&["--scenario", "none", "plan"]).expect(64).says("there is no scenario `none`");
    project.run(&["--scenario", "used", "plan"]).expect(64).says("add `--sandbox`");
    project.run(&["--consistency", "3", "plan"]).expect(64).says("add `--sandbox`");
}

/// Lines on an 80-column terminal.
fn lines_at_80(text: &str) -> usize {
    let of_line = |line: &str| {
        let indent = line.len() - line.trim_start().len() + 2;
        let (mut lines, mut used) = (1, 0);
        for word in line.split_inclusive(' ') {
            let width = word.trim_end().chars().count();
            if used + width > 80 {
                lines += 1 + width / 80;
                used = indent;
            }
            used += word.chars().count();
        }
        lines
    };
    text.lines().map(of_line).sum()
}

/// A project in which the spec was applied, copied each time.
fn copies(spec: &str) -> impl Fn(&str) -> String + use<> {
    let applied = applied(spec);
    let state = std::fs::read(applied.path(".genesys-iam/sandbox.json")).unwrap();
    let spec = spec.to_owned();
    move |scenario| {
        let project = Project::new(&spec).env("COLUMNS", "80");
        std::fs::create_dir(project.path(".genesys-iam")).unwrap();
        std::fs::write(project.path(".genesys-iam/sandbox.json"), &state).unwrap();
        match scenario {
            "" => project.sandbox(&["check"]).stdout,
            scenario => project.sandbox(&["--scenario", scenario, "check"]).stdout,
        }
    }
}

#[test]
fn a_healthy_role_has_8_lines_at_most_and_a_broken_one_20_in_every_scenario() {
    for spec in [EXAMPLE, BOTH_ENDS] {
        let check = copies(spec);
        for name in [""].into_iter().chain(BUILT_IN.iter().map(|(name, _)| *name)) {
            let report = check(name);
            let room = if report.starts_with('✓') { 8 } else { 20 };
            let lines = lines_at_80(&report);
            assert!(lines <= room, "{name}: {lines} lines of {room}\n{report}");
            // A consequence or a remedy is wrapped, never cut.
            let [so, end] = ["     so: ", " …"];
            let is_cut = |line: &str| (line.starts_with(so) || line.contains(" do: ")) && line.ends_with(end);
            assert!(!report.lines().any(is_cut), "{name}: {report}");
            let causes = report.lines().filter(|line| line.starts_with("     do: ")).count();
            assert_eq!(
                report.lines().filter(|line| line.starts_with(so)).count(),
                causes,
                "{name}: {report}"
            );
        }
    }
}

#[test]
fn what_to_do_is_said_whole_and_can_be_typed() {
    let check = copies(BOTH_ENDS);
    for (scenario, what) in [
        ("concurrency-zero", "aws lambda delete-function-concurrency --region us-east-1 --function-name "),
        ("explicit-deny", "aws iam delete-role-policy --role-name "),
        ("extra-permissions", "aws iam delete-role-policy --role-name "),
        ("function-public", "aws lambda remove-permission --region us-east-1 --function-name "),
        ("function-deny", "aws lambda remove-permission --region us-east-1 --function-name "),
        ("other-function", "genesys-iam --sandbox apply"),
        ("scp-missing-allow", "allow lambda:InvokeFunction for this account"),
    ] {
        let report = check(scenario);
        assert!(report.contains(what) && !report.contains("AWS names"), "{scenario}: {report}");
        let cut = report.lines().find(|line| line.contains("do: ") && line.ends_with('…'));
        assert_eq!(cut, None, "{scenario}");
        assert!(!report.contains("to `functions`"), "{report}");
    }
}

#[test]
fn three_causes_have_20_lines_further_ones_a_line_each_and_after_six_a_count() {
    let allow = |action: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#
        )
    };
    let report = |inline: usize, options: &[&str]| {
        let project = applied(EXAMPLE);
        let name = "a-policy-by-somebody-else";
        by_hand(&project, |role| {
            for n in 0..inline {
                role["inline"][format!("{name}-{n}")] = allow("dynamodb:BatchGetItem").into();
            }
            role["trust"] = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":
                "arn:aws:iam::691338073777:root"},"Action":"sts:AssumeRole"}}"#
                .into();
        });
        let whole = project.sandbox(&[&["check"], options].concat()).expect(4).stdout.clone();
        // A log has room, and nobody can ask it for the rest.
        assert!(!whole.lines().any(|line| line.ends_with(" …")), "{whole}");
        let project = project.env("COLUMNS", "80");
        project.sandbox(&[&["check"], options].concat()).expect(4).stdout.clone()
    };
    let three = report(1, &[]);
    assert!(lines_at_80(&three) <= 20, "{three}");
    let nine = report(8, &[]);
    assert!(nine.contains("more: `--all` shows them") && lines_at_80(&nine) <= 26, "{nine}");
    assert!(!report(8, &["--all"]).contains("more: `--all`"));
}

#[test]
fn the_function_that_is_open_or_fails_is_named_and_for_whom_it_is_open() {
    let two = r#"["my-genesys-trigger-function", "other"]"#;
    let project = applied(&example_with(r#"["my-genesys-trigger-function"]"#, two));
    let other = "arn:aws:lambda:us-east-1:111122223333:function:other";
    for (principal, condition, who) in [
        ("\"*\"", "{}", "anyone"),
        (
            "\"*\"",
            r#"{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}"#,
            "anyone for whom StringEquals aws:PrincipalOrgID is o-abcdefghij",
        ),
        (
            r#"{"Service":"s3.amazonaws.com"}"#,
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::my-bucket"}}"#,
            "the AWS service s3.amazonaws.com for whoever owns the bucket my-bucket",
        ),
    ] {
        let policy = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Sid":"s","Effect":"Allow","Principal":{principal},
                "Action":"lambda:InvokeFunction","Resource":"{other}","Condition":{condition}}}}}"#
        );
        let scenario = format!(r#"{{"function":{{"other":{{"policy":{policy}}}}}}}"#);
        std::fs::write(project.path("open.json"), scenario).unwrap();
        let check = project.sandbox(&["--scenario", "open.json", "check"]);
        check.expect(4).says(&format!("{who} can invoke `other` directly, without the role"));
    }
    let reader = format!(
        r#"{{"function":{{"other":{{"policy":{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"999988887777"}},
            "Action":"lambda:GetFunction","Resource":"{other}"}}}}}}}}}}"#
    );
    std::fs::write(project.path("reader.json"), reader).unwrap();
    let check = project.sandbox(&["--scenario", "reader.json", "check"]);
    let note = "the own policy of function `other` lets AWS account 999988887777 see its code or environment variables";
    check.expect(0).says(note);
    let deny = format!(
        r#"{{"function":{{"other":{{"policy":{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Principal":"*",
            "Action":"lambda:InvokeFunction","Resource":"{other}"}}}}}}}}}}"#
    );
    std::fs::write(project.path("deny.json"), deny).unwrap();
    let check = project.sandbox(&["--scenario", "deny.json", "check"]);
    check.expect(4).says("Genesys Cloud cannot invoke `other`; ");
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
    let check = |scenario: &str| project.sandbox(&["--scenario", scenario, "check", "--all"]);
    let agrees =
        |function: &str| format!("ok       AWS's policy simulator agrees about function `{function}`");
    // Healthy roles: AWS gives one result for both functions, and only knows the keys it is given.
    for scenario in ["used", "boundary-secure-transport", "scp-region-fence"] {
        check(scenario).expect(0).says(&agrees(FUNCTION)).says(&agrees("other"));
        project.sandbox(&["apply", "--yes", "--no-check"]);
    }
    // A denial by the organization can come from the simulation: by itself it is not a fault of the role.
    let differs = "?        AWS's policy simulator says that the organization's SCPs refuse function `other`";
    let project = applied(&two);
    project.sandbox(&["--scenario", "scp-deny", "check", "--all"]).says(differs).says("it says implicitDeny");
    // Names the policy that decides.
    let project = applied(EXAMPLE);
    project
        .sandbox(&["check", "--all"])
        .says("seen: it says allowed, by `GenesysLambdaInvokePolicy_GenesysDataActionRole`");
    // A key that nobody can know in advance.
    let project = applied(&two);
    let boundary = r#"{"role": {"*": {"boundary": {"Version": "2012-10-17", "Statement": {
        "Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {"StringLike": {"aws:UserAgent": "*"}}}}}}}"#;
    std::fs::write(project.path("own.json"), boundary).unwrap();
    project
        .sandbox(&["--scenario", "own.json", "check", "--all"])
        .expect(0)
        .says("no fault")
        .says_not("ok       AWS's policy simulator agrees about function `other`");
}
