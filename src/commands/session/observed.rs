//! One reading of everything, and the plan that follows from it.

use std::collections::BTreeMap;

use crate::apply::ReplacementTests;
use crate::arn::FunctionArn;
use crate::aws::Caller;
use crate::check::{FunctionState, OwnPolicy};
use crate::genesys::GenesysError;
use crate::model::{DesiredState, Foresight, LiveState};
use crate::plan::{Blocker, FunctionPolicy, Notice, Plan, diff, is_granted_already, note_accepts};
use crate::spec::{FunctionRef, Spec};

/// Each function's state, and the exact ARNs that Lambda's API returned.
pub(super) type FunctionsFound = (BTreeMap<FunctionArn, FunctionState>, BTreeMap<FunctionArn, FunctionArn>);

/// One reading of everything.
pub struct Observed {
    pub caller: Caller,
    /// Of the functions that were looked up.
    pub functions: BTreeMap<FunctionArn, FunctionState>,
    pub live: LiveState,
    pub desired: DesiredState,
    /// What IAM would refuse of a plan; `None` if none will be made.
    pub(super) foresight: Option<Foresight>,
    /// The plan it was looked up for.
    pub(super) draft: Option<Plan>,
    /// Why Genesys Cloud's side of the spec could not be read. Everything else was.
    pub genesys_unread: Option<GenesysError>,
    /// The functions' own policies, if the spec accepts anything in them.
    pub function_policies: BTreeMap<FunctionArn, OwnPolicy>,
    /// What is tested before the old version is deleted, and what has already passed.
    pub replaced: ReplacementTests,
}

impl Observed {
    /// What IAM would refuse of a plan, if one was made.
    pub(in crate::commands) fn foresight(&self) -> Option<&Foresight> {
        self.foresight.as_ref()
    }

    /// Every plan shows what the spec accepts.
    fn add_accepts(&self, plan: &mut Plan) {
        for desired in &self.desired.roles {
            let live = self.live.roles.get(&desired.role.name).and_then(|live| live.role.as_ref());
            let is_of_role =
                |arn: &FunctionArn| desired.functions.iter().any(|own| own.is_same_function(arn));
            let read = self.function_policies.iter().filter(|(arn, _)| is_of_role(arn));
            let functions: Vec<FunctionPolicy<'_>> = read
                .map(|(arn, policy)| (arn, policy.as_ref().map(Option::as_ref).map_err(String::as_str)))
                .collect();
            let notices = note_accepts(live, desired, &functions);
            if notices.is_empty() {
                continue;
            }
            if let Some(plan) = plan.roles.iter_mut().find(|plan| plan.role == desired.role.name) {
                plan.notices.extend(notices);
            }
        }
    }

    /// What would change. Only a role with missing functions is blocked.
    pub fn plan(&mut self, spec: &Spec) -> Plan {
        let mut plan = self.draft.take().unwrap_or_else(|| diff(&self.live, &self.desired));
        for role in &spec.roles {
            let doubtful =
                role.functions.iter().filter_map(|function| match self.functions.get(&function.arn) {
                    Some(FunctionState::Missing) => Some((function, None)),
                    Some(FunctionState::Unknown(why)) => Some((function, Some(why))),
                    Some(FunctionState::Exists(_)) | None => None,
                });
            let doubtful: Vec<(&FunctionRef, Option<&String>)> = doubtful.collect();
            // Of thousands of roles, only a few are searched for.
            if doubtful.is_empty() {
                continue;
            }
            let desired = self.desired.roles.iter().find(|desired| desired.role.name == role.name);
            let live = self.live.roles.get(&role.name);
            let Some(plan) = plan.roles.iter_mut().find(|plan| plan.role == role.name) else { continue };
            for (FunctionRef { arn, line, .. }, unknown) in doubtful {
                let (function, line) = (arn.clone(), *line);
                let is_granted =
                    desired.zip(live).is_some_and(|(role, live)| is_granted_already(role, live, arn));
                // Somebody may only wait for the trust policy to be closed.
                match (is_granted, unknown) {
                    (true, None) => plan.notices.push(Notice::FunctionGone { function, line }),
                    (false, None) => plan.blockers.push(Blocker::MissingFunction { function, line }),
                    (true, Some(_)) => {}
                    (false, Some(why)) => {
                        plan.notices.push(Notice::FunctionUnknown { function, line, why: why.clone() });
                    }
                }
            }
        }
        self.add_accepts(&mut plan);
        plan
    }
}
