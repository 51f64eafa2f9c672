//! Who used the role, and whether they are known.

use crate::arn::Arn;
use crate::check::facts::Facts;
use crate::check::trusted::trust;
use crate::check::uses::SessionUser;
use crate::model::LiveRole;
use crate::plan::trust_parties;
use crate::policy::Principal;
use crate::text::one_line;

/// The session name of this tool's own probes, which identifies them in CloudTrail.
pub const PROBE_SESSION: &str = "genesys-iam-check";

pub(super) fn in_words(by: &SessionUser, own: &str) -> String {
    match by {
        SessionUser::Account(account) => format!("AWS account {account}"),
        SessionUser::Identity { account, arn } if account.as_str() == own => {
            format!("{} of your own account", one_line(arn))
        }
        SessionUser::Identity { account, .. } => format!("AWS account {account}"),
        SessionUser::Service(name) => format!("the AWS service {}", one_line(name)),
        SessionUser::Other(what) => one_line(what).into_owned(),
    }
}

/// Whether today's trust policy names someone of another account, whose ARN CloudTrail does not show.
pub(super) fn may_be_named(by: &SessionUser, role: &LiveRole, facts: &Facts) -> bool {
    let SessionUser::Account(account) = by else { return false };
    trust(role, &facts.desired).others.iter().any(|other| match &other.principal {
        Some(Principal::Aws(text)) => {
            text == account.as_str() || text.parse::<Arn>().is_ok_and(|arn| arn.account == account.as_str())
        }
        Some(Principal::Service(_) | Principal::Federated(_)) => false,
        // Everybody, or unknown.
        Some(Principal::Anonymous) | None => true,
    })
}

/// Whether the spec accepts them in the current trust policy.
pub(super) fn is_accepted(by: &SessionUser, facts: &Facts) -> bool {
    let mut accepted = accepted_principals(facts);
    match by {
        SessionUser::Account(account) => {
            accepted.any(|text| text.parse::<Arn>().is_ok_and(|arn| arn.account == account.as_str()))
        }
        SessionUser::Identity { account, arn } => accepted.any(|text| {
            text.parse::<Arn>().is_ok_and(|known| {
                is_of(arn, &known) || known.resource == "root" && known.account == account.as_str()
            })
        }),
        SessionUser::Service(name) => accepted.any(|text| text == *name),
        SessionUser::Other(_) => false,
    }
}

/// Who is named by the trust policy and accepted by the spec.
pub(crate) fn accepted_principals(facts: &Facts) -> impl Iterator<Item = String> {
    let desired = &facts.desired;
    let parties = facts.live.role.iter().flat_map(|role| trust_parties(role, desired)).flatten();
    parties
        .filter(|party| party.consent(&desired.accepts).is_given())
        .flat_map(|party| party.things)
        .map(|thing| thing.value().to_owned())
}

/// How the trust policy is asked about them.
pub(super) fn principal(by: &SessionUser, role: &Arn) -> Option<Principal> {
    match by {
        SessionUser::Account(account) => {
            Some(Principal::Aws(Arn::account_root(&role.partition, account).to_string()))
        }
        SessionUser::Identity { arn, .. } => Some(Principal::Aws(arn.clone())),
        SessionUser::Service(name) => Some(Principal::Service(name.clone())),
        SessionUser::Other(_) => None,
    }
}

/// Whether an ARN, or the session it denotes, belongs to an identity.
pub(super) fn is_of(arn: &str, identity: &Arn) -> bool {
    if arn == identity.to_string() {
        return true;
    }
    let Ok(session) = arn.parse::<Arn>() else { return false };
    let role = session.resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
    session.account == identity.account
        && identity.resource.starts_with("role/")
        && role.is_some_and(|role| role == identity.name())
}
