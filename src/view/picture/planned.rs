//! From a role's plan to its picture: what becomes new, different or nothing on an invocation's way.

use std::collections::BTreeSet;

use super::super::words::few;
use super::model::{FunctionStop, Link, LinkProof, Mark, Outsiders, Picture, Station};
use crate::arn::{AccountId, FunctionArn, partition_of_region};
use crate::plan::genesys::{GenesysChange, GenesysNotice};
use crate::plan::iam::IamChange;
use crate::plan::{Change, Gain, Notice, Party, RolePlan};
use crate::policy::Document;
use crate::spec::genesys_customer_account;

/// `None` where nothing changes.
pub(in crate::view) fn planned(plan: &RolePlan, account: &AccountId) -> Option<Picture> {
    if plan.changes.is_empty() {
        return None;
    }
    let mut found = Marks::default();
    plan.changes.iter().for_each(|change| found.add(change));
    let Marks { integration, credential, actions, role, policy, attached, trust, allowed, forbidden, names } =
        found;
    let way = plan.way.as_ref();
    let wanted = way.and_then(|way| way.integration.as_ref());
    let is_read =
        !plan.notices.iter().any(|notice| matches!(notice, Notice::Genesys(GenesysNotice::NotRead { .. })));
    let integration_name = wanted.map(|(name, _)| name.clone()).or(names.integration);
    let is_planned = is_read && integration_name.is_some();
    let mut action_names: Vec<String> = wanted.map(|(_, actions)| actions.clone()).unwrap_or_default();
    action_names.extend(actions.iter().map(|(name, _)| name.clone()));
    action_names.sort();
    action_names.dedup();
    let action = actions.iter().map(|(_, mark)| *mark).reduce(joined).unwrap_or(Mark::Same);

    let unplanned = if integration_name.is_none() { "not in this spec" } else { "not read" };
    let genesys = |name: Option<String>, mark| match is_planned {
        true => station(name.unwrap_or_else(|| "none".to_owned()), mark),
        false => Station { name: name.unwrap_or_else(|| unplanned.to_owned()), is_known: false, mark: None },
    };
    let genesys_link = |mark, basis: &str| match is_planned {
        true => link(mark, basis),
        false => Link {
            proof: LinkProof::NotRead,
            words: unplanned.to_owned(),
            basis: String::new(),
            causes: Vec::new(),
        },
    };
    let door = match (role, trust, credential) {
        (Mark::New | Mark::Gone, _, _) => link(role, ""),
        (_, true, _) => link(Mark::Changed, "its trust policy"),
        (_, false, Mark::Same) => link(Mark::Same, ""),
        (_, false, mark) => link(mark, "the role in the credential"),
    };
    let policy_name = way.map(|way| way.policy.clone()).or(names.policy).unwrap_or_else(|| "none".to_owned());
    let account_name = way.map_or_else(String::new, |way| {
        let id = &way.genesys_account_id;
        let is_known = |function: &FunctionArn| {
            genesys_customer_account(id.as_str(), partition_of_region(function.region())).is_some()
        };
        // It may be drawn as a stranger too.
        match way.functions.iter().any(is_known) {
            true => format!("AWS account {id}"),
            false => format!("AWS account {id}, trusted as Genesys Cloud, not known to be"),
        }
    });
    Some(Picture {
        genesys_side: "Genesys Cloud".to_owned(),
        aws_side: format!("AWS account {account}"),
        stations: [
            Station { name: account_name, is_known: true, mark: None },
            genesys(integration_name.clone(), integration),
            genesys((!action_names.is_empty()).then(|| few(&action_names)), action),
            genesys(integration_name.as_ref().map(|_| "holds the role's ARN".to_owned()), credential),
            station(plan.role.clone(), role),
            station(policy_name, policy),
        ],
        links: [
            genesys_link(integration, ""),
            genesys_link(action, &counted(&actions)),
            genesys_link(credential, ""),
            door,
            link(if policy == Mark::New { Mark::New } else { attached }, "attached"),
        ],
        functions: functions(way.map(|way| way.functions.as_slice()).unwrap_or_default(), |function| {
            let is = |set: &BTreeSet<String>| set.contains(&function.to_string());
            match (policy, is(&allowed), is(&forbidden)) {
                (Mark::New, _, _) => Mark::New,
                (Mark::Gone, _, _) => Mark::Gone,
                (_, true, false) => Mark::New,
                _ => attached,
            }
        })
        .chain(no_longer(way.map(|way| way.functions.as_slice()).unwrap_or_default(), &forbidden))
        .collect(),
        others: gainers(plan, account),
        more: None,
        elsewhere: Vec::new(),
        end_to_end: None,
    })
}

