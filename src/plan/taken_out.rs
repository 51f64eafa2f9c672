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
    let inside = Inside::of(desired);
    roles
        .into_iter()
        .filter_map(|(name, trust)| {
            let named = desired.elsewhere.names_role(&desired.account_id, name);
            // A file beside the run's can be of the same pull request, and nothing plans it.
            let is_only_beside = matches!(named, Some(Namer::Beside { .. }));
            if !is_only_beside && (named.is_some() || are_pruned) {
                return None;
            }
            let kept = inside.role(name, trust);
            // Without a stranger, one that is named beside is not left over.
            let is_left = !(is_only_beside && kept.is_empty());
            is_left.then(|| (name.clone(), kept))
        })
        .collect()
}

/// Looks for those from outside in roles that the run does not plan.
pub(super) struct Inside<'a> {
    desired: &'a DesiredState,
    /// Genesys Cloud's accounts, each with an external ID of the spec.
    organizations: BTreeSet<(&'a str, &'a str)>,
}

impl<'a> Inside<'a> {
    pub(super) fn of(desired: &'a DesiredState) -> Self {
        let organization =
            |role: &'a DesiredRole| (role.genesys_account_id.as_str(), role.external_id.expose());
        Self { desired, organizations: desired.roles.iter().map(organization).collect() }
    }

    /// Who may assume this one.
    pub(super) fn role(&self, name: &str, trust: Option<&Document>) -> Vec<KeptStranger> {
        let Some(trust) = trust else {
            let what = format!("nobody knows who may assume role `{name}`: its trust policy cannot be read");
            return vec![KeptStranger { what, key: format!("{}/{name}", self.desired.account_id) }];
        };
        let key = format!("{}/{name}@{}", self.desired.account_id, trust.digest());
        let kept = |who| KeptStranger { what: format!("{who} may assume role `{name}`"), key: key.clone() };
        let who = outsiders(trust, &self.arn(name), Insiders::Genesys(&self.organizations));
        who.into_iter().map(kept).collect()
    }

    /// Any role of the spec has partition and account.
    fn arn(&self, name: &str) -> Arn {
        let DesiredState { account_id, roles, .. } = self.desired;
        let partition = roles.first().map_or("aws", |role| role.role.arn.partition.as_str());
        Arn { resource: format!("role/{name}"), ..Arn::account_root(partition, account_id) }
    }
}

fn trust_of(live: &Live) -> Option<&Document> {
    live.role.as_ref().map(|role| &role.role.assume_role_policy)
}
