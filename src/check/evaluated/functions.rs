//! The functions: whether they are there, and whom their own policies let in.

use super::super::cause::Cause;
use super::super::claim::{Claim, Finding, Harm, Question};
use super::super::facts::{Facts, FunctionFacts, FunctionState};
use super::super::questions::{Powers, Readiness, function_admits, name_of, readiness};
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
    let document = match policy {
        Err(why) => {
            return ask_own(&name, "invoke").not_provable(why.clone(), "permit `lambda:GetPolicy` to see it");
        }
        Ok(None) => return ask_own(&name, "invoke").holds("it has no policy of its own"),
        Ok(Some(document)) => document,
    };
    let others = function_admits(document, arn);
    if others.is_empty() {
        return ask_own(&name, "invoke")
            .holds("only this account, and services bound to it, may do so by it");
    }
    let who = |is_meant: &dyn Fn(Powers) -> bool| -> Vec<&str> {
        others.iter().filter(|(_, powers)| is_meant(**powers)).map(|(who, _)| who.as_str()).collect()
    };
    let said = [
        (who(&|powers| powers.run && !powers.change), "invoke"),
        (who(&|powers| powers.run && powers.change), "invoke and change"),
        (who(&|powers| !powers.run), "change"),
    ];
    let said: Vec<(String, &str)> = said
        .into_iter()
        .filter(|(who, _)| !who.is_empty())
        .map(|(who, verbs)| (who.join(" and "), verbs))
        .collect();
    let lets: Vec<String> = said.iter().map(|(who, verbs)| format!("{who} {verbs} it")).collect();
    let is_run = others.values().any(|powers| powers.run);
    let is_changed = others.values().any(|powers| powers.change);
    let lets_in = others.iter().map(|(who, powers)| match powers.run {
        true => format!("{who} (without the role)"),
        false => format!("{who} (by changing the function, or who may invoke it)"),
    });
    let finding = Finding {
        cause: Cause::FunctionOpen,
        what: format!("The own policy of {name} lets {}", lets.join(", and ")),
        consequence: match (is_run, is_changed) {
            (_, false) => "they run the function without the role",
            (true, true) => "they run the function without the role, change it, or decide who may run it",
            (false, true) => "they change the function, or decide who may run it",
        }
        .to_owned(),
        remedy: "remove that statement (`aws lambda remove-permission`), or bind it with aws:SourceArn or \
                 aws:SourceAccount"
            .to_owned(),
        harm: Harm { keeps_genesys_out: false, lets_in: lets_in.collect() },
    };
    let verbs = match (is_run, is_changed) {
        (_, false) => "invoke",
        (true, true) => "invoke or change",
        (false, true) => "change",
    };
    let seen: Vec<&str> = said.iter().map(|(who, _)| who.as_str()).collect();
    ask_own(&name, verbs).fails(seen.join(" and "), finding, &[])
}

fn ask_own(name: &str, verbs: &str) -> Question {
    ask(
        Topic::FunctionPolicies,
        format!("the own policy of {name} lets nobody else invoke or change it"),
        format!("the own policy of {name} lets someone else {verbs} it"),
        format!("whether the own policy of {name} lets someone else invoke or change it is unknown"),
    )
}
