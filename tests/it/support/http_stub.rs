//! A small HTTP server on loopback whose answers a test defines.

use std::convert::Infallible;
use std::sync::Arc;

use http_body_util::{BodyExt as _, Full};
use hyper::body::Bytes;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;

pub type Request = http::Request<Vec<u8>>;
pub type Response = http::Response<Vec<u8>>;

/// What another endpoint answers.
pub fn forwarded(endpoint: &str, request: &Request) -> Response {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let client = reqwest::Client::builder().no_proxy().build().unwrap();
        let sent = client.request(request.method().clone(), format!("{endpoint}{}", request.uri()));
        let sent = sent.headers(request.headers().clone()).body(request.body().clone());
        let answer = sent.send().await.unwrap();
        let mut response = http::Response::builder().status(answer.status());
        let of_the_connection = ["connection", "content-length", "transfer-encoding"];
        for (name, value) in answer.headers() {
            if !of_the_connection.contains(&name.as_str()) {
                response = response.header(name, value);
            }
        }
        response.body(answer.bytes().await.unwrap().to_vec()).unwrap()
    })
}

/// Serves until the process ends; returns the endpoint. Without an answer the connection stays open, silently.
pub fn serve(answer: impl Fn(&Request) -> Option<Response> + Send + Sync + 'static) -> String {
    let answer = Arc::new(answer);
    let (send, endpoint) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        runtime.block_on(async {
            let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
            send.send(format!("http://{}", listener.local_addr().unwrap())).unwrap();
            loop {
                let (stream, _) = listener.accept().await.unwrap();
                let answer = Arc::clone(&answer);
                let service = service_fn(move |request: http::Request<hyper::body::Incoming>| {
                    let answer = Arc::clone(&answer);
                    async move {
                        let (parts, body) = request.into_parts();
                        let body = body.collect().await.unwrap().to_bytes().to_vec();
                        let request = http::Request::from_parts(parts, body);
                        // It may block until the test has done something.
                        let answered = tokio::task::spawn_blocking(move || answer(&request)).await.unwrap();
                        match answered {
                            Some(response) => {
                                Ok::<_, Infallible>(response.map(|body| Full::new(Bytes::from(body))))
                            }
                            None => std::future::pending().await,
                        }
                    }
                });
                tokio::spawn(async move {
                    let http = hyper::server::conn::http1::Builder::new();
                    let _ = http.serve_connection(TokioIo::new(stream), service).await;
                });
            }
        });
    });
    endpoint.recv().unwrap()
}

/// An answer with a body.
pub fn answer(status: u16, kind: &str, body: &str) -> Response {
    let response = http::Response::builder().status(status).header("content-type", kind);
    response.body(body.as_bytes().to_vec()).unwrap()
}

/// An error in the format of IAM and STS.
pub fn aws_error(status: u16, code: &str, message: &str) -> Response {
    let body = format!(
        "<ErrorResponse><Error><Type>Sender</Type><Code>{code}</Code><Message>{message}</Message></Error>\
         <RequestId>r-1</RequestId></ErrorResponse>"
    );
    answer(status, "text/xml", &body)
}
