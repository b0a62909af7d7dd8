//! What stands behind the server API: the embedded rooms as a back end, and another one in their place.

use std::sync::{Arc, Mutex};

use exeunt_port::{RoomId, UserId, async_trait};
use exeunt_room_service::backend::{
    Backend, BackendError, Census, Dismissal, Happening, HappeningSource, Happenings, LeaveReason,
    MembersWanted, News, Page, Removal, RemovalOutcome, RoomPage, RoomState, SummaryPage,
};
use exeunt_room_service::{Config, KickTerms, RoomService, ServerApiError};

use crate::scene::{Member, call, service, soon, user};

fn standup() -> RoomId {
    "standup".parse().unwrap()
}

async fn next(happenings: &mut Happenings) -> Happening {
    match soon(happenings.next()).await {
        Some(News::Happened(happened)) => {
            assert!(happened.at.0 > 1_700_000_000_000, "a time of our days");
            happened.what.clone()
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_happens_is_told_in_order_and_a_departure_has_a_receipt() {
    let service = service().await;
    let backend = service.backend();
    let mut happenings = backend.happenings();
    let alice = Member::enter(service.url(), "alice").await;
    let _bob = Member::enter(service.url(), "bob").await;
    let opened = next(&mut happenings).await;
    assert!(
        matches!(&opened, Happening::RoomOpened { room, by } if *room == standup() && *by == Some(user("alice"))),
        "{opened:?}"
    );
    for name in ["alice", "bob"] {
        let entered = next(&mut happenings).await;
        assert!(
            matches!(&entered, Happening::Entered { user, .. } if user.as_str() == name),
            "{entered:?}"
        );
    }
    let room = backend.room(&standup()).await.unwrap();
    assert_eq!(room.members.len(), 2);
    assert!(room.opened_at <= room.members[0].entered_at);

    alice.leaves().await.unwrap();
    let Happening::Left(departure) = next(&mut happenings).await else {
        panic!("Alice left")
    };
    assert_eq!(
        (departure.user.as_str(), departure.reason),
        ("alice", Some(LeaveReason::ByItself))
    );
    assert_eq!(departure.entered_at, room.members[0].entered_at);
    let mut receipt = departure.receipt.expect("these rooms know");
    let told = soon(receipt.complete()).await;
    assert_eq!((told.to_tell, told.told, told.lost), (1, 1, 0));
    assert!(told.last_told_at >= Some(departure.entered_at));

    let dismissal = backend.dismiss(&standup()).await.unwrap();
    assert_eq!(dismissal, Dismissal { members: 1 });
    // What was done before the answer is in the stream when the answer is there.
    let Some(News::Happened(left)) = happenings.next_now() else {
        panic!("Bob left")
    };
    assert!(
        matches!(&left.what, Happening::Left(departure) if departure.reason == Some(LeaveReason::Dismissed))
    );
    let closed = next(&mut happenings).await;
    let Happening::RoomClosed {
        room: id,
        opened_at,
    } = closed
    else {
        panic!("{closed:?}")
    };
    assert_eq!((id, opened_at), (standup(), room.opened_at));
    assert_eq!(
        backend.room(&standup()).await.unwrap_err(),
        BackendError::NoSuchRoom { room: standup() }
    );
}

#[tokio::test]
async fn whoever_watches_is_told_of_a_room_again_only_once_it_has_changed() {
    let service = service().await;
    let backend = service.backend();
    let _alice = Member::enter(service.url(), "alice").await;
    let bob = Member::enter(service.url(), "Bob").await;
    let page = Page {
        offset: 0,
        limit: 10,
    };
    let SummaryPage { total, rooms } = backend.summaries(page).await.unwrap();
    assert_eq!((total, &rooms[0].id), (1, &standup()));
    assert_eq!((rooms[0].members, rooms[0].publishers), (2, 2));
    let mut wanted = MembersWanted {
        named: "b".to_owned(),
        page,
        newer_than: None,
    };
    let found = backend.members(&standup(), &wanted).await.unwrap();
    let found = found.expect("it was not seen before");
    assert_eq!((found.total, found.matching), (2, 1));
    assert_eq!(found.room.members[0].user, user("Bob"));
    assert_eq!(found.room.opened_at, rooms[0].opened_at);

    wanted.newer_than = found.version;
    let again = backend.members(&standup(), &wanted).await.unwrap();
    assert_eq!(again, None, "nothing has changed");
    // A connection that is lost is a change, and so is a departure.
    drop(bob);
    let lost = soon(async {
        loop {
            if let Some(lost) = backend.members(&standup(), &wanted).await.unwrap() {
                return lost;
            }
            tokio::task::yield_now().await;
        }
    });
    let lost = lost.await;
    assert!(!lost.room.members[0].connected);
    let census = backend.census().await.unwrap();
    let expected = Census {
        rooms: 1,
        members: 2,
        connected: 1,
    };
    assert_eq!(census, expected);
    wanted.newer_than = lost.version;
    backend.kick(&standup(), &[user("Bob")]).await.unwrap();
    let alone = backend.members(&standup(), &wanted).await.unwrap();
    let alone = alone.expect("he has gone");
    assert_eq!((alone.total, alone.matching), (1, 0));
}

#[tokio::test]
async fn a_kick_is_answered_for_each_user() {
    let service = service().await;
    let _alice = Member::enter(service.url(), "alice").await;
    let _bob = Member::enter(service.url(), "bob").await;
    let users = [user("carol"), user("alice"), user("alice")];
    let removals = service.backend().kick(&standup(), &users).await.unwrap();
    let [carol, alice, again] = &removals[..] else {
        panic!("{removals:?}")
    };
    assert!(!carol.was_in_room());
    for removal in [alice, again] {
        let RemovalOutcome::Removed {
            stay,
            receipt: Some(receipt),
        } = &removal.outcome
        else {
            panic!("{removal:?}")
        };
        assert_eq!(*stay, 1);
        assert_eq!(soon(receipt.clone().complete()).await.told, 1);
    }
}

/// Rooms that are elsewhere: it answers with what it was made to, and remembers what it was asked.
#[derive(Debug)]
struct Elsewhere {
    source: HappeningSource,
    failure: Option<BackendError>,
    kicked: Mutex<Vec<UserId>>,
}

impl Elsewhere {
    fn new(failure: Option<BackendError>) -> Arc<Self> {
        Arc::new(Self {
            source: HappeningSource::new(8),
            failure,
            kicked: Mutex::default(),
        })
    }
}

#[async_trait]
impl Backend for Elsewhere {
    async fn rooms(&self, _page: Page) -> Result<RoomPage, BackendError> {
        Ok(RoomPage::default())
    }

    async fn room(&self, room: &RoomId) -> Result<RoomState, BackendError> {
        Err(BackendError::NoSuchRoom { room: room.clone() })
    }

    async fn kick(&self, _room: &RoomId, users: &[UserId]) -> Result<Vec<Removal>, BackendError> {
        self.kicked.lock().unwrap().extend(users.iter().cloned());
        self.failure.clone().map_or(Ok(Vec::new()), Err)
    }

    async fn dismiss(&self, room: &RoomId) -> Result<Dismissal, BackendError> {
        Err(BackendError::NoSuchRoom { room: room.clone() })
    }

    fn happenings(&self) -> Happenings {
        self.source.reader()
    }
}

#[tokio::test]
async fn another_back_end_does_what_the_server_api_is_asked_and_nobody_enters_here() {
    let detail = || "no route".to_owned();
    let number = || RoomId::number(7).unwrap();
    for (room, failure, code) in [
        (standup(), None, None),
        (
            standup(),
            Some(BackendError::Unreachable { detail: detail() }),
            Some("InternalError.GetRoomCacheIpError"),
        ),
        (
            number(),
            Some(BackendError::Unreadable { detail: detail() }),
            Some("InternalError.GetRoomFromCacheError"),
        ),
        (
            standup(),
            Some(BackendError::Unreadable { detail: detail() }),
            Some("InternalError"),
        ),
        (
            standup(),
            Some(BackendError::Refused { detail: detail() }),
            Some("InternalError"),
        ),
    ] {
        let elsewhere = Elsewhere::new(failure);
        let service = RoomService::bind(Config::development()).await.unwrap();
        let service = service.with_backend(elsewhere.clone()).spawn();
        let users = [user("alice")];
        let answer = call(&service, move |client| client.remove_user(&room, &users)).await;
        match answer {
            Ok(_) => assert_eq!(code, None),
            Err(ServerApiError::Refused { code: refused, .. }) => {
                assert_eq!(Some(refused.as_str()), code);
            }
            Err(other) => panic!("{other}"),
        }
        assert_eq!(*elsewhere.kicked.lock().unwrap(), [user("alice")]);
        let entered = Member::try_enter(service.url(), crate::scene::request("bob")).await;
        assert!(entered.is_err(), "nobody enters here");
    }
}

#[tokio::test]
async fn a_ban_where_there_are_none_and_one_too_many_have_codes_of_their_own() {
    let elsewhere = RoomService::bind(Config::development()).await.unwrap();
    let elsewhere = elsewhere.with_backend(Elsewhere::new(None)).spawn();
    let mut config = Config::development();
    config.limits.bans = 1;
    let here = RoomService::bind(config).await.unwrap().spawn();
    let _alice = Member::enter(here.url(), "alice").await;
    for (service, expected) in [
        (&elsewhere, "UnsupportedOperation"),
        (&here, "LimitExceeded"),
    ] {
        let users = [user("bob"), user("carol")];
        let terms = KickTerms {
            ban_until: Some(4_000_000_000),
            ..KickTerms::default()
        };
        let kick = call(service, move |client| {
            client.kick_users(&standup(), &users, &terms)
        });
        let Err(ServerApiError::Refused { code, .. }) = kick.await else {
            panic!("{expected}")
        };
        assert_eq!(code, expected);
    }
}
