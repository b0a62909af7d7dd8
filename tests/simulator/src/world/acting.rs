//! How acts are carried out on the world.

use std::sync::PoisonError;

use exeunt_loopback::DeviceFaults;
use exeunt_port::DeviceError;
use exeunt_room_service::RoomService;

use super::World;
use crate::facts::{Deed, Order, Ordered};
use crate::person::Command;
use crate::scenario::{Act, Mishap, Scenario, complaint};

impl World {
    pub(super) fn act(&self, scenario: &Scenario, act: &Act) {
        self.journal.note(name_of(scenario, act), act);
        match act {
            Act::Enter { person, room } => {
                self.tell(*person, Command::Enter(scenario.rooms[*room].clone()));
            }
            Act::Leave { person, how } => self.tell(*person, Command::Leave(*how)),
            Act::StartDevice { person, device } => {
                self.tell(*person, Command::Start(device.clone()));
            }
            Act::StopDevice { person, slot } => self.tell(*person, Command::Stop(*slot)),
            Act::Befall {
                person,
                device,
                what,
            } => self.befall(*person, *device, *what),
            Act::Kick { person, room } => {
                let (user, room) = (&scenario.people[*person].user, &scenario.rooms[*room]);
                self.order(Ordered::Kick(user.clone(), room.clone()));
            }
            Act::Dismiss { room } => self.order(Ordered::Dismiss(scenario.rooms[*room].clone())),
            Act::Cut { person } => {
                self.deed(Deed::Broken(*person));
                self.network.cut(*person);
            }
            Act::CutHalf { person, knows } => {
                self.deed(Deed::Broken(*person));
                self.network.cut_half(*person, *knows);
            }
            Act::Hold { person, towards } => {
                self.deed(Deed::Hurt(*person));
                self.network.hold(*person, towards);
            }
            Act::Slow { person, condition } => {
                self.deed(Deed::Hurt(*person));
                self.network.set_condition(*person, *condition);
            }
            Act::Heal { person } => {
                self.network.heal(*person);
                self.deed(Deed::Healed(*person));
            }
            Act::HostDies {
                person,
                server_knows,
            } => {
                self.deed(Deed::HostDied(*person));
                self.network.kill_host(*person, *server_knows);
            }
            Act::StopServer => {
                let service = self.service().take();
                if let Some(service) = service {
                    self.deed(Deed::ServerStopped);
                    self.errands.spawn(service.stop());
                }
            }
            Act::KillServer => self.kill_server(),
            Act::DarkenServer => {
                self.network.darken();
                self.kill_server();
            }
            Act::StartServer => self.start_server(),
        }
    }

    fn kill_server(&self) {
        let service = self.service().take();
        if service.is_some() {
            self.deed(Deed::ServerDied);
        }
        drop(service);
    }

    pub(super) fn start_server(&self) {
        if self.service().is_some() {
            return;
        }
        let doorway = self.network.listen();
        match RoomService::behind(doorway, self.config.clone()) {
            Ok(service) => *self.service() = Some(service.spawn()),
            Err(error) => unreachable!("a good configuration: {error}"),
        }
        self.deed(Deed::ServerStarted);
    }

    pub(super) fn heal_everything(&self) {
        self.journal.note("director", "everything is healed");
        self.start_server();
        for person in 0..self.faults.len() {
            self.network.heal(person);
            self.deed(Deed::Healed(person));
            for (_, faults) in self.faults_of(person) {
                faults.heal();
                faults.let_go();
            }
        }
    }

    fn befall(&self, person: usize, device: usize, what: Mishap) {
        let all = self.faults_of(person);
        let Some((_, faults)) = all.iter().rev().nth(device) else {
            return;
        };
        match what {
            Mishap::Vanishes => faults.vanish(DeviceError::Vanished {
                name: "simulated device".to_owned(),
                detail: "it was unplugged".to_owned(),
            }),
            Mishap::Fails => faults.fail(complaint()),
            Mishap::Stalls => faults.stall(),
            Mishap::LetsGo => faults.let_go(),
        }
    }

    pub(super) fn faults_of(&self, person: usize) -> Vec<(String, DeviceFaults)> {
        let faults = self.faults[person].lock();
        faults.unwrap_or_else(PoisonError::into_inner).clone()
    }

    fn deed(&self, deed: Deed) {
        let now = self.journal.now();
        self.evidence.lock().deeds.push((now, deed));
    }

    /// An operator asks, and waits for the answer beside what else happens.
    fn order(&self, what: Ordered) {
        let order = Order {
            asked: self.journal.now(),
            answered: None,
            what: what.clone(),
        };
        let number = {
            let mut facts = self.evidence.lock();
            facts.orders.push(order);
            facts.orders.len() - 1
        };
        let (operator, evidence) = (self.operator.clone(), self.evidence.clone());
        let journal = self.journal.clone();
        self.errands.spawn(async move {
            let answer = match &what {
                Ordered::Kick(user, room) => operator.kick(user, room).await,
                Ordered::Dismiss(room) => operator.dismiss(room).await,
            };
            journal.note("operator", format_args!("{what:?}: {answer:?}"));
            evidence.lock().orders[number].answered = Some(journal.now());
        });
    }

    fn tell(&self, person: usize, command: Command) {
        // Who is told more than he can take in meanwhile misses some of it.
        let _ = self.commands()[person].try_send(command);
    }
}

/// Whom the transcript names with an act.
fn name_of<'a>(scenario: &'a Scenario, act: &Act) -> &'a str {
    act.person()
        .map_or("director", |person| &scenario.people[person].name)
}
