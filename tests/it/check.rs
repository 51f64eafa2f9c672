//! `check`: whole reports.

use std::io;
use std::sync::{Arc, Mutex};

use crate::support::served::{Served, serve};
use crate::support::wire::{Endpoint, Wire};
use crate::support::world::{World, connect, spec_of, spec_text};
use crate::support::{BOTH_ENDS, EXAMPLE, FUNCTIONS, Project, ROLE, Run, args, by_hand, example_with};
use genesys_iam::apply::Interrupt;
use genesys_iam::commands::loading::seed;
use genesys_iam::commands::session::Session;
use genesys_iam::commands::{apply, check};
use genesys_iam::render::output::Output;
use genesys_iam::sandbox::Sandbox;
use genesys_iam::spec::{self, Environment};
use insta::assert_snapshot;

#[test]
fn check_before_apply_says_that_there_is_no_role() {
    let check = Project::example().sandbox(&["check"]);
    assert_snapshot!(check.transcript());
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
    hostile.expect(4).says_not("<b>").says_not("@team").says("&lt;b&gt;&#124;@<!-- -->team");
    let json = project.sandbox(&["check", "--format", "json"]);
    let value: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert_eq!(value["roles"][0]["diagnosis"][0]["cause"], "extra-permissions");
}

#[test]
fn a_verifier_is_trusted_beside_genesys_cloud_and_can_prove_the_role() {
    // The caller itself: the administrator that the sandbox assigns to a 12-digit key.
    let verifier = "arn:aws:iam::111122223333:user/sandbox";
    let section = format!("[check]\nverifier = {verifier:?}\n\n[defaults]");
    let project = Project::new(&EXAMPLE.replacen("[defaults]", &section, 1));
    let server = serve(&project, &[]);
    let project = project.aws(&server.endpoint, "111122223333", "x");
    project.run(&["plan"]).expect(0).says(&format!("+ {verifier}, with external ID"));
    project.run(&["apply", "--yes"]).expect(0).says("Proven by real calls");
    project.run(&["check", "--all", "--require", "assumed"]).expect(0).says("the verifier");
    // Without it the same caller proves nothing.
    project.write_spec(EXAMPLE);
    project.run(&["apply", "--yes", "--no-check"]).expect(0).says(&format!("- {verifier}, with external ID"));
    project.run(&["check", "--require", "evaluated"]).expect(0);
    project.run(&["check", "--require", "assumed"]).expect(5).says("is not proven `assumed`");
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
fn the_check_asks_genesys_cloud_over_http_and_shows_no_secret() {
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    let url = format!("[genesys]\nendpoint_url = \"{}\"", served.server.endpoint);
    served.project.write_spec(&BOTH_ENDS.replacen("[genesys]", &url, 1));
    let command = |args: &[&str]| {
        let mut command = served.project.command(args);
        command.env("GENESYSCLOUD_OAUTHCLIENT_ID", "the-client");
        command.env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "S3CRET-of-the-client");
        command.env("GENESYSCLOUD_ENDPOINT_URL", &served.server.endpoint);
        command.env("RUST_LOG", "trace");
        command
    };
    Run::of(&mut command(&["apply", "--yes", "--no-check"])).expect(0);
    let run = Run::of(&mut command(&["check", "--all", "-vv", "--invoke", "Get order status"]));
    run.expect(0).says("configured: what Genesys Cloud shows of the organization \"Sandbox\"");
    run.says("Proven end to end").says("reading the organization: 200");
    for secret in ["S3CRET", "sandbox-genesys-", "Bearer", "Basic "] {
        run.says_not(secret);
    }
    Run::of(&mut command(&["plan"])).expect(0).says_not("warning:");
    // Without credentials nothing is invoked and nothing is asked.
    served.run(&["check", "--invoke", "x"]).expect(1).says("no credentials for Genesys Cloud").says("help:");
    served.run(&["check", "--all"]).expect(0).says("Genesys Cloud was not read");
    let mut incomplete = served.project.command(&["plan"]);
    let run = Run::of(incomplete.env("GENESYSCLOUD_OAUTHCLIENT_ID", "the-client"));
    run.expect(0)
        .says("GENESYSCLOUD_OAUTHCLIENT_SECRET is not set")
        .says("its side is left out")
        .says("help:");
    let missing = Run::of(&mut command(&["check", "--invoke", "no-such-action"]));
    missing.expect(1).says("no data action has the ID or the name `no-such-action`").says("help:");
    Run::of(&mut command(&["check", "--invoke", "x", "--input", "[1]"])).expect(64).says("not a JSON object");
}

