//! What an organization takes away: service control policies by level, and resource control policies
//! (AWS Organizations User Guide, `orgs_manage_policies_scps_evaluation` and `orgs_manage_policies_rcps_evaluation`).

use super::document::{ActionElement, Document, Effect, PrincipalElement, Principals, VERSION_2012};
use super::evaluate::{Decision, Evaluation, Guard, Policies, StatementTrace, companions, evaluate, judge};
use super::request::{Principal, Request};

/// The organization policies that affect a request. The caller is limited by the service control policies of its
/// account, the resource by the resource control policies of its own. Accounts without any, such as the management
/// account and accounts outside the organization, have none.
#[derive(Debug, Clone, Default)]
pub struct Guardrails<'a> {
    /// Root, organizational units, account: each needs at least one policy that allows.
    pub scp: Vec<GuardrailLevel<'a>>,
    /// From all levels together: they only deny.
    pub rcp: Vec<(String, &'a Document)>,
}

/// Policies attached at the same level.
#[derive(Debug, Clone)]
pub struct GuardrailLevel<'a> {
    pub name: String,
    pub policies: Vec<(String, &'a Document)>,
}

/// Services whose resources an RCP can protect (AWS Organizations User Guide, "Resource control policies", 2026); the
/// list grows.
const GUARDED: [&str; 11] = [
    "s3",
    "sts",
    "kms",
    "sqs",
    "secretsmanager",
    "cognito-identity",
    "cognito-idp",
    "logs",
    "dynamodb",
    "ecr",
    "aoss",
];
/// Services relevant to this tool that are not on the list.
const UNGUARDED: [&str; 2] = ["lambda", "iam"];

/// Why a document cannot be a service control policy.
pub fn scp_fault(document: &Document) -> Option<String> {
    if let Some(fault) = version_fault(document) {
        return Some(fault);
    }
    let named = document.statements.as_slice().iter().position(|statement| statement.principal.is_some());
    named.map(|index| format!("statement {}: a service control policy names no principal", index + 1))
}

/// Why a document cannot be a resource control policy. AWS's own `RCPFullAWSAccess`, which allows everything, can be
/// one.
pub fn rcp_fault(document: &Document) -> Option<String> {
    if let Some(fault) = version_fault(document) {
        return Some(fault);
    }
    for (index, statement) in document.statements.as_slice().iter().enumerate() {
        let is_everyone = match &statement.principal {
            Some(PrincipalElement::Principal(Principals::Any)) => true,
            Some(PrincipalElement::Principal(_)) => statement.principals().eq([("AWS", "*")]),
            _ => false,
        };
        let is_full_access = statement.effect == Effect::Allow
            && statement.action_values() == ["*"]
            && statement.resource_values() == ["*"]
            && statement.condition.is_none();
        let fault = match &statement.action {
            _ if !is_everyone => "its Principal must be \"*\"",
            _ if is_full_access => continue,
            _ if statement.effect == Effect::Allow => "it can only deny",
            Some(ActionElement::NotAction(_)) => "it has no NotAction",
            Some(ActionElement::Action(actions)) if actions.as_slice().iter().any(|action| action == "*") => {
                "its Action must begin with a service"
            }
            _ => continue,
        };
        return Some(format!("statement {}: of a resource control policy {fault}", index + 1));
    }
    None
}

fn version_fault(document: &Document) -> Option<String> {
    (document.version.as_deref() != Some(VERSION_2012))
        .then(|| format!("the Version of an organization's policy must be {VERSION_2012}"))
}

/// Evaluates a request by the policies that affect it and by what the organizations of caller and resource leave. No
/// policy can restore what they take away.
pub fn evaluate_guarded(
    policies: &Policies<'_>,
    guardrails: &Guardrails<'_>,
    request: &Request,
) -> Evaluation {
    let mut evaluation = evaluate(policies, request);
    let mut actions = vec![request.action.clone()];
    actions.extend(companions(request).into_iter().map(|(action, _)| action.to_owned()));
    for action in actions {
        let request = Request { action, ..request.clone() };
        let (guard, statements) = guard(guardrails, &request);
        evaluation.statements.extend(statements);
        let Some((decision, reason)) = taken(guard) else { continue };
        let is_stronger = match (evaluation.decision, decision) {
            (Decision::ExplicitDeny, _) => false,
            (_, Decision::ExplicitDeny) => true,
            (Decision::ImplicitDeny, _) => false,
            (_, Decision::ImplicitDeny) => true,
            (current, _) => current == Decision::Allowed,
        };
        if is_stronger {
            (evaluation.decision, evaluation.reason) = (decision, reason);
        }
    }
    evaluation
}

