//! The demo and `exeunt join` over a real Janus.

#![expect(clippy::panic, reason = "a test that cannot go on says why")]

#[allow(dead_code, reason = "these stories do not need all of it")]
#[path = "../cli/program.rs"]
mod program;
mod stories;

use std::process::{Command, ExitCode};

use exeunt_janus_lab::{Network, trial};
use exeunt_requirements::missing;
use libtest_mimic::{Arguments, Failed, run};

/// What the stories need beside a Janus.
const NEEDS: &[&str] = &["sh", "ip", "grep", "sleep", "kill"];

fn main() -> ExitCode {
    let network = Network::own();
    let story =
        |name: &str, story: fn(Network) -> Result<(), Failed>| trial(name, &network, NEEDS, story);
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
    // Without what it takes the stories are listed as not run, and need no address.
    if let (Ok(network), None) = (&network, missing(NEEDS)) {
        lay_an_address(*network);
    }
    let mut arguments = Arguments::from_args();
    // Each of them is a whole call already.
    arguments.test_threads = Some(1);
    run(&arguments, stories).exit_code()
}

/// The network of the test's own has loopback alone, at which Janus takes no media.
fn lay_an_address(_network: Network) {
    let laid = Command::new("sh")
        .args([
            "-ec",
            "ip link add demo0 type veth peer name demo1
             ip addr add 10.77.0.1/24 dev demo0
             ip link set demo0 up
             ip link set demo1 up
             # Up at once, but an address is offered only where the kernel calls it running.
             looks=0
             until ip link show dev demo0 | grep -q 'state UP'; do
                 looks=$((looks + 1))
                 [ $looks -lt 2000 ]
                 sleep 0.01
             done",
        ])
        .status();
    assert!(
        laid.is_ok_and(|laid| laid.success()),
        "an address of its own"
    );
}
