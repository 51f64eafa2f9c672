//! Judged by Genesys Cloud's SDK for JavaScript: it reads what apply made, and what it makes is imported and adopted.

use std::path::Path;

use crate::support::node;
use crate::support::served::BothEnds;

#[track_caller]
fn javascript(sdk: &Path, both: &BothEnds, script: &str) {
    node::genesys_sdk(sdk, &both.0.project.path(""), &both.0.server.endpoint, script).expect(0);
}

/// What the SDK finds by name.
const FIND: &str = "
const ROLE = 'arn:aws:iam::111122223333:role/GenesysDataActionRole';
const FUNCTION = 'arn:aws:lambda:us-east-1:111122223333:function:my-genesys-trigger-function';
const [integration] = (await integrations.getIntegrations()).entities.filter(one => one.name === 'AWS Lambda orders');
const configuration = await integrations.getIntegrationConfigCurrent(integration.id);
const [[key, info]] = Object.entries(configuration.credentials);
const credential = await integrations.getIntegrationsCredential(info.id);
const [found] = (await integrations.getIntegrationsActions({ name: 'Get order status' })).entities;
const action = await integrations.getIntegrationsAction(found.id, { expand: 'contract', includeConfig: true });
";

#[test]
fn it_sees_what_apply_made_as_the_spec_says_it() {
    let Some(sdk) = node::sdk() else { return };
    let both = BothEnds::new("timeout_seconds = 7");
    both.run(&["apply", "--yes", "--test"]).expect(0).says("Proven end to end");
    javascript(
        sdk,
        &both,
        &format!(
            "{FIND}
assert.deepEqual([integration.intendedState, integration.reportedState.code], ['ENABLED', 'ACTIVE']);
assert.equal(configuration.notes, `managed-by: genesys-iam, spec genesys; actions ${{action.id}}`);
assert.deepEqual([key, credential.name], ['AmazonWebServicesARN', `${{ROLE}} (genesys-iam)`]);
assert.deepEqual(credential.credentialFields, {{ ARN: ROLE }});
assert.deepEqual([action.category, action.secure, action.config.timeoutSeconds], ['AWS Lambda orders', false, 7]);
assert.deepEqual([action.config.request.requestUrlTemplate, action.config.request.requestType], [FUNCTION, 'POST']);
assert.deepEqual(Object.keys(action.contract.input.inputSchema.properties), ['OrderNumber']);
assert.deepEqual(Object.keys(action.contract.output.successSchema.properties), ['status']);
for (const [name, text] of [['requesttemplate.vm', '${{input.rawRequest}}'], ['successtemplate.vm', '${{rawResult}}']])
    assert.equal(await integrations.getIntegrationsActionTemplate(action.id, name), text);
const tested = await integrations.postIntegrationsActionTest(action.id, {{ OrderNumber: '1' }});
assert.ok(tested.success, JSON.stringify(tested));
"
        ),
    );
    both.run(&["plan", "--detailed-exitcode"]).expect(0).says("No changes.");
}

#[test]
fn what_it_makes_is_imported_and_adopted() {
    let Some(sdk) = node::sdk() else { return };
    let both = BothEnds::new("");
    both.run(&["apply", "--yes", "--no-check", "--aws-only"]).expect(0);
    javascript(
        sdk,
        &both,
        "
const made = await integrations.postIntegrations({ body: { integrationType: { id: 'aws-lambda-data-actions' } } });
const stored = await integrations.postIntegrationsCredentials({ body: { name: `Integration-${made.id}`,
    type: { name: 'amazonWebServicesARN' },
    credentialFields: { ARN: 'arn:aws:iam::111122223333:role/GenesysDataActionRole' } } });
const configuration = await integrations.getIntegrationConfigCurrent(made.id);
Object.assign(configuration, { name: 'By hand', notes: 'Ask Ann', credentials: { amazonWebServicesARN: { id: stored.id } } });
await integrations.putIntegrationConfigCurrent(made.id, { body: configuration });
await integrations.patchIntegration(made.id, { body: { intendedState: 'ENABLED' } });
await integrations.postIntegrationsActions({ name: 'Look up', category: 'Orders', integrationId: made.id, secure: true,
    contract: { input: { inputSchema: { type: 'object', title: 'In', required: ['n'], properties: { n: { type: 'integer' } } } },
                output: { successSchema: { type: 'array', items: { type: 'object', properties: {} } } } },
    config: { timeoutSeconds: 9,
        request: { requestUrlTemplate: 'arn:aws:lambda:us-east-1:111122223333:function:my-genesys-trigger-function',
                   requestType: 'POST', requestTemplate: '{\"n\": ${input.n}}', headers: { a: 'b' } },
        response: { translationMap: { all: '$.rows' }, translationMapDefaults: { all: '[]' }, successTemplate: '$all' } } });
",
    );
    let endpoint = both.0.server.endpoint.clone();
    let imported = both.run(&["--genesys-endpoint-url", &endpoint, "import", "--all"]);
    imported.expect(0).says("name = \"By hand\"").says("name = \"Look up\"").says("secure = true");
    both.write(&imported.stdout);
    let plan = both.run(&["plan"]);
    plan.expect(0).says("is adopted: it was made by someone else");
    plan.says_not("IntegrationsActions").says_not("PatchIntegration");
    both.run(&["apply", "--yes", "--no-check"]).expect(0);
    both.run(&["plan", "--detailed-exitcode"]).expect(0);
    javascript(
        sdk,
        &both,
        "
const [one] = (await integrations.getIntegrations()).entities;
const [action] = (await integrations.getIntegrationsActions({ category: 'Orders' })).entities;
const { name, notes, credentials } = await integrations.getIntegrationConfigCurrent(one.id);
assert.deepEqual([name, notes], ['By hand', `Ask Ann\\nmanaged-by: genesys-iam, spec genesys; actions ${action.id}`]);
assert.equal((await integrations.getIntegrationsCredentialsListing()).entities.length, 1);
assert.deepEqual([action.version, action.secure], [1, true]);
",
    );
}
