//! What `diagnose` prints mends it: with this tool, with the AWS CLI, and by those who have to be asked.

use std::io::Write as _;
use std::process::{Command, Stdio};

use genesys_iam::sandbox::BUILT_IN;

use crate::support::served::serve;
use crate::support::{BOTH_ENDS, Project, ROLE, Run};

/// A served sandbox of both ends with a planted scenario, and clients without a spec.
struct Broken {
    project: Project,
    /// How the clients find Genesys Cloud.
    options: Vec<String>,
    server: crate::support::Server,
}

impl Broken {
    fn new(scenario: &str) -> Self {
        let project = Project::new(BOTH_ENDS);
        project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
        let server = serve(&project, &["--scenario", scenario]);
        std::fs::remove_file(project.path("genesys.toml")).unwrap();
        let project = project
            .aws(&server.endpoint, "111122223333", "x")
            .env("AWS_DEFAULT_REGION", "us-east-1")
            .env("AWS_PAGER", "")
            .env("GENESYSCLOUD_OAUTHCLIENT_ID", "id")
            .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "secret");
        let options = vec!["--genesys-endpoint-url".to_owned(), server.endpoint.clone()];
        Self { project, options, server }
    }

    /// The same, diagnosed with `--sandbox`, which plays Genesys Cloud: only so an RCP shows.
    fn embedded(scenario: &str) -> Self {
        Self { options: vec!["--sandbox".to_owned()], ..Self::new(scenario) }
    }

    fn diagnose(&self) -> Run {
        let options: Vec<&str> = self.options.iter().map(String::as_str).collect();
        self.project.run(&[&options[..], &["diagnose", ROLE, "--format", "text"]].concat())
    }

    /// The commands of one way, as printed.
    fn commands(&self, title: &str) -> Vec<String> {
        let run = self.diagnose();
        let after = run.stdout.split_once(title).unwrap_or_else(|| panic!("{}", run.transcript())).1;
        let of_way = after.lines().skip(1).take_while(|line| line.starts_with("     "));
        of_way.filter_map(|line| line.trim().strip_prefix("$ ")).map(str::to_owned).collect()
    }

    /// The commands of that way of every cause.
    fn all_commands(&self, title: &str) -> Vec<String> {
        let run = self.diagnose();
        let ways = run.stdout.split(title).skip(1);
        let of_way = ways.flat_map(|way| way.lines().skip(1).take_while(|line| line.starts_with("     ")));
        of_way.filter_map(|line| line.trim().strip_prefix("$ ")).map(str::to_owned).collect()
    }

    /// Runs them in a shell, with the binary and the AWS CLI on the PATH.
    fn follow(&self, commands: &[String]) {
        assert!(!commands.is_empty());
        let bin = std::path::Path::new(env!("CARGO_BIN_EXE_genesys-iam")).parent().unwrap();
        for command in commands {
            let command = match command.strip_prefix("genesys-iam ") {
                Some(rest) if rest.contains(" apply") => format!("genesys-iam {rest} --yes --no-check"),
                _ => command.clone(),
            };
            let mut shell: Command = self.project.command(&[]);
            let path = format!("{}:{}", bin.display(), std::env::var("PATH").unwrap());
            let mut typed = Command::new("sh");
            typed.args(["-c", &command]).current_dir(self.project.path("")).stdin(Stdio::null());
            typed.env_clear().envs(shell.get_envs().filter_map(|(name, value)| Some((name, value?))));
            typed.env("PATH", path);
            shell.stdin(Stdio::null());
            Run::of(&mut typed).expect(0);
        }
    }

    #[track_caller]
    fn is_healthy(&self) {
        assert!(!self.server.endpoint.is_empty());
        self.diagnose().expect(0).says("✓");
    }
}

/// Scenarios that the tool and the AWS CLI repair.
const BOTH_WAYS: [&str; 12] = [
    "role-missing",
    "wrong-external-id",
    "wrong-account",
    "open-role",
    "policy-missing",
    "no-permission",
    "other-arn",
    "explicit-deny",
    "boundary",
    "extra-permissions",
    "other-organization",
    "trust-deny",
];
/// Where Genesys Cloud's side has to change too.
const BY_TOOL: [&str; 3] = ["integration-disabled", "other-role", "other-function"];
/// The same, after a function was made or published with the AWS CLI.
const BY_TOOL_AND_CLI: [&str; 2] = ["tenant-isolation", "function-not-invocable"];
const BY_CLI: [&str; 5] =
    ["concurrency-zero", "function-deny", "function-public", "function-failed", "function-missing"];
