//! Plain answers that the live documents give; no sentences, and nothing is judged. Lines and causes stand on these.

use std::collections::BTreeSet;

use super::facts::Facts;
use crate::arn::{Arn, FunctionArn};
use crate::model::{DesiredRole, LiveRole};
use crate::plan::{Acceptable, ForeignPolicy, foreign_policies};
use crate::policy::access::{Access, uncovered};
use crate::policy::document::{Effect, OneOrMany, Statement};
use crate::policy::{
    Context, Decision, Document, EXTERNAL_ID, Evaluation, NamedParty, Policies, Principal, Request,
    SESSION_ACTIONS, evaluate, is_unique_id, named_parties,
};
use crate::spec::{AccountTrust, KNOWN_GENESYS_ACCOUNTS, genesys_account_name};

/// An account that nobody trusts: the documentation's own.
pub(crate) const STRANGER: &str = "444455556666";

/// A session name for evaluations; sessions of Genesys Cloud have names of their own.
const SESSION: &str = "genesys-cloud";

/// An external ID that no document names. An empty one cannot be presented: STS wants two characters at least.
const FRESH_ID: &str = "another-organization-of-genesys-cloud";

/// The account from which Genesys Cloud comes: the spec's, if it is Genesys's or the spec says why it is right;
/// otherwise that of the core regions. What a wrong account may do is not what Genesys Cloud may.
pub(crate) fn genesys(desired: &DesiredRole) -> Arn {
    let own = Arn::account_root(&desired.role.arn.partition, &desired.genesys_account_id);
    let core = KNOWN_GENESYS_ACCOUNTS.iter().find(|known| known.for_customers);
    match (&desired.genesys_account, core) {
        (AccountTrust::Unknown { .. }, Some(core)) => match core.id.parse() {
            Ok(account) => Arn::account_root(core.partition, &account),
            Err(_) => own,
        },
        _ => own,
    }
}

/// Who asks to assume a role, by its trust policy alone.
pub fn may_assume(role: &LiveRole, principal: &Principal, external_id: Option<&str>) -> Evaluation {
    let document = &role.role.assume_role_policy;
    assume(&role.role.arn, document, ASSUME_ROLE, principal, external_id, None)
}

const ASSUME_ROLE: &str = "sts:AssumeRole";

/// The same as Genesys Cloud. Its sessions know of no multi-factor authentication; whether they say so is not public.
pub(crate) fn genesys_may_assume(
    role: &LiveRole,
    genesys: &Principal,
    external_id: Option<&str>,
) -> Evaluation {
    let document = &role.role.assume_role_policy;
    let [says_no, says_nothing] = [Some("false"), None]
        .map(|mfa| assume(&role.role.arn, document, ASSUME_ROLE, genesys, external_id, Some(mfa)));
    if says_no.decision == says_nothing.decision
        || is_denial(says_no.decision) && is_denial(says_nothing.decision)
    {
        return says_no;
    }
    let reason =
        "it depends on whether Genesys Cloud's session has the key aws:MultiFactorAuthPresent".to_owned();
    Evaluation { decision: Decision::Undecided, reason, ..says_no }
}

/// Whether the organization itself gets in by its own ID, which is not the external ID of the spec.
pub(crate) fn admits_organization(role: &LiveRole, facts: &Facts) -> bool {
    let other = facts.organization_id().filter(|id| *id != facts.desired.external_id.expose());
    let us = Principal::Aws(genesys(&facts.desired).to_string());
    other.is_some_and(|id| genesys_may_assume(role, &us, Some(id)).decision == Decision::Allowed)
}

fn is_denial(decision: Decision) -> bool {
    matches!(decision, Decision::ExplicitDeny | Decision::ImplicitDeny)
}

