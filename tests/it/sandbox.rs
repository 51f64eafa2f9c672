//! The served sandbox, used by boto3 and the binary.

use std::fs;

use crate::support::served::{BothEnds, REFUSED, Served, serve};
use crate::support::{BOTH_ENDS, EXAMPLE, Project};

#[test]
fn the_commands_of_its_notes_are_about_the_same_sandbox() {
    let project = Project::empty();
    fs::create_dir(project.path("fl")).unwrap();
    fs::write(project.path("fl/a.toml"), EXAMPLE).unwrap();
    project.sandbox(&["-f", "fl", "apply", "--yes", "--no-check"]).expect(0);
    project.sandbox(&["-f", "fl", "--scenario", "wrong-account", "check"]).expect(4);
    let later = project.sandbox(&["-f", "fl", "check"]);
    later.expect(4).says("`genesys-iam --file fl sandbox reset` empties the sandbox");
    project.run(&["--file", "fl", "sandbox", "reset"]).expect(0);
    assert!(!project.path("fl/.genesys-iam/sandbox.json").exists());
}

#[test]
fn without_a_spec_the_built_in_one_is_served() {
    let project = Project::empty();
    let server = serve(&project, &[]);
    let project = project.aws(&server.endpoint, "111122223333", "x");
    project.run(&["diagnose"]).expect(0).says("No role");
}

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
fn functions_aliases_and_permissions_come_and_go() {
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    served.boto3(&format!(
        "{REFUSED}
import urllib.request
functions = boto3.client('lambda')
code = urllib.request.urlopen(functions.get_function(FunctionName=FUNCTION)['Code']['Location']).read()
wanted = dict(FunctionName='new', Runtime='python3.13', Handler='index.handler', Code={{'ZipFile': code}},
              Role='arn:aws:iam::111122223333:role/service-role/new', Timeout=9,
              TenancyConfig={{'TenantIsolationMode': 'PER_TENANT'}})
made = functions.create_function(**wanted)
assert (made['State'], made['Timeout'], made['Role']) == ('Pending', 9, wanted['Role']), made
shown = functions.get_function_configuration(FunctionName='new')
assert (shown['State'], shown['Handler']) == ('Active', 'index.handler'), shown
assert shown['TenancyConfig'] == {{'TenantIsolationMode': 'PER_TENANT'}} and shown['LastModified'] > '2026-01-02', shown
refused('ResourceConflictException', functions.create_function, **wanted)
refused('InvalidParameterValueException', functions.create_function, **wanted | {{'FunctionName': 'n', 'Code': {{'ZipFile': b'text'}}}})
refused('ValidationException', functions.create_function, **wanted | {{'FunctionName': 'n', 'Role': 'arn:aws:iam::1:user/u'}})

assert functions.publish_version(FunctionName='new')['Version'] == '1'
assert functions.publish_version(FunctionName='new')['Version'] == '1'
refused('ResourceNotFoundException', functions.create_alias, FunctionName='new', Name='live', FunctionVersion='2')
refused('ValidationException', functions.create_alias, FunctionName='new', Name='7', FunctionVersion='1')
alias = functions.create_alias(FunctionName='new', Name='live', FunctionVersion='1')
assert alias['AliasArn'].endswith(':function:new:live') and alias['FunctionVersion'] == '1', alias
refused('ResourceConflictException', functions.create_alias, FunctionName='new', Name='live', FunctionVersion='1')

invoke = boto3.client('lambda', aws_access_key_id='444455556666', aws_secret_access_key='x').invoke
arn = made['FunctionArn']
refused('AccessDeniedException', invoke, FunctionName=arn + ':live', InvocationType='DryRun')
grant = dict(FunctionName='new', Qualifier='live', StatementId='s', Action='lambda:InvokeFunction', Principal='444455556666')
statement = json.loads(functions.add_permission(**grant)['Statement'])
assert statement['Principal'] == {{'AWS': 'arn:aws:iam::444455556666:root'}} and statement['Resource'] == arn + ':live', statement
refused('ResourceConflictException', functions.add_permission, **grant)
assert invoke(FunctionName=arn + ':live', InvocationType='DryRun')['StatusCode'] == 204
refused('AccessDeniedException', invoke, FunctionName=arn, InvocationType='DryRun')
functions.add_permission(**grant | {{'StatementId': 't', 'Principal': 's3.amazonaws.com', 'SourceArn': 'arn:aws:s3:::b', 'SourceAccount': '111122223333'}})
[one, two] = json.loads(functions.get_policy(FunctionName='new', Qualifier='live')['Policy'])['Statement']
assert two['Principal'] == {{'Service': 's3.amazonaws.com'}} and two['Condition']['ArnLike'] == {{'AWS:SourceArn': 'arn:aws:s3:::b'}}, two
functions.remove_permission(FunctionName='new', Qualifier='live', StatementId='s')
refused('ResourceNotFoundException', functions.remove_permission, FunctionName='new', Qualifier='live', StatementId='s')
refused('AccessDeniedException', invoke, FunctionName=arn + ':live', InvocationType='DryRun')

assert functions.put_function_concurrency(FunctionName='new', ReservedConcurrentExecutions=0)['ReservedConcurrentExecutions'] == 0
functions.delete_function_concurrency(FunctionName='new')
for gone in ('new', FUNCTION):
    functions.delete_function(FunctionName=gone)
    refused('ResourceNotFoundException', functions.get_function, FunctionName=gone)
"
    ));
    // A spec that names it does not bring it back, and whoever makes it again does.
    served.run(&["check"]).expect(4).says("has no function `my-genesys-trigger-function`");
    served.boto3(
        "
import io, zipfile
package = io.BytesIO()
with zipfile.ZipFile(package, 'w') as archive: archive.writestr('index.py', 'handler = lambda event, context: {}')
boto3.client('lambda').create_function(FunctionName=FUNCTION, Runtime='python3.13', Handler='index.handler',
    Code={'ZipFile': package.getvalue()}, Role='arn:aws:iam::111122223333:role/f')
",
    );
    served.run(&["check"]).expect(0);
}

