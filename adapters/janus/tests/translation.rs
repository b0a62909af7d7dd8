//! Whatever comes over the wire is answered, and what we say is read as we meant it.

#![allow(
    clippy::unwrap_used,
    reason = "a story that cannot go on has failed, and says where"
)]

use exeunt_janus::Secret;
use exeunt_janus::translate::identity::{Ids, description_of, room_of, user_of};
use exeunt_janus::translate::messages::{Answer, Event, Message};
use exeunt_janus::translate::requests::{
    Body, Create, Join, Publish, Request, StreamChoice, Trickled, Verb,
};
use exeunt_janus::translate::videoroom::Word;
use exeunt_janus::translate::{Id, Jsep, WireError};
use exeunt_port::{RoomId, UserId};
use proptest::collection::vec;
use proptest::option::of;
use proptest::prelude::*;
use serde_json::{Value, json};

fn id() -> impl Strategy<Value = Id> {
    prop_oneof![
        any::<u64>().prop_map(Id::Number),
        ".{0,40}".prop_map(Id::Text)
    ]
}

fn secret() -> impl Strategy<Value = Option<Secret>> {
    of(".{0,20}".prop_map(Secret::new))
}

fn choices() -> impl Strategy<Value = Vec<StreamChoice>> {
    vec(
        (id(), of("[a-z0-9]{1,3}")).prop_map(|(feed, mid)| StreamChoice { feed, mid }),
        0..4,
    )
}

fn create() -> impl Strategy<Value = Body> {
    let keys = (secret(), secret(), secret());
    let flags = (any::<bool>(), any::<bool>(), any::<bool>());
    let rest = (of(".{0,20}"), any::<u32>(), flags);
    (id(), keys, rest).prop_map(
        |(room, (admin_key, secret, pin), (description, publishers, flags))| {
            let (permanent, notify_joining, require_pvtid) = flags;
            Body::Create(Create {
                room,
                description,
                admin_key,
                secret,
                pin,
                publishers,
                permanent,
                notify_joining,
                require_pvtid,
                audiocodec: "opus".to_owned(),
                videocodec: "h264".to_owned(),
            })
        },
    )
}

fn body() -> impl Strategy<Value = Body> {
    prop_oneof![
        create(),
        (id(), secret(), any::<bool>()).prop_map(|(room, secret, permanent)| Body::Destroy {
            room,
            secret,
            permanent
        }),
        (id(), secret(), id()).prop_map(|(room, secret, id)| Body::Kick { room, secret, id }),
        (id(), id(), ".{0,40}", secret(), secret()).prop_map(|(room, id, display, pin, token)| {
            Body::Join(Join::Publisher {
                room,
                id,
                display,
                pin,
                token,
            })
        }),
        (id(), of(any::<u64>()), secret(), choices()).prop_map(
            |(room, private_id, pin, streams)| Body::Join(Join::Subscriber {
                room,
                private_id,
                pin,
                streams
            })
        ),
        (choices(), choices()).prop_map(|(subscribe, unsubscribe)| Body::Update {
            subscribe,
            unsubscribe
        }),
        of("[a-z0-9]{1,6}").prop_map(|codec| Body::Publish(Publish {
            audiocodec: codec.clone(),
            videocodec: codec,
        })),
        Just(Body::Leave),
        Just(Body::Start),
        Just(Body::Unpublish),
    ]
}

fn verb() -> impl Strategy<Value = Verb> {
    prop_oneof![
        Just(Verb::Info),
        Just(Verb::Create),
        Just(Verb::Keepalive),
        Just(Verb::Hangup),
        Just(Verb::Detach),
        Just(Verb::Destroy),
        Just(Verb::Claim),
        ".{0,20}".prop_map(|plugin| Verb::Attach { plugin }),
        (body(), of(".{0,60}")).prop_map(|(body, sdp)| Verb::Message {
            body,
            jsep: sdp.map(Jsep::offer),
        }),
        (".{0,4}", any::<u32>(), ".{0,40}").prop_map(|(sdp_mid, sdp_m_line_index, candidate)| {
            Verb::Trickle {
                candidate: Trickled::Candidate {
                    sdp_mid,
                    sdp_m_line_index,
                    candidate,
                },
            }
        }),
        Just(Verb::Trickle {
            candidate: Trickled::Completed { completed: true }
        }),
    ]
}

fn request() -> impl Strategy<Value = Request> {
    let ids = (of(any::<u64>()), of(any::<u64>()));
    (".{0,12}", ids, secret(), secret(), verb()).prop_map(
        |(transaction, (session_id, handle_id), apisecret, token, verb)| Request {
            transaction,
            session_id,
            handle_id,
            apisecret,
            token,
            verb,
        },
    )
}

/// Words that mean something somewhere, and some that do not.
fn word() -> impl Strategy<Value = String> {
    proptest::sample::select(vec![
        "janus",
        "transaction",
        "sender",
        "plugindata",
        "data",
        "videoroom",
        "event",
        "success",
        "error",
        "error_code",
        "code",
        "reason",
        "joined",
        "room",
        "id",
        "publishers",
        "attendees",
        "streams",
        "leaving",
        "kicked",
        "unpublished",
        "joining",
        "ok",
        "ack",
        "jsep",
        "type",
        "sdp",
        "offer",
        "answer",
        "timeout",
        "session_id",
        "destroyed",
        "participants",
        "mid",
        "x",
    ])
    .prop_map(str::to_owned)
}

