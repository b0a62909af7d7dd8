//! The server API from outside: signed calls, and calls that are not.

use exeunt_port::{RoomId, UserId};
use exeunt_room_service::{
    Config, DEVELOPMENT_SDK_APP_ID, DEVELOPMENT_SECRET_ID, DEVELOPMENT_SECRET_KEY, Limits,
    RoomService, RunningService, Secret, ServeError, ServerApiClient, ServerApiError,
};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::scene::{Member, call, service, service_limited, soon};

fn standup() -> RoomId {
    "standup".parse().unwrap()
}

fn code<T>(answer: Result<T, ServerApiError>) -> String {
    match answer {
        Ok(_) => "ok".to_owned(),
        Err(ServerApiError::Refused {
            code, request_id, ..
        }) => {
            assert_eq!(request_id.len(), 36, "a request id is a UUID");
            code
        }
        Err(other) => panic!("{other}"),
    }
}

#[tokio::test]
async fn a_kick_takes_ten_users_and_no_eleventh_and_a_room_that_is_there() {
    let service = service().await;
    let _alice = Member::enter(service.url(), "alice").await;
    let users = |count: usize| -> Vec<UserId> {
        (0..count)
            .map(|number| format!("user{number}").parse().unwrap())
            .collect()
    };
    for (count, expected) in [
        (0, "InvalidParameter.UserIds"),
        (10, "ok"),
        (11, "InvalidParameter.UserIds"),
    ] {
        let users = users(count);
        let answer = call(&service, move |client| {
            client.remove_user(&standup(), &users)
        })
        .await;
        assert_eq!(code(answer), expected, "{count} users");
    }
    let nowhere = RoomId::number(7).unwrap();
    let answer = call(&service, move |client| client.dismiss_room(&nowhere)).await;
    assert_eq!(code(answer), "FailedOperation.RoomNotExist");
}

#[tokio::test]
async fn another_key_another_id_and_another_application_are_told_apart() {
    let service = service().await;
    let endpoint = format!("http://{}", service.local_addr());
    let dismiss = async |app: u32, id: &str, key: &str| {
        let client = ServerApiClient::new(&endpoint, app, id, Secret::new(key)).unwrap();
        let called = tokio::task::spawn_blocking(move || client.dismiss_room(&standup()));
        code(soon(called).await.unwrap())
    };
    let (app, id, key) = (
        DEVELOPMENT_SDK_APP_ID,
        DEVELOPMENT_SECRET_ID,
        DEVELOPMENT_SECRET_KEY,
    );
    assert_eq!(
        dismiss(app, id, "another").await,
        "AuthFailure.SignatureFailure"
    );
    assert_eq!(
        dismiss(app, "another", key).await,
        "AuthFailure.SecretIdNotFound"
    );
    assert_eq!(dismiss(1, id, key).await, "UnauthorizedOperation.SdkAppId");
    assert_eq!(dismiss(app, id, key).await, "FailedOperation.RoomNotExist");
}

#[tokio::test]
async fn more_calls_than_allowed_are_refused_and_other_actions_are_not() {
    let limits = Limits {
        api_per_second: 1,
        ..Limits::default()
    };
    let service = service_limited(limits).await;
    let refused = soon(async {
        loop {
            let refused = code(call(&service, |client| client.describe_rooms(0)).await);
            if refused != "ok" {
                return refused;
            }
        }
    });
    assert_eq!(refused.await, "RequestLimitExceeded");
    let other = call(&service, |client| client.dismiss_room(&standup())).await;
    assert_eq!(code(other), "FailedOperation.RoomNotExist");
}

/// Sends an HTTP request as it is, and answers the answer's first line and its code.
async fn sent(service: &RunningService, head: &str, body: &str) -> (String, String) {
    let mut stream = TcpStream::connect(service.local_addr()).await.unwrap();
    let length = body.len();
    let request = format!(
        "{head}\r\nHost: localhost\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
    );
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    soon(stream.read_to_string(&mut answer)).await.unwrap();
    let first = answer.lines().next().unwrap_or_default().to_owned();
    let json = answer.rsplit("\r\n\r\n").next().unwrap_or_default();
    let json: serde_json::Value = serde_json::from_str(json).unwrap_or_default();
    let code = json
        .pointer("/Response/Error/Code")
        .and_then(serde_json::Value::as_str);
    (first, code.unwrap_or_default().to_owned())
}

#[tokio::test]
async fn every_answer_has_status_200_even_to_what_is_no_call() {
    let service = service().await;
    for (head, body, code) in [
        ("DELETE / HTTP/1.1", "", "UnsupportedProtocol"),
        ("GET / HTTP/1.1", "", "AuthFailure.InvalidAuthorization"),
        ("GET /?Signature=x HTTP/1.1", "", "MissingParameter"),
        ("POST / HTTP/1.1", "{}", "AuthFailure.InvalidAuthorization"),
        (
            "POST / HTTP/1.1\r\nAuthorization: Basic x",
            "{}",
            "AuthFailure.InvalidAuthorization",
        ),
    ] {
        let expected = ("HTTP/1.1 200 OK".to_owned(), code.to_owned());
        assert_eq!(sent(&service, head, body).await, expected, "{head}");
    }
    let large = "x".repeat(65 * 1024);
    let (status, code) = sent(&service, "POST / HTTP/1.1", &large).await;
    assert_eq!(
        (status.as_str(), code.as_str()),
        ("HTTP/1.1 200 OK", "RequestSizeLimitExceeded")
    );
}

#[tokio::test]
async fn a_configuration_that_would_do_harm_is_refused_with_the_reason() {
    let bind = async |config| {
        RoomService::bind(config)
            .await
            .err()
            .map(|error| error.to_string())
    };
    let everywhere = Config {
        listen: ([0, 0, 0, 0], 0).into(),
        ..Config::development()
    };
    let error = bind(everywhere.clone()).await.unwrap();
    assert!(error.contains("development keys are known"), "{error}");
    let own_keys = Config {
        user_sig_key: Secret::new("my own"),
        secret_key: Secret::new("my own as well"),
        operator_token: None,
        ..everywhere
    };
    assert_eq!(bind(own_keys).await, None);
    let empty = Config {
        user_sig_key: Secret::new(""),
        ..Config::development()
    };
    assert!(bind(empty).await.unwrap().contains("UserSig key is empty"));
    let hasty = Config {
        lease: std::time::Duration::from_millis(99),
        ..Config::development()
    };
    assert!(bind(hasty).await.unwrap().contains("100 ms to 1 hour"));
}

#[tokio::test]
async fn a_port_that_is_taken_is_said_to_be() {
    let first = RoomService::bind(Config::development()).await.unwrap();
    let second = Config {
        listen: first.local_addr(),
        ..Config::development()
    };
    let error = RoomService::bind(second).await.unwrap_err();
    assert!(matches!(error, ServeError::AddressInUse { .. }), "{error}");
    assert!(error.to_string().contains("is taken"), "{error}");
}
