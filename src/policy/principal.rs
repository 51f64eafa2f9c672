//! Whether a request's principal is one that a policy names (IAM User Guide, `reference_policies_elements_principal`
//! and `reference_policies_elements_notprincipal`).

use super::document::{Effect, PrincipalElement, Principals};
use super::request::Principal;
use super::truth::Truth;
use super::words::shown;
use crate::arn::{AccountId, Arn};

/// How a policy names the principal; decides what else must allow the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Specificity {
    /// The whole account: its own policies must allow it too.
    Account,
    /// A role: still limited by a boundary and a session policy.
    Role,
    /// A user, one session, or everyone.
    Direct,
}

/// Whether the element covers the principal, and the most specific way it names it.
pub(super) fn covers(
    element: &PrincipalElement,
    effect: Effect,
    principal: &Principal,
    has_boundary: bool,
) -> (Truth, Option<Specificity>) {
    match element {
        PrincipalElement::Principal(principals) => named(principals, effect == Effect::Allow, principal),
        // Documented: it always denies a principal with a permissions boundary.
        PrincipalElement::NotPrincipal(_) if effect == Effect::Deny && has_boundary => (Truth::True, None),
        PrincipalElement::NotPrincipal(principals) => {
            (not_named(principals, effect, principal), Some(Specificity::Role))
        }
    }
}

