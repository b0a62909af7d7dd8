//! Everything that is played, in the order in which it is.

mod busy;
mod conformance;
mod during;
mod endings;
mod faults;
mod growth;
mod killed;
mod opening;
mod owners;
mod typing;
mod vanishing;

use self::endings::Cause;
use self::owners::Ending;
use self::vanishing::Moment;
use super::camera::CameraFault;
use super::failure::Outcome;
use super::strike::Fault;
use crate::Boot;

/// Something that is played in the machine, and comes out well or not.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// In which start of the machine.
    pub boot: Boot,
    /// The sentence that it shows.
    pub name: String,
    play: Play,
}

/// How it is played.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Play {
    /// By itself.
    Alone(fn() -> Outcome),
    /// Together with the others of the same device, as cases of the conformance suite.
    Suite {
        device: &'static str,
        case: &'static str,
    },
}

impl Scenario {
    pub(crate) fn play(&self) -> Play {
        self.play
    }
}

/// Everything that is played.
#[must_use]
pub fn scenarios() -> Vec<Scenario> {
    let exits = ALONE.iter().map(|(name, play)| (Boot::Exits, *name, *play));
    let endurance = ENDURING
        .iter()
        .map(|(name, play)| (Boot::Endurance, *name, *play));
    let typing = TYPED
        .iter()
        .map(|(name, play)| (Boot::CommandLine, *name, *play));
    exits
        .chain(endurance)
        .chain(typing)
        .map(|(boot, name, play)| Scenario {
            boot,
            name: name.to_owned(),
            play: Play::Alone(play),
        })
        .chain(conformance::scenarios())
        .collect()
}

type Row = (&'static str, fn() -> Outcome);

#[rustfmt::skip]
const ALONE: &[Row] = &[
    // ---- every way out ------------------------------------------------------------------------
    ("whoever leaves has let go of camera, microphone and speaker before onExitRoom", || endings::released_first(Cause::Exit)),
    ("whoever is kicked has let go of camera, microphone and speaker before onExitRoom", || endings::released_first(Cause::Kick)),
    ("whoever is in a room that is dismissed has let go of camera, microphone and speaker before onExitRoom", || endings::released_first(Cause::Dismissal)),
    ("whoever loses the connection has let go of camera, microphone and speaker before onExitRoom", || endings::released_first(Cause::Loss)),
    ("whoever is never let in has let go of camera, microphone and speaker before onExitRoom", || endings::released_first(Cause::NeverLetIn)),
    // ---- while they open ----------------------------------------------------------------------
    ("an exit while the devices open, at 20 different moments, leaves none of them open", opening::at_twenty_moments),
    // ---- taken by somebody else -----------------------------------------------------------------
    ("a camera that another program streams from is said to be busy, and the exit is clean", busy::camera),
    ("a microphone and a speaker that another process has are said to be busy, and stay his", busy::sound),
    // ---- not one stay's alone -------------------------------------------------------------------
    ("devices that were open before the room was entered are off at onExitRoom", || owners::handed_over(Ending::Exit)),
    ("devices that were open before are off at onExitRoom also if nobody is let in", || owners::handed_over(Ending::NeverLetIn)),
    ("lent devices stay on after the exit, and are off when their owner lets go of them", owners::lent),
    ("of two sessions that share the devices the first leaves them on and the last has them off", owners::shared),
    // ---- gone ---------------------------------------------------------------------------------
    ("a camera that disconnects before the exit is told once, and nothing is held", || vanishing::play(Fault::Camera(CameraFault::Disconnects), Moment::Before)),
    ("a camera that disconnects during the exit leaves nothing held", || during::befalls(Fault::Camera(CameraFault::Disconnects))),
    ("a camera that disconnects after the exit is there for the next stay", || vanishing::play(Fault::Camera(CameraFault::Disconnects), Moment::After)),
    ("a camera that loses its driver before the exit is told once, and nothing is held", || vanishing::play(Fault::CameraUnplugged, Moment::Before)),
    ("a camera that loses its driver during the exit leaves nothing held", || during::befalls(Fault::CameraUnplugged)),
    ("a camera that loses its driver after the exit is there for the next stay", || vanishing::play(Fault::CameraUnplugged, Moment::After)),
    ("a sound card that loses its driver before the exit is told once, and nothing is held", || vanishing::play(Fault::CardUnplugged, Moment::Before)),
    ("a sound card that loses its driver during the exit leaves nothing held", || during::befalls(Fault::CardUnplugged)),
    ("a sound card that loses its driver after the exit is there for the next stay", || vanishing::play(Fault::CardUnplugged, Moment::After)),
    // ---- the process goes ---------------------------------------------------------------------
    ("a process that is killed leaves the devices free for the next one", killed::in_a_call),
];

#[rustfmt::skip]
const ENDURING: &[Row] = &[
    ("a hundred stays leave no descriptor, no thread and no memory behind", growth::hundred_stays),
    // ---- a driver that fails --------------------------------------------------------------------
    ("a stream that ends with a fatal error is told once, and the camera is let go of", faults::fatal_in_a_call),
    ("a fatal error during the exit leaves nothing held", || during::befalls(Fault::Camera(CameraFault::FailsFatally))),
    ("a camera that cannot be started is told, and the exit is clean", faults::not_started),
    ("a camera that gives no buffers is told, and the exit is clean", faults::no_buffers),
    ("an exit with a camera that has stalled is within its bound, and the camera is off", faults::stalled_at_the_exit),
    ("a camera that stalls in a call is told, and closed at once", faults::stalled_in_a_call),
];

#[rustfmt::skip]
const TYPED: &[Row] = &[
    ("`exeunt devices` says who holds a device, and that it is free again when he was killed", typing::devices_while_they_are_held),
    // ---- no permission --------------------------------------------------------------------------
    ("whoever may not open a camera that is root's alone is told which setting would help", typing::camera_of_root_alone),
    ("whoever may not open a camera that a group may is told which group, and its members may", typing::camera_of_a_group),
    ("whoever may not open sound cards that are root's alone is told which setting would help", typing::sound_of_root_alone),
    ("whoever may not open sound cards that a group may is told which group, and its members may", typing::sound_of_a_group),
    // ---- what is asked for ----------------------------------------------------------------------
    ("a camera is opened in just the format that was required, and its pictures are seen", typing::required_formats),
    ("a format that the camera does not offer is answered with what it offers", typing::format_that_nobody_offers),
    ("a device's name that fits none or several is answered with those there are", typing::names),
];
