//! Both ends, judged by Genesys Cloud's own SDK: it reads what apply made; its changes are seen, named and repaired.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;

use crate::support::python::fits_schema;
use crate::support::served::{BothEnds, Served};
use crate::support::world::{ID, OTHER_ID};
use crate::support::{BOTH_ENDS, EXAMPLE, Project, by_hand};

/// What the SDK finds by name.
const FIND: &str = "
[integration] = [one for one in integrations.get_integrations().entities if one.name == 'AWS Lambda orders']
[action] = [one for one in integrations.get_integrations_actions().entities if one.name == 'Get order status']
action = integrations.get_integrations_action(action.id, include_config=True, expand='contract')
configuration = integrations.get_integration_config_current(integration.id)
[(key, info)] = configuration.credentials.items()
credential = integrations.get_integrations_credential(info.id)
ROLE = 'arn:aws:iam::111122223333:role/GenesysDataActionRole'
FUNCTION = 'arn:aws:lambda:us-east-1:111122223333:function:my-genesys-trigger-function'
def template(name): return integrations.get_integrations_action_template(action.id, name)
def config(**changes):
    request = {'requestUrlTemplate': FUNCTION, 'requestType': 'POST', 'requestTemplate': '${input.rawRequest}', 'headers': {}}
    response = {'translationMap': {}, 'translationMapDefaults': {}, 'successTemplate': '${rawResult}'}
    request.update(changes.pop('request', {}))
    return {'request': request, 'response': response, 'timeoutSeconds': changes.get('timeout', 60)}
def patch(**members):
    integrations.patch_integrations_action(action.id, body={'version': action.version, **members})
";

#[test]
fn an_access_token_takes_the_place_of_the_oauth_client_and_a_wrong_one_is_one_clear_error() {
    let both = BothEnds(Served::new(&[]));
    both.write(BOTH_ENDS);
    let mut stream = TcpStream::connect(both.0.server.endpoint.trim_start_matches("http://")).unwrap();
    let form = "grant_type=client_credentials";
    let head = "POST /oauth/token HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\nAuthorization: Basic aWQ6c2VjcmV0\r\n\
                Content-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\n\r\n";
    stream.write_all(format!("{head}{form}").as_bytes()).unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).unwrap();
    let (_, token) = answer.split_once("\"access_token\":\"").unwrap();
    let (token, _) = token.split_once('"').unwrap();
    let Served { project, server } = both.0;
    let project =
        project.env("GENESYSCLOUD_ACCESS_TOKEN", token).env("GENESYSCLOUD_ENDPOINT_URL", &server.endpoint);
    project.run(&["plan"]).expect(0).says("PostIntegrations ").says_not(token);
    let project = project.env("GENESYSCLOUD_ACCESS_TOKEN", "SECRET-TOKEN");
    let run = project.run(&["plan"]);
    run.expect(1)
        .says("the token is refused")
        .says("check GENESYSCLOUD_ACCESS_TOKEN and")
        .says_not("SECRET-TOKEN");
    project.run(&["check"]).says("Genesys Cloud rejects the access token (401)").says_not("SECRET-TOKEN");
}

#[test]
fn the_sdk_sees_what_apply_made_as_the_spec_says_it() {
    let both = BothEnds::new("timeout_seconds = 7");
    both.run(&["apply", "--yes", "--test"])
        .expect(0)
        .says("Proven end to end")
        .says("IAM and Genesys Cloud show");
    both.sdk(&format!(
        "{FIND}
assert (integration.intended_state, integration.reported_state.code) == ('ENABLED', 'ACTIVE'), integration
assert configuration.notes == f'managed-by: genesys-iam, spec genesys; actions {{action.id}}', configuration
assert (key, credential.name) == ('AmazonWebServicesARN', ROLE + ' (genesys-iam)'), credential
assert credential.credential_fields == {{'ARN': ROLE}}, credential
assert (action.category, action.secure, action.config.timeout_seconds) == ('AWS Lambda orders', False, 7), action
assert action.config.request.request_url_template == FUNCTION, action
assert (template('requesttemplate.vm'), template('successtemplate.vm')) == ('${{input.rawRequest}}', '${{rawResult}}')
assert list(action.contract.input.input_schema.properties) == ['OrderNumber'], action
assert integrations.post_integrations_action_test(action.id, {{'OrderNumber': '1'}}).success
"
    ));
    both.run(&["plan", "--detailed-exitcode"]).expect(0).says("No changes.");
    let destroyed = both.run(&["destroy", "--yes"]);
    destroyed.expect(0).says("Destroyed.");
    both.sdk("assert integrations.get_integrations().entities == []\nassert integrations.get_integrations_credentials_listing().entities == []");
}

