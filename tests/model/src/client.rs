//! One client's process: the real session of the core, and what the runtime does with its effects.
//!
//! The runtime's part follows `exeunt-runtime`: one [`Holding`] a stay, which outlives its exit for as long
//! as something of it may still answer.

mod holding;

use std::collections::{BTreeMap, VecDeque};
use std::hash::{Hash, Hasher};

use exeunt_core::{Effect, Epoch, Event, Instant, Policy, Session, State, Wait};
use exeunt_port::UserId;

use holding::{Holding, Meaning};

use crate::breach::Breach;
use crate::network::Network;
use crate::scope::Flaw;
use crate::transport::{Fact, Leg};
use crate::world::{NAMES, Owner};

/// The core's session on abstract time: every bound is zero and the clock stands still, so that every
/// wait is due at once, and its deadline may be reached at any moment from then on.
#[derive(Clone, Debug)]
pub(crate) struct Life(Session);

impl Life {
    fn new() -> Self {
        let zero = std::time::Duration::ZERO;
        Self(Session::new(Policy {
            entering: zero,
            recovering: zero,
            opening: zero,
            departure: zero,
            device: zero,
            transport: zero,
        }))
    }

    /// Everything that its answers depend on. Secondary causes are noted and change nothing.
    fn essence(&self) -> (Epoch, State) {
        let state = match *self.0.state() {
            State::Exiting(ledger) => State::Exiting(ledger.without_secondary()),
            State::Exited(ledger) => State::Exited(ledger.without_secondary()),
            state @ (State::Idle | State::InRoom(_)) => state,
        };
        (self.0.epoch(), state)
    }
}

impl PartialEq for Life {
    fn eq(&self, other: &Self) -> bool {
        self.essence() == other.essence()
    }
}

impl Eq for Life {}

impl Hash for Life {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.essence().hash(hasher);
    }
}

/// One client's process.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Client {
    pub(crate) who: usize,
    /// Which process of this user it is.
    pub(crate) process: u8,
    pub(crate) running: bool,
    life: Life,
    pub(crate) holdings: BTreeMap<u32, Holding>,
    /// How many sockets this user has opened, in all processes.
    pub(crate) dials: u64,
    /// How often each stay of this process was reported.
    pub(crate) reports: Vec<u8>,
    /// Who is there, as far as the application was told in the present stay, and which stay of theirs
    /// it was told of.
    pub(crate) view: BTreeMap<UserId, u64>,
}

impl Client {
    pub(crate) fn new(who: usize) -> Self {
        Self {
            who,
            process: 1,
            running: true,
            life: Life::new(),
            holdings: BTreeMap::new(),
            dials: 0,
            reports: Vec::new(),
            view: BTreeMap::new(),
        }
    }

    pub(crate) fn state(&self) -> &State {
        self.life.0.state()
    }

    pub(crate) fn epoch(&self) -> u32 {
        self.life.0.epoch().number()
    }

    pub(crate) fn wait(&self) -> Option<Wait> {
        self.state().connection_wait()
    }

    pub(crate) fn owner(&self, epoch: u32) -> Owner {
        Owner {
            who: self.who,
            process: self.process,
            epoch,
        }
    }

    /// Whether a new stay may begin.
    pub(crate) fn may_enter(&self) -> bool {
        matches!(self.state(), State::Idle | State::Exited(_))
    }

    pub(crate) fn is_in_room(&self) -> bool {
        self.running && matches!(self.state(), State::InRoom(_))
    }

    // ---- what the application does --------------------------------------------------------------

    /// Enters, in a new process if the old one is dead.
    pub(crate) fn enter(
        &mut self,
        network: &mut Network,
        flaw: Option<Flaw>,
    ) -> Result<(), Breach> {
        if !self.running {
            *self = Self {
                process: self.process + 1,
                dials: self.dials,
                ..Self::new(self.who)
            };
        }
        let epoch = self.epoch() + 1;
        let holding = Holding::new(Leg::new(self.owner(epoch), flaw));
        self.holdings.insert(epoch, holding);
        self.reports.push(0);
        self.feed(epoch, Event::EnterRequested, network, flaw)
    }

    /// The process dies; what it had written is still under way.
    pub(crate) fn crash(&mut self, network: &mut Network) {
        for holding in self.holdings.values_mut() {
            holding.leg.drop(network);
        }
        self.holdings.clear();
        self.running = false;
        self.view.clear();
        self.reports.clear();
        self.life = Life::new();
    }

    /// Feeds the present stay.
    pub(crate) fn feed_now(
        &mut self,
        event: Event,
        network: &mut Network,
        flaw: Option<Flaw>,
    ) -> Result<(), Breach> {
        self.feed(self.epoch(), event, network, flaw)
    }

