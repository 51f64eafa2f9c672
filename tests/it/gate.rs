//! `--refuse-wider=strangers`: whom it knows, and what a spec cannot make it believe.

use std::io::ErrorKind;
use std::net::TcpListener;

use crate::support::http_stub::{self, aws_error};
use crate::support::served::Served;
use crate::support::world::{ACCOUNT, ID};
use crate::support::{BOTH_ENDS, EXAMPLE, Project, ROLE, Run, by_hand, example_with};

const THEIRS: &str = "3f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90";
const GUARD: &str = "--refuse-wider=strangers";

fn report(run: &Run) -> serde_json::Value {
    serde_json::from_str(&run.expect(0).stdout).unwrap()
}

#[test]
fn without_its_organization_no_external_id_is_known_and_the_error_says_how_it_would_be() {
    let served = Served::new(&[]);
    let new_role = format!(
        "{EXAMPLE}\n[[role]]\nname = \"Other\"\nfunctions = [\"my-genesys-trigger-function\"]\n[role.genesys]\nexternal_id = \"{THEIRS}\"\n"
    );
    // A first plan is not shouted at.
    let first = served.run(&["plan"]);
    first.expect(0).says("Access is widened for Genesys Cloud (external ID 2f9c1c5e").says_not("unknown");
    served.run(&["plan", GUARD]).expect(3).says("nothing shows that the external ID is your organization's");
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    served.project.write_spec(&new_role.replacen("[genesys]", "[genesys]\ncredentials = \"NOPE\"", 1));
    let plan = served.run(&["plan", GUARD]);
    plan.expect(3).says(&format!("external ID {THEIRS}; not shown to be your organization's"));
    plan.says(
        "help: give the credentials of the organization with this ID: GENESYSCLOUD_OAUTHCLIENT_ID_NOPE",
    );
    served.run(&["apply", "--yes", GUARD]).expect(3).says_not("CreateRole role `Other` done");
    let json = report(&served.run(&["plan", "--json"]));
    assert_eq!(json["summary"]["gains"][0]["party"], "unknown");
    assert!(json["cautions"][0]["text"].to_string().contains("_NOPE, which are not both set"), "{json}");
    served.run(&["plan", "--format", "markdown"]).expect(0).says(THEIRS).says("[!CAUTION]");
    // The ID that a role of the spec admits already is known: a new role for it passes, so does a repair.
    served.project.write_spec(&new_role.replacen(THEIRS, "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90", 1));
    served.run(&["plan", GUARD]).expect(0).says("Access is widened for Genesys Cloud.");
}

/// A role that somebody made by hand admits their organization: a pull request names both as its own.
#[test]
fn a_role_that_the_same_pull_request_adopts_vouches_for_no_external_id() {
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    served.boto3(&format!(
        "
trust = json.dumps({{'Version': '2012-10-17', 'Statement': [{{'Effect': 'Allow', 'Action': 'sts:AssumeRole',
    'Principal': {{'AWS': '765628985471'}}, 'Condition': {{'StringEquals': {{'sts:ExternalId': '{THEIRS}'}}}}}}]}})
iam.create_role(RoleName='Partner', AssumeRolePolicyDocument=trust)
"
    ));
    let ours = "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90";
    let partner =
        "\n[[role]]\nname = \"Partner\"\nadopt = true\nfunctions = [\"my-genesys-trigger-function\"]\n";
    // In place of our ID, and beside it.
    for (ours, new) in [
        (EXAMPLE.replace(ours, THEIRS), ""),
        (EXAMPLE.to_owned(), "[role.genesys]\nexternal_id = \"3f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"\n"),
    ] {
        served.project.write_spec(&format!("{ours}{partner}{new}"));
        let plan = served.run(&["plan", GUARD]);
        plan.expect(3)
            .says(THEIRS)
            .says("not shown to be your organization's")
            .says_not("widened for Genesys Cloud.");
    }
    // Once it is the spec's, a new role for the same organization is no news; another ID in place of ours is.
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    let another = partner.replace("Partner", "Another").replace("adopt = true\n", "");
    let theirs = format!("[role.genesys]\nexternal_id = \"{THEIRS}\"\n");
    served.project.write_spec(&format!("{EXAMPLE}{partner}{theirs}{another}{theirs}"));
    served.run(&["plan", GUARD]).expect(0).says("Access is widened for Genesys Cloud.");
    served.project.write_spec(&format!("{}{partner}{theirs}", EXAMPLE.replace(ours, THEIRS)));
    served.run(&["plan", GUARD]).expect(3).says(&format!("{THEIRS}, in place of {ours}"));
}

#[test]
fn a_server_that_only_the_spec_names_gets_no_secret_of_genesys_cloud() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    listener.set_nonblocking(true).unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    let served = Served::new(&[]);
    served.project.write_spec(&example_with("[genesys]", &format!("[genesys]\nendpoint_url = \"{url}\"")));
    let Served { project, server } = served;
    let project =
        project.env("GENESYSCLOUD_OAUTHCLIENT_ID", "id").env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "S3CRET");
    for command in [&["plan"][..], &["check"], &["apply", "--yes"], &["destroy", "--yes"]] {
        let refused = project.run(command);
        refused.expect(3).says("nothing was sent").says(&format!("`--genesys-endpoint-url {url}`"));
    }
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
    // The operator's word counts, by flag or variable.
    project.run(&["--genesys-endpoint-url", &server.endpoint, "plan", GUARD]).expect(0);
    let project = project.env("GENESYSCLOUD_ENDPOINT_URL", &server.endpoint);
    project.run(&["plan", GUARD]).expect(0).says("Access is widened for Genesys Cloud.");
    assert_eq!(listener.accept().unwrap_err().kind(), ErrorKind::WouldBlock);
}

