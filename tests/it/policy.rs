//! `genesys-iam policy`: documents of any origin.

use std::fs;

use crate::support::Project;
use insta::assert_snapshot;

const TRUST: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"Genesys","Effect":"Allow","Principal":{"AWS":"arn:aws:iam::765628985471:root"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}}]}"#;

fn project(files: &[(&str, &str)]) -> Project {
    let project = Project::example();
    for (name, text) in files {
        fs::write(project.path(name), text).unwrap();
    }
    project
}

fn request(context: &str) -> String {
    format!(
        r#"{{"principal":{{"AWS":"arn:aws:iam::765628985471:root"}},"action":"sts:AssumeRole","resource":"arn:aws:iam::111122223333:role/r","context":{{{context}}}}}"#
    )
}

#[test]
fn documents_that_mean_the_same_exit_with_0_and_others_with_2_and_their_difference() {
    let same = r#"{"Statement":{"Effect":"Allow","Condition":{"StringEquals":{"STS:ExternalId":["x1"]}},"Sid":"Genesys","Principal":{"AWS":"765628985471"},"Action":["STS:AssumeRole"]},"Version":"2012-10-17"}"#;
    let open = TRUST.replace("StringEquals", "StringLike").replace("x1", "*");
    let project = project(&[
        ("a.json", TRUST),
        ("b.json", same),
        ("c.json", &open),
        ("bad.json", "{\"Statement\": 1}"),
    ]);
    project.run(&["policy", "compare", "a.json", "b.json"]).expect(0).says("They mean the same.");
    assert_snapshot!(project.run(&["policy", "compare", "a.json", "c.json"]).transcript());
    project
        .run(&["policy", "compare", "a.json", "bad.json"])
        .expect(1)
        .says("`bad.json` is not a policy document: Statement:");
    project.run(&["policy", "compare", "a.json", "none.json"]).expect(1).says("cannot read `none.json`");
}

#[test]
fn evaluate_says_what_it_decided_and_why() {
    let project = project(&[
        ("trust.json", TRUST),
        ("right.json", &request(r#""sts:ExternalId":["x1"]"#)),
        ("none.json", &request("")),
        ("odd.json", &TRUST.replace("StringEquals", "StringEqual")),
        ("bad.json", "{}"),
    ]);
    let evaluate = |request: &str, trust: &str| {
        project.run(&["policy", "evaluate", "--request", request, "--trust", trust, "--format", "json"])
    };
    evaluate("right.json", "trust.json").expect(0).says("\"decision\": \"allowed\"");
    assert_snapshot!(evaluate("none.json", "trust.json").transcript());
    evaluate("right.json", "odd.json")
        .expect(5)
        .says("\"undecided\"")
        .says("`StringEqual` is not an IAM condition operator");
    evaluate("bad.json", "trust.json")
        .expect(1)
        .says("`bad.json` is not a request")
        .says("help: it looks like");
    let text = project.run(&["policy", "evaluate", "--request", "none.json", "--trust", "trust.json"]);
    assert_snapshot!(text.transcript());
}

#[test]
fn identity_boundary_and_trust_are_combined() {
    let allow =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"sts:AssumeRole","Resource":"*"}}"#;
    let nothing = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"*"}}"#;
    let project = project(&[
        ("trust.json", TRUST),
        ("right.json", &request(r#""sts:ExternalId":["x1"]"#)),
        ("allow.json", allow),
        ("nothing.json", nothing),
    ]);
    let run = |more: &[&str]| {
        project.run(
            &[&["policy", "evaluate", "--request", "right.json", "--trust", "trust.json"], more].concat(),
        )
    };
    run(&["--identity", "allow.json"]).expect(0);
    run(&["--identity", "nothing.json"]).expect(4);
    run(&["--identity", "nothing.json", "--identity", "allow.json"]).expect(0);
    run(&["--identity", "allow.json", "--boundary", "nothing.json"]).expect(4);
    run(&["--identity", "allow.json", "--session", "nothing.json"]).expect(4);
}

#[test]
fn lint_names_each_mistake_with_its_consequence_and_remedy() {
    let open = TRUST.replace("765628985471", "691338073777").replace("StringEquals", "StringEqualsIfExists");
    let allow =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"lambda:*","Resource":"*"}}"#;
    let several = TRUST.replace("\"x1\"", "[\"x1\",\"x2\"]");
    let project = project(&[
        ("good.json", TRUST),
        ("open.json", &open),
        ("allow.json", allow),
        ("several.json", &several),
    ]);
    assert_snapshot!(project.run(&["policy", "lint", "good.json", "open.json", "allow.json"]).transcript());
    project.run(&["policy", "lint", "good.json"]).expect(0);
    project.run(&["policy", "lint", "several.json"]).expect(4).says("error[external-id-several]");
    project.run(&["policy", "lint", "--kind", "permissions", "allow.json"]).expect(4);
    project.run(&["policy", "lint", "good.json", "none.json"]).expect(1).says_not("nothing found");
    project.run(&["policy", "lint"]).expect(64);
}

#[test]
fn a_key_that_is_given_twice_and_a_files_mark_at_its_beginning() {
    let project = Project::example();
    let write = |name: &str, text: &str| std::fs::write(project.path(name), text).unwrap();
    write("policy.json", "\u{feff}{\"Version\":\"2012-10-17\",\"Statement\":[]}");
    write(
        "request.json",
        r#"{"principal":"*","action":"a:b","resource":"*","context":{"sts:ExternalId":["a"],"sts:externalid":["b"]}}"#,
    );
    let run = project.run(&["policy", "evaluate", "--request", "request.json", "--trust", "policy.json"]);
    run.expect(1).says("is in the context twice");
    project.run(&["policy", "compare", "policy.json", "policy.json"]).expect(0);
}