/// By a text to the organization's administrator.
const BY_LETTER: [&str; 3] = ["rcp-identity-perimeter", "scp-deny", "scp-missing-allow"];
/// Somebody was let in: nothing undoes that. An OAuth client is made in Genesys Cloud.
const BY_NOTHING_PRINTED: [&str; 3] = ["stranger", "another-customer", "rejected-client"];

fn has_aws_cli() -> bool {
    let has = Command::new("aws").arg("--version").output().is_ok();
    if !has {
        let _ = writeln!(std::io::stderr(), "skipped: this machine has no `aws`");
    }
    has
}

#[test]
fn each_scenario_that_breaks_something_is_fixed_by_what_is_printed() {
    let fixed = BOTH_WAYS.iter().chain(&BY_TOOL).chain(&BY_TOOL_AND_CLI).chain(&BY_CLI);
    let fixed: Vec<&str> = fixed.chain(&BY_LETTER).chain(&BY_NOTHING_PRINTED).copied().collect();
    for (scenario, causes) in super::diagnose::NAMED {
        assert_eq!(!causes.is_empty(), fixed.contains(scenario), "{scenario}");
    }
}

#[test]
fn what_the_tools_own_way_says_makes_each_of_them_healthy() {
    for scenario in BOTH_WAYS.into_iter().chain(BY_TOOL) {
        let broken = Broken::new(scenario);
        let commands = broken.commands("with this tool");
        broken.follow(&commands);
        broken.is_healthy();
    }
    // A tag of the role, if the organization exempts it.
    let broken = Broken::embedded("rcp-identity-perimeter");
    broken.follow(&broken.commands("with this tool"));
    broken.is_healthy();
    if has_aws_cli() {
        for scenario in BY_TOOL_AND_CLI {
            let broken = Broken::new(scenario);
            let commands = broken.commands("with this tool");
            assert!(commands.iter().any(|command| command.contains("aws lambda ")), "{commands:?}");
            broken.follow(&commands);
            broken.is_healthy();
        }
    }
}

#[test]
fn what_the_way_of_the_aws_cli_says_makes_each_of_them_healthy() {
    if !has_aws_cli() {
        return;
    }
    for scenario in BOTH_WAYS.into_iter().chain(BY_CLI) {
        let broken = Broken::new(scenario);
        let commands = broken.commands("with the AWS CLI");
        let known = ["aws ", "printf ", "python3 -m zipfile "];
        assert!(
            commands.iter().all(|command| known.iter().any(|known| command.starts_with(known))),
            "{commands:?}"
        );
        broken.follow(&commands);
        broken.is_healthy();
    }
    let broken = Broken::embedded("rcp-identity-perimeter");
    broken.follow(&broken.commands("with the AWS CLI"));
    broken.is_healthy();
}

/// An inline policy with a Deny beside an Allow.
fn mixed() -> Broken {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let scenario = r#"
about = "A Deny beside an Allow."
[role."*".inline.mixed]
Version = "2012-10-17"
[[role."*".inline.mixed.Statement]]
Effect = "Deny"
Action = "lambda:*"
Resource = "*"
[[role."*".inline.mixed.Statement]]
Effect = "Allow"
Action = "s3:GetObject"
Resource = "*"
"#;
    planted(project, scenario)
}

/// A served sandbox with a scenario of the test's own, and clients without a spec and without Genesys Cloud.
fn planted(project: Project, scenario: &str) -> Broken {
    std::fs::write(project.path("planted.toml"), scenario).unwrap();
    let server = serve(&project, &["--scenario", "planted.toml"]);
    std::fs::remove_file(project.path("genesys.toml")).unwrap();
    let project = project
        .aws(&server.endpoint, "111122223333", "x")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("AWS_PAGER", "");
    Broken { project, options: Vec::new(), server }
}

