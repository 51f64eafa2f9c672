//! Plain answers from the live documents, without sentences or judgement. Claims and causes build on these.

use std::collections::BTreeSet;

use jiff::Timestamp;

use super::facts::Facts;
use super::revoked::made_at;
use crate::arn::{Arn, FunctionArn};
use crate::model::{DesiredRole, LiveRole};
use crate::plan::{Acceptable, ForeignPolicy, foreign_policies};
use crate::policy::access::{Access, Grant, Limits, uncovered};
use crate::policy::{
    ASSUME_ROLE, Context, Decision, Document, Evaluation, Policies, Principal, Request, assume, evaluate,
};
use crate::spec::{AccountTrust, KNOWN_GENESYS_ACCOUNTS};

/// A session name for evaluations; Genesys Cloud's sessions have their own names.
const SESSION: &str = "genesys-cloud";

/// The account Genesys Cloud comes from: the spec's, if it is Genesys's or the spec says why it is right; otherwise
/// that of the core regions. What a wrong account may do says nothing about Genesys Cloud.
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

/// Who asks to assume a role, judged by its trust policy alone.
pub fn may_assume(role: &LiveRole, principal: &Principal, external_id: Option<&str>) -> Evaluation {
    let document = &role.role.assume_role_policy;
    assume(&role.role.arn, document, ASSUME_ROLE, principal, external_id, None)
}

/// Same as Genesys Cloud. Its sessions have no multi-factor authentication; whether they say so is not public.
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

/// Whether the organization itself gets in with its own ID, which is not the spec's external ID.
pub(crate) fn admits_organization(role: &LiveRole, facts: &Facts) -> bool {
    let other = facts.organization_id().filter(|id| *id != facts.desired.external_id.expose());
    let us = Principal::Aws(genesys(&facts.desired).to_string());
    other.is_some_and(|id| genesys_may_assume(role, &us, Some(id)).decision == Decision::Allowed)
}

fn is_denial(decision: Decision) -> bool {
    matches!(decision, Decision::ExplicitDeny | Decision::ImplicitDeny)
}

/// Wrong external IDs as close to the right one as possible: last character changed, and other case.
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

/// The role's own policies, its boundary, and the function's own policy, for one function. `made`: when the session is made, if
/// that is known; a Deny on `aws:TokenIssueTime` shuts out older ones only.
pub fn may_invoke(
    role: &LiveRole,
    function: &FunctionArn,
    policy: Option<&Document>,
    made: Option<Timestamp>,
) -> Evaluation {
    let context = made.into_iter().fold(Context::partial(), made_at);
    may_invoke_in(context, role, function, policy)
}

/// Whether a session made late enough may invoke: no time condition is in the way.
pub(crate) fn may_invoke_later(role: &LiveRole, function: &FunctionArn, policy: Option<&Document>) -> bool {
    const LATE: &str = "9999-01-01T00:00:00Z";
    let context = ["aws:CurrentTime", "aws:TokenIssueTime"]
        .iter()
        .fold(Context::partial(), |context, key| context.with(key, &[LATE]));
    may_invoke_in(context, role, function, policy).decision == Decision::Allowed
}

fn may_invoke_in(
    context: Context,
    role: &LiveRole,
    function: &FunctionArn,
    policy: Option<&Document>,
) -> Evaluation {
    let role_arn = &role.role.arn;
    let session = format!(
        "arn:{}:sts::{}:assumed-role/{}/{SESSION}",
        role_arn.partition, role_arn.account, role.role.name
    );
    let context = context
        .with("aws:PrincipalAccount", &[&role_arn.account])
        .with("aws:PrincipalArn", &[&role_arn.to_string()])
        // Lambda is called in the function's own region.
        .with("aws:RequestedRegion", &[function.region()])
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

/// What a policy of the role grants beyond the spec.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Extra {
    /// `policy AdministratorAccess`, `inline policy more`
    pub policy: String,
    /// `None`: the spec's own policy, which cannot be accepted as it is.
    pub acceptable: Option<Acceptable>,
    /// As the policy has them.
    pub grants: Vec<String>,
    /// What the role's boundary and denials leave of them.
    pub effective: Vec<String>,
    /// `the permissions boundary`, if there is something that limits them.
    pub limits: Option<&'static str>,
}

/// One entry per policy that grants more than the spec.
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
    let documents: Vec<&Document> = role.documents().collect();
    let limits = Limits::of(role.boundary.as_ref(), &documents);
    own.into_iter()
        .chain(foreign)
        .filter_map(|(policy, acceptable, document)| {
            let live = Access::of_permissions(document).permissions;
            let more = uncovered(&live, &wanted);
            let grants: Vec<String> = more.iter().map(|grant| grant.sentence().to_owned()).collect();
            let left: BTreeSet<Box<Grant>> = more.iter().flat_map(|grant| limits.leave(grant)).collect();
            let left = uncovered(&left, &wanted).into_iter();
            let effective = left.map(|grant| grant.sentence().to_owned()).collect();
            let limits = limits.words();
            (!grants.is_empty()).then_some(Extra { policy, acceptable, grants, effective, limits })
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

/// What to do about something that was not read: a permission helps only if AWS refused it.
pub(super) fn to_see_it(why: &str, permissions: &str) -> String {
    if why.contains("service control policy") {
        "a service control policy of the AWS organization refuses it: ask its administrator for it".to_owned()
    } else if why.contains("AccessDenied") || why.contains("not authorized") {
        format!("permit {permissions} to see it")
    } else {
        "run `check` again later: nothing follows from what was not read".to_owned()
    }
}

/// ``function `my-function:live` ``
pub(crate) fn name_of(function: &FunctionArn) -> String {
    format!("function `{}`", function.label())
}
/// Whether the role may invoke one of its functions only by what it is without in `bare`.
pub fn loses_a_function(role: &LiveRole, bare: &LiveRole, facts: &Facts) -> bool {
    facts.functions.iter().any(|function| {
        let own = function.policy.as_ref().ok().and_then(Option::as_ref);
        let may =
            |role: &LiveRole| may_invoke(role, &function.arn, own, facts.now).decision == Decision::Allowed;
        may(role) && !may(bare)
    })
}
