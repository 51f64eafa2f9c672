//! Asks the evaluator, so no lint contradicts it.

use std::collections::BTreeSet;

use super::super::admission::TrustPolicy;
use super::super::document::{
    Document, Effect, OneOrMany, PrincipalElement, Principals, ResourceElement, Scalar, Statement,
};
use super::super::evaluate::{Decision, Policies, evaluate};
use super::super::grammar::SESSION_ACTIONS;
use super::super::key::EXTERNAL_ID;
use super::super::pattern::wildcard_matches;
use super::super::request::{Context, Principal, Request};
use super::super::witness::{AcceptedIds, accepted_ids};
use super::expected::Expected;
use crate::arn::{AccountId, Arn};

/// Above this many statements times denials, denials are ignored: no document that IAM stores has as many.
const MOST: usize = 20_000;

pub(super) struct Probe<'a> {
    document: &'a Document,
    denials: Vec<Statement>,
    /// An account that the document does not name.
    stranger: String,
    /// The caller that should be trusted.
    genesys: Vec<Principal>,
}

/// An external ID that no organization has.
const OTHER_ID: &str = "no-organization:0.0";

impl<'a> Probe<'a> {
    pub(super) fn new(document: &'a Document, expected: &Expected<'_>) -> Self {
        let statements = document.statements.as_slice();
        let mut denials: Vec<Statement> =
            statements.iter().filter(|statement| statement.effect == Effect::Deny).cloned().collect();
        if denials.len() * statements.len() > MOST {
            denials.clear();
        }
        let named: BTreeSet<&str> =
            statements.iter().flat_map(Statement::principals).map(|(_, principal)| principal).collect();
        let is_free = |account: &String| !named.iter().any(|principal| principal.contains(account.as_str()));
        let stranger =
            (0..=9).map(|digit: u8| digit.to_string().repeat(12)).find(is_free).unwrap_or_default();
        let known = expected
            .known_accounts
            .iter()
            .map(|known| format!("arn:{}:iam::{}:root", known.partition, known.id));
        let trusted = expected.trusted.map(|trusted| Arn::account_root("aws", trusted).to_string());
        let genesys = known.chain(trusted).map(Principal::Aws).collect();
        Self { document, denials, stranger, genesys }
    }

    /// Whether the statement, with every denial in the document, leaves the request possible.
    fn leaves_open(&self, statement: &Statement, request: &Request) -> bool {
        let document = self.alone(statement);
        let named = ("it".to_owned(), &document);
        let policies = match statement.principal {
            Some(_) => Policies { resource: Some(named), ..Policies::default() },
            None => Policies { identity: vec![named], ..Policies::default() },
        };
        matches!(evaluate(&policies, request).decision, Decision::Allowed | Decision::Undecided)
    }

    /// Whether the statement lets this principal assume the role, with this external ID or without one.
    pub(super) fn admits(&self, statement: &Statement, principal: &Principal, id: Option<&str>) -> bool {
        self.admits_by(statement, principal, "sts:AssumeRole", id)
    }

    pub(super) fn admits_by(
        &self,
        statement: &Statement,
        principal: &Principal,
        action: &str,
        id: Option<&str>,
    ) -> bool {
        self.leaves_open(statement, &assumption(principal, action, id, "false"))
    }

    /// Whether the whole document admits the principal with some external ID, with or without MFA.
    pub(super) fn admits_with_mfa(&self, principal: &Principal, mfa: bool) -> bool {
        let request = assumption(principal, "sts:AssumeRole", None, if mfa { "true" } else { "false" });
        let ids = accepted_ids(self.document, &request, None);
        ids.any() || matches!(ids.without, Decision::Allowed | Decision::Undecided)
    }

    /// Whether the statement may ever admit the principal, with some external ID or none, with or without MFA.
    pub(super) fn admits_ever(&self, statement: &Statement, principal: &Principal) -> bool {
        ["false", "true"].into_iter().any(|mfa| {
            let request = assumption(principal, "sts:AssumeRole", None, mfa);
            let ids = accepted_ids(&self.alone(statement), &request, None);
            ids.any() || matches!(ids.without, Decision::Allowed | Decision::Undecided)
        })
    }

    /// Whether the statement would let the principal assume the role, but for conditions and denials.
    pub(super) fn names(&self, statement: &Statement, principal: &Principal) -> bool {
        let unconditional = Statement { condition: None, ..statement.clone() };
        let document = Document { statements: OneOrMany::One(unconditional).into(), ..self.document.clone() };
        let policies = Policies { resource: Some(("it".to_owned(), &document)), ..Policies::default() };
        evaluate(&policies, &assumption(principal, "sts:AssumeRole", None, "false")).decision
            == Decision::Allowed
    }