#[test]
fn each_kind_of_drift_is_seen_named_and_repaired() {
    let both = BothEnds::new("");
    both.run(&["apply", "--yes", "--no-check"]).expect(0);
    for (drift, planned, named) in [
        (
            "integrations.put_integrations_credential(info.id, body={'name': credential.name,
                'type': {'name': 'amazonWebServicesARN'}, 'credentialFields': {'ARN': ROLE + 'x'}})",
            "PutIntegrationsCredential",
            "The credential holds arn:aws:iam::111122223333:role/GenesysDataActionRolex, not this role's ARN",
        ),
        (
            "integrations.patch_integration(integration.id, body={'intendedState': 'DISABLED'})",
            "PatchIntegration integration \"AWS Lambda orders\"",
            "The integration \"AWS Lambda orders\" is not enabled",
        ),
        (
            "patch(config=config(request={'requestUrlTemplate': FUNCTION + ':live'}))",
            "PatchIntegrationsAction data action \"Get order status\"",
            "`function` is",
        ),
        (
            "patch(config=config(request={'requestTemplate': '{}'}))",
            "PatchIntegrationsAction",
            "`request_template` is \"{}\", not \"${input.rawRequest}\"",
        ),
        ("patch(config=config(timeout=3))", "PatchIntegrationsAction", "`timeout_seconds` is 3, not 60"),
        ("patch(category='Other')", "PatchIntegrationsAction", "`category` is \"Other\""),
        (
            "integrations.delete_integrations_action(action.id)",
            "PostIntegrationsActions",
            "The data action \"Get order status\" does not exist",
        ),
        (
            "configuration.credentials = {}; integrations.put_integration_config_current(integration.id, body=configuration)",
            "PutIntegrationConfigCurrent",
            "does not use the role's credential",
        ),
        (
            "integrations.delete_integration(integration.id)",
            "PostIntegrations integration \"AWS Lambda orders\"",
            "The integration \"AWS Lambda orders\" does not exist",
        ),
    ] {
        both.sdk(&format!("{FIND}\n{drift}"));
        both.run(&["plan", "--detailed-exitcode"]).expect(2).says(planned);
        both.run(&["check"]).expect(4).says(named);
        both.run(&["apply", "--yes", "--no-check"]).expect(0);
        both.run(&["check", "--all"])
            .expect(0)
            .says("integration, credential and data actions are as the spec says");
        both.run(&["plan", "--detailed-exitcode"]).expect(0);
    }
    // A second one with the same name blocks until the ID says which one is meant.
    both.sdk(&format!(
        "{FIND}
integrations.post_integrations_actions(body={{'name': action.name, 'category': 'c', 'integrationId': integration.id,
    'contract': {{'input': {{'inputSchema': {{'type': 'object'}}}}, 'output': {{'successSchema': {{'type': 'object'}}}}}},
    'config': config()}})
open(os.environ['HOME'] + '/id', 'w').write(action.id)"
    ));
    both.run(&["check"]).expect(4).says("2 data actions are called \"Get order status\"");
    both.run(&["apply", "--yes"]).expect(3).says("2 data actions have the name");
    let id = std::fs::read_to_string(both.0.project.path("id")).unwrap();
    both.write(&format!("{BOTH_ENDS}\nid = {id:?}\n"));
    both.run(&["plan", "--detailed-exitcode"]).expect(0).says("that this spec did not make; they stay");
    // One of another's is not destroyed for its name, whether the spec tells them apart or not.
    for spec in [format!("{BOTH_ENDS}\nid = {id:?}\n"), BOTH_ENDS.to_owned()] {
        both.write(&spec);
        both.run(&["destroy", "--yes"])
            .expect(3)
            .says("data actions that this spec did not make: \"Get order status\"");
    }
}

#[test]
fn what_somebody_made_by_hand_is_left_alone_until_it_is_adopted() {
    let both = BothEnds::new("");
    both.sdk(
        "
made = integrations.post_integrations(body={'integrationType': {'id': 'aws-lambda-data-actions'}})
stored = integrations.post_integrations_credentials(body={'name': f'Integration-{made.id}',
    'type': {'name': 'amazonWebServicesARN'},
    'credentialFields': {'ARN': 'arn:aws:iam::111122223333:role/GenesysDataActionRole'}})
configuration = integrations.get_integration_config_current(made.id)
configuration.name, configuration.notes = 'AWS Lambda orders', 'Ask Ann'
configuration.credentials = {'amazonWebServicesARN': {'id': stored.id}}
integrations.put_integration_config_current(made.id, body=configuration)
integrations.patch_integration(made.id, body={'intendedState': 'ENABLED'})
for name in ['Get order status', 'Another']:
    integrations.post_integrations_actions(body={'name': name, 'category': 'AWS Lambda orders', 'integrationId': made.id,
        'contract': {'input': {'inputSchema': {'type': 'object', 'title': 'Input', 'properties': {'OrderNumber': {'type': 'string'}}}},
                     'output': {'successSchema': {'type': 'object', 'properties': {'status': {'type': 'string'}}}}},
        'config': {'request': {'requestUrlTemplate': 'arn:aws:lambda:us-east-1:111122223333:function:my-genesys-trigger-function',
                               'requestType': 'POST', 'requestTemplate': '${input.rawRequest}\\n'}, 'response': {}}})
",
    );
    both.run(&["apply", "--yes"]).expect(3).says("exists already, made by someone else").says("adopt = true");
    let adopted = both.run(&["apply", "--yes", "--adopt", "--test"]);
    adopted.expect(0).says("is adopted: it was made by someone else").says("Proven end to end");
    adopted.says("data actions that this spec did not make; they stay: \"Another\"");
    both.run(&["plan", "--detailed-exitcode"]).expect(0);
    both.sdk(&format!("{FIND}\nassert len(integrations.get_integrations_actions().entities) == 3\nassert configuration.credentials['amazonWebServicesARN'].id == info.id"));
    // Things made by others are not deleted with it.
    both.run(&["destroy", "--yes"]).expect(3).says("data actions that this spec did not make: \"Another\"");
}

