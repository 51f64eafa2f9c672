//! Who calls, and whether they may. Signatures are not verified: the access key ID says who it is.

use jiff::Timestamp;

use super::query::Fault;
use super::state::State;
use super::validate;
use crate::arn::{AccountId, Arn};
use crate::policy::{Context, Decision, Document, Policies, Principal, Request, evaluate};

/// What the `Authorization` header says: `Credential=KEY/DATE/REGION/SERVICE/aws4_request`.
#[derive(Debug, Clone)]
pub(super) struct Scope {
    pub access_key: String,
    pub region: String,
    pub service: String,
}

#[derive(Debug, Clone)]
pub(super) struct Caller {
    pub account: AccountId,
    pub arn: String,
    pub user_id: String,
    permissions: Permissions,
}

#[derive(Debug, Clone)]
enum Permissions {
    Administrator,
    /// A session has what its role has, at the time of the call.
    Role {
        name: String,
        session: Option<String>,
    },
}

impl Scope {
    pub(super) fn of(headers: &http::HeaderMap) -> Option<Self> {
        let header = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
        let credential = header.split("Credential=").nth(1)?.split(',').next()?.trim();
        let mut parts = credential.split('/');
        let access_key = parts.next()?.to_owned();
        let (_date, region, service) = (parts.next()?, parts.next()?, parts.next()?);
        Some(Self { access_key, region: region.to_owned(), service: service.to_owned() })
    }
}

/// The caller behind an access key: a 12-digit account ID is an administrator of that account.
pub(super) fn caller(
    state: &State,
    scope: &Scope,
    token: Option<&str>,
    now: Timestamp,
) -> Result<Caller, Fault> {
    if let Ok(account) = scope.access_key.parse::<AccountId>() {
        let arn = format!("arn:{}:iam::{account}:user/sandbox", state.partition);
        let user_id = format!("AIDASANDBOX{account}");
        return Ok(Caller { account, arn, user_id, permissions: Permissions::Administrator });
    }
    let invalid =
        || Fault::new("InvalidClientTokenId", "The security token included in the request is invalid.");
    let session = state.sessions.get(&scope.access_key).ok_or_else(invalid)?;
    if token != Some(session.token.as_str()) {
        return Err(invalid());
    }
    if now.as_second() >= session.expires {
        let message = "The security token included in the request is expired";
        return Err(Fault::new("ExpiredToken", message));
    }
    Ok(Caller {
        account: session.account.clone(),
        arn: format!(
            "arn:{}:sts::{}:assumed-role/{}/{}",
            state.partition, session.account, session.role, session.name
        ),
        user_id: format!("{}:{}", session.role_id, session.name),
        permissions: Permissions::Role { name: session.role.clone(), session: session.policy.clone() },
    })
}

/// What else is known of a request, for conditions.
fn context(caller: &Caller, now: Timestamp) -> Context {
    Context::complete()
        .with("aws:PrincipalArn", &[&caller.arn])
        .with("aws:PrincipalAccount", &[caller.account.as_str()])
        .with("aws:userid", &[&caller.user_id])
        .with("aws:CurrentTime", &[&now.to_string()])
        .with("aws:EpochTime", &[&now.as_second().to_string()])
        .with("aws:SourceIp", &["127.0.0.1"])
        .with("aws:SecureTransport", &["true"])
}

/// Whether the caller may make the call. A resource's policy, where there is one, counts too.
pub(super) fn is_allowed(
    state: &State,
    caller: &Caller,
    action: &str,
    resource: &str,
    resource_policy: Option<&Document>,
    external_id: Option<&str>,
    now: Timestamp,
) -> Result<bool, Fault> {
    let everything = r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    let mut identity = Vec::new();
    let mut boundary = None;
    let mut session_policy = None;
    match &caller.permissions {
        Permissions::Administrator => identity.push(("administrator".to_owned(), document(everything)?)),
        Permissions::Role { name, session } => {
            let Some(role) = state.role(&caller.account, name) else { return Ok(false) };
            for arn in &role.attached {
                if let Some(text) = state.policy_document(arn) {
                    identity.push((arn.name().to_owned(), document(&text)?));
                }
            }
            for (name, text) in &role.inline {
                identity.push((name.clone(), document(text)?));
            }
            if let Some(arn) = &role.boundary {
                // A boundary that no longer exists allows nothing.
                let Some(text) = state.policy_document(arn) else { return Ok(false) };
                boundary = Some(document(&text)?);
            }
            session_policy = session.as_deref().map(document).transpose()?;
        }
    }
    if identity.is_empty() {
        return Ok(false);
    }
    let context = context(caller, now);
    let request = Request {
        principal: Principal::Aws(caller.arn.clone()),
        action: action.to_owned(),
        resource: resource.to_owned(),
        context: match external_id {
            Some(id) => context.with("sts:ExternalId", &[id]),
            None => context,
        },
    };
    let policies = Policies {
        identity: identity.iter().map(|(name, document)| (name.clone(), document)).collect(),
        boundary: boundary.as_ref().map(|document| ("boundary".to_owned(), document)),
        session: session_policy.as_ref().map(|document| ("session policy".to_owned(), document)),
        resource: resource_policy.map(|document| ("resource policy".to_owned(), document)),
    };
    Ok(evaluate(&policies, &request).decision == Decision::Allowed)
}

fn document(text: &str) -> Result<Document, Fault> {
    Document::parse(text).map_err(|error| Fault::new("ServiceFailure", error.to_string()))
}

/// Refuses the call unless the caller's own policies allow it.
pub(super) fn authorize(
    state: &State,
    caller: &Caller,
    action: &str,
    resource: &str,
    now: Timestamp,
) -> Result<(), Fault> {
    if is_allowed(state, caller, action, resource, None, None, now)? {
        return Ok(());
    }
    Err(denied("AccessDenied", caller, action, resource))
}

pub(super) fn denied(code: &'static str, caller: &Caller, action: &str, resource: &str) -> Fault {
    let message =
        format!("User: {} is not authorized to perform: {action} on resource: {resource}", caller.arn);
    let why = if action == "sts:AssumeRole" {
        String::new()
    } else {
        format!(" because no identity-based policy allows the {action} action")
    };
    Fault::new(code, message + &why)
}

/// The trust policy of a role, as it is in force: a role that was deleted and made again is not the one it names.
pub(super) fn trust_in_force(state: &State, account: &AccountId, name: &str) -> Option<(Arn, String)> {
    let role = state.role(account, name)?;
    let mut trust = role.trust.clone();
    for (arn, id) in &role.trusted {
        let account: Option<AccountId> = arn.account.parse().ok();
        let live = account.and_then(|account| state.role(&account, arn.name()));
        if live.is_none_or(|live| live.id != *id) {
            trust = trust.replace(&format!("\"{arn}\""), &format!("\"{id}\""));
        }
    }
    Some((role.arn.clone(), trust))
}

/// Refuses a session policy that is none.
pub(super) fn session_policy(text: Option<&str>) -> Result<Option<String>, Fault> {
    let Some(text) = text else { return Ok(None) };
    validate::permissions(text)?;
    Ok(Some(text.to_owned()))
}
