//! What is checked of a device.

mod empty_room;
mod frames;
mod growth;
mod opening;
mod previews;
mod releasing;
mod running;
mod runtime;
mod stage;

pub(crate) use stage::Stage;

use crate::case::{Case, cases};

#[rustfmt::skip]
pub(crate) static CASES: &[Case<Stage>] = cases![Stage;
    // ---- running ------------------------------------------------------------------------------
    "an open microphone or camera captures valid frames, counted from 0", [], "" => running::captures;
    "an open speaker takes what it is to play", [], "" => running::plays;
    "a device that goes away says Vanished once, and its release answers", [13], "vanish" => running::vanishes;
    // ---- opening ------------------------------------------------------------------------------
    "opening, abandoned at any moment, answers and holds nothing", [4, 7], "" => opening::abandoned;
    "opening, dropped at any moment, holds nothing", [4, 7], "" => opening::dropped;
    "once an opening that was abandoned, at any moment, has answered the system shows no handle", [4, 13], "held" => opening::not_held;
    "an opening that leaves the device held says so", [13], "stay_held, let_go" => opening::says_that_it_is_held;
    "opening that hangs in the driver is undone when the driver comes back", [4, 7], "hold_opening, let_go" => opening::hung;
    "opening twice at once answers both", [7], "" => opening::twice_at_once;
    // ---- releasing ----------------------------------------------------------------------------
    "a release answers, and after it nothing is captured, played or held", [7, 14, 15], "" => releasing::released;
    "a device that was silenced first is released as well", [7, 14], "" => releasing::silenced_and_released;
    "once a release has answered the system shows no handle", [13], "held" => releasing::not_held;
    "a release whose future is dropped, at any moment, goes on", [7], "" => releasing::release_dropped;
    "a release that hangs in the driver is done when the driver comes back", [7], "hold_release, let_go" => releasing::hung;
    "dropping an open device does not block and lets go", [3], "" => releasing::dropped;
    // ---- nothing grows ------------------------------------------------------------------------
    "30 openings and releases leave no task behind", [15], "" => growth::tasks;
    "200 openings and releases leave no thread, no descriptor and no memory behind", [15], "" => growth::system;
    // ---- through the runtime ------------------------------------------------------------------
    "through the runtime: the device is released before the exit is reported", [3, 13], "" => runtime::released_first;
    "through the runtime: an exit while it opens is one clean report, at any moment", [1, 4], "" => runtime::exit_while_opening;
    "through the runtime: an exit while it opens says what that leaves held", [4, 13], "stay_held, let_go" => runtime::exit_leaving_it_held;
    "through the runtime: an exit does not wait longer than its bound for a release that hangs", [1, 6], "hold_release, let_go" => runtime::exit_while_hung;
    "through the runtime: a preview that is handed over is released before the exit is reported", [3, 13], "" => previews::handed_over;
    "through the runtime: an exit while a preview opens is one clean report, at any moment", [1, 4], "" => previews::handed_over_while_opening;
    "through the runtime: a preview that is dropped, at any moment, is released", [3, 7], "" => previews::dropped;
    "through the runtime: a preview whose release is dropped, at any moment, is released", [7], "" => previews::release_dropped;
    "through the runtime: what is lent stays open after the exit, and is released by its owner", [16], "" => previews::lent;
    "through the runtime: what two sessions share is released by the last", [13, 16], "" => previews::shared;
];
