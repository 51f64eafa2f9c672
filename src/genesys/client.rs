//! Tokens, paging, limits and retries.

use std::fmt;
use std::future::Future;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::configuration::{Configuration, Secret};
use super::error::{GenesysError, GenesysErrorKind};
use super::pace::{OnPause, Pace};
use super::transport::{HttpTransport, TransportError};
use super::wire::{EntityPage, ErrorBody};
use crate::backoff::Backoff;
use crate::secrets;

/// A token is not used just before it expires.
const MARGIN: Duration = Duration::from_secs(60);
/// Seconds, if the server does not say: Genesys Cloud's default is a day.
const LIFETIME: u64 = 86_400;
/// From the request to the end of its answer, however slowly that arrives.
const ATTEMPT_TIMEOUT: Duration = Duration::from_secs(30);
/// A data action's test may take as long as the action itself: a minute.
pub(super) const TEST_TIMEOUT: Duration = Duration::from_secs(90);
/// For reading everything in an organization.
const READING_TIMEOUT: Duration = Duration::from_secs(5 * 60);
/// Total waiting of one request for 429s or server faults.
const RETRY_BUDGET: Duration = Duration::from_secs(60);
const TRIES: usize = 4;
/// Pages of a listing, 100 entries each: more than any organization may have.
const PAGES: usize = 1000;
const JSON: &str = "application/json";

struct Token {
    value: Secret,
    until: Instant,
}

/// One OAuth client in one organization.
pub struct Client {
    configuration: Configuration,
    transport: Box<dyn HttpTransport>,
    token: Mutex<Option<Token>>,
    pace: Pace,
}

/// Omits secrets.
impl fmt::Debug for Client {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Client").field("api", &self.configuration.api).finish_non_exhaustive()
    }
}

#[derive(Deserialize)]
struct TokenAnswer {
    access_token: String,
    expires_in: Option<u64>,
}

/// An API call.
pub(super) struct ApiCall<'a> {
    /// For people: `reading the organization`
    pub step: &'a str,
    pub method: Method,
    /// Including the query.
    pub path: &'a str,
    pub body: Option<String>,
    /// The permission it needs, as named by Genesys Cloud.
    pub permission: &'static str,
}

impl Client {
    pub fn new(configuration: Configuration, transport: Box<dyn HttpTransport>) -> Self {
        Self { configuration, transport, token: Mutex::default(), pace: Pace::default() }
    }

    /// For an in-process fake, which accepts any credentials.
    pub fn of_stand_in(client_id: &str, transport: Box<dyn HttpTransport>) -> Self {
        let configuration = Configuration {
            client_id: client_id.to_owned(),
            client_secret: Secret::new(secrets::MADE_UP.to_owned()),
            access_token: None,
            // There are none: nobody set anything.
            settings: String::new(),
            api: String::new(),
            login: String::new(),
        };
        Self::new(configuration, transport)
    }

    /// Whether it answers over the network as Genesys Cloud does, and is not a stand-in on this machine.
    pub fn is_genesys_clouds_own(&self) -> bool {
        self.configuration.api.starts_with("https://")
    }

    /// Calls back when all requests that the API allows are used up, with the pause that follows.
    pub fn on_pause(&self, callback: OnPause) {
        self.pace.on_pause(callback);
    }

    /// `https://api.mypurecloud.com`
    pub fn api(&self) -> &str {
        &self.configuration.api
    }

