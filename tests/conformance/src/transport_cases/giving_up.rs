//! Entering that is given up: abandoned, or dropped, at every await there is.

use std::pin::pin;

use exeunt_port::{Connection, EnterError, RoomLink, RoomSide, Transport, UserId};

use super::Stage;
use super::stage::user;
use crate::duty::{ANNOUNCE, CLOSE, CONNECT_ABANDONED, CONNECT_DROPPED};
use crate::finding::{Finding, Outcome};
use crate::moments::{MOMENTS, until_it_waits};

pub(super) async fn abandoned(stage: &Stage) -> Outcome {
    let mut witness = stage.enter("witness").await?;
    let mut guests = Vec::new();
    for moment in 0..=MOMENTS {
        let guest = guest(moment);
        guests.push(guest.clone());
        let transport = stage.transport(&guest).await?;
        if abandon(stage, &*transport, &guest, moment).await? == Series::Over {
            break;
        }
    }
    stage
        .is_left_by(&mut witness, &guests, &CONNECT_ABANDONED)
        .await
}

pub(super) async fn dropped(stage: &Stage) -> Outcome {
    stage.lease()?;
    let mut witness = stage.enter("witness").await?;
    let mut guests = Vec::new();
    for moment in 0..=MOMENTS {
        let guest = guest(moment);
        guests.push(guest.clone());
        let transport = stage.transport(&guest).await?;
        if drop_at(stage, &*transport, &guest, moment).await? == Series::Over {
            break;
        }
    }
    stage
        .is_left_by(&mut witness, &guests, &CONNECT_DROPPED)
        .await
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
    let answer = stage.patience.answers(&CONNECT_ABANDONED, what, held).await?;
    side.abandon.cancel();
    let (answer, series) = match answer {
        Some(answer) => (answer, Series::Over),
        None => {
            let what = format!("{guest}'s connect(), abandoned at its await {moment},");
            let answer = stage
                .patience
                .answers(&CONNECT_ABANDONED, what, connecting)
                .await?;
            (answer, Series::GoesOn)
        }
    };
    match answer {
        Ok(connection) => leave(stage, guest, connection, side).await?,
        Err(EnterError::Abandoned) => {}
        Err(error) => {
            let seen = format!("{guest}'s connect(), abandoned at its await {moment}: {error}");
            return Err(Finding::broken(&CONNECT_ABANDONED, seen));
        }
    }
    Ok(series)
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
    let _ = stage.patience.answers(&ANNOUNCE, leaving, announced).await?;
    let closed = connection.close();
    let _ = stage.patience.answers(&CLOSE, closing, closed).await?;
    Ok(())
}

/// Each entry has a user of its own, so that one that stays behind can be told from the next.
pub(super) fn guest(moment: usize) -> UserId {
    user(&format!("guest-{moment}"))
}
