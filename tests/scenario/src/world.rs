//! The world as it really is, whatever is said about it: what is open, who is counted in, who was told.

use std::collections::BTreeMap;

use exeunt_core::{Effect, Epoch, Event, Slot};

use crate::{Answer, Guarantee, Reference};

/// What was asked of the world, what it did, and what it said.
#[derive(Debug, Default)]
pub(crate) struct World {
    /// What was asked for and not answered, oldest first.
    waiting: Vec<Asked>,
    /// Every fact so far.
    said: Vec<Said>,
    devices: BTreeMap<(Epoch, Slot, usize), Device>,
    /// How often each slot was used in each stay. A port tells the uses of a slot apart, and says
    /// of one that is over at most how its release went.
    uses: BTreeMap<(Epoch, Slot), usize>,
    stays: BTreeMap<Epoch, Stay>,
}

#[derive(Debug)]
struct Asked {
    epoch: Epoch,
    effect: Effect,
    usage: usize,
}

#[derive(Clone, Copy, Debug)]
struct Said {
    epoch: Epoch,
    event: Event,
    usage: usize,
}

#[derive(Debug, Default)]
struct Device {
    open: bool,
    /// It was released, or broke or vanished; an opening under way may still complete.
    is_given_up: bool,
    /// It was asked to close, and could not or never heard of it.
    failed: bool,
}

#[derive(Debug, Default)]
#[expect(clippy::struct_excessive_bools, reason = "each is a truth of its own")]
struct Stay {
    /// The server has let us in and we know it.
    entered: bool,
    told: bool,
    /// The announcement was carried by nothing, or lost.
    failed: bool,
    /// Something was said that was not true; nothing can be concluded any more.
    lied_to: bool,
}

impl World {
    /// Takes what it is asked.
    pub(crate) fn take(&mut self, effects: &[(Epoch, Effect)]) {
        for &(epoch, effect) in effects {
            let usage = match effect {
                Effect::OpenDevice(slot) => self.use_slot(epoch, slot),
                Effect::ReleaseDevice(slot) => self.usage(epoch, slot),
                Effect::Connect | Effect::AnnounceDeparture | Effect::CloseTransport => 0,
                // These are done by asking; nobody answers.
                Effect::AbandonConnect
                | Effect::GateMedia
                | Effect::ReportEntered
                | Effect::ReportExit => continue,
            };
            self.waiting.push(Asked {
                epoch,
                effect,
                usage,
            });
        }
    }

    /// A device that is open was handed over to the stay.
    pub(crate) fn is_adopted(&mut self, epoch: Epoch, slot: Slot) {
        let usage = self.use_slot(epoch, slot);
        self.device(epoch, slot, usage).open = true;
    }

    /// A device that stays the application's was lent to the stay.
    pub(crate) fn is_lent(&mut self, epoch: Epoch, slot: Slot) {
        self.use_slot(epoch, slot);
    }

    /// Answers something that it was asked, and says what the answer is, if it is heard.
    pub(crate) fn answer(&mut self, which: u8, answer: Answer) -> Option<(Epoch, Event)> {
        if self.waiting.is_empty() {
            return None;
        }
        let asked = self.waiting.remove(usize::from(which) % self.waiting.len());
        let is_done = matches!(answer, Answer::Done | Answer::Unheard);
        let Asked { epoch, usage, .. } = asked;
        let (done, failed) = match asked.effect {
            Effect::OpenDevice(slot) => {
                // A port that gave a device up and opens it after all says so, or lets go of it.
                let device = self.device(epoch, slot, usage);
                let is_forgotten = device.is_given_up && answer == Answer::Unheard;
                device.open |= is_done && !is_forgotten;
                (Event::DeviceOpened(slot), Event::DeviceFailed(slot))
            }
            Effect::ReleaseDevice(slot) => {
                let device = self.device(epoch, slot, usage);
                device.is_given_up |= is_done;
                if is_done {
                    device.open = false;
                } else {
                    device.failed = true;
                }
                (Event::DeviceReleased(slot), Event::ReleaseFailed(slot))
            }
            Effect::AnnounceDeparture => {
                let stay = self.stays.entry(epoch).or_default();
                stay.told |= is_done;
                stay.failed |= !is_done;
                (Event::DepartureConfirmed, Event::DepartureFailed)
            }
            Effect::CloseTransport => (Event::TransportClosed, Event::CloseFailed),
            Effect::Connect
            | Effect::AbandonConnect
            | Effect::GateMedia
            | Effect::ReportEntered
            | Effect::ReportExit => (Event::Entered, Event::EnterFailed),
        };
        match answer {
            Answer::Done => self.say(epoch, done, usage),
            Answer::Failed => self.say(epoch, failed, usage),
            Answer::Unheard | Answer::Lost => None,
        }
    }