/// What the changes say about each station.
struct Marks {
    integration: Mark,
    credential: Mark,
    actions: Vec<(String, Mark)>,
    role: Mark,
    policy: Mark,
    attached: Mark,
    trust: bool,
    /// Functions that the policy names afterwards, and before.
    allowed: BTreeSet<String>,
    forbidden: BTreeSet<String>,
    names: RemovedNames,
}

/// Of what is removed: no spec has it any more.
#[derive(Default)]
struct RemovedNames {
    integration: Option<String>,
    policy: Option<String>,
}

impl Default for Marks {
    fn default() -> Self {
        Self {
            integration: Mark::Same,
            credential: Mark::Same,
            actions: Vec::new(),
            role: Mark::Same,
            policy: Mark::Same,
            attached: Mark::Same,
            trust: false,
            allowed: BTreeSet::new(),
            forbidden: BTreeSet::new(),
            names: RemovedNames::default(),
        }
    }
}

impl Marks {
    fn add(&mut self, change: &Change) {
        match change {
            Change::Iam(change) => self.add_iam(change),
            Change::Genesys(change) => self.add_genesys(change),
        }
    }

    fn add_iam(&mut self, change: &IamChange) {
        match change {
            IamChange::CreateRole(_) => self.role = Mark::New,
            IamChange::DeleteRole { .. } => self.role = Mark::Gone,
            IamChange::UpdateAssumeRolePolicy { .. } => {
                self.trust = true;
                self.role = joined(self.role, Mark::Changed);
            }
            IamChange::UpdateRole { .. }
            | IamChange::PutRolePermissionsBoundary { .. }
            | IamChange::DeleteRolePermissionsBoundary { .. }
            | IamChange::TagRole { .. }
            | IamChange::PutRolePolicy { .. }
            | IamChange::DeleteRolePolicy { .. } => self.role = joined(self.role, Mark::Changed),
            IamChange::CreatePolicy(policy) => {
                self.policy = Mark::New;
                self.allowed.extend(functions_in(&policy.document));
            }
            IamChange::DeletePolicy { policy, document } => {
                self.policy = Mark::Gone;
                self.names.policy = Some(policy.name().to_owned());
                self.forbidden.extend(functions_in(document));
            }
            IamChange::CreatePolicyVersion { document, .. }
            | IamChange::SetDefaultPolicyVersion { document, .. } => {
                self.policy = joined(self.policy, Mark::Changed);
                let [before, after] = [&document.before, &document.after].map(functions_in);
                self.allowed.extend(after.difference(&before).cloned());
                self.forbidden.extend(before.difference(&after).cloned());
            }
            IamChange::DeletePolicyVersion { .. } | IamChange::TagPolicy { .. } => {
                self.policy = joined(self.policy, Mark::Changed);
            }
            IamChange::AttachRolePolicy { .. } => self.attached = Mark::New,
            // What others attached is not on the way.
            IamChange::DetachRolePolicy { .. } => self.role = joined(self.role, Mark::Changed),
        }
    }

    fn add_genesys(&mut self, change: &GenesysChange) {
        match change {
            GenesysChange::PostIntegrations { .. } => self.integration = Mark::New,
            GenesysChange::PutIntegrationConfigCurrent { .. } | GenesysChange::PatchIntegration { .. } => {
                self.integration = joined(self.integration, Mark::Changed);
            }
            GenesysChange::DeleteIntegration { name, .. } => {
                self.integration = Mark::Gone;
                self.names.integration = Some(name.clone());
            }
            GenesysChange::PostIntegrationsCredentials { .. } => {
                self.credential = joined(self.credential, Mark::New);
            }
            GenesysChange::PutIntegrationsCredential { .. } => {
                self.credential = joined(self.credential, Mark::Changed);
            }
            GenesysChange::DeleteIntegrationsCredential { .. } => {
                self.credential = joined(self.credential, Mark::Gone);
            }
            GenesysChange::PostIntegrationsActions { action, .. } => {
                self.actions.push((action.content.name.clone(), Mark::New));
            }
            GenesysChange::PatchIntegrationsAction { after, .. } => {
                self.actions.push((after.content.name.clone(), Mark::Changed));
            }
            GenesysChange::DeleteIntegrationsAction { name, .. } => {
                self.actions.push((name.clone(), Mark::Gone));
            }
        }
    }
}

