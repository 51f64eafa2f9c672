//! The sandbox over HTTP/1.1, for any AWS client: all services on one port.

use std::convert::Infallible;
use std::future::Future;
use std::io;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt as _, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use jiff::Timestamp;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::embedded::Sandbox;
use super::gate::{Gate, Rate};

/// No request that the sandbox understands comes near this.
const MAX_BODY: usize = 1 << 20;

/// Where the calls are told that were answered since the last time: their names, and how many were in flight at most.
const TALLY: &str = "/_sandbox/tally";

/// How the server behaves.
#[derive(Debug, Clone, Copy, Default)]
pub struct ServeOptions {
    /// Before each answer.
    pub latency: Duration,
    /// What goes beyond it is refused.
    pub rate: Option<Rate>,
}

struct Server {
    sandbox: Arc<Mutex<Sandbox>>,
    gate: Mutex<Gate>,
    latency: Duration,
}

/// Serves the sandbox until `shutdown` is ready.
///
/// Signatures are not verified: listen on loopback only.
///
/// # Errors
///
/// When the listener's address cannot be had. A connection that fails is its client's affair.
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
            // Connections still open end with the set: no request is half carried out, `handle` does not wait.
            () = &mut shutdown => return Ok(()),
            accepted = listener.accept() => match accepted {
                Ok((stream, _)) => {
                    connections.spawn(connection(stream, Arc::clone(&server)));
                }
                Err(error) => {
                    // Out of file descriptors, as a rule: that passes when connections end.
                    tracing::warn!(%error, "cannot accept a connection");
                    tokio::time::sleep(Duration::from_millis(50)).await;
                }
            },
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connection(stream: TcpStream, server: Arc<Server>) {
    // Answers are small: waiting to fill a packet would only delay them.
    if let Err(error) = stream.set_nodelay(true) {
        tracing::debug!(%error, "cannot set TCP_NODELAY");
    }
    let service = service_fn(|request| {
        let server = Arc::clone(&server);
        async move { Ok::<_, Infallible>(server.respond(request).await) }
    });
    let served =
        http1::Builder::new().timer(TokioTimer::new()).serve_connection(TokioIo::new(stream), service).await;
    if let Err(error) = served {
        tracing::debug!(%error, "a connection failed");
    }
}

impl Server {
    async fn respond(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let gate = || self.gate.lock().unwrap_or_else(PoisonError::into_inner);
        if request.uri().path() == TALLY {
            return Response::new(Full::new(Bytes::from(gate().tally().to_string())));
        }
        gate().begin();
        let response = self.answer(request).await;
        gate().end();
        response
    }

    async fn answer(&self, request: Request<Incoming>) -> Response<Full<Bytes>> {
        let (parts, body) = request.into_parts();
        let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
            let mut response = Response::new(Full::default());
            *response.status_mut() = StatusCode::PAYLOAD_TOO_LARGE;
            return response;
        };
        if !self.latency.is_zero() {
            tokio::time::sleep(self.latency).await;
        }
        let request = Request::from_parts(parts, body.to_bytes());
        let admitted = self.gate.lock().unwrap_or_else(PoisonError::into_inner).admit(&request);
        let mut sandbox = self.sandbox.lock().unwrap_or_else(PoisonError::into_inner);
        let response =
            if admitted { sandbox.handle(&request, Timestamp::now()) } else { sandbox.throttle(&request) };
        response.map(|body| Full::new(Bytes::from(body)))
    }
}