#[test]
fn naming_a_version_makes_none_and_an_alias_that_the_spec_brings_is_said() {
    let spec = |function: &str| {
        crate::support::EXAMPLE.replace("\"my-genesys-trigger-function\"", &format!("\"{function}\""))
    };
    let project = Project::new(&spec("f"));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0).says_not("has made the alias");
    project.write_spec(&spec("f:7"));
    project.sandbox(&["plan"]).expect(3).says("Lambda has no version `7` of function `f`");
    project.write_spec(&spec("f:live"));
    project
        .sandbox(&["plan"])
        .expect(0)
        .says("note: the sandbox has made the alias f:live, which the spec names");
    project.sandbox(&["plan"]).expect(0).says_not("has made the alias");
}

#[test]
fn lines_for_a_shell_can_be_pasted_into_one_that_has_them_already() {
    let project = Project::example().env("AWS_SECRET_ACCESS_KEY", "made-up-secret");
    let project = project.env("GENESYSCLOUD_OAUTHCLIENT_SECRET", "made-up-secret");
    let mut serving = project.command(&["sandbox", "serve", "--listen", "127.0.0.1:0"]);
    let mut child =
        serving.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::null()).spawn().unwrap();
    let lines = std::io::BufRead::lines(std::io::BufReader::new(child.stdout.take().unwrap()));
    let lines: Vec<String> = lines.take(6).map(Result::unwrap).collect();
    child.kill().unwrap();
    child.wait().unwrap();
    assert!(lines.iter().any(|line| line == "export AWS_SECRET_ACCESS_KEY=made-up-secret"), "{lines:?}");
    assert!(
        lines.iter().any(|line| line.ends_with(" GENESYSCLOUD_OAUTHCLIENT_SECRET=made-up-secret")),
        "{lines:?}"
    );
}

