//! IAM Access Analyzer: who outside the account the trust policies admit, derived from the documents.

use http::Method;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::call::Call;
use super::refusal::Refusal;
use crate::arn::{AccountId, Arn};
use crate::policy::document::{Effect, PrincipalElement, Principals, Statement};
use crate::sandbox::ids::{digest, uuid};
use crate::sandbox::state::document::parse;
use crate::sandbox::state::iam::{StoredRole, date};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ListFindings {
    analyzer_arn: String,
    filter: std::collections::BTreeMap<String, Criterion>,
}

#[derive(Debug, Default, Deserialize)]
#[serde(default)]
struct Criterion {
    eq: Vec<String>,
}

pub(crate) fn handle(call: &Call<'_>, method: &Method, path: &str, body: &[u8]) -> Result<Value, Refusal> {
    let account = &call.caller.account;
    let arn =
        format!("arn:{}:access-analyzer:{}:{account}:analyzer/sandbox", call.state.partition, call.region);
    let has_analyzer = call.state.analyzers.contains(account);
    match (method, path) {
        (&Method::GET, "/analyzer") => {
            call.caller.authorise("access-analyzer:ListAnalyzers", "*", call.context(), None)?;
            let analyzer = json!({ "arn": arn, "name": "sandbox", "type": "ACCOUNT", "status": "ACTIVE",
                                   "createdAt": "2026-01-01T00:00:00Z" });
            Ok(json!({ "analyzers": if has_analyzer { vec![analyzer] } else { Vec::new() } }))
        }
        // The second version lists them without their principals: those are in GetFindingV2.
        (&Method::POST, "/finding" | "/findingv2") => {
            call.caller.authorise("access-analyzer:ListFindings", &arn, call.context(), None)?;
            let ListFindings { analyzer_arn, filter } = serde_json::from_slice(body)
                .map_err(|_| Refusal::new(400, "ValidationException", "The request is not JSON"))?;
            if !has_analyzer || analyzer_arn != arn {
                let message = format!("Analyzer {analyzer_arn} was not found");
                return Err(Refusal::new(404, "ResourceNotFoundException", message));
            }
            let mut findings = findings(call)?;
            findings.retain(|finding| {
                filter.iter().all(|(key, criterion)| {
                    let value = finding[key].as_str().unwrap_or_default();
                    criterion.eq.is_empty() || criterion.eq.iter().any(|wanted| wanted == value)
                })
            });
            if path == "/findingv2" {
                findings.iter_mut().for_each(without_details);
            }
            Ok(json!({ "findings": findings }))
        }
        (&Method::GET, path) if path.starts_with("/findingv2/") => {
            call.caller.authorise("access-analyzer:GetFinding", &arn, call.context(), None)?;
            let id = path.trim_start_matches("/findingv2/");
            let mut found = findings(call)?.into_iter().find(|one| one["id"] == id).ok_or_else(|| {
                Refusal::new(404, "ResourceNotFoundException", format!("Finding {id} was not found"))
            })?;
            let details = json!({ "principal": found["principal"], "action": found["action"],
                                  "isPublic": found["isPublic"], "condition": found["condition"] });
            without_details(&mut found);
            found["findingDetails"] = json!([{ "externalAccessDetails": details }]);
            Ok(found)
        }
        _ => Err(Refusal::new(
            404,
            "UnknownOperationException",
            "The sandbox has ListAnalyzers, ListFindings, ListFindingsV2 and GetFindingV2",
        )),
    }
}

fn without_details(finding: &mut Value) {
    if let Some(members) = finding.as_object_mut() {
        for name in ["principal", "action", "isPublic", "condition"] {
            members.remove(name);
        }
        members.insert("findingType".to_owned(), "ExternalAccess".into());
    }
}

fn findings(call: &Call<'_>) -> Result<Vec<Value>, Refusal> {
    let account = &call.caller.account;
    let roles = call.state.account(account).into_iter().flat_map(|account| account.roles.values());
    let mut found = Vec::new();
    for role in roles {
        let arn = call.state.role_arn(account, role);
        let trust = parse(&call.state.trust_of(role)?)?;
        for statement in trust.statements.as_slice().iter().filter(|one| one.effect == Effect::Allow) {
            for principal in outsiders(statement, account) {
                found.push(finding(call, role, &arn, statement, &principal));
            }
        }
    }
    Ok(found)
}

/// The AWS principals of a statement that are outside the account.
fn outsiders(statement: &Statement, account: &AccountId) -> Vec<String> {
    match &statement.principal {
        Some(PrincipalElement::Principal(Principals::ByKind(kinds))) => {
            let all = kinds.get("AWS").map(|values| values.as_slice()).unwrap_or_default();
            let is_outside =
                |value: &&String| !value.parse::<Arn>().is_ok_and(|arn| arn.account == account.as_str());
            all.iter().filter(is_outside).cloned().collect()
        }
        Some(PrincipalElement::Principal(_)) => vec!["*".to_owned()],
        Some(PrincipalElement::NotPrincipal(_)) | None => Vec::new(),
    }
}

fn finding(call: &Call<'_>, role: &StoredRole, arn: &Arn, statement: &Statement, principal: &str) -> Value {
    let mut conditions = Map::new();
    for (_, key, values) in statement.condition.iter().flat_map(|condition| condition.iter()) {
        let values: Vec<String> = values.iter().map(ToString::to_string).collect();
        conditions.insert(key.to_owned(), values.join(", ").into());
    }
    // An account's root is shown as the account.
    let shown = match principal.parse::<Arn>() {
        Ok(arn) if arn.resource == "root" => arn.account,
        _ => principal.to_owned(),
    };
    let now = date(call.now.as_second());
    let is_public = principal == "*" && conditions.is_empty();
    json!({
        "id": uuid(digest(&format!("finding {arn} {principal} {conditions:?}"))),
        "principal": { "AWS": shown }, "action": ["sts:AssumeRole"], "resource": arn, "isPublic": is_public,
        "resourceType": "AWS::IAM::Role", "resourceOwnerAccount": call.caller.account, "condition": conditions,
        "status": "ACTIVE", "createdAt": date(role.created), "analyzedAt": now, "updatedAt": now,
    })
}
