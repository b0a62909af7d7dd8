//! Frames from one member to the others.

use std::time::Duration;

use bytes::Bytes;
use exeunt_port::{Codec, MediaFrame, RemoteFrame, RoomSignal};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use super::Stage;
use super::leaving::enters_and_is_seen;
use super::member::Member;
use crate::Obstacle;
use crate::duty::{GATE, LARGEST, MEDIA};
use crate::finding::{Finding, Outcome, demand};

/// The time between two frames, as a microphone has one.
const BEAT: Duration = Duration::from_millis(10);

pub(super) async fn in_order(stage: &Stage) -> Outcome {
    const ENOUGH: usize = 20;
    let mut others = [stage.enter("bob").await?, stage.enter("carol").await?];
    let alice = enters_and_is_seen(stage, "alice", &mut others).await?;
    let mut received = [Vec::new(), Vec::new()];
    let sending = async {
        let mut number = 0;
        while received.iter().any(|received| received.len() < ENOUGH) {
            alice.side.outbound.push(numbered(number));
            number += 1;
            sleep(BEAT).await;
            for (other, received) in others.iter().zip(&mut received) {
                received.extend(std::iter::from_fn(|| other.side.inbound.try_next()));
            }
        }
    };
    let what = format!("the {ENOUGH}th of alice's frames, at bob and carol both,");
    stage.patience.answers(&MEDIA, what, sending).await?;
    for received in &received {
        follow_one_another(&alice, received)?;
    }
    let own = alice.side.inbound.try_next();
    demand(&MEDIA, own.is_none(), || {
        "alice received her own frame".to_owned()
    })
}

/// A frame may be lost on the way, but none comes twice, late, changed or from somebody else.
fn follow_one_another(sender: &Member, received: &[RemoteFrame]) -> Outcome {
    let mut last = None;
    for RemoteFrame { user, frame } in received {
        demand(&MEDIA, *user == sender.user, || {
            format!("a frame of {}'s came from {user}", sender.user)
        })?;
        let number = number_of(frame)
            .ok_or_else(|| Finding::broken(&MEDIA, format!("a frame was changed: {frame:?}")))?;
        demand(&MEDIA, last.is_none_or(|last| last < number), || {
            format!("frame {number} came after frame {last:?}")
        })?;
        last = Some(number);
    }
    Ok(())
}

pub(super) async fn the_largest(stage: &Stage) -> Outcome {
    if !stage.world.codecs().contains(&Codec::Jpeg) {
        return Err(Obstacle::not_offered("no pictures, and sound is never so large").into());
    }
    let mut others = [stage.enter("bob").await?];
    let mut alice = enters_and_is_seen(stage, "alice", &mut others).await?;
    let [bob] = &mut others;
    let (largest, too_large) = (
        picture(0, MediaFrame::MAX_PAYLOAD),
        picture(1, MediaFrame::MAX_PAYLOAD + 1),
    );
    let (what, small) = ("alice's frame of 1 MiB, at bob,", picture(2, 1000));
    // Media may be lost, so it is sent until it is there.
    let mut arrived = arrival(stage, what, &alice, bob, &largest).await?;
    alice.side.outbound.push(too_large);
    let what = "alice's small frame after one that was too large, at bob,";
    arrived.extend(arrival(stage, what, &alice, bob, &small).await?);
    let longest = arrived.iter().map(|frame| frame.payload.len()).max();
    demand(&LARGEST, longest == Some(MediaFrame::MAX_PAYLOAD), || {
        format!("a frame of {longest:?} bytes was carried")
    })?;
    alice.catch_up();
    let harm = alice.heard.iter().find(|signal| {
        matches!(
            signal,
            RoomSignal::LinkLost | RoomSignal::LinkDead | RoomSignal::Closed
        )
    });
    demand(&LARGEST, harm.is_none(), || {
        format!("a frame that was too large cost alice her link: {harm:?}")
    })
}

