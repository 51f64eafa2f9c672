//! The served sandbox, with boto3 and the binary as its clients.

use std::process::Stdio;

use crate::support::python::{boto3, genesys_sdk};
use crate::support::{EXAMPLE, Project, Run, Server};

struct Served {
    project: Project,
    server: Server,
}

impl Served {
    fn new(args: &[&str]) -> Self {
        let project = Project::example();
        let args = [&["sandbox", "serve", "--listen", "127.0.0.1:0"], args].concat();
        let server = Server::start(project.command(&args).stderr(Stdio::null()));
        let project = project.aws(&server.endpoint, "111122223333", "x");
        Self { project, server }
    }

    fn boto3_as(&self, account: &str, script: &str) -> Run {
        boto3(&self.project.path(""), &self.server.endpoint, account, "x", script)
    }

    #[track_caller]
    fn boto3(&self, script: &str) {
        self.boto3_as("111122223333", script).expect(0);
    }

    fn run(&self, args: &[&str]) -> Run {
        self.project.run(args)
    }
}

#[test]
fn what_no_spec_can_express_is_never_guessed_by_an_import() {
    let served = Served::new(&[]);
    served.boto3(
        "
genesys = 'arn:aws:iam::765628985471:root'
right = {'StringEquals': {'sts:ExternalId': '6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234'}}
def make(role, resources, document=None):
    iam.create_role(RoleName=role, AssumeRolePolicyDocument=document or trust(genesys, right))
    arn = iam.create_policy(PolicyName='p' + role, PolicyDocument=permissions('lambda:InvokeFunction', resources))['Policy']['Arn']
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
    return arn
f = 'arn:aws:lambda:us-east-1:111122223333:'
good = f + 'function:my-genesys-trigger-function'
make('Mixed', [good, good + ':$LATEST', f + 'my-genesys-trigger-function', f + 'layer:f', f + 'function:f:a:b',
               'arn:aws:lambda:*:111122223333:function:f', 'arn:aws:lambda:us-east-1:444455556666:function:f'])
make('Bad', [good], trust(genesys, {'StringEquals': {'sts:ExternalId': 'my org'}}))
arn = make('Sharing', [good])
iam.create_role(RoleName='Shared', AssumeRolePolicyDocument=trust(genesys, right))
iam.attach_role_policy(RoleName='Shared', PolicyArn=arn)
both = trust(['arn:aws:iam::325654371633:root', genesys, 'arn:aws:iam::111122223333:role/Mixed'], right)
make('Both', [good], both)
make('Tutorial', [good], trust('arn:aws:iam::691338073777:root', right))
",
    );
    let all = served.run(&["import", "--all", "--out", "all.toml"]);
    all.expect(0)
        .says("allows `arn:aws:lambda:us-east-1:111122223333:layer:f`, which is no one function")
        .says("role `Bad` is written as comments")
        .says("role `Sharing` is written as comments: its policy is also that of `Shared`")
        .says("`arn:aws:iam::111122223333:role/Mixed` is trusted too")
        .says("role `Tutorial` is not taken");
    served.run(&["--file", "all.toml", "validate"]).expect(0).says("3 roles");
    let text = std::fs::read_to_string(served.project.path("all.toml")).unwrap();
    assert!(text.contains("\"my-genesys-trigger-function:$LATEST\"") && !text.contains("verifier"), "{text}");
    assert!(text.contains("765628985471") && !text.contains("325654371633"), "{text}");
    served.run(&["--file", "all.toml", "plan"]).expect(0).says("Access is not widened.");
}

/// Runs a call that must fail with a code.
const REFUSED: &str = "
def refused(code, call, **arguments):
    try:
        call(**arguments)
    except ClientError as error:
        assert error.response['Error']['Code'] == code, error
        assert error.response['ResponseMetadata']['RequestId'], error
        return error.response['Error']['Message']
    raise SystemExit(f'{code} was expected')
";