/// A Deny goes by its statement: what else its policy says stays.
#[test]
fn the_rest_of_a_policy_stays_when_its_deny_goes() {
    if !has_aws_cli() {
        return;
    }
    let broken = mixed();
    // The Allow beside it is a cause of its own, and comes after.
    let run = broken.diagnose();
    run.expect(4).says("(denied)").says("(extra-permissions)");
    let all = broken.all_commands("with the AWS CLI");
    run.says("keeps Genesys Cloud, our contact centre, from the function");
    run.says("this takes whole policies off the role, all but the spec's: `mixed`");
    let commands = broken.commands("with the AWS CLI");
    broken.follow(&commands);
    let run = broken.diagnose();
    run.expect(4).says("s3:GetObject").says_not("(denied)").says_not("is to go too");
    // Where only the Deny is left to it, the Deny stays.
    let commands = broken.commands("with the AWS CLI");
    assert!(commands.iter().all(|command| !command.contains("Deny")), "{commands:?}");
    // Pasted one after the other, what was printed for both causes mends both.
    let broken = mixed();
    broken.follow(&all);
    broken.is_healthy();
}

/// A role of three functions, with a scenario of its own.
fn of_three(scenario: &str) -> Broken {
    let functions = ["a", "b", "c"].map(|name| format!("{name:?}")).join(", ");
    let spec = crate::support::EXAMPLE.replace("\"my-genesys-trigger-function\"", &functions);
    let (spec, _) = spec.split_once("[role.integration]").unwrap_or((&spec, ""));
    let project = Project::new(spec);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    planted(project, scenario)
}

/// Several causes in one policy: each command stands on those before it.
#[test]
fn the_commands_for_several_causes_in_one_policy_do_not_undo_each_other() {
    if !has_aws_cli() {
        return;
    }
    let denial = |function: &str| {
        format!(
            "{{ Effect = \"Deny\", Action = \"lambda:*\", Resource = \"arn:aws:lambda:*:*:function:{function}\" }}"
        )
    };
    let extra = "{ Effect = \"Allow\", Action = \"s3:GetObject\", Resource = \"*\" }";
    let inline = |name: &str, statements: &[&str]| {
        let statements = statements.join(", ");
        format!("[role.\"*\".inline.{name}]\nVersion = \"2012-10-17\"\nStatement = [{statements}]\n")
    };
    let (of_b, of_c) = (denial("b"), denial("c"));
    let planted =
        inline("one", &[&of_b, &of_c, extra]) + &inline("two", &[&of_c]) + &inline("three", &[&of_b, extra]);
    let broken = of_three(&planted);
    let run = broken.diagnose();
    run.expect(4).says("(denied)").says("(extra-permissions)").says("once 1 is done:");
    broken.follow(&broken.all_commands("with the AWS CLI"));
    broken.is_healthy();

    let isolated =
        "[function.\"*\".configuration]\nTenancyConfig = { TenantIsolationMode = \"PER_TENANT\" }\n";
    let broken = of_three(isolated);
    let commands = broken.all_commands("with the AWS CLI");
    let versions: Vec<_> = commands.iter().filter(|one| one.contains("create-policy-version")).collect();
    assert!(versions.len() == 3 && versions.iter().all(|one| *one == versions[0]), "{commands:#?}");
    broken.follow(&commands);
    broken.is_healthy();
}

/// `sandbox serve` with a scenario in an empty folder, and a shell with the lines that it prints.
#[test]
fn in_an_empty_folder_serve_breaks_a_role_that_works_and_prints_what_a_shell_needs() {
    let project = Project::empty();
    let server = serve(&project, &["--scenario", "explicit-deny"]);
    let project = project
        .aws(&server.endpoint, "111122223333", "sandbox")
        .env("AWS_DEFAULT_REGION", "us-east-1")
        .env("GENESYSCLOUD_ENDPOINT_URL", &server.endpoint)
        .env("GENESYSCLOUD_OAUTHCLIENT_ID", "sandbox")
        .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "sandbox");
    let run = project.run(&["diagnose", "--format", "text"]);
    run.expect(4).says("(denied)").says("its credential holds the role");
    // In the same folder and at the same time, the embedded one has the same state.
    project.sandbox(&["diagnose", ROLE]).expect(4).says("(denied)").says("played by the sandbox");
    project
        .sandbox(&["diagnose", ROLE, "--out", "genesys.toml", "--with", "extra_permissions = \"remove\""])
        .expect(0);
    project.sandbox(&["apply", "--adopt", "--yes", "--no-check"]).expect(0);
    project.run(&["diagnose", ROLE]).expect(0).says("✓");
    project.run(&["sandbox", "reset"]).expect(0);
    project.run(&["diagnose", ROLE]).expect(4).says("(role-missing)");
}