    /// The current token, or a new one. It is kept until shortly before it expires.
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, GenesysError> {
        if let Some(token) = &self.configuration.access_token {
            return Ok(token.clone());
        }
        let mut kept = self.token.lock().await;
        if let Some(Token { value, until }) = &*kept
            && *until > Instant::now()
            && refused.is_none_or(|refused| refused.expose() != value.expose())
        {
            return Ok(value.clone());
        }
        let step = "getting a token";
        let failed = |kind| GenesysError::new(step, kind);
        let Configuration { client_id, client_secret, login, .. } = &self.configuration;
        let basic = STANDARD.encode(format!("{client_id}:{}", client_secret.expose()));
        [client_secret.expose(), &basic].into_iter().for_each(secrets::remember);
        let request = || {
            Request::post(format!("{login}/oauth/token"))
                .header("authorization", format!("Basic {basic}"))
                .header("content-type", "application/x-www-form-urlencoded")
                .header("accept", "application/json")
                .body(b"grant_type=client_credentials".to_vec())
                .map_err(|error| failed(unreadable(0, &error.to_string())))
        };
        let response = self.send(step, &Method::GET, ATTEMPT_TIMEOUT, None, request).await?;
        let status = response.status().as_u16();
        if matches!(status, 400 | 401 | 403) {
            let settings = self.configuration.settings.clone();
            return Err(failed(GenesysErrorKind::Credentials { words: words(&response, &basic), settings }));
        }
        if !response.status().is_success() {
            return Err(failed(GenesysErrorKind::Refused { status, words: words(&response, &basic) }));
        }
        let answer: TokenAnswer = serde_json::from_slice(response.body())
            .map_err(|_| failed(unreadable(status, "it holds no token")))?;
        secrets::remember(&answer.access_token);
        let value = Secret::new(answer.access_token);
        let lifetime = Duration::from_secs(answer.expires_in.unwrap_or(LIFETIME).min(LIFETIME * 365));
        let until = Instant::now() + lifetime.saturating_sub(MARGIN);
        *kept = Some(Token { value: value.clone(), until });
        Ok(value)
    }

    /// Retries after limits and server faults, if that is harmless.
    async fn send(
        &self,
        step: &str,
        method: &Method,
        within: Duration,
        pace: Option<&Pace>,
        request: impl Fn() -> Result<Request<Vec<u8>>, GenesysError>,
    ) -> Result<Response<Vec<u8>>, GenesysError> {
        let mut pauses = Backoff::within(RETRY_BUDGET).pauses();
        let mut attempt = 0;
        loop {
            attempt += 1;
            let turn = match pace {
                Some(pace) => Some(pace.turn().await),
                None => None,
            };
            let began = Instant::now();
            let answer = tokio::time::timeout(within, self.transport.carry(request()?)).await;
            if let (Some(pace), Ok(Ok(response))) = (pace, &answer) {
                pace.answered(response);
            }
            drop(turn);
            let answer = answer
                .unwrap_or_else(|elapsed| Err(TransportError { is_timeout: true, source: elapsed.into() }));
            let ms = began.elapsed().as_millis();
            // How long the server asks to wait, if another attempt is harmless.
            let again = match &answer {
                Ok(response) => {
                    let status = response.status().as_u16();
                    tracing::debug!(target: "genesys_iam::genesys", "{step}: {status} in {ms} ms");
                    match status {
                        // Nothing was done: any request may be sent again.
                        429 => Some(retry_after(response)),
                        500 | 502 | 503 | 504 if *method == Method::GET => Some(None),
                        _ => None,
                    }
                }
                Err(error) => {
                    tracing::debug!(target: "genesys_iam::genesys", "{step}: {error} after {ms} ms");
                    (*method == Method::GET && !error.is_timeout).then_some(None)
                }
            };
            let is_limited = answer.as_ref().is_ok_and(|response| response.status().as_u16() == 429);
            match again.filter(|_| attempt < TRIES).and_then(|asked| pauses.next(asked)) {
                Some(pause) => tokio::time::sleep(pause).await,
                None if is_limited => return Err(GenesysError::new(step, GenesysErrorKind::RateLimited)),
                None => {
                    return answer
                        .map_err(|error| GenesysError::new(step, GenesysErrorKind::NoAnswer(error)));
                }
            }
        }
    }

    /// Calls the API; a refused token is renewed once.
    async fn exchange(
        &self,
        call: &ApiCall<'_>,
        accept: &'static str,
        within: Duration,
    ) -> Result<Response<Vec<u8>>, GenesysError> {
        let ApiCall { step, method, path, body, permission } = call;
        let failed = |kind| GenesysError::new(step, kind);
        let mut refused: Option<Secret> = None;
        loop {
            let token = self.token(refused.as_ref()).await?;
            let request = || {
                let mut request = Request::builder()
                    .method(method.clone())
                    .uri(format!("{}{path}", self.configuration.api))
                    .header("authorization", format!("Bearer {}", token.expose()))
                    .header("accept", accept);
                if body.is_some() {
                    request = request.header("content-type", "application/json");
                }
                request
                    .body(body.clone().unwrap_or_default().into_bytes())
                    .map_err(|error| failed(unreadable(0, &error.to_string())))
            };
            let response = self.send(step, method, within, Some(&self.pace), request).await?;
            let status = response.status().as_u16();
            let words = || words(&response, token.expose());
            return match status {
                401 if refused.is_none() => {
                    refused = Some(token);
                    continue;
                }
                401 => {
                    let settings = self.configuration.settings.clone();
                    Err(failed(GenesysErrorKind::Unauthorized { words: words(), settings }))
                }
                403 => Err(failed(GenesysErrorKind::Forbidden { permission, words: words() })),
                200..=299 => Ok(response),
                _ => Err(failed(GenesysErrorKind::Refused { status, words: words() })),
            };
        }
    }

