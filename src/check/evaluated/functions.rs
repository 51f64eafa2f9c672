//! Whom the functions' own policies admit.

use super::super::cause::Cause;
use super::super::claim::{Acceptance, Claim, Finding, Harm, Question};
use super::super::facts::{Facts, FunctionFacts, FunctionState};
use super::super::questions::name_of;
use super::super::topic::Topic;
use super::question::ask;
use crate::arn::FunctionArn;
use crate::plan::{Acceptable, Consent, function_parties};
use crate::policy::FunctionGrant;

/// "And nobody else" includes the functions' own policies.
pub(crate) fn own_policies(facts: &Facts) -> Vec<Claim> {
    let known = facts.functions.iter().filter(|function| function.state != FunctionState::Missing);
    known.flat_map(|function| own_policy(function, facts)).collect()
}

/// A claim for each party that a statement admits.
fn own_policy(function: &FunctionFacts, facts: &Facts) -> Vec<Claim> {
    let FunctionFacts { arn, policy, .. } = function;
    let document = match policy {
        Err(why) => {
            let help = "permit `lambda:GetPolicy` to see it";
            return vec![ask_own(arn, None, "invoke").not_provable(why.clone(), help)];
        }
        Ok(None) => return vec![ask_own(arn, None, "invoke").holds("it has no policy of its own")],
        Ok(Some(document)) => document,
    };
    let others = function_parties(arn, document);
    if others.is_empty() {
        let seen = "only this account, and services bound to it, may do so by it";
        return vec![ask_own(arn, None, "invoke").holds(seen)];
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
    let question = ask_own(arn, sid.as_deref(), verbs);
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

fn ask_own(function: &FunctionArn, sid: Option<&str>, verbs: &str) -> Question {
    let name = name_of(function);
    let by = sid.map(|sid| format!("statement `{sid}` of ")).unwrap_or_default();
    ask(
        Topic::FunctionPolicies,
        format!("the own policy of {name} lets nobody else invoke or change it"),
        format!("{by}the own policy of {name} lets someone else {verbs} it"),
        format!("whether the own policy of {name} lets someone else invoke or change it is unknown"),
    )
    .about(function)
}
