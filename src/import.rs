//! Writes a spec for existing roles, so that the next plan only adds tags; reports what a spec cannot express. Pure.

mod connected;
mod genesys;
mod role;
mod text;
mod wanted;

pub use wanted::{FunctionSource, IdSource, Known, Wanted, candidates, wanted};

use std::collections::BTreeMap;
use std::fmt::Write;
use std::io;

use genesys::{ActionFolder, ActionTable, IntegrationTables};
use role::{
    ImportedRole, InvokedFunctions, genesys_account_of, genesys_table, guessed, invoked, is_function,
    role_table,
};
use text::quoted;

use crate::arn::{AccountId, Arn};
use crate::model::{LiveCredential, LiveIntegration, LiveOrganization, LiveRole, Role};
use crate::plan::genesys::may_invoke;
use crate::policy::document::{Effect, PrincipalElement, Principals, Statement};
use crate::policy::template::{invoke_policy, trust_policy};
use crate::policy::{Document, EXTERNAL_ID, NamedParty, equivalent, named_parties};
use crate::spec::{
    self, Environment, GenesysCloud, KNOWN_GENESYS_ACCOUNTS, SPEC_KEY, Severity, TUTORIAL_ACCOUNT,
    genesys_account_name, genesys_customer_account,
};
use crate::text::one_line;

/// The text of a spec, and what it cannot express.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Imported {
    pub text: String,
    /// One sentence each; if empty, the next plan only adds tags.
    pub limits: Vec<String>,
    /// Whether the text is a complete spec, with nothing left to fill in.
    pub is_spec: bool,
    /// How many of the roles are commented out.
    pub commented: usize,
    /// The files that the spec names, by their paths in it.
    pub files: BTreeMap<String, String>,
}

/// The files that belong to a spec that is not written yet.
struct WithFiles<'a>(&'a BTreeMap<String, String>);

impl Environment for WithFiles<'_> {
    fn variable(&self, _: &str) -> Option<String> {
        None
    }

    fn is_allowed(&self, _: &str) -> bool {
        false
    }

    fn file(&self, path: &str, _: u64) -> io::Result<String> {
        self.0.get(path).cloned().ok_or_else(|| io::ErrorKind::NotFound.into())
    }
}

/// What a written spec says before its roles.
#[derive(Debug, Clone, Copy)]
pub struct SpecHead<'a> {
    pub name: &'a str,
    pub account: &'a AccountId,
    /// Where no function names one.
    pub region: &'a str,
    pub profile: Option<&'a str>,
    /// Which organization it is about.
    pub cloud: &'a GenesysCloud,
    /// That of the specs at hand.
    pub external_id: Option<&'a str>,
}

