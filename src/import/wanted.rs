//! The spec that a role without one should have: from the live state, and from what Genesys Cloud says.

use std::collections::{BTreeMap, BTreeSet};

use super::connected::connected;
use super::role::{
    ImportedRole, InvokedFunctions, genesys_account_of, genesys_table, guessed, invoked, is_function,
    role_table,
};
use super::text::quoted;
use crate::arn::{AccountId, Arn, FunctionArn};
use crate::model::{LiveOrganization, LiveRole};
use crate::policy::document::{Effect, Statement};
use crate::policy::{Decision, Document, EXTERNAL_ID, wildcard_matches};
use crate::spec::{
    self, EmptyEnvironment, RoleSpec, Severity, Spec, default_policy_name, genesys_customer_account, is_guid,
    is_placeholder,
};

/// What is known about a role that does not work as it should.
#[derive(Debug, Clone, Copy)]
pub struct Known<'a> {
    pub account: &'a AccountId,
    pub region: &'a str,
    /// The live role, or an empty role of that name if there is none.
    pub role: &'a LiveRole,
    pub is_missing: bool,
    /// Managed policies in the account that are not attached to the role.
    pub unattached: &'a [(Arn, Document)],
    pub organization_id: Option<&'a str>,
    /// What the data actions point at.
    pub targets: &'a [FunctionArn],
    /// What a spec at hand says about the role.
    pub declared: Option<&'a RoleSpec>,
    /// Functions among the targets and in the policies that do not exist in Lambda.
    pub missing: &'a BTreeSet<FunctionArn>,
    /// Genesys Cloud's side in full, if the text is wanted.
    pub organization: Option<&'a LiveOrganization>,
}

/// A spec with the source of each of its values.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wanted {
    /// Without what is not known.
    pub spec: Spec,
    /// As a file; unknown values are left to fill in.
    pub text: String,
    /// What the text omits of Genesys Cloud's side, one sentence each.
    pub left_out: Vec<String>,
    pub external_id: IdSource,
    pub functions: BTreeMap<FunctionArn, FunctionSource>,
}

/// Where an external ID comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum IdSource {
    Organization,
    TrustPolicy,
    /// A spec at hand; Genesys Cloud was not asked.
    Spec,
    /// The trust policy demands none, and Genesys Cloud was not asked.
    Unknown,
}

/// Where a function is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FunctionSource {
    DataAction,
    Policy,
    Both,
    /// A spec at hand; nothing else names one.
    Spec,
}

/// Only used in specs with unknown external ID or functions, never in a file.
pub(super) const NO_ID: &str = "00000000-0000-4000-8000-000000000000";
const NO_FUNCTION: &str = "unknown";

/// The functions whose existence decides what a role should invoke.
pub fn candidates(
    role: &LiveRole,
    unattached: &[(Arn, Document)],
    targets: &[FunctionArn],
    declared: Option<&RoleSpec>,
) -> BTreeSet<FunctionArn> {
    named(role, unattached, &policy_name(role, declared)).into_iter().chain(targets.iter().cloned()).collect()
}

