//! Whether a request is allowed, and why, by IAM's evaluation logic.

use super::budget::Budget;
use super::condition;
use super::document::{
    ActionElement, Document, Effect, OneOrMany, ResourceElement, Statement, VERSION_2008, VERSION_2012,
};
use super::grammar::{self, Purpose};
use super::pattern::{self, ResourceMatch, Unresolved};
use super::principal::{self, Specificity};
use super::request::{ContextValue, Principal, Request};
use super::truth::Truth;
use super::words::shown;
use crate::arn::Arn;

/// The documents that affect a request. Each has a name, for the trace.
#[derive(Debug, Clone, Default)]
pub struct Policies<'a> {
    pub identity: Vec<(String, &'a Document)>,
    pub boundary: Option<(String, &'a Document)>,
    pub session: Option<(String, &'a Document)>,
    /// A trust policy or any other resource policy.
    pub resource: Option<(String, &'a Document)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    ExplicitDeny,
    ImplicitDeny,
    Undecided,
}

/// What one statement contributed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementTrace {
    /// The name of the document, as given in [`Policies`].
    pub document: String,
    /// Counted from 1.
    pub number: usize,
    pub sid: Option<String>,
    pub effect: Effect,
    pub outcome: StatementOutcome,
    /// `condition StringEquals sts:ExternalId is "x", the request has none`
    pub reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StatementOutcome {
    Allows,
    Denies,
    DoesNotMatch,
    Undecided,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    pub decision: Decision,
    /// One sentence.
    pub reason: String,
    pub statements: Vec<StatementTrace>,
}

/// The combined result of all statements in one kind of policy.
#[derive(Debug, Default)]
struct Tally {
    allows: Option<Specificity>,
    unknown_allow: Option<String>,
    denies: Option<String>,
    unknown_deny: Option<String>,
    /// Why the first Allow that does not match does not.
    misses: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum PolicyKind {
    Identity,
    Resource,
    /// A resource control policy, not one of the resource's own.
    Guardrail,
}

/// Evaluates a request by IAM's logic (IAM User Guide, `reference_policies_evaluation-logic`). With a resource policy
/// and no identity policies, the question is what the resource policy itself says of that principal.
pub fn evaluate(policies: &Policies<'_>, request: &Request) -> Evaluation {
    if let Some(fault) = grammar::action_fault(&request.action) {
        return undecided(fault);
    }
    if request.action.contains(['*', '?']) {
        return undecided(format!("the request's action `{}` is a pattern, not an action", request.action));
    }
    let mut evaluation = evaluate_action(policies, request);
    for (action, why) in companions(request) {
        if !matches!(evaluation.decision, Decision::Allowed | Decision::Undecided) {
            break;
        }
        let needed = evaluate_action(policies, &Request { action: action.to_owned(), ..request.clone() });
        if needed.decision != Decision::Allowed {
            let reason = format!("{why} {action} too: {}", needed.reason);
            evaluation = Evaluation { decision: needed.decision, reason, statements: needed.statements };
        }
    }
    evaluation
}

fn undecided(reason: String) -> Evaluation {
    Evaluation { decision: Decision::Undecided, reason, statements: Vec::new() }
}

/// What must be allowed besides assuming a role, given what the call is known to carry (IAM User Guide,
/// `id_session-tags` and `id_credentials_temp_control-access_monitor`).
pub(super) fn companions(request: &Request) -> Vec<(&'static str, &'static str)> {
    let Request { action, context, .. } = request;
    if !action.to_ascii_lowercase().starts_with("sts:assumerole") {
        return Vec::new();
    }
    let brings = |wanted: &dyn Fn(&str) -> bool| context.known().any(wanted);
    let tags = brings(&|key| {
        key.starts_with("aws:requesttag/") || matches!(key, "aws:tagkeys" | "sts:transitivetagkeys")
    });
    let identity = brings(&|key| key == "sts:sourceidentity");
    let mut needed = Vec::new();
    if tags {
        needed.push(("sts:TagSession", "the call brings session tags, which needs"));
    }
    if identity {
        needed.push(("sts:SetSourceIdentity", "the call brings a source identity, which needs"));
    }
    needed
}

fn evaluate_action(policies: &Policies<'_>, request: &Request) -> Evaluation {
    let Policies { identity, boundary, session, resource } = policies;
    let mut statements = Vec::new();
    let run = Evaluator { request, has_boundary: boundary.is_some(), budget: Budget::new() };
    let mut verdict = |documents: &[(String, &Document)], kind: PolicyKind| {
        let mut verdict = Tally::default();
        for (name, document) in documents {
            consider(name, document, kind, &run, &mut verdict, &mut statements);
        }
        verdict
    };
    let identity_given = !identity.is_empty();
    let identity = verdict(identity, PolicyKind::Identity);
    let boundary =
        boundary.as_ref().map(|document| verdict(std::slice::from_ref(document), PolicyKind::Identity));
    let session =
        session.as_ref().map(|document| verdict(std::slice::from_ref(document), PolicyKind::Identity));
    let resource =
        resource.as_ref().map(|document| verdict(std::slice::from_ref(document), PolicyKind::Resource));

    let all =
        || [Some(&identity), boundary.as_ref(), session.as_ref(), resource.as_ref()].into_iter().flatten();
    let (decision, reason) = if let Some(denied) = all().find_map(|verdict| verdict.denies.as_ref()) {
        (Decision::ExplicitDeny, format!("{denied} denies it"))
    } else {
        let allowed = match &resource {
            Some(resource) if !identity_given => {
                let allowed = resource.allowed("the resource's policy");
                let direct =
                    resource.allows == Some(Specificity::Direct) && same_account(request) == Some(true);
                if direct { allowed } else { allowed.and(|| limits(boundary.as_ref(), session.as_ref())) }
            }
            resource => combine(&identity, boundary.as_ref(), session.as_ref(), resource.as_ref(), request),
        };
        match (allowed, all().find_map(|verdict| verdict.unknown_deny.as_ref())) {
            (Truth::False(why), _) => (Decision::ImplicitDeny, why),
            (Truth::Unknown(why), _) => (Decision::Undecided, why),
            (Truth::True, Some(why)) => (Decision::Undecided, format!("a Deny may apply: {why}")),
            (Truth::True, None) => {
                let allowing = statements.iter().find(|trace| trace.outcome == StatementOutcome::Allows);
                (
                    Decision::Allowed,
                    allowing.map_or_else(String::new, |trace| format!("{} allows it", place(trace))),
                )
            }
        }
    };
    Evaluation { decision, reason, statements }
}

/// What an organization's policies leave of a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Guard {
    Open,
    Denied(String),
    NotAllowed(String),
    Undecided(String),
}

impl Guard {
    pub(super) fn strongest(guards: Vec<Self>) -> Self {
        let rank = |guard: &Self| match guard {
            Self::Open => 0,
            Self::Undecided(_) => 1,
            Self::NotAllowed(_) => 2,
            Self::Denied(_) => 3,
        };
        guards.into_iter().max_by_key(rank).unwrap_or(Self::Open)
    }
}

/// What an organization's policies of one kind leave of a request: with a level, service control policies, one of which
/// must allow; without, resource control policies, which only deny.
pub(super) fn judge(
    documents: &[(String, &Document)],
    request: &Request,
    level: Option<&str>,
) -> (Guard, Vec<StatementTrace>) {
    let run = Evaluator { request, has_boundary: false, budget: Budget::new() };
    let kind = if level.is_some() { PolicyKind::Identity } else { PolicyKind::Guardrail };
    let (mut verdict, mut statements) = (Tally::default(), Vec::new());
    for (name, document) in documents {
        consider(name, document, kind, &run, &mut verdict, &mut statements);
    }
    let Tally { allows, unknown_allow, denies, unknown_deny, misses: _ } = verdict;
    let guard = match (denies, unknown_deny, level) {
        (Some(denied), ..) => Guard::Denied(format!("{denied} denies it")),
        (None, unknown_deny, Some(level)) if allows.is_none() => match (unknown_allow, unknown_deny) {
            (Some(why), _) => Guard::Undecided(why),
            _ => Guard::NotAllowed(format!("no service control policy of {level} allows it")),
        },
        (None, Some(why), _) => Guard::Undecided(format!("a Deny may apply: {why}")),
        (None, None, _) => Guard::Open,
    };
    (guard, statements)
}

/// What a boundary and a session policy leave.
fn limits(boundary: Option<&Tally>, session: Option<&Tally>) -> Truth {
    let boundary = boundary.map_or(Truth::True, |verdict| verdict.allowed("the permissions boundary"));
    boundary.and(|| session.map_or(Truth::True, |verdict| verdict.allowed("the session policy")))
}

/// Identity policies, boundary, session policy and resource policy together.
fn combine(
    identity: &Tally,
    boundary: Option<&Tally>,
    session: Option<&Tally>,
    resource: Option<&Tally>,
    request: &Request,
) -> Truth {
    let limited = || limits(boundary, session);
    let federated = matches!(&request.principal, Principal::Aws(arn) if arn.contains(":federated-user/"));
    let by_identity = || {
        if federated && session.is_none() {
            return Truth::False(
                "a federated user without a session policy has no permissions of its own".to_owned(),
            );
        }
        identity.allowed("the identity's policies")
    };
    let Some(resource) = resource else {
        if !matches!(request.principal, Principal::Aws(_)) {
            return Truth::False("identity policies do not apply to a caller without an identity".to_owned());
        }
        return by_identity().and(limited).and(|| other_side(request));
    };
    let by_resource = || resource.allowed("the resource's policy");
    let both = || by_identity().and(limited).and(by_resource);
    // Within one account either side suffices, unless the resource policy names the whole account. Exceptions are trust
    // policies and KMS key policies: they must allow, whatever the identity policies say.
    let either = || {
        let is_key = request.action.to_ascii_lowercase().starts_with("kms:");
        if (is_trust(request) || is_key) && resource.allows.is_none() {
            return by_resource();
        }
        let direct = match resource.allows {
            Some(Specificity::Direct) => Truth::True,
            Some(Specificity::Role) => limited(),
            Some(Specificity::Account) => {
                Truth::False("the resource's policy leaves it to the account".to_owned())
            }
            None => by_resource(),
        };
        // A statement that may apply may also name the caller more specifically.
        let direct = match (direct, &resource.unknown_allow) {
            (Truth::False(_), Some(why)) => Truth::Unknown(why.clone()),
            (direct, _) => direct,
        };
        by_identity().and(limited).or(|| direct)
    };
    match same_account(request) {
        Some(true) => either(),
        Some(false) => both(),
        None => match (either(), both()) {
            (either, both) if either == both => either,
            (Truth::False(why), Truth::False(_)) => Truth::False(why),
            _ => Truth::Unknown("whether caller and resource are in one account is not known".to_owned()),
        },
    }
}

/// Whether an identity's policies suffice if the resource's are not given.
fn other_side(request: &Request) -> Truth {
    let action = request.action.to_ascii_lowercase();
    let missing = |whose: &str| Truth::Unknown(format!("{whose}, which must allow it too, is not given"));
    if is_trust(request) && action.starts_with("sts:assumerole") {
        return missing("the role's trust policy");
    }
    if action.starts_with("kms:") && request.resource.contains(":key/") {
        return missing("the key's policy");
    }
    // Anyone may read AWS's own policies; other calls have no resource.
    if request.resource == "*" || request.resource.contains(":iam::aws:") {
        return Truth::True;
    }
    match same_account(request) {
        Some(true) => Truth::True,
        Some(false) => missing("the resource's policy, in another account"),
        None => Truth::Unknown(
            "the resource's account is not known: in another one its policy must allow it too".to_owned(),
        ),
    }
}

/// Whether the resource policy is a role's trust policy.
fn is_trust(request: &Request) -> bool {
    is_role(&request.resource) && request.action.to_ascii_lowercase().starts_with("sts:")
}

fn is_role(resource: &str) -> bool {
    resource.parse::<Arn>().is_ok_and(|arn| arn.service == "iam" && arn.resource.starts_with("role/"))
}

/// `None` if an ARN does not include its account.
fn same_account(request: &Request) -> Option<bool> {
    let Principal::Aws(caller) = &request.principal else { return Some(false) };
    let caller: Arn = caller.parse().ok()?;
    let resource: Arn = request.resource.parse().ok()?;
    let owner = match request.context.get("aws:ResourceAccount") {
        ContextValue::Values(values) if resource.account.is_empty() && values.len() == 1 => {
            values.first()?.as_str()
        }
        _ => resource.account.as_str(),
    };
    if owner.is_empty() || caller.account.is_empty() {
        return None;
    }
    Some(caller.account == owner)
}

impl Tally {
    fn allowed(&self, whose: &str) -> Truth {
        if self.allows.is_some() {
            return Truth::True;
        }
        if let Some(why) = &self.unknown_allow {
            return Truth::Unknown(why.clone());
        }
        match self.misses.as_slice() {
            [miss] => Truth::False(miss.clone()),
            _ => Truth::False(format!("no statement of {whose} allows it")),
        }
    }
}

fn place(trace: &StatementTrace) -> String {
    format!("statement {} of {}", trace.number, trace.document)
}

/// State of one evaluation.
struct Evaluator<'a> {
    request: &'a Request,
    has_boundary: bool,
    budget: Budget,
}

fn consider(
    name: &str,
    document: &Document,
    kind: PolicyKind,
    run: &Evaluator<'_>,
    verdict: &mut Tally,
    statements: &mut Vec<StatementTrace>,
) {
    let version = document.effective_version();
    let whole = if let Some(element) = document.unknown.keys().next() {
        Truth::Unknown(format!("the document has an element `{element}` that IAM does not know"))
    } else {
        Truth::True
    };
    for (index, statement) in document.statements.as_slice().iter().enumerate() {
        let (truth, naming) = applies(statement, version, kind, run);
        let truth = whole.clone().and(|| truth);
        let (outcome, reason) = match (&truth, statement.effect) {
            (Truth::True, Effect::Allow) => (StatementOutcome::Allows, "it matches".to_owned()),
            (Truth::True, Effect::Deny) => (StatementOutcome::Denies, "it matches".to_owned()),
            (Truth::False(why), _) => (StatementOutcome::DoesNotMatch, why.clone()),
            (Truth::Unknown(why), _) => (StatementOutcome::Undecided, why.clone()),
        };
        let sid = statement.sid.clone().filter(|sid| !sid.is_empty());
        let effect = statement.effect;
        let trace =
            StatementTrace { document: name.to_owned(), number: index + 1, sid, effect, outcome, reason };
        let place = place(&trace);
        match (truth, statement.effect) {
            (Truth::True, Effect::Allow) => verdict.allows = verdict.allows.max(naming),
            (Truth::True, Effect::Deny) => {
                verdict.denies.get_or_insert(place);
            }
            (Truth::Unknown(why), Effect::Allow) => {
                verdict.unknown_allow.get_or_insert(format!("{place}: {why}"));
            }
            (Truth::Unknown(why), Effect::Deny) => {
                verdict.unknown_deny.get_or_insert(format!("{place}: {why}"));
            }
            (Truth::False(why), Effect::Allow) => {
                verdict.misses.push(format!("{place} does not match: {why}"));
            }
            (Truth::False(_), Effect::Deny) => {}
        }
        statements.push(trace);
    }
}

/// Whether a statement applies to the request, and how it names the caller.
fn applies(
    statement: &Statement,
    version: &str,
    kind: PolicyKind,
    run: &Evaluator<'_>,
) -> (Truth, Option<Specificity>) {
    let Evaluator { request, has_boundary, budget } = run;
    let Statement { sid: _, effect, principal, action, resource, condition, unknown: _ } = statement;
    let purpose = match kind {
        PolicyKind::Identity => Purpose::Identity,
        PolicyKind::Resource if is_role(&request.resource) => Purpose::Trust,
        PolicyKind::Resource | PolicyKind::Guardrail => Purpose::Resource,
    };
    let (covered, naming) = match (kind, principal) {
        (PolicyKind::Resource | PolicyKind::Guardrail, Some(element)) => {
            principal::covers(element, *effect, &request.principal, *has_boundary)
        }
        (PolicyKind::Resource | PolicyKind::Guardrail, None) => {
            (Truth::Unknown("it has no principal".to_owned()), None)
        }
        (PolicyKind::Identity, None) => (Truth::True, Some(Specificity::Direct)),
        (PolicyKind::Identity, Some(_)) => {
            (Truth::Unknown("an identity policy has no principal".to_owned()), None)
        }
    };
    let truth = covered
        .and(|| action_matches(action.as_ref(), &request.action, budget))
        .and(|| grammar::refused(statement, purpose).map_or(Truth::True, Truth::Unknown));
    if !matches!(version, VERSION_2008 | VERSION_2012) {
        // The meaning of its variables, wildcards and operators cannot be known.
        let why = "the document's Version is not one that IAM knows".to_owned();
        return (truth.and(|| Truth::Unknown(why)), naming);
    }
    let truth =
        truth.and(|| resource_matches(resource.as_ref(), *effect, version, kind, run)).and(
            || match condition {
                Some(operators) => condition::holds(operators, version, &request.context, budget),
                None => Truth::True,
            },
        );
    (truth, naming)
}

fn action_matches(element: Option<&ActionElement>, action: &str, budget: &Budget) -> Truth {
    let action = action.to_ascii_lowercase();
    let one = |listed: &String| {
        if let Some(fault) = grammar::action_fault(listed) {
            return Truth::Unknown(fault);
        }
        if !listed.contains(['*', '?']) {
            return Truth::of(listed.eq_ignore_ascii_case(&action), String::new);
        }
        let pieces = pattern::wildcards(&listed.to_ascii_lowercase());
        match pattern::matches(&pieces, &action, budget) {
            None => Truth::Unknown(Budget::EXHAUSTED.to_owned()),
            Some(false) => Truth::False(String::new()),
            Some(true) => Truth::True,
        }
    };
    let listed = |actions: &OneOrMany<String>, why_not: &dyn Fn() -> String| match actions.as_slice() {
        [] => Truth::Unknown("it has an empty list of actions, which IAM refuses".to_owned()),
        actions => Truth::any(actions.iter().map(one), why_not),
    };
    match element {
        Some(ActionElement::Action(actions)) => {
            listed(actions, &|| format!("its actions do not include {}", shown(&action)))
        }
        Some(ActionElement::NotAction(actions)) => {
            listed(actions, &String::new).not(|| format!("its NotAction excepts {}", shown(&action)))
        }
        None => Truth::Unknown("it has no action".to_owned()),
    }
}

fn resource_matches(
    element: Option<&ResourceElement>,
    effect: Effect,
    version: &str,
    kind: PolicyKind,
    run: &Evaluator<'_>,
) -> Truth {
    let Evaluator { request, budget, .. } = run;
    let resource = &request.resource;
    // An unresolved variable disables the statement: safe for an Allow, not for a Deny.
    let one = |wanted: &String, negated: bool| {
        if let Some(fault) = grammar::resource_fault(wanted) {
            return Truth::Unknown(fault);
        }
        match pattern::expand(wanted, version, &request.context, budget) {
            Ok(pieces) => match pattern::resource_matches(&pieces, resource, budget) {
                Some(ResourceMatch::Yes) => Truth::True,
                Some(ResourceMatch::No) => Truth::False(String::new()),
                Some(ResourceMatch::OnlyByCrossingColon) => Truth::Unknown(
                    "a wildcard in the middle of an ARN's segment would have to match a colon".to_owned(),
                ),
                None => Truth::Unknown(Budget::EXHAUSTED.to_owned()),
            },
            Err(Unresolved::Missing(key)) if effect == Effect::Allow && !negated => {
                Truth::False(format!("the variable ${{{key}}} has no value"))
            }
            Err(Unresolved::Exhausted) => Truth::Unknown(Budget::EXHAUSTED.to_owned()),
            Err(Unresolved::Missing(key) | Unresolved::Unknown(key)) => {
                Truth::Unknown(format!("the variable ${{{key}}} has no known value"))
            }
        }
    };
    let not_included = || format!("its resources do not include {}", shown(resource));
    match (element, kind) {
        (Some(ResourceElement::Resource(values) | ResourceElement::NotResource(values)), _)
            if values.as_slice().is_empty() =>
        {
            Truth::Unknown("it has an empty list of resources, which IAM refuses".to_owned())
        }
        (Some(ResourceElement::Resource(values)), _) => {
            Truth::any(values.as_slice().iter().map(|wanted| one(wanted, false)), not_included)
        }
        (Some(ResourceElement::NotResource(values)), _) => {
            Truth::any(values.as_slice().iter().map(|wanted| one(wanted, true)), String::new)
                .not(|| format!("its NotResource excepts {}", shown(resource)))
        }
        // A trust policy applies to the role it belongs to.
        (None, PolicyKind::Resource) if is_role(resource) => Truth::True,
        (None, _) => Truth::Unknown("it has no resource".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::request::Context;

    const ROLE: &str = "arn:aws:iam::111122223333:role/r";
    const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:f:live";
    const USER: &str = "arn:aws:iam::111122223333:user/u";

    fn document(statement: &str) -> Document {
        Document::parse(&format!(r#"{{"Version":"2012-10-17","Statement":[{statement}]}}"#)).unwrap()
    }

    fn request(principal: Principal, action: &str, resource: &str) -> Request {
        let context = Context::complete().with("t:m", &["a", "b"]).with("t:empty", &[""]).with("t:s", &["x"]);
        let context = context.with("t:huge", &["1e999"]).with("t:tiny", &["1e-999"]);
        let context = context.with("t:arn", &["arn:aws:iam::1:role/a:x"]).with("t:colon", &["1:role/a"]);
        Request { principal, action: action.to_owned(), resource: resource.to_owned(), context }
    }

    fn by_resource(statement: &str, request: &Request) -> Decision {
        let document = document(statement);
        let resource = Some(("it".to_owned(), &document));
        evaluate(&Policies { resource, ..Policies::default() }, request).decision
    }

    fn by_identity(statement: &str, request: &Request) -> Decision {
        let document = document(statement);
        let identity = vec![("it".to_owned(), &document)];
        evaluate(&Policies { identity, ..Policies::default() }, request).decision
    }

    fn aws(arn: &str) -> Principal {
        Principal::Aws(arn.to_owned())
    }

    #[test]
    fn what_iam_refuses_or_does_not_document_allows_nothing() {
        for elements in [
            r#""NotPrincipal":{"AWS":"AROAEXAMPLEEXAMPLE123"},"Action":"sts:*""#,
            r#""NotPrincipal":{"AWS":"arn:aws:iam::111122223333:user/U"},"Action":"sts:*""#,
            r#""NotPrincipal":{"AWS":[]},"Action":"sts:*""#,
            r#""NotPrincipal":{},"Action":"sts:*""#,
            r#""Principal":"*","Action":"s*""#,
            r#""Principal":"*","Action":"sts*""#,
            r#""Principal":"*","Action":[]"#,
            r#""Principal":"*","NotAction":[]"#,
            r#""Principal":"*","Action":"sts:*","NotResource":[]"#,
            r#""Principal":"*","Action":"sts:*","NotResource":"arn:aws:s3:::${aws:username""#,
            r#""Principal":"*","Action":"sts:*","Condition":{"StringNotEquals":{"t:s":"${}"}}"#,
            r#""Principal":"*","Action":"sts:*","Condition":{"StringNotLike":{"t:s":"${t:none, 'y*'}"}}"#,
            r#""Principal":"*","Action":"sts:*","Condition":{"ArnNotLike":{"t:s":"*"}}"#,
            r#""Principal":"*","Action":"sts:*","Condition":{"NotIpAddress":{"t:s":"192.0.2.0/24"}}"#,
            r#""Principal":"*","Action":"sts:*","Condition":{"StringNotEquals":{"t:m":"z"}}"#,
            r#""Principal":"*","Action":"sts:*","Condition":{"ForAnyValue:StringNotEquals":{"t:empty":"a"}}"#,
            r#""Principal":"*","Action":"sts:*","Condition":{"NumericEquals":{"t:huge":"1e400"}}"#,
            r#""Principal":"*","Action":"sts:*","Condition":{"NumericEquals":{"t:tiny":"0"}}"#,
            r#""Principal":"*","Action":"sts:*","Condition":{"ArnLike":{"t:arn":"arn:aws:iam::${t:colon}:x"}}"#,
        ] {
            let request = request(aws(USER), "sts:AssumeRole", ROLE);
            let allow = format!(r#"{{"Effect":"Allow",{elements}}}"#);
            assert_eq!(by_resource(&allow, &request), Decision::Undecided, "{allow}");
            // The same as a Deny, next to an Allow, must not be skipped either.
            let deny = format!(
                r#"{{"Effect":"Deny",{elements}}},{{"Effect":"Allow","Principal":"*","Action":"sts:*"}}"#
            );
            assert_ne!(by_resource(&deny, &request), Decision::Allowed, "{deny}");
        }
    }

    #[test]
    fn any_service_may_be_every_service() {
        let lambda = Principal::Service("lambda.amazonaws.com".to_owned());
        let allow = r#"{"Effect":"Allow","Principal":{"Service":"*"},"Action":"sts:*"}"#;
        assert_eq!(by_resource(allow, &request(lambda, "sts:AssumeRole", ROLE)), Decision::Undecided);
    }

    #[test]
    fn a_boundary_limits_also_where_only_the_resource_speaks() {
        let (boundary, resource) = (
            document(r#"{"Effect":"Allow","Action":"s3:*","Resource":"*"}"#),
            document(r#"{"Effect":"Allow","Principal":{"AWS":"444455556666"},"Action":"sts:*"}"#),
        );
        let policies = Policies {
            boundary: Some(("boundary".to_owned(), &boundary)),
            resource: Some(("it".to_owned(), &resource)),
            ..Policies::default()
        };
        let request = request(aws("arn:aws:iam::444455556666:role/r"), "sts:AssumeRole", ROLE);
        assert_eq!(evaluate(&policies, &request).decision, Decision::ImplicitDeny);
    }

    #[test]
    fn a_statement_that_may_apply_may_name_the_caller_more_closely() {
        let account = r#"{"Effect":"Allow","Principal":{"AWS":"111122223333"},"Action":"*","Resource":"*"}"#;
        let user = format!(
            r#"{{"Effect":"Allow","Principal":{{"AWS":"{USER}"}},"Action":"*","Resource":"*","Condition":{{"Bogus":{{"k":"v"}}}}}}"#
        );
        let resource = document(&format!("{account},{user}"));
        let identity = document(r#"{"Effect":"Allow","Action":"ec2:*","Resource":"*"}"#);
        let policies = Policies {
            identity: vec![("identity".to_owned(), &identity)],
            resource: Some(("it".to_owned(), &resource)),
            ..Policies::default()
        };
        let request = request(aws(USER), "lambda:InvokeFunction", FUNCTION);
        assert_eq!(evaluate(&policies, &request).decision, Decision::Undecided);
    }

    #[test]
    fn identity_policies_say_nothing_of_a_caller_that_is_no_identity() {
        let allow = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        for principal in [Principal::Anonymous, Principal::Service("lambda.amazonaws.com".to_owned())] {
            let request = request(principal, "lambda:InvokeFunction", FUNCTION);
            assert_eq!(by_identity(allow, &request), Decision::ImplicitDeny);
        }
        let request = request(aws(USER), "lambda:InvokeFunction", FUNCTION);
        assert_eq!(by_identity(allow, &request), Decision::Allowed);
    }

    #[test]
    fn whether_a_role_may_be_assumed_is_not_known_without_its_trust_policy() {
        let allow = r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#;
        assert_eq!(by_identity(allow, &request(aws(USER), "sts:AssumeRole", ROLE)), Decision::Undecided);
        let other = r#"{"Effect":"Allow","Action":"iam:*","Resource":"*"}"#;
        assert_eq!(by_identity(other, &request(aws(USER), "sts:AssumeRole", ROLE)), Decision::ImplicitDeny);
    }

    #[test]
    fn only_a_trust_policy_goes_without_a_resource() {
        let allow = r#"{"Effect":"Allow","Principal":"*","Action":"sts:*"}"#;
        assert_eq!(by_resource(allow, &request(aws(USER), "sts:AssumeRole", ROLE)), Decision::Allowed);
        let invoke = request(aws(USER), "lambda:InvokeFunction", FUNCTION);
        let allow = &allow.replace("sts:*", "lambda:*");
        assert_eq!(by_resource(allow, &invoke), Decision::Undecided);
    }

    #[test]
    fn an_account_id_is_its_root_arn_in_partition_aws_and_elsewhere_undecided() {
        let gov = aws("arn:aws-us-gov:iam::111122223333:user/u");
        for spelling in ["111122223333", "arn:aws:iam::111122223333:root"] {
            let allow =
                format!(r#"{{"Effect":"Allow","Principal":{{"AWS":"{spelling}"}},"Action":"sts:*"}}"#);
            assert_eq!(
                by_resource(&allow, &request(gov.clone(), "sts:AssumeRole", ROLE)),
                Decision::Undecided
            );
            assert_eq!(by_resource(&allow, &request(aws(USER), "sts:AssumeRole", ROLE)), Decision::Allowed);
            let by_id = request(aws("111122223333"), "sts:AssumeRole", ROLE);
            assert_eq!(by_resource(&allow, &by_id), Decision::Allowed);
        }
    }

    #[test]
    fn a_set_of_empty_strings_is_to_for_all_values_as_a_missing_key() {
        let allow = r#"{"Effect":"Allow","Principal":"*","Action":"sts:*","Condition":{"ForAllValues:StringEquals":{"t:empty":"x"}}}"#;
        assert_eq!(by_resource(allow, &request(aws(USER), "sts:AssumeRole", ROLE)), Decision::Allowed);
    }

    #[test]
    fn under_an_unknown_version_no_statement_that_names_the_action_is_decided() {
        let text = r#"{"Version":"2030-01-01","Statement":{"Effect":"Deny","Principal":"*","Action":"lambda:*","Resource":"${aws:username}"}}"#;
        let (deny, allow) =
            (Document::parse(text).unwrap(), document(r#"{"Effect":"Allow","Action":"*","Resource":"*"}"#));
        let policies = Policies {
            identity: vec![("allow".to_owned(), &allow)],
            resource: Some(("deny".to_owned(), &deny)),
            ..Policies::default()
        };
        let request = request(aws(USER), "lambda:InvokeFunction", FUNCTION);
        assert_eq!(evaluate(&policies, &request).decision, Decision::Undecided);
    }

    #[test]
    fn a_hostile_document_is_undecided_before_long() {
        let long = "a".repeat(60_000);
        let values: Vec<String> = (0..3000).map(|n| format!("\"*{n}*a*b\"")).collect();
        let allow = format!(
            r#"{{"Effect":"Allow","Principal":"*","Action":"sts:*","Condition":{{"StringLike":{{"t:s":[{}]}}}}}}"#,
            values.join(",")
        );
        let mut request = request(aws(USER), "sts:AssumeRole", ROLE);
        request.context = Context::complete().with("t:s", &[&long]);
        assert_eq!(by_resource(&allow, &request), Decision::Undecided);
    }
}
