//! SimulatePrincipalPolicy: the role's policies, its boundary and the organization's service control policies; never
//! trust, nor a function's own policy.

use std::collections::BTreeSet;

use crate::arn::Arn;
use crate::policy::document::Conditions;
use crate::policy::{
    Context, Decision, Document, Evaluation, Policies, Principal, Request, StatementOutcome, evaluate,
};
use crate::sandbox::aws::auth::role_policies;
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::documents::{self, DocumentKind};
use crate::sandbox::aws::guards::Guards;
use crate::sandbox::aws::query::{Params, QueryAnswer, Xml};
use crate::sandbox::aws::refusal::Refusal;

/// The outcome for one resource.
struct SimulatedResource {
    resource: String,
    decision: Decision,
    by_boundary: Option<bool>,
    /// The policies whose statements are decisive.
    matched: BTreeSet<String>,
}

pub(crate) fn simulate(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let params = call.params;
    let source = params.required("PolicySourceArn")?;
    let arn: Option<Arn> = source.parse().ok();
    let found = arn.as_ref().and_then(|arn| call.state.role_of_arn(arn));
    let own = found.filter(|(account, _)| *account == call.caller.account);
    let Some((account, role)) = own else {
        return Err(Refusal::no_such_entity("Unable to retrieve specified IAM entity."));
    };
    params.required("ActionNames.member.1")?;
    let actions = params.list("ActionNames");
    let resources = match params.list("ResourceArns") {
        resources if resources.is_empty() => vec!["*"],
        resources => resources,
    };
    let (mut identity, mut boundary) = role_policies(call.state, role)?;
    for text in params.list("PolicyInputList") {
        identity.push(("PolicyInputList".to_owned(), documents::check(text, DocumentKind::Inline)?));
    }
    if let Some(text) = params.list("PermissionsBoundaryPolicyInputList").first() {
        boundary = Some(("the given boundary".to_owned(), documents::check(text, DocumentKind::Inline)?));
    }
    let (mut context, given) = context_entries(params);
    let all = identity.iter().chain(&boundary).map(|(_, document)| document);
    let missing: BTreeSet<String> =
        all.flat_map(condition_keys).filter(|key| !given.contains(&key.to_ascii_lowercase())).collect();
    // A resource whose ARN has no account counts as the role's own; if a policy asks for the account, it stays unknown.
    let asks_for_owner = missing.iter().any(|key| key.eq_ignore_ascii_case("aws:ResourceAccount"));
    if !asks_for_owner && !given.contains("aws:resourceaccount") {
        context = context.with("aws:ResourceAccount", &[account.as_str()]);
    }
    let guards = Guards::of_caller(call.state, &account)?;
    let mut results = Vec::new();
    for action in actions {
        let mut by_organization = true;
        let mut simulated = Vec::new();
        for resource in &resources {
            let request = Request {
                principal: Principal::Aws(source.to_owned()),
                action: action.to_owned(),
                resource: (*resource).to_owned(),
                context: context.clone(),
            };
            let named = |documents: &[(String, Document)]| -> Vec<(String, Document)> { documents.to_vec() };
            let (identity, boundary) = (named(&identity), boundary.clone());
            let decide = |boundary: &Option<(String, Document)>| {
                let policies = Policies {
                    identity: identity.iter().map(|(name, document)| (name.clone(), document)).collect(),
                    boundary: boundary.as_ref().map(|(name, document)| (name.clone(), document)),
                    ..Policies::default()
                };
                evaluate(&policies, &request)
            };
            let Evaluation { mut decision, statements, .. } = decide(&boundary);
            let decisive = match decision {
                Decision::Allowed => Some(StatementOutcome::Allows),
                Decision::ExplicitDeny => Some(StatementOutcome::Denies),
                Decision::ImplicitDeny | Decision::Undecided => None,
            };
            let matched = statements.into_iter().filter(|one| Some(one.outcome) == decisive);
            let matched = matched.map(|one| source_policy_id(&role.name, &one.document)).collect();
            let by_boundary = boundary.is_some().then(|| {
                let alone = boundary.as_ref().map(|(name, document)| (name.clone(), document));
                let policies = Policies { identity: alone.into_iter().collect(), ..Policies::default() };
                evaluate(&policies, &request).decision == Decision::Allowed
            });
            if guards.decide(&request) != Decision::Allowed {
                by_organization = false;
                if decision == Decision::Allowed {
                    decision = Decision::ImplicitDeny;
                }
            }
            simulated.push(SimulatedResource {
                resource: (*resource).to_owned(),
                decision,
                by_boundary,
                matched,
            });
        }
        results.push((action, simulated, by_organization));
    }
    Ok(QueryAnswer::of(|xml| {
        xml.list("EvaluationResults", results, |xml, (action, simulated, by_organization)| {
            write(xml, action, &simulated, by_organization, &missing);
        });
        xml.text("IsTruncated", false);
    }))
}

