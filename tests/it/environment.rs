//! Broken environments: each leads to one clear error with a next step, in time, without showing a secret.

use std::fs;
use std::process::Stdio;

use crate::support::http_stub::{answer, aws_error, serve};
#[cfg(unix)]
use crate::support::terminal::on_a_terminal;
use crate::support::{EXAMPLE, POLICY_ARN, Project, ROLE, Run, example_with};
use insta::assert_snapshot;

/// One error, one next step, no panic, no secret, and in time.
#[track_caller]
fn one_error(run: &Run, says: &str, next: &str) {
    run.expect(1).says(says).says(next).says_not("panicked").says_not("SECRET-KEY").says_not("SECRET-TOKEN");
    let lines = |start: &str| run.stderr.lines().filter(|line| line.starts_with(start)).count();
    assert_eq!((lines("error:"), lines("help:")), (1, 1), "{}", run.transcript());
}

fn with_keys(endpoint: &str) -> Project {
    Project::example()
        .aws(endpoint, "AKIDEXAMPLE", "SECRET-KEY")
        .env("AWS_SESSION_TOKEN", "SECRET-TOKEN")
        .env("AWS_MAX_ATTEMPTS", "1")
}

#[test]
fn no_credentials() {
    let project = Project::example().env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    one_error(&project.run(&["plan"]), "no usable credentials", "AWS_PROFILE");
    one_error(&project.run(&["apply", "--yes"]), "no usable credentials", "AWS_PROFILE");
}

#[test]
fn a_profile_that_does_not_exist_is_named() {
    let project = Project::example()
        .env("AWS_PROFILE", "nobody-has-this")
        .env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    one_error(&project.run(&["plan"]), "nobody-has-this", "profile");
}

#[test]
fn half_of_what_belongs_together_is_named_as_missing() {
    for (given, missing) in [
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"),
        ("AWS_SECRET_ACCESS_KEY", "AWS_ACCESS_KEY_ID"),
        ("AWS_WEB_IDENTITY_TOKEN_FILE", "AWS_ROLE_ARN"),
    ] {
        let project =
            Project::example().env(given, "SECRET-KEY").env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
        let run = project.run(&["plan"]);
        one_error(&run, &format!("{missing} is not set, and {given} is"), &format!("set {missing} too"));
    }
}

#[test]
fn a_broken_file_of_profiles_is_named_with_the_line_and_shows_no_secret() {
    let project = with_profiles("[profile p]\naws_secret_access_key SECRET-KEY").env("AWS_PROFILE", "p");
    let config = project.path(".aws/config").display().to_string();
    one_error(&project.run(&["plan"]), &config, "line 2");
    let project = Project::example().env("AWS_PROFILE", "p").env("AWS_CONFIG_FILE", "no-such-file");
    one_error(
        &project.run(&["plan"]),
        "`no-such-file`, from AWS_CONFIG_FILE, cannot be opened",
        "AWS_PROFILE",
    );
}

#[test]
fn keys_that_a_profile_expects_in_the_environment_are_asked_for() {
    let config =
        "[profile p]\nrole_arn = arn:aws:iam::111122223333:role/ops\ncredential_source = Environment\n";
    let project = with_profiles(config).env("AWS_PROFILE", "p").env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    one_error(&project.run(&["plan"]), "no usable credentials", "for `Environment`, `AWS_ACCESS_KEY_ID`");
}

#[test]
fn sso_without_a_login() {
    let project = Project::example().env("AWS_PROFILE", "work").env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    fs::create_dir(project.path(".aws")).unwrap();
    let config = "[profile work]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = r\nregion = us-east-1\n\
                  [sso-session s]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n";
    fs::write(project.path(".aws/config"), config).unwrap();
    one_error(&project.run(&["plan"]), "no usable credentials", "aws sso login");
}

/// A project with AWS profiles and no keys in the environment.
fn with_profiles(config: &str) -> Project {
    let project = Project::example().env("AWS_EC2_METADATA_DISABLED", "true").env("AWS_MAX_ATTEMPTS", "1");
    fs::create_dir(project.path(".aws")).unwrap();
    let base = "[profile base]\naws_access_key_id = AKIDEXAMPLE\naws_secret_access_key = SECRET-KEY\n";
    fs::write(project.path(".aws/config"), format!("{config}\n{base}")).unwrap();
    project
}

const OPS: &str = "[profile ops]\nrole_arn = arn:aws:iam::111122223333:role/ops\nsource_profile = base\n";

