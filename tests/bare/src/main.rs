//! A program without std and without an allocator that links exeunt-core and leaves a room.
//!
//! `sh tests/bare/prove.sh` (part of `make check`) builds it in the profile `bare`, runs it, and looks at
//! the symbols it needs. That it links at all is the proof that the core keeps its promise of
//! `no_std`, no alloc:
//! * where the core (or what it depends on) uses std, there are two panic handlers, and rustc says
//!   `E0152: found duplicate lang item panic_impl`;
//! * where it uses alloc, rustc says `no global memory allocator found but one is required`;
//! * where it calls the C library's allocator behind rustc's back, `malloc` is among the symbols;
//! * where linking dropped the machine as unused, running it would not end in `ReportExit`.
//!
//! In every other profile panics unwind, and unwinding needs std. There it is an ordinary program
//! that says so and fails, so that commands over the whole workspace (`cargo build`, `cargo clippy`)
//! work, and a `bare` profile that has lost its `panic = "abort"` proves nothing by accident.
#![cfg_attr(panic = "abort", no_std, no_main)]

use exeunt_core::{Effect, Epoch, Event, Instant, Policy, Session, Slot};

/// A stay with a camera, from entering to the report: whether the last of its facts, and no other, ends it.
fn a_stay_ends_in_its_report() -> bool {
    let Some(camera) = Slot::new(0) else {
        return false;
    };
    let story = [
        Event::EnterRequested,
        Event::Entered,
        Event::DeviceRequested(camera),
        Event::DeviceOpened(camera),
        Event::ExitRequested,
        Event::DeviceReleased(camera),
        Event::DepartureConfirmed,
        Event::TransportClosed,
    ];
    let mut session = Session::new(Policy::default());
    let last = story.len() - 1;
    (0..).zip(story).all(|(step, event)| {
        // The compiler may not work the story out in advance: then it would link only the answer.
        let event = core::hint::black_box(event);
        let now = Instant::from_millis(step);
        let reaction = session.handle(Epoch::FIRST, event, now);
        let reported = reaction.effects.contains(&Effect::ReportExit);
        reported == (usize::try_from(step) == Ok(last))
    })
}

#[cfg(panic = "abort")]
#[expect(
    unsafe_code,
    reason = "without std, the program exports `main` and ends itself by the C library"
)]
mod bare {
    use core::ffi::c_int;
    use core::panic::PanicInfo;

    #[link(name = "c")]
    unsafe extern "C" {
        safe fn abort() -> !;
    }

    #[unsafe(no_mangle)]
    extern "C" fn main() -> c_int {
        c_int::from(!super::a_stay_ends_in_its_report())
    }

    #[panic_handler]
    fn panic(_: &PanicInfo<'_>) -> ! {
        abort()
    }
}

#[cfg(not(panic = "abort"))]
fn main() -> std::process::ExitCode {
    let ended = a_stay_ends_in_its_report();
    eprintln!(
        "exeunt-bare: the stay ended: {ended}; but this build has std, so it proves nothing. \
         Type: sh tests/bare/prove.sh"
    );
    std::process::ExitCode::from(2)
}
