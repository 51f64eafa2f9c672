//! Evidence from the live documents, evaluated offline. Pure.

use std::collections::{BTreeMap, BTreeSet};

use super::facts::{Facts, FunctionFacts, FunctionState};
use super::{Level, Line, Outcome};
use crate::arn::{AccountId, Arn, FunctionArn};
use crate::aws::Simulated;
use crate::model::{DesiredRole, Live, LiveRole};
use crate::policy::access::{Access, principal_in_words, uncovered};
use crate::policy::document::{Effect, PrincipalElement, Principals, Statement};
use crate::policy::lint::{Expected, LINTS, Severity, lint_permissions, lint_trust};
use crate::policy::{
    Context, Decision, Document, EXTERNAL_ID, Evaluation, Policies, Principal, Request, evaluate,
};
use crate::spec::{KNOWN_GENESYS_ACCOUNTS, genesys_account_name};

/// An account that nobody trusts: the documentation's own.
const STRANGER: &str = "444455556666";

/// A session name for evaluations; sessions of Genesys Cloud have names of their own.
const SESSION: &str = "genesys-cloud";

/// All lines of the evaluated level for one role.
pub fn evaluated(facts: &Facts) -> Vec<Line> {
    let Facts { live, desired, functions, simulated } = facts;
    let Some(role) = &live.role else {
        return vec![fail(
            format!("role `{}` exists", desired.role.name),
            "IAM has no role of that name".to_owned(),
            "run `genesys-iam apply`".to_owned(),
        )];
    };
    let mut lines = trust(role, desired);
    for function in functions {
        lines.push(existence(&function.arn, &function.state));
        let evaluation =
            may_invoke(role, &function.arn, function.policy.as_ref().ok().and_then(Option::as_ref));
        lines.push(permission(desired, function, live, &evaluation));
        if let Some(simulated) = simulated {
            lines.extend(second_opinion(&function.arn, evaluation.decision, simulated));
        }
    }
    lines.push(nothing_else(role, desired));
    lines.push(known_mistakes(role, desired));
    lines
}

/// The lints over the trust policy and the spec's own policy, as they are live.
fn known_mistakes(role: &LiveRole, desired: &DesiredRole) -> Line {
    let known: Vec<(&str, &str)> = KNOWN_GENESYS_ACCOUNTS
        .iter()
        .filter(|known| known.for_customers)
        .map(|known| (known.id, known.name))
        .collect();
    let expected = Expected {
        trusted: Some(&desired.genesys_account_id),
        verifier: desired.verifier.as_ref(),
        functions: &desired.functions,
        known_accounts: &known,
    };
    let mut findings = lint_trust(&role.role.assume_role_policy, &expected);
    if let Some(policy) = role.attached.get(&desired.policy.arn) {
        findings.extend(lint_permissions(&policy.document, &expected));
    }
    let claim = "the documents hold none of the known mistakes".to_owned();
    if findings.is_empty() {
        let seen = format!("{} lints over the trust policy and the policy of the spec", LINTS.len());
        return Line { level: Level::Evaluated, claim, outcome: Outcome::Pass, seen, meaning: String::new() };
    }
    let found: Vec<String> =
        findings.iter().map(|finding| format!("{} ({})", finding.lint.name, finding.message)).collect();
    let is_error = findings.iter().any(|finding| finding.lint.severity == Severity::Error);
    Line {
        level: Level::Evaluated,
        claim,
        outcome: if is_error { Outcome::Fail } else { Outcome::NotProvable },
        seen: found.join("; "),
        meaning: findings[0].lint.remedy.to_owned(),
    }
}

fn fail(claim: String, seen: String, meaning: String) -> Line {
    Line { level: Level::Evaluated, claim, outcome: Outcome::Fail, seen, meaning }
}

