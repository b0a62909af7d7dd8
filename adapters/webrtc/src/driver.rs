//! The task of a peer connection: its sockets, its clock, and the threads of its codecs.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use exeunt_port::MediaFrame;
use str0m::media::MediaKind;
use tokio::sync::{mpsc, oneshot};
use tokio::time::Instant;
use tokio_util::sync::CancellationToken;

use crate::codec_thread::CodecThread;
use crate::counts::Counters;
use crate::gate::Gate;
use crate::outbound::Outbound;
use crate::peer_connection::{Agreed, PeerCloseError};
use crate::picture_encoder::{self, EncodedPicture, Waiting};
use crate::receiving::Receiving;
use crate::session::{Datagram, Happening, Output, Session};
use crate::sockets::{Arrived, Sockets};
use crate::telling::Teller;
use crate::timeline::OutgoingTimeline;
use crate::{
    DescriptionError, MediaId, Network, NetworkError, Offer, PeerEvents, PeerFailure, Publishes,
};

/// What the handle asks of the task.
#[derive(Debug)]
pub(crate) enum Command {
    Answered {
        sdp: String,
        reply: oneshot::Sender<Result<Agreed, DescriptionError>>,
    },
    Offered {
        sdp: String,
        reply: oneshot::Sender<Result<String, DescriptionError>>,
    },
    Candidate {
        candidate: String,
        reply: oneshot::Sender<Result<(), DescriptionError>>,
    },
}

/// A peer connection that is not running yet, and the ways to it.
pub(crate) struct Opened {
    pub(crate) driver: Driver,
    pub(crate) commands: mpsc::Sender<Command>,
    pub(crate) outbound: Outbound,
    pub(crate) gate: Arc<Gate>,
    pub(crate) counters: Arc<Counters>,
    pub(crate) events: PeerEvents,
}

/// The task.
pub(crate) struct Driver {
    session: Session,
    sockets: Sockets,
    commands: mpsc::Receiver<Command>,
    outbound: Outbound,
    encoder: Option<CodecThread<Waiting>>,
    encoded: mpsc::Receiver<EncodedPicture>,
    receiving: Receiving,
    key_frames_needed: mpsc::Receiver<MediaId>,
    agreed: Agreed,
    sound: OutgoingTimeline,
    pictures: OutgoingTimeline,
    teller: Teller,
    gate: Arc<Gate>,
    counters: Arc<Counters>,
    socket_errors: u32,
}

impl Driver {
    /// Descriptions and candidates that may wait.
    const COMMANDS: usize = 16;
    /// Encoded pictures that may wait; the encoder waits then, and newer pictures outrun older ones.
    const ENCODED: usize = 2;
    /// Errors of the sockets in a row that make an end of it.
    const SOCKET_ERRORS: u32 = 100;
    /// How long the goodbye may take; nobody has to answer it.
    const GOODBYE: Duration = Duration::from_millis(100);
    /// How long all codecs together may take to finish what they have in hand.
    const CODECS: Duration = Duration::from_millis(250);

    pub(crate) fn open(
        network: &Network,
        publishes: Option<Publishes>,
    ) -> Result<Opened, NetworkError> {
        let sockets = Sockets::bind(network)?;
        let counters = Arc::new(Counters::default());
        let gate = Arc::new(Gate::default());
        let (to_network, encoded) = mpsc::channel(Self::ENCODED);
        let (thread, pictures) = match publishes {
            Some(publishes) if publishes.video => {
                let bitrate = publishes.bits_a_second(publishes.video_bits_a_second);
                let (thread, pictures) = picture_encoder::start(
                    bitrate.video_bits_a_second,
                    Arc::clone(&counters),
                    to_network,
                )?;
                (Some(thread), Some(pictures))
            }
            Some(_) | None => (None, None),
        };
        let outbound = Outbound::new(pictures, Arc::clone(&counters));
        let (teller, events) = Teller::new(Arc::clone(&counters));
        let (commands, asked) = mpsc::channel(Self::COMMANDS);
        let (needing, key_frames_needed) = mpsc::channel(Self::COMMANDS);
        let now = std::time::Instant::now();
        let driver = Self {
            session: Session::new(&sockets.addresses(), publishes.is_some(), now),
            sockets,
            commands: asked,
            outbound: outbound.clone(),
            encoder: thread,
            encoded,
            receiving: Receiving::new(Arc::clone(&counters), needing),
            key_frames_needed,
            agreed: Agreed {
                audio: false,
                video: false,
            },
            sound: OutgoingTimeline::default(),
            pictures: OutgoingTimeline::default(),
            teller,
            gate: Arc::clone(&gate),
            counters: Arc::clone(&counters),
            socket_errors: 0,
        };
        Ok(Opened {
            driver,
            commands,
            outbound,
            gate,
            counters,
            events,
        })
    }

