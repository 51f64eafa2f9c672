//! What an organization forbids: service control policies for callers, resource control policies for roles.

use super::refusal::Refusal;
use crate::arn::AccountId;
use crate::policy::guardrail::{GuardrailLevel, Guardrails, judge_guardrails};
use crate::policy::{Decision, Document, Request};
use crate::sandbox::state::State;
use crate::sandbox::state::document::{BrokenDocument, parse};
use crate::sandbox::state::iam::StoredRole;
use crate::sandbox::state::organizations::GuardPolicy;

type GuardDocuments = Vec<(String, Document)>;

/// The organization policies that apply to a caller or a resource.
#[derive(Debug, Clone, Default)]
pub(crate) struct Guards {
    /// Level by level: one policy must allow at each.
    scps: Vec<(String, GuardDocuments)>,
    rcps: GuardDocuments,
    pub organization_id: Option<String>,
}

impl Guards {
    /// The service control policies for an account's identities.
    pub(crate) fn of_caller(state: &State, account: &AccountId) -> Result<Self, BrokenDocument> {
        let Some(organization) = state.aws_organization.as_ref().filter(|one| one.has(account)) else {
            return Ok(Self::default());
        };
        let organization_id = Some(organization.id.clone());
        if !organization.restricts(account) {
            return Ok(Self { organization_id, ..Self::default() });
        }
        let levels =
            organization.scps.iter().map(|level| Ok((level.name.clone(), documents(&level.policies)?)));
        Ok(Self { scps: levels.collect::<Result<_, _>>()?, organization_id, ..Self::default() })
    }

    /// The resource control policies for a role.
    pub(crate) fn of_resource(
        state: &State,
        account: &AccountId,
        role: &StoredRole,
    ) -> Result<Self, BrokenDocument> {
        match &state.aws_organization {
            Some(organization) if organization.restricts(account) && !role.is_service_linked() => {
                Ok(Self { rcps: documents(&organization.rcps)?, ..Self::default() })
            }
            _ => Ok(Self::default()),
        }
    }

    /// How the service control policies decide: each level must allow.
    pub(crate) fn decide(&self, request: &Request) -> Decision {
        let scp = self
            .scps
            .iter()
            .map(|(name, policies)| GuardrailLevel { name: name.clone(), policies: named(policies) });
        judge_guardrails(&Guardrails { scp: scp.collect(), ..Guardrails::default() }, request).decision
    }

    /// Refuses what a service control policy does not allow; anything undecided is refused.
    pub(crate) fn refuse_caller(&self, request: &Request, refused: &str) -> Result<(), Refusal> {
        let why = match self.decide(request) {
            Decision::Allowed => return Ok(()),
            Decision::ExplicitDeny => "with an explicit deny in a service control policy".to_owned(),
            Decision::ImplicitDeny | Decision::Undecided => {
                format!("because no service control policy allows the {} action", request.action)
            }
        };
        Err(Refusal::access_denied(format!("{refused} {why}")))
    }

    /// Refuses what a resource control policy denies, regardless of caller.
    pub(crate) fn refuse_resource(&self, request: &Request, refused: &str) -> Result<(), Refusal> {
        let rcp = Guardrails { rcp: named(&self.rcps), ..Guardrails::default() };
        let decision = judge_guardrails(&rcp, request).decision;
        if matches!(decision, Decision::ExplicitDeny | Decision::Undecided) {
            return Err(Refusal::access_denied(format!(
                "{refused} with an explicit deny in a resource control policy"
            )));
        }
        Ok(())
    }
}

fn documents(policies: &[GuardPolicy]) -> Result<GuardDocuments, BrokenDocument> {
    policies.iter().map(|policy| Ok((policy.name.clone(), parse(&policy.text)?))).collect()
}

fn named(documents: &GuardDocuments) -> Vec<(String, &Document)> {
    documents.iter().map(|(name, document)| (name.clone(), document)).collect()
}
