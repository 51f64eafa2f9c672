//! `apply`: confirmation and report.

use insta::assert_snapshot;

use crate::support::served::Served;
#[cfg(unix)]
use crate::support::terminal::on_a_terminal;
use crate::support::{EXAMPLE, Project, ROLE};

#[test]
fn apply_from_nothing_makes_the_changes_and_checks_them() {
    let apply = Project::example().sandbox(&["apply", "--yes"]);
    assert_snapshot!(apply.transcript());
}

#[test]
fn apply_without_a_terminal_wants_yes_and_changes_nothing() {
    let project = Project::example();
    project.sandbox(&["apply"]).expect(3).says("not a terminal").says("--yes");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2).says("3 to create");
}

#[cfg(unix)]
#[test]
fn on_a_terminal_only_yes_is_taken_for_yes() {
    let project = Project::example();
    for answer in ["", "y", "YES", "no"] {
        let run = on_a_terminal(&project, &["--sandbox", "apply"], answer);
        run.expect(3)
            .says("Make these changes in the sandbox? Access is widened for Genesys Cloud.")
            .says("not confirmed, nothing was changed");
    }
    let ended = on_a_terminal(&project, &["--sandbox", "apply"], "\u{4}");
    ended.expect(3).says("no answer, nothing was changed");
    // Ctrl-C.
    let interrupted = on_a_terminal(&project, &["--sandbox", "apply"], "\x03");
    interrupted.expect(130).says("interrupted: nothing was changed");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2);
    on_a_terminal(&project, &["--sandbox", "apply"], "yes").expect(0).says("Applied. 3 changes made");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
    on_a_terminal(&project, &["--sandbox", "destroy"], "\x03").expect(130).says("nothing was changed");
    on_a_terminal(&project, &["--sandbox", "destroy"], "yes")
        .expect(3)
        .says("not confirmed")
        .says(&format!("only `{ROLE}`, typed in full, confirms it"));
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(0);
    on_a_terminal(&project, &["--sandbox", "destroy"], ROLE).expect(0).says("Destroyed. 3 changes made");
}

#[test]
fn no_check_leaves_the_check_out() {
    Project::example()
        .sandbox(&["apply", "--yes", "--no-check"])
        .expect(0)
        .says("Applied.")
        .says_not("Check:");
}

/// The example, using a role that is assumed first.
fn as_deploy_role() -> String {
    EXAMPLE.replacen(
        "# profile",
        "assume_role = { role_arn = \"arn:aws:iam::111122223333:role/deploy\", session_name = \"ci\" }\n# profile",
        1,
    )
}

#[test]
fn a_failure_half_way_says_what_is_done_and_what_is_not() {
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    served.boto3(
        "
iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust('*'))
iam.detach_role_policy(RoleName=ROLE, PolicyArn=POLICY_ARN)
iam.tag_role(RoleName=ROLE, Tags=[{'Key': 'team', 'Value': 'x'}])
iam.create_role(RoleName='deploy', AssumeRolePolicyDocument=trust())
iam.put_role_policy(RoleName='deploy', PolicyName='most', PolicyDocument=permissions(
    ['iam:Get*', 'iam:List*', 'lambda:Get*', 'iam:UpdateAssumeRolePolicy', 'iam:TagRole'], '*'))
",
    );
    served.project.write_spec(&as_deploy_role());
    let apply = served.run(&["apply", "--yes"]);
    apply.expect(1);
    apply.says("done   UpdateAssumeRolePolicy role `GenesysDataActionRole`").says("done   TagRole");
    apply.says("failed AttachRolePolicy").says("2 of 3 changes were made");
    apply.says("error: iam:AttachRolePolicy").says("AccessDenied").says("help: ");
    served.project.write_spec(EXAMPLE);
    served.run(&["apply", "--yes", "--no-check"]).expect(0).says("1 change made");
}

#[test]
fn a_role_that_has_as_many_policies_as_it_may_have_is_blocked_before_anything_is_written() {
    let served = Served::new(&[]);
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    served.boto3(
        "
iam.update_assume_role_policy(RoleName=ROLE, PolicyDocument=trust('*'))
iam.detach_role_policy(RoleName=ROLE, PolicyArn=POLICY_ARN)
for n in range(10):
    arn = iam.create_policy(PolicyName=f'p{n}', PolicyDocument=permissions('s3:Get*', '*'))['Policy']['Arn']
    iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
",
    );
    let apply = served.run(&["apply", "--yes"]);
    apply.expect(3).says("role `GenesysDataActionRole` would have 11 attached policies, IAM allows 10");
    apply.says("nothing was changed");
    served.boto3("iam.detach_role_policy(RoleName=ROLE, PolicyArn='arn:aws:iam::111122223333:policy/p0')");
    served.run(&["apply", "--yes", "--no-check"]).expect(0).says("2 changes made");
    // Policies attached by someone else are still there.
    served.run(&["plan", "--detailed-exitcode"]).expect(2).says("Nothing to change, but role");
}

#[test]
fn a_denied_write_names_the_action_and_the_caller() {
    let served = Served::new(&[]);
    // A deploy role that may read everything but create nothing.
    served.boto3(
        "
iam.create_role(RoleName='deploy', AssumeRolePolicyDocument=trust())
iam.put_role_policy(RoleName='deploy', PolicyName='read', PolicyDocument=permissions(['iam:Get*', 'iam:List*', 'lambda:Get*'], '*'))
",
    );
    served.project.write_spec(&as_deploy_role());
    served.run(&["plan"]).expect(0).says("3 to create");
    let apply = served.run(&["apply", "--yes"]);
    apply.expect(1).says("error: iam:CreatePolicy").says("AccessDenied").says("assumed-role/deploy/ci");
    apply.says("0 of 3 changes were made").says("help: ");
}
