//! The sandbox over HTTP, for any AWS client.

use std::convert::Infallible;
use std::io;
use std::pin::pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use http_body_util::{BodyExt, Full, Limited};
use hyper::body::{Bytes, Incoming};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use tokio::net::TcpListener;

use super::Sandbox;

/// More than any call of IAM takes.
const MAX_BODY: usize = 1 << 20;

/// Serves until `shutdown` ends. Each answer is delayed by `latency`.
///
/// # Errors
///
/// When a connection cannot be accepted.
pub async fn serve(
    listener: TcpListener,
    sandbox: Arc<Mutex<Sandbox>>,
    latency: Duration,
    shutdown: impl Future<Output = ()>,
) -> io::Result<()> {
    let mut shutdown = pin!(shutdown);
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            () = &mut shutdown => return Ok(()),
        };
        stream.set_nodelay(true)?;
        let sandbox = Arc::clone(&sandbox);
        tokio::spawn(async move {
            let service = service_fn(move |request| answer(Arc::clone(&sandbox), latency, request));
            let connection =
                hyper::server::conn::http1::Builder::new().serve_connection(TokioIo::new(stream), service);
            if let Err(error) = connection.await {
                tracing::debug!("a connection to the sandbox ended: {error}");
            }
        });
    }
}

async fn answer(
    sandbox: Arc<Mutex<Sandbox>>,
    latency: Duration,
    request: http::Request<Incoming>,
) -> Result<http::Response<Full<Bytes>>, Infallible> {
    let (head, body) = request.into_parts();
    let Ok(body) = Limited::new(body, MAX_BODY).collect().await else {
        let mut response = http::Response::new(Full::default());
        *response.status_mut() = http::StatusCode::PAYLOAD_TOO_LARGE;
        return Ok(response);
    };
    if !latency.is_zero() {
        tokio::time::sleep(latency).await;
    }
    let request = http::Request::from_parts(head, body.to_bytes().to_vec());
    let response = sandbox.lock().unwrap_or_else(PoisonError::into_inner).handle(&request, Timestamp::now());
    Ok(response.map(|body| Full::new(Bytes::from(body))))
}