/// Sends a frame until it arrives; answers everything that arrived up to then.
async fn arrival(
    stage: &Stage,
    what: &str,
    from: &Member,
    to: &Member,
    frame: &MediaFrame,
) -> Result<Vec<MediaFrame>, Finding> {
    /// Longer than a megabyte takes on a loopback interface.
    const AGAIN: Duration = Duration::from_millis(250);
    let mut arrived = Vec::new();
    let sending = async {
        loop {
            from.side.outbound.push(frame.clone());
            let until = Instant::now() + AGAIN;
            while let Ok(Some(remote)) = timeout_at(until, to.side.inbound.next()).await {
                let is_it = remote.frame.payload == frame.payload;
                arrived.push(remote.frame);
                if is_it {
                    return;
                }
            }
        }
    };
    stage.patience.answers(&LARGEST, what, sending).await?;
    Ok(arrived)
}

pub(super) async fn the_gate(stage: &Stage) -> Outcome {
    /// What is on its way when the gate shuts may arrive for so long.
    const ON_ITS_WAY: Duration = Duration::from_secs(1);
    /// After that it is watched for so long that nothing more comes.
    const WATCHED: Duration = Duration::from_millis(500);
    /// As many as a queue holds without loss: enough to be kept back by who keeps frames back.
    const BURST: u32 = 64;
    let mut others = [stage.enter("bob").await?];
    let alice = enters_and_is_seen(stage, "alice", &mut others).await?;
    let [bob] = &mut others;
    is_heard(stage, &alice, bob, 0).await?;
    for number in 1..=BURST {
        alice.side.outbound.push(numbered(number));
    }
    // Who takes frames in order to keep them has taken these when the first of them is heard.
    is_heard(stage, &alice, bob, 1).await?;
    alice.side.outbound.close();
    let taken = alice.side.outbound.push(numbered(BURST + 1));
    demand(&GATE, !taken, || {
        "the queue took a frame after it was closed".to_owned()
    })?;
    let shut = Instant::now();
    while let Ok(Some(remote)) =
        timeout_at(shut + ON_ITS_WAY + WATCHED, bob.side.inbound.next()).await
    {
        let late = shut.elapsed();
        demand(&GATE, late <= ON_ITS_WAY, || {
            let sequence = remote.frame.sequence;
            format!("{late:?} after the gate was shut bob received alice's frame {sequence}")
        })?;
    }
    Ok(())
}

/// Sends a frame until it, or a later one, arrives.
pub(super) async fn is_heard(stage: &Stage, from: &Member, to: &Member, number: u32) -> Outcome {
    let sending = async {
        loop {
            from.side.outbound.push(numbered(number));
            if let Ok(Some(remote)) = timeout(BEAT, to.side.inbound.next()).await
                && number_of(&remote.frame).is_some_and(|arrived| arrived >= number)
            {
                return;
            }
        }
    };
    let what = format!("{}'s frame {number}, at {},", from.user, to.user);
    stage.patience.answers(&MEDIA, what, sending).await
}

/// A frame that says its number: a packet of 20 ms of Opus by its first byte.
fn numbered(number: u32) -> MediaFrame {
    let mut payload = vec![TWENTY_MILLISECONDS];
    payload.extend(number.to_be_bytes());
    MediaFrame {
        codec: Codec::Opus,
        sequence: number,
        captured_at_micros: u64::from(number) * 20_000,
        payload: Bytes::from(payload),
    }
}

/// Opus' table of contents for one mono frame of 20 ms (RFC 6716, section 3.1).
const TWENTY_MILLISECONDS: u8 = 31 << 3;

/// The number of a frame that is as [`numbered`] made it. What counts the frames on the wire may begin
/// elsewhere than at 0, so the sequence is not compared.
fn number_of(frame: &MediaFrame) -> Option<u32> {
    let (first, number) = frame.payload.split_first()?;
    let number = u32::from_be_bytes(number.try_into().ok()?);
    (frame.codec == Codec::Opus && *first == TWENTY_MILLISECONDS).then_some(number)
}

/// Something as long as this that a decoder would take for a picture by its first and last bytes.
fn picture(number: u32, length: usize) -> MediaFrame {
    let mut payload: Vec<u8> = (0..=250).cycle().take(length).collect();
    payload[..2].copy_from_slice(&[0xff, 0xd8]);
    payload[length - 2..].copy_from_slice(&[0xff, 0xd9]);
    MediaFrame {
        codec: Codec::Jpeg,
        sequence: number,
        captured_at_micros: 0,
        payload: Bytes::from(payload),
    }
}