#[test]
fn without_credentials_of_the_organization_awss_side_is_made_and_the_rest_is_said() {
    let project = Project::new(BOTH_ENDS);
    let server = crate::support::served::serve(&project, &[]);
    let project = project.aws(&server.endpoint, "111122223333", "x");
    project.run(&["plan"]).expect(0).says("Genesys Cloud's side was not read");
    project.run(&["apply", "--yes"]).expect(3).says("Applied. 3 changes made").says("--aws-only");
    project.run(&["apply", "--yes", "--aws-only"]).expect(0).says_not("--aws-only");
    // Half a reading must not pass for the whole, nor should variables be named that this spec does not read.
    let own = BOTH_ENDS.replacen("[genesys]", "[genesys]\ncredentials = \"EMEA\"", 1);
    project.write_spec(&own);
    let (id, secret) = ("GENESYSCLOUD_OAUTHCLIENT_ID_EMEA", "GENESYSCLOUD_OAUTHCLIENT_SECRET_EMEA");
    let what = "Genesys Cloud's side was not read and is not in this plan";
    project
        .run(&["plan"])
        .expect(0)
        .says("Nothing to change on AWS's side.")
        .says(id)
        .says(secret)
        .says(what);
    project.run(&["plan", "--detailed-exitcode"]).expect(2);
    let json = project.run(&["plan", "--format", "json"]);
    let json: serde_json::Value = serde_json::from_str(&json.stdout).unwrap();
    assert!(json["cautions"].to_string().contains(what), "{json}");
    project.run(&["plan", "--format", "markdown"]).says(what);
    std::fs::create_dir(project.path("specs")).unwrap();
    for (name, role) in [("a", "GenesysDataActionRole"), ("b", "Other")] {
        let spec = own.replace("GenesysDataActionRole", role).replace("AWS Lambda orders", name);
        let spec = format!("name = {name:?}\n{spec}");
        std::fs::write(project.path(&format!("specs/{name}.toml")), spec).unwrap();
    }
    project.run(&["--file", "specs", "plan"]).says("Genesys Cloud's side of 2 specs was not read");
    project.run(&["check"]).says(id).says(secret);
    project.run(&["check", "--invoke", "Get order status={}"]).says(id).says(secret);
}

#[test]
fn a_destruction_without_credentials_of_the_organization_says_what_stays() {
    let project = Project::new(BOTH_ENDS);
    let server = crate::support::served::serve(&project, &[]);
    let project = project.aws(&server.endpoint, "111122223333", "x");
    project.run(&["apply", "--yes", "--aws-only", "--no-check"]).expect(0);
    // Flows may use what would no longer work.
    let refused = project.run(&["destroy", "--yes"]);
    refused
        .expect(3)
        .says("whether flows use the data actions is not known")
        .says("`genesys-iam destroy --even-if-used`");
    for nothing in [false, true] {
        let destroyed = project.run(&["destroy", "--yes", "--even-if-used"]);
        destroyed
            .expect(3)
            .says("Genesys Cloud's side was neither read nor changed")
            .says("what the spec made there stays");
        match nothing {
            false => destroyed.says("Not touched: functions, Genesys Cloud's side and spec."),
            true => destroyed.says("Nothing that the spec names exists in AWS."),
        };
    }
    project.write_spec(EXAMPLE);
    project.run(&["apply", "--yes", "--no-check"]).expect(0);
    let destroyed = project.run(&["destroy", "--yes"]);
    destroyed
        .expect(0)
        .says("Not touched: functions, spec, and Genesys Cloud, where the spec names no integration.");
}

/// The way that a plan prints for a spec whose file is lost.
#[test]
fn what_a_lost_spec_made_is_imported_from_its_own_organization_and_destroyed() {
    let spec =
        BOTH_ENDS.replacen("[genesys]", "[genesys]\nregion = \"eu-central-1\"\ncredentials = \"EMEA\"", 1);
    let lost = format!(
        "name = \"lost\"\n{}",
        spec.replace("GenesysDataActionRole", "Lost").replace("AWS Lambda orders", "Of the lost")
    );
    let project = Project::new(&format!("name = \"kept\"\n{spec}"));
    std::fs::write(project.path("lost.toml"), lost).unwrap();
    let both = ["-f", "genesys.toml", "-f", "lost.toml"];
    project.sandbox(&[&both[..], &["apply", "--yes", "--no-check"]].concat()).expect(0);
    std::fs::remove_file(project.path("lost.toml")).unwrap();
    project.sandbox(&["import", "Lost", "--file", "genesys.toml", "--out", "lost.toml"]).expect(0);
    let text = std::fs::read_to_string(project.path("lost.toml")).unwrap();
    assert!(text.contains("[genesys]\nregion = \"eu-central-1\"\ncredentials = \"EMEA\"\n"), "{text}");
    assert!(text.contains("name = \"Of the lost\""), "{text}");
    // As the sandbox of the first spec has it.
    let destroyed = project.sandbox(&["destroy", "--yes", "--file", "lost.toml"]);
    destroyed.expect(0).says("DeleteIntegration integration \"Of the lost\"");
    project.sandbox(&["check"]).expect(0);
}

#[test]
fn without_the_credentials_that_a_named_spec_uses_import_says_what_it_leaves_out() {
    let spec = BOTH_ENDS.replacen("[genesys]", "[genesys]\ncredentials = \"EMEA\"", 1);
    let project = Project::new(&spec);
    let server = crate::support::served::serve(&project, &[]);
    let project = project.aws(&server.endpoint, "111122223333", "x");
    project.run(&["apply", "--yes", "--aws-only", "--no-check"]).expect(0);
    let imported = project.run(&["import", "GenesysDataActionRole", "--file", "genesys.toml"]);
    imported
        .expect(0)
        .says("Genesys Cloud's side is left out")
        .says("GENESYSCLOUD_OAUTHCLIENT_ID_EMEA")
        .says("credentials = \"EMEA\"");
}

#[test]
fn a_contract_cannot_be_changed_unless_a_new_action_may_take_its_place() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let changed = BOTH_ENDS.replace("status = \"string\"", "status = \"string\", total = \"number\"");
    project.write_spec(&changed);
    let blocked = project.sandbox(&["plan"]);
    blocked
        .says("`success_schema` cannot be changed in a published action (the contract would gain output `total` (number));")
        .says("`replace = true`");
    // Nor is what waits for it hidden.
    project.write_spec(&format!("{changed}\nrequest_template = '${{input.rawRequest}} '\n"));
    let blocked = project.sandbox(&["plan"]);
    blocked.says("output `total` (number)), and the change to `request_template` waits with it;");
    project.write_spec(&format!("{changed}\nreplace = true\n"));
    let replaced = project.sandbox(&["apply", "--yes", "--test"]);
    replaced.expect(0).says("is replaced").says("Proven end to end");
    let done: Vec<&str> = replaced.stderr.lines().filter(|line| line.starts_with("done")).collect();
    let position = |operation: &str| done.iter().position(|line| line.contains(operation)).unwrap();
    assert!(position("PostIntegrationsActions") < position("DeleteIntegrationsAction"), "{done:?}");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
}