#[test]
fn the_role_of_a_profile_is_assumed_at_the_endpoint_that_was_given() {
    let asked = std::sync::Arc::new(std::sync::Mutex::new(Vec::new()));
    let seen = std::sync::Arc::clone(&asked);
    let endpoint = serve(move |request| {
        seen.lock().unwrap().push(String::from_utf8_lossy(request.body()).into_owned());
        Some(aws_error(403, "AccessDenied", "no"))
    });
    for spec in [EXAMPLE.to_owned(), example_with("[aws]", "[aws]\nprofile = \"ops\"")] {
        let project = with_profiles(OPS);
        fs::write(project.path("genesys.toml"), &spec).unwrap();
        let project = if spec == EXAMPLE { project.env("AWS_PROFILE", "ops") } else { project };
        let run = project.run(&["--aws-endpoint-url", &endpoint, "plan"]);
        run.expect(1).says("could not be assumed").says_not("SECRET-KEY");
        let asked = std::mem::take(&mut *asked.lock().unwrap());
        let role = "RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fops";
        assert!(!asked.is_empty() && asked.iter().all(|body| body.contains(role)), "{asked:?}");
    }
}

#[test]
fn a_code_of_an_mfa_device_is_asked_for_on_a_terminal_only() {
    let project = with_profiles(&format!("{OPS}mfa_serial = arn:aws:iam::111122223333:mfa/jane\n"));
    let run = project.env("AWS_PROFILE", "ops").env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").run(&["plan"]);
    one_error(&run, "arn:aws:iam::111122223333:mfa/jane", "run it on a terminal");
}

#[cfg(unix)]
#[test]
fn whoever_gives_no_code_on_a_terminal_is_not_sent_to_one() {
    let config = format!("{OPS}mfa_serial = arn:aws:iam::111122223333:mfa/jane\n");
    let project = with_profiles(&config).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    // Ctrl-D; also where the profile is an option's.
    let by_variable =
        with_profiles(&config).env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").env("AWS_PROFILE", "ops");
    for run in [
        on_a_terminal(&by_variable, &["plan"], "\x04"),
        on_a_terminal(&project, &["import", "R", "--region", "us-east-1", "--profile", "ops"], "\x04"),
    ] {
        run.expect(1).says("MFA code of arn:aws:iam::111122223333:mfa/jane: ").says("no MFA code was given");
        run.says("run it again and type the code").says_not("run it on a terminal");
    }
    // Ctrl-C.
    on_a_terminal(&by_variable, &["plan"], "\x03").expect(130).says("interrupted: nothing was changed");
    let apply = on_a_terminal(&by_variable, &["apply"], "\x03");
    apply.expect(130).says("interrupted: nothing was changed");
}

#[cfg(unix)]
#[test]
fn ctrl_c_while_it_reads_says_that_nothing_was_changed() {
    for command in [&["plan"][..], &["check"], &["import", "R", "--region", "us-east-1"], &["diagnose", "R"]]
    {
        let (asked, first) = std::sync::mpsc::channel();
        let asked = std::sync::Mutex::new(asked);
        let endpoint = serve(move |_| {
            let _ = asked.lock().unwrap().send(());
            None
        });
        let project = with_keys(&endpoint);
        let mut child = project.command(command);
        let child = child.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        first.recv().unwrap();
        let kill = std::process::Command::new("kill").args(["-INT", &child.id().to_string()]).status();
        assert!(kill.unwrap().success());
        let run = Run::from(child.wait_with_output().unwrap());
        run.expect(130).says("error: interrupted: nothing was changed");
    }
}

#[test]
fn settings_of_genesys_cloud_that_are_wrong_are_not_called_missing() {
    let project = with_keys("http://127.0.0.1:9")
        .env("GENESYSCLOUD_OAUTHCLIENT_ID", "id")
        .env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "SECRET-KEY")
        .env("GENESYSCLOUD_REGION", "us-east-9");
    let run = project.run(&["check", "--invoke", "get order"]);
    run.expect(1).says("error: Genesys Cloud, configuration: `us-east-9`").says("set GENESYSCLOUD_REGION or");
    run.says_not("no credentials");
    // Another endpoint is no region.
    let elsewhere = project.env("GENESYSCLOUD_REGION", "http://127.0.0.1:9");
    let run = elsewhere.run(&["check", "--invoke", "get order"]);
    run.expect(1).says("is not the address of a region").says("`--genesys-endpoint-url`");
    let half = with_keys("http://127.0.0.1:9").env("GENESYSCLOUD_OAUTHCLIENT_ID", "id");
    let run = half.run(&["check", "--invoke", "get order"]);
    run.expect(1).says("error: Genesys Cloud, configuration: GENESYSCLOUD_OAUTHCLIENT_SECRET is not set");
}

