//! AWS Organizations: the policies that affect an account, for those who may read them.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::client::{Clients, Payload, SignedCall, SignedService};
use super::error::{AwsError, AwsErrorKind};
use super::pages::PAGES;
use crate::arn::{AccountId, global_region, partition_of_region};
use crate::model::GuardsReading;
use crate::policy::Document;
use crate::spec::{OrganizationPolicies, OrganizationPolicy, ScpLevel};

const SERVICE: SignedService = SignedService { name: "organizations", id: "Organizations", rate: None };

/// A call, by its permission and its header.
#[derive(Clone, Copy)]
struct OrganizationsCall(&'static str, &'static str);

const DESCRIBE_ORGANIZATION: OrganizationsCall =
    OrganizationsCall("organizations:DescribeOrganization", "AWSOrganizationsV20161128.DescribeOrganization");
const LIST_PARENTS: OrganizationsCall =
    OrganizationsCall("organizations:ListParents", "AWSOrganizationsV20161128.ListParents");
const LIST_POLICIES: OrganizationsCall = OrganizationsCall(
    "organizations:ListPoliciesForTarget",
    "AWSOrganizationsV20161128.ListPoliciesForTarget",
);
const DESCRIBE_POLICY: OrganizationsCall =
    OrganizationsCall("organizations:DescribePolicy", "AWSOrganizationsV20161128.DescribePolicy");

/// An organization has a root and at most five levels of units.
const LEVELS: usize = 8;

/// What restricts an account. Any account may ask whether it is in an organization; only the management account and
/// delegated administrators see its policies.
pub async fn organization_guards(clients: &Clients, account: &AccountId) -> GuardsReading {
    let described = call(clients, DESCRIBE_ORGANIZATION, "", json!({})).await;
    let organization = match described {
        Ok(answer) => answer["Organization"].clone(),
        Err(error) if error.code() == Some("AWSOrganizationsNotInUseException") => {
            return GuardsReading::Unrestricted("the account is in no organization");
        }
        Err(error) => return GuardsReading::NotRead { organization: None, why: error.brief() },
    };
    let id = organization["Id"].as_str().map(str::to_owned);
    if organization["MasterAccountId"].as_str() == Some(account.as_str()) {
        return GuardsReading::Unrestricted("the account is the management account of its organization");
    }
    match policies(clients, account).await {
        Ok(policies) => GuardsReading::Known(policies),
        Err(error) => GuardsReading::NotRead { organization: id, why: error.brief() },
    }
}

async fn policies(clients: &Clients, account: &AccountId) -> Result<OrganizationPolicies, AwsError> {
    let mut found = OrganizationPolicies::default();
    // The same policy may be attached at several levels.
    let mut documents = BTreeMap::new();
    let mut target = account.to_string();
    for _ in 0..LEVELS {
        let level = match target.as_str() {
            target if target == account.as_str() => "account",
            target if target.starts_with("r-") => "root",
            unit => unit,
        }
        .to_owned();
        let scp = attached(clients, &target, "SERVICE_CONTROL_POLICY", &mut documents).await?;
        // If the type is not enabled, nothing is attached anywhere.
        if !scp.is_empty() {
            found.scp.push(ScpLevel { name: level, policies: scp });
        }
        found.rcp.extend(attached(clients, &target, "RESOURCE_CONTROL_POLICY", &mut documents).await?);
        if target.starts_with("r-") {
            return Ok(found);
        }
        let parents = call(clients, LIST_PARENTS, &target, json!({ "ChildId": target })).await?;
        let parent = parents["Parents"][0]["Id"].as_str();
        target = parent.map(str::to_owned).ok_or_else(|| incomplete(LIST_PARENTS, &target, "Parents"))?;
    }
    Err(incomplete(LIST_PARENTS, &target, "a root"))
}

async fn attached(
    clients: &Clients,
    target: &str,
    kind: &str,
    documents: &mut BTreeMap<String, Document>,
) -> Result<Vec<OrganizationPolicy>, AwsError> {
    let mut found = Vec::new();
    let mut token = Value::Null;
    for _ in 0..PAGES {
        let mut body = json!({ "TargetId": target, "Filter": kind });
        if !token.is_null() {
            body["NextToken"] = token;
        }
        let page = match call(clients, LIST_POLICIES, target, body).await {
            Err(error) if error.code() == Some("PolicyTypeNotEnabledException") => return Ok(Vec::new()),
            page => page?,
        };
        for summary in page["Policies"].as_array().into_iter().flatten() {
            let id = summary["Id"].as_str().ok_or_else(|| incomplete(LIST_POLICIES, target, "Id"))?;
            let name = summary["Name"].as_str().unwrap_or(id).to_owned();
            let document = match documents.get(id) {
                Some(document) => document.clone(),
                None => document(clients, id).await?,
            };
            documents.insert(id.to_owned(), document.clone());
            found.push(OrganizationPolicy { name, document });
        }
        token = page["NextToken"].clone();
        if token.is_null() {
            return Ok(found);
        }
    }
    let endless = AwsErrorKind::Construction("the listing has no end".into());
    Err(AwsError::new(LIST_POLICIES.0, target, endless))
}

async fn document(clients: &Clients, policy: &str) -> Result<Document, AwsError> {
    let answer = call(clients, DESCRIBE_POLICY, policy, json!({ "PolicyId": policy })).await?;
    let text = answer["Policy"]["Content"].as_str();
    let text = text.ok_or_else(|| incomplete(DESCRIBE_POLICY, policy, "Content"))?;
    Document::parse(text).map_err(|_| incomplete(DESCRIBE_POLICY, policy, "a policy document"))
}

fn incomplete(operation: OrganizationsCall, subject: &str, missing: &str) -> AwsError {
    AwsError::incomplete(operation.0, subject, missing)
}

async fn call(
    clients: &Clients,
    OrganizationsCall(operation, target): OrganizationsCall,
    subject: &str,
    body: Value,
) -> Result<Value, AwsError> {
    let region = global_region(partition_of_region(&clients.region));
    let payload = Payload::Target { target, body };
    let subject = subject.to_owned();
    clients.signed(SignedCall { service: SERVICE, region, operation, subject, payload }).await
}
