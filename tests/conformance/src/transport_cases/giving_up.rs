//! Entering that is given up: abandoned, or dropped, at every await there is.

use std::pin::pin;

use exeunt_port::{Connection, EnterError, RoomLink, RoomSide, Transport, UserId};

use super::Stage;
use super::stage::user;
use crate::duty::{ANNOUNCE, CLOSE, CONNECT_ABANDONED, CONNECT_DROPPED};
use crate::finding::{Finding, Outcome};
use crate::moments::{MOMENTS, until_it_waits};

pub(super) async fn abandoned(stage: &Stage) -> Outcome {
    at_every_moment(stage, Manner::Abandoned).await
}

pub(super) async fn dropped(stage: &Stage) -> Outcome {
    stage.lease()?;
    at_every_moment(stage, Manner::Dropped).await
}

/// The same with a server that freezes at each of these moments.
pub(super) async fn abandoned_while_frozen(stage: &Stage) -> Outcome {
    at_every_moment(stage, Manner::AbandonedWhileFrozen).await
}

/// How an entry is given up.
#[derive(Clone, Copy, Debug)]
enum Manner {
    Abandoned,
    AbandonedWhileFrozen,
    Dropped,
}

/// Gives up an entry at each of its awaits, every time another guest's, and demands that nobody stays behind.
async fn at_every_moment(stage: &Stage, manner: Manner) -> Outcome {
    let mut witness = stage.enter("witness").await?;
    let mut guests = Vec::new();
    for moment in 0..=MOMENTS {
        let guest = guest(moment);
        guests.push(guest.clone());
        let transport = &*stage.transport(&guest).await?;
        let series = match manner {
            Manner::Abandoned => abandon(stage, transport, &guest, moment).await?,
            Manner::AbandonedWhileFrozen => {
                abandon_frozen(stage, transport, &guest, moment).await?
            }
            Manner::Dropped => drop_at(stage, transport, &guest, moment).await?,
        };
        if series == Series::Over {
            break;
        }
    }
    let duty = match manner {
        Manner::Abandoned | Manner::AbandonedWhileFrozen => &CONNECT_ABANDONED,
        Manner::Dropped => &CONNECT_DROPPED,
    };
    stage.is_left_by(&mut witness, &guests, duty).await
}

/// Whether there are later awaits to give up at.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Series {
    GoesOn,
    Over,
}

/// Abandons an entry at this moment, and leaves as the runtime would if it succeeds all the same.
pub(super) async fn abandon(
    stage: &Stage,
    transport: &dyn Transport,
    guest: &UserId,
    moment: usize,
) -> Result<Series, Finding> {
    let (link, side) = RoomLink::pair();
    let mut connecting = pin!(transport.connect(stage.request(guest)?, link));
    let held = until_it_waits(connecting.as_mut(), moment);
    let what = format!("{guest}'s connect()");
    let answer = stage
        .patience
        .answers(&CONNECT_ABANDONED, what, held)
        .await?;
    side.abandon.cancel();
    let (answer, series) = if let Some(answer) = answer {
        (answer, Series::Over)
    } else {
        let what = format!("{guest}'s connect(), abandoned at its await {moment},");
        let answer = stage
            .patience
            .answers(&CONNECT_ABANDONED, what, connecting)
            .await?;
        (answer, Series::GoesOn)
    };
    is_abandoned_or_left(stage, guest, moment, answer, side).await?;
    Ok(series)
}

/// The same while the server is frozen, from this moment on.
async fn abandon_frozen(
    stage: &Stage,
    transport: &dyn Transport,
    guest: &UserId,
    moment: usize,
) -> Result<Series, Finding> {
    let (link, side) = RoomLink::pair();
    let mut connecting = pin!(transport.connect(stage.request(guest)?, link));
    let held = until_it_waits(connecting.as_mut(), moment);
    let what = format!("{guest}'s connect()");
    let answer = stage
        .patience
        .answers(&CONNECT_ABANDONED, what, held)
        .await?;
    if let Some(answer) = answer {
        is_abandoned_or_left(stage, guest, moment, answer, side).await?;
        return Ok(Series::Over);
    }
    stage.world.freeze(guest).await?;
    // Once more, so that it waits for the server and not only for its turn.
    let answer = if let Some(answer) = until_it_waits(connecting.as_mut(), 1).await {
        answer
    } else {
        side.abandon.cancel();
        let what = format!("{guest}'s connect(), frozen and abandoned at its await {moment},");
        stage
            .patience
            .answers(&CONNECT_ABANDONED, what, connecting)
            .await?
    };
    stage.world.mend(guest).await?;
    is_abandoned_or_left(stage, guest, moment, answer, side).await?;
    Ok(Series::GoesOn)
}

/// Demands one of the two answers that an abandoned connect may have, and leaves if it is a connection.
async fn is_abandoned_or_left(
    stage: &Stage,
    guest: &UserId,
    moment: usize,
    answer: Result<Box<dyn Connection>, EnterError>,
    side: RoomSide,
) -> Outcome {
    match answer {
        Ok(connection) => leave(stage, guest, connection, side).await,
        Err(EnterError::Abandoned) => Ok(()),
        Err(error) => {
            let seen = format!("{guest}'s connect(), abandoned at its await {moment}: {error}");
            Err(Finding::broken(&CONNECT_ABANDONED, seen))
        }
    }
}

/// Drops an entry at this moment, and leaves if it had succeeded before.
pub(super) async fn drop_at(
    stage: &Stage,
    transport: &dyn Transport,
    guest: &UserId,
    moment: usize,
) -> Result<Series, Finding> {
    let (link, side) = RoomLink::pair();
    let answer = {
        let mut connecting = pin!(transport.connect(stage.request(guest)?, link));
        let held = until_it_waits(connecting.as_mut(), moment);
        let what = format!("{guest}'s connect()");
        stage.patience.answers(&CONNECT_DROPPED, what, held).await?
    };
    match answer {
        None => Ok(Series::GoesOn),
        Some(Ok(connection)) => {
            leave(stage, guest, connection, side).await?;
            Ok(Series::Over)
        }
        Some(Err(error)) => {
            let seen = format!("{guest} was not let in: {error}");
            Err(Finding::broken(&CONNECT_DROPPED, seen))
        }
    }
}

/// What the runtime does with a connection that nobody wants any more (G-4). The departure need not
/// be confirmed for that.
async fn leave(
    stage: &Stage,
    guest: &UserId,
    connection: Box<dyn Connection>,
    side: RoomSide,
) -> Outcome {
    side.outbound.close();
    let (leaving, closing) = (
        format!("{guest}'s announce_departure()"),
        format!("{guest}'s close()"),
    );
    let announced = connection.announce_departure();
    let _ = stage
        .patience
        .answers(&ANNOUNCE, leaving, announced)
        .await?;
    let closed = connection.close();
    let _ = stage.patience.answers(&CLOSE, closing, closed).await?;
    Ok(())
}

/// Each entry has a user of its own, so that one that stays behind can be told from the next.
pub(super) fn guest(moment: usize) -> UserId {
    user(&format!("guest-{moment}"))
}
