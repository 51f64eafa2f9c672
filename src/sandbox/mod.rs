//! The sandbox: an embedded stand-in for IAM, STS, Lambda and Genesys Cloud, so that the whole product can be tried without AWS.
//!
//! It plugs into the SDK as its HTTP client ([`http_client`]) or is served on loopback ([`serve`]). Trust and
//! permissions are enforced by the product's own evaluator; signatures are not verified: the access key ID alone says
//! who calls, and a 12-digit one is an administrator of that account.

mod auth;
mod documents;
mod error;
mod gate;
mod genesys;
mod http_client;
mod iam;
mod lambda;
mod managed;
mod query;
mod serve;
mod state;
mod state_file;
mod sts;
mod tagging;
#[cfg(test)]
mod tests;
mod validate;

use std::path::Path;

use http::{HeaderMap, HeaderValue, Request, Response};
use jiff::Timestamp;

pub use self::error::SandboxError;
pub use self::gate::Rate;
pub use self::http_client::{carrier, http_client};
pub use self::serve::{Manner, serve};

use self::auth::{Caller, Scope};
use self::error::Refusal;
use self::query::Params;
use self::state::{State, Tag};
use self::state_file::StateFile;
use self::validate::Page;
use crate::arn::{AccountId, Arn};
use crate::policy::{Context, Document};

/// What a sandbox begins with.
#[derive(Debug, Clone)]
pub struct Seed {
    pub account: AccountId,
    pub partition: String,
    pub region: String,
    /// Lambda functions that exist, with the alias or version where the ARN names one.
    pub functions: Vec<Arn>,
    pub genesys: Option<GenesysSeed>,
}

/// The Genesys Cloud organization that a sandbox has.
#[derive(Debug, Clone)]
pub struct GenesysSeed {
    pub organization_id: String,
    /// The AWS account from which it assumes roles.
    pub account: AccountId,
    pub integrations: Vec<IntegrationSeed>,
}

/// An enabled integration for Lambda data actions, with one action for each function.
#[derive(Debug, Clone)]
pub struct IntegrationSeed {
    pub name: String,
    pub role: Arn,
    pub functions: Vec<Arn>,
}

/// A stand-in for IAM, STS, Lambda and one organization of Genesys Cloud: any number of accounts of one partition.
#[derive(Debug)]
pub struct Sandbox {
    state: State,
    /// `None`: in memory only.
    file: Option<StateFile>,
    /// Where a request does not say its own.
    region: String,
    page_limit: usize,
    requests: u64,
}

/// The credentials of an administrator of the account. They mean nothing outside the sandbox.
pub fn credentials(account: &AccountId) -> aws_credential_types::Credentials {
    aws_credential_types::Credentials::new(account.as_str(), "sandbox", None, None, "genesys-iam sandbox")
}

impl Sandbox {
    /// A sandbox in memory.
    pub fn new(seed: &Seed) -> Self {
        let mut state = State::new(&seed.partition);
        let region = &seed.region;
        state.plant(seed);
        Self { state, file: None, region: region.clone(), page_limit: usize::MAX, requests: 0 }
    }

    /// A sandbox whose state is kept in a file, created when absent; functions of the seed are added when they lack.
    ///
    /// The file is locked for as long as the sandbox lives, and written after each request that changes something.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, written or understood, or another process uses it.
    pub fn open(path: &Path, seed: &Seed) -> Result<Self, SandboxError> {
        let file = StateFile::lock(path)?;
        let mut sandbox = Self::new(seed);
        let stored = file.read()?;
        let fresh = stored.is_none();
        if let Some(stored) = stored {
            sandbox.state = State { partition: seed.partition.clone(), ..stored };
        }
        let before = sandbox.state.clone();
        sandbox.state.plant(seed);
        if fresh || sandbox.state != before {
            file.write(&sandbox.state)?;
        }
        sandbox.file = Some(file);
        Ok(sandbox)
    }

    /// Adds the account, functions and organization of another spec.
    pub fn plant(&mut self, seed: &Seed) {
        self.state.plant(seed);
    }

    /// A copy in memory, as everything is now.
    #[must_use]
    pub fn copy(&self) -> Self {
        let Self { state, file: _, region, page_limit, requests } = self;
        Self {
            state: state.clone(),
            file: None,
            region: region.clone(),
            page_limit: *page_limit,
            requests: *requests,
        }
    }

    /// A text that is the same for equal states.
    pub fn fingerprint(&self) -> String {
        format!("{:?}", self.state.accounts)
    }

