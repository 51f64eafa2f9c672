//! The functions: whether they are there, and whom their own policies let in.

use super::super::cause::Cause;
use super::super::claim::{Acceptance, Claim, Finding, Harm, Question};
use super::super::facts::{Facts, FunctionFacts, FunctionState};
use super::super::questions::{Readiness, name_of, readiness};
use super::super::topic::Topic;
use super::question::ask;
use crate::arn::FunctionArn;
use crate::plan::{Acceptable, Consent, function_parties};
use crate::policy::FunctionGrant;

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
    known.flat_map(|function| own_policy(function, facts)).collect()
}

/// A claim for each whom a statement lets in.
fn own_policy(function: &FunctionFacts, facts: &Facts) -> Vec<Claim> {
    let FunctionFacts { arn, state: _, policy } = function;
    let name = name_of(arn);
    let document = match policy {
        Err(why) => {
            let help = "permit `lambda:GetPolicy` to see it";
            return vec![ask_own(&name, None, "invoke").not_provable(why.clone(), help)];
        }
        Ok(None) => return vec![ask_own(&name, None, "invoke").holds("it has no policy of its own")],
        Ok(Some(document)) => document,
    };
    let others = function_parties(arn, document);
    if others.is_empty() {
        let seen = "only this account, and services bound to it, may do so by it";
        return vec![ask_own(&name, None, "invoke").holds(seen)];
    }
    others.iter().map(|(acceptable, grant)| by_statement(arn, acceptable, grant, facts)).collect()
}

fn by_statement(arn: &FunctionArn, acceptable: &Acceptable, grant: &FunctionGrant, facts: &Facts) -> Claim {
    let FunctionGrant { sid, who, principal: _, powers, document: _ } = grant;
    let (name, accepts) = (name_of(arn), &facts.desired.accepts);
    let (does, verbs, consequence, way) = match (powers.run, powers.change) {
        (_, false) => ("invoke", "invoke", "they run the function without the role", "without the role"),
        (true, true) => (
            "invoke and change",
            "invoke or change",
            "they run the function without the role, change it, or decide who may run it",
            "without the role",
        ),
        (false, true) => (
            "change",
            "change",
            "they change the function, or decide who may run it",
            "by changing the function, or who may invoke it",
        ),
    };
    let lets_in = vec![format!("{who} ({way})")];
    let question = ask_own(&name, sid.as_deref(), verbs);
    let mut changed = "";
    let mut remedy = removal(arn, sid.as_deref());
    match acceptable.consent(accepts) {
        Consent::Given(accept) => {
            let (what, reason) = (acceptable.what.clone(), accept.reason.clone());
            let acceptance = Acceptance { what, reason, lets_in, adds_permissions: false };
            return question.accepted(who.clone(), acceptance);
        }
        Consent::Outdated(accept) => {
            changed = ", not as the spec accepts it";
            remedy.push_str(&format!("; or correct the `digest` in line {} of the spec", accept.line));
        }
        Consent::None => {}
    }
    let by = sid.as_ref().map(|sid| format!("Statement `{sid}` of the")).unwrap_or("The".to_owned());
    let finding = Finding {
        cause: Cause::FunctionOpen,
        what: format!("{by} own policy of {name}{changed} lets {who} {does} it"),
        consequence: consequence.to_owned(),
        remedy,
        harm: Harm { keeps_genesys_out: false, lets_in },
    };
    question.fails(who.clone(), finding, &[]).with_accept(facts.how_to_accept(acceptable))
}

/// How to remove a statement.
fn removal(arn: &FunctionArn, sid: Option<&str>) -> String {
    let is_plain = |text: &str| text.chars().all(|c| c.is_ascii_alphanumeric() || "-_".contains(c));
    let command = match sid.filter(|sid| is_plain(sid)) {
        Some(sid) => {
            let qualifier = arn.qualifier().map(|of| format!(" --qualifier {of}")).unwrap_or_default();
            format!(
                "run `aws lambda remove-permission --function-name {}{qualifier} --statement-id {sid}`",
                arn.name()
            )
        }
        None => "remove that statement (`aws lambda remove-permission`)".to_owned(),
    };
    format!("{command}, or bind it with aws:SourceArn or aws:SourceAccount")
}

fn ask_own(name: &str, sid: Option<&str>, verbs: &str) -> Question {
    let by = sid.map(|sid| format!("statement `{sid}` of ")).unwrap_or_default();
    ask(
        Topic::FunctionPolicies,
        format!("the own policy of {name} lets nobody else invoke or change it"),
        format!("{by}the own policy of {name} lets someone else {verbs} it"),
        format!("whether the own policy of {name} lets someone else invoke or change it is unknown"),
    )
}
