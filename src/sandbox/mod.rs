//! An embedded stand-in for IAM, STS and Lambda: in process under the SDK, or served on loopback.
//!
//! It enforces what matters here: trust policies with external IDs, permissions of sessions, IAM's names, limits and
//! conflicts. It does not verify signatures.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use aws_credential_types::Credentials;
use http::{HeaderValue, Response, StatusCode};
use jiff::Timestamp;

use crate::arn::{AccountId, Arn};

mod auth;
mod http_client;
mod lambda;
mod policies;
mod query;
mod roles;
mod serve;
mod state;
mod sts;
mod validate;

pub use http_client::http_client;
pub use serve::serve;

use auth::Scope;
use query::{Fault, Form};
use state::State;

/// What a sandbox begins with.
#[derive(Debug, Clone)]
pub struct Seed {
    pub account: AccountId,
    pub partition: String,
    /// Functions that exist, with alias or version where they have one.
    pub functions: Vec<Arn>,
}

#[derive(Debug)]
pub struct Sandbox {
    state: State,
    file: Option<StateFile>,
    page_limit: Option<usize>,
}

/// Held as long as the sandbox is: two processes would undo each other's writes.
#[derive(Debug)]
struct StateFile {
    path: PathBuf,
    _lock: File,
}

#[derive(Debug, thiserror::Error)]
pub enum SandboxError {
    #[error("cannot read or write the sandbox's state `{path}`", path = .path.display())]
    File { path: PathBuf, source: io::Error },
    #[error("the sandbox's state `{path}` cannot be understood; delete the file to begin anew", path = .path.display())]
    Format { path: PathBuf, source: Option<serde_json::Error> },
    #[error("another process uses the sandbox `{path}`; wait for it, or end it", path = .path.display())]
    Busy { path: PathBuf },
}

impl Sandbox {
    /// In memory.
    pub fn new(seed: &Seed) -> Self {
        let mut state = State::new(&seed.partition);
        seed.plant(&mut state);
        Self { state, file: None, page_limit: None }
    }

    /// With its state in a file, which is made when there is none. Functions of the seed that it lacks are added.
    ///
    /// # Errors
    ///
    /// When the file cannot be read, written or understood, or another process holds it.
    pub fn open(path: &Path, seed: &Seed) -> Result<Self, SandboxError> {
        let failed = |source| SandboxError::File { path: path.to_owned(), source };
        if let Some(folder) = path.parent()
            && !folder.exists()
        {
            fs::create_dir_all(folder).map_err(failed)?;
            // The trust policy in the state holds an external ID: not for a repository.
            fs::write(folder.join(".gitignore"), "*\n").map_err(failed)?;
        }
        let lock = File::create(path.with_extension("lock")).map_err(failed)?;
        if let Err(error) = lock.try_lock() {
            return Err(match error {
                fs::TryLockError::WouldBlock => SandboxError::Busy { path: path.to_owned() },
                fs::TryLockError::Error(source) => failed(source),
            });
        }
        let mut state = match fs::read_to_string(path) {
            Ok(text) => {
                let state: State = serde_json::from_str(&text)
                    .map_err(|source| SandboxError::Format { path: path.to_owned(), source: Some(source) })?;
                if state.format != state::FORMAT {
                    return Err(SandboxError::Format { path: path.to_owned(), source: None });
                }
                state
            }
            Err(error) if error.kind() == io::ErrorKind::NotFound => State::new(&seed.partition),
            Err(error) => return Err(failed(error)),
        };
        seed.partition.clone_into(&mut state.partition);
        seed.plant(&mut state);
        let file = Some(StateFile { path: path.to_owned(), _lock: lock });
        Ok(Self { state, file, page_limit: None })
    }

    /// Makes every list come in pages of at most this many items, as IAM may.
    pub fn set_page_limit(&mut self, items: usize) {
        self.page_limit = Some(items);
    }

    pub fn add_function(&mut self, arn: &Arn) {
        self.state.add_function(arn);
    }

    pub fn remove_function(&mut self, arn: &Arn) {
        self.state.functions.remove(&state::split_qualifier(arn).0);
    }

    /// `Active`, `Pending`, `Inactive` or `Failed`.
    pub fn set_function_state(&mut self, arn: &Arn, state: &str) {
        if let Some(function) = self.state.functions.get_mut(&state::split_qualifier(arn).0) {
            function.state = Some(state.to_owned());
        }
    }