#[test]
fn boto3_creates_reads_and_deletes_what_the_tool_manages() {
    let served = Served::new(&[]);
    served.boto3(&format!(
        "{REFUSED}
created = iam.create_role(RoleName='r', Path='/p/', AssumeRolePolicyDocument=trust('765628985471'), Description='d',
                          MaxSessionDuration=7200, Tags=[{{'Key': 'k', 'Value': ''}}])['Role']
role = iam.get_role(RoleName='r')['Role']
assert role['Arn'] == created['Arn'] == 'arn:aws:iam::111122223333:role/p/r', role
assert role['AssumeRolePolicyDocument']['Statement'][0]['Principal'] == {{'AWS': 'arn:aws:iam::765628985471:root'}}
assert (role['Description'], role['MaxSessionDuration'], role['Tags']) == ('d', 7200, [{{'Key': 'k', 'Value': ''}}])
arn = iam.create_policy(PolicyName='p', PolicyDocument=permissions('lambda:InvokeFunction', '*'))['Policy']['Arn']
iam.attach_role_policy(RoleName='r', PolicyArn=arn)
iam.attach_role_policy(RoleName='r', PolicyArn=arn)
assert [p['PolicyArn'] for p in iam.list_attached_role_policies(RoleName='r')['AttachedPolicies']] == [arn]
assert iam.get_policy(PolicyArn=arn)['Policy']['AttachmentCount'] == 1
assert iam.list_entities_for_policy(PolicyArn=arn)['PolicyRoles'][0]['RoleName'] == 'r'
refused('DeleteConflict', iam.delete_role, RoleName='r')
refused('DeleteConflict', iam.delete_policy, PolicyArn=arn)
refused('EntityAlreadyExists', iam.create_role, RoleName='R', AssumeRolePolicyDocument=trust('*'))
refused('EntityAlreadyExists', iam.create_policy, PolicyName='P', PolicyDocument=permissions('a:b', '*'))
iam.put_role_policy(RoleName='r', PolicyName='i', PolicyDocument=permissions('s3:*', 'arn:aws:s3:::a+b'))
assert iam.get_role_policy(RoleName='r', PolicyName='i')['PolicyDocument']['Statement']['Resource'] == 'arn:aws:s3:::a+b'
iam.detach_role_policy(RoleName='r', PolicyArn=arn)
refused('NoSuchEntity', iam.detach_role_policy, RoleName='r', PolicyArn=arn)
iam.delete_role_policy(RoleName='r', PolicyName='i')
iam.delete_role(RoleName='r')
iam.delete_policy(PolicyArn=arn)
refused('NoSuchEntity', iam.get_role, RoleName='r')
refused('NoSuchEntity', iam.get_policy, PolicyArn=arn)
"
    ));
}

#[test]
fn iams_limits_and_refusals_hold() {
    let served = Served::new(&[]);
    served.boto3(&format!(
        "{REFUSED}
iam.create_role(RoleName='r', AssumeRolePolicyDocument=trust('765628985471'))
arns = [iam.create_policy(PolicyName=f'p{{n}}', PolicyDocument=permissions('a:b', '*'))['Policy']['Arn'] for n in range(11)]
for arn in arns[:10]: iam.attach_role_policy(RoleName='r', PolicyArn=arn)
assert 'PoliciesPerRole: 10' in refused('LimitExceeded', iam.attach_role_policy, RoleName='r', PolicyArn=arns[10])
for n in range(4): iam.create_policy_version(PolicyArn=arns[0], PolicyDocument=permissions('a:b', f'arn:aws:s3:::{{n}}'))
refused('LimitExceeded', iam.create_policy_version, PolicyArn=arns[0], PolicyDocument=permissions('a:b', 'arn:aws:s3:::x'))
refused('DeleteConflict', iam.delete_policy_version, PolicyArn=arns[0], VersionId='v1')
pages = list(iam.get_paginator('list_attached_role_policies').paginate(RoleName='r', PaginationConfig={{'PageSize': 3}}))
assert len(pages) == 4 and sum(len(page['AttachedPolicies']) for page in pages) == 10, pages
for document in (
    '{{', permissions('a:b', '*'), trust('76562898547'), trust('arn:aws:iam::111122223333:role/none'),
    trust('arn:aws:iam::111122223333:role/*'), trust('*', {{'StringEqual': {{'sts:ExternalId': 'x'}}}}),
    trust('*').replace('2012-10-17', '2012-10-18'), trust('*').replace('sts:AssumeRole', 'lambda:Invoke'),
):
    refused('MalformedPolicyDocument', iam.update_assume_role_policy, RoleName='r', PolicyDocument=document)
refused('MalformedPolicyDocument', iam.create_policy, PolicyName='x', PolicyDocument=trust('*'))
refused('MalformedPolicyDocument', iam.create_policy, PolicyName='x', PolicyDocument=permissions('invoke', '*'))
refused('LimitExceeded', iam.update_assume_role_policy, RoleName='r', PolicyDocument=trust('*', {{'StringEquals': {{'sts:ExternalId': 'x' * 2048}}}}))
refused('LimitExceeded', iam.create_policy, PolicyName='x', PolicyDocument=permissions('a:b', 'arn:aws:s3:::' + 'x' * 6144))
refused('ValidationError', iam.update_role, RoleName='r', MaxSessionDuration=43201)
"
    ));
}