    pub(super) async fn call<T: DeserializeOwned>(&self, call: &ApiCall<'_>) -> Result<T, GenesysError> {
        self.call_within(call, ATTEMPT_TIMEOUT).await
    }

    /// A call that takes longer than others.
    pub(super) async fn call_within<T: DeserializeOwned>(
        &self,
        call: &ApiCall<'_>,
        within: Duration,
    ) -> Result<T, GenesysError> {
        let response = self.exchange(call, JSON, within).await?;
        serde_json::from_slice(response.body()).map_err(|error| {
            GenesysError::new(call.step, unreadable(response.status().as_u16(), &error.to_string()))
        })
    }

    /// A call whose answer may have no body (204).
    pub(super) async fn call_or_empty(&self, call: &ApiCall<'_>) -> Result<Value, GenesysError> {
        let response = self.exchange(call, JSON, ATTEMPT_TIMEOUT).await?;
        if response.body().is_empty() {
            return Ok(Value::Null);
        }
        serde_json::from_slice(response.body()).map_err(|error| {
            GenesysError::new(call.step, unreadable(response.status().as_u16(), &error.to_string()))
        })
    }

    /// Text that is not JSON.
    pub(super) async fn get_text(
        &self,
        step: &str,
        path: &str,
        permission: &'static str,
    ) -> Result<String, GenesysError> {
        let call = ApiCall { step, method: Method::GET, path, body: None, permission };
        let response = self.exchange(&call, "text/plain", ATTEMPT_TIMEOUT).await?;
        let status = response.status().as_u16();
        String::from_utf8(response.into_body())
            .map_err(|_| GenesysError::new(step, unreadable(status, "it is not UTF-8")))
    }

    /// All pages of a listing.
    pub(super) async fn pages<T: DeserializeOwned>(
        &self,
        step: &str,
        path: &str,
        permission: &'static str,
    ) -> Result<Vec<T>, GenesysError> {
        let mut all = Vec::new();
        let mut next = Some(path.to_owned());
        for _ in 0..PAGES {
            let Some(path) = next else { return Ok(all) };
            let call = ApiCall { step, method: Method::GET, path: &path, body: None, permission };
            let page: EntityPage<T> = self.call(&call).await?;
            all.extend(page.entities);
            // Only a path of the same API: the token must not go anywhere else.
            next = page.next_uri.filter(|uri| uri.starts_with("/api/v2/"));
        }
        Err(GenesysError::new(step, unreadable(200, "the listing has no end")))
    }
}

/// A read of many calls, each of which may be slow; time held back by the pace does not count.
pub(super) async fn in_time<T>(
    client: &Client,
    reading: impl Future<Output = Result<T, GenesysError>>,
) -> Result<T, GenesysError> {
    // Boxed: it would be part of every command's future.
    let mut reading = Box::pin(reading);
    let began = Instant::now();
    loop {
        let until = began + READING_TIMEOUT + client.pace.held();
        match tokio::time::timeout_at(until, &mut reading).await {
            Ok(read) => return read,
            Err(_) if Instant::now() < began + READING_TIMEOUT + client.pace.held() => {}
            Err(elapsed) => {
                let error = TransportError { is_timeout: true, source: elapsed.into() };
                let kind = GenesysErrorKind::NoAnswer(error);
                return Err(GenesysError::new("reading the organization", kind));
            }
        }
    }
}

fn unreadable(status: u16, detail: &str) -> GenesysErrorKind {
    GenesysErrorKind::Unreadable { status, detail: detail.to_owned() }
}