    /// Answers one request. What it changes is saved before it is answered.
    pub fn handle(&mut self, request: &http::Request<Vec<u8>>, now: Timestamp) -> Response<Vec<u8>> {
        self.state.counter += 1;
        let request_id = format!("5a6db0c0-0000-4000-8000-{:012x}", self.state.counter);
        let mut response = self.answer(request, &request_id, now);
        if let Err(error) = self.save() {
            let fault = Fault::new("ServiceFailure", format!("the sandbox cannot save its state: {error}"));
            response =
                xml(StatusCode::INTERNAL_SERVER_ERROR, query::error(roles::NAMESPACE, &fault, &request_id));
        }
        if let Ok(value) = HeaderValue::from_str(&request_id) {
            response.headers_mut().insert("x-amzn-requestid", value);
        }
        response
    }

    fn answer(
        &mut self,
        request: &http::Request<Vec<u8>>,
        request_id: &str,
        now: Timestamp,
    ) -> Response<Vec<u8>> {
        let is_lambda = lambda::is_lambda(request.uri().path());
        let result = match Scope::of(request.headers()) {
            None => Err(Fault::new("MissingAuthenticationToken", "Missing Authentication Token")),
            Some(scope) => self.dispatch(request, &scope, request_id, now),
        };
        match result {
            Ok(response) => response,
            Err(fault) if is_lambda => json_error(&fault),
            Err(fault) => {
                let sts = Scope::of(request.headers()).is_some_and(|scope| scope.service == "sts");
                let namespace = if sts { sts::NAMESPACE } else { roles::NAMESPACE };
                xml(fault.status, query::error(namespace, &fault, request_id))
            }
        }
    }

    fn dispatch(
        &mut self,
        request: &http::Request<Vec<u8>>,
        scope: &Scope,
        request_id: &str,
        now: Timestamp,
    ) -> Result<Response<Vec<u8>>, Fault> {
        let token = request.headers().get("x-amz-security-token").and_then(|value| value.to_str().ok());
        let caller = auth::caller(&self.state, scope, token, now)?;
        if lambda::is_lambda(request.uri().path()) {
            return lambda::handle(&self.state, &caller, scope, request, now);
        }
        let form = Form::parse(request.body());
        let action = form.required("Action")?.to_owned();
        let (namespace, result) = match scope.service.as_str() {
            "sts" => (sts::NAMESPACE, sts::handle(&mut self.state, &caller, &action, &form, now)?),
            "iam" => {
                let account = caller.account.clone();
                let mut call = roles::Call {
                    state: &mut self.state,
                    caller: &caller,
                    account: &account,
                    form: &form,
                    now,
                    page_limit: self.page_limit,
                };
                (roles::NAMESPACE, roles::handle(&mut call, &action)?)
            }
            other => {
                let message = format!("the sandbox has IAM, STS and Lambda, but not {other}");
                return Err(Fault::new("InvalidAction", message));
            }
        };
        Ok(xml(StatusCode::OK, query::response(namespace, &action, &result, request_id)))
    }

    fn save(&self) -> io::Result<()> {
        let Some(StateFile { path, _lock }) = &self.file else { return Ok(()) };
        let text = serde_json::to_vec_pretty(&self.state)?;
        let folder = path.parent().unwrap_or(Path::new("."));
        let temporary = folder.join("sandbox.json.new");
        let mut options = fs::OpenOptions::new();
        options.write(true).create(true).truncate(true);
        #[cfg(unix)]
        std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
        options.open(&temporary)?.write_all(&text)?;
        fs::rename(temporary, path)
    }
}

impl Seed {
    fn plant(&self, state: &mut State) {
        state.account(&self.account);
        self.functions.iter().for_each(|arn| state.add_function(arn));
    }
}

/// Credentials of an administrator of an account.
pub fn credentials(account: &AccountId) -> Credentials {
    Credentials::new(account.as_str(), "sandbox", None, None, "genesys-iam sandbox")
}

fn xml(status: StatusCode, body: String) -> Response<Vec<u8>> {
    let mut response = Response::new(body.into_bytes());
    *response.status_mut() = status;
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response
}

