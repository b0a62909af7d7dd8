use proptest::prelude::*;

use super::super::{ClientId, EnterFault, Role};
use super::*;

fn enter() -> ClientMessage {
    ClientMessage::Enter(Enter {
        protocol: 1,
        sdk_app_id: 1_400_000_000,
        user_id: "alice".parse().unwrap(),
        user_sig: "sig".to_owned(),
        room_id: "\"123\"".parse().unwrap(),
        client_id: ClientId::from_number(0xc1),
        attempt: 3,
        role: Role::Anchor,
    })
}

#[test]
fn a_role_is_said_where_it_is_not_the_usual_one_and_another_is_refused() {
    let said = enter().encode();
    assert!(!said.contains("role"), "{said}");
    let with =
        |role: &str| said.replace("\"attempt\":3", &format!("\"attempt\":3,\"role\":{role}"));
    let audience = ClientMessage::decode(&with("\"audience\"")).unwrap();
    assert_eq!(audience.encode(), with("\"audience\""));
    assert_eq!(ClientMessage::decode(&with("null")), Ok(enter()));
    for wrong in ["\"Anchor\"", "20"] {
        let error = ClientMessage::decode(&with(wrong)).unwrap_err();
        let WireError::Enter(fault) = &error else {
            panic!("{error}")
        };
        assert_eq!(fault.refusal(), Refusal::Role);
    }
}

#[test]
fn what_a_client_says_is_heard_as_it_was_said() {
    let resume = ClientMessage::Resume {
        stay: 7,
        secret: "s".to_owned(),
        attempt: 2,
    };
    for message in [
        enter(),
        resume,
        ClientMessage::Leave,
        ClientMessage::Heartbeat,
    ] {
        assert_eq!(ClientMessage::decode(&message.encode()), Ok(message));
    }
}

#[test]
fn what_the_server_says_is_heard_as_it_was_said() {
    let bob: UserId = "bob".parse().unwrap();
    let reason = RemoteLeaveReason::TimedOut;
    for message in [
        ServerMessage::Entered {
            stay: 1,
            secret: "s".to_owned(),
            lease_ms: 8000,
            heartbeat_ms: 1000,
            members: vec![Member {
                user_id: bob.clone(),
                stay: 4,
            }],
        },
        ServerMessage::Resumed {
            members: vec![],
            departed: vec![Departed {
                user_id: bob.clone(),
                stay: 4,
                reason,
            }],
        },
        ServerMessage::refused(Refusal::RoomFull, "full"),
        ServerMessage::Left { told: 2 },
        ServerMessage::UserEntered {
            user_id: bob.clone(),
            stay: 4,
        },
        ServerMessage::UserLeft {
            user_id: bob,
            stay: 4,
            reason,
        },
        ServerMessage::Kicked,
        ServerMessage::Dismissed,
        ServerMessage::Replaced,
        ServerMessage::ServerStopped,
        ServerMessage::Heartbeat,
    ] {
        assert_eq!(ServerMessage::decode(&message.encode()), Ok(message));
    }
}

#[test]
fn the_words_on_the_wire_are_the_documented_ones() {
    assert_eq!(
        enter().encode(),
        r#"{"type":"enter","protocol":1,"sdk_app_id":1400000000,"user_id":"alice","user_sig":"sig","room_id":"123","client_id":"000000000000000000000000000000c1","attempt":3}"#
    );
    assert_eq!(
        ServerMessage::Left { told: 3 }.encode(),
        r#"{"type":"left","told":3}"#
    );
    let left = ServerMessage::UserLeft {
        user_id: "bob".parse().unwrap(),
        stay: 4,
        reason: RemoteLeaveReason::Kicked,
    };
    assert_eq!(
        left.encode(),
        r#"{"type":"user_left","user_id":"bob","stay":4,"reason":2}"#
    );
}

