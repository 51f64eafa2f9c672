//! `[organization]`: the AWS organization's SCPs and RCPs, evaluated for both calls from Genesys Cloud.

use std::collections::BTreeMap;

use genesys_iam::arn::{AccountId, Arn, FunctionArn};
use genesys_iam::plan::{GuardExemption, GuardedCall, GuardedRole, guard_findings};
use genesys_iam::policy::Document;
use genesys_iam::sandbox::Scenario;
use genesys_iam::spec::{OrganizationPolicies, OrganizationPolicy, ScpLevel};
use serde_json::Value;

use crate::support::{BOTH_ENDS, EXAMPLE, Project, ROLE};

/// Like AWS's identity perimeter template: outsiders may not assume roles unless listed, or the role is tagged.
const PERIMETER: &str = r#"{"Version":"2012-10-17","Statement":[{"Sid":"OwnPeopleOnly","Effect":"Deny","Principal":"*",
  "Action":["s3:*","sts:AssumeRole"],"Resource":"*","Condition":{
    "StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-own","aws:PrincipalAccount":["444455556666"],"aws:ResourceTag/dp:exclude:identity":"true"},
    "BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}]}"#;
/// Like AWS's network perimeter template: outsiders only from known networks, unless listed or the role is tagged.
const NETWORK_RCP: &str = r#"{"Effect":"Deny","Principal":"*","Action":["logs:*","sts:AssumeRole"],"Resource":"*","Condition":{
    "NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"},
    "StringNotEqualsIfExists":{"aws:SourceVpc":"vpc-1","aws:PrincipalAccount":["444455556666"],"aws:ResourceTag/dp:exclude:network":"true"},
    "BoolIfExists":{"aws:PrincipalIsAWSService":"false","aws:ViaAWSService":"false"}}}"#;
const FULL: &str = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;

