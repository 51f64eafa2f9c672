//! Who gets a session of a role: the evaluator is asked about its trust policy as a whole, with every Deny.

use super::document::{Document, Effect};
use super::evaluate::{Decision, Evaluation, Policies, evaluate};
use super::key::EXTERNAL_ID;
use super::named::named_parties;
use super::request::{Context, Principal, Request};
use super::witness::{AcceptedIds, accepted_ids, caller_accounts};
use crate::arn::Arn;

pub const ASSUME_ROLE: &str = "sts:AssumeRole";

/// The calls of a federated identity, which come unsigned. Nobody else can make them, and it can make no others (STS API
/// reference). AssumeRoot gives a session of an account's root user, never of a role.
const FEDERATED_CALLS: [&str; 2] = ["sts:AssumeRoleWithWebIdentity", "sts:AssumeRoleWithSAML"];

/// An account that nobody trusts: the documentation's example.
pub const STRANGER: &str = "444455556666";

/// The request someone makes for a session of the role.
fn assumption(role: &Arn, action: &str, principal: &Principal, mut context: Context) -> Request {
    if let Principal::Aws(text) = principal
        && let Ok(Arn { partition, account, resource, .. }) = text.parse::<Arn>()
        && resource == "root"
    {
        // A federated user, whose ARN belongs to STS, may not call it.
        context = context.like("aws:PrincipalArn", format!("arn:{partition}:iam::{account}:*"));
    }
    Request {
        principal: principal.clone(),
        action: action.to_owned(),
        resource: role.to_string(),
        context: context
            .with("aws:SecureTransport", &["true"])
            .with("aws:ResourceAccount", &[&role.account])
            .of_caller(principal),
    }
}

/// `mfa`: `None`: unknown; otherwise the key's value, or that it is absent.
pub fn assume(
    role: &Arn,
    document: &Document,
    action: &str,
    principal: &Principal,
    external_id: Option<&str>,
    mfa: Option<Option<&str>>,
) -> Evaluation {
    const MFA: &str = "aws:MultiFactorAuthPresent";
    const MFA_AGE: &str = "aws:MultiFactorAuthAge";
    let mut context = match external_id {
        Some(id) => Context::partial().with(EXTERNAL_ID, &[id]),
        None => Context::partial().without(EXTERNAL_ID),
    };
    context = match mfa {
        // Without MFA there is no age of it.
        Some(Some("false")) => context.with(MFA, &["false"]).without(MFA_AGE),
        Some(Some(value)) => context.with(MFA, &[value]),
        Some(None) => context.without(MFA).without(MFA_AGE),
        None => context,
    };
    let request = assumption(role, action, principal, context);
    let trust = Some(("the trust policy".to_owned(), document));
    evaluate(&Policies { resource: trust, ..Policies::default() }, &request)
}

/// A role's trust policy, to be asked who gets in. Whoever is not known to be refused does.
#[derive(Debug, Clone, Copy)]
pub struct TrustPolicy<'a> {
    pub role: &'a Arn,
    pub document: &'a Document,
}

/// Which of everybody get in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Everybody {
    /// The calls by which someone does whom the document does not name.
    pub calls: Vec<&'static str>,
    /// The accounts in the document from which someone does, as account roots.
    pub named: Vec<Principal>,
    /// Whether anyone does without an external ID.
    pub without_id: bool,
}