#[test]
fn profiles_that_lead_in_a_circle_are_named() {
    let other = "[profile other]\nrole_arn = arn:aws:iam::111122223333:role/x\nsource_profile = ops\n";
    let config = format!("{}{other}", OPS.replace("= base", "= other"));
    let project = with_profiles(&config).env("AWS_PROFILE", "ops");
    let run = project.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").run(&["plan"]);
    one_error(&run, "ops → other → ops", "source_profile");
}

#[test]
fn certificate_authorities_that_cannot_be_used_are_said_to_be() {
    let project = with_keys("http://127.0.0.1:9");
    fs::write(project.path("ca.pem"), "not a certificate").unwrap();
    let run = project.env("AWS_CA_BUNDLE", "ca.pem").run(&["plan"]);
    one_error(&run, "from AWS_CA_BUNDLE, cannot be used", "PEM");
}

#[test]
fn trouble_with_the_settings_of_genesys_cloud_does_not_stop_the_aws_side() {
    let project = with_keys("http://127.0.0.1:9").env("GENESYSCLOUD_OAUTHCLIENT_ID", "the-client");
    let run = project.run(&["plan"]);
    run.expect(1)
        .says("GENESYSCLOUD_OAUTHCLIENT_SECRET is not set")
        .says("its side is left out")
        .says("cannot be reached");
}

#[test]
fn passwords_of_endpoints_and_proxies_are_shown_nowhere() {
    for (name, value) in [
        ("AWS_ENDPOINT_URL", "http://u:PASSWORD@127.0.0.1:9"),
        ("AWS_ENDPOINT_URL", "http://u:PASSWORD@127.0.0.1:99999"),
        ("AWS_ENDPOINT_URL", "u:PASSWORD@:80/\\"),
        ("AWS_ENDPOINT_URL_STS", "http://u:PASSWORD/x@127.0.0.1:9"),
        ("HTTP_PROXY", "http://u:PASSWORD@127.0.0.1:99999"),
    ] {
        let project = with_keys("http://127.0.0.1:9").env(name, value);
        project.run(&["-vv", "plan"]).expect(1).says_not("PASSWORD").says_not("SdkBody");
    }
    for url in ["http://u:PASSWORD@127.0.0.1:9", "https://u:PASSWORD@127.0.0.1:9 x", "u:PASSWORD@x"] {
        let project = with_keys("http://127.0.0.1:9");
        project.run(&["--aws-endpoint-url", url, "plan"]).expect(64).says_not("PASSWORD");
        project.run(&["--genesys-endpoint-url", url, "plan"]).expect(64).says_not("PASSWORD");
        let spec = example_with("[aws]", &format!("[aws]\nendpoint_url = \"{url}\""));
        let project = Project::new(&spec);
        let run = project.run(&["validate"]);
        run.expect(1);
        if url.contains("://") {
            run.says_not("PASSWORD");
        }
    }
}

#[test]
fn a_missing_permission_is_named_with_all_others_that_are_needed() {
    let endpoint = serve(|request| {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        Some(if body.contains("GetCallerIdentity") {
            answer(200, "text/xml", CALLER)
        } else {
            aws_error(403, "AccessDenied", "User: x is not authorized to perform: iam:GetRole on resource: y")
        })
    });
    let run = with_keys(&endpoint).run(&["plan"]);
    run.expect(1).says("iam:GetRole").says("`plan` needs iam:GetPolicy, iam:GetPolicyVersion, iam:GetRole,");
    run.says("permissions --for plan` prints the policy");
    let run = with_keys(&endpoint).run(&["check"]);
    run.says("for this spec `check` needs ").says("permissions --for check` prints the policy");
}

const CALLER: &str = "<GetCallerIdentityResponse><GetCallerIdentityResult><Arn>arn:aws:iam::111122223333:user/x</Arn>\
                      <UserId>A</UserId><Account>111122223333</Account></GetCallerIdentityResult></GetCallerIdentityResponse>";

#[test]
fn answers_without_end_end() {
    let endpoint = serve(|request| {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        Some(if body.contains("GetCallerIdentity") {
            answer(200, "text/xml", CALLER)
        } else if body.contains("ListRolePolicies") {
            let marker = fastrand::u64(..);
            let page = format!(
                "<ListRolePoliciesResponse><ListRolePoliciesResult><IsTruncated>true</IsTruncated>\
                 <Marker>{marker}</Marker><PolicyNames/></ListRolePoliciesResult></ListRolePoliciesResponse>"
            );
            answer(200, "text/xml", &page)
        } else if request.uri().path().contains("/functions/") {
            let function = "arn:aws:lambda:us-east-1:111122223333:function:my-genesys-trigger-function";
            answer(200, "application/json", &format!("{{\"FunctionArn\":\"{function}\"}}"))
        } else {
            aws_error(404, "NoSuchEntity", "none")
        })
    });
    with_keys(&endpoint).run(&["--reads", "single", "plan"]).expect(1).says("the listing has no end");
}