fn statement(text: &str) -> String {
    format!(r#"{{"Version":"2012-10-17","Statement":[{text}]}}"#)
}

#[derive(Debug, PartialEq, Eq)]
enum Is {
    Open,
    Refused,
    Unknown,
}

/// Kind, description, document, tags of the role, and the effect on Genesys Cloud.
type TemplateCase = (&'static str, &'static str, String, &'static [(&'static str, &'static str)], Is);

/// How one policy affects the call it applies to.
fn decide(kind: &str, document: &str, tags: &[(&str, &str)]) -> (Is, Vec<GuardExemption>) {
    let policy = OrganizationPolicy { name: "p".to_owned(), document: Document::parse(document).unwrap() };
    let full = OrganizationPolicy { name: "full".to_owned(), document: Document::parse(FULL).unwrap() };
    let policies = match kind {
        "rcp" => OrganizationPolicies { rcp: vec![policy], ..OrganizationPolicies::default() },
        "scp" => OrganizationPolicies {
            scp: vec![ScpLevel { name: "root".to_owned(), policies: vec![full, policy] }],
            ..OrganizationPolicies::default()
        },
        _ => OrganizationPolicies {
            scp: vec![ScpLevel { name: "ou".to_owned(), policies: vec![policy] }],
            ..OrganizationPolicies::default()
        },
    };
    let arn: Arn = "arn:aws:iam::111122223333:role/genesys/R".parse().unwrap();
    let tags: BTreeMap<String, String> =
        tags.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect();
    let functions: Vec<FunctionArn> =
        vec!["arn:aws:lambda:eu-west-1:111122223333:function:f".parse().unwrap()];
    let genesys: AccountId = "765628985471".parse().unwrap();
    let role = GuardedRole {
        arn: &arn,
        tags: &tags,
        genesys: &genesys,
        external_id: "an-id",
        functions: &functions,
    };
    let found = guard_findings(&role, &policies);
    let Some(finding) = found.first() else { return (Is::Open, Vec::new()) };
    let is_assume = finding.call == GuardedCall::AssumeRole;
    assert_eq!(is_assume, kind == "rcp", "{finding:?}");
    (if finding.is_undecided { Is::Unknown } else { Is::Refused }, finding.exemptions.clone())
}

/// The kinds of policies that AWS publishes as templates, abbreviated, and their effect on Genesys Cloud.
#[test]
fn the_kinds_of_awss_own_templates_do_to_genesys_cloud_what_aws_says() {
    use Is::{Open, Refused, Unknown};
    let tagged = PERIMETER;
    let listed = &PERIMETER.replace("444455556666", "765628985471");
    let fence = |regions: &str| {
        statement(&format!(
            r#"{{"Effect":"Deny","NotAction":["iam:*","sts:*","organizations:*","support:*"],"Resource":"*",
            "Condition":{{"StringNotEquals":{{"aws:RequestedRegion":[{regions}]}},
            "ArnNotLike":{{"aws:PrincipalArn":"arn:aws:iam::*:role/Break-Glass"}}}}}}"#
        ))
    };
    let (inside, outside) = (fence(r#""eu-west-1","eu-central-1""#), fence(r#""us-east-1""#));
    let cases: Vec<TemplateCase> = vec![
        ("rcp", "identity perimeter", tagged.to_owned(), &[], Refused),
        (
            "rcp",
            "the same, the role exempted by its tag",
            tagged.to_owned(),
            &[("dp:exclude:identity", "true")],
            Open,
        ),
        (
            "rcp",
            "the same, the tag with another value",
            tagged.to_owned(),
            &[("dp:exclude:identity", "no")],
            Refused,
        ),
        ("rcp", "the same, the account listed", listed.clone(), &[], Open),
        (
            "rcp",
            "HTTPS only",
            statement(
                r#"{"Effect":"Deny","Principal":"*","Action":["s3:*","sts:*"],"Resource":"*","Condition":{"BoolIfExists":{"aws:SecureTransport":"false"}}}"#,
            ),
            &[],
            Open,
        ),
        (
            "rcp",
            "no web identities but those of one repository",
            statement(
                r#"{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRoleWithWebIdentity","Resource":"*","Condition":{"StringNotLikeIfExists":{"token.actions.githubusercontent.com:sub":"repo:own/*"}}}"#,
            ),
            &[],
            Open,
        ),
        (
            "rcp",
            "session tags of pods are protected",
            statement(
                r#"{"Effect":"Deny","Principal":"*","Action":"sts:TagSession","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-own"}}}"#,
            ),
            &[],
            Open,
        ),
        (
            "rcp",
            "S3, KMS and Cognito only",
            statement(
                r#"{"Effect":"Deny","Principal":"*","Action":["s3:*","kms:*","cognito-idp:*"],"Resource":"*"}"#,
            ),
            &[],
            Open,
        ),
        (
            "rcp",
            "no service on behalf of another organization",
            statement(
                r#"{"Effect":"Deny","Principal":"*","Action":["sts:*"],"Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:SourceOrgID":"o-own"},"Bool":{"aws:PrincipalIsAWSService":"true"}}}"#,
            ),
            &[],
            Open,
        ),
        (
            "rcp",
            "a network perimeter for whoever is tagged",
            statement(
                r#"{"Effect":"Deny","Principal":"*","Action":["sts:AssumeRole"],"Resource":"*","Condition":{"NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"},"StringEquals":{"aws:PrincipalTag/dp:include:network":"true"}}}"#,
            ),
            &[],
            Unknown,
        ),
        (
            "rcp",
            "resources of one unit for principals of that unit",
            statement(
                r#"{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*","Condition":{"ForAnyValue:StringNotLikeIfExists":{"aws:PrincipalOrgPaths":"o-own/r-1/ou-2/*"}}}"#,
            ),
            &[],
            Unknown,
        ),
        ("scp", "a region fence, inside", inside, &[], Open),
        ("scp", "a region fence, outside", outside, &[], Refused),
        (
            "scp",
            "a network perimeter for whoever is tagged, not tagged",
            statement(
                r#"{"Effect":"Deny","NotAction":["iam:*"],"Resource":"*","Condition":{"NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"},"StringEquals":{"aws:PrincipalTag/dp:include:network":"true"}}}"#,
            ),
            &[],
            Open,
        ),
        (
            "scp",
            "the same, tagged",
            statement(
                r#"{"Effect":"Deny","NotAction":["iam:*"],"Resource":"*","Condition":{"NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"},"StringEquals":{"aws:PrincipalTag/dp:include:network":"true"}}}"#,
            ),
            &[("dp:include:network", "true")],
            Unknown,
        ),
        (
            "scp",
            "resources of other organizations",
            statement(
                r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:ResourceOrgID":"o-own"}}}"#,
            ),
            &[],
            Unknown,
        ),
        (
            "scp",
            "no changes to some functions",
            statement(
                r#"{"Effect":"Deny","Action":["lambda:UpdateFunctionCode","lambda:DeleteFunction"],"Resource":"arn:aws:lambda:*:*:function:*"}"#,
            ),
            &[],
            Open,
        ),
        (
            "scp",
            "no function URLs",
            statement(
                r#"{"Effect":"Deny","Action":["lambda:CreateFunctionUrlConfig","lambda:UpdateFunctionUrlConfig"],"Resource":"*"}"#,
            ),
            &[],
            Open,
        ),
        (
            "scp",
            "nothing by the root user",
            statement(
                r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":"arn:aws:iam::*:root"}}}"#,
            ),
            &[],
            Open,
        ),
        (
            "scp",
            "no leaving the organization",
            statement(r#"{"Effect":"Deny","Action":"organizations:LeaveOrganization","Resource":"*"}"#),
            &[],
            Open,
        ),
        (
            "scp",
            "nothing without the break-glass role's tag",
            statement(
                r#"{"Effect":"Deny","Action":"lambda:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalTag/stage":"production"}}}"#,
            ),
            &[],
            Refused,
        ),
        (
            "scp alone",
            "FullAWSAccess replaced by a list",
            statement(r#"{"Effect":"Allow","Action":["s3:*","ec2:*"],"Resource":"*"}"#),
            &[],
            Refused,
        ),
        (
            "scp alone",
            "a list with Lambda in it",
            statement(r#"{"Effect":"Allow","Action":["s3:*","lambda:*"],"Resource":"*"}"#),
            &[],
            Open,
        ),
        // AWS's templates that bear on one of the two calls, in short.
        ("rcp", "a network perimeter by VPC and address", statement(NETWORK_RCP), &[], Unknown),
        (
            "rcp",
            "the same, the role exempted by its tag",
            statement(NETWORK_RCP),
            &[("dp:exclude:network", "true")],
            Open,
        ),
        (
            "rcp",
            "the same, the account listed",
            statement(&NETWORK_RCP.replace("444455556666", "765628985471")),
            &[],
            Open,
        ),
        (
            "rcp",
            "a VPC only from its own region",
            statement(
                r#"{"Effect":"Deny","Principal":"*","Action":["sts:AssumeRole","logs:*"],"Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"},"StringNotEqualsIfExists":{"aws:RequestedRegion":"eu-west-1"}}}"#,
            ),
            &[],
            Unknown,
        ),
        (
            "rcp",
            "no one but a privileged role of the account",
            statement(
                r#"{"Effect":"Deny","Principal":"*","Action":["s3:*","sts:AssumeRole"],"Resource":"*","Condition":{"BoolIfExists":{"aws:PrincipalIsAWSService":"false"},"ArnNotLikeIfExists":{"aws:PrincipalARN":"arn:aws:iam::111122223333:role/Privileged"}}}"#,
            ),
            &[],
            // The ARN of Genesys Cloud's caller is not public.
            Unknown,
        ),
        (
            "rcp",
            "no confused deputy for a service with a source account",
            statement(
                r#"{"Effect":"Deny","Principal":"*","Action":["s3:*","sts:*"],"Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:SourceOrgID":"o-own","aws:SourceAccount":"444455556666"},"Null":{"aws:SourceAccount":"false"},"Bool":{"aws:PrincipalIsAWSService":"true"}}}"#,
            ),
            &[],
            Open,
        ),
        (
            "scp",
            "IAM users only from known networks",
            statement(
                r#"{"Effect":"Deny","NotAction":["es:ES*","dax:GetItem"],"Resource":"*","Condition":{"NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"},"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::*:user/*"]}}}"#,
            ),
            &[],
            Open,
        ),
        (
            "scp",
            "a VPC only from its own region, which the function is in",
            statement(
                r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"},"StringNotEqualsIfExists":{"aws:RequestedRegion":"eu-west-1"}}}"#,
            ),
            &[],
            Open,
        ),
        (
            "scp",
            "the same, the function elsewhere",
            statement(
                r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringEquals":{"aws:SourceVpc":"vpc-1"},"StringNotEqualsIfExists":{"aws:RequestedRegion":"us-east-1"}}}"#,
            ),
            &[],
            Unknown,
        ),
        (
            "scp",
            "a perimeter by VPC endpoints for whoever is tagged, not tagged",
            statement(
                r#"{"Effect":"Deny","Action":["athena:*","lambda:*"],"Resource":"*","Condition":{"BoolIfExists":{"aws:ViaAWSService":"false"},"NotIpAddressIfExists":{"aws:SourceIp":"192.0.2.0/24"},"StringNotEqualsIfExists":{"aws:VpceOrgID":"o-own"},"StringEquals":{"aws:PrincipalTag/dp:include:network":"true"}}}"#,
            ),
            &[],
            Open,
        ),
        (
            "scp",
            "only resources of the organization, the role exempted by its tag",
            statement(
                r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:ResourceOrgID":"o-own","aws:PrincipalTag/dp:exclude:resource":"true"}}}"#,
            ),
            &[("dp:exclude:resource", "true")],
            Open,
        ),
        (
            "scp",
            "nothing by an assumed root",
            statement(
                r#"{"Effect":"Deny","Action":"*","Resource":"*","Condition":{"ArnLike":{"aws:PrincipalArn":["arn:aws:iam::*:root"]},"Null":{"aws:AssumedRoot":"true"}}}"#,
            ),
            &[],
            Open,
        ),
        (
            "scp",
            "a region fence but for a privileged role, this one",
            statement(
                r#"{"Effect":"Deny","NotAction":["iam:*","sts:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["us-east-1"]},"ArnNotLike":{"aws:PrincipalARN":"arn:aws:iam::111122223333:role/genesys/R"}}}"#,
            ),
            &[],
            Open,
        ),
        (
            "scp",
            "nothing through a chat application",
            statement(
                r#"{"Effect":"Deny","Action":["iam:AttachRolePolicy","iam:CreateAccessKey"],"Resource":"*","Condition":{"ArnLike":{"aws:ChatbotSourceArn":"arn:aws:chatbot::*:*"}}}"#,
            ),
            &[],
            Open,
        ),
        (
            "scp",
            "no changes to what protects the account",
            statement(
                r#"{"Effect":"Deny","Action":["access-analyzer:DeleteAnalyzer","guardduty:DeleteDetector","securityhub:Disable*","config:Stop*","macie2:Disable*","cloudtrail:StopLogging","kms:ScheduleKeyDeletion","ec2:CreateVpc","logs:DeleteLogGroup","route53:Delete*","backup:Delete*","aws-portal:Modify*","ram:CreateResourceShare","s3:DeleteBucket","bedrock:InvokeModel","lambda:CreateFunctionUrlConfig","lambda:CreateFunction","iam:CreateUser","organizations:LeaveOrganization"],"Resource":"*"}"#,
            ),
            &[],
            Open,
        ),
        (
            "scp alone",
            "FullAWSAccess detached at one unit",
            statement(r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#),
            &[],
            Refused,
        ),
    ];
    for (kind, what, document, tags, expected) in cases {
        assert_eq!(decide(kind, &document, tags).0, expected, "{kind}: {what}");
    }
}

#[test]
fn what_exempts_a_role_is_found_in_the_policy_and_was_tried() {
    let tag = |key: &str, value: &str| GuardExemption::Tag { key: key.to_owned(), value: value.to_owned() };
    assert_eq!(
        decide("rcp", PERIMETER, &[]).1,
        [tag("dp:exclude:identity", "true"), GuardExemption::Account]
    );
    // A tag that exempts from only one of two denials.
    let two = PERIMETER.replace(
        r#""Statement":["#,
        r#""Statement":[{"Effect":"Deny","Principal":"*","Action":"sts:AssumeRole","Resource":"*"},"#,
    );
    assert_eq!(decide("rcp", &two, &[]), (Is::Refused, Vec::new()));
    let scp = statement(
        r#"{"Effect":"Deny","Action":"lambda:*","Resource":"*","Condition":{"StringNotEquals":{"aws:PrincipalTag/stage":"production"}}}"#,
    );
    assert_eq!(decide("scp", &scp, &[]).1, [tag("stage", "production")]);
}

fn with(organization: &str, files: &[(&str, &str)]) -> Project {
    let project = Project::new(&format!("{EXAMPLE}\n{organization}\n"));
    for (name, text) in files {
        std::fs::write(project.path(name), text).unwrap();
    }
    project
}

#[test]
fn check_and_plan_evaluate_both_calls_with_the_files_of_the_spec() {
    let level = statement(r#"{"Effect":"Allow","Action":["s3:*"],"Resource":"*"}"#);
    let files = [("rcp.json", PERIMETER), ("full.json", FULL), ("s3.json", level.as_str())];
    let named = "[organization]\nrcp = [\"rcp.json\"]\nscp = { root = [\"full.json\"], ou = [\"s3.json\"] }";
    let project = with(named, &files);
    let run = project.sandbox(&["plan"]);
    run.expect(0).says("RCP rcp.json of the AWS organization will refuse Genesys Cloud at sts:AssumeRole");
    run.says("the level ou of the AWS organization will refuse Genesys Cloud at lambda:InvokeFunction");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let run = project.sandbox(&["check", "--all"]);
    run.expect(4)
        .says("RCP rcp.json of the AWS organization refuses sts:AssumeRole")
        .says("dp:exclude:identity");
    run.says("the level ou of the AWS organization refuses lambda:InvokeFunction");
    // The exemption, set by the spec.
    let exempt =
        EXAMPLE.replacen("[[role]]\n", "[[role]]\ntags = { \"dp:exclude:identity\" = \"true\" }\n", 1);
    project.write_spec(&format!("{exempt}\n[organization]\nrcp = [\"rcp.json\"]\nscp = [\"full.json\"]\n"));
    project.sandbox(&["plan"]).expect(0).says_not("will refuse");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    let run = project.sandbox(&["check"]);
    run.expect(0).says("no fault");
    // A plan that overwrites the tag reports what it shuts, with and without the documents.
    let shut = exempt.replacen("\"true\" }", "\"no\" }", 1);
    project.write_spec(&format!("{shut}\n[organization]\nrcp = [\"rcp.json\"]\n"));
    project
        .sandbox(&["plan"])
        .says("the tag `dp:exclude:identity` exempted the role, and this plan overwrites it");
    project.write_spec(&shut);
    project
        .sandbox(&["plan"])
        .says("the tag `dp:exclude:identity` is overwritten: by AWS's templates it exempts");
}

#[test]
fn what_cannot_be_a_policy_of_an_organization_is_a_fault_of_the_spec() {
    let allow = statement(r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#);
    let files = [("allow.json", allow.as_str()), ("text.json", "no")];
    for (organization, says) in [
        ("[organization]\nrcp = [\"allow.json\"]", "it can only deny"),
        ("[organization]\nscp = [\"allow.json\"]", "names no principal"),
        ("[organization]\nscp = [\"text.json\"]", "is not a policy document"),
        ("[organization]\nscp = { root = [\"none.json\"] }", "cannot read `none.json`"),
        ("[organization]\nscp = \"allow.json\"", "`scp` must be a list of files"),
        ("[organization]\nrcp = [\"../../../etc/hostname\"]", "cannot read"),
        ("[organization]\nlevels = 3", "levels"),
        ("[organization]\nrcp = []", "`rcp` has 1 to 20 files, this has 0"),
        ("[organization]\nscp = {}", "`scp` has 1 to 10 levels, this has 0"),
        ("[organization]\nscp = { root = [] }", "`scp` has 1 to 20 files, this has 0"),
    ] {
        with(organization, &files).run(&["validate"]).expect(1).says(says);
    }
    let many = format!("[organization]\nrcp = [{}]", "\"allow.json\",".repeat(21));
    with(&many, &files).run(&["validate"]).expect(1).says("this has 21");
}

/// A built-in scenario whose account may read the organization's policies.
fn delegated(name: &str) -> String {
    let text = Scenario::built_in(name).unwrap();
    let head = "[organization]\nis_delegated_administrator = true\n";
    if text.contains("[organization]\n") {
        return text.replacen("[organization]\n", head, 1);
    }
    text.replacen("[[organization.scp]]", &format!("{head}\n[[organization.scp]]"), 1)
}

#[test]
fn aws_organizations_is_read_where_it_may_be_and_only_when_it_is_asked_for() {
    let project = Project::new(&format!("{EXAMPLE}\n[organization]\nread = true\n"));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    std::fs::write(project.path("rcp.toml"), delegated("rcp-identity-perimeter")).unwrap();
    std::fs::write(
        project.path("scp.toml"),
        delegated("scp-missing-allow").replace("\"iam:*\"", "\"iam:*\", \"organizations:*\""),
    )
    .unwrap();
    project.sandbox(&["check", "--all"]).expect(0).says("the account is in no organization");
    let run = project.sandbox(&["--scenario", "rcp.toml", "check"]);
    run.expect(4)
        .says("RCP IdentityPerimeter of the AWS organization refuses sts:AssumeRole")
        .says("1 cause");
    let run = project.sandbox(&["--scenario", "scp.toml", "check"]);
    run.expect(4)
        .says("the level ou-sand-ou of the AWS organization refuses lambda:InvokeFunction")
        .says("1 cause");
    // A member account that may not read them knows that it is one.
    let run = project.sandbox(&["--scenario", "rcp-identity-perimeter", "check", "--all"]);
    run.expect(4).says("the account is a member of o-sandbox000: ask whoever administers it");
    project.write_spec(EXAMPLE);
    project.sandbox(&["--scenario", "rcp.toml", "check", "--all"]).says_not("the account is a member of");
    let permissions = |spec: &str| Project::new(spec).run(&["permissions", "--for", "check"]).stdout;
    assert!(
        permissions(&format!("{EXAMPLE}\n[organization]\nread = true\n"))
            .contains("organizations:ListPoliciesForTarget")
    );
    assert!(!permissions(EXAMPLE).contains("organizations:"));
}

#[test]
fn a_diagnosis_names_the_policy_and_the_tag_that_exempts_from_it() {
    let project = Project::new(BOTH_ENDS);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    std::fs::write(project.path("rcp.toml"), delegated("rcp-identity-perimeter")).unwrap();
    let run = project.sandbox(&["--scenario", "rcp.toml", "diagnose", ROLE, "--json"]);
    let report: Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["causes"].as_array().unwrap().len(), 1, "{report:#}");
    let text = report.to_string();
    assert!(
        text.contains(
            "aws iam tag-role --role-name GenesysDataActionRole --tags 'Key=dp:exclude:identity,Value=true'"
        ),
        "{report:#}"
    );
    // The letter exempts this role alone.
    assert!(text.contains("NotResource"), "{report:#}");
    // Without the documents it is only a suspicion.
    project.sandbox(&["apply", "--yes", "--no-check"]);
    let member = "[organization]\n[[organization.scp]]\nlevel = \"root\"\n[organization.scp.policies.Full]\nVersion = \"2012-10-17\"\nStatement = { Effect = \"Allow\", Action = \"*\", Resource = \"*\" }\n";
    std::fs::write(project.path("member.toml"), member).unwrap();
    let run = project.sandbox(&["--scenario", "member.toml", "diagnose", ROLE]);
    run.expect(0)
        .says("the account is in the organization o-sandbox000: a resource control policy (RCP) may refuse");
}
