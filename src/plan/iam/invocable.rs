//! What a role may invoke before and after its changes.

use std::collections::{BTreeMap, BTreeSet};

use super::IamChange;
use crate::arn::{Arn, FunctionArn};
use crate::model::{DesiredRole, Live};
use crate::plan::change::Change;
use crate::plan::genesys::may_invoke;
use crate::plan::model::{FunctionsChanged, RolePlan};
use crate::policy::Document;

/// The functions of the spec and of the live policies that the changes take from a role, or give it, by the evaluator: whatever
/// policy, Deny or boundary it is that does so.
pub(in crate::plan) fn functions_changed(
    plan: &RolePlan,
    live: &Live,
    desired: &DesiredRole,
) -> FunctionsChanged {
    let Some(role) = &live.role else { return FunctionsChanged::default() };
    let arn = &role.role.arn;
    let named = plan.access.before.permissions.iter().filter_map(|grant| grant.invocable());
    let functions: BTreeSet<FunctionArn> = named.chain(desired.functions.iter().cloned()).collect();
    let (has, left) = (Permissions::of(live), Permissions::after(plan, live));
    let mut changed = FunctionsChanged::default();
    if has.boundary.is_err() || left.boundary.is_err() {
        return changed;
    }
    for function in functions {
        let text = function.to_string();
        match (has.allow(arn, &text), left.allow(arn, &text)) {
            (true, false) => changed.lost.push(function),
            (false, true) => changed.gained.push(function),
            _ => {}
        }
    }
    changed
}

/// Whether the role's own policy allows it as it is: then no change grants it.
pub fn is_granted_already(role: &DesiredRole, live: &Live, function: &FunctionArn) -> bool {
    live.policy.as_ref().is_some_and(|policy| {
        may_invoke(&role.role.arn, [&policy.policy.document].into_iter(), None, &function.to_string())
    })
}

/// A role's policies, and its boundary.
pub(in crate::plan) struct Permissions {
    /// By ARN, or by name if they are inline.
    policies: BTreeMap<String, Document>,
    /// `Err`: there is one, and it was not read.
    boundary: Result<Option<Document>, ()>,
}

impl Permissions {
    pub(in crate::plan) fn of(live: &Live) -> Self {
        let Some(role) = &live.role else { return Self { policies: BTreeMap::new(), boundary: Ok(None) } };
        let attached = role.attached.iter().map(|(arn, policy)| (arn.to_string(), policy.document.clone()));
        let inline = role.inline.iter().map(|(name, document)| (name.clone(), document.clone()));
        let boundary = match (&role.role.permissions_boundary, &role.boundary) {
            (Some(_), None) => Err(()),
            (_, boundary) => Ok(boundary.clone()),
        };
        Self { policies: attached.chain(inline).collect(), boundary }
    }

    /// Once a role's changes are made.
    pub(in crate::plan) fn after(plan: &RolePlan, live: &Live) -> Self {
        let mut left = Self::of(live);
        let mut own = live.policy.as_ref().map(|policy| policy.policy.document.clone());
        for change in &plan.changes {
            let Change::Iam(change) = change else { continue };
            match change {
                IamChange::CreatePolicy(policy) => own = Some(policy.document.clone()),
                IamChange::CreatePolicyVersion { policy, document }
                | IamChange::SetDefaultPolicyVersion { policy, document, .. } => {
                    own = Some(document.after.clone());
                    if let Some(attached) = left.policies.get_mut(&policy.to_string()) {
                        *attached = document.after.clone();
                    }
                }
                IamChange::AttachRolePolicy { policy, .. } => {
                    left.policies.extend(own.clone().map(|document| (policy.to_string(), document)));
                }
                IamChange::DetachRolePolicy { policy, .. } => {
                    left.policies.remove(&policy.to_string());
                }
                IamChange::PutRolePolicy { name, document, .. } => {
                    left.policies.insert(name.clone(), document.clone());
                }
                IamChange::DeleteRolePolicy { name, .. } => {
                    left.policies.remove(name);
                }
                IamChange::DeleteRolePermissionsBoundary { .. } => left.boundary = Ok(None),
                IamChange::PutRolePermissionsBoundary { .. } => {
                    left.boundary = live.wanted_boundary.clone().map(Some).ok_or(());
                }
                IamChange::DeleteRole { .. } => left.policies.clear(),
                _ => {}
            }
        }
        left
    }

    /// Whether a session of the role may certainly invoke a function.
    pub(in crate::plan) fn allow(&self, role: &Arn, function: &str) -> bool {
        let Ok(boundary) = &self.boundary else { return false };
        may_invoke(role, self.policies.values(), boundary.as_ref(), function)
    }
}