/// Those that the tool cannot fix, because they are in other people's hands.
const OF_OTHERS: [&str; 13] = [
    "function-deny",
    "function-public",
    "function-missing",
    "function-failed",
    "function-pending",
    "function-inactive",
    "function-not-invocable",
    "concurrency-zero",
    "tenant-isolation",
    "scp-deny",
    "scp-missing-allow",
    "rcp-identity-perimeter",
    "rejected-client",
];

#[test]
fn what_only_others_can_fix_is_undone_in_the_sandbox() {
    for scenario in OF_OTHERS {
        let project = Project::empty();
        project.sandbox(&["--scenario", scenario, "diagnose", ROLE]);
        project.run(&["sandbox", "undo"]).expect(0).says("Undone: ");
        let run = project.sandbox(&["diagnose", ROLE]);
        run.expect(0).says("✓").says_not("planted in this sandbox").says_not("Not known:");
    }
    let project = Project::empty();
    project.sandbox(&["--scenario", "wrong-external-id", "diagnose", ROLE]).expect(4);
    project.run(&["sandbox", "undo"]).expect(0).says("Nothing to undo: roles and policies are yours to fix");
    project.sandbox(&["diagnose", ROLE]).expect(4).says("(external-id)");
}

#[test]
fn every_cause_has_a_way_that_can_be_gone() {
    for (scenario, _) in BUILT_IN {
        let project = Project::empty();
        let run = project.sandbox(&["--scenario", scenario, "diagnose", ROLE]);
        let is_fixable = run.stdout.contains("with this tool") || run.stdout.contains("$ aws ");
        if run.status == 4 && !is_fixable {
            let is_letter = run.stdout.contains("by whoever administers your AWS organization");
            assert!(
                is_letter || run.stdout.contains("`genesys-iam sandbox undo` does it"),
                "{}",
                run.transcript()
            );
        }
        // What a refused call has decided is not left open.
        run.says_not("is undecided\n    seen: a Deny may apply");
    }
}

/// Whoever administers the organization, in the sandbox.
const ADMINISTRATOR: &str = "999988887777";

/// A shell of an account, with the served sandbox as its AWS.
fn shell(project: &Project, endpoint: &str, account: &str, script: &str) -> Run {
    let mut command = Command::new("sh");
    command.args(["-c", script]).current_dir(project.path("")).stdin(Stdio::null());
    command.env("AWS_ENDPOINT_URL", endpoint).env("AWS_ACCESS_KEY_ID", account);
    command.env("AWS_SECRET_ACCESS_KEY", "x").env("AWS_DEFAULT_REGION", "us-east-1").env("AWS_PAGER", "");
    Run::of(&mut command)
}

/// The text for the administrator, as printed.
fn letter(run: &Run) -> Vec<String> {
    let after = run.stdout.split_once("by whoever administers your AWS organization").unwrap().1;
    let lines = after.lines().skip(2).take_while(|line| line.starts_with("       "));
    lines.map(|line| line[7..].to_owned()).collect()
}

/// What follows a word in the letter, as JSON: `after:   "NotResource": …`
fn member_after(text: &str, member: &str) -> serde_json::Value {
    let at = text.rfind(&format!("\"{member}\":")).unwrap();
    let value = text[at..].split_once(':').unwrap().1.replace("…,", "");
    let mut values = serde_json::Deserializer::from_str(&value).into_iter();
    values.next().unwrap().unwrap()
}