/// Whether a principal with an external ID may assume the role, by the role's live trust policy alone.
pub fn may_assume(role: &LiveRole, principal: &Principal, external_id: Option<&str>) -> Evaluation {
    let context = match external_id {
        Some(id) => Context::partial().with("sts:ExternalId", &[id]),
        None => Context::partial().without("sts:ExternalId"),
    };
    let context = context.with("aws:SecureTransport", &["true"]);
    let context = match principal {
        Principal::Aws(arn) => match arn.parse::<Arn>() {
            Ok(arn) => context.with("aws:PrincipalAccount", &[&arn.account]),
            Err(_) => context,
        },
        _ => context,
    };
    let request = Request {
        principal: principal.clone(),
        action: "sts:AssumeRole".to_owned(),
        resource: role.role.arn.to_string(),
        context,
    };
    let trust = Some(("the trust policy".to_owned(), &role.role.assume_role_policy));
    evaluate(&Policies { resource: trust, ..Policies::default() }, &request)
}

fn trust(role: &LiveRole, desired: &DesiredRole) -> Vec<Line> {
    let right = desired.external_id.expose();
    let account = |account: &AccountId| {
        Principal::Aws(Arn::account_root(&desired.role.arn.partition, account).to_string())
    };
    let genesys = account(&desired.genesys_account_id);
    let name = principal_in_words("AWS", desired.genesys_account_id.as_str(), genesys_account_name);
    let mut lines = vec![must_be_allowed(
        format!("{name} with the right external ID may assume the role"),
        &may_assume(role, &genesys, Some(right)),
        &role.role.name,
    )];
    let [altered, swapped] = near_misses(right);
    let wrong: [(&str, Option<&str>); 4] = [
        ("a wrong external ID", Some(&altered)),
        ("the external ID in other case", Some(&swapped)),
        ("an empty external ID", Some("")),
        ("no external ID", None),
    ];
    for (what, id) in wrong.into_iter().filter(|(_, id)| *id != Some(right)) {
        lines.push(must_be_denied(
            format!("{name} with {what} may not assume the role"),
            &may_assume(role, &genesys, id),
        ));
    }
    let strangers: [(String, Principal); 3] = [
        (
            format!("another AWS account ({STRANGER}) with the right external ID"),
            Principal::Aws(format!("arn:{}:iam::{STRANGER}:root", desired.role.arn.partition)),
        ),
        ("an anonymous caller with the right external ID".to_owned(), Principal::Anonymous),
        (
            "an AWS service (lambda.amazonaws.com)".to_owned(),
            Principal::Service("lambda.amazonaws.com".to_owned()),
        ),
    ];
    for (who, principal) in strangers {
        lines.push(must_be_denied(
            format!("{who} may not assume the role"),
            &may_assume(role, &principal, Some(right)),
        ));
    }
    if let Some(verifier) = &desired.verifier {
        let principal = Principal::Aws(verifier.to_string());
        lines.push(must_be_allowed(
            format!("the verifier ({verifier}) with the right external ID may assume the role"),
            &may_assume(role, &principal, Some(right)),
            &role.role.name,
        ));
        lines.push(must_be_denied(
            "the verifier without an external ID may not assume the role".to_owned(),
            &may_assume(role, &principal, None),
        ));
    }
    lines.push(named_principals(role, desired));
    lines.push(no_other_external_id(role, desired));
    lines
}

/// Every Allow must demand the spec's external ID and no other. By structure, since no table of requests can try
/// every other ID; what a Deny takes back is not counted.
fn no_other_external_id(role: &LiveRole, desired: &DesiredRole) -> Line {
    let right = desired.external_id.expose();
    let document = role.role.assume_role_policy.canonical();
    let mut others = Vec::new();
    for (index, statement) in role.role.assume_role_policy.statements.as_slice().iter().enumerate() {
        if statement.effect == Effect::Allow
            && let Some(other) = accepted_beside(statement, right)
        {
            others.push(format!("statement {} {other}", index + 1));
        }
    }
    let claim = "no other external ID is accepted".to_owned();
    if others.is_empty() && document.unknown.is_empty() {
        let seen = "every Allow of the trust policy demands this one external ID".to_owned();
        return Line { level: Level::Evaluated, claim, outcome: Outcome::Pass, seen, meaning: String::new() };
    }
    if others.is_empty() {
        others.push("the document has an element that IAM's grammar does not have".to_owned());
    }
    fail(
        claim,
        others.join("; "),
        "whoever brings another ID that it accepts is let in; `genesys-iam apply` restores the trust policy of the \
         spec"
            .to_owned(),
    )
}

