//! A spec for roles that exist: such that the next plan has nothing but the tags of adoption, or it is said what a spec
//! cannot express. Pure.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::arn::{AccountId, Arn};
use crate::policy::document::{
    ActionElement, Effect, OneOrMany, PrincipalElement, Principals, ResourceElement, Scalar, Statement,
};
use crate::policy::template::{invoke_policy, trust_policy};
use crate::policy::{Document, equivalent};
use crate::spec::{KNOWN_GENESYS_ACCOUNTS, default_policy_name};
use crate::state::LiveRole;

/// The text of a spec, and what it could not express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub text: String,
    /// A sentence each; with none the next plan has nothing but tags.
    pub limits: Vec<String>,
}

/// What one role says.
struct Found<'a> {
    live: &'a LiveRole,
    genesys_account: Option<String>,
    external_id: Option<String>,
    verifier: Option<Arn>,
    policy: Option<Arn>,
    functions: Vec<Arn>,
}

/// Writes a spec called `name` for these roles; `region` where the functions name none.
pub fn import(name: &str, account: &AccountId, region: &str, roles: &[LiveRole]) -> Imported {
    let mut limits = Vec::new();
    let found: Vec<Found<'_>> = roles.iter().map(|live| read(live, &mut limits)).collect();
    let region = most_common_region(&found).unwrap_or_else(|| region.to_owned());
    let mut text = String::new();
    let _ = writeln!(text, "# Written by `genesys-iam import`. Look it over, then run `genesys-iam plan`.\n");
    let _ = writeln!(text, "name = {}\n", quoted(name));
    let _ =
        writeln!(text, "[aws]\nregion = {}\naccount_id = {}\n", quoted(&region), quoted(account.as_str()));
    let first = found.first();
    let genesys = first.and_then(|role| role.genesys_account.clone());
    let id = first.and_then(|role| role.external_id.clone());
    text.push_str(&genesys_table("[genesys]", genesys.as_deref(), id.as_deref()));
    if let Some(verifier) = found.iter().find_map(|role| role.verifier.as_ref()) {
        let _ = writeln!(text, "\n[check]\nverifier = {}", quoted(&verifier.to_string()));
        if found.iter().any(|role| role.verifier.as_ref() != Some(verifier)) {
            limits.push(format!(
                "`{verifier}` is trusted by some of the roles only: a verifier is trusted by all"
            ));
        }
    }
    for role in &found {
        role_table(&mut text, role, account, &region);
        if role.genesys_account != genesys || role.external_id != id {
            text.push_str(&genesys_table(
                "\n[role.genesys]",
                role.genesys_account.as_deref(),
                role.external_id.as_deref(),
            ));
        }
    }
    Imported { text, limits }
}

fn read<'a>(live: &'a LiveRole, limits: &mut Vec<String>) -> Found<'a> {
    let name = &live.role.name;
    let trust = trusted(live);
    if trust.is_none() {
        limits.push(format!(
            "role `{name}`: its trust policy is more than one account with one external ID; the plan shows what apply would \
             make of it"
        ));
    }
    let account = &live.role.arn.account;
    let own = live.attached.iter().filter(|(arn, _)| arn.account == *account);
    let mut policies: Vec<(&Arn, Vec<Arn>)> =
        own.filter_map(|(arn, policy)| Some((arn, invoked(&policy.document)?))).collect();
    let policy = if policies.len() == 1 { policies.pop() } else { None };
    if policy.is_none() {
        limits.push(format!(
            "role `{name}`: no single customer managed policy of it allows lambda:InvokeFunction on exact ARNs and nothing \
             else; the plan makes a new one"
        ));
    }
    if let Some((arn, functions)) = &policy
        && !equivalent(&live.attached[*arn].document, &invoke_policy(functions))
    {
        limits.push(format!(
            "role `{name}`: the policy `{}` is written otherwise (a Sid, several statements): the plan has a new version that \
             means the same",
            arn.name()
        ));
    }
    for (arn, _) in live.attached.iter().filter(|(arn, _)| Some(*arn) != policy.as_ref().map(|(arn, _)| *arn))
    {
        limits.push(format!("role `{name}`: `{arn}` stays attached, and is reported until it is detached"));
    }
    for inline in live.inline.keys() {
        limits.push(format!(
            "role `{name}`: the inline policy `{inline}` stays, and is reported until it is removed"
        ));
    }
    let (genesys_account, external_id, verifier) = match trust {
        Some((account, id, verifier)) => (Some(account), Some(id), verifier),
        None => guessed(&live.role.assume_role_policy),
    };
    let (policy, functions) = match policy {
        Some((arn, functions)) => (Some(arn.clone()), functions),
        None => (None, live.documents().filter_map(invoked).flatten().collect()),
    };
    Found { live, genesys_account, external_id, verifier, policy, functions }
}

/// Account, external ID and verifier, where the trust policy is just what a spec would write.
fn trusted(live: &LiveRole) -> Option<(String, String, Option<Arn>)> {
    let document = &live.role.assume_role_policy;
    let (account, id, verifier) = guessed(document);
    let (account, id) = (account?, id?);
    let root = Arn::account_root(&live.role.arn.partition, &account.parse().ok()?);
    let principals: Vec<&Arn> = std::iter::once(&root).chain(&verifier).collect();
    equivalent(document, &trust_policy(&principals, &id)).then_some((account, id, verifier))
}

