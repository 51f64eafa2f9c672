//! Whether a request is allowed, and why, by IAM's evaluation logic.

use std::collections::BTreeMap;

use super::condition;
use super::document::{ActionElement, Document, Effect, ResourceElement, Statement};
use super::names::is_account_id;
use super::pattern::{self, Budget, Exhausted, Expanded, ResourceMatch};
use super::principal::{self, Caller, Grant};
use super::truth::Truth;

/// Who makes a request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Principal {
    /// The ARN of an account root, user, role, assumed-role session or federated user.
    /// `account_root` asks for "some identity of that account which its own policies allow everything".
    Aws(String),
    /// `lambda.amazonaws.com`
    Service(String),
    /// An OIDC or SAML provider.
    Federated(String),
    /// No credentials.
    Anonymous,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ContextValue {
    /// One value or several; numbers, dates and booleans as strings.
    Values(Vec<String>),
    Absent,
    /// Nothing is known of it: where the outcome hangs on it, it is undecided.
    Unknown,
}

/// Condition keys, without case, to what is known of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Context {
    keys: BTreeMap<String, ContextValue>,
    rest: ContextValue,
}

impl Context {
    /// Every key that is not set is absent.
    pub fn complete() -> Self {
        Self { keys: BTreeMap::new(), rest: ContextValue::Absent }
    }

    /// Every key that is not set is unknown.
    pub fn partial() -> Self {
        Self { keys: BTreeMap::new(), rest: ContextValue::Unknown }
    }

    #[must_use]
    pub fn with(mut self, key: &str, values: &[&str]) -> Self {
        let values = values.iter().map(|&v| v.to_owned()).collect();
        self.keys.insert(key.to_ascii_lowercase(), ContextValue::Values(values));
        self
    }

    #[must_use]
    pub fn without(mut self, key: &str) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), ContextValue::Absent);
        self
    }

    /// Nothing is known of this key.
    #[must_use]
    pub fn unknown(mut self, key: &str) -> Self {
        self.keys.insert(key.to_ascii_lowercase(), ContextValue::Unknown);
        self
    }

    /// Unless it is set, the key is absent in a complete context and unknown in a partial one.
    pub fn get(&self, key: &str) -> &ContextValue {
        self.keys.get(&key.to_ascii_lowercase()).unwrap_or(&self.rest)
    }
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Request {
    pub principal: Principal,
    /// `service:Action`
    pub action: String,
    pub resource: String,
    pub context: Context,
}

