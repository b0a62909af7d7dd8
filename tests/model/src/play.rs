//! What each action does, and the whole as a model of stateright.

use std::sync::atomic::{AtomicU16, Ordering};

use exeunt_core::{Cause, Event, State};
use exeunt_room_service::rooms::SocketId;
use stateright::{Model, Property};

use crate::action::{Action, Kind};
use crate::breach::{Breach, Law};
use crate::client::Client;
use crate::network::Network;
use crate::rest::Rested;
use crate::scope::Scope;
use crate::service::Service;
use crate::transport::Leg;
use crate::world::World;

/// The model: a scope, and what was found out about coming to rest in it.
#[derive(Debug)]
pub struct Play {
    pub(crate) scope: Scope,
    pub(crate) rested: Rested,
    /// The causes by which somebody's stay has ended in some state.
    pub(crate) seen: AtomicU16,
}

impl Play {
    /// The model of this scope.
    #[must_use]
    pub fn new(scope: Scope) -> Self {
        Self {
            scope,
            rested: Rested::default(),
            seen: AtomicU16::new(0),
        }
    }

    /// The scope.
    #[must_use]
    pub fn scope(&self) -> &Scope {
        &self.scope
    }

    /// What becomes of the world.
    pub(crate) fn after(&self, world: &World, action: Action) -> World {
        let mut world = world.clone();
        let outcome = world
            .act(action, self.scope)
            .and_then(|()| world.settle(self.scope));
        world.breach = outcome.err();
        world
    }

    /// Notes by which causes somebody's stay has ended.
    fn see(&self, world: &World) {
        for client in &world.clients {
            if let State::Exited(ledger) = client.state() {
                self.seen
                    .fetch_or(1 << ledger.cause() as u16, Ordering::Relaxed);
            }
        }
    }

    /// Whether somebody's stay has ended for this cause in some state that was visited.
    #[must_use]
    pub fn has_seen(&self, cause: Cause) -> bool {
        self.seen.load(Ordering::Relaxed) & (1 << cause as u16) != 0
    }

    /// Everybody in whom the scope wants inside from the beginning.
    fn beginning(&self) -> World {
        let mut world = World::new(&self.scope);
        for who in self.scope.inside {
            world.left.enters[*who] += 1;
            world = self.after(&world, Action::Enter { who: *who });
            world = self.come_to_rest(world).0;
        }
        world
    }
}

impl Model for Play {
    type State = World;
    type Action = Action;

    fn init_states(&self) -> Vec<World> {
        vec![self.beginning()]
    }

    fn actions(&self, world: &World, actions: &mut Vec<Action>) {
        let possible = world.possible(&self.scope).into_iter();
        actions.extend(possible.map(|(_, action)| action));
    }

    fn next_state(&self, world: &World, action: Action) -> Option<World> {
        let next = self.after(world, action);
        self.see(&next);
        Some(next)
    }

    fn properties(&self) -> Vec<Property<Self>> {
        vec![
            Property::always(Law::Once.words(), |play: &Self, world: &World| {
                play.holds(Law::Once, world)
            }),
            Property::always(Law::Told.words(), |play: &Self, world: &World| {
                play.holds(Law::Told, world)
            }),
            Property::always(
                Law::NothingInvented.words(),
                |play: &Self, world: &World| play.holds(Law::NothingInvented, world),
            ),
            Property::always(Law::NotBackUnasked.words(), |play: &Self, world: &World| {
                play.holds(Law::NotBackUnasked, world)
            }),
            Property::always(
                Law::LateTouchesNothing.words(),
                |play: &Self, world: &World| play.holds(Law::LateTouchesNothing, world),
            ),
        ]
    }
}

