//! `import`.

use crate::support::served::Served;
use crate::support::world::{ID, OTHER_ID};
use crate::support::{EXAMPLE, Project, ROLE, by_hand};

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
    import.expect(0).says_not("notice:").says("imported 2 roles into");
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
    // Reports what a spec cannot express.
    let loose = served.run(&["import", "Loose"]);
    loose
        .expect(1)
        .says("its trust policy lets someone in without an external ID")
        .says("the inline policy `in` stays")
        .says("the written spec is incomplete");
    let all = served.run(&["import", "--all", "--out", "all.toml"]);
    all.expect(0)
        .says("imported 2 roles, and 1 as comments, into")
        .says("role `Plain`: the spec `imported` manages it, as its tag says");
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
        .says("allows `arn:aws:lambda:us-east-1:111122223333:layer:f`, which is not a single function")
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

#[test]
fn import_in_the_sandbox_reads_the_sandbox() {
    let project = Project::example().env("AWS_ENDPOINT_URL", "http://127.0.0.1:9");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project.sandbox(&["import", ROLE]).expect(0).says(&format!("name = \"{ROLE}\""));
    project.sandbox(&["import", "--all"]).expect(0).says(&format!("name = \"{ROLE}\""));
    for args in [&["import", "--all", "--profile", "p"][..], &["check", "--probe-profile", "p"]] {
        project.sandbox(args).expect(64).says("the sandbox has none").says("help:");
    }
}

/// Most files have the default's name: two such specs must not take each other's roles for their own.
#[test]
fn two_imports_into_files_of_the_default_name_do_not_prune_each_other() {
    let served = Served::new(&[]);
    served.boto3(&format!(
        "
for name in ['One', 'Two']:
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({{'Version': '2012-10-17', 'Statement': [{{'Effect': 'Allow',
        'Principal': {{'AWS': 'arn:aws:iam::765628985471:root'}}, 'Action': 'sts:AssumeRole',
        'Condition': {{'StringEquals': {{'sts:ExternalId': '{ID}'}}}}}}]}}))
    iam.put_role_policy(RoleName=name, PolicyName='p', PolicyDocument=permissions('lambda:InvokeFunction',
        'arn:aws:lambda:us-east-1:111122223333:function:my-genesys-trigger-function'))
"
    ));
    for role in ["One", "Two"] {
        std::fs::create_dir(served.project.path(role)).unwrap();
        served.run(&["-C", role, "import", role, "--out", "genesys.toml"]).expect(0);
        let text = std::fs::read_to_string(served.project.path(role).join("genesys.toml")).unwrap();
        assert!(text.contains(&format!("\nname = \"{role}\"\n")), "{text}");
        served.run(&["-C", role, "apply", "--yes", "--no-check"]).expect(0);
    }
    served.run(&["-C", "Two", "plan", "--prune"]).expect(0).says("no changes").says_not("One");
}

/// The ID of the organization is the file's, whichever role is read first; who has another is named.
#[test]
fn an_import_takes_the_external_id_of_the_named_spec_for_its_own_and_names_who_has_another() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| {
        role["trust"] =
            role["trust"].as_str().unwrap().replace(ID, "9999aaaa-0b6c-4a8e-9d51-7f0e3c2b1a90").into();
    });
    std::fs::create_dir(project.path("elsewhere")).unwrap();
    let imported =
        project.sandbox(&["--file", "genesys.toml", "import", ROLE, "--out", "elsewhere/found.toml"]);
    imported
        .expect(0)
        .says("role `GenesysDataActionRole`: the external ID that it demands is not the ID of the organization")
        .says("move it to found.toml, where this sandbox is, then: genesys-iam --sandbox --file found.toml plan");
}