/// Two changes of one thing: creating it includes all that follows, and one replaced by another has changed.
fn joined(first: Mark, second: Mark) -> Mark {
    match (first, second) {
        (Mark::Same, mark) | (mark, Mark::Same) => mark,
        (Mark::New, Mark::Changed | Mark::New) => Mark::New,
        (Mark::Gone, Mark::Gone) => Mark::Gone,
        _ => Mark::Changed,
    }
}

fn station(name: String, mark: Mark) -> Station {
    Station { name, is_known: true, mark: Some(mark) }
}

fn link(mark: Mark, basis: &str) -> Link {
    let basis = if mark == Mark::Same { "" } else { basis };
    Link {
        proof: LinkProof::Planned(mark),
        words: mark.word().to_owned(),
        basis: basis.to_owned(),
        causes: Vec::new(),
    }
}

/// `2 new, 1 changed`, if there are several.
fn counted(actions: &[(String, Mark)]) -> String {
    if actions.len() < 2 {
        return String::new();
    }
    let count = |wanted: Mark| actions.iter().filter(|(_, mark)| *mark == wanted).count();
    let counts = Mark::ALL.into_iter().map(|mark| (count(mark), mark.word())).filter(|(n, _)| *n > 0);
    counts.map(|(n, word)| format!("{n} {word}")).collect::<Vec<_>>().join(", ")
}

/// The spec's functions, those that change first.
fn functions(
    wanted: &[FunctionArn],
    mark: impl Fn(&FunctionArn) -> Mark,
) -> impl Iterator<Item = FunctionStop> {
    let mut stops: Vec<(Mark, FunctionStop)> = wanted
        .iter()
        .map(|function| {
            let mark = mark(function);
            // The function itself is not the plan's.
            let station = Station { name: function.label(), is_known: true, mark: None };
            (
                mark,
                FunctionStop { link: link(mark, "may be invoked"), station, others: None, end_to_end: None },
            )
        })
        .collect();
    stops.sort_by_key(|(mark, _)| *mark);
    stops.into_iter().map(|(_, stop)| stop)
}

/// Functions that the policy named, and no longer does.
fn no_longer(wanted: &[FunctionArn], forbidden: &BTreeSet<String>) -> impl Iterator<Item = FunctionStop> {
    let names: BTreeSet<String> = forbidden
        .iter()
        .filter_map(|arn| arn.parse::<FunctionArn>().ok())
        .filter(|arn| !wanted.contains(arn))
        .map(|arn| arn.label())
        .collect();
    names.into_iter().map(|name| FunctionStop {
        link: link(Mark::Gone, "no longer invoked"),
        station: Station { name, is_known: true, mark: None },
        others: None,
        end_to_end: None,
    })
}

/// The functions that the statements of a policy allow.
fn functions_in(document: &Document) -> BTreeSet<String> {
    let allowing = document.statements.as_slice().iter().filter(|statement| statement.allows());
    allowing
        .flat_map(|statement| statement.resource_values())
        .filter(|arn| arn.parse::<FunctionArn>().is_ok())
        .cloned()
        .collect()
}

/// Everyone but Genesys Cloud who gains: nobody is drawn who merely stays.
fn gainers(plan: &RolePlan, account: &AccountId) -> Option<Outsiders> {
    let gains: Vec<Gain> =
        plan.gains(account).into_iter().filter(|gain| gain.party != Party::Genesys).collect();
    if gains.is_empty() {
        return None;
    }
    let is_strange = gains.iter().any(|gain| gain.party.is_stranger());
    let proof = if is_strange { LinkProof::Fails } else { LinkProof::Planned(Mark::New) };
    let link = Link { proof, words: "gains access".to_owned(), basis: String::new(), causes: Vec::new() };
    Some(Outsiders { names: gains.into_iter().map(|gain| gain.who).collect(), link })
}
