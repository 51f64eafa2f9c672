//! Who is calling, and whether they may. Signatures are not verified: the access key ID identifies the caller.

use http::HeaderMap;
use jiff::Timestamp;

use super::guards::Guards;
use super::refusal::Refusal;
use crate::arn::{AccountId, Arn};
use crate::policy::document::OneOrMany;
use crate::policy::{Context, Decision, Document, Policies, Principal, Request, evaluate};
use crate::sandbox::state::State;
use crate::sandbox::state::document::parse;
use crate::sandbox::state::iam::{Seconds, StoredRole, Tag, date};
use crate::sandbox::state::sts::{StsSession, administrator, administrator_id};

/// The credential scope of the `Authorization` header: `KEY/20260131/us-east-1/iam/aws4_request`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct CredentialScope {
    pub access_key_id: String,
    pub region: String,
    pub service: String,
}

impl CredentialScope {
    pub(crate) fn of(headers: &HeaderMap) -> Option<Self> {
        let header = headers.get(http::header::AUTHORIZATION)?.to_str().ok()?;
        let (_, rest) = header.split_once("Credential=")?;
        let mut parts = rest.split([',', ' ']).next()?.split('/');
        let access_key_id = parts.next()?.to_owned();
        let _date = parts.next()?;
        Some(Self { access_key_id, region: parts.next()?.to_owned(), service: parts.next()?.to_owned() })
    }
}

/// Who makes a request.
#[derive(Debug, Clone)]
pub(crate) struct AuthenticatedCaller {
    pub account: AccountId,
    /// As in GetCallerIdentity: without the role's path for a session.
    pub arn: String,
    pub user_id: String,
    /// The role's ARN for a session, the same as `arn` otherwise.
    pub principal_arn: String,
    pub session: bool,
    /// When the session was made.
    issued: Option<Seconds>,
    tags: Vec<Tag>,
    /// Tags inherited by sessions assumed from this one.
    pub transitive: Vec<Tag>,
    guards: Guards,
    identity: Vec<(String, Document)>,
    boundary: Option<(String, Document)>,
    session_policy: Option<(String, Document)>,
}

const INVALID_TOKEN: &str = "The security token included in the request is invalid.";

fn invalid_token() -> Refusal {
    Refusal::new(403, "InvalidClientTokenId", INVALID_TOKEN)
}

/// Identifies the caller.
pub(crate) fn caller(
    state: &State,
    scope: Option<&CredentialScope>,
    headers: &HeaderMap,
    now: Timestamp,
) -> Result<AuthenticatedCaller, Refusal> {
    let Some(CredentialScope { access_key_id, .. }) = scope else {
        return Err(Refusal::new(
            403,
            "MissingAuthenticationToken",
            "Request is missing Authentication Token",
        ));
    };
    if let Some(session) = state.sessions.get(access_key_id) {
        let token = headers.get("x-amz-security-token").and_then(|token| token.to_str().ok());
        if token != Some(session.token.as_str()) {
            return Err(invalid_token());
        }
        if session.expires <= now.as_second() {
            let message = "The security token included in the request is expired";
            return Err(Refusal::new(403, "ExpiredToken", message));
        }
        return of_session(state, session);
    }
    let (arn, id, policies) = if let Some(identity) = state.identities.get(access_key_id) {
        (identity.arn.clone(), identity.id.clone(), identity.policies.as_deref())
    } else if let Ok(account) = access_key_id.parse::<AccountId>() {
        (administrator(&state.partition, &account), administrator_id(&account), None)
    } else {
        return Err(invalid_token());
    };
    let account = arn.account.parse().map_err(|_| invalid_token())?;
    let identity = match policies {
        None => vec![("the administrator's policy".to_owned(), everything())],
        Some(texts) => texts
            .iter()
            .enumerate()
            .map(|(index, text)| Ok((format!("identity policy {}", index + 1), parse(text)?)))
            .collect::<Result<_, Refusal>>()?,
    };
    Ok(AuthenticatedCaller {
        guards: Guards::of_caller(state, &account)?,
        account,
        arn: arn.to_string(),
        user_id: id,
        principal_arn: arn.to_string(),
        session: false,
        issued: None,
        tags: Vec::new(),
        transitive: Vec::new(),
        identity,
        boundary: None,
        session_policy: None,
    })
}