/// `mfa`: `None`: nothing is known; otherwise the key's value, or that it is absent.
fn assume(
    role: &Arn,
    document: &Document,
    action: &str,
    principal: &Principal,
    external_id: Option<&str>,
    mfa: Option<Option<&str>>,
) -> Evaluation {
    const MFA: &str = "aws:MultiFactorAuthPresent";
    let mut context = match external_id {
        Some(id) => Context::partial().with(EXTERNAL_ID, &[id]),
        None => Context::partial().without(EXTERNAL_ID),
    };
    context = context.with("aws:SecureTransport", &["true"]);
    if let Principal::Aws(arn) = principal {
        context = context.with("aws:PrincipalIsAWSService", &["false"]);
        if let Ok(arn) = arn.parse::<Arn>() {
            context = context.with("aws:PrincipalAccount", &[&arn.account]);
        }
    }
    context = match mfa {
        Some(Some(value)) => context.with(MFA, &[value]),
        Some(None) => context.without(MFA).without("aws:MultiFactorAuthAge"),
        None => context,
    };
    let request = Request {
        principal: principal.clone(),
        action: action.to_owned(),
        resource: role.to_string(),
        context,
    };
    let trust = Some(("the trust policy".to_owned(), document));
    evaluate(&Policies { resource: trust, ..Policies::default() }, &request)
}

/// Of whom something is true.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Bearers {
    pub genesys: bool,
    pub verifier: bool,
    pub others: bool,
}

impl Bearers {
    pub(crate) fn any(self) -> bool {
        let Self { genesys, verifier, others } = self;
        genesys || verifier || others
    }
}

/// What the trust policy says, besides the one decision about Genesys Cloud.
#[derive(Debug)]
pub(crate) struct Trust {
    /// Whether an Allow names Genesys Cloud, whatever its conditions.
    pub names_genesys: bool,
    /// Whether an Allow is met by the spec's external ID, whoever presents it.
    pub accepts_id: bool,
    /// The external IDs that are demanded in its place.
    pub demands: Vec<String>,
    /// Who may get in besides Genesys Cloud and the verifier.
    pub others: Vec<NamedParty>,
    /// Deleted roles and users: they get in no more.
    pub stale: Vec<String>,
    /// Who of those who are trusted may come without the external ID, or with any.
    pub needs_no_id: Bearers,
    /// Further external IDs that are accepted, and of whom.
    pub also_accepts: Vec<(String, Bearers)>,
    /// An element that IAM's grammar does not have.
    pub unknown_element: Option<String>,
}

