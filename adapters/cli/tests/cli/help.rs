//! What is printed for those who do not know yet what to type.

use crate::program::Exeunt;

const COMMANDS: [&str; 8] = [
    "demo", "serve", "join", "kick", "dismiss", "rooms", "devices", "replay",
];

#[test]
fn every_command_has_an_example_in_its_help() {
    for command in COMMANDS {
        let help = Exeunt::typed(&[command, "--help"]).run().succeeded().text();
        let example = format!("\n  exeunt {command}");
        assert!(help.contains(&example), "no example: {help}");
    }
}

#[test]
fn nothing_typed_shows_every_command_and_the_first_steps() {
    let ended = Exeunt::typed(&[]).run();
    assert_eq!(ended.status, Some(2));
    for command in COMMANDS {
        assert!(ended.complaints.contains(command), "{}", ended.complaints);
    }
    assert!(
        ended.complaints.contains("First steps"),
        "{}",
        ended.complaints
    );
}

#[test]
fn no_secret_is_shown_in_a_help() {
    let help = Exeunt::typed(&["join", "--help"])
        .with_env("EXEUNT_USER_SIG_KEY", "hunter2")
        .with_env("EXEUNT_USER_SIG", "eJxhunter2")
        .run()
        .succeeded()
        .text();
    assert!(!help.contains("hunter2"), "{help}");
}