    /// Why the statement does not admit the principal.
    pub(super) fn why_refused(
        &self,
        statement: &Statement,
        principal: &Principal,
        id: Option<&str>,
    ) -> String {
        let document = self.alone(statement);
        let policies = Policies { resource: Some(("it".to_owned(), &document)), ..Policies::default() };
        let request = assumption(principal, "sts:AssumeRole", Some(id.unwrap_or(OTHER_ID)), "false");
        let evaluation = evaluate(&policies, &request);
        match (evaluation.decision, evaluation.reason.split_once("does not match: ")) {
            (Decision::ImplicitDeny, Some((_, why))) => why.to_owned(),
            _ => "a Deny refuses whatever it brings".to_owned(),
        }
    }

    /// Whether the principal can get a session of the role by any call, with or without an external ID or MFA.
    pub(super) fn admits_somehow(&self, statement: &Statement, principal: &Principal) -> bool {
        // AssumeRoot gives no session of a role.
        SESSION_ACTIONS.into_iter().filter(|action| *action != "sts:AssumeRoot").any(|action| {
            ["false", "true", LONG_TERM_KEYS].into_iter().any(|mfa| {
                self.leaves_open(statement, &assumption(principal, action, None, mfa))
                    || self.leaves_open(statement, &assumption(principal, action, Some(OTHER_ID), mfa))
                    || accepted_ids(&self.alone(statement), &assumption(principal, action, None, mfa), None)
                        .any()
            })
        })
    }

    /// Whom a statement for everyone admits: the accounts that its conditions leave, except Genesys's, and whether anyone else.
    pub(super) fn everybody(&self, statement: &Statement) -> (Vec<String>, bool) {
        let role = format!("arn:aws:iam::{}:role/role", self.stranger);
        let Ok(role) = role.parse::<Arn>() else { return (Vec::new(), true) };
        let document = self.alone(statement);
        let (unnamed, named) = TrustPolicy { role: &role, document: &document }.callers();
        let account = |who: &Principal| match who {
            Principal::Aws(text) if self.admits_somehow(statement, who) => {
                text.parse::<Arn>().ok().map(|arn| arn.account)
            }
            _ => None,
        };
        let mut accounts: Vec<String> = named.iter().filter_map(account).collect();
        accounts.retain(|account| *account != self.stranger);
        (accounts, unnamed.iter().any(|who| account(who).is_some()))
    }

    /// The external IDs with which the statement lets the principal assume the role.
    pub(super) fn accepted(&self, statement: &Statement, principal: &Principal) -> AcceptedIds {
        self.accepted_by(statement, principal, "sts:AssumeRole")
    }

    fn accepted_by(&self, statement: &Statement, principal: &Principal, action: &str) -> AcceptedIds {
        accepted_ids(&self.alone(statement), &assumption(principal, action, None, "false"), None)
    }

    /// The statement with every denial in the document.
    fn alone(&self, statement: &Statement) -> Document {
        let statements = std::iter::once(statement.clone()).chain(self.denials.iter().cloned()).collect();
        Document {
            version: self.document.version.clone(),
            id: None,
            statements: OneOrMany::Many(statements).into(),
            unknown: self.document.unknown.clone(),
        }
    }

    /// Everyone the statement names, plus a stranger if it names everyone.
    pub(super) fn principals(&self, statement: &Statement) -> Vec<Principal> {
        let stranger = Principal::Aws(format!("arn:aws:iam::{}:root", self.stranger));
        let everyone = || std::iter::once(stranger.clone()).chain(self.genesys.iter().cloned());
        match &statement.principal {
            Some(PrincipalElement::Principal(Principals::ByKind(_))) => {
                let named = statement.principals().filter(|(kind, _)| *kind == "AWS");
                named
                    .flat_map(|(kind, value)| match value {
                        "*" => everyone().collect(),
                        value => vec![principal(kind, value)],
                    })
                    .collect()
            }
            Some(_) => everyone().collect(),
            None => Vec::new(),
        }
    }

    /// Whether the statement lets someone the document does not name assume the role.
    pub(super) fn admits_a_stranger(&self, statement: &Statement) -> bool {
        self.admits_somehow(statement, &Principal::Aws(format!("arn:aws:iam::{}:root", self.stranger)))
    }

