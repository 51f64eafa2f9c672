//! Incoming policy documents: what IAM refuses, in its words.

use std::collections::{BTreeMap, BTreeSet};

use super::refusal::Refusal;
use crate::arn::{AccountId, Arn, PARTITIONS};
use crate::policy::document::{
    ActionElement, Effect, PrincipalElement, Principals, ResourceElement, Statement,
};
use crate::policy::{Document, is_known_operator, quota};
use crate::sandbox::state::State;
use crate::sandbox::state::trust::{StoredTrust, map_principals};

/// What a document is for; decides what it may contain.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum DocumentKind {
    Trust,
    /// A customer managed policy: IAM requires the current version of the language.
    Managed,
    /// An inline or session policy; without a version it counts as 2008-10-17.
    Inline,
}

const VENDOR: &str = "Actions/Conditions must be prefaced by a vendor, e.g., iam, sdb, ec2, etc.";

/// Parses a document and applies IAM's refusals.
pub(crate) fn check(text: &str, kind: DocumentKind) -> Result<Document, Refusal> {
    let document = Document::parse(text).map_err(|_| {
        Refusal::malformed(match kind {
            DocumentKind::Trust if serde_json::from_str::<serde_json::Value>(text).is_err() => {
                "This policy contains invalid Json"
            }
            _ => "Syntax errors in policy.",
        })
    })?;
    let Document { version, id: _, statements, unknown } = &document;
    if let Some(name) = unknown.keys().next() {
        return Err(unknown_field(name, kind));
    }
    match (version.as_deref(), kind) {
        (Some("2012-10-17"), _) | (Some("2008-10-17") | None, DocumentKind::Trust | DocumentKind::Inline) => {
        }
        (Some("2008-10-17") | None, DocumentKind::Managed) => {
            return Err(Refusal::malformed("Policy document must be version 2012-10-17 or greater."));
        }
        (Some(_), DocumentKind::Trust) => {
            return Err(Refusal::malformed(
                "The policy is not in the valid JSON format: its Version is not supported.",
            ));
        }
        (Some(_), DocumentKind::Managed | DocumentKind::Inline) => {
            return Err(Refusal::malformed("Syntax errors in policy."));
        }
    }
    let statements = statements.as_slice();
    if statements.is_empty() {
        return Err(Refusal::malformed(match kind {
            DocumentKind::Trust => "Missing required field Statement",
            DocumentKind::Managed | DocumentKind::Inline => "Syntax errors in policy.",
        }));
    }
    statements.iter().try_for_each(|statement| check_statement(statement, kind))?;
    let sids: Vec<&String> =
        statements.iter().filter_map(|s| s.sid.as_ref()).filter(|sid| !sid.is_empty()).collect();
    if sids.iter().collect::<BTreeSet<_>>().len() < sids.len() {
        return Err(Refusal::malformed("Statement IDs (SID) in a single policy must be unique."));
    }
    Ok(document)
}

fn unknown_field(name: &str, kind: DocumentKind) -> Refusal {
    match kind {
        DocumentKind::Trust => Refusal::malformed(format!("Unknown field {name}")),
        DocumentKind::Managed | DocumentKind::Inline => Refusal::malformed("Syntax errors in policy."),
    }
}

