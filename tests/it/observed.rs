//! AWS's records of the role's use, by Genesys Cloud and anyone else, in CloudTrail, IAM and Access Analyzer.

use crate::support::served::Served;
use crate::support::{EXAMPLE, LITERAL_ID, MASKED_ID, Project, ROLE, Run, example_with};

fn applied(spec: &str) -> Project {
    let project = Project::new(spec).env("GENESYS_EXTERNAL_ID", "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90");
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project
}

fn check(project: &Project, scenario: &str, options: &[&str]) -> Run {
    project.sandbox(&[&["--scenario", scenario, "check"], options].concat())
}

const SEEN: &str = "Genesys Cloud last assumed this role 2 hours ago, with the right external ID; once in 90 days; no other account \
                    was seen (17 regions; 90 days).";

#[test]
fn a_role_that_genesys_cloud_uses_is_observed_without_an_invocation() {
    let project = applied(EXAMPLE);
    project
        .sandbox(&["check", "--require", "observed"])
        .expect(5)
        .says("Genesys Cloud was not seen to assume this role, which proves nothing")
        .says("is not proven `observed`: Genesys Cloud was not seen to assume the role");
    project.sandbox(&["check"]).expect(0).says_not("was not seen");
    check(&project, "used", &["--require", "observed"]).expect(0).says(SEEN);
    check(&project, "used", &["--format", "markdown"])
        .expect(0)
        .says("- observed: Genesys Cloud last assumed this role");
    check(&project, "used", &["--all"])
        .expect(0)
        .says("observed: what AWS recorded of the role's use")
        .says("ok       Genesys Cloud has assumed the role")
        .says("ok       sessions of the role have reached Lambda")
        .says("ok       AWS's Access Analyzer agrees about who can assume the role");
    let run = check(&project, "used", &["--json"]);
    let report: serde_json::Value = serde_json::from_str(&run.stdout).unwrap();
    assert_eq!(report["levels"]["observed"], true);
    assert_eq!(report["roles"][0]["observation"], SEEN);
    // A lower requirement allows a shorter look back.
    check(&project, "used", &["--since", "30m", "--require", "observed"]).expect(5);
    project.sandbox(&["check", "--since", "100d"]).expect(64).says("90 days");
}

#[test]
fn somebody_else_who_got_in_is_a_fault_with_a_name_until_it_is_settled() {
    let project = applied(EXAMPLE);
    check(&project, "stranger", &[])
        .expect(4)
        .says("✗ GenesysDataActionRole: Genesys Cloud can invoke `my-genesys-trigger-function`; AWS account 999988887777 got in")
        .says("1. AWS account 999988887777 has assumed the role: once, 24 hours ago (")
        .says(", with the external ID \"guessed-id\", from ")
        .says("so: they had the role's permissions and could invoke function `my-genesys-trigger-function` (CloudTrail has invocations")
        .says("; today's trust policy shuts them out")
        .says("Check: 1 cause.");
    check(&project, "stranger", &["--since", "2h"])
        .expect(0)
        .says("no other account was seen (17 regions; 2 hours)");
    let project = applied(EXAMPLE);
    check(&project, "another-customer", &[]).expect(4).says("another customer of Genesys Cloud got in");
    // They got in through a door that is still open.
    let project = applied(EXAMPLE);
    check(&project, "open-role", &["--quiet"]).expect(4);
    check(&project, "another-customer", &["--all"]).expect(4).says("and the trust policy still lets them in");
}

/// CloudTrail has each in its own region.
#[test]
fn after_an_intrusion_diagnose_looks_where_sessions_and_changes_of_iam_are_recorded() {
    let project = applied(EXAMPLE);
    let event = |minutes: u32| {
        format!(
            "[[assumed]]\nrole = \"*\"\nminutes_ago = {minutes}\nregion = \"eu-west-1\"\naccount = \"999988887777\"\n\
             session_name = \"theirs\"\n"
        )
    };
    std::fs::write(project.path("use.toml"), event(20)).unwrap();
    let diagnosed = project.sandbox(&["diagnose", ROLE, "--scenario", "use.toml"]);
    diagnosed
        .says("CloudTrail (us-east-1) > the same: UpdateAssumeRolePolicy")
        .says("lookup-events --region us-east-1 --lookup-attributes")
        .says("lookup-events --region eu-west-1 --lookup-attributes")
        .says("Revoke active sessions");
    let project = applied(EXAMPLE);
    std::fs::write(project.path("use.toml"), event(20 * 60)).unwrap();
    project
        .sandbox(&["diagnose", ROLE, "--scenario", "use.toml"])
        .says("theirs")
        .says_not("Revoke active sessions");
}