/// Writes a spec called `name` for these roles; `region` is used if the functions name none. A role that no spec can
/// describe is written as comments. With an organization, each role's integration and data actions are included; with a
/// folder, named as the spec would, the actions go into files there, as exported by the UI.
pub fn import(
    head: &SpecHead<'_>,
    roles: &[LiveRole],
    organization: Option<&LiveOrganization>,
    actions_folder: Option<&str>,
) -> Imported {
    let SpecHead { name, account, region, profile, cloud, external_id } = *head;
    let mut folder = actions_folder.map(ActionFolder::new);
    let mut files = BTreeMap::new();
    let mut limits = Vec::new();
    let mut found: Vec<ImportedRole<'_>> = roles.iter().map(|live| read(live, name, &mut limits)).collect();
    for role in &mut found {
        take_called_functions(role, organization, &mut limits);
    }
    let region = most_common_region(&found).unwrap_or_else(|| region.to_owned());
    let verifier = common_verifier(&mut found, account, &mut limits);
    if let Some(arn) = &verifier {
        limits.push(format!(
            "`{arn}` is trusted too, with the external ID: the spec has it as its verifier, who may assume the role. If it is none, \
             take [check] out, and the next plan shuts it out"
        ));
    }
    let check = verifier.map(|arn| format!("\n[check]\nverifier = {}\n", quoted(&arn.to_string())));
    let profile = profile.map(|profile| format!("profile = {}\n", quoted(profile)));
    let head = format!(
        "name = {}\n\n[aws]\nregion = {}\naccount_id = {}\n{}\n",
        quoted(name),
        quoted(&region),
        quoted(account.as_str()),
        profile.unwrap_or_default()
    );
    let mut policies = BTreeMap::new();
    let tables: Vec<(String, Option<String>)> = found
        .iter()
        .map(|role| {
            let table = role_table(role, &region);
            let shared =
                role.policy.as_ref().and_then(|policy| policies.insert(policy, &role.live.role.name)).map(
                    |other| format!("its policy is also that of `{other}`, and a policy belongs to one role"),
                );
            let fault = shared
                .or_else(|| fault_of(&head, check.as_deref().unwrap_or_default(), role, &table, &files));
            (table, fault)
        })
        .collect();
    let kept = || found.iter().zip(&tables).filter(|(_, (_, fault))| fault.is_none()).map(|(role, _)| role);
    // Where every role is written as comments, what they say is still true.
    let is_any_kept = kept().next().is_some();
    let by_kept_or_any = |of: fn(&ImportedRole<'_>) -> Option<String>| match is_any_kept {
        true => kept().find_map(of),
        false => found.iter().find_map(of),
    };
    let genesys = by_kept_or_any(|role| role.genesys_account.clone());
    let guessed = by_kept_or_any(|role| role.guessed_account.clone());
    let partition = roles.first().map_or("aws", |live| live.role.arn.partition.as_str());
    let ids: Vec<&String> = match is_any_kept {
        true => kept().filter_map(|role| role.external_id.as_ref()).collect(),
        false => found.iter().filter_map(|role| role.external_id.as_ref()).collect(),
    };
    let expected = organization.map(|organization| organization.id.as_str()).or(external_id);
    let id = expected
        .filter(|expected| ids.iter().any(|id| id == expected))
        .map(str::to_owned)
        .or_else(|| most_common(&ids));
    let whose = match (organization, external_id) {
        (Some(organization), _) => format!("the ID of the organization \"{}\"", organization.name),
        (None, Some(_)) => "that of the spec at hand".to_owned(),
        // An organization has one.
        (None, None) => "that of the other roles".to_owned(),
    };
    let is_common = |id: &&str| ids.iter().filter(|other| other.as_str() == *id).count() > 1;
    let expected = expected.or(id.as_deref().filter(is_common));
    limits.extend(found.iter().filter_map(|role| of_another(role, expected?, &whose)));
    let organization_keys: String = [("region", &cloud.region), ("credentials", &cloud.credentials)]
        .into_iter()
        .filter_map(|(key, value)| Some(format!("\n{key} = {}", quoted(value.as_ref()?))))
        .collect();
    let mut text = "# Written by `genesys-iam import`. Look it over, then run `plan` with it.\n\n".to_owned();
    text.push_str(&head);
    text.push_str(&genesys_table(
        &format!("[genesys]{organization_keys}"),
        partition,
        genesys.as_deref(),
        guessed.as_deref(),
        id.as_deref(),
        organization,
    ));
    let written_check = check.unwrap_or_default();
    text.push_str(&written_check);
    for (role, (table, fault)) in found.iter().zip(&tables) {
        let mut table = table.clone();
        if (role.genesys_account != genesys && role.genesys_account.is_some())
            || (role.external_id != id && role.external_id.is_some())
        {
            let own =
                |found: &Option<String>, common: &Option<String>| found.clone().or_else(|| common.clone());
            table.push_str(&genesys_table(
                "\n[role.genesys]",
                partition,
                own(&role.genesys_account, &genesys).as_deref(),
                role.guessed_account.as_deref(),
                own(&role.external_id, &id).as_deref(),
                organization,
            ));
        }
        if let Some(organization) = organization
            && let Some(IntegrationTables { integration, actions }) = genesys::tables(
                organization,
                &role.live.role.arn,
                (&role.functions, &region),
                folder.as_mut(),
                &mut limits,
            )
        {
            // If the role itself has a fault, its tables cannot be judged separately.
            let fault_with = |table: &str, files: &BTreeMap<String, String>| {
                fault_of(&head, &written_check, role, table, files).filter(|_| fault.is_none())
            };
            let with_integration = format!("{table}{integration}");
            if let Some(fault) = fault_with(&with_integration, &files) {
                limits.push(format!(
                    "role `{}`: Genesys Cloud's side is left out: {fault}",
                    role.live.role.name
                ));
            } else {
                table.clone_from(&with_integration);
                for ActionTable { name, text, file, notice } in actions {
                    let file: BTreeMap<String, String> = file.into_iter().collect();
                    if let Some(fault) = fault_with(&format!("{with_integration}{text}"), &file) {
                        limits.push(format!("data action \"{name}\" is left out: {fault}"));
                        continue;
                    }
                    table.push_str(&text);
                    files.extend(file);
                    limits.extend(notice);
                }
            }
        }
        match fault {
            None => text.push_str(&table),
            Some(fault) => {
                let _ = writeln!(text, "\n# No spec can have this role as it is: {fault}");
                for line in table.trim_start().lines() {
                    let _ = writeln!(text, "{}", format!("# {line}").trim_end());
                }
                limits.push(format!("role `{}` is written as comments: {fault}", role.live.role.name));
            }
        }
    }
    let is_known = genesys.is_some() || genesys_account_of(partition).is_some();
    let is_spec = is_any_kept && id.is_some() && is_known;
    let commented = tables.iter().filter(|(_, fault)| fault.is_some()).count();
    Imported { text, limits, is_spec, commented, files }
}

