//! Against ministack, which enforces trust policies and external IDs across accounts: with credentials of the trusted
//! account, the positive probe works here.

use std::fs;

use crate::support::Project;
use crate::support::python::{boto3, ministack};

#[test]
fn the_trusted_account_passes_with_the_right_external_id_and_is_refused_otherwise() {
    let project = Project::example();
    let home = project.path("");
    let server = ministack(&home);
    boto3(
        &home,
        &server.endpoint,
        "111122223333",
        "test",
        "
role = iam.create_role(RoleName='function', AssumeRolePolicyDocument=trust())['Role']['Arn']
awslambda.create_function(FunctionName=FUNCTION, Runtime='python3.12', Role=role,
                          Handler='f.handler', Code={'ZipFile': archive()})
while awslambda.get_function_configuration(FunctionName=FUNCTION)['State'] == 'Pending': pass
",
    )
    .expect(0);
    let project = project.aws(&server.endpoint, "111122223333", "test");
    project.run(&["apply", "--yes", "--no-check"]).expect(0).says("3 changes made");
    project.run(&["plan", "--detailed-exitcode"]).expect(0).says("No changes.");

    // From the customer's own account the refusal is correct, and proves little.
    let check = project.run(&["check", "--all"]);
    check.expect(0).says("?        sts:AssumeRole with the right external ID proves nothing from here");
    check.says("not by a call as Genesys Cloud");

    // With credentials of the trusted account the probes prove it.
    fs::create_dir_all(project.path(".aws")).unwrap();
    let profile = "[genesys]\naws_access_key_id = 765628985471\naws_secret_access_key = test\n";
    fs::write(project.path(".aws/credentials"), profile).unwrap();
    let check = project.run(&["check", "--all", "--probe-profile", "genesys"]);
    check.expect(0).says("ok       sts:AssumeRole with a wrong external ID is refused");
    check.says("ok       sts:AssumeRole with no external ID is refused");
    check.says("ok       sts:AssumeRole with the right external ID succeeds");
    check.says(
        "ok       lambda:Invoke (DryRun) of function `my-genesys-trigger-function` is permitted to the session",
    );
    check.says("Proven by real calls");

    // As Genesys's account itself: a third party evaluates the trust policy that was written.
    boto3(
        &home,
        &server.endpoint,
        "765628985471",
        "test",
        "
def assume(**kwargs):
    try:
        sts.assume_role(RoleArn='arn:aws:iam::111122223333:role/' + ROLE, RoleSessionName='probe', **kwargs)
        return 'allowed'
    except ClientError as error:
        return error.response['Error']['Code']
right = '2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90'
assert assume(ExternalId=right) == 'allowed'
assert assume(ExternalId=right[:-1] + '1') == 'AccessDenied'
assert assume(ExternalId=right.upper()) == 'AccessDenied'
assert assume() == 'AccessDenied'
",
    )
    .expect(0);
    boto3(
        &home,
        &server.endpoint,
        "444455556666",
        "test",
        "
try:
    sts.assume_role(RoleArn='arn:aws:iam::111122223333:role/' + ROLE, RoleSessionName='probe',
                    ExternalId='2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90')
    raise SystemExit('a stranger was admitted')
except ClientError as error:
    assert error.response['Error']['Code'] == 'AccessDenied', error
",
    )
    .expect(0);
}