fn check_statement(statement: &Statement, kind: DocumentKind) -> Result<(), Refusal> {
    let Statement { sid, effect, principal, action, resource, condition, unknown } = statement;
    if let Some(name) = unknown.keys().next() {
        return Err(unknown_field(name, kind));
    }
    if sid.as_ref().is_some_and(|sid| !sid.chars().all(|char| char.is_ascii_alphanumeric())) {
        return Err(Refusal::malformed(
            "Statement IDs (SID) must be alpha-numeric. Check that your input satisfies the regular expression \
             [0-9A-Za-z]*",
        ));
    }
    let actions = match action {
        Some(ActionElement::Action(actions) | ActionElement::NotAction(actions)) => actions.as_slice(),
        None => &[],
    };
    if actions.is_empty() {
        return Err(Refusal::malformed(match kind {
            DocumentKind::Trust => "Missing required field Action",
            DocumentKind::Managed | DocumentKind::Inline => "Policy statement must contain actions.",
        }));
    }
    actions.iter().try_for_each(|action| check_action(action, kind))?;
    match kind {
        DocumentKind::Trust => {
            if resource.is_some() {
                return Err(Refusal::malformed("Has prohibited field Resource"));
            }
            match principal {
                None => return Err(Refusal::malformed("Missing required field Principal")),
                Some(PrincipalElement::NotPrincipal(_)) if *effect == Effect::Allow => {
                    return Err(Refusal::malformed("Allow with NotPrincipal is not allowed."));
                }
                Some(_) => {}
            }
        }
        DocumentKind::Managed | DocumentKind::Inline => {
            if principal.is_some() {
                return Err(Refusal::malformed("Policy document should not specify a principal."));
            }
            let (Some(ResourceElement::Resource(resources) | ResourceElement::NotResource(resources)), false) =
                (resource, resource.as_ref().is_some_and(is_empty))
            else {
                return Err(Refusal::malformed("Policy statement must contain resources."));
            };
            resources.as_slice().iter().try_for_each(|resource| check_resource(resource))?;
        }
    }
    condition.iter().flat_map(|conditions| &conditions.0).try_for_each(|(operator, keys)| {
        if !keys.is_empty() && !is_known_operator(operator) {
            return Err(Refusal::malformed(match kind {
                DocumentKind::Trust => format!("Invalid Condition type : {operator}"),
                DocumentKind::Managed | DocumentKind::Inline => "Syntax errors in policy.".to_owned(),
            }));
        }
        if keys.keys().any(|key| !key.contains(':')) {
            return Err(Refusal::malformed(VENDOR));
        }
        Ok(())
    })
}

fn is_empty(resource: &ResourceElement) -> bool {
    let (ResourceElement::Resource(values) | ResourceElement::NotResource(values)) = resource;
    values.as_slice().is_empty()
}

fn check_action(action: &str, kind: DocumentKind) -> Result<(), Refusal> {
    let Some((vendor, name)) = action.split_once(':') else {
        return match (action, kind) {
            ("*", DocumentKind::Trust) => Err(not_sts()),
            ("*", _) => Ok(()),
            _ => Err(Refusal::malformed(VENDOR)),
        };
    };
    if name.contains(':') {
        return Err(Refusal::malformed("Actions/Condition can contain only one colon."));
    }
    if vendor != "*" && !vendor.chars().all(|char| char.is_ascii_alphanumeric() || char == '-' || char == '.')
    {
        return Err(Refusal::malformed(format!("Vendor {vendor} is not valid")));
    }
    if kind == DocumentKind::Trust && !vendor.eq_ignore_ascii_case("sts") {
        return Err(not_sts());
    }
    Ok(())
}

fn not_sts() -> Refusal {
    Refusal::malformed("AssumeRole policy may only specify STS AssumeRole actions.")
}

fn check_resource(resource: &str) -> Result<(), Refusal> {
    if resource == "*" {
        return Ok(());
    }
    let mut parts = resource.splitn(6, ':');
    if parts.next() != Some("arn") || !resource.contains(':') {
        return Err(Refusal::malformed(format!("Resource {resource} must be in ARN format or \"*\".")));
    }
    let partition = parts.next().unwrap_or_default();
    if partition != "*"
        && !partition.contains("${")
        && !PARTITIONS.iter().any(|known| known.name == partition)
    {
        return Err(Refusal::malformed(format!(
            "Partition \"{partition}\" is not valid for resource \"{resource}\"."
        )));
    }
    if parts.count() < 4 && !resource.ends_with('*') {
        return Err(Refusal::malformed("The policy failed legacy parsing"));
    }
    Ok(())
}

