//! What is checked of a transport.

mod entering;
mod giving_up;
mod growth;
mod leaving;
mod links;
mod media;
mod member;
mod removal;
mod runtime_exits;
mod runtime_removals;
mod stage;

pub(crate) use stage::Stage;

use crate::case::{Case, cases};

#[rustfmt::skip]
pub(crate) static CASES: &[Case<Stage>] = cases![Stage;
    // ---- entering -----------------------------------------------------------------------------
    "who enters is seen by the others and sees them", [], "" => entering::seen_by_the_others;
    "a room hears nothing of another room", [16], "" => entering::rooms_are_apart;
    "two users are in a room over one transport object", [16], "" => entering::two_over_one_transport;
    "entering where no server is answers with an error", [7], "unreachable" => entering::unreachable;
    "entering where the server refuses answers with an error", [7], "refused" => entering::refused;
    "entering, abandoned at any moment, answers and leaves nobody behind", [4, 5, 7], "" => giving_up::abandoned;
    "entering, dropped at any moment, leaves nobody behind", [4, 7], "lease" => giving_up::dropped;
    "entering, abandoned while the server does not answer, answers and leaves nobody behind", [4, 6], "freeze, mend" => giving_up::abandoned_while_frozen;
    // ---- media --------------------------------------------------------------------------------
    "what one sends the others hear, in order and unchanged", [], "" => media::in_order;
    "the largest frame arrives whole, and a larger one not at all", [], "codecs" => media::the_largest;
    "once the gate is shut no frame leaves any more", [14], "" => media::the_gate;
    // ---- leaving ------------------------------------------------------------------------------
    "leaving tells the others reason 0, with a receipt", [12], "" => leaving::told;
    "leaving twice answers and is told once", [7, 9], "" => leaving::twice;
    "closing twice answers", [7, 9], "" => leaving::closed_twice;
    "closing while leaving answers both, at any moment", [7, 9], "" => leaving::closed_while_leaving;
    "closing gives up a departure that the network swallows", [6, 7], "freeze" => leaving::closed_while_frozen;
    "after closing nothing is told and nothing is heard", [14], "" => leaving::silent_after_closing;
    "a connection that is closed and dropped holds nothing", [15], "" => leaving::holds_nothing_after_closing;
    "dropping the connection does not block, and the others hear of it within the lease", [3, 12], "lease" => leaving::dropped;
    // ---- being removed ------------------------------------------------------------------------
    "a kick is told to the kicked, and to the others with reason 2", [2], "kick" => removal::kicked;
    "who was kicked can leave, close and enter anew", [9, 11], "kick" => removal::after_a_kick;
    "a dismissal is told to everybody", [2], "dismiss" => removal::dismissed;
    "a user who enters again replaces his earlier stay", [2, 10], "replaces" => removal::replaced;
    // ---- the link and the server --------------------------------------------------------------
    "a server that stops says so", [2], "stop_server" => links::server_stops;
    "a server that is gone in mid-call is told", [17], "kill_server" => links::server_is_gone;
    "a link that comes back is the same stay, and the others notice nothing", [10], "cut, mend" => links::comes_back;
    "a kick while the link is down is told when it is back", [2], "cut, mend, kick" => links::kicked_while_down;
    "a link that is lost during an exit is not recovered", [5], "cut, mend, lease" => links::not_recovered_during_an_exit;
    // ---- nothing grows ------------------------------------------------------------------------
    "20 stays over one transport object leave no task behind", [11, 15], "" => growth::stays_and_tasks;
    "200 stays over one transport object leave no thread, no descriptor and no memory behind", [11, 15], "" => growth::stays_and_the_system;
    "20 entries that were given up leave no task behind", [15], "" => growth::given_up_and_tasks;
    "20 entries that were given up leave no thread and no descriptor behind", [15], "" => growth::given_up_and_the_system;
    // ---- through the runtime ------------------------------------------------------------------
    "through the runtime: an exit in the room is one clean report with reason 0", [1, 3, 9, 12], "" => runtime_exits::in_the_room;
    "through the runtime: an exit while entering is one report with reason 0, at any moment", [1, 4, 6], "" => runtime_exits::while_entering;
    "through the runtime: an exit whose server froze is one report within the bound", [1, 6], "freeze" => runtime_exits::frozen;
    "through the runtime: a room that is dropped is left all the same", [7, 12], "" => runtime_exits::dropped;
    "through the runtime: after an exit the same client enters anew", [11], "" => runtime_exits::anew;
    "through the runtime: a kick is one report with reason 1", [1, 2], "kick" => runtime_removals::kicked;
    "through the runtime: a dismissal is one report with reason 2", [1, 2], "dismiss" => runtime_removals::dismissed;
    "through the runtime: a kick that crosses our own exit is one report and told once", [1, 2], "kick" => runtime_removals::kick_crosses_exit;
    "through the runtime: a server that is gone is one report with reason 100", [1, 2, 17], "kill_server" => runtime_removals::server_is_gone;
    "through the runtime: an entry that fails is one report with reason 101", [1, 2], "unreachable" => runtime_removals::enter_fails;
];