/// One value, for every variable or file that a spec reads.
struct Everywhere {
    value: &'static str,
    allowed: Option<&'static str>,
}

impl Environment for Everywhere {
    fn variable(&self, _: &str) -> Option<String> {
        Some(self.value.to_owned())
    }

    fn is_allowed(&self, name: &str) -> bool {
        self.allowed == Some(name)
    }

    fn file(&self, _: &str, _: u64) -> io::Result<String> {
        Ok(self.value.to_owned())
    }
}

/// Records what was asked.
struct Recorder {
    world: Arc<World>,
    requests: Mutex<Vec<String>>,
}

impl Endpoint for Recorder {
    fn answer(&self, request: &http::Request<Vec<u8>>) -> http::Response<Vec<u8>> {
        let text =
            format!("{} {:?} {}", request.uri(), request.headers(), String::from_utf8_lossy(request.body()));
        self.requests.lock().unwrap().push(text);
        self.world.answer(request)
    }
}

#[tokio::test]
async fn an_external_id_that_may_be_a_secret_leaves_the_machine_in_no_call() {
    const SECRET: &str = "hunter2-Battery";
    const GUID: &str = "6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234";
    let literal = |value: &str| format!("{value:?}");
    for (source, value, allowed, is_probed) in [
        ("{ env = \"MYSQL_WORD\" }".to_owned(), SECRET, Some("MYSQL_WORD"), true),
        ("{ env = \"ORG_WORD\" }".to_owned(), SECRET, None, false),
        ("{ env = \"ORG_WORD\" }".to_owned(), SECRET, Some("ANOTHER"), false),
        ("{ file = \"internal.txt\" }".to_owned(), SECRET, Some("internal.txt"), false),
        ("{ env = \"GENESYS_APPLY_CLIENT\" }".to_owned(), SECRET, None, false),
        ("{ env = \"GENESYS_EXTERNAL_ID\" }".to_owned(), SECRET, None, true),
        ("{ env = \"ORG\" }".to_owned(), GUID, None, true),
        ("{ file = \"id.txt\" }".to_owned(), GUID, None, true),
        (literal(SECRET), SECRET, None, true),
    ] {
        let before = spec_of("R", &["f"], value, "");
        let text = spec_text("R", &["f"], value, "").replacen(&literal(value), &source, 1);
        let (wanted, faults) = spec::parse(&text, "test", &Everywhere { value, allowed });
        let wanted = wanted.unwrap_or_else(|| panic!("{source}: {faults:?}"));
        let world = World::new(Sandbox::new(&seed(&before)));
        let clients = connect(&before, &Wire::new(Arc::clone(&world) as _, None)).await;
        let session = Session::new(before, clients, None);
        let made = args::apply("--yes --wait 0 --no-check");
        apply::run_in(session, &made, &Interrupt::default(), &Output::capture()).await.unwrap();

        let recorder = Arc::new(Recorder { world, requests: Mutex::default() });
        let clients = connect(&wanted, &Wire::new(Arc::clone(&recorder) as _, None)).await;
        let output = Output::capture();
        let session = Session::new(wanted, clients, None);
        check::run_in(&session, &args::check("--all"), &output).await.unwrap();
        let requests = recorder.requests.lock().unwrap().join("\n");
        let [near, swapped] = genesys_iam::check::near_misses(value);
        let is_sent = [value, &near, &swapped].iter().any(|value| requests.contains(*value));
        assert_eq!(is_sent, is_probed, "{source} {allowed:?}: {requests}");
        assert_eq!(requests.contains("Action=AssumeRole&"), is_probed, "{source} {allowed:?}");
        let said = output.captured();
        assert_eq!(said.contains("no call was made"), !is_probed, "{source} {allowed:?}: {said}");
        assert_eq!(said.contains("whose name contains EXTERNAL_ID"), !is_probed, "{said}");
    }
}

