//! The sandbox itself: the state, and the services that use it.

use std::path::Path;
use std::time::Duration;

use http::{HeaderValue, Request, Response};
use jiff::Timestamp;

use super::aws::refusal::Refusal;
use super::aws::{self, Defaults};
use super::error::SandboxError;
use super::genesys;
use super::ids::uuid;
use super::past::Past;
use super::seed::Seed;
use super::state::State;
use super::state_file::{Stamp, StateFile};
use crate::arn::{AccountId, FunctionArn};
use crate::secrets::MADE_UP;

/// Credentials of an account administrator. They mean nothing outside the sandbox.
pub fn credentials(account: &AccountId) -> aws_credential_types::Credentials {
    aws_credential_types::Credentials::new(account.as_str(), MADE_UP, None, None, "genesys-iam sandbox")
}

/// Those of the identity that probes as Genesys Cloud. What it does is not part of what AWS would have recorded.
pub fn prober_credentials(account: &AccountId) -> aws_credential_types::Credentials {
    let token = Some(aws::PROBER_TOKEN.to_owned());
    let secret = MADE_UP;
    aws_credential_types::Credentials::new(account.as_str(), secret, token, None, "genesys-iam sandbox")
}

/// A stand-in for IAM, STS, Lambda and Genesys Cloud organizations: any number of accounts in one partition.
#[derive(Debug)]
pub struct Sandbox {
    pub(super) state: State,
    /// Aliases that functions got because a spec names them.
    invented: Vec<FunctionArn>,
    /// `None`: in memory only.
    file: Option<StateFile>,
    /// Other processes use the file between requests: how this one left it.
    shared: Option<Stamp>,
    /// What it starts with, also after another process has reset it.
    seeds: Vec<Seed>,
    pub(super) defaults: Defaults,
    requests: u64,
    /// What reads use while changes are not yet visible.
    past: Past,
    rates: genesys::Rates,
}

impl Sandbox {
    /// A sandbox in memory.
    pub fn new(seed: &Seed) -> Self {
        let mut state = State::new(&seed.partition);
        state.seed(seed);
        let defaults = Defaults { region: seed.region.clone(), page_limit: usize::MAX };
        Self {
            state,
            invented: Vec::new(),
            file: None,
            shared: None,
            seeds: vec![seed.clone()],
            defaults,
            requests: 0,
            past: Past::default(),
            rates: genesys::Rates::default(),
        }
    }

    /// A sandbox whose state is kept in a file, created if absent; missing functions of the seed are added.
    ///
    /// The file is locked for the sandbox's lifetime, and written after each request that changes something.
    ///
    /// # Errors
    ///
    /// If the file cannot be read, written or parsed, or another process uses it.
    pub fn open(path: &Path, seed: &Seed) -> Result<Self, SandboxError> {
        Self::open_marked(path, seed, false)
    }

    pub(super) fn open_marked(
        path: &Path,
        seed: &Seed,
        is_demonstration: bool,
    ) -> Result<Self, SandboxError> {
        let file = StateFile::lock(path)?;
        let mut sandbox = Self::new(seed);
        let stored = file.read()?;
        let fresh = stored.is_none();
        if let Some(stored) = stored {
            sandbox.state = State { partition: seed.partition.clone(), ..stored };
        }
        let before = sandbox.state.clone();
        sandbox.state.is_demonstration = is_demonstration && (fresh || before.is_demonstration);
        sandbox.state.organization.drop_planted();
        let invented = sandbox.state.seed(seed);
        if !fresh {
            sandbox.invented = invented;
        }
        if fresh || sandbox.state != before {
            file.write(&sandbox.state)?;
        }
        sandbox.file = Some(file);
        Ok(sandbox)
    }

    /// From now on, the state is kept in this file.
    pub(super) fn keep_in(&mut self, file: StateFile) {
        self.file = Some(file);
    }

    /// Writes the state, if it is kept in a file.
    pub(super) fn save(&self) -> Result<(), SandboxError> {
        match &self.file {
            Some(file) => file.write(&self.state),
            None => Ok(()),
        }
    }

    /// From now on, reads see changes only after this delay, and a changed role keeps working as before until then.
    pub fn set_consistency_delay(&mut self, delay: Duration) {
        self.past = Past::new(delay);
    }

    /// Deletes a state file; returns the names of its planted scenarios. `None`: the file did not exist.
    ///
    /// # Errors
    ///
    /// If it cannot be deleted, or another process uses it.
    pub fn reset(path: &Path) -> Result<Option<Vec<String>>, SandboxError> {
        if !path.exists() {
            return Ok(None);
        }
        let file = StateFile::lock(path)?;
        // An unreadable file can be deleted.
        let planted = file.read().ok().flatten().map(|state| state.planted);
        file.delete()?;
        Ok(Some(planted.unwrap_or_default()))
    }

    /// Adds another spec's account, functions and organization.
    pub fn seed(&mut self, seed: &Seed) {
        self.invented.extend(self.state.seed(seed));
        self.seeds.push(seed.clone());
    }

    /// Aliases that functions got because a spec names them. No one in AWS would have made them.
    pub fn invented(&self) -> &[FunctionArn] {
        &self.invented
    }

    /// From now on, other processes may use the state file between requests.
    ///
    /// # Errors
    ///
    /// If the state cannot be written.
    pub fn share(&mut self) -> Result<(), SandboxError> {
        self.save()?;
        self.shared = self.file.as_mut().map(StateFile::release);
        Ok(())
    }

