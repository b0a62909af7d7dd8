//! A device that runs: it captures, plays, goes away.

use std::time::Duration;

use bytes::Bytes;
use exeunt_port::{Codec, DeviceKind, DeviceSignal, MediaFrame, RemoteFrame, UserId};
use tokio::time::sleep;
use tokio_util::sync::{CancellationToken, DropGuard};

use super::Stage;
use super::frames::fault;
use super::stage::Opened;
use crate::Obstacle;
use crate::duty::{CAPTURED, OPEN, PLAYED, RELEASED, VANISHED};
use crate::finding::{Finding, Outcome, demand};

pub(super) async fn captures(stage: &Stage) -> Outcome {
    const ENOUGH: u32 = 10;
    let kind = stage.kind();
    if kind == DeviceKind::Speaker {
        return Err(Obstacle::not_offered("a speaker captures nothing").into());
    }
    let Opened { device, side } = stage.opens().await?;
    let described = !device.description().is_empty();
    demand(&OPEN, described, || {
        "description() does not say what was opened".to_owned()
    })?;
    let mut last: Option<MediaFrame> = None;
    for number in 0..ENOUGH {
        let what = format!("frame {number}");
        let next = side.captured.next();
        let frame = stage.patience.answers(&CAPTURED, what, next).await?;
        let frame = frame.ok_or_else(|| Finding::broken(&CAPTURED, "the queue was closed"))?;
        if let Some(fault) = fault(kind, &frame) {
            return Err(Finding::broken(
                &CAPTURED,
                format!("frame {number}: {fault}"),
            ));
        }
        let follows = match &last {
            None => frame.sequence == 0,
            Some(last) => {
                frame.sequence > last.sequence
                    && frame.captured_at_micros >= last.captured_at_micros
            }
        };
        demand(&CAPTURED, follows, || {
            let last = last
                .as_ref()
                .map(|last| (last.sequence, last.captured_at_micros));
            let now = (frame.sequence, frame.captured_at_micros);
            format!("sequence and time are {now:?} after {last:?}; the first sequence is 0")
        })?;
        last = Some(frame);
    }
    stage.releases(device).await
}

pub(super) async fn plays(stage: &Stage) -> Outcome {
    const ENOUGH: u32 = 10;
    if stage.kind() != DeviceKind::Speaker {
        let kind = stage.kind();
        return Err(Obstacle::not_offered(format!("a {kind} plays nothing")).into());
    }
    let Opened { device, mut side } = stage.opens().await?;
    let mut played = Vec::new();
    for number in 0..ENOUGH {
        let (frame, taken) = silence(number);
        side.playback.push(frame);
        played.push(taken);
        // A real speaker is handed a packet every 20 ms.
        sleep(Duration::from_millis(20)).await;
    }
    for (number, taken) in played.iter().enumerate() {
        let what = format!("the speaker, handed packet {number},");
        stage
            .patience
            .answers(&PLAYED, what, taken.cancelled())
            .await?;
    }
    demand(&PLAYED, side.playback.dropped() == 0, || {
        let dropped = side.playback.dropped();
        format!("{dropped} of {ENOUGH} packets were lost because the speaker did not take them")
    })?;
    stage.releases(device).await?;
    let (frame, _) = silence(ENOUGH);
    side.playback.push(frame);
    stage.is_let_go(&RELEASED, "release()", &mut side).await?;
    demand(&RELEASED, side.playback.try_next().is_some(), || {
        "after release() had answered a packet was taken".to_owned()
    })
}

/// A packet of silence, and what resolves when nobody has it any more.
pub(super) fn silence(number: u32) -> (RemoteFrame, CancellationToken) {
    /// 20 ms of mono silence, as every Opus decoder knows it.
    const SILENCE: [u8; 3] = [0xf8, 0xff, 0xfe];
    struct Packet {
        _gone: DropGuard,
    }
    impl AsRef<[u8]> for Packet {
        fn as_ref(&self) -> &[u8] {
            &SILENCE
        }
    }
    let gone = CancellationToken::new();
    let frame = RemoteFrame {
        user: speaker(),
        frame: MediaFrame {
            codec: Codec::Opus,
            sequence: number,
            captured_at_micros: u64::from(number) * 20_000,
            payload: Bytes::from_owner(Packet {
                _gone: gone.clone().drop_guard(),
            }),
        },
    };
    (frame, gone)
}

fn speaker() -> UserId {
    "alice"
        .parse()
        .unwrap_or_else(|error| unreachable!("{error}"))
}

pub(super) async fn vanishes(stage: &Stage) -> Outcome {
    let Opened { device, mut side } = stage.opens().await?;
    stage.lab.vanish().await?;
    let what = "the device's word after it was unplugged";
    let word = side.signals.recv();
    let word = stage.patience.answers(&VANISHED, what, word).await?;
    let Some(DeviceSignal::Vanished(_)) = word else {
        let seen = format!("a device that was unplugged said {word:?}");
        return Err(Finding::broken(&VANISHED, seen));
    };
    stage.releases(device).await?;
    let more = side.signals.try_recv();
    demand(&VANISHED, more.is_err(), || {
        format!("it had said Vanished, and went on: {more:?}")
    })?;
    stage.is_let_go(&RELEASED, "release()", &mut side).await
}