    /// Answers a request. Never panics, and does no I/O but saving the state after a write.
    pub fn handle<B: AsRef<[u8]>>(&mut self, request: &Request<B>, now: Timestamp) -> Response<Vec<u8>> {
        self.requests += 1;
        let request_id = uuid(self.state.counter.rotate_left(32) ^ self.requests);
        // A session's credentials are new state too, so STS writes as IAM does.
        let before = (self.file.is_some() && !is_read(request)).then(|| self.state.clone());
        let mut response = self.answer(request, now, &request_id);
        if let (Some(before), Some(file)) = (before, &self.file)
            && self.state != before
            && let Err(error) = file.write(&self.state)
        {
            // What could not be kept has not happened.
            self.state = before;
            let message = match std::error::Error::source(&error) {
                Some(source) => format!("{error}: {source}"),
                None => error.to_string(),
            };
            response = query::respond(iam::NAMESPACE, "", Err(Refusal::failure(message)), &request_id);
        }
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert("x-amzn-requestid", value);
        }
        response
    }

    /// The answer to a request too many.
    fn throttle<B>(&mut self, request: &Request<B>) -> Response<Vec<u8>> {
        self.requests += 1;
        let id = uuid(self.requests);
        let service = Scope::of(request.headers()).map(|scope| scope.service).unwrap_or_default();
        let mut response = match service.as_str() {
            "lambda" => lambda::respond(Err(Refusal::new(429, "TooManyRequestsException", "Rate exceeded"))),
            "tagging" => tagging::respond(Err(Refusal::new(400, "ThrottlingException", "Rate exceeded"))),
            _ => {
                let refusal = Refusal::new(400, "Throttling", "Rate exceeded");
                query::respond(iam::NAMESPACE, "", Err(refusal), &id)
            }
        };
        if let Ok(id) = HeaderValue::from_str(&id) {
            response.headers_mut().insert("x-amzn-requestid", id);
        }
        response
    }

    fn answer<B: AsRef<[u8]>>(
        &mut self,
        request: &Request<B>,
        now: Timestamp,
        id: &str,
    ) -> Response<Vec<u8>> {
        let scope = Scope::of(request.headers());
        let region = scope.as_ref().map_or_else(|| self.region.clone(), |scope| scope.region.clone());
        let path = request.uri().path();
        if genesys::is_for(path) {
            return genesys::handle(self, request, now, id);
        }
        let service = match &scope {
            Some(scope) => scope.service.as_str(),
            None if path.starts_with(lambda::PATH) => "lambda",
            None => "",
        };
        let params = match service {
            "lambda" | "tagging" => Params::default(),
            _ => Params::parse(request.body().as_ref()),
        };
        let action = params.get("Action").unwrap_or_default();
        let namespace = if service == "sts" { sts::NAMESPACE } else { iam::NAMESPACE };
        let caller = match auth::caller(&self.state, scope.as_ref(), request.headers(), now) {
            Ok(caller) => caller,
            Err(refusal) if service == "lambda" => return lambda::respond(Err(refusal)),
            Err(refusal) if service == "tagging" => return tagging::respond(Err(refusal)),
            Err(refusal) => return query::respond(namespace, action, Err(refusal), id),
        };
        let mut call = Call {
            context: caller.context(&region, header(request.headers(), "user-agent"), now),
            state: &mut self.state,
            params: &params,
            caller: &caller,
            now,
            page_limit: self.page_limit,
        };
        if service == "lambda" {
            let target = lambda::Target {
                method: request.method(),
                path,
                query: request.uri().query().unwrap_or_default(),
                region: &region,
                invocation_type: header(request.headers(), "x-amz-invocation-type"),
            };
            return lambda::respond(lambda::handle(&call, &target));
        }
        if service == "tagging" {
            let target = header(request.headers(), "x-amz-target");
            return tagging::respond(tagging::handle(&call, target, request.body().as_ref()));
        }
        let outcome = match service {
            _ if action.is_empty() => {
                Err(Refusal::new(400, "MissingAction", "The request must contain the parameter Action"))
            }
            "iam" => iam::handle(&mut call, action),
            "sts" => sts::handle(&mut call, action),
            other => {
                let message = format!("The sandbox has iam, sts, lambda and tagging, not {other}");
                Err(Refusal::new(400, "InvalidAction", message))
            }
        };
        query::respond(namespace, action, outcome, id)
    }

    /// Adds somebody who can call, by access key ID; without policies it is an administrator.
    pub fn add_identity(&mut self, access_key_id: &str, arn: &str, policies: Option<Vec<Document>>) {
        // What is no ARN can call nothing, so there is nothing to add.
        let Ok(arn) = arn.parse::<Arn>() else { return };
        let policies = policies.map(|documents| documents.iter().map(Document::to_json).collect());
        let id = self.state.new_id("AIDA");
        self.state.identities.insert(access_key_id.to_owned(), state::Identity { arn, id, policies });
    }

    /// No page of a listing has more than `items` items, whatever was asked for.
    pub fn set_page_limit(&mut self, items: usize) {
        self.page_limit = items;
    }

    /// Makes a function exist, with the alias or version that its ARN names.
    pub fn add_function(&mut self, arn: &Arn) {
        self.state.add_function(arn);
    }

    /// Removes a function, or the alias or version that its ARN names.
    pub fn remove_function(&mut self, arn: &Arn) {
        let (function, qualifier) = state::split_function(arn);
        let Some(qualifier) = qualifier else {
            self.state.functions.remove(&function);
            return;
        };
        if let Some(function) = self.state.functions.get_mut(&function) {
            function.aliases.remove(&qualifier);
            if let Ok(version) = qualifier.parse() {
                function.versions.remove(&version);
            }
        }
    }

    /// Sets a function's state (`Active`, `Pending`, `Inactive`, `Failed`) and the reason for it.
    pub fn set_function_state(&mut self, arn: &Arn, state: &str, reason: Option<&str>) {
        if let Some(function) = self.state.functions.get_mut(&state::split_function(arn).0) {
            function.state = state.to_owned();
            function.reason = reason.map(str::to_owned);
        }
    }

    /// Lets only this OAuth client in.
    pub fn set_genesys_client(&mut self, id: &str, secret: &str) {
        self.state.organization.clients = [(id.to_owned(), secret.to_owned())].into();
    }

    /// Takes a permission from the organization's OAuth clients.
    pub fn remove_genesys_permission(&mut self, permission: &str) {
        self.state.organization.lacks.insert(permission.to_owned());
    }

    /// Makes all tokens expire.
    pub fn expire_genesys_tokens(&mut self) {
        self.state.organization.tokens.clear();
    }

    /// Sets the organization's ID.
    pub fn set_organization_id(&mut self, id: &str) {
        self.state.organization.id = id.to_owned();
    }

    /// Changes each integration, its configuration, its credential or its data actions, in the API's own form.
    pub fn edit_genesys(&mut self, mut edit: impl FnMut(GenesysKind, &mut serde_json::Value)) {
        let genesys::Organization { integrations, credentials, actions, .. } = &mut self.state.organization;
        for (kind, all) in [
            (GenesysKind::Integration, integrations),
            (GenesysKind::Credential, credentials),
            (GenesysKind::Action, actions),
        ] {
            all.values_mut().for_each(|value| edit(kind, value));
            // What was made null is gone.
            all.retain(|_, value| !value.is_null());
        }
    }

    /// Sets the resource policy of a function, alias or version.
    pub fn set_function_policy(&mut self, arn: &Arn, policy: Option<&Document>) {
        let (function, qualifier) = state::split_function(arn);
        let qualifier = qualifier.unwrap_or_default();
        if let Some(function) = self.state.functions.get_mut(&function) {
            match policy {
                Some(document) => function.policies.insert(qualifier, document.to_json()),
                None => function.policies.remove(&qualifier),
            };
        }
    }
}