impl TrustPolicy<'_> {
    /// With which external IDs, and whether without one.
    pub fn ids_of(&self, who: &Principal, right: Option<&str>) -> AcceptedIds {
        self.ids_by(who, ASSUME_ROLE, right)
    }

    fn ids_by(&self, who: &Principal, action: &str, right: Option<&str>) -> AcceptedIds {
        accepted_ids(self.document, &assumption(self.role, action, who, Context::partial()), right)
    }

    /// Whether a call with this external ID, or without one, succeeds.
    pub fn comes(&self, who: &Principal, action: &str, id: Option<&str>) -> bool {
        let Self { role, document } = self;
        may_be(assume(role, document, action, who, id, None).decision)
    }

    /// The calls by which someone gets in, with or without an external ID.
    pub fn calls(&self, who: &Principal) -> Vec<&'static str> {
        let possible = match who {
            Principal::Aws(_) | Principal::Service(_) => &[ASSUME_ROLE][..],
            Principal::Federated(_) => &FEDERATED_CALLS[..],
            Principal::Anonymous => &[],
        };
        let gets_in = |action: &&str| self.comes(who, action, None) || self.ids_by(who, action, None).any();
        possible.iter().copied().filter(gets_in).collect()
    }

    /// Whether it admits someone whom `other` does not, or an external ID from them; `right` is one of those that both
    /// may admit.
    pub fn admits_more_than(&self, other: &Self, right: &str) -> bool {
        let allows = self.document.statements.as_slice().iter().filter(|one| one.effect == Effect::Allow);
        let named = allows.flat_map(|statement| named_parties(statement, |_, _| None));
        let (unnamed, of_accounts) = self.callers();
        let callers =
            named.map(|party| party.principal).chain(unnamed.into_iter().chain(of_accounts).map(Some));
        callers.collect::<Vec<_>>().into_iter().any(|who| {
            let Some(who) = who else { return true };
            let calls = other.calls(&who);
            self.calls(&who).into_iter().any(|action| {
                let ids = self.ids_by(&who, action, Some(right));
                let found = ids.found.iter().map(|one| Some(one.id.as_str())).chain([Some(right), None]);
                let mut lost =
                    found.filter(|id| self.comes(&who, action, *id) && !other.comes(&who, action, *id));
                !calls.contains(&action) || ids.unsearched.is_some() || lost.next().is_some()
            })
        })
    }

    /// One of each kind of those whom the document does not name, and the accounts in it, as account roots.
    pub(super) fn callers(&self) -> (Vec<Principal>, Vec<Principal>) {
        let text = self.document.to_json();
        let root = |account: &str| Principal::Aws(format!("arn:{}:iam::{account}:root", self.role.partition));
        let accounts = caller_accounts(self.document, &Context::partial());
        let accounts = accounts.iter().flatten().map(ToString::to_string);
        let (mut named, mut unnamed): (Vec<String>, Vec<String>) =
            accounts.partition(|account| text.contains(account));
        // A variable can name the role's own.
        let own = &self.role.account;
        unnamed.retain(|account| account != own);
        if !named.contains(own) {
            named.push(own.clone());
        }
        // One whom the document names would not be a stranger.
        let is_free = |account: &String| !text.contains(account.as_str());
        let digits = (0..=9).map(|digit: u8| digit.to_string().repeat(12));
        let stranger = std::iter::once(STRANGER.to_owned()).chain(digits).find(is_free);
        unnamed.push(stranger.unwrap_or_else(|| STRANGER.to_owned()));
        let unnamed = unnamed.iter().map(|account| root(account));
        let federated = Principal::Federated("accounts.google.com".to_owned());
        (unnamed.chain([federated]).collect(), named.iter().map(|account| root(account)).collect())
    }

    pub fn everybody(&self) -> Everybody {
        let (unnamed, named) = self.callers();
        let mut calls: Vec<&'static str> = unnamed.iter().flat_map(|who| self.calls(who)).collect();
        calls.sort_unstable();
        calls.dedup();
        let without_id = unnamed.iter().chain(&named).any(|who| self.comes(who, ASSUME_ROLE, None));
        let named = named.into_iter().filter(|who| !self.calls(who).is_empty()).collect();
        Everybody { calls, named, without_id }
    }
}

/// Allowed, or not known to be denied.
fn may_be(decision: Decision) -> bool {
    matches!(decision, Decision::Allowed | Decision::Undecided)
}
