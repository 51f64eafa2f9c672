//! Claims about what the AWS organization forbids: the account's documents do not show its policies.

use super::cause::Cause;
use super::claim::{Claim, Finding, Harm, Question};
use super::facts::Facts;
use super::level::Level;
use super::questions::name_of;
use super::topic::Topic;
use crate::model::GuardsReading;
use crate::plan::{GuardExemption, GuardFinding, GuardedCall, GuardedRole, guard_findings};

/// What blocks the role as it is.
pub fn guards(facts: &Facts) -> Vec<GuardFinding> {
    let (GuardsReading::Known(policies), Some(role)) = (&facts.guards, &facts.live.role) else {
        return Vec::new();
    };
    let guarded = GuardedRole {
        arn: &role.role.arn,
        tags: &role.role.tags,
        genesys: &facts.desired.genesys_account_id,
        external_id: facts.desired.external_id.expose(),
        functions: &facts.desired.functions,
    };
    guard_findings(&guarded, policies)
}

pub(crate) fn guarded(facts: &Facts) -> Vec<Claim> {
    let question = || {
        Question::new(
            Level::Evaluated,
            Topic::Guards,
            "no policy of the AWS organization refuses Genesys Cloud",
            "a policy of the AWS organization refuses Genesys Cloud",
            "whether a policy of the AWS organization refuses Genesys Cloud is unknown",
        )
    };
    match &facts.guards {
        GuardsReading::NotAsked => return Vec::new(),
        GuardsReading::Unrestricted(why) => return vec![question().holds(*why)],
        GuardsReading::NotRead { organization, why } => {
            let help = match organization {
                Some(id) => format!(
                    "the account is a member of {id}: ask whoever administers it for its SCPs and RCPs, and name them in \
                     [organization]"
                ),
                None => "permit organizations:DescribeOrganization to see whether there is one".to_owned(),
            };
            let notice = format!(
                "not read: the policies of the AWS organization, which may refuse Genesys Cloud ({why})"
            );
            return vec![question().not_provable(why.clone(), help).with_notice(notice)];
        }
        GuardsReading::Known(_) => {}
    }
    let found = guards(facts);
    if found.is_empty() && facts.live.role.is_some() {
        return vec![question().holds(evaluated_by(&facts.guards))];
    }
    found.iter().map(|finding| claim(question(), finding)).collect()
}

/// Which kinds of policies took part in evaluating the two calls.
fn evaluated_by(guards: &GuardsReading) -> &'static str {
    let GuardsReading::Known(policies) = guards else { return "" };
    match (policies.scp.is_empty(), policies.rcp.is_empty()) {
        (true, _) => "both calls were evaluated by its RCPs; of SCPs none is known",
        (_, true) => "both calls were evaluated by its SCPs; of RCPs none is known",
        (false, false) => "both calls were evaluated by its SCPs and RCPs",
    }
}

fn claim(question: Question, found: &GuardFinding) -> Claim {
    let GuardFinding { call, policy, is_undecided, reason, exemptions } = found;
    if *is_undecided {
        let help = "it depends on what only AWS and Genesys Cloud know: a real call shows it";
        let notice = format!("not decided: {policy} may refuse Genesys Cloud ({reason})");
        return question.not_provable(format!("{policy}: {reason}"), help).with_notice(notice);
    }
    let question = match call {
        GuardedCall::AssumeRole => question,
        GuardedCall::Invoke(function) => question.about(function),
    };
    let what = match call {
        GuardedCall::AssumeRole => "sts:AssumeRole".to_owned(),
        GuardedCall::Invoke(function) => format!("lambda:InvokeFunction of the {}", name_of(function)),
    };
    let consequence = match call {
        GuardedCall::AssumeRole => "Genesys Cloud is refused (AccessDenied), whatever the role says",
        GuardedCall::Invoke(_) => "Genesys Cloud assumes the role and is refused, whatever its policies say",
    };
    let finding = Finding {
        cause: Cause::OrganizationGuard,
        what: format!("{policy} of the AWS organization refuses {what}"),
        consequence: consequence.to_owned(),
        remedy: remedy(call, exemptions),
        harm: Harm { keeps_genesys_out: true, ..Harm::default() },
    };
    question.fails(reason.clone(), finding, &[])
}

fn remedy(call: &GuardedCall, exemptions: &[GuardExemption]) -> String {
    let ways: Vec<String> = exemptions
        .iter()
        .map(|exemption| match exemption {
            GuardExemption::Tag { key, value } => {
                format!("tag the role `{key}` = `{value}` (`tags` in the spec), with the consent of whoever administers it")
            }
            GuardExemption::Account => {
                "have Genesys's account added to the accounts of aws:PrincipalAccount in it".to_owned()
            }
        })
        .collect();
    match (ways.as_slice(), call) {
        ([], GuardedCall::AssumeRole) => {
            "have whoever administers the organization let Genesys's account assume this role".to_owned()
        }
        ([], GuardedCall::Invoke(_)) => {
            "have whoever administers the organization let this role invoke the function".to_owned()
        }
        (ways, _) => ways.join("; or "),
    }
}