    pub(crate) fn offer(&mut self, publishes: Publishes) -> Offer {
        self.session.offer(publishes, now())
    }

    /// Runs until it is closed, by us, by the other side or by a failure.
    pub(crate) async fn run(mut self, closing: CancellationToken) -> Result<(), PeerCloseError> {
        let mut buffer = vec![0; Sockets::LONGEST];
        self.deliver();
        while !self.session.is_over() {
            let wake_at = self.session.wake_at().map(Instant::from_std);
            let sleep = async {
                match wake_at {
                    Some(at) => tokio::time::sleep_until(at).await,
                    None => std::future::pending().await,
                }
            };
            tokio::select! {
                () = closing.cancelled() => break,
                () = sleep => self.session.timeout(now()),
                Some(command) = self.commands.recv() => self.obey(command),
                Some(frame) = self.outbound.next_sound() => self.send_sound(&frame),
                Some(picture) = self.encoded.recv() => self.send_picture(&picture),
                Some(mid) = self.key_frames_needed.recv() => self.ask_for_key_frame(mid),
                arrived = self.sockets.receive(&mut buffer) => self.arrived(arrived, &buffer),
            }
            self.deliver();
        }
        self.end().await
    }
}

/// What goes in.
impl Driver {
    fn obey(&mut self, command: Command) {
        match command {
            Command::Answered { sdp, reply } => {
                let outcome = self.session.accept_answer(&sdp, now());
                if let Ok(agreed) = outcome {
                    self.agreed = agreed;
                }
                // Who does not wait for the answer any more does not need it.
                let _ = reply.send(outcome);
            }
            Command::Offered { sdp, reply } => {
                let _ = reply.send(self.session.accept_offer(&sdp, now()));
            }
            Command::Candidate { candidate, reply } => {
                let _ = reply.send(self.session.add_remote_candidate(&candidate, now()));
            }
        }
    }

    fn send_sound(&mut self, frame: &MediaFrame) {
        let (at, captured_at) = self.sound.place(frame.captured_at_micros, now());
        let sent = self
            .session
            .send(MediaKind::Audio, &frame.payload, at, captured_at, now());
        self.count_sent(sent);
    }

    fn send_picture(&mut self, picture: &EncodedPicture) {
        let (at, captured_at) = self.pictures.place(picture.captured_at_micros, now());
        let sent = self
            .session
            .send(MediaKind::Video, &picture.data, at, captured_at, now());
        self.count_sent(sent);
        if sent && picture.is_key_frame {
            self.counters.key_frames_sent.count();
        }
        if !sent {
            // What follows refers to it and would be of no use.
            self.outbound.request_key_frame();
        }
    }

    fn count_sent(&self, sent: bool) {
        if sent {
            self.counters.frames_sent.count();
        } else {
            self.counters.frames_unwanted.count();
        }
    }

    fn ask_for_key_frame(&mut self, mid: MediaId) {
        let asked = self.receiving.may_ask_for_key_frame(mid, now())
            && self.session.request_key_frame(mid, now());
        if asked {
            self.counters.key_frame_requests_sent.count();
        }
    }