/// What the organizations of caller and resource alone leave of a request: allowed if they take nothing away.
pub fn judge_guardrails(guardrails: &Guardrails<'_>, request: &Request) -> Evaluation {
    let (guard, statements) = guard(guardrails, request);
    let (decision, reason) = taken(guard)
        .unwrap_or_else(|| (Decision::Allowed, "no policy of the organization takes it away".to_owned()));
    Evaluation { decision, reason, statements }
}

/// `None`: no limit.
fn taken(guard: Guard) -> Option<(Decision, String)> {
    Some(match guard {
        Guard::Open => return None,
        Guard::Denied(reason) => (Decision::ExplicitDeny, reason),
        Guard::NotAllowed(reason) => (Decision::ImplicitDeny, reason),
        Guard::Undecided(reason) => (Decision::Undecided, reason),
    })
}

fn guard(guardrails: &Guardrails<'_>, request: &Request) -> (Guard, Vec<StatementTrace>) {
    let mut guards = Vec::new();
    let mut statements = Vec::new();
    if is_service_linked(&request.principal) {
        return (Guard::Open, statements);
    }
    if !guardrails.rcp.is_empty() {
        let (guard, traces) = judge(&guardrails.rcp, request, None);
        let service = request.action.split(':').next().unwrap_or_default().to_ascii_lowercase();
        let is_guarded = GUARDED.contains(&service.as_str());
        if is_guarded || !UNGUARDED.contains(&service.as_str()) {
            statements.extend(traces);
            guards.push(match guard {
                Guard::Denied(reason) if !is_guarded => Guard::Undecided(format!(
                    "{reason}, but whether resource control policies reach {service} is not known"
                )),
                guard => guard,
            });
        }
    }
    // They limit principals of the organization's accounts, not services, identity providers or anonymous callers.
    if matches!(request.principal, Principal::Aws(_)) {
        for GuardrailLevel { name, policies } in &guardrails.scp {
            let (guard, traces) = judge(policies, request, Some(&format!("the level `{name}`")));
            statements.extend(traces);
            guards.push(guard);
        }
    }
    (Guard::strongest(guards), statements)
}

