//! The way to the service, and what it is not to be.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpListener;

use super::*;

/// Answers one call on each connection, and never closes any.
fn answers_once_a_connection(listener: &TcpListener) {
    let mut kept = Vec::new();
    for connection in listener.incoming().map_while(Result::ok) {
        let mut request = BufReader::new(connection);
        let (mut line, mut length) = (String::new(), 0);
        while request.read_line(&mut line).is_ok_and(|read| read > 2) {
            if let Some(value) = line.to_lowercase().strip_prefix("content-length:") {
                length = value.trim().parse().expect("a length");
            }
            line.clear();
        }
        let mut body = vec![0; length];
        request.read_exact(&mut body).expect("a body");
        let answer = r#"{"Response":{"RequestId":"1"}}"#;
        let length = answer.len();
        let mut connection = request.into_inner();
        write!(
            connection,
            "HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{answer}"
        )
        .expect("somebody listens");
        kept.push(connection);
    }
}

#[test]
fn a_call_does_not_go_over_a_connection_that_may_be_closing() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
    let endpoint = format!("http://{}", listener.local_addr().expect("an address"));
    std::thread::spawn(move || answers_once_a_connection(&listener));
    let client = ServerApiClient::new(&endpoint, 1, "id", Secret::new("key")).expect("valid");
    let room = "standup".parse().expect("a room");
    for _ in 0..2 {
        assert_eq!(client.dismiss_room(&room).expect("it answers"), "1");
    }
}

#[test]
fn an_endpoint_is_http_a_host_and_nothing_else() {
    let client = |endpoint| ServerApiClient::new(endpoint, 1, "id", Secret::new("key"));
    for good in [
        "http://127.0.0.1:7000",
        "http://127.0.0.1:7000/",
        "http://rooms.example",
        "https://rooms.example:7450",
    ] {
        assert!(client(good).is_ok(), "{good}");
    }
    for bad in [
        "",
        "127.0.0.1:7000",
        "https://",
        "http://",
        "http://x/y",
        "ws://x",
    ] {
        assert!(
            matches!(client(bad), Err(ServerApiError::Endpoint { .. })),
            "{bad}"
        );
    }
    for secret in [
        "http://user:hidden@rooms.example",
        "user:hid://den@rooms.example",
    ] {
        let words = client(secret).unwrap_err();
        assert!(!words.to_string().contains("hid"), "{words}");
    }
}