/// Whoever is admitted with the external ID may be a verifier; whoever is admitted without it is none.
#[test]
fn someone_of_the_account_whom_the_role_trusts_is_never_taken_for_the_verifier_unsaid() {
    let dev = "arn:aws:iam::111122223333:role/dev";
    for (with_id, condition) in [
        (true, format!(r#","Condition":{{"StringEquals":{{"sts:ExternalId":"{ID}"}}}}"#)),
        (false, String::new()),
    ] {
        let project = Project::example();
        project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
        let statement = format!(
            r#","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"{dev}"}},"Action":"sts:AssumeRole"{condition}}},"#
        );
        by_hand(&project, |role| {
            let trust = role["trust"].as_str().unwrap().replace(r#","Statement":["#, &statement);
            role["trust"] = trust.into();
        });
        std::fs::remove_file(project.path("genesys.toml")).unwrap();
        let diagnosed = project.sandbox(&["diagnose", ROLE]);
        let imported = project.sandbox(&["import", ROLE]);
        if with_id {
            diagnosed.expect(0).says("`dev` of this account can assume the role too").says(dev);
            imported.expect(0).says(&format!("verifier = \"{dev}\"")).says("take [check] out");
        } else {
            diagnosed.expect(4).says(&format!("{dev} can get in")).says_not("verifier");
            imported
                .expect(0)
                .says_not("verifier")
                .says(&format!("also names {dev}: the plan shuts them out"));
        }
    }
}

#[test]
fn what_several_roles_say_is_compared_and_a_policy_that_allows_more_names_its_functions() {
    let served = Served::new(&[]);
    served.boto3(&format!(
        "
for name, id in [('One', '{ID}'), ('Two', '{ID}'), ('Three', '{OTHER_ID}')]:
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=json.dumps({{'Version': '2012-10-17', 'Statement': [{{'Effect': 'Allow',
        'Principal': {{'AWS': 'arn:aws:iam::765628985471:root'}}, 'Action': 'sts:AssumeRole',
        'Condition': {{'StringEquals': {{'sts:ExternalId': id}}}}}}]}}))
    iam.put_role_policy(RoleName=name, PolicyName='p', PolicyDocument=permissions(['lambda:InvokeFunction', 'lambda:GetFunction'],
        'arn:aws:lambda:us-east-1:111122223333:function:my-genesys-trigger-function'))
"
    ));
    let imported = served.run(&["import", "One", "Two", "Three"]);
    imported
        .expect(0)
        .says("\"my-genesys-trigger-function\"")
        .says("role `One`: the inline policy `p` stays")
        .says("role `Three`: the external ID that it demands is not that of the other roles")
        .says_not("role `One`: the external ID");
}

#[test]
fn an_import_takes_no_stranger_over_and_says_who_was_there() {
    let project = Project::example();
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    by_hand(&project, |role| {
        let trust = role["trust"].as_str().unwrap().replace("765628985471", "691338073777");
        role["trust"] = trust.into();
    });
    let imported = project.sandbox(&["import", ROLE]);
    imported.expect(0).says("trusts AWS account 691338073777, which is not Genesys's");
    assert!(
        imported.stdout.contains("account_id = \"765628985471\"   # Genesys Cloud"),
        "{}",
        imported.stdout
    );
    assert!(!imported.stdout.contains("691338073777"), "{}", imported.stdout);
}

/// A spec in a region whose role trusts an account, confirmed or not.
fn in_region(region: &str, account: &str, reason: &str) -> String {
    format!(
        "name = \"x\"\n[aws]\nregion = \"{region}\"\naccount_id = \"111122223333\"\n[genesys]\naccount_id = \"{account}\"\n\
         {reason}\nexternal_id = \"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"\n[[role]]\nname = \"R\"\nfunctions = [\"f\"]\n"
    )
}

#[test]
fn genesys_accounts_belong_to_partition_aws_in_every_command() {
    let told = "account_reason = \"told by Genesys\"";
    for (region, partition) in [
        ("us-east-1", "aws"),
        ("us-gov-west-1", "aws-us-gov"),
        ("cn-north-1", "aws-cn"),
        ("eusc-de-east-1", "aws-eusc"),
    ] {
        for (account, is_customers) in
            [("765628985471", true), ("325654371633", true), ("490606849374", false), ("999988887777", false)]
        {
            for reason in ["", told] {
                let project = Project::new(&in_region(region, account, reason));
                let is_genesys = account != "999988887777";
                // validate, plan, apply and check.
                let statuses = match (partition == "aws", is_genesys, is_customers, reason) {
                    (true, _, true, _) => [0, 0, 0, 0],
                    // Roles cannot be assumed across partitions, whatever a spec says.
                    (false, true, ..) => [1, 1, 1, 1],
                    (_, _, _, "") => [1, 3, 3, 4],
                    _ => [0, 0, 0, 0],
                };
                let what = format!("{account} in {partition}, {reason:?}");
                let commands: [&[&str]; 4] = [&["validate"], &["plan"], &["apply", "--yes"], &["check"]];
                for (command, status) in commands.into_iter().zip(statuses) {
                    let run = project.sandbox(command);
                    assert_eq!(run.status, status, "{what}: {command:?}\n{}{}", run.stdout, run.stderr);
                    assert!(
                        !run.stdout.contains("Genesys Cloud can invoke") || is_customers,
                        "{what}\n{}",
                        run.stdout
                    );
                }
                if statuses[2] != 0 {
                    continue;
                }
                let import = project.sandbox(&["import", "R"]);
                if partition == "aws" {
                    let wanted = if is_customers { account } else { "765628985471" };
                    import.expect(0).says(&format!("\naccount_id = \"{wanted}\""));
                } else {
                    import
                        .expect(1)
                        .says(&format!("\n# account_id = \"{account}\""))
                        .says("\n# account_reason = ")
                        .says("ask Genesys");
                }
                let trust = format!(
                    r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow","Principal":{{"AWS":"arn:{partition}:iam::{account}:root"}},
                    "Action":"sts:AssumeRole","Condition":{{"StringEquals":{{"sts:ExternalId":"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90"}}}}}}]}}"#
                );
                std::fs::write(project.path("trust.json"), trust).unwrap();
                let is_fine = partition == "aws" && is_customers;
                project.run(&["policy", "lint", "trust.json"]).expect(if is_fine { 0 } else { 4 });
            }
        }
    }
}

