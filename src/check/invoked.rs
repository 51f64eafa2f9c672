//! Claims from a data action's own test: Genesys Cloud really assumed the role and invoked the function.

use super::cause::Cause;
use super::claim::{Claim, Finding, Harm, Question};
use super::configured::SWITCH_ON;
use super::evaluated::not_ready;
use super::facts::{ActionTest, Facts, FunctionState};
use super::level::Level;
use super::observed::split;
use super::questions::{Readiness, name_of, readiness};
use super::returned::Returned;
use super::topic::Topic;
use crate::text::one_line;

pub(crate) fn invoked(facts: &Facts) -> Vec<Claim> {
    facts.tests.iter().map(|test| one(test, facts)).collect()
}

fn one(test: &ActionTest, facts: &Facts) -> Claim {
    let ActionTest { action, success, steps, returned, error } = test;
    let (name, target) = (&action.name, &action.target);
    let question = Question::new(
        Level::EndToEnd,
        Topic::EndToEnd,
        format!("Genesys Cloud invokes {target} through the data action \"{name}\""),
        format!("Genesys Cloud fails to invoke {target} through the data action \"{name}\""),
        format!(
            "the data action \"{name}\" is not run while its integration is switched off, as the spec says"
        ),
    );
    let question = match target.parse() {
        Ok(function) => question.about(&function),
        Err(_) => question,
    };
    let mut listed: Vec<String> = steps
        .iter()
        .map(|step| format!("{}: {}", step.name, step.error.as_deref().unwrap_or("ok")))
        .collect();
    listed.extend(returned.as_ref().map(Returned::in_words));
    let seen = if listed.is_empty() { "the test names no steps".to_owned() } else { listed.join("; ") };
    let failed = steps.iter().find_map(|step| Some((step.name.as_str(), step.error.as_deref()?)));
    if *success && failed.is_none() {
        let claim = question
            .holds(seen)
            .with_note("the only end-to-end proof: Genesys Cloud itself called the function");
        let missed = returned.as_ref().and_then(Returned::missed);
        return match missed {
            Some(missed) => claim.with_notice(format!(
                "the function behind the data action \"{}\" ran, but {missed}",
                one_line(name)
            )),
            None => claim,
        };
    }
    if is_switched_off(name, facts) {
        return question.not_provable(seen, SWITCH_ON).switched_off();
    }
    let (step, why) = failed.unwrap_or(("the test", error.as_str()));
    // Of another function, it says nothing about the spec's.
    let is_ours = facts.functions.iter().any(|function| function.arn.to_string() == *target);
    let finding = not_yet_ready(target, facts).unwrap_or_else(|| {
        let finding = explain(name, step, why, split(facts));
        Finding { harm: Harm { keeps_genesys_out: is_ours, ..Harm::default() }, ..finding }
    });
    question.fails(seen, finding, Cause::OF_INVOCATION)
}

/// Whether the spec switches off the integration that it gives the data action.
fn is_switched_off(action: &str, facts: &Facts) -> bool {
    facts.desired.integration.as_ref().is_some_and(|integration| {
        !integration.enabled && integration.actions.iter().any(|own| own.state.content.name == action)
    })
}

/// A function that becomes ready by itself is only a fault once an invocation fails.
fn not_yet_ready(target: &str, facts: &Facts) -> Option<Finding> {
    let function = facts.functions.iter().find(|function| function.arn.to_string() == target)?;
    match &function.state {
        FunctionState::Exists(settings) if readiness(settings.state.as_deref()) == Readiness::NotYet => {
            Some(not_ready(&name_of(&function.arn), settings))
        }
        _ => None,
    }
}

/// If nothing else was found, Genesys Cloud's own words are all there is.
fn explain(name: &str, step: &str, why: &str, observed: Option<&str>) -> Finding {
    let lower = why.to_lowercase();
    let remedy = if lower.contains("assumerole") || lower.contains("assume role") {
        "ask for a resource control policy (RCP) of your AWS organization: it refuses outsiders whatever the role says; \
         compare the integration's credential with the spec; a role made seconds ago needs a moment"
    } else if lower.contains("toomanyrequests") || lower.contains("rate exceeded") {
        "look at the function's reserved concurrency and at the account's (`aws lambda get-account-settings`): Lambda \
         throttles the invocations"
    } else if lower.contains("timeout") || lower.contains("timed out") {
        "make the function answer within the data action's timeout, or raise that (at most 60 s)"
    } else if lower.contains("accessdenied") || lower.contains("not authorized") {
        "ask for a policy outside the role's own that denies it: an SCP of the organization, or the function's own"
    } else {
        "read the function's own log and the data action's contract: they say more"
    };
    Finding {
        cause: Cause::Invocation,
        what: format!("The data action \"{name}\" failed at \"{step}\": {why}"),
        consequence: "a flow that uses it takes its failure path".to_owned(),
        remedy: match observed {
            Some(observed) => format!("{remedy}. As AWS recorded: {observed}"),
            None => remedy.to_owned(),
        },
        harm: Harm { keeps_genesys_out: true, ..Harm::default() },
    }
}
