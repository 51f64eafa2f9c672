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
    /// A role, or everyone: a boundary and a session policy still limit it.
    RoleOrAny,
    /// A user or one session, itself.
    Itself,
}

/// Whether the element covers the principal, and the closest way in which it names it.
pub(super) fn covers(
    element: &PrincipalElement,
    effect: Effect,
    principal: &Principal,
) -> (Truth, Option<Naming>) {
    match element {
        PrincipalElement::Principal(principals) => named(principals, effect, principal),
        PrincipalElement::NotPrincipal(principals) => {
            (not_named(principals, effect, principal), Some(Naming::RoleOrAny))
        }
    }
}

fn named(principals: &Principals, effect: Effect, principal: &Principal) -> (Truth, Option<Naming>) {
    let Principals::ByKind(kinds) = principals else { return (Truth::True, Some(Naming::RoleOrAny)) };
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
    let no = |why: String| (Truth::False(why), Naming::RoleOrAny);
    let unknown = |why: String| (Truth::Unknown(why), Naming::RoleOrAny);
    match (kind, principal) {
        ("AWS", _) if value == "*" => (Truth::True, Naming::RoleOrAny),
        ("AWS", Principal::Aws(arn)) => match arn.parse::<Arn>() {
            Ok(arn) => aws(value, effect, &arn),
            Err(_) => unknown("the request's principal is no ARN".to_owned()),
        },
        ("Service", Principal::Service(service)) | ("Federated", Principal::Federated(service)) => {
            if value.contains('*') && effect == Effect::Deny {
                return unknown(format!("`{value}` has a wildcard"));
            }
            (Truth::of(value == service, String::new), Naming::Itself)
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
        Effect::Allow => (Truth::False(why.to_owned()), Naming::RoleOrAny),
        Effect::Deny => (Truth::Unknown(why.to_owned()), Naming::RoleOrAny),
    };
    let Ok(arn) = value.parse::<Arn>() else {
        return unmatched("a unique ID stands for a principal that no longer exists");
    };
    if value.contains('*') || value.contains('?') {
        return unmatched("a principal's ARN has no wildcards");
    }
    if (arn.partition.as_str(), arn.account.as_str()) != (caller.partition.as_str(), caller.account.as_str()) {
        return is(false, Naming::RoleOrAny);
    }
    if arn.service == "iam" && arn.resource == "root" {
        return is(true, Naming::Account);
    }
    if arn == *caller {
        let naming = if arn.resource.starts_with("role/") { Naming::RoleOrAny } else { Naming::Itself };
        return is(true, naming);
    }
    // A session stands for its role; its ARN lacks the role's path, but names are unique whatever the path.
    let session_role = caller.resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
    let same = caller.service == "sts"
        && arn.service == "iam"
        && arn.resource.starts_with("role/")
        && session_role == Some(arn.name());
    is(same, Naming::RoleOrAny)
}

fn not_named(principals: &Principals, effect: Effect, principal: &Principal) -> Truth {
    let listed = |truth: Truth| truth.not(|| format!("{} is excepted", in_words(principal)));
    let (named, naming) = named(principals, effect, principal);
    if effect == Effect::Allow || named != Truth::True {
        return listed(named);
    }
    // With Deny the account, the role and the session each have to be listed to be excepted.
    let (Principals::ByKind(kinds), Principal::Aws(arn)) = (principals, principal) else { return listed(named) };
    let Ok(arn) = arn.parse::<Arn>() else { return Truth::Unknown("the principal is no ARN".to_owned()) };
    let values: Vec<&String> = kinds.get("AWS").map(|values| values.as_slice().iter().collect()).unwrap_or_default();
    let has = |wanted: &str| values.iter().any(|value| *value == wanted);
    let account = has(&arn.account) || has(&format!("arn:{}:iam::{}:root", arn.partition, arn.account));
    let itself = has(&arn.to_string());
    let role = !arn.resource.starts_with("assumed-role/")
        || values.iter().any(|value| {
            value.parse::<Arn>().is_ok_and(|entry| {
                entry.service == "iam" && aws(value, Effect::Allow, &arn).0 == Truth::True && entry.resource != "root"
            })
        });
    if naming.is_some() && account && itself && role {
        return listed(Truth::True);
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