#[test]
fn whoever_is_admitted_to_a_role_that_can_do_more_gains_that_accepted_or_not() {
    let project = Project::new(&example_with("# adopt = true", "adopt = true #"));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| {
        let own = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"sts:AssumeRole"}}"#;
        role["trust"] = own.into();
        role["tags"] = serde_json::json!([]);
        role["inline"] = serde_json::json!({
            "admin": r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#
        });
    });
    let plan = project.sandbox(&["plan", GUARD]);
    plan.expect(3)
        .says("with what inline policy `admin` allows")
        .says("have someone review it, and apply it once without the guard");
    let json = report(&project.sandbox(&["plan", "--json"]));
    let caution =
        "has inline policy `admin`, which this spec does not make: this plan gives that to Genesys Cloud";
    assert!(json["cautions"].to_string().contains(caution), "{json}");
    // The same pull request may accept it: nobody knows since when.
    let digest = plan.stdout.lines().find(|line| line.trim().starts_with("digest = ")).unwrap();
    let accept =
        format!("[[role.accept]]\ninline_policy = \"admin\"\n{}\nreason = \"routine\"\n", digest.trim());
    let spec = std::fs::read_to_string(project.path("genesys.toml")).unwrap();
    project.write_spec(&format!("{spec}\n{accept}"));
    let plan = project.sandbox(&["plan", GUARD]);
    plan.expect(3).says("The spec accepts").says("with what inline policy `admin` allows");
    project
        .sandbox(&["plan", "--format", "markdown"])
        .expect(0)
        .says("[!CAUTION]")
        .says("this plan gives that to");
    // Once they are in, nothing is gained.
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.sandbox(&["plan", GUARD]).expect(0).says("No changes");
}

#[test]
fn whoever_can_become_the_verifier_is_admitted_too() {
    let verifier = "arn:aws:iam::111122223333:role/ci";
    let spec = example_with("[defaults]", &format!("[check]\nverifier = \"{verifier}\"\n\n[defaults]"));
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let trusting = |principal: &str| {
        let path = project.path(".genesys-iam/sandbox.json");
        let text = std::fs::read_to_string(&path).unwrap();
        let mut state: serde_json::Value = serde_json::from_str(&text).unwrap();
        let roles = &mut state["accounts"]["111122223333"]["roles"];
        let mut ci = roles["GenesysDataActionRole"].clone();
        (ci["name"], ci["id"]) = ("ci".into(), "AROACI".into());
        (ci["attached"], ci["tags"]) = (serde_json::json!([]), serde_json::json!([]));
        ci["trust"] = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"sts:AssumeRole"}}}}"#
        )
        .into();
        roles["ci"] = ci;
        std::fs::write(&path, state.to_string()).unwrap();
        project.write_spec(&spec);
        project.sandbox(&["plan", GUARD])
    };
    let open = trusting("*");
    open.expect(3)
        .says("someone unknown (anyone, who can become the verifier arn:aws:iam::111122223333:role/ci)");
    open.says("<- WIDER").says("anyone can become it, by its own trust policy");
    trusting("999988887777").expect(3).says("AWS account 999988887777, who can become the verifier");
    trusting("111122223333").expect(0).says("someone of your own account").says("role/ci");
    trusting("999988887777").expect(3);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let check = project.sandbox(&["check", "--all"]);
    check
        .expect(4)
        .says("AWS account 999988887777 (through the verifier `ci`) can get in")
        .says("The own trust policy of the verifier `ci` admits AWS account 999988887777");
}

#[test]
fn adopting_a_role_that_demands_no_external_id_yet_lets_no_one_in() {
    // Without tags of its own.
    let project = Project::new(&example_with("tags = { team = \"contact-centre\" }", "tags = {}"));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| {
        let any = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Principal":{"AWS":"765628985471"},"Action":"sts:AssumeRole"}}"#;
        role["trust"] = any.into();
        role["tags"] = serde_json::json!([]);
    });
    let plan = project.sandbox(&["plan", "--adopt", GUARD]);
    plan.expect(0).says("genesys-iam:spec").says("Access is not widened.").says_not("unknown");
}

#[test]
fn two_specs_of_a_run_do_not_share_name_and_account() {
    let project = Project::empty();
    std::fs::create_dir(project.path("specs")).unwrap();
    let named = |name: &str, role: &str| {
        format!("name = \"{name}\"\n{}", EXAMPLE.replace("GenesysDataActionRole", role))
    };
    std::fs::write(project.path("specs/orders.toml"), named("orders", "A")).unwrap();
    std::fs::write(project.path("specs/evil.toml"), named("orders", "B")).unwrap();
    for command in [&["validate"][..], &["plan", "--prune"], &["apply", "--yes", "--prune"], &["check"]] {
        let run = project.sandbox(&[&["--file", "specs"], command].concat());
        run.expect(1).says("the spec name `orders` of AWS account 111122223333 is in two specs");
        run.says("help: what a spec made is found by its name");
    }
    std::fs::write(project.path("specs/evil.toml"), named("Orders", "B")).unwrap();
    project.sandbox(&["--file", "specs", "plan"]).expect(0);
}

