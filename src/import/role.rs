//! What a role says, and spec tables that say the same.

use std::fmt::Write;

use super::text::quoted;
use crate::arn::{Arn, FunctionArn};
use crate::model::{LiveOrganization, LiveRole};
use crate::policy::document::{
    ActionElement, Effect, OneOrMany, PrincipalElement, Principals, ResourceElement, Scalar, Statement,
};
use crate::policy::{Document, EXTERNAL_ID};
use crate::spec::{KNOWN_GENESYS_ACCOUNTS, KnownAccount, default_policy_name};
use crate::text::one_line;

/// What one role says.
pub(super) struct ImportedRole<'a> {
    pub(super) live: &'a LiveRole,
    pub(super) genesys_account: Option<String>,
    /// The account it trusts where no Genesys account is public.
    pub(super) guessed_account: Option<String>,
    pub(super) external_id: Option<String>,
    pub(super) verifier: Option<Arn>,
    pub(super) policy: Option<Arn>,
    pub(super) functions: Vec<FunctionArn>,
}

/// Genesys's account for customers in a partition, if it is public.
pub(super) fn genesys_account_of(partition: &str) -> Option<&'static KnownAccount> {
    KNOWN_GENESYS_ACCOUNTS.iter().find(|known| known.for_customers && known.partition == partition)
}

/// The likely Genesys account, the external ID, and who else is admitted with an external ID, as a verifier is.
pub(super) fn guessed(document: &Document) -> (Option<String>, Option<String>, Option<Arn>) {
    let document = document.canonical();
    let allow = |statement: &&Statement| statement.effect == Effect::Allow;
    let statements: Vec<&Statement> = document.statements.as_slice().iter().filter(allow).collect();
    let root = |text: &String| {
        let arn: Option<Arn> = text.parse().ok();
        arn.filter(|arn| arn.resource == "root").map(|arn| arn.account)
    };
    let accounts: Vec<String> =
        statements.iter().flat_map(|statement| principals(statement)).filter_map(root).collect();
    // Of several Genesys accounts, the one for its core and satellite regions.
    let known =
        KNOWN_GENESYS_ACCOUNTS.iter().find(|known| accounts.iter().any(|account| account == known.id));
    let genesys = known.map(|known| known.id.to_owned()).or_else(|| accounts.first().cloned());
    let is_identity = |arn: &Arn| arn.resource.starts_with("role/") || arn.resource.starts_with("user/");
    let with_id = statements.iter().filter(|statement| demanded_by(statement).is_some());
    let verifier = with_id
        .flat_map(|statement| principals(statement))
        .filter_map(|text| text.parse::<Arn>().ok())
        .find(is_identity);
    (genesys, statements.iter().find_map(demanded_by), verifier)
}

fn principals(statement: &Statement) -> &[String] {
    match &statement.principal {
        Some(PrincipalElement::Principal(Principals::ByKind(kinds))) => {
            kinds.get("AWS").map(OneOrMany::as_slice).unwrap_or_default()
        }
        _ => &[],
    }
}

fn demanded_by(statement: &&Statement) -> Option<String> {
    statement.conditions().on(EXTERNAL_ID).find_map(|(operator, values)| match (operator, values) {
        ("StringEquals" | "StringLike", [Scalar::String(id)]) => Some(id.clone()),
        _ => None,
    })
}

/// The functions that a document allows invoking.
pub(super) struct InvokedFunctions {
    pub(super) functions: Vec<FunctionArn>,
    /// Resources that are not functions of the role's account.
    pub(super) others: Vec<String>,
}

/// `None` unless the document only allows invoking, and at least one function.
pub(super) fn invoked(document: &Document, role: &Arn) -> Option<InvokedFunctions> {
    let canonical = document.canonical();
    let (mut functions, mut others) = (Vec::new(), Vec::new());
    for statement in canonical.statements.as_slice() {
        let Some(ActionElement::Action(actions)) = &statement.action else { return None };
        let Some(ResourceElement::Resource(resources)) = &statement.resource else { return None };
        let is_plain = statement.effect == Effect::Allow
            && statement.condition.is_none()
            && statement.unknown.is_empty()
            && actions.as_slice() == ["lambda:InvokeFunction"];
        if !is_plain {
            return None;
        }
        for resource in resources.as_slice() {
            match resource.parse().ok().filter(|arn| is_function(arn, role)) {
                Some(arn) => functions.push(arn),
                None => others.push(resource.clone()),
            }
        }
    }
    (!functions.is_empty()).then_some(InvokedFunctions { functions, others })
}