/// What [`Sandbox::edit_genesys`] changes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum GenesysKind {
    Integration,
    Credential,
    Action,
}

/// One request, as the actions see it.
struct Call<'a> {
    state: &'a mut State,
    params: &'a Params,
    caller: &'a Caller,
    now: Timestamp,
    page_limit: usize,
    context: Context,
}

impl Call<'_> {
    /// The condition keys that every request has.
    fn context(&self) -> Context {
        self.context.clone()
    }

    fn page(&self) -> Result<Page, Refusal> {
        self.params.page(self.page_limit)
    }
}

fn with_request_tags(mut context: Context, tags: &[Tag]) -> Context {
    let keys: Vec<&str> = tags.iter().map(|tag| tag.key.as_str()).collect();
    for Tag { key, value } in tags {
        context = context.with(&format!("aws:RequestTag/{key}"), &[value]);
    }
    if keys.is_empty() { context } else { context.with("aws:TagKeys", &keys) }
}

fn unknown_action(action: &str, version: &str) -> Refusal {
    Refusal::new(400, "InvalidAction", format!("Could not find operation {action} for version {version}"))
}

fn header<'a>(headers: &'a HeaderMap, name: &str) -> &'a str {
    headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// A number in the shape of a UUID.
fn uuid(number: u64) -> String {
    let [a, b] = [state::mix(number), state::mix(number ^ u64::MAX)];
    format!(
        "{:08x}-{:04x}-4{:03x}-8{:03x}-{:012x}",
        a >> 32,
        a & 0xffff,
        (a >> 16) & 0xfff,
        b & 0xfff,
        b >> 16
    )
}

/// Whether a request can change nothing: then the state need not be kept for the case that it cannot be saved.
fn is_read<B: AsRef<[u8]>>(request: &Request<B>) -> bool {
    let action = request.body().as_ref();
    // The tagging API is only read.
    if request.method() == http::Method::GET || request.headers().contains_key("x-amz-target") {
        return true;
    }
    [b"Action=Get".as_slice(), b"Action=List"].iter().any(|start| action.starts_with(start))
}
