//! Remedies work: following `check`'s advice repairs each finding, alone and together with another.

use genesys_iam::sandbox::BUILT_IN;
use serde_json::Value;

use crate::support::{BOTH_ENDS, EXAMPLE, Project, Run};

/// A sandbox in which a spec was applied, copied for each test.
struct Applied {
    spec: String,
    state: Vec<u8>,
}

impl Applied {
    fn new(spec: &str) -> Self {
        let project = Project::new(spec);
        project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
        let state = std::fs::read(project.path(".genesys-iam/sandbox.json")).unwrap();
        Self { spec: spec.to_owned(), state }
    }

    fn copy(&self) -> Project {
        let project = Project::new(&self.spec);
        std::fs::create_dir(project.path(".genesys-iam")).unwrap();
        std::fs::write(project.path(".genesys-iam/sandbox.json"), &self.state).unwrap();
        project
    }

    /// With one scenario after another; they stay.
    fn with(&self, scenarios: &[&str]) -> Project {
        let project = self.copy();
        for scenario in scenarios {
            project.run(&["--sandbox", "--scenario", scenario, "check", "--quiet"]);
        }
        project
    }
}

fn report(run: &Run) -> Value {
    serde_json::from_str(&run.stdout).unwrap_or_else(|error| panic!("{error}: {}{}", run.stdout, run.stderr))
}

/// Each cause with its remedy.
fn causes(report: &Value) -> Vec<(String, String)> {
    let causes = report["roles"][0]["diagnosis"].as_array().unwrap().iter();
    let text = |cause: &Value, key: &str| cause[key].as_str().unwrap().to_owned();
    causes.map(|cause| (text(cause, "cause"), text(cause, "remedy"))).collect()
}

/// The options of a remedy's first command, if that is this program's `apply`.
fn apply_of(remedy: &str) -> Option<Vec<&str>> {
    let command = remedy.strip_prefix("run `genesys-iam --sandbox apply")?.split('`').next()?;
    Some(command.split_whitespace().collect())
}

#[test]
fn where_apply_is_the_remedy_it_repairs_and_elsewhere_it_would_not() {
    for spec in [EXAMPLE, BOTH_ENDS] {
        let applied = Applied::new(spec);
        for (name, _) in BUILT_IN {
            let project = applied.copy();
            let before = causes(&report(&project.sandbox(&["--scenario", name, "check", "--json"])));
            let advised = before.iter().find_map(|(_, remedy)| apply_of(remedy));
            let options = advised.clone().unwrap_or_default();
            let run = project.sandbox(&[&["apply", "--yes", "--no-check"], options.as_slice()].concat());
            if advised.is_some() {
                run.expect(0);
            }
            let after = causes(&report(&project.sandbox(&["check", "--json"])));
            // A cause remains if and only if `apply` is not its remedy.
            let left: Vec<&String> = after.iter().map(|(cause, _)| cause).collect();
            let others = before.iter().filter(|(_, remedy)| apply_of(remedy).is_none());
            let expected: Vec<&String> = others.map(|(cause, _)| cause).collect();
            assert_eq!(left, expected, "{name}: {before:#?} became {after:#?}");
        }
    }
}

#[test]
fn of_two_mistakes_each_is_named_and_the_first_remedy_takes_something_away() {
    let applied = Applied::new(BOTH_ENDS);
    for (index, (first, _)) in BUILT_IN.iter().enumerate() {
        let (second, _) = BUILT_IN[(index * 7 + 3) % BUILT_IN.len()];
        let project = applied.with(&[first, second]);
        let before = report(&project.sandbox(&["check", "--json"]));
        check_agrees(&project, &before);
        let found = causes(&before);
        let Some(options) = found.iter().find_map(|(_, remedy)| apply_of(remedy)) else { continue };
        let made = project.sandbox(&[&["apply", "--yes", "--no-check"], options.as_slice()].concat());
        made.expect(0);
        let after = report(&project.sandbox(&["check", "--json"]));
        assert!(
            causes(&after).iter().all(|(_, remedy)| apply_of(remedy).is_none()),
            "{first} and {second}: {before:#} became {after:#}"
        );
    }
}

