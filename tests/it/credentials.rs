//! Credentials as users have them, each kind tried against a stand-in on loopback.

use std::fs;
use std::sync::{Arc, Mutex};

use crate::support::http_stub::{Request, answer, serve};
use crate::support::python::https;
#[cfg(unix)]
use crate::support::terminal::on_a_terminal;
use crate::support::wire::Endpoint as _;
use crate::support::world::World;
use crate::support::{EXAMPLE, Project};
use genesys_iam::commands::loading::seed;
use genesys_iam::sandbox::Sandbox;
use genesys_iam::spec::{self, EmptyEnvironment};

/// The sandbox takes its holder for the account's administrator.
const KEY: &str = "111122223333";
const ROLE_ARN: &str = "arn:aws:iam::111122223333:role/ops";

/// The sandbox, with some requests answered by the test; returns those requests.
fn stand_in(
    answers: impl Fn(&str, &str) -> Option<(&'static str, String)> + Send + Sync + 'static,
) -> (String, Arc<Mutex<Vec<String>>>) {
    let spec = spec::parse(EXAMPLE, "test", &EmptyEnvironment).0.unwrap();
    let world = World::new(Sandbox::new(&seed(&spec)));
    let asked = Arc::new(Mutex::new(Vec::new()));
    let seen = Arc::clone(&asked);
    let endpoint = serve(move |request: &Request| {
        let (uri, body) = (request.uri().to_string(), String::from_utf8_lossy(request.body()).into_owned());
        match answers(&uri, &body) {
            Some((kind, text)) => {
                let token = request.headers().get("x-amz-sso_bearer_token");
                let token = token.and_then(|token| token.to_str().ok()).unwrap_or_default();
                seen.lock().unwrap().push(format!("{uri} {token} {body}"));
                Some(answer(200, kind, &text))
            }
            None => Some(world.answer(request)),
        }
    });
    (endpoint, asked)
}

/// An STS response with a session, for an action.
fn handed_out(action: &str) -> String {
    format!(
        "<{action}Response><{action}Result><Credentials><AccessKeyId>{KEY}</AccessKeyId>\
         <SecretAccessKey>SECRET-KEY</SecretAccessKey><SessionToken>SECRET-TOKEN</SessionToken>\
         <Expiration>2099-01-01T00:00:00Z</Expiration></Credentials></{action}Result></{action}Response>"
    )
}

fn project(config: &str) -> Project {
    let project = Project::example().env("AWS_EC2_METADATA_DISABLED", "true");
    fs::create_dir(project.path(".aws")).unwrap();
    fs::write(project.path(".aws/config"), config).unwrap();
    project
}

#[track_caller]
fn plans(project: &Project, args: &[&str]) {
    let run = project.run(&[args, &["plan"]].concat());
    run.expect(0).says("3 to create").says_not("SECRET-");
}

#[test]
fn an_sso_login_is_exchanged_for_the_accounts_credentials() {
    let config = "[profile work]\nsso_session = s\nsso_account_id = 111122223333\nsso_role_name = deploy\nregion = us-east-1\n\
                  [sso-session s]\nsso_region = us-east-1\nsso_start_url = https://example.awsapps.com/start\n";
    let (endpoint, asked) = stand_in(|uri, _| {
        let session = format!(
            r#"{{"roleCredentials":{{"accessKeyId":"{KEY}","secretAccessKey":"SECRET-KEY","sessionToken":"SECRET-TOKEN","expiration":4070908800000}}}}"#
        );
        uri.starts_with("/federation/credentials").then_some(("application/json", session))
    });
    let project = project(config).env("AWS_ENDPOINT_URL", &endpoint).env("AWS_PROFILE", "work");
    fs::create_dir_all(project.path(".aws/sso/cache")).unwrap();
    let login = r#"{"accessToken":"SECRET-LOGIN","expiresAt":"2099-01-01T00:00:00Z","region":"us-east-1","startUrl":"https://example.awsapps.com/start"}"#;
    // The file name is the SHA-1 of the session's name.
    let cached = ".aws/sso/cache/a0f1490a20d0211c997b44bc357e1972deab8ae3.json";
    fs::write(project.path(cached), login).unwrap();
    plans(&project, &[]);
    let asked = asked.lock().unwrap();
    assert!(
        asked[0].contains("role_name=deploy") && asked[0].contains("account_id=111122223333"),
        "{asked:?}"
    );
    assert!(asked[0].contains(" SECRET-LOGIN "), "{asked:?}");
}

#[test]
fn a_workloads_token_is_exchanged_at_the_endpoint_that_was_given() {
    let config = format!("[profile pod]\nrole_arn = {ROLE_ARN}\nweb_identity_token_file = token\n");
    for by_profile in [false, true] {
        let (endpoint, asked) = stand_in(|_, body| {
            let action = "AssumeRoleWithWebIdentity";
            body.contains(&format!("Action={action}&")).then(|| ("text/xml", handed_out(action)))
        });
        let project = project(&config);
        fs::write(project.path("token"), "the-token\n").unwrap();
        let project = if by_profile {
            project.env("AWS_PROFILE", "pod")
        } else {
            project.env("AWS_ROLE_ARN", ROLE_ARN).env("AWS_WEB_IDENTITY_TOKEN_FILE", "token")
        };
        plans(&project, &["--aws-endpoint-url", &endpoint]);
        let asked = asked.lock().unwrap();
        assert!(
            asked[0].contains("WebIdentityToken=the-token&")
                || asked[0].ends_with("WebIdentityToken=the-token"),
            "{asked:?}"
        );
        assert!(asked[0].contains("RoleArn=arn%3Aaws%3Aiam%3A%3A111122223333%3Arole%2Fops"), "{asked:?}");
    }
}

#[test]
fn a_workloads_token_that_is_missing_is_named() {
    let project =
        project("").env("AWS_ROLE_ARN", ROLE_ARN).env("AWS_WEB_IDENTITY_TOKEN_FILE", "no-such-file");
    let run = project.env("AWS_ENDPOINT_URL", "http://127.0.0.1:9").run(&["plan"]);
    run.expect(1).says("the token in `no-such-file` cannot be read").says("help: ");
}

#[test]
fn profiles_that_build_on_each_other_are_assumed_one_after_the_other() {
    let (endpoint, asked) = stand_in(|_, body| {
        body.contains("Action=AssumeRole&").then(|| ("text/xml", handed_out("AssumeRole")))
    });
    let role = |name: &str, source: &str| {
        format!(
            "[profile {name}]\nrole_arn = arn:aws:iam::111122223333:role/{name}\nsource_profile = {source}\n"
        )
    };
    let keys = format!("[profile base]\naws_access_key_id = {KEY}\naws_secret_access_key = SECRET-KEY\n");
    let project =
        project(&[role("third", "second"), role("second", "first"), role("first", "base"), keys].concat());
    plans(&project.env("AWS_PROFILE", "third"), &["--aws-endpoint-url", &endpoint]);
    let asked = asked.lock().unwrap();
    let order: Vec<_> = asked
        .iter()
        .map(|body| ["first", "second", "third"].map(|name| body.contains(&format!("role%2F{name}"))))
        .collect();
    assert_eq!(order, [[true, false, false], [false, true, false], [false, false, true]], "{asked:?}");
}

#[cfg(unix)]
#[test]
fn a_program_gives_credentials() {
    use std::os::unix::fs::PermissionsExt as _;
    let (endpoint, _) = stand_in(|_, _| None);
    let project = project("");
    let program = project.path("give");
    fs::write(
        &program,
        format!("#!/bin/sh\necho '{{\"Version\":1,\"AccessKeyId\":\"{KEY}\",\"SecretAccessKey\":\"SECRET-KEY\"}}'\n"),
    )
    .unwrap();
    fs::set_permissions(&program, fs::Permissions::from_mode(0o700)).unwrap();
    let config = format!("[profile vault]\ncredential_process = {}\n", program.display());
    fs::write(project.path(".aws/config"), config).unwrap();
    plans(&project.env("AWS_PROFILE", "vault").env("AWS_ENDPOINT_URL", &endpoint), &[]);
}

#[cfg(unix)]
#[test]
fn the_code_that_is_typed_goes_with_the_devices_serial_number() {
    let (endpoint, asked) = stand_in(|_, body| {
        body.contains("Action=AssumeRole&").then(|| ("text/xml", handed_out("AssumeRole")))
    });
    let config = format!(
        "[profile ops]\nrole_arn = {ROLE_ARN}\nsource_profile = base\nmfa_serial = arn:aws:iam::111122223333:mfa/jane\n\
         [profile base]\naws_access_key_id = {KEY}\naws_secret_access_key = SECRET-KEY\n"
    );
    let project = project(&config).env("AWS_PROFILE", "ops").env("AWS_ENDPOINT_URL", &endpoint);
    let run = on_a_terminal(&project, &["plan"], "\n12 34\n１２３４５６\n123456");
    run.expect(0)
        .says("MFA code of arn:aws:iam::111122223333:mfa/jane")
        .says("not valid: a code has six digits")
        .says("3 to create")
        .says_not("SECRET-");
    let asked = asked.lock().unwrap();
    assert!(asked[0].contains("TokenCode=123456"), "{asked:?}");
    assert!(asked[0].contains("SerialNumber=arn%3Aaws%3Aiam%3A%3A111122223333%3Amfa%2Fjane"), "{asked:?}");
}

#[test]
fn a_private_certificate_authority_is_trusted_where_it_is_named() {
    let home = tempfile::tempdir().unwrap();
    let (server, authority) = https(home.path());
    let authority = authority.to_str().unwrap();
    let keys = |project: Project| project.aws(&server.endpoint, KEY, "x").env("AWS_MAX_ATTEMPTS", "1");
    keys(project("")).run(&["plan"]).expect(1).says("cannot be reached").says_not("AccessDenied");
    let named = keys(project("")).env("AWS_CA_BUNDLE", authority);
    named.run(&["plan"]).expect(1).says("AccessDenied").says("reached");
    let config = format!(
        "[profile corporate]\nca_bundle = {authority}\naws_access_key_id = {KEY}\naws_secret_access_key = x\n"
    );
    let of_profile = project(&config).env("AWS_ENDPOINT_URL", &server.endpoint).env("AWS_MAX_ATTEMPTS", "1");
    of_profile.env("AWS_PROFILE", "corporate").run(&["plan"]).expect(1).says("AccessDenied").says("reached");
}

#[test]
fn the_command_line_says_which_role_is_assumed_whatever_the_spec_says() {
    let credentials = |body: &str| {
        body.contains("Action=AssumeRole&").then(|| {
            let text = format!(
                "<AssumeRoleResponse><AssumeRoleResult><Credentials><AccessKeyId>{KEY}</AccessKeyId>\
                 <SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken>\
                 <Expiration>2999-01-01T00:00:00Z</Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
            );
            ("text/xml", text)
        })
    };
    let (endpoint, asked) = stand_in(move |_, body| credentials(body));
    let powerful = "account_id = \"111122223333\"\nassume_role = { role_arn = \"arn:aws:iam::111122223333:role/genesys-iam-apply\", external_id = \"the-id\" }";
    let spec = EXAMPLE.replacen("account_id = \"111122223333\"", powerful, 1);
    let project = Project::new(&spec).aws(&endpoint, "base", "x");
    let assumed = |project: &Project, args: &[&str]| {
        asked.lock().unwrap().clear();
        project.run(args).expect(0);
        asked.lock().unwrap().concat()
    };
    let plain = assumed(&project, &["plan"]);
    assert!(plain.contains("role%2Fgenesys-iam-apply&"), "{plain}");
    let given = assumed(&project, &["--assume-role", "ci/genesys-iam-plan", "plan"]);
    assert!(given.contains("111122223333%3Arole%2Fci%2Fgenesys-iam-plan&"), "{given}");
    assert!(!given.contains("apply") && given.contains("ExternalId=the-id"), "{given}");
    // Also where the spec says nothing of a role, and from the environment.
    let silent =
        Project::example().aws(&endpoint, "base", "x").env("GENESYS_IAM_ASSUME_ROLE", "genesys-iam-plan");
    assert!(assumed(&silent, &["plan"]).contains("111122223333%3Arole%2Fgenesys-iam-plan&"));
    project.run(&["--assume-role", ROLE_ARN, "plan"]).expect(64).says("give the role's name only, `ops`");
    project.run(&["--assume-role", "a b", "plan"]).expect(64).says("the name of a role");
    // A role for plans is likely to read only: what writes is printed without it.
    let saved = project.run(&["--assume-role", "genesys-iam-plan", "plan", "--out", "plan.json"]);
    saved.expect(0).says("genesys-iam apply plan.json").says_not("genesys-iam-plan apply");
}

#[test]
fn a_workloads_token_goes_to_no_endpoint_that_only_the_spec_names() {
    let config = format!(
        "[profile pod]\nrole_arn = {ROLE_ARN}\nweb_identity_token_file = token\n[profile over]\nrole_arn = {ROLE_ARN}\nsource_profile = pod\n"
    );
    for profile in [None, Some("pod"), Some("over")] {
        let (endpoint, asked) = stand_in(|_, body| {
            body.contains("Token").then(|| ("text/xml", handed_out("AssumeRoleWithWebIdentity")))
        });
        let project = project(&config);
        fs::write(project.path("token"), "the-token\n").unwrap();
        project.write_spec(&EXAMPLE.replacen("[aws]", &format!("[aws]\nendpoint_url = {endpoint:?}"), 1));
        let project = match profile {
            Some(profile) => project.env("AWS_PROFILE", profile),
            None => project.env("AWS_ROLE_ARN", ROLE_ARN).env("AWS_WEB_IDENTITY_TOKEN_FILE", "token"),
        };
        for command in ["plan", "check"] {
            project
                .run(&[command])
                .expect(3)
                .says("nothing was sent")
                .says("--aws-endpoint-url http://127.0.0.1:");
        }
        assert_eq!(*asked.lock().unwrap(), Vec::<String>::new());
    }
}
