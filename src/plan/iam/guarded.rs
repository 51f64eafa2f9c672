//! Whether the organization's policies allow both of Genesys Cloud's calls, for a live or planned role.

use std::collections::BTreeSet;

use crate::arn::{AccountId, Arn, FunctionArn};
use crate::model::Tags;
use crate::policy::document::{Conditions, Effect, OneOrMany, Scalar, Statement};
use crate::policy::guardrail::{GuardrailLevel, Guardrails, judge_guardrails};
use crate::policy::{Context, Decision, Document, EXTERNAL_ID, Principal, Request};
use crate::spec::{OrganizationPolicies, ScpLevel};

/// What the policies are evaluated for.
#[derive(Debug, Clone, Copy)]
pub struct GuardedRole<'a> {
    pub arn: &'a Arn,
    pub tags: &'a Tags,
    pub genesys: &'a AccountId,
    pub external_id: &'a str,
    pub functions: &'a [FunctionArn],
}

/// One of the two calls.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GuardedCall {
    AssumeRole,
    Invoke(FunctionArn),
}

/// How the organization decides on a call that it does not plainly allow.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GuardFinding {
    pub call: GuardedCall,
    /// `RCP perimeter.json`, `SCP regions.json`, `the level root`
    pub policy: String,
    /// May or may not deny.
    pub is_undecided: bool,
    pub reason: String,
    pub exemptions: Vec<GuardExemption>,
}

/// How a policy exempts a role or a caller.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum GuardExemption {
    /// A tag of the role.
    Tag { key: String, value: String },
    /// Genesys's account is in the list of accounts.
    Account,
}

/// Each policy that does not allow a call, in the order of the calls.
pub fn guard_findings(role: &GuardedRole<'_>, policies: &OrganizationPolicies) -> Vec<GuardFinding> {
    let mut findings = Vec::new();
    let assume = assume_request(role, policies);
    for policy in &policies.rcp {
        let alone =
            Guardrails { rcp: vec![(policy.name.clone(), &policy.document)], ..Guardrails::default() };
        let evaluation = judge_guardrails(&alone, &assume);
        if evaluation.decision == Decision::Allowed {
            continue;
        }
        let passes = |role: &GuardedRole<'_>, document: &Document| {
            let alone = Guardrails { rcp: vec![(policy.name.clone(), document)], ..Guardrails::default() };
            judge_guardrails(&alone, &assume_request(role, policies)).decision == Decision::Allowed
        };
        findings.push(GuardFinding {
            call: GuardedCall::AssumeRole,
            policy: format!("RCP {}", policy.name),
            is_undecided: evaluation.decision == Decision::Undecided,
            reason: evaluation.reason,
            exemptions: exemptions(&policy.document, "aws:ResourceTag/", role, &passes),
        });
    }
    for function in role.functions {
        let request = invoke_request(role, function, policies);
        for level in &policies.scp {
            findings.extend(at_level(role, function, &request, level, policies));
        }
    }
    findings
}

/// The policies of a level that deny, or the level itself if none allows.
fn at_level(
    role: &GuardedRole<'_>,
    function: &FunctionArn,
    request: &Request,
    level: &ScpLevel,
    policies: &OrganizationPolicies,
) -> Option<GuardFinding> {
    let whole = |documents: Vec<(String, &Document)>| {
        let scp = vec![GuardrailLevel { name: level.name.clone(), policies: documents }];
        judge_guardrails_of(scp, request)
    };
    let all = || level.policies.iter().map(|one| (one.name.clone(), &one.document)).collect::<Vec<_>>();
    let (decision, reason) = whole(all());
    let call = GuardedCall::Invoke(function.clone());
    let finding = |policy: String, exemptions| GuardFinding {
        call: call.clone(),
        policy,
        is_undecided: decision == Decision::Undecided,
        reason: reason.clone(),
        exemptions,
    };
    match decision {
        Decision::Allowed => None,
        Decision::ImplicitDeny => Some(finding(format!("the level {}", level.name), Vec::new())),
        Decision::ExplicitDeny | Decision::Undecided => {
            // Which ones matter: without them, the level is open or decides otherwise.
            let without =
                |name: &str| all().into_iter().filter(|(other, _)| other != name).collect::<Vec<_>>();
            let culprit = level.policies.iter().find(|one| whole(without(&one.name)).0 != decision);
            let Some(culprit) = culprit else {
                return Some(finding(format!("the level {}", level.name), Vec::new()));
            };
            let passes = |role: &GuardedRole<'_>, document: &Document| {
                let request = invoke_request(role, function, policies);
                let replaced = all()
                    .into_iter()
                    .map(|(name, own)| if name == culprit.name { (name, document) } else { (name, own) })
                    .collect();
                let scp = vec![GuardrailLevel { name: level.name.clone(), policies: replaced }];
                judge_guardrails_of(scp, &request).0 == Decision::Allowed
            };
            let exemptions = exemptions(&culprit.document, "aws:PrincipalTag/", role, &passes);
            Some(finding(format!("SCP {}", culprit.name), exemptions))
        }
    }
}

fn judge_guardrails_of(scp: Vec<GuardrailLevel<'_>>, request: &Request) -> (Decision, String) {
    let evaluation = judge_guardrails(&Guardrails { scp, ..Guardrails::default() }, request);
    (evaluation.decision, evaluation.reason)
}

