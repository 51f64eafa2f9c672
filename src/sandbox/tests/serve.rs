//! Over a socket.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::*;

/// Sends a request on an open connection and reads its answer.
fn ask(stream: &mut TcpStream, body: &str) -> String {
    let authorization = authorization(ACCOUNT, "us-east-1", "sts");
    let length = body.len();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: sandbox\r\nAuthorization: {authorization}\r\nContent-Length: {length}\r\n\r\n{body}"
    )
    .unwrap();
    let mut answer = Vec::new();
    let mut byte = [0];
    // Up to the end of the document: the connection stays open.
    while !answer.ends_with(b"Response>") && stream.read(&mut byte).unwrap() == 1 {
        answer.push(byte[0]);
    }
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn several_requests_go_over_one_connection_and_shutdown_ends_it() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let sandbox = Arc::new(Mutex::new(Sandbox::new(&seed())));
    let client = tokio::task::spawn_blocking(move || {
        let mut stream = TcpStream::connect(address).unwrap();
        stream.set_read_timeout(Some(Duration::from_secs(10))).unwrap();
        let body = form("GetCallerIdentity", &[]);
        let answers = [ask(&mut stream, &body), ask(&mut stream, &body)];
        (stream, answers)
    });
    let (sender, receiver) = tokio::sync::oneshot::channel::<()>();
    let served = serve(listener, sandbox, crate::sandbox::ServeOptions::default(), async {
        receiver.await.unwrap_or(())
    });
    let asked = async {
        let (stream, answers) = client.await.unwrap();
        drop(sender);
        (stream, answers)
    };
    let (served, (mut stream, answers)) = tokio::join!(served, asked);
    served.unwrap();
    for answer in answers {
        assert!(answer.starts_with("HTTP/1.1 200 OK\r\n"), "{answer}");
        assert!(answer.contains("arn:aws:iam::111122223333:user/sandbox"), "{answer}");
        assert!(answer.contains("x-amzn-requestid: "), "{answer}");
    }
    let rest = tokio::task::spawn_blocking(move || stream.read(&mut [0])).await.unwrap();
    assert!(matches!(rest, Ok(0)), "the connection is closed: {rest:?}");
}