/// The spec that a role should have: Genesys's account, the organization's ID, the functions Genesys Cloud invokes.
///
/// # Errors
///
/// Why no spec can describe such a role.
pub fn wanted(known: &Known<'_>) -> Result<Wanted, String> {
    let Known { account, region, role, organization_id, .. } = *known;
    let document = &role.role.assume_role_policy;
    let (guessed_account, _, verifier) = guessed(document);
    let partition = role.role.arn.partition.as_str();
    let (genesys_account, is_public) = genesys_account(partition, guessed_account);
    // What nobody has as an ID says nothing about the organization's.
    let demanded = demanded_id(document).filter(|id| !is_placeholder(id));
    let declared = known.declared.map(|role| &role.external_id).filter(|id| !id.is_masked());
    let (id, external_id) = match (organization_id, declared, demanded) {
        (Some(id), ..) => (Some(id.to_owned()), IdSource::Organization),
        (None, Some(id), _) => (Some(id.expose().to_owned()), IdSource::Spec),
        (None, None, Some(id)) => (Some(id), IdSource::TrustPolicy),
        (None, None, None) => (None, IdSource::Unknown),
    };
    let functions = functions(known);
    let list: Vec<FunctionArn> = functions.keys().cloned().collect();
    let policy = policy(known, &list);
    let verifier = verifier.filter(|arn| arn.account == account.as_str());
    let check = verifier.as_ref().map(|arn| format!("\n[check]\nverifier = {}\n", quoted(&arn.to_string())));
    let placeholder: Option<FunctionArn> =
        format!("arn:{partition}:lambda:{region}:{account}:function:{NO_FUNCTION}").parse().ok();
    // A boundary that a spec does not mention stays unchanged.
    let mut unbounded = role.clone();
    unbounded.role.permissions_boundary = None;
    let imported = |functions: Vec<FunctionArn>| ImportedRole {
        live: &unbounded,
        genesys_account: genesys_account.clone(),
        guessed_account: None,
        external_id: id.clone(),
        verifier: None,
        policy: policy.clone(),
        functions,
    };
    let file = |functions: Vec<FunctionArn>, id: Option<&str>| {
        let mut genesys = genesys_table("[genesys]", partition, genesys_account.as_deref(), None, id, None);
        if !is_public {
            genesys.push_str("account_reason = \"the role's trust policy names it\"\n");
        }
        format!(
            "[aws]\nregion = {}\naccount_id = {}\n\n{genesys}{}{}",
            quoted(region),
            quoted(account.as_str()),
            check.as_deref().unwrap_or_default(),
            role_table(&imported(functions), region)
        )
    };
    let whole = if list.is_empty() { placeholder.into_iter().collect() } else { list.clone() };
    let source = format!("name = \"diagnose\"\n{}", file(whole, Some(id.as_deref().unwrap_or(NO_ID))));
    let (parsed, faults) = spec::parse(&source, "diagnose", &EmptyEnvironment);
    let Some(mut spec) = parsed else {
        let errors = faults.into_iter().filter(|fault| fault.severity == Severity::Error);
        return Err(errors.map(|fault| fault.message).collect::<Vec<_>>().join("; "));
    };
    if list.is_empty() {
        spec.roles.iter_mut().for_each(|role| role.functions.clear());
    }
    if let (true, Some(declared)) = (known.is_missing, known.declared) {
        for role in &mut spec.roles {
            role.max_session_duration = declared.max_session_duration;
            role.permissions_boundary.clone_from(&declared.permissions_boundary);
        }
    }
    // The user fills in the placeholder.
    let is_spec = |tables: &str| {
        let text =
            format!("name = \"diagnose\"\n{}{tables}", file(list.clone(), id.as_deref().or(Some(NO_ID))));
        let (_, faults) = spec::parse(&text, "diagnose", &EmptyEnvironment);
        !faults.iter().any(|fault| fault.severity == Severity::Error)
    };
    let mut left_out = Vec::new();
    let tables = known.organization.filter(|_| !list.is_empty()).map(|organization| {
        connected(organization, &role.role.arn, (&list, region), known.missing, is_spec, &mut left_out)
    });
    if known.organization.is_none() {
        left_out.push("Genesys Cloud's side is left out: it was not read".to_owned());
    } else if list.is_empty() {
        left_out.push("Genesys Cloud's side is left out: no function is known".to_owned());
    }
    let text = format!(
        "# Written by `genesys-iam diagnose`. Look it over, then run `genesys-iam apply`: it shows its plan, and asks.\n\n{}{}",
        file(list.clone(), id.as_deref()),
        tables.unwrap_or_default()
    );
    Ok(Wanted { spec, text, left_out, external_id, functions })
}

/// Whom the role should trust, and whether it is known to be Genesys. Where no account is public, there is only the
/// trust policy to go by.
fn genesys_account(partition: &str, guessed: Option<String>) -> (Option<String>, bool) {
    if let Some(id) = guessed.as_deref().filter(|id| genesys_customer_account(id, partition).is_some()) {
        return (Some(id.to_owned()), true);
    }
    match (genesys_account_of(partition), guessed) {
        (Some(known), _) => (Some(known.id.to_owned()), true),
        (None, guessed) => (guessed, false),
    }
}

/// The only external ID that a trust policy demands; if several, an organization's.
fn demanded_id(document: &Document) -> Option<String> {
    let allows = document.statements.as_slice().iter().filter(|one| one.effect == Effect::Allow);
    let listed: Vec<String> = allows
        .flat_map(|statement| statement.conditions().on(EXTERNAL_ID))
        .filter(|(operator, _)| operator.starts_with("String"))
        .flat_map(|(_, values)| values)
        .map(ToString::to_string)
        .filter(|id| !id.contains(['*', '?', '$']) && id.chars().count() > 1)
        .collect();
    listed.iter().find(|id| is_guid(id)).or_else(|| listed.first()).cloned()
}