/// What a statement accepts other than the right external ID; `None` when nothing.
pub fn accepted_beside(statement: &Statement, right: &str) -> Option<String> {
    // An external ID has no wildcards, so that StringLike with it means the same.
    let demands = statement.conditions().on(EXTERNAL_ID);
    let mut equal = demands.filter(|(operator, _)| matches!(*operator, "StringEquals" | "StringLike"));
    let Some((operator, values)) = equal.next() else {
        return Some("does not demand one".to_owned());
    };
    if equal.next().is_some() {
        return Some("has the key sts:ExternalId more than once".to_owned());
    }
    let others: Vec<String> = values.iter().map(ToString::to_string).filter(|value| value != right).collect();
    match others.as_slice() {
        [] if values.is_empty() => Some("has an empty list of external IDs".to_owned()),
        [] => None,
        others => Some(format!("also accepts {} by {operator}", others.join(", "))),
    }
}

/// Everyone whom the trust policy names must be Genesys Cloud.
fn named_principals(role: &LiveRole, desired: &DesiredRole) -> Line {
    let root = Arn::account_root(&desired.role.arn.partition, &desired.genesys_account_id).to_string();
    let mut others = BTreeSet::new();
    for statement in role.role.assume_role_policy.canonical().statements.as_slice() {
        if statement.effect != Effect::Allow {
            continue;
        }
        match &statement.principal {
            Some(PrincipalElement::Principal(Principals::ByKind(kinds))) => {
                for (kind, values) in kinds {
                    for value in values.as_slice() {
                        let genesys = *value == root || value == desired.genesys_account_id.as_str();
                        let verifier = desired.verifier.as_ref().is_some_and(|arn| arn.to_string() == *value);
                        if kind != "AWS" || !(genesys || verifier) {
                            others.insert(principal_in_words(kind, value, genesys_account_name));
                        }
                    }
                }
            }
            Some(PrincipalElement::Principal(Principals::Any)) | None => {
                others.insert("anyone".to_owned());
            }
            Some(PrincipalElement::NotPrincipal(_)) => {
                others.insert("everyone but those named in a NotPrincipal".to_owned());
            }
        }
    }
    let claim = "nobody else is named in the trust policy".to_owned();
    if others.is_empty() {
        let seen = match &desired.verifier {
            Some(verifier) => {
                format!(
                    "only {} and the verifier {verifier} are",
                    principal_in_words("AWS", &root, genesys_account_name)
                )
            }
            None => format!("only {} is", principal_in_words("AWS", &root, genesys_account_name)),
        };
        return Line { level: Level::Evaluated, claim, outcome: Outcome::Pass, seen, meaning: String::new() };
    }
    let others: Vec<String> = others.into_iter().collect();
    fail(
        claim,
        format!("it also lets in {}", others.join(", ")),
        "if that is not intended, `genesys-iam apply` restores the trust policy of the spec".to_owned(),
    )
}

fn must_be_allowed(claim: String, evaluation: &Evaluation, role: &str) -> Line {
    let (outcome, meaning) = match evaluation.decision {
        Decision::Allowed => (Outcome::Pass, String::new()),
        Decision::Undecided => {
            (Outcome::NotProvable, "it hangs on something that only AWS and Genesys Cloud know".to_owned())
        }
        Decision::ExplicitDeny | Decision::ImplicitDeny => (
            Outcome::Fail,
            format!("`genesys-iam plan` shows how the trust policy of `{role}` differs; `apply` mends it"),
        ),
    };
    Line { level: Level::Evaluated, claim, outcome, seen: in_words(evaluation), meaning }
}

