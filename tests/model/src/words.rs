//! A path in words, so that a counter-example can be read aloud.

use exeunt_core::{Event, Wait};
use exeunt_room_service::rooms::{SocketId, StayId};
use exeunt_websocket::wire::ServerMessage;

use crate::action::Action;
use crate::network::{Downward, Upward};
use crate::transport::{Fact, Heeding};
use crate::world::{NAMES, Owner, World};

/// What happens when `action` happens in `world`.
#[must_use]
pub fn describe(world: &World, action: Action) -> String {
    let stay = |who: usize, epoch| world.clients[who].owner(epoch).to_string();
    match action {
        Action::Enter { who } => format!("{} asks to enter", NAMES[who]),
        Action::Leave { who } => format!("{} asks to leave", NAMES[who]),
        Action::Kick { who } => format!("an operator kicks {}", NAMES[who]),
        Action::Dismiss => "an operator dismisses the room".to_owned(),
        Action::Stop => "the server stops in order".to_owned(),
        Action::Dial { who, epoch } => format!("{} connects", stay(who, epoch)),
        Action::Heed {
            who,
            epoch,
            heeding,
        } => format!("{} {}", stay(who, epoch), heeded(heeding)),
        Action::Hear { socket } => format!("{} hears {}", on(world, socket), heard(world, socket)),
        Action::TakeFact { who, epoch } => {
            let holding = world.clients[who].holdings.get(&epoch);
            let fact = holding.and_then(|holding| holding.leg.facts.front());
            let fact = fact.map(told).unwrap_or_default();
            format!("the session of {} takes in {fact}", stay(who, epoch))
        }
        Action::TakeAnswer { who, epoch, index } => {
            let holding = world.clients[who].holdings.get(&epoch);
            let answer = holding.and_then(|holding| holding.leg.answers.get(index));
            let answer = answer.copied().map(event).unwrap_or_default();
            format!("the session of {} takes in {answer}", stay(who, epoch))
        }
        Action::TransportTimer { who, epoch } => {
            format!("{} waits no longer for the server", stay(who, epoch))
        }
        Action::Deadline { who, wait } => format!(
            "{} reaches its deadline for {}",
            stay(who, world.clients[who].epoch()),
            waited_for(wait)
        ),
        Action::ServerHears { socket } => {
            format!("the server hears {}", heard_by_server(world, socket))
        }
        Action::ServerNotices { socket } => format!(
            "the server notices that the connection of {} is lost",
            on(world, socket)
        ),
        Action::LeaseRunsOut { stay } => format!("the lease of {} runs out", booked(world, stay)),
        Action::Start => "the server is started again".to_owned(),
        Action::DialFails { who, epoch } => format!("{} cannot connect", stay(who, epoch)),
        Action::GiveUp { socket } => format!(
            "{} hears nothing for long and gives its connection up",
            on(world, socket)
        ),
        Action::Cut { socket } => format!(
            "the network loses the connection of {} and all that is under way on it",
            on(world, socket)
        ),
        Action::LeaseRunsOutEarly { stay } => format!(
            "the lease of {} runs out, although its connection is up",
            booked(world, stay)
        ),
        Action::CrashClient { who } => format!("{}'s process dies", NAMES[who]),
        Action::CrashServer => "the server's process dies".to_owned(),
    }
}

fn heeded(heeding: Heeding) -> &'static str {
    match heeding {
        Heeding::Abandonment => "stops connecting",
        Heeding::Leaving => "says leave",
        Heeding::Closing => "closes its connection",
    }
}

fn waited_for(wait: Wait) -> &'static str {
    match wait {
        Wait::Entering => "entering",
        Wait::Recovering => "recovering the link",
        Wait::Departure => "announcing the departure",
        Wait::Transport => "closing the transport",
        Wait::Opening(_) | Wait::Releasing(_) => "a device",
    }
}

fn heard(world: &World, socket: SocketId) -> String {
    let next = world.network.get(socket);
    next.and_then(|found| found.down.front())
        .map_or_else(|| "that the connection has ended".to_owned(), downward)
}

fn heard_by_server(world: &World, socket: SocketId) -> String {
    let whose = on(world, socket);
    let next = world.network.get(socket);
    match next.and_then(|found| found.up.front()) {
        Some(message) => format!("{} of {whose}", upward(message)),
        None => format!("that {whose} has hung up"),
    }
}

fn booked(world: &World, stay: StayId) -> String {
    let booking = world.service.bookings.get(&stay);
    booking.map_or_else(|| "nobody".to_owned(), |booking| booking.owner.to_string())
}

fn on(world: &World, socket: SocketId) -> String {
    let found = world.network.get(socket);
    let owner: Option<Owner> = found.map(|found| found.owner);
    owner.map_or_else(
        || "nobody".to_owned(),
        |owner| format!("{owner} (connection {})", socket.0 % 100),
    )
}

fn upward(message: &Upward) -> &'static str {
    match message {
        Upward::Enter { .. } => "the enter",
        Upward::Resume { .. } => "the resume",
        Upward::Leave => "the leave",
    }
}

fn downward(message: &Downward) -> String {
    match message {
        Downward::Close(code) => format!("the close ({}: {})", code.number(), code.reason()),
        Downward::Say(message) => match message {
            ServerMessage::Entered { .. } => "that it is let in".to_owned(),
            ServerMessage::Resumed { .. } => "that it is resumed".to_owned(),
            ServerMessage::Refused { message, .. } => format!("that it is refused: {message}"),
            ServerMessage::Left { .. } => "that it has left".to_owned(),
            ServerMessage::UserEntered { user_id, .. } => format!("that {user_id} entered"),
            ServerMessage::UserLeft { user_id, .. } => format!("that {user_id} left"),
            ServerMessage::Kicked => "that it was kicked".to_owned(),
            ServerMessage::Dismissed => "that the room was dismissed".to_owned(),
            ServerMessage::Replaced => "that it was replaced".to_owned(),
            ServerMessage::ServerStopped => "that the server stops".to_owned(),
            ServerMessage::Heartbeat => "a heartbeat".to_owned(),
        },
    }
}

fn told(fact: &Fact) -> String {
    match fact {
        Fact::Connected(true) => "that the connect succeeded".to_owned(),
        Fact::Connected(false) => "that the connect failed".to_owned(),
        Fact::ConnectEnded => "that the connect was cut off".to_owned(),
        Fact::Session(happened) => event(*happened),
        Fact::RemoteEntered(member) => format!("that {} entered", member.user_id),
        Fact::RemoteLeft(user) => format!("that {user} left"),
    }
}

fn event(event: Event) -> String {
    format!("{event:?}")
}
