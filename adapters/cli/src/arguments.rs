//! What can be typed.

use std::ffi::OsString;
use std::net::SocketAddr;
use std::path::PathBuf;

use clap::parser::ValueSource;
use clap::{
    ArgMatches, Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum,
};
use exeunt_nokhwa::FormatRequest;
use exeunt_port::{RoomId, UserId};

use crate::bounds::Bounded;
use crate::config_file::{ConfigFile, LogFormat};
use crate::device_choice::DeviceChoice;
use crate::janus_choices::JanusChoices;
use crate::janus_entering::{JanusEntering, JanusPlace};
use crate::keys::{AsMember, AsOperator, AsService};
use crate::room_choices::RoomChoices;
use crate::webhook_choices::WebhookChoices;

const FIRST_STEPS: &str = "\
First steps:
  exeunt demo                            three people enter a room and get out of it
  exeunt serve                           a room service; then, in other terminals:
  exeunt join --room 123 --user alice    enter a room; q and Enter leaves it
  exeunt kick --room 123 alice           or be thrown out
  exeunt help join                       everything about one command

Exit status: 0 done, 1 failed, 2 mistyped, 3 the service said no, 4 taken out of the room by a loss or a
stop, 5 what was checked does not hold, 130 stopped before the end";

/// Getting out of a room: exactly once, in bounded time, with the others told and the devices off.
#[derive(Debug, Parser)]
#[command(name = "exeunt", version, after_help = FIRST_STEPS)]
pub(crate) struct Arguments {
    /// Print one JSON object a line instead of text.
    #[arg(long, global = true)]
    pub(crate) json: bool,

    #[command(subcommand)]
    pub(crate) command: Command,
}

impl Arguments {
    /// These words, and the environment. What the environment says of Janus is for whom it concerns; what
    /// is typed has to make sense, so it is told from it.
    pub(crate) fn typed(words: impl IntoIterator<Item = OsString>) -> Result<Self, clap::Error> {
        let matches = Self::command().try_get_matches_from(words)?;
        let made = Self::from_arg_matches(&matches);
        let mut arguments = made.map_err(|error| error.format(&mut Self::command()))?;
        let typed = |names| {
            matches
                .subcommand()
                .is_some_and(|(_, of)| is_typed(of, names))
        };
        match &mut arguments.command {
            Command::Demo(demo) => demo.janus_entering.are_typed = typed("janus_"),
            Command::Serve(serve) => serve.janus.is_typed = typed("janus"),
            Command::Join(join) => join.janus.is_typed = typed("janus"),
            Command::Kick(_)
            | Command::Dismiss(_)
            | Command::Rooms(_)
            | Command::Devices
            | Command::Replay(_) => {}
        }
        Ok(arguments)
    }
}

/// Whether a flag was typed whose name begins like this.
fn is_typed(matches: &ArgMatches, names: &str) -> bool {
    let mut flags = matches.ids().map(clap::Id::as_str);
    flags.any(|flag| {
        flag.starts_with(names) && matches.value_source(flag) == Some(ValueSource::CommandLine)
    })
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Three people enter a room and leave it: one goes, one is kicked, the room is dismissed.
    #[command(after_help = "\
Examples:
  exeunt demo
  exeunt demo --transport loopback --devices files --picture /tmp/demo.svg
  exeunt demo --devices real --camera-format 640x480:mjpeg
  exeunt demo --transport janus
  exeunt demo --transport janus --janus ws://127.0.0.1:8188

It brings its own room service, or its own Janus (which has to be installed), prints everybody's timeline
and callbacks and which guarantees the run shows, and draws the timelines. It takes about two seconds.")]
    Demo(Demo),
    /// Run the room service.
    #[command(after_help = "\
Examples:
  exeunt serve
  exeunt serve --print-config > exeunt.toml
  exeunt serve --listen 0.0.0.0:7450 --config exeunt.toml
  exeunt serve --tls-cert certificate.pem --tls-key key.pem --limit members_per_room=500
  exeunt serve --back-end janus --janus ws://127.0.0.1:8188 --janus-room-secret 1234=adminpwd

Without keys of your own it uses development keys, which everybody knows, and listens to this
machine only. Ctrl-C stops it; everybody in a room is told.")]
    Serve(Box<Serve>),
    /// Enter a room, and leave it with q and Enter or with Ctrl-C.
    #[command(after_help = "\
Examples:
  exeunt join --room 123 --user alice
  exeunt join --room standup --user bob --microphone file:speech.wav --speaker none --camera none
  exeunt join --room 123 --user carol --transcript carol.jsonl
  exeunt join --room 123 --user dave --camera integrated --camera-format 1280x720@30:mjpeg
  exeunt join --transport janus --janus ws://127.0.0.1:8188 --room 1234 --user erin

A device that was asked for by name, as `default` or as a file and cannot be opened ends the stay.
With `auto` the stay goes on without it.")]
    Join(Box<Join>),
    /// Remove users from a room (TRTC's `RemoveUser`).
    #[command(after_help = "\
Examples:
  exeunt kick --room 123 bob
  exeunt kick --room standup bob carol --service ws://rooms.example:7450
  exeunt kick --room 123 bob --ban-for 3600

Users who are not in the room are passed over without a word, as with TRTC.")]
    Kick(Kick),
    /// Dismiss a room: everybody is removed (TRTC's `DismissRoom`).
    #[command(after_help = "\
Example:
  exeunt dismiss --room 123")]
    Dismiss(Dismiss),
    /// List the rooms and who is in them.
    #[command(after_help = "\
Example:
  exeunt rooms --service ws://127.0.0.1:7450")]
    Rooms(Rooms),
    /// List microphones, speakers and cameras, what they offer, and who uses them.
    #[command(after_help = "\
Examples:
  exeunt devices
  exeunt devices --json

exeunt join takes their names, or a part of one, and what a camera is listed with:
--microphone \"Built-in\" --camera /dev/video0 --camera-format 640x480:yuyv.")]
    Devices,
    /// Feed a recorded session to the core and say whether it answers the same.
    #[command(after_help = "\
