//! AWS Organizations: one account's chain, shown to those who may see it.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use crate::policy::Document;
use crate::sandbox::state::organizations::{AwsOrganization, GuardPolicy, OrganizationLevel};

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct OrganizationsQuery {
    target_id: String,
    filter: String,
    child_id: String,
    policy_id: String,
    content: String,
}

/// AWS attaches it wherever nothing else is attached.
const FULL_SCP: &str =
    r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Action":"*","Resource":"*"}]}"#;
const FULL_RCP: &str = r#"{"Version":"2012-10-17","Statement":[{"Effect":"Allow","Principal":"*","Action":"*","Resource":"*"}]}"#;
const ROOT: &str = "r-sand";

/// `target` is the `X-Amz-Target` header.
pub(crate) fn handle(call: &mut Call<'_>, target: &str, body: &[u8]) -> Result<Value, Refusal> {
    let operation = target.rsplit('.').next().unwrap_or_default();
    call.caller.authorise(&format!("organizations:{operation}"), "*", call.context(), None)?;
    let account = &call.caller.account;
    let Some(organization) = call.state.aws_organization.as_ref().filter(|one| one.has(account)) else {
        let message = "Your account is not a member of an organization.";
        return Err(Refusal::new(400, "AWSOrganizationsNotInUseException", message));
    };
    let asked: OrganizationsQuery =
        serde_json::from_slice(body).map_err(|_| Refusal::new(400, "SerializationException", "not JSON"))?;
    if operation == "DescribeOrganization" {
        let AwsOrganization { id, management_account, .. } = organization;
        let arn =
            format!("arn:{}:organizations::{management_account}:organization/{id}", call.state.partition);
        return Ok(json!({ "Organization": { "Id": id, "Arn": arn, "FeatureSet": "ALL",
                                            "MasterAccountId": management_account } }));
    }
    if *account != organization.management_account && !organization.is_delegated {
        let message = "You don't have permissions to access this resource.";
        return Err(Refusal::access_denied(message.to_owned()));
    }
    if matches!(operation, "UpdatePolicy" | "DetachPolicy") {
        if *account != organization.management_account {
            let message = "You don't have permissions to access this resource.";
            return Err(Refusal::access_denied(message.to_owned()));
        }
        return change(call, operation, &asked);
    }
    // The management account sees the chain of its member.
    let member = organization.members.iter().find(|one| *one == account).or(organization.members.first());
    let chain = chain(organization, member.unwrap_or(account).as_str());
    match operation {
        "ListParents" => {
            let at = chain.iter().position(|(id, _)| *id == asked.child_id);
            let parent = at.and_then(|at| at.checked_sub(1)).and_then(|at| chain.get(at));
            let Some((parent, _)) = parent else { return Err(missing("ChildNotFoundException")) };
            let kind = if parent == ROOT { "ROOT" } else { "ORGANIZATIONAL_UNIT" };
            Ok(json!({ "Parents": [{ "Id": parent, "Type": kind }] }))
        }
        "ListPoliciesForTarget" => {
            let Some((_, level)) = chain.iter().find(|(id, _)| *id == asked.target_id) else {
                return Err(missing("TargetNotFoundException"));
            };
            let is_scp = asked.filter == "SERVICE_CONTROL_POLICY";
            let own: &[GuardPolicy] = match level {
                Some(level) if is_scp => &level.policies,
                // They are all kept at the root.
                _ if !is_scp && asked.target_id == ROOT => &organization.rcps,
                _ => &[],
            };
            let mut policies: Vec<Value> =
                own.iter().map(|one| summary(&one.id, &one.name, &asked.filter)).collect();
            if policies.is_empty() || !is_scp {
                let name = if is_scp { "FullAWSAccess" } else { "RCPFullAWSAccess" };
                policies.push(summary(&format!("p-{name}"), name, &asked.filter));
            }
            Ok(json!({ "Policies": policies }))
        }
        "DescribePolicy" => {
            let levels = organization.scps.iter().flat_map(|level| &level.policies);
            let own = levels.chain(&organization.rcps).find(|one| one.id == asked.policy_id);
            let (name, content) = match (own, asked.policy_id.as_str()) {
                (Some(policy), _) => (policy.name.as_str(), policy.text.as_str()),
                (None, "p-FullAWSAccess") => ("FullAWSAccess", FULL_SCP),
                (None, "p-RCPFullAWSAccess") => ("RCPFullAWSAccess", FULL_RCP),
                (None, _) => return Err(missing("PolicyNotFoundException")),
            };
            let summary = json!({ "Id": asked.policy_id, "Name": name });
            Ok(json!({ "Policy": { "PolicySummary": summary, "Content": content } }))
        }
        _ => {
            Err(Refusal::new(400, "UnknownOperationException", "The sandbox has six calls of Organizations"))
        }
    }
}

/// What only the management account may do.
fn change(call: &mut Call<'_>, operation: &str, asked: &OrganizationsQuery) -> Result<Value, Refusal> {
    let Some(organization) = &mut call.state.aws_organization else { return Ok(json!({})) };
    let levels = organization.scps.iter_mut().map(|level| &mut level.policies);
    let mut all = levels.chain([&mut organization.rcps]);
    let id = &asked.policy_id;
    let Some(policies) = all.find(|policies| policies.iter().any(|policy| policy.id == *id)) else {
        return Err(missing("PolicyNotFoundException"));
    };
    if operation == "DetachPolicy" {
        policies.retain(|policy| policy.id != *id);
        return Ok(json!({}));
    }
    if Document::parse(&asked.content).is_err() {
        let message =
            "The provided policy document does not meet the requirements of the specified policy type.";
        return Err(Refusal::new(400, "MalformedPolicyDocumentException", message));
    }
    let Some(policy) = policies.iter_mut().find(|policy| policy.id == *id) else {
        return Err(missing("PolicyNotFoundException"));
    };
    policy.text.clone_from(&asked.content);
    let summary = json!({ "Id": policy.id, "Name": policy.name });
    Ok(json!({ "Policy": { "PolicySummary": summary, "Content": policy.text } }))
}

fn missing(code: &'static str) -> Refusal {
    Refusal::new(400, code, "You specified a value that does not exist.")
}

fn summary(id: &str, name: &str, kind: &str) -> Value {
    json!({ "Id": id, "Name": name, "Type": kind, "AwsManaged": name.ends_with("FullAWSAccess") })
}

/// From the root to the account, each with its own level, if any.
fn chain<'o>(
    organization: &'o AwsOrganization,
    account: &str,
) -> Vec<(String, Option<&'o OrganizationLevel>)> {
    let named = |name: &str| organization.scps.iter().find(|level| level.name == name);
    let mut chain = vec![(ROOT.to_owned(), named("root"))];
    let units = organization.scps.iter().filter(|level| !matches!(level.name.as_str(), "root" | "account"));
    chain.extend(units.map(|level| (format!("ou-sand-{}", level.name), Some(level))));
    chain.push((account.to_owned(), named("account")));
    chain
}
