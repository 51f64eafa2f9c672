//! Staying within AWS's rate: a limiter for each service of an account, between the SDK and the network.
//!
//! The SDK's own retries are designed for a few requests: with hundreds in flight, all are refused at once, and again
//! after each pause. Here the first refusal pauses all of them, and the number that pass between two refusals, each
//! with AWS's bucket empty, gives the rate.

use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use http_body_util::{BodyExt as _, LengthLimitError, Limited};
use tokio::sync::{Mutex as Queue, Notify};
use tokio::time::Instant;

use crate::aws::error::retry_after;

/// From the request to the end of its answer. The SDK makes three attempts unless `AWS_MAX_ATTEMPTS` or the profile
/// overrides that.
pub(crate) const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// Initial number of requests in flight; each that passes allows one more, so that the window doubles every round trip.
/// AWS's own bucket holds more.
const WINDOW: f64 = 38.0;
const GROWTH: f64 = 1.0;
/// After the first refusal, while the bucket fills a little.
const PAUSE: Duration = Duration::from_secs(1);
const LONGEST_PAUSE: Duration = Duration::from_secs(8);
/// Requests per second, to see what has refilled the bucket since then.
const PROBE: f64 = 60.0;
/// Share of the measured rate: the rest is for others in the account.
const SHARE: f64 = 0.98;
const SLOWEST: f64 = 0.5;
/// How much may be caught up.
const LATE: Duration = Duration::from_millis(50);
/// This many must pass between two refusals for the rate to be well known.
const ENOUGH: u32 = 20;
/// The longest pause made because a server asks for it.
const LONGEST_ASKED: Duration = Duration::from_secs(60);

/// Bytes of an answer. IAM's longest pages have a few million.
const LARGEST_BODY: usize = 32 * 1024 * 1024;

/// Called with the service's name when AWS is first seen throttling.
pub type OnThrottle = Arc<dyn Fn(&str) + Send + Sync>;

/// The pace of one service in one account.
pub(crate) struct Limiter {
    service: &'static str,
    /// For one request that only meets refusals.
    attempts: u32,
    state: Mutex<LimiterState>,
    /// New requests, first come, first served. A refused one goes before them.
    queue: Queue<()>,
    pace: Queue<()>,
    answered: Notify,
}

struct LimiterState {
    in_flight: u32,
    window: f64,
    /// Requests per second; none until the first refusal.
    rate: Option<f64>,
    /// The earliest moment for the next request.
    next: Instant,
    /// Increases with each refusal that says something new.
    epoch: u64,
    /// When the bucket was last seen empty.
    empty: Option<Instant>,
    /// Requests since then.
    passed: u32,
    /// Consecutive refusals with nothing passing in between.
    fruitless: u32,
    knowledge: Knowledge,
    on_throttle: Option<OnThrottle>,
}

/// How well the rate is known: after this many passed, more is tried.
#[derive(Debug, Clone, Copy)]
struct Knowledge {
    patience: u32,
    more: f64,
}

impl Knowledge {
    const GUESSED: Self = Self { patience: 64, more: 2.0 };
    const ROUGH: Self = Self { patience: 16, more: 1.25 };
    /// No further increase is tried.
    const CERTAIN: Self = Self { patience: u32::MAX, more: 1.0 };
    const GOOD: Self = Self { patience: 256, more: 1.05 };
}

/// A request in flight.
struct Ticket {
    epoch: u64,
}

impl Limiter {
    /// `attempts` comes from the SDK's configuration.
    pub(crate) fn new(service: &'static str, attempts: u32) -> Arc<Self> {
        Self::paced(service, attempts, None)
    }

    /// The same for a service with a known rate: requests per second.
    pub(crate) fn paced(service: &'static str, attempts: u32, rate: Option<f64>) -> Arc<Self> {
        Arc::new(Self {
            service,
            attempts,
            state: Mutex::new(LimiterState {
                in_flight: 0,
                window: WINDOW,
                rate,
                next: Instant::now(),
                epoch: 0,
                empty: None,
                passed: 0,
                fruitless: 0,
                knowledge: if rate.is_some() { Knowledge::CERTAIN } else { Knowledge::GUESSED },
                on_throttle: None,
            }),
            queue: Queue::default(),
            pace: Queue::default(),
            answered: Notify::new(),
        })
    }