Example:
  exeunt join --room 123 --user alice --transcript alice.jsonl
  exeunt replay alice.jsonl")]
    Replay(Replay),
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Demo {
    /// Over which transport the call goes.
    #[arg(long, value_enum, default_value_t = TransportName::Websocket)]
    pub(crate) transport: TransportName,
    /// Where a Janus is that runs already, ws:// or wss://; in a room that is not there before [default:
    /// one is started].
    #[arg(long, value_name = "URL")]
    pub(crate) janus: Option<String>,
    /// Which devices the three use.
    #[arg(long, value_enum, default_value_t = DemoDevices::Auto)]
    pub(crate) devices: DemoDevices,
    /// What the machine's own camera has to offer: WIDTHxHEIGHT@RATE:PIXELS, such as 1280x720@30:mjpeg.
    /// Each part may be left out; pixels are mjpeg, nv12, yuyv, grey, rgb or bgr.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) camera_format: Option<FormatRequest>,
    /// Where the picture of the run is written, as SVG.
    #[arg(long, value_name = "FILE", default_value = "exeunt-demo.svg")]
    pub(crate) picture: PathBuf,
    #[command(flatten)]
    pub(crate) janus_entering: JanusEntering,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum TransportName {
    /// A room service on 127.0.0.1 and a process for everybody.
    Websocket,
    /// Everything inside one process, without a socket.
    Loopback,
    /// The `VideoRoom` of a Janus, and a process for everybody.
    Janus,
}

/// Over which transport a room is entered.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum WayIn {
    /// To a room service, `exeunt serve`.
    Websocket,
    /// To the `VideoRoom` of a Janus.
    Janus,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub(crate) enum DemoDevices {
    /// The machine's own where it has any that open, else files.
    Auto,
    /// The machine's own; fail where there are none.
    Real,
    /// Sound and pictures from files that the demo makes.
    Files,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Serve {
    /// Where to listen; port 0 takes a free one [default: 127.0.0.1:7450].
    #[arg(long, value_name = "IP:PORT", env = "EXEUNT_LISTEN")]
    pub(crate) listen: Option<SocketAddr>,
    /// How long a client may be silent before the others are told that it is gone, in milliseconds:
    /// 200 to 600000 [default: 8000].
    #[arg(long, value_name = "MILLISECONDS", env = "EXEUNT_LEASE",
        value_parser = clap::value_parser!(u64).range(ConfigFile::LEASE))]
    pub(crate) lease: Option<u64>,
    /// A certificate chain in PEM form; with it the service speaks TLS only.
    #[arg(long, value_name = "FILE", env = "EXEUNT_TLS_CERT")]
    pub(crate) tls_cert: Option<PathBuf>,
    /// The certificate's private key in PEM form.
    #[arg(long, value_name = "FILE", env = "EXEUNT_TLS_KEY")]
    pub(crate) tls_key: Option<PathBuf>,
    /// One of the limits that --print-config lists; may be given several times.
    #[arg(long, value_name = "NAME=NUMBER", env = "EXEUNT_LIMITS", value_delimiter = ',',
        value_parser = Bounded::typed)]
    pub(crate) limit: Vec<Bounded>,
    /// How the log on standard error is written [default: text, or json with --json].
    #[arg(long, value_enum, value_name = "FORMAT", env = "EXEUNT_LOG")]
    pub(crate) log: Option<LogFormat>,
    /// Print a config file with the defaults and every key explained, and do nothing else.
    #[arg(long)]
    pub(crate) print_config: bool,
    #[command(flatten)]
    pub(crate) rooms: RoomChoices,
    #[command(flatten)]
    pub(crate) webhooks: WebhookChoices,
    #[command(flatten)]
    pub(crate) janus: JanusChoices,
    #[command(flatten)]
    pub(crate) keys: AsService,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Join {
    /// The room: 123 is a numeric room (1 to 4294967295), standup or '"123"' a string room.
    #[arg(long)]
    pub(crate) room: RoomId,
    /// Who enters: 1 to 32 of a-z A-Z 0-9 _ -
    #[arg(long)]
    pub(crate) user: UserId,
    /// Over which transport.
    #[arg(long, value_enum, default_value_t = WayIn::Websocket, env = "EXEUNT_TRANSPORT")]
    pub(crate) transport: WayIn,
    #[command(flatten)]
    pub(crate) devices: Devices,
    /// Record the session to this file, for `exeunt replay`.
    #[arg(long, value_name = "FILE")]
    pub(crate) transcript: Option<PathBuf>,
    /// Leave when standard input ends; for programs that start this one.
    #[arg(long)]
    pub(crate) leave_at_end_of_input: bool,
    #[command(flatten)]
    pub(crate) keys: AsMember,
    #[command(flatten)]
    pub(crate) janus: JanusPlace,
}

