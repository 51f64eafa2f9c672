//! What `diagnose` prints mends it: with this tool, with the AWS CLI, and by those who have to be asked.

use std::io::Write as _;
use std::process::{Command, Stdio};

use genesys_iam::sandbox::BUILT_IN;

use crate::support::served::serve;
use crate::support::{BOTH_ENDS, Project, ROLE, Run};

/// A served sandbox of both ends with a planted scenario, and clients without a spec.
struct Broken {
    project: Project,
    _server: crate::support::Server,
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
        Self { project, _server: server }
    }

    fn endpoint(&self) -> &str {
        &self._server.endpoint
    }

    fn diagnose(&self) -> Run {
        self.project.run(&["--genesys-endpoint-url", self.endpoint(), "diagnose", ROLE, "--format", "text"])
    }

    /// The commands of one way, as printed.
    fn commands(&self, title: &str) -> Vec<String> {
        let run = self.diagnose();
        let after = run.stdout.split_once(title).unwrap_or_else(|| panic!("{}", run.transcript())).1;
        let of_way = after.lines().skip(1).take_while(|line| line.starts_with("     "));
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
            // With `--out` it still reports what is wrong.
            let status = if command.contains(" diagnose ") { self.diagnose().status } else { 0 };
            Run::of(&mut typed).expect(status);
        }
    }

    #[track_caller]
    fn is_healthy(&self) {
        let run = self.project.run(&["--genesys-endpoint-url", self.endpoint(), "diagnose", ROLE]);
        run.expect(0).says("✓");
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

#[test]
fn what_the_tools_own_way_says_makes_each_of_ten_healthy() {
    for scenario in BOTH_WAYS.into_iter().chain(["integration-disabled", "other-role", "other-function"]) {
        let broken = Broken::new(scenario);
        let commands = broken.commands("with this tool");
        broken.follow(&commands);
        broken.is_healthy();
    }
}

#[test]
fn what_the_way_of_the_aws_cli_says_makes_each_of_ten_healthy() {
    if Command::new("aws").arg("--version").output().is_err() {
        let _ = writeln!(std::io::stderr(), "skipped: this machine has no `aws`");
        return;
    }
    let by_cli_only = ["concurrency-zero", "function-deny", "function-public", "function-failed"];
    for scenario in BOTH_WAYS.into_iter().chain(by_cli_only) {
        let broken = Broken::new(scenario);
        let commands = broken.commands("with the AWS CLI");
        assert!(commands.iter().all(|command| command.starts_with("aws ")), "{commands:?}");
        broken.follow(&commands);
        broken.is_healthy();
    }
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
        .expect(4);
    project.sandbox(&["apply", "--adopt", "--yes", "--no-check"]).expect(0);
    project.run(&["diagnose", ROLE]).expect(0).says("✓");
    project.run(&["sandbox", "reset"]).expect(0);
    project.run(&["diagnose", ROLE]).expect(4).says("(role-missing)");
}

/// Those that the tool cannot fix, because they are in other people's hands.
const OF_OTHERS: [&str; 11] = [
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
            run.says("`genesys-iam sandbox undo` does there what others would do");
        }
        // What a refused call has decided is not left open.
        run.says_not("is undecided\n    seen: a Deny may apply");
    }
}