#[test]
fn a_letter_to_the_organizations_administrator_works_when_it_is_followed_to_the_letter() {
    if !has_aws_cli() {
        return;
    }
    const ROLE_ARN: &str = "arn:aws:iam::111122223333:role/GenesysDataActionRole";
    for scenario in BY_LETTER {
        let project = Project::empty();
        let server = serve(&project, &["--scenario", scenario]);
        let run = project.sandbox(&["diagnose", ROLE]);
        run.expect(4).says("export AWS_ACCESS_KEY_ID=999988887777");
        // None of it is for whoever reads the report.
        run.says_not("$ aws organizations");
        let lines = letter(&run);
        let text = lines.join("\n");
        assert!(text.contains(&format!("Role:    {ROLE_ARN}")), "{text}");
        let administrator = |script: &str| shell(&project, &server.endpoint, ADMINISTRATOR, script);
        let from = lines.iter().position(|line| line.trim_start().starts_with("target=")).unwrap();
        let to = lines.iter().position(|line| line.trim() == "done" && line.starts_with("   done")).unwrap();
        let listed = administrator(&lines[from..=to].join("\n"));
        listed.expect(0).says("== target 111122223333, policy ").says("== target r-");
        // The one that the letter describes.
        let (mut id, mut found) = ("", None);
        for line in listed.stdout.lines() {
            match line.split_once(", policy ") {
                Some((_, policy)) => id = policy,
                None => {
                    let document: serde_json::Value = serde_json::from_str(line).unwrap();
                    let statement = document["Statement"].get(0).unwrap_or(&document["Statement"]);
                    let is_full = statement["Action"] == "*";
                    if !is_full {
                        found = Some(id);
                    }
                }
            }
        }
        let id = found.unwrap();
        // With the lines that continue it.
        let command = |name: &str| {
            let is_it = |line: &&String| {
                line.contains(&format!("aws organizations {name}")) && line.contains("POLICY_ID")
            };
            let from = lines.iter().position(|line| is_it(&line)).unwrap();
            let length = lines[from..].iter().take_while(|line| line.ends_with('\\')).count();
            lines[from..=from + length].join("\n").replace("POLICY_ID", id)
        };
        assert!(lines[from..=to].iter().all(|line| line.len() <= 72), "{text}");
        administrator(&command("describe-policy")).expect(0);
        let path = project.path("policy.json");
        let mut document: serde_json::Value =
            serde_json::from_str(std::fs::read_to_string(&path).unwrap().trim()).unwrap();
        let statement = match &mut document["Statement"] {
            serde_json::Value::Array(all) => &mut all[0],
            one => one,
        };
        match scenario {
            "rcp-identity-perimeter" => {
                statement["NotResource"] = member_after(&text, "NotResource");
                statement.as_object_mut().unwrap().remove("Resource");
            }
            "scp-deny" => statement["Condition"] = member_after(&text, "Condition"),
            _ => {
                let more = member_after(&text, "Action");
                let actions = statement["Action"].as_array_mut().unwrap();
                actions.extend(more.as_array().unwrap().iter().cloned());
            }
        }
        std::fs::write(&path, document.to_string()).unwrap();
        let update = command("update-policy");
        let refused = shell(&project, &server.endpoint, "111122223333", &update);
        assert!(refused.stderr.contains("AccessDenied"), "{}", refused.transcript());
        administrator(&update).expect(0);
        project.sandbox(&["diagnose", ROLE]).expect(0).says("✓").says_not("Not known:");
        if scenario != "rcp-identity-perimeter" {
            continue;
        }
        // Only this role is exempt; the account's own principals get in as before.
        let other = |account: &str| {
            let trust = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{account}"}},"Action":"sts:AssumeRole"}}]}}"#
            );
            let own = |script: &str| shell(&project, &server.endpoint, "111122223333", script);
            own(&format!(
                "aws iam create-role --role-name of-{account} --assume-role-policy-document '{trust}'"
            ))
            .expect(0);
            let role = format!("arn:aws:iam::111122223333:role/of-{account}");
            let script = format!("aws sts assume-role --role-arn {role} --role-session-name other");
            shell(&project, &server.endpoint, account, &script)
        };
        other("111122223333").expect(0);
        let genesys = other("765628985471");
        assert!(genesys.stderr.contains("resource control policy"), "{}", genesys.transcript());
    }
}