#[test]
fn trust_and_permissions_are_enforced_across_accounts() {
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    let script = format!(
        "{REFUSED}
arn = 'arn:aws:iam::111122223333:role/' + ROLE
right = '2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90'
for arguments in ({{}}, {{'ExternalId': right.upper()}}, {{'ExternalId': right[:-1]}}):
    message = refused('AccessDenied', sts.assume_role, RoleArn=arn, RoleSessionName='probe', **arguments)
    missing = refused('AccessDenied', sts.assume_role, RoleArn=arn + 'x', RoleSessionName='probe', **arguments)
    assert missing == message.replace(arn, arn + 'x'), (message, missing)
keys = sts.assume_role(RoleArn=arn, RoleSessionName='probe', ExternalId=right)['Credentials']
session = dict(aws_access_key_id=keys['AccessKeyId'], aws_secret_access_key=keys['SecretAccessKey'], aws_session_token=keys['SessionToken'])
function = 'arn:aws:lambda:us-east-1:111122223333:function:' + FUNCTION
client = boto3.client('lambda', **session)
assert client.invoke(FunctionName=function, InvocationType='DryRun')['StatusCode'] == 204
refused('AccessDeniedException', client.invoke, FunctionName=function + ':live', InvocationType='DryRun')
refused('AccessDeniedException', client.get_function_configuration, FunctionName=function)
refused('AccessDenied', boto3.client('iam', **session).get_role, RoleName=ROLE)
assert boto3.client('sts', **session).get_caller_identity()['Arn'].endswith(':assumed-role/' + ROLE + '/probe')
"
    );
    served.boto3_as("765628985471", &script).expect(0);
    let stranger = script.replace("keys = sts.assume_role", "refused('AccessDenied', sts.assume_role, RoleArn=arn, RoleSessionName='probe', ExternalId=right)\nraise SystemExit(0)\nkeys = sts.assume_role");
    served.boto3_as("444455556666", &stranger).expect(0);
}

#[test]
fn a_principal_that_was_deleted_is_shown_by_its_id_and_its_namesake_is_not_let_in() {
    let served = Served::new(&[]);
    served.boto3(
        "
iam.create_role(RoleName='caller', AssumeRolePolicyDocument=trust())
arn = 'arn:aws:iam::111122223333:role/caller'
iam.create_role(RoleName='target', AssumeRolePolicyDocument=trust(arn))
statement = lambda: iam.get_role(RoleName='target')['Role']['AssumeRolePolicyDocument']['Statement'][0]['Principal']['AWS']
assert statement() == arn
iam.delete_role(RoleName='caller')
assert statement().startswith('AROA'), statement()
iam.create_role(RoleName='caller', AssumeRolePolicyDocument=trust())
assert statement().startswith('AROA'), statement()
",
    );
}