#[test]
fn a_letter_to_the_organizations_administrator_has_what_they_need_and_works() {
    let Ok(_) = Command::new("aws").arg("--version").output() else {
        let _ = writeln!(std::io::stderr(), "skipped: this machine has no `aws`");
        return;
    };
    const RCP: &str = "RESOURCE_CONTROL_POLICY";
    const SCP: &str = "SERVICE_CONTROL_POLICY";
    for (scenario, kind, action) in [
        ("rcp-identity-perimeter", RCP, "sts:AssumeRole on this role, called from AWS account 765628985471"),
        (
            "scp-deny",
            SCP,
            "lambda:InvokeFunction on arn:aws:lambda:us-east-1:111122223333:function:my-genesys",
        ),
    ] {
        let project = Project::empty();
        let server = serve(&project, &["--scenario", scenario]);
        let run = project.sandbox(&["diagnose", ROLE]);
        run.expect(4)
            .says("by whoever administers your AWS organization")
            .says("you cannot change it from this account");
        run.says("Account: 111122223333")
            .says("Role:    arn:aws:iam::111122223333:role/GenesysDataActionRole");
        run.says(&format!("Refused: {action}"));
        run.says(&format!("list-policies-for-target --target-id 111122223333 --filter {kind}"));
        // None of it is for whoever reads the report.
        run.says_not("$ aws organizations");
        let aws = |account: &str, words: &[&str]| {
            let mut command = Command::new("aws");
            command
                .args(["organizations", "--output", "text"])
                .args(words)
                .env("AWS_ENDPOINT_URL", &server.endpoint);
            command
                .env("AWS_ACCESS_KEY_ID", account)
                .env("AWS_SECRET_ACCESS_KEY", "x")
                .env("AWS_DEFAULT_REGION", "us-east-1");
            command.env("AWS_PAGER", "");
            Run::of(&mut command)
        };
        const ADMINISTRATOR: &str = "999988887777";
        let listed = aws(
            ADMINISTRATOR,
            &[
                "list-policies-for-target",
                "--target-id",
                "r-sand",
                "--filter",
                kind,
                "--query",
                "Policies[?!AwsManaged].Id",
            ],
        );
        let id = listed.expect(0).stdout.split_whitespace().last().unwrap().to_owned();
        let written =
            aws(ADMINISTRATOR, &["describe-policy", "--policy-id", &id, "--query", "Policy.Content"]);
        let mut document: serde_json::Value = serde_json::from_str(written.expect(0).stdout.trim()).unwrap();
        let statement = match &mut document["Statement"] {
            serde_json::Value::Array(all) => &mut all[0],
            one => one,
        };
        let role = "arn:aws:iam::111122223333:role/GenesysDataActionRole";
        match kind {
            SCP => statement["Condition"]["ArnNotLike"]["aws:PrincipalArn"] = role.into(),
            _ => {
                let accounts = serde_json::json!(["111122223333", "765628985471"]);
                statement["Condition"]["StringNotEqualsIfExists"]["aws:PrincipalAccount"] = accounts;
            }
        }
        let update = ["update-policy", "--policy-id", &id, "--content", &document.to_string()];
        let refused = aws("111122223333", &update);
        assert!(refused.stderr.contains("AccessDenied"), "{}", refused.transcript());
        aws(ADMINISTRATOR, &update).expect(0);
        project.sandbox(&["diagnose", ROLE]).expect(0).says("✓");
    }
}

#[test]
fn the_way_with_this_tool_uses_the_spec_that_is_here() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let run = project.sandbox(&["--scenario", "wrong-external-id", "diagnose", ROLE]);
    run.expect(4).says("     $ genesys-iam --sandbox apply\n").says_not("--out");
    let run = project.sandbox(&["--scenario", "explicit-deny", "diagnose", ROLE]);
    run.says("genesys.toml has the role: add the line extra_permissions = \"remove\" to it, then");
    // One that says otherwise stays as it is.
    let spec = BOTH_ENDS.replace(crate::support::world::ID, "0b1c2d3e-0000-4000-8000-000000000001");
    std::fs::write(project.path("genesys.toml"), spec).unwrap();
    let run = project.sandbox(&["diagnose", ROLE]);
    run.says("genesys.toml has the role otherwise; write there:").says_not("--out");
    run.says("external_id = \"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"");
    // One of another role is left alone.
    let spec = BOTH_ENDS.replace("name = \"GenesysDataActionRole\"", "name = \"Another\"");
    std::fs::write(project.path("genesys.toml"), spec).unwrap();
    let run = project.sandbox(&["diagnose", ROLE]);
    run.says(&format!("--out {ROLE}.toml")).says(&format!("apply --adopt --file {ROLE}.toml"));
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
    run.expect(4).says(
        "ask its owner to allow lambda:InvokeFunction on arn:aws:lambda:us-east-1:111122223333:function:",
    );
    let at = |text: &str| run.stdout.find(text).unwrap_or_else(|| panic!("{}", run.transcript()));
    assert!(at("in the console") < at("with the AWS CLI") && at("with the AWS CLI") < at("with this tool"));
    assert!(at("only if the boundary's owner agrees") < at("permissions_boundary = \"none\""));
}

#[test]
fn a_role_that_looks_right_comes_before_a_new_one() {
    let project = Project::empty();
    let list = project.sandbox(&["--scenario", "other-role", "diagnose"]);
    // Something is wrong, although it is only a list.
    list.expect(4).says("Not diagnosed yet").says("there is no such role");
    let other = list
        .stdout
        .lines()
        .find_map(|line| line.trim().strip_prefix("$ ").filter(|line| line.contains("arn:aws:iam")))
        .unwrap();
    let words: Vec<&str> = other.split(' ').skip(1).collect();
    let run = project.run(&words);
    run.expect(4)
        .says("(role-missing)")
        .says("GenesysDataActionRole trusts Genesys Cloud and may invoke functions: if it was meant");
    let at = |text: &str| run.stdout.find(text).unwrap_or_else(|| panic!("{}", run.transcript()));
    assert!(at("with a role that exists") < at("with this tool"), "{}", run.stdout);
}
