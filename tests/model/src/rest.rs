//! Liveness, decided state by state: what becomes of a world that is left to itself.
//!
//! stateright's `eventually` overlooks what never ends in a cycle, or after states that meet again. So
//! from every state that is visited the world is continued in one fixed way, without further decisions
//! and faults, until it rests; and there it is looked at. Every way is a bounded number of steps, and a
//! state from which it is known how it goes on is not continued twice.

use std::collections::{BTreeMap, HashSet};
use std::hash::{BuildHasher, Hash, RandomState};
use std::sync::{Mutex, PoisonError};

use exeunt_core::{Membership, State};
use exeunt_port::UserId;

use crate::action::{Action, Kind};
use crate::breach::{Breach, Law};
use crate::client::Client;
use crate::play::{Play, is_by_itself};
use crate::shared::Shared;
use crate::world::{NAMES, World, user};

/// A world that is left to itself rests within this many steps, or never.
const STEPS: usize = 300;

/// From which states it is known that all goes well.
#[derive(Debug, Default)]
pub(crate) struct Rested {
    hasher: RandomState,
    well: Mutex<HashSet<u64>>,
}

impl Rested {
    fn knows(&self, what: impl Hash) -> bool {
        let key = self.hasher.hash_one(what);
        self.lock().contains(&key)
    }

