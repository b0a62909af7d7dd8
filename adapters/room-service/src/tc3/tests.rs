use super::*;

const SECRET_ID: &str = "AKIDEXAMPLE";
const SECRET_KEY: &str = "SECRETEXAMPLE000000000000000000001";
const NOW: i64 = 1_700_000_000;
const BODY: &[u8] = br#"{"SdkAppId": 1400000000, "RoomId": 1234, "UserIds": ["test1", "test2"]}"#;
const HEADERS: &[(&str, &str)] = &[
    ("content-type", "application/json"),
    ("host", "trtc.tencentcloudapi.com"),
];

/// The request of the vector that TencentCloud's own code computed.
const VECTOR: SignedRequest<'static> = SignedRequest {
    method: "POST",
    query: "",
    headers: HEADERS,
    payload: BODY,
    timestamp: NOW,
};

fn check(now: i64, body: &[u8], sent: &[(&str, &str)]) -> Result<(), Tc3Error> {
    let header = |name: &str| {
        sent.iter()
            .find(|(sent, _)| *sent == name)
            .map(|(_, value)| *value)
    };
    let received = ReceivedRequest {
        method: "POST",
        query: "",
        header,
        body,
    };
    verify(SECRET_ID, SECRET_KEY, now, &received)
}

fn sent(authorization: &str) -> Vec<(&str, &str)> {
    let own = [
        ("authorization", authorization),
        ("x-tc-timestamp", "1700000000"),
    ];
    [HEADERS, &own].concat()
}

#[test]
fn the_signature_is_the_one_that_tencent_cloud_computes() {
    assert_eq!(
        sha256_hex(BODY),
        "7b6c846dad0f57840a1e9261a2eb86c00310aa6fc9c0a75c0e1648e6678d980d"
    );
    assert_eq!(
        sha256_hex(canonical(&VECTOR, &sha256_hex(VECTOR.payload)).as_bytes()),
        "175df84f05efb80d956583d5c41c5f91215de38708449d5d793e135ac413feb4"
    );
    assert_eq!(
        signature(SECRET_KEY, &VECTOR, &sha256_hex(VECTOR.payload), SERVICE).unwrap(),
        "0b652453ead2018931003e093791ac9fa3dc726a9738f6184bdcb353bf7ca748"
    );
}

#[test]
fn what_was_signed_is_taken_within_five_minutes_either_way() {
    let authorization = sign(SECRET_ID, SECRET_KEY, &VECTOR).unwrap();
    for now in [NOW - 300, NOW, NOW + 300] {
        assert_eq!(check(now, BODY, &sent(&authorization)), Ok(()));
    }
    for now in [NOW - 301, NOW + 301] {
        let error = check(now, BODY, &sent(&authorization)).unwrap_err();
        assert_eq!(
            (&error, error.code()),
            (
                &Tc3Error::Claim(ClaimError::Expired { seconds: 301 }),
                "AuthFailure.SignatureExpire"
            )
        );
    }
}

#[test]
fn another_body_another_key_and_another_host_do_not_match() {
    let authorization = sign(SECRET_ID, SECRET_KEY, &VECTOR).unwrap();
    assert_eq!(
        check(NOW, b"{}", &sent(&authorization)),
        Err(Tc3Error::Mismatch)
    );
    let foreign = sign(SECRET_ID, "another", &VECTOR).unwrap();
    let error = check(NOW, BODY, &sent(&foreign)).unwrap_err();
    assert_eq!(error.code(), "AuthFailure.SignatureFailure");
    let mut elsewhere = sent(&authorization);
    elsewhere[1].1 = "elsewhere";
    assert_eq!(check(NOW, BODY, &elsewhere), Err(Tc3Error::Mismatch));
    let stranger = sign("nobody", SECRET_KEY, &VECTOR).unwrap();
    let error = check(NOW, BODY, &sent(&stranger)).unwrap_err();
    assert_eq!(error.code(), "AuthFailure.SecretIdNotFound");
}