/// Genesys Cloud assumes the role. Its account's organization is not public, but is not the reader's.
fn assume_request(role: &GuardedRole<'_>, policies: &OrganizationPolicies) -> Request {
    let context = Context::partial()
        .with(EXTERNAL_ID, &[role.external_id])
        .with("aws:PrincipalAccount", &[role.genesys.as_str()])
        .with("aws:PrincipalOrgID", &["o-genesys"])
        .with("aws:PrincipalIsAWSService", &["false"])
        .with("aws:ViaAWSService", &["false"])
        .with("aws:SecureTransport", &["true"])
        .with("aws:ResourceAccount", &[&role.arn.account]);
    Request {
        principal: Principal::Aws(Arn::account_root(&role.arn.partition, role.genesys).to_string()),
        action: "sts:AssumeRole".to_owned(),
        resource: role.arn.to_string(),
        context: tagged(context, "aws:ResourceTag/", role.tags, policies),
    }
}

/// The role's session invokes a function.
fn invoke_request(
    role: &GuardedRole<'_>,
    function: &FunctionArn,
    policies: &OrganizationPolicies,
) -> Request {
    let Arn { partition, account, .. } = role.arn;
    let name = role.arn.name();
    let context = Context::partial()
        .with("aws:PrincipalAccount", &[account])
        .with("aws:PrincipalArn", &[&role.arn.to_string()])
        .with("aws:PrincipalIsAWSService", &["false"])
        .with("aws:ViaAWSService", &["false"])
        .with("aws:SecureTransport", &["true"])
        .with("aws:RequestedRegion", &[function.region()])
        .with("aws:ResourceAccount", &[&function.as_arn().account]);
    Request {
        principal: Principal::Aws(format!(
            "arn:{partition}:sts::{account}:assumed-role/{name}/genesys-cloud"
        )),
        action: "lambda:InvokeFunction".to_owned(),
        resource: function.to_string(),
        context: tagged(context, "aws:PrincipalTag/", role.tags, policies),
    }
}

/// The role's tags are known to be complete. Tag keys ignore case.
fn tagged(context: Context, prefix: &str, tags: &Tags, policies: &OrganizationPolicies) -> Context {
    let asked = keys(policies, prefix);
    let context = asked.iter().fold(context, |context, key| context.without(key));
    tags.iter().fold(context, |context, (key, value)| context.with(&format!("{prefix}{key}"), &[value]))
}

fn keys(policies: &OrganizationPolicies, prefix: &str) -> BTreeSet<String> {
    let all = policies.scp.iter().flat_map(|level| &level.policies).chain(&policies.rcp);
    let statements = all.flat_map(|policy| policy.document.statements.as_slice());
    let keys = statements.flat_map(|statement| statement.conditions().iter()).map(|(_, key, _)| key);
    let prefix = prefix.to_ascii_lowercase();
    keys.filter(|key| key.to_ascii_lowercase().starts_with(&prefix)).map(str::to_owned).collect()
}

/// What would get the call allowed, according to the document's own conditions; each was tried.
fn exemptions(
    document: &Document,
    prefix: &str,
    role: &GuardedRole<'_>,
    passes: &dyn Fn(&GuardedRole<'_>, &Document) -> bool,
) -> Vec<GuardExemption> {
    let mut found = BTreeSet::new();
    let denies = document.statements.as_slice().iter().filter(|one| one.effect == Effect::Deny);
    for (operator, key, values) in denies.flat_map(|statement| statement.conditions().iter()) {
        if !operator.to_ascii_lowercase().contains("stringnot") {
            continue;
        }
        if key.eq_ignore_ascii_case("aws:PrincipalAccount") && prefix == "aws:ResourceTag/" {
            if passes(role, &with_account(document, role.genesys)) {
                found.insert(GuardExemption::Account);
            }
            continue;
        }
        let is_tag = key.get(..prefix.len()).is_some_and(|start| start.eq_ignore_ascii_case(prefix));
        let Some(tag) = key.get(prefix.len()..).filter(|_| is_tag) else { continue };
        for value in values.iter().map(ToString::to_string).filter(|value| !value.contains(['*', '?', '$'])) {
            let mut tags = role.tags.clone();
            tags.insert(tag.to_owned(), value.clone());
            if passes(&GuardedRole { tags: &tags, ..*role }, document) {
                found.insert(GuardExemption::Tag { key: tag.to_owned(), value });
            }
        }
    }
    found.into_iter().collect()
}

/// The document with one more account in each of its account lists.
fn with_account(document: &Document, account: &AccountId) -> Document {
    let more = |statement: &Statement| {
        let mut statement = statement.clone();
        if let Some(Conditions(operators)) = &mut statement.condition {
            for values in
                operators.values_mut().flat_map(|keys| keys.iter_mut()).filter_map(|(key, values)| {
                    key.eq_ignore_ascii_case("aws:PrincipalAccount").then_some(values)
                })
            {
                let mut all = values.as_slice().to_vec();
                all.push(Scalar::String(account.to_string()));
                *values = OneOrMany::Many(all);
            }
        }
        statement
    };
    let statements = document.statements.as_slice().iter().map(more).collect();
    Document { statements: OneOrMany::Many(statements).into(), ..document.clone() }
}
