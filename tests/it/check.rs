//! `check`: whole reports.

use crate::support::served::{Served, serve};
use crate::support::{BOTH_ENDS, EXAMPLE, Project, Run, by_hand};
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
    hostile.expect(4).says_not("<b>").says_not("@team").says("&lt;b&gt;\\|@<!-- -->team");
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
    let server = serve(&project, &[]);
    let project = project.aws(&server.endpoint, "111122223333", "x");
    project.run(&["plan"]).expect(0).says(&format!("+ {verifier}, with external ID"));
    project.run(&["apply", "--yes"]).expect(0).says("Proven by real calls");
    project.run(&["check", "--all", "--require", "assumed"]).expect(0).says("the verifier");
    // Without it the same caller proves nothing.
    project.write_spec(EXAMPLE);
    project.run(&["apply", "--yes", "--no-check"]).expect(0).says(&format!("- {verifier}, with external ID"));
    project.run(&["check", "--require", "evaluated"]).expect(0);
    project.run(&["check", "--require", "assumed"]).expect(5).says("was not reached");
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
    // Nothing is invoked without credentials, and nothing is asked.
    served.run(&["check", "--invoke", "x"]).expect(1).says("no credentials for Genesys Cloud").says("help:");
    served.run(&["check", "--all"]).expect(0).says("Genesys Cloud's side was not read");
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