/// The function really runs, so only that of which something was changed.
#[test]
fn only_what_a_run_changed_between_flow_and_function_is_proven() {
    let second = "\n[[role.data_action]]\nname = \"Cancel\"\ninput = {}\noutput = {}\ntest_input = {}\n";
    let spec = format!("{BOTH_ENDS}{second}");
    let project = Project::new(&spec);
    let proof = |spec: &str| {
        project.write_spec(spec);
        let plan = project.sandbox(&["plan"]);
        let line =
            plan.expect(0).stdout.lines().find(|line| line.contains("the proof with")).map(str::to_owned);
        line.unwrap_or_default()
    };
    let both = proof(&spec);
    assert!(
        both.contains("data actions \"Get order status\" and \"Cancel\" really runs the functions"),
        "{both}"
    );
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let one = proof(&spec.replace("test_input = {}", "timeout_seconds = 10\ntest_input = {}"));
    assert!(one.contains("data action \"Cancel\" really runs the function;"), "{one}");
    assert_eq!(proof(&spec.replace("[defaults]", "[defaults]\nmax_session_duration = 7200")), "");
    project.write_spec(&spec);
    by_hand(&project, |role| role["attached"] = serde_json::json!([]));
    assert!(proof(&spec).contains("\"Get order status\" and \"Cancel\""));
}

/// A new one that flows do not use would be made in silence.
#[test]
fn a_former_name_that_nothing_has_is_named_and_names_are_not_exchanged() {
    let second = "\n[[role.data_action]]\nname = \"Cancel\"\ninput = {}\noutput = {}\n";
    let project = Project::new(&format!("{BOTH_ENDS}{second}"));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let renamed = second.replace("\"Cancel\"", "\"Stop\"\nwas = \"Cancels\"");
    project.write_spec(&format!("{BOTH_ENDS}{renamed}"));
    project
        .sandbox(&["plan"])
        .says("data action \"Stop\" is new: `was = \"Cancels\"` names none that the integration has")
        .says("write `was = \"Cancel\"`");
    let exchanged = second.replace("\"Cancel\"", "\"Cancel\"\nwas = \"Get order status\"");
    project.write_spec(&format!("{BOTH_ENDS}{exchanged}"));
    project
        .sandbox(&["plan"])
        .expect(1)
        .says("`was` of data action \"Cancel\" is \"Get order status\", and the spec has a data action")
        .says("give one of them a third name first");
}

#[test]
fn a_renamed_action_and_a_renamed_integration_keep_their_ids() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let ids = || {
        let state = std::fs::read_to_string(project.path(".genesys-iam/sandbox.json")).unwrap();
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        let keys =
            |what: &str| state["organization"][what].as_object().unwrap().keys().cloned().collect::<Vec<_>>();
        (keys("integrations"), keys("credentials"), keys("actions"))
    };
    let before = ids();
    // Whoever forgets `was` gets to know of it before a second one is made.
    project.write_spec(&BOTH_ENDS.replace("name = \"Get order status\"", "name = \"Order status\""));
    let check = project.sandbox(&["check"]);
    check
        .says("does not exist, but \"Get order status\", which this spec made, calls its function")
        .says("so: flows that use that one keep working")
        .says("write that name into the spec, or `was = \"Get order status\"` to rename it back")
        .says_not("notes of the integration");
    // It is not what keeps Genesys Cloud from the function.
    check.expect(4).says("Genesys Cloud can invoke");
    let renamed = BOTH_ENDS
        .replace("\"AWS Lambda orders\"", "\"Orders\"")
        .replace("name = \"Get order status\"", "name = \"Order status\"\nwas = \"Get order status\"");
    project.write_spec(&renamed);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0).says("\"AWS Lambda orders\" → \"Orders\"");
    assert_eq!(ids(), before);
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn what_is_taken_out_of_the_spec_stays_until_it_is_pruned() {
    let project = Project::new(&format!("name = \"test\"\n{BOTH_ENDS}"));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let (without, _) = BOTH_ENDS.split_once("# Genesys Cloud's side.").unwrap();
    project.write_spec(&format!("name = \"test\"\n{without}"));
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2).says("its removal with `--prune`");
    let pruned = project.sandbox(&["apply", "--yes", "--prune"]);
    pruned.expect(0).says("DeleteIntegration integration \"AWS Lambda orders\"");
    project.sandbox(&["plan"]).expect(0).says_not("AWS Lambda orders");
}

#[test]
fn what_genesys_cloud_can_do_includes_a_data_action_that_the_spec_has_no_longer() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&BOTH_ENDS.replace("\"Get order status\"", "\"Get order state\""));
    let plan = |options: &[&str]| {
        let run = project.sandbox(&[&["plan", "--format", "json"], options].concat());
        let plan: serde_json::Value = serde_json::from_str(&run.expect(0).stdout).unwrap();
        plan["roles"][0]["connections"].to_string()
    };
    let stays = plan(&[]);
    assert!(stays.contains("Get order state") && stays.contains("Get order status"), "{stays}");
    project.write_spec(&format!(
        "name = \"genesys\"\n{}",
        BOTH_ENDS.replace("\"Get order status\"", "\"Get order state\"")
    ));
    let goes = plan(&["--prune"]);
    assert!(goes.contains("Get order state") && !goes.contains("Get order status"), "{goes}");
}

