//! STS: who am I, and becoming somebody else.

use super::auth::{Caller, denied, is_allowed, session_policy, trust_in_force};
use super::query::{Fault, Form, Xml};
use super::state::{Session, State};
use crate::arn::{AccountId, Arn};
use crate::policy::Document;
use jiff::Timestamp;

pub(super) const NAMESPACE: &str = "https://sts.amazonaws.com/doc/2011-06-15/";

pub(super) fn handle(
    state: &mut State,
    caller: &Caller,
    action: &str,
    form: &Form,
    now: Timestamp,
) -> Result<Xml, Fault> {
    match action {
        "GetCallerIdentity" => {
            let mut xml = Xml::default();
            xml.text("Arn", &caller.arn);
            xml.text("UserId", &caller.user_id);
            xml.text("Account", caller.account.as_str());
            Ok(xml)
        }
        "AssumeRole" => assume_role(state, caller, form, now),
        _ => Err(Fault::new("InvalidAction", format!("Could not find operation {action}"))),
    }
}

fn assume_role(state: &mut State, caller: &Caller, form: &Form, now: Timestamp) -> Result<Xml, Fault> {
    let written = form.required("RoleArn")?;
    let name = form.name("RoleSessionName", 64)?.to_owned();
    let external_id = form.get("ExternalId");
    if let Some(id) = external_id {
        external_id_is_valid(id)?;
    }
    let seconds = form.number("DurationSeconds")?.unwrap_or(3600);
    // A role that does not exist gives the same answer as a refusal.
    let refused = || denied("AccessDenied", caller, "sts:AssumeRole", written);
    let arn: Arn = written.parse().map_err(|_| Fault::validation(format!("{written} is invalid")))?;
    let account: AccountId = arn.account.parse().map_err(|_| refused())?;
    let (live, trust) = trust_in_force(state, &account, arn.name()).ok_or_else(refused)?;
    if live != arn {
        return Err(refused());
    }
    let trust = Document::parse(&trust).map_err(|_| refused())?;
    if !is_allowed(state, caller, "sts:AssumeRole", written, Some(&trust), external_id, now)? {
        return Err(refused());
    }
    let role = state.role(&account, arn.name()).ok_or_else(refused)?;
    let most = role.max_session_duration;
    if !(900..=most).contains(&seconds) {
        let message = "The requested DurationSeconds exceeds the MaxSessionDuration set for this role.";
        return Err(Fault::validation(message));
    }
    let session = Session {
        account: account.clone(),
        role: arn.name().to_owned(),
        role_id: role.id.clone(),
        name: name.clone(),
        token: String::new(),
        expires: now.as_second() + i64::from(seconds),
        policy: session_policy(form.get("Policy"))?,
    };
    let key = state.id("ASIA");
    let session = Session { token: format!("sandbox-session-token-{key}"), ..session };
    let expiration =
        Timestamp::from_second(session.expires).map_err(|_| Fault::validation("DurationSeconds"))?;
    let mut xml = Xml::default();
    xml.nest("Credentials", |xml| {
        xml.text("AccessKeyId", &key);
        xml.text("SecretAccessKey", "sandbox");
        xml.text("SessionToken", &session.token);
        xml.text("Expiration", &expiration.to_string());
    });
    xml.nest("AssumedRoleUser", |xml| {
        xml.text("AssumedRoleId", &format!("{}:{name}", session.role_id));
        let partition = &state.partition;
        xml.text("Arn", &format!("arn:{partition}:sts::{account}:assumed-role/{}/{name}", session.role));
    });
    state.sessions.retain(|_, session| session.expires > now.as_second());
    state.sessions.insert(key, session);
    Ok(xml)
}

fn external_id_is_valid(id: &str) -> Result<(), Fault> {
    let allowed = |c: char| c.is_ascii_alphanumeric() || "_+=,.@:/-".contains(c);
    if (2..=1224).contains(&id.len()) && id.chars().all(allowed) {
        return Ok(());
    }
    Err(Fault::validation(
        "1 validation error detected: Value at 'externalId' failed to satisfy constraint: Member must satisfy \
         regular expression pattern: [\\w+=,.@:\\/-]*, length between 2 and 1224",
    ))
}