    fn arrived(&mut self, arrived: io::Result<Arrived>, buffer: &[u8]) {
        match arrived {
            Ok(arrived) => {
                self.socket_errors = 0;
                self.counters.datagrams_received.count();
                let contents = &buffer[..arrived.length];
                let (source, destination) = (arrived.source, arrived.destination);
                if !self.session.datagram(source, destination, contents, now()) {
                    self.counters.datagrams_ignored.count();
                }
            }
            Err(reason) => {
                // Some systems report here that nobody listens where we sent to; that is no fault of
                // the socket, and ICE finds out by itself.
                self.socket_errors += 1;
                if self.socket_errors >= Self::SOCKET_ERRORS {
                    self.session.fail(PeerFailure::Socket {
                        detail: reason.to_string(),
                    });
                }
            }
        }
    }
}

/// What comes out.
impl Driver {
    fn deliver(&mut self) {
        while let Some(output) = self.session.next_output() {
            match output {
                Output::Datagram(datagram) => self.transmit(&datagram),
                Output::Happened(happening) => self.happened(happening),
            }
        }
    }

    fn transmit(&self, datagram: &Datagram) {
        let hand_over = || {
            self.sockets
                .try_send(datagram.source, datagram.destination, &datagram.contents)
        };
        let is_media = datagram.is_media();
        let sent = if is_media {
            self.gate.pass(hand_over)
        } else {
            Some(hand_over())
        };
        match sent {
            Some(Ok(())) => {
                self.counters.datagrams_sent.count();
                self.counters.media_datagrams_sent.add(u64::from(is_media));
            }
            Some(Err(_)) => self.counters.datagrams_not_taken.count(),
            None => self.counters.media_datagrams_gated.count(),
        }
    }

    fn happened(&mut self, happening: Happening) {
        match happening {
            Happening::Connected => {
                self.outbound
                    .set_wanted(self.agreed.audio, self.agreed.video);
                self.teller.connected();
            }
            Happening::Lost => {
                self.outbound.set_wanted(false, false);
                self.teller.lost();
            }
            Happening::Failed(failure) => self.teller.failed(failure),
            Happening::Closed => self.teller.closed(),
            Happening::Received(data) => {
                if self.receiving.received(&data, &self.teller) {
                    self.ask_for_key_frame(MediaId(data.mid));
                }
            }
            Happening::KeyFrameWanted => {
                self.counters.key_frame_requests_received.count();
                self.outbound.request_key_frame();
            }
            Happening::Undecodable { mid, codecs } => self.teller.undecodable(mid, codecs),
            Happening::Stopped(mid) => self.receiving.stopped(mid),
        }
    }

    /// The end, whoever wanted it. Everything the connection holds is gone when it answers.
    async fn end(mut self) -> Result<(), PeerCloseError> {
        // Whoever ended it: nothing leaves and nothing is told any more (G-14).
        self.outbound.close();
        self.gate.shut();
        self.say_goodbye().await;
        let Self {
            sockets,
            encoder,
            encoded,
            receiving,
            teller,
            ..
        } = self;
        drop((sockets, teller));
        // An encoder that waits to hand over a picture learns that nobody takes it.
        drop(encoded);
        let until = Instant::now() + Self::CODECS;
        let mut threads = receiving.end(until).await;
        if let Some(encoder) = encoder {
            threads += usize::from(!encoder.end(until).await);
        }
        match threads {
            0 => Ok(()),
            threads => Err(PeerCloseError::CodecStuck { threads }),
        }
    }

    async fn say_goodbye(&mut self) {
        self.session.close(now());
        self.deliver();
        let goodbye = async {
            while !self.session.is_over() {
                let Some(at) = self.session.wake_at() else {
                    return;
                };
                tokio::time::sleep_until(Instant::from_std(at)).await;
                self.session.timeout(now());
                self.deliver();
            }
        };
        // Nobody has to answer; what is not said by then stays unsaid.
        let _ = tokio::time::timeout(Self::GOODBYE, goodbye).await;
    }
}

fn now() -> std::time::Instant {
    // Tokio's, so that its paused clock is ours too.
    Instant::now().into_std()
}

#[cfg(test)]
mod tests;
