//! One run: the world of a seed, on a clock and a runtime of its own.

mod acting;

use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use exeunt_room_service::user_sig::{Claims, sign};
use exeunt_room_service::{Config, RunningService};
use exeunt_runtime::Departures;
use exeunt_websocket::WebSocketTransport;
use tokio::runtime::{Builder, Handle};
use tokio::sync::mpsc;
use tokio::time::{sleep, sleep_until, timeout};
use tokio_util::task::TaskTracker;

use crate::dice::{Dice, Purpose};
use crate::facts::{Evidence, Listing, Violation};
use crate::journal::Journal;
use crate::network::{HostDial, Network};
use crate::operator::{HOST, Operator};
use crate::panics;
use crate::person::{Command, Faults, Person, Surroundings};
use crate::sabotage::{Line, Sabotage};
use crate::scenario::{Ending, LONGEST_ENTERING, Scenario};
use crate::verdict;

/// Signatures are made for this long, in seconds, from the beginning of 2020 on: a time that does not
/// change, so that they are the same in every run.
const SIGNED_AT: u64 = 1_577_836_800;
const SIGNED_FOR: u64 = 100 * 365 * 86_400;
/// The longest that everything may take to come to rest after the last person was asked to leave.
const REST: Duration = Duration::from_secs(30);

/// What came of one seed.
#[derive(Clone, Debug)]
pub struct Run {
    /// The seed.
    pub seed: u64,
    /// Everything that happened, line by line: virtual time, who, what.
    pub transcript: String,
    /// What must not be.
    pub violations: Vec<Violation>,
    /// How many stays there were.
    pub stays: usize,
    /// How much virtual time passed.
    pub lasted: Duration,
}

/// Plays the world of this seed. The same seed gives the same transcript, byte for byte.
///
/// # Panics
/// If the system gives no tokio runtime.
#[must_use]
pub fn run(seed: u64, sabotage: Option<Sabotage>) -> Run {
    let scenario = Scenario::of(seed);
    let evidence = Evidence::default();
    let watch = panics::watch();
    let runtime = Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build();
    let runtime = runtime.unwrap_or_else(|error| unreachable!("no runtime: {error}"));
    let world = World::build(&runtime, seed, &scenario, &evidence, sabotage);
    let lasted = runtime.block_on(async {
        match scenario.ending {
            Ending::Farewell => world.live(&scenario).await,
            Ending::ProcessDies(at) => {
                let _ = timeout(at, world.live(&scenario)).await;
                world.journal.note("process", "dies");
            }
        }
        world.journal.now()
    });
    // What was not over yet is cut off here, as by the end of a process; in which order is nobody's
    // choice, so the transcript ends before.
    let transcript = world.journal.text();
    drop(runtime);
    world.is_empty();
    for panic in watch.end() {
        evidence.violation(Violation::new(
            "G-7",
            format!("something panicked: {panic}"),
        ));
    }
    match scenario.ending {
        Ending::Farewell => verdict::judge(&scenario, &evidence),
        Ending::ProcessDies(_) => verdict::judge_cut_off(&evidence),
    }
    let mut facts = evidence.lock();
    let violations = std::mem::take(&mut facts.violations);
    Run {
        seed,
        transcript,
        violations,
        stays: facts.stays.len(),
        lasted,
    }
}

struct World {
    journal: Journal,
    evidence: Evidence,
    network: Network,
    departures: Departures,
    operator: Operator,
    config: Config,
    commands: Mutex<Vec<mpsc::Sender<Command>>>,
    faults: Vec<Faults>,
    people: TaskTracker,
    errands: TaskTracker,
    service: Mutex<Option<RunningService>>,
}

impl World {
    fn build(
        runtime: &tokio::runtime::Runtime,
        seed: u64,
        scenario: &Scenario,
        evidence: &Evidence,
        sabotage: Option<Sabotage>,
    ) -> Self {
        let _inside = runtime.enter();
        let journal = Journal::begin();
        let operators_host = scenario.people.len();
        let network = Network::new(Dice::of(seed, Purpose::Network), operators_host + 1);
        let lease = match sabotage {
            Some(Sabotage::LeasesDoNotExpire) => Duration::from_secs(3_600),
            _ => scenario.lease,
        };
        let config = Config {
            lease,
            listen: ([127, 0, 0, 1], 7000).into(),
            ..Config::development()
        };
        let operator = Operator::new(HostDial::new(&network, operators_host), config.clone());
        let mut world = Self {
            operator,
            departures: Departures::new(),
            commands: Mutex::default(),
            faults: Vec::new(),
            people: TaskTracker::new(),
            errands: TaskTracker::new(),
            service: Mutex::new(None),
            evidence: evidence.clone(),
            journal,
            network,
            config,
        };
        world.start_server();
        for number in 0..scenario.people.len() {
            world.invite(number, scenario, sabotage);
        }
        world
    }

