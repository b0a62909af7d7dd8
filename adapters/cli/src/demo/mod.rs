//! `exeunt demo`: three people in one room; one leaves, one is kicked, the room is dismissed.

mod canvas;
mod cast;
mod guarantees;
mod janus_stage;
mod own_janus;
mod picture;
mod props;
mod sightings;
mod stage;
mod story;
mod timeline;

use std::time::Duration;

use exeunt_port::{RoomId, UserId};
use serde_json::json;

use crate::arguments::Demo;
use crate::failure::Failure;
use crate::output;
use crate::signals::Asked;
use canvas::Canvas;
pub(crate) use cast::Entering;
use cast::Performer;
use guarantees::Verdict;
use props::Props;
use sightings::Watch;
use stage::Stage;
use story::Story;

/// Nothing in the demo takes longer than this unless something is broken.
const PATIENCE: Duration = Duration::from_secs(20);
/// Whoever was asked to leave is out within `Policy::total()`; this is twice that.
const LEAVING: Duration = Duration::from_secs(5);
/// How long carol is alone.
const PAUSE: Duration = Duration::from_millis(400);
/// Sound that everybody has to have heard of everybody before the first one leaves: a second.
const SOUND_PACKETS: u64 = 50;

/// The three, in the order in which they go.
pub(crate) const NAMES: [&str; 3] = ["alice", "bob", "carol"];

pub(crate) async fn run(demo: &Demo, mut asked: Asked, json: bool) -> Result<(), Failure> {
    props::make_sense(demo)?;
    janus_stage::makes_sense(demo)?;
    let canvas = Canvas::lay_out(&demo.picture)?;
    let people = people()?;
    let props = Props::lay_out(demo, &people).await?;
    let story = Story::new(json);
    let stage = tokio::select! {
        biased;
        () = asked.end() => return Err(Failure::Stopped),
        stage = Stage::set(demo) => stage?,
    };
    let (setting, counts_told) = (stage.description(), stage.counts_told());
    story.note(&format!("a room on {setting}"));
    story.note(&props.description);
    let mut watch = Watch::start(props.of_sound_server);
    let mut cast = Vec::new();
    let performed = tokio::select! {
        biased;
        () = asked.end() => Err(Failure::Stopped),
        performed = perform(&stage, &people, &props, &story, &mut watch, &mut cast) => performed,
    };
    // Whatever has happened: nobody stays behind, no process and no file.
    let ended = cast::end(cast, LEAVING).await;
    stage.strike().await;
    let sightings = watch.stop();
    match (performed, ended) {
        (Ok(()), Ok(())) => {}
        (Ok(()) | Err(Failure::Stopped), Err(failure)) | (Err(failure), _) => {
            return Err(failure);
        }
    }

    let acts = story.acts(&people, &sightings);
    timeline::print(&acts, json);
    let verdicts = guarantees::judge(&acts, counts_told);
    guarantees::print(&verdicts, json);
    canvas.keep(&picture::draw(&acts, &setting, &props.description))?;
    if json {
        output::line(json!({ "type": "picture", "path": demo.picture }));
    } else {
        output::line(format_args!(
            "\nthe three timelines as a picture: {}",
            demo.picture.display()
        ));
    }
    match verdicts
        .iter()
        .filter(|row| matches!(row.verdict, Verdict::Broken(_)))
        .count()
    {
        0 => Ok(()),
        broken => Err(Failure::NotHeld(broken)),
    }
}

/// Everybody enters, and the play begins.
async fn perform(
    stage: &Stage,
    people: &[UserId; 3],
    props: &Props,
    story: &Story,
    watch: &mut Watch,
    cast: &mut Vec<Performer>,
) -> Result<(), Failure> {
    let room = stage.room()?;
    for user in people {
        let performer = stage.enter(user, &room, props.of(user), story)?;
        watch.look_at(user, performer.process(), props.of(user));
        cast.push(performer);
    }
    play(stage, &room, people, cast, story).await
}

/// What happens on stage.
async fn play(
    stage: &Stage,
    room: &RoomId,
    people: &[UserId; 3],
    cast: &mut [Performer],
    story: &Story,
) -> Result<(), Failure> {
    let [alice, bob, carol] = people;
    for user in people {
        story
            .until(user, "into the room", |lines| lines.called("onEnterRoom"))
            .await?;
    }
    story.note("everybody is in; now everybody is to hear everybody");
    for (user, other) in people
        .iter()
        .flat_map(|user| people.iter().map(move |other| (user, other)))
    {
        if user != other {
            let heard = format!("to hear {other}");
            story
                .until(user, &heard, |lines| lines.sound_of(other) >= SOUND_PACKETS)
                .await?;
        }
    }

    story.say("alice leaves");
    cast[0].leave().await?;
    story
        .until(alice, "to be out", |lines| lines.report().is_some())
        .await?;
    for user in [bob, carol] {
        story
            .until(user, "to learn that alice left", |lines| {
                lines.saw_leave(alice, 0)
            })
            .await?;
    }

    // The two who are left go on talking, so that the picture shows a call and not only its end.
    story.hear_more(carol, bob, SOUND_PACKETS / 2).await?;
    story.say("bob is kicked");
    stage.kick(room, bob).await?;
    story
        .until(bob, "to be out", |lines| lines.report().is_some())
        .await?;
    story
        .until(carol, "to learn that bob was kicked", |lines| {
            lines.saw_leave(bob, 2)
        })
        .await?;
    story.note_members(stage.members(room).await?);

    // Nothing happens to somebody who is alone; the pause only keeps the picture apart.
    tokio::time::sleep(PAUSE).await;
    story.say("the room is dismissed");
    stage.dismiss(room).await?;
    story
        .until(carol, "to be out", |lines| lines.report().is_some())
        .await
}

fn people() -> Result<[UserId; 3], Failure> {
    let [alice, bob, carol] = NAMES.map(str::parse::<UserId>);
    let invalid = exeunt_port::EnterError::from;
    Ok([
        alice.map_err(invalid)?,
        bob.map_err(invalid)?,
        carol.map_err(invalid)?,
    ])
}
