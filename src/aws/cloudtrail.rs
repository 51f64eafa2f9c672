//! CloudTrail's event history: who got a session of a role.

use std::collections::BTreeSet;
use std::time::Duration;

use futures_util::future::join_all;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::client::{Clients, Payload, SignedCall, SignedService};
use super::error::AwsError;
use crate::arn::{AccountId, Arn};
use crate::check::{EventHistory, PresentedId, RegionReading, RoleUse, SessionUser, WrittenTrust};
use crate::policy::Document;

/// AWS allows two requests per second per account and region.
const CLOUDTRAIL: SignedService = SignedService { name: "cloudtrail", id: "CloudTrail", rate: Some(2.0) };

/// Pages of 50 events each, in a region: five seconds at AWS's rate.
const MOST_PAGES: usize = 10;

/// Characters of an event's value that is only shown: more is cut.
const LONGEST: usize = 256;
/// Characters of a compared value: one more than an external ID or an ARN may have.
const LONGEST_ID: usize = 1225;
const LONGEST_ARN: usize = 2049;

/// By this machine's clock, which requests are signed with.
pub fn now() -> Timestamp {
    Timestamp::now()
}

/// Looks up who got a session of the role since a moment, in several regions at once; also reports what is unreadable.
/// Sessions may be as long as `longest`: earlier ones that may still be valid are read, too.
pub async fn role_uses(
    clients: &Clients,
    role: &Arn,
    regions: &[String],
    since: impl FnOnce(Timestamp) -> Timestamp,
    longest: Duration,
) -> EventHistory {
    let now = now();
    let since = since(now);
    let from = now.checked_sub(longest).map_or(since, |earlier| earlier.min(since));
    let found = join_all(regions.iter().map(|region| in_region(clients, role, region, from))).await;
    let mut history = EventHistory {
        now,
        since,
        regions: Vec::new(),
        uses: Vec::new(),
        written: Vec::new(),
        unreadable: 0,
    };
    let mut known = BTreeSet::new();
    for (region, found) in regions.iter().zip(found) {
        let FoundEvents { reading, events } = found;
        history.regions.push((region.clone(), reading));
        for event in events {
            match event {
                RoleEvent::Use(used) if known.insert(used.id.clone()) => history.uses.push(used),
                RoleEvent::TrustWritten(written) => history.written.push(written),
                RoleEvent::Unreadable => history.unreadable += 1,
                RoleEvent::Use(_) | RoleEvent::Other => {}
            }
        }
    }
    history.uses.sort_by_key(|used| std::cmp::Reverse(used.at));
    history
}

struct FoundEvents {
    reading: RegionReading,
    events: Vec<RoleEvent>,
}

async fn in_region(clients: &Clients, role: &Arn, region: &str, since: Timestamp) -> FoundEvents {
    let mut events = Vec::new();
    let mut oldest: Option<Timestamp> = None;
    let mut token: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let page = match look_up(clients, role, region, since, token.as_deref()).await {
            Ok(page) => page,
            // What came before is still read.
            Err(error) => {
                let why = error.brief();
                let reading = match oldest {
                    Some(oldest) => {
                        RegionReading::Until { oldest, events: events.len(), stopped_by: Some(why) }
                    }
                    None => RegionReading::NotRead(why),
                };
                return FoundEvents { reading, events };
            }
        };
        let found = page["Events"].as_array().map(Vec::as_slice).unwrap_or_default();
        for event in found {
            let at = event["EventTime"].as_f64().and_then(|time| Timestamp::from_second(time as i64).ok());
            oldest = match (oldest, at) {
                (Some(oldest), Some(at)) => Some(oldest.min(at)),
                (oldest, at) => oldest.or(at),
            };
            events.push(match event["CloudTrailEvent"].as_str() {
                Some(text) => role_event(text, role),
                None => RoleEvent::Unreadable,
            });
        }
        token = page["NextToken"].as_str().map(str::to_owned);
        if token.is_none() {
            return FoundEvents { reading: RegionReading::Whole, events };
        }
    }
    let reading = match oldest {
        Some(oldest) => RegionReading::Until { oldest, events: events.len(), stopped_by: None },
        None => {
            RegionReading::NotRead(format!("{MOST_PAGES} pages without a dated event, and there are more"))
        }
    };
    FoundEvents { reading, events }
}