impl World {
    fn act(&mut self, action: Action, scope: Scope) -> Result<(), Breach> {
        let flaw = scope.flaw;
        match action {
            Action::Enter { who } => {
                self.left.enters[who] = self.left.enters[who].saturating_sub(1);
                self.client(who, |client, network| client.enter(network, flaw))
            }
            Action::Leave { who } => {
                let event = Event::ExitRequested;
                self.client(who, |client, network| client.feed_now(event, network, flaw))
            }
            Action::Deadline { who, wait } => {
                let event = Event::DeadlineReached(wait);
                self.client(who, |client, network| client.feed_now(event, network, flaw))
            }
            Action::TakeFact { who, epoch } => self.client(who, |client, network| {
                client.take_fact(epoch, network, flaw)
            }),
            Action::TakeAnswer { who, epoch, index } => self.client(who, |client, network| {
                client.take_answer(epoch, index, network, flaw)
            }),
            Action::CrashClient { who } => {
                self.left.client_crashes -= 1;
                self.client(who, Client::crash);
                Ok(())
            }
            Action::Dial { who, epoch } => {
                self.dial(who, epoch);
                Ok(())
            }
            Action::Heed {
                who,
                epoch,
                heeding,
            } => {
                self.leg(who, epoch, |leg, network| leg.heed(heeding, network));
                Ok(())
            }
            Action::TransportTimer { who, epoch } => {
                self.leg(who, epoch, Leg::time_out);
                Ok(())
            }
            Action::DialFails { who, epoch } => {
                self.left.losses -= 1;
                self.leg(who, epoch, |leg, _| leg.not_let_in());
                Ok(())
            }
            Action::Hear { socket } => {
                let said = self.network.read_by_client(socket);
                self.leg_on(socket, |leg, network| leg.hear(said, network));
                Ok(())
            }
            Action::GiveUp { socket } => {
                self.left.losses -= 1;
                self.leg_on(socket, Leg::lose);
                Ok(())
            }
            Action::Cut { socket } => {
                self.left.losses -= 1;
                self.network.cut(socket);
                Ok(())
            }
            Action::ServerHears { socket } => {
                let message = self.network.read_by_server(socket);
                self.serve(|service, network| service.hear(socket, message, network))
            }
            Action::ServerNotices { socket } => {
                self.serve(|service, network| service.lose_socket(socket, network))
            }
            Action::LeaseRunsOut { stay } => {
                self.serve(|service, network| service.expire(stay, network))
            }
            Action::LeaseRunsOutEarly { stay } => {
                self.left.losses -= 1;
                self.serve(|service, network| service.expire(stay, network))
            }
            Action::Kick { who } => {
                self.left.kicks -= 1;
                self.serve(|service, network| service.kick(who, network))
            }
            Action::Dismiss => {
                self.left.dismissals -= 1;
                self.serve(Service::dismiss)
            }
            Action::Stop => {
                self.left.stops -= 1;
                self.serve(Service::stop)
            }
            Action::CrashServer => {
                self.left.server_crashes -= 1;
                self.serve(Service::crash);
                Ok(())
            }
            Action::Start => {
                self.serve(|service, _| service.start());
                Ok(())
            }
        }
    }

    /// Where facts do not wait, every session takes what there is for it at once.
    fn settle(&mut self, scope: Scope) -> Result<(), Breach> {
        if scope.facts_wait {
            return Ok(());
        }
        for client in &mut self.clients {
            if client.has_news() {
                client.change(|client| client.take_all(&mut self.network, scope.flaw))?;
            }
        }
        Ok(())
    }

    fn serve<R>(&mut self, serve: impl FnOnce(&mut Service, &mut Network) -> R) -> R {
        self.service
            .change(|service| serve(service, &mut self.network))
    }

    fn client<R>(&mut self, who: usize, act: impl FnOnce(&mut Client, &mut Network) -> R) -> R {
        self.clients[who].change(|client| act(client, &mut self.network))
    }

    fn dial(&mut self, who: usize, epoch: u32) {
        let server_up = self.service.up;
        self.client(who, |client, network| {
            let socket = SocketId(socket_number(who, client.dials + 1));
            let Some(holding) = client.holdings.get_mut(&epoch) else {
                return;
            };
            if server_up {
                client.dials += 1;
                holding.leg.dial(network, socket);
            } else {
                holding.leg.not_let_in();
            }
        });
    }

    fn leg(&mut self, who: usize, epoch: u32, step: impl FnOnce(&mut Leg, &mut Network)) {
        self.client(who, |client, network| {
            if let Some(holding) = client.holdings.get_mut(&epoch) {
                step(&mut holding.leg, network);
            }
        });
    }

    fn leg_on(&mut self, socket: SocketId, step: impl FnOnce(&mut Leg, &mut Network)) {
        if let Some(found) = self.network.get(socket) {
            let owner = found.owner;
            self.leg(owner.who, owner.epoch, step);
        }
    }
}

impl Client {
    fn has_news(&self) -> bool {
        let mut legs = self.holdings.values().map(|holding| &holding.leg);
        legs.any(|leg| !leg.facts.is_empty() || !leg.answers.is_empty())
    }
}

/// Numbers of sockets do not depend on who dialled first, which would tell equal states apart.
fn socket_number(who: usize, dial: u64) -> u64 {
    (who as u64 + 1) * 100 + dial
}

/// Whether an action is one that a world that is left to itself takes.
pub(crate) fn is_by_itself(kind: Kind) -> bool {
    kind < Kind::Decision
}
