//! IAM Access Analyzer: who outside the account may assume a role, according to AWS itself.

use serde_json::{Value, json};

use super::client::{Clients, Payload, SignedCall, SignedService};
use super::error::AwsError;
use crate::arn::Arn;
use crate::check::{ExternalAccess, PresentedId};

const SERVICE: SignedService = SignedService { name: "access-analyzer", id: "AccessAnalyzer", rate: None };

/// Limit for findings about one role.
const MOST_PAGES: usize = 5;

/// The active findings about a role from the account's analyzers for external access. `None`: no analyzer exists.
///
/// # Errors
/// If the caller may not ask, or the service does not answer.
pub async fn external_access(clients: &Clients, role: &Arn) -> Result<Option<Vec<ExternalAccess>>, AwsError> {
    let call = |operation, method, path, body| SignedCall {
        service: SERVICE,
        region: &clients.region,
        operation,
        subject: format!("role `{}`", role.name()),
        payload: Payload::Rest { method, path, body },
    };
    let answer = clients.signed(call("access-analyzer:ListAnalyzers", "GET", "/analyzer", None)).await?;
    let analyzers: Vec<&str> = items(&answer["analyzers"]).filter_map(external).collect();
    if analyzers.is_empty() {
        return Ok(None);
    }
    let mut found = Vec::new();
    for analyzer in analyzers {
        let mut body = json!({
            "analyzerArn": analyzer,
            "filter": { "resource": { "eq": [role] }, "status": { "eq": ["ACTIVE"] } },
        });
        for _ in 0..MOST_PAGES {
            let page = clients
                .signed(call("access-analyzer:ListFindings", "POST", "/finding", Some(body.clone())))
                .await?;
            let is_about = |one: &&Value| one["resource"].as_str() == Some(role.to_string().as_str());
            found.extend(items(&page["findings"]).filter(is_about).map(finding));
            match page["nextToken"].as_str() {
                Some(token) => body["nextToken"] = token.into(),
                None => break,
            }
        }
    }
    Ok(Some(found))
}

fn items(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// Analyzers for unused or internal access find something else.
fn external(analyzer: &Value) -> Option<&str> {
    let is_external = matches!(analyzer["type"].as_str(), Some("ACCOUNT" | "ORGANIZATION"));
    let is_active = analyzer["status"].as_str() == Some("ACTIVE");
    analyzer["arn"].as_str().filter(|_| is_external && is_active)
}

fn finding(one: &Value) -> ExternalAccess {
    let texts = |value: &Value| -> Vec<(String, String)> {
        let members = value.as_object().into_iter().flatten();
        members.filter_map(|(key, value)| Some((key.clone(), value.as_str()?.to_owned()))).collect()
    };
    ExternalAccess {
        principal: texts(&one["principal"]).into_iter().collect(),
        external_id: texts(&one["condition"])
            .into_iter()
            .find(|(key, _)| key.eq_ignore_ascii_case("sts:ExternalId"))
            .map(|(_, id)| PresentedId::new(id)),
        analyzed: one["analyzedAt"].as_str().and_then(|at| at.parse().ok()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Shapes recorded elsewhere (Cloud Custodian's test data).
    #[test]
    fn findings_have_a_principal_and_analyzers_a_type() {
        let recorded = json!({
            "id": "6d1a2533", "principal": { "AWS": "arn:aws:iam::444455556666:role/x" }, "action": ["sts:AssumeRole"],
            "resource": "arn:aws:iam::111122223333:role/R", "isPublic": false, "condition": {}, "status": "ACTIVE",
            "analyzedAt": "2023-07-05T08:32:24.886000Z",
        });
        let found = finding(&recorded);
        assert_eq!(found.principal["AWS"], "arn:aws:iam::444455556666:role/x");
        assert_eq!(found.external_id, None);
        assert!(found.analyzed.is_some());
        let analyzer = |kind: &str| json!({ "arn": "a", "type": kind, "status": "ACTIVE" });
        assert_eq!(external(&analyzer("ACCOUNT")), Some("a"));
        assert_eq!(external(&analyzer("ACCOUNT_UNUSED_ACCESS")), None);
        assert_eq!(finding(&Value::Null).principal.len(), 0);
    }
}
