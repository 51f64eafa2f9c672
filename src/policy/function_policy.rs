//! What a function's own policy lets others do with it.

use super::access::{AccountName, conditions};
use super::admission::STRANGER;
use super::document::{ActionElement, Document, Effect, OneOrMany, Scalar, Statement};
use super::evaluate::{Decision, Policies, evaluate};
use super::named::{is_unique_id, named_parties};
use super::pattern::wildcard_matches;
use super::request::{Context, Principal, Request};
use super::witness::caller_accounts;
use crate::arn::{Arn, FunctionArn};

/// Actions that run a function.
const RUN: [&str; 3] = ["lambda:InvokeFunction", "lambda:InvokeFunctionUrl", "lambda:InvokeAsync"];

/// Actions that change a function, its triggers, or who may use it. Others that a policy names in full are judged by
/// name.
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

/// Actions that show a function's code or its environment variables.
const READ: [&str; 3] =
    ["lambda:GetFunction", "lambda:GetFunctionConfiguration", "lambda:ListVersionsByFunction"];

/// What a function's own policy allows someone to do.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Powers {
    pub run: bool,
    /// Change its code, its settings, or who may run it.
    pub change: bool,
    /// See its code or its environment variables.
    pub read: bool,
}

/// A principal that a statement of a function's own policy allows to run or change it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionGrant {
    /// Of the statement.
    pub sid: Option<String>,
    /// `AWS account 222222222222`, `the AWS service sns.amazonaws.com for any account`
    pub who: String,
    /// As the document names them.
    pub principal: Option<String>,
    pub powers: Powers,
    /// The statement, plus the document's denials.
    pub document: Document,
}

/// Everyone a function's own policy allows to run or change it, statement by statement, except the account's own
/// identities and services acting for it.
pub fn function_grants(policy: &Document, function: &FunctionArn, name: AccountName) -> Vec<FunctionGrant> {
    let mut grants = grants_to(false, policy, function, name);
    grants.retain(|grant| grant.powers.run || grant.powers.change);
    grants
}

/// The function's own account, or those of it, whom its policy names and lets run or change it.
pub fn function_insiders(policy: &Document, function: &FunctionArn) -> Vec<String> {
    let grants = grants_to(true, policy, function, |_, _| None).into_iter();
    let mut who: Vec<String> =
        grants.filter(|grant| grant.powers.run || grant.powers.change).map(|grant| grant.who).collect();
    who.sort();
    who.dedup();
    who
}

/// Whom it only lets see the function's code or environment variables, in words and as the document names them.
pub fn function_readers(
    policy: &Document,
    function: &FunctionArn,
    name: AccountName,
) -> Vec<(String, Option<String>)> {
    let mut readers = grants_to(false, policy, function, name);
    readers.retain(|grant| !grant.powers.run && !grant.powers.change);
    readers.into_iter().map(|grant| (grant.who, grant.principal)).collect()
}