/// The functions Genesys Cloud invokes, if the role may or they exist; and others that the policies name.
fn functions(known: &Known<'_>) -> BTreeMap<FunctionArn, FunctionSource> {
    let Known { role, unattached, targets, missing, .. } = *known;
    let is_own = |function: &&FunctionArn| is_function(function, &role.role.arn);
    let own = targets.iter().filter(is_own);
    let invoked: BTreeSet<&FunctionArn> =
        own.filter(|function| is_allowed(role, function) || !missing.contains(function)).collect();
    let named = named(role, unattached, &policy_name(role, known.declared));
    let kept = named.iter().filter(|function| invoked.is_empty() || !missing.contains(function));
    let mut functions: BTreeMap<FunctionArn, FunctionSource> =
        kept.map(|function| (function.clone(), FunctionSource::Policy)).collect();
    for function in invoked {
        let source = if named.contains(function) { FunctionSource::Both } else { FunctionSource::DataAction };
        functions.insert(function.clone(), source);
    }
    if functions.is_empty() {
        // Nothing else about the role says more.
        functions.extend(
            targets.iter().filter(is_own).map(|function| (function.clone(), FunctionSource::DataAction)),
        );
    }
    if functions.is_empty() {
        let declared = known.declared.iter().flat_map(|role| &role.functions).map(|one| &one.arn);
        functions.extend(declared.filter(is_own).map(|function| (function.clone(), FunctionSource::Spec)));
    }
    functions
}

/// What the role's policy is called in a spec.
fn policy_name(role: &LiveRole, declared: Option<&RoleSpec>) -> String {
    declared.map_or_else(|| default_policy_name(&role.role.name), |declared| declared.policy_name.clone())
}

/// The functions that the role's policies allow by name, or else those of the policy with the expected name.
pub(super) fn named(
    role: &LiveRole,
    unattached: &[(Arn, Document)],
    expected: &str,
) -> BTreeSet<FunctionArn> {
    let of = |document: &Document| -> Vec<FunctionArn> {
        let canonical = document.canonical();
        let resources = canonical.statements.as_slice().iter().filter(|one| may_invoke(one));
        let arns = resources.flat_map(Statement::resource_values).filter_map(|text| text.parse().ok());
        arns.filter(|arn| is_function(arn, &role.role.arn)).collect()
    };
    let own: BTreeSet<FunctionArn> = role.documents().flat_map(of).collect();
    if !own.is_empty() {
        return own;
    }
    unattached
        .iter()
        .filter(|(arn, _)| arn.name() == expected)
        .flat_map(|(_, document)| of(document))
        .collect()
}

/// Whether an Allow covers invocations.
fn may_invoke(statement: &Statement) -> bool {
    statement.effect == Effect::Allow
        && matches!(statement.action, Some(crate::policy::document::ActionElement::Action(_)))
        && statement
            .action_values()
            .iter()
            .any(|action| wildcard_matches(&action.to_ascii_lowercase(), "lambda:invokefunction"))
}

/// Whether the role's policies mention a function, even to deny it.
fn is_allowed(role: &LiveRole, function: &FunctionArn) -> bool {
    role.documents().any(|document| role.decision_by(document, function) != Decision::ImplicitDeny)
}

/// The managed policy that lets the role invoke, or is meant to. `None` if another kind of policy does, or none.
fn policy(known: &Known<'_>, functions: &[FunctionArn]) -> Option<Arn> {
    let Known { role, unattached, declared, .. } = *known;
    let covers = |document: &Document| {
        functions
            .iter()
            .filter(|function| role.decision_by(document, function) != Decision::ImplicitDeny)
            .count()
    };
    let is_own = |arn: &&Arn| arn.account == role.role.arn.account;
    let is_plain = |document: &Document| matches!(invoked(document, &role.role.arn), Some(InvokedFunctions { others, .. }) if others.is_empty());
    let mut attached: Vec<(&Arn, &Document)> = role
        .attached
        .iter()
        .filter(|(arn, policy)| is_own(arn) && policy.document.statements.as_slice().iter().any(may_invoke))
        .map(|(arn, policy)| (arn, &policy.document))
        .collect();
    attached.sort_by_key(|(_, document)| (covers(document), is_plain(document)));
    if let Some((arn, _)) = attached.last() {
        return Some((*arn).clone());
    }
    let is_granted = !functions.is_empty() && functions.iter().all(|function| is_allowed(role, function));
    if is_granted {
        return None;
    }
    let wanted = policy_name(role, declared);
    let mut fitting: Vec<&Arn> = unattached
        .iter()
        .filter(|(arn, document)| {
            arn.name() == wanted
                || (!functions.is_empty() && is_plain(document) && covers(document) == functions.len())
        })
        .map(|(arn, _)| arn)
        .collect();
    fitting.sort_by_key(|arn| arn.name() != wanted);
    let own = |declared: &RoleSpec| {
        Arn::policy(&role.role.arn.partition, known.account, &declared.policy_path, &declared.policy_name)
    };
    fitting.first().map(|arn| (*arn).clone()).or_else(|| declared.map(own))
}