#[test]
fn an_organizations_policies_are_evaluated_by_level() {
    let full = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let fence = r#"{"Version":"2012-10-17","Statement":{"Effect":"Deny","NotAction":"iam:*","Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":"eu-west-1"}}}}"#;
    let perimeter = r#"{"Version":"2012-10-17","Statement":{"Sid":"Perimeter","Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalAccount":"444455556666","aws:ResourceTag/dp:exclude:identity":"true"}}}}"#;
    let invoke = |more: &str| {
        format!(
            r#"{{"principal":{{"AWS":"arn:aws:sts::111122223333:assumed-role/r/s"}},"action":"lambda:InvokeFunction","resource":"arn:aws:lambda:eu-west-1:111122223333:function:f",{more}}}"#
        )
    };
    let account = r#""sts:ExternalId":["x1"],"aws:PrincipalAccount":["765628985471"]"#;
    let project = project(&[
        ("full.json", full),
        ("fence.json", fence),
        ("perimeter.json", perimeter),
        ("trust.json", TRUST),
        ("here.json", &invoke(r#""context":{"aws:RequestedRegion":["eu-west-1"]}"#)),
        ("there.json", &invoke(r#""context":{"aws:RequestedRegion":["us-east-1"]}"#)),
        ("somewhere.json", &invoke(r#""unknown":["aws:RequestedRegion"]"#)),
        ("assume.json", &request(account)),
        ("tagged.json", &request(&format!(r#"{account},"aws:ResourceTag/dp:exclude:identity":["true"]"#))),
    ]);
    let evaluate = |request: &str, args: &[&str]| {
        project.run(&[&["policy", "evaluate", "--request", request], args].concat())
    };
    let side_by_side = ["--identity", "full.json", "--scp", "full.json", "--scp", "fence.json"];
    evaluate("here.json", &side_by_side).expect(0);
    evaluate("there.json", &side_by_side)
        .expect(4)
        .says("Denied (explicitly): statement 1 of fence.json denies it");
    evaluate("somewhere.json", &side_by_side).expect(5);
    let levels = ["--identity", "full.json", "--scp", "root=full.json,fence.json", "--scp", "ou=fence.json"];
    evaluate("here.json", &levels).expect(4).says("no service control policy of the level `ou` allows it");
    let guarded = ["--trust", "trust.json", "--rcp", "perimeter.json"];
    evaluate("assume.json", &guarded).expect(4).says("statement 1 of perimeter.json denies it");
    evaluate("tagged.json", &guarded).expect(0);
    evaluate("assume.json", &["--trust", "trust.json", "--rcp", "fence.json"])
        .expect(1)
        .says("its Principal must be");
}

#[test]
fn a_level_or_a_policy_that_cannot_be_one_is_refused_and_never_left_out() {
    let deny = |more: &str| {
        format!(r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Resource":"*",{more}}}}}"#)
    };
    let project = project(&[
        (
            "full.json",
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#,
        ),
        ("rcp.json", &deny(r#""Principal":"*","Action":"sts:*""#)),
        ("who.json", &deny(r#""Principal":{"AWS":"111122223333"},"Action":"sts:*""#)),
        ("not.json", &deny(r#""Principal":"*","NotAction":"sts:*""#)),
        ("star.json", &deny(r#""Principal":"*","Action":"*""#)),
        ("half.json", "{"),
        (
            "request.json",
            r#"{"principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/r/s"},"action":"lambda:InvokeFunction","resource":"arn:aws:lambda:eu-west-1:111122223333:function:f"}"#,
        ),
    ]);
    for (option, value, status, words) in [
        ("--scp", "=full.json", 64, "is not LEVEL=FILE"),
        ("--scp", "root=", 64, "is not LEVEL=FILE"),
        ("--scp", "root=full.json,", 64, "is not LEVEL=FILE"),
        ("--rcp", "root=rcp.json", 64, "names a level"),
        ("--scp", "none.json", 1, "cannot read `none.json`"),
        ("--scp", "root=none.json", 1, "cannot read `none.json`"),
        ("--scp", "half.json", 1, "is not a policy document"),
        ("--scp", "rcp.json", 1, "cannot be a service control policy: statement 1: "),
        ("--rcp", "full.json", 1, "cannot be a resource control policy: statement 1: "),
        ("--rcp", "who.json", 1, "its Principal must be"),
        ("--rcp", "not.json", 1, "it has no NotAction"),
        ("--rcp", "star.json", 1, "its Action must begin with a service"),
    ] {
        let args =
            ["policy", "evaluate", "--request", "request.json", "--identity", "full.json", option, value];
        project.run(&args).expect(status).says(words).says_not("Allowed");
    }
    // A level in two parts is one level.
    let parts = ["--identity", "full.json", "--scp", "root=full.json", "--scp", "root=full.json"];
    project.run(&[&["policy", "evaluate", "--request", "request.json"], &parts[..]].concat()).expect(0);
}

#[test]
fn a_document_is_read_from_what_aws_answers() {
    let utf16: Vec<u8> = TRUST.encode_utf16().flat_map(u16::to_le_bytes).collect();
    let project = project(&[
        ("role.json", &format!(r#"{{"Role":{{"AssumeRolePolicyDocument":{TRUST}}}}}"#)),
        ("policy.json", r#"{"Policy":{"Arn":"arn:aws:iam::aws:policy/x"}}"#),
    ]);
    fs::write(project.path("wide.json"), [&[0xff, 0xfe], utf16.as_slice()].concat()).unwrap();
    project.run(&["policy", "lint", "role.json", "wide.json"]).expect(0);
    project.run(&["policy", "lint", "policy.json"]).expect(1).says("get-policy-version");
}
