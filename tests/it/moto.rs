//! Against moto 5, a third-party stand-in for AWS. It does not enforce trust policies.

use crate::support::python::{boto3, moto};
use crate::support::{EXAMPLE, Project, ROLE, Run, Server};

struct Moto {
    project: Project,
    server: Server,
}

impl Moto {
    /// A server with the example's function.
    fn new(spec: &str) -> Self {
        let project = Project::new(spec);
        let server = moto(&project.path(""));
        let project = project.aws(&server.endpoint, "test", "test");
        let moto = Self { project, server };
        moto.boto3(
            "
role = iam.create_role(RoleName='function', AssumeRolePolicyDocument=trust('*'))['Role']['Arn']
awslambda.create_function(FunctionName=FUNCTION, Runtime='python3.12', Role=role, Handler='f.handler',
                          Code={'ZipFile': archive()})
",
        );
        moto
    }

    fn converged() -> Self {
        let moto = Self::new(EXAMPLE);
        moto.run(&["apply", "--yes", "--no-check"]).expect(0);
        moto.run(&["plan", "--detailed-exitcode"]).expect(0).says("No changes.");
        moto
    }

    fn run(&self, args: &[&str]) -> Run {
        self.project.run(args)
    }

    #[track_caller]
    fn boto3(&self, script: &str) -> Run {
        let run = boto3(&self.project.path(""), &self.server.endpoint, "test", "test", script);
        run.expect(0);
        run
    }

    /// Manual drift is detected, named by the call that fixes it, and fixed.
    #[track_caller]
    fn repairs(&self, drift: &str, operation: &str, shows: &str) {
        self.boto3(drift);
        let plan = self.run(&["plan", "--detailed-exitcode"]);
        plan.expect(2).says(operation).says(shows);
        self.run(&["apply", "--yes", "--no-check"]).expect(0).says(&format!("done   {operation}"));
        self.run(&["plan", "--detailed-exitcode"]).expect(0).says("No changes.");
    }
}

#[test]
fn from_nothing_the_plan_shows_the_creates_and_apply_converges() {
    let moto = Moto::new(EXAMPLE);
    let plan = moto.run(&["plan", "--detailed-exitcode"]);
    plan.expect(2).says("CreatePolicy").says("CreateRole").says("AttachRolePolicy").says("3 to create");
    moto.run(&["apply", "--yes", "--no-check"]).expect(0).says("3 changes made");
    moto.run(&["plan", "--detailed-exitcode"]).expect(0).says("No changes.");
    // Another client sees what was created.
    let seen = moto.boto3(
        "
role = iam.get_role(RoleName=ROLE)['Role']
statement, = role['AssumeRolePolicyDocument']['Statement']
assert statement['Principal'] == {'AWS': 'arn:aws:iam::765628985471:root'}, statement
assert list(statement['Condition']) == ['StringEquals'], statement
assert [p['PolicyArn'] for p in iam.list_attached_role_policies(RoleName=ROLE)['AttachedPolicies']] == [POLICY_ARN]
document = iam.get_policy_version(PolicyArn=POLICY_ARN, VersionId='v1')['PolicyVersion']['Document']
print(json.dumps(document))
",
    );
    seen.says("function:my-genesys-trigger-function");
}

#[test]
fn drift_of_every_kind_is_seen_and_repaired() {
    let moto = Moto::converged();
    moto.repairs(
        "iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust('*'))",
        "UpdateAssumeRolePolicy",
        "- anyone, without an external ID",
    );
    moto.repairs(
        "iam.create_policy_version(PolicyArn=POLICY_ARN, SetAsDefault=True, PolicyDocument=permissions('lambda:*', '*'))",
        // The first version already matches the spec.
        "SetDefaultPolicyVersion",
        "- lambda:* on *",
    );
    moto.repairs(
        "iam.detach_role_policy(RoleName=ROLE, PolicyArn=POLICY_ARN)",
        "AttachRolePolicy",
        "+ lambda:InvokeFunction",
    );
    moto.repairs(
        "iam.tag_role(RoleName=ROLE, Tags=[{'Key': 'team', 'Value': 'other'}])",
        "TagRole",
        "tag team: \"other\" → \"contact-centre\"",
    );
    moto.repairs(
        "iam.tag_policy(PolicyArn=POLICY_ARN, Tags=[{'Key': 'team', 'Value': 'other'}])",
        "TagPolicy",
        "tag team: \"other\" → \"contact-centre\"",
    );
    moto.repairs(
        "iam.update_role(RoleName=ROLE, Description='Lets Genesys Cloud data actions invoke Lambda', MaxSessionDuration=43200)",
        "UpdateRole",
        "max_session_duration: 43200 s → 3600 s",
    );
    moto.repairs(
        "
iam.detach_role_policy(RoleName=ROLE, PolicyArn=POLICY_ARN)
iam.delete_role(RoleName=ROLE)
",
        "CreateRole",
        "2 to create",
    );
}