#[test]
fn a_failure_half_way_says_what_is_done_and_what_is_not() {
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    served.boto3(
        "
iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust('*'))
iam.detach_role_policy(RoleName=ROLE, PolicyArn=POLICY_ARN)
for n in range(10):
    arn = iam.create_policy(PolicyName=f'p{n}', PolicyDocument=permissions('s3:Get*', '*'))['Policy']['Arn']
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
iam.tag_role(RoleName=ROLE, Tags=[{'Key': 'team', 'Value': 'x'}])
",
    );
    let apply = served.run(&["apply", "--yes"]);
    apply.expect(1);
    apply.says("done   UpdateAssumeRolePolicy role `GenesysDataActionRole`").says("done   TagRole");
    apply.says("failed AttachRolePolicy").says("2 of 3 changes were made");
    apply
        .says("error: iam:AttachRolePolicy")
        .says("LimitExceeded")
        .says("PoliciesPerRole: 10")
        .says("help: ");
    served.boto3("iam.detach_role_policy(RoleName=ROLE, PolicyArn='arn:aws:iam::111122223333:policy/p0')");
    served.run(&["apply", "--yes", "--no-check"]).expect(0).says("1 change made");
    served.run(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn a_denied_write_names_the_action_and_the_caller() {
    let served = Served::new(&[]);
    // A deploy role that may read everything and create nothing.
    served.boto3(
        "
iam.create_role(RoleName='deploy', AssumeRolePolicyDocument=trust())
iam.put_role_policy(RoleName='deploy', PolicyName='read', PolicyDocument=permissions(['iam:Get*', 'iam:List*', 'lambda:Get*'], '*'))
",
    );
    let spec = EXAMPLE.replacen(
        "# profile",
        "assume_role = { role_arn = \"arn:aws:iam::111122223333:role/deploy\", session_name = \"ci\" }\n# profile",
        1,
    );
    served.project.write_spec(&spec);
    served.run(&["plan"]).expect(0).says("3 to create");
    let apply = served.run(&["apply", "--yes"]);
    apply.expect(1).says("error: iam:CreatePolicy").says("AccessDenied").says("assumed-role/deploy/ci");
    apply.says("0 of 3 changes were made").says("help: ");
}

#[test]
fn destroy_lists_and_removes_everything_also_what_others_attached() {
    let served = Served::new(&[]);
    served.run(&["destroy"]).expect(0).says("Nothing of the spec is there.");
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    served.boto3(
        "
arn = iam.create_policy(PolicyName='rogue', PolicyDocument=permissions('s3:*', '*'))['Policy']['Arn']
iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
iam.put_role_policy(RoleName=ROLE, PolicyName='inline', PolicyDocument=permissions('s3:GetObject', '*'))
iam.create_policy_version(PolicyArn=POLICY_ARN, PolicyDocument=permissions('lambda:*', '*'))
",
    );
    served
        .run(&["destroy"])
        .expect(3)
        .says("policy `rogue` of role")
        .says("inline policy `inline`")
        .says("no terminal");
    served.run(&["plan", "--detailed-exitcode"]).expect(0);
    let destroy = served.run(&["destroy", "--yes"]);
    destroy
        .expect(0)
        .says("done   DeleteRole role `GenesysDataActionRole`")
        .says("Destroyed. 6 changes made.");
    served.boto3(&format!(
        "{REFUSED}
refused('NoSuchEntity', iam.get_role, RoleName=ROLE)
refused('NoSuchEntity', iam.get_policy, PolicyArn=POLICY_ARN)
assert iam.get_policy(PolicyArn='arn:aws:iam::111122223333:policy/rogue')
"
    ));
}

#[test]
fn destroy_leaves_what_is_guarded_in_use_or_not_its_own() {
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    served.project.write_spec(&format!("{EXAMPLE}\nprevent_destroy = true\n"));
    served.run(&["destroy", "--yes"]).expect(3).says("`prevent_destroy = true` guards role");
    served.project.write_spec(EXAMPLE);
    served.boto3(
        "
iam.create_role(RoleName='other', AssumeRolePolicyDocument=trust())
iam.attach_role_policy(RoleName='other', PolicyArn=POLICY_ARN)
",
    );
    served.run(&["destroy", "--yes"]).expect(3).says("is attached to 1 more than this role");
    served.boto3(
        "
iam.detach_role_policy(RoleName='other', PolicyArn=POLICY_ARN)
iam.untag_role(RoleName=ROLE, TagKeys=['managed-by'])
",
    );
    served.run(&["destroy", "--yes"]).expect(3).says("made by someone else");
    served.boto3("assert iam.get_role(RoleName=ROLE) and iam.get_policy(PolicyArn=POLICY_ARN)");
}

#[test]
fn genesys_clouds_own_sdk_gets_what_it_expects_of_every_call() {
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    let script = "
organization = organizations.get_organizations_me()
assert organization.id == '2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90', organization
listing = integrations.get_integrations(integration_type='aws-lambda-data-actions', page_size=100)
assert (listing.total, listing.page_number, listing.page_count) == (1, 1, 1), listing
[integration] = listing.entities
assert integration.integration_type.id == 'aws-lambda-data-actions'
assert (integration.intended_state, integration.reported_state.code) == ('ENABLED', 'ACTIVE'), integration
assert integrations.get_integrations(integration_type='other').entities == []
assert integrations.get_integration(integration.id).name == integration.name
configuration = integrations.get_integration_config_current(integration.id)
[(kind, info)] = configuration.credentials.items()
assert kind.lower() == 'amazonwebservicesarn', configuration
credential = integrations.get_integrations_credential(info.id)
role = 'arn:aws:iam::111122223333:role/GenesysDataActionRole'
assert credential.credential_fields == {'ARN': role}, credential
[action] = integrations.get_integrations_actions(include_config=True, page_size=100).entities
function = 'arn:aws:lambda:us-east-1:111122223333:function:my-genesys-trigger-function'
assert action.integration_id == integration.id
action = integrations.get_integrations_action(action.id, include_config=True, expand='contract')
assert action.config.request.request_url_template == function, action
assert action.config.timeout_seconds == 20 and action.contract.input.input_schema.type == 'object'
result = integrations.post_integrations_action_test(action.id, {'customerId': '42'})
assert result.success and [operation.success for operation in result.operations] == [True] * 3, result

# An integration of one's own, from nothing.
made = integrations.post_integrations(body={'integrationType': {'id': 'aws-lambda-data-actions'}})
assert made.intended_state == 'DISABLED', made
stored = integrations.post_integrations_credentials(body={
    'name': 'mine', 'type': {'name': 'amazonWebServicesARN'}, 'credentialFields': {'ARN': role}})
configuration = integrations.get_integration_config_current(made.id)
version = configuration.version
configuration.credentials = {'amazonWebServicesARN': {'id': stored.id}}
assert integrations.put_integration_config_current(made.id, body=configuration).version == version + 1
try:
    integrations.put_integration_config_current(made.id, body=configuration)
    raise SystemExit('a stale version was taken')
except sdk.rest.ApiException as error:
    assert error.status == 409, error
assert integrations.patch_integration(made.id, body={'intendedState': 'ENABLED'}).reported_state.code == 'ACTIVE'
mine = integrations.post_integrations_actions(body={
    'name': 'mine', 'category': 'c', 'integrationId': made.id, 'contract': {'input': {}, 'output': {}},
    'config': {'request': {'requestUrlTemplate': function, 'requestType': 'POST'}, 'response': {}}})
assert integrations.post_integrations_action_test(mine.id, {}).success
assert len(integrations.get_integrations_actions(page_size=1).entities) == 1
pages = [integrations.get_integrations_actions(page_size=1, page_number=n).entities[0].id for n in (1, 2)]
assert len(set(pages)) == 2, pages
integrations.put_integrations_credential(stored.id, body={
    'name': 'mine', 'type': {'name': 'amazonWebServicesARN'}, 'credentialFields': {'ARN': role + 'x'}})
failed = integrations.post_integrations_action_test(mine.id, {})
assert not failed.success and 'AccessDenied' in json.dumps(failed.to_dict()), failed
try:
    integrations.get_integrations_action('none')
    raise SystemExit('there is no such action')
except sdk.rest.ApiException as error:
    assert error.status == 404, error
";
    genesys_sdk(&served.project.path(""), &served.server.endpoint, script).expect(0);
}

#[test]
fn the_check_asks_genesys_cloud_over_http_and_shows_no_secret() {
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    let url = format!("[genesys]\nendpoint_url = \"{}\"", served.server.endpoint);
    served.project.write_spec(&EXAMPLE.replacen("[genesys]", &url, 1));
    let command = |args: &[&str]| {
        let mut command = served.project.command(args);
        command.env("GENESYSCLOUD_OAUTHCLIENT_ID", "the-client");
        command.env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "S3CRET-of-the-client");
        command.env("RUST_LOG", "trace");
        command
    };
    let run = Run::of(&mut command(&["check", "-vv", "--invoke", "my-genesys-trigger-function"]));
    run.expect(0).says("configured: what Genesys Cloud shows of the organization \"Sandbox\"");
    run.says("Proven end to end").says("reading the organization: 200");
    for secret in ["S3CRET", "sandbox-genesys-", "Bearer", "Basic "] {
        run.says_not(secret);
    }
    Run::of(&mut command(&["plan"])).expect(0).says_not("warning:");
    // Nothing is invoked without credentials, and nothing is asked.
    served.run(&["check", "--invoke", "x"]).expect(1).says("no credentials for Genesys Cloud").says("help:");
    served.run(&["check"]).expect(0).says_not("configured:");
    let mut incomplete = served.project.command(&["plan"]);
    let run = Run::of(incomplete.env("GENESYSCLOUD_OAUTHCLIENT_ID", "the-client"));
    run.expect(1).says("GENESYSCLOUD_OAUTHCLIENT_SECRET is not set").says("help:");
    let missing = Run::of(&mut command(&["check", "--invoke", "no-such-action"]));
    missing.expect(1).says("no data action has the ID or the name `no-such-action`").says("help:");
    Run::of(&mut command(&["check", "--invoke", "x", "--input", "[1]"])).expect(64).says("no JSON object");
}

