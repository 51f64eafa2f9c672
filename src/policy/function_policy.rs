//! What a function's own policy lets others do with it.

use super::access::AccountName;
use super::document::{ActionElement, Document, Effect, Statement};
use super::evaluate::{Decision, Policies, evaluate};
use super::named::{is_unique_id, named_parties};
use super::pattern::wildcard_matches;
use super::request::{Context, Principal, Request};
use crate::arn::{Arn, FunctionArn};

/// By which a function runs.
const RUN: [&str; 3] = ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "lambda:InvokeAsync"];

/// By which a function, what calls it, or who may, is changed. Others that a policy names in full are judged by name.
const CHANGE: [&str; 22] = [
    "lambda:AddPermission",
    "lambda:CreateAlias",
    "lambda:CreateFunction",
    "lambda:CreateFunctionUrlConfig",
    "lambda:DeleteAlias",
    "lambda:DeleteFunction",
    "lambda:DeleteFunctionConcurrency",
    "lambda:DeleteFunctionEventInvokeConfig",
    "lambda:DeleteFunctionUrlConfig",
    "lambda:PublishVersion",
    "lambda:PutFunctionConcurrency",
    "lambda:PutFunctionEventInvokeConfig",
    "lambda:PutFunctionRecursionConfig",
    "lambda:PutProvisionedConcurrencyConfig",
    "lambda:PutRuntimeManagementConfig",
    "lambda:RemovePermission",
    "lambda:TagResource",
    "lambda:UpdateAlias",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "lambda:UpdateFunctionEventInvokeConfig",
    "lambda:UpdateFunctionUrlConfig",
];

/// What a function's own policy lets someone do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Powers {
    pub run: bool,
    /// Its code, its settings, or who may run it.
    pub change: bool,
}

/// One whom a statement of a function's own policy lets run or change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionGrant {
    /// Of the statement.
    pub sid: Option<String>,
    /// `AWS account 222222222222`, `the AWS service sns.amazonaws.com, whichever account it acts for`
    pub who: String,
    /// As the document names them.
    pub principal: Option<String>,
    pub powers: Powers,
    /// The statement, with whatever the document denies.
    pub document: Document,
}

/// Whom a function's own policy lets run or change it, statement by statement, other than the account's own identities
/// and services on its behalf.
pub fn function_grants(policy: &Document, function: &FunctionArn, name: AccountName) -> Vec<FunctionGrant> {
    let canonical = policy.canonical();
    let account = function.as_arn().account.as_str();
    let mut grants = Vec::new();
    for statement in canonical.statements.as_slice() {
        if statement.effect != Effect::Allow || is_bound(statement, account) {
            continue;
        }
        let (run, change) = (reached(statement, &RUN), reached(statement, &change_actions(statement)));
        for other in named_parties(statement, name) {
            let is_own = match &other.principal {
                Some(Principal::Aws(text)) => {
                    text == account
                        || text.parse::<Arn>().is_ok_and(|arn| arn.account == account)
                        || is_unique_id(text)
                }
                _ => false,
            };
            let is_left = |action: &String| {
                other.principal.as_ref().is_none_or(|who| {
                    let request = Request {
                        principal: who.clone(),
                        action: action.clone(),
                        resource: function.to_string(),
                        context: Context::partial(),
                    };
                    let resource = Some(("the function's own policy".to_owned(), policy));
                    let policies = Policies { resource, ..Policies::default() };
                    evaluate(&policies, &request).decision != Decision::ExplicitDeny
                })
            };
            let powers = Powers { run: run.iter().any(is_left), change: change.iter().any(is_left) };
            if is_own || powers == Powers::default() {
                continue;
            }
            let who = match &other.principal {
                Some(Principal::Service(name)) => {
                    format!("the AWS service {name}, whichever account it acts for")
                }
                _ => other.words,
            };
            let document = canonical.with_denials(statement);
            grants.push(FunctionGrant {
                sid: statement.sid.clone(),
                who,
                principal: other.value,
                powers,
                document,
            });
        }
    }
    grants
}

/// The actions by which a function is changed, with those that the statement names in full and that do not only read.
fn change_actions(statement: &Statement) -> Vec<String> {
    let named = match &statement.action {
        Some(ActionElement::Action(actions)) => actions.as_slice(),
        _ => &[],
    };
    let is_change = |action: &&String| {
        let action = action.to_ascii_lowercase();
        action.strip_prefix("lambda:").is_some_and(|verb| {
            !verb.contains(['*', '?']) && !verb.starts_with("get") && !verb.starts_with("list")
        }) && !RUN.iter().any(|run| run.eq_ignore_ascii_case(&action))
    };
    CHANGE.into_iter().map(str::to_owned).chain(named.iter().filter(is_change).cloned()).collect()
}

/// Those of the actions that a statement is about.
fn reached(statement: &Statement, actions: &[impl AsRef<str>]) -> Vec<String> {
    let matches = |patterns: &[String], action: &str| {
        let action = action.to_ascii_lowercase();
        patterns.iter().any(|pattern| wildcard_matches(&pattern.to_ascii_lowercase(), &action))
    };
    let is_reached = |action: &&str| match &statement.action {
        Some(ActionElement::Action(patterns)) => matches(patterns.as_slice(), action),
        Some(ActionElement::NotAction(patterns)) => !matches(patterns.as_slice(), action),
        None => true,
    };
    actions.iter().map(AsRef::as_ref).filter(is_reached).map(str::to_owned).collect()
}

/// Whether conditions bind a statement to one account, be it that of the caller or of what a service acts for.
fn is_bound(statement: &Statement, account: &str) -> bool {
    let keys = ["aws:PrincipalAccount", "aws:SourceAccount", "aws:SourceArn", "aws:PrincipalArn"];
    let is_own = |value: &String| {
        *value == account || value.split(':').nth(4).is_some_and(|own| own == account || own.is_empty())
    };
    keys.into_iter().flat_map(|key| statement.conditions().on(key)).any(|(operator, values)| {
        matches!(operator, "StringEquals" | "StringLike" | "ArnEquals" | "ArnLike")
            && !values.is_empty()
            && values.iter().map(ToString::to_string).all(|value| is_own(&value))
    })
}
