//! The real runtime with the real transport in the rooms of a real Janus: every way in and out, and
//! everything that befalls server and wire meanwhile.

mod crossing;
mod cycles;
mod endings;
mod entering;
mod interrupted;
mod person;
mod servers;
mod stage;
mod visitors;
mod wires;

use std::path::Path;
use std::process::ExitCode;

use exeunt_janus_lab::{Network, Visitor, trial};
use exeunt_requirements::Told;
use libtest_mimic::{Arguments, Trial, run};

/// Where a story plays.
#[derive(Clone, Copy)]
pub(crate) struct Scene {
    pub(crate) network: Network,
    /// Cargo's folder for what tests leave behind, beside which a visitor's library is installed.
    pub(crate) temporary: &'static Path,
}

fn main() -> ExitCode {
    let temporary = Path::new(env!("CARGO_TARGET_TMPDIR"));
    let network = Network::own();
    macro_rules! stories {
        ($needs:expr; $($name:literal => $story:path,)*) => {
            vec![$(trial($name, &network, $needs, move |network| {
                play($story(Scene { network, temporary }))
            }),)*]
        };
    }
    let mut trials: Vec<Trial> = stories! { &[];
        "two of ours hear and see each other, and see each other leave" => endings::call,
        "no datagram of media leaves after an exit began" => endings::silence,
        "whoever is kicked exits with 1" => endings::kicked,
        "whoever is in a room that is destroyed exits with 2" => endings::dismissed,
        "a session that times out is a lost connection" => endings::session_timeout,
        "a session that an admin ends is a lost connection" => endings::session_destroyed,
        "the same client goes in and out again and again" => endings::again,
        "whoever's identity is in use is not let in, and the camera does not stay on" => entering::identity_taken,
        "whoever does not know the pin is not let in" => entering::wrong_pin,
        "a room that is not there lets nobody in" => entering::absent_room,
        "whoever does not know the api secret is not let in" => entering::wrong_secret,
        "whoever has no token is not let in" => entering::wrong_token,
        "an exit at every moment of the entering leaves nothing on the server" => entering::at_every_moment,
        "a stopped server lets nobody in, and keeps nobody when it goes on" => entering::stopped_server,
        "a kick that crosses a leave, whichever comes first" => crossing::kick_and_leave,
        "a server that is killed in a call is a lost connection" => servers::killed_in_a_call,
        "an exit during which the server is killed is bounded" => servers::killed_during_an_exit,
        "an exit from a stopped server is bounded, and done when it goes on" => servers::stopped_before_an_exit,
        "a server that stops for a moment ends no call" => servers::stopped_for_a_moment,
        "a server that is silent for ever is a lost connection" => servers::stopped_in_a_call,
        "a server that is restarted in a call is a lost connection" => servers::restarted_in_a_call,
        "an exit during which the server is restarted is bounded" => servers::restarted_during_an_exit,
        "a server that is shut down in a call is a lost connection" => servers::shut_down,
        "an exit over a half-open socket is bounded, and the server finds out" => wires::signalling_cut_before_an_exit,
        "an exit whose answers are lost does not claim to be confirmed" => wires::answers_cut_before_an_exit,
        "signalling that is cut in a call is a lost connection" => wires::signalling_cut_in_a_call,
        "an exit while media are cut is confirmed" => wires::media_cut_in_a_call,
        "media that were cut for a moment come back" => wires::media_mended,
        "an exit while everything is cut is bounded" => wires::everything_cut_before_an_exit,
        "a session whose socket was lost is claimed, and nobody sees her leave" => wires::claimed,
        "a session whose socket is cut again and again is claimed, and media go on" => interrupted::again_and_again,
        "media that were being set up when the socket was cut come all the same" => interrupted::at_every_moment,
        "whoever begins to send while the link is down is heard when it is back" => interrupted::begun_meanwhile,
        "whoever sends anew while the link is down is heard when it is back" => interrupted::begun_anew_meanwhile,
        "whoever is kicked while the link is down finds out" => wires::kicked_meanwhile,
    };
    trials.extend(stories! { &Visitor::needs(temporary);
        "a visitor sees us come, hears and sees us, and sees us leave; we hear and see him" => visitors::hears_and_sees,
        "a visitor leaves, and we see it" => visitors::leaves,
        "a visitor kicks us, and we exit with 1" => visitors::kicks,
        "a visitor destroys the room, and we exit with 2" => visitors::destroys,
    });
    // By itself, since it looks at what the whole process holds.
    let alone = stories! { &[];
        "two hundred stays leave nothing behind, here or on the server" => cycles::nothing_grows,
    };
    let arguments = Arguments::from_args();
    let failed = run(&arguments, trials).has_failed() | run(&arguments, alone).has_failed();
    if failed {
        ExitCode::FAILURE
    } else {
        ExitCode::SUCCESS
    }
}

fn play(story: impl Future<Output = Told>) -> Told {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()?;
    runtime.block_on(story)
}