#[test]
fn of_all_roles_those_that_no_spec_has_made_are_found_and_told_by_the_exit_status() {
    let served = Served::new(&[]);
    let unmanaged = ["import", "--all", "--unmanaged"];
    served.run(&["import", "--unmanaged"]).expect(64);
    let none = served.run(&unmanaged);
    none.expect(0)
        .says("no role of AWS account 111122223333 that trusts an account of Genesys's is without the tag of a spec");
    assert_eq!(none.stdout, "");
    served.run(&["apply", "--yes", "--no-check"]).expect(0);
    served.run(&unmanaged).expect(0);
    served.run(&["import", "--all"]).expect(0).says("1 role is made by a spec already: `--all --unmanaged`");
    served.boto3("iam.create_role(RoleName='Rogue', AssumeRolePolicyDocument=trust('*'))");
    // Nothing to write a spec of, and yet something that no spec has made.
    served.run(&unmanaged).expect(2).says("role `Rogue` is not taken");
    let json = served.run(&[&["--json"], &unmanaged[..]].concat());
    let json: serde_json::Value = serde_json::from_str(&json.expect(2).stdout).unwrap();
    assert_eq!(json["not_taken"], serde_json::json!(["Rogue"]));
    served.boto3(
        "
right = {'StringEquals': {'sts:ExternalId': '6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234'}}
iam.create_role(RoleName='ByHand', AssumeRolePolicyDocument=trust('arn:aws:iam::765628985471:root', right))
arn = iam.create_policy(PolicyName='p', PolicyDocument=permissions('lambda:InvokeFunction',
    ['arn:aws:lambda:us-east-1:111122223333:function:my-genesys-trigger-function']))['Policy']['Arn']
iam.attach_role_policy(RoleName='ByHand', PolicyArn=arn)
",
    );
    let found = served.run(&[&unmanaged[..], &["--out", "found.toml"]].concat());
    found.expect(2).says("imported 1 role into").says_not("made by a spec");
    let text = std::fs::read_to_string(served.project.path("found.toml")).unwrap();
    assert!(text.contains("name = \"ByHand\"") && !text.contains(ROLE), "{text}");
}