    /// An external ID that the document does not name.
    pub(super) fn other_id(&self) -> &'static str {
        OTHER_ID
    }

    /// Whether the statement lets the role do this, on something that the statement names.
    pub(super) fn may(&self, statement: &Statement, action: &str) -> bool {
        match statement.resource_values() {
            [] => self.may_on(statement, action, "*"),
            values => values.iter().take(16).any(|value| self.may_on(statement, action, value)),
        }
    }

    /// Whether the statement lets the role do this, on this resource or one that its pattern matches.
    pub(super) fn may_on(&self, statement: &Statement, action: &str, resource: &str) -> bool {
        self.may_on_some(statement, action, resource, |_| true)
    }

    /// The same, but not on what the document names in full.
    pub(super) fn may_on_unnamed(&self, statement: &Statement, action: &str, resource: &str) -> bool {
        self.may_on_some(statement, action, resource, |spared| spared.contains(['*', '?', '$']))
    }

    fn may_on_some(
        &self,
        statement: &Statement,
        action: &str,
        resource: &str,
        counts: fn(&str) -> bool,
    ) -> bool {
        let is_negated = matches!(statement.resource, Some(ResourceElement::NotResource(_)));
        let (pattern, first) = match resource {
            _ if is_negated => ("*".to_owned(), ANY_FUNCTION.to_owned()),
            "*" => ("*".to_owned(), ANY_FUNCTION.to_owned()),
            pattern => (without_variables(pattern, "*"), sample(pattern)),
        };
        // A denial may leave only what it names.
        let spared = self.denials.iter().flat_map(Statement::resource_values).filter(|value| counts(value));
        let spared = spared.take(32).map(|value| sample(value));
        let resources =
            std::iter::once(first).chain(spared.filter(|resource| wildcard_matches(&pattern, resource)));
        let mut resources = resources.collect::<BTreeSet<_>>().into_iter();
        resources.any(|resource| {
            let account = resource.parse::<Arn>().map(|arn| arn.account).unwrap_or_default();
            let account = if account.is_empty() { "111122223333".to_owned() } else { account };
            let request = Request {
                principal: Principal::Aws(format!("arn:aws:sts::{account}:assumed-role/role/session")),
                action: action.to_owned(),
                resource,
                context: Context::partial().with("aws:ResourceAccount", &[&account]),
            };
            self.leaves_open(statement, &request)
        })
    }

    /// Whether the whole document leaves it possible for the role to invoke a function.
    pub(super) fn may_invoke(&self, function: &Arn) -> bool {
        let policies = Policies { identity: vec![("it".to_owned(), self.document)], ..Policies::default() };
        let request = Request {
            principal: Principal::Aws(format!(
                "arn:{}:sts::{}:assumed-role/role/session",
                function.partition, function.account
            )),
            action: "lambda:InvokeFunction".to_owned(),
            resource: function.to_string(),
            context: Context::partial(),
        };
        matches!(evaluate(&policies, &request).decision, Decision::Allowed | Decision::Undecided)
    }
}

const ANY_FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:x";

/// A text that a pattern matches; a variable may be any text.
pub(super) fn sample(pattern: &str) -> String {
    without_variables(pattern, "x").replace(['*', '?'], "x")
}

fn without_variables(pattern: &str, with: &str) -> String {
    let mut text = String::new();
    let mut rest = pattern;
    while let Some((before, after)) = rest.split_once("${") {
        text.push_str(before);
        text.push_str(with);
        rest = after.split_once('}').map_or("", |(_, after)| after);
    }
    text.push_str(rest);
    text
}

/// The principal behind an entry of a principal element.
pub(super) fn principal(kind: &str, value: &str) -> Principal {
    match kind {
        "Service" => Principal::Service(value.to_owned()),
        "Federated" => Principal::Federated(value.to_owned()),
        _ => match value.parse::<AccountId>() {
            Ok(account) => Principal::Aws(Arn::account_root("aws", &account).to_string()),
            Err(_) => Principal::Aws(sample(value)),
        },
    }
}

/// In place of whether there was MFA: requests with an access key of a user have no such key (IAM User Guide).
const LONG_TERM_KEYS: &str = "no key";

fn assumption(principal: &Principal, action: &str, id: Option<&str>, mfa: &str) -> Request {
    let context = match id {
        Some(id) => Context::partial().with(EXTERNAL_ID, &[id]),
        None => Context::partial().without(EXTERNAL_ID),
    };
    let context = context.with("aws:SecureTransport", &["true"]);
    let (present, age) = ("aws:MultiFactorAuthPresent", "aws:MultiFactorAuthAge");
    let context = match mfa {
        "true" => context.with(present, &["true"]).with(age, &["60"]),
        LONG_TERM_KEYS => context.without(present).without(age),
        _ => context.with(present, &[mfa]).without(age),
    };
    let context = context.of_caller(principal);
    Request {
        principal: principal.clone(),
        action: action.to_owned(),
        resource: "arn:aws:iam::111122223333:role/role".to_owned(),
        context: context
            .without("sts:SourceIdentity")
            .without("aws:TagKeys")
            .without("sts:TransitiveTagKeys"),
    }
}

/// Whether a condition value is a single external ID, not a pattern or variable.
pub(super) fn is_plain_id(value: &Scalar) -> bool {
    let text = value.to_string();
    !text.contains(['*', '?']) && !text.contains("${")
}
