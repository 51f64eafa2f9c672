//! What is live but not in the spec, and whether the spec accepts it, bound to the document that a person reviewed.

use std::borrow::Cow;
use std::collections::BTreeSet;

use super::iam::is_closed;
use super::model::{HowToAccept, Notice};
use crate::arn::{Arn, FunctionArn};
use crate::model::{AttachedPolicy, DesiredRole, LiveRole};
use crate::policy::access::grants;
use crate::policy::document::{Effect, OneOrMany, Statement};
use crate::policy::{
    Document, FunctionGrant, NamedParty, Principal, function_grants, is_unique_id, named_parties,
};
use crate::spec::{AcceptSpec, AcceptedThing, KNOWN_GENESYS_ACCOUNTS, genesys_account_name};

/// Something live that can be accepted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Acceptable {
    /// How an accept can name it, plainest first.
    pub things: Vec<AcceptedThing>,
    pub digest: String,
    /// ``policy `AdministratorAccess` ``
    pub what: String,
    /// Who gains what through it.
    pub gains: Vec<String>,
    /// Whether it lets someone in who is not of the spec's account.
    pub is_for_outsiders: bool,
}

/// What the spec says about something acceptable.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Consent<'a> {
    None,
    Given(&'a AcceptSpec),
    /// Bound to another document, or to none yet.
    Outdated(&'a AcceptSpec),
}

impl Consent<'_> {
    pub fn is_given(self) -> bool {
        matches!(self, Self::Given(_))
    }
}

impl Acceptable {
    pub fn consent<'a>(&self, accepts: &'a [AcceptSpec]) -> Consent<'a> {
        self.consent_beside(accepts, &BTreeSet::new())
    }

    /// The same; an accept with one of these digests is about something else that is live.
    pub fn consent_beside<'a>(&self, accepts: &'a [AcceptSpec], in_use: &BTreeSet<String>) -> Consent<'a> {
        let about: Vec<&AcceptSpec> =
            accepts.iter().filter(|accept| self.things.contains(&accept.what)).collect();
        let fits = |accept: &&&AcceptSpec| accept.digest.as_ref() == Some(&self.digest);
        let is_free =
            |accept: &&&AcceptSpec| accept.digest.as_ref().is_none_or(|digest| !in_use.contains(digest));
        match (about.iter().find(fits), about.iter().find(is_free)) {
            (Some(accept), _) => Consent::Given(accept),
            (None, Some(accept)) => Consent::Outdated(accept),
            (None, None) => Consent::None,
        }
    }

    /// What to write into the spec; empty if an accept cannot name it.
    pub fn how_to_accept(&self, consent: Consent<'_>) -> HowToAccept {
        let quoted = |text: &str| serde_json::Value::from(text).to_string();
        let Some(thing) = self.things.first() else { return HowToAccept::default() };
        HowToAccept {
            lines: vec![
                "[[role.accept]]".to_owned(),
                format!("{} = {}", thing.key(), quoted(thing.value())),
                format!("digest = {}", quoted(&self.digest)),
                "reason = \"…\"".to_owned(),
            ],
            is_outdated: matches!(consent, Consent::Outdated(_)),
        }
    }
}

/// The role's policies that are not from the spec.
pub fn foreign_policies<'a>(
    role: &'a LiveRole,
    desired: &'a DesiredRole,
) -> impl Iterator<Item = (Acceptable, ForeignPolicy<'a>)> {
    let attached =
        role.attached.iter().filter(|(arn, _)| **arn != desired.policy.arn).map(|(arn, policy)| {
            let foreign = ForeignPolicy::Attached(arn, policy);
            let things =
                vec![AcceptedThing::Policy(policy.name.clone()), AcceptedThing::Policy(arn.to_string())];
            (of_policy(format!("policy `{}`", policy.name), things, &policy.document), foreign)
        });
    let inline = role.inline.iter().filter(|(name, document)| !is_closed(name, document));
    let inline = inline.map(|(name, document)| {
        let things = vec![AcceptedThing::InlinePolicy(name.clone())];
        (
            of_policy(format!("inline policy `{name}`"), things, document),
            ForeignPolicy::Inline(name, document),
        )
    });
    attached.chain(inline)
}