    /// Something happens by itself to the stay under way.
    pub(crate) fn happen(&mut self, epoch: Epoch, event: Event) -> Option<(Epoch, Event)> {
        let stay = self.stays.entry(epoch).or_default();
        let by_the_server = [
            Event::Kicked,
            Event::Dismissed,
            Event::Replaced,
            Event::ServerStopped,
        ];
        let by_the_link = [Event::LinkLost, Event::LinkDead, Event::TransportClosed];
        stay.told |= by_the_server.contains(&event);
        stay.failed |= by_the_link.contains(&event);
        let mut usage = 0;
        if let Event::DeviceVanished(slot) = event {
            usage = self.usage(epoch, slot);
            let device = self.device(epoch, slot, usage);
            (device.open, device.is_given_up) = (false, true);
        } else if let Event::DeviceFailed(slot) = event {
            usage = self.usage(epoch, slot);
            // A device that has not said that it is open does not say that it broke while it was.
            let opened = Event::DeviceOpened(slot);
            let is_known = self.has_said(epoch, opened, usage);
            let device = self.device(epoch, slot, usage);
            if device.open && !is_known {
                return None;
            }
            device.is_given_up |= !device.open;
        }
        self.say(epoch, event, usage)
    }

    /// Says again what was said before.
    pub(crate) fn again(&mut self, which: u8) -> Option<(Epoch, Event)> {
        let said = *self.said.get(usize::from(which) % self.said.len().max(1))?;
        self.say(said.epoch, said.event, said.usage)
    }

    /// Something was said that need not be true.
    pub(crate) fn is_lied_about(&mut self, epoch: Epoch) {
        self.stays.entry(epoch).or_default().lied_to = true;
    }

    /// How many effects wait for an answer.
    pub(crate) fn waiting(&self) -> usize {
        self.waiting.len()
    }

    /// What is wrong with the world when everybody has left and everything has been answered.
    pub(crate) fn is_left_clean(&self, reference: &Reference) -> Result<(), (Guarantee, String)> {
        for ((epoch, slot, _), device) in &self.devices {
            let concluded = !self.is_uncertain(*epoch) && !device.failed;
            // A device in a slot that is the application's again is none of this stay's.
            if device.open && concluded && !reference.is_owned(*slot) {
                let found = format!(
                    "everybody has left and everything was answered, but device {slot} of stay {epoch} is still on"
                );
                return Err((Guarantee::ReallyOff, found));
            }
        }
        for (epoch, stay) in &self.stays {
            if stay.entered && !stay.told && !stay.failed && !stay.lied_to {
                let found = format!(
                    "stay {epoch} is over, the link never failed, and the others were never told"
                );
                return Err((Guarantee::Told, found));
            }
        }
        Ok(())
    }

    fn is_uncertain(&self, epoch: Epoch) -> bool {
        self.stays.get(&epoch).is_some_and(|stay| stay.lied_to)
    }

    fn say(&mut self, epoch: Epoch, event: Event, usage: usize) -> Option<(Epoch, Event)> {
        // What an earlier use has to say of its release is harmless, and said. That it came or went would
        // be taken for the present one's; a port knows better, and lets go of what it opens for nobody.
        if let Event::DeviceOpened(slot) | Event::DeviceFailed(slot) | Event::DeviceVanished(slot) =
            event
            && usage != self.usage(epoch, slot)
        {
            self.device(epoch, slot, usage).open = false;
            return None;
        }
        if event == Event::Entered {
            self.stays.entry(epoch).or_default().entered = true;
        }
        self.said.push(Said {
            epoch,
            event,
            usage,
        });
        Some((epoch, event))
    }

    fn has_said(&self, epoch: Epoch, event: Event, usage: usize) -> bool {
        let mut said = self.said.iter();
        said.any(|said| (said.epoch, said.event, said.usage) == (epoch, event, usage))
    }

    fn use_slot(&mut self, epoch: Epoch, slot: Slot) -> usize {
        let uses = self.uses.entry((epoch, slot)).or_default();
        *uses += 1;
        *uses
    }

    fn usage(&self, epoch: Epoch, slot: Slot) -> usize {
        self.uses.get(&(epoch, slot)).copied().unwrap_or_default()
    }

    fn device(&mut self, epoch: Epoch, slot: Slot, usage: usize) -> &mut Device {
        self.devices.entry((epoch, slot, usage)).or_default()
    }
}