/// `grants`: the statement allows the principals it names. There, no is the safe answer to
/// anything IAM cannot have stored; where naming denies, or prevents an exception, it is unknown.
fn named(principals: &Principals, grants: bool, principal: &Principal) -> (Truth, Option<Specificity>) {
    let Principals::ByKind(kinds) = principals else { return (Truth::True, Some(Specificity::Direct)) };
    let mut naming = None;
    let entries = kinds.iter().flat_map(|(kind, values)| values.as_slice().iter().map(move |v| (kind, v)));
    let mut truth = Truth::False(String::new());
    if !grants && (kinds.is_empty() || kinds.values().any(|values| values.as_slice().is_empty())) {
        truth = Truth::Unknown("it has an empty list of principals, which IAM refuses".to_owned());
    }
    for (kind, value) in entries {
        let (entry, how) = entry(kind, value, grants, principal);
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
fn entry(kind: &str, value: &str, grants: bool, principal: &Principal) -> (Truth, Specificity) {
    let no = |why: String| (Truth::False(why), Specificity::Role);
    let unknown = |why: String| (Truth::Unknown(why), Specificity::Role);
    match (kind, principal) {
        ("AWS", _) if value == "*" => (Truth::True, Specificity::Direct),
        ("AWS", Principal::Aws(arn)) => match arn.parse::<Arn>() {
            Ok(arn) => aws(value, grants, &arn),
            Err(_) => match arn.parse::<AccountId>() {
                Ok(account) => aws(value, grants, &Arn::account_root("aws", &account)),
                Err(_) => unknown("the request's principal is not an ARN".to_owned()),
            },
        },
        ("Service", Principal::Service(service)) | ("Federated", Principal::Federated(service)) => {
            if value == "*" || (value.contains('*') && !grants) {
                return unknown(format!("`{value}` as a {kind} principal is not documented"));
            }
            (Truth::of(value == service, String::new), Specificity::Direct)
        }
        ("AWS" | "Service" | "Federated", _) => no(String::new()),
        ("CanonicalUser", Principal::Aws(_) | Principal::Anonymous) => {
            unknown("a canonical user ID cannot be matched with an ARN".to_owned())
        }
        ("CanonicalUser", _) => no(String::new()),
        _ => unknown(format!("`{kind}` is not a kind of principal")),
    }
}

/// Matches an entry of kind `AWS` against the caller's ARN.
fn aws(value: &str, grants: bool, caller: &Arn) -> (Truth, Specificity) {
    let is = |holds: bool, naming: Specificity| (Truth::of(holds, String::new), naming);
    if let Ok(account) = value.parse::<AccountId>() {
        // Same as in the canonical form, which must mean the same.
        let root = Arn::account_root("aws", &account).to_string();
        return aws(&root, grants, caller);
    }
    let unmatched = |why: &str| {
        let why = why.to_owned();
        (if grants { Truth::False(why) } else { Truth::Unknown(why) }, Specificity::Role)
    };
    let Ok(arn) = value.parse::<Arn>() else {
        return unmatched("a unique ID stands for a principal that no longer exists");
    };
    if value.contains('*') || value.contains('?') {
        return unmatched("a principal's ARN has no wildcards");
    }
    if arn.account != caller.account {
        return is(false, Specificity::Role);
    }
    let is_root = |arn: &Arn| arn.service == "iam" && arn.resource == "root";
    if arn.partition != caller.partition {
        // A bare account ID is compared as this ARN; its partition is unknown.
        if is_root(&arn) && arn.partition == "aws" {
            let why = "an account ID does not say its partition, and the caller is not in `aws`";
            return (Truth::Unknown(why.to_owned()), Specificity::Account);
        }
        return is(false, Specificity::Role);
    }
    if is_root(&arn) {
        return is(true, Specificity::Account);
    }
    if is_root(caller) {
        return unmatched("it names one identity of the account, and the caller is some identity of it");
    }
    if arn == *caller {
        let naming = if arn.resource.starts_with("role/") { Specificity::Role } else { Specificity::Direct };
        return is(true, naming);
    }
    // A session represents its role; its ARN omits the role's path, but names are unique regardless of path.
    let session_role = caller.resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next());
    let same = caller.service == "sts"
        && arn.service == "iam"
        && arn.resource.starts_with("role/")
        && session_role == Some(arn.name());
    if arn.resource.strip_prefix("assumed-role/").and_then(|rest| rest.split('/').next())
        == Some(caller.name())
        && caller.resource.starts_with("role/")
    {
        return unmatched("it names one session of the role, and the caller is the role");
    }
    let role_of = |arn: &Arn| match arn.resource.split_once('/') {
        Some(("role", _)) => Some(arn.name().to_owned()),
        Some(("assumed-role", rest)) => rest.split('/').next().map(str::to_owned),
        _ => None,
    };
    let nearly = value.eq_ignore_ascii_case(&caller.to_string())
        || (arn.service == "iam"
            && role_of(&arn).zip(role_of(caller)).is_some_and(|(a, b)| a != b && a.eq_ignore_ascii_case(&b)));
    if nearly {
        // Names are unique regardless of case.
        return unmatched("it differs from the caller's ARN only in case");
    }
    is(same, Specificity::Role)
}

fn not_named(principals: &Principals, effect: Effect, principal: &Principal) -> Truth {
    let listed = |truth: Truth| truth.not(|| format!("{} is excepted", in_words(principal)));
    let (named, _) = named(principals, false, principal);
    if effect == Effect::Allow || named != Truth::True {
        return listed(named);
    }
    // With Deny, the account, the role and the session must each be listed to be excepted.
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
    let Ok(caller) = arn.parse::<Arn>() else {
        return Truth::Unknown("the principal is not an ARN".to_owned());
    };
    let entries: Vec<&str> = kinds
        .get("AWS")
        .map(|values| values.as_slice().iter().map(String::as_str).collect())
        .unwrap_or_default();
    let root = format!("arn:{}:iam::{}:root", caller.partition, caller.account);
    let is_account = |entry: &str| entry == root || (entry == caller.account && caller.partition == "aws");
    let account = entries.iter().any(|entry| is_account(entry));
    // It represents someone in the account, not necessarily the root user.
    let is_someone = *arn == root;
    let itself = !is_someone && entries.contains(&arn.as_str());
    let is_session = caller.resource.starts_with("assumed-role/");
    let role = entries
        .iter()
        .any(|entry| *entry != arn && !is_account(entry) && aws(entry, true, &caller).0 == Truth::True);
    if itself && account && (role || !is_session) {
        return listed(Truth::True);
    }
    // Documented by example: naming one does not except others in its account or role.
    let sibling = |entry: &&str| {
        let Ok(entry) = entry.parse::<Arn>() else { return false };
        let same_account = entry.account == caller.account && entry.resource != "root";
        let session_of_role = entry.resource.starts_with("assumed-role/");
        same_account && entry != caller && if role { session_of_role } else { true }
    };
    if !itself && !is_someone && entries.iter().any(sibling) {
        return Truth::True;
    }
    Truth::Unknown(format!(
        "NotPrincipal with Deny excepts {} only when its account, its role and itself are all listed",
        in_words(principal)
    ))
}

fn in_words(principal: &Principal) -> String {
    match principal {
        Principal::Aws(arn) => shown(arn).into_owned(),
        Principal::Service(service) => format!("the service {}", shown(service)),
        Principal::Federated(provider) => format!("the identity provider {}", shown(provider)),
        Principal::Anonymous => "an anonymous caller".to_owned(),
    }
}