/// One result per action, regardless of the number of resources: the strictest decision, and each resource's own.
fn write(
    xml: &mut Xml,
    action: &str,
    simulated: &[SimulatedResource],
    by_organization: bool,
    missing: &BTreeSet<String>,
) {
    let strictest = simulated.iter().map(|one| one.decision).max_by_key(|decision| strictness(*decision));
    let strictest = strictest.unwrap_or(Decision::ImplicitDeny);
    let allowed_by_boundary =
        |one: &[SimulatedResource]| one.iter().filter_map(|one| one.by_boundary).reduce(|a, b| a && b);
    xml.text("EvalActionName", action);
    match simulated {
        [one] => xml.text("EvalResourceName", &one.resource),
        _ => xml.text("EvalResourceName", template(action)),
    }
    xml.text("EvalDecision", word(strictest));
    xml.element("EvalDecisionDetails", |_| ());
    write_matched(xml, &simulated.iter().flat_map(|one| one.matched.clone()).collect());
    write_missing(xml, missing);
    xml.element("OrganizationsDecisionDetail", |xml| xml.text("AllowedByOrganizations", by_organization));
    write_boundary(xml, allowed_by_boundary(simulated));
    xml.list("ResourceSpecificResults", simulated, |xml, one| {
        xml.text("EvalResourceName", &one.resource);
        xml.text("EvalResourceDecision", word(one.decision));
        write_matched(xml, &one.matched);
        write_missing(xml, missing);
        write_boundary(xml, one.by_boundary);
    });
}

/// A managed policy by its name, an inline one by its role's name and its own.
fn source_policy_id(role: &str, document: &str) -> String {
    if let Some(inline) = document.strip_prefix("inline policy ") {
        return format!("role_{role}_{inline}");
    }
    document.rsplit_once('/').map_or(document, |(_, name)| name).to_owned()
}

fn write_matched(xml: &mut Xml, matched: &BTreeSet<String>) {
    xml.list("MatchedStatements", matched, |xml, policy| {
        xml.text("SourcePolicyId", policy);
        xml.text("SourcePolicyType", "IAM Policy");
    });
}

fn write_missing(xml: &mut Xml, missing: &BTreeSet<String>) {
    xml.element("MissingContextValues", |xml| missing.iter().for_each(|key| xml.text("member", key)));
}

fn write_boundary(xml: &mut Xml, allowed: Option<bool>) {
    if let Some(allowed) = allowed {
        xml.element("PermissionsBoundaryDecisionDetail", |xml| {
            xml.text("AllowedByPermissionsBoundary", allowed);
        });
    }
}

/// What AWS shows instead of several resources.
fn template(action: &str) -> &'static str {
    if action.to_ascii_lowercase().starts_with("lambda:") {
        "arn:${Partition}:lambda:${Region}:${Account}:function:${FunctionName}"
    } else {
        "*"
    }
}

fn strictness(decision: Decision) -> u8 {
    match decision {
        Decision::Allowed => 0,
        Decision::ImplicitDeny | Decision::Undecided => 1,
        Decision::ExplicitDeny => 2,
    }
}

fn word(decision: Decision) -> &'static str {
    match decision {
        Decision::Allowed => "allowed",
        Decision::ExplicitDeny => "explicitDeny",
        Decision::ImplicitDeny | Decision::Undecided => "implicitDeny",
    }
}

/// The context given in the request; keys not given are missing in the simulation. Keys are in lower case.
fn context_entries(params: &Params) -> (Context, BTreeSet<String>) {
    let mut context = Context::complete();
    let mut given = BTreeSet::new();
    for index in params.indices("ContextEntries") {
        let entry = format!("ContextEntries.member.{index}");
        if let Some(key) = params.get(&format!("{entry}.ContextKeyName")) {
            context = context.with(key, &params.list(&format!("{entry}.ContextKeyValues")));
            given.insert(key.to_ascii_lowercase());
        }
    }
    (context, given)
}

/// The keys in a document's conditions.
fn condition_keys(document: &Document) -> BTreeSet<String> {
    let conditions = document.statements.as_slice().iter().flat_map(|statement| &statement.condition);
    conditions.flat_map(Conditions::iter).map(|(_, key, _)| key.to_owned()).collect()
}
