//! In which order a role's documents change, so that no door is open on the way.

use super::change::Change;
use super::versions::prune_versions;
use crate::arn::FunctionArn;
use crate::model::{DesiredRole, Live, LiveRole};
use crate::plan::change::Diff;
use crate::policy::access::{Access, AccessDiff};
use crate::policy::document::Effect;
use crate::policy::template::{deny_policy, invoke_policy};
use crate::policy::{Context, Decision, Document, Policies, Principal, Request, evaluate};
use crate::spec::genesys_account_name;

/// Whether a change takes away a document that denies something.
pub(super) fn removes_deny(change: &Change) -> bool {
    match change {
        Change::DetachRolePolicy { document, .. } | Change::DeleteRolePolicy { document, .. } => {
            document.statements.as_slice().iter().any(|statement| statement.effect == Effect::Deny)
        }
        _ => false,
    }
}

/// Whether the trust policy is to change before the permissions do, such that on the way nobody can do what he could
/// neither before nor after: not when it only lets in, nor when the permissions only shrink.
pub(super) fn trust_first(live: &Live, desired: &DesiredRole) -> bool {
    let (Some(role), Some(policy)) = (&live.role, &live.policy) else { return true };
    let lets_in = !is_wider(
        Access::of_trust(&desired.role.assume_role_policy, genesys_account_name),
        Access::of_trust(&role.role.assume_role_policy, genesys_account_name),
    );
    let shrinks = !is_wider(
        Access::of_permissions(&policy.policy.document),
        Access::of_permissions(&desired.policy.document),
    );
    !(lets_in || shrinks)
}

/// The changes of the policy around that of the trust policy, when both shut something out and let something in: whoever
/// is let in may not find the old permissions, nor whoever is shut out the new ones. So the policy first becomes what it
/// is both before and after.
pub(super) fn via_common_permissions(live: &Live, desired: &DesiredRole) -> Option<[Vec<Change>; 2]> {
    let (role, policy) = (live.role.as_ref()?, live.policy.as_ref()?);
    let in_force = role.attached.contains_key(&desired.policy.arn);
    let trust = [&role.role.assume_role_policy, &desired.role.assume_role_policy]
        .map(|document| Access::of_trust(document, genesys_account_name));
    let documents = [&policy.policy.document, &desired.policy.document];
    let permissions = documents.map(Access::of_permissions);
    let both_ways = |[old, new]: [Access; 2]| is_wider(old.clone(), new.clone()) && is_wider(new, old);
    if !in_force || !both_ways(trust) || !both_ways(permissions) {
        return None;
    }
    let kept: Vec<FunctionArn> =
        desired.functions.iter().filter(|function| allows(documents[0], role, function)).cloned().collect();
    let between = if kept.is_empty() { deny_policy() } else { invoke_policy(&kept) };
    let step = |before: &Document, after: &Document| Change::CreatePolicyVersion {
        policy: desired.policy.arn.clone(),
        document: Diff { before: before.clone(), after: after.clone() },
    };
    let mut first = prune_versions(policy, desired, 2);
    first.push(step(documents[0], &between));
    Some([first, vec![step(&between, documents[1])]])
}

/// Whether a policy by itself allows the role to invoke a function.
fn allows(document: &Document, role: &LiveRole, function: &FunctionArn) -> bool {
    let request = Request {
        principal: Principal::Aws(role.role.arn.to_string()),
        action: "lambda:InvokeFunction".to_owned(),
        resource: function.to_string(),
        context: Context::partial(),
    };
    let identity = vec![("the policy".to_owned(), document)];
    evaluate(&Policies { identity, ..Policies::default() }, &request).decision == Decision::Allowed
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    First,
    Last,
}

/// A new boundary narrows and one that goes widens. One that is replaced may do both: it comes before permissions
/// that only grow, and after those that shrink.
pub(super) fn boundary_order(change: &Change, live: &Live, desired: &DesiredRole) -> Order {
    match (change, &live.policy) {
        (Change::DeleteRolePermissionsBoundary { .. }, _) => Order::Last,
        (Change::PutRolePermissionsBoundary { before: Some(_), .. }, Some(policy)) => {
            let grow = !is_wider(
                Access::of_permissions(&desired.policy.document),
                Access::of_permissions(&policy.policy.document),
            );
            if grow { Order::First } else { Order::Last }
        }
        _ => Order::First,
    }
}

fn is_wider(before: Access, after: Access) -> bool {
    AccessDiff { before, after }.is_wider()
}