#[test]
fn a_call_of_the_tools_own_says_nothing_of_genesys_cloud_where_it_matters_who_calls() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let trust = |condition: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"arn:aws:iam::765628985471:root"}},
                "Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90"{condition}}}}}}}}}"#
        )
    };
    let inline = |condition: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"lambda:InvokeFunction","Resource":"*",
                "Condition":{{{condition}}}}}}}"#
        )
    };
    let check = |trust: String, inline: Option<String>| {
        by_hand(&project, |role| {
            role["trust"] = trust.into();
            role["inline"] = serde_json::json!({});
            if let Some(inline) = inline {
                role["inline"]["freeze"] = inline.into();
            }
        });
        let run = project.sandbox(&["check", "--json"]);
        serde_json::from_str::<serde_json::Value>(&run.stdout).unwrap()["roles"][0]["verdict"]["sign"].clone()
    };
    assert_eq!(check(trust(""), None), "good");
    // The tool's own session uses this name.
    assert_eq!(check(trust(r#","sts:RoleSessionName":"genesys-iam-check""#), None), "unknown");
    let by_name = r#""StringNotLike":{"aws:userid":"*:genesys-iam-check"}"#;
    assert_eq!(check(trust(""), Some(inline(by_name))), "unknown");
    // "Revoke active sessions" leaves this behind: it does not affect new sessions.
    let revoked = r#""DateLessThan":{"aws:TokenIssueTime":"2026-11-20T00:00:00Z"}"#;
    assert_eq!(check(trust(""), Some(inline(revoked))), "good");
    let frozen = r#""DateLessThan":{"aws:TokenIssueTime":"2098-01-01T00:00:00Z"}"#;
    assert_eq!(check(trust(""), Some(inline(frozen))), "broken");
}

#[test]
fn what_a_team_accepts_with_a_reason_is_green_and_shown_until_it_changes() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes"]).expect(0);
    let allow = |action: &str| {
        format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"*"}}}}"#
        )
    };
    by_hand(&project, |role| role["inline"]["flags"] = allow("ssm:GetParameter").into());
    let plan = project.sandbox(&["plan", "--detailed-exitcode"]);
    plan.expect(2).says("but role `GenesysDataActionRole` has permissions that the spec does not make");
    // The lines are meant to be pasted.
    let check = project.sandbox(&["check"]);
    let lines = |output: &str| -> String {
        let from = output.find("[[role.accept]]").unwrap();
        output[from..].lines().take(4).map(|line| format!("{}\n", line.trim())).collect()
    };
    assert_eq!(lines(&check.expect(4).stdout), lines(&plan.stdout));
    let accept = lines(&plan.stdout).replace('…', "flags are in Parameter Store");
    project.write_spec(&format!("{EXAMPLE}\n{accept}"));
    project.sandbox(&["validate"]).expect(0);
    project
        .sandbox(&["plan", "--detailed-exitcode"])
        .expect(0)
        .says("the spec accepts inline policy `flags`; the reason: \"flags are in Parameter Store\"")
        .says("ssm:GetParameter on *");
    project
        .sandbox(&["check"])
        .expect(0)
        .says("the role may do more, as the spec accepts")
        .says("accepted: inline policy `flags`; the reason: \"flags are in Parameter Store\"");
    for command in ["plan", "check"] {
        for format in ["markdown", "json"] {
            project.sandbox(&[command, "--format", format]).expect(0).says("flags are in Parameter Store");
        }
    }
    by_hand(&project, |role| role["inline"]["flags"] = allow("ssm:*").into());
    let changed = project.sandbox(&["plan", "--detailed-exitcode"]);
    changed.expect(2).says("is not what the spec accepts").says("digest = \"sha256:");
    project.sandbox(&["check"]).expect(4).says("not as the spec accepts it");
    by_hand(&project, |role| role["inline"] = serde_json::json!({}));
    project
        .sandbox(&["plan", "--detailed-exitcode"])
        .expect(0)
        .says("accepts `inline_policy = \"flags\"`, which is not there");
    project
        .sandbox(&["check"])
        .expect(0)
        .says("warning: line ")
        .says("accepts `inline_policy = \"flags\"`, which is not there");
}

/// Anyone who can change the function decides what its alias runs.
#[test]
fn of_an_alias_the_own_policy_of_the_whole_function_is_judged_as_well() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes"]).expect(0);
    project.sandbox(&["--scenario", "function-public", "check"]).expect(4);
    let alias = FUNCTIONS.replace("function\"]", "function:prod\"]");
    project.write_spec(&example_with(FUNCTIONS, &alias));
    let run = project.sandbox(&["apply", "--yes", "--no-check"]);
    run.expect(0);
    project
        .sandbox(&["check"])
        .expect(4)
        .says("Statement `public` of the own policy of function `my-genesys-trigger-function` lets anyone")
        .says_not("--qualifier");
    project.sandbox(&["plan"]).expect(0);
}