    fn invite(&mut self, number: usize, scenario: &Scenario, sabotage: Option<Sabotage>) {
        let part = scenario.people[number].clone();
        let app = self.config.sdk_app_id;
        let claims = Claims::new(app, part.user.clone(), SIGNED_AT, SIGNED_FOR);
        let user_sig = sign(self.config.user_sig_key.expose(), &claims);
        let dial = HostDial::new(&self.network, number);
        let transport = WebSocketTransport::dialling_with(&format!("ws://{HOST}/ws"), dial);
        let transport = transport.unwrap_or_else(|error| unreachable!("a good address: {error}"));
        let around = Surroundings {
            journal: self.journal.clone(),
            evidence: self.evidence.clone(),
            departures: self.departures.clone(),
            sdk_app_id: app,
        };
        let faults = Faults::default();
        self.faults.push(faults.clone());
        let (sender, commands) = mpsc::channel(64);
        self.commands().push(sender);
        let line = Line::new(transport, sabotage);
        let person = Person::new(number, part, user_sig, line, around, faults, sabotage);
        self.people.spawn(person.live(commands));
    }

    async fn live(&self, scenario: &Scenario) {
        for (at, act) in &scenario.acts {
            sleep_until(self.journal.instant(*at)).await;
            self.act(scenario, act);
        }
        self.heal_everything();
        // Whoever can find his way back has found it by then, and who cannot is out.
        sleep(LONGEST_ENTERING.max(2 * scenario.lease) + Duration::from_secs(8)).await;
        let calm = self.listing().await;
        self.evidence.lock().calm = Some((self.journal.now(), calm));
        // An exit may take no time at all: whoever leaves next was still there before.
        sleep(Duration::from_millis(10)).await;

        self.journal.note("director", "everybody leaves");
        self.commands().clear();
        self.people.close();
        if timeout(REST, self.people.wait()).await.is_err() {
            let what = format!("{} people are not out after {REST:?}", self.people.len());
            self.evidence.violation(Violation::new("G-6", what));
        }
        if !self.departures.settled(Duration::ZERO).await {
            let what = format!("{} stays are not over", self.departures.outstanding());
            self.evidence.violation(Violation::new("G-6", what));
        }
        sleep(scenario.lease + Duration::from_secs(1)).await;
        let after = self.listing().await;
        self.evidence.lock().after = Some((self.journal.now(), after));
        self.come_to_rest().await;
    }

    /// The service ends, and then nothing may be left of anything.
    async fn come_to_rest(&self) {
        self.errands.close();
        self.errands.wait().await;
        let service = self.service().take();
        if let Some(service) = service {
            service.stop().await;
        }
        for person in 0..self.faults.len() {
            for (_, faults) in self.faults_of(person) {
                faults.heal();
                faults.let_go();
            }
        }
        let metrics = Handle::current().metrics();
        for _ in 0..REST.as_millis() / 100 {
            if metrics.num_alive_tasks() == 0 {
                break;
            }
            sleep(Duration::from_millis(100)).await;
        }
        let alive = metrics.num_alive_tasks();
        if alive > 0 {
            let what = format!("{alive} tasks are alive {REST:?} after everything was dropped");
            self.evidence.violation(Violation::new("G-15", what));
        }
        self.journal
            .note("director", format_args!("{alive} tasks are left"));
        self.is_empty();
    }

    /// Nothing is open any more.
    fn is_empty(&self) {
        let streams = self.network.open_streams();
        if streams > 0 {
            let what = format!("{streams} ends of connections are still open");
            self.evidence.violation(Violation::new("G-15", what));
        }
        for (name, faults) in (0..self.faults.len()).flat_map(|person| self.faults_of(person)) {
            if faults.open_now() > 0 {
                let what = format!("{name} is on after everybody has gone");
                self.evidence.violation(Violation::new("G-13", what));
            }
        }
    }

    // ---- small things -------------------------------------------------------------------------------

    async fn listing(&self) -> Option<Listing> {
        let listing = self.operator.listing().await;
        self.journal
            .note("operator", format_args!("sees {listing:?}"));
        listing.ok()
    }

    fn commands(&self) -> std::sync::MutexGuard<'_, Vec<mpsc::Sender<Command>>> {
        self.commands.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn service(&self) -> std::sync::MutexGuard<'_, Option<RunningService>> {
        self.service.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