fn grants_to(
    insiders: bool,
    policy: &Document,
    function: &FunctionArn,
    name: AccountName,
) -> Vec<FunctionGrant> {
    let canonical = policy.canonical();
    let account = function.as_arn().account.as_str();
    let strangers = Strangers::of(&canonical, function);
    let mut grants = Vec::new();
    for statement in canonical.statements.as_slice() {
        if statement.effect != Effect::Allow || is_bound(statement, account) {
            continue;
        }
        let (run, change) = (reached(statement, &RUN), reached(statement, &change_actions(statement)));
        for other in named_parties(statement, name) {
            let is_own = match &other.principal {
                Some(Principal::Aws(text)) => {
                    text == account || text.parse::<Arn>().is_ok_and(|arn| arn.account == account)
                }
                _ => false,
            };
            let is_left = |action: &String| {
                let callers = callers(other.principal.as_ref(), &canonical, account);
                callers.is_none_or(|all| all.iter().any(|who| strangers.may(who, statement, action)))
            };
            let powers = Powers {
                run: run.iter().any(is_left),
                change: change.iter().any(is_left),
                read: reached(statement, &READ).iter().any(is_left),
            };
            let is_deleted = matches!(&other.principal, Some(Principal::Aws(text)) if is_unique_id(text));
            if is_own != insiders || is_deleted || powers == Powers::default() {
                continue;
            }
            let buckets = buckets_by_name(statement);
            let who = match &other.principal {
                Some(Principal::Service(name)) if !buckets.is_empty() => {
                    format!("the AWS service {name} for whoever owns the bucket {}", buckets.join(" or "))
                }
                Some(Principal::Service(name)) if is_narrowed(statement) => {
                    format!("the AWS service {name} for others than this account")
                }
                Some(Principal::Service(name)) => format!("the AWS service {name} for any account"),
                Some(Principal::Anonymous) => match conditions(statement).strip_prefix(", if ") {
                    Some(conditions) => format!("{} for whom {conditions}", other.words),
                    None => other.words,
                },
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

/// Whoever a party may be: of everybody, one of each kind of account that the document distinguishes, a service, and
/// someone without credentials. `None`: the kinds are too many.
fn callers(party: Option<&Principal>, document: &Document, own: &str) -> Option<Vec<Principal>> {
    Some(match party {
        Some(Principal::Anonymous) | None => {
            let accounts = caller_accounts(document, &Context::partial())?;
            let accounts = accounts.iter().map(ToString::to_string).filter(|account| account != own);
            let roots =
                accounts.chain([STRANGER.to_owned()]).map(|account| format!("arn:aws:iam::{account}:root"));
            let others = [Principal::Service("s3.amazonaws.com".to_owned()), Principal::Anonymous];
            roots.map(Principal::Aws).chain(others).collect()
        }
        Some(one) => vec![one.clone()],
    })
}

/// What a function's own policy lets those do who are not of its account, and services that act for others.
struct Strangers<'a> {
    document: &'a Document,
    function: &'a FunctionArn,
    /// The denials that only spare what the account does through services, without the condition that spares it.
    for_others: Vec<Statement>,
}

impl<'a> Strangers<'a> {
    fn of(document: &'a Document, function: &'a FunctionArn) -> Self {
        let account = function.as_arn().account.as_str();
        let denials = document.statements.as_slice().iter().filter(|one| one.effect == Effect::Deny);
        let for_others = denials.filter_map(|statement| {
            let mut condition = statement.conditions().clone();
            for (operator, keys) in &mut condition.0 {
                keys.retain(|key, values| !spares_only(operator, key, values.as_slice(), account));
            }
            condition.0.retain(|_, keys| !keys.is_empty());
            let is_bound = condition != *statement.conditions();
            is_bound.then(|| Statement { condition: Some(condition), ..statement.clone() })
        });
        Self { document, function, for_others: for_others.collect() }
    }

    /// Whether a statement may let them, despite every Deny.
    fn may(&self, who: &Principal, statement: &Statement, action: &str) -> bool {
        let account = self.function.as_arn().account.as_str();
        let mut context = Context::partial().of_caller(who).with("aws:ResourceAccount", &[account]);
        let is_direct = !matches!(who, Principal::Service(_));
        if is_direct {
            // Only a service's calls have them.
            for key in ["aws:SourceAccount", "aws:SourceArn", "aws:SourceOrgID", "aws:SourceOrgPaths"] {
                context = context.without(key);
            }
        }
        let mut document = self.document.with_denials(statement);
        if !is_direct {
            let statements = document.statements.as_slice().iter().chain(&self.for_others).cloned();
            document.statements = OneOrMany::Many(statements.collect()).into();
        }
        let request = Request {
            principal: who.clone(),
            action: action.to_owned(),
            resource: self.function.to_string(),
            context,
        };
        let resource = Some(("the function's own policy".to_owned(), &document));
        let policies = Policies { resource, ..Policies::default() };
        matches!(evaluate(&policies, &request).decision, Decision::Allowed | Decision::Undecided)
    }
}

/// Whether a condition of a Deny spares only what is of the account, so that it refuses everyone else.
fn spares_only(operator: &str, key: &str, values: &[Scalar], account: &str) -> bool {
    let positive = match operator.strip_suffix("IfExists").unwrap_or(operator) {
        "StringNotEquals" => "StringEquals",
        "StringNotLike" => "StringLike",
        "ArnNotEquals" => "ArnEquals",
        "ArnNotLike" => "ArnLike",
        _ => return false,
    };
    // A service that acts for someone else is not a principal of the account either.
    binds(positive, key, values, account)
}

/// The actions that change a function, plus any non-read-only actions that the statement names in full.
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

/// Which of the actions a statement covers.
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

/// Whether conditions bind a statement to the account, either the caller's or the one a service acts for. A bucket's name
/// does not: its ARN has no account.
fn is_bound(statement: &Statement, account: &str) -> bool {
    statement.conditions().iter().any(|(operator, key, values)| binds(operator, key, values, account))
}

fn binds(operator: &str, key: &str, values: &[Scalar], account: &str) -> bool {
    let is_bound = |value: String| match key.to_ascii_lowercase().as_str() {
        "aws:principalaccount" | "aws:sourceaccount" => {
            value == account || value.eq_ignore_ascii_case("${aws:ResourceAccount}")
        }
        "aws:sourcearn" | "aws:principalarn" => is_of_account(&value, operator, account),
        _ => false,
    };
    matches!(operator, "StringEquals" | "StringLike" | "ArnEquals" | "ArnLike")
        && !values.is_empty()
        && values.iter().map(ToString::to_string).all(is_bound)
}

/// Whether a pattern matches only ARNs of the account.
fn is_of_account(pattern: &str, operator: &str, account: &str) -> bool {
    let parts: Vec<&str> = pattern.splitn(6, ':').collect();
    // `StringLike` wildcards match colons: one before the account may match everything after it.
    let is_open = |part: &&str| part.contains("${") || operator == "StringLike" && part.contains(['*', '?']);
    // An account has twelve digits, so that wildcards around twelve match nothing.
    let of_account = match operator {
        "StringLike" | "StringEquals" => parts.get(4).copied(),
        _ => parts.get(4).map(|part| part.trim_matches('*')),
    };
    parts.len() == 6 && of_account == Some(account) && !parts[..4].iter().any(is_open)
}

/// The bucket of an ARN that has no account but names a bucket in full.
fn bucket_name(arn: &str) -> Option<&str> {
    let name = arn.splitn(6, ':').nth(5).filter(|_| arn.starts_with("arn:aws") && arn.contains(":s3:::"))?;
    let is_name = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, '.' | '-');
    (name.len() >= 3 && name.chars().all(is_name)).then_some(name)
}

/// The buckets whose names alone say for whom S3 may act: once one is deleted, its name is anyone's.
fn buckets_by_name(statement: &Statement) -> Vec<String> {
    let arns = statement.conditions().on("aws:SourceArn").flat_map(|(_, values)| values);
    arns.filter_map(|arn| bucket_name(&arn.to_string()).map(str::to_owned)).collect()
}

/// Whether a condition narrows who a service acts for, even if not to the account.
fn is_narrowed(statement: &Statement) -> bool {
    const KEYS: [&str; 6] = [
        "aws:SourceArn",
        "aws:SourceAccount",
        "aws:SourceOrgID",
        "aws:SourceOrgPaths",
        "aws:PrincipalOrgID",
        "lambda:EventSourceToken",
    ];
    KEYS.iter().any(|key| statement.conditions().on(key).next().is_some())
}

#[cfg(test)]
mod tests {
    use super::*;

    const FUNCTION: &str = "arn:aws:lambda:us-east-1:111122223333:function:f";

    fn who(principal: &str, condition: &str) -> Vec<String> {
        let text = format!(
            r#"{{"Version":"2012-10-17","Statement":{{"Effect":"Allow","Principal":{principal},"Action":"lambda:InvokeFunction","Resource":"{FUNCTION}","Condition":{condition}}}}}"#
        );
        let policy = Document::parse(&text).unwrap();
        let grants = function_grants(&policy, &FUNCTION.parse().unwrap(), |_, _| None);
        grants.into_iter().map(|grant| grant.who).collect()
    }

    const S3: &str = r#"{"Service":"s3.amazonaws.com"}"#;

    #[test]
    fn only_the_own_account_in_full_binds_a_statement_to_it() {
        for bound in [
            r#"{"StringEquals":{"aws:SourceAccount":"111122223333"}}"#,
            r#"{"StringLike":{"AWS:SourceAccount":"111122223333"},"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:events:us-east-1:111122223333:rule/*"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:*:*:111122223333:*"}}"#,
            r#"{"StringLike":{"aws:SourceArn":"arn:aws:events:us-east-1:111122223333:rule/*"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:events:*:*111122223333*:*"}}"#,
            r#"{"StringEquals":{"aws:SourceAccount":"${aws:ResourceAccount}"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::my-bucket"},"StringEquals":{"aws:SourceAccount":"111122223333"}}"#,
        ] {
            assert_eq!(who(S3, bound), Vec::<String>::new(), "{bound}");
        }
        for by_name in ["ArnLike", "StringEquals"] {
            assert_eq!(
                who(S3, &format!(r#"{{"{by_name}":{{"AWS:SourceArn":"arn:aws:s3:::my-bucket"}}}}"#)),
                ["the AWS service s3.amazonaws.com for whoever owns the bucket my-bucket"]
            );
        }
        assert_eq!(
            who("\"*\"", r#"{"StringEquals":{"aws:PrincipalOrgID":"o-abcdefghij"}}"#),
            ["anyone for whom StringEquals aws:PrincipalOrgID is o-abcdefghij"]
        );
        for open in [
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::*"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:s3:::my-*"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:apigateway:us-east-1::/restapis/*"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1::*"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":"arn:aws:sns:us-east-1:*:topic"}}"#,
            r#"{"ArnLike":{"aws:SourceArn":["arn:aws:sns:us-east-1:111122223333:t","arn:aws:sns:us-east-1:999988887777:t"]}}"#,
            r#"{"StringLike":{"aws:SourceArn":"arn:aws:*:111122223333:*"}}"#,
            r#"{"StringLike":{"aws:SourceArn":"arn:aws:*:*:111122223333:*"}}"#,
            r#"{"ArnLikeIfExists":{"aws:SourceArn":"arn:aws:events:us-east-1:111122223333:rule/*"}}"#,
            r#"{"StringNotEquals":{"aws:SourceAccount":"111122223333"}}"#,
            r#"{"StringLike":{"aws:SourceAccount":"1111*"}}"#,
            r#"{"StringEquals":{"aws:SourceOrgID":"o-abcdefghij"}}"#,
            r#"{"StringEquals":{"lambda:EventSourceToken":"token"}}"#,
        ] {
            assert_eq!(
                who(S3, open),
                ["the AWS service s3.amazonaws.com for others than this account"],
                "{open}"
            );
            assert_eq!(who("\"*\"", open).len(), 1, "{open}");
        }
        let nothing = who(S3, r#"{"Bool":{"aws:SecureTransport":"true"}}"#);
        assert_eq!(nothing, ["the AWS service s3.amazonaws.com for any account"]);
    }

    #[test]
    fn a_deny_of_what_is_not_of_the_account_binds_what_it_covers() {
        let who = |allow: &str, denials: &[String]| {
            let text = format!(
                r#"{{"Version":"2012-10-17","Statement":[{{"Effect":"Allow",{allow},"Action":"lambda:InvokeFunction","Resource":"{FUNCTION}"}}{}]}}"#,
                denials.iter().map(|deny| format!(",{deny}")).collect::<String>()
            );
            let policy = Document::parse(&text).unwrap();
            let grants = function_grants(&policy, &FUNCTION.parse().unwrap(), |_, _| None);
            grants.into_iter().map(|grant| grant.who).collect::<Vec<_>>()
        };
        let deny = |condition: &str| {
            format!(
                r#"{{"Effect":"Deny","Principal":"*","Action":"lambda:*","Resource":"{FUNCTION}","Condition":{condition}}}"#
            )
        };
        let (anyone, s3) = (r#""Principal":"*""#, r#""Principal":{"Service":"s3.amazonaws.com"}"#);
        let by_source = deny(r#"{"StringNotEquals":{"aws:SourceAccount":"111122223333"}}"#);
        let by_caller = deny(r#"{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"}}"#);
        let by_arn = deny(r#"{"ArnNotLike":{"aws:SourceArn":"arn:aws:*:*:111122223333:*"}}"#);
        let by_caller_arn = deny(r#"{"ArnNotLike":{"aws:PrincipalArn":"arn:aws:*:*:111122223333:*"}}"#);
        let if_exists = deny(r#"{"StringNotEqualsIfExists":{"aws:SourceAccount":"111122223333"}}"#);
        let of_services = deny(
            r#"{"StringNotEquals":{"aws:SourceAccount":"111122223333"},"Bool":{"aws:PrincipalIsAWSService":"true"}}"#,
        );
        let of_callers = deny(
            r#"{"StringNotEquals":{"aws:PrincipalAccount":"111122223333"},"Bool":{"aws:PrincipalIsAWSService":"false"}}"#,
        );
        for (allow, denials) in [
            (s3, vec![&by_source]),
            (s3, vec![&by_arn]),
            (s3, vec![&if_exists]),
            (s3, vec![&of_services]),
            (s3, vec![&by_caller]),
            (anyone, vec![&by_caller]),
            (anyone, vec![&by_source]),
            (anyone, vec![&by_arn]),
            (anyone, vec![&of_services, &of_callers]),
            (anyone, vec![&by_caller_arn]),
        ] {
            let denials: Vec<String> = denials.into_iter().cloned().collect();
            assert_eq!(who(allow, &denials), Vec::<String>::new(), "{allow} {denials:?}");
        }
        for (allow, denial) in [
            (s3, deny(r#"{"StringNotEquals":{"aws:SourceAccount":["111122223333","999988887777"]}}"#)),
            (s3, deny(r#"{"StringEquals":{"aws:SourceAccount":"999988887777"}}"#)),
            (
                s3,
                deny(
                    r#"{"StringNotEquals":{"aws:SourceAccount":"111122223333"},"Null":{"aws:SourceAccount":"false"}}"#,
                ),
            ),
            (s3, by_source.replace("lambda:*", "lambda:UpdateFunctionCode")),
            (s3, of_callers.clone()),
            (anyone, of_services.clone()),
            (anyone, deny(r#"{"StringNotEquals":{"aws:PrincipalAccount":["111122223333","999988887777"]}}"#)),
            (
                anyone,
                deny(r#"{"StringNotLike":{"aws:SourceAccount":"1111*"}}"#).replace("\"Principal\":\"*\"", s3),
            ),
        ] {
            assert_eq!(who(allow, std::slice::from_ref(&denial)).len(), 1, "{allow} {denial}");
        }
    }
}
