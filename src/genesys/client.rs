//! Tokens, paging, limits and repeats.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use http::{Method, Request, Response};
use serde::Deserialize;
use serde::de::DeserializeOwned;
use tokio::sync::Mutex;
use tokio::time::Instant;

use super::error::{GenesysError, GenesysErrorKind};
use super::http::Carrier;
use super::model::{ErrorBody, Page};
use crate::spec::{GenesysCloud, genesys_region};

/// A token is not used in its last moments.
const MARGIN: Duration = Duration::from_secs(60);
/// Where the server does not say: Genesys Cloud's default is a day.
const LIFETIME: u64 = 86_400;
/// All waiting of one request for a 429 or a fault of the server together.
const PATIENCE: Duration = Duration::from_secs(60);
const TRIES: usize = 4;
const PAGES: usize = 1000;

const ID: &str = "GENESYSCLOUD_OAUTHCLIENT_ID";
const SECRET: &str = "GENESYSCLOUD_OAUTHCLIENT_SECRET";
const REGION: &str = "GENESYSCLOUD_REGION";

/// Never printed.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: String) -> Self {
        Self(text)
    }

    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("(secret)")
    }
}

/// Which organization's API, as which OAuth client.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Configuration {
    pub client_id: String,
    pub client_secret: Secret,
    /// `https://api.mypurecloud.com`
    pub api: String,
    /// `https://login.mypurecloud.com`
    pub login: String,
}

impl Configuration {
    /// From the environment, as Genesys's own tools read it, and the spec. `None`: no client is given.
    ///
    /// # Errors
    ///
    /// When only a part is given, or the region is none.
    pub fn from_environment(
        spec: &GenesysCloud,
        variable: impl Fn(&str) -> Option<String>,
    ) -> Result<Option<Self>, GenesysError> {
        let variable = |name: &str| variable(name).filter(|text| !text.trim().is_empty());
        let failed = |kind| GenesysError::new("configuration", kind);
        let (client_id, client_secret) = match (variable(ID), variable(SECRET)) {
            (Some(id), Some(secret)) => (id, Secret(secret)),
            (None, None) => return Ok(None),
            (Some(_), None) => return Err(failed(GenesysErrorKind::Incomplete { missing: SECRET })),
            (None, Some(_)) => return Err(failed(GenesysErrorKind::Incomplete { missing: ID })),
        };
        let (api, login) = match &spec.endpoint_url {
            Some(url) => (url.trim_end_matches('/').to_owned(), url.trim_end_matches('/').to_owned()),
            None => {
                let name = spec
                    .region
                    .clone()
                    .or_else(|| variable(REGION))
                    .ok_or_else(|| failed(GenesysErrorKind::Region("no region is given".to_owned())))?;
                let region = genesys_region(&name)
                    .map_err(|why| failed(GenesysErrorKind::Region(format!("`{name}` {why}"))))?;
                let domain = region.domain;
                (format!("https://api.{domain}"), format!("https://login.{domain}"))
            }
        };
        Ok(Some(Self { client_id, client_secret, api, login }))
    }
}

struct Token {
    value: Secret,
    until: Instant,
}

/// One OAuth client in one organization.
pub struct Client {
    configuration: Configuration,
    carrier: Box<dyn Carrier>,
    token: Mutex<Option<Token>>,
}

/// Without secrets.
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

/// A call of the API.
pub(super) struct Call<'a> {
    /// For people: `reading the organization`
    pub step: &'a str,
    pub method: Method,
    /// With the query.
    pub path: &'a str,
    pub body: Option<String>,
    /// What it needs, as Genesys Cloud names it.
    pub permission: &'static str,
}

impl Client {
    pub fn new(configuration: Configuration, carrier: Box<dyn Carrier>) -> Self {
        Self { configuration, carrier, token: Mutex::default() }
    }

    /// The token in use, or a new one. It is kept until shortly before it expires.
    async fn token(&self, refused: Option<&Secret>) -> Result<Secret, GenesysError> {
        let mut kept = self.token.lock().await;
        if let Some(Token { value, until }) = &*kept
            && *until > Instant::now()
            && Some(value) != refused
        {
            return Ok(value.clone());
        }
        let step = "getting a token";
        let failed = |kind| GenesysError::new(step, kind);
        let Configuration { client_id, client_secret, login, .. } = &self.configuration;
        let basic = STANDARD.encode(format!("{client_id}:{}", client_secret.expose()));
        let request = || {
            Request::post(format!("{login}/oauth/token"))
                .header("authorization", format!("Basic {basic}"))
                .header("content-type", "application/x-www-form-urlencoded")
                .header("accept", "application/json")
                .body(b"grant_type=client_credentials".to_vec())
                .map_err(|error| failed(unreadable(0, &error.to_string())))
        };
        let response = self.send(step, &Method::GET, request).await?;
        let status = response.status().as_u16();
        if matches!(status, 400 | 401 | 403) {
            return Err(failed(GenesysErrorKind::Credentials { words: words(&response) }));
        }
        if !response.status().is_success() {
            return Err(failed(GenesysErrorKind::Refused { status, words: words(&response) }));
        }
        let answer: TokenAnswer = serde_json::from_slice(response.body())
            .map_err(|_| failed(unreadable(status, "it holds no token")))?;
        let value = Secret(answer.access_token);
        let lifetime = Duration::from_secs(answer.expires_in.unwrap_or(LIFETIME));
        let until = Instant::now() + lifetime.saturating_sub(MARGIN);
        *kept = Some(Token { value: value.clone(), until });
        Ok(value)
    }

