//! The lab itself: what is started, stopped and cut does what it says, and nothing is left of it.

mod stories;

use exeunt_janus_lab::{Network, trial};
use libtest_mimic::{Arguments, run};

fn main() {
    let network = Network::own();
    let told = |name: &str, story: stories::Story| {
        trial(name, &network, &[], move |network| {
            stories::play(network, story)
        })
    };
    let stories = vec![
        told("guests see each other come and go", stories::come_and_go),
        told(
            "a server that has come up has an address for whoever publishes at once",
            stories::publish_at_once,
        ),
        told(
            "the owner kicks a guest, and destroys the room",
            stories::kick_and_destroy,
        ),
        told(
            "a room with texts, pin, secret and key lets in who knows them",
            stories::keys,
        ),
        told(
            "who does not know the api secret is refused",
            stories::api_secret,
        ),
        told("who has no token is refused", stories::tokens),
        told(
            "the admin API counts sessions and handles, and ends a session",
            stories::load,
        ),
        told(
            "a server that is stopped is silent until it goes on",
            stories::stopped,
        ),
        told(
            "a server that is killed is gone, and one in its place knows nobody",
            stories::restarted,
        ),
        told(
            "signalling that is cut is silent, others hear on, and what is mended is told",
            stories::cut,
        ),
        told(
            "media that are cut one way are silent, and signalling is not",
            stories::media_cut,
        ),
        told(
            "a server that was dropped leaves no process and no interface",
            stories::nothing_is_left,
        ),
    ];
    run(&Arguments::from_args(), stories).exit();
}