/// Neither kind limits service-linked roles.
fn is_service_linked(principal: &Principal) -> bool {
    let Principal::Aws(arn) = principal else { return false };
    arn.contains(":role/aws-service-role/") || arn.contains(":assumed-role/AWSServiceRoleFor")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::Context;

    fn document(statements: &str) -> Document {
        Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statements}]}}"#)).unwrap()
    }

    const ROLE: &str = "arn:aws:iam::111122223333:role/genesys-invoke";
    const FUNCTION: &str = "arn:aws:lambda:eu-west-1:111122223333:function:f";
    const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/genesys-invoke/session";
    const FULL: &str = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
    /// Like AWS's identity perimeter template: outsiders are refused unless they are listed or the role has a tag.
    const PERIMETER: &str = r#"{"Sid":"OwnIdentities","Effect":"Deny","Principal":"*","Action":["s3:*","sts:AssumeRole","kms:*"],"Resource":"*","Condition":{"StringNotEqualsIfExists":{"aws:PrincipalOrgID":"o-own","aws:PrincipalAccount":["444455556666","LISTED"],"aws:ResourceTag/dp:exclude:identity":"true"},"BoolIfExists":{"aws:PrincipalIsAWSService":"false"}}}"#;
    const HTTPS: &str = r#"{"Effect":"Deny","Principal":"*","Action":["s3:*","sts:*"],"Resource":"*","Condition":{"BoolIfExists":{"aws:SecureTransport":"false"}}}"#;
    const REGIONS: &str = r#"{"Effect":"Deny","NotAction":["iam:*","sts:*"],"Resource":"*","Condition":{"StringNotEquals":{"aws:RequestedRegion":["eu-west-1","eu-central-1"]}}}"#;

    fn assume(rcp: &str, context: Context) -> Decision {
        let trust = document(
            r#"{"Effect":"Allow","Principal":{"AWS":"765628985471"},"Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x1"}}}"#,
        );
        let rcp = document(rcp);
        assert_eq!(rcp_fault(&rcp), None);
        let request = Request {
            principal: Principal::Aws("arn:aws:iam::765628985471:root".to_owned()),
            action: "sts:AssumeRole".to_owned(),
            resource: ROLE.to_owned(),
            context: context
                .with("sts:ExternalId", &["x1"])
                .with("aws:PrincipalAccount", &["765628985471"])
                .with("aws:PrincipalIsAWSService", &["false"])
                .with("aws:SecureTransport", &["true"]),
        };
        let policies = Policies { resource: Some(("trust".to_owned(), &trust)), ..Policies::default() };
        let guardrails = Guardrails { rcp: vec![("rcp".to_owned(), &rcp)], ..Guardrails::default() };
        evaluate_guarded(&policies, &guardrails, &request).decision
    }

    #[test]
    fn an_identity_perimeter_refuses_genesys_cloud_unless_it_is_exempt() {
        let none = Context::complete;
        assert_eq!(assume(PERIMETER, none()), Decision::ExplicitDeny);
        assert_eq!(
            assume(PERIMETER, none().with("aws:ResourceTag/dp:exclude:identity", &["true"])),
            Decision::Allowed
        );
        assert_eq!(assume(&PERIMETER.replace("LISTED", "765628985471"), none()), Decision::Allowed);
        assert_eq!(assume(PERIMETER, none().with("aws:PrincipalOrgID", &["o-own"])), Decision::Allowed);
        assert_eq!(
            assume(PERIMETER, none().with("aws:PrincipalOrgID", &["o-other"])),
            Decision::ExplicitDeny
        );
        assert_eq!(assume(HTTPS, none()), Decision::Allowed);
    }

    #[test]
    fn what_a_guardrail_asks_and_nobody_knows_is_undecided() {
        let unknown = Context::complete().unknown("aws:ResourceTag/dp:exclude:identity");
        assert_eq!(assume(PERIMETER, unknown), Decision::Undecided);
        assert_eq!(assume(PERIMETER, Context::partial()), Decision::Undecided);
        let scp = document(&format!("{FULL},{REGIONS}"));
        let level = vec![level("root", &[&scp])];
        assert_eq!(invoke(&level, Context::complete().unknown("aws:RequestedRegion")), Decision::Undecided);
    }

    fn level<'a>(name: &str, documents: &[&'a Document]) -> GuardrailLevel<'a> {
        GuardrailLevel {
            name: name.to_owned(),
            policies: documents.iter().map(|scp| (name.to_owned(), *scp)).collect(),
        }
    }

    fn invoke(scp: &[GuardrailLevel<'_>], context: Context) -> Decision {
        invoke_as(SESSION, scp, context)
    }

    fn invoke_as(caller: &str, scp: &[GuardrailLevel<'_>], context: Context) -> Decision {
        let own = document(FULL);
        let policies = Policies { identity: vec![("own".to_owned(), &own)], ..Policies::default() };
        let request = Request {
            principal: Principal::Aws(caller.to_owned()),
            action: "lambda:InvokeFunction".to_owned(),
            resource: FUNCTION.to_owned(),
            context,
        };
        let guardrails = Guardrails { scp: scp.to_vec(), ..Guardrails::default() };
        evaluate_guarded(&policies, &guardrails, &request).decision
    }

    fn in_region(region: &str) -> Context {
        Context::complete().with("aws:RequestedRegion", &[region])
    }

    #[test]
    fn a_region_fence_denies_outside_its_list() {
        let (full, fence) = (document(FULL), document(REGIONS));
        let side_by_side = [level("root", &[&full, &fence])];
        assert_eq!(invoke(&side_by_side, in_region("eu-west-1")), Decision::Allowed);
        assert_eq!(invoke(&side_by_side, in_region("us-east-1")), Decision::ExplicitDeny);
    }

    #[test]
    fn every_level_has_to_allow_and_one_policy_of_it_is_enough() {
        let (full, s3) = (document(FULL), document(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#));
        let all = [level("root", &[&full]), level("ou", &[&s3, &full]), level("account", &[&full])];
        assert_eq!(invoke(&all, Context::complete()), Decision::Allowed);
        let detached = [level("root", &[&full]), level("ou", &[&s3]), level("account", &[&full])];
        assert_eq!(invoke(&detached, Context::complete()), Decision::ImplicitDeny);
        let empty = [level("root", &[&full]), level("ou", &[])];
        assert_eq!(invoke(&empty, Context::complete()), Decision::ImplicitDeny);
    }

    #[test]
    fn service_linked_roles_are_held_by_neither() {
        let deny = document(r#"{"Effect":"Deny","Action":"*","Resource":"*"}"#);
        let linked = "arn:aws:sts::111122223333:assumed-role/AWSServiceRoleForLambda/session";
        assert_eq!(invoke_as(linked, &[level("root", &[&deny])], Context::complete()), Decision::Allowed);
    }

    #[test]
    fn an_rcp_does_not_reach_lambda_and_may_reach_what_is_not_known() {
        let everything = document(
            r#"{"Effect":"Deny","Principal":"*","Action":["lambda:*","sns:*","s3:*"],"Resource":"*"}"#,
        );
        let own = document(FULL);
        let policies = Policies { identity: vec![("own".to_owned(), &own)], ..Policies::default() };
        let decide = |action: &str, resource: &str| {
            let request = Request {
                principal: Principal::Aws(SESSION.to_owned()),
                action: action.to_owned(),
                resource: resource.to_owned(),
                context: Context::complete().with("aws:ResourceAccount", &["111122223333"]),
            };
            let guardrails =
                Guardrails { rcp: vec![("rcp".to_owned(), &everything)], ..Guardrails::default() };
            evaluate_guarded(&policies, &guardrails, &request).decision
        };
        assert_eq!(decide("lambda:InvokeFunction", FUNCTION), Decision::Allowed);
        assert_eq!(decide("sns:Publish", "arn:aws:sns:eu-west-1:111122223333:t"), Decision::Undecided);
        assert_eq!(decide("s3:GetObject", "arn:aws:s3:::b/k"), Decision::ExplicitDeny);
    }

    #[test]
    fn a_guardrail_allows_nothing() {
        let policies = Policies { identity: vec![], ..Policies::default() };
        let full = document(FULL);
        let request = Request {
            principal: Principal::Aws(SESSION.to_owned()),
            action: "lambda:InvokeFunction".to_owned(),
            resource: FUNCTION.to_owned(),
            context: Context::complete(),
        };
        let guardrails = Guardrails { scp: vec![level("root", &[&full])], ..Guardrails::default() };
        assert_eq!(evaluate_guarded(&policies, &guardrails, &request).decision, Decision::ImplicitDeny);
    }

    #[test]
    fn what_aws_takes_as_no_guardrail_is_refused() {
        assert_eq!(scp_fault(&document(&format!("{FULL},{REGIONS}"))), None);
        let full = r#"{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}"#;
        assert_eq!(rcp_fault(&document(full)), None);
        assert!(scp_fault(&document(full)).is_some());
        for wrong in [
            r#"{"Effect":"Allow","Principal":"*","Action":"s3:*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Principal":"*","Action":"*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Principal":"*","NotAction":"s3:*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Principal":{"AWS":"111122223333"},"Action":"s3:*","Resource":"*"}"#,
            r#"{"Effect":"Deny","NotPrincipal":"*","Action":"s3:*","Resource":"*"}"#,
            r#"{"Effect":"Deny","Action":"s3:*","Resource":"*"}"#,
        ] {
            assert!(rcp_fault(&document(wrong)).is_some(), "{wrong}");
        }
        let old = Document::parse(&format!(r#"{{"Statement":{FULL}}}"#)).unwrap();
        assert!(scp_fault(&old).is_some() && rcp_fault(&old).is_some());
    }
}
