//! A network of the test's own between two peers: it looks at every datagram, and can stop carrying.

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU8, AtomicUsize, Ordering};
use std::time::Duration;

use exeunt_webrtc::Publishes;
use tokio::net::UdpSocket;
use tokio::task::JoinHandle;

use crate::call::Call;
use crate::sfu::soon;

/// Two sockets: the publisher believes the one to be the subscriber, the subscriber believes the other
/// one to be the publisher.
pub(crate) struct Relay {
    for_publisher: SocketAddr,
    for_subscriber: SocketAddr,
    seen: Arc<Seen>,
    /// The number of the last marker.
    marker: AtomicU8,
    task: JoinHandle<()>,
}

#[derive(Default)]
struct Seen {
    media_of_publisher: AtomicUsize,
    /// The number of the marker that came by last.
    marker: AtomicU8,
    cut: AtomicBool,
}

/// What no peer sends; a number follows.
const MARKER: &[u8] = b"\xffmarker";

impl Relay {
    /// A call of sound and pictures that goes by way of a relay.
    pub(crate) async fn between() -> (Self, Call) {
        let relay = Self::new().await;
        let (offered, answered) = (relay.for_subscriber, relay.for_publisher);
        let call = Call::by_way_of(
            Publishes::default(),
            |offer| Self::in_place(offer, offered),
            |answer| Self::in_place(answer, answered),
        );
        let call = call.await;
        (relay, call)
    }

    async fn new() -> Self {
        let own = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let other = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let seen = Arc::new(Seen::default());
        let addresses = [&own, &other].map(|socket| socket.local_addr().expect("its address"));
        let task = tokio::spawn(carry(own, other, Arc::clone(&seen)));
        Self {
            for_publisher: addresses[0],
            for_subscriber: addresses[1],
            seen,
            marker: AtomicU8::new(0),
            task,
        }
    }

    /// The description with the relay in its writer's place.
    fn in_place(sdp: &str, relay: SocketAddr) -> String {
        let lines = sdp.split_inclusive('\n').map(|line| {
            if !line.starts_with("a=candidate:") {
                return line.to_owned();
            }
            let mut words: Vec<String> = line.split(' ').map(str::to_owned).collect();
            words[4] = relay.ip().to_string();
            words[5] = relay.port().to_string();
            words.join(" ")
        });
        lines.collect()
    }

    /// How many datagrams with media of the publisher came by, among all that it had sent when this
    /// was called.
    pub(crate) async fn media_of_publisher(&self) -> usize {
        // What is in front of the marker in the socket's queue was sent before it.
        let number = self.marker.fetch_add(1, Ordering::SeqCst).wrapping_add(1);
        let marker = [MARKER, &[number]].concat();
        let socket = UdpSocket::bind("127.0.0.1:0").await.expect("a socket");
        let marking = async {
            // Sent again and again: a full queue drops a datagram, a marker as well.
            while self.seen.marker.load(Ordering::SeqCst) != number {
                let sent = socket.send_to(&marker, self.for_publisher).await;
                sent.expect("sent");
                tokio::time::sleep(Duration::from_millis(2)).await;
            }
        };
        soon("a marker", marking).await;
        self.seen.media_of_publisher.load(Ordering::SeqCst)
    }

    /// Carries nothing any more, without telling anybody.
    pub(crate) fn cut(&self) {
        self.seen.cut.store(true, Ordering::SeqCst);
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.task.abort();
    }
}

async fn carry(own: UdpSocket, other: UdpSocket, seen: Arc<Seen>) {
    let (mut publisher, mut subscriber) = (None, None);
    let (mut up, mut down) = ([0; 2000], [0; 2000]);
    loop {
        tokio::select! {
            Ok((length, source)) = own.recv_from(&mut up) => {
                let datagram = &up[..length];
                if let Some([number]) = datagram.strip_prefix(MARKER) {
                    seen.marker.store(*number, Ordering::SeqCst);
                    continue;
                }
                publisher = Some(source);
                let is_rtp = (128..192).contains(&datagram[0]) && !(192..224).contains(&datagram[1]);
                seen.media_of_publisher.fetch_add(usize::from(is_rtp), Ordering::SeqCst);
                send(&other, datagram, subscriber, &seen).await;
            }
            Ok((length, source)) = other.recv_from(&mut down) => {
                subscriber = Some(source);
                send(&own, &down[..length], publisher, &seen).await;
            }
        }
    }
}

async fn send(from: &UdpSocket, datagram: &[u8], to: Option<SocketAddr>, seen: &Seen) {
    if let Some(to) = to
        && !seen.cut.load(Ordering::SeqCst)
    {
        let _ = from.send_to(datagram, to).await;
    }
}
