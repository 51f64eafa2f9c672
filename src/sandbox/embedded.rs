//! The sandbox itself: the state, and the services that answer from it.

use std::path::Path;

use http::{HeaderValue, Request, Response};
use jiff::Timestamp;

use super::aws::refusal::Refusal;
use super::aws::{self, Defaults};
use super::error::SandboxError;
use super::genesys;
use super::ids::uuid;
use super::seed::Seed;
use super::state::State;
use super::state_file::StateFile;
use crate::arn::AccountId;

/// The credentials of an administrator of the account. They mean nothing outside the sandbox.
pub fn credentials(account: &AccountId) -> aws_credential_types::Credentials {
    aws_credential_types::Credentials::new(account.as_str(), "sandbox", None, None, "genesys-iam sandbox")
}

/// A stand-in for IAM, STS, Lambda and one organization of Genesys Cloud: any number of accounts of one partition.
#[derive(Debug)]
pub struct Sandbox {
    pub(super) state: State,
    /// `None`: in memory only.
    file: Option<StateFile>,
    pub(super) defaults: Defaults,
    requests: u64,
}

impl Sandbox {
    /// A sandbox in memory.
    pub fn new(seed: &Seed) -> Self {
        let mut state = State::new(&seed.partition);
        state.seed(seed);
        let defaults = Defaults { region: seed.region.clone(), page_limit: usize::MAX };
        Self { state, file: None, defaults, requests: 0 }
    }

    /// A sandbox whose state is kept in a file, created when absent; functions of the seed are added when they are missing.
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
        sandbox.state.seed(seed);
        if fresh || sandbox.state != before {
            file.write(&sandbox.state)?;
        }
        sandbox.file = Some(file);
        Ok(sandbox)
    }

    /// Adds the account, functions and organization of another spec.
    pub fn seed(&mut self, seed: &Seed) {
        self.state.seed(seed);
    }

    /// A copy in memory, as everything is now.
    #[must_use]
    pub fn copy(&self) -> Self {
        let Self { state, file: _, defaults, requests } = self;
        Self { state: state.clone(), file: None, defaults: defaults.clone(), requests: *requests }
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
        let path = request.uri().path();
        let Self { state, defaults, .. } = self;
        let mut response = if genesys::is_for(path) {
            genesys::handle(state, defaults, request, now, &request_id)
        } else {
            aws::answer(state, defaults, request, now, &request_id)
        };
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
            response =
                aws::query::respond(aws::iam::NAMESPACE, "", Err(Refusal::failure(message)), &request_id);
        }
        identify(&mut response, &request_id);
        response
    }

    /// The answer to a request too many.
    pub(super) fn throttle<B>(&mut self, request: &Request<B>) -> Response<Vec<u8>> {
        self.requests += 1;
        let id = uuid(self.requests);
        let mut response = aws::throttle(request, &id);
        identify(&mut response, &id);
        response
    }
}

fn identify(response: &mut Response<Vec<u8>>, request_id: &str) {
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
}

/// Whether a request can change nothing: then no copy of the state is needed.
fn is_read<B: AsRef<[u8]>>(request: &Request<B>) -> bool {
    let action = request.body().as_ref();
    // The tagging API is only read.
    if request.method() == http::Method::GET || request.headers().contains_key("x-amz-target") {
        return true;
    }
    [b"Action=Get".as_slice(), b"Action=List"].iter().any(|start| action.starts_with(start))
}
