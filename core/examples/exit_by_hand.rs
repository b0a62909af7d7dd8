//! A whole exit, driven by hand: no runtime, no network, no device, no clock.
use exeunt_core::{Effect, Event, Instant, Policy, Session, Slot};

fn main() {
    let camera = Slot::new(0).expect("the first slot");
    let mut session = Session::new(Policy::default());
    let stay = session.next_epoch();
    let mut clock = 0;
    let mut step = |event| {
        clock += 10;
        let reaction = session.handle(stay, event, Instant::from_millis(clock));
        println!("{event:?} -> {:?}", reaction.effects);
        (reaction.effects, session.report())
    };

    step(Event::EnterRequested);
    step(Event::Entered);
    step(Event::DeviceRequested(camera));
    step(Event::DeviceOpened(camera));

    // Leaving: everything that is owed is asked for in one reaction, the local part first.
    let (effects, _) = step(Event::ExitRequested);
    let local = [Effect::GateMedia, Effect::ReleaseDevice(camera)];
    assert_eq!(effects[..2], local);
    assert_eq!(effects[2..], [Effect::AnnounceDeparture]);
    step(Event::Kicked); // somebody kicks us meanwhile: noted, the reason stays
    step(Event::DeviceReleased(camera));

    // The last line of the ledger: the report is there, and onExitRoom may be called.
    let (effects, report) = step(Event::TransportClosed);
    assert_eq!(effects.as_slice(), [Effect::ReportExit]);
    let report = report.expect("the exit is over");
    let reason = report.reason().number();
    assert_eq!(reason, 0);
    println!("onExitRoom({reason}) after {:?}", report.took);
}