async fn look_up(
    clients: &Clients,
    role: &Arn,
    region: &str,
    since: Timestamp,
    token: Option<&str>,
) -> Result<Value, AwsError> {
    let mut body = json!({
        "LookupAttributes": [{ "AttributeKey": "ResourceName", "AttributeValue": role }],
        "StartTime": since.as_second(),
        "MaxResults": 50,
    });
    if let Some(token) = token {
        body["NextToken"] = token.into();
    }
    let call = SignedCall {
        service: CLOUDTRAIL,
        region,
        operation: "cloudtrail:LookupEvents",
        subject: format!("role `{}` in {region}", role.name()),
        payload: Payload::Target {
            target: "com.amazonaws.cloudtrail.v20131101.CloudTrail_20131101.LookupEvents",
            body,
        },
    };
    clients.signed(call).await
}

/// What an event says about a role. Nothing else is kept: it contains a session's token.
#[derive(Debug, Clone, PartialEq, Eq)]
enum RoleEvent {
    Use(RoleUse),
    TrustWritten(WrittenTrust),
    /// A refusal, another role, another call.
    Other,
    /// Cannot be interpreted.
    Unreadable,
}

/// The calls that yield a session of a role.
const SESSIONS: [&str; 4] = ["AssumeRole", "AssumeRoleWithSAML", "AssumeRoleWithWebIdentity", "AssumeRoot"];

/// Parses an event, which is JSON in a string.
fn role_event(text: &str, role: &Arn) -> RoleEvent {
    let Ok(event) = serde_json::from_str::<Value>(text) else { return RoleEvent::Unreadable };
    let (Some(name), Some(source)) = (event["eventName"].as_str(), event["eventSource"].as_str()) else {
        return RoleEvent::Unreadable;
    };
    // The history includes refusals of the account's own callers.
    if event["errorCode"].is_string() || event["errorMessage"].is_string() {
        return RoleEvent::Other;
    }
    let at = event["eventTime"].as_str().and_then(|time| time.parse::<Timestamp>().ok());
    let parameters = &event["requestParameters"];
    match (source, name, at) {
        ("iam.amazonaws.com", "UpdateAssumeRolePolicy" | "CreateRole", Some(at))
            if parameters["roleName"].as_str() == Some(role.name()) =>
        {
            let text =
                parameters["policyDocument"].as_str().or(parameters["assumeRolePolicyDocument"].as_str());
            RoleEvent::TrustWritten(WrittenTrust {
                at,
                document: text.and_then(|text| Document::parse(text).ok()),
            })
        }
        ("sts.amazonaws.com", name, Some(at)) if SESSIONS.contains(&name) => {
            // The look-up was by this role; if the event names one, that decides.
            match parameters["roleArn"].as_str() {
                Some(arn) if arn != role.to_string() => return RoleEvent::Other,
                _ => {}
            }
            RoleEvent::Use(RoleUse {
                id: short(&event["eventID"]).unwrap_or_else(|| format!("{at} {}", text.len())),
                at,
                region: short(&event["awsRegion"]).unwrap_or_else(|| "an unknown region".to_owned()),
                by: user(&event["userIdentity"]),
                external_id: parameters["externalId"]
                    .as_str()
                    .map(|id| PresentedId::new(cut(id, LONGEST_ID))),
                session: short(&parameters["roleSessionName"]),
                duration: parameters["durationSeconds"].as_i64().and_then(|seconds| seconds.try_into().ok()),
                source: short(&event["sourceIPAddress"]),
            })
        }
        ("sts.amazonaws.com", name, None) if SESSIONS.contains(&name) => RoleEvent::Unreadable,
        _ => RoleEvent::Other,
    }
}

/// Who it was. CloudTrail shows no ARN for callers from another account.
fn user(identity: &Value) -> SessionUser {
    let kind = identity["type"].as_str().unwrap_or_default();
    let account = identity["accountId"].as_str().and_then(|id| id.parse::<AccountId>().ok());
    // For a session, the role behind it; a session's own ARN omits the path.
    let issuer = identity["sessionContext"]["sessionIssuer"]["arn"].as_str();
    let arn = issuer.or(identity["arn"].as_str()).map(|arn| cut(arn, LONGEST_ARN));
    let service = || short(&identity["invokedBy"]);
    match (kind, account, arn) {
        ("AWSService", _, _) => {
            SessionUser::Service(service().unwrap_or_else(|| "an AWS service".to_owned()))
        }
        ("SAMLUser" | "WebIdentityUser", _, _) => {
            let name = short(&identity["userName"]).or_else(|| short(&identity["principalId"]));
            SessionUser::Other(format!("{kind} {}", name.unwrap_or_default()).trim_end().to_owned())
        }
        (_, Some(account), Some(arn)) => SessionUser::Identity { account, arn },
        (_, Some(account), None) => SessionUser::Account(account),
        _ => {
            let name = short(&identity["principalId"]).or_else(service);
            SessionUser::Other(format!("someone unknown ({})", name.unwrap_or_else(|| cut(kind, LONGEST))))
        }
    }
}

