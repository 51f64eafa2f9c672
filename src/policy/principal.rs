//! Whether a request's principal is one that a policy names (IAM User Guide, `reference_policies_elements_principal`
//! and `reference_policies_elements_notprincipal`).

use super::document::{Effect, PrincipalElement, Principals};
use super::evaluate::Principal;
use super::truth::Truth;
use crate::arn::{AccountId, Arn};

/// How a policy names the principal: that decides what else must allow the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Naming {
    /// The whole account: its own policies have to allow it too.
    Account,
    /// A role: a boundary and a session policy still limit it.
    Role,
    /// A user, one session, or everyone.
    Direct,
}

/// Whether the element covers the principal, and the closest way in which it names it.
pub(super) fn covers(
    element: &PrincipalElement,
    effect: Effect,
    principal: &Principal,
    has_boundary: bool,
) -> (Truth, Option<Naming>) {
    match element {
        PrincipalElement::Principal(principals) => named(principals, effect, principal),
        // Documented: it always denies a principal that has a permissions boundary.
        PrincipalElement::NotPrincipal(_) if effect == Effect::Deny && has_boundary => (Truth::True, None),
        PrincipalElement::NotPrincipal(principals) => {
            (not_named(principals, effect, principal), Some(Naming::Role))
        }
    }
}

fn named(principals: &Principals, effect: Effect, principal: &Principal) -> (Truth, Option<Naming>) {
    let Principals::ByKind(kinds) = principals else { return (Truth::True, Some(Naming::Direct)) };
    let mut naming = None;
    let entries = kinds.iter().flat_map(|(kind, values)| values.as_slice().iter().map(move |v| (kind, v)));
    let mut truth = Truth::False(String::new());
    for (kind, value) in entries {
        let (entry, how) = entry(kind, value, effect, principal);
        if entry == Truth::True {
            naming = naming.max(Some(how));
        }
        truth = truth.or(|| entry);
    }
    if let Truth::False(_) = truth {
        truth = Truth::False(format!("it does not name {}", in_words(principal)));
    }
    (truth, naming)
}

/// One entry of a principal element.
fn entry(kind: &str, value: &str, effect: Effect, principal: &Principal) -> (Truth, Naming) {
    let no = |why: String| (Truth::False(why), Naming::Role);
    let unknown = |why: String| (Truth::Unknown(why), Naming::Role);
    match (kind, principal) {
        ("AWS", _) if value == "*" => (Truth::True, Naming::Direct),
        ("AWS", Principal::Aws(arn)) => match arn.parse::<Arn>() {
            Ok(arn) => aws(value, effect, &arn),
            Err(_) => unknown("the request's principal is no ARN".to_owned()),
        },
        ("Service", Principal::Service(service)) | ("Federated", Principal::Federated(service)) => {
            if value.contains('*') && effect == Effect::Deny {
                return unknown(format!("`{value}` has a wildcard"));
            }
            (Truth::of(value == service, String::new), Naming::Direct)
        }
        ("AWS" | "Service" | "Federated", _) => no(String::new()),
        ("CanonicalUser", Principal::Aws(_) | Principal::Anonymous) => {
            unknown("a canonical user ID cannot be matched with an ARN".to_owned())
        }
        ("CanonicalUser", _) => no(String::new()),
        _ => unknown(format!("`{kind}` is no kind of principal")),
    }
}

/// An entry of kind `AWS` against the ARN of the caller.
fn aws(value: &str, effect: Effect, caller: &Arn) -> (Truth, Naming) {
    let is = |holds: bool, naming: Naming| (Truth::of(holds, String::new), naming);
    if let Ok(account) = value.parse::<AccountId>() {
        return is(caller.account == account.as_str(), Naming::Account);
    }
    // For an Allow the safe answer is no, for a Deny it is that one cannot tell.
    let unmatched = |why: &str| match effect {
        Effect::Allow => (Truth::False(why.to_owned()), Naming::Role),
        Effect::Deny => (Truth::Unknown(why.to_owned()), Naming::Role),
    };
    let Ok(arn) = value.parse::<Arn>() else {
        return unmatched("a unique ID stands for a principal that no longer exists");
    };
    if value.contains('*') || value.contains('?') {
        return unmatched("a principal's ARN has no wildcards");
    }
    if (arn.partition.as_str(), arn.account.as_str()) != (caller.partition.as_str(), caller.account.as_str())
    {
        return is(false, Naming::Role);
    }
    if arn.service == "iam" && arn.resource == "root" {
        return is(true, Naming::Account);
    }
    if arn == *caller {
        let naming = if arn.resource.starts_with("role/") { Naming::Role } else { Naming::Direct };
        return is(true, naming);
    }
    // A session stands for its role; its ARN lacks the role's path, but names are unique whatever the path.
    let session_role = caller.resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
    let same = caller.service == "sts"
        && arn.service == "iam"
        && arn.resource.starts_with("role/")
        && session_role == Some(arn.name());
    is(same, Naming::Role)
}

fn not_named(principals: &Principals, effect: Effect, principal: &Principal) -> Truth {
    let listed = |truth: Truth| truth.not(|| format!("{} is excepted", in_words(principal)));
    let (named, _) = named(principals, effect, principal);
    if effect == Effect::Allow || named != Truth::True {
        return listed(named);
    }
    // With Deny the account, the role and the session each have to be listed to be excepted.
    let everyone = match principals {
        Principals::Any => true,
        Principals::ByKind(kinds) => {
            kinds.get("AWS").is_some_and(|values| values.as_slice().iter().any(|v| v == "*"))
        }
    };
    if everyone {
        return Truth::Unknown("NotPrincipal with \"*\" is not documented".to_owned());
    }
    let (Principals::ByKind(kinds), Principal::Aws(arn)) = (principals, principal) else {
        return listed(named);
    };
    let Ok(caller) = arn.parse::<Arn>() else { return Truth::Unknown("the principal is no ARN".to_owned()) };
    let entries: Vec<&str> = kinds
        .get("AWS")
        .map(|values| values.as_slice().iter().map(String::as_str).collect())
        .unwrap_or_default();
    let root = format!("arn:{}:iam::{}:root", caller.partition, caller.account);
    let is_account = |entry: &str| entry == caller.account || entry == root;
    let account = entries.iter().any(|entry| is_account(entry));
    let itself = entries.contains(&arn.as_str()) || (caller.resource == "root" && account);
    let is_session = caller.resource.starts_with("assumed-role/");
    let role = entries.iter().any(|entry| {
        *entry != arn && !is_account(entry) && aws(entry, Effect::Allow, &caller).0 == Truth::True
    });
    if itself && account && (role || !is_session) {
        return listed(Truth::True);
    }
    // Documented by example: beside the one that is named, others of its account, or of its role, are not excepted.
    let sibling = |entry: &&str| {
        let Ok(entry) = entry.parse::<Arn>() else { return false };
        let same_account = entry.account == caller.account && entry.resource != "root";
        let session_of_role = entry.resource.starts_with("assumed-role/");
        same_account && entry != caller && if role { session_of_role } else { true }
    };
    if !itself && entries.iter().any(sibling) {
        return Truth::True;
    }
    Truth::Unknown(format!(
        "NotPrincipal with Deny excepts {} only when its account, its role and itself are all listed",
        in_words(principal)
    ))
}

fn in_words(principal: &Principal) -> String {
    match principal {
        Principal::Aws(arn) => arn.clone(),
        Principal::Service(service) => format!("the service {service}"),
        Principal::Federated(provider) => format!("the identity provider {provider}"),
        Principal::Anonymous => "an anonymous caller".to_owned(),
    }
}