    fn note(&self, what: impl Hash) {
        let key = self.hasher.hash_one(what);
        self.lock().insert(key);
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashSet<u64>> {
        self.well.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Play {
    /// Whether this law holds in this state, and in what becomes of it.
    pub(crate) fn holds(&self, law: Law, world: &World) -> bool {
        match law {
            Law::Once | Law::Told => self
                .verdict(world)
                .is_none_or(|(breach, _)| breach.law() != law),
            Law::NothingInvented | Law::NotBackUnasked | Law::LateTouchesNothing => world
                .breach
                .as_ref()
                .is_none_or(|breach| breach.law() != law),
        }
    }

    /// What is broken in this state or in what becomes of it, and the way there.
    pub(crate) fn verdict(&self, world: &World) -> Option<(Breach, Vec<(World, Action)>)> {
        if let Some(breach) = &world.breach {
            return Some((breach.clone(), Vec::new()));
        }
        if self.rested.knows(world) {
            return None;
        }
        if let Some(breach) = in_silence(world) {
            return Some((breach, Vec::new()));
        }
        if let Some(found) = self.in_a_dead_network(world) {
            return Some(found);
        }
        let (rested, way) = self.come_to_rest_noting(world);
        let found = match rested {
            Ok(Some(rested)) => self.at_rest(&rested),
            Ok(None) => None,
            Err(breach) => Some(breach),
        };
        if let Some(breach) = found {
            return Some((breach, way));
        }
        for (passed, _) in &way {
            self.rested.note(passed);
        }
        self.rested.note(world);
        None
    }

    /// Continues a world until it rests.
    pub(crate) fn come_to_rest(&self, mut world: World) -> (World, Vec<(World, Action)>) {
        let mut way = Vec::new();
        while let Some(action) = self.next_by_itself(&world, |_| true) {
            let next = self.after(&world, action);
            way.push((std::mem::replace(&mut world, next), action));
            if way.len() > STEPS || world.breach.is_some() {
                break;
            }
        }
        (world, way)
    }

    /// The same, but ends where it is known how it goes on; `Ok(None)` then.
    #[allow(clippy::type_complexity, reason = "the way and what is at its end")]
    fn come_to_rest_noting(
        &self,
        world: &World,
    ) -> (Result<Option<World>, Breach>, Vec<(World, Action)>) {
        let mut world = world.clone();
        let mut way = Vec::new();
        while let Some(action) = self.next_by_itself(&world, |_| true) {
            let next = self.after(&world, action);
            way.push((std::mem::replace(&mut world, next), action));
            if let Some(breach) = &world.breach {
                return (Err(breach.clone()), way);
            }
            if self.rested.knows(&world) {
                return (Ok(None), way);
            }
            if way.len() > STEPS {
                return (Err(Breach::Restless { steps: STEPS }), way);
            }
        }
        (Ok(Some(world)), way)
    }

    fn next_by_itself(&self, world: &World, allowed: impl Fn(Kind) -> bool) -> Option<Action> {
        let possible = world.possible(&self.scope).into_iter();
        possible
            .filter(|(kind, _)| is_by_itself(*kind) && allowed(*kind))
            .min_by_key(|(kind, _)| *kind)
            .map(|(_, action)| action)
    }

    /// No network and no server any more: everybody gets out by himself.
    fn in_a_dead_network(&self, world: &World) -> Option<(Breach, Vec<(World, Action)>)> {
        for who in 0..world.clients.len() {
            // The others do not matter to him any more.
            let mut alone = world.clone();
            for (other, client) in alone.clients.iter_mut().enumerate() {
                if other != who {
                    *client = Shared::new(Client::new(other));
                }
            }
            alone.network.die(who);
            let network = &mut alone.network;
            alone.service.change(|service| service.crash(network));
            let key = ("dead", who, &alone.clients[who]);
            if self.rested.knows(key) {
                continue;
            }
            let mut way = Vec::new();
            let without = |kind| matches!(kind, Kind::Client | Kind::Timer | Kind::Deadline);
            while let Some(action) = self.next_by_itself(&alone, without) {
                let next = self.after(&alone, action);
                way.push((std::mem::replace(&mut alone, next), action));
                if let Some(breach) = &alone.breach {
                    return Some((breach.clone(), way));
                }
                if way.len() > STEPS {
                    return Some((Breach::Restless { steps: STEPS }, way));
                }
            }
            if let Some(breach) = unreported(&alone, false) {
                return Some((breach, way));
            }
            let client = &world.clients[who];
            self.rested.note(("dead", who, client));
        }
        None
    }

    /// All is quiet: who is in the room knows who is in the room, and whoever is out was reported. And
    /// when everybody leaves after that, nothing is left.
    fn at_rest(&self, world: &World) -> Option<Breach> {
        knows_who_is_there(world).or_else(|| {
            let mut leaving = world.clone();
            for who in world.present() {
                leaving = self.after(&leaving, Action::Leave { who });
            }
            let (left, way) = self.come_to_rest(leaving);
            if way.len() > STEPS {
                return Some(Breach::Restless { steps: STEPS });
            }
            let breach = left.breach.clone();
            breach
                .or_else(|| unreported(&left, false))
                .or_else(|| knows_who_is_there(&left))
        })
    }
}

/// A transport that never answers: deadlines alone end every exit and every wait.
fn in_silence(world: &World) -> Option<Breach> {
    world.clients.iter().find_map(|client| {
        let stuck = match client.after_silence() {
            State::Idle | State::Exited(_) => false,
            State::InRoom(stay) => stay.membership != Membership::Entered,
            State::Exiting(_) => true,
        };
        (client.running && stuck).then(|| Breach::ReportedOften {
            owner: client.owner(client.epoch()),
            times: 0,
            when: " though every deadline was reached",
        })
    })
}

/// Everybody's view, and the server's.
fn knows_who_is_there(world: &World) -> Option<Breach> {
    let present = world.present();
    let members = world.service.members();
    let counted: Vec<usize> = (0..world.clients.len())
        .filter(|who| members.contains_key(user(*who)))
        .collect();
    if counted != present {
        let (counted, present) = (names(&counted), names(&present));
        return Some(Breach::Ghosts { counted, present });
    }
    for who in &present {
        let mut others = members.clone();
        others.remove(user(*who));
        let others: BTreeMap<UserId, u64> = others
            .into_iter()
            .map(|(user, stay)| (user, stay.0))
            .collect();
        let view = &world.clients[*who].view;
        if *view != others {
            let (user, believed, present) = (NAMES[*who], in_stays(view), in_stays(&others));
            return Some(Breach::NotTold {
                user,
                believed,
                present,
            });
        }
    }
    unreported(world, true)
}

/// Every stay that began, but for those that still last, was reported once.
fn unreported(world: &World, some_last: bool) -> Option<Breach> {
    world.clients.iter().find_map(|client| {
        let lasting = (some_last && client.is_in_room()).then(|| client.epoch());
        let stays = (1..).zip(&client.reports);
        stays
            .filter(|(epoch, times)| **times != u8::from(lasting != Some(*epoch)))
            .map(|(epoch, times)| Breach::ReportedOften {
                owner: client.owner(epoch),
                times: *times,
                when: " when all was over",
            })
            .next()
    })
}

fn in_stays(members: &BTreeMap<UserId, u64>) -> String {
    let members: Vec<String> = members
        .iter()
        .map(|(user, stay)| format!("{user} (the server's stay {stay})"))
        .collect();
    if members.is_empty() {
        "nobody".to_owned()
    } else {
        members.join(" and ")
    }
}

fn names(who: &[usize]) -> String {
    let names: Vec<&str> = who.iter().map(|who| NAMES[*who]).collect();
    if names.is_empty() {
        "nobody".to_owned()
    } else {
        names.join(" and ")
    }
}