    /// Requests per second, once the service is known to throttle.
    pub(crate) fn rate(&self) -> Option<f64> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner).rate
    }

    /// Calls back when AWS is seen throttling.
    pub(crate) fn on_throttle(&self, callback: OnThrottle) {
        self.state().on_throttle = Some(callback);
    }

    /// Every request is sent through it.
    pub(crate) fn wrap(self: &Arc<Self>, client: SharedHttpClient) -> SharedHttpClient {
        SharedHttpClient::new(LimitedClient { limiter: Arc::clone(self), client })
    }

    fn state(&self) -> MutexGuard<'_, LimiterState> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    async fn admit(&self, again: bool) -> Ticket {
        let _turn = if again { None } else { Some(self.queue.lock().await) };
        let _pace = self.pace.lock().await;
        loop {
            let answered = self.answered.notified();
            let wait = {
                let mut state = self.state();
                let now = Instant::now();
                let in_flight = f64::from(state.in_flight);
                match state.rate {
                    _ if now < state.next => Some(state.next),
                    None if in_flight >= state.window => None,
                    rate => {
                        if let Some(rate) = rate {
                            // Counted from the last turn, not from now: timers are late by a millisecond.
                            let turn = state.next.max(now.checked_sub(LATE).unwrap_or(now));
                            state.next = turn + Duration::from_secs_f64(1.0 / rate);
                        }
                        state.in_flight += 1;
                        return Ticket { epoch: state.epoch };
                    }
                }
            };
            match wait {
                Some(next) => tokio::time::sleep_until(next).await,
                None => answered.await,
            }
        }
    }

    fn passed(&self, ticket: &Ticket) {
        let mut state = self.state();
        state.fruitless = 0;
        if state.rate.is_none() {
            state.window += GROWTH;
        } else if ticket.epoch == state.epoch {
            state.passed += 1;
            // Less often each time.
            if state.passed.is_multiple_of(state.knowledge.patience) {
                let Knowledge { patience, more } = state.knowledge;
                state.rate = state.rate.map(|rate| rate * more);
                state.knowledge.patience = patience.saturating_mul(3);
            }
        }
    }

    /// Whether another try is worthwhile; `times` is how often this very request was refused.
    fn refused(&self, ticket: &Ticket, asked: Option<Duration>, times: u32) -> bool {
        let mut state = self.state();
        // Requests sent before the last refusal came back say nothing new.
        if ticket.epoch == state.epoch {
            let now = Instant::now();
            state.fruitless += 1;
            let pause = match state.empty {
                Some(empty) if state.passed > 0 => {
                    let measured = f64::from(state.passed) / (now - empty).as_secs_f64().max(0.001);
                    state.rate = Some((measured * SHARE).max(SLOWEST));
                    state.knowledge = if state.passed < ENOUGH { Knowledge::ROUGH } else { Knowledge::GOOD };
                    Duration::from_secs_f64(1.0 / measured).min(PAUSE)
                }
                _ => {
                    if state.rate.is_none()
                        && let Some(callback) = &state.on_throttle
                    {
                        callback(self.service);
                    }
                    state.rate = Some(state.rate.unwrap_or(PROBE));
                    (PAUSE * 2u32.saturating_pow(state.fruitless.min(8) - 1)).min(LONGEST_PAUSE)
                }
            };
            state.next = now + pause.max(asked.unwrap_or_default());
            state.empty = Some(now);
            state.passed = 0;
            state.epoch += 1;
        }
        asked.unwrap_or_default() <= LONGEST_ASKED
            && (times < self.attempts || state.fruitless < self.attempts)
    }
}

/// A slot among the requests in flight, returned however the request ends.
struct InFlight<'a>(&'a Limiter);

impl Drop for InFlight<'_> {
    fn drop(&mut self) {
        self.0.state().in_flight -= 1;
        self.0.answered.notify_waiters();
    }
}

impl fmt::Debug for Limiter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Limiter").field("service", &self.service).finish_non_exhaustive()
    }
}

#[derive(Debug)]
struct LimitedClient {
    limiter: Arc<Limiter>,
    client: SharedHttpClient,
}