#[test]
fn each_name_of_credentials_has_an_organization_of_its_own() {
    let spec = |name: &str, id: &str| {
        let head = format!("name = \"{name}\"\n");
        let own = BOTH_ENDS
            .replace("2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90", id)
            .replacen("[genesys]", &format!("[genesys]\ncredentials = \"{}\"", name.to_uppercase()), 1)
            .replace("name = \"GenesysDataActionRole\"", &format!("name = \"Role-{name}\""));
        head + &own
    };
    let project = Project::empty();
    std::fs::create_dir(project.path("specs")).unwrap();
    let ids =
        [("emea", "0b1c2d3e-0000-4000-8000-000000000001"), ("us", "0b1c2d3e-0000-4000-8000-000000000002")];
    for (name, id) in ids {
        std::fs::write(project.path(&format!("specs/{name}.toml")), spec(name, id)).unwrap();
    }
    project.sandbox(&["-f", "specs", "apply", "--yes"]).expect(0).says("Genesys Cloud can invoke");
    project.sandbox(&["-f", "specs", "plan", "--detailed-exitcode"]).expect(0);
    // A scenario is about the organization of the spec.
    let check = |name: &str| project.sandbox(&["-f", &format!("specs/{name}.toml"), "check"]);
    project.sandbox(&["-f", "specs/us.toml", "--scenario", "integration-disabled", "check"]).expect(4);
    check("us").expect(4).says("disabled");
    check("emea").expect(0);
    project.sandbox(&["-f", "specs/us.toml", "apply", "--yes"]).expect(0);
    check("us").expect(0);
    // Over HTTP the client says which.
    let args = ["-f", "specs", "sandbox", "serve", "--listen", "127.0.0.1:0"];
    let server = crate::support::Server::start(project.command(&args).stderr(std::process::Stdio::null()));
    let served =
        project.aws(&server.endpoint, "111122223333", "x").env("GENESYSCLOUD_ENDPOINT_URL", &server.endpoint);
    let served = ids.iter().fold(served, |served, (name, _)| {
        let suffix = name.to_uppercase();
        served
            .env(&format!("GENESYSCLOUD_OAUTHCLIENT_ID_{suffix}"), &format!("sandbox-{suffix}"))
            .env(&format!("GENESYSCLOUD_OAUTHCLIENT_SECRET_{suffix}"), "made-up")
    });
    served.run(&["-f", "specs", "check"]).expect(0);
}