#[test]
fn of_hundreds_of_roles_the_one_for_another_organization_is_in_the_comment() {
    let served = Served::new(&[]);
    let roles: String = (0..300)
        .map(|n| {
            let other = if n == 250 {
                format!("[role.genesys]\nexternal_id = \"{THEIRS}\"\n")
            } else {
                String::new()
            };
            let text = format!("no. {n} ").repeat(20);
            format!("[[role]]\nname = \"R{n}\"\ndescription = \"{text}\"\nfunctions = [\"my-genesys-trigger-function\"]\n{other}")
        })
        .collect();
    let (head, _) = EXAMPLE.split_once("[[role]]").unwrap();
    served.project.write_spec(&format!("{head}{roles}"));
    let comment = served.run(&["plan", "--format", "markdown"]);
    let comment = &comment.expect(0).stdout;
    assert!(comment.chars().count() <= 60_000 && comment.contains("are not shown"), "{}", comment.len());
    let line = |start: &str| comment.lines().find(|line| line.starts_with(start)).unwrap_or_default();
    assert!(line("! R250: Genesys Cloud").contains(THEIRS), "{comment}");
    assert!(line("! 299 roles: Genesys Cloud").contains("2f9c1c5e"), "{comment}");
    // Before the others in the table, and in full.
    assert!(line("| `R").starts_with("| `R250` |"), "{comment}");
    assert!(comment.contains("### `R250`"), "{comment}");
}

#[test]
fn a_data_action_that_then_does_something_else_is_in_the_first_lines() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&format!("{BOTH_ENDS}\nrequest_template = '{{\"all\": true}}'\n"));
    let says = "ata action `Get order status` then sends its function something else";
    project.sandbox(&["plan", GUARD]).expect(0).says("Access is not widened. D").says(says);
    let comment = project.sandbox(&["plan", "--format", "markdown"]);
    assert!(comment.expect(0).stdout.lines().next().unwrap().contains(says), "{}", comment.transcript());
}

/// The pull request turns "apply throws them out" into "apply keeps them".
#[test]
fn what_the_spec_accepts_from_outside_the_account_passes_only_if_the_operator_says_so() {
    let trusting = |principal: &str| {
        let project = Project::example();
        project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
        by_hand(&project, |role| {
            let mut trust: serde_json::Value = serde_json::from_str(role["trust"].as_str().unwrap()).unwrap();
            trust["Statement"].as_array_mut().unwrap().push(serde_json::json!({
                "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole"
            }));
            role["trust"] = trust.to_string().into();
        });
        project
    };
    let accepting = |project: &Project, key: &str| {
        project.write_spec(&format!("{EXAMPLE}\n[[role.accept]]\n{key}\nreason = \"routine\"\n"));
        let plan = project.sandbox(&["plan"]);
        let digest = plan.stdout.lines().find_map(|line| line.trim().strip_prefix("digest = "));
        let digest = digest.unwrap_or_else(|| panic!("{}", plan.transcript())).to_owned();
        project.write_spec(&format!(
            "{EXAMPLE}\n[[role.accept]]\n{key}\ndigest = {digest}\nreason = \"routine\"\n"
        ));
        digest.trim_matches('"').to_owned()
    };
    let stranger = "arn:aws:iam::999988887777:root";
    let project = trusting(stranger);
    let out = project.sandbox(&["plan", "--format", "markdown", GUARD]);
    let first = out.expect(0).stdout.lines().next().unwrap().to_owned();
    assert!(first.contains("access widened: no · **loses access: AWS account 999988887777**"), "{first}");
    let digest = accepting(&project, &format!("principal = {stranger:?}"));
    let key = format!("{ACCOUNT}/{ROLE}@{digest}");
    for guard in [GUARD, "--refuse-wider", "--refuse-wider=limits"] {
        let plan = project.sandbox(&["plan", guard]);
        plan.expect(3)
            .says("the spec keeps someone from outside the account inside (AWS account 999988887777 may assume the role)")
            .says(&format!("--allow-accept {key}"))
            .says("Keeps access, as the spec accepts: AWS account 999988887777 may assume the role.");
        project.sandbox(&["apply", "--yes", guard]).expect(3).says_not("no fault");
        project.sandbox(&["plan", guard, "--allow-accept", &key]).expect(0);
        // One that was reviewed for another role, or in another account, is none for this one.
        for other in [digest.clone(), key.replace(ROLE, "Other"), key.replace(ACCOUNT, "999988887777")] {
            let refused = project.sandbox(&["plan", guard, "--allow-accept", &other]);
            refused.expect(3).says(&format!("`--allow-accept {other}` lets nothing pass"));
        }
        project.sandbox(&["plan", guard, "--allow-accept", &key]).says_not("lets nothing pass");
    }
    project.sandbox(&["plan", "--allow-accept", &key]).expect(64);
    // Nor in advance: whoever adds it by hand later would find it accepted.
    let before = Project::example();
    before.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let in_advance = |principal: &str| {
        before.write_spec(&format!(
            "{EXAMPLE}\n[[role.accept]]\nprincipal = {principal:?}\ndigest = {digest:?}\nreason = \"routine\"\n"
        ));
        before.sandbox(&["plan", GUARD])
    };
    in_advance(stranger).expect(3).says("which is not there yet").says(&format!("--allow-accept {key}"));
    in_advance("arn:aws:iam::111122223333:role/ci").expect(0);
    let out = project.sandbox(&["plan", "--format", "markdown"]);
    let first = out.expect(0).stdout.lines().next().unwrap().to_owned();
    assert!(
        first.contains("access widened: no · **keeps access, as the spec accepts: AWS account"),
        "{first}"
    );
    project.sandbox(&["check"]).expect(0).says("AWS account 999988887777 can get in, as the spec accepts");
    // Someone of the own account is no stranger.
    let own = "arn:aws:iam::111122223333:role/ci";
    let project = trusting(own);
    accepting(&project, &format!("principal = {own:?}"));
    project.sandbox(&["plan", GUARD]).expect(0).says_not("Keeps access");
    // Anyone, by the function's own policy.
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.sandbox(&["--scenario", "function-public", "check"]).expect(4);
    let digest = accepting(&project, "function_policy_sid = \"public\"");
    project.sandbox(&["plan", GUARD]).expect(3).says("(anyone may invoke function").says(&digest);
    project.sandbox(&["plan", GUARD, "--allow-accept", &format!("{ACCOUNT}/{ROLE}@{digest}")]).expect(0);
    // An account that only a reason vouches for.
    let project = trusting(stranger);
    let spec = example_with(
        "account_id = \"765628985471\"",
        "account_id = \"999988887777\"\naccount_reason = \"theirs\"",
    );
    by_hand(&project, |role| {
        role["trust"] = role["trust"].as_str().unwrap().replace("765628985471", "999988887777").into();
    });
    project.write_spec(&spec);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let key = format!("{ACCOUNT}/{ROLE}@999988887777");
    project.sandbox(&["plan", GUARD]).expect(3).says(&format!("--allow-accept {key}"));
    project.sandbox(&["plan", GUARD, "--allow-accept", &key]).expect(0);
}

