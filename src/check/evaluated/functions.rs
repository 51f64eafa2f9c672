//! Who is admitted by the functions' own policies.

use super::super::cause::Cause;
use super::super::claim::{Acceptance, Claim, Finding, Harm, Question};
use super::super::facts::{Facts, OwnPolicy, QualifiedPolicies};
use super::super::questions::name_of;
use super::super::topic::Topic;
use super::question::{ask, shell_word};
use crate::arn::FunctionArn;
use crate::plan::{Acceptable, Consent, function_parties};
use crate::policy::{FunctionGrant, function_insiders, function_readers};
use crate::spec::genesys_account_name;

/// "And nobody else" includes the functions' own policies.
pub(crate) fn own_policies(facts: &Facts) -> Vec<Claim> {
    let own = facts.own_policies().flat_map(|(arn, policy)| own_policy(arn, policy, facts));
    own.chain(facts.qualified_policies.iter().map(|one| aliases_and_versions(one, facts))).collect()
}

/// Those without a policy, in one claim; each of the others has claims of its own.
fn aliases_and_versions(read: &QualifiedPolicies, facts: &Facts) -> Claim {
    let QualifiedPolicies { function, policies, unread } = read;
    let name = name_of(function);
    let is_other =
        facts.functions.iter().any(|one| one.arn.unqualified() == *function && one.arn != *function)
            || policies.iter().any(|(_, policy)| !matches!(policy, Ok(None)));
    let other = if is_other { "other " } else { "" };
    let question = ask(
        Topic::FunctionPolicies,
        format!("no {other}alias or version of {name} has a policy of its own"),
        String::new(),
        format!("whether an alias or version of {name} lets someone else invoke or change it is unknown"),
    )
    .about(function);
    match unread {
        Some(why) => question.not_provable(
            why.clone(),
            "permit `lambda:ListAliases`, `lambda:ListVersionsByFunction` and `lambda:GetPolicy` to see them; of a version that \
             is left, see `aws lambda get-policy --qualifier`",
        ),
        None => question.holds(match policies.len() {
            0 => format!("it has no {other}alias and no {other}published version"),
            1 => "one alias or version was looked at".to_owned(),
            count => format!("{count} aliases and versions were looked at"),
        }),
    }
}

/// One claim for each party that a statement admits.
fn own_policy(arn: &FunctionArn, policy: &OwnPolicy, facts: &Facts) -> Vec<Claim> {
    let document = match policy {
        Err(why) => {
            let help = "permit `lambda:GetPolicy` to see it";
            return vec![ask_own(arn, None, "invoke").not_provable(why.clone(), help)];
        }
        Ok(None) => {
            return vec![ask_own(arn, None, "invoke").holds("it has no policy of its own")];
        }
        Ok(Some(document)) => document,
    };
    let others = function_parties(arn, document);
    if others.is_empty() {
        let seen = "only this account, and services bound to it, may do so by it";
        let readers = function_readers(document, arn, genesys_account_name);
        let who = readers.into_iter().map(|(who, _)| who).collect::<Vec<_>>().join(" and ");
        let mut claim = ask_own(arn, None, "invoke").holds(seen);
        let insiders = function_insiders(document, arn);
        if !insiders.is_empty() {
            let name = name_of(arn);
            claim.sentence =
                format!("the own policy of {name} lets nobody outside this account invoke or change it");
            claim.seen = format!("of this account it names {}", insiders.join(" and "));
            claim.insiders = insiders;
        }
        return vec![match who.as_str() {
            "" => claim,
            who => claim.with_notice(format!(
                "the own policy of {} lets {who} see its code or environment variables",
                name_of(arn)
            )),
        }];
    }
    others.iter().map(|(acceptable, grant)| by_statement(arn, acceptable, grant, facts)).collect()
}

fn by_statement(arn: &FunctionArn, acceptable: &Acceptable, grant: &FunctionGrant, facts: &Facts) -> Claim {
    let FunctionGrant { sid, who, principal: _, powers, document: _ } = grant;
    let name = name_of(arn);
    let run = if who == "anyone" {
        "anyone with an AWS account can run it"
    } else {
        "they run the function without the role"
    };
    let (does, verbs, consequence, way) = match (powers.run, powers.change) {
        (_, false) => ("invoke", "invoke", run, "without the role"),
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
    if who.starts_with("the AWS service ") {
        let account = &arn.as_arn().account;
        remedy.push_str(&format!(
            "; if the service is meant to, add it again with `--source-account {account}`"
        ));
    }
    match facts.consent(acceptable) {
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
        harm: Harm { lets_in, ..Harm::default() },
    };
    question.fails(who.clone(), finding, &[]).with_accept(facts.how_to_accept(acceptable))
}

/// How to remove a statement.
pub(super) fn removal(arn: &FunctionArn, sid: Option<&str>) -> String {
    match sid {
        Some(sid) => {
            let qualifier = arn.qualifier().map(|of| format!(" --qualifier {of}")).unwrap_or_default();
            format!(
                "run `aws lambda remove-permission --region {} --function-name {}{qualifier} --statement-id {}`",
                arn.region(),
                arn.name(),
                shell_word(sid)
            )
        }
        None => format!(
            "in the Lambda console ({}), delete the statement without an ID: {} > Configuration > Permissions > \
             Resource-based policy statements",
            arn.region(),
            arn.label()
        ),
    }
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
