//! Closing with a codec that hangs.

use std::net::Ipv4Addr;
use std::sync::mpsc;
use std::time::Duration;

use tokio_util::sync::CancellationToken;

use super::{Driver, Opened};
use crate::codec_thread::CodecThread;
use crate::picture_encoder::Waiting;
use crate::{Network, PeerCloseError, Publishes};

#[tokio::test]
async fn a_codec_that_hangs_does_not_hold_up_the_close() {
    let network = Network::at(Ipv4Addr::LOCALHOST.into());
    let Opened { mut driver, .. } =
        Driver::open(&network, Some(Publishes::sound())).expect("opens");
    let (go_on, hangs) = mpsc::channel::<()>();
    let hanging = CodecThread::start("test-codec", Waiting::default(), move |_| {
        let _ = hangs.recv();
    });
    driver.encoder = Some(hanging.expect("a thread"));
    let closing = CancellationToken::new();
    closing.cancel();
    let closed = tokio::time::timeout(Duration::from_secs(20), driver.run(closing)).await;
    let outcome = closed.expect("over, whatever hangs");
    assert_eq!(outcome, Err(PeerCloseError::CodecStuck { threads: 1 }));
    drop(go_on);
}