fn json_error(fault: &Fault) -> Response<Vec<u8>> {
    let Fault { status, code, message } = fault;
    let code = match *code {
        "InvalidClientTokenId" | "MissingAuthenticationToken" => "UnrecognizedClientException",
        "ExpiredToken" => "ExpiredTokenException",
        code => code,
    };
    let body = serde_json::json!({ "Type": "User", "Message": message, "message": message });
    let mut response = Response::new(body.to_string().into_bytes());
    *response.status_mut() = *status;
    response.headers_mut().insert("x-amzn-errortype", HeaderValue::from_static(code));
    response.headers_mut().insert(http::header::CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::aws::{self, Clients, Transport, Waits};
    use crate::plan::{Change, diff};
    use crate::policy::Document;
    use crate::resolve::resolve;
    use crate::spec::{self, Spec, Surroundings};
    use crate::state::LiveState;

    struct Nothing;

    impl Surroundings for Nothing {
        fn variable(&self, _: &str) -> Option<String> {
            None
        }

        fn file(&self, _: &str) -> io::Result<String> {
            Err(io::ErrorKind::NotFound.into())
        }
    }

    fn example() -> Spec {
        spec::parse(include_str!("../../examples/genesys.toml"), "genesys", &Nothing).0.unwrap()
    }

    async fn clients(spec: &Spec, page_limit: Option<usize>) -> Clients {
        let functions = spec.roles[0].functions.iter().map(|function| function.arn.clone()).collect();
        let partition = spec.aws.partition.clone();
        let mut sandbox = Sandbox::new(&Seed { account: spec.aws.account_id.clone(), partition, functions });
        if let Some(items) = page_limit {
            sandbox.set_page_limit(items);
        }
        let transport = Transport::InProcess {
            http_client: http_client(Arc::new(Mutex::new(sandbox))),
            credentials: credentials(&spec.aws.account_id),
        };
        aws::connect(&spec.aws, transport).await.unwrap()
    }

    async fn live(clients: &Clients, spec: &Spec) -> LiveState {
        let desired = resolve(spec, &Default::default());
        let live = aws::live(clients, &desired.roles[0]).await.unwrap();
        LiveState { roles: [(desired.roles[0].role.name.clone(), live)].into() }
    }

    /// Applies the example and attaches more than one page of everything.
    async fn populate(clients: &Clients, spec: &Spec) {
        let desired = resolve(spec, &Default::default());
        for change in diff(&live(clients, spec).await, &desired).changes() {
            aws::execute(clients, change, Waits::default()).await.unwrap();
        }
        let document = Document::parse(
            r#"{"Version":"2012-10-17","Statement":{"Effect":"Allow","Action":"s3:*","Resource":"arn:aws:s3:::a+b c"}}"#,
        )
        .unwrap();
        let role = &desired.roles[0].role.name;
        for n in 0..4 {
            let mut policy = desired.roles[0].policy.clone();
            policy.name = format!("extra{n}");
            policy.arn = Arn::policy("aws", &spec.aws.account_id, "/", &policy.name);
            policy.document = document.clone();
            let attach = Change::AttachRolePolicy { role: role.clone(), policy: policy.arn.clone() };
            aws::execute(clients, &Change::CreatePolicy(policy), Waits::default()).await.unwrap();
            aws::execute(clients, &attach, Waits::default()).await.unwrap();
            let text = document.to_json();
            let put = clients.iam.put_role_policy().role_name(role).policy_name(format!("inline{n}"));
            put.policy_document(text).send().await.unwrap();
        }
    }

    #[tokio::test]
    async fn short_pages_make_no_difference_to_what_is_read() {
        let spec = example();
        let [whole, pages] = [clients(&spec, None).await, clients(&spec, Some(1)).await];
        populate(&whole, &spec).await;
        populate(&pages, &spec).await;
        let state = live(&pages, &spec).await;
        assert_eq!(state, live(&whole, &spec).await);
        let role = state.roles.values().next().unwrap().role.as_ref().unwrap();
        assert_eq!((role.attached.len(), role.inline.len()), (5, 4));
        assert!(role.inline["inline0"].to_json().contains("a+b c"));
    }

    #[tokio::test]
    async fn what_was_applied_leaves_nothing_to_change() {
        let spec = example();
        let clients = clients(&spec, None).await;
        populate(&clients, &spec).await;
        let plan = diff(&live(&clients, &spec).await, &resolve(&spec, &Default::default()));
        assert_eq!(plan.changes().count(), 0, "{plan:?}");
    }

    #[test]
    fn a_second_process_is_kept_out() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("state/sandbox.json");
        let spec = example();
        let seed =
            Seed { account: spec.aws.account_id.clone(), partition: "aws".to_owned(), functions: Vec::new() };
        let first = Sandbox::open(&path, &seed).unwrap();
        assert!(matches!(Sandbox::open(&path, &seed), Err(SandboxError::Busy { .. })));
        drop(first);
        Sandbox::open(&path, &seed).unwrap();
        assert_eq!(fs::read_to_string(folder.path().join("state/.gitignore")).unwrap(), "*\n");
    }
}