/// The first of those that most have.
fn most_common(ids: &[&String]) -> Option<String> {
    let count = |id: &String| ids.iter().filter(|other| **other == id).count();
    let most = ids.iter().map(|id| count(id)).max()?;
    ids.iter().find(|id| count(id) == most).map(|id| (*id).clone())
}

/// That a role is not for the organization. Which ID it has is in the spec that is written.
fn of_another(role: &ImportedRole<'_>, expected: &str, whose: &str) -> Option<String> {
    role.external_id.as_ref().filter(|id| *id != expected)?;
    Some(format!(
        "role `{}`: the external ID that it demands is not {whose}: unless the role is for another organization, Genesys Cloud is \
         refused, so take `[role.genesys] external_id` out before you apply",
        role.live.role.name
    ))
}

/// Why the role alone would not make a valid spec.
fn fault_of(
    head: &str,
    check: &str,
    role: &ImportedRole<'_>,
    table: &str,
    files: &BTreeMap<String, String>,
) -> Option<String> {
    // A missing external ID must be filled in.
    let id = role.external_id.as_deref().unwrap_or(wanted::NO_ID);
    let partition = role.live.role.arn.partition.as_str();
    let mut genesys =
        genesys_table("[genesys]", partition, role.genesys_account.as_deref(), None, Some(id), None);
    if role.genesys_account.is_none() && genesys_account_of(partition).is_none() {
        // So must the account.
        let account = role.guessed_account.as_deref().unwrap_or("999999999999");
        genesys
            .push_str(&format!("account_id = {}\naccount_reason = \"to be filled in\"\n", quoted(account)));
    }
    let (_, faults) = spec::parse(&format!("{head}{genesys}{check}{table}"), "import", &WithFiles(files));
    let errors: Vec<String> = faults
        .into_iter()
        .filter(|fault| fault.severity == Severity::Error)
        .map(|fault| fault.message)
        .collect();
    (!errors.is_empty()).then(|| errors.join("; "))
}