#[test]
fn more_headers_may_be_signed_and_in_either_case() {
    let mut headers = HEADERS.to_vec();
    headers[0].1 = "application/json; charset=UTF-8";
    headers.push(("x-tc-action", "RemoveUser"));
    let lower = [
        ("content-type", "application/json; charset=utf-8"),
        HEADERS[1],
        ("x-tc-action", "removeuser"),
    ];
    for signed in [&headers[..], &lower] {
        let authorization = sign(
            SECRET_ID,
            SECRET_KEY,
            &SignedRequest {
                headers: signed,
                ..VECTOR
            },
        )
        .unwrap();
        let own = [
            ("authorization", authorization.as_str()),
            ("x-tc-timestamp", "1700000000"),
        ];
        assert_eq!(check(NOW, BODY, &[&headers[..], &own].concat()), Ok(()));
    }
}

#[test]
fn an_unsigned_payload_is_taken_where_the_client_says_so() {
    let request = SignedRequest {
        payload: b"UNSIGNED-PAYLOAD",
        ..VECTOR
    };
    let authorization = sign(SECRET_ID, SECRET_KEY, &request).unwrap();
    let mut headers = sent(&authorization);
    assert_eq!(check(NOW, BODY, &headers), Err(Tc3Error::Mismatch));
    headers.push(("x-tc-content-sha256", "UNSIGNED-PAYLOAD"));
    assert_eq!(check(NOW, BODY, &headers), Ok(()));
}

#[test]
fn a_header_of_another_form_is_told_what_is_wrong_with_it() {
    let good = sign(SECRET_ID, SECRET_KEY, &VECTOR).unwrap();
    for (wrong, words) in [
        (String::new(), "begins with something else"),
        ("Bearer x".to_owned(), "begins with something else"),
        (good.replace("Signature=", "Sig="), "another name"),
        (
            good.replace(", Signature=", ", Signature=a, Signature="),
            "twice",
        ),
        (
            good.split(", Signature").next().unwrap().to_owned(),
            "missing",
        ),
        (
            good.replace("content-type;host", "host"),
            "content-type must be signed",
        ),
        (
            good.replace("content-type;host", "content-type"),
            "host must be signed",
        ),
        (
            good.replace("content-type;host", "host;content-type"),
            "in order",
        ),
        (
            good.replace(";host", ";host;x-other"),
            "\"x-other\" was not sent",
        ),
        (
            good.replace("/trtc/", "/cvm/"),
            "the scope must be 2023-11-14/trtc/tc3_request",
        ),
    ] {
        let error = check(NOW, BODY, &sent(&wrong)).unwrap_err();
        assert!(error.to_string().contains(words), "{wrong}: {error}");
        assert_eq!(error.code(), "AuthFailure.InvalidAuthorization");
    }
    let without_time: Vec<_> = sent(&good)
        .into_iter()
        .filter(|(name, _)| *name != "x-tc-timestamp")
        .collect();
    assert_eq!(check(NOW, BODY, &without_time), Err(Tc3Error::Timestamp));
}

#[test]
fn the_node_sdk_signs_the_host_without_its_port_and_names_the_service_by_its_first_label() {
    let (date, timestamp) = ("2023-11-14", 1_700_000_000);
    let signed = [("content-type", "application/json"), ("host", "127.0.0.1")];
    let request = SignedRequest {
        headers: &signed,
        ..VECTOR
    };
    for (service, host, taken) in [
        ("127", "127.0.0.1:7450", true),
        ("trtc", "127.0.0.1:7450", true),
        ("trtc", "127.0.0.1", true),
        ("cvm", "127.0.0.1:7450", false),
        ("127", "127.0.0.2:7450", false),
        ("127", "127.0.0.1:x", false),
    ] {
        let made = signature(SECRET_KEY, &request, &sha256_hex(request.payload), service).unwrap();
        let authorization = format!(
            "TC3-HMAC-SHA256 Credential={SECRET_ID}/{date}/{service}/tc3_request, \
             SignedHeaders=content-type;host, Signature={made}"
        );
        let timestamp = timestamp.to_string();
        let sent = [
            signed[0],
            ("host", host),
            ("authorization", &authorization),
            ("x-tc-timestamp", &timestamp),
        ];
        assert_eq!(check(NOW, BODY, &sent).is_ok(), taken, "{service} {host}");
    }
}