#[test]
fn whoever_gets_in_by_what_is_accepted_is_in_the_headline_and_cautioned_of_in_a_plan() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes"]).expect(0);
    let accept = |output: &str, reason: &str| -> String {
        let from = output.find("[[role.accept]]").unwrap_or_else(|| panic!("{output}"));
        let lines = output[from..].lines().take(4).map(|line| format!("{}\n", line.trim()));
        lines.collect::<String>().replace('…', reason)
    };
    let open = project.sandbox(&["--scenario", "function-public", "check"]);
    let public = accept(&open.expect(4).stdout, "a public status page");
    by_hand(&project, |role| {
        let own = r#"{"Effect":"Allow","Principal":{"AWS":"arn:aws:iam::111122223333:role/ci"},"Action":"sts:AssumeRole"},"#;
        let trust =
            role["trust"].as_str().unwrap().replacen("\"Statement\":[", &format!("\"Statement\":[{own}"), 1);
        role["trust"] = trust.into();
    });
    project.write_spec(&format!("{EXAMPLE}\n{public}"));
    let by_trust = project.sandbox(&["check"]);
    let ci = accept(&by_trust.expect(4).stdout, "the smoke test");
    project.write_spec(&format!("{EXAMPLE}\n{public}\n{ci}"));
    project
        .sandbox(&["check"])
        .expect(0)
        .says("role/ci and anyone (without the role) can get in, as the spec accepts")
        .says("2 accepted");
    let plan = project.sandbox(&["plan", "--detailed-exitcode", "--format", "markdown"]);
    plan.expect(0).says("> [!CAUTION]").says("a public status page").says("Anyone may invoke function");
    // Pasting the tool's proposal must not accept a stranger.
    by_hand(&project, |role| {
        let trust = role["trust"].as_str().unwrap().replace("111122223333:role/ci", "691338073777:root");
        role["trust"] = trust.into();
    });
    let stranger = project.sandbox(&["check"]);
    stranger.expect(4).says("691338073777 can get in").says_not("principal = \"arn:aws:iam::691338073777");
    project.sandbox(&["plan"]).says("UpdateAssumeRolePolicy");
}

#[test]
fn an_integration_of_another_role_of_the_specs_is_no_mistake_about_this_one() {
    let with_more =
        format!("{BOTH_ENDS}\n[[role]]\nname = \"Later\"\nfunctions = [\"my-genesys-trigger-function\"]\n");
    let project = Project::new(&with_more);
    project.sandbox(&["apply", "--yes"]).expect(0).says("no fault");
    let selected = project.sandbox(&["check", "--role", "Later", "--all"]);
    selected.expect(0).says("1 integration of the organization: other roles use what there is");
    // Nor in another file of the same run.
    let two = Project::empty();
    std::fs::write(two.path("a.toml"), BOTH_ENDS.replacen("[aws]", "name = \"a\"\n[aws]", 1)).unwrap();
    std::fs::write(
        two.path("b.toml"),
        EXAMPLE.replacen("[aws]", "name = \"b\"\n[aws]", 1).replace(ROLE, "Later"),
    )
    .unwrap();
    let both = ["-f", "a.toml", "-f", "b.toml"];
    two.sandbox(&[&both[..], &["apply", "--yes"]].concat()).expect(0);
    two.sandbox(&[&both[..], &["check"]].concat()).expect(0);
    // Nor does the verdict depend on which files are named.
    two.sandbox(&["-f", "b.toml", "check", "--all"]).expect(0).says("left to you").says_not("cannot invoke");
    // Only one that misspells the role is meant for it.
    let path = two.path(".genesys-iam/sandbox.json");
    let state = std::fs::read_to_string(&path).unwrap();
    let role = |name: &str| format!("\"arn:aws:iam::111122223333:role/{name}\"");
    std::fs::write(&path, state.replace(&role(ROLE), &role("LATER"))).unwrap();
    two.sandbox(&["-f", "b.toml", "check"]).expect(4).says("it differs only in case");
}

#[test]
fn what_the_spec_says_of_genesys_cloud_is_not_known_without_its_credentials() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes"]).expect(0);
    let server = serve(&project, &[]);
    let project = project.aws(&server.endpoint, "111122223333", "x");
    let check = project.run(&["check", "--require", "evaluated"]);
    check.expect(5).says("? GenesysDataActionRole: the role lets Genesys Cloud invoke");
    check.says("whether an integration uses it could not be read").says("GENESYSCLOUD_OAUTHCLIENT_ID");
    project.run(&["check"]).expect(0);
    // A spec that leaves Genesys Cloud's side alone does not need them.
    project.write_spec(EXAMPLE);
    project.run(&["check", "--require", "evaluated"]).expect(0);
}