    /// Feeds the session, carries out what it asks, and feeds it what that answers at once.
    pub(crate) fn feed(
        &mut self,
        epoch: u32,
        event: Event,
        network: &mut Network,
        flaw: Option<Flaw>,
    ) -> Result<(), Breach> {
        let mut events = VecDeque::from([event]);
        while let Some(event) = events.pop_front() {
            let before = self.life.essence();
            let number = Epoch::from_number(epoch);
            let reaction = self.life.0.handle(number, event, Instant::ZERO);
            let begins = event == Event::EnterRequested;
            if !begins && number < before.0 && self.life.essence() != before {
                return Err(Breach::Touched {
                    what: format!("{event:?} of {}", self.owner(epoch)),
                    touched: self.owner(before.0.number()),
                });
            }
            if let Some(holding) = self.holdings.get_mut(&epoch) {
                events.extend(holding.carry_out(&reaction.effects, network));
            }
            if reaction.effects.contains(&Effect::ReportExit) {
                self.report_exit(epoch)?;
            }
            let was_cause = matches!(event, Event::Kicked | Event::Dismissed | Event::Replaced);
            let exiting = matches!(before.1, State::Exiting(_));
            if flaw == Some(Flaw::ReportsEveryCause) && was_cause && exiting {
                self.report_exit(epoch)?;
            }
        }
        self.forget(network);
        Ok(())
    }

    fn report_exit(&mut self, epoch: u32) -> Result<(), Breach> {
        self.view.clear();
        if let Some(holding) = self.holdings.get_mut(&epoch) {
            holding.end();
        }
        let owner = self.owner(epoch);
        let index = epoch.saturating_sub(1) as usize;
        if let Some(times) = self.reports.get_mut(index) {
            *times += 1;
            if *times > 1 {
                let (times, when) = (*times, "");
                return Err(Breach::ReportedOften { owner, times, when });
            }
        }
        Ok(())
    }

    // ---- what the transport tells ---------------------------------------------------------------

    /// Takes the next fact of a stay's own channel.
    pub(crate) fn take_fact(
        &mut self,
        epoch: u32,
        network: &mut Network,
        flaw: Option<Flaw>,
    ) -> Result<(), Breach> {
        let holding = self.holdings.get_mut(&epoch);
        let meaning = holding.map_or(Meaning::Nothing, Holding::take_fact);
        self.take(epoch, meaning, network, flaw)
    }

    /// Takes what another task of a stay answered.
    pub(crate) fn take_answer(
        &mut self,
        epoch: u32,
        index: usize,
        network: &mut Network,
        flaw: Option<Flaw>,
    ) -> Result<(), Breach> {
        let holding = self.holdings.get_mut(&epoch);
        let meaning = holding.map_or(Meaning::Nothing, |holding| holding.take_answer(index));
        self.take(epoch, meaning, network, flaw)
    }

    fn take(
        &mut self,
        epoch: u32,
        meaning: Meaning,
        network: &mut Network,
        flaw: Option<Flaw>,
    ) -> Result<(), Breach> {
        match meaning {
            Meaning::Session(event) => return self.feed(epoch, event, network, flaw),
            Meaning::Application(Fact::RemoteEntered(member)) => {
                let user = NAMES[self.who];
                if self
                    .view
                    .insert(member.user_id.clone(), member.stay)
                    .is_some()
                {
                    let other = member.user_id.to_string();
                    return Err(Breach::EnteredTwice { user, other });
                }
            }
            Meaning::Application(Fact::RemoteLeft(user)) if self.view.remove(&user).is_none() => {
                let (user, truth) = (user.to_string(), "was never told to be there");
                return Err(Breach::FalseDeparture { user, truth });
            }
            Meaning::Application(_) | Meaning::Nothing => {}
        }
        // A stay whose last answer meant nothing is let go of as well.
        self.forget(network);
        Ok(())
    }

    /// Takes everything that waits.
    pub(crate) fn take_all(
        &mut self,
        network: &mut Network,
        flaw: Option<Flaw>,
    ) -> Result<(), Breach> {
        loop {
            let mut stays = self.holdings.iter();
            let next = stays.find_map(|(epoch, holding)| {
                let fact = (!holding.leg.facts.is_empty()).then_some((*epoch, true));
                fact.or_else(|| (!holding.leg.answers.is_empty()).then_some((*epoch, false)))
            });
            match next {
                Some((epoch, true)) => self.take_fact(epoch, network, flaw)?,
                Some((epoch, false)) => self.take_answer(epoch, 0, network, flaw)?,
                None => return Ok(()),
            }
        }
    }

    /// Lets go of stays that are over and can answer nothing any more.
    fn forget(&mut self, network: &mut Network) {
        self.holdings.retain(|_, holding| {
            let forgotten = holding.is_forgotten();
            if forgotten {
                holding.leg.drop(network);
            }
            !forgotten
        });
    }

    /// With a transport that never answers and no application, deadlines alone lead to the end: the
    /// session as it would be then.
    pub(crate) fn after_silence(&self) -> State {
        let mut session = self.life.0.clone();
        // There is one wait of the connection at a time: recovering, departure, transport.
        for _ in 0..4 {
            if let Some(wait) = session.state().connection_wait() {
                let epoch = session.epoch();
                let _ = session.handle(epoch, Event::DeadlineReached(wait), Instant::ZERO);
            }
        }
        *session.state()
    }
}
