//! CloudTrail's event history: who assumed the roles of the caller's account.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use crate::sandbox::state::cloudtrail::AssumeRoleEvent;
use crate::sandbox::state::iam::date;

#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct LookupEvents {
    lookup_attributes: Vec<Attribute>,
    start_time: Option<f64>,
    end_time: Option<f64>,
    max_results: Option<usize>,
    next_token: Option<String>,
}

#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Attribute {
    attribute_key: String,
    attribute_value: String,
}

/// `target` is the header `X-Amz-Target`.
pub(crate) fn handle(call: &Call<'_>, target: &str, body: &[u8]) -> Result<Value, Refusal> {
    if !target.ends_with(".LookupEvents") {
        return Err(Refusal::new(400, "UnknownOperationException", "The sandbox has LookupEvents only"));
    }
    call.caller.authorise("cloudtrail:LookupEvents", "*", call.context(), None)?;
    let LookupEvents { lookup_attributes, start_time, end_time, max_results, next_token } =
        serde_json::from_slice(body).map_err(|_| Refusal::new(400, "SerializationException", "not JSON"))?;
    if lookup_attributes.len() > 1 {
        let message = "You can specify only one lookup attribute";
        return Err(Refusal::new(400, "InvalidLookupAttributesException", message));
    }
    let size = max_results.unwrap_or(50);
    if !(1..=50).contains(&size) {
        let message = "A maximum of 50 results can be returned";
        return Err(Refusal::new(400, "InvalidMaxResultsException", message));
    }
    let from: usize = next_token
        .map_or(Ok(0), |token| token.parse())
        .map_err(|_| Refusal::new(400, "InvalidNextTokenException", "Invalid token."))?;
    let is_within = |event: &AssumeRoleEvent| {
        let time = event.time as f64;
        start_time.is_none_or(|start| time >= start) && end_time.is_none_or(|end| time <= end)
    };
    let found: Vec<&AssumeRoleEvent> = call
        .state
        .events
        .iter()
        .rev()
        .filter(|event| event.role.account == call.caller.account.as_str() && event.region == call.region)
        .filter(|event| is_within(event))
        .filter(|event| lookup_attributes.iter().all(|attribute| fits(event, attribute)))
        .collect();
    let events: Vec<Value> = found.iter().skip(from).take(size).map(|event| shown(call, event)).collect();
    let mut answer = json!({ "Events": events });
    if from + size < found.len() {
        answer["NextToken"] = (from + size).to_string().into();
    }
    Ok(answer)
}

fn fits(event: &AssumeRoleEvent, attribute: &Attribute) -> bool {
    let value = attribute.attribute_value.as_str();
    match attribute.attribute_key.as_str() {
        "ResourceName" => event.role.to_string() == value || event.role.name() == value,
        "ResourceType" => value == "AWS::IAM::Role",
        "EventName" => value == "AssumeRole",
        "EventSource" => value == "sts.amazonaws.com",
        "EventId" => event.id == value,
        "ReadOnly" => value == "true",
        _ => false,
    }
}

fn shown(call: &Call<'_>, event: &AssumeRoleEvent) -> Value {
    let AssumeRoleEvent {
        id,
        time,
        region,
        role,
        session_name,
        external_id,
        caller_account,
        caller_id,
        source_ip,
        user_agent,
    } = event;
    let session =
        format!("arn:{}:sts::{}:assumed-role/{}/{session_name}", role.partition, role.account, role.name());
    let mut parameters = json!({ "roleArn": role, "roleSessionName": session_name });
    if let Some(external_id) = external_id {
        parameters["externalId"] = external_id.as_str().into();
    }
    // In the role's account a caller from another account has no ARN.
    let mut identity = json!({ "type": "AWSAccount", "principalId": caller_id, "accountId": caller_account });
    if *caller_account == call.caller.account {
        identity["type"] = "IAMUser".into();
    }
    let record = json!({
        "eventVersion": "1.08", "userIdentity": identity, "eventTime": date(*time),
        "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "awsRegion": region,
        "sourceIPAddress": source_ip, "userAgent": user_agent, "requestParameters": parameters,
        "responseElements": { "assumedRoleUser": { "arn": session } },
        "requestID": id, "eventID": id, "sharedEventID": id, "readOnly": true,
        "resources": [{ "accountId": role.account, "type": "AWS::IAM::Role", "ARN": role }],
        "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": role.account,
        "eventCategory": "Management",
    });
    json!({
        "EventId": id, "EventName": "AssumeRole", "ReadOnly": "true", "EventTime": time,
        "EventSource": "sts.amazonaws.com",
        "Resources": [{ "ResourceType": "AWS::IAM::Role", "ResourceName": role },
                      { "ResourceType": "AWS::STS::AssumedRole", "ResourceName": session }],
        "CloudTrailEvent": record.to_string(),
    })
}
