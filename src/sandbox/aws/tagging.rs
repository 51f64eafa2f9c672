//! The Resource Groups Tagging API, for managed policies' tags. As on AWS, it does not cover roles.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use crate::arn::global_region;
use crate::sandbox::state::iam::Tag;

const TARGET: &str = "ResourceGroupsTaggingAPI_20170126.";
const TYPE: &str = "iam:policy";

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct GetResources {
    #[serde(rename = "ResourceARNList")]
    arns: Vec<String>,
    resource_type_filters: Vec<String>,
    tag_filters: Vec<TagFilter>,
    resources_per_page: Option<usize>,
    pagination_token: String,
}

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct TagFilter {
    key: String,
    values: Vec<String>,
}

/// `target` is the `X-Amz-Target` header.
pub(crate) fn handle(call: &Call<'_>, target: &str, body: &[u8]) -> Result<Value, Refusal> {
    let invalid = |message: &str| Refusal::new(400, "InvalidParameterException", message);
    let Some("GetResources") = target.strip_prefix(TARGET) else {
        return Err(Refusal::new(400, "UnknownOperationException", "The sandbox has GetResources only"));
    };
    call.caller.authorise("tag:GetResources", "*", call.context(), None)?;
    let request: GetResources =
        serde_json::from_slice(body).map_err(|_| Refusal::new(400, "SerializationException", "not JSON"))?;
    let GetResources { arns, resource_type_filters, tag_filters, resources_per_page, pagination_token } =
        request;
    let filtered = !resource_type_filters.is_empty() || !tag_filters.is_empty();
    if !arns.is_empty() && (filtered || resources_per_page.is_some() || !pagination_token.is_empty()) {
        return Err(invalid("ResourceARNList cannot be used with filters or pagination"));
    }
    if arns.len() > 100 || resources_per_page.is_some_and(|count| !(1..=100).contains(&count)) {
        return Err(invalid("there may be 100 resources at most"));
    }
    let wanted_type = resource_type_filters.is_empty()
        || resource_type_filters.iter().any(|kind| kind == TYPE || kind == "iam");
    let policies = call.state.account(&call.caller.account).map(|account| account.policies.values());
    // Only where the partition keeps its global resources.
    let policies = policies.filter(|_| call.region == global_region(&call.state.partition));
    let found: Vec<(String, &[Tag])> = policies
        .into_iter()
        .flatten()
        .map(|policy| {
            (call.state.policy_arn(&call.caller.account, policy).to_string(), policy.tags.as_slice())
        })
        .filter(|(arn, tags)| {
            wanted_type
                && !tags.is_empty()
                && (arns.is_empty() || arns.contains(arn))
                && tag_filters.iter().all(|filter| passes(filter, tags))
        })
        .collect();
    let size = if arns.is_empty() { resources_per_page.unwrap_or(50) } else { 100 };
    let from: usize = if pagination_token.is_empty() {
        0
    } else {
        pagination_token.parse().map_err(|_| invalid("PaginationToken is none of this API's"))?
    };
    let page: Vec<Value> = found
        .iter()
        .skip(from)
        .take(size)
        .map(|(arn, tags)| {
            let tags: Vec<Value> =
                tags.iter().map(|Tag { key, value }| json!({ "Key": key, "Value": value })).collect();
            json!({ "ResourceARN": arn, "Tags": tags })
        })
        .collect();
    let next = if from + size < found.len() { (from + size).to_string() } else { String::new() };
    Ok(json!({ "PaginationToken": next, "ResourceTagMappingList": page }))
}

fn passes(filter: &TagFilter, tags: &[Tag]) -> bool {
    tags.iter()
        .any(|tag| tag.key == filter.key && (filter.values.is_empty() || filter.values.contains(&tag.value)))
}