/// The documents that bear on a request. Each document has a name, for the trace.
#[derive(Debug, Clone, Default)]
pub struct Policies<'a> {
    pub identity: Vec<(String, &'a Document)>,
    pub boundary: Option<(String, &'a Document)>,
    pub session: Option<(String, &'a Document)>,
    /// A trust policy or another policy of the resource.
    pub resource: Option<(String, &'a Document)>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    ExplicitDeny,
    ImplicitDeny,
    Undecided,
}

/// What one statement had to say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct StatementTrace {
    /// The name of the document, as given in [`Policies`].
    pub document: String,
    /// Counted from 1, as a person would.
    pub number: usize,
    pub sid: Option<String>,
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

/// Evaluates a request. With a resource policy and no identity policies the question is what the
/// resource's policy itself says of that principal.
///
/// Follows IAM's "Policy evaluation logic" for one account and across accounts: an explicit deny anywhere
/// wins; identity policies are limited by boundary and session policy; in the same account a resource's
/// policy grants on its own (a role's trust policy and a KMS key's policy must grant), across accounts
/// both sides must. Organization policies (SCPs, RCPs) are not considered: they can only deny further.
pub fn evaluate(policies: &Policies<'_>, request: &Request) -> Evaluation {
    let Policies { identity, boundary, session, resource } = policies;
    let mut run = Run {
        request,
        caller: Caller::of(&request.principal),
        resource_account: account_of(&request.resource),
        has_boundary: boundary.is_some(),
        budget: Budget::new(),
        statements: Vec::new(),
        denied: None,
        deny_unknown: None,
    };
    let by_identity = Truth::any(
        identity
            .iter()
            .map(|(name, document)| run.document(name, document, Kind::Identity).any())
            .collect::<Vec<_>>(),
    );
    let by_boundary =
        boundary.as_ref().map_or(Truth::True, |(name, doc)| run.document(name, doc, Kind::Identity).any());
    let by_session =
        session.as_ref().map_or(Truth::True, |(name, doc)| run.document(name, doc, Kind::Identity).any());
    let by_resource = resource.as_ref().map(|(name, document)| run.document(name, document, Kind::Resource));

    let limits = by_boundary.clone().and(by_session.clone());
    let sides = Sides { by_identity, limits, has_identity: !identity.is_empty() };
    let allowed = sides.allowed(&run, by_resource.as_ref());

    let (decision, reason) = match (&run.denied, allowed, &run.deny_unknown) {
        (Some(statement), ..) => (Decision::ExplicitDeny, format!("{statement} denies it")),
        (None, Truth::False, _) => {
            (Decision::ImplicitDeny, sides.why_not(&run, by_resource.as_ref(), &by_boundary, &by_session))
        }
        (None, Truth::Unknown(reason), _) => (Decision::Undecided, reason),
        (None, Truth::True, Some(reason)) => (Decision::Undecided, reason.clone()),
        (None, Truth::True, None) => (Decision::Allowed, run.who_allows()),
    };
    Evaluation { decision, reason, statements: run.statements }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    /// An identity policy, a boundary or a session policy: the principal is whom it is attached to.
    Identity,
    /// A trust policy or another policy of the resource.
    Resource,
}

/// Whether one document allows the request, by how directly it names the caller.
struct Allows {
    by_grant: [Truth; 4],
}

impl Allows {
    fn any(self) -> Truth {
        Truth::any(self.by_grant)
    }

    fn of(&self, grant: Grant) -> Truth {
        self.by_grant[grant as usize].clone()
    }
}

/// One evaluation under way.
struct Run<'a> {
    request: &'a Request,
    caller: Caller<'a>,
    resource_account: Option<&'a str>,
    has_boundary: bool,
    budget: Budget,
    statements: Vec<StatementTrace>,
    /// The first statement that denies.
    denied: Option<String>,
    /// Why the first undecided deny is undecided.
    deny_unknown: Option<String>,
}

impl<'a> Run<'a> {
    fn document(&mut self, name: &str, document: &Document, kind: Kind) -> Allows {
        let mut allows = Allows { by_grant: [Truth::False, Truth::False, Truth::False, Truth::False] };
        for (index, statement) in document.statements.as_slice().iter().enumerate() {
            let number = index + 1;
            let verdict = self.statement(document, statement, kind);
            let (outcome, reason, truth) = match verdict {
                Verdict::Matches(grant) => {
                    let outcome = match statement.effect {
                        Effect::Allow => StatementOutcome::Allows,
                        Effect::Deny => StatementOutcome::Denies,
                    };
                    (outcome, "it matches the request".to_owned(), Some((grant, Truth::True)))
                }
                Verdict::DoesNotMatch(reason) => (StatementOutcome::DoesNotMatch, reason, None),
                Verdict::Undecided(grant, reason) => {
                    let whole = format!("statement {number} of {name} is undecided: {reason}");
                    (StatementOutcome::Undecided, reason, Some((grant, Truth::Unknown(whole))))
                }
            };
            match (statement.effect, truth) {
                (Effect::Allow, Some((grant, truth))) => {
                    let slot = &mut allows.by_grant[grant as usize];
                    *slot = std::mem::replace(slot, Truth::False).or(truth);
                }
                (Effect::Deny, Some((_, Truth::True))) => {
                    self.denied.get_or_insert_with(|| format!("statement {number} of {name}"));
                }
                (Effect::Deny, Some((_, Truth::Unknown(reason)))) => {
                    self.deny_unknown.get_or_insert(reason);
                }
                (_, None | Some((_, Truth::False))) => {}
            }
            self.statements.push(StatementTrace {
                document: name.to_owned(),
                number,
                sid: statement.sid.clone(),
                outcome,
                reason,
            });
        }
        allows
    }

    /// Principal, action, resource, condition, in this order: the first that fails is the reason.
    fn statement(&self, document: &Document, statement: &Statement, kind: Kind) -> Verdict {
        let Statement { sid: _, effect, principal, action, resource, condition, unknown } = statement;
        let mut undecided: Option<String> = None;
        let mut note = |reason: String| {
            undecided.get_or_insert(reason);
        };
        let version = document.version.as_deref().unwrap_or("2008-10-17");
        let variables = version == "2012-10-17";
        let version_known = variables || version == "2008-10-17";
        if let Some(key) = document.unknown.keys().next() {
            note(format!("the document has an element {key:?}, which is not in IAM's grammar"));
        }
        if let Some(key) = unknown.keys().next() {
            note(format!("it has an element {key:?}, which is not in IAM's grammar"));
        }
        let mut grant = Grant::Identity;
        match (kind, principal) {
            (Kind::Identity, None) => {}
            (Kind::Identity, Some(_)) => {
                note("it has a Principal, which a policy of an identity cannot have".to_owned())
            }
            (Kind::Resource, None) => {
                note("it has no Principal, which a resource's policy must have".to_owned())
            }
            (Kind::Resource, Some(element)) => {
                let (truth, directly, reason) =
                    principal::matches(element, *effect, &self.caller, self.has_boundary);
                grant = directly;
                match truth {
                    Truth::True => {}
                    Truth::False => return Verdict::DoesNotMatch(reason),
                    Truth::Unknown(reason) => note(reason),
                }
            }
        }
        match self.action(action.as_ref()) {
            Truth::True => {}
            Truth::False => {
                return Verdict::DoesNotMatch(format!("its actions do not include {}", self.request.action));
            }
            Truth::Unknown(reason) => note(reason),
        }
        if !version_known {
            // What variables, wildcards and operators mean under another version cannot be known.
            return Verdict::Undecided(grant, "the document's Version is not known".to_owned());
        }
        match self.resource(resource.as_ref(), kind, variables) {
            Truth::True => {}
            Truth::False => {
                return Verdict::DoesNotMatch(format!(
                    "its resources do not include {}",
                    self.request.resource
                ));
            }
            Truth::Unknown(reason) => note(reason),
        }
        if let Some(condition) = condition {
            match condition::evaluate(condition, &self.request.context, variables, &self.budget) {
                Ok(Truth::Unknown(reason)) => note(reason),
                Ok(_) => {}
                Err(reason) => return Verdict::DoesNotMatch(reason),
            }
        }
        match undecided {
            None => Verdict::Matches(grant),
            Some(reason) => Verdict::Undecided(grant, reason),
        }
    }

    fn action(&self, element: Option<&ActionElement>) -> Truth {
        let one = |pattern: &String| self.action_pattern(pattern);
        match element {
            None => Truth::unknown("it has no Action, which IAM refuses"),
            Some(ActionElement::Action(list) | ActionElement::NotAction(list))
                if list.as_slice().is_empty() =>
            {
                Truth::unknown("it has an empty list of actions, which IAM refuses")
            }
            Some(ActionElement::Action(list)) => Truth::any(list.as_slice().iter().map(one)),
            Some(ActionElement::NotAction(list)) => !Truth::any(list.as_slice().iter().map(one)),
        }
    }

    fn action_pattern(&self, pattern: &str) -> Truth {
        let action = &self.request.action;
        if pattern == "*" || pattern.eq_ignore_ascii_case(action) {
            return Truth::True;
        }
        if !pattern.contains(['*', '?']) {
            return Truth::False;
        }
        let tokens = pattern::tokens(&pattern.to_ascii_lowercase());
        match pattern::matches(&tokens, &action.to_ascii_lowercase(), &self.budget) {
            Err(Exhausted) => Truth::unknown(Exhausted::REASON),
            Ok(false) => Truth::False,
            Ok(true) => match pattern.split_once(':') {
                Some((service, _)) if service == "*" || !service.contains(['*', '?']) => Truth::True,
                _ => Truth::unknown("it has an action with a wildcard in the service, which IAM refuses"),
            },
        }
    }

    fn resource(&self, element: Option<&ResourceElement>, kind: Kind, variables: bool) -> Truth {
        let one = |pattern: &String| self.resource_pattern(pattern, variables);
        match element {
            None if kind == Kind::Resource && is_role(&self.request.resource) => Truth::True,
            None => Truth::unknown("it has no Resource"),
            Some(ResourceElement::Resource(list) | ResourceElement::NotResource(list))
                if list.as_slice().is_empty() =>
            {
                Truth::unknown("it has an empty list of resources, which IAM refuses")
            }
            Some(ResourceElement::Resource(list)) => {
                Truth::any(list.as_slice().iter().map(|pattern| one(pattern).unwrap_or(Truth::False)))
            }
            // What a null excepts is not documented.
            Some(ResourceElement::NotResource(list)) => !Truth::any(list.as_slice().iter().map(|pattern| {
                one(pattern).unwrap_or_else(|key| {
                    Truth::Unknown(format!("NotResource has the variable {key}, without a value"))
                })
            })),
        }
    }

    /// `Err`: a variable without a value, which matches nothing.
    fn resource_pattern(&self, pattern: &str, variables: bool) -> Result<Truth, String> {
        let resource = &self.request.resource;
        if !pattern.contains(['*', '?', '$']) {
            return Ok((pattern == resource).into());
        }
        let tokens = match pattern::expand(pattern, variables.then_some(&self.request.context), true) {
            Expanded::Tokens(tokens) => tokens,
            Expanded::NoValue(key) => return Err(key),
            Expanded::Unknown(reason) => return Ok(Truth::Unknown(reason)),
        };
        Ok(match pattern::matches_resource(&tokens, resource, &self.budget) {
            Err(Exhausted) => Truth::unknown(Exhausted::REASON),
            Ok(ResourceMatch::Yes) => Truth::True,
            Ok(ResourceMatch::No) => Truth::False,
            Ok(ResourceMatch::OnlyAcrossColon) => {
                Truth::unknown("a wildcard in the middle of an ARN's segment would have to match a colon")
            }
        })
    }

    fn who_allows(&self) -> String {
        let allowing = self.statements.iter().find(|trace| trace.outcome == StatementOutcome::Allows);
        allowing.map_or_else(
            || "it is allowed".to_owned(),
            |trace| format!("statement {} of {} allows it", trace.number, trace.document),
        )
    }
}

enum Verdict {
    Matches(Grant),
    DoesNotMatch(String),
    Undecided(Grant, String),
}

/// What the two sides say of a request: the caller's policies, and the resource's.
struct Sides {
    by_identity: Truth,
    /// Boundary and session policy.
    limits: Truth,
    has_identity: bool,
}

impl Sides {
    fn allowed(&self, run: &Run<'_>, by_resource: Option<&Allows>) -> Truth {
        let Self { by_identity, limits, has_identity } = self;
        let own = by_identity.clone().and(limits.clone());
        let is_aws = matches!(run.caller, Caller::Aws { .. } | Caller::Opaque(_));
        let same_account = match (run.caller.account(), run.resource_account) {
            (Some(caller), Some(resource)) => Truth::from(caller == resource),
            (None, _) if !is_aws => Truth::False,
            _ => Truth::unknown("whether the resource is in the caller's account is not known"),
        };
        let Some(by_resource) = by_resource else {
            if needs_resource_policy(self, run) {
                return own.and(Truth::unknown(
                    "the policy of the resource, which must allow it too, is not given",
                ));
            }
            // Policies of an identity reach no other account, and nobody who is no identity of the account.
            return match same_account {
                Truth::False => Truth::False,
                // Without an account in the ARN (`*`, a bucket) it is taken to be the caller's own.
                Truth::True | Truth::Unknown(_) if is_aws => own,
                _ => Truth::False,
            };
        };
        if !has_identity || !is_aws {
            return Self::granted(by_resource, limits, limits);
        }
        let across = || Truth::any(by_resource.by_grant.clone()).and(own.clone());
        let within = || {
            if must_grant(run) {
                Self::granted(by_resource, limits, &own)
            } else {
                // The account's own policies decide already what its identities may do.
                own.clone().or(Self::granted(by_resource, limits, &Truth::False))
            }
        };
        match same_account {
            Truth::True => within(),
            Truth::False => across(),
            Truth::Unknown(reason) => {
                let (within, across) = (within(), across());
                if within == across { within } else { Truth::Unknown(reason) }
            }
        }
    }

    /// What a resource's policy grants in the same account. A grant to the very user or session is not
    /// limited by an implicit deny of boundary or session policy; one to the role is; one to the account
    /// hangs on `account`.
    fn granted(by_resource: &Allows, limits: &Truth, account: &Truth) -> Truth {
        let everyone = match limits {
            Truth::True => Truth::True,
            // IAM does not say how the limits bear on a grant to everyone.
            _ => Truth::unknown(
                "whether boundary and session policy limit a grant to everyone is not documented",
            ),
        };
        Truth::any([
            by_resource.of(Grant::Identity),
            by_resource.of(Grant::Role).and(limits.clone()),
            by_resource.of(Grant::Everyone).and(everyone),
            by_resource.of(Grant::Account).and(account.clone()),
        ])
    }

    fn why_not(
        &self,
        run: &Run<'_>,
        by_resource: Option<&Allows>,
        boundary: &Truth,
        session: &Truth,
    ) -> String {
        if run.statements.is_empty() {
            return "no policy has a statement".to_owned();
        }
        let resource_allows =
            by_resource.is_some_and(|allows| Truth::any(allows.by_grant.clone()) != Truth::False);
        let granted = self.by_identity != Truth::False || resource_allows;
        if granted && *boundary == Truth::False {
            return "the permissions boundary does not allow it".to_owned();
        }
        if granted && *session == Truth::False {
            return "the session policy does not allow it".to_owned();
        }
        if self.has_identity && self.by_identity == Truth::False && resource_allows {
            return "the resource's policy allows it, but no policy of the caller does, which is needed too"
                .to_owned();
        }
        if self.has_identity && self.by_identity != Truth::False {
            return match by_resource {
                Some(_) => "a policy of the caller allows it, but the resource's policy, which must too, does not",
                None => "a policy of the caller allows it, but the resource is in another account, and no policy of it is given",
            }
            .to_owned();
        }
        let mut allows =
            run.statements.iter().filter(|trace| trace.outcome == StatementOutcome::DoesNotMatch);
        match (allows.next(), allows.next()) {
            (Some(only), None) => {
                format!(
                    "no statement allows it: statement {} of {} does not match: {}",
                    only.number, only.document, only.reason
                )
            }
            _ => "no statement allows it".to_owned(),
        }
    }
}

/// Resources whose own policy must grant, even within the account: roles (assuming them) and KMS keys.
fn must_grant(run: &Run<'_>) -> bool {
    let service = run.request.action.split(':').next().unwrap_or_default();
    (service.eq_ignore_ascii_case("sts") && is_role(&run.request.resource))
        || service.eq_ignore_ascii_case("kms")
}

fn needs_resource_policy(sides: &Sides, run: &Run<'_>) -> bool {
    sides.has_identity
        && is_role(&run.request.resource)
        && run.request.action.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("sts:AssumeRole"))
}

fn account_of(arn: &str) -> Option<&str> {
    arn.split(':').nth(4).filter(|account| is_account_id(account))
}

fn is_role(arn: &str) -> bool {
    let mut parts = arn.splitn(6, ':');
    parts.next() == Some("arn")
        && parts.nth(1) == Some("iam")
        && parts.nth(2).is_some_and(|rest| rest.starts_with("role/"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/GenesysDataActionRole";
    const GENESYS: &str = "arn:aws:iam::765628985471:root";

    fn document(text: &str) -> Document {
        Document::parse(text).unwrap()
    }

    fn trust() -> Document {
        document(
            r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":{"AWS":"765628985471"},
            "Action":"sts:AssumeRole","Condition":{"StringEquals":{"sts:ExternalId":"x"}}}]}"#,
        )
    }

    fn assume(principal: &str, context: Context) -> Request {
        Request {
            principal: Principal::Aws(principal.to_owned()),
            action: "sts:AssumeRole".to_owned(),
            resource: ROLE.to_owned(),
            context,
        }
    }

    fn ask(trust: &Document, request: &Request) -> Evaluation {
        evaluate(
            &Policies { resource: Some(("the trust policy".to_owned(), trust)), ..Policies::default() },
            request,
        )
    }

    #[test]
    fn genesys_may_assume_the_role_with_the_right_external_id_only() {
        let external_id = |id: &str| Context::complete().with("STS:externalid", &[id]);
        let decide = |principal, context| ask(&trust(), &assume(principal, context)).decision;
        assert_eq!(decide(GENESYS, external_id("x")), Decision::Allowed);
        assert_eq!(decide("arn:aws:iam::765628985471:user/a/b", external_id("x")), Decision::Allowed);
        assert_eq!(decide(GENESYS, external_id("X")), Decision::ImplicitDeny);
        assert_eq!(decide(GENESYS, Context::complete()), Decision::ImplicitDeny);
        assert_eq!(decide(GENESYS, Context::partial()), Decision::Undecided);
        assert_eq!(decide("arn:aws:iam::999999999999:root", external_id("x")), Decision::ImplicitDeny);
        assert_eq!(decide("arn:aws:iam::999999999999:root", Context::partial()), Decision::ImplicitDeny);
    }

    #[test]
    fn the_trace_says_why() {
        let evaluation = ask(&trust(), &assume(GENESYS, Context::complete()));
        assert_eq!(
            evaluation.statements[0].reason,
            "condition StringEquals sts:ExternalId is \"x\", the request has none"
        );
        assert_eq!(
            evaluation.reason,
            "no statement allows it: statement 1 of the trust policy does not match: condition StringEquals sts:ExternalId is \"x\", the request has none"
        );
    }

    #[test]
    fn an_undecided_deny_beside_an_allow_is_undecided_and_names_the_key() {
        let text = trust().to_json().replace(
            "\"Statement\":[",
            r#""Statement":[{"Effect":"Deny","Principal":"*","Action":"*","Condition":{"NotIpAddress":{"aws:SourceIp":"192.0.2.0/24"}}},"#,
        );
        let request = assume(GENESYS, Context::partial().with("sts:ExternalId", &["x"]));
        let evaluation = ask(&document(&text), &request);
        assert_eq!(evaluation.decision, Decision::Undecided);
        assert!(evaluation.reason.contains("aws:SourceIp"), "{}", evaluation.reason);
        let wrong = assume(GENESYS, Context::partial().with("sts:ExternalId", &["y"]));
        assert_eq!(ask(&document(&text), &wrong).decision, Decision::ImplicitDeny);
        let outside = assume(
            GENESYS,
            Context::partial().with("sts:ExternalId", &["x"]).with("aws:SourceIp", &["198.51.100.1"]),
        );
        assert_eq!(ask(&document(&text), &outside).decision, Decision::ExplicitDeny);
    }

    /// Whether one condition holds, asked through an Allow: allowed, denied or undecided.
    fn holds(condition: &str, context: &Context) -> Decision {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":"*","Action":"*","Condition":{condition}}}}}"#
        );
        ask(&document(&text), &assume(GENESYS, context.clone())).decision
    }

    #[test]
    fn conditions_hold_as_the_reference_says() {
        use Decision::{Allowed as Yes, ImplicitDeny as No, Undecided};
        let context = Context::complete()
            .with("s", &["Abc"])
            .with("n", &["10.50"])
            .with("d", &["2024-05-01T00:00:00Z"])
            .with("b", &["true"])
            .with("bin", &["QmluYXJ5"])
            .with("ip", &["203.0.113.7"])
            .with("arn", &["arn:aws:lambda:eu-west-1:111122223333:function:f:live"])
            .with("m", &["a", "b"])
            .with("empty", &[""])
            .with("aws:username", &["Abc"]);
        for (condition, expected) in [
            (r#"{"StringEquals":{"S":["x","Abc"]}}"#, Yes),
            (r#"{"StringEquals":{"s":"abc"}}"#, No),
            (r#"{"StringNotEquals":{"s":["x","Abc"]}}"#, No),
            (r#"{"StringNotEquals":{"s":["x","y"]}}"#, Yes),
            (r#"{"StringNotEquals":{"none":"x"}}"#, Yes),
            (r#"{"StringEqualsIgnoreCase":{"s":"aBC"}}"#, Yes),
            (r#"{"StringLike":{"s":"A?*"}}"#, Yes),
            (r#"{"StringEquals":{"s":"A*"}}"#, No),
            (r#"{"StringEquals":{"s":"${aws:username}"}}"#, Yes),
            (r#"{"StringEquals":{"s":"${aws:userid}"}}"#, No),
            (r#"{"StringNotEquals":{"s":"${aws:userid}"}}"#, Yes),
            (r#"{"StringEquals":{"s":"${aws:userid, 'Abc'}"}}"#, Yes),
            (r#"{"NumericEquals":{"n":10.5}}"#, Yes),
            (r#"{"NumericLessThan":{"n":"10.500"}}"#, No),
            (r#"{"NumericGreaterThan":{"n":"9"}}"#, Yes),
            (r#"{"NumericEquals":{"s":1}}"#, Undecided),
            (r#"{"DateLessThan":{"d":"2024-05-01T02:00:01+02:00"}}"#, Yes),
            (r#"{"DateEquals":{"d":"1714521600"}}"#, Yes),
            (r#"{"DateGreaterThanEquals":{"d":"2024-05-02"}}"#, No),
            (r#"{"DateGreaterThan":{"d":"soon"}}"#, Undecided),
            (r#"{"Bool":{"b":true}}"#, Yes),
            (r#"{"Bool":{"b":"false"}}"#, No),
            (r#"{"BinaryEquals":{"bin":"QmluYXJ5"}}"#, Yes),
            (r#"{"IpAddress":{"ip":["198.51.100.0/24","203.0.113.0/24"]}}"#, Yes),
            (r#"{"NotIpAddress":{"ip":"203.0.113.7"}}"#, No),
            (r#"{"IpAddress":{"ip":"2001:db8::/32"}}"#, No),
            (r#"{"IpAddress":{"ip":"300.0.0.0/8"}}"#, Undecided),
            (r#"{"ArnLike":{"arn":"arn:aws:lambda:*:111122223333:function:*"}}"#, Yes),
            (r#"{"ArnEquals":{"arn":"arn:aws:lambda:*:function:f:live"}}"#, No),
            (r#"{"ArnLike":{"arn":"*"}}"#, Undecided),
            (r#"{"Null":{"s":"false","none":"true"}}"#, Yes),
            (r#"{"Null":{"s":true}}"#, No),
            (r#"{"StringEqualsIfExists":{"none":"x"}}"#, Yes),
            (r#"{"StringEqualsIfExists":{"s":"x"}}"#, No),
            (r#"{"ForAllValues:StringEquals":{"m":["a","b","c"]}}"#, Yes),
            (r#"{"ForAllValues:StringEquals":{"m":["a"]}}"#, No),
            (r#"{"ForAllValues:StringEquals":{"none":["a"]}}"#, Yes),
            (r#"{"ForAnyValue:StringEquals":{"m":["b","z"]}}"#, Yes),
            (r#"{"ForAnyValue:StringEquals":{"none":["b"]}}"#, No),
            (r#"{"ForAllValues:StringNotEquals":{"m":["b"]}}"#, No),
            (r#"{"ForAllValues:StringEquals":{"empty":["b"]}}"#, Yes),
            (r#"{"StringEquals":{"m":"a"}}"#, Undecided),
            (r#"{"StringEquals":{"s":[]}}"#, Undecided),
            (r#"{"StringEqual":{"s":"Abc"}}"#, Undecided),
            (r#"{"stringequals":{"s":"Abc"}}"#, Undecided),
            (r#"{"Nonsense":{}}"#, Yes),
            (r#"{"StringEqual":{"s":"Abc"},"Bool":{"b":"false"}}"#, No),
            (r#"{"StringEquals":{"s":"Abc","S":"Abc"}}"#, Undecided),
        ] {
            assert_eq!(holds(condition, &context), expected, "{condition}");
        }
    }

    #[test]
    fn variables_have_a_meaning_in_version_2012_10_17_only() {
        for (version, expected) in [
            (r#""Version":"2012-10-17","#, Decision::Allowed),
            (r#""Version":"2008-10-17","#, Decision::ImplicitDeny),
            ("", Decision::ImplicitDeny),
            (r#""Version":"2030-01-01","#, Decision::Undecided),
        ] {
            let text = format!(
                r#"{{{version}"Statement":{{"Effect":"Allow","Action":"s3:GetObject","Resource":"arn:aws:s3:::b/${{aws:username}}"}}}}"#
            );
            let policy = document(&text);
            let policies = Policies { identity: vec![("p".to_owned(), &policy)], ..Policies::default() };
            let request = Request {
                principal: Principal::Aws("arn:aws:iam::111122223333:user/ann".to_owned()),
                action: "s3:GetObject".to_owned(),
                resource: "arn:aws:s3:::b/ann".to_owned(),
                context: Context::complete().with("aws:username", &["ann"]),
            };
            let decision = evaluate(&policies, &request).decision;
            assert_eq!(decision, expected, "{version}");
        }
    }

    fn principal_decision(effect: &str, element: &str, principal: &Principal) -> Decision {
        let allow = if effect == "Deny" { r#"{"Effect":"Allow","Principal":"*","Action":"*"},"# } else { "" };
        let text = format!(r#"{{"Statement":[{allow}{{"Effect":"{effect}",{element},"Action":"*"}}]}}"#);
        let request = Request {
            principal: principal.clone(),
            action: "sts:AssumeRole".to_owned(),
            resource: ROLE.to_owned(),
            context: Context::complete(),
        };
        ask(&document(&text), &request).decision
    }

    #[test]
    fn principals_are_matched_as_iam_does() {
        use Decision::{Allowed, ExplicitDeny, ImplicitDeny, Undecided};
        const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/R/S";
        for (effect, element, caller, expected) in [
            ("Allow", r#""Principal":{"AWS":"111122223333"}"#, SESSION, Allowed),
            ("Allow", r#""Principal":{"AWS":"arn:aws:iam::111122223333:role/R"}"#, SESSION, Allowed),
            ("Allow", r#""Principal":{"AWS":"arn:aws:iam::111122223333:role/p/R"}"#, SESSION, Allowed),
            ("Allow", r#""Principal":{"AWS":"arn:aws:iam::111122223333:role/Q"}"#, SESSION, ImplicitDeny),
            ("Allow", r#""Principal":{"AWS":"arn:aws:iam::111122223333:role/r"}"#, SESSION, Undecided),
            (
                "Allow",
                r#""Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/R/S"}"#,
                SESSION,
                Allowed,
            ),
            (
                "Allow",
                r#""Principal":{"AWS":"arn:aws:sts::111122223333:assumed-role/R/T"}"#,
                SESSION,
                ImplicitDeny,
            ),
            ("Allow", r#""Principal":{"AWS":"arn:aws:iam::111122223333:role/*"}"#, SESSION, ImplicitDeny),
            ("Allow", r#""Principal":{"AWS":"AROAEXAMPLEEXAMPLE123"}"#, SESSION, ImplicitDeny),
            ("Deny", r#""Principal":{"AWS":"AROAEXAMPLEEXAMPLE123"}"#, SESSION, Undecided),
            ("Deny", r#""Principal":{"AWS":"arn:aws:iam::111122223333:role/R"}"#, SESSION, ExplicitDeny),
            ("Deny", r#""Principal":{"AWS":"arn:aws-cn:iam::111122223333:root"}"#, SESSION, Undecided),
            ("Deny", r#""Principal":{"Service":"lambda.amazonaws.com"}"#, SESSION, Allowed),
            ("Deny", r#""Principal":{"Nobody":"x"}"#, SESSION, Undecided),
            (
                "Deny",
                r#""NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/R","arn:aws:sts::111122223333:assumed-role/R/S"]}"#,
                SESSION,
                Allowed,
            ),
            (
                "Deny",
                r#""NotPrincipal":{"AWS":["111122223333","arn:aws:iam::111122223333:role/R"]}"#,
                SESSION,
                Undecided,
            ),
            ("Deny", r#""NotPrincipal":{"AWS":["arn:aws:iam::999999999999:root"]}"#, SESSION, ExplicitDeny),
            ("Allow", r#""NotPrincipal":{"AWS":["arn:aws:iam::999999999999:root"]}"#, SESSION, Allowed),
            ("Allow", r#""NotPrincipal":{"AWS":["arn:aws:iam::111122223333:root"]}"#, SESSION, ImplicitDeny),
            ("Allow", r#""Principal":{"CanonicalUser":"79a5"}"#, SESSION, Undecided),
            (
                "Allow",
                r#""Principal":{"AWS":"arn:aws:iam::111122223333:role/R"}"#,
                "arn:aws:iam::111122223333:root",
                Undecided,
            ),
        ] {
            let caller = Principal::Aws(caller.to_owned());
            assert_eq!(principal_decision(effect, element, &caller), expected, "{effect} {element}");
        }
        let service = Principal::Service("lambda.amazonaws.com".to_owned());
        assert_eq!(
            principal_decision("Allow", r#""Principal":{"Service":["a","lambda.amazonaws.com"]}"#, &service),
            Allowed
        );
        assert_eq!(
            principal_decision("Allow", r#""Principal":{"AWS":"111122223333"}"#, &service),
            ImplicitDeny
        );
        assert_eq!(principal_decision("Allow", r#""Principal":{"AWS":"*"}"#, &Principal::Anonymous), Allowed);
        assert_eq!(
            principal_decision("Allow", r#""Principal":{"AWS":"111122223333"}"#, &Principal::Anonymous),
            ImplicitDeny
        );
    }

    const ALLOW: &str = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    const NOTHING: &str = r#"{"Statement":[]}"#;

    fn combined(
        identity: Option<&str>,
        boundary: Option<&str>,
        session: Option<&str>,
        principal: Option<&str>,
        caller: &str,
    ) -> Decision {
        combined_on(
            "arn:aws:lambda:eu-west-1:111122223333:function:f",
            "lambda:InvokeFunction",
            identity,
            boundary,
            session,
            principal,
            caller,
        )
    }

    fn combined_on(
        resource: &str,
        action: &str,
        identity: Option<&str>,
        boundary: Option<&str>,
        session: Option<&str>,
        principal: Option<&str>,
        caller: &str,
    ) -> Decision {
        let own = [identity, boundary, session].map(|text| text.map(document));
        let named = |index: usize| own[index].as_ref().map(|document| ("p".to_owned(), document));
        let by_resource = principal.map(|principal| {
            document(&format!(
                r#"{{"Statement":{{"Effect":"Allow","Principal":{{"AWS":"{principal}"}},"Action":"*","Resource":"*"}}}}"#
            ))
        });
        let policies = Policies {
            identity: named(0).into_iter().collect(),
            boundary: named(1),
            session: named(2),
            resource: by_resource.as_ref().map(|document| ("r".to_owned(), document)),
        };
        let request = Request {
            principal: Principal::Aws(caller.to_owned()),
            action: action.to_owned(),
            resource: resource.to_owned(),
            context: Context::complete(),
        };
        evaluate(&policies, &request).decision
    }

    #[test]
    fn policies_combine_by_the_evaluation_logic() {
        use Decision::{Allowed, ImplicitDeny};
        const USER: &str = "arn:aws:iam::111122223333:user/u";
        const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/R/S";
        const STRANGER: &str = "arn:aws:iam::999999999999:user/u";
        for (identity, boundary, session, principal, caller, expected) in [
            (Some(ALLOW), None, None, None, USER, Allowed),
            (None, None, None, None, USER, ImplicitDeny),
            (Some(ALLOW), Some(NOTHING), None, None, USER, ImplicitDeny),
            (Some(ALLOW), Some(ALLOW), Some(NOTHING), None, SESSION, ImplicitDeny),
            (Some(ALLOW), Some(ALLOW), Some(ALLOW), None, SESSION, Allowed),
            // The resource's policy in the same account.
            (Some(NOTHING), None, None, Some(USER), USER, Allowed),
            (Some(NOTHING), Some(NOTHING), None, Some(USER), USER, Allowed),
            (Some(NOTHING), None, None, Some("111122223333"), USER, ImplicitDeny),
            (Some(ALLOW), None, None, Some("999999999999"), USER, Allowed),
            (Some(NOTHING), None, Some(NOTHING), Some(SESSION), SESSION, Allowed),
            (
                Some(NOTHING),
                None,
                Some(NOTHING),
                Some("arn:aws:iam::111122223333:role/R"),
                SESSION,
                ImplicitDeny,
            ),
            (Some(NOTHING), None, Some(ALLOW), Some("arn:aws:iam::111122223333:role/R"), SESSION, Allowed),
            // Across accounts both sides must.
            (Some(ALLOW), None, None, None, STRANGER, ImplicitDeny),
            (Some(NOTHING), None, None, Some(STRANGER), STRANGER, ImplicitDeny),
            (Some(ALLOW), None, None, Some(STRANGER), STRANGER, Allowed),
            (Some(ALLOW), Some(NOTHING), None, Some(STRANGER), STRANGER, ImplicitDeny),
            (None, None, None, Some(STRANGER), STRANGER, Allowed),
        ] {
            let decision = combined(identity, boundary, session, principal, caller);
            assert_eq!(decision, expected, "{identity:?} {boundary:?} {session:?} {principal:?} {caller}");
        }
        // A trust policy must grant, even in the same account.
        let assume =
            |identity, principal| combined_on(ROLE, "sts:AssumeRole", identity, None, None, principal, USER);
        assert_eq!(assume(Some(ALLOW), Some("999999999999")), ImplicitDeny);
        assert_eq!(assume(Some(ALLOW), Some("111122223333")), Allowed);
        assert_eq!(assume(Some(NOTHING), Some("111122223333")), ImplicitDeny);
        assert_eq!(assume(Some(NOTHING), Some(USER)), Allowed);
        assert_eq!(assume(Some(ALLOW), None), Decision::Undecided);
    }

    #[test]
    fn actions_ignore_case_and_take_wildcards() {
        use Decision::{Allowed, ImplicitDeny, Undecided};
        for (element, expected) in [
            (r#""Action":"LAMBDA:invokefunction""#, Allowed),
            (r#""Action":"lambda:Invoke*""#, Allowed),
            (r#""Action":"lambda:InvokeFunctio?""#, Allowed),
            (r#""Action":"*:*""#, Allowed),
            (r#""Action":"lambda:InvokeFunctionUrl""#, ImplicitDeny),
            (r#""Action":"l*""#, Undecided),
            (r#""Action":[]"#, Undecided),
            (r#""NotAction":"iam:*""#, Allowed),
            (r#""NotAction":["iam:*","lambda:*"]"#, ImplicitDeny),
        ] {
            let text = format!(r#"{{"Statement":{{"Effect":"Allow",{element},"Resource":"*"}}}}"#);
            let caller = "arn:aws:iam::111122223333:role/R";
            assert_eq!(combined(Some(&text), None, None, None, caller), expected, "{element}");
        }
    }

    #[test]
    fn an_element_outside_the_grammar_makes_a_statement_undecided() {
        let text = r#"{"Statement":{"Effect":"Allow","Action":"*","Resource":"*","Resources":"x"}}"#;
        assert_eq!(
            combined(Some(text), None, None, None, "arn:aws:iam::111122223333:role/R"),
            Decision::Undecided
        );
        let text = r#"{"Statment":1,"Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
        assert_eq!(
            combined(Some(text), None, None, None, "arn:aws:iam::111122223333:role/R"),
            Decision::Undecided
        );
    }
}