#[test]
fn a_wrong_parameter_is_named_and_has_the_refusal_of_its_own() {
    let good = r#""protocol":1,"sdk_app_id":1,"user_id":"a","user_sig":"s","room_id":1,"client_id":"000000000000000000000000000000c1","attempt":1"#;
    for (wrong, refusal) in [
        (
            good.replace("\"protocol\":1", "\"protocol\":2"),
            Refusal::Protocol,
        ),
        (
            good.replace("\"sdk_app_id\":1", "\"sdk_app_id\":0"),
            Refusal::SdkAppId,
        ),
        (good.replace("\"sdk_app_id\":1,", ""), Refusal::SdkAppId),
        (
            good.replace("\"user_id\":\"a\"", "\"user_id\":\"a b\""),
            Refusal::UserId,
        ),
        (
            good.replace("\"user_id\":\"a\"", "\"user_id\":7"),
            Refusal::UserId,
        ),
        (
            good.replace("\"user_sig\":\"s\"", "\"user_sig\":null"),
            Refusal::UserSig,
        ),
        (
            good.replace("\"room_id\":1", "\"room_id\":0"),
            Refusal::RoomId,
        ),
        (
            good.replace("\"room_id\":1", "\"room_id\":4294967296"),
            Refusal::RoomId,
        ),
        (
            good.replace("\"room_id\":1", "\"room_id\":1.5"),
            Refusal::RoomId,
        ),
        (
            good.replace("\"room_id\":1", "\"room_id\":\"\""),
            Refusal::RoomId,
        ),
        (good.replace("0000c1", "0000C1"), Refusal::Attempt),
        (good.replace("0000c1", "c1"), Refusal::Attempt),
        (
            good.replace("\"attempt\":1", "\"attempt\":-1"),
            Refusal::Attempt,
        ),
        (good.replace(",\"attempt\":1", ""), Refusal::Attempt),
    ] {
        let error = ClientMessage::decode(&format!(r#"{{"type":"enter",{wrong}}}"#)).unwrap_err();
        let WireError::Enter(fault) = error else {
            panic!("{error}")
        };
        assert_eq!(fault.refusal(), refusal, "{fault}");
    }
}

#[test]
fn what_is_no_message_is_refused_with_what_is_allowed() {
    for (text, words) in [
        ("", "EOF"),
        ("7", "expected internally tagged enum"),
        ("{}", "missing field `type`"),
        (
            r#"{"type":"exit"}"#,
            "expected one of `enter`, `resume`, `leave`, `heartbeat`",
        ),
        (r#"{"type":"resume","stay":-1,"secret":""}"#, "expected u64"),
        (
            r#"{"type":"resume","stay":1,"secret":""}"#,
            "missing field `attempt`",
        ),
    ] {
        let error = ClientMessage::decode(text).unwrap_err().to_string();
        assert!(error.contains(words), "{text}: {error}");
    }
    let long = format!(
        r#"{{"type":"leave","padding":"{}"}}"#,
        "x".repeat(MAX_CONTROL)
    );
    assert_eq!(
        ClientMessage::decode(&long),
        Err(WireError::ControlTooLong {
            length: long.len(),
            allowed: MAX_CONTROL
        })
    );
}

#[test]
fn the_fullest_room_has_room_in_a_message() {
    let user_id = |number: u64| format!("{number:0>32}").parse().unwrap();
    let resumed = ServerMessage::Resumed {
        members: (0..10_000)
            .map(|number| Member {
                user_id: user_id(number),
                stay: u64::MAX,
            })
            .collect(),
        departed: (0..10_000)
            .map(|number| Departed {
                user_id: user_id(number),
                stay: u64::MAX,
                reason: RemoteLeaveReason::Kicked,
            })
            .collect(),
    };
    assert_eq!(ServerMessage::decode(&resumed.encode()), Ok(resumed));
}

#[test]
fn a_signature_is_repeated_in_no_message_and_no_log() {
    let text = r#"{"type":"enter","protocol":1,"sdk_app_id":1,"user_id":"a","user_sig":["hush"],"room_id":1}"#;
    let error = ClientMessage::decode(text).unwrap_err();
    assert_eq!(error, WireError::Enter(EnterFault::UserSig));
    assert!(!format!("{error} {error:?} {:?}", enter()).contains("sig\""));
}

proptest! {
    #[test]
    fn every_text_is_answered_and_what_is_understood_can_be_said_again(
        text in prop_oneof![".*", r#"\{"type":"(enter|resume|leave|kicked|left)"(,"[a-z_]{1,8}":[0-9a-z"\[\]]{0,6}){0,4}\}"#]
    ) {
        match ClientMessage::decode(&text) {
            Ok(message) => prop_assert_eq!(ClientMessage::decode(&message.encode()), Ok(message)),
            Err(error) => prop_assert!(error.to_string().chars().count() < 400),
        }
        if let Ok(message) = ServerMessage::decode(&text) {
            prop_assert_eq!(ServerMessage::decode(&message.encode()), Ok(message));
        }
    }
}

#[test]
fn an_error_quotes_a_long_message_shortly_and_on_one_line() {
    let text = format!(r#"{{"type":"{}\nforged"}}"#, "x".repeat(1000));
    let error = ClientMessage::decode(&text).unwrap_err().to_string();
    assert!(
        error.chars().count() < 400 && !error.contains('\n'),
        "{error}"
    );
}