fn must_be_denied(claim: String, evaluation: &Evaluation) -> Line {
    let (outcome, meaning) = match evaluation.decision {
        Decision::ExplicitDeny | Decision::ImplicitDeny => (Outcome::Pass, String::new()),
        Decision::Undecided => (
            Outcome::Fail,
            "whether it is refused cannot be told, so it counts as open; `genesys-iam apply` restores the trust \
             policy of the spec"
                .to_owned(),
        ),
        Decision::Allowed => (
            Outcome::Fail,
            "the role is open; `genesys-iam apply` restores the trust policy of the spec".to_owned(),
        ),
    };
    Line { level: Level::Evaluated, claim, outcome, seen: in_words(evaluation), meaning }
}

fn in_words(evaluation: &Evaluation) -> String {
    match evaluation.decision {
        Decision::Undecided => format!("undecided: {}", evaluation.reason),
        _ => evaluation.reason.clone(),
    }
}

fn existence(function: &FunctionArn, state: &FunctionState) -> Line {
    let claim = format!("{} exists and is ready", name_of(function));
    let (outcome, seen, meaning) = match state {
        FunctionState::Missing => (
            Outcome::Fail,
            format!("Lambda in {} has no such function, alias or version", function.region()),
            "deploy the function, or correct `functions` in the spec".to_owned(),
        ),
        FunctionState::Unknown(why) => (
            Outcome::NotProvable,
            why.clone(),
            "`lambda:GetFunctionConfiguration` is not permitted".to_owned(),
        ),
        FunctionState::Exists { state, reason, timeout: _ } => match state.as_deref() {
            Some("Active") | None => {
                (Outcome::Pass, format!("the Lambda API knows {function}"), String::new())
            }
            // An inactive function wakes at the next invocation, which fails meanwhile.
            Some(state @ ("Pending" | "Inactive")) => (
                Outcome::NotProvable,
                format!("its state is {state}"),
                "an invocation now may fail; try again when it is Active".to_owned(),
            ),
            Some(state) => (
                Outcome::Fail,
                format!("its state is {state}: {}", reason.as_deref().unwrap_or("no reason given")),
                "mend and deploy the function".to_owned(),
            ),
        },
    };
    Line { level: Level::Evaluated, claim, outcome, seen, meaning }
}

/// `function my-function:live`
pub fn name_of(function: &FunctionArn) -> String {
    format!("function `{}`", function.label())
}

/// The role's own policies, its boundary, and the function's own policy, for one function.
pub fn may_invoke(role: &LiveRole, function: &FunctionArn, policy: Option<&Document>) -> Evaluation {
    let role_arn = &role.role.arn;
    let session = format!(
        "arn:{}:sts::{}:assumed-role/{}/{SESSION}",
        role_arn.partition, role_arn.account, role.role.name
    );
    let context = Context::partial()
        .with("aws:PrincipalAccount", &[&role_arn.account])
        .with("aws:PrincipalArn", &[&role_arn.to_string()])
        .with("aws:SecureTransport", &["true"]);
    let request = Request {
        principal: Principal::Aws(session),
        action: "lambda:InvokeFunction".to_owned(),
        resource: function.to_string(),
        context,
    };
    let attached = role.attached.values().map(|policy| (format!("policy {}", policy.name), &policy.document));
    let inline = role.inline.iter().map(|(name, document)| (format!("inline policy {name}"), document));
    let boundary = role.boundary.as_ref().map(|document| ("permissions boundary".to_owned(), document));
    let identity: Vec<(String, &Document)> = attached.chain(inline).collect();
    let resource = policy.map(|document| ("the function's own policy".to_owned(), document));
    evaluate(&Policies { identity, boundary, resource, ..Policies::default() }, &request)
}

