//! STS: GetCallerIdentity, and AssumeRole with its trust policy enforced.

use super::call::{Call, unknown_action, with_request_tags};
use super::documents::{self, DocumentKind};
use super::guards::Guards;
use super::query::QueryAnswer;
use super::refusal::Refusal;
use super::validate::same_key;
use crate::arn::Arn;
use crate::policy::quota;
use crate::policy::{Principal, Request};
use crate::sandbox::ids::{digest, uuid};
use crate::sandbox::state::cloudtrail::AssumeRoleEvent;
use crate::sandbox::state::document::parse;
use crate::sandbox::state::iam::{Tag, date};
use crate::sandbox::state::sts::StsSession;

pub(crate) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub(crate) fn handle(call: &mut Call<'_>, action: &str) -> Result<QueryAnswer, Refusal> {
    match action {
        // AWS requires no permission for this one.
        "GetCallerIdentity" => Ok(QueryAnswer::of(|xml| {
            xml.text("Arn", &call.caller.arn);
            xml.text("UserId", &call.caller.user_id);
            xml.text("Account", &call.caller.account);
        })),
        "AssumeRole" => assume_role(call),
        _ => Err(unknown_action(action, "2011-06-15")),
    }
}

fn assume_role(call: &mut Call<'_>) -> Result<QueryAnswer, Refusal> {
    let params = call.params;
    let role_arn = params.role_arn()?;
    let session_name = params.session_name()?;
    let external_id = params.external_id()?;
    let source_identity = params.source_identity()?;
    params.mfa()?;
    let duration = params.number("DurationSeconds", 900, 43_200)?;
    let tags = session_tags(call)?;
    let transitive = transitive_tags(call, &tags)?;
    let arn: Arn = role_arn.parse().map_err(|_| Refusal::validation(format!("{role_arn} is invalid")))?;
    if arn.service != "iam" || !arn.resource.starts_with("role/") {
        return Err(Refusal::validation(format!("{role_arn} is invalid")));
    }

    let state = &*call.state;
    let denied = || Refusal::access_denied(call.caller.refused("sts:AssumeRole", role_arn));
    // The refusal is the same whether or not the role exists: not everyone may know.
    let (account, role) = state.role_of_arn(&arn).ok_or_else(denied)?;
    let trust = parse(&state.trust_of(role)?)?;
    let mut context = call
        .context()
        .with("sts:RoleSessionName", &[session_name])
        .with("aws:ResourceAccount", &[account.as_str()]);
    for Tag { key, value } in &role.tags {
        context = context
            .with(&format!("aws:ResourceTag/{key}"), &[value])
            .with(&format!("iam:ResourceTag/{key}"), &[value]);
    }
    context = with_request_tags(context, &tags);
    if let Some(id) = external_id {
        context = context.with("sts:ExternalId", &[id]);
    }
    if let Some(identity) = source_identity {
        context = context.with("sts:SourceIdentity", &[identity]);
    }
    let mut actions = vec!["sts:AssumeRole"];
    if !tags.is_empty() {
        actions.push("sts:TagSession");
    }
    if source_identity.is_some() {
        actions.push("sts:SetSourceIdentity");
    }
    let rcps = Guards::of_resource(state, &account, role)?;
    for action in actions {
        let request = Request {
            principal: Principal::Aws(call.caller.arn.clone()),
            action: action.to_owned(),
            resource: role_arn.to_owned(),
            context: context.clone(),
        };
        rcps.refuse_resource(&request, &call.caller.refused(action, role_arn))?;
        call.caller.may_assume(action, &arn, &trust, context.clone())?;
    }

    let duration = duration.unwrap_or(3600);
    if call.caller.session && duration > 3600 {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by role chaining",
        ));
    }
    if duration > role.max_session_duration {
        return Err(Refusal::validation(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.",
        ));
    }
    let policies = session_policies(call)?;

    let (role_name, role_id) = (role.name.clone(), role.id.clone());
    let role_arn = state.role_arn(&account, role);
    let now = call.now.as_second();
    let expires = now + i64::from(duration);
    let state = &mut *call.state;
    state.sessions.retain(|_, session| session.expires > now);
    let key = state.new_id_of_length("ASIA", 16);
    // They open only the sandbox: signatures are not verified.
    let secret = state.random_text(40);
    let token = state.random_text(96);
    let partition = state.partition.clone();
    let assumed = format!("arn:{partition}:sts::{account}:assumed-role/{role_name}/{session_name}");
    let assumed_id = format!("{role_id}:{session_name}");
    if call.is_logged {
        record(call, role_arn, session_name, external_id);
    }
    let session = StsSession {
        account,
        role: role_name,
        role_id,
        name: session_name.to_owned(),
        token: token.clone(),
        expires,
        issued: Some(now),
        policies,
        tags,
        transitive,
    };
    call.state.sessions.insert(key.clone(), session);
    Ok(QueryAnswer::of(|xml| {
        xml.element("AssumedRoleUser", |xml| {
            xml.text("AssumedRoleId", assumed_id);
            xml.text("Arn", assumed);
        });
        xml.element("Credentials", |xml| {
            xml.text("AccessKeyId", key);
            xml.text("SecretAccessKey", secret);
            xml.text("SessionToken", token);
            xml.text("Expiration", date(expires));
        });
        xml.optional("SourceIdentity", source_identity);
    }))
}