/// Text, comment and JSON agree, and so do the headline and the other members.
fn check_agrees(project: &Project, report: &Value) {
    let role = &report["roles"][0];
    let verdict = &role["verdict"];
    let headline = verdict["headline"].as_str().unwrap();
    let text = project.sandbox(&["check"]).stdout;
    let comment = project.sandbox(&["check", "--format", "markdown"]).stdout;
    assert!(text.lines().next().unwrap().ends_with(headline), "{headline}\n{text}");
    let in_comment = comment.lines().next().unwrap().replace('\\', "");
    assert!(in_comment.ends_with(headline), "{headline}\n{comment}");
    let count = role["diagnosis"].as_array().unwrap().len();
    assert_eq!(report["summary"]["causes"], count);
    let counted = match count {
        0 => "no fault".to_owned(),
        1 => "1 cause".to_owned(),
        n => format!("{n} causes"),
    };
    assert!(text.lines().last().unwrap().contains(&counted), "{counted}\n{text}");
    let named = |key: &str| -> Vec<&str> {
        verdict[key].as_array().unwrap().iter().map(|who| who.as_str().unwrap()).collect()
    };
    let (others, got_in, more) = (named("others"), named("got_in"), named("does_more"));
    let without_nobody = headline.replace("nobody else can assume the role", "");
    // It mentions the functions' own policies exactly when those were read.
    let own = role["lines"].as_array().unwrap().iter().filter(|line| line["topic"] == "function-policies");
    let is_closed = own.clone().count() > 0 && own.clone().all(|line| line["outcome"] == "pass");
    assert!(is_closed || !headline.contains("own polic"), "{headline}");
    let lets_in = ["can get in", "can assume the role", "directly, without the role"];
    assert_eq!(!others.is_empty(), lets_in.iter().any(|words| without_nobody.contains(words)), "{headline}");
    let first = others.first().map(|who| who.split(" (").next().unwrap_or_default()).unwrap_or_default();
    assert!(headline.contains(first), "{headline}: {others:?}");
    let is_known = !headline.contains("whether anyone else gets in is not known");
    let is_missing = headline.contains("there is no such role");
    assert_eq!(
        headline.contains("nobody else"),
        others.is_empty() && got_in.is_empty() && is_known && !is_missing,
        "{headline}"
    );
    assert_eq!(headline.contains(" got in"), !got_in.is_empty(), "{headline}: {got_in:?}");
    assert_eq!(headline.contains("may do "), !more.is_empty(), "{headline}: {more:?}");
    let can = &verdict["genesys_can_invoke"];
    let is_out = ["Genesys Cloud cannot invoke", "Genesys Cloud does not invoke"];
    assert_eq!(is_out.iter().any(|words| headline.contains(words)), *can == false, "{headline}");
    assert_eq!(headline.contains("it is not known whether Genesys Cloud"), can.is_null(), "{headline}");
}

#[test]
fn a_remedy_names_first_what_would_block_apply() {
    // A name that differs only in case is taken.
    let served = crate::support::served::Served::new(&[]);
    served.boto3("iam.create_role(RoleName='genesysdataactionrole', AssumeRolePolicyDocument=trust('*'))\n");
    served.run(&["check"]).expect(4).says("do: first what blocks `genesys-iam apply` (the name of role `GenesysDataActionRole` is taken by `arn:aws:iam::111122223333:role/genesysdataactionrole`): choose another `name`").says("; then run `");
    // So is a function that does not exist.
    let project = Project::new(EXAMPLE);
    project
        .sandbox(&["--scenario", "function-missing", "check"])
        .expect(4)
        .says("(Lambda has no function `my-genesys-trigger-function`): deploy function `my-genesys-trigger-function`, or correct `functions` in the spec; then run `genesys-iam")
        .says("there is no such role");
}

/// What the role may invoke already is no reason to leave it open.
#[test]
fn a_function_that_is_gone_keeps_nobody_from_closing_the_role() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.sandbox(&["--scenario", "open-role", "check"]).expect(4);
    let check = project.sandbox(&["--scenario", "function-missing", "check"]);
    check.expect(4).says("do: run `genesys-iam --sandbox apply`: it restores the trust policy");
    let plan = project.sandbox(&["plan"]);
    plan.expect(0).says("Lambda has no function `my-genesys-trigger-function` in us-east-1 (line ");
    plan.says("the role may invoke it as before, and data actions that call it fail");
    // A saved plan says so, and is not bound to it: whoever applies it may see more, and the function may be there by then.
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0);
    project
        .run(&["show", "plan.json"])
        .expect(0)
        .says("Lambda has no function `my-genesys-trigger-function`");
    project.sandbox(&["sandbox", "undo"]).expect(0);
    project.sandbox(&["apply", "plan.json", "--no-check"]).expect(0).says("done   UpdateAssumeRolePolicy");
    project.sandbox(&["--scenario", "open-role", "check"]).expect(4);
    project.sandbox(&["--scenario", "function-missing", "check"]).expect(4);
    project.sandbox(&["apply", "--yes"]).expect(4).says("done   UpdateAssumeRolePolicy");
    project.sandbox(&["check"]).expect(4).says("1. Lambda in us-east-1 has no function").says_not("\n  2. ");
    // What would grant it is blocked.
    project
        .sandbox(&["--scenario", "policy-missing", "plan"])
        .expect(3)
        .says("blocked: Lambda has no function");
}

#[test]
fn an_open_function_is_in_the_headline_also_where_there_is_no_role() {
    let project = Project::new(EXAMPLE);
    project.sandbox(&["--scenario", "function-public", "check"]).expect(4).says(
        "there is no such role; anyone can invoke `my-genesys-trigger-function` directly, without the role",
    );
}

#[test]
fn whom_the_spec_alone_trusts_is_not_called_genesys_cloud() {
    let spec = EXAMPLE.replacen(
        "account_id = \"765628985471\"",
        "account_id = \"999988887777\"\naccount_reason = \"told by Genesys\"",
        1,
    );
    let project = Project::new(&spec);
    project
        .sandbox(&["apply", "--yes"])
        .expect(0)
        .says("AWS account 999988887777 (trusted by the spec, not known to be Genesys's) can invoke")
        .says("the reason: \"told by Genesys\"")
        .says_not("✓ GenesysDataActionRole: Genesys Cloud can");
}
