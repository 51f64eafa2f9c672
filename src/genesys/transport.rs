//! How requests travel: HTTPS, or an in-process fake.

use std::error::Error;
use std::fmt;
use std::future::Future;
use std::pin::Pin;
use std::time::Duration;

const CONNECT_TIMEOUT: Duration = Duration::from_secs(5);
/// Maximum bytes of an answer.
const LARGEST_BODY: usize = 16 * 1024 * 1024;

/// No answer came.
#[derive(Debug)]
pub struct TransportError {
    pub is_timeout: bool,
    pub source: Box<dyn Error + Send + Sync>,
}

impl fmt::Display for TransportError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.is_timeout { "no answer in time" } else { "the endpoint cannot be reached" })
    }
}

impl Error for TransportError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        Some(self.source.as_ref())
    }
}

pub type HttpAnswer<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Vec<u8>>, TransportError>> + Send + 'a>>;

/// Carries one request to its host and returns the whole answer, whatever its status. It has no time limit: the caller
/// drops it in time.
pub trait HttpTransport: Send + Sync {
    fn carry(&self, request: http::Request<Vec<u8>>) -> HttpAnswer<'_>;
}

/// The network.
pub struct Https(reqwest::Client);

impl Https {
    /// # Errors
    ///
    /// If TLS cannot be set up.
    pub fn new(ca_bundle: Option<&[u8]>) -> Result<Self, TransportError> {
        let failed = |error: reqwest::Error| TransportError { is_timeout: false, source: error.into() };
        // In addition to the system's.
        let authorities = match ca_bundle {
            Some(bundle) => reqwest::Certificate::from_pem_bundle(bundle).map_err(failed)?,
            None => Vec::new(),
        };
        let client = reqwest::Client::builder()
            .tls_certs_merge(authorities)
            .connect_timeout(CONNECT_TIMEOUT)
            // A redirecting API would send the token elsewhere.
            .redirect(reqwest::redirect::Policy::none())
            .user_agent(concat!("genesys-iam/", env!("CARGO_PKG_VERSION")))
            .build();
        client.map(Self).map_err(failed)
    }
}

impl HttpTransport for Https {
    fn carry(&self, request: http::Request<Vec<u8>>) -> HttpAnswer<'_> {
        Box::pin(async move {
            // The URL stays out of errors: they are shown with the step's name.
            let failed = |error: reqwest::Error| TransportError {
                is_timeout: error.is_timeout(),
                source: error.without_url().into(),
            };
            let request = reqwest::Request::try_from(request).map_err(failed)?;
            let mut response = self.0.execute(request).await.map_err(failed)?;
            let mut answer = http::Response::new(Vec::new());
            *answer.status_mut() = response.status();
            *answer.headers_mut() = response.headers().clone();
            while let Some(chunk) = response.chunk().await.map_err(failed)? {
                if answer.body().len() + chunk.len() > LARGEST_BODY {
                    let why = format!("the answer has more than {LARGEST_BODY} bytes");
                    return Err(TransportError { is_timeout: false, source: why.into() });
                }
                answer.body_mut().extend_from_slice(&chunk);
            }
            Ok(answer)
        })
    }
}