#[test]
fn an_accept_holds_through_its_last_day_and_says_two_weeks_before_that_it_ends() {
    let mut project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| {
        let mut trust: serde_json::Value = serde_json::from_str(role["trust"].as_str().unwrap()).unwrap();
        trust["Statement"].as_array_mut().unwrap().push(serde_json::json!({
            "Effect": "Allow", "Principal": { "AWS": "arn:aws:iam::111122223333:role/ci" }, "Action": "sts:AssumeRole"
        }));
        role["trust"] = trust.to_string().into();
    });
    let accept = |digest: &str, expires: &str| {
        format!(
            "{EXAMPLE}\n[[role.accept]]\nprincipal = \"arn:aws:iam::111122223333:role/ci\"\n{digest}\nexpires = {expires}\nreason = \"deploys\"\n"
        )
    };
    project.write_spec(&accept("", "2026-12-31"));
    let plan = project.sandbox(&["plan"]);
    let digest =
        plan.stdout.lines().find(|line| line.trim().starts_with("digest = ")).unwrap().trim().to_owned();
    project.write_spec(&accept(&digest, "2026-12-31"));
    // Noon of a day, in UTC.
    for (day, seconds, status) in [
        ("2026-12-16", 1_797_422_400, 0),
        ("2026-12-17", 1_797_508_800, 0),
        ("2026-12-31", 1_798_718_400, 0),
        ("2027-01-01", 1_798_804_800, 4),
    ] {
        project = project.env("SOURCE_DATE_EPOCH", &i64::to_string(&seconds));
        let check = project.sandbox(&["check"]);
        let run = check.expect(status);
        match day {
            "2026-12-16" => run.says("deploys (until 2026-12-31)").says_not("accept ends"),
            "2027-01-01" => run.says("this accept ended with 2026-12-31").says("role/ci can get in"),
            _ => run.says("warning: this accept ends with 2026-12-31"),
        };
    }
    project.sandbox(&["plan"]).expect(0).says("Loses access: arn:aws:iam::111122223333:role/ci");
    project.write_spec(&accept(&digest, "\"soon\""));
    project.sandbox(&["plan"]).expect(1).says("`expires` is not a day");
}

/// The pull request turns "apply throws them out" into "apply keeps them", without a word about a stranger.
#[test]
fn another_customers_external_id_that_the_spec_takes_over_stops_the_gate() {
    // Without an integration, no plan is blocked by it.
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| role["trust"] = role["trust"].as_str().unwrap().replace(ID, THEIRS).into());
    project.sandbox(&["plan", GUARD]).expect(0).says("Loses access");
    project.write_spec(&example_with(ID, THEIRS));
    for guard in [GUARD, "--refuse-wider", "--refuse-wider=limits"] {
        let refused = project.sandbox(&["plan", guard]);
        refused
            .expect(3)
            .says(&format!("role `{ROLE}` admits the external ID `{THEIRS}`, which is not your Genesys Cloud organization's"))
            .says(&format!("whoever brings the external ID {THEIRS} may assume the role"));
        let key = refused.stderr.split("--allow-accept ").nth(1).unwrap().split_whitespace().next().unwrap();
        project.sandbox(&["plan", guard, "--allow-accept", key]).expect(0);
    }
    assert!(report(&project.sandbox(&["plan", "--json"]))["summary"]["keeps"].to_string().contains(THEIRS));
}

#[test]
fn what_a_boundary_allows_in_place_of_another_is_said_before_anything_else() {
    let served = Served::new(&[]);
    served.boto3(
        "
for name, action in [('narrow', 'lambda:InvokeFunction'), ('wide', '*')]:
    iam.create_policy(PolicyName=name, PolicyDocument=permissions(action, '*'))
",
    );
    let bounded = |boundary: &str| {
        example_with("functions = [", &format!("permissions_boundary = {boundary:?}\nfunctions = ["))
    };
    let arn = |name: &str| format!("arn:aws:iam::{ACCOUNT}:policy/{name}");
    served.project.write_spec(&bounded(&arn("narrow")));
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    let narrow = format!("`{}`, which allowed at most lambda:InvokeFunction on *", arn("narrow"));
    served.project.write_spec(&bounded(&arn("wide")));
    for reads in ["single", "bulk"] {
        served.run(&["plan", "--reads", reads]).expect(0).says(&format!(
            "caution: with the permissions boundary `{}`, which allows at most * on * in place of {narrow}",
            arn("wide")
        ));
    }
    served.project.write_spec(&bounded("none"));
    served.run(&["plan"]).expect(0).says(&format!("caution: without its permissions boundary {narrow}"));
}

