//! Who is meant by `Principal` and `NotPrincipal`.

use super::canonical::canonical_aws_principal;
use super::document::{Effect, PrincipalElement, Principals};
use super::evaluate::Principal;
use super::truth::Truth;

/// How directly a statement names the caller. In the caller's own account it decides which of the caller's
/// other policies limit the grant (IAM, "Policy evaluation logic").
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Grant {
    /// By the account: the account's own policies decide further.
    Account,
    /// By `*`, or by not being excepted.
    Everyone,
    /// By the ARN of the role whose session it is.
    Role,
    /// By the very ARN of the user or session; also a service or provider.
    Identity,
}

/// The caller, taken apart once for all statements.
#[derive(Debug)]
pub(super) enum Caller<'a> {
    Aws {
        arn: &'a str,
        partition: &'a str,
        account: &'a str,
        identity: Identity<'a>,
    },
    /// An AWS principal in a form that is not known.
    Opaque(&'a str),
    Service(&'a str),
    Federated(&'a str),
    Anonymous,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Identity<'a> {
    /// Some identity of the account.
    Root,
    User,
    Role {
        name: &'a str,
    },
    Session {
        role: &'a str,
    },
    FederatedUser,
}

impl<'a> Caller<'a> {
    pub(super) fn of(principal: &'a Principal) -> Self {
        match principal {
            Principal::Aws(arn) => match parse(arn) {
                Some((partition, account, identity)) => Self::Aws { arn, partition, account, identity },
                None => Self::Opaque(arn),
            },
            Principal::Service(name) => Self::Service(name),
            Principal::Federated(provider) => Self::Federated(provider),
            Principal::Anonymous => Self::Anonymous,
        }
    }

    pub(super) fn account(&self) -> Option<&'a str> {
        match self {
            Self::Aws { account, .. } => Some(account),
            _ => None,
        }
    }

    fn describe(&self) -> String {
        match self {
            Self::Aws { arn, .. } | Self::Opaque(arn) => (*arn).to_owned(),
            Self::Service(name) => format!("the service {name}"),
            Self::Federated(provider) => format!("the provider {provider}"),
            Self::Anonymous => "an anonymous caller".to_owned(),
        }
    }
}

/// Partition, account and identity of a principal's ARN.
fn parse(arn: &str) -> Option<(&str, &str, Identity<'_>)> {
    if super::names::is_account_id(arn) {
        return Some(("aws", arn, Identity::Root));
    }
    let mut parts = arn.splitn(6, ':');
    let ("arn", partition, service, "", account, resource) =
        (parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?, parts.next()?)
    else {
        return None;
    };
    if partition.is_empty() || !super::names::is_account_id(account) || resource.contains(['*', '?']) {
        return None;
    }
    let (kind, rest) = resource.split_once('/').unwrap_or((resource, ""));
    let identity = match (service, kind) {
        ("iam", "root") if rest.is_empty() => Identity::Root,
        ("iam", "user") if !rest.is_empty() => Identity::User,
        ("iam", "role") if !rest.is_empty() => {
            Identity::Role { name: rest.rsplit('/').next().unwrap_or(rest) }
        }
        ("sts", "assumed-role") => {
            let (role, session) = rest.split_once('/')?;
            if role.is_empty() || session.is_empty() {
                return None;
            }
            Identity::Session { role }
        }
        ("sts", "federated-user") if !rest.is_empty() => Identity::FederatedUser,
        _ => return None,
    };
    Some((partition, account, identity))
}

/// Whether the element means the caller, how directly it names it, and if not, why.
pub(super) fn matches(
    element: &PrincipalElement,
    effect: Effect,
    caller: &Caller<'_>,
    has_boundary: bool,
) -> (Truth, Grant, String) {
    match element {
        PrincipalElement::Principal(principals) => {
            let (truth, grant) = listed(principals, caller, effect == Effect::Allow);
            (truth, grant, format!("its principals do not include {}", caller.describe()))
        }
        PrincipalElement::NotPrincipal(principals) => {
            let truth = match effect {
                Effect::Allow => !listed(principals, caller, false).0,
                Effect::Deny => denied_by_exception(principals, caller, has_boundary),
            };
            (truth, Grant::Everyone, format!("NotPrincipal excepts {}", caller.describe()))
        }
    }
}

/// Whether the caller is listed. `grants`: in an Allow a value that IAM can never have stored for this caller
/// does not match; elsewhere to take it as no match could open a door, so it is unknown.
fn listed(principals: &Principals, caller: &Caller<'_>, grants: bool) -> (Truth, Grant) {
    let kinds = match principals {
        Principals::Any => return (Truth::True, Grant::Everyone),
        Principals::ByKind(kinds) => kinds,
    };
    let mut result = (Truth::False, Grant::Account);
    for (kind, values) in kinds {
        if values.as_slice().is_empty() {
            result.0 = result.0.or(Truth::unknown("it has an empty list of principals, which IAM refuses"));
        }
        for value in values.as_slice() {
            let (truth, grant) = value_matches(kind, value, caller, grants);
            // Among several that match, the most direct one counts.
            result = match (&result.0, &truth) {
                (_, Truth::False) => result,
                (Truth::False, _) | (Truth::Unknown(_), Truth::True) => (truth, grant),
                (Truth::True, Truth::Unknown(_)) => result,
                _ => (result.0, result.1.max(grant)),
            };
        }
    }
    if kinds.is_empty() {
        result.0 = Truth::unknown("it names no principals, which IAM refuses");
    }
    result
}

fn value_matches(kind: &str, value: &str, caller: &Caller<'_>, grants: bool) -> (Truth, Grant) {
    match kind {
        "AWS" => aws_value(value, caller, grants),
        "Service" => match caller {
            Caller::Service(name) => (exact("service", value, name), Grant::Identity),
            _ => (Truth::False, Grant::Identity),
        },
        "Federated" => match caller {
            Caller::Federated(provider) => (exact("provider", value, provider), Grant::Identity),
            _ => (Truth::False, Grant::Identity),
        },
        "CanonicalUser" => match caller {
            // A canonical user ID stands for an account, and cannot be told from an ARN.
            Caller::Aws { .. } | Caller::Opaque(_) => {
                (Truth::unknown("which account a canonical user ID belongs to is not known"), Grant::Account)
            }
            _ => (Truth::False, Grant::Account),
        },
        _ => (Truth::unknown(format!("the kind of principal {kind:?} is not known")), Grant::Account),
    }
}

fn exact(what: &str, value: &str, name: &str) -> Truth {
    if value == name {
        Truth::True
    } else if value.contains(['*', '?']) || value.eq_ignore_ascii_case(name) {
        Truth::unknown(format!(
            "a {what} as principal is compared exactly, and IAM does not say what else it takes"
        ))
    } else {
        Truth::False
    }
}

fn aws_value(value: &str, caller: &Caller<'_>, grants: bool) -> (Truth, Grant) {
    if value == "*" {
        return (Truth::True, Grant::Everyone);
    }
    let (arn, partition, account, identity) = match *caller {
        Caller::Aws { arn, partition, account, identity } => (arn, partition, account, identity),
        Caller::Opaque(arn) if arn == value => return (Truth::True, Grant::Identity),
        Caller::Opaque(_) => {
            return (
                Truth::unknown("the caller is not given in a form that can be compared"),
                Grant::Account,
            );
        }
        Caller::Service(_) | Caller::Federated(_) | Caller::Anonymous => {
            return (Truth::False, Grant::Account);
        }
    };
    let value = canonical_aws_principal(value);
    let Some((its_partition, its_account, its_identity)) = parse(&value) else {
        // A unique ID of something deleted, a wildcard within an ARN, or what IAM would have refused.
        let truth = if grants {
            Truth::False
        } else {
            Truth::unknown("it names a principal by a unique ID or in a form that IAM refuses")
        };
        return (truth, Grant::Account);
    };
    if its_account != account {
        return (Truth::False, Grant::Account);
    }
    if its_identity == Identity::Root {
        if its_partition == partition {
            return (Truth::True, Grant::Account);
        }
        return (Truth::unknown("it names the same account ID in another partition"), Grant::Account);
    }
    if value == arn {
        return (
            Truth::True,
            if matches!(identity, Identity::Role { .. }) { Grant::Role } else { Grant::Identity },
        );
    }
    match (its_identity, identity) {
        (_, Identity::Root) => (
            Truth::unknown("it names one identity of the account, and the caller is some identity of it"),
            Grant::Identity,
        ),
        // A session's ARN drops the role's path. The name suffices: it is unique in its account, and IAM
        // stores no principal that does not exist.
        (Identity::Role { name }, Identity::Session { role })
            if name == role && its_partition == partition =>
        {
            (Truth::True, Grant::Role)
        }
        (Identity::Role { name }, Identity::Session { role }) if name.eq_ignore_ascii_case(role) => {
            (Truth::unknown("it names the caller's role but for case or partition"), Grant::Role)
        }
        (Identity::Session { role }, Identity::Role { name }) if name.eq_ignore_ascii_case(role) => {
            (Truth::unknown("it names one session of the role, and the caller is the role"), Grant::Identity)
        }
        _ if value.eq_ignore_ascii_case(arn) || (its_identity == identity && its_partition != partition) => {
            (Truth::unknown("it names the caller but for case or partition"), Grant::Identity)
        }
        _ => (Truth::False, Grant::Account),
    }
}

/// Deny with `NotPrincipal`: IAM excepts a caller for certain only when its account is listed beside it, and
/// of a session the role too ("might validate the account first, then the role, and then the session").
fn denied_by_exception(principals: &Principals, caller: &Caller<'_>, has_boundary: bool) -> Truth {
    let Caller::Aws { identity, .. } = *caller else {
        return !listed(principals, caller, false).0;
    };
    if has_boundary && !matches!(identity, Identity::Root | Identity::FederatedUser) {
        // Documented: NotPrincipal with Deny always denies a user or role that has a boundary.
        return Truth::True;
    }
    let Principals::ByKind(kinds) = principals else { return Truth::False };
    let (mut has_account, mut has_role, mut has_self) = (false, false, false);
    let mut unknown = None;
    for (kind, values) in kinds {
        for value in values.as_slice() {
            if kind == "AWS" && value == "*" {
                return Truth::False;
            }
            match value_matches(kind, value, caller, false) {
                (Truth::True, Grant::Account) => has_account = true,
                (Truth::True, Grant::Role) if matches!(identity, Identity::Session { .. }) => has_role = true,
                (Truth::True, _) => has_self = true,
                (Truth::Unknown(reason), _) => unknown = Some(reason),
                (Truth::False, _) => {}
            }
        }
    }
    let (excepted, mentioned) = match identity {
        Identity::Root => (has_account, has_account),
        Identity::Session { .. } => (has_account && has_role && has_self, has_role || has_self),
        _ => (has_account && has_self, has_self),
    };
    match (excepted, mentioned, unknown) {
        (true, ..) => Truth::False,
        (false, _, Some(reason)) => Truth::Unknown(reason),
        (false, true, None) => Truth::unknown(
            "NotPrincipal names the caller without its account and role, which may or may not except it",
        ),
        (false, false, None) => Truth::True,
    }
}
