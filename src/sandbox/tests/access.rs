//! Who may do what.

use super::*;

fn document(text: &str) -> Document {
    Document::parse(text).unwrap()
}

fn allow(action: &str, resource: &str) -> String {
    format!(
        r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Action":"{action}","Resource":"{resource}"}}}}"#
    )
}

fn assume(sandbox: &mut Sandbox, key: &str, more: &[(&str, &str)]) -> Answered {
    let mut params = vec![("RoleArn", ROLE_ARN), ("RoleSessionName", "probe")];
    params.extend(more);
    send_as(sandbox, key, "sts", "AssumeRole", &params)
}

/// A request with a session's credentials.
fn in_session(sandbox: &mut Sandbox, session: &Answered, service: &str, action: &str, at: &str) -> Answered {
    let request = Request::post("/")
        .header("authorization", authorization(session.one("AccessKeyId"), "us-east-1", service))
        .header("x-amz-security-token", session.one("SessionToken"))
        .body(form(action, &[("RoleName", "R")]).into_bytes())
        .unwrap();
    Answered::of(sandbox.handle(&request, at.parse().unwrap()))
}

const SOON: &str = "2026-03-01T12:00:01Z";

fn dry_run(sandbox: &mut Sandbox, session: &Answered) -> u16 {
    let request = Request::post("/2015-03-31/functions/f/invocations")
        .header("authorization", authorization(session.one("AccessKeyId"), "us-east-1", "lambda"))
        .header("x-amz-security-token", session.one("SessionToken"))
        .header("x-amz-invocation-type", "DryRun")
        .body(Vec::new())
        .unwrap();
    sandbox.handle(&request, SOON.parse().unwrap()).status().as_u16()
}

fn denied(action: &str, resource: &str, arn: &str) -> String {
    format!("User: {arn} is not authorized to perform: {action} on resource: {resource}")
}

#[test]
fn only_the_trusted_account_with_the_right_id_assumes_the_role() {
    let mut sandbox = furnished();
    let right = [("ExternalId", EXTERNAL_ID)];
    assert_eq!(assume(&mut sandbox, GENESYS, &right).status, 200);
    for (key, more) in [
        (GENESYS, &[][..]),
        (GENESYS, &[("ExternalId", "2f9c")]),
        (ACCOUNT, &right),
        ("999999999999", &right),
    ] {
        let answered = assume(&mut sandbox, key, more);
        let caller = format!("arn:aws:iam::{key}:user/sandbox");
        let message = denied("sts:AssumeRole", ROLE_ARN, &caller);
        assert_eq!(answered.error(), (403, "AccessDenied", message.as_str()));
    }
    // A role that does not exist gets the same refusal.
    let none = "arn:aws:iam::111122223333:role/none";
    let params = [("RoleArn", none), ("RoleSessionName", "probe")];
    let answered = send_as(&mut sandbox, GENESYS, "sts", "AssumeRole", &params);
    let message = denied("sts:AssumeRole", none, "arn:aws:iam::765628985471:user/sandbox");
    assert_eq!(answered.error(), (403, "AccessDenied", message.as_str()));
}

#[test]
fn an_administrator_does_not_enter_a_role_of_its_own_account_that_does_not_trust_it() {
    let mut sandbox = furnished();
    assert_eq!(assume(&mut sandbox, ACCOUNT, &[("ExternalId", EXTERNAL_ID)]).status, 403);
    let trust = TRUST.replace(GENESYS, ACCOUNT);
    done(&mut sandbox, "UpdateAssumeRolePolicy", &[("RoleName", "R"), ("PolicyDocument", &trust)]);
    assert_eq!(assume(&mut sandbox, ACCOUNT, &[("ExternalId", EXTERNAL_ID)]).status, 200);
}

#[test]
fn a_caller_of_another_account_needs_its_own_permission_too() {
    let mut sandbox = furnished();
    let user = "arn:aws:iam::765628985471:user/weak";
    let right = [("ExternalId", EXTERNAL_ID)];
    sandbox.add_identity(
        "AKIAWEAK",
        user,
        Some(vec![document(&allow("sts:AssumeRole", "arn:aws:iam::*:role/S"))]),
    );
    assert_eq!(assume(&mut sandbox, "AKIAWEAK", &right).status, 403);
    sandbox.add_identity("AKIAWEAK", user, Some(vec![document(&allow("sts:AssumeRole", ROLE_ARN))]));
    assert_eq!(assume(&mut sandbox, "AKIAWEAK", &right).status, 200);
    sandbox.add_identity("AKIAWEAK", user, Some(Vec::new()));
    assert_eq!(assume(&mut sandbox, "AKIAWEAK", &right).status, 403);
}