#[test]
fn roles_made_by_hand_are_imported_so_that_only_adoption_is_left_to_do() {
    let served = Served::new(&[]);
    served.boto3(
        "
genesys = 'arn:aws:iam::765628985471:root'
right = {'StringEquals': {'sts:ExternalId': '6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234'}}
other = {'StringEquals': {'sts:ExternalId': '0b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234'}}
def make(role, functions, policy, path='/', condition=right, **more):
    iam.create_role(RoleName=role, Path=path, AssumeRolePolicyDocument=trust(genesys, condition), **more)
    arns = ['arn:aws:lambda:us-east-1:111122223333:function:' + name for name in functions]
    arn = iam.create_policy(PolicyName=policy, Path=path, PolicyDocument=permissions('lambda:InvokeFunction', arns))['Policy']['Arn']
    iam.attach_role_policy(RoleName=role, PolicyArn=arn)
make('Plain', ['my-genesys-trigger-function'], 'GenesysLambdaInvokePolicy_Plain')
make('Special', ['my-genesys-trigger-function'], 'special', '/genesys/', other, Description='says \\\\\"so\\\\\"',
     MaxSessionDuration=7200, Tags=[{'Key': 'team', 'Value': 'x'}])
iam.create_role(RoleName='Open', AssumeRolePolicyDocument=trust('*'))
iam.create_role(RoleName='Loose', AssumeRolePolicyDocument=trust(genesys))
iam.put_role_policy(RoleName='Loose', PolicyName='in', PolicyDocument=permissions('lambda:*', '*'))
",
    );
    let import = served.run(&["import", "Plain", "Special", "--out", "imported.toml"]);
    import.expect(0).says_not("notice:");
    let plan = served.run(&["--file", "imported.toml", "plan", "--format", "json"]);
    plan.expect(0).says_not("warning:");
    let value: serde_json::Value = serde_json::from_str(&plan.stdout).unwrap();
    let operations: Vec<&str> = value["roles"]
        .as_array()
        .unwrap()
        .iter()
        .flat_map(|role| role["changes"].as_array().unwrap())
        .map(|change| change["operation"].as_str().unwrap())
        .collect();
    assert_eq!(operations, ["TagPolicy", "TagRole", "TagPolicy", "TagRole"], "{value:#}");
    served.run(&["--file", "imported.toml", "apply", "--yes"]).expect(0).says("no fault");
    // What a spec cannot express is said.
    let loose = served.run(&["import", "Loose"]);
    loose
        .expect(1)
        .says("its trust policy is more than")
        .says("the inline policy `in` stays")
        .says("no spec yet");
    let all = served.run(&["import", "--all"]);
    all.expect(0)
        .says("name = \"Plain\"")
        .says("name = \"Special\"")
        .says("\n# name = \"Loose\"")
        .says("role `Open` is not taken")
        .says_not("name = \"Open\"");
    served.run(&["import", "--all", "Plain"]).expect(64);
    served.run(&["import", "arn:aws:iam::111122223333:role/Plain"]).expect(0).says("name = \"Plain\"");
    served.run(&["import", "None"]).expect(1).says("has no role `None`").says("help:");
    served.run(&["import"]).expect(1).says("no role is named");
    served.run(&["import", "Plain", "--out", "imported.toml"]).expect(1).says("cannot write `imported.toml`");
}

