//! Where there is no room service, or something else.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;

use exeunt_requirements::Nowhere;

use crate::program::{ALICE, Exeunt};

const EVERYBODY: [&[&str]; 4] = [
    &ALICE,
    &["kick", "--room=1", "bob"],
    &["dismiss", "--room=1"],
    &["rooms"],
];

#[test]
fn where_nobody_listens_it_says_how_to_begin() {
    let nowhere = Nowhere::reserve().expect("a free port");
    let address = nowhere.address();
    for words in EVERYBODY {
        let exeunt = Exeunt::typed(words).with_env("EXEUNT_SERVICE", &format!("ws://{address}"));
        exeunt
            .run()
            .failed(1, &[&address.to_string(), "refused", "exeunt serve"]);
    }
}

#[test]
fn an_address_that_makes_no_sense_is_told_what_one_looks_like() {
    for service in [
        "",
        "nowhere",
        "127.0.0.1:7450",
        "ftp://x",
        "ws://",
        "ws://x:99999",
        "ws://x y",
    ] {
        for words in EVERYBODY {
            let exeunt = Exeunt::typed(words).with_env("EXEUNT_SERVICE", service);
            let ended = exeunt
                .run()
                .failed(1, &["ws://HOST:PORT", &format!("{service:?}")]);
            assert_eq!(ended.said, [] as [&str; 0], "nothing was begun");
        }
    }
}

#[test]
fn somebody_who_speaks_something_else_is_noticed() {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a free port");
    let address = listener.local_addr().expect("bound");
    std::thread::spawn(move || {
        // Answers everything the same, as long as the test's process lives.
        for stream in listener.incoming() {
            let Ok(mut stream) = stream else { return };
            let mut asked = [0; 1024];
            let _ = stream.read(&mut asked);
            let _ = stream.write_all(b"220 mail.example ESMTP\r\n");
        }
    });
    for words in EVERYBODY {
        let exeunt = Exeunt::typed(words).with_env("EXEUNT_SERVICE", &format!("ws://{address}"));
        exeunt.run().failed(1, &[&address.to_string()]);
    }
}
