//! Roles taken out of the spec that stay: whoever its plan would have shut out of them stays inside.

use std::collections::{BTreeMap, BTreeSet};

use super::outsiders::{Insiders, outsiders};
use super::party::KeptStranger;
use crate::arn::Arn;
use crate::model::{DesiredRole, DesiredState};
use crate::policy::Document;

/// Those that no other spec of the run names, with who from outside the account is inside.
pub(super) fn left_inside(
    roles: &BTreeMap<String, Option<Document>>,
    desired: &DesiredState,
) -> BTreeMap<String, Vec<KeptStranger>> {
    let organization = |role: &'_ DesiredRole| -> (String, String) {
        (role.genesys_account_id.to_string(), role.external_id.expose().to_owned())
    };
    let organizations: BTreeSet<(String, String)> = desired.roles.iter().map(organization).collect();
    let organizations: BTreeSet<(&str, &str)> =
        organizations.iter().map(|(account, id)| (account.as_str(), id.as_str())).collect();
    let is_left = |name: &str| desired.elsewhere.names_role(&desired.account_id, name).is_none();
    let roles = roles.iter().filter(|(name, _)| is_left(name));
    roles
        .map(|(name, trust)| {
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
                    who.into_iter().map(kept).collect()
                }
            };
            (name.clone(), kept)
        })
        .collect()
}

/// Any role of the spec has partition and account.
fn arn(name: &str, DesiredState { account_id, roles, .. }: &DesiredState) -> Arn {
    let partition = roles.first().map_or("aws", |role| role.role.arn.partition.as_str());
    Arn { resource: format!("role/{name}"), ..Arn::account_root(partition, account_id) }
}