/// Where a policy that is not from the spec is.
#[derive(Debug, Clone, Copy)]
pub enum ForeignPolicy<'a> {
    Attached(&'a Arn, &'a AttachedPolicy),
    Inline(&'a str, &'a Document),
}

fn of_policy(what: String, things: Vec<AcceptedThing>, document: &Document) -> Acceptable {
    Acceptable { things, digest: document.digest(), what, gains: grants(document), is_for_outsiders: false }
}

/// Everyone the trust policy names, in statements that name neither Genesys Cloud, the verifier nor everyone; by
/// statement.
pub fn trust_parties(role: &LiveRole, desired: &DesiredRole) -> Vec<Vec<Acceptable>> {
    let document = role.role.assume_role_policy.canonical();
    let statements = document.statements.as_slice().iter();
    statements.filter_map(|statement| of_trust(&document, statement, desired)).collect()
}

/// A statement's parties; `None` if it cannot be accepted.
fn of_trust(document: &Document, statement: &Statement, desired: &DesiredRole) -> Option<Vec<Acceptable>> {
    // The document must mean the same here as elsewhere.
    let wanted = desired.role.assume_role_policy.canonical();
    if statement.effect != Effect::Allow
        || !document.unknown.is_empty()
        || !statement.unknown.is_empty()
        || document.version != wanted.version
    {
        return None;
    }
    let genesys = Arn::account_root(&desired.role.arn.partition, &desired.genesys_account_id).to_string();
    let verifier = desired.verifier.as_ref().map(Arn::to_string);
    let digest = document.with_denials(statement).digest();
    let parties = named_parties(statement, genesys_account_name);
    let one = |party: &NamedParty| {
        let value = party.value.as_ref()?;
        let is_named = match &party.principal {
            Some(Principal::Aws(text)) => {
                *text != genesys && Some(text) != verifier.as_ref() && !is_unique_id(text)
            }
            Some(Principal::Service(_) | Principal::Federated(_)) => value != "*",
            Some(Principal::Anonymous) | None => false,
        };
        is_named.then(|| Acceptable {
            things: vec![AcceptedThing::Principal(value.clone())],
            digest: digest.clone(),
            what: format!("{} in the trust policy", party.words),
            gains: vec![format!("{} may assume the role", party.words)],
            is_for_outsiders: match &party.principal {
                Some(Principal::Aws(text)) => {
                    let arn = text.parse::<Arn>().ok();
                    arn.as_ref().map_or(text, |arn| &arn.account) != &desired.role.arn.account
                }
                Some(Principal::Service(_) | Principal::Federated(_) | Principal::Anonymous) | None => true,
            },
        })
    };
    parties.iter().map(one).collect()
}

/// The trust policy that the spec wants, plus the live statements it accepts and the denials beside them: those are
/// part of what was accepted.
pub(super) fn with_accepted<'a>(role: Option<&LiveRole>, desired: &'a DesiredRole) -> Cow<'a, DesiredRole> {
    let Some(role) = role.filter(|_| !desired.accepts.is_empty()) else { return Cow::Borrowed(desired) };
    let accepted = accepted_statements(role, desired);
    if accepted.is_empty() {
        return Cow::Borrowed(desired);
    }
    let document = role.role.assume_role_policy.canonical();
    let denials = document.statements.as_slice().iter().filter(|one| one.effect == Effect::Deny).cloned();
    let accepted = accepted.into_iter().chain(denials);
    let mut desired = desired.clone();
    let wanted = desired.role.assume_role_policy.statements.as_slice().to_vec();
    desired.role.assume_role_policy.statements =
        OneOrMany::Many(wanted.into_iter().chain(accepted).collect()).into();
    Cow::Owned(desired)
}

/// The trust policy statements whose parties are all accepted.
fn accepted_statements(role: &LiveRole, desired: &DesiredRole) -> Vec<Statement> {
    let document = role.role.assume_role_policy.canonical();
    let is_accepted = |statement: &&Statement| {
        of_trust(&document, statement, desired).is_some_and(|parties| {
            !parties.is_empty() && parties.iter().all(|party| party.consent(&desired.accepts).is_given())
        })
    };
    document.statements.as_slice().iter().filter(is_accepted).cloned().collect()
}

