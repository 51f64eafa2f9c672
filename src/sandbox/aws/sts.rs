//! STS: who am I, and AssumeRole with its trust policy enforced.

use super::call::{Call, unknown_action, with_request_tags};
use super::documents::{self, Purpose};
use super::query::Answer;
use super::refusal::Refusal;
use crate::arn::Arn;
use crate::policy::quota;
use crate::sandbox::state::document::parse;
use crate::sandbox::state::iam::{Tag, date};
use crate::sandbox::state::sts::Session;

pub(crate) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub(crate) fn handle(call: &mut Call<'_>, action: &str) -> Result<Answer, Refusal> {
    match action {
        // AWS asks no permission for this one.
        "GetCallerIdentity" => Ok(Answer::of(|xml| {
            xml.text("Arn", &call.caller.arn);
            xml.text("UserId", &call.caller.user_id);
            xml.text("Account", &call.caller.account);
        })),
        "AssumeRole" => assume_role(call),
        _ => Err(unknown_action(action, "2011-06-15")),
    }
}

fn assume_role(call: &mut Call<'_>) -> Result<Answer, Refusal> {
    let params = call.params;
    let role_arn = params.role_arn()?;
    let session_name = params.session_name()?;
    let external_id = params.external_id()?;
    let source_identity = params.source_identity()?;
    let duration = params.number("DurationSeconds", 900, 43_200)?;
    let tags = params.tags(true)?;
    let arn: Arn = role_arn.parse().map_err(|_| Refusal::validation(format!("{role_arn} is invalid")))?;
    if arn.service != "iam" || !arn.resource.starts_with("role/") {
        return Err(Refusal::validation(format!("{role_arn} is invalid")));
    }

    let state = &*call.state;
    let denied = || Refusal::access_denied(call.caller.refused("sts:AssumeRole", role_arn));
    // Whether the role exists is not for everyone to know: the refusal is the same.
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
    for action in actions {
        if !call.caller.may_assume(action, &arn, &trust, context.clone()) {
            return Err(Refusal::access_denied(call.caller.refused(action, role_arn)));
        }
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
    let now = call.now.as_second();
    let expires = now + i64::from(duration);
    let state = &mut *call.state;
    state.sessions.retain(|_, session| session.expires > now);
    let key = state.new_id_of_length("ASIA", 16);
    // They open nothing but the sandbox: signatures are not verified.
    let secret = state.random_text(40);
    let token = state.random_text(96);
    let partition = state.partition.clone();
    let assumed = format!("arn:{partition}:sts::{account}:assumed-role/{role_name}/{session_name}");
    let assumed_id = format!("{role_id}:{session_name}");
    let session = Session {
        account,
        role: role_name,
        role_id,
        name: session_name.to_owned(),
        token: token.clone(),
        expires,
        policies,
        tags,
    };
    state.sessions.insert(key.clone(), session);
    Ok(Answer::of(|xml| {
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

/// The texts of the session policies: the one given whole, and those given by ARN.
fn session_policies(call: &Call<'_>) -> Result<Vec<String>, Refusal> {
    let mut texts = Vec::new();
    if let Some(text) = call.params.get("Policy") {
        documents::check(text, Purpose::Permissions)?;
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
