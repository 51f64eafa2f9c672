//! Over a socket.

use std::io::{Read as _, Write as _};
use std::net::TcpStream;
use std::time::Duration;

use super::*;

/// Sends a request on an open connection and reads the response.
fn ask(stream: &mut TcpStream, body: &str) -> String {
    let authorization = authorization(ACCOUNT, "us-east-1", "sts");
    let length = body.len();
    write!(
        stream,
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: {authorization}\r\nContent-Length: {length}\r\n\r\n{body}"
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

/// Sends bytes to a separate server, on a clock that advances only while everyone waits, and returns what comes back
/// until the connection closes.
async fn sent(bytes: &[u8]) -> String {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let sandbox = Arc::new(Mutex::new(furnished()));
    let served =
        serve(listener, sandbox, crate::sandbox::ServeOptions::default(), std::future::pending::<()>());
    let asked = async {
        let mut stream = tokio::net::TcpStream::connect(address).await.unwrap();
        let _ = stream.write_all(bytes).await;
        let mut answer = Vec::new();
        let _ = stream.read_to_end(&mut answer).await;
        String::from_utf8(answer).unwrap()
    };
    tokio::select! {
        answer = asked => answer,
        _ = served => unreachable!("it serves for ever"),
    }
}

fn list_roles(host: &str, more: &str) -> String {
    let authorization = authorization(ACCOUNT, "us-east-1", "iam");
    let body = form("ListRoles", &[]);
    let length = body.len();
    format!(
        "POST / HTTP/1.1\r\nHost: {host}\r\nAuthorization: {authorization}\r\n{more}Connection: close\r\n\
         Content-Length: {length}\r\n\r\n{body}"
    )
}

#[tokio::test]
async fn only_a_program_that_names_a_loopback_address_is_answered() {
    for host in ["127.0.0.1", "127.0.0.1:4599", "127.9.9.9:1", "[::1]:4599", "localhost:4599", "LOCALHOST"] {
        let answer = sent(list_roles(host, "").as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 200") && answer.contains("<RoleName>R<"), "{host}: {answer}");
    }
    for host in [
        "evil.example",
        "evil.example:80",
        "localhost.evil.example",
        "127.0.0.1.evil.example",
        "[::2]",
        "a@127.0.0.1",
        "",
    ] {
        let answer = sent(list_roles(host, "").as_bytes()).await;
        assert!(!answer.starts_with("HTTP/1.1 200") && !answer.contains("RoleName"), "{host}: {answer}");
    }
    for more in [
        "Origin: http://evil.example\r\n",
        "Origin: null\r\n",
        "Origin: http://127.0.0.1:8080\r\n",
        "Sec-Fetch-Site: cross-site\r\n",
        "Sec-Fetch-Site: same-origin\r\n",
        "Host: 127.0.0.1\r\n",
    ] {
        let answer = sent(list_roles("127.0.0.1", more).as_bytes()).await;
        assert!(answer.starts_with("HTTP/1.1 403") && !answer.contains("RoleName"), "{more}: {answer}");
    }
    let tally = "GET /_sandbox/tally HTTP/1.1\r\nHost: evil.example\r\nConnection: close\r\n\r\n";
    assert!(sent(tally.as_bytes()).await.starts_with("HTTP/1.1 403"));
}

#[tokio::test(start_paused = true)]
async fn a_client_that_does_not_finish_its_request_is_given_up() {
    for half in [
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nA",
        "POST / HTTP/1.1\r\nHost: evil.example\r\nContent-Length: 100\r\n\r\nA",
        "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nX: ",
    ] {
        assert_eq!(sent(half.as_bytes()).await, "", "{half}");
    }
}

#[tokio::test]
async fn a_body_is_bounded() {
    let head = "POST / HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 2000000\r\n\r\n";
    let mut request = head.as_bytes().to_vec();
    request.resize(head.len() + 2_000_000, b'a');
    let answer = sent(&request).await;
    // The server may close before the client has read the response.
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{answer}");
}