/// The account's own roles that the spec accepts in the trust policy, each with the digest of what was accepted. Whoever can
/// become one of them gets in.
pub fn accepted_roles(role: &LiveRole, desired: &DesiredRole) -> Vec<(Arn, String)> {
    let parties = trust_parties(role, desired).into_iter().flatten();
    let accepted = parties.filter(|party| party.consent(&desired.accepts).is_given());
    let own = accepted.filter_map(|party| {
        let [AcceptedThing::Principal(value)] = party.things.as_slice() else { return None };
        let arn = value.parse::<Arn>().ok().filter(|arn| arn.account == desired.role.arn.account)?;
        Some((role_of(arn)?, party.digest))
    });
    own.collect()
}

/// The role that a principal is, or is a session of.
pub fn role_of(principal: Arn) -> Option<Arn> {
    if principal.resource.starts_with("role/") {
        return Some(principal);
    }
    let (name, _) = principal.resource.strip_prefix("assumed-role/")?.split_once('/')?;
    Some(Arn { service: "iam".to_owned(), resource: format!("role/{name}"), ..principal })
}

/// The role without the trust policy statements that the spec accepts.
pub fn without_accepted(role: &LiveRole, desired: &DesiredRole) -> LiveRole {
    let accepted = accepted_statements(role, desired);
    let mut role = role.clone();
    if !accepted.is_empty() {
        let mut document = role.role.assume_role_policy.canonical();
        let left = document.statements.as_slice().iter().filter(|one| !accepted.contains(one));
        document.statements = OneOrMany::Many(left.cloned().collect()).into();
        role.role.assume_role_policy = document;
    }
    role
}

/// Everyone a function's own policy lets run or change it.
pub fn function_parties(function: &FunctionArn, policy: &Document) -> Vec<(Acceptable, FunctionGrant)> {
    let grants = function_grants(policy, function, genesys_account_name);
    let one = |grant: FunctionGrant| {
        let FunctionGrant { sid, who, principal, powers, document } = &grant;
        // All Genesys Cloud customers share its accounts: no team can accept what those may do.
        let is_genesys = principal.as_deref().is_some_and(is_genesys);
        let sid_thing = sid.iter().filter(|_| !is_genesys);
        let sid_thing = sid_thing.map(|sid| AcceptedThing::FunctionPolicySid(sid.clone()));
        // Everyone can be named only by the statement, which a person must review.
        let principal = principal.iter().filter(|value| *value != "*" && !is_genesys);
        let principal = principal.map(|value| AcceptedThing::Principal(value.clone()));
        let does = match (powers.run, powers.change) {
            (true, true) => "may invoke and change",
            (false, true) => "may change",
            _ => "may invoke",
        };
        let acceptable = Acceptable {
            things: sid_thing.chain(principal).collect(),
            digest: document.digest(),
            what: match sid {
                Some(sid) => {
                    format!("statement `{sid}` of the own policy of function `{}`", function.label())
                }
                None => format!("{who} in the own policy of function `{}`", function.label()),
            },
            gains: vec![format!("{who} {does} function `{}`", function.label())],
            is_for_outsiders: true,
        };
        (acceptable, grant)
    };
    grants.into_iter().map(one).collect()
}

/// Whether a principal belongs to a Genesys account, which all Genesys Cloud customers share.
fn is_genesys(principal: &str) -> bool {
    principal
        .parse::<Arn>()
        .is_ok_and(|arn| KNOWN_GENESYS_ACCOUNTS.iter().any(|known| known.id == arn.account))
}

/// Whether the trust policy names it, though in no statement that can be accepted.
fn shares_a_statement(role: &LiveRole, thing: &AcceptedThing) -> bool {
    let AcceptedThing::Principal(principal) = thing else { return false };
    let document = role.role.assume_role_policy.canonical();
    let allows = document.statements.as_slice().iter().filter(|one| one.effect == Effect::Allow);
    allows
        .flat_map(|statement| named_parties(statement, genesys_account_name))
        .any(|party| party.value.as_ref() == Some(principal))
}