/// No spec can have a role without functions: what it says of its trust is true all the same.
#[test]
fn where_every_role_is_a_comment_the_file_still_says_what_they_trust() {
    let served = Served::new(&[]);
    let script = "
right = {'StringEquals': {'sts:ExternalId': '2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90'}}
iam.create_role(RoleName='Bare', AssumeRolePolicyDocument=trust('arn:aws:iam::765628985471:root', right))
";
    served.boto3(script);
    let found = served.run(&["import", "--all", "--unmanaged"]);
    found
        .expect(2)
        .says_not("by itself")
        .says_not("no single one")
        .says("external_id = \"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90\"");
    found.says("the written spec is incomplete");
    served
        .run(&["import", "Bare", "--out", "bare.toml"])
        .expect(1)
        .says("`genesys-iam validate bare.toml` shows what is left");
    served.run(&["validate", "bare.toml"]).expect(1);
}

#[test]
fn a_role_to_assume_is_that_of_the_named_specs_account() {
    let served = Served::new(&[]);
    let other = crate::support::EXAMPLE.replace("111122223333", "444455556666");
    std::fs::write(served.project.path("other.toml"), &other).unwrap();
    let script = "
iam.create_role(RoleName='reader', AssumeRolePolicyDocument=trust('arn:aws:iam::111122223333:root'))
iam.put_role_policy(RoleName='reader', PolicyName='p', PolicyDocument=permissions('iam:*', '*'))
right = {'StringEquals': {'sts:ExternalId': '6b1f7d2a-93c4-4e0b-8a57-d2c5e8f01234'}}
iam.create_role(RoleName='Theirs', AssumeRolePolicyDocument=trust('arn:aws:iam::765628985471:root', right))
";
    served.boto3_as("444455556666", script).expect(0);
    let import =
        |more: &[&str]| served.run(&[&["--assume-role", "reader"], more, &["import", "--all"]].concat());
    import(&["--file", "other.toml"]).says("name = \"Theirs\"").says("account_id = \"444455556666\"");
    import(&[]).expect(64).says("names a role without its account").says("`--file FILE`");
    let both = ["--file", "other.toml", "--file", "genesys.toml"];
    import(&both).expect(64);
    served.run(&[&both[..], &["import", "--all", "--unmanaged"]].concat()).expect(64).says("2 AWS accounts");
}

#[test]
fn with_specs_of_several_accounts_the_command_for_each_is_printed() {
    let project = Project::empty();
    std::fs::create_dir(project.path("specs")).unwrap();
    for (name, account) in [("dev", "111122223333"), ("prod", "444455556666")] {
        let text = format!("name = \"{name}\"\n{}", EXAMPLE.replace("111122223333", account));
        std::fs::write(project.path(&format!("specs/{name}.toml")), text).unwrap();
    }
    let all = ["-f", "specs", "--assume-role", "x", "import", "--all", "--unmanaged"];
    project
        .run(&all)
        .expect(64)
        .says("`genesys-iam --assume-role x import --all --unmanaged --file specs/dev.toml` (111122223333)")
        .says("`genesys-iam --assume-role x import --all --unmanaged --file specs/prod.toml` (444455556666)");
    // Of one account it works, and the sandbox says what it does not use.
    project
        .sandbox(&["-f", "specs/dev.toml", "--assume-role", "x", "import", "--all", "--unmanaged"])
        .expect(0)
        .says("the sandbox has no role to assume: `--assume-role` is not used");
}