#[test]
fn parameters_of_a_session_are_checked() {
    let mut sandbox = furnished();
    let right = ("ExternalId", EXTERNAL_ID);
    for (more, code) in [
        (&[("ExternalId", "x")][..], "ValidationError"),
        (&[("ExternalId", "a b")], "ValidationError"),
        (&[right, ("DurationSeconds", "899")], "ValidationError"),
        (&[right, ("DurationSeconds", "3601")], "ValidationError"),
        (&[right, ("Policy", "{")], "MalformedPolicyDocument"),
        (&[right, ("RoleArn", "arn:aws:iam::111122223333:user/x")], "ValidationError"),
    ] {
        assert_eq!(assume(&mut sandbox, GENESYS, more).error().1, code, "{more:?}");
    }
}

#[test]
fn a_session_may_do_what_the_role_may_now() {
    let mut sandbox = furnished();
    let session = assume(&mut sandbox, GENESYS, &[("ExternalId", EXTERNAL_ID)]);
    assert_eq!(dry_run(&mut sandbox, &session), 204);
    let boundary = allow("iam:*", "*");
    done(&mut sandbox, "CreatePolicy", &[("PolicyName", "B"), ("PolicyDocument", &boundary)]);
    let bound = [("RoleName", "R"), ("PermissionsBoundary", "arn:aws:iam::111122223333:policy/B")];
    done(&mut sandbox, "PutRolePermissionsBoundary", &bound);
    assert_eq!(dry_run(&mut sandbox, &session), 403);
    done(&mut sandbox, "DeleteRolePermissionsBoundary", &bound[..1]);
    done(&mut sandbox, "DetachRolePolicy", &[("RoleName", "R"), ("PolicyArn", POLICY_ARN)]);
    assert_eq!(dry_run(&mut sandbox, &session), 403);
    done(
        &mut sandbox,
        "PutRolePolicy",
        &[("RoleName", "R"), ("PolicyName", "I"), ("PolicyDocument", INVOKE)],
    );
    assert_eq!(dry_run(&mut sandbox, &session), 204);
    let answered = in_session(&mut sandbox, &session, "iam", "GetRole", SOON);
    let arn = "arn:aws:sts::111122223333:assumed-role/R/probe";
    let message = format!(
        "{} because no identity-based policy allows the iam:GetRole action",
        denied("iam:GetRole", ROLE_ARN, arn)
    );
    assert_eq!(answered.error(), (403, "AccessDenied", message.as_str()));
    assert_eq!(in_session(&mut sandbox, &session, "sts", "GetCallerIdentity", SOON).one("Arn"), arn);
}

#[test]
fn a_session_policy_narrows_and_never_widens() {
    let mut sandbox = furnished();
    let right = ("ExternalId", EXTERNAL_ID);
    let nothing = allow("iam:*", "*");
    let session = assume(&mut sandbox, GENESYS, &[right, ("Policy", &nothing)]);
    assert_eq!(dry_run(&mut sandbox, &session), 403);
    let answered = in_session(&mut sandbox, &session, "iam", "GetRole", SOON);
    assert_eq!(answered.error().1, "AccessDenied");
    let session = assume(&mut sandbox, GENESYS, &[right, ("Policy", INVOKE)]);
    assert_eq!(dry_run(&mut sandbox, &session), 204);
    let arns = [right, ("PolicyArns.member.1.arn", POLICY_ARN)];
    let session = assume(&mut sandbox, GENESYS, &arns);
    assert_eq!(dry_run(&mut sandbox, &session), 204);
}

#[test]
fn a_session_ends_with_its_time_its_token_and_its_role() {
    let mut sandbox = furnished();
    let session = assume(&mut sandbox, GENESYS, &[("ExternalId", EXTERNAL_ID), ("DurationSeconds", "900")]);
    let who = |sandbox: &mut Sandbox, at: &str| in_session(sandbox, &session, "sts", "GetCallerIdentity", at);
    assert_eq!(who(&mut sandbox, "2026-03-01T12:14:59Z").status, 200);
    assert_eq!(who(&mut sandbox, "2026-03-01T12:15:00Z").error().1, "ExpiredToken");
    let key = session.one("AccessKeyId");
    let answered = send_as(&mut sandbox, key, "sts", "GetCallerIdentity", &[]);
    assert_eq!(answered.error().1, "InvalidClientTokenId", "without the token");
    done(&mut sandbox, "DetachRolePolicy", &[("RoleName", "R"), ("PolicyArn", POLICY_ARN)]);
    done(&mut sandbox, "DeleteRole", &[("RoleName", "R")]);
    done(&mut sandbox, "CreateRole", &[("RoleName", "R"), ("AssumeRolePolicyDocument", TRUST)]);
    assert_eq!(who(&mut sandbox, SOON).error().1, "InvalidClientTokenId", "another role of the same name");
}