    /// Sends again what is limited or met a fault of the server, as far as that cannot do harm.
    async fn send(
        &self,
        step: &str,
        method: &Method,
        request: impl Fn() -> Result<Request<Vec<u8>>, GenesysError>,
    ) -> Result<Response<Vec<u8>>, GenesysError> {
        let mut left = PATIENCE;
        let mut pause = Duration::from_millis(500);
        for attempt in 1.. {
            let began = Instant::now();
            let answer = self.carrier.carry(request()?).await;
            let ms = began.elapsed().as_millis();
            let wait = match &answer {
                Ok(response) => {
                    let status = response.status().as_u16();
                    tracing::debug!(target: "genesys_iam::genesys", "{step}: {status} in {ms} ms");
                    match status {
                        // Nothing was done: it may be sent again whatever it is.
                        429 => Some(retry_after(response).unwrap_or(pause)),
                        500 | 502 | 503 | 504 if *method == Method::GET => Some(pause),
                        _ => None,
                    }
                }
                Err(error) => {
                    tracing::debug!(target: "genesys_iam::genesys", "{step}: {error} after {ms} ms");
                    (*method == Method::GET && !error.is_timeout).then_some(pause)
                }
            };
            let is_limited = answer.as_ref().is_ok_and(|response| response.status().as_u16() == 429);
            match wait {
                Some(wait) if attempt < TRIES && wait <= left => {
                    left -= wait;
                    pause *= 2;
                    // Two who wait for the same do not meet again.
                    tokio::time::sleep(wait.mul_f64(1.0 + fastrand::f64() / 4.0)).await;
                }
                _ if is_limited => return Err(GenesysError::new(step, GenesysErrorKind::RateLimited)),
                _ => {
                    return answer
                        .map_err(|error| GenesysError::new(step, GenesysErrorKind::NoAnswer(error)));
                }
            }
        }
        unreachable!("the loop ends by returning")
    }

    /// Calls the API; a token that is refused is renewed once.
    pub(super) async fn call<T: DeserializeOwned>(&self, call: &Call<'_>) -> Result<T, GenesysError> {
        let Call { step, method, path, body, permission } = call;
        let failed = |kind| GenesysError::new(step, kind);
        let mut refused: Option<Secret> = None;
        loop {
            let token = self.token(refused.as_ref()).await?;
            let request = || {
                let mut request = Request::builder()
                    .method(method.clone())
                    .uri(format!("{}{path}", self.configuration.api))
                    .header("authorization", format!("Bearer {}", token.expose()))
                    .header("accept", "application/json");
                if body.is_some() {
                    request = request.header("content-type", "application/json");
                }
                request
                    .body(body.clone().unwrap_or_default().into_bytes())
                    .map_err(|error| failed(unreadable(0, &error.to_string())))
            };
            let response = self.send(step, method, request).await?;
            let status = response.status().as_u16();
            return match status {
                401 if refused.is_none() => {
                    refused = Some(token);
                    continue;
                }
                401 => Err(failed(GenesysErrorKind::Unauthorized { words: words(&response) })),
                403 => Err(failed(GenesysErrorKind::Forbidden { permission, words: words(&response) })),
                200..=299 => serde_json::from_slice(response.body())
                    .map_err(|error| failed(unreadable(status, &error.to_string()))),
                _ => Err(failed(GenesysErrorKind::Refused { status, words: words(&response) })),
            };
        }
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
            let call = Call { step, method: Method::GET, path: &path, body: None, permission };
            let page: Page<T> = self.call(&call).await?;
            all.extend(page.entities);
            // Only a path of the same API: the token goes nowhere else.
            next = page.next_uri.filter(|uri| uri.starts_with("/api/v2/"));
        }
        Err(GenesysError::new(step, unreadable(200, "the listing has no end")))
    }
}

fn unreadable(status: u16, detail: &str) -> GenesysErrorKind {
    GenesysErrorKind::Unreadable { status, detail: detail.to_owned() }
}

fn retry_after(response: &Response<Vec<u8>>) -> Option<Duration> {
    response.headers().get("retry-after")?.to_str().ok()?.trim().parse().ok().map(Duration::from_secs)
}

/// Genesys Cloud's own words; of a page that is none of its answers the kind.
fn words(response: &Response<Vec<u8>>) -> String {
    match serde_json::from_slice::<ErrorBody>(response.body()) {
        Ok(body) => body.words(),
        Err(_) => {
            let kind = response.headers().get("content-type").and_then(|kind| kind.to_str().ok());
            format!("{} bytes of {}", response.body().len(), kind.unwrap_or("no known kind"))
        }
    }
}
