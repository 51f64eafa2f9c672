//! One reading of everything, and the plan that follows from it.

use std::collections::BTreeMap;

use crate::apply::ReplacementTests;
use crate::arn::FunctionArn;
use crate::aws::Caller;
use crate::check::{FunctionState, OwnPolicy};
use crate::genesys::GenesysError;
use crate::model::{DesiredState, Foresight, LiveState};
use crate::plan::{Blocker, FunctionPolicy, Plan, diff, note_accepts};
use crate::render::output::Output;
use crate::render::style::{WARNING, paint};
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
    pub fn plan(&mut self, spec: &Spec, output: &Output) -> Plan {
        for (arn, state) in &self.functions {
            if let FunctionState::Unknown(why) = state {
                output.message(&format!(
                    "{} whether `{arn}` exists is not known: {why}\n",
                    paint(WARNING, "warning:")
                ));
            }
        }
        let mut plan = self.draft.take().unwrap_or_else(|| diff(&self.live, &self.desired));
        for role in &spec.roles {
            let is_missing =
                |function: &&FunctionRef| self.functions.get(&function.arn) == Some(&FunctionState::Missing);
            let missing = role.functions.iter().filter(is_missing);
            let blockers = missing
                .map(|f| Blocker::MissingFunction { function: f.arn.clone(), line: f.line })
                .collect::<Vec<_>>();
            // Of thousands of roles, only a few are searched for.
            if blockers.is_empty() {
                continue;
            }
            if let Some(plan) = plan.roles.iter_mut().find(|plan| plan.role == role.name) {
                plan.blockers.extend(blockers);
            }
        }
        self.add_accepts(&mut plan);
        plan
    }
}