fn retry_after(response: &Response<Vec<u8>>) -> Option<Duration> {
    response.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Genesys Cloud's own words, without the proof that was sent; for a page that is not its answer, the kind.
fn words(response: &Response<Vec<u8>>, proof: &str) -> String {
    let words = match serde_json::from_slice::<ErrorBody>(response.body()) {
        Ok(body) => body.words(),
        Err(_) => {
            let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
            format!("{} bytes of {}", response.body().len(), kind.unwrap_or("no known kind"))
        }
    };
    // Anything shorter is not a proof, but a part of any word.
    if proof.len() < 8 { words } else { words.replace(proof, "(secret)") }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex as StdMutex};

    use super::*;
    use crate::genesys::pace::WINDOW;
    use crate::genesys::transport::{HttpAnswer, TransportError};

    /// Answers from a script, and records the requests.
    #[derive(Clone, Default)]
    struct Script {
        answers: Arc<StdMutex<Vec<Scripted>>>,
        asked: Arc<StdMutex<Vec<(String, String)>>>,
    }

    #[derive(Clone)]
    enum Scripted {
        Answer(u16, Vec<(&'static str, &'static str)>, String),
        Broken,
        /// After this many seconds, as from a slow server.
        Slow(u64, String),
    }

    impl HttpTransport for Script {
        fn carry(&self, request: Request<Vec<u8>>) -> HttpAnswer<'_> {
            let header =
                |name: &str| request.headers().get(name).map(|value| value.to_str().unwrap().to_owned());
            let path = request.uri().path_and_query().unwrap().to_string();
            self.asked.lock().unwrap().push((path, header("authorization").unwrap_or_default()));
            let answer = match self.answers.lock().unwrap().remove(0) {
                Scripted::Answer(status, headers, body) => {
                    let mut response = Response::builder().status(status);
                    for (name, value) in headers {
                        response = response.header(name, value);
                    }
                    Ok(response.body(body.into_bytes()).unwrap())
                }
                Scripted::Broken => {
                    Err(TransportError { is_timeout: false, source: "connection refused".into() })
                }
                Scripted::Slow(seconds, body) => {
                    return Box::pin(async move {
                        tokio::time::sleep(Duration::from_secs(seconds)).await;
                        Ok(Response::new(body.into_bytes()))
                    });
                }
            };
            Box::pin(std::future::ready(answer))
        }
    }

    fn json(status: u16, body: &str) -> Scripted {
        Scripted::Answer(status, vec![("content-type", "application/json")], body.to_owned())
    }

    fn token(value: &str) -> Scripted {
        json(200, &format!(r#"{{"access_token":"{value}","token_type":"bearer","expires_in":86399}}"#))
    }

    const ORGANIZATION: &str = r#"{"id":"2f9c1c5e-0b6c-4a8e-9d51-7f0e3c2b1a90","name":"Acme"}"#;

    fn client(answers: &[Scripted]) -> (Client, Script) {
        let script = Script { answers: Arc::new(StdMutex::new(answers.to_vec())), ..Script::default() };
        let configuration = Configuration {
            client_id: "the-id".to_owned(),
            client_secret: Secret::new("the-secret".to_owned()),
            access_token: None,
            settings: "the test".to_owned(),
            api: "https://api.example".to_owned(),
            login: "https://login.example".to_owned(),
        };
        (Client::new(configuration, Box::new(script.clone())), script)
    }

    fn paths(script: &Script) -> Vec<String> {
        script.asked.lock().unwrap().iter().map(|(path, _)| path.clone()).collect()
    }

    #[tokio::test(start_paused = true)]
    async fn a_token_is_kept_and_renewed_when_it_expires() {
        let organization = json(200, ORGANIZATION);
        let (client, script) =
            client(&[token("one"), organization.clone(), organization.clone(), token("two"), organization]);
        for _ in 0..2 {
            assert_eq!(client.organization().await.unwrap().name, "Acme");
        }
        assert_eq!(paths(&script).iter().filter(|path| *path == "/oauth/token").count(), 1);
        // Its last minute is not used.
        tokio::time::advance(Duration::from_secs(86_399 - 59)).await;
        client.organization().await.unwrap();
        let asked = script.asked.lock().unwrap().clone();
        assert_eq!(asked[0].1, format!("Basic {}", STANDARD.encode("the-id:the-secret")));
        assert_eq!((asked[1].1.as_str(), asked[4].1.as_str()), ("Bearer one", "Bearer two"));
    }

    #[tokio::test(start_paused = true)]
    async fn an_answer_that_drips_is_not_waited_for() {
        let drips = || Scripted::Slow(3600, String::new());
        // Three calls need the token at once: each would fetch its own.
        let (slow, script) = client(&[drips(), drips(), drips()]);
        let began = Instant::now();
        let error = crate::genesys::live(&slow, &[], crate::genesys::Details::Wanted).await.unwrap_err();
        assert!(error.to_string().contains("no answer in time"), "{error}");
        assert_eq!((began.elapsed().as_secs(), paths(&script).len()), (30, 1));

        // A data action's test takes longer than other calls, but not forever.
        let slow = |seconds| Scripted::Slow(seconds, r#"{"success":true,"operations":[]}"#.to_owned());
        let (client_of_tests, _) = client(&[token("t"), slow(80), slow(100)]);
        assert!(client_of_tests.test("a", "{}").await.unwrap().success);
        assert!(client_of_tests.test("a", "{}").await.is_err());

        // Each page arrives in time, and there is always another one.
        let page = r#"{"entities":[],"nextUri":"/api/v2/next"}"#;
        let mut answers = vec![token("t"), Scripted::Slow(29, ORGANIZATION.to_owned())];
        answers.extend(vec![Scripted::Slow(29, page.to_owned()); 100]);
        for is_plan in [true, false] {
            let (endless, _) = client(&answers);
            let began = Instant::now();
            let error = if is_plan {
                crate::genesys::live(&endless, &[], crate::genesys::Details::Wanted).await.unwrap_err()
            } else {
                crate::genesys::gather(&endless).await.unwrap_err()
            };
            assert!(error.to_string().contains("no answer in time"), "{error}");
            assert_eq!(began.elapsed(), READING_TIMEOUT);
        }
    }

    /// Allows one request a minute, or claims to, and always has another page.
    #[derive(Clone)]
    struct Holding {
        asked: Arc<StdMutex<u32>>,
        headers: [(&'static str, &'static str); 3],
    }

    impl HttpTransport for Holding {
        fn carry(&self, request: Request<Vec<u8>>) -> HttpAnswer<'_> {
            *self.asked.lock().unwrap() += 1;
            let body = match request.uri().path() {
                "/oauth/token" => r#"{"access_token":"a-token-of-the-stand-in","expires_in":86399}"#,
                "/api/v2/organizations/me" => ORGANIZATION,
                _ => r#"{"entities":[],"nextUri":"/api/v2/next"}"#,
            };
            let mut response = Response::builder();
            for (name, value) in self.headers {
                response = response.header(name, value);
            }
            let response = response.body(body.as_bytes().to_vec()).unwrap();
            Box::pin(std::future::ready(Ok(response)))
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_server_that_lies_about_its_limit_holds_a_reading_for_minutes_not_for_ever() {
        for (allowed, count, reset) in
            [("1", "4294967295", "60"), ("0", "0", "60"), ("300", "4294967295", "9999999")]
        {
            let headers = [
                ("inin-ratelimit-allowed", allowed),
                ("inin-ratelimit-count", count),
                ("inin-ratelimit-reset", reset),
            ];
            let holding = Holding { asked: Arc::default(), headers };
            let configuration = client(&[]).0.configuration;
            let holding_client = Client::new(configuration, Box::new(holding.clone()));
            let began = Instant::now();
            let error = crate::genesys::gather(&holding_client).await.unwrap_err();
            assert!(error.to_string().contains("no answer in time"), "{error}");
            let took = began.elapsed();
            assert!(took <= READING_TIMEOUT + 3 * WINDOW, "{took:?} {allowed} {count} {reset}");
        }
    }

    /// A server that counts by the minute, like Genesys Cloud, and refuses the excess.
    #[derive(Clone)]
    struct Counting {
        allowed: u32,
        /// When its minute started, and requests in it.
        window: Arc<StdMutex<(Instant, u32)>>,
        tells: bool,
        refused: Arc<StdMutex<u32>>,
    }

    impl HttpTransport for Counting {
        fn carry(&self, request: Request<Vec<u8>>) -> HttpAnswer<'_> {
            if request.uri().path() == "/oauth/token" {
                let body = r#"{"access_token":"t","expires_in":86400}"#;
                return Box::pin(std::future::ready(Ok(Response::new(body.as_bytes().to_vec()))));
            }
            let minute = Duration::from_secs(60);
            let mut window = self.window.lock().unwrap();
            while window.0 + minute <= Instant::now() {
                *window = (window.0 + minute, 0);
            }
            window.1 += 1;
            let left = (window.0 + minute - Instant::now()).as_millis().div_ceil(1000);
            let is_refused = window.1 > self.allowed;
            *self.refused.lock().unwrap() += u32::from(is_refused);
            let mut response = Response::builder().status(if is_refused { 429 } else { 200 });
            if self.tells {
                response = response
                    .header("inin-ratelimit-count", window.1)
                    .header("inin-ratelimit-allowed", self.allowed)
                    .header("inin-ratelimit-reset", left.to_string());
            }
            let answer = response
                .header("retry-after", left.to_string())
                .body(ORGANIZATION.as_bytes().to_vec())
                .unwrap();
            Box::pin(async move {
                tokio::time::sleep(Duration::from_millis(50)).await;
                Ok(answer)
            })
        }
    }

    #[tokio::test(start_paused = true)]
    async fn all_requests_of_a_token_keep_one_pace_and_none_is_refused() {
        for (allowed, tells, late) in [(300, true, 0), (40, true, 55), (300, false, 0)] {
            let window = Arc::new(StdMutex::new((Instant::now(), 0)));
            let server = Counting { allowed, window, tells, refused: Arc::default() };
            let (template, _) = client(&[]);
            let client = Client::new(template.configuration.clone(), Box::new(server.clone()));
            tokio::time::sleep(Duration::from_secs(late)).await;
            // The first answer says how many are allowed.
            client.organization().await.unwrap();
            let pauses = Arc::new(StdMutex::new(Vec::new()));
            let told = Arc::clone(&pauses);
            client.on_pause(Arc::new(move |pause: Duration| told.lock().unwrap().push(pause)));
            let began = Instant::now();
            let many = (0..allowed * 2).map(|_| client.organization());
            for answer in futures_util::future::join_all(many).await {
                answer.unwrap();
            }
            let what = format!("{allowed} {tells}");
            assert_eq!(*server.refused.lock().unwrap(), 0, "{what}");
            let pauses = pauses.lock().unwrap().clone();
            assert_eq!(pauses.len(), 2, "{what}: {pauses:?}");
            let took = began.elapsed();
            assert!(took <= Duration::from_secs(125) && took >= Duration::from_secs(60), "{what}: {took:?}");
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_refusal_of_one_request_holds_back_all_and_a_long_reading_may_take_its_minutes() {
        // Somebody else uses the same token: the first answer counts the window's second to last request.
        let window = Arc::new(StdMutex::new((Instant::now(), 298)));
        let server = Counting { allowed: 300, window, tells: true, refused: Arc::default() };
        let (template, _) = client(&[]);
        let client = Client::new(template.configuration.clone(), Box::new(server.clone()));
        let both = || futures_util::future::join_all((0..6).map(|_| client.organization()));
        assert!(both().await.into_iter().all(|answer| answer.is_ok()));
        assert_eq!(*server.refused.lock().unwrap(), 4);
        // 3000 requests at 300 a minute: longer than a read with slow answers may take.
        let many = async {
            futures_util::future::try_join_all((0..3000).map(|_| client.organization())).await.map(drop)
        };
        let began = Instant::now();
        in_time(&client, many).await.unwrap();
        assert!(began.elapsed() > READING_TIMEOUT);
        assert_eq!(*server.refused.lock().unwrap(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_refused_token_is_renewed_once() {
        let refused = json(
            401,
            r#"{"message":"Invalid login credentials.","code":"bad.credentials","status":401,"contextId":"c-1"}"#,
        );
        let (good, script) = client(&[token("old"), refused.clone(), token("new"), json(200, ORGANIZATION)]);
        good.organization().await.unwrap();
        assert_eq!(script.asked.lock().unwrap()[3].1, "Bearer new");
        let (bad, script) = client(&[token("old"), refused.clone(), token("new"), refused]);
        let error = bad.organization().await.unwrap_err();
        assert!(matches!(*error.kind, GenesysErrorKind::Unauthorized { .. }), "{error}");
        assert!(
            error.to_string().contains("bad.credentials: Invalid login credentials. (context c-1)"),
            "{error}"
        );
        assert_eq!(paths(&script).len(), 4);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_is_not_taken_is_told_what_to_look_at() {
        let (client, _) = client(&[json(
            401,
            r#"{"error":"invalid_client","description":"client not found or invalid client"}"#,
        )]);
        let error = client.organization().await.unwrap_err();
        assert!(matches!(*error.kind, GenesysErrorKind::Credentials { .. }));
        let text = format!("{error} {} {error:?}", error.help());
        assert!(
            text.contains("invalid_client") && text.contains("Admin > Integrations > OAuth, and in the test"),
            "{text}"
        );
        assert!(!text.contains("the-secret"), "{text}");
    }

    #[tokio::test(start_paused = true)]
    async fn what_was_sent_as_proof_is_not_repeated_and_an_endless_token_is_none() {
        let basic = STANDARD.encode("the-id:the-secret");
        let (refused, _) = client(&[json(401, &format!(r#"{{"message":"Basic {basic} is wrong"}}"#))]);
        let error = refused.organization().await.unwrap_err().to_string();
        assert!(error.contains("Basic (secret) is wrong"), "{error}");
        let endless = r#"{"access_token":"token-01","expires_in":18446744073709551615}"#;
        let (client, _) =
            client(&[json(200, endless), json(404, r#"{"message":"Bearer token-01: nothing"}"#)]);
        let error = client.organization().await.unwrap_err().to_string();
        assert!(error.contains("Bearer (secret): nothing"), "{error}");
    }

    #[tokio::test(start_paused = true)]
    async fn a_limit_is_waited_out_for_as_long_as_is_asked() {
        let limited = |seconds| Scripted::Answer(429, vec![("retry-after", seconds)], String::new());
        let (good, _) = client(&[token("t"), limited("7"), limited("3"), json(200, ORGANIZATION)]);
        let began = Instant::now();
        good.organization().await.unwrap();
        assert!((10..=13).contains(&began.elapsed().as_secs()), "{:?}", began.elapsed());
        // Longer than is worth waiting.
        let (bad, _) = client(&[token("t"), limited("300")]);
        let began = Instant::now();
        let error = bad.organization().await.unwrap_err();
        assert!(matches!(*error.kind, GenesysErrorKind::RateLimited));
        assert!(began.elapsed() < Duration::from_secs(1));
    }

    #[tokio::test(start_paused = true)]
    async fn reads_are_made_again_after_a_fault_and_the_test_of_an_action_never() {
        let broken = json(503, "");
        let (client_, _) = client(&[token("t"), broken.clone(), Scripted::Broken, json(200, ORGANIZATION)]);
        client_.organization().await.unwrap();
        for fault in [broken, Scripted::Broken] {
            let (client, script) = client(&[token("t"), fault]);
            client.test("a", "{}").await.unwrap_err();
            assert_eq!(paths(&script), ["/oauth/token", "/api/v2/integrations/actions/a/test"]);
        }
    }

    #[tokio::test(start_paused = true)]
    async fn a_listing_is_read_to_its_last_page_and_a_foreign_link_is_not_followed() {
        let page = |id: &str, next: &str| {
            json(200, &format!(r#"{{"entities":[{{"id":"{id}","name":"{id}"}}],"nextUri":{next}}}"#))
        };
        let next = r#""/api/v2/integrations/actions?pageNumber=2""#;
        let (good, script) = client(&[token("t"), page("a", next), page("b", "null")]);
        assert_eq!(good.action("b").await.unwrap().id, "b");
        assert_eq!(paths(&script)[2], "/api/v2/integrations/actions?pageNumber=2");
        let (evil, script) = client(&[token("t"), page("a", r#""https://evil.example/api/v2/""#)]);
        evil.action("a").await.unwrap();
        assert_eq!(paths(&script).len(), 2);
    }

    #[tokio::test(start_paused = true)]
    async fn a_missing_permission_and_both_shapes_of_an_error_are_told() {
        let new =
            r#"{"message":"You must have…","code":"missing.any.permissions","status":403,"contextId":"c"}"#;
        let old = r#"{"status":400,"errorCode":"invalid.value","userMessage":"The value is wrong","correlationId":"k"}"#;
        let (client_, _) = client(&[
            token("t"),
            json(403, new),
            json(400, old),
            Scripted::Answer(200, vec![], "<html>".to_owned()),
        ]);
        let error = client_.test("a", "{}").await.unwrap_err();
        assert!(error.is_forbidden() && error.help().contains("integrations:action:execute"), "{error}");
        let error = client_.organization().await.unwrap_err();
        assert!(error.to_string().contains("invalid.value: The value is wrong (context k)"), "{error}");
        let error = client_.organization().await.unwrap_err();
        assert!(matches!(*error.kind, GenesysErrorKind::Unreadable { status: 200, .. }), "{error}");
        assert!(error.help().contains("proxy"));
    }
}