/// What looks like Genesys's account, the external ID, and somebody else who is trusted.
fn guessed(document: &Document) -> (Option<String>, Option<String>, Option<Arn>) {
    let document = document.canonical();
    let allow = |statement: &&Statement| statement.effect == Effect::Allow;
    let statements: Vec<&Statement> = document.statements.as_slice().iter().filter(allow).collect();
    let named: Vec<&String> = statements
        .iter()
        .filter_map(|statement| match &statement.principal {
            Some(PrincipalElement::Principal(Principals::ByKind(kinds))) => kinds.get("AWS"),
            _ => None,
        })
        .flat_map(OneOrMany::as_slice)
        .collect();
    let account = |text: &&String| {
        let arn: Option<Arn> = text.parse().ok();
        arn.filter(|arn| arn.resource == "root").map(|arn| arn.account)
    };
    let accounts: Vec<String> = named.iter().filter_map(account).collect();
    let is_known = |account: &&String| KNOWN_GENESYS_ACCOUNTS.iter().any(|known| known.id == **account);
    let genesys = accounts.iter().find(is_known).or(accounts.first()).cloned();
    let is_identity = |arn: &Arn| arn.resource.starts_with("role/") || arn.resource.starts_with("user/");
    let verifier = named.iter().filter_map(|text| text.parse::<Arn>().ok()).find(is_identity);
    let ids = statements.iter().flat_map(|statement| statement.condition.iter().flatten()).find_map(
        |(operator, keys)| {
            let (_, values) = keys.iter().find(|(key, _)| key.eq_ignore_ascii_case("sts:ExternalId"))?;
            match (operator.as_str(), values.as_slice()) {
                ("StringEquals" | "StringLike", [Scalar::String(id)]) => Some(id.clone()),
                _ => None,
            }
        },
    );
    (genesys, ids, verifier)
}

/// The functions, where a document allows to invoke exactly them and nothing else.
fn invoked(document: &Document) -> Option<Vec<Arn>> {
    let canonical = document.canonical();
    let mut functions = Vec::new();
    for statement in canonical.statements.as_slice() {
        let Some(ActionElement::Action(actions)) = &statement.action else { return None };
        let Some(ResourceElement::Resource(resources)) = &statement.resource else { return None };
        if actions.as_slice() != ["lambda:InvokeFunction"] {
            return None;
        }
        for resource in resources.as_slice() {
            functions.push(resource.parse().ok().filter(|arn: &Arn| arn.service == "lambda")?);
        }
    }
    let is_plain = functions.iter().all(|arn| !arn.resource.contains(['*', '?', '$']));
    let meant = canonical.statements.as_slice().iter().all(|statement| {
        statement.effect == Effect::Allow && statement.condition.is_none() && statement.unknown.is_empty()
    });
    (meant && is_plain && !functions.is_empty()).then_some(functions)
}

fn most_common_region(found: &[Found<'_>]) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for function in found.iter().flat_map(|role| &role.functions) {
        *counts.entry(&function.region).or_default() += 1;
    }
    let most = counts.into_iter().filter(|(region, _)| !region.is_empty()).max_by_key(|(_, count)| *count);
    most.map(|(region, _)| region.to_owned())
}

fn genesys_table(head: &str, account: Option<&str>, id: Option<&str>) -> String {
    let mut text = format!("{head}\n");
    let name = account.and_then(|account| KNOWN_GENESYS_ACCOUNTS.iter().find(|known| known.id == account));
    let comment = name.map(|known| format!("   # {}", known.name)).unwrap_or_default();
    match account {
        Some(account) => drop(writeln!(text, "account_id = {}{comment}", quoted(account))),
        None => text.push_str(
            "account_id = \"765628985471\"   # Genesys Cloud; the role trusts no account by itself\n",
        ),
    }
    match id {
        Some(id) => drop(writeln!(text, "external_id = {}", quoted(id))),
        None => text
            .push_str("# external_id = \"…\"   # your organization's ID: the role demands no single one\n"),
    }
    text
}

fn role_table(text: &mut String, found: &Found<'_>, account: &AccountId, region: &str) {
    let role = &found.live.role;
    let _ = writeln!(text, "\n[[role]]\nname = {}", quoted(&role.name));
    if role.path != "/" {
        let _ = writeln!(text, "path = {}", quoted(&role.path));
    }
    if !role.description.is_empty() {
        let _ = writeln!(text, "description = {}", quoted(&role.description));
    }
    let functions: Vec<String> = found
        .functions
        .iter()
        .map(|arn| format!("    {},\n", quoted(&short(arn, account, region))))
        .collect();
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
}

/// As a person would write it.
fn short(function: &Arn, account: &AccountId, region: &str) -> String {
    if function.account == account.as_str() && function.region == region {
        function.resource.trim_start_matches("function:").to_owned()
    } else {
        function.to_string()
    }
}

/// A basic string of TOML; JSON's escapes are TOML's.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string().replace('\u{7f}', "\\u007F")
}

/// Whether a trust policy names an account of Genesys's.
pub fn trusts_genesys(document: &Document) -> bool {
    let text = document.canonical().to_json();
    KNOWN_GENESYS_ACCOUNTS.iter().any(|known| text.contains(known.id))
}