const DUPLICATE: &str = "Duplicate tag keys found. Please note that Tag keys are case insensitive.";
const CONFLICT: &str = "One of the specified transitive tag keys can't be set because it conflicts with a transitive tag key from the calling session.";

/// The session's tags: those in the request, plus the calling session's transitive ones.
fn session_tags(call: &Call<'_>) -> Result<Vec<Tag>, Refusal> {
    let invalid = |message: &str| Refusal::new(400, "InvalidParameterValue", message);
    // STS has its own code for what IAM calls InvalidInput.
    let mut tags = call.params.tags(true).map_err(|refusal| match refusal.code {
        "InvalidInput" if refusal.message == DUPLICATE => invalid(DUPLICATE),
        "InvalidInput" => invalid(&refusal.message),
        _ => refusal,
    })?;
    for inherited in &call.caller.transitive {
        if tags.iter().any(|tag| same_key(&tag.key, &inherited.key, true)) {
            return Err(invalid(CONFLICT));
        }
        tags.push(inherited.clone());
    }
    Ok(tags)
}

/// The keys of the tags that sessions assumed from this one inherit.
fn transitive_tags(call: &Call<'_>, tags: &[Tag]) -> Result<Vec<String>, Refusal> {
    let invalid = |message: &str| Refusal::new(400, "InvalidParameterValue", message);
    let mut keys: Vec<String> = call.caller.transitive.iter().map(|tag| tag.key.clone()).collect();
    for key in call.params.list("TransitiveTagKeys") {
        if keys.iter().any(|other| same_key(other, key, true)) {
            return Err(invalid(CONFLICT));
        }
        if !tags.iter().any(|tag| same_key(&tag.key, key, true)) {
            return Err(invalid("The specified transitive tag key must be included in the requested tags."));
        }
        keys.push(key.to_owned());
    }
    Ok(keys)
}

/// What CloudTrail's event history in the role's account will show.
fn record(call: &mut Call<'_>, role: Arn, session_name: &str, external_id: Option<&str>) {
    let id = uuid(digest(&format!("event {}", call.state.counter)));
    let event = AssumeRoleEvent {
        id,
        time: call.now.as_second(),
        region: call.region.to_owned(),
        role,
        session_name: session_name.to_owned(),
        external_id: external_id.map(str::to_owned),
        caller_account: call.caller.account.clone(),
        caller_id: call.caller.user_id.clone(),
        source_ip: "127.0.0.1".to_owned(),
        user_agent: call.user_agent.to_owned(),
    };
    call.state.add_event(event);
}

/// The session policy texts: the one passed inline, and those passed by ARN.
fn session_policies(call: &Call<'_>) -> Result<Vec<String>, Refusal> {
    let mut texts = Vec::new();
    if let Some(text) = call.params.get("Policy") {
        documents::check(text, DocumentKind::Inline)?;
        if text.chars().count() > quota::SESSION_POLICY {
            return Err(Refusal::new(
                400,
                "PackedPolicyTooLarge",
                format!("Cannot exceed quota for session policy: {}", quota::SESSION_POLICY),
            ));
        }
        texts.push(text.to_owned());
    }
    for index in call.params.indices("PolicyArns") {
        let arn = call.params.policy_arn(&format!("PolicyArns.member.{index}.arn"))?;
        let text = call.state.managed_text(arn);
        let text = text.ok_or_else(|| Refusal::no_such_entity(format!("Policy {arn} does not exist.")))?;
        texts.push(text.to_owned());
    }
    Ok(texts)
}
