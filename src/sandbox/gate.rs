//! What a served sandbox counts, and how much it lets through.

use std::collections::BTreeMap;
use std::time::Instant;

use http::Request;
use serde_json::{Value, json};

use super::auth::Scope;

/// A bucket of tokens: so many requests at once, and so many a second.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Rate {
    pub per_second: f64,
    pub burst: f64,
}

/// All requests to the server, of all services together.
#[derive(Debug)]
pub(super) struct Gate {
    rate: Option<Rate>,
    tokens: f64,
    filled: Instant,
    calls: BTreeMap<String, u64>,
    refused: u64,
    now: u64,
    most: u64,
}

impl Gate {
    pub fn new(rate: Option<Rate>) -> Self {
        let tokens = rate.map_or(0.0, |rate| rate.burst);
        let filled = Instant::now();
        Self { rate, tokens, filled, calls: BTreeMap::new(), refused: 0, now: 0, most: 0 }
    }

    pub fn begin(&mut self) {
        self.now += 1;
        self.most = self.most.max(self.now);
    }

    pub fn end(&mut self) {
        self.now -= 1;
    }

    /// Whether it is let through; counts it either way.
    pub fn admit<B: AsRef<[u8]>>(&mut self, request: &Request<B>) -> bool {
        let Some(Rate { per_second, burst }) = self.rate else {
            *self.calls.entry(name(request)).or_default() += 1;
            return true;
        };
        let now = Instant::now();
        let came = per_second * now.duration_since(self.filled).as_secs_f64();
        self.tokens = (self.tokens + came).min(burst);
        self.filled = now;
        if self.tokens < 1.0 {
            self.refused += 1;
            return false;
        }
        self.tokens -= 1.0;
        *self.calls.entry(name(request)).or_default() += 1;
        true
    }

    /// What was counted since the last time, and a full bucket.
    pub fn tally(&mut self) -> Value {
        let Self { rate, calls, refused, most, .. } = std::mem::replace(self, Self::new(self.rate));
        let per_second = rate.map(|rate| rate.per_second);
        json!({ "calls": calls, "refused": refused, "most_at_once": most, "per_second": per_second })
    }
}

/// `iam:GetRole`; of REST services the method and the last part of the path.
fn name<B: AsRef<[u8]>>(request: &Request<B>) -> String {
    let service = Scope::of(request.headers()).map_or_else(|| "genesys".to_owned(), |scope| scope.service);
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