    /// Takes the shared file back, and reads what others changed.
    fn take_back(&mut self) -> Result<(), SandboxError> {
        let (Some(stamp), Some(file)) = (self.shared, &mut self.file) else { return Ok(()) };
        file.acquire()?;
        if !file.is_newer_than(stamp) {
            return Ok(());
        }
        let partition = self.state.partition.clone();
        self.state = match file.read()? {
            Some(stored) => State { partition, ..stored },
            None => State { is_demonstration: self.state.is_demonstration, ..State::new(&partition) },
        };
        for seed in &self.seeds {
            self.state.seed(seed);
        }
        Ok(())
    }

    /// An in-memory copy of the current state.
    #[must_use]
    pub fn copy(&self) -> Self {
        let Self { state, invented: _, file: _, shared: _, seeds, defaults, requests, past: _, rates } = self;
        Self {
            state: state.clone(),
            invented: Vec::new(),
            file: None,
            shared: None,
            seeds: seeds.clone(),
            defaults: defaults.clone(),
            requests: *requests,
            past: Past::default(),
            rates: rates.clone(),
        }
    }

    /// Text that is identical for equal states.
    pub fn fingerprint(&self) -> String {
        format!("{:?}", self.state.accounts)
    }

    /// Answers a request. Never panics; its only I/O is saving the state after a write.
    pub fn handle<B: AsRef<[u8]>>(&mut self, request: &Request<B>, now: Timestamp) -> Response<Vec<u8>> {
        let taken = self.take_back();
        self.requests += 1;
        let request_id = uuid(self.state.counter.rotate_left(32) ^ self.requests);
        let mut response = match taken {
            Ok(()) => self.handle_own(request, now, &request_id),
            Err(error) => failed(&error, &request_id),
        };
        if let (Some(stamp), Some(file)) = (&mut self.shared, &mut self.file) {
            *stamp = file.release();
        }
        identify(&mut response, &request_id);
        response
    }

    fn handle_own<B: AsRef<[u8]>>(
        &mut self,
        request: &Request<B>,
        now: Timestamp,
        request_id: &str,
    ) -> Response<Vec<u8>> {
        // A session's credentials are new state too, so STS writes like IAM.
        let is_kept = self.file.is_some() || self.past.is_kept();
        let before = (is_kept && !is_read(request)).then(|| self.state.clone());
        let response = self.answer(request, now, request_id);
        if let Some(before) = before.filter(|before| *before != self.state) {
            match self.save() {
                Ok(()) if self.past.is_kept() => self.past.keep(before, now),
                Ok(()) => {}
                Err(error) => {
                    // What could not be saved did not happen.
                    self.state = before;
                    return failed(&error, request_id);
                }
            }
        }
        response
    }

    fn answer<B: AsRef<[u8]>>(
        &mut self,
        request: &Request<B>,
        now: Timestamp,
        id: &str,
    ) -> Response<Vec<u8>> {
        let Self { state, defaults, past, rates, .. } = self;
        if genesys::is_for(request.uri().path()) {
            return genesys::handle(state, rates, defaults, request, now, id);
        }
        if let Some(seen) = past.seen(now)
            && (is_read(request) || is_use(request))
        {
            // Credentials work as soon as they are issued.
            let mut seen = State { sessions: state.sessions.clone(), ..seen.clone() };
            let response = aws::answer(&mut seen, defaults, request, now, id);
            // A role in use must exist, and admit the caller, in both states.
            if is_read(request) || !response.status().is_success() {
                return response;
            }
        }
        aws::answer(state, defaults, request, now, id)
    }

    /// The throttling response.
    pub(super) fn throttle<B>(&mut self, request: &Request<B>) -> Response<Vec<u8>> {
        self.requests += 1;
        let id = uuid(self.requests);
        let mut response = if genesys::is_for(request.uri().path()) {
            genesys::throttle(&id)
        } else {
            aws::throttle(request, &id)
        };
        identify(&mut response, &id);
        response
    }
}

/// The state could not be read or kept.
fn failed(error: &SandboxError, request_id: &str) -> Response<Vec<u8>> {
    let message = match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    };
    aws::query::respond(aws::iam::NAMESPACE, "", Err(Refusal::failure(message)), request_id)
}

fn identify(response: &mut Response<Vec<u8>>, request_id: &str) {
    if let Ok(id) = HeaderValue::from_str(request_id) {
        response.headers_mut().insert("x-amzn-requestid", id);
    }
}

/// Whether a request cannot change anything, so no copy of the state is needed.
fn is_read<B: AsRef<[u8]>>(request: &Request<B>) -> bool {
    let action = request.body().as_ref();
    if request.method() == http::Method::GET {
        return true;
    }
    if let Some(target) = request.headers().get("x-amz-target") {
        let operation = target.as_bytes().rsplit(|byte| *byte == b'.').next().unwrap_or_default();
        let reads = [b"Get".as_slice(), b"List", b"Describe", b"Lookup"];
        return reads.iter().any(|start| operation.starts_with(start));
    }
    [b"Action=Get".as_slice(), b"Action=List"].iter().any(|start| action.starts_with(start))
}

/// Whether a request uses a role: assumes it, or invokes a function with it.
fn is_use<B: AsRef<[u8]>>(request: &Request<B>) -> bool {
    request.body().as_ref().starts_with(b"Action=AssumeRole")
        || request.uri().path().starts_with(aws::lambda::PATH)
}
