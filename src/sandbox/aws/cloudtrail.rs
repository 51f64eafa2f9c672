//! CloudTrail's event history: who assumed the roles in the caller's account, and what their trust policies said.

use serde::Deserialize;
use serde_json::{Value, json};

use super::call::Call;
use super::refusal::Refusal;
use crate::arn::{Arn, global_region};
use crate::sandbox::state::cloudtrail::{AssumeRoleEvent, TrustEvent};
use crate::sandbox::state::iam::{Seconds, date};

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

/// `target` is the `X-Amz-Target` header.
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
    let region = global_region(call.state.partition.as_str());
    let mut known: Vec<LoggedEvent<'_>> = call.state.events.iter().map(LoggedEvent::Session).collect();
    known.extend(call.state.trust_events.iter().map(LoggedEvent::Trust));
    known.sort_by_key(|event| std::cmp::Reverse(event.time()));
    known.retain(|event| {
        let time = event.time() as f64;
        event.role().account == call.caller.account.as_str()
            && event.region(region) == call.region
            && start_time.is_none_or(|start| time >= start)
            && end_time.is_none_or(|end| time <= end)
            && lookup_attributes.iter().all(|attribute| event.fits(attribute))
    });
    let page = known.iter().skip(from).take(size);
    let events: Vec<Value> = page
        .map(|event| match event {
            LoggedEvent::Session(event) => session(call, event),
            LoggedEvent::Trust(event) => trust(call, event, region),
        })
        .collect();
    let mut answer = json!({ "Events": events });
    if from + size < known.len() {
        answer["NextToken"] = (from + size).to_string().into();
    }
    Ok(answer)
}

/// The contents of the history.
enum LoggedEvent<'s> {
    Session(&'s AssumeRoleEvent),
    Trust(&'s TrustEvent),
}

impl LoggedEvent<'_> {
    fn time(&self) -> Seconds {
        match self {
            Self::Session(event) => event.time,
            Self::Trust(event) => event.time,
        }
    }

    fn role(&self) -> &Arn {
        match self {
            Self::Session(event) => &event.role,
            Self::Trust(event) => &event.role,
        }
    }

    /// IAM's events are in the partition's first region.
    fn region<'r>(&'r self, global: &'r str) -> &'r str {
        match self {
            Self::Session(event) => &event.region,
            Self::Trust(_) => global,
        }
    }

    fn name(&self) -> &'static str {
        match self {
            Self::Session(_) => "AssumeRole",
            Self::Trust(event) if event.is_creation => "CreateRole",
            Self::Trust(_) => "UpdateAssumeRolePolicy",
        }
    }

    fn fits(&self, attribute: &Attribute) -> bool {
        let value = attribute.attribute_value.as_str();
        let (id, source, is_read) = match self {
            Self::Session(event) => (&event.id, "sts.amazonaws.com", "true"),
            Self::Trust(event) => (&event.id, "iam.amazonaws.com", "false"),
        };
        match attribute.attribute_key.as_str() {
            "ResourceName" => self.role().to_string() == value || self.role().name() == value,
            "ResourceType" => value == "AWS::IAM::Role",
            "EventName" => value == self.name(),
            "EventSource" => value == source,
            "EventId" => value == id,
            "ReadOnly" => value == is_read,
            _ => false,
        }
    }
}

fn trust(call: &Call<'_>, event: &TrustEvent, region: &str) -> Value {
    let TrustEvent { id, time, role, document, is_creation } = event;
    let (name, parameter) = match is_creation {
        true => ("CreateRole", "assumeRolePolicyDocument"),
        false => ("UpdateAssumeRolePolicy", "policyDocument"),
    };
    let record = json!({
        "eventVersion": "1.09",
        "userIdentity": { "type": "IAMUser", "principalId": call.caller.user_id, "accountId": role.account,
                          "arn": format!("arn:{}:iam::{}:user/sandbox", role.partition, role.account) },
        "eventTime": date(*time), "eventSource": "iam.amazonaws.com", "eventName": name, "awsRegion": region,
        "sourceIPAddress": "127.0.0.1", "userAgent": "sandbox",
        "requestParameters": { "roleName": role.name(), parameter: document }, "responseElements": null,
        "requestID": id, "eventID": id, "readOnly": false, "eventType": "AwsApiCall", "managementEvent": true,
        "recipientAccountId": role.account, "eventCategory": "Management",
    });
    json!({
        "EventId": id, "EventName": name, "ReadOnly": "false", "EventTime": time,
        "EventSource": "iam.amazonaws.com",
        "Resources": [{ "ResourceType": "AWS::IAM::Role", "ResourceName": role.name() }],
        "CloudTrailEvent": record.to_string(),
    })
}

fn session(call: &Call<'_>, event: &AssumeRoleEvent) -> Value {
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
    let own =
        format!("arn:{}:sts::{}:assumed-role/{}/{session_name}", role.partition, role.account, role.name());
    let mut parameters = json!({ "roleArn": role, "roleSessionName": session_name });
    if let Some(external_id) = external_id {
        parameters["externalId"] = external_id.as_str().into();
    }
    // In the role's account, a caller from another account has no ARN.
    let mut identity = json!({ "type": "AWSAccount", "principalId": caller_id, "accountId": caller_account });
    if *caller_account == call.caller.account {
        identity["type"] = "IAMUser".into();
    }
    let record = json!({
        "eventVersion": "1.08", "userIdentity": identity, "eventTime": date(*time),
        "eventSource": "sts.amazonaws.com", "eventName": "AssumeRole", "awsRegion": region,
        "sourceIPAddress": source_ip, "userAgent": user_agent, "requestParameters": parameters,
        "responseElements": { "assumedRoleUser": { "arn": own } },
        "requestID": id, "eventID": id, "sharedEventID": id, "readOnly": true,
        "resources": [{ "accountId": role.account, "type": "AWS::IAM::Role", "ARN": role }],
        "eventType": "AwsApiCall", "managementEvent": true, "recipientAccountId": role.account,
        "eventCategory": "Management",
    });
    json!({
        "EventId": id, "EventName": "AssumeRole", "ReadOnly": "true", "EventTime": time,
        "EventSource": "sts.amazonaws.com",
        "Resources": [{ "ResourceType": "AWS::IAM::Role", "ResourceName": role },
                      { "ResourceType": "AWS::STS::AssumedRole", "ResourceName": own }],
        "CloudTrailEvent": record.to_string(),
    })
}