#[test]
fn an_answer_that_is_too_long_is_not_kept() {
    let page = "x".repeat(40 * 1024 * 1024);
    let endpoint = serve(move |_| Some(answer(200, "text/xml", &page)));
    with_keys(&endpoint).run(&["plan"]).expect(1).says("the answer has more than 33554432 bytes");
}

#[test]
fn errors_that_the_caller_can_fix() {
    for (status, code, next) in [
        (403, "ExpiredToken", "renew"),
        (403, "InvalidClientTokenId", "AWS_ACCESS_KEY_ID"),
        (403, "SignatureDoesNotMatch", "clock"),
        (403, "RequestTimeTooSkewed", "clock"),
        (403, "OptInRequired", "region"),
        (403, "RegionDisabledException", "region"),
        (400, "Throttling", "wait"),
        (500, "ServiceFailure", "run it again"),
    ] {
        let endpoint = serve(move |_| Some(aws_error(status, code, "what AWS says")));
        let run = with_keys(&endpoint).run(&["plan"]);
        one_error(&run, code, next);
        run.says("what AWS says");
    }
}

#[test]
fn nothing_listens() {
    one_error(&with_keys("http://127.0.0.1:9").run(&["plan"]), "cannot be reached", "endpoint");
}

#[test]
fn a_proxy_that_answers_with_a_page_of_its_own() {
    for status in [200, 403, 502] {
        let page = "<!DOCTYPE html><html><body>Please log in</body></html>";
        let endpoint = serve(move |_| Some(answer(status, "text/html", page)));
        one_error(&with_keys(&endpoint).run(&["plan"]), "cannot be read", "proxy");
    }
}

#[test]
fn a_file_system_that_cannot_be_written_to() {
    let project = Project::example();
    let run = project.sandbox(&["plan", "--out", "no-such-folder/plan.json"]);
    one_error(&run, "cannot write the plan `no-such-folder/plan.json`", "--out");
    // A file in place of a folder.
    fs::write(project.path("file"), "").unwrap();
    one_error(&project.sandbox(&["plan", "--out", "file/plan.json"]), "cannot write the plan", "--out");
    #[cfg(target_os = "linux")]
    one_error(&project.sandbox(&["plan", "--out", "/proc/plan.json"]), "cannot write the plan", "--out");
    let other = Project::example();
    fs::write(other.path(".genesys-iam"), "").unwrap();
    let run = other.sandbox(&["plan"]);
    run.expect(1).says("error:").says(".genesys-iam/sandbox.json").says_not("panicked");
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk() {
    let project = Project::example();
    let run = project.sandbox(&["plan", "--out", "/dev/full"]);
    one_error(&run, "No space left on device", "--out");
    assert!(!fs::metadata("/dev/full").unwrap().is_file());
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    let run = Run::from(project.command(&["--sandbox", "plan"]).stdout(full).output().unwrap());
    run.expect(1).says("cannot write to standard output").says("No space left on device");
}

#[test]
fn an_apply_whose_output_nobody_reads_is_carried_out() {
    let project = Project::example();
    let mut child = project
        .command(&["--sandbox", "apply", "--yes"])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    drop((child.stdout.take(), child.stderr.take()));
    assert_eq!(child.wait().unwrap().code(), Some(0));
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
}

#[cfg(target_os = "linux")]
#[test]
fn an_apply_whose_plan_cannot_be_shown_changes_nothing() {
    let project = Project::example();
    let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
    Run::from(project.command(&["--sandbox", "apply", "--yes"]).stdout(full).output().unwrap()).expect(1);
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2).says("3 to create");
}

#[test]
fn a_spec_that_is_not_there_is_said_to_be() {
    let project = Project::example();
    assert_snapshot!(project.run(&["--file", "other.toml", "plan"]).transcript());
}

#[test]
fn a_broken_state_file_is_named_with_the_remedy() {
    let project = Project::example();
    project.sandbox(&["plan"]).expect(0);
    fs::write(project.path(".genesys-iam/sandbox.json"), "{").unwrap();
    project.sandbox(&["plan"]).expect(1).says(".genesys-iam/sandbox.json").says("sandbox reset");
}

#[test]
fn nothing_reaches_the_network_when_no_one_listens() {
    let project =
        Project::example().aws("http://127.0.0.1:9", "111122223333", "x").env("AWS_MAX_ATTEMPTS", "1");
    let run = project.run(&["plan"]);
    run.expect(1).says("error: sts:GetCallerIdentity").says("help: ").says_not(ROLE).says_not(POLICY_ARN);
}