/// One of two IDs is no "any customer".
#[test]
fn whoever_loses_access_by_one_of_several_external_ids_is_named() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| {
        let both = format!("[\"{ID}\",\"{THEIRS}\"]");
        role["trust"] = role["trust"].as_str().unwrap().replace(&format!("\"{ID}\""), &both).into();
    });
    project
        .sandbox(&["plan"])
        .expect(0)
        .says(&format!("Loses access: the Genesys Cloud organization {THEIRS}."));
}

/// The pull request turns "apply throws them out" into "nobody looks there".
#[test]
fn a_stranger_inside_a_role_that_the_spec_no_longer_has_is_named_and_stops_the_gate() {
    let named = format!("name = \"contact-centre\"\n{EXAMPLE}");
    let dropped = named.replacen(&format!("\"{ROLE}\""), "\"Other\"", 1);
    let trusting = |principal: &str, condition: &str| {
        let project = Project::new(&named);
        project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
        project.write_spec(&format!(
            "{named}\n[[role]]\nname = \"Other\"\nfunctions = [\"my-genesys-trigger-function\"]\n"
        ));
        project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
        by_hand(&project, |role| {
            let mut trust: serde_json::Value = serde_json::from_str(role["trust"].as_str().unwrap()).unwrap();
            trust["Statement"].as_array_mut().unwrap().push(serde_json::json!({
                "Effect": "Allow", "Principal": { "AWS": principal }, "Action": "sts:AssumeRole",
                "Condition": serde_json::from_str::<serde_json::Value>(condition).unwrap()
            }));
            role["trust"] = trust.to_string().into();
        });
        project
    };
    let stranger = "arn:aws:iam::999988887777:root";
    let project = trusting(stranger, "{}");
    project.sandbox(&["plan", GUARD]).expect(0).says("Loses access: AWS account 999988887777");
    project.write_spec(&dropped);
    for reads in [&[][..], &["--reads", "bulk"]] {
        let plan = project.sandbox(&[&["plan"], reads].concat());
        plan.expect(0)
            .says("caution: AWS account 999988887777 may assume role `GenesysDataActionRole`, which was taken out of the spec (`contact-centre`)")
            .says("Stays open, no longer in the spec: AWS account 999988887777 may assume role");
    }
    for guard in [GUARD, "--refuse-wider", "--refuse-wider=limits"] {
        let plan = project.sandbox(&["plan", guard, "--out", "plan.json"]);
        plan.expect(3)
            .says("leaves someone from outside the account inside a role that was taken out of the spec")
            .says("keep the `[[role]]` and its spec, and the plan shuts them out");
        assert!(!project.path("plan.json").exists());
        project.sandbox(&["apply", "--yes", guard]).expect(3);
        let key = plan.stderr.split("--allow-accept ").nth(1).unwrap().split_whitespace().next().unwrap();
        assert!(key.starts_with(&format!("{ACCOUNT}/{ROLE}@sha256:")), "{key}");
        project.sandbox(&["plan", guard, "--allow-accept", key]).expect(0);
        project.sandbox(&["plan", guard, "--allow-accept", &key.replace(ROLE, "Other")]).expect(3);
    }
    let first = project.sandbox(&["plan", "--format", "markdown"]);
    let first = first.expect(0).stdout.lines().next().unwrap().to_owned();
    assert!(first.contains("stays open, no longer in the spec: AWS account 999988887777"), "{first}");
    let json = report(&project.sandbox(&["plan", "--json"]));
    assert_eq!(json["taken_out"], serde_json::json!([ROLE]));
    assert!(
        json["summary"]["stays_open"][0].as_str().unwrap().starts_with("AWS account 999988887777"),
        "{json}"
    );
    // Removing the role is another way to shut them out.
    project.sandbox(&["plan", "--prune", GUARD]).expect(0).says("Loses access: AWS account 999988887777");
    // A file that no plan is about does not answer for the role, and no prune takes it from that file.
    std::fs::write(project.path("beside.toml"), named.replacen("contact-centre", "elsewhere", 1)).unwrap();
    for prune in [&[][..], &["--prune"]] {
        let plan = project.sandbox(&[&["plan", GUARD], prune].concat());
        plan.expect(3).says("inside a role that was taken out of the spec (AWS account 999988887777");
    }
    project.sandbox(&["plan", "-f", "genesys.toml", "-f", "beside.toml", GUARD]).expect(3);
    // Another customer of Genesys Cloud is a stranger, too; someone of the account is not.
    let id = |id: &str| format!(r#"{{"StringEquals":{{"sts:ExternalId":"{id}"}}}}"#);
    for (principal, condition, status) in [
        ("765628985471", id(THEIRS), 3),
        ("765628985471", "{}".to_owned(), 3),
        ("arn:aws:iam::111122223333:role/ci", "{}".to_owned(), 0),
        ("765628985471", id("2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90"), 0),
    ] {
        let project = trusting(principal, &condition);
        project.write_spec(&dropped);
        project.sandbox(&["plan", GUARD]).expect(status);
    }
}

/// A pull request that renames the spec, or deletes its file, hides the role as well as one that takes the role out.
#[test]
fn a_stranger_inside_a_role_whose_spec_is_gone_stops_the_gate() {
    let named = format!("name = \"contact-centre\"\n{EXAMPLE}");
    let other = |name: &str, role: &str| {
        named.replacen("contact-centre", name, 1).replacen(&format!("\"{ROLE}\""), &format!("\"{role}\""), 1)
    };
    let second = "\n[[role]]\nname = \"Other\"\nfunctions = [\"my-genesys-trigger-function\"]\n";
    let project = Project::new(&format!("{named}{second}"));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let open = |project: &Project| {
        by_hand(project, |role| {
            let mut trust: serde_json::Value = serde_json::from_str(role["trust"].as_str().unwrap()).unwrap();
            trust["Statement"].as_array_mut().unwrap().push(serde_json::json!({
                "Effect": "Allow", "Principal": { "AWS": "999988887777" }, "Action": "sts:AssumeRole"
            }));
            role["trust"] = trust.to_string().into();
        });
    };
    // The spec has another name: a role of it that is still there tells what it was called.
    project.write_spec(&other("renamed", "Other"));
    project
        .sandbox(&["plan", GUARD, "--adopt"])
        .expect(0)
        .says("of the spec `contact-centre`, which no file here has");
    open(&project);
    let refused = project.sandbox(&["plan", GUARD, "--adopt"]);
    refused.expect(3).says("AWS account 999988887777 may assume role `GenesysDataActionRole`");
    let key =
        refused.stderr.split("--allow-accept ").nth(1).unwrap().split_whitespace().next().unwrap().to_owned();
    project.sandbox(&["plan", GUARD, "--adopt", "--allow-accept", &key]).expect(0);
    project.sandbox(&["plan", GUARD, "--adopt", "--other-spec", "contact-centre"]).expect(0);
    // A file beside the run that takes the old name, or the role, answers for nobody.
    for beside in [other("contact-centre", ROLE), other("contact-centre", "Unrelated")] {
        std::fs::write(project.path("beside.toml"), beside).unwrap();
        project.sandbox(&["plan", "-f", "genesys.toml", GUARD, "--adopt"]).expect(3);
    }
    std::fs::remove_file(project.path("beside.toml")).unwrap();
    // Its file is deleted, others stay.
    for name in ["b", "c"] {
        std::fs::write(project.path(&format!("{name}.toml")), other(name, name)).unwrap();
    }
    std::fs::remove_file(project.path("genesys.toml")).unwrap();
    let refused = project.sandbox(&["-f", "b.toml", "-f", "c.toml", "plan", GUARD]);
    refused.expect(3).says("AWS account 999988887777 may assume role `GenesysDataActionRole`");
    assert_eq!(
        refused.stdout.matches("which the spec `contact-centre` made").count(),
        1,
        "{}",
        refused.stdout
    );
    project.sandbox(&["-f", "b.toml", "-f", "c.toml", "plan", GUARD, "--allow-accept", &key]).expect(0);
    project.sandbox(&["-f", "b.toml", "-f", "c.toml", "plan", GUARD, "--other-spec", "contact-*"]).expect(0);
}

#[test]
fn whether_a_role_was_taken_out_must_be_known_to_the_gate() {
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    let Served { project, server } = &served;
    let endpoint = server.endpoint.clone();
    let front = http_stub::serve(move |request| {
        let is_listing = String::from_utf8_lossy(request.body()).contains("GetAccountAuthorizationDetails");
        let denied = || aws_error(403, "AccessDenied", "not authorized: iam:GetAccountAuthorizationDetails");
        Some(if is_listing { denied() } else { http_stub::forwarded(&endpoint, request) })
    });
    project.run(&["--aws-endpoint-url", &front, "plan"]).expect(0).says("taken out of the spec is not known");
    let refused = project.run(&["--aws-endpoint-url", &front, "plan", GUARD]);
    refused
        .expect(3)
        .says("whether roles were taken out of the spec, with strangers inside, is not known")
        .says("help: allow whoever plans iam:GetAccountAuthorizationDetails");
}

/// A pull request accepts a role of the account, and whoever can become that role gets in.
#[test]
fn an_accepted_role_that_a_stranger_can_become_lets_the_stranger_in() {
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    let trust = |principal: &str| {
        format!(
            "
iam.update_assume_role_policy(RoleName='ci', PolicyDocument=trust('{principal}'))
"
        )
    };
    served.boto3(
        "
iam.create_role(RoleName='ci', AssumeRolePolicyDocument=trust('arn:aws:iam::111122223333:root'))
document = iam.get_role(RoleName='GenesysDataActionRole')['Role']['AssumeRolePolicyDocument']
document['Statement'].append({'Effect': 'Allow', 'Action': 'sts:AssumeRole', 'Principal': {'AWS': 'arn:aws:iam::111122223333:role/ci'}})
iam.update_assume_role_policy(RoleName='GenesysDataActionRole', PolicyDocument=json.dumps(document))
",
    );
    let check = served.run(&["check"]);
    let from = check.stdout.find("[[role.accept]]").unwrap_or_else(|| panic!("{}", check.stdout));
    let lines: Vec<&str> = check.stdout[from..].lines().take(4).map(str::trim).collect();
    served.project.write_spec(&format!("{}\n{}\n", EXAMPLE, lines.join("\n").replace('…', "deploys")));
    served.run(&["check"]).expect(0).says("role/ci can get in, as the spec accepts, and nobody else");
    served.run(&["plan", GUARD]).expect(0);
    served.boto3(&trust("arn:aws:iam::999988887777:root"));
    let check = served.run(&["check"]);
    check
        .expect(4)
        .says("AWS account 999988887777 (through the role `ci`)")
        .says("take its [[role.accept]] out of the spec");
    let plan = served.run(&["plan"]);
    plan.expect(0).says("AWS account 999988887777 can get in through `ci`, which the spec accepts");
    let refused = served.run(&["plan", GUARD]);
    refused.expect(3).says("AWS account 999988887777 may assume `ci`, which the spec accepts");
    let key = lines.iter().find_map(|line| line.strip_prefix("digest = ")).unwrap().trim_matches('"');
    let key = format!("{ACCOUNT}/{ROLE}@{key}");
    served.run(&["plan", GUARD, "--allow-accept", &key]).expect(0);
    // One that may not be read admits nobody knows whom.
    let endpoint = served.server.endpoint.clone();
    let front = http_stub::serve(move |request| {
        let body = String::from_utf8_lossy(request.body()).into_owned();
        let is_ci = body.contains("Action=GetRole&") && body.contains("RoleName=ci");
        let denied = || aws_error(403, "AccessDenied", "not authorized to perform: iam:GetRole");
        Some(if is_ci { denied() } else { http_stub::forwarded(&endpoint, request) })
    });
    let unread = |args: &[&str]| served.project.run(&[&["--aws-endpoint-url", &front], args].concat());
    unread(&["check"]).says("? GenesysDataActionRole").says("its trust policy could not be read");
    unread(&["plan", GUARD]).expect(3).says("who may assume `ci`, which the spec accepts, is not known");
}

/// Nothing is out of date: the two identities see different things, and a new plan would change nothing about that.
#[test]
fn a_saved_plan_by_one_who_may_look_for_roles_taken_out_names_the_permission_that_the_other_lacks() {
    let served = Served::new(&[]);
    let Served { project, server } = &served;
    let endpoint = server.endpoint.clone();
    let front = http_stub::serve(move |request| {
        let is_listing = String::from_utf8_lossy(request.body()).contains("GetAccountAuthorizationDetails");
        let denied = || aws_error(403, "AccessDenied", "not authorized: iam:GetAccountAuthorizationDetails");
        Some(if is_listing { denied() } else { http_stub::forwarded(&endpoint, request) })
    });
    let may_not = ["--aws-endpoint-url", &front];
    served.run(&["plan", "--out", "may.json"]).expect(0);
    let apply = project.run(&[&may_not[..], &["apply", "may.json", "--no-check"]].concat());
    apply
        .expect(3)
        .says("was known to the plan, and this identity may not look (iam:GetAccountAuthorizationDetails)");
    project.run(&[&may_not[..], &["plan", "--out", "may-not.json"]].concat()).expect(0);
    served
        .run(&["apply", "may-not.json", "--no-check"])
        .expect(3)
        .says("was not known to the plan, and this identity may look");
    let apply = project.run(&[&may_not[..], &["apply", "may-not.json", "--no-check"]].concat());
    apply.expect(0);
}

/// Neither job may look: a function that works is not exchanged for one that perhaps does not exist.
#[test]
fn a_function_of_which_nobody_knows_whether_it_exists_is_not_granted() {
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    let Served { project, server } = &served;
    let endpoint = server.endpoint.clone();
    let front = http_stub::serve(move |request| {
        let denied = || {
            let body = r#"{"__type":"AccessDeniedException","Message":"not authorized: lambda:GetFunctionConfiguration"}"#;
            http_stub::answer(403, "application/json", body)
        };
        let is_look = request.uri().path().ends_with("/configuration");
        Some(if is_look { denied() } else { http_stub::forwarded(&endpoint, request) })
    });
    let may_not = |args: &[&str]| project.run(&[&["--aws-endpoint-url", &front], args].concat());
    project.write_spec(&example_with("\"my-genesys-trigger-function\"", "\"another\""));
    may_not(&["plan", "--out", "plan.json"])
        .expect(0)
        .says("`apply` carries the plan out only if it may look, and finds it");
    for apply in [&["apply", "--yes"][..], &["apply", "plan.json"]] {
        may_not(apply)
            .expect(3)
            .says("whether Lambda has `another` is not known: nothing was changed")
            .says("lambda:GetFunctionConfiguration");
    }
}

/// No access is widened for anyone, and yet it matters to the business.
#[test]
fn a_function_that_genesys_cloud_loses_or_gains_is_in_the_first_line() {
    let of = |functions: &str| example_with("functions = [\"my-genesys-trigger-function\"]", functions);
    let project = Project::new(&of(r#"functions = ["orders", "refunds"]"#));
    let first = project.sandbox(&["plan"]);
    first.expect(0).says_not("Genesys Cloud gains");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&of(r#"functions = ["orders"]"#));
    for args in [&["plan"][..], &["plan", "--summary"], &["apply", "--yes", "--no-check"]] {
        project.sandbox(args).expect(0).says("Genesys Cloud loses `refunds`.");
        if args.len() == 1 {
            let comment = project.sandbox(&["plan", "--format", "markdown"]);
            let first = comment.expect(0).stdout.lines().next().unwrap().to_owned();
            assert!(first.contains("**Genesys Cloud loses `refunds`**"), "{first}");
        }
    }
    project.write_spec(&of(r#"functions = ["orders", "refunds:live"]"#));
    let plan = project.sandbox(&["plan"]);
    plan.says("Genesys Cloud gains `refunds:live`.").says_not("loses");
    // Of one name in two regions the whole is said.
    let [here, there] = ["us-east-1", "eu-west-1"]
        .map(|region| format!("arn:aws:lambda:{region}:111122223333:function:orders"));
    project.write_spec(&of(&format!("functions = [\"{there}\"]")));
    let plan = project.sandbox(&["plan"]);
    plan.says(&format!("Genesys Cloud loses `{here}` and Genesys Cloud gains `{there}`."));
    // Only the evaluator knows: a wildcard allowed it before, a boundary takes it away.
    let project = Project::new(&of(r#"functions = ["orders"]"#));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| {
        role["inline"]["more"] = serde_json::json!({"Version": "2012-10-17", "Statement": {"Effect": "Allow",
            "Action": "lambda:*", "Resource": "arn:aws:lambda:us-east-1:111122223333:function:ref*"}})
        .to_string()
        .into();
    });
    project.write_spec(&of(r#"functions = ["orders", "refunds"]"#));
    project.sandbox(&["plan"]).says_not("Genesys Cloud gains");
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    served.boto3(
        "
iam.create_policy(PolicyName='logs', PolicyDocument=permissions('logs:PutLogEvents', '*'))
iam.create_policy(PolicyName='lambda', PolicyDocument=permissions('lambda:*', '*'))
",
    );
    let bounded = |policy: &str| {
        let functions = "functions = [\"my-genesys-trigger-function\"]";
        let boundary =
            format!("{functions}\npermissions_boundary = \"arn:aws:iam::111122223333:policy/{policy}\"");
        served.project.write_spec(&example_with(functions, &boundary));
        served.run(&["plan"])
    };
    bounded("lambda").expect(0).says_not("Genesys Cloud loses");
    bounded("logs").expect(0).says("Genesys Cloud loses `my-genesys-trigger-function`.");
}

/// Each account of Genesys's is a platform of its own.
#[test]
fn a_move_to_another_platform_of_genesys_says_who_loses_access() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&EXAMPLE.replace("765628985471", "325654371633"));
    let plan = project.sandbox(&["plan"]);
    plan.expect(0).says("Loses access: Genesys Cloud (AWS account 765628985471)");
}

#[test]
fn a_tag_is_not_known_to_widen_anything_and_a_limit_that_ends_has_a_level_of_its_own() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let tags = "tags = { team = \"contact-centre\"";
    for key in ["team2", "\"dp:exclude:identity\""] {
        project.write_spec(&example_with(tags, &format!("{tags}, {key} = \"x\"")));
        let plan = project.sandbox(&["plan", GUARD]);
        plan.expect(0)
            .says("Whether access is widened is not known. Not known: what policies elsewhere allow by the tag `")
            .says_not("widened for");
        let comment = project.sandbox(&["plan", "--format", "markdown"]);
        assert!(
            comment.stdout.lines().next().unwrap().contains("access widened: **not known**"),
            "{}",
            comment.stdout
        );
        project.sandbox(&["plan", "--refuse-wider"]).expect(3);
        project
            .sandbox(&["plan", "--refuse-wider=limits"])
            .expect(3)
            .says("the plan ends limits (what policies demand of the tag");
    }
    // A boundary that goes is Genesys Cloud's gain, and the end of a limit.
    project.write_spec(&example_with("[[role]]", "[[role]]\npermissions_boundary = \"none\""));
    by_hand(&project, |role| role["boundary"] = "arn:aws:iam::aws:policy/ReadOnlyAccess".into());
    let plan = project.sandbox(&["plan", GUARD]);
    plan.expect(0).says("Genesys Cloud gains `my-genesys-trigger-function`. Limits that end: ");
    project.sandbox(&["plan", "--refuse-wider=limits"]).expect(3).says("the plan ends limits (");
    project.sandbox(&["apply", "--yes", "--refuse-wider=limits"]).expect(3);
}

#[test]
fn a_refusal_names_the_roles_whose_changes_are_not_refused() {
    let two = |functions: &str| {
        let role =
            |name: &str, functions: &str| format!("[[role]]\nname = \"{name}\"\nfunctions = {functions}\n");
        let (head, _) = EXAMPLE.split_once("[[role]]").unwrap();
        format!("name = \"two\"\n{head}{}{}", role("Open", "[\"a\"]"), role("Wide", functions))
    };
    let project = Project::new(&two("[\"b\"]"));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let open = "[role.Open]\ntrust = { Version = \"2012-10-17\", Statement = { Effect = \"Allow\", Principal = \"*\", Action = \"sts:AssumeRole\" } }\n";
    std::fs::write(project.path("open.toml"), open).unwrap();
    project.sandbox(&["--scenario", "open.toml", "plan"]).expect(0);
    project.write_spec(&two("[\"b\", \"c\"]"));
    let refused = project.sandbox(&["apply", "--yes", "--refuse-wider"]);
    refused
        .expect(3)
        .says("the changes of `Open` are not refused: `--except Wide` applies them alone")
        .says_not("done ");
    // Specs of other accounts may have a role of that name.
    let other = two("[\"b\"]")
        .replace("\"two\"", "\"other\"")
        .replace("\"Open\"", "\"O\"")
        .replace("\"Wide\"", "\"W\"");
    std::fs::write(project.path("other.toml"), other).unwrap();
    for command in [&["plan", "--refuse-wider"][..], &["apply", "--yes", "--refuse-wider"]] {
        project
            .sandbox(&[&["-f", "genesys.toml", "-f", "other.toml"], command].concat())
            .expect(3)
            .says(&format!("`--account {ACCOUNT} --except Wide` applies them alone"));
    }
    std::fs::remove_file(project.path("other.toml")).unwrap();
    project
        .sandbox(&["apply", "--yes", "--refuse-wider", "--except", "Wide"])
        .expect(0)
        .says("done   UpdateAssumeRolePolicy role `Open`");
    // Nothing else waits.
    project.sandbox(&["apply", "--yes", "--refuse-wider"]).expect(3).says_not("are not refused");
}

#[test]
fn the_default_tags_can_be_kept_off_a_role() {
    let team = "team = \"contact-centre\"";
    let project = Project::example();
    project.sandbox(&["plan"]).says(team);
    project.write_spec(&example_with("[[role]]", "[[role]]\ndefault_tags = false\ntags = { cost = \"7\" }"));
    project.sandbox(&["plan"]).expect(0).says("cost = \"7\"").says_not(team);
}