fn of_session(state: &State, session: &StsSession) -> Result<AuthenticatedCaller, Refusal> {
    let StsSession { account, role, role_id, name, token: _, expires: _, issued, policies, tags, transitive } =
        session;
    // A session dies with its role, even if another role of that name replaces it.
    let role = state.role(account, role).filter(|role| role.id == *role_id).ok_or_else(invalid_token)?;
    let (identity, boundary) = role_policies(state, role)?;
    let session_policy = match policies.as_slice() {
        [] => None,
        texts => {
            let mut statements = Vec::new();
            for text in texts {
                statements.extend_from_slice(parse(text)?.statements.as_slice());
            }
            let document = Document { statements: OneOrMany::Many(statements).into(), ..nothing() };
            Some(("the session policy".to_owned(), document))
        }
    };
    let partition = &state.partition;
    let mut all_tags = role.tags.clone();
    all_tags.retain(|tag| tags.iter().all(|other| !other.key.eq_ignore_ascii_case(&tag.key)));
    all_tags.extend(tags.iter().cloned());
    let is_inherited = |tag: &&Tag| transitive.contains(&tag.key);
    Ok(AuthenticatedCaller {
        transitive: tags.iter().filter(is_inherited).cloned().collect(),
        // A service-linked role is exempt from service control policies.
        guards: if role.is_service_linked() { Guards::default() } else { Guards::of_caller(state, account)? },
        account: account.clone(),
        arn: format!("arn:{partition}:sts::{account}:assumed-role/{}/{name}", role.name),
        user_id: format!("{role_id}:{name}"),
        principal_arn: state.role_arn(account, role).to_string(),
        session: true,
        issued: *issued,
        tags: all_tags,
        identity,
        boundary,
        session_policy,
    })
}

type Documents = Vec<(String, Document)>;

/// A role's policies, attached and inline, and its boundary.
pub(crate) fn role_policies(
    state: &State,
    role: &StoredRole,
) -> Result<(Documents, Option<(String, Document)>), Refusal> {
    let mut identity = Vec::new();
    for arn in &role.attached {
        if let Some(text) = state.managed_text(arn) {
            identity.push((format!("policy {arn}"), parse(text)?));
        }
    }
    for (policy, text) in &role.inline {
        identity.push((format!("inline policy {policy}"), parse(text)?));
    }
    let boundary = match &role.boundary {
        None => None,
        // A deleted boundary allows nothing.
        Some(arn) => {
            let document = state.managed_text(arn).map_or_else(|| Ok(nothing()), parse)?;
            Some((format!("boundary {arn}"), document))
        }
    };
    Ok((identity, boundary))
}

/// A document without statements.
fn nothing() -> Document {
    Document {
        version: Some("2012-10-17".to_owned()),
        id: None,
        statements: OneOrMany::Many(Vec::new()).into(),
        unknown: std::collections::BTreeMap::new(),
    }
}

fn everything() -> Document {
    const TEXT: &str =
        r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"*","Resource":"*"}}"#;
    // If the constant failed to parse, an administrator could do nothing and tests would fail.
    Document::parse(TEXT).unwrap_or_else(|_| nothing())
}

/// Which side refused.
enum RefusingSide {
    Identity,
    Boundary,
    Session,
    Resource,
}

impl AuthenticatedCaller {
    /// The condition keys set on every request.
    pub(crate) fn context(&self, region: &str, user_agent: &str, now: Timestamp) -> Context {
        let now_date = date(now.as_second());
        let epoch = now.as_second().to_string();
        let mut context = Context::complete()
            .with("aws:PrincipalArn", &[&self.principal_arn])
            .with("aws:PrincipalAccount", &[self.account.as_str()])
            .with("aws:PrincipalType", &[if self.session { "AssumedRole" } else { "User" }])
            .with("aws:PrincipalIsAWSService", &["false"])
            .with("aws:userid", &[&self.user_id])
            .with("aws:CurrentTime", &[&now_date])
            .with("aws:EpochTime", &[&epoch])
            .with("aws:SecureTransport", &["true"])
            .with("aws:SourceIp", &["127.0.0.1"])
            .with("aws:ViaAWSService", &["false"])
            .with("aws:RequestedRegion", &[region])
            .with("aws:UserAgent", &[user_agent]);
        if self.session {
            let issued = self.issued.map_or(now_date, date);
            context =
                context.with("aws:MultiFactorAuthPresent", &["false"]).with("aws:TokenIssueTime", &[&issued]);
        } else if let Ok(arn) = self.arn.parse::<Arn>() {
            context = context.with("aws:username", &[arn.name()]);
        }
        if let Some(id) = &self.guards.organization_id {
            context = context.with("aws:PrincipalOrgID", &[id]);
        }
        for Tag { key, value } in &self.tags {
            context = context.with(&format!("aws:PrincipalTag/{key}"), &[value]);
        }
        context
    }