/// The spec names the function itself; an alias or version of it has a policy of its own, and runs the same code.
#[test]
fn an_alias_or_version_that_lets_a_stranger_in_is_found_although_the_spec_does_not_name_it() {
    for qualifier in ["live", "7"] {
        let project = Project::example();
        project.sandbox(&["apply", "--yes"]).expect(0);
        let function = format!("my-genesys-trigger-function:{qualifier}");
        let scenario = format!(
            "[function.\"{function}\".policy]\nVersion = \"2012-10-17\"\n[[function.\"{function}\".policy.Statement]]\nSid = \"s\"\n\
             Effect = \"Allow\"\nAction = \"lambda:InvokeFunction\"\nPrincipal = {{ AWS = \"arn:aws:iam::999988887777:root\" }}\n\
             Resource = \"arn:aws:lambda:us-east-1:111122223333:function:{function}\"\n"
        );
        std::fs::write(project.path("open.toml"), scenario).unwrap();
        let check = project.sandbox(&["--scenario", "open.toml", "check"]);
        check
            .expect(4)
            .says("; AWS account 999988887777 (without the role) can get in")
            .says(&format!(
                "1. Statement `s` of the own policy of function `{function}` lets AWS account 999988887777"
            ))
            .says(&format!("--qualifier {qualifier} --statement-id s"));
        project.sandbox(&["diagnose", ROLE]).expect(4).says(&format!("own policy of function `{function}`"));
        // Accepted, it is shown as that, in the plan too.
        let digest = check.stdout.lines().find(|line| line.trim().starts_with("digest = ")).unwrap();
        let accept =
            format!("[[role.accept]]\nfunction_policy_sid = \"s\"\n{}\nreason = \"known\"\n", digest.trim());
        project.write_spec(&format!("{EXAMPLE}\n{accept}"));
        project.sandbox(&["check"]).expect(0).says("AWS account 999988887777 (without the role)");
        project.sandbox(&["plan"]).expect(0).says("the spec accepts").says_not("accepts nothing");
    }
}

