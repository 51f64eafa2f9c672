//! The functions: whether they are there, and whom their own policies let in.

use super::super::cause::Cause;
use super::super::claim::{Claim, Finding, Harm};
use super::super::facts::{Facts, FunctionFacts, FunctionState};
use super::super::questions::{Readiness, function_admits, name_of, readiness};
use super::super::topic::Topic;
use super::question::ask;

/// Whether each function exists and is ready.
pub(crate) fn ready(facts: &Facts) -> Vec<Claim> {
    facts.functions.iter().map(one_ready).collect()
}

fn one_ready(function: &FunctionFacts) -> Claim {
    let FunctionFacts { arn, state, policy: _ } = function;
    let name = name_of(arn);
    let question = ask(
        Topic::Functions,
        format!("{name} exists and is ready"),
        match state {
            FunctionState::Missing => format!("{name} does not exist"),
            _ => format!("{name} is not ready"),
        },
        match state {
            FunctionState::Unknown(_) => format!("whether {name} exists is unknown"),
            _ => format!("{name} is not ready yet"),
        },
    );
    let harm = Harm { keeps_genesys_out: true, ..Harm::default() };
    match state {
        FunctionState::Missing => {
            let finding = Finding {
                cause: Cause::FunctionMissing,
                what: format!("Lambda in {} has no {name}", arn.region()),
                consequence: "the data action fails with 403, or with a function that cannot be found"
                    .to_owned(),
                remedy: "deploy it, or correct `functions` in the spec".to_owned(),
                harm,
            };
            let seen = format!("Lambda in {} has no such function, alias or version", arn.region());
            question.fails(seen, finding, &[])
        }
        FunctionState::Unknown(why) => {
            question.not_provable(why.clone(), "permit `lambda:GetFunctionConfiguration` to see it")
        }
        FunctionState::Exists { state, reason, timeout: _ } => {
            let word = state.as_deref().unwrap_or("Active");
            let because = reason.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
            match readiness(state.as_deref()) {
                Readiness::Ready => question.holds(format!("the Lambda API knows {arn}")),
                // An inactive function wakes at the next invocation, which fails in the meantime.
                Readiness::NotYet => question.not_provable(
                    format!("its state is {word}{because}"),
                    "an invocation now may fail; run `check` again when it is Active",
                ),
                Readiness::Never => {
                    let finding = Finding {
                        cause: Cause::FunctionNotReady,
                        what: format!("The {name} is {word}{because}"),
                        consequence: "every invocation fails".to_owned(),
                        remedy: if word == "Failed" {
                            "fix and deploy the function".to_owned()
                        } else {
                            format!("bring the function out of the state {word}, then run `check` again")
                        },
                        harm,
                    };
                    question.fails(format!("its state is {word}{because}"), finding, &[])
                }
            }
        }
    }
}

/// "And nobody else" includes the functions' own policies.
pub(crate) fn own_policies(facts: &Facts) -> Vec<Claim> {
    let known = facts.functions.iter().filter(|function| function.state != FunctionState::Missing);
    known.map(one_own_policy).collect()
}

fn one_own_policy(function: &FunctionFacts) -> Claim {
    let FunctionFacts { arn, state: _, policy } = function;
    let name = name_of(arn);
    let question = ask(
        Topic::FunctionPolicies,
        format!("the own policy of {name} lets nobody else invoke it"),
        format!("the own policy of {name} lets someone else invoke it"),
        format!("whether the own policy of {name} lets someone else invoke it is unknown"),
    );
    let document = match policy {
        Err(why) => return question.not_provable(why.clone(), "permit `lambda:GetPolicy` to see it"),
        Ok(None) => return question.holds("it has no policy of its own"),
        Ok(Some(document)) => document,
    };
    let others = function_admits(document, arn);
    if others.is_empty() {
        return question.holds("it names only this account, and services bound to it");
    }
    let who = others.join(" and ");
    let finding = Finding {
        cause: Cause::FunctionOpen,
        what: format!("The own policy of {name} lets {who} invoke it"),
        consequence: "they run the function without the role".to_owned(),
        remedy: "remove that statement (`aws lambda remove-permission`), or bind it with aws:SourceArn or \
                 aws:SourceAccount"
            .to_owned(),
        harm: Harm {
            keeps_genesys_out: false,
            lets_in: others.iter().map(|who| format!("{who} (without the role)")).collect(),
        },
    };
    question.fails(who, finding, &[])
}