/// Which devices somebody takes into the room.
#[derive(Args, Clone, Debug)]
pub(crate) struct Devices {
    /// Captures sound.
    #[arg(long, default_value = "auto", value_name = "DEVICE", value_parser = DeviceChoice::microphone,
        help = "auto, none, default, tone, file:PATH.wav, or a part of a microphone's name")]
    pub(crate) microphone: DeviceChoice,
    /// Plays sound.
    #[arg(long, default_value = "auto", value_name = "DEVICE", value_parser = DeviceChoice::speaker,
        help = "auto, none, default, silent, file:PATH.wav (which is written), or a part of a speaker's name")]
    pub(crate) speaker: DeviceChoice,
    /// Captures pictures.
    #[arg(long, default_value = "auto", value_name = "DEVICE", value_parser = DeviceChoice::camera,
        help = "auto, none, default, picture, file:PATH.y4m, or a part of a camera's name")]
    pub(crate) camera: DeviceChoice,
    /// What the machine's own camera has to offer: WIDTHxHEIGHT@RATE:PIXELS, such as 1280x720@30:mjpeg.
    /// Each part may be left out; pixels are mjpeg, nv12, yuyv, grey, rgb or bgr.
    #[arg(long, value_name = "FORMAT")]
    pub(crate) camera_format: Option<FormatRequest>,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Kick {
    /// The room: 123 is a numeric room, standup or '"123"' a string room.
    #[arg(long)]
    pub(crate) room: RoomId,
    /// Whom; at most 10 at a time.
    #[arg(required = true, value_name = "USER")]
    pub(crate) users: Vec<UserId>,
    /// Say for each of them whether it was there, and how many of the others were told. Exeunt's room
    /// service can; TRTC cannot.
    #[arg(long)]
    pub(crate) receipt: bool,
    /// Keep them out of this room for so many seconds; includes --receipt.
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u64).range(1..=315_360_000))]
    pub(crate) ban_for: Option<u64>,
    /// Keep them out of all rooms.
    #[arg(long, requires = "ban_for")]
    pub(crate) ban_everywhere: bool,
    #[command(flatten)]
    pub(crate) keys: AsOperator,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Dismiss {
    /// The room: 123 is a numeric room, standup or '"123"' a string room.
    #[arg(long)]
    pub(crate) room: RoomId,
    #[command(flatten)]
    pub(crate) keys: AsOperator,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Rooms {
    #[command(flatten)]
    pub(crate) keys: AsOperator,
}

#[derive(Args, Clone, Debug)]
pub(crate) struct Replay {
    /// What `exeunt join --transcript` wrote.
    pub(crate) transcript: PathBuf,
}