/// AWS's own opinion beside ours: of the role's policies, never of trust.
fn second_opinion(
    function: &FunctionArn,
    ours: Decision,
    simulated: &BTreeMap<FunctionArn, Simulated>,
) -> Option<Line> {
    let line = |outcome, seen: String, meaning: &str| Line {
        level: Level::Evaluated,
        claim: format!("AWS's policy simulator agrees about {}", name_of(function)),
        outcome,
        seen,
        meaning: meaning.to_owned(),
    };
    let answer = simulated.get(function)?;
    let Simulated { allowed, decision, denied_by_organization, missing_keys } = answer;
    let seen = format!("it says {decision}");
    let missing: Vec<&str> = missing_keys.iter().map(String::as_str).collect();
    Some(match (ours, allowed) {
        (Decision::Undecided, _) => line(Outcome::NotProvable, seen, "this tool cannot decide it by itself"),
        (Decision::Allowed, true) | (Decision::ExplicitDeny | Decision::ImplicitDeny, false) => {
            line(Outcome::Pass, seen, "")
        }
        // The simulation evaluates these policies without all that a real call brings.
        (Decision::Allowed, false) if *denied_by_organization => line(
            Outcome::NotProvable,
            format!("{seen}: a service control policy of the organization does not allow it"),
            "a simulation does not have every key that a real call brings: `check --invoke` settles it; otherwise ask \
             whoever administers the organization",
        ),
        (Decision::Allowed, false) if !missing.is_empty() => line(
            Outcome::NotProvable,
            format!("{seen}, without knowing {}", missing.join(", ")),
            "a real call may bring what the simulation does not have: `check --invoke` settles it",
        ),
        (Decision::Allowed, false) => line(
            Outcome::Fail,
            seen,
            "something that this tool does not see denies it: ask whoever administers the account",
        ),
        (_, true) => line(
            Outcome::NotProvable,
            seen,
            "this tool sees a denial that AWS's simulator does not: it knows no policy of a function; otherwise please report \
             it",
        ),
    })
}

fn permission(desired: &DesiredRole, function: &FunctionFacts, live: &Live, evaluation: &Evaluation) -> Line {
    let (outcome, meaning) = match (evaluation.decision, &function.policy) {
        (Decision::Allowed, Ok(_)) => (Outcome::Pass, String::new()),
        (Decision::Allowed, Err(why)) => {
            (Outcome::Pass, format!("a Deny in the function's own policy is not known of: {why}"))
        }
        (Decision::Undecided, _) => (
            Outcome::NotProvable,
            "it hangs on something that only AWS knows at the time of the call".to_owned(),
        ),
        (Decision::ExplicitDeny | Decision::ImplicitDeny, _) => {
            (Outcome::Fail, why_not_permitted(desired, live))
        }
    };
    Line {
        level: Level::Evaluated,
        claim: format!("the role may invoke {}", name_of(&function.arn)),
        outcome,
        seen: in_words(evaluation),
        meaning,
    }
}

fn why_not_permitted(desired: &DesiredRole, live: &Live) -> String {
    let policy = &desired.policy.name;
    let attached = |role: &LiveRole| role.attached.contains_key(&desired.policy.arn);
    if live.policy.is_none() {
        format!("policy `{policy}` does not exist: run `genesys-iam apply`")
    } else if !live.role.as_ref().is_some_and(attached) {
        format!("policy `{policy}` is not attached to the role: run `genesys-iam apply`")
    } else {
        "`genesys-iam plan` shows how the policy differs from the spec; a boundary or a Deny of another policy is \
         for its owner to mend"
            .to_owned()
    }
}