#[test]
fn a_session_that_calls_itself_a_probe_is_another_customer_without_the_right_id() {
    let project = applied(EXAMPLE);
    for id in ["", "external_id = \"9999-other-customer\"\n"] {
        let event = format!(
            "[[assumed]]\nrole = \"*\"\nminutes_ago = 5\naccount = \"{{{{genesys}}}}\"\nsession_name = \"genesys-iam-check\"\n{id}"
        );
        std::fs::write(project.path("use.toml"), &event).unwrap();
        check(&project, "use.toml", &["--since", "2h"])
            .expect(4)
            .says("another customer of Genesys Cloud got in");
    }
    // What the sandbox itself probed, through a door that was open then, is nobody.
    let project = applied(EXAMPLE);
    check(&project, "open-role", &["--quiet"]).expect(4);
    project.sandbox(&["apply", "--yes"]).expect(0);
    project.sandbox(&["check", "--since", "1h"]).expect(0).says("no other account was seen");
}

/// Whoever may assume a role does it in any region: STS has an endpoint in each, with a history of its own.
#[test]
fn somebody_who_got_in_through_another_region_is_seen_and_regions_that_were_not_asked_are_named() {
    let project = applied(EXAMPLE);
    for region in ["eu-west-1", "sa-east-1"] {
        let event = format!(
            "[[assumed]]\nrole = \"*\"\nminutes_ago = 9\naccount = \"999988887777\"\nregion = \"{region}\"\n"
        );
        std::fs::write(project.path("use.toml"), event).unwrap();
        check(&project, "use.toml", &["--all"])
            .expect(4)
            .says("AWS account 999988887777 got in")
            .says(&format!(" in {region}, without an external ID"));
    }
    let project = applied(EXAMPLE);
    check(&project, "used", &["--all"])
        .expect(0)
        .says("not looked at are regions that an account has only if it opted in: ca-west-1, mx-central-1");
}

/// The trust policy demanded another ID, someone used it, and then it was corrected: nobody got in who should not.
#[test]
fn after_a_repair_the_use_under_the_former_id_is_a_notice() {
    let former = "9a8b7c6d-0000-4000-8000-000000000000";
    let event = format!(
        "[[assumed]]\nrole = \"*\"\nminutes_ago = 0\naccount = \"{{{{genesys}}}}\"\nexternal_id = \"{}\"\n",
        "0b1c2d3e-0000-4000-8000-000000000000"
    );
    // Somebody replaced the right one: nothing was corrected.
    let tampered = applied(EXAMPLE);
    check(&tampered, "wrong-external-id", &["--quiet"]).expect(4);
    std::fs::write(tampered.path("use.toml"), &event).unwrap();
    check(&tampered, "use.toml", &["--quiet"]).expect(4);
    tampered.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    tampered.sandbox(&["check"]).expect(4).says("another customer of Genesys Cloud got in");
    // The spec had it wrong from the beginning.
    let project = Project::new(EXAMPLE);
    project.sandbox(&["plan"]).expect(0);
    project
        .write_spec(&EXAMPLE.replace(LITERAL_ID, "external_id = \"0b1c2d3e-0000-4000-8000-000000000000\""));
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    std::fs::write(project.path("use.toml"), &event).unwrap();
    project.sandbox(&["--scenario", "use.toml", "check", "--quiet"]);
    project.write_spec(EXAMPLE);
    project.sandbox(&["apply", "--yes", "--no-check"]).expect(0);
    project
        .sandbox(&["check"])
        .expect(0)
        .says("with the external ID that the trust policy demanded until it was corrected: if that was your organization")
        .says("`genesys-iam --sandbox check --since 2")
        .says_not("another customer");
    project
        .sandbox(&["diagnose", "GenesysDataActionRole"])
        .expect(0)
        .says("diagnose GenesysDataActionRole --since 2");
    let other = event.replace("0b1c2d3e-0000-4000-8000-000000000000", former);
    std::fs::write(project.path("use.toml"), other).unwrap();
    check(&project, "use.toml", &[]).expect(4).says("another customer of Genesys Cloud got in");
}