pub(crate) fn trust(role: &LiveRole, desired: &DesiredRole) -> Trust {
    let right = desired.external_id.expose();
    let arn = &role.role.arn;
    let document = &role.role.assume_role_policy;
    let genesys = Principal::Aws(genesys(desired).to_string());
    let verifier = desired.verifier.as_ref().map(|arn| Principal::Aws(arn.to_string()));
    let canonical = document.canonical();
    let allows: Vec<&Statement> =
        canonical.statements.as_slice().iter().filter(|one| one.effect == Effect::Allow).collect();
    let alone = |statement: &Statement| Document {
        statements: OneOrMany::One(statement.clone()).into(),
        unknown: Default::default(),
        ..canonical.clone()
    };
    let may = |who: &Principal, id: Option<&str>| may_be(may_assume(role, who, id).decision);

    let named: Vec<NamedParty> =
        allows.iter().flat_map(|statement| named_parties(statement, genesys_account_name)).collect();
    let (stale, named): (Vec<NamedParty>, Vec<NamedParty>) = named
        .into_iter()
        .partition(|other| matches!(&other.principal, Some(Principal::Aws(text)) if is_unique_id(text)));
    let listed = listed_ids(&allows);
    // An ID without letters is the same in the other case.
    let wrong: Vec<String> =
        near_misses(right).into_iter().chain([FRESH_ID.to_owned()]).filter(|id| id != right).collect();
    let instances: Vec<(String, String)> = listed
        .iter()
        .flat_map(|id| instances(id).into_iter().map(move |instance| (id.clone(), instance)))
        .filter(|(_, instance)| instance != right)
        .collect();
    let comes = |who: &Principal, action: &str, id: Option<&str>| {
        may_be(assume(arn, document, action, who, id, None).decision)
    };
    let other_calls = || SESSION_ACTIONS.into_iter().filter(|action| *action != ASSUME_ROLE);
    // The calls by which someone gets a session. Whoever is named without a call that is known comes by some.
    let calls = |who: &Principal| -> Vec<&'static str> {
        let ids = || wrong.iter().chain(instances.iter().map(|(_, id)| id)).map(String::as_str);
        let callers = match who {
            Principal::Anonymous => vec![
                who.clone(),
                Principal::Aws(format!("arn:{}:iam::{STRANGER}:root", arn.partition)),
                Principal::Federated("accounts.google.com".to_owned()),
            ],
            _ => vec![who.clone()],
        };
        let admits = |action: &str| {
            callers.iter().any(|who| {
                comes(who, action, None)
                    || comes(who, action, Some(right))
                    || ids().any(|id| comes(who, action, Some(id)))
            })
        };
        SESSION_ACTIONS.into_iter().filter(|action| admits(action)).collect()
    };
    let intruder = |other: &NamedParty| -> Option<NamedParty> {
        let by = match &other.principal {
            // An external ID binds sts:AssumeRole only.
            Some(who) if *who == genesys || Some(who) == verifier.as_ref() => {
                if comes(who, ASSUME_ROLE, None) {
                    return None;
                }
                other_calls().filter(|action| comes(who, action, None)).collect()
            }
            Some(who @ (Principal::Aws(_) | Principal::Service(_) | Principal::Anonymous)) => calls(who),
            // Nobody can say who it is.
            Some(Principal::Federated(_)) | None => return Some(other.clone()),
        };
        if by.contains(&ASSUME_ROLE) {
            return Some(other.clone());
        }
        let words = format!("{} by {}", other.words, by.join(", "));
        (!by.is_empty()).then(|| NamedParty { words, ..other.clone() })
    };
    let mut others: Vec<NamedParty> = named.iter().filter_map(intruder).collect();
    // Everyone includes Genesys Cloud and the verifier.
    if others.iter().any(|other| other.principal == Some(Principal::Anonymous)) {
        others.retain(|other| {
            other.principal.as_ref().is_none_or(|who| *who != genesys && Some(who) != verifier.as_ref())
        });
    }
    let mut seen = BTreeSet::new();
    others.retain(|other| seen.insert(other.words.clone()));

    let bearers = |ids: &[Option<&str>]| {
        let comes = |who: &Principal| ids.iter().any(|id| may(who, *id));
        Bearers {
            genesys: comes(&genesys),
            verifier: verifier.as_ref().is_some_and(comes),
            others: others.iter().filter_map(|other| other.principal.as_ref()).any(comes),
        }
    };
    let none_or_wrong: Vec<Option<&str>> =
        [None].into_iter().chain(wrong.iter().map(|id| Some(id.as_str()))).collect();
    let needs_no_id = bearers(&none_or_wrong);
    let mut also_accepts: Vec<(String, Bearers)> = instances
        .iter()
        .map(|(listed, id)| (listed.clone(), bearers(&[Some(id)])))
        .filter(|(_, bearers)| bearers.any())
        .collect();
    also_accepts.dedup_by(|(next, more), (listed, bearers)| {
        let is_same = next == listed;
        if is_same {
            bearers.genesys |= more.genesys;
            bearers.verifier |= more.verifier;
            bearers.others |= more.others;
        }
        is_same
    });

    let is_named = |statement: &&Statement| {
        let unconditional = alone(&Statement { condition: None, ..(*statement).clone() });
        may_be(assume(arn, &unconditional, ASSUME_ROLE, &genesys, Some(right), None).decision)
    };
    let meets = |statement: &Statement, id: &str| {
        let document = alone(statement);
        named_parties(statement, genesys_account_name)
            .iter()
            .filter_map(|other| other.principal.as_ref())
            .chain([&genesys])
            .any(|who| may_be(assume(arn, &document, ASSUME_ROLE, who, Some(id), None).decision))
    };
    let accepts_id = allows.iter().any(|statement| meets(statement, right));
    let mut demands: Vec<String> = instances
        .iter()
        .filter(|(_, id)| allows.iter().any(|statement| meets(statement, id)))
        .map(|(listed, _)| listed.clone())
        .collect();
    demands.dedup();
    Trust {
        names_genesys: allows.iter().any(is_named),
        accepts_id,
        demands,
        others,
        stale: stale.into_iter().map(|other| other.words).collect(),
        needs_no_id,
        also_accepts,
        unknown_element: canonical
            .unknown
            .keys()
            .chain(allows.iter().flat_map(|statement| statement.unknown.keys()))
            .next()
            .cloned(),
    }
}