    fn policies(&self) -> Policies<'_> {
        Policies {
            identity: named(&self.identity),
            boundary: self.boundary.as_ref().map(|(name, document)| (name.clone(), document)),
            session: self.session_policy.as_ref().map(|(name, document)| (name.clone(), document)),
            resource: None,
        }
    }

    /// Refuses what the caller's permissions or the resource policy do not allow. Anything undecided is refused.
    pub(crate) fn authorise(
        &self,
        action: &str,
        resource: &str,
        context: Context,
        resource_policy: Option<&Document>,
    ) -> Result<(), Refusal> {
        let empty = nothing();
        let mut policies = self.policies();
        // Without any policy the evaluator would consult only the resource policy.
        if policies.identity.is_empty() {
            policies.identity.push(("no policy".to_owned(), &empty));
        }
        let abroad = resource.parse::<Arn>().is_ok_and(|arn| {
            !arn.account.is_empty() && arn.account != "aws" && arn.account != self.account.as_str()
        });
        policies.resource = match resource_policy {
            Some(document) => Some(("the resource's policy".to_owned(), document)),
            None if abroad => Some(("no policy".to_owned(), &empty)),
            None => None,
        };
        let request = Request {
            principal: Principal::Aws(self.arn.clone()),
            action: action.to_owned(),
            resource: resource.to_owned(),
            context,
        };
        self.guards.refuse_caller(&request, &self.refused(action, resource))?;
        let decision = evaluate(&policies, &request).decision;
        if decision == Decision::Allowed {
            return Ok(());
        }
        let side = culprit(&policies, &request, decision);
        let why = match (decision, side) {
            (Decision::ExplicitDeny, RefusingSide::Identity) => {
                "with an explicit deny in an identity-based policy".to_owned()
            }
            (Decision::ExplicitDeny, RefusingSide::Boundary) => {
                "with an explicit deny in a permissions boundary".to_owned()
            }
            (Decision::ExplicitDeny, RefusingSide::Session) => {
                "with an explicit deny in a session policy".to_owned()
            }
            (Decision::ExplicitDeny, RefusingSide::Resource) => {
                "with an explicit deny in a resource-based policy".to_owned()
            }
            (_, RefusingSide::Identity) => {
                format!("because no identity-based policy allows the {action} action")
            }
            (_, RefusingSide::Boundary) => {
                format!("because no permissions boundary allows the {action} action")
            }
            (_, RefusingSide::Session) => format!("because no session policy allows the {action} action"),
            (_, RefusingSide::Resource) => {
                format!("because no resource-based policy allows the {action} action")
            }
        };
        Err(Refusal::access_denied(format!("{} {why}", self.refused(action, resource))))
    }

    /// The start of every AWS refusal.
    pub(crate) fn refused(&self, action: &str, resource: &str) -> String {
        format!("User: {} is not authorized to perform: {action} on resource: {resource}", self.arn)
    }

    /// Refuses a caller that a role does not admit: its trust policy must, and for a caller admitted through its whole
    /// account (or from another account) the caller's own permissions must too. The refusal does not say which of the
    /// two it was, unless it was the organization.
    pub(crate) fn may_assume(
        &self,
        action: &str,
        role: &Arn,
        trust: &Document,
        context: Context,
    ) -> Result<(), Refusal> {
        let role = role.to_string();
        let refused = self.refused(action, &role);
        let request = Request {
            principal: Principal::Aws(self.arn.clone()),
            action: action.to_owned(),
            resource: role.clone(),
            context: context.clone(),
        };
        self.guards.refuse_caller(&request, &refused)?;
        let alone =
            Policies { resource: Some(("the trust policy".to_owned(), trust)), ..Policies::default() };
        if evaluate(&alone, &request).decision == Decision::Allowed
            && self.authorise(action, &role, context, Some(trust)).is_ok()
        {
            return Ok(());
        }
        Err(Refusal::access_denied(refused))
    }
}

fn named(documents: &[(String, Document)]) -> Vec<(String, &Document)> {
    documents.iter().map(|(name, document)| (name.clone(), document)).collect()
}

/// Evaluates each side separately.
fn culprit(policies: &Policies<'_>, request: &Request, decision: Decision) -> RefusingSide {
    let Policies { identity, boundary, session, resource } = policies;
    let refuses = |alone: Policies<'_>| evaluate(&alone, request).decision == decision;
    let as_identity = |document: &Option<(String, &Document)>| {
        document
            .clone()
            .is_some_and(|document| refuses(Policies { identity: vec![document], ..Policies::default() }))
    };
    if refuses(Policies { identity: identity.clone(), ..Policies::default() }) {
        RefusingSide::Identity
    } else if as_identity(boundary) {
        RefusingSide::Boundary
    } else if as_identity(session) {
        RefusingSide::Session
    } else if resource.is_some() {
        RefusingSide::Resource
    } else {
        RefusingSide::Identity
    }
}