/// Checks a trust policy and the principals it names, and prepares it for storage.
pub(crate) fn trust(state: &State, text: &str) -> Result<StoredTrust, Refusal> {
    let mut document = check(text, DocumentKind::Trust)?;
    if document.size() > quota::TRUST_POLICY {
        return Err(Refusal::limit(format!(
            "Cannot exceed quota for ACLSizePerRole: {}",
            quota::TRUST_POLICY
        )));
    }
    let mut ids = BTreeMap::new();
    let mut roots = BTreeMap::new();
    for statement in document.statements.as_slice() {
        let (Some(PrincipalElement::Principal(principals))
        | Some(PrincipalElement::NotPrincipal(principals))) = &statement.principal
        else {
            continue;
        };
        let Principals::ByKind(kinds) = principals else { continue };
        if kinds.values().all(|values| values.as_slice().is_empty()) {
            return Err(Refusal::malformed("Missing required field Principal"));
        }
        for (kind, values) in kinds {
            for value in values.as_slice() {
                let refused = || {
                    let kind = if kind == "Service" { "SERVICE" } else { kind };
                    Refusal::malformed(format!("Invalid principal in policy: \"{kind}\":\"{value}\""))
                };
                match kind.as_str() {
                    "AWS" => match aws_principal(state, value).ok_or_else(refused)? {
                        NamedPrincipal::AsWritten => {}
                        NamedPrincipal::Account(root) => {
                            roots.insert(value.clone(), root);
                        }
                        NamedPrincipal::Entity(id) => {
                            ids.insert(value.clone(), id);
                        }
                    },
                    "Service" if is_service(value) => {}
                    "Federated" if value.contains('.') || value.parse::<Arn>().is_ok() => {}
                    "CanonicalUser" => {}
                    _ => return Err(refused()),
                }
            }
        }
    }
    if roots.is_empty() {
        return Ok(StoredTrust { text: text.to_owned(), ids });
    }
    map_principals(&mut document, &|value| roots.get(value).cloned());
    Ok(StoredTrust { text: document.to_json(), ids })
}

/// What a principal of kind `AWS` names.
enum NamedPrincipal {
    AsWritten,
    /// An account by its bare ID: returned as the account's root ARN.
    Account(String),
    /// A role or user: stored by its unique ID.
    Entity(String),
}

fn aws_principal(state: &State, value: &str) -> Option<NamedPrincipal> {
    if value == "*" {
        return Some(NamedPrincipal::AsWritten);
    }
    if let Ok(account) = value.parse::<AccountId>() {
        return Some(NamedPrincipal::Account(Arn::account_root(&state.partition, &account).to_string()));
    }
    let arn: Arn = value.parse().ok()?;
    let account: AccountId = arn.account.parse().ok()?;
    if arn.partition != state.partition || !arn.region.is_empty() || value.contains(['*', '?']) {
        return None;
    }
    let (kind, name) = arn.resource.split_once('/').unwrap_or((&arn.resource, ""));
    match (arn.service.as_str(), kind) {
        ("iam", "root") if name.is_empty() => Some(NamedPrincipal::AsWritten),
        ("iam", "role" | "user") if !name.is_empty() => match state.unique_id(&arn) {
            Some(id) => Some(NamedPrincipal::Entity(id)),
            // The sandbox cannot say who exists in an account it knows nothing about.
            None if !is_known(state, &account) => Some(NamedPrincipal::AsWritten),
            None => None,
        },
        ("sts", "assumed-role") => {
            let role = name.split_once('/').filter(|(_, session)| !session.is_empty())?.0;
            (state.role(&account, role).is_some() || !is_known(state, &account))
                .then_some(NamedPrincipal::AsWritten)
        }
        ("sts", "federated-user") if !name.is_empty() => Some(NamedPrincipal::AsWritten),
        _ => None,
    }
}

/// Whether the sandbox has roles, functions or identities in that account.
fn is_known(state: &State, account: &AccountId) -> bool {
    state.accounts.contains_key(account)
        || state.identities.values().any(|identity| identity.arn.account == account.as_str())
}

fn is_service(value: &str) -> bool {
    let name = value.strip_suffix(".amazonaws.com.cn").or_else(|| value.strip_suffix(".amazonaws.com"));
    name.is_some_and(|name| {
        !name.is_empty()
            && name.chars().all(|char| char.is_ascii_alphanumeric() || char == '-' || char == '.')
    })
}

/// Checks a managed policy's document.
pub(crate) fn managed(text: &str) -> Result<(), Refusal> {
    let document = check(text, DocumentKind::Managed)?;
    if document.size() > quota::MANAGED_POLICY {
        return Err(Refusal::limit(format!("Cannot exceed quota for PolicySize: {}", quota::MANAGED_POLICY)));
    }
    Ok(())
}