#[test]
fn what_a_trust_policy_s_conditions_leave_of_everyone_is_said_and_assume_root_lets_nobody_in() {
    let with = |statement: &str| {
        let project = Project::example();
        project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
        by_hand(&project, |role| {
            let mut trust: serde_json::Value = serde_json::from_str(role["trust"].as_str().unwrap()).unwrap();
            trust["Statement"].as_array_mut().unwrap().push(serde_json::from_str(statement).unwrap());
            role["trust"] = trust.to_string().into();
        });
        project.sandbox(&["check"])
    };
    let anyone = |condition: &str| {
        format!(r#"{{"Effect":"Allow","Principal":"*","Action":"sts:AssumeRole","Condition":{condition}}}"#)
    };
    with(&anyone(r#"{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}"#))
        .expect(4)
        .says("anyone for whom StringEquals aws:PrincipalOrgID is o-abcdefghij can get in");
    with(&anyone(
        r#"{"IpAddress":{"aws:SourceIp":"192.0.2.0/24"},"StringEquals":{"sts:ExternalId":"theirs"}}"#,
    ))
    .expect(4)
    .says("anyone for whom IpAddress aws:SourceIp is 192.0.2.0/24 ");
    let root = r#"{"Effect":"Allow","Principal":{"AWS":"999988887777"},"Action":"sts:AssumeRoot"}"#;
    with(root)
        .expect(4)
        .says("let nobody else in; but one thing is wrong")
        .says("trust-actions-too-broad (`sts:AssumeRoot`)")
        .says_not("may assume the role");
}

#[test]
fn causes_that_are_cut_are_said_to_be() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    for scenario in
        ["no-permission", "wrong-external-id", "concurrency-zero", "function-public", "extra-permissions"]
    {
        project.sandbox(&["--scenario", scenario, "check", "--quiet"]).expect(4);
    }
    project.sandbox(&["check"]).expect(4).says(
        "`--all` shows what further causes lead to and what to do about them, and the lines that accept a fault",
    );
    project.sandbox(&["check", "--all"]).expect(4).says_not("`--all` shows");
}

/// The picture shows as proven what was tried, and nothing else.
#[test]
fn of_two_functions_the_arrow_of_a_test_leads_to_the_one_that_was_invoked() {
    let spec = "\n[role.integration]\nname = \"Orders\"\n\
        [[role.data_action]]\nname = \"A\"\nfunction = \"aa\"\ninput = { n = \"string\" }\noutput = { s = \"string\" }\n\
        [[role.data_action]]\nname = \"B\"\nfunction = \"bb\"\ninput = { m = \"string\" }\noutput = { s = \"string\" }\n";
    let functions = "functions = [\"my-genesys-trigger-function\"]";
    let project = Project::new(&format!("{}{spec}", example_with(functions, "functions = [\"aa\", \"bb\"]")));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let page = |actions: &[(&str, &str)], format: &str| {
        let mut args = vec!["check", "--format", format];
        actions.iter().for_each(|(name, _)| args.extend(["--invoke", name]));
        args.extend(["--input", actions[0].1]);
        project.sandbox(&args)
    };
    for (name, input, station) in [("A", r#"{"n":"1"}"#, "aa"), ("B", r#"{"m":"1"}"#, "bb")] {
        let comment = page(&[(name, input)], "markdown");
        let stop = format!("[\"function<br/>{station}\"]");
        let stop = comment.expect(0).stdout.lines().find(|line| line.contains(&stop)).unwrap();
        let stop = stop.trim().split('[').next().unwrap();
        let arrows: Vec<&str> = comment.stdout.lines().filter(|line| line.contains("end to end: ")).collect();
        assert!(
            matches!(arrows.as_slice(), [one] if one.trim_end().ends_with(stop)),
            "{station} is {stop}: {arrows:?}"
        );
        page(&[(name, input)], "html").says(&format!("Genesys Cloud itself invoked only {station}"));
    }
    // Nothing runs where one of them would not take the input.
    let asked = project.sandbox(&["check", "--invoke", "A", "--invoke", "B", "--input", r#"{"n":"1"}"#]);
    asked.expect(64).says("`--input` for \"B\" has `n`").says_not("sending");
    project
        .sandbox(&["check", "--invoke", "A", "--invoke", "B", "--input", "{}"])
        .expect(0)
        .says("invoked each function");
}

/// The others work.
#[test]
fn of_several_data_actions_the_headline_names_the_function_of_the_wrong_one() {
    let function = "\"my-genesys-trigger-function\"";
    let several = BOTH_ENDS
        .replace(&format!("functions = [{function}]"), &format!("functions = [{function}, \"other\"]"));
    let first = several.replace("# function = \"my-genesys", "function = \"my-genesys");
    let second = "\n[[role.data_action]]\nname = \"Cancel\"\nfunction = \"other\"\ninput = {}\noutput = {}\n";
    let project = Project::new(&format!("{first}{second}"));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let path = project.path(".genesys-iam/sandbox.json");
    let text = std::fs::read_to_string(&path).unwrap();
    let mut state: serde_json::Value = serde_json::from_str(&text).unwrap();
    let actions = state["organization"]["actions"].as_object_mut().unwrap();
    let action = actions.values_mut().find(|action| action.to_string().contains("\"Cancel\"")).unwrap();
    let wrong = action.to_string().replace("function:other", "function:mistyped");
    *action = serde_json::from_str(&wrong).unwrap();
    std::fs::write(&path, state.to_string()).unwrap();
    let check = project.sandbox(&["check"]);
    check.expect(4).says("Genesys Cloud does not invoke `other`").says_not("its 2 functions");
}

/// Even if it points at another function than the spec's: a role beside it has nothing to do with that.
#[test]
fn a_failed_test_is_the_fault_of_the_role_that_was_assumed_and_of_no_other() {
    let beside = "\n[[role]]\nname = \"Beside\"\nfunctions = [\"my-genesys-trigger-function\"]\n";
    let project = Project::new(&format!("{BOTH_ENDS}{beside}"));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let check =
        project.sandbox(&["--scenario", "other-function", "check", "--invoke", "Get order status", "--json"]);
    let report: serde_json::Value = serde_json::from_str(&check.expect(4).stdout).unwrap();
    let causes = |name: &str| {
        let role = report["roles"].as_array().unwrap().iter().find(|role| role["role"] == name);
        role.unwrap()["diagnosis"].as_array().unwrap().len()
    };
    assert!(causes(ROLE) > 0, "{report:#}");
    assert_eq!(causes("Beside"), 0, "{report:#}");
}