/// The digests of what is live in the trust policy and the functions' own policies, and accepted.
pub fn digests_in_use<'a>(
    role: Option<&LiveRole>,
    desired: &DesiredRole,
    functions: impl Iterator<Item = (&'a FunctionArn, &'a Document)>,
) -> BTreeSet<String> {
    let of_trust = role.into_iter().flat_map(|role| trust_parties(role, desired)).flatten();
    let of_functions =
        functions.flat_map(|(function, policy)| function_parties(function, policy)).map(|(party, _)| party);
    let accepted = of_trust.chain(of_functions).filter(|party| party.consent(&desired.accepts).is_given());
    accepted.map(|party| party.digest).collect()
}

/// A function's own policy, as far as it was read.
pub type FunctionPolicy<'a> = (&'a FunctionArn, Result<Option<&'a Document>, &'a str>);

/// The result of a role's accepts, for a reviewer; `functions` are those whose own policies were looked at.
pub fn note_accepts(
    role: Option<&LiveRole>,
    desired: &DesiredRole,
    functions: &[FunctionPolicy<'_>],
) -> Vec<Notice> {
    let accepts = &desired.accepts;
    if accepts.is_empty() {
        return Vec::new();
    }
    let read = functions.iter().filter_map(|(function, policy)| Some((*function, policy.ok()??)));
    let in_use = digests_in_use(role, desired, read);
    let mut notices = Vec::new();
    let mut found: Vec<AcceptedThing> = Vec::new();
    let mut add = |acceptable: &Acceptable, is_whole: bool, is_told: bool| {
        found.extend(acceptable.things.iter().cloned());
        let Acceptable { what, gains, digest, is_for_outsiders, .. } = acceptable;
        let (what, gains) = (what.clone(), gains.clone());
        let consent = acceptable.consent_beside(accepts, &in_use);
        match consent {
            Consent::Given(accept) if is_whole => {
                let reason = accept.reason.clone();
                let outsiders = is_for_outsiders.then(|| digest.clone());
                notices.push(Notice::Accepted { what, gains, reason, lets_in: !is_told, outsiders });
            }
            // A policy of the role has its own notice.
            Consent::Outdated(_) if !is_told => {
                let accept = acceptable.how_to_accept(consent);
                notices.push(Notice::AcceptOutdated { what, gains, accept });
            }
            Consent::Given(_) if !is_told => {
                let why = "its statement names others too, who are not accepted".to_owned();
                notices.push(Notice::AcceptUnknown { what, why });
            }
            Consent::Given(_) | Consent::Outdated(_) | Consent::None => {}
        }
    };
    if let Some(role) = role {
        foreign_policies(role, desired).for_each(|(acceptable, _)| add(&acceptable, true, true));
        for parties in trust_parties(role, desired) {
            let is_whole = parties.iter().all(|party| party.consent(accepts).is_given());
            parties.iter().for_each(|party| add(party, is_whole, false));
        }
    }
    for (function, policy) in functions {
        if let Ok(Some(policy)) = policy {
            function_parties(function, policy).iter().for_each(|(party, _)| add(party, true, false));
        }
    }
    let unread = functions.iter().find_map(|(_, policy)| policy.err());
    for accept in accepts.iter().filter(|accept| !found.contains(&accept.what)) {
        let what = format!("{} = \"{}\"", accept.what.key(), accept.what.value());
        if role.is_some_and(|role| shares_a_statement(role, &accept.what)) {
            notices.push(Notice::AcceptShares { what, line: accept.line });
            continue;
        }
        let of_function =
            matches!(accept.what, AcceptedThing::FunctionPolicySid(_) | AcceptedThing::Principal(_));
        notices.push(match unread.filter(|_| of_function) {
            Some(why) => Notice::AcceptUnknown { what, why: why.to_owned() },
            None => Notice::AcceptsNothing {
                what,
                line: accept.line,
                outsiders: accept.digest.clone().filter(|_| may_be_outside(&accept.what, desired)),
            },
        });
    }
    notices
}

/// Whether it may be about someone outside the account.
fn may_be_outside(what: &AcceptedThing, desired: &DesiredRole) -> bool {
    match what {
        AcceptedThing::Policy(_) | AcceptedThing::InlinePolicy(_) => false,
        AcceptedThing::FunctionPolicySid(_) => true,
        AcceptedThing::Principal(principal) => {
            principal.parse::<Arn>().map_or(true, |arn| arn.account != desired.role.arn.account)
        }
    }
}
