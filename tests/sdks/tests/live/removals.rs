//! Kicks, dismissals, and what can be read of them afterwards.

use std::time::{SystemTime, UNIX_EPOCH};

use exeunt_port::{RemoteLeaveReason, RoomId};
use exeunt_requirements::same;
use exeunt_runtime::Reason;
use libtest_mimic::Failed;
use serde_json::{Value, json};

use crate::scene::Scene;

/// A numeric room and a string room of the same digits, each with the end of the actions' names.
fn rooms() -> Result<[(RoomId, &'static str, Value); 2], Failed> {
    Ok([
        (RoomId::number(123)?, "", json!(123)),
        (RoomId::string("123")?, "ByStrRoomId", json!("123")),
    ])
}

pub(crate) fn kicks(scene: &mut Scene) -> Result<(), Failed> {
    for (room, by, id) in rooms()? {
        let alice = scene.enter("alice", &room)?;
        let mut bob = scene.enter("bob", &room)?;
        let answer = scene.does(
            &format!("RemoveUser{by}"),
            &json!({"RoomId": id, "UserIds": ["alice", "nobody"]}),
        )?;
        let request_id = answer["RequestId"].as_str().unwrap_or_default();
        same("the length of the request id", &request_id.len(), &36)?;
        scene.exited(&alice, Reason::Kicked)?;
        scene.hears_leave(&mut bob, "alice", RemoteLeaveReason::Kicked)?;
        bob.handle().request_exit();
        scene.exited(&bob, Reason::LocalExit)?;
    }
    Ok(())
}

pub(crate) fn dismisses(scene: &mut Scene) -> Result<(), Failed> {
    let both = rooms()?;
    let people = both.iter().map(|(room, ..)| {
        Ok::<_, Failed>([scene.enter("alice", room)?, scene.enter("bob", room)?])
    });
    let people = people.collect::<Result<Vec<_>, _>>()?;
    // Each dismissal ends its own room, and not the one of the same digits.
    for ((_, by, id), people) in both.iter().zip(&people) {
        scene.does(&format!("DismissRoom{by}"), &json!({"RoomId": id}))?;
        for person in people {
            scene.exited(person, Reason::Dismissed)?;
        }
    }
    Ok(())
}

fn now() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |since| since.as_secs())
}

pub(crate) fn reads_back(scene: &mut Scene) -> Result<(), Failed> {
    let room = RoomId::string("standup")?;
    let began = now();
    let alice = scene.enter("alice", &room)?;
    let _bob = scene.enter("bob", &room)?;
    let kick = json!({"RoomId": "standup", "UserIds": ["alice"]});
    scene.does("RemoveUserByStrRoomId", &kick)?;
    scene.exited(&alice, Reason::Kicked)?;

    let span = json!({"StartTime": began - 1, "EndTime": now() + 1});
    let mut asked = span.clone();
    asked["RoomId"] = json!("standup");
    let answer = scene.does("DescribeRoomInfo", &asked)?;
    same("the rooms", &answer["Total"], &json!(1))?;
    let found = &answer["RoomList"][0];
    same("whether it is over", &found["IsFinished"], &json!(false))?;
    same("who made it", &found["UserId"], &json!("alice"))?;

    let mut asked = span;
    asked["CommId"] = found["CommId"].clone();
    let answer = scene.does("DescribeUserInfo", &asked)?;
    same("the users", &answer["Total"], &json!(2))?;
    for (user, finished) in [("alice", true), ("bob", false)] {
        let mut users = answer["UserList"].as_array().into_iter().flatten();
        let found = users.rfind(|found| found["UserId"] == user);
        let found = found.ok_or_else(|| format!("{user} is not listed: {answer}"))?;
        same(user, &found["Finished"], &json!(finished))?;
        let (join, leave) = (found["JoinTs"].as_u64(), found["LeaveTs"].as_u64());
        let in_order = join >= Some(began) && leave >= join;
        same("whether the times are in order", &in_order, &true)?;
    }
    Ok(())
}

pub(crate) fn our_own(scene: &mut Scene) -> Result<(), Failed> {
    let room = RoomId::string("standup")?;
    let alice = scene.enter("alice", &room)?;
    let mut bob = scene.enter("bob", &room)?;
    let kick = json!({
        "RoomId": "standup", "UserIds": ["alice", "nobody"],
        "IdempotencyKey": "once", "BanUntil": now() + 3600,
    });
    let first = scene.does("KickUsers", &kick)?;
    scene.exited(&alice, Reason::Kicked)?;
    let results = &first["Results"];
    same("alice", &results[0]["Outcome"], &json!("Removed"))?;
    let receipt = &results[0]["Receipt"];
    same("who is to be told", &receipt["ToTell"], &json!(1))?;
    same("nobody", &results[1]["Outcome"], &json!("NotInRoom"))?;
    let again = scene.does("KickUsers", &kick)?;
    same("the answer to the same call", &again["Results"], results)?;
    same(
        "alice's way back",
        &scene.enter("alice", &room).is_err(),
        &true,
    )?;
    let lifted = scene.does("LiftBan", &json!({"UserId": "alice", "RoomId": "standup"}))?;
    same("the lifting", &lifted["Lifted"], &json!(true))?;
    let _alice = scene.enter("alice", &room)?;
    let departures = scene.does("DescribeDepartures", &json!({"UserId": "alice"}))?;
    same("departures", &departures["TotalCount"], &json!(1))?;
    let departure = &departures["Departures"][0];
    same("why", &departure["Reason"], &json!("kicked"))?;
    // The kick waits a second for the others to be told, and a busy machine may take longer. Once Bob
    // has heard of it, the receipt is about to say so.
    scene.hears_leave(&mut bob, "alice", RemoteLeaveReason::Kicked)?;
    scene.reads(
        "DescribeDepartures",
        &json!({"UserId": "alice"}),
        |answer| answer["Departures"][0]["Receipt"]["Told"] == 1,
    )
}
