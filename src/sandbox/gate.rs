//! What a served sandbox counts and throttles.

use std::collections::BTreeMap;
use std::time::Instant;

use http::Request;
use serde_json::{Value, json};

use super::aws::auth::CredentialScope;

/// A token bucket: how many requests at once, and how many per second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub per_second: f64,
    pub burst: f64,
}

/// All requests to the server; each service has its own bucket.
#[derive(Debug)]
pub(super) struct Gate {
    rate: Option<Rate>,
    /// Tokens by service, and when they were last counted.
    buckets: BTreeMap<String, (f64, Instant)>,
    calls: BTreeMap<String, u64>,
    refused: u64,
    now: u64,
    most: u64,
}

impl Gate {
    pub(crate) fn new(rate: Option<Rate>) -> Self {
        Self { rate, buckets: BTreeMap::new(), calls: BTreeMap::new(), refused: 0, now: 0, most: 0 }
    }

    pub(crate) fn begin(&mut self) {
        self.now += 1;
        self.most = self.most.max(self.now);
    }

    pub(crate) fn end(&mut self) {
        self.now -= 1;
    }

    /// Whether a request is allowed through; counts it either way.
    pub(crate) fn admit<B: AsRef<[u8]>>(&mut self, request: &Request<B>) -> bool {
        let name = name(request);
        if let Some(Rate { per_second, burst }) = self.rate {
            let service = name.split(':').next().unwrap_or_default().to_owned();
            let now = Instant::now();
            let (tokens, filled) = self.buckets.entry(service).or_insert((burst, now));
            *tokens = (*tokens + per_second * now.duration_since(*filled).as_secs_f64()).min(burst);
            *filled = now;
            if *tokens < 1.0 {
                self.refused += 1;
                return false;
            }
            *tokens -= 1.0;
        }
        *self.calls.entry(name).or_default() += 1;
        true
    }

    /// What was counted since the last call.
    pub(crate) fn tally(&mut self) -> Value {
        let calls = std::mem::take(&mut self.calls);
        let (refused, most) =
            (std::mem::take(&mut self.refused), std::mem::replace(&mut self.most, self.now));
        json!({ "calls": calls, "refused": refused, "most_at_once": most })
    }
}

/// `iam:GetRole`; for REST services the method and the last part of the path.
fn name<B: AsRef<[u8]>>(request: &Request<B>) -> String {
    let service =
        CredentialScope::of(request.headers()).map_or_else(|| "genesys".to_owned(), |scope| scope.service);
    let target = request.headers().get("x-amz-target").and_then(|target| target.to_str().ok());
    let action = match target {
        Some(target) => target.rsplit('.').next().map(str::to_owned),
        None => form_urlencoded::parse(request.body().as_ref())
            .find(|(key, _)| key == "Action")
            .map(|(_, action)| action.into_owned()),
    };
    let action = action.unwrap_or_else(|| {
        let path = request.uri().path();
        format!("{} {}", request.method(), path.rsplit('/').next().unwrap_or(path))
    });
    format!("{service}:{action}")
}
