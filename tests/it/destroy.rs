//! `destroy`.

use crate::support::served::{REFUSED, Served};
use crate::support::{BOTH_ENDS, EXAMPLE, Project, by_hand};
use std::fs;

#[test]
fn destroy_takes_nothing_over_in_order_to_remove_it() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| role["tags"] = serde_json::json!([]));
    project.write_spec(&format!("{EXAMPLE}\nadopt = true\n"));
    let refused = project.sandbox(&["destroy", "--yes"]);
    refused.expect(3).says("is not this spec's: it is made by someone else").says_not("--adopt");
    project.sandbox(&["plan", "--detailed-exitcode"]).expect(2).says("is adopted");
}

#[test]
fn destroy_lists_and_removes_everything_also_what_others_attached() {
    let served = Served::new(&[]);
    served.run(&["destroy"]).expect(0).says("Nothing from this spec exists.");
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    served.boto3(
        "
arn = iam.create_policy(PolicyName='rogue', PolicyDocument=permissions('s3:*', '*'))['Policy']['Arn']
iam.attach_role_policy(RoleName=ROLE, PolicyArn=arn)
iam.put_role_policy(RoleName=ROLE, PolicyName='inline', PolicyDocument=permissions('s3:GetObject', '*'))
iam.create_policy_version(PolicyArn=POLICY_ARN, PolicyDocument=permissions('lambda:*', '*'))
",
    );
    let plan = served.run(&["destroy"]);
    plan.expect(3).says("not a terminal");
    let lines: Vec<&str> = plan.stdout.lines().collect();
    plan.says("\n      note: not made by this spec; the policy itself stays in the account\n");
    let is_marked = |pair: &&[&str]| pair[1].starts_with("      note: not made by this spec");
    let marked: Vec<&str> = lines.windows(2).filter(is_marked).map(|pair| pair[0]).collect();
    assert_eq!(
        marked,
        [
            "  - DetachRolePolicy policy `rogue` of role `GenesysDataActionRole`",
            "  - DeleteRolePolicy inline policy `inline` of role `GenesysDataActionRole`"
        ]
    );
    // What others attached is not a change of the spec, but the exit status counts it.
    served.run(&["plan", "--detailed-exitcode"]).expect(2);
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
    served.run(&["destroy", "--yes"]).expect(3).says("is attached to 1 more besides this role");
    served.boto3(
        "
iam.detach_role_policy(RoleName='other', PolicyArn=POLICY_ARN)
iam.untag_role(RoleName=ROLE, TagKeys=['managed-by'])
",
    );
    served.run(&["destroy", "--yes"]).expect(3).says("made by someone else");
    served.boto3("assert iam.get_role(RoleName=ROLE) and iam.get_policy(PolicyArn=POLICY_ARN)");
}

/// What a spec made under a name that it has no longer is not forgotten.
#[test]
fn a_policy_of_another_name_keeps_the_role_from_being_destroyed_and_a_credential_is_named() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let renamed = BOTH_ENDS.replacen("[[role]]", "[[role]]\npolicy_name = \"Other\"", 1);
    project.write_spec(&renamed);
    project
        .sandbox(&["destroy", "--yes"])
        .expect(3)
        .says("created by this spec, is still attached; the spec now says `Other`")
        .says("write `policy_name = \"GenesysLambdaInvokePolicy_GenesysDataActionRole\"`");
    project.write_spec(BOTH_ENDS);
    let path = project.path(".genesys-iam/sandbox.json");
    let text = fs::read_to_string(&path).unwrap();
    let named = "arn:aws:iam::111122223333:role/GenesysDataActionRole (genesys-iam)";
    assert!(text.contains(named));
    fs::write(&path, text.replace(named, "by hand")).unwrap();
    project.sandbox(&["destroy", "--yes"]).expect(0).says("credential \"by hand\" stays");
}

#[test]
fn what_a_destruction_leaves_is_named_and_not_a_success() {
    let project = Project::new(&format!("name = \"one\"\n{EXAMPLE}"));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let renamed = EXAMPLE.replace("GenesysDataActionRole", "Other");
    project.write_spec(&format!("name = \"one\"\n{renamed}"));
    let left = "made by this spec, no longer in it, and left: role `GenesysDataActionRole`";
    project.sandbox(&["destroy", "--yes"]).expect(3).says(left);
    // A file that names it under another name is not its spec.
    fs::write(project.path("other.toml"), format!("name = \"two\"\n{EXAMPLE}")).unwrap();
    let again = project.sandbox(&["destroy", "--yes"]);
    again.expect(3).says("(which other.toml names)").says_not("Nothing from this spec exists");
}