/// Allowed, or not known to be denied.
fn may_be(decision: Decision) -> bool {
    matches!(decision, Decision::Allowed | Decision::Undecided)
}

/// The external IDs and patterns of them that conditions name.
fn listed_ids(allows: &[&Statement]) -> BTreeSet<String> {
    allows
        .iter()
        .flat_map(|statement| statement.conditions().on(EXTERNAL_ID))
        .filter(|(operator, _)| *operator != "Null")
        .flat_map(|(_, values)| values)
        .map(ToString::to_string)
        .collect()
}

/// External IDs that a pattern matches: as written, and two with its wildcards filled in.
fn instances(id: &str) -> Vec<String> {
    let mut instances = vec![id.to_owned()];
    if id.contains(['*', '?']) {
        instances.extend(['x', '0'].map(|c| id.replace(['*', '?'], &c.to_string())));
    }
    instances
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

/// What an evaluation calls the policies.
pub(crate) const OWN_POLICY: &str = "the function's own policy";

pub(crate) fn attached_name(policy: &str) -> String {
    format!("policy `{policy}`")
}

pub(crate) fn inline_name(policy: &str) -> String {
    format!("inline policy `{policy}`")
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
    let attached = role.attached.values().map(|policy| (attached_name(&policy.name), &policy.document));
    let inline = role.inline.iter().map(|(name, document)| (inline_name(name), document));
    let boundary = role.boundary.as_ref().map(|document| ("permissions boundary".to_owned(), document));
    let identity: Vec<(String, &Document)> = attached.chain(inline).collect();
    let resource = policy.map(|document| (OWN_POLICY.to_owned(), document));
    evaluate(&Policies { identity, boundary, resource, ..Policies::default() }, &request)
}

/// What a policy of the role grants that the spec does not.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Extra {
    /// `policy AdministratorAccess`, `inline policy more`
    pub policy: String,
    /// `None`: it is the spec's own policy, which nobody can accept as it is.
    pub acceptable: Option<Acceptable>,
    pub grants: Vec<String>,
}

/// By policy, each of them that grants more than the spec.
pub(crate) fn extra_grants(role: &LiveRole, desired: &DesiredRole) -> Vec<Extra> {
    let wanted = Access::of_permissions(&desired.policy.document).permissions;
    let own = role.attached.get(&desired.policy.arn);
    let own = own.map(|policy| (format!("policy `{}`", policy.name), None, &policy.document));
    let foreign = foreign_policies(role, desired).map(|(acceptable, foreign)| {
        let document = match foreign {
            ForeignPolicy::Attached(_, policy) => &policy.document,
            ForeignPolicy::Inline(_, document) => document,
        };
        (acceptable.what.clone(), Some(acceptable), document)
    });
    own.into_iter()
        .chain(foreign)
        .filter_map(|(policy, acceptable, document)| {
            let live = Access::of_permissions(document).permissions;
            let grants: Vec<String> =
                uncovered(&live, &wanted).into_iter().map(|grant| grant.sentence().to_owned()).collect();
            (!grants.is_empty()).then_some(Extra { policy, acceptable, grants })
        })
        .collect()
}

/// A function's state in one word.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Readiness {
    Ready,
    /// It wakes or becomes ready by itself.
    NotYet,
    Never,
}

pub(crate) fn readiness(state: Option<&str>) -> Readiness {
    match state {
        Some("Active") | None => Readiness::Ready,
        Some("Pending" | "Inactive") => Readiness::NotYet,
        Some(_) => Readiness::Never,
    }
}

/// ``function `my-function:live` ``
pub(crate) fn name_of(function: &FunctionArn) -> String {
    format!("function `{}`", function.label())
}