#[test]
fn a_header_that_looks_like_a_secret_is_never_shown() {
    let project =
        Project::new(&format!("{BOTH_ENDS}\nheaders = {{ x-api-key = \"S3CRET\", x-plain = \"shown\" }}\n"));
    for format in ["text", "json", "markdown"] {
        project.sandbox(&["plan", "--format", format]).expect(0).says_not("S3CRET");
    }
    project.sandbox(&["plan"]).says("\"x-plain\":\"shown\"").says("(masked)");
    project.sandbox(&["plan", "--out", "plan.json"]).expect(0);
    assert!(!std::fs::read_to_string(project.path("plan.json")).unwrap().contains("S3CRET"));
}

#[test]
fn a_saved_plan_of_both_ends_is_carried_out_or_says_what_changed() {
    let both = BothEnds::new("");
    both.run(&["plan", "--out", "plan.json"]).expect(0);
    // The API of another region or organization is a different place.
    let elsewhere = both.0.server.endpoint.replace("127.0.0.1", "localhost");
    both.run(&["--genesys-endpoint-url", &elsewhere, "apply", "plan.json", "--no-check"])
        .expect(3)
        .says(&format!("the plan is for Genesys Cloud at {}, this is {elsewhere}", both.0.server.endpoint))
        .says_not("was edited");
    both.run(&["apply", "plan.json", "--no-check"]).expect(0).says("9 changes made");
    both.run(&["apply", "plan.json"]).expect(3).says("may have been applied already");
    both.sdk(&format!("{FIND}\npatch(config=config(timeout=3))"));
    both.run(&["plan", "--out", "plan.json"]).expect(0).says("timeout_seconds");
    both.sdk(&format!("{FIND}\npatch(config=config(timeout=4))"));
    both.run(&["apply", "plan.json"]).expect(3).says("since");
    both.run(&["apply", "--yes", "--no-check"]).expect(0);
}

