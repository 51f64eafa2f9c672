//! Claims from a data action's own test: Genesys Cloud really assumed the role and invoked the function.

use super::cause::Cause;
use super::claim::{Claim, Finding, Harm, Question};
use super::facts::{ActionTest, Facts};
use super::level::Level;
use super::topic::Topic;

pub(crate) fn invoked(facts: &Facts) -> Vec<Claim> {
    facts.tests.iter().map(one).collect()
}

fn one(test: &ActionTest) -> Claim {
    let ActionTest { action, success, steps, error } = test;
    let (name, target) = (&action.name, &action.target);
    let question = Question::new(
        Level::EndToEnd,
        Topic::EndToEnd,
        format!("Genesys Cloud invokes {target} through the data action \"{name}\""),
        format!("Genesys Cloud fails to invoke {target} through the data action \"{name}\""),
        String::new(),
    );
    let listed: Vec<String> = steps
        .iter()
        .map(|step| format!("{}: {}", step.name, step.error.as_deref().unwrap_or("ok")))
        .collect();
    let seen = if listed.is_empty() { "the test names no steps".to_owned() } else { listed.join("; ") };
    let failed = steps.iter().find_map(|step| Some((step.name.as_str(), step.error.as_deref()?)));
    if *success && failed.is_none() {
        return question.holds(seen).with_note("the only end-to-end proof; the function was really run");
    }
    let (step, why) = failed.unwrap_or(("the test", error.as_str()));
    question.fails(seen, explain(name, step, why), Cause::OF_INVOCATION)
}

/// Where nothing else was found, Genesys Cloud's own words are all there is.
fn explain(name: &str, step: &str, why: &str) -> Finding {
    let lower = why.to_lowercase();
    let remedy = if lower.contains("assumerole") || lower.contains("assume role") {
        "ask for a resource control policy (RCP) of your AWS organization: it refuses outsiders whatever the role says; \
         compare the integration's credential with the spec; a role made seconds ago needs a moment"
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
        remedy: remedy.to_owned(),
        harm: Harm { keeps_genesys_out: true, ..Harm::default() },
    }
}