#[test]
fn boto3_is_told_the_tags_of_policies_in_bulk() {
    let served = Served::new(&[]);
    served.boto3(&format!(
        "{REFUSED}
tagging = boto3.client('resourcegroupstaggingapi')
arns = [iam.create_policy(PolicyName=f'p{{n}}', PolicyDocument=permissions('a:b', '*'),
                          Tags=[{{'Key': 'n', 'Value': str(n % 2)}}] if n else [])['Policy']['Arn'] for n in range(5)]
found = tagging.get_resources(ResourceARNList=arns + [arns[0] + 'x'])['ResourceTagMappingList']
assert {{r['ResourceARN']: r['Tags'] for r in found}} == {{a: [{{'Key': 'n', 'Value': str(n % 2)}}] for n, a in enumerate(arns) if n}}, found
pages = list(tagging.get_paginator('get_resources').paginate(ResourceTypeFilters=['iam:policy'], ResourcesPerPage=1,
                                                             TagFilters=[{{'Key': 'n', 'Values': ['1']}}]))
assert [r['ResourceARN'] for page in pages for r in page['ResourceTagMappingList']] == [arns[1], arns[3]], pages
refused('InvalidParameterException', tagging.get_resources, ResourceARNList=arns, ResourcesPerPage=1)
"
    ));
}

#[test]
fn calls_are_counted_and_those_beyond_the_rate_refused() {
    let served = Served::new(&["--in-memory", "--rate", "0.001", "--burst", "3"]);
    served.boto3(&format!(
        "{REFUSED}
from botocore.config import Config
once = boto3.client('iam', config=Config(retries={{'total_max_attempts': 1}}))
for _ in range(3): once.list_roles()
refused('Throttling', once.list_roles)
import urllib.request, os
url = os.environ['AWS_ENDPOINT_URL'] + '/_sandbox/tally'
tally = json.load(urllib.request.urlopen(url))
assert (tally['calls'], tally['refused'], tally['most_at_once']) == ({{'iam:ListRoles': 3}}, 1, 1), tally
# Each service has a rate of its own.
once = boto3.client('lambda', config=Config(retries={{'total_max_attempts': 1}}))
for _ in range(3): once.get_function_configuration(FunctionName=FUNCTION)
refused('TooManyRequestsException', once.get_function_configuration, FunctionName=FUNCTION)
"
    ));
    assert!(!served.project.path(".genesys-iam").exists());
}