#[test]
fn a_flow_that_uses_a_data_action_keeps_it_from_being_deleted() {
    let project = Project::new(&format!("name = \"test\"\n{BOTH_ENDS}"));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project
        .sandbox(&["--scenario", "flow-uses-action", "destroy", "--yes"])
        .expect(3)
        .says("Orders (published)");
    // A replacement breaks the flow, too.
    project.write_spec(
        &format!("name = \"test\"\n{BOTH_ENDS}\nreplace = true\n")
            .replace("status = \"string\"", "state = \"string\""),
    );
    project
        .sandbox(&["apply", "--yes"])
        .expect(3)
        .says("Orders (published)")
        .says("to keep flows working, give the new contract to a second [[role.data_action]]")
        .says_not("is replaced");
    project.sandbox(&["check"]).says("flows may use it as it is").says("move the flows");
    // Who asks for it sees what breaks in the first lines of the plan, and a saved plan must be given the word again.
    let saved = ["plan", "--even-if-used", "--format", "markdown", "--out", "plan.json"];
    let plan = project.sandbox(&saved);
    let caution = plan.expect(0).stdout.split_once("> [!CAUTION]").unwrap().1.split_once("\n\n").unwrap().0;
    assert!(caution.contains("is replaced") && caution.contains("Orders (published)"), "{caution}");
    project.sandbox(&["apply", "plan.json"]).expect(3).says("`--even-if-used`");
    // The same goes for what is pruned.
    let (without, _) = BOTH_ENDS.split_once("# Genesys Cloud's side.").unwrap();
    project.write_spec(&format!("name = \"test\"\n{without}"));
    project.sandbox(&["apply", "--yes", "--prune"]).expect(3).says("point the flows at another action first");
    project.write_spec(&format!("name = \"test\"\n{BOTH_ENDS}"));
    project.sandbox(&["apply", "plan.json", "--even-if-used"]).expect(3).says("the spec was changed since");
    project.write_spec(&format!("name = \"test\"\n{BOTH_ENDS}"));
    // As if the flows were pointed at others.
    project.run(&["sandbox", "undo"]).expect(0).says("no flow uses the data actions any more");
    project.sandbox(&["destroy", "--yes"]).expect(0);
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
fn genesys_clouds_own_sdk_gets_what_it_expects_of_every_call() {
    let both = BothEnds::new("");
    both.run(&["apply", "--yes", "--no-check"]).expect(0);
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
[action] = integrations.get_integrations_actions(include_config=True, page_size=100, name='order').entities
function = 'arn:aws:lambda:us-east-1:111122223333:function:my-genesys-trigger-function'
assert action.integration_id == integration.id
action = integrations.get_integrations_action(action.id, include_config=True, expand='contract')
assert action.config.request.request_url_template == function, action
assert action.config.timeout_seconds == 60 and action.contract.input.input_schema.type == 'object'
assert action.config.request.request_template is None, action
uri = action.config.request.request_template_uri
assert uri.endswith('/templates/requesttemplate.vm'), uri
text = integrations.get_integrations_action_template(action.id, 'requesttemplate.vm')
assert text == '${input.rawRequest}', text
result = integrations.post_integrations_action_test(action.id, {'OrderNumber': '42'})
assert result.success and [operation.success for operation in result.operations] == [True] * 3, result

# A new integration, from nothing.
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
assert integrations.patch_integration(made.id, body={'intendedState': 'ENABLED'}).reported_state.code == 'ACTIVATING'
assert integrations.get_integration(made.id).reported_state.code == 'ACTIVE'
mine = integrations.post_integrations_actions(body={
    'name': 'mine', 'category': 'c', 'integrationId': made.id, 'contract': {'input': {'inputSchema': {'type': 'object'}}, 'output': {'successSchema': {'type': 'object'}}},
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
    assert error.status == 404 and 'ACTION.PROCESSING' in error.body, error
assert integrations.delete_integrations_action(mine.id) is None
assert integrations.delete_integration(made.id).id == made.id
assert integrations.delete_integrations_credential(stored.id) is None
assert len(integrations.get_integrations_credentials_listing(page_size='1').entities) == 1
";
    both.sdk(script);
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

#[test]
fn the_sandbox_is_served_on_loopback_only() {
    let project = Project::example();
    project.run(&["sandbox", "serve", "--listen", "0.0.0.0:0"]).expect(64).says("loopback");
}

#[test]
fn what_keeps_a_function_from_being_invoked_is_taken_away_through_the_api() {
    let served = Served::new(&["--scenario", "function-public"]);
    served.boto3(&format!(
        "{REFUSED}
name = 'my-genesys-trigger-function'
assert awslambda.get_policy(FunctionName=name)['Policy']
refused('ResourceNotFoundException', awslambda.remove_permission, FunctionName=name, StatementId='other')
awslambda.remove_permission(FunctionName=name, StatementId='public')
refused('ResourceNotFoundException', awslambda.get_policy, FunctionName=name)
"
    ));
    let served = Served::new(&["--scenario", "concurrency-zero"]);
    served.boto3(
        "
name = 'my-genesys-trigger-function'
assert awslambda.get_function_concurrency(FunctionName=name)['ReservedConcurrentExecutions'] == 0
awslambda.delete_function_concurrency(FunctionName=name)
assert 'ReservedConcurrentExecutions' not in awslambda.get_function_concurrency(FunctionName=name)
",
    );
}