#[test]
fn who_is_unknown_can_do_nothing() {
    let mut sandbox = furnished();
    for (service, action) in [("iam", "ListRoles"), ("sts", "GetCallerIdentity")] {
        let answered = send_as(&mut sandbox, "AKIANOBODY", service, action, &[]);
        let message = "The security token included in the request is invalid.";
        assert_eq!(answered.error(), (403, "InvalidClientTokenId", message));
    }
    let request = Request::post("/").body(form("ListRoles", &[]).into_bytes()).unwrap();
    let answered = Answered::of(sandbox.handle(&request, now()));
    assert_eq!(
        answered.error(),
        (403, "MissingAuthenticationToken", "Request is missing Authentication Token")
    );
}

#[test]
fn an_identity_may_do_what_its_policies_allow() {
    let mut sandbox = furnished();
    let arn = "arn:aws:iam::111122223333:user/dev";
    let policy = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"iam:*","Resource":"*"},{"Effect":"Deny","Action":"iam:DeleteRole","Resource":"*"},{"Effect":"Deny","Action":"iam:TagRole","Resource":"*"},{"Effect":"Deny","Action":"iam:AttachRolePolicy","Resource":"*","Condition":{"ArnEquals":{"iam:PolicyARN":"arn:aws:iam::aws:policy/AdministratorAccess"}}}]}"#;
    sandbox.add_identity("AKIADEV", arn, Some(vec![document(policy)]));
    let mut as_dev =
        |action: &str, params: &[(&str, &str)]| send_as(&mut sandbox, "AKIADEV", "iam", action, params);
    assert_eq!(as_dev("GetRole", &[("RoleName", "R")]).status, 200);
    let message = format!(
        "{} with an explicit deny in an identity-based policy",
        denied("iam:DeleteRole", ROLE_ARN, arn)
    );
    assert_eq!(as_dev("DeleteRole", &[("RoleName", "R")]).error(), (403, "AccessDenied", message.as_str()));
    let attach = |arn| [("RoleName", "R"), ("PolicyArn", arn)];
    assert_eq!(
        as_dev("AttachRolePolicy", &attach("arn:aws:iam::aws:policy/AdministratorAccess")).status,
        403
    );
    assert_eq!(as_dev("AttachRolePolicy", &attach("arn:aws:iam::aws:policy/SecurityAudit")).status, 200);
    let create = [("RoleName", "T"), ("AssumeRolePolicyDocument", TRUST)];
    let tags = [("Tags.member.1.Key", "k"), ("Tags.member.1.Value", "v")];
    assert_eq!(
        as_dev("CreateRole", &[&create[..], &tags].concat()).status,
        403,
        "tagging at creation is tagging"
    );
    assert_eq!(as_dev("CreateRole", &create).status, 200);
}

#[test]
fn accounts_do_not_see_one_another() {
    let mut sandbox = furnished();
    let answered = send_as(&mut sandbox, GENESYS, "iam", "GetRole", &[("RoleName", "R")]);
    assert_eq!(answered.error().1, "NoSuchEntity");
    let answered = send_as(&mut sandbox, GENESYS, "iam", "GetPolicy", &[("PolicyArn", POLICY_ARN)]);
    assert_eq!(answered.status, 403);
}

/// As *Revoke active sessions* in IAM's console does.
#[test]
fn a_deny_on_the_time_of_issue_ends_older_sessions_and_no_newer_ones() {
    let mut sandbox = furnished();
    let session = assume(&mut sandbox, GENESYS, &[("ExternalId", EXTERNAL_ID)]);
    let allow = allow("iam:GetRole", "*");
    done(
        &mut sandbox,
        "PutRolePolicy",
        &[("RoleName", "R"), ("PolicyName", "allow"), ("PolicyDocument", &allow)],
    );
    // Whenever it is used.
    for (older_than, status) in [("2026-03-01T12:00:30Z", 403), ("2026-03-01T11:59:00Z", 200)] {
        let revoke = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Deny","Action":"*","Resource":"*","Condition":{{"DateLessThan":{{"aws:TokenIssueTime":"{older_than}"}}}}}}}}"#
        );
        let policy =
            [("RoleName", "R"), ("PolicyName", "AWSRevokeOlderSessions"), ("PolicyDocument", &revoke)];
        done(&mut sandbox, "PutRolePolicy", &policy);
        for at in ["2026-03-01T12:00:10Z", "2026-03-01T12:10:00Z"] {
            assert_eq!(in_session(&mut sandbox, &session, "iam", "GetRole", at).status, status, "{at}");
        }
    }
}