impl HttpClient for LimitedClient {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(LimitedConnector { limiter: Arc::clone(&self.limiter), connector })
    }
}

#[derive(Debug)]
struct LimitedConnector {
    limiter: Arc<Limiter>,
    connector: SharedHttpConnector,
}

impl HttpConnector for LimitedConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let (limiter, connector) = (Arc::clone(&self.limiter), self.connector.clone());
        HttpConnectorFuture::new(async move {
            let mut request = request;
            for times in 1.. {
                let again = request.try_clone();
                let ticket = limiter.admit(times > 1).await;
                let response = {
                    let _in_flight = InFlight(&limiter);
                    let answer = async { whole(connector.call(request).await?).await };
                    let answer = tokio::time::timeout(ATTEMPT_TIMEOUT, answer).await;
                    answer.map_err(|elapsed| ConnectorError::timeout(elapsed.into()))??
                };
                if !is_throttled(&response) {
                    limiter.passed(&ticket);
                    return Ok(response);
                }
                let worth = limiter.refused(&ticket, retry_after(&response), times);
                match again {
                    Some(again) if worth => request = again,
                    _ => return Ok(marked(response)),
                }
            }
            unreachable!("the loop ends by returning")
        })
    }
}

/// An answer with its body read: that is part of the attempt too.
async fn whole(mut response: HttpResponse) -> Result<HttpResponse, ConnectorError> {
    let body = Limited::new(response.take_body(), LARGEST_BODY).collect().await.map_err(|error| {
        match error.downcast::<LengthLimitError>() {
            // A retry would get the same.
            Ok(_) => ConnectorError::user(format!("the answer has more than {LARGEST_BODY} bytes").into()),
            Err(error) => ConnectorError::io(error),
        }
    })?;
    let body = body.to_bytes();
    *response.body_mut() = SdkBody::from(body);
    Ok(response)
}

fn is_throttled(response: &HttpResponse) -> bool {
    const CODES: [&str; 4] =
        ["Throttling", "TooManyRequestsException", "RequestLimitExceeded", "RequestThrottled"];
    let status = response.status().as_u16();
    let says = || {
        let body = response.body().bytes().map(String::from_utf8_lossy).unwrap_or_default();
        CODES.iter().any(|code| body.contains(code))
    };
    status == 429 || (matches!(status, 400 | 503) && says())
}

const GIVEN_UP: &str = "genesys-iam-given-up";

/// Keeps the SDK from starting over.
fn marked(mut response: HttpResponse) -> HttpResponse {
    response.headers_mut().insert(GIVEN_UP, "throttled");
    response
}

/// Whether a limiter has already tried everything.
pub(super) fn is_given_up(response: &HttpResponse) -> bool {
    response.headers().get(GIVEN_UP).is_some()
}

#[cfg(test)]
mod tests {
    use aws_smithy_runtime_api::client::runtime_components::RuntimeComponentsBuilder;
    use futures_util::future::join_all;

    use super::*;

    /// A server with a token bucket, which answers after 50 ms. Time is virtual.
    #[derive(Debug)]
    struct VirtualServer {
        rate: f64,
        burst: f64,
        bucket: Mutex<Bucket>,
    }

    #[derive(Debug)]
    struct Bucket {
        tokens: f64,
        at: Instant,
        refusals: u32,
        most: u32,
        now: u32,
    }

    impl VirtualServer {
        fn new(rate: f64, burst: f64) -> Arc<Self> {
            let bucket = Bucket { tokens: burst, at: Instant::now(), refusals: 0, most: 0, now: 0 };
            Arc::new(Self { rate, burst, bucket: Mutex::new(bucket) })
        }
    }

    #[derive(Debug, Clone)]
    struct Wire(Arc<VirtualServer>);

