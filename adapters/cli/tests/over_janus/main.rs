//! The demo and `exeunt join` over a real Janus.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]

#[allow(dead_code, reason = "these stories do not need all of it")]
#[path = "../cli/program.rs"]
mod program;
mod stories;

use std::net::Ipv4Addr;
use std::process::ExitCode;

use exeunt_janus_lab::{Network, trial};
use libtest_mimic::{Arguments, Failed, run};

fn main() -> ExitCode {
    let network = Network::own();
    let story = |name: &str, story: fn(Network) -> Result<(), Failed>| {
        trial(name, &network, &["sh", "kill"], story)
    };
    let stories = vec![
        story(
            "over a Janus of the demo's own everything that is shown holds, and nothing is left of it",
            |_| {
                stories::own_janus();
                Ok(())
            },
        ),
        story(
            "an interrupted demo leaves nobody, no Janus and nothing else behind",
            |_| {
                stories::interrupted();
                Ok(())
            },
        ),
        story("a demo that is killed takes its Janus along", |_| {
            stories::killed();
            Ok(())
        }),
        story(
            "on a machine that has loopback alone the demo says what to do",
            |_| stories::loopback_alone(),
        ),
        story(
            "the demo plays in a Janus that runs already, in a room of its own",
            stories::running_janus,
        ),
        story(
            "a room of a Janus is entered from the command line, and left",
            stories::joined,
        ),
        story(
            "a room of a Janus that the config file describes is made and entered, and has its secret",
            stories::described_by_a_file,
        ),
        story(
            "whoever a Janus refuses is told why, and what would help",
            stories::refused,
        ),
    ];
    if let Ok(network) = &network {
        // It has loopback alone, at which Janus takes no media.
        let laid = network.lay_address(Ipv4Addr::new(10, 77, 0, 1));
        laid.expect("an address of its own");
    }
    let mut arguments = Arguments::from_args();
    // Each of them is a whole call already.
    arguments.test_threads = Some(1);
    run(&arguments, stories).exit_code()
}