#[test]
fn the_way_with_this_tool_uses_the_spec_that_is_here() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let run = project.sandbox(&["--scenario", "wrong-external-id", "diagnose", ROLE]);
    run.expect(4).says("     $ genesys-iam --sandbox apply\n").says_not("--out");
    let run = project.sandbox(&["--scenario", "explicit-deny", "diagnose", ROLE]);
    run.says("in genesys.toml, line 26, [[role]] `GenesysDataActionRole`: below its name");
    run.says("       extra_permissions = \"remove\"\n     $ genesys-iam --sandbox apply\n");
    // One that says otherwise stays as it is.
    let spec = BOTH_ENDS.replace(crate::support::world::ID, "0b1c2d3e-0000-4000-8000-000000000001");
    std::fs::write(project.path("genesys.toml"), spec).unwrap();
    let run = project.sandbox(&["diagnose", ROLE]);
    run.says("in genesys.toml, correct this in the table [genesys]").says_not("--out");
    run.says("external_id = \"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"");
    // One of another role is left alone.
    let spec = BOTH_ENDS.replace("name = \"GenesysDataActionRole\"", "name = \"Another\"");
    std::fs::write(project.path("genesys.toml"), spec).unwrap();
    let run = project.sandbox(&["diagnose", ROLE]);
    run.says(&format!("--out {ROLE}.toml")).says(&format!("apply --file {ROLE}.toml"));
    // Somebody has a file for it already.
    run.says("a spec named `genesys` made this role (its tag genesys-iam:spec says so): if you can find that file, work with it");
}

#[test]
fn where_nobody_can_be_asked_apply_says_how_to_go_on() {
    let run = Project::new(BOTH_ENDS).sandbox(&["apply"]);
    run.expect(3).says("nobody can be asked here").says("run the same command again with `--yes` after it");
}

#[test]
fn a_boundary_is_for_its_owner_to_widen_and_its_removal_comes_last() {
    let project = Project::empty();
    let run = project.sandbox(&["--scenario", "boundary", "diagnose", ROLE]);
    run.expect(4).says("whoever set the permissions boundary would get this text");
    let at = |text: &str| run.stdout.find(text).unwrap_or_else(|| panic!("{}", run.transcript()));
    assert!(at("in the console") < at("with the AWS CLI") && at("with the AWS CLI") < at("with this tool"));
    assert!(at("only if the boundary's owner agrees") < at("permissions_boundary = \"none\""));
}

#[test]
fn a_role_that_looks_right_comes_before_a_new_one() {
    let project = Project::empty();
    project.sandbox(&["--scenario", "other-role", "diagnose"]).expect(4);
    let run = project.sandbox(&["diagnose", "arn:aws:iam::111122223333:role/Other"]);
    run.expect(4)
        .says("(role-missing)")
        .says("GenesysDataActionRole trusts Genesys Cloud and may invoke functions: if it was meant");
    let at = |text: &str| run.stdout.find(text).unwrap_or_else(|| panic!("{}", run.transcript()));
    assert!(at("with a role that exists") < at("with this tool"), "{}", run.stdout);
}

/// What a role may do too much can be all by which it works.
#[test]
fn a_policy_by_which_the_role_works_is_taken_off_only_after_its_own_is_there() {
    if !has_aws_cli() {
        return;
    }
    let wide = r#"
[role."*"]
detach = true
[role."*".inline.invoke]
Version = "2012-10-17"
Statement = { Effect = "Allow", Action = ["lambda:InvokeFunction", "lambda:InvokeAsync"], Resource = "*" }
[policy."*"]
missing = true
"#;
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    // Nobody knows which function a data action calls: nothing is claimed, and nothing is taken away.
    let unknown = planted(project, wide);
    let run = unknown.diagnose();
    run.says("it is not known whether Genesys Cloud can invoke").says_not("policy-missing").says_not("403");
    assert!(unknown.all_commands("with the AWS CLI").is_empty(), "{}", run.transcript());
    let Broken { project, server, .. } = unknown;
    let project =
        project.env("GENESYSCLOUD_OAUTHCLIENT_ID", "id").env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "secret");
    let options = vec!["--genesys-endpoint-url".to_owned(), server.endpoint.clone()];
    let known = Broken { project, options, server };
    let run = known.diagnose();
    run.expect(4).says("(extra-permissions)").says("first a policy that does just that");
    let commands = known.all_commands("with the AWS CLI");
    known.follow(&commands);
    known.is_healthy();
}