#[test]
fn an_external_id_of_someone_else_is_masked_where_the_spec_masks_its_own() {
    let project = applied(&example_with(LITERAL_ID, MASKED_ID));
    for format in ["text", "json", "markdown"] {
        check(&project, "stranger", &["--all", "--format", format])
            .expect(4)
            .says("with another external ID")
            .says_not("guessed-id");
    }
}

#[test]
fn in_a_fleet_nobody_looks_unless_asked() {
    let project = applied(EXAMPLE);
    project.write_spec(EXAMPLE);
    let other = EXAMPLE.replace("GenesysDataActionRole", "OtherRole");
    std::fs::write(project.path("other.toml"), other).unwrap();
    let files = ["--file", "genesys.toml", "--file", "other.toml"];
    project.sandbox(&[&files[..], &["apply", "--yes", "--no-check"]].concat());
    let quiet = project.sandbox(&[&["--scenario", "used"], &files[..], &["check"]].concat());
    quiet.says_not("last assumed this role");
    let asked = project.sandbox(&[&files[..], &["check", "--since", "7d"]].concat());
    asked.says("last assumed this role 2 hours ago").says("(17 regions; 7 days)");
}

/// AWS's own client understands the sandbox's answers, so our reader is tested with real shapes.
#[test]
fn boto3_reads_the_same_history_findings_and_services() {
    let served = Served::new(&["--scenario", "used"]);
    served.boto3(
        "
import time
trail = boto3.client('cloudtrail')
analyzer = boto3.client('accessanalyzer')
trust = json.dumps({'Version': '2012-10-17', 'Statement': [{'Effect': 'Allow', 'Action': 'sts:AssumeRole',
    'Principal': {'AWS': '765628985471'}, 'Condition': {'StringEquals': {'sts:ExternalId': 'the-id'}}}]})
role = iam.create_role(RoleName='Seen', AssumeRolePolicyDocument=trust)['Role']['Arn']
genesys = boto3.client('sts', aws_access_key_id='765628985471', aws_secret_access_key='x')
for n in range(3):
    genesys.assume_role(RoleArn=role, RoleSessionName=f's{n}', ExternalId='the-id')
look = {'LookupAttributes': [{'AttributeKey': 'ResourceName', 'AttributeValue': role}]}
pages = list(trail.get_paginator('lookup_events').paginate(**look, PaginationConfig={'PageSize': 2}))
events = [json.loads(event['CloudTrailEvent']) for page in pages for event in page['Events']]
assert [len(page['Events']) for page in pages] == [2, 2], pages
made = [e for e in events if e['eventName'] == 'CreateRole']
assert json.loads(made[0]['requestParameters']['assumeRolePolicyDocument']) == json.loads(trust), made
events = [e for e in events if e['eventName'] == 'AssumeRole']
assert {e['requestParameters']['externalId'] for e in events} == {'the-id'}, events
assert {e['userIdentity']['accountId'] for e in events} == {'765628985471'}, events
assert all('sessionToken' not in json.dumps(e) for e in events)
assert trail.lookup_events(**look, StartTime=time.time() + 60)['Events'] == []
job = iam.generate_service_last_accessed_details(Arn=role)['JobId']
details = iam.get_service_last_accessed_details(JobId=job)
assert details['JobStatus'] == 'COMPLETED', details
arn = analyzer.list_analyzers(type='ACCOUNT')['analyzers'][0]['arn']
found = analyzer.list_findings_v2(analyzerArn=arn, filter={'resource': {'eq': [role]}})['findings']
assert len(found) == 1 and found[0]['findingType'] == 'ExternalAccess' and 'principal' not in found[0], found
whole = analyzer.get_finding_v2(analyzerArn=arn, id=found[0]['id'])['findingDetails'][0]['externalAccessDetails']
assert whole['principal'] == {'AWS': '765628985471'} and whole['condition'] == {'sts:ExternalId': 'the-id'}, whole
old = analyzer.list_findings(analyzerArn=arn, filter={'resource': {'eq': [role]}})['findings']
assert old[0]['principal'] == whole['principal'], old
",
    );
}
