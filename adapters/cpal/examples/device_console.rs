//! Opens and releases sound devices as it is told, one command a line, and answers in JSON.
//!
//! What a device lab runs beside a virtual sound card, and what a person tries a machine with:
//!
//! ```text
//! list
//! open microphone default          (or a name, or a part of one)
//! listen 50                        (decodes 50 packets and tells how loud they were)
//! overhear                         (the same for what was captured up to now)
//! open speaker default
//! crowd 6 3                        (opens six default speakers and three microphones at once;
//!                                   they are called speaker1 and so on)
//! speak 100                        (plays a tone of two seconds)
//! release microphone 2000          (gives up after 2000 ms)
//! abandon microphone default 300   (opens, and wants it no more after 300 ms)
//! count                            (threads, descriptors, stuck threads of this process)
//! ```

#[path = "../tests/pulse/console.rs"]
mod console;

fn main() -> Result<(), Box<dyn std::error::Error>> {
    console::run()
}
