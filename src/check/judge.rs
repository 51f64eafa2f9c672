//! From the evidence about one role to its report.

use super::analyzed::analyzed;
use super::claim::{Claim, Outcome};
use super::configured::configured;
use super::connected::connected;
use super::evaluated::evaluated;
use super::facts::Facts;
use super::guarded::guarded;
use super::invoked::invoked;
use super::observed::{observation, observed};
use super::path::path;
use super::probed::probed;
use super::questions::name_of;
use super::report::RoleReport;
use super::together::together;
use crate::plan::{FunctionPolicy, Notice, note_accepts};

/// Derives the report from the claims, and the claims from the facts alone.
pub fn judge(facts: &Facts) -> RoleReport {
    let mut claims: Vec<Claim> = [
        evaluated(facts),
        guarded(facts),
        configured(facts),
        connected(facts),
        observed(facts),
        analyzed(facts).into_iter().collect(),
        probed(facts),
        invoked(facts),
    ]
    .into_iter()
    .flatten()
    .map(|claim| typed(claim, facts))
    .collect();
    together(&mut claims);
    let functions = match facts.desired.functions.as_slice() {
        // Without a spec: the functions that the role may invoke.
        [] => "a function".to_owned(),
        [one] => name_of(one).trim_start_matches("function ").to_owned(),
        several => format!("its {} functions", several.len()),
    };
    let prober = facts.probes.as_ref().map(|probes| probes.prober.clone());
    RoleReport {
        notices: notices(facts),
        observation: observation(facts),
        ..RoleReport::new(facts.desired.role.name.clone(), functions, path(facts), prober, claims)
    }
}

/// Every remedy names commands ready to type.
fn typed(mut claim: Claim, facts: &Facts) -> Claim {
    match &mut claim.outcome {
        Outcome::Fails(failure) => failure.finding.remedy = facts.typed(&failure.finding.remedy),
        Outcome::NotProvable { help } => *help = facts.typed(help),
        Outcome::Holds | Outcome::Accepted(_) => {}
    }
    claim
}

/// Accepts that match nothing, or only what could not be read. The others are claims.
fn notices(facts: &Facts) -> Vec<Notice> {
    let functions: Vec<FunctionPolicy<'_>> = facts
        .own_policies()
        .map(|(arn, policy)| (arn, policy.as_ref().map(Option::as_ref).map_err(String::as_str)))
        .collect();
    let mut notices = note_accepts(facts.live.role.as_ref(), &facts.desired, &functions);
    notices.retain(|notice| {
        matches!(
            notice,
            Notice::AcceptsNothing { .. } | Notice::AcceptShares { .. } | Notice::AcceptUnknown { .. }
        )
    });
    notices
}
