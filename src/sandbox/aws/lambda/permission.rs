//! The own policies of functions, aliases and versions.

use serde_json::{Map, Value, json};

use super::change::stored;
use super::reply::Reply;
use super::request::NO_POLICY;
use crate::arn::{AccountId, Arn};
use crate::policy::document::{OneOrMany, Statement};
use crate::sandbox::aws::call::Call;
use crate::sandbox::aws::function_name::NamedFunction;
use crate::sandbox::aws::refusal::Refusal;
use crate::sandbox::state::document::parse;

/// Adds a statement.
pub(super) fn add(
    call: &mut Call<'_>,
    named: &NamedFunction,
    asked: &Map<String, Value>,
) -> Result<Reply, Refusal> {
    let text = |member: &str| asked.get(member).and_then(Value::as_str);
    let missing = |member: &str| {
        let message = format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        );
        Refusal::new(400, "ValidationException", message)
    };
    let sid = text("StatementId").ok_or_else(|| missing("statementId"))?;
    let action = text("Action").ok_or_else(|| missing("action"))?;
    let principal = text("Principal").ok_or_else(|| missing("principal"))?;
    let partition = call.state.partition.clone();
    let mut statement = json!({
        "Sid": sid, "Effect": "Allow", "Principal": principal_of(principal, &partition), "Action": action,
        "Resource": named.arn().to_string(),
    });
    let conditions = [
        ("ArnLike", "AWS:SourceArn", "SourceArn"),
        ("StringEquals", "AWS:SourceAccount", "SourceAccount"),
        ("StringEquals", "aws:PrincipalOrgID", "PrincipalOrgID"),
        ("StringEquals", "lambda:EventSourceToken", "EventSourceToken"),
        ("StringEquals", "lambda:FunctionUrlAuthType", "FunctionUrlAuthType"),
    ];
    for (operator, key, member) in conditions {
        if let Some(value) = text(member) {
            statement["Condition"][operator][key] = value.into();
        }
    }
    if let Some(is_by_url) = asked.get("InvokedViaFunctionUrl").and_then(Value::as_bool) {
        statement["Condition"]["Bool"]["lambda:InvokedViaFunctionUrl"] = is_by_url.to_string().into();
    }
    let qualifier = named.qualifier.clone().unwrap_or_default();
    let function = stored(call, named)?;
    let mut document = match function.policies.get(&qualifier) {
        Some(policy) => serde_json::from_str::<Value>(policy).unwrap_or_default(),
        None => json!({ "Version": "2012-10-17", "Id": "default", "Statement": [] }),
    };
    let all = match document["Statement"].take() {
        Value::Array(all) => all,
        Value::Null => Vec::new(),
        only => vec![only],
    };
    if all.iter().any(|one| one["Sid"] == sid) {
        let message = format!(
            "The statement id ({sid}) provided already exists. Please provide a new statement id, or remove the existing \
             statement."
        );
        return Err(Refusal::new(409, "ResourceConflictException", message));
    }
    document["Statement"] = all.into_iter().chain([statement.clone()]).collect();
    let policy = document.to_string();
    // What IAM's language does not know is refused, as Lambda does.
    parse(&policy)
        .map_err(|_| Refusal::new(400, "InvalidParameterValueException", "The policy is not valid"))?;
    function.policies.insert(qualifier, policy);
    Ok(Reply::created(&json!({ "Statement": statement.to_string() })))
}

/// As Lambda writes it: an account by its root.
fn principal_of(principal: &str, partition: &str) -> Value {
    match principal {
        "*" => "*".into(),
        service if service.ends_with(".amazonaws.com") => json!({ "Service": service }),
        account => match account.parse::<AccountId>() {
            Ok(account) => json!({ "AWS": Arn::account_root(partition, &account).to_string() }),
            Err(_) => json!({ "AWS": account }),
        },
    }
}

/// Removes a statement; without its last one the policy is gone.
pub(super) fn remove(call: &mut Call<'_>, named: &NamedFunction, sid: &str) -> Result<Reply, Refusal> {
    let not_found = |message: String| Refusal::new(404, "ResourceNotFoundException", message);
    let qualifier = named.qualifier.clone().unwrap_or_default();
    let function = stored(call, named)?;
    let text = function.policies.get(&qualifier).ok_or_else(|| not_found(NO_POLICY.to_owned()))?;
    let mut document = parse(text)?;
    let all = document.statements.as_slice();
    let kept: Vec<Statement> =
        all.iter().filter(|statement| statement.sid.as_deref() != Some(sid)).cloned().collect();
    if kept.len() == all.len() {
        return Err(not_found(format!("Statement {sid} is not found in resource policy.")));
    }
    if kept.is_empty() {
        function.policies.remove(&qualifier);
    } else {
        document.statements = OneOrMany::Many(kept).into();
        function.policies.insert(qualifier, document.to_json());
    }
    Ok(Reply::empty())
}