/// Whether it is exactly one function of the role's account, or an alias or version of one.
pub(super) fn is_function(function: &FunctionArn, role: &Arn) -> bool {
    let is_plain = |text: &str| !text.is_empty() && !text.contains(['*', '?', '{']);
    let Arn { partition, account, region, resource, .. } = function.as_arn();
    is_plain(region) && is_plain(resource) && (partition, account) == (&role.partition, &role.account)
}

/// `guessed`: the account that a role trusts where no Genesys account is public. `organization`: whose ID it must be, if
/// there is none.
pub(super) fn genesys_table(
    head: &str,
    partition: &str,
    account: Option<&str>,
    guessed: Option<&str>,
    id: Option<&str>,
    organization: Option<&LiveOrganization>,
) -> String {
    let mut text = format!("{head}\n");
    let name = account.and_then(|account| KNOWN_GENESYS_ACCOUNTS.iter().find(|known| known.id == account));
    let comment = match (name, account) {
        (Some(known), _) => format!("   # {}", known.name),
        _ => "   # not known to be Genesys's".to_owned(),
    };
    match (account, genesys_account_of(partition)) {
        (Some(account), _) => drop(writeln!(text, "account_id = {}{comment}", quoted(account))),
        (None, Some(known)) => drop(writeln!(
            text,
            "account_id = {}   # {}; the role trusts no account by itself",
            quoted(known.id),
            known.name
        )),
        (None, None) => {
            let _ = writeln!(
                text,
                "# account_id = {}   # Genesys's account in {partition} is not public: ask Genesys",
                quoted(guessed.unwrap_or("…"))
            );
            text.push_str("# account_reason = \"…\"   # who at Genesys confirmed it\n");
        }
    }
    match (id, organization) {
        (Some(id), _) => drop(writeln!(text, "external_id = {}", quoted(id))),
        (None, Some(LiveOrganization { id, name, .. })) => {
            let name = one_line(name);
            let _ = writeln!(
                text,
                "# external_id = {}   # the ID of the organization \"{name}\": the role demands no single one",
                quoted(id)
            );
        }
        (None, None) => text
            .push_str("# external_id = \"…\"   # your organization's ID: the role demands no single one\n"),
    }
    text
}

pub(super) fn role_table(found: &ImportedRole<'_>, region: &str) -> String {
    let mut text = String::new();
    let role = &found.live.role;
    let _ = writeln!(text, "\n[[role]]\nname = {}", quoted(&role.name));
    if role.path != "/" {
        let _ = writeln!(text, "path = {}", quoted(&role.path));
    }
    if !role.description.is_empty() {
        let _ = writeln!(text, "description = {}", quoted(&role.description));
    }
    let functions: Vec<String> =
        found.functions.iter().map(|arn| format!("    {},\n", quoted(&short_name(arn, region)))).collect();
    let _ = writeln!(text, "functions = [\n{}]", functions.concat());
    if role.max_session_duration != 3600 {
        let _ = writeln!(text, "max_session_duration = {}", role.max_session_duration);
    }
    if let Some(boundary) = &role.permissions_boundary {
        let _ = writeln!(text, "permissions_boundary = {}", quoted(&boundary.to_string()));
    }
    if let Some(policy) = &found.policy {
        let name = policy.name();
        let path = policy.resource.trim_start_matches("policy").trim_end_matches(name);
        if name != default_policy_name(&role.name) {
            let _ = writeln!(text, "policy_name = {}", quoted(name));
        }
        if path != "/" {
            let _ = writeln!(text, "policy_path = {}", quoted(path));
        }
    }
    text.push_str("adopt = true\n");
    text
}

/// A function of the spec's account, as a person would write it.
pub(super) fn short_name(function: &FunctionArn, region: &str) -> String {
    if function.region() == region { function.label() } else { function.to_string() }
}
