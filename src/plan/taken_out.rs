//! Roles taken out of the spec that stay: whoever its plan would have shut out of them stays inside.

use std::collections::{BTreeMap, BTreeSet};

use super::outsiders::{Insiders, outsiders};
use super::party::KeptStranger;
use crate::arn::Arn;
use crate::model::{DesiredRole, DesiredState, Live, Orphans};
use crate::policy::Document;
use crate::spec::Namer;

/// Those that no plan of the run is about, with who from outside the account is inside.
pub(super) fn left_inside(orphans: &Orphans, desired: &DesiredState) -> BTreeMap<String, Vec<KeptStranger>> {
    let (roles, are_pruned): (Vec<(&String, Option<&Document>)>, bool) = match orphans {
        Orphans::Unknown(_) => return BTreeMap::new(),
        Orphans::Named(roles) => (roles.iter().map(|(name, trust)| (name, trust.as_ref())).collect(), false),
        Orphans::Read(roles) => (roles.iter().map(|(name, live)| (name, trust_of(live))).collect(), true),
    };
    let organization = |role: &'_ DesiredRole| -> (String, String) {
        (role.genesys_account_id.to_string(), role.external_id.expose().to_owned())
    };
    let organizations: BTreeSet<(String, String)> = desired.roles.iter().map(organization).collect();
    let organizations: BTreeSet<(&str, &str)> =
        organizations.iter().map(|(account, id)| (account.as_str(), id.as_str())).collect();
    roles
        .into_iter()
        .filter_map(|(name, trust)| {
            let named = desired.elsewhere.names_role(&desired.account_id, name);
            // A file beside the run's can be of the same pull request, and nothing plans it.
            let is_only_beside = matches!(named, Some(Namer::Beside { .. }));
            if !is_only_beside && (named.is_some() || are_pruned) {
                return None;
            }
            let kept = match trust {
                None => vec![KeptStranger {
                    what: format!(
                        "nobody knows who may assume role `{name}`: its trust policy cannot be read"
                    ),
                    key: name.clone(),
                }],
                Some(trust) => {
                    let key = format!("{name}@{}", trust.digest());
                    let who = outsiders(trust, &arn(name, desired), Insiders::Genesys(&organizations));
                    let kept = |who| KeptStranger {
                        what: format!("{who} may assume role `{name}`"),
                        key: key.clone(),
                    };
                    who.into_iter().map(kept).collect::<Vec<_>>()
                }
            };
            // Without a stranger, one that is named beside is not left over.
            let is_left = !(is_only_beside && kept.is_empty());
            is_left.then(|| (name.clone(), kept))
        })
        .collect()
}

fn trust_of(live: &Live) -> Option<&Document> {
    live.role.as_ref().map(|role| &role.role.assume_role_policy)
}

/// Any role of the spec has partition and account.
fn arn(name: &str, DesiredState { account_id, roles, .. }: &DesiredState) -> Arn {
    let partition = roles.first().map_or("aws", |role| role.role.arn.partition.as_str());
    Arn { resource: format!("role/{name}"), ..Arn::account_root(partition, account_id) }
}