fn short(value: &Value) -> Option<String> {
    value.as_str().filter(|text| !text.is_empty()).map(|text| cut(text, LONGEST))
}

fn cut(text: &str, length: usize) -> String {
    text.chars().take(length).collect()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const ROLE: &str = "arn:aws:iam::111122223333:role/R";

    fn role() -> Arn {
        ROLE.parse().unwrap()
    }

    fn event(identity: Value, parameters: Value) -> Value {
        json!({
            "eventVersion": "1.08", "eventID": "1", "eventName": "AssumeRole", "eventSource": "sts.amazonaws.com",
            "eventTime": "2026-11-26T15:02:00Z", "awsRegion": "eu-central-1", "sourceIPAddress": "192.0.2.1",
            "userIdentity": identity, "requestParameters": parameters,
            "resources": [{ "type": "AWS::IAM::Role", "ARN": ROLE, "accountId": "111122223333" }],
            "responseElements": { "credentials": { "accessKeyId": "ASIAX", "sessionToken": "SECRETTOKEN" } },
        })
    }

    fn read(value: &Value) -> RoleEvent {
        role_event(&value.to_string(), &role())
    }

    fn used(value: &Value) -> RoleUse {
        match read(value) {
            RoleEvent::Use(used) => used,
            other => panic!("{other:?}"),
        }
    }

    /// From AWS's documentation: the role owner's side of a call from another account.
    #[test]
    fn a_call_from_another_account_has_an_account_and_an_external_id() {
        let identity = json!({ "type": "AWSAccount", "principalId": "AIDAQRSTUVWXYZEXAMPLE", "accountId": "765628985471" });
        let parameters = json!({ "roleArn": ROLE, "roleSessionName": "s", "externalId": "the-id" });
        let used = used(&event(identity, parameters));
        assert_eq!(used.by, SessionUser::Account("765628985471".parse().unwrap()));
        assert_eq!(used.external_id.as_ref().unwrap().expose(), "the-id");
        assert_eq!((used.region.as_str(), used.session.as_deref()), ("eu-central-1", Some("s")));
        assert!(!format!("{used:?}").contains("the-id"), "{used:?}");
    }

    #[test]
    fn what_is_compared_is_whole_however_long_iam_allows_it() {
        let (id, path) = ("i".repeat(1224), "p".repeat(500));
        let identity = json!({ "type": "AssumedRole", "accountId": "111122223333",
            "sessionContext": { "sessionIssuer": { "arn": format!("arn:aws:iam::111122223333:role/{path}/R") } } });
        let parameters = json!({ "roleArn": ROLE, "externalId": id, "roleSessionName": "s".repeat(999) });
        let used = used(&event(identity, parameters));
        assert_eq!(used.external_id.unwrap().expose(), id);
        assert!(
            matches!(used.by, SessionUser::Identity { ref arn, .. } if arn.ends_with("p/R")),
            "{:?}",
            used.by
        );
        assert_eq!(used.session.unwrap().len(), LONGEST);
    }

    /// Shapes recorded in real accounts (stratus-red-team's detonation logs).
    #[test]
    fn odd_shapes_are_understood_or_told_as_unreadable() {
        let user = json!({ "type": "IAMUser", "accountId": "111122223333", "arn": "arn:aws:iam::111122223333:user/x",
                           "userName": "x", "principalId": "AIDA" });
        let refused = json!({ "eventName": "AssumeRole", "eventSource": "sts.amazonaws.com", "requestParameters": null,
                              "responseElements": null, "errorCode": "AccessDenied", "errorMessage": "User: … not authorized",
                              "eventTime": "2024-07-30T21:31:12Z", "userIdentity": user });
        assert_eq!(read(&refused), RoleEvent::Other);
        // Even without parameters it is about the role: it was looked up by it.
        let bare = used(&event(user, Value::Null));
        assert!(matches!(bare.by, SessionUser::Identity { ref arn, .. } if arn.ends_with("user/x")));
        assert_eq!((bare.external_id, bare.session), (None, None));
        // A session chained from another: the role behind it.
        let chained = json!({ "type": "AssumedRole", "accountId": "111122223333",
                              "arn": "arn:aws:sts::111122223333:assumed-role/ci/run",
                              "sessionContext": { "sessionIssuer": { "arn": "arn:aws:iam::111122223333:role/path/ci" } } });
        assert!(
            matches!(used(&event(chained, json!({}))).by, SessionUser::Identity { ref arn, .. } if arn.ends_with("role/path/ci"))
        );
        let service = json!({ "type": "AWSService", "invokedBy": "lambda.amazonaws.com" });
        assert_eq!(
            used(&event(service, json!({}))).by,
            SessionUser::Service("lambda.amazonaws.com".to_owned())
        );
        let web =
            json!({ "type": "WebIdentityUser", "userName": "repo:x", "identityProvider": "token.example" });
        assert_eq!(used(&event(web, json!({}))).by, SessionUser::Other("WebIdentityUser repo:x".to_owned()));
        assert!(matches!(used(&event(Value::Null, json!({}))).by, SessionUser::Other(_)));
        // Several resources, one of them another role.
        let other = json!({ "roleArn": "arn:aws:iam::111122223333:role/Other" });
        assert_eq!(read(&event(json!({}), other)), RoleEvent::Other);
        for unreadable in ["", "null", "[]", "{}", "{\"eventName\": 7}", "not JSON"] {
            assert_eq!(role_event(unreadable, &role()), RoleEvent::Unreadable, "{unreadable}");
        }
        let mut undated = event(json!({}), json!({}));
        undated["eventTime"] = "yesterday".into();
        assert_eq!(read(&undated), RoleEvent::Unreadable);
        let written = json!({ "eventName": "UpdateAssumeRolePolicy", "eventSource": "iam.amazonaws.com", "eventVersion": "1.09",
                              "eventTime": "2024-08-01T13:29:57Z", "requestParameters": { "roleName": "R", "policyDocument": "{}" } });
        assert!(matches!(read(&written), RoleEvent::TrustWritten(_)));
    }

    /// JSON of any shape, with an event's names.
    fn any_value() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(Value::Null),
            any::<bool>().prop_map(Value::from),
            any::<i64>().prop_map(Value::from),
            "\\PC{0,40}".prop_map(Value::from),
            "[\\x00-\\x1f\\x7f-\\x9f\u{202e}`|<>]{0,12}".prop_map(Value::from),
            Just(Value::from("AssumeRole")),
            Just(Value::from("sts.amazonaws.com")),
            Just(Value::from("2026-11-26T15:02:00Z")),
            Just(Value::from(ROLE)),
        ];
        let names = prop::sample::select(vec![
            "eventName",
            "eventSource",
            "eventTime",
            "eventID",
            "requestParameters",
            "userIdentity",
            "type",
            "accountId",
            "arn",
            "roleArn",
            "externalId",
            "roleSessionName",
            "sessionContext",
            "sessionIssuer",
            "errorCode",
            "invokedBy",
            "responseElements",
            "credentials",
            "sessionToken",
            "awsRegion",
            "sourceIPAddress",
        ]);
        leaf.prop_recursive(4, 48, 8, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::vec((names.clone(), inner), 0..8).prop_map(|members| members
                    .into_iter()
                    .map(|(k, v)| (k.to_owned(), v))
                    .collect::<serde_json::Map<_, _>>()
                    .into()),
            ]
        })
    }

    proptest! {
        #[test]
        fn no_event_breaks_the_reader_and_no_token_is_kept(value in any_value(), text in "\\PC{0,200}") {
            role_event(&text, &role());
            let mut event = event(value.clone(), value.clone());
            let _ = read(&value);
            if let RoleEvent::Use(used) = read(&event) {
                let shown = format!("{used:?}");
                prop_assert!(!shown.contains("SECRETTOKEN"));
                for text in [used.session, used.source, Some(used.region), Some(used.id)].into_iter().flatten() {
                    prop_assert!(text.chars().count() <= LONGEST);
                }
            }
            event["eventName"] = value;
            let _ = read(&event);
        }
    }
}