/// The principal in this account that all roles trust besides Genesys; anyone else is reported as left out.
fn common_verifier(
    found: &mut [ImportedRole<'_>],
    account: &AccountId,
    limits: &mut Vec<String>,
) -> Option<Arn> {
    let first = found.first().and_then(|role| role.verifier.clone());
    let common = first
        .filter(|arn| arn.account == account.as_str())
        .filter(|arn| found.iter().all(|role| role.verifier.as_ref() == Some(arn)));
    for role in found.iter_mut() {
        if let Some(arn) = role.verifier.take().filter(|arn| Some(arn) != common.as_ref()) {
            limits.push(format!(
                "role `{}`: `{arn}` is trusted too; a spec trusts one of its own account's for all of its roles, or none: \
                 the plan shuts it out",
                role.live.role.name
            ));
        }
    }
    common
}

fn read<'a>(live: &'a LiveRole, spec: &str, limits: &mut Vec<String>) -> ImportedRole<'a> {
    let name = &live.role.name;
    let trust = trusted(live);
    if trust.is_none() {
        limits.push(format!(
            "role `{name}`: its trust policy {}; the plan shows what apply would make of it",
            beyond_a_spec(&live.role.assume_role_policy)
        ));
    }
    if let Some(other) = live.role.tags.get(SPEC_KEY).filter(|other| *other != spec) {
        limits.push(format!(
            "role `{name}`: the spec `{}` manages it, as its tag says: applying this one takes it over",
            one_line(other)
        ));
    }
    let account = &live.role.arn.account;
    let own = live.attached.iter().filter(|(arn, _)| arn.account == *account);
    let mut policies: Vec<(&Arn, InvokedFunctions)> =
        own.filter_map(|(arn, policy)| Some((arn, invoked(&policy.document, &live.role.arn)?))).collect();
    let policy = if policies.len() == 1 { policies.pop() } else { None };
    match &policy {
        None => limits.push(format!(
            "role `{name}`: no single customer managed policy of it just allows lambda:InvokeFunction on exact ARNs: apply makes \
             one, and what it has now stays"
        )),
        Some((arn, InvokedFunctions { functions, others })) => {
            for other in others {
                limits.push(format!(
                    "role `{name}`: the policy `{}` allows `{other}`, which is not a single function of this account: the plan takes \
                     it away",
                    arn.name()
                ));
            }
            if others.is_empty() && !equivalent(&live.attached[*arn].document, &invoke_policy(functions)) {
                limits.push(format!(
                    "role `{name}`: the policy `{}` is written otherwise (a Sid, several statements): the plan has a new \
                     version that means the same",
                    arn.name()
                ));
            }
        }
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
    let others = others_trusted(live, genesys_account.as_deref(), verifier.as_ref());
    if !others.is_empty() {
        limits.push(format!(
            "role `{name}`: its trust policy also names {}: the plan shuts them out, unless a [[role.accept]] accepts them",
            one_line(&others.join(" and "))
        ));
    }
    let guessed_account = genesys_account.clone();
    let genesys_account = genesys_account.and_then(|account| of_genesys(account, live, limits));
    let (policy, functions) = match policy {
        Some((arn, InvokedFunctions { functions, .. })) => (Some(arn.clone()), functions),
        None => (None, wanted::named(live, &[], "").into_iter().collect()),
    };
    ImportedRole { live, genesys_account, guessed_account, external_id, verifier, policy, functions }
}

/// Whom the trust policy allows beside Genesys Cloud and the verifier: a role is not taken over to shut them out unseen.
fn others_trusted(live: &LiveRole, genesys: Option<&str>, verifier: Option<&Arn>) -> Vec<String> {
    let document = live.role.assume_role_policy.canonical();
    let allows = document.statements.as_slice().iter().filter(|statement| statement.allows());
    let parties = allows.flat_map(|statement| named_parties(statement, genesys_account_name));
    let is_other = |party: &NamedParty| {
        let arn = party.value.as_ref().and_then(|value| value.parse::<Arn>().ok());
        let account = arn.as_ref().map_or(party.value.as_deref(), |arn| Some(arn.account.as_str()));
        let is_genesys = account.is_some_and(|account| {
            Some(account) == genesys || KNOWN_GENESYS_ACCOUNTS.iter().any(|known| known.id == account)
        });
        !is_genesys && (arn.is_none() || arn.as_ref() != verifier)
    };
    let mut others: Vec<String> = parties.filter(is_other).map(|party| party.words).collect();
    others.sort();
    others.dedup();
    others
}

/// Takes the functions that data actions call through the role and that only a wildcard of its policies allows: without
/// them, the calls would end.
fn take_called_functions(
    role: &mut ImportedRole<'_>,
    organization: Option<&LiveOrganization>,
    limits: &mut Vec<String>,
) {
    let LiveRole { role: Role { arn, name, permissions_boundary, .. }, boundary, .. } = role.live;
    if permissions_boundary.is_some() && boundary.is_none() {
        return;
    }
    let holds =
        |one: &&LiveIntegration| one.credential.as_ref().and_then(LiveCredential::role).as_ref() == Some(arn);
    let integrations = organization.into_iter().flat_map(|organization| &organization.integrations);
    for action in integrations.filter(holds).flat_map(|one| &one.actions) {
        let Some(function) = action.target.trim().parse().ok().filter(|function| is_function(function, arn))
        else {
            continue;
        };
        let is_allowed = || {
            let documents = role.live.documents();
            may_invoke(arn, documents, boundary.as_ref(), &function.to_string())
        };
        if !role.functions.contains(&function) && is_allowed() {
            limits.push(format!(
                "role `{name}`: the function `{}` is in the spec because data action \"{}\" calls it; the role's policy allows it by a \
                 wildcard or with conditions",
                function.label(),
                one_line(&action.name)
            ));
            role.functions.push(function);
        }
    }
}

