//! SimulatePrincipalPolicy: the role's policies and boundary alone, never trust.

use crate::arn::Arn;
use crate::policy::{Decision, Policies, Principal, Request, evaluate};
use crate::sandbox::aws::auth::role_policies;
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::query::Answer;
use crate::sandbox::aws::refusal::Refusal;

pub(crate) fn simulate(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let source = call.params.get("PolicySourceArn").unwrap_or_default().to_owned();
    let arn: Option<Arn> = source.parse().ok();
    let found = arn.as_ref().and_then(|arn| call.state.role_of_arn(arn));
    let own = found.filter(|(account, _)| *account == call.caller.account);
    let Some((_, role)) = own else {
        return Err(Refusal::no_such_entity(format!("The entity {source} cannot be found.")));
    };
    let actions = call.params.list("ActionNames");
    if actions.is_empty() {
        return Err(Refusal::validation(
            "1 validation error detected: Value at 'actionNames' failed to satisfy constraint: Member must not be null",
        ));
    }
    let resources = match call.params.list("ResourceArns") {
        resources if resources.is_empty() => vec!["*"],
        resources => resources,
    };
    let (identity, boundary) = role_policies(call.state, role)?;
    let mut results = Vec::new();
    for action in actions {
        for resource in &resources {
            let request = Request {
                principal: Principal::Aws(source.clone()),
                action: action.to_owned(),
                resource: (*resource).to_owned(),
                context: call.context(),
            };
            let policies = Policies {
                identity: identity.iter().map(|(name, document)| (name.clone(), document)).collect(),
                boundary: boundary.as_ref().map(|(name, document)| (name.clone(), document)),
                ..Policies::default()
            };
            let decision = match evaluate(&policies, &request).decision {
                Decision::Allowed => "allowed",
                Decision::ExplicitDeny => "explicitDeny",
                Decision::ImplicitDeny | Decision::Undecided => "implicitDeny",
            };
            results.push((action.to_owned(), (*resource).to_owned(), decision));
        }
    }
    Ok(Answer::of(|xml| {
        xml.list("EvaluationResults", results, |xml, (action, resource, decision)| {
            xml.text("EvalActionName", action);
            xml.text("EvalResourceName", resource);
            xml.text("EvalDecision", decision);
            xml.element("MatchedStatements", |_| ());
            xml.element("MissingContextValues", |_| ());
        });
        xml.text("IsTruncated", false);
    }))
}