    impl HttpConnector for Wire {
        fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
            let server = Arc::clone(&self.0);
            HttpConnectorFuture::new(async move {
                let half = Duration::from_millis(25);
                {
                    let mut bucket = server.bucket.lock().unwrap();
                    bucket.now += 1;
                    bucket.most = bucket.most.max(bucket.now);
                }
                tokio::time::sleep(half).await;
                let (status, body) = {
                    let mut bucket = server.bucket.lock().unwrap();
                    let now = Instant::now();
                    let came = server.rate * (now - bucket.at).as_secs_f64();
                    bucket.tokens = (bucket.tokens + came).min(server.burst);
                    bucket.at = now;
                    if bucket.tokens >= 1.0 {
                        bucket.tokens -= 1.0;
                        (200, "")
                    } else {
                        bucket.refusals += 1;
                        (400, "<Error><Code>Throttling</Code></Error>")
                    }
                };
                tokio::time::sleep(half).await;
                server.bucket.lock().unwrap().now -= 1;
                Ok(HttpResponse::new(status.try_into().unwrap(), SdkBody::from(body)))
            })
        }
    }

    /// Sends this many requests at once: seconds, refusals, the peak in flight, and how many failed.
    async fn send(server: &Arc<VirtualServer>, attempts: u32, count: usize) -> (f64, u32, u32, usize) {
        let limiter = Limiter::new("IAM", attempts);
        let began = Instant::now();
        let connector =
            LimitedConnector { limiter, connector: SharedHttpConnector::new(Wire(Arc::clone(server))) };
        let requests = (0..count).map(|_| connector.call(HttpRequest::new(SdkBody::empty())));
        let answers = join_all(requests).await;
        let failed = answers.iter().filter(|answer| !answer.as_ref().unwrap().status().is_success()).count();
        let bucket = server.bucket.lock().unwrap();
        ((Instant::now() - began).as_secs_f64(), bucket.refusals, bucket.most, failed)
    }

    #[tokio::test(start_paused = true)]
    async fn a_crowd_ends_near_the_bound_with_few_refusals_and_no_failure() {
        for (rate, burst, count) in
            [(20.0, 50.0, 400), (20.0, 50.0, 600), (20.0, 50.0, 6000), (5.0, 10.0, 200), (100.0, 100.0, 3000)]
        {
            let (seconds, refusals, _, failed) = send(&VirtualServer::new(rate, burst), 3, count).await;
            let bound = (count as f64 - burst) / rate;
            assert_eq!(failed, 0);
            assert!(
                // When the bucket first empties, as many are in flight as it held.
                seconds <= bound * 1.1 && f64::from(refusals) < burst + 31.0,
                "{count} at {rate}: {seconds:.1} s of {bound:.1} s, {refusals} refusals"
            );
        }
    }

    #[tokio::test(start_paused = true)]
    async fn without_throttling_nothing_is_held_back_for_long() {
        let (seconds, refusals, most, _) = send(&VirtualServer::new(1e9, 1e9), 3, 16).await;
        assert_eq!((seconds, refusals, most), (0.05, 0, 16));
        let (seconds, _, most, _) = send(&VirtualServer::new(1e9, 1e9), 3, 3000).await;
        assert!(seconds < 1.5 && most > 200, "{seconds} s, {most} at once");
    }

    #[tokio::test(start_paused = true)]
    async fn one_who_refuses_everything_is_believed_in_the_end() {
        let (seconds, refusals, _, failed) = send(&VirtualServer::new(0.0, 0.0), 3, 1).await;
        assert_eq!((refusals, failed), (3, 1));
        assert!(seconds < 10.0, "{seconds}");
        // As `AWS_MAX_ATTEMPTS=1` demands.
        assert_eq!(send(&VirtualServer::new(0.0, 0.0), 1, 1).await.1, 1);
    }

    #[tokio::test(start_paused = true)]
    async fn who_is_interested_is_told_once() {
        let throttled = Arc::new(Mutex::new(Vec::new()));
        let limiter = Limiter::new("IAM", 3);
        let sink = Arc::clone(&throttled);
        limiter.on_throttle(Arc::new(move |service: &str| sink.lock().unwrap().push(service.to_owned())));
        let client = limiter.wrap(aws_smithy_runtime_api::client::http::http_client_fn({
            let server = VirtualServer::new(5.0, 2.0);
            move |_, _| SharedHttpConnector::new(Wire(Arc::clone(&server)))
        }));
        let components = RuntimeComponentsBuilder::for_tests().build().unwrap();
        let connector = client.http_connector(&HttpConnectorSettings::default(), &components);
        join_all((0..40).map(|_| connector.call(HttpRequest::new(SdkBody::empty())))).await;
        assert_eq!(*throttled.lock().unwrap(), ["IAM"]);
    }
}
