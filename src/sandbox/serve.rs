//! The sandbox over HTTP/1.1, for any AWS client: all services on one port.

use std::future::Future;
use std::io;
use std::net::IpAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{HeaderMap, Method, Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::aws::lambda::{CODE, CODE_PATH};
use super::embedded::Sandbox;
use super::gate::{Gate, Rate};

/// Far larger than any request the sandbox understands.
const MAX_BODY: usize = 1 << 20;

/// A client that does not finish its headers or body in this time is dropped.
const REQUEST_TIMEOUT: Duration = Duration::from_secs(10);

/// Shows the calls answered since the last report: their names, and how many were in flight at most.
const TALLY: &str = "/_sandbox/tally";

/// How the server behaves.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServeOptions {
    /// Delay before each response.
    pub latency: Duration,
    /// Anything above it is refused.
    pub rate: Option<Rate>,
}

struct Server {
    sandbox: Arc<Mutex<Sandbox>>,
    gate: Mutex<Gate>,
    latency: Duration,
}

/// Serves the sandbox until `shutdown` is ready.
///
/// Signatures are not verified: listen only on loopback.
///
/// # Errors
///
/// If the listener's address cannot be determined. A failed connection affects only its client.
pub async fn serve(
    listener: TcpListener,
    sandbox: Arc<Mutex<Sandbox>>,
    ServeOptions { latency, rate }: ServeOptions,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let server = Arc::new(Server { sandbox, gate: Mutex::new(Gate::new(rate)), latency });
    let address = listener.local_addr()?;
    tracing::debug!(%address, "the sandbox is listening");
    let mut connections = JoinSet::new();
    tokio::pin!(shutdown);
    loop {
        tokio::select! {
            // Open connections end with the set: no request is half done, since `handle` does not wait.
            () = &mut shutdown => return Ok(()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&server)));
                }
                Err(error) => {
                    // Usually out of file descriptors, which passes when connections end.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, server: Arc<Server>) {
    // Responses are small: waiting to fill a packet would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let service = service_fn(|request| {
        let server = Arc::clone(&server);
        async move { server.respond(request).await }
    });
    let served = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(REQUEST_TIMEOUT)
        .serve_connection(TokioIo::new(stream), service)
        .await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection failed");
    }
}

impl Server {
    async fn respond(&self, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, GivenUp> {
        let (parts, body) = request.into_parts();
        let body = tokio::time::timeout(REQUEST_TIMEOUT, Limited::new(body, MAX_BODY).collect());
        let Ok(body) = body.await else { return Err(GivenUp) };
        if let Err(why) = refuse_foreign(&parts.headers) {
            return Ok(refuse(StatusCode::FORBIDDEN, why));
        }
        let Ok(body) = body else {
            return Ok(refuse(StatusCode::PAYLOAD_TOO_LARGE, "the body is larger than 1 MiB"));
        };
        let gate = || self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        if parts.uri.path() == TALLY {
            return Ok(Response::new(Full::new(Bytes::from(gate().tally().to_string()))));
        }
        if parts.uri.path() == CODE_PATH && parts.method == Method::GET {
            let mut code = Response::new(Full::new(Bytes::from_static(CODE)));
            code.headers_mut()
                .insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("application/zip"));
            return Ok(code);
        }
        gate().begin();
        let response = self.answer(Request::from_parts(parts, body.to_bytes())).await;
        gate().end();
        Ok(response)
    }

    async fn answer(&self, request: Request<Bytes>) -> Response<Full<Bytes>> {
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let admitted = self.gate.lock().unwrap_or_else(PoisonError::into_inner).admit(&request);
        let mut sandbox = self.sandbox.lock().unwrap_or_else(PoisonError::into_inner);
        let response =
            if admitted { sandbox.handle(&request, Timestamp::now()) } else { sandbox.throttle(&request) };
        response.map(|body| Full::new(Bytes::from(body)))
    }
}

/// The body did not arrive in time: the connection closes without a response.
#[derive(Debug, thiserror::Error)]
#[error("the body did not arrive in time")]
struct GivenUp;

/// A response outside the AWS and Genesys Cloud protocols; the connection is closed.
fn refuse(status: StatusCode, why: &'static str) -> Response<Full<Bytes>> {
    let mut response = Response::new(Full::new(Bytes::from_static(why.as_bytes())));
    *response.status_mut() = status;
    let headers = response.headers_mut();
    headers.insert(http::header::CONTENT_TYPE, http::HeaderValue::from_static("text/plain"));
    headers.insert(http::header::CONNECTION, http::HeaderValue::from_static("close"));
    response
}

/// Refuses what a web page can send: since signatures are not verified, any page the developer visits could otherwise
/// write here, through a cross-origin form or DNS rebinding. Programs send no `Origin` and name the loopback address
/// they connect to.
fn refuse_foreign(headers: &HeaderMap) -> Result<(), &'static str> {
    const HOST: &str = "the Host header must name a loopback address";
    const WEB_PAGE: &str = "requests from web pages are refused";
    let mut hosts = headers.get_all(http::header::HOST).iter();
    let host = hosts.next().and_then(|host| host.to_str().ok()).ok_or(HOST)?;
    if hosts.next().is_some() || !is_loopback(host) {
        return Err(HOST);
    }
    if headers.contains_key(http::header::ORIGIN) {
        return Err(WEB_PAGE);
    }
    match headers.get("sec-fetch-site").map(|site| site.as_bytes()) {
        // `none`: someone typed the address.
        None | Some(b"none") => Ok(()),
        Some(_) => Err(WEB_PAGE),
    }
}

/// `127.0.0.1:4599`, `[::1]:4599`, `localhost`
fn is_loopback(authority: &str) -> bool {
    let Ok(authority) = authority.parse::<http::uri::Authority>() else { return false };
    if authority.as_str().contains('@') {
        return false;
    }
    let host = authority.host();
    let address = host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host);
    host.eq_ignore_ascii_case("localhost") || address.parse::<IpAddr>().is_ok_and(|ip| ip.is_loopback())
}