/// Nearly a message of Janus's: its words in places that may be wrong.
fn nearly() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<u64>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        word().prop_map(Value::from),
    ];
    leaf.prop_recursive(5, 64, 8, |inner| {
        prop_oneof![
            vec(inner.clone(), 0..4).prop_map(Value::from),
            vec((word(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn what_we_say_is_read_as_we_meant_it(request in request()) {
        prop_assert_eq!(Request::decode(&request.encode()), Ok(request));
    }

    #[test]
    fn any_text_is_answered(text in ".{0,400}") {
        let _ = Message::decode(&text);
        let _ = Request::decode(&text);
    }

    #[test]
    fn anything_that_is_nearly_a_message_is_answered(mut message in nearly(), kind in word()) {
        if let Some(members) = message.as_object_mut() {
            members.insert("janus".to_owned(), kind.into());
        }
        let _ = Message::decode(&message.to_string());
    }

    #[test]
    fn any_word_of_the_plugin_is_answered(mut data in nearly(), kind in word()) {
        if let Some(members) = data.as_object_mut() {
            members.insert("videoroom".to_owned(), kind.into());
        }
        let message = json!({"janus": "event", "sender": 1, "plugindata": {"data": data}});
        let _ = Message::decode(&message.to_string());
    }

    #[test]
    fn whoever_is_in_a_room_has_a_user_id(id in id(), display in of(".{0,40}")) {
        let user = user_of(&id, display.as_deref());
        prop_assert!(user.as_str().parse::<UserId>().is_ok());
    }

    #[test]
    fn users_and_rooms_find_their_way_back(
        user in "[a-zA-Z0-9_-]{1,32}",
        name in "[a-zA-Z0-9 !#$%&()+:;<=.>?@^_{}|~,\\[\\]-]{1,64}",
        number in 1_u32..,
    ) {
        let user: UserId = user.parse().unwrap();
        for ids in [Ids::Numbers, Ids::Strings] {
            prop_assert_eq!(user_of(&ids.of_user(&user), Some(user.as_str())), user.clone());
            for room in [RoomId::string(name.clone()).unwrap(), RoomId::number(number).unwrap()] {
                let called = description_of(&room);
                prop_assert_eq!(room_of(&ids.of_room(&room), Some(&called)), Some(room));
            }
        }
    }
}

#[test]
fn an_answer_that_is_not_understood_still_says_whose_it_is() {
    let text = json!({
        "janus": "event", "transaction": "5", "plugindata": {"data": {"videoroom": "joined"}}
    });
    let error = Message::decode(&text.to_string()).unwrap_err();
    let transaction = Some("5".to_owned());
    assert!(
        matches!(error, WireError::Shape { transaction: of, .. } if of == transaction),
        "the member who asked is told"
    );
}

#[test]
fn what_a_real_janus_said_is_understood() {
    let joined = r#"{"janus":"event","session_id":1,"transaction":"3","sender":2,"plugindata":
        {"plugin":"janus.plugin.videoroom","data":{"videoroom":"joined","room":1234,"description":"Room 1234",
        "id":22,"private_id":3735,"publishers":[{"id":11,"display":"bob","streams":[{"type":"audio","mindex":0,
        "mid":"0","codec":"opus"},{"type":"video","mindex":1,"mid":"1","codec":"h264","disabled":true}]}],
        "attendees":[{"id":12}]}}}"#;
    let Ok(Message::Answer {
        answer:
            Answer::Said {
                word:
                    Word::Joined {
                        publishers,
                        attendees,
                        ..
                    },
                ..
            },
        ..
    }) = Message::decode(joined)
    else {
        unreachable!("it is a joined");
    };
    assert_eq!(publishers[0].streams.len(), 2);
    assert!(publishers[0].streams[1].disabled);
    assert_eq!(attendees[0].display, None);

    let kicked = r#"{"janus":"event","session_id":1,"sender":2,"plugindata":{"plugin":
        "janus.plugin.videoroom","data":{"videoroom":"event","room":1234,"leaving":"ok","reason":"kicked"}}}"#;
    let expected = Message::Event {
        handle: 2,
        event: Event::Said {
            word: Word::Left { kicked: true },
            jsep: None,
        },
    };
    assert_eq!(Message::decode(kicked), Ok(expected));

    let refused = r#"{"janus":"success","session_id":1,"transaction":"9","sender":2,"plugindata":{"plugin":
        "janus.plugin.videoroom","data":{"videoroom":"event","error_code":428,"error":"No such user 22 in room"}}}"#;
    let expected = Message::Answer {
        transaction: "9".to_owned(),
        answer: Answer::Refused {
            code: 428,
            words: "No such user 22 in room".to_owned(),
        },
    };
    assert_eq!(Message::decode(refused), Ok(expected));
}
