//! Requests per token and minute: Genesys Cloud reports the count and refuses any excess.

use std::collections::BTreeMap;

use http::{HeaderMap, HeaderValue};
use jiff::Timestamp;

/// Unless the state says otherwise.
const ALLOWED: u32 = 300;
const MINUTE: i64 = 60;

/// By token: the second in which its minute began, and its requests since.
#[derive(Debug, Default, Clone)]
pub(crate) struct Rates(BTreeMap<String, (i64, u32)>);

/// The rate reported in a response.
pub(crate) struct RateUsed {
    count: u32,
    allowed: u32,
    reset: i64,
}

impl Rates {
    /// Counts a request. `limit` is 0 if the sandbox refuses none.
    pub(crate) fn count(&mut self, token: &str, limit: u32, now: Timestamp) -> RateUsed {
        let now = now.as_second();
        let (began, count) = self.0.entry(token.to_owned()).or_insert((now, 0));
        if *began + MINUTE <= now {
            (*began, *count) = (now, 0);
        }
        *count += 1;
        let allowed = if limit == 0 { ALLOWED } else { limit };
        // If nothing is refused, nobody has to wait.
        let count = if limit == 0 { (*count).min(allowed - 1) } else { *count };
        RateUsed { count, allowed, reset: *began + MINUTE - now }
    }
}

impl RateUsed {
    pub(crate) fn is_too_much(&self) -> bool {
        self.count > self.allowed
    }

    pub(crate) fn seconds_left(&self) -> i64 {
        self.reset
    }

    pub(crate) fn tell(&self, headers: &mut HeaderMap) {
        headers.insert("inin-ratelimit-count", self.count.into());
        headers.insert("inin-ratelimit-allowed", self.allowed.into());
        headers.insert("inin-ratelimit-reset", HeaderValue::from(self.reset));
    }
}