/// What the role may do beyond the spec.
fn nothing_else(role: &LiveRole, desired: &DesiredRole) -> Line {
    let wanted = Access::of_permissions(&desired.policy.document).permissions;
    let mut live = Access::default();
    role.documents().for_each(|document| live.add_permissions(document));
    let extra: Vec<&str> =
        uncovered(&live.permissions, &wanted).into_iter().map(|grant| grant.sentence()).collect();
    let claim = "the role may do nothing else".to_owned();
    if extra.is_empty() {
        return Line {
            level: Level::Evaluated,
            claim,
            outcome: Outcome::Pass,
            seen: "no other policy, attached or inline, grants anything".to_owned(),
            meaning: String::new(),
        };
    }
    fail(
        claim,
        format!("it is also granted {}", extra.join("; ")),
        "detach what is not needed, or let `extra_permissions = \"remove\"` do it".to_owned(),
    )
}

/// Wrong external IDs that come as near to the right one as can be: the last character changed, and the other case.
pub fn near_misses(id: &str) -> [String; 2] {
    let mut altered: String = id.to_owned();
    let last = altered.pop();
    altered.push(if last == Some('0') { '1' } else { '0' });
    let other_case =
        |c: char| if c.is_ascii_lowercase() { c.to_ascii_uppercase() } else { c.to_ascii_lowercase() };
    [altered, id.chars().map(other_case).collect()]
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::testing::{converged, desired, document};

    const RIGHT: &str = "2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90";

    fn with_trust(statements: &[String]) -> Live {
        let mut live = converged();
        live.role.as_mut().unwrap().role.assume_role_policy =
            document(&format!(r#"{{"Version":"2012-10-17","Statement":[{}]}}"#, statements.join(",")));
        live
    }

    fn genesys(condition: &str) -> String {
        format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"765628985471"}},"Action":"sts:AssumeRole","Condition":{condition}}}"#
        )
    }

    fn failed(live: &Live) -> Vec<String> {
        let desired = desired("").roles.remove(0);
        let facts = Facts { live: live.clone(), desired, functions: Vec::new(), simulated: None };
        let lines = evaluated(&facts);
        lines.into_iter().filter(|line| line.outcome == Outcome::Fail).map(|line| line.claim).collect()
    }

    #[test]
    fn only_the_right_external_id_may_be_accepted() {
        let right = genesys(&format!(r#"{{"StringEquals":{{"STS:externalid":["{RIGHT}"]}}}}"#));
        assert_eq!(failed(&with_trust(std::slice::from_ref(&right))), Vec::<String>::new());
        for also in [
            format!(r#"{{"StringEquals":{{"sts:ExternalId":["{RIGHT}","another-customer"]}}}}"#),
            format!(r#"{{"StringLike":{{"sts:ExternalId":"?{}"}}}}"#, &RIGHT[1..]),
            format!(
                r#"{{"StringNotEquals":{{"sts:ExternalId":["{}1","{}",""]}},"Null":{{"sts:ExternalId":"false"}}}}"#,
                &RIGHT[..RIGHT.len() - 1],
                RIGHT.to_uppercase()
            ),
        ] {
            let claims = failed(&with_trust(&[genesys(&also)]));
            assert!(claims.contains(&"no other external ID is accepted".to_owned()), "{also}");
        }
        let another = genesys(r#"{"StringEquals":{"sts:ExternalId":"another-customer"}}"#);
        assert_eq!(failed(&with_trust(&[right.clone(), another])), ["no other external ID is accepted"]);
        let deny = right.replace("Allow", "Deny").replace(RIGHT, "another-customer");
        assert_eq!(failed(&with_trust(&[right, deny])), Vec::<String>::new());
    }

    #[test]
    fn an_element_that_nobody_knows_is_a_fault() {
        let mut live = converged();
        let inline = document(r#"{"Version":"2012-10-17","Statement":[],"statement":[]}"#);
        live.role.as_mut().unwrap().inline.insert("x".to_owned(), inline);
        assert_eq!(failed(&live), ["the role may do nothing else"]);
    }
}