/// Replaces another account that the role trusts with Genesys's: a stranger's access is never imported unseen. `None`
/// where no Genesys account is public: the user has to ask.
fn of_genesys(account: String, live: &LiveRole, limits: &mut Vec<String>) -> Option<String> {
    let partition = &live.role.arn.partition;
    if genesys_customer_account(&account, partition).is_some() {
        return Some(account);
    }
    let name = &live.role.name;
    let Some(known) = genesys_account_of(partition) else {
        limits.push(format!(
            "role `{name}`: its trust policy trusts AWS account {account}; whether that is Genesys's is not public in \
             {partition}: ask Genesys, then write `account_id` with `account_reason`"
        ));
        return None;
    };
    limits.push(format!(
        "role `{name}`: its trust policy trusts AWS account {account}, which is not Genesys's; the spec has {} ({}), and the \
         plan shuts {account} out",
        known.id, known.name
    ));
    Some(known.id.to_owned())
}

/// Account, external ID and verifier, if the trust policy is exactly what a spec would write.
fn trusted(live: &LiveRole) -> Option<(String, String, Option<Arn>)> {
    let document = &live.role.assume_role_policy;
    let (account, id, verifier) = guessed(document);
    let (account, id) = (account?, id?);
    let root = Arn::account_root(&live.role.arn.partition, &account.parse().ok()?);
    let principals: Vec<&Arn> = std::iter::once(&root).chain(&verifier).collect();
    equivalent(document, &trust_policy(&principals, &id)).then_some((account, id, verifier))
}

/// Why a spec could not have made this trust policy.
fn beyond_a_spec(document: &Document) -> String {
    let canonical = document.canonical();
    let statements = canonical.statements.as_slice();
    let action = statements
        .iter()
        .flat_map(Statement::action_values)
        .find(|action| !action.eq_ignore_ascii_case("sts:AssumeRole"));
    let condition =
        statements.iter().flat_map(|one| one.conditions().iter()).find(|(operator, key, values)| {
            *operator != "StringEquals" || !key.eq_ignore_ascii_case(EXTERNAL_ID) || values.len() != 1
        });
    let has_no_id =
        statements.iter().any(|one| one.allows() && one.conditions().on(EXTERNAL_ID).next().is_none());
    let text = if statements.iter().any(|one| !one.allows()) {
        "denies something".to_owned()
    } else if let Some(action) = action {
        format!("also allows `{action}`")
    } else if let Some((operator, key, values)) = condition {
        match values.len() {
            1 => format!("has a condition `{operator}` on `{key}`"),
            count => format!("has a condition `{operator}` on `{key}` with {count} values"),
        }
    } else if has_no_id {
        "lets someone in without an external ID".to_owned()
    } else {
        "is more than one account with one external ID".to_owned()
    };
    one_line(&text).into_owned()
}

fn most_common_region(found: &[ImportedRole<'_>]) -> Option<String> {
    let mut counts: BTreeMap<&str, usize> = BTreeMap::new();
    for function in found.iter().flat_map(|role| &role.functions) {
        *counts.entry(function.region()).or_default() += 1;
    }
    let most = counts.into_iter().filter(|(region, _)| !region.is_empty()).max_by_key(|(_, count)| *count);
    most.map(|(region, _)| region.to_owned())
}

/// Whether a trust policy names a Genesys account.
pub fn trusts_genesys(document: &Document) -> bool {
    let text = document.canonical().to_json();
    KNOWN_GENESYS_ACCOUNTS.iter().any(|known| text.contains(known.id))
}

/// Whether a trust policy that does not name Genesys seems meant to: it trusts anyone, or the tutorials' account.
pub fn looks_like_genesys(document: &Document) -> bool {
    document.canonical().statements.as_slice().iter().any(|statement| {
        let Some(PrincipalElement::Principal(principals)) = &statement.principal else { return false };
        statement.effect == Effect::Allow
            && match principals {
                Principals::Any => true,
                Principals::ByKind(kinds) => kinds.get("AWS").is_some_and(|named| {
                    named.as_slice().iter().any(|named| named == "*" || named.contains(TUTORIAL_ACCOUNT))
                }),
            }
    })
}