#[test]
fn a_rogue_attachment_is_reported_and_removed_where_the_spec_says_so() {
    let moto = Moto::converged();
    moto.boto3(
        "
arn = iam.create_policy(PolicyName='rogue', PolicyDocument=permissions('*', '*'))['Policy']['Arn']
iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
iam.put_role_policy(RoleName=ROLE, PolicyName='inline', PolicyDocument=permissions('s3:GetObject', '*'))
",
    );
    let plan = moto.run(&["plan", "--detailed-exitcode"]);
    // "No changes" is not "all is well".
    plan.expect(2).says(
        "Nothing to change, but role `GenesysDataActionRole` has permissions that the spec does not make",
    );
    plan.says("policy/rogue` is attached to the role, not by this spec").says("* on *");
    plan.says("inline policy `inline`").says("s3:GetObject on *");
    moto.run(&["check"]).expect(4).says("The role has extra permissions by policy `rogue`");

    let spec = format!("{EXAMPLE}\nextra_permissions = \"remove\"\n");
    moto.project.write_spec(&spec);
    moto.run(&["plan", "--detailed-exitcode"]).expect(2).says("DetachRolePolicy").says("DeleteRolePolicy");
    moto.run(&["apply", "--yes", "--no-check"]).expect(0);
    moto.run(&["plan", "--detailed-exitcode"]).expect(0);
    moto.boto3("assert iam.list_role_policies(RoleName=ROLE)['PolicyNames'] == []");
}

#[test]
fn the_fifth_version_makes_room_for_the_sixth_and_never_by_the_one_in_force() {
    let moto = Moto::converged();
    moto.boto3(
        "
for n in range(4):
    iam.create_policy_version(PolicyArn=POLICY_ARN, SetAsDefault=True, PolicyDocument=permissions('lambda:InvokeFunction', f'arn:aws:lambda:us-east-1:111122223333:function:f{n}'))
iam.delete_policy_version(PolicyArn=POLICY_ARN, VersionId='v1')
iam.create_policy_version(PolicyArn=POLICY_ARN, PolicyDocument=permissions('lambda:InvokeFunction', '*'))
",
    );
    let plan = moto.run(&["plan", "--detailed-exitcode"]);
    plan.expect(2).says("DeletePolicyVersion version v2 of policy").says("CreatePolicyVersion");
    moto.run(&["apply", "--yes", "--no-check"]).expect(0);
    moto.run(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn a_role_that_somebody_else_made_is_shown_and_left_alone_until_adopted() {
    let moto = Moto::new(EXAMPLE);
    moto.boto3("iam.create_role(RoleName=ROLE, AssumeRolePolicyDocument=trust('*'))");
    moto.run(&["plan"])
        .expect(3)
        .says("exists already, made by someone else")
        .says("--adopt")
        .says("UpdateAssumeRolePolicy");
    moto.run(&["apply", "--yes"]).expect(3).says("the plan is blocked, nothing was changed");
    moto.boto3("assert '*' in json.dumps(iam.get_role(RoleName=ROLE)['Role']['AssumeRolePolicyDocument'])");
    moto.run(&["apply", "--yes", "--adopt", "--no-check"]).expect(0).says("is adopted");
    moto.run(&["plan", "--detailed-exitcode"]).expect(0);
}

#[test]
fn check_says_truthfully_that_the_role_is_open_there() {
    let moto = Moto::converged();
    let check = moto.run(&["check", "--all"]);
    check.expect(4);
    check.says(
        "ok       Genesys Cloud (AWS account 765628985471) with the right external ID may assume the role",
    );
    check.says("FAULT    sts:AssumeRole with a wrong external ID succeeds");
    check.says("the role is OPEN");
    check.says_not("SecretAccessKey");
    assert!(check.stdout.contains(ROLE));
}