#[test]
fn import_writes_both_ends_so_that_the_next_plan_changes_nothing_but_whose_they_are() {
    let both = BothEnds::new(
        "timeout_seconds = 7\nrequest_template = \"{\\n}\"\ntranslation_map = { \"a b\" = \"$.x\" }",
    );
    both.run(&["apply", "--yes", "--no-check"]).expect(0);
    // As made in the UI: without the marker, and with its own name for the credential.
    both.sdk(&format!(
        "{FIND}
configuration.notes = 'Ask Ann'
integrations.put_integration_config_current(integration.id, body=configuration)
integrations.put_integrations_credential(info.id, body={{'name': 'Integration-1',
    'type': {{'name': 'amazonWebServicesARN'}}, 'credentialFields': {{'ARN': ROLE}}}})"
    ));
    let endpoint = both.0.server.endpoint.clone();
    let imported = both.run(&["--genesys-endpoint-url", &endpoint, "import", "--all"]);
    imported.expect(0).says("[role.integration]\nname = \"AWS Lambda orders\"\nnotes = \"Ask Ann\"");
    imported.says("input = { OrderNumber = \"string\" }").says("timeout_seconds = 7");
    both.write(&imported.stdout);
    let plan = both.run(&["plan"]);
    plan.expect(0).says("PutIntegrationsCredential").says("PutIntegrationConfigCurrent");
    plan.says_not("PatchIntegrationsAction").says_not("PostIntegrationsActions");
    both.run(&["apply", "--yes", "--no-check"]).expect(0);
    both.run(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn permissions_name_what_genesys_cloud_has_to_allow() {
    let project = Project::new(BOTH_ENDS);
    let apply = project.run(&["permissions"]);
    apply.expect(0).says("integrations:action:add").says("integrations:action:execute (optional)");
    assert!(serde_json::from_str::<serde_json::Value>(&apply.stdout).is_ok());
    project.run(&["permissions", "--for", "plan"]).expect(0).says_not("integrations:action:add");
    project.run(&["permissions", "--for", "check"]).expect(0).says("integrations:action:execute (optional)");
    Project::example().run(&["permissions"]).expect(0).says_not("integrations:");
}

#[test]
fn data_actions_are_imported_as_files_of_the_uis_format_and_the_next_plan_leaves_them_alone() {
    let both = BothEnds::new("");
    both.run(&["apply", "--yes", "--no-check"]).expect(0);
    both.sdk(&format!(
        "{FIND}
def post(name, **more):
    body = {{'name': name, 'category': 'Other', 'integrationId': integration.id, 'secure': True,
        'contract': {{'input': {{'inputSchema': {{'type': 'object', 'title': 'T', 'required': ['n'], 'additionalProperties': True,
                                                 'properties': {{'n': {{'type': 'integer', 'description': 'N'}}}}}}}},
                      'output': {{'successSchema': {{'type': 'array', 'items': {{'type': 'object', 'properties': {{}}}}}}}}}},
        'config': config(request={{'requestTemplate': '{{\"n\": ${{input.n}}}}\\r\\n#if(true)x#end\\n', 'headers': {{'a': 'b'}}}}, timeout=9)}}
    body.update(more)
    return integrations.post_integrations_actions(body=body)
post('Get order status - Exported 2024-11-19 @ 14:13')
post('GET ORDER STATUS')
post('注文の状態 \"x\" | `y`')
post('with an \\u001b[31m escape')
post('äöü' * 85)
post('Elsewhere', config=config(request={{'requestUrlTemplate': FUNCTION + '-2'}}))
post('Get order status')
"
    ));
    let endpoint = both.0.server.endpoint.clone();
    let import = |args: &[&str]| {
        let all = ["--genesys-endpoint-url", &endpoint, "import", "--all", "--actions-dir"];
        both.run(&[&all[..], args].concat())
    };
    #[cfg(unix)]
    {
        let elsewhere = tempfile::tempdir().unwrap();
        std::os::unix::fs::symlink(elsewhere.path(), both.0.project.path("linked")).unwrap();
        import(&["linked", "--out", "new.toml"]).expect(1).says("linked` is a link");
        import(&["linked/below", "--out", "new.toml"]).expect(1).says("linked` is a link");
        assert_eq!(std::fs::read_dir(elsewhere.path()).unwrap().count(), 0);
        assert!(!both.0.project.path("new.toml").exists());
    }
    import(&["../actions"]).expect(64).says("is not below the folder of the spec");
    let imported = import(&["actions", "--out", "new.toml", "--json"]);
    imported
        .expect(0)
        .says("it points at arn:aws:lambda:us-east-1:111122223333:function:my-genesys-trigger-function-2")
        .says("another of this name is in it")
        .says("is left out: `name` has a control character in it");
    let report: serde_json::Value = serde_json::from_str(&imported.stdout).unwrap();
    let files: Vec<&str> =
        report["files"].as_array().unwrap().iter().map(|file| file.as_str().unwrap()).collect();
    assert_eq!(files.len(), 5, "{files:?}");
    for name in ["get-order-status", "get-order-status-2", "get-order-status-exported-2024-11-19-14-13"] {
        assert!(files.contains(&format!("actions/{name}.custom.json").as_str()), "{files:?}");
    }
    let text =
        std::fs::read_to_string(both.0.project.path("actions/get-order-status-2.custom.json")).unwrap();
    let file: serde_json::Value = serde_json::from_str(&text).unwrap();
    let members: Vec<&String> = file.as_object().unwrap().keys().collect();
    // Exactly those of a file exported by the UI.
    assert_eq!(members, ["actionType", "config", "contract", "integrationType", "name", "secure"]);
    // The second time nothing is overwritten, and nothing is half written.
    import(&["actions", "--out", "other.toml"]).expect(1).says("cannot write `actions/");
    assert!(!both.0.project.path("other.toml").exists());
    both.write(&std::fs::read_to_string(both.0.project.path("new.toml")).unwrap());
    let plan = both.run(&["plan"]);
    plan.expect(0).says_not("IntegrationsAction");
    plan.says("data actions that this spec did not make; they stay: \"").says("\"Elsewhere\"");
    plan.says("\"with an \\u001b[31m escape\"");
    both.run(&["apply", "--yes", "--no-check", "--adopt"]).expect(0);
    both.run(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn what_a_test_sends_fits_the_contract_and_comes_from_the_spec() {
    let project = Project::new(BOTH_ENDS);
    let apply = project.sandbox(&["apply", "--yes"]);
    apply.expect(0).says("`test_input` is not used; `--test` makes the test");
    let check =
        |input: &[&str]| project.sandbox(&[&["check", "--invoke", "Get order status"], input].concat());
    check(&["--input", r#"{"OrderNumber": 42}"#]).expect(64).says(
        "`OrderNumber` of `--input` for \"Get order status\" is 42, which is not of the type \"string\"",
    );
    let unknown = check(&["--input", r#"{"ordernumber": "42"}"#]);
    unknown
        .expect(64)
        .says("`ordernumber`, which the input contract does not have")
        .says("did you mean `OrderNumber`?");
    check(&["--input", r#"{"OrderNumber": "42"}"#]).expect(0).says("sending {\"OrderNumber\":\"42\"}");
    check(&[]).expect(0).says("sending {\"OrderNumber\":\"1\"}");
    project
        .sandbox(&["check", "--invoke", "get order status"])
        .expect(1)
        .says("did you mean \"Get order status\"?");
    // A new name alone may mean a rename.
    let renamed = BOTH_ENDS.replace("name = \"Get order status\"", "name = \"Order status\"");
    project.write_spec(&format!("name = \"genesys\"\n{renamed}"));
    for args in [&["plan"][..], &["plan", "--prune"]] {
        project.sandbox(args).says("write `was = \"Get order status\"`").says("`--prune` would delete it");
    }
}

#[test]
fn a_replaced_action_goes_only_after_the_new_one_has_passed_its_test() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let changed = BOTH_ENDS.replace("status = \"string\"", "status = \"string\", total = \"number\"");
    project.write_spec(&format!("{changed}\nreplace = true\n"));
    let denied = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","Action":"*","Resource":"*"}}"#;
    by_hand(&project, |role| role["inline"]["denied"] = denied.into());
    let actions = || {
        let state = std::fs::read_to_string(project.path(".genesys-iam/sandbox.json")).unwrap();
        let state: serde_json::Value = serde_json::from_str(&state).unwrap();
        state["organization"]["actions"].as_object().unwrap().keys().cloned().collect::<Vec<_>>()
    };
    let old = actions();
    for _ in 0..2 {
        let failed = project.sandbox(&["apply", "--yes", "--test"]);
        failed.expect(4).says("the data action that takes its place fails its test").says("AccessDenied");
        failed.says("flows still have the old one").says_not("done   DeleteIntegrationsAction");
        // The second run does not create a third one.
        let now = actions();
        assert!(now.len() == 2 && now.contains(&old[0]), "{now:?}");
        // What is left to do is announced as what it is.
        let left = project.sandbox(&["plan"]);
        left.expect(0).says("is replaced: ").says("or unproven where no test is made");
    }
    by_hand(&project, |role| drop(role["inline"].as_object_mut().unwrap().remove("denied")));
    project.sandbox(&["apply", "--yes", "--test"]).expect(0).says("Proven end to end");
    let now = actions();
    assert!(now.len() == 1 && !now.contains(&old[0]), "{now:?}");
}

#[test]
fn drafts_of_others_are_named_and_are_not_destroyed_with_the_integration() {
    let both = BothEnds::new("");
    both.run(&["apply", "--yes", "--no-check"]).expect(0);
    both.sdk(&format!(
        "{FIND}
integrations.post_integrations_action_draft(action.id)
integrations.post_integrations_actions_drafts(body={{'name': 'Not yet', 'category': 'c', 'integrationId': integration.id,
    'contract': {{'input': {{'inputSchema': {{'type': 'object'}}}}, 'output': {{'successSchema': {{'type': 'object'}}}}}},
    'config': config()}})"
    ));
    let plan = both.run(&["plan", "--detailed-exitcode"]);
    plan.expect(0)
        .says("unpublished drafts of data actions")
        .says("\"Not yet\"")
        .says("\"Get order status\"");
    let blocked = both.run(&["destroy", "--yes"]);
    blocked
        .expect(3)
        .says("integration \"AWS Lambda orders\" has drafts of data actions that nobody has published: \"Not yet\"")
        .says("DELETE /api/v2/integrations/actions/ID/draft");
    both.sdk(
        "
drafts = [one for one in integrations.get_integrations_actions_drafts().entities if one.name == 'Not yet']
integrations.delete_integrations_action_draft(drafts[0].id)",
    );
    both.run(&["destroy", "--yes"]).expect(0).says("Destroyed.");
}

/// Genesys Cloud brings its organization's ID, whatever the spec says.
#[test]
fn a_role_for_another_organization_than_its_integrations_is_not_made() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.write_spec(&BOTH_ENDS.replace(ID, OTHER_ID));
    let wrong = format!(
        "external ID `{OTHER_ID}` is not the ID of the Genesys Cloud organization \"Sandbox\" ({ID})"
    );
    for command in [&["plan"][..], &["apply", "--yes"]] {
        project
            .sandbox(command)
            .expect(3)
            .says(&format!("blocked: {wrong}"))
            .says(&format!("set `external_id = \"{ID}\"`"))
            .says("sandbox reset");
    }
    let checked = project.sandbox(&["check"]);
    assert_eq!(checked.expect(4).stdout.matches("is not the ID of").count(), 1, "{}", checked.stdout);
    project.sandbox(&["destroy", "--yes"]).expect(0);
}

/// A test of a data action that the spec stops says nothing about the function.
#[test]
fn a_data_action_that_the_spec_switches_off_is_not_run_and_its_function_is_not_blamed() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project
        .write_spec(&BOTH_ENDS.replace("# intended_state = \"DISABLED\"", "intended_state = \"DISABLED\""));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let invoke = ["check", "--invoke", "Get order status"];
    project.sandbox(&[&invoke[..], &["--require", "end-to-end"]].concat()).expect(5);
    let checked = project.sandbox(&invoke);
    checked
        .expect(0)
        .says("? GenesysDataActionRole")
        .says("switched off, as the spec says")
        .says_not("the function's own log")
        .says_not("Lambda is reached");
}

/// The schema as shown to readers of plans, with nothing else allowed.
fn closed(schema: &str) -> String {
    schema.replace("\"additionalProperties\": true", "\"additionalProperties\": false")
}

#[test]
fn nothing_that_a_plan_of_both_ends_prints_is_missing_from_its_schema() {
    let both = BothEnds::new("");
    let mut plans = Vec::new();
    let mut plan = |args: &[&str]| {
        let run = both.run(&[&["plan", "--format", "json"], args].concat());
        assert!(run.stdout.contains("\"connections\""), "{}", run.transcript());
        plans.push(run.stdout);
    };
    plan(&[]);
    both.run(&["apply", "--yes", "--no-check"]).expect(0);
    plan(&[]);
    both.sdk(&format!("{FIND}\npatch(config=config(timeout=3, request={{'headers': {{'a': 'b'}}}}))"));
    both.sdk(&format!(
        "{FIND}\nintegrations.patch_integration(integration.id, body={{'intendedState': 'DISABLED'}})"
    ));
    plan(&[]);
    both.write(&format!(
        "{}\nreplace = true\n",
        BOTH_ENDS.replace("status = \"string\"", "total = \"number\"")
    ));
    plan(&[]);
    both.write(&BOTH_ENDS.replace("status = \"string\"", "total = \"number\""));
    plan(&[]);
    let (without, _) = BOTH_ENDS.split_once("# Genesys Cloud's side.").unwrap();
    both.write(&format!("name = \"genesys\"\n{without}"));
    plan(&[]);
    plan(&["--prune"]);
    let plans: Vec<&str> = plans.iter().map(String::as_str).collect();
    let fits = fits_schema(&closed(include_str!("../../docs/plan.schema.json")), &plans);
    assert_eq!(fits, [true; 7], "{plans:#?}");
}

#[test]
fn a_data_action_is_not_run_without_the_input_that_its_contract_names() {
    let spec = BOTH_ENDS.replace("test_input = { OrderNumber = \"1\" }", "");
    let project = Project::new(&spec);
    let early = project.sandbox(&["check", "--invoke", "Get order status"]);
    early
        .says("is in the spec, but Genesys Cloud does not have it yet")
        .says("run `genesys-iam --sandbox apply` first");
    project
        .sandbox(&["check", "--invoke", "Get order state"])
        .expect(64)
        .says("the spec has \"Get order status\", which Genesys Cloud does not have yet")
        .says("run `genesys-iam --sandbox apply` first, then `check --invoke` with the name in the spec");
    project.sandbox(&["apply", "--yes"]).expect(0);
    let refused = project.sandbox(&["check", "--invoke", "Get order status"]);
    refused.expect(64).says("has `OrderNumber`, and no input is given: nothing was sent");
    let invoke = ["check", "--invoke", "Get order status", "--input", "{}"];
    project.sandbox(&invoke).expect(0).says_not("answered");
    // Names and types only: what it answered is shown where somebody asks for it, beside the report.
    project
        .sandbox(&[&invoke[..], &["--all"]].concat())
        .says("it returned `status` (string)")
        .says_not("answered");
    let shown = project.sandbox(&[&invoke[..], &["--show-answer", "--report", "json=report.json"]].concat());
    shown.expect(0).says("\"Get order status\" answered {\"status\":\"\"}");
    assert!(!shown.stdout.contains("answered"), "{}", shown.stdout);
    assert!(!std::fs::read_to_string(project.path("report.json")).unwrap().contains("answered"));
    for also in [["--format", "json"], ["--format", "markdown"], ["--format", "html"]] {
        project
            .sandbox(&[&invoke[..], &["--show-answer"], &also[..]].concat())
            .expect(64)
            .says("the report is not text");
    }
    let mut in_ci = project.command(&[&["--sandbox"], &invoke[..], &["--show-answer"]].concat());
    let in_ci = in_ci.env("CI", "true").output().unwrap();
    assert_eq!(in_ci.status.code(), Some(64));
    // What a flow would wait for in vain is said.
    for (answer, lacks) in [("{}", "its answer lacks `status`"), ("\"ok\"", "not an object (string)")] {
        let scenario = format!("[function.\"*\"]\nanswer = {answer}\n");
        std::fs::write(project.path("answer.toml"), scenario).unwrap();
        let invoke = [&["--scenario", "answer.toml"][..], &invoke].concat();
        project.sandbox(&invoke).expect(0).says(lacks);
    }
    // What is replaced without a test is said to be.
    project.write_spec(&spec.replace("status = \"string\"", "state = \"string\""));
    let blocked = project.sandbox(&["plan"]);
    blocked.expect(3).says("add a second [[role.data_action]] under another name, point the flows at it");
    let text = spec.replace("status = \"string\"", "state = \"string\"") + "\nreplace = true\n";
    project.write_spec(&text);
    project.sandbox(&["plan"]).expect(0).says("without a test of the new one, which has no `test_input`");
}

#[test]
fn what_an_adopted_integration_lists_is_the_adopters() {
    let more = "\n[[role.data_action]]\nname = \"Cancel order\"\ninput = {}\noutput = {}\n";
    let project = Project::new(&format!("name = \"before\"\n{BOTH_ENDS}{more}"));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    // The spec gets another name and loses a data action in one edit.
    project.write_spec(&format!("name = \"after\"\n{BOTH_ENDS}"));
    let adopted = project.sandbox(&["apply", "--yes", "--no-check", "--adopt", "--prune"]);
    adopted.expect(0).says("made the data action \"Cancel order\"").says_not("DeleteIntegrationsAction");
    project
        .sandbox(&["apply", "--yes", "--no-check", "--prune"])
        .expect(0)
        .says("DeleteIntegrationsAction data action \"Cancel order\"");
}

#[test]
fn a_change_that_waits_for_apply_is_not_called_a_data_action_that_fails() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let name = "name = \"Get order status\"";
    project.write_spec(&BOTH_ENDS.replace(name, "name = \"Order status\"\nwas = \"Get order status\""));
    project
        .sandbox(&["check"])
        .expect(4)
        .says("Genesys Cloud can invoke")
        .says("only its name differs: flows keep working");
    project.write_spec(
        &format!("{BOTH_ENDS}\nreplace = true\n").replace("status = \"string\"", "state = \"string\""),
    );
    project
        .sandbox(&["check"])
        .expect(4)
        .says("Genesys Cloud can invoke")
        .says("is not as the spec says: `apply` replaces it")
        .says("it makes a new one and deletes the present one")
        .says_not("does not exist");
}

#[test]
fn an_integration_that_the_spec_switches_off_is_off_in_every_report() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.sandbox(&["--scenario", "flow-uses-action", "check"]).expect(0);
    project.write_spec(&BOTH_ENDS.replacen(
        "[role.integration]",
        "[role.integration]\nintended_state = \"DISABLED\"",
        1,
    ));
    let plan = project.sandbox(&["plan"]);
    plan.expect(0)
        .says("caution: data action \"Get order status\" stops, since its integration is switched off: used by the flow \"Orders");
    let off = "switched off by the spec; with its integration on, Genesys Cloud can invoke";
    project.sandbox(&["apply", "--yes"]).expect(0).says(off);
    let check = project.sandbox(&["check"]);
    check.expect(0).says(off).says("is switched off, as the spec says: its data actions fail until it is on");
    check.says_not("is not known yet");
    let diagnosis = project.sandbox(&["diagnose", "GenesysDataActionRole"]);
    diagnosis.expect(4).says("The integration \"AWS Lambda orders\" is not enabled");
    diagnosis.says("genesys.toml switches it off: in [role.integration] of `GenesysDataActionRole`, `intended_state = \"ENABLED\"`");
}

/// The hint that keeps the flows' ID does not depend on where the action points by now.
#[test]
fn an_action_that_somebody_renamed_and_pointed_elsewhere_is_perhaps_the_one_that_is_missing() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let path = project.path(".genesys-iam/sandbox.json");
    let mut state: serde_json::Value =
        serde_json::from_str(&std::fs::read_to_string(&path).unwrap()).unwrap();
    for action in state["organization"]["actions"].as_object_mut().unwrap().values_mut() {
        action["name"] = "Renamed".into();
        action["config"]["request"]["requestUrlTemplate"] =
            "arn:aws:lambda:us-east-1:111122223333:function:payroll".into();
    }
    std::fs::write(&path, state.to_string()).unwrap();
    project.sandbox(&["plan"]).says("was = \"Renamed\"");
    project.sandbox(&["check"]).says("`was = \"Renamed\"` to rename it back");
}
