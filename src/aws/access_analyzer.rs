//! IAM Access Analyzer: who outside the account may assume a role, according to AWS itself.

use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde_json::{Value, json};

use super::client::{Clients, Payload, SignedCall, SignedService};
use super::error::AwsError;
use crate::arn::Arn;
use crate::check::{AnalyzerFindings, ExternalAccess, PresentedId};

const SERVICE: SignedService = SignedService { name: "access-analyzer", id: "AccessAnalyzer", rate: None };

/// Limit for findings about one role.
const MOST_PAGES: usize = 5;

/// The findings about a role from the account's analyzers for external access, archived ones too: the access is there.
/// `None`: no analyzer exists.
///
/// # Errors
/// If the caller may not list analyzers, or the service does not answer.
pub async fn external_access(clients: &Clients, role: &Arn) -> Result<Option<AnalyzerFindings>, AwsError> {
    let mut analyzers: Vec<String> = Vec::new();
    let mut token = String::new();
    for _ in 0..MOST_PAGES {
        let path =
            if token.is_empty() { "/analyzer".to_owned() } else { format!("/analyzer?nextToken={token}") };
        let page = clients
            .signed(call(clients, role, "access-analyzer:ListAnalyzers", ("GET", &path), None))
            .await?;
        analyzers.extend(items(&page["analyzers"]).filter_map(external).map(str::to_owned));
        match page["nextToken"].as_str() {
            Some(next) => token = utf8_percent_encode(next, NON_ALPHANUMERIC).to_string(),
            None => break,
        }
    }
    if analyzers.is_empty() {
        return Ok(None);
    }
    let (mut found, mut unread) = (Vec::new(), None);
    for analyzer in analyzers {
        let mut body = json!({ "analyzerArn": analyzer, "filter": { "resource": { "eq": [role] } } });
        let mut is_whole = false;
        for _ in 0..MOST_PAGES {
            let listed =
                call(clients, role, "access-analyzer:ListFindings", ("POST", "/finding"), Some(body.clone()));
            let page = match clients.signed(listed).await {
                Ok(page) => page,
                // What other analyzers find still counts.
                Err(error) => {
                    unread = Some(error.brief());
                    is_whole = true;
                    break;
                }
            };
            let is_about = |one: &&Value| {
                one["resource"].as_str() == Some(role.to_string().as_str()) && one["status"] != "RESOLVED"
            };
            found.extend(items(&page["findings"]).filter(is_about).map(finding));
            match page["nextToken"].as_str() {
                Some(token) => body["nextToken"] = token.into(),
                None => {
                    is_whole = true;
                    break;
                }
            }
        }
        if !is_whole {
            unread = Some(format!("it has more than {MOST_PAGES} pages of findings about the role"));
        }
    }
    Ok(Some(AnalyzerFindings { found, unread }))
}

fn call<'a>(
    clients: &'a Clients,
    role: &Arn,
    operation: &'static str,
    (method, path): (&'static str, &str),
    body: Option<Value>,
) -> SignedCall<'a> {
    SignedCall {
        service: SERVICE,
        region: &clients.region,
        operation,
        subject: format!("role `{}`", role.name()),
        payload: Payload::Rest { method, path: path.to_owned(), body },
    }
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
        is_archived: one["status"] == "ARCHIVED",
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
