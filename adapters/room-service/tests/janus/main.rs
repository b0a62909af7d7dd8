//! TRTC's calls, the console and the metrics over a real Janus: a member is in its room by its own
//! protocol, and an operator with TRTC's words takes him out.

#![allow(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a story that cannot go on has failed, and says where"
)]

mod acting;
mod away;
#[path = "../console/browser.rs"]
#[allow(dead_code, reason = "the console's own tests ask it for more")]
mod browser;
#[path = "../live/log.rs"]
mod log;
mod many;
mod naming;
mod page;
mod refusing;
mod scene;
mod watching;

use exeunt_janus_lab::{Network, trial};
use libtest_mimic::{Arguments, Failed, Trial, run};

fn main() {
    let network = Network::own();
    let told =
        |name: &str, story: fn(Network) -> Result<(), Failed>| trial(name, &network, &[], story);
    let mut stories: Vec<Trial> = vec![
        told(
            "a member that is kicked is out of Janus's room, and the others see that he was kicked",
            |network| scene::play(acting::kicks(network)),
        ),
        told(
            "a room that is dismissed is destroyed, and everybody in it is told",
            |network| scene::play(acting::dismisses(network)),
        ),
        told(
            "several are kicked at once, and each is answered for, also who is named twice or absent",
            |network| scene::play(acting::kicks_several(network)),
        ),
        told(
            "a room has its own secret or everybody's, and what Janus refuses has TRTC's code",
            |network| scene::play(refusing::secrets(network)),
        ),
        told(
            "a room that is not there, and what Janus has no notion of, have codes of their own",
            |network| scene::play(refusing::absent(network)),
        ),
        told(
            "without the right api secret or admin key nothing is done, and it is said why",
            |network| scene::play(refusing::keys(network)),
        ),
        told(
            "room 123 is not room \"123\", whichever ids Janus has",
            |network| scene::play(naming::rooms(network)),
        ),
        told(
            "whoever is in a room can be kicked by the name that is shown, whatever he calls himself",
            |network| scene::play(naming::users(network)),
        ),
        told(
            "a hundred members are listed, ten are kicked, and the others dismissed",
            |network| scene::play(many::hundred(network)),
        ),
        told(
            "what happens on Janus is seen, and why somebody left only where that can be known",
            |network| scene::play(watching::happenings(network)),
        ),
        told(
            "a private room is listed with the admin key, and without it once it was named",
            |network| scene::play(watching::private(network)),
        ),
        told(
            "a Janus that was killed is unreachable, and another in its place is found",
            |network| scene::play(away::killed(network)),
        ),
        told(
            "a Janus that is stopped is unreachable within ten seconds, and then goes on",
            |network| scene::play(away::stopped(network)),
        ),
        told(
            "a service that has stopped leaves no session on Janus",
            |network| scene::play(away::nothing_is_left(network)),
        ),
        told("no secret of Janus's stands in the log", |network| {
            scene::play(refusing::log(network))
        }),
    ];
    stories.push(trial(
        "the console shows Janus's rooms, kicks a member, and says what Janus does not know",
        &network,
        &["chromium"],
        |network| scene::play(page::console(network)),
    ));
    run(&Arguments::from_args(), stories).exit();
}
